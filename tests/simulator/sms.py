"""SMS Backup & Restore: sms-….xml with SMS and MMS, and calls-….xml, as the Android app writes them.

One file holds all chats, by time. References for & < > " and line breaks; emoji as two numbered halves (some versions do) or
as they are. A medium is an MMS with base64; a group's messages are MMS to all addresses. Nothing else travels by SMS.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from tests.simulator.truth import WIB_MS, Chat, Row, Said
from tests.simulator.whatsapp import Truth, civil, medium

PROLOG = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!--File Created By SMS Backup & Restore-->\n"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
TYPES = {"photo": ("image/jpeg", "jpg"), "video": ("video/mp4", "mp4"), "voice": ("audio/ogg", "ogg"),
         "sticker": ("image/webp", "webp"), "document": ("application/pdf", "pdf"), "gif": ("video/mp4", "mp4")}


def escaped(text: str, *, halves: bool) -> str:
    """A value as the app writes it."""
    out = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    out = out.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    if not halves or out.isascii():
        return out
    return "".join(c if ord(c) < 0x10000 else f"&#{0xD7C0 + (ord(c) >> 10)};&#{0xDC00 + (ord(c) & 0x3FF)};" for c in out)


def readable(at_ms: int) -> str:
    """The phone's own words for a time (local)."""
    days, rest = divmod((at_ms + WIB_MS) // 1000, 86_400)
    y, m, d = civil(days)
    return f"{d:02d} {MONTHS[m - 1]} {y} {rest // 3600:02d}.{rest % 3600 // 60:02d}.{rest % 60:02d}"


def address_of(chat: Chat) -> str:
    """What the export calls a thread: the other's number, or all numbers of a group."""
    return "~".join(m.number or "+628600000000" for m in chat.members[1:])


class _Writer:
    """Writes messages of one file and their truth."""

    def __init__(self, file: str, truth: Truth | None, *, halves: bool) -> None:
        self.file, self.truth, self.halves, self.n = file, truth, halves, 0

    def element(self, chat: Chat, said: Said) -> str | None:
        """One sms or mms; None for what an SMS cannot carry."""
        if said.kind not in ("text", "media") or (said.kind == "text" and not said.text):
            return None
        own = said.who == 0
        made = (self._mms if said.kind == "media" or chat.group else self._sms)(chat, said, own=own)
        sender = None if own else chat.members[said.who].name
        attachments: tuple[tuple[str | None, str], ...] = ()
        if said.kind == "media":
            attachments = ((self._name(said), "present"),)
        if self.truth is not None:
            self.truth(Row("sms", chat.key, self.file, None, self.n, None if chat.group else sender,
                           said.text if said.kind == "text" else None, said.at_ms, 1, said.kind, attachments, said.planted,
                           said.signals, said.phase, chat.harmful))
        self.n += 1
        return made

    def _name(self, said: Said) -> str:
        return f"berkas_{self.n}.{TYPES[said.media or 'photo'][1]}"

    def _sms(self, chat: Chat, said: Said, *, own: bool) -> str:
        other = chat.members[1]
        name = escaped(other.name, halves=self.halves) if other.saved else "(Unknown)"
        return (f'  <sms protocol="0" address="{address_of(chat)}" date="{said.at_ms}" type="{2 if own else 1}" subject="null" '
                f'body="{escaped(said.text, halves=self.halves)}" toa="null" sc_toa="null" service_center="null" read="1" '
                f'status="-1" locked="0" date_sent="{said.at_ms if own else said.at_ms - 1000}" sub_id="1" '
                f'readable_date="{readable(said.at_ms)}" contact_name="{name}" />\n')

    def _mms(self, chat: Chat, said: Said, *, own: bool) -> str:
        names = escaped(", ".join(m.name for m in chat.members[1:]), halves=self.halves)
        if said.kind == "media":
            kind, _ = TYPES[said.media or "photo"]
            data = base64.b64encode(medium(said.media or "photo", self.n)).decode()
            part = f'      <part seq="0" ct="{kind}" name="{self._name(said)}" chset="null" cl="null" text="null" data="{data}" />\n'
        else:
            body = escaped(said.text, halves=self.halves)
            part = f'      <part seq="0" ct="text/plain" name="null" chset="106" cl="text_0.txt" text="{body}" />\n'
        from_ = "insert-address-token" if own else (chat.members[said.who].number or "+628600000000")
        return (f'  <mms date="{said.at_ms}" msg_box="{2 if own else 1}" address="{address_of(chat)}" sub="null" m_id="null" '
                f'ct_t="application/vnd.wap.multipart.related" read="1" date_sent="{said.at_ms // 1000}" '
                f'readable_date="{readable(said.at_ms)}" contact_name="{names}">\n    <parts>\n'
                f'      <part seq="-1" ct="application/smil" name="null" text="&lt;smil>&lt;/smil>" />\n{part}    </parts>\n'
                f'    <addrs>\n      <addr address="{from_}" type="137" charset="106" />\n    </addrs>\n  </mms>\n')


def _by_time(chats: Sequence[Chat]) -> Iterator[tuple[int, int, Said]]:
    def stream(number: int) -> Iterator[tuple[int, int, Said]]:
        return ((s.at_ms, number, s) for s in chats[number].said())

    return heapq.merge(*(stream(n) for n in range(len(chats))), key=itemgetter(0, 1))


def write_sms(chats: Sequence[Chat], path: Path, truth: Truth | None = None, *, halves: bool = True) -> int:
    """Write sms-….xml; returns the number of rows."""
    writer = _Writer(path.name, truth, halves=halves)
    elements = [made for _, number, said in _by_time(chats) if (made := writer.element(chats[number], said)) is not None]
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write(f'{PROLOG}<smses count="{len(elements)}" backup_set="simulator" backup_date="1780000000000" type="full">\n')
        f.writelines(elements)
        f.write("</smses>")
    return writer.n


def write_calls(chats: Sequence[Chat], path: Path, truth: Truth | None = None) -> int:
    """Write calls-….xml; returns the number of rows."""
    elements = []
    for _, number, said in _by_time(chats):
        chat = chats[number]
        if said.kind != "call" or chat.group:
            continue
        other = chat.members[1]
        name = escaped(other.name, halves=False) if other.saved else "(Unknown)"
        elements.append(f'  <call number="{address_of(chat)}" duration="0" date="{said.at_ms}" type="3" presentation="1" '
                        f'subscription_id="1" readable_date="{readable(said.at_ms)}" contact_name="{name}" />\n')
        if truth is not None:
            truth(Row("calls", chat.key, path.name, None, len(elements) - 1, other.name if other.saved else None, None,
                      said.at_ms, 1, "call", harmful=chat.harmful))
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write(f'{PROLOG}<calls count="{len(elements)}" backup_set="simulator" backup_date="1780000000000" type="full">\n')
        f.writelines(elements)
        f.write("</calls>")
    return len(elements)


def digest_of(kind: str, number: int) -> str:
    """The digest of the medium that message `number` of a file carries."""
    return hashlib.sha256(medium(kind, number)).hexdigest()
