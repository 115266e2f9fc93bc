"""Media inside a database: where they are, so that a case keeps the rows and not the pictures (DESIGN promise 3).

    cuts_of(db) -> Cuts        spans of the main file and of its log that must not be kept; None where that cannot be told

1. Every tree is walked from the schema. What is live (headers, cell pointers, cells) stays, but for the values in it that
   are or hold a medium: BLOBs by signature, or binary of some length that is not made of small fields; texts as
   `saksi.embedded` sees them. Overflow pages are followed.
2. Everything else (free pages, unused room inside pages, room behind an overflow chain, pages and frames that a log has
   superseded, bytes behind the end) is what SQLite never reads. There only longer runs of plain text stay: deleted words,
   never pieces of deleted pictures.

The places stay what they were, so that the rest opens as the same database.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from saksi import limits
from saksi.embedded import RAW_START, media_spans
from saksi.parts import looks_like
from saksi.sqlite.btree import (
    INTERIOR_INDEX,
    INTERIOR_TABLE,
    LEAF_INDEX,
    LEAF_TABLE,
    Block,
    Cells,
    Ints,
    Walk,
    cells_of,
    overflow_chain,
    pointers_of,
    varints,
)
from saksi.sqlite.logs import WAL_HEADER
from saksi.sqlite.pages import PageFile
from saksi.sqlite.records import COLUMNS_MAX, header_ends, value_sizes
from saksi.sqlite.schema import read_schema

Span = tuple[int, int]
"""offset, length."""

BLOB_LOOKED_AT: Final = 16
BINARY_MAX: Final = 128
"""Bytes of binary that may stay where no signature stands: keys, hashes and receipts of a few people. No picture fits."""

TEXT_LOOKED_AT: Final = 128
DEAD_RUN_MIN: Final = 4
"""Unused runs shorter than this hold nothing."""

DEPTH_MAX: Final = 12
_KEPT_TEXT: Final = re.compile(
    rb"(?:[\x20-\x7e\t\r\n]|[\xc3-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}){24,}"
)
_CODED: Final = re.compile(rb"[A-Za-z0-9+/=_\-]{30,}")
_B64_LONG: Final = re.compile(rb"[A-Za-z0-9+/_\\-]{128,}")
_NO_TEXT: Final = bytes(set(range(0x20)) - {9, 10, 13}) + b"\x7f"


@dataclass(frozen=True)
class CutBlob:
    """A value that is one medium. table: None in an index. column: position. media: as `parts.looks_like` says, or binary."""

    table: str | None
    rowid: int
    column: int
    media: str
    size: int
    digest: str


@dataclass
class Cuts:
    """What must not be kept. main, log: merged, ascending. blobs: values that are one medium each. media: how many places
    of live rows were cut. unused: how many bytes of unused room."""

    main: list[Span] = field(default_factory=list)
    log: list[Span] = field(default_factory=list)
    blobs: list[CutBlob] = field(default_factory=list)
    media: int = 0
    unused: int = 0


def _is_text(data: bytes) -> bool:
    if len(data.translate(None, _NO_TEXT)) != len(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def text_cuts(data: bytes) -> list[Span]:
    """Media in a text value."""
    if len(data) < TEXT_LOOKED_AT and RAW_START.match(data) is None:
        return []
    if not _is_text(data):
        return media_spans(lambda: io.BytesIO(data), len(data)) or _signed(data)
    if _B64_LONG.search(data) is None and not re.search(rb"[A-Za-z0-9+/]{60}\\?r?\\?\r?\n", data):
        return []
    return media_spans(lambda: io.BytesIO(data), len(data))


def _signed(data: bytes) -> list[Span]:
    found = RAW_START.search(data)
    return [(found.start(), len(data) - found.start())] if found else []


def _wide_cuts(data: bytes, encoding: str) -> list[Span]:
    """Media in a UTF-16 text: all of it where it is no text, base64 runs at their places."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return [(0, len(data))] if len(data) >= BINARY_MAX else _signed(data)
    narrow = text.encode("ascii", "replace")
    if len(narrow) != len(data) // 2 or sum(c < " " and c not in "\t\r\n" for c in text) * 16 > len(text):
        if len(narrow) == len(data) // 2 and len(data) >= TEXT_LOOKED_AT:
            return [(0, len(data))]
        narrow = b"".join(b"??" if ord(c) > 0xFFFF else b"?" if ord(c) > 0x7F else c.encode() for c in text)
    letters = sum(c.isalpha() or c.isspace() or c.isascii() for c in text)
    if len(data) >= 256 and letters * 4 < len(text) * 3:  # random bytes rarely are letters of known scripts
        return [(0, len(data))]
    return [(2 * at, 2 * n) for at, n in text_cuts(narrow)]


def blob_cuts(data: bytes, depth: int = 0) -> list[Span]:
    """Media in a BLOB: all of it by signature; else field by field where it is made of fields (protobuf); else, where it is
    long and no text, all of it."""
    if len(data) < BLOB_LOOKED_AT:
        return []
    if RAW_START.match(data) or looks_like(data) not in (None, "binary"):
        return [(0, len(data))]
    if _is_text(data):
        return text_cuts(data)
    fields = _fields(data) if depth < DEPTH_MAX else None
    if fields is not None:
        return [(at + start, n) for at, size in fields for start, n in blob_cuts(data[at : at + size], depth + 1)]
    return [(0, len(data))] if len(data) >= BINARY_MAX else _signed(data)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, -1


def _fields(data: bytes) -> list[Span] | None:
    """Places of the byte fields of a protobuf message; None where it is none."""
    found: list[Span] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire, number = key & 7, key >> 3
        if at < 0 or not 1 <= number < 1 << 18 or wire not in (0, 1, 2, 5):
            return None
        if wire == 2:
            size, at = _varint(data, at)
            if at < 0 or at + size > len(data):
                return None
            found.append((at, size))
            at += size
        elif wire == 0:
            _, at = _varint(data, at)
            if at < 0:
                return None
        else:
            at += 8 if wire == 1 else 4
            if at > len(data):
                return None
    return found


def dead_cuts(data: bytes) -> list[Span]:
    """What of unused room must not be kept: all but longer runs of plain text."""
    cuts = []
    at = 0
    for run in _KEPT_TEXT.finditer(data):
        for start, end in _worded(run.group(), run.start()):
            if data.count(0, at, start) < start - at:
                cuts.append((at, start - at))
            at = end
    if data.count(0, at) < len(data) - at:
        cuts.append((at, len(data) - at))
    return cuts


def _worded(run: bytes, at: int) -> Iterator[Span]:
    """The pieces (start, end) of a run of printable bytes that are no coded data."""
    begin = 0
    for coded in [*_CODED.finditer(run), None]:
        stop = coded.start() if coded else len(run)
        if stop - begin >= 24:
            yield at + begin, at + stop
        begin = coded.end() if coded else len(run)


class _Cutter:
    """The walk over one database."""

    def __init__(self, db: PageFile) -> None:
        self.db = db
        self.size, self.usable = db.header.page_size, db.header.usable
        self.cuts = Cuts()
        self.names: dict[int, str] = {}
        self.chained: dict[int, int] = {}
        self.walk = Walk(db)
        self.spans: tuple[list[Span], list[Span]] = ([], [])

    def run(self) -> Cuts:
        schema = read_schema(self.db)
        self.names = {table.root: table.name for table in schema.tables.values()}
        everything = (INTERIOR_INDEX, INTERIOR_TABLE, LEAF_INDEX, LEAF_TABLE)
        for root in dict.fromkeys([1, *schema.roots]):
            for block in self.walk.blocks(root, kinds=everything):
                self._block(block, root)
        self._free_pages()
        self._overflow_pages()
        self._unseen()
        self._behind()
        self.cuts.main, self.cuts.log = (_merged(s) for s in self.spans)
        return self.cuts

    def _cut(self, page: int, inside: int, length: int) -> None:
        which, at = self.db.place(page)
        self.spans[which].append((at + inside, length))

    def _block(self, block: Block, root: int) -> None:
        interior = block.kind in (INTERIOR_INDEX, INTERIOR_TABLE)
        heads = block.heads()
        _, places, slots, _ = pointers_of(block)
        starts, ends = [heads, slots], [heads + (12 if interior else 8), slots + 2]
        base = np.arange(len(block.pages), dtype=np.int64) * self.size
        if len(block.pages) and block.pages[0] == 1:
            starts.append(np.array([0, 92], dtype=np.int64))
            ends.append(np.array([72, 100], dtype=np.int64))
        if block.kind == INTERIOR_TABLE:
            starts.append(places)
            ends.append(places + 4 + varints(block.buf, np.minimum(places + 4, len(block.buf) - 9))[1])
        else:
            cells = cells_of(block)
            starts.append(cells.at)
            ends.append(cells.end)
            self._values(block, cells, root)
            self._chains(cells)
        free = self._freeblocks(block, heads, base)
        starts.append(free)
        ends.append(free + 4)
        self._dead(block, np.concatenate(starts), np.concatenate(ends))

    def _freeblocks(self, block: Block, heads: Ints, base: Ints) -> Ints:
        """Where the 4-byte heads of free blocks lie: they stay, so that the page stays whole."""
        found = []
        firsts = (block.buf[heads + 1].astype(np.int64) << 8) | block.buf[heads + 2]
        for i in np.flatnonzero(firsts).tolist():
            at, last = int(firsts[i]), 0
            while last < at <= self.usable - 4:
                place = int(base[i]) + at
                found.append(place)
                last, at = at, int(block.buf[place]) << 8 | int(block.buf[place + 1])
        return np.array(found, dtype=np.int64)

    def _dead(self, block: Block, starts: Ints, ends: Ints) -> None:
        """Cut what no live thing covers."""
        n = len(block.pages) * self.size
        change = np.zeros(n + 1, dtype=np.int32)
        np.add.at(change, np.clip(starts, 0, n), 1)
        np.add.at(change, np.clip(ends, 0, n), -1)
        live = np.cumsum(change[:n]) > 0
        dirty = (block.buf[:n] != 0) & ~live
        pages = np.flatnonzero(dirty.reshape(-1, self.size).any(axis=1))
        for i in pages.tolist():
            self._dead_in_page(int(block.pages[i]), block.buf[i * self.size : (i + 1) * self.size], live, i * self.size)

    def _dead_in_page(self, page: int, data: npt.NDArray[np.uint8], live: npt.NDArray[np.bool_], at: int) -> None:
        of = live[at : at + self.size]
        edges = np.flatnonzero(of[1:] != of[:-1]) + 1
        bounds = [0, *edges.tolist(), self.size]
        whole = data.tobytes()
        for start, end in pairwise(bounds):
            if not of[start] and end - start >= DEAD_RUN_MIN:
                for offset, length in dead_cuts(whole[start:end]):
                    self._cut(page, start + offset, length)
                    self.cuts.unused += length

    def _values(self, block: Block, cells: Cells, root: int) -> None:
        """Look at every value that may be or hold a medium."""
        buf = block.buf
        at, stop, bad = header_ends(buf, cells)
        body = stop.copy()
        for c in range(COLUMNS_MAX):
            more = at < stop
            if not more.any():
                break
            types, n = varints(buf, np.where(more, at, 0))
            types = np.where(more & ~bad, types, 0)
            sizes = value_sizes(types)
            bad |= (body + sizes - cells.start > cells.size) | (sizes < 0)
            blob = (types >= 12) & (types & 1 == 0) & (sizes >= BLOB_LOOKED_AT)
            text = (types >= 13) & (types & 1 == 1) & (sizes >= TEXT_LOOKED_AT)
            short = (types >= 13) & (types & 1 == 1) & (sizes >= BLOB_LOOKED_AT) & ~text
            if short.any():  # a picture under a text's name
                first = buf[np.minimum(body, len(buf) - 1)]
                text |= short & ((first >= 0xF8) | (first == 0x89) | (first == 0))
            for i in np.flatnonzero((blob | text) & ~bad).tolist():
                self._value(block, cells, i, root, c, int(body[i]), int(sizes[i]), is_text=bool(text[i]))
            at = at + np.where(more, n, 0)
            body = body + np.where(bad, 0, sizes)
        bad |= at < stop
        for i in np.flatnonzero((body - cells.start < cells.size) & ~bad).tolist():  # room behind the last column
            begin = int(body[i] - cells.start[i])
            rest = self._bytes(block, cells, i, begin, int(cells.size[i]) - begin)
            self._segments_cut(block, cells, i, begin, dead_cuts(rest))
        for i in np.flatnonzero(bad).tolist():  # a record that cannot be read: as unused room
            self._segments_cut(block, cells, i, 0, dead_cuts(self._bytes(block, cells, i, 0, int(cells.size[i]))))

    def _value(
        self, block: Block, cells: Cells, i: int, root: int, column: int, at: int, size: int, *, is_text: bool
    ) -> None:
        begin = at - int(cells.start[i])
        data = self._bytes(block, cells, i, begin, size)
        encoding = self.db.header.encoding
        in_text = text_cuts if encoding == "utf-8" else partial(_wide_cuts, encoding=encoding)
        spans = in_text(data) if is_text else blob_cuts(data)
        if not spans:
            return
        self.cuts.media += len(spans)
        if spans == [(0, size)]:
            media = looks_like(data[: limits.HEAD_BYTES]) or "binary"
            self.cuts.blobs.append(
                CutBlob(self.names.get(root), int(cells.rowid[i]), column, media, size, hashlib.sha256(data).hexdigest())
            )
        self._segments_cut(block, cells, i, begin, spans)

    def _segments(self, block: Block, cells: Cells, i: int) -> Iterator[tuple[int, int, int, int]]:
        """(page, offset in it, offset in the payload, length) of each stretch of a payload."""
        owner, start, local = int(cells.owner[i]), int(cells.start[i]), int(cells.local[i])
        yield int(block.pages[owner]), start - owner * self.size, 0, local
        done = local
        for page, n in overflow_chain(self.db, None, int(cells.overflow[i]), int(cells.size[i]) - local):
            yield page, 4, done, n
            done += n

    def _bytes(self, block: Block, cells: Cells, i: int, begin: int, size: int) -> bytes:
        at = int(cells.start[i])
        if begin + size <= int(cells.local[i]):
            return block.buf[at + begin : at + begin + size].tobytes()
        parts = []
        for page, inside, offset, length in self._segments(block, cells, i):
            start, end = max(begin, offset), min(begin + size, offset + length)
            if start < end:
                data = self.db.page(page)
                parts.append(data[inside + start - offset : inside + end - offset])
        return b"".join(parts)

    def _segments_cut(self, block: Block, cells: Cells, i: int, begin: int, spans: list[Span]) -> None:
        segments = list(self._segments(block, cells, i))
        for at, n in spans:
            for page, inside, offset, length in segments:
                start, end = max(begin + at, offset), min(begin + at + n, offset + length)
                if start < end:
                    self._cut(page, inside + start - offset, end - start)

    def _chains(self, cells: Cells) -> None:
        """Note which overflow pages are used and how far. Not as visited: a damaged pointer into a tree must not hide a page."""
        for i in np.flatnonzero(cells.overflow).tolist():
            left = int(cells.size[i] - cells.local[i])
            for page, n in overflow_chain(self.db, None, int(cells.overflow[i]), left):
                self.chained[page] = max(self.chained.get(page, 0), 4 + n)

    def _overflow_pages(self) -> None:
        """Cut the room behind the last payload byte of overflow pages."""
        for page, end in self.chained.items():
            if not self.walk.seen[page]:
                self.walk.seen[page] = True
                self._dead_stretch(page, end)

    def _dead_stretch(self, page: int, start: int) -> None:
        for offset, length in dead_cuts(self.db.page(page)[start:]):
            self._cut(page, start + offset, length)
            self.cuts.unused += length

    def _free_pages(self) -> None:
        """Freelist trunks keep their list, everything else on free pages is unused room."""
        number = self.db.header.free
        while 1 <= number <= self.db.page_count and not self.walk.seen[number]:
            self.walk.seen[number] = True
            head = self.db.page(number)
            leaves = min(int.from_bytes(head[4:8], "big"), self.usable // 4 - 2)
            listed = np.frombuffer(head[8 : 8 + 4 * leaves], dtype=">u4")
            lied = bool((listed > self.db.page_count).any())
            self._dead_stretch(number, 4 if lied else 8 + 4 * leaves)
            number = int.from_bytes(head[:4], "big")

    def _unseen(self) -> None:
        """Pages that no tree and no list reaches: pointer maps stay where they are ones, the rest is unused room."""
        maps = self.usable // 5 + 1
        for number in (np.flatnonzero(~self.walk.seen[1:]) + 1).tolist():
            data = self.db.page(number)
            if not data.strip(b"\0"):
                continue
            if self.db.header.vacuum and number >= 2 and (number - 2) % maps == 0:
                held = 5 * min(self.usable // 5, self.db.page_count - number)  # entries behind are left from before
                entries = np.frombuffer(data[:held], dtype=np.uint8).reshape(-1, 5)
                parents = entries[:, 1:].astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
                if (entries[:, 0] <= 5).all() and (parents <= self.db.page_count).all():
                    self._dead_stretch(number, held)
                    continue
            self._dead_stretch(number, 0)

    def _behind(self) -> None:
        """What is in the files and in no page of the database as it stands."""
        log = self.db.log
        streams = self.db.streams
        over = log.pages if log is not None else {}
        covered = [(self.size * (n - 1), self.size) for n in range(1, self.db.page_count + 1) if n not in over]
        if 1 in over:
            covered.append((0, 100))
        self._rest(0, streams[0], self.db.size, covered)
        if streams[1] is not None:
            kept = [] if log is None else [(at, self.size) for n, at in over.items() if n <= self.db.page_count]
            kept += [] if log is None else log.frames
            if log is not None and log.kind == "wal":
                kept.append((0, WAL_HEADER))
            self._rest(1, streams[1], self.db.log_size, kept)

    def _rest(self, which: int, stream: BinaryIO, size: int, covered: list[Span]) -> None:
        at = 0
        for start, length in [*sorted(covered), (size, 0)]:
            while at < min(start, size):
                n = min(start - at, 1 << 20, size - at)
                stream.seek(at)
                data = stream.read(n)
                if not data:
                    break
                for offset, cut in dead_cuts(data):
                    self.spans[which].append((at + offset, cut))
                    self.cuts.unused += cut
                at += len(data)
            at = max(at, start + length)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, length in sorted(spans):
        if merged and start <= merged[-1][0] + merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], start + length - merged[-1][0]))
        elif length > 0:
            merged.append((start, length))
    return merged


def cuts_of(db: PageFile) -> Cuts:
    """See the module's text."""
    return _Cutter(db).run()
