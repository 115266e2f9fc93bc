"""Order of day and month: inferred per file and style, checked per line, never a silent default."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers import whatsapp_txt
from saksi.readers._whatsapp_dates import days_from_civil
from tests.readers.whatsapp.reading import read, reasons


def chat(*dates: str) -> str:
    return "".join(f"{d}, 10:00 - Sari: x\n" for d in dates)


def days(text: str, **settings: str) -> list[str | None]:
    rows, _ = read(text, zone="Asia/Jakarta", **settings)
    return [None if r["sent_at"] is None else r["sent_at"].strftime("%Y-%m-%d") for r in rows]


def test_a_number_above_twelve_decides() -> None:
    assert days(chat("05/03/24", "13/03/24")) == ["2024-03-05", "2024-03-13"]
    assert days(chat("03/05/24", "03/13/24")) == ["2024-03-05", "2024-03-13"]


def test_time_that_would_run_back_decides() -> None:
    # as day first: 1 Feb, 2 Jan goes back; as month first: 2 Jan, 1 Feb
    assert days(chat("01/02/24", "02/01/24")) == ["2024-01-02", "2024-02-01"]
    assert days(chat("02/01/24", "01/02/24")) == ["2024-01-02", "2024-02-01"]


def test_the_number_that_changes_decides() -> None:
    assert days(chat("01/03/24", "02/03/24", "04/03/24", "05/03/24", "06/03/24"))[-1] == "2024-03-06"
    assert days(chat("03/01/24", "03/02/24", "03/04/24", "03/05/24", "03/06/24"))[-1] == "2024-03-06"


@pytest.mark.parametrize("dates", [["01/02/24"], ["01/02/24", "02/03/24"], ["01/02/24", "03/04/24"]])
def test_ambiguous_is_said_and_not_guessed(dates: list[str]) -> None:
    rows, reading = read(chat(*dates), zone="Asia/Jakarta")
    assert [(r["sent_at"], r["sent_at_basis"], r["sent_at_text"]) for r in rows] == [
        (None, "none", f"{d}, 10:00") for d in dates]
    assert reasons(reading) == ["date_order_ambiguous"]
    assert reading.account()["time"]["day_month_order"] is None


@pytest.mark.parametrize(("told", "day"), [("dmy", "2024-02-01"), ("mdy", "2024-01-02"), ("ymd", "2001-02-24")])
def test_a_told_order_settles_it(told: str, day: str) -> None:
    rows, reading = read(chat("01/02/24"), zone="Asia/Jakarta", date_order=told)
    assert [r["sent_at"].strftime("%Y-%m-%d") for r in rows] == [day]
    assert reasons(reading) == []
    assert reading.account()["time"]["day_month_order"] == told


def test_equal_numbers_have_one_date_whatever_the_order() -> None:
    rows, reading = read(chat("05/05/24"), zone="Asia/Jakarta")
    assert [r["sent_at"].strftime("%Y-%m-%d") for r in rows] == ["2024-05-05"]
    assert reasons(reading) == []


def test_year_in_front_needs_no_answer() -> None:
    assert days("2024-01-02, 10:00 - Sari: x\n") == ["2024-01-02"]


def test_two_styles_with_their_own_orders_are_told_apart_and_said() -> None:
    text = chat("1/5/20", "1/13/20", "1/14/20") + "15/1/2020, 10:00 - Sari: x\n02/02/2020, 10:00 - Sari: x\n"
    assert days(text) == ["2020-01-05", "2020-01-13", "2020-01-14", "2020-01-15", "2020-02-02"]
    _, reading = read(text, zone="Asia/Jakarta")
    assert reasons(reading) == ["date_order_mixed"]
    assert reading.account()["time"]["day_month_order"] == "mixed"


def test_one_style_with_both_orders_leaves_the_doubtful_lines_open() -> None:
    text = chat("13/01/24", "01/14/24", "02/03/24", "04/04/24")
    assert days(text) == ["2024-01-13", "2024-01-14", None, "2024-04-04"]
    _, reading = read(text, zone="Asia/Jakarta")
    assert sorted(reasons(reading)) == ["date_order_ambiguous", "date_order_mixed"]


def test_a_told_order_that_the_file_contradicts_is_said() -> None:
    text = chat("01/02/24", "01/14/24")
    rows, reading = read(text, zone="Asia/Jakarta", date_order="dmy")
    assert rows[1]["sent_at"].strftime("%Y-%m-%d") == "2024-01-14"  # its only reading
    assert "date_order_mixed" in reasons(reading)


def test_impossible_day_is_kept_without_time() -> None:
    rows, reading = read(chat("30/01/24", "31/02/24"), zone="Asia/Jakarta")
    assert [r["sent_at"] is None for r in rows] == [False, True]
    assert "unknown_locale" in reasons(reading)


def test_no_zone_no_instant_and_one_problem() -> None:
    rows, reading = read(chat("13/01/24", "14/01/24"))
    assert {(r["sent_at"], r["sent_at_basis"]) for r in rows} == {(None, "zone_unknown")}
    assert reasons(reading) == ["zone_unknown"]


def test_a_line_from_the_past_is_a_row_of_its_own_with_a_flag() -> None:
    text = chat("13/01/24", "14/01/24", "01/01/24", "15/01/24")
    rows, reading = read(text, zone="Asia/Jakarta")
    assert [r["flags"] for r in rows] == [None, None, ["header_out_of_order"], None]
    problems = [(p.reason, p.start, p.end) for p in reading.problems]
    assert problems == [("header_out_of_order", rows[2]["span_start"], rows[2]["span_end"])]


def test_hour_24_is_the_first_of_its_day() -> None:
    text = "13/01/24, 23:59 - A: x\n14/01/24, 24:16 - A: y\n14/01/24, 1:05 - A: z\n"
    rows, reading = read(text, zone="Asia/Jakarta")
    assert [r["sent_at"].strftime("%d %H:%M") for r in rows] == ["13 16:59", "13 17:16", "13 18:05"]
    assert not reading.problems


def test_a_small_step_back_is_a_problem_and_no_flag() -> None:
    text = "13/01/24, 10:00 - A: x\n13/01/24, 09:00 - A: y\n13/01/24, 08:59 - A: z\n"
    rows, reading = read(text, zone="Asia/Jakarta")
    assert [r["flags"] for r in rows] == [None, None, None]
    assert [(p.reason, p.start) for p in reading.problems] == [("time_backwards", rows[1]["span_start"])]


def test_many_problems_of_one_reason_become_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp_txt, "PROBLEMS_EACH_MAX", 3)
    rows, reading = read(chat(*("14/01/24", "01/01/24") * 6), zone="Asia/Jakarta")
    assert [p.reason for p in reading.problems] == ["header_out_of_order"] * 4
    assert (reading.problems[-1].start, reading.problems[-1].end) == (rows[7]["span_start"], rows[11]["span_end"])


@pytest.mark.parametrize("n", [9_999, 10_000, 10_001, 40_000])
def test_caps_are_said(n: int) -> None:
    _, reading = read("30/08/25 18.00 - A: x\n" * n, zone="Asia/Jakarta")
    assert ("cap_reached" in reasons(reading)) == (n in (10_000, 40_000))


@given(st.dates(datetime.date(1980, 1, 1), datetime.date(2200, 1, 1)))
def test_days_are_the_calendars(day: datetime.date) -> None:
    got = days_from_civil(*(np.array([v], dtype=np.int64) for v in (day.year, day.month, day.day)))
    assert got.tolist() == [(day - datetime.date(1970, 1, 1)).days]


FIRST, LAST = datetime.datetime.fromisoformat("2010-01-01"), datetime.datetime.fromisoformat("2040-01-01")


@given(st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=30),
       st.sampled_from(["%d/%m/%y %H.%M", "%m/%d/%y, %H:%M", "%d.%m.%Y, %H:%M", "%Y-%m-%d, %I:%M %p"]))
def test_known_orders_give_the_times_written(times: list[datetime.datetime], form: str) -> None:
    times = [t.replace(second=0, microsecond=0) for t in times]
    told = "dmy" if form.startswith("%d") else "mdy" if form.startswith("%m") else "ymd"
    rows, _ = read("".join(f"{t.strftime(form)} - A: x\n" for t in times), zone="UTC", date_order=told)
    assert [r["sent_at"].replace(tzinfo=None) for r in rows] == times
