"""`saksi check` and `saksi scan`: marks, phases and identifiers of rows; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from saksi import findings, identifiers, signals
from saksi import phases as phases_
from saksi.parts import Source
from saksi.readers.base import ReadSettings
from saksi.readers.registry import for_talk
from saksi.table.schema import (
    CANDIDATE_SCHEMA,
    IDENTIFIER_SCHEMA,
    MARK_SCHEMA,
    MESSAGE_SCHEMA,
)
from saksi.table.threads import ThreadSummaries
from saksi.table.write import format_of, write_file
from saksi.verbs.common import check_output, senders_not_found, start_reading, threads_not_found

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class CheckResult:
    """marks, phases, identifiers: tables of their schemas. crisis: distress was marked. at_risk and its basis as used."""

    marks: pa.Table
    phases: pa.Table
    identifiers: pa.Table
    crisis: bool
    at_risk: tuple[str, ...]
    at_risk_basis: str


def check(messages: pa.Table, at_risk: Sequence[str] | str | None = None) -> CheckResult:
    """Marks, phases and identifiers of message rows; nothing is stored. Pure.

    In: MESSAGE_SCHEMA, file order. at_risk: who may be the victim, as named in the messages; None: inferred where that is
    safe, else unknown, and then only marks that hold whoever it is.
    """
    told = (at_risk,) if isinstance(at_risk, str) else tuple(at_risk or ())
    batches = messages.combine_chunks().to_batches(max_chunksize=65_536)
    summaries = ThreadSummaries()
    cues = []
    found = []
    for batch in batches:
        summaries.update(batch)
        cues.append(signals.candidates(batch))
        found.append(identifiers.find(batch))
    totals = {(t["source_digest"], t["thread_id"]): t["records"] for t in summaries.rows()}
    candidates = pa.Table.from_batches(cues, schema=CANDIDATE_SCHEMA)
    by_source = _candidates_by_thread(messages, candidates)
    names, basis = told, "told" if told else "unknown"
    if not told:
        names = tuple(
            signals.infer_at_risk(
                (rows, by_source[key]) for key, rows in findings.whole_threads(batches, totals) if key in by_source
            )
        )
        basis = "inferred" if names else "unknown"
    result = findings.analyse(findings.whole_threads(batches, totals), by_source, names)
    return CheckResult(
        result.marks,
        result.phases,
        pa.Table.from_batches(found, schema=IDENTIFIER_SCHEMA).combine_chunks(),
        signals.crisis(result.marks),
        names,
        basis,
    )


def _candidates_by_thread(messages: pa.Table, candidates: pa.Table) -> dict[findings.ThreadKey, pa.Table]:
    digests = messages.column("source_digest").unique().to_pylist()
    result: dict[findings.ThreadKey, pa.Table] = {}
    for digest in digests:
        own = candidates
        if len(digests) > 1:  # message ids begin with the source's digest
            own = candidates.filter(pc.starts_with(candidates.column("message_id"), digest[:16]))
        for thread, table in findings.split_by_thread(own).items():
            result[(digest, thread)] = table
    return result


def check_json(result: CheckResult, messages: int) -> dict[str, Any]:
    """The JSON of `saksi check` (docs/verbs/check.md)."""

    def rows(table: pa.Table, names: Sequence[str]) -> list[dict[str, Any]]:
        picked: list[dict[str, Any]] = table.select(list(names)).to_pylist()
        return picked

    return {
        "at_risk": list(result.at_risk),
        "at_risk_basis": result.at_risk_basis,
        "messages": messages,
        "crisis": result.crisis,
        "marks": rows(
            result.marks,
            (
                "mark_id",
                "message_id",
                "seq",
                "signal",
                "phase",
                "by",
                "strength",
                "start",
                "end",
                "rule",
                "version",
                "because",
            ),
        ),
        "phases": rows(
            result.phases,
            (
                "phase",
                "people",
                "thread_ids",
                "first_message",
                "last_message",
                "first_seq",
                "last_seq",
                "strength",
                "marks",
                "because",
            ),
        ),
        "identifiers": rows(result.identifiers, ("kind", "value", "as_written", "message_id", "seq", "start", "end")),
    }


def check_source(
    source: Source, how: ReadSettings, at_risk: Sequence[str], threads: Sequence[str] | None, lang: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`saksi check`: the JSON, and the problems of reading. Nothing is stored."""
    reading = start_reading(source, for_talk(source, how))
    messages = pa.Table.from_batches(list(reading), schema=MESSAGE_SCHEMA)
    messages = findings.chosen_rows(messages, threads)
    account = reading.account(lang)
    problems: list[dict[str, Any]] = account["problems"]
    unknown = senders_not_found(messages, at_risk)
    # a wrong name is left out, and without one it is inferred: a wrong name would hide the distress
    known = [name for name in at_risk if name not in unknown]
    return {
        **check_json(check(messages, known), messages.num_rows),
        "names_not_found": unknown,
        "threads_not_found": threads_not_found(threads, account["threads"]),
    }, problems


def scan(tables: Sequence[Path], at_risk: Sequence[str], out: Path | None) -> dict[str, Any]:
    """`saksi scan`: message tables (Parquet or JSON lines of MESSAGE_SCHEMA) in, marks out."""
    check_output(out, tables)
    if out is not None:
        format_of(out, None)
    loaded = pa.concat_tables([load_messages(path) for path in tables])
    unknown = senders_not_found(loaded, at_risk)
    result = check(loaded, [name for name in at_risk if name not in unknown])
    if out is not None:
        write_file(result.marks.to_batches(), MARK_SCHEMA, out, format_of(out, None))
    return {
        "messages": loaded.num_rows,
        "threads": loaded.group_by(["source_digest", "thread_id"]).aggregate([]).num_rows,
        "marks": result.marks.num_rows,
        "phases": result.phases.num_rows,
        "at_risk": list(result.at_risk),
        "at_risk_basis": result.at_risk_basis,
        "names_not_found": unknown,
    }


def load_messages(path: Path) -> pa.Table:
    """A message table written by `read -o` or `export`. Raises InputRefused where it is none."""
    from saksi.table.load import load_table

    return load_table(path, MESSAGE_SCHEMA)


def resolve(thread: pa.Table, candidates: pa.Table, at_risk: Sequence[str] = ()) -> tuple[pa.Table, pa.Table]:
    """Marks and phases of one whole thread (rows in file order) from its candidates."""
    marks = signals.resolve(thread, candidates, at_risk)
    return marks, phases_.mark_phases(thread, marks)
