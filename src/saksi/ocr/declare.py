"""Which parts of a source the user declared to be screenshots: nothing else is ever read as a picture (DESIGN promise 3).

A declaration is a path (a picture, a folder, an archive), or `EVERYTHING` (the option without a path). Rules:
1. A path that is the source itself declares its pictures; a path inside a folder that was handed in, what lies there.
2. `EVERYTHING` declares a lone picture, and a folder or archive that holds pictures only. Pictures beside a chat export are its media
   and may be of any kind: they are read only where a path names them.
3. A file that is named by itself is declared even if it looks like no picture: reading it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from saksi import limits
from saksi.ocr.run import Reading
from saksi.ocr.transcript import Transcript, packed
from saksi.parts import Part, Source, said_name

EVERYTHING: Final = None
"""A declaration without a path."""

Declared = Sequence[Path | None]


def declared_parts(source: Source, path: Path, declared: Declared) -> list[Part]:
    """The parts of `source`, handed in at `path`, that were declared, in its order."""
    chosen: set[int] = set()
    for told in declared:
        if told is EVERYTHING:
            chosen |= _pictures_alone(source)
        else:
            chosen |= _named(source, path, told)
    return [p for p in source.parts if p.number in chosen]


def _is_picture(part: Part) -> bool:
    return part.media == "image" and part.state == "present"


def _is_litter(part: Part) -> bool:
    """What systems leave in folders."""
    return part.size == 0 or part.name.startswith(".") or part.name in ("Thumbs.db", "desktop.ini")


def _pictures_alone(source: Source) -> set[int]:
    counted = [p for p in source.parts if source.kind == "file" or not _is_litter(p)]
    return {p.number for p in counted} if counted and all(map(_is_picture, counted)) else set()


def _named(source: Source, path: Path, told: Path) -> set[int]:
    here, there = path.resolve(), told.resolve()
    if here == there:
        return {p.number for p in source.parts if source.kind == "file" or _is_picture(p)}
    if source.kind != "folder" or not there.is_relative_to(here):
        return set()
    inside = said_name(there.relative_to(here).as_posix())
    return {
        p.number for p in source.parts
        if p.path == inside or (p.path is not None and p.path.startswith(inside + "/") and _is_picture(p))
    }  # fmt: skip


def may_be_declared(path: Path, declared: Declared) -> bool:
    """Whether a declaration could be about what was handed in at `path`: nothing else needs to be opened for it."""
    here = path.resolve()
    return any(told is EVERYTHING or told.resolve().is_relative_to(here) for told in declared)


def paths_beside(exports: Sequence[Path], declared: Declared) -> list[Path]:
    """Declared paths that no export covers: they are handed in by being declared."""
    covered = [e.resolve() for e in exports]
    return [
        told for told in declared
        if told is not EVERYTHING and not any(told.resolve() == e or told.resolve().is_relative_to(e) for e in covered)
    ]  # fmt: skip


def transcribed(reading: Reading, part: Part) -> Transcript:
    """What stands on a part; a part that cannot be read or is too large is a problem of its transcript."""
    if part.size > limits.PICTURE_BYTES_MAX:
        return Transcript(reading.engine, problem="picture_too_large")
    try:
        data = part.read()
    except Exception:  # noqa: BLE001 - archives raise what they like; one broken member never ends a case
        return Transcript(reading.engine, problem="picture_damaged")
    return reading.transcribe(data)


def declare(source: Source, path: Path, declared: Declared, reading: Reading) -> list[Part]:
    """Let the reader of screenshots have the declared parts; each is read when its rows are asked for. Returns the parts."""
    parts = declared_parts(source, path, declared)
    for part in parts:
        part.digest()
        part.transcript = lambda part=part: packed(transcribed(reading, part))
    return parts
