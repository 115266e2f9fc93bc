"""The reading process: hostile pictures are problems, never an end; the same picture gives the same transcript; it can die."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from saksi import limits
from saksi.ocr import Reading, packed, unpacked
from saksi.ocr.child import crop, decoded
from tests.simulator import screens


def shot() -> Image.Image:
    return screens.render(screens.thread_of(7, 6), screens.Look("hijau"), 720)[0].picture


@pytest.fixture(scope="module")
def ocr() -> Iterator[Reading]:
    with Reading(120) as reading:
        yield reading


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is large and holds little: zeros packed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")


def animated() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (90, 90), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 90)).save(out, "GIF")
    return out.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "0 bytes": (lambda: b"", "picture_kind"),
    "no picture": (lambda: b"halo, ini teks", "picture_kind"),
    "another kind of picture": (gif, "picture_kind"),
    "a head and nothing": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(40), "picture_damaged"),
    "a sound in RIFF": (lambda: b"RIFF\x10\x20\0\0WAVE" + bytes(400), "picture_damaged"),
    "30,000 by 30,000": (lambda: png_of_size(30_000, 30_000), "picture_too_large"),
    "a bomb of one long line": (lambda: png_of_size(2_000_000, 3), "picture_too_large"),
    "more bytes than allowed": (lambda: b"\xff\xd8\xff" + bytes(limits.PICTURE_BYTES_MAX), "picture_too_large"),
    "animated": (animated, "picture_animated"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_a_problem(ocr: Reading, name: str) -> None:
    make, problem = HOSTILE[name]
    read = ocr.transcribe(make())
    assert read.problem == problem
    assert read.lines == ()


def test_a_cut_off_jpeg_is_read_as_far_as_it_goes(ocr: Reading) -> None:
    whole = screens.encoded(shot(), "jpeg85")
    read = ocr.transcribe(whole[: len(whole) // 2])
    assert read.problem is None
    assert read.cut_off
    assert any("Keluarga" in line.text or line.text for line in read.lines)


def test_the_process_goes_on_after_a_bad_picture_and_says_the_same_twice(ocr: Reading) -> None:
    data = screens.encoded(shot(), "png")
    first = packed(ocr.transcribe(data))
    assert ocr.transcribe(b"\x89PNG\r\n\x1a\n" + bytes(40)).problem == "picture_damaged"
    assert packed(ocr.transcribe(data)) == first
    with Reading(120) as other:
        assert packed(other.transcribe(data)) == first
    assert packed(unpacked(first)) == first


def test_a_process_that_dies_or_stalls_is_a_problem_and_a_new_one_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = screens.encoded(shot(), "png")
    with Reading(120) as reading:
        assert reading.transcribe(data).problem is None
        process = reading._process
        assert process is not None
        process.kill()
        process.wait()
        assert reading.transcribe(data).problem == "picture_failed"
        assert reading.transcribe(data).problem is None, "a new process reads on"
        monkeypatch.setattr(reading, "_seconds", 0.01)
        assert reading.transcribe(data).problem == "picture_failed"
        monkeypatch.setattr(reading, "_seconds", 120)
        assert reading.transcribe(data).problem is None


def test_memory_is_bounded() -> None:
    """A child that may not take more memory says so instead of taking it."""
    pytest.importorskip("resource")
    import subprocess
    import sys

    script = (
        "import saksi.limits as l; l.PICTURE_MEMORY_BYTES = 200 << 20\n"
        "from saksi.ocr import child\n"
        "child.bound_this_process()\n"
        "class E:\n name='e'\n def boxes(self, p): return []\n def read(self, c): return []\n"
        "import sys; print(child.transcript(E(), sys.stdin.buffer.read()).problem)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=png_of_size(6000, 6000), capture_output=True, check=False
    )
    assert done.stdout.decode().strip() in ("picture_too_large", "picture_damaged", "picture_failed"), done.stderr[-300:]


def test_a_crop_shows_lines_and_nothing_else() -> None:
    picture = shot()
    data = screens.encoded(picture, "png")
    png = crop(data, [(100, 300, 200, 30), (100, 600, 150, 30)])
    shown = Image.open(io.BytesIO(png))
    assert shown.width <= 200 + 2 * 8
    assert shown.height == 2 * (30 + 2 * 8)
    assert crop(data, [(0, 0, picture.width, picture.height)]) == b"", "a whole picture is no line"
    assert crop(b"nothing", [(1, 1, 5, 5)]) == b""


def test_transparent_pictures_are_laid_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")
    pixels, cut_off = decoded(out.getvalue())
    assert not cut_off
    assert (pixels == 255).all()
