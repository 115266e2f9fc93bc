"""WhatsApp "Export chat": `_chat.txt` in a zip, or `WhatsApp Chat with NAME.txt`; Android and iOS, every locale.

The rules, in order (facts FORMATS 1; docs/formats/whatsapp.md):

1. A line that begins with a header (`_whatsapp_header`) begins a row; all other lines continue the row above. Rows
   tile the part: a row's span is header, words, continuation lines and line ends. A BOM is container. Text before the
   first header is a row of kind `unparsed`.
2. `text` is what stands between the header (or `NAME: `) and the row's last line end, code point for code point.
3. REST splits at the first ": " into name and words, unless it is an event that quotes a title. In a file whose lines
   mostly have no space after the colon it splits at the first ":". What has no name is an event of the app.
4. Times are local: order of day and month by `_whatsapp_dates`, zone by the caller, else null. Never a silent default.
5. A line ends at LF; at a bare CR only in a part without any LF (`_bare_cr`).
6. Kinds and attachments by `_whatsapp_body`; text is never changed by them.

It works on whole columns of a window (numpy over the bytes, Arrow slices of them); only lines that are not plain words
are looked at one by one. `scan(fast=False)` of `_whatsapp_header` takes the exact path for every header: the same rows.

`sender_name` is the name as exported without the direction marks that WhatsApp wraps around it (U+202A…U+202C); the
`~` of a contact that is not saved stays. `sender_id` is the phone as +digits where the name is a phone number.
Invalid UTF-8: each bad byte B is shown as the private-use code point U+10FE00+B (`text_repair` =
"invalid_utf8:U+10FE00"); the bytes themselves are what the row's span holds.

Versions tested: the forms of docs/formats/whatsapp.md. References: facts FORMATS 1.1 to 1.6.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers._ahead import ahead
from saksi.readers._bare_cr import as_written, line_fed, may_be
from saksi.readers._whatsapp_body import (
    TEXT,
    Body,
    Medium,
    classify,
    classify_event,
    is_titled_event,
    looks_special,
    same_name,
)
from saksi.readers._whatsapp_dates import DAY_S, LocalTimes, OrderEvidence, Orders, local_times
from saksi.readers._whatsapp_header import BIDI, BRACKET, HEADER_BYTES_MAX, Headers, ShapeBook, parse_line
from saksi.readers._whatsapp_window import Broken, HeaderMemory, Window, windows
from saksi.readers._whatsapp_words import words
from saksi.readers.base import Chunk, Constant, Evidence, Problem, ReadSettings, const, nulls
from saksi.table.schema import ATTACHMENT, KINDS, UTC_US
from saksi.times import local_seconds_to_utc_us, reading_zone

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PLATFORM: Final = "whatsapp"
BOM: Final = b"\xef\xbb\xbf"
PROBLEMS_EACH_MAX: Final = 1000
"""Rows of `problems` of one reason in one part; more become one row over all the rest."""

BACK_S: Final = 60
"""Steps back in time up to this are not reported: messages of one minute often arrive out of order."""

CLASSIFIED_BYTES_MAX: Final = 200
CLASSIFIED_MAX: Final = 65_536
"""Bodies that are no plain words and that are remembered for a whole part: short ones repeat, long ones do not."""

REPAIR: Final = "invalid_utf8:U+10FE00"
_REPAIR_BASE: Final = 0x10FE00

_TEXT_CODE: Final = KINDS.index("text")
_SERVICE_CODE: Final = KINDS.index("service")
_UNPARSED_CODE: Final = KINDS.index("unparsed")
_KIND_CODES: Final = {kind: code for code, kind in enumerate(KINDS)}


def repaired(raw: bytes) -> str:
    """`raw` as text; every byte that is not UTF-8 as U+10FE00 + byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda m: chr(_REPAIR_BASE + ord(m[0]) - 0xDC00), text)


class _ProblemLog:
    """Problems of one part, bounded in number: after PROBLEMS_EACH_MAX of a reason the rest is one row."""

    def __init__(self, part: str | None) -> None:
        self.part = part
        self.pending: list[Problem] = []
        self._seen: Counter[str] = Counter()
        self._rest: dict[str, list[int]] = {}

    def add(self, reason: str, start: int | None = None, end: int | None = None) -> None:
        """Add one row, or widen the row that stands for the rest."""
        self._seen[reason] += 1
        if self._seen[reason] <= PROBLEMS_EACH_MAX:
            self.pending.append(Problem(reason, self.part, start, end))
        elif start is not None and end is not None:
            rest = self._rest.setdefault(reason, [start, end])
            rest[1] = max(rest[1], end)

    def take(self) -> list[Problem]:
        """What was added since the last call, in the order of the part."""
        taken, self.pending = self.pending, []
        taken.sort(key=lambda p: (p.start is None, p.start or 0, p.reason))
        return taken

    def close(self) -> list[Problem]:
        """The last rows, those that stand for many included."""
        return self.take() + [Problem(r, self.part, s, e) for r, (s, e) in self._rest.items()]


# ---- recognising -------------------------------------------------------------------------------------------------

_LOG_WORDS: Final = re.compile(
    r"(?:[\w.\-/]+\.)?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY|FATAL)\b", re.IGNORECASE
)
_LOOK_LINES: Final = 400
_SHORT_LINES: Final = 8
_SHARE_MIN: Final = 20
"""At least one in so many lines of the head must be a header where the first line is none."""


def _says_something(line: bytes, end: int) -> bool:
    """Whether the words after the header look like a chat: a name and words, or an event; not a log."""
    rest = line[end:].decode("utf-8", "replace").lstrip(BIDI)
    return bool(rest.strip()) and _LOG_WORDS.match(rest) is None


def recognise_head(head: bytes) -> bool:
    """Whether `head` begins like an export: by header lines only, never by name.

    One header is enough as the first line (a first message may be longer than the head) or in a head of a few lines;
    otherwise two are needed and one in twenty lines. Logs with a date in front are told by their levels; notes of
    `[2024-01-31, 10:00] Me: words` (no seconds, dashes: another program's copy) are not WhatsApp's.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    lines = [line for line in head.removeprefix(BOM).split(b"\n") if line.strip(b"\r\0 ")][:_LOOK_LINES]
    headers = named = 0
    first = False
    for i, line in enumerate(lines):
        parsed = parse_line(line)
        if parsed is None:
            continue
        shape, numbers = parsed
        if shape.form == BRACKET and shape.style[1] == "-" and numbers[5] < 0:
            continue
        headers += 1
        if _says_something(line, shape.end):
            named += b":" in line[shape.end :]
            first = first or i == 0
            if first and named:
                return True
        else:
            headers -= 1
    if first and (headers >= 2 or len(lines) <= _SHORT_LINES):
        return True
    return bool(named) and headers * _SHARE_MIN >= len(lines) and (headers >= 2 or len(lines) <= _SHORT_LINES)


def thread_title(source: Source, part: Part) -> str | None:
    """The chat's name as the export's file name gives it; None where it gives none.

    `_chat.txt` is named by its zip or folder. " (1)" of a second download and "_" for spaces are not part of a name.
    """
    own = part.name or source.name
    if own.lower() in ("_chat.txt", "chat.txt"):
        folder = part.path.rpartition("/")[0] if part.path else ""
        own = folder.rpartition("/")[2] or source.name
    stem = re.sub(r"\.(txt|zip)$", "", own, flags=re.IGNORECASE)
    stem = re.sub(r"\.(txt)$", "", stem, flags=re.IGNORECASE)
    stem = re.sub(r" ?\(\d{1,3}\)$", "", stem)
    for candidate in (stem, stem.replace("_", " ")):
        for title in words().titles:
            if candidate.startswith(title.before) and candidate.endswith(title.after):
                name = candidate[len(title.before) : len(candidate) - len(title.after)].strip()
                if name:
                    return name
    return None


_PHONE: Final = re.compile(r"\+\d[\d \u00a0\u202f\u2011().\-]{5,24}\d")


def _person(raw: str) -> tuple[str, str | None]:
    """(sender_name, sender_id) for a name as it stands before the colon."""
    name = raw.strip(BIDI)
    phone = name.removeprefix("~").strip(BIDI + " \u00a0\u202f")
    if _PHONE.fullmatch(phone):
        return name, "+" + re.sub(r"\D", "", phone)
    return name, None


# ---- one part ----------------------------------------------------------------------------------------------------


class _PartReader:
    """Reads one part: a first look at all header lines (order of day and month), then the rows."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        self.source = source
        self.part = part
        self.settings = settings
        self.zone = None if settings.zone is None else reading_zone(settings.zone)
        self.book = ShapeBook()
        self.memory = HeaderMemory()
        self.log = _ProblemLog(part.path)
        self.title = thread_title(source, part)
        self.thread_id = f"{source.digest[:16]}-{part.number}"
        self.messages = 0
        self.last_s: int | None = None   # local time of the row above
        self.tight = False               # names end in ":" without a space
        self._siblings: dict[str, Part] | None = None
        self._classified: dict[tuple[bytes, int], Body] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Rows of the part; problems of the whole part come with the last one."""
        evidence, only = self._first_look()
        self.orders = evidence.decide(self.settings.date_order)
        broken: int | None = None
        self._files()
        worked = map(self._work, [only]) if only is not None else ahead(
            windows(self.part, self.book, self.memory), self._work)
        self.unknown_order = self.unknown_time = False
        try:
            for window in worked:
                yield from self._window(window)
        except Broken as e:
            broken = e.at
        self._whole_part_problems(broken)
        yield Chunk(self.part, {"span_start": np.empty(0, np.int64), "span_end": np.empty(0, np.int64),
                                "kind": pa.array([], pa.string())},
                    problems=self.log.close(), day_month_order=self.orders.said)

    def _first_look(self) -> tuple[OrderEvidence, Window | None]:
        """Evidence from all header lines; the window itself where the part is one window."""
        evidence = OrderEvidence()
        spaced = tight = 0
        only: Window | None = None
        try:
            for number, window in enumerate(windows(self.part, self.book, self.memory)):
                evidence.add(window.headers)
                a, b = _colon_votes(window)
                spaced, tight = spaced + a, tight + b
                only = window if number == 0 and window.final and window.size == self.part.size else None
        except Broken:
            only = None
        self.tight = tight > spaced
        return evidence, only

    def _whole_part_problems(self, broken: int | None) -> None:
        if broken is not None:
            self.log.add("truncated", broken, self.part.size)
        if self.messages in limits.WHATSAPP_CAPS:
            self.log.add("cap_reached")
        if self.orders.mixed:
            self.log.add("date_order_mixed")
        if self.unknown_order:
            self.log.add("date_order_ambiguous")
        if self.unknown_time and self.zone is None:
            self.log.add("zone_unknown")

    # ---- a window: from bytes to columns

    def _work(self, w: Window) -> _Worked:
        """All that a window says by itself. Nothing of the part is changed: windows are worked on side by side."""
        rows = _Rows(w, self.tight)
        if w.base == 0 and len(rows) and rows.start[0] == 0 and w.data.startswith(BOM):
            rows.start = np.concatenate([[len(BOM)], rows.start[1:]]).astype(np.int64)  # the BOM is container
        tail_start = _cut_header_at_end(w, rows) if w.final else None
        if tail_start is not None:
            rows.cut_end(tail_start)
        return _Worked(w, tail_start, rows, self._look(w, rows) if len(rows) else None)

    def _look(self, w: Window, rows: _Rows) -> _Looked:
        slices = _Slices(w, rows)
        senders = _Senders(slices.names())
        if senders.event_names:  # an event that quotes a title with ": " was split like a name
            rows.unname(senders.is_event_row())
            slices = _Slices(w, rows)
            senders = _Senders(slices.names())
        texts = slices.texts()
        times = local_times(rows.headers, self.orders)
        return _Looked(
            senders, slices.stamps(), texts, None if _valid_utf8(w) else _repaired_texts(texts),
            self._bodies(w, rows, slices, senders), times, self._instants(times))

    def _window(self, worked: _Worked) -> Iterator[Chunk]:
        w, rows, tail_start = worked.window, worked.rows, worked.tail_start
        lead = self._lead(w)
        if worked.looked is not None:
            yield from self._row_chunks(w, rows, worked.looked, lead)
        elif lead is not None:
            yield lead
        if tail_start is not None:
            self.log.add("truncated", w.base + tail_start, w.base + w.size)
            yield self._unparsed(w, w.base + tail_start, w.base + w.size)

    def _lead(self, w: Window) -> Chunk | None:
        """What stands before the window's first header, as an unparsed row; a BOM is container."""
        start, end = w.lead_start, w.lead_end
        container = np.empty((0, 2), dtype=np.int64)
        if start == 0 and w.base == 0 and w.data.startswith(BOM) and w.size >= len(BOM):
            container = np.array([[0, len(BOM)]], dtype=np.int64)
            start = len(BOM)
        if end <= start:
            if not len(container):
                return None
            return Chunk(self.part, {"span_start": np.empty(0, np.int64), "span_end": np.empty(0, np.int64),
                                     "kind": pa.array([], pa.string())}, container=container)
        self.log.add("oversize_message" if w.oversize else "continuation_without_start", start, end)
        chunk = self._unparsed(w, start, end)
        chunk.container = container
        return chunk

    def _unparsed(self, w: Window, start: int, end: int) -> Chunk:
        """One row of kind unparsed; its text where the bytes are at hand and no more than a message may have."""
        text, repair = None, None
        if start >= w.base and end - start <= limits.MESSAGE_BYTES_MAX:
            raw = bytes(memoryview(w.data)[start - w.base : end - w.base])
            text = repaired(raw)
            repair = None if text.encode("utf-8", "surrogatepass") == raw else REPAIR
        columns = {
            "span_start": np.array([start], dtype=np.int64), "span_end": np.array([end], dtype=np.int64),
            "kind": const("unparsed", 1), "text": const(text, 1), "text_repair": const(repair, 1),
            "platform": const(PLATFORM, 1), "thread_id": const(self.thread_id, 1),
            "thread_title": const(self.title, 1), "sent_at_basis": const("none", 1),
        }
        return Chunk(self.part, columns)

    def _row_chunks(self, w: Window, rows: _Rows, looked: _Looked, lead: Chunk | None) -> Iterator[Chunk]:
        if lead is not None:
            first = lead.container
            if len(lead.columns["kind"]):
                yield lead
                first = np.empty((0, 2), dtype=np.int64)
        else:
            first = np.empty((0, 2), dtype=np.int64)
        columns, named = self._columns(w, rows, looked)
        n = len(rows)
        self.messages += n
        for at in range(0, n, limits.BATCH_ROWS):
            end = min(n, at + limits.BATCH_ROWS)
            yield Chunk(
                self.part, {name: value[at:end] for name, value in columns.items()},
                container=first if at == 0 else np.empty((0, 2), dtype=np.int64),
                problems=self.log.take(), named_parts=named if at == 0 else frozenset(),
            )

    def _columns(self, w: Window, rows: _Rows, looked: _Looked) -> tuple[dict[str, Any], frozenset[int]]:
        n = len(rows)
        text, senders = looked.texts, looked.senders
        repair: pa.Array | None = None
        if looked.repaired is not None:
            text, repair, bad = looked.repaired
            for i in bad:
                self.log.add("invalid_utf8", w.base + int(rows.start[i]), w.base + int(rows.end[i]))
        kinds = looked.bodies.kinds(n)
        sent_at, basis = self._times(looked)
        back = self._time_steps(w, rows, looked.times)
        self._byte_problems(w, rows)
        oversize = (rows.end - rows.start) > limits.MESSAGE_BYTES_MAX
        if oversize.any():
            kinds[oversize] = _UNPARSED_CODE
            text = pc.if_else(pa.array(oversize), pa.scalar(None, pa.string()), text)
            for i in np.flatnonzero(oversize).tolist():
                self.log.add("oversize_message", w.base + int(rows.start[i]), w.base + int(rows.end[i]))
        attachments, named = self._attachments(n, looked.bodies)
        columns = {
            "span_start": rows.start + w.base, "span_end": rows.end + w.base,
            "platform": Constant(PLATFORM, n), "thread_id": Constant(self.thread_id, n),
            "thread_title": Constant(self.title, n),
            "sent_at": sent_at, "sent_at_text": looked.stamps, "sent_at_basis": basis,
            "sender_id": senders.ids, "sender_name": senders.names,
            "kind": pa.DictionaryArray.from_arrays(pa.array(kinds), pa.array(KINDS, pa.string())),
            "text": text, "attachments": attachments, "flags": looked.bodies.flags(n, back),
        }
        if repair is not None:
            columns["text_repair"] = repair
        return columns, named

    # ---- times

    def _instants(self, times: LocalTimes) -> pa.Array:
        """sent_at: UTC where the zone is told."""
        if self.zone is None:
            return nulls(UTC_US, len(times.seconds))
        seconds = times.seconds if times.known.all() else np.where(times.known, times.seconds, 0)
        return pa.array(local_seconds_to_utc_us(seconds, self.zone), mask=~times.known).cast(UTC_US)

    def _times(self, looked: _Looked) -> tuple[pa.Array, pa.Array | Constant]:
        """sent_at and its basis: no date: none; no zone: zone_unknown; both: zone_given."""
        times = looked.times
        self.unknown_order |= bool(times.ambiguous.any())
        self.unknown_time |= bool(times.known.any())
        known = "zone_unknown" if self.zone is None else "zone_given"
        if times.known.all():
            return looked.sent_at, Constant(known, len(times.seconds))
        return looked.sent_at, pc.if_else(pa.array(times.known), pa.scalar(known), pa.scalar("none"))

    def _time_steps(self, w: Window, rows: _Rows, times: LocalTimes) -> Ints:
        """Rows whose time lies before the row above by more than a day; smaller steps back are problems only."""
        for i in np.flatnonzero(times.strange).tolist():
            self.log.add("unknown_locale", w.base + int(rows.start[i]), w.base + int(rows.end[i]))
        at = np.flatnonzero(times.known)
        if not len(at):
            return at
        seconds = times.seconds[at]
        before = np.concatenate([[seconds[0] if self.last_s is None else self.last_s], seconds[:-1]])
        steps = seconds - before
        self.last_s = int(seconds[-1])
        for i in at[(steps < -BACK_S) & (steps >= -DAY_S)].tolist():
            self.log.add("time_backwards", w.base + int(rows.start[i]), w.base + int(rows.end[i]))
        far: Ints = at[steps < -DAY_S]
        for i in far.tolist():
            self.log.add("header_out_of_order", w.base + int(rows.start[i]), w.base + int(rows.end[i]))
        return far

    # ---- bytes that are no text

    def _byte_problems(self, w: Window, rows: _Rows) -> None:
        start, end = int(rows.start[0]), int(rows.end[-1])
        if w.data.find(b"\0", start, end) >= 0:
            for m in re.finditer(rb"\0+", memoryview(w.data)[start:end]):
                self.log.add("nul_bytes", w.base + start + m.start(), w.base + start + m.end())

    # ---- kinds and attachments

    def _bodies(self, w: Window, rows: _Rows, slices: _Slices, senders: _Senders) -> _Bodies:
        """What is known of the rows that are not plain words: each different body is looked at once."""
        group = senders.code_of(self.title)
        special = np.flatnonzero(rows.special(w))
        said = slices.texts(special).cast(pa.binary()).dictionary_encode()
        manner = rows.named[special].astype(np.int64)
        manner += 2 * (rows.headers.book.column("form") == BRACKET)[rows.headers.shape[special]]
        if group is not None:
            manner += 4 * (senders.codes[special] == group)
        pairs, codes = np.unique(np.asarray(said.indices).astype(np.int64) * 8 + manner, return_inverse=True)
        raws = said.dictionary.to_pylist()
        known = [self._body(raws[pair >> 3], pair & 7) for pair in pairs.tolist()]
        return _Bodies(special, codes, known)

    def _body(self, raw: bytes, manner: int) -> Body:
        """What a body is. manner: 1 there is a name, 2 in brackets (iOS), 4 said by the group itself."""
        key = raw, manner
        body = self._classified.get(key)
        if body is None:
            if manner & 1:
                body = classify(repaired(raw), bracketed=bool(manner & 2), has_file=self._has_file, group_says=bool(manner & 4))
            else:
                body = classify_event(raw.decode("utf-8", "replace"))
            if len(raw) <= CLASSIFIED_BYTES_MAX and len(self._classified) < CLASSIFIED_MAX:
                self._classified[key] = body
        return body

    def _files(self) -> dict[str, Part]:
        if self._siblings is None:
            folder = self.part.path.rpartition("/")[0] if self.part.path is not None else None
            self._siblings = {} if folder is None else {
                same_name(p.name): p for p in self.source.parts
                if p is not self.part and p.path is not None and p.path.rpartition("/")[0] == folder
            }
        return self._siblings

    def _has_file(self, name: str) -> bool:
        return same_name(name) in self._files()

    def _attachment(self, medium: Medium) -> tuple[dict[str, Any], int | None]:
        """The struct for one medium and the number of the part it is."""
        entry: dict[str, Any] = {
            "name": medium.name, "digest": None, "media_type": medium.media_type, "size": None, "state": "omitted"}
        if medium.omitted or medium.name is None:
            return entry, None
        part = self._files().get(same_name(medium.name))
        if part is None:
            return {**entry, "state": "missing"}, None
        digest = part.digest()
        state = "present" if part.state == "present" and digest is not None else "refused"
        return {**entry, "digest": digest, "size": part.size, "state": state}, part.number

    def _attachments(self, n: int, bodies: _Bodies) -> tuple[pa.Array, frozenset[int]]:
        """The attachments column and the numbers of the parts that its rows name."""
        entries: list[dict[str, Any]] = []
        counts, named = [], []
        for body in bodies.known:
            counts.append(len(body.media))
            for medium in body.media:
                entry, number = self._attachment(medium)
                entries.append(entry)
                named += [] if number is None else [number]
        values = pa.StructArray.from_arrays(
            [pa.array([e[field.name] for e in entries], field.type) for field in ATTACHMENT], fields=list(ATTACHMENT))
        return bodies.lists(n, np.array(counts, dtype=np.int32), values), frozenset(named)


def _repaired_texts(texts: pa.Array) -> tuple[pa.Array, pa.Array, list[int]]:
    """Texts with bad bytes shown as private-use code points; what was done to which; the rows that were repaired."""
    out: list[str] = []
    bad: list[int] = []
    for i, raw in enumerate(texts.cast(pa.binary()).to_pylist()):
        try:
            out.append(raw.decode("utf-8"))
        except UnicodeDecodeError:
            out.append(repaired(raw))
            bad.append(i)
    done = np.zeros(len(out), dtype=np.bool_)
    done[bad] = True
    return pa.array(out, pa.string()), pc.if_else(pa.array(done), pa.scalar(REPAIR), pa.scalar(None, pa.string())), bad


@dataclass(frozen=True)
class _Looked:
    """What the rows of a window say. repaired: texts, text_repair and rows, where bytes were not UTF-8."""

    senders: _Senders
    stamps: pa.Array
    texts: pa.Array
    repaired: tuple[pa.Array, pa.Array, list[int]] | None
    bodies: _Bodies
    times: LocalTimes
    sent_at: pa.Array


@dataclass(frozen=True)
class _Worked:
    """A window that was worked on. tail_start: where a header begins that the end of the file cuts off. looked: None
    without rows."""

    window: Window
    tail_start: int | None
    rows: _Rows
    looked: _Looked | None


class _Bodies:
    """The rows of a window that are not plain words. rows: ascending. codes: place in `known` of each of them."""

    def __init__(self, rows: Ints, codes: Ints, known: list[Body]) -> None:
        self.known = known
        plain = np.array([body is TEXT for body in known], dtype=np.bool_)
        kept = ~plain[codes] if plain.any() else np.s_[:]
        self.rows, self.codes = rows[kept], codes[kept]

    def kinds(self, n: int) -> npt.NDArray[np.int8]:
        """Kind of every row of the window (index into KINDS)."""
        kinds = np.full(n, _TEXT_CODE, dtype=np.int8)
        kinds[self.rows] = np.array([_KIND_CODES[body.kind] for body in self.known], dtype=np.int8)[self.codes]
        return kinds

    def lists(self, n: int, counts: npt.NDArray[np.int32], values: pa.Array) -> pa.Array:
        """List column of the window's `n` rows; `counts` values of `values` for each of `known`, null where there are none."""
        return _lists(*self._spread(n, counts, values))

    def _spread(self, n: int, counts: npt.NDArray[np.int32], values: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
        by_row = np.zeros(n, dtype=np.int32)
        if not len(values):
            return by_row, values
        first = np.cumsum(counts) - counts
        own = counts[self.codes]
        by_row[self.rows] = own
        within = np.arange(int(own.sum())) - np.repeat(np.cumsum(own) - own, own)
        return by_row, values.take(pa.array(np.repeat(first[self.codes], own) + within))

    def flags(self, n: int, out_of_order: Ints) -> pa.Array:
        """The flags column: what bodies say, and rows whose time jumps back."""
        said = [body.flags for body in self.known]
        counts = np.array([len(flags) for flags in said], dtype=np.int32)
        values = pa.array([flag for flags in said for flag in flags], pa.string())
        if not len(out_of_order):
            return self.lists(n, counts, values)
        by_row, spread = self._spread(n, counts, values)
        ends = np.cumsum(by_row)
        late = [*spread.to_pylist()]
        for i in out_of_order.tolist()[::-1]:
            late.insert(int(ends[i]), "header_out_of_order")
        by_row[out_of_order] += 1
        return _lists(by_row, pa.array(late, pa.string()))


def _lists(counts: npt.NDArray[np.int32], values: pa.Array) -> pa.Array:
    """List column with `counts` values a row; a row without any is null."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(counts == 0))


# ---- columns of places -------------------------------------------------------------------------------------------


_VOTERS: Final = 400
"""Header lines of a window that tell whether names end in ": " or ":"."""


def _colon_votes(w: Window) -> tuple[int, int]:
    """How many of a window's first header lines have ": " after the header, and how many have only ":"."""
    spaced = tight = 0
    ends = w.headers.book.column("end")
    for line, shape in zip(w.headers.line[:_VOTERS].tolist(), w.headers.shape[:_VOTERS].tolist(), strict=True):
        rest = line + int(ends[shape])
        stop = w.data.find(b"\n", rest, w.size)
        stop = w.size if stop < 0 else stop
        colon = w.data.find(b":", rest, stop)
        if colon >= 0 and w.data.find(b": ", colon, stop) >= 0:
            spaced += 1
        elif 0 <= colon < stop - 1 and w.data[colon + 1] not in b"\r/":
            tight += 1
    return spaced, tight


class _Rows:
    """Places of the rows of a window (offsets in its data): start, end, text_start, text_end, first_end, name_end.

    text_end: without the row's last line end. first_end: end of the first line's content. name_end: the colon; equal
    to rest where the row has no name (named False).
    """

    def __init__(self, w: Window, tight: bool) -> None:
        h = self.headers = w.headers
        buf = self.buf = np.frombuffer(w.data, dtype=np.uint8)
        self.start = h.line
        self.end = np.append(h.line[1:], w.size).astype(np.int64) if len(h) else h.line
        if not len(h):
            return
        self.rest = h.line + h.book.column("end")[h.shape]
        self.text_end = _without_line_end(buf, self.rest, self.end)
        after_lf = h.newlines
        line_end = _first_from(np.append(after_lf, w.size), self.rest + 1, w.size)
        self.first_end = np.minimum(_without_line_end(buf, self.rest, np.minimum(line_end, self.end)), self.text_end)
        self.name_end, self.named = self._name_ends(w, tight)
        after = self.name_end + 1
        after = after + ((buf[after] == 32) & (after < self.first_end))
        self.text_start = np.where(self.named, after, self.rest)

    def __len__(self) -> int:
        return len(self.start)

    def _name_ends(self, w: Window, tight: bool) -> tuple[Ints, Bools]:
        """Where the name of each row ends and whether there is one: the first ": " (":" where `tight`) of the first line."""
        first = _first_colons(w.data, self.buf, self.rest, self.first_end, tight=tight)
        named = first < self.first_end
        last = self.buf[np.maximum(self.first_end - 1, 0)]
        bare = ~named & (last == 58) & (self.first_end - 1 > self.rest)  # "Name:" with nothing behind
        first = np.where(bare, self.first_end - 1, first)
        named = (named | bare) & (first > self.rest)
        return np.where(named, first, self.rest), named

    def unname(self, events: Bools) -> None:
        """Rows that were split but are events: all of REST is their text."""
        self.named = self.named & ~events
        self.name_end = np.where(self.named, self.name_end, self.rest)
        self.text_start = np.where(self.named, self.text_start, self.rest)

    def cut_end(self, at: int) -> None:
        """Let the last row end at `at`."""
        self.end = self.end.copy()
        self.end[-1] = at
        self.text_end[-1:] = _without_line_end(self.buf, self.rest[-1:], self.end[-1:])

    def special(self, w: Window) -> Bools:
        """Rows that must be looked at one by one (see _whatsapp_body.looks_special)."""
        special = looks_special(self.buf, self.text_start, self.first_end, self.text_end) | ~self.named
        places = _inner_places(self.buf[: w.size])
        if len(places):
            row = np.searchsorted(self.start, places, side="right") - 1
            row, places = row[row >= 0], places[row >= 0]
            special[row[places >= self.text_start[row]]] = True
        return special


_COLONS: Final = np.uint64(0x3A3A3A3A3A3A3A3A)
_ONES: Final = np.uint64(0x0101010101010101)
_HIGHS: Final = np.uint64(0x8080808080808080)
_EIGHTS_MAX: Final = 5
"""Eight bytes looked at for all rows at once, this many times; the few rows left (events, long names) are searched one by one."""


def _first_colons(data: bytearray, buf: npt.NDArray[np.uint8], rest: Ints, stop: Ints, *, tight: bool) -> Ints:
    """For each row the first ": " (":" where `tight`) from `rest`, below `stop`; `stop` where there is none.

    By words of eight bytes: byte ^ ":" is zero where the colon stands, and the lowest zero byte of a word is found with a
    subtraction (it borrows into that byte's high bit first).
    """
    found = stop.copy()
    rows = np.flatnonzero(rest < stop)
    at = rest[rows]
    for _ in range(_EIGHTS_MAX):
        if not len(rows):
            return found
        word: npt.NDArray[np.uint64] = np.ndarray((len(buf) - 7,), "<u8", buf.data, 0, (1,))[at] ^ _COLONS
        zero = (word - _ONES) & ~word & _HIGHS
        low = (zero & (~zero + np.uint64(1))) - np.uint64(1)  # all bits below the first colon's
        here = at + (np.bitwise_count(low) >> np.uint8(3))
        hit = (zero != 0) & (here < stop[rows])
        if not tight:
            hit &= buf[here + 1] == 32
        found[rows[hit]] = here[hit]
        at = np.where(zero != 0, here + 1, at + 8)
        left = ~hit & (at < stop[rows])
        rows, at = rows[left], at[left]
    sign = b":" if tight else b": "
    for row, start, end in zip(rows.tolist(), at.tolist(), stop[rows].tolist(), strict=True):
        place = data.find(sign, start, end + len(sign) - 1)
        if place >= 0:
            found[row] = place
    return found


_BLOCK_BITS: Final = 6
"""Blocks of 64 bytes: few places that are looked for stand in one."""


def _first_from(places: Ints, at: Ints, size: int) -> Ints:
    """For each of `at` the first of the ascending `places` that is not below it; the last place is `size`, and is given
    for what lies beyond.

    By a table of blocks rather than a binary search: places and questions are both many.
    """
    blocks = np.bincount(places >> _BLOCK_BITS, minlength=(size >> _BLOCK_BITS) + 2)
    before = np.cumsum(blocks) - blocks
    index = np.minimum(before[np.minimum(at, size) >> _BLOCK_BITS], len(places) - 1)
    found: Ints = places[index]
    late = np.flatnonzero((found < at) & (found < size))
    while len(late):
        index[late] += 1
        found[late] = places[index[late]]
        late = late[(found[late] < at[late]) & (found[late] < size)]
    return found


def _inner_places(buf: npt.NDArray[np.uint8]) -> Ints:
    """Where the app's marks (U+200E, U+200F) and links to venues stand: by their rarest byte, then the bytes around it.

    Several times faster on chats full of emoji than a search for the whole of it.
    """
    scratch = np.bitwise_and(buf, 0xFE)  # one piece of memory for all: a fresh one a window costs page faults
    hits = scratch.view(np.bool_)
    mark = np.flatnonzero(np.equal(scratch, 0x8E, out=hits))
    mark = mark[mark >= 2]
    mark = mark[(buf[mark - 1] == 0x80) & (buf[mark - 2] == 0xE2)]
    venue = np.flatnonzero(np.equal(buf, ord("q"), out=hits))
    venue = venue[(venue >= 5) & (venue + 4 < len(buf))]
    for offset, letter in zip(range(-5, 5), b"foursquare", strict=True):
        venue = venue[buf[venue + offset] == letter]
    return np.concatenate([mark, venue])


def _without_line_end(buf: npt.NDArray[np.uint8], low: Ints, end: Ints) -> Ints:
    """`end` without a final LF or CRLF, never below `low`."""
    stop = end - (buf[end - 1] == 10)
    stop = stop - ((stop < end) & (stop > low) & (buf[np.maximum(stop - 1, 0)] == 13))
    bounded: Ints = np.maximum(stop, low)
    return bounded


_LEADING_MARK: Final = re.compile(rb"\A(?:\xe2\x80[\x8e\x8f])+")


def _cut_header_at_end(w: Window, rows: _Rows) -> int | None:
    """Where a header begins that the end of the file cuts off: the last line has no line end and its bytes are the
    beginning of a known shape, date at least. None otherwise: a few digits may be a person's words."""
    if not len(rows) or w.data[w.size - 1] == 10:
        return None
    start = w.data.rfind(b"\n", 0, w.size) + 1
    if start <= int(rows.start[-1]) or w.size - start > HEADER_BYTES_MAX:
        return None
    tail = bytes(w.data[start : w.size])
    zeros = _LEADING_MARK.sub(b"", re.sub(rb"[0-9]", b"0", tail))
    for shape in w.headers.book.shapes:
        own = _LEADING_MARK.sub(b"", shape.zeros)
        last = max(shape.digits[2] if max(shape.digits[2]) < max(shape.digits[3]) else shape.digits[4])
        if own.startswith(zeros) and len(zeros) > last - (len(shape.zeros) - len(own)):
            return start
    return None


class _Slices:
    """Strings cut out of a window: one Arrow array over its bytes, alternating gap and slice, then taken."""

    def __init__(self, w: Window, rows: _Rows) -> None:
        shapes = rows.headers.book
        offsets = np.empty((len(rows), 6), dtype=np.int32)
        offsets[:, 0] = rows.headers.line + shapes.column("ts_start")[rows.headers.shape]
        offsets[:, 1] = rows.headers.line + shapes.column("ts_end")[rows.headers.shape]
        offsets[:, 2] = rows.rest
        offsets[:, 3] = rows.name_end
        offsets[:, 4] = rows.text_start
        offsets[:, 5] = rows.text_end
        flat = offsets.ravel()
        self._array = pa.Array.from_buffers(
            pa.string(), len(flat) - 1, [None, pa.py_buffer(flat), pa.py_buffer(w.data)])
        self._first = np.arange(len(rows), dtype=np.int64) * 6
        self._named = rows.named

    def stamps(self) -> pa.Array:
        """The times as written."""
        return self._array.take(pa.array(self._first))

    def names(self) -> pa.Array:
        """What stands before the colon, null for rows without a name."""
        mask = None if self._named.all() else ~self._named
        return self._array.take(pa.array(self._first + 2, mask=mask))

    def texts(self, rows: Ints | None = None) -> pa.Array:
        """The words of all rows, or of `rows`."""
        return self._array.take(pa.array((self._first if rows is None else self._first[rows]) + 4))


class _Senders:
    """Names and account ids of the rows, worked out once for each different name."""

    def __init__(self, raw: pa.Array) -> None:
        encoded = raw.cast(pa.binary()).dictionary_encode()
        self._n = len(raw)
        distinct = [repaired(b) for b in encoded.dictionary.to_pylist()]
        people = [_person(name) for name in distinct]
        self._people = people
        self.event_names = [i for i, name in enumerate(distinct) if is_titled_event(name)]
        self.codes: npt.NDArray[np.int32] = np.asarray(encoded.indices.fill_null(-1))
        self.names = pa.array([p[0] for p in people], pa.string()).take(encoded.indices)
        ids = [p[1] for p in people]
        self.ids = pa.array(ids, pa.string()).take(encoded.indices) if any(ids) else pa.nulls(self._n, pa.string())

    def is_event_row(self) -> Bools:
        """Rows whose "name" is the beginning of an event."""
        return np.isin(self.codes, self.event_names)

    def code_of(self, name: str | None) -> int | None:
        """The code of the sender called `name`."""
        for code, person in enumerate(self._people):
            if name is not None and person[0] == name:
                return code
        return None


def _valid_utf8(w: Window) -> bool:
    whole = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, w.size], dtype=np.int32)), pa.py_buffer(w.data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


class WhatsAppTxt:
    """The reader (see the module)."""

    name = "whatsapp_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """By content only: header lines."""
        head = part.head()
        known = recognise_head(head.replace(b"\r", b"\n") if may_be(head) else head)
        return Evidence("whatsapp_header_lines") if known else None

    def is_metadata(self, part: Part) -> bool:
        """WhatsApp's export has no text parts beside the chat; contact cards are named by messages."""
        return part.head()[:64].lstrip(BOM).upper().startswith(b"BEGIN:VCARD")

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            fed = line_fed(part)
            chunks = _PartReader(source, fed or part, settings).chunks()
            yield from chunks if fed is None else map(as_written, chunks)


reader = WhatsAppTxt()
__all__ = ["Headers", "Orders", "WhatsAppTxt", "reader", "recognise_head", "thread_title"]
