"""Co-signatures and the witness's memory: an older copy and another past are refused, and a case that was put back is seen."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.errors import VerificationFailed
from saksi.vault import Vault, beside, notes, proofs, verify_case, verify_folder, witness
from tests.vault.conftest import CHEAP, PASSPHRASE

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WHO = witness.Verifier(witness.name_of(KEY.public_key().public_bytes_raw()), KEY.public_key().public_bytes_raw())


def request(vault: Vault, old: int = 0) -> bytes:
    identity = vault.identity
    log = witness.Verifier(identity.origin, identity.public_key, notes.ED25519)
    return witness.Request(log, proofs.grow(vault.leaves, old, vault.checkpoint())).text.encode()


def signed(memory: witness.Memory, data: bytes, seconds: int = 1_800_000_000) -> witness.Answer:
    return memory.sign(witness.parse_request(data), KEY, seconds)


@pytest.fixture
def memory() -> witness.Memory:
    return witness.Memory({})


def test_form_is_the_specifications(vault: Vault, memory: witness.Memory) -> None:
    answer = signed(memory, request(vault))
    line = answer.note.splitlines()[-1]
    assert line.startswith(f"\u2014 {WHO.name} ")
    blob = base64.b64decode(line.rsplit(" ", 1)[1])
    assert blob[:4] == hashlib.sha256(WHO.name.encode() + b"\n\x04" + WHO.public_key).digest()[:4]
    assert int.from_bytes(blob[4:12], "big") == 1_800_000_000
    said = b"cosignature/v1\ntime 1800000000\n" + answer.note.partition("\n\n")[0].encode() + b"\n"
    KEY.public_key().verify(blob[12:], said)
    assert witness.cosigned_at(answer.note, answer.witness) == 1_800_000_000
    assert witness.parse_answer(answer.text.encode()) == answer


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_verifies_a_cosignature(vault: Vault, memory: witness.Memory, tmp_path: Path) -> None:
    answer = signed(memory, request(vault))
    blob = notes.signature_lines(answer.note)[-1][1]
    (tmp_path / "text").write_bytes(b"cosignature/v1\ntime 1800000000\n" + notes.body(answer.note))
    (tmp_path / "sig").write_bytes(blob[12:])
    (tmp_path / "pub.pem").write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "pub.pem",
        "-rawin",
        "-in",
        "text",
        "-sigfile",
        "sig",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_no_byte_of_an_answer_may_change(vault: Vault, memory: witness.Memory) -> None:
    answer = signed(memory, request(vault))
    origin, key = vault.identity.origin, vault.identity.public_key
    raw = answer.note.encode()
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        note = changed.decode("utf-8", "replace")
        with pytest.raises(VerificationFailed):
            _both(note, origin, key)
    _both(answer.note, origin, key)


def _both(note: str, origin: str, key: bytes) -> None:
    proofs.signed_head(note, origin, key)
    witness.cosigned_at(note, WHO)


def test_the_witness_follows_a_growing_log(vault: Vault, memory: witness.Memory) -> None:
    signed(memory, request(vault))
    for _ in range(3):
        old = memory.size_of(vault.identity.origin)
        vault.append("view", what="search")
        vault.append("view", what="search")
        signed(memory, request(vault, old))
    assert memory.size_of(vault.identity.origin) == vault.log_size == 7
    assert witness.Memory.parse(memory.data) == memory


def test_rollback_fork_other_key_and_wrong_start_are_refused(tmp_path: Path, memory: witness.Memory) -> None:
    folder, copy = tmp_path / "k", tmp_path / "alt"
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        vault.append("view", what="search")
    shutil.copytree(folder, copy)
    with Vault.open(folder, PASSPHRASE) as vault:
        vault.append("view", what="search")
        before = memory.data
        signed(memory, request(vault))
    with Vault.open(copy, PASSPHRASE) as old:
        with pytest.raises(VerificationFailed) as told:
            signed(memory, request(old))
        assert told.value.key == "log_shorter"
        old.append("decide", state="confirmed")
        old.append("decide", state="confirmed")
        with pytest.raises(VerificationFailed) as told:
            signed(memory, request(old, 3))
        assert told.value.key == "log_forked"
        with pytest.raises(VerificationFailed) as told:
            signed(memory, request(old, 1))
        assert told.value.key == "proof_other_start"
        data = request(old).replace(old.identity.origin.encode(), b"saksi.local/case/other")
        with pytest.raises(VerificationFailed):
            signed(memory, data)
    with Vault.create(tmp_path / "new", PASSPHRASE, kdf=CHEAP) as other:
        log = witness.Verifier(next(iter(memory.heads)), other.identity.public_key, b"\x01")
        text = f"{log.text}\n{proofs.grow(other.leaves, 0, other.checkpoint()).text}"
        with pytest.raises(VerificationFailed) as told:
            signed(memory, text.encode())
        assert told.value.key == "witness_other_key"
    assert before != memory.data, "what was refused left no trace, what was signed did"


def test_a_folder_put_back_whole_is_seen_only_with_what_the_witness_kept(
    tmp_path: Path, memory: witness.Memory
) -> None:
    folder = tmp_path / "k"
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        vault.append("view", what="search")
    shutil.copytree(folder, tmp_path / "old")
    with Vault.open(folder, PASSPHRASE) as vault:
        vault.append("decide", state="confirmed")
        answer = signed(memory, request(vault))
        note = vault.checkpoint().note
    outside = beside.Outside(kept=[memory.data, answer.text.encode(), answer.note.encode(), note.encode()])
    assert verify_case(folder, PASSPHRASE, outside=outside).ok
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "old", folder)
    assert verify_case(folder, PASSPHRASE).ok, "nothing in the folder can tell"
    found = verify_folder(folder, outside)
    assert [b.why for b in found.bad] == ["witness_rolled_back"] * 4
    with Vault.open(folder, PASSPHRASE) as vault:  # and grown again with another past
        for _ in range(3):
            vault.append("view", what="search")
    assert {b.why for b in verify_folder(folder, outside).bad} == {"witness_forked"}


def test_files_of_other_cases_and_nonsense_are_named(vault: Vault, memory: witness.Memory, tmp_path: Path) -> None:
    with Vault.create(tmp_path / "other", PASSPHRASE, kdf=CHEAP) as other:
        answer = signed(memory, request(other))
    for data, why in (
        (memory.data, "witness_other_log"),
        (answer.text.encode(), "witness_other_log"),
        (b"", "witness_unreadable"),
        (b"{}", "witness_unreadable"),
        (b"\xff\xfe\n\n", "witness_unreadable"),
    ):
        found = verify_folder(vault.folder, beside.Outside(kept=[data]))
        assert [b.why for b in found.bad] == [why], data[:40]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_nonsense_is_refused(data: bytes) -> None:
    for parse in (witness.parse_request, witness.parse_answer, witness.Memory.parse):
        with pytest.raises(VerificationFailed):
            parse(data)
