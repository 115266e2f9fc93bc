"""Folding of a whole batch of messages, vectorised, so that one pattern finds what people write in many ways.

Rules, in order (docs/signals.md#folding):
1. One byte a code point. Letters: case, width, accents, ornament (bold, circled) and look-alikes (Cyrillic, Greek)
   become a-z; digits of every script 0-9. Invisible characters (zero-width, bidi marks, variation selectors,
   combining accents) and apostrophes vanish ("don't" is "dont"). Quotation marks become `"`. Everything else that is
   no letter or digit of ours (emoji, line breaks inside a message, other scripts) is a space.
2. A letter written several times in a row counts once ("tolonggg", "tolong"; "maaf", "maf"). Patterns are folded by
   the same rule, so doubled letters match both ways. Digits never: 100 is not 10.

`fold_batch` gives the plain view. `evasion_view` gives, only for messages where it differs, a second view in which
single letters standing alone are joined ("v c s", "o.b.") and digits between letters are read as letters ("v1deo").
Both are searched: the plain view keeps "u g mau" and "500rb" what they are.

    fold_text("Ｔｏlоnggg, j4ngan!") == b"tolong, j4ngan!"
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.text.offsets import Folded

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_SPACE: Final = 0x20
_APOSTROPHES: Final = "'`´‘’ʼ‛＇"
_QUOTES: Final = "\"“”„‟«»＂"
_LOOKALIKES: Final = {
    # Cyrillic, then Greek: letters whose printed form is taken for a Latin one (Unicode confusables, the common part)
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "г": "r", "һ": "h", "н": "h", "і": "i", "ї": "i",
    "ј": "j", "к": "k", "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "ѕ": "s", "т": "t", "и": "u",
    "ѵ": "v", "ԝ": "w", "х": "x", "у": "y", "ү": "y", "ε": "e", "α": "a", "β": "b", "ϲ": "c", "ι": "i", "κ": "k",
    "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "η": "n", "μ": "m", "ω": "w", "γ": "y", "ı": "i",
    "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʀ": "r", "ɴ": "n", "ʟ": "l", "ʙ": "b", "ᴀ": "a", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e",
    "ᴊ": "j", "ᴋ": "k", "ᴍ": "m", "ᴏ": "o", "ᴘ": "p", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ᴢ": "z", "ɢ": "g",
    "ʜ": "h", "ɪ": "i", "ɟ": "f", "ꜰ": "f", "ꜱ": "s", "ʏ": "y", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "s",
    "æ": "a", "œ": "o", "ħ": "h", "þ": "p", "ŋ": "n",
}
# Where letters, digits and invisible characters live; all other code points are a space. Skipping the CJK and private
# planes keeps the table cheap to build at a cold start (some 30 ms, and only once a non-ASCII message is seen).
_RANGES: Final = (
    (0x80, 0x2E80), (0xA640, 0xA800), (0xAB30, 0xAB70), (0xFB00, 0xFB07), (0xFE00, 0xFE30), (0xFEFF, 0xFF5F),
    (0x1D400, 0x1D800), (0x1F100, 0x1F18A), (0x1FBF0, 0x1FBFA), (0xE0000, 0xE01F0),
)
_LEET: Final = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}


def _byte_of(char: str) -> int:
    """Folded byte of one non-ASCII character; 0 drops it."""
    if char in _APOSTROPHES:
        return 0
    if char in _QUOTES:
        return ord('"')
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf"):
        return 0
    if category == "Nd":
        return ord(str(unicodedata.digit(char)))
    for form in (char.lower()[:1], unicodedata.normalize("NFKD", char)[:1].lower()):
        form = _LOOKALIKES.get(form, form)
        if form.isascii() and form.isalnum():
            return ord(form)
    # enclosed letters such as (a) decompose to "(a)"; look-alikes may carry an accent
    for form in unicodedata.normalize("NFKD", char).lower():
        form = _LOOKALIKES.get(form, form)
        if form.isascii() and form.isalnum():
            return ord(form)
    return _SPACE


@lru_cache(maxsize=1)
def ascii_table() -> Bytes:
    """Folded byte of every ASCII character; 0 drops it."""
    table = np.arange(256, dtype=np.uint8)
    table[ord("A"): ord("Z") + 1] += 32
    for control in [*range(0x20), ord("_"), ord("^"), 0x7F]:
        table[control] = _SPACE
    table[[0, ord("'"), ord("`")]] = 0
    return table


@lru_cache(maxsize=1)
def unicode_table() -> Bytes:
    """Folded byte of every code point; 0 drops it."""
    table = np.full(0x110000, _SPACE, np.uint8)
    table[:128] = ascii_table()[:128]
    for start, end in _RANGES:
        table[start:end] = [_byte_of(chr(point)) for point in range(start, end)]
    return table


WORD: Final = np.zeros(256, bool)
"""Folded bytes that are part of a word."""
WORD[[*range(0x30, 0x3A), *range(0x61, 0x7B)]] = True
LETTER: Final = np.zeros(256, bool)
"""Folded bytes that are letters."""
LETTER[0x61:0x7B] = True
_DIGIT: Final = np.zeros(256, bool)
_DIGIT[0x30:0x3A] = True
_LEET_OF: Final = np.zeros(256, np.uint8)
for _sign, _letter in _LEET.items():
    _LEET_OF[ord(_sign)] = ord(_letter)


def _collapsed(
    data: Bytes, origin: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], raw_starts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64], origin_last: npt.NDArray[np.int32] | None = None,
) -> Folded:
    """Runs of one letter become one byte (rule 2); positions are carried along."""
    last = origin if origin_last is None else origin_last
    again = np.zeros(len(data), bool)
    if len(data):
        np.logical_and(data[1:] == data[:-1], LETTER[data[1:]], out=again[1:])
    if not again.any():
        return Folded(data.tobytes(), starts, origin, last, raw_starts, rows)
    kept = np.flatnonzero(~again)
    ends = np.append(kept[1:], len(data)) - 1
    new_starts = np.searchsorted(kept, starts).astype(np.int64)  # a message begins after an LF: never inside a run
    return Folded(data[kept].tobytes(), new_starts, origin[kept], last[ends], raw_starts, rows)


def _last_offset(texts: pa.LargeStringArray) -> int:
    """Bytes of text that a freshly computed (unsliced) array holds."""
    return int(np.frombuffer(texts.buffers()[1], np.int64)[len(texts)])


def _joined(texts: pa.Array, rows: npt.NDArray[np.int64]) -> Folded:
    lengths = np.asarray(pc.utf8_length(texts)).astype(np.int64)
    raw_starts = np.concatenate([[0], np.cumsum(lengths + 1)]).astype(np.int64)
    ended = pc.binary_join_element_wise(
        pc.cast(texts, pa.large_string()), pa.scalar("", pa.large_string()), pa.scalar("\n", pa.large_string())
    )
    raw = ended.buffers()[2] if len(texts) else None
    held = raw.to_pybytes()[: _last_offset(ended)] if raw is not None else b""
    if held.isascii():
        folded = ascii_table()[np.frombuffer(held, np.uint8)]
    else:
        text = held.decode("utf-8", "surrogatepass")
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        folded = unicode_table()[points]
    folded[raw_starts[1:] - 1] = 0x0A
    origin = np.flatnonzero(folded).astype(np.int32)
    starts = np.searchsorted(origin, raw_starts).astype(np.int64)
    return _collapsed(folded[origin], origin, starts, raw_starts[:-1], rows)


def fold_batch(texts: pa.Array, rows: npt.NDArray[np.int64] | None = None) -> Folded:
    """The plain view of a string array. Null counts as empty. rows: what to call the messages, else 0, 1, ..."""
    if rows is None:
        rows = np.arange(len(texts), dtype=np.int64)
    return _joined(pc.fill_null(texts, ""), rows)


def fold_text(text: str) -> bytes:
    """The plain view of one text."""
    return fold_batch(pa.array([text], pa.large_string())).message(0)


# Comparisons of whole arrays: uint8 wraps around, so that one comparison takes both ends of a range. Faster than tables.


def is_digit(data: Bytes) -> npt.NDArray[np.bool_]:
    """Which folded bytes are digits."""
    result: npt.NDArray[np.bool_] = (data - np.uint8(0x30)) < 10
    return result


def is_letter(data: Bytes) -> npt.NDArray[np.bool_]:
    """Which folded bytes are letters."""
    result: npt.NDArray[np.bool_] = (data - np.uint8(0x61)) < 26
    return result


def _around(data: Bytes) -> Bytes:
    """The data with two line feeds on both sides, so that neighbours of the first and last byte can be asked for."""
    edge = np.full(2, 0x0A, np.uint8)
    return np.concatenate([edge, data, edge])


def leet_at(data: Bytes) -> Positions:
    """Where a digit (alone or one of two) touches a letter, or a sign stands between two letters. Not in order."""
    at = np.flatnonzero(is_digit(data) | (data == ord("@")) | (data == ord("$"))) + 2
    padded = _around(data)
    at = at[_LEET_OF[padded[at]] != 0]
    signs, digits = at[~_DIGIT[padded[at]]], at[_DIGIT[padded[at]]]
    signs = signs[LETTER[padded[signs - 1]] & LETTER[padded[signs + 1]]]
    (l2, d2), (l1, d1), (r1, e1), (r2, e2) = (
        (LETTER[padded[digits + k]], _DIGIT[padded[digits + k]]) for k in (-2, -1, 1, 2)
    )
    near = l1 | r1 | (d1 & l2) | (e1 & r2)
    long_number = (d1 & d2) | (e1 & e2) | (d1 & e1)
    return np.concatenate([digits[near & ~long_number], signs]) - 2


def spacers_at(data: Bytes) -> Positions:
    """Where one separator stands between two letters that stand alone, ascending."""
    padded = _around(data)
    at = np.flatnonzero(~(is_digit(data) | is_letter(data))) + 2
    at = at[padded[at] != 0x0A]
    for wanted, table, by in ((True, LETTER, 1), (False, WORD, 2), (True, LETTER, -1), (False, WORD, -2)):
        at = at[table[padded[at + by]] == wanted]
    result: Positions = at - 2
    return result


def evasion_view(plain: Folded) -> Folded:
    """The second view, of only those messages in which it differs from the plain one. May be empty."""
    data = np.frombuffer(plain.data, np.uint8)
    changed = np.concatenate([leet_at(data), spacers_at(data)])
    touched = np.unique(plain.messages_at(changed + 1))
    if not len(touched):
        none = np.zeros(0, np.int32)
        return Folded(b"", np.zeros(1, np.int64), none, none, np.zeros(0, np.int64), np.zeros(0, np.int64))
    lengths = plain.starts[touched + 1] - plain.starts[touched]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    at = np.arange(starts[-1]) + np.repeat(plain.starts[touched] - starts[:-1], lengths)
    part = data[at]
    leet = leet_at(part)
    view = part.copy()
    view[leet] = _LEET_OF[part[leet]]
    kept = np.delete(np.arange(len(view)), spacers_at(view))
    return _collapsed(
        view[kept], plain.first[at][kept], np.searchsorted(kept, starts).astype(np.int64), plain.raw_starts[touched],
        plain.rows[touched], plain.last[at][kept],
    )
