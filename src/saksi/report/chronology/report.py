"""The chronology as a document: `build(view, lang, made_at_us) -> Built`, chapters in the order of docs/report.md.

The screen document (HTML) and the printed one (PDF) have the same chapters; the printed one carries fewer windows of
messages, and each says exactly how many it leaves out and where the rest is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from saksi.case.model import CaseView
from saksi.report._blocks import Document, Section
from saksi.report._evidence import Evidence, Key, Plan, Shown, gather, rank, shown_marks
from saksi.report._times import day
from saksi.report._who import Who
from saksi.report.chronology import _events, _front, _messages, _payments, _people, _phases
from saksi.report.chronology._context import Context, Interval
from saksi.table.schema import PHASES

SCREEN_LINES: Final = 26_000
"""Lines of print of windows in the HTML: about 6 MB at the sizes measured (docs/decisions/0009-report.md)."""

PRINT_LINES: Final = 2_000
"""Lines of print of windows in the PDF: about 45 pages beside the other chapters; typst holds some 2 MiB a page."""

LABELS: Final = (
    "skip", "contents", "search_label", "search_hint", "filter_legend", "filter_shown", "filter_none", "message_id",
    "col_message", "col_time", "col_account", "col_text", "page_of", "suggestion_word", "marks_word", "reset",
)


@dataclass(frozen=True)
class Built:
    """The same document for the screen and for print."""

    screen: Document
    printed: Document


def _involved(view: CaseView, shown: Shown, items: list[Interval], evidence: Evidence) -> set[str]:
    """Accounts that documents name (see `saksi.report._who`)."""
    named = set(view.at_risk) | ({view.owner} if view.owner else set())
    named |= {a for person in view.people for a in person.accounts}
    named |= {a for i in items for a in i.people}
    threads = {i.thread for i in items}
    named |= {a for m in shown.marks if _events.is_event(m, threads) and (a := evidence.senders.get(m.key))}
    # a display name that was told ("Rara") names the account it belongs to
    named |= {a for a, names in evidence.names.items() if names & named}
    return named


def at_risk_accounts(view: CaseView, evidence: Evidence) -> set[str]:
    """Accounts of the person at risk: as told, or by a display name that was told."""
    told = set(view.at_risk)
    return told | {a for a, names in evidence.names.items() if names & told}


def _names(view: CaseView, evidence: Evidence) -> dict[str, set[str]]:
    names = {a: set(n) for a, n in evidence.names.items()}
    for thread in view.threads:
        for account in thread.accounts:
            names.setdefault(account, set())
    return names


def _context(view: CaseView, lang: str, made_at_us: int) -> Context:
    """Read and choose everything."""
    shown = shown_marks(view)
    found = _phases.intervals(view, shown)
    evidence = gather(view, shown, _phases.ends(found))
    at_risk = at_risk_accounts(view, evidence)
    items = _phases.settle(found, evidence, at_risk)
    who = Who(_names(view, evidence), _involved(view, shown, items, evidence))
    return Context(
        view, lang, made_at_us, shown, evidence, items, who, set(),
        {s.account["source"]["digest"]: s.label for s in view.sources},
        {(t.source_digest, t.thread_id): t for t in view.threads}, frozenset(at_risk), frozenset(i.thread for i in items),
        {s.account["source"]["digest"]: n for n, s in enumerate(view.sources)},
    )


def who_is_named(view: CaseView) -> Who:
    """Whom documents of this view name, and the initials of everybody else."""
    return _context(view, "id", 0).who


def intervals_shown(view: CaseView) -> list[Interval]:
    """The phases that documents of this view tell, in order of time."""
    return list(_context(view, "id", 0).intervals)


def _keys(plans: list[Plan]) -> set[Key]:
    return {(p.thread[0], s) for p in plans for s in p.seqs}


def build(view: CaseView, lang: str, made_at_us: int) -> Built:
    """Both forms of the chronology. lang: id or en. Raises LookupError for words that are missing (a defect)."""
    c = _context(view, lang, made_at_us)
    plans = c.evidence.plans
    numbers = {i: n for n, i in enumerate(_messages.in_print_order(c, range(len(plans))), 1)}
    built = {i: _messages.window(c, numbers[i], plans[i]) for i in c.evidence.chosen}
    ranked = sorted(built, key=lambda i: (rank(plans[i]), i))
    found = _payments.identifiers_in_context(c)
    documents = []
    for budget in (SCREEN_LINES, PRINT_LINES):
        kept = _messages.fitting(built, ranked, budget)
        here = replace(c, printed=_keys([plans[i] for i in kept]))
        safety = _front.safety(here)
        sections: list[Section] = [
            *([safety] if safety else []), _front.about(here), _phases.timeline(here), _front.sources(here),
            _events.events(here), _payments.payments(here, found), _people.people(here, found), _phases.phases(here),
            _messages.messages(here, built, kept), _messages.limits(here), _messages.verify(here), _messages.glossary(here),
            _front.details(here),
        ]
        used = {p for i in kept for p in built[i].filters}
        filters: list[tuple[str, str]] = [(p, c.term("phase", p)) for p in PHASES if p in used]
        filters += [("other", c.w("no_phase"))] if "other" in used else []
        documents.append(Document(
            c.w("title"), lang, c.w("subtitle", code=view.code, day=day(made_at_us, view.zone, lang)), made_at_us,
            c.w("footer", code=view.code), sections, {name: c.w(name) for name in LABELS}, filters,
        ))
    return Built(*documents)
