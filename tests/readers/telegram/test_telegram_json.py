"""The Telegram reader on its golden samples, on damaged files and on whatever hypothesis thinks of."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import limits
from saksi.readers import _json_spans as js
from saksi.readers.telegram_json import reader
from tests.readers.telegram import generate
from tests.readers.telegram.reading import read, reasons, rows_of, source_of, zipped

SAMPLES = Path(__file__).parents[2] / "samples" / "telegram_json"
SINGLE = generate.files()["single.json"]
FULL = generate.files()["full.json"]


def small(n: int = 4) -> dict[str, Any]:
    """The first records of the sample chat."""
    chat = generate.single()
    return {**chat, "messages": chat["messages"][:n]}


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a person would compare: kind, sender, time, text, flags."""
    at = None if row["sent_at"] is None else row["sent_at"].strftime("%H:%M:%S")
    return row["kind"], row["sender_id"], at, row["text"], row["flags"]


def test_samples_are_what_the_generator_writes() -> None:
    assert {p.name: p.read_bytes() for p in SAMPLES.glob("*.json")} == generate.files()


def test_whole_single_chat() -> None:
    ayu, bima = "user8600001", "user8600002"
    rows = rows_of(reader, SINGLE)
    assert [brief(r) for r in rows] == [
        ("service", ayu, "22:13:20", None, ["action:joined_telegram"]),
        ("text", bima, "22:14:20", 'halo, "apa kabar"?\nbaik \\ baik', None),
        ("text", ayu, "22:15:20", "lihat ini ya", None),
        ("text", ayu, "22:15:20", "https://contoh.example/a", ["field:text.href"]),
        ("media", ayu, "22:16:20", "foto itu", None),
        ("media", bima, "22:17:20", None, ["voice_message", "duration_s:3"]),
        ("media", bima, "22:18:20", None, ["ephemeral", "view_once"]),
        ("text", ayu, "22:19:20", "besok jadi", ["edited"]),
        ("text", ayu, "22:20:20", "oke", ["edited_or_reacted"]),
        ("reaction", bima, "22:21:00", "👍", None),
        ("reaction", None, None, "👍", ["count:2"]),
        ("contact", bima, "22:21:20", "+62 860 0000 003", ["forwarded", "text_from:contact.phone_number"]),
        ("contact", bima, "22:21:20", "Citra", ["field:contact.first_name"]),
        ("location", bima, "22:22:20", None, ["geo:-6.2,106.816667"]),
        ("poll", ayu, "22:23:20", "Makan apa?", ["text_from:poll.question"]),
        ("poll", ayu, "22:23:20", "soto", ["field:poll.answer"]),
        ("poll", ayu, "22:23:20", "rawon", ["field:poll.answer"]),
        ("call", bima, "22:24:20", None, ["action:phone_call", "call:hangup", "duration_s:35"]),
        ("service", bima, "22:25:20", None, ["action:take_screenshot", "screenshot_taken"]),
        ("service", ayu, "22:26:20", None, ["action:set_messages_ttl", "ephemeral", "period_s:86400"]),
        ("payment", ayu, "22:27:20", None, ["action:send_payment", "amount:150000 IDR"]),
        ("service", None, None, None, ["unsupported"]),
        ("text", "user8600009", None, "tanpa waktu UTC", None),
    ]
    assert {(r["platform"], r["thread_id"], r["thread_title"], r["direction"]) for r in rows} == {
        ("telegram", "8600002", "Bima 🌿", None)
    }
    assert rows[2]["reply_to"] == rows[1]["message_id"]
    assert rows[4]["reply_to"] == "tg:999"
    assert rows[7]["edited_at"] == dt.datetime(2023, 11, 14, 22, 20, 20, tzinfo=dt.UTC)
    assert rows[11]["forwarded_from"] == "Warung Depan"
    assert rows[4]["attachments"] == [
        {"name": "photos/photo_1.jpg", "digest": None, "media_type": "image", "size": 5, "state": "missing"}]
    assert rows[5]["attachments"] == [
        {"name": "suara.ogg", "digest": None, "media_type": "audio", "size": 77, "state": "omitted"}]
    assert [r["sent_at_basis"] for r in rows if r["sent_at_basis"] != "utc"] == [
        "zone_calibrated", "none", "none", "zone_unknown"]


def test_spans_are_the_records_bytes() -> None:
    rows = [r for r in rows_of(reader, SINGLE) if "." not in r["message_id"]]
    cut = [json.loads(SINGLE[r["span_start"] : r["span_end"]]) for r in rows]
    assert cut == generate.single()["messages"]


def test_full_export_knows_its_owner() -> None:
    rows = rows_of(reader, FULL)
    assert [(r["thread_id"], r["thread_title"], r["direction"], r["text"], r["flags"]) for r in rows] == [
        ("8600002", "Bima", "out", "sudah makan?", None),
        ("8600002", "Bima", "in", "belum", None),
        ("8600777", "Arisan", "in", "besok ya", ["left_chat"]),
    ]


def test_reply_in_another_chat_keeps_the_raw_id() -> None:
    chats = generate.full()
    chats["left_chats"]["list"][0]["messages"][0]["reply_to_message_id"] = 1  # itself, and an id of the other chat
    chats["chats"]["list"][0]["messages"][1]["reply_to_message_id"] = 1
    chats["chats"]["list"][0]["messages"][0]["reply_to_message_id"] = 2  # later in the file
    rows = rows_of(reader, generate.render(chats))
    assert [r["reply_to"] for r in rows] == ["tg:2", rows[0]["message_id"], "tg:1"]


def test_two_chats_of_one_number_and_different_types_stay_apart() -> None:
    chats = generate.full()
    chats["left_chats"]["list"][0]["id"] = 8600002
    assert [r["thread_id"] for r in rows_of(reader, generate.render(chats))] == [
        "8600002", "8600002", "8600002@private_group"]


@pytest.mark.parametrize("form", ["minified", "two", "tabs", "sorted", "crlf", "bom"])
def test_other_writers_forms_give_the_same_rows(form: str) -> None:
    value = generate.single()
    data = {
        "minified": json.dumps(value, separators=(",", ":")).encode(),
        "two": json.dumps(value, indent=2).encode(),
        "tabs": json.dumps(value, indent="\t", ensure_ascii=False).encode(),
        "sorted": json.dumps(value, indent=1, sort_keys=True).encode(),
        "crlf": SINGLE.replace(b"\n", b"\r\n"),
        "bom": b"\xef\xbb\xbf" + SINGLE,
    }[form]
    assert reader.recognise(source_of(data).parts[0]) is not None
    assert [brief(r) for r in rows_of(reader, data)] == [brief(r) for r in rows_of(reader, SINGLE)]
    assert {r["thread_id"] for r in rows_of(reader, data)} == {"8600002"}
    assert {r["thread_title"] for r in rows_of(reader, data)} == {"Bima 🌿"}


@pytest.mark.parametrize("indent", [1, None])
def test_cut_at_every_byte_keeps_every_whole_record(indent: int | None) -> None:
    data = json.dumps(small(), indent=indent, ensure_ascii=False).encode()
    whole = rows_of(reader, data)
    for cut in range(len(data)):
        read_ = read(reader, source_of(data[:cut]), every=True)
        rows = read_.rows  # type: ignore[attr-defined]
        done = [r for r in whole if r["span_end"] <= cut]
        assert [brief(r) for r in rows[: len(done)]] == [brief(r) for r in done]
        assert {r["kind"] for r in rows[len(done) :]} <= {"unparsed"}
        assert cut == 0 or data[:cut].strip() == b"" or "truncated" in [p.reason for p in read_.problems]


def test_cut_off_file_is_recognised_from_its_head() -> None:
    begin = SINGLE.index(b'"id": 8600002')
    for cut in range(begin, len(SINGLE), 97):
        assert reader.recognise(source_of(SINGLE[:cut]).parts[0]) is not None


def test_the_cut_tail_is_kept_as_it_stands() -> None:
    data = SINGLE[: SINGLE.index(b"foto itu") + 4]
    rows = rows_of(reader, data)
    assert rows[-1]["kind"] == "unparsed"
    assert rows[-1]["text"].endswith('"text": "foto')
    assert reasons(reader, data)[0] == "truncated"


@pytest.mark.parametrize(("old", "new"), [
    (b'"text": "foto itu"', b'"text": "foto itu'),          # a quote is gone
    (b'"text": "foto itu",', b'"text": "foto itu"'),         # a comma is gone
    (b'"photo_file_size": 5', b'"photo_file_size": 5}'),     # a bracket too many
    (b'"photo": "photos', b'"photo": "\x00\x00\\q'),         # zero bytes and an escape nobody writes
])
@pytest.mark.parametrize("minified", [False, True])
def test_one_broken_record_costs_only_itself(old: bytes, new: bytes, minified: bool) -> None:
    data = SINGLE
    if minified:
        data = json.dumps(generate.single(), separators=(",", ":")).encode()
        old, new = old.replace(b": ", b":"), new.replace(b": ", b":")
    assert old in data
    broken = data.replace(old, new)
    before = [brief(r) for r in rows_of(reader, data)]
    after = [brief(r) for r in rows_of(reader, broken)]
    assert "broken_record" in reasons(reader, broken)
    lost = [b for b in before if b not in after]
    assert all(b == before[4] for b in lost)
    assert any(r[0] == "unparsed" for r in after)


def test_writers_invalid_escapes_are_repaired_with_their_place() -> None:
    data = SINGLE.replace(b"foto itu", b"foto\\x1fitu \\\\x41 \\\\\\x07")
    row = rows_of(reader, data)[4]
    assert row["text"] == "foto\x1fitu \\x41 \\\x07"
    assert row["text_repair"] == "json_escape"
    found = [p for p in read(reader, source_of(data)).problems if p.reason == "invalid_escape"]
    assert [data[p.start : p.end] for p in found] == [b"\\x1f", b"\\x07"]
    assert [brief(r) for i, r in enumerate(rows_of(reader, data)) if i != 4] == [
        brief(r) for i, r in enumerate(rows_of(reader, SINGLE)) if i != 4]


def test_bare_document_id_is_repaired() -> None:
    chat = small(2)
    chat["messages"][1]["text"] = [{"type": "custom_emoji", "text": "🙂", "document_id": "stickers/sticker (2).webm"}]
    data = generate.render(chat).replace(b'"stickers/sticker (2).webm"', b"stickers/sticker (2).webm")
    row = rows_of(reader, data)[1]
    assert (row["text"], row["text_repair"]) == ("🙂", "bare_document_id")
    problem = next(p for p in read(reader, source_of(data)).problems if p.reason == "invalid_escape")
    assert data[problem.start : problem.end] == b"stickers/sticker (2).webm"


def test_invalid_escape_in_a_chat_name() -> None:
    data = SINGLE.replace(b'"name": "Bima', b'"name": "B\\x08ima')
    assert rows_of(reader, data)[0]["thread_title"] == "B\x08ima 🌿"
    assert "invalid_escape" in reasons(reader, data)


def test_invalid_utf8_is_shown_reversibly() -> None:
    data = SINGLE.replace(b"foto itu", b"foto \xff\xc3itu")
    row = rows_of(reader, data)[4]
    assert row["text_repair"] == "utf8_stand_in"
    assert js.encode_utf8(row["text"]) == b"foto \xff\xc3itu"
    assert "invalid_utf8" in reasons(reader, data)


def test_half_a_surrogate_pair_is_kept_reversibly() -> None:
    row = rows_of(reader, SINGLE.replace(b"foto itu", b"foto \\ud83d itu"))[4]
    assert row["text_repair"] == "lone_surrogate"
    assert row["text"] == f"foto {chr(js.SURROGATE_STAND_IN + 0x3D)} itu"


def test_zero_bytes_between_and_after() -> None:
    for data in (SINGLE + b"\0" * 64, SINGLE[:-1] + b"\0\0\0}"):
        assert len(rows_of(reader, data)) == len(rows_of(reader, SINGLE))
        assert reasons(reader, data).count("nul_bytes") == 1


def test_deep_nesting_ends_nothing() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    rows = rows_of(reader, SINGLE.replace(b'"field_of_tomorrow": {', b'"field_of_tomorrow": ' + deep + b', "x": {'))
    assert [r["kind"] for r in rows][:-1] == [r["kind"] for r in rows_of(reader, SINGLE)][:-1]
    rows = rows_of(reader, SINGLE.replace(b'"type": "personal_chat"', b'"x": ' + deep + b', "type": "personal_chat"'))
    assert [brief(r) for r in rows] == [brief(r) for r in rows_of(reader, SINGLE)]


def test_message_of_ten_megabytes() -> None:
    text = "besok jam tujuh " * 655_360
    chat = small(3)
    chat["messages"][1]["text"] = text
    rows = rows_of(reader, generate.render(chat))
    assert rows[1]["text"] == text
    assert len(rows) == 4


@pytest.mark.parametrize("indent", [1, None])
def test_oversize_record_is_kept_unread(monkeypatch: pytest.MonkeyPatch, indent: int | None) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 2000)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (500,))
    chat = small(4)
    chat["messages"][1]["text"] = "x" * 9000
    data = json.dumps(chat, indent=indent).encode()
    rows = rows_of(reader, data)
    assert [r["kind"] for r in rows] == ["service", "unparsed", "text", "text", "media"]
    assert json.loads(data[rows[1]["span_start"] : rows[1]["span_end"]]) == chat["messages"][1]
    assert "oversize_message" in reasons(reader, data)


@pytest.mark.parametrize("window", [64, 333, 1000])
@pytest.mark.parametrize("form", ["single", "full", "minified"])
def test_windows_of_any_size_give_the_same_rows(monkeypatch: pytest.MonkeyPatch, window: int, form: str) -> None:
    data = {"single": SINGLE, "full": FULL, "minified": json.dumps(generate.single()).encode()}[form]
    expected = rows_of(reader, data)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert rows_of(reader, data) == expected


def test_fields_of_odd_types_cost_no_row() -> None:
    odd: list[Any] = [None, True, 3.5, -1, 10**30, "", [], {}, [[]], {"a": 1}]
    keys = sorted({k for m in generate.single()["messages"] for k in m} - {"type"})
    records = [{**generate.single()["messages"][i % 16], key: value}
               for i, (key, value) in enumerate((k, v) for k in keys for v in odd)]
    rows = rows_of(reader, generate.render({**small(), "messages": records}))
    assert sum("." not in r["message_id"] for r in rows) == len(records)


def test_elements_that_are_no_records_are_unparsed() -> None:
    for indent in (1, None):
        data = json.dumps({**small(), "messages": [1, *small(2)["messages"], "x", None, [2]]}, indent=indent).encode()
        rows = rows_of(reader, data)
        assert sum(r["kind"] == "unparsed" for r in rows) == 4
        assert [r["text"] for r in rows if r["kind"] == "text"] == ['halo, "apa kabar"?\nbaik \\ baik']


def test_local_times_need_a_zone() -> None:
    chat = small()
    for m in chat["messages"]:
        del m["date_unixtime"]
    data = generate.render(chat)
    assert {(r["sent_at"], r["sent_at_basis"]) for r in rows_of(reader, data)} == {(None, "zone_unknown")}
    assert reasons(reader, data) == ["zone_unknown"]
    told = rows_of(reader, data, zone="Asia/Jakarta")
    assert [r["sent_at"] for r in told] == [r["sent_at"] for r in rows_of(reader, generate.render(small()))]
    assert {r["sent_at_basis"] for r in told} == {"zone_given"}


def test_export_of_2020_with_bare_numbers() -> None:
    record = {"id": 5, "type": "message", "date": "2020-05-01T10:00:00", "from": "Ayu", "from_id": 8600001, "text": "ya"}
    row = rows_of(reader, generate.render({**small(), "messages": [record]}), zone="Asia/Makassar")[0]
    assert row["sender_id"] == "8600001"
    assert row["sent_at"] == dt.datetime(2020, 5, 1, 2, 0, tzinfo=dt.UTC)


def test_no_time_is_null_never_zero() -> None:
    chat = small(2)
    chat["messages"][1]["date_unixtime"], chat["messages"][1]["date"] = "0", "1970-01-01T07:00:00"
    row = rows_of(reader, generate.render(chat), zone="Asia/Jakarta")[1]
    assert (row["sent_at"], row["sent_at_basis"], row["sent_at_text"]) == (None, "none", "1970-01-01T07:00:00")


def test_media_beside_the_json_are_found_and_digested() -> None:
    photo = b"\xff\xd8\xff\xe0 made up"
    data = zipped({"ChatExport/result.json": SINGLE, "ChatExport/photos/photo_1.jpg": photo, "photos/photo_1.jpg": b"x"})
    reading = read(reader, source_of(data, "telegram.zip"))
    row = next(r for r in reading.rows if r["text"] == "foto itu")  # type: ignore[attr-defined]
    assert row["attachments"] == [{
        "name": "photos/photo_1.jpg", "digest": hashlib.sha256(photo).hexdigest(), "media_type": "image",
        "size": len(photo), "state": "present"}]
    roles = {p["part"]: p["role"] for p in reading.account("en")["parts"]}
    assert roles["ChatExport/photos/photo_1.jpg"] == "attachment"
    assert roles["photos/photo_1.jpg"] == "unreferenced"


PIECE = st.one_of(
    st.text(), st.builds(lambda t: {"type": "bold", "text": t}, st.text()),
)
RECORD = st.fixed_dictionaries(
    {"id": st.integers(1, 1 << 53), "type": st.just("message"), "date_unixtime": st.integers(1, 2**33).map(str),
     "from": st.none() | st.text(), "from_id": st.integers(1, 99).map(lambda n: f"user{n}"),
     "text": st.text() | st.lists(PIECE, max_size=4)},
    optional={"date": st.text(), "x": st.recursive(st.none() | st.text(), st.lists, max_leaves=5)},
)


@given(st.lists(RECORD, max_size=6), st.sampled_from([1, None, 2]), st.booleans())
def test_text_comes_back_code_point_for_code_point(records: list[dict[str, Any]], indent: int | None, ascii_: bool) -> None:
    data = json.dumps({**small(), "messages": records}, indent=indent, ensure_ascii=ascii_).encode()
    rows = rows_of(reader, data)
    expected = [m["text"] if isinstance(m["text"], str) else "".join(
        p if isinstance(p, str) else p["text"] for p in m["text"]) for m in records]
    assert [r["text"] or "" for r in rows] == expected
    assert [r["sender_name"] or "" for r in rows] == [m["from"] or "" for m in records]


@given(st.binary(max_size=300), st.integers(0, len(SINGLE)))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(reader, SINGLE[:at] + noise + SINGLE[at:])
    rows_of(reader, b'{"type":"personal_chat","messages":[' + noise)


@given(st.binary())
def test_utf8_stand_ins_are_reversible(raw: bytes) -> None:
    assert js.encode_utf8(js.decode_utf8(raw)[0]) == raw
