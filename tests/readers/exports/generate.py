"""The samples of the record-by-record JSON exports and their kin, byte for byte: `python -m tests.readers.exports.generate`.

tests/samples/<reader>/NAME is a file or a folder as people hand it in; NAME.jsonl beside it holds its rows (columns that
say something), then its problems. All invented and non-explicit; phones from the unassigned +62 860 range. Broken
samples are named by their defect.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

SAMPLES: Final = Path(__file__).parents[2] / "samples"
JPEG: Final = b"\xff\xd8\xff\xe0 made up"
MP4: Final = b"\0\0\0\x18ftypmp42 made up"
Files = dict[str, bytes]


def dumped(value: Any, **how: Any) -> bytes:
    """JSON as UTF-8."""
    return json.dumps(value, ensure_ascii=False, **how).encode()


def snowflake(ms: int, n: int = 0) -> int:
    """An identifier of Discord's made at a moment."""
    return ((ms - 1_420_070_400_000) << 22) | n


# -- Discord ----------------------------------------------------------------------------------------------------------

T0: Final = 1_714_566_896_000  # 2024-05-01 12:34:56 UTC


def discord_package() -> Files:
    """A data package of 2025: two channels, one of them without own messages."""
    messages = [
        {"ID": snowflake(T0), "Timestamp": "2024-05-01 12:34:56", "Contents": "halo kak, ini siapa?", "Attachments": ""},
        {"ID": snowflake(T0 + 60_000), "Timestamp": "2024-05-01 12:35:56", "Contents": "dua\nbaris 🙂", "Attachments": ""},
        {"ID": snowflake(T0 + 120_000), "Timestamp": "2024-05-01 12:36:56", "Contents": "",
         "Attachments": "https://cdn.example.com/attachments/1/2/warung.jpg https://cdn.example.com/attachments/1/3/suara.ogg"},
        {"ID": snowflake(T0 + 180_000), "Timestamp": "2024-05-01 19:37:56", "Contents": "jam komputer lain", "Attachments": ""},
        {"ID": "860", "Timestamp": "2024-05-01T12:38:56.5+00:00", "Contents": "bidang baru", "Attachments": "",
         "Reactions": ["👍"], "Pinned": True},
        {"ID": snowflake(T0 + 300_000), "Timestamp": 5, "Contents": ["bukan", "teks"], "Attachments": None},
    ]
    return {
        "README.txt": b"What is in this package",
        "account/user.json": dumped({"id": "860000000000000001", "username": "seruni.w", "global_name": "Seruni"}, indent=4),
        "messages/index.json": dumped({"860000000000000101": "Direct Message with bima_86", "860000000000000102": None}),
        "messages/c860000000000000101/channel.json": dumped(
            {"id": "860000000000000101", "type": "DM", "recipients": ["860000000000000001", "860000000000000002"]}),
        "messages/c860000000000000101/messages.json": dumped(messages),
        "messages/c860000000000000102/channel.json": dumped(
            {"id": "860000000000000102", "type": "GUILD_TEXT", "name": "umum", "guild": {"id": "9", "name": "Kelas"}}),
        "messages/c860000000000000102/messages.json": b"[]",
    }


def discord_csv() -> Files:
    """A data package of 2021."""
    return {
        "account/user.json": dumped({"id": "860000000000000001", "username": "seruni.w"}),
        "messages/index.json": dumped({"860000000000000103": "umum in Kelas"}),
        "messages/c860000000000000103/channel.json": dumped({"id": "860000000000000103", "type": 0, "name": "umum"}),
        "messages/c860000000000000103/messages.csv": (
            "ID,Timestamp,Contents,Attachments\r\n"
            f'{snowflake(T0)},2024-05-01 12:34:56.000000+00:00,halo semua,\r\n'
            f'{snowflake(T0 + 1000)},2024-05-01 12:34:57.250000+00:00,"satu, dua\nbaris ""kedua""\r\n\r\nakhir",\r\n'
            f'{snowflake(T0 + 2000)},2024-05-01 12:34:58.000000+00:00,,https://cdn.example.com/a/b/foto.png\r\n'
            f'{snowflake(T0 + 3000)},2024-05-01 12:34:59.000000+00:00,"kutip tidak ditutup,\r\n'
            f'{snowflake(T0 + 4000)},2024-05-01 12:35:00.000000+00:00,tetap terbaca,\r\n'
        ).encode(),
    }


def person(n: int, name: str, nickname: str, *, bot: bool = False) -> dict[str, Any]:
    """An author as DiscordChatExporter writes them."""
    return {"id": f"86000000000000000{n}", "name": name, "discriminator": "0000", "nickname": nickname, "color": None,
            "isBot": bot, "roles": [], "avatarUrl": f"https://cdn.example.com/avatars/{n}.png"}


def dce_message(number: int, author: dict[str, Any], content: str, **more: Any) -> dict[str, Any]:
    """One record as the tool writes it; `more` replaces and adds fields in the tool's order."""
    at = f"2026-01-05T19:22:{number:02d}.{number}+07:00"
    base: dict[str, Any] = {
        "id": str(snowflake(1_767_615_720_000 + number * 1000)), "type": "Default", "timestamp": at, "timestampEdited": None,
        "callEndedTimestamp": None, "isPinned": False, "content": content, "author": author, "attachments": [], "embeds": [],
        "stickers": [], "reactions": [], "mentions": [],
    }
    return {**base, **more, "inlineEmojis": []}


def dce(messages: list[dict[str, Any]], count: int | None = None) -> dict[str, Any]:
    """An export round these messages."""
    return {
        "guild": {"id": "0", "name": "Direct Messages", "iconUrl": "https://cdn.example.com/0.png"},
        "channel": {"id": "860000000000000201", "type": "DirectTextChat", "categoryId": None, "category": None,
                    "name": "Bima", "topic": None},
        "dateRange": {"after": None, "before": None}, "exportedAt": "2026-01-06T08:00:00.1234567+07:00",
        "messages": messages, "messageCount": len(messages) if count is None else count,
    }


def dce_whole() -> dict[str, Any]:
    """A direct message with a record of every kind."""
    ayu, bima = person(1, "ayu", "Ayu"), person(2, "bima_86", "Bima 🌿")
    first = dce_message(1, bima, "hai 🙂")
    return dce([
        first,
        dce_message(2, ayu, "iya?", type="Reply",
                    reference={"messageId": first["id"], "channelId": "860000000000000201", "guildId": None}),
        dce_message(3, bima, "", attachments=[{
            "id": "1", "url": "chat.json_Files/warung-1A2B3.jpg", "fileName": "warung.jpg", "fileSizeBytes": 17}]),
        dce_message(4, bima, "yang betul jam 4", timestampEdited="2026-01-05T19:30:00+07:00", isPinned=True),
        dce_message(5, ayu, "oke", reactions=[
            {"emoji": {"id": "", "name": "👍", "code": "thumbsup", "isAnimated": False, "imageUrl": "x"}, "count": 3,
             "users": [person(2, "bima_86", "Bima 🌿")]}]),
        dce_message(6, bima, "lihat ini", embeds=[{
            "title": "Warung Depan", "url": "https://contoh.example/w", "timestamp": None, "description": "menu hari ini",
            "images": [], "fields": [{"name": "Jam", "value": "08.00", "isInline": True}], "inlineEmojis": []}]),
        dce_message(7, bima, "", stickers=[{"id": "9", "name": "Lambai", "format": "Png", "sourceUrl": "https://cdn.example.com/9.png"}]),
        dce_message(8, bima, "", reference={"type": "Forward", "messageId": "86", "channelId": "87", "guildId": None},
                    forwardedMessage={"timestamp": "2026-01-01T00:00:00+07:00", "timestampEdited": None,
                                      "content": "pesan terusan", "attachments": [], "embeds": [], "stickers": []}),
        dce_message(9, bima, "Started a call that lasted 3 minutes.", type="Call", callEndedTimestamp="2026-01-05T19:25:09+07:00"),
        dce_message(10, ayu, "Added Citra to the group.", type="RecipientAdd", mentions=[person(3, "citra", "Citra")]),
        dce_message(11, person(4, "pengingat", "Pengingat", bot=True), "", type="20",
                    components=[{"type": "ActionRow", "components": [
                        {"type": "Button", "style": "Link", "label": "Buka", "url": "https://contoh.example/b"}]}],
                    interaction={"id": "5", "name": "ingat", "user": ayu}),
        dce_message(12, ayu, "@Bima sudah?", mentions=[bima], futureField={"note": "kata baru", "level": 3}),
        {**dce_message(13, ayu, "utuh"), "content": 5, "isPinned": "ya"},
    ])


# -- TikTok -----------------------------------------------------------------------------------------------------------


def tiktok() -> dict[str, Any]:
    """A download of 2026 with a section of every kind."""
    return {
        "Comment": {"Comments": {"App": 1233, "CommentsList": [
            {"date": "2026-01-02 03:04:05 UTC", "comment": "bagus kak", "photo": "", "video": "", "sticker": ""}]}},
        "Direct Message": {
            "Direct Messages": {"ChatHistory": {
                "Chat History with bima_86:": [
                    {"Date": "2026-01-05 12:22:31", "From": "bima_86", "Content": "hai, lihat videomu"},
                    {"Date": "2026-01-05 12:23:00", "From": "seruni.w", "Content": "makasih 🙂\nsiapa ya?"},
                    {"Date": "2026-01-05 12:24:00", "From": "bima_86",
                     "Content": "https://www.example.com/share/video/7637602829980552468/"},
                    {"Date": "bukan tanggal", "From": None, "Content": 7, "Label": "kata lain"},
                ],
                "Chat History with kosong:": [],
            }},
            "Group Chat": {"GroupChat": {"Kelas": [{"Date": "2026-01-06 01:00:00", "From": "citra", "Content": "pagi"}]}},
            "Tako Chat History": {"TakoChatHistoryList": [
                {"Chat Title": "Resep", "Messages": [{"Date": "2026-01-07 02:00:00 UTC", "Content": {"text": "resep soto"}}]}]},
        },
        "Income+ Wallet": {
            "Coin Purchase History": {"CoinPurchaseHistoryList": [
                {"Date": "2026-01-08 10:00:00", "Type": "coins", "CoinAmount": 70}]},
            "Transaction History": {"TransactionsList": None},
        },
        "Profile And Settings": {"Profile Info": {"App": 1233, "ProfileMap": {"birthDate": "", "userName": "seruni.w"}}},
        "TikTok Live": {
            "Go Live History": {"GoLiveList": [
                {"LiveStartTime": "2026-01-09 11:00:00", "LiveEndTime": "2026-01-09 12:00:00", "LiveDuration": "01:00:00",
                 "RoomId": "86", "RoomTitle": "ngobrol santai", "TotalEarning": "12 Diamonds", "TotalLike": 5, "TotalView": 9,
                 "TotalGifter": 1, "MutedList": ["penonton86"]}]},
            "Watch Live History": {"WatchLiveMap": {"7500000000000000001": {
                "WatchTime": "2026-01-10 13:00:00", "Link": "https://www.example.com/live/86",
                "Comments": [{"CommentTime": "2026-01-10 13:05:00", "CommentContent": "halo dari Bogor"}], "Questions": None}}},
        },
        "TikTok Shop": {
            "Communication With Shops": {"CommunicationHistories": {"Toko Contoh": [
                {"send_time": "2026-01-11 09:00:00", "shop_name": "Toko Contoh", "direction": "buyer", "content": "ada ukuran M?"}]}},
            "Order History": {"OrderHistories": [{"order_id": "860", "create_time": "2026-01-12 09:00:00", "TotalPrice": "Rp50.000"}]},
        },
        "Your Activity": {"Purchases": {
            "SendGifts": {"SendGifts": [{"Date": "2026-01-13 14:00:00", "GiftAmount": "1", "UserName": "bima_86"}]},
            "BuyGifts": {"BuyGifts": [{"Date": "2026-01-13 13:59:00", "Price": "IDR 16000"}]}},
            "Searches": {"SearchList": [{"Date": "2026-01-14 08:00:00", "SearchTerm": "resep"}]}},
    }


def tiktok_old() -> dict[str, Any]:
    """A download of 2022, other names of the sections, no profile."""
    return {
        "Activity": {"Purchase History": {"SendGifts": {"SendGifts": [
            {"Date": "2022-03-01 10:00:00", "GiftAmount": "5", "UserName": "devano"}]}, "BuyGifts": {"BuyGifts": None}}},
        "Direct Messages": {"Chat History": {"ChatHistory": {"Chat History with devano:": [
            {"Date": "2022-02-27 08:15:30", "From": "devano", "Content": "halo"}]}}},
        "Tiktok Live": {"Watch Live History": {"WatchLiveMap": {}}},
    }


TIKTOK_TXT: Final = (
    ">>> Chat History with bima_86::\n\n2026-07-03 23:00:11 UTC seruni.w: halo\n2026-07-03 23:01:15 UTC bima_86: dua\n\nbaris\n"
    "2026-07-03 23:02:00 UTC bima_86: \n\n>>> Chat History with citra::\r\n\r\n2026-06-01 10:00:00 UTC citra: pagi: ya\r\n"
)


# -- Snapchat ---------------------------------------------------------------------------------------------------------


def snap(at: str, ms: int, sender: str, status: str, more: dict[str, Any] | None = None, *, own: bool = False,
    **also: Any) -> dict[str, Any]:
    """One record of a new history."""
    base = {"From": sender, "Media Type": status, "Created": at, "Content": "", "Conversation Title": None, "IsSender": own,
            "Created(microseconds)": ms, "IsSaved": False, "Media IDs": ""}
    return {**base, **(more or {}), **also}


def snapchat() -> Files:
    """A download of 2025."""
    s = 1_767_615_751_000  # 2026-01-05 12:22:31 UTC
    history = {
        "1f860000-aaaa-bbbb-cccc-000000000001": [
            snap("2026-01-05 12:22:31 UTC", s + 686, "bima_86", "TEXT", Content="hai", IsSaved=True),
            snap("2026-01-05 12:22:40 UTC", s + 9_001, "seruni.w", "TEXT", own=True, Content="siapa?\nini", IsSaved=True),
            snap("2026-01-05 12:23:31 UTC", s + 60_000, "bima_86", "MEDIA", {"Media IDs": "b~Aa860 | b~Bb860"}),
            snap("2026-01-05 12:24:31 UTC", s + 120_000, "bima_86", "STATUSSAVETOCAMERAROLL"),
            snap("2026-01-05 12:25:31 UTC", s + 180_000, "bima_86", "STATUSERASEDMESSAGE"),
            snap("2026-01-05 12:26:31 UTC", s + 240_000, "bima_86", "STATUSCONVERSATIONCAPTURESCREENSHOT", Content=None),
            snap("2026-01-05 12:27:31 UTC", 5, "bima_86", "SHARE", Content="https://contoh.example/s"),
            snap("2026-01-05 12:28:31 UTC", s + 360_000, "bima_86", "NOTE"),
            snap("kemarin", s, "bima_86", "TEXT", Content=9, IsSaved="ya", Baru={"kata": "tak dikenal"}),
        ],
        "1f860000-aaaa-bbbb-cccc-000000000002": [
            snap("2026-01-06 01:00:00 UTC", s + 45_449_000, "citra", "LOCATION", {"Conversation Title": "Kelas"})],
    }
    snaps = {"1f860000-aaaa-bbbb-cccc-000000000001": [
        {"From": "bima_86", "Media Type": "IMAGE", "Created": "2026-01-05 13:00:00 UTC", "Conversation Title": None,
         "IsSender": False, "Created(microseconds)": s + 2_249_000}]}
    return {
        "json/chat_history.json": dumped(history, indent=2), "json/snap_history.json": dumped(snaps, indent=2),
        "json/friends.json": dumped({"Friends": [{"Username": "bima_86", "Display Name": "Bima"}]}),
        "chat_media/2026-01-05_b~Aa860.jpg": JPEG, "chat_media/2026-01-05_overlay~zip-86.png": b"\x89PNG\r\n\x1a\n made up",
    }


SNAPCHAT_OLD: Final = {
    "Received Saved Chat History": [
        {"From": "bima_86", "Media Type": "TEXT", "Created": "2022-07-22 19:28:21 UTC", "Text": "aku &#39;kan di sini &amp; sana"},
        {"From": "bima_86", "Media Type": "TEXT", "Created": "2022-07-22 19:29:00 UTC", "Text": "1 < 2 &amp; ya"}],
    "Sent Saved Chat History": [
        {"To": "bima_86", "Media Type": "TEXT", "Created": "2022-07-22 19:30:00 UTC", "Text": "ya"},
        {"To": "citra", "Media Type": "MEDIA", "Created": "2022-07-22 19:31:00 UTC", "Text": ""}],
}


# -- Signal -----------------------------------------------------------------------------------------------------------

S0: Final = 1_767_615_751_000


def signal_item(n: int, author: str = "2", chat: str = "1", **more: Any) -> dict[str, Any]:
    """One chatItem."""
    side = {"outgoing": {"sendStatus": [{"recipientId": "2", "timestamp": str(S0), "read": {"sealedSender": True}}],
                         "dateReceived": str(S0)}} if author == "1" else {
        "incoming": {"dateReceived": str(S0 + n), "dateServerSent": str(S0 + n), "read": True}}
    return {"chatItem": {"chatId": chat, "authorId": author, "dateSent": str(S0 + n * 1000), **side, **more}}


def said(body: str, **more: Any) -> dict[str, Any]:
    """A standardMessage."""
    return {"standardMessage": {"text": {"body": body}, **more}}


def signal_frames() -> list[dict[str, Any]]:
    """An export with an item of every kind."""
    digest = base64.b64encode(hashlib.sha256(JPEG).digest()).decode()
    pointer = {"contentType": "image/jpeg", "fileName": "warung.jpg", "width": 4, "height": 3, "caption": "warung depan",
               "locatorInfo": {"plaintextHash": digest, "size": len(JPEG), "key": "AAAA"}}
    call: dict[str, Any] = {"updateMessage": {"individualCall": {"callId": "7", "type": "VIDEO_CALL",
        "direction": "INCOMING", "state": "MISSED",
                                                 "startedCallTimestamp": str(S0)}}}
    frames: list[dict[str, Any]] = [
        {"version": "1", "backupTimeMs": str(S0), "mediaRootBackupKey": "AAAA", "currentAppVersion": "8.10.2"},
        {"account": {"profileKey": "AAAA", "givenName": "Seruni", "familyName": "W"}},
        {"recipient": {"id": "1", "self": {}}},
        {"recipient": {"id": "2", "contact": {"aci": "AAAA", "e164": "6286055123409", "profileGivenName": "Bima",
                                              "profileFamilyName": "🌿"}}},
        {"recipient": {"id": "3", "contact": {"aci": "QUFBQQ==", "username": "citra.86", "nickname": {"given": "Citra"}}}},
        {"recipient": {"id": "4", "group": {"masterKey": "AAAA", "snapshot": {"title": {"title": "Kelas"}, "members": []}}}},
        {"chat": {"id": "1", "recipientId": "2", "expirationTimerMs": "86400000"}},
        {"chat": {"id": "2", "recipientId": "4"}},
        signal_item(1, **said("halo kak")),
        signal_item(2, "1", **said("siapa?", quote={"targetSentTimestamp": str(S0 + 1000), "authorId": "2",
                                                    "text": {"body": "halo kak"}, "type": "NORMAL"})),
        signal_item(3, expiresInMs="86400000", expireStartDate=str(S0), **said("hilang besok")),
        signal_item(4, revisions=[signal_item(3, **said("salah ketik"))["chatItem"]], **said("yang betul",
                    reactions=[{"emoji": "👍", "authorId": "1", "sentTimestamp": str(S0 + 4500), "sortOrder": "1"}])),
        signal_item(5, standardMessage={"attachments": [{"pointer": pointer, "flag": "NONE", "wasDownloaded": True}]}),
        signal_item(6, standardMessage={"attachments": [{"pointer": {"contentType": "audio/aac"}, "flag": "VOICE_MESSAGE"}]}),
        signal_item(7, remoteDeletedMessage={}),
        signal_item(8, viewOnceMessage={}),
        signal_item(9, "3", "2", contactMessage={"contact": {"name": {"givenName": "Damar"}, "number": [
            {"value": "+6286055000001", "type": "MOBILE"}]}}),
        signal_item(10, "3", "2", poll={"question": "jam berapa?", "options": [
            {"option": "4", "votes": [{"voterId": "3", "voteCount": 1}]}, {"option": "5"}]}),
        signal_item(11, "3", "2", adminDeletedMessage={"adminId": "1"}),
        signal_item(12, paymentNotification={"amountMob": "1.5", "feeMob": "0.01", "note": "untuk pulsa",
                                             "transactionDetails": {"transaction": {"status": "SUCCESSFUL"}}}),
        signal_item(13, incoming=None, **call),
        signal_item(14, updateMessage={"expirationTimerChange": {"expiresInMs": "3600000"}}),
        signal_item(15, stickerMessage={"sticker": {"packId": "AA==", "packKey": "AA==", "stickerId": 3, "emoji": "👋", "data": {}}}),
        signal_item(16, **said("lihat https://contoh.example/x", linkPreview=[
            {"url": "https://contoh.example/x", "title": "Warung Depan"}])),
        signal_item(17, **said("balasan", quote={"targetSentTimestamp": "86", "authorId": "3", "text": {"body": "yang lama"}})),
        signal_item(18, futureMessage={"note": "kata baru", "level": 3}),
        signal_item(19, dateSent=["bukan"], **said("tetap ada")),
        {"adHocCall": {"callId": "9", "recipientId": "4", "state": "GENERIC", "callTimestamp": str(S0 + 20_000)}},
        {"stickerPack": {"packId": "AA==", "packKey": "AA=="}},
    ]
    for frame in frames:
        item = frame.get("chatItem")
        if isinstance(item, dict):
            for name in [n for n, v in item.items() if v is None]:
                del item[name]
    return frames


def signal_lines(frames: list[dict[str, Any]]) -> bytes:
    """The frames as the export has them: one a line."""
    return b"".join(dumped(f, separators=(",", ":")) + b"\n" for f in frames)


# -- Google -----------------------------------------------------------------------------------------------------------


def google_chat() -> Files:
    """A Takeout of 2025 with a direct message and a space."""
    ayu = {"name": "Ayu", "email": "ayu@contoh.example", "user_type": "Human"}
    bima = {"name": "Bima 🌿", "email": "bima@contoh.example", "user_type": "Human"}
    link = {"start_index": 0, "length": 4, "url_metadata": {"title": "Warung Depan", "snippet": "", "image_url": "", "url": {
        "private_do_not_access_or_else_safe_url_wrapped_value": "https://contoh.example/w"}}}
    direct = [
        {"creator": bima, "created_date": "Thursday, November 3, 2016 at 11:59:50\u202fAM UTC", "text": "halo",
         "topic_id": "t1", "message_id": "dm/t1/m1"},
        {"creator": ayu, "created_date": "Kamis, 3 November 2016 pukul 12.00.10 UTC", "text": "siapa?", "topic_id": "t1",
         "message_id": "dm/t1/m2", "quoted_message_metadata": {"creator": bima, "text": "halo", "message_id": "dm/t1/m1"}},
        {"creator": bima, "created_date": "Thursday, November 3, 2016 at 1:00:00 PM UTC", "topic_id": "t1",
         "message_id": "dm/t1/m3", "attached_files": [
             {"original_name": "foto.jpg", "export_name": "File-284?account_id=3.jpg"},
             {"original_name": "catatan.pdf", "export_name": "File-catatan.pdf"}]},
        {"creator": bima, "created_date": "Thursday, November 3, 2016 at 1:01:00 PM UTC", "topic_id": "t1",
         "message_id": "dm/t1/m4", "message_state": "DELETED", "deletion_metadata": {"deletion_type": "CREATOR"}},
        {"creator": bima, "created_date": "Thursday, November 3, 2016 at 1:02:00 PM UTC", "text": "di sini",
         "annotations": [link], "updated_date": "Thursday, November 3, 2016 at 1:03:00 PM UTC", "topic_id": "t1",
         "message_id": "dm/t1/m5", "reactions": [{"emoji": {"unicode": "👍"}, "reactor_emails": ["ayu@contoh.example"]}]},
        {"creator": bima, "created_date": "2016 koľko", "text": "tanggal asing", "topic_id": "t1", "message_id": "dm/t1/m6"},
        {"creator": "bukan objek", "created_date": "Thursday, November 3, 2016 at 1:05:00 PM GMT+07:00", "text": "zona lain",
         "previous_message_versions": [{"text": "versi dulu"}], "topic_id": "t1", "message_id": 7},
    ]
    space = [{"creator": {**bima, "user_type": "Bot"}, "created_date": "Jumat, 4 November 2016 pukul 08.00.00 UTC",
              "text": "pengumuman", "topic_id": "t2", "message_id": "sp/t2/m1"}]
    root = "Takeout/Google Chat"
    return {
        f"{root}/Groups/DM k6oxHQAAAAE/messages.json": dumped({"messages": direct}, indent=2),
        f"{root}/Groups/DM k6oxHQAAAAE/group_info.json": dumped({"members": [ayu, bima]}),
        f"{root}/Groups/DM k6oxHQAAAAE/File-284_account_id=3.jpg": JPEG,
        f"{root}/Groups/Space AAAA86/messages.json": dumped({"messages": space}, indent=2),
        f"{root}/Groups/Space AAAA86/group_info.json": dumped({"name": "Kelas", "members": [ayu, bima]}),
        f"{root}/Users/User 86/user_info.json": dumped({"user": ayu, "membership_info": []}),
    }


def hangouts() -> dict[str, Any]:
    """Hangouts.json with one conversation."""
    def event(n: int, who: str, **more: Any) -> dict[str, Any]:
        return {"conversation_id": {"id": "Ugx86"}, "sender_id": {"gaia_id": who, "chat_id": who},
                "timestamp": str(1_478_174_390_000_000 + n), "self_event_state": {"user_id": {"gaia_id": "1"}},
                "event_id": f"e{n}", "event_type": "REGULAR_CHAT_MESSAGE", **more}

    def words(*segments: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"chat_message": {"message_content": {"segment": list(segments), **more}}}

    picture = {"embed_item": {"id": "1", "plus_photo": {"url": "https://cdn.example.com/p.jpg", "media_type": "PHOTO"}}, "id": "x"}
    return {"conversations": [{
        "conversation": {"conversation_id": {"id": "Ugx86"}, "conversation": {
            "id": {"id": "Ugx86"}, "type": "STICKY_ONE_TO_ONE",
            "self_conversation_state": {"self_read_state": {"participant_id": {"gaia_id": "1", "chat_id": "1"}}},
            "participant_data": [{"id": {"gaia_id": "1", "chat_id": "1"}, "fallback_name": "Ayu"},
                                 {"id": {"gaia_id": "2", "chat_id": "2"}, "fallback_name": "Bima"}]}},
        "events": [
            event(1, "2", **words({"type": "TEXT", "text": "halo"}, {"type": "LINE_BREAK"}, {"type": "TEXT", "text": "kak"})),
            event(2, "1", **words({"type": "LINK", "text": "contoh", "link_data": {"link_target": "https://contoh.example/l"}})),
            event(3, "2", chat_message={"message_content": {"attachment": [picture]}}),
            event(4, "2", event_type="HANGOUT_EVENT", hangout_event={"event_type": "END_HANGOUT"}),
            event(5, "2", event_type="RENAME_CONVERSATION", conversation_rename={"new_name": "Kita", "old_name": ""}),
        ]}]}


# -- X ----------------------------------------------------------------------------------------------------------------


def ytd(name: str, value: Any) -> bytes:
    """A file of an X archive."""
    return f"window.YTD.{name}.part0 = ".encode() + dumped(value, indent=2)


def x_archive() -> Files:
    """An archive with a direct conversation, a group and headers."""
    def create(n: int, sender: str, text: str, **more: Any) -> dict[str, Any]:
        return {"messageCreate": {"recipientId": "1" if sender == "2" else "2", "reactions": [], "urls": [], "text": text,
                                  "mediaUrls": [], "senderId": sender, "id": str(8600 + n),
                                  "createdAt": f"2026-01-05T12:22:{n:02d}.500Z", **more}}

    direct = [{"dmConversation": {"conversationId": "1-2", "messages": [
        create(4, "2", "lihat https://t.co/86", urls=[{"url": "https://t.co/86", "expanded": "https://contoh.example/panjang",
                                                      "display": "contoh.example/panj…"}]),
        create(3, "2", "", mediaUrls=["https://ton.example.com/dm/8603/1/warung.jpg"]),
        create(2, "1", "siapa?", reactions=[{"senderId": "2", "reactionKey": "like", "eventId": "9",
                                             "createdAt": "2026-01-05T12:30:00.000Z"}]),
        create(1, "2", "halo", editHistory=[{"note": "kata dulu"}]),
    ]}}]
    group = [{"dmConversation": {"conversationId": "860", "messages": [
        {"messageCreate": {"text": "pagi", "senderId": "3", "id": "8700", "createdAt": "2026-01-06T01:00:00.000Z", "mediaUrls": 5}},
        {"conversationNameUpdate": {"initiatingUserId": "3", "name": "Kelas", "createdAt": "2026-01-06T00:59:00.000Z"}},
        {"participantsJoin": {"initiatingUserId": "3", "userIds": ["1", "2"], "createdAt": "2026-01-06T00:58:00.000Z"}},
        {"entahApa": "teks"},
    ]}}]
    headers = [{"dmConversation": {"conversationId": "1-2", "messages": [
        {"messageCreate": {"id": "8604", "senderId": "2", "recipientId": "1", "createdAt": "2026-01-05T12:22:04.500Z"}},
        {"messageCreate": {"id": "8599", "senderId": "2", "recipientId": "1", "createdAt": "2026-01-05T12:00:00.000Z"}},
    ]}}]
    return {
        "data/direct-messages.js": ytd("direct_messages", direct),
        "data/direct-messages-group.js": ytd("direct_messages_group", group),
        "data/direct-message-headers.js": ytd("direct_message_headers", headers),
        "data/account.js": ytd("account", [{"account": {"accountId": "1", "username": "ayu86", "accountDisplayName": "Ayu"}}]),
        "data/tweets.js": ytd("tweets", []),
        "data/direct_messages_media/8603-warung.jpg": JPEG,
    }


def _broken(data: bytes, old: bytes, new: bytes) -> bytes:
    if data.count(old) != 1:
        raise ValueError(f"{old!r} must stand once in the sample, not {data.count(old)} times")
    return data.replace(old, new)


def samples() -> dict[str, dict[str, bytes | Files]]:
    """Reader -> name -> a file, or the files of a folder."""
    package, whole, frames = discord_package(), dumped(dce_whole(), indent=2), signal_lines(signal_frames())
    messages = package["messages/c860000000000000101/messages.json"]
    media = {f"files/{hashlib.sha256(JPEG).hexdigest()}.jpg": JPEG, "metadata.json": b'{"version":1}'}
    return {
        "discord_package_json": {
            "package": package,
            "one_broken_record.json": _broken(messages, b'"dua\\nbaris', b'"dua\\xnbaris": "'),
            "cut_off.json": messages[:300],
        },
        "discord_package_csv": {"package": discord_csv()},
        "discord_exporter_json": {
            "export": {"Direct Messages - Bima.json": whole, "chat.json_Files/warung-1A2B3.jpg": JPEG},
            "windows_line_ends.json": whole.replace(b"\n", b"\r\n"),
            "minified_count_differs.json": dumped(dce(dce_whole()["messages"][:2], 5), separators=(",", ":")),
            "invalid_utf8.json": _broken(whole, b"menu hari ini", b"menu \xff hari ini"),
        },
        "tiktok_json": {
            "user_data_tiktok.json": dumped(tiktok(), indent=1), "user_data.json": dumped(tiktok_old()),
            "one_broken_record.json": _broken(dumped(tiktok(), indent=1), b'"hai, lihat videomu"', b'"hai, lihat videomu'),
        },
        "tiktok_txt": {"direct_messages.txt": TIKTOK_TXT.encode(),
                       "invalid_utf8.txt": TIKTOK_TXT.encode().replace(b"UTC seruni.w: halo", b"UTC seruni.w: hal\xff")},
        "snapchat_json": {"my_data": snapchat(), "old_shape.json": dumped(SNAPCHAT_OLD)},
        "signal_jsonl": {
            "export": {"main.jsonl": frames, **media},
            "one_broken_line.jsonl": _broken(frames, b'"siapa?"', b'"siapa?'),
            "cut_off.jsonl": frames[: frames.index(b"hilang besok") + 4],
        },
        "google_chat_json": {"takeout": google_chat()},
        "hangouts_json": {"Hangouts.json": dumped(hangouts(), indent=2)},
        "skype_json": {
            "export": {"messages.json": dumped(skype(), separators=(",", ":")), "endpoints.json": b"{}", "media/0-foto.1.jpg": JPEG,
                       "media/0-foto.json": b"{}"},
            "indented.json": dumped(skype(), indent=2),
            "one_broken_record.json": _broken(dumped(skype(), indent=2), b'"halo &amp; hai"', b'"halo &amp; hai'),
        },
        "x_dm_js": {"archive": x_archive(), "byte_order_mark.js": b"\xef\xbb\xbf" + x_archive()["data/direct-messages.js"]},
    }


def skype() -> dict[str, Any]:
    """Skype's messages.json of 2025: newest first, every form of content that public readers name."""

    def said(at: str, who: str, kind: str, content: str, **more: Any) -> dict[str, Any]:
        return {"id": f"17356896{at.replace(':', '')}", "displayName": None, "originalarrivaltime": f"2025-01-01T{at}.123Z",
                "messagetype": kind, "version": 1735689600000, "content": content, "conversationid": "8:live:seruni", "from": who,
                "properties": None, "amsreferences": None, **more}

    own, other = "8:live:bima", "8:live:seruni"
    talk = [
        said("09:12:00", other, "Text", "apa adanya &amp; <b>tebal</b>"),
        said("09:11:00", other, "RichText", "", properties={"deletetime": 1735722660000, "isserversidegenerated": "True"}),
        said("09:10:00", own, "RichText", 'jam delapan<e_m a="8:live:bima" ts_ms="1735722500000" ts="1735722500" t="61"></e_m>',
             properties={"edittime": 1735722500000}),
        said("09:09:00", other, "RichText", '<quote author="live:bima" authorname="Bima" timestamp="1735689600" conversation="x" '
             'messageid="17356896090000" cuid="1"><legacyquote>[01.01.2025] Bima: </legacyquote>halo &amp; hai'
             '<legacyquote>\n\n&lt;&lt;&lt; '
             '</legacyquote></quote>hai juga <ss type="smile">:)</ss>'),
        said("09:08:00", other, "RichText", '<at id="8:live:bima">Bima</at> lihat '
             '<a href="https://contoh.example/w">warung</a> 5 < 6 <x>'),
        said("09:07:00", own, "RichText", '<b raw_pre="*" raw_post="*">penting</b>\nbaris dua'),
        said("09:06:00", other, "RichText/UriObject", '<URIObject uri="https://api.contoh.example/v1/objects/0-foto" '
             'type="Picture.1" doc_id="0-foto">To view this shared photo, go to: <a href="https://login.contoh.example/0-foto">'
             'https://login.contoh.example/0-foto</a><OriginalName v="foto.jpg"></OriginalName>'
             '<FileSize v="86"></FileSize><meta type="photo" originalName="foto.jpg"></meta></URIObject>', amsreferences=["0-foto"]),
        said("09:05:00", other, "RichText/Media_AudioMsg", '<URIObject uri="https://api.contoh.example/v1/objects/0-suara" '
             'type="Audio.1"></URIObject>', amsreferences=["0-suara"]),
        said("09:04:00", other, "RichText/Location", '<location latitude="-6200000" longitude="106800000" address="Jalan Contoh">'
             "Jalan Contoh</location>"),
        said("09:03:00", other, "RichText/Contacts", '<contacts alt="kontak"><c t="p" f="Wulan" p="+6286011112222"/></contacts>'),
        said("09:02:00", other, "Event/Call", '<partlist type="ended" alt=""><part identity="live:bima"><name>Bima</name>'
             '<duration>61.4</duration></part>'
             '<part identity="live:seruni"><name>Seruni</name><duration>61</duration></part></partlist>'),
        said("09:01:00", other, "ThreadActivity/AddMember", "<addmember><eventtime>1735722060000</eventtime><initiator>8:live:seruni"
             "</initiator><target>8:live:bima</target></addmember>"),
        said("09:00:00", own, "RichText", "halo &amp; hai", displayName="Bima", cuid="kata lain"),
    ]
    return {"userId": own, "exportDate": "2025-04-01T09:00", "conversations": [
        {"id": other, "displayName": "Seruni 🌿", "version": 1, "properties": {"conversationblocked": False}, "threadProperties": None,
         "MessageList": talk},
        {"id": "19:86@thread.skype", "displayName": None, "threadProperties": {"topic": "Kelas", "members": "[]"},
         "MessageList": [said("10:00:00", other, "EndToEndEncryption/EncryptedText", "abc"),
                         said("bukan jam", own, "Poll", "makan apa?")]},
        {"id": "48:notes", "displayName": None, "MessageList": []},
    ]}


def golden(path: Path) -> str:
    """Rows and problems of a sample as JSON lines."""
    from tests.conformance.samples import Sample, read

    with Sample(path.parent.name, path).open() as source:
        rows, reading = read(source)
    lines = []
    for row in rows:
        shown = {k: v for k, v in row.items() if v is not None and k not in ("source_digest", "platform")}
        lines.append({k: v.isoformat() if k in ("sent_at", "edited_at") else v for k, v in shown.items()})
    lines += [{"problem": p.reason, "part": p.part, "start": p.start, "end": p.end} for p in reading.problems]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def written(folder: Path) -> None:
    """Write every sample below `folder`."""
    for reader, named in samples().items():
        for name, data in named.items():
            target = folder / reader / name
            for inside, content in data.items() if isinstance(data, dict) else [("", data)]:
                path = target / inside if inside else target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def golden_name(path: Path) -> Path:
    """Where the rows of a sample stand."""
    return path.with_name(f"{path.name}.jsonl")


if __name__ == "__main__":
    for reader in samples():
        shutil.rmtree(SAMPLES / reader, ignore_errors=True)
    written(SAMPLES)
    for reader, named in samples().items():
        for name in named:
            path = SAMPLES / reader / name
            golden_name(path).write_text(golden(path), encoding="utf-8", newline="")
