"""What every command shares: the group, options, how a passphrase is asked, how JSON is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click

from saksi import __version__
from saksi.cli import show
from saksi.cli.ask import ask_passphrase
from saksi.cli.help import Verbs, default_lang
from saksi.errors import UsageError
from saksi.words import LANGUAGES, say

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.vault import Secret

F = TypeVar("F", bound=Callable[..., Any])


def help_(key: str) -> str:
    """Help text in the language of the session."""
    return say(f"cli.{key}", default_lang())


def option(*names: str, key: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, help=help_(key), **settings)


def grouped(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(f: F) -> F:
        for option in reversed(options):
            f = option(f)
        return f

    return decorate


def _declared(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Path | None, ...]:
    """Paths declared to be screenshots; None where the option stands without one."""
    return tuple(Path(value) if value else None for value in values)


common = grouped(
    option("--lang", key="opt_lang", type=click.Choice(LANGUAGES), default=default_lang),
    option("--json", "as_json", key="opt_json", is_flag=True),
)


reading = grouped(
    option("--zone", key="opt_zone"),
    option("--date-order", key="opt_date_order", type=click.Choice(["dmy", "mdy", "ymd"])),
    option("--format", "format_", key="opt_format"),
)


people = grouped(
    option("--owner", key="opt_owner"),
    option("--at-risk", key="opt_at_risk", multiple=True),
)


threads_option = option("--threads", key="opt_threads", multiple=True)


sources = grouped(
    option("--media", key="opt_media", default="digest", metavar="digest|police-key FILE|seal"),
    option("--police-key", key="opt_police_key", type=click.Path(path_type=Path), hidden=True),
    option("--adults-agreed", key="opt_adults_agreed"),
    option(
        "--screenshots",
        key="opt_screenshots",
        metavar="[BERKAS|MAP]",
        multiple=True,
        is_flag=False,
        flag_value="",
        callback=_declared,
    ),
)


KEY: Final = "saksi.key"
"""Where a call's caseworker key file is noted, so that every verb that opens a case takes one."""


def _noted(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    context.meta[KEY] = value


passphrase_option = grouped(
    option("--passphrase-file", key="opt_passphrase_file", type=click.Path(path_type=Path, dir_okay=False)),
    option(
        "--key", key="opt_key", type=click.Path(path_type=Path, dir_okay=False), expose_value=False, callback=_noted
    ),
)


case_argument = click.argument("case_folder", metavar="KASUS", type=click.Path(path_type=Path, file_okay=False))


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def standard_input() -> BinaryIO | None:
    """Standard input as bytes; None where it was closed."""
    return None if sys.stdin is None else sys.stdin.buffer


def passphrase(file: Path | None, lang: str, *, new: bool) -> Secret:
    """What opens a case: the file's first line, or asked at a terminal; with `--key` that key, opened by the passphrase.

    Raises UsageError, WrongKey.
    """
    key_file = click.get_current_context().meta.get(KEY)
    if key_file is None:
        return _typed_or_read(file, lang, new=new)
    from saksi.vault import keyfile

    try:
        data = key_file.read_bytes()
    except OSError as e:
        raise UsageError("unreadable_file") from e
    return keyfile.read(data, _typed_or_read(file, lang, new=False) if keyfile.is_encrypted(data) else None)


def new_passphrase(file: Path | None, lang: str) -> str:
    """A new passphrase, from a file or asked twice. Raises UsageError."""
    return _typed_or_read(file, lang, new=True)


def own_passphrase(file: Path | None, lang: str, question: str = "ask_passphrase") -> str:
    """The passphrase of something that is no case (a witness's key, a signer's): from a file or asked once. Raises UsageError."""
    return _typed_or_read(file, lang, new=False, question=question)


def may_open(file: Path | None) -> bool:
    """Whether the call says, or somebody can be asked, what opens the case."""
    return file is not None or at_terminal() or click.get_current_context().meta.get(KEY) is not None


def _typed_or_read(file: Path | None, lang: str, *, new: bool, question: str = "ask_passphrase") -> str:
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8-sig").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as e:
            raise UsageError("unreadable_file") from e
    elif at_terminal():
        text = ask_passphrase(lang, new=new, question=question)
    else:
        raise UsageError("passphrase_needed")
    if not text.strip():
        raise UsageError("passphrase_empty")
    return str(text)


def open_case(case_folder: Path, file: Path | None, lang: str) -> Case:
    """The case, open_case with what `passphrase` gives. Raises UsageError, WrongKey, VaultError."""
    from saksi import verbs

    return verbs.open_case(case_folder, passphrase(file, lang, new=False))


def given_file(file: Path | None, screenshots: Sequence[Path | None]) -> Path:
    """What is to be read: the file, or the one path that --screenshots names. Raises MissingParameter."""
    named = [path for path in screenshots if path is not None]
    if file is None and len(named) == 1:
        return named[0]
    if file is None:
        raise click.MissingParameter(param_hint="BERKAS", param_type="argument")
    return file


def show_missing_threads(data: Mapping[str, Any], lang: str) -> None:
    """A line for each told thread that no export has; by its place, for a title may be a name."""
    for position in data["threads_not_found"]:
        show.to_people(say("errors.thread_not_found", lang, position=position))


def print_json(data: Any) -> None:
    """One JSON value on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False))


@click.group(
    cls=Verbs,
    subcommand_metavar="PERINTAH | VERB ...",
    help=help_("help_saksi"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="saksi", help=help_("opt_version"))
def saksi() -> None:
    """The group of all verbs."""
