"""`saksi log`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from saksi.cli import show
from saksi.cli.commands._options import case_argument, common, help_, option, print_json, saksi
from saksi.errors import DONE
from saksi.words import area, say

CODED = frozenset(
    ("what", "kind", "kinds", "role", "result", "reason", "form", "media_rule", "authority", "brought_by", "authentication", "clock",
     "envelope", "consent", "circumstance", "exhibit")
)  # fmt: skip
"""Fields that hold a code of the program, told in words; `purpose` and codes of people are as a person gave them."""


@saksi.command(help=help_("help_log"))
@case_argument
@option("--exhibit", "exhibits", key="opt_exhibit", multiple=True)
@common
def log(case_folder: Path, exhibits: tuple[str, ...], lang: str, *, as_json: bool) -> int:
    """`saksi log`."""
    from saksi.verbs import custody_log

    rows = custody_log.rows(case_folder, exhibits)
    others = custody_log.beside(case_folder)
    if as_json:
        print_json({"entries": list(rows), **others})
        return DONE
    said = False
    for row in rows:
        said = True
        show.result(_line(row, custody_log.told_fields(row["fields"]), lang))
    for row in others["timestamps"]:
        show.result(say("custody.stamp_line", lang, **(row | {"time": row["time"] or say("custody.unknown", lang)})))
    for row in others["witnesses"]:
        show.result(say("custody.witness_line", lang, **_witness(row, lang)))
    show.to_people(say("custody.of_time" if said else "custody.nothing", lang))
    return DONE


def _line(row: dict[str, Any], fields: list[tuple[str, str]], lang: str) -> str:
    words = area("custody")
    action = say(f"custody.action_{row['action']}", lang) if f"action_{row['action']}" in words else row["action"]
    named = [
        f"{say(f'custody.field_{name}', lang) if f'field_{name}' in words else name}: {_value(name, value, lang)}"
        for name, value in fields
    ]
    line = say("custody.line", lang, seq=row["seq"] + 1, time=row["time"], actor=row["actor"], action=action)
    return show.safe(line + (f" ({'; '.join(named)})" if named else ""))


def _value(name: str, value: str, lang: str) -> str:
    """A code of the log in words; what is no code, or written by a person, as it stands."""
    words = area("custody")
    for key in (f"value_{name}_{value}", f"value_{value}") if name in CODED else ():
        if key in words:
            return say(f"custody.{key}", lang)
    return value


def _witness(row: dict[str, Any], lang: str) -> dict[str, Any]:
    from saksi.times import utc_text

    seconds = row["signed_at"]
    time = say("custody.unknown", lang) if seconds is None else utc_text(seconds * 1_000_000)
    return {"witness": row["witness"], "entries": row["entries"], "time": time}
