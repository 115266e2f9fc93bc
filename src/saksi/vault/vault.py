"""A case folder as bytes: seal, open, log, check.

    with Vault.open(folder, passphrase) as vault:
        sealed = vault.seal(stream, kind="source", meta={...})       # durable when it returns
        vault.append("seal", exhibit="S1", objects=[sealed.object_id])   # durable when it returns: now acknowledged
        with vault.open_object(sealed.object_id) as f: ...

Order of writing: object durable, then log entry durable, then the caller tells anybody. A crash in between leaves an
object no entry names (harmless, listed by `verify`), never an entry without its object.

Opening repairs what a crash or a bad sector leaves and what can be put back exactly: unfinished files are removed; a
last log line that was cut off is removed (or, where the whole entry is there and only its newline is not, completed);
a key file is restored from its spare, saksi.json from the passphrase's key file. Every repair is itself logged.
Anything else that does not hold leaves the case readable but not writable (`sound` is False): evidence stays in reach,
and nobody builds on a damaged log.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.errors import SaksiError, StorageFailed, UsageError, VaultError, VerificationFailed, WrongKey
from saksi.times import now_us, utc_text
from saksi.vault import access, custody, keys, log, merkle, notes, retention
from saksi.vault.access import OpenedKeys, Secret
from saksi.vault.autolock import IdleLock
from saksi.vault.beside import NOTHING, Outside, check_beside
from saksi.vault.files import TMP_PREFIX, Disk, FileSystem
from saksi.vault.findings import Bad, Verification
from saksi.vault.keys import DEFAULT_KDF, KdfParameters
from saksi.vault.lock import LOCK_NAME, Lock
from saksi.vault.log import CHECKPOINTS, ENTRIES, LogEntry
from saksi.vault.notes import Checkpoint
from saksi.vault.objects import ObjectStore, SealedObject
from saksi.vault.verify import (
    CASE_FILE,
    KEY_FILES,
    OBJECTS,
    FolderCheck,
    Identity,
    case_file_bytes,
    check_folder,
    check_objects,
    read_bounded,
)

ACTOR: Final = "user"
"""Who an entry names where the key file that opened the case says nobody (those of version 1)."""


def check_commitment(commitment: str, digest: str, salt: bytes) -> bool:
    """Whether `commitment` (of the log) is the one of `digest` under the disclosed `salt`. Needs no key."""
    return commitment == "c" + hashlib.sha256(b"saksi-commitment-v1\n" + salt + digest.encode()).hexdigest()


class Vault:
    """One open case folder. Made by `create` and `open`; a context manager.

    case_id: random, neutral. sound: the log and the case file hold, so the case may be written to. read_only: the
    medium takes no writes. actor: the code of the access that opened it, which is what entries name.
    """

    case_id: str
    sound: bool
    read_only: bool
    actor: str

    def __init__(
        self, folder: Path, opened: OpenedKeys, checked: FolderCheck, disk: Disk, lock: Lock,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self.folder = folder
        self.case_id = opened.identity.case_id
        self.actor = opened.access.code or ACTOR
        self.read_only = lock.read_only
        self.sound = not checked.log.bad and not _identity_bad(checked.found) and opened.signing_key is not None
        self._opened: OpenedKeys | None = opened
        self._log = checked.log
        self._disk = disk
        self._lock = lock
        self._clock = clock
        self._turn = threading.Lock()
        self._idle: IdleLock | None = None
        self._locked = self._locking = False
        self.on_lock: list[Callable[[], None]] = []
        self._doubtful = False  # the disk did not confirm a write: what the log holds must be read anew
        self._waiting: list[bytes] | None = None  # lines of entries inside `together`
        self._mark = checked.log.mark()  # what of the log is written, while lines wait
        self._store = ObjectStore(folder / OBJECTS, disk, opened.case_key, opened.generations)

    def __repr__(self) -> str:
        return f"<Vault {self.case_id} {'closed' if self._opened is None else 'open'}>"

    # Making and opening

    @classmethod
    def create(
        cls, folder: Path, secret: Secret, *, kdf: KdfParameters = DEFAULT_KDF, files: FileSystem | None = None,
        clock: Callable[[], int] = now_us, code: str = ACTOR, role: str = "caseworker",
    ) -> Vault:  # fmt: skip
        """Make a case in `folder` (new or empty; its parent must exist) and open it. code, role: of its first access.

        saksi.json is written last: a folder without it is a beginning that nobody was told of, and may be begun again.
        Raises VaultError (case_exists), UsageError (passphrase_empty, case_parent_missing), StorageFailed.
        """
        disk = Disk(files)
        kdf.check()
        private = Ed25519PrivateKey.generate()
        case_key = bytearray(os.urandom(keys.KEY_BYTES))
        identity = Identity(secrets.token_hex(8), private.public_key().public_bytes_raw())
        now = utc_text(clock())
        case_file = case_file_bytes(identity, now)
        first_access = access.Wrapped(
            case_file.decode(), base64.b64encode(case_key).decode(), access.check_code(code), role, []
        )
        key_files = {
            access.FIRST: access.for_secret(secret, kdf, first_access),
            "log": keys.seal_with_key(
                keys.subkey(case_key, "keys/log"), "log",
                {"private_key": base64.b64encode(private.private_bytes_raw()).decode()},
            ),
        }  # fmt: skip
        _begin_folder(folder, disk)
        for name, data in key_files.items():
            disk.write_file(folder / "keys" / f"{name}.json", data)
            disk.write_file(folder / "keys" / f"{name}.spare.json", data)
        digests = {name: {"key_digest": hashlib.sha256(data).hexdigest()} for name, data in key_files.items()}
        entry = log.make_entry(0, now, "create", code.lower(), {"keys": digests}, log.genesis_of(case_file), private)
        disk.write_file(folder / ENTRIES, entry.line + b"\n")
        first = notes.sign(identity.origin, 1, merkle.leaf_hash(entry.line), private)
        disk.write_file(folder / CHECKPOINTS, first.note.encode() + b"\n")
        disk.write_file(folder / CASE_FILE, case_file)
        by = access.described(access.FIRST, key_files[access.FIRST])
        return cls._opened_vault(folder, OpenedKeys(identity, case_file, case_key, private, by), secret, disk, clock)

    @classmethod
    def open(
        cls, folder: Path, secret: Secret, *, files: FileSystem | None = None, clock: Callable[[], int] = now_us
    ) -> Vault:
        """Open the case in `folder` with a passphrase or a caseworker's key, and repair what a crash left.

        Raises WrongKey (wrong_passphrase, wrong_key_file, access_removed, case_locked), VaultError where it is no case,
        VerificationFailed where no copy of its key file is whole, StorageFailed.
        """
        return cls._opened_vault(folder, access.open_keys(folder, secret), secret, Disk(files), clock)

    @classmethod
    def _opened_vault(
        cls, folder: Path, opened: OpenedKeys, secret: Secret, disk: Disk, clock: Callable[[], int]
    ) -> Vault:
        lock = Lock(folder)
        try:
            checked = check_folder(folder, opened.case_file)
            if not checked.log.bad:
                opened = access.open_live(folder, secret, opened, checked.log.key_digests)
            vault = cls(folder, opened, checked, disk, lock, clock)
            if not vault.read_only:
                vault._recover(opened)
        except BaseException:
            lock.release()
            raise
        return vault

    def _recover(self, opened: OpenedKeys) -> None:
        """Sweep unfinished files; mend what can be put back exactly, and log that (see the module's text)."""
        for part in ("", "keys", OBJECTS, "log", "log/timestamps", "log/witnesses"):
            for path in sorted((self.folder / part).glob(TMP_PREFIX + "*")):
                self._disk.discard(path)
        found = self._log
        torn = [b for b in found.bad if b.why in ("entry_torn", "checkpoint_torn")]
        if opened.signing_key is None or len(torn) != len(found.bad):
            return  # more is wrong than a crash explains (a log shorter than its checkpoints, say): nothing is touched
        done: dict[str, Any] = {}
        if found.checkpoints_tail:
            done["checkpoint_bytes_removed"] = found.checkpoints_tail
            self._disk.cut(self.folder / CHECKPOINTS, found.checkpoints_good_bytes)
        if found.tail:
            done |= self._repair_last_line(opened)
        if restored := self._restore_files(opened):
            done["restored"] = restored
        if done:
            checked = check_folder(self.folder, opened.case_file)
            self._log = checked.log
            self.sound = not checked.log.bad and not _identity_bad(checked.found)
            if self.sound:
                custody.add(self, "recover", **done)
        if self.sound:
            access.sweep(self.folder, self._log.key_digests, self._disk)
            retention.finish(self, self._log)

    def _restore_files(self, opened: OpenedKeys) -> list[str]:
        """Put back saksi.json and key files that differ from what was logged, from the copy that does not."""
        restored = []
        if read_bounded(self.folder / CASE_FILE) != opened.case_file:
            self._disk.write_file(self.folder / CASE_FILE, opened.case_file)
            restored.append("saksi.json")
        for where, digest in sorted(self._log.key_digests.items()):
            paths = [self.folder / where, self.folder / where.replace(".json", ".spare.json")]
            good = [d for d in map(read_bounded, paths) if d is not None and hashlib.sha256(d).hexdigest() == digest]
            for path in paths:
                if good and read_bounded(path) != good[0]:
                    self._disk.write_file(path, good[0])
                    restored.append(path.name)
        return restored

    def _repair_last_line(self, opened: OpenedKeys) -> dict[str, int]:
        found, path = self._log, self.folder / ENTRIES
        size = path.stat().st_size
        key, prev = opened.identity.public_key, found.leaf(found.size - 1)
        # A whole signed entry that lacks only its newline (or has a damaged one) is kept: it may be acknowledged.
        for line in (found.tail, found.tail[:-1]):
            if found.good_bytes + len(found.tail) == size and log.is_entry(line, found.size, prev, key):
                self._disk.cut(path, found.good_bytes + len(line), b"\n")
                return {"newline_restored": 1}
        self._disk.cut(path, found.good_bytes)
        return {"line_bytes_removed": size - found.good_bytes}

    # Closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            with contextlib.suppress(SaksiError):  # the error under way says more than a checkpoint that failed
                self.close()

    def close(self) -> None:
        """Sign what is not yet signed, drop the keys, give the lock back. Raises StorageFailed once that is done."""
        if self._opened is None:
            return
        if self._idle is not None:
            self._idle.stop()
        try:
            if self.sound and not self.read_only and not self._doubtful:
                self.checkpoint()
        finally:
            self._locked = self._locking
            # Best effort: Python may hold copies elsewhere in memory; what we own is overwritten.
            self._opened.forget()
            self._opened = None
            self._store.forget()
            self._lock.release()

    def lock_after(self, idle_s: float) -> None:
        """Drop the keys when nobody used the case for so many seconds (autolock.py); further use raises WrongKey (vault_locked)."""
        if self._idle is not None:
            self._idle.stop()
        self._idle = IdleLock(idle_s, self.lock)

    def lock(self) -> None:
        """Close, because nobody was there or somebody asked: what is used afterwards says that the case is locked."""
        if self._opened is None:
            return
        self._locking = True
        for also in self.on_lock:
            also()
        with contextlib.suppress(SaksiError):  # a checkpoint that failed is made on the next opening; the keys are gone
            self.close()

    def in_use(self) -> contextlib.AbstractContextManager[None]:
        """A long piece of work: not locked inside."""
        return contextlib.nullcontext() if self._idle is None else self._idle.in_use()

    def touch(self) -> None:
        """It is used now. Raises WrongKey (vault_locked)."""
        if self._locked:
            raise WrongKey("vault_locked")
        if self._idle is not None:
            self._idle.touch()

    def _keys(self) -> OpenedKeys:
        self.touch()
        if self._opened is None:
            raise VaultError("vault_closed")
        return self._opened

    def _may_write(self) -> OpenedKeys:
        opened = self._keys()
        if self.read_only:
            raise StorageFailed("case_read_only")
        if not self.sound:
            raise VerificationFailed("log_damaged")
        if self._doubtful:
            raise StorageFailed("vault_must_reopen")
        return opened

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for `purpose` ("case.db" …), the same on every open, independent of every other purpose's."""
        return keys.subkey(self._keys().case_key, f"for/{purpose}")

    def database_keys(self) -> list[bytes]:
        """Keys of case.db: the one it is to be under (the newest generation's), then those it may still be under."""
        opened = self._keys()
        return [keys.subkey(key, "for/case.db") for key in (*reversed(opened.generations), opened.case_key)]

    # Who may open (access.py)

    @property
    def opened_keys(self) -> OpenedKeys:
        """What the key files gave, and which of them opened the case."""
        return self._keys()

    @property
    def key_digests(self) -> dict[str, str]:
        """Key file -> SHA-256 hex, as the log has them now."""
        return dict(self._log.key_digests)

    @property
    def keys_made(self) -> int:
        """The highest number a key file of this case ever had."""
        return self._log.keys_made

    def change_keys(self, new: Mapping[str, bytes], gone: Sequence[str], **fields: Any) -> None:
        """New key files durable, then one `key-change` entry that counts, then the old ones removed."""
        self._may_write()
        assert self._waiting is None, "who may open is not changed inside `together`: its entry must count at once"
        for name, data in new.items():
            for spare in ("", ".spare"):
                self._disk.write_file(self.folder / "keys" / f"{name}{spare}.json", data)
        told: dict[str, Any] = {name: {"key_digest": hashlib.sha256(data).hexdigest()} for name, data in new.items()}
        told |= {name: {"key_digest": None} for name in gone if name not in new}
        custody.add(self, "key-change", keys=told, **fields)
        for name, digest in told.items():
            log.take_key(f"keys/{name}.json", digest["key_digest"], self._log)
        for name in gone:
            access.discard(self.folder, name, self._disk)

    def take_keys(self, opened: OpenedKeys) -> None:
        """Go on with a further generation, and under the key file that now stands for who opened the case."""
        self._opened = opened
        self.actor = opened.access.code or ACTOR
        self._store.wrap_keys = ObjectStore(self._store.folder, self._disk, opened.case_key, opened.generations).wrap_keys

    # Objects

    def shred(self, object_ids: Sequence[str]) -> None:
        """Take objects off the disk whose deletion the log orders (retention.py). Absent is done. Raises StorageFailed."""
        self._may_write()
        assert self._waiting is None, "deletion is not part of `together`: its entry must count first"
        self._store.remove(*object_ids)

    def seal(
        self, content: Iterable[bytes] | BinaryIO, *, kind: str, meta: Mapping[str, Any],
        accept: Callable[[str], None] | None = None,
    ) -> SealedObject:  # fmt: skip
        """Seal `content`; durable when this returns (inside `together`: at its end), not logged: the caller logs it.

        accept gets the SHA-256 hex of the content before anything is named; what it raises ends the sealing.

        The same content sealed again as the same kind gives the existing object (with its first `meta`). Errors of the
        content's own source pass through. Raises StorageFailed, VerificationFailed (log_damaged).
        """
        self._may_write()
        return self._store.seal(content, kind, meta, accept)

    def open_object(self, object_id: str) -> BinaryIO:
        """The content, seekable. Raises VerificationFailed: object_missing; object_damaged here or while reading."""
        self._keys()
        return self._store.open(object_id)

    def object_meta(self, object_id: str) -> dict[str, Any]:
        """The metadata given at sealing, plus "kind", "digest" (SHA-256 hex of the content) and "size" (bytes)."""
        self._keys()
        return self._store.meta(object_id)

    def objects(self, on_bad: Callable[[Bad], None] | None = None) -> Iterator[SealedObject]:
        """Every object whose frame opens, by id. A damaged one is told to `on_bad` and ends nothing."""
        self._keys()
        for object_id in self._store.ids():
            try:
                yield self._store.check(object_id, deep=False)
            except SaksiError as e:
                if on_bad is not None:
                    on_bad(Bad("object", f"{OBJECTS}/{self._store.where(object_id)}", e.key))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is sealed and logged inside becomes durable together, with few syncs: small objects in packs, then the log
        entries in one write. Nobody is told of any of it before the end; where an error ends it, none of it was logged.

        Inside another `together` it is part of that one.
        """
        self._may_write()
        if self._waiting is not None:
            yield
            return
        self._mark, self._waiting = self._log.mark(), []
        self._store.gather()
        try:
            yield
            with self._turn:
                self._write_waiting()
        except BaseException:
            self._log.back_to(self._mark)  # where the disk did not confirm, the vault asks to be opened anew
            raise
        finally:
            self._waiting = None
            self._store.drop()

    def _write_waiting(self) -> None:
        """Objects durable, then entries durable."""
        self._store.flush()
        if self._waiting:
            data = b"".join(self._waiting)
            self._add(ENTRIES, data, self._log.good_bytes - len(data))
            self._mark, self._waiting = self._log.mark(), []

    # The log

    @property
    def public_key(self) -> bytes:
        """The log's Ed25519 public key, 32 bytes."""
        return self._keys().identity.public_key

    @property
    def log_size(self) -> int:
        """Entries in the log."""
        return self._log.size

    @property
    def log_head(self) -> str:
        """Hex root of the tree over all entries; after `checkpoint()` and after `close()` the signed one."""
        return self._log.frontier.root().hex()

    @property
    def leaves(self) -> bytes:
        """Leaf hashes of all entries, 32 bytes each: for `merkle.inclusion_proof` and `consistency_proof`."""
        return bytes(self._log.leaves)

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint of the log that can be read, oldest first."""
        return list(self._log.checkpoints)

    def append(self, action: str, *, actor: str | None = None, **fields: Any) -> LogEntry:
        """Add one content-free custody event; durable when this returns.

        action: one of log.ACTIONS. actor: whom the caller states to be at work ("c2"): the entry names the access that opened
        the case all the same, and the other as `stated`. fields: what log.content_free allows; a list of object
        ids makes the log name those objects. Raises UsageError for anything that could carry content, StorageFailed.
        """
        if actor is not None and actor != self.actor:
            fields = {**fields, "stated": actor}  # whom somebody claims to be is not who opened the case
        with self._turn:  # one entry after the other, also where a caller uses threads
            return self._append(action, self.actor, fields)

    def _append(self, action: str, actor: str, fields: dict[str, Any]) -> LogEntry:
        opened = self._may_write()
        assert opened.signing_key is not None
        found = self._log
        prev = found.leaf(found.size - 1)
        # The clock is recorded as it is, also where it went backwards: `verify` says so.
        now = utc_text(self._clock())
        entry = log.make_entry(found.size, now, action, actor, fields, prev, opened.signing_key)
        if self._waiting is None:
            self._add(ENTRIES, entry.line + b"\n", found.good_bytes)
        else:
            self._waiting.append(entry.line + b"\n")
        found.good_bytes += len(entry.line) + 1
        found.frontier.append(bytes.fromhex(entry.leaf_hash))
        found.leaves += bytes.fromhex(entry.leaf_hash)
        found.size += 1
        log.take_beside(action, fields, found)
        return entry

    def sign_bundle(self, bundle_id: str, digest: str) -> str:
        """A note that the log's key signs for what is handed over: "<origin>/bundle", its id, SHA-256 hex of its table of contents.

        Its first line and its letters keep it apart from every checkpoint. Raises VerificationFailed, StorageFailed as `append`.
        """
        opened = self._may_write()
        assert opened.signing_key is not None
        origin = opened.identity.origin
        return notes.sign_text(origin, f"{origin}/bundle\n{bundle_id}\n{digest}\n", opened.signing_key)

    def checkpoint(self) -> Checkpoint:
        """Sign the current tree head; durable when this returns. The last one, where nothing was added since."""
        with self._turn:
            return self._checkpoint()

    def _checkpoint(self) -> Checkpoint:
        opened = self._may_write()
        assert opened.signing_key is not None
        found = self._log
        if self._waiting is not None:
            self._write_waiting()
        if found.checkpoints and found.checkpoints[-1].size == found.size:
            return found.checkpoints[-1]
        signed = notes.sign(opened.identity.origin, found.size, found.frontier.root(), opened.signing_key)
        data = signed.note.encode() + b"\n"
        self._add(CHECKPOINTS, data, found.checkpoints_good_bytes)
        found.checkpoints_good_bytes += len(data)
        found.checkpoints.append(signed)
        found.covered = found.size
        return signed

    def keep_beside(self, name: str, data: bytes) -> None:
        """Put a file into a folder beside the log ("log/timestamps/9.tsq"); durable when this returns, not logged."""
        self._may_write()
        path = self.folder / name
        if not path.parent.is_dir():
            self._disk.make_folder(path.parent)
            self._disk.sync_folder(path.parent.parent)
        self._disk.write_file(path, data)

    def drop_beside(self, name: str) -> None:
        """Remove a file beside the log that nothing speaks of (a query that a newer one replaces)."""
        self._may_write()
        self._disk.remove(self.folder / name)

    def is_logged_beside(self, name: str, digest: str) -> bool:
        """Whether an entry names the file beside the log with this SHA-256."""
        return self._log.beside.get(name) == digest

    @property
    def identity(self) -> Identity:
        """Who the case is: case_id, origin of its log, the log's public key."""
        return self._keys().identity

    def _add(self, name: str, data: bytes, good_size: int) -> None:
        try:
            self._disk.append(self.folder / name, data, good_size)
        except BaseException:
            # Whether the bytes are there is not known until the file was read anew: nothing is built on a guess.
            self._doubtful = True
            raise

    def entries(self) -> Iterator[dict[str, Any]]:
        """The log's entries, oldest first, as dicts (see log.py). Raises VerificationFailed for an unreadable one."""
        waiting = [line[:-1] for line in self._waiting or ()]
        for line in chain(log.whole_lines(self.folder, self._log.size - len(waiting)), waiting):
            try:
                entry = msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.DecodeError, ValueError) as e:
                raise VerificationFailed("log_damaged") from e
            yield entry

    def commitment(self, digest: str) -> str:
        """A salted commitment of `digest` (or any text) for the log: "c" and 64 hex digits, the same every time.

        The salt comes from the case key, so nothing is lost with the database, and nobody without the key or the salt
        can test a guess. `check_commitment` checks it for whoever is given digest and salt.
        """
        salt = self.commitment_salt(digest)
        return "c" + hashlib.sha256(b"saksi-commitment-v1\n" + salt + digest.encode()).hexdigest()

    def commitment_salt(self, digest: str) -> bytes:
        """The salt to disclose together with `digest` to somebody who is to check the log's commitment."""
        return hmac.new(keys.subkey(self._keys().case_key, "commitment"), digest.encode(), hashlib.sha256).digest()

    # Checking

    def verify(self, *, deep: bool = False, progress: Callable[[int], None] | None = None) -> Verification:
        """Check everything on disk, anew: case file, keys, log, checkpoints, every object (deep: read through).

        progress gets the content bytes of each object that was read. Never stops at the first thing that is wrong.
        """
        return self.check(self.folder, self._keys(), deep=deep, progress=progress)

    @staticmethod
    def check(
        folder: Path, opened: OpenedKeys, *, deep: bool, progress: Callable[[int], None] | None = None,
        outside: Outside = NOTHING,
    ) -> Verification:  # fmt: skip
        """As `verify`, for a folder whose keys were opened; takes no lock and changes nothing."""
        checked = check_folder(folder, opened.case_file)
        check_beside(checked, folder, outside)
        found = checked.found
        if opened.signing_key is None and not any(b.where.startswith("keys/log") for b in found.bad):
            found.bad.append(Bad("key", "keys/log.json", "key_file_changed"))
        check_objects(ObjectStore(folder / OBJECTS, Disk(), opened.case_key, opened.generations), found, deep=deep, progress=progress)
        return found


def _identity_bad(found: Verification) -> bool:
    return any(b.what == "case_file" for b in found.bad)


def _begin_folder(folder: Path, disk: Disk) -> None:
    """The empty skeleton of a case: makes the folder, or clears a beginning that never became a case."""
    if folder.exists():
        if not folder.is_dir() or not _may_begin(folder):
            raise VaultError("case_exists")
        for path in [p for p in folder.rglob("*") if p.is_file()]:
            disk.remove(path)
    else:
        if not folder.absolute().parent.is_dir():
            raise UsageError("case_parent_missing")
        disk.make_folder(folder)
    for name in ("keys", OBJECTS, "log"):
        if not (folder / name).exists():
            disk.make_folder(folder / name)
    disk.sync_folder(folder)
    disk.sync_folder(folder.absolute().parent)


def _may_begin(folder: Path) -> bool:
    """Whether the folder is empty or holds only what `create` writes before saksi.json."""
    beginnings = {Path(name).name for name in (*KEY_FILES, ENTRIES, CHECKPOINTS)}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.is_symlink():
            return False
        if path.is_dir() and inside in (("keys",), (OBJECTS,), ("log",)):
            continue
        begun = len(inside) == 2 and inside[0] in ("keys", "log") and inside[1] in beginnings
        unfinished = inside[-1].startswith(TMP_PREFIX) and len(inside) <= 2
        if not (begun or unfinished or inside == (LOCK_NAME,)):
            return False
    return log.line_count(folder) <= 1
