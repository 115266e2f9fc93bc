"""`saksi hand-over`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    case_argument,
    common,
    help_,
    new_passphrase,
    open_case,
    option,
    own_passphrase,
    passphrase_option,
    print_json,
    saksi,
    threads_option,
)
from saksi.errors import DONE, UsageError
from saksi.words import say

FILE: Final = click.Path(path_type=Path, dir_okay=False)


def signature_words(signed: Mapping[str, Any]) -> tuple[str, str]:
    """The sentences that say who signed the chronology, and which level the signature has with what is missing to the next."""
    return ("signed_by_case" if signed["by_case"] else "signed_by_signer", "level_" + signed["level"].lower().replace("-", "_"))


@saksi.command(name="hand-over", help=help_("help_hand_over"))
@case_argument
@option("--to", key="opt_to", required=True, metavar="age1…|cert.pem|KEY.asc|passphrase")
@option("--what", key="opt_hand_over_what", type=click.Choice(["all", "selection", "redacted"]))
@option("--purpose", key="opt_purpose", default="")
@option("--authority", key="opt_authority", default="")
@option("--by", key="opt_by_stated")
@option("--out", "--output", "out", key="opt_bundle", type=click.Path(path_type=Path, dir_okay=False), required=True)
@option("--exhibits", key="opt_exhibits")
@threads_option
@option("--recipient", "role", key="opt_recipient", type=click.Choice(["police", "other"]), default="other")
@option("--consent", key="opt_consent")
@option("--copy-passphrase-file", "copy_file", key="opt_copy_passphrase", type=click.Path(path_type=Path, dir_okay=False))
@option("--signer", key="opt_signer", type=FILE)
@option("--signer-passphrase-file", "signer_file", key="opt_signer_passphrase", type=FILE)
@option("--network", key="opt_sign_network", is_flag=True)
@option("--stamp-authority", key="opt_stamp_authority")
@option("--crl", "crls", key="opt_crl", multiple=True, type=FILE)
@option("--trust", key="opt_trust", multiple=True, type=FILE)
@passphrase_option
@common
def hand_over(
    case_folder: Path,
    to: str,
    what: str | None,
    purpose: str,
    authority: str,
    by: str | None,
    out: Path,
    exhibits: str | None,
    threads: tuple[str, ...],
    role: str,
    consent: str | None,
    copy_file: Path | None,
    signer: Path | None,
    signer_file: Path | None,
    stamp_authority: str | None,
    crls: tuple[Path, ...],
    trust: tuple[Path, ...],
    passphrase_file: Path | None,
    lang: str,
    *,
    network: bool,
    as_json: bool,
) -> int:
    """`saksi hand-over`."""
    from saksi.handover.envelope import recipient
    from saksi.verbs import handing_over
    from saksi.verbs.signing import SignOptions, check_signing, read_signer

    sign = SignOptions(None, network, stamp_authority, trust, crls)
    check_signing(sign)
    chosen = tuple(label.strip().upper() for label in (exhibits or "").split(",") if label.strip())
    if to == "passphrase":
        if chosen or threads or what not in (None, "all"):
            raise UsageError("own_copy_not_part")
        if signer is not None or sign != SignOptions():
            raise UsageError("own_copy_not_signed")
        own_secret = new_passphrase(copy_file, lang)
        with open_case(case_folder, passphrase_file, lang) as case:
            data = handing_over.own_copy(case, out, own_secret, by, lang)
        if as_json:
            print_json(data)
        else:
            click.echo(say("handover.own_done", lang, where=str(out), messages=data["messages"]))
            show.to_people(say("handover.own_tell", lang))
        return DONE
    if signer is not None:
        opened = read_signer(signer, lambda: own_passphrase(signer_file, lang, "ask_passphrase_signer"))
        sign = replace(sign, signer=opened)
    options = handing_over.HandOverOptions(
        to, what or "", purpose, authority, by, chosen, threads, role, consent, lang, sign
    )
    with open_case(case_folder, passphrase_file, lang) as case:
        if not consent and not handing_over.consent_recorded(case, recipient(to).fingerprint):
            show.to_people(say("handover.no_consent", lang))
        data = handing_over.hand_over(case, out, options)
    if as_json:
        print_json(data)
        return DONE
    fingerprint = data["recipient"]["fingerprint"]
    click.echo(say("handover.done", lang, where=str(out), exhibits=len(data["exhibits"]), messages=data["messages"],
                   fingerprint=fingerprint))  # fmt: skip
    if data["recipient"]["expired"]:
        show.to_people(say("handover.expired", lang))
    steps = "\n".join(f"    {step}" for step in data["open_with"])
    click.echo(say("handover.how_to_open", lang, name=out.name, steps=steps))
    for key in signature_words(data["signature"]):
        click.echo(say(f"handover.{key}", lang))
    click.echo(say("handover.verifier", lang, verifier=data["log_verifier"], fingerprint=data["log_fingerprint"]))
    show.to_people(say("handover.compare_key", lang))
    if what == "redacted":
        show.to_people(say("handover.redacted_read", lang))
    return DONE
