"""The same rows from a lone file, from a zip and from a folder; one broken neighbour changes nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from saksi.parts import open_source
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from tests.readers.texts.generate import SAMPLES

CLAIMING = [reader for reader in SAMPLES if reader != "pasted_txt"]


def rows_of(path: Path) -> list[dict[str, Any]]:
    with open_source(path) as source:
        reading = read_source(source, ReadSettings(zone="Asia/Jakarta"))
        rows = [row for batch in reading for row in batch.to_pylist()]
        assert not {"reader_failed", "unaccounted", "two_readers"} & {p.reason for p in reading.problems}
    return rows


def said(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[c] for c in ("span_start", "span_end", "kind", "text", "sender_name", "sent_at", "flags"))


@pytest.mark.parametrize("reader", CLAIMING)
def test_zip_and_folder_give_the_rows_of_the_files(tmp_path: Path, reader: str) -> None:
    folder = tmp_path / "map"
    folder.mkdir()
    out = io.BytesIO()
    alone: dict[str, list[Any]] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in SAMPLES[reader].items():
            (folder / name).write_bytes(data)
            z.writestr(f"ekspor/{name}", data)
            alone[name] = [said(r) for r in rows_of(folder / name)]
        z.writestr("ekspor/rusak.txt", b"\0\1\2 bukan percakapan")
    (tmp_path / "x.zip").write_bytes(out.getvalue())
    for path in (folder, tmp_path / "x.zip"):
        found: dict[str, list[Any]] = {}
        for row in rows_of(path):
            found.setdefault(row["source_part"].rsplit("/", 1)[-1], []).append(said(row))
        assert found == {name: rows for name, rows in alone.items() if rows}
