"""A case left open locks itself: keys dropped, the database closed, further use a clear error, nothing lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from saksi.case.store import Case
from saksi.errors import WRONG_KEY, WrongKey
from saksi.vault import verify_case
from tests.case.test_store import CHEAP, PASSPHRASE


def test_an_idle_case_locks_itself_and_opens_again(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "K", PASSPHRASE, kdf=CHEAP)
    sealed = case.vault.seal([b"isi"], kind="source", meta={})
    case.vault.append("seal", objects=[sealed.object_id])
    opened = case.vault.opened_keys
    case.lock_after(0.2)
    with case.vault.in_use():
        time.sleep(0.4)
        case.set("zone", "Asia/Jakarta")
    until = time.monotonic() + 20
    while any(opened.case_key) and time.monotonic() < until:  # looked at without using the case
        time.sleep(0.05)
    assert not any(opened.case_key), "the key is overwritten"
    for use in (lambda: case.get("zone"), lambda: case.vault.append("view"), lambda: case.vault.open_object(sealed.object_id)):
        with pytest.raises(WrongKey) as refused:
            use()
        assert (refused.value.key, refused.value.exit_code) == ("vault_locked", WRONG_KEY)
    case.close()  # harmless
    with Case.open(tmp_path / "K", PASSPHRASE) as again:  # the lock on the folder was given back
        assert again.get("zone") == "Asia/Jakarta"
        assert again.vault.checkpoints[-1].size == again.vault.log_size, "signed before it was locked"
        assert again.vault.open_object(sealed.object_id).read() == b"isi"
    assert verify_case(tmp_path / "K", PASSPHRASE).ok


def test_a_case_that_is_used_stays_open(tmp_path: Path) -> None:
    with Case.create(tmp_path / "K", PASSPHRASE, kdf=CHEAP) as case:
        case.lock_after(1.5)
        for _ in range(8):
            time.sleep(0.3)
            assert case.get("zone") is None
