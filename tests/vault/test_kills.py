"""Kill a sealing process with SIGKILL at random moments, again and again: nothing acknowledged may be lost.

    pytest -m proof tests/vault/test_kills.py -s          SAKSI_KILL_SECONDS=45 for a longer run
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

from saksi.vault import Vault, verify_case
from tests.vault.conftest import CHEAP, PASSPHRASE

SRC = Path(__file__).parents[2] / "src"

CHILD = """
import os, random, sys
from pathlib import Path
from saksi.vault import Vault
rng = random.Random(int(sys.argv[3]))
with Vault.open(Path(sys.argv[1]), sys.argv[2]) as vault:
    while True:
        if rng.random() < 0.2:
            with vault.together():
                told = b""
                for _ in range(rng.choice([1, 20, 200])):
                    data = rng.randbytes(rng.choice([0, 10, 1000, 70_000]))
                    sealed = vault.seal([data], kind="source", meta={"n": len(data)})
                    vault.append("seal", objects=[sealed.object_id])
                    told += f"{sealed.object_id} {sealed.digest}\\n".encode()
            os.write(1, told)
        data = rng.randbytes(rng.choice([10, 1000, 70_000, 400_000]))
        sealed = vault.seal([data], kind="source", meta={"n": len(data)})
        vault.append("seal", objects=[sealed.object_id])
        os.write(1, f"{sealed.object_id} {sealed.digest}\\n".encode())
        if rng.random() < 0.1:
            vault.checkpoint()
"""


def one_life(folder: Path, seed: int, seconds: float) -> list[tuple[str, str]]:
    """Run a child until it is killed after `seconds`; what it acknowledged in whole lines."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), PASSPHRASE, str(seed)], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    assert child.stdout is not None
    first = child.stdout.readline()  # killed only once it seals
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    lines = (first + rest).split(b"\n")[:-1]
    return [(a, b) for a, b in (line.decode().split(" ") for line in lines)]


@pytest.mark.proof
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    folder, rng = tmp_path / "kasus", random.Random(7)
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    until = time.monotonic() + float(os.environ.get("SAKSI_KILL_SECONDS", "20"))
    kills, acknowledged = 0, dict[str, str]()
    while time.monotonic() < until:
        acknowledged |= dict(one_life(folder, kills, rng.random() * 0.05))
        kills += 1
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.sound
        present = {o.object_id: o.digest for o in vault.objects()}
        lost = [o for o, digest in acknowledged.items() if present.get(o) != digest]
        named = {o for e in vault.entries() for o in e["fields"].get("objects", [])}
        recovered = sum(e["action"] == "recover" for e in vault.entries())
    found = verify_case(folder, PASSPHRASE)
    orphans = sum(i.why == "object_orphan" for i in found.info)
    print(f"\nkills {kills}, acknowledged {len(acknowledged)}, lost {len(lost)}, orphans {orphans}, torn lines {recovered}")
    assert kills > 5
    assert len(acknowledged) > kills
    assert lost == []
    assert named >= acknowledged.keys()
    assert found.ok, found.bad[:3]
