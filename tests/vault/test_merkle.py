"""The tree against the RFC's own recursive definition, published vectors and an outside library."""

from __future__ import annotations

import hashlib

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.vault import merkle

# The eight leaves of the Certificate Transparency reference tests, and the tree heads published for 1 to 8 of them.
LEAVES = [bytes.fromhex(h) for h in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def run(entries: list[bytes]) -> bytes:
    return b"".join(merkle.leaf_hash(e) for e in entries)


def by_definition(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 2.1, written as the RFC says it."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(entries[:k]) + by_definition(entries[k:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert merkle.root(run(LEAVES[:size])).hex() == ROOTS[size - 1]


def test_published_inclusion_path() -> None:
    # From the same reference tests: leaf 6 of 8 and leaf 3 of 3 (1-based there).
    leaves = run(LEAVES)
    assert [p.hex() for p in merkle.inclusion_proof(leaves, 5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [p.hex() for p in merkle.inclusion_proof(leaves, 2, 3)] == [ROOTS[1]]


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_root_equals_definition_and_pymerkle(entries: list[bytes]) -> None:
    assert merkle.root(run(entries)) == by_definition(entries)
    frontier = merkle.Frontier()
    outside = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        frontier.append(merkle.leaf_hash(entry))
        outside.append_entry(entry)
    assert frontier.root() == by_definition(entries)
    if entries:
        assert outside.get_root() == frontier.root()


def test_every_proof_of_small_trees_holds_and_no_other() -> None:
    entries = [bytes([i]) for i in range(17)]
    leaves = run(entries)
    heads = [merkle.root(leaves, 0, n) for n in range(18)]
    for size in range(1, 18):
        for index in range(size):
            proof = merkle.inclusion_proof(leaves, index, size)
            leaf = merkle.leaf_hash(entries[index])
            assert merkle.verify_inclusion(leaf, index, size, proof, heads[size])
            assert not merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, proof, heads[size])
            assert not merkle.verify_inclusion(leaf, index, size, [*proof, heads[1]], heads[size])
            assert not merkle.verify_inclusion(leaf, (index + 1) % size, size, proof, heads[size]) or size == 1
            assert not proof or not merkle.verify_inclusion(leaf, index, size, proof[:-1], heads[size])
        for first in range(1, size + 1):
            proof = merkle.consistency_proof(leaves, first, size)
            assert merkle.verify_consistency(first, size, heads[first], heads[size], proof)
            assert not merkle.verify_consistency(first, size, heads[0], heads[size], proof)
            assert not merkle.verify_consistency(first, size, heads[first], heads[0], proof)
            assert not merkle.verify_consistency(first, size, heads[first], heads[size], [*proof, heads[1]])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 9)])
def test_proofs_out_of_range_are_refused(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(run(LEAVES), index, size)
    assert not merkle.verify_inclusion(b"", index, 0, [], b"")


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (1, 9)])
def test_consistency_out_of_range_is_refused(first: int, second: int) -> None:
    with pytest.raises(IndexError):
        merkle.consistency_proof(run(LEAVES), first, second)
    assert not merkle.verify_consistency(0, second, b"", b"", [])


@given(st.integers(0, 70))
def test_a_kept_tree_gives_the_same_roots_and_proofs(size: int) -> None:
    leaves = b"".join(merkle.leaf_hash(bytes([n])) for n in range(size))
    tree = merkle.Tree(leaves)
    for n in range(size + 1):
        assert tree.root(0, n) == merkle.root(leaves, 0, n)
    for n in range(size):
        assert tree.inclusion_proof(n, size) == merkle.inclusion_proof(leaves, n, size)
        assert tree.consistency_proof(n + 1, size) == merkle.consistency_proof(leaves, n + 1, size)
    with pytest.raises(IndexError):
        tree.inclusion_proof(size, size)
