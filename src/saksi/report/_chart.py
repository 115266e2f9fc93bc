"""The timeline drawing: one row a thread, one lane a phase, bands with a pattern and a letter each.

Server-made SVG without scripts or styles (the page's policy forbids inline styles), readable in black and white: the
phase is told by pattern and letter, never by colour alone. The same data stands in the table below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 960
LABEL: Final = 250
LANE: Final = 15
ROWS_MAX: Final = 24
"""Threads drawn at most: more do not fit a printed page; the table lists all."""

FILLS: Final = {"grooming": "p-a", "solicitation": "p-b", "sextortion": "p-c", "exploitation": "p-d"}

_PATTERNS: Final = (
    '<pattern id="p-a" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#dbe9f6"/>'
    '<circle cx="4" cy="4" r="1.4" fill="#1f4e79"/></pattern>'
    '<pattern id="p-b" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#fdf0cf"/>'
    '<path d="M0 8L8 0" stroke="#7a5200" stroke-width="1.4"/></pattern>'
    '<pattern id="p-c" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#f7d9d3"/>'
    '<path d="M0 8L8 0M0 0L8 8" stroke="#8c1d0b" stroke-width="1.4"/></pattern>'
    '<pattern id="p-d" width="6" height="8" patternUnits="userSpaceOnUse"><rect width="6" height="8" fill="#e3dcee"/>'
    '<path d="M3 0V8" stroke="#3d2468" stroke-width="2"/></pattern>'
)


@dataclass(frozen=True)
class Band:
    """One phase of one thread, from start to end in the chart's unit. letter: shown on it."""

    phase: str
    start: int
    end: int
    letter: str


@dataclass(frozen=True)
class Row:
    """One thread: label, first and last message (None: not known), its bands."""

    label: str
    first: int | None
    last: int | None
    bands: Sequence[Band]


def _short(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def draw(rows: Sequence[Row], ticks: Sequence[tuple[int, str]], title: str, order: Sequence[str], font: str) -> str:
    """An SVG of at most ROWS_MAX rows. order: phases from top lane to bottom. ticks: (value, label) on the axis."""
    rows = rows[:ROWS_MAX]
    values = [v for r in rows for b in r.bands for v in (b.start, b.end)]
    values += [v for r in rows for v in (r.first, r.last) if v is not None]
    low, high = min(values), max(values)
    span = max(1, high - low)
    inner = WIDTH - LABEL - 30

    def x(value: int) -> float:
        return LABEL + 10 + inner * (value - low) / span

    height_row = LANE * len(order) + 12
    height = 34 + height_row * len(rows) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-family="{escape(font)}" font-size="12"><defs>{_PATTERNS}</defs>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    ]
    for value, label in ticks:
        at = x(value)
        anchor = "end" if at > WIDTH - 90 else "start" if at < LABEL + 60 else "middle"
        out.append(
            f'<path d="M{at:.1f} 22V{height - 26}" stroke="#bbb" stroke-width="1"/>'
            f'<text x="{at:.1f}" y="16" text-anchor="{anchor}" fill="#222">{escape(label)}</text>'
        )
    for i, row in enumerate(rows):
        top = 30 + i * height_row
        out.append(
            f'<path d="M0 {top}H{WIDTH}" stroke="#ddd"/>'
            f'<text x="4" y="{top + height_row / 2 + 4:.1f}" fill="#111">{escape(_short(row.label, 36))}</text>'
        )
        if row.first is not None and row.last is not None:
            middle = top + height_row / 2
            out.append(
                f'<path d="M{x(row.first):.1f} {middle:.1f}H{max(x(row.last), x(row.first) + 1):.1f}" stroke="#888"/>'
            )
        for band in row.bands:
            y = top + 6 + order.index(band.phase) * LANE
            start = min(x(band.start), WIDTH - 30.0)
            width = max(14.0, x(band.end) - start)
            out.append(
                f'<rect x="{start:.1f}" y="{y}" width="{width:.1f}" height="{LANE - 2}" rx="2" '
                f'fill="url(#{FILLS[band.phase]})" stroke="#222" stroke-width="0.8"/>'
                f'<rect x="{start + 1:.1f}" y="{y + 1}" width="12" height="{LANE - 4}" fill="#fff"/>'
                f'<text x="{start + 3:.1f}" y="{y + LANE - 4.5}" font-size="10.5" font-weight="700" fill="#111">'
                f"{escape(band.letter)}</text>"
            )
    out.append("</svg>")
    return "".join(out)


def key_sample(phase: str, letter: str, font: str) -> str:
    """A small sample of one phase's pattern for the key."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 16" width="60" height="16" aria-hidden="true" '
        f'font-family="{escape(font)}" font-size="11"><defs>{_PATTERNS}</defs>'
        f'<rect x="0.5" y="0.5" width="59" height="15" fill="url(#{FILLS[phase]})" stroke="#222"/>'
        f'<rect x="2" y="2" width="12" height="12" fill="#fff"/><text x="4" y="12" font-weight="700">{escape(letter)}</text></svg>'
    )
