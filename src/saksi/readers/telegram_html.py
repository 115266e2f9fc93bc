"""Telegram Desktop's HTML export: messages.html, messages2.html, … of one chat, or of many in chats/chat_001, ….

    ChatExport_2026-11-24/
      messages.html  messages2.html        1,000 messages a file
      css/ js/ images/                     the page's own
      photos/ video_files/ voice_messages/ stickers/ files/

Every `div.message` is one row; the files of one folder are one thread, in the order of their numbers. Rules:

1. Text is the inside of `div.text` without the writer's line break at its two ends: references resolved, `<br>` a line
   feed. Words that stand elsewhere (poll, contact, place, target of a link) are child rows, flag `field:<name>`; where
   there is no text the first of them is the row's, flag `text_from:<name>`.
2. A `joined` message has no name: it is by the sender of the message before it in the same file. After a message that
   could not be read, after an event and at the start of a file, nobody's.
3. Time is the title of the date, `dd.mm.yyyy hh:mm:ss` with `UTC+07:00` (basis offset) or without (zone given or
   unknown). Events have no time: their `sent_at_text` is the date line above them, basis none.
4. Date lines (negative ids) are the exporter's own and container.
5. Replies are found by number in the whole thread, also in earlier files; else `tg:<number>`.
6. Direction only where the export says it: a call is Outgoing or Incoming.
7. The writer spells U+2028 as `<br>` and then two bytes that are no UTF-8: put back, `text_repair` line_separator.

A plain message in the writer's own form is read by one pattern, everything else as a tree; both give the same rows.
Facts, kinds, flags: docs/formats/telegram.md#html. Versions: 2019 (no offset, no reactions) to 2025.

References: https://github.com/telegramdesktop/tdesktop export_output_html.cpp.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from saksi.parts import Part, Source
from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

ROWS_AT_ONCE: Final = 8192
OPENING: Final = re.compile(rb'<div class="message (?:default|service)\b')
_FILE: Final = re.compile(r"(?:^|/)messages(\d*)\.html?\Z")
_PLAIN: Final = re.compile(
    rb'<div class="message default clearfix( joined)?" id="message(\d{1,18})">\s*+'
    rb'(?:<div class="pull_left userpic_wrap">\s*+<div class="userpic userpic\d"[^>]*+>\s*+<div class="initials"[^>]*+>'
    rb"[^<]*+</div>\s*+</div>\s*+</div>\s*+)?"
    rb'<div class="body">\s*+<div class="pull_right date details" title="([^"&<]*+)">[^<]*+</div>\s*+'
    rb'(?:<div class="from_name">([^<]*+)</div>\s*+)?'
    rb'(?:<div class="reply_to details">\s*+In reply to <a href="([^"&<]*+)"[^>]*+>this message</a>\s*+</div>\s*+)?'
    rb'(?:<div class="text">((?:[^<]++|<br>|</?(?:strong|em|code|pre|u|s|blockquote)>|<a href="([^"<]++)">\7</a>)*+)</div>\s*+)?'
    rb"</div>\s*+</div>"
)
"""A plain message as the writer writes it, with formatting and links that show their target. Groups: joined, number,
date, name, target of the reply, text, (target of a link)."""

_INLINE: Final = re.compile(rb"</?(?:strong|em|code|pre|u|s|blockquote)>|<a [^>]*+>|</a>")

_TARGET: Final = re.compile(r"#go_to_message(-?\d{1,18})\Z")
_DATE: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-])(\d\d):?(\d\d))?\Z")
_DAY_LINE: Final = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}\Z|No exported messages\Z")
_END: Final = re.compile(rb"\n[ \t]*+\Z")
_SEPARATOR: Final = re.compile(rb"<br>\x80([\xa8\xa9])")
_VIA: Final = re.compile(r"(.*?)\s*\bvia @(\w+)\s*\Z", re.DOTALL)
_DURATION: Final = re.compile(r"(?:(\d{1,6}):)?(\d{1,3}):(\d\d)\b")
_SECONDS: Final = re.compile(r"\((\d+) seconds\)")
_LEFT_OUT: Final = ("Not included", "Exceeds maximum size", "Unavailable")
_PLACE_LINK: Final = re.compile(r"maps\.google\.com/maps\?q=(-?[\d.]+),(-?[\d.]+)")
_NO_LINK: Final = ("#", "mailto:", "tel:", "javascript:")

_COLUMNS: Final = ("sent_at_text", "sender_name", "text", "text_repair", "direction", "reply_to", "forwarded_from", "date")

_MEDIA: Final = (
    # class of the wrap or block, kind of row, media type, flag
    ("photo_wrap", "media", "image", None), ("sticker_wrap", "media", "sticker", None),
    ("animated_wrap", "media", "gif", None), ("video_file_wrap", "media", "video", None),
    ("media_voice_message", "media", "audio", "voice_message"), ("media_audio_file", "media", "audio", None),
    ("media_photo", "media", "image", None), ("media_video", "media", "video", None),
    ("media_file", "media", "document", None), ("media_contact", "contact", "contact", None),
    ("media_live_location", "location", None, "live_location"), ("media_location", "location", None, None),
    ("media_venue", "location", None, None), ("media_game", "text", None, None),
    ("media_invoice", "payment", None, None), ("media_call", "call", None, None),
)
_TITLES: Final = {"Sticker": "sticker", "Animation": "gif", "Video file": "video", "Video message": "video"}
_OWN_TITLES: Final = frozenset({
    "Photo", "File", "Voice message", "Audio file", "Location", "Live location", "Self-destructing photo",
    "Self-destructing video", *_TITLES,
})
"""Titles of media blocks that are the exporter's words, not a file's or a person's."""

_CALLS: Final = {
    "Cancelled": ("out", "cancelled"), "Outgoing": ("out", None), "Missed": ("in", "missed"),
    "Declined": ("in", "declined"), "Incoming": ("in", None),
}
_ACTIONS: Final = (
    # what stands behind the actor's name; action as the JSON export calls it; kind of row
    (re.compile(r"(.*) took a screenshot", re.DOTALL), "take_screenshot", "service"),
    (re.compile(r"(.*) has set messages (?:not )?to auto-delete.*", re.DOTALL), "set_messages_ttl", "service"),
    (re.compile(r"()New messages will (?:not )?auto-delete.*"), "set_messages_ttl", "service"),
    (re.compile(r"(.*) pinned this (?:message|game|media)?", re.DOTALL), "pin_message", "service"),
    (re.compile(r"()History cleared"), "clear_history", "service"),
    (re.compile(r"(.*) created group «.*", re.DOTALL), "create_group", "service"),
    (re.compile(r"()Channel «.*» created", re.DOTALL), "create_channel", "service"),
    (re.compile(r"(.*) changed group title to «.*", re.DOTALL), "edit_group_title", "service"),
    (re.compile(r"(.*) changed group photo", re.DOTALL), "edit_group_photo", "service"),
    (re.compile(r"(.*) joined group by link from .*", re.DOTALL), "join_group_by_link", "service"),
    (re.compile(r"(.*) joined group by request", re.DOTALL), "join_group_by_request", "service"),
    (re.compile(r"(.*) joined Telegram", re.DOTALL), "joined_telegram", "service"),
    (re.compile(r"(.*) requested your phone number", re.DOTALL), "requested_phone_number", "service"),
    (re.compile(r"()You have successfully transferred .*|()You were charged .*", re.DOTALL), "send_payment", "payment"),
    (re.compile(r"(.*) sent you a gift.*", re.DOTALL), "send_premium_gift", "payment"),
    (re.compile(r"(.*) started voice chat.*", re.DOTALL), "group_call", "call"),
    (re.compile(r"(.*) scheduled a voice chat for .*", re.DOTALL), "group_call_scheduled", "call"),
    (re.compile(r"(.*) invited .* to the voice chat", re.DOTALL), "invite_to_group_call", "call"),
    (re.compile(r"(.*) invited .*", re.DOTALL), "invite_members", "service"),
    (re.compile(r"(.*) removed group photo", re.DOTALL), "delete_group_photo", "service"),
    (re.compile(r"(.*) removed .*", re.DOTALL), "remove_members", "service"),
)


def seconds_of(date: str) -> tuple[int | None, int | None]:
    """Local wall-clock seconds (as if UTC) and the offset in seconds of a date's title; None where it says none."""
    m = _DATE.match(date)
    if m is None:
        return None, None
    try:
        days = int(np.datetime64(f"{m[3]}-{m[2]}-{m[1]}", "D").astype(np.int64))
    except ValueError:
        return None, None
    clock = int(m[4]) * 3600 + int(m[5]) * 60 + int(m[6])
    if m[7] is None:
        return days * 86_400 + clock, None
    offset = int(m[8]) * 3600 + int(m[9]) * 60
    return days * 86_400 + clock, offset if m[7] == "+" else -offset


class Dates:
    """Titles of dates to seconds, a day at a time."""

    def __init__(self) -> None:
        self._days: dict[str, tuple[int | None, int | None]] = {}

    def __call__(self, date: str) -> tuple[int | None, int | None]:
        """See `seconds_of`."""
        if len(date) < 19 or not (date[11:13] + date[14:16] + date[17:19]).isascii():
            return seconds_of(date)
        key = date[:10] + date[19:]
        known = self._days.get(key)
        if known is None:
            known = self._days[key] = seconds_of(f"{date[:10]} 00:00:00{date[19:]}")
        try:
            clock = int(date[11:13]) * 3600 + int(date[14:16]) * 60 + int(date[17:19])
        except ValueError:
            return None, None
        if known[0] is None or date[10] != " " or date[13] != ":" or date[16] != ":":
            return None, None
        return known[0] + clock, known[1]


_PLACE_BITS: Final = 40
"""Of a place, those of its byte: a tebibyte. The others hold limits.ARCHIVE_MEMBERS_MAX parts."""


@dataclass
class Numbers:
    """Numbers of messages met so far in a thread, to find the targets of replies: ascending ones in arrays."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))
    others: dict[int, int] = field(default_factory=dict)

    def add(self, number: int, part: int, start: int) -> None:
        """A message of this number begins at `start` of a part."""
        place = part << _PLACE_BITS | start
        if not self.ids or number > self.ids[-1]:
            self.ids.append(number)
            self.places.append(place)
        else:
            self.others[number] = place

    def find(self, number: int) -> tuple[int, int] | None:
        """Part and start of the message of this number."""
        place = self.others.get(number)
        if place is None:
            at = bisect_left(self.ids, number)
            if at == len(self.ids) or self.ids[at] != number:
                return None
            place = self.places[at]
        return place >> _PLACE_BITS, place & ((1 << _PLACE_BITS) - 1)


@dataclass
class Thread:
    """One chat over its files."""

    thread_id: str
    title: str | None = None
    numbers: Numbers = field(default_factory=Numbers)


def body_text(raw: bytes) -> tuple[str, str | None]:
    """Text of the inside of `div.text` where it holds no tags but those of `_PLAIN`, and how it was repaired."""
    start = 1 if raw.startswith(b"\n") else 0
    end = raw.rfind(b"\n", start)
    raw = raw[start:end] if end >= 0 and not raw[end:].strip(b" \t\n") else raw[start:]
    if b"<" not in raw:
        text = hs.decode(raw)
        return text, None if text.isascii() else hs.repair_of(raw, text)
    raw = _INLINE.sub(b"", raw)
    if b"<br>" not in raw:
        text = hs.decode(raw)
        return text, None if text.isascii() else hs.repair_of(raw, text)
    fixed = _SEPARATOR.sub(lambda m: b"\xe2\x80" + m[1], raw)
    text = hs.decode(fixed.replace(b"<br>", b"\n"))
    how = ["line_separator" if fixed != raw else None, hs.repair_of(fixed, text)]
    return text, "+".join(filter(None, how)) or None


def mended(runs: list[bytes]) -> tuple[str, str | None]:
    """Text of raw runs (`raw_text`), line separators put back, and how it was repaired."""
    fixed: list[bytes] = []
    how: set[str] = set()
    for run in runs:
        if fixed and fixed[-1] == b"\n" and run[:2] in (b"\x80\xa8", b"\x80\xa9"):
            fixed[-1] = b"\xe2" + run[:2]
            run = run[2:]
            how.add("line_separator")
        fixed.append(run)
    pieces = [hs.decode(run) for run in fixed]
    how.update(filter(None, map(hs.repair_of, fixed, pieces)))
    return "".join(pieces), "+".join(sorted({name for h in how for name in h.split("+")})) or None


def name_of(text: str) -> tuple[str | None, str | None]:
    """Name and bot ("via @bot") of the words in `div.from_name`."""
    text = text.strip()
    bot = None
    if "via @" in text and (m := _VIA.match(text)) is not None:
        text, bot = m[1], m[2]
    return text or None, bot


@dataclass
class _File:
    """Reading one file of a thread."""

    source: Source
    part: Part
    settings: ReadSettings
    thread: Thread
    dates: Dates
    sender: str | None = None
    forwarded: str | None = None
    bot: str | None = None
    day: str | None = None
    zone_said: bool = False
    ledger: js.Ledger = field(default_factory=js.Ledger)
    table: hs.Table = field(default_factory=lambda: hs.Table(_COLUMNS))

    def __post_init__(self) -> None:
        self.siblings = js.Siblings(self.source, self.part)
        self.prefix = self.source.digest[:16]

    def chunks(self) -> Iterator[Chunk]:
        """All chunks of the file."""
        with self.part.open() as stream:
            feed = js.Feed(stream, self.part.size)
            for piece in hs.pieces(feed, OPENING):
                if piece.head:
                    self._head(piece)
                    if piece.last:
                        self._cut_off(piece, 0)
                elif not self._plain(piece):
                    self._piece(piece)
                if len(self.table) >= ROWS_AT_ONCE:
                    yield from self._flush()
            yield from self._flush()
            yield from hs.unread_chunk(self.part, feed, self.ledger)

    def _head(self, piece: hs.Piece) -> None:
        """The page's header: the chat's name."""
        header = hs.parse(piece.data).first("page_header")
        text = None if header is None else header.first("text")
        if text is not None and self.thread.title is None:
            self.thread.title = mended(hs.raw_text(piece.data, text))[0].strip() or None

    # -- messages in the writer's own form ------------------------------------------------------------------------

    def _plain(self, piece: hs.Piece) -> bool:
        """Read a plain message by its pattern; False (and nothing done) where it has another form."""
        m = _PLAIN.match(piece.data)
        if m is None or (m[4] is None) != (m[1] is not None):
            return False
        if m[4] is not None:
            name, bot = name_of(hs.decode(m[4]))
            if bot is not None:
                return False
            self.sender = name
        elif self.forwarded is not None or self.bot is not None:
            return False
        self.forwarded = self.bot = None
        text, how = (None, None) if m[6] is None else body_text(m[6])
        reply = None if m[5] is None else self._target(m[5].decode("utf-8", "replace"))
        date = m[3].decode("utf-8", "replace")
        self.thread.numbers.add(int(m[2]), self.part.number, piece.start)
        self.table.add(
            piece.start, piece.start + m.end(), "text", sent_at_text=date, date=date, sender_name=self.sender, text=text,
            text_repair=how, reply_to=reply,
        )
        if how is not None:
            self._problem_of(how, piece.start, piece.start + m.end())
        self._rest(piece, m.end())
        return True

    def _problem_of(self, how: str, start: int, end: int) -> None:
        if "utf8_stand_in" in how or "line_separator" in how:
            self.table.problems.append(Problem("invalid_utf8", self.part.path, start, end))

    def _target(self, href: str) -> str | None:
        """message_id of a reply's target where it was met; else its number."""
        m = _TARGET.search(href)
        if m is None:
            return None
        found = self.thread.numbers.find(int(m[1]))
        return f"tg:{m[1]}" if found is None else f"{self.prefix}-{found[0]}-{found[1]}"

    # -- every other form -----------------------------------------------------------------------------------------

    def _piece(self, piece: hs.Piece) -> None:
        """Read a piece as a tree; what is no whole message is a row of kind unparsed."""
        if not piece.data:
            self._unparsed(piece.start, piece.end, b"", "oversize_message")
            return
        root = hs.parse(piece.data)
        record = root.children[0] if root.children else None
        if record is None or not record.closed or record.start != 0 or record.name != b"div":
            self._cut_off(piece, 0)
            return
        if "service" in record.classes:
            self._service(piece, record)
        else:
            _Message(self, piece, record).read()
        self._rest(piece, record.end)

    def _unparsed(self, start: int, end: int, raw: bytes, reason: str) -> None:
        text, bad = js.decode_utf8(raw)
        self.table.add(start, end, "unparsed", text=text or None, text_repair="utf8_stand_in" if bad else None)
        self.table.problems.append(Problem(reason, self.part.path, start, end))
        self.sender = self.forwarded = self.bot = None

    def _cut_off(self, piece: hs.Piece, at: int) -> None:
        """What stands in a piece from `at` on is no whole message: a row of kind unparsed, if there is anything."""
        raw = piece.data[at:].rstrip()
        if piece.head:
            if not raw.lower().endswith(b"</html>"):
                self.table.problems.append(Problem("truncated", self.part.path, piece.end, piece.end))
        elif raw:
            start = piece.start + at + len(piece.data[at:]) - len(piece.data[at:].lstrip())
            reason = "truncated" if piece.last else "broken_record"
            self._unparsed(start, piece.start + at + len(raw), raw.lstrip(), reason)

    def _rest(self, piece: hs.Piece, at: int) -> None:
        """What follows a message before the next one: the page's syntax, or words that belong to nobody."""
        rest = piece.data[at:]
        if not rest.strip():
            if piece.last:
                self.table.problems.append(Problem("truncated", self.part.path, piece.end, piece.end))
            return
        open_tag = rest.rfind(b"<")
        if piece.last and open_tag >= 0 and b">" not in rest[open_tag:]:  # a tag that is cut in two
            rest = rest[:open_tag]
        text = hs.words(rest)
        if text not in ("", "Next messages", "Previous messages"):
            self._cut_off(piece, at)
        elif piece.last and not piece.data.rstrip().lower().endswith(b"</html>"):
            self.table.problems.append(Problem("truncated", self.part.path, piece.end, piece.end))

    def _service(self, piece: hs.Piece, record: hs.Element) -> None:
        """An event; a date line is no row but kept for the events below it."""
        number = re.search(r"(-?\d{1,18})\Z", record.attributes.get("id", ""))
        body = record.first("details")
        text, how = mended(hs.raw_text(piece.data, record if body is None else body))
        text = text.strip()
        if number is not None and number[1].startswith("-") and _DAY_LINE.match(text):
            self.day = text if text[0].isdigit() else None
            self.sender = self.forwarded = self.bot = None
            return
        action, kind, actor = "", "service", None
        for pattern, name, row_kind in _ACTIONS:
            if (m := pattern.fullmatch(text)) is not None:
                action, kind, actor = name, row_kind, m[1] or None
                break
        if actor is not None and text.count(text[len(actor) :].split(" ")[1]) > 1 and action in ("invite_members", "remove_members"):
            actor = None  # a name that holds the verb itself
        flags = [f"action:{action}"] if action else []
        flags += ["screenshot_taken"] if action == "take_screenshot" else []
        flags += ["ephemeral"] if action == "set_messages_ttl" else []
        start, end = piece.start, piece.start + record.end
        i = self.table.add(
            start, end, kind, text=text or None, text_repair=how, sender_name=actor, sent_at_text=self.day
        )
        self.table.flags[i] = flags
        if number is not None and not number[1].startswith("-"):
            self.thread.numbers.add(int(number[1]), self.part.number, start)
        for link in (e for e in record.walk() if e.name == b"a" and "userpic_link" in e.classes):
            self.attach(i, link.attributes.get("href"), "image")
        self.sender = self.forwarded = self.bot = None

    def attach(self, row: int, href: str | None, media_type: str | None, *, size: int | None = None) -> None:
        """One attachment that the export names by path."""
        if not href:
            return
        path = re.sub(r"\A(?:\.\./)+", "", href)
        found = self.siblings.find(path, climb=True)
        if found is not None:
            self.table.named.add(found.number)
        self.table.attachments.setdefault(row, []).append(js.attachment(path, media_type, size, found))

    def _flush(self) -> Iterator[Chunk]:
        table = self.table
        n = len(table)
        dates = table.columns.pop("date")
        sent, bases = self._times(dates)
        yield from table.chunks(
            self.part, self.ledger, sent_at=sent, sent_at_basis=bases, platform=const("telegram", n),
            thread_id=const(self.thread.thread_id, n), thread_title=const(self.thread.title, n),
        )

    def _times(self, dates: Sequence[str | None]) -> tuple[pa.Array, list[str]]:
        """sent_at and sent_at_basis of the rows' dates."""
        moments = [(None, None) if date is None else self.dates(date) for date in dates]
        sent, bases = hd.columns([m[0] for m in moments], [m[1] for m in moments], self.settings.zone)
        if "zone_unknown" in bases and not self.zone_said:
            self.zone_said = True
            self.table.problems.append(Problem("zone_unknown", self.part.path))
        return sent, bases


@dataclass
class _Message:
    """One `div.message.default` read as a tree."""

    file: _File
    piece: hs.Piece
    record: hs.Element
    kind: str = "text"
    date: str | None = None
    said_date: str | None = None
    text: str | None = None
    repair: str | None = None
    name: str | None = None
    named: bool = False
    bot: str | None = None
    reply: str | None = None
    direction: str | None = None
    forwarded: str | None = None
    is_forwarded: bool = False
    flags: list[str] = field(default_factory=list)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str | None, str | None, str]] = field(default_factory=list)
    reactions: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> None:
        """Adds the message's rows to the file's table."""
        body = next((e for e in self.record.children if "body" in e.classes), self.record)
        self._children(body, inside_forward=False)
        file, table = self.file, self.file.table
        if self.named:
            file.sender, file.forwarded, file.bot = self.name, None, self.bot
        elif "joined" not in self.record.classes:
            file.sender = file.forwarded = file.bot = None
        if self.is_forwarded:
            file.forwarded = self.forwarded if self.forwarded is not None else file.forwarded
            self.flags.insert(0, "forwarded")
        else:
            file.forwarded = None
        if file.bot is not None:
            self.flags.append(f"via_bot:{file.bot}")
        if self.text is None and self.elsewhere and self.kind != "call":
            name, self.text = self.elsewhere.pop(0)
            self.flags.append(f"text_from:{name}")
        start, end = self.piece.start, self.piece.start + self.record.end
        i = table.add(
            start, end, self.kind, sent_at_text=self.said_date, date=self.date, sender_name=file.sender, text=self.text,
            text_repair=self.repair, direction=self.direction, reply_to=self.reply,
            forwarded_from=file.forwarded if self.is_forwarded else None,
        )
        number = re.search(r"message(\d{1,18})\Z", self.record.attributes.get("id", ""))
        if number is not None:
            file.thread.numbers.add(int(number[1]), file.part.number, start)
        self._hang_on(i)
        if self.repair is not None:
            file._problem_of(self.repair, start, end)

    def _hang_on(self, i: int) -> None:
        """Flags, attachments and child rows of the row at `i`."""
        table = self.file.table
        if self.flags:
            table.flags[i] = self.flags
        for href, media_type, state in self.files:
            if state == "named":
                self.file.attach(i, href, media_type)
            else:
                table.attachments.setdefault(i, []).append(js.attachment(href, media_type, None, None, state))
        for name, said in self.elsewhere:
            table.child(i, {"kind": self.kind, "text": said, "flags": [f"field:{name}"]})
        for row in self.reactions:
            table.child(i, row, inherits=False)

    def _said(self, element: hs.Element, skip: frozenset[int] = frozenset()) -> str:
        return mended(hs.raw_text(self.piece.data, element, skip))[0].strip()

    def _children(self, body: hs.Element, *, inside_forward: bool) -> None:
        for element in body.children:
            classes = element.classes
            if "userpic_wrap" in classes:
                continue
            if "date" in classes:
                title = element.attributes.get("title")
                self.date, self.said_date = title, title or self._said(element) or None
            elif "from_name" in classes:
                self._name(element, inside_forward=inside_forward)
            elif "forwarded" in classes and "body" in classes and not inside_forward:
                self.is_forwarded = True
                self._children(element, inside_forward=True)
            elif "reply_to" in classes:
                self._reply(element)
            elif "media_wrap" in classes:
                self._media(element)
            elif "text" in classes and self.text is None:
                self._text(element)
            elif "signature" in classes:
                self.elsewhere.append(("signature", self._said(element)))
            elif "reactions" in classes:
                self._reactions(element)
            else:
                self._unknown(element)

    def _unknown(self, element: hs.Element) -> None:
        """An element this reader does not know: its words and links are kept under its own class."""
        said = self._said(element)
        if said:
            self.elsewhere.append((min(element.classes, default=element.name.decode("ascii", "replace")), said))
        self._links(element, said)

    def _name(self, element: hs.Element, *, inside_forward: bool) -> None:
        dates = frozenset(id(e) for e in element.children if "date" in e.classes)
        name, bot = name_of(self._said(element, dates))
        if inside_forward:
            self.forwarded = name
            if bot is not None:
                self.flags.append(f"via_bot:{bot}")
            title = next((e.attributes.get("title") for e in element.children if "date" in e.classes), None)
            if title:
                self.flags.append(f"forwarded_date:{title}")
        else:
            self.name, self.bot, self.named = name, bot, True

    def _reply(self, element: hs.Element) -> None:
        link = next((e for e in element.walk() if e.name == b"a"), None)
        if link is not None:
            self.reply = self.file._target(link.attributes.get("href", ""))
        if self.reply is None:
            self.flags.append("reply_elsewhere")

    def _text(self, element: hs.Element) -> None:
        runs = hs.raw_text(self.piece.data, element)
        inside = self.piece.data[element.inner_start : element.inner_end]
        if inside.startswith(b"\n") and runs and runs[0].startswith(b"\n"):
            runs[0] = runs[0][1:]
        if runs and (cut := _END.search(runs[-1])) is not None and inside.endswith(runs[-1]):
            runs[-1] = runs[-1][: cut.start()]
        self.text, self.repair = mended(runs)
        self._links(element, self.text)

    def _links(self, element: hs.Element, said: str) -> None:
        """Targets of links that the words do not show."""
        for link in (e for e in element.walk() if e.name == b"a"):
            attributes = link.attributes
            href = attributes.get("href", "")
            words = self._said(link)
            shown = href in (words, f"https://t.me/{words[1:]}", f"http://{words}", f"https://{words}")
            if href and not shown and not href.startswith(_NO_LINK) and href not in said:
                if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", href):
                    self.elsewhere.append(("text.href", href))
                elif (found := self.file.siblings.find(re.sub(r"\A(?:\.\./)+", "", href), climb=True)) is not None:
                    self.file.table.named.add(found.number)

    def _reactions(self, element: hs.Element) -> None:
        for reaction in (e for e in element.walk() if "reaction" in e.classes):
            emoji, count = reaction.first("emoji"), reaction.first("count")
            text = None if emoji is None else self._said(emoji) or None
            own = ["own_reaction"] if "active" in reaction.classes else []
            people = [e for e in reaction.walk() if "userpic" in e.classes]
            for person in people:
                name = person.attributes.get("title") or None
                self.reactions.append({
                    "kind": "reaction", "text": text, "sender_name": name, "sent_at_basis": "none", "flags": own or None,
                })
            number = 0 if count is None else int("".join(filter(str.isdecimal, self._said(count)))[:9] or 0)
            rest = number - len(people) if number or people else 1
            if rest > 0:
                self.reactions.append({
                    "kind": "reaction", "text": text, "sent_at_basis": "none", "flags": [*own, f"count:{rest}"],
                })

    # -- media ----------------------------------------------------------------------------------------------------

    def _media(self, wrap: hs.Element) -> None:
        poll = wrap.first("media_poll")
        if poll is not None:
            self._poll(poll)
            return
        for block in wrap.children:
            classes = block.classes
            known = next((m for m in _MEDIA if m[0] in classes), None)
            if known is None:
                self._unknown(block)
                continue
            self.kind = known[1]
            if known[3] is not None:
                self.flags.append(known[3])
            if known[0].endswith("_wrap"):
                self.files.append((block.attributes.get("href"), known[2], "named"))
                self._duration(block.first("video_duration"))
            else:
                self._block(block, known)

    def _part(self, block: hs.Element, class_: str) -> str:
        found = block.first(class_)
        return "" if found is None else self._said(found)

    def _duration(self, element: hs.Element | None) -> None:
        m = None if element is None else _DURATION.match(self._said(element))
        if m is not None:
            self.flags.append(f"duration_s:{int(m[1] or 0) * 3600 + int(m[2]) * 60 + int(m[3])}")

    def _block(self, block: hs.Element, known: tuple[str, str, str | None, str | None]) -> None:
        """A block with title, description and status: what each means depends on what it shows."""
        title, description, status = (self._part(block, c) for c in ("title", "description", "status"))
        href = block.attributes.get("href") or None
        if known[0] == "media_call":
            self._call(title, status)
        elif known[1] == "location":
            self._location(title, description, status, href)
        elif known[1] == "contact":
            phone = status.removesuffix(" - vCard")
            self.elsewhere += [(n, w) for n, w in (("contact.phone_number", phone), ("contact.name", title)) if w]
            if href:
                self.files.append((href, "contact", "named"))
        elif known[2] is None:
            self.elsewhere += [(f"media.{n}", w) for n, w in (("title", title), ("description", description)) if w]
            if known[1] == "payment" and status:
                self.flags.append(f"amount:{status}")
            elif status:
                self.elsewhere.append(("media.status", status))
        else:
            self._document(title, description, href, known[2])
            self._duration(block.first("status"))

    def _document(self, title: str, description: str, href: str | None, media_type: str) -> None:
        media_type = _TITLES.get(title, media_type)
        if title == "Video message":
            self.flags.append("video_message")
        if title.startswith("Self-destructing "):
            self.flags.append("ephemeral")
            self.files.append((None, media_type, "omitted"))
        elif href:
            self.files.append((href, media_type, "named"))
            if title not in _OWN_TITLES and title and not href.endswith(title):
                self.elsewhere.append(("media.title", title))
        else:
            name = None if title in _OWN_TITLES or not title else title
            self.files.append((name, media_type, "omitted" if description.startswith(_LEFT_OUT) else "missing"))

    def _call(self, peer: str, status: str) -> None:
        self.direction, reason = _CALLS.get(status.split(" (")[0], (None, None))
        self.flags.append("action:phone_call")
        if reason is not None:
            self.flags.append(f"call:{reason}")
        if (m := _SECONDS.search(status)) is not None:
            self.flags.append(f"duration_s:{m[1]}")
        if peer:
            self.elsewhere.append(("call.peer", peer))

    def _location(self, title: str, description: str, status: str, href: str | None) -> None:
        m = _PLACE_LINK.search(href or "")
        place = (m[1], m[2]) if m is not None else tuple(status.split(", ")[:2])
        if len(place) == 2:
            self.flags.append(f"geo:{place[0]},{place[1]}")
        if title not in _OWN_TITLES and title:
            self.elsewhere.append(("place_name", title))
        if description:
            self.elsewhere.append(("address", description))

    def _poll(self, poll: hs.Element) -> None:
        self.kind = "poll"
        question = self._part(poll, "question")
        if question:
            self.elsewhere.append(("poll.question", question))
        for answer in (e for e in poll.walk() if "answer" in e.classes):
            votes = frozenset(id(e) for e in answer.children if "details" in e.classes)
            said = self._said(answer, votes).removeprefix("- ").strip()
            if said:
                self.elsewhere.append(("poll.answer", said))


def in_order(parts: Sequence[Part]) -> list[list[tuple[int, Part]]]:
    """Parts by folder, each folder's in the order of their numbers: messages, messages2, messages10."""
    folders: dict[str, list[tuple[int, Part]]] = {}
    for part in parts:
        m = _FILE.search(part.path or "")
        number = (int(m[1]) if m[1] and len(m[1]) < 10 else 1) if m is not None else 0
        folder = (part.path or "").rpartition("/")[0] if number else f"{part.path}\0{part.number}"
        folders.setdefault(folder, []).append((number, part))
    return [sorted(group, key=lambda item: item[0]) for group in folders.values()]


class TelegramHtml:
    """Reader `telegram_html`; see the module's text."""

    name = "telegram_html"

    def recognise(self, part: Part) -> Evidence | None:
        """A page of Telegram Desktop's with messages, or one that is cut off before them."""
        head = part.head()
        if hs.family(head) != "telegram":
            return None
        if OPENING.search(head) is not None:
            return Evidence("telegram_html_messages")
        cut = b"</html>" not in head.lower() and b'class="page_body' not in head
        return Evidence("telegram_html_head") if b'chat_page"' in head or (cut and _FILE.search(part.path or "")) else None

    def is_metadata(self, part: Part) -> bool:
        """The export's other pages, its style and its script."""
        folders = (part.path or "").split("/")[:-1]
        if hs.family(part.head()) == "telegram":
            return True
        return bool({"css", "js"}.intersection(folders[-1:])) and part.name.endswith((".css", ".js"))

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each folder's files in the order of their numbers."""
        dates = Dates()
        for group in in_order(parts):
            folder = (group[0][1].path or "").rpartition("/")[0]
            thread = Thread(folder if folder and group[0][0] else f"{source.digest[:16]}-{group[0][1].number}")
            expected = 1
            for number, part in group:
                if number:
                    gap = min(max(number - expected, 0), 1000) if part.path is not None else 0
                    if gap:
                        yield js.bare_chunk(part, problems=[Problem("missing_sibling", part.path)] * gap)
                    expected = number + 1
                yield from _File(source, part, settings, thread, dates).chunks()


reader = TelegramHtml()
