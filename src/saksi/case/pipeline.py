"""The main job on an open case: take in, read, analyse. Every step works from what is sealed.

    take_in(case, paths, rule)            seal what is new; a file that was taken in before is said, not sealed again
    Reader(case, …).read_in(label, …)     sealed copy -> message table (sealed); .store(): identifiers, candidates, account
    analyse_case(case)                    all sources' sealed tables -> marks and phases (sealed)

Reading and analysis are separate, so that "who is at risk" can be told or inferred after everything was read, and a second
build analyses old and new sources together without reading the old ones again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from saksi import findings, limits, signals
from saksi.case.behind import run_behind
from saksi.case.finders import Finders
from saksi.case.store import Case
from saksi.errors import InputRefused, SaksiError
from saksi.intake import READING_ERRORS, MediaRule, Received, receive, sealed_source
from saksi.ocr import Declared, declared_parts, may_be_declared, packed, transcribed
from saksi.ocr import Reading as Ocr
from saksi.parts import Source, open_source
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import read_source
from saksi.table.accounts import AccountSummaries
from saksi.table.schema import (
    CANDIDATE_SCHEMA,
    IDENTIFIER_SCHEMA,
    MARK_SCHEMA,
    MESSAGE_SCHEMA,
    PHASE_SCHEMA,
    PROBLEM_SCHEMA,
)
from saksi.table.threads import ThreadSummaries
from saksi.vault import custody

OPEN_MAX: Final = 64
"""Archives held open between digest and seal; those beyond are opened twice. Some systems allow 256 open files in all."""

HELD_BYTES: Final = 64 << 20
"""Small plain files kept in memory between digest and seal, for the same reason."""

TOGETHER_BYTES: Final = 4 << 20
TOGETHER_MAX: Final = 500
"""Sources that become durable together: a crash costs the work of so much at most."""

DIGESTING: Final = 2
"""Sources digested at once: hashing and unpacking let go of the interpreter's lock. More only wait for the disk."""

Progress = Callable[[str, int, int], None]
"""(catalog key of the step, done, total); total 0: not known."""


def no_progress(step: str, done: int, total: int) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Taken:
    """What became of one path: label where it was sealed now, `known` where it was in the case before, else the error.

    position: 1-based place in the call, so that errors need not name files.
    """

    position: int
    digest: str | None
    label: str | None = None
    known: bool = False
    error: SaksiError | None = None


def take_in(
    case: Case, paths: Sequence[Path], rule: MediaRule, progress: Progress = no_progress, declared: Declared = ()
) -> list[Taken]:
    """Seal every path that is new. Labels follow (name, digest), not the order of the call: same files, same case.

    declared: what the user declared to be screenshots; what stands on them is read now, from the files as received, and sealed, for the
    pictures themselves are not kept.
    """
    taken: list[Taken] = []
    known: list[_Known] = []
    holding = 0
    with ThreadPoolExecutor(DIGESTING) as pool:
        for position, (path, found) in enumerate(zip(paths, pool.map(_opened, paths, count(1)), strict=False), 1):
            progress("progress.digest", position, len(paths))
            if isinstance(found, SaksiError):
                taken.append(Taken(position, None, error=found))
            else:
                small = not found.held and found.size <= limits.HEAD_BYTES and holding + found.size <= HELD_BYTES
                holding += found.size if small else 0
                kept = found if small or position <= OPEN_MAX else None
                known.append((found.name, found.digest, position, found.size, path, kept))
    with ExitStack() as held:
        for *_, opened in known:
            if opened is not None:
                held.callback(opened.close)
        done = 0
        for group in _groups(sorted(known, key=lambda k: k[:4])):
            with case.together():
                for _, digest, position, _, path, opened in group:
                    done += 1
                    progress("progress.seal", done, len(known))
                    taken.append(_take_one(case, path, opened, digest, rule, position))
        if declared:
            _transcribe(case, [(digest, path) for _, digest, _, _, path, _ in sorted(known, key=lambda k: k[:4])], declared, progress)
    return sorted(taken, key=lambda t: t.position)


_Known = tuple[str, str, int, int, Path, Source | None]
"""A digested source: name, digest, position in the call, size, path, and itself where it is held open."""


def _groups(known: Iterable[_Known]) -> Iterator[list[_Known]]:
    """Sources that are sealed together: small ones many at a time, a large one alone, so that it is safe before the next."""
    group: list[_Known] = []
    size = 0
    for one in known:
        if group and (size + one[3] > TOGETHER_BYTES or len(group) == TOGETHER_MAX):
            yield group
            group, size = [], 0
        group.append(one)
        size += one[3]
    if group:
        yield group


def _opened(path: Path, position: int) -> Source | SaksiError:
    """The digested source, its archive open where `position` is among the first OPEN_MAX; or why it is none."""
    try:
        source = open_source(path)
    except InputRefused as e:
        return e
    except READING_ERRORS:  # one broken file never ends a case
        return InputRefused("unreadable_file")
    if position > OPEN_MAX:
        source.close()
    return source


TRANSCRIPTS: Final = "transcripts"
"""Name of the derived value that holds what was read on a source's screenshots: part number -> transcript."""


def _transcribe(case: Case, given: Sequence[tuple[str, Path]], declared: Declared, progress: Progress) -> None:
    """Read what stands on declared screenshots, from the files as received; seal it; log that it was done.

    given: (digest, path) of what was handed in. A file that changed since it was sealed is left alone: its digest is another.
    """
    labels = {received.digest: label for label, received, _ in case.sources()}
    with Ocr() as ocr:
        for digest, path in given:
            label = labels.get(digest)
            if label is None or not may_be_declared(path, declared):
                continue
            with open_source(path) as source:
                before = case.get_json(label, TRANSCRIPTS) or {}
                parts = [p for p in declared_parts(source, path, declared) if str(p.number) not in before]
                if source.digest != digest or not parts:
                    continue
                for done, part in enumerate(parts, 1):
                    progress("progress.transcribe", done, len(parts))
                    before[str(part.number)] = msgspec.json.decode(packed(transcribed(ocr, part)))
                case.put_json(label, TRANSCRIPTS, before)
            custody.add(case.vault, "transcribe", exhibit=label, pictures=len(parts), engine=ocr.code)


def _with_transcripts(case: Case, label: str, source: Source) -> None:
    """Give declared parts what was read on them, so that a source is read again without its pictures."""
    stored = case.get_json(label, TRANSCRIPTS) or {}
    for part in source.parts:
        if (value := stored.get(str(part.number))) is not None:
            part.transcript = lambda value=value: msgspec.json.encode(value)


def pictures_read(case: Case, label: str) -> int:
    """How many pictures of a source were read."""
    return len(case.get_json(label, TRANSCRIPTS) or {})


def _take_one(case: Case, path: Path, opened: Source | None, digest: str, rule: MediaRule, position: int) -> Taken:
    if case.has_source(digest):
        return Taken(position, digest, known=True)
    label = case.next_label()
    try:
        with opened or open_source(path) as source:
            if source.digest != digest:
                raise InputRefused("source_changed")
            received, record = receive(case.vault, source, path, rule, exhibit=label)
    except InputRefused as e:
        return Taken(position, digest, error=e)
    except READING_ERRORS:
        return Taken(position, digest, error=InputRefused("unreadable_file"))
    case.add_source(label, received, record)
    return Taken(position, digest, label=label)


@contextmanager
def open_reading(case: Case, label: str, received: Received, settings: ReadSettings) -> Iterator[Reading]:
    """A reading of the sealed copy of a source."""
    with sealed_source(case.vault, received) as source:
        _with_transcripts(case, label, source)
        yield read_source(source, settings)


@dataclass(frozen=True)
class Reader:
    """How the sealed sources of one build are read: threads to keep (None: all), language of advice, who computes."""

    case: Case
    threads: Sequence[str] | None
    lang: str
    finders: Finders
    progress: Progress = no_progress

    def read_in(self, label: str, received: Received, settings: ReadSettings) -> ReadIn:
        """Read one sealed source and seal its message table; what else comes of it is sealed by `ReadIn.store`."""
        with open_reading(self.case, label, received, settings) as reading:
            return self._read_in(label, reading)

    def _read_in(self, label: str, reading: Reading) -> ReadIn:
        summaries = ThreadSummaries()
        accounts = AccountSummaries()
        rows = portions = 0

        def read() -> Iterator[pa.RecordBatch]:
            nonlocal rows, portions
            chosen = (findings.chosen_rows(batch, self.threads) for batch in reading)
            for batch in findings.portions(b for b in chosen if b.num_rows):
                rows += batch.num_rows
                portions += 1
                self.progress("progress.read", rows, 0)
                yield batch

        def looked_at(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                summaries.update(batch)
                accounts.update(batch)
                self.finders.submit(batch)
                yield batch

        sealed = run_behind(
            read(), lambda batches: self.case.seal_table(label, "messages", looked_at(batches), MESSAGE_SCHEMA)
        )
        self.case.note_table(label, "messages", sealed)
        account = reading.account(self.lang)
        if self.threads is not None:
            account["stored_records"] = rows
        small = {"threads": summaries.rows(), "accounts": accounts.rows()}
        return ReadIn(self, label, portions, account, reading.problem_table(self.lang), small)


@dataclass(frozen=True)
class ReadIn:
    """A source that was read; `store` waits for its identifiers and candidates and seals the rest.

    Apart, so that the second processor can be at one source while the next is read. account: the dict of `read --json`.
    """

    reader: Reader
    label: str
    portions: int
    account: dict[str, Any]
    problems: pa.Table
    small: Mapping[str, Any]

    def store(self) -> None:
        """Seal what was found. In the order in which the sources were read; once each."""
        case = self.reader.case
        found, cues = self.reader.finders.results(self.portions)
        case.put_table(self.label, "identifiers", found, IDENTIFIER_SCHEMA)
        case.put_table(self.label, "candidates", cues, CANDIDATE_SCHEMA)
        case.put_table(self.label, "problems", self.problems.to_batches(), PROBLEM_SCHEMA)
        for what, value in self.small.items():
            case.put_json(self.label, what, value)
        case.put_json(self.label, "account", self.account)  # last: where it is there, the source was read to its end


def thread_totals(case: Case, label: str) -> dict[findings.ThreadKey, int]:
    """Rows of every thread of one source."""
    return {(t["source_digest"], t["thread_id"]): t["records"] for t in case.get_json(label, "threads") or []}


def source_threads(case: Case, label: str) -> Iterator[tuple[findings.ThreadKey, pa.Table]]:
    """The stored threads of one source, whole, one at a time."""
    return findings.whole_threads(case.batches(label, "messages", findings.THREAD_COLUMNS), thread_totals(case, label))


def source_candidates(case: Case, label: str, digest: str) -> dict[findings.ThreadKey, pa.Table]:
    """The stored candidates of one source, by thread."""
    by_thread = findings.split_by_thread(case.table(label, "candidates", CANDIDATE_SCHEMA))
    return {(digest, thread): table for thread, table in by_thread.items()}


def analyse_case(case: Case, at_risk: Sequence[str], progress: Progress = no_progress) -> tuple[int, int, bool]:
    """Resolve every source's threads; seals marks and phases. Returns (marks, phases, crisis)."""
    total_marks = total_phases = 0
    crisis = False
    sources = case.sources()
    for done, (label, received, _) in enumerate(sources, 1):
        progress("progress.mark", done, len(sources))
        result = findings.analyse(source_threads(case, label), source_candidates(case, label, received.digest), at_risk)
        case.put_table(label, "marks", result.marks.to_batches(), MARK_SCHEMA)
        case.put_table(label, "phases", result.phases.to_batches(), PHASE_SCHEMA)
        total_marks += result.marks.num_rows
        total_phases += result.phases.num_rows
        crisis = crisis or signals.crisis(result.marks)
    case.set("crisis", "yes" if crisis else "no")
    return total_marks, total_phases, crisis
