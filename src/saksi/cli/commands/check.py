"""`saksi check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    at_terminal,
    common,
    given_file,
    help_,
    people,
    print_json,
    reading,
    saksi,
    show_missing_threads,
    sources,
    standard_input,
    threads_option,
)
from saksi.errors import DONE, DONE_WITH_PROBLEMS
from saksi.words import say


@saksi.command(help=help_("help_check"))
@click.argument("file", metavar="BERKAS", required=False, type=click.Path(path_type=Path, allow_dash=True))
@people
@threads_option
@sources
@reading
@common
def check(
    file: Path | None,
    at_risk: tuple[str, ...],
    threads: tuple[str, ...],
    zone: str | None,
    date_order: str | None,
    format_: str | None,
    lang: str,
    screenshots: tuple[Path | None, ...],
    *,
    as_json: bool,
    **_told: Any,
) -> int:
    """`saksi check`."""
    from saksi import verbs
    from saksi.signals import phase_labels

    how = verbs.settings(format_, zone, date_order)
    file = given_file(file, screenshots)
    if str(file) == "-" and at_terminal():
        show.to_people(say("cli.paste_here", lang))
    with (
        verbs.open_path_or_stream(file, standard_input()) as source,
        verbs.declared_screenshots(source, file, screenshots),
    ):
        data, problems = verbs.check_source(source, how, at_risk, threads or None, lang)
    if as_json:
        print_json(data)
    else:
        for line in show.check_lines(data, phase_labels(lang), lang):
            show.result(line)
    for line in show.problem_lines(problems, lang):
        show.to_people(line)
    show_missing_threads(data, lang)
    return DONE_WITH_PROBLEMS if problems or data["names_not_found"] or data["threads_not_found"] else DONE
