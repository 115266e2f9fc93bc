"""Receive what was handed in: seal it, and give back a source that is read from the sealed copy.

    with vault:
        handed = parts.open_source(path)                 # digests the bytes as received
        received = receive(vault, handed, path, media)   # seals; durable and logged when it returns
        source = sealed_source(vault, received)          # what readers get: the sealed copy, not the disk's

What is kept (DESIGN promise 3, docs/decisions/0002): a plain text file whole; an archive as a *skeleton*, its own bytes
with the data of everything that is or may hide a medium cut out; a folder as its text files. A medium's digest, size and
place are kept, the medium is not. `MediaRule` "seal" keeps it too (with a recorded statement that every person shown
is an adult who agreed); "police-key" keeps it encrypted to a key that nobody here holds.

The archive is hashed again while it is sealed: a file that changes in between is refused (`source_changed`), so that the
digest in the record is the digest of the very bytes that were sealed.
"""

from __future__ import annotations

import bisect
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from saksi import limits
from saksi.errors import InputRefused, UsageError
from saksi.parts import (
    Absent,
    Part,
    Source,
    Trouble,
    absent_part,
    folder_listing,
    source_from_stream,
    zip_parts,
)
from saksi.vault import Vault

CHUNK: Final = 1 << 20
MEDIA_RULES: Final = ("digest", "police-key", "seal")


@dataclass(frozen=True)
class MediaRule:
    """What happens to media. name: one of MEDIA_RULES. recipient: age public key (police-key). statement: what was
    recorded about the people shown (seal)."""

    name: str = "digest"
    recipient: str | None = None
    statement: str | None = None


class AbsentRecord(msgspec.Struct, frozen=True):
    """A part that was digested and not kept. police_object: where its age ciphertext is sealed, or None."""

    number: int
    path: str | None
    media: str
    size: int
    digest: str | None
    police_object: str | None = None


class KeptRecord(msgspec.Struct, frozen=True):
    """A folder's file that was sealed."""

    number: int
    path: str
    size: int
    digest: str
    object_id: str


class TroubleRecord(msgspec.Struct, frozen=True):
    """A `parts.Trouble`, stored."""

    reason: str
    part: str | None
    start: int | None = None
    end: int | None = None


class Received(msgspec.Struct, frozen=True):
    """What the vault holds of one source; itself sealed as an object of kind `source-record`.

    sealed_as: whole, without_media, digest_only. object_id: the sealed bytes (file or skeleton), None for a folder and for
    digest_only. cuts: (offset, length) in the archive as received, ascending, that the skeleton leaves out.
    """

    name: str
    kind: str
    digest: str
    size: int
    sealed_as: str
    object_id: str | None
    cuts: list[tuple[int, int]]
    absent: list[AbsentRecord]
    kept: list[KeptRecord]
    troubles: list[TroubleRecord]


class SkeletonFile(io.RawIOBase):
    """The archive as received, seen through its skeleton: kept bytes from `inner`, cuts as zeros. Seekable."""

    def __init__(self, inner: BinaryIO, size: int, cuts: Sequence[tuple[int, int]]) -> None:
        self._inner = inner
        self._size = size
        self._at = 0
        self._starts = [c[0] for c in cuts]
        self._ends = [c[0] + c[1] for c in cuts]
        before = 0
        self._cut_before = []  # bytes cut in front of cut i
        for _, length in cuts:
            self._cut_before.append(before)
            before += length
        self._cut_before.append(before)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if self._at >= self._size or not len(view):
            return 0
        i = bisect.bisect_right(self._starts, self._at) - 1
        if i >= 0 and self._at < self._ends[i]:  # inside a cut
            n = min(len(view), self._ends[i] - self._at)
            view[:n] = bytes(n)
        else:
            stop = self._starts[i + 1] if i + 1 < len(self._starts) else self._size
            self._inner.seek(self._at - self._cut_before[i + 1])
            data = self._inner.read(min(len(view), stop - self._at))
            n = len(data)
            view[:n] = data
        self._at += n
        return n

    def close(self) -> None:
        self._inner.close()
        super().close()


def must_be_left_out(part: Part) -> bool:
    """Whether a part is or may hide a medium: everything that is not text, and what could not be looked into."""
    return part.media is not None or part.state != "present"


GAP_BYTES_MAX: Final = 64
"""Bytes between members that no directory entry names and that are kept all the same: data descriptors and alignment.
A longer gap (a deleted member, something put in front of the archive) may hide a medium and is cut."""


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(s for s in spans if s[1] > s[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _member_cuts(path: Path, left_out: set[int]) -> list[tuple[int, int]]:
    """Where the bytes that must not be kept lie in the archive: (offset, length), ascending, merged, in bounds.

    The data of the members `left_out`, and long gaps that no directory entry names. Where members overlap (a bomb's
    trick), a byte that a medium covers is cut; a kept member over it then reads as damaged, which is said.
    """
    size = path.stat().st_size
    cut: list[tuple[int, int]] = []
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        directory_start = min(archive.start_dir, size)
        known = [(directory_start, size)]
        for number, info in enumerate(i for i in archive.infolist() if not i.filename.endswith("/")):
            raw.seek(info.header_offset)
            header = raw.read(30)
            if len(header) < 30 or header[:4] != b"PK\x03\x04":
                continue
            name_len, extra_len = struct.unpack("<HH", header[26:30])
            start = info.header_offset + 30 + name_len + extra_len
            end = min(start + info.compress_size, directory_start)
            known.append((info.header_offset, end))
            if number in left_out:
                cut.append((start, end))
        known += [
            (i.header_offset, i.header_offset + 30 + len(i.orig_filename.encode()) + 64)
            for i in archive.infolist()
            if i.filename.endswith("/")
        ]
    at = 0
    for start, end in _merged(known):
        if start - at > GAP_BYTES_MAX:
            cut.append((at, start))
        at = max(at, end)
    return [(start, end - start) for start, end in _merged(cut)]


def _stream(opener: Callable[[], BinaryIO], cuts: Sequence[tuple[int, int]], expected_digest: str) -> Iterator[bytes]:
    """The bytes of a source without its cuts; raises InputRefused where the whole does not have its digest any more."""
    h = hashlib.sha256()
    at = 0
    pending = list(reversed(cuts))
    with opener() as f:
        while block := f.read(CHUNK):
            h.update(block)
            start, stop = at, at + len(block)
            while pending and pending[-1][0] < stop:
                cut_start, cut_end = pending[-1][0], pending[-1][0] + pending[-1][1]
                if cut_start > start:
                    yield block[start - at : cut_start - at]
                start = max(start, min(cut_end, stop))
                if cut_end > stop:
                    break
                pending.pop()
            if start < stop:
                yield block[start - at :] if start > at else block
            at = stop
    if h.hexdigest() != expected_digest:
        raise InputRefused("source_changed")


def _police_copy(vault: Vault, part: Part, recipient: str) -> str | None:
    """Seal the part's age ciphertext to the police key; the plaintext is never written. None where it cannot be read."""
    import pyrage

    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as e:
        raise UsageError("police_key_invalid") from e
    if part.state != "present" or part.digest() is None:
        return None
    plain = io.BytesIO(part.read())
    sealed = io.BytesIO()
    pyrage.encrypt_io(plain, sealed, [key])
    sealed.seek(0)
    return vault.seal(
        sealed, kind="medium-police", meta={"recipient": recipient, "plain_digest": part.digest()}
    ).object_id


def _absent_records(vault: Vault, parts: Sequence[Part], rule: MediaRule) -> list[AbsentRecord]:
    records = []
    for part in parts:
        police = None
        if rule.name == "police-key" and rule.recipient is not None and part.media in ("image", "video", "audio"):
            police = _police_copy(vault, part, rule.recipient)
        records.append(
            AbsentRecord(part.number, part.path, part.media or "encrypted", part.size, part.digest(), police)
        )
    return records


def receive(vault: Vault, handed: Source, path: Path, rule: MediaRule, *, exhibit: str) -> tuple[Received, str]:
    """Seal `handed` (opened from `path`) under `rule`; durable and logged when it returns.

    Returns the record and the id of its own sealed object. exhibit: the label in the log ("S1"). Raises InputRefused
    (source_changed), StorageFailed, UsageError (police_key_invalid).
    """
    if rule.name == "seal":
        absent_parts: list[Part] = []
    else:
        absent_parts = [p for p in handed.parts if must_be_left_out(p)]
    absent = _absent_records(vault, absent_parts, rule)
    left_out = {p.number for p in absent_parts}
    kept: list[KeptRecord] = []
    object_id: str | None = None
    cuts: list[tuple[int, int]] = []
    sealed_as = "without_media" if left_out else "whole"
    if handed.kind == "folder":
        kept = _seal_folder(vault, handed, left_out)
    elif handed.kind == "file" and left_out:
        sealed_as = "digest_only"
    else:
        cuts = _member_cuts(path, left_out) if handed.kind == "zip" and rule.name != "seal" else []
        sealed_as = "without_media" if cuts else sealed_as
        object_id = vault.seal(
            _stream(lambda: path.open("rb"), cuts, handed.digest),
            kind="source",
            meta={"digest_as_received": handed.digest},
        ).object_id
    received = Received(
        name=handed.name,
        kind=handed.kind,
        digest=handed.digest,
        size=handed.size,
        sealed_as=sealed_as,
        object_id=object_id,
        cuts=cuts,
        absent=absent,
        kept=kept,
        troubles=[TroubleRecord(t.reason, t.part, t.start, t.end) for t in handed.troubles],
    )
    record = vault.seal([msgspec.json.encode(received)], kind="source-record", meta={"exhibit": exhibit})
    vault.append(
        "seal",
        exhibit=exhibit,
        source=vault.commitment(handed.digest),
        size=handed.size,
        form=sealed_as,
        record=record.object_id,
        objects=[o for o in [object_id, *(k.object_id for k in kept)] if o is not None],
        left_out=len(absent),
        media_rule=rule.name,
    )
    return received, record.object_id


def _seal_folder(vault: Vault, handed: Source, left_out: set[int]) -> list[KeptRecord]:
    if hashlib.sha256(folder_listing(handed.parts)).hexdigest() != handed.digest:
        raise InputRefused("source_changed")
    kept = []
    for part in handed.parts:
        digest = part.digest()
        if part.number in left_out or digest is None:
            continue
        sealed = vault.seal(_stream(part.open, (), digest), kind="source", meta={"digest_as_received": digest})
        kept.append(KeptRecord(part.number, str(part.path), part.size, digest, sealed.object_id))
    return kept


def load_record(vault: Vault, record_id: str) -> Received:
    """The stored record of a source."""
    with vault.open_object(record_id) as f:
        return msgspec.json.decode(f.read(), type=Received)


def sealed_source(vault: Vault, received: Received) -> Source:
    """The source as readers see it: the sealed copy. Parts that were not kept have a digest and cannot be opened."""
    absent = {a.number: Absent(a.media, a.size, a.digest) for a in received.absent}
    troubles = [Trouble(t.reason, t.part, t.start, t.end) for t in received.troubles]
    if received.kind == "folder":
        parts = [
            Part(k.path, k.number, k.size, lambda k=k: vault.open_object(k.object_id), known_digest=k.digest)  # type: ignore[misc]
            for k in received.kept
        ]
        parts += [absent_part(a.path, a.number, absent[a.number]) for a in received.absent]
        parts.sort(key=lambda p: p.number)
        return Source(received.name, "folder", received.digest, received.size, parts, troubles)
    if received.object_id is None:
        parts = [absent_part(a.path, a.number, absent[a.number]) for a in received.absent]
        return Source(received.name, received.kind, received.digest, received.size, parts, troubles)
    object_id = received.object_id
    if received.kind == "file":
        source = source_from_stream(
            received.name, received.size, received.digest, lambda: vault.open_object(object_id), []
        )
        source.troubles = troubles
        return source

    def opener() -> BinaryIO:
        inner = vault.open_object(object_id)
        raw = SkeletonFile(inner, received.size, received.cuts)
        return io.BufferedReader(raw, limits.KIB * 256)

    raw = opener()
    archive = zipfile.ZipFile(raw)
    parts = zip_parts(archive, [], absent)
    return Source(received.name, "zip", received.digest, received.size, parts, troubles, (archive, raw))
