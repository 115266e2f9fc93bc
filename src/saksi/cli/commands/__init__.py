"""The verbs as commands, one file a verb. Each parses its words, calls `saksi.verbs`, shows the result and returns an exit
code; `run` runs one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from saksi.cli import show
from saksi.cli.commands import (
    build,
    check,
    decide,
    delete,
    export,
    hand_over,
    hold,
    keys,
    log,
    look,
    read,
    receive,
    recovery,
    report,
    scan,
    search,
    stamp,
    verify,
    witness,
)
from saksi.cli.commands._options import saksi
from saksi.cli.help import default_lang, wrong_use
from saksi.errors import DONE, DONE_WITH_PROBLEMS, WRONG_USE, SaksiError
from saksi.words import LANGUAGES, say, sentence


def _merge_police_key(args: Sequence[str]) -> list[str]:
    """`--media police-key FILE` as the parser wants it: `--media police-key --police-key FILE`."""
    merged = list(args)
    for i in range(len(merged) - 2):
        if merged[i] == "--media" and merged[i + 1] == "police-key" and not merged[i + 2].startswith("--"):
            merged.insert(i + 2, "--police-key")
            break
    return merged


def _lang_of(args: Sequence[str]) -> str:
    """The language of errors raised before options are parsed."""
    for i, word in enumerate(args):
        if word == "--lang" and i + 1 < len(args) and args[i + 1] in LANGUAGES:
            return args[i + 1]
        if word.startswith("--lang=") and word[7:] in LANGUAGES:
            return word[7:]
    return default_lang()


def run(args: Sequence[str]) -> int:
    """Run one command; returns the exit code. Nothing but Saksi's own sentences reaches the user."""
    lang = _lang_of(args)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = saksi.main(args=_merge_police_key(args), prog_name="saksi", standalone_mode=False)
    except SaksiError as e:
        show.to_people(say("cli.error_line", lang, why=sentence(e, lang)))
        return e.exit_code
    except click.exceptions.Abort:
        show.to_people("\n" + say("cli.stopped", lang))
        return WRONG_USE
    except click.ClickException as e:
        show.to_people(say("cli.error_line", lang, why=wrong_use(e, lang)))
        return WRONG_USE
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as e:  # the outermost line: a traceback could show message text
        if os.environ.get("SAKSI_DEBUG") == "1":
            raise
        show.to_people(say("cli.error_line", lang, why=say("cli.error_internal", lang, kind=type(e).__name__)))
        return DONE_WITH_PROBLEMS
    return int(code or DONE)


__all__ = [
    "build",
    "check",
    "decide",
    "delete",
    "export",
    "hand_over",
    "hold",
    "keys",
    "log",
    "look",
    "read",
    "receive",
    "recovery",
    "report",
    "run",
    "saksi",
    "scan",
    "search",
    "stamp",
    "verify",
    "witness",
]
