"""The gate: every message a pattern matches is let through, whatever the words' lengths and places; most others are not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.signals import packs
from saksi.signals.gate import Gate
from saksi.signals.patterns import Macros, compile_pattern
from saksi.text.bulk import fold_bulk
from tests.simulator.bulk import bulk_chat

NO_MACROS = Macros({})


def let_through(patterns: list[str], texts: list[str]) -> list[list[int]]:
    gate = Gate([compile_pattern(p, NO_MACROS, "x") for p in patterns])
    return [found.tolist() for found in gate.messages(fold_bulk(pa.array(texts, pa.string())))]


@pytest.mark.parametrize(("pattern", "text"), [
    ("a", "a"), ("ab cd", "cd ab"), ("abcdefgh", "abcdefgh"), ("abcdefghi", "abcdefghi"), ("ab*", "abc"), ("ab*", "ab"),
    ("abcdefg*", "abcdefgh"), ("abcdefgh*", "abcdefghijk"), ("abcdefghi*", "abcdefghijk"), ("bayar #", "bayar rp500"),
    ("(lunas|#) ya", "5 ya"), ("x*", "x9"), ("#", "1"),
])
def test_lets_through(pattern: str, text: str) -> None:
    texts = ["", text, "zz", f"zz {text}", f"{text} zz", "-"]
    assert let_through([pattern], texts) == [[1, 3, 4]]


@pytest.mark.parametrize(("pattern", "text"), [
    ("ab cd", "ab"), ("ab cd", "abcd"), ("abc", "abcd"), ("abc", "ab"), ("abc*", "ab"), ("bayar #", "bayar dong"), ("b*", "ab"),
])
def test_keeps_back(pattern: str, text: str) -> None:
    assert let_through([pattern], [text]) == [[]]


def test_a_pattern_without_words_sees_every_message() -> None:
    assert let_through(["a(b|c d)e", "zz"], ["x", "y", ""]) == [[0, 1, 2], []]


def test_no_messages_and_no_patterns() -> None:
    assert let_through(["a"], []) == [[]]
    assert let_through([], ["a"]) == []


@given(st.lists(st.text("abcdefghij", min_size=1, max_size=12), min_size=1, max_size=30), st.data())
def test_every_word_is_found_among_others(words: list[str], data: st.DataObject) -> None:
    endings = [data.draw(st.sampled_from(["", "*"])) for _ in words]
    texts = [f"0{i}, {word}{'klm' if end else ''}." for i, (word, end) in enumerate(zip(words, endings, strict=True))]
    found = let_through([w + e for w, e in zip(words, endings, strict=True)], texts)
    assert all(i in messages for i, messages in enumerate(found))


def test_most_harmless_messages_are_never_tried() -> None:
    said = [s.text for s in bulk_chat(20_000, 3, "telegram").said() if s.text]
    found = packs().gate.messages(fold_bulk(pa.array(said, pa.string())))
    tried = set().union(*(f.tolist() for f in found))
    assert len(tried) < 0.3 * len(said)
    assert sum(map(len, found)) < 0.5 * len(said)
