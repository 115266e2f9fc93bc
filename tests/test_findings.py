"""Rows are neither lost nor moved when they are cut and joined; threads come out whole."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from saksi import findings
from saksi.table.schema import MESSAGE_SCHEMA


def batches_of(threads: list[str | None], cuts: list[int]) -> list[pa.RecordBatch]:
    rows = [
        {"message_id": str(i), "source_digest": "d" * 64, "thread_id": t, "thread_title": t, "seq": i}
        for i, t in enumerate(threads)
    ]
    edges = sorted({0, len(rows), *(c for c in cuts if c <= len(rows))})
    return [pa.RecordBatch.from_pylist(rows[a:b], schema=MESSAGE_SCHEMA) for a, b in pairwise(edges)]


threads_ = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30)
cuts_ = st.lists(st.integers(0, 30), max_size=6)


@given(threads_, cuts_, st.integers(1, 12))
def test_portions_keep_every_row_in_order(threads: list[str | None], cuts: list[int], size: int) -> None:
    before = findings.PORTION_ROWS
    findings.PORTION_ROWS = size  # type: ignore[misc]
    try:
        joined = list(findings.portions(batches_of(threads, cuts)))
    finally:
        findings.PORTION_ROWS = before  # type: ignore[misc]
    assert [i for b in joined for i in b.column("seq").to_pylist()] == list(range(len(threads)))
    assert all(b.num_rows >= size for b in joined[:-1])


@given(threads_, cuts_)
def test_threads_come_whole_even_when_interleaved(threads: list[str | None], cuts: list[int]) -> None:
    totals = {("d" * 64, t): threads.count(t) for t in set(threads)}
    seen = list(findings.whole_threads(batches_of(threads, cuts), totals))
    assert len(seen) == len(totals)
    for (_, thread), rows in seen:
        assert rows.column("seq").to_pylist() == [i for i, t in enumerate(threads) if t == thread]


def test_chosen_rows_by_id_or_title() -> None:
    (batch,) = batches_of(["a", "b", "a", None], [])
    assert findings.chosen_rows(batch, ["a"]).column("seq").to_pylist() == [0, 2]
    assert findings.chosen_rows(batch, None) is batch
    assert findings.chosen_rows(batch, ["z"]).num_rows == 0
