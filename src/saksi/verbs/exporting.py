"""`saksi export`: stored rows as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from saksi.table.schema import (
    IDENTIFIER_SCHEMA,
    MARK_SCHEMA,
    MESSAGE_SCHEMA,
    PROBLEM_SCHEMA,
)

if TYPE_CHECKING:
    from saksi.case.store import Case


EXPORTS: Final = {
    "messages": MESSAGE_SCHEMA,
    "marks": MARK_SCHEMA,
    "identifiers": IDENTIFIER_SCHEMA,
    "problems": PROBLEM_SCHEMA,
}


def export_batches(case: Case, what: str) -> Iterator[pa.RecordBatch]:
    """The stored rows of one kind, source by source; an `export` event in the log."""
    from saksi.vault import custody

    labels = [label for label, _, _ in case.sources()]
    custody.record(case.vault, custody.Event("export", exhibits=labels, more={"what": what}))
    for label, _, _ in case.sources():
        yield from case.batches(label, what)
