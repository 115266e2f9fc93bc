"""The picture in README: page one of the Indonesian sample report beside the page of its timeline.

    python tools/readme_picture.py [REPORT.pdf] [PICTURE.png]

Run after `make demo`; without arguments it takes demo/report/*-kronologi.pdf and writes docs/images/report.png. Everything
in the picture is invented. Drawn by typst from the PDF itself, so that no other program is needed; reduced to 128 colours
by Pillow, because a README should not weigh a megabyte.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import typst
from PIL import Image
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[1]
TITLE = "Ringkasan: fase dan garis waktu"
"""The chapter whose page stands on the right."""

WIDTH = 1400
"""Pixels."""

TEMPLATE = """
#set page(width: 1400pt, height: auto, margin: 22pt, fill: rgb("#e9ebee"))
#let sheet(n) = block(fill: white, stroke: 0.8pt + luma(170), image("report.pdf", page: n, width: 100%))
#grid(columns: (1fr, 1fr), gutter: 22pt, sheet(1), sheet(RIGHT))
"""


def page_of(report: Path, title: str) -> int:
    """The page (from 1) on which the chapter stands: the last of the first pages that name it (contents come before it).

    Raises LookupError where no page does.
    """
    found = [i for i, page in enumerate(PdfReader(report).pages[:6], 1) if title in page.extract_text()]
    if not found:
        raise LookupError("the report has no timeline")
    return found[-1]


def picture(report: Path, right: int) -> bytes:
    """Both pages as PNG, 1400 pixels wide."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "report.pdf").write_bytes(report.read_bytes())
        source = here / "picture.typ"
        source.write_text(TEMPLATE.replace("RIGHT", str(right)), encoding="utf-8")
        drawn = typst.compile(source, root=here, format="png", ppi=144.0, ignore_system_fonts=True)
    out = io.BytesIO()
    sheet = Image.open(io.BytesIO(drawn)).convert("RGB")
    small = sheet.resize((WIDTH, sheet.height * WIDTH // sheet.width), Image.Resampling.LANCZOS)
    small.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    """Write the picture; returns the exit code."""
    found = [Path(arguments[0])] if arguments else sorted((ROOT / "demo" / "report").glob("*-kronologi.pdf"))
    if not found:
        print("No report: run `make demo` first.", file=sys.stderr)
        return 3
    target = Path(arguments[1]) if len(arguments) > 1 else ROOT / "docs" / "images" / "report.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture(found[0], page_of(found[0], TITLE)))
    print(target, target.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
