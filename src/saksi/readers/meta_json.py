"""Meta's "Download your information": message_N.json of Instagram, Facebook and Messenger.

    …/messages/<section>/<slug>_<id>/message_1.json, message_2.json, … (10,000 messages a file, newest first)

Every element of `messages` is one row, in file order, message_1 before message_2 before message_10. Rules:

1. Strings are UTF-8 bytes written as Latin-1 code points. `repaired` undoes it per string, strictly: a string that does
   not turn back whole stays as it is, and is a problem `mojibake_kept` where it looks doubly encoded.
2. Text is `content`. Where there is none, the first of the record's other words (share link, share text) is the row's
   text, flag `text_from:<field>`; further ones are child rows, flag `field:<field>`, words verbatim.
3. Time is `timestamp_ms` (basis utc, as Meta documents it), sent_at_text its digits.
4. Records without content (photo, call, taken back) are rows. `is_unsent` is kind deleted, flag unsent, words kept.
5. Folders where strangers' messages arrive are flags: message_request, filtered; so are archived and e2ee_cutover.
6. The export names no account and no owner: sender_id and direction are null.

Spans and damaged files: `_json_spans`. Facts, sources, flags: docs/formats/meta.md.
Versions: exports of 2018 to 2025 (with and without `type`, `thread_type`, `thread_path`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const
from saksi.table.schema import MESSAGE_SCHEMA, UTC_US

ARRAYS: Final = (("messages",),)
OPENING: Final = rb'\{[ \t\r\n]*"sender_name"[ \t\r\n]*:'
SECTION_FLAGS: Final = {
    "message_requests": "message_request", "filtered_threads": "filtered", "archived_threads": "archived",
    "e2ee_cutover": "e2ee_cutover",
}
_PLACE: Final = re.compile(
    r"(?:^|/)(?:messages/)?(?:(inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover)/)?"
    r"([^/]+)/message_(\d+)\.json\Z"
)
_FILE_NAME: Final = re.compile(r"(?:^|/)message_\d+\.json\Z")
_TREE: Final = frozenset({
    "your_instagram_activity", "your_activity_across_facebook", "your_facebook_activity", "personal_information",
    "connections", "ads_information", "apps_and_websites_off_of_instagram", "apps_and_websites_off_of_facebook",
    "logged_information", "preferences", "security_and_login_information", "media", "files", "posts", "your_topics",
    "followers_and_following", "profile_information", "account_information", "comments", "likes", "stories",
    "story_sticker_interactions",
    "login_and_account_creation", "device_information", "contacts", "friends_and_followers", "other_activity",
})
_LOOKS_DOUBLE: Final = re.compile("[\u00c2-\u00f4][\u0080-\u00bf]")
HELD_BYTES_MAX: Final = 16 * limits.MIB
"""A file up to this size is parsed once and its parsed blocks held (about twice its bytes); a larger one is walked twice."""
_MS_FIRST: Final = js.UNITS_FROM_S * 1000
_MS_END: Final = 253_402_300_800_000
"""The first millisecond after the year 9999."""
_MEDIA_OF: Final = attrgetter("photos", "videos", "audio_files", "gifs", "files")
_MEDIA_TYPES: Final = ("image", "video", "audio", "gif", "document")


class Message(msgspec.Struct, gc=False):
    """The fields of one record that rows are made of. Any: a field of an odd type must not cost the row."""

    sender_name: Any = None
    timestamp_ms: Any = None
    content: Any = None
    photos: Any = None
    videos: Any = None
    audio_files: Any = None
    gifs: Any = None
    files: Any = None
    sticker: Any = None
    share: Any = None
    reactions: Any = None
    type: Any = None
    users: Any = None
    call_duration: Any = None
    missed: Any = None
    is_unsent: Any = None
    is_taken_down: Any = None
    is_geoblocked_for_viewer: Any = None
    is_unsent_image_by_messenger_kid_parent: Any = None


def _empty(value: Any) -> bool:
    return not value


def not_true(value: Any) -> bool:
    """Whether a flag of the export says nothing (False is written out in most records)."""
    return value is not True


def _never(value: Any) -> bool:  # noqa: ARG001
    return False


def _ordinary_type(value: Any) -> bool:
    return value not in _TYPES_THAT_SAY_MORE


_TYPES_THAT_SAY_MORE: Final = ("Call", "Subscribe", "Unsubscribe", "Payment")


Decoders = tuple[js.Signs, msgspec.json.Decoder[Any]]


@dataclass(frozen=True)
class Form:
    """What the records of one download look like.

    message: their struct. make_row: any record as a row. sender, time, words: names of the fields of plain talk (time in
    milliseconds). signs: the other fields, each with the test of a value that says nothing: a record whose signs all say
    nothing is plain talk, and plain talk is made column by column instead of by make_row, with the same outcome.
    """

    opening: bytes
    message: type[msgspec.Struct]
    make_row: Callable[[Any, Place], Row]
    sender: str
    time: str
    words: str
    signs: Mapping[str, Callable[[Any], bool]]

    often: frozenset[str] = frozenset()
    """Signs that most records of a download hold: they are read as they are."""

    def decoders(self) -> Decoders:
        """Of a whole run of records, and of one."""
        words = {self.sender, self.time, self.words, *self.often}
        return js.Signs(self.message, words), msgspec.json.Decoder(self.message)


def repaired(text: str) -> tuple[str, bool, bool]:
    """Text with Meta's double encoding undone; whether it was; whether it looks so and could not be undone.

    The inverse, exact wherever something was undone: `text.encode("utf-8").decode("latin-1")`.
    """
    if text.isascii():
        return text, False, False
    try:
        return text.encode("latin-1").decode("utf-8"), True, False
    except UnicodeError:
        return text, False, _LOOKS_DOUBLE.search(text) is not None


@dataclass
class Words:
    """Repairs strings of one record and remembers what was found."""

    kept: bool = False

    def __call__(self, value: Any) -> str | None:
        """`value` repaired; None where it is no text or has no words."""
        return self.with_how(value)[0]

    def with_how(self, value: Any) -> tuple[str | None, str | None]:
        """As above, with the value for text_repair."""
        if not isinstance(value, str) or not value:
            return None, None
        text, undone, doubtful = repaired(value)
        self.kept |= doubtful
        return text, "latin1_utf8" if undone else None


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where `value` is no list."""
    return [v for v in value if isinstance(v, dict)] if value and isinstance(value, list) else []


@dataclass
class Thread:
    """What the skeleton of a file and its place say of the thread. platform: instagram, facebook, messenger or meta."""

    platform: str
    thread_id: str | None
    title: str | None
    flags: list[str]


@dataclass
class Row:
    """One message row: columns but for span and thread, and what hangs on it."""

    columns: dict[str, Any]
    children: list[tuple[dict[str, Any], bool]] = field(default_factory=list)
    kept: bool = False


@dataclass
class Place:
    """Looks up media: parts of the same source, and which were named."""

    siblings: js.Siblings
    named: set[int] = field(default_factory=set)

    def part(self, uri: str) -> Part | None:
        """The part that `uri` names, relative to the JSON's folder or any above it."""
        part = self.siblings.find(uri, climb=True)
        if part is not None:
            self.named.add(part.number)
        return part

    def attachment(self, uri: Any, media_type: str | None, words: Words) -> dict[str, Any] | None:
        """One attachment; a web address or a sentence in place of a path is no file of the export."""
        name = words(uri)
        if name is None:
            return None
        if re.match(r"https?://", name):
            return js.attachment(name, media_type, None, None, "omitted")
        if "/" not in name and "." not in name:  # "Failed to download media": a sentence, not a name
            return js.attachment(None, media_type, None, None, "missing")
        return js.attachment(name, media_type, None, self.part(name))


def attachments_of(m: Message, place: Place, words: Words) -> list[dict[str, Any]]:
    """Attachments of a record, in the order of the export's fields."""
    found: list[dict[str, Any] | None] = []
    for items, media_type in zip(_MEDIA_OF(m), _MEDIA_TYPES, strict=True):
        for item in dicts(items) if items else ():
            found.append(place.attachment(item.get("uri"), media_type, words))
            thumbnail = item.get("thumbnail_info", item.get("thumbnail"))
            if isinstance(thumbnail, dict) and isinstance(thumbnail.get("uri"), str):
                place.part(thumbnail["uri"])
    if isinstance(m.sticker, dict):
        found.append(place.attachment(m.sticker.get("uri"), "sticker", words))
    return [a for a in found if a is not None]


def kind_of(m: Message, *, has_media: bool) -> str:
    """The kind of row: docs/formats/meta.md#kinds."""
    if m.is_unsent is True or m.is_unsent_image_by_messenger_kid_parent is True:
        return "deleted"
    if m.type == "Call" or m.call_duration is not None or m.missed is not None:
        return "call"
    if m.type in ("Subscribe", "Unsubscribe"):
        return "service"
    if m.type == "Payment":
        return "payment"
    return "media" if has_media or any(_MEDIA_OF(m)) or m.sticker else "text"


def flags_of(m: Message) -> list[str]:
    """The flags of a record but for its section: docs/formats/meta.md#flags."""
    flags = []
    for value, name in (
        (m.is_unsent, "unsent"), (m.is_unsent_image_by_messenger_kid_parent, "unsent_by_parent"),
        (m.is_taken_down, "taken_down"), (m.is_geoblocked_for_viewer, "geoblocked"), (m.missed, "call:missed"),
    ):
        if value is True:
            flags.append(name)
    if m.type in ("Subscribe", "Unsubscribe"):
        flags.append(f"action:{m.type}")
    if isinstance(m.call_duration, int) and not isinstance(m.call_duration, bool) and m.call_duration > 0:
        flags.append(f"duration_s:{m.call_duration}")
    return flags


def settle_text(
    row: Row, kind: str, text: tuple[str | None, str | None], further: Sequence[tuple[str, str | None, str | None]]
) -> list[str]:
    """Put the record's words in place (rule 2): sets text and text_repair, adds child rows, gives the flag to add."""
    left = [f for f in further if f[1] is not None]
    flags: list[str] = []
    if text[0] is None and left:
        name, *rest = left.pop(0)
        text = (rest[0], rest[1])
        flags.append(f"text_from:{name}")
    row.columns["text"], row.columns["text_repair"] = text
    said = text[0] or ""
    for name, words, how in left:
        if words is not None and words not in said:
            child = {"kind": kind, "text": words, "text_repair": how, "flags": [f"field:{name}"]}
            row.children.append((child, True))
    return flags


def reaction_rows(reactions: Any, words: Words) -> list[tuple[dict[str, Any], bool]]:
    """Child rows of the reactions: text the reaction, sender_name its actor, time where the export gives one."""
    rows: list[tuple[dict[str, Any], bool]] = []
    for r in dicts(reactions):
        text, how = words.with_how(r.get("reaction"))
        at = r.get("timestamp")
        per_second = 1000 if isinstance(at, int) and at > 100_000_000_000 else 1
        us = js.seconds_to_us(at, per_second)
        rows.append(({
            "kind": "reaction", "text": text, "text_repair": how, "sender_name": words(r.get("actor")), "sent_at": us,
            "sent_at_text": None if at is None else str(at), "sent_at_basis": "none" if us is None else "utc",
        }, False))
    return rows


def _row(m: Message, place: Place) -> Row:
    words = Words()
    us = js.seconds_to_us(m.timestamp_ms, 1000)
    attachments = attachments_of(m, place, words)
    kind = kind_of(m, has_media=bool(attachments))
    row = Row({
        "kind": kind, "sender_name": words(m.sender_name), "sent_at": us,
        "sent_at_text": None if m.timestamp_ms is None else str(m.timestamp_ms),
        "sent_at_basis": "none" if us is None else "utc", "attachments": attachments or None,
    })
    share = m.share if isinstance(m.share, dict) else {}
    further = [
        (f"share.{name}", *words.with_how(share.get(name)))
        for name in (("link", "share_text", "original_content_owner") if share else ())
    ]
    further += [("users.name", *words.with_how(u.get("name"))) for u in dicts(m.users)]
    flags = flags_of(m)
    flags += settle_text(row, kind, words.with_how(m.content), further)
    row.columns["flags"] = flags
    row.children += reaction_rows(m.reactions, words)
    row.kept = words.kept
    return row


class Events:
    """The events of one file, iterated as often as wished: Meta writes title and thread_path behind the messages.

    Held where the file is small (10,000 messages are a few MB), else walked anew.
    """

    def __init__(self, part: Part, opening: bytes) -> None:
        self._part = part
        self._opening = opening
        self._held = list(self._walk()) if part.size <= HELD_BYTES_MAX else None

    def __iter__(self) -> Iterator[js.Event]:
        return self._walk() if self._held is None else iter(self._held)

    def _walk(self) -> Iterator[js.Event]:
        with self._part.open() as stream:
            yield from js.Walker(js.Feed(stream, self._part.size), ARRAYS, self._opening).walk()


def read_part(
    source: Source, part: Part, thread: Thread, events: Events, form: Form, decoders: Decoders,
    problems: Sequence[Problem] = (),
) -> Iterator[Chunk]:
    """Chunks of one file of one thread. decoders: the form's, made once for all files. problems: said with the first chunk."""
    ledger = js.Ledger()
    siblings = js.Siblings(source, part)
    if problems:
        yield js.bare_chunk(part, problems=problems)
    for event in events:
        if isinstance(event, js.Block):
            with js.gc_paused():
                records, repairs = js.decode_block(event, *decoders, form.message)
                seen = decoders[0].seen if records and type(records[0]) is decoders[0].record else None
                block = _Block(event, part, thread, Place(siblings), form, decoders[1], records, repairs, seen)
                chunks = list(block.chunks(ledger))
            yield from chunks
        elif isinstance(event, js.Oversize):
            yield from _oversize(event, part, thread, ledger)
        elif isinstance(event, js.Damage):
            yield js.damage_chunk(part, event, ledger)
        elif isinstance(event, js.Field):
            scalar = js.Repairs()
            if js.scalar(event, scalar) is not None and scalar.problems:
                yield js.bare_chunk(part, problems=[Problem(r, part.path, a, b) for r, a, b in scalar.problems])
    yield js.bare_chunk(part, ledger.claim(np.array([[part.size, part.size]], dtype=np.int64)))


_OWN: Final = ("kind", "sender_name", "sent_at", "sent_at_text", "sent_at_basis", "text", "text_repair")


@dataclass
class _Block:
    """The rows of one run of records: plain talk column by column, every other record by `form.make_row`.

    seen: the signs that the run holds where its records are of the decoder's own kind (`js.Signs`), else None.
    problems: (row, problem), in the order they were found.
    """

    block: js.Block
    part: Part
    thread: Thread
    place: Place
    form: Form
    one: msgspec.json.Decoder[Any]
    records: list[Any]
    repairs: Mapping[int, js.Repairs]
    seen: set[str] | None
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    children: list[js.Child] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)

    def chunks(self, ledger: js.Ledger) -> Iterator[Chunk]:
        """The run as chunks; claims its bytes."""
        n = len(self.records)
        self.flags, self.attachments = js.Sparse("flags", n), js.Sparse("attachments", n)
        for i in range(n) if self.thread.flags else ():
            self.flags.put(i, self.thread.flags)
        blank = self.form.message()
        whole = [blank if m is None else m for m in self.records]
        columns = self._columns(whole, self._special(whole))
        columns |= {
            "span_start": self.block.spans[:, 0], "span_end": self.block.spans[:, 1],
            "platform": const(self.thread.platform, n), "thread_id": const(self.thread.thread_id, n),
            "thread_title": const(self.thread.title, n),
            "attachments": self.attachments.array(), "flags": self.flags.array(),
        }
        said = [problem for _, problem in sorted(self.problems, key=itemgetter(0))]
        named = frozenset(self.place.named)
        yield from js.assemble(self.part, columns, n, self.children, ledger.claim(self.block.spans), said, named)

    def _special(self, whole: list[Any]) -> set[int]:
        """Rows that are more than plain talk, were repaired, or hold a value of an odd type."""
        form, n = self.form, len(whole)
        special = {i for i, m in enumerate(self.records) if m is None} if None in self.records else set()
        special.update(self.repairs)
        for name, harmless in form.signs.items():
            wrapped = self.seen is not None and name not in form.often
            if wrapped and self.seen is not None and name not in self.seen:
                continue
            values = list(map(attrgetter(name), whole))
            if wrapped:
                values = [None if v is None else v.value for v in values]
            if values.count(None) < n and not _all_harmless(values, harmless):
                special.update([i for i, v in enumerate(values) if v is not None and not harmless(v)])
        self.senders, self.times, self.texts = (
            list(map(attrgetter(name), whole)) for name in (form.sender, form.time, form.words)
        )
        for values, kinds in ((self.senders, {str}), (self.times, {int}), (self.texts, {str, type(None)})):
            if set(map(type, values)) - kinds:
                special.update([i for i, v in enumerate(values) if type(v) not in kinds])
        special.update([i for i, v in enumerate(self.times) if i not in special and not _MS_FIRST <= v < _MS_END])
        for i in special:
            self.senders[i], self.times[i], self.texts[i] = "", 0, None
        return special

    def _columns(self, whole: list[Any], special: set[int]) -> dict[str, Any]:
        n = len(whole)
        times = np.array(self.times, dtype=np.int64)
        texts, repairs = undone_at_once(self.texts) or (None, None)
        if texts is None:
            repairs = self._undo()
            texts = _worded(self.texts)
        plain = {
            "kind": const("text", n), "sender_name": self._names(), "sent_at": pa.array(times * 1000, UTC_US),
            "sent_at_text": pc.cast(pa.array(times), pa.string()), "sent_at_basis": const("utc", n),
            "text": texts, "text_repair": repairs,
        }
        if not special:
            return plain
        order = sorted(special)
        rows = [self._row(i) for i in order]
        place = np.arange(n, dtype=np.int64)
        place[order] = n + np.arange(len(order))
        indices = pa.array(place)
        merged: dict[str, Any] = {}
        for name in _OWN:
            type_ = MESSAGE_SCHEMA.field(name).type
            own = pa.array([r.columns.get(name) for r in rows], type_)
            above = pa.nulls(n, type_) if plain[name] is None else plain[name]
            merged[name] = pa.concat_arrays([above, own]).take(indices)
        return merged

    def _undo(self) -> pa.Array | None:
        """Undo the double encoding of the plain rows' words, in place; the column text_repair."""
        undone: list[int] = []
        for i, words in enumerate(self.texts):
            if words is not None and not words.isascii():
                self.texts[i], done, doubtful = repaired(words)
                if done:
                    undone.append(i)
                if doubtful:
                    self._kept(i)
        if not undone:
            return None
        hows = np.zeros(len(self.texts), dtype=bool)
        hows[undone] = True
        return pc.if_else(pa.array(hows), "latin1_utf8", pa.scalar(None, pa.string()))

    def _names(self) -> pa.Array:
        known = {name: repaired(name) for name in set(self.senders)}
        doubtful = {name for name, how in known.items() if how[2]}
        for i, name in enumerate(self.senders) if doubtful else ():
            if name in doubtful:
                self._kept(i)
        return _worded([known[name][0] for name in self.senders])

    def _kept(self, i: int) -> None:
        """Say once a row that words of it look doubly encoded and were kept as they are."""
        if i not in self.kept:
            self.kept.add(i)
            start, end = map(int, self.block.spans[i])
            self.problems.append((i, Problem("mojibake_kept", self.part.path, start, end)))

    def _row(self, i: int) -> Row:
        """A record that is more than plain words."""
        m = self.records[i]
        if self.seen is not None:
            m = js.decode_record(self.block.raw(i), int(self.block.spans[i, 0]), self.one, self.form.message, js.Repairs())
        if i in self.repairs:
            self.problems += [(i, Problem(r, self.part.path, s, e)) for r, s, e in self.repairs[i].problems]
        if m is None:
            text, bad = js.decode_utf8(self.block.raw(i))
            how = "utf8_stand_in" if bad else None
            row = Row({"kind": "unparsed", "text": text, "text_repair": how, "sent_at_basis": "none", "flags": []})
        else:
            row = self.form.make_row(m, self.place)
            if i in self.repairs and self.repairs[i].how:
                how = "+".join(sorted({*self.repairs[i].how, row.columns["text_repair"] or ""} - {""}))
                row.columns["text_repair"] = how
        if row.kept:
            self._kept(i)
        self.flags.put(i, [*self.thread.flags, *row.columns["flags"]])
        self.attachments.put(i, row.columns.get("attachments") or ())
        for own, inherits in row.children:
            flags = [*self.thread.flags, *(own.get("flags") or [])] or None
            self.children.append(js.Child(i, {**own, "flags": flags}, inherits))
        return row


def undone_at_once(texts: Sequence[str | None]) -> tuple[pa.Array, pa.Array | None] | None:
    """All of `texts` with the double encoding undone, null where there are no words, and the column text_repair; None
    where one of them does not turn back whole, which is then found one by one (`repaired`).

    A code point up to U+00FF is one byte of Latin-1: the lengths of the texts are the places of the repaired ones.
    """
    words = [t or "" for t in texts]
    try:
        letters = "".join(words).encode("latin-1")
    except UnicodeEncodeError:
        return None
    length = np.fromiter(map(len, words), dtype=np.int32, count=len(words))
    places = np.zeros(len(words) + 1, dtype=np.int32)
    np.cumsum(length, out=places[1:])
    valid = pa.py_buffer(np.packbits(length > 0, bitorder="little"))
    column = pa.Array.from_buffers(pa.string(), len(words), [valid, pa.py_buffer(places), pa.py_buffer(letters)])
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return None
    wide = np.flatnonzero(np.frombuffer(letters, dtype=np.uint8) >= 0x80)
    if not len(wide):
        return column, None
    undone = np.zeros(len(words), dtype=np.bool_)
    undone[np.searchsorted(places, wide, side="right") - 1] = True
    return column, pc.if_else(pa.array(undone), "latin1_utf8", pa.scalar(None, pa.string()))


def _all_harmless(values: list[Any], harmless: Callable[[Any], bool]) -> bool:
    """Whether no value says anything, told from the few different ones (False unless told for sure)."""
    try:
        distinct = set(values)
        return 1 not in distinct and all(v is None or harmless(v) for v in distinct)  # 1 and True are one in a set
    except TypeError:  # lists and objects: looked at one by one
        return False


def _worded(values: Sequence[str | None]) -> pa.Array:
    """A string column; "" is null."""
    column = pa.array(values, pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _oversize(event: js.Oversize, part: Part, thread: Thread, ledger: js.Ledger) -> Iterator[Chunk]:
    columns = {
        "span_start": [event.start], "span_end": [event.end], "kind": ["unparsed"], "platform": [thread.platform],
        "thread_id": [thread.thread_id], "thread_title": [thread.title], "sent_at_basis": ["none"],
        "flags": [thread.flags or None],
    }
    problems = [Problem("oversize_message", part.path, event.start, event.end)]
    span = np.array([[event.start, event.end]], dtype=np.int64)
    yield from js.assemble(part, columns, 1, (), ledger.claim(span), problems, frozenset())


def skeleton(events: Iterable[js.Event]) -> dict[js.Path, Any]:
    """The scalars around the messages: path -> first value."""
    values: dict[js.Path, Any] = {}
    for event in events:
        if isinstance(event, js.Field) and len(event.path) <= 3 and event.path not in values:
            values[event.path] = js.scalar(event, js.Repairs())
    return values


def platform_of(source: Source, part: Part) -> str:
    """instagram, facebook or messenger as paths tell: this part's, the other parts', the source's name; else by the
    paths of media that the file names; else "meta"."""
    paths = [part.path or "", *(p.path or "" for p in source.parts[:1000]), source.name]
    for path in paths:
        for word in ("instagram", "messenger", "facebook"):
            if re.search(rf"(?:^|[/_-]){word}(?:[/_-]|$)", path):
                return word
    head = part.head()
    if b"your_instagram_activity" in head:
        return "instagram"
    if b"facebook_activity" in head or b"across_facebook" in head or b'"thread_type"' in head:
        return "facebook"
    return "meta"


FORM: Final = Form(
    OPENING, Message, _row, "sender_name", "timestamp_ms", "content",
    {
        **dict.fromkeys(("photos", "videos", "audio_files", "gifs", "files", "sticker", "share", "reactions", "users"), _empty),
        **dict.fromkeys(("call_duration", "missed"), _never),
        **dict.fromkeys(
            ("is_unsent", "is_taken_down", "is_geoblocked_for_viewer", "is_unsent_image_by_messenger_kid_parent"), not_true
        ),
        "type": _ordinary_type,
    },
    frozenset({"type", "is_unsent", "is_geoblocked_for_viewer"}),
)


def _thread(source: Source, part: Part, events: Events) -> Thread:
    around = skeleton(events)
    words = Words()
    thread_path = words(around.get(("thread_path",)))
    found = _PLACE.search(part.path or "")
    section = found[1] if found is not None else None
    if thread_path is None and found is not None:
        thread_path = found[2] if section is None else f"{section}/{found[2]}"
    if section is None and thread_path is not None:
        section = thread_path.split("/", 1)[0]
    flags = [SECTION_FLAGS[section]] if section in SECTION_FLAGS else []
    return Thread(platform_of(source, part), thread_path, words(around.get(("title",))), flags)


def in_order(parts: Sequence[Part], place: re.Pattern[str] = _PLACE) -> list[list[tuple[int | None, Part]]]:
    """Parts by folder (first seen first), each folder's in the order of their numbers: 1, 2, 10. place: of one file's
    path, its third group the number."""
    folders: dict[str, list[tuple[int | None, Part]]] = {}
    for part in parts:
        found = place.search(part.path or "")
        number = int(found[3]) if found is not None and len(found[3]) < 10 else None
        folder = (part.path or "").rpartition("/")[0] if number is not None else f"{part.path}\0{part.number}"
        folders.setdefault(folder, []).append((number, part))
    return [sorted(group, key=lambda item: item[0] or 0) for group in folders.values()]


class MetaJson:
    """Reader `meta_json`; see the module's text."""

    name = "meta_json"

    def recognise(self, part: Part) -> Evidence | None:
        """Participants that are objects with a name, and records with sender_name."""
        found = js.outline(part.head())
        if found is None or ("participants", "[]", "name") not in found.paths:
            return None
        if ("messages",) in found.entered:
            if not found.first or b'"sender_name"' in found.first or b'"timestamp_ms"' in found.first:
                return Evidence("meta_records")
            return None
        top = {path[0] for path in found.paths}
        if top <= {"participants"} and _FILE_NAME.search(part.path or ""):
            return Evidence("meta_head")
        return None

    def is_metadata(self, part: Part) -> bool:
        """Other lists and pages of a Meta download. Nothing under messages/: what is there and not known is said."""
        folders = (part.path or "").split("/")[:-1]
        if "messages" in folders or not part.name.lower().endswith((".json", ".html", ".txt", ".csv")):
            return False
        return bool(_TREE.intersection(folders)) or part.name in ("start_here.html", "index.html", "no-data.txt")

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:  # noqa: ARG002
        """Rows of each thread's files in the order of their numbers."""
        decoders = FORM.decoders()
        for group in in_order(parts):
            expected = 1
            for number, part in group:
                problems = []
                if number is not None:
                    gap = min(max(number - expected, 0), 1000)
                    problems = [Problem("missing_sibling", part.path)] * gap
                    expected = number + 1
                events = Events(part, OPENING)
                yield from read_part(source, part, _thread(source, part, events), events, FORM, decoders, problems)


reader = MetaJson()
