"""The Merkle tree of RFC 6962 (section 2.1; the same as RFC 9162): pure functions over leaf hashes.

    leaf hash  = SHA-256(0x00 || entry)         node = SHA-256(0x01 || left || right)

Leaf hashes are kept as one `bytes`-like run of 32-byte hashes: a million entries are 32 MB. Proofs are lists of 32-byte
hashes in the order of the RFC, so that other programs' verifiers take them as they are. One proof is computed from the
leaves; for many, `Tree` keeps every node once (64 MB for a million entries) and gives each proof in some twenty look-ups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the full subtrees of a growing tree, largest first: append and root in O(log n)."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(self._roots.pop(), node)
            size >>= 1
        self._roots.append(node)
        self.size += 1

    def copy(self) -> Frontier:
        """The same, to go on from separately."""
        other = Frontier()
        other.size, other._roots = self.size, list(self._roots)
        return other

    def root(self) -> bytes:
        """The tree head over all leaves so far."""
        if not self._roots:
            return EMPTY_ROOT
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = node_hash(left, node)
        return node


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _leaf(leaves: bytes | bytearray, index: int) -> bytes:
    return bytes(leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES])


def root(leaves: bytes | bytearray, start: int = 0, end: int | None = None) -> bytes:
    """The tree head over leaves [start, end) of a run of 32-byte leaf hashes."""
    frontier = Frontier()
    stop = len(leaves) // HASH_BYTES if end is None else end
    for i in range(start, stop):
        frontier.append(_leaf(leaves, i))
    return frontier.root()


class Tree:
    """All nodes over a run of leaf hashes: roots and proofs of any of its sizes without hashing the leaves again."""

    def __init__(self, leaves: bytes | bytearray) -> None:
        self.size = len(leaves) // HASH_BYTES
        self._levels = [bytes(leaves)]
        sha256, pair = hashlib.sha256, 2 * HASH_BYTES
        while len(below := self._levels[-1]) >= pair:
            whole = len(below) - len(below) % pair
            self._levels.append(
                b"".join([sha256(b"\x01" + below[i : i + pair]).digest() for i in range(0, whole, pair)])
            )

    def root(self, start: int = 0, end: int | None = None) -> bytes:
        """The tree head over leaves [start, end); start is 0 or where a subtree of that size begins."""
        stop = self.size if end is None else end
        count = stop - start
        if count == 0:
            return EMPTY_ROOT
        level = count.bit_length() - 1
        if count == 1 << level and not start & (count - 1):
            return _leaf(self._levels[level], start >> level)
        middle = start + _split(count)
        return node_hash(self.root(start, middle), self.root(middle, stop))

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """As the function of that name."""
        return _inclusion(self.root, self.size, index, size)

    def consistency_proof(self, first: int, second: int) -> list[bytes]:
        """As the function of that name."""
        return _consistency(self.root, self.size, first, second)


def inclusion_proof(leaves: bytes | bytearray, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 2.1.1. Raises IndexError unless 0 <= index < size <= leaves."""
    return _inclusion(lambda start, end: root(leaves, start, end), len(leaves) // HASH_BYTES, index, size)


def _inclusion(root_of: Callable[[int, int], bytes], count: int, index: int, size: int) -> list[bytes]:
    if not 0 <= index < size <= count:
        raise IndexError("expected 0 <= index < size <= number of leaves")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(leaves: bytes | bytearray, first: int, second: int) -> list[bytes]:
    """PROOF(first, D[second]) of RFC 6962 2.1.2. Raises IndexError unless 0 < first <= second <= leaves."""
    return _consistency(lambda start, end: root(leaves, start, end), len(leaves) // HASH_BYTES, first, second)


def _consistency(root_of: Callable[[int, int], bytes], count: int, first: int, second: int) -> list[bytes]:
    if not 0 < first <= second <= count:
        raise IndexError("expected 0 < first <= second <= number of leaves")
    proof: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(root_of(middle, end))
            end = middle
        else:
            proof.append(root_of(start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(root_of(start, end))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` in the tree of `size` leaves with `head` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(p, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == head


def verify_consistency(first: int, second: int, first_head: bytes, second_head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `second` leaves begins with the tree of `first` (RFC 9162 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_head == second_head
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_head)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for p in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(p, fr), node_hash(p, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_head and sr == second_head
