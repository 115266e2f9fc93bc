"""The imessage-exporter HTML reader: its samples, answers told apart, damaged files, and what hypothesis thinks of."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers import _json_spans as js
from saksi.readers.imessage_html import reader
from tests.readers.html import imessage_pages as pages
from tests.readers.html.generate import zipped
from tests.readers.telegram.reading import read, rows_of, source_of

NOW = pages.conversation()
WHEN = "May 17, 2022  5:29:42 PM"


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["kind"], row["direction"], row["sender_name"], row["sent_at_text"], row["text"], row["flags"]


def test_whole_conversation() -> None:
    rows = rows_of(reader, NOW, "Asia/Jakarta")
    you, me, ayu = "+62 860 1111 2222", "Me", "Ayu"
    assert [(r["kind"], r["direction"], r["sender_name"], r["text"], r["flags"]) for r in rows] == [
        ("text", "in", you, "halo: a & <b>\nbaris dua", ["read_by:you after 1 hour, 49 seconds"]),
        ("reaction", None, me, "Loved", None),
        ("reaction", None, ayu, "Laughed", None),
        ("text", "out", me, "bisa: nanti", ["in_thread", "service:iMessage"]),
        ("service", None, None, "You named the conversation Keluarga & Teman", None),
        ("text", "out", me, "bisa: nanti", ["service:iMessage", "reply_context"]),
        ("media", "in", ayu, "foto itu", None),
        ("media", "in", ayu, None, None),
        ("media", "in", ayu, None, None),
        ("text", "out", me, "besok jam 8", ["service:iMessage", "edited"]),
        ("text", "out", me, "besok jam 7", ["earlier_version"]),
        ("deleted", "out", me, None, ["service:iMessage", "unsent"]),
        ("deleted", "out", me, "Me unsent this message part 5 seconds after sending!", ["field:unsent"]),
        ("text", "in", ayu, "Arisan", ["effect:Sent with Confetti", "text_from:subject"]),
        ("text", "in", ayu, "Contoh", ["field:app"]),
        ("text", "in", ayu, "Warung Depan", ["field:app"]),
        ("text", "in", ayu, "https://contoh.example/x", ["field:href"]),
        ("text", "in", ayu, "sampai besok", None),
    ]
    assert rows[0]["sent_at"].isoformat() == "2022-05-17T10:29:42+00:00"
    assert (rows[0]["sent_at_text"], rows[0]["sent_at_basis"]) == (WHEN, "zone_given")
    assert rows[3]["reply_to"] == rows[5]["reply_to"] == rows[0]["message_id"]
    assert rows[5]["duplicate_of"] == rows[3]["message_id"]
    assert rows[10]["revision_of"] == rows[9]["message_id"]
    assert [(a["name"], a["media_type"], a["state"]) for r in rows for a in r["attachments"] or []] == [
        ("attachments/1.jpeg", "image", "missing"), ("attachments/2.mp4", "video", "missing"),
        ("attachments/3.caf", "audio", "missing"), ("4.pdf", None, "missing")]


def test_answers_without_ids_are_told_by_time_sender_and_words() -> None:
    rows = rows_of(reader, pages.first_version())
    assert [r["text"] for r in rows] == ["bisa?", "bisa", "bisa"]
    assert rows[2]["duplicate_of"] == rows[1]["message_id"]
    assert rows[2]["reply_to"] == rows[0]["message_id"]
    assert {r["sent_at_basis"] for r in rows} == {"zone_unknown"}


def test_spans_are_the_messages_elements() -> None:
    rows = [r for r in rows_of(reader, NOW) if "." not in r["message_id"]]
    assert len(rows) == 10
    for row in rows:
        raw = NOW[row["span_start"] : row["span_end"]]
        assert raw.startswith(b"<div class")
        assert raw.endswith(b"</div>")


def test_title_thread_and_media_beside_the_file() -> None:
    data = zipped({"e/Keluarga.html": NOW, "e/attachments/1.jpeg": b"\xff\xd8\xff\xe0 made up"})
    rows = read(reader, source_of(data, "e.zip")).rows  # type: ignore[attr-defined]
    assert {(r["thread_id"], r["thread_title"], r["platform"]) for r in rows} == {("e/Keluarga.html", "Keluarga", "imessage")}
    assert next(a["state"] for r in rows for a in r["attachments"] or []) == "present"


def test_answers_inside_answers_keep_their_place() -> None:
    inner = pages.message("Ayu", "May 17, 2022  5:33:00 PM", pages.bubble("tiga"), guid="C")
    middle = pages.message("Me", WHEN, pages.bubble("dua"), guid="B", me=True, tail=pages.replies([("C", inner)]))
    outer = pages.message("Ayu", WHEN, pages.bubble("satu"), guid="A", tail=pages.replies([("B", middle)]))
    data = (pages.HEAD + outer + "</html>").encode()
    rows = rows_of(reader, data)
    assert [(r["text"], r["reply_to"]) for r in rows] == [
        ("satu", None), ("dua", rows[0]["message_id"]), ("tiga", rows[1]["message_id"])]


def test_cut_at_every_byte_keeps_every_whole_message() -> None:
    every = rows_of(reader, NOW)
    for cut in range(0, len(NOW), 2):
        reading = read(reader, source_of(NOW[:cut]), every=True)
        rows = reading.rows  # type: ignore[attr-defined]
        done = [r for r in every if r["span_end"] <= cut]
        assert [brief(r) for r in rows[: len(done)]] == [brief(r) for r in done], cut
        if NOW[:cut].strip():
            assert "truncated" in [p.reason for p in reading.problems], cut


@pytest.mark.parametrize(("old", "new"), [
    (b"baris dua</span>", b"baris dua"), (b'<span class="sender">Ayu', b'<span class="sender>Ayu'), (b"</div>\n</div>\n", b"\n"),
    (b"Loved</b>", b"Loved"),
])
def test_one_damaged_message_costs_only_itself(old: bytes, new: bytes) -> None:
    assert old in NOW
    before = [brief(r) for r in rows_of(reader, NOW)]
    after = [brief(r) for r in rows_of(reader, NOW.replace(old, new, 1))]
    assert len({b[3] for b in before if b not in after}) <= 3
    assert after[-1] == before[-1]


def test_mutations_never_raise_and_always_tile() -> None:
    rng = random.Random(13)
    for _ in range(150):
        data = bytearray(NOW)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            what = rng.randrange(3)
            if what == 0:
                data[at] = rng.randrange(256)
            elif what == 1:
                del data[at : at + rng.randrange(60)]
            else:
                data[at:at] = rng.choice([b"<div>", b"</div>", b"\0" * 9, b"<!--", b'"', b"\xff", b"\n<div class=\"message\">"])
        rows_of(reader, bytes(data))


@pytest.mark.parametrize("window", [64, 999])
def test_windows_of_any_size_give_the_same_rows(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows_of(reader, NOW)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert rows_of(reader, NOW) == expected


ODD = st.sampled_from(["Ayu: ", "13/02/26 19.58 - Budi: halo", "👨‍👩‍👧", "\u202eتصف\u202c", "a\u2028b", "&amp;lt;", "<b>",
                       "  dua  ", "\n\n", '<div class="message">', "\n<div class=\"message\">", "]]>", "\t", "\x00"])
PIECE = st.text(st.characters(exclude_categories=["Cs"])) | ODD
WORDS: st.SearchStrategy[str] = st.lists(PIECE, min_size=1, max_size=3).map(lambda pieces: "".join(pieces)).filter(bool)
NAMES = WORDS.map(lambda s: s.replace("\n", "").strip()).filter(bool)


@given(st.lists(st.tuples(NAMES, WORDS, st.booleans()), max_size=5))
def test_names_and_words_come_back_code_point_for_code_point(said: list[tuple[str, str, bool]]) -> None:
    messages = [pages.message(n, WHEN, pages.bubble(w), me=me, guid=f"G{i}") for i, (n, w, me) in enumerate(said)]
    rows = rows_of(reader, (pages.HEAD + "".join(messages) + "</html>").encode())
    assert [r["text"] for r in rows] == [w for _, w, _ in said]
    assert [r["sender_name"] for r in rows] == [n for n, _, _ in said]
    assert [r["direction"] for r in rows] == ["out" if me else "in" for _, _, me in said]


@given(st.binary(max_size=300), st.integers(0, len(NOW)))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(reader, NOW[:at] + noise + NOW[at:])
