"""WhatsApp on iOS: ChatStorage.sqlite, with ContactsV2.sqlite and CallHistory.sqlite where they lie beside it.

Rules, in order:
1. Every row of ZWAMESSAGE and ZWACDCALLEVENT is a row or a problem, in key order. Chats, members, media and names are looked up by key;
   one that is missing leaves nulls and takes no row away.
2. Who: ZISFROMME says direction. What the phone's own account sent has sender_id OWN_ACCOUNT; else the group member's account, else the
   message's own ZFROMJID where it is no group, else the chat's. Names are ContactsV2's, the member's, the chat's, or the push name.
3. Words are as stored. A caption, place or contact card that stands in ZWAMEDIAITEM is the text where there is none (flag
   `text_from:<field>`), else a child row with flag `field:<field>`.
4. Times are seconds since 2001-01-01 UTC; 0 and null are unknown.
5. A type that is not known is kind service with flag `message_type:<n>`.

Receipts and reactions of this app lie in a binary field whose layout is not published; they are counted, not read.
Versions: the Core Data schema that public readers describe, to 2025. References: docs/formats/whatsapp_database.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers._sqlite import (
    EMPTY,
    Mask,
    Opened,
    Rows,
    encoded,
    instants,
    integers,
    opened,
    read_databases,
    table_names,
    words,
)
from saksi.readers._whatsapp_media import Files, Fill
from saksi.readers.base import OWN_ACCOUNT, Chunk, Evidence, ReadSettings, const
from saksi.sqlite.btree import Ints
from saksi.sqlite.records import Records
from saksi.sqlite.schema import Table
from saksi.table.schema import ATTACHMENT

EPOCH_S: Final = 978_307_200
"""2001-01-01 UTC in seconds since 1970."""

KIND_OF: Final[Mapping[int, str]] = {
    0: "text", 1: "media", 2: "media", 3: "media", 4: "contact", 5: "location", 6: "service", 7: "text", 8: "media",
    10: "call", 11: "media", 14: "deleted", 15: "media", 38: "media", 39: "media",
}  # fmt: skip
MEDIA_OF: Final[Mapping[int, str]] = {
    1: "image", 2: "video", 3: "audio", 8: "document", 11: "gif", 15: "sticker", 38: "image", 39: "video",
}  # fmt: skip
EVENT: Final = 6
TYPES: Final = 256
_KINDS: Final = ("text", "media", "call", "service", "location", "contact", "deleted", "unparsed")
_CODES: Final = np.array([_KINDS.index(KIND_OF.get(n, "service")) for n in range(TYPES)], dtype=np.int32)
_KNOWN: Final = np.array([n in KIND_OF for n in range(TYPES)])
_MEDIA: Final = np.array([n in MEDIA_OF for n in range(TYPES)])

MESSAGE: Final = (
    "z_pk", "zchatsession", "zgroupmember", "zisfromme", "zmessagedate", "ztext", "zmessagetype", "zgroupeventtype", "zstanzaid",
    "zmediaitem", "zpushname", "zstarred", "zfromjid",
)  # fmt: skip


def since_2001(table: Table, records: Records, name: str) -> tuple[pa.Array, pa.Array, pa.Array]:
    """sent_at, as written, and basis of a column of seconds since 2001."""
    at = table.position(name)
    values, known = records.floats(-1 if at is None else at)
    us = np.where(known & (np.abs(values) < 1e11), np.round(values * 1e6), 0).astype(np.int64)
    real = known & (values != 0)
    sent, _, basis = instants((us + EPOCH_S * 1_000_000) // 1000, real)
    exact = pa.array(us + EPOCH_S * 1_000_000, mask=np.asarray(pc.is_null(sent))).cast(pa.timestamp("us", "UTC"))
    whole, there = integers(table, records, np.zeros(len(values), np.int64), name)
    written = [
        None if not k else str(int(w)) if t and float(w) == v else repr(float(v))
        for v, k, w, t in zip(values.tolist(), known.tolist(), whole.tolist(), there.tolist(), strict=True)
    ]
    return exact, pa.array(written, pa.string()), basis


def quoted_stanza(blob: bytes | None) -> str | None:
    """The id of the answered message in ZMETADATA: field 5, a text of 16 to 40 letters and digits."""
    if not blob:
        return None
    for size in range(16, 41):
        at = blob.find(bytes([0x2A, size]))
        said = blob[at + 2 : at + 2 + size] if at >= 0 else b""
        if len(said) == size and said.isalnum() and said.isascii():
            return said.decode("ascii")
    return None


class _Store:
    """One ChatStorage.sqlite being read."""

    def __init__(self, source: Source, db: Opened, names: Mapping[str, str], files: Files) -> None:
        self.source, self.db, self.names, self.files = source, db, names, files
        self.prefix = f"{source.digest[:16]}-{db.part.number}-"
        self.chats = db.whole("zwachatsession", "z_pk", ("zsessiontype",), ("zcontactjid", "zpartnername"))
        self.members = db.whole("zwagroupmember", "z_pk", (), ("zmemberjid", "zcontactname"))
        self.media = db.whole(
            "zwamediaitem", "z_pk", ("zfilesize", "zmovieduration"),
            ("zmedialocalpath", "ztitle", "zvcardname", "zvcardstring", "zlatitude", "zlongitude"),
        )  # fmt: skip
        pushed = db.whole("zwaprofilepushname", "", texts=("zjid", "zpushname"))
        pairs = zip(*(self._list(pushed, c) for c in ("zjid", "zpushname")), strict=True)
        self.pushed: dict[str, str] = {jid: name for jid, name in pairs if jid and name}
        self.answers: dict[int, str] = {}
        self.targets: dict[str, int] = {}

    @staticmethod
    def _list(side: Any, column: str) -> list[Any]:
        return list(side.texts[column].to_pylist()) if column in side.texts else [None] * len(side)

    def chunks(self) -> Iterator[Chunk]:
        """All rows of the database."""
        if "zwamessage" in self.db.schema.tables:
            self._quoted()
            for table, rowids, records, keys in self.db.batches("zwamessage", MESSAGE):
                yield self._messages(table, rowids, records, keys)
        if "zwacdcallevent" in self.db.schema.tables:
            for table, rowids, records, keys in self.db.batches("zwacdcallevent", CALL):
                yield calls(self.db, self.names, table, rowids, records, keys)

    def _quoted(self) -> None:
        """Which media items answer which stanza."""
        table = self.db.schema.tables.get("zwamediaitem")
        at = table.position("zmetadata") if table is not None else None
        if table is None or at is None:
            return
        for rowids, records in self.db.raw(table, [at]):
            some = np.flatnonzero((records.columns[at].types >= 12) & ~records.bad).tolist()
            for i in some:
                stanza = quoted_stanza(records.raw(at, i))
                if stanza is not None:
                    self.answers[int(rowids[i])] = stanza
        sought = pa.array(sorted(set(self.answers.values())), pa.string())
        self.targets = self.db.keyed("zwamessage", "zstanzaid", sought)

    def _messages(self, table: Table, rowids: Ints, records: Records, keys: pa.Array) -> Chunk:
        def ints(name: str) -> tuple[Ints, Mask]:
            return integers(table, records, rowids, name)

        kind, known = ints("zmessagetype")
        kind = np.where(known, kind, 0)
        small, in_range = np.clip(kind, 0, TYPES - 1), (kind >= 0) & (kind < TYPES)
        codes = np.where(in_range, _CODES[small], _KINDS.index("service"))
        codes = np.where(records.bad, _KINDS.index("unparsed"), codes)
        rows = Rows(keys, {"platform": const("whatsapp", len(keys))})
        rows.columns["kind"] = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(_KINDS))
        odd = ~records.bad & ~(_KNOWN[small] & in_range)
        rows.flag(odd, [f"message_type:{k}" for k in kind[odd].tolist()])
        rows.flag((kind == 38) | (kind == 39), "view_once")
        event, has = ints("zgroupeventtype")
        named = has & ((event != 0) | (kind == 6)) & ((kind == 6) | (kind == 10))
        rows.flag(named, [f"action:{e}" for e in event[named].tolist()])
        rows.flag(ints("zstarred")[0] == 1, "starred")
        sent = since_2001(table, records, "zmessagedate")
        rows.columns["sent_at"], rows.columns["sent_at_text"], rows.columns["sent_at_basis"] = sent
        text = words(table, records, "ztext")
        rows.columns["text"], rows.repairs = text.values, text.repairs
        rows.flag(np.array(sorted(text.odd), dtype=np.int64), "stored_as_other_type")
        self._who(rows, table, records, rowids, kind)
        self._media(rows, ints("zmediaitem"), kind)
        chunk = rows.chunk(self.db.part, table.name, records.bad)
        chunk.named_parts = frozenset(self.files.named)
        return chunk

    def _who(self, rows: Rows, table: Table, records: Records, rowids: Ints, kind: Ints) -> None:
        session, has_session = integers(table, records, rowids, "zchatsession")
        at, found = self.chats.first(session)
        found = found & has_session
        jids, titles = self._list(self.chats, "zcontactjid"), self._list(self.chats, "zpartnername")
        rows.columns["thread_id"] = encoded(jids, at, found)
        rows.columns["thread_title"] = encoded(titles, at, found)
        rows.flag(~found, "no_chat")
        mine, known = integers(table, records, rowids, "zisfromme")
        rows.columns["direction"] = encoded(["out", "in"], np.where(mine == 1, 0, 1), known)
        member, has_member = integers(table, records, rowids, "zgroupmember")
        of, is_member = self.members.first(member)
        is_member = is_member & has_member
        people = self._list(self.members, "zmemberjid")
        called = self._list(self.members, "zcontactname")
        senders = words(table, records, "zfromjid").values.to_pylist()
        pushed = words(table, records, "zpushname").values.to_pylist()
        ids: list[str | None] = []
        names: list[str | None] = []
        for i, own in enumerate((known & (mine == 1)).tolist()):
            chat = jids[at[i]] if found[i] else None
            group = bool(chat) and str(chat).endswith(("@g.us", "@broadcast"))
            account = people[of[i]] if is_member[i] else None
            plain = senders[i] if senders[i] and not str(senders[i]).endswith("@g.us") else None
            spoken = kind[i] != EVENT  # what the app itself says has a sender only where one is named
            account = account or plain or (chat if known[i] and not group and spoken else None)
            own = own and spoken
            ids.append(OWN_ACCOUNT if own else account)
            name = called[of[i]] if is_member[i] else titles[at[i]] if found[i] and not group and account == chat else None
            said = self.names.get(account or "") or name or self.pushed.get(account or "") or _push(pushed[i])
            names.append(None if own else said)
        rows.columns["sender_id"], rows.columns["sender_name"] = pa.array(ids, pa.string()), pa.array(names, pa.string())

    def _media(self, rows: Rows, item: tuple[Ints, Mask], kind: Ints) -> None:
        at, found = self.media.first(item[0])
        found = found & item[1]
        fill = Fill(rows)
        is_media = _MEDIA[np.clip(kind, 0, TYPES - 1)] & (kind >= 0) & (kind < TYPES)
        struct: list[Any] = [None] * rows.n
        replies: list[str | None] = [None] * rows.n
        for i in np.flatnonzero(found | is_media).tolist():
            row = [int(at[i])] if found[i] else []
            side = self.media if row else EMPTY
            path, title, card_name, card, lat, lon = (
                (side.text(c, row) or [None])[0]
                for c in ("zmedialocalpath", "ztitle", "zvcardname", "zvcardstring", "zlatitude", "zlongitude")
            )
            size = side.number("zfilesize", row[0]) if row else None
            if is_media[i]:
                mime = card if card and "/" in card and len(card) < 100 else MEDIA_OF.get(int(kind[i]))
                struct[i] = [self.files.attachment(path, None, mime, size or None)]
                seconds = side.number("zmovieduration", row[0]) if row else None
                if seconds:
                    rows.flag(np.array([i]), f"duration_s:{seconds}")
            if kind[i] == 5 and lat is not None and lon is not None:
                rows.flag(np.array([i]), f"geo:{lat},{lon}")
            if kind[i] == 4:
                fill.add(i, "vcard", card)
                fill.add(i, "vcard_name", card_name)
            fill.add(i, "title", title)
            stanza = self.answers.get(int(item[0][i])) if row else None
            if stanza is not None:
                target = self.targets.get(stanza)
                replies[i] = f"wa:{stanza}" if target is None else f"{self.prefix}ZWAMESSAGE-{target}"
        fill.done()
        if any(struct):
            rows.attachments = pa.array(struct, pa.list_(ATTACHMENT))
        if any(replies):
            rows.columns["reply_to"] = pa.array(replies, pa.string())


def _push(name: str | None) -> str | None:
    """A push name; some versions store a coded block in its place, which is no name."""
    return name if name and not (len(name) > 24 and name.endswith("=") and " " not in name) else None


CALL: Final = (
    "z_pk", "zdate", "zduration", "zcallidstring", "zmissed", "zoutcome", "zgroupjidstring", "zgroupcallcreatoruserjidstring",
)  # fmt: skip


def calls(db: Opened, names: Mapping[str, str], table: Table, rowids: Ints, records: Records, keys: pa.Array) -> Chunk:
    """Rows of CallHistory.sqlite."""
    code = np.where(records.bad, _KINDS.index("unparsed"), _KINDS.index("call")).astype(np.int32)
    rows = Rows(keys, {"platform": const("whatsapp", len(keys))})
    rows.columns["kind"] = pa.DictionaryArray.from_arrays(pa.array(code), pa.array(_KINDS))
    rows.columns["sent_at"], rows.columns["sent_at_text"], rows.columns["sent_at_basis"] = since_2001(table, records, "zdate")
    group = words(table, records, "zgroupjidstring").values
    rows.columns["thread_id"] = group
    creator = words(table, records, "zgroupcallcreatoruserjidstring").values
    rows.columns["sender_id"] = creator
    rows.columns["sender_name"] = pa.array([names.get(c or "") for c in creator.to_pylist()], pa.string())
    at = table.position("zduration")
    seconds, known = records.floats(-1 if at is None else at)
    rows.flag(known, [f"duration_s:{s:g}" for s in seconds[known].tolist()])
    for column, flag in (("zoutcome", "call_result"), ("zmissed", "missed")):
        values, there = integers(table, records, rowids, column)
        rows.flag(there, [f"{flag}:{v}" for v in values[there].tolist()])
    return rows.chunk(db.part, table.name, records.bad)


def contact_names(source: Source) -> dict[str, str]:
    """Names by account from every ContactsV2.sqlite in the source."""
    names: dict[str, str] = {}
    for part in source.parts:
        if part.media != "database" or part.state != "present" or "zwaaddressbookcontact" not in table_names(part):
            continue
        db = opened(source, part)
        if db is None:
            continue
        side = db.whole("zwaaddressbookcontact", "", texts=("zwhatsappid", "zfullname"))
        pairs = [side.texts[c].to_pylist() for c in ("zwhatsappid", "zfullname")] if len(side) else [[], []]
        for jid, name in zip(*pairs, strict=True):
            if jid and name:
                names.setdefault(jid, name)
        db.db.close()
    return names


class WhatsAppIosSqlite:
    """See the module's text."""

    name = "whatsapp_ios_sqlite"

    def recognise(self, part: Part) -> Evidence | None:
        """By its tables."""
        names = table_names(part)
        found = {"zwamessage", "zwachatsession"} <= names or "zwacdcallevent" in names
        return Evidence("whatsapp_ios_tables") if found else None

    def is_metadata(self, part: Part) -> bool:
        """ContactsV2.sqlite: names."""
        return "zwaaddressbookcontact" in table_names(part)

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:  # noqa: ARG002 - times are UTC
        """Rows of each database, then its account."""
        names = contact_names(source)
        files = Files(source)
        return read_databases(source, parts, lambda db: _Store(source, db, names, files).chunks())


reader = WhatsAppIosSqlite()
