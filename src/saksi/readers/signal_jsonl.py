"""Signal's plaintext export: main.jsonl, one frame of its backup format a line.

    {"version": "1", "backupTimeMs": "…", …}
    {"recipient": {"id": "2", "contact": {"e164": "62860…", "profileGivenName": "Budi"}}}
    {"chat": {"id": "1", "recipientId": "2"}}
    {"chatItem": {"chatId": "1", "authorId": "2", "dateSent": "…", "incoming": {…}, "standardMessage": {"text": {"body": "halo"}}}}

Each line is one frame. chatItem and adHocCall are rows, in file order; all other frames are container. A line that is no
JSON is a row of kind unparsed. Numbers may be written as texts (the JSON form of protobuf), defaults are left out. Rules:

1. Text is the body. Previews of links, cards, poll options, notes of payments are child rows; `text_from` as elsewhere.
2. Time is dateSent, milliseconds (basis utc), sent_at_text its digits. Direction is `incoming` or `outgoing`.
3. sender_id is the phone number (+…) where the contact has one, else its aci, pni or user name; sender_name as the phone
   shows it: nickname, the address book's name, the profile's name.
4. An edited message: its earlier versions are child rows with `revision_of`, flag revision, their own time; the row itself
   is the last version, flag edited.
5. Deleted for everyone: kind deleted. View once: flag view_once. Timers: flag ephemeral. Reactions are child rows.
6. A quote is `reply_to` the row where that stands earlier, else `signal:<author>/<dateSent>`; the quoted words are then a
   child row of the quoted author.
7. Attachments: the file whose name or SHA-256 is the pointer's, anywhere in the export.

Spans, unknown fields: `_json_records`. Facts and sources: docs/formats/signal.md. Versions: Android 8.10 to 8.x (2026),
read from the published format, metadata.json not seen. References: signalapp/Signal-Android Backup.proto.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers._lines import BrokenOff, Line, encoding_of, part_lines
from saksi.readers.base import Chunk, Evidence, ReadSettings

FRAMES: Final = frozenset({
    "account", "recipient", "chat", "chatItem", "stickerPack", "adHocCall", "notificationProfile", "chatFolder",
})
_FIRST: Final = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*\{[ \t]*"(\w+)"[ \t]*:')
LINES_AT_ONCE: Final = 4096
FILE_ROLES: Final = ("metadata.json", "contact.json", "account.json")


@dataclass(frozen=True)
class Person:
    """A recipient. own: the account that exported."""

    account: str | None
    name: str | None
    own: bool = False


@dataclass
class Frame:
    """A line that is a record."""

    start: int
    end: int
    kind: str
    value: dict[str, Any]
    raw: bytes = b""
    repairs: js.Repairs = field(default_factory=js.Repairs)


def _joined(*names: str | None) -> str | None:
    return " ".join(n for n in names if n) or None


def _sha256(text: str | None) -> str | None:
    """A digest written as base64 or hex, as hex."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower()
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 32 else None


class _Job(jr.Job):
    """Reads one export."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "signal")
        self.people: dict[str, Person] = {}
        self.chats: dict[str, str] = {}
        self.own_name: str | None = None
        self.earlier = jr.Earlier()
        self.keys: dict[tuple[str | None, str | None], int] = {}
        media = [p for p in source.parts if p.media is not None]
        self.by_name = {p.name.rpartition(".")[0].lower() or p.name.lower(): p for p in media}
        self.by_size: dict[int, list[Part]] = {}
        for p in media:
            self.by_size.setdefault(p.size, []).append(p)

    # -- lines -------------------------------------------------------------------------------------------------------

    def frames(self) -> Iterator[Chunk]:
        """All chunks of the part."""
        frames: list[Frame] = []
        try:
            for line in part_lines(self.part):
                frame = self._frame(line)
                if frame is not None:
                    frames.append(frame)
                if len(frames) >= LINES_AT_ONCE:
                    yield from self._rows(frames)
                    frames = []
        except BrokenOff as e:
            yield from self._rows(frames)
            frames = []
            yield js.damage_chunk(self.part, js.Damage("truncated", e.at, self.part.size, claims=True), self.ledger)
        yield from self._rows(frames)
        yield self.end()

    def _frame(self, line: Line) -> Frame | None:
        """The line as a record; None where it is container. Recipients and chats are noted."""
        end = line.end - len(line.ending.encode())
        if line.text is None:
            self.problem("oversize_message", line.start, line.end)
            return Frame(line.start, line.end, "oversize", {})
        if not line.text.strip():
            return None
        raw = line.text.encode("utf-8", "surrogatepass")
        repairs = js.Repairs(how={"utf8_stand_in"} if line.repair else set())
        if line.repair:
            repairs.problems.append(("invalid_utf8", line.start, end))
        found = jr.object_of(raw, line.start, repairs)
        if found is None:
            reason = "truncated" if not line.ending and line.end >= self.part.size else "broken_record"
            self.problem(reason, line.start, end)
            return Frame(line.start, end, "broken", {}, raw, repairs)
        for kind in ("chatItem", "adHocCall"):
            if isinstance(found.get(kind), dict):
                return Frame(line.start, end, kind, found, raw, repairs)
        if found.keys() & {"chatItem", "adHocCall"}:
            self.problem("broken_record", line.start, end)
            return Frame(line.start, end, "broken", {}, raw, repairs)
        self._note(found, line.start, end)
        return None

    def _rows(self, frames: list[Frame]) -> Iterator[Chunk]:
        if not frames:
            return
        with js.gc_paused():
            rows = [self._row(frame) for frame in frames]
            chunks = list(self.chunks(jr.spans_of([(f.start, f.end) for f in frames]), rows))
        yield from chunks

    def _row(self, frame: Frame) -> jr.Row:
        if frame.kind in ("oversize", "broken"):
            row = jr.Row("unparsed", None if frame.kind == "oversize" else frame.raw.decode("utf-8", "replace"))
            row.columns |= {"sent_at_basis": "none", "text_repair": frame.repairs.name}
            return row
        f = jr.Fields(frame.value, frame.start, frame.end)
        item = f.inner(frame.kind)
        row = self._item(item) if frame.kind == "chatItem" else self._call_link(item)
        row = row.finish(f)
        if frame.repairs.how:
            row.columns["text_repair"] = frame.repairs.name
        for reason, start, end in frame.repairs.problems[: jr.PROBLEMS_A_RECORD]:
            self.problem(reason, start, end)
        for reason in row.reasons:
            self.problem(reason, frame.start, frame.end)
        return row

    # -- people and chats --------------------------------------------------------------------------------------------

    def _note(self, found: dict[str, Any], start: int, end: int) -> None:
        f = jr.Fields(found, start, end)
        if isinstance(found.get("account"), dict):
            a = f.inner("account")
            self.own_name = _joined(a.said("givenName"), a.said("familyName")) or a.said("username")
        elif isinstance(found.get("recipient"), dict):
            r = f.inner("recipient")
            number = r.id("id")
            if number is not None:
                self.people[number] = self._person(r)
        elif isinstance(found.get("chat"), dict):
            c = f.inner("chat")
            number, recipient = c.id("id"), c.id("recipientId")
            if number is not None and recipient is not None:
                self.chats[number] = recipient
        if f.any_odd():
            self.problem("broken_record", start, end)

    def _person(self, r: jr.Fields) -> Person:
        if "self" in r.left:
            return Person(None, self.own_name, own=True)
        if "group" in r.left:
            group = r.inner("group")
            snapshot = group.inner("snapshot")
            return Person(None, snapshot.inner("title").said("title"))
        if "distributionList" in r.left:
            return Person(None, r.inner("distributionList").inner("distributionList").said("name"))
        if "callLink" in r.left:
            return Person(None, r.inner("callLink").said("name"))
        if "releaseNotes" in r.left:
            return Person(None, "Signal")
        c = r.inner("contact")
        phone = c.id("e164")
        phone = None if phone is None else phone if phone.startswith("+") else f"+{phone}"
        nickname, username = c.inner("nickname"), c.said("username")
        name = (
            _joined(nickname.said("given"), nickname.said("family")) or c.said("systemNickname")
            or _joined(c.said("systemGivenName"), c.said("systemFamilyName"))
            or _joined(c.said("profileGivenName"), c.said("profileFamilyName")) or username or phone
        )
        return Person(phone or c.said("aci") or c.said("pni") or username, name)

    def _who(self, columns: dict[str, Any], number: str | None) -> Person | None:
        person = self.people.get(number or "")
        columns["sender_id"] = None if person is None else person.account
        columns["sender_name"] = None if person is None else self.own_name if person.own else person.name
        return person

    # -- items -------------------------------------------------------------------------------------------------------

    def _item(self, f: jr.Fields) -> jr.Row:
        """One chatItem as a row."""
        chat, author, sent = f.id("chatId"), f.id("authorId"), f.whole("dateSent")
        row = jr.Row("text")
        row.sent(js.seconds_to_us(sent, 1000), None if sent is None else str(sent), "utc")
        self._who(row.columns, author)
        person = self.people.get(self.chats.get(chat or "", ""))
        row.columns["thread_id"] = chat
        row.columns["thread_title"] = None if person is None else self.own_name if person.own else person.name
        self._direction(f, row)
        expires = f.whole("expiresInMs")
        f.skip("expireStartDate")
        if expires:
            row.flags += ["ephemeral", f"period_s:{expires // 1000}"]
        if f.yes("sms") is True:
            row.flags.append("sms")
        pinned = f.inner("pinDetails")
        if pinned.left:
            row.flags.append("pinned")
            pinned.skip("pinnedAtTimestamp", "pinExpiresAtTimestamp", "pinNeverExpires")
        self._content(f, row)
        revisions = f.items("revisions")
        if revisions:
            row.flags.append("edited")
            row.columns["edited_at"] = row.columns["sent_at"]
            self._revisions(revisions, row)
        if sent is not None and 0 < sent < 1 << 62:
            self.earlier.add(sent, f.start, self._tag(chat, author))
        return row

    def _tag(self, chat: str | None, author: str | None) -> int:
        return self.keys.setdefault((chat, author), len(self.keys))

    @staticmethod
    def _direction(f: jr.Fields, row: jr.Row) -> None:
        if "incoming" in f.left:
            incoming = f.inner("incoming")
            incoming.skip("dateReceived", "dateServerSent", "read", "sealedSender")
            row.columns["direction"] = "in"
        elif "outgoing" in f.left:
            outgoing = f.inner("outgoing")
            outgoing.skip("dateReceived")
            row.columns["direction"] = "out"
            states: set[str] = set()
            for s in outgoing.items("sendStatus"):
                s.skip("recipientId", "timestamp")
                for state in list(s.left):
                    states.add(state)
                    s.inner(state).skip("sealedSender", "reason")
            row.flags += [f"status:{s}" for s in sorted(states)]
        elif "directionless" in f.left:
            f.inner("directionless")

    def _content(self, f: jr.Fields, row: jr.Row) -> None:
        for name, take in (
            ("standardMessage", self._standard), ("contactMessage", self._contact), ("stickerMessage", self._sticker),
            ("remoteDeletedMessage", self._deleted), ("adminDeletedMessage", self._deleted), ("viewOnceMessage", self._once),
            ("poll", self._poll), ("directStoryReplyMessage", self._story), ("paymentNotification", self._payment),
            ("giftBadge", self._gift), ("updateMessage", self._update),
        ):
            if name in f.left:
                take(f.inner(name), row)
                return
        row.kind = "service"

    def _standard(self, m: jr.Fields, row: jr.Row) -> None:
        row.text = self._body(m.inner("text"))
        self._attachments(m.items("attachments"), row)
        self._quote(m.inner("quote"), row)
        if "longText" in m.left:
            row.flags.append("long_text")
            row.attachments.append(self._pointer(m.inner("longText"), None))
        words: list[tuple[str, str | None]] = []
        for p in m.items("linkPreview"):
            words += [(f"linkPreview.{n}", p.said(n)) for n in ("url", "title", "description")]
            p.skip("date", "image")
        self._reactions(m, row)
        if row.attachments and not row.text:
            row.kind = "media"
        row.words(words)

    @staticmethod
    def _body(text: jr.Fields) -> str | None:
        body = text.text("body")
        for r in text.items("bodyRanges"):
            r.skip("start", "length", "style", "mentionAci")
        return body

    def _contact(self, m: jr.Fields, row: jr.Row) -> None:
        row.kind = "contact"
        c = m.inner("contact")
        name = c.inner("name")
        words: list[tuple[str, str | None]] = [("contact.number", n.said("value")) for n in self._plain(c.items("number"))]
        words += [(f"contact.name.{n}", name.said(n)) for n in
                  ("givenName", "middleName", "familyName", "nickname", "prefix", "suffix")]
        words += [("contact.email", e.said("value")) for e in self._plain(c.items("email"))]
        words.append(("contact.organization", c.said("organization")))
        c.skip("avatar")
        row.words(words)
        self._reactions(m, row)

    @staticmethod
    def _plain(items: list[jr.Fields]) -> list[jr.Fields]:
        for item in items:
            item.skip("type")
        return items

    def _sticker(self, m: jr.Fields, row: jr.Row) -> None:
        row.kind = "media"
        s = m.inner("sticker")
        s.skip("packId", "packKey", "stickerId")
        row.flags += jr.tag("sticker", s.said("emoji"))
        row.attachments.append(self._pointer(s.inner("data"), "sticker"))
        self._reactions(m, row)

    @staticmethod
    def _deleted(m: jr.Fields, row: jr.Row) -> None:
        row.kind = "deleted"
        row.flags += jr.tag("deleted_by_admin", m.id("adminId"))

    def _once(self, m: jr.Fields, row: jr.Row) -> None:
        row.kind = "media"
        row.flags.append("view_once")
        if "attachment" in m.left:
            self._attachments([m.inner("attachment")], row)
        else:  # it was looked at: the phone does not have it any more
            row.attachments.append(js.attachment(None, None, None, None, "omitted"))
        self._reactions(m, row)

    def _poll(self, m: jr.Fields, row: jr.Row) -> None:
        row.kind = "poll"
        row.words([("poll.question", m.said("question"))])
        m.skip("allowMultiple")
        if m.yes("hasEnded") is True:
            row.flags.append("poll_ended")
        for option in m.items("options"):
            flags = ["field:poll.option"]
            for vote in option.items("votes"):
                person = self.people.get(vote.id("voterId") or "")
                flags += jr.tag("vote", None if person is None else self.own_name if person.own else person.name)
                vote.skip("voteCount")
            row.children.append(({"kind": "poll", "text": option.said("option"), "flags": flags}, True))
        self._reactions(m, row)

    def _story(self, m: jr.Fields, row: jr.Row) -> None:
        row.flags.append("story_reply")
        reply = m.inner("textReply")
        row.text = self._body(reply.inner("text")) or m.said("emoji")
        reply.skip("longText")
        self._reactions(m, row)

    @staticmethod
    def _payment(m: jr.Fields, row: jr.Row) -> None:
        row.kind = "payment"
        amount, fee = m.said("amountMob"), m.said("feeMob")
        row.flags += jr.tag("amount", None if amount is None else f"{amount} MOB")
        row.flags += jr.tag("fee", None if fee is None else f"{fee} MOB")
        details = m.inner("transactionDetails")
        if "failedTransaction" in details.left:
            row.flags.append("payment_failed")
        details.skip("transaction", "failedTransaction")
        row.words([("note", m.said("note"))])

    @staticmethod
    def _gift(m: jr.Fields, row: jr.Row) -> None:
        row.kind = "payment"
        row.flags += ["action:giftBadge", *jr.tag("state", m.said("state"))]
        m.skip("receiptCredentialPresentation")

    def _update(self, m: jr.Fields, row: jr.Row) -> None:
        row.kind = "service"
        name = next(iter(m.left), "")
        update = m.inner(name) if isinstance(m.left.get(name), dict) else None
        row.flags.append(f"action:{name or 'updateMessage'}")
        if update is None:
            return
        if name in ("individualCall", "groupCall"):
            row.kind = "call"
            for flag in ("type", "direction", "state"):
                row.flags += jr.tag("call" if flag == "state" else f"call_{flag}", update.said(flag))
            began, ended = update.whole("startedCallTimestamp"), update.whole("endedCallTimestamp")
            if began and ended and ended >= began:
                row.flags.append(f"duration_s:{(ended - began) // 1000}")
            update.skip("callId", "read", "ringerRecipientId", "startedCallRecipientId")
        elif name == "simpleUpdate":
            row.flags += jr.tag("action", update.said("type"))
        elif name == "expirationTimerChange":
            row.flags += ["ephemeral", f"period_s:{(update.whole('expiresInMs') or 0) // 1000}"]

    def _call_link(self, f: jr.Fields) -> jr.Row:
        row = jr.Row("call", flags=["action:adHocCall"])
        at = f.whole("callTimestamp")
        row.sent(js.seconds_to_us(at, 1000), None if at is None else str(at), "utc")
        person = self.people.get(f.id("recipientId") or "")
        row.columns |= {"thread_id": None, "thread_title": None if person is None else person.name}
        f.skip("callId", "state")
        return row

    def _quote(self, q: jr.Fields, row: jr.Row) -> None:
        if not q.left:
            return
        at, author = q.whole("targetSentTimestamp"), q.id("authorId")
        words = self._body(q.inner("text"))
        for a in q.items("attachments"):
            a.skip("contentType", "thumbnail")
            words = words or a.said("fileName")
        q.skip("type")
        chat = row.columns["thread_id"]
        start = None if at is None else self.earlier.find(at, q.start, self._tag(chat, author))
        row.columns["reply_to"] = f"{self.prefix}{start}" if start is not None else f"signal:{author or ''}/{at or ''}"
        if start is None and words:
            own: dict[str, Any] = {"kind": "text", "text": words, "flags": ["field:quote.text"], "sent_at_basis": "none"}
            person = self._who(own, author)
            if person is not None and row.columns.get("direction") is not None:
                own["direction"] = "out" if person.own else "in"
            row.children.append((own, False))

    def _reactions(self, m: jr.Fields, row: jr.Row) -> None:
        for r in m.items("reactions"):
            at = r.whole("sentTimestamp")
            us = js.seconds_to_us(at, 1000)
            own: dict[str, Any] = {
                "kind": "reaction", "text": r.said("emoji"), "sent_at": us, "sent_at_text": None if at is None else str(at),
                "sent_at_basis": "none" if us is None else "utc",
            }
            person = self._who(own, r.id("authorId"))
            if person is not None:
                own["direction"] = "out" if person.own else "in"
            r.skip("sortOrder")
            row.children.append((own, False))

    def _revisions(self, revisions: list[jr.Fields], row: jr.Row) -> None:
        for old in revisions:
            earlier = self._item_of_revision(old)
            own = {k: v for k, v in earlier.columns.items() if k not in ("thread_id", "thread_title")}
            own |= {
                "kind": earlier.kind, "text": earlier.text, "flags": ["revision", *earlier.flags],
                "attachments": earlier.attachments or None, "revision_of": f"{self.prefix}{old.start}",
            }
            row.children.append((own, False))
            row.children += earlier.children

    def _item_of_revision(self, old: jr.Fields) -> jr.Row:
        old.skip("revisions")  # a version has no versions
        noted, self.earlier = self.earlier, jr.Earlier()
        try:
            return self._item(old)
        finally:
            self.earlier = noted

    # -- files -------------------------------------------------------------------------------------------------------

    def _attachments(self, items: list[jr.Fields], row: jr.Row) -> None:
        for a in items:
            flag = a.said("flag")
            a.skip("clientUuid")
            downloaded = a.yes("wasDownloaded")
            pointer = a.inner("pointer")
            caption = pointer.said("caption")
            row.attachments.append(self._pointer(pointer, None, never=downloaded is None))
            if flag == "VOICE_MESSAGE":
                row.flags.append("voice_message")
            if caption:
                row.children.append(({"kind": "media", "text": caption, "flags": ["field:attachments.caption"]}, True))

    def _pointer(self, p: jr.Fields, shown: str | None, *, never: bool = False) -> dict[str, Any]:
        """An attachment; never: the phone never downloaded it."""
        mime, name = p.said("contentType"), p.said("fileName")
        p.skip("incrementalMac", "incrementalMacChunkSize", "width", "height", "blurHash")
        where = p.inner("locatorInfo")
        digest, size = _sha256(where.said("plaintextHash")), where.whole("size")
        where.left.clear()
        part = self._file(digest, name, size)
        kind = shown or jr.broad_type(mime, name)
        return self.attached(name if part is None else part.path, kind, part, size=size, absent="omitted" if never else "missing")

    def _file(self, digest: str | None, name: str | None, size: int | None) -> Part | None:
        if digest is not None and digest in self.by_name:
            return self.by_name[digest]
        for part in self.by_size.get(size or -1, ()) if digest is not None else ():
            if part.digest() == digest:
                return part
        return self.siblings.find(f"files/{name}", climb=True) if name is not None and digest is None else None


class SignalJsonl:
    """Reader `signal_jsonl`; see the module's text."""

    name = "signal_jsonl"

    def recognise(self, part: Part) -> Evidence | None:
        """Lines that are frames, the first of them perhaps the export's own (version, backupTimeMs)."""
        head = part.head()
        m = _FIRST.match(head)
        if m is None or encoding_of(head)[0] != "utf-8":
            return None
        lines = [line for line in head.removeprefix(js.BOM).split(b"\n")[:3] if line.strip()]
        first = lines[0] if lines else b""
        begins = b'"backupTimeMs"' in first and b'"version"' in first
        frames = sum(
            1 for line in lines if (f := _FIRST.match(line)) is not None and f[1].decode() in FRAMES
            and re.match(rb"[ \t]*\{", line[f.end() :])
        )
        own = b'"chatItem"' in head or b'"recipientId"' in head or b'"recipient"' in head or b'"account"' in head
        return Evidence("signal_export") if (begins or frames == len(lines)) and (own or begins) else None

    def is_metadata(self, part: Part) -> bool:
        """metadata.json beside main.jsonl."""
        return part.name in FILE_ROLES

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each export."""
        for part in parts:
            yield from _Job(source, part, settings).frames()


reader = SignalJsonl()
