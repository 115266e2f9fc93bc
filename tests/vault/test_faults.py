"""Let every single write to disk fail, in every way, and cut the power after every single one.

A scenario makes a case, seals and logs, and notes what it acknowledged. It is run once to count its operations, then
once for each operation and fault. Afterwards the case is opened as after a restart: everything acknowledged is there,
the log holds, and the next sealing works.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from saksi.errors import SaksiError, StorageFailed
from saksi.vault import Vault, verify_case, verify_folder
from saksi.vault.files import FileSystem
from tests.vault.conftest import CHEAP, PASSPHRASE

PACKED = [b"kecil", b"lain" * 20_000, b"", b"satu" * 30]
CONTENTS = [b"satu" * 30, b"", b"tiga" * 40_000, b"satu" * 30]


class Counted(FileSystem):
    """Counts operations that can fail, and lets number `at` fail with `fault`."""

    def __init__(self, at: int = -1, fault: str = "") -> None:
        self.at, self.fault, self.done = at, fault, 0
        self.log: list[str] = []

    def _turn(self, name: str) -> bool:
        self.log.append(name)
        self.done += 1
        return self.done - 1 == self.at

    def _fail(self) -> None:
        raise OSError(errno.ENOSPC if "full" in self.fault else errno.EIO, "made to fail")

    def create(self, path: Path) -> int:
        if self._turn("create"):
            self._fail()
        return super().create(path)

    def open_append(self, path: Path) -> int:
        if self._turn("open_append"):
            self._fail()
        return super().open_append(path)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        if self._turn("write"):
            if "short" in self.fault:
                taken = super().write(fd, memoryview(data)[: len(data) // 2 or 1])
                if self.fault == "short":
                    return taken
            self._fail()
        return super().write(fd, data)

    def truncate(self, fd: int, size_bytes: int) -> None:
        if self._turn("truncate"):
            self._fail()
        super().truncate(fd, size_bytes)

    def fsync(self, fd: int) -> None:
        if self._turn("fsync"):
            self._fail()
        super().fsync(fd)

    def replace(self, source: Path, target: Path) -> None:
        if self._turn("replace"):
            self._fail()
        super().replace(source, target)

    def make_folder(self, path: Path) -> None:
        if self._turn("make_folder"):
            self._fail()
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        if self._turn("sync_folder"):
            self._fail()
        super().sync_folder(path)


def scenario(folder: Path, files: FileSystem, acknowledged: list[tuple[str, bytes]]) -> None:
    """Make a case, seal and log; what both calls returned for is acknowledged."""
    vault = Vault.create(folder, PASSPHRASE, kdf=CHEAP, files=files)
    acknowledged.append(("case", b""))
    try:
        for content in CONTENTS:
            sealed = vault.seal([content], kind="source", meta={})
            vault.append("seal", objects=[sealed.object_id])
            acknowledged.append((sealed.object_id, content))
        with vault.together():
            sealed_ = [vault.seal([c], kind="source", meta={}) for c in PACKED]
            for sealed in sealed_:
                vault.append("seal", objects=[sealed.object_id])
        acknowledged += [(s.object_id, c) for s, c in zip(sealed_, PACKED, strict=True)]
        vault.checkpoint()
        vault.append("view")
        vault.close()
    finally:
        vault._lock.release()  # a process that ends, however, drops its lock


def restarted(folder: Path, acknowledged: list[tuple[str, bytes]]) -> None:
    """What must hold after a restart, whatever failed."""
    if not acknowledged:
        if (folder / "saksi.json").exists():  # made, but nobody was told: still whole
            Vault.open(folder, PASSPHRASE).close()
        else:
            Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
        assert verify_folder(folder).ok
        return
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.sound
        for object_id, content in acknowledged[1:]:
            with vault.open_object(object_id) as f:
                assert f.read() == content
        named = {o for e in vault.entries() for o in e["fields"].get("objects", [])}
        assert named >= {object_id for object_id, _ in acknowledged[1:]}
        sealed = vault.seal([b"sesudah"], kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
    found = verify_case(folder, PASSPHRASE)
    assert found.ok, found.bad
    assert not [i for i in found.info if i.why == "file_unfinished"]


def operations(folder: Path) -> list[str]:
    counted = Counted()
    scenario(folder, counted, [])
    shutil.rmtree(folder)
    return counted.log


@pytest.mark.parametrize("fault", ["full", "io", "short", "short then full"])
def test_every_operation_may_fail(folder: Path, fault: str) -> None:
    names = operations(folder)
    assert {"create", "write", "fsync", "replace", "sync_folder", "make_folder", "open_append"} <= set(names)
    for at in range(len(names)):
        acknowledged: list[tuple[str, bytes]] = []
        if fault == "short":  # the disk takes the rest at the next try; every other fault is told
            with contextlib.suppress(StorageFailed):
                scenario(folder, Counted(at, fault), acknowledged)
            assert names[at] != "write" or len(acknowledged) == 1 + len(CONTENTS) + len(PACKED)
        else:
            with pytest.raises(StorageFailed) as told:
                scenario(folder, Counted(at, fault), acknowledged)
            assert told.value.exit_code == 5
            assert told.value.key in ("vault_full", "vault_disk_error")
        restarted(folder, acknowledged)
        shutil.rmtree(folder)


def test_a_disk_that_takes_nothing_counts_as_full(folder: Path) -> None:
    class Nothing(FileSystem):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            return 0

    with pytest.raises(StorageFailed) as told:
        Vault.create(folder, PASSPHRASE, kdf=CHEAP, files=Nothing())
    assert told.value.key == "vault_full"


def test_after_a_failed_append_the_vault_asks_to_be_reopened(folder: Path) -> None:
    files = Counted()
    vault = Vault.create(folder, PASSPHRASE, kdf=CHEAP, files=files)
    files.at, files.fault = files.done + 1, "full"
    with pytest.raises(StorageFailed):
        vault.append("view")
    for call in (lambda: vault.append("view"), lambda: vault.seal([b""], kind="a", meta={}), vault.checkpoint):
        with pytest.raises(StorageFailed) as told:
            call()
        assert told.value.key == "vault_must_reopen"
    vault.close()
    with Vault.open(folder, PASSPHRASE) as again:
        assert again.log_size == 1
        again.append("view")


def test_a_full_disk_while_sealing_leaves_the_vault_usable(folder: Path) -> None:
    files = Counted()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, files=files) as vault:
        files.at, files.fault = files.done + 2, "full"
        with pytest.raises(StorageFailed):
            vault.seal([b"x" * 100_000], kind="source", meta={})
        assert not list((folder / "objects").iterdir())
        vault.append("failure", reason="disk")
        sealed = vault.seal([b"x" * 100_000], kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
    assert verify_case(folder, PASSPHRASE).ok


# Power loss: only what was synced survives, and of names only what the folder's sync confirmed


class PowerCut(Exception):
    """The power fails here."""


class Journalled(FileSystem):
    """Keeps, beside the real files, what a disk is bound to keep when the power fails; fails after `at` operations.

    Contents are what they were at the file's last fsync (empty before), folder entries what they were at the folder's
    last sync. `rebuild` makes a folder of that.
    """

    def __init__(self, at: int = -1) -> None:
        self.at, self.done = at, 0
        self.inode_of: dict[Path, int] = {}
        self.fd_inode: dict[int, int] = {}
        self.synced: dict[int, bytes] = {}
        self.durable: dict[Path, dict[str, int]] = {}
        self.folders: set[Path] = set()
        self.next_inode = 0

    def _turn(self) -> None:
        if self.done == self.at:
            raise PowerCut
        self.done += 1

    def create(self, path: Path) -> int:
        self._turn()
        fd = super().create(path)
        self.next_inode += 1
        self.inode_of[path] = self.fd_inode[fd] = self.next_inode
        self.synced[self.next_inode] = b""
        return fd

    def open_append(self, path: Path) -> int:
        self._turn()
        fd = super().open_append(path)
        self.fd_inode[fd] = self.inode_of[path]
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._turn()
        return super().write(fd, data)

    def truncate(self, fd: int, size_bytes: int) -> None:
        self._turn()
        super().truncate(fd, size_bytes)

    def fsync(self, fd: int) -> None:
        self._turn()
        super().fsync(fd)
        inode = self.fd_inode[fd]
        path = next(p for p, i in self.inode_of.items() if i == inode)
        self.synced[inode] = path.read_bytes()

    def replace(self, source: Path, target: Path) -> None:
        self._turn()
        super().replace(source, target)
        self.inode_of[target] = self.inode_of.pop(source)

    def remove(self, path: Path) -> None:
        super().remove(path)
        self.inode_of.pop(path, None)

    def make_folder(self, path: Path) -> None:
        self._turn()
        super().make_folder(path)
        self.folders.add(path)

    def sync_folder(self, path: Path) -> None:
        self._turn()
        super().sync_folder(path)
        self.durable[path] = {p.name: i for p, i in self.inode_of.items() if p.parent == path}
        self.durable[path] |= {p.name: 0 for p in self.folders if p.parent == path}

    def rebuild(self, folder: Path) -> None:
        """Make `folder` what the disk holds after the power cut."""
        shutil.rmtree(folder, ignore_errors=True)

        def fill(path: Path) -> None:
            path.mkdir()
            for name, inode in self.durable.get(path, {}).items():
                if inode == 0:
                    fill(path / name)
                else:
                    (path / name).write_bytes(self.synced[inode])

        if folder.name in self.durable.get(folder.parent, {}):
            fill(folder)


def test_power_may_fail_after_every_operation(folder: Path) -> None:
    whole = Journalled()
    scenario(folder, whole, [])
    shutil.rmtree(folder)
    for at in range(whole.done):
        files = Journalled(at)
        acknowledged: list[tuple[str, bytes]] = []
        with pytest.raises(PowerCut):
            scenario(folder, files, acknowledged)
        files.rebuild(folder)
        restarted(folder, acknowledged)
        shutil.rmtree(folder)


@pytest.mark.parametrize("skip", ["fsync", "sync_folder"])
def test_the_power_test_would_notice_a_missing_sync(
    folder: Path, monkeypatch: pytest.MonkeyPatch, skip: str
) -> None:
    """The test above is worth something: without one kind of sync, acknowledged things get lost."""
    quiet: Callable[..., None] = lambda self, what: None  # noqa: E731
    monkeypatch.setattr(Journalled, skip, quiet)
    files = Journalled()
    acknowledged: list[tuple[str, bytes]] = []
    scenario(folder, files, acknowledged)
    files.rebuild(folder)
    with pytest.raises((SaksiError, AssertionError)):
        restarted(folder, acknowledged)


def test_files_are_for_their_owner_only(folder: Path) -> None:
    if os.name != "posix":
        pytest.skip("modes are POSIX's")
    scenario(folder, FileSystem(), [])
    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path.name
