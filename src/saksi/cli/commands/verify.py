"""`saksi verify`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli.commands._options import (
    at_terminal,
    common,
    help_,
    option,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
)
from saksi.errors import DONE, VERIFICATION_FAILED
from saksi.words import say


@saksi.command(help=help_("help_verify"))
@click.argument("case_folder", metavar="KASUS|BUNDEL", type=click.Path(path_type=Path))
@option("--identity", key="opt_identity", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def verify(
    case_folder: Path, identity: Path | None, passphrase_file: Path | None, lang: str, *, as_json: bool
) -> int:
    """`saksi verify`."""
    from saksi import verbs

    if case_folder.is_file() or (case_folder / "bagit.txt").is_file():
        from saksi.verbs.receiving import verify_bundle

        data = verify_bundle(case_folder, identity, None if as_json else lang)
    else:
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
