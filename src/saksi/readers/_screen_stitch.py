"""Pictures of one scroll put in order, and bubbles that two of them show. Pure.

    strips_of(screens) -> list of strips; a strip is pictures in scrolling order, each with its place on one long page
    doubles(screens, strip) -> its bubbles and labels, those that are one message pointing to one of them

1. `_screen_overlap` says which pictures share a piece, and how far the one is scrolled against the other.
2. Pictures hang together by the strongest such pairs; every picture of a strip gets its place on the long page. Nothing is joined where
   pictures that come to lie on each other would contradict each other.
3. Bubbles of a strip that lie on one place, and whose words do not deny each other, are one message. The first that is whole and
   shows most is the message, the others its duplicates.

File names play no part inside a strip. Strips among each other are ordered by the reader (dates, then names).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from saksi.readers._screen_layout import Item, Screen
from saksi.readers._screen_overlap import View, agreement, pairs_of, shared_dp, view_of
from saksi.readers._screen_words import fold

FIT_MIN: Final = 0.6
SHARED_DP: Final = 60.0
"""Two pictures that come to share so much of the long page must agree in at least that share of its lines."""

EDGE_DP: Final = 6.0
"""How near to the edge of what scrolls a bubble counts as cut off."""

SAME_PLACE: Final = 0.5
"""Share of the smaller bubble's height that two bubbles on one place share."""


OTHER_MIN: Final = 6
OTHER: Final = 0.5
"""From so many letters, and below that likeness (difflib ratio), two texts on one place are two messages."""


@dataclass
class Placed:
    """A picture on its strip. at: how far its top is scrolled, in dp; number: index in what was given."""

    number: int
    at: float


def strips_of(screens: Sequence[Screen]) -> list[list[Placed]]:
    """Pictures that hang together, each strip in scrolling order; strips by their first picture as given."""
    views = [view_of(s) for s in screens]
    strip_of = {i: {i: 0.0} for i in range(len(screens))}  # picture -> its strip: picture -> place
    for _, a, b, scroll in pairs_of(views):
        first, second = strip_of[a], strip_of[b]
        if first is second:
            continue
        shift = first[a] + scroll - second[b]
        if _fit(views, first, second, shift):
            first.update({i: at + shift for i, at in second.items()})
            strip_of.update(dict.fromkeys(second, first))
    strips = {id(strip): strip for strip in strip_of.values()}.values()
    placed = [sorted((Placed(i, at) for i, at in strip.items()), key=lambda p: (round(p.at, 1), p.number)) for strip in strips]
    return sorted(placed, key=lambda strip: min(p.number for p in strip))


def _fit(views: Sequence[View], first: dict[int, float], second: dict[int, float], shift: float) -> bool:
    """Whether two strips may be put together: pictures that come to lie on each other must not contradict each other."""
    for a, at_a in first.items():
        for b, at_b in second.items():
            scroll = at_b + shift - at_a
            if shared_dp(views[a], views[b], scroll) > SHARED_DP and agreement(views[a], views[b], scroll)[1] < FIT_MIN:
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
        # whole ones first; of those the one with most lines, else the one of which most was read; the first of those alike
        whole = [s for s in place if not is_cut(s)]
        most = max(len(s.item.rows) for s in whole or place)
        longest = max(len(fold(s.item.text or "")) for s in place)
        best = next((s for s in whole if len(s.item.rows) == most), None)
        best = best or next(s for s in place if len(fold(s.item.text or "")) >= longest - 2)
        for seen in place:
            seen.original = None if seen is best else best
    return everything


def _edges(screens: Sequence[Screen], everything: Sequence[Seen]) -> tuple[float, float]:
    """Where the first and the last bubble of any of the pictures end, in dp: what scrolls reaches to there at least."""
    bubbles = [s for s in everything if s.item.kind == "bubble"]
    highest = min((s.item.region[1] / screens[s.screen].dp for s in bubbles), default=0.0)
    return highest, max((s.item.region[3] / screens[s.screen].dp for s in bubbles), default=math.inf)


def _one_place(a: Seen, b: Seen) -> bool:
    """Whether two are one message: same place, kind and side, and not plainly other words. One of them may be cut off."""
    if a.item.kind != b.item.kind or (a.item.own is not None and b.item.own is not None and a.item.own != b.item.own):
        return False
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    if shared <= SAME_PLACE * min(a.bottom - a.top, b.bottom - b.top):
        return False
    cut = abs((a.bottom - a.top) - (b.bottom - b.top)) > EDGE_DP
    return cut or not _other_words(fold(a.item.text or ""), fold(b.item.text or ""))


def _other_words(a: str, b: str) -> bool:
    """Whether two texts cannot be readings of one. Short ones may: a letter misread is a third of "iya"."""
    return min(len(a), len(b)) >= OTHER_MIN and SequenceMatcher(None, a, b, autojunk=False).ratio() < OTHER
