"""The Meta HTML reader: its samples, moments in people's languages, damaged files, and what hypothesis thinks of."""

from __future__ import annotations

import html
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers import _html_dates as hd
from saksi.readers import _json_spans as js
from saksi.readers import meta_html
from saksi.readers.meta_html import reader
from saksi.readers.meta_json import repaired
from tests.readers.html import meta_pages as pages
from tests.readers.html.generate import zipped
from tests.readers.telegram.reading import read, rows_of, source_of
from tests.readers.test_truth import compare, whole
from tests.readers.test_truth import rows_of as rows_of_path
from tests.simulator import meta_html as writer
from tests.simulator.truth import Row
from tests.simulator.world import build_phone

NEW, THEN, OLD = pages.instagram(), pages.facebook_2019(), pages.old()


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["kind"], row["sender_name"], row["sent_at_text"], row["text"], row["flags"]


def reasons(data: bytes, zone: str | None = "Asia/Jakarta") -> list[str]:
    return [p.reason for p in read(reader, source_of(data), zone, every=True).problems]


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meta_html, "_PLAIN", re.compile(rb"(?!)"))


def test_whole_thread_of_message_requests() -> None:
    path = f"{pages.ROOT}/message_1.html"
    data = zipped({path: NEW, f"{pages.ROOT}/photos/1.jpg": b"\xff\xd8\xff\xe0 made up"})
    rows = read(reader, source_of(data, "instagram-x.zip"), "Asia/Jakarta").rows  # type: ignore[attr-defined]
    m = ["message_request"]
    assert [brief(r) for r in rows] == [
        ("service", None, None, "Participants: Ayu and Bima 🌿", [*m, "thread_header"]),
        ("text", "Bima 🌿", "Nov 15, 2023 5:20 am", "sudah & beres: <b>\nbaris dua", m),
        ("media", "Ayu", "Nov 15, 2023 5:19 am", None, m),
        ("media", "Ayu", "Nov 15, 2023 5:18 am", "foto itu 🙂", m),
        ("reaction", "Bima 🌿", "Nov 15, 2023 5:21 am", "❤️", m),
        ("reaction", "Ayu", None, "😂", m),
        ("text", "Bima 🌿", "Nov 15, 2023 5:17 am", "lihat ini", m),
        ("text", "Bima 🌿", "Nov 15, 2023 5:17 am", "Warung Depan", [*m, "field:body"]),
        ("text", "Bima 🌿", "Nov 15, 2023 5:17 am", "https://contoh.example/b", [*m, "field:href"]),
        ("text", "Bima 🌿", "Nov 15, 2023 5:16 am", "https://contoh.example/c", m),
        ("text", "Bima 🌿", "Nov 15, 2023 5:15 am", "dobel: café", m),
        ("text", "Ayu", "Nov 15, 2023 5:14 am", None, m),
        ("text", "Bima 🌿", "15 Nov 2023 pukul 05.13 WIB", "halo", m),
    ]
    assert [r["text_repair"] for r in rows if r["text_repair"]] == ["latin1_utf8"]
    assert {r["sent_at_basis"] for r in rows} == {"none", "zone_given", "offset"}
    assert rows[1]["sent_at"].isoformat() == "2023-11-14T22:20:00+00:00"
    assert {(r["platform"], r["thread_id"], r["thread_title"]) for r in rows} == {
        ("instagram", "message_requests/bima_86001", "Bima 🌿")}
    assert [(a["state"], a["media_type"]) for r in rows for a in r["attachments"] or []] == [("present", "image"), ("missing", "video")]


def test_threads_of_before_2018() -> None:
    rows = rows_of(reader, OLD)
    assert [(r["thread_id"], r["sender_id"], r["sender_name"], r["text"], r["sent_at_basis"]) for r in rows] == [
        ("Ayu, 100009794000000@facebook.com", None, "Ayu", 'nanti ya: "oke"', "offset"),
        ("Ayu, 100009794000000@facebook.com", "100009794000000@facebook.com", None, "halo", "offset"),
        ("Ayu, Citra", None, "Ayu", None, "zone_unknown"),  # CST is the name of several zones
    ]
    assert [r["sent_at"] and r["sent_at"].hour for r in rows] == [19, 19, None]


@pytest.mark.parametrize(("data", "count"), [(NEW, 9), (THEN, 2), (OLD, 3), (pages.new_classes(), 2)])
def test_spans_are_the_blocks(data: bytes, count: int) -> None:
    rows = [r for r in rows_of(reader, data) if "." not in r["message_id"]]
    assert len(rows) == count
    for row in rows:
        raw = data[row["span_start"] : row["span_end"]]
        assert raw.startswith(b"<")
        assert raw.endswith((b"</div>", b"</section>", b"</p>"))
        assert row["text"] is None or html.escape(row["text"].split("\n")[0][:4]).encode() in raw


def test_structure_is_enough() -> None:
    rows = rows_of(reader, pages.new_classes(), "Asia/Makassar")
    assert [(r["sender_name"], r["text"], r["sent_at"].hour) for r in rows] == [("Ayu", "dua", 12), ("Bima", "satu", 12)]
    part = source_of(zipped({"messages/inbox/a_1/message_1.html": pages.new_classes(), "b.txt": b"x"}), "x.zip").parts[0]
    assert reader.recognise(part) is not None


def test_other_lists_of_the_download_are_no_chats() -> None:
    followers = pages.page("Followers", [writer.now_block(f"orang{i}", "", "Jan 02, 2024 1:00 pm") for i in range(9)])
    assert reader.recognise(source_of(followers).parts[0]) is None
    inside = source_of(zipped({"connections/followers_and_following/followers_1.html": followers, "x": b"y"}), "x.zip")
    assert reader.recognise(inside.parts[0]) is None
    assert reader.is_metadata(inside.parts[0])
    for data in (NEW, THEN, OLD):
        assert reader.recognise(source_of(data).parts[0]) is not None


@pytest.mark.parametrize(("text", "local", "offset"), [
    ("Nov 23, 2026 8:15:07 pm", "2026-11-23T20:15:07", None), ("Nov 23, 2026 8:15pm", "2026-11-23T20:15:00", None),
    ("Oct 19, 2019, 2:37 PM", "2019-10-19T14:37:00", None), ("Oct 19, 2019 at 12:37 AM", "2019-10-19T00:37:00", None),
    ("19 Oct 2019, 14:37", "2019-10-19T14:37:00", None), ("23 Agu 2026 20.15", "2026-08-23T20:15:00", None),
    ("23 Mei 2026 pukul 20.15.30 WITA", "2026-05-23T20:15:30", 8), ("Senin, 23 November 2026 jam 7.05", "2026-11-23T07:05:00", None),
    ("Sunday, November 20, 2016 at 2:16am UTC-07:30", "2016-11-20T02:16:00", -7.5),
    ("26 maja 2013 o 18:53 UTC+02", "2013-05-26T18:53:00", 2),
    ("2026-11-23 20:15", "2026-11-23T20:15:00", None), ("31/12/2025, 20:15", "2025-12-31T20:15:00", None),
    ("5/5/25, 8:15 PM", "2025-05-05T20:15:00", None), ("23 déc. 2026, 20:15", "2026-12-23T20:15:00", None),
    ("23.11.2026, 20:15", "2026-11-23T20:15:00", None), ("23.11.2026 20.15.30", "2026-11-23T20:15:30", None),
    ("20.15.30, 23.11.2026", "2026-11-23T20:15:30", None),
])
def test_moments(text: str, local: str, offset: float | None) -> None:
    import datetime as dt

    moment = hd.written(text)
    assert moment.local_s == int(dt.datetime.fromisoformat(local + "+00:00").timestamp())
    assert moment.offset_s == (None if offset is None else offset * 3600)


@pytest.mark.parametrize("text", [
    "", "halo", "20:15", "Nov 2026", "Nov 31, 2026 8:15 pm", "Nov 23, 2026 25:15", "besok jam 10.00", "32 Nov 2026 10:00", "x" * 99,
    "23 Smarch 2026 20:15", "00/00/0000 10:00",
])
def test_no_moments(text: str) -> None:
    assert hd.written(text).local_s is None


def test_order_of_digits_is_asked_never_guessed() -> None:
    data = pages.page("Ayu", [writer.now_block("Ayu", "<div>a</div>", "05/06/2026, 20:15")])
    assert hd.written("05/06/2026, 20:15").ambiguous
    assert hd.written("5.12.26, 20:15").ambiguous
    assert rows_of(reader, data)[0]["sent_at"] is None
    assert "date_order_ambiguous" in reasons(data)
    assert hd.written("05/06/2026, 20:15", "dmy").local_s != hd.written("05/06/2026, 20:15", "mdy").local_s


@pytest.mark.parametrize("data", [NEW, THEN], ids=["new", "then"])
def test_the_pattern_and_the_tree_agree(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = rows_of(reader, data, "Asia/Jakarta")
    slow(monkeypatch)
    assert rows_of(reader, data, "Asia/Jakarta") == quick


@pytest.mark.parametrize(("form", "app"), [
    ("facebook_2024", "facebook"), ("instagram_2024", "instagram"), ("instagram_id", "instagram"), ("facebook_2019", "messenger"),
])
def test_truth_of_a_simulated_download(tmp_path: Path, form: str, app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message exactly once, by the pattern and as a tree."""
    phone = build_phone(3, 900, apps=(app,))
    truth: list[Row] = []
    writer.write_zip(phone.chats, tmp_path / "x.zip", form, truth.append)
    rows, reading = rows_of_path(tmp_path / "x.zip")
    by_part: dict[str, list[Row]] = {}
    for true in truth:
        by_part.setdefault(true.part or "", []).append(true)
    for part, expected in by_part.items():
        compare([r for r in rows if r["source_part"] == part], expected)
    assert len(rows) == len(truth)
    whole(reading)
    slow(monkeypatch)
    assert rows_of_path(tmp_path / "x.zip")[0] == rows


def test_truth_of_one_page_with_all_threads(tmp_path: Path) -> None:
    phone = build_phone(3, 900, apps=("facebook",))
    truth: list[Row] = []
    writer.write_old(phone.chats, tmp_path / "messages.htm", truth.append)
    rows, reading = rows_of_path(tmp_path / "messages.htm")
    compare(rows, truth)
    whole(reading)


# -- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["new", "then", "old", "tree"])
def test_cut_at_every_byte_keeps_every_whole_message(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "tree":
        slow(monkeypatch)
    data = {"new": NEW, "then": THEN, "old": OLD, "tree": NEW}[form]
    every = rows_of(reader, data)
    for cut in range(0, len(data), 1 if form in ("then", "old") else 3):
        reading = read(reader, source_of(data[:cut]), every=True)
        rows = reading.rows  # type: ignore[attr-defined]
        done = [r for r in every if r["span_end"] <= cut]
        assert [brief(r) for r in rows[: len(done)]] == [brief(r) for r in done], cut
        assert {r["kind"] for r in rows[len(done) :]} <= {"unparsed"}
        if data[:cut].strip():
            assert "truncated" in [p.reason for p in reading.problems], cut


@pytest.mark.parametrize(("old", "new"), [
    (b"baris dua</div>", b"baris dua"), (b"foto itu", b"foto itu</div></div></div></div>"), (b"Nov 15, 2023 5:17 am", b"kapan"),
    (b'<h2 class="_3-95 _2pim _a6-h _a6-i">', b'<h2 class="_3-95 _2pim _a6-h _a6-i>'), (b"<ul", b"<ull"),
])
def test_one_damaged_block_costs_only_itself(old: bytes, new: bytes) -> None:
    assert old in NEW
    before = [brief(r) for r in rows_of(reader, NEW)]
    after = [brief(r) for r in rows_of(reader, NEW.replace(old, new, 1))]
    lost = {b[2] for b in before if b not in after}
    assert len(lost) <= 3, lost
    assert after[-1] == before[-1]


def test_words_between_blocks_are_not_taken_for_syntax() -> None:
    block = b'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h _a6-i">Ayu'
    row = next(r for r in rows_of(reader, NEW.replace(block, b"<p>sisipan</p>" + block, 1)) if r["kind"] == "unparsed")
    assert row["text"] == "<p>sisipan</p>"


def test_mutations_never_raise_and_always_tile() -> None:
    rng = random.Random(12)
    for base in (NEW, THEN, OLD):
        for _ in range(60):
            data = bytearray(base)
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(data))
                what = rng.randrange(3)
                if what == 0:
                    data[at] = rng.randrange(256)
                elif what == 1:
                    del data[at : at + rng.randrange(40)]
                else:
                    data[at:at] = rng.choice([b"<div>", b"</div>", b"\0" * 9, b"<!--", b'"', b"\xff\xfe", b"<script>", b"<p>"])
            rows_of(reader, bytes(data))


@pytest.mark.parametrize("window", [64, 999])
def test_windows_of_any_size_give_the_same_rows(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows_of(reader, NEW)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert rows_of(reader, NEW) == expected


ODD = st.sampled_from([
    "Ayu: ", "13/02/26 19.58 - Budi: halo", "Nov 15, 2023 5:20 am", "👨‍👩‍👧", "\u202eتصف\u202c", "a\u2028b", "&amp;lt;", "<b>",
    "  dua  ",
    '<div class="_a6-g">', "]]>", "\t", "café", "\u00a0x",
])
PIECE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")) | ODD
WORDS: st.SearchStrategy[str] = st.lists(PIECE, min_size=1, max_size=3).map(lambda pieces: "".join(pieces)).filter(
    lambda s: bool(s.strip()) and not repaired(s)[1])
NAMES = WORDS.map(lambda s: s.replace("\n", "").strip()).filter(lambda s: bool(s) and not s.endswith("@facebook.com"))


@given(st.lists(st.tuples(NAMES, WORDS), max_size=5), st.booleans())
def test_names_and_words_come_back_code_point_for_code_point(said: list[tuple[str, str]], tree: bool) -> None:
    blocks = [writer.now_block(writer.quote(n), f"<div>{writer.quote(w)}</div>", "Nov 15, 2023 5:20 am") for n, w in said]
    with pytest.MonkeyPatch.context() as m:
        if tree:
            slow(m)
        rows = rows_of(reader, pages.page("x", blocks))
    assert [r["text"] for r in rows] == [w for _, w in said]
    assert [r["sender_name"] for r in rows] == [n for n, _ in said]


@given(st.binary(max_size=300), st.integers(0, len(NEW)))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(reader, NEW[:at] + noise + NEW[at:])
