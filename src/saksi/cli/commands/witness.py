"""`saksi witness`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    common,
    help_,
    new_passphrase,
    option,
    own_passphrase,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
    standard_input,
)
from saksi.errors import DONE, UsageError
from saksi.words import say

STEPS: Final = ("key", "show", "sign", "add")
FILE: Final = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@saksi.command(help=help_("help_witness"))
@click.argument("step", metavar="key|show|sign|add", type=click.Choice(STEPS))
@click.argument("path", metavar="BERKAS|KASUS", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("answer", metavar="[JAWABAN]", required=False, type=FILE)
@option("--witness-key", key="opt_witness_key", type=FILE)
@option("-o", "--output", key="opt_witness_output", type=click.Path(path_type=Path, dir_okay=False))
@option("--qr", key="opt_qr", metavar="[BERKAS]", is_flag=False, flag_value="", default=None)
@option("--new-case", key="opt_new_case", is_flag=True)
@passphrase_option
@common
def witness(
    step: str,
    path: Path,
    answer: Path | None,
    witness_key: Path | None,
    output: Path | None,
    qr: str | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    new_case: bool,
    as_json: bool,
) -> int:
    """`saksi witness`."""
    from saksi import verbs
    from saksi.verbs import witnessing

    verbs.check_output(output, [path] if path.is_file() else [])
    text: str | None = None
    if step == "key":
        data = witnessing.make_key(path, new_passphrase(passphrase_file, lang))
        said = say("custody.witness_key_made", lang, verifier=data["verifier"])
    elif step == "show":
        with verbs.open_case(path, passphrase(passphrase_file, lang, new=False)) as case:
            request, data = witnessing.show(case, witness_key)
        text = request.text
        said = say("custody.witness_shown", lang, **_picked(data, "entries", "since", "fingerprint"))
    elif step == "sign":
        if witness_key is None:
            raise UsageError("witness_step", needs="--witness-key")
        secret = own_passphrase(passphrase_file, lang)
        answered, data = witnessing.sign(path, witness_key, secret, new_case=new_case, stdin=standard_input())
        text = answered.text
        said = say("custody.witness_signed", lang, **_picked(data, "entries", "before"))
    else:
        if answer is None:
            raise UsageError("witness_step", needs="JAWABAN")
        with verbs.open_case(path, passphrase(passphrase_file, lang, new=False)) as case:
            data = witnessing.add(case, answer, standard_input())
        said = say("custody.witness_added", lang, **_picked(data, "entries", "witness"), time=data["signed_at"])
    if text is not None:
        _give(text, output, qr, as_json=as_json)
    if as_json:
        print_json(data | ({} if text is None else {"text": text}))
    else:
        show.to_people(said)
    return DONE


def _picked(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names}


def _give(text: str, output: Path | None, qr: str | None, *, as_json: bool) -> None:
    """Where the request or answer goes: a file, a QR code (in the terminal where it names no file), else standard output."""
    from saksi.verbs import witnessing

    witnessing.write(text, output, Path(qr) if qr else None)
    if as_json:
        return
    if qr == "":
        click.echo(witnessing.qr_on_terminal(text))
    elif output is None and qr is None:
        click.echo(text, nl=False)
