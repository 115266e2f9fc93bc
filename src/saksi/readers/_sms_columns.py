"""Plain `sms` elements as whole columns: the fast path of sms_xml. What it cannot vouch for, it leaves to the exact path.

Elements that one version of the app writes differ in the values only: the bytes between the quotes (` address=`, ` date=` …)
are the same. A *shape* is the list of these literals, learnt from a few elements by the exact path. Elements of a known shape
have as many quotes, at places that fit: this is checked on whole columns, eight bytes at a time, and the values are slices
of the window. Left to the exact path: other shapes, types beyond 1 and 2, subjects, failed or pending deliveries, times that
are not 13 digits, a body that says null, references outside the body, windows that are not UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part
from saksi.readers._utf8 import is_utf8
from saksi.readers._xml_backup import Window
from saksi.readers._xml_text import plain, start_tag
from saksi.readers.base import OWN_ACCOUNT, Chunk, const
from saksi.table.schema import MESSAGE_SCHEMA, UTC_US

Ints = npt.NDArray[np.int64]

NEEDED: Final = ("address", "date", "type", "body")
DATE_DIGITS: Final = 13
SHAPES_MAX: Final = 8
_SAMPLES: Final = 24
_FEW: Final = 4
"""Fewer elements are not worth whole columns."""

_LEARN_SHARE: Final = 20
"""New shapes are looked for where at least one in so many elements fits none."""

_PLAIN_TAG: Final = re.compile(rb'<sms(?: [a-z_]+="[^"<]*")+ ?/>')
_LITERAL: Final = re.compile(rb'"[^"]*"')


@dataclass
class Fast:
    """Rows made here: which (indices into the starts given, ascending), their spans and columns."""

    which: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    start: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    container: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    columns: dict[str, Any] = field(default_factory=dict)


NONE: Final = Fast()


@dataclass(frozen=True)
class Shape:
    """literals: the bytes in front of each value, with its opening quote; the last: what follows the last value."""

    literals: tuple[bytes, ...]
    names: tuple[str, ...]

    @property
    def values(self) -> int:
        """How many values an element has."""
        return len(self.names)


def shape_of(raw: bytes) -> Shape | None:
    """The shape of one element; None where it is not written as the app writes."""
    if _PLAIN_TAG.fullmatch(raw) is None:
        return None
    literals = tuple(_LITERAL.split(raw))
    names = tuple(t[: -1].rsplit(b" ", 1)[-1].decode() for t in literals[:-1])
    if len(set(names)) < len(names) or any(name not in names for name in NEEDED):
        return None
    return Shape(literals, names)


class Columns:
    """Makes columns of the plain elements of one part, window by window."""

    def __init__(self, part: Part, platform: str, thread_id: str) -> None:
        self.part, self.platform, self.thread_id = part, platform, thread_id
        self.shapes: list[Shape] = []

    def read(self, w: Window, starts: Ints, until: Ints, kinds: Ints) -> Fast:
        """Rows of the elements at `starts` that can be made here; kind 0 is `sms`."""
        places = np.flatnonzero(kinds == 0)
        if len(places) < _FEW or not is_utf8(w.data):
            return NONE
        first, until = starts[places], until[places]
        elements = _Elements(w, first, until)
        found: list[tuple[Ints, Shape, Ints]] = []
        for shape in self.shapes:
            elements.take(shape, found)
        if int(elements.left.sum()) * _LEARN_SHARE >= len(first):
            for shape in self._new_shapes(w.data, first[elements.left], until[elements.left]):
                elements.take(shape, found)
        return self._made(w, places, first, until, found)

    def _new_shapes(self, data: bytes, first: Ints, until: Ints) -> list[Shape]:
        """Shapes learnt from some of the elements that fit none."""
        new: list[Shape] = []
        for i in np.unique(np.linspace(0, len(first) - 1, _SAMPLES).astype(np.int64)).tolist():
            tag = start_tag(data, int(first[i]), int(until[i]))
            shape = None if tag is None else shape_of(data[int(first[i]) : tag.end])
            if shape is not None and shape not in self.shapes and len(self.shapes) < SHAPES_MAX:
                self.shapes.append(shape)
                new.append(shape)
        return new

    def _made(self, w: Window, places: Ints, first: Ints, until: Ints, found: list[tuple[Ints, Shape, Ints]]) -> Fast:
        pieces = []
        for rows, shape, at in found:
            piece = _Piece(w, shape, at, first[rows], until[rows])
            keep = piece.keep()
            pieces.append((places[rows[keep]], piece.picked(keep)))
        pieces = [p for p in pieces if len(p[0])]
        if not pieces:
            return NONE
        which = np.concatenate([p[0] for p in pieces])
        order = np.argsort(which, kind="stable")
        columns = {}
        made = [p[1].columns(self.platform, self.thread_id) for p in pieces]
        for name in made[0]:
            column = pa.concat_arrays([m[name] for m in made])
            columns[name] = column if len(made) == 1 else column.take(pa.array(order))
        gaps = np.concatenate([p[1].gaps() for p in pieces])
        start = np.asarray(columns["span_start"])
        return Fast(which[order], start, gaps, columns)


class _Elements:
    """The elements of a window that no shape has taken yet."""

    def __init__(self, w: Window, first: Ints, until: Ints) -> None:
        self.w, self.first, self.until = w, first, until
        self.quotes = np.flatnonzero(w.buf == 34)
        self.from_ = np.searchsorted(self.quotes, first)
        self.count = np.searchsorted(self.quotes, until) - self.from_
        self.left = np.ones(len(first), dtype=np.bool_)

    def take(self, shape: Shape, found: list[tuple[Ints, Shape, Ints]]) -> None:
        """Move the elements of `shape` to `found`."""
        rows = np.flatnonzero(self.left & (self.count == 2 * shape.values))
        if not len(rows):
            return
        at = self.quotes[np.arange(2 * shape.values)[:, None] + self.from_[rows]]
        good = _fits(self.w, shape, self.first[rows], self.until[rows], at)
        if not good.all():
            rows, at = rows[good], at[:, good]
        self.left[rows] = False
        if len(rows):
            found.append((rows, shape, at))


_WHITE: Final = np.zeros(256, dtype=np.bool_)
_WHITE[[9, 10, 13, 32]] = True


def _code(value: bytes) -> int:
    """A value of at most seven bytes as one number, its length in the highest byte."""
    return int.from_bytes(value, "little") | len(value) << 56


_MASKS: Final = np.array([(1 << 8 * n) - 1 for n in range(8)], dtype=np.uint64)


def _fits(w: Window, shape: Shape, first: Ints, until: Ints, at: Ints) -> npt.NDArray[np.bool_]:
    """Whether the bytes between the values are the shape's literals, and only white space follows."""
    good = np.ones(len(first), dtype=np.bool_)
    buf, view = w.buf, w.words
    for k, literal in enumerate(shape.literals):
        begin = first if k == 0 else at[2 * k - 1] + 1
        if k < shape.values:
            good &= at[2 * k] - begin == len(literal)
        else:
            good &= until - begin >= len(literal)
        for offset in range(0, len(literal), 8):
            piece = literal[offset : offset + 8]
            mask = np.uint64((1 << 8 * len(piece)) - 1)
            word = view[np.minimum(begin + offset, len(view) - 1)] ^ np.uint64(int.from_bytes(piece, "little"))
            good &= (word & mask) == 0
    end = at[-1] + 1 + len(shape.literals[-1])
    after = np.where(good, end, first)
    for offset in range(4):  # "\n  " behind an element; anything longer is looked at exactly
        place = np.minimum(after + offset, len(buf) - 1)
        good &= (after + offset >= until) | _WHITE[buf[place]]
    good &= until - after <= 4
    return good


class _Piece:
    """Elements of one shape (at: places of their quotes, one row a quote): spans of their values, and the columns made of them."""

    def __init__(self, w: Window, shape: Shape, at: Ints, first: Ints, until: Ints) -> None:
        self.w, self.shape, self.at, self.first, self.until = w, shape, at, first, until
        self.buf = w.buf

    def picked(self, keep: npt.NDArray[np.bool_]) -> _Piece:
        """The elements that `keep` says."""
        if keep.all():
            return self
        return _Piece(self.w, self.shape, self.at[:, keep], self.first[keep], self.until[keep])

    def _span(self, name: str) -> tuple[Ints, Ints] | None:
        if name not in self.shape.names:
            return None
        k = self.shape.names.index(name)
        return self.at[2 * k] + 1, self.at[2 * k + 1]

    def _slices(self, start: Ints, end: Ints) -> pa.Array:
        flat = np.stack([start, end], axis=1).ravel().astype(np.int32)
        array = pa.Array.from_buffers(pa.string(), len(flat) - 1, [None, pa.py_buffer(flat), pa.py_buffer(self.w.data)])
        return array.take(pa.array(np.arange(len(start), dtype=np.int64) * 2))

    def _strings(self, name: str) -> pa.Array | None:
        span = self._span(name)
        return None if span is None else self._slices(*span)

    def keep(self) -> npt.NDArray[np.bool_]:
        """Which elements can be read here; see the module."""
        n = len(self.first)
        if not n:
            return np.zeros(0, dtype=np.bool_)
        start, end = self._needed("type")
        good: npt.NDArray[np.bool_] = (end - start == 1) & np.isin(self.buf[start], (49, 50))
        start, end = self._needed("date")
        good &= end - start == DATE_DIGITS
        for k in range(DATE_DIGITS):
            digit = self.buf[np.minimum(start + k, len(self.buf) - 1)]
            good &= (digit >= (49 if k == 0 else 48)) & (digit <= 57)
        for name, usual in (("subject", (b"null", b"")), ("status", (b"-1", b"0", b"null"))):
            if name in self.shape.names:
                good &= self._is_one_of(name, usual)
        good &= ~self._is_one_of("body", (b"null",))
        amp = self.w.ampersands
        if len(amp):
            start, end = self._needed("body")
            inside = np.searchsorted(amp, end) - np.searchsorted(amp, start)
            whole = np.searchsorted(amp, self.until) - np.searchsorted(amp, self.first)
            good &= inside == whole
        return good

    def _is_one_of(self, name: str, values: tuple[bytes, ...]) -> npt.NDArray[np.bool_]:
        """Whether the values are one of these short ones."""
        start, end = self._needed(name)
        size = end - start
        short = size < 8
        codes = self.w.words[start] & _MASKS[np.minimum(size, 7)] | size.astype(np.uint64) << np.uint64(56)
        found = np.zeros(len(start), dtype=np.bool_)
        for value in values:
            found |= codes == np.uint64(_code(value))
        known: npt.NDArray[np.bool_] = found & short
        return known

    def _needed(self, name: str) -> tuple[Ints, Ints]:
        span = self._span(name)
        if span is None:
            raise KeyError(name)
        return span

    def gaps(self) -> Ints:
        """White space behind the elements."""
        ends = self._ends()
        spans = np.stack([ends, self.until], axis=1) + self.w.base
        return spans[spans[:, 1] > spans[:, 0]]

    def _ends(self) -> Ints:
        ends: Ints = self.at[-1] + 1 + len(self.shape.literals[-1])
        return ends

    def _body(self) -> tuple[pa.Array, pa.Array]:
        """Texts, references put back, and how half pairs are shown."""
        body = self._strings("body")
        start, end = self._needed("body")
        amp = self.w.ampersands
        rows: Ints = np.flatnonzero(np.searchsorted(amp, end) > np.searchsorted(amp, start))
        if not len(rows):
            return body, pa.nulls(len(start), pa.string())
        put = [plain(self.w.data[a:b]) for a, b in zip(start[rows].tolist(), end[rows].tolist(), strict=True)]
        index = np.arange(len(start), dtype=np.int64)
        index[rows] = len(start) + np.arange(len(rows))
        texts = pa.concat_arrays([body, pa.array([t for t, _ in put], pa.string())]).take(pa.array(index))
        repairs = pa.array([r for _, r in put], pa.string())
        repair = pa.concat_arrays([pa.nulls(len(start), pa.string()), repairs]).take(pa.array(index))
        return texts, repair

    def _told(self, name: str, none: tuple[str, ...]) -> pa.Array:
        """A column of few different values, those of `none` as null."""
        column = self._strings(name)
        if column is None:
            return pa.nulls(len(self.first), pa.string())
        coded = column.dictionary_encode()
        values = [None if v in none else v for v in coded.dictionary.to_pylist()]
        return pa.array(values, pa.string()).take(coded.indices)

    def _written(self) -> pa.Array:
        """The times as the phone shows them, else as the file holds them."""
        date = self._strings("date")
        if "readable_date" not in self.shape.names:
            return date
        column = self._strings("readable_date")
        none = self._is_one_of("readable_date", (b"", b"null"))
        return pc.if_else(pa.array(none), date, column) if none.any() else column

    def columns(self, platform: str, thread_id: str) -> dict[str, pa.Array]:
        """The columns of the message table that these elements fill."""
        n = len(self.first)
        kind_at, _ = self._needed("type")
        out = pa.array(self.buf[kind_at] == 50)
        date_at, _ = self._needed("date")
        ms = np.zeros(n, dtype=np.int64)
        for k in range(DATE_DIGITS):
            ms = ms * 10 + (self.buf[date_at + k].astype(np.int64) - 48)
        address = self._told("address", ("", "null"))
        contact = self._told("contact_name", ("", "null", "(Unknown)"))
        text, repair = self._body()
        written = self._written()
        null = pa.scalar(None, pa.string())
        return {
            "span_start": pa.array(self.first + self.w.base), "span_end": pa.array(self._ends() + self.w.base),
            "kind": const("text", n), "platform": const(platform, n), "text": text, "text_repair": repair,
            "thread_id": pc.fill_null(address, thread_id), "thread_title": contact,
            "sent_at": pa.array(ms * 1000).cast(UTC_US), "sent_at_basis": const("utc", n),
            "sent_at_text": written,
            "sender_id": pc.if_else(out, pa.scalar(OWN_ACCOUNT), address),
            "sender_name": pc.if_else(out, null, contact),
            "direction": pc.if_else(out, pa.scalar("out"), pa.scalar("in")),
        }  # fmt: skip


def joined(chunk: Chunk, fast: Fast) -> Chunk:
    """One chunk of the exact path's rows and the fast path's, in the order of the part."""
    if not len(fast.which):
        return chunk
    n, m = len(chunk.columns["kind"]), len(fast.which)
    starts = np.concatenate([np.asarray(chunk.columns["span_start"], dtype=np.int64), fast.start])
    order = pa.array(np.argsort(starts, kind="stable"))
    columns: dict[str, Any] = {}
    for name in {*chunk.columns, *fast.columns}:
        type_ = MESSAGE_SCHEMA.field(name).type
        slow = pa.array(chunk.columns[name], type_) if name in chunk.columns else pa.nulls(n, type_)
        quick = fast.columns[name] if name in fast.columns else pa.nulls(m, type_)
        columns[name] = pa.concat_arrays([slow, quick]).take(order) if n else quick
    child = None
    if chunk.child is not None:
        child = np.concatenate([chunk.child, np.zeros(m, dtype=np.int64)])[np.asarray(order)]
    return Chunk(
        chunk.part, columns, child=child, container=np.concatenate([chunk.container, fast.container]),
        problem_spans=chunk.problem_spans, problems=chunk.problems, named_parts=chunk.named_parts,
    )  # fmt: skip
