"""`saksi scan`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli import show
from saksi.cli.commands._options import common, help_, option, print_json, saksi
from saksi.errors import DONE, DONE_WITH_PROBLEMS
from saksi.words import say


@saksi.command(help=help_("help_scan"))
@click.argument("tables", metavar="TABEL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@option("--at-risk", key="opt_at_risk", multiple=True)
@common
def scan(tables: tuple[Path, ...], output: Path | None, at_risk: tuple[str, ...], lang: str, *, as_json: bool) -> int:
    """`saksi scan`."""
    from saksi import verbs

    data = verbs.scan(tables, at_risk, output)
    if as_json:
        print_json(data)
    else:
        click.echo(say("cli.scan_done", lang, messages=data["messages"], threads=data["threads"], marks=data["marks"]))
        for line in show.not_found_lines(data["names_not_found"], lang):
            click.echo(line)
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE_WITH_PROBLEMS if data["names_not_found"] else DONE
