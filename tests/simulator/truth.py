"""What the simulator knows: events, people, chats, phones; and the rows of truth.jsonl.

Times are milliseconds since 1970 UTC; the phone's zone is a fixed offset (Indonesia has no daylight saving).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

WIB_MS = 7 * 3_600_000
"""Offset of WIB (Asia/Jakarta) to UTC, milliseconds."""


class Planted(NamedTuple):
    """An identifier that stands in a text. kind and canonical value as in the message table's contract."""

    kind: str
    value: str
    as_written: str


class Said(NamedTuple):
    """One event of a chat, before any format. who: index into Chat.members, -1: nobody (the app itself).

    kind: text, deleted, call, service, location, contact, poll, media. media: photo, video, voice, sticker, document,
    gif for kind media. action: what a service event is (joined, left, created, encryption, screenshot, timer, pin).
    reply: how many events back it answers, 0: none. signals: ids of the taxonomy that a reader of this message should
    mark; phase: the phase this message carries. rich: text is written as a list of formatted runs where an app can.
    """

    at_ms: int
    who: int
    text: str
    kind: str = "text"
    planted: tuple[Planted, ...] = ()
    signals: tuple[str, ...] = ()
    phase: str | None = None
    media: str | None = None
    action: str | None = None
    reply: int = 0
    edited: bool = False
    rich: bool = False
    reactions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Member:
    """An account in a chat. name: as the owner's phone shows it. number: E.164, None where the app shows none.

    person: key of the human behind it (two accounts of one person share it). tg_id: Telegram's user number.
    """

    name: str
    person: str
    number: str | None = None
    handle: str | None = None
    tg_id: int = 0
    saved: bool = True


@dataclass
class Chat:
    """A thread. members[0] is the phone's owner. said: makes a fresh stream of events, the same every time.

    section: Meta's folder. with_media: whether the export was made with media. harmful: a scene with phases is in it.
    kind: the Telegram chat type, for groups and channels too.
    """

    key: str
    app: str
    title: str
    members: list[Member]
    said: Callable[[], Iterator[Said]]
    group: bool = False
    section: str = "inbox"
    with_media: bool = True
    harmful: bool = False
    kind: str = "personal_chat"
    number: int = 0


@dataclass
class Phone:
    """A phone and what is true about it. phases: {chat key: [phases]}; accounts: {person: [account names]}."""

    seed: int
    owner: str
    at_risk: str
    chats: list[Chat]
    phases: dict[str, list[str]] = field(default_factory=dict)
    accounts: dict[str, list[str]] = field(default_factory=dict)
    zone: str = "Asia/Jakarta"


class Row(NamedTuple):
    """A line of truth.jsonl: one row that the message table must hold.

    n: position of the message in its file, file order. text: as the export holds it, None where it holds none.
    utc_ms: cut to what the format can say (`resolution_ms`). attachments: (name or None, state). child: reactions.
    """

    app: str
    chat: str
    file: str
    part: str | None
    n: int
    sender: str | None
    text: str | None
    utc_ms: int
    resolution_ms: int
    kind: str
    attachments: tuple[tuple[str | None, str], ...] = ()
    planted: tuple[Planted, ...] = ()
    signals: tuple[str, ...] = ()
    phase: str | None = None
    harmful: bool = False


_quote = json.encoder.encode_basestring_ascii
_optional = json.dumps


def row_line(row: Row) -> str:
    """A truth row as one line of JSON (keys in the order of Row)."""
    app, chat, file, part, n, sender, text, utc_ms, res, kind, attachments, planted, signals, phase, harmful = row
    line = (
        f'{{"app":"{app}","chat":{_quote(chat)},"file":{_quote(file)},'
        f'"part":{"null" if part is None else _quote(part)},"n":{n},'
        f'"sender":{"null" if sender is None else _quote(sender)},"text":{"null" if text is None else _quote(text)},'
        f'"utc_ms":{utc_ms},"resolution_ms":{res},"kind":"{kind}","harmful":{"true" if harmful else "false"}'
    )
    if attachments:
        line += f',"attachments":{_optional(attachments)}'
    if planted:
        line += f',"planted":{_optional(planted)}'
    if signals:
        line += f',"signals":{_optional(signals)}'
    if phase:
        line += f',"phase":"{phase}"'
    return line + "}\n"


def row_from(record: dict[str, Any]) -> Row:
    """The inverse of `row_line` after json.loads."""
    return Row(
        record["app"], record["chat"], record["file"], record["part"], record["n"], record["sender"], record["text"],
        record["utc_ms"], record["resolution_ms"], record["kind"],
        tuple((a, b) for a, b in record.get("attachments", ())),
        tuple(Planted(*p) for p in record.get("planted", ())),
        tuple(record.get("signals", ())), record.get("phase"), record["harmful"],
    )
