"""Shared pieces of the reader seam: ids written by columns, columns of nulls, work ahead of the caller."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saksi.parts import Part, Source
from saksi.readers import _ahead
from saksi.readers._ahead import ahead
from saksi.readers._records import Alone
from saksi.readers.base import (
    CONST_ROWS_MAX,
    Chunk,
    Evidence,
    Reading,
    ReadSettings,
    nulls,
    numbered,
)

AT = st.integers(min_value=0, max_value=2**63 - 1)


@given(numbers=st.lists(AT), ascending=st.booleans())
@example(numbers=[0, 9, 10, 99, 100, 4_294_967_295, 4_294_967_296, 9_999_999_999, 10_000_000_000, 10**18, 2**63 - 1], ascending=True)
@example(numbers=[12, 12, 12], ascending=True)
def test_numbers_are_written_as_python_writes_them(*, numbers: list[int], ascending: bool) -> None:
    numbers = sorted(numbers) if ascending else numbers
    written = numbered("ab-0-", np.array(numbers, dtype=np.int64))
    written.validate(full=True)
    assert written.to_pylist() == [f"ab-0-{n}" for n in numbers]


@pytest.mark.parametrize("n", [0, 1, 7, CONST_ROWS_MAX, CONST_ROWS_MAX + 1])
def test_a_column_of_nulls_has_its_length_and_type(n: int) -> None:
    for type_ in (pa.string(), pa.timestamp("us", tz="UTC"), pa.list_(pa.int32())):
        column = nulls(type_, n)
        assert (len(column), column.null_count, column.type) == (n, n, type_)


def test_work_ahead_keeps_the_order_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    given_out: list[int] = []
    slow = threading.Event()

    def items() -> Iterator[int]:
        for i in range(50):
            given_out.append(i)
            yield i

    def work(i: int) -> int:
        if i == 0:
            slow.wait(5)  # the first piece ends last
        else:
            slow.set()
        return i * i

    results = ahead(items(), work)
    assert next(results) == 0
    assert len(given_out) <= _ahead.WORKERS_MAX + 1
    assert list(results) == [i * i for i in range(1, 50)]


@pytest.mark.parametrize("processors", [1, 2])
def test_what_the_stream_raises_comes_after_what_it_gave(monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)

    def items() -> Iterator[int]:
        yield from range(5)
        raise EOFError

    results = ahead(items(), str)
    assert [next(results) for _ in range(5)] == ["0", "1", "2", "3", "4"]
    with pytest.raises(EOFError):
        next(results)


@pytest.mark.parametrize("processors", [1, 2])
def test_what_the_work_raises_is_raised(monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    results = ahead(iter([1, 0, 1]), lambda i: 1 // i)
    with pytest.raises(ZeroDivisionError):
        list(results)


def test_a_caller_that_stops_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    before = threading.active_count()
    results = ahead(iter(range(100)), str)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


class _Breaks(Alone):
    """A reader of one row a part that has an error of its own in some parts, before or behind their row."""

    name = "breaks"

    def __init__(self, before: set[int], behind: set[int]) -> None:
        self.before, self.behind = before, behind

    def recognise(self, part: Part) -> Evidence | None:
        return Evidence("breaks") if part.size else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        for part in parts if source.name and settings.zone is None else ():
            if part.number in self.before:
                raise KeyError(part.number)
            span = np.array([0]), np.array([part.size])
            yield Chunk(part, {"span_start": span[0], "span_end": span[1], "kind": pa.array(["text"])})
            if part.number in self.behind:
                raise KeyError(part.number)


@pytest.mark.parametrize(("before", "behind", "given_"), [
    (set(), set(), [0, 1, 2, 3]), ({1}, set(), [0, 2, 3]), ({0}, {2}, [1, 2, 3]), (set(), {0, 3}, [0, 1, 2, 3]),
    ({0, 1, 2, 3}, set(), []),
])
def test_an_error_of_a_reader_in_one_part_costs_no_other(before: set[int], behind: set[int], given_: list[int]) -> None:
    parts = [Part(f"{n}.txt", n, 4, lambda: io.BytesIO(b"kata")) for n in range(4)]
    source = Source("x", "folder", hashlib.sha256(b"x").hexdigest(), 16, parts, [])
    reading = Reading(source, [(_Breaks(before, behind), parts)], ReadSettings(), [], {})
    rows = [row for batch in reading for row in batch.to_pylist()]
    assert sorted(int(r["source_part"][0]) for r in rows) == given_
    assert [r["seq"] for r in rows] == list(range(len(rows)))
    assert {p.part for p in reading.problems if p.reason == "unaccounted"} == {f"{n}.txt" for n in before}
    assert ("reader_failed" in {p.reason for p in reading.problems}) is bool(before | behind)
