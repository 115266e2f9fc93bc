"""Work that is killed: a few kills of each kind, and that the harness would notice what it is there to notice."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from saksi.vault.files import FileSystem
from tests.crash.faults import FAULTS, Kept
from tests.crash.harness import fail, run, torment
from tests.crash.scenarios import NEEDLE, SCENARIOS, Scenario, Tell, case_of

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")


noted = Kept.note


def named(name: str) -> Scenario:
    return next(s for s in SCENARIOS if s.name == name)


def test_a_change_of_keys_killed_now_and_then(tmp_path: Path) -> None:
    tally = torment(named("change of keys"), 4, random.Random(3), tmp_path)
    assert tally.lost == []
    assert tally.kills == 4


@pytest.mark.proof
def test_everything_killed_now_and_then() -> None:
    assert run(4 * len(SCENARIOS), 2, print) == 0


def test_the_harness_notices_what_was_told_too_early(tmp_path: Path) -> None:
    def early(room: Path, tell: Tell) -> None:
        tell("add c9")
        named("change of keys").act(room, tell)

    tally = torment(replace(named("change of keys"), act=early), 2, random.Random(3), tmp_path)
    assert any("acknowledged and gone: add c9" in what for what in tally.lost)


def test_the_harness_notices_plaintext_and_an_unfinished_case(tmp_path: Path) -> None:
    def careless(room: Path, tell: Tell) -> None:
        (case_of(room) / "catatan").write_text(NEEDLE)
        named("change of keys").act(room, tell)

    tally = torment(replace(named("change of keys"), act=careless), 1, random.Random(3), tmp_path)
    assert any("plaintext in KASUS" in what for what in tally.lost)
    never = replace(named("change of keys"), outcome=lambda room: room)  # every room is another: never the same
    (tmp_path / "again").mkdir()
    assert any("what comes out" in what for what in torment(never, 1, random.Random(3), tmp_path / "again").lost)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_of_keys_on_a_failing_disk(tmp_path: Path, fault: str) -> None:
    tried, wrong = fail(named("change of keys"), fault, 41, tmp_path)
    assert tried > 2
    assert wrong == []


def test_the_power_test_would_notice_a_missing_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSystem, "fsync", lambda self, fd: None)
    with monkeypatch.context() as patch:
        patch.setattr(Kept, "note", lambda self, name, args, result: None if name == "fsync" else noted(self, name, args, result))
        _, wrong = fail(named("change of keys"), "power", 29, tmp_path)
    assert wrong
