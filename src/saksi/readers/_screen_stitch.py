"""Screenshots of one scroll put together: which picture comes after which, and which bubbles are the same message. Pure.

    stitched(screens) -> list of strips; a strip is pictures in scrolling order, each with its place on one long page

1. Lines of two pictures that read alike and stand on the same side vote for how far the one is scrolled against the other; a clock in
   the same row counts too. The scroll with most votes holds where enough letters agree and few lines on the shared piece disagree.
2. Pictures hang together by the strongest such pairs; every picture of a strip gets its place on the long page.
3. Bubbles of a strip that lie on one place are one message. The first whole one is the message, the others its duplicates.

File names play no part inside a strip. Strips among each other are ordered by the reader (dates, then names).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from saksi.readers._screen_layout import Item, Screen
from saksi.readers._screen_words import fold

NEAR_DP: Final = 6.0
"""How far two votes may lie apart and still mean one scroll, in dp: a line's box moves by a pixel or two."""

LETTERS_MIN: Final = 12
"""Letters in lines that agree, from which two pictures belong together: "oke" alone is on every page."""

AGREE_MIN: Final = 0.6
"""Share of the lines on the shared piece that must agree."""

FIT_MIN: Final = 0.5
SHARED_DP: Final = 60.0
"""Two pictures that come to share so much of the long page must agree in at least that share of its lines."""

PLACES_MAX: Final = 200
"""A line that stands in more places than this says nothing, and would cost time."""

ALIKE: Final = 0.8
"""Likeness (difflib ratio) from which two readings are of one line."""

EDGE_DP: Final = 6.0
"""How near to the edge of what scrolls a bubble counts as cut off."""

SAME_PLACE: Final = 0.5
"""Share of the smaller bubble's height that two bubbles on one place share."""


@dataclass(frozen=True)
class Mark:
    """A line of a picture as it votes. y in dp. clock: of its bubble, None where it shows none. edge: may be cut off."""

    text: str
    side: bool | None
    y: float
    clock: str | None
    edge: bool = False

    def denies(self, other: Mark) -> bool:
        """Whether the two cannot be one line: their bubbles carry different clocks."""
        return self.clock is not None and other.clock is not None and self.clock != other.clock


@dataclass
class Placed:
    """A picture on its strip. at: how far its top is scrolled, in dp; number: index in what was given."""

    number: int
    at: float


def marks_of(screen: Screen) -> list[Mark]:
    """Lines of bubbles and labels (with what they read), clocks joined to them."""
    marks = []
    scrolling = [item for item in screen.items if item.kind in ("bubble", "label")]
    for n, item in enumerate(scrolling):
        for row in item.rows:
            text = fold(row.text)
            if text:
                edge = n in (0, len(scrolling) - 1)
                marks.append(Mark(text, item.own, row.bottom / screen.dp, item.clock and fold(item.clock), edge))
    return marks


def _votes(marks: Sequence[list[Mark]]) -> dict[tuple[int, int], list[tuple[float, int]]]:
    """For pairs of pictures (a, b): (scroll of b against a in dp, letters) of every line that reads the same."""
    where: dict[tuple[str, bool | None], list[tuple[int, Mark]]] = defaultdict(list)
    for number, own in enumerate(marks):
        for mark in own:
            where[mark.text, mark.side].append((number, mark))
    votes: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    for (text, _), places in where.items():
        if len(places) > PLACES_MAX:
            continue
        for i, (a, mark) in enumerate(places):
            for b, other in places[i + 1 :]:
                if a != b and not mark.denies(other):
                    votes[a, b].append((mark.y - other.y, len(text)))
    return votes


def _best_scroll(votes: list[tuple[float, int]]) -> tuple[float, int]:
    """The scroll most letters agree on, and how many."""
    ordered = sorted(votes)
    best, most = 0.0, 0
    start, weight = 0, 0
    for end, (scroll, letters) in enumerate(ordered):
        weight += letters
        while scroll - ordered[start][0] > NEAR_DP:
            weight -= ordered[start][1]
            start += 1
        if weight > most:
            most = weight
            best = sum(s * n for s, n in ordered[start : end + 1]) / max(1, weight)
    return best, most


def _alike(a: str, b: str) -> bool:
    return a == b or SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


def _agreement(a: list[Mark], b: list[Mark], scroll: float) -> tuple[int, float]:
    """Letters that agree under a scroll, and the share of lines on the shared piece that do."""
    moved = [replace(m, y=m.y + scroll) for m in b]
    whole = [[m.y for m in marks if not m.edge] for marks in (a, moved)]
    if not all(whole):
        return 0, 0.0
    # what is cut off at the edge of one picture stands whole in the other: it is no contradiction
    low, high = max(min(ys) for ys in whole) - NEAR_DP, min(max(ys) for ys in whole) + NEAR_DP
    letters = sum(len(m.text) for m in a if any(_one_line(m, o) for o in moved))
    share = 1.0
    for mine, theirs in ((a, moved), (moved, a)):
        shared = [m for m in mine if not m.edge and low <= m.y <= high]
        hits = sum(any(_one_line(m, o) for o in theirs) for m in shared)
        share = min(share, hits / len(shared)) if shared else share
    return letters, share


def _one_line(a: Mark, b: Mark) -> bool:
    return abs(a.y - b.y) <= NEAR_DP and not a.denies(b) and _alike(a.text, b.text)


def pairs_of(marks: Sequence[list[Mark]]) -> list[tuple[float, int, int, float]]:
    """(strength, a, b, scroll of b against a in dp) of pictures that share a piece, strongest first."""
    found = []
    for (a, b), votes in _votes(marks).items():
        scroll, weight = _best_scroll(votes)
        if weight < LETTERS_MIN // 2:
            continue
        letters, share = _agreement(marks[a], marks[b], scroll)
        if letters >= LETTERS_MIN and share >= AGREE_MIN:
            found.append((letters * share**4, a, b, scroll))
    return sorted(found, key=lambda p: (-p[0], p[1], p[2]))


def strips_of(screens: Sequence[Screen]) -> list[list[Placed]]:
    """Pictures that hang together, each strip in scrolling order; strips by their first picture as given."""
    marks = [marks_of(s) for s in screens]
    strip_of = {i: {i: 0.0} for i in range(len(screens))}  # picture -> its strip: picture -> place
    for _, a, b, scroll in pairs_of(marks):
        first, second = strip_of[a], strip_of[b]
        if first is second:
            continue
        shift = first[a] + scroll - second[b]
        if _fit(marks, first, second, shift):
            first.update({i: at + shift for i, at in second.items()})
            strip_of.update(dict.fromkeys(second, first))
    strips = {id(strip): strip for strip in strip_of.values()}.values()
    placed = [sorted((Placed(i, at) for i, at in strip.items()), key=lambda p: (round(p.at, 1), p.number)) for strip in strips]
    return sorted(placed, key=lambda strip: min(p.number for p in strip))


def _fit(marks: Sequence[list[Mark]], first: dict[int, float], second: dict[int, float], shift: float) -> bool:
    """Whether two strips may be put together: pictures that come to lie on each other must not contradict each other."""
    for a, at_a in first.items():
        for b, at_b in second.items():
            scroll = at_b + shift - at_a
            if not marks[a] or not marks[b]:
                continue
            shared = min(marks[a][-1].y, marks[b][-1].y + scroll) - max(marks[a][0].y, marks[b][0].y + scroll)
            if shared > SHARED_DP and _agreement(marks[a], marks[b], scroll)[1] < FIT_MIN:
                return False
    return True


@dataclass
class Seen:
    """An item on its strip. place: (top, bottom) on the long page in dp."""

    screen: int
    index: int
    item: Item
    top: float
    bottom: float
    original: Seen | None = None


def doubles(screens: Sequence[Screen], strip: Sequence[Placed]) -> list[Seen]:
    """Bubbles and labels of a strip in its order, those that are one message pointing to the one that is whole."""
    places: list[list[Seen]] = []
    everything: list[Seen] = []
    for placed in strip:
        screen = screens[placed.number]
        for index, item in enumerate(screen.items):
            if item.kind not in ("bubble", "label"):
                continue
            top, bottom = (item.region[1] / screen.dp + placed.at, item.region[3] / screen.dp + placed.at)
            if item.kind == "label":
                top, bottom = (item.box[1] / screen.dp + placed.at, (item.box[1] + item.box[3]) / screen.dp + placed.at)
            seen = Seen(placed.number, index, item, top, bottom)
            everything.append(seen)
            for place in reversed(places[-80:]):
                if all(s.screen != seen.screen for s in place) and any(_one_place(seen, s) for s in place):
                    place.append(seen)
                    break
            else:
                places.append([seen])
    highest, lowest = _edges(screens, everything)

    def is_cut(seen: Seen) -> bool:
        """Whether it touches the edge of what scrolls."""
        screen = screens[seen.screen]
        top = highest if screen.top is None else screen.top / screen.dp
        return seen.item.region[1] / screen.dp <= top + EDGE_DP or seen.item.region[3] / screen.dp >= lowest - EDGE_DP

    for place in places:
        best = next((s for s in place if not is_cut(s)), None)
        if best is None:  # cut off everywhere: the one that shows most, the first of those alike
            longest = max(len(fold(s.item.text or "")) for s in place)
            best = next(s for s in place if len(fold(s.item.text or "")) >= longest - 2)
        for seen in place:
            seen.original = None if seen is best else best
    return everything


def _edges(screens: Sequence[Screen], everything: Sequence[Seen]) -> tuple[float, float]:
    """Where the first and the last bubble of any of the pictures end, in dp: what scrolls reaches to there at least."""
    bubbles = [s for s in everything if s.item.kind == "bubble"]
    highest = min((s.item.region[1] / screens[s.screen].dp for s in bubbles), default=0.0)
    return highest, max((s.item.region[3] / screens[s.screen].dp for s in bubbles), default=math.inf)


def _one_place(a: Seen, b: Seen) -> bool:
    if a.item.kind != b.item.kind or (a.item.own is not None and b.item.own is not None and a.item.own != b.item.own):
        return False
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared > SAME_PLACE * min(a.bottom - a.top, b.bottom - b.top)

