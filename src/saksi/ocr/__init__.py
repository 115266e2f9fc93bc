"""Text of declared screenshots: read in a process of its own, given back as lines with boxes. Pictures never leave that process.

    with Reading() as ocr:
        transcript = ocr.transcribe(data)      # bytes of a PNG, JPEG or WebP
        transcript.lines, transcript.problem

What a `Transcript` holds is what is kept of a screenshot (docs/decisions/0015-screenshots.md): lines of
text, boxes, confidence and a few
colours; no pixel. It is small canonical JSON (`packed`), so that a case can seal it and read it again without the picture.

Rules:
1. Only files that the user declared to be screenshots come here (`saksi.ocr.declare`).
2. Only the child process (`saksi.ocr.child`) decodes them: three formats, bounds of `saksi.limits` on bytes,
   pixels, memory and time, no
   files written. It is one process for many pictures; where it dies or is too slow, the picture at hand is a
   problem, and a new one starts.
3. One thread, one picture after the other: the same picture gives the same transcript on one machine and version.
4. Networks come from the package `rapidocr` (extra `ocr`); without it a Tesseract on the PATH does; without both
   `UsageError("ocr_missing")` says how to get one.
"""

from saksi.ocr._models import is_there
from saksi.ocr.declare import EVERYTHING, Declared, declare, declared_parts, may_be_declared, paths_beside, transcribed
from saksi.ocr.run import Reading
from saksi.ocr.transcript import Line, Transcript, packed, unpacked

__all__ = [
    "EVERYTHING",
    "Declared",
    "Line",
    "Reading",
    "Transcript",
    "declare",
    "declared_parts",
    "is_there",
    "may_be_declared",
    "packed",
    "paths_beside",
    "transcribed",
    "unpacked",
]
