"""No byte of a medium stays of a database, wherever it lies; every row reads as before (DESIGN promise 3)."""

from __future__ import annotations

import base64
import random
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.intake import MediaRule, receive, sealed_source
from saksi.parts import open_source
from saksi.sqlite.media import blob_cuts, cuts_of, dead_cuts, text_cuts
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters
from tests.sqlite.making import blanked, left_of, made, medium, pages, rows

QUERY = "select _id, text_data, timestamp from message where text_data not like 'BEGIN%' order by _id"
CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
HEADS = [b"\xff\xd8\xff\xe0", b"RIFF\0\1\0\0WEBP", b"\x89PNG\r\n\x1a\n"]
MODES = [(), ("auto_vacuum=1",), ("page_size=1024",), ("encoding='UTF-16le'",), ("journal_mode=wal", "wal_autocheckpoint=0"),
         ("secure_delete=1",)]


def field(number: int, data: bytes) -> bytes:
    """A byte field of a protobuf message."""
    size = len(data)
    out = bytes([number << 3 | 2])
    while size >= 0x80:
        out += bytes([size & 0x7F | 0x80])
        size >>= 7
    return out + bytes([size]) + data


class Phone:
    """A database with media in every place, and what they are."""

    def __init__(self) -> None:
        self.media: list[bytes] = []
        self.told: list[tuple[Any, ...]] = []
        self.random = random.Random(7)

    def medium(self, size: int | None = None) -> bytes:
        n = size or self.random.choice([120, 700, 1500, 4200, 9000])
        self.media.append(medium(n, len(self.media), self.random.choice(HEADS)))
        return self.media[-1]

    def fill(self, c: sqlite3.Connection) -> None:
        c.execute("create table message(_id integer primary key, text_data text, timestamp int, raw blob)")
        c.execute("create table message_thumbnail(message_row_id integer primary key, thumbnail blob)")
        c.execute("create index by_picture on message_thumbnail(thumbnail)")
        for n in range(400):
            text = f"pesan {n} halo apa kabar " * self.random.choice([1, 1, 20, 400])
            raw: Any = self.medium() if n % 4 == 0 else None
            if n % 9 == 0:
                raw = field(1, b"62860@s.whatsapp.net") + field(2, self.medium(900)) + field(3, b"ABCDEF0123")
            if n % 25 == 0:
                text = f"BEGIN:VCARD\nFN:Budi\nPHOTO;ENCODING=b:{base64.b64encode(self.medium(2500)).decode()}\nEND:VCARD"
            c.execute("insert into message(text_data, timestamp, raw) values(?, ?, ?)", (text, 1_790_000_000_000 + n, raw))
            c.execute("insert into message_thumbnail values(?, ?)", (n, self.medium(300)))
            if n == 150:
                c.commit()
        c.commit()
        c.execute("delete from message_thumbnail where message_row_id % 3 = 0")
        c.execute("update message set raw = null where _id % 8 = 0")
        c.execute("update message set text_data = text_data || '!' where _id % 7 = 0 and text_data not like 'BEGIN%'")
        c.execute("create table gone(a blob)")
        c.executemany("insert into gone values(?)", [(self.medium(30_000),) for _ in range(4)])
        c.commit()
        c.execute("drop table gone")
        c.commit()
        self.told.extend(c.execute(QUERY))


def words(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row[:3] for row in found if not str(row[1]).startswith("BEGIN")]


@pytest.mark.parametrize("pragmas", MODES, ids=str)
def test_no_medium_is_left_and_every_row_reads_alike(tmp_path: Path, pragmas: tuple[str, ...]) -> None:
    phone = Phone()
    main, log = made(tmp_path / "msgstore.db", phone.fill, pragmas)
    assert left_of(phone.media, main + log) > 5000, "they were there"
    db = pages(main, log)
    cuts = cuts_of(db)
    assert all(a[0] + a[1] < b[0] for a, b in zip(cuts.main, cuts.main[1:], strict=False)), "merged, ascending"
    kept, kept_log = blanked(main, cuts.main), blanked(log, cuts.log)
    assert left_of(phone.media, kept + kept_log) == 0
    coded = [base64.b64encode(m)[40:60] for m in phone.media if len(m) > 2400]
    assert not any(c in kept + kept_log for c in coded)
    end = db.log.end if db.log else None
    again = pages(kept, kept_log, end)
    assert words(rows(again, "message")) == words(rows(pages(main, log), "message")) == phone.told
    card = next(r for r in rows(again, "message") if str(r[1]).startswith("BEGIN"))
    assert "FN:Budi" in card[1]
    assert card[1].endswith(":VCARD")  # letters on the line behind a run may fall to it (embedded.py)
    digests = {b.digest for b in cuts.blobs if b.table == "message_thumbnail"}
    assert len(digests) > 200, "what was cut is named by its digest"
    if not log:
        path = tmp_path / "kept.db"
        path.write_bytes(kept)
        outside = sqlite3.connect(path)
        assert outside.execute(QUERY).fetchall() == phone.told
        outside.close()


@pytest.mark.parametrize("shape", ["file", "folder", "zip"])
def test_a_case_keeps_the_rows_and_no_picture(tmp_path: Path, shape: str) -> None:
    phone = Phone()
    pragmas = () if shape == "file" else ("journal_mode=wal", "wal_autocheckpoint=0")
    main, log = made(tmp_path / "x.db", phone.fill, pragmas)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "msgstore.db"
    path.write_bytes(main)
    if log:
        path.with_name("msgstore.db-wal").write_bytes(log)
    if shape == "folder":
        path = path.parent
    elif shape == "zip":
        path = tmp_path / "phone.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("Databases/msgstore.db", main)
            z.writestr("Databases/msgstore.db-wal", log)
    with Vault.create(tmp_path / "KASUS", "kata sandi uji", kdf=CHEAP) as vault:
        with open_source(path) as handed:
            received, _ = receive(vault, handed, path, MediaRule(), exhibit="S1")
        kept = b""
        for found in vault.objects():
            with vault.open_object(found.object_id) as f:
                kept += f.read()
        assert left_of(phone.media, kept) == 0
        assert received.sealed_as == "without_media"
        assert "database_media" in {t.reason for t in received.troubles}
        with sealed_source(vault, received) as source:
            part = next(p for p in source.parts if p.media == "database")
            beside = source.log_of(part)
            assert (beside is not None) == bool(log)
            with part.open() as f, (beside.open() if beside else f) as g:
                db = pages(f.read(), g.read() if beside else b"", beside.checked_end if beside else None)
            assert words(rows(db, "message")) == phone.told


def test_the_police_copy_is_the_whole_database(tmp_path: Path) -> None:
    import pyrage

    phone = Phone()
    main, _ = made(tmp_path / "msgstore.db", phone.fill)
    key = pyrage.x25519.Identity.generate()
    path = tmp_path / "msgstore.db"
    with Vault.create(tmp_path / "KASUS", "kata sandi uji", kdf=CHEAP) as vault:
        with open_source(path) as handed:
            rule = MediaRule("police-key", recipient=str(key.to_public()))
            received, _ = receive(vault, handed, path, rule, exhibit="S1")
        (absent,) = received.absent
        assert absent.police_object is not None
        with vault.open_object(absent.police_object) as f:
            assert pyrage.decrypt(f.read(), [key]) == main
        with sealed_source(vault, received) as source:
            (part,) = source.parts
            assert words(rows(pages(part.read()), "message")) == phone.told


def test_damaged_databases_are_cut_or_left_out(tmp_path: Path) -> None:
    """Whatever is broken in it: no medium stays, and no exception leaves the walk."""
    phone = Phone()
    main, _ = made(tmp_path / "x.db", phone.fill, ("page_size=1024",))
    r = random.Random(9)
    for _ in range(12):
        broken = bytearray(main)
        for _ in range(r.choice([1, 30, 3000])):
            broken[r.randrange(100, len(main))] = r.randrange(256)
        cuts = cuts_of(pages(bytes(broken)))
        left = left_of(phone.media, blanked(bytes(broken), cuts.main))
        assert left <= 12, "no more than binary too short for any picture: 128 bytes without a signature"


def test_what_cannot_be_looked_into_is_not_kept(tmp_path: Path) -> None:
    picture = medium(5000, 1)
    path = tmp_path / "msgstore.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 84 + picture)
    with Vault.create(tmp_path / "KASUS", "kata sandi uji", kdf=CHEAP) as vault:
        with open_source(path) as handed:
            received, _ = receive(vault, handed, path, MediaRule(), exhibit="S1")
        assert received.sealed_as == "digest_only"
        assert "broken_database" in {t.reason for t in received.troubles}


@given(st.binary(min_size=200, max_size=3000), st.integers(0, 3))
def test_values(noise: bytes, depth: int) -> None:
    data = b"\xff\xd8\xff\xe0" + random.Random(noise).randbytes(len(noise))
    for _ in range(depth):
        data = field(2, data) + field(4, b"halo apa kabar")
    kept = blanked(data, blob_cuts(data))
    assert len(kept.replace(b"*", b"")) < 100
    if depth:
        assert b"halo apa kabar" in kept


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=2000))
def test_words_are_never_cut(text: str) -> None:
    assert text_cuts(text.encode()) == []
    assert blob_cuts(field(1, text.encode()) + field(3, b"\x08\x01")) == []


def test_unused_room_keeps_words_only() -> None:
    noise = random.Random(3).randbytes(2000)
    data = noise + "ini kalimat lama yang sudah dihapus, cukup panjang 😀".encode() + noise + bytes(500)
    kept = blanked(data, dead_cuts(data))
    assert "kalimat lama yang sudah dihapus" in kept.decode()
    assert left_of([b"0000" + noise], kept) == 0
    assert dead_cuts(bytes(4000)) == []


def test_the_marks_would_be_found() -> None:
    assert left_of([medium(500, 1)], b"x" + medium(500, 1)) == 51


def test_parts_beside(tmp_path: Path) -> None:
    from tests.sqlite.test_reading import big

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.db").write_bytes(big(tmp_path))
    (tmp_path / "in" / "a.db-journal").write_bytes(b"")
    with open_source(tmp_path / "in") as source:
        assert source.log_of(source.parts[0]) is None, "an empty journal is none"
    (tmp_path / "in" / "a.db-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(100))
    with open_source(tmp_path / "in" / "a.db") as source:
        assert [t.reason for t in source.troubles] == ["log_missing"]


