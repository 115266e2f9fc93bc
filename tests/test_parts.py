"""Hostile and broken inputs: every one opens to parts and troubles, none raises, none is written anywhere."""

from __future__ import annotations

import hashlib
import io
import os
import random
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from saksi import limits
from saksi.errors import InputRefused
from saksi.parts import Source, folder_listing, looks_like, open_source

_OPEN: list[Source] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(path: Path) -> Source:
    """The source at `path`; closed when the test ends."""
    _OPEN.append(open_source(path))
    return _OPEN[-1]


def zip_file(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile warns of names that stand twice
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return path


def reasons(source: Source) -> list[str]:
    return [t.reason for t in source.troubles]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        opened(tmp_path / "none.txt")
    assert refused.value.key == "no_such_file"


def test_zero_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    source = opened(path)
    assert (source.kind, source.size, reasons(source)) == ("file", 0, ["empty_file"])
    assert source.digest == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(("head", "looks"), [
    (b"BM besok jadi kan?", None), (b"BM" + b"\x10\0\0\0" + b"\0\0\0\0" + b"6\0\0\0", "image"), (b"BM", None),
    (b"\xff\xfeh\0a\0l\0o\0", None), (b"\xfe\xff\0h\0a", None), ("halo 👋".encode(), None), (b"\xef\xbb\xbf[27/3/22", None),
    (b"halo\0\0\0\0 dunia\n", None), (b"\xff\xd8\xff\xe0", "image"), (b"\0\0\0\x18ftypmp42", "video"),
    (b"%PDF-1.7", "document"), (b"SQLite format 3\0", "database"), (b"PK\x03\x04", "archive"), (b"", None),
    (bytes(range(32)) * 100, "binary"),
])
def test_what_bytes_look_like(head: bytes, looks: str | None) -> None:
    assert looks_like(head) == looks


def test_a_picture_by_any_name(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "a.zip", [("catatan.txt", b"\xff\xd8\xff\xe0" + b"x" * 100), ("_chat.txt", b"halo")])
    assert [p.media for p in opened(path).parts] == ["image", None]


def test_zip_that_is_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + b"tidak benar" * 50)
    source = opened(path)
    assert (source.kind, reasons(source)) == ("file", ["broken_archive"])
    path.write_bytes(b"halo ini teks")
    assert (opened(path).kind, opened(path).parts[0].media) == ("file", None)


def test_truncated_zip_at_every_length(tmp_path: Path) -> None:
    whole = zip_file(tmp_path / "a.zip", [("_chat.txt", b"halo " * 40), ("b.txt", b"apa")]).read_bytes()
    path = tmp_path / "cut.zip"
    for size in range(4, len(whole)):
        path.write_bytes(whole[:size])
        source = opened(path)
        assert source.kind == "file"
        assert reasons(source) == ["broken_archive"]


def test_a_byte_flipped_anywhere_never_raises(tmp_path: Path) -> None:
    whole = zip_file(tmp_path / "a.zip", [("_chat.txt", b"halo " * 40), ("b.txt", b"apa" * 9)]).read_bytes()
    path = tmp_path / "flipped.zip"
    rng = random.Random(5)
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :])
        for part in opened(path).parts:
            part.head()
            part.digest()


def test_traversal_and_twin_names(tmp_path: Path) -> None:
    names = ["../../etc/a.txt", "/abs.txt", "..\\b.txt", "C:\\c.txt", "a/../../d.txt"]
    source = opened(zip_file(tmp_path / "a.zip", [(n, b"x") for n in names]))
    assert reasons(source) == ["path_traversal"] * len(names)
    assert [p.read() for p in source.parts] == [b"x"] * len(names)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]
    source = opened(zip_file(tmp_path / "b.zip", [("a.txt", b"1"), ("a.txt", b"2")]))
    assert reasons(source) == ["duplicate_member"]
    assert [p.read() for p in source.parts] == [b"1", b"2"]


def test_bomb(tmp_path: Path) -> None:
    size = limits.ARCHIVE_RATIO_FLOOR_BYTES + 1
    source = opened(zip_file(tmp_path / "a.zip", [("bom.txt", b"\0" * size), ("_chat.txt", b"halo")]))
    assert reasons(source) == ["archive_bomb"]
    assert [p.state for p in source.parts] == ["refused", "present"]
    assert source.parts[1].read() == b"halo"


def test_a_size_that_lies(tmp_path: Path) -> None:
    """The directory says 10 bytes, the member unpacks to 100,000: no more than was promised is read."""
    raw = bytearray(zip_file(tmp_path / "a.zip", [("_chat.txt", b"a" * 100_000)]).read_bytes())
    central = raw.rfind(b"PK\x01\x02")
    struct.pack_into("<I", raw, central + 24, 10)
    path = tmp_path / "lie.zip"
    path.write_bytes(raw)
    part = opened(path).parts[0]
    assert len(part.head()) <= 10
    part.digest()


def test_encrypted_member(tmp_path: Path) -> None:
    raw = bytearray(zip_file(tmp_path / "a.zip", [("_chat.txt", b"halo"), ("b.txt", b"apa")]).read_bytes())
    central = raw.find(b"PK\x01\x02")
    raw[6] |= 1
    raw[central + 8] |= 1
    path = tmp_path / "locked.zip"
    path.write_bytes(raw)
    source = opened(path)
    assert reasons(source) == ["encrypted_archive"]
    assert [p.state for p in source.parts] == ["refused", "present"]
    assert source.parts[0].digest() is None


def test_archive_in_an_archive(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.txt", "x")
    source = opened(zip_file(tmp_path / "a.zip", [("inner.zip", inner.getvalue()), ("_chat.txt", b"halo")]))
    assert reasons(source) == ["nested_archive"]


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_MEMBERS_MAX", 3)
    source = opened(zip_file(tmp_path / "a.zip", [(f"{i}.txt", b"x") for i in range(5)]))
    assert (reasons(source), len(source.parts)) == (["too_many_members"], 3)


def test_folder_links_order_and_digest(tmp_path: Path) -> None:
    folder = tmp_path / "ekspor"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "2.txt").write_bytes(b"dua")
    (folder / "a.txt").write_bytes(b"satu")
    (tmp_path / "luar.txt").write_bytes(b"rahasia")
    (folder / "tautan.txt").symlink_to(tmp_path / "luar.txt")
    (folder / "lingkar").symlink_to(tmp_path)
    source = opened(folder)
    assert sorted(str(p.path) for p in source.parts) == ["a.txt", "b/2.txt"]
    assert reasons(source) == ["link_skipped", "link_skipped"]
    listing = "".join(f"{hashlib.sha256(d).hexdigest()}  {n}\n" for n, d in (("a.txt", b"satu"), ("b/2.txt", b"dua")))
    assert folder_listing(source.parts) == listing.encode()
    assert source.digest == hashlib.sha256(listing.encode()).hexdigest()


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    folder = tmp_path / "ekspor"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"a\xff.txt")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    source = opened(folder)
    assert len(source.parts) == 1
    assert len(source.digest) == 64


def test_a_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "ekspor"
    folder.mkdir()
    os.mkfifo(folder / "pipa")
    assert reasons(opened(folder)) == ["link_skipped"]


def test_a_member_without_a_name(tmp_path: Path) -> None:
    """Found by fuzzing: an entry with an empty name is a part like any other."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("a", b"isi")
    data = path.read_bytes()
    central = data.index(b"PK\x01\x02")
    nameless = bytearray(data)
    nameless[central + 28 : central + 30] = b"\0\0"
    del nameless[central + 46 : central + 47]
    end = nameless.index(b"PK\x05\x06")
    nameless[end + 12 : end + 16] = (46).to_bytes(4, "little")
    path.write_bytes(bytes(nameless))
    with open_source(path) as source:
        assert [p.path for p in source.parts] in ([""], [None])
