"""What a case is used for and may be killed in. A new scenario is one object at the end of SCENARIOS.

A scenario works in a room (a folder of its own): `begin` makes what it starts from, once; `act` does the work from wherever it
was left, and tells what it acknowledges; `acknowledged` says what the room holds of that, found in the log and in what it
points to; `outcome` is what must come out at the end, however often it was killed. Everything is looked at with the
program's own means; that no plaintext is left and that `verify` holds is checked for all of them by the harness.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest import mock

from saksi import report, verbs
from saksi.case.store import Case
from saksi.errors import WrongKey
from saksi.vault import KdfParameters, Vault, access
from saksi.vault.objects import OBJECT_ID
from saksi.verbs import deleting, handing_over, receiving
from saksi.verbs.handing_over import HandOverOptions

PASSPHRASE: Final = "kata sandi uji"
CHEAP: Final = KdfParameters(memory_kib=64, passes=1, lanes=1)
NEEDLE: Final = "sebar-8213"
"""Part of every message: found in clear text anywhere after a kill, it would be plaintext left behind."""

DOCUMENT: Final = {"kronologi.html": b"<p>uji</p>"}
"""What stands for every document."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Scenario:
    """See the module's text. The case is always room / "KASUS"."""

    name: str
    begin: Callable[[Path], None]
    act: Callable[[Path, Tell], None]
    acknowledged: Callable[[Path], set[str]]
    outcome: Callable[[Path], object]


def case_of(room: Path) -> Path:
    """Where the case lies."""
    return room / "KASUS"


def chat(n: int, lines: int) -> str:
    """A chat whose every message holds NEEDLE, with a threat in each."""
    return "".join(
        f"{13 + k % 9}/11/26, 20:{n % 60:02} - Budi: kirim foto itu atau aku {NEEDLE} sebar {n} {k}\n" for k in range(lines)
    )


def exports(room: Path) -> list[Path]:
    """What is handed in: chats alone, and a folder of many."""
    return sorted((room / "ekspor").iterdir())


def write_exports(room: Path, chats: int, in_folder: int, lines: int = 40) -> None:
    """Chats alone and a folder of small ones."""
    folder = room / "ekspor"
    folder.mkdir(parents=True)
    for n in range(chats):
        (folder / f"chat {n}.txt").write_text(chat(n, lines))
    if in_folder:
        (folder / "banyak").mkdir()
        for n in range(in_folder):
            (folder / "banyak" / f"chat {n}.txt").write_text(chat(100 + n, 2))


def build(room: Path) -> None:
    """The main job; documents are a small one: what is tested is the order of writing."""
    made: dict[str, Any] = {} if verbs.is_case(case_of(room)) else {"kdf": CHEAP}
    with mock.patch.object(report, "render", return_value=DOCUMENT):
        verbs.build(case_of(room), PASSPHRASE, exports(room), verbs.BuildOptions(zone="Asia/Jakarta"), **made)


def built(room: Path) -> None:
    """A room with a finished case."""
    write_exports(room, 1, 0, lines=6)
    build(room)


# -- build -------------------------------------------------------------------------------------------------------------


def build_and_tell(room: Path, tell: Tell) -> None:
    """Build; what was told is every exhibit."""
    build(room)
    for record in sealed(room):
        tell(record)


def sealed(room: Path) -> set[str]:
    """Exhibits that the log names and that read back to their digest: acknowledged from their entry on."""
    if not verbs.is_case(case_of(room)):
        return set()
    with Case.open(case_of(room), PASSPHRASE) as case:
        return {str(e["fields"]["record"]) for e in case.vault.entries() if e["action"] == "seal"}


def contents(room: Path) -> object:
    """Sources and derived tables; documents state when each source was sealed: that they are there."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        derived = [
            (label, what, rows, None if what.startswith("document-") else digest)
            for label, what, rows, digest, _ in case.derived()
        ]
        return [(label, received.digest) for label, received, _ in case.sources()], derived


# -- decisions ---------------------------------------------------------------------------------------------------------


def marks_of(case: Case) -> list[str]:
    """Every mark of the case."""
    return sorted(
        mark
        for label, _, _ in case.sources()
        for batch in case.batches(label, "marks", ("mark_id",))
        for mark in batch.column("mark_id").to_pylist()
    )


def decide(room: Path, tell: Tell) -> None:
    """Confirm every mark that is not yet decided."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        for mark in marks_of(case):
            if mark not in case.decisions():
                verbs.decide(case, mark, "confirmed", "P1", None)
                tell(mark)


def decided(room: Path) -> set[str]:
    """Marks with a decision in the database and in the log."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        logged = {e["fields"]["mark"] for e in case.vault.entries() if e["action"] == "decide"}
        return {mark for mark in case.decisions() if case.vault.commitment(mark) in logged}


# -- who may open the case ---------------------------------------------------------------------------------------------

PEOPLE: Final = ("c2", "c3", "c4")
REMOVED: Final = ("c2", "c4")


def change_keys(room: Path, tell: Tell) -> None:
    """Add three people, remove two."""
    with Vault.open(case_of(room), PASSPHRASE) as vault:
        before = key_changes(vault)
        for code in PEOPLE:
            if f"add {code}" not in before:
                access.add(vault, f"sandi {code}", code, "caseworker", kdf=CHEAP)
                tell(f"add {code}")
        for code in REMOVED:
            if f"remove {code}" not in before:
                access.remove(vault, code)
                tell(f"remove {code}")


def key_changes(vault: Vault) -> set[str]:
    """What the log says of people."""
    changes = [e["fields"] for e in vault.entries() if e["action"] == "key-change"]
    return {f"{f['what']} {f['code']}" for f in changes if "code" in f}


def opens(room: Path, code: str) -> bool:
    """Whether somebody's passphrase opens the case."""
    try:
        Vault.open(case_of(room), f"sandi {code}").close()
    except WrongKey:
        return False
    return True


def keys_changed(room: Path) -> set[str]:
    """What the log says, borne out: who was added opens the case, who was removed does not."""
    with Vault.open(case_of(room), PASSPHRASE) as vault:
        said = key_changes(vault)
    for code in PEOPLE:
        may = f"add {code}" in said and f"remove {code}" not in said
        assert opens(room, code) is may, f"{code} opens: {not may}"
    return said


# -- hand-over ---------------------------------------------------------------------------------------------------------


def ready_to_hand_over(room: Path) -> None:
    """A built case and the key of who is to receive it."""
    import pyrage

    built(room)
    identity = pyrage.x25519.Identity.generate()
    (room / "penerima.pub").write_text(f"{identity.to_public()}\n")
    (room / "penerima.key").write_text(f"{identity}\n")


def hand_over(room: Path, tell: Tell) -> None:
    """One bundle more than there are."""
    number = len(list(room.glob("berkas-*.age")))
    out = room / f"berkas-{number}.age"
    options = HandOverOptions(str(room / "penerima.pub"), "all", "police-report", "surat 1", "P1", role="police")
    with (
        mock.patch.object(report, "render", return_value=DOCUMENT),
        Case.open(case_of(room), PASSPHRASE) as case,
    ):
        result = handing_over.hand_over(case, out, options)
    tell(f"{result['bundle_id']}")


def handed_over(room: Path) -> set[str]:
    """Bundles that the log says were written; each lies there whole and opens with the recipient's key."""
    import hashlib

    import pyrage

    identity = pyrage.x25519.Identity.from_str((room / "penerima.key").read_text().strip())
    files = [p.read_bytes() for p in room.glob("berkas-*.age")]
    for data in files:
        assert pyrage.decrypt(data, [identity])
    with Case.open(case_of(room), PASSPHRASE) as case:
        there = {case.vault.commitment(hashlib.sha256(data).hexdigest()) for data in files}
        written = [
            e["fields"] for e in case.vault.entries()
            if e["action"] == "transfer-out" and e["fields"].get("result") == "written"
        ]  # fmt: skip
    assert all(f["file"] in there for f in written), "the log speaks of a bundle that is not there"
    return {str(f["bundle"]) for f in written}


# -- receive -----------------------------------------------------------------------------------------------------------


def ready_to_receive(room: Path) -> None:
    """A new case, and a bundle that another one handed over."""
    import shutil

    other = room / "lain"
    other.mkdir()
    ready_to_hand_over(other)
    hand_over(other, lambda _: None)
    (other / "berkas-0.age").rename(room / "masuk.age")
    (other / "penerima.key").rename(room / "penerima.key")
    shutil.rmtree(other)
    Case.create(case_of(room), PASSPHRASE, kdf=CHEAP).close()


def receive(room: Path, tell: Tell) -> None:
    """Take the bundle in, where that was not yet done."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        if not bundles_in(case):
            options = receiving.ReceiveOptions("P1", identity=room / "penerima.key")
            tell(str(receiving.receive(case, room / "masuk.age", options)["bundle_id"]))


def bundles_in(case: Case) -> set[str]:
    """Bundles that the log says were received."""
    entries = (e for e in case.vault.entries() if e["action"] == "receive")
    return {str(e["fields"]["bundle"]) for e in entries if e["fields"].get("result") == "ok"}


def received(room: Path) -> set[str]:
    """Bundles and exhibits that the log names."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        return bundles_in(case) | {str(e["fields"]["record"]) for e in case.vault.entries() if e["action"] == "seal"}


def exhibits(room: Path) -> object:
    """Labels and digests of the case's sources."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        return [(label, source.digest) for label, source, _ in case.sources()]


# -- deletion ----------------------------------------------------------------------------------------------------------


def ready_to_delete(room: Path) -> None:
    """Two sources, and a second person who may approve."""
    write_exports(room, 2, 0, lines=6)
    build(room)
    with Vault.open(case_of(room), PASSPHRASE) as vault:
        access.add(vault, "sandi c2", "c2", "lead", kdf=CHEAP)


def delete(room: Path, tell: Tell) -> None:
    """One person asks, another approves; from wherever it was left."""
    with mock.patch.object(report, "render", return_value=DOCUMENT):
        with Case.open(case_of(room), PASSPHRASE) as case:
            waiting = "S1" in labels(case)
            if waiting and case.requested_deletion("S1") is None:
                deleting.request_deletion(case, "S1", "consent_withdrawn")
                tell("asked")
        if waiting:
            with Case.open(case_of(room), "sandi c2") as case:
                deleting.approve_deletion(case, "S1", "id")
            tell("deleted")


def labels(case: Case) -> list[str]:
    """The sources that are there."""
    return [label for label, _ in case.records()]


def deleted(room: Path) -> set[str]:
    """What the log says, borne out: nothing that a deletion names is on the disk, the source is gone, the other is there."""
    with Case.open(case_of(room), PASSPHRASE) as case:
        entries = list(case.vault.entries())
        gone = {o for e in entries if e["action"] == "delete" for o in e["fields"]["objects"]}
        after = next((n for n, e in enumerate(entries) if e["action"] == "delete"), 0)
        gone -= {o for e in entries[after + 1 :] for o in OBJECT_ID.findall(str(e["fields"]))}  # sealed anew, for the other source
        asked = any(e["action"] == "decide" and e["fields"].get("what") == "delete-request" for e in entries)
        there = {o.object_id for o in case.vault.objects()}
        assert not there & gone, "an object is still there"
        assert ("S1" not in labels(case)) is bool(gone), "the log and the case do not agree"
        assert "S2" in labels(case)
    return ({"asked"} if asked else set()) | ({"deleted"} if gone else set())


SCENARIOS: Final = (
    Scenario("build", lambda room: write_exports(room, 3, 0), build_and_tell, sealed, contents),
    Scenario("build of many small files", lambda room: write_exports(room, 5, 40), build_and_tell, sealed, contents),
    Scenario("decisions", built, decide, decided, decided),
    Scenario("change of keys", built, change_keys, keys_changed, keys_changed),
    Scenario("hand-over", ready_to_hand_over, hand_over, handed_over, lambda _: None),
    Scenario("deletion", ready_to_delete, delete, deleted, exhibits),
    Scenario("receive", ready_to_receive, receive, received, exhibits),
)
