"""Lines of text on a picture with the PP-OCR networks that the package `rapidocr` carries. Runs in the child process only.

Only the two model files of that package are used, never its code: its import brings an HTTP client, and its own pipeline
another decoder of pictures. What is left is short, and it is all here:

1. The picture is scaled so that its shorter side has DETECT_SIDE pixels, and network one gives for every pixel how likely
   it is text. Pixels above DETECT_MIN that touch are a line; its box is grown again by what the network shrinks it.
2. Each line is cut out, scaled to 48 pixels of height, and network two gives a letter or "none" for every few columns (CTC).
   The confidence of a line is the mean of its letters'. I and l are told apart by their height (`_stems`).

One thread, no randomness: the same picture gives the same lines on one machine. Between processors the last digits of a
confidence may differ.

Source: PP-OCR (DB text detection, arXiv 1911.08947; SVTR and CTC recognition). Versions tested: rapidocr 3.10.0 with
PP-OCRv6 small models, onnxruntime 1.32.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from saksi.ocr._models import models
from saksi.ocr._page import components
from saksi.ocr._stems import Read, told_apart

Pixels = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]

DETECT_SIDE: Final = 608
"""Shorter side in pixels for finding lines: the smallest letters of a screen (clocks) are still eight pixels high there."""

DETECT_MIN: Final = 0.3
"""Likelihood from which a pixel is text (the networks' authors' value)."""

LINE_MIN: Final = 0.5
"""Mean likelihood a whole line must reach (the authors' value)."""

GROW: Final = 1.6
"""How much a found line grows: network one was trained to find lines shrunk by this."""

READ_HEIGHT: Final = 48
"""Height in pixels that network two reads."""

READ_WIDTH_MAX: Final = 2400
"""Width of one line in pixels of its scaled picture: longer ones are squeezed."""

READ_WIDTH_MIN: Final = 160
"""Shorter lines are padded to this: the authors pad to 320, which reads clocks no better and takes a third longer on a page."""

TILE_HEIGHT: Final = 1536
TILE_SHARED: Final = 96
"""Scaled height of what is looked at in one go, and what it shares with the next: bounds memory on scrolled-together pictures."""

DETECT_WIDTH_MAX: Final = 2048
"""Scaled width at most."""

LINES_MAX: Final = 400
"""Lines of one picture: a screenshot holds some 60, a page of print 100."""


def _session(path: Path) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.use_deterministic_compute = True
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Rapid:
    """The two networks, loaded."""

    def __init__(self) -> None:
        paths = models()
        if paths is None:
            raise ImportError("rapidocr")
        self.name = (
            f"rapidocr {version('rapidocr')} {paths[0].stem} {paths[1].stem} onnxruntime {version('onnxruntime')}"
        )
        self._find = _session(paths[0])
        self._read = _session(paths[1])
        letters = self._read.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._letters = ["", *[c for c in letters if c], " "]
        size = self._read.get_outputs()[0].shape[-1]
        known = self._letters + ["\uffff"] * (size - len(self._letters))
        self._latin = np.array([c < "\u2e80" for c in known[:size]])

    def boxes(self, pixels: Pixels) -> list[Box]:
        """Where the lines of a picture (height, width, RGB) are, from top to bottom and left to right."""
        height, width = pixels.shape[:2]
        scale = min(1.0, DETECT_SIDE / min(height, width), DETECT_WIDTH_MAX / width)
        tile, shared = round(TILE_HEIGHT / scale), round(TILE_SHARED / scale)
        boxes: list[Box] = []
        for start in range(0, max(1, height - shared), tile):
            part = pixels[start : start + tile + shared]
            lowest = 0 if start == 0 else start + shared // 2
            highest = height if start + tile + shared >= height else start + tile + shared // 2
            for x, y, w, h in self._boxes(part, scale):
                if lowest <= y + start + h // 2 < highest:
                    boxes.append((x, y + start, w, h))
        return sorted(boxes, key=lambda b: (b[1], b[0]))[:LINES_MAX]

    def _boxes(self, pixels: Pixels, scale: float) -> list[Box]:
        height, width = pixels.shape[:2]
        w, h = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        small = np.asarray(
            Image.fromarray(pixels).resize((w, h), Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR)
        )
        likely = self._find.run(None, {self._find.get_inputs()[0].name: _tensor(small)[None]})[0][0, 0]
        boxes: list[Box] = []
        for x0, y0, x1, y1 in components(likely > DETECT_MIN):
            if float(likely[y0:y1, x0:x1].mean()) < LINE_MIN * 0.6 or min(x1 - x0, y1 - y0) < 3:
                continue
            grown = (x1 - x0) * (y1 - y0) * GROW / (2 * (x1 - x0 + y1 - y0))
            left, right = max(0.0, x0 - grown), min(float(w), x1 + grown)
            top, bottom = max(0.0, y0 - grown), min(float(h), y1 + grown)
            x, y = int(left * width / w), int(top * height / h)
            boxes.append((x, y, int(right * width / w + 1) - x, int(bottom * height / h + 1) - y))
        return boxes

    def read(self, crops: list[Pixels]) -> list[tuple[str, float]]:
        """Text and confidence of cut-out lines."""
        found = [self._one(crop) for crop in crops]
        return [(read.text, read.confidence) for read in told_apart(crops, found)]

    def _one(self, crop: Pixels) -> Read:
        """One line by itself: in company it would be padded to the longest, which costs time, and reads a little differently."""
        width = min(READ_WIDTH_MAX, max(16, round(crop.shape[1] * READ_HEIGHT / crop.shape[0])))
        line = _tensor(np.asarray(Image.fromarray(crop).resize((width, READ_HEIGHT), Image.Resampling.BILINEAR)))
        padded = np.zeros((1, 3, READ_HEIGHT, max(READ_WIDTH_MIN, width)), np.float32)
        padded[0, :, :, :width] = line
        scores = self._read.run(None, {self._read.get_inputs()[0].name: padded})[0][0]
        return self._decoded(scores, padded.shape[3] * crop.shape[1] / width)

    def _decoded(self, scores: npt.NDArray[np.float32], width: float) -> Read:
        """Letters and mean confidence. A line with no more than a stray letter of other scripts is read as Latin."""
        read = self._best(scores, width)
        foreign = sum(c >= "\u2e80" for c in read.text)
        if foreign and (foreign < 2 or 2 * foreign < len(read.text.replace(" ", ""))):
            return self._best(np.where(self._latin, scores, 0.0), width)
        return read

    def _best(self, scores: npt.NDArray[np.float32], width: float) -> Read:
        """The likeliest letters. width: of what the scores cover, in pixels of the line as cut out."""
        best = scores.argmax(axis=1)
        same = np.concatenate([[False], best[1:] == best[:-1]])
        kept = np.flatnonzero((best != 0) & ~same)
        letters = [self._letters[i] if i < len(self._letters) else "\ufffd" for i in best[kept].tolist()]
        pairs = [(c, (t + 0.5) * width / len(best)) for c, t in zip(letters, kept.tolist(), strict=True)]
        while pairs and pairs[0][0].isspace():
            del pairs[0]
        while pairs and pairs[-1][0].isspace():
            del pairs[-1]
        if not pairs:
            return Read("", 0.0)
        confidence = float(scores.max(axis=1)[kept].mean())
        return Read("".join(c for c, _ in pairs), confidence, tuple(x for _, x in pairs))


def _tensor(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Blue, green, red planes from -1 to 1, as the networks were trained."""
    return np.ascontiguousarray(pixels[:, :, ::-1].transpose(2, 0, 1)).astype(np.float32) / 127.5 - 1.0
