"""Every verb has help and a page; the pages' generated parts are what the commands say; links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from saksi import errors, words
from saksi.cli.commands import run, saksi
from saksi.cli.help import TASKS, default_lang
from tools import reference

ROOT = Path(__file__).resolve().parents[1]
MARKDOWN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

NOT_RUN = ("decide", "look", "hand-over", "receive", "recovery", "log", "witness", "delete", "hold")
"""Verbs whose examples need a person, a second key or a file that no example makes."""


@pytest.fixture(scope="module")
def wanted() -> dict[Path, tuple[str, str]]:
    """Every page as it is and as it should be, its examples run."""
    return reference.wanted_pages()


@pytest.mark.parametrize("name", sorted(saksi.commands))
def test_pages_show_what_the_program_prints(name: str, wanted: dict[Path, tuple[str, str]]) -> None:
    is_now, should_be = wanted[reference.PAGES / f"{name}.md"]
    assert is_now == should_be, "run `make docs`"
    assert name in NOT_RUN or reference.RUN.search(is_now), "a page has an example"
    assert "(exit " not in is_now, "the examples work"


def test_an_example_that_prints_something_else_is_found(tmp_path: Path) -> None:
    reference.prepare(tmp_path)
    page = "<!-- run: saksi check contoh.txt -->\n\n    $ saksi check contoh.txt\n    Aman.\n\n<!-- end of run -->"
    assert "Kak Arga" in reference.with_examples(page, tmp_path)
    failing = reference.with_examples("<!-- run: saksi check tidak-ada.txt -->\n<!-- end of run -->", tmp_path)
    assert "(exit 3)" in failing or "(exit 2)" in failing


@pytest.mark.parametrize("lang", ["id", "en"])
def test_help_sorts_every_verb_by_task_and_speaks_one_language(lang: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "saksi", "--help"],
        env={**os.environ, "SAKSI_LANG": lang, "COLUMNS": "60", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode("utf-8")
    assert max(map(len, text.splitlines())) <= 62
    assert {verb for verbs in TASKS.values() for verb in verbs} == set(saksi.commands)
    for task in TASKS:
        assert words.say(f"cli.head_{task}", lang) + ":" in text
    assert ("Usage:" in text) == (lang == "en")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chek"], "wrong_verb"),
        (["check"], "wrong_missing"),
        (["check", "x", "--nope"], "wrong_option"),
        (["check", "x", "--date-order", "zzz"], "wrong_value"),
        (["search", "K", "x", "--limit", "Rina"], "wrong_value"),
    ],
)
def test_wrong_use_is_said_in_the_language_told(args: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for lang in words.LANGUAGES:
        assert run([*args, "--lang", lang] if args != ["chek"] else args) == errors.WRONG_USE
        err = capsys.readouterr().err
        entry = words.area("cli")[said]
        expected = getattr(entry, lang if args != ["chek"] else default_lang())
        assert expected.split("{")[0].strip() in err
        assert "Rina" not in err, "words typed may be a name"


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


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "formats").glob("*.md")), ids=lambda p: p.stem)
def test_every_format_is_found_from_the_front_and_says_how_to_get_it(page: Path) -> None:
    assert f"docs/formats/{page.name}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"formats/{page.name}" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    assert "## " in text
    assert re.search(r"(?i)mengambil|cara|ponsel", text), "how to get it, in Indonesian"
    assert re.search(r"(?i)how to|get|phone|download", text), "how to get it, in English"
