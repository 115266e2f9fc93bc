"""A case grows: what was chosen before stays chosen when files are added, whatever is answered for the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from saksi import verbs
from tests.case.test_store import CHEAP, PASSPHRASE

LINES = {
    "Kak Arga": "10/03/26 21.20 - Kak Arga: halo\n10/03/26 21.24 - Wulan Contoh: halo kak\n",
    "Kelas": "13/03/26 07.00 - Bu Sari: besok ulangan\n13/03/26 07.10 - Wulan Contoh: baik bu\n",
    "Ibu": "14/03/26 07.00 - Ibu: sudah makan?\n14/03/26 07.10 - Wulan Contoh: sudah bu\n",
}


class Answers:
    """Answers `threads` with the titles wanted (None: Enter), everything else with Enter; keeps what was listed."""

    def __init__(self, *wanted: str, everything: bool = False) -> None:
        self.wanted = wanted
        self.everything = everything
        self.listed: list[str] = []

    def one_code(self, what: str, codes: Sequence[str]) -> str | None:
        del what, codes
        return None

    def zone(self) -> str | None:
        return "WIB"

    def date_order(self, label: str, name: str) -> str | None:
        del label, name
        return "dmy"

    def threads(self, threads: Sequence[dict[str, Any]]) -> Sequence[str] | None:
        titles = {
            str(t["title"] or Path(t["source_name"]).stem.removeprefix("Chat WhatsApp dengan ")): t for t in threads
        }
        self.listed = sorted(titles)
        return None if self.everything else [titles[w]["thread_id"] for w in self.wanted]

    def owner(self, accounts: Sequence[dict[str, Any]]) -> str | None:
        del accounts
        return None

    def at_risk(self, accounts: Sequence[dict[str, Any]]) -> Sequence[str]:
        del accounts
        return []


@pytest.fixture
def chats(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for title, text in LINES.items():
        paths[title] = tmp_path / f"Chat WhatsApp dengan {title}.txt"
        paths[title].write_text(text, encoding="utf-8")
    return paths


def stored(folder: Path, paths: Sequence[Path], ask: Answers | None) -> list[int]:
    how: dict[str, Any] = {} if verbs.is_case(folder) else {"kdf": CHEAP}
    data = verbs.build(folder, PASSPHRASE, paths, verbs.BuildOptions(), ask=ask, **how).data
    return [s.get("stored_records", s["records"]) for s in data["sources"]]


@pytest.mark.parametrize("everything", [True, False])
def test_adding_keeps_what_was_chosen(tmp_path: Path, chats: dict[str, Path], *, everything: bool) -> None:
    folder = tmp_path / "KASUS"
    first = Answers("Kak Arga", everything=everything)
    before = stored(folder, [chats["Kak Arga"], chats["Kelas"]], first)
    assert first.listed == ["Kak Arga", "Kelas"]
    assert before == ([2, 2] if everything else [2, 0])
    second = Answers("Ibu")
    after = stored(folder, [chats["Ibu"]], second)
    assert second.listed == ["Ibu"], "only new threads are asked about"
    assert after == [*before, 2]
    assert stored(folder, [], Answers()) == after, "nothing new, nothing asked, nothing lost"
