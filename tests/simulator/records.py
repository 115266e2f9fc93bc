"""Exports that are lists of records: Discord, TikTok, Snapchat, Signal, Google Chat, X.

Written from the facts about the formats (docs/formats), plain and without damage. What a format cannot say (places and
cards on TikTok, edits in a Discord package …) is not written and has no truth row.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.simulator.truth import Chat, Phone, Row, Said
from tests.simulator.whatsapp import MEDIA, Truth, medium


def at(ms: int, form: str, hours: int = 0) -> str:
    """A moment as text."""
    return (datetime.fromtimestamp(ms // 1000, UTC) + timedelta(hours=hours)).strftime(form)


def truth_of(chat: Chat, said: Said, sender: str | None, text: str | None, kind: str, resolution_ms: int = 1000,
             attachments: tuple[tuple[str | None, str], ...] = ()) -> Row:
    """The row that one event must become."""
    cut = said.at_ms - said.at_ms % resolution_ms
    return Row(chat.app, chat.key, "", None, 0, sender, text, cut, resolution_ms, kind, attachments, said.planted, said.signals,
               said.phase, chat.harmful)


def handle(chat: Chat, who: int) -> str:
    """A member's user name."""
    m = chat.members[who]
    return m.handle or "".join(c for c in m.name.lower() if c.isascii() and c.isalnum()) or f"user{who}"


def number(chat: Chat, who: int) -> str:
    """A member's account number."""
    return str(chat.members[who].tg_id or 860_000 + who)


# -- Discord ----------------------------------------------------------------------------------------------------------


def snowflake(ms: int, n: int) -> int:
    """Discord's identifier of something made at a moment."""
    return ((ms - 1_420_070_400_000) << 22) | (n & 0xFFF)


def discord_exporter(chat: Chat, path: Path, truth: Truth | None = None, newline: str = "\n") -> int:
    """DiscordChatExporter's JSON of one chat; media are addresses."""
    def author(who: int) -> dict[str, Any]:
        return {"id": number(chat, who), "name": handle(chat, who), "discriminator": "0000", "nickname": chat.members[who].name,
                "color": None, "isBot": False, "roles": [{"id": "1", "name": "anggota", "color": None, "position": 1}],
                "avatarUrl": f"https://cdn.example.com/avatars/{number(chat, who)}.png"}

    messages: list[dict[str, Any]] = []
    for n, said in enumerate(chat.said()):
        if said.kind not in ("text", "media", "call"):
            continue
        stamp = at(said.at_ms, "%Y-%m-%dT%H:%M:%S", 7) + f".{said.at_ms % 1000:03d}+07:00"
        named = f"https://cdn.example.com/attachments/{n}/berkas.{MEDIA[said.media or 'photo'][2]}"
        made: dict[str, Any] = {
            "id": str(snowflake(said.at_ms, n)), "type": "Call" if said.kind == "call" else "Reply" if said.reply else "Default",
            "timestamp": stamp, "timestampEdited": stamp if said.edited else None, "callEndedTimestamp": None, "isPinned": False,
            "content": said.text or ("Started a call." if said.kind == "call" else ""), "author": author(said.who),
            "attachments": [{"id": "1", "url": named, "fileName": named.rpartition("/")[2], "fileSizeBytes": 86}]
            if said.kind == "media" else [], "embeds": [], "stickers": [],
            "reactions": [{"emoji": {"id": "", "name": e, "code": e, "isAnimated": False, "imageUrl": ""}, "count": 1,
                           "users": [author(w)]} for e, w in said.reactions], "mentions": [],
        }
        if said.reply and messages:
            made["reference"] = {"messageId": messages[-1]["id"], "channelId": "860", "guildId": None}
        if truth is not None:
            attachments = ((named, "omitted"),) if said.kind == "media" else ()
            truth(truth_of(chat, said, chat.members[said.who].name, made["content"] or None, said.kind, 1, attachments)
                  ._replace(file=path.name, n=len(messages)))
        messages.append({**made, "inlineEmojis": []})
    whole = {"guild": {"id": "0", "name": "Direct Messages", "iconUrl": ""},
             "channel": {"id": "860", "type": "DirectTextChat", "categoryId": None, "category": None, "name": chat.title,
                         "topic": None}, "dateRange": {"after": None, "before": None},
             "exportedAt": "2026-06-02T09:00:00+07:00", "messages": messages, "messageCount": len(messages)}
    path.write_bytes(json.dumps(whole, ensure_ascii=False, indent=2).replace("\n", newline).encode())
    return len(messages)


def discord_package(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None, *, csv: bool = False) -> None:
    """A data package: the owner's own messages only, a folder a channel."""
    owner = chats[0]
    files: dict[str, bytes] = {
        "account/user.json": json.dumps({"id": number(owner, 0), "username": handle(owner, 0), "global_name": phone.owner}).encode(),
        "messages/index.json": json.dumps({f"{860_000_000_000_000_000 + c.number}": c.title for c in chats}).encode(),
    }
    for chat in chats:
        channel = f"{860_000_000_000_000_000 + chat.number}"
        folder = f"messages/c{channel}"
        files[f"{folder}/channel.json"] = json.dumps({"id": channel, "type": "DM"}).encode()
        part = f"{folder}/messages.{'csv' if csv else 'json'}"
        records: list[dict[str, Any]] = []
        for n, said in enumerate(chat.said()):
            if said.who != 0 or said.kind not in ("text", "media"):
                continue
            named = f"https://cdn.example.com/a/{n}/berkas.{MEDIA[said.media or 'photo'][2]}" if said.kind == "media" else ""
            form = "%Y-%m-%d %H:%M:%S" + (f".{said.at_ms % 1000 * 1000:06d}+00:00" if csv else "")
            if truth is not None:
                attachments = ((named, "omitted"),) if named else ()
                truth(truth_of(chat, said, phone.owner, said.text or None, said.kind, 1 if csv else 1000, attachments)
                      ._replace(file=path.name, part=part, n=len(records)))
            records.append({"ID": snowflake(said.at_ms, n), "Timestamp": at(said.at_ms, form), "Contents": said.text,
                            "Attachments": named})
        if csv:
            def quoted(text: str) -> str:
                return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n\r') else text

            lines = ["ID,Timestamp,Contents,Attachments"] + [
                f"{r['ID']},{r['Timestamp']},{quoted(r['Contents'])},{r['Attachments']}" for r in records]
            files[part] = "".join(line + "\r\n" for line in lines).encode()
        else:
            files[part] = json.dumps(records, ensure_ascii=False).encode()
    write_zip(path, files)


# -- TikTok -----------------------------------------------------------------------------------------------------------


def tiktok(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None, *, text: bool = False) -> None:
    """A data download: all direct messages in one file, JSON or text."""
    history: dict[str, list[dict[str, str]]] = {}
    blocks: list[str] = []
    n = 0
    for chat in chats:
        party = f"{handle(chat, -1)}{chat.number}"
        records = history[f"Chat History with {party}:"] = []
        blocks.append(f">>> Chat History with {party}::\n\n")
        for said in chat.said():
            if said.kind != "text" or (text and any(line.strip() == "" for line in said.text.split("\n"))):
                continue
            sender = handle(chat, 0) if said.who == 0 else party if said.who == len(chat.members) - 1 else handle(chat, said.who)
            stamp = at(said.at_ms, "%Y-%m-%d %H:%M:%S")
            records.append({"Date": stamp, "From": sender, "Content": said.text})
            blocks.append(f"{stamp} UTC {sender}: {said.text}\n")
            if truth is not None:
                truth(truth_of(chat, said, sender, said.text, "text")._replace(file=path.name, n=n))
            n += 1
        blocks.append("\n")
    whole = {
        "Comment": {"Comments": {"CommentsList": None}}, "Direct Message": {"Direct Messages": {"ChatHistory": history}},
        "Profile And Settings": {"Profile Info": {"ProfileMap": {"userName": handle(chats[0], 0)}}},
    }
    path.write_bytes("".join(blocks).encode() if text else json.dumps(whole, ensure_ascii=False, indent=1).encode())


# -- Snapchat ---------------------------------------------------------------------------------------------------------

_SNAP = {"text": "TEXT", "media": "MEDIA", "deleted": "STATUSERASEDMESSAGE"}


def snapchat(chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """A download with saved chats and their media."""
    history: dict[str, list[dict[str, Any]]] = {}
    files: dict[str, bytes] = {}
    n = 0
    for chat in chats:
        records = history[f"1f860000-0000-0000-0000-{chat.number:012d}"] = []
        for said in chat.said():
            if said.kind not in _SNAP:
                continue
            media = ""
            attachments: tuple[tuple[str | None, str], ...] = ()
            if said.kind == "media":
                media = f"b~{chat.number:04d}x{len(records):06d}"
                name = f"chat_media/{at(said.at_ms, '%Y-%m-%d')}_{media}.{MEDIA[said.media or 'photo'][2]}"
                files[name] = medium(said.media or "photo", chat.number * 10**6 + len(records))
                attachments = ((name, "present"),)
            sender = handle(chat, said.who)
            records.append({
                "From": sender, "Media Type": _SNAP[said.kind], "Created": at(said.at_ms, "%Y-%m-%d %H:%M:%S UTC"),
                "Content": said.text, "Conversation Title": chat.title if chat.group else None, "IsSender": said.who == 0,
                "Created(microseconds)": said.at_ms, "IsSaved": True, "Media IDs": media})
            if truth is not None:
                truth(truth_of(chat, said, sender, said.text or None, said.kind, 1, attachments)
                      ._replace(file=path.name, part="json/chat_history.json", n=n))
            n += 1
    files["json/chat_history.json"] = json.dumps(history, ensure_ascii=False, indent=2).encode()
    write_zip(path, files)


# -- Signal -----------------------------------------------------------------------------------------------------------


def signal(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """A plaintext export of everything: main.jsonl, metadata.json, files/."""
    frames: list[dict[str, Any]] = [
        {"version": "1", "backupTimeMs": "1780390800000"}, {"account": {"givenName": phone.owner}},
        {"recipient": {"id": "1", "self": {}}},
    ]
    files: dict[str, bytes] = {"metadata.json": b'{"version":1}'}
    ids: dict[tuple[int, int], str] = {}
    for chat in chats:
        for who, m in enumerate(chat.members[1:], 1):
            ids[chat.number, who] = str(len(frames))
            contact: dict[str, Any] = {"profileGivenName": m.name, "aci": base64.b64encode(m.name.encode()[:16]).decode()}
            if m.number is not None:
                contact["e164"] = m.number.lstrip("+")
            frames.append({"recipient": {"id": ids[chat.number, who], "contact": contact}})
        frames.append({"chat": {"id": f"{chat.number + 1}", "recipientId": ids.get((chat.number, 1), "1")}})
        last: dict[str, Any] | None = None
        for said in chat.said():
            if said.kind not in ("text", "media", "deleted", "call"):
                continue
            author = "1" if said.who == 0 else ids[chat.number, said.who]
            item: dict[str, Any] = {
                "chatId": f"{chat.number + 1}", "authorId": author, "dateSent": str(said.at_ms),
                **({"outgoing": {"sendStatus": []}} if author == "1" else {"incoming": {"dateReceived": str(said.at_ms)}})}
            attachments: tuple[tuple[str | None, str], ...] = ()
            if said.kind == "text":
                item["standardMessage"] = {"text": {"body": said.text}, "reactions": [
                    {"emoji": e, "authorId": "1" if w == 0 else ids[chat.number, w], "sentTimestamp": str(said.at_ms + 5)}
                    for e, w in said.reactions]}
                if said.reply and last is not None:
                    item["standardMessage"]["quote"] = {"targetSentTimestamp": last["dateSent"], "authorId": last["authorId"]}
            elif said.kind == "media":
                data = medium(said.media or "photo", len(files))
                digest = hashlib.sha256(data)
                name = f"files/{digest.hexdigest()}.{MEDIA[said.media or 'photo'][2]}"
                files[name] = data
                item["standardMessage"] = {"attachments": [{"wasDownloaded": True, "pointer": {"locatorInfo": {
                    "plaintextHash": base64.b64encode(digest.digest()).decode(), "size": len(data)}}}]}
                attachments = ((name, "present"),)
            elif said.kind == "deleted":
                item["remoteDeletedMessage"] = {}
            else:
                item["updateMessage"] = {"individualCall": {"type": "VIDEO_CALL", "state": "ACCEPTED"}}
            last = item
            if truth is not None:
                name = phone.owner if said.who == 0 else chat.members[said.who].name
                text = said.text or None if said.kind == "text" else None
                truth(truth_of(chat, said, name, text, said.kind, 1, attachments)
                      ._replace(file=path.name, part="main.jsonl", n=len(frames)))
            frames.append({"chatItem": item})
    files["main.jsonl"] = b"".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for f in frames)
    write_zip(path, files)


# -- Google Chat ------------------------------------------------------------------------------------------------------

_DAYS = {"en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
         "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")}
_MONTHS = {"en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                  "December"),
           "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
                  "Desember")}


def google_date(ms: int, lang: str) -> str:
    """A date as a Takeout writes it."""
    t = datetime.fromtimestamp(ms // 1000, UTC)
    day, month = _DAYS[lang][t.weekday()], _MONTHS[lang][t.month - 1]
    if lang == "id":
        return f"{day}, {t.day} {month} {t.year} pukul {t.hour:02d}.{t.minute:02d}.{t.second:02d} UTC"
    half = "AM" if t.hour < 12 else "PM"
    return f"{day}, {month} {t.day}, {t.year} at {t.hour % 12 or 12}:{t.minute:02d}:{t.second:02d}\u202f{half} UTC"


def google_chat(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None, lang: str = "en") -> None:
    """A Takeout of Google Chat."""
    def person(chat: Chat, who: int) -> dict[str, str]:
        return {"name": chat.members[who].name, "email": f"{handle(chat, who)}@contoh.example", "user_type": "Human"}

    root = "Takeout/Google Chat"
    files: dict[str, bytes] = {f"{root}/Users/User 86/user_info.json": json.dumps({"user": person(chats[0], 0)}).encode()}
    for chat in chats:
        folder = f"{root}/Groups/{'Space' if chat.group else 'DM'} {chat.number:08d}"
        records: list[dict[str, Any]] = []
        for said in chat.said():
            if said.kind not in ("text", "media", "deleted"):
                continue
            made: dict[str, Any] = {"creator": person(chat, said.who), "created_date": google_date(said.at_ms, lang),
                                    "topic_id": "t", "message_id": f"{chat.number}/t/{len(records)}"}
            attachments: tuple[tuple[str | None, str], ...] = ()
            if said.kind == "text":
                made["text"] = said.text
            elif said.kind == "media":
                name = f"File-{len(records)}.{MEDIA[said.media or 'photo'][2]}"
                files[f"{folder}/{name}"] = medium(said.media or "photo", chat.number * 10**6 + len(records))
                made["attached_files"] = [{"original_name": name, "export_name": name}]
                attachments = ((name, "present"),)
            else:
                made["message_state"] = "DELETED"
            if truth is not None:
                truth(truth_of(chat, said, chat.members[said.who].name, said.text or None, said.kind, 1000, attachments)
                      ._replace(file=path.name, part=f"{folder}/messages.json", n=len(records)))
            records.append(made)
        files[f"{folder}/messages.json"] = json.dumps({"messages": records}, ensure_ascii=False, indent=2).encode()
        files[f"{folder}/group_info.json"] = json.dumps(
            {"name": chat.title, "members": [person(chat, w) for w in range(len(chat.members))]}).encode()
    write_zip(path, files)


# -- X ----------------------------------------------------------------------------------------------------------------


def x_archive(phone: Phone, chats: list[Chat], path: Path, truth: Truth | None = None) -> None:
    """An archive's direct messages, newest first."""
    files: dict[str, bytes] = {}
    for group, name in ((False, "direct-messages"), (True, "direct-messages-group")):
        conversations = []
        n = 0
        for chat in (c for c in chats if c.group is group):
            rows: list[Row] = []
            records: list[dict[str, Any]] = []
            for said in chat.said():
                if said.kind not in ("text", "media"):
                    continue
                key = f"{chat.number}{len(records):07d}"
                attachments: tuple[tuple[str | None, str], ...] = ()
                urls = []
                if said.kind == "media":
                    last = f"berkas.{MEDIA[said.media or 'photo'][2]}"
                    urls = [f"https://ton.example.com/dm/{key}/1/{last}"]
                    inside = f"data/direct_messages_media/{key}-{last}"
                    files[inside] = medium(said.media or "photo", int(key))
                    attachments = ((inside, "present"),)
                records.append({"messageCreate": {
                    "recipientId": "0", "reactions": [], "urls": [], "text": said.text, "mediaUrls": urls,
                    "senderId": number(chat, said.who), "id": key,
                    "createdAt": at(said.at_ms, "%Y-%m-%dT%H:%M:%S") + f".{said.at_ms % 1000:03d}Z"}})
                sender = phone.owner if said.who == 0 else None
                rows.append(truth_of(chat, said, sender, said.text or None, said.kind, 1, attachments))
            for row in reversed(rows):
                if truth is not None:
                    truth(row._replace(file=path.name, part=f"data/{name}.js", n=n))
                n += 1
            conversations.append({"dmConversation": {"conversationId": f"860{chat.number}", "messages": records[::-1]}})
        files[f"data/{name}.js"] = (
            f"window.YTD.{name.replace('-', '_')}.part0 = ".encode() + json.dumps(conversations, ensure_ascii=False, indent=2).encode())
    files["data/account.js"] = b"window.YTD.account.part0 = " + json.dumps(
        [{"account": {"accountId": number(chats[0], 0), "username": handle(chats[0], 0), "accountDisplayName": phone.owner}}]).encode()
    write_zip(path, files)


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    """A zip with fixed times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 6, 2, 9, 0, 0)), data)


