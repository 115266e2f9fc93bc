"""Moments as people's pages write them: a date in words, a clock, perhaps an offset. Never a guess.

    written("Nov 23, 2026 8:15:00 pm")           local 2026-11-23 20:15:00, no offset
    written("23 November 2026 pukul 20.15 WIB")  the same, offset +07:00
    written("05/06/2026, 20:15")                 two dates: `order` decides, else none

Months by name in Indonesian, Malay and English, and the usual ones of other European accounts; WIB, WITA and WIT are
offsets, other letters ("CST") are not: several places share them. A date of digits only needs an order, unless one of
its numbers is above 12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from saksi.table.schema import UTC_US
from saksi.times import local_seconds_to_utc_us

_NAMES: Final = (
    "jan januari january januar janvier enero janeiro gennaio ocak stycznia sty janv ene gen oca",
    "feb februari february februar février febrero fevereiro febbraio şubat lutego lut févr fev şub",
    "mar maret march mac märz mars marzo março maart mart marca mrt mär",
    "apr april avril abril aprile nisan kwietnia kwi avr abr nis",
    "mei may mai mayo maio maggio mayıs maja maj mag",
    "jun juni june jun juin junio junho giugno haziran czerwca cze giu haz",
    "jul juli july julai juillet julio julho luglio temmuz lipca lip juil lug tem",
    "agu agt ags agustus aug august ogos août agosto augustus ağustos sierpnia sie ago ağu",
    "sep sept september septembre septiembre setembro settembre eylül września wrz set eyl",
    "okt oct oktober october octobre octubre outubro ottobre ekim października paź out ott eki",
    "nov november novembre noviembre novembro kasım listopada lis kas nop nopember",
    "des dec desember december disember dis dezember décembre diciembre dezembro dicembre aralık grudnia gru déc dic dez ara",
)
MONTHS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}

_CLOCK: Final = re.compile(
    r"(?<![\d.:])(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?![\d:])\s*+(a\.?\s?m\b\.?|p\.?\s?m\b\.?)?", re.IGNORECASE
)
_OFFSET: Final = re.compile(
    r"\b(?:UTC|GMT)\s*([+-]\d{1,2})(?::?(\d{2}))?|\b(WIB|WITA|WIT|UTC|GMT)\b|(?<![\d:])([+-]\d{2})(\d{2})(?!\d)"
)
_ZONES: Final = {"WIB": 7, "WITA": 8, "WIT": 9, "UTC": 0, "GMT": 0}
_DIGITS: Final = re.compile(r"(?<!\d)(\d{1,4})[/.-](\d{1,2})[/.-](\d{2,4})(?!\d)")
_DOTTED: Final = re.compile(r"(?<![\d.])\d{1,4}\.\d{1,2}\.\d{2,4}(?![\d.:])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_NUMBER: Final = re.compile(r"(?<![\d:.])\d{1,4}(?![\d:])")
LONGEST: Final = 80
"""Characters of a text that may be a moment: the longest seen has 44."""


class Written(NamedTuple):
    """local_s: wall-clock seconds as if UTC. offset_s: None where the text says none. ambiguous: day and month cannot be
    told apart (local_s is None then)."""

    local_s: int | None = None
    offset_s: int | None = None
    ambiguous: bool = False


NOTHING: Final = Written()


def _day(year: int, month: int, day: int) -> int | None:
    try:
        return (date(year, month, day) - date(1970, 1, 1)).days
    except ValueError:
        return None


def _clock_s(m: re.Match[str]) -> int | None:
    hour, minute, second = int(m[1]), int(m[2]), int(m[3] or 0)
    if m[4] and hour <= 12:
        hour = hour % 12 + (12 if m[4][0] in "pP" else 0)
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None


def _of_digits(text: str, order: str | None) -> tuple[int | None, bool]:
    """Day number of a date of digits only, and whether it cannot be told."""
    m = _DIGITS.search(text)
    if m is None:
        return None, False
    a, b, c = int(m[1]), int(m[2]), int(m[3])
    if len(m[1]) == 4:
        return _day(a, b, c), False
    year = c + 2000 if len(m[3]) == 2 else c
    if a == b or a > 12 or b > 12:
        return _day(year, *((b, a) if a > 12 or a == b else (a, b))), False
    if order in ("dmy", "mdy"):
        return _day(year, *((b, a) if order == "dmy" else (a, b))), False
    return None, True


@lru_cache(maxsize=8192)
def _date_of(text: str, order: str | None) -> tuple[int | None, int | None, bool]:
    """Day number, offset in seconds and whether the order cannot be told, of a moment's text without its clock."""
    offset = _OFFSET.search(text)
    offset_s = None
    if offset is not None:
        signed, minutes = offset[1] or offset[4], int(offset[2] or offset[5] or 0)
        hours = int(signed) if signed else _ZONES[offset[3]]
        offset_s = hours * 3600 + minutes * (-60 if (signed or "").startswith("-") else 60)
        text = text[: offset.start()] + " " + text[offset.end() :]
    month = next((MONTHS[w.lower()] for w in _WORD.findall(text) if w.lower() in MONTHS), None)
    if month is None:
        days, ambiguous = _of_digits(text, order)
        return days, offset_s, ambiguous
    numbers = [int(n) for n in _NUMBER.findall(text)]
    years = [n for n in numbers if 1970 <= n <= 9999]
    dates = [n for n in numbers if n <= 31]
    return (_day(years[0], month, dates[0]) if years and dates else None), offset_s, False


def written(text: str, order: str | None = None) -> Written:
    """The moment a text writes; NOTHING where it is no moment. order: dmy or mdy, for dates of digits only."""
    if len(text) > LONGEST:
        return NOTHING
    found = _written(text, _CLOCK.search(text), order)
    if found is NOTHING and (dotted := _DOTTED.search(text)) is not None:  # "23.11.2026, 20:15": the date is no clock
        hidden = text[: dotted.start()] + "/" * len(dotted[0]) + text[dotted.end() :]
        found = _written(text, _CLOCK.search(hidden), order)
    return found


def _written(text: str, clock: re.Match[str] | None, order: str | None) -> Written:
    """The moment of a text with this clock in it."""
    if clock is None:
        return NOTHING
    seconds = _clock_s(clock)
    days, offset_s, ambiguous = _date_of(f"{text[: clock.start()]} {text[clock.end() :]}", order)
    if days is None or seconds is None:
        return Written(None, None, ambiguous) if ambiguous else NOTHING
    return Written(days * 86_400 + seconds, offset_s)


def columns(
    local: Sequence[int | None], offset: Sequence[int | None], zone: str | None
) -> tuple[pa.Array, list[str]]:
    """sent_at and sent_at_basis of wall-clock seconds and offsets (None: not said)."""
    bases = [
        "none" if seconds is None else "offset" if shift is not None else "zone_unknown" if zone is None else "zone_given"
        for seconds, shift in zip(local, offset, strict=True)
    ]
    wall = np.array([s or 0 for s in local], dtype=np.int64)
    us: npt.NDArray[np.int64] = (wall - np.array([s or 0 for s in offset], dtype=np.int64)) * 1_000_000
    if zone is not None and "zone_given" in bases:
        given = np.array([b == "zone_given" for b in bases])
        us[given] = local_seconds_to_utc_us(wall[given], zone)
    return pa.array(us, UTC_US, mask=np.array([b in ("none", "zone_unknown") for b in bases], dtype=bool)), bases
