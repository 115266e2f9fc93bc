"""`saksi read`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    common,
    given_file,
    help_,
    option,
    people,
    print_json,
    reading,
    saksi,
    sources,
    standard_input,
    threads_option,
)
from saksi.errors import DONE, DONE_WITH_PROBLEMS


@saksi.command(help=help_("help_read"))
@click.argument("file", metavar="BERKAS", required=False, type=click.Path(path_type=Path))
@option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@people
@threads_option
@sources
@reading
@common
def read(
    file: Path | None,
    output: Path | None,
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
    """`saksi read`."""
    from saksi import verbs

    how = verbs.settings(format_, zone, date_order)
    file = given_file(file, screenshots)
    verbs.check_output(output, [file])
    with (
        verbs.open_path_or_stream(file, standard_input()) as source,
        verbs.declared_screenshots(source, file, screenshots),
    ):
        account = verbs.read_to_file(source, how, output, lang, threads or None)
    if as_json:
        print_json(account)
    else:
        for line in show.account_lines(account, lang):
            show.result(line)
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE_WITH_PROBLEMS if account["problems"] else DONE
