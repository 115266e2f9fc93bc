"""Chats as screenshots: the same conversation in three looks, light and dark, any width, scrolled with overlap.

    shots = render(chat_of(seed), Look("hijau"), width=1080)      pictures and what is truly on them
    shots[0].picture, shots[0].bubbles

The looks stand for what phones show, not for one app's exact pixels: `hijau` (bubbles on a wallpaper, the clock inside the
bubble, day pills), `biru` (the same with other colours, names above bubbles in groups, a picture of the sender at the
left), `ungu` (no clock in bubbles: times stand alone between them; square pictures on both sides). Drawn with Pillow and fonts from
packages; no picture of anybody is drawn: portraits are plain discs with a letter, emoji are drawn faces.

Independent of `saksi`: truth is what was drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

from tests.simulator import talk

Colour = tuple[int, int, int]
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\U0001f1e6-\U0001f1ff\U000e0000-\U000e007f]+")


@dataclass(frozen=True)
class Message:
    """One message. own: from the phone's owner. clock: minutes of the day. day: label before it, or None."""

    own: bool
    sender: str
    text: str
    clock: int
    day: str | None = None
    note: bool = False


@dataclass(frozen=True)
class Thread:
    """A chat to be drawn. title: in the header bar."""

    title: str
    group: bool
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Palette:
    """Colours of one look in one mode."""

    page: Colour
    bar: Colour
    bar_ink: Colour
    own: Colour
    own_ink: Colour
    other: Colour
    other_ink: Colour
    faint: Colour
    own_faint: Colour
    pill: Colour
    pill_ink: Colour


@dataclass(frozen=True)
class Look:
    """How an app looks. font: family; size: of message text in dp; clock_inside: time in the bubble; wallpaper: marks on the page;
    portraits: none, other, both."""

    name: str
    dark: bool = False
    clock12: bool = False

    @property
    def family(self) -> str:
        return {"hijau": "roboto", "biru": "open_sans", "ungu": "inter"}[self.name]

    @property
    def size(self) -> float:
        return {"hijau": 16.0, "biru": 15.5, "ungu": 15.0}[self.name]

    @property
    def clock_inside(self) -> bool:
        return self.name != "ungu"

    @property
    def palette(self) -> Palette:
        return PALETTES[self.name, self.dark]


PALETTES = {
    ("hijau", False): Palette((239, 231, 222), (0, 128, 105), (255, 255, 255), (217, 253, 211), (17, 27, 33),
                              (255, 255, 255), (17, 27, 33), (102, 119, 129), (95, 125, 100), (255, 255, 255), (84, 101, 111)),
    ("hijau", True): Palette((11, 20, 26), (31, 44, 52), (233, 237, 239), (0, 92, 75), (233, 237, 239),
                             (32, 44, 51), (233, 237, 239), (134, 150, 160), (150, 190, 180), (24, 34, 41), (134, 150, 160)),
    ("biru", False): Palette((200, 215, 230), (82, 125, 163), (255, 255, 255), (239, 255, 222), (0, 0, 0),
                             (255, 255, 255), (0, 0, 0), (161, 170, 179), (98, 172, 85), (120, 150, 178), (255, 255, 255)),
    ("biru", True): Palette((14, 22, 33), (23, 33, 43), (245, 245, 245), (43, 82, 120), (245, 245, 245),
                            (24, 37, 51), (245, 245, 245), (109, 127, 143), (125, 168, 211), (30, 44, 58), (200, 210, 220)),
    ("ungu", False): Palette((255, 255, 255), (255, 255, 255), (20, 20, 20), (106, 80, 240), (255, 255, 255),
                             (239, 239, 239), (20, 20, 20), (142, 142, 142), (142, 142, 142), (255, 255, 255), (142, 142, 142)),
    ("ungu", True): Palette((0, 0, 0), (0, 0, 0), (245, 245, 245), (92, 70, 220), (255, 255, 255),
                            (38, 38, 38), (245, 245, 245), (142, 142, 142), (142, 142, 142), (0, 0, 0), (142, 142, 142)),
}
NAME_INKS = ((229, 66, 66), (31, 125, 200), (20, 150, 90), (180, 90, 10), (150, 60, 180))
DAYS_ID = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS_ID = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
             "Desember")


@lru_cache(maxsize=64)
def font(family: str, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """A font of the packages fontpkg-*; the weight set on its axis."""
    spec = find_spec(f"fontpkg_{family}")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"fontpkg-{family.replace('_', '-')} is not installed (pip install 'saksi[test]')")
    files = Path(spec.origin).parent / "files"
    path = next(p for p in sorted(files.glob("*.ttf")) if "Italic" not in p.name)
    made = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    axes = [a["name"] for a in made.get_variation_axes()]
    weights = {b"Weight": 600 if bold else 400, b"Width": 100, b"Optical Size": 14, b"Optical size": 14}
    made.set_variation_by_axes([weights[name] for name in axes])
    return made


@dataclass(frozen=True)
class Line:
    """A drawn line of text and its box on the long picture or the screenshot: x, y, w, h."""

    text: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Bubble:
    """One message as it is on a picture. number: index in the thread. lines: those that are whole on the picture.

    whole: nothing of it is cut off. clock: the label drawn, None where the look draws none.
    """

    number: int
    own: bool
    sender: str | None
    lines: tuple[Line, ...]
    clock: str | None
    box: tuple[int, int, int, int]
    whole: bool = True

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass
class Shot:
    """A screenshot: its picture, what is on it, in reading order. labels: day pills and lone times, with y."""

    picture: Image.Image
    bubbles: list[Bubble]
    labels: list[tuple[str, int]] = field(default_factory=list)
    title: str = ""


def plain(text: str) -> str:
    """`text` without emoji: nobody expects a reader of letters to name a picture."""
    return re.sub(r" +", " ", EMOJI.sub("", text)).strip()


def _wrap(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """`text` broken as phones break it: at spaces, long words in the middle."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if _width(longer, face) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while _width(word, face) > width:
                n = max(1, next(i for i in range(len(word), 0, -1) if _width(word[:i], face) <= width))
                lines.append(word[:n])
                word = word[n:]
            line = word
        lines.append(line)
    return lines


def _width(text: str, face: ImageFont.FreeTypeFont) -> int:
    total = 0.0
    for i, piece in enumerate(EMOJI.split(text)):
        total += (face.size * 1.25 if i else 0) + face.getlength(piece)
    return int(total + 0.5)


class Sheet:
    """The whole conversation as one long picture that screenshots are cut from."""

    def __init__(self, thread: Thread, look: Look, width: int, rng: Random) -> None:
        self.thread, self.look, self.width, self.rng = thread, look, width, rng
        self.dp = width / 360
        self.face = font(look.family, self.px(look.size))
        self.small = font(look.family, self.px(look.size * 0.70))
        self.label = font(look.family, self.px(12.5))
        self.name = font(look.family, self.px(look.size * 0.84), bold=True)
        self.bubbles: list[Bubble] = []
        self.labels: list[tuple[str, int]] = []
        self.orders: list[tuple[str, tuple[object, ...]]] = []  # drawn once the height is known
        self.y = self.px(10)
        self._last: Message | None = None
        for number, message in enumerate(thread.messages):
            self._message(number, message)
        self.height = self.y + self.px(8)

    def px(self, dp: float) -> int:
        """Device pixels of a length in dp."""
        return max(1, round(dp * self.dp))

    def clock(self, minutes: int) -> str:
        """A time as the look writes it."""
        hour, minute = divmod(minutes, 60)
        if self.look.clock12:
            return f"{(hour - 1) % 12 + 1}:{minute:02} {'AM' if hour < 12 else 'PM'}"
        return f"{hour:02}.{minute:02}" if self.look.name != "biru" else f"{hour:02}:{minute:02}"

    def _pill(self, text: str, *, drawn: bool) -> None:
        p = self.look.palette
        w = _width(text, self.label)
        h = self.px(24)
        x = (self.width - w) // 2
        self.y += self.px(8)
        if drawn:
            self.orders.append(("box", ((x - self.px(10), self.y, x + w + self.px(10), self.y + h), self.px(8), p.pill)))
        self.orders.append(("text", (x, self.y + self.px(4), text, self.label, p.pill_ink)))
        self.labels.append((text, self.y + h // 2))
        self.y += h + self.px(8)

    def _message(self, number: int, m: Message) -> None:
        look = self.look
        if look.clock_inside:
            if m.day is not None:
                self._pill(m.day, drawn=True)
        elif m.day is not None or self._last is None or m.clock - self._last.clock > 20 or m.clock < self._last.clock:
            self._pill(f"{m.day or 'Hari ini'} {self.clock(m.clock)}", drawn=False)
        if m.note:
            self._pill(m.text, drawn=look.clock_inside)
            self._last = None
            return
        first = self._last is None or self._last.sender != m.sender
        self.y += self.px(7 if first else 2)
        self._bubble(number, m, first=first)
        self._last = m

    def _bubble(self, number: int, m: Message, *, first: bool) -> None:
        p, look = self.look.palette, self.look
        pad = self.px(9 if look.clock_inside else 13)
        portrait = self.px(34) if (look.name == "biru" and self.thread.group and not m.own) or look.name == "ungu" else 0
        room = int(self.width * 0.80) - 2 * pad - portrait
        lines = _wrap(m.text, self.face, room)
        step = self.px(look.size * 1.36)
        named = self.thread.group and not m.own and first
        text_w = max(_width(line, self.face) for line in lines)
        clock = self.clock(m.clock) if look.clock_inside else None
        clock_w = _width(clock, self.small) + (self.px(18) if m.own else 0) if clock else 0
        own_row = clock is not None and _width(lines[-1], self.face) + self.px(10) + clock_w > room
        inner = max(text_w, clock_w, _width(lines[-1], self.face) + (self.px(10) + clock_w if clock and not own_row else 0))
        if named and look.name != "ungu":
            inner = max(inner, _width(m.sender, self.name))
        top = self.y
        if named and look.name == "ungu":
            self.orders.append(("text", (self.px(22) + portrait, self.y, m.sender, self.small, p.faint)))
            self.y += self.px(17)
            top = self.y
        h = pad * 2 - self.px(4) + step * (len(lines) + bool(own_row) + bool(named and look.name != "ungu"))
        margin = self.px(10)
        left = self.width - margin - portrait - inner - 2 * pad if m.own else margin + portrait
        self.orders.append(("box", ((left, top, left + inner + 2 * pad, top + h), self.px(10 if look.clock_inside else 18),
                                    p.own if m.own else p.other)))
        if portrait and (first or look.name == "ungu"):
            x = self.width - margin - self.px(28) if m.own else margin
            self.orders.append(("portrait", (x, top, self.px(28), m.sender[:1], look.name == "ungu")))
        y = top + pad - self.px(3)
        if named and look.name != "ungu":
            ink = NAME_INKS[sum(map(ord, m.sender)) % len(NAME_INKS)]
            self.orders.append(("text", (left + pad, y, m.sender, self.name, ink)))
            y += step
        drawn = []
        for line in lines:
            self.orders.append(("text", (left + pad, y, line, self.face, p.own_ink if m.own else p.other_ink)))
            drawn.append(Line(plain(line), (left + pad, y, _width(line, self.face), step)))
            y += step
        if clock is not None:
            cy = y + self.px(2) if own_row else y - step + self.px(6)
            cx = left + pad + inner - clock_w
            self.orders.append(("text", (cx, cy, clock, self.small, p.own_faint if m.own else p.faint)))
            if m.own:
                self.orders.append(("ticks", (cx + clock_w - self.px(14), cy + self.px(4), p.own_faint)))
        box = (left, top, inner + 2 * pad, h)
        kept = tuple(line for line in drawn if line.text)
        self.bubbles.append(Bubble(number, m.own, m.sender if named else None, kept, clock, box))
        self.y = top + h

    def draw(self) -> Image.Image:
        """The long picture."""
        p = self.look.palette
        picture = Image.new("RGB", (self.width, self.height), p.page)
        d = ImageDraw.Draw(picture)
        if self.look.clock_inside:
            self._wallpaper(d)
        for what, order in self.orders:
            getattr(self, f"_draw_{what}")(d, *order)
        return picture

    def _wallpaper(self, d: ImageDraw.ImageDraw) -> None:
        """Small faint doodles, as apps have them behind the bubbles."""
        p = self.look.palette
        shade = tuple(max(0, min(255, c + (10 if self.look.dark else -9))) for c in p.page)
        rng = Random(f"doodles {self.width}")
        step = self.px(38)
        for y in range(0, self.height, step):
            for x in range(0, self.width, step):
                cx, cy, r = x + rng.randrange(step), y + rng.randrange(step), self.px(rng.choice((4, 6, 8)))
                d.arc((cx - r, cy - r, cx + r, cy + r), rng.randrange(360), rng.randrange(360, 720), shade, self.px(1))

    def _draw_box(self, d: ImageDraw.ImageDraw, box: tuple[int, int, int, int], radius: int, colour: Colour) -> None:
        d.rounded_rectangle(box, radius, colour)

    def _draw_text(self, d: ImageDraw.ImageDraw, x: int, y: int, text: str, face: ImageFont.FreeTypeFont, ink: Colour) -> None:
        at = float(x)
        for i, piece in enumerate(EMOJI.split(text)):
            if i:
                self._face(d, at, y + face.size * 0.18, face.size)
                at += face.size * 1.25
            d.text((at, y), piece, ink, face)
            at += face.getlength(piece)

    def _face(self, d: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
        """An emoji: a yellow face with eyes and a mouth."""
        s = size
        d.ellipse((x, y, x + s, y + s), (255, 204, 51))
        for ex in (0.3, 0.62):
            d.ellipse((x + s * ex, y + s * 0.3, x + s * (ex + 0.1), y + s * 0.45), (90, 60, 10))
        d.arc((x + s * 0.22, y + s * 0.3, x + s * 0.78, y + s * 0.8), 20, 160, (90, 60, 10), max(1, int(s / 14)))

    def _draw_ticks(self, d: ImageDraw.ImageDraw, x: int, y: int, ink: Colour) -> None:
        u = self.px(1)
        for shift in (0, 4 * u):
            d.line((x + shift, y + 4 * u, x + shift + 3 * u, y + 7 * u, x + shift + 9 * u, y), ink, max(1, u))

    def _draw_portrait(self, d: ImageDraw.ImageDraw, x: int, y: int, size: int, letter: str, square: bool) -> None:
        colour = NAME_INKS[ord(letter or "x") % len(NAME_INKS)]
        (d.rectangle if square else d.ellipse)((x, y, x + size, y + size), colour)
        if not square:
            d.text((x + size // 2, y + size // 2), letter, (255, 255, 255), self.small, anchor="mm")


def _frame(sheet: Sheet, slice_: Image.Image, height: int, clock: str, rng: Random) -> Image.Image:
    """The screen around a piece of the conversation: status bar, header, field to type in."""
    p, look, px = sheet.look.palette, sheet.look, sheet.px
    picture = Image.new("RGB", (sheet.width, height), p.page)
    d = ImageDraw.Draw(picture)
    d.rectangle((0, 0, sheet.width, px(80)), p.bar)
    d.text((px(14), px(5)), clock, p.bar_ink, font(look.family, px(12.5), bold=True))
    d.text((sheet.width - px(50), px(5)), f"{rng.randrange(12, 99)}%", p.bar_ink, font(look.family, px(12)))
    d.line((px(26), px(44), px(16), px(53), px(26), px(62)), p.bar_ink, px(2))
    d.ellipse((px(38), px(37), px(70), px(69)), (150, 160, 170))
    title = font(look.family, px(17), bold=True)
    d.text((px(80), px(35)), sheet.thread.title, p.bar_ink, title)
    d.text((px(80), px(57)), "ketuk untuk info kontak" if not sheet.thread.group else "ketuk untuk info grup", p.bar_ink,
           font(look.family, px(11.5)))
    picture.paste(slice_, (0, px(80)))
    y = height - px(56)
    d.rectangle((0, y, sheet.width, height), p.page)
    d.rounded_rectangle((px(10), y + px(6), sheet.width - px(64), y + px(50)), px(22), p.other)
    d.text((px(30), y + px(18)), "Ketik pesan", p.faint, font(look.family, px(15)))
    d.ellipse((sheet.width - px(54), y + px(6), sheet.width - px(10), y + px(50)), p.own)
    return picture


def render(thread: Thread, look: Look, width: int = 1080, *, seed: int = 1, overlap: float = 0.3) -> list[Shot]:
    """The thread as screenshots in scrolling order, each showing some of the one before."""
    rng = Random(f"{seed} {look.name} {look.dark} {width}")
    sheet = Sheet(thread, look, width, rng)
    long = sheet.draw()
    height = round(width * 20 / 9)
    view = height - sheet.px(80) - sheet.px(56)
    starts = [0]
    while starts[-1] + view < sheet.height:
        step = int(view * (1 - overlap - rng.uniform(-0.06, 0.06)))
        starts.append(min(starts[-1] + step, sheet.height - view))
    shots = []
    minute = 8 * 60 + rng.randrange(600)
    for at in starts:
        slice_ = long.crop((0, at, width, at + view)) if at + view <= sheet.height else long.crop((0, at, width, sheet.height))
        picture = _frame(sheet, slice_, height, f"{minute // 60:02}.{minute % 60:02}", rng)
        minute += rng.randrange(2)
        shots.append(Shot(picture, _visible(sheet, at, view), [(t, y - at + sheet.px(80)) for t, y in sheet.labels
                                                              if at + sheet.px(12) <= y <= at + view - sheet.px(12)], thread.title))
    return shots


def _visible(sheet: Sheet, at: int, view: int) -> list[Bubble]:
    """The bubbles a screenshot shows, in its coordinates; lines that are cut off are left out."""
    shift = sheet.px(80) - at
    seen = []
    for b in sheet.bubbles:
        x, y, w, h = b.box
        if y + h <= at or y >= at + view:
            continue
        lines = tuple(Line(li.text, (li.box[0], li.box[1] + shift, *li.box[2:])) for li in b.lines
                      if li.box[1] >= at and li.box[1] + li.box[3] <= at + view)
        whole = y >= at and y + h <= at + view
        seen.append(Bubble(b.number, b.own, b.sender if y >= at else None, lines, b.clock if y + h <= at + view else None,
                           (x, y + shift, w, h), whole))
    return seen


def encoded(picture: Image.Image, form: str) -> bytes:
    """A picture as a phone or messenger would hand it on: png, jpeg (quality 70 to 90 by name), webp."""
    out = io.BytesIO()
    if form == "png":
        picture.save(out, "PNG", compress_level=1)
    elif form == "webp":
        picture.save(out, "WEBP", quality=80, method=2)
    else:
        picture.save(out, "JPEG", quality=int(form.removeprefix("jpeg")))
    return out.getvalue()


NAMES = ("Wening Lestari", "Danu", "Mas Galih", "Sekar A.", "Pak Tegar", "Ratih", "admin_toko86", "Kak Laras")


def thread_of(seed: int, count: int = 40, *, group: bool = False) -> Thread:
    """A chat of `count` messages of ordinary talk, numbers and amounts among it."""
    rng = Random(f"screens {seed}")
    names = rng.sample(NAMES, 3 if group else 1)
    styles = ("group", "friends", "shop") if group else ("friends", "shop", "courier", "family")
    pool: list[tuple[int, str]] = []
    while len(pool) < count:
        for exchange in talk.exchanges(rng, rng.choice(styles), 6):
            pool += [(t.speaker, t.text) for t in exchange]
    day = rng.randrange(1, 20)
    month = rng.choice(MONTHS_ID)
    clock = rng.randrange(6 * 60, 12 * 60)
    messages = []
    label: str | None = f"{day} {month} 2026"
    for speaker, text in pool[:count]:
        own = speaker % 2 == 0
        sender = "Saya" if own else names[(speaker // 2) % len(names)] if not group else rng.choice(names)
        if len(text) > 320:
            text = text[:320]
        messages.append(Message(own, sender, text, clock, label))
        label = None
        clock += rng.choice((0, 0, 1, 1, 2, 3, 5, 9, 40))
        if clock >= 23 * 60:
            clock, day = rng.randrange(6 * 60, 9 * 60), day + 1
            label = f"{day} {month} 2026"
    return Thread("Keluarga Besar" if group else names[0], group, tuple(messages))


def save(shots: Sequence[Shot], folder: Path, form: str = "jpeg85", stem: str = "Screenshot_2026") -> list[Path]:
    """Write the pictures; names in scrolling order."""
    folder.mkdir(parents=True, exist_ok=True)
    ending = {"png": "png", "webp": "webp"}.get(form, "jpg")
    paths = []
    for n, shot in enumerate(shots, 1):
        path = folder / f"{stem}_{n:03}.{ending}"
        path.write_bytes(encoded(shot.picture, form))
        paths.append(path)
    return paths
