"""The fonts of the PDF: what the list of covered characters promises is drawn, by fonts that come with Saksi or with typst."""

from __future__ import annotations

import io
import json
import random
import re
from pathlib import Path

import pytest
import typst
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from pypdf import PdfReader

from saksi import report
from saksi.report._pdf import FONTS, _fonts, printable, uncovered
from tests.report.fake_case import MADE_US, FakeCase

TEMPLATE = (Path(report.__file__).parent / "page.typ").read_text(encoding="utf-8")
SCRIPTS = re.findall(r'"([^"]+)"', TEMPLATE[TEMPLATE.index("#let scripts") : TEMPLATE.index("#set text(font")])


def covered() -> list[int]:
    lines = (line.split("-") for line in (FONTS / "covered.txt").read_text(encoding="ascii").split())
    return [c for line in lines for c in range(int(line[0], 16), int(line[-1], 16) + 1)]


def glyphs(characters: list[str]) -> list[str]:
    """The outlines drawn for characters by the document's fonts."""
    names = ", ".join(f'"{name}"' for name in ("Libertinus Serif", *SCRIPTS))
    template = (
        f"#set page(width: 400pt, height: auto)\n#set text(font: ({names}), fallback: false)\n"
        "#for c in json(bytes(sys.inputs.c)) { block(text(c)) }"
    )
    svg = typst.compile(template.encode(), format="svg", font_paths=_fonts(), sys_inputs={"c": json.dumps(characters)})
    return re.findall(r'<use [^>]*href="(#[^"]+)"', (svg if isinstance(svg, bytes) else svg[0]).decode())


def test_every_font_of_the_folder_is_used_and_named_with_its_licence() -> None:
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    for path in FONTS.glob("*.ttf"):
        family = TTFont(path)["name"].getBestFamilyName().removesuffix(" Thin")
        assert family in SCRIPTS, path.name
        assert f"{path.name}: {family}" in licence
    assert set(_fonts().families()) >= set(SCRIPTS)


def test_what_the_fonts_hold_is_covered() -> None:
    listed = set(covered())
    for path in FONTS.glob("*.ttf"):
        assert set(TTFont(path).getBestCmap()) - {0x20, 0xA0} <= listed, path.name


def test_a_sample_of_what_is_covered_is_drawn() -> None:
    """Every sixtieth character and every script's first ones, one by one; the missing glyph is none of them."""
    missing = set(glyphs(["\U00013000"]))
    assert missing
    points = [c for c in covered() if not 0xFE00 <= c <= 0xFE0F and c not in (0x200C, 0x200D)]
    asked = sorted({*random.Random(4).sample(points, len(points) // 60), *map(ord, "😭عनมกខລမதবשꦗ漢かア한★𝓱ⓐ")})
    plain = [c for c in asked if chr(c).isprintable() and not chr(c).isspace()]
    assert [hex(c) for c in plain if set(glyphs([chr(c)])) & missing] == []


@pytest.mark.parametrize("text", ["\u061c\u200f", "\U0001f3fd", "1\ufe0f\u20e3", "👩\u200d❤\ufe0f\u200d👨"])
def test_parts_of_emoji_are_no_stand_ins(text: str) -> None:
    assert uncovered().search(text.replace("\u061c\u200f", "")) is None


def test_messages_of_many_scripts_are_in_the_pdf() -> None:
    """They can be read and copied; the same document gives the same bytes."""
    case = FakeCase()
    said = ["awas ya 😡🔥", "أرسلي الصورة", "你好我有你的照片", "사진 보내줘", "ส่งรูป", "फोटो भेजो", "pakai \U00013000 ini"]
    for n, text in enumerate(said):
        case.mark(case.message("wa", text, "Kak 🦋", n), "threat_to_share", "sextortion", strength="strong", end=2)
    made = [report.render(case, "chronology", "id", MADE_US) for _ in range(2)]
    assert made[0] == made[1]
    data = next(b for name, b in made[0].items() if name.endswith(".pdf"))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    for char in "😡🔥🦋ر你照사":
        assert char in text, char
    assert "[U+13000]" in text
    assert printable(said[0]) == said[0]
