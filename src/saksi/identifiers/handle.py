"""Handles: account names on a platform. value: "@name" in lower case (platforms take handles regardless of case).

Accepted, each with its reason: "@name" on a platform whose accounts have handles (Telegram, Instagram, X, TikTok …); "@name"
near a word for such a platform or for account; "@name" whose shape only a handle has (digit, underscore or dot inside a
name); "ig: name", "tele @name", "id line: name" (the name after a platform word and a sign that introduces it).

Not handles: e-mail addresses, "@5rb" and "@ 10.000" (each …), "@rumah" (at home), WhatsApp mentions of a number
(@62…: the phone finder's).
"""

from __future__ import annotations

import re
from typing import Final

from saksi.identifiers.hit import Hit, Line, Spans

_PLATFORM_WORDS: Final = (
    r"ig|insta|instagram|tele|telegram|tg|line|id line|twitter|tiktok|tik tok|fb|facebook|messenger|snap|snapchat|discord|michat|"
    r"wechat|kik|threads|youtube|bigo|x"
)
GATE: Final = (
    r"[@\x{FF20}][A-Za-z]"
    rf"|(?i:\b(?:{_PLATFORM_WORDS}|akun|username|uname|user|nick)(?: ?(?:ku|nya|gue|aku|saya|gw|id|baru))?\s?[:=])"
)

_AT: Final = re.compile(r"(?<![\w.@/+\-])@([a-z](?:[a-z0-9_]|\.(?=[a-z0-9_])){1,31})(?![\w@])(?!\.[a-z0-9])", re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"(?<![a-z0-9_@./])(?P<word>{_PLATFORM_WORDS}|akun|username|uname)(?: ?(?:ku|nya|gue|aku|saya|gw|id|baru))? ?(?:[:=]|：) ?@?"
    r"(?P<name>[a-z0-9_](?:[a-z0-9_]|\.(?=[a-z0-9_])){2,31})(?![\w@/:])(?!\.[a-z0-9])"
)
_CONTEXT: Final = re.compile(
    rf"(?<![a-z])(?:{_PLATFORM_WORDS}|akun|akunku|akunnya|username|uname|user|dm|follow|follback|folbek|add|japri"
    r"|chat ke|hubungi|cari)(?![a-z])"
)
_EACH: Final = re.compile(r"(?:rb|ribu|jt|juta|k)(?:an)?\Z")
_PLATFORMS: Final = frozenset(("telegram", "instagram", "twitter", "x", "tiktok", "discord", "threads", "meta"))
_WINDOW_CHARS: Final = 40

_NOT_NAMES: Final = frozenset((
    "semua", "semuanya", "everyone", "all", "here", "channel", "siapa", "apa", "aja", "kok", "yang", "ini", "itu", "ada",
    "nanti", "dong", "dulu", "lagi", "sudah", "udah", "belum", "bukan", "tidak", "gak", "nggak", "rumah", "kantor", "sekolah",
    "home", "http", "https", "www", "saya", "aku", "kamu", "dia", "kita", "kami", "baru", "lama", "private", "dikunci", "kena",
    "hilang", "punya", "tolong", "jangan", "the", "not", "what", "who", "mau", "bisa", "oke", "off", "on",
))
"""Ordinary words after "ig:" or "@": never a handle by themselves."""


def find(line: Line) -> list[Hit]:
    """All handles of the message."""
    text, low = line.folded, line.low
    hits: list[Hit] = []
    spans = Spans()
    for match in _AT.finditer(text):
        name = match.group(1).lower()
        reason = _at_reason(line, name, match.start(), match.end())
        if reason is not None:
            hits.append(Hit("handle", f"@{name}", match.start(), match.end(), reason))
            spans.add(match.start(), match.end())
    for match in _NAMED.finditer(low):
        name, start, end = match.group("name"), match.start("name"), match.end("name")
        start -= text[start - 1] == "@"
        if name in _NOT_NAMES or not re.search(r"[a-z]", name) or spans.overlap(start, end):
            continue
        if match.group("word") == "x" and re.fullmatch(r"[a-z]+", name):
            continue  # "x: ya" in lists and speaker marks
        hits.append(Hit("handle", f"@{name}", start, end, "handle_named"))
    return [h for h in hits if not line.taken(h.start, h.end, ("email", "link", "invite", "crypto", "qris"))]


def _at_reason(line: Line, name: str, start: int, end: int) -> str | None:
    """Why "@name" is a handle, or None."""
    if name in _NOT_NAMES:
        return None
    if line.platform is not None and line.platform.lower() in _PLATFORMS:
        return "handle_platform"
    if re.search(r"[0-9_.]", name) and not _EACH.fullmatch(name):
        return "handle_shape"
    before, behind = line.low[max(0, start - _WINDOW_CHARS) : start], line.low[end : end + _WINDOW_CHARS]
    return "handle_context" if _CONTEXT.search(before) or _CONTEXT.search(behind) else None
