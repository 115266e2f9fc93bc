"""WhatsApp "Export chat": .txt alone or a .zip with media, in the locales below, Android and iOS.

Written from the facts on headers and placeholders of the apps, not from what a reader accepts. A phrase that is not known
with confidence in a locale is None: the simulator then writes no such message in that locale.

The export holds no reactions, reply links or message ids; Android has no seconds. Names of media in a zip carry the
kind and the date; the members are tiny and no pictures: a valid signature and a number.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.simulator.truth import WIB_MS, Chat, Row, Said

LRM = "\u200e"
EPOCH_DAYS = 719_468


def civil(days: int) -> tuple[int, int, int]:
    """Days since 1970-01-01 -> (year, month, day) of the proleptic Gregorian calendar."""
    z = days + EPOCH_DAYS
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, day


@dataclass(frozen=True)
class Locale:
    """How one phone writes. day: date of a header; clock: time. order: what a reader would have to be told, if anything.

    Phrases: omitted (Android), omitted_kinds (iOS), attached, deleted_by_me/other, edited, missed, e2e, joined, created.
    """

    name: str
    day: Callable[[int, int, int], str]
    clock: Callable[[int, int, int], str]
    order: str
    omitted: str | None = None
    omitted_kinds: dict[str, str] | None = None
    attached: str | None = None
    deleted: str | None = None
    deleted_me: str | None = None
    edited: str | None = None
    missed: str | None = None
    e2e: str | None = None
    created: str | None = None
    pinned: str | None = None
    location: str | None = None
    line_prefix: str = ""
    separator: str = ", "

    @property
    def ios(self) -> bool:
        return "_ios" in self.name

    @property
    def resolution_ms(self) -> int:
        return 1000 if self.ios else 60_000


_E2E_ID = ("Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini, termasuk WhatsApp, "
           "yang dapat membaca atau mendengarkannya.")
_E2E_EN = ("Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or "
           "listen to them.")
_KINDS_ID = {k: f"{LRM}{w} tidak disertakan" for k, w in {
    "photo": "gambar", "video": "video", "voice": "audio", "sticker": "stiker", "gif": "GIF", "document": "dokumen"}.items()}
_KINDS_EN = {k: f"{LRM}{w} omitted" for k, w in {
    "photo": "image", "video": "video", "voice": "audio", "sticker": "sticker", "gif": "GIF", "document": "document"}.items()}
_ID = {"deleted": "Pesan ini telah dihapus", "deleted_me": "Anda menghapus pesan ini", "edited": " <Pesan ini diedit>",
       "missed": "Panggilan suara tak terjawab", "created": "{a} membuat grup \"{t}\"", "pinned": "{a} menyematkan pesan"}
_EN = {"deleted": "This message was deleted", "deleted_me": "You deleted this message",
       "edited": " <This message was edited>", "missed": "Missed voice call", "created": "{a} created group \"{t}\"",
       "pinned": "{a} pinned a message"}
_IOS_ID = {**_ID, "deleted": f"{LRM}Pesan ini dihapus.", "deleted_me": f"{LRM}Anda menghapus pesan ini.",
           "edited": f" {LRM}<Pesan ini diedit>", "missed": f"{LRM}Panggilan suara tak terjawab"}
_IOS_EN = {**_EN, "deleted": f"{LRM}This message was deleted.", "deleted_me": f"{LRM}You deleted this message.",
           "edited": f" {LRM}<This message was edited>", "missed": f"{LRM}Missed voice call"}
_NNBSP, _NBSP = "\u202f", "\u00a0"


def _h12(h: int) -> int:
    return h % 12 or 12


def _arabic(text: str) -> str:
    return text.translate({48 + i: 0x660 + i for i in range(10)})


def _dmy2(y: int, m: int, d: int) -> str:
    return f"{d:02d}/{m:02d}/{y % 100:02d}"


def _dot(h: int, m: int, s: int) -> str:
    return f"{h:02d}.{m:02d}"


def _dots(h: int, m: int, s: int) -> str:
    return f"{h:02d}.{m:02d}.{s:02d}"


def _colon(h: int, m: int, s: int) -> str:
    return f"{h:02d}:{m:02d}"


LOCALES: dict[str, Locale] = {
    locale.name: locale
    for locale in (
        Locale("id_android", _dmy2, _dot, "dmy", "<Media tidak disertakan>", None, "(file terlampir)",
               e2e=_E2E_ID + " Ketuk untuk info selengkapnya.", location="Lokasi: ", separator=" ", **_ID),
        Locale("id_ios", _dmy2, _dots, "dmy", None, _KINDS_ID, "terlampir", e2e=_E2E_ID, location=f"{LRM}Lokasi: ",
               separator=" ", **_IOS_ID),
        Locale("id_ios_mdy", lambda y, m, d: f"{m}/{d}/{y % 100:02d}", _dots, "mdy", None, _KINDS_ID, "terlampir",
               e2e=_E2E_ID, location=f"{LRM}Lokasi: ", separator=" ", **_IOS_ID),
        Locale("id_ios_comma", lambda y, m, d: f"{d:02d}/{m:02d}/{y}", _dots, "dmy", None, _KINDS_ID, "terlampir",
               e2e=_E2E_ID, location=f"{LRM}Lokasi: ", **_IOS_ID),
        Locale("en_gb_android", lambda y, m, d: f"{d:02d}/{m:02d}/{y}", _colon, "dmy", "<Media omitted>", None,
               "(file attached)", e2e=_E2E_EN + " Tap to learn more.", location="location: ", **_EN),
        Locale("en_us_android", lambda y, m, d: f"{m}/{d}/{y % 100:02d}",
               lambda h, m, s: f"{_h12(h)}:{m:02d} {'AM' if h < 12 else 'PM'}", "mdy", "<Media omitted>", None,
               "(file attached)", e2e=_E2E_EN + " Tap to learn more.", location="location: ", **_EN),
        Locale("en_us_ios", lambda y, m, d: f"{m}/{d}/{y % 100:02d}",
               lambda h, m, s: f"{_h12(h)}:{m:02d}:{s:02d}{_NNBSP}{'AM' if h < 12 else 'PM'}", "mdy", None, _KINDS_EN,
               "attached", e2e=_E2E_EN, location=f"{LRM}Location: ", **_IOS_EN),
        Locale("de_android", lambda y, m, d: f"{d:02d}.{m:02d}.{y % 100:02d}", _colon, "dmy",
               "<Medien ausgeschlossen>", None, "(Datei angehängt)", "Diese Nachricht wurde gelöscht.",
               "Du hast diese Nachricht gelöscht.", None, None,
               "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen oder "
               "anhören, nicht einmal WhatsApp. Tippe, um mehr zu erfahren.", "{a} hat die Gruppe „{t}“ erstellt.", None, None),
        Locale("es_android", lambda y, m, d: f"{d}/{m}/{y}",
               lambda h, m, s: f"{_h12(h)}:{m:02d}{_NNBSP}{'a' if h < 12 else 'p'}.{_NBSP}m.", "dmy", "<Multimedia omitido>",
               None, "(archivo adjunto)", "Se eliminó este mensaje.", "Eliminaste este mensaje.", None, None,
               "Los mensajes y las llamadas están cifrados de extremo a extremo. Nadie fuera de este chat, ni siquiera "
               "WhatsApp, puede leerlos ni escucharlos. Toca para obtener más información.", "{a} creó el grupo \"{t}\"",
               None, None),
        Locale("pt_android", lambda y, m, d: f"{d:02d}/{m:02d}/{y}", _colon, "dmy", "<Mídia oculta>", None,
               "(arquivo anexado)", "Mensagem apagada", None, None, None,
               "As mensagens e as chamadas são protegidas com a criptografia de ponta a ponta e ficam somente entre você e "
               "os participantes desta conversa. Nem mesmo o WhatsApp pode ler ou ouvi-las. Toque para saber mais.",
               "{a} criou o grupo \"{t}\"", None, None),
        Locale("nl_android", lambda y, m, d: f"{d:02d}-{m:02d}-{y}", _colon, "dmy", "<Media weggelaten>", None,
               "(bestand bijgevoegd)", "Dit bericht is verwijderd", "Je hebt dit bericht verwijderd", None, None,
               "Berichten en oproepen worden end-to-end versleuteld. Niemand buiten deze chat kan ze lezen of beluisteren, "
               "zelfs WhatsApp niet. Tik voor meer informatie.", "{a} heeft de groep \"{t}\" gemaakt", None, None,
               separator=" "),
        Locale("ar_ios", lambda y, m, d: _arabic(f"{d}\u200f/{m}\u200f/{y}"),
               lambda h, m, s: _arabic(f"{_h12(h)}:{m:02d}:{s:02d}") + _NBSP + ("ص" if h < 12 else "م"), "dmy",
               line_prefix="\u200f", separator="\u060c "),
    )
}

FILE_NAMES = {"id": "Chat WhatsApp dengan {}.txt", "en": "WhatsApp Chat with {}.txt", "de": "WhatsApp Chat mit {}.txt",
              "es": "Chat de WhatsApp con {}.txt", "pt": "Conversa do WhatsApp com {}.txt", "nl": "WhatsApp Chat met {}.txt",
              "ar": "WhatsApp Chat - {}.txt"}

MEDIA = {  # kind: (Android prefix, iOS word, extension, first bytes)
    "photo": ("IMG", "PHOTO", "jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
    "video": ("VID", "VIDEO", "mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"),
    "voice": ("PTT", "AUDIO", "opus", b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"),
    "sticker": ("STK", "STICKER", "webp", b"RIFF\x1a\x00\x00\x00WEBPVP8L"),
    "document": ("DOC", "BERKAS", "pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"),
    "gif": ("VID", "GIF", "mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x01"),
}


def medium(kind: str, number: int) -> bytes:
    """Bytes of an invented medium: the kind's signature and a number. Shows nothing."""
    return MEDIA[kind][3] + b"saksi simulator %08d" % number


def file_name(chat: Chat, locale: Locale) -> str:
    """The name the app gives to an export's text file."""
    if locale.ios:
        return "_chat.txt"
    return FILE_NAMES[locale.name[:2]].format(chat.title.replace("/", "_"))


class _Writer:
    """Turns events into lines and truth rows."""

    def __init__(self, chat: Chat, locale: Locale, file: str, part: str | None, *, media: bool) -> None:
        self.chat, self.locale, self.file, self.part, self.media = chat, locale, file, part, media
        self.members: list[tuple[str, bytes]] = []
        self.n = 0
        self.eol = "\r\n" if locale.ios else "\n"
        self.names = [self.shown(i) for i in range(len(chat.members))]
        self.title = chat.title
        self._day = (-1, "")
        self._minute = (-1, "")

    def shown(self, i: int) -> str:
        """A member as the export names them: the saved name, or the number wrapped in direction marks."""
        member = self.chat.members[i]
        if member.saved or member.number is None:
            return member.name
        digits = member.number[1:]
        number = f"+62 {digits[2:5]}-{digits[5:9]}-{digits[9:]}"
        return f"\u202a{number}\u202c" if self.locale.ios else number

    def header(self, at_ms: int) -> str:
        """Everything before the sender."""
        local_s = (at_ms + WIB_MS) // 1000
        if self.locale.ios or local_s // 60 != self._minute[0]:
            days, rest = divmod(local_s, 86_400)
            if days != self._day[0]:
                self._day = (days, self.locale.day(*civil(days)))
            clock = self.locale.clock(rest // 3600, rest % 3600 // 60, rest % 60)
            stamp = self._day[1] + self.locale.separator + clock
            self._minute = (local_s // 60, f"[{stamp}] " if self.locale.ios else f"{stamp} - ")
        return self._minute[1]

    def line(self, said: Said) -> tuple[str, Row] | None:
        """The physical lines of an event and its truth row; None where this locale has no phrase for it."""
        if said.kind == "text":
            body, kind, attachments = said.text, "text", ()
            if said.edited and self.locale.edited is not None:
                body += self.locale.edited
        else:
            made = getattr(self, "_" + said.kind)(said)
            if made is None:
                return None
            body, kind, attachments = made
        sender: str | None
        if kind == "service":
            text = body
            before = self.title + ": " + LRM if self.locale.ios else ""
            row_text = LRM + body if self.locale.ios else body
            sender = None
        else:
            sender = self.names[said.who]
            before, text, row_text = sender + ": ", body, body
        mark = LRM if self.locale.ios and kind in ("media", "deleted", "call", "location", "contact") else ""
        prefix = self.locale.line_prefix or (mark if body.startswith(LRM) else "")
        eol = "\n"  # inside a body the app writes what the sender typed
        lines = f"{prefix}{self.header(said.at_ms)}{before}{text.replace(chr(10), eol)}{self.eol}"
        res = self.locale.resolution_ms
        row = Row("whatsapp", self.chat.key, self.file, self.part, self.n, sender, row_text, said.at_ms // res * res, res,
                  kind, attachments, said.planted, said.signals, said.phase, self.chat.harmful)
        self.n += 1
        return lines, row

    def _media(self, said: Said) -> tuple[str, str, tuple[tuple[str | None, str], ...]] | None:
        kind = said.media or "photo"
        android, ios, extension, _ = MEDIA[kind]
        number = len(self.members)
        if self.media and self.locale.attached is not None:
            y, m, d = civil((said.at_ms + WIB_MS) // 86_400_000)
            if self.locale.ios:
                s = (said.at_ms + WIB_MS) // 1000 % 86_400
                stamp = f"{y}-{m:02d}-{d:02d}-{s // 3600:02d}-{s % 3600 // 60:02d}-{s % 60:02d}"
                name = f"{self.n:08d}-{ios}-{stamp}.{extension}"
                body = f"{LRM}<{self.locale.attached}: {name}>"
            else:
                name = f"{android}-{y}{m:02d}{d:02d}-WA{number:04d}.{extension}"
                body = f"{LRM}{name} {self.locale.attached}"
            self.members.append((name, medium(kind, self.chat.number * 10**5 + number)))
            return body, "media", ((name, "present"),)
        body_or_none = (self.locale.omitted_kinds or {}).get(kind) if self.locale.ios else self.locale.omitted
        return None if body_or_none is None else (body_or_none, "media", ((None, "omitted"),))

    def _deleted(self, said: Said) -> tuple[str, str, tuple[tuple[str | None, str], ...]] | None:
        body = self.locale.deleted_me if said.who == 0 else self.locale.deleted
        return None if body is None else (body, "deleted", ())

    def _call(self, said: Said) -> tuple[str, str, tuple[tuple[str | None, str], ...]] | None:
        return None if self.locale.missed is None else (self.locale.missed, "call", ())

    def _location(self, said: Said) -> tuple[str, str, tuple[tuple[str | None, str], ...]] | None:
        if self.locale.location is None:
            return None
        url = "https://maps.google.com/?q=-6.200000,106.816666"
        return self.locale.location + url, "location", ()

    def _contact(self, said: Said) -> None:
        return None

    def _service(self, said: Said) -> tuple[str, str, tuple[tuple[str | None, str], ...]] | None:
        phrase = {"encryption": self.locale.e2e, "created": self.locale.created, "pin": self.locale.pinned}.get(said.action or "")
        if phrase is None:
            return None
        return phrase.format(a=self.names[max(said.who, 0)], t=self.title) if "{" in phrase else phrase, "service", ()


Truth = Callable[[Row], None]


def write_text(chat: Chat, locale: Locale, path: Path, truth: Truth | None = None) -> int:
    """Write a lone .txt without media; returns the number of rows."""
    writer = _Writer(chat, locale, path.name, None, media=False)
    with path.open("w", encoding="utf-8", newline="") as f:
        for lines, row in filter(None, map(writer.line, chat.said())):
            f.write(lines)
            if truth is not None:
                truth(row)
    return writer.n


def write_zip(chat: Chat, locale: Locale, path: Path, truth: Truth | None = None) -> int:
    """Write a .zip as a person shares it: the text, and the media where the export was made with them."""
    name = file_name(chat, locale)
    writer = _Writer(chat, locale, path.name, name, media=chat.with_media)
    buffer = io.StringIO(newline="")
    for lines, row in filter(None, map(writer.line, chat.said())):
        buffer.write(lines)
        if truth is not None:
            truth(row)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for member, data in _members(name, buffer.getvalue(), writer):
            info = zipfile.ZipInfo(member, (2026, 6, 1, 9, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if data[:2] == b"\xff\xd8" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return writer.n


def _members(name: str, text: str, writer: _Writer) -> Iterator[tuple[str, bytes]]:
    yield name, text.encode()
    yield from writer.members
