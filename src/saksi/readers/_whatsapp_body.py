"""What a message of a WhatsApp export is: words of a person, or words that the app put there for something else.

`classify(body, bracketed, has_file)` -> Body. The rule above all others: a person's words are never taken for the app's.
A placeholder counts only where it is the whole body or first line, has the app's own shape, or stands behind the
app's own mark (U+200E, U+200F); nothing is ever looked for "somewhere inside". The text itself always stays as it is:
`kind` and `flags` are what this module adds. Behind a mark, words that are not known stay `text` with the flag
`system_marked`. Source: facts FORMATS 1.4 to 1.6; the words are in whatsapp.yaml.

`looks_special` is the same question asked cheaply of whole columns: no false negatives among the shapes above.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.readers._whatsapp_header import BIDI
from saksi.readers._whatsapp_words import words

_NO_BIDI: Final = dict.fromkeys(map(ord, BIDI))
_ANY_BIDI: Final = re.compile(f"[{BIDI}]")
_MARKS: Final = ("\u200e", "\u200f")
_OMITTED: Final = {
    "media_omitted": None, "image_omitted": "image", "video_omitted": "video", "audio_omitted": "audio",
    "sticker_omitted": "sticker", "gif_omitted": "gif", "document_omitted": "document", "contact_omitted": "contact",
    "note_omitted": "video",
}
"""Class of placeholder -> media_type of the attachment it stands for."""

_TYPE_BY_ENDING: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "heic", "bmp", "tif", "tiff"), "image"), "webp": "sticker", "gif": "gif",
    **dict.fromkeys(("mp4", "3gp", "mov", "mkv", "avi", "webm"), "video"), "vcf": "contact",
    **dict.fromkeys(("opus", "m4a", "mp3", "aac", "ogg", "amr", "wav"), "audio"),
}
_TYPE_BY_NAME: Final = {
    "IMG": "image", "VID": "video", "AUD": "audio", "PTT": "audio", "STK": "sticker", "DOC": "document",
    "PHOTO": "image", "VIDEO": "video", "AUDIO": "audio", "GIF": "gif", "STICKER": "sticker",
}
_ANDROID_NAME: Final = re.compile(r"(IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4,}(\.\w{0,8})?")
_IOS_NAME: Final = re.compile(r"\d{8}-(?:([A-Z]+)-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d(?:\.\w{1,8})?|.+)")


@dataclass(frozen=True)
class Medium:
    """An attachment as the body tells it. name: None where the export gives none. omitted: the export left it out."""

    name: str | None
    media_type: str | None
    omitted: bool


@dataclass(frozen=True)
class Body:
    """kind: one of saksi.table.schema.KINDS. flags: what else the body says. media: at most one attachment."""

    kind: str = "text"
    flags: tuple[str, ...] = ()
    media: tuple[Medium, ...] = ()


TEXT: Final = Body()
EDITED: Final = Body("text", ("edited",))


def media_type_of(name: str) -> str:
    """image, video, audio, sticker, gif, contact or document, by WhatsApp's own name, else by the ending."""
    for pattern in (_ANDROID_NAME, _IOS_NAME):
        m = pattern.fullmatch(name)
        if m and m[1] in _TYPE_BY_NAME:
            return _TYPE_BY_NAME[m[1]]
    return _TYPE_BY_ENDING.get(name.rpartition(".")[2].lower(), "document")


def _without_bidi(text: str) -> str:
    return text.translate(_NO_BIDI) if _ANY_BIDI.search(text) else text


def _undotted(text: str) -> str:
    return text[:-1] if text.endswith(".") else text


@dataclass(frozen=True)
class _Tables:
    """whatsapp.yaml in the forms that `classify` looks things up in."""

    whole: dict[str, str]           # phrase without final dot -> class
    file_words: frozenset[str]
    attached_words: frozenset[str]
    location_words: frozenset[str]
    calls: tuple[str, ...]
    missed: tuple[str, ...]
    call_heads: frozenset[str]      # first three letters of either
    encryption: tuple[str, ...]
    edited: re.Pattern[str]
    event: re.Pattern[str]
    titled: re.Pattern[str]


def _event_pattern(patterns: list[str], *, whole: bool) -> re.Pattern[str]:
    parts = [".*?".join(re.escape(piece) for piece in p.split("{x}")) for p in patterns]
    parts = [re.sub(r"^\.\*\?", ".+?", p) for p in parts]
    body = "(?:" + "|".join(parts) + ")"
    return re.compile(body + r"\.?\Z" if whole else body, re.DOTALL)


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    w = words()
    whole: dict[str, str] = {}
    for class_ in (*_OMITTED, "view_once", "deleted", "unsupported", "waiting", "live_location"):
        for phrase in w.of(class_):
            whole[_undotted(phrase)] = class_
    edited = "|".join(re.escape(_undotted(p)) for p in w.of("edited"))
    return _Tables(
        whole, frozenset(w.of("file_attached")), frozenset(w.of("attached")), frozenset(w.of("location")),
        tuple(w.of("call")), tuple(w.of("missed_call")), frozenset(p[:3] for p in w.of("call") + w.of("missed_call")),
        tuple(w.of("encryption")),
        re.compile(rf"(?:\A|[ \n])[{BIDI}]*<[{BIDI}]*(?:{edited})\.?[{BIDI}]*>[{BIDI}]*\Z"),
        _event_pattern(w.of("event"), whole=True), _event_pattern(w.of("titled_event"), whole=False),
    )


def is_titled_event(name: str) -> bool:
    """Whether what stands before the first ": " is not a name but the beginning of an event that quotes a title."""
    return _tables().titled.match(name.translate(_NO_BIDI)) is not None


def _call(plain: str, *, marked: bool) -> Body | None:
    t = _tables()
    if plain[:3] not in t.call_heads or not plain.startswith(t.calls + t.missed):
        return None
    bare = _undotted(plain)
    for phrases, flags in ((t.missed, ("missed",)), (t.calls, ())):
        for phrase in phrases:
            if bare == phrase and (marked or flags):
                return Body("call", flags)
            if marked and plain.startswith((phrase + ",", phrase + ".", phrase + " ")):
                return Body("call", flags)
    return None


_MAPS: Final = re.compile(r"([^\W\d_][^:\n]{0,30}): https://maps\.google\.com/\?q=-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?")
_VENUE: Final = re.compile(r"https://foursquare\.com/v/\w+")


def _location(plain: str, *, marked: bool) -> Body | None:
    if "https://" not in plain:
        return None
    lines = [line.removesuffix("\r") for line in plain.split("\n")]
    m = _MAPS.fullmatch(lines[0])
    if m and (marked or m[1] in _tables().location_words):
        return Body("location")
    if _VENUE.fullmatch(lines[-1]) and len(lines) == 3:
        return Body("location")
    if marked and _VENUE.search(lines[0]) and lines[0].endswith(_VENUE.findall(lines[0])[-1]) and ": https" in lines[0]:
        return Body("location")
    return None


def _omitted(body: str, plain: str, class_: str | None, *, marked: bool, bracketed: bool) -> Body | None:
    """Placeholders for media that were left out: whole body (of `class_`), first line with a caption, or last behind a
    mark."""
    t = _tables()
    if class_ in _OMITTED and (marked or bracketed or plain.startswith("<")):
        return _omitted_body(class_, None)
    if "\n" in plain and (marked or plain.startswith("<")):
        class_ = t.whole.get(_undotted(plain.split("\n", 1)[0].removesuffix("\r")))
        if class_ in _OMITTED:
            return _omitted_body(class_, None)
    before, mark, after = body.rpartition("\u200e")
    class_ = t.whole.get(_undotted(after.translate(_NO_BIDI))) if mark and before else None
    if class_ in _OMITTED and not after.startswith("<"):
        name, dot, _ = before.translate(_NO_BIDI).rpartition(" • ")
        return _omitted_body(class_, name.rpartition("\n")[2] if dot and class_ == "document_omitted" else None)
    return None


def _omitted_body(class_: str, name: str | None) -> Body:
    medium = Medium(name, _OMITTED[class_], omitted=True)
    return Body("contact" if class_ == "contact_omitted" else "media", (), (medium,))


_ANDROID_FILE: Final = re.compile(r"((?:IMG|VID|AUD|PTT|STK|DOC)-[0-9]{8}-WA[0-9]{4,9}\.[a-z0-9]{2,8}) \([a-z]{1,20} [a-z]{1,20}\)")
_FILE_LINE: Final = re.compile(r"(.+) \(([^()]{1,20} [^()]{1,20}|[^()\s]{2,20})\)")
_ATTACHED: Final = re.compile(rf"(\A|[{BIDI}])<([^<>:\n]{{2,24}}): ([^<>\n]+)>")
_ATTACHED_LAST: Final = re.compile(rf"(\A|[{BIDI}])<([^<>\n]+) ([^<>\s]{{2,24}})>")


def _attached(body: str, plain: str, has_file: Callable[[str], bool]) -> Body | None:
    """Media that the export names: `NAME (file attached)` and `<attached: NAME>` in any language."""
    if ")" not in plain and ">" not in body:
        return None
    t = _tables()
    first = plain.split("\n", 1)[0].removesuffix("\r")
    name: str | None = None
    if not first.endswith(")") and ">" not in body:
        return None
    if (m := _FILE_LINE.fullmatch(first)) and (
        m[2] in t.file_words or _ANDROID_NAME.fullmatch(m[1]) or has_file(m[1])
    ):
        name = m[1]
    elif m := _ATTACHED.search(body):
        said, file = m[2].translate(_NO_BIDI), m[3].translate(_NO_BIDI)
        own = bool(m[1]) or m.end() == len(body.split("\n", 1)[0].removesuffix("\r"))
        if own and (said in t.attached_words or _IOS_NAME.fullmatch(file) or has_file(file)):
            name = file
    elif m := _ATTACHED_LAST.search(body):
        file = m[2].translate(_NO_BIDI)
        if m[3].translate(_NO_BIDI) in t.attached_words and ("." in file or has_file(file)):
            name = file
    return None if name is None else _named_file(name)


def _named_file(name: str) -> Body:
    kind = media_type_of(name)
    return Body("contact" if kind == "contact" else "media", (), (Medium(name, kind, omitted=False),))


_POLL_OPTION: Final = re.compile(rf"[{BIDI}]+([^\W\d_]+): .+ \(\d+ [^()]+\)")


def _is_poll(body: str, plain: str) -> bool:
    """`POLL:` line, question, then marked `OPTION: words (n votes)` lines, in capitals of any language."""
    lines = [line.removesuffix("\r") for line in body.split("\n")]
    head = plain.split("\n", 1)[0].removesuffix("\r")
    if len(lines) < 3 or not head.endswith(":") or not head[:-1].isupper() or not head[:-1].isalpha():
        return False
    options = [m for m in map(_POLL_OPTION.fullmatch, lines[2:]) if m]
    return bool(options) and all(m[1].isupper() for m in options)


def _before_last_angle(body: str) -> int:
    """Where a mark "<...>" at the end of `body` can begin: a character before the last "<" and its direction marks."""
    return max(0, len(body[: max(0, body.rfind("<"))].rstrip(BIDI)) - 1)


def classify(body: str, *, bracketed: bool, has_file: Callable[[str], bool], group_says: bool = False) -> Body:
    """What `body` is. bracketed: iOS form. has_file: whether the export holds a file of that name. group_says: the
    sender is the group itself (iOS writes events under the group's title)."""
    if (m := _ANDROID_FILE.fullmatch(body)) is not None:  # the commonest of all: what the rules below would find
        return _named_file(m[1])
    t = _tables()
    flags: tuple[str, ...] = ()
    if body.rstrip(BIDI).endswith(">") and (m := t.edited.search(body, _before_last_angle(body))):
        body, flags = body[: m.start()].removesuffix("\r"), ("edited",)
    found = _classify(body, bracketed=bracketed, has_file=has_file, group_says=group_says)
    if not flags:
        return found
    return EDITED if found is TEXT else Body(found.kind, (*found.flags, *flags), found.media)


def _classify(body: str, *, bracketed: bool, has_file: Callable[[str], bool], group_says: bool) -> Body:
    t = _tables()
    marked = body.startswith(_MARKS)
    plain = _without_bidi(body)
    class_ = t.whole.get(_undotted(plain))
    if class_ == "deleted":
        return Body("deleted")
    if class_ == "view_once" and (marked or plain == "null"):
        return Body("media", ("view_once",), (Medium(None, None, omitted=True),))
    if class_ in ("unsupported", "waiting") and (marked or bracketed or class_ == "unsupported"):
        return Body("service", (class_,))
    if class_ == "live_location":
        return Body("location", ("live",))
    found = (
        _omitted(body, plain, class_, marked=marked, bracketed=bracketed) or _attached(body, plain, has_file)
        or _location(plain, marked=marked) or _call(plain, marked=marked)
    )
    if found is not None:
        return found
    if marked and _is_poll(body, plain):
        return Body("poll")
    if (marked or bracketed) and plain.startswith(t.encryption):
        return Body("service")
    if marked and (group_says or t.event.match(plain)):
        return Body("service")
    return Body("text", ("system_marked",)) if marked else TEXT


def classify_event(text: str) -> Body:
    """What a line without a sender is: a call or any other event of the app."""
    plain = text.translate(_NO_BIDI)
    return _call(plain, marked=True) or Body("service")


def same_name(name: str) -> str:
    """The form in which file names are compared: NFC, without direction marks (zips hold either form)."""
    return unicodedata.normalize("NFC", name.translate(_NO_BIDI))


# ---- the same question for whole columns -------------------------------------------------------------------------

_HASH: Final = np.uint32(2654435761)
_SLOT_BITS: Final = 20
"""2^20 slots for some 500 phrases: one body in 2,000 is looked at in vain, and the tables stay in a processor's cache."""


@lru_cache(maxsize=1)
def _luts() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """By hash of the first four bytes and the length: a whole phrase; by hash of the first four bytes: a phrase with a
    tail."""
    w = words()
    exact = np.zeros(1 << _SLOT_BITS, dtype=np.bool_)
    open_ended = np.zeros(1 << _SLOT_BITS, dtype=np.bool_)

    def slot(phrase: str, length: int) -> npt.NDArray[np.uint32]:
        raw = phrase.encode()[:4].ljust(4, b"\0")
        return _slots(np.frombuffer(raw, "<u4"), np.array([length]))

    for phrase in [*_tables().whole, *w.of("missed_call")]:
        size = len(_undotted(phrase).encode())
        for length in (size, size + 1):  # with and without the final dot
            exact[slot(phrase, length)] = True
    for phrase in [*w.of("encryption"), *(f"{word}: " for word in w.of("location"))]:
        open_ended[slot(phrase, 0)] = True
    return exact, open_ended


def _slots(quad: npt.NDArray[np.uint32], length: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """Where a body of `length` bytes that begins with `quad` stands in a table of 2^_SLOT_BITS."""
    slots: npt.NDArray[np.uint32] = ((quad ^ (length.astype(np.uint32) << np.uint32(20))) * _HASH
                                     + length.astype(np.uint32) * np.uint32(40503)) >> np.uint32(32 - _SLOT_BITS)
    return slots


def looks_special(
    buf: npt.NDArray[np.uint8], start: npt.NDArray[np.int64], first_end: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Which bodies `classify` may call anything but plain text, as far as their edges tell.

    start, first_end, end: bounds of body and of its first line in `buf`, without line ends; `buf` is padded. Marks and
    venues inside a body are found by the caller (`whatsapp_txt`).
    """
    exact, open_ended = _luts()
    quad: npt.NDArray[np.uint32] = np.ndarray((len(buf) - 3,), "<u4", buf.data, 0, (1,))[start]
    special = exact[_slots(quad, first_end - start)]
    special |= open_ended[(quad * _HASH) >> np.uint32(32 - _SLOT_BITS)]
    lead = quad & np.uint32(0xFF)
    special |= (lead == 0xE2) & (((quad >> np.uint32(8)) & np.uint32(0xFE)) == 0x80)  # U+200E…, U+2066…: direction marks
    special |= lead == 0x3C  # <
    last_first, last = buf[first_end - 1], buf[end - 1]
    special |= (last_first == 0x29) | (last_first == 0x3E) | (last == 0x3E)  # ) and >
    return special
