"""The pattern language: what matches, what does not, and what its errors say."""

from __future__ import annotations

import re

import pytest

from saksi.errors import DataFileError
from saksi.signals.patterns import Macros, compile_pattern, whole_words
from saksi.text import fold_text

MACROS = Macros({"kamu": ["kamu", "km", "u"], "jangan": ["jangan", "jgn"], "loop": ["{loop}"]})


def matches(pattern: str, text: str) -> bool:
    regex = re.compile(whole_words([compile_pattern(pattern, MACROS, "x")]).encode())
    return regex.search(fold_text(text)) is not None


@pytest.mark.parametrize(("pattern", "text"), [
    ("umur {kamu} berapa", "Umur, km... berapa?"),
    ("umur~{kamu}", "umur nya si dia kamu"),
    ("umur~1 {kamu}", "umur nya kamu"),
    ("kirim (foto|video|) dong", "kirim dong"),
    ("kirim (foto|video|) dong", "kirim video dong"),
    ("(tolong|) kirim", "kirim"),
    ("jangan bilang~(siapa siapa|) ya", "jangan bilang ya"),
    ("jangan bilang~(siapa siapa|) ya", "jangan bilang ke siapa-siapa ya"),
    ("ng(gak|ga) usah", "nggak usahh"),
    ("sebar(in|kan|)", "sebarin"),
    ("rekam*", "rekamannya"),
    ("bayar # ya", "bayar Rp 1.500.000 ya"),
    ("bayar # ya", "bayar 500rb ya"),
    ("bayar # ya", "bayar 2 juta ya"),
    ("don't tell", "DONT tell"),
    ("don't tell", "don’t tell"),
    ("maaf", "maaaf"),
    ("siapa-siapa", "siapa siapa"),
    ("rate vcs~2", "rate vcs"),
])
def test_matches(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), [
    ("umur {kamu}", "umurkamu"),
    ("umur {kamu}", "berumur kamu"),
    ("umur~1 {kamu}", "umur nya si kamu"),
    ("sebar(in|kan|)", "sebarannya"),
    ("bayar # ya", "bayar ya"),
    ("u", "udah"),
])
def test_does_not_match(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


@pytest.mark.parametrize("pattern", ["(a", "a)", "{nobody}", "{kamu", "a~99 b", "(a|)", "", "*", "{loop}"])
def test_wrong_patterns_are_refused_with_their_rule(pattern: str) -> None:
    with pytest.raises(DataFileError) as e:
        compile_pattern(pattern, MACROS, "id.test.1")
    assert e.value.values["rule"] == "id.test.1"


def test_every_match_holds_a_word_of_each_clause() -> None:
    pattern = compile_pattern("{jangan} (bilang|cerita)~rekam*", MACROS, "x")
    assert {frozenset({"jangan", "jgn"}), frozenset({"bilang", "cerita"}), frozenset({"rekam*"})} == set(pattern.clauses)
