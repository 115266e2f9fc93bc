"""Pictures and archives: to nobody but the police, and to them only what the case's media rule kept."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyrage
import pytest

from saksi import verbs
from saksi.case.store import Case
from saksi.handover import own
from saksi.handover.selection import filled_media
from saksi.verbs import handing_over
from tests.handover import making

PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 16
INSIDE = base64.b64encode(PICTURE)


def export(folder: Path) -> Path:
    """A WhatsApp archive with one picture, and a text that holds one in base64."""
    path = folder / "WhatsApp Chat with Kak Arga.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", making.FIRST + "23/11/26, 20:21 - Kak Arga: IMG-1.jpg (file attached)\n")
        archive.writestr("IMG-1.jpg", PICTURE)
    return path


def lone_text(folder: Path) -> Path:
    path = folder / "catatan.txt"
    path.write_bytes(making.SECOND.encode() + b"24/11/26, 09:18 - Siti Rahma: " + INSIDE + b"\n24/11/26, 09:19 - Rara: ok\n")
    return path


def built(folder: Path, **media: Any) -> Path:
    options = verbs.BuildOptions(zone="Asia/Jakarta", date_order="dmy", at_risk=("Rara",), **media)
    verbs.build(folder / "K", making.PASSPHRASE, [export(folder), lone_text(folder)], options, kdf=making.CHEAP)
    return folder / "K"


def bag(folder: Path, case: Path, role: str) -> dict[str, bytes]:
    with Case.open(case, making.PASSPHRASE) as opened:
        handed = making.hand_over(opened, folder / f"{role}.age", role=role)
    assert making.found(handed.unpack(folder / role)) == []
    return handed.files()


def without_pictures(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        assert PICTURE[12:300] not in data, name
        assert INSIDE[16:300] not in data, name
        assert not name.endswith((".zip", ".age", ".bin"))


@pytest.mark.parametrize("role", ["police", "other"])
def test_a_case_that_kept_no_media_hands_none_over(tmp_path: Path, role: str) -> None:
    files = bag(tmp_path, built(tmp_path), role)
    without_pictures(files)
    texts = [d for n, d in files.items() if n.startswith("data/sources/")]
    assert len(texts) == 2
    assert any(making.FIRST.encode() in t for t in texts), "the words go along"
    assert hashlib.sha256(PICTURE).hexdigest().encode() in files["data/tables/messages.csv"], "the digest stands for the picture"


def test_kept_media_go_to_the_police_only(tmp_path: Path) -> None:
    case = built(tmp_path, media="seal", adults_agreed="Semua yang tampak sudah dewasa dan setuju (12/11)")
    without_pictures(bag(tmp_path, case, "other"))
    with Case.open(case, making.PASSPHRASE) as opened_case:
        handing_over.own_copy(opened_case, tmp_path / "c.html", "mangga muda pagi hari", "C1", "id")
    inside = json.dumps(own.opened((tmp_path / "c.html").read_bytes(), "mangga muda pagi hari"))
    assert INSIDE[16:300].decode() not in inside
    files = bag(tmp_path, case, "police")
    archive = next(d for n, d in files.items() if n.endswith("archive.zip"))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.read("IMG-1.jpg") == PICTURE
    assert any(INSIDE in d for n, d in files.items() if n.endswith(".txt"))


def test_media_locked_to_the_police_go_to_them_still_locked(tmp_path: Path) -> None:
    police = pyrage.x25519.Identity.generate()
    (tmp_path / "police.txt").write_text(str(police.to_public()), encoding="ascii")
    case = built(tmp_path, media="police-key", police_key=tmp_path / "police.txt")
    without_pictures(bag(tmp_path, case, "other"))
    files = bag(tmp_path, case, "police")
    (locked,) = (d for n, d in files.items() if n.endswith(".age"))
    assert PICTURE[12:300] not in locked
    assert pyrage.decrypt(locked, [police]) == PICTURE


def test_threads_chosen_at_build_keep_the_whole_export_back(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(making.telegram(), encoding="utf-8")
    options = verbs.BuildOptions(zone="Asia/Jakarta", threads=("Om Bagas",))
    verbs.build(tmp_path / "K", making.PASSPHRASE, [tmp_path / "result.json"], options, kdf=making.CHEAP)
    files = bag(tmp_path, tmp_path / "K", "other")
    assert not any(n.startswith("data/sources/") for n in files)
    for name, data in files.items():
        assert b"titipan" not in data, name
    assert any(n.startswith("data/sources/") for n in bag(tmp_path, tmp_path / "K", "police"))


def test_pictures_in_a_text_are_filled_and_words_stay() -> None:
    text = "sebelum 😀 " + INSIDE.decode() + "\nsesudah itu, ada kata lain"
    filled = filled_media(text, repaired=False)
    assert len(filled) == len(text)
    assert filled.startswith("sebelum 😀 ")
    assert filled.endswith("ada kata lain")
    assert INSIDE[16:300].decode() not in filled
    words = "kata biasa saja, tidak ada apa-apa di sini. " * 40
    assert filled_media(words, repaired=False) == words
    assert set(filled_media(words, repaired=True)) == {"*"}
