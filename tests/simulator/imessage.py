"""imessage-exporter's text form: blocks of time, sender, words, the tool's own lines; a blank line between two.

The owner is "Me". Media are paths (of files that were not copied), reactions and deleted messages are the tool's sentences.
"""

from __future__ import annotations

from pathlib import Path

from tests.simulator.telegram_copy import MONTHS
from tests.simulator.truth import WIB_MS, Chat, Row, Said
from tests.simulator.whatsapp import MEDIA, Truth, civil


def moment(at_ms: int) -> str:
    """A local time as the tool writes it: the hour padded with a space."""
    days, rest = divmod((at_ms + WIB_MS) // 1000, 86_400)
    y, mo, d = civil(days)
    h, m, s = rest // 3600, rest % 3600 // 60, rest % 60
    return f"{MONTHS[mo - 1]} {d:02d}, {y} {h % 12 or 12:2d}:{m:02d}:{s:02d} {'AM' if h < 12 else 'PM'}"


def block(said: Said, name: str, number: int) -> tuple[str, str | None, str, tuple[tuple[str | None, str], ...]] | None:
    """(lines below the time, text, kind, attachments) of an event; None where the tool writes none."""
    if said.kind == "text":
        lines = f"{name}\n{said.text}\n"
        if said.reactions:
            lines += "Tapbacks:\nLoved by Sari\n"
        return lines, said.text, "text", ()
    if said.kind == "media":
        path = f"attachments/{number % 7:02x}/{number}.{MEDIA[said.media or 'photo'][2]}"
        return f"{name}\n{path}\n", None, "media", ((path, "missing"),)
    if said.kind == "deleted":
        text = f"{name} unsent a message!"
        return f"{name}\n{text}\n", text, "deleted", ()
    return None


def write_text(chat: Chat, path: Path, truth: Truth | None = None) -> int:
    """Write the export; returns the number of rows."""
    n = 0
    with path.open("w", encoding="utf-8", newline="") as f:
        for said in chat.said():
            name = "Me" if said.who == 0 else chat.members[max(said.who, 0)].name
            if said.kind == "service" and said.action == "created":
                text = f"{name} renamed the conversation to {chat.title}"
                f.write(f"{moment(said.at_ms)} {text}\n\n")
                made: tuple[str, str | None, str, tuple[tuple[str | None, str], ...]] | None = ("", text, "service", ())
            else:
                made = block(said, name, n)
                if made is None:
                    continue
                f.write(f"{moment(said.at_ms)}\n{made[0]}\n")
            if made is not None and truth is not None:
                sender = None if made[2] == "service" else name
                truth(Row("imessage", chat.key, path.name, None, n, sender, made[1], said.at_ms // 1000 * 1000, 1000, made[2],
                          made[3], said.planted, said.signals, said.phase, chat.harmful))
            n += 1
    return n
