"""Summaries of threads, made while batches pass by: who wrote how much, from when to when.

`ThreadSummaries()`; `.update(batch)` for each batch of MESSAGE_SCHEMA in file order; `.rows()` -> list of dicts (JSON):
source_digest, thread_id, title, platform, records, first_at, last_at (us since 1970 UTC, null unknown), first_at_text,
last_at_text (as written, of the first and last row that has one, in file order), accounts {account: messages}.

An account is what the export names: sender_id where there is one, else sender_name; rows without either have none.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def account_column(batch: pa.RecordBatch | pa.Table) -> Any:
    """The account of every row (string, null where the export names none)."""
    return pc.coalesce(batch.column("sender_id"), batch.column("sender_name"))


class ThreadSummaries:
    """See the module's text."""

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str | None], dict[str, Any]] = {}

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of one batch."""
        thread = batch.column("thread_id")
        n = batch.num_rows
        if n == 0:
            return
        # threads are contiguous runs in practice; a run boundary is where the id changes
        filled = pc.fill_null(thread, "\x00")
        codes = np.asarray(filled.dictionary_encode().indices)
        edges = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [n]])
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            self._run(batch.slice(start, end - start))

    def _run(self, rows: pa.RecordBatch) -> None:
        key = (rows.column("source_digest")[0].as_py(), rows.column("thread_id")[0].as_py())
        entry = self._threads.setdefault(
            key,
            {
                "source_digest": key[0],
                "thread_id": key[1],
                "title": None,
                "platform": None,
                "records": 0,
                "first_at": None,
                "last_at": None,
                "first_at_text": None,
                "last_at_text": None,
                "accounts": Counter(),
            },
        )
        entry["records"] += rows.num_rows
        entry["title"] = entry["title"] or rows.column("thread_title")[0].as_py()
        entry["platform"] = entry["platform"] or rows.column("platform")[0].as_py()
        span = pc.min_max(pc.cast(rows.column("sent_at"), pa.int64())).as_py()
        if span["min"] is not None:
            entry["first_at"] = span["min"] if entry["first_at"] is None else min(entry["first_at"], span["min"])
            entry["last_at"] = span["max"] if entry["last_at"] is None else max(entry["last_at"], span["max"])
        written = rows.column("sent_at_text").drop_null()
        if len(written):
            entry["first_at_text"] = entry["first_at_text"] or written[0].as_py()
            entry["last_at_text"] = written[-1].as_py()
        for pair in pc.value_counts(account_column(rows)).to_pylist():
            if pair["values"] is not None:
                entry["accounts"][pair["values"]] += pair["counts"]

    def rows(self) -> list[dict[str, Any]]:
        """The summaries, in order of first appearance."""
        return [{**entry, "accounts": dict(sorted(entry["accounts"].items()))} for entry in self._threads.values()]
