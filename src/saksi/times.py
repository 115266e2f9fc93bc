"""Time rules: zones, instants, the texts people read. Unknown is None, never 0 or "".

A time of the message table is microseconds since 1970 UTC (`timestamp(us, UTC)`) with a basis that says how it is known:

    utc              the export gives UTC (Telegram date_unixtime, Meta timestamp_ms)
    offset           the export gives an offset
    zone_given       local time in the export, the zone was told by a person
    zone_calibrated  local time, the zone found from a known event
    zone_unknown     local time, no zone known: sent_at is null
    none             no time at all: sent_at is null

Indonesia has WIB (Asia/Jakarta, +7), WITA (Asia/Makassar, +8) and WIT (Asia/Jayapura, +9), without daylight saving.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from saksi.errors import UsageError

BASES: Final = ("utc", "offset", "zone_given", "zone_calibrated", "zone_unknown", "none")

SHORT_ZONES: Final = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
"""What people in Indonesia call their zones."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


CALIBRATED: Final = "="
"""What the name of a calibrated zone begins with: "=+25200" is a clock that shows 25,200 s more than UTC."""

CLOCK_OFF_S: Final = 120
"""A difference this near to a zone's (whole quarters of an hour) is taken as the zone's: many exports hold minutes only, and
people read a minute early or late. Any other difference is a clock that was wrong, and is kept to the second."""


def calibrated_zone(local_s: int, true_s: int) -> str:
    """The name of the zone in which a clock that showed `local_s` (wall clock as if UTC) was at `true_s` (UTC)."""
    offset = local_s - true_s
    quarter = round(offset / 900) * 900
    return f"{CALIBRATED}{quarter if abs(offset - quarter) <= CLOCK_OFF_S else offset:+d}"


def zone_name(text: str) -> str:
    """The tz database name for what a person typed ("WIB", "Asia/Jakarta"). Raises UsageError for anything else."""
    name = SHORT_ZONES.get(text.strip().upper(), text.strip())
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise UsageError("unknown_zone", zone=name[:40]) from e
    return name


def reading_zone(name: str) -> str:
    """What a reader is told, checked: a zone's name, or a calibrated one. Raises UsageError."""
    return name if re.fullmatch(r"=[+-][0-9]{1,12}", name) else zone_name(name)


def zone_label(name: str) -> str:
    """The short label for a zone where Indonesians have one, else the name itself."""
    for short, full in SHORT_ZONES.items():
        if full == name:
            return short
    return name


def local_seconds_to_utc_us(local_s: npt.NDArray[np.int64], zone: str) -> npt.NDArray[np.int64]:
    """Seconds of local wall-clock time (as if UTC) -> microseconds since 1970 UTC in `zone`.

    A wall-clock time that occurs twice (clocks set back) is taken as its first occurrence, one that does not occur as
    what the zone's rules before the change give (PEP 495, fold=0).
    """
    offsets = int(zone[1:]) if zone.startswith(CALIBRATED) else _offsets_s(local_s, ZoneInfo(zone), (86_400, 3_600))
    result: npt.NDArray[np.int64] = (local_s - offsets) * 1_000_000
    return result


def _offsets_s(local_s: npt.NDArray[np.int64], tz: ZoneInfo, steps: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """The zone's offsets in seconds at local times, looked up once a day, in days that hold a change once an hour, in hours
    that hold one time by time. A day whose ends have one offset holds no change: in the tz database since 1970 no zone
    changes twice within six days (shortest: 597,600 s, America/Cambridge_Bay 2000)."""

    def offset_s(local: int) -> int:
        off = (EPOCH + timedelta(seconds=local)).replace(tzinfo=tz).utcoffset()
        return 0 if off is None else int(off.total_seconds())

    if not steps:
        return np.array([offset_s(s) for s in local_s.tolist()], dtype=np.int64)
    step = steps[0]
    units, inverse = _distinct(local_s // step)
    first = np.array([offset_s(u * step) for u in units.tolist()], dtype=np.int64)
    last = np.array([offset_s(u * step + step - 1) for u in units.tolist()], dtype=np.int64)
    offsets: npt.NDArray[np.int64] = first[inverse]
    changing = np.flatnonzero((first != last)[inverse])
    if len(changing):
        offsets[changing] = _offsets_s(local_s[changing], tz, steps[1:])
    return offsets


DENSE_MAX: Final = 20_000
"""Days of a chat that are counted rather than sorted: half a century."""


def _distinct(units: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The values that occur and, for each unit, its place among them. Without a sort where they lie close together."""
    if not len(units):
        return units, units
    low, high = int(units.min()), int(units.max())
    if high - low >= DENSE_MAX:
        values, places = np.unique(units, return_inverse=True)
        return values, places
    there = np.zeros(high - low + 1, dtype=np.bool_)
    there[units - low] = True
    values = np.flatnonzero(there)
    place = np.cumsum(there) - 1
    return values + low, place[units - low]


def utc_text(us: int) -> str:
    """Microseconds since 1970 UTC -> "2026-01-31T17:05:00Z" (fractions only where there are any)."""
    at = EPOCH + timedelta(microseconds=us)
    return at.isoformat().replace("+00:00", "Z")


def local_text(us: int, zone: str) -> str:
    """Microseconds since 1970 UTC -> "2026-02-01 00:05:00 WIB" in `zone`."""
    at = (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%d %H:%M:%S} {zone_label(zone)}"


def now_us() -> int:
    """This instant by the computer's clock, microseconds since 1970 UTC."""
    return (datetime.now(UTC) - EPOCH) // timedelta(microseconds=1)
