"""Packs: small objects written together are the objects they would have been alone, and no damage passes unnamed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.errors import SaksiError, StorageFailed, VerificationFailed
from saksi.vault import Vault, packs, verify_case, verify_folder
from saksi.vault.files import Disk, FileSystem
from saksi.vault.hashing import MEANWHILE_FROM, Hashing
from saksi.vault.objects import CHUNK, ObjectStore
from tests.vault.conftest import CHEAP, PASSPHRASE

CONTENTS = [b"satu", b"", b"dua" * 30_000, os.urandom(CHUNK), b"tiga"]


def sealed_together(vault: Vault, contents: list[bytes]) -> list[str]:
    with vault.together():
        ids = [vault.seal([c], kind="source", meta={"n": n}).object_id for n, c in enumerate(contents)]
        vault.append("seal", objects=ids)
    return ids


def pack_of(folder: Path) -> Path:
    (pack,) = [p for p in (folder / "objects").iterdir() if p.name.startswith("p")]
    return pack


@pytest.fixture
def packed_case(folder: Path) -> Path:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        sealed_together(vault, CONTENTS)
    return folder


def test_small_contents_are_one_file_and_come_back(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        ids = sealed_together(vault, CONTENTS)
        assert len(list((folder / "objects").iterdir())) == 1
    with Vault.open(folder, PASSPHRASE) as vault:
        for n, (object_id, content) in enumerate(zip(ids, CONTENTS, strict=True)):
            with vault.open_object(object_id) as f:
                assert f.read() == content
            assert vault.object_meta(object_id)["n"] == n
        assert {o.object_id for o in vault.objects()} == set(ids)
    found = verify_case(folder, PASSPHRASE)
    assert found.ok
    assert not found.info


def test_the_name_of_a_packed_object_is_the_name_it_has_alone(vault: Vault) -> None:
    (packed,) = sealed_together(vault, [b"isi"])
    assert vault.seal([b"isi"], kind="source", meta={}).object_id == packed
    assert [p.name[0] for p in (vault.folder / "objects").iterdir()] == ["p"]


def test_a_packed_object_cut_out_is_the_file_it_would_be_alone(packed_case: Path) -> None:
    pack = pack_of(packed_case)
    found, whole = packs.places(pack)
    assert whole
    raw = pack.read_bytes()
    for object_id, place in found.items():
        (packed_case / "objects" / object_id).write_bytes(raw[place.start : place.start + place.length])
    pack.unlink()
    assert verify_case(packed_case, PASSPHRASE).ok


def test_the_format_page_is_enough_to_find_an_object(packed_case: Path) -> None:
    """A reader written from docs/vault-format.md, sharing no code with packs.py."""
    pack = pack_of(packed_case)
    raw = pack.read_bytes()
    count = int.from_bytes(raw[12:16], "big")
    assert raw[:12] == b"SAKSIPAK\x01\0\0\0"
    assert raw[-16:] == b"SAKSIPKE\x01\0\0\0" + raw[12:16]
    index = raw[16 : 16 + 24 * count]
    assert raw[-16 - len(index) : -16] == index
    assert pack.name == "p" + hashlib.sha256(index).hexdigest()[:32]
    at = 16 + len(index)
    for n in range(count):
        row = index[24 * n : 24 * n + 24]
        length = int.from_bytes(row[16:], "big")
        one = raw[at : at + length]
        assert one.startswith(b"SAKSIOBJ")
        assert one.endswith(b"SAKSIEND")
        at += length
    assert at == len(raw) - 16 - len(index)


def test_inside_together_what_waits_can_be_read(vault: Vault) -> None:
    with vault.together():
        one = vault.seal([b"menunggu"], kind="source", meta={})
        again = vault.seal([b"menunggu"], kind="source", meta={})
        assert one == again
        with vault.open_object(one.object_id) as f:
            assert f.read() == b"menunggu"
        vault.append("seal", objects=[one.object_id])
        assert [e["action"] for e in vault.entries()] == ["create", "seal"]
        assert not list((vault.folder / "objects").iterdir())


def half_done(vault: Vault, *, checkpoint: bool = False) -> None:
    with vault.together():
        sealed = vault.seal([b"x"], kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
        if checkpoint:
            vault.checkpoint()
            vault.append("view")
        raise KeyError


def test_an_error_inside_together_leaves_the_log_as_it_was(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        head = vault.log_head
        with pytest.raises(KeyError):
            half_done(vault)
        assert (vault.log_head, vault.log_size) == (head, 1)
        with pytest.raises(VerificationFailed):
            vault.open_object(vault._store.object_id("source", hashlib.sha256(b"x").hexdigest()))
        sealed_together(vault, [b"x"])
    assert verify_case(folder, PASSPHRASE).ok


def test_a_checkpoint_inside_together_covers_only_what_is_durable(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault, pytest.raises(KeyError):
        half_done(vault, checkpoint=True)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert [e["action"] for e in vault.entries()] == ["create", "seal"]
    assert verify_case(folder, PASSPHRASE).ok


def test_together_inside_together_is_one(vault: Vault) -> None:
    with vault.together():
        sealed_together(vault, [b"dalam"])
        assert not list((vault.folder / "objects").iterdir())
    assert len(list((vault.folder / "objects").iterdir())) == 1


def test_a_thousand_small_objects_cost_few_syncs(folder: Path) -> None:
    class Counted(FileSystem):
        syncs = 0

        def fsync(self, fd: int) -> None:
            self.syncs += 1
            super().fsync(fd)

    files = Counted()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, files=files) as vault:
        before = files.syncs
        sealed_together(vault, [b"%d" % n for n in range(1000)])
        assert files.syncs - before == 2
    assert verify_case(folder, PASSPHRASE).ok


def test_a_full_pack_is_written_and_the_next_begun(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES", 10_000)
    ids = sealed_together(vault, [bytes([n]) * 3000 for n in range(20)])
    assert 3 < len(list((vault.folder / "objects").iterdir())) < 9
    for n, object_id in enumerate(ids):
        with vault.open_object(object_id) as f:
            assert f.read() == bytes([n]) * 3000


def test_large_contents_get_a_file_of_their_own(vault: Vault) -> None:
    large = os.urandom(packs.PACKED_MAX + 1)
    ids = sealed_together(vault, [large, large[:-1]])
    names = {p.name for p in (vault.folder / "objects").iterdir()}
    assert ids[0] in names
    assert ids[1] not in names
    for object_id, content in zip(ids, (large, large[:-1]), strict=True):
        with vault.open_object(object_id) as f:
            assert f.read() == content


def test_sealing_again_heals_a_damaged_packed_object(packed_case: Path) -> None:
    pack = pack_of(packed_case)
    found, _ = packs.places(pack)
    place = list(found.values())[2]
    raw = bytearray(pack.read_bytes())
    raw[place.start + 1000] ^= 1
    pack.write_bytes(raw)
    assert [b.where for b in verify_case(packed_case, PASSPHRASE).bad] == [
        f"objects/{pack.name}/{list(found)[2]}"
    ]  # fmt: skip
    with Vault.open(packed_case, PASSPHRASE) as vault:
        sealed_together(vault, CONTENTS)
    assert verify_case(packed_case, PASSPHRASE).ok


def test_every_flip_in_a_pack_is_named_and_costs_one_object_at_most(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        ids = sealed_together(vault, [b"satu", b"dua", b"tiga"])
    pack = pack_of(folder)
    raw = pack.read_bytes()
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << ((at * 5) % 8)
        pack.write_bytes(changed)
        bad = verify_case(folder, PASSPHRASE).bad
        assert len(bad) == 1, at
        assert bad[0].where in {f"objects/{pack.name}", *(f"objects/{pack.name}/{i}" for i in ids)}
    pack.write_bytes(raw)
    assert verify_case(folder, PASSPHRASE).ok


def test_every_truncation_of_a_pack_is_named(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        sealed_together(vault, [b"satu", b"dua"])
    pack = pack_of(folder)
    raw = pack.read_bytes()
    for length in range(len(raw)):
        pack.write_bytes(raw[:length])
        assert any(pack.name in b.where for b in verify_case(folder, PASSPHRASE).bad), length
        assert not verify_folder(folder).ok, length
    pack.unlink()
    assert [b.why for b in verify_folder(folder).bad] == ["object_missing"] * 2


def test_a_pack_under_another_name_is_damaged(packed_case: Path) -> None:
    pack = pack_of(packed_case)
    pack.rename(pack.with_name("p" + "0" * 32))
    assert {b.why for b in verify_folder(packed_case).bad} == {"pack_damaged", "object_missing"}


def test_a_pipe_in_place_of_a_pack_hangs_nobody(packed_case: Path) -> None:
    pack = pack_of(packed_case)
    pack.unlink()
    os.mkfifo(pack)
    assert {b.why for b in verify_case(packed_case, PASSPHRASE).bad} == {"pack_damaged", "object_missing"}


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    (tmp_path / "objects").mkdir()
    return ObjectStore(tmp_path / "objects", Disk(), bytes(range(32)))


def gathered(store: ObjectStore, contents: list[bytes]) -> list[str]:
    store.gather()
    ids = [store.seal([c], "source", {}).object_id for c in contents]
    store.flush()
    store.drop()
    return ids


def test_one_packed_object_is_removed_and_the_rest_stays(store: ObjectStore) -> None:
    ids = gathered(store, [b"rahasia", b"tetap", b"juga"])
    raw = pack_of(store.folder.parent).read_bytes()
    place = packs.places(pack_of(store.folder.parent))[0][ids[0]]
    cut = raw[place.start : place.start + place.length]
    store.remove(ids[0])
    store.remove(ids[0])  # done is done
    assert cut[16:] not in pack_of(store.folder.parent).read_bytes()
    assert store.ids() == sorted(ids[1:])
    with pytest.raises(VerificationFailed):
        store.check(ids[0], deep=True)
    for object_id in ids[1:]:
        store.check(object_id, deep=True)
    for object_id in ids[1:]:
        store.remove(object_id)
    assert not list(store.folder.iterdir())


def test_removing_an_object_that_lies_alone_and_packed_removes_both(store: ObjectStore) -> None:
    ids = gathered(store, [b"a", b"b"])
    place = packs.places(pack_of(store.folder.parent))[0][ids[0]]
    (store.folder / ids[0]).write_bytes(packs.cut_out(store.folder, place))
    store.remove(ids[0])
    assert store.ids() == [ids[1]]


def test_removing_survives_every_failure(tmp_path: Path) -> None:
    """Whatever fails, the others are whole, and doing it again finishes it."""

    class Failing(FileSystem):
        left = -1

        def _step(self) -> None:
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.EIO, "made to fail")

        def write(self, fd: int, data: bytes | memoryview) -> int:
            self._step()
            return super().write(fd, data)

        def fsync(self, fd: int) -> None:
            self._step()
            super().fsync(fd)

        def replace(self, source: Path, target: Path) -> None:
            self._step()
            super().replace(source, target)

        def remove(self, path: Path) -> None:
            self._step()
            super().remove(path)

        def sync_folder(self, path: Path) -> None:
            self._step()
            super().sync_folder(path)

    failed = 0
    for at in range(1, 9):
        (tmp_path / "objects").mkdir()
        store = ObjectStore(tmp_path / "objects", Disk(), bytes(range(32)))
        ids = gathered(store, [b"hapus", b"tetap", b"juga"])
        files = Failing()
        files.left = at
        again = ObjectStore(store.folder, Disk(files), bytes(range(32)))
        try:
            again.remove(ids[0])
        except StorageFailed:
            failed += 1
        anew = ObjectStore(store.folder, Disk(), bytes(range(32)))
        for object_id in ids[1:]:
            anew.check(object_id, deep=True)
        anew.remove(ids[0])
        assert anew.ids() == sorted(ids[1:])
        shutil.rmtree(store.folder)
    assert failed > 4


def test_accept_may_refuse_and_nothing_is_left(vault: Vault) -> None:
    def refuse(digest: str) -> None:
        raise KeyError(digest)

    for content in (b"kecil", bytes(packs.PACKED_MAX + 1)):
        with pytest.raises(KeyError, match=hashlib.sha256(content).hexdigest()):
            vault.seal([content], kind="source", meta={}, accept=refuse)
        with pytest.raises(KeyError), vault.together():
            vault.seal([content], kind="source", meta={}, accept=refuse)
    assert not list((vault.folder / "objects").iterdir())


def blocks_of(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


@given(st.lists(st.sampled_from([0, 1, 1000, CHUNK, 300_000, 1 << 20, 3 << 20]), max_size=12))
def test_hashing_beside_other_work_is_sha256(sizes: list[int]) -> None:
    data = bytes(range(256)) * (MEANWHILE_FROM // 100)
    with Hashing() as hashed:
        passed = b"".join(hashed.passing(blocks_of(data, sizes)))
        assert hashed.hexdigest() == hashlib.sha256(data).hexdigest()
    assert passed == data
    assert hashed.size == len(data)


def test_a_large_stream_is_read_into_memory_used_again(vault: Vault, tmp_path: Path) -> None:
    data = os.urandom(9 * (1 << 20) + 17)
    path = tmp_path / "besar"
    path.write_bytes(data)
    with path.open("rb") as f:
        sealed = vault.seal(f, kind="source", meta={})
    assert sealed.digest == hashlib.sha256(data).hexdigest()
    with vault.open_object(sealed.object_id) as f:
        assert f.read() == data
    assert vault.verify(deep=True).ok


def test_an_error_of_the_source_ends_the_hashing_thread(vault: Vault) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(8):
            yield bytes(1 << 20)
        raise KeyError

    with pytest.raises(KeyError):
        vault.seal(broken(), kind="source", meta={})
    assert not list((vault.folder / "objects").iterdir())
    with pytest.raises(SaksiError):
        vault.open_object("o" + "0" * 32)
