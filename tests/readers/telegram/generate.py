"""Writes the golden samples of tests/samples/telegram_json/ (run by hand; a test re-runs it and compares).

Non-explicit, made up. `single.json` holds one record of every kind; `full.json` is a full export with an owner.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "samples" / "telegram_json"
T0 = 1_700_000_000


def at(minute: int) -> dict[str, str]:
    """Times of minute n of the conversation: local time of a computer at +07:00, and UTC."""
    hours, minutes = divmod(5 * 60 + 13 + minute, 60)
    return {"date": f"2023-11-15T{hours:02d}:{minutes:02d}:20", "date_unixtime": str(T0 + 60 * minute)}


AYU = {"from": "Ayu", "from_id": "user8600001"}
BIMA = {"from": "Bima 🌿", "from_id": "user8600002"}
NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"


def single() -> dict[str, Any]:
    """One personal chat with a record of every kind the reader tells apart."""
    records: list[dict[str, Any]] = [
        {"id": 1, "type": "service", **at(0), "actor": "Ayu", "actor_id": "user8600001", "action": "joined_telegram",
         "text": "", "text_entities": []},
        {"id": 2, "type": "message", **at(1), **BIMA, "text": "halo, \"apa kabar\"?\nbaik \\ baik",
         "text_entities": []},
        {"id": 3, "type": "message", **at(2), **AYU, "reply_to_message_id": 2,
         "text": ["lihat ", {"type": "text_link", "text": "ini", "href": "https://contoh.example/a"}, " ya"],
         "text_entities": []},
        {"id": 4, "type": "message", **at(3), **AYU, "reply_to_message_id": 999, "text": "foto itu",
         "photo": "photos/photo_1.jpg", "photo_file_size": 5, "width": 1, "height": 1, "text_entities": []},
        {"id": 5, "type": "message", **at(4), **BIMA, "file": NOT_INCLUDED, "file_name": "suara.ogg", "file_size": 77,
         "media_type": "voice_message", "mime_type": "audio/ogg", "duration_seconds": 3, "text": "", "text_entities": []},
        {"id": 6, "type": "message", **at(5), **BIMA, "photo": NOT_INCLUDED, "photo_file_size": 9,
         "self_destruct_period_seconds": 2147483647, "text": "", "text_entities": []},
        {"id": 7, "type": "message", **at(6), "edited": "2023-11-15T05:20:20", "edited_unixtime": str(T0 + 420), **AYU,
         "text": "besok jadi", "text_entities": []},
        {"id": 8, "type": "message", **at(7), "edited": "2023-11-15T05:21:20", "edited_unixtime": str(T0 + 480), **AYU,
         "text": "oke", "text_entities": [], "reactions": [
             {"type": "emoji", "count": 3, "emoji": "👍",
              "recent": [{"from": "Bima 🌿", "from_id": "user8600002", "date": "2023-11-15T05:21:00"}]}]},
        {"id": 9, "type": "message", **at(8), **BIMA, "forwarded_from": "Warung Depan",
         "contact_information": {"first_name": "Citra", "last_name": "", "phone_number": "+62 860 0000 003"},
         "text": "", "text_entities": []},
        {"id": 10, "type": "message", **at(9), **BIMA,
         "location_information": {"latitude": -6.200000, "longitude": 106.816667}, "text": "", "text_entities": []},
        {"id": 11, "type": "message", **at(10), **AYU, "poll": {
            "question": "Makan apa?", "closed": False, "total_voters": 2,
            "answers": [{"text": "soto", "voters": 1, "chosen": True}, {"text": "rawon", "voters": 1, "chosen": False}]},
         "text": "", "text_entities": []},
        {"id": 12, "type": "service", **at(11), "actor": "Bima 🌿", "actor_id": "user8600002", "action": "phone_call",
         "duration_seconds": 35, "discard_reason": "hangup", "text": "", "text_entities": []},
        {"id": 13, "type": "service", **at(12), "actor": "Bima 🌿", "actor_id": "user8600002",
         "action": "take_screenshot", "text": "", "text_entities": []},
        {"id": 14, "type": "service", **at(13), "actor": "Ayu", "actor_id": "user8600001",
         "action": "set_messages_ttl", "period": 86400, "text": "", "text_entities": []},
        {"id": 15, "type": "service", **at(14), "actor": "Ayu", "actor_id": "user8600001", "action": "send_payment",
         "amount": 150000, "currency": "IDR", "text": "", "text_entities": []},
        {"id": 16, "type": "unsupported"},
        {"id": 17, "type": "message", "date": "2023-11-15T05:40:20", "from": None, "from_id": "user8600009",
         "text": "tanpa waktu UTC", "text_entities": [], "field_of_tomorrow": {"a": [1, {"b": None}]}},
    ]
    return {"name": "Bima 🌿", "type": "personal_chat", "id": 8600002, "messages": records}


def full() -> dict[str, Any]:
    """A full export whose owner is Ayu: a current chat, an empty one, a left one."""
    def words(number: int, who: dict[str, str], text: str) -> dict[str, Any]:
        return {"id": number, "type": "message", **at(number), **who, "text": text, "text_entities": []}

    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 8600001, "first_name": "Ayu", "phone_number": "+62 860 0000 001"},
        "contacts": {"about": "", "list": [{"first_name": "messages", "messages": "[{"}]},
        "chats": {"about": "", "list": [
            {"name": "Bima", "type": "personal_chat", "id": 8600002,
             "messages": [words(1, AYU, "sudah makan?"), words(2, BIMA, "belum")]},
            {"type": "saved_messages", "id": 8600001, "messages": []},
        ]},
        "left_chats": {"about": "", "list": [
            {"name": "Arisan", "type": "private_group", "id": 8600777, "messages": [words(1, BIMA, "besok ya")]},
        ]},
    }


def render(value: Any) -> bytes:
    """JSON as the exporter writes it: one space a level, UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")


def files() -> dict[str, bytes]:
    """Name -> bytes of every sample."""
    return {"single.json": render(single()), "full.json": render(full())}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
