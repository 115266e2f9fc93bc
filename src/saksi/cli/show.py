"""How results look on a terminal: plain lines, stdout for data, stderr for people.

Text from exports is shown with control and direction-changing characters made visible, so that a message can neither
clear the screen nor reorder the line it stands in.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from saksi.words import say

_STEERING = {
    *range(0x20),
    0x7F,
    *range(0x80, 0xA0),
    0x061C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
}
_VISIBLE = {code: f"\\u{code:04x}" for code in _STEERING} | {0x0A: " ⏎ ", 0x0D: "", 0x09: " "}


def safe(text: str | None) -> str:
    """`text` for a terminal line."""
    return "" if text is None else text.translate(_VISIBLE)


def wrapped(text: str, width: int) -> str:
    """`text` broken between words at `width` columns, further lines of a line indented under it; long words stay whole."""
    lines = []
    for line in text.split("\n"):
        body = line.lstrip(" ")
        indent = line[: len(line) - len(body)]
        lines += textwrap.wrap(
            body,
            max(width, 20),
            initial_indent=indent,
            subsequent_indent=indent + ("   " if indent else ""),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)


def _fitted(text: str, stream: TextIO) -> str:
    return wrapped(text, shutil.get_terminal_size().columns - 1) if stream.isatty() else text


def to_people(text: str) -> None:
    """A line on stderr, broken between words where that is a terminal."""
    click.echo(_fitted(text, sys.stderr), err=True)


def result(text: str) -> None:
    """A line of the result on stdout, broken between words where that is a terminal."""
    click.echo(_fitted(text, sys.stdout))


class Steps:
    """Progress as a bar on stderr where that is a terminal, else silence. `pause()` clears it for a question."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._shown = sys.stderr.isatty()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Step (catalog key), how much of it is done, of how much (0: not known)."""
        if not self._shown:
            return
        if self._bar is None:
            self._start()
        if step not in self._tasks:
            self._tasks[step] = self._bar.add_task(say(step, self.lang), total=total or None)
        self._bar.update(self._tasks[step], completed=done, total=total or None)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()

    def pause(self) -> None:
        """Take the bar off the screen; the next step brings it back."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = None
        self._tasks = {}


@contextmanager
def progress_bar(lang: str) -> Iterator[Steps]:
    """`Steps`, off the screen in the end whatever happens."""
    steps = Steps(lang)
    try:
        yield steps
    finally:
        steps.pause()


def problem_lines(problems: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """One line a reason, with its count and what to do."""
    counts = Counter(str(p["reason"]) for p in problems)
    return [
        say("cli.problem_line", lang, count=n, advice=say(f"problems.{reason}", lang))
        for reason, n in sorted(counts.items())
    ]


def account_lines(account: Mapping[str, Any], lang: str) -> list[str]:
    """The summary of one reading."""
    bytes_ = account["bytes"]
    head = say(
        "cli.read_summary",
        lang,
        records=account["records"],
        threads=len(account["threads"]),
        total=bytes_["total"],
        messages=bytes_["messages"],
        container=bytes_["container"],
        problems=bytes_["problems"],
    )
    return [head, *problem_lines(account["problems"], lang)]


def labels_text(labels: Sequence[str]) -> str:
    """S1, S2, S3, S5 as "S1-S3, S5"."""
    runs: list[list[str]] = []
    for label in labels:
        number = int(label[1:]) if label[1:].isdecimal() else None
        last = runs[-1][-1] if runs else ""
        if number is not None and last[1:].isdecimal() and int(last[1:]) == number - 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def source_line(source: Mapping[str, Any], lang: str) -> str:
    """What became of one source of a build: its label, app, the thread's title or the file's name, how much was read."""
    threads = source.get("threads", ())
    name = safe(source.get("source", {}).get("name"))
    title = (safe(threads[0]["title"]) or name) if len(threads) == 1 else name
    records = source.get("records", 0)
    stored = source.get("stored_records", records)
    parts = [source["label"], reader_label(source.get("reader"), lang), title]
    if len(threads) > 1:
        parts.append(say("cli.source_threads", lang, threads=len(threads)))
    key = "source_records" if stored == records else "source_records_chosen"
    parts.append(say(f"cli.{key}", lang, records=records, stored=stored))
    if source.get("duplicates"):
        parts.append(say("cli.source_repeated", lang, n=source["duplicates"]))
    if source["known"]:
        parts.append(say("cli.source_known", lang))
    elif source["sealed_as"] != "whole":
        parts.append(say(f"cli.sealed_{source['sealed_as']}", lang, left_out=source["left_out"]))
    return "  " + " · ".join(part for part in parts if part)


def reader_label(reader: str | None, lang: str) -> str:
    """The app behind a reader's name; the name itself where the catalog has no word for it."""
    if not reader:
        return say("cli.reader_none", lang)
    try:
        return say(f"cli.reader_{reader}", lang)
    except LookupError:
        return reader


def build_lines(data: Mapping[str, Any], case: str, lang: str) -> list[str]:
    """The summary of a build: the crisis first, what was taken in, what needs an answer, what comes next."""
    lines = ["", say("cli.build_crisis", lang), ""] if data["crisis"] else [""]
    if data["sources"]:
        lines += [say("cli.build_taken_in", lang), *(source_line(s, lang) for s in data["sources"])]
    reasons: dict[str, list[str]] = {}
    for source in data["sources"]:
        for reason in sorted({str(p["reason"]) for p in source.get("problems", ())}):
            reasons.setdefault(reason, []).append(source["label"])
    if reasons:
        lines += ["", say("cli.build_to_know", lang)]
        for reason, labels in sorted(reasons.items()):
            advice = say(f"problems.{reason}", lang)
            lines.append(say("cli.build_problem_line", lang, labels=labels_text(labels), advice=advice))
    lines += ["", *not_found_lines(data.get("names_not_found", ()), lang)]
    lines.append(
        say(
            "cli.build_done",
            lang,
            sources=len(data["sources"]),
            marks=data["marks"],
            phases=data["phases"],
            records=sum(s.get("stored_records", s.get("records", 0)) for s in data["sources"]),
        )
    )
    lines += at_risk_lines(data, lang)
    written = [r for r in data["reports"] if Path(r).suffix]
    lines += [say("cli.build_reports", lang, where=path) for path in written]
    if not written:
        lines.append(say("cli.build_sealed_reports", lang, case=case))
    return [*lines, say("cli.build_keep", lang), *recovery_lines(data["recovery"], lang)]


def recovery_lines(state: Mapping[str, Any], lang: str) -> list[str]:
    """What is still to be done so that lost passphrases do not lose the case; nothing once two sheets were tried."""
    if state["rehearsed_at"] is not None:
        return []
    return [say("access.recovery_untried" if state["set_up"] else "access.recovery_none", lang)]


def at_risk_lines(data: Mapping[str, Any], lang: str) -> list[str]:
    """Who is taken for the person at risk, and how that is known."""
    lines = [say(f"cli.check_at_risk_{data['at_risk_basis']}", lang)]
    if data["at_risk_basis"] == "inferred":
        lines.append(say("cli.check_at_risk_who", lang, names=", ".join(safe(n) for n in data["at_risk"])))
    return lines


def not_found_lines(names: Sequence[str], lang: str) -> list[str]:
    """Names told that occur nowhere, said as they were typed."""
    return [say("cli.names_not_found", lang, names=", ".join(f"«{safe(n)}»" for n in names)), ""] if names else []


def check_lines(data: Mapping[str, Any], phase_labels: Mapping[str, str], lang: str) -> list[str]:
    """What a check says to a parent, teacher or young person: calm, the crisis first, what to do, what it cannot know."""
    now = [say("cli.check_now", lang), *(f"  {n}. " + say(f"cli.check_now_{n}", lang) for n in range(1, 5)), ""]
    lines = not_found_lines(data.get("names_not_found", ()), lang)
    if data["crisis"]:
        lines += [say("cli.check_crisis", lang), "", *now]
    lines += [say("cli.check_read", lang, messages=data["messages"]), ""]
    if not data["phases"]:
        lines += [say("cli.check_none", lang), ""]
    for phase in data["phases"]:
        lines += [*phase_lines(phase, phase_labels, lang), ""]
    if data["phases"] and not data["crisis"]:
        lines += now
    lines += at_risk_lines(data, lang)
    return [*lines, say("cli.check_limits", lang)]


def phase_lines(phase: Mapping[str, Any], phase_labels: Mapping[str, str], lang: str) -> list[str]:
    """One phase: what, how strong, where in the file, whose account, why."""
    head = say(
        "cli.check_phase",
        lang,
        phase=phase_labels[phase["phase"]],
        strength=say(f"cli.strength_{phase['strength']}", lang),
    )
    where = say("cli.check_phase_where", lang, first=phase["first_seq"] + 1, last=phase["last_seq"] + 1)
    if phase["people"]:
        where = say("cli.check_phase_people", lang, people=", ".join(safe(p) for p in phase["people"])) + " " + where
    return [head, "  " + where, "  " + safe(phase["because"][lang])]


def warn_plaintext(where: Path, lang: str) -> None:
    """Say that what was written can be read by anyone."""
    to_people(say("cli.plaintext_warning", lang, where=str(where)))
