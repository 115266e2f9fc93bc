"""Candidate marks: which rules match which messages, one message at a time. Pure.

1. Fold a portion of the batch (saksi.text): the plain view, and the evasion view of the messages where it differs.
2. Find the messages that each pattern may match, by words (saksi.signals.gate).
3. Confirm them with Python `re` on their folded text: exact spans, `needs`, `unless`.
4. Map spans back to code points of the raw text.

Steps 1 and 2 look at every message and are vectorised; steps 3 and 4 only at the messages that step 2 leaves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.signals.rules import Packs, Rule, packs
from saksi.signals.taxonomy import JOKE, REPORTED
from saksi.table.repeats import ROW, distinct
from saksi.table.schema import CANDIDATE_SCHEMA
from saksi.text import fold_batch
from saksi.text.bulk import Plain, fold_bulk
from saksi.text.normalise import evasion_view

Numbers = npt.NDArray[np.int64]
Spots = npt.NDArray[np.int64]
"""Shape (n, 4): message number, start, end, rule number."""
Span = tuple[int, int]

SPANS_MAX: Final = 8
"""Marks of one rule in one message at most: a pasted list of a thousand equal lines says nothing more."""

CHUNK_BYTES: Final = 2 * 1024 * 1024
"""Text looked at at once: what the passes over it touch stays in the processor's cache."""

CHUNK_ROWS: Final = 32_768
"""Messages looked at at once; bounds the gate's memory to one byte for each of them and clause of the packs."""

HEARING: Final = (REPORTED, JOKE)
"""Signals that are no marks: they say how the marks of the same message are meant."""

SILENT_KINDS: Final = ("service", "deleted", "unparsed", "reaction")
"""Rows nobody wrote as a message (the app's own lines, gaps, stretches that could not be read): no marks."""

LOOKED_AT: Final = ("text", "kind")
"""What candidates depend on."""

FOUND_SCHEMA: Final = pa.schema(
    [(ROW, pa.int32()), *(CANDIDATE_SCHEMA.field(n) for n in ("signal", "start", "end", "rule", "version"))]
)


def candidates(batch: pa.RecordBatch, packs: Packs | None = None) -> pa.RecordBatch:
    """Candidate marks of a batch of messages (CANDIDATE_SCHEMA), in order of message, start, end, rule.

    In: columns message_id, seq, thread_id, text and kind (where there is one). packs: a user's own, else the program's.
    Spans are code points of the raw text.
    """
    once = distinct(batch, [name for name in LOOKED_AT if name in batch.schema.names])
    return once.attach(candidates_said(once.of(batch), packs), batch, CANDIDATE_SCHEMA)


def candidates_said(said: pa.RecordBatch, packs: Packs | None = None) -> pa.RecordBatch:
    """The same of texts and kinds alone (LOOKED_AT): FOUND_SCHEMA, whose `row` is the row of `said`."""
    loaded = packs if packs is not None else _own()
    found: list[Spots] = [np.zeros((0, 4), np.int64)]
    for texts, rows in _chunks(said):
        plain = _PlainView(texts, loaded)
        evaded = _EvasionView(plain, loaded)
        marks = _without_repeats(plain.spots(), evaded.spots())
        # Cues say how the marks of the same message are meant. In the many messages without any they say nothing.
        marked = np.unique(marks[:, 0])
        cues = _without_repeats(plain.spots(marked), evaded.spots(marked))
        here = np.concatenate([marks, cues])
        here[:, 0] = rows[here[:, 0]]
        found.append(here)
    spots = np.concatenate(found)
    return _as_batch(spots[np.lexsort(spots.T[[3, 2, 1, 0]])], loaded)


def _own() -> Packs:
    return packs()


def _chunks(batch: pa.RecordBatch) -> Iterator[tuple[pa.Array, Numbers]]:
    """Texts that somebody wrote, with their row numbers, in portions of bounded size."""
    texts = batch.column("text")
    wanted = pc.greater(pc.fill_null(pc.binary_length(texts), 0), 0)
    if "kind" in batch.schema.names:
        silent = pc.is_in(batch.column("kind"), value_set=pa.array(SILENT_KINDS))
        wanted = pc.and_(wanted, pc.invert(silent))
    rows = np.flatnonzero(np.asarray(wanted))
    if not len(rows):
        return
    held = texts if len(rows) == len(texts) else texts.take(pa.array(rows))
    sizes = np.cumsum(np.asarray(pc.binary_length(held)).astype(np.int64))
    cuts = np.searchsorted(sizes, np.arange(CHUNK_BYTES, int(sizes[-1]), CHUNK_BYTES), side="right")
    edges = np.unique(np.concatenate([np.arange(0, len(rows), CHUNK_ROWS), cuts, [len(rows)]])).tolist()
    for start, end in pairwise(edges):
        yield held.slice(start, end - start), rows[start:end]


# -- both views ---------------------------------------------------------------------------------------------------------------


class _PlainView:
    """What the rules find in the plain view, in code points of the raw texts."""

    def __init__(self, texts: pa.Array, loaded: Packs) -> None:
        self.texts = texts
        self.folded = fold_bulk(texts)
        self._confirmer = _Confirmer(self.folded, loaded)
        # A view as long as the raw text is the raw text, letter by letter. Only the other messages need the map.
        raw = np.asarray(pc.utf8_length(pc.fill_null(texts, "")))
        self._moved = raw != np.diff(self.folded.starts) - 1

    def spots(self, cues_of: Numbers | None = None) -> Spots:
        """Rules that become marks; with `cues_of` the cues of these messages."""
        found = self._confirmer.spots(cues_of)
        moved = self._moved[found[:, 0]]
        rows = np.unique(found[moved, 0])
        if len(rows):
            view = fold_batch(self.texts.take(pa.array(rows)), rows)
            at = np.searchsorted(rows, found[moved, 0])
            found[moved, 1:3] = np.stack(view.raw_spans(at, found[moved, 1], found[moved, 2]), axis=1)
        return found


class _EvasionView:
    """The same for the evasion view of the messages that have one."""

    def __init__(self, plain: _PlainView, loaded: Packs) -> None:
        rows = plain.folded.evaded()
        self._view = evasion_view(fold_batch(plain.texts.take(pa.array(rows)), rows)) if len(rows) else None
        if self._view is not None:
            self._confirmer = _Confirmer(Plain(np.frombuffer(self._view.data, np.uint8), self._view.starts), loaded)

    def spots(self, cues_of: Numbers | None = None) -> Spots:
        """As of the plain view."""
        view = self._view
        if view is None:
            return np.zeros((0, 4), np.int64)
        found = self._confirmer.spots(None if cues_of is None else np.flatnonzero(np.isin(view.rows, cues_of)))
        start, end = view.raw_spans(found[:, 0], found[:, 1], found[:, 2])
        return np.stack([view.rows[found[:, 0]], start, end, found[:, 3]], axis=1)


# -- confirming ---------------------------------------------------------------------------------------------------------------


class _Confirmer:
    """Matches of the rules in one view, in positions of the message's folded text."""

    def __init__(self, view: Plain, loaded: Packs) -> None:
        self._rules = loaded.rules
        self._may = loaded.gate.messages(view)
        self._lines = view.data.tobytes().split(b"\n")
        self._sizes = np.diff(view.starts)

    def spots(self, cues_of: Numbers | None) -> Spots:
        """By rule, of one rule and message by start. cues_of: None for the rules that become marks, else the cues of these."""
        may = iter(self._may)
        parts: list[Spots] = [np.zeros((0, 4), np.int64)]
        for number, rule in enumerate(self._rules):
            hits = []
            for pattern, messages in zip(rule.patterns, may, strict=False):
                if (rule.signal in HEARING) != (cues_of is not None):
                    continue
                asked = messages if cues_of is None else messages[np.isin(messages, cues_of)]
                if len(asked) and len(found := _found(pattern.expression, self._lines, self._sizes, asked)):
                    hits.append((pattern.expression, found))
            if hits:
                found = _of_rule(rule, hits, self._lines)
                parts.append(np.column_stack([found, np.full(len(found), number, np.int64)]))
        return np.concatenate(parts)


def _found(expression: re.Pattern[bytes], lines: Sequence[bytes], sizes: Numbers, messages: Numbers) -> Numbers:
    """(message, start, end) of one pattern, in one pass over the messages that it may match: none crosses a line feed."""
    joined = b"\n".join([lines[number] for number in messages.tolist()])
    flat = [place for match in expression.finditer(joined) for place in match.span()]
    spans = np.array(flat, np.int64).reshape(-1, 2)
    ends = np.cumsum(sizes[messages])
    at = np.searchsorted(ends, spans[:, 0], side="right")
    begins = ends - sizes[messages]
    return np.column_stack([messages[at], spans - begins[at, None]])


def _of_rule(rule: Rule, hits: list[tuple[re.Pattern[bytes], Numbers]], lines: Sequence[bytes]) -> Numbers:
    """(message, start, end) of a rule, from what its patterns found alone."""
    found = np.concatenate([rows for _, rows in hits])
    messages, counts = np.unique(np.concatenate([np.unique(rows[:, 0]) for _, rows in hits]), return_counts=True)
    if rule.need is not None or rule.veto is not None:
        held = np.array([_holds(rule, lines[number]) for number in messages.tolist()], bool)
        messages, counts = messages[held], counts[held]
    several = messages[counts > 1].tolist()
    found = found[np.isin(found[:, 0], messages[counts == 1])]
    begins = np.flatnonzero(np.diff(found[:, 0], prepend=-1))  # one message's rows stand together: one pattern found them
    rank = np.arange(len(found)) - np.repeat(begins, np.diff(begins, append=len(found)))
    expressions = [expression for expression, _ in hits]
    more = [(n, *span) for n in several for span in _leftmost(expressions, lines[n])]
    return np.concatenate([found[rank < SPANS_MAX], np.array(more, np.int64).reshape(-1, 3)])


def _leftmost(expressions: Sequence[re.Pattern[bytes]], message: bytes) -> list[Span]:
    """Spans as one expression `a|b|c` would find them: leftmost, of two that begin together the one written first."""
    live = [(e, m) for e in expressions if (m := e.search(message)) is not None]
    spans: list[Span] = []
    while live and len(spans) < SPANS_MAX:
        span = min((m for _, m in live), key=lambda m: m.start()).span()  # min keeps the first of equals
        spans.append(span)
        again = [(e, m if m.start() >= span[1] else e.search(message, span[1])) for e, m in live]
        live = [(e, m) for e, m in again if m is not None]
    return spans


def _holds(rule: Rule, message: bytes) -> bool:
    """Whether a message that a pattern matches also has what the rule needs and nothing that vetoes it."""
    return not (
        (rule.need is not None and not rule.need.search(message))
        or (rule.veto is not None and rule.veto.search(message))
    )


def _without_repeats(plain: Spots, evaded: Spots) -> Spots:
    """Of spans of one rule in one message that overlap in the two views, the plain view's stays."""
    if not len(evaded):
        return plain
    kept: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for row, start, end, rule in plain[np.isin(plain[:, 0], evaded[:, 0])].tolist():
        kept[(row, rule)].append((start, end))
    more = []
    for row, start, end, rule in evaded.tolist():
        spans = kept[(row, rule)]
        if len(spans) < SPANS_MAX and all(end <= s or start >= e for s, e in spans):
            spans.append((start, end))
            more.append((row, start, end, rule))
    return np.concatenate([plain, np.array(more, np.int64).reshape(-1, 4)])


def _as_batch(found: Spots, loaded: Packs) -> pa.RecordBatch:
    rule, rules = pa.array(found[:, 3]), loaded.rules
    columns = [
        pa.array(found[:, 0].astype(np.int32)), pa.array([r.signal for r in rules], pa.string()).take(rule),
        pa.array(found[:, 1].astype(np.int32)), pa.array(found[:, 2].astype(np.int32)),
        pa.array([r.id for r in rules], pa.string()).take(rule),
        pa.array([r.entry.version for r in rules], pa.int32()).take(rule),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FOUND_SCHEMA)


def rule_matches(rule: Rule, text: str) -> bool:
    """Whether one rule matches one text, in either view. For the linter and for authors of packs."""
    plain = fold_batch(pa.array([text], pa.large_string()))
    views = (plain, evasion_view(plain))
    return any(
        _holds(rule, message) and any(p.expression.search(message) for p in rule.patterns)
        for message in (view.message(0) for view in views if len(view))
    )
