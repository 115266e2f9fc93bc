"""A plain file that is hashed while it is read: the same rows and account, nothing given out before the digest is known."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from saksi import parts, verbs
from saksi.errors import InputRefused
from saksi.parts import HashedMeanwhile, Part, open_source
from saksi.readers import base
from saksi.readers.base import Chunk, Evidence, Reading, ReadSettings
from saksi.readers.registry import read_source
from tests.simulator import bulk


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors, and no file too small."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(parts, "MEANWHILE_BYTES_MIN", 1)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    bulk.write_telegram(path, 400, 3)
    return path


def rows_of(source: parts.Source) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    reading = read_source(source, ReadSettings())
    rows = [row for batch in reading for row in batch.to_pylist()]
    return rows, reading.account("en")


def test_rows_and_account_are_the_same(export: Path) -> None:
    early, late = open_source(export), open_source(export, meanwhile=True)
    assert isinstance(late, HashedMeanwhile)
    assert not isinstance(early, HashedMeanwhile)
    rows = rows_of(late)
    assert rows == rows_of(early)
    assert any(row["reply_to"] and row["reply_to"].startswith(late.digest[:16]) for row in rows[0])
    assert late.digest == hashlib.sha256(export.read_bytes()).hexdigest() == late.parts[0].digest()
    assert verbs.read(export).account == rows[1]


@pytest.mark.parametrize("name", ["whatsapp", "zip", "empty"])
def test_other_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    if name == "whatsapp":
        bulk.write_whatsapp(path, 300, "id_android", 2)
    else:
        path.write_bytes(b"" if name == "empty" else b"PK\x03\x04 no zip at all")
    late, early = open_source(path, meanwhile=True), open_source(path)
    assert isinstance(late, HashedMeanwhile) is (name == "whatsapp")
    assert rows_of(late) == rows_of(early)


class Slow:
    """A reader of `n` chunks of one row; then, where told, an error of its own."""

    name = "slow"

    def __init__(self, n: int, *, fails: bool = False) -> None:
        self.n, self.fails, self.given = n, fails, 0
        self.full = threading.Event()

    def recognise(self, part: Part) -> Evidence | None:
        return Evidence("slow")

    def is_metadata(self, part: Part) -> bool:
        return False

    def read(self, source: parts.Source, parts_: Any, settings: ReadSettings) -> Iterator[Chunk]:
        for k in range(self.n):
            self.given += 1
            if self.given > base.HELD_CHUNKS_MAX:
                self.full.set()
            said = pa.array([f"{k}"])
            yield Chunk(parts_[0], {"span_start": pa.array([k]), "span_end": pa.array([k + 1]), "kind": pa.array(["text"]),
                                    "text": lambda said=said: said})
        if self.fails:
            raise ValueError


def pending(export: Path) -> tuple[parts.Source, Future[str]]:
    """A source whose digest nobody has computed yet."""
    source = open_source(export, meanwhile=True)
    hashing: Future[str] = Future()
    source.digest = hashing  # type: ignore[assignment]
    return source, hashing


@pytest.mark.parametrize("fails", [False, True])
def test_rows_wait_for_the_digest_and_not_without_bound(export: Path, fails: bool) -> None:
    source, hashing = pending(export)
    reader = Slow(base.HELD_CHUNKS_MAX * 3, fails=fails)
    reading = Reading(source, [(reader, source.parts)], ReadSettings(), [], {})
    seen: list[int] = []

    def later() -> None:
        assert reader.full.wait(60)
        time.sleep(0.1)  # a reader that is not held back would go on meanwhile
        seen.append(reader.given)
        hashing.set_result("a" * 64)

    other = threading.Thread(target=later)
    other.start()
    rows = [row for batch in reading for row in batch.to_pylist()]
    other.join()
    assert seen == [base.HELD_CHUNKS_MAX + 1]
    assert [row["text"] for row in rows] == [str(k) for k in range(reader.n)]
    assert {row["source_digest"] for row in rows} == {"a" * 64}
    assert ("reader_failed" in {p.reason for p in reading.problems}) is fails


def test_rows_before_a_readers_own_error_are_kept(export: Path) -> None:
    """Even where all of them are still held back when it happens."""
    source, hashing = pending(export)
    reading = Reading(source, [(Slow(5, fails=True), source.parts)], ReadSettings(), [], {})
    timer = threading.Timer(0.2, lambda: hashing.set_result("b" * 64))
    timer.start()
    assert sum(batch.num_rows for batch in reading) == 5
    timer.join()
    assert "reader_failed" in {p.reason for p in reading.problems}


def test_a_file_that_cannot_be_read_to_its_end_is_refused(export: Path) -> None:
    source, hashing = pending(export)
    hashing.set_exception(OSError("no such sector"))
    with pytest.raises(InputRefused):
        list(read_source(source, ReadSettings()))
