"""Sealed objects: one file each, chunked AES-256-GCM in the STREAM construction, a random key per object.

    header    16 bytes   "SAKSIOBJ", format version (1), log2 of the chunk size (16), six zero bytes
    chunks               each: up to 64 KiB of content, encrypted, and a 16-byte tag
    metadata             encrypted JSON {"digest", "kind", "meta", "size"}, and a tag
    footer    72 bytes   wrap nonce (12), wrapped object key (32 + 16), length of metadata (4, big-endian), "SAKSIEND"

Nonces are an 11-byte counter and a flag: 0 a chunk, 1 the last chunk, 2 the metadata (counter 0). The last flag stops
truncation, the counter reordering, the random key transplanting between objects; the header is associated data of
everything. The object key is wrapped by a key derived from the case key, with header, object id and metadata length as
associated data: an object under another's name does not open. The name is

    "o" + first 32 hex digits of HMAC-SHA256(naming key, kind || 0x00 || SHA-256 of the content)

so that a thief of the disk cannot test whether the case holds a file he knows, and the same content sealed twice as the
same kind is one object. Metadata is inside, so the case database can be made anew from the objects alone.

Files are written as `tmp-…` (ciphertext from the first byte), synced, renamed, and the folder synced. Every chunk is
decrypted and compared before it is written: a bit that memory or processor turned is found while the source exists.

Many small objects are written together: between `gather` and `flush` contents up to packs.PACKED_MAX wait in memory, sealed,
and go to disk as one pack (packs.py). A file of an object's own wins over a packed one: what replaces a damaged packed
object is a file.
docs/vault-format.md repeats this for people who want to write their own reader.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
import re
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.errors import StorageFailed, UsageError, VerificationFailed
from saksi.vault import packs
from saksi.vault.files import Disk, storage_failed
from saksi.vault.hashing import BLOCKS_KEPT, Hashing
from saksi.vault.keys import KEY_BYTES, NONCE_BYTES, subkey

MAGIC: Final = b"SAKSIOBJ"
END_MAGIC: Final = b"SAKSIEND"
CHUNK_LOG2: Final = 16
CHUNK: Final = 1 << CHUNK_LOG2
"""64 KiB: AES-GCM's full speed, and reading one record out of an archive stays cheap. From 128 KiB on the C library
asks the system anew for every buffer, and sealing takes half as long again (docs/decisions/0003-vault.md)."""

READ: Final = 1 << 20
"""Bytes of a stream that are read, and hashed, at a time: the hashing thread needs the interpreter's lock once a MiB."""

CHUNKS_WRITTEN: Final = 16
"""Chunks that are written at once: a write costs the file system as much for 64 KiB as for a MiB."""

WRITING_BYTES: Final = 32 << 20
"""After so much the medium is set to work, while the next is still being encrypted."""

TAG: Final = 16
HEADER: Final = MAGIC + bytes([1, CHUNK_LOG2]) + bytes(6)
FOOTER_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG + 4 + len(END_MAGIC)
META_BYTES_MAX: Final = 16 * 1024 * 1024
"""Metadata of one object: some hundred bytes in practice; bounded because it is read whole."""

CHUNKS_KEPT: Final = 16
"""Decrypted chunks an open object remembers: archives are read at two or three places at a time."""

_META: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
"""ASCII escapes keep names that are not valid Unicode (from file systems) as they are."""

OBJECT_ID: Final = re.compile(r"o[0-9a-f]{32}")
KIND: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class SealedObject:
    """One sealed object. kind: what it is to the caller; digest: SHA-256 hex of the content; size: bytes of content."""

    object_id: str
    kind: str
    digest: str
    size: int


class _Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    kind: str
    meta: dict[str, Any]
    size: int


def _nonce(counter: int, flag: int) -> bytes:
    return counter.to_bytes(11, "big") + bytes([flag])


def _meta_associated(object_id: str) -> bytes:
    return b"saksi-object-meta-v1\0" + HEADER + object_id.encode()


def _wrap_associated(object_id: str, meta_length: bytes) -> bytes:
    return b"saksi-object-key-v1\0" + HEADER + object_id.encode() + meta_length


def _blocks(content: Iterable[bytes] | BinaryIO) -> Iterator[bytes | memoryview]:
    """The content as it comes; a stream in blocks of READ bytes, whose memory is used again (see Hashing.KEPT)."""
    if not hasattr(content, "read"):
        yield from content
        return
    stream = cast(BinaryIO, content)
    while block := stream.read(READ):
        yield block
        if hasattr(stream, "readinto") and len(block) == READ:
            yield from _read_again_and_again(cast(io.RawIOBase, stream))


def _read_again_and_again(stream: io.RawIOBase) -> Iterator[memoryview]:
    buffers = [memoryview(bytearray(READ)) for _ in range(BLOCKS_KEPT)]
    for number in count():
        buffer, filled = buffers[number % BLOCKS_KEPT], 0
        while filled < READ and (n := stream.readinto(buffer[filled:])):
            filled += n
        if filled:
            yield buffer[:filled]
        if filled < READ:
            return


def _chunks(blocks: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
    """The content in pieces of exactly CHUNK bytes, the last one shorter (or empty where there is no content at all).

    Pieces of a large block are views of it; only what straddles two blocks is copied.
    """
    held = bytearray()
    for block in blocks:
        view = memoryview(block).cast("B")
        if held:
            take = min(CHUNK - len(held), len(view))
            held += view[:take]
            view = view[take:]
            if len(held) < CHUNK:
                continue
            yield memoryview(bytes(held))
            held.clear()
        whole = len(view) - len(view) % CHUNK
        for at in range(0, whole, CHUNK):
            yield view[at : at + CHUNK]
        held += view[whole:]
    if held:
        yield memoryview(bytes(held))


def _marked_last(chunks: Iterator[memoryview]) -> Iterator[tuple[memoryview, bool]]:
    previous: memoryview | None = None
    for chunk in chunks:
        if previous is not None:
            yield previous, False
        previous = chunk
    yield (memoryview(b"") if previous is None else previous), True


def _sealed_chunk(cipher: AESGCM, number: int, chunk: memoryview, *, last: bool) -> bytes:
    """A chunk as it stands in the file. Raises StorageFailed where it does not decrypt to what was encrypted."""
    nonce = _nonce(number, int(last))
    data = cipher.encrypt(nonce, chunk, HEADER)
    if cipher.decrypt(nonce, data, HEADER) != bytes(chunk):  # bytes on both sides: 10x faster than a view
        raise StorageFailed("machine_error")
    return data


class _Written:
    """Chunks on their way to the disk, CHUNKS_WRITTEN at a time, through one buffer: a new one for each write would cost
    as much as the encrypting."""

    def __init__(self, disk: Disk, fd: int, at: int) -> None:
        self._disk, self._fd, self._at, self._begun = disk, fd, at, 0
        self._buffer: memoryview | None = None
        self._filled = 0

    def add(self, chunk: bytes) -> None:
        """One more chunk."""
        if self._buffer is None:
            if len(chunk) < CHUNK + TAG:  # the only one: small contents need no buffer
                self._disk.write_all(self._fd, chunk)
                return
            self._buffer = memoryview(bytearray(CHUNKS_WRITTEN * (CHUNK + TAG)))
        self._buffer[self._filled : self._filled + len(chunk)] = chunk
        self._filled += len(chunk)
        if self._filled == len(self._buffer):
            self.flush()

    def flush(self) -> None:
        """Write what waits; now and then set the medium to work."""
        if self._buffer is not None and self._filled:
            self._disk.write_all(self._fd, self._buffer[: self._filled])
            self._at += self._filled
            self._filled = 0
        if self._at - self._begun >= WRITING_BYTES:
            self._disk.start_writing(self._fd, self._begun, self._at - self._begun)
            self._begun = self._at


class _Opened:
    """An object file whose metadata and structure hold. Raises VerificationFailed, StorageFailed on making."""

    def __init__(self, store: ObjectStore, object_id: str) -> None:
        self.file, self._start, self._total = store.stored(object_id)
        try:
            self._read_frame(store, object_id)
        except BaseException:
            self.file.close()
            raise

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes at `offset`; fewer where the object ends. Raises StorageFailed."""
        length = min(length, self._total - offset)
        try:
            self.file.seek(self._start + offset)
            parts = []
            while length > 0 and (part := self.file.read(length)):
                parts.append(part)
                length -= len(part)
        except OSError as e:
            raise storage_failed(e) from e
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_frame(self, store: ObjectStore, object_id: str) -> None:
        damaged = VerificationFailed("object_damaged", object=object_id)
        total = self._total
        footer = self.at(max(0, total - FOOTER_BYTES), FOOTER_BYTES)
        if self.at(0, len(HEADER)) != HEADER or len(footer) < FOOTER_BYTES or not footer.endswith(END_MAGIC):
            raise damaged
        nonce, wrapped = footer[:NONCE_BYTES], footer[NONCE_BYTES : NONCE_BYTES + KEY_BYTES + TAG]
        meta_length = footer[-len(END_MAGIC) - 4 : -len(END_MAGIC)]
        length = int.from_bytes(meta_length, "big")
        meta_start = total - FOOTER_BYTES - length
        if length > META_BYTES_MAX + TAG or meta_start < len(HEADER) + TAG:
            raise damaged
        try:
            key = store.unwrap(nonce, wrapped, _wrap_associated(object_id, meta_length))
            self.cipher = AESGCM(key)
            sealed_meta = self.at(meta_start, length)
            plain = self.cipher.decrypt(_nonce(0, 2), sealed_meta, _meta_associated(object_id))
            # the standard library's parser: it keeps escaped surrogates (file names that are not Unicode) as they are
            self.metadata = msgspec.convert(json.loads(plain), _Metadata)
        except (InvalidTag, ValueError, msgspec.ValidationError) as e:
            raise damaged from e
        size = self.metadata.size
        self.count = max(1, -(-size // CHUNK))
        if meta_start != len(HEADER) + size + TAG * self.count:
            raise damaged
        if store.object_id(self.metadata.kind, self.metadata.digest) != object_id:
            raise damaged
        self.object_id = object_id

    def chunk(self, number: int) -> bytes:
        """Content of chunk `number` (0-based). Raises VerificationFailed on a bad tag."""
        data = self.at(len(HEADER) + number * (CHUNK + TAG), self._sealed_length(number))
        try:
            return self.cipher.decrypt(_nonce(number, int(number == self.count - 1)), data, HEADER)
        except (InvalidTag, ValueError) as e:
            raise VerificationFailed("object_damaged", object=self.object_id) from e


    def blocks(self) -> Iterator[bytes]:
        """The content from its start, READ bytes at a time. Raises as `chunk`."""
        step = READ // CHUNK
        for first in range(0, self.count, step):
            numbers = range(first, min(first + step, self.count))
            sealed = memoryview(self.at(len(HEADER) + first * (CHUNK + TAG), len(numbers) * (CHUNK + TAG)))
            try:
                yield b"".join(
                    self.cipher.decrypt(
                        _nonce(n, int(n == self.count - 1)),
                        sealed[(n - first) * (CHUNK + TAG) : (n - first + 1) * (CHUNK + TAG)][: self._sealed_length(n)],
                        HEADER,
                    )
                    for n in numbers
                )
            except (InvalidTag, ValueError) as e:
                raise VerificationFailed("object_damaged", object=self.object_id) from e

    def _sealed_length(self, number: int) -> int:
        return min(CHUNK, self.metadata.size - number * CHUNK) + TAG


class SealedFile(io.RawIOBase):
    """The content of an object as a seekable stream, decrypted chunk by chunk."""

    def __init__(self, opened: _Opened) -> None:
        self._opened = opened
        self._size = opened.metadata.size
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start")
        self._at = base + offset
        return self._at

    def _chunk(self, number: int) -> bytes:
        chunk = self._kept.pop(number, None)
        if chunk is None:
            chunk = self._opened.chunk(number)
            if len(self._kept) >= CHUNKS_KEPT:
                self._kept.popitem(last=False)
        self._kept[number] = chunk
        return chunk

    def readinto(self, buffer: object) -> int:
        if self.closed:
            raise ValueError("the object is closed")
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        while done < len(view) and self._at < self._size:
            number, inside = divmod(self._at, CHUNK)
            part = memoryview(self._chunk(number))[inside : inside + len(view) - done]
            view[done : done + len(part)] = part
            done += len(part)
            self._at += len(part)
        return done

    def readall(self) -> bytes:
        """The rest of the content, in one buffer of its exact size."""
        rest = bytearray(max(0, self._size - self._at))
        self.readinto(rest)
        return bytes(rest)

    def close(self) -> None:
        if not self.closed:
            self._opened.file.close()
            self._kept.clear()
        super().close()


class ObjectStore:
    """The folder `objects/` of one case, with the keys that open it."""

    def __init__(
        self, folder: Path, disk: Disk, case_key: bytes | bytearray, generations: Sequence[bytes | bytearray] = ()
    ) -> None:
        self.folder = folder
        self.disk = disk
        self.name_key = subkey(case_key, "objects/name")
        self.wrap_keys = [subkey(key, "objects/wrap") for key in (*reversed(generations), case_key)]
        self.packs = packs.Packs(folder)
        self._gathered: dict[str, bytes] | None = None
        self._gathered_bytes = 0
        self._turn = threading.RLock()

    @property
    def wrap_key(self) -> bytes:
        """The key that new objects' keys are wrapped under: the newest generation's."""
        return self.wrap_keys[0]

    def forget(self) -> None:
        """Let go of the keys."""
        self.wrap_keys, self.name_key = [b""], b""

    def unwrap(self, nonce: bytes, wrapped: bytes, associated: bytes) -> bytes:
        """An object's key, wrapped under any generation. Raises InvalidTag."""
        for key in self.wrap_keys[:-1]:
            with contextlib.suppress(InvalidTag):
                return AESGCM(key).decrypt(nonce, wrapped, associated)
        return AESGCM(self.wrap_keys[-1]).decrypt(nonce, wrapped, associated)

    def object_id(self, kind: str, digest: str) -> str:
        """The id of content with SHA-256 hex `digest` sealed as `kind`."""
        return "o" + hmac.digest(self.name_key, kind.encode() + b"\0" + bytes.fromhex(digest), "sha256").hex()[:32]

    def seal(
        self, content: Iterable[bytes] | BinaryIO, kind: str, meta: Mapping[str, Any],
        accept: Callable[[str], None] | None = None,
    ) -> SealedObject:  # fmt: skip
        """Encrypt `content` while it streams; durable when this returns (between `gather` and `flush`: by `flush`).

        accept gets the content's digest before anything is named; what it raises ends the sealing and leaves nothing.

        Content already sealed as `kind` gives the existing object, read through and found whole first: a damaged one is
        replaced. The first sealing's `meta` stays. Errors of the content's own source pass through unchanged. Raises
        StorageFailed, UsageError (kind or meta that cannot be stored).
        """
        if KIND.fullmatch(kind) is None:
            raise UsageError("object_kind_refused", kind=kind[:40])
        meta_text = _META.encode(dict(meta))
        if len(meta_text) > META_BYTES_MAX - 1024:
            raise UsageError("object_meta_too_large")
        if self._gathered is None:
            return self._seal_file(_blocks(content), kind, meta_text, accept)
        blocks, held, size = _blocks(content), list[bytes](), 0
        for block in blocks:
            held.append(bytes(block))
            size += len(block)
            if size > packs.PACKED_MAX:
                return self._seal_file(chain(held, blocks), kind, meta_text, accept)
        return self._seal_packed(held[0] if len(held) == 1 else b"".join(held), kind, meta_text, accept)

    def _seal_file(
        self, blocks: Iterable[bytes | memoryview], kind: str, meta_text: str, accept: Callable[[str], None] | None
    ) -> SealedObject:
        key = os.urandom(KEY_BYTES)
        fd, tmp = self.disk.create_tmp(self.folder)
        try:
            try:
                digest, size = self._write_chunks(fd, AESGCM(key), blocks)
                if accept is not None:
                    accept(digest)
                sealed = SealedObject(self.object_id(kind, digest), kind, digest, size)
                self.disk.write_all(fd, self._end(key, sealed, meta_text))
            except BaseException:
                self.disk.close(fd)
                raise
            if self._is_whole(sealed.object_id):
                self.disk.close(fd)
                self.disk.sync_folder(self.folder)  # the earlier sealing may have ended before it got so far
                self.disk.discard(tmp)
            else:
                self.disk.finish(fd, tmp, self.folder / sealed.object_id)
        except BaseException:
            self.disk.discard(tmp)
            raise
        return sealed

    def _write_chunks(self, fd: int, cipher: AESGCM, blocks: Iterable[bytes | memoryview]) -> tuple[str, int]:
        """Write header and chunks; SHA-256 hex and size of the content."""
        self.disk.write_all(fd, HEADER)
        out = _Written(self.disk, fd, len(HEADER))
        with Hashing() as hashed:
            for number, (chunk, last) in enumerate(_marked_last(_chunks(hashed.passing(blocks)))):
                out.add(_sealed_chunk(cipher, number, chunk, last=last))
            out.flush()
            return hashed.hexdigest(), hashed.size

    def _end(self, key: bytes, sealed: SealedObject, meta_text: str) -> bytes:
        """Metadata and footer."""
        plain = f'{{"digest":"{sealed.digest}","kind":"{sealed.kind}","meta":{meta_text},"size":{sealed.size}}}'
        data = AESGCM(key).encrypt(_nonce(0, 2), plain.encode(), _meta_associated(sealed.object_id))
        length = len(data).to_bytes(4, "big")
        nonce = os.urandom(NONCE_BYTES)
        wrapped = AESGCM(self.wrap_key).encrypt(nonce, key, _wrap_associated(sealed.object_id, length))
        return data + nonce + wrapped + length + END_MAGIC

    # Many small objects at once

    def gather(self) -> None:
        """From now on small contents wait in memory, sealed, until `flush` makes them durable or `drop` forgets them."""
        self._gathered = {}
        self._gathered_bytes = 0

    def flush(self) -> None:
        """Make what was gathered durable, in one pack; gathering goes on. Raises StorageFailed."""
        with self._turn:
            if self._gathered:
                name, data = packs.packed(list(self._gathered.items()))
                self.disk.write_file(self.folder / name, data)
                self.packs.add(name)
                self._gathered, self._gathered_bytes = {}, 0

    def drop(self) -> None:
        """End gathering; what was not flushed is forgotten."""
        self._gathered, self._gathered_bytes = None, 0

    def _seal_packed(
        self, data: bytes, kind: str, meta_text: str, accept: Callable[[str], None] | None
    ) -> SealedObject:
        digest = hashlib.sha256(data).hexdigest()
        if accept is not None:
            accept(digest)
        sealed = SealedObject(self.object_id(kind, digest), kind, digest, len(data))
        gathered = self._gathered
        if gathered is None or (sealed.object_id not in gathered and self._is_there(sealed.object_id)):
            return self._seal_file([data], kind, meta_text, None)  # finds it whole, or replaces it
        if sealed.object_id in gathered:
            return sealed
        key = os.urandom(KEY_BYTES)
        cipher, view = AESGCM(key), memoryview(data)
        numbers = range(max(1, -(-len(data) // CHUNK)))
        chunks = [
            _sealed_chunk(cipher, n, view[n * CHUNK : (n + 1) * CHUNK], last=n == numbers[-1]) for n in numbers
        ]
        whole = b"".join([HEADER, *chunks, self._end(key, sealed, meta_text)])
        with self._turn:
            gathered[sealed.object_id] = whole
            self._gathered_bytes += len(whole)
            if self._gathered_bytes >= packs.PACK_BYTES:
                self.flush()
        return sealed

    def _is_there(self, object_id: str) -> bool:
        return os.path.exists(f"{self.folder}/{object_id}") or self.packs.find(object_id) is not None  # noqa: PTH110 - asked for every small file

    def _is_whole(self, object_id: str) -> bool:
        if not self._is_there(object_id):
            return False
        try:
            self.check(object_id, deep=True)
        except (VerificationFailed, StorageFailed):
            return False
        return True

    def open(self, object_id: str) -> BinaryIO:
        """The content, seekable. Raises VerificationFailed (missing, damaged, another's name), StorageFailed."""
        return io.BufferedReader(SealedFile(self._opened(object_id)), 64 * 1024)

    def meta(self, object_id: str) -> dict[str, Any]:
        """The metadata given at sealing, with "kind", "digest" and "size" (these three win)."""
        opened = self._opened(object_id)
        opened.file.close()
        m = opened.metadata
        return {**m.meta, "kind": m.kind, "digest": m.digest, "size": m.size}

    def check(self, object_id: str, *, deep: bool) -> SealedObject:
        """The object, if it holds: structure and metadata; with `deep` every chunk and the digest of the content."""
        opened = self._opened(object_id)
        try:
            m = opened.metadata
            if deep:
                with Hashing() as hashed:
                    for block in opened.blocks():
                        hashed.update(block)
                    if hashed.hexdigest() != m.digest:
                        raise VerificationFailed("object_damaged", object=object_id)
            return SealedObject(object_id, m.kind, m.digest, m.size)
        finally:
            opened.file.close()

    def _opened(self, object_id: str) -> _Opened:
        if OBJECT_ID.fullmatch(object_id) is None:  # an id is also a file name: nothing else may become one
            raise VerificationFailed("object_missing", object=object_id[:40])
        return _Opened(self, object_id)

    def stored(self, object_id: str) -> tuple[BinaryIO, int, int]:
        """Where the object's bytes are: an open file, the first byte, how many. Raises VerificationFailed, StorageFailed."""
        if self._gathered and (waiting := self._gathered.get(object_id)) is not None:
            return io.BytesIO(waiting), 0, len(waiting)
        path, place, mode = f"{self.folder}/{object_id}", None, 0
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116 - for each of 100,000 small objects
        except OSError:
            if (place := self.packs.find(object_id)) is not None:
                path, mode = f"{self.folder}/{place.pack}", 0
        if mode and not stat.S_ISREG(mode):  # a pipe or device put there by somebody would hang the reader
            raise VerificationFailed("object_damaged", object=object_id)
        try:
            file = cast(BinaryIO, open(path, "rb", buffering=0))  # noqa: PTH123, SIM115
            size = os.fstat(file.fileno()).st_size
        except FileNotFoundError as e:
            raise VerificationFailed("object_missing", object=object_id) from e
        except OSError as e:
            raise storage_failed(e) from e
        return (file, 0, size) if place is None else (file, place.start, place.length)

    def ids(self) -> list[str]:
        """Every object of the folder, alone or in a pack, sorted. Raises StorageFailed."""
        return sorted({*object_names(self.folder), *self.packs})

    def where(self, object_id: str) -> str:
        """The object's place below the folder: its file, or pack and id."""
        place = None if (self.folder / object_id).exists() else self.packs.find(object_id)
        return object_id if place is None else f"{place.pack}/{object_id}"

    def remove(self, *object_ids: str) -> None:
        """Take objects off the disk, their wrapped keys overwritten first; durable when this returns. Absent is done.

        A pack is first written anew without them, then removed: a crash in between leaves the others twice, none missing.
        Raises StorageFailed.
        """
        going = set(object_ids)
        for object_id in going:
            if OBJECT_ID.fullmatch(object_id) is None:
                raise VerificationFailed("object_missing", object=object_id[:40])
        with self._turn:
            for object_id in sorted(going):
                path = self.folder / object_id
                if path.is_file():
                    self._overwrite_key(path, 0, path.stat().st_size)
                    self.disk.remove(path)
            while (place := next(filter(None, map(self.packs.find, sorted(going))), None)) is not None:
                held = packs.places(self.folder / place.pack)[0]
                if rest := {i: p for i, p in held.items() if i not in going}:
                    name, data = packs.packed([(i, packs.cut_out(self.folder, p)) for i, p in rest.items()])
                    self.disk.write_file(self.folder / name, data)
                for object_id in sorted(going & held.keys()):
                    self._overwrite_key(self.folder / place.pack, held[object_id].start, held[object_id].length)
                self.disk.remove(self.folder / place.pack)
                self.packs.read_anew()
            self.disk.sync_folder(self.folder)

    def _overwrite_key(self, path: Path, start: int, length: int) -> None:
        """Put random bytes over the footer of an object, which holds its wrapped key: without it the content is noise."""
        self.disk.overwrite(path, start + max(0, length - FOOTER_BYTES), min(length, FOOTER_BYTES))


def object_names(folder: Path) -> list[str]:
    """Ids of the objects in `folder` that have a file of their own, sorted. Raises StorageFailed."""
    try:
        return sorted(p.name for p in folder.iterdir() if OBJECT_ID.fullmatch(p.name))
    except OSError as e:
        raise storage_failed(e) from e
