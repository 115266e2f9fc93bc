"""The chapter of events: one numbered line a marked message, day by day, across all apps, in words for a police report.

Which marks become events, in order: marks of threads that hold a phase; elsewhere those that are confirmed or strong, and
those that speak of fear, of telling somebody, or of a threat of another kind. What is left (a paid bill at a shop, say) is
counted. Withheld and rejected marks never arrive here (`saksi.report._evidence.shown_marks`). Times are as known: messages
without a certain time come last, in order of source and file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from saksi.report._blocks import Block, Bullets, Heading, Para, Run, Runs, Section, words
from saksi.report._evidence import Key, Mark, ThreadKey
from saksi.report._quote import brief
from saksi.report._times import clock, day
from saksi.report.chronology._context import LETTERS, Context

EVENTS_MAX: Final = 150
"""Events printed: some five pages; confirmed and strong ones first."""

ALWAYS: Final = frozenset({"distress", "disclosure", "other_threat"})
"""Signals that are events wherever they stand."""


def is_event(mark: Mark, phase_threads: Collection[ThreadKey]) -> bool:
    """Whether the mark is told as an event; only such marks give their account a name in documents."""
    return (mark.thread in phase_threads or mark.decision is not None or mark.strength == "strong"
            or mark.signal in ALWAYS)


def _rank(marks: Sequence[Mark]) -> int:
    return 0 if any(m.decision is not None for m in marks) else 1 if any(m.strength == "strong" for m in marks) else 2


def _order(c: Context, key: Key) -> tuple[bool, int, int, int]:
    """By time, unknown times last in order of source and file."""
    at = c.row(key).get("sent_us")
    return (at is None, at or 0, c.places.get(key[0], len(c.places)), key[1])


def chosen(c: Context) -> tuple[list[tuple[Key, list[Mark]]], int, int]:
    """Events in order of telling; how many events, and how many marks that are no events, are left out."""
    by_key: dict[Key, list[Mark]] = defaultdict(list)
    rest = 0
    for mark in c.shown.marks:
        if is_event(mark, c.phase_threads):
            by_key[mark.key].append(mark)
        else:
            rest += 1
    read = [item for item in by_key.items() if item[0] in c.evidence.rows]
    best = sorted(read, key=lambda x: (_rank(x[1]), _order(c, x[0])))[:EVENTS_MAX]
    return sorted(best, key=lambda x: _order(c, x[0])), len(by_key) - len(best), rest


def state(c: Context, marks: Sequence[Mark]) -> Run:
    """Suggestion or confirmed, in a frame that needs no colour."""
    confirmed = sum(m.decision is not None for m in marks)
    if confirmed == len(marks):
        return Run(c.w("state_confirmed_word"), "conf")
    return Run(c.w("state_partly", n=c.n(confirmed)) if confirmed else c.w("state_suggested"), "sug")


def _signs(c: Context, marks: Sequence[Mark]) -> str:
    """Every sign of the message once: "Permintaan uang, Batas waktu (C)"."""
    letters = sorted({LETTERS[m.phase] for m in marks if m.phase in LETTERS})
    named = ", ".join(dict.fromkeys(c.term("signal", m.signal) for m in marks))
    return f"{named} ({', '.join(letters)})" if letters else named


def _event(c: Context, key: Key, marks: Sequence[Mark]) -> Runs:
    """One line: time, app and account, sign, state, words, citation."""
    row = c.row(key)
    at = row["sent_us"]
    runs: list[Run] = []
    if at is None:
        runs.append(Run(c.when(None, row["sent_at_text"]), "b"))
    else:
        runs.append(Run(clock(at, c.view.zone, c.lang), "b"))
        if c.view.zone is not None:
            runs.append(Run(f" ({clock(at, None, c.lang)})", "small"))
    account = row["sender_id"] or row["sender_name"]
    who = c.who(account) if account else c.w("no_sender")
    runs += [Run(f" · {c.term('platform', row['platform'])} · "), Run(who, "b")]
    if account in c.at_risk:
        runs.append(Run(f" ({c.w('role_at_risk')})"))
    runs += [Run(f": {_signs(c, marks)} "), state(c, marks), Run(" ")]
    if row["text"]:
        quote = brief(row["text"], [(m.start, m.end) for m in marks])
        runs += [Run(c.w("quote_open")), *quote, Run(c.w("quote_close") + " ")]
    return [*runs, c.cite(key, row["message_id"])]


def events(c: Context) -> Section:
    """Numbered events, day by day."""
    told, left, rest = chosen(c)
    blocks: list[Block] = [Para(words(c.w("events_intro" if told else "events_none")))]
    groups: dict[str, list[tuple[Key, list[Mark]]]] = defaultdict(list)
    for key, marks in told:
        at = c.row(key).get("sent_us")
        groups[c.w("events_no_time") if at is None else day(at, c.view.zone, c.lang)].append((key, marks))
    number = 1
    for heading, items in groups.items():
        blocks += [Heading(words(heading)), Bullets([_event(c, k, m) for k, m in items], numbered=True, start=number)]
        number += len(items)
    if left:
        blocks.append(Para(words(c.w("events_more", n=c.n(left))), "note"))
    if rest:
        blocks.append(Para(words(c.w("events_rest", n=c.n(rest))), "note"))
    if c.shown.withheld:
        blocks.append(Para(words(c.w("events_withheld", n=c.n(len(c.shown.withheld)))), "note"))
    return Section("events", c.w("events_title"), blocks)
