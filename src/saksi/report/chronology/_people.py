"""The chapters about accounts and about amounts of money."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np

from saksi.report._blocks import Block, Heading, Para, Run, Section, Table, words
from saksi.report._evidence import Key
from saksi.report._quote import one_line
from saksi.report.chronology._context import CITES_MAX, Context, cell

ACCOUNTS_MAX: Final = 120
VALUES_MAX: Final = 15
AMOUNTS_MAX: Final = 150
ROUTES_MAX: Final = 100
"""Rows printed of each list; what is left is a number and stands in `saksi export --what identifiers`."""

ROUTE_KINDS: Final = ("bank_account", "ewallet", "qris", "crypto")
CLASSES: Final = ("demanded", "said_sent", "both", "neither")


@dataclass(frozen=True, slots=True)
class Found:
    """One identifier in a message near a mark."""

    kind: str
    value: str
    as_written: str
    key: Key
    message_id: str


def identifiers_in_context(c: Context) -> list[Found]:
    """Identifiers of messages that lie in a window around a mark that may be shown (order of source and seq)."""
    table = c.view.identifiers
    if table.num_rows == 0:
        return []
    seqs = np.asarray(table.column("seq"))
    digests = np.array(table.column("source_digest").to_pylist(), dtype=object)
    hit = np.zeros(table.num_rows, dtype=bool)
    for digest, context in c.evidence.context.items():
        hit |= (digests == digest) & np.isin(seqs, context)
    rows = table.take(np.flatnonzero(hit)).to_pylist()
    return [Found(r["kind"], r["value"], r["as_written"], (r["source_digest"], r["seq"]), r["message_id"]) for r in rows]


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


def people(c: Context, found: Sequence[Found]) -> Section:
    """Accounts as exported, roles where decided, what they wrote."""
    counts: Counter[str] = Counter()
    threads: dict[str, list[str]] = defaultdict(list)
    for t in c.view.threads:
        for account, n in t.accounts.items():
            counts[account] += n
            threads[account].append(f"{c.label(t.source_digest)} {c.thread_title((t.source_digest, t.thread_id))}")
    marks = Counter(c.evidence.senders.get(m.key) for m in c.shown.marks)
    roles = _roles(c)
    order = sorted(counts, key=lambda a: (a not in roles, not c.who.is_involved(a), -marks[a], -counts[a], a))
    rows = []
    for account in order[:ACCOUNTS_MAX]:
        role = roles.get(account) or (c.w("role_none") if c.who.is_involved(account) else c.w("role_uninvolved"))
        where = threads[account][:4]
        more = [c.w("more", n=c.n(len(threads[account]) - 4))] if len(threads[account]) > 4 else []
        rows.append([words(c.who(account), "b"), cell(role), cell(c.n(counts[account])), cell(c.n(marks[account])),
                     cell("; ".join([*where, *more]))])
    head = [c.w("col_account"), c.w("col_role"), c.w("col_messages"), c.w("col_marks"), c.w("col_threads")]
    blocks: list[Block] = [
        Para(words(c.w("people_intro"))), Table(c.w("people_caption"), head, rows, [3, 3, 1.3, 1, 4]),
    ]
    if len(order) > ACCOUNTS_MAX:
        blocks.append(Para(words(c.w("people_more", n=c.n(len(order) - ACCOUNTS_MAX)))))
    return Section("people", c.w("people_title"), [*blocks, *_written(c, found)])


def _written(c: Context, found: Sequence[Found]) -> list[Block]:
    """Identifiers by the account that wrote them."""
    by_account: dict[str, dict[tuple[str, str], list[Found]]] = defaultdict(lambda: defaultdict(list))
    for f in found:
        account = c.evidence.senders.get(f.key)
        if f.kind != "money" and c.who.is_involved(account):
            by_account[str(account)][f.kind, f.value].append(f)
    rows = []
    for account, values in sorted(by_account.items()):
        listed = sorted(values.items(), key=lambda v: (-len(v[1]), v[0]))
        for (kind, value), hits in listed[:VALUES_MAX]:
            rows.append([words(c.who(account), "b"), cell(c.term("identifier", kind)), cell(_value(kind, value)),
                         cell(c.n(len(hits))), _cites(c, hits)])
        if len(listed) > VALUES_MAX:
            rows.append([words(c.who(account), "b"), cell(c.w("more", n=c.n(len(listed) - VALUES_MAX))), [], [], []])
    if not rows:
        return []
    head = [c.w("col_account"), c.w("col_kind"), c.w("col_value"), c.w("col_count"), c.w("col_messages_cited")]
    return [Heading(words(c.w("written_title"))), Para(words(c.w("written_text"))),
            Table(c.w("written_caption"), head, rows, [3, 2, 4, 1, 3])]


def _value(kind: str, value: str) -> str:
    """A canonical value as people write it: "bank:BCA:123" -> "BCA 123"."""
    if kind in ("bank_account", "ewallet") and value.count(":") >= 1:
        return one_line(" ".join(value.split(":")[1 if value.startswith(("bank:", "ewallet:", "wallet:")) else 0 :]))
    return one_line(value)


def _cites(c: Context, hits: Sequence[Found]) -> list[Run]:
    """Citations of messages, each once, bounded."""
    keys: dict[Key, str] = {}
    for f in hits:
        keys.setdefault(f.key, f.message_id)
    runs: list[Run] = []
    for key, message_id in list(keys.items())[:CITES_MAX]:
        runs += [c.cite(key, message_id), Run(" ")]
    if len(keys) > CITES_MAX:
        runs.append(Run(c.w("cites_more", n=c.n(len(keys) - CITES_MAX))))
    return runs


def amount(value: str) -> tuple[str, Decimal] | None:
    """("IDR", Decimal("500000")) of "IDR:500000"; None for anything else, which is listed and never summed."""
    currency, _, digits = value.partition(":")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    return (currency, number) if currency.isalpha() and number.is_finite() else None


def _money(c: Context, currency: str, number: Decimal) -> str:
    """An amount as the language writes it."""
    whole = f"{number:,.2f}".removesuffix(".00")
    if c.lang == "id":
        whole = whole.translate(str.maketrans(",.", ".,"))
    return f"Rp{whole}" if currency == "IDR" and c.lang == "id" else f"{currency} {whole}"


def classes_of_messages(c: Context) -> Mapping[Key, str]:
    """What a mark on the message says of its amounts: demanded (payment_demand), said_sent (payment_made), both."""
    result: dict[Key, str] = {}
    for mark in c.shown.marks:
        what = {"payment_demand": "demanded", "payment_made": "said_sent"}.get(mark.signal)
        if what:
            result[mark.key] = what if result.get(mark.key, what) == what else "both"
    return result


def payments(c: Context, found: Sequence[Found]) -> Section:
    """Amounts mentioned near marks, told apart only where a mark says so, and where money was to go."""
    money = [f for f in found if f.kind == "money"]
    routes = [f for f in found if f.kind in ROUTE_KINDS]
    blocks: list[Block] = [Para(words(c.w("payments_intro")))]
    if not money and not routes:
        blocks.append(Para(words(c.w("payments_none"))))
    if money:
        blocks += _totals(c, money)
    if routes:
        blocks += _routes(c, routes)
    return Section("payments", c.w("payments_title"), blocks)


def totals(c: Context, money: Sequence[Found]) -> dict[tuple[str, str], list[Decimal]]:
    """Amounts by (currency, class), one entry a mention."""
    classes = classes_of_messages(c)
    result: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for f in money:
        parsed = amount(f.value)
        if parsed:
            result[parsed[0], classes.get(f.key, "neither")].append(parsed[1])
    return result


def _totals(c: Context, money: Sequence[Found]) -> list[Block]:
    classes = classes_of_messages(c)
    rows = [
        [cell(c.w(f"amount_{what}")), cell(currency), cell(c.n(len(values))), cell(_money(c, currency, max(values))),
         cell(_money(c, currency, sum(values, Decimal(0))))]
        for (currency, what), values in sorted(
            totals(c, money).items(), key=lambda i: (i[0][0], CLASSES.index(i[0][1])))
    ]
    head = [c.w("col_amount_class"), c.w("col_currency"), c.w("col_mentions"), c.w("col_largest"), c.w("col_sum")]
    each = []
    for f in money[:AMOUNTS_MAX]:
        parsed = amount(f.value)
        account = c.evidence.senders.get(f.key)
        each.append([
            [c.cite(f.key, f.message_id)], cell(c.who(account) if account else "–"),
            cell(_money(c, *parsed) if parsed else one_line(f.value)), cell(one_line(f.as_written)),
            cell(c.w(f"amount_{classes.get(f.key, 'neither')}")),
        ])
    blocks: list[Block] = [
        Table(c.w("totals_caption"), head, rows, [4, 1.5, 1.5, 2.5, 2.5]), Para(words(c.w("totals_note")), "note"),
        Heading(words(c.w("amounts_title"))),
        Table(c.w("amounts_caption"), [c.w("col_message"), c.w("col_account"), c.w("col_amount"), c.w("col_written"),
                                       c.w("col_amount_class")], each, [1.5, 3, 2.5, 2, 4]),
    ]
    if len(money) > AMOUNTS_MAX:
        blocks.append(Para(words(c.w("amounts_more", n=c.n(len(money) - AMOUNTS_MAX)))))
    return blocks


def _routes(c: Context, routes: Sequence[Found]) -> list[Block]:
    """Accounts, wallets, codes: where money was to go according to the messages."""
    by_value: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for f in routes:
        by_value[f.kind, f.value].append(f)
    rows = []
    listed = sorted(by_value.items(), key=lambda v: (-len(v[1]), v[0]))
    for (kind, value), hits in listed[:ROUTES_MAX]:
        wrote = sorted({c.who(a) for f in hits if (a := c.evidence.senders.get(f.key))})
        rows.append([cell(c.term("identifier", kind)), words(_value(kind, value), "b"), cell(", ".join(wrote) or "–"),
                     cell(c.n(len(hits))), _cites(c, hits)])
    head = [c.w("col_kind"), c.w("col_value"), c.w("col_written_by"), c.w("col_count"), c.w("col_messages_cited")]
    blocks: list[Block] = [Heading(words(c.w("routes_title"))), Table(c.w("routes_caption"), head, rows, [2, 4, 3, 1, 3])]
    if len(listed) > ROUTES_MAX:
        blocks.append(Para(words(c.w("routes_more", n=c.n(len(listed) - ROUTES_MAX)))))
    return blocks
