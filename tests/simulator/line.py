"""LINE's "Save chat history" text file, in the forms of English, Japanese and Traditional Chinese phones and of a US region.

A title line, the time of saving, then days: a line with the date and weekday, below it TIME TAB NAME TAB WORDS. Words of
several lines stand in double quotes with doubled quotes inside; words of one line stand as typed. Minutes only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.simulator.truth import WIB_MS, Chat, Row, Said
from tests.simulator.whatsapp import Truth, civil


@dataclass(frozen=True)
class Locale:
    """How one phone writes. day(y, m, d, weekday 0 = Monday), clock(h, m); unsent takes the name."""

    title: str
    group: str
    saved: str
    day: Callable[[int, int, int, int], str]
    clock: Callable[[int, int], str]
    media: dict[str, str]
    unsent: str
    missed: str
    location: str
    contact: str
    joined: str


_EN = {"photo": "[Photo]", "video": "[Video]", "voice": "[Voice message]", "sticker": "[Sticker]", "document": "[File]",
       "gif": "[Photo]"}
_JA = {"photo": "[写真]", "video": "[動画]", "voice": "[ボイスメッセージ]", "sticker": "[スタンプ]", "document": "[ファイル]",
       "gif": "[写真]"}
_ZH = {"photo": "[圖片]", "video": "[影片]", "voice": "[語音訊息]", "sticker": "[貼圖]", "document": "[檔案]", "gif": "[圖片]"}
_WEEK_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _clock24(h: int, m: int) -> str:
    return f"{h:02d}:{m:02d}"


LOCALES = {
    "en": Locale("[LINE] Chat history with {}", "[LINE] Chat history in {}", "Saved on: 2026/06/01 10:00",
                 lambda y, m, d, w: f"{y}/{m:02d}/{d:02d}({_WEEK_EN[w]})", _clock24, _EN, "{} unsent a message.",
                 "☎ Missed call", "[Location]", "[Contact]", "{} joined the group."),
    "en_us": Locale("[LINE] Chat history with {}", "[LINE] Chat history in {}", "Saved on: 06/01/2026 10:00",
                    lambda y, m, d, w: f"{_WEEK_EN[w]}, {m:02d}/{d:02d}/{y}",
                    lambda h, m: f"{h % 12 or 12:02d}:{m:02d}{'AM' if h < 12 else 'PM'}", _EN, "{} unsent a message.",
                    "☎ Missed call", "[Location]", "[Contact]", "{} joined the group."),
    "ja": Locale("[LINE] {}とのトーク履歴", "[LINE] {}のトーク履歴", "保存日時：2026/06/01 10:00",
                 lambda y, m, d, w: f"{y}/{m:02d}/{d:02d}({'月火水木金土日'[w]})", _clock24, _JA,
                 "{}がメッセージの送信を取り消しました", "☎ 不在着信", "[位置情報]", "[連絡先]", "{}がグループに参加しました。"),
    "zh_tw": Locale("[LINE] 與{}的聊天記錄", "[LINE] {}的聊天記錄", "儲存日期：2026/06/01 10:00",
                    lambda y, m, d, w: f"{y}/{m:02d}/{d:02d}（{'一二三四五六日'[w]}）".replace("（", "(").replace("）", ")"),
                    lambda h, m: f"{'上午' if h < 12 else '下午'}{h % 12 or 12:02d}:{m:02d}", _ZH, "{}已收回訊息",
                    "☎ 未接來電", "[位置訊息]", "[聯絡資訊]", "{}加入了群組"),
}


def wrapped(text: str) -> str:
    """Words as the app writes them: several lines in quotes, one line as it is."""
    return '"' + text.replace('"', '""') + '"' if "\n" in text else text


def _words(said: Said, locale: Locale, name: str) -> tuple[str, str, bool] | None:
    """(words, kind, named) of an event; None where the app writes none."""
    if said.kind == "text":
        return said.text, "text", True
    if said.kind == "media":
        return locale.media[said.media or "photo"], "media", True
    if said.kind == "deleted":
        return locale.unsent.format(name), "deleted", False
    if said.kind == "call":
        return locale.missed, "call", True
    if said.kind in ("location", "contact"):
        return getattr(locale, said.kind), said.kind, True
    if said.action == "created":
        return locale.joined.format(name), "service", False
    return None


def write_text(chat: Chat, locale_name: str, path: Path, truth: Truth | None = None, eol: str = "\r\n") -> int:
    """Write the export; returns the number of rows."""
    locale = LOCALES[locale_name]
    n, day = 0, -1
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write("\ufeff" + (locale.group if chat.group else locale.title).format(chat.title) + eol + locale.saved + eol)
        for said in chat.said():
            name = chat.members[max(said.who, 0)].name
            made = _words(said, locale, name)
            if made is None:
                continue
            words, kind, named = made
            days, rest = divmod((said.at_ms + WIB_MS) // 1000, 86_400)
            if days != day:
                day = days
                f.write(eol + locale.day(*civil(days), (days + 3) % 7) + eol)
            sender = name if named else ""
            f.write(f"{locale.clock(rest // 3600, rest % 3600 // 60)}\t{sender}\t{wrapped(words)}{eol}")
            if truth is not None:
                attachments: tuple[tuple[str | None, str], ...] = ((None, "omitted"),) if kind == "media" else ()
                truth(Row("line", chat.key, path.name, None, n, name if named else None, words,
                          said.at_ms // 60_000 * 60_000, 60_000, kind, attachments, said.planted, said.signals, said.phase,
                          chat.harmful))
            n += 1
    return n
