"""The way over whole columns against the exact path: the same rows, problems and account, whatever the file holds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.telegram_file import write
from saksi.readers import _json_spans as js
from saksi.readers import _telegram_lines as lines
from saksi.readers.telegram_json import Numbered, TelegramJson
from tests.readers.telegram import generate
from tests.readers.telegram.reading import read, source_of, zipped
from tests.simulator import bulk
from tests.simulator.phone import write_phone

FAST, EXACT = TelegramJson(), TelegramJson(fast=False)


@pytest.fixture(autouse=True, scope="module")
def eager() -> Iterator[None]:
    """Runs and groups of any size are tried: the tests' files are small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(js, "QUICK_BYTES_MIN", 1)
        patch.setattr(lines, "LEARN_ROWS_MIN", 1)
        yield


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[lines.Run]:
    """The runs that were read as whole columns."""
    runs: list[lines.Run] = []
    scan = lines.Book.scan

    def watched(self: lines.Book, *args: Any) -> lines.Run | None:
        run = scan(self, *args)
        if run is not None:
            runs.append(run)
        return run

    monkeypatch.setattr(lines.Book, "scan", watched)
    return runs


def both(data: bytes, zone: str | None = None, name: str = "result.json") -> list[dict[str, Any]]:
    """Rows of `data`, read both ways and found equal."""
    fast, exact = (read(r, source_of(data, name), zone, every=name.endswith("json")) for r in (FAST, EXACT))
    assert fast.rows == exact.rows  # type: ignore[attr-defined]
    assert fast.problems == exact.problems
    assert fast.account("en") == exact.account("en")
    rows: list[dict[str, Any]] = fast.rows  # type: ignore[attr-defined]
    return rows


def fast_rows(runs: list[lines.Run]) -> int:
    return sum(len(run.fast) for run in runs)


def plain(number: int, text: Any = "sudah makan?", **more: Any) -> dict[str, Any]:
    """A record of plain words; `more`: further keys, or None for one to leave out."""
    said = text if isinstance(text, str) else "".join(p if isinstance(p, str) else p["text"] for p in text)
    record = {
        "id": number, "type": "message", "date": f"2023-11-15T05:{number % 60:02d}:20", "date_unixtime": str(1_700_000_000 + number),
        "from": "Ayu", "from_id": "user8600001", "text": text, "text_entities": [{"type": "plain", "text": said}], **more,
    }
    return {key: value for key, value in record.items() if value is not ...}


def chat(records: list[Any]) -> bytes:
    return generate.render({"name": "Arisan", "type": "private_group", "id": 860777, "messages": records})


def many(*records: dict[str, Any], times: int = 6) -> list[dict[str, Any]]:
    """Each of these records several times, under new ids."""
    return [{**record, "id": k} for k, record in enumerate((r for _ in range(times) for r in records), 1)]


# -- the same rows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_chat(tmp_path: Path, taken: list[lines.Run], seed: int) -> None:
    path = tmp_path / "result.json"
    bulk.write_telegram(path, 3000, seed)
    assert len(both(path.read_bytes())) == 3000
    assert fast_rows(taken) >= 2999  # the last record of an array has no comma behind it: it is the exact path's


def test_benchmark_file(tmp_path: Path, taken: list[lines.Run]) -> None:
    path = tmp_path / "result.json"
    write(path, 3000)
    assert len(both(path.read_bytes())) == 3000
    assert fast_rows(taken) > 2950


def test_simulated_phone(tmp_path: Path, taken: list[lines.Run]) -> None:
    write_phone(tmp_path, seed=3, messages=1500, apps=("telegram",))
    files = sorted(tmp_path.rglob("*.json"))
    assert files
    for file in files:
        both(file.read_bytes())
        both(file.read_bytes(), zone="Asia/Makassar")
    assert fast_rows(taken)


def test_golden_samples() -> None:
    for data in generate.files().values():
        both(data)


def test_a_record_of_every_kind_between_plain_ones(taken: list[lines.Run]) -> None:
    """Children, attachments, events, odd fields: woven in at their places."""
    odd = generate.single()["messages"]
    records = [m for k, one in enumerate(odd) for m in (plain(100 + 3 * k), one, plain(101 + 3 * k), plain(102 + 3 * k))]
    rows = both(chat(records))
    assert [r["seq"] for r in rows] == list(range(len(rows)))
    assert fast_rows(taken) >= 3 * len(odd) - 1


@pytest.mark.parametrize("window", [700, 5000, 1 << 20])
def test_windows_of_any_size(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    data = chat(many(plain(0), plain(0, reply_to_message_id=2), plain(0, ["a ", {"type": "bold", "text": "b"}]), times=20))
    expected = both(data)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (window,))
    assert both(data) == expected


@pytest.mark.parametrize("change", [
    lambda d: d.replace(b"\n", b"\r\n"), lambda d: d.replace(b"   ", b"\t"), lambda d: d.replace(b'": ', b'":'),
    lambda d: b"\xef\xbb\xbf" + d, lambda d: json.dumps(json.loads(d)).encode(), lambda d: d.replace(b"\n  {", b"\n   {"),
    lambda d: json.dumps(json.loads(d), indent=4).encode(), lambda d: d.replace(b" ]\n}", b" ]\n}\n\n"),
], ids=["crlf", "tabs", "tight", "bom", "minified", "shifted", "four", "blank"])
def test_other_writers_forms(change: Callable[[bytes], bytes]) -> None:
    data = chat(many(plain(0), plain(0, "lain")))
    assert [r["text"] for r in both(change(data))] == [r["text"] for r in both(data)]


WORDS = st.text(max_size=12) | st.text(alphabet='a"\\\n\t/{}[],:\u2028🌿 ', max_size=12)
PIECES = st.lists(WORDS | st.builds(lambda t, k: {"type": k, "text": t}, WORDS, st.sampled_from(["bold", "link"])), max_size=3)
RECORD = st.fixed_dictionaries(
    {"id": st.integers(-1, 30) | st.integers(0, 1 << 65), "type": st.sampled_from(["message", "message", "service"]),
     "date": st.just("2023-11-15T05:13:20") | WORDS,
     "date_unixtime": st.integers(-1, 2**33).map(str) | st.sampled_from(["", "007", "9" * 12, "9" * 20]) | st.just(1_700_000_000)},
    optional={
        "edited": st.just("2023-11-15T05:20:20"), "edited_unixtime": st.integers(0, 2**33).map(str),
        "actor": WORDS, "actor_id": st.just("user1"), "action": st.sampled_from(["pin_message", "phone_call", "take_screenshot"]),
        "from": WORDS | st.none(), "from_id": st.integers(1, 3).map(lambda n: f"user{n}") | st.integers(1, 3) | st.none(),
        "forwarded_from": WORDS, "saved_from": WORDS, "reply_to_message_id": st.integers(-1, 30) | WORDS,
        "reply_to_peer_id": st.just("channel5"), "photo": WORDS, "width": st.integers(0, 9) | st.just(1.5), "place_name": WORDS,
        "duration_seconds": st.integers(0, 3), "media_type": st.sampled_from(["voice_message", "sticker"]), "unknown": WORDS,
        "text": WORDS | PIECES | st.none(),
        "text_entities": st.lists(st.builds(lambda t: {"type": "plain", "text": t}, WORDS), max_size=2),
        "reactions": st.just([{"type": "emoji", "count": 2, "emoji": "👍"}]),
    },
)


@settings(max_examples=200)
@given(st.lists(RECORD, min_size=1, max_size=5), st.lists(st.integers(0, 4), min_size=1, max_size=30), st.booleans())
def test_random_records(shapes: list[dict[str, Any]], order: list[int], ascii_: bool) -> None:
    records = [shapes[k % len(shapes)] for k in order]
    value = {"name": "Arisan", "type": "private_group", "id": 860777, "messages": records}
    both(json.dumps(value, indent=1, ensure_ascii=ascii_).encode("utf-8", "surrogatepass"))


@settings(max_examples=60)
@given(st.lists(st.tuples(WORDS, st.none() | st.integers(0, 30), st.integers(1, 20)), min_size=2, max_size=30))
def test_random_words_of_plain_records(taken_words: list[tuple[str, int | None, int]]) -> None:
    records = [
        {**plain(number, words), "from": words[:3] or "x", **({} if reply is None else {"reply_to_message_id": reply})}
        for words, reply, number in taken_words
    ]
    rows = both(chat(records))
    assert [r["text"] for r in rows] == [words for words, _, _ in taken_words]


# -- damage ------------------------------------------------------------------------------------------------------------


DAMAGED = chat(many(plain(0, 'kata "dia"\nbegitu'), plain(0, reply_to_message_id=3), plain(0, "🌿"), times=3))


def test_cut_at_every_byte() -> None:
    data = chat(many(plain(0, 'kata "dia"\nbegitu'), plain(0, reply_to_message_id=3), times=2))
    for end in range(len(data)):
        both(data[:end])


def test_mutations() -> None:
    """Bytes changed, taken out and put in, mostly the ones that mean something."""
    rng = random.Random(5)
    telling = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b" ", b"0", b"\x00", b"\xff", b"\xed\xa0\x80", b"\r", b"-",
               b'",\n', b"\\x41", b"\n  {\n", b"\n  },\n  {\n", b" ]", b"null"]
    for _ in range(900):
        data = bytearray(DAMAGED)
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.randrange(len(data))
            data[at : at + rng.choice((0, 1, 1, 4))] = rng.choice((*telling, b""))
        both(bytes(data))


def test_lines_moved_about() -> None:
    rng = random.Random(6)
    whole = DAMAGED.split(b"\n")
    for _ in range(400):
        moved = list(whole)
        a, b = rng.randrange(len(moved)), rng.randrange(len(moved))
        match rng.randrange(3):
            case 0:
                moved[a], moved[b] = moved[b], moved[a]
            case 1:
                del moved[a]
            case _:
                moved.insert(a, moved[b])
        both(b"\n".join(moved))


@pytest.mark.parametrize(("old", "new"), [
    (b'"text": "besok"', b'"text": "be"sok"'),
    (b'"text": "besok"', b'"text": "be\\x41sok"'),
    (b'"text": "besok"', b'"text": "be\\"'),
    (b'"text": "besok"', b'"text": "be", "text": "sok"'),
    (b'"text": "besok"', b'"text": "be\xffsok"'),
    (b'"text": "besok"', b'"text": "be\\ud800sok"'),
    (b'"text": "besok"', b'"text": "be\x01sok"'),
    (b'"text": "besok"', b'"text": "besok\\u0000"'),
    (b'"text": "besok"', b'"text": "besok\\u002"'),
    (b'"id": 4,', b'"id": 04,'),
    (b'"id": 4,', b'"id": 4.0,'),
    (b'"id": 4,', b'"id": 4,\n   "id": 5,'),
    (b'"id": 4,', b'"id": 99999999999999999999,'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": "01700000004"'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": "253402300800"'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": ""'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": "17000\\n0004"'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": "17000/0004"'),
    (b'"date_unixtime": "1700000004"', b'"date_unixtime": "17000:0004"'),
    (b'"date": "2023-11-15T05:04:20"', b'"date": ""'),
    (b'"from": "Ayu"', b'"from": ""'),
    (b'"from": "Ayu"', b'"from": null'),
    (b'"from": "Ayu"', b'"from": 5'),
    (b'"from_id": "user8600001"', b'"from_id": 8600001'),
    (b'"text_entities": [', b'"reply_to_peer_id": "channel7",\n   "text_entities": ['),
    (b'\n  },\n  {\n   "id": 5', b'\n  }\n  {\n   "id": 5'),
    (b'\n  },\n  {\n   "id": 5', b'\n  }, {\n   "id": 5'),
    (b'\n  },\n  {\n   "id": 5', b'\n  };\n  {\n   "id": 5'),
    (b'\n  },\n  {\n   "id": 5', b'\n  },\n\n  {\n   "id": 5'),
    (b'\n  },\n  {\n   "id": 5', b'\n  },\n   7,\n  {\n   "id": 5'),
    (b'\n  },\n  {\n   "id": 5', b'\n  }\n ],\n "messages": [\n  {\n   "id": 5'),
])
def test_one_odd_record(old: bytes, new: bytes) -> None:
    data = chat([plain(k, "besok" if k == 4 else f"kata {k}") for k in range(1, 12)])
    at = data.index(b'"id": 4,') if old not in data or data.count(old) > 1 else 0
    assert data.find(old, at) >= 0
    rows = both(data[:at] + data[at:].replace(old, new, 1))
    assert len(rows) >= 10


def test_strings_that_are_one_only_together() -> None:
    """A closing quote that is escaped in one record and a string too many in the next do not make up for each other."""
    data = chat([plain(1), plain(2, "AAA"), plain(3, "BBB"), plain(4), plain(5)])
    data = data.replace(b'"text": "AAA",', b'"text": "a\\",').replace(b'"text": "BBB",', b'"text": ","c\\n",')
    assert [r["kind"] for r in both(data)].count("unparsed")


def test_records_that_are_one_only_together() -> None:
    """Half an object in one place, its other half and a second object in the next, are not these two records."""
    data = chat([plain(k) for k in range(1, 9)])
    first, second = (data.index(b'{\n   "id": %d,' % k) for k in (4, 6))
    odd = b'{\n   "id": 4,\n   "x": [{\n  },\n  {\n  }]},{"id": 5\n  },\n  '
    assert len(both(data[:first] + odd + data[second:])) >= 8


# -- what is learnt ----------------------------------------------------------------------------------------------------


def test_flags_and_media_are_the_forms_own(taken: list[lines.Run]) -> None:
    left_out = "(File not included. Change data exporting settings to download.)"
    records = many(
        plain(0), plain(0, "", photo=left_out, width=3, height=4), plain(0, edited="2023-11-15T05:20:20", edited_unixtime="1700000300"),
        plain(0, forwarded_from="Warung"), plain(0, file=left_out, media_type="voice_message", duration_seconds=3),
        {**plain(0, "", **{"from": ..., "from_id": ...}, actor="Bima", actor_id="user2", action="take_screenshot"), "type": "service"},
    )
    rows = both(chat(records))
    assert fast_rows(taken) == len(records) - 1
    assert [r["kind"] for r in rows[:6]] == ["text", "media", "text", "text", "media", "service"]
    assert rows[1]["text"] is None
    assert rows[1]["attachments"][0]["state"] == "omitted"
    assert rows[2]["edited_at"] is not None
    assert rows[2]["flags"] == ["edited"]
    assert rows[3]["forwarded_from"] == "Warung"
    assert "screenshot_taken" in rows[5]["flags"]
    assert (rows[5]["sender_id"], rows[5]["sender_name"]) == ("user2", "Bima")


def test_lists_of_empty_words_are_no_words() -> None:
    photo = "(File not included. Change data exporting settings to download.)"
    full, empty = (plain(0, [one, {"type": "bold", "text": ""}], photo=photo) for one in ("foto itu", ""))
    assert [r["text"] for r in both(chat(many(full, full, empty)))][:3] == ["foto itu", "foto itu", None]


def test_media_beside_the_json_are_named(taken: list[lines.Run]) -> None:
    result = chat(many(plain(0), plain(0, "foto itu", photo="photos/a.jpg")))
    data = zipped({"e/result.json": result, "e/photos/a.jpg": b"\xff\xd8\xff\xe0 made up"})
    rows = both(data, name="telegram.zip")
    assert {r["attachments"][0]["state"] for r in rows[1::2]} == {"present"}
    assert fast_rows(taken) == 11


def test_records_with_child_rows_are_no_form(taken: list[lines.Run]) -> None:
    records = many(plain(0), plain(0, place_name="Warung"), plain(0), plain(0, ["x ", {"type": "text_link", "text": "y", "href": "z"}]))
    rows = both(chat(records))
    assert sum("." in r["message_id"] for r in rows) == 12
    assert fast_rows(taken) == 12


def test_left_chats_have_forms_of_their_own(taken: list[lines.Run]) -> None:
    one = {"name": "A", "type": "private_group", "id": 1, "messages": many(plain(0))}
    data = generate.render({"chats": {"about": "", "list": [one]}, "left_chats": {"about": "", "list": [{**one, "id": 2}]}})
    assert [r["flags"] for r in both(data)] == [None] * 6 + [["left_chat"]] * 6
    assert fast_rows(taken) == 10


def test_variety_is_given_up_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records none of which is like another are asked for a form so many times and no more."""
    asked: list[bytes] = []
    learn = lines.learn
    monkeypatch.setattr(lines, "TRIES_MAX", 30)

    def asking(raw: bytes, *rest: Any) -> lines.Form | None:
        asked.append(raw)
        return learn(raw, *rest)

    monkeypatch.setattr(lines, "learn", asking)
    monkeypatch.setattr(js.Feed.__init__, "__defaults__", (4000,))
    both(chat([plain(k, via_bot=f"bot{k}") for k in range(1, 300)]))
    assert 30 <= len(asked) <= 40


@pytest.mark.parametrize(("raw", "fits"), [
    (b'{\n   "id": 1\n  }', True), (b'{\n   "id": 1 \n  }', False), (b'{\n    "id": 1\n  }', False), (b'{"id": 1}', False),
    (b'{\n   "id": 1,\n   "id": 1\n  }', False), (b'{\n   "id": 1e0\n  }', False), (b'{\n   "a": "\xff"\n  }', False),
    (b'{\n   "id": 1', False),
])
def test_what_is_canonical(raw: bytes, fits: bool) -> None:
    assert lines.canonical(raw, 2) is fits


# -- numbers and replies -----------------------------------------------------------------------------------------------


@given(st.lists(st.text(alphabet="0123456789/:a ", max_size=20) | st.integers(0, 10**17).map(str), min_size=1, max_size=20))
def test_numbers_are_read_as_int_reads_them(texts: list[str]) -> None:
    data = "".join(t + "," for t in texts).encode() + bytes(16)
    ends = np.cumsum([len(t) + 1 for t in texts]) - 1
    starts = ends - np.array([len(t) for t in texts])
    words: Any = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    values, good = lines.numbers(words, starts, ends)
    for text, value, fine in zip(texts, values.tolist(), good.tolist(), strict=True):
        assert fine == (text.isascii() and text.isdigit() and len(text) <= 16 and str(int(text)) == text)
        if fine:
            assert value == int(text)


@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12)), max_size=8), max_size=8))
def test_replies_find_the_last_one_before(blocks: list[list[tuple[int, int | None]]]) -> None:
    numbered, at = Numbered(), 0
    seen: dict[int, int] = {}
    for block in blocks:
        ids = np.array([i for i, _ in block], dtype=np.int64)
        starts = np.arange(at, at + len(block), dtype=np.int64)
        asked = [(row, target) for row, (_, target) in enumerate(block) if target is not None]
        expected = []
        for row, (number, target) in enumerate(block):
            if target is not None:
                expected.append(seen.get(target, -1))
            seen[number] = at + row
        targets, rows = (np.array([a[k] for a in asked], dtype=np.int64) for k in (1, 0))
        assert numbered.find(ids, starts, targets, rows).tolist() == expected
        at += len(block)
    assert len(numbered.blocks) <= 8
