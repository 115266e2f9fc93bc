"""Snapchat's "My Data": json/chat_history.json and json/snap_history.json.

    new  {"<conversation id or user>": [{"From", "Media Type", "Created", "Content", "Conversation Title", "IsSender",
          "Created(microseconds)", "IsSaved", "Media IDs"}]}
    old  {"Received Saved Chat History": [{"From", "Media Type", "Created", "Text"}], "Sent Saved Chat History": [{"To", …}]}

Every element is one row, in file order. Rules:

1. Text is `Content` (old: `Text`). Old texts are escaped for HTML; what `html_plain` turns back exactly is turned back
   (text_repair html_escape), anything else stays.
2. Time: "Created(microseconds)" holds milliseconds; it is used where it falls in the second that `Created` names, else
   `Created`, "… UTC" (basis utc). sent_at_text is `Created`.
3. Direction is `IsSender` (old: which list). sender is the user name in `From`.
4. STATUSSAVETOCAMERAROLL: somebody saved a medium to their own phone: service row, flag saved_by_recipient. Any status
   about a screenshot or recording: flag screenshot_taken. STATUSERASEDMESSAGE: kind deleted.
5. `Media IDs` name files chat_media/<date>_<id>.<ending>. Snaps have none (state omitted): only that they were sent.
6. Only saved chats are in the download: what is missing here may have been said all the same.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/snapchat.md.
Versions: downloads of 2020 to 2026. Names of the screenshot statuses were not seen in a sample: rule 4 goes by the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings

ARRAYS: Final = jr.Paths(("*",))
OPENING: Final = rb'\{[ \t\r\n]*"(?:From|To)"[ \t\r\n]*:'
OLD: Final = {"Received Saved Chat History": "in", "Sent Saved Chat History": "out"}
_FIRST: Final = re.compile(
    rb'[ \t\r\n]*\{(?:[ \t\r\n]*"(?:[^"\\]|\\.){0,400}"[ \t\r\n]*:[ \t\r\n]*\['
    rb'[ \t\r\n]*(?:\][ \t\r\n]*,)?)+[ \t\r\n]*(?=\{)'
)
_KINDS: Final = {
    "TEXT": ("text", None), "MEDIA": ("media", None), "PHOTO": ("media", "image"), "IMAGE": ("media", "image"),
    "VIDEO": ("media", "video"), "STICKER": ("media", "sticker"), "NOTE": ("media", "audio"), "AUDIO": ("media", "audio"),
    "LOCATION": ("location", None), "SHARE": ("text", None), "STATUSERASEDMESSAGE": ("deleted", None),
}
_ENTITIES: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
_ENTITY: Final = re.compile("|".join(map(re.escape, _ENTITIES)))
_STEM: Final = re.compile(r"(?:\d{4}-\d\d-\d\d_)?(.+)\.[^.]+\Z")
_PAGES: Final = re.compile(r"(?:^|/)(?:html|json|css)/[^/]+\.(?:html|json|css)\Z|(?:^|/)index\.html\Z", re.IGNORECASE)


def html_plain(text: str) -> str | None:
    """`text` with the five escapes undone; None where it holds none or does not turn back into itself."""
    plain = _ENTITY.sub(lambda m: _ENTITIES[m[0]], text)
    if plain == text:
        return None
    back = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")
    return plain if back == text else None


def _moment(created: str | None, number: int | None) -> int | None:
    """Microseconds since 1970 of a record (rule 2)."""
    us = jr.iso_time(created)[0]
    for exact in () if number is None else (number * 1000, number):
        if us is not None and us <= exact < us + 1_000_000:
            return exact
    return us


class _Job(jr.Job):
    """Reads one history."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "snapchat")
        self.key = ""
        self.by_id = {m[1]: p for p in source.parts if p.media is not None and (m := _STEM.match(p.name)) is not None}

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """A conversation begins."""
        if isinstance(event, js.Entered):
            self.key = event.path[0]
            self.thread_id = self.thread_title = None if self.key in OLD else self.key
        return None

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        status, created = f.said("Media Type") or "", f.said("Created")
        kind, media_type = _KINDS.get(status, ("service" if status.startswith("STATUS") else "text", None))
        row = jr.Row(kind)
        row.sent(_moment(created, f.whole("Created(microseconds)")), created, "utc")
        self._who(f, row)
        text = f.text("Content")
        old = f.text("Text")
        if old is not None:
            plain = html_plain(old)
            if plain is not None:
                row.columns["text_repair"] = "html_escape"
            text = old if plain is None else plain
        row.text = text if text or kind == "text" else None
        self._status(row, status)
        if f.yes("IsSaved") is True:
            row.flags.append("saved")
        named = f.said("Media IDs")
        for media in (named or "").split(" | ") if named else ():
            part = self.by_id.get(media)
            shown = media_type or (part.media if part is not None else None)
            row.attachments.append(self.attached(media if part is None else part.path, shown, part))
        if kind == "media" and not row.attachments:
            row.attachments.append(self.attached(None, media_type, None, absent="omitted"))
        return row.finish(f)

    def _who(self, f: jr.Fields, row: jr.Row) -> None:
        sender, to, title, own = f.said("From"), f.said("To"), f.said("Conversation Title"), f.yes("IsSender")
        row.columns |= {"sender_id": sender, "sender_name": sender}
        if title is not None:
            row.columns["thread_title"] = title
        if self.key in OLD:
            row.columns["direction"] = OLD[self.key]
            row.columns |= {"thread_id": sender or to, "thread_title": sender or to}
        elif own is not None:
            row.columns["direction"] = "out" if own else "in"
        if self.key not in OLD and to is not None:
            row.flags += jr.tag("to", to)

    @staticmethod
    def _status(row: jr.Row, status: str) -> None:
        if status.startswith("STATUS"):
            row.flags.append(f"action:{status}")
            if status == "STATUSSAVETOCAMERAROLL":
                row.flags.append("saved_by_recipient")
            if "SCREENSHOT" in status or "RECORD" in status:
                row.flags.append("screenshot_taken")
        elif status not in _KINDS or status in ("SHARE", "NOTE"):
            row.flags += jr.tag("type", status)


class SnapchatJson:
    """Reader `snapchat_json`; see the module's text."""

    name = "snapchat_json"

    def recognise(self, part: Part) -> Evidence | None:
        """An object of lists whose first record has Media Type and Created."""
        head = part.head()
        if b'"Media Type"' not in head or b'"Created"' not in head:
            return None
        first = jr.first_of(head, _FIRST)
        if not first or not jr.all_keys(first, "Media Type") or not (jr.all_keys(first, "From") or jr.all_keys(first, "To")):
            return None
        return Evidence("snapchat_history")

    def is_metadata(self, part: Part) -> bool:
        """The other lists and pages of the download."""
        return _PAGES.search(part.path or "") is not None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each history."""
        for part in parts:
            job = _Job(source, part, settings)
            yield from job.read(job.walk(ARRAYS, OPENING), job.make, job.on)


reader = SnapchatJson()
