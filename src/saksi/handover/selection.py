"""A part of a case as if it were all there is: `SelectedView` shows chosen exhibits and threads and nothing else.

Rules, in order:
1. Nothing of an exhibit that was not chosen: no row, digest, name, title; a pointer to it (`duplicate_of`) becomes null.
2. Of a chosen exhibit with chosen threads: rows, marks, phases, identifiers, parts, left-out media of those threads only.
3. Persons, owner and accounts at risk are told only where one of their accounts writes in what was chosen.
4. Where a case kept media (`build --media seal`), pictures inside texts are filled with "*", of the same length: what a case may
   keep by a recorded statement is not what it may pass on (media_in: digests of such exhibits; empty for the police).
5. The case's code is made of its sources' digests, so that a part of a case carries one made of the random case id instead.

Everything that leaves a case as tables, documents or a graph is made from this view, so that one test of it holds for all.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi import signals
from saksi.case.model import CaseView, Decision, LeftOut, Person, SourceView, ThreadView
from saksi.embedded import media_spans
from saksi.errors import UsageError
from saksi.findings import ThreadKey, chosen_rows
from saksi.signals.senders import AtRisk

MEDIUM_IN_TEXT_BYTES: Final = 512
"""Texts shorter than this hold no picture that shows anything (`saksi.embedded` looks for longer ones still)."""


def filled_media(text: str, *, repaired: bool) -> str:
    """The text with pictures in it filled with "*", code point for code point. repaired: its bytes were no text to begin with,
    and nobody can tell what they hold: all of it is filled."""
    if repaired:
        return "*" * len(text)
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    spans = media_spans(lambda: io.BytesIO(bytes(data)), len(data))
    for start, length in spans:
        width = len(bytes(data[start : start + length]).decode("utf-8", "replace"))
        data[start : start + length] = b"*" * width + b"\xff" * (length - width)
    return data.replace(b"\xff", b"").decode("utf-8", "surrogatepass") if spans else text


@dataclass(frozen=True)
class Selection:
    """exhibits: labels in order of intake. threads: ids or titles as told, None: all of the chosen exhibits."""

    exhibits: tuple[str, ...]
    threads: tuple[str, ...] | None = None


def choose(view: CaseView, exhibits: Sequence[str], threads: Sequence[str]) -> Selection:
    """What was asked for, checked against the case; nothing told: everything. Raises UsageError."""
    known = [s.label for s in view.sources]
    for told in exhibits:
        if told not in known:
            raise UsageError("exhibit_not_in_case", known=", ".join(known[:20]))
    wanted = tuple(label for label in known if not exhibits or label in exhibits)
    digests = {_digest(s) for s in view.sources if s.label in wanted}
    names = {n for t in view.threads if t.source_digest in digests for n in (t.thread_id, t.title)}
    for position, told in enumerate(threads, 1):
        if told not in names:
            raise UsageError("thread_not_found", position=position)
    return Selection(wanted, tuple(threads) or None)


def _digest(source: SourceView) -> str:
    return str(source.account["source"]["digest"])


@dataclass
class _Met:
    """What a pass over the chosen rows met."""

    accounts: set[tuple[str | None, str | None]] = field(default_factory=set)
    parts: set[tuple[str, str | None]] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    media_names: set[str] = field(default_factory=set)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    bases: dict[str, Counter[str]] = field(default_factory=dict)


class SelectedView:
    """See the module's text and `saksi.case.model.CaseView`."""

    log_head = ""
    log_size = 0

    def __init__(
        self, view: CaseView, selection: Selection, code: str | None = None, media_in: frozenset[str] = frozenset()
    ) -> None:
        self._view = view
        self.media_in = media_in
        self.selection = selection
        self.version = view.version
        self.zone = view.zone
        self.code = code or view.code
        self._sources = [s for s in view.sources if s.label in selection.exhibits]
        self.digests: Mapping[str, str] = {_digest(s): s.label for s in self._sources}
        self._digest_values = pa.array(list(self.digests), pa.string())
        self._prefixes = {d[:16] for d in self.digests}

    @cached_property
    def threads(self) -> Sequence[ThreadView]:
        """The chosen threads."""
        told = self.selection.threads
        return [
            t for t in self._view.threads
            if t.source_digest in self.digests and (told is None or t.thread_id in told or t.title in told)
        ]  # fmt: skip

    @cached_property
    def _thread_keys(self) -> set[ThreadKey]:
        return {(t.source_digest, t.thread_id) for t in self.threads}

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The chosen rows."""
        asked = None if columns is None else list(columns)
        also = ["source_digest", "thread_id", "thread_title", *(["text_repair"] if asked and "text" in asked else [])]
        needed = None if asked is None else list(dict.fromkeys([*asked, *also]))
        for batch in self._view.batches(needed):
            kept = batch.filter(pc.is_in(batch.column("source_digest"), value_set=self._digest_values))
            kept = chosen_rows(kept, self.selection.threads)
            if "duplicate_of" in kept.schema.names:
                kept = self._inside(kept)
            if self.media_in and kept.num_rows and "text" in kept.schema.names:
                kept = self._without_media(kept)
            if kept.num_rows:
                yield kept if asked is None else kept.select(asked)

    def _without_media(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Rule 4: long texts of exhibits that were kept with their media, looked through for pictures again."""
        text = batch.column("text")
        long = pc.and_(
            pc.greater_equal(pc.fill_null(pc.binary_length(text), 0), MEDIUM_IN_TEXT_BYTES),
            pc.is_in(batch.column("source_digest"), value_set=pa.array(sorted(self.media_in), pa.string())),
        )
        places = [i for i, found in enumerate(long.to_pylist()) if found]
        if not places:
            return batch
        texts, repairs = text.to_pylist(), batch.column("text_repair")
        for i in places:
            texts[i] = filled_media(texts[i], repaired=repairs[i].as_py() is not None)
        return batch.set_column(batch.schema.get_field_index("text"), batch.schema.field("text"), pa.array(texts, pa.string()))

    def _inside(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Rule 1: rows that repeat a row of an exhibit or thread that was not chosen point nowhere."""
        column = batch.column("duplicate_of")
        if column.null_count == len(column):
            return batch
        kept = pa.nulls(len(column), pa.string())
        if self.selection.threads is None:
            known = pa.array(sorted(self._prefixes), pa.string())
            kept = pc.if_else(pc.is_in(pc.utf8_slice_codeunits(column, 0, 16), value_set=known), column, kept)
        return batch.set_column(batch.schema.get_field_index("duplicate_of"), "duplicate_of", kept)

    @cached_property
    def met(self) -> _Met:
        """One pass over the chosen rows."""
        found = _Met()
        keys = ["source_digest", "source_part", "sender_id", "sender_name", "kind", "sent_at_basis"]
        for batch in self.batches((*keys, "attachments")):
            grouped = pa.table(batch.select(keys)).group_by(keys).aggregate([([], "count_all")])
            for row in grouped.to_pylist():
                digest, n = row["source_digest"], row["count_all"]
                found.accounts.add((row["sender_id"], row["sender_name"]))
                found.parts.add((digest, row["source_part"]))
                found.kinds.setdefault(digest, Counter())[row["kind"]] += n
                found.bases.setdefault(digest, Counter())[row["sent_at_basis"]] += n
            if self.selection.threads is not None:
                flat = pc.list_flatten(batch.column("attachments"))
                found.media |= {d for d in pc.struct_field(flat, "digest").to_pylist() if d}
                found.media_names |= {n for n in pc.struct_field(flat, "name").to_pylist() if n}
        return found

    def _holds(self, name: str) -> bool:
        told = AtRisk((name,))
        return any(told.holds(i, n) for i, n in self.met.accounts)

    @cached_property
    def sources(self) -> Sequence[SourceView]:
        """The chosen exhibits, their accounts cut to what was chosen."""
        if self.selection.threads is None:
            return self._sources
        return [replace(s, account=self._account(s), left_out=self._left_out(s)) for s in self._sources]

    def _left_out(self, source: SourceView) -> Sequence[LeftOut]:
        met = self.met
        return [
            m for m in source.left_out
            if m.digest in met.media or (m.part is not None and any(m.part.endswith(n) for n in met.media_names))
        ]  # fmt: skip

    def _account(self, source: SourceView) -> Mapping[str, Any]:
        """`read --json` of the exhibit, about the chosen threads only; byte counts are the whole part's and are left out."""
        digest, account, met = _digest(source), source.account, self.met
        keys = {t.thread_id for t in self.threads if t.source_digest == digest}
        left = {m.part for m in self._left_out(source)}
        kinds = met.kinds.get(digest, Counter())
        return {
            **{k: v for k, v in account.items() if k in ("source", "reader", "sealed_as")},
            "records": kinds.total(),
            "by_kind": dict(sorted(kinds.items())),
            "threads": [t for t in account.get("threads", ()) if t.get("thread_id") in keys],
            "bytes": {"total": 0, "messages": 0, "container": 0, "problems": 0},
            "parts": [
                p for p in account.get("parts", ()) if (digest, p["part"]) in met.parts or p["part"] in left
            ],
            "time": {**account.get("time", {}), "basis": dict(sorted(met.bases.get(digest, Counter()).items()))},
            "problems": [p for p in account.get("problems", ()) if (digest, p["part"]) in met.parts],
        }  # fmt: skip

    def _of_threads(self, table: pa.Table) -> pa.Table:
        """Rows (source_digest, thread_id) of chosen threads."""
        table = table.filter(pc.is_in(table.column("source_digest"), value_set=self._digest_values))
        if self.selection.threads is None or not table.num_rows:
            return table
        pairs = zip(table.column("source_digest").to_pylist(), table.column("thread_id").to_pylist(), strict=True)
        return table.filter(pa.array([pair in self._thread_keys for pair in pairs], pa.bool_()))

    @cached_property
    def marks(self) -> pa.Table:
        """Marks of the chosen threads."""
        return self._of_threads(self._view.marks)

    @cached_property
    def identifiers(self) -> pa.Table:
        """Identifiers of the chosen threads."""
        return self._of_threads(self._view.identifiers)

    @cached_property
    def phases(self) -> pa.Table:
        """Phases of the chosen threads; one that reaches into another thread is left out."""
        table = self._view.phases
        table = table.filter(pc.is_in(table.column("source_digest"), value_set=self._digest_values))
        if self.selection.threads is None or not table.num_rows:
            return table
        rows = zip(table.column("source_digest").to_pylist(), table.column("thread_ids").to_pylist(), strict=True)
        inside = [all((digest, i) in self._thread_keys for i in ids or [None]) for digest, ids in rows]
        return table.filter(pa.array(inside, pa.bool_()))

    @cached_property
    def problems(self) -> pa.Table:
        """Problems of the chosen exhibits; with chosen threads, of the parts they are in."""
        table = self._view.problems
        table = table.filter(pc.is_in(table.column("source_digest"), value_set=self._digest_values))
        if self.selection.threads is None or not table.num_rows:
            return table
        rows = zip(table.column("source_digest").to_pylist(), table.column("source_part").to_pylist(), strict=True)
        return table.filter(pa.array([key in self.met.parts for key in rows], pa.bool_()))

    @cached_property
    def decisions(self) -> Mapping[str, Decision]:
        """Decisions on the marks that are shown."""
        there = set(self.marks.column("mark_id").to_pylist())
        return {m: d for m, d in self._view.decisions.items() if m in there}

    @cached_property
    def owner(self) -> str | None:
        """Rule 3."""
        told = self._view.owner
        return told if told is not None and self._holds(told) else None

    @cached_property
    def at_risk(self) -> Sequence[str]:
        """Rule 3."""
        return tuple(name for name in self._view.at_risk if self._holds(name))

    @property
    def at_risk_basis(self) -> str:
        """As in the case; unknown where nobody at risk writes in what was chosen."""
        return self._view.at_risk_basis if self.at_risk else "unknown"

    @cached_property
    def people(self) -> Sequence[Person]:
        """Rule 3."""
        there = {a for pair in self.met.accounts for a in pair if a is not None}
        found = [replace(p, accounts=tuple(a for a in p.accounts if a in there)) for p in self._view.people]
        return [p for p in found if p.accounts]

    @cached_property
    def crisis(self) -> bool:
        """Whether great distress is marked in what was chosen."""
        return self._view.crisis and signals.crisis(self.marks)

    @property
    def sealed_at_us(self) -> int:
        """When the last of the chosen exhibits was sealed."""
        return max((s.sealed_at_us for s in self._sources), default=0)
