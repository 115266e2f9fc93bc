"""Discord's data package until 2024: messages/c<channel>/messages.csv.

    ID,Timestamp,Contents,Attachments
    1100…,2021-05-01 12:34:56.789000+00:00,"two, perhaps
    lines",https://…

RFC 4180: a field in double quotes may hold commas, line ends and doubled quotes. One record is one row, its span with its
line end. Everything else as in `discord_package_json`. A record is at most RECORD_BYTES_MAX long (a message has 4,000
characters at most): a quote that is not closed by then costs its own line (kind unparsed), and reading goes on behind it.

Facts and sources: docs/formats/discord.md. Versions: packages of 2017 to 2024.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _discord as dc
from saksi.readers import _json_records as jr
from saksi.readers._lines import Line, LinesAhead
from saksi.readers._records import Record, container, read_records, unparsed
from saksi.readers.base import Chunk, Evidence, ReadSettings

HEADER: Final = "ID,Timestamp,Contents,Attachments"
_START: Final = re.compile(r"[0-9]{15,21},[0-9]{4}-")
RECORD_BYTES_MAX: Final = 128 * limits.KIB
_FIELD: Final = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",]*+))(?:,|\Z)', re.DOTALL)


def fields_of(text: str) -> list[str] | None:
    """The fields of one record; None where it is none."""
    found: list[str] = []
    at = 0
    while at <= len(text):
        m = _FIELD.match(text, at)
        if m is None:
            return None
        found.append(m[2] if m[1] is None else m[1].replace('""', '"'))
        if not m[0].endswith(",") or m.end() == at:
            return found if m.end() == len(text) else None
        at = m.end()
    return found


class _Walk:
    """Walks one channel."""

    def __init__(self, part: Part, job: jr.Job, channel: dc.Channel) -> None:
        self.lines = LinesAhead(part)
        self.job, self.channel = job, channel

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        first = True
        while (line := self.lines.peek(0)) is not None:
            if line.text is None:
                self.lines.take()
                yield unparsed(line.start, line.end, None, None, "oversize_message")
            elif (first and line.text == HEADER) or line.text == "":
                self.lines.take()
                yield container(line.start, line.end)
            else:
                yield self._record(line)
            first = False

    def _record(self, first: Line) -> Record:
        """The record that begins at the next line, which is `first`."""
        text, n, quotes = "", 0, 0
        while True:
            line = self.lines.peek(n)
            if line is None or line.text is None or line.end - first.start > RECORD_BYTES_MAX:
                break
            n += 1
            quotes += line.text.count('"')
            text += line.text
            if quotes % 2 == 0:
                fields = fields_of(text)
                if fields is not None and len(fields) >= 3:
                    return self._row(first.start, line.end, fields, self.lines.take_seen(n))
                break
            text += line.ending
        return self._unread(first, is_open=quotes % 2 == 1)

    def _unread(self, first: Line, *, is_open: bool) -> Record:
        """The record at `first` as it stands; where its quote was left open: to the next line that begins like one."""
        lines = self.lines.take_seen(1)
        while is_open and (line := self.lines.peek(0)) is not None and line.text is not None and not _START.match(line.text):
            if line.end - first.start > RECORD_BYTES_MAX:
                break
            lines += self.lines.take_seen(1)
        text = "".join((line.text or "") + line.ending for line in lines[:-1]) + (lines[-1].text or "")
        reason = "truncated" if is_open and self.lines.peek(0) is None else "broken_record"
        return unparsed(first.start, lines[-1].end, text, first.repair, reason)

    def _row(self, start: int, end: int, fields: list[str], lines: list[Line]) -> Record:
        attachments = dc.url_attachments(fields[3] if len(fields) > 3 else None)
        kind = "media" if attachments and not fields[2] else "text"
        made = jr.Row(kind)
        number = int(fields[0]) if re.fullmatch(r"[0-9]{1,19}", fields[0]) else None
        dc.sent(made, fields[1] or None, number, self.job)
        repair = next((line.repair for line in lines if line.repair is not None), None)
        row = Record(
            start, end, kind, fields[2] or (None if attachments else ""), repair, sender_id=self.channel.owner[0],
            sender_name=self.channel.owner[1], direction="out", thread_id=self.channel.thread_id,
            thread_title=self.channel.title, stamp_text=fields[1] or None, utc_us=made.columns["sent_at"],
            basis=made.columns["sent_at_basis"], attachments=attachments or None,
        )  # fmt: skip
        row.children = [
            Record(start, end, "text", words, flags=[f"field:{n}"], direction="out", basis="none")
            for n, words in enumerate(fields[4:], 5) if words
        ]
        if repair is not None:
            row.reasons = ("invalid_utf8",)
        return row


class DiscordPackageCsv:
    """Reader `discord_package_csv`; see the module's text."""

    name = "discord_package_csv"

    def recognise(self, part: Part) -> Evidence | None:
        """The header line and a record behind it."""
        head = part.head().removeprefix(b"\xef\xbb\xbf")
        line, _, rest = head.partition(b"\n")
        return Evidence("discord_package") if line.rstrip(b"\r") == HEADER.encode() and rest.strip() else None

    def is_metadata(self, part: Part) -> bool:
        """The other lists of the package."""
        return dc.is_package_metadata(part)

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each channel."""
        owner = dc.account_of(source)
        for part in parts:
            channel = dc.channel_of(source, part, owner)
            job = jr.Job(source, part, settings, "discord")
            yield from read_records(
                source, part, settings, "discord", lambda p, j=job, c=channel: _Walk(p, j, c).records(),  # type: ignore[misc]
                title=channel.title, dated=False,
            )  # fmt: skip


reader = DiscordPackageCsv()
