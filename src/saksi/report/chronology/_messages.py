"""The chapter of marked messages with their context, and the closing chapters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from saksi.report._blocks import Block, Bullets, Heading, Line, Note, Para, Run, Section, Table, Window, words
from saksi.report._evidence import Key, Mark, Plan
from saksi.report._quote import one_line, quoted, seen
from saksi.report._times import instant
from saksi.report.chronology._context import LETTERS, Context, cell
from saksi.table.schema import PHASES
from saksi.words import area

NOTES_MAX: Final = 8
"""Marks printed below one message; the rest is a number."""


def _flag(c: Context, flag: str) -> str:
    """A flag in words; "duration_s:32" keeps its value as exported."""
    name, colon, value = flag.partition(":")
    if f"flag_{name}_{value}" in area("report"):
        return c.term("flag", f"{name}_{value}")
    return f"{c.term('flag', name)} {one_line(value)}" if colon else c.term("flag", name)


def _body(c: Context, row: Mapping[str, Any], marks: Sequence[Mark]) -> list[Run]:
    """What the message says, or what it is where it has no text; media are named, never shown."""
    runs: list[Run] = []
    if row["forwarded_from"]:
        runs += [Run(c.w("forwarded") + " ", "cut")]
    kind = row["kind"]
    if kind not in ("text", None):
        runs.append(Run(f"[{c.term('kind', kind)}] ", "cut"))
    for a in row["attachments"] or ():
        named = c.w("medium", media=c.term("media_type", (a["media_type"] or "unknown").split("/")[0]),
                    name=c.who.clean_path(a["name"]) if a["name"] else c.w("medium_unnamed"), state=c.term("state", a["state"]))
        runs.append(Run(f"[{named}] ", "cut"))
    if row["text"]:
        runs += quoted(row["text"], [(m.start, m.end) for m in marks], c.w("quote_cut"))
    if row["text_repair"]:
        runs.append(Run(" " + c.w("repaired"), "cut"))
    if row["duplicate_of"]:
        runs.append(Run(" " + c.w("duplicate", label=c.label_of_id(row["duplicate_of"])), "cut"))
    flags = [_flag(c, f) for f in row["flags"] or ()]
    if flags:
        runs.append(Run(f" [{', '.join(flags)}]", "cut"))
    return runs or [Run(c.w("no_text"), "cut")]


def _note(c: Context, mark: Mark) -> Note:
    """One mark in words: what, why, how strong, who says so."""
    phase = f"{LETTERS[mark.phase]} {c.term('phase', mark.phase)}" if mark.phase in LETTERS else c.w("no_phase")
    if mark.decision:
        state = Run(c.w("state_confirmed", by=one_line(mark.decision.by),
                        when=instant(mark.decision.at_us, c.view.zone, c.lang)), "conf")
    else:
        state = Run(c.w("state_suggested"), "sug")
    runs = [
        state, Run(" "), Run(c.term("signal", mark.signal), "b"), Run(f" · {phase} · "),
        Run(c.term("strength", mark.strength)), Run(". "), *seen(c.because(mark.because), ""), Run(" "),
        Run(mark.mark_id, "mono"),
    ]
    return Note(runs, "confirmed" if mark.decision else "suggested")


def _when(c: Context, row: Mapping[str, Any]) -> list[str]:
    """Local time, UTC below it; as written where no instant is known."""
    if row["sent_us"] is None:
        written = row["sent_at_text"]
        return [c.w("time_as_written", text=one_line(written)) if written else c.w("time_unknown")]
    utc = instant(row["sent_us"], None, c.lang)
    return [utc] if c.view.zone is None else [instant(row["sent_us"], c.view.zone, c.lang), utc]


def line(c: Context, key: Key, row: Mapping[str, Any], marks: Sequence[Mark]) -> Line:
    """One message of a window."""
    account = row["sender_id"] or row["sender_name"]
    notes = [_note(c, m) for m in marks[:NOTES_MAX]]
    if len(marks) > NOTES_MAX:
        notes.append(Note(words(c.w("notes_more", n=c.n(len(marks) - NOTES_MAX))), "suggested"))
    cited = c.label(key[0])
    return Line(
        f"{cited}-{key[1]}", f"{cited} #{key[1]}", row["message_id"], _when(c, row),
        words(c.who(account) if account else c.w("no_sender")), _body(c, row, marks), notes,
    )


def window(c: Context, number: int, plan: Plan) -> Window:
    """One window as it is printed."""
    by_key: dict[Key, list[Mark]] = defaultdict(list)
    for mark in plan.marks:
        by_key[mark.key].append(mark)
    lines = []
    for seq in plan.seqs:
        key = (plan.thread[0], seq)
        row = c.evidence.rows.get(key)
        if row is not None:
            lines.append(line(c, key, row, by_key.get(key, ())))
    phases = [p for p in PHASES if any(m.phase == p for m in plan.marks)]
    other = ["other"] if any(m.phase is None for m in plan.marks) else []
    title = c.w("window_heading", n=c.n(number), label=c.label(plan.thread[0]), thread=c.thread_title(plan.thread))
    return Window(f"w{number}", words(title), [*phases, *other], lines)


def cost(w: Window) -> int:
    """Rough size of a window in lines of print: bounds both documents. One message costs at least three."""
    total = 4
    for item in w.lines:
        total += 3 + sum(len(r.text) for r in item.body) // 70 + 2 * len(item.notes)
    return total


def fitting(built: Mapping[int, Window], ranked: Sequence[int], budget: int) -> list[int]:
    """Which windows are printed, by rank until `budget` lines are spent."""
    kept: list[int] = []
    for index in ranked:
        budget -= cost(built[index])
        if budget < 0 and kept:
            break
        kept.append(index)
    return kept


def in_print_order(c: Context, indices: Iterable[int]) -> list[int]:
    """Windows of threads with a phase first, then the others; each by time across apps, as `Evidence.plans` is."""
    return sorted(indices, key=lambda i: (c.evidence.plans[i].thread not in c.phase_threads, i))


def messages(c: Context, built: Mapping[int, Window], kept: Sequence[int]) -> Section:
    """Marked messages with their context; what did not fit is counted."""
    plans = c.evidence.plans
    blocks: list[Block] = [Para(words(c.w("messages_intro"))), Para(words(c.w("messages_legend")), "note"),
                           Para(words(c.w("messages_rest")), "note")]
    if not plans:
        blocks = [Para(words(c.w("messages_none")))]
    if len(kept) < len(plans):
        out = set(range(len(plans))) - set(kept)
        blocks.append(Para(words(c.w(
            "windows_more", n=c.n(len(out)), total=c.n(len(plans)), lines=c.n(sum(len(plans[i].seqs) for i in out)),
            marks=c.n(sum(len(plans[i].marks) for i in out)))), "note"))
    ordered = in_print_order(c, kept)
    inside = [built[i] for i in ordered if plans[i].thread in c.phase_threads]
    outside = [built[i] for i in ordered if plans[i].thread not in c.phase_threads]
    if outside:
        outside_heading: list[Block] = [Heading(words(c.w("messages_outside")))] if inside else []
        blocks += [*inside, *outside_heading, *outside]
    else:
        blocks += inside
    return Section("messages", c.w("messages_title"), blocks, search=bool(kept))


def limits(c: Context) -> Section:
    """What this document does not prove."""
    items = [words(c.w(f"limit_{i}")) for i in range(1, 12)]
    return Section("limits", c.w("limits_title"), [Bullets(items)])


def verify(c: Context) -> Section:
    """How anyone can check what stands here."""
    items = [words(c.w(f"verify_{i}")) for i in range(1, 6)]
    blocks: list[Block] = [Para(words(c.w("verify_intro"))), Bullets(items, numbered=True)]
    if c.view.log_head:
        blocks.append(Para([Run(c.w("log_head", n=c.n(c.view.log_size)) + " "), Run(c.view.log_head, "mono")]))
    else:
        blocks.append(Para(words(c.w("log_head_elsewhere"))))
    return Section("verify", c.w("verify_title"), blocks)


def glossary(c: Context) -> Section:
    """The signals that occur in this document, and the four phases."""
    used = sorted({m.signal for m in c.shown.marks}, key=lambda s: c.term("signal", s))
    rows = [[words(c.term("signal", s), "b"), cell(c.term("meaning", s)),
             cell(c.n(len({m.key for m in c.shown.marks if m.signal == s})))]
            for s in used]
    blocks: list[Block] = [
        Heading(words(c.w("glossary_phases"))),
        Bullets([[Run(f"{LETTERS[p]} {c.term('phase', p)}: ", "b"), Run(c.w(f"phase_means_{p}"))] for p in PHASES]),
    ]
    if rows:
        blocks += [Heading(words(c.w("glossary_signals"))),
                   Table(c.w("glossary_caption"), [c.w("col_signal"), c.w("col_meaning"), c.w("col_messages_n")], rows, [3, 6, 1])]
    return Section("glossary", c.w("glossary_title"), blocks)
