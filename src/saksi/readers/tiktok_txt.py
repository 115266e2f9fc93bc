"""TikTok's data download as text: the file of the direct messages.

    >>> Chat History with budi::

    2026-07-03 23:00:11 UTC budi: halo
    dua baris

One dated line is one message, in file order; lines behind it without a date belong to it (joined with LF). Rules:

1. The line `>>> Chat History with NAME::` begins a thread (the app writes it in English in every language); it and blank
   lines between messages are container.
2. Time is UTC (basis utc), to the second. sender is the account's name as written; direction is in where that is the
   thread's other party, else null: the file does not say whose it is.
3. Text in front of the first thread ("no data") is container, dated lines there are messages without a thread.

Span: from the date to the end of the message's last line that holds anything. Facts and sources: docs/formats/tiktok.md.
Versions: downloads of 2023 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers._lines import Line, head_lines, part_lines
from saksi.readers._records import Record, container, read_records, unparsed
from saksi.readers.base import Chunk, Evidence, ReadSettings

_THREAD: Final = re.compile(r">>> Chat History with (?P<name>.*?)[:\s]*\Z", re.DOTALL)
_MESSAGE: Final = re.compile(r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC) (?P<who>[^:\n]{1,200}):(?: (?P<said>.*))?\Z", re.DOTALL)
_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:TikTok|Your Activity|Activity|Direct Messages?|Profile|App Settings|Comment)(?:/|$)", re.IGNORECASE
)


class _Walk:
    """Walks one file."""

    def __init__(self, part: Part) -> None:
        self.lines = part_lines(part)
        self.party: str | None = None
        self.row: Record | None = None
        self.blanks: list[Line] = []
        self.started = False

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        for line in self.lines:
            if line.text is None:
                yield from self._close()
                yield unparsed(line.start, line.end, None, None, "oversize_message")
                continue
            thread, message = _THREAD.match(line.text), _MESSAGE.match(line.text)
            if thread is not None:
                yield from self._close()
                self.party, self.started = thread["name"] or None, True
                yield container(line.start, line.end)
            elif message is not None:
                yield from self._close()
                self.started = True
                self.row = self._message(line, message)
            elif line.text.strip() == "":
                self.blanks.append(line)
            elif self.row is not None:
                self._goes_on(line)
            else:
                yield from self._close()
                yield unparsed(line.start, line.end, line.text, line.repair, "continuation_without_start") if self.started \
                    else container(line.start, line.end)
        yield from self._close()

    def _message(self, line: Line, m: re.Match[str]) -> Record:
        who, us = m["who"], jr.iso_time(m["at"])[0]
        return Record(
            line.start, line.end, "text", m["said"] or "", line.repair, sender_id=who, sender_name=who,
            direction="in" if who == self.party else None, thread_id=self.party, thread_title=self.party,
            stamp_text=m["at"], utc_us=us, basis="none" if us is None else "utc",
            reasons=() if line.repair is None else ("invalid_utf8",),
        )  # fmt: skip

    def _goes_on(self, line: Line) -> None:
        row = self.row
        assert row is not None
        row.text = (row.text or "") + "\n" + "".join((b.text or "") + "\n" for b in self.blanks) + (line.text or "")
        row.end = line.end
        row.repair = row.repair or line.repair
        if line.repair is not None:
            row.reasons = ("invalid_utf8",)
        self.blanks = []

    def _close(self) -> Iterator[Record]:
        """The row so far and the blank lines behind it."""
        if self.row is not None:
            yield self.row
        self.row = None
        for blank in self.blanks:
            yield container(blank.start, blank.end)
        self.blanks = []


class TiktokTxt:
    """Reader `tiktok_txt`; see the module's text."""

    name = "tiktok_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """A line that begins a thread, and a dated line behind it (or nothing but threads)."""
        if b">>> Chat History with" not in part.head():
            return None
        lines = [line for line in head_lines(part) if line.strip()]
        first = next((i for i, line in enumerate(lines) if _THREAD.match(line)), None)
        if first is None or first > 40:
            return None
        rest = lines[first + 1 : first + 2]
        told = not rest or any(_MESSAGE.match(line) or _THREAD.match(line) for line in rest) or rest[0][:4].isdigit()
        return Evidence("tiktok_text") if told else None

    def is_metadata(self, part: Part) -> bool:
        """The other texts of the download."""
        return part.name.lower().endswith(".txt") and _FOLDERS.search(part.path or "") is not None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each file."""
        for part in parts:
            yield from read_records(source, part, settings, "tiktok", lambda p: _Walk(p).records(), dated=False)


reader = TiktokTxt()
