"""Walk a b-tree: its leaf pages in key order, a block at a time; the cells of a block as arrays.

    Walk(db).blocks(root)  -> Block ...     leaves and interior pages of one tree, key order; damage in .bad

Every page is visited once over all trees (a page that two trees or a loop claim is damage); depth is bounded. Never raises
for the content. References: sqlite.org/fileformat2.html, section 1.6 (b-tree pages).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.sqlite.pages import Bytes, PageFile

INTERIOR_INDEX: Final = 2
INTERIOR_TABLE: Final = 5
LEAF_INDEX: Final = 10
LEAF_TABLE: Final = 13
BLOCK_BYTES: Final = 1 << 20
DEPTH_MAX: Final = 40
"""Levels of one tree: SQLite itself stops at 20."""

Ints = npt.NDArray[np.int64]


def varints(buf: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """The varints that begin at `at`: values and how many bytes each takes. `buf` has nine bytes behind every start."""
    first = buf[at]
    values = first.astype(np.int64)
    lengths = np.ones(len(at), dtype=np.int64)
    more = np.flatnonzero(first >= 0x80)
    if len(more):
        values[more] &= 0x7F
    step = 1
    while len(more):
        byte = buf[at[more] + step].astype(np.int64)
        if step == 8:
            values[more] = (values[more] << 8) | byte
            lengths[more] = 9
            break
        values[more] = (values[more] << 7) | (byte & 0x7F)
        lengths[more] = step + 1
        more = more[byte >= 0x80]
        step += 1
    return values, lengths


def u16(buf: Bytes, at: Ints) -> Ints:
    """Big-endian 16-bit numbers at `at`."""
    return (buf[at].astype(np.int64) << 8) | buf[at + 1]


def u32(buf: Bytes, at: Ints) -> Ints:
    """Big-endian 32-bit numbers at `at`."""
    return (u16(buf, at) << 16) | u16(buf, at + 2)


@dataclass
class Block:
    """Pages of one kind. kind: a page type. pages: their numbers. buf: their bytes one after the other."""

    kind: int
    pages: Ints
    buf: Bytes
    page_size: int
    usable: int

    def heads(self) -> Ints:
        """Where each page's b-tree header begins in `buf`."""
        at = np.arange(len(self.pages), dtype=np.int64) * self.page_size
        at[self.pages == 1] += 100
        return at


@dataclass
class Cells:
    """The cells of a block, key order. owner: index of the page in the block. at, end: of the whole cell in `buf`.
    rowid: 0 in an index. size: bytes of the payload. start, local: where it begins and how much of it is here.
    overflow: first overflow page or 0. bad: pages of the block whose cell list or a cell is damaged."""

    owner: Ints
    at: Ints
    end: Ints
    rowid: Ints
    size: Ints
    start: Ints
    local: Ints
    overflow: Ints
    bad: Ints


def pointers_of(block: Block) -> tuple[Ints, Ints, Ints, Ints]:
    """owner and position of each cell, where the pointer to it stands, and the pages whose cell list cannot be right."""
    heads = block.heads()
    header = 12 if block.kind in (INTERIOR_INDEX, INTERIOR_TABLE) else 8
    counts = u16(block.buf, heads + 3)
    base = np.arange(len(block.pages), dtype=np.int64) * block.page_size
    broken = heads - base + header + 2 * counts > block.usable
    counts = np.where(broken, 0, counts)
    owner = np.repeat(np.arange(len(block.pages), dtype=np.int64), counts)
    nth = np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    slots = heads[owner] + header + 2 * nth
    places = u16(block.buf, slots)
    first = heads - base + header + 2 * counts
    good = (places >= first[owner]) & (places + 4 <= block.usable)
    bad = np.unique(np.concatenate([np.flatnonzero(broken), owner[~good]]))
    return owner[good], base[owner[good]] + places[good], slots[good], bad


def cells_of(block: Block) -> Cells:
    """The cells of a block whose pages hold payloads (all kinds but interior pages of tables)."""
    owner, at, _, bad = pointers_of(block)
    buf, usable = block.buf, block.usable
    start = at + 4 if block.kind == INTERIOR_INDEX else at
    size, n = varints(buf, start)
    start = start + n
    rowid = np.zeros(len(at), dtype=np.int64)
    if block.kind == LEAF_TABLE:
        rowid, n = varints(buf, start)
        start = start + n
    most = usable - 35 if block.kind == LEAF_TABLE else (usable - 12) * 64 // 255 - 23
    least = (usable - 12) * 32 // 255 - 23
    rest = least + (size - least) % (usable - 4)
    spills = size > most
    local = np.where(spills, np.where(rest <= most, rest, least), size)
    end = start + local + 4 * spills
    limit = (owner + 1) * block.page_size - (block.page_size - usable)
    good = (size >= 0) & (end <= limit)
    overflow = np.zeros(len(at), dtype=np.int64)
    long = good & spills
    overflow[long] = u32(buf, (start + local)[long])
    bad = np.union1d(bad, owner[~good])
    owner, at, end, rowid, size, start, local, overflow = (
        a[good] for a in (owner, at, end, rowid, size, start, local, overflow)
    )
    return Cells(owner, at, end, rowid, size, start, local, overflow, bad)


@dataclass
class Walk:
    """Walks trees of one database. seen: pages visited so far. bad: (page, what) of damage met."""

    db: PageFile
    seen: npt.NDArray[np.bool_] = field(init=False)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen = np.zeros(self.db.page_count + 1, dtype=np.bool_)

    def blocks(self, root: int, *, kinds: Sequence[int] = (LEAF_TABLE,)) -> Iterator[Block]:
        """The pages of the tree whose type is in `kinds`, key order, neighbours together."""
        yield from self._blocks([root], kinds, 0)

    def take(self, number: int) -> bool:
        """Visit a page; False, and noted, where it is not there or was visited before."""
        if not 1 <= number <= self.db.page_count or self.seen[number]:
            self.bad.append((number, "claimed_twice" if 1 <= number <= self.db.page_count else "no_page"))
            return False
        self.seen[number] = True
        return True

    def _blocks(self, numbers: list[int], kinds: Sequence[int], depth: int) -> Iterator[Block]:
        if depth > DEPTH_MAX:
            self.bad.append((numbers[0], "too_deep"))
            return
        size = self.db.header.page_size
        step = max(1, BLOCK_BYTES // size)
        for first in range(0, len(numbers), step):
            taken = [n for n in numbers[first : first + step] if self.take(n)]
            if not taken:
                continue
            pages = np.array(taken, dtype=np.int64)
            buf = self.db.block(taken)
            whole = Block(0, pages, buf, size, self.db.header.usable)
            types = buf[whole.heads()]
            edges = [0, *(np.flatnonzero(types[1:] != types[:-1]) + 1).tolist(), len(types)]
            for i, j in pairwise(edges):
                part = Block(int(types[i]), pages[i:j], buf[i * size :], size, self.db.header.usable)
                yield from self._one_kind(part, kinds, depth)

    def _one_kind(self, block: Block, kinds: Sequence[int], depth: int) -> Iterator[Block]:
        if block.kind in (INTERIOR_TABLE, INTERIOR_INDEX):
            if block.kind in kinds:
                yield block
            yield from self._blocks(self._children(block), kinds, depth + 1)
        elif block.kind in kinds:
            yield block
        elif block.kind not in (LEAF_TABLE, LEAF_INDEX):
            self.bad += [(int(n), "no_btree_page") for n in block.pages]
            self.seen[block.pages] = False  # nobody has looked into it: what is cut out of unused room holds for it

    def _children(self, block: Block) -> list[int]:
        owner, at, _, bad = pointers_of(block)
        self.bad += [(int(block.pages[i]), "cells") for i in bad]
        left = u32(block.buf, at)
        right = u32(block.buf, block.heads() + 8)
        children: list[int] = []
        edges = np.searchsorted(owner, np.arange(len(block.pages) + 1))
        for i in range(len(block.pages)):
            children += left[edges[i] : edges[i + 1]].tolist()
            children.append(int(right[i]))
        return children


def overflow_chain(db: PageFile, walk: Walk | None, first: int, left: int) -> Iterator[tuple[int, int]]:
    """(page, payload bytes in it) of an overflow chain that holds `left` bytes; ends early where it is damaged."""
    per_page = db.header.usable - 4
    number = first
    steps = 0
    while left > 0 and number and steps <= db.page_count:
        if walk is not None and not walk.take(number):
            return
        if not 1 <= number <= db.page_count:
            return
        n = min(left, per_page)
        yield number, n
        left -= n
        steps += 1
        if left > 0:
            number = int.from_bytes(db.page(number)[:4], "big")


def payload(db: PageFile, cells: Cells, block: Block, i: int, most: int) -> bytes | None:
    """The whole payload of a cell, overflow pages included; None where the chain is damaged or longer than `most`."""
    size = int(cells.size[i])
    if size > most:
        return None
    start, local = int(cells.start[i]), int(cells.local[i])
    parts = [block.buf[start : start + local].tobytes()]
    for number, n in overflow_chain(db, None, int(cells.overflow[i]), size - local):
        parts.append(db.page(number)[4 : 4 + n])
    data = b"".join(parts)
    return data if len(data) == size else None
