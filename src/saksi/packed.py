"""Web archives as crawlers pack them (.warc.gz): a text behind gzip, one gzip member a record or one for all.

    holds_archive(head) -> bool                 whether packed bytes that begin so hold a web archive or its index
    measured(opener) -> Measure                 how long the text is, and what is wrong with the packing; one pass, nothing kept
    Unpacked(inner, size)                       the text as a stream, forward only, at most `size` bytes

Rules, in order: (1) members follow each other, with or without zero bytes between; (2) what cannot be unpacked ends the text
there: everything before it stays; (3) bounds of `limits`: text in all, ratio of text to packed bytes; memory is one block.
The text's length is what the one pass said, so that every later stream ends at the same byte. Spans are those of the text.

References: RFC 1952 (gzip); https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/ (annex D).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from saksi import limits

BLOCK: Final = 256 * limits.KIB
MAGIC: Final = b"\x1f\x8b"
_TEXT: Final = re.compile(rb"WARC/1\.| CDX |!meta \d+ \{|\S{1,2000} \d{14} \{")
"""A record; the first line of an index (CDX, CDXJ)."""


def holds_archive(head: bytes) -> bool:
    """Whether gzip's bytes that begin with `head` unpack to a web archive's or its index's."""
    if not head.startswith(MAGIC):
        return False
    try:
        return _TEXT.match(zlib.decompressobj(31).decompress(head, 4096)) is not None
    except zlib.error:
        return False


class Unpacked(io.RawIOBase):
    """See the module's text. trouble: None, "truncated" or "broken_archive", once the end was reached."""

    def __init__(self, inner: BinaryIO, size: int | None = None) -> None:
        self._inner = inner
        self._left = size
        self._unpack = zlib.decompressobj(31)
        self._fresh = True
        self._full = False
        self._packed = b""
        self.taken = 0
        self.trouble: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        want = len(view) if self._left is None else min(len(view), self._left)
        data = b""
        while want and not data and self.trouble is None and self._refilled():
            data = self._some(want)
        if self._left is not None:
            self._left -= len(data)
        view[: len(data)] = data
        return len(data)

    def _refilled(self) -> bool:
        """Whether there are packed bytes, at a member's start without the zeros before it."""
        while True:
            if self._fresh:
                self._packed = self._packed.lstrip(b"\0")
            if self._packed or self._full:  # a full answer may leave more behind although all packed bytes are taken
                return True
            self._packed = self._inner.read(BLOCK)
            self.taken += len(self._packed)
            if not self._packed:
                if not self._fresh:
                    self.trouble = "truncated"
                return False

    def _some(self, want: int) -> bytes:
        try:
            data = self._unpack.decompress(self._packed, want)
        except zlib.error:
            self.trouble = "broken_archive"
            return b""
        self._fresh, self._full = False, len(data) == want
        self._packed = self._unpack.unconsumed_tail
        if self._unpack.eof:
            self._packed = self._unpack.unused_data
            self._unpack, self._fresh, self._full = zlib.decompressobj(31), True, False
        return data

    def close(self) -> None:
        self._inner.close()
        super().close()


@dataclass(frozen=True)
class Measure:
    """size: bytes of the text. trouble: reason of `problems`, or None; "archive_bomb": not unpacked to its end."""

    size: int
    trouble: str | None


def measured(opener: Callable[[], BinaryIO]) -> Measure:
    """See the module's text. Raises what reading raises."""
    size = 0
    piece = bytearray(BLOCK)
    with Unpacked(opener()) as text:
        while n := text.readinto(piece):
            size += n
            most = max(limits.ARCHIVE_RATIO_FLOOR_BYTES, limits.ARCHIVE_RATIO_MAX * text.taken)
            if size > min(most, limits.ARCHIVE_TEXT_BYTES_MAX):
                return Measure(size, "archive_bomb")
        return Measure(size, text.trouble)
