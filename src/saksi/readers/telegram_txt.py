"""Text copied out of a Telegram app: messages chosen, "Copy", pasted into a note or a file.

    Sari, [25/06/2022 07:25]
    [In reply to Budi]
    halo

    Budi, [25/06/2022 07:26]
    hai

The rules, in order (docs/formats/telegram.md, "Copied text"):

1. A line NAME, [DATE TIME] and nothing else begins a row; the lines below it are its words, up to the next such line.
   The blank line that the app puts between two messages is not part of the words.
2. `[In reply to NAME]` and `[Forwarded from NAME]` directly below the header are the app's, not the sender's.
3. Text before the first header is kept as a row of kind unparsed.
4. Times are local; order of day and month by `_stamps`, zone by the caller, else null.

The copy holds no ids, no media and no kinds: every row is text, a place in another chat cannot be told. A header that a
person typed into a message looks like the app's: the row is then cut in two, and its time will mostly be out of order.
A message of `Name, [date]` lines only is what it looks like. Versions tested: forms of the page.
References: facts FORMATS 2.3; copies in public files named on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers._lines import Line, head_lines, part_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers._stamps import DATE, NAMED_DATE, TIME, Stamp, stamp_of
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "telegram"

_HEADER: Final = re.compile(r"(?P<name>.{1,128}), \[(?P<ts>[^\[\]\n]{8,40})\]:?")
_STAMP: Final = re.compile(rf"(?:{DATE}|{NAMED_DATE}),?(?: at| pukul)? {TIME}")
_REPLY: Final = re.compile(r"\[In reply to (.{1,128})\]")
_FORWARD: Final = re.compile(r"\[Forwarded from (.{1,128})\]")


def header_of(line: str) -> tuple[str, str, Stamp] | None:
    """(name, time as written, its numbers) of a header line; None where it is none."""
    if not line.endswith(("]", "]:")):
        return None
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    written = _STAMP.fullmatch(match["ts"])
    stamp = None if written is None else stamp_of(written, written)
    return None if stamp is None else (match["name"], match["ts"], stamp)


class _Open:
    """A row in the making: its header, the app's lines below it, its words line by line."""

    def __init__(self, line: Line, header: tuple[str, str, Stamp]) -> None:
        self.record = Record(line.start, line.end, "text", None, line.repair)
        self.record.sender_name, self.record.stamp_text, self.record.stamp = header
        self.words: list[Line] = []
        self.above = True  # the app's own lines may still come

    def add(self, line: Line) -> None:
        """Take one more line."""
        self.record.end = line.end
        text = line.text or ""
        if self.above:
            reply, forward = _REPLY.fullmatch(text), _FORWARD.fullmatch(text)
            if reply is not None:
                self.record.flags = [*(self.record.flags or ()), f"reply_to_name:{reply[1]}"]
                return
            if forward is not None:
                self.record.forwarded_from = forward[1]
                self.record.flags = [*(self.record.flags or ()), "forwarded"]
                return
            self.above = False
        self.words.append(line)
        if line.repair is not None:
            self.record.repair, self.record.reasons = line.repair, ("invalid_utf8",)

    def close(self, *, before_header: bool) -> Record:
        """The row; before_header: another message follows, so that a last blank line is the app's."""
        words = self.words
        if before_header and len(words) > 1 and words[-1].text == "":
            words = words[:-1]
        text = "".join(f"{w.text or ''}{w.ending}" for w in words)
        last = words[-1].ending if words else ""
        self.record.text = text[: len(text) - len(last)]
        if self.record.repair is not None and not self.record.reasons:
            self.record.reasons = ("invalid_utf8",)
        return self.record


def _records(part: Part) -> Iterator[Record]:
    row: _Open | None = None
    for line in part_lines(part):
        if line.text is None:
            if row is not None:
                yield row.close(before_header=False)
                row = None
            yield unparsed(line.start, line.end, None, None, "oversize_message")
            continue
        if row is not None and line.end - row.record.start > limits.MESSAGE_BYTES_MAX:
            yield row.close(before_header=False)
            row = None
        header = header_of(line.text)
        if header is not None:
            if row is not None:
                yield row.close(before_header=True)
            row = _Open(line, header)
        elif row is not None:
            row.add(line)
        elif line.text.strip():
            yield unparsed(line.start, line.end, line.text, line.repair, "continuation_without_start")
        else:
            yield container(line.start, line.end)
    if row is not None:
        yield row.close(before_header=False)


class TelegramTxt(Alone):
    """The reader (see the module)."""

    name = "telegram_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """A header as the first line with words, or several of them among few other lines."""
        lines = [line for line in head_lines(part) if line.strip()]
        if not lines:
            return None
        headers = sum(header_of(line) is not None for line in lines)
        if header_of(lines[0]) is not None or (headers >= 2 and headers * 20 >= len(lines)):
            return Evidence("telegram_copied")
        return None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            yield from read_records(source, part, settings, PLATFORM, _records)


reader = TelegramTxt()
