"""Shared by readers of databases: opening a part with its log, side tables as arrays, rows and child rows as chunks.

    opened(source, part)            -> Opened     pages and schema, and what had to be said about the file
    Opened.whole(table, columns)    -> Side       a whole side table, for look-ups by key
    Opened.batches(table, columns)  -> (rowids, records, keys)    a message-bearing table, key order
    Rows                            one batch of rows: flags and child rows added piece by piece, then a chunk
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers.base import Chunk, Problem, TableRows, const, numbered
from saksi.sqlite.btree import LEAF_TABLE, Ints, Walk, cells_of
from saksi.sqlite.pages import PageFile, open_pages
from saksi.sqlite.records import Records, Texts
from saksi.sqlite.schema import Schema, Table, count_rows, read_schema
from saksi.table.schema import UTC_US

Mask = npt.NDArray[np.bool_]

PROBLEMS_MAX: Final = 1000
"""Damaged pages that are listed one by one."""

_TABLES: Final = "sqlite tables"


def table_names(part: Part) -> frozenset[str]:
    """Names of a database part's tables in lower case; empty where it cannot be opened. Looked up once a part."""
    known = part.notes.get(_TABLES)
    if known is None:
        stream = part.open_anywhere()
        db = open_pages(stream, part.size) if stream is not None else None
        names = [] if db is None else read_schema(db).tables
        if stream is not None:
            stream.close()
        known = part.notes[_TABLES] = frozenset(names)
    return known if isinstance(known, frozenset) else frozenset()


@dataclass
class Side:
    """A side table in memory. keys: ascending, with repeats. ints, texts: columns by name, rows as `keys`."""

    keys: Ints
    ints: dict[str, tuple[Ints, Mask]]
    texts: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.keys)

    def first(self, wanted: Ints) -> tuple[Ints, Mask]:
        """Row of the first entry for each wanted key, and where there is one."""
        at = np.searchsorted(self.keys, wanted)
        inside = np.minimum(at, max(len(self.keys) - 1, 0))
        found = (at < len(self.keys)) & (self.keys[inside] == wanted) if len(self.keys) else np.zeros(len(wanted), np.bool_)
        return inside, found

    def each(self, wanted: Ints) -> tuple[Ints, Ints]:
        """(index into wanted, row) of every entry of every wanted key, in order."""
        low, high = np.searchsorted(self.keys, wanted, "left"), np.searchsorted(self.keys, wanted, "right")
        counts = high - low
        owner = np.repeat(np.arange(len(wanted), dtype=np.int64), counts)
        nth = np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
        return owner, low[owner] + nth

    def text(self, column: str, rows: Sequence[int]) -> list[str | None]:
        """Texts of some rows; nulls where the column is not there."""
        if column not in self.texts:
            return [None] * len(rows)
        return list(self.texts[column].take(pa.array(rows, pa.int64())).to_pylist())

    def numbers(self, column: str, rows: Ints) -> list[int | None]:
        """Numbers of some rows, None where there is none."""
        if column not in self.ints:
            return [None] * len(rows)
        values, known = self.ints[column]
        pairs = zip(values[rows].tolist(), known[rows].tolist(), strict=True)
        return [value if there else None for value, there in pairs]

    def number(self, column: str, row: int) -> int | None:
        """One number, None where there is none."""
        values, known = self.ints.get(column, (None, None))
        return None if values is None or known is None or not known[row] else int(values[row])


EMPTY: Final = Side(np.empty(0, np.int64), {}, {})


@dataclass
class Opened:
    """A database being read. roles: table -> role, for those that were looked at. problems: what has to be said."""

    part: Part
    db: PageFile
    schema: Schema
    problems: list[Problem]
    roles: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def whole(self, name: str, key: str, ints: Sequence[str] = (), texts: Sequence[str] = ()) -> Side:
        """A side table by `key` (a column, or "" for the rowid); EMPTY where it is not there."""
        table = self.schema.tables.get(name.lower())
        if table is None or table.keyed or (key and table.position(key) is None):
            return EMPTY
        self.roles.setdefault(table.name, "metadata")
        got: dict[str, list[Any]] = {c: [] for c in (*ints, *texts)}
        keys: list[Ints] = []
        columns = {c: table.position(c) for c in (key, *ints, *texts) if c}
        for rowids, records in self._records(table, [p for p in columns.values() if p is not None]):
            held, known = (rowids, ~records.bad) if not key else integers(table, records, rowids, key)
            keys.append(held[known])
            for c in ints:
                got[c].append([a[known] for a in integers(table, records, rowids, c)])
            for c in texts:
                got[c].append(words(table, records, c).values.filter(pa.array(known)))
        if not sum(map(len, keys)):
            return EMPTY
        joined = np.concatenate(keys)
        order = np.argsort(joined, kind="stable")
        return Side(
            joined[order],
            {c: tuple(np.concatenate([p[k] for p in got[c]])[order] for k in (0, 1)) for c in ints},  # type: ignore[misc]
            {c: pa.concat_arrays(got[c]).take(pa.array(order)) for c in texts},
        )

    def batches(self, name: str, columns: Sequence[str]) -> Iterator[tuple[Table, Ints, Records, pa.Array]]:
        """A message-bearing table, key order: rowids, records and row keys ("table-rowid") of a batch."""
        table = self.schema.tables[name.lower()]
        self.roles[table.name] = "messages"
        wanted = [p for p in map(table.position, columns) if p is not None]
        last = -(2**63)
        strays = 0
        for rowids, records in self._records(table, wanted):
            keys = numbered(f"{table.name}-", rowids)
            highest = np.maximum.accumulate(np.concatenate([[last], rowids]))[:-1]
            stray = np.flatnonzero(rowids <= highest)
            if len(stray) and not (last == -(2**63) and len(stray) == 1 and stray[0] == 0):
                said = keys.to_pylist()  # a damaged tree gives a key twice: ids must stay unique
                for i in stray.tolist():
                    strays += 1
                    said[i] += f"~{strays}"
                keys = pa.array(said, pa.string())
            last = max(last, int(rowids.max(initial=last)))
            yield table, rowids, records, keys

    def keyed(self, name: str, column: str, sought: pa.Array) -> dict[str, int]:
        """Rowids of a message-bearing table by the value of a text column, for the values `sought`; the first of each."""
        table = self.schema.tables.get(name.lower())
        at = None if table is None else table.position(column)
        if table is None or at is None or not len(sought):
            return {}
        found: dict[str, int] = {}
        for rowids, records in self._records(table, [at], counted=False):
            values = records.texts(at).values
            hits = np.flatnonzero(np.asarray(pc.is_in(values, value_set=sought)))
            for i, key in zip(hits.tolist(), values.take(pa.array(hits)).to_pylist(), strict=True):
                if key is not None:
                    found.setdefault(key, int(rowids[i]))
        return found

    def raw(self, table: Table, wanted: Sequence[int]) -> Iterator[tuple[Ints, Records]]:
        """Rowids and records of a table, batch by batch, for what `whole` cannot hold (BLOBs)."""
        return self._records(table, wanted, counted=False)

    def _records(
        self, table: Table, wanted: Sequence[int], *, counted: bool = True
    ) -> Iterator[tuple[Ints, Records]]:
        walk = Walk(self.db)
        for block in walk.blocks(table.root, kinds=(LEAF_TABLE,)):
            cells = cells_of(block)
            self._damaged(table.name, [int(block.pages[i]) for i in cells.bad])
            records = Records(self.db, block, cells, wanted)
            self.counts[table.name] += len(records) if counted else 0
            yield cells.rowid, records
        self._damaged(table.name, [page for page, _ in walk.bad])

    def _damaged(self, table: str, pages: Sequence[int]) -> None:
        size = self.db.header.page_size
        for page in pages:
            if len(self.problems) < PROBLEMS_MAX:
                at = (page - 1) * size
                inside = 0 <= at < self.part.size and self.roles.get(table) == "messages"
                said = Problem("damaged_pages", self.part.path, *((at, min(at + size, self.part.size)) if inside else ()))
                if said not in self.problems:
                    self.problems.append(said)

    def inventory(self) -> list[TableRows]:
        """Every table with its role and rows; those that nobody looked at are counted now."""
        rows = []
        for table in self.schema.tables.values():
            role = self.roles.get(table.name, "unread")
            seen = role != "unread" and not table.keyed
            count = self.counts[table.name] if seen else count_rows(Walk(self.db), table)
            rows.append(TableRows(table.name, role, count))
        return rows


def opened(source: Source, part: Part) -> Opened | None:
    """A part with its log laid over; None where it is no database that can be read (said by the caller)."""
    log = source.log_of(part)
    main = part.open_anywhere()
    if main is None:
        return None
    log_stream = None if log is None else log.open_anywhere()
    db = open_pages(main, part.size, log_stream, 0 if log is None else log.size, None if log is None else log.checked_end)
    if db is None:
        main.close()
        if log_stream is not None:
            log_stream.close()
        return None
    problems = []
    if log is not None and db.log is None:
        problems.append(Problem("log_not_used", log.path))
    elif log is not None and db.log is not None:
        if db.log.kind == "journal":
            problems.append(Problem("hot_journal", log.path))
        elif db.log.left_over:
            problems.append(Problem("log_unfinished", log.path))
    if db.cut_off:
        problems.append(Problem("truncated", part.path))
    schema = read_schema(db)
    if schema.damaged:
        problems.append(Problem("damaged_pages", part.path))
    return Opened(part, db, schema, problems)


def integers(table: Table, records: Records, rowids: Ints, name: str) -> tuple[Ints, Mask]:
    """An integer column by name; the rowid where it is the table's INTEGER PRIMARY KEY."""
    at = table.position(name)
    if at is None:
        return np.zeros(len(records), np.int64), np.zeros(len(records), np.bool_)
    if at == table.rowid_column:
        return rowids, np.ones(len(records), np.bool_)
    default = table.columns[at].default
    return records.ints(at, default if isinstance(default, int) else None)


def words(table: Table, records: Records, name: str) -> Texts:
    """A text column by name, null throughout where it is not there."""
    at = table.position(name)
    return records.texts(-1 if at is None else at)


def encoded(values: Sequence[str | None], index: Ints, known: Mask) -> pa.DictionaryArray:
    """values[index] where known, else null: as codes into one dictionary of distinct values."""
    distinct = {value: code for code, value in enumerate(dict.fromkeys([*values, None]))}  # readings count by code
    code_of = np.array([distinct[value] for value in [*values, None]], dtype=np.int32)
    codes = code_of[np.where(known, index, len(values))]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(distinct), pa.string()))


@dataclass
class Child:
    """A child row: of the message at `parent` of its batch. sent: microseconds UTC."""

    parent: int
    kind: str
    text: str | None = None
    sender_id: str | None = None
    sender_name: str | None = None
    direction: str | None = None
    sent: int | None = None
    sent_text: str | None = None
    flags: tuple[str, ...] = ()
    inherits: bool = False


class Rows:
    """One batch of message rows in the making."""

    def __init__(self, keys: pa.Array, columns: dict[str, Any]) -> None:
        self.keys = keys
        self.columns = columns
        self.n = len(keys)
        self._flags: list[tuple[Ints, Any]] = []
        self.children: list[Child] = []
        self.repairs: dict[int, str] = {}
        self.attachments: list[Any] | None = None

    def flag(self, where: Mask | Ints, value: str | Sequence[str] | pa.Array) -> None:
        """Add a flag (or one flag each: a list or Arrow strings) to some rows."""
        at = np.flatnonzero(where) if where.dtype == np.bool_ else where
        if len(at):
            self._flags.append((np.asarray(at, dtype=np.int64), value))

    def flags(self) -> pa.Array:
        """The flags as a list column, null where there is none."""
        kind = pa.list_(pa.string())
        if not self._flags:
            return pa.nulls(self.n, kind)
        owner = np.concatenate([at for at, _ in self._flags])
        pool, codes, base = [], [], 0
        for at, value in self._flags:
            pool.append(value if isinstance(value, pa.Array) else pa.array([value] if isinstance(value, str) else value))
            codes.append(np.full(len(at), base) if isinstance(value, str) else np.arange(base, base + len(at)))
            base += len(pool[-1])
        order = np.argsort(owner, kind="stable")
        values = pa.concat_arrays(pool).take(pa.array(np.concatenate(codes)[order]))
        counts = np.bincount(owner, minlength=self.n)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(counts == 0))

    def chunk(self, part: Part, table: str, bad: Mask, given: Mapping[str, tuple[int, int]] | None = None) -> Chunk:
        """The rows with their child rows. bad: rows that are problems. given: rows of other tables that are child rows."""
        n_bad = int(bad.sum())
        problems = [Problem("broken_record", part.path)] if n_bad else []
        columns = {name: _plain(value) for name, value in self.columns.items() if value is not None}
        columns["flags"] = self.flags()
        if self.repairs:
            columns["text_repair"] = pa.array([self.repairs.get(i) for i in range(self.n)], pa.string())
            problems.append(Problem("invalid_utf8", part.path))
        if self.attachments is not None:
            columns["attachments"] = self.attachments
        counted = {table: (self.n - n_bad, n_bad), **(given or {})}
        if not self.children:
            return Chunk(part, columns, keys=self.keys, given=counted, problems=problems)
        self.children.sort(key=lambda c: c.parent)
        return self._with_children(part, columns, counted, problems)

    def _with_children(
        self, part: Part, columns: dict[str, Any], given: Mapping[str, tuple[int, int]], problems: list[Problem]
    ) -> Chunk:
        kids = self.children
        parents = np.array([k.parent for k in kids], dtype=np.int64)
        starts = np.searchsorted(parents, parents)
        order = np.lexsort(
            (
                np.concatenate([np.zeros(self.n, np.int64), np.arange(len(kids)) - starts + 1]),
                np.concatenate([np.arange(self.n, dtype=np.int64), parents]),
            )
        )
        take = pa.array(order)
        number = np.concatenate([np.zeros(self.n, np.int64), np.arange(len(kids)) - starts + 1])[order]
        own = _child_columns(kids)
        inherited = ("platform", "thread_id", "thread_title")
        follow = pa.array(np.concatenate([np.arange(self.n, dtype=np.int64), parents])[order])
        out: dict[str, Any] = {}
        for name, value in columns.items():
            array = value
            if isinstance(array, pa.DictionaryArray):
                coded = _coded(array, own.get(name), follow if name in inherited else None, take)
                if coded is not None:
                    out[name] = coded
                    continue
                array = array.dictionary.take(array.indices)
            if name in inherited:
                out[name] = array.take(follow)
                continue
            extra = own.get(name)
            tail = pa.nulls(len(kids), array.type) if extra is None else pa.array(extra, array.type)
            out[name] = pa.concat_arrays([array, tail]).take(take)
        for name in own.keys() - columns.keys():
            kind = {"sent_at": UTC_US, "flags": pa.list_(pa.string())}.get(name, pa.string())
            out[name] = pa.concat_arrays([pa.nulls(self.n, kind), pa.array(own[name], kind)]).take(take)
        return Chunk(part, out, child=number, keys=self.keys.take(follow), given=given, problems=problems)


def _coded(
    array: pa.DictionaryArray, extra: list[Any] | None, follow: pa.Array | None, take: pa.Array
) -> pa.DictionaryArray | None:
    """A column of codes with its child rows' values put in, still as codes; None where a value is not in its dictionary."""
    if follow is not None:
        return pa.DictionaryArray.from_arrays(array.indices.take(follow), array.dictionary)
    if extra is None:
        return None
    codes = pc.index_in(pa.array(extra, pa.string()), value_set=array.dictionary)
    if codes.null_count:
        return None
    indices = pa.concat_arrays([array.indices, codes.cast(array.indices.type)]).take(take)
    return pa.DictionaryArray.from_arrays(indices, array.dictionary)


def _plain(value: Any) -> Any:
    return value if isinstance(value, pa.Array) else pa.array(value)


def _child_columns(kids: Sequence[Child]) -> dict[str, list[Any]]:
    return {
        "kind": [k.kind for k in kids],
        "text": [k.text for k in kids],
        "sender_id": [k.sender_id for k in kids],
        "sender_name": [k.sender_name for k in kids],
        "direction": [k.direction for k in kids],
        "sent_at": [k.sent for k in kids],
        "sent_at_text": [k.sent_text for k in kids],
        "sent_at_basis": ["none" if k.sent is None else "utc" for k in kids],
        "flags": [list(k.flags) or None for k in kids],
    }


def instants(ms: Ints, known: Mask, *, scale: int = 1000) -> tuple[pa.Array, pa.Array, pa.Array]:
    """sent_at, sent_at_text and sent_at_basis of times in milliseconds UTC; 0, null and beyond the year 2200 are unknown."""
    good = known & (ms > 0) & (ms < 7_258_118_400_000)
    us = pa.array(np.where(good, ms, 0) * scale, mask=~good).cast(UTC_US)
    text = numbered("", ms) if known.all() else pa.array(ms, mask=~known).cast(pa.string())
    if good.all():
        return us, text, const("utc", len(ms))
    basis = pa.DictionaryArray.from_arrays(pa.array(np.where(good, 0, 1).astype(np.int32)), pa.array(["utc", "none"]))
    return us, text, basis


def read_databases(source: Source, parts: Sequence[Part], chunks_of: Callable[[Opened], Iterator[Chunk]]) -> Iterator[Chunk]:
    """What `chunks_of` makes of each database, then its account; one that cannot be read is said."""
    for part in parts:
        db = opened(source, part)
        if db is None:
            yield Chunk(part, {"kind": pa.array([], pa.string())}, problems=[Problem("broken_database", part.path)])
            continue
        try:
            yield from chunks_of(db)
            yield inventory_chunk(db)
        finally:
            db.db.close()


def inventory_chunk(opened: Opened) -> Chunk:
    """The last chunk of a part: no rows, the tables and all that had to be said."""
    empty = {"kind": pa.array([], pa.string())}
    return Chunk(
        opened.part, empty, keys=pa.array([], pa.string()), tables=opened.inventory(), problems=opened.problems
    )
