"""Search finds what people wrote, however they wrote it, and says where."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from saksi.case.search import spans_of_words

TEXTS = pa.array(
    [
        "Transfer ke DANA sekarang", "sudah aku transfer kok", "v c s yuk", "tolonggg dong 😭", None, "", "трансfer дana",
        "kemarin ditransfer lewat dana, kata Ibu", "日本語のメッセージ", "baris satu\nbaris dua",
    ]
)  # fmt: skip


def rows(*words: str) -> list[int]:
    return sorted(spans_of_words(TEXTS, words))


def test_every_word_must_be_there() -> None:
    assert rows("transfer") == [0, 1, 7]
    assert rows("transfer", "dana") == [0, 7]
    assert rows("DANA", "Transfer", "Ibu") == [7]
    assert rows("tidak ada") == []


def test_tricks_do_not_hide() -> None:
    assert rows("vcs") == [2]
    assert rows("tolong") == [3]
    assert rows("😭") == [3]
    assert rows("メッセージ") == [8]


def test_spans_are_code_points_of_the_raw_text() -> None:
    found = spans_of_words(TEXTS, ["tolong", "😭"])
    text = TEXTS[3].as_py()
    assert sorted(text[a:b] for a, b in found[3]) == ["tolonggg", "😭"]
    ((start, end),) = spans_of_words(TEXTS, ["vcs"])[2]
    assert TEXTS[2].as_py()[start:end] == "v c s"


@given(st.text(min_size=1, max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_a_text_is_found_by_itself(word: str, before: str, after: str) -> None:
    if word.strip():
        texts = pa.array([before + " " + word + " " + after, "lain"])
        found = spans_of_words(texts, [word])
        if 0 in found:
            text = texts[0].as_py()
            assert all(0 <= a < b <= len(text) for a, b in found[0])
        else:
            # folding may read a word next to other letters differently (spaced letters); alone it must be found
            assert 0 in spans_of_words(pa.array([word]), [word]) or not word.isascii()
