"""The committed samples of every reader, and what is asked of all readers alike.

    tests/samples/<reader's name>/<sample>      a file, or a folder handed in whole; `<…>.jsonl` beside one holds its rows

`confusion()` shows every sample to every reader; tools/proof.py prints it.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from saksi.parts import Part, Source, looks_like, open_source, source_from_stream
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import READERS, claims, read_source
from tests.simulator import whatsapp_db
from tests.simulator.world import build_phone

SAMPLES: Final = Path(__file__).resolve().parents[1] / "samples"
NO_EXPORTS: Final = frozenset({"dialogues"})
"""Folders of tests/samples that are no exports of an app."""

ASKED_ONLY: Final = frozenset({"pasted_txt"})
"""Readers that recognise nothing by themselves: only with --format, for their form is anybody's notes."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """reader: who must read it. path: a file or a folder."""

    reader: str
    path: Path

    @property
    def label(self) -> str:
        """For test ids and tables."""
        return f"{self.reader}/{self.path.name}"

    @property
    def asked(self) -> str | None:
        """--format where the reader must be asked for."""
        return self.reader if self.reader in ASKED_ONLY else None

    def open(self) -> Source:
        """The source as a user hands it in."""
        return open_source(self.path)


def _is_golden(path: Path, names: Sequence[Path]) -> bool:
    if path.suffix != ".jsonl":
        return False
    base = path.with_suffix("")
    return any(other != path and (other == base or other.with_suffix("") == base) for other in names)


def samples() -> list[Sample]:
    """All samples, in the order of their names; those that are made last."""
    found = []
    for folder in sorted(p for p in SAMPLES.iterdir() if p.is_dir() and p.name not in NO_EXPORTS):
        names = sorted(folder.iterdir())
        found += [Sample(folder.name, path) for path in names if not _is_golden(path, names)]
    return [*found, *made_samples()]


@cache
def made_samples() -> tuple[Sample, ...]:
    """Databases: no text to keep in a tree, and other versions of SQLite lay them out otherwise. Made once a process by the
    simulator, in a folder that goes with the process."""
    room = Path(tempfile.mkdtemp(prefix="saksi-samples-"))
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    chats = build_phone(3, 200, apps=("whatsapp",)).chats
    whatsapp_db.write_android(chats, room / "Databases")
    whatsapp_db.write_ios(chats, room / "ChatStorage.sqlite")
    return (
        Sample("whatsapp_android_sqlite", room / "Databases"), Sample("whatsapp_ios_sqlite", room / "ChatStorage.sqlite"),
    )


def source_of(data: bytes, name: str) -> Source:
    """A lone file in memory."""
    return source_from_stream(name, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])


def folder_of(files: dict[str, bytes], name: str = "export") -> Source:
    """A folder in memory."""
    parts = []
    for number, (path, data) in enumerate(sorted(files.items())):
        part = Part(path, number, len(data), lambda data=data: io.BytesIO(data))  # type: ignore[misc]
        part.media = looks_like(data[:65_536])
        parts.append(part)
    digest = hashlib.sha256(repr([(p.path, p.digest()) for p in parts]).encode()).hexdigest()
    return Source(name, "folder", digest, sum(p.size for p in parts), parts, [])


def read(source: Source, **settings: str | None) -> tuple[list[Row], Reading]:
    """Rows of a source, and its reading."""
    reading = read_source(source, ReadSettings(**{"zone": "Asia/Jakarta", **settings}))
    return [row for batch in reading for row in batch.to_pylist()], reading


def core(row: Row) -> tuple[Any, ...]:
    """What must not change of a row when bytes behind it are missing."""
    return (row["source_part"], row["span_start"], row["span_end"], row["kind"], row["sender_name"], row["text"])


def complete_rows(rows: list[Row], part: str | None, cut: int) -> Counter[tuple[Any, ...]]:
    """Rows of `part` whose bytes all lie before `cut`."""
    return Counter(
        core(r) for r in rows if r["source_part"] == part and r["kind"] != "unparsed" and (r["span_end"] or 0) <= cut
    )


def cuts(size: int, most: int) -> Iterator[int]:
    """Where to cut a part of `size` bytes: everywhere, or `most` places spread over it and its two ends."""
    if size <= most:
        yield from range(size)
        return
    ends = most // 4
    middle = sorted({int(i * size / (most - 2 * ends)) for i in range(most - 2 * ends)})
    yield from sorted({*range(ends), *middle, *range(size - ends, size)})


def confusion() -> dict[str, Counter[str]]:
    """For each reader's samples: how many of them each reader claims a part of."""
    table: dict[str, Counter[str]] = {}
    for sample in samples():
        row = table.setdefault(sample.reader, Counter())
        with sample.open() as source:
            shown = [p for p in source.parts if p.media in (None, "document", "database") and p.size]
            row.update({r.name for part in shown for r in claims(part)})
            row["samples"] += 1
    return table


def confusion_table() -> list[str]:
    """The matrix as lines of Markdown: rows are samples, columns are readers."""
    names = list(READERS)
    table = confusion()
    lines = ["| samples of | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for name in names:
        counts = table.get(name, Counter())
        cells = [f"{counts[n]}/{counts['samples']}" if n == name else str(counts[n] or "·") for n in names]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines
