"""Order of overlapping screens from lines and boxes alone: no picture, no engine, with and without clocks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

import pytest

from saksi.ocr import Line
from saksi.readers._screen_layout import Item, Row, Screen
from saksi.readers._screen_overlap import agreement, minutes_of, runs_backwards, view_of
from saksi.readers._screen_stitch import doubles, strips_of

TOP, VIEW, STEP = 80, 600, 22  # dp: end of the header, height of what scrolls, height of a line
WORDS = (
    "besok", "lusa", "nanti", "pagi", "sore", "pasar", "kampus", "rumah", "hujan", "panas",
    "tugas", "buku", "motor", "warung", "adik", "kakak", "roti", "kopi", "teh", "jalan",
)  # fmt: skip
SHORT = ("ok", "iya", "oke", "sip", "iya", "ok")


@dataclass(frozen=True)
class Said:
    """A message: lines, clock or None, side."""

    lines: tuple[str, ...]
    clock: str | None = None
    own: bool = field(default=True, kw_only=True)

    @property
    def height(self) -> int:
        return 14 + STEP * len(self.lines)


def talk(rng: Random, count: int, *, clocks: bool) -> list[Said]:
    """A conversation in which three of ten messages are one of a few short words, and one passage comes twice."""
    said = []
    minute = 9 * 60
    for _ in range(count):
        minute += rng.randrange(4)
        lines: tuple[str, ...] = (rng.choice(SHORT),)
        if rng.random() > 0.3:
            lines = tuple(" ".join(rng.sample(WORDS, rng.randrange(2, 6))) for _ in range(rng.randrange(1, 4)))
        said.append(Said(lines, f"{minute // 60:02}.{minute % 60:02}" if clocks else None, own=rng.random() < 0.5))
    again = [replace(s, clock=s.clock and f"{int(s.clock[:2]) + 6:02}{s.clock[2:]}") for s in said[6:9]]
    return [*said, *again, Said(("selesai sampai di sini",))]


def misread(rng: Random, text: str, noise: float) -> str:
    """The text with some letters read as others; the shortest words are read right."""
    return "".join(rng.choice("eo0l1I") if len(text) > 3 and rng.random() < noise else c for c in text)


def screen(said: list[Said], at: int, rng: Random, noise: float) -> tuple[Screen, list[int]]:
    """What a screen scrolled to `at` shows (360 wide: a pixel is a dp), and the numbers of its messages."""
    items, numbers = [], []
    y = 0
    for number, s in enumerate(said):
        top, bottom = y - at + TOP, y + s.height - at + TOP
        y += s.height + 6
        rows = []
        for n, text in enumerate(s.lines):
            line = top + 7 + n * STEP + rng.randrange(-1, 2)
            if line >= TOP and line + 16 <= TOP + VIEW:
                box = (200 if s.own else 20, line, 8 * len(text), 16)
                rows.append(Row((Line(box, misread(rng, text, noise), 0.99, (0, 0, 0), (9, 9, 9), box),)))
        shown = (max(top, TOP), min(bottom, TOP + VIEW))
        if shown[1] - shown[0] < 8:
            continue
        clock = s.clock if bottom <= TOP + VIEW else None
        items.append(Item("bubble", rows, (200 if s.own else 10, shown[0], 350 if s.own else 200, shown[1]), own=s.own, clock=clock))
        numbers.append(number)
    return Screen(360, 800, "Danu", TOP, items), numbers


def screens(
    said: list[Said], rng: Random, *, overlap: float = 0.4, noise: float = 0.0
) -> tuple[list[Screen], list[list[int]]]:
    """The whole conversation scrolled through, from top to bottom."""
    height = sum(s.height + 6 for s in said)
    starts = [0]
    while starts[-1] + VIEW < height:
        starts.append(min(starts[-1] + int(VIEW * (1 - overlap - rng.uniform(-0.08, 0.08))), height - VIEW))
    made = [screen(said, at, rng, noise) for at in starts]
    return [s for s, _ in made], [n for _, n in made]


@pytest.mark.parametrize("clocks", [False, True])
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_order_is_found_whatever_the_order_handed_in(noise: float, clocks: bool) -> None:
    for seed in range(12):
        rng = Random(f"stitch {seed} {noise} {clocks}")
        shown, numbers = screens(talk(rng, 50, clocks=clocks), rng, noise=noise)
        order = list(range(len(shown)))
        rng.shuffle(order)
        given = [shown[i] for i in order]
        strips = strips_of(given)
        assert len(strips) == 1, (seed, [[order[p.number] for p in s] for s in strips])
        assert [order[p.number] for p in strips[0]] == list(range(len(shown))), seed
        found = sorted(doubles(given, strips[0]), key=lambda s: (s.top, s.screen))
        kept = [numbers[order[seen.screen]][seen.index] for seen in found if seen.original is None]
        assert sorted(set(kept)) == list(range(max(map(max, numbers)) + 1)), "every message once"
        assert kept == sorted(kept), seed
        assert len(kept) == len(set(kept)), seed


def test_a_bubble_cut_off_is_a_double_of_the_whole_one() -> None:
    rng = Random("cut")
    said = [Said((f"pesan nomor {n} tentang {WORDS[n]}", f"baris dua {n}", f"baris tiga {WORDS[-n]}")) for n in range(14)]
    shown, _ = screens(said, rng)
    for seen in doubles(shown, strips_of(shown)[0]):
        lines = len(seen.item.rows)
        assert seen.original is None or len(seen.original.item.rows) >= lines
        assert lines == 3 or seen.original is not None, "a part is no message of its own"


def test_short_words_alone_join_nothing() -> None:
    """They stand on every page."""
    rng = Random("short")
    one = [Said((text,), own=n % 2 == 0) for n, text in enumerate(("ok", "satu kata saja", "iya", "sip", "kita bertemu di pasar"))]
    two = [Said((text,), own=n % 2 == 0) for n, text in enumerate(("sip", "ok", "hujan deras tadi malam", "iya", "buku itu di meja"))]
    (a, _), (b, _) = screen(one, 0, rng, 0), screen(two, 0, rng, 0)
    assert [len(s) for s in strips_of([a, b])] == [1, 1]


def test_one_long_line_in_common_does_not_join_what_else_differs() -> None:
    rng = Random("long")
    same = "kirim ke rekening yang kemarin ya"
    one = [Said((text,), own=False) for text in ("apa kabar hari ini", same, "baik sekali", "terima kasih banyak", "sampai besok")]
    two = [Said((text,), own=False) for text in ("jangan lupa", same, "uangnya belum masuk", "aku tunggu sampai sore", "cepat")]
    (a, _), (b, _) = screen(one, 0, rng, 0), screen(two, 0, rng, 0)
    assert [len(s) for s in strips_of([a, b])] == [1, 1]


def test_two_that_lie_on_one_place_and_say_different_things_are_two() -> None:
    rng = Random("place")
    base = [Said((f"{WORDS[n]} {WORDS[n + 1]} {WORDS[n + 2]} kemarin",), own=n % 2 == 0) for n in range(12)]
    other = [*base[:5], Said(("sama sekali lain isinya",), own=base[5].own), *base[6:]]
    (a, _), (b, _) = screen(base, 0, rng, 0), screen(other, 0, rng, 0)
    strips = strips_of([a, b])
    assert [len(s) for s in strips] == [2], "one line of twelve may be misread"
    originals = [s for s in doubles([a, b], strips[0]) if s.original is None]
    assert len(originals) == 13
    assert {base[5].lines[0], other[5].lines[0]} <= {s.item.text for s in originals}


@pytest.mark.parametrize(
    ("clock", "minutes"),
    [("09.30", 570), ("9:30 PM", 1290), ("12:05 am", 5), ("16.06 79%", 966), ("24.61", None), (None, None), ("a9.30", 570)],
)
def test_minutes_of_a_clock(clock: str | None, minutes: int | None) -> None:
    assert minutes_of(clock) == minutes


def test_clocks_that_would_run_backwards_count_against_a_pair() -> None:
    rng = Random("back")
    early = [Said((f"{WORDS[n]} {WORDS[n + 1]}",), f"09.{n:02}") for n in range(10)]
    late = [Said((f"{WORDS[n + 5]} {WORDS[n]}",), f"17.{n:02}") for n in range(10)]
    a, b = view_of(screen(early, 0, rng, 0)[0]), view_of(screen(late, 0, rng, 0)[0])
    assert runs_backwards(b, a, 420.0)
    assert not runs_backwards(a, b, 420.0)
    assert agreement(a, a, 0.0)[1] == 1.0
