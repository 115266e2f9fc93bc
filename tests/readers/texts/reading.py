"""Reads bytes with one reader of the text, XML and mail family and checks the account of every read."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

from saksi.parts import Source, source_from_stream
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import reader_named

SAMPLES = Path(__file__).parents[2] / "samples"
Row = dict[str, Any]


def source_of(data: bytes, name: str = "berkas.txt") -> Source:
    """A source over bytes in memory."""
    return source_from_stream(name, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])


def read(
    reader: str, data: bytes, name: str = "berkas.txt", zone: str | None = None, order: str | None = None
) -> tuple[list[Row], Reading]:
    """Rows and reading of every text part, recognised or not; the account must add up and the ids be unique."""
    source = source_of(data, name)
    parts = [p for p in source.parts if p.media is None and p.size]
    reading = Reading(source, [(reader_named(reader), parts)], ReadSettings(zone=zone, date_order=order), [], {})
    rows = [row for batch in reading for row in batch.to_pylist()]
    counts = reading.account("en")["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
    assert not {"unaccounted", "reader_failed"} & set(reasons(reading)), reasons(reading)
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert len({row["message_id"] for row in rows}) == len(rows)
    return rows, reading


def reasons(reading: Reading) -> list[str]:
    """Reasons of the problems, in order."""
    return [p.reason for p in reading.problems]


def own(rows: list[Row]) -> list[Row]:
    """Rows that are no child rows."""
    return [r for r in rows if "." not in r["message_id"]]


def brief(row: Row) -> tuple[Any, ...]:
    """What a person would compare, times left out (they depend on the whole file)."""
    return row["kind"], row["sender_name"], row["sender_id"], row["sent_at_text"], row["text"], row["flags"]
