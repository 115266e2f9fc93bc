"""`saksi verify`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli.commands._options import (
    at_terminal,
    case_argument,
    common,
    help_,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
)
from saksi.errors import DONE, VERIFICATION_FAILED
from saksi.words import say


@saksi.command(help=help_("help_verify"))
@case_argument
@passphrase_option
@common
def verify(case_folder: Path, passphrase_file: Path | None, lang: str, *, as_json: bool) -> int:
    """`saksi verify`."""
    from saksi import verbs

    secret = None
    if passphrase_file is not None or at_terminal():
        secret = passphrase(passphrase_file, lang, new=False)
    data = verbs.verify(case_folder, secret, None if as_json else lang)
    if as_json:
        print_json(data)
    elif data["ok"]:
        click.echo(say("cli.verify_ok", lang, checked=data["checked"]))
    else:
        click.echo(say("cli.verify_bad", lang, bad=len(data["bad"]), checked=data["checked"]))
        for bad in data["bad"]:
            click.echo(say("cli.verify_bad_line", lang, what=bad["what"], where=bad["where"], why=bad["why"]))
    return DONE if data["ok"] else VERIFICATION_FAILED
