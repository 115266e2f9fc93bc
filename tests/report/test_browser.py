"""The HTML in Chromium: opens from the disk, asks for nothing, filters, is usable by keyboard and prints."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from saksi import report
from tests.report.fake_case import MADE_US, story

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="no Chromium here (set CHROMIUM)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    c = story()
    c.rows[15]["text"] = "<img src=https://example.invalid/x onerror=document.title='x'>"
    paths = report.write(c, "chronology", "id", tmp_path_factory.mktemp("report"), made_at_us=MADE_US)
    return paths[0].as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as p:
        opened = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser: Any, address: str, **options: Any) -> tuple[Any, list[str], list[str]]:
    page = browser.new_page(**options)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(address)
    return page, asked, said


def test_opens_from_disk_and_asks_for_nothing(browser: Any, address: str) -> None:
    page, asked, said = opened(browser, address)
    assert asked == [address]
    assert said == []
    assert "SK-00C0FFEE" in page.title()
    page.close()


def test_filter_and_search(browser: Any, address: str) -> None:
    page, _, said = opened(browser, address)
    shown = page.locator("article:visible")
    assert shown.count() == 2
    page.fill("#filter-words", "penonton SUDAH")
    assert shown.count() == 1
    assert page.inner_text("#filter-count") == "1"
    page.fill("#filter-words", "tidak ada kata ini")
    assert shown.count() == 0
    assert page.is_visible("#filter-none")
    page.click("#filter-reset")
    assert shown.count() == 2
    for value in ("grooming", "solicitation", "sextortion", "other"):
        page.uncheck(f"#filter input[value={value}]")
    assert shown.count() == 1
    page.click("a[href='#S1-18'] >> nth=0")  # a citation opens what the filter hid
    assert page.locator("#S1-18").is_visible()
    assert said == []
    page.close()


def test_keyboard(browser: Any, address: str) -> None:
    page, _, _ = opened(browser, address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"filter-words", "filter-reset"} <= reached
    page.close()


def test_whole_without_script(browser: Any, address: str) -> None:
    page, _, _ = opened(browser, address, java_script_enabled=False)
    assert page.locator("article").count() == 2
    assert page.locator("article").first.is_visible()
    assert not page.locator("#filter").is_visible()
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_sideways_scrolling(browser: Any, address: str, width: int) -> None:
    page, _, _ = opened(browser, address, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_prints_everything(browser: Any, address: str) -> None:
    page, _, _ = opened(browser, address)
    page.fill("#filter-words", "tidak ada kata ini")
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(page.pdf())).pages)
    assert "Transfer Rp500.000" in text
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_do_not_widen_the_page(browser: Any, tmp_path: Path, width: int) -> None:
    c = story()
    m = c.message("wa", "https://contoh.invalid/" + "a1" * 200, "N" * 200, 30 * 3600, thread_title="T" * 200)
    c.phase("sextortion", [c.mark(m, "threat_to_share", "sextortion", strength="strong", end=300)], ["N" * 200])
    paths = report.write(c, "chronology", "en", tmp_path, made_at_us=MADE_US)
    page, _, _ = opened(browser, paths[0].as_uri(), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
