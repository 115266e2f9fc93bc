"""Whatever hypothesis thinks of, written as an app writes it, is read back equal: words, names, order, times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi.readers.line_txt import line_words
from saksi.readers.telegram_txt import header_of
from tests.readers.texts.reading import own, read
from tests.simulator import imessage, line, telegram_copy
from tests.simulator.truth import WIB_MS, Chat, Member, Said

START_MS = 1_767_222_000_000
ODD = ("Sari: Toko", "Ibu 👩‍👩‍👧", "\u200fعمر\u200f", "Budi - RT 3", "+62 860-1111-2222", "a, [b", '"Pak" RT')
WORDS = ("halo", ": ", "👨‍👩‍👧", "مرحبا", "\u2028", "\u0085", "\x0b", "\r", "\n", "\n\n", '"', '""', "10:15\tSari\thai",
         "2024/01/15(Mon)", "\n2024/01/15(Mon)\n10:17\tBudi\thai", "<b>&amp;", "𝔘", "é", "e\u0301", " ", "\t", "null")
texts = st.lists(st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6).map("".join)
names = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)


def chat_of(said: list[tuple[int, str]], people: list[str]) -> Chat:
    """A chat in which person n says text, a minute apart."""
    members = [Member(name, name) for name in people]

    def events() -> Iterator[Said]:
        for n, (who, text) in enumerate(said):
            yield Said(START_MS + n * 60_000, who % len(people), text)

    return Chat("k", "x", "Ruang", members, events, group=True)


def check(reader: str, path: Path, said: list[tuple[int, str]], people: list[str], order: str | None = None) -> None:
    rows = own(read(reader, path.read_bytes(), path.name, zone="Asia/Jakarta", order=order)[0])
    got = [(r["sender_name"], r["text"], round(r["sent_at"].timestamp() * 1000)) for r in rows]
    assert got == [(people[w % len(people)], t, START_MS + n * 60_000) for n, (w, t) in enumerate(said)]
    assert (START_MS + WIB_MS) % 60_000 == 0


def _line_can(text: str) -> bool:
    """What LINE's own grammar can say: a lone CR at an end melts into the line end, one line keeps its first quote."""
    if "\n" not in text:
        return '"' not in text and not text.endswith("\r")
    return "\r\n" not in text and not text.startswith("\r")


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.lists(st.tuples(st.integers(0, 3), texts.filter(_line_can)), max_size=6), people=st.lists(names, min_size=1, max_size=4))
def test_line(tmp_path: Path, eol: str, said: list[tuple[int, str]], people: list[str]) -> None:
    path = tmp_path / "a.txt"
    line.write_text(chat_of(said, people), "en", path, eol=eol)
    check("line_txt", path, said, people)


def _copy_can(text: str) -> bool:
    """What a copy can say: no line of its own that is a header or one of the app's, no CR at a line's end."""
    lines = text.split("\n")
    return not any(header_of(t) or t.endswith("\r") for t in lines) and not lines[0].startswith("[")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.lists(st.tuples(st.integers(0, 3), texts.filter(_copy_can)), max_size=6), people=st.lists(names, min_size=1, max_size=4))
def test_telegram_copy(tmp_path: Path, said: list[tuple[int, str]], people: list[str]) -> None:
    path = tmp_path / "a.txt"
    telegram_copy.write_text(chat_of(said, people), "slashes", path)
    check("telegram_txt", path, said, people, "dmy")


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.lists(st.tuples(st.integers(0, 3), texts.filter(lambda t: t and not any(x.endswith("\r") for x in t.split("\n")))),
                     max_size=6),
       people=st.lists(names, min_size=1, max_size=4))
def test_imessage(tmp_path: Path, said: list[tuple[int, str]], people: list[str]) -> None:
    path = tmp_path / "a.txt"
    imessage.write_text(chat_of(said, ["Me", *people]), path)
    check("imessage_txt", path, said, ["Me", *people])


def test_words_of_the_app_are_typed_data() -> None:
    words = line_words()
    assert len({p for phrases in words.media.values() for p in phrases}) == sum(map(len, words.media.values()))
