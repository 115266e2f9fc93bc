"""`saksi hold`."""

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


@saksi.command(help=help_("help_hold"))
@case_argument
@click.argument("state", metavar="on|off", type=click.Choice(["on", "off"]))
@option("--reason", key="opt_hold_reason", required=True)
@passphrase_option
@common
def hold(case_folder: Path, state: str, reason: str, passphrase_file: Path | None, lang: str, *, as_json: bool) -> int:
    """`saksi hold`."""
    from saksi.verbs import deleting

    with open_case(case_folder, passphrase_file, lang) as case:
        data = deleting.hold(case, reason, on=state == "on")
    if as_json:
        print_json(data)
    else:
        show.result(say(f"access.hold_{state}", lang))
    return DONE
