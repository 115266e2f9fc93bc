"""Who writes in an export: every account with its display name, its app, its threads and its number of messages.

`AccountSummaries()`; `.update(batch)` for each batch of MESSAGE_SCHEMA; `.rows()` -> list of dicts (JSON): platform,
sender_id (null where the export gives none), sender_name (null likewise), threads, messages. Rows of nobody are left out.

For the list a person chooses from (whose phone, who is at risk) and for telling a mistyped name. Nothing is decided here:
two accounts of one display name stay two rows.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_KEYS = ("platform", "sender_id", "sender_name")


class AccountSummaries:
    """See the module's text."""

    def __init__(self) -> None:
        self._messages: Counter[tuple[str | None, ...]] = Counter()
        self._threads: dict[tuple[str | None, ...], set[tuple[str, str | None]]] = {}

    def update(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Add the rows of one batch."""
        columns = ("source_digest", "thread_id", *_KEYS)
        rows = pa.table({name: batch.column(name) for name in columns})
        rows = rows.filter(pc.or_(pc.is_valid(rows.column("sender_id")), pc.is_valid(rows.column("sender_name"))))
        for row in rows.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist():
            key = tuple(row[name] for name in _KEYS)
            self._messages[key] += row["count_all"]
            self._threads.setdefault(key, set()).add((row["source_digest"], row["thread_id"]))

    def rows(self) -> list[dict[str, Any]]:
        """The accounts: those in most threads first, then those with most messages, then by name."""
        found = [
            {**dict(zip(_KEYS, key, strict=True)), "threads": len(self._threads[key]), "messages": n}
            for key, n in self._messages.items()
        ]
        return sorted(
            found, key=lambda a: (-a["threads"], -a["messages"], *(str(a[name] or "") for name in reversed(_KEYS)))
        )
