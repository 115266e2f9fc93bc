"""What a document is made of before it is HTML or PDF: sections of blocks, blocks of runs of plain text.

Text from exports and words from the catalog are both only ever *runs*: neither renderer parses a run, so that nothing a
message says can become markup (HTML escapes it, typst receives it as JSON data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text. kind: "" plain, "b" strong, "mark" highlighted, "ctl" stand-in for an invisible character,
    "cut" words of ours inside a quotation, "mono" digest or id ("halves": in a narrow column), "cite" citation,
    "said" text from an export, "small" set back, "sug" and "conf" the state of a mark (told apart by frame and word),
    "long" a value without spaces (strong; breaks anywhere), "line" as "" on a line of its own.

    target: for "cite" the anchor inside the document, None where the cited message is not printed in it; ref: its id.
    """

    text: str
    kind: str = ""
    target: str | None = None
    ref: str | None = None


Runs = Sequence[Run]


def words(text: str, kind: str = "") -> list[Run]:
    """One run."""
    return [Run(text, kind)]


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph. tone: "" or "note" (smaller, set apart)."""

    runs: Runs
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; numbered where the order matters, from `start`, so that a list goes on after a heading."""

    items: Sequence[Runs]
    numbered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section. level: 3 or 4."""

    runs: Runs
    level: int = 3
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row. widths: shares of the page's width, one a column (PDF only)."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Runs]]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Card:
    """A framed block that must be seen first."""

    title: str
    blocks: Sequence[Para | Bullets | Table]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing. svg: for HTML; svg_print: the same with the PDF's fonts."""

    caption: str
    svg: str
    svg_print: str


@dataclass(frozen=True, slots=True)
class Note:
    """One mark below its message. tone: suggested, confirmed."""

    runs: Runs
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a window. when: lines of its time; marked: it carries a mark that is printed below it."""

    anchor: str
    cite: str
    message_id: str
    when: Sequence[str]
    sender: Runs
    body: Runs
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True)
class Window:
    """Messages of one thread in sending order around marked ones. filters: phases (or "other") of its marks."""

    anchor: str
    title: Runs
    filters: Sequence[str]
    lines: Sequence[Line]


Block = Para | Bullets | Heading | Table | Card | Figure | Window


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter. anchor: its id, the same in both languages. search: the filter form stands above its blocks."""

    anchor: str
    title: str
    blocks: Sequence[Block]
    search: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a renderer needs. labels: words of the frame (skip link, contents, filter form …) by name."""

    title: str
    lang: str
    subtitle: str
    made_at_us: int
    footer: str
    sections: Sequence[Section]
    labels: dict[str, str] = field(default_factory=dict)
    filters: Sequence[tuple[str, str]] = ()
