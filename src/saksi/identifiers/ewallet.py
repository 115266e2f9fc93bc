"""E-wallet accounts: a phone number with the wallet's name beside it, or the wallet's transfer number that holds one.

value: "ewallet:DANA:+62860…". The phone itself is reported too (kind phone, same digits): the wallet says where money
went, the phone links it to a person's chats. Several wallets before one number ("DANA/OVO 0860…") give one hit each.
"dana" also means "funds" in Indonesian: only a number beside it counts.
"""

from __future__ import annotations

import re
from typing import Final

from saksi.identifiers.hit import Hit, Line, Name
from saksi.identifiers.moneynames import VA_PREFIXES, WALLETS, joined_before, names, nearest
from saksi.identifiers.phone import indonesian_mobile

GATE: Final = r"(?i:dana|ovo|go.?pay|shopee.?pay|s-?pay|link.?aja|doku|sakuku|i\.?saku|astra.?pay)|[^\x00-\x7F]"

_DIGITS: Final = re.compile(r"\d{13}")
_TRANSFER_NUMBER: Final = re.compile(r"(?<![\w+#=/.,\-])\d{13,18}(?!\w)")


def _transfer_numbers(line: Line, found: list[Name]) -> list[Hit]:
    """Prefix + phone, where the wallet of that prefix is named beside the number."""
    hits = []
    wallets = [n for n in found if n.name in WALLETS]
    for match in _TRANSFER_NUMBER.finditer(line.folded):
        name = nearest(line.low, wallets, match.start(), match.end(), set())
        for prefix in VA_PREFIXES.get(name.name, ()) if name is not None else ():
            phone = indonesian_mobile(match.group()[len(prefix) :]) if match.group().startswith(prefix) else None
            if name is not None and phone is not None and not line.taken(match.start(), match.end(), ("phone", "link")):
                hits.append(Hit("ewallet", f"ewallet:{name.name}:{phone}", match.start(), match.end(), "ewallet_prefix"))
    return hits


def find(line: Line) -> list[Hit]:
    """All wallet accounts; needs the phones of the message among `line.hits`."""
    phones = [h for h in line.hits if h.kind == "phone" and h.reason != "phone_link" and h.value.startswith("+628")]
    if not phones and _DIGITS.search(line.folded) is None:
        return []
    found = names(line)
    if not any(n.name in WALLETS for n in found):
        return []
    hits: list[Hit] = []
    used: set[int] = set()
    for phone in sorted(phones, key=lambda h: h.start):
        name = nearest(line.low, found, phone.start, phone.end, used)
        if name is None or name.name not in WALLETS:
            continue
        chain = joined_before(line.low, found, name) if name.end <= phone.start else [name]
        hits.extend(
            Hit("ewallet", f"ewallet:{each.name}:{phone.value}", phone.start, phone.end, "ewallet_phone")
            for each in chain
            if each.name in WALLETS
        )
    return hits + _transfer_numbers(line, found)
