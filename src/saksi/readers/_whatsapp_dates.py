"""Which order day, month and year stand in, and what local time a header means. Never a silent default.

The order is inferred per *style* (form, separator, place and width of the year: lines of one style come from one
locale), over the whole part, then each line is checked:

a. a first number above 12 means day first, a second one above 12 means month first; both: the style is mixed;
b. else the one order under which time never goes back by more than a day, if the other order does;
c. else the field that changes from line to line while the other stands still is the day: at least CHANGES_MIN changes
   and four times as many as the other's (a chat that is written on the same day of five months only is not known);
d. else it is ambiguous: a line whose two numbers are equal still has one date, all others have none.

The year stands where it has four digits or an era, else last, unless the last number changes like a day (c).
Source: facts FORMATS 1.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.readers._whatsapp_header import AM, BUDDHIST, HEISEI, NO_ERA, PM, REIWA, UNKNOWN_MARK, Headers, ShapeBook

Ints = npt.NDArray[np.int64]
Style = tuple[int, str, int, bool, int]

DAY_S: Final = 86_400
CHANGES_MIN: Final = 4
"""Changes of one date field from which rule c speaks. unsourced: below it, chance days of two months look alike."""

BUDDHIST_YEARS: Final = (2400, 2700)
"""Four-digit years in this range are Buddhist years (543 ahead): no other calendar of WhatsApp's locales is there."""

COMMON_YEARS: Final = (1990, 2150)
"""Four-digit years taken as they stand. Persian (14xx) and Islamic (14xx) years look alike: their time is not read."""

MIXED: Final = "mixed"
AMBIGUOUS: Final = "ambiguous"


def days_from_civil(y: Ints, m: Ints, d: Ints | np.int64) -> Ints:
    """Days since 1970-01-01 of proleptic Gregorian dates (Howard Hinnant's public algorithm); no range check."""
    y = y - (m <= 2)
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + np.where(m > 2, -3, 9)) + 2) // 5 + d - 1
    days: Ints = era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
    return days


_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)

YEARS: Final = (1990, 2151)
"""Years that `_days` knows: those that `_full_year` takes as they stand; a calendar that leads elsewhere was misread."""

NO_DAY: Final = np.iinfo(np.int32).min


@lru_cache(maxsize=1)
def _day_table() -> npt.NDArray[np.int32]:
    """Days since 1970-01-01 by (year - YEARS[0], month, day), 16 months a year and 32 days a month; NO_DAY for no date."""
    year = np.arange(*YEARS, dtype=np.int64)[:, None]
    month = np.arange(1, 13, dtype=np.int64)[None, :]
    first = days_from_civil(year, month, np.int64(1))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = np.where((month == 2) & ~leap, 28, _MONTH_DAYS[month])
    day = np.arange(1, 32, dtype=np.int64)
    table = np.full((len(year), 16, 32), NO_DAY, dtype=np.int32)
    table[:, 1:13, 1:] = np.where(day <= length[:, :, None], first[:, :, None] + day - 1, NO_DAY)
    return table.ravel()


def _days(year: Ints, month: Ints, day: Ints) -> npt.NDArray[np.int32]:
    """Days since 1970-01-01, NO_DAY where there is no such date. One look into a table instead of some thirty operations."""
    inside = (year >= YEARS[0]) & (year < YEARS[1]) & (month >= 0) & (month < 16) & (day >= 0) & (day < 32)
    at = ((year - YEARS[0]) << 9) + (month << 5) + day
    if inside.all():
        return _day_table()[at]
    return np.where(inside, _day_table()[np.where(inside, at, 0)], np.int32(NO_DAY))


def _full_year(year: Ints, digits: int, era: int) -> Ints:
    """The Gregorian year, -1 where it is not known."""
    if era == REIWA:
        return year + 2018
    if era == HEISEI:
        return year + 1988
    if era == BUDDHIST:
        return year - 543
    if digits <= 2:
        return year + 2000 if digits == 2 else np.full_like(year, -1)
    buddhist = (year >= BUDDHIST_YEARS[0]) & (year <= BUDDHIST_YEARS[1])
    common = (year >= COMMON_YEARS[0]) & (year <= COMMON_YEARS[1])
    return np.where(common, year, np.where(buddhist, year - 543, -1))


def _hour24(hour: Ints, mark: int) -> Ints:
    """Hour of the day; an hour above 12 stands as it is, whatever the mark says."""
    if mark == AM:
        return np.where(hour == 12, 0, hour)
    if mark == PM:
        return np.where(hour < 12, hour + 12, hour)
    return hour


@dataclass
class _StyleEvidence:
    """What the lines of one style say about their order, over all windows."""

    lines: int = 0
    first_over_12: int = 0
    second_over_12: int = 0
    back: dict[str, int] = field(default_factory=lambda: {"dmy": 0, "mdy": 0})
    changes: list[int] = field(default_factory=lambda: [0, 0, 0])
    last: tuple[int, ...] | None = None

    def add(self, numbers: npt.NDArray[np.int64], clock_s: Ints, years: Ints) -> None:
        """numbers: (n, 6). clock_s: seconds of the day. years: Gregorian, -1 unknown."""
        a, b = numbers[:, 0], numbers[:, 1]
        self.lines += len(numbers)
        self.first_over_12 += int((a > 12).sum())
        self.second_over_12 += int((b > 12).sum())
        columns = [a, b, numbers[:, 2], clock_s, years]
        if self.last is not None:  # the step from the window above
            columns = [np.concatenate([[before], now]) for before, now in zip(self.last, columns, strict=True)]
        for i in range(3):
            self.changes[i] += int(np.count_nonzero(columns[i][1:] != columns[i][:-1]))
        if not self.first_over_12 and not self.second_over_12:  # else rule a decides, whatever comes
            for order, (day, month) in {"dmy": (0, 1), "mdy": (1, 0)}.items():
                at = days_from_civil(columns[4], columns[month], columns[day]) * DAY_S + columns[3]
                self.back[order] += int((np.diff(at) < -DAY_S).sum())
        self.last = tuple(int(c[-1]) for c in columns)

    def order(self, year_at: int, two_digits: bool) -> str:
        """ymd, dmy, mdy, MIXED or AMBIGUOUS by the rules of the module."""
        first, second, third = self.changes
        if year_at == 0 or (two_digits and third >= CHANGES_MIN and third >= 4 * max(first, 1)):
            return "ymd"
        if self.first_over_12 and self.second_over_12:
            return MIXED
        if self.first_over_12 or self.second_over_12:
            return "dmy" if self.first_over_12 else "mdy"
        if (self.back["dmy"] == 0) != (self.back["mdy"] == 0):
            return "dmy" if self.back["dmy"] == 0 else "mdy"
        if max(first, second) >= CHANGES_MIN and max(first, second) >= 4 * min(first, second):
            return "dmy" if first > second else "mdy"
        return AMBIGUOUS


class OrderEvidence:
    """Gathers what all header lines of a part say, window by window; then `decide`."""

    def __init__(self) -> None:
        self._styles: dict[Style, _StyleEvidence] = {}

    def add(self, headers: Headers) -> None:
        """Add the header lines of one window, in file order."""
        if not len(headers):
            return
        styles = [s.style for s in headers.book.shapes]
        distinct = {style: i for i, style in enumerate(dict.fromkeys(styles))}
        style_of = np.array([distinct[s] for s in styles], dtype=np.int64)[headers.shape]
        clock, years = clock_seconds(headers), gregorian_years(headers)
        for style, i in distinct.items():
            mine = style_of == i
            everything = bool(mine.all())
            if everything or mine.any():
                rows = (headers.numbers, clock, years) if everything else (
                    headers.numbers[mine], clock[mine], years[mine])
                self._styles.setdefault(style, _StyleEvidence()).add(*rows)

    def decide(self, told: str | None) -> Orders:
        """The order of every style. told: dmy, mdy or ymd as a person answered: it settles what is not settled by a
        year in front or by numbers above 12."""
        orders: dict[Style, str] = {}
        contradicted = False
        for style, evidence in self._styles.items():
            _, _, year_at, wide, _ = style
            found = evidence.order(year_at, not wide)
            if told is not None and year_at == 2 and not (told == "ymd" and wide):
                if told != "ymd" and (evidence.second_over_12 if told == "dmy" else evidence.first_over_12):
                    contradicted = True
                found = told
            orders[style] = found
        return Orders(orders, told, contradicted)


@dataclass(frozen=True)
class Orders:
    """Order by style; told: the person's answer; contradicted: numbers above 12 stand against the answer."""

    by_style: dict[Style, str]
    told: str | None
    contradicted: bool = False

    @property
    def mixed(self) -> bool:
        """Whether lines of the part use different orders."""
        found = {o for o in self.by_style.values() if o != AMBIGUOUS}
        return MIXED in found or len(found) > 1 or self.contradicted

    @property
    def said(self) -> str | None:
        """dmy, mdy, ymd or mixed; None where nothing is known."""
        if self.mixed:
            return MIXED
        found = {o for o in self.by_style.values() if o != AMBIGUOUS}
        return found.pop() if found else None


def _per_shape(headers: Headers, value_of: list[int]) -> Ints:
    return np.array(value_of, dtype=np.int64)[headers.shape]


def clock_seconds(headers: Headers) -> Ints:
    """Seconds since local midnight; minutes where the export has no seconds. 24:16 is what clocks that count from 1 to 24
    call 0:16 of the same day."""
    marks = [s.mark for s in headers.book.shapes]
    hour, minute, second = headers.numbers[:, 3], headers.numbers[:, 4], headers.numbers[:, 5]
    if AM in marks or PM in marks:
        mark = _per_shape(headers, marks)
        hour = np.where(mark == AM, _hour24(hour, AM), np.where(mark == PM, _hour24(hour, PM), hour))
    if (hour == 24).any():
        hour = np.where(hour == 24, 0, hour)
    result: Ints = hour * 3600 + minute * 60 + np.maximum(second, 0)
    return result


def gregorian_years(headers: Headers) -> Ints:
    """The year of each line if it stands where its shape says, -1 where it is of no known calendar."""
    shapes = headers.book.shapes
    kinds = {(s.year_at, s.year_digits, s.era) for s in shapes}
    if len(kinds) == 1:
        year_at, digits, era = kinds.pop()
        return _full_year(headers.numbers[:, year_at], digits, era)
    years = np.full(len(headers), -1, dtype=np.int64)
    for year_at, digits, era in sorted(kinds):
        chosen = _per_shape(headers, [(s.year_at, s.year_digits, s.era) == (year_at, digits, era) for s in shapes]) != 0
        years[chosen] = _full_year(headers.numbers[chosen, year_at], digits, era)
    return years


@dataclass
class LocalTimes:
    """Local wall-clock times. seconds: since 1970 as if UTC. known: where they hold. ambiguous: the order of day and
    month could not be told. strange: a calendar, a day half or a date that is not known."""

    seconds: Ints
    known: npt.NDArray[np.bool_]
    ambiguous: npt.NDArray[np.bool_]
    strange: npt.NDArray[np.bool_]


def local_times(headers: Headers, orders: Orders) -> LocalTimes:
    """What each header's date and time mean under `orders`."""
    book: ShapeBook = headers.book
    by_shape = [orders.by_style.get(s.style, AMBIGUOUS) for s in book.shapes]
    n = headers.numbers
    first, second = n[:, 0], n[:, 1]
    years = gregorian_years(headers)
    day, month = first, second
    ambiguous = np.zeros(len(headers), dtype=np.bool_)
    for order in dict.fromkeys(by_shape):
        rows = np.s_[:] if set(by_shape) == {order} else np.flatnonzero(
            np.array([o == order for o in by_shape], dtype=np.bool_)[headers.shape])
        if order == "dmy":
            continue
        day, month = day.copy(), month.copy()
        if order == "mdy":
            day[rows], month[rows] = second[rows], first[rows]
        elif order == "ymd":
            day[rows] = n[rows, 2]
            month[rows] = second[rows]
            two = np.array([s.year_at == 2 for s in book.shapes], dtype=np.bool_)[headers.shape[rows]]
            years = years.copy()
            years[rows] = np.where(two, first[rows] + 2000, years[rows])
        else:  # mixed or ambiguous: the lines that have one reading only
            swap = second[rows] > 12
            day[rows] = np.where(swap, second[rows], first[rows])
            month[rows] = np.where(swap, first[rows], second[rows])
            ambiguous[rows] = (first[rows] <= 12) & (second[rows] <= 12) & (first[rows] != second[rows])
    day, month = _only_reading(headers, by_shape, day, month)
    marks = [s.mark == UNKNOWN_MARK for s in book.shapes]
    days = _days(years, month, day)
    valid = days != NO_DAY
    if any(marks):
        valid &= _per_shape(headers, [int(m) for m in marks]) == 0
    seconds = days.astype(np.int64) * DAY_S + clock_seconds(headers)
    return LocalTimes(seconds, valid & ~ambiguous, ambiguous & valid, ~valid)


def _only_reading(headers: Headers, by_shape: list[str], day: Ints, month: Ints) -> tuple[Ints, Ints]:
    """Where the order of the style makes no date (month 13 or more), the other order is the line's only reading."""
    wrong = (month > 12) & (month <= 31) & (day <= 12)
    if not wrong.any():
        return day, month
    in_question = np.array([o in ("dmy", "mdy") for o in by_shape], dtype=np.bool_)[headers.shape]
    swap = wrong & in_question
    return np.where(swap, month, day), np.where(swap, day, month)


__all__ = ["AMBIGUOUS", "MIXED", "NO_ERA", "LocalTimes", "OrderEvidence", "Orders", "days_from_civil", "local_times"]
