"""A BagIt bag (RFC 8493) as a tar stream that is made while it is read: no file on disk, memory for one block.

    bag = Bag("berkas-1a2b3c4d", made_at_s)
    for block in bag.stream(files): ...          files: BagFile or a callable that makes one, in order

Order in the tar: bagit.txt first; then every file as given; then bag-info.txt, the payload manifests and, last, the tag
manifests, since a manifest can only be written when the bytes have gone by. Both SHA-256 and SHA-512 are counted on the way.
A tar header states a file's size in front of its bytes: content that turns out longer or shorter is an error that ends the
stream, never a bag that lies.

Same files and time: same bytes (owner, mode and times are fixed, names sorted in manifests).
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from saksi.errors import VerificationFailed
from saksi.handover.model import BundleFile, FileRole, is_bag_path

BLOCK: Final = tarfile.BLOCKSIZE
BAGIT_TXT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD: Final = "data/"


@dataclass(frozen=True)
class BagFile:
    """One file to be written. path: inside the bag; content: its blocks, read once; size_bytes: exactly their length."""

    path: str
    size_bytes: int
    content: Iterable[bytes]
    media_type: str
    role: FileRole
    exhibit: str | None = None


def of_bytes(path: str, data: bytes, media_type: str, role: FileRole, exhibit: str | None = None) -> BagFile:
    """A small file."""
    return BagFile(path, len(data), (data,), media_type, role, exhibit)


@dataclass
class Bag:
    """See the module's text. root: the one folder in the tar. files: what has been written so far."""

    root: str
    made_at_s: int
    files: list[BundleFile] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def stream(self, files: Iterable[BagFile | Callable[[], BagFile]], info: Callable[[], dict[str, str]]) -> Iterator[bytes]:
        """The tar's bytes. A callable is called when the files before it were written; `info` (bag-info.txt) at the end."""
        yield from self._file(of_bytes("bagit.txt", BAGIT_TXT, "text/plain", "other"))
        for item in files:
            yield from self._file(item() if callable(item) else item)
        payload = [f for f in self.files if f.path.startswith(PAYLOAD)]
        octets = sum(f.size_bytes for f in payload)
        lines = {**info(), "Payload-Oxum": f"{octets}.{len(payload)}"}
        text = "".join(f"{name}: {value}\n" for name, value in lines.items())
        yield from self._file(of_bytes("bag-info.txt", text.encode(), "text/plain", "other"))
        yield from self._manifests("manifest", payload)
        yield from self._manifests("tagmanifest", [f for f in self.files if not f.path.startswith(PAYLOAD)])
        yield bytes(2 * BLOCK)

    def _manifests(self, name: str, files: list[BundleFile]) -> Iterator[bytes]:
        ordered = sorted(files, key=lambda f: f.path)
        for algorithm in ("sha256", "sha512"):
            text = "".join(f"{getattr(f, algorithm)}  {f.path}\n" for f in ordered)
            yield from self._file(of_bytes(f"{name}-{algorithm}.txt", text.encode(), "text/plain", "other"))

    def _file(self, file: BagFile) -> Iterator[bytes]:
        if not is_bag_path(file.path) or file.path.lower() in self._names:
            raise ValueError("a path that may not stand in a bag, or twice")  # a defect of the caller: no content in it
        self._names.add(file.path.lower())
        header = tarfile.TarInfo(f"{self.root}/{file.path}")
        header.size, header.mtime, header.mode = file.size_bytes, self.made_at_s, 0o600
        yield header.tobuf(tarfile.PAX_FORMAT)
        sha256, sha512, done = hashlib.sha256(), hashlib.sha512(), 0
        for block in file.content:
            sha256.update(block)
            sha512.update(block)
            done += len(block)
            if done > file.size_bytes:
                break
            yield block
        if done != file.size_bytes:
            raise VerificationFailed("handover_size_changed")
        if done % BLOCK:
            yield bytes(BLOCK - done % BLOCK)
        self.files.append(
            BundleFile(
                file.path, done, sha256.hexdigest(), sha512.hexdigest(), file.media_type, file.role, file.exhibit
            )
        )


KEPT_BYTES: Final = 8 * 1024 * 1024
"""A generated file up to this size is kept from counting to writing; a longer one is made twice, in bounded memory."""


def generated(
    path: str, make: Callable[[], Iterable[bytes]], media_type: str, role: FileRole, exhibit: str | None = None
) -> BagFile:
    """A file whose size is not known before it was made: made once to count it and, where it is long, again to write it.

    `make` must give the same bytes each time; where it does not, the size or the reader's own check tells.
    """
    size, kept = 0, []
    for block in make():
        size += len(block)
        if size <= KEPT_BYTES:
            kept.append(bytes(block))
        else:
            kept.clear()
    return BagFile(path, size, kept if size <= KEPT_BYTES else make(), media_type, role, exhibit)


class IterReader(io.RawIOBase):
    """A file to read from over blocks that are made as they are asked for."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._rest:
            try:
                block = next(self._blocks, None)
            except BaseException as e:  # kept: whoever reads may turn it into an error of its own
                self.failure = e
                raise
            if block is None:
                return 0
            self._rest = memoryview(block)
        n = min(len(view), len(self._rest))
        view[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n
