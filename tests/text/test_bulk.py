"""The bulk fold: the same bytes as the fold with the map, and the same messages with a second view."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from saksi.text import fold_batch
from saksi.text.bulk import fold_bulk
from saksi.text.normalise import evasion_view

CHARS = "abkmuoO sS.!\"'’0157😀é\u200b\u202eаеоВＡ９ŋ中\nfiﬁ@$_-\x00\u0301𝐭ⓣ"


def check(texts: pa.Array) -> None:
    bulk, mapped = fold_bulk(texts), fold_batch(texts)
    assert bulk.data.tobytes() == mapped.data
    assert bulk.starts.tolist() == mapped.starts.tolist()
    assert bulk.evaded().tolist() == evasion_view(mapped).rows.tolist()


@given(st.lists(st.one_of(st.none(), st.text(CHARS, max_size=30)), max_size=8))
def test_the_same_as_with_the_map(texts: list[str | None]) -> None:
    check(pa.array(texts, pa.string()))
    check(pa.array(texts, pa.large_string()).slice(1, 3))


@given(st.lists(st.text(max_size=20), max_size=4))
def test_the_same_for_any_text(texts: list[str]) -> None:
    check(pa.array([t.encode("utf-8", "replace").decode() for t in texts], pa.string()))


@given(st.lists(st.text("ab 01345@$.", max_size=9), max_size=4))
def test_the_same_second_views(texts: list[str]) -> None:
    check(pa.array(texts, pa.string()))


def test_every_code_point_is_folded_the_same() -> None:
    points = [chr(p) for p in range(0x110000) if not 0xD800 <= p < 0xE000]
    check(pa.array(["x".join(points[i: i + 4096]) for i in range(0, len(points), 4096)], pa.string()))
