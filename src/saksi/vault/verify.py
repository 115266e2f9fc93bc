"""Check a case folder: without its key the log and the structure, with it every object.

    verify_folder(folder)                        log, checkpoints, key files, which objects are there: no key needed
    verify_case(folder, passphrase, deep=True)   the same, and every object opened (deep: read through)
    as_json(...)                                 {"ok", "checked", "bad": [{"what", "where", "why"}], "info": [...]}

Nothing is changed, and nothing stops at the first thing that is wrong. What a check cannot see: that the whole folder
was exchanged for an older copy of itself. Only somebody who kept a checkpoint can (docs/vault-format.md).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import rfc8785

from saksi.errors import SaksiError, StorageFailed, VaultError
from saksi.vault import keys, log, notes, packs, retention
from saksi.vault.beside import NOTHING, Outside, check_beside
from saksi.vault.files import TMP_PREFIX
from saksi.vault.findings import Bad, Verification
from saksi.vault.objects import OBJECT_ID, ObjectStore
from saksi.vault.packs import PACK_ID

if TYPE_CHECKING:
    from saksi.vault.access import Secret

CASE_FILE: Final = "saksi.json"
CASE_VERSION: Final = 1
KEY_FILES: Final = ("keys/passphrase.json", "keys/passphrase.spare.json", "keys/log.json", "keys/log.spare.json")
OBJECTS: Final = "objects"


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """saksi.json: what the folder is and the public key of its log. No personal data; never rewritten.

    log_public_key: base64 of the 32-byte Ed25519 key. verifier: the same as other note programs take it. created: UTC.
    """

    format: str
    version: int
    case_id: str
    origin: str
    log_public_key: str
    verifier: str
    created: str


@dataclass(frozen=True)
class Identity:
    """Who the case is: case_id, and the log's public key (32 bytes)."""

    case_id: str
    public_key: bytes

    @property
    def origin(self) -> str:
        """The name the log signs under."""
        return notes.origin_of(self.case_id)


def case_file_bytes(identity: Identity, created: str) -> bytes:
    """saksi.json of a new case."""
    return rfc8785.dumps({
        "format": "saksi-case", "version": CASE_VERSION, "case_id": identity.case_id, "origin": identity.origin,
        "log_public_key": base64.b64encode(identity.public_key).decode(),
        "verifier": notes.verifier_key(identity.origin, identity.public_key), "created": created,
    }) + b"\n"  # fmt: skip


def read_bounded(path: Path) -> bytes | None:
    """A small file's bytes, or None where it is absent, unreadable or larger than any such file."""
    try:
        if not path.is_file():  # a pipe or device would hang the reader
            return None
        with path.open("rb") as f:
            data = f.read(keys.KEY_FILE_BYTES_MAX + 1)
    except OSError:
        return None
    return data if len(data) <= keys.KEY_FILE_BYTES_MAX else None


def read_case_file(folder: Path) -> tuple[Identity | None, bytes | None]:
    """Who saksi.json says the case is (None where it is damaged or absent), and the file's bytes.

    Raises VaultError for a case made by a newer version of Saksi.
    """
    data = read_bounded(folder / CASE_FILE)
    return (None, None) if data is None else (identity_in(data), data)


def identity_in(data: bytes) -> Identity | None:
    """Who a saksi.json says the case is; None where it is damaged. Raises VaultError (case_newer)."""
    try:
        stored = msgspec.json.decode(data, type=CaseFile)
        public_key = base64.b64decode(stored.log_public_key, validate=True)
    except (msgspec.DecodeError, ValueError):
        return None
    if stored.format == "saksi-case" and stored.version > CASE_VERSION:
        raise VaultError("case_newer", version=stored.version)
    identity = Identity(stored.case_id, public_key)
    if len(public_key) != keys.KEY_BYTES or data != case_file_bytes(identity, stored.created):
        return None
    return identity


@dataclass(frozen=True)
class FolderCheck:
    """What can be seen without the key: the findings, the log pass, and what saksi.json says."""

    found: Verification
    log: log.LogCheck
    identity: Identity | None


def check_folder(folder: Path, told: bytes | None = None) -> FolderCheck:
    """Log, key files and structure of the case in `folder`. told: saksi.json as the key files hold it, when opened.

    Raises VaultError where the folder is no case at all.
    """
    if not (folder / CASE_FILE).exists() and not (folder / log.ENTRIES).exists():
        raise VaultError("no_case")
    found = Verification()
    identity, case_bytes = read_case_file(folder)
    found.checked += 1
    if identity is None:
        found.bad.append(Bad("case_file", CASE_FILE, "case_file_damaged"))
    elif told is not None and case_bytes != told:
        found.bad.append(Bad("case_file", CASE_FILE, "case_file_changed"))
    if told is not None:
        identity, case_bytes = identity_in(told), told
    if identity is None:
        checked = log.check_log(folder, None, None, None)
    else:
        assert case_bytes is not None
        checked = log.check_log(folder, log.genesis_of(case_bytes), identity.origin, identity.public_key)
    found.checked += checked.size + len(checked.checkpoints)
    found.bad += checked.bad
    found.info += [*checked.info, *retention.told(checked)]
    _check_keys(folder, checked, found)
    _check_names(folder, checked, found)
    return FolderCheck(found, checked, identity)


def _key_files(checked: log.LogCheck) -> list[str]:
    """The key files that the log names, each with its spare; those of every case, where the log cannot say."""
    named = sorted(checked.key_digests)
    return [w for where in named for w in (where, where.replace(".json", ".spare.json"))] or list(KEY_FILES)


def _check_keys(folder: Path, checked: log.LogCheck, found: Verification) -> None:
    expected = _key_files(checked)
    for where in expected:
        found.checked += 1
        data = read_bounded(folder / where)
        logged = checked.key_digests.get(where.replace(".spare", ""))
        if data is None:
            found.bad.append(Bad("key", where, "key_file_missing"))
        elif logged is not None and hashlib.sha256(data).hexdigest() != logged:
            found.bad.append(Bad("key", where, "key_file_changed"))
    known = {Path(where).name for where in expected}
    for name in _names(folder / "keys", found):
        if name not in known and not name.startswith(TMP_PREFIX):
            found.info.append(Bad("key", f"keys/{name}", "file_unknown"))


def _names(folder: Path, found: Verification) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir())
    except OSError:
        found.bad.append(Bad("log" if folder.name == "log" else "object", folder.name, "folder_unreadable"))
        return []


def _check_names(folder: Path, checked: log.LogCheck, found: Verification) -> None:
    """Objects the log names and the folder lacks are bad; those no entry names are what a crash leaves: information."""
    present = _names(folder / OBJECTS, found)
    where = {name: name for name in present if PACK_ID.fullmatch(name) is None}
    for pack in (name for name in present if PACK_ID.fullmatch(name)):
        found.checked += 1
        try:
            held, whole = packs.places(folder / OBJECTS / pack)
        except SaksiError as e:
            found.bad.append(Bad("object", f"{OBJECTS}/{pack}", e.key))
            continue
        where |= {name: f"{pack}/{name}" for name in held if name not in where}
        if not whole:
            found.bad.append(Bad("object", f"{OBJECTS}/{pack}", "pack_frame_damaged"))
    for name, at in where.items():
        if name.startswith(TMP_PREFIX):
            found.info.append(Bad("object", f"{OBJECTS}/{name}", "file_unfinished"))
        elif OBJECT_ID.fullmatch(name) is None:
            found.info.append(Bad("object", f"{OBJECTS}/{name[:80]}", "file_unknown"))
        elif name in checked.deleted:
            found.info.append(Bad("object", f"{OBJECTS}/{at}", "object_deleted_still_there"))
        elif name not in checked.referred:
            found.info.append(Bad("object", f"{OBJECTS}/{at}", "object_orphan"))
    for object_id in sorted(checked.referred.keys() - checked.deleted):
        if object_id not in where:
            found.checked += 1
            found.bad.append(Bad("object", f"{OBJECTS}/{object_id}", "object_missing"))


def check_objects(
    store: ObjectStore, found: Verification, *, deep: bool, progress: Callable[[int], None] | None = None
) -> None:
    """Open every object of the folder; with `deep` read it through. progress gets the bytes read after each object."""
    try:
        names = store.ids()
    except StorageFailed:
        return  # check_folder said so
    for name in names:
        found.checked += 1
        try:
            sealed = store.check(name, deep=deep)
        except StorageFailed:
            found.bad.append(Bad("object", f"{OBJECTS}/{store.where(name)}", "object_unreadable"))
        except SaksiError:
            found.bad.append(Bad("object", f"{OBJECTS}/{store.where(name)}", "object_damaged"))
        else:
            if progress is not None:
                progress(sealed.size)


def verify_folder(folder: Path, outside: Outside = NOTHING) -> Verification:
    """Check the case in `folder` without its key: log, checkpoints, what others signed, key files, presence of objects.

    Raises VaultError where the folder is no case.
    """
    checked = check_folder(folder)
    check_beside(checked, folder, outside)
    return checked.found


def verify_case(
    folder: Path, passphrase: Secret | None, *, deep: bool = True, outside: Outside = NOTHING
) -> Verification:
    """Check the case in `folder`, with its key where a passphrase is given. Changes nothing, not even after a crash.

    Raises VaultError (no case), WrongKey. Key files that are damaged beyond opening are findings, not errors.
    """
    from saksi.vault.access import open_keys
    from saksi.vault.vault import Vault

    if passphrase is None:
        return verify_folder(folder, outside)
    try:
        opened = open_keys(folder, passphrase)
    except SaksiError as e:
        found = verify_folder(folder, outside)
        if e.exit_code == VaultError.exit_code or not any(b.what == "key" for b in found.bad):
            raise
        return found
    return Vault.check(folder, opened, deep=deep, outside=outside)


def as_json(verification: Verification, lang: str | None = None) -> dict[str, Any]:
    """What `saksi verify --json` prints; `why` as code, or as a sentence in `lang`."""
    return verification.as_json(lang)
