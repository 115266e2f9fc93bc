"""Rows of whole conversations: exact, lossless, the same in any window, whole up to where a file is cut off."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _whatsapp_header
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.whatsapp_txt import reader
from tests.readers.whatsapp.reading import assert_tiled, read, read_source, reasons, source_of, zip_of

L = "\u200e"
ANDROID_CHAT = (
    "13/02/26 19.58 - Pesan dan panggilan terenkripsi secara end-to-end. Ketuk untuk info selengkapnya.\n"
    "13/02/26 19.58 - Ibu Tini membuat grup \"Arisan: RT 3\"\n"
    "13/02/26 19.59 - Ibu Tini: Assalamualaikum, besok jadi ya: jam 4\n"
    "bawa:\n"
    "\n"
    "1. kue 👩‍👩‍👧\n"
    "13/02/26 19.59 - +62 860-1111-2222: <Media tidak disertakan>\n"
    "13/02/26 20.01 - Sari 🌸: oke <Pesan ini diedit>\n"
    "14/02/26 07.00 - Sari 🌸: Pesan ini telah dihapus\n"
    "14/02/26 07.00 - Panggilan suara tak terjawab\n"
    "14/02/26 07.01 - Sari 🌸: "
)
IOS_CHAT = (
    f"[13/02/26 19.58.01] Arisan RT 3: {L}Pesan dan panggilan terenkripsi secara end-to-end.\r\n"
    f"[13/02/26 19.58.30] Ibu Tini: besok jadi ya: jam 4\r\nbawa kue\r\n"
    f"{L}[13/02/26 19.59.00] Sari: {L}gambar tidak disertakan\r\n"
    f"{L}[13/02/26 19.59.10] Sari: Daftar.pdf • {L}2 halaman {L}<terlampir: 00000004-Daftar.pdf>\r\n"
    f"[13/02/26 20.00.00] \u202a+62\u00a0860\u201111112222\u202c: hai\r\n"
)


def table(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (r["kind"], r["sender_name"], r["sender_id"], r["text"], r["sent_at"].strftime("%d %H:%M:%S"), r["flags"])
        for r in rows
    ]


def test_a_whole_android_conversation() -> None:
    rows, reading = read(ANDROID_CHAT, name="Chat WhatsApp dengan Arisan RT 3.txt", zone="WIB")
    assert table(rows) == [
        ("service", None, None, "Pesan dan panggilan terenkripsi secara end-to-end. Ketuk untuk info selengkapnya.",
         "13 12:58:00", None),
        ("service", None, None, 'Ibu Tini membuat grup "Arisan: RT 3"', "13 12:58:00", None),
        ("text", "Ibu Tini", None, "Assalamualaikum, besok jadi ya: jam 4\nbawa:\n\n1. kue 👩‍👩‍👧", "13 12:59:00", None),
        ("media", "+62 860-1111-2222", "+6286011112222", "<Media tidak disertakan>", "13 12:59:00", None),
        ("text", "Sari 🌸", None, "oke <Pesan ini diedit>", "13 13:01:00", ["edited"]),
        ("deleted", "Sari 🌸", None, "Pesan ini telah dihapus", "14 00:00:00", None),
        ("call", None, None, "Panggilan suara tak terjawab", "14 00:00:00", ["missed"]),
        ("text", "Sari 🌸", None, "", "14 00:01:00", None),
    ]
    assert [r["seq"] for r in rows] == list(range(8))
    assert {r["platform"] for r in rows} == {"whatsapp"}
    assert {r["thread_title"] for r in rows} == {"Arisan RT 3"}
    assert {r["thread_id"] for r in rows} == {f"{reading.source.digest[:16]}-0"}
    assert {r["direction"] for r in rows} == {None}
    raw = ANDROID_CHAT.encode()
    assert b"".join(raw[r["span_start"]:r["span_end"]] for r in rows) == raw
    assert_tiled(reading, len(raw))
    assert reasons(reading) == []


def test_a_whole_ios_conversation() -> None:
    data = zip_of({"_chat.txt": IOS_CHAT.encode(), "00000004-Daftar.pdf": b"%PDF-1.4"})
    rows, reading = read_source(source_of(data, "WhatsApp Chat - Arisan RT 3.zip"), zone="WIB")
    assert table(rows) == [
        ("service", "Arisan RT 3", None, f"{L}Pesan dan panggilan terenkripsi secara end-to-end.", "13 12:58:01", None),
        ("text", "Ibu Tini", None, "besok jadi ya: jam 4\r\nbawa kue", "13 12:58:30", None),
        ("media", "Sari", None, f"{L}gambar tidak disertakan", "13 12:59:00", None),
        ("media", "Sari", None, f"Daftar.pdf • {L}2 halaman {L}<terlampir: 00000004-Daftar.pdf>", "13 12:59:10", None),
        ("text", "+62\u00a0860\u201111112222", "+6286011112222", "hai", "13 13:00:00", None),
    ]
    assert [a["state"] for r in rows for a in r["attachments"] or []] == ["omitted", "present"]
    assert {r["source_part"] for r in rows} == {"_chat.txt"}
    assert {r["thread_title"] for r in rows} == {"Arisan RT 3"}
    assert reasons(reading) == []


@pytest.mark.parametrize("chat", [ANDROID_CHAT, IOS_CHAT])
def test_cut_off_at_every_byte_earlier_rows_stay_as_they_were(chat: str) -> None:
    raw = chat.encode()
    whole, _ = read(raw, zone="WIB")
    for cut in range(len(raw)):
        rows, reading = read(raw[:cut], zone="WIB")
        assert_tiled(reading, cut)
        complete = [r for r in whole if r["span_end"] < cut]
        for got, want in zip(rows, complete, strict=False):
            same = ("kind", "text", "sender_name", "sent_at_text", "span_start", "flags")
            tail_was_cut = got["span_end"] != want["span_end"]  # the last row may hold a few digits of the next header
            if not tail_was_cut:
                assert {k: got[k] for k in same} == {k: want[k] for k in same}
            else:
                assert got["text"].startswith(want["text"])
                assert cut - want["span_end"] < 12  # no whole date yet: it may be a person's words
        assert len(rows) >= len(complete)


def test_a_header_cut_off_after_its_date_is_no_part_of_the_message_before() -> None:
    rows, reading = read("13/02/26 19.58 - A: x\n14/02/26 07.0", zone="WIB")
    assert [(r["kind"], r["text"]) for r in rows] == [("text", "x"), ("unparsed", "14/02/26 07.0")]
    assert reasons(reading) == ["truncated"]


NAMES = st.sampled_from(["Sari", "Budi - Kantor", "Rina 🌸", "+62 860-1111-2222", "~ Jo", "ابن", "A:B", "Dr. X/Y"])
BODY = st.text(
    alphabet=st.one_of(st.sampled_from("ab 👩\u200d👧:\u2028\u0085\x0b\x0c\r\n.)>\u202e\u200eش12/,-[]"),
                       st.characters(exclude_categories=["Cs"])), max_size=60)
WORDS = st.one_of(BODY, st.sampled_from(["", "30/08 besok - ya: x", "a\n\nb", "null", "<Media omitted>", "12.30", ":)"]))


@given(st.lists(st.tuples(NAMES, WORDS), min_size=1, max_size=40), st.booleans(), st.booleans())
def test_what_is_written_is_read_back(messages: list[tuple[str, str]], ios: bool, crlf: bool) -> None:
    eol = "\r\n" if crlf else "\n"
    header = "[30/08/25, 18.00.0{}] " if ios else "30/08/25 18.0{} - "
    safe = []
    for name, body in messages:
        # what makes a line a header, and a final CR (part of the line end), is not this property's subject
        body = "\n".join(" " + part if i and part[:1] in "0123456789[\u200e\u202e" else part
                         for i, part in enumerate(body.split("\n")))
        safe.append((name, body + "." if body.endswith("\r") else body))
    lines = [header.format(i % 10) + f"{name}: {body}" for i, (name, body) in enumerate(safe)]
    raw = eol.join([*lines, ""]).encode()
    rows, reading = read(raw, zone="WIB")
    assert [(r["sender_name"], r["text"]) for r in rows] == safe
    assert_tiled(reading, len(raw))


@given(st.lists(st.sampled_from([
    "30/08/25 18.00 - Sari: halo", "lanjut", "", "31/08/25 18.00 - Budi keluar", "\u200e", "x" * 50, "[1/9/25 1.1.1] a",
    "01/09/25 00.00 - Sari: <Media tidak disertakan>", "01/09/25 00.01 - A: b: c \u200e<x>", "\x00\x00", "2. apa",
]), max_size=60), st.sampled_from([64, 100, 1000]), st.booleans())
@settings(max_examples=60)
def test_windows_of_any_size_give_the_same_rows(lines: list[str], window: int, fast: bool) -> None:
    raw = "\n".join(lines).encode()
    want, reading = read(raw, zone="WIB")
    with pytest.MonkeyPatch.context() as m:
        m.setattr(limits, "READ_WINDOW_BYTES", window)
        m.setattr(_whatsapp_header.scan, "__kwdefaults__", {"at_line_start": True, "fast": fast})
        got, small = read(raw, zone="WIB")
    assert got == want
    assert small.account() == reading.account()


def test_batches_stay_under_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BATCH_ROWS", 7)
    source = source_of(b"30/08/25 18.00 - A: x\n" * 40)
    sizes = [b.num_rows for b in Reading(source, [(reader, source.parts)], ReadSettings(), [], {})]
    assert sizes == [7, 7, 7, 7, 7, 5]


def test_a_message_beyond_the_limit_is_kept_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 500)
    for window in (64, 300, 10_000):
        monkeypatch.setattr(limits, "READ_WINDOW_BYTES", window)
        for filler in ("y" * 3000, "y\n" * 1500):
            raw = f"30/08/25 18.00 - A: x\n30/08/25 18.01 - A: {filler}\n30/08/25 18.02 - A: z\n".encode()
            rows, reading = read(raw, zone="WIB")
            assert [(r["kind"], r["text"]) for r in rows] == [("text", "x"), ("unparsed", None), ("text", "z")]
            assert reasons(reading) == ["oversize_message"]
            assert_tiled(reading, len(raw))


def test_a_message_of_ten_megabytes_is_a_message() -> None:
    body = "panjang sekali " * 700_000
    rows, reading = read(f"30/08/25 18.00 - A: {body}\n30/08/25 18.02 - A: z\n", zone="WIB")
    assert [len(r["text"]) for r in rows] == [len(body), 1]
    assert reasons(reading) == []


def test_text_before_the_first_header_is_kept() -> None:
    rows, reading = read("\ufeffsisa pesan\nlama\n30/08/25 18.00 - A: x\n", zone="WIB")
    assert [(r["kind"], r["text"]) for r in rows] == [("unparsed", "sisa pesan\nlama\n"), ("text", "x")]
    assert [(p.reason, p.start, p.end) for p in reading.problems] == [("continuation_without_start", 3, 19)]
    assert reading.account()["bytes"] == {"total": 41, "messages": 22, "container": 3, "problems": 16}


def test_a_bom_is_container() -> None:
    rows, reading = read("\ufeff30/08/25 18.00 - A: x\n", zone="WIB")
    assert [r["text"] for r in rows] == ["x"]
    assert reading.account()["bytes"] == {"total": 25, "messages": 22, "container": 3, "problems": 0}


def test_text_without_any_header_is_one_unparsed_row() -> None:
    rows, reading = read("catatan biasa\nsaja", zone="WIB")
    assert [(r["kind"], r["text"]) for r in rows] == [("unparsed", "catatan biasa\nsaja")]
    assert_tiled(reading, 18)


def test_bytes_that_are_no_utf8_are_shown_reversibly() -> None:
    raw = b"30/08/25 18.00 - A: caf\xe9 \xff\n30/08/25 18.01 - B\xe9: ok\n30/08/25 18.02 - B: baik \xf0\x9f\x8c\xb8\n"
    rows, reading = read(raw, zone="WIB")
    assert [r["text"] for r in rows] == ["caf\U0010fee9 \U0010feff", "ok", "baik 🌸"]
    assert [r["text_repair"] for r in rows] == ["invalid_utf8:U+10FE00", None, None]
    assert rows[1]["sender_name"] == "B\U0010fee9"
    back = b"".join(bytes([ord(c) - 0x10FE00]) if ord(c) >= 0x10FE80 else c.encode() for c in rows[0]["text"])
    assert back == b"caf\xe9 \xff"
    assert reasons(reading) == ["invalid_utf8"]
    assert_tiled(reading, len(raw))


def test_nul_runs_are_content_and_said() -> None:
    raw = b"30/08/25 18.00 - A: x\0\0\0y\n30/08/25 18.01 - A: z\n" + b"\0" * 100
    rows, reading = read(raw, zone="WIB")
    assert [r["text"] for r in rows] == ["x\0\0\0y", "z\n" + "\0" * 100]
    assert [(p.reason, p.start, p.end) for p in reading.problems] == [("nul_bytes", 21, 24), ("nul_bytes", 48, 148)]


def test_an_archive_that_breaks_in_the_middle_gives_what_came_before() -> None:
    raw = "".join(f"30/08/25 18.{i % 60:02} - A: pesan {i * 7919}\n" for i in range(60_000)).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        z.writestr("_chat.txt", raw)
    broken = bytearray(out.getvalue())
    broken[len(raw) - 1000] ^= 0x20  # the checksum no longer fits: the end of the member raises
    source = source_of(bytes(broken), "WhatsApp Chat - A.zip")
    rows, reading = read_source(source, zone="WIB")
    assert len(rows) > 30_000
    assert rows[0]["text"] == "pesan 0"
    assert "truncated" in reasons(reading)
    counts = reading.account()["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == len(raw)


def test_several_chats_in_one_folder_are_threads_of_their_own() -> None:
    a, b = b"30/08/25 18.00 - A: x\n", b"30/08/25 18.00 - B: y\n"
    data = zip_of({"Chat WhatsApp dengan A.txt": a, "Chat WhatsApp dengan B.txt": b})
    rows, reading = read_source(source_of(data, "semua.zip"), zone="WIB")
    d = reading.source.digest[:16]
    assert [(r["thread_id"], r["thread_title"], r["text"]) for r in rows] == [(f"{d}-0", "A", "x"), (f"{d}-1", "B", "y")]


def test_a_part_that_is_shorter_than_promised_is_said() -> None:
    raw = b"30/08/25 18.00 - A: x\n30/08/25 18.01 - A: y\n"
    part = Part(None, 0, len(raw) + 10, lambda: io.BytesIO(raw))
    source = Source("x.txt", "file", "0" * 64, len(raw) + 10, [part], [])
    rows, reading = read_source(source, zone="WIB")
    assert [r["text"] for r in rows] == ["x", "y"]
    assert reasons(reading)[0] == "truncated"


def test_lines_that_end_with_a_bare_cr_are_lines_where_the_file_has_no_lf() -> None:
    old = ANDROID_CHAT.replace("\n", "\r")
    rows, reading = read(old, name="Chat WhatsApp dengan Arisan RT 3.txt", zone="WIB")
    expected, _ = read(ANDROID_CHAT, name="Chat WhatsApp dengan Arisan RT 3.txt", zone="WIB")
    assert [(r["span_start"], r["span_end"], *t) for r, t in zip(rows, table(rows), strict=True)] == [
        (r["span_start"], r["span_end"], *t[:3], t[3].replace("\n", "\r"), *t[4:])
        for r, t in zip(expected, table(expected), strict=True)
    ]
    assert "saved_again" not in reasons(reading)
    assert reader.recognise(source_of(old.encode()).parts[0]) is not None


def test_a_bare_cr_stays_content_where_a_line_ends_with_lf() -> None:
    rows, _ = read("13/02/26 19.58 - Sari: satu\r13/02/26 19.59 - Sari: dua\n13/02/26 20.00 - Sari: tiga\n", zone="WIB")
    assert [r["text"] for r in rows] == ["satu\r13/02/26 19.59 - Sari: dua", "tiga"]
    late = "13/02/26 19.58 - Sari: satu\r" * 4000 + "\n13/02/26 20.00 - Sari: tiga\n"
    assert [len(r["text"]) for r in read(late, zone="WIB")[0]][-1] == 4


def test_a_file_of_bare_cr_is_recognised_and_read_by_content() -> None:
    from saksi.readers.registry import read_source as read_any

    reading = read_any(source_of(ANDROID_CHAT.replace("\n", "\r").encode()), ReadSettings(zone="Asia/Jakarta"))
    assert sum(b.num_rows for b in reading) == 8
    assert reading.reader_names == ["whatsapp_txt"]
