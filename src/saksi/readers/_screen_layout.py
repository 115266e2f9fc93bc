"""From the lines of one screenshot to what a person sees on it: header, day labels, bubbles with side, name and clock. Pure.

    screen_of(transcript) -> Screen

Rules, in order (lengths in dp: the picture's width is 360 of them):
1. *Signs*: one or two capitals on a disc of a colour that no bubble has (portraits), what stands right of a clock (ticks), stray
   specks read with little confidence, rows cut through at the end of what scrolls. They are no text; they stay in the transcript.
2. *Header*: lines at the top on one ground that reaches both sides and, under one of them, the top edge. The
   largest is the title. *Field to type in*: at
   the bottom, by its words.
3. *Bubble*: lines on one ground that is not the page's and hangs together. A bubble inside a bubble is a
   quotation. Rows of one bubble are
   joined with a line feed, pieces of one row with a space.
4. *Label*: a lone row in the middle: a day, a time, a notice of the app.
5. *Clock*: at the end of a bubble, smaller or in another ink than the words. It is taken out of the text.
6. *Name*: first row of a bubble in another ink than the rest, or a small line right above a bubble.
7. *Side*: the margin that is smaller. Where both are alike, as most bubbles of that colour.
8. Everything else is a line of the screen, kept as that.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import msgspec

from saksi.ocr import Line, Transcript
from saksi.readers._screen_words import fold, words

CLOCK: Final = re.compile(r"^\W{0,2}([01]?\d|2[0-4])[.:·,]\s?([0-5]\d)(\s?[AaPp]\.?\s?[Mm]\.?)?(?P<rest>.{0,4})$")
"""A clock, and up to four characters that its ticks were read as."""

SAME_GROUND: Final = 18.0
"""Distance of colours up to which two grounds are one (the process that reads uses 15 a pixel)."""

HEADER_DP: Final = 92
"""A header with status bar ends above this height on every phone looked at (80 to 90)."""

OTHER_INK: Final = 60.0
"""Distance from which two inks differ: names are coloured, clocks pale."""

SIGN_COLOUR: Final = 80
"""Spread of red, green and blue from which ink is a colour: letters of messages are black, white or grey."""

SIGN_CONFIDENCE: Final = 0.6
"""One or two letters read with less are taken for a speck: real short words are read with 0.9 and more."""


CUT_HEIGHT: Final = 0.7
CUT_ROOM_DP: Final = 3.0
"""A row that is lower than others and stands at the very end of its bubble is cut through: whole rows have 5 dp and more."""


@dataclass(frozen=True)
class Row:
    """Pieces of text on one height, from left to right."""

    pieces: tuple[Line, ...]

    @property
    def text(self) -> str:
        return " ".join(p.text for p in self.pieces)

    @property
    def top(self) -> int:
        return min(p.box[1] for p in self.pieces)

    @property
    def bottom(self) -> int:
        return max(p.box[1] + p.box[3] for p in self.pieces)

    @property
    def confidence(self) -> float:
        return min(p.confidence for p in self.pieces)


@dataclass
class Item:
    """What stands on a screen. kind: bubble, label, quote, screen. own: True right, False left, None not known.

    clock: as written, None where there is none. region: left, top, right, bottom. signs: emoji that were not read.
    """

    kind: str
    rows: list[Row]
    region: tuple[int, int, int, int]
    own: bool | None = None
    name: Row | None = None
    clock: str | None = None
    marks: list[str] = field(default_factory=list)
    signs: int = 0
    quotes: list[Item] = field(default_factory=list)
    ground: tuple[int, int, int] = (0, 0, 0)

    @property
    def text(self) -> str | None:
        return "\n".join(row.text for row in self.rows) if self.rows else None

    @property
    def confidence(self) -> float | None:
        return min((row.confidence for row in self.rows), default=None)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height of the rows; of the region where there are none."""
        pieces = [p for row in self.rows for p in row.pieces]
        if not pieces:
            left, top, right, bottom = self.region
            return left, top, right - left, bottom - top
        x, y = min(p.box[0] for p in pieces), min(p.box[1] for p in pieces)
        return x, y, max(p.box[0] + p.box[2] for p in pieces) - x, max(p.box[1] + p.box[3] for p in pieces) - y


@dataclass
class Screen:
    """One screenshot. title: the chat's name as the header shows it. top: where the header ends, None where that cannot be seen.

    items: in reading order, lines of the screen among them.
    """

    width: int
    height: int
    title: str | None
    top: int | None
    items: list[Item]

    @property
    def dp(self) -> float:
        return self.width / 360


def apart(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Distance of two colours."""
    return math.dist(a, b)


def rows_of(lines: list[Line]) -> list[Row]:
    """Lines grouped by height, from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda p: (p.box[1] + p.box[3] / 2, p.box[0])):
        middle = line.box[1] + line.box[3] / 2
        last = rows[-1] if rows else None
        if last is not None:
            low = min(p.box[1] for p in last)
            high = max(p.box[1] + p.box[3] for p in last)
            shared = min(high, line.box[1] + line.box[3]) - max(low, line.box[1])
            if low <= middle <= high or shared > 0.5 * min(high - low, line.box[3]):
                last.append(line)
                continue
        rows.append([line])
    return [Row(tuple(sorted(r, key=lambda p: p.box[0]))) for r in rows]


def screen_of(t: Transcript) -> Screen:
    """See the module's text."""
    dp = t.width / 360
    lines, _ = _without_signs([line for line in t.lines if line.text], t.page, dp)
    head, below = _header(lines, t, dp)
    rest = [_below(line, below) for line in lines if line not in head]
    low = rows_of([line for line in rest if line.box[1] > t.height - 84 * dp])
    foot = [p for row in low if fold(row.text) in words().folded["typing"] for p in row.pieces]
    rest = [line for line in rest if line not in foot]
    in_bubbles = [line for line in rest if apart(line.ground, t.page) > SAME_GROUND]
    loose = [line for line in rest if apart(line.ground, t.page) <= SAME_GROUND]
    bubbles = _bubbles(in_bubbles, t, dp)
    _take_glued_clocks(bubbles)
    _settle_sides(bubbles, t.width)
    _take_what_is_cut(bubbles, dp)
    screen = [Item("screen", [row], _row_region(row)) for row in rows_of(head) + rows_of(foot)]
    middle = sorted(bubbles + _loose(loose, bubbles, t, dp), key=lambda i: (i.region[1], i.region[0]))
    return Screen(t.width, t.height, _title(head, dp), below, screen[: len(rows_of(head))] + middle + screen[len(rows_of(head)) :])


def _row_region(row: Row) -> tuple[int, int, int, int]:
    return min(p.box[0] for p in row.pieces), row.top, max(p.box[0] + p.box[2] for p in row.pieces), row.bottom


def _without_signs(lines: list[Line], page: tuple[int, int, int], dp: float) -> tuple[list[Line], list[Line]]:
    """Lines that are text, and those that are not (rule 1)."""
    clocks = [line for line in lines if CLOCK.match(line.text)]
    worded = [line.ground for line in lines if len(line.text) > 2 and apart(line.ground, page) > SAME_GROUND]
    kept: list[Line] = []
    signs: list[Line] = []
    for line in lines:
        x, y, w, h = line.box
        left, top, right, bottom = line.region
        across, down = right - left, bottom - top
        initials = len(line.text) == 1 or (len(line.text) == 2 and line.text.isupper())  # "ok" is a message
        initials = initials and all(apart(line.ground, ground) > SAME_GROUND for ground in worded)
        disc = initials and max(across, down) < 60 * dp and across < 2.2 * down
        disc = disc and (min(across, down) < 1.6 * max(w, h) or apart(line.ink, line.ground) < 40 or across <= 44 * dp)
        tick = len(line.text) <= 3 and any(
            0 <= x - (c.box[0] + c.box[2]) < 14 * dp and abs(y + h / 2 - c.box[1] - c.box[3] / 2) < 6 * dp for c in clocks
        )
        face = len(line.text) <= 2 and max(line.ink) - min(line.ink) > SIGN_COLOUR and 0.6 < w / h < 1.6 and h > 9 * dp
        speck = len(line.text) <= 2 and line.confidence < SIGN_CONFIDENCE
        (signs if ((disc or face) and not line.text.isdigit()) or tick or speck else kept).append(line)
    return kept, signs


def _header(lines: list[Line], t: Transcript, dp: float) -> tuple[list[Line], int | None]:
    """The lines of the header, and where it ends: None where its ground is the page's."""
    wide = [p for p in lines if p.region[2] >= 0.93 * t.width and p.region[0] <= 0.36 * t.width]
    near = [p for p in wide if p.box[1] + p.box[3] / 2 < HEADER_DP * dp]
    bar = next((p for p in near if p.region[1] <= 2), None)
    if bar is None:
        return [], None
    ends = None
    if apart(bar.ground, t.page) > 8:
        # a bubble of the header's colour runs into it: the first end below the header's own lines is the header's
        lowest = max(p.box[1] + p.box[3] for p in near)
        found = [p.region[3] for p in near if p.region[1] <= 2 and lowest < p.region[3] < (HEADER_DP + 40) * dp]
        ends = min(found, default=None)
    same = [p for p in near if apart(p.ground, bar.ground) <= SAME_GROUND and not _is_day_label(p, t.width)]
    return [p for p in same if ends is None or p.box[1] + p.box[3] / 2 < ends], ends


def _is_day_label(line: Line, width: int) -> bool:
    return _centred(line.box[0], line.box[0] + line.box[2], width) and is_day(line.text)


def _below(line: Line, top: int | None) -> Line:
    """The line with its region cut at the end of the header: a bubble of the header's colour runs into it."""
    if top is None or line.region[1] >= top:
        return line
    left, _, right, bottom = line.region
    return msgspec.structs.replace(line, region=(left, min(top, line.box[1]), right, max(bottom, line.box[1] + line.box[3])))


def _title(head: list[Line], dp: float) -> str | None:
    """The largest row of the header below the status bar."""
    rows = [r for r in rows_of(head) if len(fold(r.text)) > 1 and r.bottom > 30 * dp]
    if not rows:
        return None
    tallest = max(rows, key=lambda r: (round(max(p.box[3] for p in r.pieces) / max(1.0, 2 * dp)), -r.top))
    return " ".join(p.text for p in tallest.pieces if len(fold(p.text)) > 1) or None


def _centred(left: int, right: int, width: int) -> bool:
    return abs(left - (width - right)) <= 0.035 * width and left > 0.08 * width


def is_day(text: str) -> bool:
    """Whether a label names a day or a time."""
    folded = fold(re.sub(r"\d{1,2}[.:]\d{2}(\s?[AaPp][Mm])?", "", text))
    if not folded or folded in words().folded["relative"]:
        return True
    return bool(re.search(r"\d", text)) and len(folded) <= 24


# -- bubbles -----------------------------------------------------------------------------------------------------------


def _bubbles(lines: list[Line], t: Transcript, dp: float) -> list[Item]:
    """Lines on grounds that hang together, as bubbles and labels, quotations inside them."""
    groups: list[tuple[tuple[int, int, int, int], list[Line]]] = []
    for line in sorted(lines, key=lambda p: (-_area(p.region), p.box[1], p.box[0])):
        for region, members in groups:
            x, y = line.box[0] + line.box[2] / 2, line.box[1] + line.box[3] / 2
            if region[0] <= x <= region[2] and region[1] <= y <= region[3] and apart(members[0].ground, line.ground) <= SAME_GROUND:
                members.append(line)
                break
        else:
            groups.append((line.region, [line]))
    heights = sorted(p.box[3] for p in lines)
    usual = heights[len(heights) // 2] if heights else 0
    items = [_item(region, part, t, usual) for region, members in groups for part in _split_at_clocks(members, dp)]
    items.sort(key=lambda i: -_area(i.region))
    outer: list[Item] = []
    for item in items:
        around = next((o for o in outer if _inside(item.region, o.region) and o.kind == "bubble"), None)
        if around is None:
            outer.append(item)
        else:
            item.kind = "quote"
            around.quotes.append(item)
    return outer


def _area(region: tuple[int, int, int, int]) -> int:
    return (region[2] - region[0]) * (region[3] - region[1])


def _inside(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return b[0] <= a[0] + 2 and a[2] - 2 <= b[2] and b[1] <= a[1] + 2 and a[3] - 2 <= b[3]


def _is_clock(piece: Line, others: list[Line]) -> bool:
    """Whether a piece is the clock of its bubble: by its form, and by size or ink against the words."""
    if not CLOCK.match(_unmarked(piece.text)[0]):
        return False
    if not others:
        return False
    height = sorted(o.box[3] for o in others)[len(others) // 2]
    return piece.box[3] < 0.85 * height or min(apart(piece.ink, o.ink) for o in others) > OTHER_INK * 0.6


def _unmarked(text: str) -> tuple[str, list[str]]:
    """A clock without words such as "diedit" in front, and those words' names."""
    head, _, tail = text.partition(" ")
    return (tail, ["edited"]) if tail and fold(head) in words().folded["edited"] else (text, [])


def _split_at_clocks(members: list[Line], dp: float) -> list[list[Line]]:
    """A bubble has one clock, at its end: what stands below a clock is another bubble that touches this one."""
    rows = rows_of(members)
    parts: list[list[Line]] = [[]]
    for i, row in enumerate(rows):
        parts[-1] += row.pieces
        later = rows[i + 1 :]
        others = [p for p in members if p is not row.pieces[-1]]
        if later and _is_clock(row.pieces[-1], others) and later[0].top - row.bottom > 4 * dp:
            parts.append([])
    return [p for p in parts if p]


def _item(region: tuple[int, int, int, int], lines: list[Line], t: Transcript, usual: int) -> Item:
    rows = rows_of(lines)
    top, bottom = rows[0].top, rows[-1].bottom
    region = (region[0], min(region[1], top), region[2], max(region[3], bottom))
    item = Item("bubble", rows, region, ground=lines[0].ground, signs=sum(p.signs for p in lines))
    lone_row = len(rows) <= 2 and _centred(region[0], region[2], t.width)
    if lone_row and all(_centred(*_row_region(r)[::2], t.width) for r in rows):
        item.kind = "label"
        return item
    _take_clock(item, usual)
    _take_name(item)
    _take_marks(item)
    return item


def _take_clock(item: Item, usual: int) -> None:
    """usual: height of most lines in bubbles of this screen, for a clock that stands alone (its bubble is cut off, or emoji only)."""
    last = item.rows[-1]
    piece = last.pieces[-1]
    others = [p for row in item.rows for p in row.pieces if p is not piece]
    if not _is_clock(piece, others):
        alone = not others and (item.signs or piece.box[3] < 0.85 * usual)
        if not (alone and CLOCK.match(piece.text)):
            return
    text, marks = _unmarked(piece.text)
    found = CLOCK.match(text)
    assert found is not None
    item.clock = text[: found.start("rest")].strip() if found["rest"] else text.strip()
    item.clock = item.clock.strip("✓✔ ")
    item.marks += marks
    left = Row(last.pieces[:-1]) if len(last.pieces) > 1 else None
    item.rows = item.rows[:-1] + ([left] if left else [])


GLUED: Final = re.compile(r"^(?P<words>.*\S)\s(?P<clock>([01]?\d|2[0-4])[.:][0-5]\d(\s?[AaPp][Mm])?)(\W|\s?\S{1,2})?$")


def _take_glued_clocks(bubbles: list[Item]) -> None:
    """Clocks that stand so close to the last word that the line was not cut there; only where most bubbles have a clock."""
    mine = [b for b in bubbles if b.kind == "bubble"]
    if 2 * sum(b.clock is not None for b in mine) <= len(mine):
        return
    for item in mine:
        if item.clock is None and item.rows and (found := GLUED.match(item.rows[-1].pieces[-1].text)):
            last = item.rows[-1].pieces[-1]
            words = msgspec.structs.replace(last, text=found["words"])
            item.rows = [*item.rows[:-1], Row((*item.rows[-1].pieces[:-1], words))]
            item.clock = found["clock"]


def _take_name(item: Item) -> None:
    """The sender's name: the first row, in one ink that no other row has."""
    if len(item.rows) < 2 or len(item.rows[0].text) > 40:
        return
    first = item.rows[0].pieces[0]
    words = [p for row in (item.rows[1:-1] or item.rows[1:]) for p in row.pieces]  # a last row may be half a clock
    if min(apart(first.ink, o.ink) for o in words) > OTHER_INK and max(apart(o.ink, words[0].ink) for o in words) < OTHER_INK:
        item.name = item.rows[0]
        item.rows = item.rows[1:]


def _take_marks(item: Item) -> None:
    """"Forwarded" above the words; a bubble that only says a message was deleted."""
    if len(item.rows) > 1 and fold(item.rows[0].text) in words().folded["forwarded"]:
        item.marks.append("forwarded")
        item.rows = item.rows[1:]
    if item.rows and fold(item.text or "") in words().folded["deleted"]:
        item.marks.append("deleted")


def _settle_sides(bubbles: list[Item], width: int) -> None:
    votes: dict[tuple[int, int, int], float] = defaultdict(float)

    def colour(item: Item) -> tuple[int, int, int]:
        r, g, b = (v // 24 for v in item.ground)
        return (r, g, b)

    for item in bubbles:
        if item.kind == "bubble":
            votes[colour(item)] += (item.region[0] - (width - item.region[2])) / width
    for item in bubbles:
        if item.kind != "bubble":
            continue
        lean = (item.region[0] - (width - item.region[2])) / width
        if abs(lean) < 0.04:
            lean = votes[colour(item)]
        item.own = None if abs(lean) < 0.01 else lean > 0
        if item.own:
            _name_back(item)
        for quote in item.quotes:
            quote.own = item.own


def _take_what_is_cut(bubbles: list[Item], dp: float) -> None:
    """The bubbles at the upper and lower end: rows that are cut through are no text, and a name alone is no message.

    What is cut through stays in the transcript, as every sign does.
    """
    whole = sorted((b for b in bubbles if b.kind == "bubble" and b.rows), key=lambda b: b.region[1])
    heights = sorted(p.box[3] for b in whole for row in b.rows for p in row.pieces)
    if len(whole) < 3:
        return
    usual = heights[len(heights) // 2]
    for item, edge in ((whole[0], 0), (whole[-1], -1)):
        row = item.rows[edge]
        room = row.top - item.region[1] if edge == 0 else item.region[3] - row.bottom
        if row.bottom - row.top < CUT_HEIGHT * usual and room < CUT_ROOM_DP * dp:
            item.rows.remove(row)
    item = whole[-1]
    alike = [b for b in whole[:-1] if b.own is item.own and apart(b.ground, item.ground) <= SAME_GROUND]
    inks = [p.ink for b in alike for row in b.rows[-1:] for p in row.pieces]
    if len(item.rows) == 1 and item.own is False and item.clock is None and item.name is None and inks:
        piece = item.rows[0].pieces[0]
        coloured = max(piece.ink) - min(piece.ink) > SIGN_COLOUR
        if coloured and min(apart(piece.ink, ink) for ink in inks) > OTHER_INK:
            item.name, item.rows = item.rows[0], []


def _name_back(item: Item) -> None:
    """A bubble of the phone's owner carries no name: a coloured first row is text there."""
    if item.name is not None:
        item.rows = [item.name, *item.rows]
        item.name = None


# -- everything that is not in a bubble --------------------------------------------------------------------------------


def _loose(lines: list[Line], bubbles: list[Item], t: Transcript, dp: float) -> list[Item]:
    """Labels, names above bubbles, and lines of the screen."""
    items: list[Item] = []
    for row in rows_of(lines):
        left, top, right, bottom = _row_region(row)
        if _centred(left, right, t.width):
            items.append(Item("label", [row], (left, top, right, bottom)))
            continue
        below = [
            b for b in bubbles
            if b.kind == "bubble" and b.name is None and not b.own and 0 <= b.region[1] - bottom < 10 * dp
            and abs(b.region[0] - left) < 44 * dp
        ]  # fmt: skip
        if below and len(row.text) <= 40 and row.pieces[0].box[3] < 22 * dp:
            below[0].name = row
        else:
            items.append(Item("screen", [row], (left, top, right, bottom)))
    return items
