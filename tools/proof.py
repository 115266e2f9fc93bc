"""`make proof`: the long runs. Prints its figures and writes docs/proof/figures.md; ends with 1 where anything does not hold.

kills        build, decisions, a change of keys, a hand-over … killed again and again (tests/crash); a sealing process too
mutations    every export format, damaged at random: no exception, every byte accounted for, no hang
fuzzing      atheris on every reader for a stated time; its corpus is kept in tests/fuzz
recognition  every sample shown to every reader
outside      openssl, sha256sum, age, qpdf check what Saksi wrote, without Saksi
bundles      a hand-over bundle changed in every way, shown to every outside verifier

--seconds N  fuzzing time per format (default 60)     --seed N     --kills N (default 1000)
--faults N   of the writes of each work every Nth fails in its turn (default 11; 1: all)
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from saksi import verbs  # noqa: E402 - the paths above come first
from saksi.parts import source_from_stream  # noqa: E402
from saksi.readers.base import ReadSettings  # noqa: E402
from saksi.readers.registry import READERS, read_source  # noqa: E402
from tests.conformance.samples import ASKED_ONLY, confusion, confusion_table, samples  # noqa: E402
from tests.crash import harness as crash  # noqa: E402

OUT = ROOT / "docs" / "proof" / "figures.md"
SLOW_SECONDS = 5.0


class Page:
    """Lines, printed as they come and written at the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failed = 0

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)

    def fail(self, line: str) -> None:
        self.failed += 1
        self.say(f"**does not hold:** {line}")


# -- mutations and fuzzing ---------------------------------------------------------------------------------------------


def corpus() -> dict[str, list[bytes]]:
    """Small exports of every format: the committed samples that are single files, and a chat in an archive."""
    found: dict[str, list[bytes]] = {}
    for sample in samples():
        files = [sample.path] if sample.path.is_file() else sorted(p for p in sample.path.rglob("*") if p.is_file())
        found.setdefault(sample.reader, []).extend(p.read_bytes() for p in files)
    found["zip of a chat and media"] = [zipped(data, method) for data in found["whatsapp_txt"][:3] for method in (0, 8)]
    return found


def zipped(chat: bytes, method: int) -> bytes:
    """A chat with media beside it, as a phone shares it."""
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("_chat.txt"), chat, method)
        archive.writestr(zipfile.ZipInfo("IMG-20260101-WA0001.jpg"), b"\xff\xd8\xff\xe0" + b"synthetic" * 40, method)
    return out.getvalue()


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One to four random damages: flipped bits, cut, doubled, inserted or swapped stretches, other files' bytes, numbers."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if not out:
            break
        a = rng.randrange(len(out))
        b = min(len(out), a + rng.choice([1, 2, 8, 64, 512]))
        kind = rng.randrange(8)
        if kind == 0:
            out[a] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[a:b]
        elif kind == 2:
            out[a:a] = out[a:b]
        elif kind == 3:
            out[a:a] = rng.choice(
                [b"\0", b"\xff\xfe", b'"', b"\\", b"{", b"[" * 300, b"\r", "‎".encode(), b"\\x1f", b": ", b"9" * 40]
            )
        elif kind == 4:
            del out[a:]
        elif kind == 5:
            other = rng.choice(others)
            at = rng.randrange(len(other)) if other else 0
            out[a:b] = other[at : at + rng.choice([4, 64, 1024])]
        elif kind == 6:
            out[a:b] = bytes(reversed(out[a:b]))
        else:
            out[a:b] = rng.randbytes(b - a)
    return bytes(out)


def account_of(data: bytes) -> tuple[int, Counter[str]]:
    """Read `data`; rows and reasons. Raises AssertionError where the account does not hold, whatever a reader let escape."""
    import io

    source = source_from_stream("x", len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])
    with source:
        reading = read_source(source, ReadSettings(zone="Asia/Jakarta"))
        rows = 0
        ids: set[str] = set()
        for batch in reading:
            rows += batch.num_rows
            ids.update(batch.column("message_id").to_pylist())
        account = reading.account("en")
    counts = account["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"], "bytes do not add up"
    assert len(ids) == rows, "message ids are not unique"
    reasons = Counter(str(p["reason"]) for p in account["problems"])
    assert not reasons["reader_failed"], "a reader stopped with an error of its own"
    return rows, reasons


def damaged(page: Page, count: int, seed: int) -> None:
    """The mutation table."""
    page.say("\n## Mutations\n")
    page.say(
        f"{count} random damages per format (seed {seed}): flips, cuts, doubled, inserted, swapped and foreign stretches.\n"
    )
    page.say(
        "| format | files | damages | exceptions | account wrong | not fully claimed | slowest |\n|---|---|---|---|---|---|---|"
    )
    for name, files in corpus().items():
        rng = random.Random(f"{seed}-{name}")
        errors = wrong = unclaimed = 0
        slowest = 0.0
        for _ in range(count):
            data = mutated(rng.choice(files), files, rng)
            started = time.perf_counter()
            try:
                _, reasons = account_of(data)
                unclaimed += bool(reasons["unaccounted"])
            except AssertionError as e:
                wrong += 1
                keep(name, data)
                page.fail(f"{name}: {e}")
            except Exception as e:  # noqa: BLE001 - exactly what is looked for
                errors += 1
                keep(name, data)
                page.fail(f"{name}: {type(e).__name__}")
            slowest = max(slowest, time.perf_counter() - started)
        if slowest > SLOW_SECONDS:
            page.fail(f"{name}: {slowest:.1f} s for one small file")
        page.say(f"| {name} | {len(files)} | {count} | {errors} | {wrong} | {unclaimed} | {slowest:.2f} s |")


def keep(name: str, data: bytes) -> None:
    """Keep what was found, for a test: under build/findings (not committed; synthetic all the same)."""
    folder = ROOT / "build" / "findings" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def fuzz(page: Page, seconds: float, seed: int) -> None:
    """Coverage-guided, every reader by itself (tools/fuzz.py)."""
    page.say("\n## Fuzzing\n")
    page.say(f"atheris, {seconds:.0f} s per reader (seed {seed}), each input read as a lone file with the reader forced.\n")
    page.say("| reader | executions | edges | corpus kept | findings |\n|---|---|---|---|---|")
    executions = took = 0
    for name in READERS:
        done = subprocess.run(
            [sys.executable, str(ROOT / "tools" / "fuzz.py"), name, "--seconds", str(int(seconds)), "--seed", str(seed)],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            page.fail(f"{name}: fuzzing did not run")
            continue
        figures = json.loads(done.stdout)
        executions += figures["executions"]
        took += figures["seconds"]
        for finding in figures["findings"]:
            page.fail(f"{name}: {finding}")
        if not figures["executions"]:
            page.fail(f"{name}: nothing was executed")
        page.say(f"| {name} | {figures['executions']:,} | {figures['edges']:,} | {figures['kept']} | {len(figures['findings'])} |")
    page.say(f"\n{executions:,} executions in {took / 3600:.2f} hours.")


def recognition(page: Page) -> None:
    """Every sample shown to every reader."""
    page.say("\n## Recognition: samples of a row claimed by the reader of a column\n")
    for line in confusion_table():
        page.say(line)
    for name, counts in confusion().items():
        if counts[name] != (0 if name in ASKED_ONLY else counts["samples"]) or set(counts) - {name, "samples"}:
            page.fail(f"samples of {name} are not claimed by its reader alone")


# -- kills -------------------------------------------------------------------------------------------------------------


def proof_tests(page: Page) -> None:
    """The tests marked `proof`; their printed figures."""
    page.say("\n## Tests marked proof: kills, 200,000-record truth\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "proof", "-s", "-n0", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if re.search(r"\d", line) and not line.startswith("[gw"):
            page.say(f"    {line.strip()}")
    if done.returncode != 0:
        page.fail(f"pytest ended with {done.returncode}")


# -- kills -------------------------------------------------------------------------------------------------------------


def killed(page: Page, kills: int, seed: int) -> None:
    """Everything a case is used for, killed again and again."""
    page.say("\n## Kills\n")
    page.say("SIGKILL, half at a random time, half at one of the work's own writes; what is left is looked at, then finished.\n")
    page.failed += crash.run(kills, seed, page.say)


def failing_disk(page: Page, every: int) -> None:
    """Everything a case is used for on a disk that is full, fails, takes half a write, or loses its power."""
    page.say("\n## A failing disk\n")
    which = "Every write" if every == 1 else f"Every {every}th write"
    page.say(f"{which} of each work in turn; every write of the vault alone, and of a build on a full disk, is in the tests below.\n")
    page.failed += crash.run_faults(every, page.say)


def bundles(page: Page) -> None:
    """A hand-over bundle, every kind of change, every verifier."""
    from tests.outside.table import table

    page.say("\n## Hand-over: change x verifier\n")
    page.say("taken, refused, · (reads nothing that was changed), not run (the program is not here).\n")
    for what in table(page.say):
        page.fail(what)


# -- outside tools -----------------------------------------------------------------------------------------------------


def run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    """A command's result, text."""
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


def outside(page: Page) -> None:
    """What other people's programs say of what Saksi wrote."""
    page.say("\n## Outside tools\n\n| what | tool | holds | damaged copy refused |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as room_:
        for what, tool, good, bad in outside_checks(Path(room_)):
            page.say(f"| {what} | {tool} | {good} | {bad} |")
            if not good or not bad:
                page.fail(what)


def outside_checks(room: Path) -> Iterator[tuple[str, str, bool, bool]]:
    """(what, tool, holds, damaged copy refused)."""
    import pyrage

    phone, case = room / "phone", room / "KASUS"
    run(sys.executable, "-m", "tests.simulator", "phone", str(phone), "--preset", "demo", cwd=ROOT)
    identity = pyrage.x25519.Identity.generate()
    (room / "police.pub").write_text(f"{identity.to_public()}\n")
    (room / "police.key").write_text(f"{identity}\n")
    options = verbs.BuildOptions(
        zone="WIB",
        media="police-key",
        police_key=room / "police.pub",
        out=room / "report",
        at_risk=("Seruni Wirabumi",),
    )
    exports = sorted(p for p in phone.glob("*/*") if p.is_file())
    verbs.build(case, "kata sandi bukti", exports, options)
    yield "checkpoint signature", "openssl pkeyutl", *checkpoint_by_openssl(case, room)
    yield "medium sealed to the police key", "age -d", *medium_by_age(case, room)
    yield "digest of a folder", "sha256sum", *folder_by_sha256sum(phone / "telegram", room)
    pdf = next((room / "report").glob("*.pdf"))
    broken = room / "broken.pdf"
    broken.write_bytes(pdf.read_bytes()[: pdf.stat().st_size // 2])
    yield (
        "report as PDF",
        "qpdf --check",
        run("qpdf", "--check", str(pdf)).returncode == 0,
        run("qpdf", "--check", str(broken)).returncode != 0,
    )


def checkpoint_by_openssl(case: Path, room: Path) -> tuple[bool, bool]:
    """The last checkpoint's Ed25519 signature, by openssl alone: docs/vault-format.md gives the same commands."""
    from saksi.vault.verify import read_case_file

    identity, _ = read_case_file(case)
    assert identity is not None
    note = (case / "log" / "checkpoints").read_text(encoding="utf-8").strip("\n").split("\n\n")
    body, signature_line = note[-2] + "\n", note[-1]
    signature = base64.b64decode(signature_line.split()[-1])[4:]
    der = bytes.fromhex("302a300506032b6570032100") + identity.public_key
    (room / "log.pub").write_bytes(der)
    (room / "sig").write_bytes(signature)
    results = []
    for text in (body, body.replace("\n", "\n1", 1)):
        (room / "body").write_text(text, encoding="utf-8")
        results.append(
            run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(room / "log.pub"), "-keyform", "DER", "-rawin", "-in",
                str(room / "body"), "-sigfile", str(room / "sig")).returncode == 0
        )  # fmt: skip
    return results[0], not results[1]


def medium_by_age(case: Path, room: Path) -> tuple[bool, bool]:
    """A medium comes out of the case as age ciphertext; Debian's age opens it with the police's key, and no other."""
    with verbs.open_case(case, "kata sandi bukti") as opened:
        for _, received, _ in opened.sources():
            for absent in received.absent:
                if absent.police_object is not None:
                    with opened.vault.open_object(absent.police_object) as f:
                        data = f.read()
                    (room / "medium.age").write_bytes(data)
                    (room / "damaged.age").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
                    good = subprocess.run(["age", "-d", "-i", str(room / "police.key"), str(room / "medium.age")],
                                          capture_output=True, check=False)  # fmt: skip
                    bad = run(
                        "age", "-d", "-i", str(room / "police.key"), "-o", str(room / "x"), str(room / "damaged.age")
                    )
                    return hashlib.sha256(good.stdout).hexdigest() == absent.digest, bad.returncode != 0
    return False, False


def folder_by_sha256sum(folder: Path, room: Path) -> tuple[bool, bool]:
    """A folder's digest is the digest of what `sha256sum` prints for its files."""
    digest = verbs.open_path_or_stream(folder).digest
    script = "find . -type f | sed 's|^[.]/||' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    good = run("sh", "-c", script, cwd=folder).stdout.split()[0] == digest
    copy = room / "copy"
    shutil.copytree(folder, copy)
    victim = next(p for p in copy.rglob("*") if p.is_file())
    victim.write_bytes(victim.read_bytes() + b" ")
    return good, run("sh", "-c", script, cwd=copy).stdout.split()[0] != digest


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--faults", type=int, default=11, metavar="EVERY")
    told = parser.parse_args()
    page = Page()
    page.say("# Proof\n\nWritten by `make proof`.")
    outside(page)
    bundles(page)
    killed(page, told.kills, told.seed)
    failing_disk(page, told.faults)
    recognition(page)
    damaged(page, told.mutations, told.seed)
    fuzz(page, told.seconds, told.seed)
    proof_tests(page)
    page.say(f"\n{page.failed} things do not hold." if page.failed else "\nEverything holds.")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(page.lines) + "\n", encoding="utf-8")
    return 1 if page.failed else 0


if __name__ == "__main__":
    sys.exit(main())
