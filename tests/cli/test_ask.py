"""Questions at a terminal: numbers, Enter, and answers that make no sense are asked again, never dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from saksi.cli.ask import TerminalAsk, as_exported, ask_passphrase, by_name, numbers_in
from saksi.cli.commands import run
from saksi.words import say

ACCOUNTS: list[dict[str, Any]] = [
    {"platform": "whatsapp", "sender_id": None, "sender_name": "Wulan Contoh", "threads": 3, "messages": 90},
    {"platform": "telegram", "sender_id": "user86000001", "sender_name": "Kak Arga", "threads": 1, "messages": 20},
    {"platform": "telegram", "sender_id": "user86000002", "sender_name": "Wulan Contoh", "threads": 1, "messages": 12},
    {
        "platform": "whatsapp",
        "sender_id": "+6286055512345",
        "sender_name": "+62 860-5551-2345",
        "threads": 1,
        "messages": 4,
    },
]
THREADS: list[dict[str, Any]] = [
    {"thread_id": "t1", "title": "Kak Arga", "platform": "telegram", "records": 32},
    {"thread_id": "t2", "title": None, "source_name": "chat.txt", "platform": "whatsapp", "records": 60},
    {"thread_id": "t3", "title": "Kelas", "platform": "whatsapp", "records": 50},
]
Asked = tuple[TerminalAsk, list[str]]


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """A person who gives these answers one after the other; what was asked is kept."""

    def make(*answers: str, lang: str = "id") -> Asked:
        left: Iterator[str] = iter(answers)
        questions: list[str] = []

        def prompt(text: str, **_settings: Any) -> str:
            questions.append(text)
            return next(left)

        monkeypatch.setattr(click, "prompt", prompt)
        return TerminalAsk(lang, lambda: None), questions

    return make


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [("1,3-5", [1, 3, 4, 5]), ("2 2;1", [2, 1]), ("0", None), ("6", None), ("3-9999999999", None), ("5-2", None),
     ("a", None), ("1-", None), ("", None), ("-1", None), ("²", None)],
)  # fmt: skip
def test_numbers(answer: str, numbers: list[int] | None) -> None:
    assert numbers_in(answer, 5) == numbers


def test_zone_by_number_by_name_and_asked_again(
    asking: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    ask, questions = asking("WIBB", "2")
    assert ask.zone() == "Asia/Makassar"
    assert len(questions) == 2
    assert "WIBB" in capsys.readouterr().err
    assert asking("Mars/Base", "wit")[0].zone() == "Asia/Jayapura"
    assert asking("")[0].zone() is None
    assert say("cli.zone_left_open", "id")[:20] in " ".join(capsys.readouterr().err.split())


def test_date_order(asking: Callable[..., Asked]) -> None:
    assert asking("1")[0].date_order("S1", "chat.txt") == "dmy"
    assert asking("mmm", "MDY")[0].date_order("S1", "chat.txt") == "mdy"
    assert asking("")[0].date_order("S1", "chat.txt") is None


def test_threads_are_chosen_by_the_numbers_shown(
    asking: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    ask, questions = asking("9", "1-2")
    assert ask.threads(THREADS) == ["t2", "t3"]
    assert len(questions) == 2
    shown = capsys.readouterr().err
    assert "1. chat.txt" in shown
    assert "2. Kelas" in shown
    assert asking("")[0].threads(THREADS) is None
    assert asking()[0].threads(THREADS[:1]) is None, "nothing to choose from, nothing asked"


def test_one_name_in_two_apps_is_one_line() -> None:
    assert next((a["name"], a["platforms"], a["threads"]) for a in by_name(ACCOUNTS)) == (
        "Wulan Contoh",
        ["whatsapp", "telegram"],
        4,
    )


def test_people_by_number_or_name_and_a_mistyped_name_is_said(
    asking: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking("1")[0].owner(ACCOUNTS) == "Wulan Contoh"
    assert asking("1,2")[0].at_risk(ACCOUNTS) == ["Wulan Contoh", "Kak Arga"]
    assert asking("wulan  contoh")[0].at_risk(ACCOUNTS) == ["Wulan Contoh"]
    assert asking("wulan contoh, user86000001")[0].at_risk(ACCOUNTS) == ["Wulan Contoh", "Kak Arga"]
    assert asking("0860 5551 2345")[0].at_risk(ACCOUNTS) == ["+62 860-5551-2345"]
    capsys.readouterr()
    ask, questions = asking("Wulann", "99", "1,2", "")
    assert ask.owner(ACCOUNTS) is None
    assert len(questions) == 4, "a mistyped name, a number too high, two owners: asked again each time"
    assert say("cli.name_not_found", "id").split()[0] in capsys.readouterr().err
    assert asking()[0].at_risk([]) == [], "no accounts, nothing asked"


def test_as_exported_is_what_the_export_writes() -> None:
    assert as_exported("WULAN contoh", ACCOUNTS) == "Wulan Contoh"
    assert as_exported("Rina", ACCOUNTS) is None


def test_a_new_passphrase_is_asked_until_it_holds(
    asking: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    good = "empat kata yang panjang"
    _, questions = asking(" ", "pendek", good, "lain sama sekali", good, good)
    assert ask_passphrase("id", new=True) == good
    assert len(questions) == 6
    assert "pendek" not in questions
    err = capsys.readouterr().err
    assert say("errors.passphrase_differs", "id").split(".")[0] in err
    asking("kunci lama")
    assert ask_passphrase("id", new=False) == "kunci lama", "an existing case opens with whatever it was made with"


def test_stopping_says_that_nothing_sealed_is_lost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(**_: object) -> None:
        raise click.exceptions.Abort

    monkeypatch.setattr("saksi.cli.commands.saksi.main", stopped)
    assert run(["build", "KASUS"]) == 2
    assert say("cli.stopped", "id") in capsys.readouterr().err
