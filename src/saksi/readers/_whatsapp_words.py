"""Words of WhatsApp's exports (whatsapp.yaml), loaded once, typed, and folded for comparison."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from saksi.datafiles import load

_FILE: Final = Path(__file__).parent / "whatsapp.yaml"

Phrases = dict[str, dict[str, list[str]]]
"""Class of phrase -> locale -> literal phrases."""

CLASSES: Final = (
    "media_omitted", "image_omitted", "video_omitted", "audio_omitted", "sticker_omitted", "gif_omitted",
    "document_omitted", "contact_omitted", "note_omitted", "view_once", "deleted", "unsupported", "waiting", "edited",
    "file_attached", "attached", "location", "live_location", "missed_call", "call", "encryption", "event",
    "titled_event",
)


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands before and after the chat's name in a file's name."""

    before: str
    after: str = ""


def _fold_mark(text: str) -> str:
    return re.sub(r"[\s.]", "", text).casefold()


class Words(msgspec.Struct, forbid_unknown_fields=True, dict=True):
    """whatsapp.yaml. am, pm, neutral: day halves and words beside a time that say nothing. connectors: date to time."""

    am: list[str]
    pm: list[str]
    neutral: list[str]
    connectors: list[str]
    titles: list[Title]
    phrases: Phrases
    unsure: Phrases

    @cached_property
    def am_folded(self) -> frozenset[str]:
        """Day-half marks of the morning, without spaces and dots, case folded."""
        return frozenset(map(_fold_mark, self.am))

    @cached_property
    def pm_folded(self) -> frozenset[str]:
        """Day-half marks of the afternoon, folded alike."""
        return frozenset(map(_fold_mark, self.pm))

    @cached_property
    def neutral_folded(self) -> frozenset[str]:
        """Words beside a time that change nothing, folded alike."""
        return frozenset(map(_fold_mark, self.neutral))

    def of(self, class_: str) -> list[str]:
        """All phrases of one class, every locale, seen and unsure; order of the file."""
        both = (self.phrases.get(class_, {}), self.unsure.get(class_, {}))
        return [phrase for by_locale in both for listed in by_locale.values() for phrase in listed]


@lru_cache(maxsize=1)
def words() -> Words:
    """The words. Raises DataFileError where the file is wrong."""
    return load(_FILE, Words)
