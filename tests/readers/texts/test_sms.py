"""The XML backups: fast path and exact path agree, nothing is expanded, media are named and not kept, large ones bounded."""

from __future__ import annotations

import base64
import hashlib
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi import limits
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.sms_xml import Backup, SmsXml
from tests.readers.texts import generate
from tests.readers.texts.reading import own, read, reasons, source_of
from tests.readers.texts.test_round_trip import START_MS, chat_of, texts
from tests.simulator import bulk, sms
from tests.simulator.truth import Chat, Member


class _Exact(SmsXml):
    """The reader with the fast path left out."""

    def read(self, source: Any, parts: Any, settings: Any, *, fast: bool = False) -> Any:
        return super().read(source, parts, settings, fast=False)


def rows_of(reader: SmsXml, data: bytes) -> list[dict[str, Any]]:
    source = source_of(data, "sms.xml")
    reading = Reading(source, [(reader, source.parts)], ReadSettings(), [], {})
    rows = [row for batch in reading for row in batch.to_pylist()]
    return [*rows, reading.account("en")["bytes"], [(p.reason, p.start, p.end) for p in reading.problems]]


def mixed(seed: int, n: int = 400) -> bytes:
    """Elements of several shapes, some odd, some damaged, between plain ones."""
    rng = random.Random(seed)
    odd = ["sampah", "<!-- x -->", '  <sms date="1" />\n', '<sms address="a" date="b" type="1" body="c"', "<mms></mms>\n",
           generate._MMS, '<sms address="a" date="1700000000000" type="1" body="d"/>\n', "</smses>", "\n\n\n\n\n\n"]
    made = []
    for i in range(n):
        body = rng.choice(["halo", "", "null", "a &amp; b", "&#55357;&#56842;", "&#55357;", "a 'b' c", "&x;", "é 👍", "x" * 300])
        element = generate._sms(body, rng.choice([1, 1, 2, 2, 3]), rng.choice(["Sari", "Budi &amp; co", "null", "(Unknown)"]),
                                rng.choice(["1700000000000", str(1_700_000_000_000 + i), "0", "1700000000"]))
        if rng.random() < 0.1:
            element = element.replace(rng.choice(['subject="null"', 'status="-1"', ' toa="null"', "/>"]),
                                      rng.choice(['subject="hal"', 'status="64"', "", " />", ">"]), 1)
        made.append(element)
        if rng.random() < 0.05:
            made.append(rng.choice(odd))
    return generate._smses(*made, count=n)


@pytest.mark.parametrize("seed", range(25))
def test_fast_path_and_exact_path_give_the_same(seed: int) -> None:
    data = mixed(seed)
    assert rows_of(SmsXml(), data) == rows_of(_Exact(), data)


def test_windows_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = mixed(99)
    whole = rows_of(SmsXml(), data)
    for size in (700, 4096, 70_001):
        monkeypatch.setattr(limits, "READ_WINDOW_BYTES", size)
        assert rows_of(SmsXml(), data) == whole


def test_plain_rows_take_the_fast_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    sms.write_sms([_two_people(500)], path)
    seen: list[int] = []
    one = Backup._one

    def counted(self: Backup, *args: Any) -> Any:
        seen.append(1)
        return one(self, *args)

    monkeypatch.setattr(Backup, "_one", counted)
    rows, _ = read("sms_xml", path.read_bytes(), "sms.xml")
    assert len(rows) > 400
    assert len(seen) < 0.1 * len(rows)


def _two_people(records: int) -> Chat:
    said = [s._replace(who=s.who % 2) for s in bulk.events(records, 1) if s.kind == "text"]
    chat = bulk.bulk_chat(records, 1, "sms")
    chat.members = [Member("Aku", "aku"), Member("Sari", "sari", number="+6286011112222")]
    chat.group = False
    chat.said = lambda: iter(said)
    return chat


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.lists(st.tuples(st.integers(0, 1), texts), max_size=8), halves=st.booleans())
def test_round_trip(tmp_path: Path, said: list[tuple[int, str]], *, halves: bool) -> None:
    """Controls that XML cannot hold travel raw, as broken writers do; an empty or null body says nothing."""
    said = [(who, text) for who, text in said if text not in ("", "null") and "\0" not in text]
    chat = chat_of(said, ["Aku", "Sari: Toko"])
    chat.group = False
    path = tmp_path / "sms.xml"
    sms.write_sms([chat], path, halves=halves)
    rows = own(read("sms_xml", path.read_bytes(), "sms.xml")[0])
    assert [(r["direction"], r["text"], round(r["sent_at"].timestamp() * 1000) - START_MS) for r in rows] == [
        ("out" if who == 0 else "in", text, 60_000 * n) for n, (who, text) in enumerate(said)]


def test_count_is_held_against_the_rows() -> None:
    assert "count_differs" not in reasons(read("sms_xml", generate.SAMPLES["sms_xml"]["sms.xml"])[1])
    assert "count_differs" in reasons(read("sms_xml", generate.SAMPLES["sms_xml"]["count_differs.xml"])[1])


def test_entities_stay_as_they_are_written() -> None:
    lol = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 60))
    data = generate._smses(generate._sms("&l59;&e;"), count=1).replace(b"<smses", b"<!DOCTYPE smses [" + lol + b"]><smses", 1)
    started = time.process_time()
    rows, reading = read("sms_xml", data)
    assert time.process_time() - started < 2
    assert [r["text"] for r in rows] == ["&l59;&e;"]
    assert "entity_not_expanded" in reasons(reading)


def test_media_of_an_mms_have_size_and_digest() -> None:
    picture = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(100_000)
    data = generate._smses(generate._MMS.replace("/9j/4AAQ", base64.b64encode(picture).decode()), count=2)
    row = read("sms_xml", data)[0][0]
    assert row["attachments"][0] == {"name": "a.jpg", "digest": hashlib.sha256(picture).hexdigest(), "media_type": "image",
                                     "size": len(picture), "state": "present"}


def test_a_record_beyond_the_bound_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 50_000)
    monkeypatch.setattr(limits, "READ_WINDOW_BYTES", 8_000)
    data = generate._smses(generate._sms("satu"), generate._MMS.replace("/9j/4AAQ", "A" * 200_000), generate._sms("dua"), count=4)
    rows, reading = read("sms_xml", data)
    assert [r["text"] for r in rows if r["kind"] == "text"] == ["satu", None, "judul", "dua"]
    big = next(r for r in rows if r["kind"] == "unparsed")
    assert big["span_end"] - big["span_start"] > 200_000
    assert "oversize_message" in reasons(reading)


def test_hostile_markup_ends_in_time() -> None:
    for data in (b"<smses " + b'a="b" ' * 200_000, b"<smses><sms " + b"a='" * 300_000, b"<smses>" + b"<sms " * 200_000,
                 b"<smses>" + b"<!--" * 200_000, b"<!DOCTYPE smses [" * 20_000, b"<smses><mms>" + b"<part " * 100_000):
        started = time.process_time()
        read("sms_xml", data)
        assert time.process_time() - started < 10


def test_comments_without_number_take_no_time() -> None:
    data = b"<smses>" + b"<!---->" * 200_000 + b'<sms date="1700000000000" type="1" address="+628600001111" body="halo"/></smses>'
    began = time.process_time()
    rows = read("sms_xml", data, "sms.xml")[0]
    assert [r["text"] for r in rows] == ["halo"]
    assert time.process_time() - began < 8  # 200,000 comments against as many places took minutes


@pytest.mark.parametrize("date", ["1700000000", "0", "9" * 5000, "99999999999", "100000000000000"])
def test_numbers_that_are_no_milliseconds_are_no_time(date: str) -> None:
    data = f'<smses count="1"><sms date="{date}" type="1" address="+628600001111" body="halo"/></smses>'.encode()
    row = read("sms_xml", data, "sms.xml")[0][0]
    assert (row["sent_at"], row["sent_at_basis"], row["sent_at_text"], row["text"]) == (None, "none", date, "halo")
