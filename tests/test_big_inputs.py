"""Inputs of hostile size: gigabytes in one file, a million members, JSON as deep as it gets. Long runs, part of `make proof`."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source

FORMS = {
    "whatsapp_txt": (b"", b"13/02/26 19.59 - Sari: besok jadi ya: jam 4, bawa payung\n", b""),
    "telegram_json": (
        b'{\n "name": "Arisan",\n "type": "personal_chat",\n "id": 860777,\n "messages": [\n',
        b'  {\n   "id": 1,\n   "type": "message",\n   "date": "2026-02-13T19:59:00",\n   "date_unixtime": "1770987540",\n'
        b'   "from": "Sari",\n   "from_id": "user8600001",\n   "text": "besok jadi ya",\n   "text_entities": [\n    {\n'
        b'     "type": "plain",\n     "text": "besok jadi ya"\n    }\n   ]\n  },\n',
        b'  {\n   "id": 2,\n   "type": "message",\n   "date": "2026-02-13T19:59:00",\n   "text": "",\n'
        b'   "text_entities": []\n  }\n ]\n}',
    ),
}
"""What stands before the records, one record, what stands behind."""

INDEX_BYTES = {"whatsapp_txt": 0, "telegram_json": 40}
"""What may be kept of each row: Telegram's replies name numbers of messages anywhere above (a number, a place, and the room
to sort them)."""


class Repeated(io.RawIOBase):
    """A file of `head`, `count` times `unit` and `tail` that is nowhere on a disk."""

    def __init__(self, head: bytes, unit: bytes, count: int, tail: bytes) -> None:
        self._ends = (len(head), len(head) + len(unit) * count, len(head) + len(unit) * count + len(tail))
        per_block = max(1, (1 << 22) // len(unit))
        self._head, self._unit, self._tail, self._block = head, unit, tail, unit * per_block
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[2]}[whence] + offset
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        start, middle, end = self._ends
        if self._at < start:
            piece = self._head[self._at :]
        elif self._at < middle:
            into = (self._at - start) % len(self._unit)
            piece = self._block[into : into + middle - self._at]
        else:
            piece = self._tail[self._at - middle : end - middle]
        n = min(len(view), len(piece))
        view[:n] = piece[:n]
        self._at += n
        return n

    @property
    def size(self) -> int:
        return self._ends[2]


def read_repeated(form: str, size: int) -> dict[str, float]:
    """Read a file of about `size` bytes; rows, seconds, peak memory of this process."""
    head, unit, tail = FORMS[form]
    count = size // len(unit)
    part = Part(None, 0, Repeated(head, unit, count, tail).size,
                lambda: io.BufferedReader(Repeated(head, unit, count, tail), 1 << 20))
    source = Source("big", "file", "0" * 64, part.size, [part], [])
    started = time.monotonic()
    reading = read_source(source, ReadSettings(zone="Asia/Jakarta", date_order="dmy"))
    rows = sum(batch.num_rows for batch in reading)
    counts = reading.account("en")["bytes"]
    assert counts["total"] == counts["messages"] + counts["container"] + counts["problems"]
    assert counts["problems"] == 0
    return {
        "rows": rows, "expected": count + bool(tail), "seconds": time.monotonic() - started,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


@pytest.mark.proof
@pytest.mark.parametrize("form", FORMS)
def test_five_gigabytes_in_bounded_memory(form: str) -> None:
    peaks = []
    for size in (limits.GIB // 4, 5 * limits.GIB):
        code = f"import json, tests.test_big_inputs as t; print(json.dumps(t.read_repeated({form!r}, {size})))"
        done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[1], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr[-1000:]
        told = json.loads(done.stdout)
        assert told["rows"] == told["expected"]
        peaks.append(told["peak_mib"])
        rows, seconds = told["rows"], told["seconds"]
        print(f"    {form}: {size / limits.GIB:.2f} GiB, {rows:,} rows in {seconds:.0f} s, peak {peaks[-1]:.0f} MiB")
    assert peaks[1] < peaks[0] + 150 + told["rows"] * INDEX_BYTES[form] / limits.MIB, "memory grows with the file"


def test_the_file_that_is_nowhere_reads_like_one_on_a_disk() -> None:
    head, unit, tail = b"begin ", b"abc", b" end"
    stream = io.BufferedReader(Repeated(head, unit, 1000, tail), 64)
    assert stream.read() == head + unit * 1000 + tail
    stream.seek(7)
    assert stream.read(5) == (head + unit * 1000)[7:12]


@pytest.mark.proof
def test_a_million_tiny_members(tmp_path: Path) -> None:
    path = tmp_path / "banyak.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", "13/02/26 19.59 - Sari: halo\n13/02/26 19.59 - Sari: ya\n")
        for i in range(limits.ARCHIVE_MEMBERS_MAX):
            archive.writestr(zipfile.ZipInfo(f"{i}.txt"), b"x")
    code = (
        "import json, resource, sys, time; from pathlib import Path; from saksi.parts import open_source;"
        "from saksi.readers.base import ReadSettings; from saksi.readers.registry import read_source\n"
        "t = time.monotonic()\n"
        "with open_source(Path(sys.argv[1])) as source:\n"
        "    reading = read_source(source, ReadSettings(zone='Asia/Jakarta')); rows = sum(b.num_rows for b in reading)\n"
        "    reasons = {p.reason for p in reading.problems}\n"
        "print(json.dumps([rows, sorted(reasons), time.monotonic() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    rows, reasons, seconds, peak = json.loads(done.stdout)
    print(f"    {limits.ARCHIVE_MEMBERS_MAX + 1:,} members: {seconds:.0f} s, peak {peak:.0f} MiB")
    assert rows == 2
    assert "too_many_members" in reasons
    assert peak < 4096


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"messages":[', b'{"chats":{"list":['])
@pytest.mark.parametrize("depth", [limits.JSON_DEPTH_MAX + 1, 100_000])
def test_json_as_deep_as_it_gets_ends_nothing(opening: bytes, depth: int) -> None:
    for data in (opening * depth, b'{"type":"personal_chat","id":1,"messages":[{"id":1,"text":' + opening * depth):
        part = Part(None, 0, len(data), lambda data=data: io.BytesIO(data))  # type: ignore[misc]
        reading = read_source(Source("deep.json", "file", "0" * 64, len(data), [part], []), ReadSettings())
        list(reading)
        counts = reading.account("en")["bytes"]
        assert counts["total"] == counts["messages"] + counts["container"] + counts["problems"]
        assert "reader_failed" not in {p.reason for p in reading.problems}
