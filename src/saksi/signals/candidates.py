"""Candidate marks: which rules match which messages, one message at a time. Pure; the same rows from both engines.

1. Fold the batch (saksi.text): the plain view, and the evasion view of the messages where it differs.
2. Find (message, rule) pairs that may match. Bulk: one hyperscan scan over the whole folded batch. Small batches, and
   machines without hyperscan: words of the batch are looked up among the rules' anchors.
3. Confirm each pair with Python `re` on the message's folded text: exact spans, `needs`, `unless`.
4. Map spans back to code points of the raw text.

Steps 3 and 4 are common, and both engines of step 2 give at least every pair that step 3 confirms: equal rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.signals.rules import Packs, Rule, packs
from saksi.table.schema import CANDIDATE_SCHEMA
from saksi.text import Folded, fold_batch
from saksi.text.normalise import evasion_view

try:
    import hyperscan
except ImportError:  # no wheel for this machine: the other engine gives the same rows
    hyperscan = None  # type: ignore[assignment,unused-ignore]

Pairs = dict[int, set[int]]
"""Message number -> rule numbers that may match."""

BULK_BYTES: Final = 24_000_000
"""Folded bytes seen by this process from which compiling the hyperscan database (seconds, once a process) is worth it."""

SPANS_MAX: Final = 8
"""Marks of one rule in one message at most: a pasted list of a thousand equal lines says nothing more."""

CHUNK_BYTES: Final = 32 * 1024 * 1024
"""Text folded at once; bounds memory to some 20 times this."""

SILENT_KINDS: Final = ("service", "deleted", "unparsed", "reaction")
"""Rows nobody wrote as a message (the app's own lines, gaps, stretches that could not be read): no marks."""


def candidates(batch: pa.RecordBatch, packs: Packs | None = None, engine: str | None = None) -> pa.RecordBatch:
    """Candidate marks of a batch of messages (CANDIDATE_SCHEMA), in order of message, start, rule.

    In: columns message_id, seq, thread_id, text and kind (where there is one). packs: a user's own, else the program's.
    engine: "hyperscan" or "words" to force one (tests); None chooses by size. Spans are code points of the raw text.
    """
    return _rows(batch, packs if packs is not None else _own(), engine)


def _own() -> Packs:
    return packs()


def _rows(batch: pa.RecordBatch, loaded: Packs, engine: str | None) -> pa.RecordBatch:
    found: list[tuple[int, int, int, int]] = []  # row, start, end, rule number
    for texts, rows in _chunks(batch):
        plain = fold_batch(texts, rows)
        for view in (plain, evasion_view(plain)):
            found.extend(_confirmed(view, loaded, _pairs(view, loaded, engine, len(plain.data))))
    found = _without_repeats(found)
    found.sort(key=lambda f: (f[0], f[1], f[2], f[3]))
    return _as_batch(batch, found, loaded)


def _chunks(batch: pa.RecordBatch) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64]]]:
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
    edges = np.unique(np.concatenate([[0], cuts, [len(rows)]])).tolist()
    for start, end in pairwise(edges):
        yield held.slice(start, end - start), rows[start:end]


def _pairs(view: Folded, loaded: Packs, engine: str | None, size: int) -> Pairs:
    if not len(view) or not loaded.rules:
        return {}
    _SEEN[loaded.digest] += size
    bulk = hyperscan is not None and _SEEN[loaded.digest] >= BULK_BYTES
    if engine == "hyperscan" or (engine is None and bulk):
        return _scan(view, loaded)
    return _lookup(view, loaded)


# -- engine 1: hyperscan ---------------------------------------------------------------------------------------------------

_READY: dict[str, Any] = {}
_SEEN: dict[str, int] = defaultdict(int)
"""Folded bytes seen so far, by digest of the packs: chooses the engine, never the answer."""


def _database(loaded: Packs) -> Any:
    """The compiled database, kept for the process. One expression a rule, its number as id."""
    if loaded.digest not in _READY:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[rule.expression.encode("ascii") for rule in loaded.rules],
            ids=list(range(len(loaded.rules))), elements=len(loaded.rules), flags=[0] * len(loaded.rules),
        )
        _READY[loaded.digest] = (database, hyperscan.Scratch(database))
    return _READY[loaded.digest]


def _scan(view: Folded, loaded: Packs) -> Pairs:
    database, scratch = _database(loaded)
    rules: list[int] = []
    ends: list[int] = []

    def on_match(rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
        rules.append(rule)
        ends.append(end)

    database.scan(view.data, match_event_handler=on_match, scratch=scratch)
    pairs: Pairs = defaultdict(set)
    if ends:
        messages = view.messages_at(np.asarray(ends, np.int64))
        for pair in np.unique(messages * len(loaded.rules) + np.asarray(rules, np.int64)).tolist():
            pairs[pair // len(loaded.rules)].add(pair % len(loaded.rules))
    return pairs


# -- engine 2: words --------------------------------------------------------------------------------------------------------

_WORDS: Final = re.compile(rb"[a-z0-9]+")


class _Clauses:
    """The clauses of all patterns as bits of one number, and which patterns a word may begin to fulfil."""

    def __init__(self, loaded: Packs) -> None:
        self.needed: list[int] = []  # pattern -> bits of its clauses
        self.rule: list[int] = []  # pattern -> rule
        self.always: set[int] = set()  # rules with a pattern that has no clause
        bits: dict[frozenset[str], int] = {}
        first: dict[frozenset[str], set[int]] = defaultdict(set)
        for number, rule in enumerate(loaded.rules):
            for pattern in rule.patterns:
                if not pattern.clauses:
                    self.always.add(number)
                    continue
                first[pattern.clauses[0]].add(len(self.rule))
                self.rule.append(number)
                self.needed.append(sum(1 << bits.setdefault(clause, len(bits)) for clause in pattern.clauses))
        self.exact: dict[bytes, tuple[int, set[int]]] = {}
        self.beginnings: dict[bytes, tuple[int, set[int]]] = {}
        for clause, bit in bits.items():
            for anchor in clause:
                table = self.beginnings if anchor.endswith("*") else self.exact
                word = anchor.rstrip("*").encode("ascii")
                mask, patterns = table.get(word, (0, set()))
                table[word] = (mask | 1 << bit, patterns | first[clause])
        self.lengths = sorted({len(b) for b in self.beginnings})

    def of(self, word: bytes) -> tuple[int, frozenset[int]]:
        """Bits of the clauses a word fulfils, and the patterns whose rarest clause is among them."""
        mask, patterns = self.exact.get(word, (0, set()))
        for length in self.lengths:
            if length > len(word):
                break
            more = self.beginnings.get(word[:length])
            if more is not None:
                mask, patterns = mask | more[0], patterns | more[1]
        return mask, frozenset(patterns)


_CLAUSES: dict[str, _Clauses] = {}


def _lookup(view: Folded, loaded: Packs) -> Pairs:
    clauses = _CLAUSES.get(loaded.digest)
    if clauses is None:
        clauses = _CLAUSES[loaded.digest] = _Clauses(loaded)
    known: dict[bytes, tuple[int, frozenset[int]]] = {}
    needed, rule_of = clauses.needed, clauses.rule
    pairs: Pairs = {}
    for number, message in enumerate(view.data.split(b"\n")[:-1]):
        held = 0
        patterns: set[int] = set()
        for word in _WORDS.findall(message):
            hit = known.get(word)
            if hit is None:
                hit = known[word] = clauses.of(word)
            if hit[0]:
                held |= hit[0]
                if hit[1]:
                    patterns |= hit[1]
        rules = {rule_of[p] for p in patterns if held & needed[p] == needed[p]} | clauses.always
        if rules:
            pairs[number] = rules
    return pairs


# -- both -------------------------------------------------------------------------------------------------------------------


def _holds(rule: Rule, message: bytes) -> bool:
    """Whether a message that a pattern matches also has what the rule needs and nothing that vetoes it."""
    return not (
        (rule.need is not None and not rule.need.search(message))
        or (rule.veto is not None and rule.veto.search(message))
    )


def _confirmed(view: Folded, loaded: Packs, pairs: Pairs) -> Iterator[tuple[int, int, int, int]]:
    for number in sorted(pairs):
        message = view.message(number)
        row = int(view.rows[number])
        for rule_number in sorted(pairs[number]):
            rule = loaded.rules[rule_number]
            for count, match in enumerate(rule.regex.finditer(message)):
                if count == SPANS_MAX or (count == 0 and not _holds(rule, message)):
                    break
                start, end = view.raw_span(number, match.start(), match.end())
                yield row, start, end, rule_number


def _without_repeats(found: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Of spans of one rule in one message that overlap (the two views), the first found, the plain view's, stays."""
    kept: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    result = []
    for row, start, end, rule in found:
        spans = kept[(row, rule)]
        if len(spans) < SPANS_MAX and all(end <= s or start >= e for s, e in spans):
            spans.append((start, end))
            result.append((row, start, end, rule))
    return result


def _as_batch(batch: pa.RecordBatch, found: list[tuple[int, int, int, int]], loaded: Packs) -> pa.RecordBatch:
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
        rule.regex.search(view.message(0)) is not None and _holds(rule, view.message(0)) for view in views if len(view)
    )
