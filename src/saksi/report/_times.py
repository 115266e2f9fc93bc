"""Times as documents say them: local with the month's name, UTC beside it; what is unknown is said to be unknown."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from saksi.times import EPOCH, zone_label

MONTHS: Final = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
           "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def instant(us: int, zone: str | None, lang: str) -> str:
    """Microseconds since 1970 UTC -> "1 Februari 2026, 00.05.00 WIB" (in UTC where no zone is known)."""
    at = (EPOCH + timedelta(microseconds=us)).astimezone(_zone(zone or "UTC"))
    sep = "." if lang == "id" else ":"
    label = zone_label(zone) if zone else "UTC"
    return f"{at.day} {MONTHS[lang][at.month - 1]} {at.year}, {at:%H}{sep}{at:%M}{sep}{at:%S} {label}"


def day(us: int, zone: str | None, lang: str) -> str:
    """The date alone: "1 Februari 2026"."""
    at = (EPOCH + timedelta(microseconds=us)).astimezone(_zone(zone or "UTC"))
    return f"{at.day} {MONTHS[lang][at.month - 1]} {at.year}"


def number(n: int, lang: str) -> str:
    """A count with the language's thousands separator."""
    return f"{n:,}".replace(",", ".") if lang == "id" else f"{n:,}"


def short(us: int, zone: str | None, lang: str) -> str:
    """For narrow columns: "1 Feb 2026, 00.05 WIB"; minutes, because many exports hold no seconds."""
    at = (EPOCH + timedelta(microseconds=us)).astimezone(_zone(zone or "UTC"))
    sep = "." if lang == "id" else ":"
    label = zone_label(zone) if zone else "UTC"
    return f"{at.day} {MONTHS[lang][at.month - 1][:3]} {at.year}, {at:%H}{sep}{at:%M} {label}"


def clock(us: int, zone: str | None, lang: str) -> str:
    """The time of day alone: "00.05 WIB"."""
    return short(us, zone, lang).rpartition(", ")[2]


def day_of_quarter(quarter: int, zone: str | None) -> int:
    """Local days since 1970-01-01 of a quarter of an hour since 1970 UTC (every zone's offset is whole quarters)."""
    at = (EPOCH + timedelta(minutes=15 * quarter)).astimezone(_zone(zone or "UTC"))
    return at.date().toordinal() - EPOCH.date().toordinal()
