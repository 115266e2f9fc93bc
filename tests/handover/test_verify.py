"""verify.py by itself: its words are the catalog's, its mathematics are RFC 8032's and RFC 6962's, it runs on a bare Python."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.handover import verify
from saksi.vault import merkle
from tools import bundle_words

VECTORS = [  # RFC 8032 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def test_its_words_are_the_catalogs() -> None:
    source = bundle_words.VERIFY.read_text(encoding="utf-8")
    assert bundle_words.with_words(source) == source, "run `make docs`"
    assert bundle_words.with_graph_check(source) == source, "run `make docs`"


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    source = bundle_words.VERIFY.read_text(encoding="utf-8")
    program = source.partition(bundle_words.END)[2]
    used = {key for key in verify.WORDS if f'"{key}"' in program}
    assert used == set(verify.WORDS)
    literals = {n.value for n in ast.walk(ast.parse(program)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    reasons = {x for x in literals if x.startswith(("file_", "proof_", "checkpoint_", "graph_", "row", "entry_"))}
    assert reasons - {"rows"} <= set(verify.WORDS)


def test_it_imports_the_standard_library_only_and_nothing_that_reaches_out() -> None:
    tree = ast.parse(bundle_words.VERIFY.read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
    assert not names & {"socket", "urllib", "http", "subprocess", "ssl", "ctypes", "pickle"}


def test_it_runs_on_a_bare_python(tmp_path: Path) -> None:
    program = tmp_path / "verify.py"
    program.write_bytes(bundle_words.VERIFY.read_bytes())
    done = subprocess.run([sys.executable, "-I", "-S", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == verify.EXIT_BAD, "a folder with nothing but the program is no bundle"
    assert "Traceback" not in done.stderr
    for words in (["--nope"], ["a", "b"], ["tidak-ada.tar"]):
        done = subprocess.run([sys.executable, "-I", "-S", str(program), *words], capture_output=True, text=True, check=False)
        assert done.returncode == verify.EXIT_USE
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_rfcs_signatures_hold(key: str, message: str, signature: str) -> None:
    told = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify.ed25519_holds(*told)
    for place in range(64):
        changed = bytearray(told[2])
        changed[place] ^= 1
        assert not verify.ed25519_holds(told[0], told[1], bytes(changed))
    assert not verify.ed25519_holds(told[0], told[1] + b"x", told[2])


def test_a_signature_has_one_form_only() -> None:
    key, message, signature = (bytes.fromhex(x) for x in VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + verify.L
    assert not verify.ed25519_holds(key, message, signature[:32] + s.to_bytes(32, "little")), "S must be below L"
    assert not verify.ed25519_holds(key[:-1], message, signature)
    assert not verify.ed25519_holds(key, message, signature[:-1])
    assert verify.point_of((verify.P + 1).to_bytes(32, "little")) is None, "y must be below p"


@settings(max_examples=25)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_it_agrees_with_the_library(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verify.ed25519_holds(key, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify.ed25519_holds(key, message, bytes(changed))


def test_a_signature_takes_milliseconds() -> None:
    key, message, signature = (bytes.fromhex(x) for x in VECTORS[2])
    start = time.process_time()
    for _ in range(10):
        verify.ed25519_holds(key, message, signature)
    assert time.process_time() - start < 1.0


@settings(max_examples=60)
@given(size=st.integers(1, 70), data=st.data())
def test_proofs_agree_with_the_vaults(size: int, data: st.DataObject) -> None:
    leaves = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(size))
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaf, head = leaves[32 * index : 32 * index + 32], merkle.root(leaves)
    path = merkle.inclusion_proof(leaves, index, size)
    assert verify.is_included(leaf, index, size, path, head)
    assert not verify.is_included(leaf, index, size, [*path, head], head)
    assert not verify.is_included(head, index, size, path, head) or size == 1
    growth = merkle.consistency_proof(leaves, first, size)
    before = merkle.root(leaves, 0, first)
    assert verify.is_grown(first, size, before, head, growth)
    assert not verify.is_grown(first, size, hashlib.sha256(before).digest(), head, growth)
