"""Signal Desktop's messages as sigtop writes them as text: one file a conversation.

    Conversation: Sari (+6286011112222)

    From: Sari (+6286011112222)
    Type: incoming
    Sent: Thu, 1 Jan 2026 19:22:31 +0700
    Received: Thu, 1 Jan 2026 19:22:33 +0700
    Attachment: foto.jpg (image/jpeg, 86 bytes)
    Reaction: 👍 from You

    > From: You
    > Sent: Thu, 1 Jan 2026 19:20:00 +0700
    >
    > words that are quoted

    words of the message

The rules, in order (docs/formats/signal.md#sigtop):

1. A message begins, behind a blank line, with `From: ` and `Type: `, or with `Type: ` alone, and then `Sent: ` or `Received: `.
   A person may type such lines; the file does not tell them apart.
2. Fields above the first blank line are the message's; then come a quotation (lines that begin with ">") and the words. One
   blank line at a message's end and the line `Conversation: ` are container.
3. A quotation is not the sender's words: a child row with the quoted account (flag field:quote). Reactions are child rows.
4. `Edited: n versions`: the versions follow with "|" in front, the newest first: its words are the row's text, each older
   version is a child row (flags field:edit_history, version:n).
5. Time is that of Sent, with its offset. From `You` is the phone's own account: direction out; Type incoming: in.
6. Types other than incoming and outgoing are kind service, call-history kind call, flag `type:<type>`.

Versions tested: sigtop 0.19 and later, as its source writes. References: tbvdm/sigtop, cmd/sigtop/fmt_text.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers._lines import Line, LinesAhead, head_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers.base import OWN_ACCOUNT, Chunk, Evidence, ReadSettings
from saksi.times import EPOCH

PLATFORM: Final = "signal"
_FIRST: Final = "Conversation: "
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: n for n, name in enumerate(_NAMES, 1)}
_TIME: Final = re.compile(r"[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_FIELD: Final = re.compile(r"(From|Type|Sent|Received|Attachment|Reaction|Edited): (.*)", re.DOTALL)
_FILE: Final = re.compile(r"(?P<name>.*) \((?P<type>[^()]*?)(?:, (?P<size>\d{1,15}) bytes)?\)", re.DOTALL)
_VERSION: Final = re.compile(r"Version: (\d{1,4})")


def moment(text: str) -> tuple[int | None, str]:
    """Microseconds since 1970 of a written time and its basis; (None, "none") for no such time."""
    m = _TIME.fullmatch(text)
    month = None if m is None else _MONTHS.get(m[2])
    if m is None or month is None:
        return None, "none"
    away = timedelta(hours=int(m[8]), minutes=int(m[9])) * (1 if m[7] == "+" else -1)
    try:
        at = datetime(int(m[3]), month, int(m[1]), int(m[4]), int(m[5]), int(m[6]), tzinfo=timezone(away))
        us = (at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None, "none"
    return us, "offset" if away else "utc"


def _medium(written: str) -> dict[str, Any]:
    m = _FILE.fullmatch(written)
    name = written if m is None else m["name"]
    size = None if m is None or m["size"] is None else int(m["size"])
    shown = None if name == "no filename" else name
    return {"name": shown, "digest": None, "media_type": None if m is None else m["type"] or None, "size": size, "state": "omitted"}


def _inside(lines: list[str], sign: str) -> list[str]:
    """Lines of a quotation or a version without what stands in front of them."""
    return [line.removeprefix(sign).removeprefix(" ") for line in lines]


def _quoted(lines: list[str], glue: str) -> Record:
    """A quotation (lines without ">") as a child row. glue: the file's line end."""
    own = Record(0, 0, "text", basis="none", flags=["field:quote"])
    at = 0
    while at < len(lines) and (m := _FIELD.fullmatch(lines[at])) is not None:
        if m[1] == "From":
            own.sender_name = m[2]
            own.sender_id, own.direction = (OWN_ACCOUNT, "out") if m[2] == "You" else (None, None)
        elif m[1] == "Sent":
            own.utc_us, own.basis = moment(m[2])
            own.stamp_text = m[2]
        elif m[1] == "Attachment":
            own.attachments = [*(own.attachments or []), _medium(m[2])]
        at += 1
    own.text = glue.join(lines[at + 1 :] if at < len(lines) and lines[at] == "" else lines[at:])
    return own


def _split(lines: list[str]) -> tuple[list[str] | None, list[str]]:
    """Quotation and words of what stands below the fields."""
    if not lines or not lines[0].startswith("> From: "):
        return None, lines
    end = next((i for i, line in enumerate(lines) if not line.startswith(">")), len(lines))
    rest = lines[end:]
    return _inside(lines[:end], ">"), rest[1:] if rest and rest[0] == "" else rest


class _Walk:
    """Walks one part; see the module."""

    def __init__(self, part: Part) -> None:
        self.lines = LinesAhead(part)
        self.glue = "\n"

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        fresh = True
        while (line := self.lines.peek(0)) is not None:
            if fresh and self._begins(0):
                yield from self._message()
                continue
            self.lines.take()
            if line.text is None:
                yield unparsed(line.start, line.end, None, None, "oversize_message")
            elif line.text == "" or (line.start < 8 and line.text.startswith(_FIRST)):
                fresh = True
                yield container(line.start, line.end)
                continue
            else:
                yield unparsed(line.start, line.end, line.text, line.repair, "continuation_without_start")
            fresh = False

    def _begins(self, n: int) -> bool:
        """Whether a message begins with the line `n` lines on."""
        seen = [self.lines.peek(n + k) for k in range(3)]
        names = [None if s is None or s.text is None or (m := _FIELD.fullmatch(s.text)) is None else m[1] for s in seen]
        if names[0] == "From":
            return names[1] == "Type" and names[2] in ("Sent", "Received")
        return names[0] == "Type" and names[1] in ("Sent", "Received")

    def _message(self) -> Iterator[Record]:
        """One message and the blank line below it."""
        found: list[Line] = []
        while (line := self.lines.peek(0)) is not None and line.text is not None:
            if found and found[-1].text == "" and self._begins(0):
                break
            if found and line.end - found[0].start > limits.MESSAGE_BYTES_MAX:
                break
            found.append(line)
            self.lines.take()
        last = found.pop() if len(found) > 1 and found[-1].text == "" else None
        yield self._row(found)
        if last is not None:
            yield container(last.start, last.end)

    def _row(self, found: list[Line]) -> Record:
        texts = [line.text or "" for line in found]
        self.glue = found[0].ending or "\n"
        repair = next((line.repair for line in found if line.repair is not None), None)
        row = Record(found[0].start, found[-1].end, "text", "", repair, reasons=("invalid_utf8",) if repair else (), basis="none")
        flags: list[str] = []
        at = 0
        while at < len(texts) and (m := _FIELD.fullmatch(texts[at])) is not None:
            self._field(row, flags, m[1], m[2])
            at += 1
        below = texts[at + 1 :] if at < len(texts) and texts[at] == "" else texts[at:]
        if "edited" in flags and below and _VERSION.fullmatch(below[0].removeprefix("| ")):
            self._versions(row, _inside(below, "|"))
        else:
            quote, words = _split(below)
            row.text = self.glue.join(words)
            row.children += [] if quote is None else [_quoted(quote, self.glue)]
        row.flags = flags or None
        if row.kind == "text" and row.attachments and not row.text:
            row.kind = "media"
        if not row.text and row.kind != "text":
            row.text = None
        return row

    def _field(self, row: Record, flags: list[str], name: str, said: str) -> None:
        if name == "From":
            row.sender_name = said
            row.sender_id = OWN_ACCOUNT if said == "You" else None
            row.direction = "out" if said == "You" else None
        elif name == "Type":
            if said == "incoming":
                row.direction = "in"
            elif said != "outgoing":
                row.kind = "call" if said == "call-history" else "service"
                flags.append(f"type:{said[:200]}")
        elif name == "Sent":
            row.utc_us, row.basis = moment(said)
            row.stamp_text = said
        elif name == "Received":
            flags.append(f"received:{said[:200]}")
        elif name == "Attachment":
            row.attachments = [*(row.attachments or []), _medium(said)]
        elif name == "Reaction":
            emoji, _, who = said.partition(" from ")
            own = (OWN_ACCOUNT, "out") if who == "You" else (None, None)
            row.children.append(Record(0, 0, "reaction", emoji or None, sender_name=who or None, sender_id=own[0],
                                       direction=own[1], basis="none"))  # fmt: skip
        else:
            flags.append("edited")

    def _versions(self, row: Record, lines: list[str]) -> None:
        """Take the versions of an edited message (rule 4)."""
        starts = [i for i, line in enumerate(lines) if _VERSION.fullmatch(line) and (i == 0 or lines[i - 1] == "")]
        for k, (start, end) in enumerate(zip(starts, [*(s - 1 for s in starts[1:]), len(lines)], strict=True)):
            at = start + 1
            us, basis, stamp = None, "none", None
            files: list[dict[str, Any]] = []
            while at < end and (m := _FIELD.fullmatch(lines[at])) is not None:
                if m[1] == "Sent":
                    (us, basis), stamp = moment(m[2]), m[2]
                elif m[1] == "Attachment":
                    files.append(_medium(m[2]))
                at += 1
            quote, words = _split(lines[at + 1 : end] if at < end and lines[at] == "" else lines[at:end])
            quotes = [] if quote is None else [_quoted(quote, self.glue)]
            if k == 0:
                row.text = self.glue.join(words)
                row.children += quotes
                continue
            told = ["field:edit_history", lines[start].replace("Version: ", "version:")]
            own = Record(
                0, 0, "text", self.glue.join(words), sender_name=row.sender_name, sender_id=row.sender_id, utc_us=us, basis=basis,
                direction=row.direction, stamp_text=stamp, attachments=files or None, flags=told,
            )  # fmt: skip
            row.children += [own, *quotes]


class SigtopTxt(Alone):
    """The reader (see the module)."""

    name = "sigtop_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """The conversation's name, and a message's first fields below it."""
        lines = head_lines(part, 5)
        if len(lines) < 4 or not lines[0].startswith(_FIRST) or lines[1] != "":
            return None
        names = [m[1] for line in lines[2:5] if (m := _FIELD.fullmatch(line)) is not None]
        return Evidence("sigtop_blocks") if names[:2] == ["From", "Type"] or names[:1] == ["Type"] else None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            first = next(iter(head_lines(part, 1)), "")
            title = first.removeprefix(_FIRST) if first.startswith(_FIRST) else None
            yield from read_records(source, part, settings, PLATFORM, lambda p: _Walk(p).records(), title=title, dated=False)


reader = SigtopTxt()
