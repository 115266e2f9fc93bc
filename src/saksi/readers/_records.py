"""From records, one by one, to chunks: the driver of readers that walk their part in Python.

A reader yields `Record`s in file order: rows, and spans of kind "container" or "problem". `read_records` does the rest:
a BOM as container, two passes where local dates must be ordered first, times with their basis, problems bounded in
number, chunks of at most CHUNK_ROWS rows. A row may have children (`Record.children`): they carry its span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from saksi.parts import CutMedium, Part, Source
from saksi.readers._lines import BrokenOff, encoding_of
from saksi.readers._stamps import Stamp, Stamps
from saksi.readers._whatsapp_dates import DAY_S
from saksi.readers._whatsapp_header import NO_MARK
from saksi.readers.base import NO_SPANS, Chunk, ReadSettings, Spans
from saksi.readers.whatsapp_txt import BACK_S, _ProblemLog
from saksi.table.schema import MESSAGE_SCHEMA, UTC_US
from saksi.times import local_seconds_to_utc_us, reading_zone

NAMED_MONTH: Final = Stamp(("name", 0, 4, NO_MARK), (2000, 1, 1, 0, 0, 0))
"""Stands for dates whose months are words: their order is no question, and one pass is enough."""

CHUNK_ROWS: Final = 8192
"""Rows kept as Python values at a time: some MiB at most of ordinary messages."""

CONTAINER: Final = "container"
PROBLEM: Final = "problem"
EMPTY: Final = {
    "span_start": np.empty(0, np.int64),
    "span_end": np.empty(0, np.int64),
    "kind": pa.array([], pa.string()),
}


@dataclass(slots=True)
class Record:
    """A row of the message table in the making, or a span that is none (kind CONTAINER or PROBLEM).

    stamp: local date and time, for the zone and the order to be applied; utc_us and basis: an instant that is known as it
    stands ("utc", "offset"). reasons: problems of this span. attachments: structs of the schema. named: numbers of parts
    that the row names.
    """

    start: int
    end: int
    kind: str
    text: str | None = None
    repair: str | None = None
    sender_name: str | None = None
    sender_id: str | None = None
    direction: str | None = None
    thread_id: str | None = None
    thread_title: str | None = None
    stamp: Stamp | None = None
    stamp_text: str | None = None
    utc_us: int | None = None
    basis: str | None = None
    reply_to: str | None = None
    forwarded_from: str | None = None
    revision_of: str | None = None
    duplicate_of: str | None = None
    attachments: list[dict[str, Any]] | None = None
    flags: list[str] | None = None
    reasons: tuple[str, ...] = ()
    named: frozenset[int] = frozenset()
    children: list[Record] = field(default_factory=list)


class Alone:
    """A reader whose export is the one file: no text part beside it belongs to it."""

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002 - the seam's name
        """Never."""
        return False


Walk = Callable[[Part], Iterator[Record]]
"""Gives the records of a part from its start; called twice where dates must be ordered."""

_COLUMNS: Final = (
    ("text", "text"), ("repair", "text_repair"), ("sender_name", "sender_name"), ("sender_id", "sender_id"),
    ("direction", "direction"), ("stamp_text", "sent_at_text"), ("reply_to", "reply_to"),
    ("forwarded_from", "forwarded_from"), ("revision_of", "revision_of"), ("duplicate_of", "duplicate_of"),
    ("attachments", "attachments"), ("flags", "flags"),
)  # fmt: skip


def container(start: int, end: int, *reasons: str) -> Record:
    """A span of headers, syntax or export metadata."""
    return Record(start, end, CONTAINER, reasons=reasons)


def unparsed(start: int, end: int, text: str | None, repair: str | None, *reasons: str) -> Record:
    """A row whose bytes are kept and not understood."""
    return Record(start, end, "unparsed", text, repair, reasons=reasons)


def read_records(
    source: Source,
    part: Part,
    settings: ReadSettings,
    platform: str,
    walk: Walk,
    *,
    title: str | None = None,
    dated: bool = True,
) -> Iterator[Chunk]:
    """The chunks of one part. dated: whether records may carry dates whose order must be found first (not those with
    months as words)."""
    yield from PartRecords(source, part, settings, platform, title).chunks(walk, dated=dated)


class PartRecords:
    """Makes chunks of one part's records; see `read_records`."""

    def __init__(
        self, source: Source, part: Part, settings: ReadSettings, platform: str, title: str | None = None
    ) -> None:
        self.part, self.settings = part, settings
        self.platform, self.title = platform, title
        self.thread_id = f"{source.digest[:16]}-{part.number}"
        self.zone = None if settings.zone is None else reading_zone(settings.zone)
        self.log = _ProblemLog(part.path)
        self.stamps = Stamps()
        self.last_s: int | None = None
        self.unknown_order = self.unknown_zone = False

    def chunks(self, walk: Walk, *, dated: bool) -> Iterator[Chunk]:
        """All chunks; problems of the whole part come with the last one."""
        if dated:
            try:
                for record in walk(self.part):
                    if record.stamp is not None:
                        self.stamps.note(record.stamp)
            except BrokenOff:
                pass
        else:
            self.stamps.note(NAMED_MONTH)
        orders = self.stamps.decide(self.settings.date_order)
        bom = encoding_of(self.part.head())[1]
        spans: list[Record] = [container(0, bom)] if bom else []
        rows = 0
        rest = NO_SPANS
        try:
            for record in walk(self.part):
                spans.append(record)
                rows += 1 + len(record.children)
                if rows >= CHUNK_ROWS:
                    yield self.chunk(spans)
                    spans, rows = [], 0
        except BrokenOff as e:
            rest = np.array([[e.at, self.part.size]], dtype=np.int64)
            self.log.add("truncated", e.at, self.part.size)
        yield self.chunk(spans)
        if orders.mixed:
            self.log.add("date_order_mixed")
        if self.unknown_order:
            self.log.add("date_order_ambiguous")
        if self.unknown_zone:
            self.log.add("zone_unknown")
        said = orders.said if dated else None
        yield Chunk(self.part, dict(EMPTY), problem_spans=rest, problems=self.log.close(), day_month_order=said)

    def chunk(self, records: list[Record]) -> Chunk:
        """These records as one chunk."""
        rows: list[Record] = []
        child: list[int] = []
        container_, problems = [], []
        for record in records:
            for reason in record.reasons:
                self.log.add(reason, record.start, record.end)
            if record.kind == CONTAINER:
                container_.append((record.start, record.end))
            elif record.kind == PROBLEM:
                problems.append((record.start, record.end))
            else:
                rows.append(record)
                child.append(0)
                for n, own in enumerate(record.children, 1):
                    own.start, own.end = record.start, record.end
                    rows.append(own)
                    child.append(n)
        numbers = np.array(child, dtype=np.int64)
        return Chunk(
            self.part,
            self._columns(rows, numbers),
            child=numbers if numbers.any() else None,
            container=_spans(container_),
            problem_spans=_spans(problems),
            problems=self.log.take(),
            named_parts=frozenset().union(*(r.named for r in rows)),
        )

    def _columns(self, rows: list[Record], child: Any) -> dict[str, Any]:
        columns: dict[str, Any] = {
            name: pa.array([getattr(r, own) for r in rows], MESSAGE_SCHEMA.field(name).type) for own, name in _COLUMNS
        }
        columns["span_start"] = np.array([r.start for r in rows], dtype=np.int64)
        columns["span_end"] = np.array([r.end for r in rows], dtype=np.int64)
        columns["kind"] = pa.array([r.kind for r in rows], pa.string())
        columns["platform"] = pa.array([self.platform] * len(rows), pa.string())
        columns["thread_id"] = pa.array([r.thread_id or self.thread_id for r in rows], pa.string())
        columns["thread_title"] = pa.array(
            [r.thread_title or (self.title if r.thread_id in (None, self.part.path) else None) for r in rows], pa.string()
        )
        columns["sent_at"], columns["sent_at_basis"] = self._times(rows, child)
        return columns

    def _times(self, rows: list[Record], child: Any) -> tuple[pa.Array, pa.Array]:
        """sent_at and its basis; steps back in time and unknown dates become problems."""
        sent: list[int | None] = [r.utc_us for r in rows]
        basis: list[str] = [r.basis or ("none" if r.utc_us is None else "utc") for r in rows]
        at = [i for i, r in enumerate(rows) if r.stamp is not None]
        if at:
            times = self.stamps.local([s for r in rows if (s := r.stamp) is not None])
            self.unknown_order |= bool(times.ambiguous.any())
            known = times.known.tolist()
            seconds = times.seconds.tolist()
            utc = (
                None
                if self.zone is None
                else local_seconds_to_utc_us(np.where(times.known, times.seconds, 0), self.zone).tolist()
            )
            for k, i in enumerate(at):
                if not known[k]:
                    if times.strange[k]:
                        self.log.add("unknown_locale", rows[i].start, rows[i].end)
                    continue
                basis[i] = "zone_unknown" if utc is None else "zone_given"
                sent[i] = None if utc is None else utc[k]
                self.unknown_zone |= utc is None
                if not child[i]:
                    self._step(rows[i], seconds[k])
        return pa.array(sent, pa.int64()).cast(UTC_US), pa.array(basis, pa.string())

    def _step(self, row: Record, seconds: int) -> None:
        """Say where a time lies before the row above; more than a day is a row out of order."""
        before, self.last_s = self.last_s, seconds
        if before is None or seconds - before >= -BACK_S:
            return
        far = seconds - before < -DAY_S
        self.log.add("header_out_of_order" if far else "time_backwards", row.start, row.end)


def cut_inside(part: Part, start: int, end: int) -> CutMedium | None:
    """The medium that a case cut out between two places of a part; None where it cut none."""
    return next((cut for (a, b), cut in part.cut_media.items() if start <= a and b <= end), None)


def _spans(pairs: list[tuple[int, int]]) -> Spans:
    return np.array(pairs, dtype=np.int64) if pairs else NO_SPANS
