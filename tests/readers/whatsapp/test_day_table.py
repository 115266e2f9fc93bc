"""The table of days against the standard library's calendar."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers._whatsapp_dates import NO_DAY, YEARS, _days

NUMBER = st.integers(-5, 5000)


@given(st.lists(st.tuples(st.one_of(st.integers(YEARS[0] - 2, YEARS[1] + 2), NUMBER), st.integers(-1, 40), st.integers(-1, 40))))
def test_days_as_the_calendar_has_them(dates: list[tuple[int, int, int]]) -> None:
    year, month, day = (np.array([d[i] for d in dates], dtype=np.int64) for i in range(3))
    for (y, m, d), found in zip(dates, _days(year, month, day).tolist(), strict=True):
        try:
            expected = (date(y, m, d) - date(1970, 1, 1)).days if YEARS[0] <= y < YEARS[1] else NO_DAY
        except ValueError:
            expected = NO_DAY
        assert found == expected, (y, m, d)


def test_every_day_of_the_table() -> None:
    first, last = date(YEARS[0], 1, 1).toordinal(), date(YEARS[1], 1, 1).toordinal()
    days = [date.fromordinal(n) for n in range(first, last)]
    year, month, day = (np.array([getattr(d, name) for d in days], dtype=np.int64) for name in ("year", "month", "day"))
    assert _days(year, month, day).tolist() == [n - date(1970, 1, 1).toordinal() for n in range(first, last)]
