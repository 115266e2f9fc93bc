"""From message rows to findings: thread by thread, with bounded memory. Used by a case and by `check` alike.

    whole_threads(batches, totals)        batches in file order -> one table a thread, as soon as the thread is complete
    analyse(threads, candidates, at_risk) -> marks, phases

Pure: rows in, rows out. A thread is known by (source_digest, thread_id). What a step needs of the rows is in
`THREAD_COLUMNS`, so that a caller can leave the rest on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi import phases, signals
from saksi.table.schema import MARK_SCHEMA, PHASE_SCHEMA

ThreadKey = tuple[str, str | None]
Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)

THREAD_COLUMNS: Final = (
    "message_id",
    "source_digest",
    "seq",
    "platform",
    "thread_id",
    "thread_title",
    "sent_at",
    "sender_id",
    "sender_name",
    "direction",
    "kind",
    "text",
    "reply_to",
    "forwarded_from",
    "duplicate_of",
    "attachments",
    "flags",
)


def chosen_rows(rows: Rows, threads: Sequence[str] | None) -> Rows:
    """The rows (batch or table) of chosen threads, by id or title; all where no choice was made."""
    if threads is None:
        return rows
    wanted = pa.array(list(threads), pa.string())
    return rows.filter(
        pc.or_(
            pc.is_in(rows.column("thread_id"), value_set=wanted), pc.is_in(rows.column("thread_title"), value_set=wanted)
        )
    )


PORTION_ROWS: Final = 32_768
"""Rows that steps get at once: their fixed cost per batch (compiled gates, tables) is paid some thirty times a million."""


def portions(batches: Iterable[pa.RecordBatch], at_least: int = PORTION_ROWS) -> Iterator[pa.RecordBatch]:
    """The same rows in the same order, in batches of `at_least` rows or more (but the last); large ones stay as they are."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= at_least:
            yield pa.concat_batches(held) if len(held) > 1 else batch
            held, rows = [], 0
    if held:
        yield pa.concat_batches(held)


def thread_runs(batch: pa.RecordBatch) -> Iterator[tuple[ThreadKey, pa.RecordBatch]]:
    """The batch cut where the thread changes: (key, rows)."""
    n = batch.num_rows
    if n == 0:
        return
    codes = np.asarray(pc.fill_null(batch.column("thread_id"), "\x00").dictionary_encode().indices)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [n]]).tolist()
    for start, end in pairwise(edges):
        rows = batch.slice(start, end - start)
        yield (rows.column("source_digest")[0].as_py(), rows.column("thread_id")[0].as_py()), rows


def whole_threads(
    batches: Iterable[pa.RecordBatch], totals: Mapping[ThreadKey, int]
) -> Iterator[tuple[ThreadKey, pa.Table]]:
    """One table a thread, rows in file order, given out when `totals[key]` rows are there.

    Threads follow each other in most exports, so that only one is held at a time; interleaved ones wait for their end.
    """
    waiting: dict[ThreadKey, list[pa.RecordBatch]] = {}
    held: dict[ThreadKey, int] = {}
    for batch in batches:
        for key, rows in thread_runs(batch):
            waiting.setdefault(key, []).append(rows)
            held[key] = held.get(key, 0) + rows.num_rows
            if held[key] >= totals.get(key, 0):
                yield key, pa.Table.from_batches(waiting.pop(key))
                held.pop(key)
    for key, parts in waiting.items():
        yield key, pa.Table.from_batches(parts)


@dataclass(frozen=True)
class Analysis:
    """marks: MARK_SCHEMA, phases: PHASE_SCHEMA; order: thread by thread as given, then as the steps give them."""

    marks: pa.Table
    phases: pa.Table


def split_by_thread(candidates: pa.Table) -> dict[str | None, pa.Table]:
    """Candidates of one source by thread_id, order kept."""
    result: dict[str | None, pa.Table] = {}
    for batch in candidates.combine_chunks().to_batches():
        codes = batch.column("thread_id").dictionary_encode()
        names = codes.dictionary.to_pylist()
        indices = np.asarray(pc.fill_null(codes.indices, -1))
        for code in np.unique(indices).tolist():
            result[None if code < 0 else names[code]] = pa.Table.from_batches(
                [batch.take(pa.array(np.flatnonzero(indices == code)))]
            )
    return result


def analyse(
    threads: Iterable[tuple[ThreadKey, pa.Table]], candidates: Mapping[ThreadKey, pa.Table], at_risk: Sequence[str]
) -> Analysis:
    """Marks and phases of every thread that has candidates."""
    marks: list[pa.Table] = []
    intervals: list[pa.Table] = []
    for key, rows in threads:
        found = candidates.get(key)
        if found is None or found.num_rows == 0:
            continue
        thread_marks = signals.resolve(rows, found, at_risk)
        if thread_marks.num_rows:
            marks.append(thread_marks)
            intervals.append(phases.mark_phases(rows, thread_marks))
    return Analysis(
        pa.concat_tables([MARK_SCHEMA.empty_table(), *marks]).combine_chunks(),
        pa.concat_tables([PHASE_SCHEMA.empty_table(), *intervals]).combine_chunks(),
    )
