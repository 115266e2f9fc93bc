"""Skype's export (messages.json, from the .tar of "export files and chat history"), as it was given out until 2025.

    {"userId": "8:live:budi", "exportDate": "2025-04-01T09:00", "conversations": [
        {"id": "8:live:sari", "displayName": "Sari", "threadProperties": null, "MessageList": [
            {"id": "1735689600000", "displayName": null, "originalarrivaltime": "2025-01-01T00:00:00.123Z",
             "messagetype": "RichText", "content": "halo &amp; hai", "from": "8:live:sari", "properties": null,
             "amsreferences": null}]}]}

Every element is one row, in file order (Skype writes the newest first). Rules:

1. Text of a RichText is what was shown: markup of the names in `_MARKS` undone, references resolved; where that changed
   something, text_repair is skype_markup and the bytes are under the span. Other tags stay as written. Signs around bold and
   the like (raw_pre, raw_post) are what was typed and stay. messagetype Text stays as it is.
2. A quotation is not the sender's words: it is a child row with the quoted account (flag field:quote), `reply_to` names its
   message. A link's address that the words do not show is a child row (field:href).
3. RichText/UriObject and RichText/Media_*: kind media, the file by its original name, or the part of the export that
   `amsreferences` names; the words Skype puts around it are a child row. Location, Contacts, Poll: those kinds.
4. Event/Call: kind call, flags with state, people and seconds. Every other type (ThreadActivity/…, Notice, PopCard,
   EndToEndEncryption/…): service, its values as flags `name:value`.
5. Time is originalarrivaltime, UTC. Edited: the marker e_m or properties.edittime. properties.deletetime: kind deleted.
6. Direction is out where `from` is userId, else in.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/skype.md.
Versions: exports of 2019 to 2025, as public readers describe them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings

ARRAYS: Final = jr.Paths(("conversations", "[]", "MessageList"))
OPENING: Final = rb'\{[ \t\r\n]*"id"[ \t\r\n]*:'
REPAIR: Final = "skype_markup"
_MARKS: Final = frozenset(
    {"a", "at", "b", "i", "s", "u", "pre", "code", "ss", "font", "quote", "legacyquote", "e_m", "br", "p", "div", "span",
     "uriobject", "originalname", "filesize", "meta", "title", "description", "thumbnail", "location", "contacts", "c"}
)  # fmt: skip
"""Names of tags that Skype itself writes into rich text."""
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z_][\w-]{0,20})(?P<attributes>(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*/?>"
)
_ATTRIBUTE: Final = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_LEAF: Final = re.compile(r"<(?P<name>[A-Za-z_][\w-]{0,40})(?:\s[^<>]*)?>(?P<said>[^<>]{1,2000})</(?P=name)>")
_MEDIA: Final = {"photo": "image", "picture": "image", "video": "video", "audio": "audio", "audiomsg": "audio", "flikmsg": "video",
                 "callrecording": "video", "genericfile": "document", "file": "document", "album": None, "card": None}  # fmt: skip
_SECONDS: Final = re.compile(r"(\d{1,8})(?:\.\d+)?")


def _resolved(text: str) -> str:
    return _REFERENCE.sub(lambda m: html.unescape(m[0]), text)


def _attributes(m: re.Match[str]) -> dict[str, str]:
    return {a[1].lower(): _resolved(a[2] if a[2] is not None else a[3]) for a in _ATTRIBUTE.finditer(m["attributes"])}


@dataclass
class Rich:
    """Rich text taken apart. words: what was shown. quotes: (attributes, words). tags: (name, attributes) in order."""

    words: str = ""
    quotes: list[tuple[dict[str, str], str]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def rich(content: str) -> Rich:
    """`content` as shown (rule 1). Never raises: a tag without an end reaches to the end."""
    found = Rich()
    out: list[str] = []
    quoted: list[str] = []
    depth = legacy = at = 0
    closing: list[str] = []
    for m in (*_TAG.finditer(content), None):
        said = _resolved(content[at : len(content) if m is None else m.start()])
        if not legacy:
            (quoted if depth else out).append(said)
        if m is None:
            break
        at = m.end()
        name, values = m["name"].lower(), _attributes(m)
        if name not in _MARKS:
            (quoted if depth else out).append(m[0])
            continue
        alone = m[0].endswith("/>")
        if not m["end"]:
            found.tags.append((name, values))
        if name == "quote":
            if not m["end"] and not alone and not depth:
                found.quotes.append((values, ""))
                depth = 1
            elif m["end"] and depth:
                found.quotes[-1] = (found.quotes[-1][0], "".join(quoted))
                quoted, depth, legacy = [], 0, 0
        elif name == "legacyquote" and not alone:
            legacy = 0 if m["end"] else 1
        elif name in ("b", "i", "s", "u", "pre", "code") and not alone:
            if m["end"]:
                (quoted if depth else out).append(closing.pop() if closing else "")
            else:
                (quoted if depth else out).append(values.get("raw_pre", ""))
                closing.append(values.get("raw_post", ""))
        elif name == "br":
            (quoted if depth else out).append("\n")
    if depth:
        found.quotes[-1] = (found.quotes[-1][0], "".join(quoted))
    found.words = "".join(out)
    return found


class _Job(jr.Job):
    """Reads one export."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "skype")
        self.owner: str | None = None
        self.by_id = {p.name.split(".")[0]: p for p in source.parts if p.media is not None}

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """The account, and which conversation begins."""
        if isinstance(event, js.Opened) and event.path == ("conversations", "[]"):
            self.thread_id = self.thread_title = None
        elif isinstance(event, js.Field):
            value = self.value(event) if len(event.raw) < 65_536 else None
            if not isinstance(value, str) or not value:
                return None
            if event.path == ("userId",):
                self.owner = value
            elif event.path == ("conversations", "[]", "id"):
                self.thread_id = value
            elif event.path == ("conversations", "[]", "displayName") or (
                event.path == ("conversations", "[]", "threadProperties", "topic")
            ):
                self.thread_title = self.thread_title or value
        return None

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        kind, content, who = f.said("messagetype") or "", f.text("content"), f.said("from")
        row = jr.Row("text")
        written = f.said("originalarrivaltime")
        us, zone = jr.iso_time(written)
        if us is not None and zone is None:
            at, basis = self.local(us)
            row.sent(at, written, basis)
        else:
            row.sent(us, written, zone or "none")
        row.columns |= {"sender_id": who, "sender_name": f.said("displayName")}
        if self.owner is not None and who is not None:
            row.columns["direction"] = "out" if who.removeprefix("8:") == self.owner.removeprefix("8:") else "in"
        f.skip("id", "version", "conversationid")
        self._content(row, kind, content or "")
        self._media_of(row, f)
        self._properties(row, f)
        return row.finish(f)

    def _content(self, row: jr.Row, kind: str, content: str) -> None:
        family, _, what = kind.partition("/")
        if family in ("RichText", "Text", "Poll", ""):
            row.kind = "poll" if family == "Poll" else "text"
            self._rich(row, what, content, as_it_is=family in ("Text", "Poll", ""))
            return
        row.kind = "call" if kind == "Event/Call" else "service"
        row.flags.append(f"action:{kind[: jr.TAG_CHARS_MAX]}")
        leaves = [(m["name"], _resolved(m["said"])) for m in _LEAF.finditer(content)]
        seconds = [int(s[1]) for name, said in leaves if name == "duration" and (s := _SECONDS.fullmatch(said))]
        if row.kind == "call":
            state = re.search(r"<partlist[^<>]*\btype=\"(\w{1,40})\"", content)
            row.flags += jr.tag("call", None if state is None else state[1])
            row.flags += [f"with:{m}"[: jr.TAG_CHARS_MAX] for m in re.findall(r"<part[^<>]*\bidentity=\"([^\"<>]{1,200})\"", content)]
            row.flags += jr.tag("duration_s", max(seconds, default=None))
        else:
            row.flags += [flag for name, said in leaves for flag in jr.tag(name, said)]
        if content and not leaves and row.kind == "service":
            row.children.append(({"kind": "service", "text": content, "flags": ["field:content"]}, True))

    def _rich(self, row: jr.Row, what: str, content: str, *, as_it_is: bool) -> None:
        if as_it_is:
            row.text = content
            return
        found = rich(content)
        row.text = found.words
        if found.words != content:
            row.columns["text_repair"] = REPAIR
        for values, words in found.quotes:
            self._quoted(row, values, words)
        about: dict[str, str] = {}
        for name, values in found.tags:
            about |= {f"{name}.{k}": v for k, v in values.items()}
            link = values.get("href") if name == "a" else None
            if link and link not in found.words:
                row.children.append(({"kind": "text", "text": link, "flags": ["field:href"]}, True))
            if name == "at":
                row.flags += jr.tag("mention", values.get("id"))
            if name == "c":
                words = " ".join(v for k, v in values.items() if k in ("f", "s", "p") and v)
                row.children.append(({"kind": "contact", "text": words, "flags": ["field:contacts"]}, True))
        self._edited(row, about.get("e_m.ts_ms") or about.get("e_m.ts"))
        if what in ("Location", "Contacts"):
            row.kind = what.lower().removesuffix("s")
            row.text = row.text or about.get("contacts.alt")
            row.flags += [t for k in ("latitude", "longitude", "address") for t in jr.tag(k, about.get(f"location.{k}"))]
        elif what == "UriObject" or what.startswith("Media_"):
            self._file(row, what, about)

    def _file(self, row: jr.Row, what: str, about: dict[str, str]) -> None:
        """A file that was shared (rule 3)."""
        said = (about.get("meta.type") or about.get("uriobject.type", "").split(".")[0] or what.removeprefix("Media_")).lower()
        size, address = about.get("filesize.v", ""), about.get("uriobject.uri")
        name = about.get("originalname.v") or about.get("meta.originalname") or address
        shown = _MEDIA.get(said, _MEDIA.get(what.removeprefix("Media_").lower()))
        number = int(size) if re.fullmatch(r"\d{1,15}", size) else None
        row.attachments.append(self.attached(name, shown, None, size=number, absent="omitted"))
        row.kind, words = "media", row.text
        row.text = None
        row.columns.pop("text_repair", None)
        if words and words.strip():
            own = {"kind": "media", "text": words, "flags": ["field:content"], "text_repair": REPAIR}
            row.children.append((own, True))

    def _quoted(self, row: jr.Row, values: dict[str, str], words: str) -> None:
        number = values.get("messageid")
        if number:
            row.columns["reply_to"] = f"skype:{number}"
        who = values.get("author")
        own = {
            "kind": "text", "text": words, "flags": ["field:quote", *jr.tag("quoted_at", values.get("timestamp"))],
            "sender_id": who, "sender_name": values.get("authorname"), "sent_at_basis": "none", "text_repair": REPAIR,
        }
        row.children.append((own, False))

    @staticmethod
    def _edited(row: jr.Row, stamp: str | None) -> None:
        if stamp is not None and "edited" not in row.flags:
            row.flags.append("edited")
        if stamp is not None and re.fullmatch(r"\d{10}|\d{13}", stamp):
            row.columns["edited_at"] = int(stamp) * (1000 if len(stamp) == 13 else 1_000_000)

    def _media_of(self, row: jr.Row, f: jr.Fields) -> None:
        for number in f.texts("amsreferences"):
            part = self.by_id.get(number)
            if part is None:
                row.flags += jr.tag("ams", number)
            elif row.kind == "media" and len(row.attachments) == 1 and row.attachments[0]["state"] == "omitted":
                known = row.attachments[0]
                row.attachments = [self.attached(part.path, known["media_type"] or part.media, part)]
                row.flags += jr.tag("name", known["name"])
            else:
                row.attachments.append(self.attached(part.path, part.media, part))

    def _properties(self, row: jr.Row, f: jr.Fields) -> None:
        properties = f.inner("properties")
        edited, gone = properties.id("edittime"), properties.id("deletetime")
        self._edited(row, edited)
        row.flags += jr.tag("deleted_at", gone)
        properties.skip("isserversidegenerated")
        if gone is not None:
            row.kind = "deleted"


class SkypeJson:
    """Reader `skype_json`; see the module's text."""

    name = "skype_json"

    def recognise(self, part: Part) -> Evidence | None:
        """An account, the moment of the export, and conversations with ids."""
        head = part.head()
        if b'"userId"' not in head or b'"conversations"' not in head:
            return None
        found = jr.outline_of(head)
        if found is None or not {("userId",), ("conversations", "[]", "id")} <= found.paths:
            return None
        return Evidence("skype_messages") if ("exportDate",) in found.paths else None

    def is_metadata(self, part: Part) -> bool:
        """The list of endpoints, and what is known of each medium (media/<id>.json)."""
        return part.name == "endpoints.json" or ("media/" in (part.path or "") and part.name.endswith(".json"))

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each export."""
        for part in parts:
            job = _Job(source, part, settings)
            yield from job.read(job.walk(ARRAYS, OPENING), job.make, job.on)


reader = SkypeJson()
