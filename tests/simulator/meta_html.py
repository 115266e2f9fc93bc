"""Meta's download as HTML: message_N.html in the form of 2022 and later and of 2018 to 2021, and messages.htm of before.

Newest first, 10,000 messages a file, no line break in the page, times of the account's place without zone: with seconds on
Facebook, without on Instagram, in the account's language. Calls and unsent messages are sentences or nothing.
"""

from __future__ import annotations

import html
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.simulator.meta import FOLDERS, MESSAGES_A_FILE, ROOTS, slug
from tests.simulator.truth import WIB_MS, Chat, Row, Said
from tests.simulator.whatsapp import MEDIA, Truth, civil, medium

MONTHS = {"en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
          "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]}


def quote(text: str) -> str:
    return html.escape(text).replace("&#x27;", "&#039;").replace("\n", "<br />")


def when(at_ms: int, form: str) -> str:
    """A moment as the page writes it. form: en_seconds, en_minutes, en_comma, id."""
    days, rest = divmod(at_ms // 1000 + WIB_MS // 1000, 86_400)
    year, month, day = civil(days)
    h, m, s = rest // 3600, rest % 3600 // 60, rest % 60
    half = "am" if h < 12 else "pm"
    if form == "id":
        return f"{day} {MONTHS['id'][month - 1]} {year} {h:02d}.{m:02d}"
    name = MONTHS["en"][month - 1]
    if form == "en_comma":
        return f"{name} {day:02d}, {year}, {h % 12 or 12}:{m:02d} {half.upper()}"
    return f"{name} {day:02d}, {year} {h % 12 or 12}:{m:02d}" + (f":{s:02d}" if form == "en_seconds" else "") + f" {half}"


def now_block(sender: str, body: str, moment: str) -> str:
    return (f'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h _a6-i">{sender}</h2>'
            f'<div class="_3-95 _a6-p"><div><div></div>{body}</div></div><div class="_3-94 _a6-o">{moment}</div></div>')


def then_block(sender: str, body: str, moment: str) -> str:
    return (f'<div class="pam _3-95 _2pi0 _2lej uiBoxWhite noborder"><div class="_3-96 _2pio _2lek _2lel">{sender}</div>'
            f'<div class="_3-96 _2let"><div><div></div>{body}</div></div><div class="_3-94 _2lem">{moment}</div></div>')


FORMS: dict[str, tuple[Callable[[str, str, str], str], str, int]] = {
    # name: block, form of the moment, its resolution in ms
    "facebook_2024": (now_block, "en_seconds", 1000), "instagram_2024": (now_block, "en_minutes", 60_000),
    "instagram_id": (now_block, "id", 60_000), "facebook_2019": (then_block, "en_comma", 60_000),
}


def page(title: str, blocks: list[str], now: bool = True) -> bytes:
    """A thread's page around its blocks."""
    classes = ("_a70e", "_a706", "_a7o5") if now else ("_3b0d", "_4t5n", "_4yic")
    return (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /><base href="../../../../" />'
        f'<style type="text/css">._a6-g{{padding:8px}}</style><title>{quote(title)}</title></head>'
        f'<body class="_5vb_ _2yq {classes[2]}"><div class="clearfix _ikh"><div class="_4bl9"><div class="_li"><div class="_a705">'
        f'<div class="_3-8y _3-95 _a70a"><div class="{classes[0]}">{quote(title)}</div></div>'
        f'<div class="{classes[1]}" role="main">{"".join(blocks)}</div></div></div></div></div></body></html>'
    ).encode()


class Thread:
    """Renders one thread's events to blocks, its media and truth rows."""

    def __init__(self, chat: Chat, file: str, form: str) -> None:
        self.chat, self.file = chat, file
        self.block, self.moment, self.resolution = FORMS[form]
        self.folder = f"{ROOTS[chat.app]}/{chat.section}/{slug(chat)}"
        self.media: list[tuple[str, bytes]] = []

    def body(self, said: Said) -> tuple[str, str | None, tuple[tuple[str | None, str], ...]] | None:
        """Inside of a block, the text a reader should find, attachments; None for what the page does not hold."""
        if said.kind in ("service", "location", "contact", "deleted"):
            return None
        text = "Panggilan video berakhir" if said.kind == "call" else said.text
        attachments: tuple[tuple[str | None, str], ...] = ()
        inner = f"<div>{quote(text)}</div>"
        if said.kind == "media":
            kind = said.media or "photo"
            folder = FOLDERS.get(kind, "stickers_used")
            name = f"{self.folder}/{folder}/{len(self.media):05d}.{MEDIA[kind][2]}"
            self.media.append((name, medium(kind, len(self.media))))
            attachments = ((name, "present"),)
            tag = {"video": f'<video src="{name}" controls="1"></video>', "voice": f'<audio src="{name}" controls="1"></audio>'}
            inner += f'<div><div><a target="_blank" href="{name}">{tag.get(kind, f"<img src=&quot;{name}&quot; />")}</a></div></div>'
            inner = inner.replace("&quot;" + name + "&quot;", f'"{name}"')
        if said.reactions:
            inner += '<div><ul class="_a6-q">' + "".join(
                f"<li><span>{quote(emoji)}{quote(self.chat.members[who].name)}<span> ({when(said.at_ms + 60_000, self.moment)})"
                f"</span></span></li>" for emoji, who in said.reactions
            ) + "</ul></div>"
        return inner, text or None, attachments

    def files(self, truth: Truth | None) -> Iterator[tuple[str, bytes]]:
        """message_1.html and so on; truth rows in the order of the files."""
        blocks: list[tuple[str, Row]] = []
        for said in self.chat.said():
            made = self.body(said)
            if made is None:
                continue
            inner, text, attachments = made
            sender = self.chat.members[said.who].name
            kind = "media" if attachments else "text"
            row = Row(self.chat.app, self.chat.key, self.file, None, 0, sender, text, said.at_ms // self.resolution * self.resolution,
                      self.resolution, kind, attachments, said.planted, said.signals, said.phase, self.chat.harmful)
            blocks.append((self.block(quote(sender), inner, when(said.at_ms, self.moment)), row))
        blocks.reverse()
        for number, start in enumerate(range(0, max(len(blocks), 1), MESSAGES_A_FILE), 1):
            part = blocks[start : start + MESSAGES_A_FILE]
            name = f"{self.folder}/message_{number}.html"
            if truth is not None:
                for n, (_, row) in enumerate(part):
                    truth(row._replace(n=n, part=name))
            yield name, page(self.chat.title, [b for b, _ in part], self.block is now_block)


def write_zip(chats: list[Chat], path: Path, form: str, truth: Truth | None = None) -> None:
    """A download of one app as the zip a person receives."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for chat in chats:
            thread = Thread(chat, path.name, form)
            for name, data in [*thread.files(truth), *thread.media]:
                archive.writestr(zipfile.ZipInfo(name, (2026, 6, 2, 9, 0, 0)), data)
        people = [f'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_3-95 _2pim _a6-h _a6-i">{c.title}</div>'
                  f'<div class="_3-95 _a6-p"></div><div class="_3-94 _a6-o">Jan 02, 2024 1:00 pm</div></div>' for c in chats]
        archive.writestr("connections/followers_and_following/followers_1.html", page("Followers", people))
        archive.writestr("start_here.html", b"<!DOCTYPE html><html><head><title>Your information</title></head></html>")


def write_old(chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """messages.htm of before 2018: all threads, minutes, moments with an offset."""
    out = ['<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /><title>Messages</title></head><body>'
           '<div class="contents"><h1>Messages</h1><div>']
    for chat in chats:
        out.append(f'<div class="thread">{quote(", ".join(m.name for m in chat.members))}')
        said = [s for s in chat.said() if s.kind in ("text", "call")]
        for n, s in enumerate(reversed(said)):
            days, rest = divmod(s.at_ms // 1000 + WIB_MS // 1000, 86_400)
            year, month, day = civil(days)
            moment = f"{day} {MONTHS['id'][month - 1]} {year} pukul {rest // 3600:02d}:{rest % 3600 // 60:02d} UTC+07"
            text = s.text or "Panggilan"
            sender = chat.members[s.who].name
            out.append(f'<div class="message"><div class="message_header"><span class="user">{quote(sender)}</span>'
                       f'<span class="meta">{moment}</span></div></div><p>{quote(text)}</p>')
            if truth is not None:
                truth(Row("facebook", chat.key, path.name, None, n, sender, text, s.at_ms // 60_000 * 60_000, 60_000, "text"))
        out.append("</div>")
    path.write_bytes(("".join(out) + "</div></div></body></html>").encode())
