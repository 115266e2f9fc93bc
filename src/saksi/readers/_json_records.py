"""Rows from records that are JSON objects, for readers of arrays of such records.

    Paths(("chats", "*", "messages"), …)     which arrays of a document hold records; "*" is any key
    Fields(value, start, end)                one record, its fields taken one by one
    Row(kind, …)                             what a record becomes
    Job(source, part, settings, platform)    reads one part: `read(events, make, on)` gives its chunks

Rules that hold for every reader built on this:

1. Every element of such an array is one row; its span is its bytes. What stands between is container.
2. A field is taken by the name and type its reader knows. A known field of another type is a problem `broken_record`
   and is treated as one that nobody knows; it never costs the row.
3. A field that nobody took is not lost: its words are child rows (flag `field:<path>`), its numbers and truths flags
   (`field:<path>:<value>`). Readers name the fields that say nothing (colours, addresses of icons): `Fields.skip`.
4. Words outside the text: where the text is empty the first of them is the row's text (flag `text_from:<name>`), except
   in rows of the app itself; every further one is a child row, unless it stands in the text anyway.

Spans, repairs and damaged files: `_json_spans`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _json_spans as js
from saksi.readers.base import NO_SPANS, Chunk, Problem, ReadSettings, const
from saksi.times import EPOCH, local_seconds_to_utc_us

_MANY: Final = msgspec.json.Decoder(list[dict[str, Any]])
_ONE: Final = msgspec.json.Decoder(dict[str, Any])
QUIET: Final = frozenset({"service", "call", "deleted", "reaction"})
"""Kinds whose text is never taken from another field: those words were not said by the row's sender."""
TAG_CHARS_MAX: Final = 200
"""Longest text that becomes part of a flag; longer ones are child rows."""
PROBLEMS_A_RECORD: Final = 4
"""Problems of one record that are listed one by one; they all name the same span."""


class Paths(Collection[js.Path]):
    """Paths of arrays that hold records. "*" stands for any key (not for an element of an array, "[]")."""

    def __init__(self, *patterns: js.Path) -> None:
        self._patterns = patterns

    def match(self, path: js.Path) -> js.Path | None:
        """The first pattern that `path` is an instance of."""
        for pattern in self._patterns:
            if len(pattern) == len(path) and all(
                a == b or (a == "*" and b != "[]") for a, b in zip(pattern, path, strict=True)
            ):
                return pattern
        return None

    def __contains__(self, path: object) -> bool:
        return isinstance(path, tuple) and self.match(path) is not None

    def __iter__(self) -> Iterator[js.Path]:
        return iter(self._patterns)

    def __len__(self) -> int:
        return len(self._patterns)


# -- one record -------------------------------------------------------------------------------------------------------


class Fields:
    """The fields of one object. `take` and its kin hand out a known field and note one of an unexpected type (`odd`).

    start, end: bytes of the record in the part. name: path of this object inside the record ("" for the record itself).
    """

    __slots__ = ("_inner", "end", "left", "name", "odd", "start")

    def __init__(self, value: dict[str, Any], start: int = 0, end: int = 0, name: str = "") -> None:
        self.left = value
        self.start = start
        self.end = end
        self.name = name
        self.odd = False
        self._inner: list[Fields] = []

    def take(self, name: str, *types: type) -> Any:
        """The field where it is one of `types` (bool is no int), else None; null is None and never odd."""
        value = self.left.get(name)
        if value is None:
            self.left.pop(name, None)
            return None
        if type(value) in types:
            del self.left[name]
            return value
        self.odd = True
        return None

    def text(self, name: str) -> str | None:
        """A text; None where there is none."""
        value = self.take(name, str)
        return None if value is None else str(value)

    def said(self, name: str) -> str | None:
        """A text with words in it; "" is None."""
        return self.text(name) or None

    def id(self, name: str) -> str | None:
        """An identifier, a number or a text, as text; "" is None."""
        value = self.take(name, str, int)
        return None if value is None or value == "" else str(value)

    def whole(self, name: str) -> int | None:
        """A whole number, written as a number or as digits in a text."""
        value = self.left.get(name)
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
            del self.left[name]
            return int(value)
        number: int | None = self.take(name, int)
        return number

    def yes(self, name: str) -> bool | None:
        """A truth value."""
        value: bool | None = self.take(name, bool)
        return value

    def inner(self, name: str) -> Fields:
        """An object inside; an empty one where there is none. What is left of it is left of this one."""
        return self._within(self.take(name, dict) or {}, name)

    def items(self, name: str) -> list[Fields]:
        """The objects of a list inside. Elements that are no objects stay left over."""
        value = self.take(name, list)
        if not value:
            return []
        others = [v for v in value if type(v) is not dict]
        if others:
            self.odd |= any(v is not None for v in others)
            self.left[name] = others
        return [self._within(v, name) for v in value if type(v) is dict]

    def texts(self, name: str) -> list[str]:
        """The texts of a list inside."""
        value = self.take(name, list) or []
        others = [v for v in value if type(v) is not str]
        if others:
            self.odd = True
            self.left[name] = others
        return [v for v in value if type(v) is str]

    def _within(self, value: dict[str, Any], name: str) -> Fields:
        made = Fields(value, self.start, self.end, f"{self.name}.{name}" if self.name else name)
        self._inner.append(made)
        return made

    def skip(self, *names: str) -> None:
        """These fields hold nothing that becomes a column (the span keeps them)."""
        for name in names:
            self.left.pop(name, None)

    def any_odd(self) -> bool:
        """Whether a known field here or inside was of an unexpected type."""
        return self.odd or any(f.any_odd() for f in self._inner)

    def left_over(self) -> tuple[list[tuple[str, str]], list[str]]:
        """What nobody took, here and in objects handed out: words as (path, words), the rest as flags."""
        words: list[tuple[str, str]] = []
        flags: list[str] = []
        for part in self._all():
            if part.left:
                _collect(part.left, part.name, words, flags)
        return words, flags

    def _all(self) -> Iterator[Fields]:
        yield self
        for inner in self._inner:
            yield from inner._all()


def _collect(value: Any, name: str, words: list[tuple[str, str]], flags: list[str]) -> None:
    """Every text, number and truth of `value`, in file order, however deep (no recursion: input may be hostile)."""
    stack: list[tuple[str, Any]] = [(name, value)]
    while stack:
        path, found = stack.pop()
        if isinstance(found, dict):
            stack.extend((f"{path}.{k}" if path else str(k), v) for k, v in reversed(found.items()))
        elif isinstance(found, list):
            stack.extend((path, v) for v in reversed(found))
        elif isinstance(found, str):
            if found:
                words.append((path, found))
        elif found is not None and found is not False:
            flags.append(f"field:{path[:TAG_CHARS_MAX]}:{'true' if found is True else found}")


@dataclass(slots=True)
class Row:
    """One row of the message table in the making. children: (columns, whether sender and time are the row's).

    reasons: problems of the record's span.
    """

    kind: str
    text: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    children: list[tuple[dict[str, Any], bool]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def sent(self, us: int | None, text: str | None, basis: str = "utc") -> None:
        """The three columns of time."""
        self.columns["sent_at"] = us
        self.columns["sent_at_text"] = text
        self.columns["sent_at_basis"] = basis if us is not None or basis == "zone_unknown" else "none"

    def words(self, found: Iterable[tuple[str, str | None]]) -> None:
        """Words outside the text (rule 4), as (name, words)."""
        for name, said in found:
            if not said:
                continue
            if not self.text and self.kind not in QUIET:
                self.text = said
                self.flags.append(f"text_from:{name}")
            elif not self.text or said not in self.text:
                self.children.append(({"kind": self.kind, "text": said, "flags": [f"field:{name}"]}, True))

    def finish(self, fields: Fields) -> Row:
        """Take what is left over of the record (rules 2 and 3)."""
        words, flags = fields.left_over()
        for name, said in words:
            self.children.append(({"kind": self.kind, "text": said, "flags": [f"field:{name}"]}, True))
        self.flags += flags
        if fields.any_odd():
            self.reasons.append("broken_record")
        if self.text == "" and self.kind != "text":
            self.text = None
        return self


Make = Callable[[Fields], Row]
On = Callable[[js.Field | js.Opened | js.Entered], Iterable[Chunk] | None]


def decode_objects(block: js.Block) -> tuple[list[dict[str, Any] | None], dict[int, js.Repairs]]:
    """Every element of `block` as an object (None: it is none), and the repairs by position."""
    bulk = js.at_once(block, _MANY)
    return (bulk, {}) if bulk is not None else js.one_by_one(block, object_of)


def object_of(raw: bytes, start: int, repairs: js.Repairs) -> dict[str, Any] | None:
    """One record as an object, repaired where needed; None where it is none."""
    try:
        return _ONE.decode(raw)
    except js.DECODE_ERRORS:
        pass
    try:
        value = js.loads_repaired(raw, start, repairs)
    except js.DECODE_ERRORS:
        return None
    return value if isinstance(value, dict) else None


# -- one part ---------------------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "sent_at", "sent_at_text", "sent_at_basis", "sender_id", "sender_name", "direction", "reply_to", "forwarded_from",
    "edited_at", "revision_of", "duplicate_of",
)


class Job:
    """Reads one part. thread_id, thread_title, thread_flags: of the rows to come, set by the reader as it learns them;
    a row's own `thread_id` and `thread_title` (in `Row.columns`) win."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings, platform: str) -> None:
        self.source, self.part, self.settings, self.platform = source, part, settings, platform
        self.thread_id: str | None = None
        self.thread_title: str | None = None
        self.ledger = js.Ledger()
        self.siblings = js.Siblings(source, part)
        self.prefix = f"{source.digest[:16]}-{part.number}-"
        self.named: set[int] = set()
        self.rows = 0
        self._pending: list[Problem] = []
        self._zone_said = False

    def read(self, events: Iterable[js.Event], make: Make, on: On | None = None) -> Iterator[Chunk]:
        """All chunks of the part. make: a record as a row. on: told of what stands around the records."""
        for event in events:
            if isinstance(event, js.Block):
                yield from self.block(event, make)
            elif isinstance(event, js.Oversize):
                yield from self.oversize(event)
            elif isinstance(event, js.Damage):
                yield js.damage_chunk(self.part, event, self.ledger)
            elif on is not None and not isinstance(event, js.Whole):
                yield from on(event) or ()
        yield self.end()

    def block(self, block: js.Block, make: Make) -> Iterator[Chunk]:
        """One run of records."""
        with js.gc_paused():
            objects, repaired = decode_objects(block)
            rows = []
            for i, value in enumerate(objects):
                start, end = int(block.spans[i, 0]), int(block.spans[i, 1])
                if value is None:
                    text, bad = js.decode_utf8(block.raw(i))
                    row = Row("unparsed", text, {"sent_at_basis": "none"})
                    row.columns["text_repair"] = "utf8_stand_in" if bad else None
                else:
                    row = make(Fields(value, start, end))
                    if i in repaired and repaired[i].how:
                        how = {*repaired[i].how, row.columns.get("text_repair") or ""} - {""}
                        row.columns["text_repair"] = "+".join(sorted(how))
                if i in repaired:
                    self._pending += [Problem(*p) for p in self._said(repaired[i].problems)]
                self._pending += [Problem(r, self.part.path, start, end) for r in row.reasons]
                rows.append(row)
            chunks = list(self.chunks(block.spans, rows))
        yield from chunks

    def _said(self, problems: Sequence[tuple[str, int, int]]) -> Iterator[tuple[str, str | None, int, int]]:
        for reason, start, end in problems[:PROBLEMS_A_RECORD]:
            yield reason, self.part.path, start, end

    def chunks(self, spans: npt.NDArray[np.int64], rows: Sequence[Row]) -> Iterator[Chunk]:
        """Rows with their spans as chunks; claims their bytes."""
        n = len(rows)
        flags, attachments = js.Sparse("flags", n), js.Sparse("attachments", n)
        children: list[js.Child] = []
        for i, row in enumerate(rows):
            flags.put(i, row.flags)
            attachments.put(i, row.attachments)
            children += [js.Child(i, columns, inherits) for columns, inherits in row.children]
        columns: dict[str, Any] = {
            "span_start": spans[:, 0], "span_end": spans[:, 1], "platform": const(self.platform, n),
            "kind": [r.kind for r in rows], "text": [r.text for r in rows],
            "flags": flags.array(), "attachments": attachments.array(),
        }
        for name in (*_COLUMNS, "text_repair"):
            values = [r.columns.get(name) for r in rows]
            if any(v is not None for v in values):
                columns[name] = values
        for name, own in (("thread_id", self.thread_id), ("thread_title", self.thread_title)):
            if any(name in r.columns for r in rows):
                columns[name] = [r.columns.get(name, own) for r in rows]
            else:
                columns[name] = const(own, n)
        self.rows += n
        problems, named = self.take_pending()
        yield from js.assemble(self.part, columns, n, children, self.ledger.claim(spans), problems, named)

    def one(self, start: int, end: int, row: Row) -> Iterator[Chunk]:
        """A row that is no element of an array."""
        yield from self.chunks(np.array([[start, end]], dtype=np.int64), [row])

    def oversize(self, event: js.Oversize) -> Iterator[Chunk]:
        """A record too large to be kept."""
        self.problem("oversize_message", event.start, event.end)
        yield from self.one(event.start, event.end, Row("unparsed", None, {"sent_at_basis": "none"}))

    def problem(self, reason: str, start: int | None = None, end: int | None = None) -> None:
        """Say a problem with the next chunk."""
        self._pending.append(Problem(reason, self.part.path, start, end))

    def take_pending(self) -> tuple[list[Problem], frozenset[int]]:
        """Problems and named parts that no chunk has said yet."""
        problems, self._pending = self._pending, []
        named, self.named = frozenset(self.named), set()
        return problems, named

    def value(self, event: js.Field) -> Any:
        """The value of a scalar around the records; its repairs are said."""
        repairs = js.Repairs()
        value = js.scalar(event, repairs)
        if value is not None:
            self._pending += [Problem(*p) for p in self._said(repairs.problems)]
        return value

    def end(self) -> Chunk:
        """The rest of the part, container, and what was not said yet."""
        rest = self.ledger.claim(np.array([[self.part.size, self.part.size]], dtype=np.int64))
        chunk = js.bare_chunk(self.part, rest, problems=self._pending)
        chunk.named_parts = frozenset(self.named)
        return chunk

    def attachment(
        self, name: str | None, media_type: str | None, *, size: int | None = None, climb: bool = False,
        absent: str = "missing",
    ) -> dict[str, Any]:
        """An attachment that the export calls `name`: the part of that path beside the JSON where there is one. A web
        address names no file of the export: omitted."""
        if name is not None and WEB.match(name):
            return js.attachment(name, media_type, size, None, "omitted")
        part = self.siblings.find(name, climb=climb) if name else None
        return self.attached(name, media_type, part, size=size, absent=absent)

    def attached(
        self, name: str | None, media_type: str | None, part: Part | None, *, size: int | None = None,
        absent: str = "missing",
    ) -> dict[str, Any]:
        """An attachment whose part is known already (None: it is not in the source)."""
        if part is not None:
            self.named.add(part.number)
        return js.attachment(name, media_type, size, part, absent)

    def local(self, local_us: int | None) -> tuple[int | None, str]:
        """An instant and its basis from a wall-clock time without a zone (microseconds as if UTC)."""
        if local_us is None:
            return None, "none"
        if self.settings.zone is None:
            if not self._zone_said:
                self._zone_said = True
                self.problem("zone_unknown")
            return None, "zone_unknown"
        seconds, rest = divmod(local_us, 1_000_000)
        us = int(local_seconds_to_utc_us(np.array([seconds], dtype=np.int64), self.settings.zone)[0])
        return us + rest, "zone_given"

    def walk(self, arrays: Collection[js.Path], opening: bytes, start: int = 0) -> Iterator[js.Event]:
        """The events of the part's JSON document, which begins at byte `start`."""
        with self.part.open() as stream:
            feed = js.Feed(stream, self.part.size)
            if start:
                feed.base = len(stream.read(start))
            walker = js.Walker(feed, arrays, opening)
            for event in walker.walk():
                yield event
                if isinstance(event, js.Entered):
                    yield from sound_runs(walker)


def sound_runs(walker: js.Walker) -> Iterator[js.Block]:
    """The elements of an array that is not indented by plain line breaks (minified, or with CR LF), run by run, as long
    as one same gap parts them; to be called where `walker` has just entered it. The walker goes on behind them.

    Counting brackets, which the walker does otherwise, costs several times as much on long arrays. The proof of each span
    is that of `element_spans`; where it fails, nothing is consumed.
    """
    feed = walker.feed
    while True:
        buf = bytes(feed.buf)
        at = _BLANKS.match(buf, walker.pos).end()  # type: ignore[union-attr]  # matches ""
        end = js.element_end(buf, at) if buf[at : at + 1] == b"{" else None
        gap = None if end is None else _GAP.match(buf, end)
        if gap is None or gap[0].startswith(b",\n"):
            return
        opening = buf[at : buf.find(b":", at, at + 200) + 1]
        cut = buf.rfind(gap[0] + opening, at)
        if not opening or cut - at < RUN_BYTES_MIN:
            return
        data = buf[at:cut]
        array = b"[%b]" % data
        spans = js.element_spans(data, gap[0], array)
        if spans is None:
            return
        yield js.Block(feed.base + at, data, spans + feed.base + at, array=array)
        walker.pos = cut + len(gap[0])
        if feed.more(walker.pos):
            walker.pos = 0


class Earlier:
    """Where the messages read so far stand, by a number that the export gives them, and a second one that tells apart
    those that share the first. Bounded: sixteen bytes and a tag a message."""

    def __init__(self) -> None:
        self._blocks: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
        self._now: list[tuple[int, int, int]] = []

    def add(self, number: int, start: int, tag: int = 0) -> None:
        """One message, in file order."""
        self._now.append((number, start, tag))
        if len(self._now) >= 4096:
            rows = np.array(self._now, dtype=np.int64)
            self.extend(rows[:, 0], rows[:, 1], rows[:, 2])
            self._now = []

    def extend(
        self, numbers: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], tags: npt.NDArray[np.int64] | None = None
    ) -> None:
        """Many messages, in file order."""
        tags = np.zeros(len(numbers), dtype=np.int64) if tags is None else tags
        if (numbers[1:] < numbers[:-1]).any():
            order = np.argsort(numbers, kind="stable")
            numbers, starts, tags = numbers[order], starts[order], tags[order]
        self._blocks.append((numbers, starts, tags))

    def find(self, number: int, before: int, tag: int = 0) -> int | None:
        """Span start of the latest message with this number and tag that stands before byte `before`."""
        for known, start, own in reversed(self._now):
            if known == number and own == tag and start < before:
                return start
        for numbers, starts, tags in reversed(self._blocks):
            k = int(numbers.searchsorted(number, "right"))
            while (k := k - 1) >= 0 and numbers[k] == number:
                if tags[k] == tag and starts[k] < before:
                    return int(starts[k])
        return None


_BLANKS: Final = re.compile(rb"[ \t\r\n]*+")
_GAP: Final = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
RUN_BYTES_MIN: Final = 16 * limits.KIB
"""Shorter runs are left to the walker."""

# -- values -----------------------------------------------------------------------------------------------------------

WEB: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ?(Z|UTC|[+-]\d\d:?\d\d)?\Z", re.ASCII
)
_BY_EXTENSION: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "heic", "bmp", "avif"), "image"), "gif": "gif",
    **dict.fromkeys(("mp4", "mov", "webm", "mkv", "avi", "3gp"), "video"),
    **dict.fromkeys(("m4a", "aac", "mp3", "ogg", "oga", "opus", "wav", "amr", "flac"), "audio"),
}


def iso_time(text: str | None) -> tuple[int | None, str | None]:
    """"2026-01-05T19:22:31.5+07:00" (or with a space, Z, UTC) as microseconds since 1970 and how its zone is said:
    utc, offset, None (none said: the number is wall-clock time as if UTC). (None, None) for no such time.

    Years before 1970 are what exporters write for "no time".
    """
    m = _ISO.match(text) if text else None
    if m is None:
        return None, None
    try:
        at = datetime(int(m[1]), int(m[2]), int(m[3]), int(m[4]), int(m[5]), int(m[6]), tzinfo=UTC)
    except ValueError:
        return None, None
    us = (at - EPOCH) // timedelta(microseconds=1) + int((m[7] or "0")[:6].ljust(6, "0"))
    zone = m[8]
    if us <= 0:
        return None, None
    if zone is None or zone in ("Z", "UTC"):
        return us, None if zone is None else "utc"
    digits = zone[1:].replace(":", "")
    offset = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000_000
    return us - (offset if zone[0] == "+" else -offset), "utc" if offset == 0 else "offset"


def media_type_of(name: str | None) -> str | None:
    """image, video, audio, gif by a file name's or address's ending; document for another; None for no ending."""
    if not name:
        return None
    last = re.split(r"[?#]", name)[0].rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    return _BY_EXTENSION.get(ending.lower(), "document") if dot and stem and ending else None


def broad_type(mime: str | None, name: str | None) -> str | None:
    """What kind of medium a MIME type says, else a name's ending."""
    if mime is not None:
        first = mime.partition("/")[0]
        if mime == "image/gif":
            return "gif"
        if first in ("image", "video", "audio"):
            return first
        return mime
    return media_type_of(name)


def tag(name: str, value: str | int | None) -> list[str]:
    """The flag `name:value`; none where there is no value."""
    return [] if value is None or value == "" else [f"{name}:{str(value)[:TAG_CHARS_MAX]}"]


# -- recognising ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def outline_of(head: bytes) -> js.Outline | None:
    """`js.outline`, once a head: many readers look at the same one. Read only."""
    return js.outline(head)


def first_of(head: bytes, opening: re.Pattern[bytes]) -> bytes | None:
    """The first object after `opening` (which ends before its "{"), whole or as far as the head goes."""
    m = opening.match(head.removeprefix(js.BOM))
    if m is None:
        return None
    body = head.removeprefix(js.BOM)
    end = js.element_end(body, m.end())
    return body[m.end() : end]


def all_keys(raw: bytes, *names: str) -> bool:
    """Whether every one of `names` is a key in `raw`."""
    return all(re.search(b'"' + re.escape(n.encode()) + rb'"[ \t\r\n]*:', raw) is not None for n in names)


def text_of(part: Part | None, most: int = 4 * limits.MIB) -> Any:
    """The JSON value of a small part beside the messages (a channel's name, the account); None where it has none."""
    if part is None or part.size > most or part.media is not None or part.state != "present":
        return None
    try:
        raw = part.read()
        return js.loads_repaired(raw.removeprefix(js.BOM), 0, js.Repairs())
    except (*js.DECODE_ERRORS, *js.STREAM_ERRORS):
        return None


def spans_of(pairs: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """Spans as an array."""
    return np.array(pairs, dtype=np.int64) if pairs else NO_SPANS
