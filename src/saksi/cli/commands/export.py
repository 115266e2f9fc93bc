"""`saksi export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    case_argument,
    common,
    help_,
    open_case,
    option,
    passphrase_option,
    print_json,
    saksi,
)
from saksi.errors import DONE
from saksi.words import say


@saksi.command(help=help_("help_export"))
@case_argument
@option(
    "--what", key="opt_what", type=click.Choice(["messages", "marks", "identifiers", "problems"]), default="messages"
)
@option("--format", "format_", key="opt_table_format", type=click.Choice(["jsonl", "parquet", "csv"]))
@option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def export(
    case_folder: Path,
    what: str,
    format_: str | None,
    output: Path | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi export`."""
    from saksi import verbs
    from saksi.table.write import format_of, write_file, write_rows

    verbs.check_output(output)
    chosen = format_ or (format_of(output, None) if output is not None else "jsonl")
    with open_case(case_folder, passphrase_file, lang) as case:
        batches = verbs.export_batches(case, what)
        if output is None:
            rows = write_rows(batches, verbs.EXPORTS[what], sys.stdout.buffer, chosen)
        else:
            rows = write_file(batches, verbs.EXPORTS[what], output, chosen)
    if as_json and output is not None:
        print_json({"rows": rows, "output": str(output)})
    else:
        show.to_people(say("cli.export_done", lang, rows=rows))
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE
