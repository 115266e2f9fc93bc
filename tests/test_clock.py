"""A source's clock: the case's zone told, changed later, or found from one known event; never invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from saksi import times, verbs
from saksi.case.store import Case
from saksi.errors import UsageError
from saksi.readers.base import ReadSettings
from tests.conformance.samples import SAMPLES

CHAT = SAMPLES / "whatsapp_txt" / "android_id.txt"
SECRET = "kata sandi uji jam"


def rows_of(case: Path) -> list[dict[str, Any]]:
    with Case.open(case, SECRET) as opened:
        return [r for label, _, _ in opened.sources() for b in opened.batches(label, "messages") for r in b.to_pylist()]


def build(case: Path, paths: list[Path], **told: Any) -> verbs.BuildResult:
    return verbs.build(case, SECRET, paths, verbs.BuildOptions(date_order="dmy", **told))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    result = build(tmp_path / "KASUS", [CHAT])
    assert result.exit_code == 1
    rows = rows_of(tmp_path / "KASUS")
    assert {r["sent_at_basis"] for r in rows} == {"zone_unknown"}
    assert {r["sent_at"] for r in rows} == {None}
    return tmp_path / "KASUS"


def at_seven(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row that the export dates 14/02/26 07.00."""
    return next(r for r in rows if r["sent_at_text"].startswith("14/02/26 07.00"))


def test_a_zone_told_later_and_changed_again_is_read_again(case: Path) -> None:
    for zone, hour in (("WIB", 0), ("WITA", 23), ("Asia/Jayapura", 22)):
        build(case, [], zone=zone)
        rows = rows_of(case)
        assert {r["sent_at_basis"] for r in rows} == {"zone_given"}
        assert at_seven(rows)["sent_at"].hour == hour


@pytest.mark.parametrize(
    ("known", "instant"),
    [
        ("2026-02-14T07:00+07:00", "2026-02-14T00:00:00+00:00"),
        ("2026-02-14T00:01:30Z", "2026-02-14T00:00:00+00:00"),  # a minute and a half late is still WIB
        ("2026-02-14T08:00:40+09:00", "2026-02-13T23:00:00+00:00"),  # eight hours ahead of UTC, nobody says which zone
        ("2026-02-14T07:22+07:00", "2026-02-14T00:22:00+00:00"),  # the phone's clock was 22 minutes slow
    ],
)
def test_one_known_event_sets_the_clock_of_its_source(case: Path, known: str, instant: str) -> None:
    before = rows_of(case)
    message = at_seven(before)["message_id"]
    build(case, [], known_times=(f"{message}={known}",))
    rows = rows_of(case)
    assert {r["sent_at_basis"] for r in rows} == {"zone_calibrated"}
    assert at_seven(rows)["sent_at"] == datetime.fromisoformat(instant)
    steps = [b["sent_at"] - a["sent_at"] for a, b in pairwise(rows)]
    told = [datetime.strptime(r["sent_at_text"][:14], "%d/%m/%y %H.%M").replace(tzinfo=UTC) for r in rows]
    assert steps == [b - a for a, b in pairwise(told)], "all rows moved alike"
    assert [r["message_id"] for r in rows] == [r["message_id"] for r in before]
    build(case, [], zone="WIT")
    assert {r["sent_at_basis"] for r in rows_of(case)} == {"zone_calibrated"}, "a known event outweighs a told zone"


def test_the_event_is_recorded_and_the_log_does_not_tell_it(case: Path) -> None:
    message = at_seven(rows_of(case))["message_id"]
    build(case, [], known_times=(f"{message}=2026-02-14T07:00+07:00",), by="C2")
    entries = (case / "log" / "entries.jsonl").read_text(encoding="utf-8")
    last = [json.loads(line) for line in entries.splitlines() if "time-calibrated" in line]
    assert len(last) == 1
    assert last[0]["actor"] == "c1"  # the access that opened the case, whoever is said to be at work
    assert "2026-02-14" not in entries
    assert message not in entries


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("", "known_time_unclear"), ("abc", "known_time_unclear"), ("=2026-01-01T00:00Z", "known_time_unclear"),
        ("x=2026-01-01T00:00", "known_time_unclear"), ("x=besok", "known_time_unclear"),
        ("0000000000000000-0-1=2026-01-01T00:00Z", "no_such_message"),
    ],
)
def test_what_is_unclear_is_refused(case: Path, told: str, key: str) -> None:
    with pytest.raises(UsageError) as refused:
        build(case, [], known_times=(told,))
    assert refused.value.key == key


def test_a_time_in_utc_is_never_moved(tmp_path: Path) -> None:
    build(tmp_path / "K", [SAMPLES / "meta_json" / "message_1.json"])
    message = rows_of(tmp_path / "K")[0]["message_id"]
    with pytest.raises(UsageError) as refused:
        build(tmp_path / "K", [], known_times=(f"{message}=2026-02-14T07:00+07:00",))
    assert refused.value.key == "known_time_not_needed"


def test_a_calibrated_zone_is_not_what_a_person_types() -> None:
    with pytest.raises(UsageError):
        verbs.settings(zone="=+25200")
    assert ReadSettings(zone="=+25200").zone == times.calibrated_zone(25_200, 0)
    assert times.local_seconds_to_utc_us(np.array([25_200]), "=+25200").tolist() == [0]
