"""What a user can ask for. The command line, the web app and notebooks call these; they parse nothing and print nothing.

Every verb returns plain values (the JSON of docs/verbs/) and raises the errors of `saksi.errors`. Heavy packages are
imported where they are used: `check` must start on an old laptop in about a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from saksi import findings, identifiers, signals
from saksi import phases as phases_
from saksi.errors import DONE, DONE_WITH_PROBLEMS, INPUT_REFUSED, InputRefused, SaksiError, UsageError
from saksi.limits import MIB
from saksi.parts import Source, is_case_folder, open_source, source_from_stream
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import for_talk, read_source, require_readable
from saksi.table.accounts import AccountSummaries
from saksi.table.schema import (
    CANDIDATE_SCHEMA,
    IDENTIFIER_SCHEMA,
    MARK_SCHEMA,
    MESSAGE_SCHEMA,
    PROBLEM_SCHEMA,
)
from saksi.table.threads import ThreadSummaries
from saksi.table.write import format_of, write_file
from saksi.times import EPOCH, calibrated_zone, zone_name

if TYPE_CHECKING:
    from saksi.case.finders import Finders
    from saksi.case.pipeline import ReadIn
    from saksi.case.store import Case
    from saksi.intake import MediaRule

DATE_ORDERS: Final = ("dmy", "mdy", "ymd")
Progress = Callable[[str, int, int], None]


def no_progress(step: str, done: int, total: int) -> None:
    """Says nothing."""


# -- without a case ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadResult:
    """messages: MESSAGE_SCHEMA, problems: PROBLEM_SCHEMA, account: the dict of `read --json`."""

    messages: pa.Table
    problems: pa.Table
    account: dict[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """marks, phases, identifiers: tables of their schemas. crisis: distress was marked. at_risk and its basis as used."""

    marks: pa.Table
    phases: pa.Table
    identifiers: pa.Table
    crisis: bool
    at_risk: tuple[str, ...]
    at_risk_basis: str


def settings(format_: str | None = None, zone: str | None = None, date_order: str | None = None) -> ReadSettings:
    """Checked reading settings. Raises UsageError."""
    if date_order is not None and date_order not in DATE_ORDERS:
        raise UsageError("unknown_date_order")
    return ReadSettings(zone=None if zone is None else zone_name(zone), date_order=date_order, format=format_)


def open_path_or_stream(path: Path | str, stdin: BinaryIO | None = None) -> Source:
    """The source at `path`, or what `stdin` holds where the path is "-" (kept in memory, never on disk)."""
    if str(path) == "-":
        if stdin is None:
            raise InputRefused("stdin_closed")
        data = stdin.read()
        return source_from_stream("-", len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])
    return open_source(Path(path), meanwhile=True)


def screenshot_paths(told: bool | Path | Sequence[Path]) -> tuple[Path | None, ...]:
    """A declaration as `saksi.ocr.declare` takes it."""
    if isinstance(told, bool):
        return (None,) if told else ()
    return (told,) if isinstance(told, Path) else tuple(told)


def check_screenshots(declared: Sequence[Path | None]) -> None:
    """Refuse a declaration that nothing can be done with. Raises UsageError (ocr_missing), InputRefused (no_such_file)."""
    if not declared:
        return
    from saksi import ocr

    if not ocr.is_there():
        raise UsageError("ocr_missing")
    if any(path is not None and not path.exists() for path in declared):
        raise InputRefused("no_such_file")


@contextlib.contextmanager
def declared_screenshots(source: Source, path: Path, declared: Sequence[Path | None]) -> Iterator[None]:
    """While open, declared pictures of `source` are read by a process of its own. Raises as `check_screenshots`."""
    if not declared:
        yield
        return
    from saksi import ocr

    check_screenshots(declared)
    with ocr.Reading() as reading:
        ocr.declare(source, path, declared, reading)
        yield


def start_reading(source: Source, how: ReadSettings) -> Reading:
    """A reading of `source`. Raises InputRefused where no reader knows any part."""
    reading = read_source(source, how)
    require_readable(reading)
    return reading


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


def threads_not_found(told: Sequence[str] | None, threads: Sequence[dict[str, Any]]) -> list[int]:
    """1-based places in `told` of what is neither id nor title of any thread that was read (rows of ThreadSummaries)."""
    there = {t[key] for t in threads for key in ("thread_id", "title")}
    return [n for n, name in enumerate(told or (), 1) if name not in there]


def check_source(
    source: Source, how: ReadSettings, at_risk: Sequence[str], threads: Sequence[str] | None, lang: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`saksi check`: the JSON, and the problems of reading. Nothing is stored."""
    reading = start_reading(source, for_talk(source, how))
    messages = pa.Table.from_batches(list(reading), schema=MESSAGE_SCHEMA)
    messages = findings.chosen_rows(messages, threads)
    account = reading.account(lang)
    problems: list[dict[str, Any]] = account["problems"]
    unknown = _senders_not_found(messages, at_risk)
    # a wrong name is left out, and without one it is inferred: a wrong name would hide the distress
    known = [name for name in at_risk if name not in unknown]
    return {
        **check_json(check(messages, known), messages.num_rows),
        "names_not_found": unknown,
        "threads_not_found": threads_not_found(threads, account["threads"]),
    }, problems


def _senders_not_found(messages: pa.Table, names: Sequence[str]) -> list[str]:
    accounts = AccountSummaries()
    if names:
        accounts.update(messages)
    return names_not_found(names, accounts.rows())


def scan(tables: Sequence[Path], at_risk: Sequence[str], out: Path | None) -> dict[str, Any]:
    """`saksi scan`: message tables (Parquet or JSON lines of MESSAGE_SCHEMA) in, marks out."""
    check_output(out, tables)
    if out is not None:
        format_of(out, None)
    loaded = pa.concat_tables([load_messages(path) for path in tables])
    unknown = _senders_not_found(loaded, at_risk)
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


# -- with a case -------------------------------------------------------------------------------------------------------


class Ask(Protocol):
    """What a person at a terminal is asked; every answer may be None or empty: not known, decide later.

    threads: rows of `ThreadSummaries` with source_name; accounts: rows of `AccountSummaries` over all sources.
    """

    def zone(self) -> str | None: ...
    def threads(self, threads: Sequence[dict[str, Any]]) -> Sequence[str] | None: ...
    def date_order(self, label: str, name: str) -> str | None: ...
    def owner(self, accounts: Sequence[dict[str, Any]]) -> str | None: ...
    def at_risk(self, accounts: Sequence[dict[str, Any]]) -> Sequence[str]: ...


@dataclass(frozen=True)
class BuildOptions:
    """What a build is told. None: not told (asked where somebody can be asked, else unknown)."""

    owner: str | None = None
    at_risk: tuple[str, ...] = ()
    zone: str | None = None
    known_times: tuple[str, ...] = ()
    date_order: str | None = None
    threads: tuple[str, ...] | None = None
    format: str | None = None
    media: str = "digest"
    police_key: Path | None = None
    adults_agreed: str | None = None
    by: str = "C1"
    lang: str = "id"
    out: Path | None = None
    screenshots: tuple[Path | None, ...] = ()
    """Files and folders declared to be screenshots; None among them: every source that holds nothing but pictures."""


@dataclass
class BuildResult:
    """data: the JSON of `saksi build`; exit_code: of errors.py; refused: (position in the call, error)."""

    data: dict[str, Any]
    exit_code: int
    crisis: bool
    refused: list[tuple[int, SaksiError]] = field(default_factory=list)


def media_rule(options: BuildOptions) -> MediaRule:
    """The media rule told. Raises UsageError where what it needs is missing."""
    from saksi.intake import MEDIA_RULES, MediaRule

    if options.media not in MEDIA_RULES:
        raise UsageError("unknown_media_rule")
    if options.media == "police-key":
        if options.police_key is None or not options.police_key.is_file():
            raise UsageError("police_key_needed")
        lines = options.police_key.read_text(encoding="utf-8").split()
        key = next((line for line in lines if line.startswith("age1")), None)
        if key is None:
            raise UsageError("police_key_invalid")
        return MediaRule("police-key", recipient=key)
    if options.media == "seal":
        if not options.adults_agreed:
            raise UsageError("statement_needed")
        return MediaRule("seal", statement=options.adults_agreed)
    return MediaRule()


def check_by(by: str) -> None:
    """Refuse a caseworker's code that the log may not hold: names have no place there. Raises UsageError."""
    from saksi.vault.log import is_actor

    if not is_actor(by.lower()):
        raise UsageError("by_not_a_code")


def check_output(out: Path | None, inputs: Sequence[Path] = ()) -> None:
    """Refuse an output that would do harm: over an input, inside a case, or in a folder that is not there.

    Raises UsageError (output_is_input, output_in_case, output_folder_missing).
    """
    if out is None:
        return
    there = out.resolve()
    if any(is_case_folder(folder) for folder in (there, *there.parents)):
        raise UsageError("output_in_case")
    if not there.parent.is_dir():
        raise UsageError("output_folder_missing")
    for given in inputs:
        if there.is_file() and given.exists():
            inside = given.is_dir() and there.is_relative_to(given.resolve())
            if inside or there.samefile(given):
                raise UsageError("output_is_input")


def open_case(folder: Path, passphrase: str) -> Case:
    """Open an existing case. Raises UsageError (no_case), WrongKey, VaultError."""
    from saksi.case.store import Case

    if not (folder / "saksi.json").is_file():
        raise UsageError("no_case")
    return Case.open(folder, passphrase)


def is_case(folder: Path) -> bool:
    """Whether the folder holds a case."""
    return (folder / "saksi.json").is_file()


def build(
    folder: Path,
    passphrase: str,
    paths: Sequence[Path],
    options: BuildOptions,
    *,
    ask: Ask | None = None,
    progress: Progress = no_progress,
    **vault_options: Any,
) -> BuildResult:
    """The main job: seal, read, mark, prepare the documents. A second build adds only what is new."""
    from saksi.case import duplicates, pipeline
    from saksi.case.finders import Finders
    from saksi.case.store import Case
    from saksi.case.view import code_for

    check_screenshots(options.screenshots)
    paths = with_screenshots(paths, options.screenshots)
    if not paths and not is_case(folder):
        raise UsageError("nothing_given")
    rule = media_rule(options)
    check_by(options.by)
    _check_folder(options.out)
    settings(options.format, options.zone, options.date_order)
    for told in options.known_times:
        known_time(told)
    case_ = Case.open(folder, passphrase) if is_case(folder) else Case.create(folder, passphrase, **vault_options)
    with case_ as case, Finders(big=_much_to_read(paths)) as finders:
        if rule.statement is not None:
            case.add_statement("media-adults-agreed", rule.statement, options.by)
        taken = pipeline.take_in(case, paths, rule, progress, options.screenshots)
        if case.get("code") is None:
            case.set("code", code_for([r.digest for _, r, _ in case.sources()]))
        _remember(case, options, ask)
        for told in options.known_times:
            calibrate(case, told, options.by)
        _read_all(case, options, ask, finders, progress)
        duplicates.mark_duplicates(case)
        not_found = _remember_people(case, options, ask)
        basis = _settle_at_risk(case)
        marks, phase_count, crisis = pipeline.analyse_case(case, json.loads(case.get("at_risk") or "[]"), progress)
        reports = prepare_documents(case, options.lang, progress, options.out)
        case.vault.checkpoint()
        return _build_result(
            case,
            taken,
            marks,
            phase_count,
            reports,
            crisis=crisis,
            basis=basis,
            not_found=not_found,
            threads=options.threads or json.loads(case.get("threads") or "[]"),
        )


def with_screenshots(paths: Sequence[Path], declared: Sequence[Path | None]) -> list[Path]:
    """What is handed in: the exports, and declared paths that lie in none of them."""
    if not declared:
        return list(paths)
    from saksi import ocr

    return [*paths, *ocr.paths_beside(paths, declared)]


BIG_BYTES: Final = 4 * MIB
"""Sizes of what is handed in from which a second process pays: it takes half a second to start."""


def _much_to_read(paths: Sequence[Path]) -> bool:
    """Whether there is enough in `paths` (files; a folder counts as much) for a second process."""
    total = 0
    for path in paths:
        with contextlib.suppress(OSError, ValueError):  # what cannot be looked at is refused later, with its sentence
            total += BIG_BYTES if path.is_dir() else path.stat().st_size
    return total >= BIG_BYTES


def _remember(case: Case, options: BuildOptions, ask: Ask | None) -> None:
    zone = options.zone or case.get("zone") or (ask.zone() if ask else None)
    if zone:
        case.set("zone", zone_name(zone))


def known_time(told: str) -> tuple[str, int]:
    """(message id, seconds since 1970 UTC) of "MESSAGE_ID=2024-05-01T12:00+07:00". Raises UsageError."""
    message_id, _, text = told.partition("=")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as e:
        raise UsageError("known_time_unclear") from e
    if at.tzinfo is None or not message_id.strip():
        raise UsageError("known_time_unclear")
    return message_id.strip(), (at - EPOCH) // timedelta(seconds=1)


def calibrate(case: Case, told: str, by: str) -> None:
    """Set the clock of the source that holds a message by the time at which it was truly sent. Raises UsageError.

    Only times that the export gives without a zone are set so; the event is recorded, its content in the case alone.
    """
    from saksi.case import pipeline

    message_id, true_s = known_time(told)
    for label, received, _ in case.sources():
        if not message_id.startswith(received.digest[:16] + "-"):
            continue
        own = case.get(f"date_order:{label}") or case.get("date_order")
        with pipeline.open_reading(case, label, received, settings(case.get("format"), "UTC", own)) as reading:
            row = next((r for batch in reading for r in _row_of(batch, message_id)), None)
        if row is None:
            break
        if row["sent_at_basis"] != "zone_given" or row["sent_at"] is None:
            raise UsageError("known_time_not_needed")
        local_s = (row["sent_at"] - EPOCH) // timedelta(seconds=1)
        zone = calibrated_zone(local_s, true_s)
        case.add_statement("time-calibrated", json.dumps({"source": label, "told": told, "zone": zone}), by)
        case.set(f"calibrated:{label}", zone)
        return
    raise UsageError("no_such_message")


def _row_of(batch: pa.RecordBatch, message_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.select(["message_id", "sent_at", "sent_at_basis"]).filter(
        pc.equal(batch.column("message_id"), message_id)).to_pylist()
    return rows


def _remember_people(case: Case, options: BuildOptions, ask: Ask | None) -> list[str]:
    """Whose phone, who is at risk: as told, or asked with the accounts found. Returns told names that occur nowhere."""
    accounts = [a for label, _, _ in case.sources() for a in case.get_json(label, "accounts") or []]
    owner = options.owner or case.get("owner") or (ask.owner(accounts) if ask and not options.at_risk else None)
    if owner:
        case.set("owner", owner)
    told = list(options.at_risk)
    if not told and case.get("at_risk_basis") != "told" and ask:
        told = list(ask.at_risk(accounts))
    if told and len(names_not_found(told, accounts)) == len(told):
        told = []  # nobody of that name: kept out, for it would turn the victim's own words into somebody else's
    if told:
        case.set("at_risk", json.dumps(told, ensure_ascii=False))
        case.set("at_risk_basis", "told")
    return names_not_found([*options.at_risk, *([options.owner] if options.owner else [])], accounts)


def names_not_found(names: Sequence[str], accounts: Sequence[dict[str, Any]]) -> list[str]:
    """The names that no account has (rows of `AccountSummaries`): mistyped, or not writing in these exports."""
    from saksi.signals.senders import AtRisk

    return [
        name
        for name in dict.fromkeys(names)
        if not any(AtRisk((name,)).holds(a["sender_id"], a["sender_name"]) for a in accounts)
    ]


def _read_all(case: Case, options: BuildOptions, ask: Ask | None, finders: Finders, progress: Progress) -> None:
    """Read what was not read yet, or was read under other answers."""
    from saksi.case import pipeline

    general = settings(
        options.format or case.get("format"), case.get("zone"), options.date_order or case.get("date_order")
    )
    threads = _chosen_threads(case, options, ask, general)
    reader = pipeline.Reader(case, threads, options.lang, finders, progress)
    done: list[tuple[ReadIn, dict[str, Any]]] = []
    for label, received, _ in case.sources():
        # an order that was answered for one source holds for that source, until one is told for all
        own = case.get(f"date_order:{label}") if general.date_order is None else None
        zone = case.get(f"calibrated:{label}") or general.zone
        how = replace(general, zone=zone, date_order=general.date_order if own is None else own)
        asked = _asked(how, threads, pipeline.pictures_read(case, label))
        if case.get_json(label, "settings") == asked:
            continue
        read_ = reader.read_in(label, received, how)
        ambiguous = any(p["reason"] == "date_order_ambiguous" for p in read_.account["problems"])
        if ambiguous and how.date_order is None and ask is not None and (order := ask.date_order(label, received.name)):
            done.append((read_, asked))
            _store_read(case, done)  # the second reading replaces it
            how = replace(how, date_order=order)
            read_ = reader.read_in(label, received, how)
            case.set(f"date_order:{label}", order)
            asked = asked | {"date_order": order}
        done.append((read_, asked))
    _store_read(case, done)
    for key, value in (("date_order", options.date_order), ("format", options.format)):
        if value is not None:
            case.set(key, value)
    if threads is not None:
        case.set("threads", json.dumps(list(threads), ensure_ascii=False))


def _store_read(case: Case, done: list[tuple[ReadIn, dict[str, Any]]]) -> None:
    """Seal what was found in the sources read so far, in the order of reading; empties `done`."""
    for read_, asked in done:
        read_.store()
        case.put_json(read_.label, "settings", asked)
    done.clear()


def _chosen_threads(case: Case, options: BuildOptions, ask: Ask | None, how: ReadSettings) -> Sequence[str] | None:
    """The threads to read, of the whole case; None: all. Asked for new sources only; what was chosen before stays chosen."""
    if options.threads is not None:
        return options.threads
    stored = case.get("threads")
    before: list[str] | None = json.loads(stored) if stored else None
    new = [(label, r) for label, r, _ in case.sources() if case.get_json(label, "settings") is None]
    if ask is None or not new:
        return before
    listed = _list_threads(case, new, how)
    chosen = ask.threads(listed)
    if chosen is None and before is None:
        return None
    if before is None:  # everything read so far was chosen by not choosing
        before = [t["thread_id"] for label, _, _ in case.sources() for t in case.get_json(label, "threads") or []]
    told = [t["thread_id"] for t in listed] if chosen is None else chosen
    return [t for t in dict.fromkeys([*before, *told]) if t is not None]


def _asked(how: ReadSettings, threads: Sequence[str] | None, pictures: int) -> dict[str, Any]:
    from saksi import __version__

    asked = {
        "zone": how.zone,
        "date_order": how.date_order,
        "format": how.format,
        "version": __version__,
        "threads": None if threads is None else list(threads),
    }
    return asked | {"pictures": pictures} if pictures else asked


def _list_threads(case: Case, unread: Sequence[tuple[str, Any]], how: ReadSettings) -> list[dict[str, Any]]:
    from saksi.case import pipeline

    listed = []
    for label, received in unread:
        summaries = ThreadSummaries()
        with pipeline.open_reading(case, label, received, how) as reading:
            for batch in reading:
                summaries.update(batch)
        listed += [{**row, "source_name": received.name} for row in summaries.rows()]
    return listed


def _settle_at_risk(case: Case) -> str:
    """Who is at risk: told stays told; else inferred from all sources together, and said so."""
    from saksi.case import pipeline

    if case.get("at_risk_basis") == "told":
        return "told"

    def pairs() -> Iterator[tuple[pa.Table, pa.Table]]:
        for label, received, _ in case.sources():
            cues = pipeline.source_candidates(case, label, received.digest)
            for key, rows in pipeline.source_threads(case, label):
                if key in cues:
                    yield rows, cues[key]

    names = signals.infer_at_risk(pairs())
    basis = "inferred" if names else "unknown"
    case.set("at_risk", json.dumps(list(names), ensure_ascii=False))
    case.set("at_risk_basis", basis)
    return basis


def _build_result(
    case: Case,
    taken: Sequence[Any],
    marks: int,
    phase_count: int,
    reports: Sequence[str],
    *,
    crisis: bool,
    basis: str,
    not_found: Sequence[str],
    threads: Sequence[str] | None,
) -> BuildResult:
    from saksi.case import duplicates

    sources = []
    stored = [t for label, _, _ in case.sources() for t in case.get_json(label, "threads") or []]
    no_thread = threads_not_found(threads, stored)
    for label, received, _ in case.sources():
        account = case.get_json(label, "account") or {}
        sources.append(
            {
                "label": label,
                "sealed_as": received.sealed_as,
                "left_out": len(received.absent),
                "duplicates": sum(sum(n.values()) for n in duplicates.thread_counts(case, [label]).values()),
                "known": any(t.known and t.digest == received.digest for t in taken),
                **account,
            }
        )
    refused = [(t.position, t.error) for t in taken if t.error is not None]
    now = {t.digest for t in taken if t.error is None}
    readable = any(s.get("reader") for s in sources if s.get("source", {}).get("digest") in now)
    problems = bool(refused or not_found or no_thread) or any(s.get("problems") for s in sources)
    code = DONE if not problems else DONE_WITH_PROBLEMS
    if taken and not readable:
        code = INPUT_REFUSED
    data = {
        "case": str(case.folder),
        "sources": sources,
        "marks": marks,
        "phases": phase_count,
        "at_risk": json.loads(case.get("at_risk") or "[]"),
        "at_risk_basis": basis,
        "names_not_found": list(not_found),
        "threads_not_found": no_thread,
        "crisis": crisis,
        "reports": list(reports),
        "refused": [{"position": p, "reason": e.key} for p, e in refused],
        "log_head": case.vault.log_head,
    }
    return BuildResult(data, code, crisis, refused)


def prepare_documents(case: Case, lang: str, progress: Progress = no_progress, out: Path | None = None) -> list[str]:
    """Render every document once and seal it in the case; with `out` write it there too.

    Returns the object ids, or the paths where they were written.
    """
    from saksi import report
    from saksi.case.view import StoredView

    ids: list[str] = []
    files: dict[str, bytes] = {}
    view = StoredView(case)
    for done, kind in enumerate(report.DOCUMENTS, 1):
        progress("progress.report", done, len(report.DOCUMENTS))
        rendered = report.render(view, kind, lang, made_at_us=view.sealed_at_us)
        ids += [case.put_bytes("case", f"document-{name}", data) for name, data in rendered.items()]
        files |= rendered
    if out is None:
        return ids
    return [
        str(p) for p in _write_open(case, out, list(report.DOCUMENTS), lang, lambda: report.write_files(files, out))
    ]


def _write_open(case: Case, out: Path, kinds: Sequence[str], lang: str, write: Callable[[], list[Path]]) -> list[Path]:
    """Note in the log that documents leave the case, then let them. Raises UsageError, StorageFailed."""
    from saksi.errors import StorageFailed

    _check_folder(out)
    case.vault.append("export", what="documents", kinds=list(kinds), lang=lang)
    try:
        return write()
    except OSError as e:
        raise StorageFailed("disk_refused") from e


def _check_folder(out: Path | None) -> None:
    if out is not None and any(is_case_folder(folder) for folder in (out.resolve(), *out.resolve().parents)):
        raise UsageError("output_in_case")


def write_documents(case: Case, out: Path, kind: str, lang: str) -> list[Path]:
    """Write documents of one kind or all as plaintext into `out`; an `export` event in the log."""
    from saksi import report
    from saksi.case.view import StoredView

    if kind != "all" and kind not in report.DOCUMENTS:
        raise UsageError("unknown_document", known=", ".join([*report.DOCUMENTS, "all"]))
    kinds = list(report.DOCUMENTS) if kind == "all" else [kind]
    view = StoredView(case)
    return _write_open(
        case,
        out,
        kinds,
        lang,
        lambda: [p for k in kinds for p in report.write(view, k, lang, out, made_at_us=view.sealed_at_us)],
    )


EXPORTS: Final = {
    "messages": MESSAGE_SCHEMA,
    "marks": MARK_SCHEMA,
    "identifiers": IDENTIFIER_SCHEMA,
    "problems": PROBLEM_SCHEMA,
}


def export_batches(case: Case, what: str) -> Iterator[pa.RecordBatch]:
    """The stored rows of one kind, source by source; an `export` event in the log."""
    case.vault.append("export", what=what)
    for label, _, _ in case.sources():
        yield from case.batches(label, what)


def search(case: Case, words: Sequence[str], limit: int | None = None) -> dict[str, Any]:
    """Messages that hold every word (folded: case, accents, look-alikes, spacing tricks). A `view` event in the log."""
    from saksi.case.search import search_case

    if not any(w.strip() for w in words):
        raise UsageError("no_words")
    case.vault.append("view", what="search", words=len(words))
    return search_case(case, words, limit)


def decide(case: Case, mark_id: str, state: str, by: str, note: str | None) -> None:
    """Record a caseworker's decision on a mark. Raises UsageError where there is no such mark, or `by` is no code."""
    check_by(by)
    for label, _, _ in case.sources():
        for batch in case.batches(label, "marks", ("mark_id",)):
            if mark_id in batch.column("mark_id").to_pylist():
                case.decide(mark_id, state, by, note)
                return
    raise UsageError("unknown_mark")


def look(case: Case, message_id: str, picture: Path, out: Path, by: str) -> int:
    """Write the lines of one row that was read from a screenshot as a PNG, nothing else of the picture. Returns how many lines.

    The picture is not in the case: it is handed in again and must have the digest that was recorded. A `view` event in the
    log. Raises UsageError (unknown_message, no_lines_to_show, by_not_a_code, ocr_missing), InputRefused
    (other_picture, unreadable_file), StorageFailed.
    """
    from saksi import ocr
    from saksi.case import lines_of
    from saksi.errors import StorageFailed

    check_by(by)
    if not ocr.is_there():
        raise UsageError("ocr_missing")
    label, digest, boxes = lines_of.lines_of(case, message_id)
    try:
        data = picture.read_bytes()
    except OSError as e:
        raise InputRefused("unreadable_file") from e
    if hashlib.sha256(data).hexdigest() != digest:
        raise InputRefused("other_picture")
    with ocr.Reading() as reading:
        png = reading.crop(data, boxes)
    if png is None:
        raise UsageError("no_lines_to_show")
    case.vault.append(
        "view", actor=by.lower(), what="line", exhibit=label, lines=len(boxes), message=case.vault.commitment(message_id)
    )
    try:
        out.write_bytes(png)
    except OSError as e:
        raise StorageFailed("disk_refused") from e
    return len(boxes)


def verify(folder: Path, passphrase: str | None, lang: str | None = None) -> dict[str, Any]:
    """`saksi verify`: log, structure and, with the passphrase, every sealed object. Raises UsageError, WrongKey."""
    from saksi.vault.verify import as_json, verify_case

    if not is_case(folder):
        raise UsageError("no_case")
    return as_json(verify_case(folder, passphrase), lang)
