"""What a document prints, chosen from a case of any size: marks that may be shown, windows around them, their rows.

    shown_marks(view)            marks a document may speak of; how many are withheld or rejected
    gather(view, marks, pick)    two passes over the messages, columns first, rows of chosen windows second

Rules, in order: a rejected mark is not shown; a mark of the exploitation phase by the person at risk is withheld until a
caseworker confirms it (DESIGN promise 8), and where it is not known who that is, so are offers and announcements, which may be
theirs; windows are five messages before and after in sending order of the thread,
merged where they meet, cut into pieces of `WINDOW_LINES`; windows with confirmed or strong marks first, then earliest.
Memory: 16 bytes a message of threads with marks, plus the rows of chosen windows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.case.model import CaseView, Decision
from saksi.table.order import thread_order
from saksi.table.threads import account_column

CONTEXT: Final = 5
"""Messages before and after a marked one."""

WINDOW_LINES: Final = 60
"""A window is cut after this many messages, so that choosing what fits is fair to other threads."""

LINES_MAX: Final = 6_000
"""Messages printed in one document at most: with 8 MB of HTML this is what a browser on an old laptop scrolls well."""

MONEY_ROWS_MAX: Final = 600
"""Messages with amounts or payment destinations near marks whose rows are read for their time, printed or not."""

MONEY_KINDS: Final = ("money", "bank_account", "ewallet", "qris", "crypto")
MAYBE_THEIRS: Final = ("service_offer", "content_sale", "live_show")
"""Signals of exploitation that the exploited person's account often carries: what is offered, sold or announced under coercion.
The others (debts, papers, shares, bookings) are a handler's or buyer's words."""

QUARTER_US: Final = 900_000_000

Key = tuple[str, int]
"""(source digest, seq): one message of a case."""

ThreadKey = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as documents use it. decision: None while it is a suggestion, else who confirmed it."""

    mark_id: str
    message_id: str
    key: Key
    thread: ThreadKey
    signal: str
    phase: str | None
    by: str
    strength: str
    start: int
    end: int
    because: Mapping[str, str]
    decision: Decision | None


@dataclass(frozen=True)
class Shown:
    """marks: in order of source and seq. withheld, rejected: how many are not shown, and their mark ids."""

    marks: Sequence[Mark]
    withheld: frozenset[str]
    rejected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One window to print: seqs in sending order; first: position among the case's windows by time or order."""

    thread: ThreadKey
    seqs: tuple[int, ...]
    marks: tuple[Mark, ...]
    at: int | None


@dataclass(frozen=True)
class Evidence:
    """See `gather`. names: account -> display names. senders: account of every marked or identified message.

    plans: every window, in order of printing. chosen: indices of those whose rows are in `rows`.
    context: per source digest the sorted seqs that lie in any window. quarters: messages by quarter of an hour since
    1970 UTC, all threads together, known times only.
    """

    names: Mapping[str, set[str]]
    senders: Mapping[Key, str | None]
    plans: Sequence[Plan]
    chosen: Sequence[int]
    rows: Mapping[Key, Mapping[str, Any]]
    context: Mapping[str, npt.NDArray[np.int64]]
    quarters: Mapping[int, int]


def _may_be_their_act(row: Mapping[str, Any]) -> bool:
    """Whether a mark would tell words of the person at risk as that person's own act."""
    if row["phase"] != "exploitation":
        return False
    return row["by"] == "at_risk" or (row["by"] == "unknown" and row["signal"] in MAYBE_THEIRS)


def shown_marks(view: CaseView) -> Shown:
    """The marks that documents may speak of."""
    marks: list[Mark] = []
    withheld: set[str] = set()
    rejected: set[str] = set()
    for row in view.marks.to_pylist():
        decision = view.decisions.get(row["mark_id"])
        state = decision.state if decision else None
        if state == "rejected":
            rejected.add(row["mark_id"])
        elif _may_be_their_act(row) and state != "confirmed":
            withheld.add(row["mark_id"])
        else:
            marks.append(Mark(
                row["mark_id"], row["message_id"], (row["source_digest"], row["seq"]),
                (row["source_digest"], row["thread_id"]), row["signal"], row["phase"], row["by"], row["strength"],
                row["start"], row["end"], row["because"] or {"id": "", "en": ""},
                decision if state == "confirmed" else None,
            ))
    place = {s.account["source"]["digest"]: i for i, s in enumerate(view.sources)}
    marks.sort(key=lambda m: (place.get(m.key[0], len(place)), m.key[1], m.start, m.end, m.mark_id))
    return Shown(marks, frozenset(withheld), frozenset(rejected))


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[ThreadKey, pa.RecordBatch]]:
    """The batch cut where thread or source changes."""
    n = batch.num_rows
    if n == 0:
        return
    threads = np.asarray(pc.fill_null(batch.column("thread_id"), "\x00").dictionary_encode().indices)
    sources = np.asarray(batch.column("source_digest").dictionary_encode().indices)
    edges = np.concatenate([[0], np.flatnonzero((np.diff(threads) != 0) | (np.diff(sources) != 0)) + 1, [n]]).tolist()
    for start, end in pairwise(edges):
        rows = batch.slice(start, end - start)
        yield (rows.column("source_digest")[0].as_py(), rows.column("thread_id")[0].as_py()), rows


@dataclass
class _FirstPass:
    """Columns kept of the first pass."""

    names: dict[str, set[str]]
    senders: dict[Key, str | None]
    columns: dict[ThreadKey, list[pa.RecordBatch]]
    quarters: Counter[int]


FIRST_COLUMNS: Final = ("source_digest", "seq", "thread_id", "sent_at", "sender_id", "sender_name", "duplicate_of")


def _read_names(batch: pa.RecordBatch, names: dict[str, set[str]]) -> None:
    """Add the batch's accounts and their display names."""
    pairs = pa.table({
        "account": account_column(batch), "name": batch.column("sender_name"),
    }).group_by(["account", "name"], use_threads=False).aggregate([])
    for account, name in zip(pairs.column("account").to_pylist(), pairs.column("name").to_pylist(), strict=True):
        if account is not None:
            known = names.setdefault(account, set())
            if name is not None:
                known.add(name)


def _count_quarters(batch: pa.RecordBatch, quarters: Counter[int]) -> None:
    """Add the batch's messages by quarter of an hour; a row that repeats another is counted there."""
    sent = batch.column("sent_at").cast(pa.int64())
    if batch.column("duplicate_of").null_count < batch.num_rows:
        sent = sent.filter(pc.is_null(batch.column("duplicate_of")))
    known = np.asarray(sent.drop_null())
    found, counts = np.unique(known // QUARTER_US, return_counts=True)
    for quarter, n in zip(found.tolist(), counts.tolist(), strict=True):
        quarters[quarter] += n


def _first_pass(view: CaseView, threads: set[ThreadKey], wanted: Mapping[str, npt.NDArray[np.int64]]) -> _FirstPass:
    """Senders of wanted seqs, names of all accounts, (seq, sent_at) of threads with marks."""
    result = _FirstPass({}, {}, {}, Counter())
    for batch in view.batches(FIRST_COLUMNS):
        _read_names(batch, result.names)
        _count_quarters(batch, result.quarters)
        for key, rows in _runs(batch):
            if key in threads:
                kept = pa.RecordBatch.from_arrays(
                    [pa.concat_arrays([rows.column("seq")]), pa.concat_arrays([rows.column("sent_at")])],
                    names=["seq", "sent_at"],
                )
                result.columns.setdefault(key, []).append(kept)
            seqs = wanted.get(key[0])
            if seqs is None:
                continue
            hits = np.flatnonzero(np.isin(np.asarray(rows.column("seq")), seqs))
            if len(hits):
                found = rows.take(pa.array(hits))
                for seq, account in zip(found.column("seq").to_pylist(), account_column(found).to_pylist(), strict=True):
                    result.senders[key[0], seq] = account
    return result


def windows(order: npt.NDArray[np.int64], marked: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Merged stretches (positions in sending order, end excluded) of CONTEXT around marked positions, cut to size."""
    merged: list[list[int]] = []
    for at in np.sort(marked).tolist():
        start, end = max(0, at - CONTEXT), min(len(order), at + CONTEXT + 1)
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [
        (at, min(at + WINDOW_LINES, end)) for start, end in merged for at in range(start, end, WINDOW_LINES)
    ]


def _plans_of(key: ThreadKey, columns: Sequence[pa.RecordBatch], marks: Sequence[Mark]) -> list[Plan]:
    """The windows of one thread."""
    rows = pa.Table.from_batches(columns)
    order = thread_order(rows)
    seqs = np.asarray(rows.column("seq"))[order]
    times = rows.column("sent_at").combine_chunks().take(pa.array(order)).cast(pa.int64()).to_pylist()
    where = {int(s): i for i, s in enumerate(seqs)}
    at = [where[m.key[1]] for m in marks if m.key[1] in where]
    by_seq: dict[int, list[Mark]] = {}
    for mark in marks:
        by_seq.setdefault(mark.key[1], []).append(mark)
    result = []
    for start, end in windows(order, np.array(sorted(set(at)), dtype=np.int64)):
        inside = tuple(int(s) for s in seqs[start:end])
        held = tuple(m for s in inside for m in by_seq.get(s, ()))
        if held:  # a piece cut from a long window may hold context only, when marks lie at its end
            known = [t for t in times[start:end] if t is not None]
            result.append(Plan(key, inside, held, min(known) if known else None))
    return result


def rank(plan: Plan) -> tuple[int, int]:
    """Lower is printed rather: confirmed or strong first, then more different signals."""
    best = any(m.decision is not None or m.strength == "strong" for m in plan.marks)
    return (0 if best else 1, -min(len({m.signal for m in plan.marks}), 3))


def _choose(plans: Sequence[Plan]) -> list[int]:
    """Indices of the windows whose rows are read, best first, until LINES_MAX."""
    chosen: list[int] = []
    lines = 0
    for i in sorted(range(len(plans)), key=lambda i: (rank(plans[i]), i)):
        lines += len(plans[i].seqs)
        if lines > LINES_MAX:
            break
        chosen.append(i)
    return chosen


def _second_pass(view: CaseView, wanted: Mapping[str, npt.NDArray[np.int64]]) -> dict[Key, Mapping[str, Any]]:
    """The rows of chosen windows."""
    columns = (
        "message_id", "source_digest", "source_part", "seq", "platform", "sent_at", "sent_at_text", "sent_at_basis",
        "sender_id", "sender_name", "kind", "text", "text_repair", "forwarded_from", "edited_at", "duplicate_of",
        "attachments", "flags",
    )
    rows: dict[Key, Mapping[str, Any]] = {}
    for batch in view.batches(columns) if wanted else ():
        for digest in pc.unique(batch.column("source_digest")).to_pylist():
            seqs = wanted.get(digest)
            if seqs is None:
                continue
            mask = np.isin(np.asarray(batch.column("seq")), seqs)
            if not mask.any():
                continue
            hits = batch.take(pa.array(np.flatnonzero(mask)))
            stamps = hits.column("sent_at").cast(pa.int64()).to_pylist()
            edits = hits.column("edited_at").cast(pa.int64()).to_pylist()
            plain = [c for c in columns if c not in ("sent_at", "edited_at")]
            for row, sent, edited in zip(hits.select(plain).to_pylist(), stamps, edits, strict=True):
                if row["source_digest"] == digest:
                    row["sent_us"], row["edited_us"] = sent, edited
                    rows[digest, row["seq"]] = row
    return rows


def _by_source(keys: Sequence[Key]) -> dict[str, npt.NDArray[np.int64]]:
    """Sorted distinct seqs by source digest."""
    result: dict[str, list[int]] = {}
    for digest, seq in keys:
        result.setdefault(digest, []).append(seq)
    return {digest: np.unique(np.array(seqs, dtype=np.int64)) for digest, seqs in result.items()}


def in_context(view: CaseView, context: Mapping[str, npt.NDArray[np.int64]]) -> pa.Table:
    """The identifiers of messages that lie in a window around a mark that may be shown (order of source and seq)."""
    table = view.identifiers
    if table.num_rows == 0:
        return table
    seqs = np.asarray(table.column("seq"))
    digests = table.column("source_digest")
    hit = np.zeros(table.num_rows, dtype=bool)
    for digest, inside in context.items():
        hit |= np.asarray(pc.equal(digests, digest)) & np.isin(seqs, inside)
    return table.take(np.flatnonzero(hit))


def _money_keys(found: pa.Table, marks: Sequence[Mark]) -> list[Key]:
    """Messages near marks that name an amount or a destination, threads with marks of a phase first."""
    rows = found.filter(pc.is_in(found.column("kind"), pa.array(MONEY_KINDS))).select(("source_digest", "thread_id", "seq"))
    first = {m.thread for m in marks if m.phase is not None}
    listed = sorted(rows.to_pylist(), key=lambda r: (r["source_digest"], r["thread_id"]) not in first)
    return [(r["source_digest"], r["seq"]) for r in listed[:MONEY_ROWS_MAX]]


def gather(view: CaseView, shown: Shown, extra: Sequence[Key]) -> Evidence:
    """Read what the document needs. extra: messages that are cited without a mark (ends of phases): rows are read too."""
    by_thread: dict[ThreadKey, list[Mark]] = {}
    for mark in shown.marks:
        by_thread.setdefault(mark.thread, []).append(mark)
    ids = zip(view.identifiers.column("source_digest").to_pylist(), view.identifiers.column("seq").to_pylist(), strict=True)
    first = _first_pass(view, set(by_thread), _by_source([*(m.key for m in shown.marks), *ids]))
    plans = [
        plan for key, marks in by_thread.items() if key in first.columns
        for plan in _plans_of(key, first.columns[key], marks)
    ]
    # by time across apps; windows of unknown time after them, in order of source and file
    plans = [p for _, p in sorted(enumerate(plans), key=lambda ip: (ip[1].at is None, ip[1].at or 0, ip[0]))]
    chosen = _choose(plans)
    keys: list[Key] = [(plans[i].thread[0], s) for i in chosen for s in plans[i].seqs]
    context = _by_source([(p.thread[0], s) for p in plans for s in p.seqs])
    rows = _second_pass(view, _by_source([*keys, *extra, *_money_keys(in_context(view, context), shown.marks)]))
    pa.default_memory_pool().release_unused()  # the batches are gone; typst needs the room
    return Evidence(first.names, first.senders, plans, chosen, rows, context, first.quarters)
