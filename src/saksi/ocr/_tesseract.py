"""The second engine: Tesseract on the PATH, Indonesian and English. Runs in the child process only.

Slower and weaker on small grey letters than the networks of `_rapid`; used where those are not installed. The picture goes to it
decoded, as PPM on its standard input: no decoder runs outside this process's bounds, and nothing is written to disk.

Versions tested: 5.3.0 (Debian), language data 4.1.0.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import Final

import numpy as np
from PIL import Image

from saksi.ocr._page import Box, Pixels

SECONDS: Final = 200
"""One call: a page takes some seconds."""

LINE_WORD_LEVEL: Final = "5"
"""Rows of its table that are words."""

READ_HEIGHT: Final = 40
"""Letters are scaled to about this height before they are read: Tesseract was trained on print of 300 dpi."""


class Tesseract:
    """Finds and reads through the program."""

    def __init__(self) -> None:
        program = shutil.which("tesseract")
        if program is None:
            raise ImportError("tesseract")
        self._program = program
        said = self._call(["--version"], b"").splitlines()
        there = set(self._call(["--list-langs"], b"").split())
        self._languages = "+".join(lang for lang in ("ind", "eng") if lang in there) or "eng"
        self.name = f"{said[0] if said else 'tesseract'} {self._languages}"

    def _call(self, arguments: list[str], data: bytes) -> str:
        done = subprocess.run(  # noqa: S603 - the program found at start, no shell
            [self._program, *arguments], input=data, capture_output=True, check=False, timeout=SECONDS
        )
        return done.stdout.decode("utf-8", "replace")

    def _words(self, pixels: Pixels, mode: str) -> list[tuple[Box, str, float, tuple[str, ...]]]:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PPM")
        table = self._call(["-", "-", "-l", self._languages, "--psm", mode, "tsv"], out.getvalue())
        words = []
        for line in table.splitlines()[1:]:
            cells = line.split("\t", 11)
            if len(cells) == 12 and cells[0] == LINE_WORD_LEVEL and cells[11].strip():
                x, y, w, h = (int(c) for c in cells[6:10])
                words.append(((x, y, w, h), cells[11].strip(), max(0.0, float(cells[10]) / 100), tuple(cells[1:5])))
        return words

    def boxes(self, pixels: Pixels) -> list[Box]:
        """Where lines are: words of one line of its table that stand close together."""
        lines: dict[tuple[str, ...], list[Box]] = {}
        for box, _, _, line in self._words(pixels, "11"):
            lines.setdefault(line, []).append(box)
        found = []
        for words in lines.values():
            x, y = min(b[0] for b in words), min(b[1] for b in words)
            right, bottom = max(b[0] + b[2] for b in words), max(b[1] + b[3] for b in words)
            room = max(3, (bottom - y) // 4)
            left, top = max(0, x - room), max(0, y - room)
            found.append(
                (left, top, min(pixels.shape[1], right + room) - left, min(pixels.shape[0], bottom + room) - top)
            )
        return sorted(found, key=lambda b: (b[1], b[0]))

    def read(self, crops: list[Pixels]) -> list[tuple[str, float]]:
        """Text and confidence of cut-out lines, dark on light as the program wants it."""
        return [self._one(crop) for crop in crops]

    def _one(self, crop: Pixels) -> tuple[str, float]:
        grey = np.asarray(Image.fromarray(crop).convert("L"))
        if np.median(grey) < 128:
            grey = 255 - grey
        scale = READ_HEIGHT / max(1, crop.shape[0])
        size = (max(8, round(grey.shape[1] * scale)), READ_HEIGHT)
        picture = Image.fromarray(np.pad(np.asarray(Image.fromarray(grey).resize(size)), 12, mode="edge")).convert(
            "RGB"
        )
        words = self._words(np.asarray(picture), "7")
        if not words:
            return "", 0.0
        return " ".join(w[1] for w in words), float(np.mean([w[2] for w in words]))
