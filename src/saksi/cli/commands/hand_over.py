"""`saksi hand-over`."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.cli import show
from saksi.cli.commands._options import (
    case_argument,
    common,
    help_,
    new_passphrase,
    option,
    passphrase,
    passphrase_option,
    print_json,
    saksi,
    threads_option,
)
from saksi.errors import DONE, UsageError
from saksi.words import say


@saksi.command(name="hand-over", help=help_("help_hand_over"))
@case_argument
@option("--to", key="opt_to", required=True, metavar="age1…|cert.pem|KEY.asc|passphrase")
@option("--what", key="opt_hand_over_what", type=click.Choice(["all", "selection", "redacted"]))
@option("--purpose", key="opt_purpose", default="")
@option("--authority", key="opt_authority", default="")
@option("--by", key="opt_by", required=True)
@option("--out", "--output", "out", key="opt_bundle", type=click.Path(path_type=Path, dir_okay=False), required=True)
@option("--exhibits", key="opt_exhibits")
@threads_option
@option("--recipient", "role", key="opt_recipient", type=click.Choice(["police", "other"]), default="other")
@option("--consent", key="opt_consent")
@option("--copy-passphrase-file", "copy_file", key="opt_copy_passphrase", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def hand_over(
    case_folder: Path,
    to: str,
    what: str | None,
    purpose: str,
    authority: str,
    by: str,
    out: Path,
    exhibits: str | None,
    threads: tuple[str, ...],
    role: str,
    consent: str | None,
    copy_file: Path | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi hand-over`."""
    from saksi import verbs
    from saksi.handover.envelope import recipient
    from saksi.verbs import handing_over

    chosen = tuple(label.strip().upper() for label in (exhibits or "").split(",") if label.strip())
    options = handing_over.HandOverOptions(to, what or "", purpose, authority, by, chosen, threads, role, consent, lang)
    if to == "passphrase":
        if chosen or threads or what not in (None, "all"):
            raise UsageError("own_copy_not_part")
        own_secret = new_passphrase(copy_file, lang)
        with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
            data = handing_over.own_copy(case, out, own_secret, by, lang)
        if as_json:
            print_json(data)
        else:
            click.echo(say("handover.own_done", lang, where=str(out), messages=data["messages"]))
            show.to_people(say("handover.own_tell", lang))
        return DONE
    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
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
    click.echo(say("handover.verifier", lang, verifier=data["log_verifier"], fingerprint=data["log_fingerprint"]))
    show.to_people(say("handover.compare_key", lang))
    if what == "redacted":
        show.to_people(say("handover.redacted_read", lang))
    return DONE
