"""WhatsApp's databases from a simulated phone: Android msgstore.db with wa.db, iOS ChatStorage.sqlite with ContactsV2.sqlite.

Written by SQLite from the published facts about the apps; tables and columns that no message needs are left out or stand empty.
All chats of the phone lie in one file, in the order of time. Media are named, never written.
"""

from __future__ import annotations

import heapq
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.simulator.truth import Chat, Member, Row, Said
from tests.simulator.whatsapp import Truth

ANDROID = """
create table jid(_id integer primary key autoincrement, user text not null, server text not null, agent integer, device integer,
 type integer, raw_string text);
create table jid_map(lid_row_id integer primary key not null, jid_row_id integer not null);
create table chat(_id integer primary key autoincrement, jid_row_id integer unique, hidden integer, subject text,
 created_timestamp integer, ephemeral_expiration integer);
create table message(_id integer primary key autoincrement, chat_row_id integer not null, from_me integer not null, key_id text
 not null, sender_jid_row_id integer, status integer, broadcast integer, recipient_count integer, participant_hash text,
 origination_flags integer, origin integer, timestamp integer, received_timestamp integer, receipt_server_timestamp integer,
 message_type integer, text_data text, starred integer, lookup_tables integer, message_add_on_flags integer, sort_id integer not
 null default 0, translated_text text);
create index message_chat on message(chat_row_id, sort_id);
create table message_media(message_row_id integer primary key, chat_row_id integer, file_path text, file_size integer, mime_type text,
 media_name text, media_duration integer, file_hash text);
create table message_thumbnail(message_row_id integer primary key, thumbnail blob);
create table message_location(message_row_id integer primary key, chat_row_id integer, latitude real, longitude real, place_name
 text, place_address text, url text);
create table message_quoted(message_row_id integer primary key, from_me integer, sender_jid_row_id integer, key_id text, text_data
 text);
create table message_vcard(_id integer primary key autoincrement, message_row_id integer, vcard text);
create table message_revoked(message_row_id integer primary key, revoked_key_id text, admin_jid_row_id integer, revoke_timestamp
 integer);
create table message_edit_info(message_row_id integer primary key, original_key_id text, edited_timestamp integer,
 sender_timestamp integer);
create table message_poll_option(_id integer primary key autoincrement, message_row_id integer, option_name text, vote_total
 integer);
create table message_add_on(_id integer primary key autoincrement, chat_row_id integer, from_me integer, key_id text,
 sender_jid_row_id integer, parent_message_row_id integer, timestamp integer, message_add_on_type integer);
create table message_add_on_reaction(message_add_on_row_id integer primary key, reaction text, sender_timestamp integer);
create table message_system(message_row_id integer primary key, action_type integer);
create table message_system_chat_participant(message_row_id integer, user_jid_row_id integer);
create table message_ephemeral(message_row_id integer primary key, duration integer);
create table message_view_once_media(message_row_id integer primary key, state integer);
create table message_forwarded(message_row_id integer primary key, forward_score integer);
create table receipt_user(_id integer primary key autoincrement, message_row_id integer, receipt_user_jid_row_id integer,
 receipt_timestamp integer, read_timestamp integer, played_timestamp integer);
create table call_log(_id integer primary key autoincrement, jid_row_id integer, from_me integer, call_id text, timestamp integer,
 video_call integer, duration integer, call_result integer);
create table props(_id integer primary key autoincrement, key text, value text);
create table message_ftsv2_seen(x text);
create view message_view as select _id, text_data from message;
create trigger tidy after delete on message begin delete from message_media where message_row_id = old._id; end;
"""
IOS = """
create table ZWACHATSESSION(Z_PK integer primary key, Z_ENT integer, ZSESSIONTYPE integer, ZHIDDEN integer, ZREMOVED integer,
 ZCONTACTJID varchar, ZPARTNERNAME varchar);
create table ZWAGROUPMEMBER(Z_PK integer primary key, Z_ENT integer, ZCHATSESSION integer, ZMEMBERJID varchar, ZCONTACTNAME varchar);
create table ZWAMESSAGE(Z_PK integer primary key, Z_ENT integer, Z_OPT integer, ZCHATSESSION integer, ZGROUPMEMBER integer,
 ZISFROMME integer, ZMESSAGETYPE integer, ZGROUPEVENTTYPE integer, ZSTARRED integer, ZMEDIAITEM integer, ZMESSAGEDATE timestamp,
 ZSENTDATE timestamp, ZSORT float, ZFROMJID varchar, ZPUSHNAME varchar, ZSTANZAID varchar, ZTEXT varchar, ZTOJID varchar);
create table ZWAMEDIAITEM(Z_PK integer primary key, Z_ENT integer, ZMESSAGE integer, ZFILESIZE integer, ZMOVIEDURATION integer,
 ZLATITUDE float, ZLONGITUDE float, ZMEDIALOCALPATH varchar, ZTITLE varchar, ZVCARDNAME varchar, ZVCARDSTRING varchar, ZMETADATA
 blob);
create table ZWAMESSAGEINFO(Z_PK integer primary key, ZMESSAGE integer, ZRECEIPTINFO blob);
create table ZWAPROFILEPUSHNAME(Z_PK integer primary key, ZJID varchar, ZPUSHNAME varchar);
"""
TYPE = {"text": 0, "contact": 4, "location": 5, "service": 7, "deleted": 15, "poll": 66, "call": 90}
MEDIA = {"photo": 1, "voice": 2, "video": 3, "document": 9, "gif": 13, "sticker": 20}
IOS_TYPE = {"text": 0, "contact": 4, "location": 5, "service": 6, "deleted": 14, "call": 10}
IOS_MEDIA = {"photo": 1, "video": 2, "voice": 3, "document": 8, "gif": 11, "sticker": 15}
ACTION = {"joined": 20, "left": 5, "created": 11, "encryption": 19, "timer": 56}
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Budi Contoh\nTEL:+62 860 1111 2222\nEND:VCARD"
EPOCH_MS = 978_307_200_000


def in_time(chats: Sequence[Chat]) -> Iterator[tuple[int, Chat, Said]]:
    """(number of the chat, chat, event) of all chats by time; a chat's own order is kept."""

    def stream(n: int, chat: Chat) -> Iterator[tuple[int, int, Chat, Said]]:
        for said in chat.said():
            yield said.at_ms, n, chat, said

    streams = [stream(n, chat) for n, chat in enumerate(chats)]
    for _, n, chat, said in heapq.merge(*streams, key=lambda e: (e[0], e[1])):
        yield n, chat, said


def account(member: Member) -> str:
    """The jid of a member."""
    digits = "".join(c for c in member.number or "" if c.isdigit())
    return f"{digits}@s.whatsapp.net" if digits else f"{zlib.crc32(member.person.encode())}@lid"


def chat_jid(n: int, chat: Chat) -> str:
    """The jid of a chat."""
    return f"12036300000{n:07d}@g.us" if chat.group or len(chat.members) != 2 else account(chat.members[1])


def _table_kind(said: Said) -> str:
    return "media" if said.kind == "media" else said.kind


class _Android:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.c = connection
        self.jids: dict[str, int] = {}
        self.keys: dict[tuple[int, int], tuple[int, str]] = {}
        self.counts: dict[int, int] = {}

    def jid(self, raw: str) -> int:
        if raw not in self.jids:
            user, server = raw.split("@")
            self.c.execute("insert into jid(user, server, raw_string) values(?, ?, ?)", (user, server, raw))
            self.jids[raw] = len(self.jids) + 1
        return self.jids[raw]

    def add(self, rowid: int, n: int, chat: Chat, said: Said) -> Row:
        c = self.c
        group = chat.group or len(chat.members) != 2
        mine = said.who == 0
        kind = MEDIA[said.media or "photo"] if said.kind == "media" else TYPE[said.kind]
        member = chat.members[max(said.who, 0)]
        sender = self.jid(account(member)) if group and said.who > 0 and said.kind != "service" else None
        text = said.text or None if said.kind not in ("service", "call", "deleted", "contact", "location") else None
        nth = self.counts[n] = self.counts.get(n, -1) + 1
        key = f"3EB0{n:04X}{nth:012X}"
        self.keys[n, nth] = (rowid, key)
        c.execute(
            "insert into message(_id, chat_row_id, from_me, key_id, sender_jid_row_id, status, timestamp, message_type, text_data,"
            " starred, sort_id) values(?,?,?,?,?,?,?,?,?,?,?)",
            (rowid, n + 1, int(mine), key, sender, 13 if mine else 0, said.at_ms, kind, text, int(nth % 97 == 0), rowid),
        )
        attachments: tuple[tuple[str | None, str], ...] = ()
        if said.kind == "media":
            path = f"Media/WhatsApp Images/IMG-20260601-WA{rowid:04d}.jpg" if chat.with_media else None
            c.execute("insert into message_media values(?,?,?,?,?,?,?,?)", (rowid, n + 1, path, 12_345, "image/jpeg", None, 0, None))
            c.execute("insert into message_thumbnail values(?, ?)", (rowid, b"\xff\xd8\xff\xe0" + bytes(range(9, 200))))
            attachments = ((path, "missing" if path else "omitted"),)
        elif said.kind == "location":
            c.execute("insert into message_location values(?,?,?,?,?,?,?)", (rowid, n + 1, -6.2, 106.816666, None, None, None))
        elif said.kind == "contact":
            c.execute("insert into message_vcard(message_row_id, vcard) values(?,?)", (rowid, CARD))
        elif said.kind == "service":
            c.execute("insert into message_system values(?,?)", (rowid, ACTION.get(said.action or "", 67)))
        elif said.kind == "deleted":
            c.execute("insert into message_revoked values(?,?,?,?)", (rowid, key, None, said.at_ms + 9000))
        if said.edited:
            c.execute("insert into message_edit_info values(?,?,?,?)", (rowid, key, said.at_ms + 60_000, said.at_ms + 60_000))
        if said.reply and nth >= said.reply:
            target, quoted = self.keys[n, nth - said.reply]
            c.execute("insert into message_quoted values(?,?,?,?,?)", (rowid, 0, None, quoted, f"baris {target}"))
        for emoji, who in said.reactions:
            reactor = chat.members[who]
            added = c.execute(
                "insert into message_add_on(chat_row_id, from_me, sender_jid_row_id, parent_message_row_id, timestamp,"
                " message_add_on_type) values(?,?,?,?,?,56)",
                (n + 1, int(who == 0), None if who == 0 else self.jid(account(reactor)), rowid, said.at_ms + 5000),
            ).lastrowid
            c.execute("insert into message_add_on_reaction values(?,?,?)", (added, emoji, said.at_ms + 5000))
        if mine:
            c.execute("insert into receipt_user(message_row_id, receipt_user_jid_row_id, receipt_timestamp, read_timestamp)"
                      " values(?,?,?,?)", (rowid, self.jid(account(chat.members[-1])), said.at_ms + 100, said.at_ms + 2000))
        name = member.name if said.who > 0 and said.kind != "service" and member.saved else None
        return Row("whatsapp", chat.key, "msgstore.db", None, rowid - 1, name, text, said.at_ms, 1, _table_kind(said), attachments,
                   said.planted, said.signals, said.phase, chat.harmful)


def write_android(chats: Sequence[Chat], folder: Path, truth: Truth | None = None) -> int:
    """Write msgstore.db and wa.db into `folder`; the number of messages."""
    folder.mkdir(parents=True, exist_ok=True)
    c = sqlite3.connect(folder / "msgstore.db")
    c.executescript(ANDROID)
    writer = _Android(c)
    for n, chat in enumerate(chats):
        jid = writer.jid(chat_jid(n, chat))
        subject = chat.title if chat.group else None
        c.execute("insert into chat(_id, jid_row_id, hidden, subject) values(?,?,0,?)", (n + 1, jid, subject))
    rowid = 0
    for rowid, (n, chat, said) in enumerate(in_time(chats), 1):
        row = writer.add(rowid, n, chat, said)
        if truth is not None:
            truth(row)
    c.commit()
    c.close()
    names = sqlite3.connect(folder / "wa.db")
    names.execute("create table wa_contacts(_id integer primary key, jid text, display_name text, wa_name text, number text)")
    people = {account(m): m.name for chat in chats for m in chat.members[1:] if m.saved}
    names.executemany("insert into wa_contacts(jid, display_name) values(?,?)", sorted(people.items()))
    names.commit()
    names.close()
    return rowid


def write_ios(chats: Sequence[Chat], path: Path, truth: Truth | None = None) -> int:
    """Write a ChatStorage.sqlite; the number of messages. Polls are of a type that the facts do not name: left out."""
    c = sqlite3.connect(path)
    c.executescript(IOS)
    members: dict[tuple[int, int], int] = {}
    for n, chat in enumerate(chats):
        c.execute("insert into ZWACHATSESSION values(?,4,?,0,0,?,?)", (n + 1, int(chat.group), chat_jid(n, chat), chat.title))
        for k, member in enumerate(chat.members[1:] if chat_jid(n, chat).endswith("@g.us") else [], 1):
            members[n, k] = len(members) + 1
            c.execute("insert into ZWAGROUPMEMBER values(?,3,?,?,?)", (members[n, k], n + 1, account(member), member.name))
    rowid = 0
    counts: dict[int, int] = {}
    for n, chat, said in in_time(chats):
        if said.kind == "poll":
            continue
        rowid += 1
        nth = counts[n] = counts.get(n, -1) + 1
        row = _ios_row(c, rowid, n, nth, chat, said, members.get((n, said.who)))
        if truth is not None:
            truth(row)
    c.commit()
    c.close()
    return rowid


def _ios_row(c: sqlite3.Connection, rowid: int, n: int, nth: int, chat: Chat, said: Said, member: int | None) -> Row:
    kind = IOS_MEDIA[said.media or "photo"] if said.kind == "media" else IOS_TYPE[said.kind]
    text = said.text or None if said.kind == "text" else None
    caption = said.text or None if said.kind == "media" else None
    item: Any = None
    attachments: tuple[tuple[str | None, str], ...] = ()
    quoted = f"3A{n:06X}{nth - said.reply:012X}" if said.reply and nth >= said.reply else None
    if said.kind in ("media", "location", "contact") or quoted:
        item = rowid * 2
        path = f"Media/{rowid}/IMG-{rowid}.jpg" if said.kind == "media" and chat.with_media else None
        card = (CARD, "Budi Contoh") if said.kind == "contact" else ("image/jpeg" if said.kind == "media" else None, None)
        place = (-6.2, 106.816666) if said.kind == "location" else (0.0, 0.0)
        meta = b"\x0a\x02\x08\x01\x2a" + bytes([len(quoted)]) + quoted.encode() if quoted else None
        c.execute("insert into ZWAMEDIAITEM values(?,8,?,?,0,?,?,?,?,?,?,?)",
                  (item, rowid, 999, *place, path, caption, card[1], card[0], meta))
        if said.kind == "media":
            attachments = ((path, "missing" if path else "omitted"),)
    jid = chat_jid(n, chat)
    mine = said.who == 0
    one = not jid.endswith("@g.us")
    named = said.who > 0 and said.kind != "service"
    c.execute("insert into ZWAMESSAGE values(?,9,1,?,?,?,?,?,0,?,?,?,?,?,?,?,?,?)",
              (rowid, n + 1, member if named else None, int(mine), kind, 0 if said.kind != "service" else 2, item,
               (said.at_ms - EPOCH_MS) / 1000, None, rowid, jid if named else None, None, f"3A{n:06X}{nth:012X}", text,
               jid if mine else None))  # fmt: skip
    name = None if not named else chat.title if one else chat.members[said.who].name
    shown = CARD if said.kind == "contact" else text or caption
    return Row("whatsapp", chat.key, "ChatStorage.sqlite", None, rowid - 1, name, shown, said.at_ms, 1, _table_kind(said), attachments,
               said.planted, said.signals, said.phase, chat.harmful)
