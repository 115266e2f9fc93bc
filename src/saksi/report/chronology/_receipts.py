"""Transfer receipts that readers made payment rows of, in the chapter about money: what stands on each, as it was read, cited.

A receipt is a row of kind payment with the flag `receipt`; its fields are rows that name it as `duplicate_of`, with the
flag `field:<name>` (`saksi.readers._receipts`). Rules:
1. Every receipt of the case is listed, near a mark or not: it was handed in as one.
2. Two that carry the same reference number and amount are one payment, cited twice.
3. Nothing is summed: a receipt can be made up, and one payment may be seen on several receipts without a number.
4. Values stand as read, names in full: who pays and who is paid is involved, and a bank looks for the name. What the engine was unsure
   of is marked "check by eye".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi.case.model import CaseView
from saksi.report._blocks import Block, Heading, Para, Run, Runs, Table, words
from saksi.report._evidence import Key
from saksi.report._quote import one_line
from saksi.report._times import short
from saksi.report.chronology._context import CITES_MAX, Context, cell

RECEIPTS_MAX: Final = 150
"""Receipts printed; what is left is a number and stands in `saksi export`."""

FIELD: Final = "field:"
EYE: Final = "check_by_eye"
_COLUMNS: Final = ("message_id", "source_digest", "seq", "kind", "text", "sent_at", "sent_at_text", "duplicate_of", "flags")


@dataclass
class Receipt:
    """One payment. values: name of a field -> as read. cites: (key, message id) of every receipt that shows it."""

    sent_us: int | None
    sent_at_text: str | None
    values: Mapping[str, str]
    unsure: bool
    cites: list[tuple[Key, str]] = field(default_factory=list)


def _payment_rows(view: CaseView) -> Iterator[dict[str, Any]]:
    """Rows of kind payment; cases without any are not read for them."""
    if not any(s.account.get("by_kind", {}).get("payment") for s in view.sources):
        return
    for batch in view.batches(_COLUMNS):
        hits = batch.filter(pc.equal(batch.column("kind"), "payment"))
        stamps = hits.column("sent_at").cast(pa.int64()).to_pylist()
        for row, sent in zip(hits.drop_columns(["sent_at"]).to_pylist(), stamps, strict=True):
            yield {**row, "sent_us": sent}


def receipts_of(view: CaseView) -> list[Receipt]:
    """The receipts of a case by time, those of unknown time last, in order of source and file."""
    found: dict[str, dict[str, Any]] = {}
    fields: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in _payment_rows(view):
        flags = row["flags"] or ()
        name = next((f[len(FIELD) :] for f in flags if f.startswith(FIELD)), None)
        if name is not None and row["duplicate_of"]:
            fields[row["duplicate_of"]].setdefault(name, row)
        elif "receipt" in flags:
            found[row["message_id"]] = row
    payments: dict[tuple[str, str] | str, Receipt] = {}
    for message_id, row in found.items():
        values = {name: f["text"] or "" for name, f in fields[message_id].items()}
        unsure = any(EYE in (f["flags"] or ()) for f in fields[message_id].values())
        reference = values.get("reference")
        key = (reference, values.get("amount", "")) if reference else message_id
        made = payments.setdefault(key, Receipt(row["sent_us"], row["sent_at_text"], values, unsure))
        made.cites.append(((row["source_digest"], row["seq"]), message_id))
    return sorted(payments.values(), key=lambda r: (r.sent_us is None, r.sent_us or 0))


def receipts(c: Context) -> list[Block]:
    """The table of receipts; nothing where there is none."""
    found = receipts_of(c.view)
    if not found:
        return []
    head = [c.w("col_time"), c.w("col_payer"), c.w("col_receiver"), c.w("col_amount"), c.w("col_reference"), c.w("col_messages_cited")]
    blocks: list[Block] = [
        Heading(words(c.w("receipts_title"))), Para(words(c.w("receipts_intro"))),
        Table(c.w("receipts_caption"), head, [_row(c, r) for r in found[:RECEIPTS_MAX]], [2.2, 2.6, 3.2, 2, 2.6, 1.6]),
    ]  # fmt: skip
    if len(found) > RECEIPTS_MAX:
        blocks.append(Para(words(c.w("receipts_more", n=c.n(len(found) - RECEIPTS_MAX)))))
    return blocks


def _row(c: Context, r: Receipt) -> list[Runs]:
    when = short(r.sent_us, c.view.zone, c.lang) if r.sent_us is not None else c.when(None, r.sent_at_text)
    return [
        cell(when), _said(r, "sender"), _said(r, "receiver", "receiver_account"), _amount(c, r),
        _said(r, "reference"), _cites(c, r.cites),
    ]  # fmt: skip


def _said(r: Receipt, *names: str) -> Runs:
    """Values as read, one under the other; a dash where there is none."""
    lines = [line for name in names for line in r.values.get(name, "").split("\n") if line]
    runs: list[Run] = []
    for i, line in enumerate(dict.fromkeys(lines)):
        runs.append(Run(one_line(line), "line" if i else "long"))
    return runs or cell("–")


def _amount(c: Context, r: Receipt) -> Runs:
    runs = [Run(one_line(r.values.get("amount") or "–"), "b")]
    if r.unsure:
        runs.append(Run(c.w("receipt_eye"), "small"))
    return runs


def _cites(c: Context, hits: Sequence[tuple[Key, str]]) -> Runs:
    runs: list[Run] = []
    for key, message_id in hits[:CITES_MAX]:
        runs += [c.cite(key, message_id), Run(" ")]
    if len(hits) > CITES_MAX:
        runs.append(Run(c.w("more", n=c.n(len(hits) - CITES_MAX))))
    return runs
