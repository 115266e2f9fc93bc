"""Messages chosen in a Telegram app, copied and pasted into a note: header line, words, a blank line between two.

Only words travel this way: no media, no events, no ids. Answers have a line of the app's below the header.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.simulator.truth import WIB_MS, Chat, Row
from tests.simulator.whatsapp import Truth, civil

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _half(hour: int) -> str:
    return "AM" if hour < 12 else "PM"


FORMS: dict[str, tuple[Callable[[int, int, int, int, int, int], str], int]] = {
    "slashes": (lambda y, mo, d, h, m, s: f"{d:02d}/{mo:02d}/{y} {h:02d}:{m:02d}", 60_000),
    "dots": (lambda y, mo, d, h, m, s: f"{d:02d}.{mo:02d}.{y} {h:02d}:{m:02d}", 60_000),
    "short_us": (lambda y, mo, d, h, m, s: f"{mo}/{d}/{y % 100:02d} {h % 12 or 12}:{m:02d} {_half(h)}", 60_000),
    "words": (lambda y, mo, d, h, m, s: f"{MONTHS[mo - 1]} {d}, {y} at {h % 12 or 12}:{m:02d}:{s:02d} {_half(h)}", 1000),
}


def write_text(chat: Chat, form: str, path: Path, truth: Truth | None = None) -> int:
    """Write the pasted text; returns the number of rows."""
    stamp, resolution = FORMS[form]
    n = 0
    before = ""
    with path.open("w", encoding="utf-8", newline="") as f:
        for said in chat.said():
            if said.kind != "text":
                continue
            name = chat.members[said.who].name
            days, rest = divmod((said.at_ms + WIB_MS) // 1000, 86_400)
            written = stamp(*civil(days), rest // 3600, rest % 3600 // 60, rest % 60)
            f.write(f"{before}{name}, [{written}]\n")
            if said.reply and n:
                f.write("[In reply to Siapa]\n")
            f.write(said.text)
            before = "\n\n"
            if truth is not None:
                truth(Row("telegram", chat.key, path.name, None, n, name, said.text, said.at_ms // resolution * resolution,
                          resolution, "text", (), said.planted, said.signals, said.phase, chat.harmful))
            n += 1
        f.write("\n")
    return n
