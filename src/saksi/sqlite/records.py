"""The records of a block of leaf pages as columns.

    Records(db, block, cells, wanted)    types and places of the wanted columns, all cells at once
      .ints(c) .floats(c) .texts(c)      Arrow arrays of one column; what a column does not hold is null

A serial type says what a value is: 0 null, 1 to 6 integers of 1 2 3 4 6 8 bytes, 7 a float, 8 and 9 the integers 0 and 1, even
from 12 a BLOB, odd from 13 a text. A column that a record is too short for has type -1 (its default holds).
References: sqlite.org/fileformat2.html, section 2.1 (record format).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from saksi import limits
from saksi.sqlite.btree import Block, Cells, Ints, payload, varints
from saksi.sqlite.pages import Bytes, PageFile

MISSING: Final = -1
SIZES: Final = np.array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0], dtype=np.int64)
"""Bytes of a value by serial type under 12."""

COLUMNS_MAX: Final = 2000
"""Columns of one record that are looked at: SQLite's own default limit."""


def value_sizes(types: Ints) -> Ints:
    """Bytes of each value by its serial type."""
    small = types < 12
    return np.where(small, SIZES[np.clip(types, 0, 11)], (types - 12) >> 1)


_SHORT: Final = value_sizes(np.arange(128, dtype=np.int64))
"""Bytes of a value by a serial type that fits one byte."""


def header_ends(buf: Bytes, cells: Cells) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Where each record's types begin and end, and which records have a header that cannot be read from here."""
    length, n = varints(buf, cells.start) if len(cells.start) else (cells.start, cells.start)
    bad = (length < n) | (length > cells.local) | (cells.size < 1)
    length = np.where(bad, n, length)
    return cells.start + n, cells.start + length, bad


def big_endian(buf: Bytes, at: Ints, size: int) -> Ints:
    """Signed big-endian integers of `size` bytes at `at`."""
    value = buf[at].astype(np.int8).astype(np.int64)
    for k in range(1, size):
        value = (value << 8) | buf[at + k]
    return value


@dataclass
class Column:
    """One column of a block: serial type, place in `buf` and whether all of it is there, by record."""

    types: Ints
    at: Ints
    here: npt.NDArray[np.bool_]


class Records:
    """See the module's text. columns: position -> Column. bad: records whose header is damaged or sizes do not add up."""

    def __init__(self, db: PageFile, block: Block, cells: Cells, wanted: Sequence[int]) -> None:
        self.db, self.block, self.cells = db, block, cells
        buf = block.buf
        at, stop, self.bad = header_ends(buf, cells)
        body = stop.copy()
        local_end = cells.start + cells.local
        last = min(max(wanted, default=-1) + 1, COLUMNS_MAX)
        self.columns: dict[int, Column] = {}
        want = set(wanted)
        for c in range(last):
            more = at < stop
            n: Any = 1
            first = buf[at]
            if more.all() and (not len(first) or int(first.max()) < 0x80):
                types, sizes = first.astype(np.int64), _SHORT[first]
            else:
                types, n = varints(buf, np.where(more, at, 0))
                types, n = np.where(more, types, MISSING), np.where(more, n, 0)
                sizes = value_sizes(types)
            if c in want:
                self.columns[c] = Column(types, body.copy(), body + sizes <= local_end)
            at = at + n
            body += sizes
            wrong = (at > stop) | (types == 10) | (types == 11) | (sizes < 0) | (body - cells.start > cells.size)
            if wrong.any():
                self.bad |= wrong
                body = np.where(wrong, stop, body)
        self._payloads: dict[int, bytes | None] = {}

    def __len__(self) -> int:
        return len(self.cells.rowid)

    def value(self, c: int, i: int) -> Any:
        """One value as Python sees it: None, int, float, bytes (BLOB) or str-bytes as bytes; see `types` for which."""
        column = self.columns[c]
        kind = int(column.types[i])
        if kind in (0, MISSING):
            return None
        if kind in (8, 9):
            return kind - 8
        data = self.raw(c, i)
        if data is None:
            return None
        if kind < 7:
            return int.from_bytes(data, "big", signed=True)
        return float(np.frombuffer(data, dtype=">f8")[0]) if kind == 7 else data

    def raw(self, c: int, i: int) -> bytes | None:
        """The bytes of one value, from overflow pages too; None where they cannot be had."""
        column = self.columns[c]
        at, size = int(column.at[i]), int(value_sizes(column.types[i : i + 1])[0])
        if column.here[i]:
            return self.block.buf[at : at + size].tobytes()
        if i not in self._payloads:
            self._payloads[i] = payload(self.db, self.cells, self.block, i, limits.MESSAGE_BYTES_MAX)
        whole = self._payloads[i]
        if whole is None:
            return None
        begin = at - int(self.cells.start[i])
        return whole[begin : begin + size]

    def ints(self, c: int, default: int | None = None) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Values of an integer column and where there is one. A float counts as its whole part (REAL affinity)."""
        if c not in self.columns:
            return np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.bool_)
        column = self.columns[c]
        values = np.zeros(len(self), dtype=np.int64)
        types = np.where(self.bad, 0, column.types)
        known = (types == 8) | (types == 9)
        values[types == 9] = 1
        for kind in range(1, 8):
            of = np.flatnonzero((types == kind) & column.here)
            if len(of):
                if kind == 7:
                    real = self._reals(column.at[of])
                    fits = np.abs(real) < 2.0**62
                    values[of[fits]] = real[fits].astype(np.int64)
                    known[of[fits]] = True
                    continue
                values[of] = big_endian(self.block.buf, column.at[of], int(SIZES[kind]))
                known[of] = True
        self._spilled_ints(c, types, values, known)
        if default is not None:
            missing = types == MISSING
            values[missing], known[missing] = default, True
        return values, known

    def _spilled_ints(self, c: int, types: Ints, values: Ints, known: npt.NDArray[np.bool_]) -> None:
        column = self.columns[c]
        for i in np.flatnonzero(~column.here & (types >= 1) & (types <= 7)).tolist():
            value = self.value(c, i)
            if value is not None and abs(value) < 2**62:
                values[i], known[i] = int(value), True

    def _reals(self, at: Ints) -> npt.NDArray[np.float64]:
        raw = self.block.buf[at[:, None] + np.arange(8)]
        return np.ascontiguousarray(raw).view(">f8").reshape(-1).astype(np.float64)

    def floats(self, c: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Values of a REAL column (integers are stored for whole numbers) and where there is one."""
        whole, known = self.ints(c)
        values = whole.astype(np.float64)
        if c in self.columns:
            column = self.columns[c]
            of = np.flatnonzero((column.types == 7) & column.here & ~self.bad)
            values[of] = self._reals(column.at[of])
            known[of] = True
            for i in np.flatnonzero((column.types == 7) & ~column.here & ~self.bad).tolist():
                value = self.value(c, i)
                if value is not None:
                    values[i], known[i] = value, True
        known &= np.isfinite(values)
        return values, known

    def texts(self, c: int) -> Texts:
        """A text column as it is stored."""
        if c not in self.columns:
            return Texts(pa.nulls(len(self), pa.string()), {}, frozenset())
        return _texts(self, c)


@dataclass
class Texts:
    """A text column. values: Arrow strings. repairs: record -> how its text was repaired. odd: records that hold a number
    or BLOB where text belongs (given as text all the same)."""

    values: pa.Array
    repairs: dict[int, str]
    odd: frozenset[int]


def _sliced(buf: Bytes, at: Ints, sizes: Ints) -> pa.Array:
    """The stretches of `buf` as an Arrow binary array, copied once, in Arrow's own code.

    Stretches and the gaps between them are the values of one array over `buf`; taking every second one copies them.
    """
    order = np.argsort(at, kind="stable")
    starts, ends = at[order], (at + sizes)[order]
    if len(at) and (starts[1:] < ends[:-1]).any():  # cells that overlap: a damaged page
        return pa.array([buf[a : a + n].tobytes() for a, n in zip(at.tolist(), sizes.tolist(), strict=True)], pa.binary())
    edges = np.empty(2 * len(at) + 1, dtype=np.int32)
    edges[0:-1:2], edges[1::2] = starts, ends
    edges[-1] = ends[-1] if len(ends) else 0
    spans = pa.Array.from_buffers(pa.binary(), 2 * len(at), [None, pa.py_buffer(edges), pa.py_buffer(buf)])
    where = np.empty(len(at), dtype=np.int64)
    where[order] = np.arange(len(at), dtype=np.int64) * 2
    return spans.take(pa.array(where))


def repaired(data: bytes, encoding: str) -> tuple[str, str | None]:
    """Text of bytes in the database's encoding, and how it was repaired: what no text is stands as U+10FF00 + byte."""
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError:
        how = "surrogateescape" if encoding == "utf-8" else "saksi_stand_in"
    if how == "surrogateescape":
        text = data.decode("utf-8", how)
        shown = "".join(chr(0x10FF00 + ord(ch) - 0xDC00) if 0xDC80 <= ord(ch) <= 0xDCFF else ch for ch in text)
        return shown, "utf8_stand_in"
    return _utf16_stand_in(data, encoding), "utf16_stand_in"


def _utf16_stand_in(data: bytes, encoding: str) -> str:
    """UTF-16 with half surrogates as U+10F000 + n (n: offset from U+D800) and an odd last byte as U+10FF00 + byte."""
    even = len(data) // 2 * 2
    text = data[:even].decode(encoding, "surrogatepass")
    shown = "".join(chr(0x10F000 + ord(ch) - 0xD800) if 0xD800 <= ord(ch) <= 0xDFFF else ch for ch in text)
    return shown + "".join(chr(0x10FF00 + b) for b in data[even:])


def _texts(records: Records, c: int) -> Texts:
    column = records.columns[c]
    types = np.where(records.bad, 0, column.types)
    encoding = records.db.header.encoding
    is_text = (types >= 13) & (types & 1 == 1)
    fast = is_text & column.here if encoding == "utf-8" else np.zeros(len(types), dtype=np.bool_)
    slow = np.flatnonzero((types != 0) & (types != MISSING) & ~fast).tolist()
    sizes = np.where(fast, value_sizes(types), 0)
    at = np.where(fast, column.at, 0)
    values = _sliced(records.block.buf, at[fast], sizes[fast])
    valid = True
    try:
        strings = values.cast(pa.string())
    except pa.ArrowInvalid:
        valid = False
    if valid and not slow and fast.all():
        return Texts(strings, {}, frozenset())
    if valid and not slow:
        where = np.cumsum(fast) - 1
        return Texts(strings.take(pa.array(where, mask=~fast)), {}, frozenset())
    return _mixed(records, c, values, fast, slow)


def _mixed(records: Records, c: int, values: pa.Array, fast: npt.NDArray[np.bool_], slow: list[int]) -> Texts:
    """The slow way: values in overflow pages, of other types, or not in the encoding they should be in."""
    out: list[str | None] = [None] * len(records)
    repairs: dict[int, str] = {}
    odd: set[int] = set()
    for i, data in zip(np.flatnonzero(fast).tolist(), values.to_pylist(), strict=True):
        out[i], how = repaired(data, "utf-8")
        if how is not None:
            repairs[i] = how
    for i in slow:
        value = records.value(c, i)
        kind = int(records.columns[c].types[i])
        if kind < 13 or kind % 2 == 0:
            odd.add(i)
        if isinstance(value, bytes):
            out[i], how = repaired(value, "utf-8" if kind % 2 == 0 else records.db.header.encoding)
            if how is not None:
                repairs[i] = how
        elif value is not None:
            out[i] = repr(value)
        else:
            odd.add(i)  # in overflow pages that cannot be followed
    return Texts(pa.array(out, pa.string()), repairs, frozenset(odd))
