"""Direct messages in an archive of X (Twitter): data/direct-messages.js and its kin.

    window.YTD.direct_messages.part0 = [ {"dmConversation": {"conversationId": "1-2", "messages": [
        {"messageCreate": {"id", "senderId", "recipientId", "text", "createdAt", "mediaUrls", "urls", "reactions"}}, …]}} ]

Files: direct-messages(-partN).js, direct-messages-group(-partN).js, and the headers (direct-message-headers.js,
direct-message-group-headers.js), which hold who and when without words. Every element of `messages` is one row, in file
order, newest first as the archive has them. Rules:

1. Text is `text`. Full addresses behind shortened ones (`urls`) are child rows. Reactions are child rows with their time.
2. Time is `createdAt`, UTC. sender_id is the account's number; where it is the archive's own (account.js): its name.
   Direction where account.js says whose archive it is.
3. joinConversation, participantsJoin, participantsLeave, conversationNameUpdate, reactionCreate: service rows (reaction
   for the last), flag `action:<name>`, the people in flags `user:<id>`, a new name as a child row.
4. `mediaUrls`: the file direct_messages_media/<message>-<name> (or direct_messages_group_media).
5. A row of a headers file: flag header_only; `duplicate_of` the message itself where that is in the same source.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/x.md.
Versions: archives of 2018 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings

ARRAYS: Final = jr.Paths(("[]", "dmConversation", "messages"))
OPENING: Final = rb'\{[ \t\r\n]*"[a-zA-Z]+"[ \t\r\n]*:[ \t\r\n]*\{'
_HEAD: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*window\.YTD\.(\w+)\.part\d+[ \t\r\n]*=[ \t\r\n]*(?=\[)")
_FILES: Final = frozenset({
    b"direct_messages", b"direct_message", b"direct_messages_group", b"direct_message_group",
    b"direct_message_headers", b"direct_messages_headers", b"direct_message_group_headers", b"direct_messages_group_headers",
})
_OTHERS: Final = re.compile(r"(?:^|/)(?:assets/.*|Your archive\.html|README\.txt|manifest\.js)\Z", re.IGNORECASE)
MEDIA_FOLDERS: Final = ("direct_messages_media", "direct_messages_group_media", "direct_message_media")


def _account(source: Source) -> tuple[str | None, str | None]:
    """(number, name) of the archive's own account."""
    for part in source.parts:
        m = _HEAD.match(part.head()) if part.media is None and part.size < 1 << 20 else None
        if m is None or m[1] != b"account":
            continue
        try:
            value = js.loads_repaired(part.read()[m.end() :], 0, js.Repairs())
            about = value[0]["account"]
            number, name = about.get("accountId"), about.get("accountDisplayName") or about.get("username")
        except (*js.DECODE_ERRORS, *js.STREAM_ERRORS, LookupError, TypeError, AttributeError):
            continue
        if isinstance(number, str) and number:
            return number, name if isinstance(name, str) else None
    return None, None


class _Job(jr.Job):
    """Reads one file. seen: row ids by message id, over the files of one source that hold words."""

    def __init__(
        self, source: Source, part: Part, settings: ReadSettings, owner: tuple[str | None, str | None], seen: dict[str, str]
    ) -> None:
        super().__init__(source, part, settings, "x")
        self.owner, self.seen = owner, seen
        m = _HEAD.match(part.head())
        self.start = 0 if m is None else m.end()
        self.headers = m is not None and b"headers" in m[1]

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """A conversation begins."""
        if isinstance(event, js.Field) and event.path == ("[]", "dmConversation", "conversationId"):
            value = self.value(event)
            self.thread_id = self.thread_title = value if isinstance(value, str) else None
        return None

    def _sender(self, columns: dict[str, Any], number: str | None) -> None:
        columns["sender_id"] = number
        own, name = self.owner
        if own is not None and number is not None:
            columns["direction"] = "out" if number == own else "in"
            columns["sender_name"] = name if number == own else None

    def make(self, f: jr.Fields) -> jr.Row:
        """One element as a row."""
        for name in ("messageCreate", "welcomeMessageCreate"):
            if isinstance(f.left.get(name), dict):
                return self._message(f, f.inner(name), name).finish(f)
        known = [n for n, v in f.left.items() if isinstance(v, dict)]
        return self._event(f.inner(known[0]), known[0]).finish(f) if known else self._unknown(f).finish(f)

    @staticmethod
    def _unknown(f: jr.Fields) -> jr.Row:
        row = jr.Row("service")
        row.sent(None, None, "none")
        f.odd = True
        return row

    def _when(self, m: jr.Fields, row: jr.Row) -> None:
        stamp = m.said("createdAt")
        us, zone = jr.iso_time(stamp)
        if us is not None and zone is None:
            at, basis = self.local(us)
            row.sent(at, stamp, basis)
        else:
            row.sent(us, stamp, zone or "none")

    def _message(self, f: jr.Fields, m: jr.Fields, name: str) -> jr.Row:
        row = jr.Row("text", m.text("text"))
        number = m.id("id")
        self._when(m, row)
        self._sender(row.columns, m.id("senderId"))
        to = m.id("recipientId")
        row.flags += jr.tag("to", to) if to not in (None, "0") else []
        if name != "messageCreate":
            row.flags.append(f"action:{name}")
        for url in m.texts("mediaUrls"):
            row.attachments.append(self._medium(url, number))
        links = [(f"urls.{field}", u.said(field)) for u in m.items("urls") for field in ("expanded", "url", "display")]
        row.words([(n, w) for n, w in links if n == "urls.expanded"])
        self._reactions(m, row)
        if self.headers:
            row.flags.append("header_only")
            row.columns["duplicate_of"] = self.seen.get(number or "")
        elif number is not None:
            self.seen.setdefault(number, f"{self.prefix}{f.start}")
        if row.attachments and not row.text:
            row.kind = "media"
        return row

    def _medium(self, url: str, number: str | None) -> dict[str, Any]:
        last = re.split(r"[?#]", url)[0].rpartition("/")[2]
        part = None
        for folder in MEDIA_FOLDERS:
            part = part or self.siblings.find(f"{folder}/{number}-{last}", climb=True)
        return self.attached(url if part is None else part.path, jr.media_type_of(last) or "image", part)

    def _reactions(self, m: jr.Fields, row: jr.Row) -> None:
        for r in m.items("reactions"):
            stamp = r.said("createdAt")
            us, zone = jr.iso_time(stamp)
            own: dict[str, Any] = {
                "kind": "reaction", "text": r.said("reactionKey"), "sent_at": us if zone is not None else None,
                "sent_at_text": stamp, "sent_at_basis": zone or "none",
            }
            self._sender(own, r.id("senderId"))
            r.skip("eventId")
            row.children.append((own, False))

    def _event(self, m: jr.Fields, name: str) -> jr.Row:
        row = jr.Row("reaction" if name == "reactionCreate" else "service", flags=[f"action:{name}"])
        self._when(m, row)
        by = m.id("initiatingUserId") or m.id("senderId")
        self._sender(row.columns, by)
        if name == "reactionCreate":
            row.text = m.said("reactionKey")
            target = m.id("eventId")
            row.columns["reply_to"] = None if target is None else self.seen.get(target, f"x:{target}")
        for field in ("userIds", "participantsSnapshot"):
            for number in m.texts(field):
                row.flags += jr.tag("user", number)
        row.words([("name", m.said("name"))])
        return row


class XDmJs:
    """Reader `x_dm_js`; see the module's text."""

    name = "x_dm_js"

    def recognise(self, part: Part) -> Evidence | None:
        """The assignment to window.YTD of a file of direct messages that holds any."""
        m = _HEAD.match(part.head())
        if m is None or m[1] not in _FILES:
            return None
        rest = part.head()[m.end() :].lstrip(js.BLANK + b"[").lstrip()
        return Evidence("x_messages") if rest.startswith(b"{") else None

    def is_metadata(self, part: Part) -> bool:
        """The archive's other lists, its pages, and files of direct messages without any."""
        return _HEAD.match(part.head()) is not None or _OTHERS.search(part.path or "") is not None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each file; headers behind the messages they name."""
        owner = _account(source)
        seen: dict[str, str] = {}
        jobs = [_Job(source, part, settings, owner, seen) for part in parts]
        for job in sorted(jobs, key=lambda j: j.headers):
            yield from job.read(job.walk(ARRAYS, OPENING, job.start), job.make, job.on)


reader = XDmJs()
