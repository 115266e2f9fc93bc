"""The core that runs the finders: cheap gates over a whole batch, Python only on the rows that pass, slow libraries only on
what survives that.

Order of kinds (a later finder sees what earlier ones took, in `Line.hits`):

    qris, link and invite, crypto, email, bank_account, phone, ewallet, handle, money

Overlaps: a span belongs to one kind, with two exceptions: a link that opens a chat with a number also yields the phone,
and a wallet's number is both phone and ewallet. A bank account's digits are never also a phone or an amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.identifiers import bank_account, crypto, email, ewallet, handle, link, money, phone, qris
from saksi.identifiers.fold import DIGIT_CLASS
from saksi.identifiers.hit import Hit, Line
from saksi.table.repeats import ROW, distinct
from saksi.table.schema import IDENTIFIER_SCHEMA


@dataclass(frozen=True)
class Finder:
    """gate: RE2 over raw text, true wherever `find` could accept anything. blocked_by: kinds whose spans its hits yield to."""

    name: str
    gate: str
    find: Callable[[Line], list[Hit]]
    blocked_by: tuple[str, ...]
    also: str | None = None  # a second gate: both must hold


_STRONG: Final = ("qris", "link", "invite", "crypto", "email")

FINDERS: Final = (
    Finder("qris", qris.GATE, qris.find, ()),
    Finder("link", link.GATE, link.find, ("qris",)),
    Finder("crypto", crypto.GATE, crypto.find, ("qris", "link", "invite")),
    Finder("email", email.GATE, email.find, ("qris", "link", "invite", "crypto")),
    Finder("bank_account", bank_account.GATE, bank_account.find, _STRONG, bank_account.WORD_GATE),
    Finder("phone", phone.GATE, phone.find, ()),
    Finder("ewallet", ewallet.GATE, ewallet.find, (*_STRONG, "bank_account")),
    Finder("handle", handle.GATE, handle.find, (*_STRONG, "phone")),
    Finder("money", money.GATE, money.find, (*_STRONG, "bank_account", "phone", "ewallet")),
)

_D: Final = DIGIT_CLASS
BROAD_GATE: Final = "|".join((
    rf"{_D}{{4}}|{_D}[.,]{_D}{{3}}",  # digit runs: phones, accounts, QRIS, amounts
    rf"{_D}[^0-9A-Za-z\n]{{1,4}}{_D}+[^0-9A-Za-z\n]{{1,4}}{_D}",  # digits in groups
    money.UNIT_GATE, link.GATE, handle.GATE, crypto.GATE, email.GATE, phone.LETTER_GATE, phone.WORD_GATE,
))
"""True wherever one of the finders' gates could be. Written by hand: the union of the gates themselves makes RE2's automaton
outgrow its memory, which costs 200 times as much. tests/identifiers holds that nothing is lost by it."""


def find_in(text: str, platform: str | None = None, wanted: Sequence[Finder] | None = None) -> list[Hit]:
    """Identifiers of one text, sorted by start, end, kind, value. wanted: finders whose gates passed; None: all run."""
    line = Line(text, platform)
    for finder in FINDERS if wanted is None else wanted:
        for hit in finder.find(line):
            if not line.taken(hit.start, hit.end, finder.blocked_by):
                line.add(hit)
    if len(line.hits) < 2:
        return line.hits
    return sorted(set(line.hits), key=lambda h: (h.start, h.end, h.kind, h.value))


@lru_cache(maxsize=1 << len(FINDERS))
def _finders(bits: int) -> tuple[Finder, ...]:
    """The finders whose bits are set."""
    return tuple(finder for number, finder in enumerate(FINDERS) if bits >> number & 1)


def _surviving(text: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers that pass the broad gate and one finder's, and for each as bits whose gates pass."""
    rows = pc.indices_nonzero(pc.match_substring_regex(text, BROAD_GATE))
    few = text.take(rows)
    bits = np.zeros(len(few), np.int64)
    for number, finder in enumerate(FINDERS):
        open_ = pc.match_substring_regex(few, finder.gate)
        if finder.also is not None:
            open_ = pc.and_(open_, pc.match_substring_regex(few, finder.also))
        bits |= np.asarray(open_).astype(np.int64) << number
    open_rows = np.flatnonzero(bits)
    return np.asarray(rows).astype(np.int64)[open_rows], bits[open_rows]


LOOKED_AT: Final = ("text", "platform")
"""What identifiers depend on."""

FOUND_SCHEMA: Final = pa.schema(
    [(ROW, pa.int32()), *(IDENTIFIER_SCHEMA.field(n) for n in ("kind", "value", "as_written", "start", "end", "reason"))]
)


def find(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Every identifier in the messages' texts. Pure.

    In: rows of MESSAGE_SCHEMA (columns message_id, source_digest, seq, thread_id, platform, text). Out: IDENTIFIER_SCHEMA,
    ordered by row of the batch, start, end, kind. as_written is the raw text between start and end.
    """
    once = distinct(batch, LOOKED_AT)
    return once.attach(find_said(once.of(batch.select(LOOKED_AT))), batch, IDENTIFIER_SCHEMA)


def find_said(said: pa.RecordBatch) -> pa.RecordBatch:
    """The same of texts and platforms alone (LOOKED_AT): FOUND_SCHEMA, whose `row` is the row of `said`."""
    text = said.column("text")
    rows, bits = _surviving(text)
    taken = pa.array(rows)
    owners: list[int] = []
    hits: list[Hit] = []
    written: list[str] = []
    platforms = said.column("platform").take(taken).to_pylist()
    for row, raw, platform, gates in zip(rows.tolist(), text.take(taken).to_pylist(), platforms, bits.tolist(), strict=True):
        for hit in find_in(raw, platform, _finders(gates)):
            owners.append(row)
            hits.append(hit)
            written.append(raw[hit.start : hit.end])
    columns = [
        owners, [h.kind for h in hits], [h.value for h in hits], written, [h.start for h in hits], [h.end for h in hits],
        [h.reason for h in hits],
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, FOUND_SCHEMA, strict=True)], schema=FOUND_SCHEMA
    )
