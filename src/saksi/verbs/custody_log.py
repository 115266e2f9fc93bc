"""`saksi log`: the custody log in words. It is content-free, so that nobody needs the key to read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from saksi.errors import UsageError, VerificationFailed
from saksi.vault import log, merkle, timestamps, witness
from saksi.vault.proofs import exhibits_of
from saksi.verbs.common import is_case

COUNTED: Final = ("objects", "before", "after", "keys", "restored")
"""Fields told by how many there are: ids and commitments say nothing to a reader."""

UNTOLD: Final = ("file_digest", "source", "record_id", "message", "mark", "commitment", "settings")
"""Fields left out of the words: digests and commitments; `--json` has them all."""


def rows(folder: Path, exhibits: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Every entry of the case's log, oldest first; only those that name one of `exhibits` where given.

    A row: {"seq", "event_id" (leaf hash), "time", "action", "actor", "tool", "fields"}. Signatures are not checked here:
    `verify` does. Raises UsageError (no_case), VerificationFailed (log_damaged).
    """
    if not is_case(folder):
        raise UsageError("no_case")
    for line in log.whole_lines(folder, log.line_count(folder)):
        try:
            entry = msgspec.json.decode(line, type=dict[str, Any])
            row = {key: entry[key] for key in ("seq", "time", "action", "actor", "tool", "fields")}
        except (msgspec.DecodeError, ValueError, KeyError) as e:
            raise VerificationFailed("log_damaged") from e
        if not exhibits or exhibits_of(row["fields"]) & set(exhibits):
            yield {**row, "event_id": merkle.leaf_hash(line).hex()}


def beside(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What others signed of this log, as it lies there: {"timestamps": […], "witnesses": […]}; unchecked."""
    return {"timestamps": timestamps.as_rows(folder), "witnesses": witness.as_rows(folder)}


def told_fields(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of the fields worth telling a person, in the order they stand in: counts for long lists, no digests."""
    told = []
    for name, value in fields.items():
        if name in UNTOLD or value is None:
            continue
        if name in COUNTED or isinstance(value, dict):
            told.append((name, str(len(value) if isinstance(value, (list, dict)) else 1)))
        elif isinstance(value, list):
            told.append((name, ", ".join(str(v) for v in value)))
        elif (
            isinstance(value, str) and len(value) >= 33
        ):  # an object id, a commitment, a digest: its beginning is enough
            told.append((name, value[:12] + "…"))
        else:
            told.append((name, str(value)))
    return told
