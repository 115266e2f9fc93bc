"""Contact cards and pasted text: whatever the fold or the encoding, read back equal; who gives way to whom."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi.cli.commands import run
from saksi.readers.base import ReadSettings
from saksi.readers.registry import for_talk, read_source
from tests.readers.texts import generate
from tests.readers.texts.reading import own, read, source_of
from tests.readers.texts.test_kept import PICTURE, kept, nothing_of
from tests.readers.texts.test_kept import vault as vault
from tests.readers.texts.test_round_trip import texts

CHAT = b"23/11/26, 20:15 - Budi: halo\n24/11/26, 20:16 - Rina: Budi.vcf (file attached)\n25/11/26, 20:17 - Budi: ya\n"
CARD = generate.SAMPLES["contacts_vcf"]["v3.vcf"]


def folded(line: str, width: int) -> str:
    """A content line folded as RFC 6350 says."""
    return "\r\n ".join(line[i : i + width] for i in range(0, max(len(line), 1), width))


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(name=texts, note=texts, width=st.integers(3, 75), quoted=st.booleans())
def test_cards_round_trip(name: str, note: str, width: int, *, quoted: bool) -> None:
    name, note = (t.replace("\r", "").strip(" ;") for t in (name, note))

    def line(prop: str, text: str) -> str:
        if not quoted:
            return folded(f"{prop}:{escaped(text)}", width)
        value = "".join(f"={b:02X}" for b in text.encode())
        step = 3 * width
        broken = "=\r\n".join(value[i : i + step] for i in range(0, max(len(value), 1), step))
        return f"{prop};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{broken}"

    data = f"BEGIN:VCARD\r\nVERSION:3.0\r\n{line('FN', name)}\r\n{line('NOTE', note)}\r\nEND:VCARD\r\n".encode()
    rows = read("contacts_vcf", data, "a.vcf")[0]
    assert rows[0]["text"] == (name or None)
    assert [r["text"] for r in rows[1:]] == ([note] if note else [])


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members.items():
            z.writestr(name, data)
    return out.getvalue()


def test_a_card_beside_a_whatsapp_chat_is_its_attachment() -> None:
    source = source_of(zipped({"_chat.txt": CHAT, "Budi.vcf": CARD, "lain.vcf": CARD}), "chat.zip")
    reading = read_source(source, ReadSettings(zone="Asia/Jakarta"))
    rows = [row for batch in reading for row in batch.to_pylist()]
    assert reading.reader_names == ["whatsapp_txt"]
    assert [p["role"] for p in reading.account()["parts"]] == ["messages", "attachment", "metadata"]
    assert next(r["attachments"] for r in rows if r["attachments"])[0]["state"] == "present"


def test_cards_alone_in_a_zip_or_beside_another_app_are_read() -> None:
    for members in ({"a.vcf": CARD, "b.vcf": CARD}, {"a.vcf": CARD, "sms.xml": generate.SAMPLES["sms_xml"]["sms.xml"]}):
        source = source_of(zipped(members), "x.zip")
        reading = read_source(source, ReadSettings())
        rows = [row for batch in reading for row in batch.to_pylist()]
        assert "contacts_vcf" in reading.reader_names
        assert sum(r["kind"] == "contact" and "." not in r["message_id"] for r in rows) == 2 * sum(n.endswith("vcf") for n in members)


def test_photo_of_a_card_is_not_kept_and_the_rows_are_the_same(vault: Iterator[object], tmp_path: Path) -> None:
    wrapped = base64.b64encode(PICTURE).decode()
    photo = "\r\n ".join(wrapped[i : i + 72] for i in range(0, len(wrapped), 72))
    path = tmp_path / "kontak.vcf"
    path.write_bytes(CARD.replace(b"/9j/4AAQ\r\n SkZJRg==", photo.encode()))
    sealed, direct, from_case = kept(vault, path)  # type: ignore[arg-type]
    nothing_of(PICTURE, sealed)
    assert from_case == direct
    assert own(direct)[0]["attachments"][0]["size"] == len(PICTURE)


@pytest.mark.parametrize("name", generate.SAMPLES["pasted_txt"])
def test_pasted_talk_is_read_by_check_and_where_asked(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tempel.txt"
    path.write_bytes(generate.SAMPLES["pasted_txt"][name])
    assert run(["read", str(path), "--json"]) == 3
    assert run(["read", str(path), "--json", "--format", "pasted_txt"]) in (0, 1)
    capsys.readouterr()
    assert run(["check", str(path), "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["messages"] >= 3


@pytest.mark.parametrize("text", [
    "Ini catatan rapat: penting.\nTidak ada percakapan di sini.\nHanya kalimat panjang.\n" * 5,
    "From: a@b\nTo: c@d\nSubject: x\n", "http://a.example/b: c\nhttp://a.example/d: e\n", "10:15 x\n10:16 y\n", "key: value\n",
    '{"a": 1}\n', "", "halo\n",
])
def test_other_texts_are_not_taken_for_talk(text: str) -> None:
    source = source_of(text.encode())
    assert for_talk(source, ReadSettings()).format is None


def test_pasted_talk_takes_nothing_from_another_reader() -> None:
    for reader, samples in generate.SAMPLES.items():
        for data in samples.values():
            if reader != "pasted_txt":
                assert for_talk(source_of(data), ReadSettings()).format is None


@pytest.mark.parametrize("line", ["TEL" + ";aaaaaaaaaaaaaaaa" * 400, 'TEL;X="' * 4000, "TEL" + ";a=\"b\"c" * 4000])
def test_a_line_that_is_no_property_takes_no_time(line: str) -> None:
    rows = read("contacts_vcf", f"BEGIN:VCARD\nFN:Sari\n{line}\nTEL:+628600001111\nEND:VCARD\n".encode(), "a.vcf")[0]
    assert [r["text"] for r in rows] == ["Sari", "+628600001111"]


@pytest.mark.parametrize("value", ["CHARSET=UTF-7:+2AA-", "CHARSET=UNICODE_ESCAPE:=5Cud800", "CHARSET=ZLIB:=FF"])
def test_a_charset_that_makes_no_text_costs_no_card(value: str) -> None:
    data = f"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE;{value}\nEND:VCARD\nBEGIN:VCARD\nFN:Sari\nEND:VCARD\n".encode()
    rows = read("contacts_vcf", data, "a.vcf")[0]
    assert len(rows) == 2
    assert rows[0]["text"]
    assert rows[1]["text"] == "Sari"


@pytest.mark.parametrize(
    "line", ["PHOTO:{}", "PHOTO;TYPE=JPEG:{}", "X-MS-CARDPICTURE;TYPE=JPEG;ENCODING=BASE64:{}", "X-FACE:data:image/jpeg;base64,{}"]
)
def test_a_picture_is_never_shown_as_words(line: str) -> None:
    value = base64.b64encode(PICTURE).decode()
    rows = read("contacts_vcf", f"BEGIN:VCARD\nFN:Sari\n{line.format(value)}\nEND:VCARD\n".encode(), "a.vcf")[0]
    assert [(r["text"], len(r["attachments"] or ())) for r in rows] == [("Sari", 1)]
    assert rows[0]["attachments"][0]["size"] == len(PICTURE)
