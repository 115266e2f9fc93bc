"""Lines of one screen as bubbles: recorded lines in, no engine at work."""

from __future__ import annotations

from saksi.ocr import Line, Transcript
from saksi.readers._screen_layout import Item, screen_of

Colour = tuple[int, int, int]
PAGE, WHITE, GREEN, RED = (230, 220, 210), (255, 255, 255), (217, 253, 211), (229, 66, 66)
BLACK, GREY = (17, 27, 33), (110, 120, 125)
FOOT = 744
"""Where what scrolls ends."""


def line(text: str, x: int, y: int, region: tuple[int, int, int, int], ground: Colour, ink: Colour = BLACK, h: int = 15) -> Line:
    return Line((x, y, max(7 * len(text), 6), h), text, 0.99, ground, ink, region)


def bubble(text: str, y: int, *, own: bool = False, clock: str | None = "09.30") -> list[Line]:
    """A bubble of one row, 35 high."""
    ground, left = (GREEN, 180) if own else (WHITE, 10)
    region = (left, y, left + 170, min(y + 35, FOOT))
    rows = [line(text, left + 10, y + 8, region, ground)]
    return [*rows, line(clock, left + 135, y + 16, region, ground, GREY, 8)] if clock else rows


def bubbles(*groups: list[Line]) -> list[Item]:
    screen = screen_of(Transcript("recorded", 360, 800, PAGE, tuple(p for group in groups for p in group)))
    return [item for item in screen.items if item.kind == "bubble"]


TALK = (bubble("apa kabar", 200), bubble("baik, kamu?", 250, own=True), bubble("baik juga", 300))


def test_two_small_letters_are_a_message_and_two_capitals_on_a_disc_are_not() -> None:
    portrait = line("DA", 12, 360, (4, 350, 34, 380), (120, 60, 200), WHITE, 12)
    found = bubbles(*TALK, [portrait], [line("ok", 60, 360, (48, 350, 92, 385), WHITE)])
    assert [b.text for b in found] == ["apa kabar", "baik, kamu?", "baik juga", "ok"]
    capitals = bubbles(*TALK, [line("OK", 60, 360, (48, 350, 92, 385), WHITE)])
    assert [b.text for b in capitals][-1] == "OK", "a disc of the colour of bubbles is a bubble"


def test_a_row_that_is_cut_through_is_no_text() -> None:
    cut = [line("l.-1 J:L", 20, FOOT - 5, (10, FOOT - 14, 180, FOOT), WHITE, h=4)]
    found = bubbles(*TALK, cut)
    assert [b.text for b in found] == ["apa kabar", "baik, kamu?", "baik juga", None]
    low = bubbles(*TALK, [line("a.n.", 20, 640, (10, 630, 180, 660), WHITE, h=9)])
    assert low[-1].text == "a.n.", "a low row with room below it is one"


def test_a_name_alone_at_the_foot_is_no_message() -> None:
    region = (10, FOOT - 30, 180, FOOT)
    found = bubbles(*TALK, [line("Mas Galih", 20, FOOT - 22, region, WHITE, RED)])
    assert found[-1].text is None
    assert found[-1].name is not None
    assert found[-1].name.text == "Mas Galih"
    black = bubbles(*TALK, [line("Mas Galih", 20, FOOT - 22, region, WHITE)])
    assert black[-1].text == "Mas Galih", "in the ink of messages it is one"


def test_a_bubble_of_the_headers_colour_runs_into_it_and_is_cut_there() -> None:
    bar = (32, 44, 51)
    header = [line("Danu", 81, 38, (0, 0, 360, 118), bar, WHITE, 16), line("10.21", 14, 8, (0, 0, 360, 80), bar, WHITE, 10)]
    under = [line("besok dikirim", 20, 93, (10, 0, 220, 118), bar, WHITE)]
    screen = screen_of(Transcript("recorded", 360, 800, (12, 19, 27), (*header, *under, *bubble("ya", 200))))
    assert screen.top == 80
    assert screen.title == "Danu"
    assert [i.text for i in screen.items if i.kind == "bubble"] == ["besok dikirim", "ya"]
