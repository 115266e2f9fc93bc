"""A bundle comes into another case: checked first, sealed, recorded; the receipt goes back. Hostile ones end as one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest

from saksi import verbs
from saksi.case.store import Case
from saksi.errors import InputRefused, SaksiError, UsageError, VerificationFailed, WrongKey
from saksi.handover import opening
from saksi.verbs import receiving
from saksi.verbs.receiving import ReceiveOptions
from tests.handover import making


@pytest.fixture
def handed(case: Case, tmp_path: Path) -> making.Handed:
    return making.hand_over(case, tmp_path / "b.age")


@pytest.fixture
def identity(handed: making.Handed, tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    path.write_text(f"# created\n{handed.identity}\n", encoding="ascii")
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "MEREKA", "kata sandi mereka", kdf=making.CHEAP) as made:
        yield made


def test_what_was_handed_over_is_sealed_read_and_acknowledged(
    case: Case, theirs: Case, handed: making.Handed, identity: Path, tmp_path: Path
) -> None:
    told = ReceiveOptions("C7", identity, tmp_path / "tanda-terima.json")
    data = receiving.receive(theirs, handed.path, told)
    assert [t["label"] for t in data["taken"]] == ["S1", "S2", "S3"]
    assert {r.digest for _, r, _ in theirs.sources()} == {r.digest for _, r, _ in case.sources()}
    actions = [(e["action"], e["fields"].get("result")) for e in theirs.vault.entries()]
    assert ("receive", "ok") in actions
    assert ("transfer-ack", "ok") in actions
    kinds = {o.kind for o in theirs.vault.objects()}
    assert {"source", "source-record", "bundle-part"} <= kinds
    assert theirs.vault.verify().ok
    said = receiving.acknowledge(case, tmp_path / "tanda-terima.json", "C1")
    assert said["bundle_id"] == handed.data["bundle_id"]
    assert data["sender_fingerprint"] == handed.data["log_fingerprint"]  # the two that are read out over the telephone
    assert said["fingerprint"] not in ("", data["sender_fingerprint"])
    last = list(case.vault.entries())[-1]
    assert (last["action"], last["fields"]["result"]) == ("transfer-ack", "ok")
    again = receiving.receive(theirs, handed.path, ReceiveOptions("C7", identity))
    assert all(t["known"] for t in again["taken"])
    assert len(theirs.sources()) == 3


def test_the_received_case_is_built_like_any_other(handed: making.Handed, identity: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "K", making.PASSPHRASE, kdf=making.CHEAP) as made:
        receiving.receive(made, handed.path, ReceiveOptions("C7", identity))
    built = verbs.build(tmp_path / "K", making.PASSPHRASE, [], verbs.BuildOptions(zone="Asia/Jakarta", at_risk=("Rara",)))
    assert sum(sum(s["by_kind"].values()) for s in built.data["sources"]) == 14


def test_an_unpacked_bag_is_taken_in_too(theirs: Case, handed: making.Handed, tmp_path: Path) -> None:
    data = receiving.receive(theirs, handed.unpack(tmp_path / "out"), ReceiveOptions("C7"))
    assert len(data["taken"]) == 3


def test_verify_of_a_bundle(handed: making.Handed, identity: Path, tmp_path: Path) -> None:
    assert receiving.verify_bundle(handed.path, identity)["ok"]
    assert receiving.verify_bundle(handed.unpack(tmp_path / "out"), None)["ok"]
    with pytest.raises(UsageError, match="identity_needed"):
        receiving.verify_bundle(handed.path, None)
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()), encoding="ascii")
    with pytest.raises(WrongKey):
        receiving.verify_bundle(handed.path, other)
    other.write_text("bukan kunci", encoding="ascii")
    with pytest.raises(UsageError, match="identity_unreadable"):
        receiving.verify_bundle(handed.path, other)
    other.write_bytes(b"bukan bundel" * 100)
    with pytest.raises(InputRefused):
        receiving.verify_bundle(other, None)


def test_a_bundle_cut_off_anywhere_is_refused_and_said(
    theirs: Case, handed: making.Handed, identity: Path, tmp_path: Path
) -> None:
    whole = handed.path.read_bytes()
    cut = tmp_path / "cut.age"
    entries = theirs.vault.log_size
    for place in (0, 10, 22, 100, 250, *range(400, len(whole), max(1, len(whole) // 40)), len(whole) - 1):
        cut.write_bytes(whole[:place])
        with pytest.raises(SaksiError) as e:
            receiving.receive(theirs, cut, ReceiveOptions("C7", identity))
        assert e.value.key in ("bundle_does_not_hold", "bundle_damaged", "no_bundle", "bundle_other_key"), place
    assert theirs.sources() == []
    assert theirs.vault.log_size >= entries


def repacked(handed: making.Handed, change: Callable[[tarfile.TarFile, list[tuple[tarfile.TarInfo, bytes]]], None], to: Path) -> Path:
    """The bundle's tar written anew by `change`."""
    with tarfile.open(fileobj=io.BytesIO(handed.tar())) as tar:
        items = [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    with tarfile.open(to, "w") as out:
        change(out, items)
    return to


def add_all(out: tarfile.TarFile, items: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    for member, data in items:
        out.addfile(member, io.BytesIO(data))


def added(name: str, data: bytes = b"x", **more: Any) -> Callable[[tarfile.TarFile, list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(out: tarfile.TarFile, items: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        add_all(out, items)
        info = tarfile.TarInfo(name.replace("ROOT", items[0][0].name.partition("/")[0]))
        info.size = len(data)
        for key, value in more.items():
            setattr(info, key, value)
        out.addfile(info, io.BytesIO(data))

    return change


HOSTILE = {
    "dots": added("ROOT/../../jahat.txt"),
    "absolute": added("/tmp/saksi-jahat.txt"),
    "other root": added("lain/data/x.txt"),
    "backslash": added("ROOT/data\\..\\x.txt"),
    "hidden": added("ROOT/.profile"),
    "symbolic link": added("ROOT/data/tables/x", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": added("ROOT/data/tables/x", b"", type=tarfile.LNKTYPE, linkname="ROOT/bagit.txt"),
    "device": added("ROOT/data/x", b"", type=tarfile.CHRTYPE),
    "pipe": added("ROOT/data/x", b"", type=tarfile.FIFOTYPE),
    "twice": added("ROOT/data/bundle.json", b"{}"),
    "twice by case": added("ROOT/data/Bundle.json", b"{}"),
    "extra file": added("ROOT/data/sources/S1/part-0099.txt"),
    "extra tag": added("ROOT/catatan.txt"),
    "fetch": added("ROOT/fetch.txt", b"https://contoh.invalid/x 10 data/x\n"),
    "long name": added("ROOT/data/" + "a" * 5000),
    "control characters": added("ROOT/data/a\x1b[2Jb\n.txt"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_members_are_refused_and_nothing_is_written(
    theirs: Case, handed: making.Handed, tmp_path: Path, name: str
) -> None:
    path = repacked(handed, HOSTILE[name], tmp_path / "hostile.tar")
    before = {p for p in tmp_path.parent.rglob("*") if p.is_file() and "objects" not in p.parts}
    with pytest.raises(VerificationFailed, match="bundle_does_not_hold"):
        receiving.receive(theirs, path, ReceiveOptions("C7"))
    assert theirs.sources() == []
    assert {p for p in tmp_path.parent.rglob("*") if p.is_file() and "objects" not in p.parts} == before
    last = list(theirs.vault.entries())[-1]
    assert (last["action"], last["fields"]["result"]) == ("receive", "failed")
    assert receiving.verify_bundle(path, None)["bad"]


def test_a_member_that_says_it_is_huge_is_not_believed(theirs: Case, handed: making.Handed, tmp_path: Path) -> None:
    def change(out: tarfile.TarFile, items: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        add_all(out, items)
        info = tarfile.TarInfo(items[0][0].name.partition("/")[0] + "/data/besar.bin")
        info.size = 1 << 50
        out.fileobj.write(info.tobuf(tarfile.PAX_FORMAT) + b"x" * 1024)

    path = repacked(handed, change, tmp_path / "hostile.tar")
    with pytest.raises(VerificationFailed):
        receiving.receive(theirs, path, ReceiveOptions("C7"))


def test_media_in_what_came_are_not_kept(case: Case, tmp_path: Path, case_folder: Path) -> None:
    """The receiver's own media rule holds for whatever a sender calls a text."""
    picture = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
    held = opening.Held(b"23/11/26, 20:15 - Budi: halo\n" + picture + b"\n24/11/26, 20:16 - Budi: hai\n")
    digest = hashlib.sha256(held.getvalue()).hexdigest()
    member = opening.Member("data/sources/S1/part-0001.txt", len(held.getvalue()), held)
    with Case.create(tmp_path / "K", making.PASSPHRASE, kdf=making.CHEAP) as made:
        receiving._take(made, member, {"label": "S1", "name": "x.txt"}, {"path": member.path, "sha256": digest, "part": None})
        (_, received, _), = made.sources()
        assert received.sealed_as == "without_media"
        kept = b"".join(made.vault.open_object(o.object_id).read() for o in made.vault.objects())
        assert picture[4:400] not in kept


def forged(value: Any, key: str) -> Any:
    return {**value, key: {"bundle_id": "h" + "a" * 20, "entry": value["entry"].replace("transfer-ack", "transfer-out"),
                           "bundle_sha256": "0" * 64, "opening": {**value["opening"], "text": "x"},
                           "public_key": "AAAA", "proof": "x", "origin": "lain"}[key]}  # fmt: skip


@pytest.mark.parametrize("key", ["bundle_id", "entry", "bundle_sha256", "opening", "public_key", "proof", "origin"])
def test_a_forged_receipt_is_refused(
    case: Case, theirs: Case, handed: making.Handed, identity: Path, tmp_path: Path, key: str
) -> None:
    receipt = tmp_path / "r.json"
    receiving.receive(theirs, handed.path, ReceiveOptions("C7", identity, receipt))
    receipt.write_text(json.dumps(forged(json.loads(receipt.read_text(encoding="utf-8")), key)), encoding="utf-8")
    with pytest.raises(VerificationFailed, match="receipt_does_not_hold"):
        receiving.acknowledge(case, receipt, "C1")


def test_a_receipt_for_something_else_is_told_apart(
    theirs: Case, handed: making.Handed, identity: Path, tmp_path: Path
) -> None:
    receipt = tmp_path / "r.json"
    receiving.receive(theirs, handed.path, ReceiveOptions("C7", identity, receipt))
    with pytest.raises(UsageError, match="receipt_of_another"):
        receiving.acknowledge(theirs, receipt, "C7")


def test_no_plaintext_touches_the_disk(
    case: Case, handed: making.Handed, identity: Path, theirs: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither handing over nor receiving makes a temporary file, and what they write is ciphertext."""

    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("a temporary file")

    for name in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    folder = tmp_path / "out"
    folder.mkdir()
    making.hand_over(case, folder / "c.age")
    receiving.receive(theirs, handed.path, ReceiveOptions("C7", identity))
    assert [p.name for p in folder.iterdir()] == ["c.age"]
    for path in (*folder.rglob("*"), *(tmp_path / "MEREKA").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            for word in (b"Kak Arga", b"kejutan", b"uang jajan"):
                assert word not in data


def test_a_new_case_knows_who_received(
    handed: making.Handed, identity: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from saksi.cli.commands import run

    secret = tmp_path / "sandi"
    secret.write_text("kata sandi mereka\n", encoding="utf-8")
    told = ["receive", handed.path, tmp_path / "BARU", "--identity", identity, "--by", "C7", "--passphrase-file", secret]
    assert run(list(map(str, told))) == 0
    assert f"saksi build {tmp_path / 'BARU'}" in capsys.readouterr().out
    with Case.open(tmp_path / "BARU", "kata sandi mereka") as made:
        assert {e["actor"] for e in made.vault.entries()} == {"c7"}


def test_what_is_not_there_makes_no_case(handed: making.Handed, theirs: Case, identity: Path, tmp_path: Path) -> None:
    from saksi.cli.commands import run

    receiving.receive(theirs, handed.path, ReceiveOptions("C7", identity, tmp_path / "tanda.json"))
    secret = tmp_path / "sandi"
    secret.write_text("kata sandi\n", encoding="utf-8")
    for given, code in (("tidak-ada.age", 3), ("tanda.json", 2)):  # a file that is missing; a receipt, where there is no case
        told = ["receive", tmp_path / given, tmp_path / "BARU", "--by", "C7", "--passphrase-file", secret]
        assert run(list(map(str, told))) == code
        assert not (tmp_path / "BARU").exists()
