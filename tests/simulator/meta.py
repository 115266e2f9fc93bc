"""Meta's "Download your information": Instagram, Facebook and Messenger trees, and Messenger's separate E2EE download.

Every string is UTF-8 bytes written as Latin-1 code points (the known mojibake), messages stand newest first, 10,000 a file,
in `inbox`, `message_requests` or `filtered_threads`; other JSON of the download lies beside the messages. Times are
milliseconds UTC. The E2EE download is flat (`NAME_N.json`, `media/`) and holds plain UTF-8.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.simulator.truth import Chat, Phone, Row, Said
from tests.simulator.whatsapp import MEDIA, Truth, medium

MESSAGES_A_FILE = 10_000
ROOTS = {
    "instagram": "your_instagram_activity/messages", "facebook": "your_activity_across_facebook/messages",
    "messenger": "your_facebook_activity/messages",
}
FIELDS = {"photo": "photos", "video": "videos", "voice": "audio_files", "gif": "gifs", "document": "files"}
FOLDERS = {"photo": "photos", "video": "videos", "voice": "audio", "gif": "gifs", "document": "files"}


def mojibake(text: str) -> str:
    """What Meta's exporter makes of a text: its UTF-8 bytes as Latin-1 code points."""
    return text if text.isascii() else text.encode().decode("latin-1")


_escape = json.encoder.encode_basestring_ascii


def quote(text: str) -> str:
    return _escape(mojibake(text))


def slug(chat: Chat) -> str:
    """The thread's folder: letters of the title, an underscore, a number."""
    letters = "".join(c for c in chat.title.lower() if c.isascii() and c.isalnum()) or "thread"
    return f"{letters}_{17_841_400_000_000_000 + chat.number * 7919}"


class _Thread:
    """Renders one thread's events to JSON objects, its media, and truth rows."""

    def __init__(self, chat: Chat, file: str) -> None:
        self.chat, self.file = chat, file
        self.folder = f"{ROOTS[chat.app]}/{chat.section}/{slug(chat)}"
        self.media: list[tuple[str, bytes]] = []
        self.names = [quote(m.name) for m in chat.members]

    def record(self, said: Said) -> tuple[str, Row] | None:
        """One element of `messages` and its truth row (n and part are set by the caller)."""
        if said.kind in ("service", "location", "contact"):
            return None
        attachments: tuple[tuple[str | None, str], ...] = ()
        kind, text = said.kind, said.text or None
        body = f'      "sender_name": {self.names[said.who]},\n      "timestamp_ms": {said.at_ms}'
        if kind == "text":
            body += f',\n      "content": {quote(said.text)}'
            link = next((p for p in said.planted if p.kind == "link"), None)
            if link is not None:
                body += f',\n      "share": {{\n        "link": "{link.as_written}"\n      }}'
            if said.reactions:
                items = ",\n".join(
                    f'        {{\n          "reaction": {quote(emoji)},\n          "actor": {self.names[who]}\n        }}'
                    for emoji, who in said.reactions
                )
                body += f',\n      "reactions": [\n{items}\n      ]'
        elif kind == "call":
            body += ',\n      "content": "Panggilan video berakhir",\n      "call_duration": 187'
            text = "Panggilan video berakhir"
        elif kind == "deleted":
            body += ',\n      "is_unsent": true'
        elif said.media == "sticker":
            name = f"{ROOTS[self.chat.app]}/stickers_used/{self.chat.number:04d}_{len(self.media):05d}.webp"
            body += f',\n      "sticker": {{\n        "uri": "{name}",\n        "ai_stickers": []\n      }}'
            attachments = ((name, self._keep(name, "sticker")),)
        else:
            media = said.media or "photo"
            name = f"{self.folder}/{FOLDERS[media]}/{self.chat.number:04d}_{len(self.media):05d}.{MEDIA[media][2]}"
            body += (f',\n      "{FIELDS[media]}": [\n        {{\n          "uri": "{name}",\n'
                     f'          "creation_timestamp": {said.at_ms // 1000}\n        }}\n      ]')
            attachments = ((name, self._keep(name, media)),)
        if kind != "deleted":
            body += ',\n      "is_geoblocked_for_viewer": false'
        row = Row(self.chat.app, self.chat.key, self.file, None, 0, self.chat.members[said.who].name, text, said.at_ms, 1, kind,
                  attachments, said.planted, said.signals, said.phase, self.chat.harmful)
        return f"    {{\n{body}\n    }}", row

    def _keep(self, name: str, kind: str) -> str:
        self.media.append((name, medium(kind, self.chat.number * 10**5 + len(self.media))))
        return "present"

    def files(self, truth: Truth | None) -> Iterator[tuple[str, bytes]]:
        """The thread's message files, newest first, numbered from 1."""
        records = [r for r in map(self.record, self.chat.said()) if r is not None]
        records.reverse()
        people = ",\n".join(f'    {{\n      "name": {name}\n    }}' for name in reversed(self.names))
        for number, start in enumerate(range(0, len(records), MESSAGES_A_FILE), 1):
            part = records[start : start + MESSAGES_A_FILE]
            path = f"{self.folder}/message_{number}.json"
            if truth is not None:
                for n, (_, row) in enumerate(part, start):
                    truth(row._replace(n=n, part=path))
            body = ",\n".join(text for text, _ in part)
            yield path, (
                f'{{\n  "participants": [\n{people}\n  ],\n  "messages": [\n{body}\n  ],\n  "title": {quote(self.chat.title)},\n'
                f'  "is_still_participant": true,\n  "thread_path": "{self.chat.section}/{slug(self.chat)}",\n'
                f'  "magic_words": []\n}}'
            ).encode()


def members(phone: Phone, chats: list[Chat], file: str, truth: Truth | None) -> Iterator[tuple[str, bytes]]:
    """Every file of one app's download: threads, their media, and what else such a download holds."""
    app = chats[0].app
    for chat in chats:
        thread = _Thread(chat, file)
        yield from thread.files(truth)
        yield from thread.media
    owner = quote(phone.owner)
    if app == "instagram":
        yield "personal_information/personal_information/personal_information.json", (
            f'{{\n  "profile_user": [\n    {{\n      "title": "",\n      "string_map_data": {{\n        "Name": {{\n'
            f'          "value": {owner}\n        }}\n      }}\n    }}\n  ]\n}}').encode()
        yield "connections/followers_and_following/followers_1.json", b"[]"
    else:
        yield "personal_information/profile_information/profile_information.json", (
            f'{{\n  "profile_v2": {{\n    "name": {{\n      "full_name": {owner}\n    }}\n  }}\n}}').encode()


def write_zip(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """A download of one app as the zip a person receives."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, data in members(phone, chats, path.name, truth):
            info = zipfile.ZipInfo(name, (2026, 6, 2, 9, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)


def write_folder(phone: Phone, chats: list[Chat], folder: Path, truth: Truth | None = None) -> None:
    """The same download, unpacked."""
    for name, data in members(phone, chats, folder.name, truth):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def write_e2ee(chat: Chat, path: Path, truth: Truth | None = None) -> int:
    """Messenger's download of end-to-end encrypted chats: one zip with NAME_1.json and media/."""
    name = f"{chat.title}_{chat.number}.json"
    records: list[dict[str, object]] = []
    media: list[tuple[str, bytes]] = []
    for said in chat.said():
        if said.kind not in ("text", "media", "deleted"):
            continue
        uris: list[str] = []
        kind, text, state = said.kind, said.text, "present"
        if kind == "media":
            uri = f"./media/{chat.number:08d}-{len(media):04d}.{MEDIA[said.media or 'photo'][2]}"
            uris = [uri]
            media.append((uri[2:], medium(said.media or "photo", len(media))))
        record = {
            "isUnsent": kind == "deleted", "media": [{"uri": u} for u in uris],
            "reactions": [{"actor": chat.members[w].name, "reaction": e} for e, w in said.reactions],
            "senderName": chat.members[said.who].name, "text": text, "timestamp": said.at_ms,
            "type": "media" if uris else "text",
        }
        if truth is not None:
            truth(Row("messenger", chat.key, path.name, name, len(records), chat.members[said.who].name, text or None, said.at_ms, 1,
                      kind, tuple((u, state) for u in uris), said.planted, said.signals, said.phase, chat.harmful))
        records.append(record)
    whole = {"participants": [m.name for m in chat.members], "threadName": chat.title, "messages": records}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in [(name, json.dumps(whole, ensure_ascii=False, indent=2).encode()), *media]:
            archive.writestr(zipfile.ZipInfo(member, (2026, 6, 2, 9, 0, 0)), data)
    return len(records)
