"""`saksi read`: an export without a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from saksi import findings
from saksi.parts import Source, open_source
from saksi.readers.base import ReadSettings
from saksi.table.schema import (
    MESSAGE_SCHEMA,
)
from saksi.table.write import format_of, write_file
from saksi.verbs.common import declared_screenshots, screenshot_paths, settings, start_reading

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class ReadResult:
    """messages: MESSAGE_SCHEMA, problems: PROBLEM_SCHEMA, account: the dict of `read --json`."""

    messages: pa.Table
    problems: pa.Table
    account: dict[str, Any]


def read(
    path: Path | str,
    format: str | None = None,  # noqa: A002 - the contract's name
    zone: str | None = None,
    date_order: str | None = None,
    lang: str = "id",
    screenshots: bool | Path | Sequence[Path] = False,
) -> ReadResult:
    """Read an export without a case. screenshots: which pictures are screenshots (True: those of a path that holds nothing else).

    Raises InputRefused, UsageError.
    """
    told = screenshot_paths(screenshots)
    with open_source(Path(path), meanwhile=not told) as source, declared_screenshots(source, Path(path), told):
        reading = start_reading(source, settings(format, zone, date_order))
        messages = pa.Table.from_batches(list(reading), schema=MESSAGE_SCHEMA)
        return ReadResult(messages, reading.problem_table(lang), reading.account(lang))


def read_to_file(
    source: Source, how: ReadSettings, out: Path | None, lang: str, threads: Sequence[str] | None = None
) -> dict[str, Any]:
    """`saksi read`: the account of all; the rows of chosen threads go to `out` (by its ending) or nowhere."""
    format_ = None if out is None else format_of(out, None)
    reading = start_reading(source, how)
    if out is None or format_ is None:
        for _ in reading:
            pass
    else:
        write_file((findings.chosen_rows(batch, threads) for batch in reading), MESSAGE_SCHEMA, out, format_)
    return reading.account(lang)
