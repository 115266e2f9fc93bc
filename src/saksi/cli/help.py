"""Help and wrong use in the user's language: click's own words ("Usage", "Options", "No such option") come from the catalog.

`Verbs` is the group: it lists the verbs by what a user wants to do. `wrong_use(error, lang)` is the sentence for what click
refuses; the words typed are not repeated, since they may hold a name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from saksi.words import LANGUAGES, say

TASKS: Final = {
    "case": (
        "build",
        "report",
        "search",
        "decide",
        "look",
        "export",
        "hand-over",
        "receive",
        "verify",
        "log",
        "stamp",
        "witness",
    ),
    "people": ("keys", "recovery", "delete", "hold"),
    "no_case": ("check", "read"),
    "many": ("scan",),
}
"""The verbs by task, in the order of help; a verb that stands nowhere comes last (tests/test_docs.py finds it)."""

BEGIN: Final = {
    1: "saksi check chat.zip",
    2: "saksi build KASUS chat.zip result.json instagram.zip",
    3: "saksi report KASUS --out laporan",
    4: "SAKSI_LANG=en saksi --help",
}


def default_lang() -> str:
    """The language of help and of calls that do not say: SAKSI_LANG, else Indonesian."""
    told = os.environ.get("SAKSI_LANG", "id")
    return told if told in LANGUAGES else "id"


class Formatter(click.HelpFormatter):
    """click's layout under the catalog's headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002 - click's signature
        words = say("cli.head_usage", default_lang()) + " "
        super().write_usage(prog, args.replace("[OPTIONS]", say("cli.head_options_place", default_lang())), words)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        known = {"Options": "head_options", "Commands": "head_commands"}
        with super().section(say(f"cli.{known[name]}", default_lang()) if name in known else name):
            yield


class Context(click.Context):
    """A context whose help is written by `Formatter`."""

    formatter_class = Formatter


class Verb(click.Command):
    """One verb."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say("cli.opt_help", default_lang())
        return option


class Verbs(click.Group):
    """The group of all verbs, listed by task."""

    context_class = Context
    command_class = Verb

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say("cli.opt_help", default_lang())
        return option

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs under what they are for."""
        del ctx
        sorted_in = {verb for verbs in TASKS.values() for verb in verbs}
        for task, verbs in {**TASKS, "commands": tuple(sorted(set(self.commands) - sorted_in))}.items():
            rows = [(name, self.commands[name].help or "") for name in verbs if name in self.commands]
            if rows:
                with formatter.section(say(f"cli.head_{task}", default_lang())):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where to begin."""
        del ctx
        with formatter.section(say("cli.head_begin", default_lang())):
            formatter.write_dl([(call, say(f"cli.begin_{n}", default_lang())) for n, call in BEGIN.items()])


def wrong_use(error: click.ClickException, lang: str) -> str:
    """What is wrong with the call, and where help stands."""
    values: dict[str, Any] = {}
    key = "wrong_call"
    if isinstance(error, click.NoSuchOption):
        key, values = "wrong_option", {"close": ", ".join(error.possibilities or ()) or "--help"}
    elif isinstance(error, click.MissingParameter):
        key, values = "wrong_missing", {"what": _name_of(error.param)}
    elif isinstance(error, click.BadParameter):
        key, values = "wrong_value", {"what": _name_of(error.param), "allowed": _allowed(error.param)}
    elif isinstance(error, click.BadOptionUsage):
        key, values = "wrong_missing", {"what": error.option_name}
    elif isinstance(error, click.UsageError) and isinstance(getattr(error, "ctx", None), click.Context):
        key = "wrong_verb" if isinstance(error.ctx and error.ctx.command, click.Group) else "wrong_call"
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "saksi"
    return say(f"cli.{key}", lang, **values) + " " + say("cli.wrong_help", lang, command=path)


def _name_of(param: click.Parameter | None) -> str:
    if param is None:
        return "?"
    return param.opts[-1] if isinstance(param, click.Option) else str(param.metavar or param.name)


def _allowed(param: click.Parameter | None) -> str:
    kind = param.type if param is not None else None
    return ", ".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else "--help"
