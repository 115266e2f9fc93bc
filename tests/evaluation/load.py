"""Read the evaluation set: YAML files of scripted conversations, each message with the signals a careful reader marks.

    conversations(HALF)    every conversation of a folder, in order of file name and place
    rows(conversation)     its messages as plain dicts: sent_at, sender, text, kind, signals, reported

Rules, in order:
1. unknown keys, languages, genders, phases and signals are refused (`DataFileError` names file and conversation);
2. a message is `+MINUTES SENDER: TEXT`, then optionally ` ## ` and signals; `reported` stands alone, without a signal;
3. a signal holds by whom it may be said: `by: at_risk` only for the person at risk, `by: other` for everybody else;
4. `<foto> <video> <audio>` are media, `<dihapus>` a deleted message, `<panggilan>` a call: these rows have no text;
5. times are western Indonesian time (UTC+7), counted from `start`; `sent_at` is given in UTC.

The names of signals and phases are listed here, not taken from the program: the set must not move with what it measures.
References: the taxonomy of phases and signals that the reports use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import msgspec

from saksi.datafiles import load
from saksi.errors import DataFileError

HALF = Path(__file__).parent / "test_half"
DEV_HALF = Path(__file__).parent / "dev_half"

Language = Literal["id", "en", "mix", "jv", "su", "ms"]
Phase = Literal["grooming", "solicitation", "sextortion", "exploitation"]
PHASES: tuple[Phase, ...] = ("grooming", "solicitation", "sextortion", "exploitation")

PHASE_OF: dict[str, Phase | None] = {
    **dict.fromkeys(
        (
            "age_probe", "identity_probe", "affection", "guardian_check", "isolation", "secrecy", "platform_move",
            "inducement", "false_identity", "lure_offer",
        ),
        "grooming",
    ),
    **dict.fromkeys(
        ("image_request", "video_call_request", "no_share_promise", "reciprocity", "pressure"), "solicitation"
    ),
    **dict.fromkeys(("leverage", "threat_to_share", "payment_demand", "coerced_more", "deadline"), "sextortion"),
    **dict.fromkeys(
        (
            "service_offer", "content_sale", "live_show", "customer_booking", "quota_debt", "document_control",
            "profit_share",
        ),
        "exploitation",
    ),
    **dict.fromkeys(("refusal", "distress", "disclosure", "payment_made", "other_threat"), None),
}  # fmt: skip
STRONG = ("leverage", "threat_to_share", "coerced_more", "service_offer", "content_sale", "distress")
BY_AT_RISK = frozenset({"refusal", "distress", "disclosure", "payment_made"})
BY_ANY = frozenset({"other_threat", *(name for name, phase in PHASE_OF.items() if phase == "exploitation")})

WIB = timezone(timedelta(hours=7))
_MESSAGE = re.compile(r"\+(\d{1,6}) ([^:#<>]{1,40}): (.+)", re.DOTALL)
_KINDS = {
    "<foto>": "media", "<video>": "media", "<audio>": "media", "<dihapus>": "deleted", "<panggilan>": "call",
}  # fmt: skip


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person at risk; `age` in years, null where the author left it open."""

    age: int | None
    gender: Literal["f", "m", "trans_f", "trans_m"]


class Message(msgspec.Struct, frozen=True):
    """One message as written and as marked. `text` is null for media, deleted messages and calls."""

    sent_at: datetime
    sender: str
    text: str | None
    kind: Literal["text", "media", "deleted", "call"]
    signals: tuple[str, ...]
    reported: bool


class Conversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation. `phases` holds for the whole of it; `reported`: it is mainly quotation, news or lyrics."""

    id: str
    language: Language
    about: str
    at_risk: str | None
    person: Person | None
    other: str
    kind: str
    phases: tuple[Phase, ...]
    reported: bool
    start: str
    messages: tuple[str, ...]

    def parsed(self) -> list[Message]:
        """The messages, in order. Raises DataFileError."""
        at = datetime.strptime(self.start, "%Y-%m-%d %H:%M").replace(tzinfo=WIB)
        result = []
        for line in self.messages:
            message = self._message(line, at)
            at = message.sent_at
            result.append(message)
        return result

    def _message(self, line: str, before: datetime) -> Message:
        body, marker, marks = line.partition(" ## ")
        match = _MESSAGE.fullmatch(body)
        if match is None or "##" in marks or "##" in body or (marker and not marks.split()):
            raise self._refused("a message is not of the form `+N sender: text ## signals`")
        minutes, sender, text = int(match[1]), match[2], match[3]
        names = tuple(marks.split())
        if "reported" in names and len(names) > 1:
            raise self._refused("a reported message carries no signal")
        signals = () if names == ("reported",) else names
        self._hold(sender, signals)
        kind = _KINDS.get(text, "text")
        if kind != "text" and "reported" in names:
            raise self._refused("a medium cannot be reported speech")
        return Message(
            sent_at=(before + timedelta(minutes=minutes)).astimezone(UTC),
            sender=sender,
            text=text if kind == "text" else None,
            kind=kind,  # type: ignore[arg-type]
            signals=signals,
            reported=names == ("reported",),
        )

    def _hold(self, sender: str, signals: tuple[str, ...]) -> None:
        if len(set(signals)) != len(signals):
            raise self._refused("a signal stands twice on one message")
        for name in signals:
            if name not in PHASE_OF:
                raise self._refused(f"unknown signal {name!r}")
            by_at_risk = self.at_risk is not None and sender == self.at_risk
            if name not in BY_ANY and (name in BY_AT_RISK) != by_at_risk:
                raise self._refused(f"{name!r} is not said by {'the person at risk' if by_at_risk else 'others'}")

    def _refused(self, why: str) -> DataFileError:
        return DataFileError("datafile_value", file=self.id, why=why)


def conversations(folder: Path = HALF) -> Iterator[Conversation]:
    """Every conversation of `folder`. Raises DataFileError for a file not of the form."""
    for path in sorted(folder.glob("*.yaml")):
        for conversation in load(path, list[Conversation]):
            if conversation.at_risk is not None and conversation.person is None:
                raise DataFileError("datafile_value", file=conversation.id, why="at_risk without person")
            conversation.parsed()
            yield conversation


def rows(conversation: Conversation) -> list[dict[str, Any]]:
    """The messages as plain dicts: sent_at (aware, UTC), sender, text (null: no text), kind, signals, reported."""
    return [
        {
            "sent_at": m.sent_at,
            "sender": m.sender,
            "text": m.text,
            "kind": m.kind,
            "signals": list(m.signals),
            "reported": m.reported,
        }
        for m in conversation.parsed()
    ]
