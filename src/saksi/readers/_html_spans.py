"""HTML exports as bytes with places: tags, attributes and text, each with the bytes it stands in, in bounded memory.

    tokens(data)                 -> (kind, start, end, name, attributes) …     tolerant, never fails
    parse(data)                  -> Element, a light tree of one record or page
    decode(raw), byte_spans(raw) -> text with character references resolved, and the bytes behind each code point
    pieces(feed, opening)        -> Piece(start, data, …): a file cut where records begin, window by window
    family(head)                 -> which program wrote the file: telegram, meta, imessage or None

Rules:

1. References (`&amp;`, `&#x1F600;`, `&laquo;`) are how HTML writes a character, as escapes are in JSON: resolved, no
   `text_repair`. The bytes stay under the row's span, and `byte_spans` gives them for each code point.
2. A reference that names no character stays as it is written. Control characters come out as themselves (a browser drops
   some); 0x80 to 0x9F as HTML says (Windows-1252). Half a surrogate pair becomes a stand-in, as in `_json_spans`.
3. Bytes that are not UTF-8 become stand-ins (`_json_spans.decode_utf8`).
4. White space is kept as the file has it; `<br>` is a line feed. What a browser would collapse is not collapsed.
5. `<` that begins no tag is text. An end tag without its opening is ignored; what is not closed ends with the record.
6. Depth, tags and sizes are bounded by the constants below: what exceeds them loses structure, never bytes or words.

No library in reach gives byte offsets of text and attributes (html5lib: characters, selectolax and lxml: lines), and none
keeps the bytes of what it repairs; so this is our own.

References: https://html.spec.whatwg.org/multipage/parsing.html#tokenization (tag open, attribute and raw text states).
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np

from saksi import limits
from saksi.parts import Part
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Problem

START: Final = 0
END: Final = 1
TEXT: Final = 2
OTHER: Final = 3
"""Kinds of tokens; OTHER: comments, declarations, processing instructions."""

TAG_BYTES_MAX: Final = 48 * limits.MIB
"""One tag with its attributes: saved pages carry pictures in them. Longer ones are text."""

SHORT: Final = 4096
"""Where the end of a tag is looked for first."""

VAIN_BYTES_MAX: Final = 8 * limits.MIB
"""After so many bytes looked through for ends of tags that have none, the rest of a record is text: bounds time."""

DEPTH_MAX: Final = 200
"""Open elements at a time; deeper ones are taken as siblings. Exports stay under 30, pages under 100."""

NODES_MAX: Final = 400_000
"""Elements of one tree; further tags are skipped, their text stays."""

VOID: Final = frozenset(
    b"area base br col embed hr img input link meta param source track wbr !doctype".split()
)
RAW: Final = frozenset(b"script style xmp noembed noframes".split())
"""Elements whose content is no HTML; title and textarea hold references, but no tags."""
_RCDATA: Final = frozenset(b"title textarea".split())

_TAG: Final = re.compile(
    rb"<(?:/([A-Za-z][^\s/>]*+)[^>]*+>|([A-Za-z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>|[!?][^>]*+>)"
)
_AFTER_LT: Final = frozenset(bytes([b]) for b in b"/!?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ATTRIBUTE: Final = re.compile(
    rb"([^\s=\"'<>/]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++)))?"
)
_REFERENCE: Final = re.compile(r"&(?:#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,9}));?|([A-Za-z][A-Za-z0-9]{1,31};?))")
_HALVES: Final = re.compile("[\U0010f000-\U0010f7ff]")
_STAND_INS: Final = re.compile("[\U0010f000-\U0010f7ff\U0010ff80-\U0010ffff]")
_ENTITIES: Final = html.entities.html5
_WINDOWS_1252: Final = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


Token = tuple[int, int, int, bytes, bytes]
"""kind, start, end (positions in the data), name of a tag in lower case, raw bytes of its attributes."""


def _tag_at(data: bytes, at: int, vain: list[int]) -> re.Match[bytes] | None:
    """The tag that begins at `at`. vain: bytes looked through for the ends of tags that have none."""
    if data[at + 1 : at + 2] not in _AFTER_LT or vain[0] > VAIN_BYTES_MAX:
        return None
    for size in (SHORT, TAG_BYTES_MAX):
        found = _TAG.match(data, at, at + size)
        if found is not None or len(data) - at <= size:
            break
    if found is None:
        vain[0] += min(size, len(data) - at)
    return found


def tokens(data: bytes) -> Iterator[Token]:
    """All tokens of `data`, in order; together they cover it."""
    at = text_from = 0
    vain = [0]
    comment_ends = True
    while (at := data.find(b"<", at)) >= 0:
        if data.startswith(b"<!--", at) and comment_ends:
            end = data.find(b"-->", at + 4)
            comment_ends = end >= 0
            if comment_ends:
                if at > text_from:
                    yield TEXT, text_from, at, b"", b""
                yield OTHER, at, end + 3, b"", b""
                at = text_from = end + 3
                continue
        found = _tag_at(data, at, vain)
        if found is None:
            at += 1
            continue
        if at > text_from:
            yield TEXT, text_from, at, b"", b""
        at = text_from = found.end()
        if found[1] is not None:
            yield END, found.start(), at, found[1].lower(), b""
        elif found[2] is None:
            yield OTHER, found.start(), at, b"", b""
        else:
            name = found[2].lower()
            yield START, found.start(), at, name, found[3]
            if name in RAW or name in _RCDATA:  # up to its end tag there is only text
                close = re.compile(rb"</" + re.escape(name) + rb"(?=[\s/>])", re.IGNORECASE).search(data, at)
                at = len(data) if close is None else close.start()
    if text_from < len(data):
        yield TEXT, text_from, len(data), b"", b""


def attributes(raw: bytes) -> dict[str, str]:
    """Names (lower case) and values of a tag's attributes, references resolved; the first of two of one name."""
    found: dict[str, str] = {}
    for m in _ATTRIBUTE.finditer(raw):
        value = m[2] if m[2] is not None else m[3] if m[3] is not None else m[4]
        found.setdefault(m[1].decode("ascii", "replace").lower(), "" if value is None else decode_attribute(value))
    return found


# -- text -------------------------------------------------------------------------------------------------------------


def _character(code: int) -> str | None:
    """The character of a numeric reference; None where there is none."""
    if 0xD800 <= code < 0xE000:
        return chr(js.SURROGATE_STAND_IN + code - 0xD800)
    if code > 0x10FFFF:
        return None
    return _WINDOWS_1252.get(code) or chr(code)


def _named(name: str) -> tuple[str, int] | None:
    """What a named reference stands for, and how many of its characters belong to it ("ampx": the first three)."""
    if name in _ENTITIES:
        return _ENTITIES[name], len(name)
    for size in range(min(len(name), 6), 1, -1):  # names that may stand without ";" have at most six letters
        if name[:size] in _ENTITIES:
            return _ENTITIES[name[:size]], size
    return None


def _resolved(m: re.Match[str]) -> str:
    if m[3] is None:
        character = _character(int(m[1], 16) if m[1] is not None else int(m[2]))
        return m[0] if character is None else character
    named = _named(m[3])
    return m[0] if named is None else named[0] + m[3][named[1] :]


def _resolved_in_attribute(m: re.Match[str]) -> str:
    """As above, but "?a=1&copy=2" stays: in an attribute a name without ";" before a letter, digit or "=" is text."""
    if m[3] is not None and not m[3].endswith(";"):
        named = _named(m[3])
        if named is None or named[1] < len(m[3]) or m.string[m.end() : m.end() + 1] == "=":
            return m[0]
    return _resolved(m)


def decode(raw: bytes) -> str:
    """Text of `raw` (no tags in it), references resolved, bytes that are not UTF-8 as stand-ins."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = js.decode_utf8(raw)[0]
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def decode_attribute(raw: bytes) -> str:
    """As `decode`, for the value of an attribute."""
    text = js.decode_utf8(raw)[0]
    return _REFERENCE.sub(_resolved_in_attribute, text) if "&" in text else text


def byte_spans(raw: bytes) -> list[tuple[int, int]]:
    """The way back from `decode(raw)`: for each of its code points the bytes (start, end) of `raw` that made it."""
    spans: list[tuple[int, int]] = []
    text, _ = js.decode_utf8(raw)
    sizes = [1 if js.STAND_IN <= ord(c) <= js.STAND_IN + 0xFF else len(c.encode()) for c in text]
    places = np.concatenate([[0], np.cumsum(sizes)]).tolist() if sizes else [0]
    at = 0
    for m in _REFERENCE.finditer(text):
        spans += [(places[i], places[i + 1]) for i in range(at, m.start())]
        made, taken = _resolved(m), len(m[0])
        if m[3] is not None and (named := _named(m[3])) is not None:
            made, taken = named[0], 1 + named[1]
        at = m.start()
        if made != m[0]:
            spans += [(places[at], places[at + taken])] * len(made)
            at += taken
    return spans + [(places[i], places[i + 1]) for i in range(at, len(text))]


def repair_of(raw: bytes, text: str) -> str | None:
    """The value for text_repair of a text that `raw` was decoded to."""
    if text.isascii() or _STAND_INS.search(text) is None:
        return None
    how = ["lone_surrogate"] if _HALVES.search(text) else []
    how += ["utf8_stand_in"] if js.decode_utf8(raw)[1] else []
    return "+".join(how) or None


@lru_cache(maxsize=4096)
def _classes(raw: bytes) -> frozenset[str]:
    return frozenset(attributes(raw).get("class", "").split())


# -- trees ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Element:
    """One element. start, end: its bytes with both tags; inner_start, inner_end: what is between them."""

    name: bytes
    raw: bytes
    start: int
    inner_start: int
    inner_end: int = -1
    end: int = -1
    closed: bool = False
    children: list[Element] = field(default_factory=list)

    @property
    def attributes(self) -> dict[str, str]:
        """See `attributes`."""
        return attributes(self.raw)

    @property
    def classes(self) -> frozenset[str]:
        """The words of its class attribute."""
        return _classes(self.raw) if self.raw else frozenset()

    def walk(self) -> Iterator[Element]:
        """Itself and everything inside, in order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack += reversed(element.children)

    def first(self, class_: str) -> Element | None:
        """The first element inside that has the class."""
        return next((e for e in self.walk() if e is not self and class_ in e.classes), None)


def parse(data: bytes) -> Element:
    """The tree of `data`; its root has no name."""
    root = Element(b"", b"", 0, 0, len(data), len(data), closed=True)
    open_: list[Element] = [root]
    nodes = 0
    for kind, start, end, name, attributes_ in tokens(data):
        if kind == START and nodes < NODES_MAX:
            nodes += 1
            element = Element(name, attributes_, start, end, end, end)
            open_[-1].children.append(element)
            if name in VOID or attributes_.endswith(b"/"):
                element.closed = True
            elif len(open_) < DEPTH_MAX:
                open_.append(element)
        elif kind == END:
            _close(open_, name, start, end)
    for element in open_[1:]:
        element.inner_end = element.end = len(data)
    return root


def _close(open_: list[Element], name: bytes, start: int, end: int) -> None:
    """Close the nearest open element of this name, and what was left open inside it."""
    depth = len(open_) - 1
    while depth > 0 and open_[depth].name != name:
        depth -= 1
    if depth == 0:
        return
    for inner in open_[depth + 1 :]:
        inner.inner_end = inner.end = start
    element = open_[depth]
    element.inner_end, element.end, element.closed = start, end, True
    del open_[depth:]


def raw_text(data: bytes, element: Element, skip: frozenset[int] = frozenset()) -> list[bytes]:
    """The raw runs of text inside an element in order, `<br>` as a line feed; skip: ids of elements to leave out."""
    runs: list[bytes] = []
    stack: list[tuple[Element, int, int]] = [(element, 0, element.inner_start)]
    while stack:
        parent, index, at = stack.pop()
        if index == len(parent.children):
            runs.append(_without_comments(data[at : parent.inner_end]))
            continue
        child = parent.children[index]
        runs.append(_without_comments(data[at : child.start]))
        stack.append((parent, index + 1, child.end))
        if child.name == b"br":
            runs.append(b"\n")
        elif child.name not in RAW and child.name not in VOID and id(child) not in skip:
            stack.append((child, 0, child.inner_start))
    return [run for run in runs if run]


def _without_comments(run: bytes) -> bytes:
    if b"<" not in run:
        return run
    return b"".join(run[start:end] for kind, start, end, _, _ in tokens(run) if kind == TEXT)


def text_of(data: bytes, element: Element, skip: frozenset[int] = frozenset()) -> str:
    """The text inside an element, white space as the file has it."""
    return "".join(map(decode, raw_text(data, element, skip)))


def words(data: bytes) -> str:
    """What a person could read in a stretch of HTML, without tags, comments, scripts; white space at the ends gone."""
    return text_of(data, parse(data)).strip()


# -- files cut into records -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """Bytes of a file from where a record begins to where the next one does. start: of the part. head: what stands
    before the first record. last: nothing follows. data is b"" where the piece is beyond limits.MESSAGE_BYTES_MAX."""

    start: int
    end: int
    data: bytes
    head: bool = False
    last: bool = False


def pieces(feed: js.Feed, opening: re.Pattern[bytes]) -> Iterator[Piece]:
    """The pieces of a file; `opening` matches where a record begins."""
    feed.more(0)
    at = 0
    head = True
    while True:
        places = [m.start() for m in opening.finditer(feed.buf, at)]
        if head and places:
            yield Piece(feed.base + at, feed.base + places[0], feed.buf[at : places[0]], head=True)
            head = False
        for begin, end in pairwise(places):
            yield Piece(feed.base + begin, feed.base + end, feed.buf[begin:end])
        at = places[-1] if places else at
        ended = feed.ended
        if len(feed.buf) - at > limits.MESSAGE_BYTES_MAX and not ended:
            start = feed.base + at
            at = _skip(feed, opening, at)
            last = at == len(feed.buf)
            yield Piece(start, feed.base + at, b"", head=head, last=last)
            if last:
                return
            head = False
        elif feed.more(at):
            at = 0
        else:
            yield Piece(feed.base + at, feed.base + len(feed.buf), feed.buf[at:], head=head, last=True)
            return


def _skip(feed: js.Feed, opening: re.Pattern[bytes], at: int) -> int:
    """Position (in the buffer) of the next record after the one at `at`, keeping none of it; the end where none is."""
    look = at + 1
    while (m := opening.search(feed.buf, look)) is None:
        keep = max(look, len(feed.buf) - 4096)
        if not feed.more(keep):
            return len(feed.buf)
        look = 0
    return m.start()


def ending(part: Part, feed: js.Feed) -> list[Problem]:
    """What is to be said of a part's end: bytes that could not be read."""
    end = feed.base + len(feed.buf)
    if feed.failed:
        return [Problem("unreadable", part.path, end, part.size)]
    return [Problem("truncated", part.path, end, part.size)] if end < part.size else []


def unread_chunk(part: Part, feed: js.Feed, ledger: js.Ledger) -> Iterator[Chunk]:
    """The last chunk of a part: what was never read is a problem, what was left over is container."""
    problems = ending(part, feed)
    if problems:
        span = np.array([[feed.base + len(feed.buf), part.size]], dtype=np.int64)
        yield js.bare_chunk(part, ledger.claim(span), span, problems)
    yield js.bare_chunk(part, ledger.claim(np.array([[part.size, part.size]], dtype=np.int64)))


def rest_of(part: Part, read: int, ledger: js.Ledger) -> Iterator[Chunk]:
    """The last chunk of a part of which `read` bytes were read: what is left over is container, what was not read a problem
    (said already)."""
    size = part.size
    if ledger.claimed < read:
        yield js.bare_chunk(part, ledger.claim(np.array([[read, read]], dtype=np.int64)))
    if ledger.claimed < size:
        span = np.array([[ledger.claimed, size]], dtype=np.int64)
        ledger.claim(span)
        yield js.bare_chunk(part, problem_spans=span)


@dataclass
class Table:
    """Rows of one part on their way to chunks: columns as lists, flags and attachments where there are any."""

    names: tuple[str, ...]
    columns: dict[str, list[Any]] = field(init=False)
    flags: dict[int, list[str]] = field(default_factory=dict)
    attachments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    children: list[js.Child] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.columns = {name: [] for name in ("span_start", "span_end", "kind", *self.names)}

    def __len__(self) -> int:
        return len(self.columns["kind"])

    def add(self, start: int, end: int, kind: str, **values: Any) -> int:
        """One row; returns its position. Columns not given are null."""
        columns = self.columns
        columns["span_start"].append(start)
        columns["span_end"].append(end)
        columns["kind"].append(kind)
        for name in self.names:
            columns[name].append(values.get(name))
        return len(columns["kind"]) - 1

    def child(self, parent: int, row: dict[str, Any], *, inherits: bool = True) -> None:
        """A row that hangs on the row at `parent`."""
        self.children.append(js.Child(parent, row, inherits))

    def chunks(self, part: Part, ledger: js.Ledger, **further: Any) -> Iterator[Chunk]:
        """Everything so far as chunks; the table is empty afterwards. further: whole columns (constants)."""
        n = len(self)
        flags, attachments = js.Sparse("flags", n), js.Sparse("attachments", n)
        for i, values in self.flags.items():
            flags.put(i, values)
        for i, entries in self.attachments.items():
            attachments.put(i, entries)
        spans = np.array([self.columns["span_start"], self.columns["span_end"]], dtype=np.int64).T
        columns = {**self.columns, **further, "flags": flags.array(), "attachments": attachments.array()}
        container = ledger.claim(spans)
        yield from js.assemble(part, columns, n, self.children, container, self.problems, frozenset(self.named))
        self.__init__(self.names)  # type: ignore[misc]


# -- who wrote it -----------------------------------------------------------------------------------------------------

_FAMILIES: Final = (
    ("telegram", re.compile(
        rb"<title>\s*Exported Data\s*</title>|<div class=\"message (?:default clearfix|service)[^\"]*\" id=\"message-?\d+\""
    )),
    ("meta", re.compile(
        rb"class=\"[^\"]*(?:\b_a6-g\b|\b_2lej uiBoxWhite\b|\b_a6-h _a6-i\b)[^\"]*\"|<body[^>]*class=\"_5vb_ _2yq"
        rb"|<div class=\"message_header\">\s*<span class=\"user\""
    )),
    ("imessage", re.compile(
        rb"<div class=\"message\",?[^>]*>\s*<div class=\"(?:sent [A-Za-z]*|received)[^\"]*\">\s*<p><span class=\"timestamp\""
        rb"|<div class ?=\"announcement\"[^>]*>\s*<p><span class=\"timestamp\""
    )),
)


def looks_like_html(head: bytes) -> bool:
    """Whether a part begins as an HTML document: a doctype, or one of the tags only documents have, before any words."""
    start = head.removeprefix(js.BOM).lstrip()
    while start.startswith((b"<!--", b"<?xml")):
        end = start.find(b"-->" if start.startswith(b"<!--") else b"?>")
        if end < 0:
            return False
        start = start[end + 2 :].lstrip(b">").lstrip()
    return re.match(rb"<(?:!doctype\s+html|html|head|body|meta|title)\b", start, re.IGNORECASE) is not None


def family(head: bytes) -> str | None:
    """Which program wrote an HTML file: telegram, meta, imessage; None: another, or no HTML. One answer, so that no two
    readers can claim one part. Part of a file that was cut off at its beginning is known by its records."""
    first: tuple[int, str] | None = None
    if b"<" not in head:
        return None
    for name, mark in _FAMILIES:
        m = mark.search(head)
        if m is not None and (first is None or m.start() < first[0]):
            first = (m.start(), name)
    if first is None:
        return None
    return first[1] if looks_like_html(head) or head[: first[0]].strip()[:1] in (b"", b"<") else None
