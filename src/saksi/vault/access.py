"""Who may open a case: one key file an access, each with a key pair of its own; the case's keys are wrapped to its public half.

    passphrase -> Argon2id -> X25519 identity of this access -> the case's keys
    caseworker's key file (an age identity)                  -> the case's keys
    recovery recipient (2 of 3 sheets, recovery.py)          -> the case's keys

    {"code", "format": "saksi-key", "identity", "kdf", "kind", "recipient", "role", "version": 2, "wrap"}

`wrap` is an age file (age-encryption.org/v1) to `recipient`: JSON {"case_file", "case_key", "code", "generations", "role"}.
A passphrase's file also holds `kdf` and `identity`: nonce (12) || AES-256-GCM of JSON {"case_file", "identity"} under the
passphrase's key; associated data is "saksi-key-v2\\n" and the file without `identity` and `wrap`. A public key for every access
is what lets anybody who opened the case wrap new keys for all others, whose passphrases nobody knows.

Files are named `passphrase` (a case's first) or `access_N`, N never used twice; each has a spare. Which of them hold is said
by the log: `key-change` entries give a file's digest, or null for one that was taken away. So a change is one log entry:
new files durable, then the entry, then the old files are removed; what a crash leaves of either is swept on the next open.

A *generation* is 32 random bytes made whenever an access is removed or a passphrase changed: objects sealed from then on,
and case.db, are under the newest one. What was sealed before stays under its own (docs/vault-format.md says what that means).
Files of version 1 hold the case key directly under a passphrase and name nobody; they go on opening.

References: https://age-encryption.org/v1, RFC 9106 (Argon2), RFC 7748 (X25519).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.errors import SaksiError, UsageError, VaultError, VerificationFailed, WrongKey
from saksi.vault import keys
from saksi.vault.files import Disk
from saksi.vault.keys import KdfParameters
from saksi.vault.log import ENTRIES, is_actor
from saksi.vault.verify import CASE_FILE, Identity, identity_in, read_bounded

if TYPE_CHECKING:
    from saksi.vault.vault import Vault

ROLES: Final = ("caseworker", "lead", "advocate", "partner", "recovery")
"""What an access is to the organisation. A code, for the log."""

ACCESS_MAX: Final = 64
"""Key files of one case that are looked at; unsourced: more people than any organisation lets at one case."""

ACCESS_FILE: Final = re.compile(r"(passphrase|access_[1-9][0-9]{0,5})\.json")
FIRST: Final = "passphrase"


@dataclass(frozen=True)
class CaseworkerKey:
    """An age X25519 identity ("AGE-SECRET-KEY-1…"), which opens every case that was wrapped to it."""

    identity: str = field(repr=False)

    @property
    def recipient(self) -> str:
        """Its public half. Raises UsageError where it is no identity."""
        import pyrage

        try:
            return str(pyrage.x25519.Identity.from_str(self.identity).to_public())
        except pyrage.IdentityError as e:
            raise UsageError("key_file_no_identity") from e


Secret = str | CaseworkerKey
"""What opens a case: a passphrase, or a caseworker's key."""


class AccessFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An access's key file as stored (see the module's text)."""

    format: str
    version: int
    kind: str
    code: str
    role: str
    recipient: str
    wrap: str
    identity: str | None = None
    kdf: keys.StoredKdf | None = None


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a wrap holds. case_key, generations: base64 of 32 bytes each, oldest first. case_file: saksi.json as made."""

    case_file: str
    case_key: str
    code: str
    role: str
    generations: list[str]


@dataclass(frozen=True)
class Access:
    """One way into a case. name: its key file; digest: SHA-256 hex of that file; code, role: None in files of version 1."""

    name: str
    digest: str
    kind: str
    code: str | None = None
    role: str | None = None
    recipient: str | None = None


@dataclass(frozen=True)
class OpenedKeys:
    """What the key files gave. case_file: saksi.json as it was made. signing_key: None where the log's key file is
    damaged in both copies (the case then only reads). generations: newest last. access: which wrap opened."""

    identity: Identity
    case_file: bytes
    case_key: bytearray
    signing_key: Ed25519PrivateKey | None
    access: Access
    generations: list[bytearray] = field(default_factory=list)

    def forget(self) -> None:
        """Overwrite the keys, as far as Python allows."""
        for key in (self.case_key, *self.generations):
            key[:] = bytes(len(key))


def check_code(code: str) -> str:
    """The code of an access as it stands in the log. Raises UsageError where it is none."""
    if not is_actor(code.lower()):
        raise UsageError("by_not_a_code")
    return code.lower()


def _described(stored: AccessFile) -> dict[str, Any]:
    plain = msgspec.to_builtins(stored)
    return {k: v for k, v in plain.items() if v is not None}


def _decoded(text: str) -> bytes:
    """Strict base64: also the bits that padding leaves unused must be zero. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical")
    return data


def _associated(described: Mapping[str, Any]) -> bytes:
    return b"saksi-key-v2\n" + rfc8785.dumps({k: v for k, v in described.items() if k not in ("identity", "wrap")})


def _file(described: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps(dict(described)) + b"\n"


def _wrap(recipient: str, wrapped: Wrapped) -> str:
    import pyrage

    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as e:
        raise UsageError("recipient_invalid") from e
    return base64.b64encode(pyrage.encrypt(msgspec.json.encode(wrapped), [to])).decode()


def for_recipient(recipient: str, kind: str, wrapped: Wrapped) -> bytes:
    """A key file that an age identity opens. kind: caseworker or recovery. Raises UsageError (recipient_invalid)."""
    return _file({
        "format": "saksi-key", "version": 2, "kind": kind, "code": wrapped.code, "role": wrapped.role,
        "recipient": recipient, "wrap": _wrap(recipient, wrapped),
    })  # fmt: skip


def for_passphrase(passphrase: str, kdf: KdfParameters, wrapped: Wrapped) -> bytes:
    """A key file that a passphrase opens. Raises UsageError for an empty one."""
    import pyrage

    if not passphrase:
        raise UsageError("passphrase_empty")
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    salt = os.urandom(keys.SALT_BYTES)
    described = {
        "format": "saksi-key", "version": 2, "kind": "passphrase", "code": wrapped.code, "role": wrapped.role,
        "recipient": recipient, "kdf": keys.stored_kdf(kdf, salt),
    }  # fmt: skip
    inner = json.dumps({"case_file": wrapped.case_file, "identity": str(identity)}).encode()
    nonce = os.urandom(keys.NONCE_BYTES)
    sealed = nonce + AESGCM(keys.passphrase_key(passphrase, salt, kdf)).encrypt(nonce, inner, _associated(described))
    return _file({**described, "identity": base64.b64encode(sealed).decode(), "wrap": _wrap(recipient, wrapped)})


def for_secret(secret: Secret, kdf: KdfParameters, wrapped: Wrapped) -> bytes:
    """A key file for a passphrase or a caseworker's key."""
    if isinstance(secret, CaseworkerKey):
        return for_recipient(secret.recipient, "caseworker", wrapped)
    return for_passphrase(secret, kdf, wrapped)


def rewrapped(data: bytes, wrapped: Wrapped) -> bytes:
    """The same access with other keys in its wrap: needs nobody's passphrase. Raises VerificationFailed."""
    stored = read_access(data)
    if stored is None:
        raise VerificationFailed("key_file_damaged")
    told = msgspec.structs.replace(wrapped, code=stored.code, role=stored.role)
    return _file({**_described(stored), "wrap": _wrap(stored.recipient, told)})


def read_access(data: bytes) -> AccessFile | None:
    """The key file as stored; None where it is one of version 1. Raises VerificationFailed where it is no key file."""
    try:
        version = msgspec.json.decode(data, type=dict[str, Any]).get("version")
        if version == 1:
            return None
        stored = msgspec.json.decode(data, type=AccessFile)
    except (msgspec.DecodeError, ValueError) as e:
        raise VerificationFailed("key_file_damaged") from e
    if (stored.format, stored.version) != ("saksi-key", 2) or _file(_described(stored)) != data:
        raise VerificationFailed("key_file_damaged")
    return stored


def _identity_of(stored: AccessFile, passphrase: str) -> tuple[str, str]:
    """The access's identity and the saksi.json it was made for."""
    if stored.kdf is None or stored.identity is None:
        raise WrongKey("wrong_passphrase")
    salt, kdf = keys.checked_kdf(stored.kdf)
    try:
        sealed = _decoded(stored.identity)
        key = keys.passphrase_key(passphrase, salt, kdf)
        inner = AESGCM(key).decrypt(sealed[: keys.NONCE_BYTES], sealed[keys.NONCE_BYTES :], _associated(_described(stored)))
    except (InvalidTag, ValueError) as e:
        raise WrongKey("wrong_passphrase") from e
    told = msgspec.json.decode(inner, type=dict[str, str])
    return told["identity"], told["case_file"]


def open_access(data: bytes, secret: Secret) -> Wrapped:
    """What the wrap in a key file of version 2 holds.

    Raises WrongKey where the secret does not open it, VerificationFailed where the file is damaged or was put together from
    parts of others.
    """
    import pyrage

    stored = read_access(data)
    assert stored is not None
    case_file = None
    if isinstance(secret, CaseworkerKey):
        if stored.kind == "passphrase" or secret.recipient != stored.recipient:
            raise WrongKey("wrong_key_file")
        identity = secret.identity
    else:
        identity, case_file = _identity_of(stored, secret)
    try:
        plain = pyrage.decrypt(_decoded(stored.wrap), [pyrage.x25519.Identity.from_str(identity)])
        wrapped = msgspec.json.decode(plain, type=Wrapped)
    except (pyrage.DecryptError, msgspec.DecodeError, ValueError) as e:
        raise VerificationFailed("key_file_damaged") from e
    if (wrapped.code, wrapped.role) != (stored.code, stored.role) or case_file not in (None, wrapped.case_file):
        raise VerificationFailed("key_file_damaged")
    return wrapped


def names(folder: Path) -> list[str]:
    """The key files of accesses that are in the case folder, the first one first, then by number."""
    found = set()
    with contextlib.suppress(OSError):
        for path in (folder / "keys").iterdir():
            name = path.name.replace(".spare.json", ".json")
            if ACCESS_FILE.fullmatch(name):
                found.add(name.removesuffix(".json"))
    return sorted(found, key=lambda n: (number(n), n))[:ACCESS_MAX]


def number(name: str) -> int:
    """N of access_N; 0 of the first."""
    return int(name.partition("_")[2] or 0)


def copies(folder: Path, name: str) -> list[bytes]:
    """The distinct contents of a key file and its spare, those that are there."""
    found = [read_bounded(folder / "keys" / f"{name}{spare}.json") for spare in ("", ".spare")]
    return list(dict.fromkeys(data for data in found if data is not None))


def first_opened(found: list[bytes], opener: Callable[[bytes], dict[str, str]]) -> dict[str, str]:
    """The payload of the first copy that opens. Raises what the last one raised; WrongKey wins over damage."""
    failure: SaksiError = VerificationFailed("key_file_missing")
    for data in found:
        try:
            return opener(data)
        except SaksiError as e:
            if not isinstance(failure, WrongKey):
                failure = e
    raise failure


def described(name: str, data: bytes) -> Access:
    """What a key file says of itself. Raises VerificationFailed where it is none."""
    stored, digest = read_access(data), hashlib.sha256(data).hexdigest()
    if stored is None:
        return Access(name, digest, "passphrase")
    return Access(name, digest, stored.kind, stored.code, stored.role, stored.recipient)


def _open_one(name: str, data: bytes, secret: Secret) -> tuple[Access, Wrapped]:
    found = described(name, data)
    if found.code is not None:
        return found, open_access(data, secret)
    if isinstance(secret, CaseworkerKey):
        raise WrongKey("wrong_key_file")
    payload = keys.open_with_passphrase(secret, data)
    return found, Wrapped(payload["case_file"], payload["case_key"], "", "", [])


def _open_any(folder: Path, secret: Secret, only: Collection[str] | None) -> tuple[Access, Wrapped]:
    failure: SaksiError = VerificationFailed("key_file_missing")
    for name in names(folder):
        for data in copies(folder, name):
            if only is not None and hashlib.sha256(data).hexdigest() not in only:
                continue
            try:
                return _open_one(name, data, secret)
            except SaksiError as e:
                if not isinstance(failure, WrongKey):
                    failure = e
    raise failure


def open_keys(folder: Path, secret: Secret, only: Collection[str] | None = None) -> OpenedKeys:
    """Open the key files of the case in `folder`. only: digests of the key files that count; None: all.

    Raises WrongKey, VaultError (no case), VerificationFailed (key files gone or damaged in both copies).
    """
    if not (folder / CASE_FILE).exists() and not (folder / ENTRIES).exists():
        raise VaultError("no_case")
    access, wrapped = _open_any(folder, secret, only)
    case_key = bytearray(base64.b64decode(wrapped.case_key))
    case_file = wrapped.case_file.encode()
    identity = identity_in(case_file)
    if identity is None:
        raise VerificationFailed("key_file_damaged")
    signing_key = None
    with contextlib.suppress(VerificationFailed, WrongKey):
        wrap = keys.subkey(case_key, "keys/log")
        inner = first_opened(copies(folder, "log"), lambda data: keys.open_with_key(wrap, "log", data))
        signing_key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(inner["private_key"]))
        if signing_key.public_key().public_bytes_raw() != identity.public_key:
            signing_key = None
    generations = [bytearray(base64.b64decode(g)) for g in wrapped.generations]
    return OpenedKeys(identity, case_file, case_key, signing_key, access, generations)


def open_live(folder: Path, secret: Secret, opened: OpenedKeys, digests: Mapping[str, str]) -> OpenedKeys:
    """`opened`, where the log says that its key file holds; else what another key file gives that does.

    digests: key file -> SHA-256 hex, as the (sound) log has them. Raises WrongKey (access_removed).
    """
    live = {digest for where, digest in digests.items() if ACCESS_FILE.fullmatch(Path(where).name)}
    if not live or opened.access.digest in live:
        return opened
    opened.forget()
    try:
        return open_keys(folder, secret, live)
    except SaksiError as e:
        raise WrongKey("access_removed") from e


def wrapped_of(opened: OpenedKeys, code: str, role: str) -> Wrapped:
    """What a new access gets to open."""
    return Wrapped(
        opened.case_file.decode(), base64.b64encode(opened.case_key).decode(), code, role,
        [base64.b64encode(g).decode() for g in opened.generations],
    )  # fmt: skip


# Changing who may open


def listed(vault: Vault) -> list[Access]:
    """Every access of the open case, first one first."""
    return [described(name, data) for name, data in _live_files(vault).items()]


def _live_files(vault: Vault) -> dict[str, bytes]:
    """Name -> bytes of every access that the log names. Raises VerificationFailed where both copies of one are gone."""
    files = {}
    for where, digest in vault.key_digests.items():
        name = Path(where).stem
        if not ACCESS_FILE.fullmatch(name + ".json"):
            continue
        good = [data for data in copies(vault.folder, name) if hashlib.sha256(data).hexdigest() == digest]
        if not good:
            raise VerificationFailed("key_file_missing")
        files[name] = good[0]
    return dict(sorted(files.items(), key=lambda item: (number(item[0]), item[0])))


def add(
    vault: Vault, secret: Secret, code: str, role: str, *, kdf: KdfParameters = keys.DEFAULT_KDF
) -> Access:
    """Let one more passphrase or caseworker's key open the case; logged as `key-change`.

    Raises UsageError (access_code_taken, by_not_a_code, role_unknown, access_too_many), StorageFailed.
    """
    return _add(vault, code, role, lambda wrapped: for_secret(secret, kdf, wrapped))


def add_recipient(vault: Vault, recipient: str, code: str, role: str, kind: str = "caseworker") -> Access:
    """As `add`, for a public key: whoever holds the other half may open. kind: caseworker or recovery."""
    return _add(vault, code, role, lambda wrapped: for_recipient(recipient, kind, wrapped))


def _add(vault: Vault, code: str, role: str, made: Callable[[Wrapped], bytes]) -> Access:
    code, there = check_code(code), listed(vault)
    if role not in ROLES:
        raise UsageError("role_unknown", known=", ".join(ROLES))
    if any(a.code == code for a in there):
        raise UsageError("access_code_taken", code=code)
    if len(there) >= ACCESS_MAX - 1:
        raise UsageError("access_too_many", most=ACCESS_MAX - 1)
    data = made(wrapped_of(vault.opened_keys, code, role))
    name = f"access_{vault.keys_made + 1}"
    stored = read_access(data)
    assert stored is not None
    vault.change_keys({name: data}, [], what="add", code=code, role=role, kind=stored.kind)
    return _named(vault, name)


def _named(vault: Vault, name: str) -> Access:
    return next(a for a in listed(vault) if a.name == name)


def remove(vault: Vault, code: str) -> Access:
    """Take an access away: all others are wrapped anew with a new generation, then its key file is removed. Logged.

    Raises UsageError (access_unknown, access_last, access_own, access_old_form), StorageFailed.
    """
    there = listed(vault)
    leaving = next((a for a in there if a.code == code.lower()), None)
    if leaving is None:
        raise UsageError("access_unknown", known=", ".join(a.code for a in there if a.code))
    if leaving.name == vault.opened_keys.access.name:
        raise UsageError("access_own")
    if not any(a.kind != "recovery" for a in there if a != leaving):
        raise UsageError("access_last")
    _replace_all(vault, leaving.name, None, what="remove", code=leaving.code, role=leaving.role, kind=leaving.kind)
    return leaving


def change_secret(
    vault: Vault, secret: Secret, *, code: str = "c1", role: str = "caseworker", kdf: KdfParameters = keys.DEFAULT_KDF
) -> Access:
    """Give the access that opened the case another passphrase (or key); a new generation, for the old one may be known.

    code, role: for an access of version 1, which has none yet. Raises UsageError (access_code_taken, access_old_form).
    """
    own = vault.opened_keys.access
    code, role = own.code or check_code(code), own.role or role
    if any(a.code == code for a in listed(vault) if a.name != own.name):
        raise UsageError("access_code_taken", code=code)
    _replace_all(
        vault, own.name, lambda opened: for_secret(secret, kdf, wrapped_of(opened, code, role)), what="passphrase",
        code=code, role=role,
    )  # fmt: skip
    return vault.opened_keys.access


def _replace_all(
    vault: Vault, gone: str, made: Callable[[OpenedKeys], bytes] | None, **fields: Any
) -> None:
    """Wrap all accesses but `gone` anew with one more generation; `made` gives what takes the place of `gone`.

    One log entry; an error before it changes nothing but files that no entry names.
    """
    opened, old = vault.opened_keys, _live_files(vault)
    if any(read_access(data) is None for name, data in old.items() if name != gone):
        raise UsageError("access_old_form")
    further = replace(opened, generations=[*opened.generations, bytearray(os.urandom(keys.KEY_BYTES))])
    renamed: dict[str, str] = {}
    new: dict[str, bytes] = {}
    for name, data in old.items():
        if name != gone or made is not None:
            renamed[name] = f"access_{vault.keys_made + 1 + len(new)}"
            new[renamed[name]] = (
                made(further) if name == gone and made else rewrapped(data, wrapped_of(further, "", ""))
            )
    vault.change_keys(new, list(old), **fields, generation=len(further.generations))
    vault.take_keys(replace(further, access=_named(vault, renamed[opened.access.name])))


def sweep(folder: Path, digests: Mapping[str, str], disk: Disk) -> None:
    """Remove key files of accesses that no entry of a sound log names: what a change that was cut off left behind."""
    for name in names(folder):
        if f"keys/{name}.json" not in digests:
            discard(folder, name, disk)


def discard(folder: Path, name: str, disk: Disk) -> None:
    """Overwrite and remove both copies of a key file, as far as the disk allows; the rest is swept on the next open."""
    for path in (folder / "keys" / f"{name}{spare}.json" for spare in ("", ".spare")):
        with contextlib.suppress(SaksiError, OSError):
            if path.is_file():
                disk.overwrite(path, 0, path.stat().st_size)
                disk.remove(path)
