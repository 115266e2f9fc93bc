"""Flip bits in every byte of every file of a small case: each flip is named by the check, and none crashes anything."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from saksi.errors import SaksiError
from saksi.vault import Vault, verify_case, verify_folder
from tests.vault.conftest import CHEAP, PASSPHRASE


@pytest.fixture(scope="module")
def sealed_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two objects, four entries and three checkpoints."""
    folder = tmp_path_factory.mktemp("damage") / "kasus"
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        for n in range(2):
            sealed = vault.seal([bytes([n]) * 90], kind="source", meta={"n": n})
            vault.append("seal", objects=[sealed.object_id], source=vault.commitment(sealed.digest))
            vault.checkpoint()
        vault.append("view", exhibit="S1")
    assert verify_case(folder, PASSPHRASE).ok
    return folder


def classes(folder: Path) -> dict[str, list[Path]]:
    return {
        "case file": [folder / "saksi.json"],
        "keys": sorted((folder / "keys").iterdir()),
        "log": [folder / "log/entries.jsonl"],
        "checkpoints": [folder / "log/checkpoints"],
        "objects": sorted((folder / "objects").iterdir()),
    }


def findings(folder: Path) -> set[str]:
    """Where the check says something is bad; {"refused"} where the case cannot be checked at all."""
    try:
        return {b.where.split(" ")[0] for b in verify_case(folder, PASSPHRASE).bad}
    except SaksiError:
        return {"refused"}


@pytest.mark.parametrize("of", ["case file", "keys", "log", "checkpoints", "objects"])
def test_every_flip_is_named(sealed_case: Path, tmp_path: Path, of: str) -> None:
    folder = tmp_path / "kasus"
    shutil.copytree(sealed_case, folder)
    flips = 0
    for path in classes(folder)[of]:
        raw = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        for at in range(len(raw)):
            changed = bytearray(raw)
            changed[at] ^= 1 << ((at * 5) % 8)
            path.write_bytes(changed)
            found = findings(folder)
            # A log whose line breaks are damaged is named at the checkpoint that no longer fits, or at the line.
            near = {name, "refused", "log/checkpoints"} if of == "log" else {name, "refused"}
            assert found & near, (name, at)
            if of == "objects":
                assert found == {name}, (name, at)
            flips += 1
        path.write_bytes(raw)
    assert flips > 100
    assert findings(folder) == set()


@pytest.mark.parametrize("of", ["case file", "keys", "log", "checkpoints"])
def test_what_needs_no_key_is_found_without_it(sealed_case: Path, tmp_path: Path, of: str) -> None:
    folder = tmp_path / "kasus"
    shutil.copytree(sealed_case, folder)
    for path in classes(folder)[of]:
        raw = path.read_bytes()
        for at in range(0, len(raw), 3):
            changed = bytearray(raw)
            changed[at] ^= 0x10
            path.write_bytes(changed)
            with contextlib.suppress(SaksiError):
                assert not verify_folder(folder).ok, (path.name, at)
        path.write_bytes(raw)


def test_opening_a_damaged_case_never_crashes_and_never_makes_it_look_whole(sealed_case: Path, tmp_path: Path) -> None:
    """Open with each file damaged: refused; or open and either unsound, or mended with an entry that says so."""
    for at_most in range(0, 4000, 97):
        for paths in classes(sealed_case).values():
            folder = tmp_path / "kasus"
            shutil.copytree(sealed_case, folder)
            path = folder / paths[-1].relative_to(sealed_case)
            raw = bytearray(path.read_bytes())
            raw[at_most % len(raw)] ^= 0x20
            path.write_bytes(raw)
            damaged = {b.where for b in verify_case(folder, PASSPHRASE).bad} if path.name != "saksi.json" else {"?"}
            try:
                with Vault.open(folder, PASSPHRASE) as vault:
                    mended = vault.sound and list(vault.entries())[-1]["action"] == "recover"
                    assert not vault.sound or mended or "objects" in path.as_posix()
                    assert damaged
            except SaksiError:
                pass
            shutil.rmtree(folder)


def test_every_truncation_of_every_file_is_named(sealed_case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kasus"
    shutil.copytree(sealed_case, folder)
    for paths in classes(folder).values():
        for path in paths:
            raw = path.read_bytes()
            for length in sorted({0, 1, len(raw) - 1, len(raw) - 2, *range(0, len(raw), 61)}):
                path.write_bytes(raw[:length])
                assert findings(folder), (path.name, length)
            path.write_bytes(raw)


def test_every_missing_file_is_named(sealed_case: Path, tmp_path: Path) -> None:
    for paths in classes(sealed_case).values():
        for original in paths:
            folder = tmp_path / "kasus"
            shutil.copytree(sealed_case, folder)
            name = original.relative_to(sealed_case).as_posix()
            (folder / name).unlink()
            assert findings(folder) & {name, "refused"}, name
            shutil.rmtree(folder)
