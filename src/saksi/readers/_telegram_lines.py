"""Records of Telegram's own writing as whole columns: numpy over the lines of a run, Arrow slices of its bytes.

Telegram Desktop writes one key a line, one space of indent a level, keys in one order. So records that differ only in
their words and numbers are one *form*: literal bytes with values between them. `scan` takes a run of records apart:

1. Every line end of the run; a record begins at a line that is the array's indent and "{". Any other control byte
   (CRLF, tabs, damage) ends the attempt.
2. A record belongs to a form where all literal bytes stand where its line ends put them. Forms are learnt as they are
   met: from a record that equals its own canonical JSON (so that what looks like one key a line is one), whose row the
   exact path makes (`Judge`): kind, flags, attachments are the form's from then on. Only values that change nothing but
   their own column are left open; a record with child rows is never a form's.
3. Values are numbers without leading zeros and UTF-8 strings; a string with a backslash or quote is decoded by msgspec,
   and must be one.
4. What is left, record by record, is the exact path's (`slow`), and must be one JSON object each, the same gap behind.

Where any of this does not hold, or most records are of no form, `scan` gives None and the exact path reads the run as
if nothing had been tried. Both give the same rows (tests/readers/telegram/test_telegram_lines.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi import limits
from saksi.readers import _json_spans as js
from saksi.readers.base import Spans

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

FORMS_MAX: Final = 24
"""Forms of one number of lines that are kept: each costs a comparison of the records no form before it took."""
LEARN_MAX: Final = 4
"""Records that a run of records of one number of lines may be asked to teach a new form."""
LEARN_ROWS_MIN: Final = 4
"""So many records of one number of lines must be of no form before one of them is asked."""
TRIES_MAX: Final = 400
"""Records asked in vain or for nothing in one part, after which no more are: bounds time on exports of great variety."""
NUMBER_DIGITS_MAX: Final = 16
WORD: Final = 8
"""Bytes compared at once. So many must follow a run in its buffer: the last word of a literal may reach beyond it."""
EQUAL_BYTES_MAX: Final = 64
"""Strings of one length up to this are gathered as they lie, all at once."""
SECONDS_END: Final = 253_402_300_800
"""The first second after the year 9999."""

STRINGS: Final = {"date": "date", "from": "name", "from_id": "account"}
SECONDS: Final = {"date_unixtime": "at", "edited_unixtime": "edited_at"}
NUMBERS: Final = {"id": "id", "reply_to_message_id": "reply"}
_ACTORS: Final = {"actor": "name", "actor_id": "account"}
_NEVER_EMPTY: Final = frozenset({"date", "name", "account", "words"})

_FIELD: Final = re.compile(rb'( *)"([a-z0-9_]+)": (.*?)(,?)', re.DOTALL)
_NUMERIC: Final = ("id", "at", "reply", "edited_at", "number")
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NUMBER: Final = re.compile(rb"0|[1-9][0-9]*")
_TEXTS: Final = msgspec.json.Decoder(list[str])


@dataclass(frozen=True)
class Value:
    """A place in a form. role: what its values are. line: the number of the line that holds it. after: bytes between it
    and the line's end."""

    role: str
    line: int
    after: int


@dataclass(frozen=True)
class Constants:
    """What every record of a form says beside its values: columns of its row as the exact path gives them, and the parts
    that it names."""

    kind: str
    text: str | None
    flags: tuple[str, ...]
    attachments: tuple[dict[str, Any], ...]
    forwarded_from: str | None
    named: frozenset[int]


Judge = Callable[[bytes], Constants | None]
"""The exact path's row of one record; None where the record makes more than one row or a repair."""


@dataclass
class Form:
    """See the module's text. literals: one more than values."""

    lines: int
    literals: tuple[bytes, ...]
    values: tuple[Value, ...]
    constants: Constants
    checks: tuple[tuple[Words, np.uint64], ...] = field(init=False)
    hits: int = 0

    def __post_init__(self) -> None:
        self.checks = tuple(_words(literal) for literal in self.literals)


def _words(literal: bytes) -> tuple[Words, np.uint64]:
    """`literal` as eight-byte words, zeros after its end, and the mask of its bytes in the last of them."""
    over = -len(literal) % WORD
    return np.frombuffer(literal + bytes(over), dtype="<u8"), np.uint64((1 << 8 * (WORD - over)) - 1)


# -- learning a form --------------------------------------------------------------------------------------------------


def canonical(raw: bytes, indent: int) -> bool:
    """Whether a record is written as json.dumps writes it at this depth: one key a line, one space a level."""
    try:
        text = raw.decode()
        value = json.loads(text)
        return json.dumps(value, indent=1, ensure_ascii=False).replace("\n", "\n" + " " * indent) == text
    except (ValueError, RecursionError):
        return False


def learn(raw: bytes, indent: int, separator: bytes, known: frozenset[str], judge: Judge) -> Form | None:
    """The form of the record `raw`; None where it has none. known: fields that columns are made of."""
    if not canonical(raw, indent):
        return None
    places = _places(raw.split(b"\n"), indent, known)
    if places is None:
        return None
    constants = judge(raw)
    if constants is None:
        return None
    whole = raw + separator
    literals, at = [], 0
    values: list[Value] = []
    for role, line, start, end in places:
        literals.append(whole[at:start])
        values.append(Value(role, line, whole.index(b"\n", end) - end))
        at = end
    literals.append(whole[at:])
    return Form(whole.count(b"\n"), tuple(literals), tuple(values), constants)


_Place = tuple[str, int, int, int]


def _places(lines: Sequence[bytes], indent: int, known: frozenset[str]) -> list[_Place] | None:
    """(role, line, start, end) of the values of a canonical record; None where it cannot be a form's."""
    at = [0]
    for line in lines:
        at.append(at[-1] + len(line) + 1)
    fields: dict[str, tuple[int, int, bytes]] = {}
    for i, line in enumerate(lines[1:-1], 1):
        m = _FIELD.fullmatch(line)
        if m is not None and len(m[1]) == indent + 1:
            fields[m[2].decode()] = (i, at[i] + m.start(3), m[3])
    places: list[_Place] = []
    for key, role in _roles(fields, known).items():
        i, start, value = fields[key]
        if role in ("words", "entities") and value == b"[":
            inner = _inner(lines, at, i + 1, indent, role)
            if inner is None:
                return None
            places += inner
        elif role in ("number", "id", "reply"):
            if not _NUMBER.fullmatch(value):
                return None
            places.append((role, i, start, start + len(value)))
        elif role != "entities" and _STRING.fullmatch(value) and (len(value) > 2 or role not in _NEVER_EMPTY):
            places.append((role, i, start + 1, start + len(value) - 1))
        elif (role, value) not in (("name", b"null"), ("account", b"null"), ("words", b'""'), ("entities", b"[]")):
            return None
    return None if _lacking(fields, places) else sorted(places, key=lambda p: p[2])


def _roles(fields: dict[str, tuple[int, int, bytes]], known: frozenset[str]) -> dict[str, str]:
    """The fields whose values are left open, and as what."""
    roles = {key: role for key, role in {**STRINGS, **SECONDS, **NUMBERS}.items() if key in fields}
    if fields.get("type", (0, 0, b""))[2] == b'"service"' and not {"from", "from_id"} & set(fields):
        roles |= {key: role for key, role in _ACTORS.items() if key in fields}
    if "edited" in fields and "edited_unixtime" in fields:
        roles["edited"] = "string"
    if "text" in fields:
        roles["text"] = "words"
    for key, (_, _, value) in fields.items():
        if key == "text_entities":
            roles[key] = "entities"
        elif key not in known and _NUMBER.fullmatch(value):
            roles[key] = "number"
        elif key not in known and _STRING.fullmatch(value):
            roles[key] = "string"
    return roles


def _lacking(fields: dict[str, tuple[int, int, bytes]], places: Sequence[_Place]) -> bool:
    """Whether a record lacks what every form has, or holds what makes its row depend on more than its own values."""
    roles = {role for role, *_ in places}
    if not {"id", "date", "at"} <= roles or not {"type", "text"} <= set(fields):
        return True
    if "edited" in fields and "edited_at" not in roles:
        return True
    return "reply_to_peer_id" in fields or ("actor" in fields and bool({"from", "from_id"} & set(fields)))


def _inner(lines: Sequence[bytes], at: Sequence[int], first: int, indent: int, role: str) -> list[_Place] | None:
    """The strings of a list `text` or `text_entities` whose elements begin in line `first`."""
    places: list[_Place] = []
    piece = "piece" if role == "words" else "string"
    for i in range(first, len(lines)):
        line = lines[i].rstrip(b",")
        body = line.lstrip(b" ")
        depth = len(line) - len(body) - indent
        if depth == 1:
            return places
        if depth == 2 and role == "words" and _STRING.fullmatch(body):
            start = at[i] + indent + 2 + 1
            places.append((piece, i, start, start + len(body) - 2))
        elif depth == 2 and body not in (b"{", b"}"):
            return None
        elif depth == 3:
            m = _FIELD.fullmatch(line)
            if m is None or (role == "words" and m[2] == b"href"):
                return None
            if m[2] == b"text":
                if not _STRING.fullmatch(m[3]):
                    return None
                places.append((piece, i, at[i] + m.start(3) + 1, at[i] + m.end(3) - 1))
        elif depth > 3:
            return None
    return None


# -- taking a run apart -----------------------------------------------------------------------------------------------


@dataclass
class Run:
    """A run of records. spans: of all, absolute. fast: those of a form; slow: the others (numbers in the run).

    The other fields are columns of the fast ones. form: number in `forms`. replies and edits: (numbers among the fast
    ones, values).
    """

    base: int
    data: bytes | bytearray
    spans: Spans
    fast: Ints
    slow: Ints
    forms: list[Form]
    form: Ints
    ids: Ints
    at_s: Ints
    date: pa.Array
    name: pa.Array
    account: pa.Array
    text: pa.Array
    replies: tuple[Ints, Ints]
    edits: tuple[Ints, Ints]


class _NoRun(Exception):
    """The run is the exact path's."""


@dataclass
class Book:
    """The forms met in one part, by number of lines. known, judge: see `learn`."""

    known: frozenset[str]
    judge: Judge
    forms: dict[int, list[Form]] = field(default_factory=dict)
    tries: int = 0

    def clear(self) -> None:
        """Forget all forms: what the exact path says of a record may differ from here on (another chat)."""
        self.forms.clear()

    def scan(self, buf: bytes | bytearray, base: int, at: int, end: int, gap: bytes) -> Run | None:
        """The records of `buf[at:end]`, apart by "," and `gap`; a further "," `gap` "{" follows at `end`. base: the
        buffer's place in the part."""
        try:
            return _Scan(self, buf, base, at, end, gap).run()
        except _NoRun:
            return None


PIECE_BYTES: Final = 512 * limits.KIB
"""Bytes of a run whose line ends are found at once: what is made on the way stays in the processor's cache."""


def _controls(view: npt.NDArray[np.uint8]) -> Ints:
    """Where bytes below 32 stand."""
    mask = np.empty(min(PIECE_BYTES, len(view)), dtype=np.bool_)
    found = []
    for at in range(0, len(view), PIECE_BYTES):
        piece = view[at : at + PIECE_BYTES]
        places = np.flatnonzero(np.less(piece, 32, out=mask[: len(piece)]))
        places += at
        found.append(places)
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


_SHIFT: Final = np.array([0, *(8 * (8 - n) for n in range(1, 9))], dtype=np.uint64)
_FILL: Final = np.array([0, *(0x3030303030303030 >> (8 * n) if n < 8 else 0 for n in range(1, 9))], dtype=np.uint64)


def _u(number: int) -> np.uint64:
    return np.uint64(number)


def eight_digits(word: Words) -> tuple[Ints, Bools]:
    """The number that eight ASCII digits spell, first digit in the lowest byte; whether they are digits."""
    high, six = _u(0xF0F0F0F0F0F0F0F0), _u(0x0606060606060606)
    good: Bools = ((word & high) == _u(0x3030303030303030)) & (((word + six) & high) == _u(0x3030303030303030))
    word = word & _u(0x0F0F0F0F0F0F0F0F)
    word = (word * _u(2561)) >> _u(8)
    word = ((word & _u(0x00FF00FF00FF00FF)) * _u(6553601)) >> _u(16)
    word = ((word & _u(0x0000FFFF0000FFFF)) * _u(42949672960001)) >> _u(32)
    return word.astype(np.int64), good


def numbers(words: Words, start: Ints, end: Ints) -> tuple[Ints, Bools]:
    """The numbers that the digits [start, end) spell; good: 1 to 16 digits, no leading zero."""
    length = end - start
    good: Bools = (length > 0) & (length <= NUMBER_DIGITS_MAX)
    if not good.all():
        length = np.where(good, length, 1)
    head = np.minimum(length, 8)
    first = words[start]
    value, digits = eight_digits((first << _SHIFT[head]) | _FILL[head])
    good &= digits & (((first & _u(0xFF)) != _u(0x30)) | (length == 1))
    longer = np.flatnonzero(length > 8)
    if len(longer):
        # all but the last eight digits again, then those
        rest = length[longer] - 8
        lead, _ = eight_digits((first[longer] << _SHIFT[rest]) | _FILL[rest])
        low, digits = eight_digits(words[end[longer] - 8])
        value[longer] = lead * 100_000_000 + low
        good[longer] &= digits
    return value, good


@dataclass
class _Taken:
    """Records that a form took. starts, ends: by place in the form."""

    form: Form
    rows: Ints
    starts: list[Ints]
    ends: list[Ints]

    def keep(self, good: Bools) -> None:
        """Leave the other records to other forms."""
        self.rows = self.rows[good]
        self.starts = [s[good] for s in self.starts]
        self.ends = [e[good] for e in self.ends]

    def of(self, *roles: str) -> list[tuple[Ints, Ints]]:
        """(starts, ends) of every place of these roles."""
        return [
            (s, e) for v, s, e in zip(self.form.values, self.starts, self.ends, strict=True) if v.role in roles
        ]


class _Scan:
    """One run being taken apart. Positions are relative to its first byte."""

    def __init__(self, book: Book, buf: bytes | bytearray, base: int, at: int, end: int, gap: bytes) -> None:
        self.book, self.buf, self.base, self.at = book, buf, base, at
        self.separator = b"," + gap
        self.indent = len(gap) - 1
        if gap.strip(b" ") != b"\n" or gap[:1] != b"\n":
            raise _NoRun
        self.size = end + len(self.separator) - at
        self.view = np.frombuffer(buf, dtype=np.uint8, count=self.size, offset=at)
        self.slack = len(buf) - at - self.size
        if self.slack < WORD:
            raise _NoRun
        self.lines = _controls(self.view)
        if not len(self.lines) or (self.view[self.lines] != 10).any() or self.lines[0] != 1:
            raise _NoRun
        opening = np.flatnonzero(np.diff(self.lines) == self.indent + 2)
        places = self.lines[opening] + (self.indent + 1)
        real = self.view[places] == 0x7B
        zero = np.zeros(1, dtype=np.int64)
        self.start = np.concatenate([zero, places[real], np.array([self.size])])
        self.line = np.concatenate([zero, opening[real] + 1, np.array([len(self.lines)])])
        self.n = len(self.start) - 1
        self.taken: list[_Taken] = []

    def run(self) -> Run:
        """Everything; raises _NoRun."""
        form = self._take_all()
        numbers_of = self._numbers(form)
        fast, slow = np.flatnonzero(form >= 0), np.flatnonzero(form < 0)
        if len(slow) * 2 > self.n:
            raise _NoRun
        spans = np.stack([self.start[:-1], self.start[1:] - len(self.separator)], axis=1)
        self._check_slow(spans, slow)
        self.slot = np.cumsum(form >= 0) - 1  # of a record: its number among the fast ones
        self.m = len(fast)
        self._check_strings()
        return Run(
            self.base, self.buf, spans + (self.base + self.at), fast, slow, [t.form for t in self.taken], form[fast],
            numbers_of["id"][1], numbers_of["at"][1], self._strings("date"), self._strings("name"),
            self._strings("account"), self._texts(), numbers_of["reply"], numbers_of["edited_at"],
        )

    # -- forms ---------------------------------------------------------------------------------------------------

    def _take_all(self) -> Ints:
        """The form of every record (number in `taken`), -1 where none is."""
        form = np.full(self.n, -1, dtype=np.int64)
        counts = np.diff(self.line)
        for lines in np.flatnonzero(np.bincount(counts)).tolist():
            rows = np.flatnonzero(counts == lines)
            known = self.book.forms.setdefault(lines, [])
            for one in sorted(known, key=lambda f: -f.hits):
                rows = self._take(one, rows, form)
            for _ in range(LEARN_MAX):
                if len(rows) < LEARN_ROWS_MIN or self.book.tries >= TRIES_MAX:
                    break
                new = self._learn(int(rows[0]))
                if new is None:
                    rows = rows[1:]
                    continue
                left = self._take(new, rows, form)
                if len(left) < len(rows):
                    known.append(new)
                    known.sort(key=lambda f: -f.hits)
                    del known[FORMS_MAX:]
                if len(rows) - len(left) <= 1:
                    self.book.tries += 1
                rows = left if len(left) < len(rows) else rows[1:]
        return form

    def _learn(self, row: int) -> Form | None:
        start, end = int(self.start[row]), int(self.start[row + 1]) - len(self.separator)
        raw = bytes(self.buf[self.at + start : self.at + end])
        new = learn(raw, self.indent, self.separator, self.book.known, self.book.judge)
        self.book.tries += new is None
        return new

    def _take(self, form: Form, rows: Ints, number: Ints) -> Ints:
        """Give `form` what is its own of `rows`; the others."""
        if not len(rows):
            return rows
        taken = self._matching(form, rows)
        if taken is None or not len(taken.rows):
            return rows
        form.hits += len(taken.rows)
        number[taken.rows] = len(self.taken)
        self.taken.append(taken)
        return rows[number[rows] < 0]

    def _matching(self, form: Form, rows: Ints) -> _Taken | None:
        taken = _Taken(form, rows, [], [])
        at, limit, first = self.start[rows], self.start[rows + 1], self.line[rows]
        last = len(form.values)
        for k, literal in enumerate(form.literals):
            after = at + len(literal)
            good = after <= limit if k < last else after == limit
            if good.all():
                good = self._equal(at, form.checks[k])
            else:
                inside = np.flatnonzero(good)
                good[inside] = self._equal(at[inside], form.checks[k])
            if k < last:
                value = form.values[k]
                at = self.lines[first + value.line] - value.after
                good &= at >= after + (value.role in _NEVER_EMPTY)
                taken.starts.append(after)
                taken.ends.append(at)
            if not good.all():
                if not good.any():
                    return None
                taken.keep(good)
                at, limit, first = at[good], limit[good], first[good]
        return taken

    def _equal(self, at: Ints, check: tuple[Words, np.uint64]) -> Bools:
        """Where the words of a literal stand at `at`: gathered whole, which costs little more than a byte of each."""
        words, mask = check
        block = self._gathered(at, WORD * len(words)).view("<u8").reshape(-1, len(words))
        block ^= words
        block[:, -1] &= mask
        if not block.any():
            return np.ones(len(at), dtype=np.bool_)
        unlike = block[:, 0]
        for k in range(1, len(words)):
            unlike = unlike | block[:, k]
        like: Bools = unlike == 0
        return like

    def _gathered(self, at: Ints, size: int) -> npt.NDArray[Any]:
        """The `size` bytes at each of these places."""
        whole: npt.NDArray[Any] = np.ndarray((self.size + self.slack - size + 1,), f"V{size}", self.buf, self.at, (1,))
        return whole[at]

    def _numbers(self, form: Ints) -> dict[str, tuple[Ints, Ints]]:
        """(numbers of the records among the fast ones, values) by role, in order; read all at once. A record one of whose
        numbers is none is given back: `form` -1."""
        places = {role: [(t.rows, s, e) for t in self.taken for s, e in t.of(role)] for role in _NUMERIC}
        every = [place for role in _NUMERIC for place in places[role]]
        if not every:
            raise _NoRun
        rows, start, end = (np.concatenate([place[k] for place in every]) for k in range(3))
        word: Words = np.ndarray((self.size + self.slack - WORD + 1,), "<u8", self.buf, self.at, (1,))
        value, good = numbers(word, start, end)
        edges = np.cumsum([0, *(sum(len(place[0]) for place in places[role]) for role in _NUMERIC)]).tolist()
        parts = {role: slice(a, b) for role, (a, b) in zip(_NUMERIC, pairwise(edges), strict=True)}
        for role in ("at", "edited_at"):
            seconds = value[parts[role]]
            good[parts[role]] &= (seconds > 0) & (seconds < SECONDS_END)
        if not good.all():
            form[rows[~good]] = -1
            for taken in self.taken:
                taken.keep(form[taken.rows] >= 0)
        slot = np.cumsum(form >= 0) - 1
        found: dict[str, tuple[Ints, Ints]] = {}
        for role in ("id", "at", "reply", "edited_at"):
            own, values = rows[parts[role]], value[parts[role]]
            order = np.argsort(own, kind="stable")
            order = order[form[own[order]] >= 0]
            found[role] = slot[own[order]], values[order]
        return found

    # -- the other records ---------------------------------------------------------------------------------------

    def _check_slow(self, spans: Spans, slow: Ints) -> None:
        """Raise _NoRun unless each of these is one JSON object and the separator follows."""
        if not len(slow):
            return
        raws = []
        for start, end in (spans[slow] + self.at).tolist():
            if self.buf[end : end + len(self.separator)] != self.separator:
                raise _NoRun
            raws.append(self.buf[start:end])
        found = js.element_spans(b",".join(raws), b",")
        if found is None or len(found) != len(raws) or (found[:, 1] - found[:, 0]).tolist() != list(map(len, raws)):
            raise _NoRun

    # -- columns -------------------------------------------------------------------------------------------------

    def _slices(self, starts: Ints, ends: Ints) -> pa.Array:
        """Strings [start, end) of the run, in ascending order, as JSON has them."""
        if not len(starts):
            return pa.array([], pa.string())
        length = int(ends[0] - starts[0])
        if 0 < length <= EQUAL_BYTES_MAX and (ends - starts == length).all():
            letters = pa.py_buffer(self._gathered(starts, length))
            places = pa.py_buffer(np.arange(0, length * len(starts) + 1, length, dtype=np.int32))
            return pa.Array.from_buffers(pa.string(), len(starts), [None, places, letters])
        return self._between(starts, ends).take(pa.array(np.arange(0, 2 * len(starts), 2)))

    def _between(self, starts: Ints, ends: Ints) -> pa.Array:
        """Strings [start, end) of the run where they lie, each followed by what is between it and the next."""
        flat = np.empty(2 * len(starts), dtype=np.int32)
        flat[::2], flat[1::2] = starts, ends
        run = pa.py_buffer(memoryview(self.buf)[self.at : self.at + self.size])
        return pa.Array.from_buffers(pa.string(), len(flat) - 1, [None, pa.py_buffer(flat), run])

    def _strings(self, role: str) -> pa.Array:
        """A column of strings, one a record at most."""
        start, end = np.zeros(self.m, dtype=np.int64), np.zeros(self.m, dtype=np.int64)
        lacking = np.zeros(self.m, dtype=np.bool_)
        for taken in self.taken:
            rows, places = self.slot[taken.rows], taken.of(role)
            if places:
                start[rows], end[rows] = places[0]
            else:
                start[rows] = end[rows] = self.start[taken.rows]
                lacking[rows] = True
        column = _decoded(self._slices(start, end))
        return column if not lacking.any() else _nulled(column, lacking)

    def _texts(self) -> pa.Array:
        """The words: of one string, of a list's parts joined with nothing between, or what the form says."""
        count = np.zeros(self.m, dtype=np.int64)
        wordless = np.zeros(self.m, dtype=np.bool_)
        for taken in self.taken:
            pieces = len(taken.of("words")) + len(taken.of("piece"))
            rows = self.slot[taken.rows]
            count[rows] = pieces
            if not pieces and taken.form.constants.text is None:
                wordless[rows] = True
        first = np.cumsum(count) - count
        start = np.empty(int(count.sum()), dtype=np.int64)
        end = np.empty_like(start)
        for taken in self.taken:
            at = first[self.slot[taken.rows]]
            for k, (s, e) in enumerate(taken.of("words") + taken.of("piece")):
                start[at + k], end[at + k] = s, e
        if not len(start):
            return pa.array([None if no else "" for no in wordless.tolist()], pa.string())
        _, places, letters = _decoded(self._slices(start, end)).buffers()
        offsets = np.frombuffer(places, dtype=np.int32)[: len(start) + 1]
        own = np.append(offsets[first], offsets[-1]).astype(np.int32)
        column = pa.Array.from_buffers(pa.string(), self.m, [None, pa.py_buffer(own), letters])
        if ((own[1:] == own[:-1]) & (count > 0)).any():
            raise _NoRun  # a list of empty strings: words may be looked for elsewhere
        return column if not wordless.any() else _nulled(column, wordless)

    def _check_strings(self) -> None:
        """The strings that no column is made of must be strings all the same: as the words are where they are the words
        again, as `text_entities` of plain words."""
        for taken in self.taken:
            places, words = taken.of("string"), taken.of("words")
            if len(places) == 1 and len(words) == 1:
                again = pc.equal(self._between(*places[0]), self._between(*words[0]))
                other = ~np.asarray(again)[::2]
                places = [(places[0][0][other], places[0][1][other])] if other.any() else []
            if places:
                starts = np.stack([s for s, _ in places], axis=1).ravel()
                ends = np.stack([e for _, e in places], axis=1).ravel()
                _decoded(self._slices(starts, ends))


def _nulled(column: pa.Array, null: Bools) -> pa.Array:
    """`column` (no nulls, whole buffers) with nulls where `null` says."""
    valid = pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(column), [valid, *column.buffers()[1:]])


def _decoded(column: pa.Array) -> pa.Array:
    """JSON strings as cut out of a document, decoded. Raises _NoRun where one is none."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raise _NoRun from None
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[: len(column) + 1]
    letters = np.frombuffer(data, dtype=np.uint8)[: int(places[-1])] if data is not None else np.empty(0, np.uint8)
    marks = letters == 0x5C
    marks |= letters == 0x22
    at = np.flatnonzero(marks)
    if not len(at):
        return column
    rows = np.searchsorted(places, at, side="right") - 1
    rows = rows[np.append(True, rows[1:] != rows[:-1])]
    raws = column.take(pa.array(rows)).cast(pa.binary()).to_pylist()
    try:
        # the line break is one that no string can hold: each line is one string or the whole is no array
        texts = _TEXTS.decode(b'["' + b'",\n"'.join(raws) + b'"]')
    except js.DECODE_ERRORS:
        raise _NoRun from None
    if len(texts) != len(raws):
        raise _NoRun
    place = np.arange(len(column))
    place[rows] = len(column) + np.arange(len(rows))
    return pa.concat_arrays([column, pa.array(texts, pa.string())]).take(pa.array(place))
