"""Checkpoints: the C2SP form, strictness, and openssl as an outside verifier."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from saksi.vault import merkle, notes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = notes.origin_of("00112233aabbccdd")
NOTE = notes.sign(ORIGIN, 3, merkle.leaf_hash(b"x"), KEY)


def test_form_is_the_specifications() -> None:
    lines = NOTE.note.split("\n")
    assert lines[:2] == [ORIGIN, "3"]
    assert base64.b64decode(lines[2]) == merkle.leaf_hash(b"x")
    assert lines[3] == ""
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert lines[5:] == [""]
    blob = base64.b64decode(lines[4].rsplit(" ", 1)[1])
    assert blob[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    assert len(blob) == 68


def test_key_id_of_the_specifications_example() -> None:
    # golang.org/x/mod/sumdb/note documents this verifier key of its example server.
    name, key_id, key = "PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = base64.b64decode(key)[1:]
    assert notes.key_id(name, public).hex() == key_id
    assert notes.verifier_key(name, public) == f"{name}+{key_id}+{key}"


def test_good_note_holds() -> None:
    assert notes.check(ORIGIN, PUBLIC, NOTE.note) is None


def test_no_single_byte_may_change() -> None:
    raw = NOTE.note.encode()
    for at in range(len(raw)):
        for bit in (0, 5):
            changed = bytearray(raw)
            changed[at] ^= 1 << bit
            assert notes.check(ORIGIN, PUBLIC, changed.decode("utf-8", "replace")) is not None, (at, bit)


@pytest.mark.parametrize(
    ("origin", "key", "why"),
    [
        ("saksi.local/case/other", PUBLIC, "checkpoint_other_log"),
        (ORIGIN, bytes(32), "checkpoint_other_key"),
    ],
)
def test_another_logs_note_is_named(origin: str, key: bytes, why: str) -> None:
    assert notes.check(origin, key, NOTE.note) == why


def test_signature_of_other_text_is_named() -> None:
    forged = NOTE.note.replace("\n3\n", "\n4\n")
    assert notes.check(ORIGIN, PUBLIC, forged) == "checkpoint_signature"


def test_parse_gives_notes_back_and_finds_the_torn_end() -> None:
    other = notes.sign(ORIGIN, 4, merkle.leaf_hash(b"y"), KEY)
    data = (NOTE.note + "\n" + other.note + "\n").encode()
    parsed, end = notes.parse(data)
    assert [n for _, n in parsed] == [NOTE, other]
    assert end == len(data)
    first = len(NOTE.note.encode()) + 1
    for cut in range(first, len(data)):
        parsed, end = notes.parse(data[:cut])
        assert [n for _, n in parsed] == [NOTE]
        assert end == first


def test_a_damaged_note_does_not_hide_the_next() -> None:
    other = notes.sign(ORIGIN, 4, merkle.leaf_hash(b"y"), KEY)
    data = (NOTE.note + "\n" + other.note + "\n").encode().replace(b"\n3\n", b"\n?\n")
    parsed, _ = notes.parse(data)
    assert parsed[0][1] is None
    assert parsed[-1][1] == other


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_verifies_a_checkpoint(tmp_path: Path) -> None:
    text, _, signature_line = NOTE.note.partition("\n\n")
    (tmp_path / "text").write_bytes(text.encode() + b"\n")
    (tmp_path / "sig").write_bytes(base64.b64decode(signature_line.split(" ")[2])[4:])
    (tmp_path / "pub.pem").write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-in", "text", "-sigfile", "sig"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "text").write_bytes(text.encode().replace(b"\n3\n", b"\n4\n") + b"\n")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
