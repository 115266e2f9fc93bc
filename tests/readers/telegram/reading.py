"""Reads bytes as a source, as the tests of the JSON readers need it, and checks the account of every read."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from saksi.parts import Source, source_from_stream
from saksi.readers.base import Reader, Reading, ReadSettings


def source_of(data: bytes, name: str = "result.json") -> Source:
    """A plain file, or a zip where `data` is one."""
    return source_from_stream(name, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(reader: Reader, source: Source, zone: str | None = None, *, every: bool = False) -> Reading:
    """Rows in `.rows` of the answer; every: hand all parts to the reader, recognised or not."""
    parts = [p for p in source.parts if p.media is None and (every or reader.recognise(p) is not None)]
    reading = Reading(source, [(reader, parts)], ReadSettings(zone=zone), [], {})
    rows = [row for batch in reading for row in batch.to_pylist()]
    account = reading.account("en")["bytes"]
    assert account["messages"] + account["container"] + account["problems"] == account["total"]
    assert not {"unaccounted", "reader_failed"} & {p.reason for p in reading.problems}
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert len({row["message_id"] for row in rows}) == len(rows)
    reading.rows = rows  # type: ignore[attr-defined]
    return reading


def rows_of(reader: Reader, data: bytes, zone: str | None = None) -> list[dict[str, Any]]:
    """Rows of a plain file read with `reader`, recognised or not."""
    rows: list[dict[str, Any]] = read(reader, source_of(data), zone, every=True).rows  # type: ignore[attr-defined]
    return rows


def reasons(reader: Reader, data: bytes) -> list[str]:
    """Reasons of the problems, in order."""
    return [p.reason for p in read(reader, source_of(data), every=True).problems]
