"""Phone numbers to E.164: Indonesian forms by rule, other countries through phonenumbers on what is left.

Rules in order; a digit belongs to the first that takes it:

1. digits of a link that opens a chat with a number (wa.me/62…, api.whatsapp.com/send?phone=…, tel:);
2. Indonesian mobile: +62, 62, 0062, 0 or (0), then 8 and 8 to 11 more digits; together, in groups (spaces, dashes, dots,
   brackets, invisible marks), or digit by digit;
3. the same with letters for digits (O for 0, l or I for 1), or spelled in words ("nol delapan enam …"): own reasons, since
   they are the finder's reading;
4. a mobile without its leading 0 ("86012345678"), only right after a word for phone;
5. land lines: (021) 1234567 as it is, 021-1234567 only after a word for phone; valid per phonenumbers;
6. "+" and a country code: valid per phonenumbers.

Not phones: digits inside longer digit runs, after words such as order, resi, NIK, kode, and what a bank account took.
The national rule (mobile: 8, then 8 to 11 digits) is the numbering plan's; +62 860 is not assigned and passes by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from saksi.identifiers.fold import DIGIT_CLASS
from saksi.identifiers.hit import Hit, Line, Spans

LETTER_GATE: Final = r"[0oO\x{43E}\x{41E}2][ .\-]?8(?:[ .\-]?[0-9oOlI|\x{43E}\x{41E}]){3}"
_NUMBER_WORD: Final = (
    r"(?:satu|one|dua|two|tiga|three|empat|four|lima|five|enam|six|tujuh|seven|delapan|lapan|eight|sembilan|nine|nol|kosong|zero)"
)
WORD_GATE: Final = (
    rf"(?i:\b{_NUMBER_WORD}[ ,.\-\x{{1F}}\n]{{1,3}}(?:{_NUMBER_WORD}|\pN))|(?i:\pN[ ,.\-\n]{{0,3}}{_NUMBER_WORD})"
)
GATE: Final = (
    rf"{DIGIT_CLASS}{{7}}|{DIGIT_CLASS}(?:[^0-9A-Za-z\n]{{1,4}}{DIGIT_CLASS}+){{2}}|{LETTER_GATE}|{WORD_GATE}"
)

_GAP: Final = r"[ .\-()\x1f]"
_MOBILE: Final = re.compile(
    rf"(?<![\w#=_])(?<!\d[.,:\-])"
    rf"(?P<head>(?:(?:\+|00)[ \x1f]?)?62{_GAP}{{0,3}}(?:\(0\)|0(?=8))?{_GAP}{{0,2}}|\(0\)[ ]?|\(?0[ \x1f\-.]{{0,3}})"
    rf"(?P<body>8(?:{_GAP}{{0,4}}\d){{8,28}})"
)
_GROUP: Final = re.compile(rf"(?P<gap>{_GAP}*)(?P<digits>\d+)")
_NO_ZERO: Final = re.compile(r"(?<![\w+#=_/.,\-])8[1-9]\d{7,10}(?!\d)(?![.,]\d)")
_LOOKALIKE: Final = re.compile(r"(?<![\w+#=_/])(?:\+?62|[0oOоО])[ .\-]?8(?:[ .\-]?[0-9oOоОlI|]){8,12}(?![\w])")
_AREA: Final = re.compile(
    r"(?<![\w#=_/+])(?<!\d[.,:\-])(?P<area>\(0[2-79]\d{1,2}\)|0[2-79]\d{1,2})[ .\-]{0,2}"
    r"\d{3,4}[ .\-]?\d{2,4}(?:[ .\-]?\d{1,3})?(?![\w])(?![.,:/\-]\d)"
)
_PLUS: Final = re.compile(rf"(?<![\w#=_/+.])(?:\+|(?<!\d)00(?=[1-9]))[ \x1f]?[1-9](?:{_GAP}{{0,2}}\d){{6,16}}(?![\d])")
_LINKED: Final = re.compile(
    r"(?:wa\.me/(?:message/)?\+?|(?:api|web)\.whatsapp\.com/send/?\?(?:[^#\s]{0,200}&)?phone=(?:\+|%2B)?|whatsapp://send/?\?(?:[^#\s]{0,200}&)?phone=(?:\+|%2B)?|t\.me/\+)"
    r"(\d{8,15})(?!\w)", re.IGNORECASE,
)
_PHONE_WORD: Final = re.compile(
    r"(?<![a-z])(?:wa|w\.a|whatsapp|whats app|hp|hape|handphone|nomor|nomer|no|nmr|"
    r"telp|tlp|telepon|telfon|telpon|tel|phone|call|hub|hubungi|"
    r"kontak|contact|sms|fax|hotline|kantor|cp)(?![a-z])[^\d\n]{0,16}\Z"
)
_CODE_WORD: Final = re.compile(
    r"(?<![a-z])(?:order|orderan|pesanan|invoice|inv|resi|awb|tracking|nik|ktp|kk|npwp|nisn|nis|nim|nip|kode|code|otp|token|pin|voucher|"
    r"ref|referensi|transaksi|trx|tiket|booking|pelanggan|meter|serial|sn|imei|barcode|isbn|bpjs|plat|va|virtual account)(?![a-z])"
    r"(?: ?(?:no|nomor|nomer|id|nya|ku|booking|bayar|pelanggan|pesanan|transaksi)\b)?[^\d\n]{0,6}\Z"
)
_WORDS: Final = {
    "nol": "0", "kosong": "0", "zero": "0", "satu": "1", "one": "1", "dua": "2", "two": "2", "tiga": "3", "three": "3",
    "empat": "4", "four": "4", "lima": "5", "five": "5", "enam": "6", "six": "6", "tujuh": "7", "seven": "7",
    "delapan": "8", "lapan": "8", "eight": "8", "sembilan": "9", "nine": "9",
}
_WORD_RUN: Final = re.compile(
    rf"(?<![a-z0-9])(?:(?:{'|'.join(_WORDS)}|\d{{1,4}})[ ,.\-\x1f\n]{{0,3}}){{7,14}}(?<=[a-z0-9])(?![a-z0-9])"
    rf"|(?<![a-z0-9])(?:(?:{'|'.join(_WORDS)}|\d{{1,4}})[ ,.\-\x1f\n]{{0,3}}){{6,13}}(?:{'|'.join(_WORDS)}|\d{{1,4}})(?![a-z0-9])"
)
_WORD_TOKEN: Final = re.compile(rf"{'|'.join(_WORDS)}|\d+")
_NATIONAL: Final = re.compile(r"8[1-9]\d{7,10}")
_LETTER_DIGITS: Final = str.maketrans({"o": "0", "O": "0", "о": "0", "О": "0", "l": "1", "I": "1", "|": "1"})

_GOES_ON: Final = re.compile(r"[.,:\-]\d|[A-Z]\d|/(?!\(?0\)?8|\+?62)\d")
"""What shows that the digits are part of something longer; a "/" may part two phones."""
_LONE: Final = re.compile(r"\d[^\d]")
_BODY: Final = re.compile(rf"8(?:{_GAP}{{0,4}}\d){{8}}")
_LETTER: Final = re.compile(r"[oOоО]|8[\d .\-]{0,16}[lI|]")
_LETTER_BODY: Final = re.compile(r"8(?:[ .\-]?[0-9oOоОlI|]){8}")
_AREA_HEAD: Final = re.compile(r"0[2-79]\d")
_PLUS_HEAD: Final = re.compile(rf"(?:\+|00)[ \x1f]?[1-9](?:{_GAP}{{0,2}}\d){{6}}")
"""What every number of a rule holds: re finds these quickly, for they begin with a character, and most messages lack them."""

_ZEROS: Final = ("nol", "kosong", "zero", "enam dua", "six two")
"""One of these stands in every spelled number: it begins with 0 or 62."""

_CONTEXT_CHARS: Final = 32


def indonesian_mobile(digits: str) -> str | None:
    """E.164 of digits in any Indonesian mobile form (0…, 62…, 0062…), else None."""
    for head in ("0062", "620", "62", "0"):
        if digits.startswith(head):
            national = digits[len(head) :]
            return f"+62{national}" if _NATIONAL.fullmatch(national) else None
    return None


def after_code_word(low: str, start: int) -> bool:
    """Whether the number at `start` follows a word that makes it a code, an order or an identity number."""
    return _CODE_WORD.search(low, max(0, start - _CONTEXT_CHARS), start) is not None


def after_phone_word(low: str, start: int) -> bool:
    """Whether the number at `start` follows a word for phone."""
    return _PHONE_WORD.search(low, max(0, start - _CONTEXT_CHARS), start) is not None


def _separator(gap: str) -> str:
    """The sort of a gap between groups: "-", "." or " "."""
    return next((c for c in "-." if c in gap), " ")


def _body_end(body: str, head_joined: bool) -> tuple[str, int] | None:
    """(national digits, characters used) of a mobile's body "812-3456-789 …", or None.

    Groups are taken while the number can still grow: a full group of 9 or more digits stands alone, a change of separator
    or a space after the tenth digit ends the number, so that an amount or a time behind it is not swallowed.
    """
    groups: list[tuple[str, str, int]] = []
    for match in _GROUP.finditer(body):
        gap, digits = match.group("gap"), match.group("digits")
        if groups and not gap.strip("\x1f"):  # nothing but invisible marks between: one group
            groups[-1] = (groups[-1][0], groups[-1][1] + digits, match.end())
        else:
            groups.append((gap, digits, match.end()))
    single = len(groups) >= 8 and all(len(digits) == 1 for _, digits, _ in groups[:8])
    if not single and not head_joined and len(groups[0][1]) < 3:
        return None  # "08-12-2024", "0 8 2": dates, scores
    national, used, kind = "", 0, ""
    for position, (gap, digits, end) in enumerate(groups):
        if position:
            sort = _separator(gap)
            if len(national) >= 9 and ((kind and sort != kind) or (len(groups[0][1]) >= 9)):
                break
            if len(national) >= 10 and sort == " " and not single:
                break
            if single and len(digits) > 1:
                break
            kind = kind or sort
        if len(national) + len(digits) > 12:
            break
        national, used = national + digits, end
    return (national, used) if _NATIONAL.fullmatch(national) else None


_BLOCKED_BY: Final = ("qris", "crypto", "link", "invite", "email", "bank_account", "phone")


class _Found:
    """Phones so far: the first rule that takes a digit keeps it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.hits: list[Hit] = []
        self.spans = Spans()
        self.ends: set[int] = set()

    def free(self, start: int, end: int) -> bool:
        return not self.spans.overlap(start, end) and not self.line.taken(start, end, _BLOCKED_BY)

    def add(self, value: str | None, start: int, end: int, reason: str) -> None:
        if value is not None and self.free(start, end):
            self.take(Hit("phone", value, start, end, reason))

    def take(self, hit: Hit) -> None:
        self.hits.append(hit)
        self.spans.add(hit.start, hit.end)
        self.ends.add(hit.end)


def _mobiles(line: Line, found: _Found) -> None:
    text, low, at = line.folded, line.low, 0
    while (match := _MOBILE.search(text, at)) is not None:
        at = match.start() + 1
        head, body = match.group("head"), match.group("body")
        taken = _body_end(body, "62" in head)
        if taken is None:
            continue
        national, used = taken
        end = match.start("body") + used
        if text[end : end + 1].isdigit() or _GOES_ON.match(text, end):
            continue
        if text[match.start() - 1 : match.start()] == "/" and match.start() - 1 not in found.ends:
            continue  # a path or a document number, unless the "/" parts two phones
        if after_code_word(low, match.start()):
            at = end
            continue
        spaced = len(_LONE.findall(text, match.start(), end)) >= 8
        found.add(f"+62{national}", match.start(), end, "phone_spaced" if spaced else "phone_indonesia")
        at = end


def _lookalikes(line: Line, found: _Found) -> None:
    for match in _LOOKALIKE.finditer(line.folded):
        written = match.group()
        if sum(c.isdigit() for c in written) < 7 or not any(c.isalpha() for c in written):
            continue
        value = indonesian_mobile(re.sub(r"\D", "", written.translate(_LETTER_DIGITS)))
        found.add(value, match.start(), match.end(), "phone_lookalike")


def _spelled(line: Line, found: _Found) -> None:
    for match in _WORD_RUN.finditer(line.low):
        tokens = _WORD_TOKEN.findall(match.group())
        value = indonesian_mobile("".join(_WORDS.get(t, t) for t in tokens))
        if sum(t in _WORDS for t in tokens) >= 3:
            found.add(value, match.start(), match.start() + len(match.group().rstrip(" ,.-\x1f\n")), "phone_words")


def _without_zero(line: Line, found: _Found) -> None:
    for match in _NO_ZERO.finditer(line.folded):
        if after_phone_word(line.low, match.start()) and not after_code_word(line.low, match.start()):
            found.add(f"+62{match.group()}", match.start(), match.end(), "phone_context")


def _checked(number: str, region: str | None) -> str | None:
    """E.164 where phonenumbers calls the number valid, else None. Imported late: it costs 50 ms, most chats need it not."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _land_lines(line: Line, found: _Found) -> None:
    for match in _AREA.finditer(line.folded):
        bracketed = match.group("area").startswith("(")
        if not bracketed and not after_phone_word(line.low, match.start()):
            continue
        if after_code_word(line.low, match.start()) or not found.free(match.start(), match.end()):
            continue
        value = _checked(re.sub(r"\D", "", match.group()), "ID")
        found.add(value, match.start(), match.end(), "phone_landline")


def _abroad(line: Line, found: _Found) -> None:
    for match in _PLUS.finditer(line.folded):
        if not found.free(match.start(), match.end()):
            continue
        digits = re.sub(r"\D", "", match.group())
        if match.group()[0] != "+":
            if not after_phone_word(line.low, match.start()):
                continue
            digits = digits[2:]
        value = _checked("+" + digits, None) if len(digits) <= 15 else None
        found.add(value, match.start(), match.end(), "phone_country")


def _linked(line: Line) -> Iterator[Hit]:
    for match in _LINKED.finditer(line.folded):
        digits = match.group(1)
        value = indonesian_mobile(digits) if digits.startswith("62") else _checked("+" + digits, None)
        if value is not None:
            yield Hit("phone", value, match.start(1), match.end(1), "phone_link")


def find(line: Line) -> list[Hit]:
    """All phone numbers; a digit is part of one at most. A rule runs only where its mark is in the text."""
    text, low = line.folded, line.low
    found = _Found(line)
    if "wa.me" in low or "phone=" in low or "t.me/+" in low:
        for hit in _linked(line):
            found.take(hit)
    plain = _BODY.search(text) is not None
    if plain:
        _mobiles(line, found)
    if _LETTER_BODY.search(text) and _LETTER.search(text):
        _lookalikes(line, found)
    if plain:
        _without_zero(line, found)
    if any(word in low for word in _ZEROS):
        _spelled(line, found)
    if _AREA_HEAD.search(text):
        _land_lines(line, found)
    if _PLUS_HEAD.search(text):
        _abroad(line, found)
    return found.hits
