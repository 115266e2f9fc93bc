"""Plain pasted text: "Name: message" a line, perhaps with a time in front. Typed or copied by hand from any app.

    Sari: halo
    [10:15] Budi: hai
    10.16 Sari: apa kabar

The rules, in order (docs/formats/pasted.md):

1. Read only where it is asked for (--format pasted_txt), or where no other reader claims a lone text and most of its lines
   have the shape (`has_shape`; registry). It never claims a part by itself, so it takes nothing from another reader.
2. A line NAME: WORDS is a row; NAME is at most 40 characters, has a letter or digit first, no link and at most five words.
   Any other line continues the row above; before the first row it is kept as unparsed.
3. A time in front is sent_at_text; without a day it is no instant (basis none). Nothing more is known: no accounts, no zone.

Such text is the weakest form: anybody can have typed it. Versions tested: none, it is nobody's format.
References: docs/formats/pasted.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers._lines import head_lines, part_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "pasted"
_ROW: Final = re.compile(
    r"(?:(?:\[(?P<t0>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)\]|(?P<t1>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?))[ \t]+(?:- )?)?"
    r"(?P<name>[\w+~@][^:\n\t]{0,39}):(?:[ \t](?P<words>.*))?",
    re.DOTALL,
)
_NAME_WORDS_MAX: Final = 5
SHARE_MIN: Final = 0.6
"""Share of a text's lines that must have the shape."""

ROWS_MIN: Final = 2
_HEADERS: Final = frozenset({
    "date", "from", "to", "subject", "cc", "bcc", "tanggal", "dari", "kepada", "perihal", "http", "https", "version",
    "note", "catatan", "error", "warning", "info", "debug",
})  # fmt: skip
"""Words that lead lines of letters, logs and forms, not of talk."""


def row_of(line: str) -> re.Match[str] | None:
    """The parts of a line that has the shape; None where it has not."""
    match = _ROW.fullmatch(line)
    if match is None:
        return None
    name = match["name"].strip()
    if not name or len(name.split()) > _NAME_WORDS_MAX or "://" in line[: len(name) + 12] or name.isdigit():
        return None
    return match


def has_shape(part: Part) -> bool:
    """Whether most lines of a text's head read like talk: a few names again and again, words behind them."""
    lines = [line for line in head_lines(part, 400) if line.strip()]
    rows = [match for line in lines if (match := row_of(line)) is not None]
    names = [match["name"].strip().casefold() for match in rows]
    people = set(names)
    if len(rows) < ROWS_MIN or len(rows) < SHARE_MIN * len(lines) or people & _HEADERS:
        return False
    said = sum(bool((match["words"] or "").strip()) for match in rows)
    return said * 2 > len(rows) and (len(people) < len(rows) or len(rows) <= 3)


def _records(part: Part) -> Iterator[Record]:
    row: Record | None = None
    more: list[str] = []
    ending = ""
    for line in part_lines(part):
        text = line.text
        match = None if text is None else row_of(text)
        if row is not None and (match is not None or text is None or line.end - row.start > limits.MESSAGE_BYTES_MAX):
            yield _whole(row, more)
            row, more = None, []
        if text is None:
            yield unparsed(line.start, line.end, None, None, "oversize_message")
        elif match is not None:
            row = Record(line.start, line.end, "text", match["words"] or "", line.repair, match["name"].strip(),
                         stamp_text=match["t0"] or match["t1"])  # fmt: skip
        elif row is not None:
            more += [ending, text or ""]
            row.end, row.repair = line.end, row.repair or line.repair
        elif text.strip():
            yield unparsed(line.start, line.end, text, line.repair, "continuation_without_start")
        else:
            yield container(line.start, line.end)
        if row is not None and line.repair is not None:
            row.reasons = ("invalid_utf8",)
        ending = line.ending
    if row is not None:
        yield _whole(row, more)


def _whole(row: Record, more: list[str]) -> Record:
    """The row with what the lines below its first add to its text."""
    row.text = "".join([row.text or "", *more])
    return row


class PastedTxt(Alone):
    """The reader (see the module)."""

    name = "pasted_txt"

    def recognise(self, part: Part) -> Evidence | None:  # noqa: ARG002 - the seam's name
        """Never: see the module's first rule."""
        return None

    def last_resort(self, part: Part) -> Evidence | None:
        """Why a lone text that nobody claims is read by this reader; None where it is not."""
        return Evidence("pasted_lines") if has_shape(part) else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            yield from read_records(source, part, settings, PLATFORM, _records, dated=False)


reader = PastedTxt()
