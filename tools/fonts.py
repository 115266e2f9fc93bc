"""Make the fonts of the PDF: subsets of Noto fonts (SIL Open Font License), and the list of what they draw.

    python tools/fonts.py NODE_MODULES      needs fonttools and brotli, and the packages named in FONTS, unpacked

Writes src/saksi/report/fonts/: a file a script, covered.txt (ranges of code points, hexadecimal), OFL.txt. Same packages and
fonttools give the same bytes. Run only when a script is added; tests/report/test_fonts.py holds covered.txt against the files.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import typst
from fontTools import subset
from fontTools.ttLib import TTFont

OUT = Path(__file__).resolve().parents[1] / "src" / "saksi" / "report" / "fonts"
INVISIBLE = {0x200C, 0x200D, 0x25CC, 0xFE0E, 0xFE0F}
"""Joiners, the dotted circle of lone vowel signs, variation selectors: kept where a font has them."""


def span(low: int, high: int) -> set[int]:
    """Code points from low to high."""
    return set(range(low, high + 1))


def charset(name: str, low: int, high: int, second: int = 0xA1) -> set[int]:
    """What a national character set of two bytes holds: what people of that country type."""
    pairs = (bytes((a, b)) for a in range(low, high + 1) for b in range(second, 0xFF))
    return {ord(c) for pair in pairs for c in pair.decode(name, "ignore") if ord(c) > 0x2E00}


ARABIC = span(0x600, 0x6FF) | span(0x750, 0x77F) | span(0xFB50, 0xFDFF) | span(0xFE70, 0xFEFF)
FONTS: dict[str, tuple[str, set[int] | None]] = {
    # file: (path in NODE_MODULES, code points to keep; None: all beyond Latin)
    "emoji": ("@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf",
              span(0x30, 0x39) | {0x23, 0x2A} | span(0x2028, 0x1FFFF)),
    "arabic": ("@expo-google-fonts/noto-naskh-arabic/400Regular/NotoNaskhArabic_400Regular.ttf", ARABIC),
    "devanagari": ("@expo-google-fonts/noto-sans-devanagari/400Regular/NotoSansDevanagari_400Regular.ttf", None),
    "thai": ("@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf", None),
    "khmer": ("@expo-google-fonts/noto-sans-khmer/400Regular/NotoSansKhmer_400Regular.ttf", None),
    "lao": ("@expo-google-fonts/noto-sans-lao/400Regular/NotoSansLao_400Regular.ttf", None),
    "myanmar": ("@fontsource/noto-sans-myanmar/files/noto-sans-myanmar-myanmar-400-normal.woff2", None),
    "tamil": ("@fontsource/noto-sans-tamil/files/noto-sans-tamil-tamil-400-normal.woff2", None),
    "bengali": ("@fontsource/noto-sans-bengali/files/noto-sans-bengali-bengali-400-normal.woff2", None),
    "hebrew": ("@fontsource/noto-sans-hebrew/files/noto-sans-hebrew-hebrew-400-normal.woff2", None),
    "javanese": ("@fontsource/noto-sans-javanese/files/noto-sans-javanese-javanese-400-normal.woff2", None),
    "symbols": ("@fontsource/noto-sans-symbols-2/files/noto-sans-symbols-2-symbols-400-normal.woff2", span(0x2190, 0x2BFF)),
    "han": ("@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
            charset("gb2312", 0xA1, 0xF7) | charset("big5", 0xA4, 0xC6, 0x40) | span(0x3000, 0x30FF) | span(0xFF01, 0xFF9F)),
    "hangul": ("@expo-google-fonts/noto-sans-kr/400Regular/NotoSansKR_400Regular.ttf",
               {c for c in charset("euc_kr", 0xB0, 0xC8) if 0xAC00 <= c <= 0xD7A3} | span(0x3131, 0x318E) | span(0x2460, 0x24FF)),
}


def smaller(path: Path, wanted: set[int] | None) -> TTFont:
    """The font with the wanted characters only, without hints and without the names of its features."""
    font = TTFont(path)
    there = set(font.getBestCmap())
    kept = {c for c in there if c > 0x24F and not 0x2000 <= c <= 0x2027} if wanted is None else there & wanted
    options = subset.Options(hinting=False, notdef_outline=True, layout_features=["*"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17],
                             drop_tables=["DSIG", "meta", "STAT", "vhea", "vmtx", "VORG"])  # fmt: skip
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=kept | (INVISIBLE & there))
    cutter.subset(font)
    font.flavor = None
    font.recalcTimestamp = False
    return font


TEMPLATE = """#set page(width: 400pt, height: auto)
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern Math"), fallback: false)
#for c in json(bytes(sys.inputs.c)) { block(text(c)) }"""


def drawn_by_typst() -> set[int]:
    """What the fonts that come with typst draw of letters, marks, signs and mathematical alphabets."""
    asked = [c for c in (*span(0x21, 0x52F), *span(0x1D00, 0x2BFF), *span(0x1D400, 0x1D7FF)) if is_visible(chr(c))]
    found = set()
    for c in asked:
        drawn = glyphs_of(chr(c))
        if drawn and not drawn & MISSING:
            found.add(c)
    return found


def is_visible(char: str) -> bool:
    """Letters, digits, punctuation, symbols and marks; nothing that has no form of its own."""
    return unicodedata.category(char)[0] in "LNPSM" and unicodedata.name(char, "") != ""


@cache
def glyphs_of(char: str) -> frozenset[str]:
    """The outlines that typst draws for a character."""
    svg = typst.compile(TEMPLATE.encode(), format="svg", ignore_system_fonts=True, sys_inputs={"c": json.dumps([char])})
    text = (svg if isinstance(svg, bytes) else svg[0]).decode()
    return frozenset(re.findall(r'<use [^>]*href="(#[^"]+)"', text))


MISSING = glyphs_of("\u4e00")


def ranges(points: Iterable[int]) -> list[tuple[int, int]]:
    """Code points as ranges, both ends included."""
    result: list[tuple[int, int]] = []
    for c in sorted(points):
        if result and result[-1][1] == c - 1:
            result[-1] = (result[-1][0], c)
        else:
            result.append((c, c))
    return result


def main() -> int:
    """See the module's text."""
    home = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    covered = drawn_by_typst()
    notices = []
    for name, (path, wanted) in FONTS.items():
        font = smaller(home / path, wanted)
        font.save(OUT / f"{name}.ttf")
        covered |= set(font.getBestCmap())
        names = font["name"]
        family = (names.getDebugName(16) or names.getDebugName(1)).removesuffix(" Thin")
        notices.append(f"{name}.ttf: {family}. {names.getDebugName(0)}")
        print(f"{name:11} {len(font.getBestCmap()):6} {(OUT / f'{name}.ttf').stat().st_size:9} {family}")
    lines = [f"{a:X}-{b:X}" if a != b else f"{a:X}" for a, b in ranges(covered)]
    (OUT / "covered.txt").write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    licence = next((home / "@fontsource/noto-sans-javanese").glob("LICENSE*")).read_text(encoding="utf-8")
    head = "Subsets of these fonts, made by tools/fonts.py; changed only by leaving characters out:\n\n" + "\n".join(notices)
    (OUT / "OFL.txt").write_text(head + "\n\n" + licence[licence.index("This Font Software") :], encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
