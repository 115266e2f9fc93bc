"""A saved web page as MHTML (.mhtml, .mht): what Chrome, Edge and old Internet Explorer write.

    From: <Saved by Blink>
    Snapshot-Content-Location: https://…         the page's address
    Subject: …                                   its title
    Date: Mon, 23 Nov 2026 13:15:00 -0000        when it was saved
    Content-Type: multipart/related; type="text/html"; boundary="----MultipartBoundary--…"

    ------MultipartBoundary--…
    Content-Type: text/html                      quoted-printable, base64, 7bit, 8bit or binary
    Content-Location: https://…

Rules:

1. Every part of type text/html is read as `web_page_html` does; spans are bytes of the file: each decoded byte knows the
   bytes it came from. Parts after the first are frames, flag frame. Plain text parts are one row.
2. A picture, sound or film is a row of kind media with its address, state refused: it is there and was not touched.
3. Style sheets, scripts, fonts and headers are container.
4. sent_at is the Date header, basis offset; never when the words were written.
5. A part's transfer encoding that is not known, or that breaks, is a row of kind unparsed.

Facts, flags: docs/formats/web.md. Versions: Chrome and Edge of 2024, Internet Explorer's .mht by its description.

References: RFC 2557 (MHTML), RFC 2045 6.7 (quoted-printable), RFC 2046 5.1 (multipart).
"""

from __future__ import annotations

import base64
import binascii
import email.errors
import email.header
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers import _web_blocks as web
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings
from saksi.readers.web_page_html import page_chunks, whole

Offsets = npt.NDArray[np.int64]

_FIRST_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[^\n]*\n")
_RELATED: Final = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_SAVED: Final = re.compile(
    rb"^snapshot-content-location:|^from:\s*<?saved by|^content-type:\s*multipart/related;[^\n]*\n?[^\n]*type=\"?text/html",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL: Final = re.compile(rb"^(?:to|message-id|received|delivered-to|return-path):", re.IGNORECASE | re.MULTILINE)
_HEADER: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]*((?:[^\n]|\n[ \t])*)")
_PARAMETER: Final = re.compile(r"boundary\s*=\s*(?:\"([^\"]+)\"|([^\s;]+))", re.IGNORECASE)
_QUOTED: Final = re.compile(rb"=([0-9A-Fa-f]{2})|=[ \t]*\r?\n|([^=]+)|=")
_BASE64: Final = np.array(
    [chr(b).isascii() and (chr(b).isalnum() or b in b"+/") for b in range(256)], dtype=bool
)
_MEDIA: Final = re.compile(r"(image|video|audio)/")
PARTS_MAX: Final = 20_000
"""Parts of one page: a page with its resources has some hundreds."""


def is_saved_page(head: bytes) -> bool:
    """Whether a part begins like an MHTML page and not like a mail."""
    first = head.removeprefix(js.BOM).lstrip()
    if _FIRST_HEADER.match(first) is None:
        return False
    headers = re.split(rb"\r?\n\r?\n", first, maxsplit=1)[0]
    return bool(_RELATED.search(headers) and _SAVED.search(headers) and not _MAIL.search(headers))


@dataclass
class Resource:
    """One part of the page. start, end: its body; header: name (lower case) -> value."""

    header: dict[str, str]
    start: int
    end: int

    @property
    def type(self) -> str:
        """Its content type without parameters, lower case."""
        return self.header.get("content-type", "text/plain").split(";")[0].strip().lower()

    @property
    def address(self) -> str | None:
        """Its address, as written."""
        return self.header.get("content-location") or self.header.get("content-id") or None


def headers(raw: bytes) -> dict[str, str]:
    """Header fields, folded lines joined, names in lower case."""
    return {
        m[1].decode("ascii").lower(): re.sub(r"\r?\n[ \t]+", "" if b"=?" not in m[2] else " ", js.decode_utf8(m[2])[0]).strip()
        for m in _HEADER.finditer(raw)
    }


def _header_end(data: bytes, at: int) -> int:
    """Position after the blank line that ends the headers at `at`."""
    found = re.compile(rb"\r?\n\r?\n").search(data, at)
    return len(data) if found is None else found.end()


def resources(data: bytes) -> tuple[dict[str, str], list[Resource], bool]:
    """The page's own headers, its parts, and whether the last boundary is there."""
    body = _header_end(data, 0)
    top = headers(data[:body])
    parameter = _PARAMETER.search(top.get("content-type", ""))
    if parameter is None:
        return top, [Resource(top, body, len(data))], False
    name = (parameter[1] or parameter[2]).encode()
    line = re.compile(rb"(?:^|(?<=\n))--" + re.escape(name) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
    places = list(line.finditer(data, max(0, body - 2)))[: PARTS_MAX + 1]
    found: list[Resource] = []
    for i, m in enumerate(places):
        if m[1] is not None:
            return top, found, True
        end = places[i + 1].start() if i + 1 < len(places) else _without_cut_boundary(data, b"--" + name)
        start = min(_header_end(data, max(m.end() - 2, 0)), end)
        body_end = end - (2 if data[end - 2 : end] == b"\r\n" else 1 if data[end - 1 : end] == b"\n" else 0)
        found.append(Resource(headers(data[m.end() : start]), start, max(start, body_end)))
    return top, found, False


def _without_cut_boundary(data: bytes, boundary: bytes) -> int:
    """Where the last part of a file that is cut off ends: a boundary that was cut in two is none of its bytes."""
    line = data.rfind(b"\n") + 1
    return line if len(data) > line and (boundary + b"--").startswith(data[line:]) else len(data)


def unquoted(raw: bytes) -> tuple[bytes, Offsets, Offsets]:
    """Quoted-printable undone: bytes, and for each the start and end of the bytes it came from."""
    out: list[bytes] = []
    starts: list[Offsets] = []
    ends: list[Offsets] = []
    for m in _QUOTED.finditer(raw):
        if m[1] is not None:
            out.append(bytes([int(m[1], 16)]))
            starts.append(np.array([m.start()], dtype=np.int64))
            ends.append(np.array([m.end()], dtype=np.int64))
        elif m[2] is not None or m[0] == b"=":
            out.append(m[0])
            starts.append(np.arange(m.start(), m.end(), dtype=np.int64))
            ends.append(starts[-1] + 1)
    nothing = np.empty(0, dtype=np.int64)
    return b"".join(out), np.concatenate([nothing, *starts]), np.concatenate([nothing, *ends])


def unbased(raw: bytes) -> tuple[bytes, Offsets, Offsets]:
    """Base64 undone, as `unquoted`. Raises ValueError where it is none."""
    view = np.frombuffer(raw, dtype=np.uint8)
    at = np.flatnonzero(_BASE64[view])
    rest = set(raw) - set(b"\r\n \t=") - {b for b in range(256) if _BASE64[b]}
    if rest:
        raise ValueError("no base64")
    at = at[: len(at) - (len(at) % 4 == 1)]  # one letter alone holds no byte: the file is cut off there
    letters = view[at].tobytes()
    data = base64.b64decode(letters + b"=" * (-len(letters) % 4))
    j = np.arange(len(data), dtype=np.int64)
    first = j // 3 * 4 + j % 3
    return data, at[first].astype(np.int64), at[first + 1].astype(np.int64) + 1


def decoded(raw: bytes, encoding: str) -> tuple[bytes, Offsets | None, Offsets | None]:
    """A body with its transfer encoding undone; offsets are None where it is the bytes themselves. Raises ValueError."""
    encoding = encoding.strip().lower()
    if encoding in ("", "7bit", "8bit", "binary"):
        return raw, None, None
    if encoding == "quoted-printable":
        return unquoted(raw)
    if encoding == "base64":
        return unbased(raw)
    raise ValueError("transfer encoding")


class _Place:
    """Bytes of a decoded body -> bytes of the part."""

    def __init__(self, base: int, starts: Offsets | None, ends: Offsets | None) -> None:
        self._base, self._starts, self._ends = base, starts, ends

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        if self._starts is None or self._ends is None:
            return self._base + start, self._base + end
        return self._base + int(self._starts[start]), self._base + int(self._ends[end - 1])


def _title(subject: str | None) -> str | None:
    if not subject:
        return None
    try:
        return str(email.header.make_header(email.header.decode_header(subject))) or None
    except (UnicodeError, LookupError, ValueError, email.errors.MessageError):
        return subject


@dataclass
class _File:
    """Reading one saved page."""

    part: Part
    data: bytes
    table: hs.Table
    found: web.Page

    def read(self) -> None:
        """Adds all rows."""
        top, parts, closed = resources(self.data)
        self.found.address = top.get("snapshot-content-location") or None
        self.found.title = _title(top.get("subject"))
        self.found.saved = top.get("date") or None
        first = True
        for resource in parts:
            if resource.type in ("text/html", "application/xhtml+xml", "text/plain"):
                first = self._page(resource, first=first) and first
            elif _MEDIA.match(resource.type) and resource.end > resource.start:
                i = self.table.add(resource.start, resource.end, "media")
                self.table.attachments[i] = [js.attachment(resource.address, resource.type, None, None, "refused")]
        if not closed:
            self.table.problems.append(Problem("truncated", self.part.path, len(self.data), len(self.data)))

    def _page(self, resource: Resource, *, first: bool) -> bool:
        """One page or text; False where it was read (the next one is a frame)."""
        raw = self.data[resource.start : resource.end]
        if not raw.strip(b"*\r\n"):  # cut out at intake, and said there
            return first
        try:
            body, starts, ends = decoded(raw, resource.header.get("content-transfer-encoding", ""))
        except (ValueError, binascii.Error):
            if raw:
                text, bad = js.decode_utf8(raw[: limits.MIB])
                self.table.add(resource.start, resource.end, "unparsed", text=text, text_repair="utf8_stand_in" if bad else None)
                self.table.problems.append(Problem("broken_record", self.part.path, resource.start, resource.end))
            return True
        place = _Place(resource.start, starts, ends)
        if resource.type == "text/plain":
            text = js.decode_utf8(body)[0].strip()
            if text:
                at = len(body) - len(body.lstrip())
                self.table.add(*place(at, at + len(body.strip())), "text", text=text)
            return first
        page = web.page(body)
        web.add(self.table, page, place, [] if first else ["frame"])
        if first:
            self.found.address = self.found.address or resource.address or page.address
            self.found.title = self.found.title or page.title
        return False


class WebPageMhtml:
    """Reader `web_page_mhtml`; see the module's text."""

    name = "web_page_mhtml"
    gives_way = True
    """A chat's own index pages belong to its export."""

    def recognise(self, part: Part) -> Evidence | None:
        """Headers of a saved page, none of a mail."""
        return Evidence("web_page_mhtml") if is_saved_page(part.head()) else None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """Everything stands in the one file."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each page."""
        for part in parts:
            ledger, table, found = js.Ledger(), hs.Table(web.COLUMNS), web.Page()
            data, table.problems = whole(part)
            if len(data) > limits.MESSAGE_BYTES_MAX:
                table.add(0, part.size, "unparsed")
                table.problems = [Problem("oversize_message", part.path, 0, part.size)]
            else:
                _File(part, data, table, found).read()
            thread_id = f"{source.digest[:16]}-{part.number}"
            yield from page_chunks(part, found, table, ledger, settings, thread_id)
            yield from hs.rest_of(part, min(len(data), part.size), ledger)


reader = WebPageMhtml()
