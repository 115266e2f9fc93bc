"""Databases for tests, written by SQLite itself; the package has no SQL engine to share a mistake with."""

from __future__ import annotations

import io
import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from saksi.sqlite.btree import Walk, cells_of
from saksi.sqlite.pages import PageFile, open_pages
from saksi.sqlite.records import Records
from saksi.sqlite.schema import read_schema


def made(path: Path, script: Callable[[sqlite3.Connection], None], pragmas: Sequence[str] = ()) -> tuple[bytes, bytes]:
    """The bytes of a database that `script` fills, and of its -wal while the connection is open."""
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for pragma in pragmas:
        connection.execute(f"pragma {pragma}")
    script(connection)
    connection.commit()
    wal = path.with_name(path.name + "-wal")
    main, log = path.read_bytes(), wal.read_bytes() if wal.exists() else b""
    connection.close()
    return main, log


def pages(main: bytes, log: bytes = b"", checked_end: int | None = None) -> PageFile:
    db = open_pages(io.BytesIO(main), len(main), io.BytesIO(log) if log else None, len(log), checked_end)
    assert db is not None
    return db


def rows(db: PageFile, name: str) -> list[tuple[Any, ...]]:
    """Rows of a table as sqlite3 would give them: the slow way, value by value."""
    table = read_schema(db).tables[name.lower()]
    out = []
    for block in Walk(db).blocks(table.root):
        cells = cells_of(block)
        records = Records(db, block, cells, range(len(table.columns)))
        for i in range(len(records)):
            if records.bad[i]:
                continue
            row: list[Any] = []
            for c, column in enumerate(table.columns):
                value, kind = records.value(c, i), int(records.columns[c].types[i])
                if c == table.rowid_column:
                    value = int(cells.rowid[i])
                elif kind == -1:
                    value = column.default
                elif isinstance(value, bytes) and kind % 2:
                    value = value.decode(db.header.encoding)
                row.append(value)
            out.append(tuple(row))
    return out


def medium(size: int, seed: int, head: bytes = b"\xff\xd8\xff\xe0") -> bytes:
    """A signature and noise: no picture exists."""
    return head + random.Random(seed).randbytes(size)


def pieces(data: bytes) -> list[bytes]:
    """Every tenth run of eight bytes of a medium, its last among them; not its first four, which many share."""
    return [data[i : i + 8] for i in range(4, len(data) - 8, 10)] + [data[-8:]]


def blanked(data: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    out = bytearray(data)
    for start, length in spans:
        out[start : start + length] = b"*" * length
    return bytes(out)


def left_of(media: Sequence[bytes], kept: bytes) -> int:
    """How many pieces of `media` stand somewhere in `kept`."""
    wanted = {p for m in media for p in pieces(m)}
    return sum(kept[i : i + 8] in wanted for i in range(len(kept) - 7))
