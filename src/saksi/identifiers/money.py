"""Amounts of money. value: currency and plain number: "IDR:500000", "USD:12.5".

Rules in order; a digit belongs to the first that takes it:

1. a currency before or behind the number: Rp 500.000, IDR 2jt, $50, USD 1,200.50, RM50, 100 ringgit, 50 USDT;
2. Indonesian units, which mean rupiah in chat: 500rb, 500 ribu, 1,2jt, 3 juta, 1 juta 500 ribu, 2 miliar; spelled out: sejuta,
   lima ratus ribu, setengah juta; slang with one sure meaning: goceng, ceban, noban, goban;
3. 500k: rupiah where two or three digits stand before k, or a word for paying does;
4. bare numbers only right by a word for paying: thousands in groups (150.000), or four to nine digits ending in 000.

Not money: counts ("3 juta orang", "10k followers"), distances, years, times, ages, and what any other finder took. An
amount is what a message mentions; whether it was paid is another question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from saksi.identifiers.fold import DIGIT_CLASS
from saksi.identifiers.hit import Hit, Line, Spans

_PAY: Final = (
    r"bayar|transfer|tf|trf|harga|total|ongkir|dp|saldo|biaya|tarif|uang|duit|lunas|utang|hutang|cicil|gaji|kirim|topup|top up|"
    r"setor|tagihan|denda|iuran|donasi|komisi|bonus|pinjam|modal|sewa|ongkos|isi|cuma|murah|mahal|diskon|budget"
)
UNIT_GATE: Final = (
    rf"(?i:{DIGIT_CLASS}\s?(?:an )?(?:rb|ribu|rebu|rbu|jt|juta|jeti|ratus|mil|tril|rup|per|k|us|dol|buck|ring"
    r"|idr|sgd|myr|aud|gbp|eur|\p{Sc})"
    rf"|(?:rp|idr|us|usdt|aud|gbp|myr|sgd|eur|rm|\p{{Sc}})[.:]?\s?{DIGIT_CLASS}|juta\b|ribu\b|goceng|ceban|noban|goban)"
)
GATE: Final = rf"{UNIT_GATE}|(?i:(?:{_PAY})[^\n]*{DIGIT_CLASS}{{1,3}}[.,]?{DIGIT_CLASS}{{3}})"

_NUM_REST: Final = r"(?:\d{0,2}(?:[.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{0,14}(?:[.,]\d{1,2})?(?!\d))"
_NUM: Final = rf"\d{_NUM_REST}"
"""A number. Where one begins an expression, what may not stand before it is asked after its first digit ("\\d(?<!x\\d)"), not
before: re skips to digits quickly only where the expression begins with them."""

_SCALES: Final = {
    "rb": 10**3, "ribu": 10**3, "rebu": 10**3, "rbu": 10**3, "k": 10**3, "jt": 10**6, "juta": 10**6, "jeti": 10**6, "m": 10**9,
    "miliar": 10**9, "milyar": 10**9, "triliun": 10**12, "ratus ribu": 10**5, "ratus juta": 10**8,
}
_UNIT: Final = r"ratus ribu|ratus juta|ribu|rebu|rbu|rb|juta|jeti|jt|miliar|milyar|triliun"
_TAIL: Final = r"(?:an)?(?![a-z0-9_])"

_AFTER_RUPIAH: Final = (
    rf"[.:]? ?(?P<num>{_NUM})(?: ?(?P<unit>{_UNIT}|k|m){_TAIL})?(?: ?(?P<num2>\d{{1,3}}) ?(?P<unit2>ribu|rb){_TAIL})?(?:,--?)?"
)
_RP: Final = re.compile(rf"r(?<![a-z0-9]r)p{_AFTER_RUPIAH}")
_RUPIAH: Final = re.compile(
    rf"(?<![a-z0-9])(?:rp|idr){_AFTER_RUPIAH}"
    rf"|(?<![a-z0-9.,])(?P<num3>{_NUM})(?: ?(?P<unit3>{_UNIT}|k){_TAIL})? ?(?:rupiah|perak|idr)(?![a-z])"
)
_UNITS: Final = re.compile(
    rf"(?P<num>\d(?<![\w.,/:#]\d){_NUM_REST}) ?(?P<unit>{_UNIT}){_TAIL}"
    rf"(?: ?(?P<num2>\d{{1,3}}) ?(?P<unit2>ribu|rebu|rb){_TAIL})?(?: rupiah)?"
)
_FUSED: Final = re.compile(r"(?P<num>\d(?<![\w.,/:#]\d)\d{0,3})(?P<unit>jt|juta)(?P<num2>\d{3})(?: ?(?P<unit2>ribu|rb))?(?![\w])")
_K: Final = re.compile(r"(?P<num>\d(?<![\w.,/:#\-]\d)\d{0,2}(?:[.,]\d)?) ?k(?![a-z0-9_])")
_CODES: Final = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dolar": "USD", "dollars": "USD", "bucks": "USD", "s$": "SGD",
    "sgd": "SGD", "a$": "AUD", "aud": "AUD", "rm": "MYR", "myr": "MYR", "ringgit": "MYR", "€": "EUR", "eur": "EUR", "euro": "EUR",
    "£": "GBP", "gbp": "GBP", "¥": "JPY", "usdt": "USDT", "hk$": "HKD", "₱": "PHP", "฿": "THB", "₹": "INR",
}
_BEFORE: Final = re.compile(
    rf"(?<![a-z0-9])(?P<code>us\$|s\$|a\$|hk\$|usdt|usd|sgd|aud|myr|eur|gbp|rm|[$€£¥₱฿₹]) ?"
    rf"(?P<num>{_NUM})(?P<unit>k(?![a-z0-9]))?(?![\d\-]|[.,]\d)"
)
_BEHIND: Final = re.compile(
    rf"(?P<num>\d(?<![\w.,/:#$€£¥]\d){_NUM_REST})(?P<unit>k)? ?"
    r"(?P<code>usdt|usd|dollars|dollar|dolar|bucks|sgd|aud|myr|ringgit|euro|eur|gbp|us\$|[$€£])(?![a-z0-9])"
)
_CODE_BEFORE: Final = re.compile(
    r"\d(?:(?<=[$€£¥₱฿₹]\d)|(?<=[$€£¥₱฿₹] \d)|(?<=(?:sd|dt|gd|ud|yr|ur|bp|rm)\d)|(?<=(?:sd|dt|gd|ud|yr|ur|bp|rm) \d))"
)
"""A digit behind the last letters of a code: where there is none, _BEFORE finds nothing."""

_DIGIT_WORDS: Final = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
}
_UNDER_1000: Final = (
    r"(?:(?:se|(?:{d}) )ratus(?: (?:se(?:puluh|belas)|(?:{d}) (?:puluh|belas))(?: (?:{d}))?| (?:{d}))?"
    r"|se(?:puluh|belas)|(?:{d}) (?:puluh|belas)(?: (?:{d}))?|(?:{d})|setengah)"
).replace("{d}", "|".join(_DIGIT_WORDS))
_SPELLED: Final = re.compile(
    rf"(?<![a-z0-9\-])(?:(?P<jt>{_UNDER_1000}) juta(?: (?P<rb2>{_UNDER_1000}) ribu)?"
    rf"|sejuta|(?P<rb>{_UNDER_1000}) ribu|seribu)(?: rupiah)?(?![a-z0-9_\-])"
)
_SLANG: Final = {"goceng": 5_000, "ceban": 10_000, "noban": 20_000, "goban": 50_000}
_SLANG_WORD: Final = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(_SLANG)})(?![a-z0-9])")

_COUNTED: Final = re.compile(
    r" ?(?:an )?(?:orang|jiwa|penduduk|follow[a-z]*|subs[a-z]*|"
    r"viewer|views|view|likes|like|penonton|pengikut|suara|ton|hektar|pengguna|warga|kali"
    r"|km|kilo|tahun|thn|kata|ml|liter|pohon|anak|data|siswa|mahasiswa|peserta|unit|buah|biji|lembar|eksemplar|langkah|steps?|pemain|member|anggota|"
    r"kendaraan|umat|jamaah|dosis|foto|lagu|ekor|meter|watt|mah|hari|alasan|cara|pulau|bintang|cinta|kasih|maaf|terima kasih|sayang"
    r"|mil|runs?|lari|people|users|times|resolution|video|fps)(?![a-z])"
)
_RUNNING: Final = re.compile(r"(?:lari|run|jogging|sepeda|gowes|maraton|video|resolusi|layar|tv|"
    r"follower|followers|subscriber|views|likes)[^\n]{0,16}\Z")
_PAY_WORD: Final = re.compile(
    rf"(?<![a-z])(?:di|ke|me|mem|nge|ng)?(?:{_PAY})(?:an|in|nya|kan|i)?(?![a-z])[^\d\n]{{0,14}}\Z"
)
_GROUPED: Final = re.compile(r"\d(?<![\w.,/:#+\-]\d)\d{0,2}(?:\.\d{3})+(?:,-|,00)?(?![\w]|[.,:/\-]\d)")
_ROUND: Final = re.compile(r"[1-9](?<![\w.,/:#+\-][1-9])\d{0,5}000(?![\w]|[.,:/\-]\d)")
_CONTEXT_CHARS: Final = 32


def number(written: str, *, thousands_comma: bool = False) -> Decimal:
    """The value of digits with "." and ",": Indonesian (1.250,5) unless only the English reading fits (1,250.50).

    One separator with three digits behind it parts thousands, with one or two it is the decimal mark.
    """
    if written.isdigit():
        return Decimal(written)
    last = max(written.rfind("."), written.rfind(","))
    behind = written[last + 1 :]
    both = "." in written and "," in written
    decimal = len(behind) <= 2 if not thousands_comma else len(behind) != 3 or (both and written[last] == ".")
    if not decimal:
        return Decimal(written.replace(".", "").replace(",", ""))
    return Decimal(written[:last].replace(".", "").replace(",", "") + "." + behind)


def canonical(currency: str, amount: Decimal) -> str:
    """ "IDR:500000": no exponent, no needless zeros. """
    return f"{currency}:{amount.normalize():f}"


def _scaled(num: str, unit: str | None) -> Decimal:
    return number(num) * _SCALES[unit] if unit else number(num)


def _spelled_value(words: str) -> Decimal:
    """The value of spelled words under 1000 ("dua ratus lima puluh", "setengah")."""
    if words == "setengah":
        return Decimal("0.5")
    total, current = 0, 0
    for word in re.sub(r"\bse(?=ratus|puluh|belas)", "satu ", words).split():
        if word in _DIGIT_WORDS:
            total, current = total + current, _DIGIT_WORDS[word]
        else:
            total += {"ratus": current * 100, "puluh": current * 10, "belas": current + 10}[word]
            current = 0
    return Decimal(total + current)


_OTHERS: Final = ("phone", "bank_account", "ewallet", "qris", "crypto", "link", "invite", "email")


class _Found:
    """Amounts so far: the first rule that takes a digit keeps it; zero is no amount."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.hits: list[Hit] = []
        self.spans = Spans()

    def free(self, start: int, end: int) -> bool:
        return not self.spans.overlap(start, end) and not self.line.taken(start, end, _OTHERS)

    def add(self, start: int, end: int, currency: str, amount: Decimal, reason: str) -> None:
        if amount > 0 and self.free(start, end):
            self.spans.add(start, end)
            self.hits.append(Hit("money", canonical(currency, amount), start, end, reason))


def _rupiah(low: str) -> Iterator[re.Match[str]]:
    """Numbers with a word for rupiah; where "Rp" is the only such word, by the expression that looks for it alone."""
    if "idr" in low or "rupiah" in low or "perak" in low:
        return _RUPIAH.finditer(low)
    return _RP.finditer(low)


def _with_currency(line: Line, found: _Found) -> None:
    for match in _rupiah(line.low):
        num, unit = match.group("num", "unit")
        amount = _scaled(*match.group("num3", "unit3")) if num is None else _scaled(num, unit)
        if match.group("num2"):
            amount += number(match.group("num2")) * 1000
        found.add(match.start(), match.end(), "IDR", amount, "money_currency")
    for rule in (_BEFORE, _BEHIND) if _CODE_BEFORE.search(line.low) else (_BEHIND,):
        for match in rule.finditer(line.low):
            code, unit = match.group("code"), match.group("unit")
            if code == "rm" and line.folded[match.start() : match.start() + 2] != "RM":
                continue  # "rm" in lower case: a short name, a ward, a command
            amount = number(match.group("num"), thousands_comma=True) * (1000 if unit else 1)
            found.add(match.start(), match.end(), _CODES[code], amount, "money_currency")


def _with_unit(line: Line, found: _Found) -> None:
    for match in _FUSED.finditer(line.low) if "j" in line.low else ():
        amount = Decimal(match.group("num")) * 10**6 + Decimal(match.group("num2")) * 1000
        found.add(match.start(), match.end(), "IDR", amount, "money_unit")
    for match in _UNITS.finditer(line.low):
        if _COUNTED.match(line.low, match.end()):
            continue
        amount = _scaled(match.group("num"), match.group("unit"))
        if match.group("num2"):
            amount += number(match.group("num2")) * 1000
        found.add(match.start(), match.end(), "IDR", amount, "money_unit")
    for match in _K.finditer(line.low):
        near = max(0, match.start() - _CONTEXT_CHARS)
        if _COUNTED.match(line.low, match.end()) or _RUNNING.search(line.low, near, match.start()):
            continue
        paying = _PAY_WORD.search(line.low, near, match.start()) is not None
        if paying or len(match.group("num")) >= 2:
            found.add(match.start(), match.end(), "IDR", _scaled(match.group("num"), "k"), "money_k")


def _in_words(line: Line, found: _Found) -> None:
    low = line.low
    if "ribu" in low or "juta" in low:
        for match in _SPELLED.finditer(low):
            if _COUNTED.match(low, match.end()):
                continue
            if match.group("jt"):
                amount = _spelled_value(match.group("jt")) * 10**6
                amount += _spelled_value(match.group("rb2")) * 1000 if match.group("rb2") else 0
            elif match.group("rb"):
                amount = _spelled_value(match.group("rb")) * 1000
            else:
                amount = Decimal(10**6 if match.group().startswith("sejuta") else 1000)
            found.add(match.start(), match.end(), "IDR", amount, "money_words")
    for match in _SLANG_WORD.finditer(low) if "ceng" in low or "ban" in low else ():
        found.add(match.start(), match.end(), "IDR", Decimal(_SLANG[match.group()]), "money_slang")


def _by_pay_word(line: Line, found: _Found) -> None:
    for rule in (_GROUPED, _ROUND):
        for match in rule.finditer(line.low):
            near = max(0, match.start() - _CONTEXT_CHARS)
            if not found.free(match.start(), match.end()):
                continue
            if _PAY_WORD.search(line.low, near, match.start()) and not _COUNTED.match(line.low, match.end()):
                amount = number(match.group().removesuffix(",-").removesuffix(",00"))
                found.add(match.start(), match.end(), "IDR", amount, "money_context")


def find(line: Line) -> list[Hit]:
    """All amounts of the message."""
    found = _Found(line)
    for rule in (_with_currency, _with_unit, _in_words, _by_pay_word):
        rule(line, found)
    return found.hits
