"""Write the generated part of docs/verbs/*.md (usage and options, both languages) from the commands themselves.

`python tools/reference.py` writes, `--check` only compares (tests/test_docs.py does). The part between the two markers is
generated; all else on a page is written by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from saksi import words
from saksi.cli.commands import saksi

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "verbs"
BEGIN, END = "<!-- generated: options -->", "<!-- end of generated part -->"


def both(help_text: str | None) -> tuple[str, str]:
    """The help in both languages, found by either."""
    for entry in words.area("cli").values():
        if help_text in (entry.id, entry.en):
            return entry.id, entry.en
    return help_text or "", help_text or ""


def generated(name: str, command: click.Command) -> str:
    """The generated part of one page."""
    arguments = " ".join(
        p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
    )
    indonesian, english = both(command.help)
    lines = [
        BEGIN,
        "",
        f"    saksi {name} {arguments} [OPSI / OPTIONS]",
        "",
        f"{indonesian}  ",
        f"{english}",
        "",
        "| opsi / option | Indonesia | English |",
        "|---|---|---|",
    ]
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            values = " ".join(option.type.choices) if isinstance(option.type, click.Choice) else ""
            names = ", ".join(f"`{o}`" for o in option.opts) + (f" ({values})" if values else "")
            id_, en = both(option.help)
            lines.append(f"| {names} | {id_} | {en} |")
    return "\n".join([*lines, "", END])


def page_with(text: str, part: str) -> str:
    """The page with its generated part replaced."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + part + tail


def main() -> int:
    """Write or check every page; 1 where a page is missing or stale."""
    stale = []
    for name, command in sorted(saksi.commands.items()):
        path = PAGES / f"{name}.md"
        text = path.read_text(encoding="utf-8") if path.exists() else f"# saksi {name}\n\n{BEGIN}\n{END}\n"
        wanted = page_with(text, generated(name, command))
        if wanted != text or not path.exists():
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(wanted, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print("stale, run `make docs`:", ", ".join(stale))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
