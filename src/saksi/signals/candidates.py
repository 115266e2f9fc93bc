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
from saksi.table.schema import CANDIDATE_SCHEMA
from saksi.text import Folded, fold_batch
from saksi.text.bulk import Plain, fold_bulk
from saksi.text.normalise import evasion_view

Numbers = npt.NDArray[np.int64]
Span = tuple[int, int]
Spot = tuple[int, int, int, int]
"""Message number, start, end, rule number."""

SPANS_MAX: Final = 8
"""Marks of one rule in one message at most: a pasted list of a thousand equal lines says nothing more."""

CHUNK_BYTES: Final = 2 * 1024 * 1024
"""Text looked at at once: what the passes over it touch stays in the processor's cache."""

CHUNK_ROWS: Final = 32_768
"""Messages looked at at once; bounds the gate's memory to one byte for each of them and clause of the packs."""

SILENT_KINDS: Final = ("service", "deleted", "unparsed", "reaction")
"""Rows nobody wrote as a message (the app's own lines, gaps, stretches that could not be read): no marks."""


def candidates(batch: pa.RecordBatch, packs: Packs | None = None) -> pa.RecordBatch:
    """Candidate marks of a batch of messages (CANDIDATE_SCHEMA), in order of message, start, end, rule.

    In: columns message_id, seq, thread_id, text and kind (where there is one). packs: a user's own, else the program's.
    Spans are code points of the raw text.
    """
    loaded = packs if packs is not None else _own()
    found: list[Spot] = []
    for texts, rows in _chunks(batch):
        plain = fold_bulk(texts)
        here = _without_repeats(_spots(plain, texts, loaded), _evaded_spots(plain, texts, loaded))
        number = rows.tolist()
        found += [(number[i], start, end, rule) for i, start, end, rule in here]
    found.sort()
    return _as_batch(batch, found, loaded)


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


def _spots(plain: Plain, texts: pa.Array, loaded: Packs) -> list[Spot]:
    """What the rules find in the plain view, in code points of the raw texts."""
    found = list(_confirmed(plain, loaded))
    if not found:
        return []
    # A view as long as the raw text is the raw text, letter by letter. Only the other messages need the map.
    raw = np.asarray(pc.utf8_length(pc.fill_null(texts, "")))
    moved = (raw != np.diff(plain.starts) - 1).tolist()
    rows = np.unique(np.array([i for i, *_ in found if moved[i]], np.int64))
    return _mapped(found, fold_batch(texts.take(pa.array(rows)), rows))


def _evaded_spots(plain: Plain, texts: pa.Array, loaded: Packs) -> list[Spot]:
    """The same for the evasion view of the messages that have one."""
    rows = plain.evaded()
    if not len(rows):
        return []
    view = evasion_view(fold_batch(texts.take(pa.array(rows)), rows))
    found = _confirmed(Plain(np.frombuffer(view.data, np.uint8), view.starts), loaded)
    return _mapped([(int(view.rows[i]), start, end, rule) for i, start, end, rule in found], view)


def _mapped(found: list[Spot], view: Folded) -> list[Spot]:
    """Spans in code points of the raw text; messages that `view` does not hold are taken as they are."""
    place = {row: i for i, row in enumerate(view.rows.tolist())}
    return [
        (row, *view.raw_span(place[row], start, end), rule) if row in place else (row, start, end, rule)
        for row, start, end, rule in found
    ]


# -- confirming ---------------------------------------------------------------------------------------------------------------


def _confirmed(view: Plain, loaded: Packs) -> Iterator[Spot]:
    """(message, start, end, rule) of every match, in positions of the message's folded text; by rule, of one message by start."""
    may = iter(loaded.gate.messages(view))
    lines = view.data.tobytes().split(b"\n")
    for rule_number, rule in enumerate(loaded.rules):
        by_message: dict[int, list[tuple[re.Pattern[bytes], list[Span]]]] = defaultdict(list)
        for pattern, messages in zip(rule.patterns, may, strict=False):
            if len(messages):
                for number, spans in _found(pattern.expression, lines, messages).items():
                    by_message[number].append((pattern.expression, spans))
        for number, found in by_message.items():
            if _holds(rule, lines[number]):
                spans = found[0][1] if len(found) == 1 else _leftmost([e for e, _ in found], lines[number])
                for start, end in spans[:SPANS_MAX]:
                    yield number, start, end, rule_number


def _found(expression: re.Pattern[bytes], lines: Sequence[bytes], messages: Numbers) -> dict[int, list[Span]]:
    """Message -> spans of one pattern, in one pass over the messages that may hold it: no pattern crosses a line feed."""
    numbers = messages.tolist()
    some = [lines[number] for number in numbers]
    found = [m.span() for m in expression.finditer(b"\n".join(some))]
    spans: dict[int, list[Span]] = {}
    if found:
        begins = np.cumsum([0] + [len(line) + 1 for line in some[:-1]])
        places = np.searchsorted(begins, [start for start, _ in found], side="right") - 1
        for (start, end), place, begin in zip(found, places.tolist(), begins[places].tolist(), strict=True):
            spans.setdefault(numbers[place], []).append((start - begin, end - begin))
    return spans


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


def _without_repeats(plain: list[Spot], evaded: list[Spot]) -> list[Spot]:
    """Of spans of one rule in one message that overlap in the two views, the plain view's stays."""
    rows = {row for row, *_ in evaded}
    kept: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for row, start, end, rule in plain:
        if row in rows:
            kept[(row, rule)].append((start, end))
    more = []
    for row, start, end, rule in evaded:
        spans = kept[(row, rule)]
        if len(spans) < SPANS_MAX and all(end <= s or start >= e for s, e in spans):
            spans.append((start, end))
            more.append((row, start, end, rule))
    return plain + more


def _as_batch(batch: pa.RecordBatch, found: list[Spot], loaded: Packs) -> pa.RecordBatch:
    rows = pa.array([f[0] for f in found], pa.int64())
    rules = [loaded.rules[f[3]] for f in found]
    columns = [
        batch.column("message_id").take(rows), batch.column("seq").take(rows), batch.column("thread_id").take(rows),
        pa.array([r.signal for r in rules], pa.string()), pa.array([f[1] for f in found], pa.int32()),
        pa.array([f[2] for f in found], pa.int32()), pa.array([r.id for r in rules], pa.string()),
        pa.array([r.entry.version for r in rules], pa.int32()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CANDIDATE_SCHEMA)


def rule_matches(rule: Rule, text: str) -> bool:
    """Whether one rule matches one text, in either view. For the linter and for authors of packs."""
    plain = fold_batch(pa.array([text], pa.large_string()))
    views = (plain, evasion_view(plain))
    return any(
        _holds(rule, message) and any(p.expression.search(message) for p in rule.patterns)
        for message in (view.message(0) for view in views if len(view))
    )
