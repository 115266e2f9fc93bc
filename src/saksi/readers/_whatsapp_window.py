"""The bytes of a WhatsApp text in windows that hold whole messages: bounded memory on files of any size.

    windows(part, book) -> Window …      in file order; together they tile the part

A window ends where a message begins, so that a message is never cut. What stands before a window's first header
(`lead`) is text before the first message of the file, or a message beyond limits.MESSAGE_BYTES_MAX whose bytes were let
go while looking for its end. A part whose bytes break off (a damaged archive) ends there; `Broken` says so.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from saksi import limits
from saksi.parts import Part
from saksi.readers._whatsapp_header import HEADER_BYTES_MAX, PAD, Headers, ShapeBook, scan

_PIECE = 256 * limits.KIB
"""Bytes asked of a stream at once: what a break in an archive can cost of good bytes before it."""


@dataclass
class Window:
    """data: the bytes, `size` of them and PAD zero bytes. base: where they stand in the part. lead_start: where what
    stands before the first header begins (absolute). oversize: the lead is the rest of a message. final: the last one."""

    data: bytearray
    size: int
    base: int
    headers: Headers
    lead_start: int
    oversize: bool
    final: bool

    @property
    def lead_end(self) -> int:
        """Where the lead ends (absolute): at the first header, or at the window's end."""
        return self.base + (int(self.headers.line[0]) if len(self.headers) else self.size)


KEPT_ROWS_MAX: Final = 1 << 20
"""Header lines and lines that a first look keeps for the second: at most some 30 MiB, a chat of a million lines whole."""


class HeaderMemory:
    """What `scan` found in the windows of a first pass, in narrow integers, given out once to the second pass."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Headers] = {}
        self._room = KEPT_ROWS_MAX

    def keep(self, base: int, size: int, headers: Headers) -> None:
        """Remember `headers` of the `size` bytes at `base`, where there is room."""
        self._room -= len(headers) + len(headers.newlines)
        if self._room >= 0:
            self._kept[base, size] = Headers(
                headers.line.astype(np.int32), headers.shape, headers.numbers.astype(np.int16), headers.book,
                headers.newlines.astype(np.int32))

    def take(self, base: int, size: int) -> Headers | None:
        """The headers of the `size` bytes at `base`, as `scan` gave them; None where they were not kept."""
        kept = self._kept.pop((base, size), None)
        if kept is None:
            return None
        return Headers(
            kept.line.astype(np.int64), kept.shape, kept.numbers.astype(np.int64), kept.book,
            kept.newlines.astype(np.int64))


class Broken(Exception):
    """The part's bytes could not be read to their end; `at` is how far."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__(at)


def _fill(stream: BinaryIO, data: bytearray, at: int, want: int) -> tuple[int, bool]:
    """Read `want` bytes into `data` from offset `at`: how many came, and whether the stream broke (a damaged archive).

    Read in pieces, so that what came before the break is kept.
    """
    got = 0
    while got < want:
        try:
            block = stream.read(min(want - got, _PIECE))
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
            return got, True
        if not block:
            break
        data[at + got : at + got + len(block)] = block
        got += len(block)
    return got, False


def _decidable(data: bytearray, size: int) -> int:
    """How far headers can be told: all of it, unless the last line is not whole and may be a header in the making."""
    last_line = data.rfind(b"\n", 0, size) + 1
    return last_line if size - last_line < HEADER_BYTES_MAX else size


def windows(part: Part, book: ShapeBook, memory: HeaderMemory) -> Iterator[Window]:
    """Windows of `part`. Raises Broken, after the windows before the break, where the bytes end early.

    memory: gives the headers of windows that an earlier pass over the same part scanned, keeps those of others.
    """
    carry = b""
    base = lead_start = 0
    at_line_start, oversize, seen_header = True, False, False
    with part.open() as stream:
        while True:
            want = min(limits.READ_WINDOW_BYTES, part.size - base - len(carry))
            data = bytearray(len(carry) + want + PAD)
            data[: len(carry)] = carry
            got, broken = _fill(stream, data, len(carry), want)
            size = len(carry) + got
            final = broken or got < want or base + size >= part.size
            whole = size if final else _decidable(data, size)
            buf: npt.NDArray[np.uint8] = np.frombuffer(data, dtype=np.uint8)
            buf[size:] = 0
            headers = memory.take(base, size)
            if headers is None:
                headers = scan(buf, whole, book, at_line_start=at_line_start)
                memory.keep(base, size, headers)
            if final:
                yield Window(data, size, base, headers, lead_start, oversize, final=True)
                break
            cut = int(headers.line[-1]) if len(headers) else 0
            if cut:
                kept = Headers(headers.line[:-1], headers.shape[:-1], headers.numbers[:-1], book, headers.newlines)
                yield Window(data, cut, base, kept, lead_start, oversize, final=False)
                carry, base = bytes(memoryview(data)[cut:size]), base + cut
                lead_start, oversize, at_line_start, seen_header = base, False, True, True
            elif size > limits.MESSAGE_BYTES_MAX:
                oversize = oversize or seen_header or bool(len(headers))
                dropped = whole or size
                at_line_start = data[dropped - 1] == 10
                carry, base = bytes(memoryview(data)[dropped:size]), base + dropped
            else:
                carry = bytes(memoryview(data)[:size])
    if broken or base + size < part.size:
        raise Broken(base + size)

