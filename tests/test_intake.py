"""What is sealed is the source's own bytes without its media; what is read from it is what was handed in."""

from __future__ import annotations

import hashlib
import io
import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi import limits
from saksi.errors import InputRefused, UsageError
from saksi.intake import MediaRule, Received, SkeletonFile, load_record, receive, sealed_source
from saksi.parts import Source, open_source
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters

CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
JPEG = b"\xff\xd8\xff\xe0" + b"synthetic, no picture " * 50
OPUS = b"OggS" + b"synthetic, no sound " * 50
CHAT = ("23/11/26, 20:15 - Budi: halo\n24/11/26, 20:16 - Rina: IMG-1.jpg (file terlampir)\n" * 40).encode()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "KASUS", "kata sandi uji", kdf=CHEAP) as v:
        yield v
        while OPEN:
            OPEN.pop().close()


OPEN: list[Source] = []


def archive(path: Path, compress: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compress) as z:
        z.writestr("_chat.txt", CHAT)
        z.writestr("IMG-1.jpg", JPEG)
        z.writestr("PTT-2.opus", OPUS)
        z.writestr("catatan.txt", b"a text that is no chat")
        z.writestr("dalam.zip", b"PK\x03\x04" + bytes(200))
    return path


def taken(vault: Vault, path: Path, rule: MediaRule | None = None) -> tuple[Source, Received, Source]:
    with open_source(path) as handed:
        received, record = receive(vault, handed, path, rule or MediaRule(), exhibit="S1")
        assert load_record(vault, record) == received
        assert all(p.digest() for p in handed.parts)
        sealed = sealed_source(vault, received)
        OPEN.append(sealed)
        return handed, received, sealed


def everything_decrypted(vault: Vault) -> bytes:
    data = b""
    for sealed in vault.objects():
        with vault.open_object(sealed.object_id) as f:
            data += f.read()
    return data


@pytest.mark.parametrize("compress", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_sealed_without_its_media(vault: Vault, tmp_path: Path, compress: int) -> None:
    path = archive(tmp_path / "chat.zip", compress)
    handed, received, sealed = taken(vault, path)
    assert received.sealed_as == "without_media"
    assert sealed.digest == hashlib.sha256(path.read_bytes()).hexdigest() == handed.digest
    assert [(p.path, p.number, p.size, p.media, p.digest()) for p in sealed.parts] == [
        (p.path, p.number, p.size, p.media, p.digest()) for p in handed.parts
    ]
    for part, original in zip(sealed.parts, handed.parts, strict=True):
        if part.media is None:
            with zipfile.ZipFile(path) as z:
                assert part.read() == z.read(str(original.path))
        else:
            with pytest.raises(OSError, match="not kept"):
                part.open()
    kept = everything_decrypted(vault)
    with zipfile.ZipFile(path) as z:
        for name in ("IMG-1.jpg", "PTT-2.opus"):
            info = z.getinfo(name)
            raw = path.read_bytes()[info.header_offset + 30 + len(name) :][: info.compress_size]
            assert raw not in kept
    assert JPEG not in kept
    assert {a.path: a.digest for a in received.absent}["IMG-1.jpg"] == hashlib.sha256(JPEG).hexdigest()


def test_the_skeleton_is_the_archive_but_for_the_cuts(vault: Vault, tmp_path: Path) -> None:
    """Whoever holds the archive can show byte range by byte range that the skeleton is that archive."""
    path = archive(tmp_path / "chat.zip")
    _, received, _ = taken(vault, path)
    original = path.read_bytes()
    assert received.object_id is not None
    with vault.open_object(received.object_id) as f:
        skeleton = f.read()
    at = before = 0
    for offset, length in received.cuts:
        assert skeleton[at : at + offset - before] == original[before:offset]
        at, before = at + offset - before, offset + length
    assert skeleton[at:] == original[before:]
    assert len(skeleton) + sum(n for _, n in received.cuts) == len(original)


def test_what_hides_between_members_is_not_kept(vault: Vault, tmp_path: Path) -> None:
    """Bytes that no directory entry names (a deleted member, a picture put in front) may be a medium."""
    inner = archive(tmp_path / "inner.zip").read_bytes()
    path = tmp_path / "front.zip"
    path.write_bytes(JPEG + inner)
    # a picture in front of an archive looks like a picture: digest only
    _, received, _ = taken(vault, path)
    assert received.sealed_as == "digest_only"
    hidden = tmp_path / "hidden.zip"
    with zipfile.ZipFile(hidden, "w") as z:
        z.writestr("a.txt", CHAT)
        z.writestr("gone.jpg", JPEG)
        z.writestr("b.txt", CHAT)
        del z.NameToInfo["gone.jpg"]
        z.filelist = [i for i in z.filelist if i.filename != "gone.jpg"]
    assert JPEG in hidden.read_bytes()
    taken(vault, hidden)
    assert JPEG not in everything_decrypted(vault)


def test_a_lone_text_is_whole_and_a_lone_picture_is_not_kept(vault: Vault, tmp_path: Path) -> None:
    text = tmp_path / "chat.txt"
    text.write_bytes(CHAT)
    _, received, sealed = taken(vault, text)
    assert received.sealed_as == "whole"
    assert sealed.parts[0].read() == CHAT
    picture = tmp_path / "notes.txt"
    picture.write_bytes(JPEG)
    _, received, sealed = taken(vault, picture)
    assert received.sealed_as == "digest_only"
    assert sealed.parts[0].digest() == hashlib.sha256(JPEG).hexdigest()
    assert JPEG not in everything_decrypted(vault)


def test_a_folder_is_its_texts(vault: Vault, tmp_path: Path) -> None:
    folder = tmp_path / "ekspor"
    (folder / "messages").mkdir(parents=True)
    (folder / "messages" / "a.json").write_bytes(b'{"a": 1}')
    (folder / "foto.jpg").write_bytes(JPEG)
    handed, received, sealed = taken(vault, folder)
    assert received.sealed_as == "without_media"
    assert sealed.digest == handed.digest
    assert {p.path: p.media for p in sealed.parts} == {"foto.jpg": "image", "messages/a.json": None}
    assert next(p for p in sealed.parts if p.media is None).read() == b'{"a": 1}'
    listing = "".join(
        f"{hashlib.sha256(d).hexdigest()}  {n}\n" for n, d in (("foto.jpg", JPEG), ("messages/a.json", b'{"a": 1}'))
    )
    assert sealed.digest == hashlib.sha256(listing.encode()).hexdigest(), "what sha256sum prints, digested"


def test_police_key_seals_to_the_police_only(vault: Vault, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    rule = MediaRule("police-key", recipient=str(identity.to_public()))
    _, received, _ = taken(vault, archive(tmp_path / "chat.zip"), rule)
    by_path = {a.path: a for a in received.absent}
    assert JPEG not in everything_decrypted(vault), "whoever opens the case does not hold the picture"
    sealed = by_path["IMG-1.jpg"].police_object
    assert sealed is not None
    with vault.open_object(sealed) as f:
        assert pyrage.decrypt(f.read(), [identity]) == JPEG
    assert by_path["dalam.zip"].police_object is None
    with pytest.raises(UsageError):
        taken(vault, archive(tmp_path / "more.zip", zipfile.ZIP_STORED), MediaRule("police-key", recipient="age1wrong"))


def test_media_seal_keeps_the_whole_archive(vault: Vault, tmp_path: Path) -> None:
    path = archive(tmp_path / "chat.zip")
    _, received, _ = taken(vault, path, MediaRule("seal", statement="…"))
    assert received.sealed_as == "whole"
    assert received.object_id is not None
    with vault.open_object(received.object_id) as f:
        assert f.read() == path.read_bytes()


def test_a_file_that_changes_while_it_is_sealed_is_refused(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    chat = CHAT * (limits.HEAD_BYTES // len(CHAT) + 1)
    path.write_bytes(chat)
    handed = open_source(path)  # a lone file holds nothing open
    path.write_bytes(chat + b"more\n")
    before = vault.log_size
    with pytest.raises(InputRefused) as e:
        receive(vault, handed, path, MediaRule(), exhibit="S1")
    assert e.value.key == "source_changed"
    assert vault.log_size == before, "nothing is acknowledged"


@pytest.mark.parametrize("inside", ["chat.txt", "folder/chat.txt"])
def test_a_small_file_is_read_once_so_that_no_change_meanwhile_can_matter(vault: Vault, tmp_path: Path, inside: str) -> None:
    path = tmp_path / inside
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CHAT)
    given_ = path if inside == "chat.txt" else path.parent
    handed = open_source(given_)
    path.write_bytes(CHAT + b"more\n")
    received, _ = receive(vault, handed, given_, MediaRule(), exhibit="S1")
    object_id = received.object_id or received.kept[0].object_id
    with vault.open_object(object_id) as f:
        assert f.read() == CHAT
    assert handed.parts[0].known_digest == hashlib.sha256(CHAT).hexdigest()


@given(st.data())
def test_skeleton_file_reads_like_the_file_with_zeros(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 300))
    original = random.Random(size).randbytes(size)
    edges = sorted(data.draw(st.sets(st.integers(0, size), max_size=8)))
    cuts = [(a, b - a) for a, b in zip(edges[::2], edges[1::2], strict=False) if b > a]
    kept, at, masked = b"", 0, bytearray(original)
    for offset, length in cuts:
        kept += original[at:offset]
        masked[offset : offset + length] = bytes(length)
        at = offset + length
    kept += original[at:]
    skeleton = SkeletonFile(io.BytesIO(kept), size, cuts)
    position = data.draw(st.integers(0, size + 5))
    count = data.draw(st.integers(0, size + 5))
    assert io.BufferedReader(skeleton).read() == bytes(masked)
    skeleton = SkeletonFile(io.BytesIO(kept), size, cuts)
    reader = io.BufferedReader(skeleton, buffer_size=7)
    reader.seek(position)
    assert reader.read(count) == bytes(masked)[position : position + count]
    assert reader.seek(0, os.SEEK_END) == size
