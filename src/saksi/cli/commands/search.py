"""`saksi search`."""

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


@saksi.command(help=help_("help_search"))
@case_argument
@click.argument("words", metavar="KATA...", nargs=-1, required=True)
@option("--limit", key="opt_limit", type=click.IntRange(min=1), default=200)
@passphrase_option
@common
def search(
    case_folder: Path, words: tuple[str, ...], limit: int, passphrase_file: Path | None, lang: str, *, as_json: bool
) -> int:
    """`saksi search`."""
    from saksi import verbs

    with open_case(case_folder, passphrase_file, lang) as case:
        data = verbs.search(case, words, limit)
    if as_json:
        print_json(data)
        return DONE
    for row in data["messages"]:
        click.echo(
            say(
                "cli.search_line",
                lang,
                cite=row["cite"],
                time=show.safe(row["time"]),
                sender=show.safe(row["sender_name"]),
                text=show.safe(row["text"]),
            )
            + (say("cli.search_repeated", lang) if row["duplicate_of"] else "")
        )
    show.to_people(say("cli.search_done", lang, found=data["found"]))
    if data["found"] > len(data["messages"]):
        show.to_people(say("cli.search_more", lang, more=data["found"] - len(data["messages"])))
    return DONE
