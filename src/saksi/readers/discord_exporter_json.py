"""DiscordChatExporter's JSON: one channel or direct message, all sides.

    {"guild": {…}, "channel": {…}, "dateRange": {…}, "exportedAt": …, "messages": [{"id", "type", "timestamp", "content",
     "author": {…}, "attachments": […], …}], "messageCount": n}

Every element of `messages` is one row, in file order. Rules:

1. Text is `content` (for events the tool's own sentence). Words of embeds, buttons, stickers and forwarded messages are
   child rows, or the text where `content` is empty.
2. Time is `timestamp` with its offset (basis offset; utc for +00:00 and Z).
3. sender_id is author.id, sender_name the nickname shown; where the account's name differs: flag `username:<name>`.
4. A reply names its target: the row's message id where it stands earlier in the file, else `discord:<id>`. A forward is
   `forwarded_from` `discord:<channel>/<message>`, flag forwarded.
5. Reactions are child rows: one for each person named, one for those who are only counted (flag count:n).
6. `messageCount` is compared with the records read; where they differ: problem `count_differs`.
7. The tool does not say whose account exported: direction is null.

Records in the form that the tool writes are decoded all at once, the plain ones turned into columns at once; every other
one is read field by field, with the same outcome. Spans, damaged files, unknown fields: `_json_records`.
Facts, sources, flags: docs/formats/discord.md. Versions: 2.30 to 2.46, CR LF or LF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers._utf8 import is_utf8
from saksi.readers.base import Chunk, Constant, Evidence, ReadSettings
from saksi.table.schema import UTC_US

ARRAYS: Final = jr.Paths(("messages",))
OPENING: Final = rb'\{[ \t\r\n]*"id"[ \t\r\n]*:[ \t\r\n]*"[0-9]+"[ \t\r\n]*,[ \t\r\n]*"type"[ \t\r\n]*:'
SAID: Final = frozenset({"Default", "Reply", "ApplicationCommand", "ContextMenuCommand", "ThreadStarterMessage", "0", "19", "20"})
"""Types of messages that people or programs wrote; all others are events."""


class Reference(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What a message refers to. messageId is null where it is gone."""

    messageId: str | None = None  # noqa: N815 - the export's key
    channelId: str | None = None  # noqa: N815 - the export's key
    guildId: str | None = None  # noqa: N815 - the export's key
    type: str = "Default"


class File(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An attachment."""

    id: str
    url: str
    fileName: str  # noqa: N815 - the export's key
    fileSizeBytes: int  # noqa: N815 - the export's key


class Emoji(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What somebody reacted with; id is "" for those of Unicode."""

    name: str
    id: str | None = None
    code: str | None = None
    isAnimated: bool = False  # noqa: N815 - the export's key
    imageUrl: str | None = None  # noqa: N815 - the export's key


class Reaction(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A reaction and who gave it, as far as the export names them."""

    emoji: Emoji
    count: int
    users: list[msgspec.Raw] = []


class Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A record as the tool writes it."""

    id: str
    type: str
    timestamp: str
    content: str
    author: msgspec.Raw
    timestampEdited: str | None = None  # noqa: N815 - the export's key
    callEndedTimestamp: str | None = None  # noqa: N815 - the export's key
    isPinned: bool = False  # noqa: N815 - the export's key
    attachments: list[File] = []
    components: list[msgspec.Raw] = []
    embeds: list[msgspec.Raw] = []
    stickers: list[msgspec.Raw] = []
    reactions: list[Reaction] = []
    mentions: list[msgspec.Raw] = []
    reference: Reference | None = None
    forwardedMessage: msgspec.Raw | None = None  # noqa: N815 - the export's key
    interaction: msgspec.Raw | None = None
    inlineEmojis: list[msgspec.Raw] = []  # noqa: N815 - the export's key


_MANY: Final = msgspec.json.Decoder(list[Message])
AUTHORS_MAX: Final = 65_536
"""Different authors (with nickname and roles) that are remembered at a time."""


class Author(msgspec.Struct, frozen=True):
    """id, shown: sender_id and sender_name. flags: of every message of theirs."""

    id: str | None
    shown: str | None
    flags: tuple[str, ...]


def _author(f: jr.Fields) -> Author:
    account, name, nickname = f.id("id"), f.said("name"), f.said("nickname")
    number = f.said("discriminator")
    bot = f.yes("isBot") is True
    f.skip("color", "roles", "avatarUrl")
    full = f"{name}#{number}" if name and number and number != "0000" else name
    flags = jr.tag("username", full) if full and full != (nickname or name) else []
    return Author(account, nickname or name, (*flags, *(["bot"] if bot else [])))


def _whole_number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,19}", text) and int(text) < 1 << 63 else None


class _Job(jr.Job):
    """Reads one export."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "discord")
        self.guild: str | None = None
        self.earlier = jr.Earlier()
        self.authors: dict[bytes, Author] = {}
        self.noting = True

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """Guild, channel and the count at the end."""
        if not isinstance(event, js.Field):
            return None
        path = event.path
        if path == ("channel", "id"):
            self.thread_id = _string(self.value(event))
        elif path == ("guild", "name"):
            self.guild = _string(self.value(event))
        elif path == ("channel", "name"):
            name = _string(self.value(event))
            self.thread_title = name if self.guild in (None, "Direct Messages") else f"{self.guild} / {name}"
        elif path == ("messageCount",):
            said = self.value(event)
            if type(said) is int and said != self.rows:
                self.problem("count_differs", event.start, event.start + len(event.raw))
        return None

    # -- one record, field by field ----------------------------------------------------------------------------------

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        number, kind_of = f.id("id"), f.id("type") or "Default"
        stamp, edited, ended = f.said("timestamp"), f.said("timestampEdited"), f.said("callEndedTimestamp")
        author = _author(f.inner("author"))
        row = jr.Row("text" if kind_of in SAID else "call" if kind_of in ("Call", "3") else "service", f.text("content"))
        row.flags += author.flags
        if row.kind != "text" or kind_of not in ("Default", "Reply"):
            row.flags.append(f"action:{kind_of}")
        us, zone = jr.iso_time(stamp)
        row.sent(us, stamp, zone or "none") if zone is not None or us is None else row.sent(*self._local(us, stamp))
        row.columns |= {"sender_id": author.id, "sender_name": author.shown}
        self._edits(row, edited, ended, us)
        if f.yes("isPinned") is True:
            row.flags.append("pinned")
        self._media(row, f)
        self._reference(row, f, kind_of)
        words = list(_embed_words(f.items("embeds"), "embeds")) + list(_button_words(f.items("components"), "components"))
        self._forwarded(row, f, words)
        interaction = f.inner("interaction")
        row.flags += jr.tag("interaction", interaction.said("name"))
        interaction.skip("id")
        row.flags += jr.tag("interaction_by", _author(interaction.inner("user")).id)
        for person in f.items("mentions"):
            row.flags += jr.tag("mention", _author(person).id)
        f.skip("inlineEmojis")
        row.words(words)
        self._reactions(row, f)
        if row.attachments and row.kind == "text" and not row.text:
            row.kind = "media"
        known = _whole_number(number)
        if known is not None and self.noting:
            self.earlier.add(known, f.start)
        return row.finish(f)

    def _local(self, us: int, stamp: str | None) -> tuple[int | None, str | None, str]:
        at, basis = self.local(us)
        return at, stamp, basis

    @staticmethod
    def _edits(row: jr.Row, edited: str | None, ended: str | None, us: int | None) -> None:
        if edited is not None:
            row.columns["edited_at"] = jr.iso_time(edited)[0]
            row.flags.append("edited")
        if ended is not None:
            until = jr.iso_time(ended)[0]
            row.flags += jr.tag("call_ended", ended)
            if us is not None and until is not None and until >= us:
                row.flags.append(f"duration_s:{(until - us) // 1_000_000}")

    def _media(self, row: jr.Row, f: jr.Fields, within: str = "") -> None:
        for item in f.items("attachments"):
            url, name, size = item.said("url"), item.said("fileName"), item.whole("fileSizeBytes")
            item.skip("id")
            row.attachments.append(self.attachment(url or name, jr.media_type_of(name or url), size=size))
            if _named_otherwise(name, url):
                row.children.append(({"kind": "media", "text": name, "flags": [f"field:{within}attachments.fileName"]}, True))
        for item in f.items("stickers"):
            name, url = item.said("name"), item.said("sourceUrl")
            item.skip("id", "format")
            row.attachments.append(self.attachment(url, "sticker"))
            if name:
                row.children.append(({"kind": "media", "text": name, "flags": [f"field:{within}stickers.name"]}, True))

    def _reference(self, row: jr.Row, f: jr.Fields, kind_of: str) -> None:
        reference = f.inner("reference")
        how, message, channel = reference.said("type"), reference.id("messageId"), reference.id("channelId")
        reference.skip("guildId")
        if how == "Forward":
            row.flags.append("forwarded")
            row.columns["forwarded_from"] = f"discord:{channel or ''}/{message or ''}"
        elif message is not None or kind_of == "Reply":
            row.columns["reply_to"] = self.target(message, channel, f.start)

    def target(self, message: str | None, channel: str | None, before: int) -> str | None:
        """What column reply_to says of a reference in the record at byte `before`."""
        number = _whole_number(message)
        if number is None:
            return None if message is None else f"discord:{message}"
        if channel is not None and self.thread_id is not None and channel != self.thread_id:
            return f"discord:{channel}/{message}"
        start = self.earlier.find(number, before)
        return f"discord:{message}" if start is None else f"{self.prefix}{start}"

    def _forwarded(self, row: jr.Row, f: jr.Fields, words: list[tuple[str, str | None]]) -> None:
        forward = f.inner("forwardedMessage")
        if not forward.left:
            return
        if "forwarded" not in row.flags:
            row.flags.append("forwarded")
        row.flags += jr.tag("forwarded_sent", forward.said("timestamp")) + jr.tag("forwarded_edited", forward.said("timestampEdited"))
        words.append(("forwardedMessage.content", forward.said("content")))
        words += _embed_words(forward.items("embeds"), "forwardedMessage.embeds")
        self._media(row, forward, "forwardedMessage.")

    @staticmethod
    def _reactions(row: jr.Row, f: jr.Fields) -> None:
        for item in f.items("reactions"):
            emoji = item.inner("emoji")
            name, code, number = emoji.said("name"), emoji.said("code"), emoji.id("id")
            emoji.skip("isAnimated", "imageUrl")
            people = [_author(u) for u in item.items("users")]
            row.children += [(own, False) for own in _reacted(name, number, code, item.whole("count") or 0, people)]

    # -- many records at once ----------------------------------------------------------------------------------------

    def block(self, block: js.Block, make: jr.Make) -> Iterator[Chunk]:
        """A run of records: plain ones all at once where the run is as the tool writes it."""
        with js.gc_paused():
            chunks = self._sound(block)
        if chunks is None:
            yield from super().block(block, make)
        else:
            yield from chunks

    def _sound(self, block: js.Block) -> list[Chunk] | None:
        n = len(block.spans)
        try:
            whole = b"[%b]" % block.data if block.array is None else block.array
            records = _MANY.decode(whole)
            numbers = pa.array([m.id for m in records], pa.string()).cast(pa.int64()).to_numpy()
            times = pa.array([m.timestamp for m in records], pa.string()).cast(UTC_US)
        except (*js.DECODE_ERRORS, pa.ArrowInvalid):
            return None
        if not is_utf8(whole):  # what is kept raw was not looked at: bad bytes go the exact way
            return None
        if len(records) != n or not n or times.cast(pa.int64()).to_numpy().min() <= 0:
            return None
        self.earlier.extend(numbers, np.ascontiguousarray(block.spans[:, 0]))
        self.noting = False
        special = [i for i, m in enumerate(records) if not _is_plain(m)]
        rows = {}
        for i in special:
            start, end = int(block.spans[i, 0]), int(block.spans[i, 1])
            value = jr.decode_objects(js.Block(start, block.raw(i), np.array([[start, end]], dtype=np.int64)))[0][0]
            rows[i] = self.make(jr.Fields(value or {}, start, end))
        self.noting = True
        return list(self._assembled(block, records, times, rows))

    def _of(self, raw: msgspec.Raw | bytes) -> Author:
        key = bytes(raw)
        known = self.authors.get(key)
        if known is None:
            if len(self.authors) >= AUTHORS_MAX:
                self.authors.clear()
            value = msgspec.json.decode(key)
            known = self.authors[key] = _author(jr.Fields(value if isinstance(value, dict) else {}))
        return known

    def _files(self, i: int, m: Message, attachments: js.Sparse, children: list[js.Child]) -> None:
        """The attachments of a plain record."""
        found = []
        for a in m.attachments:
            url, name = a.url or None, a.fileName or None
            found.append(self.attachment(url or name, jr.media_type_of(name or url), size=a.fileSizeBytes))
            if _named_otherwise(name, url):
                own = {"kind": "media", "text": name, "flags": ["field:attachments.fileName"]}
                children.append(js.Child(i, own, inherits=True))
        attachments.put(i, found)

    def _assembled(
        self, block: js.Block, records: list[Message], times: pa.Array, rows: dict[int, jr.Row]
    ) -> Iterator[Chunk]:
        n = len(records)
        keys = pa.array([bytes(m.author) for m in records], pa.binary()).dictionary_encode()
        people = [self._of(key) for key in keys.dictionary.to_pylist()]
        marked = [p.flags for p in people]
        flags: list[Sequence[str]] = [marked[k] for k in keys.indices.to_pylist()]
        texts: list[str | None] = [m.content for m in records]
        replies: dict[int, str | None] = {}
        kinds: list[str] = ["text"] * n
        edits: list[int | None] = [None] * n
        children: list[js.Child] = []
        attachments = js.Sparse("attachments", n)
        for i, m in enumerate(records):
            if i in rows:
                continue
            if m.timestampEdited:
                flags[i] = [*flags[i], "edited"]
                edits[i] = jr.iso_time(m.timestampEdited)[0]
            if m.attachments:
                self._files(i, m, attachments, children)
                if not m.content:
                    kinds[i], texts[i] = "media", None
            for r in m.reactions:
                by = [self._of(raw) for raw in r.users]
                children += [js.Child(i, own, inherits=False) for own in
                             _reacted(r.emoji.name or None, r.emoji.id or None, r.emoji.code or None, r.count, by)]
            if m.mentions:
                flags[i] = [*flags[i], *chain.from_iterable(jr.tag("mention", self._of(raw).id) for raw in m.mentions)]
            if m.reference is not None:
                replies[i] = self.target(m.reference.messageId, m.reference.channelId, int(block.spans[i, 0]))
        columns: dict[str, Any] = {
            "span_start": block.spans[:, 0], "span_end": block.spans[:, 1], "platform": Constant("discord", n),
            "thread_id": Constant(self.thread_id, n), "thread_title": Constant(self.thread_title, n),
            "sent_at_text": pa.array([m.timestamp for m in records], pa.string()), "sent_at": times,
            "sent_at_basis": _bases(records), "sender_id": pa.array([p.id for p in people], pa.string()).take(keys.indices),
            "sender_name": pa.array([p.shown for p in people], pa.string()).take(keys.indices),
        }
        if rows:
            forwards: list[str | None] = [None] * n
            for i, row in rows.items():
                kinds[i], texts[i], flags[i] = row.kind, row.text, row.flags
                edits[i], forwards[i] = row.columns.get("edited_at"), row.columns.get("forwarded_from")
                if row.columns.get("reply_to") is not None:
                    replies[i] = row.columns["reply_to"]
                attachments.put(i, row.attachments)
                children += [js.Child(i, own, inherits) for own, inherits in row.children]
                for reason in row.reasons:
                    self.problem(reason, int(block.spans[i, 0]), int(block.spans[i, 1]))
            columns["forwarded_from"] = forwards
        columns |= {"kind": kinds, "edited_at": edits}
        columns |= {"text": pa.array(texts, pa.string()), "flags": _lists(flags), "attachments": attachments.array()}
        if replies:
            columns["reply_to"] = [replies.get(i) for i in range(n)]
        self.rows += n
        problems, named = self.take_pending()
        yield from js.assemble(self.part, columns, n, children, self.ledger.claim(block.spans), problems, named)


def _named_otherwise(name: str | None, url: str | None) -> bool:
    """Whether a file's name is not what its address ends with."""
    return bool(name and url) and not re.split(r"[?#]", url or "")[0].endswith(name or "")


def _reacted(
    name: str | None, number: str | None, code: str | None, count: int, people: Sequence[Author]
) -> Iterator[dict[str, Any]]:
    """The child rows of one reaction: one a person, one for those who are only counted."""
    base = jr.tag("emoji", number) + (jr.tag("code", code) if code != name else [])
    for p in people:
        yield {
            "kind": "reaction", "text": name, "flags": [*base, *p.flags] or None, "sender_id": p.id, "sender_name": p.shown,
            "sent_at_basis": "none",
        }
    if count > len(people):
        yield {"kind": "reaction", "text": name, "flags": [*base, f"count:{count - len(people)}"], "sent_at_basis": "none"}


def _is_plain(m: Message) -> bool:
    """Whether a record is made of what `_assembled` knows."""
    return (
        (m.type == "Default" or m.type == "Reply") and m.callEndedTimestamp is None
        and not m.isPinned and not m.components and not m.embeds and not m.stickers
        and m.forwardedMessage is None and m.interaction is None
        and (m.reference is None or m.reference.type != "Forward")
    )


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _bases(records: Sequence[Message]) -> Any:
    """offset, or utc where the stamp ends in Z or +00:00."""
    stamps = pa.array([m.timestamp for m in records], pa.string())
    tails = pc.utf8_slice_codeunits(stamps, -6)
    known = tails.dictionary_encode()
    zones = ["utc" if t.endswith("Z") or t in ("+00:00", "-00:00") else "offset" for t in known.dictionary.to_pylist()]
    if len(set(zones)) == 1:
        return Constant(zones[0], len(records))
    return pa.array(zones, pa.string()).take(known.indices)


def _lists(flags: Sequence[Sequence[str]]) -> pa.Array | None:
    """A column of lists; None where none holds anything."""
    counts = np.fromiter(map(len, flags), dtype=np.int32, count=len(flags))
    if not counts.any():
        return None
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(counts, dtype=np.int32)])
    flat = pa.array(list(chain.from_iterable(flags)), pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=pa.array(counts == 0))


def _embed_words(embeds: list[jr.Fields], name: str) -> Iterator[tuple[str, str | None]]:
    for e in embeds:
        for field in ("title", "description", "url"):
            yield f"{name}.{field}", e.said(field)
        e.skip("timestamp", "color", "thumbnail", "image", "video", "images", "inlineEmojis")
        author, footer = e.inner("author"), e.inner("footer")
        author.skip("iconUrl", "iconCanonicalUrl")
        footer.skip("iconUrl", "iconCanonicalUrl")
        yield f"{name}.author.name", author.said("name")
        yield f"{name}.author.url", author.said("url")
        for pair in e.items("fields"):
            pair.skip("isInline")
            yield f"{name}.fields.name", pair.said("name")
            yield f"{name}.fields.value", pair.said("value")
        yield f"{name}.footer.text", footer.said("text")


def _button_words(buttons: list[jr.Fields], name: str) -> Iterator[tuple[str, str | None]]:
    todo = list(reversed(buttons))
    while todo:
        b = todo.pop()
        b.skip("type", "style", "customId", "skuId", "isDisabled", "emoji")
        yield f"{name}.label", b.said("label")
        yield f"{name}.url", b.said("url")
        todo.extend(reversed(b.items("components")))


class DiscordExporterJson:
    """Reader `discord_exporter_json`; see the module's text."""

    name = "discord_exporter_json"

    def recognise(self, part: Part) -> Evidence | None:
        """A guild and a channel with ids, and the export's own fields around the messages."""
        head = part.head()
        if b'"guild"' not in head or b'"channel"' not in head:
            return None
        found = jr.outline_of(head)
        if found is None or not {("guild", "id"), ("channel", "id")} <= found.paths:
            return None
        return Evidence("discord_exporter") if {("dateRange",), ("exportedAt",)} & found.paths or found.entered else None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """The tool writes nothing else as text."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each file."""
        for part in parts:
            job = _Job(source, part, settings)
            yield from job.read(job.walk(ARRAYS, OPENING), job.make, job.on)


reader = DiscordExporterJson()
