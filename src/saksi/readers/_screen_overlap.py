"""Which pictures of one scroll share a piece, and how far the one is scrolled against the other. Lines and boxes only. Pure.

    pairs_of(views) -> [Pair(strength, a, b, scroll)], strongest first

1. Lines of two pictures that read alike and stand on the same side vote for a scroll; names of senders and clocks count too.
2. Under the scroll with most votes, *every* line in the piece that both pictures show must be found in the other, at its height.
   Excused are lines at the upper or lower end of what a picture shows: they may be cut through.
   So a message that is written again and again ("oke") joins nothing: what stands around it would have to be the same.
3. A pair is as strong as the letters that agree, those of lines seen on many pictures counting less; weaker where clocks would run
   backwards without a new day between them; a little stronger where the clocks of the two status bars are close.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from saksi.readers._screen_layout import Item, Screen
from saksi.readers._screen_times import label_of
from saksi.readers._screen_words import fold

NEAR_DP: Final = 4.0
"""How far two votes may lie apart and still mean one scroll, in dp: a line's box moves by a pixel or two."""

LINE_DP: Final = 8.0
"""How far two readings of one line may lie apart: a box grows where a clock or an edge was taken in. Lines are 17 dp apart."""

CUT_DP: Final = 12.0
"""A line whose middle is nearer to the end of what a picture shows may be cut through; that of a whole bubble is 15 dp from its end."""

LETTERS_MIN: Final = 10
"""Letters in lines that agree, from which two pictures belong together: "oke" alone is on every page."""

LINES_MIN: Final = 4
"""So many lines in a row, all the same and at the same places, do too, however short they are."""

AGREE_MIN: Final = 0.8
"""Share of the lines on the shared piece that must agree: one of five may be misread or left out."""

LETTERS_MANY: Final = 40
AGREE_MANY: Final = 0.65
"""Where so many letters agree, one line of three may: its box was cut, or took in what stands beside."""

WORD_MIN: Final = 4
"""Words from this length vote for themselves: a line of which one letter was misread still votes."""

SCROLLS_MAX: Final = 3
"""Scrolls tried for a pair: a message written again further down may have the most votes and still not fit."""

PLACES_MAX: Final = 200
"""A line that stands in more places than this says nothing, and would cost time."""

ALIKE: Final = 0.8
"""Likeness (difflib ratio) from which two readings are of one line."""

BACKWARDS: Final = 0.3
"""What a pair is worth where it makes clocks run backwards: a clock may have been misread."""

CLOSE_MINUTES: Final = 3
CLOSE: Final = 1.2
"""Pictures of one scroll are taken within minutes; that decides between pairs that are else alike, and no more."""

_CLOCK: Final = re.compile(r"(?<!\d)([01]?\d|2[0-4])[.:]\s?([0-5]\d)(?!\d)\s?(?:([AaPp])\.?\s?[Mm])?")


class Mark(NamedTuple):
    """A line of a picture as it votes. y: its middle in dp. clock: of its bubble, None where it shows none.

    excused: it contradicts nothing where it is not found (a clock alone: the foot of a bubble, or emoji only)."""

    text: str
    side: bool | None
    y: float
    clock: str | None
    excused: bool
    words: tuple[str, ...] = ()

    def denies(self, other: Mark) -> bool:
        """Whether the two cannot be one line: their bubbles carry different clocks."""
        return self.clock is not None and other.clock is not None and self.clock != other.clock


class Moment(NamedTuple):
    """A day or a clock on a picture. minutes: of the day, None where only a day stands there."""

    y: float
    day: str | None
    minutes: int | None


class Pair(NamedTuple):
    """scroll: what is at y in b is at y + scroll in a, in dp."""

    strength: float
    a: int
    b: int
    scroll: float


@dataclass
class View:
    """What of a screen can be compared. ends: where its first item begins and its last ends, in dp. taken: its status bar's minutes."""

    marks: list[Mark]
    ends: tuple[float, float]
    moments: list[Moment]
    taken: int | None
    heights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.marks.sort(key=lambda m: m.y)
        self.heights = [m.y for m in self.marks]

    def near(self, y: float) -> list[Mark]:
        """Marks at a height."""
        return self.marks[bisect_left(self.heights, y - LINE_DP) : bisect_right(self.heights, y + LINE_DP)]

    def shows(self, y: float) -> bool:
        """Whether a line at a height would be seen whole."""
        return self.ends[0] + CUT_DP <= y <= self.ends[1] - CUT_DP


def minutes_of(clock: str | None) -> int | None:
    """Minutes of the day of a clock as written."""
    found = _CLOCK.search(clock or "")
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute


def view_of(screen: Screen) -> View:
    """Lines of bubbles and labels with their names, and where they may be cut off."""
    dp = screen.dp
    scrolling = [item for item in screen.items if item.kind in ("bubble", "label")]
    marks: list[Mark] = []
    moments: list[Moment] = []
    for item in scrolling:
        marks += _marks(item, dp)
        moments += _moments(item, dp)
    ends = (min(i.region[1] for i in scrolling) / dp, max(i.region[3] for i in scrolling) / dp) if scrolling else (0.0, 0.0)
    bar = next((i for i in screen.items if i.kind == "screen" and i.region[3] < 32 * dp), None)
    return View(marks, ends, sorted(moments, key=lambda m: m.y), minutes_of(bar.text) if bar else None)


def _marks(item: Item, dp: float) -> list[Mark]:
    clock = item.clock and fold(item.clock)
    rows = [*([item.name] if item.name else []), *item.rows]
    if not rows and clock:
        return [Mark(clock, item.own, (item.region[1] + item.region[3]) / 2 / dp, clock, excused=True, words=(clock,))]
    made = []
    for row in rows:
        words = [fold(word) for word in row.text.split()]
        text = "".join(words)
        keys = (text, *(w for w in words if len(w) >= WORD_MIN and w != text))
        if text:
            made.append(Mark(text, item.own, (row.top + row.bottom) / 2 / dp, clock, excused=False, words=keys))
    return made


def _moments(item: Item, dp: float) -> list[Moment]:
    y = item.region[3] / dp
    if item.kind == "label":
        label = label_of(item.text or "")
        return [Moment(y, label.day and fold(label.day), minutes_of(label.clock))] if label else []
    return [Moment(y, None, minutes_of(item.clock))] if item.clock else []


def likeness(a: str, b: str) -> float:
    """How alike two folded readings are, 0 to 1; 0 where they are not of one line."""
    if a == b:
        return 1.0
    ratio = SequenceMatcher(None, a, b, autojunk=False).ratio() if min(len(a), len(b)) > 2 else 0.0
    return ratio if ratio >= ALIKE else 0.0


def agreement(a: View, b: View, scroll: float) -> tuple[list[tuple[Mark, float]], float]:
    """Marks of `a` that `b` shows too under a scroll, how alike they read, and the share of lines on the shared piece that agree."""
    found = [(m, like) for m in a.marks if (like := _found(m, m.y - scroll, b))]
    share = 1.0
    for mine, other, shift in ((a, b, -scroll), (b, a, scroll)):
        counted = [m for m in mine.marks if not m.excused and mine.shows(m.y) and other.shows(m.y + shift)]
        hits = sum(_found(m, m.y + shift, other) > 0 for m in counted)
        share = min(share, hits / len(counted)) if counted else share
    return found, share


def _found(mark: Mark, y: float, view: View) -> float:
    """How like a mark the best line of a view at a height is."""
    fair = (m for m in view.near(y) if m.side == mark.side and not m.denies(mark))
    return max((likeness(m.text, mark.text) for m in fair), default=0.0)


def shared_dp(a: View, b: View, scroll: float) -> float:
    """How much of the long page two pictures share under a scroll."""
    return min(a.ends[1], b.ends[1] + scroll) - max(a.ends[0], b.ends[0] + scroll)


def _votes(views: Sequence[View]) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """For pairs of pictures (a, b): (scroll of b against a in dp, weight) of every line or word that reads the same.

    A vote weighs as many letters as it has, less where it is seen in many places."""
    where: dict[tuple[str, bool | None], list[tuple[int, Mark]]] = defaultdict(list)
    for number, view in enumerate(views):
        for mark in view.marks:
            for word in mark.words:
                where[word, mark.side].append((number, mark))
    votes: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for (text, _), places in where.items():
        if len(places) > PLACES_MAX:
            continue
        weight = len(text) * 2 / max(2, len(places))
        for i, (a, mark) in enumerate(places):
            for b, other in places[i + 1 :]:
                if a != b and not mark.denies(other):
                    votes[a, b].append((mark.y - other.y, weight))
    return votes


def _scrolls(votes: list[tuple[float, float]]) -> list[float]:
    """Scrolls that votes agree on, heaviest first; a few, none near another."""
    ordered = sorted(votes)
    groups: list[tuple[float, float]] = []
    start, weight = 0, 0.0
    for end, (scroll, vote) in enumerate(ordered):
        weight += vote
        while scroll - ordered[start][0] > NEAR_DP:
            weight -= ordered[start][1]
            start += 1
        groups.append((round(weight, 6), _middle(ordered[start : end + 1])))
    kept: list[float] = []
    for _, scroll in sorted(groups, key=lambda g: (-g[0], g[1])):
        if all(abs(scroll - k) > NEAR_DP for k in kept):
            kept.append(scroll)
        if len(kept) == SCROLLS_MAX:
            break
    return kept


def _middle(votes: Sequence[tuple[float, float]]) -> float:
    """The scroll with half of the weight on either side: one box that is off moves nothing."""
    half = sum(weight for _, weight in votes) / 2
    for scroll, weight in votes:
        half -= weight
        if half <= 0:
            return scroll
    return votes[-1][0]


def _backwards(moments: Sequence[Moment]) -> int:
    """How often clocks run backwards with no new day between."""
    day: str | None = None
    last: int | None = None
    count = 0
    for moment in moments:
        if moment.day is not None and moment.day != day:
            day, last = moment.day, None
        if moment.minutes is not None:
            count += last is not None and moment.minutes < last
            last = moment.minutes
    return count


def runs_backwards(a: View, b: View, scroll: float) -> bool:
    """Whether putting the two together makes clocks run backwards that do not on either."""
    moved = [m._replace(y=m.y + scroll) for m in b.moments]
    both = sorted([*a.moments, *moved], key=lambda m: m.y)
    return _backwards(both) > _backwards(a.moments) + _backwards(b.moments)


def _strength(a: View, b: View, scroll: float, seen: dict[str, int]) -> float | None:
    """Rule 3; None where the two do not belong together."""
    found, share = agreement(a, b, scroll)
    letters = sum(len(m.text) for m, _ in found)
    enough = letters >= LETTERS_MIN or (len(found) >= LINES_MIN and share == 1.0)
    if not enough or share < (AGREE_MIN if letters < LETTERS_MANY else AGREE_MANY):
        return None
    strength = sum(len(m.text) * like**4 * min(1.0, 2 / seen[m.text]) for m, like in found) * share**4
    if runs_backwards(a, b, scroll):
        strength *= BACKWARDS
    if a.taken is not None and b.taken is not None and abs(a.taken - b.taken) <= CLOSE_MINUTES:
        strength *= CLOSE
    return strength


def pairs_of(views: Sequence[View]) -> list[Pair]:
    """Pictures that share a piece, strongest first."""
    seen: dict[str, int] = defaultdict(int)
    for view in views:
        for text in {m.text for m in view.marks}:
            seen[text] += 1
    found = []
    for (a, b), votes in _votes(views).items():
        for scroll in _scrolls(votes):
            strength = _strength(views[a], views[b], scroll, seen)
            if strength is not None:
                found.append(Pair(strength, a, b, scroll))
    return sorted(found, key=lambda p: (-p.strength, p.a, p.b, p.scroll))
