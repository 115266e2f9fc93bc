"""Telegram Desktop's result.json: one chat, or the full export with chats.list and left_chats.list.

Every element of every `messages` array is one row (message, service, unsupported), in file order. Rules:

1. Text is the export's `text`, a list's parts joined with nothing between them. Where it says "" and the record's words
   stand in another field (poll question, phone number of a contact, place), the first such field is the row's text,
   flag `text_from:<field>`; every further one is a child row, flag `field:<field>`, words verbatim. So a link behind
   words (`text_link`), an answer of a poll, a name on a contact card can be found and cited, and no text is made up.
2. Time: `date_unixtime` (basis utc). Without it `date`, local time of the computer that exported: `--zone` or unknown.
   sent_at_text is `date`, what a person sees.
3. Direction only where the export says whose it is: personal_information.user_id of a full export.
4. `edited` with reactions proves no edit (the server sets it at the first reaction): flag `edited_or_reacted`.
5. Fields that are not known, or of another type than expected, never cost a row.
6. The writer's invalid escapes (\\xHH, a bare document_id) are repaired reversibly; offsets are in the problems.

Records of the writer's own form are read as whole columns (`_telegram_lines`), all others one by one; the rows are the
same, and `TelegramJson(fast=False)` reads everything one by one. Spans and damaged files: `_json_spans`. Facts, sources,
flags: docs/formats/telegram.md.
Versions: exports of 2020 to 2025 (`date` only, integer from_id; date_unixtime since 3.7.6; reactions since 5.5).

References: https://github.com/telegramdesktop/tdesktop export_output_json.cpp;
issues 24054, 24961, 24984, 27571, 30647.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers import _json_spans as js
from saksi.readers._telegram_lines import Book, Constants, Run
from saksi.readers.base import Chunk, Constant, Evidence, Problem, ReadSettings, Spans, const
from saksi.table.schema import MESSAGE_SCHEMA, UTC_US
from saksi.times import local_seconds_to_utc_us

CHAT_TYPES: Final = frozenset({
    "saved_messages", "replies", "verification_codes", "personal_chat", "bot_chat", "private_group",
    "private_supergroup", "public_supergroup", "private_channel", "public_channel",
})
FULL_KEYS: Final = frozenset({
    "personal_information", "profile_pictures", "stories", "contacts", "frequent_contacts", "sessions", "web_sessions",
    "other_data", "chats", "left_chats",
})
ARRAYS: Final = js.OUTLINE_ARRAYS
OPENING: Final = rb'\{[ \t\r\n]*"id"[ \t\r\n]*:'
VIEW_ONCE_S: Final = 0x7FFFFFFF
"""self_destruct_period_seconds of a view-once medium (the API's largest 32-bit number)."""
ROWS_AT_ONCE: Final = 32_768
"""Messages turned into columns at a time: their Python values stay in the processor's cache."""

_CALLS: Final = frozenset({
    "phone_call", "group_call", "conference_call", "group_call_scheduled", "invite_to_group_call",
})
_PAYMENTS: Final = frozenset({
    "send_payment", "send_star_gift", "send_premium_gift", "send_stars_gift", "send_ton_gift", "paid_message",
    "receive_payment", "star_gift", "gift_code", "paid_messages_refund", "payment_refunded",
})
_MEDIA_TYPES: Final = {
    "sticker": "sticker", "video_message": "video", "voice_message": "audio", "animation": "gif", "video_file": "video",
    "audio_file": "audio",
}
_LEFT_OUT: Final = re.compile(r"\((?:File not included|File exceeds maximum size|File unavailable)\b.*\)\Z", re.DOTALL)
_COORDINATE: Final = {
    name: re.compile(b'"' + name.encode() + rb'"[ \t\r\n]*:[ \t\r\n]*(-?[0-9][0-9.eE+-]*)') for name in
    ("latitude", "longitude")
}


class Message(msgspec.Struct, gc=False):
    """The fields of one record that columns are made of, in the writer's order; others are skipped, not lost: the span
    keeps them. Any: a field of an odd type must not cost the row."""

    id: Any = None
    type: Any = None
    date: Any = None
    date_unixtime: Any = None
    edited: Any = None
    edited_unixtime: Any = None
    actor: Any = None
    actor_id: Any = None
    action: Any = None
    from_: Any = msgspec.field(default=None, name="from")
    from_id: Any = None
    text: Any = None
    author: Any = None
    forwarded_from: Any = None
    saved_from: Any = None
    reply_to_message_id: Any = None
    reply_to_peer_id: Any = None
    via_bot: Any = None
    photo: Any = None
    file: Any = None
    photo_file_size: Any = None
    file_name: Any = None
    file_size: Any = None
    thumbnail: Any = None
    media_type: Any = None
    mime_type: Any = None
    media_spoiler: Any = None
    self_destruct_period_seconds: Any = None
    contact_information: Any = None
    contact_vcard: Any = None
    location_information: Any = None
    live_location_period_seconds: Any = None
    place_name: Any = None
    address: Any = None
    poll: Any = None
    todo_list: Any = None
    invoice_information: Any = None
    duration_seconds: Any = None
    discard_reason: Any = None
    period: Any = None
    title: Any = None
    amount: Any = None
    currency: Any = None
    inline_bot_buttons: Any = None
    reactions: Any = None
    game_title: Any = None
    game_description: Any = None
    game_link: Any = None


class Plain(msgspec.Struct, gc=False):
    """What every record is decoded to first: the fields of plain words, and those that show there is more (`SIGNS`).

    A record that has a sign is decoded once more as `Message`; most have none, and fewer fields are faster.
    """

    id: Any = None
    type: Any = None
    date: Any = None
    date_unixtime: Any = None
    from_: Any = msgspec.field(default=None, name="from")
    from_id: Any = None
    text: Any = None
    reply_to_message_id: Any = None
    reply_to_peer_id: Any = None
    edited: Any = None
    edited_unixtime: Any = None
    forwarded_from: Any = None
    saved_from: Any = None
    via_bot: Any = None
    photo: Any = None
    file: Any = None
    media_type: Any = None
    self_destruct_period_seconds: Any = None
    contact_information: Any = None
    location_information: Any = None
    place_name: Any = None
    poll: Any = None
    todo_list: Any = None
    invoice_information: Any = None
    inline_bot_buttons: Any = None
    reactions: Any = None
    game_title: Any = None


WORDS: Final = ("id", "type", "date", "date_unixtime", "from_", "from_id", "text", "reply_to_message_id", "reply_to_peer_id")
SIGNS: Final = tuple(f.name for f in msgspec.structs.fields(Plain) if f.name not in WORDS)


_FIELDS: Final = frozenset(f.encode_name for f in msgspec.structs.fields(Message))
_PLAIN = msgspec.json.Decoder(Plain)
_ONE = msgspec.json.Decoder(Message)
_WORDY = attrgetter(
    "contact_information", "place_name", "address", "poll", "todo_list", "invoice_information", "game_title",
    "game_description", "game_link", "title", "inline_bot_buttons",
)
_NO_WORDS: Final = (None,) * 11


def _said(value: Any) -> str | None:
    """`value` where it is a text with words in it."""
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


def _account(value: Any) -> str | None:
    """An account as exported: "user123", or the bare number of exports before 2021."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _said(value)


def _dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where `value` is no list."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def plain_text(value: Any) -> tuple[str | None, list[tuple[str, str]]]:
    """The text of field `text`, and the link targets hidden behind its words, as (field, words)."""
    if isinstance(value, str) or value is None:
        return value, []
    if not isinstance(value, list):
        return None, []
    words: list[str] = []
    hidden: list[tuple[str, str]] = []
    for piece in value:
        if type(piece) is str:
            words.append(piece)
        elif type(piece) is dict and type(piece.get("text")) is str:
            words.append(piece["text"])
            if "href" in piece and (href := _said(piece["href"])) is not None:
                hidden.append(("text.href", href))
    return "".join(words), hidden


def words_elsewhere(m: Message) -> list[tuple[str, str]]:
    """The record's words that stand outside `text`, as (field, words), in the order a person reads them."""
    if _WORDY(m) == _NO_WORDS:
        return []
    found: list[tuple[str, Any]] = []
    contact, poll, todo, invoice = m.contact_information, m.poll, m.todo_list, m.invoice_information
    if isinstance(contact, dict):
        found += [(f"contact.{k}", contact.get(k)) for k in ("phone_number", "first_name", "last_name")]
    found += [("place_name", m.place_name), ("address", m.address)]
    if isinstance(poll, dict):
        found.append(("poll.question", poll.get("question")))
        answers = poll.get("answers")
        found += [("poll.answer", a.get("text")) for a in _dicts(answers)]
    if isinstance(todo, dict):
        found.append(("todo.title", todo.get("title")))
        items = todo.get("answers", todo.get("items"))
        found += [("todo.item", a.get("text")) for a in _dicts(items)]
    if isinstance(invoice, dict):
        found += [(f"invoice.{k}", invoice.get(k)) for k in ("title", "description", "receipt_link")]
    found += [("game.title", m.game_title), ("game.description", m.game_description), ("game.link", m.game_link)]
    if m.type == "service":
        found.append(("title", m.title))
    if isinstance(m.inline_bot_buttons, list):
        for row in m.inline_bot_buttons:
            for button in row if isinstance(row, list) else ():
                if isinstance(button, dict):
                    found.append(("button.text", button.get("text")))
                    if button.get("type") in ("url", "auth", "web_view", "simple_web_view"):
                        found.append(("button.data", button.get("data")))
    return [(name, plain) for name, words in found if (plain := _said(plain_text(words)[0])) is not None]


def kind_of(m: Message) -> str:
    """The kind of row: docs/formats/telegram.md#kinds."""
    if m.type == "service":
        return "call" if m.action in _CALLS else "payment" if m.action in _PAYMENTS else "service"
    if m.type == "unsupported":
        return "service"
    for value, kind in (
        (m.contact_information, "contact"), (m.location_information, "location"), (m.poll, "poll"),
        (m.todo_list, "poll"), (m.invoice_information, "payment"),
    ):
        if value is not None:
            return kind
    return "media" if m.photo is not None or m.file is not None or m.media_type is not None else "text"


def flags_of(m: Message, block: js.Block, at: int) -> list[str]:
    """The flags of record `at` of `block`: docs/formats/telegram.md#flags."""
    flags: list[str] = []
    if m.type == "unsupported":
        flags.append("unsupported")
    if m.edited is not None or m.edited_unixtime is not None:
        flags.append("edited" if m.reactions is None else "edited_or_reacted")
    if m.forwarded_from is not None:
        flags.append("forwarded")
    if m.saved_from is not None:
        flags.append("saved")
    if (action := _said(m.action)) is not None:
        flags.append(f"action:{action}")
        if action == "take_screenshot":
            flags.append("screenshot_taken")
        if action == "set_messages_ttl":
            flags.append("ephemeral")
    if (seconds := _whole(m.self_destruct_period_seconds)) is not None:
        flags += ["ephemeral", "view_once"] if seconds == VIEW_ONCE_S else ["ephemeral"]
    if m.media_type in ("voice_message", "video_message"):
        flags.append(m.media_type)
    if m.media_spoiler is True:
        flags.append("spoiler")
    if m.live_location_period_seconds is not None:
        flags.append("live_location")
    if (reason := _said(m.discard_reason)) is not None:
        flags.append(f"call:{reason}")
    for name, value in (("duration_s", m.duration_seconds), ("period_s", m.period)):
        if (number := _whole(value)) is not None:
            flags.append(f"{name}:{number}")
    if (bot := _said(m.via_bot)) is not None:
        flags.append(f"via_bot:{bot}")
    if m.location_information is not None or m.invoice_information is not None or m.amount is not None:
        flags += _figures(m, block.raw(at))
    return flags


def _figures(m: Message, raw: bytes) -> list[str]:
    """Amount and place, their digits as written in the export."""
    flags: list[str] = []
    paid = {"amount": m.amount, "currency": m.currency}
    bill = m.invoice_information if isinstance(m.invoice_information, dict) else paid
    if isinstance(bill.get("amount"), int | float) and not isinstance(bill["amount"], bool):
        flags.append(f"amount:{bill['amount']} {_said(bill.get('currency')) or ''}".rstrip())
    if isinstance(m.location_information, dict):
        at = [found[1].decode() for rx in _COORDINATE.values() if (found := rx.search(raw)) is not None]
        if len(at) == 2:
            flags.append(f"geo:{at[0]},{at[1]}")
    return flags


Ints = npt.NDArray[np.int64]


@dataclass
class Numbered:
    """Ids of a chat's messages and where those stand, in few sorted blocks, to find the targets of replies."""

    blocks: list[tuple[Ints, Ints]] = field(default_factory=list)

    def find(self, ids: Ints, starts: Ints, targets: Ints, before: Ints) -> Ints:
        """Span start of the last message called `targets[k]` before row `before[k]` of the rows that have `ids` and
        `starts`, or else among those added so far; -1 where there is none. Then adds these rows."""
        at = np.arange(len(ids), dtype=np.int64)
        if (ids[1:] <= ids[:-1]).any():
            at = np.argsort(ids, kind="stable")
            ids = ids[at]
        found = np.full(len(targets), -1, dtype=np.int64)
        low, high = (np.searchsorted(ids, targets, side) for side in ("left", "right"))
        for k in np.flatnonzero(high - low > 1).tolist():  # an id that several rows have
            high[k] = low[k] + np.searchsorted(at[low[k] : high[k]], before[k])  # ascending: the sort is stable
        here = np.flatnonzero(low < high)
        here = here[at[high[here] - 1] < before[here]]
        found[here] = starts[at[high[here] - 1]]
        for known, where in reversed(self.blocks):
            open_ = np.flatnonzero(found < 0)
            last = np.searchsorted(known, targets[open_], "right") - 1
            hit = (last >= 0) & (known[last] == targets[open_])
            found[open_[hit]] = where[last[hit]]
        self._add(ids, starts[at])
        return found

    def _add(self, ids: Ints, starts: Ints) -> None:
        """Add a sorted block; blocks of like size are made one, so that there are few however long the chat."""
        while self.blocks and len(self.blocks[-1][0]) <= 2 * len(ids):
            before, where = self.blocks.pop()
            in_order = not len(before) or not len(ids) or before[-1] < ids[0]
            ids, starts = np.concatenate([before, ids]), np.concatenate([where, starts])
            if not in_order:
                order = np.argsort(ids, kind="stable")
                ids, starts = ids[order], starts[order]
        if len(ids):
            self.blocks.append((ids, starts))


@dataclass
class Chat:
    """One chat being read."""

    kind: str | None = None
    id: str | None = None
    title: str | None = None
    left: bool = False
    thread_id: str | None = None
    numbered: Numbered = field(default_factory=Numbered)


@dataclass
class _Job:
    """Reading one part."""

    source: Source
    part: Part
    settings: ReadSettings
    fast: bool = True
    owner: str | None = None
    chat: Chat = field(default_factory=Chat)
    thread_kinds: dict[str, str | None] = field(default_factory=dict)
    ledger: js.Ledger = field(default_factory=js.Ledger)
    zone_unknown: bool = False
    bulk: js.Signs = field(default_factory=lambda: js.Signs(Plain, WORDS))
    forms_left: bool = False
    """Whether the forms of `book` were learnt in a left chat, whose rows have a flag more."""

    def __post_init__(self) -> None:
        self.siblings = js.Siblings(self.source, self.part)
        self.book = Book(_FIELDS, self._judge)

    def chunks(self) -> Iterator[Chunk]:
        """All chunks of the part."""
        headers = _late_headers(self.part)
        with self.part.open() as stream:
            feed = js.RoomyFeed(stream, self.part.size)
            walker = js.Walker(feed, ARRAYS, OPENING, self.book.scan if self.fast else None)
            entered = 0
            for event in walker.walk():
                if isinstance(event, js.Field):
                    yield from self._field(event)
                elif isinstance(event, js.Opened) and event.path[1:] == ("list", "[]"):
                    self.chat = Chat(left=event.path[0] == "left_chats")
                elif isinstance(event, js.Entered):
                    self._enter(headers[entered] if entered < len(headers) else {}, event.path)
                    entered += 1
                elif isinstance(event, js.Block):
                    yield from self._block(event)
                elif isinstance(event, js.Whole):
                    with js.gc_paused():
                        chunks = list(self._run(event.rows))
                    yield from chunks
                elif isinstance(event, js.Oversize):
                    yield self._oversize(event)
                elif isinstance(event, js.Damage):
                    yield js.damage_chunk(self.part, event, self.ledger)
        end = np.array([[self.part.size, self.part.size]], dtype=np.int64)
        problems = [Problem("zone_unknown", self.part.path)] if self.zone_unknown else []
        yield js.bare_chunk(self.part, self.ledger.claim(end), problems=problems)

    def _field(self, event: js.Field) -> Iterator[Chunk]:
        path = event.path
        if path == ("personal_information", "user_id"):
            value = js.scalar(event, js.Repairs())
            self.owner = None if value is None else f"user{value}"
            return
        in_chat = len(path) == 1 or (len(path) == 4 and path[0] in ("chats", "left_chats"))
        if not in_chat or path[-1] not in ("name", "type", "id"):
            return
        repairs = js.Repairs()
        self._head({path[-1]: js.scalar(event, repairs)})
        if repairs.problems:
            yield js.bare_chunk(self.part, problems=[Problem(r, self.part.path, s, e) for r, s, e in repairs.problems])

    def _head(self, values: dict[str, Any]) -> None:
        chat = self.chat
        chat.title = _said(values.get("name")) if "name" in values else chat.title
        chat.kind = _said(values.get("type")) if "type" in values else chat.kind
        chat.id = _account(values.get("id")) if "id" in values else chat.id

    def _enter(self, late: dict[str, Any], path: js.Path) -> None:
        """A chat's messages begin: settle its thread id (two chats of one number and different types stay apart)."""
        chat = self.chat
        chat.left = path[0] == "left_chats"
        if self.forms_left != chat.left:
            self.forms_left = chat.left
            self.book.clear()
        known = {"name": chat.title, "type": chat.kind, "id": chat.id}
        self._head({k: v for k, v in late.items() if known[k] is None})
        chat.thread_id = chat.id
        if chat.id is not None and self.thread_kinds.setdefault(chat.id, chat.kind) != chat.kind:
            chat.thread_id = f"{chat.id}@{chat.kind}"

    def _oversize(self, event: js.Oversize) -> Chunk:
        span = np.array([[event.start, event.end]], dtype=np.int64)
        columns = {
            "span_start": [event.start], "span_end": [event.end], "kind": ["unparsed"], "platform": ["telegram"],
            "thread_id": [self.chat.thread_id], "thread_title": [self.chat.title], "sent_at_basis": ["none"],
        }
        problems = [Problem("oversize_message", self.part.path, event.start, event.end)]
        return next(js.assemble(self.part, columns, 1, (), self.ledger.claim(span), problems, frozenset()))

    def _block(self, block: js.Block) -> Iterator[Chunk]:
        with js.gc_paused():
            records, repaired = js.decode_block(block, self.bulk, _PLAIN, Plain)
            sound = bool(records) and type(records[0]) is self.bulk.record
        signs = [name for name in SIGNS if name in self.bulk.seen] if sound else SIGNS
        for at in range(0, len(records), ROWS_AT_ONCE):
            with js.gc_paused():
                chunks = list(self._rows(block, at, records[at : at + ROWS_AT_ONCE], repaired, signs))
            yield from chunks

    def _rows(
        self, block: js.Block, first: int, records: list[Any], repaired: dict[int, js.Repairs], signs: Sequence[str]
    ) -> Iterator[Chunk]:
        n = len(records)
        spans = block.spans[first : first + n]
        holes = [i for i, m in enumerate(records) if m is None]
        whole = [Plain() if m is None else m for m in records] if holes else records
        f: dict[str, Sequence[Any]] = {name: list(map(attrgetter(name), whole)) for name in (*WORDS, *signs)}
        problems = [
            Problem(reason, self.part.path, s, e)
            for i in (range(first, first + n) if repaired else ()) if i in repaired for reason, s, e in repaired[i].problems
        ]
        rows = _Columns(self, block, first, spans, n, f, set(holes), signs)
        columns = rows.columns() | self._names_of_thread(n)
        columns["span_start"], columns["span_end"] = spans[:, 0], spans[:, 1]
        columns["direction"] = self._directions(columns["sender_id"])
        ids, at = _integers(f["id"])
        answers = [(i, v, f["reply_to_peer_id"][i]) for i, v in enumerate(f["reply_to_message_id"]) if v is not None]
        columns["reply_to"] = self._replies(n, ids, at, spans[:, 0], answers)
        repairs: list[str | None] = [None] * n
        for i in range(n) if repaired else ():
            if first + i in repaired:
                repairs[i] = repaired[first + i].name
        for i in holes:
            text, bad = js.decode_utf8(block.raw(first + i))
            rows.text[i] = text
            rows.kind[i] = "unparsed"
            repairs[i] = "utf8_stand_in" if bad else None
        columns["text"], columns["kind"] = rows.text, rows.kind
        columns["text_repair"] = repairs if any(repairs) else None
        yield from js.assemble(
            self.part, columns, n, rows.children, self.ledger.claim(spans), problems, frozenset(rows.named)
        )

    def _names_of_thread(self, n: int) -> dict[str, Constant]:
        said = {"platform": "telegram", "thread_id": self.chat.thread_id, "thread_title": self.chat.title}
        return {name: Constant(value, n) for name, value in said.items()}

    def _directions(self, senders: pa.Array) -> Any:
        return None if self.owner is None else pc.if_else(pc.equal(senders, self.owner), "out", "in")

    def _replies(self, n: int, ids: Ints, at: Ints, starts: Ints, answers: Sequence[tuple[int, Any, Any]]) -> Any:
        """message_id of the target where it stands earlier in the same chat; else "tg:" and what the export names.

        ids: of the rows `at` of n. answers: (row, target's id, chat it is in or None)."""
        if not answers:
            self.chat.numbered.find(ids, starts[at], np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
            return None
        said = [f"tg:{target}" if peer is None else f"tg:{peer}/{target}" for _, target, peer in answers]
        inside = [
            k for k, (_, target, peer) in enumerate(answers)
            if peer is None and type(target) is int and abs(target) < 1 << 63
        ]
        row_of = np.searchsorted(at, np.array([answers[k][0] for k in inside], dtype=np.int64))
        targets = np.array([answers[k][1] for k in inside], dtype=np.int64)
        found = self.chat.numbered.find(ids, starts[at], targets, row_of)
        place = np.full(n, -1, dtype=np.int64)
        place[[row for row, _, _ in answers]] = np.arange(len(said))

        def column() -> pa.Array:
            prefix = f"{self.source.digest[:16]}-{self.part.number}-"
            for k, start in zip(inside, found.tolist(), strict=True):
                if start >= 0:
                    said[k] = f"{prefix}{start}"
            return pa.array(said, pa.string()).take(pa.array(place, mask=place < 0))

        return column  # a function: the digest may still be in the making

    # -- runs of records of known forms (`_telegram_lines`) --------------------------------------------------------

    def _judge(self, raw: bytes) -> Constants | None:
        """What the exact path says of one record beside its own words and numbers; see `Constants`."""
        block = js.Block(0, raw, np.array([[0, len(raw)]], dtype=np.int64))
        (record,), repaired = js.decode_block(block, self.bulk, _PLAIN, Plain)
        if record is None or repaired or js.seconds_to_us(record.date_unixtime) is None:
            return None
        rows = self._exact(block, [record], SIGNS)
        columns = rows.columns()
        if rows.children or (rows.text[0] or "") != (plain_text(record.text)[0] or ""):
            return None
        flags, attachments = (
            [] if columns[name] is None else columns[name][0].as_py() or [] for name in ("flags", "attachments")
        )
        forwarded = columns["forwarded_from"]
        return Constants(
            rows.kind[0] or "text", rows.text[0], tuple(flags), tuple(attachments),
            None if forwarded is None else forwarded[0], frozenset(rows.named),
        )

    def _exact(self, block: js.Block, records: list[Any], signs: Sequence[str]) -> _Columns:
        f: dict[str, Sequence[Any]] = {name: list(map(attrgetter(name), records)) for name in (*WORDS, *signs)}
        return _Columns(self, block, 0, block.spans, len(records), f, set(), signs)

    def _run(self, run: Run) -> Iterator[Chunk]:
        n = len(run.spans)
        columns = _fast_columns(run)
        rows: _Columns | None = None
        ids, at, answers = run.ids, run.fast, self._answers(run)
        if len(run.slow):
            block = js.Block(run.base, bytes(run.data), run.spans[run.slow], array=_array(run))
            records, repaired = js.decode_block(block, self.bulk, _PLAIN, Plain)
            if repaired:  # a word that is not UTF-8: its repairs are the exact path's
                yield from self._block(_whole_block(run))
                return
            rows = self._exact(block, records, [s for s in SIGNS if s in self.bulk.seen])
            columns = _woven(run, columns, rows)
            ids, at = _with_ids(run, rows.f["id"])
            answers += [
                (int(run.slow[i]), v, rows.f["reply_to_peer_id"][i])
                for i, v in enumerate(rows.f["reply_to_message_id"]) if v is not None
            ]
        columns |= self._names_of_thread(n)
        columns["span_start"], columns["span_end"] = run.spans[:, 0], run.spans[:, 1]
        columns["direction"] = self._directions(columns["sender_id"])
        columns["reply_to"] = self._replies(n, ids, at, run.spans[:, 0], answers)
        children = [] if rows is None else [js.Child(int(run.slow[c.parent]), c.row, c.inherits) for c in rows.children]
        named = frozenset(() if rows is None else rows.named).union(*(form.constants.named for form in run.forms))
        yield from js.assemble(self.part, columns, n, children, self.ledger.claim(run.spans), (), named)

    def _answers(self, run: Run) -> list[tuple[int, Any, Any]]:
        rows, targets = run.replies
        return [(row, target, None) for row, target in zip(run.fast[rows].tolist(), targets.tolist(), strict=True)]


def _whole_block(run: Run) -> js.Block:
    """A run as the exact path takes it."""
    start, end = int(run.spans[0, 0]), int(run.spans[-1, 1])
    return js.Block(start, bytes(run.data[start - run.base : end - run.base]), run.spans)


def _array(run: Run) -> bytes:
    """The slow records of a run as one JSON array."""
    places = (run.spans[run.slow] - run.base).tolist()
    return b"[%b]" % b",".join([run.data[start:end] for start, end in places])


def _with_ids(run: Run, slow: Sequence[Any]) -> tuple[Ints, Ints]:
    """Ids of all records of a run that have one, and their rows in order."""
    numbers, rows = _integers(slow)
    at = np.concatenate([run.fast, run.slow[rows]])
    order = np.argsort(at)
    return np.concatenate([run.ids, numbers])[order], at[order]


def _integers(values: Sequence[Any]) -> tuple[Ints, Ints]:
    """The whole numbers among `values` that 64 bits hold, and where they stand."""
    if set(map(type, values)) == {int} and all(abs(v) < 1 << 63 for v in (min(values), max(values))):
        return np.array(values, dtype=np.int64), np.arange(len(values))
    at = [i for i, v in enumerate(values) if type(v) is int and abs(v) < 1 << 63]
    return np.array([values[i] for i in at], dtype=np.int64), np.array(at, dtype=np.int64)


def _fast_columns(run: Run) -> dict[str, Any]:
    """Columns of the records of known forms."""
    m = len(run.fast)
    rows, seconds = run.edits
    edited = None
    if len(rows):
        at = np.zeros(m, dtype=np.int64)
        at[rows] = seconds * 1_000_000
        lacking = np.ones(m, dtype=np.bool_)
        lacking[rows] = False
        edited = pa.array(at, UTC_US, mask=lacking)
    said = [form.constants for form in run.forms]
    return {
        "sent_at": pa.array(run.at_s * 1_000_000, UTC_US), "sent_at_text": run.date, "sent_at_basis": Constant("utc", m),
        "sender_id": run.account, "sender_name": run.name, "text": run.text, "edited_at": edited,
        "kind": _of_forms(run, "kind", [c.kind for c in said]),
        "forwarded_from": _of_forms(run, "forwarded_from", [c.forwarded_from for c in said]),
        "flags": _of_forms(run, "flags", [list(c.flags) or None for c in said]),
        "attachments": _of_forms(run, "attachments", [list(c.attachments) or None for c in said]),
    }


def _of_forms(run: Run, name: str, values: Sequence[Any]) -> Any:
    """A column that has one value a form."""
    if all(v == values[0] for v in values) and (values[0] is None or isinstance(values[0], str)):
        return None if values[0] is None else Constant(values[0], len(run.fast))
    return pa.array(values, MESSAGE_SCHEMA.field(name).type).take(pa.array(run.form))


def _woven(run: Run, fast: dict[str, Any], rows: _Columns) -> dict[str, Any]:
    """Columns of all records of a run, in order."""
    slow = rows.columns() | {"text": rows.text, "kind": rows.kind}
    place = np.empty(len(run.spans), dtype=np.int64)
    place[run.fast] = np.arange(len(run.fast))
    place[run.slow] = len(run.fast) + np.arange(len(run.slow))
    order = pa.array(place)
    woven: dict[str, Any] = {}
    for name, above in fast.items():
        below = slow[name]
        if above is None and below is None:
            continue
        if isinstance(above, Constant) and isinstance(below, Constant) and above.value == below.value:
            woven[name] = Constant(above.value, len(place))
            continue
        woven[name] = pa.concat_arrays([
            _laid_out(name, above, len(run.fast)), _laid_out(name, below, len(run.slow)),
        ]).take(order)
    return woven


def _laid_out(name: str, value: Any, n: int) -> pa.Array:
    """`value` as an Arrow array of the column `name`."""
    if value is None:
        return pa.nulls(n, MESSAGE_SCHEMA.field(name).type)
    return const(value.value, n) if isinstance(value, Constant) else js.column(name, value)


@dataclass
class _Columns:
    """Columns of some records of one chat, but for those that need its other records. f: field name -> its value in every
    record; signs: those of `SIGNS` it has."""

    job: _Job
    block: js.Block
    first: int
    spans: Spans
    n: int
    f: dict[str, Sequence[Any]]
    holes: set[int]
    signs: Sequence[str]
    actors: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    edits: dict[int, int | None] = field(default_factory=dict)
    children: list[js.Child] = field(default_factory=list)
    named: set[int] = field(default_factory=set)

    def columns(self) -> dict[str, Any]:
        """sent_at, its text and basis, senders, forwarded_from, edited_at, attachments, flags; sets kind, text."""
        f, chat, n = self.f, self.job.chat, self.n
        special = {i for i, t in enumerate(f["type"]) if t != "message"}
        self.kind: list[str | None] = ["text"] * n
        self.text: list[Any] = list(f["text"])
        self.flags = js.Sparse("flags", n)
        self.attachments = js.Sparse("attachments", n)
        for i in range(n) if chat.left else ():
            self.flags.put(i, ["left_chat"])
        for name in self.signs:
            values = f[name]
            if values.count(None) < n:
                special.update([i for i, v in enumerate(values) if v is not None])
        for i, value in enumerate(self.text):
            if type(value) is not str and i not in special:
                joined, hidden = plain_text(value)
                self.text[i] = joined
                if hidden or not joined:
                    special.add(i)
        for i in sorted(special - self.holes):
            self._one(i)
        senders, names = self._senders()
        sent, texts, bases = self._times()
        return {
            "sent_at": sent, "sent_at_text": texts, "sent_at_basis": bases,
            "sender_id": senders, "sender_name": names,
            "forwarded_from": _texts(f.get("forwarded_from")), "edited_at": self._edits(),
            "attachments": self.attachments.array(), "flags": self.flags.array(),
        }

    def _one(self, i: int) -> None:
        """A record that is more than plain words."""
        at = self.first + i
        m = js.decode_record(self.block.raw(at), int(self.block.spans[at, 0]), _ONE, Message, js.Repairs())
        assert m is not None  # it was decoded before
        chat = self.job.chat
        if m.type == "service":
            self.actors[i] = m.actor_id, m.actor
        if m.edited is not None or m.edited_unixtime is not None:
            us = js.seconds_to_us(m.edited_unixtime)
            self.edits[i] = self._local(_said(m.edited))[0] if us is None else us
        kind = self.kind[i] = kind_of(m)
        flags = (["left_chat"] if chat.left else []) + flags_of(m, self.block, at)
        text, further = plain_text(m.text)
        further = words_elsewhere(m) + further
        if not text:
            if further and m.type != "service":  # what an event names (a group's title) was not said by its actor
                name, text = further.pop(0)
                flags.append(f"text_from:{name}")
            elif kind != "text" or text is None:
                text = None
        self.text[i] = text
        self.flags.put(i, flags)
        for name, words in further:
            self.children.append(js.Child(i, {"kind": kind, "text": words, "flags": [f"field:{name}"]}, inherits=True))
        self._reactions(i, m)
        self.attachments.put(i, self._attachments(m))

    def _attachments(self, m: Message) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        shown = _MEDIA_TYPES.get(m.media_type) if isinstance(m.media_type, str) else None
        for path, name, kind, size in (
            (m.photo, None, "image", m.photo_file_size),
            (m.file, m.file_name, shown, m.file_size),
            (m.contact_vcard, None, "contact", None),
        ):
            if not isinstance(path, str):
                continue
            media_type = kind or _said(m.mime_type) or "document"
            if _LEFT_OUT.match(path):
                found.append(js.attachment(_said(name), media_type, _whole(size), None, "omitted"))
            else:
                found.append(js.attachment(path or None, media_type, _whole(size), self._sibling(path)))
        if not found and m.media_type is not None:
            found.append(js.attachment(_said(m.file_name), shown, _whole(m.file_size), None))
        if isinstance(m.thumbnail, str):
            self._sibling(m.thumbnail)
        return found

    def _sibling(self, path: str) -> Part | None:
        part = self.job.siblings.find(path, climb=False) if path else None
        if part is not None:
            self.named.add(part.number)
        return part

    def _reactions(self, i: int, m: Message) -> None:
        """Child rows: one for each person named, one for those who are only counted (flag count:n)."""
        if not isinstance(m.reactions, list):
            return
        offset = _offset_s(m)
        for r in m.reactions:
            if not isinstance(r, dict):
                continue
            emoji = _said(r.get("emoji"))
            base = [] if emoji is not None else [f"reaction:{r.get('type')}"]
            recent = [p for p in r["recent"] if isinstance(p, dict)] if isinstance(r.get("recent"), list) else []
            for p in recent:
                who: dict[str, Any] = {
                    "sender_id": _account(p.get("from_id")), "sender_name": _said(p.get("from")),
                }
                at, basis = self._local(_said(p.get("date")), offset)
                who |= {"sent_at": at, "sent_at_text": _said(p.get("date")), "sent_at_basis": basis}
                if self.job.owner is not None and who["sender_id"] is not None:
                    who["direction"] = "out" if who["sender_id"] == self.job.owner else "in"
                row = {"kind": "reaction", "text": emoji, "flags": base or None, **who}
                self.children.append(js.Child(i, row, inherits=False))
            rest = (_whole(r.get("count")) or 0) - len(recent)
            if rest > 0:
                row = {"kind": "reaction", "text": emoji, "flags": [*base, f"count:{rest}"], "sent_at_basis": "none"}
                self.children.append(js.Child(i, row, inherits=False))

    def _local(self, date: str | None, offset_s: int | None = None) -> tuple[int | None, str]:
        """An instant and its basis from a local date of the exporting computer; offset_s: its offset, where known."""
        zone = self.job.settings.zone
        seconds = None if date is None else _local_seconds(date)
        if seconds is None:
            return None, "none"
        if zone is None:
            return (None, "zone_unknown") if offset_s is None else ((seconds - offset_s) * 1_000_000, "zone_calibrated")
        return int(local_seconds_to_utc_us(np.array([seconds], dtype=np.int64), zone)[0]), "zone_given"

    def _senders(self) -> tuple[Any, Any]:
        ids, names = list(self.f["from_id"]), list(self.f["from_"])
        for i, (account, name) in self.actors.items():
            if ids[i] is None and names[i] is None:
                ids[i], names[i] = account, name
        return _strings(ids, _account), _strings(names, _said)

    def _times(self) -> tuple[pa.Array, pa.Array, Any]:
        """sent_at, sent_at_text, sent_at_basis."""
        f, n = self.f, self.n
        written = _strings(f["date"], _said)
        sent = _instants(f["date_unixtime"])
        if sent.null_count == 0:
            return sent, written, Constant("utc", n)
        dates = written.to_pylist()
        at, bases = sent.cast(pa.int64()).to_pylist(), ["utc"] * n
        for i in range(n):
            if at[i] is None:
                at[i], bases[i] = self._local(dates[i])
        self.job.zone_unknown |= "zone_unknown" in bases
        return pa.array(at, UTC_US), written, bases

    def _edits(self) -> Any:
        if not self.edits:
            return None
        at: list[int | None] = [None] * self.n
        for i, us in self.edits.items():
            at[i] = us
        return at


def _texts(values: Sequence[Any] | None) -> Any:
    """A column of texts that few rows have: as decoded one by one, or as `Seen`."""
    if values is None or values.count(None) == len(values):
        return None
    return [None if v is None else _said(v.value if isinstance(v, js.Seen) else v) for v in values]


def _strings(values: Sequence[Any], said: Callable[[Any], str | None]) -> pa.Array:
    """`values` as a string column: as they are where every one is a text, else each as `said` of it ("" is null)."""
    try:
        column = pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([said(v) for v in values], pa.string())
    empty = pc.equal(column, "")
    return pc.if_else(empty, None, column) if pc.any(empty).as_py() else column


def _instants(values: Sequence[Any]) -> pa.Array:
    """date_unixtime (text or number of seconds) as instants, null where it is none."""
    try:
        seconds = pa.array(values, pa.string()).cast(pa.int64())
        numbers = np.asarray(seconds)  # a float array with NaN where there are nulls: then one by one
        if seconds.null_count == 0 and len(numbers) and numbers.min() > 0 and numbers.max() < 253_402_300_800:
            return pa.array(numbers * 1_000_000, UTC_US)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        pass
    return pa.array([js.seconds_to_us(v) for v in values], UTC_US)


def _local_seconds(date: str) -> int | None:
    """"2023-11-26T20:15:00" as seconds since 1970 as if UTC; None for no such date and outside 1971-9998."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", date):
        return None
    try:
        seconds = int(np.datetime64(date, "s").astype(np.int64))
    except ValueError:
        return None
    return seconds if 31_536_000 <= seconds < 253_370_764_800 else None


def _offset_s(m: Message) -> int | None:
    """The exporting computer's offset from UTC in seconds at a message that carries both its local time and UTC.

    Only what can be an offset: quarters of an hour within 14 hours. The message's reactions are dated by it (Indonesia
    has no daylight saving; elsewhere a reaction across a change of clocks is an hour off: basis zone_calibrated).
    """
    us, local = js.seconds_to_us(m.date_unixtime), _local_seconds(m.date) if isinstance(m.date, str) else None
    if us is None or local is None:
        return None
    offset = local - us // 1_000_000
    return offset if abs(offset) <= 50_400 and offset % 900 == 0 else None


def _late_headers(part: Part) -> list[dict[str, Any]]:
    """Name, type and id of every chat in the order of their messages, read ahead where a file has them behind.

    Telegram writes them before the messages; another program may have sorted the keys. Then, and only then, the part is
    walked once more for them.
    """
    found = js.outline(part.head())
    if found is None or not found.entered:
        return []
    prefix = min(found.entered)[:-1]
    if {(*prefix, "type"), (*prefix, "id")} <= found.before:
        return []
    headers: list[dict[str, Any]] = []
    current: dict[str, Any] = {}
    with part.open() as stream:
        for event in js.Walker(js.Feed(stream, part.size), ARRAYS, OPENING).walk():
            if isinstance(event, js.Opened) and event.path[1:] == ("list", "[]"):
                current = {}
            elif isinstance(event, js.Entered):
                headers.append(current)
            elif isinstance(event, js.Field) and len(event.path) in (1, 4) and event.path[-1] in ("name", "type", "id"):
                current[event.path[-1]] = js.scalar(event, js.Repairs())
    return headers


class TelegramJson:
    """Reader `telegram_json`; see the module's text. fast=False: every record by the exact path, the same rows."""

    name = "telegram_json"

    def __init__(self, *, fast: bool = True) -> None:
        self._fast = fast

    def recognise(self, part: Part) -> Evidence | None:
        """A chat type of Telegram's beside name or id, two sections of its full export, or records of its shape."""
        found = js.outline(part.head())
        if found is None:
            return None
        top = {path[0] for path in found.paths | found.entered}
        if "participants" in top:
            return None
        if found.fields.get(("type",)) in CHAT_TYPES and top & {"id", "name", "messages"}:
            return Evidence("telegram_single")
        if len(top & FULL_KEYS) >= 2 or any(len(path) == 4 for path in found.entered):
            return Evidence("telegram_full")
        record = re.search(rb'"type"\s*:\s*"(?:message|service|unsupported)"', found.first)
        if ("messages",) in found.entered and record and re.search(rb'"(?:date|id)"\s*:', found.first):
            return Evidence("telegram_records")
        return None

    def is_metadata(self, part: Part) -> bool:
        """Pages, styles and lists that Telegram Desktop writes beside result.json and that hold no messages."""
        path = "" if part.path is None else part.path
        return bool(re.search(r"(^|/)(css|js|lists)/[^/]+\.(css|js|html)$|(^|/)export_results\.html$", path))

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each part."""
        for part in parts:
            yield from _Job(source, part, settings, self._fast).chunks()


reader = TelegramJson()
