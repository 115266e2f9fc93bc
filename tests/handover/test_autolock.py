"""A case that locks itself when idle stays open through a hand-over and a receipt that last longer than that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from saksi.case.store import Case
from saksi.handover import opening
from saksi.verbs import handing_over, receiving
from tests.handover import making

IDLE_S = 0.5


def slow(function: Any) -> Any:
    """The function, after a time in which nobody touches the case."""

    def called(*args: Any, **more: Any) -> Any:
        time.sleep(3 * IDLE_S)
        return function(*args, **more)

    return called


def test_no_lock_in_the_middle_of_a_hand_over(case_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "_write", slow(handing_over._write))
    with Case.open(case_folder, making.PASSPHRASE) as case:
        case.lock_after(IDLE_S)
        # what comes before the writing is not slowed: it touches the case all the time
        with case.vault.in_use():
            before = case.vault.log_size
        making.hand_over(case, tmp_path / "b.age")
        assert case.vault.log_size > before


def test_no_lock_while_a_bundle_is_read(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed = making.hand_over(case, tmp_path / "b.age")
    folder = handed.unpack(tmp_path / "unpacked")
    monkeypatch.setattr(opening, "checked", slow(opening.checked))
    with Case.create(tmp_path / "K", "sandi penerima yang panjang", kdf=making.CHEAP) as other:
        other.lock_after(IDLE_S)
        receiving.receive(other, folder, receiving.ReceiveOptions(by="p1"))
        assert [e["fields"]["result"] for e in other.vault.entries() if e["action"] == "receive"] == ["ok"]
