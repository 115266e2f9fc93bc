"""What is kept of a screenshot: lines with boxes and colours, as canonical JSON. Knows no pictures."""

from __future__ import annotations

from typing import Final

import msgspec

VERSION: Final = 1

PROBLEMS: Final = (
    "picture_too_large",  # more bytes or pixels than the bounds allow
    "picture_damaged",  # cannot be decoded at all
    "picture_animated",  # more than one frame: no screenshot
    "picture_kind",  # neither PNG, JPEG nor WebP
    "picture_failed",  # the reading process died or took too long
)
"""What can be said of a picture that was not read; reasons of `saksi.table.schema`."""


class Line(msgspec.Struct, frozen=True):
    """A line of text as the engine read it, or a part of one that a wide gap cut off.

    box: x, y, width, height of its ink in pixels. confidence: 0 to 1. ground, ink: colours (red, green, blue). region: left, top,
    right, bottom of the even ground around it (a bubble, a pill, a bar, the page). signs: emoji painted over before it was read.
    """

    box: tuple[int, int, int, int]
    text: str
    confidence: float
    ground: tuple[int, int, int]
    ink: tuple[int, int, int]
    region: tuple[int, int, int, int]
    signs: int = 0


class Transcript(msgspec.Struct, frozen=True):
    """Everything read on one picture. engine: names and versions. problem: of PROBLEMS, then there are no lines.

    cut_off: the file ends early; what could be decoded was read. page: the colour behind the bubbles.
    """

    engine: str
    width: int = 0
    height: int = 0
    page: tuple[int, int, int] = (255, 255, 255)
    lines: tuple[Line, ...] = ()
    problem: str | None = None
    cut_off: bool = False
    version: int = VERSION


def packed(transcript: Transcript) -> bytes:
    """The transcript as JSON, the same bytes for the same content."""
    return msgspec.json.encode(transcript, order="deterministic")


def unpacked(data: bytes) -> Transcript:
    """The inverse of `packed`. Raises ValueError (msgspec.ValidationError, DecodeError) for anything else."""
    return msgspec.json.decode(data, type=Transcript)
