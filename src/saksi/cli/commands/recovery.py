"""`saksi recovery`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    at_terminal,
    case_argument,
    common,
    help_,
    new_passphrase,
    open_case,
    option,
    passphrase_option,
    saksi,
)
from saksi.cli.commands.keys import recipient_in, said
from saksi.errors import DONE, UsageError
from saksi.words import say

ACTIONS = ("setup", "rehearse", "use")


@saksi.command(help=help_("help_recovery"))
@click.argument("action", metavar="setup|rehearse|use", type=click.Choice(ACTIONS))
@case_argument
@click.argument("code", metavar="[KODE]", required=False)
@option("--out", key="opt_recovery_out", type=click.Path(path_type=Path, file_okay=False))
@option("--recipient", key="opt_recovery_recipient")
@option("--share", "shares", key="opt_share", multiple=True, type=click.Path(path_type=Path, dir_okay=False))
@option("--role", key="opt_role", default="caseworker")
@option("--new-passphrase-file", "new_file", key="opt_new_passphrase_file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def recovery(
    action: str, case_folder: Path, code: str | None, passphrase_file: Path | None, lang: str, *, as_json: bool,
    **told: Any,
) -> int:  # fmt: skip
    """`saksi recovery`."""
    from saksi import verbs
    from saksi.verbs import access

    if action == "setup":
        recipient = recipient_in(told["recipient"])
        if recipient is None and told["out"] is None:
            raise UsageError("recovery_out_needed")  # refuse before asking for a passphrase
        with open_case(case_folder, passphrase_file, lang) as case:
            made = access.set_up_recovery(case, recipient, told["out"])
        said(made, "recovery_set_up" if made["sheets"] else "recovery_taken", lang, as_json=as_json)
        return DONE
    if not verbs.is_case(case_folder):
        raise UsageError("no_case")
    if action == "use" and code is None:
        raise UsageError("access_code_needed")
    sheets = _sheets(told["shares"], lang)
    if action == "rehearse":
        state = access.rehearse_recovery(case_folder, sheets)
        if not as_json:
            state |= {"rehearsed_at": f"{state['rehearsed_at'][:16].replace('T', ' ')} UTC"}  # to the minute, for people
        said(state, "recovery_rehearsed", lang, as_json=as_json)
    else:
        secret = new_passphrase(told["new_file"], lang)
        added = access.use_recovery(case_folder, sheets, secret, str(code), told["role"])
        said(added, "recovery_used", lang, as_json=as_json)
    return DONE


def _sheets(files: tuple[Path, ...], lang: str) -> list[str]:
    """The words of two sheets: from files, or typed."""
    if files:
        try:
            return [path.read_text(encoding="utf-8-sig") for path in files]
        except (OSError, UnicodeDecodeError) as e:
            raise UsageError("unreadable_file") from e
    if not at_terminal():
        raise UsageError("shares_needed", needed=2)
    return [_typed(n, lang) for n in (1, 2)]


def _typed(n: int, lang: str) -> str:
    from saksi.vault import recovery as pair

    while True:
        words = str(click.prompt(say("access.ask_share", lang, n=n), hide_input=True, err=True))
        try:
            return pair.words_in(words)
        except UsageError:
            show.to_people("  " + say("errors.share_unclear", lang, words=pair.WORDS))
