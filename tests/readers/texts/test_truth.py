"""Every message of the simulator's truth stands in the readers' table exactly once, in every form of this family."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.test_truth import chats, compare, rows_of, whole
from tests.simulator import line, telegram_copy
from tests.simulator.truth import Row


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("locale", line.LOCALES)
def test_line(tmp_path: Path, locale: str, eol: str) -> None:
    for chat in chats("whatsapp"):
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.txt"
        line.write_text(chat, locale, path, truth.append, eol)
        rows, reading = rows_of(path, "mdy" if locale == "en_us" else None)
        compare(rows, truth)
        whole(reading)
        assert {t["title"] for t in reading.account()["threads"]} == {chat.title}


@pytest.mark.parametrize("form", telegram_copy.FORMS)
def test_text_copied_from_telegram(tmp_path: Path, form: str) -> None:
    for chat in chats("telegram"):
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.txt"
        telegram_copy.write_text(chat, form, path, truth.append)
        rows, reading = rows_of(path, "mdy" if form == "short_us" else "dmy" if form != "words" else None)
        compare(rows, truth)
        whole(reading)
