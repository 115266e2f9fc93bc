"""One writer a case: a lock the operating system drops when the process ends, however it ends.

The file `lock` in the case folder is empty and stays; only the lock on it counts. (A file whose mere existence is the
lock would stay behind after a crash.) Windows locks with msvcrt, everything else with flock.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

from saksi.errors import WrongKey
from saksi.vault.files import storage_failed

LOCK_NAME: Final = "lock"
_BUSY: Final = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, getattr(errno, "EDEADLK", errno.EAGAIN)}


def _lock(fd: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """The lock on one case folder, held until `release`. read_only: the medium takes no writes, so there is no lock."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises WrongKey (case_locked) where another process or vault holds it, StorageFailed."""
        self.read_only = False
        self._fd: int | None = None
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            self._fd = os.open(folder / LOCK_NAME, flags, 0o600)
        except OSError as e:
            if e.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise storage_failed(e) from e
            self.read_only = True  # a write-protected copy is still to be read and checked
            return
        try:
            _lock(self._fd)
        except OSError as e:
            self.release()
            if e.errno in _BUSY:
                raise WrongKey("case_locked") from e
            raise storage_failed(e) from e

    def release(self) -> None:
        """Give the lock back; closing the descriptor drops it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
