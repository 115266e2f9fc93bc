"""The records of a flat XML backup (SMS, MMS, calls) with their byte spans: windows of bytes that hold whole records.

    windows(part, names) -> Window …     in file order; together they tile the part

A record is an element of one of `names` directly below the root. In a window, `starts` are the offsets of everything that
may begin one, and of what is none (prolog, comments, root tags); what lies between a record's end and the next start is
container. A window ends where a record begins, so that a record is never cut; one beyond limits.MESSAGE_BYTES_MAX is let go
of (`oversize`). Records inside a comment are none.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi import limits
from saksi.parts import Part
from saksi.readers._lines import PIECE, UTF8_BOM, BrokenOff

Ints = npt.NDArray[np.int64]
_NONE: Final[Ints] = np.empty(0, dtype=np.int64)

_START_BYTES: Final = 64
"""Bytes kept while a large record is let go of: the beginning of the next one may be cut in two by a window's end."""



@dataclass
class Window:
    """data: the bytes of base to end. starts: offsets in data of records and other markup, ascending; kinds beside: which of
    the names (-1: no record). oversize: base to end is one record that is too large; its bytes are not held."""

    data: bytes
    base: int
    end: int
    starts: Ints
    kinds: Ints
    oversize: bool = False

    @cached_property
    def buf(self) -> npt.NDArray[np.uint8]:
        """The bytes, eight zero bytes behind them: words are loaded past the end."""
        return np.frombuffer(self.data + bytes(8), dtype=np.uint8)

    @cached_property
    def words(self) -> npt.NDArray[np.uint64]:
        """Eight bytes from each offset on, little-endian."""
        return np.ndarray((len(self.data) + 1,), "<u8", self.buf.data, 0, (1,))

    @cached_property
    def ampersands(self) -> Ints:
        """Where references may begin."""
        return np.flatnonzero(self.buf == 38)


def _pattern(names: Sequence[bytes], roots: Sequence[bytes]) -> re.Pattern[bytes]:
    either = b"|".join(re.escape(n) for n in names)
    root = b"|".join(re.escape(n) for n in roots)
    return re.compile(rb"<(?:(" + either + rb")(?=[\s/>])|/?(?:" + root + rb")(?=[\s>/])|!--|\?|!DOCTYPE)")


def scan(data: bytes, pattern: re.Pattern[bytes], names: Sequence[bytes]) -> tuple[Ints, Ints]:
    """Offsets and kinds of all markup that `pattern` knows, what stands in comments and type declarations stepped over.

    Records with a space behind their name are found on the whole column, the rest by the pattern.
    """
    buf = np.frombuffer(data + bytes(8), dtype=np.uint8)
    places = np.flatnonzero(buf == 60)
    words: npt.NDArray[np.uint64] = np.ndarray((len(buf) - 7,), "<u8", buf.data, 0, (1,))
    word = words[places]
    kinds = np.full(len(places), -2, dtype=np.int64)
    for i, name in enumerate(names):
        literal = b"<" + name + b" "
        mask = np.uint64((1 << 8 * len(literal)) - 1)
        kinds[(word & mask) == np.uint64(int.from_bytes(literal, "little"))] = i
    rest = kinds == -2
    for literal in (b"<part ", b"<addr ", b"</part", b"</addr"):  # the most frequent of what is neither
        rest &= (word & np.uint64((1 << 48) - 1)) != np.uint64(int.from_bytes(literal, "little"))
    for i in np.flatnonzero(rest).tolist():
        match = pattern.match(data, int(places[i]))
        if match is not None:
            kinds[i] = -1 if match[1] is None else names.index(match[1])
    known = kinds > -2
    if b"<!" in data and (spans := _stepped_over(data)):
        starts, ends = np.array(spans, dtype=np.int64).T
        span = np.searchsorted(starts, places, side="left") - 1  # the last that begins in front of a place
        known &= (span < 0) | (places >= ends[np.maximum(span, 0)])
    return places[known], kinds[known]


def _stepped_over(data: bytes) -> list[tuple[int, int]]:
    """Spans of comments and type declarations."""
    spans: list[tuple[int, int]] = []
    at = 0
    while (at := data.find(b"<!", at)) >= 0:
        end = at + 2
        if data.startswith(b"<!--", at):
            closing = data.find(b"-->", at + 4)
            end = len(data) if closing < 0 else closing + 3
        elif data.startswith(b"<!DOCTYPE", at):
            end = max(_doctype_end(data, at), end)
        if end > at + 2:
            spans.append((at, end))
        at = end
    return spans


def _doctype_end(data: bytes, at: int) -> int:
    """Behind a document type declaration, its entities included; they are skipped, never read."""
    opening, closing = data.find(b"[", at), data.find(b">", at)
    if 0 <= opening < closing:
        end = re.compile(rb"\]\s*>").search(data, opening)
        return len(data) if end is None else end.end()
    return len(data) if closing < 0 else closing + 1


def windows(part: Part, names: Sequence[bytes], roots: Sequence[bytes]) -> Iterator[Window]:
    """Windows of `part`. Raises BrokenOff, after the windows before the break, where the bytes end early."""
    pattern = _pattern(names, roots)
    carry, base = b"", 0
    dropped: int | None = None  # where a record began whose bytes were let go
    with part.open() as stream:
        while True:
            data, broken = _more(stream, carry)
            final = broken or len(data) == len(carry) or base + len(data) >= part.size
            starts, kinds = scan(data, pattern, names)
            if dropped is not None and (len(starts) or final):
                end = int(starts[0]) if len(starts) else len(data)
                yield Window(b"", dropped, base + end, _NONE, _NONE, oversize=True)
                data, base, dropped = data[end:], base + end, None
                starts = starts - end
            if final:
                yield Window(data, base, base + len(data), starts, kinds)
                break
            records = np.flatnonzero((kinds >= 0) & (starts > 0))
            cut = 0
            if len(records):
                n = int(records[-1])
                cut = int(starts[n])
                yield Window(data[:cut], base, base + cut, starts[:n], kinds[:n])
            elif len(data) > limits.MESSAGE_BYTES_MAX:
                dropped = base if dropped is None else dropped
                cut = len(data) - _START_BYTES
            carry, base = data[cut:], base + cut
    if broken or base + len(data) < part.size:
        raise BrokenOff(base + len(data))


def _more(stream: object, carry: bytes) -> tuple[bytes, bool]:
    """`carry` and at least a window's bytes behind it (doubling for large records), and whether the stream broke."""
    pieces = [carry]
    want = max(limits.READ_WINDOW_BYTES, len(carry))
    while want > 0:
        try:
            block: bytes = stream.read(min(want, PIECE))  # type: ignore[attr-defined]
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
            return b"".join(pieces), True
        if not block:
            break
        pieces.append(block)
        want -= len(block)
    return b"".join(pieces), False


def root_of(head: bytes) -> bytes | None:
    """The name of the root element, prolog and comments skipped; None where the head is no XML."""
    at = len(UTF8_BOM) if head.startswith(UTF8_BOM) else 0
    while True:
        while head[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
            at += 1
        if head.startswith(b"<?", at):
            end = head.find(b"?>", at)
        elif head.startswith(b"<!--", at):
            end = head.find(b"-->", at) + 1
        elif head.startswith(b"<!DOCTYPE", at):
            at = _doctype_end(head, at)
            continue
        else:
            match = re.compile(rb"<([A-Za-z_][\w:.-]*)(?=[\s/>])").match(head, at)
            return None if match is None else match[1]
        if end <= 0:
            return None
        at = end + 2
