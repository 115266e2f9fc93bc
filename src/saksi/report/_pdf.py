"""A document as PDF by typst: same data, same bytes.

The document goes in as JSON in `sys.inputs`, so that no word of it is ever read as typst markup. Only fonts that come with
typst and with Saksi are used (system fonts would give another file on another computer), without network or packages. The
creation date is `made_at_us`. Typst's fonts know Latin, Greek and Cyrillic letters; those in `fonts/` emoji, Arabic, Hebrew,
Devanagari, Thai, Javanese, common Chinese, Japanese syllables, Korean and symbols (docs/decisions/0021-fonts-of-the-pdf.md).
What all of them lack is printed as an honest stand-in "[U+1000]"; the HTML shows it where the reader's computer can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saksi.report._blocks import Block, Bullets, Card, Document, Figure, Heading, Line, Para, Run, Table, Window

if TYPE_CHECKING:
    import typst

ROWS_A_TABLE: Final = 400
"""Rows of one typst table at most: a table of 30,000 rows takes 3 GiB (facts of issue 2), pieces do not."""

STAND_IN_RUN: Final = 6
"""Characters of one uncovered stretch that are spelled out; the rest of the stretch is a number."""

LONG_CELL: Final = 1_600
"""Characters beyond which a cell may break over pages; shorter ones stay whole, longer ones might not fit one."""

LONG_ROW: Final = 2_500
"""Characters of a cell, as if it had the whole width, beyond which its row may break over pages: about half a page."""

FONTS: Final = Path(__file__).parent / "fonts"

_PLAIN: Final = re.compile("[\t\n\x20-\x7e\xa0-\xac\xae-\xff\u2010-\u2015\u2018-\u201e\u2022\u2026]*")
"""Texts of these alone, nearly all, need no look at the fonts."""


@lru_cache(maxsize=1)
def uncovered() -> re.Pattern[str]:
    """Stretches that no font draws. fonts/covered.txt (tools/fonts.py): what they draw, held by tests/report/test_fonts.py."""
    ranges = (line.split("-") for line in (FONTS / "covered.txt").read_text(encoding="ascii").split())
    covered = "".join(f"{re.escape(chr(int(r[0], 16)))}-{re.escape(chr(int(r[-1], 16)))}" for r in ranges)
    return re.compile(f"[^\t\n\x20\xa0{covered}]+")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])


_FAMILIES: Final = {
    "Noto Sans Devanagari": "\u0900-\u097f", "Noto Sans Bengali": "\u0980-\u09ff", "Noto Sans Tamil": "\u0b80-\u0bff",
    "Noto Sans Thai": "\u0e00-\u0e7f", "Noto Sans Lao": "\u0e80-\u0eff", "Noto Sans Myanmar": "\u1000-\u109f",
    "Noto Sans Khmer": "\u1780-\u17ff", "Noto Sans Javanese": "\ua980-\ua9df", "Noto Sans KR": "\u3131-\u318e\uac00-\ud7a3",
    "Noto Sans SC": "\u3000-\u30ff\u4e00-\u9fff\uff01-\uff9f", "Noto Emoji": "\u2600-\u27bf\U0001f000-\U0001faff",
}
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+(?: +[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+)*")
_SCRIPTS: Final = re.compile("|".join(f"([{points}]+)" for points in _FAMILIES.values()))


def _drawing(svg: str) -> str:
    """A drawing for typst, which looks for no second font inside one piece of text: each script becomes a piece of its own.

    Letters written from the right get lost in such pieces; an ellipsis stands for them, the table beside has them whole.
    """
    names = list(_FAMILIES)
    svg = _RIGHT_TO_LEFT.sub("…", svg)
    return _SCRIPTS.sub(lambda m: f'<tspan font-family="{names[(m.lastindex or 1) - 1]}">{m[0]}</tspan>', printable(svg))


def _stand_in(stretch: str) -> str:
    """ "😭❤" -> "[U+1F62D U+2764]"; a long stretch is cut and counted."""
    codes = [f"U+{ord(ch):04X}" for ch in stretch if ch not in "\ufe0e\ufe0f"] or [f"U+{ord(stretch[0]):04X}"]
    more = f" … +{len(codes) - STAND_IN_RUN}" if len(codes) > STAND_IN_RUN else ""
    return f"[{' '.join(codes[:STAND_IN_RUN])}{more}]"


def printable(text: str) -> str:
    """`text` with stand-ins for what the fonts lack."""
    return text if _PLAIN.fullmatch(text) else uncovered().sub(lambda m: _stand_in(m[0]), text)


def _run(run: Run) -> list[list[str]]:
    """One run as [text, kind] pairs; what the fonts lack becomes a "ctl" pair of its own."""
    if _PLAIN.fullmatch(run.text) or not uncovered().search(run.text):
        return [[run.text, run.kind]]
    pairs = []
    last = 0
    for hit in uncovered().finditer(run.text):
        pairs += [[run.text[last : hit.start()], run.kind], [_stand_in(hit[0]), "ctl"]]
        last = hit.end()
    pairs.append([run.text[last:], run.kind])
    return [p for p in pairs if p[0]]


def _runs(runs: Sequence[Run]) -> list[list[str]]:
    return [pair for run in runs for pair in _run(run)]


def _line(item: Line) -> dict[str, Any]:
    return {
        "cite": item.cite, "id": item.message_id, "when": [printable(w) for w in item.when], "sender": _runs(item.sender),
        "body": _runs(item.body), "notes": [{"runs": _runs(n.runs), "tone": n.tone} for n in item.notes],
        "long": sum(len(text) for text, _ in _runs(item.body)) > LONG_CELL,
    }


def _row(cells: Sequence[Sequence[Run]], widths: Sequence[float]) -> dict[str, Any]:
    """A row; it may break over pages only where a cell is too high for one."""
    made = [_runs(c) for c in cells]
    share = [sum(len(text) for text, _ in cell) * sum(widths) / width for cell, width in zip(made, widths, strict=True)]
    return {"cells": made, "long": max(share, default=0) > LONG_ROW}


def _table(t: Table) -> list[dict[str, Any]]:
    """One or more tables of at most ROWS_A_TABLE rows."""
    pieces = [t.rows[i : i + ROWS_A_TABLE] for i in range(0, len(t.rows), ROWS_A_TABLE)] or [()]
    return [
        {"is": "table", "caption": printable(t.caption), "head": list(t.head), "widths": list(t.widths),
         "rows": [_row(row, t.widths) for row in piece]} for piece in pieces
    ]


def _block(b: Block) -> list[dict[str, Any]]:
    if isinstance(b, Para):
        return [{"is": "para", "runs": _runs(b.runs), "tone": b.tone}]
    if isinstance(b, Bullets):
        return [{"is": "bullets", "items": [_runs(i) for i in b.items], "numbered": b.numbered, "start": b.start}]
    if isinstance(b, Heading):
        return [{"is": "heading", "runs": _runs(b.runs)}]
    if isinstance(b, Table):
        return _table(b)
    if isinstance(b, Card):
        return [{"is": "card", "title": b.title, "blocks": [x for inner in b.blocks for x in _block(inner)]}]
    if isinstance(b, Figure):
        return [{"is": "figure", "caption": b.caption, "svg": _drawing(b.svg_print)}]
    assert isinstance(b, Window)
    return [{"is": "window", "title": _runs(b.title), "lines": [_line(item) for item in b.lines]}]


def as_data(d: Document) -> dict[str, Any]:
    """The document as JSON values for the template."""
    return {
        "title": printable(d.title), "subtitle": printable(d.subtitle), "lang": d.lang, "footer": printable(d.footer),
        "labels": d.labels,
        "sections": [
            {"anchor": s.anchor, "title": s.title, "blocks": [x for b in s.blocks for x in _block(b)]} for s in d.sections
        ],
    }


@lru_cache(maxsize=1)
def _template() -> bytes:
    return (Path(__file__).parent / "page.typ").read_bytes().replace(b"\r\n", b"\n")


def pdf(d: Document) -> bytes:
    """The PDF's bytes."""
    import typst

    data = json.dumps(as_data(d), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    made: bytes = typst.compile(
        _template(), font_paths=_fonts(), format="pdf", sys_inputs={"document": data},
        timestamp=d.made_at_us // 1_000_000,
    )
    return made
