"""Contact cards (vCard 2.1, 3.0, 4.0): an address book or a card that somebody sent.

    BEGIN:VCARD
    VERSION:3.0
    FN:Sari
    TEL;TYPE=CELL:+62 860-1111-2222
    END:VCARD

The rules, in order (docs/formats/contacts.md):

1. Each card from BEGIN to END (to the next BEGIN where END is missing) is a row of kind contact; blank lines between are
   container, other text is kept as unparsed.
2. Lines that begin with a space or tab continue the line above; in quoted-printable a line that ends with "=" goes on.
3. Text is the name as shown (FN, else N); every further property with words is a child row, flag `field:<property>`: so a
   number or an address can be found and cited. Encodings (quoted-printable with its charset, backslashes) are undone.
4. PHOTO, LOGO, SOUND and KEY, and base64 elsewhere that is no text, are attachments with size and digest; they are never
   looked at, nor shown as words where the card forgets to say that they are base64. A link to one is a child row.
5. A card has no sender and no time. VERSION, PRODID, REV and UID are not words.

Beside a WhatsApp chat a card is that chat's attachment, not a source of its own (`gives_way`).
Versions tested: 2.1, 3.0, 4.0 as phones write them. References: RFC 6350, RFC 2426, vCard 2.1.
"""

from __future__ import annotations

import binascii
import hashlib
import quopri
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from saksi import limits
from saksi.parts import Part, Source, looks_like
from saksi.readers._lines import Line, head_lines, part_lines, shown
from saksi.readers._records import Alone, Record, container, cut_inside, read_records, unparsed
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "contacts"
_BEGIN: Final = "BEGIN:VCARD"
_END: Final = "END:VCARD"
_PROPERTY: Final = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;(?:[^:;\"]++|\"[^\"]*+\")*+)*+):(.*)", re.DOTALL)
_NO_WORDS: Final = frozenset({"VERSION", "PRODID", "REV", "UID", "BEGIN", "END", "X-ABUID", "SORT-STRING", "CLIENTPIDMAP"})
_MEDIA: Final = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "key"}
_DATA_URI: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_BARE: Final = re.compile(r"[A-Za-z0-9+/\s]{64,}={0,2}")
_CUT: Final = ({"*"}, {"\u2a2a"})
"""What stands where a case cut a medium out, in UTF-8 and in UTF-16."""

_ESCAPE: Final = re.compile(r"\\([\\,;:nN])")


class Property(NamedTuple):
    """One property. parameters: upper case, as `NAME=VALUE` or the bare word. value: lines joined, encoding not undone."""

    name: str
    parameters: tuple[str, ...]
    value: str
    start: int
    end: int
    repair: str | None


def _is_quoted(head: str) -> bool:
    return "QUOTED-PRINTABLE" in head.upper().partition(":")[0]


def properties(lines: Sequence[Line]) -> Iterator[Property]:
    """The properties of a card's lines; what is none is left to the span."""
    joined: list[tuple[str, int, int, str | None]] = []
    for line in lines:
        text = line.text or ""
        if joined and text[:1] in (" ", "\t"):
            before, start, _, repair = joined[-1]
            joined[-1] = (before + text[1:], start, line.end, repair or line.repair)
        elif joined and joined[-1][0].endswith("=") and _is_quoted(joined[-1][0]):
            before, start, _, repair = joined[-1]
            joined[-1] = (before[:-1] + text, start, line.end, repair or line.repair)
        else:
            joined.append((text, line.start, line.end, line.repair))
    for text, start, end, repair in joined:
        match = _PROPERTY.fullmatch(text)
        if match is not None:
            parameters = tuple(p.strip().upper() for p in match[2].split(";") if p.strip())
            yield Property(match[1].upper(), parameters, match[3], start, end, repair)


def words_of(prop: Property) -> tuple[str, str | None]:
    """A property's value as it was typed, and how what is no text in it is shown."""
    value = prop.value
    if any(p in ("QUOTED-PRINTABLE", "ENCODING=QUOTED-PRINTABLE") for p in prop.parameters):
        raw = quopri.decodestring(value.encode("utf-8", "surrogatepass"))
        charset = next((p[8:] for p in prop.parameters if p.startswith("CHARSET=")), "UTF-8")
        text, repair = _decoded(raw, charset)
        return text, prop.repair or repair
    return _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], value), prop.repair


def _decoded(raw: bytes, charset: str) -> tuple[str, str | None]:
    """`raw` as text; as UTF-8 where the card names no charset that there is, or one (UTF-7) that makes half a character."""
    try:
        text = raw.decode(charset)
        text.encode()
    except (LookupError, ValueError):
        return shown(raw)
    return text, None


def _is_medium(prop: Property) -> bool:
    """Whether a value is a medium and no words: said to be base64, or long and nothing but base64 where a medium stands."""
    if any(p in ("BASE64", "ENCODING=BASE64", "ENCODING=B") for p in prop.parameters) or _DATA_URI.match(prop.value):
        return prop.name in _MEDIA or not _is_words(prop.value)
    return prop.name in _MEDIA and (_BARE.fullmatch(prop.value) is not None or set(prop.value) in _CUT)


def _is_words(base64: str) -> bool:
    """Whether base64 at a place for words (a name, a note) holds words."""
    raw = _unwrapped(base64)
    return raw is not None and looks_like(raw) is None and b"\0" not in raw and shown(raw)[1] is None


def _kind_of(prop: Property) -> str | None:
    kind = _MEDIA.get(prop.name)
    return "document" if kind == "key" else kind


def _unwrapped(value: str) -> bytes | None:
    """The bytes of a base64 value; None where it is none."""
    try:
        return binascii.a2b_base64(
            re.sub(r"\s", "", _DATA_URI.sub("", value, count=1)).encode("ascii"), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def _attachment(part: Part, prop: Property) -> dict[str, Any]:
    """The struct of a medium inside a card; one that a case cut out is known by its place."""
    entry: dict[str, Any] = {
        "name": None, "digest": None, "media_type": _kind_of(prop), "size": None, "state": "refused"}
    cut = cut_inside(part, prop.start, prop.end)
    if cut is not None:
        return {**entry, "digest": cut.digest, "size": cut.size, "state": "present" if cut.digest else "refused"}
    raw = _unwrapped(prop.value)
    if raw is None:
        return entry
    return {**entry, "digest": hashlib.sha256(raw).hexdigest(), "size": len(raw), "state": "present"}


def _shown_name(prop: Property) -> tuple[str, str | None]:
    """The words of a name, and how they were repaired; N's parts in their order, joined by spaces."""
    words, repair = words_of(prop)
    return words if prop.name != "N" else " ".join(w.strip() for w in words.split(";") if w.strip()), repair


def card(part: Part, lines: Sequence[Line], *, whole: bool) -> Record:
    """The row of one card. whole: it has its END."""
    row = Record(lines[0].start, lines[-1].end, "contact", reasons=() if whole else ("truncated",))
    found = list(properties(lines))
    name = next((p for n in ("FN", "N") for p in found if p.name == n and p.value.strip(" ;")), None)
    row.text, row.repair = (None, None) if name is None else _shown_name(name)
    if any(p.repair is not None for p in found):
        row.reasons = (*row.reasons, "invalid_utf8")
    for prop in found:
        if prop is name or prop.name in _NO_WORDS or not prop.value.strip(" ;"):
            continue
        if _is_medium(prop):
            row.attachments = [*(row.attachments or ()), _attachment(part, prop)]
            continue
        words, repair = words_of(prop)
        if prop.name == "N" and all(w.strip() in (row.text or "") for w in words.split(";")):
            continue
        row.children.append(
            Record(row.start, row.end, "contact", words, repair, flags=[f"field:{prop.name.lower()}"])
        )
    return row


def _records(part: Part) -> Iterator[Record]:
    lines: list[Line] = []
    inside, size = False, 0
    for line in part_lines(part):
        mark = (line.text or "").strip().upper()
        if mark == _BEGIN and inside:
            yield from _closed(part, lines, size, whole=False)
            lines, size = [], 0
        if inside and mark and not line.ending and _BEGIN.startswith(mark) and mark != _BEGIN:
            yield from _closed(part, lines, size, whole=False)
            lines, size, inside = [], 0, False
            yield unparsed(line.start, line.end, line.text, line.repair, "truncated")
        elif mark == _BEGIN or inside:
            inside = mark != _END
            size += line.end - line.start
            lines = [*lines[:1], line] if size > limits.MESSAGE_BYTES_MAX else lines
            if size <= limits.MESSAGE_BYTES_MAX:
                lines.append(line)
            if not inside:
                yield from _closed(part, lines, size, whole=True)
                lines, size = [], 0
        elif not mark:
            yield container(line.start, line.end)
        else:
            yield unparsed(line.start, line.end, line.text, line.repair, "broken_structure")
    if inside:
        yield from _closed(part, lines, size, whole=False)


def _closed(part: Part, lines: list[Line], size: int, *, whole: bool) -> Iterator[Record]:
    if size > limits.MESSAGE_BYTES_MAX or any(line.text is None for line in lines):
        yield unparsed(lines[0].start, lines[-1].end, None, None, "oversize_message")
    else:
        yield card(part, lines, whole=whole)


class ContactsVcf(Alone):
    """The reader (see the module)."""

    name = "contacts_vcf"
    gives_way = True

    def recognise(self, part: Part) -> Evidence | None:
        """The beginning of a card."""
        first = next((line for line in head_lines(part, 40) if line.strip()), "")
        return Evidence("vcard") if first.strip().upper() == _BEGIN else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            name = part.name or source.name
            title = re.sub(r"\.(?:vcf|vcard)\Z", "", name, flags=re.IGNORECASE) or None
            yield from read_records(source, part, settings, PLATFORM, _records, title=title, dated=False)


reader = ContactsVcf()
