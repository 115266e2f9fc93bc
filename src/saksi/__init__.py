"""Saksi ("witness"): from a phone's exports to a sealed, verifiable case file. See docs/python.md for the Python names.

    import saksi
    r = saksi.read("chat.zip", zone="Asia/Jakarta")   # r.messages, r.problems: pyarrow.Table; r.account: dict
    f = saksi.check(r.messages, at_risk="Rina")        # f.marks, f.phases, f.identifiers: pyarrow.Table; f.crisis: bool
    saksi.candidates(batch)                            # RecordBatch -> RecordBatch, pure, one message at a time
    saksi.resolve(thread, candidates, at_risk=())      # a whole thread -> marks, phases

Importing this costs nothing: what a function needs is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from saksi.verbs import CheckResult, ReadResult

__version__ = "0.1.0"
__all__ = ["__version__", "candidates", "check", "read", "resolve"]


def read(
    path: Path | str,
    format: str | None = None,  # noqa: A002 - the contract's name
    zone: str | None = None,
    date_order: str | None = None,
) -> ReadResult:
    """Read an export. format: a reader's name to force. zone: tz name or WIB, WITA, WIT. date_order: dmy, mdy, ymd.

    Returns messages and problems (tables of docs/message-table.md) and the account of every byte. Raises
    `errors.InputRefused` where nothing could be read, `errors.UsageError` for a wrong zone, order or format.
    """
    from saksi.verbs import read as verb

    return verb(path, format=format, zone=zone, date_order=date_order)


def check(messages: pa.Table, at_risk: Sequence[str] | str | None = None) -> CheckResult:
    """Marks, phases and identifiers of message rows, nothing stored. at_risk: name or account as in the messages."""
    from saksi.verbs import check as verb

    return verb(messages, at_risk)


def candidates(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Candidate marks of a batch of messages: pure, one message at a time, for any engine that maps batches."""
    from saksi.signals import candidates as step

    return step(batch)


def resolve(thread: pa.Table, candidates: pa.Table, at_risk: Sequence[str] = ()) -> tuple[pa.Table, pa.Table]:
    """(marks, phases) of one whole thread in file order: direction, order, co-occurrence and quotations decided."""
    from saksi.verbs import resolve as verb

    return verb(thread, candidates, at_risk)
