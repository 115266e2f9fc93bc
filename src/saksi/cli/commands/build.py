"""`saksi build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from saksi.cli import show
from saksi.cli.ask import TerminalAsk
from saksi.cli.commands._options import (
    at_terminal,
    case_argument,
    common,
    help_,
    option,
    passphrase,
    passphrase_option,
    people,
    print_json,
    reading,
    saksi,
    show_missing_threads,
    sources,
    threads_option,
)
from saksi.errors import UsageError
from saksi.words import say, sentence


@saksi.command(help=help_("help_build"))
@case_argument
@click.argument("exports", metavar="EKSPOR...", nargs=-1, type=click.Path(path_type=Path))
@people
@reading
@threads_option
@option("--known-time", "known_times", key="opt_known_time", multiple=True)
@sources
@option("--by", key="opt_by")
@option("--brought-by", key="opt_brought_by")
@option("--authority", key="opt_intake_authority")
@option("--authority-note", key="opt_intake_note")
@option("--keep-until", "keep_until", key="opt_keep_until")
@option("--out", key="opt_out", type=click.Path(path_type=Path, file_okay=False))
@passphrase_option
@common
def build(
    case_folder: Path, exports: tuple[Path, ...], passphrase_file: Path | None, lang: str, *, as_json: bool, **told: Any
) -> int:
    """`saksi build`."""
    from saksi import verbs
    from saksi.verbs.intake import Handed

    options = verbs.BuildOptions(
        owner=told["owner"],
        at_risk=told["at_risk"],
        zone=told["zone"],
        known_times=told["known_times"],
        date_order=told["date_order"],
        threads=told["threads"] or None,
        format=told["format_"],
        media=told["media"],
        police_key=told["police_key"],
        adults_agreed=told["adults_agreed"],
        by=told["by"],
        keep_until=told["keep_until"],
        handed=Handed(told["brought_by"], told["authority"], told["authority_note"]),
        lang=lang,
        out=told["out"],
        screenshots=told["screenshots"],
    )
    verbs.check_screenshots(options.screenshots)
    if not verbs.with_screenshots(exports, options.screenshots) and not verbs.is_case(case_folder):
        raise UsageError("nothing_given")
    verbs.check_by(options.by)
    options.handed.check()
    verbs.media_rule(options)  # refuse before asking for a passphrase
    secret = passphrase(passphrase_file, lang, new=not verbs.is_case(case_folder))
    with show.progress_bar(lang) as progress:
        ask = TerminalAsk(lang, progress.pause) if at_terminal() and not as_json else None
        result = verbs.build(case_folder, secret, exports, options, ask=ask, progress=progress)
    show_missing_threads(result.data, lang)
    for position, error in result.refused:
        show.to_people(say("cli.input_label", lang, position=position) + ": " + sentence(error, lang))
    if as_json:
        print_json(result.data)
    else:
        _show_build(result.data, case_folder, lang)
    if options.out is not None:
        show.warn_plaintext(options.out, lang)
    return result.exit_code


def _show_build(data: dict[str, Any], case_folder: Path, lang: str) -> None:
    for line in show.build_lines(data, str(case_folder), lang):
        show.result(line)
