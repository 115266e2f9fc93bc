"""Read back a table that `table.write` wrote (Parquet or JSON lines): the inverse, held by a round-trip test.

Unknown columns are refused by name, missing ones become null; a row that does not fit says its line number.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from saksi.errors import InputRefused

BATCH = 65_536


def _cell(value: Any, type_: pa.DataType) -> Any:
    if value is None or not pa.types.is_timestamp(type_):
        return value
    return datetime.fromisoformat(value)


def _jsonl(path: Path, schema: pa.Schema) -> pa.Table:
    batches: list[pa.RecordBatch] = []
    rows: list[dict[str, Any]] = []
    types = {f.name: f.type for f in schema}
    with path.open("rb") as f:
        for number, line in enumerate(f, 1):
            try:
                row = msgspec.json.decode(line, type=dict[str, Any])
                rows.append({name: _cell(row[name], types[name]) for name in row})
                if len(rows) == BATCH:
                    batches.append(pa.RecordBatch.from_pylist(rows, schema=schema))
                    rows = []
            except (msgspec.DecodeError, KeyError, ValueError, TypeError, pa.ArrowException) as e:
                raise InputRefused("table_line", line=number) from e
    try:
        batches.append(pa.RecordBatch.from_pylist(rows, schema=schema))
    except (pa.ArrowException, TypeError) as e:
        raise InputRefused("table_line", line=number) from e
    return pa.Table.from_batches(batches, schema=schema)


def load_table(path: Path, schema: pa.Schema) -> pa.Table:
    """The rows of `path` with the columns of `schema`. Raises InputRefused (no_such_file, no_table, table_line)."""
    if not path.is_file():
        raise InputRefused("no_such_file")
    with path.open("rb") as f:
        head = f.read(4)
    if head != b"PAR1":
        return _jsonl(path, schema)
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as e:
        raise InputRefused("no_table") from e
    unknown = set(table.schema.names) - set(schema.names)
    if unknown:
        raise InputRefused("table_column", columns=len(unknown))
    arrays = [
        table.column(f.name).cast(f.type) if f.name in table.schema.names else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
