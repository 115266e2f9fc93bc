"""Saved web pages: words and identifiers found, places kept, sealed copies read alike, pages and chats never confused."""

from __future__ import annotations

import base64
import io
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import limits
from saksi.embedded import media_spans
from saksi.identifiers import find
from saksi.packed import Unpacked
from saksi.readers import _json_spans as js
from saksi.readers import _web_blocks as wb
from saksi.readers import web_page_mhtml as mh
from saksi.readers.base import ReadSettings
from saksi.readers.registry import claims, read_source
from saksi.readers.web_archive_warc import other_digest
from saksi.readers.web_archive_warc import reader as warc_reader
from saksi.readers.web_page_html import reader as html_reader
from saksi.readers.web_page_mhtml import reader as mhtml_reader
from tests import test_media_rule as media
from tests.readers.html import imessage_pages, meta_pages, telegram_pages, web_pages
from tests.readers.html.generate import zipped
from tests.readers.telegram.reading import read, rows_of, source_of

PAGES = frozenset({"web_page_html", "web_page_mhtml", "web_archive_warc"})


def words(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(r["kind"], r["text"], r["flags"]) for r in rows]


def test_identifiers_of_a_page_are_found() -> None:
    reading = read_source(source_of(web_pages.SINGLE_FILE, "toko.html"), ReadSettings())
    found = {(r["kind"], r["value"]) for batch in reading for r in find(batch).to_pylist()}
    assert ("phone", "+6286011112222") in found
    assert {v for k, v in found if k in ("link", "invite", "handle")} >= {"https://contoh.example/f"}
    assert any(k == "money" for k, _ in found)


def test_whose_page_and_when_saved() -> None:
    rows = rows_of(html_reader, web_pages.SINGLE_FILE)
    assert {(r["platform"], r["thread_id"], r["sender_name"], r["sender_id"], r["direction"]) for r in rows} == {
        ("web", "https://contoh.example/toko_melati", None, None, None)}
    assert {r["sent_at"].isoformat() for r in rows} == {"2026-11-23T13:15:00+00:00"}
    assert {r["sent_at_basis"] for r in rows_of(html_reader, web_pages.BROWSER)} == {"none"}
    nameless = rows_of(html_reader, b"<!DOCTYPE html><p>halo</p>")
    assert nameless[0]["thread_id"].endswith("-0")


@pytest.mark.parametrize("data", [web_pages.SINGLE_FILE, web_pages.BROWSER, web_pages.mhtml()], ids=["single", "browser", "mhtml"])
def test_spans_hold_the_words(data: bytes) -> None:
    reader = mhtml_reader if data.startswith(b"From:") else html_reader
    rows = [r for r in rows_of(reader, data) if "." not in r["message_id"]]
    at = 0
    for row in rows:
        assert at <= row["span_start"] < row["span_end"]
        at = row["span_end"]
        raw = data[row["span_start"] : at]
        first = (row["text"] or "").split(" ")[0][:3].encode("ascii", "ignore")
        assert first in raw or "&" in first.decode() or "mhtml" in str(data[:40]) or reader is mhtml_reader


def test_pages_are_no_chats_and_chats_no_pages() -> None:
    for data in (telegram_pages.first(), meta_pages.instagram(), meta_pages.old(), imessage_pages.conversation()):
        assert "web_page_html" not in [r.name for r in claims(source_of(data).parts[0])]
    for data in (web_pages.SINGLE_FILE, web_pages.BROWSER):
        assert [r.name for r in claims(source_of(data).parts[0])] == ["web_page_html"]
    mail = b"To: a@contoh.example\r\nMessage-ID: <1>\r\n" + web_pages.mhtml()
    assert "web_page_mhtml" not in [r.name for r in claims(source_of(mail).parts[0])]
    for data in (b"halo <p>dunia</p>", b'{"a": "<!DOCTYPE html>"}', b"<svg xmlns='x'></svg>", b"<?xml version='1.0'?><x/>"):
        assert not {r.name for r in claims(source_of(data).parts[0])} & PAGES


def test_pages_of_a_chats_own_export_are_not_read_twice() -> None:
    data = zipped({
        f"{meta_pages.ROOT}/message_1.html": meta_pages.instagram(),
        "connections/followers_1.html": b"<!DOCTYPE html><html><body><p>daftar</p></body></html>",
        "catatan/halaman.html": b"<!DOCTYPE html><html><body><p>halaman lain</p></body></html>",
    })
    reading = read_source(source_of(data, "instagram-x.zip"), ReadSettings(zone="Asia/Jakarta"))
    texts = [r["text"] for b in reading for r in b.to_pylist()]
    roles = {p["part"]: p["role"] for p in reading.account()["parts"]}
    assert roles["connections/followers_1.html"] == "metadata"
    assert roles["catatan/halaman.html"] == "messages"
    assert "daftar" not in texts
    assert "halaman lain" in texts


@pytest.mark.parametrize("make", [lambda: media.SINGLE_FILE, media.mhtml], ids=["single file", "mhtml"])
def test_a_page_without_its_pictures_reads_as_the_page_with_them(make: Any) -> None:
    """What a case keeps (pictures as asterisks) gives the same rows as the file handed in."""
    data = make()
    kept = bytearray(data)
    for start, length in media_spans(lambda: io.BytesIO(data), len(data)):
        kept[start : start + length] = b"*" * length
    reader = mhtml_reader if data.startswith(b"From:") else html_reader

    def said(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(r["span_start"], r["kind"], r["text"], r["attachments"]) for r in rows if r["flags"] != ["frame"]]

    assert said(rows_of(reader, bytes(kept))) == said(rows_of(reader, data))
    assert any("0860 1111 2222" in (r["text"] or "") for r in rows_of(reader, bytes(kept)))


@pytest.mark.parametrize("data", [web_pages.SINGLE_FILE, web_pages.mhtml()], ids=["single", "mhtml"])
def test_cut_at_every_byte_keeps_every_whole_block(data: bytes) -> None:
    reader = mhtml_reader if data.startswith(b"From:") else html_reader
    every = rows_of(reader, data)
    for cut in range(0, len(data), 3):
        reading = read(reader, source_of(data[:cut]), every=True)
        rows = reading.rows  # type: ignore[attr-defined]
        done = [r for r in every if r["span_end"] + 40 <= cut]  # a block ends with the tag behind it
        got = words(rows)[: len(done)]
        assert [g for g, d in zip(got, words(done), strict=True) if g != d and d[0] != "media"] == [], cut
        if reader is mhtml_reader and data[:cut].strip() and cut < len(data) - 2:
            assert "truncated" in [p.reason for p in reading.problems]


def test_mutations_never_raise_and_always_tile() -> None:
    rng = random.Random(14)
    for base, reader in ((web_pages.SINGLE_FILE, html_reader), (web_pages.mhtml(), mhtml_reader), (web_pages.BROWSER, html_reader)):
        for _ in range(80):
            data = bytearray(base)
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(data))
                what = rng.randrange(3)
                if what == 0:
                    data[at] = rng.randrange(256)
                elif what == 1:
                    del data[at : at + rng.randrange(60)]
                else:
                    data[at:at] = rng.choice([b"<p>", b"</div>", b"\0" * 9, b"<!--", b'"', b"\xff", b"=\r\n", b"\r\n\r\n"])
            rows_of(reader, bytes(data))


def test_transfer_encodings_that_break_are_said() -> None:
    data = web_pages.mhtml().replace(web_pages.BASED[:20], b"%%%% no base64 %%%%%")
    rows = rows_of(mhtml_reader, data)
    assert rows[-1]["kind"] == "unparsed"
    place = b"\r\nContent-Location: https://contoh.example/b"
    strange = web_pages.mhtml().replace(b"Transfer-Encoding: base64" + place, b"Transfer-Encoding: uuencode" + place)
    assert "broken_record" in [p.reason for p in read(mhtml_reader, source_of(strange), every=True).problems]


def test_a_page_beyond_the_limit_is_one_unparsed_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 300)
    for reader, data in ((html_reader, web_pages.SINGLE_FILE), (mhtml_reader, web_pages.mhtml())):
        reading = read(reader, source_of(data), every=True)
        assert [r["kind"] for r in reading.rows] == ["unparsed"]  # type: ignore[attr-defined]
        assert [p.reason for p in reading.problems] == ["oversize_message"]


@given(st.binary(max_size=400))
def test_quoted_printable_and_base64_know_where_their_bytes_stand(raw: bytes) -> None:
    for encoded, undo in ((media.quoted(raw, binary=True), mh.unquoted), (base64.encodebytes(raw), mh.unbased)):
        data, starts, ends = undo(encoded)
        assert data == raw
        assert len(starts) == len(ends) == len(raw)
        assert (starts < ends).all()
        assert (starts[1:] >= starts[:-1]).all()


WORDS: st.SearchStrategy[str] = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.sampled_from(["<b>", "&amp;", "👨‍👩‍👧", "\u202eتصف\u202c", "a\u2028b", "a  b"]),
    min_size=1, max_size=3,
).map(lambda pieces: "".join(pieces)).filter(lambda s: bool(s.strip(" ")))


@given(st.lists(WORDS, max_size=5), st.booleans())
def test_words_come_back_as_a_page_shows_them(said: list[str], saved: bool) -> None:
    import html

    body = "<!DOCTYPE html><body>" + "".join(f"<p>{html.escape(w)}</p>" for w in said) + "</body>"
    if saved:
        data = web_pages.MHTML_HEAD.encode() + web_pages.part("text/html", "quoted-printable", media.quoted(body.encode()), "x")
        rows = rows_of(mhtml_reader, data + b"------MultipartBoundary--abc------\r\n")
    else:
        rows = rows_of(html_reader, body.encode())
    assert [r["text"] for r in rows] == [re.sub(" +", " ", w).strip(" ") for w in said]


@given(st.binary(max_size=300), st.integers(0, 600))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(html_reader, web_pages.SINGLE_FILE[:at] + noise + web_pages.SINGLE_FILE[at:])
    rows_of(mhtml_reader, web_pages.mhtml()[:at] + noise + web_pages.mhtml()[at:])


# -- web archives -----------------------------------------------------------------------------------------------------

ARCHIVE = web_pages.warc()


def test_records_of_an_archive() -> None:
    reading = read(warc_reader, source_of(ARCHIVE))
    rows = reading.rows  # type: ignore[attr-defined]
    by_page: dict[str, list[str | None]] = {}
    for row in rows:
        by_page.setdefault(row["thread_id"].rsplit("/", 1)[-1], []).append(row["text"])
    page = ["Kanal", "hubungi 0860 1111 2222", "klik", "https://contoh.example/x"]
    assert by_page == {
        "kanal": page, "padat": ["Kanal", "dipadatkan 0860 1111 2222", *page[2:]], "potong": page, "sumber": page,
        "1.jpg": [None], "a.txt": ["kata polos"], "br": [None],
    }
    assert {(r["sent_at"].isoformat(), r["sent_at_basis"]) for r in rows} == {("2026-11-23T13:15:00+00:00", "utc")}
    plain = next(r for r in rows if r["text"] == "hubungi 0860 1111 2222")
    assert ARCHIVE[plain["span_start"] : plain["span_end"]] == b"hubungi 0860 1111 2222"
    assert [p.reason for p in reading.problems] == ["broken_record"]


def test_bytes_between_records_are_a_problem() -> None:
    at = ARCHIVE.index(b"WARC/1.1\r\nWARC-Type: response")
    data = ARCHIVE[:at] + b"sampah\nlagi\n" + ARCHIVE[at:].replace(b"Content-Length: ", b"Content-Length: x", 1)
    reading = read(warc_reader, source_of(data))
    assert [p.reason for p in reading.problems].count("broken_structure") == 2
    assert "kata polos" in [r["text"] for r in reading.rows]  # type: ignore[attr-defined]


def test_an_archive_cut_anywhere_keeps_every_whole_record() -> None:
    every = rows_of(warc_reader, ARCHIVE)
    ends = [m.end() for m in re.finditer(rb"\r\n\r\n(?=WARC/|\Z)", ARCHIVE)]
    for cut in range(0, len(ARCHIVE), 5):
        whole = max([e for e in ends if e <= cut], default=0)
        reading = read(warc_reader, source_of(ARCHIVE[:cut]), every=True)
        rows = reading.rows  # type: ignore[attr-defined]
        done = [r for r in every if r["span_end"] <= whole]
        assert words(rows)[: len(done)] == words(done), cut


@pytest.mark.parametrize("window", [50, 700])
def test_an_archive_reads_alike_in_windows_of_any_size(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows_of(warc_reader, ARCHIVE)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert rows_of(warc_reader, ARCHIVE) == expected


def test_mutated_archives_never_raise_and_always_tile() -> None:
    rng = random.Random(15)
    for _ in range(150):
        data = bytearray(ARCHIVE)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.choice([b"", b"\r\n\r\n", b"WARC/1.1\r\n", b"9", b"\0", b"\nWARC/1.0\r\n\r\n"])
        rows_of(warc_reader, bytes(data))


def test_a_bomb_in_an_archive_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 100_000)
    packed = zlib.compress(b"<p>" + b"x" * 50_000_000)
    rows = rows_of(warc_reader, web_pages.record("response", web_pages.response("text/html", packed, "Content-Encoding: deflate")))
    assert max(len(r["text"] or "") for r in rows or [{"text": ""}]) <= 100_000


PACKED = web_pages.warc_gz(ARCHIVE)


def of_packed(data: bytes, name: str = "a.warc.gz") -> tuple[list[dict[str, Any]], list[str], int]:
    """Rows, reasons and bytes of the text of what is handed in."""
    source = source_of(data, name)
    reading = read_source(source, ReadSettings())
    rows = [row for batch in reading for row in batch.to_pylist()]
    counts = reading.account("en")["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
    return rows, [p.reason for p in reading.problems], counts["total"]


def same(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["span_start"], row["span_end"], row["kind"], row["text"], row["thread_id"], row["sent_at"]


@pytest.mark.parametrize("pack", ["members", "one", "zeros between"])
def test_a_packed_archive_reads_as_its_text(pack: str) -> None:
    import gzip

    data = {"members": PACKED, "one": gzip.compress(ARCHIVE), "zeros between": bytes(9).join([PACKED, gzip.compress(ARCHIVE)])}[pack]
    rows, reasons, total = of_packed(data)
    text = ARCHIVE * (2 if pack == "zeros between" else 1)
    assert list(map(same, rows)) == list(map(same, rows_of(warc_reader, text)))
    assert total == len(text)
    assert set(reasons) == {"broken_record"}


def test_a_packed_archive_cut_anywhere_keeps_every_whole_record() -> None:
    every = rows_of(warc_reader, ARCHIVE)
    for cut in range(60, len(PACKED), 7):
        rows, reasons, total = of_packed(PACKED[:cut])
        done = [same(r) for r in every if r["span_end"] <= total - 4]
        assert list(map(same, rows))[: len(done)] == done, cut
        assert "truncated" in reasons or PACKED[cut:].startswith(b"\x1f\x8b"), cut


def test_damage_in_the_packing_ends_the_text_and_is_said() -> None:
    at = PACKED.index(b"\x1f\x8b", len(PACKED) // 2)
    rows, reasons, _ = of_packed(PACKED[:at] + b"sampah" + PACKED[at:])
    assert rows
    assert "broken_archive" in reasons
    rng = random.Random(16)
    for _ in range(60):
        data = bytearray(PACKED)
        for _ in range(3):
            data[rng.randrange(12, len(data))] = rng.randrange(256)
        of_packed(bytes(data))


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_packed_text_comes_in_pieces_of_any_size(piece: int) -> None:
    import gzip

    for data in (PACKED, gzip.compress(ARCHIVE), gzip.compress(bytes(100_000))):
        with Unpacked(io.BytesIO(data)) as stream:
            got = b"".join(iter(lambda: stream.read(piece) or b"", b""))
        assert got == gzip.decompress(data)


def test_a_packed_bomb_is_refused_without_unpacking_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(limits, "ARCHIVE_RATIO_FLOOR_BYTES", 100_000)
    source = source_of(gzip.compress(b"WARC/1.0\r\n" + bytes(9_000_000)), "a.warc.gz")
    assert [t.reason for t in source.troubles] == ["archive_bomb"]
    assert source.parts[0].state == "refused"


def test_digests_that_an_archive_names_are_compared() -> None:
    data = web_pages.digested()
    reading = read(warc_reader, source_of(data))
    at = data.rindex(b"WARC/1.1\r\n")
    assert [(p.reason, p.start) for p in reading.problems] == [("digest_differs", at)]
    assert [r["text"] for r in reading.rows] == ["kata satu", "kata dua", "kata lain"]  # type: ignore[attr-defined]
    for said in ("md5:x", "sha1:", "sha1:!", "sha256:zz", "sha1", "sha1:" + "A" * 500):
        assert not other_digest(said, b"x")
    assert other_digest("sha1:" + "A" * 32, b"x")


def test_a_wacz_is_its_archive_and_lists() -> None:
    source = source_of(zipped(web_pages.wacz()), "situs.wacz")
    reading = read_source(source, ReadSettings())
    rows = [row for batch in reading for row in batch.to_pylist()]
    assert [r["text"] for r in rows] == ["kata satu", "kata dua", "kata lain"]
    assert {r["source_part"] for r in rows} == {"archive/data.warc.gz"}
    assert sorted((p.reason, p.part) for p in reading.problems) == [
        ("digest_differs", "archive/data.warc.gz"), ("digest_differs", "pages/pages.jsonl")]
    roles = {p["part"]: p["role"] for p in reading.account("en")["parts"]}
    assert set(roles.values()) == {"messages", "metadata"}


def test_an_encoding_that_makes_half_a_character_costs_no_page() -> None:
    assert "caf" in wb._decode(b"caf\xe9 \\ud800", "unicode_escape")
