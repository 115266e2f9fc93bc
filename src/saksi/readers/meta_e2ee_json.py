"""Messenger's separate download of end-to-end encrypted chats ("secure storage"): flat NAME_N.json with a media folder.

    {"participants": ["A", "B"], "threadName": "B_1", "messages": [{"senderName", "text", "timestamp" (ms), "type",
     "isUnsent", "media": [{"uri"}], "reactions": [{"actor", "reaction"}]}]}

Every element of `messages` is one row, in file order; one taken back (isUnsent) is a row of kind deleted, flag unsent,
its words kept where the export has them. Strings are repaired as in `meta_json` (they may or may not be doubly encoded).
thread_id is the file's name without ".json": the export has no other, and two people may share a name.

Spans and damaged files: `_json_spans`. Facts, sources, flags: docs/formats/meta.md. Versions: exports since 2023-12.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from saksi.parts import Part, Source
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings
from saksi.readers.meta_json import (
    Events,
    Form,
    Place,
    Row,
    Thread,
    Words,
    dicts,
    not_true,
    reaction_rows,
    read_part,
    settle_text,
    skeleton,
)

OPENING: Final = rb'\{[ \t\r\n]*"senderName"[ \t\r\n]*:'
_PLAIN_TYPES: Final = ("text", "media", "link", "Generic", "generic")


class Message(msgspec.Struct, gc=False):
    """The fields of one record that rows are made of. Any: a field of an odd type must not cost the row."""

    senderName: Any = None  # noqa: N815 - the export's key
    text: Any = None
    timestamp: Any = None
    type: Any = None
    isUnsent: Any = None  # noqa: N815 - the export's key
    media: Any = None
    reactions: Any = None
    link: Any = None


_BY_EXTENSION: Final = {
    "jpg": "image", "jpeg": "image", "png": "image", "webp": "image", "heic": "image", "gif": "gif", "mp4": "video",
    "mov": "video", "m4a": "audio", "aac": "audio", "mp3": "audio", "ogg": "audio", "wav": "audio",
}


def _media_type(uri: Any) -> str | None:
    return _BY_EXTENSION.get(uri.rpartition(".")[2].lower()) if isinstance(uri, str) else None


def _row(m: Message, place: Place) -> Row:
    words = Words()
    us = js.seconds_to_us(m.timestamp, 1000)
    media = [place.attachment(item.get("uri"), _media_type(item.get("uri")), words) for item in dicts(m.media)]
    attachments = [a for a in media if a is not None]
    kind = "deleted" if m.isUnsent is True else "media" if attachments or m.type == "media" else "text"
    row = Row({
        "kind": kind, "sender_name": words(m.senderName), "sent_at": us,
        "sent_at_text": None if m.timestamp is None else str(m.timestamp),
        "sent_at_basis": "none" if us is None else "utc", "attachments": attachments or None,
    })
    flags = ["unsent"] if m.isUnsent is True else []
    if isinstance(m.type, str) and m.type and m.type not in _PLAIN_TYPES:
        flags.append(f"type:{m.type}")
    flags += settle_text(row, kind, words.with_how(m.text), [("link", *words.with_how(m.link))])
    row.columns["flags"] = flags
    row.children += reaction_rows(m.reactions, words)
    row.kept = words.kept
    return row


def _empty(value: Any) -> bool:
    return not value


def _ordinary_type(value: Any) -> bool:
    return not value or not isinstance(value, str) or (value != "media" and value in _PLAIN_TYPES)


FORM: Final = Form(
    OPENING, Message, _row, "senderName", "timestamp", "text",
    {"type": _ordinary_type, "isUnsent": not_true, "media": _empty, "reactions": _empty, "link": _empty},
    frozenset({"type", "isUnsent", "media", "reactions"}),
)


def _thread(part: Part, events: Events) -> Thread:
    title = Words()(skeleton(events).get(("threadName",)))
    own = part.name.removesuffix(".json") or None
    return Thread("messenger", own or title, title, [])


class MetaE2eeJson:
    """Reader `meta_e2ee_json`; see the module's text."""

    name = "meta_e2ee_json"

    def recognise(self, part: Part) -> Evidence | None:
        """Participants that are plain names, with threadName or records with senderName."""
        found = js.outline(part.head())
        if found is None or any(path[:2] == ("participants", "[]") and len(path) > 2 for path in found.paths):
            return None
        if ("threadName",) in found.paths and {("participants", "[]"), ("messages",)} & (found.paths | found.entered):
            return Evidence("meta_e2ee")
        if ("messages",) in found.entered and b'"senderName"' in found.first:
            return Evidence("meta_e2ee")
        return None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """This download holds nothing but threads and media."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:  # noqa: ARG002
        """Rows of each file."""
        decoders = FORM.decoders()
        for part in parts:
            events = Events(part, OPENING)
            yield from read_part(source, part, _thread(part, events), events, FORM, decoders)


reader = MetaE2eeJson()
