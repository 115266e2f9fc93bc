"""I and l told apart by their height, where a font draws both as a bare stem. Pure arrays; runs in the child process only.

The network reads "lho" as "Iho": to it the two are one shape. On the picture they differ: most fonts of phones draw l as high
as b, d, h, k and a capital a little lower. So, over all lines of a picture:

1. Every letter that stands alone on its columns, or beside lower ones only, is measured: where it begins, to a fraction of a pixel,
   and where it ends.
2. *Ascender* is the height of b, d, h, k, *capital* that of B, D, E, F and other flat ones. Their ratio is the font's; it is taken from
   the lines that show both, and where no line does, or the font draws both alike, nothing is decided.
3. A stem in a line with one of the two is what it is nearer to. Where it is near to neither, the network's reading stays.

Nothing here knows words: a correction comes from the pixels or there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from saksi.ocr._page import Pixels, commonest, distance, runs

STEMS: Final = frozenset("Il")
ASCENDERS: Final = frozenset("bdhk")
CAPITALS: Final = frozenset("BDEFHKLMNPRTXZ")
LOW: Final = frozenset("acegmnopqrsuvwxyz")
FEET: Final = frozenset("abcdehikmnorsuxzABDEFHKLMNPRTXZ")
"""Letters that stand on the line."""

RATIO_MIN: Final = 0.85
"""No font of phones has lower capitals; a line that seems to ends in a small clock ("PM")."""

RATIO_MAX: Final = 0.985
"""A capital this near to the ascender's height is not told from it: a third of a pixel on the smallest letters."""

NEAR: Final = 0.35
"""How near to one of the two a stem must be, in shares of what lies between them: in the middle nothing is decided."""

STEM_WIDTH: Final = 0.3
"""A bare stem is narrower, in heights; wider ones have serifs, and the network tells those apart."""


class Read(NamedTuple):
    """A line as read. at: the middle of every letter, in pixels of what was read."""

    text: str
    confidence: float
    at: tuple[float, ...] = ()


class Line(NamedTuple):
    """What was measured of a line. tops: where letters begin, by index; widths: of those that stand alone; foot: where letters end."""

    tops: dict[int, float]
    widths: dict[int, int]
    foot: float


def told_apart(crops: Sequence[Pixels], lines: Sequence[Read]) -> list[Read]:
    """The lines with their stems settled."""
    if not any(STEMS & set(line.text) for line in lines):
        return list(lines)
    measured = [_measured(crop, line) for crop, line in zip(crops, lines, strict=True)]
    heights = [_heights(m, line.text) for m, line in zip(measured, lines, strict=True)]
    ratios = [capital / ascender for ascender, capital in heights if ascender and RATIO_MIN < capital / ascender < 1.1]
    ratio = float(np.median(ratios)) if ratios else 1.0
    if ratio > RATIO_MAX:
        return list(lines)
    return [_settled(line, m, h, ratio) for line, m, h in zip(lines, measured, heights, strict=True)]


def _measured(crop: Pixels, line: Read) -> Line | None:
    """Letters of a line that have their columns for themselves; None where nothing can be measured."""
    if len(line.at) != len(line.text) or not any(c.isalpha() for c in line.text):
        return None
    far = distance(crop, commonest(crop))
    shade: npt.NDArray[np.float32] = far / max(1.0, float(np.percentile(far, 99)))
    owners = _owners(line, runs((shade > 0.35).any(axis=0), 1.0))
    tops: dict[int, float] = {}
    feet = []
    widths = {}
    for (left, right), mine in owners.items():
        profile = shade[:, left:right].max(axis=1)
        tall = [i for i in mine if line.text[i] not in LOW]
        if profile.max() < 0.5 or (len(mine) > 1 and len(tall) != 1):
            continue
        tops[(tall or mine)[0]] = _edge(profile)
        if len(mine) == 1:
            widths[mine[0]] = right - left
        if all(line.text[i] in FEET for i in mine):
            feet.append(len(profile) - _edge(profile[::-1]))
    return Line(tops, widths, float(np.median(feet))) if feet else None


def _owners(line: Read, found: list[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """Which letters stand on which run of inked columns: word by word in order where there are as many, else the nearest."""
    words: list[list[int]] = [[]]
    for i, letter in enumerate(line.text):
        if letter == " ":
            words.append([])
        else:
            words[-1].append(i)
    if not found:
        return {}
    gaps = sorted(range(1, len(found)), key=lambda k: found[k - 1][1] - found[k][0])[: len(words) - 1]
    cuts = [0, *sorted(gaps), len(found)]
    owners: dict[tuple[int, int], list[int]] = {}
    for word, start, end in zip(words, cuts, cuts[1:], strict=False):
        group = found[start:end]
        for k, i in enumerate(word):
            x = line.at[i]
            near = group[k] if len(group) == len(word) else min(group, key=lambda r: max(r[0] - x, x - r[1], 0.0))
            owners.setdefault(near, []).append(i)
    return owners


def _edge(profile: Any) -> float:
    """Where a profile first reaches the half, between pixels."""
    y = int(np.argmax(profile >= 0.5))
    before = float(profile[y - 1]) if y else 0.0
    return y + 1 - (float(profile[y]) - 0.5) / max(1e-6, float(profile[y]) - before)


def _heights(line: Line | None, text: str) -> tuple[float, float]:
    """Height of ascenders and of capitals of a line; 0 where it has none."""
    if line is None:
        return 0.0, 0.0

    def height(letters: frozenset[str]) -> float:
        tops = [top for i, top in line.tops.items() if text[i] in letters]
        return line.foot - float(np.median(tops)) if tops else 0.0

    return height(ASCENDERS), height(CAPITALS)


def _settled(line: Read, measured: Line | None, heights: tuple[float, float], ratio: float) -> Read:
    ascender = heights[0] or heights[1] / ratio
    if measured is None or not ascender:
        return line
    near = NEAR * ascender * (1 - ratio)
    text = list(line.text)
    for i, top in measured.tops.items():
        if text[i] not in STEMS or measured.widths.get(i, ascender) > STEM_WIDTH * ascender:
            continue
        height = measured.foot - top
        if abs(height - ascender) < near:
            text[i] = "l"
        elif abs(height - ascender * ratio) < near:
            text[i] = "I"
    return line._replace(text="".join(text))
