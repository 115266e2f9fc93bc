"""A bundle that came in: opened as a stream, checked by the same program that its recipients run, its sources sealed.

    with opened(path, identities) as stream: …           the tar inside, decrypted as it is read; nothing on disk
    check = checked(path, identities)                     everything verify.py checks, in one pass
    for item in source_members(path, identities, …): …    the parts of exports, in a second pass

Rules: nothing is sealed before everything holds; no name out of a bundle is ever used as a path; members are what verify.py
lets pass (no links, no tricks, each once); what a second pass gives has the digests of the first, or the receiving ends.
"""

from __future__ import annotations

import hashlib
import io
import queue
import re
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Final

from saksi import limits
from saksi.errors import InputRefused, UsageError, VerificationFailed, WrongKey
from saksi.handover import verify
from saksi.handover.bag import IterReader

AGE: Final = b"age-encryption.org/v1\n"
TAR_MAGIC: Final = (257, b"ustar")
BLOCKS_WAITING: Final = 8
"""Decrypted blocks (64 KiB each) between the thread that decrypts and the one that reads."""

LOOK_S: Final = 0.5
IDENTITY_BYTES_MAX: Final = 1024 * 1024
SOURCE_BYTES_MAX: Final = 512 * limits.MIB
"""A part of an export is held in memory while it is looked through for media, never in a file: larger ones are to be unpacked and
built from by hand."""

KEPT_BYTES_MAX: Final = 64 * limits.MIB
"""Another file of a bundle (a table, a document) that is sealed as it came; larger ones stay in the bundle only."""

BUNDLE_ID: Final = re.compile(r"h[a-z]{20}")


class _Pipe:
    """Where a decrypting thread writes and another reads."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[bytes | BaseException | None] = queue.Queue(BLOCKS_WAITING)
        self._unwanted = threading.Event()

    def _put(self, item: bytes | BaseException | None) -> bool:
        while not self._unwanted.is_set():
            try:
                self._blocks.put(item, timeout=LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def write(self, data: bytes) -> int:
        """Called by the library that decrypts."""
        if not self._put(bytes(data)):
            raise OSError
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def run(self, path: Path, identities: Sequence[Any]) -> None:
        """Decrypt; in a thread of its own."""
        import pyrage

        try:
            with path.open("rb") as f:
                pyrage.decrypt_io(f, self, list(identities))
        except pyrage.DecryptError as e:
            other = "keys" in str(e)
            self._put(WrongKey("bundle_other_key") if other else VerificationFailed("bundle_damaged"))
        except OSError:
            self._put(VerificationFailed("bundle_damaged"))
        else:
            self._put(None)

    def blocks(self) -> Iterator[bytes]:
        """The decrypted blocks. Raises what ended the decrypting."""
        while True:
            item = self._blocks.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def end(self) -> None:
        """The reader wants no more."""
        self._unwanted.set()
        while not self._blocks.empty():
            self._blocks.get_nowait()


def identities_in(path: Path) -> list[Any]:
    """The age identities of a key file. Raises UsageError."""
    import pyrage

    try:
        with path.open("rb") as f:
            text = f.read(IDENTITY_BYTES_MAX).decode("ascii", "replace")
        found = [pyrage.x25519.Identity.from_str(w) for line in text.splitlines() if (w := line.strip()).startswith("AGE-SECRET-KEY-1")]
    except (OSError, pyrage.IdentityError) as e:
        raise UsageError("identity_unreadable") from e
    if not found:
        raise UsageError("identity_unreadable")
    return found


def looks_like_bundle(path: Path) -> bool:
    """Whether the path may be a bundle: an age file, a tar, or a folder with a bag in it."""
    if path.is_dir():
        return (path / "bagit.txt").is_file()
    try:
        with path.open("rb") as f:
            head = f.read(512)
    except OSError:
        return False
    at, magic = TAR_MAGIC
    return head.startswith(AGE) or head[at : at + len(magic)] == magic


@contextmanager
def opened(path: Path, identities: Sequence[Any]) -> Iterator[BinaryIO]:
    """The tar of a bundle file as a stream. Raises InputRefused (no_bundle), WrongKey, VerificationFailed while it is read."""
    try:
        with path.open("rb") as f:
            is_age = f.read(len(AGE)) == AGE
    except OSError as e:
        raise InputRefused("no_such_file") from e
    if not is_age:
        if not looks_like_bundle(path):
            raise InputRefused("no_bundle")
        with path.open("rb") as f:
            yield f
        return
    if not identities:
        raise UsageError("identity_needed")
    pipe = _Pipe()
    thread = threading.Thread(target=pipe.run, args=(path, identities), daemon=True)
    thread.start()
    try:
        yield io.BufferedReader(IterReader(pipe.blocks()), limits.KIB * 256)
    finally:
        pipe.end()
        thread.join()


def checked(path: Path, identities: Sequence[Any] = ()) -> verify.Check:
    """Everything verify.py checks. Raises InputRefused, WrongKey, UsageError (no key for a locked bundle)."""
    if path.is_dir():
        return verify.check_path(str(path))
    files = verify.Files()
    with opened(path, identities) as stream:
        try:
            verify.tar_files(stream, files)
        except VerificationFailed:
            files.bad.append(("bundle", path.name, "truncated"))
    return verify.Check(files).run()


@dataclass(frozen=True)
class Member:
    """One file of a bundle, its bytes to be read now."""

    path: str
    size: int
    stream: BinaryIO


def members(path: Path, identities: Sequence[Any]) -> Iterator[Member]:
    """The files of a checked bundle file or folder, in order."""
    if path.is_dir():
        for found in sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink()):
            with found.open("rb") as f:
                yield Member(found.relative_to(path).as_posix(), found.stat().st_size, f)
        return
    with opened(path, identities) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            inside = tar.extractfile(member) if member.isreg() else None
            if inside is not None:
                yield Member(member.name.partition("/")[2], member.size, inside)  # type: ignore[arg-type]


class Held(io.BytesIO):
    """A part of an export in memory, as intake wants it: something that opens and has a size."""

    def open(self, _mode: str = "rb", buffering: int = -1) -> BinaryIO:  # noqa: ARG002 - as a path opens
        """A stream of its own."""
        return io.BytesIO(self.getvalue())

    def stat(self) -> SimpleNamespace:
        """Its size."""
        return SimpleNamespace(st_size=len(self.getbuffer()))


def held(member: Member, digest: str) -> Held:
    """The member's bytes, which must have `digest`. Raises VerificationFailed, InputRefused (bundle_source_too_large)."""
    if member.size > SOURCE_BYTES_MAX:
        raise InputRefused("bundle_source_too_large")
    data = member.stream.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise VerificationFailed("bundle_damaged")
    return Held(data)
