"""E-mail: one message a file (.eml), as mail programs save it. The rows of `email_mbox` are made here too.

    From: Sari <sari@example.com>
    Date: Wed, 15 Nov 2023 05:13:20 +0700
    Message-ID: <a@example.com>

    halo

The rules, in order (docs/formats/email.md):

1. A message is a row, its span the message with all its parts. Text is the first text/plain body, else the first text/html
   body as a person reads it (flag `text_from:html`); an HTML twin of a plain body is not told twice. Further text bodies are
   child rows (`field:part.text`), so are subject, recipients and the fields of forwarded messages (`field:subject`, `field:to`,
   `field:cc`, `field:bcc`, `field:reply-to`, `field:forwarded.from` …).
2. Words are decoded (RFC 2047 headers, quoted-printable, base64, charsets); bytes that are not of their charset as in `_lines`.
3. Time is `Date` with its offset; -0000 is UTC; without a zone it is local (`--zone`). sent_at_text is the field as written.
4. The thread is the first of References, else In-Reply-To, else the message's own id (Gmail: X-GM-THRID); its title is the
   subject of the first message met. `reply_to` is the row of that id where it stands earlier in the source, else mail:<id>.
5. Bodies that are no text are attachments: name, type, size, digest. They are unwrapped to be measured, never looked at.

Headers can be forged; nothing here checks signatures. Versions tested: RFC 5322 and 2045 as mail programs write them.
References: RFC 5322, 2045, 2047, 2231; docs/formats/email.md.
"""

from __future__ import annotations

import email.errors
import email.header
import email.message
import email.utils
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from saksi import mime
from saksi.parts import Part, Source
from saksi.readers import _html_spans as hs
from saksi.readers._lines import UTF8_BOM, BrokenOff, shown
from saksi.readers._records import Alone, Record, read_records, unparsed
from saksi.readers._stamps import Stamp
from saksi.readers._whatsapp_header import NO_MARK
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "email"
_RECIPIENTS: Final = ("To", "Cc", "Bcc", "Reply-To")
_FORWARDED: Final = ("From", "To", "Date", "Subject")
_ID: Final = re.compile(r"<[^<>\s]{1,400}>")
_KINDS: Final = {"image": "image", "video": "video", "audio": "audio"}
_ZONE: Final = re.compile(r"[+-]\d{4}\b|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b")
_HALVES: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_HEAD: Final = re.compile(rb"<head\b.*?</head\s*>", re.IGNORECASE | re.DOTALL)
READING_ERRORS: Final = (OSError, EOFError, zipfile.BadZipFile, zlib.error)


def field_of(header: email.message.Message, name: str) -> str | None:
    """A header field as it stands, the first of its name; bytes that are no text as in `_lines`."""
    value = next((str(value) for key, value in header.raw_items() if key.lower() == name.lower()), None)
    return None if value is None else clean(value)


def clean(text: str) -> str:
    """Text that can be stored: what the standard library holds as half surrogates shown as in `_lines`."""
    if text.isascii():
        return text
    return shown(text.encode("utf-8", "surrogateescape" if not _HALVES.search(text) else "surrogatepass"))[0]


def words_of(value: str | None) -> str | None:
    """A header field as a person reads it; None where it says nothing."""
    if value is None:
        return None
    plain = clean(value).replace("\r", "").replace("\n", "")
    try:
        parts = email.header.decode_header(plain)
        out = "".join(
            piece if isinstance(piece, str) else _text(piece, charset or "ascii") for piece, charset in parts
        )
    except (ValueError, LookupError, email.errors.HeaderParseError):
        out = plain
    return clean(out).strip() or None


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeDecodeError, ValueError):
        return shown(raw)[0]


def date_of(value: str | None) -> tuple[int | None, str | None, Stamp | None]:
    """(microseconds, basis, local stamp) of a Date field."""
    if value is None:
        return None, None, None
    try:
        parsed = email.utils.parsedate_tz(value)
        if parsed is None:
            return None, None, None
        if _ZONE.search(value) is None:
            return None, None, Stamp(("name", 0, 4, NO_MARK), tuple(parsed[:6]))  # type: ignore[arg-type]
        seconds = email.utils.mktime_tz(parsed)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None, None, None
    if not -(10**10) < seconds < 10**11:
        return None, None, None
    return seconds * 1_000_000, "utc" if "-0000" in value else "offset", None


class MailRows:
    """Makes rows of the messages of one source; ids of messages met are remembered for answers and threads."""

    def __init__(self, source: Source) -> None:
        self.digest = source.digest[:16]
        self.rows: dict[str, str] = {}
        self.titles: dict[str, str | None] = {}

    def record(self, part: Part, start: int, end: int, raw: bytes) -> Record:
        """The row of one message."""
        mail = mime.mail_at(raw, 0, len(raw))
        head = mail.header
        row = Record(start, end, "text")
        name, address = email.utils.parseaddr(words_of(field_of(head, "From")) or "")
        row.sender_name, row.sender_id = name or None, address or None
        row.stamp_text = words_of(field_of(head, "Date"))
        row.utc_us, row.basis, row.stamp = date_of(row.stamp_text)
        self._thread(row, part, start, head)
        self._bodies(row, part, raw, mail)
        subject = words_of(field_of(head, "Subject"))
        further = [("subject", subject), *((n.lower(), words_of(field_of(head, n))) for n in _RECIPIENTS)]
        for inner in mail.forwarded:
            further += [(f"forwarded.{n.lower()}", words_of(field_of(inner, n))) for n in _FORWARDED]
        for field, text in further:
            if text is not None:
                row.children.append(self._child(row, text, f"field:{field}", None))
        row.kind = "media" if row.attachments and row.text is None else "text"
        return row

    def _child(self, row: Record, text: str, flag: str, repair: str | None) -> Record:
        return Record(
            row.start, row.end, "text", text, repair, row.sender_name, row.sender_id, thread_id=row.thread_id,
            thread_title=row.thread_title, stamp=row.stamp, stamp_text=row.stamp_text, utc_us=row.utc_us,
            basis=row.basis, flags=[flag],
        )  # fmt: skip

    def _thread(self, row: Record, part: Part, start: int, head: email.message.Message) -> None:
        own = _ID.search(field_of(head, "Message-ID") or "")
        answered = _ID.search(field_of(head, "In-Reply-To") or "")
        references = _ID.findall(field_of(head, "References") or "")
        if answered is None and references:
            answered = _ID.search(references[-1])
        gmail = (field_of(head, "X-GM-THRID") or "").strip()
        root = gmail or (references[0] if references else answered[0] if answered else own[0] if own else None)
        row.thread_id = root
        if root is not None:
            row.thread_title = self.titles.setdefault(root, words_of(field_of(head, "Subject")))
        if answered is not None:
            row.reply_to = self.rows.get(answered[0], f"mail:{answered[0]}")
        if own is not None:
            self.rows.setdefault(own[0], f"{self.digest}-{part.number}-{start}")

    def _bodies(self, row: Record, part: Part, raw: bytes, mail: mime.Mail) -> None:
        plain: list[tuple[str, str | None]] = []
        pages: list[tuple[str, str | None]] = []
        for leaf in mail.leaves:
            disposition = str(leaf.header.get("Content-Disposition") or "").lower()
            named = words_of(leaf.header.get_filename()) is not None or disposition.startswith("attachment")
            body = raw[leaf.start : leaf.end]
            inside = None
            if leaf.type in ("text/plain", "text/html") and not named:
                inside = mime.unwrapped(body, leaf.encoding)
            cut = part.cut_media.get((row.start + leaf.start, row.start + leaf.end))
            if inside is None or cut is not None:
                if body.strip() or named:
                    row.attachments = [*(row.attachments or ()), self._attachment(part, row.start, leaf, body)]
                continue
            text, repair = self._said(inside, leaf)
            if leaf.type == "text/html":
                pages.append((hs.words(_HEAD.sub(b"", text.encode())), repair))
            elif text:
                plain.append((text, repair))
        told = plain or [p for p in pages if p[0]]
        if told:
            row.text, row.repair = told[0]
            row.flags = None if plain else ["text_from:html"]
        for text, repair in told[1:]:
            row.children.append(self._child(row, text, "field:part.text", repair))
        if row.repair is not None:
            row.reasons = ("invalid_utf8",)

    @staticmethod
    def _said(raw: bytes, leaf: mime.Leaf) -> tuple[str, str | None]:
        """The words of a text body; its last line end is the format's."""
        charset = str(leaf.header.get_content_charset() or "utf-8")
        if charset not in ("utf-8", "us-ascii", "ascii"):
            try:
                return _without_end(clean(raw.decode(charset))), None
            except (LookupError, UnicodeDecodeError, ValueError):
                pass
        text, repair = shown(raw)
        return _without_end(text), repair

    @staticmethod
    def _attachment(part: Part, base: int, leaf: mime.Leaf, body: bytes) -> dict[str, Any]:
        kind = _KINDS.get(leaf.type.partition("/")[0], clean(leaf.type))
        entry: dict[str, Any] = {
            "name": words_of(leaf.header.get_filename()), "digest": None, "media_type": kind, "size": None,
            "state": "refused"}
        cut = part.cut_media.get((base + leaf.start, base + leaf.end))
        if cut is not None:
            return {**entry, "size": cut.size, "digest": cut.digest, "state": "present" if cut.digest else "refused"}
        inside = mime.unwrapped(body, leaf.encoding)
        if inside is None:
            return entry
        return {**entry, "size": len(inside), "digest": hashlib.sha256(inside).hexdigest(), "state": "present"}


def _without_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


class MailReader(Alone):
    """What both readers of mail share. kind: as `mime.kind_of` says it."""

    name = "email_eml"
    kind = "eml"
    why = "mail_headers"

    def recognise(self, part: Part) -> Evidence | None:
        """Header fields of mail at the beginning."""
        return Evidence(self.why) if mime.kind_of(part.head()) == self.kind else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        rows = MailRows(source)
        for part in parts:
            yield from read_records(
                source, part, settings, PLATFORM, lambda p: self._records(p, rows), dated=False)

    def _records(self, part: Part, rows: MailRows) -> Iterator[Record]:
        end = 0
        try:
            for start, end, raw in mime.messages(part.open, self.kind):
                if raw is not None and start == 0 and raw.startswith(UTF8_BOM):
                    start, raw = len(UTF8_BOM), raw[len(UTF8_BOM) :]
                if raw is None:
                    yield unparsed(start, end, None, None, "oversize_message")
                elif mime.kind_of(raw[:65536]) is None and not re.match(rb"(?:From [^\n]*\n)?[!-9;-~]+:", raw):
                    text, repair = shown(raw)
                    yield unparsed(start, end, text, repair, "truncated" if end == part.size else "broken_record")
                else:
                    yield self._row(rows, part, start, end, raw)
        except READING_ERRORS as e:
            raise BrokenOff(end) from e
        if end < part.size:
            raise BrokenOff(end)


    def _row(self, rows: MailRows, part: Part, start: int, end: int, raw: bytes) -> Record:
        """The row of one message; one that the standard library stumbles over is kept as it is."""
        try:
            return rows.record(part, start, end, self._own(raw))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            text, repair = shown(raw)
            return unparsed(start, end, text, repair, "broken_record")

    def _own(self, raw: bytes) -> bytes:
        """A message without the empty line that an mbox puts behind it."""
        if self.kind == "mbox":
            for blank in (b"\r\n\r\n", b"\n\n"):
                if raw.endswith(blank):
                    return raw[: len(raw) - len(blank) // 2]
        return raw


reader = MailReader()
