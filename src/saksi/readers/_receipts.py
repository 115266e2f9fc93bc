"""Transfer receipts: a page with a title of success, an amount, and labels with values beside or below them. Pure.

    receipt_of(lines) -> Receipt | None        lines with boxes: of a screenshot, or `lines_of_text` of a page of a PDF
    payer_of(receipt) -> (name, account)
    moment_of(receipt) -> (as written, its numbers or None)

One place for every reader that meets a receipt: the same words, the same fields, whatever it was read from.

Rules, in order:
1. A page is a receipt where a title of screenshot.yaml stands on it, an amount of rupiah, and labels of two different fields.
2. A value stands right of its label in the same row, behind a colon in the label's own line, or in the rows
   below it until the next label.
3. Where no label names the amount, the amount in the largest letters is it.
4. Values are the text as read; nothing is put into another form. The first label of a field wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from saksi.ocr import Line
from saksi.readers._screen_layout import Row, rows_of
from saksi.readers._screen_times import label_of, stamp
from saksi.readers._screen_words import fold, words
from saksi.readers._stamps import Stamp

AMOUNT: Final = re.compile(r"(?:\bRp\.?|\bIDR)\s?\d[\d.,]*", re.IGNORECASE)
FIELDS_MIN: Final = 2
LETTER_WIDTH: Final = 8
ROW_HEIGHT: Final = 14
ROW_STEP: Final = 20
"""Boxes of text without a picture: only their proportions count."""

ACCOUNT_DIGITS_MIN: Final = 4
"""Digits, or signs that stand for hidden ones, that make a line an account: names have none, banks show four at least."""

_DIGITS: Final = re.compile(r"[\d*•]")

BELOW_ROWS: Final = 2
"""Rows below a label that may belong to its value: a name and an account under it."""


@dataclass(frozen=True)
class Field:
    """One field. name: of screenshot.yaml; rows: its value, label left out."""

    name: str
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)

    @property
    def confidence(self) -> float:
        return min(row.confidence for row in self.rows)


@dataclass(frozen=True)
class Receipt:
    """rows: everything that stands on it. fields: those found, in reading order."""

    rows: tuple[Row, ...]
    fields: tuple[Field, ...]

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)

    @property
    def confidence(self) -> float:
        return min(row.confidence for row in self.rows)

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((f for f in self.fields if f.name == name), None)


def _label(text: str) -> tuple[str, str] | None:
    """(field, rest of the line) where a line is a label, alone or with its value behind a colon."""
    labels = words().labels
    folded = fold(text)
    if folded in labels:
        return labels[folded], ""
    head, colon, rest = text.partition(":")
    if colon and fold(head) in labels:
        return labels[fold(head)], rest.strip()
    return None


def lines_of_text(page: str) -> list[Line]:
    """Lines of a page whose columns are kept by spaces: pieces that two spaces or more set apart, with a box of letters and rows."""
    lines = []
    for y, row in enumerate(page.split("\n")):
        for piece in re.finditer(r"\S+(?: \S+)*", row):
            box = (piece.start() * LETTER_WIDTH, y * ROW_STEP, len(piece[0]) * LETTER_WIDTH, ROW_HEIGHT)
            lines.append(Line(box, piece[0], 1.0, (255, 255, 255), (0, 0, 0), box))
    return lines


def moment_of(receipt: Receipt) -> tuple[str | None, Stamp | None]:
    """When it says the money moved: as written, and the numbers where day, month, year and clock are all there."""
    when = receipt.field("time")
    if when is None:
        return None, None
    written = when.text.replace("\n", " ")
    found = label_of(written)
    if found is None or not found.dated or not found.clock or not found.day:
        return written, None
    return written, stamp(found.day, found.clock)


def payer_of(receipt: Receipt) -> tuple[str | None, str | None]:
    """(name, account) of who paid, each a line as it stands: the account is the first with ACCOUNT_DIGITS_MIN digits or hidden ones."""
    payer = receipt.field("sender")
    lines = [row.text for row in payer.rows] if payer is not None else []
    account = next((line for line in lines if len(_DIGITS.findall(line)) >= ACCOUNT_DIGITS_MIN), None)
    return next((line for line in lines if line != account), None), account


def receipt_of(given: Sequence[Line]) -> Receipt | None:
    """The receipt that a page shows, None where it is none."""
    lines = [line for line in given if line.text]
    rows = rows_of(lines)
    texts = [fold(line.text) for line in lines]
    titled = any(text in words().titles for text in texts) or any(fold(row.text) in words().titles for row in rows)
    if not titled or not any(AMOUNT.search(line.text) for line in lines):
        return None
    fields = _fields(rows)
    if len({f.name for f in fields}) < FIELDS_MIN:
        return None
    if not any(f.name == "amount" and AMOUNT.search(f.text) for f in fields):
        fields = [f for f in fields if f.name != "amount"] + _largest(lines)
    return Receipt(tuple(rows), tuple(fields))


def _fields(rows: Sequence[Row]) -> list[Field]:
    fields: dict[str, Field] = {}
    marked = [_label(row.pieces[0].text) or _label(row.text) for row in rows]
    for i, (row, mark) in enumerate(zip(rows, marked, strict=True)):
        if mark is None or mark[0] in fields:
            continue
        name, rest = mark
        value: tuple[Row, ...] = ()
        if rest:
            value = (Row((_with_text(row.pieces[0], rest), *row.pieces[1:])),)
        elif len(row.pieces) > 1 and _label(row.text) is None:
            value = (Row(row.pieces[1:]),)
        value += _below(rows, marked, i, row, beside=bool(value))
        if value:
            fields[name] = Field(name, value)
    return list(fields.values())


def _below(rows: Sequence[Row], marked: Sequence[object], i: int, label: Row, *, beside: bool) -> tuple[Row, ...]:
    """Rows under a label: its value, or the second line of one that began beside it (nothing stands at the left there)."""
    left = label.pieces[0].box[0]
    height = label.bottom - label.top
    kept: list[Row] = []
    above = label
    for row, mark in list(zip(rows, marked, strict=True))[i + 1 : i + 1 + BELOW_ROWS]:
        at_left = row.pieces[0].box[0] <= left + 2 * height
        if mark is not None or row.top - above.bottom > 1.6 * height or beside == at_left:
            break
        kept.append(row)
        above = row
    return tuple(kept)


def _with_text(line: Line, text: str) -> Line:
    return Line(line.box, text, line.confidence, line.ground, line.ink, line.region, line.signs)


def _largest(lines: Sequence[Line]) -> list[Field]:
    amounts = [line for line in lines if AMOUNT.search(line.text)]
    best = max(amounts, key=lambda p: (p.box[3], -p.box[1]))
    return [Field("amount", (Row((best,)),))]
