"""`saksi verify`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    common,
    help_,
    may_open,
    option,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
)
from saksi.errors import DONE, VERIFICATION_FAILED
from saksi.words import say

FILE = click.Path(path_type=Path, dir_okay=False)


@saksi.command(help=help_("help_verify"))
@click.argument("case_folder", metavar="KASUS|BUNDEL", type=click.Path(path_type=Path))
@option("--identity", key="opt_identity", type=FILE)
@option("--deep", key="opt_deep", is_flag=True)
@option("--tsa-ca", "tsa_roots", key="opt_tsa_ca", multiple=True, type=FILE)
@option("--witness", "witness_files", key="opt_witness", multiple=True, type=FILE)
@passphrase_option
@common
def verify(
    case_folder: Path,
    identity: Path | None,
    tsa_roots: tuple[Path, ...],
    witness_files: tuple[Path, ...],
    passphrase_file: Path | None,
    lang: str,
    *,
    deep: bool,
    as_json: bool,
) -> int:
    """`saksi verify`."""
    from saksi import verbs

    if case_folder.is_file() or (case_folder / "bagit.txt").is_file():
        from saksi.verbs.receiving import verify_bundle

        data = verify_bundle(case_folder, identity, None if as_json else lang)
    else:
        secret = passphrase(passphrase_file, lang, new=False) if may_open(passphrase_file) else None
        with show.progress_bar(lang) as progress:
            data = verbs.verify(
                case_folder,
                secret,
                None if as_json else lang,
                deep=deep,
                tsa_roots=tsa_roots,
                witness_files=witness_files,
                progress=progress,
            )
    if as_json:
        print_json(data)
        return DONE if data["ok"] else VERIFICATION_FAILED
    if data["ok"]:
        click.echo(say("cli.verify_ok", lang, checked=data["checked"]))
    else:
        click.echo(say("cli.verify_bad", lang, bad=len(data["bad"]), checked=data["checked"]))
        for bad in data["bad"]:
            click.echo(say("cli.verify_bad_line", lang, what=bad["what"], where=bad["where"], why=bad["why"]))
    for told in data.get("info", ()):
        show.to_people(say("cli.verify_info_line", lang, where=told["where"], why=told["why"]))
    for source in data.get("sources", ()):
        if source["state"] == "same":
            click.echo(say("cli.verify_same", lang, label=source["label"], rows=source["rows"]))
    return DONE if data["ok"] else VERIFICATION_FAILED
