"""KakaoTalk "export chat" (대화 내보내기): one text file a chat, from a phone or from a computer.

    Sari 님과 카카오톡 대화                                 computer: days between dashes, then [name] [time] words
    저장한 날짜 : 2026-05-12 12:00:00

    --------------- 2026년 5월 1일 금요일 ---------------
    [Sari] [오전 9:20] halo
    dua baris

    2026년 5월 1일 오전 9:20, Sari : halo                  phone (Android; iPhone: 2026. 5. 1. 오전 9:20, Sari : halo)
    2026. 5. 1. 09:21: Budi님이 들어왔습니다.               an event of the app

The rules, in order (docs/formats/kakaotalk.md):

1. Title, time of saving, date lines, and blank lines in front of a row are container; the title names the thread.
2. A row of a phone begins with date and time, a comma, NAME, " : " and the words; with a colon behind the time, or without
   " : ", it is an event without a name. A row of a computer is [NAME] [TIME] words under its date line.
3. A computer writes events without a time: a line that is the app's own sentence (kakaotalk.yaml) is a row of its own, time
   unknown. A person may have typed that line below another: its words are kept either way.
4. Any other line continues the row above; before the first row it is kept as a row of kind unparsed.
5. Times are local, to the minute; order of day and month is settled by the year in front or by a month's name; zone by the
   caller, else null. `sent_at_text` is as written, in computers' files date line, space, time.
6. Kinds by the words of kakaotalk.yaml; a placeholder's words stay the row's text.

Versions tested: forms of the page. Not read: the CSV of computers by Apple. References: public readers named on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from saksi import limits
from saksi.datafiles import load
from saksi.parts import Part, Source
from saksi.readers._lines import Line, head_lines, part_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers._stamps import NAMED_DATE, TIME, stamp_of
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "kakaotalk"
BLANK_LINES_MAX: Final = 10_000
"""Blank lines inside a message at most; more end it."""

_NUMBERS: Final = r"(?P<a>\d{4})(?P<sep>\. ?|년 )(?P<b>\d{1,2})(?:\. ?|월 )(?P<c>\d{1,2})(?:\.|일)"
_DAY: Final = r"[^\W\d_]{2,12}"
_AT: Final = re.compile(rf"(?:{_NUMBERS}|{NAMED_DATE})(?:,| at)? {TIME}(?=[,:]|\Z)")
_DATE_LINE: Final = re.compile(rf"(?P<dash>-{{5,}} )?(?:{_NUMBERS} {_DAY}|{_DAY}, {NAMED_DATE})(?(dash) -{{5,}})")
_ROW: Final = re.compile(rf"\[(?P<who>[^\n]{{1,200}}?)\] \[(?P<at>{TIME})\](?: (?P<said>.*))?", re.DOTALL)
_SAID: Final = re.compile(r"(?P<mark>[,:]) (?:(?P<who>[^\n]{1,200}?) : )?(?P<said>.*)", re.DOTALL)
_TITLES: Final = tuple(
    re.compile(pattern) for pattern in (
        r"(?P<name>.{1,200}?) ?님과의? 카카오톡 대화", r"(?P<name>.{1,200}?) 카카오톡 대화",
        r".{1,200} saved KakaoTalk Chats with (?P<name>.{1,200})",
        r"KakaoTalk Chats with (?P<name>.{1,200})", r"(?P<name>.{1,200}) with KakaoTalk Chats",
    )
)  # fmt: skip


_FILE_NAME: Final = re.compile(r"Talk_[\d._ -]{8,40}\.txt")
"""First line of an iPhone's file: its own name, not the chat's."""


class Words(msgspec.Struct, forbid_unknown_fields=True):
    """kakaotalk.yaml."""

    media: dict[str, list[str]]
    files: list[str]
    deleted: list[str]
    events: list[str]
    saved: list[str]


@lru_cache(maxsize=1)
def kakao_words() -> Words:
    """The words. Raises DataFileError where the file is wrong."""
    return load(Path(__file__).parent / "kakaotalk.yaml", Words)


def chat_title(line: str) -> str | None:
    """The chat's name where `line` is an export's title; None where it is none."""
    for title in _TITLES:
        match = title.fullmatch(line.strip())
        if match is not None:
            return match["name"].strip() or None
    return None


def _is_head(line: str) -> bool:
    """Whether a line above all rows is none: title, time of saving, the file's own name."""
    saved = any(line.startswith(word) for word in kakao_words().saved)
    return saved or chat_title(line) is not None or _FILE_NAME.fullmatch(line) is not None


def _attachment(name: str | None, media_type: str) -> list[dict[str, Any]]:
    return [{"name": name, "digest": None, "media_type": media_type, "size": None, "state": "omitted"}]


def _as_its_words_say(row: Record) -> Record:
    """Kind and attachment of a row by the app's own words."""
    w, text = kakao_words(), row.text or ""
    if text in w.deleted:
        row.kind = "deleted"
    elif row.sender_name is None:
        row.kind = "service"
    for media_type, phrases in w.media.items():
        if row.kind == "text" and (text in phrases or re.fullmatch(r"사진 \d{1,3}장", text)):
            row.kind, row.attachments = "media", _attachment(None, media_type)
    for before in w.files:
        if row.kind == "text" and text.startswith(before) and "\n" not in text:
            row.kind, row.attachments = "media", _attachment(text[len(before) :] or None, "document")
    return row


class _Walk:
    """Walks one part line by line; see the module."""

    def __init__(self, part: Part) -> None:
        self.lines = part_lines(part)
        self.day: tuple[re.Match[str], str] | None = None
        self.row: Record | None = None
        self.more: list[str] = []
        self.ending = ""
        self.blanks: list[Line] = []
        self.started = False

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        for number, line in enumerate(self.lines):
            text = line.text
            if text is None:
                yield from self._close()
                yield unparsed(line.start, line.end, None, None, "oversize_message")
            elif text == "":
                if len(self.blanks) >= BLANK_LINES_MAX:
                    yield from self._close()
                self.blanks.append(line)
            elif not self.started and number < 6 and _is_head(text):
                yield from self._close()
                yield container(line.start, line.end)
            else:
                yield from self._told(line, text)
        yield from self._close()

    def _told(self, line: Line, text: str) -> Iterator[Record]:
        """A date line, a row, or a line that goes on."""
        date = _DATE_LINE.fullmatch(text) if len(text) <= 100 else None
        at = _AT.match(text)
        if date is not None or (at is not None and at.end() == len(text)):
            self.started = True
            yield from self._close()
            self.day = None if date is None else (date, text.strip("- "))
            yield container(line.start, line.end)
            return
        row = self._of_phone(line, text, at) or self._of_computer(line, text)
        if row is None:
            yield from self._continue(line)
            return
        self.started = True
        yield from self._close()
        self.row, self.ending = row, line.ending

    def _of_phone(self, line: Line, text: str, at: re.Match[str] | None) -> Record | None:
        said = None if at is None else _SAID.fullmatch(text, at.end())
        if at is None or said is None:
            return None
        who = said["who"] if said["mark"] == "," else None
        words = said["said"] if who is not None or said["who"] is None else f"{said['who']} : {said['said']}"
        return self._row(line, words, who, stamp=stamp_of(at, at), stamp_text=at[0])

    def _of_computer(self, line: Line, text: str) -> Record | None:
        match = _ROW.fullmatch(text)
        if match is not None and int(match["h"]) <= 24 and int(match["m"]) <= 59:
            stamp = None if self.day is None else stamp_of(self.day[0], match)
            told = match["at"] if self.day is None else f"{self.day[1]} {match['at']}"
            return self._row(line, match["said"] or "", match["who"], stamp=stamp, stamp_text=told)
        w = kakao_words()
        if self.day is not None and (text in w.deleted or (len(text) <= 300 and any(text.endswith(e) for e in w.events))):
            return self._row(line, text, None, basis="none")
        return None

    def _row(self, line: Line, words: str, who: str | None, **columns: Any) -> Record:
        reasons = () if line.repair is None else ("invalid_utf8",)
        return Record(line.start, line.end, "text", words, line.repair, sender_name=who, reasons=reasons, **columns)

    def _close(self) -> Iterator[Record]:
        """Give out the row at hand; blank lines below it are container."""
        if self.row is not None:
            row, self.row = self.row, None
            row.text, self.more = "".join([row.text or "", *self.more]), []
            yield _as_its_words_say(row)
        if self.blanks:
            yield container(self.blanks[0].start, self.blanks[-1].end)
            self.blanks = []

    def _continue(self, line: Line) -> Iterator[Record]:
        """Add a line to the row at hand, or keep it as unparsed where there is none."""
        if self.row is not None and line.end - self.row.start > limits.MESSAGE_BYTES_MAX:
            yield from self._close()
        if self.row is None:
            yield from self._close()
            yield unparsed(line.start, line.end, line.text, line.repair, "continuation_without_start")
            return
        self.more += [self.ending, *(b.ending for b in self.blanks), line.text or ""]
        self.row.end, self.row.repair = line.end, self.row.repair or line.repair
        if line.repair is not None:
            self.row.reasons = ("invalid_utf8",)
        self.blanks, self.ending = [], line.ending


class KakaotalkTxt(Alone):
    """The reader (see the module)."""

    name = "kakaotalk_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """The app's title or time of saving with a date line or row below it, or date lines and rows of one of its grammars."""
        lines = [line for line in head_lines(part, 80) if line]
        titled = any(map(_is_head, lines[:4]))
        dated = rows = 0
        for line in lines:
            date, at, row = _DATE_LINE.fullmatch(line[:101]), _AT.match(line), _ROW.fullmatch(line)
            korean = at is not None and at["a"] is not None and " : " in line
            dated += date is not None
            rows += korean or (row is not None and dated > 0)
            if titled and (date is not None or at is not None or row is not None):
                return Evidence("kakaotalk_title")
            if rows and (dated or rows > 1):
                return Evidence("kakaotalk_rows")
        return None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of `parts`, one after the other."""
        for part in parts:
            names = (chat_title(line) for line in head_lines(part, 4))
            yield from read_records(
                source, part, settings, PLATFORM, lambda p: _Walk(p).records(), title=next(filter(None, names), None)
            )


reader = KakaotalkTxt()
