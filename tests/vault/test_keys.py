"""Keys: what opens, what does not, and what a forged key file cannot make the machine do."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import rfc8785

from saksi.errors import SaksiError, UsageError, VerificationFailed, WrongKey
from saksi.vault import KdfParameters, keys
from tests.vault.conftest import CHEAP

PAYLOAD = {"case_key": "a2V5", "case_file": "{}"}


def forged(data: bytes, **kdf: Any) -> bytes:
    stored = json.loads(data)
    stored["kdf"] |= kdf
    return rfc8785.dumps(stored) + b"\n"


def test_passphrase_opens_what_it_sealed() -> None:
    data = keys.seal_with_passphrase("kata sandi", CHEAP, PAYLOAD)
    assert keys.open_with_passphrase("kata sandi", data) == PAYLOAD
    assert b"kata" not in data
    with pytest.raises(WrongKey):
        keys.open_with_passphrase("kata sandI", data)


def test_same_letters_typed_on_another_system_open() -> None:
    data = keys.seal_with_passphrase("caf\u00e9", CHEAP, PAYLOAD)
    assert keys.open_with_passphrase("cafe\u0301", data) == PAYLOAD


def test_empty_passphrase_is_refused() -> None:
    with pytest.raises(UsageError):
        keys.seal_with_passphrase("", CHEAP, PAYLOAD)


def test_every_byte_of_a_key_file_is_bound() -> None:
    data = keys.seal_with_key(bytes(32), "log", PAYLOAD)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(SaksiError):
            keys.open_with_key(bytes(32), "log", bytes(changed))
    with pytest.raises(VerificationFailed):  # a wrap of one kind is no wrap of another
        keys.open_with_key(bytes(32), "passphrase", data)


@pytest.mark.parametrize(
    "kdf",
    [
        {"memory_kib": 64 * 1024 * 1024},
        {"memory_kib": 0},
        {"memory_kib": -1},
        {"passes": 1_000_000_000},
        {"passes": 0},
        {"lanes": 4096},
        {"lanes": 0},
        {"salt": ""},
        {"salt": "?"},
        {"name": "scrypt"},
        {"version": 16},
    ],
)
def test_absurd_parameters_are_refused_before_any_work(kdf: dict[str, Any]) -> None:
    data = forged(keys.seal_with_passphrase("x", CHEAP, PAYLOAD), **kdf)
    with pytest.raises(VerificationFailed):
        keys.open_with_passphrase("x", data)


def test_default_parameters_are_the_measured_ones_and_allowed() -> None:
    assert KdfParameters(256 * 1024, 3, 2) == keys.DEFAULT_KDF
    keys.DEFAULT_KDF.check()


def test_subkeys_differ_and_repeat() -> None:
    key = bytes(range(32))
    made = {purpose: keys.subkey(key, purpose) for purpose in ("a", "b", "objects/wrap")}
    assert len(set(made.values())) == 3
    assert made["a"] == keys.subkey(bytearray(key), "a")
    # RFC 5869 written out: one block of HMAC over info and the counter.
    import hashlib
    import hmac

    prk = hmac.new(bytes(32), key, hashlib.sha256).digest()
    assert made["a"] == hmac.new(prk, b"saksi/v1/a\x01", hashlib.sha256).digest()


def test_argon2_is_the_stated_function() -> None:
    from argon2.low_level import Type, hash_secret_raw

    salt = base64.b64decode("AAECAwQFBgcICQoLDA0ODw==")
    expected = hash_secret_raw(b"x", salt, 1, 64, 1, 32, Type.ID)
    assert keys.passphrase_key("x", salt, CHEAP) == expected
