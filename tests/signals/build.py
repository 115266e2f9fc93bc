"""Short ways to write message rows in tests of signals and phases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from saksi import phases, signals
from saksi.table.schema import MESSAGE_SCHEMA

START = datetime(2025, 3, 1, 10, 0, tzinfo=UTC)


def thread(*turns: tuple[str | None, str] | dict[str, Any], thread_id: str = "t", minutes: int | None = 1) -> pa.Table:
    """A thread: (sender, text) or a row's columns; a minute apart, or without instants (minutes None)."""
    rows = []
    for i, turn in enumerate(turns):
        row: dict[str, Any] = {
            "message_id": f"{'d' * 16}-0-{thread_id}{i}", "source_digest": "d" * 64, "seq": i, "thread_id": thread_id,
            "kind": "text", "sent_at": None if minutes is None else START + timedelta(minutes=minutes * i),
        }
        row |= turn if isinstance(turn, dict) else {"sender_name": turn[0], "text": turn[1]}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=MESSAGE_SCHEMA)


def cues(rows: pa.Table) -> pa.Table:
    """Candidates of a thread."""
    return pa.Table.from_batches([signals.candidates(rows.combine_chunks().to_batches()[0])])


def marks(rows: pa.Table, *at_risk: str) -> pa.Table:
    """Marks of a thread."""
    return signals.resolve(rows, cues(rows), at_risk)


def shown(rows: pa.Table, *at_risk: str) -> set[tuple[int, str]]:
    """(seq, signal) of every mark."""
    found = marks(rows, *at_risk)
    return set(zip(found.column("seq").to_pylist(), found.column("signal").to_pylist(), strict=True))


def phases_of(rows: pa.Table, *at_risk: str) -> list[dict[str, Any]]:
    """Phases of a thread."""
    found: list[dict[str, Any]] = phases.mark_phases(rows, marks(rows, *at_risk)).to_pylist()
    return found
