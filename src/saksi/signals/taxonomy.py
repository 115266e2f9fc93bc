"""What a message can show (taxonomy.yaml): typed, loaded once. The ids are a contract."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from saksi.datafiles import load

FILE: Final = Path(__file__).parent / "taxonomy.yaml"

REPORTED: Final = "_reported"
"""Pseudo-signal of packs: a cue that somebody else's words follow ("dia bilang"). Never a mark."""

JOKE: Final = "_joke"
"""Pseudo-signal of packs: a cue that the message is not meant. Never a mark."""

PLEA: Final = "_plea"
"""Pseudo-signal of packs: words that plead or fear, everyday by themselves ("tolong jangan"). `distress` where somebody
else in the thread has threatened before (resolve), else nothing."""

CUES: Final = (REPORTED, JOKE, PLEA)
RESPONSES: Final = ("refusal", "distress", "disclosure", "payment_made")
OTHER_THREAT: Final = "other_threat"


class PhaseLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name of a phase for people, in both languages."""

    id_label: str
    en_label: str


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """phase: None for signals outside the four. by: who must say it. alone: worth of one mark without a second category."""

    phase: str | None
    by: Literal["other", "at_risk", "any"]
    alone: Literal["weak", "strong"]
    means: str


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of taxonomy.yaml."""

    phases: dict[str, PhaseLabel]
    signals: dict[str, Signal]
    false_friends: list[str]


@lru_cache(maxsize=1)
def taxonomy() -> Taxonomy:
    """The taxonomy. Raises DataFileError where the file is damaged."""
    return load(FILE, Taxonomy)


def phase_labels(lang: str) -> dict[str, str]:
    """Name of every phase in `lang` ("id" or "en"), in the order of the crime."""
    return {name: (p.id_label if lang == "id" else p.en_label) for name, p in taxonomy().phases.items()}
