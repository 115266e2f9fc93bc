"""The reading process: pictures in on standard input, transcripts out. `python -m saksi.ocr.child`, started by `saksi.ocr.run`.

A message is eight bytes of length and the bytes. First it says which engine it uses; then each picture (or `CROP`, a box and a
picture) is answered by a transcript (or a PNG of that line). It bounds itself before it reads anything: memory, no file larger than
nothing, no core dump, as far as the system knows such bounds (Windows does not: there the bounds on bytes, pixels and time
hold). Nothing is printed: an error is a problem of the transcript.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import warnings
from collections.abc import Sequence
from typing import IO, Any, Protocol

import numpy as np
from PIL import Image, ImageFile

from saksi import limits
from saksi.ocr import _page, _rapid, _tesseract
from saksi.ocr._models import models
from saksi.ocr.run import ANSWER_BYTES_MAX, LENGTH
from saksi.ocr.transcript import Line, Transcript, packed

Image.MAX_IMAGE_PIXELS = None  # the bounds of saksi.limits hold instead, before anything is decoded

FORMATS = ("PNG", "JPEG", "WEBP")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")

CROP_ROOM = 0.25
"""How much around a line its crop shows, in heights of the line: letters whole, nothing of the next line."""


CROP_HEIGHT_MAX = 0.12
"""A line is at most this high, in widths of the picture: a box that is higher is none, and is not shown."""


class Engine(Protocol):
    """Finds lines and reads them."""

    name: str

    def boxes(self, pixels: _page.Pixels) -> list[_page.Box]: ...

    def read(self, crops: list[_page.Pixels]) -> list[tuple[str, float]]: ...


class Refused(Exception):
    """A picture that is not read; the argument is a problem of the transcript."""


def bound_this_process() -> None:
    """No more memory than a picture needs, no files, no core dumps. Raises nothing: what the system does not know is left out."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, limits.PICTURE_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def engine() -> Engine:
    """The networks where they are installed, else Tesseract. Raises ImportError where there is neither."""
    return _rapid.Rapid() if models() is not None else _tesseract.Tesseract()


def decoded(data: bytes) -> tuple[_page.Pixels, bool]:
    """Pixels (height, width, RGB) of a picture, and whether its file ends early. Raises Refused."""
    if not data.startswith(_SIGNATURES):
        raise Refused("picture_kind")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as e:
        raise Refused("picture_damaged") from e
    if max(picture.size) > limits.PICTURE_SIDE_MAX or picture.width * picture.height > limits.PICTURE_PIXELS_MAX:
        raise Refused("picture_too_large")
    if getattr(picture, "n_frames", 1) > 1:
        raise Refused("picture_animated")
    try:
        return _rgb(picture), False
    except Exception:  # noqa: BLE001 - decoders raise what they like; a second try takes what is there
        try:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            return _rgb(Image.open(io.BytesIO(data), formats=FORMATS)), True
        except Exception as e:
            raise Refused("picture_damaged") from e
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _rgb(picture: Image.Image) -> _page.Pixels:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Image.new("RGBA", over.size, (255, 255, 255, 255))
        picture.alpha_composite(over)
    return np.ascontiguousarray(np.asarray(picture.convert("RGB")))


def transcript(reader: Engine, data: bytes) -> Transcript:
    """What stands on a picture."""
    try:
        pixels, cut_off = decoded(data)
        boxes = _page.side_by_side(reader.boxes(pixels))
        pieces = _page.without_doubles([piece for box in boxes for piece in _page.pieces(pixels, box)])
        texts = reader.read([piece.pixels for piece in pieces])
    except Refused as e:
        return Transcript(reader.name, problem=str(e))
    except MemoryError:
        return Transcript(reader.name, problem="picture_too_large")
    except Exception:  # noqa: BLE001 - one broken picture never ends the process; no word of it is printed
        return Transcript(reader.name, problem="picture_failed")
    lines = [
        Line(p.box, text, round(confidence, 3), p.ground, p.ink, p.region, p.signs)
        for p, (text, confidence) in zip(pieces, texts, strict=True)
    ]
    h, w = pixels.shape[:2]
    return Transcript(reader.name, w, h, _page.page_colour(pixels), tuple(lines), cut_off=cut_off)


def crop(data: bytes, boxes: Sequence[tuple[int, ...]]) -> bytes:
    """A PNG of lines one under the other; b"" where the picture cannot be decoded or a box lies outside or is no line."""
    try:
        pixels, _ = decoded(data)
    except (Refused, MemoryError):
        return b""
    strips = []
    for x, y, w, h in boxes:
        room = max(2, round(h * CROP_ROOM))
        cut = pixels[max(0, y - room) : y + h + room, max(0, x - room) : x + w + room]
        if w < 1 or h < 1 or h > pixels.shape[1] * CROP_HEIGHT_MAX or not cut.size:
            return b""
        strips.append(cut)
    widest = max(s.shape[1] for s in strips)
    stacked = [np.pad(s, ((0, 0), (0, widest - s.shape[1]), (0, 0)), constant_values=128) for s in strips]
    out = io.BytesIO()
    Image.fromarray(np.concatenate(stacked)).save(out, "PNG")
    return out.getvalue()


def _message(stream: IO[bytes]) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return stream.read(length) if length <= ANSWER_BYTES_MAX else None


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # whatever a library prints must not mix with answers
    reader: Any = engine()
    bound_this_process()

    def say(data: bytes) -> None:
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()

    say(reader.name.encode())
    while (data := _message(sys.stdin.buffer)) is not None:
        if data.startswith(b"CROP"):
            (n,) = struct.unpack_from("<i", data, 4)
            say(crop(data[8 + 16 * n :], [struct.unpack_from("<4i", data, 8 + 16 * i) for i in range(n)]))
        else:
            say(packed(transcript(reader, data)))


if __name__ == "__main__":
    main()
