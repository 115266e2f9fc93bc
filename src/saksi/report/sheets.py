"""The three sheets of the organisation's recovery, as text and PDF, both languages on one page: `write(made, folder)`.

They are written once, for printing, and are nowhere else. A sheet says what it is, what to do with it and what it does not do; the
words are numbered, so that a sheet copied by hand is read back without guessing (saksi.vault.recovery.words_in).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from saksi.report import write_files
from saksi.report._blocks import Block, Bullets, Document, Para, Section, Table, words
from saksi.vault.recovery import SHEETS, NewRecovery
from saksi.words import LANGUAGES, say

COLUMNS: Final = 3
RULES: Final = ("sheet_rule_paper", "sheet_rule_apart", "sheet_rule_two", "sheet_rule_lost")
LABELS: Final = ("contents", "page_of", "skip")


def text(made: NewRecovery, number: int) -> str:
    """Sheet `number` (1-based) as plain text."""
    told = made.sheets[number - 1].split()
    lines = []
    for lang in LANGUAGES:
        lines += [
            say("access.sheet_title", lang, number=number, of=SHEETS), "", say("access.sheet_what", lang), "",
            *(f"- {say(f'access.{rule}', lang)}" for rule in RULES), "",
        ]  # fmt: skip
    lines += [f"{n:2d}. {word}" for n, word in enumerate(told, 1)]
    return "\n".join([*lines, "", made.recipient, ""])


def _numbered(told: Sequence[str], lang: str) -> Table:
    height = -(-len(told) // COLUMNS)
    cells = [f"{n}. {word}" for n, word in enumerate(told, 1)]
    rows = [[words(cells[r + c * height], "mono") for c in range(COLUMNS)] for r in range(height)]
    return Table(say("access.sheet_words", lang), [""] * COLUMNS, rows, [1.0] * COLUMNS)


def document(made: NewRecovery, number: int) -> Document:
    """Sheet `number` (1-based) as a document of two sections, one a language; the words stand in the first."""
    sections: list[Section] = []
    for lang in LANGUAGES:
        blocks: list[Block] = [
            Para(words(say("access.sheet_what", lang))),
            Bullets([words(say(f"access.{rule}", lang)) for rule in RULES]),
        ]
        if not sections:
            blocks += [_numbered(made.sheets[number - 1].split(), lang), Para(words(made.recipient, "long"))]
        sections.append(Section(f"s-{lang}", say("access.sheet_title", lang, number=number, of=SHEETS), blocks))
    title = sections[0].title
    labels = {name: say(f"report.{name}", LANGUAGES[0]) for name in LABELS}
    return Document(title, LANGUAGES[0], say("access.sheet_subtitle", LANGUAGES[0]), 0, title, sections, labels)


def write(made: NewRecovery, folder: Path) -> list[Path]:
    """Write the three sheets as text and PDF, readable by the owner only. Raises OSError."""
    from saksi.report._pdf import pdf

    files = {}
    for number in range(1, SHEETS + 1):
        files[f"lembar-{number}.txt"] = text(made, number).encode()
        files[f"lembar-{number}.pdf"] = pdf(document(made, number))
    return write_files(files, folder)
