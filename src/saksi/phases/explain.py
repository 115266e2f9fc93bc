"""The sentence of a phase: which signals, in how many messages, and what the other side answered. Words: catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saksi.signals.taxonomy import taxonomy
from saksi.words import say


@dataclass(frozen=True)
class Reasons:
    """messages_of: messages by signal. messages: marked messages in all. media_after: media the other side sent after a
    request. refused: messages with refusal or fear. unknown: whether nobody at risk is known."""

    phase: str
    messages_of: Mapping[str, int]
    messages: int
    media_after: int
    refused: int
    unknown: bool


def sentence(reasons: Reasons, lang: str) -> str:
    """Why a stretch is marked as a phase, in `lang`. Signals in the taxonomy's order."""
    parts = [
        say("phases.item", lang, about=say(f"signals.{signal}", lang), count=reasons.messages_of[signal])
        for signal in taxonomy().signals if reasons.messages_of.get(signal)
    ]
    listed = parts[0]
    for part in parts[1:]:
        listed = say("phases.join", lang, first=listed, rest=part)
    said = [say(f"phases.{reasons.phase}", lang, count=reasons.messages, list=listed)]
    if reasons.media_after:
        said.append(say("phases.media_after", lang, count=reasons.media_after))
    if reasons.refused and reasons.phase in ("solicitation", "sextortion"):
        said.append(say("phases.refused", lang, count=reasons.refused))
    if reasons.unknown:
        said.append(say("phases.by_unknown", lang))
    return " ".join(said)
