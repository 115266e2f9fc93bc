"""Hangouts in a Takeout: Hangouts.json, all conversations in one file.

    {"conversations": [{"conversation": {"conversation_id", "conversation": {"participant_data", …}}, "events": [
        {"sender_id": {"gaia_id", "chat_id"}, "timestamp": "<µs>", "chat_message": {"message_content": {"segment": […]}},
         "event_id", "event_type"}]}]}

Older files: `conversation_state` for `conversations`, and `conversation_state.event` for `events`. Every event is one row,
in file order. Rules:

1. Text is the segments of the message one behind the other (LINE_BREAK without text is LF); the address behind a link is
   a child row where the words do not hold it.
2. Time is `timestamp`, microseconds (basis utc), sent_at_text its digits.
3. sender_id is gaia_id, sender_name the participant's fallback_name. Direction where the conversation names the account
   (self_conversation_state.self_read_state.participant_id).
4. Events other than messages: call (HANGOUT_EVENT) or service, flag `action:<type>`; a new name is a child row.
5. Pictures are addresses: attachments, state omitted.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/google_chat.md.
Versions: Takeouts of 2014 to 2022.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings

ARRAYS: Final = jr.Paths(
    ("conversations", "[]", "events"), ("conversations", "[]", "event"),
    ("conversation_state", "[]", "conversation_state", "event"), ("conversation_state", "[]", "event"),
)
OPENING: Final = rb'\{[ \t\r\n]*"(?:conversation_id|sender_id)"[ \t\r\n]*:[ \t\r\n]*\{'
_OWN: Final = ("self_conversation_state", "self_read_state", "participant_id", "gaia_id")


class _Job(jr.Job):
    """Reads one file."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "hangouts")
        self.names: dict[str, str] = {}
        self.own: str | None = None
        self.person: str | None = None

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """A conversation begins; its id, name and people."""
        path = event.path
        if isinstance(event, js.Opened) and len(path) == 2:
            self.thread_id = self.thread_title = self.own = None
        elif isinstance(event, js.Entered):
            if self.thread_title is None:
                others = [n for g, n in self.names.items() if g != self.own]
                self.thread_title = others[0] if len(others) == 1 else None
        elif isinstance(event, js.Opened) and path[-2:] == ("participant_data", "[]"):
            self.person = None
        elif isinstance(event, js.Field) and len(path) > 3:
            self._scalar(event, path)
        return None

    def _scalar(self, event: js.Field, path: js.Path) -> None:
        wanted = path[-2:] in (("conversation_id", "id"), ("id", "id"), ("id", "gaia_id")) or path[-1] in ("fallback_name", "name")
        if not wanted and path[-4:] != _OWN:
            return
        value = self.value(event)
        if not isinstance(value, str) or not value:
            return
        if path[-4:] == _OWN:
            self.own = value
        elif path[-2:] == ("id", "gaia_id"):
            self.person = value
        elif path[-1] == "fallback_name" and self.person is not None:
            if "participant_data" not in path:
                return
            if self.thread_id is not None and len(self.names) > 100_000:
                self.names.clear()
            self.names[self.person] = value
        elif path[-1] == "id" and self.thread_id is None:
            self.thread_id = value
        elif path[-1] == "name" and path[-2] == "conversation":
            self.thread_title = value

    def make(self, f: jr.Fields) -> jr.Row:
        """One event as a row."""
        kind_of = f.said("event_type") or ""
        sender = f.inner("sender_id")
        account = sender.id("gaia_id") or sender.id("chat_id")
        sender.skip("chat_id")
        stamp, number = f.id("timestamp"), f.said("event_id")
        us = js.seconds_to_us(stamp, 1_000_000)
        message = f.inner("chat_message").inner("message_content")
        segments = message.items("segment")
        called = kind_of == "HANGOUT_EVENT" or "hangout_event" in f.left
        row = jr.Row("text" if segments or kind_of in ("REGULAR_CHAT_MESSAGE", "") else "call" if called else "service")
        if kind_of and kind_of != "REGULAR_CHAT_MESSAGE":
            row.flags.append(f"action:{kind_of}")
        row.sent(us, stamp, "utc")
        row.columns |= {"sender_id": account, "sender_name": self.names.get(account or "")}
        if self.own is not None and account is not None:
            row.columns["direction"] = "out" if account == self.own else "in"
        links: list[tuple[str, str | None]] = []
        said: list[str] = []
        for s in segments:
            type_, text = s.said("type"), s.text("text")
            said.append(text if text is not None else "\n" if type_ == "LINE_BREAK" else "")
            s.skip("formatting")
            link = s.inner("link_data")
            links.append(("link_data.link_target", link.said("link_target")))
            link.skip("display_url")
        row.text = "".join(said) if segments else None
        self._pictures(message, row)
        f.inner("conversation_id").skip("id")
        f.skip("self_event_state", "advances_sort_timestamp", "event_otr", "delivery_medium", "event_version", "state")
        row.flags += jr.tag("event", number) if row.kind != "text" else []
        row.words(links)
        if row.attachments and row.kind == "text" and not row.text:
            row.kind = "media"
        return row.finish(f)

    @staticmethod
    def _pictures(message: jr.Fields, row: jr.Row) -> None:
        for a in message.items("attachment"):
            item = a.inner("embed_item")
            item.skip("id", "type")
            photo = item.inner("plus_photo")
            url, kind = photo.said("url"), photo.said("media_type")
            photo.inner("thumbnail").left.clear()
            photo.skip("owner_obfuscated_id", "album_id", "photo_id", "original_content_url", "stream_id")
            a.skip("id")
            if url is not None or kind is not None:
                shown = {"PHOTO": "image", "VIDEO": "video", "ANIMATED_PHOTO": "gif"}.get(kind or "", "image")
                row.attachments.append(js.attachment(url, shown, None, None, "omitted"))


class HangoutsJson:
    """Reader `hangouts_json`; see the module's text."""

    name = "hangouts_json"

    def recognise(self, part: Part) -> Evidence | None:
        """A list of conversations with their ids and participants."""
        head = part.head()
        if b'"conversation_id"' not in head and b'"conversation_state"' not in head:
            return None
        found = jr.outline_of(head)
        if found is None or not {("conversations", "[]"), ("conversation_state", "[]")} & found.paths:
            return None
        own = b'"participant_data"' in head or b'"self_conversation_state"' in head or b'"gaia_id"' in head
        return Evidence("hangouts_events") if own else None

    def is_metadata(self, part: Part) -> bool:
        """Pages of the Takeout."""
        return (part.path or "").endswith("archive_browser.html")

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each file."""
        for part in parts:
            job = _Job(source, part, settings)
            yield from job.read(job.walk(ARRAYS, OPENING), job.make, job.on)


reader = HangoutsJson()
