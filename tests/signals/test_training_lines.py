"""The training lines are of their form, known signals only, none twice, and share nothing with the evaluation set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saksi.signals.taxonomy import taxonomy
from tests.evaluation.load import conversations

LINES = Path(__file__).resolve().parents[2] / "tools" / "training"
FILES = sorted(LINES.glob("*.txt"))
PHONE = re.compile(r"(?:\+62|\b0)8\d{2}[\d -]{5,}")


def written(path: Path) -> list[tuple[set[str], str]]:
    """(signals, text) of every line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            said, bar, text = line.partition(" | ")
            assert bar, f"{path.name} line {number}"
            assert text.strip(), f"{path.name} line {number}"
            found.append(({s.strip() for s in said.split(",")} - {"-"}, text.strip()))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_lines_are_of_their_form(path: Path) -> None:
    known = set(taxonomy().signals)
    for signals, text in written(path):
        assert signals <= known, text
        assert 1 <= len(text.split()) <= 40, text
        assert all("860" in phone for phone in PHONE.findall(text)), text


def test_no_line_twice_and_none_of_the_evaluation_set() -> None:
    texts = [text for path in FILES for _, text in written(path)]
    assert len(texts) > 1000
    assert len(set(texts)) == len(texts)
    evaluated = {m.text for c in conversations() for m in c.parsed() if m.text and len(m.text) >= 15}
    assert evaluated.isdisjoint(texts)
