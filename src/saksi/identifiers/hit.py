"""What finders work on and give back."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection
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


class Spans:
    """Spans that do not overlap each other (or are equal), sorted: whether a new one overlaps is found in log time, so that
    a hostile message of megabytes full of numbers costs no more than its length."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def overlap(self, start: int, end: int) -> bool:
        """Whether start..end shares a position with any span."""
        at = bisect_left(self._spans, (end, 0)) - 1
        return at >= 0 and self._spans[at][1] > start

    def add(self, start: int, end: int) -> None:
        """Take start..end."""
        insort(self._spans, (start, end))


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

    __slots__ = ("_spans", "folded", "hits", "low", "names", "platform", "raw")

    def __init__(self, raw: str, platform: str | None = None) -> None:
        self.raw = raw
        self.platform = platform
        self.folded = fold(raw)
        self.low = lower(self.folded)
        self.hits: list[Hit] = []
        self.names: list[Name] | None = None
        self._spans: dict[str, Spans] = {}

    def add(self, hit: Hit) -> None:
        """Accept a hit."""
        self.hits.append(hit)
        spans = self._spans.get(hit.kind)
        if spans is None:
            spans = self._spans[hit.kind] = Spans()
        spans.add(hit.start, hit.end)

    def taken(self, start: int, end: int, kinds: Collection[str]) -> bool:
        """Whether a hit of one of `kinds` overlaps start..end."""
        return any(spans.overlap(start, end) for kind, spans in self._spans.items() if kind in kinds) if self._spans else False
