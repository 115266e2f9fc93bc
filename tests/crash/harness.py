"""Kill the work of each scenario, look at what it leaves, let it be finished, compare.

    python -m tests.crash --kills 1000 [--seed 1] [--only NAME]
    python -m tests.crash --faults 1 [--only NAME]           every write; 7: every seventh

Half of the kills come at a random time, half at one of the work's own writes to the disk (counted before), so that the
moments around a commit are hit as often as the long stretches between. Each life begins where the one before was killed.
After every kill:

- nothing that was told, or that the case held as acknowledged before, is missing;
- the case opens, `verify` reads it through and finds it whole, no unfinished file is left;
- no message stands in clear anywhere in the case, beside it or in the temporary folder.

`fail` is the other half: at every write in turn the disk is full, fails, takes half of it, or the power goes and only
what was synced is kept (faults.py). The work then ends with its storage error and no other, and the same is looked at.

After some kills the work is done to its end: what comes out is what comes out of work that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from saksi import verbs
from saksi.errors import STORAGE_FAILED, SaksiError
from saksi.vault import verify_case
from saksi.vault.files import TMP_PREFIX
from tests.crash import faults
from tests.crash.scenarios import NEEDLE, PASSPHRASE, SCENARIOS, Scenario, Tell, case_of

LIVES_MAX: Final = 6
"""Kills in a row before the work is let to its end."""

@dataclass
class Tally:
    """Counts of one scenario. lost: what was told and is missing, and whatever else does not hold, in words."""

    name: str
    kills: int = 0
    ended_before: int = 0
    told: int = 0
    finished: int = 0
    repaired: int = 0
    lost: list[str] = field(default_factory=list)


def live(
    scenario: Scenario, room: Path, *, seconds: float | None = None, write: int = -1, fault: str = "kill"
) -> tuple[list[str], int, int]:
    """Let the work run in a process of its own, killed after so many seconds or hit by `fault` at that write (neither: to
    its end).

    What it told, how it ended (0, an exit code, or minus the signal), how many writes it did (where it ended by itself).
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work(scenario, room, writer, write, fault)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        lines = told.read().decode().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    writes = [int(line[1:]) for line in lines if line.startswith("#")]
    return [line for line in lines if not line.startswith("#")], os.waitstatus_to_exitcode(status), sum(writes)


def _work(scenario: Scenario, room: Path, writer: int, write: int, fault: str) -> None:
    """The child. Never returns."""
    code = 1
    try:
        tempfile.tempdir = os.environ["TMPDIR"] = str(room / "tmp")
        done = faults.at(write, fault, room)
        scenario.act(room, teller(writer))
        os.write(writer, f"#{done[0]}\n".encode())
        code = 0
    except SaksiError as e:
        code = e.exit_code
        if code != STORAGE_FAILED:
            traceback.print_exc()
    except BaseException:  # noqa: BLE001 - said, and told by the exit code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def teller(writer: int) -> Tell:
    """Tells the parent: from then on it is acknowledged."""

    def tell(what: str) -> None:
        os.write(writer, f"{what}\n".encode())

    return tell


def left_behind(room: Path) -> Iterator[str]:
    """Plaintext anywhere but in what was handed in."""
    for path in room.rglob("*"):
        if path.is_file() and "ekspor" not in path.parts and NEEDLE.encode() in path.read_bytes():
            yield f"plaintext in {path.relative_to(room).parts[0]}"


def look(scenario: Scenario, room: Path, before: set[str], tally: Tally) -> set[str]:
    """What is acknowledged now; says in the tally whatever does not hold."""
    tally.lost += left_behind(room)
    tally.repaired += sum(1 for p in case_of(room).rglob(TMP_PREFIX + "*")) if case_of(room).exists() else 0
    try:
        now = scenario.acknowledged(room)
    except Exception as e:  # noqa: BLE001 - every failure is a finding
        tally.lost.append(f"cannot be opened or is not borne out: {type(e).__name__} {e}")
        return before
    tally.lost += [f"acknowledged and gone: {what}" for what in sorted(before - now)]
    if verbs.is_case(case_of(room)):
        found = verify_case(case_of(room), PASSPHRASE)
        tally.lost += [f"verify: {b.why} {b.where}" for b in found.bad]
        tally.lost += [f"unfinished: {i.where}" for i in found.info if i.why == "file_unfinished"]
    return now | before


def torment(scenario: Scenario, kills: int, rng: random.Random, room: Path) -> Tally:
    """Kill one scenario's work so many times."""
    tally = Tally(scenario.name)
    start = room / "start"
    (start / "tmp").mkdir(parents=True)
    scenario.begin(start)
    whole = room / "whole"
    shutil.copytree(start, whole)
    began = time.monotonic()
    _, code, writes = live(scenario, whole)
    whole_s = time.monotonic() - began
    assert code == 0, "the work does not even end when nobody kills it"
    expected = scenario.outcome(whole)
    while tally.kills < kills:
        here = room / "here"
        shutil.copytree(start, here)
        seen: set[str] = set()
        for _ in range(min(rng.randint(1, LIVES_MAX), kills - tally.kills)):
            timed = rng.random() < 0.5
            how: dict[str, Any] = {"seconds": rng.random() * whole_s} if timed else {"write": rng.randint(1, writes)}
            told, code, _ = live(scenario, here, **how)
            tally.kills += code == -signal.SIGKILL
            tally.ended_before += code == 0
            if code not in (0, -signal.SIGKILL):
                tally.lost.append(f"the next start ended with {code}")
            tally.told += len(told)
            seen = look(scenario, here, seen | set(told), tally)
        told, code, _ = live(scenario, here)
        if code != 0:
            tally.lost.append("cannot be finished")
        else:
            look(scenario, here, seen | set(told), tally)
            if scenario.outcome(here) != expected:
                tally.lost.append("what comes out is not what comes out unkilled")
        tally.finished += 1
        shutil.rmtree(here)
    return tally


def fail(scenario: Scenario, fault: str, every: int, room: Path) -> tuple[int, list[str]]:
    """Let the disk fail at every write in turn (each `every`th); how many were tried, and what does not hold."""
    tally = Tally(scenario.name)
    (room / "start" / "tmp").mkdir(parents=True)
    scenario.begin(room / "start")
    shutil.copytree(room / "start", room / "whole")
    _, code, writes = live(scenario, room / "whole")
    expected = scenario.outcome(room / "whole")
    tried = range(1, writes + 1, every)
    for write in tried:
        here = room / "here"
        shutil.copytree(room / "start", here)
        told, code, _ = live(scenario, here, write=write, fault=fault)
        if code not in (0, STORAGE_FAILED, faults.POWER_CUT):
            tally.lost.append(f"write {write}: ended with {code}")
        seen = look(scenario, here, set(told), tally)
        told, code, _ = live(scenario, here)
        look(scenario, here, seen | set(told), tally)
        if code != 0 or scenario.outcome(here) != expected:
            tally.lost.append(f"write {write}: cannot be finished alike")
        shutil.rmtree(here)
    return len(tried), [f"{scenario.name}, {fault}: {what}" for what in tally.lost]


def run_faults(every: int, say: Callable[[str], None], only: str | None = None) -> int:
    """Every fault at every write of every work; the table; how many things do not hold."""
    say(f"| work | {' | '.join(faults.FAULTS)} | lost or wrong |\n|---|{'---|' * len(faults.FAULTS)}---|")
    wrong: list[str] = []
    for scenario in (s for s in SCENARIOS if only in (None, s.name)):
        before, counts = len(wrong), []
        for fault in faults.FAULTS:
            with tempfile.TemporaryDirectory(prefix="saksi-crash-") as room:
                tried, found = fail(scenario, fault, every, Path(room))
            counts.append(tried)
            wrong += found
        say(f"| {scenario.name} | {' | '.join(f'{n:,}' for n in counts)} | {len(wrong) - before:,} |")
    for what in wrong[:20]:
        say(f"- {what}")
    return len(wrong)


def run(kills: int, seed: int, say: Callable[[str], None], only: str | None = None) -> int:
    """Kill every scenario in turn; the table; how many things do not hold."""
    chosen = [s for s in SCENARIOS if only in (None, s.name)]
    say("| work | kills | ended before the kill | told | finished afterwards | unfinished files swept | lost or wrong |")
    say("|---|---|---|---|---|---|---|")
    wrong: list[str] = []
    total = 0
    for n, scenario in enumerate(chosen):
        with tempfile.TemporaryDirectory(prefix="saksi-crash-") as room:
            share = kills // len(chosen) + (n < kills % len(chosen))
            t = torment(scenario, share, random.Random(seed * 1000 + n), Path(room))
        total += t.kills
        say(
            f"| {t.name} | {t.kills:,} | {t.ended_before:,} | {t.told:,} | {t.finished:,} | {t.repaired:,} | {len(t.lost):,} |"
        )
        wrong += [f"{t.name}: {what}" for what in t.lost]
    say(f"\n{total:,} kills, {len(wrong)} things lost or wrong.")
    for what in wrong[:20]:
        say(f"- {what}")
    return len(wrong)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[s.name for s in SCENARIOS])
    parser.add_argument("--faults", type=int, metavar="EVERY", help="let every so manieth write fail instead of killing")
    told = parser.parse_args()
    if told.faults:
        return 1 if run_faults(told.faults, lambda line: print(line, flush=True), told.only) else 0
    return 1 if run(told.kills, told.seed, lambda line: print(line, flush=True), told.only) else 0
