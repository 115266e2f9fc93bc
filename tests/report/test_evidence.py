"""Which marks and messages a document may print."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.case.model import Decision
from saksi.report._evidence import CONTEXT, WINDOW_LINES, gather, shown_marks, windows
from tests.report.fake_case import MADE_US, FakeCase


def chat(n: int = 30) -> tuple[FakeCase, list[str]]:
    c = FakeCase()
    return c, [c.message("wa", f"pesan {i}", "Rara" if i % 2 else "Dimas", i) for i in range(n)]


@pytest.mark.parametrize(("by", "phase", "state", "shown"), [
    ("at_risk", "exploitation", None, False), ("at_risk", "exploitation", "open", False),
    ("at_risk", "exploitation", "rejected", False), ("at_risk", "exploitation", "confirmed", True),
    ("other", "exploitation", None, True),
    ("unknown", "exploitation", None, False), ("unknown", "exploitation", "confirmed", True), ("at_risk", None, None, True),
    ("other", "grooming", "rejected", False), ("other", "grooming", "confirmed", True),
])
def test_promise_8(by: str, phase: str | None, state: str | None, shown: bool) -> None:
    c, ids = chat()
    mark = c.mark(ids[3], "service_offer", phase, by=by)
    c.decisions = {mark: Decision(state, "PK-1", MADE_US)} if state else {}
    assert [m.mark_id for m in shown_marks(c).marks] == ([mark] if shown else [])


def test_five_before_and_after_merged() -> None:
    c, ids = chat(40)
    c.mark(ids[10], "secrecy", "grooming")
    c.mark(ids[19], "secrecy", "grooming")
    c.mark(ids[39], "secrecy", "grooming")
    plans = gather(c, shown_marks(c), []).plans
    assert [list(p.seqs) for p in plans] == [list(range(5, 25)), list(range(34, 40))]


def test_windows_follow_sending_order_not_file_order() -> None:
    c = FakeCase()
    ids = [c.message("ig", f"pesan {i}", "Dimas", 1000 - i) for i in range(20)]  # newest first, as Meta exports
    c.mark(ids[10], "secrecy", "grooming")
    (plan,) = gather(c, shown_marks(c), []).plans
    assert list(plan.seqs) == list(range(15, 4, -1))


def test_windows_never_mix_threads() -> None:
    c = FakeCase()
    ids = [c.message("wa", f"pesan {i}", "Dimas", i, thread_id=f"t{i % 2}") for i in range(30)]
    c.mark(ids[10], "secrecy", "grooming")
    (plan,) = gather(c, shown_marks(c), []).plans
    assert list(plan.seqs) == list(range(0, 22, 2))


def test_rows_of_windows_are_read_and_no_others() -> None:
    c, ids = chat(60)
    c.mark(ids[30], "secrecy", "grooming")
    found = gather(c, shown_marks(c), [])
    assert sorted(seq for _, seq in found.rows) == list(range(25, 36))


@given(st.integers(1, 400), st.sets(st.integers(0, 399), min_size=1, max_size=60))
def test_windows_cover_every_context_once(n: int, marked: set[int]) -> None:
    marked = {m % n for m in marked}
    found = windows(np.arange(n), np.array(sorted(marked)))
    covered = [i for s, e in found for i in range(s, e)]
    wanted = {i for m in marked for i in range(max(0, m - CONTEXT), min(n, m + CONTEXT + 1))}
    assert covered == sorted(wanted)
    assert all(0 < e - s <= WINDOW_LINES for s, e in found)
