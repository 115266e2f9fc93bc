"""Work that is killed: a few kills of each kind, and that the harness would notice what it is there to notice."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.harness import run, torment
from tests.crash.scenarios import NEEDLE, SCENARIOS, Scenario, Tell, case_of

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")


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
