"""LINE "Save chat history": one text file a chat.

    [LINE] Chat history with Sari
    Saved on: 2024/01/16 09:30

    2024/01/15(Mon)
    10:15<TAB>Sari<TAB>halo
    10:16<TAB>Budi<TAB>"dua baris
    yang kedua"
    10:17<TAB><TAB>Budi unsent a message.

The rules, in order (docs/formats/line.md):

1. A line that is a date with a weekday and nothing else sets the day of the rows below it. Title, time of saving, date
   lines and the blank lines in front of them are container.
2. TIME TAB NAME TAB WORDS is a row; TIME TAB TAB WORDS and TIME TAB WORDS are events of the app, without a name.
3. Words that begin with a double quote and do not end there are the app's wrapping of several lines: they go on, whatever
   the lines look like, to the first line that ends with a double quote such that every quote between is doubled. Text is
   what was typed: the wrapping and the doubling are undone. Where there is no such end, the quote was typed by a person.
   Where what goes on holds lines that read like rows, the problem header_out_of_order says so: a person looks.
4. Any other line continues the row above; before the first row it is kept as a row of kind unparsed.
5. Some old exports have spaces for all tabs: the name is then known only where the title says it (flag `name_unsplit`).
6. Times are local, without seconds; order of day and month by `_stamps`, zone by the caller, else null. `sent_at_text` is
   date line, space, time.
7. Kinds by the words of line.yaml; a placeholder's words stay the row's text.

Versions tested: forms of the page. References: facts FORMATS 5; public readers named on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from saksi import limits
from saksi.datafiles import load
from saksi.parts import Part, Source
from saksi.readers._lines import Line, LinesAhead, head_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers._stamps import DATE, TIME, stamp_of
from saksi.readers._whatsapp_words import Title
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "line"

_WEEKDAY: Final = r"[^\W\d_]{1,12}\.?"
_DATE_LINE: Final = re.compile(rf"(?:{_WEEKDAY}, ?{DATE}|{DATE.replace('?P<', '?P<z')}(?: ?\({_WEEKDAY}\)| ?{_WEEKDAY}))")
_TIME: Final = re.compile(TIME)
_ROW: Final = re.compile(r"([^\t]{3,24})\t(?:([^\t\n]*)\t)?(.*)", re.DOTALL)
_SPACED: Final = re.compile(r"(\d{1,2}:\d{2}) (\S.*)", re.DOTALL)

BLANK_LINES_MAX: Final = 10_000
"""Blank lines inside a message at most: LINE takes 10,000 characters a message. More end it."""

WRAPPED_LINES_MAX: Final = 2000
"""Lines of one wrapped message at most: LINE takes 10,000 characters a message."""


class Words(msgspec.Struct, forbid_unknown_fields=True):
    """line.yaml."""

    media: dict[str, list[str]]
    location: list[str]
    contact: list[str]
    unsent: list[str]
    call_marks: list[str]
    titles: list[Title]
    saved: list[str]


@lru_cache(maxsize=1)
def line_words() -> Words:
    """The words. Raises DataFileError where the file is wrong."""
    return load(Path(__file__).parent / "line.yaml", Words)


def chat_title(line: str) -> str | None:
    """The chat's name where `line` is an export's first line; None where it is none."""
    for title in line_words().titles:
        if line.startswith(title.before) and line.endswith(title.after):
            name = line[len(title.before) : len(line) - len(title.after)].strip()
            if name and (title.before or title.after):
                return name
    return None


def _is_saved(line: str) -> bool:
    return any(line.startswith(word) for word in line_words().saved)


def date_of(line: str) -> re.Match[str] | None:
    """The date of a date line as a match of DATE; None where the line is none."""
    if not 8 <= len(line) <= 40 or _DATE_LINE.fullmatch(line) is None:
        return None
    return re.search(DATE, line)


def _time_of(text: str) -> re.Match[str] | None:
    match = _TIME.fullmatch(text.strip())
    return match if match is not None and int(match["h"]) <= 24 and int(match["m"]) <= 59 else None


def _kind(words: str, named: bool) -> tuple[str, list[dict[str, object]] | None]:
    """Kind of a row and what it names, by the app's own words."""
    w = line_words()
    for media_type, phrases in w.media.items():
        if words in phrases:
            kind = None if media_type == "album" else media_type
            return "media", [{"name": None, "digest": None, "media_type": kind, "size": None, "state": "omitted"}]
    if words in w.contact:
        return "contact", None
    if words in w.location or (named and any(words.startswith(p + " ") for p in w.location)):
        return "location", None
    if any(words.startswith(mark) for mark in w.call_marks):
        return "call", None
    if not named and any(words.endswith(phrase) for phrase in w.unsent):
        return "deleted", None
    return ("text" if named else "service"), None


def _doubled(text: str) -> bool:
    """Whether every run of double quotes in `text` is of even length."""
    return '"' not in text or all(len(run) % 2 == 0 for run in re.findall('"+', text))


class _Walk:
    """Walks one part line by line; see the module."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.lines = LinesAhead(part)
        self.day: tuple[re.Match[str], str] | None = None
        self.title: str | None = None
        self.row: Record | None = None
        self.more: list[str] = []   # what the lines below the row's first add to its text
        self.tabbed = False         # a row with tabs was met: then none has spaces for them
        self.open_end = ""          # line end of the row's last line
        self.blanks: list[Line] = []
        self.started = False

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        number = 0
        while (line := self.lines.take()) is not None:
            number += 1
            text = line.text
            if text is None:
                yield from self._close()
                yield unparsed(line.start, line.end, None, None, "oversize_message")
                continue
            if text == "":
                if len(self.blanks) >= BLANK_LINES_MAX:
                    yield from self._close()
                self.blanks.append(line)
                continue
            if not self.started and number <= 4 and (_is_saved(text) or (number <= 2 and chat_title(text) is not None)):
                self.title = self.title or chat_title(text)
                yield from self._close()
                yield container(line.start, line.end)
                continue
            date = date_of(text)
            if date is not None:
                self.started = True
                yield from self._close()
                self.day = date, text
                yield container(line.start, line.end)
                continue
            row = self._row_of(line, text)
            if row is not None:
                self.started = True
                yield from self._close()
                self.row = row
            else:
                yield from self._continue(line)
        yield from self._close()

    def _close(self) -> Iterator[Record]:
        """Give out the row at hand; blank lines below it are container."""
        if self.row is not None:
            row, self.row = self.row, None
            if self.more:
                row.text, self.more = "".join([row.text or "", *self.more]), []
            if row.kind == "text" and row.flags is None:
                row.kind, row.attachments = _kind(row.text or "", row.sender_name is not None)
            yield row
        if self.blanks:
            yield container(self.blanks[0].start, self.blanks[-1].end)
            self.blanks = []

    def _continue(self, line: Line) -> Iterator[Record]:
        """Add a line to the row at hand, or keep it as unparsed where there is none."""
        text = line.text or ""
        if self.row is not None and line.end - self.row.start > limits.MESSAGE_BYTES_MAX:
            yield from self._close()
        if self.row is None:
            if self.blanks:
                yield container(self.blanks[0].start, self.blanks[-1].end)
                self.blanks = []
            yield unparsed(line.start, line.end, text, line.repair, "continuation_without_start")
            return
        self.more += [self.open_end, *(b.ending for b in self.blanks), text]
        self.row.end = line.end
        self.row.repair = self.row.repair or line.repair
        if line.repair is not None:
            self.row.reasons = ("invalid_utf8",)
        self.blanks, self.open_end = [], line.ending

    def _row_of(self, line: Line, text: str) -> Record | None:
        """The row that begins with this line; None where none does."""
        match = _ROW.fullmatch(text)
        flags = None
        if match is not None:
            time, name, words = _time_of(match[1]), match[2], match[3]
        else:
            spaced = _SPACED.fullmatch(text) if self.day is not None and not self.tabbed else None
            if spaced is None:
                return None
            time, words, name = _time_of(spaced[1]), spaced[2], None
            flags = ["name_unsplit"]
            if self.title is not None and words.startswith(self.title + " "):
                name, words, flags = self.title, words[len(self.title) + 1 :], None
        if time is None:
            return None
        self.tabbed |= match is not None
        row = Record(line.start, line.end, "text", words, line.repair, sender_name=name or None, flags=flags)
        if line.repair is not None:
            row.reasons = ("invalid_utf8",)
        if flags is not None:
            kind, row.attachments = _kind(words, named=False)
            row.kind = "text" if kind == "service" else kind
        if self.day is not None:
            row.stamp = stamp_of(self.day[0], time)
            row.stamp_text = f"{self.day[1]} {match[1] if match is not None else time[0]}"
        else:
            row.stamp_text = match[1] if match is not None else time[0]
        self.open_end = line.ending
        if words.startswith('"'):
            self._wrapped(row, line)
        return row

    def _wrapped(self, row: Record, line: Line) -> None:
        """Take the lines of a wrapped message into `row`."""
        words = row.text or ""
        if not _doubled(words[1:]):
            return
        rest: list[str] = [words[1:]]
        ending, repair = line.ending, line.repair
        like_rows = False
        for n in range(WRAPPED_LINES_MAX):
            more = self.lines.peek(n)
            if more is None or more.text is None or more.end - line.start > limits.MESSAGE_BYTES_MAX:
                return
            text, repair = more.text, repair or more.repair
            like_rows |= "\t" in text and (found := _ROW.fullmatch(text)) is not None and _time_of(found[1]) is not None
            if text.endswith('"') and _doubled(text[:-1]):
                row.text = "".join([*rest, ending, text[:-1]]).replace('""', '"')
                row.end, row.repair = more.end, repair
                row.reasons = ("invalid_utf8",) if repair is not None else ()
                row.reasons += ("header_out_of_order",) if like_rows else ()
                self.open_end = more.ending
                self.lines.take_seen(n + 1)
                return
            if not _doubled(text):
                return
            rest += [ending, text]
            ending = more.ending


class LineTxt(Alone):
    """The reader (see the module)."""

    name = "line_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """A title line of LINE's, or a date line with rows of its grammar below it."""
        lines = [line for line in head_lines(part, 60) if line]
        if not lines:
            return None
        if lines[0].startswith("[LINE] "):
            return Evidence("line_title")
        if chat_title(lines[0]) is not None and len(lines) > 1 and _is_saved(lines[1]):
            return Evidence("line_title")
        dated = False
        for line in lines:
            if date_of(line) is not None:
                dated = True
            elif dated and (row := _ROW.fullmatch(line)) is not None and _time_of(row[1]) is not None:
                return Evidence("line_rows")
        return None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            first = next(iter(head_lines(part, 1)), "")
            yield from read_records(
                source, part, settings, PLATFORM, lambda p: _Walk(p).records(), title=chat_title(first)
            )


reader = LineTxt()
