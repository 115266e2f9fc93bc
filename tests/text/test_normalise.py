"""Folding: what is folded to what, and that every folded stretch maps back to exactly the code points it came from."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.text import fold_batch, fold_text
from saksi.text.normalise import evasion_view

CHARS = "abkmuoO sS.!\"'’0157😀é\u200b\u202eаеоВＡ９ŋ中\nfiﬁ@$_-"


@pytest.mark.parametrize(("raw", "folded"), [
    ("Tolonggg", b"tolong"),
    ("ｔｏｌｏｎｇ", b"tolong"),
    ("tоlоng", b"tolong"),  # Cyrillic o
    ("ΤOLONG", b"tolong"),  # Greek Tau
    ("to\u200blo\u202eng", b"tolong"),
    ("tólöng", b"tolong"),
    ("to\u0301long", b"tolong"),
    ("𝐭𝗼𝚕ong", b"tolong"),
    ("ⓣolong", b"tolong"),
    ("don't don’t", b"dont dont"),
    ("baris\nbaru", b"baris baru"),
    ("oke😀ya", b"oke ya"),
    ("100 1000", b"100 1000"),
    ("٣٤", b"34"),
    ("“kata”", b'"kata"'),
    ("open_bo", b"open bo"),
    ("", b""),
])
def test_what_is_folded(raw: str, folded: bytes) -> None:
    assert fold_text(raw) == folded


@pytest.mark.parametrize(("raw", "view"), [
    ("v c s yuk", b"vcs yuk"), ("o.b. ya", b"ob. ya"), ("v1deo", b"video"), ("0pen b0", b"open bo"),
    ("s3bar", b"sebar"), ("s@yang", b"sayang"), ("4ku", b"aku"),
])
def test_evasions_get_a_second_view(raw: str, view: bytes) -> None:
    plain = fold_batch(pa.array(["halo", raw, None]))
    second = evasion_view(plain)
    assert second.rows.tolist() == [1]
    assert second.message(0) == view


@pytest.mark.parametrize("raw", ["jam 10 besok", "transfer ke 0860111222", "halo semua", "2 x 3", "a b" * 0])
def test_harmless_writing_needs_no_second_view(raw: str) -> None:
    assert len(evasion_view(fold_batch(pa.array([raw])))) == 0


@given(st.text(CHARS, max_size=40))
def test_folding_twice_is_folding_once(raw: str) -> None:
    once = fold_text(raw)
    assert fold_text(once.decode("ascii")) == once


@given(st.text(max_size=60))
def test_any_text_folds_to_plain_ascii(raw: str) -> None:
    folded = fold_text(raw.encode("utf-8", "replace").decode())
    assert folded.isascii()
    assert b"\n" not in folded
    assert not re.search(rb"[A-Z'`_]|([a-z])\1", folded)


@given(st.lists(st.one_of(st.none(), st.text(CHARS, max_size=30)), max_size=8))
def test_every_byte_maps_back_to_what_it_stands_for(texts: list[str | None]) -> None:
    plain = fold_batch(pa.array(texts, pa.string()))
    assert len(plain) == len(texts)
    for i, text in enumerate(texts):
        message = plain.message(i)
        assert message == fold_text(text or "")  # a message folds the same alone and in a batch
        ends = [0]
        for k in range(len(message)):
            start, end = plain.raw_span(i, k, k + 1)
            assert 0 <= start < end <= len(text or "")
            assert start >= ends[-1]
            ends.append(end)
            assert fold_text((text or "")[start:end]) == message[k: k + 1]


@given(st.lists(st.text(CHARS + "vcs4 ", max_size=30), max_size=8))
def test_the_second_view_maps_back_too(texts: list[str]) -> None:
    plain = fold_batch(pa.array(texts, pa.string()))
    second = evasion_view(plain)
    for i in range(len(second)):
        text = texts[int(second.rows[i])]
        spans = [second.raw_span(i, k, k + 1) for k in range(len(second.message(i)))]
        assert spans == sorted(spans)
        assert all(0 <= s < e <= len(text) for s, e in spans)


@given(st.text("abc xyz019.,!?AB", max_size=60))
def test_ascii_short_way_gives_the_same(raw: str) -> None:
    alone = fold_batch(pa.array([raw]))
    beside_other = fold_batch(pa.array([raw, "é"]))  # forces the table of all code points
    assert alone.message(0) == beside_other.message(0)


def test_a_slice_of_a_batch_is_folded_as_the_slice() -> None:
    texts = pa.array(["satu", None, "duaa", "tiga"]).slice(1, 2)
    folded = fold_batch(texts, np.array([7, 9]))
    assert [folded.message(i) for i in range(2)] == [b"", b"dua"]
    assert folded.rows.tolist() == [7, 9]
    assert folded.raw_span(1, 2, 3) == (2, 4)
