"""Header lines of WhatsApp text exports: which lines begin a message, and the numbers of their date and time.

    [BIDI]* "[" TS "] " REST                        iOS
    [BIDI]* TS (" - " | " – " | ": ") REST          Android, old versions

TS is DATE SEP TIME or TIME SEP DATE, in any locale of facts FORMATS 1.2. The rules, in order:

1. A line is what stands between LF bytes; U+2028, U+0085, VT, FF and a bare CR are content.
2. `parse_line` (the exact path) is a grammar over one line. It looks at the header only, never at what follows, and
   at digits only by their number: so two lines whose headers differ in digits alone have the same *shape*.
3. `scan` (the fast path) learns shapes from a few lines by `parse_line` and finds all other lines of those shapes
   eight bytes at a time on whole columns. What fits no shape goes to `parse_line`. tests hold that both agree.
4. A line whose numbers are no date and time in any order (month 13 both ways, minute 75) is no header.

Example: `30/08/25 18.00 - Sari: halo` -> shape `00/00/00 00.00 - `, numbers 30, 8, 25, 18, 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.readers._whatsapp_words import words

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

HEADER_BYTES_MAX: Final = 160
"""The longest header seen is under 70 bytes (Arabic, with direction marks); beyond this a line is no header."""

PAD: Final = HEADER_BYTES_MAX + 8
"""Zero bytes that must follow the data in a buffer given to `scan`: words are loaded past the end."""

BIDI: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Direction marks (and BOM) that exports put around headers and names."""

SPACE: Final = " \u00a0\u202f\u2009\u2007"
"""Spaces that locales put between time and am/pm (U+202F since CLDR 42)."""

BRACKET: Final = 0
DASH: Final = 1
COLON: Final = 2

NO_MARK: Final = 0
AM: Final = 1
PM: Final = 2
UNKNOWN_MARK: Final = 3

NO_ERA: Final = 0
BUDDHIST: Final = 1
REIWA: Final = 2
HEISEI: Final = 3
_ERAS: Final = {"R": REIWA, "令和": REIWA, "H": HEISEI, "平成": HEISEI, "BE": BUDDHIST, "B.E.": BUDDHIST, "พ.ศ.": BUDDHIST}

NUMBERS: Final = ("a", "b", "c", "h", "m", "s")
"""The six numbers of a header: three date fields as they stand, hour, minute, second (-1 where there is none)."""


@dataclass(frozen=True)
class Shape:
    """What all headers of one form share; offsets are bytes from the line's start.

    zeros: the header's bytes with every digit as zero. digits: offset of each number's digits (last byte of each).
    ts: span of the time as written. form: BRACKET, DASH, COLON. year_at: 0 or 2, which date field is the year.
    year_digits: its width. style: what lines of one origin share (order of day and month is inferred per style).
    """

    zeros: bytes
    digits: tuple[tuple[int, ...], ...]
    ts_start: int
    ts_end: int
    form: int
    mark: int
    era: int
    year_at: int
    year_digits: int
    style: tuple[int, str, int, bool, int]

    @property
    def end(self) -> int:
        """Where REST begins."""
        return len(self.zeros)


def _grammar() -> tuple[re.Pattern[str], ...]:
    """The header grammar: bracketed and bare, date first and time first."""
    b, s = f"[{BIDI}]*", f"[{SPACE}]"
    known = sorted({*words().am, *words().pm, *words().neutral}, key=len, reverse=True)
    spaced = [re.escape(k).replace(r"\ ", f"{s}?").replace(r"\.", r"\.") for k in known]
    mark = "(?:" + "|".join(spaced) + r"|(?:[^\W\d_]\.?){1,12})"
    connectors = "|".join(re.escape(c) for c in sorted(words().connectors, key=len, reverse=True))
    era = "(?:" + "|".join(re.escape(e) for e in sorted(_ERAS, key=len, reverse=True)) + ")"
    sep = f"{b}(?P<sep>[./\\-年]){s}?{b}"
    sep2 = f"{b}[./\\-月]{s}?{b}"
    date = (
        rf"(?:(?P<era0>{era}){s}?)?(?P<a>\d{{1,4}}){sep}(?P<b>\d{{1,2}}){sep2}(?P<era1>{era})?(?P<c>\d{{1,4}})"
        rf"(?:\.(?={s})|日)?(?:{s}(?:(?P<era2>{era})|г\.))?"
    )
    time = (
        rf"(?:(?P<m0>{mark}){s}*)?(?P<h>\d{{1,2}})(?:[:.]|{s}?h{s}?)(?P<m>\d{{2}})(?:(?:[:.]|{s}?min{s}?)(?P<s>\d{{2}})"
        rf"(?:{s}?s(?![^\W\d_]))?)?(?:{b}{s}*{b}(?P<m1>{mark}))?"
    )
    between = rf"{b}(?:[,،、]{s}*|{s}+){b}(?:(?:{connectors}){s}*)?{b}"
    stamps = (f"{date}{between}{time}", f"{time}{b}(?:[,،、]{s}*|{s}+){b}{date}")
    brackets = [rf"{b}\[{b}(?P<ts>{ts}){b}\] " for ts in stamps]
    bare = [rf"{b}(?P<ts>{ts}){b}(?P<end> [-–] |: )" for ts in stamps]
    return tuple(re.compile(p) for p in (*brackets, *bare))


_PATTERNS: Final = _grammar()
_FIRST: Final = re.compile(f"[{BIDI}]*(.)")


def _mark_of(text: str | None) -> int:
    if text is None:
        return NO_MARK
    folded = re.sub(f"[{SPACE}.]", "", text).casefold()
    if folded in words().neutral_folded:
        return NO_MARK
    if folded in words().am_folded:
        return AM
    return PM if folded in words().pm_folded else UNKNOWN_MARK


def _zeros(text: str) -> str:
    """Every digit as the zero of its own script: keeps the length in bytes."""
    return "".join(chr(ord(c) - int(c)) if c.isdecimal() else c for c in text)


@lru_cache(maxsize=4096)
def _shape(match_zeros: str) -> Shape | None:
    """The shape of a header given as zeros (see `_zeros`); None where it is no header."""
    m = _match(match_zeros)
    if m is None:
        return None
    at = [0]
    for c in match_zeros:
        at.append(at[-1] + len(c.encode("utf-8", "surrogateescape")))

    def group(name: str) -> str | None:
        return m.group(name) if name in m.re.groupindex else None

    digits = tuple(
        tuple(at[i + 1] - 1 for i in range(*m.span(name))) if group(name) is not None else () for name in NUMBERS
    )
    era = next((_ERAS[e] for e in map(group, ("era0", "era1", "era2")) if e is not None), NO_ERA)
    wide_first = len(m["a"]) >= 3 or group("era0") is not None or m["sep"] == "年"
    if wide_first and (len(m["c"]) >= 3 or group("era1") is not None):
        return None  # two years
    year_at = 0 if wide_first else 2
    year_digits = len(m["a"] if wide_first else m["c"])
    marks = [mark for mark in (_mark_of(group("m0")), _mark_of(group("m1"))) if mark != NO_MARK]
    mark = NO_MARK if not marks else (marks[0] if len(marks) == 1 else UNKNOWN_MARK)
    end = group("end")
    form = BRACKET if end is None else (COLON if end == ": " else DASH)
    if form == COLON and mark == UNKNOWN_MARK:
        return None  # "12/03/22 10:00 Sari: hadir" is a list that somebody typed
    style = (form, m["sep"], year_at, year_digits >= 3, era)
    ts_start, ts_end = m.span("ts")
    return Shape(
        match_zeros.encode("utf-8", "surrogateescape"), digits, at[ts_start], at[ts_end], form, mark, era, year_at,
        year_digits, style,
    )


def _match(text: str) -> re.Match[str] | None:
    first = _FIRST.match(text)
    if first is None:
        return None
    for pattern in _PATTERNS[:2] if first[1] == "[" else _PATTERNS[2:]:
        if m := pattern.match(text):
            return m
    return None


def parse_line(line: bytes) -> tuple[Shape, tuple[int, ...]] | None:
    """Shape and the six numbers of a header line; None where the line is no header. The exact path.

    line: bytes of one physical line (more than HEADER_BYTES_MAX are not looked at).
    """
    if not line or not _CAN_BEGIN[line[0]]:
        return None
    m = _match(line[:HEADER_BYTES_MAX].decode("utf-8", "surrogateescape"))
    if m is None:
        return None
    shape = _shape(_zeros(m.group()))
    if shape is None:
        return None
    numbers = tuple(-1 if m[name] is None else int(m[name]) for name in NUMBERS)
    return (shape, numbers) if bool(_plausible(shape, np.array([numbers], dtype=np.int64))[0]) else None


def _plausible(shape: Shape, n: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows of numbers (n, 6) are a date and time in at least one order."""
    a, b, c, h, m, s = n.T
    clock = (h <= 24) & (m <= 59) & (s <= 60)
    ymd = (b >= 1) & (b <= 12) & (c >= 1) & (c <= 31)
    low, high = np.minimum(a, b), np.maximum(a, b)
    year_last = (low >= 1) & (low <= 12) & (high <= 31)
    fits = ymd if shape.year_at == 0 else (year_last | ymd if shape.year_digits == 2 else year_last)
    plausible: npt.NDArray[np.bool_] = clock & fits
    return plausible


class ShapeBook:
    """The shapes met in one part, numbered in order of meeting."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._numbers: dict[Shape, int] = {}

    def number(self, shape: Shape) -> int:
        """The number of `shape`, given one if it is new."""
        if shape not in self._numbers:
            self._numbers[shape] = len(self.shapes)
            self.shapes.append(shape)
        return self._numbers[shape]

    def column(self, name: str) -> Ints:
        """One integer attribute of all shapes, by number."""
        return np.array([getattr(s, name) for s in self.shapes], dtype=np.int64)


@dataclass
class Headers:
    """Header lines of one window, ascending. line: offset of the line. shape: number in the book. numbers: (n, 6).

    newlines: offsets of the bytes after all LF bytes that were looked at.
    """

    line: Ints
    shape: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int64]
    book: ShapeBook = field(repr=False)
    newlines: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.line)


# First bytes a header line can have: digits, "[", direction marks and BOM, digits of other scripts. An era or an am/pm
# mark first on a bare line would fit the grammar, but no locale writes it and half of all words begin like that.
_CAN_BEGIN: Final = np.zeros(256, dtype=np.bool_)
_CAN_BEGIN[[*range(0x30, 0x3A), 0x5B, 0xD8, 0xD9, 0xDB, 0xE0, 0xE1, 0xE2, 0xEF]] = True

_SAMPLE: Final = 48
"""Lines a round of learning looks at exactly; shapes of an export are few (at most some 40 with am/pm and no padding)."""


def scan(buf: Bytes, size: int, book: ShapeBook, *, at_line_start: bool = True, fast: bool = True) -> Headers:
    """Header lines of `buf[:size]` (PAD bytes follow). at_line_start: whether the buffer begins a physical line.

    fast=False takes the exact path for every line: the same answer (tests/readers/whatsapp).
    """
    newlines = np.flatnonzero(buf[:size] == 10) + 1
    starts = np.concatenate([np.zeros(1 if at_line_start else 0, dtype=np.int64), newlines])
    starts = starts[starts < size]
    starts = starts[_CAN_BEGIN[buf[starts]]]
    found = _Found(book)
    if fast:
        starts = _match_known(buf, starts, found, range(len(book.shapes)))
        starts = _learn(buf, size, starts, found)
    for start in starts.tolist():
        found.add_exact(buf, size, start)
    return found.headers(newlines)


class _Found:
    """Header lines as they are found, shape by shape; `headers` sorts them by place."""

    def __init__(self, book: ShapeBook) -> None:
        self.book = book
        self.blocks: list[tuple[Ints, int, npt.NDArray[np.int64]]] = []
        self.single: list[tuple[int, int, tuple[int, ...]]] = []

    def add_exact(self, buf: Bytes, size: int, start: int) -> bool:
        line = buf[start : min(size, start + HEADER_BYTES_MAX)].tobytes()
        cut = line.find(b"\n")
        parsed = parse_line(line if cut < 0 else line[:cut])
        if parsed is None:
            return False
        self.single.append((start, self.book.number(parsed[0]), parsed[1]))
        return True

    def headers(self, newlines: Ints) -> Headers:
        """All that was found, in the order of the window."""
        blocks = list(self.blocks)
        if self.single:
            at = np.array([s[0] for s in self.single], dtype=np.int64)
            numbers = np.array([s[2] for s in self.single], dtype=np.int64).reshape(-1, 6)
            line = np.concatenate([at, *(b[0] for b in blocks)])
            shape = np.concatenate([
                np.array([s[1] for s in self.single], dtype=np.int32),
                *(np.full(len(b[0]), b[1], dtype=np.int32) for b in blocks),
            ])
            rows = np.concatenate([numbers, *(b[2] for b in blocks)])
        elif len(blocks) == 1:
            lines, number, rows = blocks[0]
            return Headers(lines, np.full(len(lines), number, dtype=np.int32), rows, self.book, newlines)
        else:
            line = np.concatenate([np.empty(0, dtype=np.int64), *(b[0] for b in blocks)])
            shape = np.concatenate([
                np.empty(0, dtype=np.int32), *(np.full(len(b[0]), b[1], dtype=np.int32) for b in blocks)
            ])
            rows = np.concatenate([np.empty((0, 6), dtype=np.int64), *(b[2] for b in blocks)])
        order = np.argsort(line, kind="stable")
        return Headers(line[order], shape[order], rows[order], self.book, newlines)


def _learn(buf: Bytes, size: int, starts: Ints, found: _Found) -> Ints:
    """Learn new shapes from samples until a sample teaches none; the lines left for the exact path."""
    while len(starts) > _SAMPLE:
        known = len(found.book.shapes)
        spread = np.unique(np.linspace(0, len(starts) - 1, _SAMPLE).astype(np.int64))
        for start in starts[spread].tolist():
            found.add_exact(buf, size, start)
        starts = np.delete(starts, spread)
        new = range(known, len(found.book.shapes))
        if not new:
            break
        starts = _match_known(buf, starts, found, new)
    return starts


def _match_known(buf: Bytes, starts: Ints, found: _Found, numbers: range) -> Ints:
    """Take the lines that fit shapes `numbers` out of `starts` into `found`; the rest is returned."""
    words_at: dict[int, npt.NDArray[np.uint64]] = {}
    for number in numbers:
        if not len(starts):
            break
        compiled = _compile(found.book.shapes[number])
        if compiled is None:
            continue
        fits = np.ones(len(starts), dtype=np.bool_)
        for k in range(len(compiled.zeros)):
            if k not in words_at:
                words_at[k] = _words(buf, starts, 8 * k)
            fits &= compiled.fits(k, words_at[k])
        if not fits.any():
            continue
        rows = compiled.numbers({k: w[fits] for k, w in words_at.items()}, int(fits.sum()))
        good = _plausible(found.book.shapes[number], rows)
        lines = starts[fits]
        found.blocks.append((lines, number, rows) if good.all() else (lines[good], number, rows[good]))
        # lines of this shape with impossible numbers are no headers: no other shape has their bytes either
        rest = ~fits
        starts = starts[rest]
        words_at = {k: w[rest] for k, w in words_at.items()}
    return starts


def _words(buf: Bytes, starts: Ints, offset: int) -> npt.NDArray[np.uint64]:
    """Eight bytes at `starts + offset` of each line, little-endian."""
    view: npt.NDArray[np.uint64] = np.ndarray((len(buf) - 7 - offset,), "<u8", buf.data, offset, (1,))
    return view[starts]


@dataclass(frozen=True)
class _Compiled:
    """A shape as masks over eight-byte words. Digits have zero's byte with an empty low nibble, so digit = byte ^ zero."""

    zeros: list[np.uint64]
    fixed: list[np.uint64]   # bits that must equal zeros: all of a literal, the high nibble of a digit
    low: list[np.uint64]     # low nibbles of digits
    six: list[np.uint64]     # 6 in each digit: a low nibble above 9 carries into the high nibble
    high: list[np.uint64]
    digits: tuple[tuple[int, ...], ...]

    def fits(self, k: int, word: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        x = word ^ self.zeros[k]
        ok: npt.NDArray[np.bool_] = (x & self.fixed[k]) == 0
        if self.low[k]:
            ok &= (((x & self.low[k]) + self.six[k]) & self.high[k]) == 0
        return ok

    def numbers(self, words_at: dict[int, npt.NDArray[np.uint64]], n: int) -> npt.NDArray[np.int64]:
        rows = np.full((6, n), -1, dtype=np.int64)
        for i, places in enumerate(self.digits):
            if not places:
                continue
            value = np.zeros(n, dtype=np.uint64)
            for at in places:
                nibble = (words_at[at // 8] >> np.uint64(8 * (at % 8))) & np.uint64(15)
                value = value * np.uint64(10) + nibble
            rows[i] = value.view(np.int64)
        return rows.T


@lru_cache(maxsize=4096)
def _compile(shape: Shape) -> _Compiled | None:
    """Masks for `shape`; None where its digits do not end in a byte with an empty low nibble (Devanagari, Bengali)."""
    places = [at for group in shape.digits for at in group]
    if any(shape.zeros[at] & 15 for at in places):
        return None
    # a digit elsewhere than in the six numbers does not occur: every digit of the grammar is in a number
    size = -(-shape.end // 8) * 8
    zeros, fixed, low, six, high = (bytearray(size) for _ in range(5))
    zeros[: shape.end] = shape.zeros
    fixed[: shape.end] = b"\xff" * shape.end
    for at in places:
        fixed[at], low[at], six[at], high[at] = 0xF0, 0x0F, 0x06, 0xF0
    as_words = [[np.uint64(w) for w in np.frombuffer(bytes(x), "<u8")] for x in (zeros, fixed, low, six, high)]
    return _Compiled(as_words[0], as_words[1], as_words[2], as_words[3], as_words[4], shape.digits)
