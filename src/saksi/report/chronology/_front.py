"""The first chapters: safety card, what this document is, what was taken in."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from saksi import parties
from saksi.case.model import SourceView
from saksi.report._blocks import Block, Bullets, Card, Heading, Para, Run, Runs, Section, Table, words
from saksi.report._quote import one_line
from saksi.report._times import instant, short
from saksi.report.chronology._context import Context, cell
from saksi.words import area, say

INCONSISTENT: Final = (
    "saved_again", "time_backwards", "date_order_mixed", "date_order_ambiguous", "header_out_of_order", "zone_unknown",
    "unknown_locale", "cap_reached", "truncated", "missing_sibling", "continuation_without_start", "broken_record",
    "broken_structure", "nul_bytes", "reader_failed", "unaccounted",
)
"""Problems that bear on how far the exports can be trusted or are complete: listed on page one."""

SOURCES_MAX: Final = 60
DETAILS_MAX: Final = 200
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
    """How much there is, how much of it is suggestion, how much is confirmed: two pairs a row."""
    confirmed = sum(m.decision is not None for m in c.shown.marks)
    pairs = [
        ("count_sources", len(c.view.sources)), ("count_suggested", len(c.shown.marks) - confirmed),
        ("count_threads", len(c.view.threads)), ("count_confirmed", confirmed),
        ("count_messages", sum(t.records - t.duplicates for t in c.view.threads)), ("count_rejected", len(c.shown.rejected)),
        ("count_phases", len(c.intervals)), ("count_withheld", len(c.shown.withheld)),
    ]
    cells = [[cell(c.w(key)), words(c.n(n), "b")] for key, n in pairs]
    head = [c.w("col_what"), c.w("col_count")] * 2
    return Table(c.w("counts_caption"), head, [[*a, *b] for a, b in zip(cells[::2], cells[1::2], strict=True)], [4, 1.2, 5, 1.2])


def _repeating(c: Context) -> str:
    """The sources with rows that repeat rows of earlier ones: "S2: 100, S3: 4"."""
    counts: Counter[str] = Counter()
    for t in c.view.threads:
        counts[c.label(t.source_digest)] += t.duplicates
    return ", ".join(f"{label}: {c.n(n)}" for label, n in counts.items() if n)


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
    shown = {n for a in c.view.at_risk for n in c.evidence.names.get(a, ()) if n != a}
    names = ", ".join(c.who(a) for a in c.view.at_risk if a not in shown)  # a name beside the account that shows it
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
        Para([Run(c.w("suggestion_text") + " "), Run(c.w("state_suggested"), "sug"), Run(" "), Run(c.w("state_or") + " "),
              Run(c.w("state_confirmed_word"), "conf"), Run(". " + c.w("suggestion_how"))]),
        _counts(c),
    ]
    if repeated := sum(t.duplicates for t in c.view.threads):
        blocks.append(Para(words(c.w("repeated_text", n=c.n(repeated), where=_repeating(c))), "note"))
    if c.shown.withheld:
        blocks.append(Para(words(c.w("withheld_text", n=c.n(len(c.shown.withheld)))), "note"))
    return Section("about", c.w("about_title"), [*blocks, *_inconsistencies(c), *_unknown(c)])


def _period(c: Context, digest: str) -> str:
    """From the first to the last known day of a source's threads."""
    mine = [t for t in c.view.threads if t.source_digest == digest]
    known = [x for t in mine for x in (t.first_at, t.last_at) if x is not None]
    if not known:
        return c.w("time_unknown") if mine else "–"
    first, last = (short(x, c.view.zone, c.lang).partition(", ")[0] for x in (min(known), max(known)))
    return first if first == last else f"{first} – {last}"


def _unread(source: SourceView) -> bool:
    """Whether none of its threads was chosen: nothing in it is read or told, its name may be that of somebody uninvolved."""
    return source.account["records"] > 0 and source.account.get("stored_records") == 0


def _partly_read(source: SourceView) -> bool:
    """Whether only some of its threads were chosen."""
    return bool(source.account.get("stored_records", source.account["records"]) != source.account["records"])


def _source_name(c: Context, source: SourceView) -> str:
    return c.w("src_not_chosen") if _unread(source) else c.who.clean_path(source.account["source"]["name"])


def _medium_place(c: Context, source: SourceView, part: str | None) -> str:
    """Where a medium was, without the folders where those may be named after somebody whose thread was not chosen."""
    if part is None or _unread(source):
        return "–"
    return f"…/{c.who.clean(part.rpartition('/')[2])}" if _partly_read(source) else c.who.clean_path(part)


def _source_row(c: Context, source: SourceView, problems: int) -> list[Runs]:
    """One source in one row."""
    account = source.account
    digest = account["source"]["digest"]
    kept = account.get("stored_records", account["records"])
    count = c.n(kept) if kept == account["records"] else c.w("src_records_chosen", n=c.n(kept), total=c.n(account["records"]))
    mine = [t for t in c.view.threads if t.source_digest == digest]
    if repeated := sum(t.duplicates for t in mine):
        count += " " + c.w("src_repeated", n=c.n(repeated))
    apps = sorted({c.term("platform", t.platform) for t in mine})
    sealed = c.term("sealed", source.sealed_as)
    if source.left_out:
        sealed += " " + c.w("left_out_short", n=c.n(len(source.left_out)))
    if source.brought_by or source.authority:
        who, why = (
            say(f"access.{what}_{code}", c.lang) if code else "–"
            for what, code in (("brought_by", source.brought_by), ("authority", source.authority))
        )
        sealed += " " + c.w("src_handed", who=who, why=why)
    return [words(source.label, "b"), cell(_source_name(c, source)),
            cell(", ".join(apps) or ("–" if _unread(source) else c.w("src_no_reader"))),
            cell(count), cell(_period(c, digest)), cell(sealed),
            cell(c.n(problems) if problems else c.w("none"))]


def _sealed_when(c: Context) -> str:
    """When the sources were sealed, from first to last; always worded so, that two cases of the same files differ in times only."""
    times = [s.sealed_at_us for s in c.view.sources]
    first, last = (instant(x, c.view.zone, c.lang) for x in (min(times), max(times)))
    return c.w("sealed_between", first=first, last=last)


def _problems(c: Context, found: Counter[tuple[str, str]]) -> list[Block]:
    """Every reason with its advice and the sources it was found in."""
    by_reason: dict[str, dict[str, int]] = {}
    for (digest, reason), n in sorted(found.items(), key=lambda i: (c.places.get(i[0][0], len(c.places)), i[0][1])):
        by_reason.setdefault(reason, {})[c.label(digest)] = n
    if not by_reason:
        return [Para(words(c.w("no_problems")))]
    rows = [[cell(advice(c, reason)), cell(", ".join(f"{label}: {c.n(n)}" for label, n in list(where.items())[:20])
                                           + (" …" if len(where) > 20 else ""))]
            for reason, where in sorted(by_reason.items(), key=lambda x: (-sum(x[1].values()), x[0]))]
    return [Table(c.w("problems_caption"), [c.w("col_problem"), c.w("col_count")], rows, [8, 3])]


def sources(c: Context) -> Section:
    """What was taken in: one row a source, then the problems of all."""
    found = problem_counts(c)
    by_digest: Counter[str] = Counter()
    for (digest, _), n in found.items():
        by_digest[digest] += n
    shown = list(c.view.sources)[:SOURCES_MAX]
    blocks: list[Block] = [Para(words(c.w("sources_intro")))]
    if shown:
        head = ["", c.w("src_name"), c.w("col_app"), c.w("col_messages"), c.w("col_period"), c.w("src_sealed"), c.w("col_problems")]
        rows = [_source_row(c, s, by_digest[s.account["source"]["digest"]]) for s in shown]
        blocks += [Para(words(_sealed_when(c))),
                   Table(c.w("sources_caption"), head, rows, [0.8, 4.4, 1.7, 1.2, 3.2, 2.6, 1.3]), *_problems(c, found)]
    if len(c.view.sources) > SOURCES_MAX:
        blocks.append(Para(words(c.w("sources_more", n=c.n(len(c.view.sources) - SOURCES_MAX)))))
    return Section("sources", c.w("sources_title"), blocks)


def _detail_row(c: Context, source: SourceView) -> list[Runs]:
    """Digest, account of bytes, kinds and bases of times of one source."""
    account = source.account
    whole = account.get("bytes") or {}
    kinds = ", ".join(f"{c.term('kind', k)} {c.n(v)}" for k, v in sorted(account.get("by_kind", {}).items()))
    bases = account.get("time", {}).get("basis", {})
    times = ", ".join(f"{c.term('time_basis', k)} {c.n(v)}" for k, v in sorted(bases.items()))
    counted = c.w("src_account_text", size=c.n(account["source"]["bytes"]), total=c.n(whole.get("total", 0)),
                  messages=c.n(whole.get("messages", 0)), container=c.n(whole.get("container", 0)),
                  problems=c.n(whole.get("problems", 0)))
    return [words(source.label, "b"), words(account["source"]["digest"], "halves"), cell(counted),
            cell("; ".join(x for x in (c.w("src_reader_n", reader=account["reader"] or c.w("src_no_reader"),
                                           n=c.n(len(account.get("threads", ())))), kinds, times) if x))]


def details(c: Context) -> Section:
    """The appendix: what each source consists of, its threads, the media that were listed and not kept."""
    left_out = [(s, x) for s in c.view.sources for x in s.left_out]
    rows = [_detail_row(c, s) for s in list(c.view.sources)[:DETAILS_MAX]]
    blocks: list[Block] = [Para(words(c.w("details_intro")))]
    if rows:
        head = [c.w("col_source"), c.w("col_digest"), c.w("src_account"), c.w("col_contents")]
        blocks.append(Table(c.w("digests_caption"), head, rows, [0.9, 3.9, 3.4, 4]))
    if len(c.view.sources) > DETAILS_MAX:
        blocks.append(Para(words(c.w("details_more", n=c.n(len(c.view.sources) - DETAILS_MAX)))))
    return Section("details", c.w("details_title"), [*blocks, *_threads(c), *_left_out_list(c, left_out)])


def _threads(c: Context) -> list[Block]:
    """The threads that this document carries."""
    rows = [
        [cell(c.label(t.source_digest)), cell(c.thread_title((t.source_digest, t.thread_id))),
         cell(c.n(t.records) + (" " + c.w("src_repeated", n=c.n(t.duplicates)) if t.duplicates else "")),
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


def _left_out_list(c: Context, left_out: list[tuple[SourceView, Any]]) -> list[Block]:
    """The media that were digested and not kept."""
    if not left_out:
        return []
    rows = [
        [cell(source.label), cell(_medium_place(c, source, x.part)), cell(c.term("media", x.media)), cell(c.n(x.size)),
         words(x.digest, "halves") if x.digest else cell(c.w("digest_unknown")), cell(c.w("yes") if x.named else c.w("no"))]
        for source, x in left_out[:LEFT_OUT_MAX]
    ]
    head = [c.w("col_source"), c.w("col_part"), c.w("col_kind"), c.w("col_bytes"), c.w("col_digest"), c.w("col_named")]
    blocks: list[Block] = [
        Heading(words(c.w("left_out_title"))), Para(words(c.w("left_out_text"))),
        Table(c.w("left_out_caption"), head, rows, [0.8, 3, 1.3, 1.4, 4, 1.3]),
    ]
    if len(left_out) > LEFT_OUT_MAX:
        blocks.append(Para(words(c.w("left_out_more", n=c.n(len(left_out) - LEFT_OUT_MAX)))))
    return blocks
