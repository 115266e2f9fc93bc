"""imessage-exporter's HTML: one file a conversation, made from a Mac's or a backup's chat.db by an open tool.

    imessage_export/
      +62 860 1111 2222.html      one conversation; the file's name is its people or its name
      attachments/…               media, where they were copied

Every `div.message` and `div.announcement` at the start of a line is one row. Rules:

1. Text is the first `span.bubble`; further parts, the subject and an app's card are child rows, flag `field:<name>`.
2. Answers stand inside the message they answer, and once more where they were sent: inside they are child rows with their
   own sender and time, `reply_to` the message; the later copy has `duplicate_of` the child (told by its id, in files of
   before 2023 by time, sender and words) and the same `reply_to`.
3. Earlier versions of an edited message are child rows, `revision_of` the message, flag edited on it.
4. Time is the exporting computer's, no zone: `--zone` or unknown. sent_at_text is the moment; who read it when is a flag.
5. `sent` and `received` are the direction.
6. Tapbacks are child rows of kind reaction; announcements are kind service.
7. A message ends where the next one begins: some versions of the tool write a closing tag too many.

Facts, flags: docs/formats/imessage.md. Versions: imessage-exporter 0.1 (2022) to 3 (2025).

References: https://github.com/ReagentX/imessage-exporter exporters/html.rs, resources/example.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

ROWS_AT_ONCE: Final = 8192
OPENING: Final = re.compile(rb'(?<![^\n])<div class ?="(?:message|announcement)"')
_MOMENT: Final = re.compile(r"\s*(.*?)\s*(?:\(Read by (you|them) after ([^()]*)\))?\s*\Z", re.DOTALL)
_GUID: Final = re.compile(r"message-guid=([0-9A-Za-z:_-]+)")
_BY: Final = re.compile(r"\s*(?:by|from)\s+(.*)\Z", re.DOTALL)
_CUT_END: Final = re.compile(rb"<[^<>]*+\Z")
_ONLY_ENDS: Final = re.compile(rb"(?:\s|</[a-z]+>)*+\Z")
_MEDIA: Final = {b"img": "image", b"video": "video", b"audio": "audio", b"source": None}
_WORDS: Final = ("app", "app_error", "shareplay", "shared_location", "transcription", "sticker_name", "genmoji_prompt",
                 "sticker_effect", "translation")
"""Classes whose words are kept as child rows under the class."""

_COLUMNS: Final = ("sent_at_text", "moment", "sender_name", "text", "text_repair", "direction", "reply_to", "duplicate_of")


@dataclass
class Message:
    """What one message's element holds; answers inside it are messages of their own."""

    texts: list[tuple[str, str | None]] = field(default_factory=list)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    files: list[tuple[str, str | None, str]] = field(default_factory=list)
    tapbacks: list[tuple[str, str | None]] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    moment: str | None = None
    sender: str | None = None
    direction: str | None = None
    guid: str | None = None
    kind: str = "text"
    answered: bool = False

    def same(self) -> tuple[str | None, str | None, str | None]:
        """What tells a message where there is no id."""
        return self.moment, self.sender, self.texts[0][0] if self.texts else None


class Reading:
    """Reads elements of one piece of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def words(self, element: hs.Element) -> str:
        """The words of an element, white space at the ends gone."""
        return hs.text_of(self.data, element).strip()

    def message(self, elements: Iterable[hs.Element]) -> Message:
        """A message from its elements: its own, and what a closing tag too many left beside it."""
        message = Message()
        self._gather(message, elements)
        return message

    def _gather(self, message: Message, elements: Iterable[hs.Element]) -> None:
        for element in elements:
            classes = element.classes
            if "replies" in classes:
                for reply in (e for e in element.children if "reply" in e.classes):
                    answer = self.message(reply.children)
                    answer.guid = reply.attributes.get("id") or answer.guid
                    message.answers.append(answer)
            elif "tapbacks" in classes or "reactions" in classes:
                self._tapbacks(message, element)
            elif not self._simple(message, element, classes):
                self._gather(message, element.children)

    def _simple(self, message: Message, element: hs.Element, classes: frozenset[str]) -> bool:
        """Take up an element that is told by its class or tag; False where its children are to be looked at."""
        if "timestamp" in classes:
            self._moment(message, element)
        elif "sender" in classes:
            message.sender = self.words(element) or None
        elif "subject" in classes:
            message.elsewhere.append(("subject", self.words(element)))
        elif "bubble" in classes:
            self._text(message, element)
        elif "edited" in classes:
            self._edited(message, element)
        elif "unsent" in classes:
            message.kind = "deleted"
            message.flags.append("unsent")
            message.elsewhere.append(("unsent", self.words(element)))
        elif "deleted" in classes:
            message.flags.append("deleted_from_conversation")
        elif "reply_context" in classes:
            message.answered = True
        elif "reply_anchor" in classes:
            message.answered = message.answered or "⇱" in self.words(element)
        elif "expressive" in classes:
            message.flags.append(f"effect:{self.words(element)}")
        elif "attachment_error" in classes:
            name = self.words(element).removeprefix("Unable to locate attachment:").strip()
            message.files.append((name, None, "missing"))
        elif classes & set(_WORDS):
            self._card(message, element, min(classes & set(_WORDS)))
        elif element.name in _MEDIA or element.name == b"a":
            self._file(message, element)
            return element.name not in (b"video", b"audio")
        elif {"sent", "received"} & classes:
            message.direction = "out" if "sent" in classes else "in"
            message.flags += [f"service:{c}" for c in sorted(classes - {"sent", "received"})]
            return False
        else:
            return False
        return True

    def _moment(self, message: Message, element: hs.Element) -> None:
        m = _MOMENT.match(self.words(element))
        link = next((e for e in element.walk() if e.name == b"a"), None)
        guid = None if link is None else _GUID.search(link.attributes.get("href", ""))
        message.guid = guid[1] if guid is not None else message.guid
        if m is not None and message.moment is None:
            message.moment = m[1] or None
            if m[2]:
                message.flags.append(f"read_by:{m[2]} after {m[3]}")

    def _text(self, message: Message, element: hs.Element) -> None:
        runs = hs.raw_text(self.data, element)
        raw = b"".join(runs)
        text = "".join(map(hs.decode, runs))
        message.texts.append((text, hs.repair_of(raw, text)))
        message.elsewhere += self._links(element, text)

    def _links(self, element: hs.Element, shown: str) -> list[tuple[str, str]]:
        hrefs = [e.attributes.get("href", "") for e in element.walk() if e.name == b"a"]
        return [("href", h) for h in hrefs if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", h) and h not in shown]

    def _card(self, message: Message, element: hs.Element, name: str) -> None:
        """An app's card: its words, its links, its pictures."""
        for inner in element.walk():  # words that stand in an element itself, not in one inside it
            run = hs.text_of(self.data, inner, frozenset(map(id, inner.children))).strip()
            if run:
                message.elsewhere.append((name, run))
        message.elsewhere += self._links(element, " ".join(w for _, w in message.elsewhere))
        for inner in element.walk():
            if inner.name in _MEDIA:
                self._file(message, inner)

    def _edited(self, message: Message, element: hs.Element) -> None:
        """A table of versions: the last row is what the message says now."""
        versions = []
        for row in (e for e in element.walk() if e.name == b"tr"):
            cells = [e for e in row.children if e.name == b"td"]
            if cells:
                versions.append(hs.text_of(self.data, cells[-1]))
        message.flags.append("edited")
        if versions:
            message.texts.append((versions[-1], None))
            message.earlier += versions[:-1]
        elif self.words(element):
            message.texts.append((self.words(element), None))

    def _file(self, message: Message, element: hs.Element) -> None:
        attributes = element.attributes
        path = attributes.get("href" if element.name == b"a" else "src", "")
        if element.name in (b"video", b"audio") and not path:
            path = next((e.attributes.get("src", "") for e in element.children if e.name == b"source"), "")
        kind = "document" if element.name == b"a" else _MEDIA[element.name]
        if element.name == b"a" and (not path or re.match(r"(?:https?|mailto|tel|sms):|#", path)):
            message.elsewhere += [] if not re.match(r"https?:", path) else [("href", path)]
        elif re.match(r"https?:", path):
            message.files.append((path, kind, "omitted"))
        elif path and not path.startswith("data:") and path not in [f[0] for f in message.files]:
            message.files.append((path.removeprefix("file://"), kind, "named"))

    def _tapbacks(self, message: Message, element: hs.Element) -> None:
        for tapback in (e for e in element.children if e.classes & {"tapback", "reaction"}):
            bold = next((e for e in tapback.walk() if e.name == b"b"), None)
            said = self.words(tapback)
            sign = "" if bold is None else self.words(bold)
            who = _BY.match(said.removeprefix(sign).lstrip("\u00a0 "))
            if said or tapback.children:
                message.tapbacks.append((sign or ("" if who else said), None if who is None else who[1].strip() or None))


@dataclass
class _File:
    """Reading one conversation. answers: id or moment, sender and words of an answer -> its row's id and its target's."""

    source: Source
    part: Part
    settings: ReadSettings
    answers: dict[Any, tuple[str, str]] = field(default_factory=dict)
    ledger: js.Ledger = field(default_factory=js.Ledger)
    table: hs.Table = field(default_factory=lambda: hs.Table(_COLUMNS))
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.siblings = js.Siblings(self.source, self.part)
        self.prefix = f"{self.source.digest[:16]}-{self.part.number}-"
        name = self.part.path or self.source.name
        self.title = re.sub(r"\.html?\Z", "", name.rsplit("/", 1)[-1]) or None
        self.thread_id = self.part.path or f"{self.source.digest[:16]}-{self.part.number}"

    def chunks(self) -> Iterator[Chunk]:
        """All chunks of the file."""
        with self.part.open() as stream:
            feed = js.Feed(stream, self.part.size)
            for piece in hs.pieces(feed, OPENING):
                if piece.head:
                    self._end(piece)
                elif not piece.data:
                    self._unparsed(piece.start, piece.end, b"", "oversize_message")
                else:
                    self._piece(piece)
                if len(self.table) >= ROWS_AT_ONCE:
                    yield from self._flush()
            yield from self._flush()
            yield from hs.unread_chunk(self.part, feed, self.ledger)

    def _problem(self, reason: str, start: int | None = None, end: int | None = None, *, once: bool = False) -> None:
        if not once or reason not in self.said:
            self.said.add(reason)
            self.table.problems.append(Problem(reason, self.part.path, start, end))

    def _end(self, piece: hs.Piece) -> None:
        if piece.last and not piece.data.rstrip().lower().endswith(b"</html>"):
            self._problem("truncated", piece.end, piece.end)

    def _unparsed(self, start: int, end: int, raw: bytes, reason: str) -> None:
        text, bad = js.decode_utf8(raw)
        self.table.add(start, end, "unparsed", text=text or None, text_repair="utf8_stand_in" if bad else None)
        self._problem(reason, start, end)

    def _piece(self, piece: hs.Piece) -> None:
        """One message or announcement, to where the next one begins."""
        body = piece.data.rstrip()
        ended = body.lower().endswith(b"</html>")
        body = body[: -len(b"</html>")].rstrip() if ended else body
        root = hs.parse(body)
        first = root.children[0] if root.children else hs.Element(b"", b"", 0, 0, 0, 0)
        if piece.last and not ended and first.closed and (cut := _CUT_END.search(body, first.end)) is not None:
            body = body[: cut.start()].rstrip()  # a tag that is cut in two begins what follows the message
        complete = first.closed and (ended or not piece.last or _ONLY_ENDS.match(body, first.end) is not None)
        start, end = piece.start, piece.start + len(body)
        reading = Reading(body)
        if not complete:
            self._unparsed(start, end, body, "truncated" if piece.last and not ended else "broken_record")
            return
        if "announcement" in first.classes:
            self._announcement(start, end, reading, first)
        else:
            self._message(start, end, reading.message(root.children))
        if piece.last and not ended:
            self._problem("truncated", piece.end, piece.end)

    def _announcement(self, start: int, end: int, reading: Reading, element: hs.Element) -> None:
        stamp = element.first("timestamp")
        skip = frozenset() if stamp is None else frozenset({id(stamp)})
        text = hs.text_of(reading.data, element, skip).strip()
        moment = None if stamp is None else reading.words(stamp) or None
        self.table.add(start, end, "service", sent_at_text=moment, text=text or None)

    def _row(self, message: Message) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
        """Columns of a message's row, its attachments, and the rows that hang on it."""
        attachments = []
        for path, kind, state in message.files:
            found = self.siblings.find(path, climb=True) if state == "named" else None
            if found is not None:
                self.table.named.add(found.number)
            attachments.append(js.attachment(path or None, kind, None, found, "missing" if state == "named" else state))
        kind = "media" if attachments and message.kind == "text" else message.kind
        flags = list(message.flags)
        further = [("part", text, how) for text, how in message.texts[1:]] + [(n, w, None) for n, w in message.elsewhere if w]
        text, how = message.texts[0] if message.texts else (None, None)
        if text is None and further and message.kind != "deleted":
            name, text, how = further.pop(0)
            flags.append(f"text_from:{name}")
        rows = [{"kind": kind, "text": w, "text_repair": h, "flags": [f"field:{n}"]} for n, w, h in further]
        columns = {
            "kind": kind, "text": text, "text_repair": how, "sender_name": message.sender, "direction": message.direction,
            "sent_at_text": message.moment, "flags": flags or None,
        }
        return columns, attachments, rows

    def _message(self, start: int, end: int, message: Message) -> None:
        """The rows of a message: its own, its fields, versions, tapbacks, and the answers inside it."""
        columns, attachments, rows = self._row(message)
        known = None
        if message.answered:
            known = self.answers.get(message.guid) if message.guid is not None else None
            known = known or self.answers.get(message.same())
            columns["flags"] = [*(columns["flags"] or []), "reply_context"]
        flags = columns.pop("flags")
        i = self.table.add(
            start, end, columns.pop("kind"), **columns, moment=message.moment,
            duplicate_of=None if known is None else known[0], reply_to=None if known is None else known[1],
        )
        if flags:
            self.table.flags[i] = flags
        if attachments:
            self.table.attachments[i] = attachments
        own = f"{self.prefix}{start}"
        count = 0
        for row in rows:
            self.table.child(i, row)
            count += 1
        for version in message.earlier:
            self.table.child(i, {"kind": "text", "text": version, "revision_of": own, "flags": ["earlier_version"]})
            count += 1
        count += self._reacted(i, message)
        for answer in message.answers:
            count = self._answer(i, own, count, answer)

    def _reacted(self, i: int, message: Message) -> int:
        for sign, who in message.tapbacks:
            row = {"kind": "reaction", "text": sign or None, "sender_name": who, "sent_at_basis": "none"}
            self.table.child(i, row, inherits=False)
        return len(message.tapbacks)

    def _answer(self, i: int, own: str, count: int, answer: Message) -> int:
        """A message inside another: a child row of its own sender and time. Returns the number of child rows so far."""
        columns, attachments, rows = self._row(answer)
        moment = hd.NOTHING if answer.moment is None else hd.written(answer.moment)
        sent, bases = hd.columns([moment.local_s], [moment.offset_s], self.settings.zone)
        who = {
            "sent_at": sent[0].as_py(), "sent_at_basis": bases[0], "sent_at_text": answer.moment,
            "sender_name": answer.sender, "direction": answer.direction,
        }
        flags = ["in_thread", *(columns["flags"] or [])]
        self.table.child(i, {**columns, **who, "flags": flags, "reply_to": own, "attachments": attachments or None}, inherits=False)
        count += 1
        place = (f"{own}.{count}", own)
        self.answers[answer.same()] = place
        if answer.guid is not None:
            self.answers[answer.guid] = place
        rows += [{"kind": "text", "text": v, "revision_of": place[0], "flags": ["earlier_version"]} for v in answer.earlier]
        for row in rows:
            self.table.child(i, {**row, **who, "flags": ["in_thread", *row["flags"]]}, inherits=False)
            count += 1
        count += self._reacted(i, answer)
        for inner in answer.answers:
            count = self._answer(i, place[0], count, inner)
        return count

    def _flush(self) -> Iterator[Chunk]:
        table = self.table
        n = len(table)
        table.columns.pop("moment")
        moments = [hd.NOTHING if t is None else hd.written(t) for t in table.columns["sent_at_text"]]
        sent, bases = hd.columns([m.local_s for m in moments], [m.offset_s for m in moments], self.settings.zone)
        if "zone_unknown" in bases:
            self._problem("zone_unknown", once=True)
        if any(b == "none" and t for b, t in zip(bases, table.columns["sent_at_text"], strict=True)):
            self._problem("unknown_locale", once=True)
        yield from table.chunks(
            self.part, self.ledger, sent_at=sent, sent_at_basis=bases, platform=const("imessage", n),
            thread_id=const(self.thread_id, n), thread_title=const(self.title, n),
        )


class IMessageHtml:
    """Reader `imessage_html`; see the module's text."""

    name = "imessage_html"

    def recognise(self, part: Part) -> Evidence | None:
        """Messages as imessage-exporter writes them."""
        return Evidence("imessage_html_messages") if hs.family(part.head()) == "imessage" else None

    def is_metadata(self, part: Part) -> bool:
        """The tool's style sheet."""
        return part.name == "style.css"

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each conversation."""
        for part in parts:
            yield from _File(source, part, settings).chunks()


reader = IMessageHtml()
