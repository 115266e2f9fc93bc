"""What finders work on and give back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

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


@dataclass
class Line:
    """One message as finders see it. raw: as stored; platform: as the export names the app, None where unknown.

    folded and low have the length of raw (saksi.identifiers.fold). hits: what earlier finders accepted;
    names: banks and wallets, once somebody asked.
    """

    raw: str
    platform: str | None = None
    hits: list[Hit] = field(default_factory=list)
    names: list[Name] | None = None

    @cached_property
    def folded(self) -> str:
        return fold(self.raw)

    @cached_property
    def low(self) -> str:
        return lower(self.folded)

    def taken(self, start: int, end: int, kinds: Iterable[str]) -> bool:
        """Whether a hit of one of `kinds` overlaps start..end."""
        return any(h.start < end and start < h.end and h.kind in kinds for h in self.hits)
