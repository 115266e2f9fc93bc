"""Names of banks and wallets as people write them, and where the nearest one stands. Shared by bank_account and ewallet.

Lengths are hints from press and app screens, in conflict for some banks (facts MEDIA_LINK_STATS 5): a length that fits
strengthens the stated reason, one that does not never rejects an account.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from saksi.identifiers.hit import Line, Name

BANKS: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "BCA": (r"bca", (10,)),
    "BRI": (r"bri|brimo", (10, 15)),
    "BNI": (r"bni", (10,)),
    "MANDIRI": (r"mandiri|livin", (13,)),
    "BSI": (r"bsi|bank syariah indonesia", (10,)),
    "CIMB": (r"cimb niaga|cimb|octo", (13, 14)),
    "PERMATA": (r"permata ?bank|permata", ()),
    "DANAMON": (r"danamon", (10,)),
    "BTN": (r"btn", (16,)),
    "OCBC": (r"ocbc nisp|ocbc", (12,)),
    "MUAMALAT": (r"muamalat", (10,)),
    "JAGO": (r"bank jago|jago", ()),
    "SEABANK": (r"sea ?bank", ()),
    "JENIUS": (r"jenius|btpn|smbc", ()),
    "NEO": (r"neo ?bank|bank neo(?: commerce)?|neo|bnc", ()),
    "BLU": (r"blu", ()),
    "ALLO": (r"allo bank|allobank", ()),
    "MEGA": (r"bank mega|mega", ()),
    "PANIN": (r"panin", ()),
    "MAYBANK": (r"maybank", ()),
    "BJB": (r"bjb", ()),
    "DKI": (r"bank dki", ()),
    "UOB": (r"uob", ()),
    "HSBC": (r"hsbc", ()),
    "SUPERBANK": (r"superbank", ()),
    "KROM": (r"bank krom|krom", ()),
    "BUKOPIN": (r"bukopin|kb bank", ()),
    "LINEBANK": (r"line bank", ()),
}
"""Canonical name -> (how it is written, lengths that are reported; empty: none known)."""

WALLETS: Final[dict[str, str]] = {
    "DANA": r"dana", "OVO": r"ovo", "GOPAY": r"go ?-?pay", "SHOPEEPAY": r"shopee ?pay|s-?pay|spay", "LINKAJA": r"link ?aja",
    "DOKU": r"doku", "SAKUKU": r"sakuku", "ISAKU": r"i\.?saku", "ASTRAPAY": r"astra ?pay",
}
"""Canonical name -> how it is written. A wallet's account is the phone number it was opened with."""

VA_PREFIXES: Final = {"DANA": ("3901",), "OVO": ("39358",), "GOPAY": ("70001",), "SHOPEEPAY": ("122",), "LINKAJA": ("09110",)}
"""unsourced: top-up prefixes through one bank, from common use. Used only where the wallet is named beside the number; the
phone behind the prefix is what counts."""

_NAMES: Final = {**{n: w for n, (w, _) in BANKS.items()}, **WALLETS}
_NAME: Final = re.compile(
    "(?<![a-z0-9])(?:" + "|".join(f"(?P<{name}>{written})" for name, written in _NAMES.items()) + ")(?![a-z0-9])"
)

_WRITTEN: Final = re.compile("|".join(_NAMES.values()))
"""The names without bounds and groups: re skips quickly to their first letters, so it looks for the places."""

_BEFORE_CHARS: Final = 48
"""How far a name may stand before its number: "BCA 1234567890", "rekening BCA atas nama … : 1234567890"."""
_AFTER_CHARS: Final = 24
"""How far it may stand behind: "1234567890 (BCA)", "1234567890 a.n. Sari BCA"."""


_NAME_CHARS: Final = 32
"""No name is longer."""


def _start(name: Name) -> int:
    return name.start


def names(line: Line) -> list[Name]:
    """Every bank and wallet named in a message, in order; looked for once a message."""
    if line.names is None:
        line.names, low, at = [], line.low, 0
        while (place := _WRITTEN.search(low, at)) is not None:
            match = _NAME.match(low, place.start())
            at = place.start() + 1
            if match is not None:
                line.names.append(Name(match.lastgroup or "", match.start(), match.end()))
                at = match.end()
    return line.names


def nearest(low: str, found: list[Name], start: int, end: int, used: set[int]) -> Name | None:
    """The name that a number at start..end belongs to.

    In order: before it on its line, behind it on its line, before it on earlier lines, behind it on later ones. A name
    that an earlier number has behind it (`used`, starts of names) is not taken again from the front.
    """
    low_at = bisect_left(found, start - _BEFORE_CHARS - _NAME_CHARS, key=_start)
    near = found[low_at : bisect_left(found, end + _AFTER_CHARS + 1, key=_start)]
    before = [n for n in near if n.end <= start and start - n.end <= _BEFORE_CHARS and n.start not in used]
    behind = [n for n in near if n.start >= end]
    line_before = [n for n in before if "\n" not in low[n.end : start]]
    line_behind = [n for n in behind if "\n" not in low[end : n.start] and not re.search(r"\d{6}", low[end : n.start])]
    if line_before:
        return line_before[-1]
    if line_behind:
        used.add(line_behind[0].start)
        return line_behind[0]
    if before:
        return before[-1]
    if behind and not re.search(r"\d{6}", low[end : behind[0].start]):
        return behind[0]
    return None


def joined_before(low: str, found: list[Name], name: Name) -> list[Name]:
    """`name` and the names chained to it with / , & "dan", "atau": "DANA/OVO/GoPay"."""
    chain = [name]
    for at in range(bisect_left(found, name.start, key=_start) - 1, -1, -1):
        other = found[at]
        if not re.fullmatch(r"\s*(?:[/,&+|]|dan|atau|or|and)?\s*", low[other.end : chain[-1].start]):
            break
        chain.append(other)
    return chain[::-1]
