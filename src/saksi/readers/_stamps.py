"""Dates and times as people's apps write them: read once as numbers, ordered over a whole part, then local time.

    stamp_of(match) -> Stamp               the numbers of a date and a time
    Stamps.note(stamp) … decide(told)      first pass: what all dates of the part say about the order of day and month
    Stamps.local(stamps) -> LocalTimes     second pass: seconds of local time, known or not

The rules of the order are those of the WhatsApp reader (`_whatsapp_dates`), the words for day halves too
(`whatsapp.yaml`). A month that is written as a word leaves nothing to infer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from saksi.readers._whatsapp_dates import LocalTimes, OrderEvidence, Orders, local_times
from saksi.readers._whatsapp_header import AM, BRACKET, NO_ERA, NO_MARK, PM, UNKNOWN_MARK, Headers, Shape, ShapeBook
from saksi.readers._whatsapp_words import words

SPACES: Final = " \u00a0\u202f\u2009"
DATE: Final = r"(?P<a>\d{1,4})(?P<sep>[./\-]|年 ?|년 ?)(?P<b>\d{1,2})(?:[./\-]|月 ?|월 ?)(?P<c>\d{1,4})[日일]?"
"""Three numbers: 2024/01/15, 30.08.25, 2024年1月5日, 2024년 12월 9일."""

_MARK: Final = r"[^\W\d_]{1,6}\.?(?:[ \u00a0\u202f]?[^\W\d_]\.)?"
TIME: Final = (
    rf"(?:(?P<m0>{_MARK})[{SPACES}]?)?(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})(?:[:.](?P<s>\d{{2}}))?(?:[{SPACES}]?(?P<m1>{_MARK}))?"
)
"""Hour, minute, perhaps second, with a day half in front or behind."""

MONTHS: Final = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "january february march april may june july august september october november december",
        "jan feb mar apr mei jun jul agu sep okt nov des",
        "januari februari maret april mei juni juli agustus september oktober november desember",
    )
    for number, name in enumerate(names.split(), 1)
}
"""English and Indonesian month names, whole and shortened."""

NAMED_DATE: Final = (
    r"(?:(?P<month0>[^\W\d_]{3,9})\.? (?P<d0>\d{1,2}),? (?P<y0>\d{4})|(?P<d1>\d{1,2}) (?P<month1>[^\W\d_]{3,9})\.? (?P<y1>\d{4}))"
)
"""May 17, 2022 or 17 May 2022."""


class Stamp(NamedTuple):
    """Numbers of a date and time. key: (separator, place of the year, its digits, day half) of its shape."""

    key: tuple[str, int, int, int]
    numbers: tuple[int, int, int, int, int, int]


def _mark(*texts: str | None) -> int:
    found = []
    for text in texts:
        if text is None:
            continue
        folded = re.sub(rf"[{SPACES}.]", "", text).casefold()
        if folded in words().am_folded:
            found.append(AM)
        elif folded in words().pm_folded:
            found.append(PM)
        elif folded not in words().neutral_folded:
            found.append(UNKNOWN_MARK)
    return NO_MARK if not found else (found[0] if len(found) == 1 else UNKNOWN_MARK)


def stamp_of(date: re.Match[str], time: re.Match[str]) -> Stamp | None:
    """The numbers of a date (DATE or NAMED_DATE) and a time (TIME); None where they are no date or time at all."""
    groups = date.groupdict()
    clock = time.groupdict()
    h, m, s = int(clock["h"]), int(clock["m"]), -1 if clock["s"] is None else int(clock["s"])
    if h > 24 or m > 59 or s > 60:
        return None
    mark = _mark(clock["m0"], clock["m1"])
    if groups.get("a") is None:
        name = groups["month0"] or groups["month1"]
        month = MONTHS.get(name.casefold())
        if month is None:
            return None
        year, day = int(groups["y0"] or groups["y1"]), int(groups["d0"] or groups["d1"])
        return Stamp(("name", 0, 4, mark), (year, month, day, h, m, s)) if 1 <= day <= 31 else None
    a, b, c = int(groups["a"]), int(groups["b"]), int(groups["c"])
    first, last = len(groups["a"]) >= 3, len(groups["c"]) >= 3
    sep = groups["sep"].strip()
    if first and last:
        return None
    year_first = first or sep in ("年", "년")
    low, high = (b, c) if year_first else (min(a, b), max(a, b))
    if not (1 <= low <= 12 and 1 <= high <= 31):
        return None
    digits = len(groups["a"] if year_first else groups["c"])
    return Stamp((sep, 0 if year_first else 2, digits, mark), (a, b, c, h, m, s))


class Stamps:
    """The stamps of one part: order inferred in a first pass, local times in a second."""

    _AT_ONCE: Final = 4096

    def __init__(self) -> None:
        self._book = ShapeBook()
        self._evidence = OrderEvidence()
        self._pending: list[Stamp] = []
        self.orders: Orders | None = None

    def note(self, stamp: Stamp) -> None:
        """Take one date of the first pass, in file order."""
        self._pending.append(stamp)
        if len(self._pending) >= self._AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._evidence.add(self._headers(self._pending))
            self._pending = []

    def decide(self, told: str | None) -> Orders:
        """The order of every style, as a person answered or as found."""
        self._flush()
        self.orders = self._evidence.decide(told)
        return self.orders

    def _headers(self, stamps: Sequence[Stamp]) -> Headers:
        shapes = [self._book.number(self._shape(s.key)) for s in stamps]
        return Headers(
            np.arange(len(stamps), dtype=np.int64),
            np.array(shapes, dtype=np.int32),
            np.array([s.numbers for s in stamps], dtype=np.int64).reshape(-1, 6),
            self._book,
            np.empty(0, dtype=np.int64),
        )

    @staticmethod
    def _shape(key: tuple[str, int, int, int]) -> Shape:
        sep, year_at, digits, mark = key
        style = (BRACKET, sep, year_at, digits >= 3, NO_ERA)
        return Shape(b"", (), 0, 0, BRACKET, mark, NO_ERA, year_at, digits, style)

    def local(self, stamps: Sequence[Stamp]) -> LocalTimes:
        """Local times of `stamps` under the orders decided."""
        if self.orders is None:
            raise RuntimeError("local() before decide()")
        return local_times(self._headers(stamps), self.orders)
