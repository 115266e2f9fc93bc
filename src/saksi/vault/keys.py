"""Keys: passphrase -> Argon2id -> wraps the case key -> everything else is derived from it or wrapped by it.

    keys/passphrase.json, keys/access_N.json     who may open the case, see access.py
    keys/log.json             the log's Ed25519 signing key, sealed under the case key
    keys/*.spare.json         the same bytes again: one bad sector must not cost the case

The log's key file, and passphrase files of version 1 (made before there were several accesses), are canonical JSON:

    {"format": "saksi-key", "version": 1, "kind": "passphrase", "kdf": {...} or absent, "sealed": base64}

`sealed` is nonce (12) || AES-256-GCM of a JSON payload; everything else in the file is its associated data. The payload
of the passphrase file repeats saksi.json, so that a damaged or exchanged one is noticed and can be put back.
Parameters were chosen from measurements: 256 MiB, 3 passes, 2 lanes take about 0.4 s on two ordinary cores.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from saksi.errors import UsageError, VerificationFailed, WrongKey

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
KEY_FILE_BYTES_MAX: Final = 64 * 1024
"""A key file holds one small payload; a larger one is not read."""

KDF_MEMORY_KIB_MAX: Final = 2 * 1024 * 1024
"""2 GiB: what a stored file may ask of this machine's memory. A forged file must not be able to eat it."""

KDF_WORK_MAX: Final = 16 * 1024 * 1024
"""Passes x KiB: about 20 times the default's work, some ten seconds. More would be a way to hang the program."""

KDF_LANES_MAX: Final = 16
"""Lanes are threads: laptops have at most so many."""


@dataclass(frozen=True)
class KdfParameters:
    """Argon2id (RFC 9106). memory_kib: KiB of memory; passes: iterations; lanes: parallel lanes."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 2

    def check(self) -> None:
        """Raises VerificationFailed where the parameters are outside what any real case has."""
        if not (
            1 <= self.lanes <= KDF_LANES_MAX
            and 8 * self.lanes <= self.memory_kib <= KDF_MEMORY_KIB_MAX
            and self.passes >= 1
            and self.passes * self.memory_kib <= KDF_WORK_MAX
        ):
            raise VerificationFailed("kdf_out_of_bounds")


DEFAULT_KDF: Final = KdfParameters()


class StoredKdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `kdf` member of a key file."""

    name: str
    version: int
    memory_kib: int
    passes: int
    lanes: int
    salt: str


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key file as stored (see the module's text)."""

    format: str
    version: int
    kind: str
    sealed: str
    kdf: StoredKdf | None = None


def subkey(case_key: bytes | bytearray, purpose: str) -> bytes:
    """32 bytes for `purpose`, independent of every other purpose's (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"saksi/v1/" + purpose.encode()).derive(bytes(case_key))


def passphrase_key(passphrase: str, salt: bytes, kdf: KdfParameters) -> bytes:
    """The key a passphrase stands for. NFC first: a Mac and a PC spell the same typed letters differently."""
    from argon2.low_level import Type, hash_secret_raw  # imported late: costs start-up time, used once

    kdf.check()
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return hash_secret_raw(
        secret, salt, time_cost=kdf.passes, memory_cost=kdf.memory_kib, parallelism=kdf.lanes,
        hash_len=KEY_BYTES, type=Type.ID,
    )  # fmt: skip


def stored_kdf(kdf: KdfParameters, salt: bytes) -> dict[str, Any]:
    """The `kdf` member of a key file."""
    return {
        "name": "argon2id", "version": 19, "memory_kib": kdf.memory_kib, "passes": kdf.passes,
        "lanes": kdf.lanes, "salt": base64.b64encode(salt).decode(),
    }  # fmt: skip


def checked_kdf(stored: StoredKdf | None) -> tuple[bytes, KdfParameters]:
    """Salt and parameters of a key file. Raises VerificationFailed where it is none or asks for absurd work."""
    if stored is None or (stored.name, stored.version) != ("argon2id", 19):
        raise VerificationFailed("key_file_damaged")
    try:
        salt = base64.b64decode(stored.salt, validate=True)
    except ValueError as e:
        raise VerificationFailed("key_file_damaged") from e
    if not 8 <= len(salt) <= 64:
        raise VerificationFailed("key_file_damaged")
    kdf = KdfParameters(stored.memory_kib, stored.passes, stored.lanes)
    kdf.check()
    return salt, kdf


def _associated(described: Mapping[str, Any]) -> bytes:
    return b"saksi-key-v1\n" + rfc8785.dumps({k: v for k, v in described.items() if k != "sealed"})


def _seal(key: bytes, described: dict[str, Any], payload: Mapping[str, str]) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, json.dumps(dict(payload)).encode(), _associated(described))
    return rfc8785.dumps({**described, "sealed": base64.b64encode(sealed).decode()}) + b"\n"


def seal_with_passphrase(passphrase: str, kdf: KdfParameters, payload: Mapping[str, str]) -> bytes:
    """A key file that opens with `passphrase`. Raises UsageError for an empty one."""
    if not passphrase:
        raise UsageError("passphrase_empty")
    salt = os.urandom(SALT_BYTES)
    described = {"format": "saksi-key", "version": 1, "kind": "passphrase", "kdf": stored_kdf(kdf, salt)}
    return _seal(passphrase_key(passphrase, salt, kdf), described, payload)


def seal_with_key(key: bytes, kind: str, payload: Mapping[str, str]) -> bytes:
    """A key file that opens with a 32-byte `key`."""
    return _seal(key, {"format": "saksi-key", "version": 1, "kind": kind}, payload)


def _read(data: bytes, kind: str) -> tuple[_KeyFile, dict[str, Any], bytes]:
    """The key file, what of it is associated data, and the sealed bytes. Raises VerificationFailed."""
    try:
        stored = msgspec.json.decode(data, type=_KeyFile)
        sealed = base64.b64decode(stored.sealed, validate=True)
    except (msgspec.DecodeError, ValueError) as e:
        raise VerificationFailed("key_file_damaged") from e
    described = msgspec.to_builtins(stored)
    if stored.kdf is None:
        described.pop("kdf")
    canonical = rfc8785.dumps(described) + b"\n"
    if (stored.format, stored.version, stored.kind) != ("saksi-key", 1, kind) or canonical != data:
        raise VerificationFailed("key_file_damaged")
    return stored, described, sealed


def _open(key: bytes, described: Mapping[str, Any], sealed: bytes) -> dict[str, str]:
    try:
        payload = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _associated(described))
    except (InvalidTag, ValueError) as e:
        raise WrongKey("wrong_passphrase") from e
    return msgspec.json.decode(payload, type=dict[str, str])


def open_with_passphrase(passphrase: str, data: bytes) -> dict[str, str]:
    """The payload of a passphrase key file.

    Raises WrongKey where the passphrase does not open it, VerificationFailed where the file is no key file or asks for
    absurd work.
    """
    stored, described, sealed = _read(data, "passphrase")
    salt, kdf = checked_kdf(stored.kdf)
    return _open(passphrase_key(passphrase, salt, kdf), described, sealed)


def open_with_key(key: bytes, kind: str, data: bytes) -> dict[str, str]:
    """The payload of a key file sealed by `seal_with_key`. Raises as open_with_passphrase."""
    _, described, sealed = _read(data, kind)
    return _open(key, described, sealed)
