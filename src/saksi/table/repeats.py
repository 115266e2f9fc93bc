"""Rows that say the same are looked at once: "iya", "ok", "siap" make up a good part of every chat.

    once = distinct(batch, ("text", "platform"))         which rows are the first of their kind, and which row equals which
    said = once.of(batch.select(["text", "platform"]))   those first rows
    found = look(said)                                   a table with a column `row`: the row of `said` it was found in, ascending
    once.attach(found, batch, SCHEMA)                    what was found, for every row of the batch, in order of rows

For pure functions of the columns named, the rows are those of looking at every row by itself (a test compares them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]

ROW: Final = "row"
"""Column of what was found: number of the row it was found in."""


@dataclass(frozen=True)
class Distinct:
    """firsts: the first row of each kind, ascending. which: for every row its place in `firsts`."""

    firsts: Numbers
    which: Numbers

    def of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The first row of each kind."""
        return batch if len(self.firsts) == len(self.which) else batch.take(pa.array(self.firsts))

    def spread(self, found: Numbers) -> tuple[Numbers, Numbers]:
        """(places in `found`, rows): what was found in first rows (`found`: their places, ascending), once a row."""
        counts = np.bincount(found, minlength=len(self.firsts))
        begins = np.cumsum(counts) - counts
        each = counts[self.which]
        skipped = begins[self.which] - (np.cumsum(each) - each)
        places = np.arange(each.sum()) + np.repeat(skipped, each)
        return places, np.repeat(np.arange(len(self.which)), each)

    def attach(self, found: pa.RecordBatch, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """What was found (column ROW and others of `schema`), with the other columns of `schema` from `batch`."""
        places, rows = (pa.array(numbers) for numbers in self.spread(np.asarray(found.column(ROW)).astype(np.int64)))
        columns = [
            found.column(field.name).take(places)
            if field.name in found.schema.names
            else batch.column(field.name).take(rows).cast(field.type)
            for field in schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)


def _codes(column: Any) -> tuple[Numbers, int]:
    """Equal values, equal numbers, counted from 0 in order of appearance (null is a value); how many there are."""
    encoded = column.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices).astype(np.int64), len(encoded.dictionary)


def distinct(batch: pa.RecordBatch, columns: Sequence[str]) -> Distinct:
    """Which rows of `batch` are alike in `columns`."""
    which, size = np.zeros(batch.num_rows, np.int64), min(1, batch.num_rows)
    for name in columns:
        codes, values = _codes(batch.column(name))
        if values > 1:
            which, size = _codes(pa.array(which * values + codes)) if size > 1 else (codes, values)
    firsts = np.zeros(size, np.int64)
    firsts[which[::-1]] = np.arange(batch.num_rows - 1, -1, -1)  # of several rows of a kind the last one written stays
    return Distinct(firsts, which)
