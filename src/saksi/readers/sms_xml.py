"""SMS Backup & Restore (Android): sms-….xml, one file for all SMS and MMS of a phone.

    <smses count="2" …>
      <sms address="+62…" date="1700000000000" type="1" body="halo" readable_date="…" contact_name="Sari" … />
      <mms address="+62…~+62…" date="…" msg_box="1" …><parts><part ct="text/plain" text="…" /><part ct="image/jpeg"
        name="a.jpg" data="base64…" /></parts><addrs><addr address="+62…" type="137" /></addrs></mms>
    </smses>

The rules, in order (docs/formats/sms.md):

1. Every `sms` and `mms` element is a row, its span the element; all between is container. One that cannot be read is a row
   of kind unparsed (broken_record); what is cut off at the end of the file too (truncated).
2. `date` is UTC in milliseconds. sent_at_text is `readable_date`, the phone's own words, else `date`.
3. The string `null` and an empty value stand for nothing; `(Unknown)` is no name.
4. Whose: `type` and `msg_box` 1 are received, all others the phone's own (flags draft, outbox, failed, queued). Own rows
   have the account OWN_ACCOUNT: the file does not name the phone's number. Received rows have `address`; in an MMS the
   address of type 137 ("from") where `address` is a group. The thread is `address` as written: people of a group are joined by "~".
5. Text is `body`; of an MMS the first text part, further ones and the subject are child rows (`field:part.text`,
   `field:subject`). Parts that are neither text nor layout are attachments: name, type, and, where the base64 is there,
   size and digest. Media are never unpacked to be looked at.
6. `count` of the root is held against the rows (count_differs). Entities that the file defines are not expanded
   (entity_not_expanded).

Rows of plain SMS are made on whole columns (`_sms_columns`); `fast=False` takes the exact path for all: the same rows.

Versions tested: forms of the page. References: facts FORMATS 8.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _sms_columns
from saksi.readers._lines import UTF8_BOM, BrokenOff, shown
from saksi.readers._records import EMPTY, Alone, PartRecords, Record, container, unparsed
from saksi.readers._xml_backup import Window, root_of, windows
from saksi.readers._xml_text import Span, Tag, plain, start_tag, value_span
from saksi.readers.base import OWN_ACCOUNT, Chunk, Evidence, ReadSettings

PLATFORM: Final = "sms"
ROOTS: Final = (b"smses", b"calls")
Maker = Callable[[bytes, Tag, int, int], Record]
"""(window, tag, where the window stands, offset of the tag) -> row."""

OWN_TYPES: Final = {"2": None, "3": "draft", "4": "outbox", "5": "failed", "6": "queued"}
"""Values of `type` and `msg_box` that are the phone's own messages, and their flag."""

_STATUS: Final = {"32": "delivery_pending", "64": "delivery_failed"}
FROM_TYPE: Final = "137"
_NO_ADDRESS: Final = "insert-address-token"
_NOTHING: Final = (None, b"", b"null")
DATE_MS_MIN: Final = 10**11
DATE_MS_MAX: Final = 10**14
"""Milliseconds: the years 1973 and 5138. Other numbers are no time: below are seconds, or a clock that was never set."""

_MEDIA: Final = {"image": "image", "video": "video", "audio": "audio"}


def said(value: str | None) -> str | None:
    """A value of the export; null where it says so."""
    return None if value is None or value in ("", "null") else value


def name_of(value: str | None) -> str | None:
    """A contact's name; null where the phone knew none."""
    return None if value == "(Unknown)" else said(value)


def utc_us(digits: str | None) -> int | None:
    """Milliseconds since 1970 as written -> microseconds; null where it is no time (0 too: unknown is never 0)."""
    if digits is None or not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        return None
    if not DATE_MS_MIN <= int(digits) < DATE_MS_MAX:
        return None
    return int(digits) * 1000


class Values:
    """The values of one tag as text; `repair` says how bad bytes among those asked for are shown."""

    def __init__(self, raw: bytes, tag: Tag) -> None:
        self._raw, self._tag = raw, tag
        self.repair: str | None = None

    def span(self, name: str) -> Span | None:
        """Where the value stands."""
        return value_span(self._raw, self._tag, name.encode())

    def raw(self, name: str) -> bytes | None:
        """The value's bytes."""
        return self._tag.values.get(name.encode())

    def get(self, name: str) -> str | None:
        """The value, references put back; None where the tag has none of this name."""
        value = self._tag.values.get(name.encode())
        if value is None:
            return None
        text, repair = plain(value)
        self.repair = self.repair or repair
        return text

    def said(self, name: str) -> str | None:
        """The value; None where it is null."""
        if self._tag.values.get(name.encode()) in _NOTHING:
            return None
        return said(self.get(name))


def dated(row: Record, values: Values) -> None:
    """Fill in the row's time."""
    date = values.said("date")
    row.utc_us = utc_us(date)
    row.basis = "none" if row.utc_us is None else "utc"
    row.stamp_text = values.said("readable_date") or date


def from_side(row: Record, kind: str | None, address: str | None, name: str | None) -> None:
    """Fill in whose the row is. kind: `type` or `msg_box`."""
    row.thread_id, row.thread_title = address, name
    if kind in OWN_TYPES:
        row.direction, row.sender_id = "out", OWN_ACCOUNT
        flag = OWN_TYPES[kind]
        if flag is not None:
            row.flags = [*(row.flags or ()), flag]
    else:
        row.sender_id, row.sender_name = address, name
        row.direction = "in" if kind == "1" else None


def _child(row: Record, text: str, flag: str, repair: str | None) -> Record:
    return Record(
        row.start, row.end, "text", text, repair, row.sender_name, row.sender_id, row.direction, row.thread_id,
        row.thread_title, stamp_text=row.stamp_text, utc_us=row.utc_us, basis=row.basis, flags=[flag],
    )  # fmt: skip


def sms_record(raw: bytes, tag: Tag, base: int, at: int) -> Record:
    """The row of one `sms` element at offset `at` of `raw`, which stands at `base` of the part."""
    values = Values(raw, tag)
    row = Record(base + at, base + tag.end, "text")
    body = values.get("body")
    row.text = None if body == "null" else body
    if body == "null":
        row.flags = ["body_null"]
    dated(row, values)
    from_side(row, values.get("type"), values.said("address"), name_of(values.get("contact_name")))
    status = _STATUS.get(values.get("status") or "")
    if status is not None:
        row.flags = [*(row.flags or ()), status]
    subject = values.said("subject")
    row.repair = values.repair
    if subject is not None:
        row.children.append(_child(row, subject, "field:subject", values.repair))
    row.reasons = ("invalid_utf8",) if values.repair is not None and values.repair.startswith("invalid") else ()
    return row


_INNER: Final = re.compile(rb"<(?:part|addr)(?=[\s/>])")


class _Mms:
    """One `mms` element: its own tag, and those of its parts and addresses up to `stop`."""

    def __init__(self, reader: Backup, raw: bytes, tag: Tag, base: int, at: int, stop: int) -> None:
        self.reader, self.raw, self.base = reader, raw, base
        self.values = Values(raw, tag)
        self.row = Record(base + at, base + stop, "text")
        self.texts: list[str] = []
        self.from_: list[str] = []
        self.repair: str | None = None
        self.broken = False
        for match in _INNER.finditer(raw, tag.end, stop):
            inner = start_tag(raw, match.start(), stop)
            if inner is None:
                self.broken = True
            elif inner.name == b"part":
                self._part(Values(raw, inner))
            else:
                self._address(Values(raw, inner))

    def _address(self, values: Values) -> None:
        address = values.said("address")
        if values.get("type") == FROM_TYPE and address is not None and address != _NO_ADDRESS:
            self.from_.append(address)

    def _part(self, values: Values) -> None:
        kind = (values.said("ct") or "").lower().partition(";")[0].strip()
        if kind == "application/smil" or (values.get("seq") == "-1" and kind in ("", "application/smil")):
            return
        if kind == "text/plain":
            text = values.get("text")
            if text in (None, "null") and (data := self._data(values)) is not None:
                text, values.repair = shown(data)
            if text not in (None, "null"):
                self.texts.append(text or "")
                self.repair = self.repair or values.repair
            return
        names = (values.said(n) for n in ("fn", "cl", "name", "cid"))
        name = next((n for n in names if n is not None), None)
        size, digest, state = self.reader.medium(self.base, values)
        media_type = "contact" if "vcard" in kind else _MEDIA.get(kind.partition("/")[0], kind or None)
        entry = {"name": name, "digest": digest, "media_type": media_type, "size": size, "state": state}
        self.row.attachments = [*(self.row.attachments or ()), entry]

    def _data(self, values: Values) -> bytes | None:
        value = values.raw("data")
        return None if value is None else decoded(value)

    def record(self) -> Record:
        """The row, its further words as children."""
        row, values = self.row, self.values
        dated(row, values)
        box = values.get("msg_box")
        from_side(row, box, values.said("address"), name_of(values.get("contact_name")))
        if row.direction != "out" and (row.sender_id is None or "~" in row.sender_id):
            # a group's addresses are nobody's account, its names nobody's name
            row.sender_id, row.sender_name = (self.from_[0] if self.from_ else None), None
        row.kind = "media" if row.attachments else "text"
        row.repair = values.repair or self.repair
        row.reasons = ("broken_record",) if self.broken else ()
        row.text = self.texts[0] if self.texts else None
        for text in self.texts[1:]:
            row.children.append(_child(row, text, "field:part.text", self.repair))
        subject = values.said("sub")
        if subject is not None:
            row.children.append(_child(row, subject, "field:subject", values.repair))
        return row


def decoded(value: bytes) -> bytes | None:
    """The bytes of a base64 value; None where it is none."""
    try:
        return base64.b64decode(re.sub(rb"\s+|&#1[03];|&#x[aAdD];", b"", value), validate=True)
    except (binascii.Error, ValueError):
        return None


class Backup:
    """Reads one part: the driver of both backups. makers: what makes a row of each element that has no inside."""

    def __init__(
        self, source: Source, part: Part, settings: ReadSettings, platform: str, makers: dict[bytes, Maker], *,
        fast: bool = False,
    ) -> None:  # fmt: skip
        self.part = part
        self.makers = makers
        self.names = (*makers, b"mms")
        self.fast = fast
        self.records = PartRecords(source, part, settings, platform)
        self.columns = _sms_columns.Columns(part, platform, self.records.thread_id)
        self.rows = 0
        self.count: int | None = None
        self.closed = False

    def medium(self, base: int, values: Values) -> tuple[int | None, str | None, str]:
        """(size, digest, state) of the data of an MMS part; a medium that a case cut out is known by its place."""
        value = values.raw("data")
        if value in _NOTHING:
            return None, None, "missing"
        span = values.span("data") if self.part.cut_media else None
        cut = None if span is None else self.part.cut_media.get((base + span[0], base + span[1]))
        if cut is not None:
            return cut.size, cut.digest, "refused" if cut.digest is None else "present"
        data = decoded(value or b"")
        return (None, None, "refused") if data is None else (len(data), hashlib.sha256(data).hexdigest(), "present")

    def chunks(self) -> Iterator[Chunk]:
        """All chunks; problems of the whole part come with the last one."""
        first = True
        rest = np.empty((0, 2), dtype=np.int64)
        try:
            for window in windows(self.part, self.names, ROOTS):
                if window.oversize:
                    self.closed = False
                    yield self.records.chunk([unparsed(window.base, window.end, None, None, "oversize_message")])
                    continue
                for at in range(0, max(1, len(window.starts)), limits.BATCH_ROWS // 2):
                    yield self._window(window, at, first=first)
                    first = False
        except BrokenOff as e:
            rest = np.array([[e.at, self.part.size]], dtype=np.int64)
            self.records.log.add("truncated", e.at, self.part.size)
            self.closed = True
        if not self.closed:
            self.records.log.add("truncated", self.part.size, self.part.size)
        elif self.count is not None and self.count != self.rows:
            self.records.log.add("count_differs")
        yield Chunk(self.part, dict(EMPTY), problem_spans=rest, problems=self.records.log.close())

    def _window(self, w: Window, at: int, *, first: bool) -> Chunk:
        """Some of a window's records as one chunk."""
        stop = at + limits.BATCH_ROWS // 2
        starts, kinds = w.starts[at:stop], w.kinds[at:stop]
        begin = 0 if at == 0 else int(w.starts[at])
        end = int(w.starts[stop]) if stop < len(w.starts) else len(w.data)
        until = np.append(starts[1:], end)[: len(starts)]
        fast = self.columns.read(w, starts, until, kinds) if self.fast else _sms_columns.NONE
        rest = np.ones(len(starts), dtype=np.bool_)
        rest[fast.which] = False
        slow: list[Record] = []
        for i in np.flatnonzero(rest).tolist():
            slow += self._one(w, int(starts[i]), int(until[i]), int(kinds[i]))
        if len(fast.which) and not rest[-1]:
            self.closed = False
        if len(starts) == 0 or int(starts[0]) > begin:
            slow.append(self._between(w, begin, int(starts[0]) if len(starts) else end))
        if first and w.base == 0 and w.data.startswith(UTF8_BOM):
            slow = [self._behind_bom(r) for r in slow]
            slow.append(container(0, len(UTF8_BOM)))
        chunk = self.records.chunk(slow)
        own = 0 if chunk.child is None else int((chunk.child > 0).sum())
        self.rows += len(fast.which) + len(chunk.columns["kind"]) - own
        return _sms_columns.joined(chunk, fast)

    @staticmethod
    def _behind_bom(record: Record) -> Record:
        if record.start == 0:
            record.start = len(UTF8_BOM)
        return record

    def _between(self, w: Window, start: int, end: int) -> Record:
        """What stands where no markup is known: white space is container, anything else is kept."""
        raw = w.data[start:end].removeprefix(UTF8_BOM) if w.base + start == 0 else w.data[start:end]
        if not raw.strip():
            return container(w.base + start, w.base + end)
        text, repair = shown(raw)
        return unparsed(w.base + start, w.base + end, text, repair, "broken_structure")

    def _one(self, w: Window, at: int, until: int, kind: int) -> list[Record]:
        """The records of one stretch that begins with markup at `at` and goes to the next."""
        raw = w.data
        if kind < 0:
            return self._markup(w, at, until)
        name = self.names[kind]
        self.closed = False
        tag = start_tag(raw, at, until)
        end = None if tag is None else tag.end
        row: Record | None = None
        if tag is not None and name in self.makers:
            row = self.makers[name](raw, tag, w.base, at)
            if not tag.empty:
                closing = raw.find(b"</" + name + b">", tag.end, until)
                end = tag.end if closing < 0 else closing + len(name) + 3
                row.end = w.base + end
        elif tag is not None:
            end = tag.end if tag.empty else raw.find(b"</mms>", tag.end, until) + 6
            if end < 6:
                end = None
            else:
                row = _Mms(self, raw, tag, w.base, at, end).record()
        if row is None or end is None:
            return [self._broken(w, at, until)]
        return [row, self._between(w, end, until)] if end < until else [row]

    def _broken(self, w: Window, at: int, until: int) -> Record:
        """A record that cannot be read; at the end of the part it is cut off."""
        last = w.base + until == self.part.size
        text, repair = shown(w.data[at:until])
        return unparsed(w.base + at, w.base + until, text, repair, "truncated" if last else "broken_record")

    def _markup(self, w: Window, at: int, until: int) -> list[Record]:
        """Prolog, comments, the root's tags: container. A document type's entities are said."""
        raw = w.data
        if raw.startswith(b"<!DOCTYPE", at):
            return [container(w.base + at, w.base + until, "entity_not_expanded")]
        if raw.startswith((b"<!--", b"<?"), at):
            closing = b"-->" if raw.startswith(b"<!--", at) else b"?>"
            end = raw.find(closing, at, until)
            if end < 0:
                return [container(w.base + at, w.base + until)]
            end += len(closing)
        elif raw.startswith(b"</", at):
            self.closed = True
            end = raw.find(b">", at, until) + 1
            if end == 0:
                return [container(w.base + at, w.base + until)]
        else:
            tag = start_tag(raw, at, until)
            if tag is None:
                return [self._broken(w, at, until)]
            count = Values(raw, tag).said("count")
            self.count = int(count) if count is not None and count.isascii() and count.isdigit() and len(count) < 12 else None
            end = tag.end
            self.closed = tag.empty
        between = [self._between(w, end, until)] if end < until else []
        return [container(w.base + at, w.base + end), *between]


class SmsXml(Alone):
    """The reader (see the module)."""

    name = "sms_xml"

    def recognise(self, part: Part) -> Evidence | None:
        """The root element, behind prolog and comments."""
        return Evidence("sms_root") if root_of(part.head()) == b"smses" else None

    def read(
        self, source: Source, parts: Sequence[Part], settings: ReadSettings, *, fast: bool = True
    ) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            yield from Backup(source, part, settings, PLATFORM, {b"sms": sms_record}, fast=fast).chunks()


reader = SmsXml()
