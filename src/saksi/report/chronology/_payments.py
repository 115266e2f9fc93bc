"""The chapter about money: amounts and destinations named near marks, told apart only where a mark says so.

What counts: messages of threads that hold a phase, and elsewhere messages that carry a mark demanding money or a threat of
another kind. Ordinary purchases near a weak mark are counted, not listed. A sum is a sum of mentions: the same demand twice
is two mentions. Transfer receipts that were handed in have a table of their own (`_receipts`).
Destinations (bank account, wallet, code, crypto address) are set beside an amount only where one message
names both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from saksi.report._blocks import Block, Bullets, Heading, Para, Run, Runs, Section, Table, words
from saksi.report._evidence import Key, ThreadKey, in_context
from saksi.report._quote import one_line
from saksi.report._times import short
from saksi.report.chronology._context import CITES_MAX, Context, cell
from saksi.report.chronology._receipts import receipts

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
    thread: ThreadKey


def identifiers_in_context(c: Context) -> list[Found]:
    """Identifiers of messages that lie in a window around a mark that may be shown (order of source and seq)."""
    return [
        Found(r["kind"], r["value"], r["as_written"], (r["source_digest"], r["seq"]), r["message_id"],
              (r["source_digest"], r["thread_id"]))
        for r in in_context(c.view, c.evidence.context).to_pylist()
    ]


def value_words(kind: str, value: str) -> str:
    """A canonical value as people write it: "bank:BCA:123" -> "BCA 123", "btc:bc1…" -> "BTC bc1…"."""
    coin, colon, address = value.partition(":")
    if kind == "crypto" and colon:
        return one_line(f"{coin.upper()} {address}")
    if kind in ("bank_account", "ewallet") and value.count(":") >= 1:
        return one_line(" ".join(value.split(":")[1 if value.startswith(("bank:", "ewallet:", "wallet:")) else 0 :]))
    return one_line(value)


def cites(c: Context, hits: Sequence[Found], most: int = CITES_MAX) -> list[Run]:
    """Citations of messages, each once, bounded."""
    keys: dict[Key, str] = {}
    for f in hits:
        keys.setdefault(f.key, f.message_id)
    runs: list[Run] = []
    for key, message_id in list(keys.items())[:most]:
        runs += [c.cite(key, message_id), Run(" ")]
    if len(keys) > most:
        runs.append(Run(c.w("more", n=c.n(len(keys) - most))))
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


def counted(c: Context, found: Sequence[Found]) -> list[Found]:
    """Those of `found` that this chapter speaks of."""
    marked = {m.key for m in c.shown.marks if m.signal in ("payment_demand", "other_threat")}
    return [f for f in found if f.thread in c.phase_threads or f.key in marked]


def totals(c: Context, money: Sequence[Found]) -> dict[tuple[str, str], list[Decimal]]:
    """Amounts by (currency, class), one entry a mention."""
    classes = classes_of_messages(c)
    result: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for f in money:
        parsed = amount(f.value)
        if parsed:
            result[parsed[0], classes.get(f.key, "neither")].append(parsed[1])
    return result


def payments(c: Context, found: Sequence[Found]) -> Section:
    """In plain words, every mention in one table, totals by currency and by destination."""
    near = [f for f in found if f.kind == "money" or f.kind in ROUTE_KINDS]
    mine = counted(c, near)
    money = [f for f in mine if f.kind == "money"]
    routes = [f for f in mine if f.kind in ROUTE_KINDS]
    blocks: list[Block] = [Para(words(c.w("payments_intro")))]
    if mine:
        blocks.append(Bullets(_plain(c, money, routes)))
        blocks += _mentions(c, money, routes)
        blocks += _totals(c, money) if money else []
        blocks += _routes(c, money, routes) if routes else []
    else:
        blocks.append(Para(words(c.w("payments_none"))))
    blocks += receipts(c)
    if len(near) > len(mine):
        blocks.append(Para(words(c.w("payments_rest", n=c.n(len(near) - len(mine)))), "note"))
    return Section("payments", c.w("payments_title"), blocks)


def _plain(c: Context, money: Sequence[Found], routes: Sequence[Found]) -> list[Runs]:
    """The same as the tables in sentences."""
    said: list[Runs] = []
    by_class = totals(c, money)
    for what in ("demanded", "said_sent"):
        parts = [c.w("plain_part", n=c.n(len(v)), largest=_money(c, currency, max(v)), total=_money(c, currency, sum(v, Decimal(0))))
                 for (currency, w), v in sorted(by_class.items()) if w == what]
        said.append(words(c.w(f"plain_{what}", parts="; ".join(parts)) if parts else c.w(f"plain_{what}_none")))
    if routes:
        values = {(f.kind, f.value) for f in routes}
        said.append(words(c.w("plain_routes", n=c.n(len(values)))))
    return said


def _time(c: Context, key: Key) -> str:
    row = c.row(key)
    if not row:
        return "–"  # its row was not read (bounds of `_evidence`): nothing is said of its time
    at = row.get("sent_us")
    return short(at, c.view.zone, c.lang) if at is not None else c.when(None, row.get("sent_at_text"))


def _told(c: Context, key: Key) -> tuple[bool, int, int, int]:
    """Order of telling: by time, unknown last, then source and file."""
    at = c.row(key).get("sent_us")
    return (at is None, at or 0, c.places.get(key[0], len(c.places)), key[1])


def _mentions(c: Context, money: Sequence[Found], routes: Sequence[Found]) -> list[Block]:
    """One row a mention of an amount, with the destinations that the same message names; then messages with only those."""
    classes = classes_of_messages(c)
    beside: dict[Key, list[Found]] = defaultdict(list)
    for f in routes:
        beside[f.key].append(f)
    priced = {f.key for f in money}
    alone = {f.key: f for f in routes if f.key not in priced}
    listed = sorted([*money, *alone.values()], key=lambda f: _told(c, f.key))
    rows = []
    for f in listed[:AMOUNTS_MAX]:
        account = c.evidence.senders.get(f.key)
        there: list[Run] = []
        for i, r in enumerate(beside.get(f.key, ())):
            there += [Run(f"{c.term('identifier', r.kind)} ", "line" if i else ""), Run(value_words(r.kind, r.value), "long")]
        rows.append([
            cell(_time(c, f.key)), cell(c.who(account) if account else "–"), _amount_cell(c, f), there or cell("–"),
            cell(c.w(f"amount_{classes.get(f.key, 'neither')}")), [c.cite(f.key, f.message_id)],
        ])
    head = [c.w("col_time"), c.w("col_written_by"), c.w("col_amount"), c.w("col_route"), c.w("col_amount_class"),
            c.w("col_messages_cited")]
    blocks: list[Block] = [Table(c.w("amounts_caption"), head, rows, [2.4, 2.5, 2.2, 3.4, 2.4, 1.5])]
    if len(listed) > AMOUNTS_MAX:
        blocks.append(Para(words(c.w("amounts_more", n=c.n(len(listed) - AMOUNTS_MAX)))))
    return blocks


def _amount_cell(c: Context, f: Found) -> Runs:
    """An amount in canonical form and as it was written; a dash where the message names a destination only."""
    if f.kind != "money":
        return cell("–")
    parsed = amount(f.value)
    said = c.w("written_as", text=one_line(f.as_written))
    return [Run(_money(c, *parsed) if parsed else one_line(f.value), "b"), Run(said, "small")]


def _totals(c: Context, money: Sequence[Found]) -> list[Block]:
    """By currency and by what a mark says."""
    rows = [
        [cell(currency), cell(c.w(f"amount_{what}")), cell(c.n(len(values))), cell(_money(c, currency, max(values))),
         cell(_money(c, currency, sum(values, Decimal(0))))]
        for (currency, what), values in sorted(
            totals(c, money).items(), key=lambda i: (i[0][0], CLASSES.index(i[0][1])))
    ]
    head = [c.w("col_currency"), c.w("col_amount_class"), c.w("col_mentions"), c.w("col_largest"), c.w("col_sum")]
    return [Table(c.w("totals_caption"), head, rows, [1.5, 4, 1.5, 2.5, 2.5]), Para(words(c.w("totals_note")), "note")]


def _routes(c: Context, money: Sequence[Found], routes: Sequence[Found]) -> list[Block]:
    """Destinations, who wrote them, and the sums of amounts named in the same messages."""
    by_value: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for f in routes:
        by_value[f.kind, f.value].append(f)
    beside: dict[Key, list[Found]] = defaultdict(list)
    for f in money:
        beside[f.key].append(f)
    rows = []
    listed = sorted(by_value.items(), key=lambda v: (-len(v[1]), v[0]))
    for (kind, value), hits in listed[:ROUTES_MAX]:
        wrote = sorted({c.who(a) for f in hits if (a := c.evidence.senders.get(f.key))})
        sums = totals(c, [m for key in {f.key: None for f in hits} for m in beside.get(key, ())])
        said = "; ".join(
            f"{c.w(f'amount_{what}')}: {_money(c, currency, sum(v, Decimal(0)))} ({c.n(len(v))}×)"
            for (currency, what), v in sorted(sums.items(), key=lambda i: (i[0][0], CLASSES.index(i[0][1]))))
        rows.append([[Run(c.term("identifier", kind) + " "), Run(value_words(kind, value), "long")], cell(", ".join(wrote) or "–"),
                     cell(said or c.w("none")), cell(c.n(len(hits))), cites(c, hits)])
    head = [c.w("col_route"), c.w("col_written_by"), c.w("col_same_message"), c.w("col_count"), c.w("col_messages_cited")]
    blocks: list[Block] = [Heading(words(c.w("routes_title"))),
                           Table(c.w("routes_caption"), head, rows, [4, 2.6, 3, 1, 2.2])]
    if len(listed) > ROUTES_MAX:
        blocks.append(Para(words(c.w("routes_more", n=c.n(len(listed) - ROUTES_MAX)))))
    return blocks
