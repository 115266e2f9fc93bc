"""What colour says about lines: dashes before them, signs between words and clock, boxes that overlap; I and l by their height."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from saksi.ocr import _page
from saksi.ocr._stems import Read, told_apart
from tests.simulator.screens import font

PAGE, WHITE, INK = (230, 220, 210), (255, 255, 255), (20, 20, 20)


def drawn(text: str, *, family: str = "roboto", size: int = 48, at: tuple[int, int] = (60, 40)) -> Image.Image:
    """A white bubble on a page, and words in it."""
    picture = Image.new("RGB", (1080, 160), PAGE)
    d = ImageDraw.Draw(picture)
    d.rounded_rectangle((30, 10, 1000, 140), 20, WHITE)
    d.text(at, text, INK, font(family, size))
    return picture


def as_read(text: str, family: str = "roboto", size: int = 48) -> tuple[_page.Pixels, Read]:
    """A line as cut out, and where each of its letters stands."""
    face = font(family, size)
    picture = Image.new("RGB", (round(face.getlength(text)) + 40, 90), WHITE)
    ImageDraw.Draw(picture).text((20, 12), text, INK, face)
    places = [20 + (face.getlength(text[:i]) + face.getlength(text[: i + 1])) / 2 for i in range(len(text))]
    return np.asarray(picture), Read(text, 0.99, tuple(places))


def confused(line: Read) -> Read:
    """Every stem read as the other one."""
    return line._replace(text=line.text.translate(str.maketrans("Il", "lI")))


@pytest.mark.parametrize("size", [24, 32, 48, 64])
@pytest.mark.parametrize("family", ["roboto", "open_sans"])
def test_stems_are_told_apart_by_their_height(family: str, size: int) -> None:
    texts = ["dikumpul Rabu lho", "Ibu di Bali", "Hilda dan Indah ke Kediri", "lusa"]
    lines = [as_read(text, family, size) for text in texts]
    settled = told_apart([crop for crop, _ in lines], [confused(line) for _, line in lines])
    assert [line.text for line in settled[:3]] == texts[:3]
    assert settled[3].text == "Iusa", "nothing in that line says how high it is: the reading stays"
    kept = told_apart([crop for crop, _ in lines], [line for _, line in lines])
    assert [line.text for line in kept] == texts, "what was read right stays right"


def test_where_the_font_draws_both_alike_nothing_is_decided() -> None:
    lines = [as_read(text, "inter", 45) for text in ("dikumpul Rabu lho", "Hilda dan Indah")]
    wrong = [confused(line) for _, line in lines]
    assert [r.text for r in told_apart([c for c, _ in lines], wrong)] == [r.text for r in wrong]


def test_without_a_line_that_shows_both_heights_nothing_is_decided() -> None:
    crop, line = as_read("dikumpul lho")
    assert told_apart([crop], [confused(line)])[0].text == "dikumpuI Iho"
    assert told_apart([crop], [Read("dikumpuI Iho", 0.9)])[0].text == "dikumpuI Iho", "without places"


def test_a_dash_that_the_box_leaves_out_is_read_too() -> None:
    picture = np.asarray(drawn("- garam secukupnya"))
    (piece,) = _page.pieces(picture, (88, 40, 460, 60))
    assert piece.box[0] < 66
    plain = np.asarray(drawn("garam secukupnya", at=(90, 40)))
    (piece,) = _page.pieces(plain, (84, 40, 460, 60))
    assert piece.box[0] > 84, "the edge of a bubble is no dash"


def test_a_box_larger_than_its_bubble_gives_the_letters_only() -> None:
    picture = Image.new("RGB", (600, 200), PAGE)
    d = ImageDraw.Draw(picture)
    d.rounded_rectangle((30, 60, 330, 160), 20, WHITE)
    d.text((60, 85), "beres", INK, font("roboto", 44))
    (piece,) = _page.pieces(np.asarray(picture), (20, 66, 200, 90))
    assert piece.box[0] >= 58
    assert piece.box[1] >= 85


def test_a_bubble_goes_on_behind_a_sign() -> None:
    picture = drawn("besok dikirim")
    d = ImageDraw.Draw(picture)
    d.ellipse((370, 40, 430, 100), (255, 204, 51))
    pieces = _page.pieces(np.asarray(picture), (56, 38, 310, 62))
    assert pieces[0].region[2] > 980
    beside = Image.new("RGB", (1080, 160), (11, 20, 27))
    d = ImageDraw.Draw(beside)
    d.rounded_rectangle((300, 30, 620, 120), 20, (24, 34, 41))
    d.rectangle((650, 30, 760, 120), (22, 31, 38))
    d.text((340, 50), "8 Januari", (134, 150, 160), font("roboto", 40))
    pieces = _page.pieces(np.asarray(beside), (335, 46, 220, 52))
    assert pieces[0].region[2] <= 622, "a doodle on the page of nearly its colour is no part of a pill"


def test_the_page_is_what_lies_at_the_edges_however_many_bubbles_there_are() -> None:
    picture = Image.new("RGB", (1080, 2400), PAGE)
    ImageDraw.Draw(picture).rectangle((30, 250, 1050, 2150), WHITE)
    assert _page.page_colour(np.asarray(picture)) == PAGE
    assert _page.page_colour(np.asarray(picture.resize((1, 9)))) is not None, "the smallest pictures have one too"


def test_overlapping_boxes_of_a_row_share_no_letter() -> None:
    boxes = [(20, 100, 180, 30), (180, 104, 60, 20), (20, 140, 180, 30)]
    assert _page.side_by_side(boxes) == [(20, 100, 180, 30), (190, 104, 50, 20), (20, 140, 180, 30)]
    inside = [(20, 100, 180, 30), (50, 104, 60, 20)]
    assert _page.side_by_side(inside) == inside
