"""Pages of Telegram's HTML export for the tests: one of every form that the reader tells apart. Made up, non-explicit."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulator.telegram_html import Page, quote

Body = Callable[[Page], None]


def page(title: str, *, previous: str | None = None) -> Page:
    """A page with its header, open at the history."""
    p = Page()
    p.push("div", class_="page_header")
    p.push("div", class_="content")
    p.div("text bold", quote(title + " "))
    p.pop()
    p.pop()
    p.push("div", class_="page_body chat_page")
    p.push("div", class_="history")
    if previous:
        p.leaf("a", b"Previous messages", class_="pagination block_link", href=previous)
    return p


def event(p: Page, number: int, body: bytes) -> None:
    p.push("div", class_="message service", id=f"message{number}")
    p.div("body details", body)
    p.pop()


def message(p: Page, number: int, name: str | None, minute: int, *bodies: Body, offset: str = " UTC+07:00") -> None:
    """A message; name None: joined to the one before."""
    p.push("div", class_="message default clearfix" + ("" if name else " joined"), id=f"message{number}")
    if name:
        p.push("div", class_="pull_left userpic_wrap")
        p.push("div", class_="userpic userpic3", style="width: 42px; height: 42px")
        p.div("initials", quote(name[:1]), style="line-height: 42px")
        p.pop()
        p.pop()
    p.push("div", class_="body")
    p.div("pull_right date details", b"05:%02d" % minute, title=f"15.11.2023 05:{minute:02d}:20{offset}")
    if name:
        p.div("from_name", quote(name + " "))
    for body in bodies:
        body(p)
    p.pop()
    p.pop()


def text(words: str | bytes) -> Body:
    return lambda p: p.div("text", words if isinstance(words, bytes) else quote(words))


def reply(href: str) -> Body:
    return lambda p: p.div("reply_to details", b'In reply to <a href="%s">this message</a>' % href.encode())


def elsewhere(p: Page) -> None:
    p.div("reply_to details", b"In reply to a message in another chat")


def block(classes: str, title: str, status: str, description: str = "", href: str | None = None) -> Body:
    def write(p: Page) -> None:
        p.push("div", class_="media_wrap clearfix")
        p.tag("a" if href else "div", {"class": f"media clearfix pull_left {classes}", **({"href": href} if href else {})})
        p.div("fill pull_left", b"")
        p.push("div", class_="body")
        p.div("title bold", quote(title))
        if description:
            p.div("description", quote(description))
        p.div("status details", quote(status))
        for _ in range(3):
            p.pop()

    return write


def photo(path: str, kind: str = "photo", duration: str = "") -> Body:
    def write(p: Page) -> None:
        p.push("div", class_="media_wrap clearfix")
        p.push("a", class_=f"{kind}_wrap clearfix pull_left", href=path)
        if duration:
            p.div("video_duration", duration.encode())
        p.push("img", empty=True, class_=kind, src=path.replace(".", "_thumb."))
        p.pop()
        p.pop()

    return write


def poll(p: Page) -> None:
    p.push("div", class_="media_wrap clearfix")
    p.push("div", class_="media_poll")
    p.div("question bold", b"Makan apa?")
    p.div("details", b"Anonymous poll")
    p.div("answer", b'- soto <span class="details">1 vote, chosen vote</span>')
    p.div("answer", b"- rawon")
    p.div("total details\t", b"1 vote")
    p.pop()
    p.pop()


def forward(name: str | None, *bodies: Body, date: str = "01.11.2023 10:00:00 UTC+07:00") -> Body:
    def write(p: Page) -> None:
        if name:
            p.push("div", class_="pull_left forwarded userpic_wrap")
            p.pop()
        p.push("div", class_="forwarded body")
        if name:
            p.push("div", class_="from_name")
            p.out.append(quote(name + " "))
            p.leaf("span", b" 01.11.2023 10:00:00", inline=True, class_="date details", title=date)
            p.pop()
        for body in bodies:
            body(p)
        p.pop()

    return write


def reactions(p: Page) -> None:
    p.push("span", class_="reactions")
    for active, emoji, names, count in (("", "👍", ("Bima 🌿",), 3), (" active", "❤", (), 0)):
        p.push("span", class_=f"reaction{active}")
        p.leaf("span", quote(emoji), class_="emoji")
        if names:
            p.push("span", class_="userpics")
            for name in names:
                p.push("div", class_="userpic userpic1", style="width: 20px; height: 20px", title=name)
                p.div("initials", b"B", style="line-height: 20px")
                p.pop()
            p.pop()
        if count:
            p.leaf("span", b"%d" % count, class_="count")
        p.pop()
    p.pop()


LEFT_OUT = "Not included, change data exporting settings to download."


def first() -> bytes:
    """messages.html: a message of every kind."""
    p = page("Bima 🌿")
    event(p, -1, b"15 November 2023")
    event(p, 1, b"Ayu joined Telegram")
    message(p, 2, "Bima 🌿", 14, text("halo, \"apa kabar\"?\nbaik \\ baik & <b>"))
    message(p, 3, "Ayu", 15, reply("#go_to_message2"), text(b'lihat <a href="https://contoh.example/a">ini</a> ya'))
    message(p, 4, None, 16, reply("#go_to_message999"), photo("photos/photo_1.jpg"), text("foto itu"))
    message(p, 5, "Bima 🌿", 17, block("media_voice_message", "Voice message", "00:03, 14.2 KB", LEFT_OUT))
    message(p, 6, None, 18, block("media_photo", "Self-destructing photo", "Please view it on your mobile"))
    message(p, 7, "Ayu", 19, text(b"<strong>besok</strong> jadi"), reactions)
    message(p, 8, "Bima 🌿", 20, forward("Warung: Depan", block("media_contact", "Citra ", "+62 860 0000 003 - vCard",
                                                             href="contacts/contact_1.vcard")))
    message(p, 9, None, 21, forward(None, text("diteruskan lagi")))
    message(p, 10, "Ayu", 22, block("media_location", "Location", "-6.2, 106.816667",
                                    href="https://maps.google.com/maps?q=-6.2,106.816667&ll=-6.2,106.816667&z=16"))
    message(p, 11, None, 23, block("media_venue", "Warung Depan", "", "Jalan Contoh 1",
                                   href="https://maps.google.com/maps?q=-6.3,106.9&ll=-6.3,106.9&z=16"))
    message(p, 12, None, 24, poll)
    message(p, 13, None, 25, block("media_call success", "Bima 🌿", "Outgoing (35 seconds)"))
    message(p, 14, "Bima 🌿", 26, block("media_call", "Ayu", "Missed"))
    event(p, 15, "Bima 🌿 took a screenshot".encode())
    event(p, 16, b"Ayu has set messages to auto-delete in 24 hours")
    event(p, 17, b'You have successfully transferred IDR 150,000.00 for <a href="#go_to_message2">this invoice</a>')
    event(p, 18, b"Bima invited Citra dan Dewi invited")
    message(p, 19, "Bima 🌿 via @contohbot", 30, elsewhere, text("lewat bot"))
    message(p, 20, None, 31, photo("stickers/s.webp", "sticker"))
    message(p, 21, "Ayu", 32, photo("video_files/v.mp4", "video_file", "01:02:03"))
    message(p, 22, None, 33, block("media_file", "daftar.pdf", "1.2 MB", "Exceeds maximum size, change data exporting settings"))
    message(p, 23, "Kanal Contoh", 34, text("pengumuman"), lambda p: p.div("signature details", b"Admin Satu"))
    message(p, 24, None, 35, text(b"bentuk <mark>baru</mark>"), lambda p: p.div("kotak_baru", b"kata di tempat baru"))
    p.leaf("a", b"Next messages", class_="pagination block_link", href="messages2.html")
    return p.close()


def second() -> bytes:
    """messages2.html: answers across files, an export without offset, odd characters."""
    p = page("Bima 🌿", previous="messages.html")
    event(p, -2, b"15 November 2023")
    message(p, 25, "Bima 🌿", 40, reply("messages.html#go_to_message2"), text("jawaban: lintas berkas"))
    message(p, 26, None, 41, text("baris\u2028pisah\u2029akhir \x08 \x00 👨‍👩‍👧 \u202eتصف\u202c"), offset="")
    return p.close()
