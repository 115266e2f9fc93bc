"""Mark where each phase stands in a thread: overlapping intervals, one per phase, account and stretch.

`mark_phases(thread, marks)`: for each other account and phase, its marks in sending order are cut where more than
`GAP_US` of silence (or `GAP_MESSAGES`, where instants are not known) lies between; a stretch is a phase where it holds
a mark whose signal is strong by itself, or enough distinct categories (rules.yaml). Phases overlap and recur: they are
intervals, not states (facts SIGNALS 1).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.datafiles import load
from saksi.phases.explain import Reasons, sentence
from saksi.signals.taxonomy import taxonomy
from saksi.table.order import thread_order
from saksi.table.schema import PHASE_SCHEMA, PHASES

GAP_US: Final = 30 * 86_400 * 1_000_000
"""Silence of a month between two marks begins a new stretch: the contact broke off and was taken up again."""

GAP_MESSAGES: Final = 2_000
"""The same where instants are not known: some weeks of lively talk between two people."""

WORDS_OF_OTHER_SIDE: Final = ("refusal", "distress")


class Enough(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Distinct categories of the phase itself, and of all phases."""

    own: int
    overall: int


class PhaseRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """rules.yaml: how many distinct categories are enough (one entry must hold), and the ones one of which must be there."""

    enough: list[Enough]
    one_of: list[str]
    why: str


@lru_cache(maxsize=1)
def phase_rules() -> dict[str, PhaseRule]:
    """Rules by phase. Raises DataFileError."""
    return load(Path(__file__).parent / "rules.yaml", dict[str, PhaseRule])


@dataclass(frozen=True)
class _Mark:
    """A mark with its place. account: whose phase it is; None: not known."""

    id: str
    message_id: str
    seq: int
    at: int
    instant: int | None
    signal: str
    phase: str | None
    by: str
    strength: str
    account: str | None
    sender: str | None


def mark_phases(thread: pa.Table, marks: pa.Table) -> pa.Table:
    """Phases of one whole thread (PHASE_SCHEMA), by first message, then phase, then account.

    In: thread, rows in file order; marks, MARK_SCHEMA, of that thread. `people` holds the account the marks speak of:
    the sender, or for words of the person at risk the only other account of the thread ([] where there are several).
    first_at, last_at: null where the messages have no known instant.
    """
    if marks.num_rows == 0 or thread.num_rows == 0:
        return PHASE_SCHEMA.empty_table()
    placed = _placed(thread, marks)
    other_side = [m for m in placed if m.signal in WORDS_OF_OTHER_SIDE]
    found = []
    for account in sorted({m.account for m in placed if m.phase}, key=lambda a: (a is not None, a or "")):
        own = [m for m in placed if m.account == account and m.phase]
        for phase in PHASES:
            for stretch in _stretches([m for m in own if m.phase == phase]):
                around = _within(own, stretch)
                answers = _within([m for m in other_side if m.sender != account], stretch)
                if _is_phase(phase, stretch, around, answers):
                    found.append((stretch, phase, account, answers))
    found.sort(key=lambda f: (f[0][0].at, PHASES.index(f[1]), f[2] or ""))
    return _as_table(found, thread)


def _placed(thread: pa.Table, marks: pa.Table) -> list[_Mark]:
    seq = np.asarray(thread.column("seq").combine_chunks())
    order = thread_order(thread)
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    rows = np.searchsorted(seq, np.asarray(marks.column("seq").combine_chunks()))
    taken = thread.select(["sender_id", "sender_name"]).take(pa.array(rows)).to_pylist()
    instants = pc.cast(thread.column("sent_at").take(pa.array(rows)), pa.int64()).to_pylist()
    values = marks.drop_columns(["because"]).to_pylist()
    senders = [t["sender_id"] or t["sender_name"] for t in taken]
    said_by_at_risk = {s for s, v in zip(senders, values, strict=True) if v["by"] == "at_risk"}
    other = _only_other(thread, said_by_at_risk) if said_by_at_risk else None
    placed = [
        _Mark(v["mark_id"], v["message_id"], v["seq"], int(position[row]), instant, v["signal"], v["phase"], v["by"],
              v["strength"], other if v["by"] == "at_risk" else sender, sender)
        for v, row, instant, sender in zip(values, rows.tolist(), instants, senders, strict=True)
    ]
    placed.sort(key=lambda m: (m.at, m.id))
    return placed


def _only_other(thread: pa.Table, at_risk: set[str | None]) -> str | None:
    """The one account of the thread that is not the person at risk; None where there are several, or none."""
    people = pc.coalesce(thread.column("sender_id"), thread.column("sender_name"))
    spoken = people.filter(pc.invert(pc.is_in(thread.column("kind"), value_set=pa.array(["service", "unparsed"]))))
    others = {p for p in spoken.unique().to_pylist() if p is not None} - at_risk
    return next(iter(others)) if len(others) == 1 else None


def _stretches(marks: Sequence[_Mark]) -> list[list[_Mark]]:
    stretches: list[list[_Mark]] = []
    for m in marks:
        if stretches and not _apart(stretches[-1][-1], m):
            stretches[-1].append(m)
        else:
            stretches.append([m])
    return stretches


def _apart(before: _Mark, after: _Mark) -> bool:
    if before.instant is not None and after.instant is not None:
        return after.instant - before.instant > GAP_US
    return after.at - before.at > GAP_MESSAGES


def _within(marks: Sequence[_Mark], stretch: Sequence[_Mark]) -> list[_Mark]:
    """Marks between the stretch's ends, or not apart from them."""
    first, last = stretch[0], stretch[-1]
    return [m for m in marks if (m.at >= first.at or not _apart(m, first)) and (m.at <= last.at or not _apart(last, m))]


def _is_phase(phase: str, stretch: Sequence[_Mark], around: Sequence[_Mark], answers: Sequence[_Mark]) -> bool:
    signals = taxonomy().signals
    if any(signals[m.signal].alone == "strong" for m in stretch):
        return True
    rule = phase_rules()[phase]
    own = {m.signal for m in stretch}
    overall = len({m.signal for m in around}) + bool(answers)
    return not own.isdisjoint(rule.one_of) and any(len(own) >= e.own and overall >= e.overall for e in rule.enough)


def _media_after(thread: pa.Table, stretch: Sequence[_Mark], account: str | None) -> int:
    """Media messages of other accounts behind the first request of a stretch, up to its end and a little beyond."""
    requests = [m.at for m in stretch if m.signal in ("image_request", "video_call_request")]
    if not requests or account is None:
        return 0
    order = thread_order(thread)
    rows = thread.take(pa.array(order[requests[0]: stretch[-1].at + 21])).select(["kind", "sender_id", "sender_name"])
    people = pc.coalesce(rows.column("sender_id"), rows.column("sender_name"))
    media = pc.and_(pc.equal(rows.column("kind"), "media"), pc.not_equal(people, account))
    return int(pc.sum(pc.cast(pc.fill_null(media, fill_value=False), pa.int64())).as_py() or 0)


def _phase_id(stretch: Sequence[_Mark], phase: str, account: str | None) -> str:
    said = "\0".join((phase, account or "", stretch[0].message_id, stretch[-1].message_id))
    return "p" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _as_table(found: list[tuple[list[_Mark], str, str | None, list[_Mark]]], thread: pa.Table) -> pa.Table:
    thread_id = thread.column("thread_id")[0].as_py()
    digest = thread.column("source_digest")[0].as_py()
    rows: list[dict[str, Any]] = []
    for stretch, phase, account, answers in found:
        messages: dict[str, set[str]] = defaultdict(set)
        for m in stretch:
            messages[m.signal].add(m.message_id)
        reasons = Reasons(
            phase, Counter({s: len(ids) for s, ids in messages.items()}), len({m.message_id for m in stretch}),
            _media_after(thread, stretch, account) if phase == "solicitation" else 0,
            len({m.message_id for m in answers}), any(m.by == "unknown" for m in stretch),
        )
        rows.append({
            "phase_id": _phase_id(stretch, phase, account), "phase": phase,
            "people": [] if account is None else [account], "thread_ids": [] if thread_id is None else [thread_id],
            "source_digest": digest, "first_message": stretch[0].message_id, "last_message": stretch[-1].message_id,
            "first_seq": stretch[0].seq, "last_seq": stretch[-1].seq,
            "first_at": stretch[0].instant, "last_at": stretch[-1].instant,
            "strength": "strong" if any(m.strength == "strong" for m in stretch) else "weak",
            "marks": [m.id for m in stretch], "because": {lang: sentence(reasons, lang) for lang in ("id", "en")},
        })
    return pa.Table.from_pylist(rows, schema=PHASE_SCHEMA)
