"""What colour says about lines on a screenshot: ground, ink, the bubble around. Pure arrays; runs in the child process only.

For every line that was found:

1. *Ground* is its commonest colour, *ink* what differs from it.
2. Where the ink leaves a very wide gap, or a wide one before a short last piece that is smaller or stands
   lower, the line is cut: so the
   clock stands behind the last word. Pieces that are one sentence are joined again later, with a space.
3. A run of ink as wide as high whose colour is another than that of the letters is a sign (emoji): painted
   over with the ground before the
   letters are read, and counted. Nobody reads letters out of a picture of a face.
4. The *region* is how far the ground goes on to the left and right (just above and below the letters) and up and down (just left of the
   letters): the bubble, the pill, or the whole page.

The *page* is the commonest colour at the left and right edge of the picture, between its bars.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

SAME: Final = 15.0
"""Distance (Euclid, 0 to 441) up to which two colours are one ground: bubbles differ from the page by 25 and more, JPEG noise
on an even ground stays under 10."""

INK: Final = 48.0
"""Distance from the ground from which a pixel is ink: the palest clocks differ by 95."""

SPECK: Final = 60.0
"""What hangs together and is nowhere farther from the ground than this is no ink: a dark page around a dark bubble, with noise."""

GAP: Final = 0.45
"""A gap this many letter heights wide may stand before a clock; most spaces between words are narrower."""

WIDE_GAP: Final = 1.3
"""A gap this wide always cuts a line."""

LINE_LEFT: Final = 0.25
"""Share of a crop's height from which what is left in it is a line of letters: dots of an i alone are lower."""

MARGIN: Final = 0.02
"""Share of the width at either side that no bubble reaches: the apps looked at leave 8 dp of 360 and more."""

BRIDGE: Final = 1.7
"""How wide a sign may be that stands between words and the clock, in letter heights: the bubble goes on behind it."""

CLOCK_WIDTH: Final = 6.5
"""A clock with its ticks is at most this many letter heights wide."""

SIGN: Final = 70.0
"""How far the colour of a sign lies from that of the letters."""


class Piece(NamedTuple):
    """A part of a line: box of its ink, colours, region (left, top, right, bottom), pixels to be read, signs painted over."""

    box: Box
    ground: Colour
    ink: Colour
    region: tuple[int, int, int, int]
    pixels: Pixels
    signs: int


def commonest(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The commonest colour: of 32,768 classes the fullest, and the mean of what is in it."""
    flat = pixels.reshape(-1, 3)
    classes = (flat[:, 0].astype(np.int32) >> 3) << 10 | (flat[:, 1].astype(np.int32) >> 3) << 5 | flat[:, 2] >> 3
    best = int(np.bincount(classes, minlength=1).argmax())
    return np.asarray(flat[classes == best].mean(axis=0, dtype=np.float64), dtype=np.float32)


def distance(pixels: Pixels, colour: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How far every pixel lies from a colour."""
    difference = pixels.astype(np.float32) - colour
    result: npt.NDArray[np.float32] = np.sqrt((difference * difference).sum(axis=-1))
    return result


def page_colour(pixels: Pixels) -> Colour:
    """The colour behind the bubbles: that of the margins, for a screen may be full of bubbles of one colour."""
    h, w = pixels.shape[:2]
    margin = max(1, round(MARGIN * w))
    rows = pixels[h // 8 : max(h // 8 + 1, h - h // 8) : 3]
    return _colour(commonest(np.concatenate([rows[:, :margin], rows[:, w - margin :]], axis=1)))


def _colour(values: npt.NDArray[np.float32]) -> Colour:
    r, g, b = (int(v) for v in np.rint(values))
    return (r, g, b)


def runs(mask: Any, gap: float) -> list[tuple[int, int]]:
    """(start, end) of what is set in a row of booleans, gaps narrower than `gap` closed."""
    at = np.flatnonzero(mask)
    if not len(at):
        return []
    cuts = np.flatnonzero(np.diff(at) > gap)
    starts = np.concatenate([at[:1], at[cuts + 1]])
    ends = np.concatenate([at[cuts], at[-1:]]) + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _hanging(mask: npt.NDArray[np.bool_]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The runs of `mask`, row by row: row, start, end, and the number of the first run that each hangs together with."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    parent = list(range(len(rows)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    s, e = starts.tolist(), ends.tolist()
    for y in range(1, mask.shape[0]):
        above, i = first[y - 1], first[y]
        while above < first[y] and i < first[y + 1]:
            if s[above] <= e[i] and s[i] <= e[above]:
                a, b = root(above), root(i)
                parent[max(a, b)] = min(a, b)
            if e[above] < e[i]:
                above += 1
            else:
                i += 1
    return rows.tolist(), s, e, [root(i) for i in range(len(s))]


def components(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1, ends excluded) of what hangs together in `mask`, diagonals included."""
    boxes: dict[int, list[int]] = {}
    for y, start, end, root in zip(*_hanging(mask), strict=True):
        box = boxes.setdefault(root, [start, y, end, y + 1])
        box[0], box[2], box[3] = min(box[0], start), max(box[2], end), y + 1
    return [(b[0], b[1], b[2], b[3]) for b in boxes.values()]


def without_edges(mask: npt.NDArray[np.bool_], strong: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`mask` without what hangs together with its border (the page around a bubble, letters of the next line) or has nothing strong."""
    rows, starts, ends, roots = _hanging(mask)
    h, w = mask.shape
    found = list(zip(rows, starts, ends, roots, strict=True))
    at_edge = {root for y, s, e, root in found if y in (0, h - 1) or s == 0 or e == w}
    kept = {root for y, s, e, root in found if root not in at_edge and strong[y, s:e].any()}
    inner = mask.copy()
    for y, s, e, root in found:
        if root not in kept:
            inner[y, s:e] = False
    return inner


def pieces(pixels: Pixels, box: Box) -> list[Piece]:
    """A found line, cut at wide gaps. Empty where there is nothing but ground."""
    x, y, w, h = box
    ground = commonest(pixels[y : y + h, x : x + w])
    room = round(h * 0.12)
    right, bottom = x + w + room, y + h + room
    x, y = max(0, min(x, _head(pixels, box, ground)) - room), max(0, y - room)
    crop = pixels[y:bottom, x:right]
    h = crop.shape[0]
    far = distance(crop, ground)
    whole = far > INK
    ink = without_edges(whole, far > SPECK)
    if ink.sum() < 0.25 * whole.sum() and not _frames(whole) and not _is_line(ink):
        ink = whole
    rows = runs(ink.any(axis=1), h * 0.3)
    if not rows:
        return []
    top, bottom = max(rows, key=lambda r: int(ink[r[0] : r[1]].sum()))
    band = ink[top:bottom]
    height = bottom - top
    made = []
    for left, right in _cut(band, height):
        inside = band[:, left:right]
        lines = np.flatnonzero(inside.any(axis=1))
        t, b = top + int(lines[0]), top + int(lines[-1]) + 1
        if inside.sum() < 8 or b - t < 5:
            continue
        made.append(_piece(pixels, (x + left, y + t, right - left, b - t), ground, h))
    return made


def _frames(ink: npt.NDArray[np.bool_]) -> bool:
    """Whether what differs from the ground lies around it: the crop is larger than a bubble."""
    corners = (ink[0, 0], ink[0, -1], ink[-1, 0], ink[-1, -1])
    return sum(bool(c) for c in corners) >= 2


def _is_line(ink: npt.NDArray[np.bool_]) -> bool:
    """Whether what is left of a line without its edges is one: the rest was the page around a bubble, not cut-off letters."""
    rows = np.flatnonzero(ink.any(axis=1))
    return bool(len(rows)) and int(rows[-1] - rows[0]) >= LINE_LEFT * ink.shape[0]


def _head(pixels: Pixels, box: Box, ground: npt.NDArray[np.float32]) -> int:
    """Where a line begins: network one leaves out a dash or a dot that stands before the first letter, as in lists."""
    x, y, _, h = box
    left, right = max(0, x - round(h * 1.1)), x + round(h * 0.4)
    ink = distance(pixels[y : y + h, left:right], ground) > SPECK
    found = runs(ink.any(axis=0), 1.0)
    tall = [np.flatnonzero(ink[:, a:b].any(axis=1)) for a, b in found]
    begins = x - left - round(0.2 * h)  # what is tall before that is the page beside the bubble
    first = next((i for i, (a, _) in enumerate(found) if a >= begins and tall[i][-1] - tall[i][0] >= 0.3 * h), len(found))
    if first in (0, len(found)):
        return x
    (a, b), (letters, _), rows = found[first - 1], found[first], tall[first - 1]
    before = found[first - 2][1] if first > 1 else 0
    alone = a - before >= 0.1 * h and b - a <= 0.6 * h and letters - b <= 0.7 * h
    return left + a if alone and rows[0] > 0.2 * h and rows[-1] < 0.85 * h else x


def _cut(band: npt.NDArray[np.bool_], height: int) -> list[tuple[int, int]]:
    """(left, right) of the pieces of a line: cut at very wide gaps, and before a short tail that stands lower or is smaller."""
    pieces: list[tuple[int, int]] = []
    for left, right in runs(band.any(axis=0), height * WIDE_GAP):
        words = [(left + a, left + b) for a, b in runs(band[:, left:right].any(axis=0), max(3.0, height * GAP))]
        tails = (i for i in range(max(1, len(words) - 3), len(words)))
        at = next((i for i in tails if _is_set_off(band, (left, words[i - 1][1]), (words[i][0], right), height)), None)
        pieces += [(left, right)] if at is None else [(left, words[at - 1][1]), (words[at][0], right)]
    return pieces


def _is_set_off(band: npt.NDArray[np.bool_], before: tuple[int, int], last: tuple[int, int], height: int) -> bool:
    """Whether the last piece is a clock by its look: short, and its top or its foot lower than those of what stands before it."""
    if last[1] - last[0] > CLOCK_WIDTH * height:
        return False
    (top, bottom), (own_top, own_bottom) = (
        (rows[0], rows[-1] + 1) for rows in (np.flatnonzero(band[:, a:b].any(axis=1)) for a, b in (before, last))
    )
    return bool(own_top - top > 0.22 * height or (own_bottom - bottom > 0.1 * height and own_top > top))


def side_by_side(boxes: list[Box]) -> list[Box]:
    """Boxes of one row that overlap at their ends: the right one begins at the middle of what they share.

    A letter that was cut through by that touches the edge of its crop and is dropped there; it stands whole in the left one.
    """
    made = list(boxes)
    for i, (x, y, w, h) in enumerate(made):
        for ox, oy, ow, oh in boxes:
            same_row = min(y + h, oy + oh) - max(y, oy) > 0.5 * min(h, oh)
            if same_row and ox < x < ox + ow < x + w:
                cut = (x + ox + ow) // 2
                made[i] = (cut, y, x + w - cut, h)
    return made


def without_doubles(found: list[Piece]) -> list[Piece]:
    """Pieces that lie inside another are left out: boxes of neighbouring lines share a little of each other."""
    kept = []
    for i, piece in enumerate(found):
        x, y, w, h = piece.box
        inside = 0
        for j, (ox, oy, ow, oh) in enumerate(other.box for other in found):
            wide = min(x + w, ox + ow) - max(x, ox)
            high = min(y + h, oy + oh) - max(y, oy)
            larger = ow * oh > w * h or (ow * oh == w * h and j < i)
            inside += j != i and larger and wide > 0 and high > 0 and wide * high > 0.6 * w * h
        if not inside:
            kept.append(piece)
    return kept


def _piece(pixels: Pixels, box: Box, ground: npt.NDArray[np.float32], line_height: int) -> Piece:
    x, y, w, h = box
    pad = max(3, round(line_height * 0.14))
    x0, y0 = max(0, x - pad), max(0, y - pad)
    x1, y1 = min(pixels.shape[1], x + w + pad), min(pixels.shape[0], y + h + pad)
    crop = pixels[y0:y1, x0:x1]
    far = distance(crop, ground)
    strong = far >= max(INK, float(np.percentile(far[far > INK], 70)) if (far > INK).any() else INK)
    ink = np.median(crop[strong], axis=0).astype(np.float32) if strong.any() else ground
    crop, signs = _without_signs(crop, far, ink, ground)
    return Piece(box, _colour(ground), _colour(ink), region(pixels, box, ground), crop, signs)


def _without_signs(
    crop: Pixels, far: npt.NDArray[np.float32], ink: npt.NDArray[np.float32], ground: npt.NDArray[np.float32]
) -> tuple[Pixels, int]:
    """The picture of a piece with its signs painted over, and how many there were."""
    height = crop.shape[0]
    clean = crop
    signs = 0
    away = np.minimum(distance(crop, ink), far)
    for left, right in runs((far > INK).any(axis=0), 1.0):
        if not 0.4 * height <= right - left <= 8 * height:
            continue
        inked = far[:, left:right] > INK
        other = (away[:, left:right] > SIGN) & inked
        # edges of letters are mixtures of ink and ground: on the line between them, never far from both in colour
        off = _off_the_line(crop[:, left:right][other], ink, ground) if other.any() else 0
        if off > 0.35 * inked.sum():
            if clean is crop:
                clean = crop.copy()
            clean[:, max(0, left - 2) : right + 2] = np.rint(ground).astype(np.uint8)
            signs += max(1, round((right - left) / (0.9 * height)))
    return clean, signs


def _off_the_line(colours: Pixels, ink: npt.NDArray[np.float32], ground: npt.NDArray[np.float32]) -> int:
    """How many colours are no mixture of ink and ground."""
    axis = ink - ground
    length = float((axis * axis).sum()) or 1.0
    difference = colours.astype(np.float32) - ground
    along = (difference @ axis) / length
    beside = difference - along[:, None] * axis
    return int((np.sqrt((beside * beside).sum(axis=1)) > SIGN * 0.8).sum())


def region(pixels: Pixels, box: Box, ground: npt.NDArray[np.float32]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the even ground around a piece."""
    x, y, w, h = box
    height, width = pixels.shape[:2]
    step = max(2, round(h * 0.22))
    rows = [r for r in (y - step, y + h + step) if 0 <= r < height]
    spans = [_around(distance(pixels[r], ground), x + w // 2, x, x + w, h) for r in rows] or [(x, x + w)]
    left, right = min(s[0] for s in spans), max(s[1] for s in spans)
    column = min(max(0, x - max(3, round(h * 0.3))), width - 1)
    strip = pixels[:, column]
    top, bottom = _along(distance(strip, ground) <= SAME, y + h // 2)
    return left, min(top, y), right, max(bottom, y + h)


def _around(far: npt.NDArray[np.float32], middle: int, x0: int, x1: int, height: int) -> tuple[int, int]:
    """The run of ground that covers most of x0..x1, grown to both sides, and on behind one sign. far: distance from the ground."""
    same = far <= SAME
    if not same[x0:x1].any():
        return x0, x1
    if not same[middle]:
        middle = x0 + int(np.flatnonzero(same[x0:x1])[0])
    start, end = _along(same, middle)
    beyond = end + np.flatnonzero(same[end : end + round(BRIDGE * height)])
    signs = (b for b in beyond.tolist() if b > end and float(np.median(far[end:b])) > SIGN)  # no sign: a doodle on the page
    further = next((f for b in signs if (f := _along(same, b)[1]) - b >= 0.5 * height), end)
    return start, further


def _along(same: npt.NDArray[np.bool_], at: int) -> tuple[int, int]:
    """How far the ground reaches from `at`; specks of up to two pixels do not end it."""
    end, start = at, at
    miss = 0
    for i in range(at, len(same)):
        miss = 0 if same[i] else miss + 1
        if miss > 2:
            break
        if same[i]:
            end = i
    miss = 0
    for i in range(at, -1, -1):
        miss = 0 if same[i] else miss + 1
        if miss > 2:
            break
        if same[i]:
            start = i
    return start, end + 1
