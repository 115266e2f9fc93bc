"""`saksi look`."""

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


@saksi.command(help=help_("help_look"))
@case_argument
@click.argument("message_id", metavar="PESAN")
@click.argument("picture", metavar="GAMBAR", type=click.Path(path_type=Path, dir_okay=False))
@option("-o", "--output", key="opt_output_png", type=click.Path(path_type=Path, dir_okay=False), required=True)
@option("--by", key="opt_by")
@passphrase_option
@common
def look(
    case_folder: Path,
    message_id: str,
    picture: Path,
    output: Path,
    by: str | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi look`."""
    from saksi import verbs

    verbs.check_output(output, [picture])
    with open_case(case_folder, passphrase_file, lang) as case:
        lines = verbs.look(case, message_id, picture, output, by)
    if as_json:
        print_json({"output": str(output), "lines": lines})
    else:
        click.echo(say("cli.looked", lang, lines=lines))
    show.warn_plaintext(output, lang)
    return DONE
