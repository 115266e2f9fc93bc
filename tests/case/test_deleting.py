"""Deletion: two people, legal hold first, nothing of the source left, nothing of the others lost, whole at every crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from saksi import verbs
from saksi.case.store import Case
from saksi.errors import StorageFailed, UsageError
from saksi.vault import access, check_commitment, verify_case, verify_folder
from saksi.verbs import deleting
from tests.case.test_store import CHEAP, PASSPHRASE

SECOND = "kata sandi kedua"
FIRST_CHAT = "".join(
    f"1{d}/03/26 21.2{d} - Kak Arga: pesan rahasia {d}\n1{d}/03/26 21.3{d} - Wulan Contoh: iya kak\n" for d in range(9)
)
OTHER_CHAT = "13/03/26 07.00 - Bu Sari: besok ulangan\n13/03/26 07.10 - Wulan Contoh: baik bu\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case of two sources that share rows (S1 and S3), opened by two accesses."""
    (tmp_path / "a.txt").write_text(FIRST_CHAT, encoding="utf-8")
    (tmp_path / "b.txt").write_text(OTHER_CHAT, encoding="utf-8")
    options = verbs.BuildOptions(zone="WIB", date_order="dmy", at_risk=("Wulan Contoh",))
    verbs.build(tmp_path / "K", PASSPHRASE, [tmp_path / "a.txt", tmp_path / "b.txt"], options, kdf=CHEAP)
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        access.add(case.vault, SECOND, "c2", "lead", kdf=CHEAP)
    return tmp_path / "K"


def ask(folder: Path, label: str = "S1") -> None:
    with Case.open(folder, PASSPHRASE) as case:
        deleting.request_deletion(case, label, "consent_withdrawn")


def approve(folder: Path, label: str = "S1") -> dict[str, Any]:
    with Case.open(folder, SECOND) as case:
        return deleting.approve_deletion(case, label, "id")


def plaintexts(folder: Path) -> bytes:
    """Everything that opens in the case, and the rows of its database."""
    found = b""
    with Case.open(folder, PASSPHRASE) as case:
        for sealed in case.vault.objects():
            with case.vault.open_object(sealed.object_id) as f:
                data = f.read()
            if sealed.kind.startswith("table-"):  # compressed: looked at as rows
                data = repr(pa.ipc.open_stream(data).read_all().to_pylist()).encode()
            found += data + repr(case.vault.object_meta(sealed.object_id)).encode()
        for (table,) in case._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            found += repr(case._db.execute(f"SELECT * FROM {table}").fetchall()).encode()
    return found


def test_two_people_delete_one_source_and_nothing_of_it_is_left(folder: Path) -> None:
    with Case.open(folder, PASSPHRASE) as case:
        digest = next(r.digest for label, r, _ in case.sources() if label == "S1")
        marks = [m for b in case.batches("S1", "marks", ("mark_id",)) for m in b.column("mark_id").to_pylist()]
        for mark in marks[:1]:
            case.decide(mark, "confirmed", None, "catatan")
        salt = case.vault.commitment_salt(digest)
        kept = [b.to_pylist() for b in case.batches("S2", "messages")]
    assert digest.encode() in plaintexts(folder)
    ask(folder)
    assert b"Kak Arga" in (before := plaintexts(folder))
    said = approve(folder)
    assert (said["requested_by"], said["approved_by"], said["reason"]) == ("c1", "c2", "consent_withdrawn")
    assert said["objects"] > 5
    after = plaintexts(folder)
    for needle in (digest.encode(), digest[:16].encode(), b"Kak Arga", b"pesan rahasia", b"a.txt"):
        assert needle in before
        assert needle not in after, needle
    with Case.open(folder, PASSPHRASE) as case:
        assert [label for label, _, _ in case.sources()] == ["S2"]
        assert [b.to_pylist() for b in case.batches("S2", "messages")] == kept
        assert any(what.startswith("document-") for _, what, _, _, _ in case.derived()), "documents are made anew"
        assert case.next_label() == "S3", "a label is never used twice"
        entry = next(e for e in case.vault.entries() if e["action"] == "delete")
    assert (entry["actor"], entry["fields"]["requested_by"], entry["fields"]["approved_by"]) == ("c2", "c1", "c2")
    assert check_commitment(entry["fields"]["tombstone"], digest, salt), "whoever holds the file can show that it was here"
    found = verify_case(folder, PASSPHRASE)
    assert found.ok, found.bad
    assert [i.why for i in verify_folder(folder).info if i.what == "retention"] == ["deleted_on_purpose"]
    assert not [i for i in found.info if i.what == "object"]


def test_what_was_deleted_can_be_handed_in_again(folder: Path) -> None:
    ask(folder)
    approve(folder)
    data = verbs.build(folder, PASSPHRASE, [folder.parent / "a.txt"], verbs.BuildOptions()).data
    assert [s["label"] for s in data["sources"]] == ["S2", "S3"]
    assert verify_case(folder, PASSPHRASE).ok
    with Case.open(folder, PASSPHRASE) as case:
        assert [label for label, _, _ in case.sources()] == ["S2", "S3"]
        assert sum(b.num_rows for b in case.batches("S3", "messages")) == 18


def test_what_delete_refuses(folder: Path) -> None:
    with Case.open(folder, PASSPHRASE) as case:
        calls: list[tuple[Callable[[Case], object], str]] = [
            (lambda c: deleting.approve_deletion(c, "S1", "id"), "nothing_to_approve"),
            (lambda c: deleting.withdraw_deletion(c, "S1"), "nothing_to_approve"),
            (lambda c: deleting.request_deletion(c, "S9", "other"), "no_such_source"),
            (lambda c: deleting.request_deletion(c, "S1", "karena Budi"), "reason_unknown"),
            (lambda c: deleting.hold(c, "karena Budi", on=True), "reason_unknown"),
        ]
        for call, key in calls:
            with pytest.raises(UsageError) as refused:
                call(case)
            assert refused.value.key == key
        deleting.request_deletion(case, "S1", "other")
        with pytest.raises(UsageError) as refused:
            deleting.approve_deletion(case, "S1", "id")
        assert refused.value.key == "second_person_needed"
        deleting.withdraw_deletion(case, "S1")
        assert case.requested_deletion("S1") is None
        deleting.request_deletion(case, "S1", "other")
        deleting.hold(case, "court", on=True)
    with Case.open(folder, SECOND) as case:
        with pytest.raises(UsageError) as refused:
            deleting.approve_deletion(case, "S1", "id")
        assert refused.value.key == "legal_hold"
        with pytest.raises(UsageError) as refused:
            deleting.request_deletion(case, "S2", "other")
        assert refused.value.key == "legal_hold"
    assert [i.why for i in verify_folder(folder).info if i.what == "retention"] == ["legal_hold"]
    with Case.open(folder, SECOND) as case:
        deleting.hold(case, "court", on=False)
        deleting.approve_deletion(case, "S1", "id")
    assert verify_case(folder, PASSPHRASE).ok


def test_the_day_until_which_a_case_is_kept_is_told_when_it_passed(folder: Path) -> None:
    for day, told in (("2099-12-31", []), ("2020-01-31", ["retention_over"])):
        verbs.build(folder, PASSPHRASE, [], verbs.BuildOptions(keep_until=day))
        assert [i.why for i in verify_folder(folder).info if i.what == "retention"] == told
    with pytest.raises(UsageError):
        verbs.build(folder, PASSPHRASE, [], verbs.BuildOptions(keep_until="kapan-kapan"))


class Stop(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("where", ["shred", "finish_deletion", "note_going", "append", "checkpoint"])
def test_a_deletion_cut_off_is_whole_at_the_next_opening(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    ask(folder)

    def stop(*_args: object, **_fields: object) -> None:
        raise Stop

    with monkeypatch.context() as broken:
        owner = "saksi.case.store.Case" if where in ("finish_deletion", "note_going") else "saksi.vault.vault.Vault"
        broken.setattr(f"{owner}.{where}", stop)
        case = Case.open(folder, SECOND)
        with pytest.raises(Stop):
            deleting.approve_deletion(case, "S1", "id")
        case._db.close()
        case.vault._lock.release()  # nothing was closed
    text = plaintexts(folder)
    with Case.open(folder, SECOND) as case:
        labels = [label for label, _, _ in case.sources()]
    assert verify_case(folder, PASSPHRASE).ok
    if where in ("note_going", "append"):
        assert labels == ["S1", "S2"]
        assert b"pesan rahasia" in text
        approve(folder)
        text = plaintexts(folder)
    assert b"pesan rahasia" not in text
    assert verify_case(folder, PASSPHRASE).ok


def test_a_disk_that_fails_while_shredding_is_finished_later(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(folder)
    with monkeypatch.context() as broken:
        def fail(*_args: object) -> None:
            raise StorageFailed("vault_disk_error", errno="EIO")

        broken.setattr("saksi.vault.files.Disk.overwrite", fail)
        with pytest.raises(StorageFailed):
            approve(folder)
    assert b"pesan rahasia" not in plaintexts(folder)
    assert verify_case(folder, PASSPHRASE).ok


def test_a_shredded_file_holds_no_key_even_before_it_is_removed(folder: Path) -> None:
    with Case.open(folder, PASSPHRASE) as case:
        record = dict(case.records())["S1"]
        path, start, length = _place(case, record)
        case.vault._store._overwrite_key(path, start, length)
        case.vault._store.packs.read_anew()
        with pytest.raises(Exception, match="object_damaged"):
            case.vault.open_object(record)


def _place(case: Case, object_id: str) -> tuple[Path, int, int]:
    folder = case.vault._store.folder
    if (folder / object_id).is_file():
        return folder / object_id, 0, (folder / object_id).stat().st_size
    place = case.vault._store.packs.find(object_id)
    assert place is not None
    return folder / place.pack, place.start, place.length
