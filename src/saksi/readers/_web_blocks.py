"""Words of a saved web page as blocks with places: what the page shows, link targets and image addresses beside it.

    page(data)                -> Page: title, address and moment of saving as far as the page says, blocks in order
    add(table, page, …)       -> rows: one a block, child rows for what the words do not show

A block is what stands between two tags that break a line (`p`, `div`, `li`, `td`, …). Rules:

1. White space is shown as a browser shows it: runs of it are one space, but in `pre` and `textarea`; `<br>` is a line
   feed. Where that changed something, `text_repair` is html_space; the bytes are under the span.
2. Targets of links that the words do not show are child rows `field:href`; other texts of images `field:alt`.
3. A picture in a block is an attachment: its address (state omitted), or nothing where its data stand in the page (state
   refused: it is there and was not touched). A block of pictures alone is kind media.
4. Title and description are rows of their own, flag `text_from:title`, `text_from:meta.description`.
5. A frame whose page stands in an attribute (`srcdoc`) is one row, its blocks are child rows.
6. Scripts, styles and templates are no words. Hidden elements are read: what hides them stands in style sheets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js

BREAKING: Final = frozenset(
    b"address article aside blockquote body br_ button caption dd details dialog div dl dt fieldset figcaption figure footer form "
    b"frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li main nav ol optgroup option p pre section select summary table "
    b"tbody td textarea tfoot th thead title tr ul".split()
)
_PREFORMATTED: Final = frozenset(b"pre textarea".split())
_NO_WORDS: Final = frozenset(b"template svg math object".split())
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_SINGLE_FILE: Final = re.compile(rb"<!--\s*Page saved with SingleFile\s+url:\s*(\S+)\s+saved date:\s*([^\n]{1,120}?)\s*(?:\n|-->)")
_SAVED_FROM: Final = re.compile(rb"<!-- saved from url=\(\d+\)(\S+) -->")
_META: Final = frozenset({"description", "og:title", "og:description", "og:site_name", "author", "keywords", "twitter:title",
                          "twitter:description"})
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*(windows-125[0-8]|iso-8859-1|latin1)", re.IGNORECASE)
FRAMES_DEEP: Final = 3
"""Frames inside frames that are read: saved pages have one or two."""

COLUMNS: Final = ("text", "text_repair")


@dataclass
class Block:
    """Words between two breaks. start, end: bytes of the page. pieces: (raw bytes, preformatted)."""

    start: int = -1
    end: int = -1
    pieces: list[tuple[bytes, bool]] = field(default_factory=list)
    links: list[tuple[str, int, int]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    source: str | None = None
    inner: list[Block] = field(default_factory=list)

    def reach(self, start: int, end: int) -> None:
        """Take in these bytes."""
        self.start = start if self.start < 0 else self.start
        self.end = end


@dataclass
class Page:
    """What a page says. address: where it was saved from; saved: when, as written."""

    blocks: list[Block] = field(default_factory=list)
    title: str | None = None
    address: str | None = None
    saved: str | None = None
    canonical: str | None = None
    cut: bool = False
    encoding: str = "utf-8"


@dataclass
class _Walk:
    """Goes through a page's tokens."""

    data: bytes
    page: Page
    depth: int = 0
    block: Block = field(default_factory=Block)
    anchors: list[tuple[str, int]] = field(default_factory=list)
    preformatted: int = 0
    silent: int = 0
    inside: bytes = b""

    def run(self) -> None:
        """All tokens; a tag that is cut in two at the end is none of the words."""
        last = self.data.rfind(b"<")
        behind = self.data[last + 1 :]
        if last >= 0 and b">" not in behind and (not behind or behind[:1].isalpha() or behind[:1] in b"/!"):
            self.page.cut = True
            self.data = self.data[:last]
        for kind, start, end, name, raw in hs.tokens(self.data):
            if kind == hs.TEXT:
                self._text(start, end)
            elif kind == hs.START:
                self._open(name, raw, start, end)
            elif kind == hs.END:
                self._close(name)
        self._break()

    def _text(self, start: int, end: int) -> None:
        if self.inside in hs.RAW or self.silent:
            return
        raw = self.data[start:end]
        stripped = raw.strip()
        if stripped:
            at = start + len(raw) - len(raw.lstrip())
            self.block.reach(at, at + len(stripped))
        self.block.pieces.append((raw, self.preformatted > 0))

    def _open(self, name: bytes, raw: bytes, start: int, end: int) -> None:
        self.inside = name if name in hs.RAW else b""
        closed = raw.endswith(b"/") or name in hs.VOID
        if name in BREAKING:
            self._break()
            self.block.source = "title" if name == b"title" else None
        self.preformatted += name in _PREFORMATTED and not closed
        self.silent += name in _NO_WORDS and not closed
        if self.silent:
            return
        if name == b"br":
            self.block.pieces.append((b"\n", True))
        elif name == b"a":
            self._end_anchor()
            self.anchors.append((hs.attributes(raw).get("href", ""), len(self.block.pieces)))
            if self.anchors[-1][0]:
                self.block.reach(start, end)
        elif name == b"img":
            self._picture(hs.attributes(raw), start, end)
        elif name == b"meta":
            self._meta(hs.attributes(raw), start, end)
        elif name == b"link":
            values = hs.attributes(raw)
            if values.get("rel", "").lower() == "canonical":
                self.page.canonical = self.page.canonical or values.get("href") or None
        elif name == b"iframe":
            self._frame(hs.attributes(raw), start, end)

    def _close(self, name: bytes) -> None:
        self.inside = b""
        if name in _PREFORMATTED:
            self.preformatted = max(0, self.preformatted - 1)
        if name in _NO_WORDS:
            self.silent = max(0, self.silent - 1)
        if name == b"a":
            self._end_anchor()
        if name in BREAKING:
            self._break()

    def _end_anchor(self) -> None:
        if self.anchors:
            href, since = self.anchors.pop()
            if href:
                self.block.links.append((href, since, len(self.block.pieces)))

    def _break(self) -> None:
        """A line breaks: the block ends. A link over several blocks belongs to the first."""
        self._end_anchor()
        block = self.block
        if block.start >= 0:
            self.page.blocks.append(block)
            if block.source == "title" and self.page.title is None:
                self.page.title = text_of(block, self.page.encoding)[0]
        self.block = Block()

    def _picture(self, values: dict[str, str], start: int, end: int) -> None:
        source = values.get("src") or values.get("data-src") or ""
        self.block.pictures.append(("" if source.startswith("data:") else source, values.get("alt", "").strip()))
        self.block.reach(start, end)

    def _meta(self, values: dict[str, str], start: int, end: int) -> None:
        name = (values.get("name") or values.get("property") or "").lower()
        content = values.get("content", "").strip()
        if name == "og:url" and self.page.canonical is None:
            self.page.canonical = content or None
        if name in _META and content:
            self._break()
            self.page.blocks.append(Block(start, end, source=f"meta.{name}", pieces=[(_reference(content), True)]))

    def _frame(self, values: dict[str, str], start: int, end: int) -> None:
        inner = values.get("srcdoc", "")
        if not inner or self.depth >= FRAMES_DEEP:
            return
        frame = Page()
        _Walk(inner.encode("utf-8", "surrogatepass"), frame, self.depth + 1).run()
        self.page.blocks.append(Block(start, end, source="frame", inner=frame.blocks))


def _reference(text: str) -> bytes:
    return text.replace("&", "&amp;").encode("utf-8", "surrogatepass")


def _decode(raw: bytes, encoding: str) -> str:
    if encoding != "utf-8" and not raw.isascii():
        try:
            return hs.decode(raw.decode(encoding).encode())
        except (ValueError, LookupError):  # no such encoding, or one that makes half a character
            pass
    return hs.decode(raw)


def _shown(pieces: list[tuple[bytes, bool]], encoding: str) -> tuple[str, bool]:
    """What a browser shows of pieces, and whether white space was changed inside."""
    raw = "".join(_decode(piece, encoding) for piece, _ in pieces)
    out = ""
    for piece, preformatted in pieces:
        text = _decode(piece, encoding)
        if not preformatted:
            text = _SPACE.sub(" ", text)
            text = text.removeprefix(" ") if out.endswith((" ", "\n")) or not out else text
        elif text == "\n":
            out = out.removesuffix(" ")
        out += text
    out = out.strip(" \t\r\n\f")
    return out, out != raw.strip(" \t\r\n\f")


def text_of(block: Block, encoding: str) -> tuple[str | None, str | None]:
    """A block's text and its text_repair."""
    text, changed = _shown(block.pieces, encoding)
    if not text:
        return None, None
    raw = b"".join(piece for piece, _ in block.pieces)
    how = [h for h in ("html_space" if changed else None, hs.repair_of(raw, text) if encoding == "utf-8" else None) if h]
    return text, "+".join(how) or None


def page(data: bytes) -> Page:
    """The page of `data`."""
    found = Page()
    charset = _CHARSET.search(data, 0, 4096)
    if charset is not None:
        name = charset[1].decode().lower()
        found.encoding = "cp1252" if name in ("iso-8859-1", "latin1") else name.replace("windows-", "cp")
    _Walk(data, found).run()
    saved = _SINGLE_FILE.search(data, 0, 1 << 20)
    if saved is not None:
        found.address, found.saved = hs.decode(saved[1]), hs.decode(saved[2])
    elif (source := _SAVED_FROM.search(data, 0, 1 << 16)) is not None:
        found.address = hs.decode(source[1])
    found.address = found.address or found.canonical
    return found


def _fields(block: Block, text: str, encoding: str) -> list[tuple[str, str]]:
    """What a block's words do not show: targets of links, other texts of pictures."""
    found = []
    for href, since, until in block.links:
        words = _shown(block.pieces[since:until], encoding)[0]
        if href != words and href not in text and not href.startswith(("#", "javascript:", "data:")):
            found.append(("href", href))
    found += [("alt", alt) for _, alt in block.pictures if alt and alt not in text]
    return list(dict.fromkeys(found))


def add(table: hs.Table, page_: Page, place: Callable[[int, int], tuple[int, int]], flags: list[str]) -> None:
    """Rows of a page's blocks. place: bytes of the page -> bytes of the part."""
    for block in page_.blocks:
        start, end = place(block.start, block.end)
        if block.source == "frame":
            i = table.add(start, end, "text")
            table.flags[i] = [*flags, "frame"]
            for inner in block.inner:
                _hang(table, i, inner, page_.encoding, [*flags, "frame"])
            continue
        text, how = text_of(block, page_.encoding)
        fields = _fields(block, text or "", page_.encoding)
        own = [*flags, f"text_from:{block.source}"] if block.source and text else list(flags)
        if text is None and fields:
            name, text = fields.pop(0)
            own.append(f"text_from:{name}")
        kind = "media" if block.pictures and not any(p.strip() for p, _ in block.pieces) else "text"
        i = table.add(start, end, kind, text=text, text_repair=how)
        if own:
            table.flags[i] = own
        if block.pictures:
            table.attachments[i] = [_picture(source) for source, _ in block.pictures]
        for name, words in fields:
            table.child(i, {"kind": kind, "text": words, "flags": [*flags, f"field:{name}"]})


def add_as_one(table: hs.Table, page_: Page, start: int, end: int) -> None:
    """One row for a page whose words have no bytes of their own in the part; its blocks are child rows."""
    i = table.add(start, end, "text", text=page_.title)
    table.flags[i] = ["text_from:title"] if page_.title else ["page"]
    for block in page_.blocks:
        if block.source != "title":
            _hang(table, i, block, page_.encoding, [])


def _hang(table: hs.Table, i: int, block: Block, encoding: str, flags: list[str]) -> None:
    text, how = text_of(block, encoding)
    if text is not None:
        own = [*flags, f"text_from:{block.source}"] if block.source else flags
        row: dict[str, Any] = {"kind": "text", "text": text, "text_repair": how, "flags": own or None}
        table.child(i, row)
    for name, words in _fields(block, text or "", encoding):
        table.child(i, {"kind": "text", "text": words, "flags": [*flags, f"field:{name}"]})
    for inner in block.inner:
        _hang(table, i, inner, encoding, flags)


def _picture(source: str) -> dict[str, Any]:
    return js.attachment(source or None, "image", None, None, "omitted" if source else "refused")


def saved_at(text: str | None, zone: str | None) -> tuple[Any, str]:
    """sent_at (an instant or None) and its basis of a moment of saving."""
    moment = hd.NOTHING if text is None else hd.written(text)
    sent, bases = hd.columns([moment.local_s], [moment.offset_s], zone)
    return sent[0].as_py(), bases[0]
