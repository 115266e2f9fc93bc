"""Every message of the simulator's truth stands in the readers' table exactly once, in every form of this family."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.test_truth import chats, compare, rows_of, whole
from tests.simulator import imessage, line, sms, telegram_copy
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


@pytest.mark.parametrize("halves", [True, False])
def test_sms(tmp_path: Path, *, halves: bool) -> None:
    phone = chats("whatsapp")
    truth: list[Row] = []
    path = tmp_path / "sms-2026.xml"
    sms.write_sms(phone, path, truth.append, halves=halves)
    rows, reading = rows_of(path)
    compare(rows, truth)
    assert reading.account()["bytes"]["problems"] == 0
    assert {r["thread_id"] for r in rows} == {sms.address_of(c) for c in phone}
    assert {r["sender_id"] for r in rows if r["direction"] == "out"} == {"self"}
    digests = [a["digest"] for r in rows for a in r["attachments"] or []]
    assert digests
    assert None not in digests


def test_calls(tmp_path: Path) -> None:
    truth: list[Row] = []
    path = tmp_path / "calls-2026.xml"
    sms.write_calls(chats("whatsapp"), path, truth.append)
    rows, reading = rows_of(path)
    assert truth
    compare(rows, truth)
    whole(reading)


def test_imessage(tmp_path: Path) -> None:
    for chat in chats("whatsapp"):
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.txt"
        imessage.write_text(chat, path, truth.append)
        rows, reading = rows_of(path)
        compare(rows, truth)
        whole(reading)
        assert {r["direction"] for r in rows if r["sender_name"] == "Me"} <= {"out"}
