"""The first chapters: safety card, what this document is, what was taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from saksi import parties
from saksi.report._blocks import Block, Bullets, Card, Heading, Para, Run, Section, Table, words
from saksi.report._quote import one_line
from saksi.report._times import instant
from saksi.report.chronology._context import Context, cell, mono
from saksi.words import area, say

INCONSISTENT: Final = (
    "time_backwards", "date_order_mixed", "date_order_ambiguous", "header_out_of_order", "zone_unknown", "unknown_locale",
    "cap_reached", "truncated", "missing_sibling", "continuation_without_start", "broken_record", "broken_structure",
    "nul_bytes", "reader_failed", "unaccounted",
)
"""Problems that bear on how far the exports can be trusted or are complete: listed on page one."""

SOURCES_MAX: Final = 60
LEFT_OUT_MAX: Final = 200
THREADS_MAX: Final = 150
"""Rows printed of each list; the rest is a number and stands in the account of `saksi export`."""


def reviewed_contacts(lang: str) -> list[parties.Contact]:
    """Contacts that carry a source, a date and a person's review; checked here too, for a wrong number does harm."""
    offered = parties.safety_card_contacts(lang)
    return [x for x in offered if x.source and x.date and x.reviewed_on and x.channels]


def safety(c: Context) -> Section | None:
    """The safety card, where distress was marked."""
    if not c.view.crisis:
        return None
    distress = [m for m in c.shown.marks if m.signal == "distress"]
    blocks: list[Para | Bullets | Table] = [
        Para(words(c.w("safety_what"))),
        Bullets([words(c.w(f"safety_do_{i}")) for i in range(1, 6)], numbered=True),
        Para(words(c.w("safety_whom"))),
        Bullets([words(c.w(f"safety_go_{i}")) for i in range(1, 6)]),
    ]
    contacts = reviewed_contacts(c.lang)
    if contacts:
        blocks.append(Table(
            c.w("safety_contacts"), [c.w("col_contact"), c.w("col_reach"), c.w("col_source_date")],
            [[cell(f"{x.name}: {x.role}"), cell(", ".join(f"{c.term('channel', y.kind)} {y.value}" for y in x.channels)),
              cell(c.w("contact_source", source=x.source, date=x.date or "", reviewed=x.reviewed_on or ""))]
             for x in contacts], [4, 3, 3],
        ))
    else:
        blocks.append(Para(words(c.w("safety_no_contacts")), "note"))
    if distress:
        blocks.append(Para([Run(c.w("safety_where") + " "), *c.cites(distress)], "note"))
    return Section("safety", c.w("safety_title"), [Card(c.w("safety_card"), blocks)])


def _counts(c: Context) -> Table:
    """How much is suggestion, how much is confirmed."""
    confirmed = sum(m.decision is not None for m in c.shown.marks)
    rows = [
        (c.w("count_sources"), len(c.view.sources)),
        (c.w("count_threads"), len(c.view.threads)),
        (c.w("count_messages"), sum(t.records for t in c.view.threads)),
        (c.w("count_suggested"), len(c.shown.marks) - confirmed),
        (c.w("count_confirmed"), confirmed),
        (c.w("count_rejected"), len(c.shown.rejected)),
        (c.w("count_withheld"), len(c.shown.withheld)),
        (c.w("count_phases"), len(c.intervals)),
    ]
    return Table(c.w("counts_caption"), [c.w("col_what"), c.w("col_count")],
                 [[cell(what), cell(c.n(n))] for what, n in rows], [7, 2])


def problem_counts(c: Context) -> Counter[tuple[str, str]]:
    """Number of problem rows by (source digest, reason)."""
    table = c.view.problems
    return Counter(zip(table.column("source_digest").to_pylist(), table.column("reason").to_pylist(), strict=True))


def advice(c: Context, reason: str) -> str:
    """The catalog's sentence for a reason of the problems table."""
    return say(f"problems.{reason}", c.lang) if reason in area("problems") else one_line(reason)


def _inconsistencies(c: Context) -> list[Block]:
    found = problem_counts(c)
    items = []
    for reason in INCONSISTENT:
        by_label = {c.label(d): n for (d, r), n in sorted(found.items()) if r == reason}
        if by_label:
            where = ", ".join(f"{label}: {c.n(n)}" for label, n in sorted(by_label.items()))
            items.append([Run(advice(c, reason) + " "), Run(f"({where})", "b")])
    intro = c.w("inconsistent_some") if items else c.w("inconsistent_none")
    return [Heading(words(c.w("inconsistent_title"))), Para(words(intro)), *([Bullets(items)] if items else [])]


def _unknown(c: Context) -> list[Block]:
    names = ", ".join(c.who(a) for a in c.view.at_risk)
    items = [
        c.w(f"basis_{c.view.at_risk_basis}", names=names or c.w("nobody_named")),
        c.w("owner_told", name=c.who(c.view.owner)) if c.view.owner else c.w("owner_unknown"),
        c.w("zone_told", zone=c.view.zone) if c.view.zone else c.w("zone_not_told"),
    ]
    bases: Counter[str] = Counter()
    for source in c.view.sources:
        bases.update(source.account.get("time", {}).get("basis", {}))
    unknown = bases["zone_unknown"] + bases["none"]
    if unknown:
        items.append(c.w("times_unknown", n=c.n(unknown), total=c.n(sum(bases.values()))))
    return [Heading(words(c.w("unknown_title"))), Bullets([words(i) for i in items])]


def about(c: Context) -> Section:
    """Page one."""
    blocks: list[Block] = [
        Para(words(c.w("about_what"))),
        Para([Run(c.w("about_code") + " "), Run(c.view.code, "b"), Run(" · "),
              Run(c.w("about_made", when=instant(c.made_at_us, c.view.zone, c.lang), version=c.view.version))]),
        Heading(words(c.w("sealing_title"))),
        Bullets([words(c.w(f"sealing_{i}")) for i in range(1, 5)]),
        Heading(words(c.w("suggestion_title"))),
        Para(words(c.w("suggestion_text"))),
        _counts(c),
    ]
    if c.shown.withheld:
        blocks.append(Para(words(c.w("withheld_text", n=c.n(len(c.shown.withheld)))), "note"))
    return Section("about", c.w("about_title"), [*blocks, *_inconsistencies(c), *_unknown(c)])


def _source_rows(c: Context, account: Mapping[str, Any], sealed_as: str, sealed_at_us: int) -> Table:
    source = account["source"]
    kept = account.get("stored_records", account["records"])
    byte_account = account.get("bytes") or {}
    rows = [
        (c.w("src_name"), cell(c.who.clean(source["name"]))),
        (c.w("src_digest"), mono(source["digest"])),
        (c.w("src_bytes"), cell(c.n(source["bytes"]))),
        (c.w("src_reader"), cell(account["reader"] or c.w("src_no_reader"))),
        (c.w("src_records"), cell(c.n(account["records"]) if kept == account["records"] else c.w(
            "src_records_chosen", n=c.n(kept), total=c.n(account["records"])))),
        (c.w("src_threads"), cell(c.n(len(account.get("threads", ()))))),
        (c.w("src_kinds"), cell(", ".join(
            f"{c.term('kind', k)} {c.n(v)}" for k, v in sorted(account.get("by_kind", {}).items())) or "–")),
        (c.w("src_account"), cell(c.w(
            "src_account_text", total=c.n(byte_account.get("total", 0)), messages=c.n(byte_account.get("messages", 0)),
            container=c.n(byte_account.get("container", 0)), problems=c.n(byte_account.get("problems", 0))))),
        (c.w("src_times"), cell(", ".join(
            f"{c.term('time_basis', k)} {c.n(v)}" for k, v in sorted(account.get("time", {}).get("basis", {}).items())) or "–")),
        (c.w("src_sealed"), cell(
            f"{c.term('sealed', sealed_as)}; {instant(sealed_at_us, c.view.zone, c.lang)}")),
    ]
    return Table("", [c.w("col_what"), c.w("col_value")], [[cell(k), v] for k, v in rows], [3, 7])


def sources(c: Context) -> Section:
    """What was taken in."""
    found = problem_counts(c)
    blocks: list[Block] = [Para(words(c.w("sources_intro")))]
    left_out: list[tuple[str, Any]] = []
    for source in list(c.view.sources)[:SOURCES_MAX]:
        blocks.append(Heading(words(c.w("source_heading", label=source.label)), anchor=source.label))
        blocks.append(_source_rows(c, source.account, source.sealed_as, source.sealed_at_us))
        kinds = Counter(x.media for x in source.left_out)
        if kinds:
            said = ", ".join(f"{c.term('media', k)} {c.n(v)}" for k, v in sorted(kinds.items()))
            blocks.append(Para(words(c.w("left_out", said=said))))
            left_out += [(source.label, x) for x in source.left_out]
        digest = source.account["source"]["digest"]
        rows = [
            [cell(advice(c, reason)), cell(c.n(n))]
            for (d, reason), n in sorted(found.items(), key=lambda i: (-i[1], i[0])) if d == digest
        ]
        if rows:
            blocks.append(Table(c.w("problems_caption"), [c.w("col_problem"), c.w("col_count")], rows, [8, 2]))
        else:
            blocks.append(Para(words(c.w("no_problems"))))
    if len(c.view.sources) > SOURCES_MAX:
        blocks.append(Para(words(c.w("sources_more", n=c.n(len(c.view.sources) - SOURCES_MAX)))))
    blocks += _threads(c)
    return Section("sources", c.w("sources_title"), [*blocks, *_left_out_list(c, left_out)])


def _threads(c: Context) -> list[Block]:
    """The threads that this document carries."""
    rows = [
        [cell(c.label(t.source_digest)), cell(c.thread_title((t.source_digest, t.thread_id))), cell(c.n(t.records)),
         cell(c.when(t.first_at, t.first_at_text)), cell(c.when(t.last_at, t.last_at_text))]
        for t in list(c.view.threads)[:THREADS_MAX]
    ]
    if not rows:
        return []
    head = [c.w("col_source"), c.w("col_thread"), c.w("col_messages"), c.w("col_first"), c.w("col_last")]
    blocks: list[Block] = [
        Heading(words(c.w("threads_title"))), Para(words(c.w("threads_text"))),
        Table(c.w("threads_caption"), head, rows, [1, 4, 1.3, 3, 3]),
    ]
    if len(c.view.threads) > THREADS_MAX:
        blocks.append(Para(words(c.w("threads_more", n=c.n(len(c.view.threads) - THREADS_MAX)))))
    return blocks


def _left_out_list(c: Context, left_out: list[tuple[str, Any]]) -> list[Block]:
    """The media that were digested and not kept."""
    if not left_out:
        return []
    rows = [
        [cell(label), cell(c.who.clean(x.part or "–")), cell(c.term("media", x.media)), cell(c.n(x.size)),
         words(x.digest, "halves") if x.digest else cell(c.w("digest_unknown")), cell(c.w("yes") if x.named else c.w("no"))]
        for label, x in left_out[:LEFT_OUT_MAX]
    ]
    head = [c.w("col_source"), c.w("col_part"), c.w("col_kind"), c.w("col_bytes"), c.w("col_digest"), c.w("col_named")]
    blocks: list[Block] = [
        Heading(words(c.w("left_out_title"))), Para(words(c.w("left_out_text"))),
        Table(c.w("left_out_caption"), head, rows, [0.8, 3, 1.3, 1.4, 4, 1.3]),
    ]
    if len(left_out) > LEFT_OUT_MAX:
        blocks.append(Para(words(c.w("left_out_more", n=c.n(len(left_out) - LEFT_OUT_MAX)))))
    return blocks
