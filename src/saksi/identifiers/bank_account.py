"""Bank accounts: 8 to 16 digits with a bank's name or a word for account beside them. A bare run of digits is never one.

value: "bank:BCA:1234567890"; "bank:?:1234567890" where only a word such as "rekening" stands there. Digits may be grouped
with spaces, dots or dashes. Indonesia has no IBAN and no public check digit, so the reason says what the guess rests on:
a bank named and its reported length, a bank named only, or a word for account only.

Not accounts: amounts (1.000.000, Rp …), dates, numbers after NIK, order, resi, kode; a mobile number, unless a bank is named
right before it, its length is the one reported for that bank, and no word for phone stands between.
"""

from __future__ import annotations

import re
from typing import Final

from saksi.identifiers.fold import DIGIT_CLASS
from saksi.identifiers.hit import Hit, Line, Name
from saksi.identifiers.moneynames import BANKS, WALLETS, names, nearest
from saksi.identifiers.phone import after_code_word, after_phone_word, indonesian_mobile

GATE: Final = rf"{DIGIT_CLASS}{{8}}|{DIGIT_CLASS}{{2,6}}(?:[ .\-\pZ]{DIGIT_CLASS}{{2,6}}){{1,6}}"

WORD_GATE: Final = (
    rf"(?i:\b(?:{'|'.join(written for written, _ in BANKS.values())}"
    r"|rek|rekening|rekeningku|rekeningnya|no ?\.? ?rek|norek|acc|account|a/n|a\.n|an|atas nama)\b)|[^\x00-\x7F]"
)
"""A bank or a word for account; text beyond ASCII passes: a name there may hold marks that folding takes away."""

_RUN: Final = re.compile(
    r"\d(?<![\w#+=_/]\d)(?<!\d[.,:\-]\d)(?:"
    r"\d{7,15}(?![\w])(?![.,]\d)"
    r"|\d{1,5}(?:(?P<gap>[ .\-])\d{2,6})(?:(?P=gap)\d{1,6}){0,6}(?![\w])(?![.,\-]\d))"
)
"""A digit first, its surroundings after: re skips to digits quickly only where the expression begins with them."""

_ACCOUNT_WORD: Final = re.compile(
    r"(?<![a-z])(?:no ?\.? ?rek|norek|rek|rekening|rekeningku|rekeningnya|account number|acc(?:ount)? no|bank account"
    r"|a/n|a\.n|an|atas nama)(?![a-z])"
)
_HOLDER: Final = re.compile(r"[ ,(\-\n]{0,4}(?:a/n|a\.n\.?|an\.?|atas nama)(?![a-z])")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_RUPIAH: Final = re.compile(r"(?:rp|idr|usd|rm|\$)[. ]{0,2}\Z")
_WORD_CHARS: Final = 40


def _is_date(digits: str) -> bool:
    """Whether eight digits read as a day (20260131, 31012026)."""
    if len(digits) != 8:
        return False
    for year, month, day in ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2])):
        if 1900 <= int(year) <= 2100 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            return True
    return False


def _is_amount(written: str, low: str, start: int, end: int) -> bool:
    """Whether the digits are an amount: thousands in groups, a currency before, a unit behind, round millions."""
    if _THOUSANDS.fullmatch(written) or _RUPIAH.search(low, max(0, start - 6), start):
        return True
    if re.match(r"\s?(?:rb|ribu|jt|juta|rupiah|,-|usd|idr)(?![a-z])", low[end : end + 8]):
        return True
    return written.isdigit() and len(written) <= 9 and written.endswith("00000")


def _account_word(low: str, start: int, end: int) -> bool:
    before = _ACCOUNT_WORD.search(low, max(0, start - _WORD_CHARS), start)
    return before is not None or _HOLDER.match(low, end) is not None


def _reason(bank: Name | None, digits: str) -> str:
    if bank is None:
        return "bank_word"
    return "bank_length" if len(digits) in BANKS[bank.name][1] else "bank_named"


def _is_phone_here(line: Line, bank: Name | None, digits: str, start: int) -> bool:
    """Whether a mobile-shaped run is a phone rather than an account."""
    if indonesian_mobile(digits) is None:
        return False
    if bank is None or after_phone_word(line.low, start):
        return bank is None or True
    near = bank.end <= start and start - bank.end <= 16
    return not (near and len(digits) in BANKS[bank.name][1])


def find(line: Line) -> list[Hit]:
    """All account numbers of the message."""
    low, hits = line.low, []
    found: list[Name] | None = None
    used: set[int] = set()
    for match in _RUN.finditer(line.folded):
        written, start, end = match.group(), match.start(), match.end()
        digits = re.sub(r"\D", "", written)
        if not 8 <= len(digits) <= 16 or line.taken(start, end, ("qris", "crypto", "link", "invite", "email")):
            continue
        if found is None:
            found = names(line)
        bank = nearest(low, found, start, end, used)
        if bank is not None and bank.name in WALLETS:
            continue  # saksi.identifiers.ewallet looks at it
        if bank is None and not _account_word(low, start, end):
            continue
        if _is_date(digits) or _is_amount(written, low, start, end) or after_code_word(low, start):
            continue
        if re.fullmatch(r"\d{1,2}[.\-]\d{1,2}[.\-](?:19|20)\d\d|(?:19|20)\d\d[.\-]\d{1,2}[.\-]\d{1,2}", written):
            continue
        if _is_phone_here(line, bank, digits, start):
            continue
        name = "?" if bank is None else bank.name
        hits.append(Hit("bank_account", f"bank:{name}:{digits}", start, end, _reason(bank, digits)))
    return hits
