"""Files of imessage-exporter for the tests, as the tool writes them. Made up, non-explicit."""

from __future__ import annotations

from collections.abc import Sequence

HEAD = '<html>\n<meta charset="UTF-8">\n<style>\n.sent { color: white }\n</style>\n'


def quote(text: str) -> str:
    """A text as the tool's sanitize_html writes it: line feeds stay."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&apos;")


def bubble(text: str) -> str:
    return f'<hr><div class="message_part">\n<span class="bubble">{quote(text)}</span>\n</div>\n'


def attachment(inner: str) -> str:
    return f'<hr><div class="message_part">\n<div class="attachment">{inner}</div>\n</div>\n'


def message(
    sender: str, moment: str, body: str, *, guid: str | None = None, me: bool = False, top: bool = False, read: str = "",
    tail: str = "",
) -> str:
    """One message; guid: with the links of later versions; top: an answer where it was sent."""
    when = moment if guid is None else f'<a title="Reveal in Messages app" href="sms://open?message-guid={guid}">{moment}</a> {read}'
    opening = f'<div class="message", id="r-{guid}">' if top else '<div class="message">'
    anchor = ""
    if guid is not None and top:
        anchor = f'<span class="reply_anchor"><a title="View in thread" href="#{guid}">⇱</a></span>\n'
    context = '<span class="reply_context">This message responded to an earlier message.</span>\n' if top else ""
    return (f'{opening}\n<div class="{"sent iMessage" if me else "received"}">\n<p><span class="timestamp">{when}'
            f'{"" if guid else " " + read if read else ""}</span>\n{anchor}<span class="sender">{quote(sender)}</span></p>\n'
            f"{body}{tail}{context}</div>\n</div>\n")


def replies(answers: Sequence[tuple[str, str]]) -> str:
    """Answers inside a message, as (guid, message)."""
    inner = "".join(f'<div class="reply" id="{guid}">{text}</div>\n' for guid, text in answers)
    return f'<div class="replies">\n{inner}</div>\n'


def tapbacks(*signs: tuple[str, str]) -> str:
    inner = "".join(f'<div class="tapback"><span class="tapback"><b>{sign}</b> by {who}</span></div>\n' for sign, who in signs)
    return f'<hr><p>Tapbacks:</p><div class="tapbacks">\n{inner}\n</div>\n'


EDITED = ('<hr><div class="message_part">\n<div class="edited"><table><tbody><tr><td></td><td>besok jam 7</td></tr></tbody><tfoot><tr>'
          '<td><span class="timestamp">Edited 9 seconds later</span></td><td>besok jam 8</td></tr></tfoot></table></div>\n</div>\n')
UNSENT = ('<hr><div class="message_part">\n<span class="unsent"><span class="unsent">Me unsent this message part 5 seconds after '
          "sending!</span></span>\n</div>\n")
APP = ('<hr><div class="message_part">\n<div class="app"><a href="https://contoh.example/x"><div class="app_header"><div class="name">'
       'Contoh</div></div><div class="app_footer"><div class="caption">Warung Depan</div></div></a></div>\n</div>\n')


def conversation() -> bytes:
    """A message of every kind, as a version of 2024 writes it."""
    answer = message("Me", "May 17, 2022  5:31:00 PM", bubble("bisa: nanti"), guid="B2", me=True)
    film = '<video controls> <source src="attachments/2.mp4" type="video/mp4"> <source src="attachments/2.mp4"> </video>'
    sound = '<audio controls src="attachments/3.caf" type="audio/x-caf" </audio>'
    lost = '<span class="attachment_error">Unable to locate attachment: 4.pdf</span>'
    tail = tapbacks(("Loved", "Me"), ("Laughed", "Ayu")) + replies([("B2", answer)])
    return (
        HEAD
        + message("+62 860 1111 2222", "May 17, 2022  5:29:42 PM", bubble("halo: a & <b>\nbaris dua"), guid="A1",
                  read="(Read by you after 1 hour, 49 seconds)", tail=tail)
        + '\n<div class ="announcement"><p><span class="timestamp">May 17, 2022  5:30:00 PM</span> You named the conversation '
          "<b>Keluarga &amp; Teman</b></p></div>\n\n"
        + message("Me", "May 17, 2022  5:31:00 PM", bubble("bisa: nanti"), guid="B2", me=True, top=True)
        + message("Ayu", "May 17, 2022  5:32:00 PM",
                  attachment('<img src="attachments/1.jpeg" loading="lazy">') + bubble("foto itu"), guid="A3")
        + message("Ayu", "May 17, 2022  5:33:00 PM", attachment(film), guid="A4")
        + message("Ayu", "May 17, 2022  5:34:00 PM",
                  attachment(sound) + f'<hr><div class="message_part">\n{lost}\n</div>\n', guid="A5")
        + message("Me", "May 17, 2022  5:35:00 PM", EDITED, guid="A6", me=True)
        + message("Me", "May 17, 2022  5:36:00 PM", UNSENT, guid="A7", me=True)
        + message("Ayu", "May 17, 2022  5:37:00 PM", '<p>Subject: <span class="subject">Arisan</span></p>\n' + APP
                  + '<span class="expressive">Sent with Confetti</span>\n</div>\n', guid="A8")  # one closing tag too many
        + message("Ayu", "May 17, 2022  5:38:00 PM", bubble("sampai besok"), guid="A9") + "</html>"
    ).encode()


def first_version() -> bytes:
    """As the tool wrote in 2022: no ids, answers without anchors."""
    answer = message("Me", "May 17, 2022  5:31:00 PM", bubble("bisa"), me=True)
    return (HEAD + message("Ayu", "May 17, 2022  5:29:42 PM", bubble("bisa?"),
                           tail=f'<div class="replies">\n<div class="reply">{answer}</div>\n</div>\n')
            + message("Me", "May 17, 2022  5:31:00 PM", bubble("bisa"), me=True, top=True) + "</html>").encode()
