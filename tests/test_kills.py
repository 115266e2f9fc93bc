"""`saksi build` killed with SIGKILL at random moments: nothing acknowledged is lost, and the same command finishes the case.

pytest -m proof tests/test_kills.py -s          SAKSI_KILL_SECONDS=120 for a longer run
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saksi.vault import verify_case
from tests.test_faults import PASSPHRASE, contents, sealed_so_far

ROOT = Path(__file__).parents[1]

CHILD = """
import sys
from pathlib import Path
from saksi import report, verbs
from saksi.case import pipeline, store, view
from saksi.vault.keys import KdfParameters
folder = Path(sys.argv[1])
made = {} if verbs.is_case(folder) else {"kdf": KdfParameters(memory_kib=1024, passes=1, lanes=1)}
print("ready", flush=True)
verbs.build(folder, sys.argv[2], [Path(p) for p in sys.argv[3:]], verbs.BuildOptions(zone="Asia/Jakarta"), **made)
"""


def start(folder: Path, exports: list[Path]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), PASSPHRASE, *map(str, exports)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child


def finish(child: subprocess.Popen[bytes]) -> int:
    assert child.stdout is not None
    child.stdout.close()
    return child.wait()


@pytest.mark.proof
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_a_killed_build_is_finished_by_the_next_one(tmp_path: Path) -> None:
    exports = []
    for n in range(6):
        path = tmp_path / f"chat {n}.txt"
        path.write_text("".join(f"{13 + k % 15}/11/26, 20:1{n} - Budi: pesan {k}\n" for k in range(400)))
        exports.append(path)
    began = time.monotonic()
    assert finish(start(tmp_path / "whole", exports)) == 0
    whole_s = time.monotonic() - began
    expected = contents(tmp_path / "whole")
    rng = random.Random(11)
    until = time.monotonic() + float(os.environ.get("SAKSI_KILL_SECONDS", "60"))
    kills = acknowledged = finished = 0
    round_ = 0
    while time.monotonic() < until or not finished:
        folder, seen = tmp_path / f"K{round_}", set[str]()
        round_ += 1
        for _ in range(rng.randint(1, 4)):
            child = start(folder, exports)
            time.sleep(rng.random() * whole_s)
            child.send_signal(signal.SIGKILL)
            kills += finish(child) == -signal.SIGKILL
            now = sealed_so_far(folder)
            assert seen <= now, "an acknowledged exhibit is lost"
            seen = now
        acknowledged += len(seen)
        assert finish(start(folder, exports)) == 0
        assert seen <= sealed_so_far(folder)
        assert contents(folder) == expected
        assert verify_case(folder, PASSPHRASE).ok
        finished += 1
    print(f"\nkills {kills}, cases finished {finished}, exhibits acknowledged before a kill {acknowledged}, lost 0")
    assert kills > 3
