"""How results look on a terminal: plain lines, stdout for data, stderr for people.

Text from exports is shown with control and direction-changing characters made visible, so that a message can neither
clear the screen nor reorder the line it stands in.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def to_people(text: str) -> None:
    """A line on stderr."""
    click.echo(text, err=True)


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


def source_lines(source: Mapping[str, Any], lang: str) -> list[str]:
    """What became of one source of a build."""
    sealed = say(f"cli.sealed_{source['sealed_as']}", lang, left_out=source["left_out"])
    if source["known"]:
        sealed = say("cli.source_known", lang)
    line = say(
        "cli.source_line",
        lang,
        label=source["label"],
        records=source.get("records", 0),
        threads=len(source.get("threads", ())),
        reader=source.get("reader") or say("cli.reader_none", lang),
        sealed=sealed,
    )
    return [line, *problem_lines(source.get("problems", ()), lang)]


def check_lines(data: Mapping[str, Any], phase_labels: Mapping[str, str], lang: str) -> list[str]:
    """What a check says to a parent, teacher or young person: calm, the crisis first, what to do, what it cannot know."""
    lines = []
    if data["crisis"]:
        lines += [say("cli.check_crisis", lang), ""]
    if not data["phases"]:
        lines.append(say("cli.check_none", lang))
    for phase in data["phases"]:
        lines.append(
            say(
                "cli.check_phase",
                lang,
                phase=phase_labels[phase["phase"]],
                strength=say(f"cli.strength_{phase['strength']}", lang),
                because=safe(phase["because"][lang]),
            )
        )
    lines.append(say(f"cli.check_at_risk_{data['at_risk_basis']}", lang))
    if data["phases"] or data["crisis"]:
        lines += ["", say("cli.check_now", lang), *(f"  {n}. " + say(f"cli.check_now_{n}", lang) for n in range(1, 5))]
    lines += ["", say("cli.check_limits", lang)]
    return lines


def warn_plaintext(where: Path, lang: str) -> None:
    """Say that what was written can be read by anyone."""
    to_people(say("cli.plaintext_warning", lang, where=str(where)))
