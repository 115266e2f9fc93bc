"""WhatsApp on Android: a decrypted msgstore.db, new schema (`message`) and old (`messages`), with wa.db where it lies beside.

Rules, in order:
1. Every row of `message`, `messages`, `call_log` and `message_add_on` is a row, a child row or a problem, in key order. Side tables are
   looked up by key; one that is missing, empty or without an entry leaves nulls and takes no row away.
2. Who: from_me says direction. What the phone's own account sent has sender_id OWN_ACCOUNT; else the sender's jid, else the chat's. A
   jid that hides the number (LID) is followed through jid_map. Names come from wa.db, never compared.
3. Words are as stored. Where text_data is null and the words stand beside it (contact card, place), the first is the text with flag
   `text_from:<field>`, further ones and poll options are child rows with flag `field:<field>`; so is a quoted text whose message
   is not in the database. Reactions and votes are child rows of their message; without it they are rows of their own.
4. Times are milliseconds UTC; 0 and null are unknown.
5. A type that is not known is kind service with flag `message_type:<n>`.

Source: FORMATS of the apps as public readers describe them. Versions: schema of September 2022 and later, and the one before it.
References: docs/formats/whatsapp_database.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers._sqlite import (
    Child,
    Mask,
    Opened,
    Rows,
    Side,
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

KIND_OF: Final[Mapping[int, str]] = {
    0: "text", 1: "media", 2: "media", 3: "media", 4: "contact", 5: "location", 7: "service", 8: "media", 9: "media",
    10: "call", 11: "service", 13: "media", 14: "contact", 15: "deleted", 16: "location", 20: "media", 23: "text", 25: "text",
    27: "text", 36: "service", 42: "media", 43: "media", 64: "deleted", 66: "poll", 90: "call",
}  # fmt: skip
MEDIA_OF: Final[Mapping[int, str]] = {
    1: "image", 2: "audio", 3: "video", 8: "document", 9: "document", 13: "gif", 20: "sticker", 42: "image", 43: "video",
}  # fmt: skip
FLAG_OF: Final[Mapping[int, str]] = {
    11: "waiting", 16: "live_location", 36: "action:ephemeral_timer", 42: "view_once", 43: "view_once", 64: "deleted_by_admin",
}  # fmt: skip
ACTIONS: Final[Mapping[int, str]] = {
    1: "subject", 4: "added", 5: "left", 6: "icon", 7: "you_removed", 10: "number_change", 11: "created", 12: "added",
    14: "removed", 15: "admin", 18: "security_code", 19: "encryption", 20: "joined_by_link", 27: "description",
    28: "number_change", 46: "business", 56: "ephemeral_timer", 58: "block", 59: "timer_off", 67: "privacy", 129: "contact",
}  # fmt: skip
EVENT: Final = 7
REACTION: Final = 56
VOTE: Final = 67
TYPES: Final = 256

_KINDS: Final = ("text", "media", "call", "service", "location", "contact", "poll", "deleted", "unparsed")
_CODES: Final = np.array([_KINDS.index(KIND_OF.get(n, "service")) for n in range(TYPES)], dtype=np.int32)
_KNOWN: Final = np.array([n in KIND_OF for n in range(TYPES)])
_MEDIA: Final = np.array([n in MEDIA_OF for n in range(TYPES)])

NEW: Final = (
    "_id", "chat_row_id", "from_me", "key_id", "sender_jid_row_id", "status", "timestamp", "message_type", "text_data", "starred",
)  # fmt: skip
OLD: Final = (
    "_id", "key_remote_jid", "key_from_me", "key_id", "status", "data", "timestamp", "media_wa_type", "media_mime_type",
    "media_size", "media_name", "media_caption", "latitude", "longitude", "remote_resource", "edit_version", "starred",
    "forwarded", "quoted_row_id", "media_duration",
)  # fmt: skip


def _list(side: Side, column: str) -> list[Any]:
    return list(side.texts[column].to_pylist()) if column in side.texts else [None] * len(side)


class _People:
    """Accounts by jid row, LIDs followed; names by account; chats by row."""

    def __init__(self, db: Opened, names: Mapping[str, str]) -> None:
        jids = db.whole("jid", "_id", texts=("raw_string", "user", "server"))
        said: list[str | None] = [
            raw or (f"{user}@{server}" if user and server else None)
            for raw, user, server in zip(*(_list(jids, c) for c in ("raw_string", "user", "server")), strict=True)
        ]
        self.keys, self.names = jids.keys, names
        lids = db.whole("jid_map", "lid_row_id", ints=("jid_row_id",))
        at, found = jids.first(lids.keys)
        for lid_at, hit, row in zip(at.tolist(), found.tolist(), range(len(lids)), strict=True):
            real = lids.number("jid_row_id", row)
            if hit and real is not None:
                to, known = jids.first(np.array([real], dtype=np.int64))
                if known[0] and said[int(to[0])]:
                    said[lid_at] = said[int(to[0])]
        self.accounts = said
        self.by_row = dict(zip(jids.keys.tolist(), said, strict=True))
        self.jids = jids
        self.called = [names.get(j) if j else None for j in said]
        chats = db.whole("chat", "_id", ints=("jid_row_id",), texts=("subject",))
        self.chats = chats
        of, known = chats.ints.get("jid_row_id", (np.empty(0, np.int64), np.empty(0, np.bool_)))
        index, found = jids.first(of)
        found = found & known
        self.chat_jid = np.where(found, index, len(said)).astype(np.int64)
        self.threads = [said[i] if ok else None for i, ok in zip(index.tolist(), found.tolist(), strict=True)]
        own = [self.called[i] if ok else None for i, ok in zip(index.tolist(), found.tolist(), strict=True)]
        self.titles = [s or o for s, o in zip(_list(chats, "subject"), own, strict=True)]
        self.grouped = np.array([(t or "").endswith(("@g.us", "@broadcast")) for t in self.threads], dtype=np.bool_)

    def account(self, row: int | None) -> str | None:
        """The account of a jid row."""
        return None if row is None else self.by_row.get(row)

    def name(self, account: str | None) -> str | None:
        """The name wa.db gives to an account."""
        return self.names.get(account) if account else None


@dataclass
class _Sides:
    """Side tables of the new schema, by message row."""

    media: Side
    location: Side
    quoted: Side
    vcard: Side
    revoked: Side
    edited: Side
    poll: Side
    receipt: Side
    system: Side
    joined: Side
    number: Side
    old_value: Side
    missed: Side
    ephemeral: Side
    forwarded: Side
    once: Side
    reaction: Side
    votes: Side
    options: dict[int, str | None]
    quoted_rows: dict[str, int]


def _sides(db: Opened) -> _Sides:
    key = "message_row_id"
    poll = db.whole("message_poll_option", key, ("vote_total", "_id"), ("option_name",))
    ids = poll.ints["_id"][0].tolist() if "_id" in poll.ints else []
    quoted = db.whole("message_quoted", key, ("from_me", "sender_jid_row_id"), ("key_id", "text_data"))
    sought = pc.drop_null(pc.unique(quoted.texts["key_id"])) if "key_id" in quoted.texts else pa.array([], pa.string())
    return _Sides(
        media=db.whole(
            "message_media", key, ("file_size", "media_duration"), ("file_path", "mime_type", "media_name", "file_hash")
        ),
        location=db.whole("message_location", key, (), ("place_name", "place_address", "url", "latitude", "longitude")),
        quoted=quoted,
        vcard=db.whole("message_vcard", key, (), ("vcard",)),
        revoked=db.whole("message_revoked", key, ("admin_jid_row_id", "revoke_timestamp")),
        edited=db.whole("message_edit_info", key, ("edited_timestamp", "sender_timestamp")),
        poll=poll,
        receipt=db.whole("receipt_user", key, ("receipt_user_jid_row_id", "receipt_timestamp", "read_timestamp", "played_timestamp")),
        system=db.whole("message_system", key, ("action_type",)),
        joined=db.whole("message_system_chat_participant", key, ("user_jid_row_id",)),
        number=db.whole("message_system_number_change", key, ("old_jid_row_id", "new_jid_row_id")),
        old_value=db.whole("message_system_value_change", key, (), ("old_data",)),
        missed=db.whole("missed_call_logs", key, ("video_call",)),
        ephemeral=db.whole("message_ephemeral", key),
        forwarded=db.whole("message_forwarded", key, ("forward_score",)),
        once=db.whole("message_view_once_media", key),
        reaction=db.whole("message_add_on_reaction", "message_add_on_row_id", ("sender_timestamp",), ("reaction",)),
        votes=db.whole("message_add_on_poll_vote_selected_option", "message_add_on_row_id", ("message_poll_option_id",)),
        options=dict(zip(ids, _list(poll, "option_name"), strict=True)),
        quoted_rows=db.keyed("message", "key_id", sought),
    )


@dataclass
class _AddOns:
    """Reactions, votes and other additions, by the message they belong to; of one database."""

    keys: Ints
    rows: list[Child]


def _hash(value: str | None) -> str | None:
    """SHA-256 hex of WhatsApp's base64 file hash."""
    try:
        raw = base64.b64decode(value or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 32 else None


def _optional(values: Ints, known: Mask) -> list[int | None]:
    return [value if there else None for value, there in zip(values.tolist(), known.tolist(), strict=True)]


def _some_text(side: Side, column: str) -> bool:
    return column in side.texts and side.texts[column].null_count < len(side)


def _optional_numbers(side: Side, column: str, at: Ints, found: Mask) -> list[int | None]:
    """Numbers that are there and not 0."""
    if column not in side.ints:
        return [None] * len(at)
    values, known = side.ints[column]
    good = found & known[at] & (values[at] != 0)
    return [v if g else None for v, g in zip(values[at].tolist(), good.tolist(), strict=True)]


def _kinds(codes: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(_KINDS))


def _prefix(source: Source, part: Part) -> str:
    return f"{source.digest[:16]}-{part.number}-"


class _Store:
    """One msgstore.db being read."""

    def __init__(self, source: Source, db: Opened, names: Mapping[str, str], files: Files) -> None:
        self.source, self.db, self.files = source, db, files
        self.prefix = _prefix(source, db.part)
        self.people = _People(db, names)
        self.add_ons = _AddOns(np.empty(0, np.int64), [])
        self.kept: set[int] = set()

    def chunks(self) -> Iterator[Chunk]:
        """All rows of the database."""
        tables = self.db.schema.tables
        if "message" in tables:
            self.sides = _sides(self.db)
            self._read_add_ons()
            for table, rowids, records, keys in self.db.batches("message", NEW):
                yield self._new(table, rowids, records, keys)
        if "message_add_on" in tables:
            yield from self._orphans()
        if "messages" in tables:
            quotes = self.db.whole("messages_quotes", "_id", texts=("key_id", "data"))
            for table, rowids, records, keys in self.db.batches("messages", OLD):
                yield self._old(table, rowids, records, keys, quotes)
        if "call_log" in tables:
            columns = ("_id", "jid_row_id", "from_me", "call_id", "timestamp", "video_call", "duration", "call_result")
            for table, rowids, records, keys in self.db.batches("call_log", columns):
                yield self._calls(table, rowids, records, keys)

    # ---- new schema

    def _new(self, table: Table, rowids: Ints, records: Records, keys: pa.Array) -> Chunk:
        def ints(name: str) -> tuple[Ints, Mask]:
            return integers(table, records, rowids, name)

        kind, kinds_known = ints("message_type")
        kind = np.where(kinds_known, kind, 0)
        small = np.clip(kind, 0, TYPES - 1)
        codes = np.where((kind >= 0) & (kind < TYPES), _CODES[small], _KINDS.index("service"))
        status, has_status = ints("status")
        codes = np.where(has_status & (status == 6) & (codes == 0), _KINDS.index("service"), codes)
        codes = np.where(records.bad, _KINDS.index("unparsed"), codes)
        rows = Rows(keys, {"platform": const("whatsapp", len(keys))})
        odd = ~records.bad & ~(_KNOWN[small] & (kind >= 0) & (kind < TYPES))
        rows.flag(odd, [f"message_type:{k}" for k in kind[odd].tolist()])
        for number, flag in FLAG_OF.items():
            rows.flag(kind == number, flag)
        starred, _ = ints("starred")
        rows.flag(starred == 1, "starred")
        key_ids = words(table, records, "key_id").values
        rows.flag(np.asarray(pc.fill_null(pc.equal(key_ids, "-1"), False)), "placeholder")  # noqa: FBT003 - Arrow's fill value
        self._who(rows, ints, kind)
        rows.columns["sent_at"], rows.columns["sent_at_text"], rows.columns["sent_at_basis"] = instants(*ints("timestamp"))
        text = words(table, records, "text_data")
        rows.columns["text"] = text.values
        rows.repairs = text.repairs
        rows.flag(np.array(sorted(text.odd), dtype=np.int64), "stored_as_other_type")
        codes = self._beside(rows, rowids, kind, codes)
        rows.columns["kind"] = _kinds(codes)
        given = self._with_add_ons(rows, rowids)
        named_before = len(self.files.named)
        chunk = rows.chunk(self.db.part, table.name, records.bad, given)
        if len(self.files.named) > named_before or self.files.named:
            chunk.named_parts = frozenset(self.files.named)
        return chunk

    def _who(self, rows: Rows, ints: Any, kind: Ints) -> None:
        """Thread, direction and sender."""
        people = self.people
        chat, has_chat = ints("chat_row_id")
        at, found = people.chats.first(chat)
        found = found & has_chat
        rows.columns["thread_id"] = encoded(people.threads, at, found)
        rows.columns["thread_title"] = encoded(people.titles, at, found)
        rows.flag(~found, "no_chat")
        mine, known = ints("from_me")
        rows.columns["direction"] = encoded(["out", "in"], np.where(mine == 1, 0, 1), known)
        sender, has_sender = ints("sender_jid_row_id")
        of, is_there = people.jids.first(sender)
        is_there = is_there & has_sender & (sender > 0)
        none = len(people.accounts)
        some = len(people.chat_jid) > 0
        chats = people.chat_jid[at] if some else np.full(len(at), none)
        group = people.grouped[at] if some else np.zeros(len(at), np.bool_)
        spoken = kind != EVENT  # what the app itself says has a sender only where one is named
        by_chat = found & ~group & (chats < none) & spoken
        index = np.where(is_there, of, np.where(by_chat, chats, none))
        index = np.where(known & (mine == 1) & spoken, none + 1, index)
        index = np.where(known, index, none)
        accounts = pa.array([*people.accounts, None, OWN_ACCOUNT], pa.string())
        names = pa.array([*people.called, None, None], pa.string())
        rows.columns["sender_id"] = pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), accounts)
        rows.columns["sender_name"] = pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), names)

    def _beside(self, rows: Rows, rowids: Ints, kind: Ints, codes: Ints) -> Ints:
        """What side tables say about the batch's messages. Gives the kinds."""
        s = self.sides
        said = (kind == 42) | (kind == 43)  # the type says view once already
        for side, flag, but in ((s.ephemeral, "ephemeral", None), (s.once, "view_once", said), (s.forwarded, "forwarded", None)):
            if len(side):
                found = side.first(rowids)[1]
                rows.flag(found if but is None else found & ~but, flag)
        codes = self._revoked(rows, rowids, codes)
        self._edited(rows, rowids)
        self._media(rows, rowids, kind)
        texts = Fill(rows)
        self._places(rows, rowids, texts)
        self._lists(rowids, texts)
        self._quotes(rows, rowids)
        texts.done()
        self._events(rows, rowids)
        self._receipts(rows, rowids)
        at, found = s.missed.first(rowids)
        rows.flag(found, "missed_call")
        for i in np.flatnonzero(found).tolist():
            if s.missed.number("video_call", int(at[i])) == 1:
                rows.flag(np.array([i]), "video_call")
        return np.where(found & (codes == _KINDS.index("service")), _KINDS.index("call"), codes)

    def _revoked(self, rows: Rows, rowids: Ints, codes: Ints) -> Ints:
        side = self.sides.revoked
        at, found = side.first(rowids)
        for i in np.flatnonzero(found).tolist():
            when, admin = side.number("revoke_timestamp", int(at[i])), side.number("admin_jid_row_id", int(at[i]))
            if when:
                rows.flag(np.array([i]), f"revoked_at_ms:{when}")
            if admin:
                rows.flag(np.array([i]), f"deleted_by_admin:{self.people.account(admin) or admin}")
        return np.where(found & (codes != _KINDS.index("unparsed")), _KINDS.index("deleted"), codes)

    def _edited(self, rows: Rows, rowids: Ints) -> None:
        side = self.sides.edited
        if not len(side):
            return
        at, found = side.first(rowids)
        if found.any():
            rows.flag(found, "edited")
            ms, known = side.ints["edited_timestamp"]
            rows.columns["edited_at"] = instants(np.where(found, ms[at], 0), found & known[at])[0]

    def _media(self, rows: Rows, rowids: Ints, kind: Ints) -> None:
        side = self.sides.media
        at, found = side.first(rowids)
        is_media = found | (_MEDIA[np.clip(kind, 0, TYPES - 1)] & (kind >= 0) & (kind < TYPES))
        where = np.flatnonzero(is_media)
        if not len(where):
            return
        if not self.files.by_name and not _some_text(side, "file_hash"):
            rows.attachments = self._media_not_here(rows, kind, where, at[where], found[where])
            return
        known = [int(r) for r in at[where]] if len(side) else []
        paths, names, types, hashes = (
            side.text(c, known) if len(side) else [None] * len(where) for c in ("file_path", "media_name", "mime_type", "file_hash")
        )
        sizes, seconds = (side.numbers(c, at[where]) for c in ("file_size", "media_duration"))
        struct: list[Any] = [None] * rows.n
        kinds, here = kind[where].tolist(), found[where].tolist()
        for j, i in enumerate(where.tolist()):
            if not here[j]:
                struct[i] = [self.files.attachment(None, None, MEDIA_OF.get(kinds[j]), None)]
                continue
            shown = types[j] or MEDIA_OF.get(kinds[j])
            struct[i] = [self.files.attachment(paths[j], names[j], shown, sizes[j] or None)]
            digest = _hash(hashes[j]) if hashes[j] else None
            if digest:
                rows.flag(np.array([i]), f"file_sha256:{digest}")
            if seconds[j]:
                rows.flag(np.array([i]), f"duration_s:{seconds[j]}")
        rows.attachments = pa.array(struct, pa.list_(ATTACHMENT))

    def _media_not_here(self, rows: Rows, kind: Ints, where: Ints, at: Ints, found: Mask) -> pa.Array:
        """As `_media`, all at once, for a database that was handed in without files."""
        side = self.sides.media
        row = pa.array(at, mask=~found)
        nothing = pa.nulls(len(where), pa.string())
        paths, names, mimes = (
            side.texts[c].take(row) if c in side.texts else nothing for c in ("file_path", "media_name", "mime_type")
        )
        own = encoded([MEDIA_OF.get(n) for n in range(TYPES)], np.clip(kind[where], 0, TYPES - 1), kind[where] >= 0)
        types = pc.coalesce(mimes, own.dictionary.take(own.indices))
        size = pa.array(_optional_numbers(side, "file_size", at, found), pa.int64())
        seconds = _optional_numbers(side, "media_duration", at, found)
        long = np.array([bool(s) for s in seconds], dtype=np.bool_)
        rows.flag(where[long], [f"duration_s:{s}" for s in seconds if s])
        structs = self.files.not_here(paths, names, types, size)
        counts = np.zeros(rows.n, dtype=np.int64)
        counts[where] = 1
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), structs, mask=pa.array(counts == 0))

    def _places(self, rows: Rows, rowids: Ints, texts: Fill) -> None:
        side = self.sides.location
        at, found = side.first(rowids)
        for i in np.flatnonzero(found).tolist():
            row = [int(at[i])]
            lat, lon = side.text("latitude", row)[0], side.text("longitude", row)[0]
            if lat is not None and lon is not None:
                rows.flag(np.array([i]), f"geo:{lat},{lon}")
            for column in ("place_name", "place_address", "url"):
                texts.add(i, column, side.text(column, row)[0])

    def _lists(self, rowids: Ints, texts: Fill) -> None:
        """Contact cards and poll options."""
        owner, entry = self.sides.vcard.each(rowids)
        for i, card in zip(owner.tolist(), self.sides.vcard.text("vcard", entry.tolist()), strict=True):
            texts.add(i, "vcard", card)
        side = self.sides.poll
        owner, entry = side.each(rowids)
        for i, row, option in zip(owner.tolist(), entry.tolist(), side.text("option_name", entry.tolist()), strict=True):
            total = side.number("vote_total", row)
            flags = ("field:option",) if total is None else ("field:option", f"count:{total}")
            texts.child(i, option, flags)

    def _quotes(self, rows: Rows, rowids: Ints) -> None:
        side = self.sides.quoted
        at, found = side.first(rowids)
        if not found.any():
            return
        where = np.flatnonzero(found)
        entries = at[where].tolist()
        answers: list[str | None] = [None] * rows.n
        keys, said = side.text("key_id", entries), side.text("text_data", entries)
        for i, row, key, text in zip(where.tolist(), entries, keys, said, strict=True):
            target = self.sides.quoted_rows.get(key) if key else None
            if target is not None:
                answers[i] = f"{self.prefix}message-{target}"
                continue
            answers[i] = f"wa:{key}" if key else None
            if text:
                mine = side.number("from_me", row) == 1
                who = OWN_ACCOUNT if mine else self.people.account(side.number("sender_jid_row_id", row))
                rows.children.append(Child(i, "text", text, who, self.people.name(who), flags=("field:quoted",)))
        rows.columns["reply_to"] = pa.array(answers, pa.string())

    def _events(self, rows: Rows, rowids: Ints) -> None:
        """System events: what happened, to whom."""
        s, people = self.sides, self.people
        at, found = s.system.first(rowids)
        where = np.flatnonzero(found)
        actions = [s.system.number("action_type", r) for r in at[where].tolist()]
        rows.flag(where, [f"action:{ACTIONS.get(a or 0, a)}" for a in actions])
        owner, entry = s.joined.each(rowids)
        said = [people.account(s.joined.number("user_jid_row_id", r)) for r in entry.tolist()]
        rows.flag(owner, [f"participant:{account}" for account in said])
        owner, entry = s.number.each(rowids)
        for i, row in zip(owner.tolist(), entry.tolist(), strict=True):
            before, after = (people.account(s.number.number(c, row)) for c in ("old_jid_row_id", "new_jid_row_id"))
            rows.flag(np.array([i]), f"number_change:{before}>{after}")
        owner, entry = s.old_value.each(rowids)
        for i, text in zip(owner.tolist(), s.old_value.text("old_data", entry.tolist()), strict=True):
            if text:
                rows.children.append(Child(i, "service", text, flags=("field:old_value",)))

    def _receipts(self, rows: Rows, rowids: Ints) -> None:
        side = self.sides.receipt
        owner, entry = side.each(rowids)
        if not len(owner):
            return
        jid, known = side.ints["receipt_user_jid_row_id"]
        at, found = self.people.jids.first(jid[entry])
        named = encoded([f":{a}:" for a in self.people.accounts], at, found & known[entry])
        accounts = named.dictionary.take(named.indices).fill_null("::")
        for column, flag in (("receipt_timestamp", "delivered"), ("read_timestamp", "read"), ("played_timestamp", "played")):
            ms, has = side.ints[column]
            good = has[entry] & (ms[entry] > 0)
            when = pc.cast(pa.array(ms[entry][good]), pa.string())
            rows.flag(owner[good], pc.binary_join_element_wise(flag, accounts.filter(pa.array(good)), when, ""))

    # ---- reactions and votes

    def _read_add_ons(self) -> None:
        """All of message_add_on as child rows, by message."""
        if "message_add_on" not in self.db.schema.tables:
            return
        columns = ("_id", "parent_message_row_id", "from_me", "sender_jid_row_id", "timestamp", "message_add_on_type")
        parents: list[Ints] = []
        self.add_on_keys: list[str] = []
        for table, rowids, records, keys in self.db.batches("message_add_on", columns):
            held = {c: integers(table, records, rowids, c) for c in columns}
            parent, known = held["parent_message_row_id"]
            parents.append(np.where(known & ~records.bad, parent, -(2**62)))
            self.add_on_keys += keys.to_pylist()
            told = [_optional(*held[c]) for c in ("from_me", "sender_jid_row_id", "timestamp", "message_add_on_type")]
            reacted = self.sides.reaction.first(rowids)
            words_of = self.sides.reaction.text("reaction", reacted[0].tolist())
            when = self.sides.reaction.numbers("sender_timestamp", reacted[0])
            hits, bad = reacted[1].tolist(), records.bad.tolist()
            for i, rowid in enumerate(rowids.tolist()):
                reaction = (words_of[i], when[i]) if hits[i] else None
                row = (told[0][i], told[1][i], told[2][i], told[3][i])
                self.add_ons.rows.append(self._add_on(rowid, row, reaction, bad=bad[i]))
        keys_all = np.concatenate(parents) if parents else np.empty(0, np.int64)
        order = np.argsort(keys_all, kind="stable")
        self.add_ons = _AddOns(keys_all[order], [self.add_ons.rows[i] for i in order.tolist()])
        self.add_on_keys = [self.add_on_keys[i] for i in order.tolist()]

    def _add_on(
        self,
        rowid: int,
        row: tuple[int | None, int | None, int | None, int | None],
        reaction: tuple[str | None, int | None] | None,
        *,
        bad: bool,
    ) -> Child:
        """One addition. row: from_me, sender, time, type. reaction: its sign and its own time."""
        s = self.sides
        mine, sender, ms, what = row
        who = OWN_ACCOUNT if mine == 1 else self.people.account(sender)
        direction = None if mine is None else "out" if mine == 1 else "in"
        flags: tuple[str, ...]
        kind, text, flags = "service", None, (f"add_on:{what}",)
        if reaction is not None or what == REACTION:
            kind, flags = "reaction", ()
            text, own = reaction or (None, None)
            ms = own or ms
        else:
            _, entries = s.votes.each(np.array([rowid], dtype=np.int64))
            chosen = [s.votes.number("message_poll_option_id", e) for e in entries.tolist()]
            if chosen or what == VOTE:
                kind, flags = "poll", ("vote", *(f"option:{c}" for c in chosen))
                text = s.options.get(chosen[0] or 0) if len(chosen) == 1 else None
        if bad:
            kind, text, flags = "unparsed", None, ()
        good = ms is not None and 0 < ms < 7_258_118_400_000
        sent = ms * 1000 if good and ms is not None else None
        return Child(-1, kind, text, who, self.people.name(who), direction, sent, None if ms is None else str(ms), flags)

    def _with_add_ons(self, rows: Rows, rowids: Ints) -> dict[str, tuple[int, int]]:
        keys = self.add_ons.keys
        if not len(keys):
            return {}
        low, high = np.searchsorted(keys, rowids, "left"), np.searchsorted(keys, rowids, "right")
        done = bad = 0
        for i in np.flatnonzero(high > low).tolist():
            for j in range(int(low[i]), int(high[i])):
                if j in self.kept:
                    continue
                self.kept.add(j)
                child = self.add_ons.rows[j]
                child.parent = i
                rows.children.append(child)
                bad += child.kind == "unparsed"
                done += child.kind != "unparsed"
        table = self.db.schema.tables["message_add_on"].name
        return {table: (done, bad)}

    def _orphans(self) -> Iterator[Chunk]:
        """Additions whose message is not there."""
        if "message" not in self.db.schema.tables:
            self.sides = _sides(self.db)
            self._read_add_ons()
        left = [j for j in range(len(self.add_ons.rows)) if j not in self.kept]
        for first in range(0, len(left), 32_768):
            some = left[first : first + 32_768]
            kids = [self.add_ons.rows[j] for j in some]
            rows = Rows(
                pa.array([self.add_on_keys[j] for j in some], pa.string()),
                {
                    "platform": const("whatsapp", len(kids)),
                    "kind": pa.array([k.kind for k in kids]),
                    "text": pa.array([k.text for k in kids], pa.string()),
                    "sender_id": pa.array([k.sender_id for k in kids], pa.string()),
                    "sender_name": pa.array([k.sender_name for k in kids], pa.string()),
                    "direction": pa.array([k.direction for k in kids], pa.string()),
                    "sent_at": pa.array([k.sent for k in kids], pa.int64()).cast(pa.timestamp("us", "UTC")),
                    "sent_at_text": pa.array([k.sent_text for k in kids], pa.string()),
                    "sent_at_basis": pa.array(["none" if k.sent is None else "utc" for k in kids]),
                },
            )
            for i, kid in enumerate(kids):
                for flag in (*kid.flags, "message_not_here"):
                    rows.flag(np.array([i]), flag)
            bad = np.array([k.kind == "unparsed" for k in kids])
            yield rows.chunk(self.db.part, self.db.schema.tables["message_add_on"].name, bad)

    # ---- calls

    def _calls(self, table: Table, rowids: Ints, records: Records, keys: pa.Array) -> Chunk:
        def ints(name: str) -> tuple[Ints, Mask]:
            return integers(table, records, rowids, name)

        people = self.people
        jid, known = ints("jid_row_id")
        at, found = people.jids.first(jid)
        found = found & known
        mine, has = ints("from_me")
        none = len(people.accounts)
        rows = Rows(keys, {"platform": const("whatsapp", len(keys))})
        rows.columns["thread_id"] = encoded(people.accounts, at, found)
        rows.columns["thread_title"] = encoded(people.called, at, found)
        rows.columns["direction"] = encoded(["out", "in"], np.where(mine == 1, 0, 1), has)
        index = np.where(has & (mine == 1), none, np.where(found & has, at, none + 1))
        rows.columns["sender_id"] = pa.DictionaryArray.from_arrays(
            pa.array(index.astype(np.int32)), pa.array([*people.accounts, OWN_ACCOUNT, None], pa.string())
        )
        rows.columns["sender_name"] = pa.DictionaryArray.from_arrays(
            pa.array(index.astype(np.int32)), pa.array([*people.called, None, None], pa.string())
        )
        rows.columns["sent_at"], rows.columns["sent_at_text"], rows.columns["sent_at_basis"] = instants(*ints("timestamp"))
        rows.columns["kind"] = _kinds(np.where(records.bad, _KINDS.index("unparsed"), _KINDS.index("call")))
        rows.flag(ints("video_call")[0] == 1, "video_call")
        for column, flag in (("duration", "duration_s"), ("call_result", "call_result")):
            values, there = ints(column)
            rows.flag(there, [f"{flag}:{v}" for v in values[there].tolist()])
        return rows.chunk(self.db.part, table.name, records.bad)

    # ---- old schema

    def _old(self, table: Table, rowids: Ints, records: Records, keys: pa.Array, quotes: Side) -> Chunk:
        def ints(name: str) -> tuple[Ints, Mask]:
            return integers(table, records, rowids, name)

        def texts(name: str) -> pa.Array:
            return words(table, records, name).values

        kind, known = _numbers(texts("media_wa_type"))
        kind = np.where(known, kind, 0)
        status, has_status = ints("status")
        edit, _ = ints("edit_version")
        small = np.clip(kind, 0, TYPES - 1)
        in_range = (kind >= 0) & (kind < TYPES)
        codes = np.where(in_range, _CODES[small], _KINDS.index("service"))
        event = has_status & (status == 6)
        codes = np.where(event, _KINDS.index("service"), codes)
        gone = has_status & ((status == 5) | (status == 0)) & (edit == 7)
        codes = np.where(gone, _KINDS.index("deleted"), codes)
        codes = np.where(records.bad, _KINDS.index("unparsed"), codes)
        rows = Rows(keys, {"platform": const("whatsapp", len(keys)), "kind": _kinds(codes)})
        odd = ~records.bad & ~(_KNOWN[small] & in_range)
        rows.flag(odd, [f"message_type:{k}" for k in kind[odd].tolist()])
        for number, flag in FLAG_OF.items():
            rows.flag(~event & (kind == number), flag)
        key_ids = texts("key_id")
        rows.flag(np.asarray(pc.fill_null(pc.equal(key_ids, "-1"), False)), "placeholder")  # noqa: FBT003 - Arrow's fill value
        rows.flag(ints("starred")[0] == 1, "starred")
        rows.flag(ints("forwarded")[0] > 0, "forwarded")
        rows.flag((edit > 0) & ~gone, "edited")
        rows.columns["sent_at"], rows.columns["sent_at_text"], rows.columns["sent_at_basis"] = instants(*ints("timestamp"))
        self._old_who(rows, texts("key_remote_jid"), texts("remote_resource"), ints("key_from_me"))
        data = words(table, records, "data")
        rows.columns["text"], rows.repairs = data.values, data.repairs
        rows.flag(np.array(sorted(data.odd), dtype=np.int64), "stored_as_other_type")
        self._old_beside(rows, table, records, rowids, kind, codes)
        quoted, has = ints("quoted_row_id")
        at, found = quotes.first(quoted)
        found = found & has & (quoted > 0)
        if found.any():
            where = np.flatnonzero(found)
            entries = at[where].tolist()
            said: list[str | None] = [None] * rows.n
            for i, key, text in zip(where.tolist(), quotes.text("key_id", entries), quotes.text("data", entries), strict=True):
                said[i] = f"wa:{key}" if key else None
                if text:
                    rows.children.append(Child(i, "text", text, flags=("field:quoted",)))
            rows.columns["reply_to"] = pa.array(said, pa.string())
        chunk = rows.chunk(self.db.part, table.name, records.bad)
        chunk.named_parts = frozenset(self.files.named)
        return chunk

    def _old_who(self, rows: Rows, chat: pa.Array, member: pa.Array, mine: tuple[Ints, Mask]) -> None:
        from_me, known = mine
        rows.columns["thread_id"] = chat
        rows.flag(np.asarray(pc.is_null(chat)), "no_chat")
        rows.columns["thread_title"] = self._named(chat, titles=True)
        rows.columns["direction"] = encoded(["out", "in"], np.where(from_me == 1, 0, 1), known)
        member = pc.if_else(pc.equal(pc.fill_null(member, ""), ""), pa.scalar(None, pa.string()), member)
        group = pc.fill_null(pc.or_(pc.ends_with(chat, "@g.us"), pc.ends_with(chat, "@broadcast")), False)  # noqa: FBT003
        sender = pc.coalesce(member, pc.if_else(group, pa.scalar(None, pa.string()), chat))
        out = pa.array(from_me == 1, mask=~known)
        rows.columns["sender_id"] = pc.if_else(out, pa.scalar(OWN_ACCOUNT), sender)
        rows.columns["sender_name"] = pc.if_else(out, pa.scalar(None, pa.string()), self._named(sender, titles=False))

    def _named(self, accounts: pa.Array, *, titles: bool) -> pa.Array:
        codes = accounts.dictionary_encode()
        subject = dict(zip(self.people.threads, self.people.titles, strict=True)) if titles else {}
        said = [subject.get(a) or self.people.name(a) for a in codes.dictionary.to_pylist()]
        return pa.array(said, pa.string()).take(codes.indices)

    def _old_beside(self, rows: Rows, table: Table, records: Records, rowids: Ints, kind: Ints, codes: Ints) -> None:
        """Media, captions and places of the old schema."""
        fill = Fill(rows)
        columns = {c: words(table, records, c).values for c in ("media_name", "media_mime_type", "media_caption")}
        size, has_size = integers(table, records, rowids, "media_size")
        seconds, has_seconds = integers(table, records, rowids, "media_duration")
        places = [table.position(c) for c in ("latitude", "longitude")]
        reals = [records.floats(p) if p is not None else None for p in places]
        struct: list[Any] = [None] * rows.n
        some = False
        media, place = _KINDS.index("media"), _KINDS.index("location")
        for i in np.flatnonzero((codes == media) | (codes == place)).tolist():
            name, mime, caption = (columns[c][i].as_py() for c in columns)
            if codes[i] == media:
                some = True
                kept = int(size[i]) if has_size[i] and size[i] else None
                struct[i] = [self.files.attachment(None, name, mime or MEDIA_OF.get(int(kind[i])), kept)]
                if has_seconds[i] and seconds[i]:
                    rows.flag(np.array([i]), f"duration_s:{seconds[i]}")
            elif all(r is not None and r[1][i] for r in reals):
                lat, lon = (float(r[0][i]) for r in reals if r is not None)
                rows.flag(np.array([i]), f"geo:{lat!r},{lon!r}")
                fill.add(i, "media_name", name)
            fill.add(i, "media_caption", caption)
        if some:
            rows.attachments = pa.array(struct, pa.list_(ATTACHMENT))
        fill.done()


def _numbers(texts: pa.Array) -> tuple[Ints, Mask]:
    """Numbers of a column that holds them as text; what is none is -1."""
    codes = texts.dictionary_encode()
    said = codes.dictionary.to_pylist()
    values = np.array([int(t) if t.isascii() and t.isdigit() and len(t) < 10 else -1 for t in said] + [0], dtype=np.int64)
    index = np.asarray(codes.indices.fill_null(len(said)))
    return values[index], index < len(said)


def contact_names(source: Source) -> dict[str, str]:
    """Names by account from every wa.db in the source."""
    names: dict[str, str] = {}
    for part in source.parts:
        if part.media != "database" or part.state != "present" or "wa_contacts" not in table_names(part):
            continue
        db = opened(source, part)
        if db is None:
            continue
        side = db.whole("wa_contacts", "", texts=("jid", "display_name", "wa_name"))
        for jid, shown, own in zip(*(_list(side, c) for c in ("jid", "display_name", "wa_name")), strict=True):
            if jid and (shown or own):
                names.setdefault(jid, shown or own)
        db.db.close()
    return names


class WhatsAppAndroidSqlite:
    """See the module's text."""

    name = "whatsapp_android_sqlite"

    def recognise(self, part: Part) -> Evidence | None:
        """By its tables: jid and chat beside message, or messages with WhatsApp's own side tables."""
        names = table_names(part)
        new = "message" in names and {"chat", "jid"} <= names
        old = "messages" in names and bool({"chat_list", "messages_quotes", "messages_links", "group_participants"} & names)
        return Evidence("whatsapp_android_tables") if new or old else None

    def is_metadata(self, part: Part) -> bool:
        """wa.db: names."""
        return "wa_contacts" in table_names(part)

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:  # noqa: ARG002 - times are UTC
        """Rows of each database, then its account."""
        names = contact_names(source)
        files = Files(source)
        return read_databases(source, parts, lambda db: _Store(source, db, names, files).chunks())


reader = WhatsAppAndroidSqlite()
