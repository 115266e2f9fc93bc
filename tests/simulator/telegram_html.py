"""Telegram Desktop's HTML export, as the app writes it: messages.html, messages2.html, … of 1,000 messages each.

One space of indent a level, a line break before and behind every block tag, attributes in alphabetical order. A message
of the same person within 15 minutes and a day is `joined` and has no name. Events have no time; a date line stands before
the first message of a day. Line feeds are `<br>`; U+2028 and U+2029 come out as `<br>` and two bytes that are no UTF-8
(the app's own defect).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.simulator.truth import WIB_MS, Chat, Phone, Row, Said
from tests.simulator.whatsapp import Truth, civil, medium

IN_FILE = 1000
JOIN_S = 900
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
_ESCAPES = {0x22: b"&quot;", 0x26: b"&amp;", 0x27: b"&apos;", 0x3C: b"&lt;", 0x3E: b"&gt;", 0x0A: b"<br>"}
_ESCAPES |= {i: b"&#x%d%X;" % (i >> 4, i & 15) for i in range(32) if i != 10}
_SIMPLE = str.maketrans({code: out.decode() for code, out in _ESCAPES.items()})


def quote(text: str) -> bytes:
    """A text as the app's SerializeString writes it."""
    return text.translate(_SIMPLE).encode().replace(b"\xe2\x80\xa8", b"<br>\x80\xa8").replace(b"\xe2\x80\xa9", b"<br>\x80\xa9")


class Page:
    """One file being written: open tags and what is written so far."""

    def __init__(self, base: str = "") -> None:
        self.out: list[bytes] = [b"<!DOCTYPE html>"]
        self.open: list[tuple[bytes, bool]] = []
        self.push("html")
        self.push("head")
        self.push("meta", empty=True, charset="utf-8")
        self.leaf("title", b"Exported Data", inline=True)
        self.push("meta", empty=True, content="width=device-width, initial-scale=1.0", name="viewport")
        self.push("link", empty=True, href=base + "css/style.css", rel="stylesheet")
        self.push("script", src=base + "js/script.js", type="text/javascript")
        self.pop()
        self.pop()
        self.push("body", onload="CheckLocation();")
        self.push("div", class_="page_wrap")

    def push(self, tag: str, *, inline: bool = False, empty: bool = False, **attributes: str) -> None:
        self.tag(tag, attributes, inline=inline, empty=empty)

    def tag(self, tag: str, attributes: dict[str, str], *, inline: bool = False, empty: bool = False) -> None:
        inner = b"".join(
            b" %s=\"%s\"" % (name.rstrip("_").encode(), quote(value))
            for name, value in sorted(attributes.items(), key=lambda a: a[0].rstrip("_"))
        )
        text = b"<%s%s%s>" % (tag.encode(), inner, b"/" if empty else b"")
        self.out.append(text if inline else b"\n" + b" " * len(self.open) + text + b"\n")
        if not empty:
            self.open.append((tag.encode(), inline))

    def pop(self) -> None:
        tag, inline = self.open.pop()
        text = b"</%s>" % tag
        self.out.append(text if inline else b"\n" + b" " * len(self.open) + text + b"\n")

    def leaf(self, tag: str, content: bytes, *, inline: bool = False, **attributes: str) -> None:
        self.tag(tag, attributes, inline=inline)
        self.out.append(content)
        self.pop()

    def div(self, class_: str, content: bytes, **attributes: str) -> None:
        self.tag("div", {"class_": class_, **attributes})
        self.out.append(content)
        self.pop()

    def close(self) -> bytes:
        while self.open:
            self.pop()
        return b"".join(self.out)


def when(at_ms: int, *, offset: bool = True) -> str:
    """A moment as the title of a date."""
    days, rest = divmod(at_ms // 1000 + WIB_MS // 1000, 86_400)
    year, month, day = civil(days)
    text = f"{day:02d}.{month:02d}.{year:04d} {rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return text + " UTC+07:00" if offset else text


class Writer:
    """One chat's files: `files()` gives (name, bytes) and makes the truth rows."""

    def __init__(self, chat: Chat, file: str, truth: Truth | None, *, offset: bool = True, folder: str = "") -> None:
        self.chat, self.file, self.truth, self.offset, self.folder = chat, file, truth, offset, folder
        self.media: list[tuple[str, bytes]] = []
        self.count = self.n = 0
        self.dates = 0
        self.index = 0
        self.previous: Said | None = None
        self.last_ids: list[int] = []
        self.numbers: dict[int, int] = {}
        self.message_id = 1000 * (chat.number + 1)

    def name(self, index: int) -> str:
        return "messages" + (str(index + 1) if index else "") + ".html"

    def _open(self) -> Page:
        page = Page("../../" if self.folder.count("/") else "")
        page.push("div", class_="page_header")
        page.push("div", class_="content")
        page.div("text bold", quote(self.chat.title + " "))
        page.pop()
        page.pop()
        page.push("div", class_="page_body chat_page")
        page.push("div", class_="history")
        if self.index:
            page.leaf("a", b"Previous messages", class_="pagination block_link", href=self.name(self.index - 1))
        return page

    def files(self) -> Iterator[tuple[str, bytes]]:
        page = self._open()
        for said in self.chat.said():
            sentence = self._sentence(said)
            if said.kind == "deleted" or sentence == "":
                continue
            if self.count // IN_FILE != self.index:
                page.leaf("a", b"Next messages", class_="pagination block_link", href=self.name(self.index + 1))
                yield self.folder + self.name(self.index), page.close()
                self.last_ids.append(self.message_id)
                self.index += 1
                self.n, self.previous = 0, None
                page = self._open()
            self._message(page, said, sentence)
        yield self.folder + self.name(self.index), page.close()

    def _sentence(self, said: Said) -> str | None:
        """An event's words; None for what is no event, "" for events that the app does not have."""
        if said.kind != "service":
            return None
        actor = self.chat.members[max(said.who, 0)].name
        return {
            "screenshot": f"{actor} took a screenshot", "timer": f"{actor} has set messages to auto-delete in 24 hours",
            "pin": f"{actor} pinned this message", "created": f"{actor} created group «{self.chat.title}»",
        }.get(said.action or "", "")

    def _message(self, page: Page, said: Said, sentence: str | None) -> None:
        day = (said.at_ms + WIB_MS) // 86_400_000
        if self.previous is None or day != (self.previous.at_ms + WIB_MS) // 86_400_000:
            year, month, date = civil(day)
            self.dates -= 1
            self._event(page, self.dates, f"{date} {MONTHS[month - 1]} {year}".encode())
        self.message_id += 1
        self.numbers[self.count] = self.message_id
        attachments: tuple[tuple[str | None, str], ...] = ()
        if sentence is not None:
            body = quote(sentence).replace("«".encode(), b"&laquo;").replace("»".encode(), b"&raquo;")
            if said.action == "pin":
                body = quote(sentence.removesuffix("this message")) + self._link(1)
            self._event(page, self.message_id, body)
        else:
            attachments = self._default(page, said, day)
        if self.truth is not None:
            self._row(said, sentence, attachments)
        self.count += 1
        self.n += 1
        self.previous = said

    def _event(self, page: Page, number: int, body: bytes) -> None:
        page.push("div", class_="message service", id=f"message{number}")
        page.div("body details", body)
        page.pop()

    def _row(self, said: Said, sentence: str | None, attachments: tuple[tuple[str | None, str], ...]) -> None:
        assert self.truth is not None
        sender = self.chat.members[max(said.who, 0)].name
        text = sentence if sentence is not None else said.text or None
        self.truth(Row(
            "telegram", self.chat.key, self.file, self.folder + self.name(self.index), self.n, sender, text,
            said.at_ms // 1000 * 1000, 0 if sentence is not None else 1000, said.kind, attachments, said.planted, said.signals,
            said.phase, self.chat.harmful,
        ))

    def _joined(self, said: Said, day: int) -> bool:
        before = self.previous
        return (
            before is not None and before.kind != "service" and before.who == said.who
            and (before.at_ms + WIB_MS) // 86_400_000 == day and abs(said.at_ms - before.at_ms) // 1000 <= JOIN_S
        )

    def _default(self, page: Page, said: Said, day: int) -> tuple[tuple[str | None, str], ...]:
        joined = self._joined(said, day)
        page.push("div", class_="message default clearfix" + (" joined" if joined else ""), id=f"message{self.message_id}")
        name = self.chat.members[said.who].name
        if not joined:
            page.push("div", class_="pull_left userpic_wrap")
            page.push("div", class_=f"userpic userpic{said.who % 8 + 1}", style="width: 42px; height: 42px")
            page.div("initials", quote(name[:1]), style="line-height: 42px")
            page.pop()
            page.pop()
        page.push("div", class_="body")
        clock = (said.at_ms + WIB_MS) // 60_000 % 1440
        page.div("pull_right date details", b"%02d:%02d" % divmod(clock, 60), title=when(said.at_ms, offset=self.offset))
        if not joined:
            page.div("from_name", quote(name + " "))
        if said.reply and self.count >= said.reply:
            page.div("reply_to details", b"In reply to " + self._link(self.numbers[self.count - said.reply]))
        attachments = self._media(page, said)
        if said.text:
            page.div("text", self._text(said))
        if said.reactions:
            self._reactions(page, said)
        page.pop()
        page.pop()
        return attachments

    def _link(self, number: int) -> bytes:
        for index, last in enumerate(self.last_ids):
            if number <= last:
                return b'<a href="%s#go_to_message%d">this message</a>' % (self.name(index).encode(), number)
        return b'<a href="#go_to_message%d" onclick="return GoToMessage(%d)">this message</a>' % (number, number)

    def _text(self, said: Said) -> bytes:
        text = said.text
        link = next((p for p in said.planted if p.kind in ("link", "invite")), None)
        if link is not None:
            before, after = text.split(link.as_written, 1)
            shown = quote(link.as_written)
            return quote(before) + b'<a href="%s">%s</a>' % (shown, shown) + quote(after)
        if said.rich:
            return b"<strong>%s</strong>%s" % (quote(text[: len(text) // 2]), quote(text[len(text) // 2 :]))
        return quote(text)

    def _reactions(self, page: Page, said: Said) -> None:
        page.push("span", class_="reactions")
        for emoji, who in said.reactions:
            page.push("span", class_="reaction")
            page.leaf("span", quote(emoji), class_="emoji")
            page.push("span", class_="userpics")
            page.push("div", class_="userpic userpic2", style="width: 20px; height: 20px", title=self.chat.members[who].name)
            page.div("initials", b"x", style="line-height: 20px")
            page.pop()
            page.pop()
            page.pop()
        page.pop()

    def _block(self, page: Page, classes: str, title: str, status: str, description: str = "", href: str | None = None) -> None:
        page.push("div", class_="media_wrap clearfix")
        if href is None:
            page.push("div", class_="media clearfix pull_left " + classes)
        else:
            page.push("a", class_="media clearfix pull_left block_link " + classes, href=href)
        page.div("fill pull_left", b"")
        page.push("div", class_="body")
        page.div("title bold", quote(title))
        if description:
            page.div("description", quote(description))
        page.div("status details", quote(status))
        page.pop()
        page.pop()
        page.pop()

    def _media(self, page: Page, said: Said) -> tuple[tuple[str | None, str], ...]:
        if said.kind == "call":
            self._block(page, "media_call success", self.chat.title, "Outgoing (187 seconds)")
            return ()
        if said.kind == "location":
            self._block(page, "media_location", "Location", "-6.2, 106.816666",
                        href="https://maps.google.com/maps?q=-6.2,106.816666&ll=-6.2,106.816666&z=16")
            return ()
        if said.kind == "contact":
            self._block(page, "media_contact", "Budi Contoh ", "+62 860 1111 2222")
            return ()
        if said.kind != "media":
            return ()
        kind = said.media or "photo"
        left_out = "Not included, change data exporting settings to download."
        if kind == "photo" and self.chat.with_media:
            path = f"photos/photo_{self.count + 1}@{said.at_ms}.jpg"
            self.media.append((path, medium(kind, self.count)))
            page.push("div", class_="media_wrap clearfix")
            page.push("a", class_="photo_wrap clearfix pull_left", href=("../../" if self.folder.count("/") else "") + path)
            page.push("img", empty=True, class_="photo", src=path.replace(".jpg", "_thumb.jpg"), style="width: 130px; height: 260px")
            page.pop()
            page.pop()
            return ((path, "present"),)
        title, status, classes = {
            "photo": ("Photo", "720x1280, 85.3 KB", "media_photo"), "video": ("Video file", "00:12, 2.1 MB", "media_video"),
            "voice": ("Voice message", "00:03, 14.2 KB", "media_voice_message"), "gif": ("Animation", "120.0 KB", "media_video"),
            "document": ("laporan.pdf", "1.2 MB", "media_file"), "sticker": ("Sticker", "😀, 21.0 KB", "media_photo"),
        }[kind]
        self._block(page, classes, title, status, left_out)
        return (("laporan.pdf" if kind == "document" else None, "omitted"),)


def write_folder(chat: Chat, folder: Path, truth: Truth | None = None, *, offset: bool = True) -> int:
    """`Export chat history` of one chat as HTML; returns the number of rows."""
    writer = Writer(chat, folder.name, truth, offset=offset)
    for name, data in [*writer.files(), *writer.media, ("css/style.css", b"body {}\n"), ("js/script.js", b"var a = 1;\n")]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return writer.count


def write_zip(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """`Export Telegram data` as HTML, zipped: chats/chat_001/messages.html, and the page that lists them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        def put(name: str, data: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(f"DataExport/{name}", (2026, 6, 2, 9, 0, 0)), data)

        summary = Page()
        summary.push("div", class_="page_header")
        summary.div("content", b"Exported Data")
        put("export_results.html", summary.close())
        put("css/style.css", b"body {}\n")
        for i, chat in enumerate(chats, 1):
            def said(row: Row) -> None:
                if truth is not None:
                    truth(row._replace(part=f"DataExport/{row.part}"))

            writer = Writer(chat, path.name, said, folder=f"chats/chat_{i:03d}/")
            for name, data in [*writer.files(), *writer.media]:
                put(name, data)
