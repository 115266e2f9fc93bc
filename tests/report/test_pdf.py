"""The PDF: what the embedded fonts lack is a stand-in, what they have is drawn; text is data, never markup."""

from __future__ import annotations

import io
import json
import re

import pytest
import typst
from pypdf import PdfReader

from saksi import report
from saksi.report._pdf import _UNCOVERED, printable
from tests.report.fake_case import MADE_US, story


@pytest.mark.parametrize(("text", "shown"), [
    ("a😭b", "a[U+1F62D]b"), ("❤️", "[U+2764]"), ("عربي", "[U+0639 U+0631 U+0628 U+064A]"), ("Rp500.000 – «é»", "Rp500.000 – «é»"),
    ("漢" * 9, "[U+6F22 U+6F22 U+6F22 U+6F22 U+6F22 U+6F22 … +3]"), ("", ""),
])
def test_stand_ins(text: str, shown: str) -> None:
    assert printable(text) == shown


def glyphs(characters: list[str]) -> list[str]:
    """The glyph drawn for each character by the document's fonts."""
    template = (
        '#set page(width: 400pt, height: auto)\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), fallback: false)\n'
        "#for c in json(bytes(sys.inputs.c)) { block(text(c)) }"
    )
    svg = typst.compile(template.encode(), format="svg", ignore_system_fonts=True,
                        sys_inputs={"c": json.dumps(characters)})
    return re.findall(r'<use [^>]*href="(#[^"]+)"', (svg if isinstance(svg, bytes) else svg[0]).decode())


def test_every_character_that_is_printed_as_it_is_has_a_glyph() -> None:
    covered = [chr(c) for c in range(0x21, 0x2300) if not _UNCOVERED.match(chr(c)) and not chr(c).isspace()]
    missing = set(glyphs(["\U00013000", "\u4e00"]))
    assert missing
    assert [hex(ord(c)) for c in covered if not (g := glyphs([c])) or set(g) & missing] == []


@pytest.mark.parametrize("lang", ["id", "en"])
def test_pages_carry_the_text_and_the_given_date(lang: str) -> None:
    data = next(b for n, b in report.render(story(), "chronology", lang, MADE_US).items() if n.endswith(".pdf"))
    reader = PdfReader(io.BytesIO(data))
    text = "\n".join(p.extract_text() for p in reader.pages)
    assert "Transfer Rp500.000" in text
    assert "U+1F621" in re.sub(r"\s", "", text)
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert int(reader.metadata.creation_date.timestamp()) == MADE_US // 1_000_000
    assert b"/JavaScript" not in data
    assert b"/URI" not in data
