"""WhatsApp's databases: every row once, all kinds, both schemas, names, damage and hostile files."""

from __future__ import annotations

import ast
import base64
import hashlib
import random
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saksi.errors import InputRefused
from saksi.intake import MediaRule, receive, sealed_source
from saksi.parts import open_source
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import claims, read_source, require_readable
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters
from tests.readers.test_truth import compare
from tests.simulator import whatsapp_db
from tests.simulator.truth import Row
from tests.simulator.world import build_phone

SRC = Path(__file__).resolve().parents[3] / "src" / "saksi"
CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
T = 1_790_000_000_000


def read(path: Path) -> tuple[list[dict[str, Any]], Reading]:
    with open_source(path) as source:
        reading = read_source(source, ReadSettings())
        rows = [row for batch in reading for row in batch.to_pylist()]
    return rows, reading


def own(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in rows if "." not in r["message_id"]]


def whole(reading: Reading) -> None:
    """Every row of every table is accounted for and nothing went wrong."""
    for part in reading.account()["parts"]:
        if "rows" in part:
            rows = part["rows"]
            assert rows["messages"] + rows["container"] + rows["problems"] == rows["total"]
            assert rows["problems"] == 0, reading.problems
            assert sum(t["rows"] for t in part["tables"]) == rows["total"]
    assert not {p.reason for p in reading.problems} - {"database_media"}


@pytest.mark.parametrize("shape", ["folder", "zip", "case"])
def test_every_message_of_the_phone_once_android(tmp_path: Path, shape: str) -> None:
    chats = build_phone(3, 1500, apps=("whatsapp",)).chats
    truth: list[Row] = []
    folder = tmp_path / "Databases"
    whatsapp_db.write_android(chats, folder, truth.append)
    path = folder
    if shape == "zip":
        path = tmp_path / "phone.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name in ("msgstore.db", "wa.db"):
                z.write(folder / name, f"com.whatsapp/databases/{name}")
    rows, reading = read(path)
    if shape == "case":
        with Vault.create(tmp_path / "KASUS", "kata sandi uji", kdf=CHEAP) as vault:
            with open_source(path) as handed:
                received, _ = receive(vault, handed, path, MediaRule(), exhibit="S1")
            with sealed_source(vault, received) as source:
                reading = read_source(source, ReadSettings())
                sealed = [row for batch in reading for row in batch.to_pylist()]
        assert sealed == rows, "the sealed copy reads like the file"
        assert {b.table for b in received.blobs} == {"message_thumbnail"}
    compare(own(rows), truth)
    whole(reading)
    assert [r["seq"] for r in rows] == list(range(len(rows)))
    assert len({r["message_id"] for r in rows}) == len(rows)
    assert all(r["span_start"] is None and r["sent_at_basis"] == "utc" for r in rows)
    assert {p["role"] for p in reading.account()["parts"]} == {"messages", "metadata"}
    said = [s for _, _, s in whatsapp_db.in_time(chats)]
    assert Counter(r["kind"] for r in rows)["reaction"] == sum(len(s.reactions) for s in said) > 0
    by_id = {r["message_id"]: r for r in rows}
    answers = [r for r in rows if r["reply_to"]]
    assert len(answers) > 10
    assert all(by_id[r["reply_to"]]["thread_id"] == r["thread_id"] for r in answers)
    assert {r["direction"] for r in rows} == {"in", "out"}
    assert all((r["sender_id"] == "self") == (r["direction"] == "out") for r in rows if r["kind"] == "text")


def test_every_message_of_the_phone_once_ios(tmp_path: Path) -> None:
    chats = build_phone(3, 1500, apps=("whatsapp",)).chats
    truth: list[Row] = []
    path = tmp_path / "ChatStorage.sqlite"
    whatsapp_db.write_ios(chats, path, truth.append)
    rows, reading = read(path)
    compare(own(rows), truth)
    whole(reading)
    assert reading.reader_names == ["whatsapp_ios_sqlite"]
    by_id = {r["message_id"]: r for r in rows}
    answers = [r for r in rows if r["reply_to"]]
    assert len(answers) > 10
    assert all(by_id[r["reply_to"]]["thread_id"] == r["thread_id"] for r in answers)


def android(path: Path, script: str | Callable[[sqlite3.Connection], None], schema: str = whatsapp_db.ANDROID) -> Path:
    """A small msgstore.db: three people, a chat of two and a group, then the script."""
    c = sqlite3.connect(path)
    c.text_factory = bytes
    c.executescript(schema)
    c.executescript("""
      insert into jid(_id, user, server, raw_string) values(1, '628600000001', 's.whatsapp.net', '628600000001@s.whatsapp.net'),
       (2, '1203', 'g.us', '1203@g.us'), (3, '628600000003', 's.whatsapp.net', '628600000003@s.whatsapp.net'),
       (4, '7777', 'lid', '7777@lid'), (5, '8888', 'lid', '8888@lid');
      insert into jid_map values(4, 3);
      insert into chat(_id, jid_row_id, subject) values(1, 1, null), (2, 2, 'Kelas'), (3, 5, null), (4, 4, null);
    """)
    if isinstance(script, str):
        c.executescript(script)
    else:
        script(c)
    c.commit()
    c.close()
    return path


def message(rowid: int, kind: int = 0, text: str | None = None, *, chat: int = 1, mine: int = 0, sender: int | None = None,
            at: int | None = T, key: str | None = None, status: int = 0) -> str:  # fmt: skip
    def q(v: object) -> str:
        return "null" if v is None else str(v) if isinstance(v, int) else "'" + str(v).replace("'", "''") + "'"

    values = ",".join(map(q, (rowid, chat, mine, key or f"K{rowid}", sender, status, at, kind, text)))
    return (
        "insert into message(_id, chat_row_id, from_me, key_id, sender_jid_row_id, status, timestamp, message_type, text_data)"
        f" values({values});"
    )


def test_all_kinds_and_what_stands_beside_them(tmp_path: Path) -> None:
    sha = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    android(tmp_path / "msgstore.db", "".join([
        message(1, text="halo"),
        message(2, text="di grup", chat=2, sender=4),
        message(3, text="dari lid tanpa peta", chat=3),
        message(4, text="chat hilang", chat=99),
        message(5, 999, "jenis baru"),
        message(6, text="", key="-1", at=0),
        message(7, 1, "keterangan", mine=1),
        f"insert into message_media values(7, 1, 'Media/a.jpg', 10, 'image/jpeg', null, 0, '{sha}');",
        message(8, 42), "insert into message_view_once_media values(8, 1);",
        message(9, 14), "insert into message_vcard(message_row_id, vcard) values(9, 'BEGIN:VCARD A'), (9, 'BEGIN:VCARD B');",
        message(10, 5), "insert into message_location values(10, 1, -6.2, 106.8, 'Warung', null, null);",
        message(11, text="jawab"), "insert into message_quoted values(11, 1, null, 'K1', 'halo');",
        message(12, text="jawab yang hilang"), "insert into message_quoted values(12, 0, 3, 'TIADA', 'kata lama');",
        message(13, 15), "insert into message_revoked values(13, 'K13', 3, 1790000000500);",
        message(14, text="diubah"), "insert into message_edit_info values(14, 'K14', 1790000009000, 1790000009000);",
        message(15, 66, "makan apa?", chat=2, sender=3),
        "insert into message_poll_option(_id, message_row_id, option_name, vote_total) values(5, 15, 'soto', 1), (6, 15, 'sate', 0);",
        message(16, 7, chat=2), "insert into message_system values(16, 12);"
        "insert into message_system_chat_participant values(16, 3);",
        message(17, text="hilang nanti"), "insert into message_ephemeral values(17, 86400);",
        message(18, text="terusan"), "insert into message_forwarded values(18, 4);",
        message(19, 90), message(20, text="meta", status=6), message(21),
        """insert into message_add_on(_id, from_me, sender_jid_row_id, parent_message_row_id, timestamp, message_add_on_type)
             values(1, 0, 3, 1, 1790000001000, 56), (2, 1, null, 1, 1790000002000, 56), (3, 0, 3, 15, 1790000003000, 67),
             (4, 0, 3, 555, 1790000004000, 56), (5, 0, 1, 1, 1790000005000, 74);
           insert into message_add_on_reaction values(1, '❤', 1790000001000), (2, '😂', 0), (4, '👍', null);
           create table message_add_on_poll_vote_selected_option(_id integer primary key, message_add_on_row_id integer,
             message_poll_option_id integer);
           insert into message_add_on_poll_vote_selected_option values(1, 3, 5);
           insert into call_log values(1, 3, 0, 'c', 1790000006000, 1, 61, 5), (2, 1, 1, 'd', 0, 0, 0, 2);
           insert into receipt_user(message_row_id, receipt_user_jid_row_id, receipt_timestamp, read_timestamp)
             values(7, 1, 1790000000100, 1790000000200);""",
    ]))  # fmt: skip
    names = sqlite3.connect(tmp_path / "wa.db")
    names.executescript("""create table wa_contacts(_id integer primary key, jid text, display_name text, wa_name text);
        insert into wa_contacts values(1, '628600000001@s.whatsapp.net', 'Rina', null),
         (2, '628600000003@s.whatsapp.net', null, 'Budi');""")
    names.close()
    rows, reading = read(tmp_path)
    whole(reading)
    by = {r["message_id"].split("-", 2)[2]: r for r in rows}
    assert len(by) == len(rows)

    def is_(key: str, **expected: Any) -> None:
        got = {name: by[key][name] for name in expected}
        assert got == expected, key

    rina, budi = "628600000001@s.whatsapp.net", "628600000003@s.whatsapp.net"
    is_("message-1", kind="text", text="halo", sender_id=rina, sender_name="Rina", direction="in", thread_id=rina, thread_title="Rina")
    is_("message-1.1", kind="reaction", text="❤", sender_id=budi, sender_name="Budi", direction="in", thread_id=rina)
    is_("message-1.2", kind="reaction", text="😂", sender_id="self", direction="out", sent_at_text="1790000002000")
    is_("message-1.3", kind="service", text=None, flags=["add_on:74"])
    is_("message-2", sender_id=budi, sender_name="Budi", thread_id="1203@g.us", thread_title="Kelas")
    is_("message-3", sender_id="8888@lid", thread_id="8888@lid", sender_name=None)
    is_("message-4", thread_id=None, text="chat hilang", sender_id=None, flags=["no_chat"])
    is_("message-5", kind="service", text="jenis baru", flags=["message_type:999"])
    is_("message-6", kind="text", text="", sent_at=None, sent_at_basis="none", sent_at_text="0", flags=["placeholder"])
    is_("message-7", kind="media", text="keterangan", sender_id="self", direction="out",
        flags=[f"file_sha256:{hashlib.sha256(b'x').hexdigest()}", f"delivered:{rina}:1790000000100", f"read:{rina}:1790000000200"],
        attachments=[{"name": "Media/a.jpg", "digest": None, "media_type": "image/jpeg", "size": 10, "state": "missing"}])  # fmt: skip
    is_("message-8", kind="media", flags=["view_once"])
    is_("message-9", kind="contact", text="BEGIN:VCARD A", flags=["text_from:vcard"])
    is_("message-9.1", kind="contact", text="BEGIN:VCARD B", flags=["field:vcard"])
    is_("message-10", kind="location", text="Warung", flags=["geo:-6.2,106.8", "text_from:place_name"])
    is_("message-11", reply_to=by["message-1"]["message_id"], flags=None)
    is_("message-12", reply_to="wa:TIADA")
    is_("message-12.1", text="kata lama", flags=["field:quoted"], sender_id=budi)
    is_("message-13", kind="deleted", flags=["revoked_at_ms:1790000000500", f"deleted_by_admin:{budi}"])
    is_("message-14", text="diubah", flags=["edited"])
    assert round(by["message-14"]["edited_at"].timestamp() * 1000) == 1790000009000
    is_("message-15", kind="poll", text="makan apa?", sender_id=budi)
    is_("message-15.1", kind="poll", text="soto", flags=["field:option", "count:1"])
    is_("message-15.3", kind="poll", text="soto", sender_id=budi, flags=["vote", "option:5"])
    is_("message-16", kind="service", sender_id=None, flags=["action:added", f"participant:{budi}"])
    is_("message-17", flags=["ephemeral"])
    is_("message-18", flags=["forwarded"])
    is_("message-19", kind="call")
    is_("message-20", kind="service", text="meta")
    is_("message-21", kind="text", text=None)
    is_("message_add_on-4", kind="reaction", text="👍", flags=["message_not_here"], sender_id=budi)
    is_("call_log-1", kind="call", thread_id=budi, sender_name="Budi", flags=["video_call", "duration_s:61", "call_result:5"])
    is_("call_log-2", kind="call", sent_at=None, direction="out", sender_id="self")


OLD = """create table messages(_id integer primary key, key_remote_jid text not null, key_from_me integer, key_id text not null, status
 integer, needs_push integer, data text, timestamp integer, media_url text, media_mime_type text, media_wa_type text, media_size
 integer, media_name text, media_caption text, latitude real, longitude real, thumb_image text, remote_resource text, raw_data blob,
 edit_version integer, starred integer, quoted_row_id integer, forwarded integer);
create table messages_quotes(_id integer primary key, key_id text, data text);
create table group_participants(_id integer primary key);
"""


def test_the_old_schema_alone_and_beside_the_new(tmp_path: Path) -> None:
    fill = """insert into messages(_id, key_remote_jid, key_from_me, key_id, status, data, timestamp, media_wa_type, media_caption,
       media_name, latitude, longitude, remote_resource, edit_version, quoted_row_id, raw_data) values
       (1, '628600000001@s.whatsapp.net', 0, 'A', 0, 'halo', 1500000000000, '0', null, null, 0.0, 0.0, null, 0, 0, null),
       (2, '1203@g.us', 0, 'B', 0, null, 1500000001000, '1', 'keterangan', 'IMG.jpg', 0.0, 0.0, '628600000003@s.whatsapp.net',
        0, 0, x'ffd8ffe0'),
       (3, '1203@g.us', 1, 'C', 0, null, 1500000002000, '15', null, null, 0.0, 0.0, '', 7, 0, null),
       (4, '628600000001@s.whatsapp.net', 1, 'D', 6, 'Kelas', 1500000003000, '0', null, null, 0.0, 0.0, null, 0, 0, null),
       (5, '628600000001@s.whatsapp.net', 0, 'E', 0, null, 1500000004000, '5', null, 'Warung', -6.2, 106.8, null, 0, 0, null),
       (6, '628600000001@s.whatsapp.net', 0, 'F', 0, 'jawab', 1500000005000, '0', null, null, 0, 0, null, 0, 9, null),
       (7, '-1', 0, '-1', 0, null, 0, '-1', null, null, null, null, null, 0, 0, null);
       insert into messages_quotes values(9, 'A', 'halo');"""  # fmt: skip
    for name, schema in (("old", OLD), ("both", whatsapp_db.ANDROID + OLD)):
        path = tmp_path / f"{name}.db"
        if name == "old":
            c = sqlite3.connect(path)
            c.executescript(schema + fill)
            c.close()
        else:
            android(path, message(1, text="baru") + fill, schema)
        rows, reading = read(path)
        whole(reading)
        old = [r for r in rows if "-messages-" in r["message_id"]]
        assert [(r["kind"], r["text"], r["direction"], r["sender_id"]) for r in own(old)] == [
            ("text", "halo", "in", "628600000001@s.whatsapp.net"),
            ("media", "keterangan", "in", "628600000003@s.whatsapp.net"),
            ("deleted", None, "out", "self"),
            ("service", "Kelas", "out", "self"),
            ("location", "Warung", "in", "628600000001@s.whatsapp.net"),
            ("text", "jawab", "in", "628600000001@s.whatsapp.net"),
            ("service", None, "in", "-1"),
        ]
        assert own(old)[5]["reply_to"] == "wa:A"
        assert next(r for r in old if r["flags"] == ["field:quoted"])["text"] == "halo"
        assert len(own(rows)) == 7 + (name == "both")


def test_tables_beside_that_are_empty(tmp_path: Path) -> None:
    kinds = (0, 1, 4, 5, 7, 14, 15, 20, 42, 66, 90)
    rows, reading = read(android(tmp_path / "x.db", "".join(message(n, k) for n, k in enumerate(kinds, 1))))
    whole(reading)
    assert [r["kind"] for r in rows] == ["text", "media", "contact", "location", "service", "contact", "deleted", "media", "media",
                                         "poll", "call"]  # fmt: skip
    assert rows[1]["attachments"] == [{"name": None, "digest": None, "media_type": "image", "size": None, "state": "omitted"}]


def test_media_that_were_handed_in_beside(tmp_path: Path) -> None:
    picture = b"\xff\xd8\xff\xe0" + bytes(range(200))
    android(tmp_path / "msgstore.db", message(1, 1) + message(2, 1) + """
      insert into message_media(message_row_id, file_path, file_size) values(1, 'Media/WhatsApp Images/a.jpg', 9),
       (2, 'Media/b.jpg', 9);""")
    (tmp_path / "Media" / "WhatsApp Images").mkdir(parents=True)
    (tmp_path / "Media" / "WhatsApp Images" / "a.jpg").write_bytes(picture)
    rows, reading = read(tmp_path)
    assert [(a["state"], a["digest"]) for r in rows for a in r["attachments"]] == [
        ("present", hashlib.sha256(picture).hexdigest()), ("missing", None)]
    assert {p["part"]: p["role"] for p in reading.account()["parts"]}["Media/WhatsApp Images/a.jpg"] == "attachment"


def test_newest_rows_are_in_the_log(tmp_path: Path) -> None:
    path = android(tmp_path / "a.db", message(1, text="lama"))
    c = sqlite3.connect(path)
    c.execute("pragma journal_mode=wal")
    c.execute("pragma wal_autocheckpoint=0")
    c.executescript(message(2, text="baru"))
    c.commit()
    (tmp_path / "in").mkdir()
    for name in ("", "-wal", "-shm"):
        (tmp_path / "in" / f"msgstore.db{name}").write_bytes((tmp_path / f"a.db{name}").read_bytes())
    c.close()
    rows, reading = read(tmp_path / "in")
    assert [r["text"] for r in rows] == ["lama", "baru"]
    assert {p["part"]: p["role"] for p in reading.account()["parts"]} == {
        "msgstore.db": "messages", "msgstore.db-wal": "metadata", "msgstore.db-shm": "metadata"}
    alone, reading = read(tmp_path / "in" / "msgstore.db")
    assert [r["text"] for r in alone] == ["lama"]
    assert [p.reason for p in reading.problems] == ["log_missing"]


def test_texts_in_odd_shapes(tmp_path: Path) -> None:
    def script(c: sqlite3.Connection) -> None:
        c.executescript(message(1, text="baik") + message(2) + message(3) + message(4))
        c.execute("update message set text_data = cast(x'68616cff6f' as text) where _id = 2")
        c.execute("update message set text_data = x'68616c6f' where _id = 3")
        c.execute("update message set text_data = ?, timestamp = 'kemarin' where _id = 4", ("panjang " * 4000,))

    rows, reading = read(android(tmp_path / "x.db", script))
    assert [r["text"] for r in rows] == ["baik", "hal\U0010ffffo", "halo", "panjang " * 4000]
    assert [r["text_repair"] for r in rows] == [None, "utf8_stand_in", None, None]
    assert rows[2]["flags"] == ["stored_as_other_type"]
    assert rows[3]["sent_at"] is None
    assert "invalid_utf8" in {p.reason for p in reading.problems}
    wide = android(tmp_path / "wide.db", message(1, text="halo 😀 é"), "pragma encoding='UTF-16le';" + whatsapp_db.ANDROID)
    assert read(wide)[0][0]["text"] == "halo 😀 é"


def test_a_hostile_schema_changes_nothing(tmp_path: Path) -> None:
    def script(c: sqlite3.Connection) -> None:
        c.executescript(message(1, text="asli") + """
          create trigger t instead of insert on message_view begin delete from message; end;
          create view messages as select 'palsu' as data, '1' as key_remote_jid;
          create virtual table f using fts5(x); insert into f values('indeks');
          create index hostile on message(abs(_id), coalesce(text_data, 'x'));
          create table "tabel; drop" (a text default (lower('A')), b integer check (b > 0));
          pragma writable_schema=1;
          insert into sqlite_master values('table', 'message', 'message', 3, 'create table message(x)');
          insert into sqlite_master values('table', 'liar', 'liar', 99999, 'create table liar(x)');
          insert into sqlite_master values('table', 'twice', 'twice', 2, 'create table twice(x');
        """)  # fmt: skip

    rows, reading = read(android(tmp_path / "x.db", script))
    assert [r["text"] for r in rows] == ["asli"]
    assert reading.reader_names == ["whatsapp_android_sqlite"]


def test_columns_missing_or_of_other_types(tmp_path: Path) -> None:
    c = sqlite3.connect(tmp_path / "x.db")
    c.executescript("""create table message(_id integer primary key, key_id int, text_data int, timestamp text);
      create table chat(x); create table jid(_id text, raw_string blob); insert into jid values('a', x'00'), (null, null);
      create table message_media(message_row_id blob, file_path int); insert into message_media values(x'01', 5);
      insert into message values(1, 2, 3, 'x'), (2, null, null, null), (-5, 'k', 1.5, 1790000000000);""")
    c.close()
    rows, reading = read(tmp_path / "x.db")
    assert [r["text"] for r in rows] == ["1.5", "3", None]
    assert [r["direction"] for r in rows] == [None] * 3
    assert not [p for p in reading.problems if p.reason in ("reader_failed", "unaccounted")]


def test_damage_keeps_the_other_rows(tmp_path: Path) -> None:
    chats = build_phone(3, 900, apps=("whatsapp",)).chats
    whatsapp_db.write_android(chats, tmp_path / "a", None)
    data = (tmp_path / "a" / "msgstore.db").read_bytes()
    good = {r["message_id"][17:]: r["text"] for r in read(tmp_path / "a" / "msgstore.db")[0]}
    r = random.Random(11)
    kept = []
    path = tmp_path / "x.db"
    for _ in range(60):
        broken = bytearray(data)
        page = r.randrange(1, len(data) // 4096)
        for _ in range(r.choice([1, 8, 400])):
            broken[page * 4096 + r.randrange(4096)] = r.randrange(256)
        path.write_bytes(broken)
        rows, reading = read(path)
        assert "reader_failed" not in {p.reason for p in reading.problems}, page
        assert len({x["message_id"] for x in rows}) == len(rows)
        kept.append(sum(good.get(x["message_id"][17:]) == x["text"] for x in rows) / len(good))
    assert sorted(kept)[6] > 0.9, kept
    for cut in [*range(0, 200, 7), 4096, 5000, 40_000, len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:cut])
        rows, reading = read(path)
        assert "reader_failed" not in {p.reason for p in reading.problems}, cut
        assert all(good.get(x["message_id"][17:], x["text"]) == x["text"] for x in rows)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("msgstore.db", b"", "refused_empty_file"),
        ("msgstore.db.crypt15", random.Random(1).randbytes(5000), "refused_encrypted_database"),
        ("msgstore.db", random.Random(2).randbytes(8192), "refused_encrypted_database"),
        ("lain.db", None, "refused_database"),
        ("msgstore.db", b"SQLite format 3\0" + bytes(200), "refused_database"),
        ("msgstore.db-wal", b"\x37\x7f\x06\x82" + bytes(60), "refused_database_log"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes | None, reason: str) -> None:
    path = tmp_path / name
    if data is None:
        c = sqlite3.connect(path)
        c.execute("create table resep(a)")
        c.close()
    else:
        path.write_bytes(data)
    with open_source(path) as source:
        reading = read_source(source, ReadSettings())
        list(reading)
        reading.account()
        with pytest.raises(InputRefused) as refused:
            require_readable(reading)
    assert refused.value.key == reason


def test_each_database_has_one_reader(tmp_path: Path) -> None:
    chats = build_phone(3, 300, apps=("whatsapp",)).chats
    whatsapp_db.write_android(chats, tmp_path / "a")
    whatsapp_db.write_ios(chats, tmp_path / "ios.sqlite")
    for path, names in ((tmp_path / "a" / "msgstore.db", ["whatsapp_android_sqlite"]), (tmp_path / "a" / "wa.db", []),
                        (tmp_path / "ios.sqlite", ["whatsapp_ios_sqlite"])):
        with open_source(path) as source:
            assert [r.name for r in claims(source.parts[0])] == names


def test_call_history_of_ios(tmp_path: Path) -> None:
    c = sqlite3.connect(tmp_path / "CallHistory.sqlite")
    c.executescript("""create table ZWACDCALLEVENT(Z_PK integer primary key, ZDATE timestamp, ZDURATION float, ZOUTCOME integer,
      ZGROUPJIDSTRING varchar, ZGROUPCALLCREATORUSERJIDSTRING varchar);
      insert into ZWACDCALLEVENT values(1, 800000000.5, 61, 0, '1203@g.us', '628600000003@s.whatsapp.net'),
       (2, null, null, 1, null, null);""")
    c.close()
    rows, reading = read(tmp_path / "CallHistory.sqlite")
    whole(reading)
    assert [r["kind"] for r in rows] == ["call", "call"]
    assert rows[0]["sent_at"].timestamp() == 978_307_200 + 800_000_000.5
    assert rows[0]["flags"] == ["duration_s:61", "call_result:0"]
    assert rows[1]["sent_at"] is None


def test_no_sql_engine_is_in_the_house() -> None:
    """The case's own database (SQLCipher) apart, nothing in the package can open an SQLite file but `saksi.sqlite`."""
    found = {}
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(n.split(".")[0] in ("sqlite3", "apsw", "sqlcipher3", "pysqlite3", "sqlalchemy") for n in names):
                found[path.relative_to(SRC).as_posix()] = names
    assert set(found) <= {"case/store.py"}, found
