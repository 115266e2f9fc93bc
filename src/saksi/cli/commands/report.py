"""`saksi report`."""

from __future__ import annotations

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


@saksi.command(help=help_("help_report"))
@case_argument
@option("--out", key="opt_out", type=click.Path(path_type=Path, file_okay=False), required=True)
@option("--kind", key="opt_kind", default="all")
@passphrase_option
@common
def report(case_folder: Path, out: Path, kind: str, passphrase_file: Path | None, lang: str, *, as_json: bool) -> int:
    """`saksi report`."""
    from saksi import verbs

    with open_case(case_folder, passphrase_file, lang) as case:
        written = verbs.write_documents(case, out, kind, lang)
    if as_json:
        print_json({"reports": [str(p) for p in written]})
    else:
        for path in written:
            click.echo(say("cli.report_written", lang, where=str(path)))
    show.warn_plaintext(out, lang)
    return DONE
