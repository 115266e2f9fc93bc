"""`saksi stamp`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from saksi.errors import DONE, DONE_WITH_PROBLEMS
from saksi.words import say, sentence


@saksi.command(help=help_("help_stamp"))
@case_argument
@option("--network", key="opt_network", is_flag=True)
@option("--authority", "authorities", key="opt_tsa_authority", multiple=True)
@option("--reply", "replies", key="opt_reply", multiple=True, type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def stamp(
    case_folder: Path,
    authorities: tuple[str, ...],
    replies: tuple[Path, ...],
    passphrase_file: Path | None,
    lang: str,
    *,
    network: bool,
    as_json: bool,
) -> int:
    """`saksi stamp`."""
    from saksi.verbs.stamping import stamp as stamp_case

    with open_case(case_folder, passphrase_file, lang) as case:
        data = stamp_case(case, network=network, authorities=authorities, replies=replies)
    failed: list[dict[str, Any]] = []
    for row in data["failed"]:
        which = "authority" if "authority" in row else "reply"
        show.to_people(
            say(f"custody.stamp_failed_{which}", lang, position=row[which], why=sentence(row["error"], lang))
        )
        failed.append({which: row[which], "why": row["error"].key})
    if as_json:
        print_json(data | {"failed": failed})
    else:
        for row in data["taken"]:
            values = {"entries": row["entries"], "where": row["file"]}
            show.result(say("custody.stamp_taken", lang, **values, time=row["time"], authority=row["authority"]))
            show.result(say("custody.stamp_check", lang, **values))
        if data["waiting"]:
            where = str(case_folder / data["query"])
            show.result(say("custody.stamp_queued", lang, entries=data["entries"], where=where, case=str(case_folder)))
    return DONE_WITH_PROBLEMS if failed else DONE
