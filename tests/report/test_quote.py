"""Text from exports made fit to be seen: nothing lost, nothing hidden, highlights at exact code points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from saksi.report._quote import QUOTE_MAX, merged_spans, one_line, quoted, seen

CUT = "<{n}>"


def test_invisible_characters_become_stand_ins() -> None:
    runs = seen("a\x00b\u202ec\u200dd\x1b")
    assert [(r.text, r.kind) for r in runs] == [
        ("a", "said"), ("[U+0000]", "ctl"), ("b", "said"), ("[U+202E]", "ctl"), ("c", "said"), ("[U+200D]", "ctl"),
        ("d", "said"), ("[U+001B]", "ctl"),
    ]


def test_joiner_between_pictographs_is_part_of_what_is_seen() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert [r.text for r in seen(family)] == [family]


def test_line_ends_are_kept_as_one() -> None:
    assert "".join(r.text for r in seen("a\r\nb\nc")) == "a\nb\nc"


def test_one_line_has_no_line() -> None:
    assert one_line("Dimas\n\u202e") == "Dimas [U+202E]"


def test_highlights_are_exact() -> None:
    runs = quoted("satu dua 😀 tiga", [(5, 8), (9, 10)], CUT)
    assert [r.text for r in runs if r.kind == "mark"] == ["dua", "😀"]


def test_overlapping_and_touching_spans_merge_and_out_of_range_ones_are_clipped() -> None:
    assert merged_spans([(3, 6), (0, 3), (5, 99), (7, 7), (-4, 1)], 10) == [(0, 10)]
    assert merged_spans([(2, 1), (5, 5)], 10) == []


def test_long_text_keeps_start_and_highlight_and_counts_the_rest() -> None:
    text = "a" * 5000 + "ANCAM" + "b" * 5000
    runs = quoted(text, [(5000, 5005)], CUT)
    assert [r.text for r in runs if r.kind == "mark"] == ["ANCAM"]
    left = sum(int(r.text.strip("<>")) for r in runs if r.kind == "cut")
    shown = sum(len(r.text) for r in runs if r.kind in ("said", "mark"))
    assert left + shown == len(text)
    assert shown <= QUOTE_MAX


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=300),
       st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=5))
def test_nothing_is_lost_in_short_texts(text: str, spans: list[tuple[int, int]]) -> None:
    back = ""
    for run in quoted(text, spans, CUT):
        back += chr(int(run.text[3:-1], 16)) if run.kind == "ctl" else run.text
    assert back == text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=120),
       st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=4))
def test_highlighted_code_points_are_those_of_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    wanted = {i for s, e in spans for i in range(s, min(e, len(text)))}
    at = 0
    for run in quoted(text, spans, CUT):
        if run.kind == "ctl":
            at += 1
            continue
        assert {i in wanted for i in range(at, at + len(run.text))} == {run.kind == "mark"}
        at += len(run.text)
    assert at == len(text)
