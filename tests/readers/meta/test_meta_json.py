"""The Meta readers on their golden samples, whole download trees, damaged files, and what hypothesis thinks of."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers import meta_e2ee_json, meta_json, telegram_json
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from tests.readers.meta import generate
from tests.readers.telegram import generate as telegram
from tests.readers.telegram.reading import read, reasons, rows_of, source_of, zipped

SAMPLES = Path(__file__).parents[2] / "samples"
THREAD = generate.files()["meta_json/message_1.json"]
ENCRYPTED = generate.files()["meta_e2ee_json/Bima_1.json"]
reader, sealed = meta_json.reader, meta_e2ee_json.reader


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a person would compare: kind, sender, second, text, flags."""
    at = None if row["sent_at"] is None else row["sent_at"].second
    return row["kind"], row["sender_name"], at, row["text"], row["flags"]


def message(n: int, text: str = "ya") -> dict[str, Any]:
    return {"sender_name": "Ayu", "timestamp_ms": generate.T0 + n, "content": text}


def one_file(*messages: dict[str, Any], path: str | None = None) -> bytes:
    """A message_N.json with these messages."""
    around = {"participants": [{"name": "Ayu"}], "messages": list(messages), "title": "Ayu"}
    return generate.render(around | ({} if path is None else {"thread_path": path}))


def test_samples_are_what_the_generator_writes() -> None:
    assert {n: (SAMPLES / n).read_bytes() for n in generate.files()} == generate.files()


def test_whole_thread() -> None:
    ayu, bima, asked = "Ayu", "Bima 🌿", "message_request"
    rows = rows_of(reader, THREAD)
    assert [brief(r) for r in rows] == [
        ("deleted", bima, 29, None, [asked, "unsent"]),
        ("call", ayu, 28, None, [asked, "call:missed"]),
        ("text", bima, 27, "Bima membagikan tautan — café", [asked]),
        ("text", bima, 27, "https://contoh.example/b", [asked, "field:share.link"]),
        ("text", bima, 27, "Warung Dépan", [asked, "field:share.share_text"]),
        ("text", bima, 26, "https://contoh.example/c", [asked, "text_from:share.link"]),
        ("media", ayu, 25, None, [asked]),
        ("media", ayu, 24, "foto itu 🙂", [asked]),
        ("reaction", bima, 25, "❤", [asked]),
        ("media", ayu, 23, None, [asked]),
        ("text", bima, 22, "https://contoh.example/d ya", [asked]),
        ("text", ayu, 21, "halo\nkak", [asked]),
        ("service", bima, 20, "Bima added Citra.", [asked, "action:Subscribe"]),
    ]
    assert {(r["platform"], r["thread_id"], r["thread_title"], r["sender_id"], r["direction"]) for r in rows} == {
        ("instagram", "message_requests/bima_86001", bima, None, None)}
    assert [r["text_repair"] for r in rows] == [
        None, None, "latin1_utf8", None, "latin1_utf8", None, None, "latin1_utf8", "latin1_utf8", None, None, None, None]
    assert {r["sent_at_basis"] for r in rows} == {"utc"}
    assert rows[0]["sent_at_text"] == "1700000009000"


def test_spans_are_the_records_bytes() -> None:
    rows = [r for r in rows_of(reader, THREAD) if "." not in r["message_id"]]
    assert [json.loads(THREAD[r["span_start"] : r["span_end"]]) for r in rows] == generate.doubled(
        generate.thread())["messages"]


def test_whole_encrypted_thread() -> None:
    rows = rows_of(sealed, ENCRYPTED)
    assert [brief(r) for r in rows] == [
        ("text", "Bima 🌿", 20, "sudah makan?", None),
        ("reaction", "Ayu", None, "👍", None),
        ("deleted", "Bima 🌿", 21, None, ["unsent"]),
        ("media", "Ayu", 22, None, None),
        ("media", "Ayu", 23, "foto itu", None),
        ("text", "Ayu", 24, "pesan tidak tersedia", ["type:placeholder"]),
    ]
    assert [r["attachments"] and [(a["name"], a["state"]) for a in r["attachments"]] for r in rows] == [
        None, None, None, [("./media/a.jpeg", "missing")], [(None, "missing")], None]
    assert {(r["platform"], r["thread_title"]) for r in rows} == {("messenger", "Bima 🌿")}


TREE = "your_instagram_activity/messages"


def test_files_of_a_thread_in_the_order_of_their_numbers_and_gaps_said() -> None:
    members = {f"{TREE}/inbox/a_1/message_{n}.json": one_file(message(n, str(n))) for n in (10, 2, 1, 3)}
    reading = read(reader, source_of(zipped(members), "download.zip"))
    assert [r["text"] for r in reading.rows] == ["1", "2", "3", "10"]  # type: ignore[attr-defined]
    assert [p.reason for p in reading.problems] == ["missing_sibling"] * 6
    assert {r["thread_id"] for r in reading.rows} == {"inbox/a_1"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "platform", "thread_id", "flags"), [
    ("messages/inbox/x_1", "meta", "inbox/x_1", None),
    ("messages/archived_threads/x_1", "meta", "archived_threads/x_1", ["archived"]),
    ("your_instagram_activity/messages/filtered_threads/x_1", "instagram", "filtered_threads/x_1", ["filtered"]),
    ("your_instagram_activity/messages/message_requests/x_1", "instagram", "message_requests/x_1", ["message_request"]),
    ("your_activity_across_facebook/messages/inbox/x_1", "facebook", "inbox/x_1", None),
    ("your_facebook_activity/messages/e2ee_cutover/x_1", "facebook", "e2ee_cutover/x_1", ["e2ee_cutover"]),
    ("messenger-export/messages/inbox/x_1", "messenger", "inbox/x_1", None),
    ("x_1", "meta", "x_1", None),
])
def test_places(path: str, platform: str, thread_id: str, flags: list[str] | None) -> None:
    reading = read(reader, source_of(zipped({f"{path}/message_1.json": one_file(message(1))}), "download.zip"))
    row = reading.rows[0]  # type: ignore[attr-defined]
    assert (row["platform"], row["thread_id"], row["flags"]) == (platform, thread_id, flags)


def test_media_are_found_from_the_exports_root_and_below_a_wrapping_folder() -> None:
    photo = b"\xff\xd8\xff\xe0 made up"
    uri = f"{TREE}/inbox/a_1/photos/1.jpg"
    data = one_file({**message(1), "photos": [{"uri": uri}], "gifs": [{"uri": "https://contoh.example/g.gif"}]})
    for root in ("", "unduhan/"):
        source = source_of(zipped({f"{root}{TREE}/inbox/a_1/message_1.json": data, f"{root}{uri}": photo}))
        reading = read(reader, source)
        assert reading.rows[0]["attachments"] == [  # type: ignore[attr-defined]
            {"name": uri, "digest": hashlib.sha256(photo).hexdigest(), "media_type": "image", "size": len(photo),
             "state": "present"},
            {"name": "https://contoh.example/g.gif", "digest": None, "media_type": "gif", "size": None,
             "state": "omitted"}]
        assert reading.account("en")["parts"][1]["role"] == "attachment"


def test_other_files_of_the_download_are_metadata_and_unknown_ones_under_messages_are_not() -> None:
    members = {
        f"{TREE}/inbox/a_1/message_1.json": one_file(message(1)),
        "your_instagram_activity/likes/liked_posts.json": b'{"likes_media_likes": []}',
        "personal_information/personal_information.json": b'{"profile_user": []}',
        "connections/followers_and_following/followers_1.json": b"[]",
        "start_here.html": b"<html></html>",
        f"{TREE}/secret_conversations.json": b'{"x": 1}',
        f"{TREE}/inbox/b_2/message_1.html": b"<html></html>",
    }
    reading = read_source(source_of(zipped(members), "download.zip"), ReadSettings())
    list(reading)
    roles = {p["part"]: p["role"] for p in reading.account("en")["parts"]}
    assert [p for p, role in roles.items() if role == "metadata"] == list(members)[1:5]
    assert sorted(p.part or "" for p in reading.problems if p.reason == "unknown_format") == sorted(list(members)[5:7])
    assert roles[list(members)[6]] != "messages"  # a page where a chat should be is said, not read as somebody's saved page


@given(st.text())
def test_double_encoding_round_trip(text: str) -> None:
    doubled = text.encode("utf-8").decode("latin-1")
    back, undone, doubtful = meta_json.repaired(doubled)
    assert back == text
    assert undone is not text.isascii()
    assert not doubtful


@given(st.text())
def test_repair_is_reversible_whatever_it_is_given(text: str) -> None:
    back, undone, _ = meta_json.repaired(text)
    assert (back.encode("utf-8").decode("latin-1") if undone else back) == text


def test_what_only_looks_doubly_encoded_is_kept_and_said() -> None:
    assert meta_json.repaired("kafÃ© 🙂") == ("kafÃ© 🙂", False, True)
    assert meta_json.repaired("café") == ("café", False, False)
    data = json.dumps({"participants": [{"name": "Ayu"}], "messages": [message(1, "kafÃ© 🙂")]}).encode()
    row = rows_of(reader, data)[0]
    assert (row["text"], row["text_repair"]) == ("kafÃ© 🙂", None)
    assert reasons(reader, data) == ["mojibake_kept"]


@pytest.mark.parametrize("which", [reader, sealed])
def test_cut_at_every_byte_keeps_every_whole_record(which: Any) -> None:
    value = generate.thread() if which is reader else generate.encrypted()
    data = generate.render({**value, "messages": value["messages"][-3:]})
    whole = rows_of(which, data)
    for cut in range(0, len(data), 2):
        rows = rows_of(which, data[:cut])
        done = [r for r in whole if r["span_end"] <= cut]
        assert [(r["kind"], r["text"]) for r in rows[: len(done)]] == [(r["kind"], r["text"]) for r in done]
        assert {r["kind"] for r in rows[len(done) :]} <= {"unparsed"}


@pytest.mark.parametrize("minified", [False, True])
def test_one_broken_record_costs_only_itself(minified: bool) -> None:
    data = json.dumps(json.loads(THREAD), separators=(",", ":")).encode() if minified else THREAD
    broken = data.replace(b'"halo\\nkak"', b'"halo\\nkak')
    before, after = ([brief(r) for r in rows_of(reader, d)] for d in (data, broken))
    assert [b for b in before if b not in after] == [before[11]]
    assert [a[0] for a in after].count("unparsed") == 1
    assert "broken_record" in reasons(reader, broken)


@given(st.binary(max_size=200), st.integers(0, len(THREAD)))
def test_garbage_in_the_middle_never_raises(noise: bytes, at: int) -> None:
    rows_of(reader, THREAD[:at] + noise + THREAD[at:])
    rows_of(sealed, ENCRYPTED[: min(at, len(ENCRYPTED))] + noise)


def test_fields_of_odd_types_cost_no_row() -> None:
    odd: list[Any] = [None, True, 3.5, -1, 10**30, "", [], {}, [[]], [{}], {"a": 1}]
    for which, value in ((reader, generate.thread()), (sealed, generate.encrypted())):
        keys = sorted({k for m in value["messages"] for k in m})
        records = [{**value["messages"][0], key: o} for key in keys for o in odd]
        rows = rows_of(which, generate.render({**value, "messages": records}))
        assert sum("." not in r["message_id"] for r in rows) == len(records)


OTHERS = {
    "telegram_json": telegram.files()["single.json"], "meta_json": THREAD, "meta_e2ee_json": ENCRYPTED,
    "telegram_json full": telegram.files()["full.json"],
    "none: empty object": b"{}", "none: list": b"[]", "none: other chat": b'{"messages": [{"id": 1, "text": "a"}]}',
    "none: followers": b'{"relationships_following": [{"title": "", "string_list_data": [{"value": "a"}]}]}',
    "none: calendar": b'{"participants": [{"name": "Ayu"}], "start": 5}',
    "none: package": b'{"name": "x", "type": "module", "contacts": []}',
    "none: text": b"15/11/23 20.15 - Ayu: halo", "none: word": b'"personal_chat"',
}


@pytest.mark.parametrize("name", OTHERS)
def test_each_file_is_claimed_by_its_reader_alone(name: str) -> None:
    part = source_of(OTHERS[name], "x.json").parts[0]
    claims = [r.name for r in (telegram_json.reader, reader, sealed) if r.recognise(part) is not None]
    assert claims == ([] if name.startswith("none") else [name.split()[0]])


@given(st.sampled_from(sorted(n for n in OTHERS if not n.startswith("none"))), st.integers(0, 1200))
def test_half_a_file_is_never_claimed_by_two(name: str, cut: int) -> None:
    part = source_of(OTHERS[name][:cut], "x.json").parts[0]
    claims = [r.name for r in (telegram_json.reader, reader, sealed) if r.recognise(part) is not None]
    assert claims in ([], [name.split()[0]])


def test_half_a_thread_is_recognised() -> None:
    for data, which in ((THREAD, reader), (ENCRYPTED, sealed)):
        for cut in range(data.index(b'"timestamp'), len(data), 50):
            assert which.recognise(source_of(data[:cut], "message_1.json").parts[0]) is not None


HALVES = st.text(alphabet="aé\u0080\u00e2\u0098\u0083\u00ed\u00a0\u00f4\u0090")


@given(st.lists(st.none() | st.text() | HALVES, max_size=8), st.booleans())
def test_texts_undone_at_once_are_those_undone_one_by_one(texts: list[str | None], doubled: bool) -> None:
    if doubled:
        texts = [None if t is None else t.encode("utf-8", "replace").decode("latin-1") for t in texts]
    each = [meta_json.repaired(t or "") for t in texts]
    at_once = meta_json.undone_at_once(texts)
    if at_once is None:
        assert any(not (t or "").isascii() and not done for t, (_, done, _) in zip(texts, each, strict=True))
        return
    column, repairs = at_once
    assert column.to_pylist() == [text or None for text, _, _ in each]
    assert (repairs.to_pylist() if repairs is not None else [None] * len(texts)) == [
        "latin1_utf8" if done else None for _, done, _ in each
    ]


VALUES: Any = st.none() | st.booleans() | st.integers(-5, 1 << 62) | st.text(max_size=5) | st.just([]) | st.just([{"uri": "a/b.jpg"}])
RECORD = st.fixed_dictionaries(
    {"sender_name": st.text(max_size=5) | VALUES, "timestamp_ms": st.integers(1, 1 << 41) | VALUES},
    optional={
        "content": st.text(max_size=9) | VALUES, "photos": VALUES, "sticker": VALUES | st.just({"uri": "s/t.webp"}),
        "share": VALUES | st.just({"link": "https://contoh.example"}), "users": VALUES | st.just([{"name": "Citra"}]),
        "reactions": VALUES | st.just([{"reaction": "\u00e2\u009d\u00a4", "actor": "Ayu"}]), "call_duration": VALUES,
        "missed": VALUES, "is_unsent": VALUES, "is_geoblocked_for_viewer": VALUES, "is_taken_down": VALUES,
        "type": VALUES | st.sampled_from(["Generic", "Call", "Payment"]), "of_tomorrow": VALUES,
    },
)


@given(st.lists(RECORD, min_size=1, max_size=8), st.booleans())
def test_column_by_column_gives_what_one_by_one_gives(records: list[dict[str, Any]], broken: bool) -> None:
    data = one_file(*records)
    if broken:
        data = data.replace(b'"timestamp_ms"', b'"timestamp_ms', 1)
    fields = frozenset(f.name for f in msgspec.structs.fields(meta_json.Message))
    alone = dataclasses.replace(meta_json.FORM, signs=dict.fromkeys(fields, lambda _: False), often=fields)
    read_ = [read(reader, source_of(data), every=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meta_json, "FORM", alone)
        read_.append(read(reader, source_of(data), every=True))
    assert read_[0].rows == read_[1].rows  # type: ignore[attr-defined]
    assert read_[0].problems == read_[1].problems


@pytest.mark.parametrize("n", [1, 40])
def test_a_number_that_counts_seconds_is_no_time(n: int) -> None:
    messages = [{"sender_name": "Sari", "timestamp_ms": 1_705_288_500, "content": f"halo {i}"} for i in range(n)]
    data = {"participants": [{"name": "Sari"}, {"name": "Budi"}], "messages": messages, "title": "Sari", "thread_path": "inbox/sari_1"}
    rows = rows_of(meta_json.reader, json.dumps(data).encode())
    assert {(r["sent_at"], r["sent_at_basis"], r["sent_at_text"]) for r in rows} == {(None, "none", "1705288500")}
