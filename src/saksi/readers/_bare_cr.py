"""Texts whose every line ends with a bare CR (saved again by an old program): read as if it were LF, byte for byte.

    line_fed(part) -> Part | None      the part with LF for each CR; None where it holds an LF or no CR
    as_written(chunk) -> Chunk         words of rows read from it, with the CR that stands in the file

One byte stands for one byte, so spans hold as they are. Where a single LF stands in the part, a CR is content of a message.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi.limits import MIB
from saksi.parts import PACKED_ERRORS, Part
from saksi.readers.base import Chunk

_NOTE: Final = "bare CR"
_FED: Final = bytes.maketrans(b"\r", b"\n")


class _Fed(io.RawIOBase):
    """A stream with LF for CR."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._inner.read(len(view)).translate(_FED)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def may_be(head: bytes) -> bool:
    """Whether a text that begins so may have bare CRs for line ends."""
    return b"\r" in head and b"\n" not in head


def line_fed(part: Part) -> Part | None:
    """See the module's text. Looks through the part once; what cannot be read to its end is as far as it can be."""
    if not may_be(part.head()):
        return None
    if _NOTE not in part.notes:
        part.notes[_NOTE] = not _has_line_feed(part)
    if not part.notes[_NOTE]:
        return None
    return replace(part, opener=lambda: io.BufferedReader(_Fed(part.open()), MIB), notes={}, _head=None, _held=None)


def _has_line_feed(part: Part) -> bool:
    try:
        with part.open() as stream:
            while block := stream.read(MIB):
                if b"\n" in block:
                    return True
    except PACKED_ERRORS:
        pass
    return False


def as_written(chunk: Chunk) -> Chunk:
    """See the module's text."""
    text = chunk.columns.get("text")
    if text is None:
        return chunk
    if isinstance(text, pa.DictionaryArray):
        text = text.dictionary.take(text.indices)
    known = text if isinstance(text, pa.Array) else pa.array(text, pa.string())
    return replace(chunk, columns={**chunk.columns, "text": pc.replace_substring(known, "\n", "\r")})
