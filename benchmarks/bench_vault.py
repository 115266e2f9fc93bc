"""The vault's figures: sealing, checking, the log, against the machine's floor and other programs, all in one run.

    python -m benchmarks.bench_vault [--mib 4096] [--files 100000] [--entries 1000000] [--on DIR ...] [--quick]

- floor: SHA-256 and AES-256-GCM (64 KiB at a time) over memory, on one core; both after another: 1 / (1/sha256 + 1/gcm);
- seal: one large source, durable when the clock stops, source warm in memory; by `Vault.seal` and by the whole intake, which
  digests it before; against `cp` and sync, restic and borg (both without compression);
- many small files through the intake that `build` uses, as a folder and as a list of files, against restic: all of them sync;
- verify: the check that `saksi verify` does, against reading and hashing the same bytes; restic's own check beside it;
- the log: entries appended, proofs made and checked, the whole log verified.

Where: a memory disk (/dev/shm) and the disk of the temporary folder, or each --on DIR. Every figure is a process of its own;
its peak memory is its own. A program that is not installed is said to be absent. What another process does to the disk in
the same second is in the figures: compare lines of one run, not runs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

MIB: Final = 1 << 20
PASSPHRASE: Final = "a passphrase for the benchmark"
MEMORY_MAX_MIB: Final = 200
Say = Callable[[str], None]


# -- jobs: each runs in a process of its own ---------------------------------------------------------------------------


def _kdf() -> Any:
    from saksi.vault import KdfParameters

    return KdfParameters(memory_kib=1024, passes=1, lanes=1)


def _opened(folder: str) -> Any:
    from saksi.vault import Vault

    return Vault.open(Path(folder), PASSPHRASE)


def _imported() -> None:
    """Everything that the clocks below would otherwise wait for."""
    from saksi.case import pipeline, store  # noqa: F401


def floor(_: str) -> dict[str, Any]:
    """Bytes a second of SHA-256 and of AES-256-GCM in memory, best of five; the better of what neighbours leave."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data, cipher, step = os.urandom(64 * MIB), AESGCM(os.urandom(32)), 64 * 1024
    view, best = memoryview(data), [0.0, 0.0]
    for _n in range(5):
        started = time.process_time()
        hashlib.sha256(data).digest()
        hashed = time.process_time()
        for at in range(0, len(data), step):
            cipher.encrypt(bytes(12), view[at : at + step], None)
        ended = time.process_time()
        best = [max(best[0], 64 / (hashed - started)), max(best[1], 64 / (ended - hashed))]
    sha256, gcm = best
    return {"sha256": sha256, "gcm": gcm, "both": 1 / (1 / sha256 + 1 / gcm)}


def copy(path: str, target: str) -> dict[str, Any]:
    """The file copied and synced: what the disk takes."""
    started = time.perf_counter()
    with Path(path).open("rb") as source, Path(target).open("wb") as out:
        shutil.copyfileobj(source, out, MIB)
        out.flush()
        os.fsync(out.fileno())
    return {"seconds": time.perf_counter() - started}


def seal(path: str, folder: str) -> dict[str, Any]:
    """`Vault.seal` of a file and its log entry."""
    from saksi.vault import Vault

    with Vault.create(Path(folder), PASSPHRASE, kdf=_kdf()) as vault:
        started, cpu = time.perf_counter(), time.process_time()
        with Path(path).open("rb", buffering=0) as f:
            sealed = vault.seal(f, kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
        took = time.perf_counter() - started
    return {"seconds": took, "cpu": time.process_time() - cpu}


def take_in(folder: str, *paths: str) -> dict[str, Any]:
    """What `build` does before it reads: digest, seal, log, row of case.db. One path "list:FOLDER": every file in it."""
    from saksi.case import pipeline
    from saksi.case.store import Case
    from saksi.intake import MediaRule

    _imported()
    given = [Path(p) for p in paths]
    if paths[0].startswith("list:"):
        given = sorted(p for p in Path(paths[0][5:]).rglob("*") if p.is_file())
    with Case.create(Path(folder), PASSPHRASE, kdf=_kdf()) as case:
        started, cpu = time.perf_counter(), time.process_time()
        taken = pipeline.take_in(case, given, MediaRule())
        took = time.perf_counter() - started
        cpu = time.process_time() - cpu
    bad = sum(t.error is not None for t in taken)
    return {"seconds": took, "cpu": cpu, "refused": bad}


def verify(folder: str) -> dict[str, Any]:
    """The whole check, with the key."""
    from saksi.vault import verify_case

    started, cpu = time.perf_counter(), time.process_time()
    found = verify_case(Path(folder), PASSPHRASE)
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "ok": found.ok}


def read_and_hash(path: str) -> dict[str, Any]:
    """Every file below read and hashed, on one core."""
    paths = [p for p in Path(path).rglob("*") if p.is_file()] if Path(path).is_dir() else [Path(path)]
    started = time.perf_counter()
    for each in paths:
        with each.open("rb") as f:
            hashlib.file_digest(f, "sha256")
    return {"seconds": time.perf_counter() - started}


def log_append(folder: str, entries: str, at_once: str) -> dict[str, Any]:
    """Entries appended to a new case: each synced by itself (at_once 1), or so many together."""
    from saksi.vault import Vault

    count, group = int(entries), int(at_once)
    with Vault.create(Path(folder), PASSPHRASE, kdf=_kdf()) as vault:
        sealed = vault.seal([b"x"], kind="source", meta={})
        salted = vault.commitment("x")
        started = time.perf_counter()
        for first in range(0, count, group):
            with vault.together() if group > 1 else contextlib.nullcontext():
                for n in range(first, min(first + group, count)):
                    vault.append("derive", exhibit=f"S{n % 9000}", object=sealed.object_id, rows=n, commitment=salted)
        took = time.perf_counter() - started
    return {"seconds": took}


def log_verify(folder: str) -> dict[str, Any]:
    """The whole log checked without the key: every leaf, root, checkpoint and reference."""
    from saksi.vault import verify_folder

    started = time.perf_counter()
    found = verify_folder(Path(folder))
    return {"seconds": time.perf_counter() - started, "ok": found.ok}


def log_prove(folder: str, proofs: str) -> dict[str, Any]:
    """Inclusion proofs of random entries made, then checked; building the tree apart."""
    from saksi.vault import merkle

    with _opened(folder) as vault:
        leaves, size = vault.leaves, vault.log_size
    rng = random.Random(1)
    chosen = [rng.randrange(size) for _ in range(int(proofs))]
    started = time.perf_counter()
    tree = merkle.Tree(leaves)
    built = time.perf_counter()
    made = [tree.inclusion_proof(n, size) for n in chosen]
    proved = time.perf_counter()
    head = tree.root()
    ok = all(
        merkle.verify_inclusion(leaves[32 * n : 32 * n + 32], n, size, proof, head)
        for n, proof in zip(chosen, made, strict=True)
    )
    return {
        "seconds": proved - built, "tree": built - started, "check": time.perf_counter() - proved, "ok": ok,
    }  # fmt: skip


JOBS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    f.__name__: f for f in (floor, copy, seal, take_in, verify, read_and_hash, log_append, log_verify, log_prove)
}


def run(job: str, *args: str) -> dict[str, Any]:
    """A job's figures from a process of its own; peak_mib with them. {"error": …} where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_vault", "--job", job, *args],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    if done.returncode != 0 or not done.stdout.strip():
        return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1][:120]}
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


# -- other programs ----------------------------------------------------------------------------------------------------


def _timed(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    took = time.perf_counter() - started
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["failed"])[-1][:120]}
    return {"seconds": took}


def restic(room: Path, path: Path, *, check: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """A backup into a new repository, and its check of all data where asked; the repository is removed."""
    absent = {"error": "restic is not installed"}
    if shutil.which("restic") is None:
        return absent, absent
    repository = room / "restic"
    environment = {
        **os.environ, "RESTIC_PASSWORD": PASSPHRASE, "RESTIC_REPOSITORY": str(repository), "HOME": str(room),
        "TMPDIR": str(room),
    }  # fmt: skip
    subprocess.run(["restic", "init", "--repository-version", "2"], check=False, capture_output=True, env=environment)
    backup = _timed(["restic", "backup", "--no-cache", "--compression", "off", str(path)], environment)
    checked = _timed(["restic", "check", "--no-cache", "--read-data"], environment) if check else {}
    shutil.rmtree(repository, ignore_errors=True)
    return backup, checked


def borg(room: Path, path: Path) -> dict[str, Any]:
    """An archive in a new encrypted repository; removed."""
    if shutil.which("borg") is None:
        return {"error": "borg is not installed"}
    repository = room / "borg"
    environment = {
        **os.environ, "BORG_PASSPHRASE": PASSPHRASE, "BORG_REPO": str(repository), "HOME": str(room),
        "BORG_BASE_DIR": str(room / "borg-base"),
    }  # fmt: skip
    subprocess.run(["borg", "init", "-e", "repokey"], check=False, capture_output=True, env=environment)
    made = _timed(["borg", "create", "--compression", "none", "::one", str(path)], environment)
    for made_here in (repository, room / "borg-base"):
        shutil.rmtree(made_here, ignore_errors=True)
    return made


# -- what is sealed ----------------------------------------------------------------------------------------------------


def large_file(path: Path, mib: int) -> Path:
    """A chat of one line a message, no two alike: nothing in it is found twice."""
    import numpy as np

    line = np.frombuffer(b"13/11/26, 20:15 - Budi: pesan ".ljust(127) + b"\n", dtype=np.uint8)
    rng = np.random.default_rng(5)
    with path.open("wb") as f:
        for _ in range(0, mib, 8):
            lines = np.tile(line, (min(8, mib) * MIB // len(line), 1))
            lines[:, 30:126] = rng.integers(97, 123, (len(lines), 96), dtype=np.uint8)
            lines[:, 35:126:6] = 32
            f.write(lines.tobytes())
        f.flush()
        os.fsync(f.fileno())
    return path


def small_files(folder: Path, count: int) -> Path:
    """Small chats, 1 to 3 KB each, 500 to a folder, no two alike."""
    rng = random.Random(4)
    for n in range(count):
        if n % 500 == 0:
            inside = folder / f"d{n // 500}"
            inside.mkdir(parents=True)
        lines = (f"{13 + k % 9}/11/26, 20:{k % 60:02} - Budi: pesan {n} {rng.random()}\n" for k in range(rng.randrange(15, 60)))
        (inside / f"obrolan {n}.txt").write_text("".join(lines), encoding="utf-8")
    return folder


@contextlib.contextmanager
def gone_after(folder: Path) -> Iterator[str]:
    """A folder's name; what was made there is removed."""
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def touched(room: Path, mib: int) -> None:
    """Write and remove as much as will be written: a memory disk in a virtual machine gets its memory here, not in a clock."""
    path = room / "touched"
    with path.open("wb") as f:
        for _ in range(mib):
            f.write(bytes(MIB))
    path.unlink()


# -- lines -------------------------------------------------------------------------------------------------------------


class Sheet:
    """Rows of one table: what, MiB or files or entries a second, against what."""

    def __init__(self, say: Say, unit: str, amount: float) -> None:
        self.say, self.unit, self.amount = say, unit, amount
        say(f"| what | seconds | {unit} a second | ratio | peak MiB |\n|---|---|---|---|---|")

    def row(self, what: str, result: dict[str, Any], *ratios: tuple[str, float], seconds: str = "seconds") -> float:
        """Say a row; the speed, 0 where there is none."""
        if "error" in result:
            self.say(f"| {what} | {result['error']} | | | |")
            return 0.0
        speed: float = self.amount / result[seconds]
        shown = ", ".join(f"{speed / other:.2f} of {name}" for name, other in ratios if other)
        self.say(f"| {what} | {result[seconds]:.2f} | {speed:,.0f} | {shown} | {result.get('peak_mib', '')} |")
        return speed


def one_large(say: Say, room: Path, mib: int, where: str) -> None:
    """Seal and verify one large source."""
    source = large_file(room / "source.bin", mib)
    touched(room, mib + 64)
    speeds = run("floor", "")
    both, sha256 = speeds["both"], speeds["sha256"]
    say(f"\n### One source of {mib:,} MiB on {where}\n")
    say(f"Floor of this run, one core: SHA-256 {sha256:,.0f}, AES-256-GCM {speeds['gcm']:,.0f}, both {both:,.0f} MiB/s.\n")
    sheet = Sheet(say, "MiB", mib)
    copied = run("copy", str(source), str(room / "copied.bin"))
    (room / "copied.bin").unlink(missing_ok=True)
    sheet.row("copied and synced", copied)
    backup, checked = restic(room, source, check=True)
    restic_speed = sheet.row("restic backup", backup)
    borg_speed = sheet.row("borg create", borg(room, source))
    others = (("the floor of both", both), ("restic", restic_speed), ("borg", borg_speed))
    with gone_after(room / "KASUS") as case:
        result = run("seal", str(source), case)
        sheet.row("sealed (Vault.seal and log entry)", result, *others)
        sheet.row("the same, processor time", result, ("the floor of both", both), seconds="cpu")
        if result.get("peak_mib", 0) > MEMORY_MAX_MIB:
            say(f"\n**does not hold:** sealing took more than {MEMORY_MAX_MIB} MiB\n")
        hashed = sheet.row("the source read and hashed", run("read_and_hash", str(source)))
        sheet.row("restic check --read-data", checked)
        checked_here = run("verify", case)
        sheet.row("verify", checked_here, ("reading and hashing", hashed))
        sheet.row("the same, processor time", checked_here, ("reading and hashing", hashed), seconds="cpu")
    with gone_after(room / "KASUS") as case:
        taken = run("take_in", case, str(source))
        sheet.row("the whole intake (digest, looked through, sealed, logged)", taken, *others)
    source.unlink()


def many_small(say: Say, room: Path, count: int, where: str) -> None:
    """Many small files through the intake."""
    folder = small_files(room / "many", count)
    say(f"\n### {count:,} small files on {where}\n")
    sheet = Sheet(say, "files", count)
    hashed = sheet.row("read and hashed, one by one", run("read_and_hash", str(folder)))
    speed = sheet.row("restic backup", restic(room, folder)[0])
    sheet.row("borg create", borg(room, folder))
    with gone_after(room / "KASUS") as case:
        sheet.row("a folder, taken in", run("take_in", case, str(folder)), ("restic", speed))
        sheet.row("verify", run("verify", case), ("reading and hashing", hashed))
    with gone_after(room / "KASUS") as case:
        sheet.row("the same files as a list, taken in", run("take_in", case, f"list:{folder}"), ("restic", speed))
    shutil.rmtree(folder)


def the_log(say: Say, room: Path, entries: int, where: str) -> None:
    """A long log."""
    say(f"\n### A log of {entries:,} entries on {where}\n")
    sheet = Sheet(say, "entries", entries)
    alone = min(entries, 2000)
    with gone_after(room / "KASUS") as case:
        Sheet.row(_of(sheet, alone), "appended, each synced", run("log_append", case, str(alone), "1"))
    with gone_after(room / "KASUS") as case:
        sheet.row("appended, 1,000 together", run("log_append", case, str(entries), "1000"))
        sheet.row("whole log verified", run("log_verify", case))
        proofs = min(entries, 20_000)
        proved = run("log_prove", case, str(proofs))
        few = _of(sheet, proofs)
        sheet.row("all nodes of the tree", proved, seconds="tree")
        few.row("inclusion proofs made", proved)
        few.row("inclusion proofs checked", proved, seconds="check")


def _of(sheet: Sheet, amount: int) -> Sheet:
    other = object.__new__(Sheet)
    other.say, other.unit, other.amount = sheet.say, sheet.unit, amount
    return other


def measure(say: Say, *, mib: int, files: int, entries: int, on: list[Path]) -> None:
    """Everything, on each of the places."""
    say("\n## The vault\n")
    for tool in ("restic", "borg"):
        version = [tool, "version"] if tool == "restic" else [tool, "--version"]
        found = shutil.which(tool)
        said = subprocess.run(version, capture_output=True, text=True, check=False).stdout.split() if found else []
        say(f"- {tool}: {' '.join(said[:2]) if found else 'not installed, nothing to compare with'}")
    for place in on:
        room = Path(tempfile.mkdtemp(prefix="saksi-bench-", dir=place))
        where = "a memory disk" if place == Path("/dev/shm") else "a disk"
        try:
            one_large(say, room, mib, where)
            many_small(say, room, files, where)
            the_log(say, room, entries, where)
        finally:
            shutil.rmtree(room)


def places() -> list[Path]:
    """A memory disk where there is one, and the disk of temporary files."""
    memory = Path("/dev/shm")
    return [*([memory] if memory.is_dir() else []), Path(tempfile.gettempdir())]


def sizes(*, quick: bool) -> dict[str, int]:
    """How much, for the sheet; with quick, to see that it works."""
    return {"mib": 64, "files": 500, "entries": 5000} if quick else {"mib": 4096, "files": 100_000, "entries": 1_000_000}


def main() -> int:
    """Run and print, or be one of the jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--on", type=Path, action="append")
    for name in ("mib", "files", "entries"):
        parser.add_argument(f"--{name}", type=int)
    told = parser.parse_args()
    if told.job:
        outcome = JOBS[told.job[0]](*told.job[1:])
        outcome["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(json.dumps(outcome))
        return 0
    how = sizes(quick=told.quick) | {n: v for n in ("mib", "files", "entries") if (v := getattr(told, n)) is not None}
    measure(lambda line: print(line, flush=True), on=told.on or places(), **how)
    return 0


if __name__ == "__main__":
    sys.exit(main())
