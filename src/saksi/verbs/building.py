"""`saksi build`: the main job. Seal, read, mark, prepare the documents."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from saksi import signals
from saksi.errors import DONE, DONE_WITH_PROBLEMS, INPUT_REFUSED, SaksiError, UsageError
from saksi.limits import MIB
from saksi.readers.base import ReadSettings
from saksi.table.threads import ThreadSummaries
from saksi.times import EPOCH, calibrated_zone, zone_name
from saksi.verbs.common import (
    Progress,
    check_by,
    check_folder,
    check_screenshots,
    is_case,
    names_not_found,
    no_progress,
    settings,
    threads_not_found,
)
from saksi.verbs.documents import prepare_documents
from saksi.verbs.intake import AUTHORITIES, NOT_TOLD, RELATIONS, Handed, record_handed

if TYPE_CHECKING:
    from saksi.case.finders import Finders
    from saksi.case.pipeline import ReadIn
    from saksi.case.store import Case
    from saksi.intake import MediaRule
    from saksi.vault import Secret


class Ask(Protocol):
    """What a person at a terminal is asked; every answer may be None or empty: not known, decide later.

    threads: rows of `ThreadSummaries` with source_name; accounts: rows of `AccountSummaries` over all sources.
    """

    def zone(self) -> str | None: ...
    def threads(self, threads: Sequence[dict[str, Any]]) -> Sequence[str] | None: ...
    def date_order(self, label: str, name: str) -> str | None: ...
    def owner(self, accounts: Sequence[dict[str, Any]]) -> str | None: ...
    def at_risk(self, accounts: Sequence[dict[str, Any]]) -> Sequence[str]: ...
    def one_code(self, what: str, codes: Sequence[str]) -> str | None: ...


FIRST_CODE: Final = "c1"
"""Whose a case's first access is, where nobody said."""


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
    by: str | None = None
    """Code of the caseworker at work; None: the access that opened the case."""
    lang: str = "id"
    out: Path | None = None
    keep_until: str | None = None
    handed: Handed = NOT_TOLD
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


def build(
    folder: Path,
    passphrase: Secret,
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
    from saksi.verbs.deleting import check_day, keep_until

    check_screenshots(options.screenshots)
    paths = with_screenshots(paths, options.screenshots)
    if not paths and not is_case(folder):
        raise UsageError("nothing_given")
    rule = media_rule(options)
    check_by(options.by)
    check_folder(options.out)
    settings(options.format, options.zone, options.date_order)
    check_day(options.keep_until)
    options.handed.check()
    for told in options.known_times:
        known_time(told)
    case_ = Case.open(folder, passphrase) if is_case(folder) else Case.create(
        folder, passphrase, code=(options.by or FIRST_CODE).lower(), **vault_options
    )
    with case_ as case, Finders(big=_much_to_read(paths)) as finders:
        if rule.statement is not None:
            case.add_statement("media-adults-agreed", rule.statement, case.worker(options.by))
        if options.keep_until is not None:
            keep_until(case, options.keep_until)
        taken = pipeline.take_in(case, paths, rule, progress, options.screenshots)
        _note_handed(case, options, ask, [t.label for t in taken if t.label is not None])
        if case.get("code") is None:
            case.set("code", code_for([r.digest for _, r, _ in case.sources()]))
        _remember(case, options, ask)
        for told in options.known_times:
            calibrate(case, told, case.worker(options.by))
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


def _note_handed(case: Case, options: BuildOptions, ask: Ask | None, new: list[str]) -> None:
    """Who brought the new sources; told without new ones, it holds for those of which nobody said so yet."""
    labels = new or [label for label, _, _ in case.sources() if case.get(f"handed:{label}") is None]
    handed = options.handed
    if ask is not None and new:
        handed = replace(
            handed, brought_by=handed.brought_by or ask.one_code("brought_by", RELATIONS),
            authority=handed.authority or ask.one_code("authority", AUTHORITIES),
        )  # fmt: skip
    record_handed(case, handed, labels, case.worker(options.by))


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
    from saksi.case import reread

    for read_, asked in done:
        read_.store()
        case.put_json(read_.label, "settings", asked)
        reread.note_program(case, read_.label)
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
    from saksi.verbs.access import recovery_state

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
        "recovery": recovery_state(case),
    }
    return BuildResult(data, code, crisis, refused)
