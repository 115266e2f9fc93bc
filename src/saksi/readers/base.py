"""The reader seam: what a reader gets, what it gives, and the account that proves nothing was lost.

A reader is an object with

    name         "<app>_<container>", e.g. "whatsapp_txt"
    recognise(part) -> Evidence | None      cheap, from `part.head()`, `part.path`; says why
    is_metadata(part) -> bool               a text part that belongs to this app's export but holds no messages
    read(source, parts, settings) -> Iterator[Chunk]     streaming; parts it recognised, in order

and yields chunks of rows as columns (Arrow arrays or numpy arrays) that hold at least span_start, span_end and kind.
`Reading` completes them to the message table, numbers them, and keeps the tally: for every text part the spans of
messages, container and problems must tile the part exactly. What a reader leaves out becomes a problem
`unaccounted`; what it claims twice is a defect and raises `TableError`.

A reader never raises for bad input: a broken record is a row of kind `unparsed` and a problem; whatever escapes all the
same is wrapped here as the problem `reader_failed`, with the rows before it kept and the parts behind it read all the same.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.errors import InputRefused, TableError
from saksi.parts import Part, Source
from saksi.readers._utf16 import Twin
from saksi.table.schema import MESSAGE_SCHEMA, PROBLEM_SCHEMA
from saksi.times import CALIBRATED
from saksi.words import say

OWN_ACCOUNT: Final = "self"
"""sender_id of the phone's own messages where the export says which they are and not by what account they were sent."""

Spans = npt.NDArray[np.int64]
"""Shape (n, 2): start, end (bytes in the part, end excluded)."""

NO_SPANS: Spans = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class ReadSettings:
    """zone: tz database name, a calibrated one (`times.calibrated_zone`) or None. date_order: dmy, mdy, ymd or None.
    format: reader's name to force, or None."""

    zone: str | None = None
    date_order: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Why a reader claims a part: catalog key of area `readers`."""

    why: str


@dataclass(frozen=True)
class Problem:
    """One row of the problems table, but for the source. start/end: bytes in the part, None: the whole part."""

    reason: str
    part: str | None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Constant:
    """A string column of `rows` times `value` that is not laid out yet: counted without looking at any row."""

    value: str | None
    rows: int

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, rows: slice) -> Constant:
        return Constant(self.value, len(range(*rows.indices(self.rows))))


@dataclass(frozen=True)
class TableRows:
    """A table of a database and how many rows it has. role: messages (every row becomes a message, a child row or a problem),
    metadata (read for names, kinds and the like) or unread."""

    table: str
    role: str
    rows: int


@dataclass
class Chunk:
    """Some rows of one part, in file order.

    columns: name -> Arrow array (dictionary-encoded where that is how it is known), numpy int64 array or Constant, of
    equal length; span_start, span_end and kind always there, the rest of MESSAGE_SCHEMA as known (missing ones become
    null; message_id, source_digest, source_part and seq are made here). A column that needs the source's digest may be a
    function that gives it: the digest may still be in the making (`HashedMeanwhile`). child: None, or an int array: 0 for
    a message, n >= 1 for the n-th child row of the message before it (a reaction): it carries its parent's span and stays
    outside the partition. container: spans that are headers, syntax
    or export metadata. problems: what went wrong; spans of problems that are not rows count as problem bytes only where
    `problem_spans` holds them. named_parts: numbers of parts that rows of this chunk name as attachments.

    A database's or a picture's rows have no spans: keys ("table-rowid", "0") stand in the place of span_start. given: table ->
    how many of its rows this chunk gives as messages and as problems. tables: what the database holds, once for a part.
    """

    part: Part
    columns: Mapping[str, Any]
    child: npt.NDArray[np.int64] | None = None
    container: Spans = field(default_factory=lambda: NO_SPANS)
    problem_spans: Spans = field(default_factory=lambda: NO_SPANS)
    problems: Sequence[Problem] = ()
    keys: pa.Array | None = None
    given: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    tables: Sequence[TableRows] = ()
    named_parts: frozenset[int] = frozenset()
    day_month_order: str | None = None


class Reader(Protocol):
    """See the module's text."""

    name: str

    def recognise(self, part: Part) -> Evidence | None: ...

    def is_metadata(self, part: Part) -> bool: ...

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]: ...


CONST_ROWS_MAX: Final = 65_536
CONST_CHARS_MAX: Final = 80
"""A column of one short value is made once and its beginning shared by the batches: at most 8 times 5 MiB are kept."""


@lru_cache(maxsize=8)
def _repeated(value: str, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), n)


def const(value: str | None, n: int) -> pa.Array:
    """A string column of `n` times `value`."""
    if value is None:
        return nulls(pa.string(), n)
    if n > CONST_ROWS_MAX or len(value) > CONST_CHARS_MAX:
        return pa.repeat(pa.scalar(value, pa.string()), n)
    return _repeated(value, 1 << max(n - 1, 0).bit_length()).slice(0, n)


@lru_cache(maxsize=32)
def _unknown(type_: pa.DataType, n: int) -> pa.Array:
    return pa.nulls(n, type_)


def nulls(type_: pa.DataType, n: int) -> pa.Array:
    """A column of `n` times null. Most columns of most formats are: they are made once and their beginning is shared."""
    return pa.nulls(n, type_) if n > CONST_ROWS_MAX else _unknown(type_, 1 << max(n - 1, 0).bit_length()).slice(0, n)


def _length(spans: Spans) -> int:
    return int((spans[:, 1] - spans[:, 0]).sum())


def _merged(spans: Spans) -> Spans:
    """`spans` sorted, empty ones left out, those that touch joined. Overlapping ones stay apart, for `close` to see."""
    spans = spans[spans[:, 1] > spans[:, 0]]
    if not len(spans):
        return NO_SPANS
    starts, ends = spans[:, 0], spans[:, 1]
    if (starts[1:] < starts[:-1]).any():
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], ends[order]
    apart = np.flatnonzero(starts[1:] != ends[:-1])
    first = np.concatenate([starts[:1], starts[apart + 1]])
    last = np.concatenate([ends[apart], ends[-1:]])
    return np.stack([first, last], axis=1)


def _between(rows: Spans, container: Spans) -> Spans:
    """The merged union of `rows` and `container`, without a sort where the one fills the gaps of the other exactly."""
    n = len(rows)
    if n > 1 and n - 1 <= len(container) <= n:
        before = container[len(container) - n + 1 :]
        tiles = (before[:, 0] == rows[:-1, 1]).all() and (before[:, 1] == rows[1:, 0]).all()
        if tiles and (before[:, 1] >= before[:, 0]).all() and (rows[:, 1] >= rows[:, 0]).all():
            whole = np.array([[rows[0, 0], rows[-1, 1]]], dtype=np.int64)
            return _merged(np.concatenate([container[: len(container) - n + 1], whole]))
    return _merged(np.concatenate([rows, container]))


@dataclass
class PartTally:
    """The account of one text part: which bytes are what. counts: bytes by class. claimed: merged spans of all classes."""

    part: Part
    role: str
    counts: dict[str, int] = field(default_factory=lambda: {"messages": 0, "container": 0, "problems": 0})
    claimed: list[Spans] = field(default_factory=list)
    rows: int = 0

    def add(self, rows: Spans, unparsed: npt.NDArray[np.bool_] | None, container: Spans, problems: Spans) -> None:
        """Claim what a chunk says. unparsed: which rows are problems (None: none is)."""
        bad = 0 if unparsed is None else _length(rows[unparsed])
        self.counts["messages"] += _length(rows) - bad
        self.counts["container"] += _length(container)
        self.counts["problems"] += bad + _length(problems)
        self.claimed.append(_between(rows, container))
        if len(problems):
            self.claimed.append(_merged(problems))

    def close(self) -> tuple[dict[str, int], Spans]:
        """Bytes by class and the spans nobody claimed. Raises TableError where two claims overlap or leave the part."""
        total = self.part.size
        everything = _merged(np.concatenate([NO_SPANS, *self.claimed]))
        starts, ends = everything[:, 0], everything[:, 1]
        if len(starts) and (starts[0] < 0 or ends[-1] > total or (starts[1:] < ends[:-1]).any()):
            raise TableError("partition_overlap", part=self.part.number)
        edges_start = np.concatenate([[0], ends]).astype(np.int64)
        edges_end = np.concatenate([starts, [total]]).astype(np.int64)
        gaps = np.stack([edges_start, edges_end], axis=1)
        gaps = gaps[gaps[:, 1] > gaps[:, 0]]
        counts = dict(self.counts)
        counts["problems"] += _length(gaps)
        return {"total": total, **counts}, gaps


@dataclass
class RowTally:
    """The account of one database: which rows became what."""

    part: Part
    given: dict[str, list[int]] = field(default_factory=dict)
    tables: list[TableRows] = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        """Claim what a chunk says."""
        for table, (messages, problems) in chunk.given.items():
            counted = self.given.setdefault(table, [0, 0])
            counted[0] += messages
            counted[1] += problems
        self.tables += chunk.tables

    def close(self) -> tuple[dict[str, int], int]:
        """Rows by class and how many rows of message-bearing tables nobody gave. Raises TableError for more than there are."""
        counts = Counter(total=0, messages=0, container=0, problems=0)
        lost = 0
        for table in self.tables:
            counts["total"] += table.rows
            if table.role != "messages":
                counts["container"] += table.rows
                continue
            messages, problems = self.given.get(table.table, (0, 0))
            if messages + problems > table.rows:
                raise TableError("partition_overlap", part=self.part.number)
            left = table.rows - messages - problems
            counts["messages"] += messages
            counts["problems"] += problems + left
            lost += left
        return dict(counts), lost


_POWERS: Final = 10 ** np.arange(1, 19, dtype=np.int64)


def numbered(prefix: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    """`prefix` and each of `numbers` (not negative) in decimal.

    Ascending numbers, as spans are, have their digits written by whole columns, one number of digits after the other:
    four times as fast as Arrow's cast and join, which all other numbers take.
    """
    if not len(numbers) or numbers[0] < 0 or (numbers[1:] < numbers[:-1]).any():
        texts = pc.cast(pa.array(numbers, pa.int64()), pa.string())
        return pc.binary_join_element_wise(pa.scalar(prefix), texts, "")
    lead = np.frombuffer(prefix.encode(), dtype=np.uint8)
    edges = np.concatenate([[0], np.searchsorted(numbers, _POWERS), [len(numbers)]])
    blocks, sizes = [], []
    for digits, (first, last) in enumerate(pairwise(edges.tolist()), 1):
        if first == last:
            continue
        block = np.empty((last - first, len(lead) + digits), dtype=np.uint8)
        block[:, : len(lead)] = lead
        rest: npt.NDArray[Any] = numbers[first:last].astype(np.uint32 if digits < len("4294967296") else np.uint64)
        for place in range(len(lead) + digits - 1, len(lead) - 1, -1):
            higher = rest // 10
            block[:, place] = rest - higher * 10 + ord("0")
            rest = higher
        blocks.append(block.ravel())
        sizes.append(np.full(last - first, block.shape[1], dtype=np.int32))
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(np.concatenate(sizes), dtype=np.int32)])
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(np.concatenate(blocks)))


def complete_batch(source: Source, chunk: Chunk, first_seq: int) -> pa.RecordBatch:
    """The chunk's rows as a record batch of MESSAGE_SCHEMA, ids and sequence numbers made."""
    columns = dict(chunk.columns)
    n = len(columns["kind"])
    prefix = f"{source.digest[:16]}-{chunk.part.number}-"
    if chunk.keys is not None:
        ids = pc.binary_join_element_wise(pa.scalar(prefix), chunk.keys, "")
    else:
        ids = numbered(prefix, np.asarray(columns["span_start"], dtype=np.int64))
    if chunk.child is not None and chunk.child.any():
        child = pa.array(chunk.child, pa.int64())
        suffixed = pc.binary_join_element_wise(ids, pc.cast(child, pa.string()), ".")
        ids = pc.if_else(pc.equal(child, 0), ids, suffixed)
    columns["message_id"] = ids
    columns["source_digest"] = const(source.digest, n)
    columns["source_part"] = const(chunk.part.path, n)
    columns["seq"] = np.arange(first_seq, first_seq + n, dtype=np.int64)
    arrays = []
    for column in MESSAGE_SCHEMA:
        value = columns.get(column.name)
        if callable(value):
            value = value()
        if value is None:
            arrays.append(nulls(column.type, n))
        elif isinstance(value, Constant):
            arrays.append(const(value.value, n))
        elif isinstance(value, pa.DictionaryArray):
            arrays.append(value.dictionary.take(value.indices))
        elif isinstance(value, pa.Array) and value.type == column.type:
            arrays.append(value)
        else:
            arrays.append(pa.array(value, column.type))
    return pa.RecordBatch.from_arrays(arrays, schema=MESSAGE_SCHEMA)


def _encoded(chunk: Chunk, batch: pa.RecordBatch, name: str) -> tuple[npt.NDArray[np.int64] | None, list[Any]]:
    """A string column as (codes, values); no codes where every row has the one value."""
    column = chunk.columns.get(name)
    if column is None or isinstance(column, Constant):
        return None, [None if column is None else column.value]
    if not isinstance(column, pa.DictionaryArray):
        column = batch.column(name).dictionary_encode(null_encoding="encode")
    return np.asarray(column.indices), column.dictionary.to_pylist()


def _value_counts(chunk: Chunk, batch: pa.RecordBatch, name: str) -> dict[str, int]:
    """Rows by value of a string column; only values that occur."""
    codes, values = _encoded(chunk, batch, name)
    if codes is None:
        return {values[0]: batch.num_rows} if batch.num_rows else {}
    counts = np.bincount(codes, minlength=len(values)).tolist()
    return {value: count for value, count in zip(values, counts, strict=True) if count}


def _thread_counts(chunk: Chunk, batch: pa.RecordBatch) -> dict[tuple[str | None, str | None], int]:
    """Rows by (thread_id, thread_title). Without a join or grouping: those load a large part of Arrow, `check` needs none."""
    if not batch.num_rows:
        return {}
    (ids, known), (titles, titled) = (_encoded(chunk, batch, name) for name in ("thread_id", "thread_title"))
    if ids is None and titles is None:
        return {(known[0], titled[0]): batch.num_rows}
    codes = np.zeros(batch.num_rows, dtype=np.int64)
    codes += 0 if ids is None else ids.astype(np.int64) * len(titled)
    codes += 0 if titles is None else titles
    pairs, counts = np.unique(codes, return_counts=True)
    return {
        (known[pair // len(titled)], titled[pair % len(titled)]): count
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    }


HELD_CHUNKS_MAX: Final = 32
"""Chunks read while the source is still being hashed: bounds memory where hashing is the slower of the two."""


def _meanwhile(source: Source, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """`chunks`, held back as long as the source's digest, which every row names, is being computed."""
    held: deque[Chunk] = deque()
    try:
        for chunk in chunks:
            held.append(chunk)
            while held and (len(held) > HELD_CHUNKS_MAX or source.is_hashed()):
                yield held.popleft()
    except Exception:
        while held:
            yield held.popleft()  # what was read before a reader's own error is kept
        raise
    while held:
        yield held.popleft()


def _as_placed(chunk: Chunk) -> Chunk:
    """The chunk with spans in bytes of the part as received, where its reader got a twin in UTF-8."""
    if not isinstance(chunk.part, Twin):
        return chunk
    places = chunk.part.places
    columns = {n: places.of(np.asarray(chunk.columns[n], dtype=np.int64)) for n in ("span_start", "span_end")}
    problems = [
        p if p.start is None or p.end is None else replace(p, start=int(at[0]), end=int(at[1]))
        for p in chunk.problems
        for at in [places.of(np.array([p.start or 0, p.end or 0], dtype=np.int64))]
    ]
    spans = [places.of(s.reshape(-1)).reshape(-1, 2) for s in (chunk.container, chunk.problem_spans)]
    return replace(
        chunk, columns={**chunk.columns, **columns}, container=spans[0], problem_spans=spans[1], problems=problems
    )


class Reading:
    """One source being read: iterate for record batches of MESSAGE_SCHEMA; then `problems` and `account` are whole."""

    def __init__(
        self,
        source: Source,
        jobs: Sequence[tuple[Reader, Sequence[Part]]],
        settings: ReadSettings,
        problems: Sequence[Problem],
        roles: Mapping[int, str],
    ) -> None:
        self.source = source
        self.settings = settings
        self.problems: list[Problem] = list(problems)
        self.records = 0
        self._jobs = jobs
        self._roles = dict(roles)
        self._tallies: dict[int, PartTally] = {}
        self._row_tallies: dict[int, RowTally] = {}
        self._halved: set[int] = set()
        self._kinds: Counter[str] = Counter()
        self._bases: Counter[str] = Counter()
        self._threads: dict[tuple[str | None, str | None], int] = {}
        self._order: str | None = None
        self._part_rows: dict[int, dict[str, int]] = {}
        self._part_bytes: dict[int, dict[str, int]] = {}
        self._closed = False

    @property
    def reader_names(self) -> list[str]:
        """Names of the readers at work, in the order of the registry."""
        return [reader.name for reader, _ in self._jobs]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for reader, parts in self._jobs:
            for part in parts:
                if part.media == "database" or part.transcript is not None:
                    self._row_tallies[part.number] = RowTally(part)
                else:
                    self._tallies[part.number] = PartTally(self._as_received(part), "messages")
            yield from self._batches(reader, parts)
        self._close()

    def _batches(self, reader: Reader, parts: Sequence[Part]) -> Iterator[pa.RecordBatch]:
        """The rows of some parts. A reader that fails is asked again for each part it had not come to: what breaks it in one
        chat must not cost the others."""
        met: set[int] = set()
        try:
            chunks = map(self._as_calibrated, map(_as_placed, reader.read(self.source, parts, self.settings)))
            for chunk in _meanwhile(self.source, chunks):
                met.add(chunk.part.number)
                batch = complete_batch(self.source, chunk, self.records)
                self._count(chunk, batch)
                if batch.num_rows:
                    yield batch
        except (TableError, InputRefused, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - the seam: one broken part never ends a case
            self.problems.append(Problem("reader_failed", parts[0].path if len(parts) == 1 else None))
            for part in parts if len(parts) > 1 else ():
                if part.number not in met:
                    yield from self._batches(reader, [part])

    def _as_received(self, part: Part) -> Part:
        """The part of the source that a reader got another form of."""
        if not isinstance(part, Twin):
            return part
        received = next((p for p in self.source.parts if p.number == part.number), part)
        if received.size % 2:
            self._halved.add(part.number)
        return received

    def _as_calibrated(self, chunk: Chunk) -> Chunk:
        """Readers say `zone_given`; where the zone was found from a known event, that is how the times are known."""
        basis = chunk.columns.get("sent_at_basis")
        if basis is None or not (self.settings.zone or "").startswith(CALIBRATED):
            return chunk
        if isinstance(basis, Constant):
            told: Any = Constant("zone_calibrated", basis.rows) if basis.value == "zone_given" else basis
        else:
            plain = basis if isinstance(basis, pa.Array) else pa.array(basis, pa.string())
            if isinstance(plain, pa.DictionaryArray):
                plain = plain.dictionary.take(plain.indices)
            told = pc.if_else(pc.equal(plain, "zone_given"), pa.scalar("zone_calibrated"), plain)
        return replace(chunk, columns={**chunk.columns, "sent_at_basis": told})

    def _count(self, chunk: Chunk, batch: pa.RecordBatch) -> None:
        kinds = _value_counts(chunk, batch, "kind")
        if chunk.keys is not None or chunk.part.number in self._row_tallies:
            self._row_tallies[chunk.part.number].add(chunk)
        else:
            self._claim(chunk, kinds, batch)
        self.records += batch.num_rows
        self.problems.extend(chunk.problems)
        for number in chunk.named_parts:
            self._roles[number] = "attachment"
        if chunk.day_month_order is not None:
            self._order = chunk.day_month_order
        self._kinds.update(kinds)
        self._bases.update(_value_counts(chunk, batch, "sent_at_basis"))
        for key, count in _thread_counts(chunk, batch).items():
            self._threads[key] = self._threads.get(key, 0) + count

    def _claim(self, chunk: Chunk, kinds: Mapping[str, int], batch: pa.RecordBatch) -> None:
        tally = self._tallies[chunk.part.number]
        starts = np.asarray(chunk.columns["span_start"], dtype=np.int64)
        ends = np.asarray(chunk.columns["span_end"], dtype=np.int64)
        unparsed = np.asarray(pc.equal(batch.column("kind"), "unparsed")) if "unparsed" in kinds else None
        spans = np.stack([starts, ends], axis=1)
        if chunk.child is not None and chunk.child.any():
            own = chunk.child == 0
            spans, unparsed = spans[own], None if unparsed is None else unparsed[own]
        tally.add(spans, unparsed, chunk.container, chunk.problem_spans)
        tally.rows += batch.num_rows

    def _close(self) -> None:
        for number, tally in sorted(self._tallies.items()):
            counts, gaps = tally.close()
            self._part_bytes[number] = counts
            half = tally.part.size - 1 if number in self._halved else -1  # half a UTF-16 unit at the end of a cut file
            self.problems.extend(
                Problem("truncated" if s == half else "unaccounted", tally.part.path, int(s), int(e)) for s, e in gaps[:1000])
        for number, rows in sorted(self._row_tallies.items()):
            self._part_rows[number], lost = rows.close()
            if lost:
                self.problems.append(Problem("unaccounted", rows.part.path))
        self._closed = True

    def problem_table(self, lang: str) -> pa.Table:
        """The problems as a table of PROBLEM_SCHEMA, advice in `lang`."""
        rows = [
            {
                "source_digest": self.source.digest,
                "source_part": p.part,
                "start": p.start,
                "end": p.end,
                "reason": p.reason,
                "advice": say(f"problems.{p.reason}", lang),
            }
            for p in self.problems
        ]
        return pa.Table.from_pylist(rows, schema=PROBLEM_SCHEMA)

    def account(self, lang: str = "id") -> dict[str, Any]:
        """What was read and where every byte went: the JSON of `saksi read --json` (docs/verbs/read.md)."""
        if not self._closed:
            raise RuntimeError("account() before the rows were read")
        totals = Counter(total=0, messages=0, container=0, problems=0)
        parts: list[dict[str, Any]] = []
        for part in self.source.parts:
            if part.number in self._part_rows:
                rows = self._row_tallies[part.number]
                tables = [{"table": t.table, "role": t.role, "rows": t.rows} for t in rows.tables]
                parts.append(
                    {"part": part.path, "role": self._roles.get(part.number, "messages"),
                     "rows": self._part_rows[part.number], "tables": tables}
                )  # fmt: skip
                continue
            counts = self._part_bytes.get(part.number)
            role = "messages" if counts is not None else self._roles.get(part.number, "unreferenced")
            if counts is None and part.media is None and part.state == "present":
                # a text part without messages: known metadata is container, anything else is a problem already listed
                what = "container" if role == "metadata" else "problems"
                counts = {"total": part.size, "messages": 0, "container": 0, "problems": 0, what: part.size}
            if counts is None:
                counts = {"total": part.size}
            else:
                totals.update(counts)
            parts.append({"part": part.path, "role": role, "bytes": counts})
        return {
            "source": {"name": self.source.name, "digest": self.source.digest, "bytes": self.source.size},
            "reader": "+".join(self.reader_names) or None,
            "records": self.records,
            "by_kind": dict(sorted(self._kinds.items())),
            "threads": [
                {"thread_id": tid, "title": title, "records": n}
                for (tid, title), n in sorted(self._threads.items(), key=lambda t: (t[0][0] or "", t[0][1] or ""))
            ],
            "bytes": dict(totals),
            "parts": parts,
            "time": {
                "basis": dict(sorted(self._bases.items())),
                "zone": self.settings.zone,
                "day_month_order": self._order,
            },
            "problems": [
                {
                    "reason": p.reason,
                    "part": p.part,
                    "start": p.start,
                    "end": p.end,
                    "advice": say(f"problems.{p.reason}", lang),
                }
                for p in self.problems
            ],
        }
