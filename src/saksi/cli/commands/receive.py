"""`saksi receive`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli import show
from saksi.cli.commands._options import common, help_, option, passphrase, passphrase_option, print_json, saksi
from saksi.errors import DONE, DONE_WITH_PROBLEMS, InputRefused, UsageError
from saksi.words import say


@saksi.command(help=help_("help_receive"))
@click.argument("bundle", metavar="BUNDEL", type=click.Path(path_type=Path))
@click.argument("case_folder", metavar="KASUS", type=click.Path(path_type=Path, file_okay=False))
@option("--identity", key="opt_identity", type=click.Path(path_type=Path, dir_okay=False))
@option("--by", key="opt_by", required=True)
@option("--receipt", key="opt_receipt", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def receive(
    bundle: Path,
    case_folder: Path,
    identity: Path | None,
    by: str,
    receipt: Path | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi receive`."""
    from saksi import verbs
    from saksi.verbs import receiving

    if not bundle.exists():  # before a case is made for it
        raise InputRefused("no_such_file")
    is_receipt = receiving.is_receipt(bundle)
    if is_receipt and not verbs.is_case(case_folder):
        raise UsageError("no_case")
    secret = passphrase(passphrase_file, lang, new=not verbs.is_case(case_folder))
    with verbs.open_or_create_case(case_folder, secret, by) as case:
        if is_receipt:
            data = receiving.acknowledge(case, bundle, by)
            lines = [say("handover.acknowledged", lang, verifier=data["verifier"], fingerprint=data["fingerprint"])]
        else:
            data = receiving.receive(case, bundle, receiving.ReceiveOptions(by, identity, receipt))
            labels = ", ".join(t["label"] for t in data["taken"]) or say("handover.received_no_exhibit", lang)
            lines = [say("handover.received", lang, checked=data["checked"], labels=labels, sender=show.safe(data["sender"]))]
            lines += [say("handover.received_key", lang, fingerprint=data["sender_fingerprint"])]
            lines += [say("handover.receipt_written", lang, where=data["receipt"])] if data["receipt"] else []
            if any(not t["known"] for t in data["taken"]):
                lines.append(say("handover.read_next", lang, case=show.safe(str(case_folder))))
    if as_json:
        print_json(data)
    else:
        for line in lines:
            click.echo(line)
        for refused in data.get("refused", ()):
            show.to_people(say("handover.part_refused", lang, path=show.safe(refused["path"])))
    return DONE_WITH_PROBLEMS if data.get("refused") else DONE
