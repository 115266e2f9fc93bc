"""A caseworker's key as a file: an age identity, itself encrypted with a passphrase, as `age -p` would do it.

    AGE-SECRET-KEY-1...      one line among comments; the whole file encrypted with age's scrypt recipient and armoured

Files that `age-keygen` wrote are taken too, also open ones: what a partner uses already needs no second key. One key opens every
case that was shared with its public half (age1...).

References: https://age-encryption.org/v1 (scrypt recipient stanza, armour).
"""

from __future__ import annotations

import re
from typing import Final

from saksi.errors import UsageError, WrongKey
from saksi.vault.access import CaseworkerKey

KEY_FILE_BYTES_MAX: Final = 64 * 1024
"""A key file is some hundred bytes; a larger one is not read."""

_IDENTITY: Final = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.M)
_HEADS: Final = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")


def make(passphrase: str) -> tuple[bytes, str]:
    """A new key file and its public half. Raises UsageError (passphrase_empty)."""
    import pyrage

    if not passphrase:
        raise UsageError("passphrase_empty")
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    text = f"# public key: {recipient}\n{identity}\n"
    return pyrage.passphrase.encrypt(text.encode(), passphrase, armored=True), recipient


def is_encrypted(data: bytes) -> bool:
    """Whether a passphrase is needed to read the file."""
    return data.lstrip().startswith(_HEADS)


def read(data: bytes, passphrase: str | None) -> CaseworkerKey:
    """The key in a file. Raises WrongKey (wrong_key_passphrase), UsageError (key_file_no_identity)."""
    import pyrage

    if len(data) > KEY_FILE_BYTES_MAX:
        raise UsageError("key_file_no_identity")
    if is_encrypted(data):
        try:
            data = pyrage.passphrase.decrypt(data, passphrase or "")
        except pyrage.DecryptError as e:
            raise WrongKey("wrong_key_passphrase") from e
    found = _IDENTITY.findall(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    if len(found) != 1:
        raise UsageError("key_file_no_identity")
    key = CaseworkerKey(found[0])
    assert key.recipient  # raises where the line only looks like one
    return key
