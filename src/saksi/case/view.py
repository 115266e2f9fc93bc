"""The open case as documents see it (`CaseView`), read from its sealed tables.

Nothing in it depends on when, where or under which keys the case was made: same sources, version and settings give the
same view (DESIGN promise 7), but for the sealing times, which are facts about this case. That is why the case's code is
made from the digests of its first build's sources, and why the log's head, which is another for every key, is not in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from saksi import __version__
from saksi.case import duplicates
from saksi.case.model import Decision, LeftOut, Person, SourceView, ThreadView
from saksi.case.store import Case
from saksi.intake import Received
from saksi.table.schema import DUPLICATE_SCHEMA, IDENTIFIER_SCHEMA, MARK_SCHEMA, PHASE_SCHEMA, PROBLEM_SCHEMA


def code_for(digests: Sequence[str]) -> str:
    """A neutral code for a case of these sources: "SK-" and eight hex digits."""
    return "SK-" + hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:8].upper()


def _counted_once(thread: ThreadView, repeated: Mapping[str, int]) -> ThreadView:
    """The thread without its repeating rows in `accounts`."""
    if not repeated:
        return thread
    accounts = {a: n - repeated.get(a, 0) for a, n in thread.accounts.items()}
    return replace(thread, accounts=accounts, duplicates=sum(repeated.values()))


class StoredView:
    """See the module's text and `saksi.case.model.CaseView`."""

    log_head = ""
    log_size = 0

    def __init__(self, case: Case) -> None:
        self._case = case
        self.version = __version__
        self.code = case.get("code") or code_for([r.digest for _, r, _ in case.sources()])
        self.zone = case.get("zone")
        self.owner = case.get("owner")
        self.at_risk: Sequence[str] = tuple(json.loads(case.get("at_risk") or "[]"))
        self.at_risk_basis = case.get("at_risk_basis") or "unknown"
        self.crisis = case.get("crisis") == "yes"

    @cached_property
    def _sources(self) -> list[tuple[str, Received, int]]:
        return self._case.sources()

    @cached_property
    def sources(self) -> Sequence[SourceView]:
        """The sources in order of intake."""
        result = []
        for label, received, at in self._sources:
            account: Mapping[str, Any] = self._case.get_json(label, "account") or {}
            named = {p["part"] for p in account.get("parts", ()) if p["role"] == "attachment"}
            left_out = tuple(LeftOut(a.path, a.media, a.size, a.digest, a.path in named) for a in received.absent)
            handed = json.loads(self._case.get(f"handed:{label}") or "{}")
            result.append(SourceView(
                label, account, at, received.sealed_as, received.object_id, left_out, handed.get("brought_by"), handed.get("authority"),
            ))  # fmt: skip
        return result

    @cached_property
    def threads(self) -> Sequence[ThreadView]:
        """Every stored thread, in order of intake and file."""
        labels = [label for label, _, _ in self._sources]
        repeated = duplicates.thread_counts(self._case, labels)
        return [
            _counted_once(ThreadView(**t), repeated.get((t["source_digest"], t["thread_id"]), {}))
            for label in labels
            for t in self._case.get_json(label, "threads") or []
        ]

    def _joined(self, what: str, schema: pa.Schema) -> pa.Table:
        tables = [self._case.table(label, what, schema) for label, _, _ in self._sources]
        return pa.concat_tables([schema.empty_table(), *tables]).combine_chunks()

    @cached_property
    def marks(self) -> pa.Table:
        """Marks of all sources."""
        return self._joined("marks", MARK_SCHEMA)

    @cached_property
    def phases(self) -> pa.Table:
        """Phases of all sources."""
        return self._joined("phases", PHASE_SCHEMA)

    @cached_property
    def identifiers(self) -> pa.Table:
        """Identifiers of all sources, each row of an overlap once."""
        tables = [IDENTIFIER_SCHEMA.empty_table()]
        for label, _, _ in self._sources:
            table = self._case.table(label, "identifiers", IDENTIFIER_SCHEMA)
            if table.num_rows and self._case.has_derived(label, "duplicates"):
                seqs = self._case.table(label, "duplicates", DUPLICATE_SCHEMA).column("seq")
                table = table.filter(pc.invert(pc.is_in(table.column("seq"), value_set=seqs.combine_chunks())))
            tables.append(table)
        return pa.concat_tables(tables).combine_chunks()

    @cached_property
    def problems(self) -> pa.Table:
        """Problems of all sources."""
        return self._joined("problems", PROBLEM_SCHEMA)

    @cached_property
    def decisions(self) -> Mapping[str, Decision]:
        """The last decision on each mark."""
        return self._case.decisions()

    @cached_property
    def people(self) -> Sequence[Person]:
        """Persons made by decisions."""
        return self._case.people()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Every stored message row; only `columns` where they are given."""
        for label, _, _ in self._sources:
            yield from self._case.batches(label, "messages", columns)

    @property
    def sealed_at_us(self) -> int:
        """When the last source was sealed: the time that documents carry, so that writing twice gives the same bytes."""
        return max((at for _, _, at in self._sources), default=0)
