"""`saksi keys`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    common,
    help_,
    new_passphrase,
    option,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
)
from saksi.errors import DONE, UsageError
from saksi.words import say

ACTIONS = ("list", "add", "remove", "passphrase", "new")


@saksi.command(help=help_("help_keys"))
@click.argument("action", metavar="list|add|remove|passphrase|new", type=click.Choice(ACTIONS))
@click.argument("place", metavar="KASUS|BERKAS", type=click.Path(path_type=Path))
@click.argument("code", metavar="[KODE]", required=False)
@option("--role", key="opt_role", default="caseworker")
@option("--recipient", key="opt_key_recipient")
@option("--new-passphrase-file", "new_file", key="opt_new_passphrase_file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def keys(
    action: str, place: Path, code: str | None, passphrase_file: Path | None, lang: str, *, as_json: bool, **told: Any
) -> int:
    """`saksi keys`."""
    from saksi import verbs
    from saksi.verbs import access

    if action == "new":
        made = access.new_key_file(place, new_passphrase(told["new_file"], lang))
        said({"recipient": made}, "keys_new", lang, as_json=as_json)
        return DONE
    if code is None and action in ("add", "remove"):
        raise UsageError("access_code_needed")
    with verbs.open_case(place, passphrase(passphrase_file, lang, new=False)) as case:
        if action == "list":
            _show_list(access.list_keys(case), lang, as_json=as_json)
        elif action == "remove":
            access.remove_key(case, str(code))
            said({"code": str(code).lower()}, "keys_removed", lang, as_json=as_json)
        elif action == "add":
            recipient = told["recipient"]
            secret = None if recipient else new_passphrase(told["new_file"], lang)
            added = access.add_key(case, str(code), told["role"], secret=secret, recipient=recipient_in(recipient))
            said(added, "keys_added", lang, as_json=as_json)
        else:
            changed = access.change_passphrase(case, new_passphrase(told["new_file"], lang), code)
            said({"code": changed}, "keys_changed", lang, as_json=as_json)
    return DONE


def recipient_in(told: str | None) -> str | None:
    """A public key as typed, or the first one in a file of that name."""
    if told is None or told.startswith("age1"):
        return told
    try:
        words = Path(told).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError("recipient_invalid") from e
    return next((word for word in words if word.startswith("age1")), told)


def said(data: dict[str, Any], key: str, lang: str, *, as_json: bool) -> None:
    """A result as JSON, or as its sentence."""
    if as_json:
        print_json(data)
    else:
        told = {k: ", ".join(v) if isinstance(v, list) else str(v) for k, v in data.items()}
        show.result(say(f"access.{key}", lang, **told))


def _show_list(rows: list[dict[str, Any]], lang: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"keys": rows})
        return
    for row in rows:
        click.echo(say(
            "access.keys_line", lang, code=row["code"] or say("access.code_unknown", lang),
            role=say(f"access.role_{row['role'] or 'unknown'}", lang), kind=say(f"access.kind_{row['kind']}", lang),
            own=say("access.keys_own", lang) if row["own"] else "",
        ).rstrip())  # fmt: skip
