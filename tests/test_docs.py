"""Every verb has help and a page; the pages' generated parts are what the commands say; links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saksi import errors
from saksi.cli.commands import saksi
from tools import reference

ROOT = Path(__file__).resolve().parents[1]
MARKDOWN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(saksi.commands))
def test_every_verb_has_help_and_a_page(name: str) -> None:
    command = saksi.commands[name]
    assert command.help
    assert all(getattr(p, "help", None) for p in command.params if p.param_type_name == "option")
    text = (reference.PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert reference.page_with(text, reference.generated(name, command)) == text, "run `make docs`"
    written = text.replace(reference.generated(name, command), "")
    assert len(written) > 300, "a page says more than its options"


def test_every_page_has_a_verb() -> None:
    assert {p.stem for p in reference.PAGES.glob("*.md")} == set(saksi.commands)


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (path.parent / target).exists(), target


def test_exit_codes_are_documented() -> None:
    text = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    codes = {v for k, v in vars(errors).items() if k.isupper() and isinstance(v, int)}
    assert codes == {int(n) for n in re.findall(r"^\| (\d) \|", text, re.M)}
