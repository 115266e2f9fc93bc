"""Times on screenshots: day labels and clocks, put together and never guessed. Pure.

    label_of("2 Juni 2026")      -> Label(day="2 Juni 2026", clock=None)
    label_of("Hari ini 09.30")   -> Label(day="Hari ini", clock="09.30")
    stamp("2 Juni 2026", "09.30") -> numbers for `_stamps.Stamps`

A date needs day, month and year. "Hari ini", "Kemarin", a weekday or a date without a year is a day as written and no date:
which one it was on the day of the screenshot is not on the picture.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from saksi.readers._screen_words import fold, words
from saksi.readers._stamps import DATE, MONTHS, NAMED_DATE, TIME, Stamp, stamp_of

_CLOCK: Final = re.compile(r"(?<![\d.])(?:[01]?\d|2[0-4])[.:][0-5]\d(?:\s?[AaPp]\.?[Mm]\.?)?(?![\d.])")
_DATE: Final = re.compile(rf"(?:{NAMED_DATE}|{DATE})")
_TIME: Final = re.compile(TIME)
_YEARLESS: Final = re.compile(r"(?:\d{1,2} (?P<m0>[^\W\d_]{3,9})|(?P<m1>[^\W\d_]{3,9}) \d{1,2})\b")


class Label(NamedTuple):
    """day: as written, None where none is named. clock: as written. dated: day, month and year are there."""

    day: str | None
    clock: str | None
    dated: bool


def label_of(text: str) -> Label | None:
    """What a line in the middle says of time; None where it says something else."""
    clock = _CLOCK.search(text)
    rest = (text[: clock.start()] + text[clock.end() :]) if clock else text
    rest = re.sub(r"\s*[,·•|]\s*$|\bpukul\b|\bat\b", "", rest.strip(" ,·•|-")).strip(" ,·•|-")
    if not rest:
        return Label(None, clock[0], dated=False) if clock else None
    if _DATE.search(rest) and len(rest) <= 32:
        return Label(rest, clock and clock[0], dated=True)
    found = _YEARLESS.search(rest)
    month = found and (found["m0"] or found["m1"])
    if (month and month.casefold() in MONTHS and len(rest) <= 24) or fold(rest) in words().folded["relative"]:
        return Label(rest, clock and clock[0], dated=False)
    return None


def stamp(day: str, clock: str) -> Stamp | None:
    """The numbers of a dated day and a clock; None where they are none."""
    date, time = _DATE.search(day), _TIME.search(clock)
    return stamp_of(date, time) if date and time else None
