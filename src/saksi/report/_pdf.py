"""A document as PDF by typst: same data, same bytes.

The document goes in as JSON in `sys.inputs`, so that no word of it is ever read as typst markup. Only typst's embedded
fonts are used (system fonts would give another file on another computer), without network or packages. The creation date
is `made_at_us`. The embedded fonts know Latin, Greek and Cyrillic letters but no emoji and no other script: what they
lack is printed as an honest stand-in "[U+1F62D]", as the chapter on limits says; the HTML shows the characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from saksi.report._blocks import Block, Bullets, Card, Document, Figure, Heading, Line, Para, Run, Table, Window

ROWS_A_TABLE: Final = 400
"""Rows of one typst table at most: a table of 30,000 rows takes 3 GiB (facts of issue 2), pieces do not."""

STAND_IN_RUN: Final = 6
"""Characters of one uncovered stretch that are spelled out; the rest of the stretch is a number."""

LONG_CELL: Final = 1_600
"""Characters beyond which a cell may break over pages; shorter ones stay whole, longer ones might not fit one."""

# What Libertinus Serif and DejaVu Sans Mono (both embedded) draw: held by tests/report/test_pdf.py against the fonts' glyphs.
_UNCOVERED: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\xac\xae-\u017f\u0192\u0218-\u021b\u02c6\u02c7\u02d8-\u02dd\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9"
    "\u0400-\u045f\u1e80-\u1e85\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u2044\u20ac"
    "\u2116\u2122\u2190-\u2195\u2212\u2248\u2260\u2264\u2265]+"
)


def _stand_in(stretch: str) -> str:
    """ "😭❤" -> "[U+1F62D U+2764]"; a long stretch is cut and counted."""
    codes = [f"U+{ord(ch):04X}" for ch in stretch if ch not in "\ufe0e\ufe0f"] or [f"U+{ord(stretch[0]):04X}"]
    more = f" … +{len(codes) - STAND_IN_RUN}" if len(codes) > STAND_IN_RUN else ""
    return f"[{' '.join(codes[:STAND_IN_RUN])}{more}]"


def printable(text: str) -> str:
    """`text` with stand-ins for what the fonts lack."""
    return _UNCOVERED.sub(lambda m: _stand_in(m[0]), text)


def _run(run: Run) -> list[list[str]]:
    """One run as [text, kind] pairs; what the fonts lack becomes a "ctl" pair of its own."""
    if not _UNCOVERED.search(run.text):
        return [[run.text, run.kind]]
    pairs = []
    last = 0
    for hit in _UNCOVERED.finditer(run.text):
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


def _table(t: Table) -> list[dict[str, Any]]:
    """One or more tables of at most ROWS_A_TABLE rows."""
    pieces = [t.rows[i : i + ROWS_A_TABLE] for i in range(0, len(t.rows), ROWS_A_TABLE)] or [()]
    return [
        {"is": "table", "caption": printable(t.caption), "head": list(t.head), "widths": list(t.widths),
         "rows": [[_runs(c) for c in row] for row in piece]} for piece in pieces
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
        return [{"is": "figure", "caption": b.caption, "svg": printable(b.svg_print)}]
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
        _template(), ignore_system_fonts=True, format="pdf", sys_inputs={"document": data},
        timestamp=d.made_at_us // 1_000_000,
    )
    return made
