"""`saksi delete`."""

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
from saksi.errors import DONE, UsageError
from saksi.words import say


@saksi.command(help=help_("help_delete"))
@case_argument
@click.argument("label", metavar="S1")
@option("--reason", key="opt_delete_reason")
@option("--approve", key="opt_approve", is_flag=True)
@option("--withdraw", key="opt_withdraw", is_flag=True)
@passphrase_option
@common
def delete(
    case_folder: Path, label: str, reason: str | None, passphrase_file: Path | None, lang: str, *, approve: bool,
    withdraw: bool, as_json: bool,
) -> int:  # fmt: skip
    """`saksi delete`."""
    from saksi.verbs import deleting

    if (reason is not None) + approve + withdraw != 1:
        raise UsageError("delete_one_of")
    label = label.upper()
    with open_case(case_folder, passphrase_file, lang) as case:
        if approve:
            with show.progress_bar(lang) as progress:
                data, key = deleting.approve_deletion(case, label, lang, progress), "delete_done"
        elif withdraw:
            data, key = deleting.withdraw_deletion(case, label), "delete_withdrawn"
        else:
            data, key = deleting.request_deletion(case, label, str(reason)), "delete_asked"
    if as_json:
        print_json(data)
    else:
        named = {"label": label, "by": data["requested_by"], "objects": data["objects"], "case": show.safe(str(case_folder))}
        show.result(say(f"access.{key}", lang, **named))
        if approve:
            show.to_people(say("access.delete_limits", lang))
    return DONE
