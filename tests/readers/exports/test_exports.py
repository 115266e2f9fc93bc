"""The readers of record-by-record exports: golden samples, damage of every kind, fields that nobody knows, round trips."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi import limits
from saksi.readers import _json_records as jr
from saksi.readers import discord_exporter_json, discord_package_csv, google_chat_json, snapchat_json, tiktok_json
from saksi.readers._utf8 import is_utf8
from saksi.readers.registry import reader_named
from tests.conformance.samples import folder_of, read, source_of
from tests.readers.exports import generate as g

Row = dict[str, Any]
ALL = [(reader, name) for reader, named in g.samples().items() for name in named]
LONE = [(reader, name) for reader, name in ALL if isinstance(g.samples()[reader][name], bytes)]


def rows_of(data: bytes, reader: str) -> tuple[list[Row], list[str]]:
    """Rows of a lone file, recognised or not, and its problems; the account adds up and the reader does not fail."""
    rows, reading = read(source_of(data, "x"), format=reader)
    counts = reading.account("en")["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
    reasons = [p.reason for p in reading.problems]
    assert not {"reader_failed", "unaccounted"} & set(reasons)
    return rows, reasons


def own(rows: list[Row]) -> list[Row]:
    """Rows that are no child rows."""
    return [r for r in rows if "." not in r["message_id"]]


def test_samples_are_what_the_generator_writes(tmp_path: Path) -> None:
    g.written(tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert {p: (g.SAMPLES / p).read_bytes() for p in made} == made
    extra = {p.relative_to(g.SAMPLES) for r in g.samples() for p in (g.SAMPLES / r).rglob("*") if p.is_file()} - set(made)
    assert extra == {Path(r) / f"{n}.jsonl" for r, n in ALL}


@pytest.mark.parametrize(("reader", "name"), ALL, ids=map("/".join, ALL))
def test_golden_rows(reader: str, name: str) -> None:
    path = g.SAMPLES / reader / name
    assert g.golden(path) == g.golden_name(path).read_text(encoding="utf-8")


def folder_data(reader: str) -> bytes:
    """The sample with most bytes of a reader, as one file that it recognises."""
    best = b""
    for data in g.samples()[reader].values():
        for content in data.values() if isinstance(data, dict) else [data]:
            part = source_of(content, "x").parts[0]
            known = part.media is None and _is_json(content, reader) and reader_named(reader).recognise(part) is not None
            if known and len(content) > len(best):
                best = content
    return best


def _is_json(data: bytes, reader: str) -> bool:
    if not reader.endswith("_json"):
        return True
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


READERS = list(g.samples())


@pytest.mark.parametrize("reader", READERS)
def test_a_flipped_byte_costs_at_most_its_surroundings(reader: str) -> None:
    data = folder_data(reader)
    whole, _ = rows_of(data, reader)
    rng = random.Random(f"{reader}:flips")
    for _ in range(12):
        at = rng.randrange(len(data))
        broken = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        rows, _ = rows_of(broken, reader)
        before = [(r["kind"], r["text"]) for r in own(whole) if r["span_end"] < at - 400]
        after = {(r["kind"], r["text"]) for r in own(rows)}
        lost = [b for b in before if b not in after]
        assert len(lost) <= 1, (at, lost)


@pytest.mark.parametrize("reader", [r for r in READERS if r.endswith("_json")])
def test_minified_and_re_indented_files_hold_the_same_rows(reader: str) -> None:
    data = folder_data(reader)
    value = json.loads(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    said = [[(r["kind"], r["text"], r["sent_at"], r["sender_id"], r["flags"]) for r in rows_of(made, reader)[0]] for made in (
        g.dumped(value), g.dumped(value, separators=(",", ":")), g.dumped(value, indent=4),
        g.dumped(value, indent="\t").replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + g.dumped(value, indent=2))]
    assert all(s == said[0] for s in said)
    assert said[0]


@pytest.mark.parametrize("reader", [r for r in READERS if r.endswith("_json")])
def test_fields_of_odd_types_cost_no_row(reader: str) -> None:
    data = folder_data(reader).decode("utf-8", "replace")
    value = json.loads(data)
    record = _first_record(value)
    assert record is not None
    odd: list[Any] = [None, True, 3.5, -1, 10**30, "", [], {}, [[]], [{}], [None, "a"], {"a": 1}, {"a": {"b": ["kata"]}}]
    home = _home_of(value, record)
    plain = len(own(rows_of(g.dumped(value), reader)[0]))
    home[:] = [{**record, key: o} for key in record for o in odd] + home[1:]
    rows, _ = rows_of(g.dumped(value), reader)
    assert len(own(rows)) == plain - 1 + len(odd) * len(record)


def _first_record(value: Any) -> dict[str, Any] | None:
    lists = _lists(value)
    return max(lists, key=len)[0] if lists else None


def _lists(value: Any) -> list[list[Any]]:
    found: list[list[Any]] = []
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and len(v) > 2 and "MessageList" not in v for v in value):
            found.append(value)
        else:
            found += [x for v in value for x in _lists(v)]
    elif isinstance(value, dict):
        found += [x for v in value.values() for x in _lists(v)]
    return found


def _home_of(value: Any, record: dict[str, Any]) -> list[Any]:
    return next(found for found in _lists(value) if found[0] is record)


def test_an_unknown_field_is_never_lost() -> None:
    message = {**g.dce_message(1, g.person(1, "ayu", "Ayu"), "halo"), "baru": {"dalam": ["kata satu", {"lagi": "kata dua"}], "n": 7}}
    rows, reasons = rows_of(g.dumped(g.dce([message])), "discord_exporter_json")
    assert [(r["text"], r["flags"]) for r in rows] == [
        ("halo", ["username:ayu", "field:baru.n:7"]), ("kata satu", ["field:baru.dalam"]), ("kata dua", ["field:baru.dalam.lagi"])]
    assert not reasons


def test_words_of_an_unknown_field_are_never_the_messages_text() -> None:
    message = {**g.dce_message(1, g.person(1, "ayu", "Ayu"), ""), "baru": "kata"}
    rows, _ = rows_of(g.dumped(g.dce([message])), "discord_exporter_json")
    assert [r["text"] for r in rows] == ["", "kata"]


@pytest.mark.parametrize("reader", [r for r in READERS if r.endswith("_json")])
def test_deep_nesting_does_not_end_the_file(reader: str) -> None:
    data = folder_data(reader)
    at = data.index(b"{", data.index(b"[", 1) if data[:1] != b"[" else 0) + 1
    for depth in (150, 900, 100_000):
        deep = b'"dalam": ' + b"[" * depth + b'"kata"' + b"]" * depth + b", "
        rows, _ = rows_of(data[:at] + deep + data[at:], reader)
        assert rows


def test_half_surrogates_and_controls_are_kept() -> None:
    raw = g.dumped([{"ID": 1, "Timestamp": "2024-05-01 12:34:56", "Contents": "AWAL", "Attachments": ""}])
    raw = raw.replace(b"AWAL", b"a\\ud83d\\u0000b")
    rows, _ = rows_of(raw, "discord_package_json")
    assert rows[0]["text"] == "a\U0010f03d\0b"
    assert rows[0]["text_repair"] == "lone_surrogate"


def test_fast_and_slow_way_of_discord_agree() -> None:
    """The same records, plain ones read at once or (for one odd record in the run) field by field."""
    people = [g.person(n, f"akun{n}", f"Akun {n}" if n % 2 else f"akun{n}") for n in range(1, 5)]
    messages: list[dict[str, Any]] = []
    for n in range(1, 60):
        more: dict[str, Any] = {}
        if n % 5 == 0:
            more = {"type": "Reply", "reference": {
                "messageId": messages[-3]["id"], "channelId": "860000000000000201", "guildId": None}}
        if n % 6 == 0:
            more["attachments"] = [{"id": "1", "url": f"https://cdn.example.com/{n}.png?ex=1", "fileName": "warung.png" if n % 4 else
                                    f"{n}.png", "fileSizeBytes": n}]
        if n % 8 == 0:
            more["timestampEdited"] = "2026-01-05T19:30:00+07:00"
        if n % 7 == 0:
            more["mentions"] = [people[n % 4]]
        if n % 9 == 0:
            more["reactions"] = [{"emoji": {"id": "", "name": "👍", "code": "thumbsup", "isAnimated": False, "imageUrl": ""},
                                  "count": 2, "users": [{k: v for k, v in people[0].items() if k != "roles"}]}]
        messages.append(g.dce_message(n, people[n % 4], f"kata {n}" if n % 12 else "", **more))
    assert discord_exporter_json._MANY.decode(g.dumped(messages))
    fast, _ = rows_of(g.dumped(g.dce(messages), indent=2), "discord_exporter_json")
    slow, _ = rows_of(g.dumped(g.dce([*messages, {**messages[0], "baru": None}]), indent=2), "discord_exporter_json")
    drop = ("message_id", "reply_to", "source_digest", "seq")
    assert [{k: v for k, v in r.items() if k not in drop} for r in fast] == [
        {k: v for k, v in r.items() if k not in drop} for r in slow[: len(fast)]]
    targets = [{r["message_id"]: r["text"] for r in rows} for rows in (fast, slow)]
    assert [targets[0][r["reply_to"]] for r in fast if r["reply_to"]] == [
        targets[1][r["reply_to"]] for r in slow[: len(fast)] if r["reply_to"]]


def test_runs_without_plain_indentation_are_cut_exactly() -> None:
    """Long minified and CR LF arrays take the run-by-run way; spans are the records' bytes all the same."""
    messages = [g.dce_message(n % 60, g.person(n % 3, f"a{n % 3}", "A"), f"kata {n}, {{\"id\": [") for n in range(300)]
    for data in (g.dumped(g.dce(messages), separators=(",", ":")), g.dumped(g.dce(messages), indent=2).replace(b"\n", b"\r\n")):
        assert len(data) > 3 * jr.RUN_BYTES_MIN
        rows, reasons = rows_of(data, "discord_exporter_json")
        assert [json.loads(data[r["span_start"] : r["span_end"]]) for r in rows] == messages
        assert not reasons


def test_the_exports_own_count_is_checked() -> None:
    message = g.dce_message(1, g.person(1, "ayu", "Ayu"), "halo")
    assert rows_of(g.dumped(g.dce([message])), "discord_exporter_json")[1] == []
    assert rows_of(g.dumped(g.dce([message], 2)), "discord_exporter_json")[1] == ["count_differs"]


@pytest.mark.parametrize(("cell", "said"), [
    ("1,2,3,4", ["1", "2", "3", "4"]), ('"a,b",c', ["a,b", "c"]), ('"a ""b""",', ['a "b"', ""]), ("", [""]), ('"a', None),
    ('"a"b', None),
    (",,", ["", "", ""]),
])
def test_fields_of_a_csv_record(cell: str, said: list[str] | None) -> None:
    assert discord_package_csv.fields_of(cell) == said


def test_an_open_quote_does_not_swallow_the_channel() -> None:
    lines = [f'{g.snowflake(g.T0 + n * 1000)},2024-05-01 12:34:56,{"" if n != 3 else chr(34)}kata {n},' for n in range(4000)]
    rows, reasons = rows_of(("ID,Timestamp,Contents,Attachments\n" + "\n".join(lines)).encode(), "discord_package_csv")
    assert [r["text"] for r in rows if r["kind"] == "text"] == [f"kata {n}" for n in range(4000) if n != 3]
    assert reasons.count("broken_record") == 1


@pytest.mark.parametrize(("text", "us"), [
    ("Thursday, November 3, 2016 at 11:59:50\u202fAM UTC", 1_478_174_390),
    ("Thursday, November 3, 2016 at 11:59:50 AM UTC", 1_478_174_390),
    ("Kamis, 3 November 2016 pukul 11.59.50 UTC", 1_478_174_390), ("jeudi 3 novembre 2016 à 11:59:50 UTC", 1_478_174_390),
    ("Donnerstag, 3. November 2016 um 11:59:50 UTC", 1_478_174_390), ("jueves, 3 de noviembre de 2016, 11:59:50 UTC", 1_478_174_390),
    ("2016-11-03T11:59:50Z", 1_478_174_390), ("Thursday, November 3, 2016 at 12:00:00 AM UTC", 1_478_131_200),
    ("Minggu, 1 Agustus 2021 pukul 05.06.07 UTC", 1_627_794_367),
])
def test_written_dates_of_google(text: str, us: int) -> None:
    assert google_chat_json.moment(text) == (us * 1_000_000, "utc", False)


@pytest.mark.parametrize("text", ["", "kemarin", "3 Fooember 2016 11:59:50 UTC", "Thursday, November 33, 2016 at 11:59:50 AM UTC",
                                  "November 3, 2016 at 44:59:50 UTC", "3/11/2016 11:59:50 UTC"])
def test_dates_that_are_not_known_are_not_guessed(text: str) -> None:
    assert google_chat_json.moment(text)[0] is None


@pytest.mark.parametrize(("text", "us", "zone"), [
    ("2026-01-05T19:22:31.5+07:00", 1_767_615_751_500_000, "offset"), ("2026-01-05T12:22:31Z", 1_767_615_751_000_000, "utc"),
    ("2026-01-05 12:22:31 UTC", 1_767_615_751_000_000, "utc"), ("2026-01-05 12:22:31", 1_767_615_751_000_000, None),
    ("2026-01-05T12:22:31.1234567-0130", 1_767_621_151_123_456, "offset"), ("0001-01-01T00:00:00+00:00", None, None),
    ("2026-13-05 12:22:31", None, None), ("٢٠٢٦-01-05 12:22:31", None, None),
])
def test_iso_times(text: str, us: int | None, zone: str | None) -> None:
    assert jr.iso_time(text) == (us, zone)


@given(st.text(alphabet=string.printable + "é🙂\u2028"))
@settings(max_examples=60)
def test_html_escapes_are_undone_exactly_or_not_at_all(text: str) -> None:
    plain = snapchat_json.html_plain(text)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")
    assert snapchat_json.html_plain(escaped) == (text if escaped != text else None)
    assert plain is None or plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace(
        "'", "&#39;") == text


def test_party_of_a_tiktok_thread() -> None:
    assert tiktok_json.party_of("Chat History with budi:") == "budi"
    assert tiktok_json.party_of("Kelas") == "Kelas"


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=6))
@settings(max_examples=40)
def test_words_survive_json_formats(texts: list[str]) -> None:
    """Text to record to text, in each JSON format: code point for code point."""
    made = {
        "discord_package_json": g.dumped([{"ID": n, "Timestamp": "2024-05-01 12:34:56", "Contents": t, "Attachments": ""}
                                          for n, t in enumerate(texts)]),
        "discord_exporter_json": g.dumped(g.dce([g.dce_message(n, g.person(1, "a", "A"), t) for n, t in enumerate(texts)]), indent=2),
        "tiktok_json": g.dumped({"Direct Messages": {"Chat History": {"ChatHistory": {"Chat History with b:": [
            {"Date": "2026-01-05 12:22:31", "From": "b", "Content": t} for t in texts]}}}}),
        "snapchat_json": g.dumped({"k": [g.snap("2026-01-05 12:22:31 UTC", 5, "b", "TEXT", Content=t) for t in texts]}),
        "signal_jsonl": g.signal_lines([{"version": "1", "backupTimeMs": "1"}, *(
            g.signal_item(n, **g.said(t)) for n, t in enumerate(texts))]),
        "google_chat_json": g.dumped({"messages": [{"creator": {"name": "B"}, "created_date": "x", "text": t} for t in texts]}),
        "x_dm_js": g.ytd("direct_messages", [{"dmConversation": {"conversationId": "1-2", "messages": [
            {"messageCreate": {"id": str(n), "senderId": "1", "text": t, "createdAt": "2026-01-05T12:22:31Z"}}
            for n, t in enumerate(texts)]}}]),
    }
    for reader, data in made.items():
        rows, _ = rows_of(data, reader)
        assert [r["text"] for r in own(rows)] == texts, reader


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=5))
@settings(max_examples=40)
def test_words_survive_csv(texts: list[str]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    data = "ID,Timestamp,Contents,Attachments\r\n" + "".join(
        f"{g.snowflake(g.T0 + n)},2024-05-01 12:34:56,{quoted(t)},\r\n" for n, t in enumerate(texts))
    rows, reasons = rows_of(data.encode(), "discord_package_csv")
    assert [r["text"] for r in rows] == texts
    assert not reasons


@given(st.sampled_from(READERS), st.binary(max_size=120), st.floats(0, 1))
@settings(max_examples=60)
def test_garbage_in_the_middle_never_raises(reader: str, noise: bytes, where: float) -> None:
    data = folder_data(reader)
    at = int(where * len(data))
    rows_of(data[:at] + noise + data[at:], reader)


@pytest.mark.parametrize("reader", READERS)
def test_garbage_alone_never_raises(reader: str) -> None:
    for data in (b"[", b"{", b"]", b'{"a"', b"\0" * 50, b"\xff" * 50, b"[{", b'[{"ID', b"null", b'"x"', b"[[[[", b"[1,2,null]",
                 b'{"messages": [1, "a", null, []]}', b"{}\n{}\n", b"\n\n", b",,,,\n"):
        rows_of(data, reader)


def test_an_oversize_record_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 3000)
    frames = [{"version": "1", "backupTimeMs": "1"}, g.signal_item(1, **g.said("a" * 5000)), g.signal_item(2, **g.said("kecil"))]
    rows, reasons = rows_of(g.signal_lines(frames), "signal_jsonl")
    assert [(r["kind"], r["text"]) for r in rows] == [("unparsed", None), ("text", "kecil")]
    assert reasons == ["oversize_message"]


def test_headers_of_x_point_at_their_messages() -> None:
    rows, _ = read(folder_of(g.x_archive()))
    heads = [r for r in rows if "header_only" in (r["flags"] or ())]
    ids = {r["message_id"] for r in rows}
    assert [h["duplicate_of"] in ids for h in heads] == [True, False]
    alone, _ = read(folder_of({"data/direct-message-headers.js": g.x_archive()["data/direct-message-headers.js"]}))
    assert [r["duplicate_of"] for r in alone] == [None, None]


@pytest.mark.parametrize("reader", READERS)
def test_metadata_of_a_download_is_said_to_be_that(reader: str) -> None:
    for data in g.samples()[reader].values():
        if isinstance(data, dict):
            _, reading = read(folder_of(data))
            roles = {p["part"]: p["role"] for p in reading.account("en")["parts"]}
            assert "unknown_format" not in {p.reason for p in reading.problems}, roles
            unreferenced = [p for p, role in roles.items() if role == "unreferenced"]
            assert all("overlay" in p for p in unreferenced), unreferenced


@given(st.lists(st.one_of(st.binary(max_size=6), st.text(max_size=4).map(lambda t: t.encode("utf-8", "surrogatepass")),
                          st.sampled_from([b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x91"])), max_size=6))
def test_bytes_are_utf8_where_python_decodes_them(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    try:
        data.decode("utf-8")
        good = True
    except UnicodeDecodeError:
        good = False
    assert is_utf8(data) is good
