"""The verbs as commands. Each parses its words, calls `saksi.verbs`, shows the result and returns an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from saksi import __version__
from saksi.cli import show
from saksi.cli.ask import TerminalAsk, ask_passphrase
from saksi.cli.help import Verbs, default_lang, wrong_use
from saksi.errors import DONE, DONE_WITH_PROBLEMS, VERIFICATION_FAILED, WRONG_USE, SaksiError, UsageError
from saksi.words import LANGUAGES, say, sentence

F = TypeVar("F", bound=Callable[..., Any])


def help_(key: str) -> str:
    """Help text in the language of the session."""
    return say(f"cli.{key}", default_lang())


def _option(*names: str, key: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, help=help_(key), **settings)


def _grouped(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(f: F) -> F:
        for option in reversed(options):
            f = option(f)
        return f

    return decorate


def _declared(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Path | None, ...]:
    """Paths declared to be screenshots; None where the option stands without one."""
    return tuple(Path(value) if value else None for value in values)


common = _grouped(
    _option("--lang", key="opt_lang", type=click.Choice(LANGUAGES), default=default_lang),
    _option("--json", "as_json", key="opt_json", is_flag=True),
)
reading = _grouped(
    _option("--zone", key="opt_zone"),
    _option("--date-order", key="opt_date_order", type=click.Choice(["dmy", "mdy", "ymd"])),
    _option("--format", "format_", key="opt_format"),
)
people = _grouped(
    _option("--owner", key="opt_owner"),
    _option("--at-risk", key="opt_at_risk", multiple=True),
)
threads_option = _option("--threads", key="opt_threads", multiple=True)
sources = _grouped(
    _option("--media", key="opt_media", default="digest", metavar="digest|police-key FILE|seal"),
    _option("--police-key", key="opt_police_key", type=click.Path(path_type=Path), hidden=True),
    _option("--adults-agreed", key="opt_adults_agreed"),
    _option(
        "--screenshots",
        key="opt_screenshots",
        metavar="[BERKAS|MAP]",
        multiple=True,
        is_flag=False,
        flag_value="",
        callback=_declared,
    ),
)
passphrase_option = _option(
    "--passphrase-file", key="opt_passphrase_file", type=click.Path(path_type=Path, dir_okay=False)
)
case_argument = click.argument("case_folder", metavar="KASUS", type=click.Path(path_type=Path, file_okay=False))


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def standard_input() -> BinaryIO | None:
    """Standard input as bytes; None where it was closed."""
    return None if sys.stdin is None else sys.stdin.buffer


def passphrase(file: Path | None, lang: str, *, new: bool) -> str:
    """The passphrase: the file's first line, or asked at a terminal. Raises UsageError."""
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8-sig").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as e:
            raise UsageError("unreadable_file") from e
    elif at_terminal():
        text = ask_passphrase(lang, new=new)
    else:
        raise UsageError("passphrase_needed")
    if not text.strip():
        raise UsageError("passphrase_empty")
    return str(text)


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


@saksi.command(help=help_("help_build"))
@case_argument
@click.argument("exports", metavar="EKSPOR...", nargs=-1, type=click.Path(path_type=Path))
@people
@reading
@threads_option
@_option("--known-time", "known_times", key="opt_known_time", multiple=True)
@sources
@_option("--by", key="opt_by", default="C1")
@_option("--out", key="opt_out", type=click.Path(path_type=Path, file_okay=False))
@passphrase_option
@common
def build(
    case_folder: Path, exports: tuple[Path, ...], passphrase_file: Path | None, lang: str, *, as_json: bool, **told: Any
) -> int:
    """`saksi build`."""
    from saksi import verbs

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
        lang=lang,
        out=told["out"],
        screenshots=told["screenshots"],
    )
    verbs.check_screenshots(options.screenshots)
    if not verbs.with_screenshots(exports, options.screenshots) and not verbs.is_case(case_folder):
        raise UsageError("nothing_given")
    verbs.check_by(options.by)
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


@saksi.command(help=help_("help_read"))
@click.argument("file", metavar="BERKAS", required=False, type=click.Path(path_type=Path))
@_option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@people
@threads_option
@sources
@reading
@common
def read(
    file: Path | None,
    output: Path | None,
    threads: tuple[str, ...],
    zone: str | None,
    date_order: str | None,
    format_: str | None,
    lang: str,
    screenshots: tuple[Path | None, ...],
    *,
    as_json: bool,
    **_told: Any,
) -> int:
    """`saksi read`."""
    from saksi import verbs

    how = verbs.settings(format_, zone, date_order)
    file = given_file(file, screenshots)
    verbs.check_output(output, [file])
    with (
        verbs.open_path_or_stream(file, standard_input()) as source,
        verbs.declared_screenshots(source, file, screenshots),
    ):
        account = verbs.read_to_file(source, how, output, lang, threads or None)
    if as_json:
        print_json(account)
    else:
        for line in show.account_lines(account, lang):
            show.result(line)
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE_WITH_PROBLEMS if account["problems"] else DONE


@saksi.command(help=help_("help_check"))
@click.argument("file", metavar="BERKAS", required=False, type=click.Path(path_type=Path, allow_dash=True))
@people
@threads_option
@sources
@reading
@common
def check(
    file: Path | None,
    at_risk: tuple[str, ...],
    threads: tuple[str, ...],
    zone: str | None,
    date_order: str | None,
    format_: str | None,
    lang: str,
    screenshots: tuple[Path | None, ...],
    *,
    as_json: bool,
    **_told: Any,
) -> int:
    """`saksi check`."""
    from saksi import verbs
    from saksi.signals import phase_labels

    how = verbs.settings(format_, zone, date_order)
    file = given_file(file, screenshots)
    if str(file) == "-" and at_terminal():
        show.to_people(say("cli.paste_here", lang))
    with (
        verbs.open_path_or_stream(file, standard_input()) as source,
        verbs.declared_screenshots(source, file, screenshots),
    ):
        data, problems = verbs.check_source(source, how, at_risk, threads or None, lang)
    if as_json:
        print_json(data)
    else:
        for line in show.check_lines(data, phase_labels(lang), lang):
            show.result(line)
    for line in show.problem_lines(problems, lang):
        show.to_people(line)
    show_missing_threads(data, lang)
    return DONE_WITH_PROBLEMS if problems or data["names_not_found"] or data["threads_not_found"] else DONE


@saksi.command(help=help_("help_report"))
@case_argument
@_option("--out", key="opt_out", type=click.Path(path_type=Path, file_okay=False), required=True)
@_option("--kind", key="opt_kind", default="all")
@passphrase_option
@common
def report(case_folder: Path, out: Path, kind: str, passphrase_file: Path | None, lang: str, *, as_json: bool) -> int:
    """`saksi report`."""
    from saksi import verbs

    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
        written = verbs.write_documents(case, out, kind, lang)
    if as_json:
        print_json({"reports": [str(p) for p in written]})
    else:
        for path in written:
            click.echo(say("cli.report_written", lang, where=str(path)))
    show.warn_plaintext(out, lang)
    return DONE


@saksi.command(help=help_("help_search"))
@case_argument
@click.argument("words", metavar="KATA...", nargs=-1, required=True)
@_option("--limit", key="opt_limit", type=click.IntRange(min=1), default=200)
@passphrase_option
@common
def search(
    case_folder: Path, words: tuple[str, ...], limit: int, passphrase_file: Path | None, lang: str, *, as_json: bool
) -> int:
    """`saksi search`."""
    from saksi import verbs

    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
        data = verbs.search(case, words, limit)
    if as_json:
        print_json(data)
        return DONE
    for row in data["messages"]:
        click.echo(
            say(
                "cli.search_line",
                lang,
                cite=row["cite"],
                time=show.safe(row["time"]),
                sender=show.safe(row["sender_name"]),
                text=show.safe(row["text"]),
            )
            + (say("cli.search_repeated", lang) if row["duplicate_of"] else "")
        )
    show.to_people(say("cli.search_done", lang, found=data["found"]))
    if data["found"] > len(data["messages"]):
        show.to_people(say("cli.search_more", lang, more=data["found"] - len(data["messages"])))
    return DONE


@saksi.command(help=help_("help_export"))
@case_argument
@_option(
    "--what", key="opt_what", type=click.Choice(["messages", "marks", "identifiers", "problems"]), default="messages"
)
@_option("--format", "format_", key="opt_table_format", type=click.Choice(["jsonl", "parquet", "csv"]))
@_option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@common
def export(
    case_folder: Path,
    what: str,
    format_: str | None,
    output: Path | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi export`."""
    from saksi import verbs
    from saksi.table.write import format_of, write_file, write_rows

    verbs.check_output(output)
    chosen = format_ or (format_of(output, None) if output is not None else "jsonl")
    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
        batches = verbs.export_batches(case, what)
        if output is None:
            rows = write_rows(batches, verbs.EXPORTS[what], sys.stdout.buffer, chosen)
        else:
            rows = write_file(batches, verbs.EXPORTS[what], output, chosen)
    if as_json and output is not None:
        print_json({"rows": rows, "output": str(output)})
    else:
        show.to_people(say("cli.export_done", lang, rows=rows))
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE


@saksi.command(help=help_("help_verify"))
@case_argument
@passphrase_option
@common
def verify(case_folder: Path, passphrase_file: Path | None, lang: str, *, as_json: bool) -> int:
    """`saksi verify`."""
    from saksi import verbs

    secret = None
    if passphrase_file is not None or at_terminal():
        secret = passphrase(passphrase_file, lang, new=False)
    data = verbs.verify(case_folder, secret, None if as_json else lang)
    if as_json:
        print_json(data)
    elif data["ok"]:
        click.echo(say("cli.verify_ok", lang, checked=data["checked"]))
    else:
        click.echo(say("cli.verify_bad", lang, bad=len(data["bad"]), checked=data["checked"]))
        for bad in data["bad"]:
            click.echo(say("cli.verify_bad_line", lang, what=bad["what"], where=bad["where"], why=bad["why"]))
    return DONE if data["ok"] else VERIFICATION_FAILED


@saksi.command(help=help_("help_decide"))
@case_argument
@click.argument("mark", metavar="TANDA")
@click.argument("state", metavar="confirmed|rejected|open")
@_option("--by", key="opt_by", required=True)
@_option("--note", key="opt_note")
@passphrase_option
@common
def decide(
    case_folder: Path,
    mark: str,
    state: str,
    by: str,
    note: str | None,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi decide`."""
    from saksi import verbs

    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
        verbs.decide(case, mark, state, by, note)
    if as_json:
        print_json({"mark_id": mark, "state": state})
    else:
        click.echo(say("cli.decided", lang))
    return DONE


@saksi.command(help=help_("help_look"))
@case_argument
@click.argument("message_id", metavar="PESAN")
@click.argument("picture", metavar="GAMBAR", type=click.Path(path_type=Path, dir_okay=False))
@_option("-o", "--output", key="opt_output_png", type=click.Path(path_type=Path, dir_okay=False), required=True)
@_option("--by", key="opt_by", default="C1")
@passphrase_option
@common
def look(
    case_folder: Path,
    message_id: str,
    picture: Path,
    output: Path,
    by: str,
    passphrase_file: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """`saksi look`."""
    from saksi import verbs

    verbs.check_output(output, [picture])
    with verbs.open_case(case_folder, passphrase(passphrase_file, lang, new=False)) as case:
        lines = verbs.look(case, message_id, picture, output, by)
    if as_json:
        print_json({"output": str(output), "lines": lines})
    else:
        click.echo(say("cli.looked", lang, lines=lines))
    show.warn_plaintext(output, lang)
    return DONE


@saksi.command(help=help_("help_scan"))
@click.argument("tables", metavar="TABEL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@_option("-o", "--output", key="opt_output", type=click.Path(path_type=Path, dir_okay=False))
@_option("--at-risk", key="opt_at_risk", multiple=True)
@common
def scan(tables: tuple[Path, ...], output: Path | None, at_risk: tuple[str, ...], lang: str, *, as_json: bool) -> int:
    """`saksi scan`."""
    from saksi import verbs

    data = verbs.scan(tables, at_risk, output)
    if as_json:
        print_json(data)
    else:
        click.echo(say("cli.scan_done", lang, messages=data["messages"], threads=data["threads"], marks=data["marks"]))
        for line in show.not_found_lines(data["names_not_found"], lang):
            click.echo(line)
    if output is not None:
        show.warn_plaintext(output, lang)
    return DONE_WITH_PROBLEMS if data["names_not_found"] else DONE


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
