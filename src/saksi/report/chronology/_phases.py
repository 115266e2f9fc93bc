"""The chapters about phases: which intervals may be shown, the timeline, each phase with its reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from saksi.case.model import CaseView
from saksi.report import _chart
from saksi.report._blocks import Block, Figure, Heading, Para, Run, Section, Table, words
from saksi.report._evidence import QUARTER_US, Evidence, Mark, Shown
from saksi.report._times import MONTHS, day_of_quarter, short
from saksi.report.chronology._context import LETTERS, Context, Interval, cell
from saksi.table.schema import PHASES
from saksi.times import EPOCH

HTML_FONT: Final = "system-ui, sans-serif"
PRINT_FONT: Final = "Libertinus Serif"
INTERVALS_MAX: Final = 120
"""Phases printed with their reasons; the rest is a number and stands in the case."""

ENDS_MAX: Final = 2_000
"""Intervals whose first and last rows are read for their written times and ids: bounds memory, far above what is printed."""


def intervals(view: CaseView, shown: Shown) -> list[Interval]:
    """The phases as they may be shown: without withheld and rejected marks, without people who stand there by those only."""
    by_id: dict[str, Mark] = {m.mark_id: m for m in shown.marks}
    result: list[Interval] = []
    stamps = [view.phases.column(n).cast(pa.int64()).to_pylist() for n in ("first_at", "last_at")]
    plain = view.phases.select([n for n in view.phases.column_names if n not in ("first_at", "last_at")])
    for row, first_at, last_at in zip(plain.to_pylist(), *stamps, strict=True):
        marks = [by_id[i] for i in row["marks"] or () if i in by_id]
        if not marks:
            continue
        marks.sort(key=lambda m: (m.key[1], m.start, m.mark_id))
        whole = len(marks) == len(row["marks"])
        people = list(row["people"] or ())
        strength = row["strength"]
        if not whole:
            strength = "strong" if any(m.strength == "strong" or m.decision for m in marks) else "weak"
            # one kind of weak mark never makes a phase (facts/taxonomy.yaml): what is left is shown as marks only
            if strength == "weak" and len({m.signal for m in marks}) < 2:
                continue
        result.append(Interval(
            row["phase_id"], row["phase"], marks[0].thread, people, (row["source_digest"], row["first_seq"]),
            (row["source_digest"], row["last_seq"]), first_at, last_at, strength, marks, row["because"] or {}, whole,
        ))
    return result


def ends(items: Sequence[Interval]) -> list[tuple[str, int]]:
    """The messages at the ends of every interval: their rows are read though they may lie outside printed windows."""
    return [key for i in items[:ENDS_MAX] for key in (i.first, i.last, *(m.key for m in (() if i.whole else i.marks)))]


def settle(items: Sequence[Interval], evidence: Evidence, at_risk: set[str]) -> list[Interval]:
    """Intervals with their first and last instant, in order of time, unknown times last.

    at_risk: accounts that are not listed under exploitation unless a confirmed mark of theirs is in it (promise 8).
    """
    result = []
    for i in items:
        first, last = i.first, i.last
        people = i.people
        if not i.whole:  # the stored ends may be withheld messages: the ends are those of what is shown
            keys = [m.key for m in i.marks]
            known = [(evidence.rows[k]["sent_us"], k) for k in keys if k in evidence.rows]
            if known and all(t is not None for t, _ in known):
                first, last = min(known)[1], max(known)[1]
            else:
                first, last = keys[0], keys[-1]
            wrote = {evidence.senders.get(k) for k in keys}
            people = [a for a in people if a in wrote]
        if i.phase == "exploitation" and not any(m.by == "at_risk" for m in i.marks):
            people = [a for a in people if a not in at_risk]
        at = [i.first_at, i.last_at] if i.whole else [evidence.rows.get(k, {}).get("sent_us") for k in (first, last)]
        result.append(Interval(i.phase_id, i.phase, i.thread, people, first, last, at[0], at[1], i.strength, i.marks,
                               i.because, i.whole))
    return sorted(result, key=lambda i: (i.first_at is None, i.first_at or 0, i.first, PHASES.index(i.phase), i.phase_id))


def _ticks(c: Context, low: int, high: int) -> list[tuple[int, str]]:
    """Up to six days on the axis, in the case's zone."""
    zone = ZoneInfo(c.view.zone or "UTC")
    first = (EPOCH + timedelta(microseconds=low)).astimezone(zone)
    days = max(1, (high - low) // 86_400_000_000)
    step = max(1, -(-days // 5))
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    ticks = []
    while (us := (at - EPOCH) // timedelta(microseconds=1)) <= high:
        if us >= low:
            ticks.append((us, f"{at.day} {MONTHS[c.lang][at.month - 1][:3]} {at.year}"))
        at += timedelta(days=step)
    return ticks or [(low, f"{first.day} {MONTHS[c.lang][first.month - 1][:3]} {first.year}")]


def _rows(c: Context, items: Sequence[Interval], *, timed: bool) -> list[_chart.Row]:
    """Chart rows by thread; unit us since 1970, or seq where times are unknown."""
    by_thread: dict[tuple[str, str | None], list[Interval]] = defaultdict(list)
    for i in items:
        by_thread[i.thread].append(i)
    rows = []
    for key, found in by_thread.items():
        thread = c.threads.get(key)
        bands = [
            _chart.Band(i.phase, min(ends_), max(ends_), LETTERS[i.phase], c.w(f"phase_short_{i.phase}")) for i in found
            for ends_ in [(i.first_at or 0, i.last_at or 0) if timed else (i.first[1], i.last[1])]
        ]
        first, last = (thread.first_at, thread.last_at) if thread and timed else (None, None)
        app, _, title = c.thread_title(key).partition(" · ")
        rows.append(_chart.Row((f"{c.label(key[0])} · {app}", title or app), first, last, bands))
    return rows


def _days(c: Context, low: int, high: int) -> list[tuple[int, int, int]]:
    """Messages of all threads by local day inside the axis: (start, end of the day, messages)."""
    zone = ZoneInfo(c.view.zone or "UTC")
    counts: Counter[int] = Counter()
    for quarter, n in c.evidence.quarters.items():
        if low <= (quarter + 1) * QUARTER_US and quarter * QUARTER_US <= high:
            counts[day_of_quarter(quarter, c.view.zone)] += n
    result = []
    for number, n in sorted(counts.items()):
        at = datetime.combine(EPOCH.date() + timedelta(days=number), time(), zone)
        start, end = ((x - EPOCH) // timedelta(microseconds=1) for x in (at, at + timedelta(days=1)))
        result.append((start, end, n))
    return result


def _axis(rows: Sequence[_chart.Row], *, timed: bool) -> tuple[int, int]:
    """The axis: all bands with a margin, and what of the threads lies within; a long quiet time does not squeeze them."""
    values = [v for r in rows for b in r.bands for v in (b.start, b.end)]
    low, high = min(values), max(values)
    margin = max((high - low) // 12, 86_400_000_000 if timed else 1)
    return low - margin, high + margin


def _figure(c: Context, items: Sequence[Interval], *, timed: bool) -> list[Block]:
    """The drawing of `items`, and how many threads it lacks."""
    if not items:
        return []
    rows = _rows(c, items, timed=timed)
    caption = c.w("chart_caption" if timed else "chart_caption_order")
    low, high = _axis(rows[: _chart.ROWS_MAX], timed=timed)
    days = _days(c, low, high) if timed else []
    ends_ = [v for r in rows[: _chart.ROWS_MAX] for b in r.bands for v in (b.start, b.end)]
    ticks = _ticks(c, low, high) if timed else [(v, f"#{v}") for v in sorted({min(ends_), max(ends_)})]
    used = [p for p in PHASES if any(b.phase == p for r in rows for b in r.bands)]
    frame = _chart.Frame(
        low, high, ticks, caption, PHASES, days,
        (c.w("chart_days"), c.w("chart_days_most", n=c.n(max((n for _, _, n in days), default=0)))),
        [(p, LETTERS[p], c.term("phase", p)) for p in used],
    )
    svg, printed = (_chart.draw(rows, frame, font) for font in (HTML_FONT, PRINT_FONT))
    blocks: list[Block] = [Figure(caption, svg, printed)]
    if len(rows) > _chart.ROWS_MAX:
        blocks.append(Para(words(c.w("chart_more", n=c.n(len(rows) - _chart.ROWS_MAX))), "note"))
    return blocks


def _state(c: Context, marks: Sequence[Mark]) -> list[Run]:
    """How many marks, and how many of them a person confirmed."""
    confirmed = sum(m.decision is not None for m in marks)
    runs = [Run(c.w("marks_n", n=c.n(len(marks)))), Run(" ")]
    if confirmed < len(marks):
        return [*runs, Run(c.w("state_suggested") if not confirmed else c.w("state_partly", n=c.n(confirmed)), "sug")]
    return [*runs, Run(c.w("state_confirmed_word"), "conf")]


def timeline(c: Context) -> Section:
    """All phases in one table, and the chart across all apps."""
    if not c.intervals:
        return Section("timeline", c.w("timeline_title"), [Para(words(c.w("no_phases")))])
    timed = [i for i in c.intervals if i.first_at is not None and i.last_at is not None]
    rest = [i for i in c.intervals if i.first_at is None or i.last_at is None]
    rows = [
        [words(f"{LETTERS[i.phase]} {c.term('phase', i.phase)}", "b"), cell(", ".join(c.who(a) for a in i.people) or "–"),
         cell(f"{c.label(i.thread[0])} · {c.thread_title(i.thread)}"), _short_end(c, i, last=False),
         _short_end(c, i, last=True), _state(c, i.marks)]
        for i in c.intervals[:INTERVALS_MAX]
    ]
    head = [c.w("col_phase"), c.w("col_account"), c.w("col_thread"), c.w("col_first"), c.w("col_last"), c.w("col_marks")]
    blocks: list[Block] = [
        Para(words(c.w("timeline_intro"))),
        Table(c.w("timeline_caption"), head, rows, [2.6, 2.2, 2.4, 2.1, 2.1, 1.8]),
    ]
    if len(c.intervals) > INTERVALS_MAX:
        blocks.append(Para(words(c.w("phases_more", n=c.n(len(c.intervals) - INTERVALS_MAX)))))
    if timed:
        blocks += [*_figure(c, timed, timed=True),
                   Para(words(c.w("chart_note", zone=c.view.zone or "UTC")), "note")]
    if rest:
        blocks += [Para(words(c.w("timeline_order"))), *_figure(c, rest, timed=False)]
    return Section("timeline", c.w("timeline_title"), blocks)


def _short_end(c: Context, i: Interval, *, last: bool) -> list[Run]:
    """The first or last message of an interval in few words."""
    key, at = (i.last, i.last_at) if last else (i.first, i.first_at)
    row = c.row(key)
    said = short(at, c.view.zone, c.lang) if at is not None else c.when(None, row.get("sent_at_text"))
    return [Run(said + " "), c.cite(key, row.get("message_id"))]


def _end(c: Context, i: Interval, *, last: bool) -> list[Run]:
    """The first or last message of an interval: time and citation."""
    key, at = (i.last, i.last_at) if last else (i.first, i.first_at)
    row = c.row(key)
    return [Run(c.when(at, row.get("sent_at_text")) + " "), c.cite(key, row.get("message_id"))]


def _messages(marks: Sequence[Mark]) -> int:
    """How many messages the marks stand in: several rules may mark one sign in one message."""
    return len({m.key for m in marks})


def _one(c: Context, number: int, i: Interval) -> list[Block]:
    """One phase with its reasons."""
    by_signal: dict[str, list[Mark]] = defaultdict(list)
    for mark in i.marks:
        by_signal[mark.signal].append(mark)
    confirmed = sum(m.decision is not None for m in i.marks)
    people = ", ".join(c.who(a) for a in i.people) or c.w("people_unknown")
    reason = c.because(i.because) if i.whole else ""
    rows = [
        [cell(c.term("signal", s)), cell(c.n(_messages(found))), cell(c.n(_messages([m for m in found if m.strength == "strong"]))),
         cell(c.n(_messages([m for m in found if m.decision is not None]))), c.cites(found)]
        for s, found in sorted(by_signal.items(), key=lambda x: (-_messages(x[1]), x[0]))
    ]
    ids = [c.row(k).get("message_id") or "–" for k in (i.first, i.last)]
    return [
        Heading(words(c.w("phase_heading", n=number, phase=c.term("phase", i.phase), thread=c.thread_title(i.thread))),
                anchor=f"phase-{number}"),
        Para([Run(c.w("phase_accounts") + " "), Run(people, "b")]),
        Para([Run(c.w("phase_first") + " "), *_end(c, i, last=False), Run(" "), Run(ids[0], "mono")]),
        Para([Run(c.w("phase_last") + " "), *_end(c, i, last=True), Run(" "), Run(ids[1], "mono")]),
        Para(words(reason or c.w("phase_rebuilt", n=c.n(len(i.marks)), signals=", ".join(
            c.term("signal", s) for s in sorted(by_signal))))),
        Para(words(c.w("phase_state", strength=c.term("strength", i.strength), confirmed=c.n(confirmed),
                       total=c.n(len(i.marks)))), "note"),
        Table(c.w("phase_caption"), [c.w("col_signal"), c.w("col_messages_n"), c.w("col_strong"), c.w("col_confirmed"),
                                     c.w("col_messages")], rows, [3, 1, 1, 1.3, 5]),
    ]


def phases(c: Context) -> Section:
    """Each phase with first and last message and its reasons."""
    blocks: list[Block] = [Para(words(c.w("phases_intro")))]
    if not c.intervals:
        blocks = [Para(words(c.w("no_phases")))]
    for number, i in enumerate(c.intervals[:INTERVALS_MAX], 1):
        blocks += _one(c, number, i)
    if len(c.intervals) > INTERVALS_MAX:
        blocks.append(Para(words(c.w("phases_more", n=c.n(len(c.intervals) - INTERVALS_MAX)))))
    return Section("phases", c.w("phases_title"), blocks)
