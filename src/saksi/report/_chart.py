"""The timeline drawing: one row a thread with phases, one lane a phase, bands with a pattern, a letter and a name each.

Server-made SVG without scripts or styles (the page's policy forbids inline styles), readable in black and white: the
phase is told by pattern, letter and words, never by colour alone. Below the rows one line of all messages a day shows how
the talk went on beside it; a key names the patterns. The same data stands in the table beside it.

Sizes are those of a printed page: WIDTH units are 176 mm of paper, so that a letter of 13 is 3.2 mm high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
LABEL: Final = 168
LANE: Final = 21
DAYS_HEIGHT: Final = 64
ROWS_MAX: Final = 16
"""Threads drawn at most: more do not fit a printed page; the table lists all."""

FILLS: Final = {"grooming": "p-a", "solicitation": "p-b", "sextortion": "p-c", "exploitation": "p-d"}

_PATTERNS: Final = (
    '<pattern id="p-a" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#dbe9f6"/>'
    '<circle cx="4" cy="4" r="1.5" fill="#1f4e79"/></pattern>'
    '<pattern id="p-b" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#fdf0cf"/>'
    '<path d="M0 8L8 0" stroke="#7a5200" stroke-width="1.5"/></pattern>'
    '<pattern id="p-c" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#f7d9d3"/>'
    '<path d="M0 8L8 0M0 0L8 8" stroke="#8c1d0b" stroke-width="1.5"/></pattern>'
    '<pattern id="p-d" width="6" height="8" patternUnits="userSpaceOnUse"><rect width="6" height="8" fill="#e3dcee"/>'
    '<path d="M3 0V8" stroke="#3d2468" stroke-width="2.2"/></pattern>'
)


@dataclass(frozen=True)
class Band:
    """One phase of one thread, from start to end in the chart's unit. letter: shown on it; name: beside it."""

    phase: str
    start: int
    end: int
    letter: str
    name: str


@dataclass(frozen=True)
class Row:
    """One thread: label (two lines: source and app, title), first and last message (None: not known), its bands."""

    label: tuple[str, str]
    first: int | None
    last: int | None
    bands: Sequence[Band]


@dataclass(frozen=True)
class Frame:
    """What all rows share. low, high: the axis's ends. ticks: (value, label). order: phases from top lane to bottom.

    days: (start of day, end of day, messages) of all threads; days_label: their row's label and "most a day" words.
    key: (phase, letter, name) for the key below.
    """

    low: int
    high: int
    ticks: Sequence[tuple[int, str]]
    title: str
    order: Sequence[str]
    days: Sequence[tuple[int, int, int]]
    days_label: tuple[str, str]
    key: Sequence[tuple[str, str, str]]

    def x(self, value: int) -> float:
        """Where a value stands, held inside the drawing."""
        inner = WIDTH - LABEL - 16
        share = (value - self.low) / max(1, self.high - self.low)
        return LABEL + 8 + inner * min(1.0, max(0.0, share))


def _short(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#111"{more}>{escape(text)}</text>'


def _label(top: float, lines: tuple[str, str]) -> str:
    return _text(2, top + 16, _short(lines[0], 24), ' font-size="11.5"') + _text(
        2, top + 32, _short(lines[1], 21), ' font-weight="700"')


def _sample(x: float, y: float, width: float, phase: str, letter: str) -> str:
    """A band with its letter on white."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{LANE - 4}" fill="url(#{FILLS[phase]})" stroke="#111" '
        f'stroke-width="1"/><rect x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="14" height="{LANE - 7}" fill="#fff"/>'
        + _text(x + 4, y + LANE - 7, letter, ' font-weight="700"')
    )


def _band(frame: Frame, band: Band, y: float) -> str:
    """A band with its letter, its name on the side that has room."""
    start = min(frame.x(band.start), WIDTH - 28.0)
    width = max(20.0, frame.x(band.end) - start)
    room = 7.2 * len(band.name)
    if start + width + 5 + room <= WIDTH:
        name = _text(start + width + 5, y + LANE - 7, band.name, ' font-size="12"')
    else:
        name = _text(start - 5, y + LANE - 7, band.name, ' font-size="12" text-anchor="end"')
    return _sample(start, y, width, band.phase, band.letter) + name


def _row_height(row: Row) -> int:
    return max(44, LANE * len({b.phase for b in row.bands}) + 12)


def _row(frame: Frame, row: Row, top: int) -> str:
    """One thread: how long it ran as a thin line, its phases in lanes."""
    height = _row_height(row)
    out = [f'<path d="M0 {top}H{WIDTH}" stroke="#bbb"/>', _label(top, row.label)]
    if row.first is not None and row.last is not None:
        y, left, right = top + height - 3, frame.x(row.first), frame.x(row.last)
        out.append(f'<path d="M{left:.1f} {y - 3}V{y + 1}M{left:.1f} {y - 1}H{right:.1f}M{right:.1f} {y - 3}V{y + 1}" stroke="#555"/>')
    lanes = [p for p in frame.order if any(b.phase == p for b in row.bands)]
    out += [_band(frame, band, top + 5 + lanes.index(band.phase) * LANE) for band in row.bands]
    return "".join(out)


def _days(frame: Frame, top: int) -> str:
    """Messages a day as bars from a common foot."""
    foot = top + DAYS_HEIGHT - 8
    most = max(n for _, _, n in frame.days)
    bars = []
    for start, end, n in frame.days:
        left, right = frame.x(start), frame.x(end)
        if right - left < 0.2:
            continue
        high = max(1.0, (DAYS_HEIGHT - 18) * n / most)
        bars.append(f"M{left:.1f} {foot}V{foot - high:.1f}H{max(left + 0.8, right - 0.6):.1f}V{foot}Z")
    return (f'<path d="M0 {top}H{WIDTH}" stroke="#bbb"/>{_label(top, frame.days_label)}<path d="{"".join(bars)}" fill="#666"/>'
            f'<path d="M{LABEL} {foot}H{WIDTH}" stroke="#111"/>')


def _key(frame: Frame, top: int) -> str:
    """Pattern, letter and name of every phase, two a line."""
    out = [f'<path d="M0 {top}H{WIDTH}" stroke="#111"/>']
    for i, (phase, letter, name) in enumerate(frame.key):
        x, y = 4 + (i % 2) * (WIDTH // 2), top + 8 + (i // 2) * (LANE + 3)
        out += [_sample(x, y, 52, phase, letter), _text(x + 60, y + LANE - 7, name)]
    return "".join(out)


def _axis(frame: Frame, foot: int) -> str:
    out = []
    for value, label in frame.ticks:
        at = frame.x(value)
        anchor = "end" if at > WIDTH - 40 else "start" if at < LABEL + 30 else "middle"
        out.append(f'<path d="M{at:.1f} 22V{foot}" stroke="#ccc"/>' + _text(at, 15, label, f' text-anchor="{anchor}" font-size="12"'))
    return "".join(out)


def draw(rows: Sequence[Row], frame: Frame, font: str) -> str:
    """An SVG of at most ROWS_MAX rows. Empty `frame.days`: no line of messages (times not known)."""
    rows = rows[:ROWS_MAX]
    tops = [26]
    for row in rows:
        tops.append(tops[-1] + _row_height(row))
    foot = tops[-1] + (DAYS_HEIGHT if frame.days else 0)
    height = foot + 10 + (LANE + 3) * -(-len(frame.key) // 2)
    body = _axis(frame, foot) + "".join(_row(frame, row, top) for row, top in zip(rows, tops, strict=False))
    if frame.days:
        body += _days(frame, tops[-1])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(frame.title)}" font-family="{escape(font)}" font-size="13"><defs>{_PATTERNS}</defs>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{body}{_key(frame, foot)}</svg>'
    )
