"""SMS Backup & Restore (Android): calls-….xml, the phone's call log.

    <calls count="1" …>
      <call number="+62…" duration="35" date="1700000000000" type="1" readable_date="…" contact_name="Sari" … />
    </calls>

Every `call` element is a row of kind call, its span the element; all between is container. The thread is the other number.
`type`: 1 received, 2 made, 3 missed, 4 voicemail, 5 rejected, 6 refused by the phone's list (flags call:…); duration in
seconds is flag duration_s:N. A hidden number is no number (flag `number_hidden`). Text is null: a call has no words.
Times, null, count, damage and entities as in `sms_xml`. Versions tested: forms of docs/formats/sms.md.
References: facts FORMATS 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from saksi.parts import Part, Source
from saksi.readers._records import Alone, Record
from saksi.readers._xml_backup import root_of
from saksi.readers._xml_text import Tag
from saksi.readers.base import OWN_ACCOUNT, Chunk, Evidence, ReadSettings
from saksi.readers.sms_xml import Backup, Values, dated, name_of

_TYPES: Final = {
    "1": "received", "2": "made", "3": "missed", "4": "voicemail", "5": "rejected", "6": "refused",
}  # fmt: skip
_HIDDEN: Final = ("-1", "-2", "-3")
"""Numbers that the phone writes for unknown, withheld and pay-phone callers."""


def call_record(raw: bytes, tag: Tag, base: int, at: int) -> Record:
    """The row of one `call` element at offset `at` of `raw`, which stands at `base` of the part."""
    values = Values(raw, tag)
    row = Record(base + at, base + tag.end, "call")
    dated(row, values)
    number, name = values.said("number"), name_of(values.get("contact_name"))
    hidden = number in _HIDDEN or (number is None and values.get("presentation") in ("2", "3", "4"))
    kind = _TYPES.get(values.get("type") or "")
    row.flags = [f"call:{kind}"] if kind is not None else []
    duration = values.said("duration")
    if duration is not None and duration.isdigit():
        row.flags.append(f"duration_s:{duration}")
    if hidden:
        row.flags.append("number_hidden")
        number = None
    row.thread_id, row.thread_title = number, name
    if kind == "made":
        row.direction, row.sender_id = "out", OWN_ACCOUNT
    else:
        row.direction = None if kind is None else "in"
        row.sender_id, row.sender_name = number, name
    row.flags = row.flags or None
    row.repair = values.repair
    return row


class CallsXml(Alone):
    """The reader (see the module)."""

    name = "calls_xml"

    def recognise(self, part: Part) -> Evidence | None:
        """The root element, behind prolog and comments."""
        return Evidence("calls_root") if root_of(part.head()) == b"calls" else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            yield from Backup(source, part, settings, "calls", {b"call": call_record}).chunks()


reader = CallsXml()
