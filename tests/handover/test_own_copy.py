"""The survivor's own copy: opens in a real browser with her passphrase, says nothing without it, asks for nothing, leaves at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saksi import words
from saksi.case.store import Case
from saksi.case.view import StoredView
from saksi.errors import SaksiError, UsageError, VerificationFailed, WrongKey
from saksi.handover import own
from saksi.verbs import handing_over
from tests.handover import making
from tests.report.fake_case import story

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PASSPHRASE = "  mangga muda pagi hari "
DOCS = Path(__file__).resolve().parents[2] / "docs" / "bundle-format.md"
NASTY = "<img src=https://example.invalid/x onerror=document.title='x'></script><script>document.title='y'</script>\u202e"


@pytest.fixture(scope="module")
def copy(case_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("own") / "catatan.html"
    with Case.open(case_folder, making.PASSPHRASE) as case:
        handing_over.own_copy(case, out, PASSPHRASE, "C1", "id")
    return out


def test_it_holds_her_messages_and_says_nothing_without_the_passphrase(copy: Path) -> None:
    data = copy.read_bytes()
    for word in (b"Kak Arga", b"Rara", b"foto", b"Saksi", b"saksi.local", b"korban", b"SK-"):
        assert word not in data, word
    inside = own.opened(data, PASSPHRASE.strip())
    said = json.dumps(inside, ensure_ascii=False)
    assert "jangan kak aku takut" in said
    assert "Siti Rahma" not in said, "a thread without marks is not needed"
    assert set(inside) == {"id", "en", "threads"}
    assert inside["id"]["title"] == "Salinan milik Anda"
    assert any("Undang-Undang 12" in item for s in inside["id"]["sections"] for item in s["items"])
    with pytest.raises(WrongKey):
        own.opened(data, PASSPHRASE.upper())
    for damaged in (data[: len(data) // 2], data.replace(b'"iterations": 1000000', b'"iterations": 0'), b"<html>", b""):
        with pytest.raises((VerificationFailed, WrongKey)):
            own.opened(damaged, PASSPHRASE)


def test_the_log_has_it(case: Case, tmp_path: Path) -> None:
    handing_over.own_copy(case, tmp_path / "c.html", PASSPHRASE, "C1", "en")
    begun, written = list(case.vault.entries())[-2:]
    assert (begun["fields"]["what"], begun["fields"]["role"], written["fields"]["result"]) == ("own-copy", "survivor", "written")


@pytest.mark.parametrize(
    ("passphrase", "by", "key"),
    [("pendek", "C1", "own_copy_passphrase_short"), (PASSPHRASE, "Ibu Rina", "by_not_a_code")],
)
def test_wrong_use_writes_nothing(case: Case, tmp_path: Path, passphrase: str, by: str, key: str) -> None:
    with pytest.raises(UsageError) as e:
        handing_over.own_copy(case, tmp_path / "c.html", passphrase, by, "id")
    assert e.value.key == key
    assert list(tmp_path.iterdir()) == []


def test_the_work_of_guessing_is_what_it_says(copy: Path) -> None:
    assert own.ITERATIONS >= 600_000
    assert f'"iterations": {own.ITERATIONS}'.encode() in copy.read_bytes()
    assert own.page({"x": 1}, PASSPHRASE, "id", iterations=1) != own.page({"x": 1}, PASSPHRASE, "id", iterations=1), "fresh salt"


def test_her_words_are_never_her_act(case: Case) -> None:
    """Nothing withheld from documents is told here."""
    story_case = story()
    inside = own.content(story_case, "id", 0)
    told = [i for s in inside["id"]["sections"] for i in s["items"]]
    for name in story_case.at_risk:
        assert not any(name in line for line in told)
    assert StoredView(case).at_risk


def test_words_are_calm() -> None:
    blame = re.compile(r"(?i)\b(kenapa|mengapa|why|should have|seharusnya|salah anda|your mistake|lalai|careless)\b")
    for key, entry in words.area("own_copy").items():
        assert not blame.search(entry.id + " " + entry.en), key


def test_the_documented_opener_opens_it(copy: Path, tmp_path: Path) -> None:
    section = DOCS.read_text(encoding="utf-8").partition("own copy (`--to passphrase`)")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    program = tmp_path / "open.py"
    program.write_text(code.replace("getpass.getpass()", "sys.stdin.readline()"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program), str(copy)], input=PASSPHRASE, capture_output=True, check=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert json.loads(done.stdout) == own.opened(copy.read_bytes(), PASSPHRASE)


# -- in Chromium -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    c = story()
    c.rows[15]["text"] = NASTY
    c.rows[15]["sender_name"] = NASTY
    path = tmp_path_factory.mktemp("own") / "catatan.html"
    path.write_bytes(own.page(own.content(c, "id", c.rows[0]["sent_at"] or 0), PASSPHRASE, "id", iterations=600_000))
    return path


def loaded(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str], list[str]]:
    page = browser.new_page(**options)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(path.as_uri())
    return page, asked, said


def enter(page: Any, passphrase: str) -> None:
    page.fill("#passphrase", passphrase)
    page.click("#lock button")


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="no Chromium here (set CHROMIUM)")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
class TestInChromium:
    def test_it_opens_with_her_passphrase_and_asks_for_nothing(self, browser: Any, nasty: Path) -> None:
        page, asked, said = loaded(browser, nasty)
        assert page.title() == "Catatan"
        assert not page.is_visible("#content")
        enter(page, "bukan kata sandinya")
        page.locator("#said", has_text="tidak cocok").wait_for(timeout=60_000)
        enter(page, PASSPHRASE.strip())
        page.wait_for_selector("#content h1", timeout=60_000)
        assert page.inner_text("#content h1") == "Salinan milik Anda"
        for summary in page.locator("summary").all():
            summary.click()
        assert "Transfer Rp500.000" in page.inner_text("#content")
        assert NASTY.rstrip("\u202e") in page.inner_text("#content").replace("\u202e", ""), "text is text"
        assert page.title() == "Catatan"
        assert page.locator("#content img, #content script").count() == 0
        page.click("text=English")
        assert page.inner_text("#content h1") == "Your own copy"
        page.click("text=Lock again")
        assert not page.is_visible("#content")
        assert page.inner_text("#content") == ""
        assert asked == [nasty.as_uri()]
        assert said == []
        page.close()

    @pytest.mark.parametrize("way", ["button", "keys"])
    def test_leaving_quickly_empties_the_page_and_back_shows_nothing(self, browser: Any, nasty: Path, way: str) -> None:
        page, _, _ = loaded(browser, nasty)
        enter(page, PASSPHRASE)
        page.wait_for_selector("#content h1", timeout=60_000)
        if way == "button":
            page.click("#exit")
        else:
            for _ in range(3):
                page.keyboard.press("Escape")
        page.wait_for_url("about:blank", timeout=30_000)
        assert page.content().count("Salinan") == 0
        page.go_back()
        assert "Salinan milik Anda" not in page.content()
        page.close()

    @pytest.mark.parametrize("width", [320, 1280])
    def test_it_fits_a_phone(self, browser: Any, nasty: Path, width: int) -> None:
        page, _, _ = loaded(browser, nasty, viewport={"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        enter(page, PASSPHRASE)
        page.wait_for_selector("#content h1", timeout=60_000)
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()

    def test_without_script_it_says_why(self, browser: Any, nasty: Path) -> None:
        page, _, _ = loaded(browser, nasty, java_script_enabled=False)
        assert "JavaScript" in page.inner_text("main")
        page.close()

    def test_keyboard_alone(self, browser: Any, nasty: Path) -> None:
        page, _, _ = loaded(browser, nasty)
        page.focus("#passphrase")
        page.keyboard.type(PASSPHRASE.strip())
        page.keyboard.press("Enter")
        page.wait_for_selector("#content h1", timeout=60_000)
        page.close()


def test_errors_have_no_secret(case: Case, tmp_path: Path) -> None:
    with pytest.raises(SaksiError) as e:
        handing_over.own_copy(case, tmp_path / "tidak" / "ada" / "c.html", PASSPHRASE, "C1", "id")
    assert PASSPHRASE.strip() not in str(e.value)
