"""A hand-over bundle, every kind of change to it, and what each verifier says: taken, refused, or not run.

A verifier is asked only where something it reads was changed; "·" stands for what it does not look at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.case.store import Case
from saksi.handover.bundle import openssl_key
from saksi.vault import notes
from saksi.verbs.stamping import stamp
from tests.handover import making
from tests.handover.test_mutations import remade
from tests.outside.programs import program, run
from tests.outside.tsa import Authority

Files = dict[str, bytes]
GO = Path(__file__).parent / "go" / "tlogcheck"


class Sample:
    """A good bundle with an authority's reply for one of its checkpoints inside, an older bundle of the same case."""

    def __init__(self, room: Path) -> None:
        self.room = room
        folder = making.build_case(room)
        with Case.open(folder, making.PASSPHRASE) as case:
            self.older = making.hand_over(case, room / "older.age").files()
        authority = Authority(room / "tsa")
        with Case.open(folder, making.PASSPHRASE) as case:
            asked = case.folder / stamp(case)["query"]
            (room / "reply.tsr").write_bytes(authority.reply(asked.read_bytes()))
            assert stamp(case, replies=[room / "reply.tsr"])["failed"] == []
            self.handed = making.hand_over(case, room / "b.age")
        self.good = self.handed.files()
        self.note = max(n for n in self.good if n.startswith("data/log/checkpoints/"))
        self.pdf = next(n for n in self.good if n.endswith(".pdf"))
        (self.reply,) = (n for n in self.good if n.endswith(".tsr"))
        self.stamped = f"data/log/checkpoints/{Path(self.reply).name.partition('-')[0]}.note"
        (room / "age.key").write_text(f"{self.handed.identity}\n")
        self.go = self._go()

    def _go(self) -> Path | None:
        """The Go verifier, built; None where Go or its packages are not here."""
        if program("go") is None or not Path("/usr/share/gocode/src/golang.org/x/mod").exists():
            return None
        out = self.room / "tlogcheck"
        told = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(self.room / "gocache")}
        subprocess.run(["go", "build", "-o", str(out), "."], cwd=GO, env=told, check=True, capture_output=True)
        return out


def flipped(data: bytes) -> bytes:
    """One bit in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def resigned(files: Files) -> Files:
    """Another key in the bag, and every checkpoint signed by it; manifests made anew."""
    key = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    public = key.public_key().public_bytes_raw()
    forged, origin = {}, ""
    for name in (n for n in files if n.startswith("data/log/checkpoints/")):
        head = notes.read(files[name].decode())
        assert head is not None
        origin = head.origin
        forged[name] = notes.sign(origin, head.size, bytes.fromhex(head.root), key).note.encode()
    verifier = notes.verifier_key(origin, public).encode() + b"\n"
    return remade({**files, **forged, "data/keys/log.pem": openssl_key(public), "data/keys/log.verifier.txt": verifier})


def mutations(sample: Sample) -> Iterator[tuple[str, Files]]:
    """(what was done, the bag)."""
    good, kinds = sample.good, {"PDF": sample.pdf, "checkpoint": sample.note, "table": "data/tables/messages.csv"}
    kinds |= {
        "Parquet": "data/tables/messages.parquet", "graph": "data/graph/case.jsonld", "log": "data/log/entries.jsonl",
        "proof": "data/log/proofs/S1.tlog-proof", "key": "data/keys/log.pem", "bundle.json": "data/bundle.json",
        "opening": "data/disclosures.json", "source": next(n for n in good if n.startswith("data/sources/")),
        "manifest": "manifest-sha256.txt", "READ-ME": "READ-ME.txt", "timestamp": sample.reply, "stamped checkpoint": sample.stamped,
    }  # fmt: skip
    for kind, name in kinds.items():
        yield f"one bit: {kind}", {**good, name: flipped(good[name])}
    for kind in ("PDF", "checkpoint", "table", "log", "source", "timestamp", "stamped checkpoint"):
        yield f"one bit, manifests anew: {kind}", remade({**good, kinds[kind]: flipped(good[kinds[kind]])})
    yield "missing: proof", {n: d for n, d in good.items() if n != kinds["proof"]}
    yield "missing: timestamp, manifests anew", remade({n: d for n, d in good.items() if n != sample.reply})
    yield "extra file", {**good, "data/catatan.txt": b"x"}
    yield "renamed: table", {n.replace("messages.csv", "pesan.csv"): d for n, d in good.items()}
    a, b = "data/tables/marks.csv", "data/tables/identifiers.csv"
    yield "swapped: two tables", {**good, a: good[b], b: good[a]}
    yield "truncated: PDF", {**good, sample.pdf: good[sample.pdf][:-200]}
    yield "truncated: log", {**good, kinds["log"]: good[kinds["log"]].rpartition(b"{")[0]}
    yield "signed again with another key", resigned(good)
    old = {n: d for n, d in sample.older.items() if n.startswith("data/log/")}
    kept = {n: d for n, d in good.items() if not n.startswith("data/log/")}
    yield "old log put back, manifests anew", remade({**kept, **old})


Verifier = Callable[[Sample, Path], "bool | None"]


def newest_note(bag: Path) -> Path:
    """The last checkpoint of a bag."""
    return max((bag / "data/log/checkpoints").glob("*.note"))


def _openssl_signature(sample: Sample, bag: Path) -> bool:
    import base64

    body, _, line = newest_note(bag).read_text(errors="replace").partition("\n\n")
    (sample.room / "body").write_text(body + "\n")
    try:
        (sample.room / "sig").write_bytes(base64.b64decode(line.split()[-1])[4:])
    except (ValueError, IndexError):
        return False
    return run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", bag / "data/keys/log.pem", "-rawin", "-in",
               sample.room / "body", "-sigfile", sample.room / "sig").returncode == 0  # fmt: skip


def _ts(s: Sample, bag: Path) -> bool:
    ca = s.room / "tsa" / "ca.pem"
    return run("openssl", "ts", "-verify", "-data", bag / s.stamped, "-in", bag / s.reply, "-CAfile", ca).returncode == 0


def _pyhanko(s: Sample, bag: Path) -> bool:
    return run("pyhanko", "sign", "validate", "--trust", bag / "data/keys/signer.pem", "--trust-replace", bag / s.pdf).returncode == 0


def _pdfsig(s: Sample, bag: Path) -> bool:
    said = run("pdfsig", "-nocert", bag / s.pdf)
    return said.returncode == 0 and "Signature is Valid" in said.stdout and "Total document signed" in said.stdout


def _verify(s: Sample, bag: Path) -> bool:
    # the good verify.py: whoever changes a bag may change the program in it
    (s.room / "verify.py").write_bytes(s.good["verify.py"])
    command = [sys.executable, "-I", "-S", str(s.room / "verify.py"), str(bag)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _case(_: Sample, bag: Path) -> bool:
    return run("case_validate", "--built-version", "case-1.5.0", bag / "data/graph/case.jsonld").returncode == 0


VERIFIERS: dict[str, tuple[str, Verifier]] = {
    "bagit.py": ("", lambda s, bag: run("bagit.py", "--validate", bag).returncode == 0),
    "sha256sum": ("", lambda s, bag: run("sha256sum", "-c", "manifest-sha256.txt", "tagmanifest-sha256.txt", cwd=bag).returncode == 0),
    "pkeyutl": ("data/log/checkpoints data/keys/log.pem", _openssl_signature),
    "openssl ts": ("data/log/checkpoints data/log/timestamps", _ts),
    "Go tlog": ("data/log data/keys", lambda s, bag: None if s.go is None else run(str(s.go), bag).returncode == 0),
    "case_validate": ("data/graph", _case),
    "pyhanko": ("data/documents", _pyhanko),
    "pdfsig": ("data/documents", _pdfsig),
    "verify.py": ("", _verify),
}  # fmt: skip


def looks(sample: Sample, reads: str, files: Files) -> bool:
    """Whether anything the verifier reads differs from the good bag."""
    changed = {n for n in files.keys() | sample.good.keys() if files.get(n) != sample.good.get(n)}
    return any(n.startswith(tuple(reads.split())) for n in changed) if reads else True


def judged(sample: Sample, files: Files, *, every: bool = False, only: frozenset[str] | None = None) -> dict[str, str]:
    """What each verifier says: taken, refused, not run, · (nothing it reads was changed)."""
    bag = sample.room / "bag"
    shutil.rmtree(bag, ignore_errors=True)
    for name, data in files.items():
        (bag / name).parent.mkdir(parents=True, exist_ok=True)
        (bag / name).write_bytes(data)
    said = {}
    for name, (reads, verifier) in VERIFIERS.items():
        if only is not None and name not in only:
            continue
        answer: bool | str | None = verifier(sample, bag) if every or looks(sample, reads, files) else "·"
        said[name] = answer if isinstance(answer, str) else {None: "not run", True: "taken", False: "refused"}[answer]
    return said


def by_age(sample: Sample, data: bytes) -> bool | None:
    """Debian's age on the envelope; None: not here."""
    if program("age") is None:
        return None
    path = sample.room / "changed.age"
    path.write_bytes(data)
    return run("age", "-d", "-i", sample.room / "age.key", "-o", sample.room / "out.tar", path).returncode == 0
