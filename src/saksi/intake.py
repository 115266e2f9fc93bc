"""Receive what was handed in: seal it, and give back a source that is read from the sealed copy.

    with vault:
        handed = parts.open_source(path)                 # digests the bytes as received
        received = receive(vault, handed, path, media)   # seals; durable and logged when it returns
        source = sealed_source(vault, received)          # what readers get: the sealed copy, not the disk's

What is kept (DESIGN promise 3, docs/decisions/0002): a plain text file whole; an archive as a *skeleton*, its own bytes
with the data of everything that is or may hide a medium cut out; a folder as its text files. A medium's digest, size and
place are kept, the medium is not; of a PDF handed in alone its words are kept beside them (0027). `MediaRule` "seal" keeps
media too (with a recorded statement that every person shown is an adult who agreed); "police-key" keeps them encrypted to a key
that nobody here holds.

The archive is hashed again while it is sealed: a file that changes in between is refused (`source_changed`), so that the
digest in the record is the digest of the very bytes that were sealed.
"""

from __future__ import annotations

import bisect
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from saksi import limits
from saksi.embedded import measured, media_spans, packed_end
from saksi.errors import InputRefused, UsageError
from saksi.parts import (
    Absent,
    CutMedium,
    Part,
    Source,
    Trouble,
    absent_part,
    file_digest,
    folder_listing,
    looks_like,
    source_from_stream,
    zip_parts,
)
from saksi.sqlite.media import Cuts, cuts_of
from saksi.sqlite.pages import open_pages
from saksi.vault import Vault, custody

CHUNK: Final = 1 << 20
MEDIA_RULES: Final = ("digest", "police-key", "seal")

READING_ERRORS: Final = (
    OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What a damaged or unreachable source raises while it is read. The vault's own failures are SaksiErrors, not these."""


@dataclass(frozen=True)
class MediaRule:
    """What happens to media. name: one of MEDIA_RULES. recipient: age public key (police-key). statement: what was
    recorded about the people shown (seal)."""

    name: str = "digest"
    recipient: str | None = None
    statement: str | None = None


class AbsentRecord(msgspec.Struct, frozen=True):
    """A part that was digested and not kept. police_object: where its age ciphertext is sealed, or None. words_object: where
    the words of a PDF are sealed, or None."""

    number: int
    path: str | None
    media: str
    size: int
    digest: str | None
    police_object: str | None = None
    words_object: str | None = None


class KeptRecord(msgspec.Struct, frozen=True):
    """A part that was sealed by itself: a folder's file, or a zip's text that holds a medium or cannot stay packed.

    size, digest: of the part as received. cuts: (offset, length) in it that were not kept, ascending. checked_end: of a
    database's log, how many of its bytes held when it was received.
    """

    number: int
    path: str | None
    size: int
    digest: str
    object_id: str
    cuts: list[tuple[int, int]] = []
    checked_end: int | None = None


class BlobRecord(msgspec.Struct, frozen=True):
    """A value of a database that is one medium and was not kept. table: None for an entry of an index."""

    part: int
    table: str | None
    rowid: int
    column: int
    media: str
    size: int
    digest: str


class EmbeddedRecord(msgspec.Struct, frozen=True):
    """A medium inside a text, not kept: where it stood in part `number`, and its own bytes and digest (None: unknown)."""

    number: int
    start: int
    end: int
    size: int | None
    digest: str | None


class TroubleRecord(msgspec.Struct, frozen=True):
    """A `parts.Trouble`, stored."""

    reason: str
    part: str | None
    start: int | None = None
    end: int | None = None


class Received(msgspec.Struct, frozen=True):
    """What the vault holds of one source; itself sealed as an object of kind `source-record`.

    sealed_as: whole, without_media, digest_only. object_id: the sealed bytes (file or skeleton), None for a folder, for
    digest_only and for an archive whose skeleton would not open (its texts are then in `kept`). cuts: (offset, length) in
    the file or archive as received, ascending, that were not kept.
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
    embedded: list[EmbeddedRecord] = []
    blobs: list[BlobRecord] = []


class SkeletonFile(io.RawIOBase):
    """A file as received, seen through what was kept of it: kept bytes from `inner`, cuts as `filler`. Seekable."""

    def __init__(self, inner: BinaryIO, size: int, cuts: Sequence[tuple[int, int]], filler: bytes = b"\0") -> None:
        self._inner = inner
        self._filler = filler
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
            view[:n] = self._filler * n
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


TEXT_FILLER: Final = b"*"
"""What readers see where a medium was cut out of a text: asterisks, so that the JSON or the line around it still reads.
The places are in `problems` (embedded_media): no reader can take them for somebody's words unnoticed."""

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


EXTRA_KEPT: Final = frozenset({0x0001, 0x5455, 0x7875, 0x000A, 0x7075, 0x9901})
"""Extra fields of zip members that are kept: sizes, times, owner, unicode name, encryption. Others may hold thumbnails."""

ENTRY: Final = struct.Struct("<4s4B4HL2L5H2L")
"""A central directory entry's fixed part (APPNOTE 4.3.12), as zipfile reads it."""


def _extra_cuts(extra: bytes, at: int) -> list[tuple[int, int]]:
    """Payloads of extra fields that are unknown or too long for what they are; headers stay, so that it still parses."""
    cuts = []
    i = 0
    while i + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, i)
        stop = min(i + 4 + length, len(extra))
        if length > GAP_BYTES_MAX or (kind not in EXTRA_KEPT and length > 8):
            cuts.append((at + i + 4, at + stop))
        i = stop
    if i < len(extra):
        cuts.append((at + i, at + len(extra)))
    return cuts


def _directory_cuts(raw: BinaryIO, start: int, size: int) -> list[tuple[int, int]]:
    """What may hide in the directory at the archive's end: extra fields, comments, bytes between and behind its records."""
    cuts: list[tuple[int, int]] = []
    at = start
    while at + ENTRY.size <= size:
        raw.seek(at)
        entry = raw.read(ENTRY.size)
        if entry[:4] != b"PK\x01\x02":
            break
        name_len, extra_len, comment_len = struct.unpack_from("<HHH", entry, 28)
        name_end = at + ENTRY.size + name_len
        raw.seek(name_end)
        cuts += _extra_cuts(raw.read(extra_len), name_end)
        cuts.append((name_end + extra_len, name_end + extra_len + comment_len))
        at = name_end + extra_len + comment_len
    tail_start = max(at, size - (1 << 16) - 22)
    raw.seek(tail_start)
    tail = raw.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        return cuts
    # zip64's two records (56 and 20 bytes) stand right in front of the end record
    records = [tail_start + i for i in (end - 76, end) if i >= 0 and tail[i : i + 4] in (b"PK\x06\x06", b"PK\x05\x06")]
    cuts.append((at, min(records)))
    cuts.append((tail_start + end + 22, size))
    return cuts


def _member_cuts(path: Path, left_out: set[int]) -> tuple[list[tuple[int, int]], set[int]]:
    """Where the bytes that must not be kept lie in the archive, and which kept members must be sealed by themselves.

    Cuts: (offset, length), ascending, merged, in bounds: the data of the members `left_out`, long gaps that no entry
    names, what lies behind a member's data, extra fields and comments. Members to be sealed by themselves: those that do
    not unpack to what their entry says. Where members overlap (a bomb's trick), a byte that a medium covers is cut; a
    kept member over it then reads as damaged, which is said.
    """
    size = path.stat().st_size
    cut: list[tuple[int, int]] = []
    apart: set[int] = set()
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        directory_start = min(archive.start_dir, size)
        known = [(directory_start, size)]
        for number, info in enumerate(i for i in archive.infolist() if not i.is_dir()):
            raw.seek(info.header_offset)
            header = raw.read(30)
            if len(header) < 30 or header[:4] != b"PK\x03\x04":
                continue
            name_len, extra_len = struct.unpack("<HH", header[26:30])
            extra_at = info.header_offset + 30 + name_len
            start = extra_at + extra_len
            end = min(start + info.compress_size, directory_start)
            known.append((info.header_offset, end))
            raw.seek(extra_at)
            cut += _extra_cuts(raw.read(extra_len), extra_at)
            if number in left_out:
                cut.append((start, end))
                continue
            really, whole = packed_end(info, raw, start, end)
            cut.append((really if whole else start, end))
            if not whole:
                apart.add(number)
        known += [
            (i.header_offset, i.header_offset + 30 + len(i.orig_filename.encode()) + 64)
            for i in archive.infolist()
            if i.is_dir()
        ]
        cut += _directory_cuts(raw, directory_start, size)
    at = 0
    for start, end in _merged(known):
        if start - at > GAP_BYTES_MAX:
            cut.append((at, start))
        at = max(at, end)
    return [(start, end - start) for start, end in _merged(cut)], apart


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


def _sealed(
    vault: Vault, opener: Callable[[], BinaryIO], cuts: Sequence[tuple[int, int]], expected_digest: str
) -> str:
    """Seal a source's bytes without its cuts; the object's id. Raises InputRefused (source_changed)."""

    def unchanged(digest: str) -> None:
        if digest != expected_digest:
            raise InputRefused("source_changed")

    meta = {"digest_as_received": expected_digest}
    if cuts:
        return vault.seal(_stream(opener, cuts, expected_digest), kind="source", meta=meta).object_id
    with opener() as f:  # whole: what is sealed has the digest, it need not be hashed twice
        return vault.seal(f, kind="source", meta=meta, accept=unchanged).object_id


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
    """Seal `handed` (opened from `path`) under `rule`; durable and logged when it returns, together: a folder of many small
    files costs few syncs.

    Returns the record and the id of its own sealed object. exhibit: the label in the log ("S1"). Raises InputRefused
    (source_changed), StorageFailed, UsageError (police_key_invalid).
    """
    with vault.together():
        return _receive(vault, handed, path, rule, exhibit=exhibit)


def _receive(vault: Vault, handed: Source, path: Path, rule: MediaRule, *, exhibit: str) -> tuple[Received, str]:
    troubles = list(handed.troubles)
    looked = Databases() if rule.name == "seal" else database_cuts(handed, troubles)
    if rule.name == "seal":
        absent_parts: list[Part] = []
    else:
        absent_parts = [p for p in handed.parts if must_be_left_out(p) and p.number not in looked.cuts]
    absent = _absent_records(vault, absent_parts, rule)
    left_out = {p.number for p in absent_parts}
    keeps_media = rule.name == "seal"
    embedded = {} if keeps_media else _embedded(handed, left_out | looked.cuts.keys(), troubles)
    embedded |= {number: cuts for number, cuts in looked.cuts.items() if cuts}
    if rule.name == "police-key" and rule.recipient is not None:
        absent += _police_databases(vault, handed, looked, rule.recipient)
    if handed.kind == "file" and absent:
        absent[0] = _with_words(vault, handed.parts[0], absent[0], troubles)
    own = embedded.keys() | {p.number for p in handed.parts if p.packed is not None}  # sealed by themselves
    kept: list[KeptRecord] = []
    object_id: str | None = None
    cuts: list[tuple[int, int]] = []
    sealed_as = "without_media" if left_out or embedded else "whole"
    if handed.kind == "folder":
        kept = _seal_folder(vault, handed, left_out, embedded, looked.ends)
    elif handed.kind == "file" and left_out:
        sealed_as = "digest_only"
    elif handed.kind == "packed":
        kept = _seal_apart(vault, handed, {0} - left_out, embedded, looked.ends)
        if file_digest(path) != handed.digest:
            raise InputRefused("source_changed")
    else:
        apart: set[int] = set()
        if handed.kind == "file":
            cuts = embedded.get(0, [])
        elif not keeps_media:
            cuts, apart = _member_cuts(path, left_out | own | looked.cuts.keys())
        sealed_as = "without_media" if cuts else sealed_as
        opener = handed.parts[0].open_held if handed.kind == "file" else lambda: path.open("rb")
        object_id = _sealed(vault, opener, cuts, handed.digest)
        if handed.kind == "zip" and not keeps_media:
            if _opens_alike(vault, object_id, handed, cuts):
                kept = _seal_apart(vault, handed, apart | own | looked.cuts.keys(), embedded, looked.ends)
            else:
                object_id, cuts, sealed_as = None, [], "without_media"
                kept = _seal_apart(vault, handed, {p.number for p in handed.parts} - left_out, embedded, looked.ends)
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
        troubles=[TroubleRecord(t.reason, t.part, t.start, t.end) for t in troubles],
        embedded=_embedded_records(handed, {n: e for n, e in embedded.items() if n not in looked.cuts}),
        blobs=looked.blobs,
    )
    record = vault.seal([msgspec.json.encode(received)], kind="source-record", meta={"exhibit": exhibit})
    custody.add(
        vault, "seal",
        exhibit=exhibit,
        source=vault.commitment(handed.digest),
        size=handed.size,
        form=sealed_as,
        record=record.object_id,
        objects=[o for o in [object_id, *(k.object_id for k in kept), *(a.words_object for a in absent)] if o is not None],
        left_out=len(absent),
        media_rule=rule.name,
    )
    return received, record.object_id


def _with_words(vault: Vault, part: Part, absent: AbsentRecord, troubles: list[Trouble]) -> AbsentRecord:
    """The record of a PDF with its words sealed (decision 0027); of anything else as it is. Raises InputRefused (source_changed)."""
    from saksi.readers.page_pdf_text import may_be_read, words_of  # here: only few sources are PDFs

    if part.media != "document" or absent.digest is None or not may_be_read(part):
        return absent
    data = part.read() if part.size <= limits.MESSAGE_BYTES_MAX else None
    if data is not None and hashlib.sha256(data).hexdigest() != absent.digest:
        raise InputRefused("source_changed")
    found = msgspec.json.decode(words_of(data))
    plain = _without_media(found)
    if plain != found:
        troubles.append(Trouble("embedded_media", part.path))
    sealed = vault.seal([msgspec.json.encode(plain)], kind="source", meta={"words_of": absent.digest})
    return msgspec.structs.replace(absent, words_object=sealed.object_id)


def _without_media(value: Any) -> Any:
    """Words taken out of a PDF, with whatever is packed as a picture among them cut out: a page may be full of base64."""
    if isinstance(value, dict):
        return {key: _without_media(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_media(inner) for inner in value]
    if not isinstance(value, str):
        return value
    data = bytearray(value.encode())
    for start, length in media_spans(lambda: io.BytesIO(bytes(data)), len(data)):
        data[start : start + length] = TEXT_FILLER * length
    return data.decode("utf-8", "replace")


@dataclass
class Databases:
    """Databases and logs that can be kept without the media in them, by part number. ends: how far a log holds."""

    cuts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    blobs: list[BlobRecord] = field(default_factory=list)
    holding: set[int] = field(default_factory=set)


def database_cuts(handed: Source, troubles: list[Trouble]) -> Databases:
    """Look into every database that was handed in; adds to `troubles` where media are in one. One that cannot be looked
    into is not among them: its digest is kept and nothing else."""
    looked = Databases()
    for part in handed.parts:
        if part.media == "database" and part.state == "present":
            log = handed.log_of(part)
            try:
                found = _cuts_of(part, log)
            except Exception:  # noqa: BLE001 - what was not looked at to its end must not be kept, whatever the cause
                found = None
            if found is None:
                troubles.append(Trouble("broken_database", part.path))
                continue
            cuts, checked_end = found
            looked.cuts[part.number] = cuts.main
            if log is not None:
                looked.cuts[log.number] = cuts.log
                looked.ends[log.number] = checked_end
            looked.blobs += [
                BlobRecord(part.number, b.table, b.rowid, b.column, b.media, b.size, b.digest) for b in cuts.blobs
            ]
            if cuts.media:
                looked.holding.add(part.number)
                troubles.append(Trouble("database_media", part.path))
    return looked


def _cuts_of(part: Part, log: Part | None) -> tuple[Cuts, int] | None:
    with ExitStack() as held:
        main = part.open_anywhere()
        log_stream = None if log is None else log.open_anywhere()
        for stream in (main, log_stream):
            if stream is not None:
                held.enter_context(stream)
        if main is None or (log is not None and log_stream is None):
            return None
        db = open_pages(main, part.size, log_stream, 0 if log is None else log.size)
        return None if db is None else (cuts_of(db), 0 if db.log is None else db.log.end)


def _police_databases(vault: Vault, handed: Source, looked: Databases, recipient: str) -> list[AbsentRecord]:
    """Whole databases that hold media, sealed to the police key beside what is kept of them."""
    records = []
    for part in (p for p in handed.parts if p.number in looked.holding):
        sealed = _police_copy(vault, part, recipient)
        records.append(AbsentRecord(part.number, part.path, "database", part.size, part.digest(), sealed))
    return records


def _embedded(handed: Source, left_out: set[int], troubles: list[Trouble]) -> dict[int, list[tuple[int, int]]]:
    """Media inside the texts that will be kept, by part; adds their places to `troubles`."""
    found: dict[int, list[tuple[int, int]]] = {}
    for part in handed.parts:
        if part.number in left_out or part.size == 0:
            continue
        try:
            spans = media_spans(part.open_held, part.size)
        except READING_ERRORS:
            continue  # what cannot be read is sealed by itself as far as it goes, or not at all
        if spans:
            found[part.number] = spans
            troubles += [Trouble("embedded_media", part.path, start, start + length) for start, length in spans]
    return found


def _embedded_records(handed: Source, embedded: Mapping[int, list[tuple[int, int]]]) -> list[EmbeddedRecord]:
    """Size and digest of every medium inside a text: what a case keeps of it beside its place."""
    records = []
    for part in handed.parts:
        spans = embedded.get(part.number, [])
        try:
            found = measured(part.open_held, spans) if spans else []
        except READING_ERRORS:
            found = [(None, None)] * len(spans)
        records += [
            EmbeddedRecord(part.number, start, start + length, *known)
            for (start, length), known in zip(spans, found, strict=True)
        ]
    return records


def _seal_part(
    vault: Vault, part: Part, digest: str, cuts: Sequence[tuple[int, int]], checked_end: int | None
) -> KeptRecord:
    object_id = _sealed(vault, part.open_held, cuts, digest)
    return KeptRecord(part.number, part.path, part.size, digest, object_id, list(cuts), checked_end)


def _opens_alike(vault: Vault, object_id: str, handed: Source, cuts: Sequence[tuple[int, int]]) -> bool:
    """Whether the skeleton lists the members of the archive: one that does not would end every later reading."""
    try:
        with _opener(vault, object_id, handed.size, cuts, b"\0")() as raw, zipfile.ZipFile(raw) as archive:
            members = [i for i in archive.infolist() if not i.is_dir()][: limits.ARCHIVE_MEMBERS_MAX]
            listed = [(i.filename[: limits.NAME_CHARS_MAX], i.file_size) for i in members]
    except READING_ERRORS:
        return False
    return listed == [(p.path, (p.packed or p).size) for p in handed.parts]


def _seal_apart(
    vault: Vault,
    handed: Source,
    numbers: set[int],
    embedded: Mapping[int, list[tuple[int, int]]],
    ends: Mapping[int, int],
) -> list[KeptRecord]:
    """Seal members of an archive by themselves. One that cannot be unpacked whole is not kept: its digest is unknown."""
    kept = []
    for part in handed.parts:
        digest = part.digest() if part.number in numbers else None
        if digest is not None:
            kept.append(_seal_part(vault, part, digest, embedded.get(part.number, []), ends.get(part.number)))
    return kept


def _seal_folder(
    vault: Vault,
    handed: Source,
    left_out: set[int],
    embedded: Mapping[int, list[tuple[int, int]]],
    ends: Mapping[int, int],
) -> list[KeptRecord]:
    if hashlib.sha256(folder_listing(handed.parts)).hexdigest() != handed.digest:
        raise InputRefused("source_changed")
    kept = []
    for part in handed.parts:
        digest = part.digest()
        if part.number not in left_out and digest is not None:
            kept.append(_seal_part(vault, part, digest, embedded.get(part.number, []), ends.get(part.number)))
    return kept


def load_record(vault: Vault, record_id: str) -> Received:
    """The stored record of a source."""
    with vault.open_object(record_id) as f:
        return msgspec.json.decode(f.read(), type=Received)


def sealed_source(vault: Vault, received: Received) -> Source:
    """The source as readers see it: the sealed copy. Parts that were not kept have a digest and cannot be opened."""
    here = {k.number for k in received.kept} | ({0} if received.kind == "file" and received.object_id else set())
    left_out = [a for a in received.absent if a.number not in here]  # of a database the police may hold all, we the rows
    absent = {a.number: Absent(a.media, a.size, a.digest) for a in left_out}
    troubles = [Trouble(t.reason, t.part, t.start, t.end) for t in received.troubles]
    alone = {k.number: _kept_part(vault, k) for k in received.kept}
    source = _source_of(vault, received, absent, troubles, alone)
    cut: dict[int, dict[tuple[int, int], CutMedium]] = {}
    for record in received.embedded:
        cut.setdefault(record.number, {})[record.start, record.end] = CutMedium(record.size, record.digest)
    words = {a.number: a.words_object for a in received.absent if a.words_object is not None}
    for part in source.parts:
        part.cut_media = cut.get(part.number, {})
        if (kept_words := words.get(part.number)) is not None:
            part.words = partial(_object_bytes, vault, kept_words)
    return source


def _object_bytes(vault: Vault, object_id: str) -> bytes:
    with vault.open_object(object_id) as f:
        return f.read()


def _source_of(
    vault: Vault, received: Received, absent: Mapping[int, Absent], troubles: list[Trouble], alone: Mapping[int, Part]
) -> Source:
    """The source over what is kept, its parts in order."""
    if received.object_id is None:
        parts = [*alone.values(), *(absent_part(a.path, a.number, absent[a.number]) for a in received.absent if a.number in absent)]
        parts.sort(key=lambda p: p.number)
        return Source(received.name, received.kind, received.digest, received.size, parts, troubles)
    opener = _opener(
        vault, received.object_id, received.size, received.cuts, b"\0" if received.kind == "zip" else TEXT_FILLER
    )
    if received.kind == "file":
        source = source_from_stream(received.name, received.size, received.digest, opener, [])
        source.troubles = troubles
        return source
    raw = opener()
    archive = zipfile.ZipFile(raw)
    not_here = {**absent} | {n: Absent("text", p.size, p.known_digest) for n, p in alone.items()}
    parts = [alone.get(p.number, p) for p in zip_parts(archive, [], not_here)]
    return Source(received.name, "zip", received.digest, received.size, parts, troubles, (archive, raw))


def _opener(
    vault: Vault, object_id: str, size: int, cuts: Sequence[tuple[int, int]], filler: bytes
) -> Callable[[], BinaryIO]:
    def opener() -> BinaryIO:
        inner = vault.open_object(object_id)
        return io.BufferedReader(SkeletonFile(inner, size, cuts, filler), limits.KIB * 256) if cuts else inner

    return opener


def _kept_part(vault: Vault, kept: KeptRecord) -> Part:
    opener = _opener(vault, kept.object_id, kept.size, kept.cuts, TEXT_FILLER)
    part = Part(
        kept.path, kept.number, kept.size, opener, known_digest=kept.digest, checked_end=kept.checked_end
    )
    what = looks_like(part.head())
    part.media = what if what in ("database", "database_log") else None
    return part
