"""Packs: many small sealed objects in one file, so that a thousand of them cost one sync and not a thousand.

    header    16 bytes   "SAKSIPAK", format version (1), three zero bytes, number of objects (4, big-endian)
    index     24 each    object id (its 32 hex digits as 16 bytes), length of the object (8, big-endian)
    objects              whole object files (objects.py), one after the other, in the order of the index
    index                again: one bad sector must not cost a thousand exhibits
    footer    16 bytes   "SAKSIPKE", version, three zero bytes, number of objects

A pack's name is "p" and the first 32 hex digits of SHA-256 of its index: it says whether an index is whole, without a key.
Every object in it keeps its own key, name and frame: cut out at its place, it is the file it would have been alone. So what
deletes one object and leaves the rest is a pack written anew without it (ObjectStore.remove).

Nothing here holds a key; objects.py opens what is found.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from saksi.errors import VerificationFailed
from saksi.vault.files import storage_failed

PACK_ID: Final = re.compile(r"p[0-9a-f]{32}")
PACK_MAGIC: Final = b"SAKSIPAK"
PACK_END: Final = b"SAKSIPKE"
FRAME_BYTES: Final = 16
ROW_BYTES: Final = 24

PACK_BYTES: Final = 16 << 20
"""A pack is written when it holds so much: the sync is then a small part of the writing, and memory stays bounded."""

PACKED_MAX: Final = 1 << 20
"""Larger contents get a file of their own: their sync is paid by their size."""

PACK_OBJECTS_MAX: Final = 1 << 20
"""Objects of a pack whose index is read: 24 MiB. Real ones hold less than PACK_BYTES of objects, each over 300 bytes."""


@dataclass(frozen=True)
class Place:
    """Where a packed object lies. pack: its id; start, length: bytes in the pack's file."""

    pack: str
    start: int
    length: int


def _frame(magic: bytes, count: int) -> bytes:
    return magic + bytes([1, 0, 0, 0]) + count.to_bytes(4, "big")


def pack_id(index: bytes) -> str:
    """The name that fits an index."""
    return "p" + hashlib.sha256(index).hexdigest()[:32]


def packed(objects: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The id and the bytes of a pack of (object id, object file)."""
    index = b"".join(bytes.fromhex(i[1:]) + len(data).to_bytes(8, "big") for i, data in objects)
    count = len(objects)
    pieces = [_frame(PACK_MAGIC, count), index, *(data for _, data in objects), index, _frame(PACK_END, count)]
    return pack_id(index), b"".join(pieces)


def _read_at(file: BinaryIO, start: int, length: int) -> bytes:
    if start < 0:
        return b""
    file.seek(start)
    return file.read(length)


def _indexes(file: BinaryIO, name: str, total: int) -> Iterator[bytes]:
    """The copies of the index that fit the name, the first one first."""
    for magic, frame_at in ((PACK_MAGIC, 0), (PACK_END, total - FRAME_BYTES)):
        frame = _read_at(file, frame_at, FRAME_BYTES)
        count = int.from_bytes(frame[-4:], "big")
        if frame != _frame(magic, count) or count > PACK_OBJECTS_MAX:
            continue
        length = count * ROW_BYTES
        index = _read_at(file, FRAME_BYTES if magic == PACK_MAGIC else frame_at - length, length)
        if pack_id(index) == name:
            yield index


def places(path: Path) -> tuple[dict[str, Place], bool]:
    """Object id -> place, in the order of the pack; whether the pack's own frame is whole, both copies of the index too.

    What a damaged pack no longer holds is still listed: opening it says that it is damaged. Raises VerificationFailed
    (pack_damaged) where neither index holds, StorageFailed.
    """
    damaged = VerificationFailed("pack_damaged", pack=path.name)
    if not path.is_file():  # a pipe or device put there by somebody would hang the reader
        raise damaged
    try:
        with path.open("rb") as file:
            total = path.stat().st_size
            copies = list(_indexes(file, path.name, total))
    except OSError as e:
        raise storage_failed(e) from e
    if not copies:
        raise damaged
    index = copies[0]
    found: dict[str, Place] = {}
    at = FRAME_BYTES + len(index)
    for row in range(0, len(index), ROW_BYTES):
        length = int.from_bytes(index[row + 16 : row + ROW_BYTES], "big")
        found["o" + index[row : row + 16].hex()] = Place(path.name, at, length)
        at += length
    return found, len(copies) == 2 and at + len(index) + FRAME_BYTES == total


def pack_names(folder: Path) -> list[str]:
    """Ids of the packs in `folder`, sorted. Raises StorageFailed."""
    try:
        return sorted(p.name for p in folder.iterdir() if PACK_ID.fullmatch(p.name))
    except OSError as e:
        raise storage_failed(e) from e


class Packs:
    """The packs of one folder: which object lies where. Read once, when first asked; added to as packs are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, Place] | None = None
        self._turn = threading.Lock()

    def _read(self) -> dict[str, Place]:
        with self._turn:
            if self._places is None:
                found: dict[str, Place] = {}
                for name in pack_names(self._folder):
                    with contextlib.suppress(VerificationFailed):  # `verify` names it; its objects are missing
                        found |= places(self._folder / name)[0]
                self._places = found
            return self._places

    def find(self, object_id: str) -> Place | None:
        """Where an object lies, None where no pack holds it."""
        return self._read().get(object_id)

    def __iter__(self) -> Iterator[str]:
        """The ids of all packed objects."""
        return iter(list(self._read()))

    def add(self, name: str) -> None:
        """A pack was written."""
        found = self._read()
        with self._turn:
            found |= places(self._folder / name)[0]

    def read_anew(self) -> None:
        """A pack was removed."""
        with self._turn:
            self._places = None


def cut_out(folder: Path, place: Place) -> bytes:
    """The bytes of a packed object. Raises StorageFailed."""
    try:
        with (folder / place.pack).open("rb") as file:
            return _read_at(file, place.start, place.length)
    except OSError as e:
        raise storage_failed(e) from e
