"""Read bytes as an export, in memory: rows as dicts, and the `Reading` with problems and account."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

from saksi.parts import Part, Source, source_from_stream
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.whatsapp_txt import reader

Row = dict[str, Any]


def source_of(data: bytes, name: str = "WhatsApp Chat with Rina.txt") -> Source:
    """A source over bytes in memory."""
    return source_from_stream(name, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])


def zip_of(members: dict[str, bytes]) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read_source(source: Source, **settings: str) -> tuple[list[Row], Reading]:
    """Rows of every text part that the reader recognises; of a single part in any case."""
    parts: list[Part] = [p for p in source.parts if p.media is None and (
        len(source.parts) == 1 or reader.recognise(p) is not None)]
    reading = Reading(source, [(reader, parts)], ReadSettings(**settings), [], {})
    rows = [row for batch in reading for row in batch.to_pylist()]
    return rows, reading


def read(data: bytes | str, name: str = "WhatsApp Chat with Rina.txt", **settings: str) -> tuple[list[Row], Reading]:
    """Rows and reading of one text."""
    raw = data.encode() if isinstance(data, str) else data
    return read_source(source_of(raw, name), **settings)


def reasons(reading: Reading) -> list[str]:
    """Reasons of all problems, in order."""
    return [p.reason for p in reading.problems]


def assert_tiled(reading: Reading, size: int) -> None:
    """Every byte is message, container or problem, and none was left for the seam to find."""
    counts = reading.account()["bytes"]
    assert counts["total"] == size
    assert counts["messages"] + counts["container"] + counts["problems"] == size
    assert "unaccounted" not in reasons(reading)
    assert "reader_failed" not in reasons(reading)
