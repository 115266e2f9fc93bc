"""Folding that keeps the length: one code point in, one code point out, so that spans found in the folded text hold for
the raw text.

    fold("０８６０\\u00a01234") -> "0860 1234"

Folded: every decimal digit of Unicode and the usual digit ornaments (circled, superscript, fullwidth) to 0-9; fullwidth
forms to ASCII; all kinds of spaces to a space; all kinds of dashes to "-"; invisible characters (bidi marks, zero-width,
variation selectors, the keycap ring) to U+001F, which regular expressions take for white space: "0️⃣8️⃣" becomes digits
with separators between them. Letters stay: look-alike letters are the phone finder's own, stated guess.
"""

from __future__ import annotations

import unicodedata
from typing import Final

INVISIBLE: Final = "\x1f"

_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
_INVISIBLES: Final = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff\ufe0e\ufe0f\u20e3\u061c\u180e\u034f\u00ad"
)
_QUOTES: Final = {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'}

# Digit ornaments that are no decimal digits in Unicode (category No): circled, negative circled, super- and subscript.
_ORNAMENTS: Final = {
    **{chr(0x2460 + i): str(i + 1) for i in range(9)}, "\u24ea": "0",
    **{chr(0x2776 + i): str(i + 1) for i in range(9)}, "\u24ff": "0",
    **{chr(0x2780 + i): str(i + 1) for i in range(9)},
    **{chr(0x2080 + i): str(i) for i in range(10)},
    **{chr(0x2074 + i): str(i + 4) for i in range(6)}, "\u2070": "0", "\u00b9": "1", "\u00b2": "2", "\u00b3": "3",
}

DIGIT_CLASS: Final = (
    r"[\p{Nd}\x{2460}-\x{2468}\x{24EA}\x{2776}-\x{277E}\x{24FF}\x{2780}-\x{2788}"
    r"\x{2070}-\x{2079}\x{2080}-\x{2089}\x{B2}\x{B3}\x{B9}]"
)
"""RE2 class of what folds to a digit: the cheap gates look at raw text."""


class _Table(dict[int, str]):
    """Code point -> what it folds to. Of the million code points a chat uses a few hundred: each is looked up when first met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        category = unicodedata.category(char) if point >= 0x80 else ""
        folded = str(unicodedata.digit(char)) if category == "Nd" else " " if category == "Zs" else char
        self[point] = folded
        return folded


_TABLE: Final = _Table({
    **{point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F)},  # fullwidth forms
    **{ord(c): "-" for c in _DASHES},
    **{ord(c): INVISIBLE for c in _INVISIBLES},
    **{ord(c): to for c, to in _QUOTES.items()},
    **{ord(c): to for c, to in _ORNAMENTS.items()},
})


def fold(text: str) -> str:
    """The folded text, as long as `text`. ASCII text is returned as it is."""
    return text if text.isascii() else text.translate(_TABLE)


def lower(text: str) -> str:
    """Lower case, as long as `text`: a character whose lower case is longer (İ) stays."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
