"""Read every sealed source anew and compare its rows with those that were recorded: the deepest check there is.

    for outcome in reread(case): …

Rows are compared by their canonical digest (saksi.table.digest), under the settings they were read with. In order:

    same              the source gives the recorded rows
    differs           the same program gives other rows: source, table or record was changed, or the computer errs
    other_version     another program gives other rows: that may read more or better, and is never called tampering
    not_read          the source was sealed and never read (no reader knew it, or its reading was cut off)
    unreadable        the sealed source could not be read back; the check of objects names what is damaged

Nothing is kept: rows are digested batch by batch, in a thread beside the reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

import saksi
from saksi import __version__, findings
from saksi.case import pipeline
from saksi.case.behind import run_behind
from saksi.errors import SaksiError
from saksi.intake import READING_ERRORS
from saksi.readers.base import ReadSettings
from saksi.table.digest import RowDigest
from saksi.table.schema import MESSAGE_SCHEMA

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.intake import Received
    from saksi.readers.base import Reading

DIGEST_ROWS: Final = 4096
"""Rows digested at once: a digest's fixed cost a batch is small, and larger batches need not be copied together."""

State = Literal["same", "differs", "other_version", "not_read", "unreadable"]


@dataclass(frozen=True)
class Outcome:
    """What reading one source anew gave. rows, recorded_rows: None where there are none. version: what read it before."""

    label: str
    state: State
    rows: int | None = None
    recorded_rows: int | None = None
    version: str | None = None


@cache
def program_digest() -> str:
    """SHA-256 hex of this program's code: what tells two programs of one version number apart."""
    home = Path(saksi.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(home.rglob("*.py"), key=lambda p: p.relative_to(home).as_posix()):
        whole.update(path.relative_to(home).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def note_program(case: Case, label: str) -> None:
    """Record which program read a source."""
    case.set(f"program:{label}", program_digest())


def reread(case: Case) -> Iterator[Outcome]:
    """Every source in order of intake."""
    recorded = {
        label: (rows, digest, version) for label, what, rows, digest, version in case.derived() if what == "messages"
    }
    for label, received, _ in case.sources():
        asked = case.get_json(label, "settings")
        if label not in recorded or asked is None:
            yield Outcome(label, "not_read")
            continue
        yield _reread_one(case, label, received, asked, recorded[label])


def _reread_one(
    case: Case, label: str, received: Received, asked: dict[str, Any], recorded: tuple[int, str, str]
) -> Outcome:
    rows, digest, version = recorded
    how = ReadSettings(zone=asked["zone"], date_order=asked["date_order"], format=asked["format"])
    try:
        with pipeline.open_reading(case, label, received, how) as reading:
            now = _digest(reading, asked["threads"])
    except (SaksiError, *READING_ERRORS):
        return Outcome(label, "unreadable", None, rows, version)
    same_program = version == __version__ and case.get(f"program:{label}") in (None, program_digest())
    state: State = "same" if now.hexdigest() == digest else "differs" if same_program else "other_version"
    return Outcome(label, state, now.rows, rows, version)


def _digest(reading: Reading, threads: list[str] | None) -> RowDigest:
    def digested(batches: Iterator[pa.RecordBatch]) -> RowDigest:
        digest = RowDigest(MESSAGE_SCHEMA)
        for batch in batches:
            digest.update(batch)
        return digest

    chosen = (findings.chosen_rows(batch, threads) for batch in reading)
    return run_behind(findings.portions((b for b in chosen if b.num_rows), DIGEST_ROWS), digested)


def not_logged(case: Case) -> list[str]:
    """Labels of sources whose recorded rows the log does not commit to."""
    logged = {
        (entry["fields"].get("exhibit"), entry["fields"].get("commitment"))
        for entry in case.vault.entries()
        if entry["action"] == "derive"
    }
    rows = [(label, digest) for label, what, _, digest, _ in case.derived() if what == "messages"]
    return [label for label, digest in rows if (label, case.vault.commitment(digest)) not in logged]
