"""What every chapter of the chronology needs: the view, the chosen evidence, names, words, citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saksi.case.model import CaseView, ThreadView
from saksi.report._blocks import Run, Runs, words
from saksi.report._evidence import Evidence, Key, Mark, Shown, ThreadKey
from saksi.report._quote import one_line
from saksi.report._times import instant, number
from saksi.report._who import Who
from saksi.table.schema import PHASES
from saksi.words import area, say

LETTERS: Final = dict(zip(PHASES, "ABCD", strict=True))
"""Letter of each phase on the chart, so that bands are told apart without colour."""

CITES_MAX: Final = 12
"""Citations printed after one line; the rest is a number and stands in `saksi export --what marks`."""


@dataclass(frozen=True)
class Interval:
    """One phase of one thread as it is printed: only marks that may be shown.

    whole: no mark was withheld or rejected, so that the stored sentence still holds.
    """

    phase_id: str
    phase: str
    thread: ThreadKey
    people: Sequence[str]
    first: Key
    last: Key
    first_at: int | None
    last_at: int | None
    strength: str
    marks: Sequence[Mark]
    because: Mapping[str, str]
    whole: bool


@dataclass
class Context:
    """Shared state of one rendering; values only. printed: messages whose line is in this document.

    at_risk: accounts of the person at risk. phase_threads: threads with a phase that is shown. places: order of sources.
    """

    view: CaseView
    lang: str
    made_at_us: int
    shown: Shown
    evidence: Evidence
    intervals: Sequence[Interval]
    who: Who
    printed: set[Key]
    labels: Mapping[str, str]
    threads: Mapping[ThreadKey, ThreadView]
    at_risk: frozenset[str]
    phase_threads: frozenset[ThreadKey]
    places: Mapping[str, int]

    def w(self, key: str, **values: str | int) -> str:
        """Words of area `report`."""
        return say(f"report.{key}", self.lang, **values)

    def term(self, kind: str, value: str | None) -> str:
        """The word for a value of a closed list ("signal", "age_probe"); the value itself where the list grew."""
        key = f"{kind}_{value}"
        return say(f"report.{key}", self.lang) if key in area("report") else one_line(str(value))

    def n(self, count: int) -> str:
        """A number as the language writes it."""
        return number(count, self.lang)

    def label(self, digest: str) -> str:
        """"S1" for a source's digest."""
        return self.labels.get(digest, "S?")

    def label_of_id(self, message_id: str) -> str:
        """"S1" for the source that a message's id begins with."""
        start = message_id.partition("-")[0]
        return next((label for digest, label in self.labels.items() if digest.startswith(start)), "S?")

    def cite(self, key: Key, message_id: str | None = None) -> Run:
        """The citation of a message: "[S1 #12]"."""
        label = self.label(key[0])
        target = f"{label}-{key[1]}" if key in self.printed else None
        return Run(f"[{label} #{key[1]}]", "cite", target, message_id)

    def cites(self, marks: Sequence[Mark]) -> list[Run]:
        """Citations of marks' messages, each once, at most CITES_MAX, then how many more."""
        seen: dict[Key, str] = {}
        for mark in marks:
            seen.setdefault(mark.key, mark.message_id)
        runs: list[Run] = []
        for key, message_id in list(seen.items())[:CITES_MAX]:
            runs += [self.cite(key, message_id), Run(" ")]
        if len(seen) > CITES_MAX:
            runs.append(Run(self.w("cites_more", n=self.n(len(seen) - CITES_MAX))))
        return runs

    def thread_title(self, key: ThreadKey) -> str:
        """"WhatsApp · title" with uninvolved names as initials."""
        thread = self.threads.get(key)
        if thread is None:
            return self.who.clean(key[1] or self.w("no_title"))
        title = self.who.clean(thread.title or thread.thread_id or self.w("no_title"))
        return f"{self.term('platform', thread.platform)} · {title}"

    def when(self, us: int | None, written: str | None = None) -> str:
        """A time for tables: local with UTC where both are known, as written otherwise."""
        if us is not None:
            local = instant(us, self.view.zone, self.lang)
            return local if self.view.zone is None else f"{local} ({instant(us, None, self.lang)})"
        return self.w("time_as_written", text=one_line(written)) if written else self.w("time_unknown")

    def because(self, said: Mapping[str, str]) -> str:
        """A reason in the document's language."""
        return one_line(said.get(self.lang) or "")

    def row(self, key: Key) -> Mapping[str, Any]:
        """The stored row of a message that was read, or an empty one."""
        return self.evidence.rows.get(key, {})


def cell(text: str) -> Runs:
    """A table cell of plain words."""
    return words(text)
