"""Zones, instants and their texts, against the standard library one value at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import times
from saksi.errors import UsageError

ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe",
         "Asia/Kathmandu"]


@given(st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=20), st.sampled_from(ZONES))
def test_local_to_utc_as_the_standard_library_does(seconds: list[int], zone: str) -> None:
    found = times.local_seconds_to_utc_us(np.array(seconds, dtype=np.int64), zone)
    for second, us in zip(seconds, found.tolist(), strict=True):
        wall = datetime(1970, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(seconds=second)
        assert us == (wall.astimezone(UTC) - times.EPOCH) // timedelta(microseconds=1)


def test_clocks_set_back_and_forward() -> None:
    def utc(text: str) -> str:
        second = (datetime.fromisoformat(text).replace(tzinfo=UTC) - times.EPOCH) // timedelta(seconds=1)
        return times.utc_text(int(times.local_seconds_to_utc_us(np.array([second]), "Europe/Amsterdam")[0]))

    assert utc("2024-10-27T02:30:00") == "2024-10-27T00:30:00Z"  # happens twice: the first
    assert utc("2024-03-31T02:30:00") == "2024-03-31T01:30:00Z"  # does not happen: the rules before the change
    assert utc("2024-10-27T03:00:00") == "2024-10-27T02:00:00Z"


def test_no_rows() -> None:
    assert times.local_seconds_to_utc_us(np.array([], dtype=np.int64), "Asia/Jakarta").tolist() == []


@pytest.mark.parametrize(("typed", "name"), [
    ("WIB", "Asia/Jakarta"), (" wita ", "Asia/Makassar"), ("wit", "Asia/Jayapura"), ("Europe/Amsterdam", "Europe/Amsterdam"),
])
def test_zone_names(typed: str, name: str) -> None:
    assert times.zone_name(typed) == name


@pytest.mark.parametrize("typed", ["", " ", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Asia", "a\0b", "WIB;", "x" * 9000])
def test_zones_that_are_none(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        times.zone_name(typed)
    assert refused.value.key == "unknown_zone"


def test_texts() -> None:
    us = 1_769_879_100_000_000
    assert times.utc_text(us) == "2026-01-31T17:05:00Z"
    assert times.local_text(us, "Asia/Jakarta") == "2026-02-01 00:05:00 WIB"
    assert times.local_text(us, "Europe/Amsterdam").endswith(" Europe/Amsterdam")
    assert times.utc_text(us + 1) == "2026-01-31T17:05:00.000001Z"
    assert abs(times.now_us() - datetime.now(UTC).timestamp() * 1e6) < 60e6
