"""Pages of Meta's HTML download for the tests. Made up, non-explicit."""

from __future__ import annotations

from tests.simulator.meta_html import now_block, then_block
from tests.simulator.meta_html import page as page

ROOT = "your_instagram_activity/messages/message_requests/bima_86001"


def header(words: str) -> str:
    return f'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h">{words}</h2></div>'


def instagram() -> bytes:
    """A thread of message requests in the form of 2024: a block of every kind."""
    reactions = ('<div><ul class="_a6-q"><li><span>❤️Bima 🌿<span> (Nov 15, 2023 5:21 am)</span></span></li>'
                 "<li><span>😂Ayu</span></li></ul></div>")
    return page("Bima 🌿", [
        header("Participants: Ayu and Bima 🌿"),
        now_block("Bima 🌿", "<div>sudah &amp; beres: &lt;b&gt;<br />baris dua</div>", "Nov 15, 2023 5:20 am"),
        now_block("Ayu", f'<div></div><div><div><a target="_blank" href="{ROOT}/photos/1.jpg"><img src="{ROOT}/photos/1.jpg" '
                  'class="_a6_o _3-96" /></a></div></div>', "Nov 15, 2023 5:19 am"),
        now_block("Ayu", f'<div>foto itu 🙂</div><div><video src="{ROOT}/videos/2.mp4" controls="1"><a href="{ROOT}/videos/2.mp4">'
                  f"</a></video></div>{reactions}", "Nov 15, 2023 5:18 am"),
        now_block("Bima 🌿", '<div>lihat ini</div><div><div><div><a target="_blank" href="https://contoh.example/b">'
                  "Warung Depan</a></div></div></div>", "Nov 15, 2023 5:17 am"),
        now_block("Bima 🌿", '<div><div><a target="_blank" href="https://contoh.example/c">https://contoh.example/c</a></div></div>',
                  "Nov 15, 2023 5:16 am"),
        now_block("Bima 🌿", "<div>dobel: cafÃ©</div>", "Nov 15, 2023 5:15 am"),
        now_block("Ayu", "<div></div>", "Nov 15, 2023 5:14 am"),
        now_block("Bima 🌿", "<div>halo</div>", "15 Nov 2023 pukul 05.13 WIB"),
    ])


def facebook_2019() -> bytes:
    return page("Ayu", [
        then_block("Ayu", "<div>oke</div>", "Oct 19, 2019, 2:37 PM"),
        then_block("Bima", '<div></div><div><div><a href="messages/inbox/ayu_1/photos/3.jpg">'
                   '<img src="messages/inbox/ayu_1/photos/3.jpg" class="_2yuc _3-96" /></a></div></div>'
                   '<div><ul class="_tqp"><li>😍Ayu</li></ul></div>', "Oct 19, 2019 at 2:36 PM"),
    ], now=False)


def new_classes() -> bytes:
    """Classes that nobody has seen, and another tag for the block: only the structure tells."""
    block = ('<section class="zq1 zq2"><h2 class="zq3">{}</h2><div class="zq4"><div>{}</div></div>'
             '<footer class="zq5">{}</footer></section>')
    blocks = [block.format(*b) for b in (("Ayu", "dua", "16 Agu 2026 20.15"), ("Bima", "satu", "16 Agu 2026 20.14"))]
    return f'<html><head><title>Bima</title></head><body><main role="main">{"".join(blocks)}</main></body></html>'.encode()


def old() -> bytes:
    """messages.htm of before 2018."""
    message = ('<div class="message"><div class="message_header"><span class="user">{}</span><span class="meta">{}</span></div></div>'
               "<p>{}</p>")
    one = message.format("Ayu", "Sunday, November 20, 2016 at 2:16am UTC+07", "nanti ya: &quot;oke&quot;") + message.format(
        "100009794000000&#064;facebook.com", "20 November 2016 jam 2:15 UTC+07", "halo")
    two = message.format("Ayu", "Sunday, November 20, 2016 at 2:14am CST", "")
    return ('<html><head><title>Ayu - Messages</title></head><body><div class="contents"><h1>Ayu</h1><div>'
            f'<div class="thread">Ayu, 100009794000000&#064;facebook.com{one}</div><div class="thread">Ayu, Citra{two}</div>'
            "</div></div></body></html>").encode()
