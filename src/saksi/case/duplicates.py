"""Overlapping exports: rows of a later thread that repeat rows of an earlier one are marked, never removed.

    mark_duplicates(case)                 -> seals per source which row repeats which (derived table `duplicates`)
    repeats(earlier, later)               pure: (position in later, position in earlier), both ascending

Earlier is what was taken in first (S1 before S2; inside a source: what stands first), whatever the order of the call. Rules:
1. Two threads are compared where app and at least two accounts agree (one, where a thread has no more).
2. A row repeats another with the same sender, time, kind and text, code point for code point. The time is the instant where
   both threads know every one of theirs, else the time as written.
3. Rows that occur once in both threads and keep their order carry the match; equal rows beside them follow. A medium between
   two matches follows too where the other thread has one of the same sender and time there: exports with and without media
   differ in its words only.
4. All this counts only where it is an overlap: at least ROWS_MIN rows and half of what the two threads should share, or one
   whole thread. The same greeting sent to two groups, or an "ok", is none.
A row that repeats a row which itself repeats another points to the first of all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi import findings
from saksi.case.store import Case
from saksi.table.schema import DUPLICATE_SCHEMA

ROWS_MIN: Final = 3
"""Fewer equal rows are no overlap of two exports, unless they are a whole thread of two."""

SHARE_MIN: Final = 0.5
"""Of the rows that both threads should hold, how many must be equal; messages deleted or edited in between are not."""

COLUMNS: Final = (
    "message_id", "source_digest", "seq", "thread_id", "sent_at", "sent_at_text", "sender_id", "sender_name", "kind", "text",
)  # fmt: skip

Codes = npt.NDArray[np.int64]
Pair = tuple[int, int]
"""(position in the later thread, position in the earlier one)."""


# -- two threads -----------------------------------------------------------------------------------------------------------


def _joined(columns: Sequence[Any]) -> pa.Array:
    """Columns as one key a row; a null is told from an empty text."""
    parts = [pc.fill_null(pc.binary_join_element_wise("=", pc.cast(c, pa.string()), ""), "-") for c in columns]
    return pc.binary_join_element_wise(*parts, "\x1f")


def _codes(earlier: pa.Table, later: pa.Table, names: Sequence[str]) -> tuple[Codes, Codes]:
    """One number for each different key of the two threads."""
    both = [_joined([t.column(n) for n in names]) for t in (earlier, later)]
    keys = pa.chunked_array([c for column in both for c in column.chunks], pa.string()).combine_chunks()
    codes = np.asarray(keys.dictionary_encode().indices).astype(np.int64)
    return codes[: earlier.num_rows], codes[earlier.num_rows :]


def _once(codes: Codes) -> dict[int, int]:
    """Position of every code that occurs once."""
    values, first, counts = np.unique(codes, return_index=True, return_counts=True)
    once = counts == 1
    return dict(zip(values[once].tolist(), first[once].tolist(), strict=True))


def _in_order(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest part of `pairs` (ascending in the first place) that ascends in the second too."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for i, (_, value) in enumerate(pairs):
        place = bisect_left(tails, value)
        before.append(at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            at.append(i)
        else:
            tails[place], at[place] = value, i
    found = []
    i = at[-1] if at else -1
    while i >= 0:
        found.append(pairs[i])
        i = before[i]
    return found[::-1]


def _grown(anchors: Sequence[Pair], earlier: Codes, later: Codes) -> list[Pair]:
    """The anchors and the equal rows beside them, none twice."""
    grown: list[Pair] = []
    for n, (j, i) in enumerate(anchors):
        low_j, low_i = grown[-1] if grown else (-1, -1)
        back = 1
        while j - back > low_j and i - back > low_i and later[j - back] == earlier[i - back]:
            back += 1
        grown += [(j - k, i - k) for k in range(back - 1, -1, -1)]
        high_j, high_i = anchors[n + 1] if n + 1 < len(anchors) else (len(later), len(earlier))
        while (j := j + 1) < high_j and (i := i + 1) < high_i and later[j] == earlier[i]:
            grown.append((j, i))
    return grown


def _with_media(pairs: Sequence[Pair], media: tuple[Codes, Codes]) -> list[Pair]:
    """Pairs and the media between two of them that stand at the same place (rule 3). media: codes, -1 for other rows."""
    earlier, later = media
    result = list(pairs[:1])
    for j, i in pairs[1:]:
        last_j, last_i = result[-1]
        if j - last_j == i - last_i:
            result += [(last_j + k, last_i + k) for k in range(1, j - last_j)
                       if later[last_j + k] >= 0 and later[last_j + k] == earlier[last_i + k]]  # fmt: skip
        result.append((j, i))
    return result


def repeats(earlier: pa.Table, later: pa.Table) -> list[Pair]:
    """Which rows of `later` repeat which of `earlier` (COLUMNS, file order): see the module's rules 2 to 4."""
    known = not earlier.column("sent_at").null_count and not later.column("sent_at").null_count
    who = ("sender_id", "sender_name", "sent_at" if known else "sent_at_text", "kind")
    codes = _codes(earlier, later, (*who, "text"))
    timed = np.asarray(pc.is_valid(later.column("sent_at_text" if not known else "sent_at")))
    there = _once(codes[0])
    mine = {j: there[code] for code, j in _once(codes[1]).items() if code in there and timed[j]}
    pairs = _grown(_in_order(sorted(mine.items())), *codes)
    if not _is_overlap(pairs, len(codes[0]), len(codes[1])):
        return []
    places = _codes(earlier, later, who)
    media = tuple(
        np.where(np.asarray(pc.equal(t.column("kind"), "media")), c, -1)
        for t, c in zip((earlier, later), places, strict=True)
    )
    return _with_media(pairs, (media[0], media[1]))


def _is_overlap(pairs: Sequence[Pair], earlier: int, later: int) -> bool:
    """Rule 4."""
    if len(pairs) < 2:
        return False
    if len(pairs) == min(earlier, later):
        return True
    (first_j, first_i), (last_j, last_i) = pairs[0], pairs[-1]
    shared = min(first_j, first_i) + min(last_j - first_j, last_i - first_i) + 1
    shared += min(later - 1 - last_j, earlier - 1 - last_i)
    return len(pairs) >= ROWS_MIN and len(pairs) >= SHARE_MIN * shared


# -- a case ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Thread:
    """What is known of a thread before its rows are read. place: order among all threads of the case."""

    label: str
    key: findings.ThreadKey
    platform: str | None
    accounts: frozenset[str]
    place: int


def _threads(case: Case) -> list[_Thread]:
    rows = [(label, t) for label, _, _ in case.sources() for t in case.get_json(label, "threads") or []]
    return [
        _Thread(label, (t["source_digest"], t["thread_id"]), t["platform"], frozenset(t["accounts"]), place)
        for place, (label, t) in enumerate(rows)
    ]


def _candidates(threads: Sequence[_Thread]) -> dict[tuple[str, str], list[tuple[_Thread, _Thread]]]:
    """Pairs (earlier, later) that may overlap, by the labels of their sources (rule 1)."""
    found: dict[tuple[str, str], list[tuple[_Thread, _Thread]]] = {}
    by_account: dict[tuple[str | None, str], list[_Thread]] = {}
    for later in threads:
        shared: Counter[int] = Counter()
        for account in later.accounts:
            shared.update(t.place for t in by_account.setdefault((later.platform, account), []))
            by_account[later.platform, account].append(later)
        for place, count in sorted(shared.items()):
            earlier = threads[place]
            if count >= min(2, len(earlier.accounts), len(later.accounts)):
                found.setdefault((earlier.label, later.label), []).append((earlier, later))
    return found


def _tables(case: Case, label: str, wanted: set[findings.ThreadKey]) -> dict[findings.ThreadKey, pa.Table]:
    """The rows of some threads of one source."""
    totals = {(t["source_digest"], t["thread_id"]): t["records"] for t in case.get_json(label, "threads") or []}
    batches = case.batches(label, "messages", COLUMNS)
    return {key: rows for key, rows in findings.whole_threads(batches, totals) if key in wanted}


class _Found:
    """Which row repeats which, by source."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, str]] = {}
        self.first: dict[str, str] = {}  # id of a repeating row -> the first of all
        self.counts: dict[findings.ThreadKey, Counter[str]] = {}

    def add(self, label: str, key: findings.ThreadKey, earlier: pa.Table, later: pa.Table) -> None:
        mine = self.rows.setdefault(label, {})
        pairs = repeats(earlier, later)
        if not pairs:
            return
        taken = later.take(pa.array([j for j, _ in pairs]))
        targets = earlier.column("message_id").take(pa.array([i for _, i in pairs])).to_pylist()
        accounts = pc.coalesce(taken.column("sender_id"), taken.column("sender_name")).to_pylist()
        ids, seqs = taken.column("message_id").to_pylist(), taken.column("seq").to_pylist()
        for own, seq, target, account in zip(ids, seqs, targets, accounts, strict=True):
            if seq not in mine:
                mine[seq] = self.first[own] = self.first.get(target, target)
                self.counts.setdefault(key, Counter())[account or ""] += 1


def mark_duplicates(case: Case) -> int:
    """Find what overlaps in the whole case and seal it; returns how many rows repeat another."""
    threads = _threads(case)
    order = {label: n for n, (label, _, _) in enumerate(case.sources())}
    found = _Found()
    pairs = _candidates(threads)
    for labels in sorted(pairs, key=lambda p: (order[p[1]], order[p[0]])):
        tables = [_tables(case, label, {p[side].key for p in pairs[labels]}) for side, label in enumerate(labels)]
        for earlier, later in sorted(pairs[labels], key=lambda p: (p[1].place, p[0].place)):
            found.add(later.label, later.key, tables[0][earlier.key], tables[1][later.key])
    for label in order:
        mine = found.rows.get(label, {})
        if mine or case.has_derived(label, "duplicates"):
            _store(case, label, mine, found.counts)
    return sum(map(len, found.rows.values()))


def _store(case: Case, label: str, rows: Mapping[int, str], counts: Mapping[findings.ThreadKey, Counter[str]]) -> None:
    table = pa.Table.from_pylist([{"seq": s, "duplicate_of": d} for s, d in sorted(rows.items())], schema=DUPLICATE_SCHEMA)
    if case.has_derived(label, "duplicates") and case.table(label, "duplicates", DUPLICATE_SCHEMA).equals(table):
        return
    case.put_table(label, "duplicates", table.to_batches(), DUPLICATE_SCHEMA)
    own = {(t["source_digest"], t["thread_id"]) for t in case.get_json(label, "threads") or []}
    said = [
        {"source_digest": key[0], "thread_id": key[1], "accounts": dict(sorted(n.items()))}
        for key, n in counts.items() if key in own
    ]  # fmt: skip
    case.put_json(label, "duplicate_counts", said)


def thread_counts(case: Case, labels: Iterable[str]) -> dict[findings.ThreadKey, dict[str, int]]:
    """Repeating rows of each thread that has some, by account ("" for rows of nobody)."""
    return {
        (t["source_digest"], t["thread_id"]): t["accounts"]
        for label in labels for t in case.get_json(label, "duplicate_counts") or []
    }  # fmt: skip
