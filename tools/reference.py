"""Write the generated parts of docs/verbs/*.md: usage and options in both languages, and what the examples really print.

`python tools/reference.py` writes, `--check` only compares (tests/test_docs.py does). Generated are the part between the two
markers of options, and every example between `<!-- run: COMMAND -->` and `<!-- end of run -->`: COMMAND is run in a fresh
folder that holds docs/verbs/contoh.txt (an invented chat) and kata-sandi.txt, page after page in the order of `PAGES_IN_ORDER`,
so that later pages have the case that build made. All else on a page is written by hand.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from saksi import words
from saksi.cli.commands import saksi

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "verbs"
BEGIN, END = "<!-- generated: options -->", "<!-- end of generated part -->"
RUN = re.compile(r"<!-- run: (?P<command>saksi [^\n]+?) -->\n.*?<!-- end of run -->", re.S)
PAGES_IN_ORDER = (
    "check", "read", "scan", "build", "report", "search", "export", "verify",
    "decide", "keys", "recovery", "delete", "hold",
)
PASSPHRASE = "empat kata yang panjang\n"


def both(help_text: str | None) -> tuple[str, str]:
    """The help in both languages, found by either."""
    for entry in words.area("cli").values():
        if help_text in (entry.id, entry.en):
            return entry.id, entry.en
    return help_text or "", help_text or ""


def generated(name: str, command: click.Command) -> str:
    """The generated options of one page."""
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
    """The page with its generated options replaced."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + part + tail


def prepare(folder: Path) -> None:
    """Put what the examples need into a fresh folder."""
    shutil.copy(PAGES / "contoh.txt", folder / "contoh.txt")
    (folder / "kata-sandi.txt").write_text(PASSPHRASE, encoding="utf-8")


def printed(command: str, folder: Path) -> str:
    """What `command` prints in `folder`, stdout and stderr as they come, its exit code where that is not 0."""
    done = subprocess.run(
        [sys.executable, "-m", "saksi", *shlex.split(command)[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "SAKSI_LANG": "id"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    ending = f"\n(exit {done.returncode})" if done.returncode else ""
    return done.stdout.decode("utf-8").strip("\n") + ending


def with_examples(text: str, folder: Path) -> str:
    """The page with every example run anew."""

    def run(match: re.Match[str]) -> str:
        command = match["command"]
        lines = [f"$ {command}", *printed(command, folder).splitlines()]
        shown = "\n".join(("    " + line).rstrip() for line in lines)
        return f"<!-- run: {command} -->\n\n{shown}\n\n<!-- end of run -->"

    return RUN.sub(run, text)


def wanted_pages() -> dict[Path, tuple[str, str]]:
    """Every page: (as it is, as it should be)."""
    result = {}
    rest = sorted(set(saksi.commands) - set(PAGES_IN_ORDER))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder)
        for name in (*PAGES_IN_ORDER, *rest):
            path = PAGES / f"{name}.md"
            text = path.read_text(encoding="utf-8") if path.exists() else f"# saksi {name}\n\n{BEGIN}\n{END}\n"
            result[path] = text, with_examples(page_with(text, generated(name, saksi.commands[name])), folder)
    return result


def main() -> int:
    """Write or check every page; 1 where a page is missing or stale."""
    stale = []
    for path, (text, wanted) in wanted_pages().items():
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
