"""The vault's writes to disk, through one small seam, so that tests can fail any of them.

`FileSystem` is what the operating system offers (it raises OSError); `Disk` is what the vault uses: it writes whole
buffers, makes files durable in the order that survives a power cut, and turns every OSError into StorageFailed.

    write tmp -> fsync tmp -> rename -> fsync folder        a file is either absent or whole (Disk.write_file)

Reads do not pass here: they change nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from saksi.errors import StorageFailed

TMP_PREFIX: Final = "tmp-"
"""Names of unfinished files. What is left of them after a crash holds no plaintext and is removed on open."""

_BINARY: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)

_FULL: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
_REFUSED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


def storage_failed(error: OSError) -> StorageFailed:
    """The StorageFailed for what the operating system said. Holds the errno's name, never a path."""
    name = errno.errorcode.get(error.errno or 0, "unknown")
    if error.errno in _FULL:
        return StorageFailed("vault_full", errno=name)
    if error.errno in _REFUSED:
        return StorageFailed("vault_refused", errno=name)
    return StorageFailed("vault_disk_error", errno=name)


@contextlib.contextmanager
def storage() -> Iterator[None]:
    """Inside: an OSError becomes StorageFailed."""
    try:
        yield
    except OSError as e:
        raise storage_failed(e) from e


class FileSystem:
    """The operating system's operations that change something. Every method raises OSError."""

    def create(self, path: Path) -> int:
        """A descriptor for writing a file that must not exist yet, readable by its owner only."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)

    def open_append(self, path: Path) -> int:
        """A descriptor that writes at the end of an existing file."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)

    def open_over(self, path: Path) -> int:
        """A descriptor that writes over what an existing file holds."""
        return os.open(path, os.O_WRONLY | _BINARY)

    def seek(self, fd: int, offset: int) -> None:
        """Where the next write goes."""
        os.lseek(fd, offset, os.SEEK_SET)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write some of `data`; how many bytes were taken (may be fewer than given)."""
        return os.write(fd, data)

    def truncate(self, fd: int, size_bytes: int) -> None:
        """Cut an open file to `size_bytes`."""
        os.ftruncate(fd, size_bytes)

    def fsync(self, fd: int) -> None:
        """Return when the file's bytes are on the medium. macOS needs its own call for that."""
        if sys.platform == "darwin":
            import fcntl

            try:
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            except OSError:  # not every file system offers it
                os.fsync(fd)
        else:
            os.fsync(fd)

    def start_writing(self, fd: int, start: int, size_bytes: int) -> None:
        """Let the system begin to write a stretch to the medium now, so that `fsync` has less to wait for. Promises nothing."""
        if hasattr(os, "posix_fadvise"):  # Linux starts writing what it is told not to keep
            os.posix_fadvise(fd, start, size_bytes, os.POSIX_FADV_DONTNEED)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def replace(self, source: Path, target: Path) -> None:
        """Rename, over an existing file if there is one; atomic on every platform."""
        os.replace(source, target)  # noqa: PTH105 - the seam is named for what it does

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make one folder, for its owner only."""
        path.mkdir(mode=0o700)

    def sync_folder(self, path: Path) -> None:
        """Return when the folder's entries are on the medium. Windows has no such call and orders renames itself."""
        if sys.platform == "win32":
            return
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _BINARY)
        try:
            os.fsync(fd)
        except OSError as e:
            # A few network and USB file systems refuse to sync folders: nothing more can be asked of them.
            if e.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(fd)


class Disk:
    """Whole, durable writes over a FileSystem. Every method raises StorageFailed."""

    def __init__(self, system: FileSystem | None = None) -> None:
        self.system = FileSystem() if system is None else system

    def write_all(self, fd: int, data: bytes | memoryview) -> None:
        """Write all of `data`; a disk that takes no byte without an error counts as full."""
        view = memoryview(data)
        with storage():
            while len(view):
                taken = self.system.write(fd, view)
                if taken <= 0:
                    raise OSError(errno.ENOSPC, "no byte was written")
                view = view[taken:]

    def start_writing(self, fd: int, start: int, size_bytes: int) -> None:
        """Let the system begin to write a stretch now; where it does not, `fsync` waits longer."""
        with contextlib.suppress(OSError):
            self.system.start_writing(fd, start, size_bytes)

    def create_tmp(self, folder: Path) -> tuple[int, Path]:
        """A new unfinished file in `folder`: its descriptor and path."""
        path = folder / f"{TMP_PREFIX}{secrets.token_hex(8)}"
        with storage():
            return self.system.create(path), path

    def finish(self, fd: int, tmp: Path, target: Path) -> None:
        """Make the unfinished file durable under its name. The descriptor is closed in every case."""
        try:
            with storage():
                self.system.fsync(fd)
        finally:
            self.close(fd)
        with storage():
            self.system.replace(tmp, target)
            self.system.sync_folder(target.parent)

    def write_file(self, path: Path, data: bytes) -> None:
        """Put a file with exactly `data` at `path`, durable on return; nothing half-written under that name, ever."""
        fd, tmp = self.create_tmp(path.parent)
        try:
            self.write_all(fd, data)
        except BaseException:
            self.close(fd)
            self.discard(tmp)
            raise
        try:
            self.finish(fd, tmp, path)
        except BaseException:
            self.discard(tmp)
            raise

    def append(self, path: Path, data: bytes, good_size: int) -> None:
        """Add `data` at the end of the file of `good_size` bytes, durable on return.

        Where the write fails, the file is cut back to `good_size`; where that fails too, or where the disk did not
        confirm, the caller must not append again before the file was read anew.
        """
        with storage():
            fd = self.system.open_append(path)
        try:
            try:
                self.write_all(fd, data)
            except StorageFailed:
                with storage():
                    self.system.truncate(fd, good_size)
                    self.system.fsync(fd)
                raise
            with storage():
                self.system.fsync(fd)
        finally:
            self.close(fd)

    def cut(self, path: Path, size_bytes: int, then: bytes = b"") -> None:
        """Cut a file to `size_bytes` and put `then` behind; durable on return."""
        with storage():
            fd = self.system.open_append(path)
        try:
            with storage():
                self.system.truncate(fd, size_bytes)
            if then:
                self.write_all(fd, then)
            with storage():
                self.system.fsync(fd)
        finally:
            self.close(fd)

    def overwrite(self, path: Path, start: int, length: int) -> None:
        """Put random bytes over a stretch of a file; durable on return, as far as the medium writes in place."""
        with storage():
            fd = self.system.open_over(path)
        try:
            with storage():
                self.system.seek(fd, start)
            self.write_all(fd, os.urandom(length))
            with storage():
                self.system.fsync(fd)
        finally:
            self.close(fd)

    def make_folder(self, path: Path) -> None:
        """Make one folder."""
        with storage():
            self.system.make_folder(path)

    def sync_folder(self, path: Path) -> None:
        """Make the folder's entries durable."""
        with storage():
            self.system.sync_folder(path)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        with storage():
            self.system.remove(path)

    def discard(self, path: Path) -> None:
        """Remove an unfinished file if that can be done; what stays is swept on the next open."""
        with contextlib.suppress(OSError):
            self.system.remove(path)

    def close(self, fd: int) -> None:
        """Close a descriptor. An error here loses nothing: what counts was synced before."""
        with contextlib.suppress(OSError):
            self.system.close(fd)
