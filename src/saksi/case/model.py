"""What a case looks like to those who write from it (report, hand-over, web): values only, no storage.

`CaseView` is the seam: `case/store.py` makes one from an open case, tests make one from rows in memory.
Accounts are what the exports name (sender_id, else sender_name); a *person* exists only after a decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa


@dataclass(frozen=True)
class LeftOut:
    """A medium (or other part that must not be kept) that was digested and not sealed."""

    part: str | None
    media: str  # image, video, audio, archive, document, database, binary
    size: int
    digest: str | None
    named: bool  # True: a message names it as its attachment


@dataclass(frozen=True)
class SourceView:
    """One source as taken in. brought_by, authority: codes of `saksi build`, None where nobody said.

    label: "S1", "S2" … in order of intake, what documents cite.

    sealed_as: whole, without_media, digest_only. account: the dict of `saksi read --json` (docs/verbs/read.md).
    """

    label: str
    account: Mapping[str, Any]
    sealed_at_us: int
    sealed_as: str
    object_id: str | None
    left_out: Sequence[LeftOut]
    brought_by: str | None = None
    authority: str | None = None


@dataclass(frozen=True)
class ThreadView:
    """One thread of one source. accounts: account -> number of its messages. first/last: us since 1970 UTC or None.

    records: rows read. duplicates: how many of them repeat a row of a thread taken in before; `accounts` counts those once,
    there.
    """

    source_digest: str
    thread_id: str | None
    title: str | None
    platform: str
    records: int
    first_at: int | None
    last_at: int | None
    first_at_text: str | None
    last_at_text: str | None
    accounts: Mapping[str, int]
    duplicates: int = 0


@dataclass(frozen=True)
class Decision:
    """What a caseworker said of a mark: state confirmed or rejected; by: the worker's code; note may be None."""

    state: str
    by: str
    at_us: int
    note: str | None = None


@dataclass(frozen=True)
class Person:
    """A person, made by a decision: code ("P1"), role (at_risk, suspect, buyer, helper, other), accounts, name or None."""

    code: str
    role: str
    accounts: Sequence[str]
    name: str | None = None


class CaseView(Protocol):
    """Everything a document may use. Tables have the schemas of `saksi.table.schema`."""

    @property
    def code(self) -> str:
        """The case's neutral code, no personal data."""
        ...

    @property
    def version(self) -> str:
        """Saksi's version that made the tables."""
        ...

    @property
    def zone(self) -> str | None:
        """tz name for local times, None: not told."""
        ...

    @property
    def owner(self) -> str | None:
        """Whose phone, None: not told."""
        ...

    @property
    def at_risk(self) -> Sequence[str]:
        """Accounts or names of the person at risk."""
        ...

    @property
    def at_risk_basis(self) -> str:
        """told, inferred, unknown."""
        ...

    @property
    def sources(self) -> Sequence[SourceView]:
        """What was taken in, in order of intake."""
        ...

    @property
    def threads(self) -> Sequence[ThreadView]:
        """Every stored thread."""
        ...

    @property
    def marks(self) -> pa.Table:
        """MARK_SCHEMA."""
        ...

    @property
    def phases(self) -> pa.Table:
        """PHASE_SCHEMA."""
        ...

    @property
    def identifiers(self) -> pa.Table:
        """IDENTIFIER_SCHEMA; without those of rows that repeat another (`duplicate_of`)."""
        ...

    @property
    def problems(self) -> pa.Table:
        """PROBLEM_SCHEMA."""
        ...

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """By mark_id."""
        ...

    @property
    def people(self) -> Sequence[Person]:
        """Persons made by decisions."""
        ...

    @property
    def log_head(self) -> str:
        """Hex root of the log's last checkpoint; "" where documents are not to depend on it."""
        ...

    @property
    def log_size(self) -> int:
        """Entries in the log; 0 with an empty log_head."""
        ...

    @property
    def crisis(self) -> bool:
        """Whether great distress was marked."""
        ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Every stored message row, source by source in order of intake, file order inside (MESSAGE_SCHEMA).

        columns: only these, where a caller needs few; None: all.
        """
        ...
