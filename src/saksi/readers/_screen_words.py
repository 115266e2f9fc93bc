"""Words of screens and receipts (screenshot.yaml), loaded once, typed, folded for comparison."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from saksi.datafiles import load

_FILE: Final = Path(__file__).parent / "screenshot.yaml"


def fold(text: str) -> str:
    """Letters and digits of `text`, lower case: what two readings of one line agree in."""
    return "".join(c for c in text.casefold() if c.isalnum())


class Receipts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """titles: what says that a page is a receipt. fields: name of a field -> its labels."""

    titles: list[str]
    fields: dict[str, list[str]]


class Words(msgspec.Struct, forbid_unknown_fields=True, dict=True):
    """screenshot.yaml; see its comments."""

    typing: list[str]
    edited: list[str]
    forwarded: list[str]
    deleted: list[str]
    relative: list[str]
    receipts: Receipts

    @cached_property
    def folded(self) -> dict[str, frozenset[str]]:
        """Each list, folded."""
        names = ("typing", "edited", "forwarded", "deleted", "relative")
        return {name: frozenset(map(fold, getattr(self, name))) for name in names}

    @cached_property
    def titles(self) -> frozenset[str]:
        """Titles of receipts, folded."""
        return frozenset(map(fold, self.receipts.titles))

    @cached_property
    def labels(self) -> dict[str, str]:
        """Folded label -> field, longest labels first."""
        pairs = [(fold(label), field) for field, labels in self.receipts.fields.items() for label in labels]
        return dict(sorted(pairs, key=lambda p: (-len(p[0]), p[0])))


@lru_cache(maxsize=1)
def words() -> Words:
    """The words. Raises DataFileError where the file is wrong."""
    return load(_FILE, Words)
