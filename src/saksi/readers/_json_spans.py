"""JSON exports as a skeleton with arrays of message elements: where every element's bytes lie, in bounded memory.

`walk(feed, arrays)` reads a JSON document window by window and yields events in file order:

    Field(path, raw, start)    a scalar of the skeleton (chat name, id, participants), as its raw bytes
    Opened(path)               an object inside an array of the skeleton begins (one chat of a full export)
    Entered(path)              one of the message arrays begins
    Block(start, data, spans)  a run of its elements; `spans` are absolute bytes of the part, in order
    Whole(rows)                a run of its elements as `Walker.quick` took it apart
    Oversize(start, end)       one element beyond limits.MESSAGE_BYTES_MAX, its bytes not kept
    Damage(reason, start, end, claims)   what went wrong; `claims`: these bytes are nothing else

A path is a tuple of keys, "[]" for an element of an array. Whatever lies between elements and claimed
damage is container.

How boundaries are found, in order:

1. Indented arrays (what every known exporter writes): a raw line break cannot stand inside a JSON string, so the line
   break with the array's own indentation before its "]" ends it, and with the elements' indentation before "{" begins
   an element. msgspec cuts the run into raw values; that each one is followed by exactly the same gap is then checked
   byte by byte, which makes the cumulated lengths exact positions.
2. Anything else (minified, re-indented by another program): brackets outside strings are counted.
3. A run that does not decode is cut at the openings of elements, so that one broken element costs only itself.

Source of the writers' forms: docs/formats/telegram.md, docs/formats/meta.md.
"""

from __future__ import annotations

import gc
import io
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers.base import NO_SPANS, Chunk, Constant, Problem, Spans, const
from saksi.table.schema import MESSAGE_SCHEMA

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")
Path = tuple[str, ...]
BLANK: Final = b" \t\r\n"
BOM: Final = b"\xef\xbb\xbf"
DECODE_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
STREAM_ERRORS: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
DAMAGES_MAX: Final = 1000
"""Damaged places of one skeleton that are listed one by one; after that the rest of the part is one damage."""
WINDOW_BYTES: Final = 4 * limits.MIB
"""Window of this module: small enough that the copies of a run stay in the processor's cache (1.5x as fast as 32 MiB),
large enough that what a pass over a column costs before its first row is little (1.2x as fast as 2 MiB)."""
RESYNC_MAX: Final = 256
"""Elements without an end that are searched for a new beginning, each at a cost of up to one window: bounds time."""

QUICK_BYTES_MIN: Final = 16 * limits.KIB
"""Runs shorter than this are not given to `Walker.quick`: its passes over columns cost more than the records."""

_TOKEN = re.compile(
    rb'([ \t\r\n]*+)(?:("(?:[^"\\]++|\\.)*+")|([{}\[\]:,])|([-+.0-9A-Za-z_]++)|(\x00++)|(.))', re.DOTALL
)
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
_BLANKS = re.compile(rb"[ \t\r\n]*+")
_JUNK_END = re.compile(rb'[{}\[\]:,"]')
_SCALAR_END = re.compile(rb"[,\]\[{}]")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Field:
    path: Path
    raw: bytes
    start: int


@dataclass(frozen=True)
class Opened:
    path: Path


@dataclass(frozen=True)
class Entered:
    path: Path


@dataclass(frozen=True)
class Block:
    """data: from the first byte of the first element to the last of the last. cut: the last one may lack its end.
    array: `data` between square brackets, where it was made already."""

    start: int
    data: bytes
    spans: Spans
    cut: bool = False
    array: bytes | None = None

    def raw(self, i: int) -> bytes:
        """Bytes of element `i`."""
        s, e = self.spans[i]
        return self.data[int(s) - self.start : int(e) - self.start]


@dataclass(frozen=True)
class Whole:
    rows: Any


@dataclass(frozen=True)
class Oversize:
    start: int
    end: int


@dataclass(frozen=True)
class Damage:
    reason: str
    start: int
    end: int
    claims: bool


Event = Field | Opened | Entered | Block | Whole | Oversize | Damage

Quick = Callable[[bytes | bytearray, int, int, int, bytes], Any]
"""Takes a run of elements apart by itself: (buffer, place of the buffer in the part, at, end, gap) -> what a `Whole`
holds, or None where the run is to be read like any other. The elements are `buffer[at:end]`, "," `gap` "{" follow. What
it answers for must be as sure as a `Block`: every element whole, the gaps between them all the same."""


@contextmanager
def gc_paused() -> Iterator[None]:
    """The cyclic collector off round a bulk load of plain values (halves its time), restored afterwards."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Feed:
    """A part's bytes as a growing buffer: `buf` holds the bytes from offset `base` on."""

    def __init__(self, stream: BinaryIO, size: int, window: int = WINDOW_BYTES) -> None:
        self._stream = stream
        self._window = window
        self.size = size
        self.buf = b""
        self.base = 0
        self.ended = False
        self.failed = False

    def more(self, keep: int) -> bool:
        """Drop the bytes before position `keep` of the buffer and append a window; False (and no change) at the end."""
        if self.ended:
            return False
        try:
            grown = self._grown(keep)
        except STREAM_ERRORS:
            grown, self.failed = None, True
        if grown is None:
            self.ended = True
            return False
        self.base += keep
        self.buf = grown
        return True

    def _grown(self, keep: int) -> bytes | None:
        new = self._stream.read(self._window)
        return self.buf[keep:] + new if new else None

    def cut(self, start: int, end: int) -> bytes:
        """The bytes between two positions of the buffer."""
        with memoryview(self.buf) as whole:
            return bytes(whole[start:end])


class RoomyFeed(Feed):
    """A Feed that reads into the buffer itself (a bytearray, made anew for every window and never changed after that):
    a window is not copied once more, and half the memory is touched."""

    def _grown(self, keep: int) -> bytes | None:
        kept, left = len(self.buf) - keep, self.size - self.base - len(self.buf)
        room = bytearray(kept + min(self._window, max(left, limits.HEAD_BYTES)))
        with memoryview(room) as view:
            new = self._stream.readinto(view[kept:])  # type: ignore[attr-defined]  # every opener's stream has it
        if not new:
            return None
        del room[kept + new :]
        room[:kept] = self.buf[keep:]
        return room  # type: ignore[return-value]


@dataclass
class _Frame:
    opener: bytes
    path: Path
    key: str | None = None
    key_gap: bytes = b""


def element_spans(data: bytes, gap: bytes, array: bytes | None = None) -> Spans | None:
    """Spans (relative) of the values of `data` where one same `gap` separates them; None where that does not hold.

    Exact by induction: the first value begins at 0; msgspec gives its length; the gap's bytes are compared; the next
    value begins after them. array: `data` between square brackets, where it is at hand.
    """
    try:
        raws = _RAWS.decode(b"[%b]" % data if array is None else array)
    except DECODE_ERRORS:
        return None
    n = len(raws)
    lengths = np.fromiter(map(len, raws), dtype=np.int64, count=n)
    ends = np.cumsum(lengths) + np.arange(n, dtype=np.int64) * len(gap)
    starts = ends - lengths
    if n == 0 or int(ends[-1]) != len(data):
        return None
    view = np.frombuffer(data, dtype=np.uint8)
    for k, byte in enumerate(gap):
        if (view[ends[:-1] + k] != byte).any():
            return None
    if (view[starts] != 0x7B).any() or (view[ends - 1] != 0x7D).any():
        return None
    return np.stack([starts, ends], axis=1)


def element_end(buf: bytes | bytearray, at: int) -> int | None:
    """Position after the value that begins at `at` (object, array or scalar); None where it does not end in `buf`."""
    if buf[at : at + 1] not in (b"{", b"["):
        found = _SCALAR_END.search(buf, at + 1)
        return None if found is None else at + len(buf[at : found.start()].rstrip(BLANK))
    depth = 0
    while (m := _BRACKET.match(buf, at)) is not None:
        depth += 1 if m[1] in b"{[" else -1
        at = m.end()
        if depth == 0:
            return at
    return None


def split_at(data: bytes, pattern: re.Pattern[bytes]) -> Spans:
    """Spans (relative) of the pieces of `data` that begin at 0 and wherever `pattern` (ending before "{") matched."""
    starts = [0] + [m.end() for m in pattern.finditer(data, 1)]
    ends = [s + len(data[s:e].rstrip(BLANK + b",")) for s, e in zip(starts, [*starts[1:], len(data)], strict=True)]
    spans = np.array([starts, ends], dtype=np.int64).T
    return spans[spans[:, 1] > spans[:, 0]]


@dataclass
class Walker:
    """See the module's text. arrays: paths of message arrays. opening: what an element of them begins with, a pattern
    such as rb'\\{\\s*"id"\\s*:', to find the next one after damage. quick: see `Quick`."""

    feed: Feed
    arrays: Collection[Path]
    opening: bytes
    quick: Quick | None = None
    pos: int = 0
    stack: list[_Frame] = field(default_factory=list)
    damages: int = 0
    resyncs: int = 0

    def __post_init__(self) -> None:
        self._boundary = re.compile(rb",[ \t\r\n]*+(?=" + self.opening + rb")")

    def _more(self, keep: int) -> bool:
        """As Feed.more; `pos` moves with the buffer."""
        if not self.feed.more(keep):
            return False
        self.pos -= keep
        return True

    def walk(self) -> Iterator[Event]:
        """All events of the document, in file order."""
        feed = self.feed
        self._more(0)
        if feed.buf.startswith(BOM):
            self.pos = len(BOM)
        while True:
            m = _TOKEN.match(feed.buf, self.pos)
            if m is None or m.end() == len(feed.buf) or m[6] == b'"':
                if len(feed.buf) - self.pos <= limits.MESSAGE_BYTES_MAX and self._more(self.pos):
                    continue
                if m is None:
                    break
                if m[6] == b'"':  # a string without an end: cut off here, or longer than anything an app writes
                    yield from self._give_up("truncated" if feed.ended else "broken_structure", m.start(6))
                    return
            yield from self._token(m)
            if self.damages > DAMAGES_MAX:
                yield from self._give_up("broken_structure", self.pos)
                return
        yield from self._close()

    def _close(self) -> Iterator[Event]:
        end = self.feed.base + len(self.feed.buf)
        if self.feed.failed:
            yield Damage("unreadable", end, self.feed.size, claims=True)
        elif end < self.feed.size:
            yield Damage("truncated", end, self.feed.size, claims=True)
        elif self.stack:
            yield Damage("truncated", end, end, claims=False)

    def _give_up(self, reason: str, at: int) -> Iterator[Event]:
        yield Damage(reason, self.feed.base + at, self.feed.size, claims=True)

    def _token(self, m: re.Match[bytes]) -> Iterator[Event]:
        feed, stack = self.feed, self.stack
        start = feed.base + m.end(1)
        self.pos = m.end()
        if m[5] is not None:
            self.damages += 1
            yield Damage("nul_bytes", start, feed.base + m.end(), claims=True)
        elif m[6] is not None:
            self.damages += 1
            junk = _JUNK_END.search(feed.buf, m.end())
            self.pos = len(feed.buf) if junk is None else junk.start()
            yield Damage("broken_structure", start, feed.base + self.pos, claims=True)
        elif m[2] is not None or m[4] is not None:
            raw = m[2] if m[2] is not None else m[4]
            if stack and stack[-1].opener == b"{" and stack[-1].key is None and m[2] is not None:
                stack[-1].key = raw[1:-1].decode("utf-8", "replace")
                stack[-1].key_gap = m[1]
            else:
                yield Field(self._value_path(), raw, start)
                self._value_done()
        elif m[3] in (b"{", b"["):
            yield from self._opens(m[3])
        elif m[3] in (b"}", b"]"):
            if not stack or stack[-1].opener != (b"{" if m[3] == b"}" else b"["):
                self.damages += 1
                yield Damage("broken_structure", start, start + 1, claims=False)
            if stack:
                stack.pop()
            self._value_done()

    def _value_path(self) -> Path:
        if not self.stack:
            return ()
        top = self.stack[-1]
        return (*top.path, "[]" if top.opener == b"[" else top.key or "")

    def _value_done(self) -> None:
        if self.stack:
            self.stack[-1].key = None

    def _opens(self, bracket: bytes) -> Iterator[Event]:
        path = self._value_path() if len(self.stack) < limits.JSON_DEPTH_MAX else ("",)
        if bracket == b"[" and path in self.arrays:
            gap = self.stack[-1].key_gap if self.stack else b""
            yield Entered(path)
            self.stack.append(_Frame(bracket, path))
            yield from self._elements(gap)
            return
        self.stack.append(_Frame(bracket, path))
        if bracket == b"{" and path[-1:] == ("[]",):
            yield Opened(path)

    # -- elements of a message array ------------------------------------------------------------------------------

    def _skip_blank(self) -> bool:
        """Move to the next byte that is no white space; False at the end of the part."""
        while True:
            self.pos = _BLANKS.match(self.feed.buf, self.pos).end()  # type: ignore[union-attr]  # matches ""
            if self.pos < len(self.feed.buf):
                return True
            if not self._more(self.pos):
                return False

    def _elements(self, outer: bytes) -> Iterator[Event]:
        begin = self.feed.base + self.pos
        if not self._skip_blank():
            return
        first = self.feed.base + self.pos
        gap = self.feed.cut(begin - self.feed.base, self.pos) if begin >= self.feed.base else b""
        indented = (
            gap.startswith(b"\n") and outer.startswith(b"\n") and len(gap) > len(outer)
            and not gap[1:].strip(b" \t") and not outer[1:].strip(b" \t") and first - begin == len(gap)
        )
        if indented and self.feed.buf[self.pos] == 0x7B:
            yield from self._indented(gap, outer + b"]")
        else:
            yield from self._counted()

    def _indented(self, gap: bytes, closing: bytes) -> Iterator[Event]:
        feed = self.feed
        long = False
        while True:
            cut = -1 if feed.ended else feed.buf.rfind(b"," + gap + b"{", self.pos)
            # In a long array a run that decodes holds no closing bracket of it: looking for one costs more than trying.
            whole = self._whole_run(cut, gap) if long else None
            if whole is not None:
                yield whole
                self._more(self.pos)
                continue
            block = self._sound_run(self.pos, cut, gap) if long and cut > self.pos else None
            end = -1 if block is not None else feed.buf.find(closing, self.pos)
            if end >= 0:
                whole = self._whole_run(feed.buf.rfind(b"," + gap + b"{", self.pos, end), gap)
                if whole is not None:
                    yield whole
                yield self._run(self.pos, end, gap)
                self.pos = end
                return
            if cut > self.pos:
                event: Event | None = block or (None if long else self._whole_run(cut, gap))
                long = True
                if not isinstance(event, Whole):
                    event = event or self._run(self.pos, cut, gap)
                    self.pos = cut + 1 + len(gap)
                yield event
                self._more(self.pos)
            elif feed.ended:
                yield self._run(self.pos, len(feed.buf), gap, cut=True)
                self.pos = len(feed.buf)
                return
            elif len(feed.buf) - self.pos > limits.MESSAGE_BYTES_MAX:
                ends = re.compile(re.escape(b"," + gap) + rb"(?=\{)|(?=" + re.escape(closing) + rb")")
                yield self._oversize(ends)
                if feed.buf[self.pos : self.pos + 1] != b"{":
                    return
            else:
                self._more(self.pos)

    def _whole_run(self, cut: int, gap: bytes) -> Whole | None:
        """The elements from `pos` to the one that begins after `cut`, as `quick` gives them; moves there."""
        if self.quick is None or cut - self.pos < QUICK_BYTES_MIN:
            return None
        rows = self.quick(self.feed.buf, self.feed.base, self.pos, cut, gap)
        if rows is None:
            return None
        self.pos = cut + 1 + len(gap)
        return Whole(rows)

    def _oversize(self, ends: re.Pattern[bytes]) -> Oversize:
        """Skip the element at `pos` to where `ends` matches (or the end), keeping none of it."""
        start = self.feed.base + self.pos
        look = self.pos
        while (m := ends.search(self.feed.buf, look)) is None:
            keep = max(self.pos, len(self.feed.buf) - 4096)
            self.pos = keep
            if not self._more(keep):
                self.pos = len(self.feed.buf)
                return Oversize(start, self.feed.base + self.pos)
            look = 0
        self.pos = m.end()
        return Oversize(start, self.feed.base + m.start())

    def _sound_run(self, at: int, end: int, gap: bytes) -> Block | None:
        """The elements between two positions of the buffer, where every one is whole and the gaps are all the same."""
        data = self.feed.cut(at, end)
        array = b"[%b]" % data
        spans = element_spans(data, b"," + gap, array)
        start = self.feed.base + at
        return None if spans is None else Block(start, data, spans + start, array=array)

    def _run(self, at: int, end: int, gap: bytes, *, cut: bool = False) -> Block:
        """The elements between two positions of the buffer as a block."""
        start = self.feed.base + at
        data = self.feed.cut(at, end).rstrip(BLANK + b",")
        spans = element_spans(data, b"," + gap)
        if spans is None:
            spans = split_at(data, re.compile(re.escape(gap) + rb"(?=\{)"))
            spans = self._resplit(data, spans)
        return Block(start, data, spans + start, cut)

    def _resplit(self, data: bytes, spans: Spans) -> Spans:
        """Pieces that do not decode, cut further at every opening of an element inside them."""
        pieces: list[Spans] = []
        for s, e in spans.tolist():
            piece = data[s:e]
            if element_spans(piece, b"") is None and self._boundary.search(piece) is not None:
                pieces.append(split_at(piece, self._boundary) + s)
            else:
                pieces.append(np.array([[s, e]], dtype=np.int64))
        return np.concatenate(pieces) if pieces else NO_SPANS

    def _counted(self) -> Iterator[Event]:
        """Elements found by counting brackets: minified or re-indented documents."""
        feed = self.feed
        spans: list[tuple[int, int]] = []
        while self._next_counted(spans):
            at = self.pos
            end = element_end(feed.buf, at)
            if end is not None:
                spans.append((feed.base + at, feed.base + end))
                self.pos = end
                continue
            if spans:
                yield self._counted_block(spans)
                spans = []
            if len(feed.buf) - at <= limits.MESSAGE_BYTES_MAX and self._more(at):
                continue
            found = self._boundary.search(feed.buf, at + 1)
            self.resyncs += 1
            if found is not None and self.resyncs <= RESYNC_MAX:
                yield self._counted_block([(feed.base + at, feed.base + found.start())])
                self.pos = found.end()
            elif feed.ended:
                yield self._counted_block([(feed.base + at, feed.base + len(feed.buf))], cut=True)
                self.pos = len(feed.buf)
            else:
                yield self._oversize(self._boundary)
        if spans:
            yield self._counted_block(spans)

    def _next_counted(self, spans: list[tuple[int, int]]) -> bool:
        """Move to the next element; False at the array's "]" or the end. Never drops bytes that `spans` names."""
        feed = self.feed
        while True:
            while feed.buf[self.pos : self.pos + 1] in (b" ", b"\t", b"\r", b"\n", b","):
                self.pos += 1
            if self.pos < len(feed.buf):
                return feed.buf[self.pos] != 0x5D
            keep = spans[0][0] - feed.base if spans else self.pos
            if not self._more(keep):
                return False

    def _counted_block(self, absolute: list[tuple[int, int]], *, cut: bool = False) -> Block:
        start = absolute[0][0]
        base = self.feed.base
        data = self.feed.cut(start - base, absolute[-1][1] - base)
        spans = np.array(absolute, dtype=np.int64) - start
        try:
            sound = len(_RAWS.decode(b"[" + data + b"]")) == len(spans)
        except DECODE_ERRORS:
            sound = False
        if not sound:
            spans = self._resplit(data, spans)
        return Block(start, data, spans + start, cut)


# -- decoding elements ------------------------------------------------------------------------------------------------

_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_BARE_ID = re.compile(
    rb'("document_id"[ \t\r\n]*:[ \t\r\n]*)(?!["\s]|-?[0-9]+[ \t]*[,}\r\n]|null|true|false)'
    rb'([^"\r\n]*?)([ \t]*[,}]?[ \t]*(?:\r?\n|$))'
)
STAND_IN: Final = 0x10FF00
"""A byte b (0x80 to 0xFF) that is not UTF-8 is shown as U+10FF00 + b (private use), so that it can be put back."""
SURROGATE_STAND_IN: Final = 0x10F000
"""Half of a surrogate pair, U+D800 + n, that an escape spells alone is shown as U+10F000 + n (private use)."""
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Repairs:
    """What was done to read one record. how: names for text_repair. problems: reason, start, end (absolute bytes)."""

    how: set[str] = field(default_factory=set)
    problems: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """The value of column text_repair."""
        return "+".join(sorted(self.how)) or None


def decode_utf8(raw: bytes) -> tuple[str, list[int]]:
    """Text of `raw`, bytes that are not UTF-8 as stand-ins, and where those are. Reversed by `encode_utf8`."""
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
    at: list[int] = []
    offset = 0
    for ch in text:
        cp = ord(ch)
        if 0xDC80 <= cp <= 0xDCFF:
            at.append(offset)
            offset += 1
        else:
            offset += len(ch.encode("utf-8"))
    return _SURROGATE.sub(lambda m: chr(STAND_IN + ord(m[0]) - 0xDC00), text), at


def encode_utf8(text: str) -> bytes:
    """The bytes that `decode_utf8` was given (for text without private-use characters of its own in that range)."""
    return re.sub(
        f"[{chr(STAND_IN + 0x80)}-{chr(STAND_IN + 0xFF)}]", lambda m: chr(0xDC00 + ord(m[0]) - STAND_IN), text
    ).encode("utf-8", "surrogateescape")


def repair_escapes(raw: bytes, start: int, repairs: Repairs) -> bytes:
    """`raw` with \\xHH as \\u00HH and a bare document_id quoted; every place noted with its offset in the part.

    Every escape pair is consumed left to right, so that an escaped backslash followed by x41 stays what it is.
    """
    def swap(m: re.Match[bytes]) -> bytes:
        if m[1] is None:
            return m[0]
        repairs.how.add("json_escape")
        repairs.problems.append(("invalid_escape", start + m.start(), start + m.end()))
        return b"\\u00" + m[1]

    def quote(m: re.Match[bytes]) -> bytes:
        repairs.how.add("bare_document_id")
        repairs.problems.append(("invalid_escape", start + m.start(2), start + m.end(2)))
        return m[1] + b'"' + m[2].replace(b"\\", b"\\\\") + b'"' + m[3]

    # offsets are of the original bytes: the identifier is looked for first, on a text that only the second pass changes
    if b"document_id" in raw and _BARE_ID.search(raw):
        before = [m.span(2) for m in _BARE_ID.finditer(raw)]
        escaped = Repairs()
        for m in _ESCAPE.finditer(raw):
            if m[1] is not None and not any(s <= m.start() < e for s, e in before):
                escaped.problems.append(("invalid_escape", start + m.start(), start + m.end()))
        quoted = _BARE_ID.sub(quote, raw)
        fixed = _ESCAPE.sub(lambda m: m[0] if m[1] is None else b"\\u00" + m[1], quoted)
        if escaped.problems:
            repairs.how.add("json_escape")
            repairs.problems.extend(escaped.problems)
        return fixed
    return _ESCAPE.sub(swap, raw)


def _without_halves(value: Any, repairs: Repairs) -> Any:
    """`value` with lone surrogates as stand-ins (Arrow holds UTF-8 only)."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            repairs.how.add("lone_surrogate")
            return _SURROGATE.sub(lambda m: chr(SURROGATE_STAND_IN + ord(m[0]) - 0xD800), value)
        return value
    if isinstance(value, list):
        return [_without_halves(v, repairs) for v in value]
    if isinstance(value, dict):
        return {_without_halves(k, repairs): _without_halves(v, repairs) for k, v in value.items()}
    return value


def loads_repaired(raw: bytes, start: int, repairs: Repairs) -> Any:
    """The JSON value of `raw` after the known repairs. Raises one of DECODE_ERRORS where it is none even so."""
    text, bad = decode_utf8(raw)
    if bad:
        repairs.how.add("utf8_stand_in")
        repairs.problems.append(("invalid_utf8", start + bad[0], start + bad[-1] + 1))
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        text, _ = decode_utf8(repair_escapes(raw, start, repairs))
        value = json.loads(text, strict=False)
    if b"\0" in raw:
        repairs.problems.append(("nul_bytes", start + raw.index(b"\0"), start + raw.rindex(b"\0") + 1))
    return _without_halves(value, repairs)


def decode_record(
    raw: bytes, start: int, decoder: msgspec.json.Decoder[S], type_: type[S], repairs: Repairs
) -> S | None:
    """One element as `type_`, repaired where needed; None where it is no JSON object at all.

    A known field of an unexpected type is left out (problem broken_record): it never costs the row.
    """
    try:
        return decoder.decode(raw)
    except DECODE_ERRORS:
        pass
    try:
        value = loads_repaired(raw, start, repairs)
    except DECODE_ERRORS:
        return None
    if not isinstance(value, dict):
        return None
    kept: dict[str, Any] = {}
    for known in msgspec.structs.fields(type_):
        if known.encode_name in value:
            try:
                kept[known.name] = msgspec.convert(value[known.encode_name], known.type)
            except DECODE_ERRORS:
                repairs.problems.append(("broken_record", start, start + len(raw)))
    return type_(**kept)


class Many(Protocol):
    """Decodes a JSON array of records, all or nothing (DECODE_ERRORS)."""

    def decode(self, data: bytes, /) -> list[Any]: ...


class Seen:
    """The value of a sign in a sound block. One class a field: the decoder then says which signs a block holds at all,
    so that the others need not be looked for row by row."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Signs:
    """Decodes sound blocks of records: the fields `words` as they are, all others of `type_` as `Seen`.

    seen: names of those others that the last block held.
    """

    def __init__(self, type_: type[msgspec.Struct], words: Collection[str]) -> None:
        fields = msgspec.structs.fields(type_)
        kinds = {f.name: type(f"Seen_{f.name}", (Seen,), {"__slots__": ()}) for f in fields if f.name not in words}
        self._name_of = {kind: name for name, kind in kinds.items()}
        self.record: type[msgspec.Struct] = msgspec.defstruct(
            f"Quick{type_.__name__}",
            [
                (f.name, kinds[f.name] | None if f.name in kinds else Any, msgspec.field(default=None, name=f.encode_name))
                for f in fields
            ],
            gc=False,
        )
        self.seen: set[str] = set()
        self._decoder = msgspec.json.Decoder(list[self.record], dec_hook=self._hook)  # type: ignore[name-defined]

    def _hook(self, kind: type[Any], value: Any) -> Any:
        self.seen.add(self._name_of[kind])
        return kind(value)

    def decode(self, data: bytes, /) -> list[Any]:
        """The records of one array."""
        self.seen.clear()
        records: list[Any] = self._decoder.decode(data)
        return records


def at_once(block: Block, many: Many) -> list[Any] | None:
    """Every element of `block` by one decoder of lists; None where the block is not sound."""
    try:
        bulk = many.decode(b"[%b]" % block.data if block.array is None else block.array)
    except DECODE_ERRORS:
        return None
    return list(bulk) if len(bulk) == len(block.spans) else None


def one_by_one(
    block: Block, read: Callable[[bytes, int, Repairs], T | None]
) -> tuple[list[T | None], dict[int, Repairs]]:
    """Every element of `block` as `read` gives it (None: it cannot be read), and the repairs by position."""
    records: list[T | None] = []
    repaired: dict[int, Repairs] = {}
    for i in range(len(block.spans)):
        start, end = map(int, block.spans[i])
        repairs, record = Repairs(), None
        if end - start > limits.MESSAGE_BYTES_MAX:
            repairs.problems.append(("oversize_message", start, end))
        else:
            record = read(block.raw(i), start, repairs)
            if record is None:
                last = i == len(block.spans) - 1
                repairs = Repairs(problems=[("truncated" if block.cut and last else "broken_record", start, end)])
        records.append(record)
        if repairs.how or repairs.problems:
            repaired[i] = repairs
    return records, repaired


def decode_block(
    block: Block, many: Many, one: msgspec.json.Decoder[S], type_: type[S]
) -> tuple[list[Any], dict[int, Repairs]]:
    """Every element of `block` (None: unparsed), and the repairs by position.

    Where the block is sound, all at once by `many`; else one by one as `type_`, whose field names are the same.
    """
    bulk = at_once(block, many)
    if bulk is not None:
        return bulk, {}
    records, repaired = one_by_one(block, lambda raw, start, repairs: decode_record(raw, start, one, type_, repairs))
    for i, repairs in repaired.items():
        start, end = map(int, block.spans[i])
        if records[i] is None and end - start <= limits.MESSAGE_BYTES_MAX and b"\0" in (raw := block.raw(i)):
            repairs.problems.append(("nul_bytes", start + raw.index(b"\0"), start + raw.rindex(b"\0") + 1))
    return records, repaired


def scalar(field_: Field, repairs: Repairs) -> Any:
    """The value of a skeleton scalar; None where it cannot be read (its bytes stay container)."""
    try:
        return loads_repaired(field_.raw, field_.start, repairs)
    except DECODE_ERRORS:
        return None


# -- rows -------------------------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """What of a part is claimed so far, from its start: gives the container between claims."""

    claimed: int = 0

    def claim(self, spans: Spans) -> Spans:
        """Container spans between what was claimed and each of `spans` (ordered, apart); these are claimed now."""
        if not len(spans):
            return NO_SPANS
        edges = np.concatenate([np.array([self.claimed], dtype=np.int64), spans[:-1, 1]])
        between = np.stack([edges, spans[:, 0]], axis=1)
        self.claimed = int(spans[-1, 1])
        return between[between[:, 1] > between[:, 0]]


@dataclass(frozen=True)
class Child:
    """A row that belongs to the message at position `parent`. inherits: its sender and time are the parent's."""

    parent: int
    row: dict[str, Any]
    inherits: bool


_FROM_PARENT: Final = ("span_start", "span_end", "platform", "thread_id", "thread_title")
_FROM_MESSAGE: Final = (
    "sent_at", "sent_at_text", "sent_at_basis", "sender_id", "sender_name", "direction", "forwarded_from",
)


def column(name: str, value: Any) -> Any:
    """`value` as Arrow array of the column `name`; a Constant, or a function that gives one, as it is."""
    if isinstance(value, Constant) or callable(value):
        return value
    type_ = MESSAGE_SCHEMA.field(name).type
    if isinstance(value, pa.ChunkedArray):
        value = value.combine_chunks()
    return value if isinstance(value, pa.Array) and value.type == type_ else pa.array(value, type_)


def _with_children(
    columns: dict[str, Any], children: Sequence[Child], n: int
) -> tuple[dict[str, pa.Array], npt.NDArray[np.int64]]:
    """Columns with each child row after its parent, and the child numbers (0 for messages)."""
    parent = np.array([c.parent for c in children], dtype=np.int64)
    order = np.argsort(parent, kind="stable")
    children = [children[int(i)] for i in order]
    parent = parent[order]
    first = np.searchsorted(parent, parent, side="left")
    number = np.arange(len(parent), dtype=np.int64) - first + 1
    own = {name for c in children for name in c.row}
    merged: dict[str, pa.Array] = {}
    place = np.lexsort((np.concatenate([np.zeros(n, np.int64), number]), np.concatenate([np.arange(n), parent])))
    for name in {*columns, *own}:
        type_ = MESSAGE_SCHEMA.field(name).type
        above = columns[name] if name in columns else pa.nulls(n, type_)
        if isinstance(above, Constant):
            above = const(above.value, n)
        if name in _FROM_PARENT:
            below = above.take(pa.array(parent))
        elif name in _FROM_MESSAGE:
            said = above.take(pa.array(parent)).to_pylist()
            below = pa.array(
                [c.row.get(name, v if c.inherits else None) for c, v in zip(children, said, strict=True)], type_
            )
        else:
            below = pa.array([c.row.get(name) for c in children], type_)
        merged[name] = pa.concat_arrays([above, below]).take(pa.array(place))
    return merged, np.concatenate([np.zeros(n, np.int64), number])[place]


def assemble(
    part: Part, columns: Mapping[str, Any], n: int, children: Sequence[Child], container: Spans,
    problems: Sequence[Problem], named: frozenset[int],
) -> Iterator[Chunk]:
    """Chunks of at most limits.BATCH_ROWS rows: `n` messages (columns as lists or arrays) and their child rows."""
    if children or n > limits.BATCH_ROWS:
        columns = {name: value() if callable(value) else value for name, value in columns.items()}
    arrays = {name: column(name, value) for name, value in columns.items() if value is not None}
    child: npt.NDArray[np.int64] | None = None
    rows = n
    if children:
        arrays, child = _with_children(arrays, children, n)
        rows = len(child)
    for at in range(0, max(rows, 1), limits.BATCH_ROWS):
        size = min(limits.BATCH_ROWS, rows - at)
        yield Chunk(
            part, {name: a if callable(a) else a[at : at + size] for name, a in arrays.items()},
            child=None if child is None else child[at : at + size],
            container=container if at == 0 else NO_SPANS,
            problems=problems if at == 0 else (),
            named_parts=named if at == 0 else frozenset(),
        )


def bare_chunk(
    part: Part, container: Spans = NO_SPANS, problem_spans: Spans = NO_SPANS, problems: Sequence[Problem] = ()
) -> Chunk:
    """A chunk without rows."""
    empty = {name: pa.array([], MESSAGE_SCHEMA.field(name).type) for name in ("span_start", "span_end", "kind")}
    return Chunk(part, empty, container=container, problem_spans=problem_spans, problems=problems)


def damage_chunk(part: Part, damage: Damage, ledger: Ledger) -> Chunk:
    """The chunk that says a `Damage`; where it claims its bytes, they count as problem bytes."""
    problems = [Problem(damage.reason, part.path, damage.start, damage.end)]
    if not damage.claims:
        return bare_chunk(part, problems=problems)
    span = np.array([[damage.start, damage.end]], dtype=np.int64)
    return bare_chunk(part, ledger.claim(span), span, problems)


UNITS_FROM_S: Final = 100_000_000
"""March 1973, before anybody chatted: as milliseconds the seconds of today lie below it."""


def seconds_to_us(value: Any, per_second: int = 1) -> int | None:
    """A count of 1/per_second seconds since 1970 (number or its text) as microseconds, or None.

    0 is what exporters write for "no time" and nothing after the year 9999 can be a time; nor can, where parts of a second
    are counted, anything before UNITS_FROM_S: such a number counts something else (seconds), and 1970 would be a wrong time.
    """
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    first = 1 if per_second == 1 else UNITS_FROM_S * per_second
    return count * (1_000_000 // per_second) if first <= count < 253_402_300_800 * per_second else None


class Sparse:
    """A list column of `n` rows of which few hold anything: `put` in any order, `array` makes it; rows without are null."""

    def __init__(self, name: str, n: int) -> None:
        self._type = MESSAGE_SCHEMA.field(name).type
        self._n = n
        self._rows: dict[int, Sequence[Any]] = {}

    def put(self, row: int, values: Sequence[Any]) -> None:
        """The values of one row; nothing where there are none."""
        if values:
            self._rows[row] = values

    def array(self) -> pa.Array | None:
        """The column; None where no row holds anything."""
        if not self._rows:
            return None
        counts = np.zeros(self._n, dtype=np.int32)
        flat: list[Any] = []
        for row in sorted(self._rows):
            counts[row] = len(self._rows[row])
            flat += self._rows[row]
        offsets = np.zeros(self._n + 1, dtype=np.int32)
        np.cumsum(counts, out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), self._values(flat), mask=pa.array(counts == 0))

    def _values(self, flat: list[Any]) -> pa.Array:
        inner = self._type.value_type
        if not pa.types.is_struct(inner):
            return pa.array(flat, inner)
        fields = [inner.field(k) for k in range(inner.num_fields)]
        return pa.StructArray.from_arrays(
            [pa.array([entry[f.name] for entry in flat], f.type) for f in fields], fields=fields
        )


class Siblings:
    """The other parts of a source, found by the path a message names."""

    def __init__(self, source: Source, part: Part) -> None:
        self._alone = part.path is None
        self._by_path = {unicodedata.normalize("NFC", p.path): p for p in source.parts if p.path is not None}
        self._folders: list[str] = []
        folder = "" if part.path is None else part.path.rpartition("/")[0]
        while folder:
            self._folders.append(folder + "/")
            folder = folder.rpartition("/")[0]
        self._folders = [unicodedata.normalize("NFC", folder) for folder in (*self._folders, "")]

    def find(self, name: str, *, climb: bool) -> Part | None:
        """The part called `name` relative to the JSON's folder, or (climb) to any folder above it."""
        if self._alone:
            return None
        name = unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))
        for folder in self._folders if climb else self._folders[:1]:
            part = self._by_path.get(folder + name)
            if part is not None:
                return part
        return None


def attachment(
    name: str | None, media_type: str | None, size: int | None, part: Part | None, state: str = "missing"
) -> dict[str, Any]:
    """One entry of column attachments; `part`: the medium where it is in the source."""
    if part is not None:
        digest = part.digest()
        state = "present" if part.state == "present" else "refused"
        return {"name": name, "digest": digest, "media_type": media_type, "size": part.size, "state": state}
    return {"name": name, "digest": None, "media_type": media_type, "size": size, "state": state}


# -- recognising ------------------------------------------------------------------------------------------------------


@dataclass
class Outline:
    """What the head of a JSON document shows.

    fields: paths of scalars -> first value. before: paths seen before the first message array. first: bytes of the
    first element of a message array.
    """

    fields: dict[Path, Any] = field(default_factory=dict)
    paths: set[Path] = field(default_factory=set)
    entered: set[Path] = field(default_factory=set)
    before: frozenset[Path] = frozenset()
    first: bytes = b""


OUTLINE_ARRAYS: Final = (("messages",), ("chats", "list", "[]", "messages"), ("left_chats", "list", "[]", "messages"))


def outline(head: bytes) -> Outline | None:
    """Outline of a document that begins with `head`; None where it does not begin as a JSON object."""
    body = head.removeprefix(BOM).lstrip(BLANK)
    if not body.startswith(b"{"):
        return None
    found = Outline()
    walker = Walker(Feed(io.BytesIO(head), len(head)), OUTLINE_ARRAYS, rb"\{")
    for event in walker.walk():
        if isinstance(event, Field):
            for cut in range(1, len(event.path) + 1):
                found.paths.add(event.path[:cut])
            if event.path not in found.fields and len(event.raw) < 4096:
                found.fields[event.path] = scalar(event, Repairs())
        elif isinstance(event, Entered):
            if not found.entered:
                found.before = frozenset(found.paths)
            found.entered.add(event.path)
        elif isinstance(event, Block) and not found.first:
            found.first = event.raw(0) if len(event.spans) else b""
    return found
