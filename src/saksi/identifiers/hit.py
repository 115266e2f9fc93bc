"""What finders work on and give back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from saksi.identifiers.fold import fold, lower


@dataclass(frozen=True, slots=True)
class Hit:
    """One identifier. kind: table.schema.IDENTIFIER_KINDS. value: canonical. start, end: code points of the raw text, end
    excluded. reason: key of the catalog area `identifiers` that says why it was accepted."""

    kind: str
    value: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Name:
    """A bank or wallet named in a message (keys of saksi.identifiers.moneynames), with its place."""

    name: str
    start: int
    end: int


class Line:
    """One message as finders see it. raw: as stored; platform: as the export names the app, None where unknown.

    folded and low (lower case) have the length of raw (saksi.identifiers.fold). hits: what earlier finders accepted;
    names: banks and wallets, once somebody asked.
    """

    __slots__ = ("folded", "hits", "low", "names", "platform", "raw")

    def __init__(self, raw: str, platform: str | None = None) -> None:
        self.raw = raw
        self.platform = platform
        self.folded = fold(raw)
        self.low = lower(self.folded)
        self.hits: list[Hit] = []
        self.names: list[Name] | None = None

    def taken(self, start: int, end: int, kinds: Iterable[str]) -> bool:
        """Whether a hit of one of `kinds` overlaps start..end."""
        return any(h.start < end and start < h.end and h.kind in kinds for h in self.hits)
