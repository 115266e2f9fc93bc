"""The tokenizer, the tree, references and their way back, and how files are cut."""

from __future__ import annotations

import html
import io
import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import limits
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js

PIECES = st.lists(st.sampled_from([
    b"<div class='a'>", b"</div>", b"<p", b">", b"<br>", b"<br/>", b"halo ", b"&amp;", b"<!-- x -->", b"<!--", b"-->", b'<a href="',
    b'"', b"'", b"<script>", b"</script>", b"if (a<b) {", b"\xff", b"<", b"</", b"<1", b"\0", b"<!DOCTYPE html>", b"<textarea>",
    b"</textarea >", "é😀".encode(), b"<img src=x onerror=y>", b"&#x41;",
]), max_size=30).map(b"".join)


@given(PIECES | st.binary(max_size=200))
def test_tokens_cover_everything_in_order(data: bytes) -> None:
    at = 0
    for _, start, end, _, _ in hs.tokens(data):
        assert start == at < end
        at = end
    assert at == len(data)


@given(PIECES)
def test_trees_nest(data: bytes) -> None:
    root = hs.parse(data)
    for element in root.walk():
        assert element.start <= element.inner_start <= element.inner_end <= element.end
        at = element.inner_start
        for child in element.children:
            assert at <= child.start
            at = child.end
        assert at <= element.inner_end
    hs.text_of(data, root)


def test_text_and_attributes_of_a_page() -> None:
    data = b"<p title='a &amp; \"b\"' CLASS=\"x  y\" hidden>satu<br>dua &lt;tiga&gt;<b> empat</b><!-- lima --><script>6</script></P>"
    root = hs.parse(data)
    p = root.children[0]
    assert p.attributes == {"title": 'a & "b"', "class": "x  y", "hidden": ""}
    assert p.classes == {"x", "y"}
    assert hs.text_of(data, root) == "satu\ndua <tiga> empat"
    assert (p.start, p.end, p.closed) == (0, len(data), True)


def test_what_is_not_closed_ends_with_the_record_and_loose_ends_are_ignored() -> None:
    data = b"<div>a</span><div>b</div></b>c"
    (outer,) = hs.parse(data).children
    assert not outer.closed
    assert outer.end == len(data)
    assert hs.text_of(data, outer) == "abc"


@pytest.mark.parametrize(("raw", "text"), [
    (b"&lt;a&gt; &amp;amp; &quot;&apos;&#39;&#x1F600;&#128512;", "<a> &amp; \"''😀😀"),
    (b"&nbsp;&laquo;x&raquo; &copy &notit; &NotEqualTilde;", "\xa0«x» © ¬it; ≂̸"),
    (b"&#x8;&#0;&#13;&#150;&#x110000;&#xD83D;", "\x08\0\r–&#x110000;" + chr(js.SURROGATE_STAND_IN + 0x3D)),
    (b"AT&T R&D &; &#; &#x; &unbekannt; a&", "AT&T R&D &; &#; &#x; &unbekannt; a&"),
    (b"caf\xe9 \xff", "caf" + chr(js.STAND_IN + 0xE9) + " " + chr(js.STAND_IN + 0xFF)),
])
def test_references(raw: bytes, text: str) -> None:
    assert hs.decode(raw) == text


def test_references_in_attributes_without_semicolon_stay() -> None:
    assert hs.decode_attribute(b"?a=1&copy=2&amp;lt=3&ltx &lt") == "?a=1&copy=2&lt=3&ltx <"


@given(st.text())
def test_escaped_text_comes_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    for raw in (html.escape(text), "".join(f"&#{ord(c)};" if ord(c) < 0x80 or ord(c) > 0x9F else c for c in text)):
        assert hs.decode(raw.encode()) == text


@given(st.lists(st.sampled_from([b"&amp;", b"&#x41;", b"&copy", b"&notit;", b"&NotEqualTilde;", b"x", "é".encode(), "😀".encode(),
                                 b"\xff", b"&", b";", b"&#x110000;", b"&#xD800;"]), max_size=12).map(b"".join))
def test_the_way_back_names_the_bytes_of_every_character(raw: bytes) -> None:
    text = hs.decode(raw)
    spans = hs.byte_spans(raw)
    assert len(spans) == len(text)
    covered = sorted(set(spans))
    assert covered == sorted({(s, e) for s, e in covered})
    assert not covered or (covered[0][0], covered[-1][1]) == (0, len(raw))
    assert all(a[1] == b[0] for a, b in pairwise(covered))
    for c, (start, end) in zip(text, spans, strict=True):
        assert c in hs.decode(raw[start:end])


@pytest.mark.parametrize("window", [7, 64, 1000])
def test_pieces_are_the_file(window: int) -> None:
    data = b"kop " + b"".join(b"<r %d>isi</r>\n" % i for i in range(50)) + b"ekor"
    found = list(hs.pieces(js.Feed(io.BytesIO(data), len(data), window), re.compile(rb"<r ")))
    assert b"".join(p.data for p in found) == data
    assert [p.head for p in found] == [True] + [False] * 50
    assert [p.last for p in found] == [False] * 50 + [True]
    assert all(data[p.start : p.end] == p.data for p in found)


def test_a_file_without_a_record_is_one_head() -> None:
    (piece,) = hs.pieces(js.Feed(io.BytesIO(b"kosong"), 6), re.compile(rb"<r "))
    assert (piece.head, piece.last, piece.data) == (True, True, b"kosong")


def test_a_record_beyond_the_limit_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 500)
    data = b"<r 1>a<r 2>" + b"x" * 9000 + b"<r 3>c"
    found = list(hs.pieces(js.Feed(io.BytesIO(data), len(data), 200), re.compile(rb"<r ")))
    assert [(p.start, p.end, len(p.data)) for p in found if p.data or p.end > p.start] == [(0, 6, 6), (6, 9011, 0), (9011, 9017, 6)]


@pytest.mark.parametrize("data", [
    b"<" * 200_000, b"<!--" * 100_000, b"<a '\"" * 60_000, b"<div>" * 100_000, b"</div>" * 100_000, b"&" * 200_000,
    b"<a b=" * 60_000, b"<script>" * 50_000, b"<p class=\"" + b"x" * 300_000,
], ids=lambda d: d[:10].decode())
def test_files_made_to_be_slow_are_not(data: bytes) -> None:
    start = time.process_time()
    root = hs.parse(data)
    hs.text_of(data, root)
    hs.words(data)
    assert time.process_time() - start < 8


def test_who_wrote_it() -> None:
    assert hs.family(b"<html><head><title>Exported Data</title>") == "telegram"
    assert hs.family(b"<!DOCTYPE html><html><body><p>halo</p>") is None
    assert hs.family(b"kata <div class=\"message default clearfix\" id=\"message5\"> dalam kalimat") is None
    assert hs.family(b"{\"a\": \"<title>Exported Data</title>\"}") is None
    for head in (b"<!DOCTYPE html>", b" \n<!-- a --><?xml version='1.0'?>\n<HTML>", js.BOM + b"<head>", b"<title>x"):
        assert hs.looks_like_html(head)
    for head in (b"halo <html>", b"<!-- <html>", b"", b"<svg><title>x</title></svg>", b"<?xml version='1.0'?><smses>"):
        assert not hs.looks_like_html(head)
