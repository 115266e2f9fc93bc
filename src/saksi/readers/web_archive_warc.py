"""A web archive (.warc, .warc.gz, .wacz): pages as a crawler or ArchiveWeb.page received them.

    WARC/1.1
    WARC-Type: response            response and resource are read; request, revisit, metadata, warcinfo are container
    WARC-Target-URI: https://…
    WARC-Date: 2026-11-23T13:15:00Z
    Content-Length: 4711

    HTTP/1.1 200 OK
    Content-Type: text/html; charset=utf-8
    …

Rules:

1. A record's length is its Content-Length. Where no record begins, the bytes up to the next `WARC/1.` at the start of a line
   are a problem.
2. A text/html body is read as `web_page_html` does, thread its address, `sent_at` WARC-Date (basis utc): when it was received. A
   body sent in chunks or packed (gzip, deflate) has no byte of its own for a word: one row over the whole body, its blocks are
   child rows. Packed in another way (br, zstd): kind unparsed, problem broken_record.
3. A text/plain body is one row; a picture, sound or film a row of kind media with its address, state refused.
4. Other bodies (scripts, styles, JSON of the page's programs) are container.

5. A record that names its digest (WARC-Block-Digest, sha1 or sha256) and has another is read all the same, problem
   digest_differs; not told where a case has cut a medium out of the record.

A .warc.gz, alone or in a .wacz (a zip), is read behind its packing (`saksi.packed`): the part is the unpacked text, spans are its
bytes. Lists of pages and indexes in a .wacz are metadata; digests it names for its members are compared when it is handed in.
Facts: docs/formats/web.md#web-archives. Versions: WARC 1.0 and 1.1; WACZ 1.1.1.

References: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/;
https://specs.webrecorder.net/wacz/1.1.1/.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np

from saksi import limits
from saksi.embedded import unwrapped_body
from saksi.parts import LISTS_OF_DIGESTS, Part, Source
from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers import _web_blocks as web
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const
from saksi.readers.web_page_mhtml import headers

HEADER_MAX: Final = 64 * limits.KIB
"""Bytes of one record's header: real ones stay under 4 KiB."""

ROWS_AT_ONCE: Final = 8192
_START: Final = re.compile(rb"WARC/1\.\d\r?\n")
_NEXT: Final = re.compile(rb"(?<=\n)WARC/1\.\d\r?\n")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_MEDIA: Final = re.compile(r"(image|video|audio)/")
_COLUMNS: Final = (*web.COLUMNS, "thread_id", "thread_title", "sent_at_text")


@dataclass
class Record:
    """start: of the record. body, end: its content. data: the content, b"" where it is not wanted or too long. cut: the file ends
    inside it."""

    header: dict[str, str]
    start: int
    body: int
    end: int
    data: bytes = b""
    cut: bool = False


@dataclass
class Damage:
    """Bytes where no record stands."""

    start: int
    end: int
    reason: str


class Reader:
    """Records of a stream, in order, in bounded memory."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._feed = js.Feed(stream, size)
        self.at = 0

    def _have(self, size: int) -> bytes:
        """The buffer from here on, `size` bytes of it where there are so many."""
        feed = self._feed
        while len(feed.buf) - (self.at - feed.base) < size and feed.more(self.at - feed.base):
            pass
        return feed.buf[self.at - feed.base : self.at - feed.base + size]

    def _skip(self, size: int) -> int:
        """Move on by `size` bytes or to the end; gives how far."""
        left = size
        while left > 0:
            got = len(self._have(min(left, limits.MIB)))
            if got == 0:
                break
            self.at += got
            left -= got
        return size - left

    def __iter__(self) -> Iterator[Record | Damage]:
        while True:
            while self._have(1) in (b"\r", b"\n"):
                self.at += 1
            head = self._have(HEADER_MAX)
            if not head:
                return
            blank = _BLANK.search(head)
            if _START.match(head) is None or blank is None:
                yield self._damage(cut=len(head) < HEADER_MAX and _START.match(head) is not None)
                continue
            yield self._record(head, blank.end())

    def _damage(self, *, cut: bool) -> Damage:
        start = self.at
        self.at += 1
        while True:
            window = self._have(limits.MIB)
            found = _NEXT.search(window)
            if found is not None:
                self.at += found.start()
                break
            step = len(window) if len(window) < limits.MIB else len(window) - 16
            self.at += step
            if len(window) < limits.MIB:
                break
        return Damage(start, self.at, "truncated" if cut else "broken_structure")

    def _record(self, head: bytes, body: int) -> Record | Damage:
        header = headers(head[head.index(b"\n") + 1 : body])
        length = header.get("content-length", "")
        start = self.at
        if not length.isdecimal() or len(length) > 18:
            return self._damage(cut=False)
        size = int(length)
        self.at += body
        wanted = header.get("warc-type", "") in ("response", "resource", "conversion") and size <= limits.MESSAGE_BYTES_MAX
        data = self._have(size) if wanted else b""
        got = self._skip(size)
        return Record(header, start, start + body, self.at, data, cut=got < size)


def other_digest(said: str, data: bytes) -> bool:
    """Whether a labelled digest (sha1 or sha256, base32 or hexadecimal) is not that of `data`; False for any it cannot read."""
    kind, _, written = said.partition(":")
    kind, written = kind.strip().lower().replace("-", ""), written.strip()
    if kind not in ("sha1", "sha256"):
        return False
    digest = hashlib.new(kind, data, usedforsecurity=False).digest()
    try:
        hexadecimal = len(written) == 2 * len(digest)
        told = bytes.fromhex(written) if hexadecimal else base64.b32decode(written.upper() + "=" * (-len(written) % 8))
    except (ValueError, binascii.Error):
        return False
    return len(told) == len(digest) and told != digest


@dataclass
class _File:
    """Reading one archive."""

    part: Part
    ledger: js.Ledger = field(default_factory=js.Ledger)
    table: hs.Table = field(default_factory=lambda: hs.Table(_COLUMNS))

    def chunks(self) -> Iterator[Chunk]:
        """All chunks of the part."""
        with self.part.open() as stream:
            reader = Reader(stream, self.part.size)
            for found in reader:
                if isinstance(found, Damage):
                    yield from self._flush()
                    span = np.array([[found.start, found.end]], dtype=np.int64)
                    problem = Problem(found.reason, self.part.path, found.start, found.end)
                    yield js.bare_chunk(self.part, self.ledger.claim(span), span, [problem])
                    continue
                self._record(found)
                if self._differs(found):
                    self.table.problems.append(Problem("digest_differs", self.part.path, found.start, found.end))
                if found.cut:
                    self.table.problems.append(Problem("truncated", self.part.path, found.end, found.end))
                if len(self.table) >= ROWS_AT_ONCE:
                    yield from self._flush()
            yield from self._flush()
            if reader.at < self.part.size:
                yield js.bare_chunk(self.part, problems=[Problem("unreadable", self.part.path, reader.at, self.part.size)])
            yield from hs.rest_of(self.part, reader.at, self.ledger)

    def _record(self, record: Record) -> None:
        """The rows of one record, with its address and moment."""
        if not record.data:
            return
        first = len(self.table)
        http, at = {}, 0
        if record.header.get("content-type", "").lower().startswith("application/http"):
            blank = _BLANK.search(record.data)
            if blank is None:
                return
            at = blank.end()
            http = headers(record.data[record.data.find(b"\n") + 1 : at])
        else:
            http = {"content-type": record.header.get("content-type", "")}
        title = self._body(record, record.data[at:], record.body + at, http)
        columns = self.table.columns
        for i in range(first, len(self.table)):
            columns["thread_id"][i] = record.header.get("warc-target-uri", "").strip("<>") or None
            columns["thread_title"][i] = title
            columns["sent_at_text"][i] = record.header.get("warc-date") or None

    def _differs(self, record: Record) -> bool:
        """Whether a whole record has another digest than it says."""
        said = record.header.get("warc-block-digest", "")
        if not said or not record.data or record.cut:
            return False
        if any(a < record.end and record.body < b for a, b in self.part.cut_media):
            return False
        return other_digest(said, record.data)

    def _body(self, record: Record, raw: bytes, start: int, http: dict[str, str]) -> str | None:
        """The rows of a body; its page's title."""
        kind = http.get("content-type", "").split(";")[0].strip().lower()
        end = start + len(raw)
        if _MEDIA.match(kind) and raw:
            i = self.table.add(start, end, "media")
            self.table.attachments[i] = [js.attachment(record.header.get("warc-target-uri"), kind, None, None, "refused")]
            return None
        if kind not in ("text/html", "application/xhtml+xml", "text/plain") or not raw.strip(b"*\r\n"):
            return None
        try:
            body = unwrapped_body(record.data[: start - record.body], raw, limits.MESSAGE_BYTES_MAX)
        except ValueError:
            self.table.add(start, end, "unparsed")
            self.table.problems.append(Problem("broken_record", self.part.path, start, end))
            return None
        if kind == "text/plain":
            text, bad = js.decode_utf8(body)
            if text.strip():
                self.table.add(start, end, "text", text=text.strip(), text_repair="utf8_stand_in" if bad else None)
            return None
        page = web.page(body)
        if body is raw:
            web.add(self.table, page, lambda a, b: (start + a, start + b), [])
        elif page.blocks:
            web.add_as_one(self.table, page, start, end)
        return page.title

    def _flush(self) -> Iterator[Chunk]:
        n = len(self.table)
        if not n and not self.table.problems:
            return
        moments = [hd.NOTHING if t is None else hd.written(t) for t in self.table.columns["sent_at_text"]]
        sent, bases = hd.columns([m.local_s for m in moments], [0] * n, None)
        yield from self.table.chunks(
            self.part, self.ledger, sent_at=sent, sent_at_basis=["utc" if b == "offset" else b for b in bases],
            platform=const("web", n),
        )


class WebArchiveWarc:
    """Reader `web_archive_warc`; see the module's text."""

    name = "web_archive_warc"
    gives_way = True
    """A chat's own index pages belong to its export."""

    def recognise(self, part: Part) -> Evidence | None:
        """Begins with a record of a web archive."""
        return Evidence("web_archive_warc") if _START.match(part.head()) is not None else None

    def is_metadata(self, part: Part) -> bool:
        """Indexes and lists that a crawler writes beside its archive."""
        name = part.name.lower()
        return name in LISTS_OF_DIGESTS or name.endswith((".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz", ".idx", "pages.jsonl"))

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:  # noqa: ARG002
        """Rows of each archive."""
        for part in parts:
            yield from _File(part).chunks()


reader = WebArchiveWarc()
