"""What goes wrong on an ordinary day, each with the sentence that a person reads, in both languages."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saksi.errors import SaksiError, StorageFailed, VerificationFailed, WrongKey
from saksi.vault import Vault, verify_case, verify_folder
from saksi.vault.files import FileSystem
from saksi.vault.findings import Bad
from saksi.words import say
from tests.vault.conftest import CHEAP, PASSPHRASE

SRC = Path(__file__).parents[2] / "src"

WRITER = """
import os, sys
from pathlib import Path
from saksi.vault import Vault
with Vault.open(Path(sys.argv[1]), sys.argv[2]) as vault:
    for n in range(100_000):
        sealed = vault.seal([os.urandom(3000)], kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
        if n % 7 == 0:
            vault.checkpoint()
        print(sealed.object_id, flush=True)
"""


def in_two_languages(error: SaksiError) -> str:
    """Both sentences; they differ and neither names a folder."""
    told = [say(f"errors.{error.key}", lang, **error.values) for lang in ("id", "en")]
    assert told[0] != told[1]
    assert not any("/" in sentence.replace("/or", "") for sentence in told)
    return " ".join(told)


def case_with(folder: Path, *contents: bytes) -> list[str]:
    ids = []
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        for content in contents:
            sealed = vault.seal([content], kind="source", meta={})
            vault.append("seal", objects=[sealed.object_id])
            ids.append(sealed.object_id)
    return ids


def writing(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), PASSPHRASE], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    return child


def ended(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def test_two_processes_on_one_case(folder: Path) -> None:
    case_with(folder)
    child = writing(folder)
    try:
        with pytest.raises(WrongKey) as told:
            Vault.open(folder, PASSPHRASE)
    finally:
        ended(child)
    assert told.value.key == "case_locked"
    assert "another" in in_two_languages(told.value)
    Vault.open(folder, PASSPHRASE).close()  # the lock goes with the process


def test_a_full_disk(folder: Path) -> None:
    class Full(FileSystem):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            raise OSError(errno.ENOSPC, "full")

    case_with(folder, b"ada")
    with Vault.open(folder, PASSPHRASE, files=Full()) as vault, pytest.raises(StorageFailed) as told:
        vault.seal([b"x"], kind="source", meta={})
    assert told.value.key == "vault_full"
    assert "full" in in_two_languages(told.value)
    assert verify_case(folder, PASSPHRASE).ok


def test_a_disk_that_can_only_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (object_id,) = case_with(folder, b"ada")
    real = os.open

    def refused(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, "read-only")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", refused)
    with Vault.open(folder, PASSPHRASE) as vault:
        with vault.open_object(object_id) as f:
            assert f.read() == b"ada"
        with pytest.raises(StorageFailed) as told:
            vault.seal([b"x"], kind="source", meta={})
        with pytest.raises(StorageFailed), vault.together():
            pass
    assert told.value.key == "case_read_only"
    assert "only be read" in in_two_languages(told.value)


def test_a_clock_that_jumps_back(folder: Path) -> None:
    day_us = 86_400_000_000
    now = [20_000 * day_us]
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, clock=lambda: now[0]) as vault:
        vault.append("view")
        now[0] -= day_us
        vault.append("view")
        with vault.together():
            vault.append("view")
    found = verify_folder(folder)
    assert found.ok, "a clock is no damage"
    (said,) = [i for i in found.info if i.why == "clock_backwards"]
    assert said.where == "log/entries.jsonl line 3"
    assert "backwards" in said.sentence("en")
    assert said.sentence("id") != said.sentence("en")


def test_a_wrong_passphrase(folder: Path) -> None:
    case_with(folder)
    with pytest.raises(WrongKey) as told:
        Vault.open(folder, PASSPHRASE.upper())
    assert told.value.key == "wrong_passphrase"
    assert "does not open the case" in in_two_languages(told.value)


def test_a_truncated_last_line_of_the_log(folder: Path) -> None:
    case_with(folder, b"ada")
    path = folder / "log/entries.jsonl"
    with Vault.open(folder, PASSPHRASE) as vault:
        vault.append("view")
        vault._doubtful = True  # ends as a killed process does: without a checkpoint
    path.write_bytes(path.read_bytes()[:-9])
    (bad,) = verify_case(folder, PASSPHRASE).bad
    assert (bad.why, bad.where) == ("entry_torn", "log/entries.jsonl line 3")
    assert bad.sentence("id") != bad.sentence("en")
    with Vault.open(folder, PASSPHRASE) as vault:
        assert [e["action"] for e in vault.entries()] == ["create", "seal", "recover"]
    assert verify_case(folder, PASSPHRASE).ok


def test_a_case_copied_while_it_is_in_use(folder: Path, tmp_path: Path) -> None:
    """A copy taken in the middle is whole, or says what it lacks; what was there before the copying began is in it."""
    before = case_with(folder, b"satu", b"dua")
    child = writing(folder)
    copies = []
    try:
        for n in range(6):
            time.sleep(0.05)
            copy = tmp_path / f"salinan {n}"
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("tmp-*"))
            copies.append(copy)
    finally:
        ended(child)
    for copy in copies:
        try:
            with Vault.open(copy, PASSPHRASE) as vault:
                for object_id, content in zip(before, (b"satu", b"dua"), strict=True):
                    with vault.open_object(object_id) as f:
                        assert f.read() == content
                if not vault.sound:
                    with pytest.raises(VerificationFailed):
                        vault.append("view")
        except SaksiError as e:
            pytest.fail(f"what was there before cannot be had: {e.key}")
        for bad in verify_case(copy, PASSPHRASE).bad:
            assert bad.why in {"object_missing", "log_rolled_back", "checkpoint_root"}, bad
            assert Bad(bad.what, bad.where, bad.why).sentence("id")
