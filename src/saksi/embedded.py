"""Media inside texts: where they are, so that a case keeps the words and not the picture (DESIGN promise 3).

    media_spans(opener, size)      -> [(start, length)]   a text part, looked at to its end, block by block
    measured(opener, spans)        -> [(size, digest)]    each of them, taken out of its wrapping
    packed_end(info, raw, …)       -> (end, whole)        where a zip member's data really ends

Three shapes are found. *Raw*: a stretch that no text encoding makes (control characters over a share that text never
has), from the nearest known signature in front of it to its end. *Base64*: a data URI, a contact card's photo or any long
run whose first bytes decode to a known signature, also where a saved page (MHTML) folds it with "=" at the ends of lines or
writes "%2F"; what a data URI or a MIME header declares to be a picture, sound or film, whatever its first bytes are; a run
that decodes to a text with such a data URI in it; and, whatever it decodes to but text, a run where formats keep media
(`data="…"` of an MMS, a contact card's PHOTO, LOGO or SOUND). *Quoted-printable*: a known signature and what follows it. NUL
runs alone are no medium: they are what a cut-off copy leaves. Runs under about half a kibibyte are not looked for: no
picture fits. A web archive (WARC) is looked at record by record; a packed body that holds a medium is one as a whole.

In UTF-16 (a text saved again) all but raw stretches are looked for among the characters; what is no text begins where halves
of surrogate pairs are frequent: random bytes have one in 32, a person's text one where an emoji was cut.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from saksi import mime
from saksi.parts import looks_like, utf16_order

WINDOW: Final = 256
"""Bytes of one look: a run of 511 bytes always fills one window whole."""

CONTROL_MAX: Final = 12
"""Control characters of a window that are still text. Random bytes have 23 of 256, text none; emoji joiners have none."""

OTHER_MAX: Final = 16
"""Bytes outside the base64 alphabet in a window that may still be base64: line folds, and "\\/" as JSON writes "/"."""

JOIN: Final = 64 * 1024
"""Raw stretches closer than this are one medium: pictures carry readable passages (XMP) of some kibibytes."""

BLOCK: Final = 1 << 20
BACK: Final = 4096
"""How far in front of the first raw window a signature is looked for: headers and their readable fields."""

MEASURED_MAX: Final = 256 << 20
"""A medium inside a text that is longer than this is not measured: it would have to be held whole."""

HEAD: Final = 64 * 1024
SMALL: Final = 128
"""Bytes of a mail body below which no picture fits."""

_OTHER_THAN_B64: Final = re.compile(rb"[^A-Za-z0-9+/=\\\s]")

_CONTROL: Final = bytes(
    1 if (b < 0x20 and b not in (0, 7, 8, 9, 10, 11, 12, 13, 0x1B)) or b == 0x7F else 0 for b in range(256)
)
_CONTROLS: Final = bytes(b for b in range(256) if _CONTROL[b])
_B64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_")
_OTHER: Final = bytes(0 if b in _B64 else 1 for b in range(256))

RAW_START: Final = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....(?:WEBP|WAVE|AVI )|....ftyp|\x1aE\xdf\xa3|OggS\0|ID3[\2-\4]|fLaC\0|#!AMR"
    rb"|PK\x03\x04|%PDF-|BM....\0\0\0\0|II\*\0|MM\0\*|Rar!\x1a\x07|7z\xbc\xaf|\x1f\x8b\x08|caff\0",
    re.DOTALL,
)
_B64_RUN: Final = re.compile(
    rb"(?:(?:/|\\/)9j(?:/|\\/)|/9j/|iVBORw0KGg[o-r]|R0lGOD[dl]h|UklGR|AAAA[A-Za-z0-9+/\\]{2,4}Z0eX"
    rb"|T2dnU|SUQz|GkXfo|JVBER|UEsDB|IyFBTV|SUkqA|TU0AK|Qk[0-3][0-9A-Za-z+/])"
    rb"(?:[A-Za-z0-9+/_-]|\\/|(?:\\r)?\\n|\r?\n[ \t]?(?=[A-Za-z0-9+/]*={0,2}[ \t]*(?:\r?\n|\Z)))*={0,2}"
)
_B64_PLACE: Final = re.compile(
    rb"(?:[ \t\r\n]data=[\"']|(?:^|[\r\n.])(?:PHOTO|LOGO|SOUND|KEY)[;:][^\r\n]{0,200}?(?<=[:,])[ \t]?)"
    rb"((?:[A-Za-z0-9+/]|\r?\n[ \t]|\r?\n(?=[A-Za-z0-9+/]*={0,2}[ \t]*(?:\r?\n|\Z))){200,}={0,2})"
)
"""Base64 at a place where a format keeps media: cut unless it decodes to text."""


_RUN: Final = re.compile(
    rb"(?=[A-Za-z0-9+/\\%_-])(?:[A-Za-z0-9+/_-]|\\/|%(?:=\r?\n)?2(?:=\r?\n)?[BFbf]|=\r?\n(?=[A-Za-z0-9+/=%])|(?:\\r)?\\n"
    rb"|\r?\n[ \t]?(?=[A-Za-z0-9+/]))+={0,2}"
)
"""A long word of base64 letters, folded or escaped in any way that files were seen to do it."""

_FOLDS: Final = re.compile(rb"=?\r?\n[ \t]*|\\[rn]|\\")
_DECLARED: Final = re.compile(rb"data:(?:image|video|audio)/[^,\s\"'<>]{0,200},\s*\Z", re.IGNORECASE)
_DECLARED_PART: Final = re.compile(rb"^content-type:\s*(?:image|video|audio)/", re.IGNORECASE | re.MULTILINE)
_HIDDEN: Final = re.compile(rb"data:(?:image|video|audio)/|;base64,", re.IGNORECASE)
BEFORE: Final = 2048
"""How far in front of a run its declaration is looked for: the headers of a MIME part."""

_QP_START: Final = re.compile(
    rb"=FF=D8=FF|=89PNG=0D=0A|GIF8[79]a|RIFF.{4,12}(?:WEBP|WAVE|AVI )|=00=00=00.{1,3}ftyp|=1AE=DF=A3|=1A=45=DF=A3|OggS=00|ID3=0[2-4]"
    rb"|%PDF-|PK=03=04", re.IGNORECASE | re.DOTALL
)
_QP_RUN: Final = re.compile(rb"(?:=[0-9A-F]{2}|=[ \t]*\r?\n|[!-<>-~ \t]|\r?\n(?!\r?\n|--))+", re.IGNORECASE)
_QP_BYTE: Final = re.compile(rb"=[0-9A-F]{2}", re.IGNORECASE)
_QP_NEEDLES: Final = (b"=D8=FF", b"=d8=ff", b"=89PNG", b"GIF8", b"RIFF", b"ftyp", b"=DF=A3", b"=df=a3", b"OggS=00", b"ID3=0", b"%PDF-",
                      b"PK=03=04")


QP_SIGNS_MIN: Final = 23
"""Bytes written as =XX among the first 512 of quoted-printable: a medium has 100 and more, a text with a signature in it few."""


_EVEN_BYTES: Final = np.uint64(0x00FF00FF00FF00FF)
_FOUR_TIMES: Final = np.uint64(0x0001000100010001)


def _windows(block: bytes, table: bytes) -> npt.NDArray[np.int64]:
    """How many bytes of each whole window the table names; the last, shorter window counts as if it went on alike."""
    flags = np.frombuffer(block.translate(table), dtype=np.uint8)
    whole = len(flags) // WINDOW * WINDOW
    # eight flags are added at a time: each byte of a sum is at most WINDOW / 8, then bytes are added in pairs of two bytes' room
    eights = flags[:whole].view("<u8").reshape(-1, WINDOW // 8).sum(axis=1, dtype=np.uint64)
    pairs = (eights & _EVEN_BYTES) + ((eights >> np.uint64(8)) & _EVEN_BYTES)
    counts: npt.NDArray[np.int64] = ((pairs * _FOUR_TIMES) >> np.uint64(48)).astype(np.int64)
    rest = flags[whole:]
    if len(rest):
        alike = int(rest.sum()) * WINDOW // len(rest) if len(rest) >= WINDOW // 4 else int(counts[-1:].sum())
        counts = np.append(counts, alike)
    return counts


def _merged(spans: list[tuple[int, int]], apart: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + apart:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class _Again:
    """Reads places of a stream that need not be able to seek (a zip member), in about ascending order.

    The last bytes are kept, so that small steps back cost nothing; a large one opens the stream again.
    """

    KEEP: Final = 1 << 17

    def __init__(self, opener: Callable[[], BinaryIO]) -> None:
        self._opener = opener
        self._stream = opener()
        self._end = 0
        self._kept = b""

    def close(self) -> None:
        self._stream.close()

    def read_at(self, start: int, size: int) -> bytes:
        """`size` bytes from `start`, fewer at the end."""
        if start < self._end - len(self._kept):
            self._stream.close()
            self._stream, self._end, self._kept = self._opener(), 0, b""
        while self._end < start + size:
            block = self._stream.read(min(BLOCK, max(self.KEEP, start + size - self._end)))
            if not block:
                break
            # what lies in front of `start` is kept only as far as a small step back needs
            self._kept = self._kept[-max(self.KEEP, self._end - start) :] + block
            self._end += len(block)
        origin = self._end - len(self._kept)
        return self._kept[max(0, start - origin) : max(0, start + size - origin)]


def _no_text(data: bytes) -> list[int]:
    """Where bytes stand that no text holds: control characters and what is not UTF-8."""
    places = []
    at = 0
    for char in data.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF or (code < 0x80 and _CONTROL[code]):
            places.append(at)
        at += 1 if code < 0x80 or 0xDC80 <= code <= 0xDCFF else len(char.encode())
    return places


def _raw_spans(again: _Again, windows: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    spans = []
    for start, end in _merged(windows, JOIN):
        back = max(0, start - BACK)
        before = again.read_at(back, start - back + WINDOW)
        near = max(0, start - back - WINDOW)  # the window in front may hold its first bytes
        signature = RAW_START.search(before)
        newline = before.rfind(b"\n", 0, near + min(_no_text(before[near:]), default=0))
        at = back + (signature.start() if signature else newline + 1)
        # a window that is mostly text may hold the last bytes; text is taken up again at the next line
        tail = again.read_at(end, WINDOW * 2)
        bad = [i for i in _no_text(tail) if end + len(tail) == size or i < len(tail) - 3]  # not a character cut in two
        line = tail.find(b"\n", max(bad, default=0))
        spans.append(
            (at, size if line < 0 and end + len(tail) >= size else end + (len(tail) if line < 0 else line + 1))
        )
    return spans


def _base64_spans(again: _Again, windows: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    spans = []
    for start, end in _merged(windows, WINDOW * 2):
        first, last = max(0, start - 2 * WINDOW), min(size, end + 2 * WINDOW)
        back = max(0, first - BEFORE)
        data = again.read_at(back, last - back)
        at = first - back
        spans += [(back + m.start(), back + m.end()) for m in _B64_RUN.finditer(data, at) if len(m.group()) >= WINDOW]
        spans += [
            (back + m.start(), back + _run_end(m, data)) for m in _RUN.finditer(data, at)
            if m.end() - m.start() >= WINDOW and _is_medium(m.group(), data[max(0, m.start() - BEFORE) : m.start()])
        ]
        places = (m.span(1) for m in _B64_PLACE.finditer(data, at))
        spans += [(back + a, back + b) for a, b in places if b - a >= WINDOW and not _is_text(data[a:b])]
    return spans


LINE_MIN: Final = 40
"""Letters of a line of base64 in the middle of a medium; every writer seen folds at 60 or more."""


def _run_end(run: re.Match[bytes], data: bytes) -> int:
    """Where a run ends: not with the first word of a line of words behind it ("END:VCARD", "Besok jadi")."""
    end = run.end()
    line = data.rfind(b"\n", run.start(), end) + 1
    if line and end - line < LINE_MIN and data[end : end + 1] in (b":", b";", b" ", b",", b".", b"!", b"?", b"("):
        return line
    return end


def _is_medium(run: bytes, before: bytes) -> bool:
    """Whether a base64 run holds a medium by its first bytes, by what is declared in front of it, or in a page inside it."""
    if _DECLARED.search(_FOLDS.sub(b"", before[-512:])):
        return True
    if _DECLARED_PART.search(re.split(rb"\r?\n\r?\n", before.rstrip(b" \t\r\n"))[-1]) and before.endswith(b"\n"):
        return True
    letters = _FOLDS.sub(b"", run)
    if b"%" in letters:
        letters = re.sub(rb"%2([BFbf])", lambda m: b"+" if m[1] in b"Bb" else b"/", letters)
    letters = letters.replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
    decoded = base64.b64decode(letters[: len(letters) // 4 * 4])
    return RAW_START.match(decoded) is not None or _HIDDEN.search(decoded) is not None


def _quoted_spans(again: _Again, places: list[int], size: int) -> list[tuple[int, int]]:
    """Media written byte by byte as =XX, from places where a block may hold a signature."""
    spans: list[tuple[int, int]] = []
    for place in places:
        if spans and place < spans[-1][1]:
            continue
        data = again.read_at(place, 1024)
        start = _QP_START.match(data)
        if start is None or len(_QP_BYTE.findall(data[:512])) <= QP_SIGNS_MIN:
            continue
        end = place
        while True:  # as far as it goes, a stretch at a time
            stretch = again.read_at(end, 64 * 1024)
            m = _QP_RUN.match(stretch)
            end += 0 if m is None else m.end()
            if m is None or m.end() < len(stretch) or end >= size:
                break
        spans.append((place, end))
    return spans


def _is_text(base64: bytes) -> bool:
    """Whether base64 holds text: a card or a note is words, and stays."""
    raw = _decoded(base64)
    return raw is not None and looks_like(raw[:4096]) is None and not _no_text(raw)


def _decoded(base64: bytes) -> bytes | None:
    clean = re.sub(rb"\\r|\\n|[\\\s]", b"", base64)
    try:
        return binascii.a2b_base64(clean, strict_mode=True)
    except binascii.Error:
        return None


def _unwrapped(data: bytes) -> bytes | None:
    """A medium out of its wrapping: quoted-printable, percent signs, folds and base64 undone; None where that breaks."""
    if _QP_START.match(data) is not None and len(_QP_BYTE.findall(data[:512])) > QP_SIGNS_MIN:
        return binascii.a2b_qp(data)
    plain = _FOLDS.sub(b"", data)
    if b"%" in plain:
        plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), plain)
    if _OTHER_THAN_B64.search(plain) is None:
        return _decoded(plain)
    return data


def measured(opener: Callable[[], BinaryIO], spans: Sequence[tuple[int, int]]) -> list[Measure]:
    """(bytes, SHA-256 hex) of the medium in each (start, length), base64 undone; None where it cannot be.

    Raises what reading raises.
    """
    mail = mail_media(opener)
    again = _Again(opener)
    order = utf16_order(again.read_at(0, BLOCK // 16)) if spans else None
    found: list[Measure] = []
    try:
        for start, length in spans:
            if (start, start + length) in mail:
                found.append(mail[start, start + length])
                continue
            if length > MEASURED_MAX:
                found.append((None, None))
                continue
            data = again.read_at(start, length)
            if order is not None and not start % 2:
                narrow = _narrowed(data, order)
                data = data if OUTSIDE in narrow else narrow
            found.append(_measure(_unwrapped(data)))
    finally:
        again.close()
    return found


def media_spans(opener: Callable[[], BinaryIO], size: int) -> list[tuple[int, int]]:
    """(start, length) of every medium in a text of `size` bytes, ascending, not overlapping.

    opener: gives the text's bytes from the start, each time it is called. Raises what reading raises.
    """
    with opener() as stream:
        if stream.read(7) == b"WARC/1." and (archived := _archive_spans(opener, size)) is not None:
            return [(start, end - start) for start, end in _merged(archived, 0)]
    spans = [*_text_spans(opener, size), *((start, end - start) for start, end in mail_media(opener))]
    return [(start, end - start) for start, end in _merged([(a, a + n) for a, n in spans], 0)]


Measure = tuple[int | None, str | None]
"""Bytes and SHA-256 hex of a medium, None where they are not known."""


def _measure(raw: bytes | None) -> Measure:
    return (None, None) if raw is None else (len(raw), hashlib.sha256(raw).hexdigest())


def mail_media(opener: Callable[[], BinaryIO]) -> dict[tuple[int, int], Measure]:
    """(start, end) of the bodies of a mail file that are or may hide media, measured with their transfer encoding undone.

    Words stay: text bodies, and others that unwrap to text.
    """
    with opener() as stream:
        kind = mime.kind_of(stream.read(HEAD))
    found: dict[tuple[int, int], Measure] = {}
    if kind is None:
        return found
    for start, _, raw in mime.messages(opener, kind):
        for leaf in () if raw is None else mime.mail_at(raw, 0, len(raw)).leaves:
            body = (raw or b"")[leaf.start : leaf.end]
            inside = mime.unwrapped(body, leaf.encoding)
            is_medium = leaf.type.startswith(("image/", "audio/", "video/"))
            if len(body) >= SMALL and (is_medium or inside is None or not _reads(inside)):
                found[start + leaf.start, start + leaf.end] = _measure(inside)
                continue
            for block in mime.UUENCODED.finditer(body) if b"\nend" in body else ():
                unpacked = mime.uudecoded(block.group())
                if len(block.group()) >= SMALL and (unpacked is None or not _reads(unpacked)):
                    at = start + leaf.start + block.start()
                    found[at, at + len(block.group())] = _measure(unpacked)
    return found


def _reads(raw: bytes) -> bool:
    """Whether bytes are text: no signature, no control characters, mostly UTF-8 or an older encoding of letters."""
    if looks_like(raw[:4096]) is not None:
        return False
    sample = raw[:65536]
    return sum(sample.translate(_CONTROL)) * 100 <= len(sample)


def _text_spans(opener: Callable[[], BinaryIO], size: int) -> list[tuple[int, int]]:
    """(start, length) of raw stretches and wrapped runs, whatever the text."""
    with opener() as stream:
        order = utf16_order(stream.read(BLOCK // 16))
    if order is None:
        spans = _spans(opener, size)
    else:
        end = _end_of_utf16(opener, size, order)
        among = _spans(lambda: io.BufferedReader(_Narrow(opener(), order), BLOCK), size // 2, raw_too=False)
        spans = [(2 * a, 2 * b) for a, b in among] + ([(end, size)] if end < size else [])
        spans += _spans(opener, size, raw_too=False)  # a mark at the start makes no UTF-16 of what follows
    return [(start, stop - start) for start, stop in _merged(spans, 0)]


def _spans(opener: Callable[[], BinaryIO], size: int, *, raw_too: bool = True) -> list[tuple[int, int]]:
    """(start, end) of every medium, in no order."""
    raw: list[tuple[int, int]] = []
    runs: list[tuple[int, int]] = []
    quoted: list[int] = []
    at = 0
    edge = b""
    with opener() as stream:
        while block := _full_block(stream):
            if raw_too and len(block.translate(None, _CONTROLS)) != len(block):  # most texts hold none at all
                raw += _hits(_windows(block, _CONTROL) > CONTROL_MAX, at, size)
            runs += _hits(_windows(block, _OTHER) <= OTHER_MAX, at, size)
            seam = edge + block[:WINDOW]
            if block.count(b"=") > QP_SIGNS_MIN and any(n in block or n in seam for n in _QP_NEEDLES):
                quoted += [at - len(edge) + m.start() for m in _QP_START.finditer(edge + block)][:PLACES_MAX]
            edge = block[-WINDOW:]
            at += len(block)
    if not raw and not runs and not quoted:
        return []
    again = _Again(opener)
    try:
        spans = _raw_spans(again, raw, size) + _base64_spans(again, runs, size)
        spans += _quoted_spans(again, quoted, size) if quoted else []
    finally:
        again.close()
    return spans


RECORD_MAX: Final = 64 << 20
"""A record of a web archive that is longer is looked at as text, with the whole archive."""

_RECORD: Final = re.compile(
    rb"WARC/1\.\d\r?\n(?:[^\r\n]+\r?\n)*?Content-Length:[ \t]*(\d{1,15})[ \t]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n", re.IGNORECASE
)
_HTTP_END: Final = re.compile(rb"\r?\n\r?\n")
_HTTP: Final = re.compile(rb"^content-type:[ \t]*application/http", re.IGNORECASE | re.MULTILINE)
_BODY_IS_MEDIA: Final = re.compile(rb"^content-type:[ \t]*(?:image|video|audio)/(?!svg)", re.IGNORECASE | re.MULTILINE)
_ENCODINGS: Final = re.compile(rb"^content-encoding:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_CHUNKED: Final = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)


def unchunked(raw: bytes) -> bytes:
    """The body of a chunked HTTP response. Raises ValueError."""
    out = []
    at = 0
    while at < len(raw):
        line = raw.index(b"\n", at)
        size = int(raw[at:line].split(b";")[0].strip() or b"0", 16)
        if size == 0:
            break
        out.append(raw[line + 1 : line + 1 + size])
        at = line + 1 + size
        at = raw.index(b"\n", at) + 1 if at < len(raw) else at
    return b"".join(out)


def unpacked(raw: bytes, encoding: str, longest: int) -> bytes:
    """A body out of its content encoding, its first `longest` bytes. Raises ValueError."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError("content encoding")
    for window in (47, -15) if encoding == "deflate" else (47,):
        try:
            return zlib.decompressobj(window).decompress(raw, longest)
        except zlib.error:
            continue
    raise ValueError("broken packing")


def unwrapped_body(http: bytes, body: bytes, longest: int) -> bytes:
    """A response's body as the page got it: chunks joined, packing undone. http: its headers. Raises ValueError."""
    if _CHUNKED.search(http):
        body = unchunked(body)
    m = _ENCODINGS.search(http)
    for encoding in reversed((m[1] if m else b"").decode("ascii", "replace").lower().split(",")):
        name = encoding.strip()
        body = unpacked(body, name, longest) if name not in ("", "identity") else body
    return body


def _archive_spans(opener: Callable[[], BinaryIO], size: int) -> list[tuple[int, int]] | None:
    """Media in a web archive, record by record, so that a picture costs no page beside it; None where it is not whole."""
    again = _Again(opener)
    spans: list[tuple[int, int]] = []
    at = 0
    try:
        while at < size:
            head = again.read_at(at, 64 * 1024)
            blank = len(head) - len(head.lstrip(b"\r\n"))
            m = _RECORD.match(head, blank)
            if m is None or int(m[1]) > RECORD_MAX:
                return None if head.strip(b"\r\n") else spans
            start = at + m.end()
            content = again.read_at(start, int(m[1]))
            if len(content) < int(m[1]):
                return None
            spans += _placed(_within(head[blank : m.end()]), at + blank)
            spans += _placed(_record_spans(m.group(), content), start)
            at = start + len(content)
    finally:
        again.close()
    return spans


def _within(data: bytes) -> list[tuple[int, int]]:
    return [(a, a + n) for a, n in _text_spans(lambda: io.BytesIO(data), len(data))]


def _placed(spans: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    return [(at + a, at + b) for a, b in spans]


def _record_spans(header: bytes, content: bytes) -> list[tuple[int, int]]:
    """Media in one record's content: a body that is said to be one, or that holds one when unpacked, as a whole."""
    http = header
    body = 0
    if _HTTP.search(header):
        m = _HTTP_END.search(content)
        if m is None:
            return _within(content)
        http, body = content[: m.start()], m.end()
    if _BODY_IS_MEDIA.search(http) and body < len(content):
        return [*_within(content[:body]), (body, len(content))]
    try:
        plain = unwrapped_body(http, content[body:], RECORD_MAX)
    except ValueError:
        return _within(content)
    if plain == content[body:] or len(plain) >= RECORD_MAX:
        return _within(content)
    return [*_within(content[:body]), *([(body, len(content))] if _within(plain) else [])]


PLACES_MAX: Final = 4096
"""Places of one block that may begin a quoted-printable medium and are looked at: bounds time."""


def _full_block(stream: BinaryIO) -> bytes:
    """BLOCK bytes, fewer only at the end: a zip member gives what it likes."""
    parts: list[bytes] = []
    left = BLOCK
    while left and (data := stream.read(left)):
        parts.append(data)
        left -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _hits(hit: npt.NDArray[np.bool_], at: int, size: int) -> list[tuple[int, int]]:
    return [(at + i * WINDOW, min(at + (i + 1) * WINDOW, size)) for i in np.flatnonzero(hit).tolist()]


# -- UTF-16 ------------------------------------------------------------------------------------------------------------

OUTSIDE: Final = 0xFF
"""Stands for a character outside ASCII where UTF-16 is looked at a byte a character."""

HALVES_MAX: Final = 2
"""Halves of surrogate pairs in HALVES_UNITS code units that are still text. Random bytes have 16 of them."""
HALVES_UNITS: Final = 512


def _units(data: bytes, order: str) -> npt.NDArray[np.uint16]:
    return np.frombuffer(data[: len(data) // 2 * 2], "<u2" if order == "utf-16-le" else ">u2").astype(np.uint16)


def _narrowed(data: bytes, order: str) -> bytes:
    """UTF-16 with a byte a code unit."""
    units = _units(data, order)
    return np.where(units < 0x80, units, OUTSIDE).astype(np.uint8).tobytes()


class _Narrow(io.RawIOBase):
    """A stream of UTF-16, read with a byte a code unit; an odd last byte is left out."""

    def __init__(self, inner: BinaryIO, order: str) -> None:
        self._inner, self._order, self._odd = inner, order, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        wide = self._odd
        while len(wide) < 2 and len(view):
            more = self._inner.read(2 * len(view) - len(wide))
            if not more:
                return 0
            wide += more
        narrow = _narrowed(wide, self._order)
        self._odd = wide[2 * len(narrow) :]
        view[: len(narrow)] = narrow
        return len(narrow)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _end_of_utf16(opener: Callable[[], BinaryIO], size: int, order: str) -> int:
    """From where a text in UTF-16 stops being it; `size` where it does not."""
    at = 0
    with opener() as stream:
        while block := _full_block(stream):
            broken = _first_broken(_units(block, order))
            if broken is not None:
                return max(2, at + 2 * broken - BACK)
            at += len(block)
    return size


def _first_broken(units: npt.NDArray[np.uint16]) -> int | None:
    """Where the first window begins that has more halves of surrogate pairs than text has."""
    lead = (units >= 0xD800) & (units < 0xDC00)
    trail = (units >= 0xDC00) & (units < 0xE000)
    alone = lead | trail
    paired = lead[:-1] & trail[1:]
    alone[:-1] &= ~paired
    alone[1:] &= ~paired
    counts = np.pad(alone, (0, -len(alone) % HALVES_UNITS)).reshape(-1, HALVES_UNITS).sum(axis=1)
    bad = np.flatnonzero(counts > HALVES_MAX)
    return int(bad[0]) * HALVES_UNITS if len(bad) else None


def packed_end(info: zipfile.ZipInfo, raw: BinaryIO, start: int, end: int) -> tuple[int, bool]:
    """Where a member's packed data really ends, and whether it unpacks to the size its entry says.

    Bytes behind that end are never unpacked by anybody: something could hide there. False also where it cannot be told.
    """
    if info.compress_type == zipfile.ZIP_STORED:
        return min(end, start + info.file_size), end - start >= info.file_size
    if info.compress_type == zipfile.ZIP_DEFLATED:
        unpack: Any = zlib.decompressobj(-15)
    elif info.compress_type == zipfile.ZIP_BZIP2:
        unpack = bz2.BZ2Decompressor()
    else:
        return end, False
    raw.seek(start)
    left, unpacked = end - start, 0
    try:
        while left and not unpack.eof:
            block = raw.read(min(BLOCK // 16, left))
            if not block:
                break
            left -= len(block)
            unpacked += len(unpack.decompress(block))
            if unpacked > info.file_size:
                return end, False
    except (zlib.error, OSError, ValueError):
        return end, False
    return end - left - len(unpack.unused_data), unpack.eof and unpacked == info.file_size
