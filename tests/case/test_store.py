"""A case on disk: tables come back, a crash between log and database is mended, keys are needed, nothing lies open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from saksi.case.store import Case
from saksi.errors import SaksiError, UsageError, WrongKey
from saksi.intake import MediaRule, receive
from saksi.parts import open_source
from saksi.table.digest import RowDigest
from saksi.table.schema import MESSAGE_SCHEMA
from saksi.vault.keys import KdfParameters

CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
PASSPHRASE = "kata sandi uji"
SECRETS = ("Rina Contoh", "Budi Contoh", "pesan rahasia", "086012345678", "WhatsApp Chat dengan")


@pytest.fixture
def case(tmp_path: Path) -> Any:
    with Case.create(tmp_path / "KASUS", PASSPHRASE, kdf=CHEAP) as c:
        yield c


def batches(n: int) -> list[pa.RecordBatch]:
    rows = [
        {"message_id": f"m{i}", "seq": i, "sender_name": "Rina Contoh", "text": "pesan rahasia 086012345678"}
        for i in range(n)
    ]
    return [
        pa.RecordBatch.from_pylist(rows[: n // 2], schema=MESSAGE_SCHEMA),
        pa.RecordBatch.from_pylist(rows[n // 2 :], schema=MESSAGE_SCHEMA),
    ]


def receive_text(case: Case, folder: Path, name: str = "WhatsApp Chat dengan Budi Contoh.txt") -> tuple[str, Any, str]:
    path = folder / name
    path.write_text("23/11/26, 20:15 - Rina Contoh: pesan rahasia 086012345678\n", encoding="utf-8")
    with open_source(path) as source:
        received, record = receive(case.vault, source, path, MediaRule(), exhibit=case.next_label())
    return case.next_label(), received, record


def test_tables_come_back_by_column_and_with_their_digest(case: Case) -> None:
    assert case.put_table("S1", "messages", batches(10), MESSAGE_SCHEMA) == 10
    back = pa.Table.from_batches(case.batches("S1", "messages"))
    assert back.equals(pa.Table.from_batches(batches(10)))
    narrow = pa.Table.from_batches(case.batches("S1", "messages", ("seq", "text")))
    assert narrow.column_names == ["seq", "text"]
    assert narrow.column("seq").to_pylist() == list(range(10))
    expected = RowDigest(MESSAGE_SCHEMA)
    for b in batches(10):
        expected.update(b)
    ((label, what, rows, row_digest, _),) = case.derived()
    assert (label, what, rows, row_digest) == ("S1", "messages", 10, expected.hexdigest())
    assert list(case.batches("S9", "messages")) == []
    case.put_table("S1", "messages", batches(4), MESSAGE_SCHEMA)
    assert sum(b.num_rows for b in case.batches("S1", "messages")) == 4, "a new reading replaces the old one"


def test_nothing_in_the_folder_can_be_read(case: Case, tmp_path: Path) -> None:
    label, received, record = receive_text(case, tmp_path)
    case.add_source(label, received, record)
    case.put_table("S1", "messages", batches(50), MESSAGE_SCHEMA)
    case.put_json("S1", "account", {"name": "Rina Contoh"})
    case.set("at_risk", "Rina Contoh")
    case.decide("m0123456789abcdef", "confirmed", "C1", "pesan rahasia")
    case.add_statement("media-adults-agreed", "Rina Contoh setuju", "C1")
    case.close()
    for path in (tmp_path / "KASUS").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for secret in SECRETS:
                assert secret.encode() not in data, path.name
                assert secret not in str(path.relative_to(tmp_path))
            assert received.digest.encode() not in data, "a bare digest lets a thief test for known files"


def test_a_crash_after_the_log_entry_is_mended_on_open(case: Case, tmp_path: Path) -> None:
    _, received, _ = receive_text(case, tmp_path)  # sealed and logged; the row of case.db was never written
    assert case.sources() == []
    case.close()
    with Case.open(tmp_path / "KASUS", PASSPHRASE) as again:
        ((label, found, _),) = again.sources()
        assert (label, found) == ("S1", received)
        assert again.vault.verify(deep=True).ok
    with Case.open(tmp_path / "KASUS", PASSPHRASE) as again:
        assert len(again.sources()) == 1


def test_decisions_keep_their_history_and_can_be_taken_back(case: Case) -> None:
    case.decide("m0000000000000001", "confirmed", "C1")
    case.decide("m0000000000000001", "rejected", "C2", "keliru")
    case.decide("m0000000000000002", "confirmed", "C1")
    case.decide("m0000000000000002", "open", "C1")
    found = case.decisions()
    assert {m: (d.state, d.by, d.note) for m, d in found.items()} == {"m0000000000000001": ("rejected", "C2", "keliru")}
    actions = [e["action"] for e in case.vault.entries()]
    assert actions.count("decide") == 4, "every decision is a custody event"
    with pytest.raises(UsageError):
        case.decide("m0000000000000001", "guilty", "C1")


def test_wrong_passphrase(case: Case, tmp_path: Path) -> None:
    case.close()
    with pytest.raises(WrongKey) as e:
        Case.open(tmp_path / "KASUS", "bukan ini")
    assert e.value.exit_code == 4


def test_two_writers_are_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(SaksiError):
        Case.open(tmp_path / "KASUS", PASSPHRASE)


def test_a_transaction_is_all_or_nothing(case: Case) -> None:
    def half_done() -> None:
        with case.transaction():
            case.set("zone", "Asia/Jakarta")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert case.get("zone") is None


def test_the_database_follows_the_newest_key_also_after_a_crash(tmp_path: Path) -> None:
    from sqlcipher3 import dbapi2 as sqlcipher

    from saksi.vault import access
    cheap = KdfParameters(memory_kib=64, passes=1, lanes=1)
    with Case.create(tmp_path / "K", "satu", kdf=cheap, code="c1") as case:
        case.set("zone", "Asia/Jakarta")
        access.add(case.vault, "dua", "c2", "caseworker", kdf=cheap)
        first = case.vault.database_keys()
        access.remove(case.vault, "c2")  # the program ends before the database was put under the new key
    for crash in (True, False):
        with Case.open(tmp_path / "K", "satu") as case:
            assert case.get("zone") == "Asia/Jakarta"
            now = case.vault.database_keys()
            if not crash:
                access.change_secret(case.vault, "satu", kdf=cheap)
                case.renew_database_key()
                case.set("zone", "Asia/Makassar")
                now = case.vault.database_keys()
        for key, opens in ((now[0], True), (first[0], False), (now[1], False)):
            db = sqlcipher.connect(str(tmp_path / "K" / "case.db"))
            db.execute("PRAGMA cipher_log_level = NONE")
            db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            if opens:
                assert db.execute("SELECT count(*) FROM meta").fetchone() == (1,)
            else:
                with pytest.raises(sqlcipher.DatabaseError):
                    db.execute("SELECT count(*) FROM meta")
            db.close()
    with Case.open(tmp_path / "K", "satu") as case:
        assert case.get("zone") == "Asia/Makassar"
