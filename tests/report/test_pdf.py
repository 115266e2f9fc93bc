"""The PDF: what the embedded fonts lack is a stand-in, what they have is drawn; text is data, never markup."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from saksi import report
from saksi.report._pdf import _drawing, printable
from tests.report.fake_case import MADE_US, story


@pytest.mark.parametrize(("text", "shown"), [
    ("a😭b❤️", "a😭b❤️"), ("عربي 漢字 हिन्दी 한국 ไทย ꦗꦮ", "عربي 漢字 हिन्दी 한국 ไทย ꦗꦮ"), ("Rp500.000 – «é»", "Rp500.000 – «é»"),
    ("ᐁ", "[U+1401]"), ("a\U00013000\U00013001b", "a[U+13000 U+13001]b"),
    ("\U00013000" * 9, "[" + "U+13000 " * 6 + "… +3]"), ("", ""),
])
def test_stand_ins(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("lang", ["id", "en"])
def test_pages_carry_the_text_and_the_given_date(lang: str) -> None:
    data = next(b for n, b in report.render(story(), "chronology", lang, MADE_US).items() if n.endswith(".pdf"))
    reader = PdfReader(io.BytesIO(data))
    text = "\n".join(p.extract_text() for p in reader.pages)
    assert "Transfer Rp500.000" in text
    assert "\U0001f621" in text, "an emoji can be read and copied"
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert int(reader.metadata.creation_date.timestamp()) == MADE_US // 1_000_000
    assert b"/JavaScript" not in data
    assert b"/URI" not in data


def test_scripts_in_a_drawing() -> None:
    assert _drawing("<text>Grup 🔥 漢 a</text>") == (
        '<text>Grup <tspan font-family="Noto Emoji">🔥</tspan> <tspan font-family="Noto Sans SC">漢</tspan> a</text>')
    assert _drawing("<text>Kak عربي اسم x</text>") == "<text>Kak … x</text>"
