"""Sealed objects: content back bit for bit, nothing in the clear, every exchange noticed; an own reader of the format."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi.errors import StorageFailed, UsageError, VerificationFailed
from saksi.vault import SealedObject
from saksi.vault.files import Disk
from saksi.vault.keys import subkey
from saksi.vault.objects import CHUNK, ObjectStore

CASE_KEY = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path, Disk(), CASE_KEY)


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


SIZES = [0, 1, 15, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17]


@pytest.mark.parametrize("size", SIZES)
def test_content_comes_back(store: ObjectStore, size: int) -> None:
    data = content(size)
    sealed = store.seal(io.BytesIO(data), "source", {"name": "a"})
    assert sealed == SealedObject(sealed.object_id, "source", hashlib.sha256(data).hexdigest(), size)
    with store.open(sealed.object_id) as f:
        assert f.read() == data
        assert f.read() == b""
    assert store.check(sealed.object_id, deep=True) == sealed
    assert store.meta(sealed.object_id) == {"name": "a", "kind": "source", "digest": sealed.digest, "size": size}


@given(st.lists(st.binary(max_size=3 * CHUNK), max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_how_content_is_cut_up_does_not_matter(store: ObjectStore, blocks: list[bytes], rng: random.Random) -> None:
    blocks = [b * rng.choice([1, 1, 997]) for b in blocks]
    whole = b"".join(blocks)
    sealed = store.seal(iter(blocks), "source", {})
    assert store.seal([whole], "source", {}) == sealed
    with store.open(sealed.object_id) as f:
        for _ in range(5):
            at, length = rng.randrange(len(whole) + 2), rng.randrange(2 * CHUNK)
            assert f.seek(at) == at
            assert f.read(length) == whole[at : at + length]
            assert f.tell() == max(at, min(at + length, len(whole)))
        f.seek(-min(3, len(whole)), io.SEEK_END)
        assert f.read() == (whole[-3:] if whole else b"")


def test_streams_that_give_little_at_a_time(store: ObjectStore) -> None:
    class Slow(io.RawIOBase):
        left = 3 * CHUNK

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            n = min(7777, len(view), self.left)
            view[:n] = b"a" * n
            self.left -= n
            return n

    assert store.seal(Slow(), "source", {}).digest == hashlib.sha256(b"a" * 3 * CHUNK).hexdigest()


def test_documented_format_read_by_hand(store: ObjectStore) -> None:
    """A reader written from docs/vault-format.md, sharing no code with the store but HKDF's result."""
    data = content(CHUNK + 5)
    sealed = store.seal([data], "source", {"x": [1, None, "\u00e9"]})
    raw = (store.folder / sealed.object_id).read_bytes()
    header, footer = raw[:16], raw[-72:]
    assert header == b"SAKSIOBJ\x01\x10" + bytes(6)
    assert footer[-8:] == b"SAKSIEND"
    name = hmac.new(subkey(CASE_KEY, "objects/name"), b"source\0" + hashlib.sha256(data).digest(), hashlib.sha256)
    assert sealed.object_id == "o" + name.hexdigest()[:32]
    oid = sealed.object_id.encode()
    key = AESGCM(subkey(CASE_KEY, "objects/wrap")).decrypt(
        footer[:12], footer[12:60], b"saksi-object-key-v1\0" + header + oid + footer[60:64]
    )
    length = int.from_bytes(footer[60:64], "big")
    meta = AESGCM(key).decrypt(
        bytes(11) + b"\x02", raw[-72 - length : -72], b"saksi-object-meta-v1\0" + header + oid
    )
    assert json.loads(meta) == {
        "digest": sealed.digest, "kind": "source", "meta": {"x": [1, None, "\u00e9"]}, "size": len(data),
    }  # fmt: skip
    first = AESGCM(key).decrypt(bytes(12), raw[16 : 16 + CHUNK + 16], header)
    last = AESGCM(key).decrypt(bytes(10) + b"\x01\x01", raw[16 + CHUNK + 16 : -72 - length], header)
    assert first + last == data


def test_nothing_of_content_name_or_digest_is_on_disk(store: ObjectStore) -> None:
    secret = b"Budi Santoso +6286012345678 " * 100
    sealed = store.seal([secret], "source", {"name": "Chat dengan Budi.txt"})
    raw = (store.folder / sealed.object_id).read_bytes()
    for needle in (b"Budi", b"62860", b"Chat", bytes.fromhex(sealed.digest), sealed.digest.encode()):
        assert needle not in raw
    assert sealed.digest[:16] not in sealed.object_id


def test_same_content_is_one_object_per_kind_and_case(store: ObjectStore, tmp_path: Path) -> None:
    first = store.seal([b"x"], "source", {"n": 1})
    assert store.seal([b"x"], "source", {"n": 2}) == first
    assert store.meta(first.object_id)["n"] == 1
    other_kind = store.seal([b"x"], "table", {})
    assert other_kind.object_id != first.object_id
    assert len(list(store.folder.iterdir())) == 2
    assert ObjectStore(tmp_path, Disk(), bytes(32)).object_id("source", first.digest) != first.object_id


def test_sealing_again_heals_a_damaged_object(store: ObjectStore) -> None:
    data = content(2 * CHUNK)
    sealed = store.seal([data], "source", {})
    path = store.folder / sealed.object_id
    raw = bytearray(path.read_bytes())
    raw[CHUNK] ^= 1
    path.write_bytes(raw)
    with pytest.raises(VerificationFailed):
        store.check(sealed.object_id, deep=True)
    assert store.seal([data], "source", {}) == sealed
    assert store.check(sealed.object_id, deep=True) == sealed


def test_metadata_keeps_names_that_are_not_unicode(store: ObjectStore) -> None:
    sealed = store.seal([b"x"], "source", {"name": "a\udc80b", "n": None, "l": [1, True]})
    meta = store.meta(sealed.object_id)
    assert meta["name"] == "a\udc80b"
    assert (meta["n"], meta["l"]) == (None, [1, True])


@pytest.mark.parametrize("kind", ["", "Source", "a/b", "..", "a" * 65, "nama orang"])
def test_kinds_are_codes(store: ObjectStore, kind: str) -> None:
    with pytest.raises(UsageError):
        store.seal([b""], kind, {})
    assert not list(store.folder.iterdir())


def test_metadata_is_bounded(store: ObjectStore) -> None:
    with pytest.raises(UsageError):
        store.seal([b""], "source", {"a": "x" * (16 << 20)})


def test_errors_of_the_source_pass_through_and_leave_nothing(store: ObjectStore) -> None:
    class Told(Exception):
        pass

    def broken() -> Iterator[bytes]:
        yield b"a" * CHUNK * 2
        raise Told

    with pytest.raises(Told):
        store.seal(broken(), "source", {})
    assert not list(store.folder.iterdir())


def damaged(store: ObjectStore, object_id: str) -> bool:
    try:
        store.check(object_id, deep=True)
    except VerificationFailed:
        return True
    return False


def test_truncation_extension_reordering_and_exchange_are_noticed(store: ObjectStore) -> None:
    data = content(3 * CHUNK)
    a = store.seal([data], "source", {})
    b = store.seal([data[::-1]], "source", {})
    path, other = store.folder / a.object_id, store.folder / b.object_id
    raw, raw_b = path.read_bytes(), other.read_bytes()
    step = CHUNK + 16
    chunks = [raw[16 + i * step : 16 + (i + 1) * step] for i in range(3)]
    rest = raw[16 + 3 * step :]
    forms = {
        "cut": raw[:-1],
        "last chunk gone": raw[:16] + chunks[0] + chunks[1] + rest,
        "chunks exchanged": raw[:16] + chunks[1] + chunks[0] + chunks[2] + rest,
        "chunk doubled": raw[:16] + chunks[0] + chunks[0] + chunks[2] + rest,
        "grown": raw + b"\0",
        "stuffed before the metadata": raw[: 16 + len(data) + 48] + b"12345" + raw[16 + len(data) + 48 :],
        "grown inside": raw[:16] + chunks[0] + raw[16:],
        "empty": b"",
        "other object": raw_b,
        "other's metadata": raw[: 16 + 3 * step] + raw_b[16 + 3 * step :],
        "other's chunk": raw[:16] + raw_b[16 : 16 + step] + raw[16 + step :],
    }
    for name, form in forms.items():
        path.write_bytes(form)
        assert damaged(store, a.object_id), name
        with pytest.raises(VerificationFailed), store.open(a.object_id) as f:
            f.read()
    path.write_bytes(raw)
    assert not damaged(store, a.object_id)


def test_every_byte_of_an_object_is_bound(store: ObjectStore) -> None:
    sealed = store.seal([content(300)], "source", {"name": "x"})
    path = store.folder / sealed.object_id
    raw = path.read_bytes()
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        assert damaged(store, sealed.object_id), at


def test_only_the_damaged_chunk_is_lost(store: ObjectStore) -> None:
    data = content(3 * CHUNK)
    sealed = store.seal([data], "source", {})
    path = store.folder / sealed.object_id
    raw = bytearray(path.read_bytes())
    raw[16 + CHUNK + 16] ^= 1
    path.write_bytes(raw)
    with store.open(sealed.object_id) as f:
        assert f.read(CHUNK) == data[:CHUNK]
        with pytest.raises(VerificationFailed):
            f.read(1)
        f.seek(2 * CHUNK)
        assert f.read() == data[2 * CHUNK :]


@pytest.mark.parametrize("object_id", ["o" + "0" * 32, "", "..", "../saksi.json", "o" + "g" * 32, "tmp-00"])
def test_ids_that_are_none_are_missing_objects(store: ObjectStore, object_id: str) -> None:
    with pytest.raises(VerificationFailed) as told:
        store.open(object_id)
    assert told.value.key == "object_missing"


def test_a_machine_that_miscalculates_is_noticed(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Flipping:
        def __init__(self, key: bytes) -> None:
            self.inner = AESGCM(key)

        def encrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
            turned = bytearray(data)
            if turned:
                turned[0] ^= 1
            return self.inner.encrypt(nonce, bytes(turned), associated)

        def decrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
            return self.inner.decrypt(nonce, data, associated)

    monkeypatch.setattr("saksi.vault.objects.AESGCM", Flipping)
    with pytest.raises(StorageFailed) as told:
        store.seal([b"abc"], "source", {})
    assert told.value.key == "machine_error"


def test_closed_streams_say_so(store: ObjectStore) -> None:
    f = store.open(store.seal([b"abc"], "source", {}).object_id)
    f.close()
    with pytest.raises(ValueError):
        f.read()


def test_content_under_a_name_that_is_not_its_own_is_noticed(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody with the case key could forge: a whole object whose name, or whose digest, is another content's."""
    with monkeypatch.context() as patched:
        patched.setattr(store, "object_id", lambda kind, digest: "o" + "5" * 32)
        store.seal([b"lain"], "source", {})
    with pytest.raises(VerificationFailed):
        store.check("o" + "5" * 32, deep=False)
    write_chunks = store._write_chunks
    with monkeypatch.context() as patched:
        patched.setattr(store, "_write_chunks", lambda *a: ("ab" * 32, write_chunks(*a)[1]))
        forged = store.seal([b"lain"], "source", {})
    assert store.check(forged.object_id, deep=False) == forged
    with pytest.raises(VerificationFailed):
        store.check(forged.object_id, deep=True)
