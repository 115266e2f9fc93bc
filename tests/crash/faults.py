"""What a disk does to a process at write number n. For a process of its own: the program's file system is exchanged for good.

full, io      the operating system says ENOSPC or EIO
short         half of a write is taken, the rest then refused (other operations: as full)
power         the process ends, and of the case only what was synced is left: contents as of each file's last sync, names as
              of each folder's last sync. case.db is SQLite's own affair and stays: rows must never be ahead of the log
kill          SIGKILL
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from saksi.vault.files import FileSystem

FAULTS: Final = ("full", "io", "short", "power")
POWER_CUT: Final = 99
"""How a process ends whose power went."""

WRITING: Final = ("create", "open_append", "open_over", "write", "truncate", "fsync", "replace", "remove", "make_folder", "sync_folder")


def at(number: int, fault: str, room: Path) -> list[int]:
    """From now on this process's write `number` (1-based; -1: none) meets `fault`. The number so far is in the list."""
    done = [0]
    kept = Kept(room / "KASUS") if fault == "power" else None
    for name in WRITING:
        real = getattr(FileSystem, name)

        def counted(self: FileSystem, *args: Any, name: str = name, real: Callable[..., Any] = real) -> Any:
            done[0] += 1
            if done[0] == number:
                if kept is not None:
                    kept.power_cut()
                _meet(self, name, args, fault, real)
            result = real(self, *args)
            if kept is not None:
                kept.note(name, args, result)
            return result

        setattr(FileSystem, name, counted)
    return done


def _meet(system: FileSystem, name: str, args: tuple[Any, ...], fault: str, real: Callable[..., Any]) -> None:
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "short" and name == "write" and len(args[1]) > 1:
        real(system, args[0], memoryview(args[1])[: len(args[1]) // 2])
    raise OSError(errno.EIO if fault == "io" else errno.ENOSPC, "made to fail")


class Kept:
    """What a disk is bound to keep of a case when the power fails. What was there at the start is safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[Path, int] = {}  # name now -> number
        self.open: dict[int, int] = {}  # descriptor -> number
        self.synced: dict[int, bytes] = {}
        self.durable: dict[Path, dict[str, int]] = {}  # folder -> its entries as of the last sync; a folder is 0
        for path in [folder, *folder.rglob("*")] if folder.exists() else []:
            if path.is_dir():
                self.durable[path] = {}
        for path in sorted(folder.rglob("*")):
            self.durable[path.parent][path.name] = 0 if path.is_dir() else self._number(path, path.read_bytes())

    def _number(self, path: Path, data: bytes) -> int:
        number = len(self.synced) + 1
        self.files[path], self.synced[number] = number, data
        return number

    def note(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """An operation was done."""
        if name == "create":
            self.open[result] = self._number(args[0], b"")
        elif name in ("open_append", "open_over"):
            self.open[result] = self.files[args[0]]
        elif name == "fsync":
            number = self.open[args[0]]
            path = next(p for p, n in self.files.items() if n == number)
            self.synced[number] = path.read_bytes()
        elif name == "replace":
            self.files[args[1]] = self.files.pop(args[0])
        elif name == "remove":
            self.files.pop(args[0], None)
        elif name == "sync_folder":
            inside = cast(Path, args[0])
            folders = {p.name: 0 for p in inside.iterdir() if p.is_dir()}
            self.durable[inside] = folders | {p.name: n for p, n in self.files.items() if p.parent == inside}

    def power_cut(self) -> None:
        """Make the case what the disk holds, and end."""
        beside = {p.name: p.read_bytes() for p in self.folder.glob("case.db*")} if self.folder.exists() else {}
        known = self.folder.name in self.durable.get(self.folder.parent, {self.folder.name: 0})
        shutil.rmtree(self.folder, ignore_errors=True)
        if known and self.folder in self.durable:
            self._fill(self.folder)
            for name, data in beside.items():
                (self.folder / name).write_bytes(data)
        os._exit(POWER_CUT)

    def _fill(self, folder: Path) -> None:
        folder.mkdir()
        for name, number in self.durable.get(folder, {}).items():
            if number == 0:
                self._fill(folder / name)
            elif not name.startswith("case.db"):
                (folder / name).write_bytes(self.synced[number])
