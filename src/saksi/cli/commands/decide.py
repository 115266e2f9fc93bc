"""`saksi decide`."""

from __future__ import annotations

from pathlib import Path

import click

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


@saksi.command(help=help_("help_decide"))
@case_argument
@click.argument("mark", metavar="TANDA")
@click.argument("state", metavar="confirmed|rejected|open")
@option("--by", key="opt_by", required=True)
@option("--note", key="opt_note")
@passphrase_option
@common
def decide(
    case_folder: Path,
    mark: str,
    state: str,
    by: str,
    note: str | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi decide`."""
    from saksi import verbs

    with open_case(case_folder, passphrase_file, lang) as case:
        verbs.decide(case, mark, state, by, note)
    if as_json:
        print_json({"mark_id": mark, "state": state})
    else:
        click.echo(say("cli.decided", lang))
    return DONE
