"""Telegram Desktop result.json: one chat, or the full export of an account; keys and indentation as the app writes them.

One space of indent a level. `text` is a string, or a list of strings and objects; `text_entities` always objects. Control
bytes come out as `\\xHH`, which is no JSON: the app's known defect, written only where asked for. Paths of media that were not exported
are one of the app's sentences in brackets. Events whose service text the app does not write have no text at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tests.simulator.truth import WIB_MS, Chat, Member, Phone, Row, Said
from tests.simulator.whatsapp import Truth, civil

NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
TOO_LARGE = "(File exceeds maximum size. Change data exporting settings to download.)"

_basic = json.encoder.encode_basestring
_CONTROLS = {f"\\u{i:04x}": f"\\x{i:02x}" for i in range(32)}


def quote(text: str, *, bad_escapes: bool = False) -> str:
    """A string as the app writes it: raw UTF-8, control characters as \\u00HH, or as the app's \\xHH."""
    out = _basic(text)
    if "\u2028" in out or "\u2029" in out:
        out = out.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if bad_escapes and any(c < " " and c not in "\n\r\t" for c in text):
        return '"' + "".join(_bad(c) for c in text) + '"'
    return out


def _bad(c: str) -> str:
    if c in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[c]
    if c < " ":
        return f"\\x{ord(c):02x}"
    return "\\" + c if c in '"\\' else c


class _Chat:
    """Writes one chat's messages at a given indent and makes their truth rows."""

    def __init__(self, chat: Chat, out: TextIO, indent: int, file: str, truth: Truth | None, *, bad_escapes: bool) -> None:
        self.chat, self.out, self.file, self.truth = chat, out, file, truth
        self.a, self.b, self.c, self.d = (" " * (indent + i) for i in range(4))
        self.bad = bad_escapes
        self.n = 0
        self.ids = [f"channel{m.tg_id}" if chat.kind == "public_channel" else f"user{m.tg_id}" for m in chat.members]
        self.froms = [
            f'{self.b}"from": {quote(m.name)},\n{self.b}"from_id": "{i}",\n'
            for m, i in zip(chat.members, self.ids, strict=True)
        ]
        self.actors = [s.replace('"from"', '"actor"').replace('"from_id"', '"actor_id"') for s in self.froms]
        self._day = (-1, "")
        self.message_id = 1000 * (chat.number + 1)

    def head(self, said: Said, kind: str) -> str:
        at_s = said.at_ms // 1000
        days, rest = divmod(at_s + WIB_MS // 1000, 86_400)
        if days != self._day[0]:
            year, month, day = civil(days)
            self._day = (days, f"{year:04d}-{month:02d}-{day:02d}T")
        b = self.b
        return (
            f'{self.a}{{\n{b}"id": {self.message_id + self.n},\n{b}"type": "{kind}",\n{b}"date": "{self._day[1]}'
            f'{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}",\n{b}"date_unixtime": "{at_s}",\n'
        )

    def entity(self, kind: str, text: str, extra: str = "") -> str:
        c, d = self.c, self.d
        return f'{c}{{\n{d}"type": "{kind}",\n{d}"text": {quote(text, bad_escapes=self.bad)}{extra}\n{c}}}'

    def texts(self, said: Said) -> str:
        """The fields text and text_entities of a message."""
        b, c, text = self.b, self.c, said.text
        if not text:
            return f'{b}"text": "",\n{b}"text_entities": []'
        link = next((p for p in said.planted if p.kind in ("link", "invite")), None)
        if link is not None or said.rich:
            runs: list[tuple[str, str]] = []
            if link is not None:
                before, after = text.split(link.as_written, 1)
                runs = [("plain", before), ("link", link.as_written), ("plain", after)]
            else:
                runs = [("bold", text[: len(text) // 2]), ("plain", text[len(text) // 2 :])]
            runs = [r for r in runs if r[1]]
            entities = ",\n".join(self.entity(k, t) for k, t in runs)
            parts = ",\n".join(
                c + quote(t, bad_escapes=self.bad) if k == "plain" else self.entity(k, t) for k, t in runs
            )
            return f'{b}"text": [\n{parts}\n{b}],\n{b}"text_entities": [\n{entities}\n{b}]'
        quoted = quote(text, bad_escapes=self.bad)
        return (f'{b}"text": {quoted},\n{b}"text_entities": [\n{c}{{\n{self.d}"type": "plain",\n{self.d}"text": {quoted}\n'
                f"{c}}}\n{b}]")

    def message(self, said: Said) -> str | None:
        """One element of `messages`, without the comma; None for events that Telegram does not have."""
        kind, b = said.kind, self.b
        attachments: tuple[tuple[str | None, str], ...] = ()
        table_kind = kind
        if kind in ("service", "call"):
            fields = self._service(said)
            if fields is None:
                return None
            block = self.head(said, "service") + self.actors[max(said.who, 0)] + fields + f'{b}"text": "",\n{b}"text_entities": []'
        elif kind == "deleted":
            return None  # a deleted message is simply absent
        else:
            block = self.head(said, "message")
            if said.edited:
                block += f'{b}"edited": "{self._day[1]}23:59:59",\n{b}"edited_unixtime": "{said.at_ms // 1000 + 60}",\n'
            block += self.froms[said.who]
            if said.reply and self.n >= said.reply:
                block += f'{b}"reply_to_message_id": {self.message_id + self.n - said.reply},\n'
            if kind == "media":
                fields, attachments = self._media(said)
                block += fields
            elif kind == "location":
                block += f'{b}"location_information": {{\n{self.c}"latitude": -6.2,\n{self.c}"longitude": 106.816666\n{b}}},\n'
            elif kind == "contact":
                block += (f'{b}"contact_information": {{\n{self.c}"first_name": "Budi Contoh",\n{self.c}"last_name": "",\n'
                          f'{self.c}"phone_number": "+62 860 1111 2222"\n{b}}},\n')
            block += self.texts(said)
            if said.reactions:
                block += self._reactions(said)
        if self.truth is not None:
            self._row(said, table_kind, attachments)
        self.n += 1
        return block + f"\n{self.a}}}"

    def _reactions(self, said: Said) -> str:
        b, c, d = self.b, self.c, self.d
        items = ",\n".join(
            f'{c}{{\n{d}"type": "emoji",\n{d}"count": 1,\n{d}"emoji": {quote(emoji)},\n{d}"recent": [\n{d} {{\n'
            f'{d}  "from": {quote(self.chat.members[who].name)},\n{d}  "from_id": "{self.ids[who]}",\n'
            f'{d}  "date": "{self._day[1]}23:59:59"\n{d} }}\n{d}]\n{c}}}'
            for emoji, who in said.reactions
        )
        return f',\n{b}"reactions": [\n{items}\n{b}]'

    def _row(self, said: Said, kind: str, attachments: tuple[tuple[str | None, str], ...]) -> None:
        assert self.truth is not None
        sender = self.chat.members[max(said.who, 0)].name
        text = said.text or None
        self.truth(Row("telegram", self.chat.key, self.file, None, self.n, sender, text, said.at_ms // 1000 * 1000, 1000, kind,
                       attachments, said.planted, said.signals, said.phase, self.chat.harmful))

    def _service(self, said: Said) -> str | None:
        b = self.b
        if said.kind == "call":
            return f'{b}"action": "phone_call",\n{b}"duration_seconds": 187,\n{b}"discard_reason": "hangup",\n'
        return {
            "screenshot": f'{b}"action": "take_screenshot",\n', "timer": f'{b}"action": "set_messages_ttl",\n{b}"period": 86400,\n',
            "pin": f'{b}"action": "pin_message",\n{b}"message_id": {self.message_id},\n',
            "created": f'{b}"action": "create_group",\n{b}"title": {quote(self.chat.title)},\n{b}"members": [\n'
            + ",\n".join(self.c + quote(m.name) for m in self.chat.members) + f"\n{b}],\n",
        }.get(said.action or "")

    def _media(self, said: Said) -> tuple[str, tuple[tuple[str | None, str], ...]]:
        b, number = self.b, self.n + 1
        kind = said.media or "photo"
        omitted = (None, "omitted")
        if kind == "photo":
            return f'{b}"photo": "{NOT_INCLUDED}",\n{b}"width": 720,\n{b}"height": 1280,\n', (omitted,)
        path, extra = {
            "video": (TOO_LARGE, ("video_file", "video/mp4")), "voice": (NOT_INCLUDED, ("voice_message", "audio/ogg")),
            "sticker": (f"stickers/sticker ({number}).webp", ("sticker", "image/webp")),
            "gif": (NOT_INCLUDED, ("animation", "video/mp4")), "document": (NOT_INCLUDED, ("", "application/pdf")),
        }[kind]
        fields = f'{b}"file": {quote(path)},\n'
        if extra[0]:
            fields += f'{b}"media_type": "{extra[0]}",\n'
        fields += f'{b}"mime_type": "{extra[1]}",\n'
        return fields, ((path, "missing") if kind == "sticker" else omitted,)

    def write(self) -> None:
        """All messages, separated as the app does."""
        first = True
        for block in filter(None, map(self.message, self.chat.said())):
            self.out.write(block if first else ",\n" + block)
            first = False


def _chat_head(chat: Chat, pad: str) -> str:
    other: Member = chat.members[1] if len(chat.members) > 1 else chat.members[0]
    number = other.tg_id if not chat.group else 4_000_000_000 + chat.number
    return f'{pad}"name": {quote(chat.title)},\n{pad}"type": "{chat.kind}",\n{pad}"id": {number},\n{pad}"messages": [\n'


def write_single(chat: Chat, path: Path, truth: Truth | None = None, *, bad_escapes: bool = False) -> int:
    """`Export chat history` of one chat; returns the number of rows."""
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write("{\n" + _chat_head(chat, " "))
        writer = _Chat(chat, f, 2, path.name, truth, bad_escapes=bad_escapes)
        writer.write()
        f.write("\n ]\n}")
    return writer.n


def write_full(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None, *, bad_escapes: bool = False) -> int:
    """`Export Telegram data`: personal information, contacts, and every chat in one file."""
    owner = chats[0].members[0]
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write('{\n "about": "Here is the data you requested.",\n "personal_information": {\n')
        f.write(f'  "user_id": {owner.tg_id},\n  "first_name": {quote(owner.name)},\n  "last_name": "",\n')
        f.write(f'  "phone_number": "{owner.number}",\n  "username": "@{owner.handle}",\n  "bio": ""\n }},\n')
        f.write(' "contacts": {\n  "about": "Contacts.",\n  "list": []\n },\n')
        f.write(' "chats": {\n  "about": "This page lists all chats from this export.",\n  "list": [\n')
        for i, chat in enumerate(chats):
            f.write((",\n" if i else "") + "   {\n" + _chat_head(chat, "    "))
            writer = _Chat(chat, f, 5, path.name, truth, bad_escapes=bad_escapes)
            writer.write()
            rows += writer.n
            f.write("\n    ]\n   }")
        f.write("\n  ]\n }\n}")
    return rows


def said_in(chats: list[Chat]) -> Iterator[Said]:
    """Every event of some chats, chat by chat."""
    for chat in chats:
        yield from chat.said()
