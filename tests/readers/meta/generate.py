"""Writes the golden samples of tests/samples/meta_json/ and tests/samples/meta_e2ee_json/ (a test re-runs it and compares).

Non-explicit, made up. Strings are doubly encoded as Meta's exporter does it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "samples"
T0 = 1_700_000_000_000


def doubled(value: Any) -> Any:
    """Every string of `value` as its UTF-8 bytes read as Latin-1: what Meta's exporter writes."""
    if isinstance(value, str):
        return value.encode("utf-8").decode("latin-1")
    if isinstance(value, list):
        return [doubled(v) for v in value]
    if isinstance(value, dict):
        return {k: doubled(v) for k, v in value.items()}
    return value


def thread() -> dict[str, Any]:
    """One thread of message requests, newest first, a record of every kind."""
    ayu, bima = {"sender_name": "Ayu"}, {"sender_name": "Bima 🌿"}
    records: list[dict[str, Any]] = [
        {**bima, "timestamp_ms": T0 + 9_000, "is_unsent": True, "is_geoblocked_for_viewer": False},
        {**ayu, "timestamp_ms": T0 + 8_000, "type": "Call", "call_duration": 0, "missed": True},
        {**bima, "timestamp_ms": T0 + 7_000, "content": "Bima membagikan tautan — café", "type": "Share",
         "share": {"link": "https://contoh.example/b", "share_text": "Warung Dépan"}},
        {**bima, "timestamp_ms": T0 + 6_000, "share": {"link": "https://contoh.example/c"}},
        {**ayu, "timestamp_ms": T0 + 5_000, "photos": [
            {"uri": "your_instagram_activity/messages/message_requests/bima_86001/photos/1.jpg",
             "creation_timestamp": T0 // 1000}]},
        {**ayu, "timestamp_ms": T0 + 4_000, "content": "foto itu 🙂", "videos": [
            {"uri": "your_instagram_activity/messages/message_requests/bima_86001/videos/2.mp4"}],
         "reactions": [{"reaction": "❤", "actor": "Bima 🌿", "timestamp": T0 // 1000 + 5}]},
        {**ayu, "timestamp_ms": T0 + 3_000, "sticker": {"uri": "messages/stickers_used/s.png", "ai_stickers": []}},
        {**bima, "timestamp_ms": T0 + 2_000, "content": "https://contoh.example/d ya",
         "share": {"link": "https://contoh.example/d"}},
        {**ayu, "timestamp_ms": T0 + 1_000, "content": "halo\nkak"},
        {**bima, "timestamp_ms": T0, "type": "Subscribe", "users": [{"name": "Citra"}], "content": "Bima added Citra."},
    ]
    return {
        "participants": [{"name": "Bima 🌿"}, {"name": "Ayu"}], "messages": records, "title": "Bima 🌿",
        "is_still_participant": True, "thread_path": "message_requests/bima_86001", "magic_words": [],
    }


def encrypted() -> dict[str, Any]:
    """One thread of the separate download of encrypted chats."""
    return {
        "participants": ["Ayu", "Bima 🌿"], "threadName": "Bima 🌿", "messages": [
            {"isUnsent": False, "media": [], "reactions": [{"actor": "Ayu", "reaction": "👍"}],
             "senderName": "Bima 🌿", "text": "sudah makan?", "timestamp": T0, "type": "text"},
            {"isUnsent": True, "media": [], "reactions": [], "senderName": "Bima 🌿", "text": "",
             "timestamp": T0 + 1000, "type": "text"},
            {"isUnsent": False, "media": [{"uri": "./media/a.jpeg"}], "reactions": [], "senderName": "Ayu", "text": "",
             "timestamp": T0 + 2000, "type": "media"},
            {"isUnsent": False, "media": [{"uri": "Failed to download media"}], "reactions": [], "senderName": "Ayu",
             "text": "foto itu", "timestamp": T0 + 3000, "type": "media"},
            {"isUnsent": False, "media": [], "reactions": [], "senderName": "Ayu", "text": "pesan tidak tersedia",
             "timestamp": T0 + 4000, "type": "placeholder"},
        ],
    }


def render(value: Any, *, double: bool = True) -> bytes:
    """JSON as the exporter writes it: two spaces a level, everything beyond ASCII escaped."""
    return json.dumps(doubled(value) if double else value, indent=2).encode()


def files() -> dict[str, bytes]:
    """Path under tests/samples -> bytes of every sample."""
    return {
        "meta_json/message_1.json": render(thread()),
        "meta_e2ee_json/Bima_1.json": render(encrypted(), double=False),
    }


if __name__ == "__main__":
    for name, data in files().items():
        (SAMPLES / name).parent.mkdir(parents=True, exist_ok=True)
        (SAMPLES / name).write_bytes(data)
