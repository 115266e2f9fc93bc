"""The chapter about accounts: those with phases first, what they wrote down, what recurs in several threads.

An account is what one export names; nothing here says that two accounts are one person. What may be looked into is listed
as it is: a number, account or handle that stands in several threads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi.report._blocks import Block, Para, Run, Runs, Section, Table, words
from saksi.report._evidence import ThreadKey
from saksi.report._quote import one_line
from saksi.report._times import short
from saksi.report.chronology._context import LETTERS, Context, cell
from saksi.report.chronology._payments import Found, cites, value_words
from saksi.table.schema import PHASES

ACCOUNTS_MAX: Final = 120
VALUES_MAX: Final = 15
SHARED_MAX: Final = 60
INITIALS_MAX: Final = 60
THREADS_NAMED: Final = 4
"""Rows, values and titles printed of each list; what is left is a number."""


def _roles(c: Context) -> dict[str, str]:
    """Role words by account: decided ones first, then what the case was told."""
    roles: dict[str, str] = {}
    # what was told may be an account or the display name of several (one person, two apps)
    known = {a: {a, *names} for a, names in c.evidence.names.items()}
    for account, names in known.items():
        said = [c.w(f"role_at_risk_{c.view.at_risk_basis}")] if names & set(c.view.at_risk) else []
        said += [c.w("role_owner")] if c.view.owner in names else []
        if said:
            roles[account] = "; ".join(said)
    for person in c.view.people:
        for account in person.accounts:
            named = f"{person.code} {one_line(person.name)}" if person.name else person.code
            roles[account] = c.w("role_decided", person=named, role=c.term("role", person.role))
    return roles


def _place(c: Context, key: ThreadKey) -> str:
    return f"{c.label(key[0])} {c.thread_title(key)}"


def _wrote(c: Context, found: Sequence[Found]) -> dict[str, dict[tuple[str, str], list[Found]]]:
    """Identifiers near marks, but amounts, by the account that wrote them.

    What the person at risk wrote in threads without a phase (an order at a shop, say) is nobody's business here.
    """
    result: dict[str, dict[tuple[str, str], list[Found]]] = defaultdict(lambda: defaultdict(list))
    for f in found:
        account = c.evidence.senders.get(f.key)
        private = account in c.at_risk and f.thread not in c.phase_threads
        if f.kind != "money" and account is not None and not private:
            result[account][f.kind, f.value].append(f)
    return result


def _values(c: Context, values: dict[tuple[str, str], list[Found]]) -> list[Run]:
    """What an account wrote down, one value a line, with citations."""
    runs: list[Run] = []
    for i, ((kind, value), hits) in enumerate(sorted(values.items(), key=lambda v: (-len(v[1]), v[0]))):
        if i == VALUES_MAX:
            runs.append(Run(c.w("more", n=c.n(len(values) - VALUES_MAX)), "line"))
            break
        runs += [Run(c.term("identifier", kind) + " ", "line" if i else ""), Run(value_words(kind, value), "long"), Run(" "),
                 *cites(c, hits, 3)]
    return runs or [Run("–")]


def _phases_of(c: Context, account: str) -> str:
    """Letters of the phases whose intervals name the account."""
    letters = {i.phase for i in c.intervals if account in i.people}
    return ", ".join(f"{LETTERS[p]} {c.w(f'phase_short_{p}')}" for p in PHASES if p in letters) or "–"


def _where(c: Context, threads: Sequence[ThreadKey]) -> list[Run]:
    """The threads of an account with their first and last day."""
    runs: list[Run] = []
    for i, key in enumerate(threads[:THREADS_NAMED]):
        t = c.threads[key]
        days = [short(x, c.view.zone, c.lang).partition(", ")[0] for x in (t.first_at, t.last_at) if x is not None]
        runs += [Run(_place(c, key), "line" if i else ""), Run(f" ({' – '.join(dict.fromkeys(days))})" if days else "", "small")]
    if len(threads) > THREADS_NAMED:
        runs.append(Run(c.w("more", n=c.n(len(threads) - THREADS_NAMED)), "line"))
    return runs


def _table(c: Context, caption: str, accounts: Sequence[str], counts: Counter[str], threads: dict[str, list[ThreadKey]],
           wrote: dict[str, dict[tuple[str, str], list[Found]]]) -> Table:
    """One row an account."""
    roles = _roles(c)
    marks = Counter(c.evidence.senders.get(m.key) for m in c.shown.marks)
    rows: list[list[Runs]] = [
        [[Run(c.who(a), "b"), Run(roles.get(a) or c.w("role_none"), "line")], _where(c, threads[a]), cell(_phases_of(c, a)),
         cell(f"{c.n(counts[a])} / {c.n(marks[a])}"), _values(c, wrote.get(a, {}))]
        for a in accounts
    ]
    head = [c.w("col_account"), c.w("col_threads"), c.w("col_phase"), c.w("col_messages_marks"), c.w("col_wrote")]
    return Table(caption, head, rows, [2.6, 3.2, 2, 1.3, 4])


def people(c: Context, found: Sequence[Found]) -> Section:
    """Accounts with phases, other involved accounts, what recurs, everybody else as initials."""
    counts: Counter[str] = Counter()
    threads: dict[str, list[ThreadKey]] = defaultdict(list)
    for t in c.view.threads:
        for account, n in t.accounts.items():
            counts[account] += n
            threads[account].append((t.source_digest, t.thread_id))
    for mine in threads.values():  # threads with phases first: they are what the reader looks for
        mine.sort(key=lambda k: k not in c.phase_threads)
    named = sorted((a for a in counts if c.who.is_involved(a)), key=lambda a: (-counts[a], a))
    in_phases = {a for i in c.intervals for a in i.people} - c.at_risk
    wrote = _wrote(c, found)
    blocks: list[Block] = [Para(words(c.w("people_intro")))]
    for caption, accounts in (("people_caption_phases", [a for a in named if a in in_phases]),
                              ("people_caption", [a for a in named if a not in in_phases])):
        if accounts:
            blocks.append(_table(c, c.w(caption), accounts[:ACCOUNTS_MAX], counts, threads, wrote))
        if len(accounts) > ACCOUNTS_MAX:
            blocks.append(Para(words(c.w("people_more", n=c.n(len(accounts) - ACCOUNTS_MAX)))))
    return Section("people", c.w("people_title"), [*blocks, *_shared(c, wrote), *_others(c, counts, threads)])


def _others(c: Context, counts: Counter[str], threads: dict[str, list[ThreadKey]]) -> list[Block]:
    """Uninvolved accounts as initials, in one paragraph."""
    rest = sorted((a for a in counts if not c.who.is_involved(a)), key=lambda a: (-counts[a], a))
    if not rest:
        return []
    said = ", ".join(
        f"{c.who(a)} ({c.n(counts[a])}; {', '.join(dict.fromkeys(c.label(k[0]) for k in threads[a][:THREADS_NAMED]))})"
        for a in rest[:INITIALS_MAX])
    more = " " + c.w("more", n=c.n(len(rest) - INITIALS_MAX)) if len(rest) > INITIALS_MAX else ""
    return [Para([Run(c.w("others_intro", n=c.n(len(rest))) + " ", "b"), Run(said + more)], "note")]


def _shared(c: Context, wrote: dict[str, dict[tuple[str, str], list[Found]]]) -> list[Block]:
    """Values written near marks by named accounts that stand in more than one thread of the case."""
    wanted = {key for account, values in wrote.items() if c.who.is_involved(account) for key in values}
    if not wanted:
        return []
    table = c.view.identifiers
    rows = table.filter(pc.is_in(table.column("value"), pa.array(sorted({v for _, v in wanted}), pa.string()))).to_pylist()
    places: dict[tuple[str, str], dict[ThreadKey, Found]] = defaultdict(dict)
    for r in rows:
        thread = (r["source_digest"], r["thread_id"])
        if (r["kind"], r["value"]) in wanted:
            places[r["kind"], r["value"]].setdefault(thread, Found(
                r["kind"], r["value"], r["as_written"], (r["source_digest"], r["seq"]), r["message_id"], thread))
    listed = sorted(((k, v) for k, v in places.items() if len(v) > 1), key=lambda x: (-len(x[1]), x[0]))
    if not listed:
        return [Para(words(c.w("shared_none")))]
    out = [
        [cell(c.term("identifier", kind)), words(value_words(kind, value), "long"),
         cell("; ".join(_place(c, t) for t in list(hits)[:THREADS_NAMED])), cites(c, list(hits.values()))]
        for (kind, value), hits in listed[:SHARED_MAX]
    ]
    head = [c.w("col_kind"), c.w("col_value"), c.w("col_appears"), c.w("col_messages_cited")]
    return [Table(c.w("shared_caption"), head, out, [2, 3, 5, 2]), Para(words(c.w("shared_note")), "note")]
