"""Write rows as JSON lines, CSV or Parquet, batch by batch: plaintext leaves the program here and nowhere else.

JSON lines: one object a row, every column, null as null, times as ISO 8601 with Z. CSV: nested columns as JSON text, null an
empty cell, "" a quoted empty one; text is the source's text, not made safe for spreadsheets (docs/verbs/export.md says so).
Files are written beside their name and renamed, so that a half table never looks like a whole one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from saksi.errors import StorageFailed, UsageError
from saksi.times import utc_text

FORMATS: Final = ("jsonl", "parquet", "csv")


def format_of(path: Path, told: str | None) -> str:
    """The format told, else the one the name ends in. Raises UsageError for another."""
    name = told or path.suffix.lstrip(".").lower()
    if name not in FORMATS:
        raise UsageError("unknown_table_format", known=", ".join(FORMATS))
    return name


def _is_time(type_: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(type_))


def json_rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The batch as plain dicts, times as text."""
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if _is_time(field.type):
            values = pc.cast(column, pa.int64()).to_pylist()
            columns.append([None if v is None else utc_text(v) for v in values])
        else:
            columns.append(column.to_pylist())
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _jsonl(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    encode = msgspec.json.encode
    for batch in batches:
        yield b"".join(encode(row) + b"\n" for row in json_rows(batch))


def _flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_nested(field.type):
            texts = [None if v is None else msgspec.json.encode(v).decode() for v in column.to_pylist()]
            arrays.append(pa.array(texts, pa.string()))
        elif _is_time(field.type):
            values = pc.cast(column, pa.int64()).to_pylist()
            arrays.append(pa.array([None if v is None else utc_text(v) for v in values], pa.string()))
        else:
            arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


class _Sink(io.RawIOBase):
    """A file that a writer writes into and that hands on what came."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pending.append(bytes(data))
        return len(self._pending[-1])

    def take(self) -> bytes:
        """What was written since the last call."""
        block = b"".join(self._pending)
        self._pending.clear()
        return block


def row_blocks(batches: Iterable[pa.RecordBatch], schema: pa.Schema, format_: str) -> Iterator[bytes]:
    """The same bytes as `write_rows`, block by block, for whoever writes them somewhere else than into a file."""
    sink = _Sink()
    if format_ == "jsonl":
        yield from _jsonl(batches)
        return
    if format_ == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as parquet:
            for batch in batches:
                parquet.write_batch(batch)
                yield sink.take()
    else:
        import pyarrow.csv as pacsv

        flat_schema = _flat(pa.RecordBatch.from_pylist([], schema=schema)).schema
        with pacsv.CSVWriter(pa.PythonFile(sink, mode="w"), flat_schema) as csv:
            for batch in batches:
                csv.write_batch(_flat(batch))
                yield sink.take()
    yield sink.take()


def write_rows(batches: Iterable[pa.RecordBatch], schema: pa.Schema, out: BinaryIO, format_: str) -> int:
    """Write all batches to `out`; returns the number of rows."""
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield batch

    if format_ == "jsonl":
        for block in _jsonl(counted()):
            out.write(block)
    elif format_ == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetWriter(out, schema, compression="zstd") as writer:
            for batch in counted():
                writer.write_batch(batch)
    else:
        import pyarrow.csv as pacsv

        flat_schema = _flat(pa.RecordBatch.from_pylist([], schema=schema)).schema
        with pacsv.CSVWriter(out, flat_schema) as csv:
            for batch in counted():
                csv.write_batch(_flat(batch))
    return rows


def write_file(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path, format_: str) -> int:
    """Write to `path`, whole or not at all. Raises StorageFailed."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as f:
            rows = write_rows(batches, schema, f, format_)
        os.replace(part, path)  # noqa: PTH105 - replaces on every system
    except OSError as e:
        part.unlink(missing_ok=True)
        raise StorageFailed("disk_refused") from e
    return rows
