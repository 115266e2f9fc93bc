"""imessage-exporter's text form: one file a conversation, made from a Mac's or a backup's chat.db by an open tool.

    May 17, 2022  5:29:42 PM (Read by them after 1 hour, 49 seconds)
    Me
    halo
    attachments/3d/a.heic
    Tapbacks:
    Loved by Sari

    May 17, 2022  5:31:02 PM Sari renamed the conversation to Arisan

The rules, in order (docs/formats/imessage.md):

1. A line that is the tool's time (English month, hour padded with a space) at the start of a line, at the top of the file or
   below a blank line, begins a row: with words behind it an event of the app (kind service), else a message whose next
   line is the sender. All up to the next such line belongs to the row.
2. An indented time below a message begins an answer to it: a child row of its own sender and time, `reply_to` the message,
   flag in_thread. The tool writes it once more where it was sent: that row has `duplicate_of` the child row, told by time,
   sender and words, the same `reply_to` and flag reply_context.
3. The tool's own lines are no words: tapbacks (child rows of kind reaction), "responded to an earlier message", "deleted from
   the conversation", effects, and paths of attachments. Earlier versions of an edited message are child rows.
4. "Me" and "Read by them" are the owner's (out), "Read by you" is not (in); otherwise the file does not say.
5. Time is the exporting computer's, no zone: `--zone` or unknown.

A last line without line end that may be such a time, cut off, is kept as a row of kind unparsed (truncated).
A sender can type lines that look like the tool's. Versions: imessage-exporter 1 (2022) to 4 (2025).
References: facts FORMATS 11; https://github.com/ReagentX/imessage-exporter exporters/txt.rs and its tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _json_spans as js
from saksi.readers._lines import Line, head_lines, part_lines
from saksi.readers._records import Alone, Record, container, read_records, unparsed
from saksi.readers._stamps import MONTHS, NAMED_DATE, TIME, Stamp, stamp_of
from saksi.readers.base import Chunk, Evidence, ReadSettings

PLATFORM: Final = "imessage"

_MOMENT: Final = r"[A-Z][a-z]{2} \d{2}, \d{4} [ \d]\d:\d{2}:\d{2} [AP]M"
_HEAD: Final = re.compile(rf"(?P<indent> *)(?P<moment>{_MOMENT})(?: \(Read by (?P<who>.{{1,64}}) after (?P<after>[^()]*)\))?")
_EVENT: Final = re.compile(rf"(?P<moment>{_MOMENT}) (?!\(Read by )(?P<words>.+)", re.DOTALL)
_PARTS: Final = re.compile(rf"{NAMED_DATE} {{1,2}}{TIME}")
_TEMPLATE: Final = "May 17, 2022  5:29:42 PM"
_TAPBACKS: Final = ("Tapbacks:", "Reactions:")
_TAPBACK: Final = re.compile(r"(.{1,64}?) (?:by|from) (.{1,128})")
_EDITED: Final = re.compile(r"Edited .{1,80} later: (.*)", re.DOTALL)
_FIRST_VERSION: Final = re.compile(rf"{_MOMENT} (.*)", re.DOTALL)
_PATH: Final = re.compile(r"(?:~?/|attachments/|[A-Za-z]:[\\/]).*", re.IGNORECASE)
_REPLIED: Final = "This message responded to an earlier message."
_DELETED: Final = "This message was deleted from the conversation!"
_UNSENT: Final = re.compile(r"(?:.{1,128} unsent (?:a message!?|this message part .{1,80})|.{1,128} deleted a message\.)")
_EFFECT: Final = re.compile(r"Sent with ([A-Z][A-Za-z ]{2,20})")
_MISSING: Final = "Attachment missing!"


def stamp_in(moment: str) -> Stamp | None:
    """The numbers of a time as the tool writes it."""
    match = _PARTS.fullmatch(moment)
    return None if match is None else stamp_of(match, match)


def _is_cut_moment(text: str) -> bool:
    """Whether the last line of a file, without line end, may be a time that is cut off."""
    if len(text) < 3:
        return any(name.capitalize().startswith(text) for name in MONTHS)
    return re.match(_MOMENT, text + _TEMPLATE[len(text) :]) is not None


class _Message:
    """A message in the making: its lines without the time's, indentation taken off an answer's."""

    def __init__(self, head: re.Match[str], start: int) -> None:
        self.indent = head["indent"]
        self.moment = head["moment"]
        self.who, self.after = head["who"], head["after"]
        self.start = start
        self.sender: str | None = None
        self.words: list[str] = []   # each with its line end
        self.repair: str | None = None
        self.answers: list[_Message] = []
        self.tapbacks: list[tuple[str, str]] = []
        self.files: list[str] = []
        self.flags: list[str] = []
        self.in_tapbacks = False
        self.replied = False

    def add(self, line: Line) -> None:
        """Take one more line."""
        text = (line.text or "").removeprefix(self.indent)
        self.repair = self.repair or line.repair
        if self.sender is None:
            self.sender = text
        elif text in _TAPBACKS:
            self.in_tapbacks = True
        elif self.in_tapbacks and (tapback := _TAPBACK.fullmatch(text.strip())) is not None:
            self.tapbacks.append((tapback[1], tapback[2]))
        elif not self._own_line(text):
            self.in_tapbacks = self.in_tapbacks and not text.strip()
            self.words.append(text + line.ending)

    def _own_line(self, text: str) -> bool:
        """Whether the line is the tool's, not the sender's."""
        if text == _REPLIED:
            self.replied = True
            self.flags.append("reply_context")
        elif text == _DELETED:
            self.flags.append("deleted_from_conversation")
        elif (effect := _EFFECT.fullmatch(text)) is not None:
            self.flags.append(f"effect:{effect[1]}")
        elif text == _MISSING or (_PATH.fullmatch(text) is not None and "ttachments/" in text.replace("\\", "/")):
            self.files.append("" if text == _MISSING else text)
        else:
            return False
        return True

    def text(self) -> str | None:
        """The words; the last line end and a blank line behind it are the tool's, behind an answer all blank lines."""
        if self.indent:
            return "".join(self.words).rstrip("\r\n") or None
        words = self.words[:-1] if self.words and not self.words[-1].strip("\r\n") else self.words
        if not words:
            return None
        last = words[-1]
        return "".join([*words[:-1], last.removesuffix("\n").removesuffix("\r") if last.endswith("\n") else last])

    def versions(self) -> list[str]:
        """What an edited message said, first to last; one where it was not edited."""
        text = self.text()
        if text is None:
            return []
        lines = text.split("\n")
        first = _FIRST_VERSION.fullmatch(lines[0].removesuffix("\r"))
        if first is None or not any(_EDITED.fullmatch(line) for line in lines[1:]):
            return [text]
        found = [first[1]]
        for line in lines[1:]:
            later = _EDITED.fullmatch(line.removesuffix("\r"))
            if later is not None:
                found.append(later[1])
            else:
                found[-1] += "\n" + line
        return found


class _Walk:
    """Walks one conversation; see the module."""

    def __init__(self, source: Source, part: Part) -> None:
        self.part = part
        self.prefix = f"{source.digest[:16]}-{part.number}-"
        self.siblings = js.Siblings(source, part)
        self.answers: dict[tuple[str, str | None, str | None], tuple[str, str]] = {}

    def records(self) -> Iterator[Record]:
        """Records in file order."""
        message: _Message | None = None
        below_blank = True
        end = 0
        for line in part_lines(self.part):
            text = line.text
            if text is None:
                if message is not None:
                    yield self._row(message, end)
                    message = None
                yield unparsed(line.start, line.end, None, None, "oversize_message")
                continue
            head = _HEAD.fullmatch(text) if below_blank or text.startswith("    ") else None
            event = _EVENT.fullmatch(text) if below_blank and head is None else None
            if event is not None or (head is not None and not head["indent"]):
                if message is not None:
                    yield self._row(message, end)
                    message = None
                if event is not None:
                    yield self._event(line, event)
                elif head is not None:
                    message = _Message(head, line.start)
            elif below_blank and not line.ending and message is not None and _is_cut_moment(text):
                yield self._row(message, end)
                message = None
                yield unparsed(line.start, line.end, text, line.repair, "truncated")
            elif message is not None and head is not None:
                message.answers.append(_Message(head, line.start))
            elif message is not None:
                self._add(message, line)
            elif text.strip():
                yield unparsed(line.start, line.end, text, line.repair, "continuation_without_start")
            else:
                yield container(line.start, line.end)
            below_blank, end = not text.strip(), line.end
        if message is not None:
            yield self._row(message, end)

    @staticmethod
    def _add(message: _Message, line: Line) -> None:
        """Give a line to the answer that is open, by its indentation, else to the message."""
        last = message.answers[-1] if message.answers else None
        if last is not None and ((line.text or "").startswith(last.indent) or not (line.text or "").strip()):
            last.add(line)
        else:
            message.add(line)

    def _event(self, line: Line, event: re.Match[str]) -> Record:
        return Record(
            line.start, line.end, "service", event["words"], line.repair, thread_id=self.part.path,
            stamp=stamp_in(event["moment"]), stamp_text=event["moment"],
            reasons=("invalid_utf8",) if line.repair is not None else (),
        )  # fmt: skip

    def _plain(self, message: _Message, start: int, end: int) -> tuple[Record, list[str]]:
        """The row of a message without what hangs on it, and its earlier versions."""
        versions = message.versions()
        row = Record(start, end, "text", versions[-1] if versions else None, message.repair, message.sender or None,
                     thread_id=self.part.path, stamp=stamp_in(message.moment), stamp_text=message.moment)  # fmt: skip
        if message.sender == "Me" or message.who == "them":
            row.direction = "out"
        elif message.who == "you":
            row.direction = "in"
        flags = [*(["edited"] if len(versions) > 1 else []), *message.flags]
        if message.after is not None:
            flags.append(f"read_by:{message.who} after {message.after}")
        for path in message.files:
            found = self.siblings.find(path, climb=True) if path else None
            row.attachments = [*(row.attachments or ()), self._attachment(path, found)]
            row.named |= frozenset() if found is None else frozenset({found.number})
        if row.attachments:
            row.kind = "media"
        elif row.text is not None and _UNSENT.fullmatch(row.text) is not None:
            row.kind = "deleted"
            flags.append("unsent")
        row.flags = flags or None
        return row, versions[:-1]

    @staticmethod
    def _attachment(path: str, found: Part | None) -> dict[str, Any]:
        return js.attachment(path or None, None, None, found, "missing")

    def _row(self, message: _Message, end: int) -> Record:
        row, earlier = self._plain(message, message.start, end)
        own = f"{self.prefix}{message.start}"
        self._hang(row, row, message, own, earlier)
        if message.replied:
            known = self.answers.get((message.moment, message.sender, row.text))
            if known is not None:
                row.duplicate_of, row.reply_to = known
        for answer in message.answers:
            child, versions = self._plain(answer, message.start, end)
            child.flags = ["in_thread", *(child.flags or ())]
            child.reply_to = own
            row.children.append(child)
            row.named |= child.named
            place = f"{own}.{len(row.children)}"
            self.answers[answer.moment, answer.sender, child.text] = (place, own)
            self._hang(row, child, answer, place, versions)
        repaired = [m for m in (message, *message.answers) if m.repair is not None]
        row.reasons = ("invalid_utf8",) if repaired else ()
        return row

    def _hang(self, row: Record, on: Record, message: _Message, own: str, earlier: list[str]) -> None:
        """Child rows of `row` for the earlier versions and the tapbacks of one message."""
        for text in earlier:
            row.children.append(Record(
                row.start, row.end, "text", text, on.repair, on.sender_name, direction=on.direction,
                thread_id=self.part.path, stamp=on.stamp, stamp_text=on.stamp_text, revision_of=own,
                flags=["earlier_version"],
            ))  # fmt: skip
        for sign, who in message.tapbacks:
            row.children.append(Record(
                row.start, row.end, "reaction", sign, sender_name=who, thread_id=self.part.path, reply_to=own
            ))  # fmt: skip


class IMessageTxt(Alone):
    """Reader `imessage_txt`; see the module."""

    name = "imessage_txt"

    def recognise(self, part: Part) -> Evidence | None:
        """A first line that is the tool's time, a sender below it; or an event."""
        lines = [line for line in head_lines(part, 8) if line.strip()]
        if not lines:
            return None
        head = _HEAD.fullmatch(lines[0])
        if (head is not None and not head["indent"]) or _EVENT.fullmatch(lines[0]) is not None:
            return Evidence("imessage_txt_blocks")
        return None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each conversation."""
        for part in parts:
            name = (part.path or source.name).rsplit("/", 1)[-1]
            title = re.sub(r"\.txt\Z", "", name, flags=re.IGNORECASE) or None
            yield from read_records(
                source, part, settings, PLATFORM, lambda p: _Walk(source, p).records(), title=title, dated=False)


reader = IMessageTxt()
