"""The Telegram HTML reader: its sample, threads over files, damaged files, and what hypothesis thinks of."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import limits
from saksi.readers import _json_spans as js
from saksi.readers import telegram_html
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from saksi.readers.telegram_html import Numbers, reader
from tests.readers.html import telegram_pages as pages
from tests.readers.html.generate import zipped
from tests.readers.telegram.reading import read, rows_of, source_of
from tests.readers.test_truth import chats, difference, whole
from tests.readers.test_truth import rows_of as rows_of_path
from tests.simulator import telegram_html as writer
from tests.simulator.truth import Row
from tests.simulator.world import build_phone

FIRST = pages.first()
SECOND = pages.second()


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["kind"], row["sender_name"], row["sent_at_text"], row["text"], row["flags"]


def reasons(data: bytes) -> list[str]:
    return [p.reason for p in read(reader, source_of(data), every=True).problems]


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything as a tree: no pattern for plain messages."""
    monkeypatch.setattr(telegram_html, "_PLAIN", re.compile(rb"(?!)"))


def test_whole_page() -> None:
    ayu, bima = "Ayu", "Bima 🌿"
    rows = rows_of(reader, FIRST)
    day = "15 November 2023"
    got = [(r["kind"], r["sender_name"], r["sent_at_text"][11:16] if r["sent_at"] else r["sent_at_text"], r["text"], r["flags"])
           for r in rows if r["kind"] != "reaction"]
    assert got[:8] == [
        ("service", ayu, day, "Ayu joined Telegram", ["action:joined_telegram"]),
        ("text", bima, "05:14", 'halo, "apa kabar"?\nbaik \\ baik & <b>', None),
        ("text", ayu, "05:15", "lihat ini ya", None),
        ("text", ayu, "05:15", "https://contoh.example/a", ["field:text.href"]),
        ("media", ayu, "05:16", "foto itu", None),
        ("media", bima, "05:17", None, ["voice_message", "duration_s:3"]),
        ("media", bima, "05:18", None, ["ephemeral"]),
        ("text", ayu, "05:19", "besok jadi", None),
    ]
    assert got[8:] == [
        ("contact", bima, "05:20", "+62 860 0000 003",
         ["forwarded", "forwarded_date:01.11.2023 10:00:00 UTC+07:00", "text_from:contact.phone_number"]),
        ("contact", bima, "05:20", "Citra", ["field:contact.name"]),
        ("text", bima, "05:21", "diteruskan lagi", ["forwarded"]),
        ("location", ayu, "05:22", None, ["geo:-6.2,106.816667"]),
        ("location", ayu, "05:23", "Warung Depan", ["geo:-6.3,106.9", "text_from:place_name"]),
        ("location", ayu, "05:23", "Jalan Contoh 1", ["field:address"]),
        ("poll", ayu, "05:24", "Makan apa?", ["text_from:poll.question"]),
        ("poll", ayu, "05:24", "soto", ["field:poll.answer"]),
        ("poll", ayu, "05:24", "rawon", ["field:poll.answer"]),
        ("call", ayu, "05:25", None, ["action:phone_call", "duration_s:35"]),
        ("call", ayu, "05:25", bima, ["field:call.peer"]),
        ("call", bima, "05:26", None, ["action:phone_call", "call:missed"]),
        ("call", bima, "05:26", ayu, ["field:call.peer"]),
        ("service", bima, day, "Bima 🌿 took a screenshot", ["action:take_screenshot", "screenshot_taken"]),
        ("service", ayu, day, "Ayu has set messages to auto-delete in 24 hours", ["action:set_messages_ttl", "ephemeral"]),
        ("payment", None, day, "You have successfully transferred IDR 150,000.00 for this invoice", ["action:send_payment"]),
        ("service", None, day, "Bima invited Citra dan Dewi invited", ["action:invite_members"]),
        ("text", bima, "05:30", "lewat bot", ["reply_elsewhere", "via_bot:contohbot"]),
        ("media", bima, "05:31", None, ["via_bot:contohbot"]),
        ("media", ayu, "05:32", None, ["duration_s:3723"]),
        ("media", ayu, "05:33", None, None),
        ("text", "Kanal Contoh", "05:34", "pengumuman", None),
        ("text", "Kanal Contoh", "05:34", "Admin Satu", ["field:signature"]),
        ("text", "Kanal Contoh", "05:35", "bentuk baru", None),
        ("text", "Kanal Contoh", "05:35", "kata di tempat baru", ["field:kotak_baru"]),
    ]
    reacted = [(r["sender_name"], r["text"], r["flags"]) for r in rows if r["kind"] == "reaction"]
    assert reacted == [(bima, "👍", None), (None, "👍", ["count:2"]), (None, "❤", ["own_reaction", "count:1"])]
    states = [(a["name"], a["media_type"], a["state"]) for r in rows for a in r["attachments"] or []]
    assert states == [
        ("photos/photo_1.jpg", "image", "missing"), (None, "audio", "omitted"), (None, "image", "omitted"),
        ("contacts/contact_1.vcard", "contact", "missing"), ("stickers/s.webp", "sticker", "missing"),
        ("video_files/v.mp4", "video", "missing"), ("daftar.pdf", "document", "omitted"),
    ]
    assert [r["direction"] for r in rows if r["kind"] == "call"] == ["out", "out", "in", "in"]
    assert {r["forwarded_from"] for r in rows} == {None, "Warung: Depan"}
    assert {r["thread_title"] for r in rows} == {bima}


def test_spans_are_the_messages_elements() -> None:
    for row in rows_of(reader, FIRST):
        raw = FIRST[row["span_start"] : row["span_end"]]
        assert raw.startswith(b'<div class="message ')
        assert raw.endswith(b"</div>")
        assert raw.count(b"<div") == raw.count(b"</div>")


def test_several_files_are_one_thread_and_answers_cross_them() -> None:
    names = {"messages10.html": SECOND, "messages.html": FIRST, "messages2.html": SECOND}
    reading = read(reader, source_of(zipped({f"ChatExport/{n}": d for n, d in names.items()}), "x.zip"))
    rows = reading.rows  # type: ignore[attr-defined]
    assert list(dict.fromkeys(r["source_part"] for r in rows)) == [
        "ChatExport/messages.html", "ChatExport/messages2.html", "ChatExport/messages10.html"]
    assert {r["thread_id"] for r in rows} == {"ChatExport"}
    assert [p.reason for p in reading.problems].count("missing_sibling") == 7
    target = next(r for r in rows if (r["text"] or "").startswith("halo"))
    assert [r["reply_to"] for r in rows if r["text"] == "jawaban: lintas berkas"] == [target["message_id"]] * 2


def test_odd_characters_come_back() -> None:
    row = rows_of(reader, SECOND, "Asia/Jakarta")[-1]
    assert row["text"] == "baris\u2028pisah\u2029akhir \x08 \x00 👨‍👩‍👧 \u202eتصف\u202c"
    assert (row["text_repair"], row["sent_at_basis"]) == ("line_separator", "zone_given")
    assert rows_of(reader, SECOND)[-1]["sent_at"] is None
    assert "zone_unknown" in reasons(SECOND)


@pytest.mark.parametrize("data", [FIRST, SECOND], ids=["first", "second"])
def test_the_pattern_and_the_tree_agree(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = rows_of(reader, data)
    slow(monkeypatch)
    assert rows_of(reader, data) == quick


def _compare(rows: list[dict[str, Any]], truth: list[Row]) -> None:
    wrong = []
    for i, (row, true) in enumerate(zip(rows, truth, strict=True)):
        found = difference(row, true)
        if true.resolution_ms == 0:  # an event: the export says no time
            found = [d for d in found if not d.startswith("time None")]
        wrong += [(i, found)] if found else []
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("with_media", [False, True])
def test_truth_of_a_simulated_phone(tmp_path: Path, with_media: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message exactly once, by the pattern and as a tree."""
    for chat in chats("telegram"):
        truth: list[Row] = []
        chat.with_media = with_media
        writer.write_folder(chat, tmp_path / chat.key, truth.append)
        rows, reading = rows_of_path(tmp_path / chat.key)
        _compare(rows, truth)
        whole(reading)
        with monkeypatch.context() as m:
            slow(m)
            assert rows_of_path(tmp_path / chat.key)[0] == rows


def test_truth_of_a_full_export(tmp_path: Path) -> None:
    phone = build_phone(3, 2500, apps=("telegram",))
    truth: list[Row] = []
    writer.write_zip(phone, phone.chats, tmp_path / "DataExport.zip", truth.append)
    rows, reading = rows_of_path(tmp_path / "DataExport.zip")
    _compare(rows, truth)
    account = reading.account()
    assert len(account["threads"]) == len(phone.chats)
    assert {p["role"] for p in account["parts"]} == {"messages", "metadata", "attachment"}
    assert account["bytes"]["problems"] == 0
    assert not account["problems"]


def test_thread_over_several_simulated_files(tmp_path: Path) -> None:
    from tests.simulator import bulk

    chat = bulk.bulk_chat(2_600, 5, "telegram")
    truth: list[Row] = []
    writer.write_folder(chat, tmp_path / "c", truth.append, offset=False)
    rows, _ = rows_of_path(tmp_path / "c")
    assert {r["source_part"] for r in rows} == {"messages.html", "messages2.html", "messages3.html"}
    _compare(rows, truth)
    ids = {r["message_id"] for r in rows}
    assert all(r["reply_to"] in ids for r in rows if r["reply_to"])


# -- damage -----------------------------------------------------------------------------------------------------------


def small() -> bytes:
    p = pages.page("Bima 🌿")
    pages.event(p, -1, b"15 November 2023")
    pages.message(p, 2, "Bima 🌿", 14, pages.text("halo: a & b\nc"))
    pages.message(p, 3, None, 15, pages.reply("#go_to_message2"), pages.photo("photos/p.jpg"), pages.text("foto itu"))
    pages.event(p, 4, b"Ayu took a screenshot")
    pages.message(p, 5, "Ayu", 16, pages.text("ya"), pages.reactions)
    return p.close()


@pytest.mark.parametrize("form", ["pattern", "tree"])
def test_cut_at_every_byte_keeps_every_whole_message(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "tree":
        slow(monkeypatch)
    data = small()
    every = rows_of(reader, data)
    for cut in range(len(data)):
        reading = read(reader, source_of(data[:cut]), every=True)
        rows = reading.rows  # type: ignore[attr-defined]
        done = [r for r in every if r["span_end"] <= cut]
        assert [brief(r) for r in rows[: len(done)]] == [brief(r) for r in done], cut
        assert {r["kind"] for r in rows[len(done) :]} <= {"unparsed"}
        if data[:cut].strip() and cut < len(data.rstrip()):
            assert "truncated" in [p.reason for p in reading.problems], cut


def test_cut_off_file_is_recognised_from_its_head() -> None:
    for cut in range(FIRST.index(b'chat_page"') + 12, len(FIRST), 97):
        assert reader.recognise(source_of(FIRST[:cut]).parts[0]) is not None


def test_the_cut_tail_is_kept_as_it_stands() -> None:
    data = FIRST[: FIRST.index(b"foto itu") + 4]
    row = rows_of(reader, data)[-1]
    assert row["kind"] == "unparsed"
    assert row["text"].startswith('<div class="message default clearfix joined" id="message4">')
    assert row["text"].endswith("foto")


@pytest.mark.parametrize(("old", "new"), [
    (b"baik \\ baik", b"baik <div baik"), (b"foto itu\n", b"foto itu</div></div></div> sisa\n"),
    (b'<div class="text">\nhalo', b'<div class="text>\nhalo'), (b"</span>", b""), (b'title="15.11.2023 05:14:20', b'title="'),
    (b"<br>", b"</br>"), (b"from_name", b"form_name"),
])
def test_one_damaged_message_costs_only_itself(old: bytes, new: bytes) -> None:
    assert old in FIRST
    before = [brief(r) for r in rows_of(reader, FIRST)]
    after = [brief(r) for r in rows_of(reader, FIRST.replace(old, new, 1))]
    lost = {b[:3] for b in before if b not in after}
    assert len({b[2] for b in lost}) <= 3, lost
    words = "".join(str(r[3]) for r in after)
    assert "lewat bot" in words
    assert "sisa" in words or b"sisa" not in new


def test_nobody_is_put_behind_words_after_a_damaged_message() -> None:
    """A joined message whose predecessor cannot be read is nobody's: a wrong guess would turn people around."""
    damaged = FIRST.replace(b'id="message5">', b'id="message5"', 1)
    rows = [r for r in rows_of(reader, damaged) if r["sent_at_text"] and "05:18:20" in r["sent_at_text"]]
    assert [r["sender_name"] for r in rows] == [None]
    start = FIRST.index(b'<div class="message default clearfix joined" id="message4">')
    assert rows_of(reader, FIRST[start:])[0]["sender_name"] is None


def test_words_between_messages_are_not_taken_for_syntax() -> None:
    at = FIRST.index(b'<div class="message default clearfix" id="message3">')
    data = FIRST[:at] + b"<p>kata yang disisipkan</p>" + FIRST[at:]
    row = next(r for r in rows_of(reader, data) if r["kind"] == "unparsed")
    assert row["text"] == "<p>kata yang disisipkan</p>"
    assert "broken_record" in reasons(data)
    fake = FIRST.replace(b"15 November 2023", b"kata di garis tanggal", 1)
    assert "kata di garis tanggal" in [r["text"] for r in rows_of(reader, fake)]


def test_mutations_never_raise_and_always_tile() -> None:
    rng = random.Random(11)
    for _ in range(150):
        data = bytearray(small())
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            what = rng.randrange(4)
            if what == 0:
                data[at] = rng.randrange(256)
            elif what == 1:
                del data[at : at + rng.randrange(40)]
            elif what == 2:
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randrange(60)]
            else:
                data[at:at] = rng.choice([b"<div>", b"</div>", b"\0" * 9, b"<!--", b'"', b"\xff\xfe", b"<script>"])
        rows_of(reader, bytes(data))


@pytest.mark.parametrize("window", [64, 333, 5000])
def test_windows_of_any_size_give_the_same_rows(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows_of(reader, FIRST)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert rows_of(reader, FIRST) == expected


def test_media_beside_the_page_are_found() -> None:
    data = zipped({"E/messages.html": FIRST, "E/photos/photo_1.jpg": b"\xff\xd8\xff\xe0 made up", "E/js/script.js": b"var a;\n"})
    reading = read_source(source_of(data, "e.zip"), ReadSettings())
    rows = [r for b in reading for r in b.to_pylist()]
    (photo,) = [a for r in rows for a in r["attachments"] or [] if a["state"] == "present"]
    assert photo["digest"] is not None
    assert [p["role"] for p in reading.account()["parts"]] == ["messages", "attachment", "metadata"]


NAME = st.text(min_size=1).map(str.strip).filter(lambda s: s and " via @" not in s)
ODD = st.sampled_from([
    "Ayu: ", "13/02/26 19.58 - Budi: halo", "👨‍👩‍👧", "\u202eتصف\u202c", "a\u2028b", "&amp;lt;", "<b>", "  dua  ", "\n", "\r\n", "]]>",
    "\t",
    '<div class="message default clearfix" id="message7">', "via @bot", "&", "\x00", "-->", "\u00a0",
])
WORDS = st.lists(st.text() | ODD, min_size=1, max_size=4).map("".join).map(lambda s: s.encode("utf-8", "ignore").decode()).filter(bool)


@given(st.lists(st.tuples(NAME | ODD.map(str.strip).filter(lambda s: s and "via @" not in s), WORDS), max_size=5), st.booleans())
def test_names_and_words_come_back_code_point_for_code_point(said: list[tuple[str, str]], tree: bool) -> None:
    p = pages.page("x")
    for i, (name, words) in enumerate(said):
        pages.message(p, i + 1, name, i, pages.text(words))
    with pytest.MonkeyPatch.context() as m:
        if tree:
            slow(m)
        rows = rows_of(reader, p.close())
    assert [r["text"] for r in rows] == [w for _, w in said]
    assert [r["sender_name"] for r in rows] == [n.encode("utf-8", "ignore").decode().strip() or None for n, _ in said]


@given(st.binary(max_size=300), st.integers(0, len(FIRST)))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(reader, FIRST[:at] + noise + FIRST[at:])


def test_a_reply_is_found_in_the_last_part_an_archive_can_have() -> None:
    numbers = Numbers()
    last = limits.ARCHIVE_MEMBERS_MAX - 1
    numbers.add(7, last, limits.ARCHIVE_TEXT_BYTES_MAX)
    assert numbers.find(7) == (last, limits.ARCHIVE_TEXT_BYTES_MAX)
