"""What was handed in, as bytes: a source (file, zip or folder) and its parts. Knows bytes, not chats.

A `Source` has a name, a digest and `parts`; a `Part` has a path inside the source (None for a plain file), a size and a
way to open its bytes. Readers work on parts only, so that they neither know nor care whether the bytes come from a disk
(`open_source`) or from the sealed copy in a case (`saksi.intake`).

Bounds of `saksi.limits` hold here: members, names, sizes, ratios. What breaks one is a `Trouble` (reason of
`saksi.table.schema.REASONS` + part), never an exception: the rest of the source is still read. Nothing is ever written
to disk and no member's name is ever used as a path.

The digest of a folder is the SHA-256 of its listing: one line a file, sorted by path as UTF-8 bytes, each line
`<sha256 of the file>  <path with />` LF: what `sha256sum` prints, so that `sha256sum` can check it. Bytes of a name that
are not UTF-8 are written as \\xNN. A case folder among the files is never taken in (its files change while it is used),
nor are links, pipes and devices: each is a trouble of the source.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import msgspec

from saksi import limits, packed
from saksi.errors import InputRefused

CHUNK: Final = 1 << 20


class Closing(Protocol):
    """Something that can be closed."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Trouble:
    """Something wrong with a part before any reader saw it: becomes a row of `problems`."""

    reason: str
    part: str | None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class CutMedium:
    """A medium inside a text that a case did not keep: bytes and SHA-256 hex of the medium itself, unwrapped from base64
    and the like; None where it could not be unwrapped."""

    size: int | None
    digest: str | None


@dataclass
class Part:
    """One file, member of a zip or file of a folder.

    path: inside the source, "/" between folders, as named there; None for a plain file. number: position in the
    source's list, part of every message id. size: bytes unpacked. media: what the content looks like (image, video,
    audio, archive, document, database, database_log) or None for anything that may be text. state: "present", or "refused"
    where a limit forbids to unpack it. known_digest: SHA-256 hex where it is known already. checked_end: of a sealed database
    log, how many of its bytes held when it was received (what was cut out since breaks its checksums).
    packed: the part as handed in, where this one is the text that `saksi.packed` reads behind it.
    cut_media: what a sealed copy lacks, by (start, end) in the part. notes: what readers found out about it once.
    transcript: gives what was read on a picture that the user declared to be a screenshot (`saksi.ocr`), None for
    everything else: no other picture is ever read.
    words: gives what was taken out of a PDF when it was received (`readers.page_pdf_text`), for a case keeps no PDF.
    """

    path: str | None
    number: int
    size: int
    opener: Callable[[], BinaryIO]
    media: str | None = None
    state: str = "present"
    known_digest: str | None = None
    transcript: Callable[[], bytes] | None = None
    words: Callable[[], bytes] | None = None
    modified: tuple[int, int, int, int, int, int] | None = None
    packed: Part | None = None
    cut_media: Mapping[tuple[int, int], CutMedium] = field(default_factory=dict)
    checked_end: int | None = None
    notes: dict[str, object] = field(default_factory=dict, repr=False)
    _head: bytes | None = field(default=None, repr=False)
    _held: bytes | None = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        """A stream over the part's bytes, from its start."""
        return self.opener()

    def hold(self) -> None:
        """Keep the bytes of a part that its head shows whole: they are digested, looked through and sealed without being
        read again, and a file that changes meanwhile changes nothing. Not for members of archives: their checksums."""
        head = self.head()  # may find out that the part cannot be read
        if self.state == "present" and len(head) < limits.HEAD_BYTES:
            self._held = head
            self.known_digest = hashlib.sha256(head).hexdigest()

    def begins(self, head: bytes) -> None:
        """The part's first bytes, where they were read already."""
        self._head = head

    def open_held(self) -> BinaryIO:
        """As `open`, of the bytes that are held where some are."""
        return self.opener() if self._held is None else io.BytesIO(self._held)

    def open_anywhere(self) -> BinaryIO | None:
        """A stream that can seek: databases are read page by page. A packed member is unpacked in memory, never to a file;
        None where that would be more than limits.DATABASE_UNPACKED_BYTES_MAX."""
        stream = self.open()
        if stream.seekable():
            return stream
        with stream:
            return io.BytesIO(stream.read()) if self.size <= limits.DATABASE_UNPACKED_BYTES_MAX else None

    def read(self) -> bytes:
        """All bytes of the part. For text parts within limits; streams use `open`."""
        with self.open() as f:
            return f.read()

    def head(self) -> bytes:
        """The first limits.HEAD_BYTES bytes (cached); b"" where the part cannot be opened."""
        if self._head is None:
            self._head = b""
            if self.state == "present":
                try:
                    with self.open() as f:
                        self._head = f.read(limits.HEAD_BYTES)
                except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
                    self.state = "refused"
        return self._head

    def digest(self) -> str | None:
        """SHA-256 hex of the part's bytes, computed once; None where it could not be read to its end."""
        if self.known_digest is None and self.state == "present":
            h = hashlib.sha256()
            try:
                with self.open() as f:
                    while block := f.read(CHUNK):
                        h.update(block)
            except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
                self.state = "refused"
                return None
            self.known_digest = h.hexdigest()
        return self.known_digest

    @property
    def name(self) -> str:
        """The last component of the path ("" for a plain file)."""
        return "" if self.path is None else self.path.rsplit("/", 1)[-1]


@dataclass
class Source:
    """What was handed in. kind: file, zip, folder, packed (one text behind gzip). name: the file's or folder's own name, as received.

    A context manager: an archive is held open until `close`.
    """

    name: str
    kind: str
    digest: str
    size: int
    parts: list[Part]
    troubles: list[Trouble]
    held: tuple[Closing, ...] = ()

    def is_hashed(self) -> bool:
        """Whether `digest` can be had without waiting for it."""
        return True

    def log_of(self, part: Part) -> Part | None:
        """The write-ahead log or else the journal that lies beside a database and is not empty."""
        if part.path is None:
            return None
        logs = {p.path: p for p in self.parts if p.media == "database_log" and p.state == "present"}
        return logs.get(part.path + "-wal") or logs.get(part.path + "-journal")

    def close(self) -> None:
        """Let go of the open archive, if there is one."""
        for thing in self.held:
            thing.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class HashedMeanwhile(Source):
    """A plain file whose digest another thread computes while it is read already: `digest` waits for it.

    hashlib lets go of the interpreter's lock: on two processors the digest costs a reader next to nothing.
    """

    _hashing: Future[str]

    @property
    def digest(self) -> str:
        """SHA-256 hex. Raises InputRefused where the file could not be read to its end."""
        try:
            known = self._hashing.result()
        except OSError as e:
            raise InputRefused("unreadable_file") from e
        self.parts[0].known_digest = known
        return known

    @digest.setter
    def digest(self, value: Any) -> None:  # the dataclass sets it: what will be
        self._hashing = value

    def is_hashed(self) -> bool:
        """Whether `digest` can be had without waiting for it."""
        return self._hashing.done()


_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "image"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"BM", "image?"),
    (0, b"II*\x00", "image"),
    (0, b"MM\x00*", "image"),
    (8, b"WEBP", "image"),
    (4, b"ftyp", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (0, b"\x00\x00\x01\xba", "video"),
    (0, b"\x00\x00\x01\xb3", "video"),
    (0, b"FLV", "video"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "video"),
    (0, b"OggS", "audio"),
    (0, b"ID3", "audio"),
    (0, b"fLaC", "audio"),
    (8, b"WAVE", "audio"),
    (0, b"#!AMR", "audio"),
    (0, b"caff", "audio"),
    (0, b"\xff\xf1", "audio"),
    (0, b"\xff\xf9", "audio"),
    (0, b"\xff\xfb", "audio"),
    (0, b"\xff\xf3", "audio"),
    (0, b"\xff\xf2", "audio"),
    (0, b"PK\x03\x04", "archive"),
    (0, b"PK\x05\x06", "archive"),
    (0, b"Rar!\x1a\x07", "archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\x00", "archive"),
    (0, b"%PDF-", "document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"),
    (0, b"SQLite format 3\x00", "database"),
    (0, b"\x37\x7f\x06\x82", "database_log"),
    (0, b"\x37\x7f\x06\x83", "database_log"),
    (0, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "database_log"),
    (0, b"8BPS", "image"),
    (0, b"\x00\x00\x01\x00", "image"),
    (0, b"\xff\x0a", "image"),
    (0, b"\x00\x00\x00\x0cJXL ", "image"),
)


def looks_like(head: bytes) -> str | None:
    """What the first bytes say: image, video, audio, archive, document, database, database_log, binary; None for text, empty.

    By content, never by name: a picture called notes.txt is a picture.
    """
    for at, magic, what in _SIGNATURES:
        if head.startswith(magic, at):
            if what == "image?":  # "BM" begins many a chat: a bitmap also has reserved zeros
                if len(head) >= 10 and head[6:10] == b"\0\0\0\0":
                    return "image"
                continue
            return what
    if not head or head.startswith(b"WARC/1."):  # a web archive is text with whatever it received between
        return None
    control = head[:4096].translate(None, bytes(range(0x07, 0x0E)) + b"\x1b" + bytes(range(0x20, 0x100)))
    nul_share = head[:4096].count(0) / min(len(head), 4096)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None  # UTF-16 text
    if len(control) - head[:4096].count(0) > 8 and nul_share > 0.01:
        return "binary"
    return None


_LOOKED_AT: Final = 4096
_ZEROS_MIN: Final = 0.4
"""Of the looked-at units, how many have a zero in one half: all of Latin text, none of UTF-8."""


def utf16_order(head: bytes) -> str | None:
    """utf-16-le, utf-16-be or None: by the mark at a text's start, else by every second byte being zero."""
    if head.startswith(b"\xff\xfe\0\0"):
        return None  # UTF-32
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    seen = head[:_LOOKED_AT]
    if b"****" in seen:  # what stands where a case cut a medium out tells nothing
        seen = b"".join(pair for i in range(0, len(seen) - 1, 2) if (pair := seen[i : i + 2]) != b"**")
    units = len(seen) // 2
    if units < 8:
        return None
    first, second = seen[: units * 2 : 2].count(0), seen[1 : units * 2 : 2].count(0)
    if second >= _ZEROS_MIN * units and not first:
        return "utf-16-le"
    return "utf-16-be" if first >= _ZEROS_MIN * units and not second else None


PACKED_ERRORS: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged member raises."""


def unpacked(part: Part, troubles: list[Trouble]) -> Part:
    """The text of a web archive that is packed with gzip, in the part's place; every other part as it is."""
    if part.media != "archive" or part.state != "present" or not packed.holds_archive(part.head()):
        return part
    try:
        measure = packed.measured(part.open)
    except PACKED_ERRORS:
        return part

    def opener(inner: Callable[[], BinaryIO] = part.open, size: int = measure.size) -> BinaryIO:
        return io.BufferedReader(packed.Unpacked(inner(), size), CHUNK)

    if measure.trouble is not None:
        troubles.append(Trouble(measure.trouble, part.path))
    if measure.trouble == "archive_bomb":
        part.state = "refused"
        return part
    return Part(part.path, part.number, measure.size, opener, modified=part.modified, packed=part)


def _bad_name(name: str) -> bool:
    return (
        name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":" or "\0" in name
    )


class _Bounded(io.RawIOBase):
    """A member's stream that stops with an error where it unpacks to more than the directory promised."""

    def __init__(self, inner: BinaryIO, size: int) -> None:
        self.inner = inner
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, b: object) -> int:
        view = memoryview(b)  # type: ignore[arg-type]
        data = self.inner.read(min(len(view), self.left + 1))
        if len(data) > self.left:
            raise zipfile.BadZipFile("member unpacks to more than its directory entry says")
        self.left -= len(data)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.inner.close()
        super().close()


@dataclass(frozen=True)
class Absent:
    """What is known of a part that was digested and not kept (a medium): what it looks like, size, SHA-256 hex or None."""

    media: str
    size: int
    digest: str | None


def absent_part(path: str | None, number: int, absent: Absent) -> Part:
    """A part whose bytes are not here: it has a digest and a size and cannot be opened."""

    def opener() -> BinaryIO:
        raise OSError("this part was digested and not kept")

    return Part(path, number, absent.size, opener, media=absent.media, known_digest=absent.digest)


def zip_parts(
    archive: zipfile.ZipFile, troubles: list[Trouble], absent: Mapping[int, Absent] | None = None
) -> list[Part]:
    """Parts of an open archive, directory order kept. Directories are not parts. Adds to `troubles`.

    absent: by part number, the parts that a sealed copy does not hold: listed as known, never opened.
    """
    infos = [i for i in archive.infolist() if not i.filename.endswith("/")]
    if len(infos) > limits.ARCHIVE_MEMBERS_MAX:
        troubles.append(Trouble("too_many_members", None))
        infos = infos[: limits.ARCHIVE_MEMBERS_MAX]
    parts: list[Part] = []
    seen: set[str] = set()
    text_bytes = 0
    for number, info in enumerate(infos):
        name = info.filename
        state = "present"
        if len(name) > limits.NAME_CHARS_MAX:
            name = name[: limits.NAME_CHARS_MAX]
        if _bad_name(name):
            troubles.append(Trouble("path_traversal", name))  # read all the same: no name is ever used as a path
        if name in seen:
            troubles.append(Trouble("duplicate_member", name))
        seen.add(name)
        if info.flag_bits & 0x1:
            troubles.append(Trouble("encrypted_archive", name))
            state = "refused"
        elif info.file_size > limits.ARCHIVE_RATIO_FLOOR_BYTES and info.file_size > limits.ARCHIVE_RATIO_MAX * max(
            info.compress_size, 1
        ):
            troubles.append(Trouble("archive_bomb", name))
            state = "refused"

        def opener(info: zipfile.ZipInfo = info) -> BinaryIO:
            return io.BufferedReader(_Bounded(archive.open(info), info.file_size), CHUNK)  # type: ignore[arg-type]

        if absent is not None and number in absent:
            part = absent_part(name, number, absent[number])
            part.state = state
            parts.append(part)
            if part.media == "archive" and state == "present":
                troubles.append(Trouble("nested_archive", name))
            continue
        part = Part(name, number, info.file_size, opener, state=state, modified=info.date_time)
        part.media = looks_like(part.head())
        if state == "present" and part.state == "refused":
            troubles.append(Trouble("broken_archive", name))
        part = unpacked(part, troubles)
        if part.media is None:
            text_bytes += part.size
            if text_bytes > limits.ARCHIVE_TEXT_BYTES_MAX:
                troubles.append(Trouble("archive_bomb", name))
                part.state = "refused"
        elif part.media == "archive" and part.state == "present":
            troubles.append(Trouble("nested_archive", name))
        parts.append(part)
    return parts


class _Resource(msgspec.Struct):
    path: str = ""
    hash: str = ""


class _Package(msgspec.Struct):
    resources: list[_Resource] = []
    path: str = ""
    hash: str = ""


LISTS_OF_DIGESTS: Final = ("datapackage.json", "datapackage-digest.json")
"""What a .wacz says of its members: sha256 of each, and of the first list."""


def _digests_said(parts: list[Part], troubles: list[Trouble]) -> None:
    """Compare members with the digests that the archive gives for them."""
    known = {p.path: p for p in parts}
    for name in LISTS_OF_DIGESTS:
        listed = known.get(name)
        if listed is None or listed.media is not None or listed.size > limits.MESSAGE_BYTES_MAX or not listed.head():
            continue
        try:
            package = msgspec.json.decode(listed.read(), type=_Package)
        except (*PACKED_ERRORS, msgspec.MsgspecError):
            continue
        for said in (*package.resources, _Resource(package.path, package.hash)):
            part = known.get(said.path)
            kind, _, digest = said.hash.partition(":")
            if part is not None and kind == "sha256" and (part.packed or part).digest() not in (digest.lower(), None):
                troubles.append(Trouble("digest_differs", said.path))


def file_digest(path: Path) -> str:
    """SHA-256 hex of a file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


MEANWHILE_BYTES_MIN: Final = 8 << 20
"""Plain files from this size on are hashed while they are read: for less a thread is not worth starting."""
_MEANWHILE_PIECE: Final = 4 << 20


def _digest_meanwhile(path: Path) -> Future[str]:
    """The file's digest, computed by a thread of its own. In large pieces: between two of them it waits for the
    interpreter's lock."""
    hashing: Future[str] = Future()

    def work() -> None:
        try:
            h, piece = hashlib.sha256(), memoryview(bytearray(_MEANWHILE_PIECE))
            with path.open("rb", buffering=0) as f:
                while n := f.readinto(piece):
                    h.update(piece[:n])
            hashing.set_result(h.hexdigest())
        except BaseException as e:  # noqa: BLE001 - raised where the digest is asked for
            hashing.set_exception(e)

    threading.Thread(target=work, daemon=True).start()
    return hashing


def folder_listing(parts: list[Part]) -> bytes:
    """The listing whose SHA-256 is a folder's digest (see the module's text)."""
    lines = [(str(p.path).encode("utf-8", "surrogateescape"), ((p.packed or p).digest() or "-" * 64).encode()) for p in parts]
    return b"".join(d + b"  " + p + b"\n" for p, d in sorted(lines))


def said_name(name: str) -> str:
    """A file's name as text that can be stored: bytes that are not UTF-8 as \\xNN."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # lone surrogates, which Windows allows in names
        return name.encode("utf-8", "backslashreplace").decode("utf-8")


def is_case_folder(folder: Path) -> bool:
    """Whether a folder is a Saksi case: it must never become its own evidence."""
    at = os.fspath(folder)  # asked for every folder above every file: os.path costs a tenth of pathlib
    return os.path.isfile(f"{at}/saksi.json") and os.path.isdir(f"{at}/objects")  # noqa: PTH112, PTH113


def _folder_files(root: Path, troubles: list[Trouble]) -> Iterator[tuple[str, str, int]]:
    """Name inside, path and size of every plain file. Plain strings: a folder may hold 100,000 files."""

    def named(path: Path) -> str:
        return said_name(path.relative_to(root).as_posix())

    def unlisted(error: OSError) -> None:  # a subfolder that may not be listed is said, not skipped in silence
        troubles.append(Trouble("unreadable", named(Path(os.fsdecode(error.filename))) if error.filename else None))

    for here, folders, files in os.walk(root, followlinks=False, onerror=unlisted):
        folders.sort()
        inner = [d for d in folders if not (Path(here) / d).is_symlink()]
        inside = Path(here).relative_to(root).as_posix()
        before = "" if inside == "." else f"{inside}/"
        for name in sorted(files) + [d for d in folders if d not in inner]:
            path = os.path.join(here, name)  # noqa: PTH118
            try:
                found = os.lstat(path)
            except OSError:  # gone since the folder was listed, or not to be looked at
                found = None
            if found is None or not stat.S_ISREG(found.st_mode):  # a pipe or device would be read for ever
                troubles.append(Trouble("link_skipped", said_name(before + name)))
            else:
                yield said_name(before + name), path, found.st_size
        cases = [d for d in inner if is_case_folder(Path(here) / d)]
        troubles += [Trouble("case_skipped", named(Path(here) / d)) for d in cases]
        folders[:] = [d for d in inner if d not in cases]


def _mode(path: Path) -> int:
    """The file's mode. Raises InputRefused where there is nothing, or nothing that may be looked at."""
    try:
        return path.stat().st_mode
    except PermissionError as e:
        raise InputRefused("unreadable_file") from e
    except (OSError, ValueError) as e:  # not there, a loop of links, a name no system can hold
        raise InputRefused("no_such_file") from e


def _open_folder(path: Path, name: str) -> Source:
    troubles: list[Trouble] = []
    parts = []
    for number, (inside, file, size) in enumerate(_folder_files(path, troubles)):
        part = Part(inside, number, size, lambda file=file: open(file, "rb"))  # type: ignore[misc]  # noqa: PTH123, SIM115 - a tenth of the time for a folder of many small files
        part.hold()
        part.media = looks_like(part.head())
        if part.state == "refused":
            troubles.append(Trouble("unreadable", inside))
        part = unpacked(part, troubles)
        if part.media == "archive" and part.state == "present":
            troubles.append(Trouble("nested_archive", inside))
        parts.append(part)
    digest = hashlib.sha256(folder_listing(parts)).hexdigest()
    return Source(name, "folder", digest, sum(p.size for p in parts), parts, troubles)


def _has_log(path: Path) -> bool:
    """Whether a log with newer rows lies beside a database that was handed in alone."""
    try:
        return any(path.with_name(path.name + end).stat().st_size > 0 for end in ("-wal", "-journal"))
    except (OSError, ValueError):
        return path.with_name(path.name + "-journal").is_file()


def open_source(path: Path, *, meanwhile: bool = False) -> Source:
    """Open a file, zip or folder as handed in. Raises InputRefused where there is nothing to open.

    meanwhile: a large plain file may be hashed by a thread while it is read (`HashedMeanwhile`). Not for a source that
    another process is to be forked from.
    """
    mode = _mode(path)
    name = said_name(path.name or path.resolve().name)
    here = path.resolve()
    if any(is_case_folder(folder) for folder in (here, *here.parents)):
        raise InputRefused("input_is_case")
    if stat.S_ISDIR(mode):
        return _open_folder(path, name)
    if not stat.S_ISREG(mode):
        raise InputRefused("no_plain_file")
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=0) as f:
            head = f.read(limits.HEAD_BYTES)
        zipped = head[:2] in (b"PK", packed.MAGIC)
        meanwhile = meanwhile and size >= MEANWHILE_BYTES_MIN and not zipped and (os.cpu_count() or 1) > 1
        if not zipped and not meanwhile and len(head) == size < limits.HEAD_BYTES:
            return _small_file(path, name, head)
        digest = _digest_meanwhile(path) if meanwhile else file_digest(path)
    except OSError as e:
        raise InputRefused("unreadable_file") from e
    return _with_log(path, source_from_stream(name, size, digest, lambda: path.open("rb"), []))


def _small_file(path: Path, name: str, data: bytes) -> Source:
    """A plain file that was read whole: what is digested, looked through and sealed are the same bytes."""
    whole = Part(None, 0, len(data), lambda: path.open("rb"))
    whole.begins(data)
    whole.hold()
    whole.media = looks_like(data)
    troubles = [] if data else [Trouble("empty_file", None)]
    return _with_log(path, Source(name, "file", str(whole.known_digest), len(data), [whole], troubles))


def _with_log(path: Path, source: Source) -> Source:
    if source.parts and source.parts[0].media == "database" and _has_log(path):
        source.troubles.append(Trouble("log_missing", None))
    return source


def source_from_stream(
    name: str, size: int, digest: str | Future[str], opener: Callable[[], BinaryIO], troubles: list[Trouble]
) -> Source:
    """A file or zip over any seekable stream: the disk's copy or the sealed one. digest: or what will be, of no zip."""
    whole = Part(None, 0, size, opener, known_digest=digest if isinstance(digest, str) else None)
    whole.media = looks_like(whole.head())
    if whole.state == "refused":
        raise InputRefused("unreadable_file")
    if size == 0:
        troubles.append(Trouble("empty_file", None))
    if isinstance(digest, Future):
        return HashedMeanwhile(name, "file", digest, size, [whole], troubles)  # type: ignore[arg-type]  # see the class
    if whole.media == "archive" and whole.head().startswith(b"PK"):
        raw = opener()
        try:
            archive = zipfile.ZipFile(raw)
            parts = zip_parts(archive, troubles)
            _digests_said(parts, troubles)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
            raw.close()
            troubles.append(Trouble("broken_archive", None))
        else:
            return Source(name, "zip", digest, size, parts, troubles, (archive, raw))
    text = unpacked(whole, troubles)
    if text is not whole:
        return Source(name, "packed", digest, size, [text], troubles)
    return Source(name, "file", digest, size, [whole], troubles)
