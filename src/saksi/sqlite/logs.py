"""What stands beside a database: the write-ahead log (-wal) and the rollback journal (-journal).

Neither is ever played back into a file. Both become a map from page number to the place in the log where the page's
valid content lies; `pages.PageFile` lays it over the main file while it reads.

    -wal      pages newer than the main file. Valid: frames up to the last commit whose salts and running checksum hold.
    -journal  pages as they were before a transaction that never ended (a hot journal). Valid: records whose checksum holds.

References: sqlite.org/fileformat2.html, sections 3 (rollback journal) and 4 (write-ahead log).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

WAL_MAGIC: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
JOURNAL_MAGIC: Final = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
WAL_HEADER: Final = 32
FRAME_HEADER: Final = 24


@dataclass
class Log:
    """A log as far as it holds. pages: page number -> offset of its content in the log. page_count: pages of the database
    after the log, None where the log says nothing. end: bytes of the log up to the last that is valid. frames: offsets of the
    frame or record headers in front of `end`. left_over: whether bytes behind `end` hold something."""

    kind: str
    page_size: int
    pages: dict[int, int] = field(default_factory=dict)
    page_count: int | None = None
    end: int = 0
    frames: list[tuple[int, int]] = field(default_factory=list)
    left_over: bool = False


def log_kind(head: bytes) -> str | None:
    """wal, journal or None for what these first bytes begin."""
    if head.startswith(WAL_MAGIC):
        return "wal"
    return "journal" if head.startswith(JOURNAL_MAGIC) else None


def read_log(stream: BinaryIO, size: int, checked_end: int | None = None) -> Log | None:
    """The log in `stream`, None where it is none.

    checked_end: of a sealed copy, whose cut bytes no longer give the checksums: where the valid part ended when it was
    received. Never raises for the content.
    """
    stream.seek(0)
    head = stream.read(WAL_HEADER)
    kind = log_kind(head)
    if kind == "wal":
        return _wal(stream, size, head, checked_end)
    if kind == "journal":
        return _journal(stream, size, checked_end)
    return None


class _Checksum:
    """SQLite's running checksum, a page at a time.

    Each step is s0 += x + s1; s1 += y + s0 (mod 2^32) over pairs of words: linear, so a whole page is one dot product with
    coefficients that depend on its length only.
    """

    def __init__(self, words: int, *, big: bool) -> None:
        self.dtype = ">u4" if big else "<u4"
        pairs = words // 2
        # columns of M^k for M = [[1, 1], [1, 2]]: what a word k pairs before the end still weighs
        powers = [(1, 0, 0, 1)]
        mask = 0xFFFFFFFF
        for _ in range(pairs):
            a, b, c, d = powers[-1]
            powers.append(((a + c) & mask, (b + d) & mask, (a + 2 * c) & mask, (b + 2 * d) & mask))
        self.whole = powers[-1]
        p = np.array(powers[:-1][::-1], dtype=np.uint64)
        # after one pair (x, y) from state 0: s0 = x, s1 = x + y
        self.x0, self.y0 = ((p[:, 0] + p[:, 1]) & mask).astype(np.uint32), p[:, 1].astype(np.uint32)
        self.x1, self.y1 = ((p[:, 2] + p[:, 3]) & mask).astype(np.uint32), p[:, 3].astype(np.uint32)

    def add(self, s0: int, s1: int, data: bytes) -> tuple[int, int]:
        words = np.frombuffer(data, dtype=self.dtype).astype(np.uint32)
        x, y = words[0::2], words[1::2]
        a, b, c, d = self.whole
        n0 = int((self.x0 * x).sum(dtype=np.uint32)) + int((self.y0 * y).sum(dtype=np.uint32))
        n1 = int((self.x1 * x).sum(dtype=np.uint32)) + int((self.y1 * y).sum(dtype=np.uint32))
        return (a * s0 + b * s1 + n0) & 0xFFFFFFFF, (c * s0 + d * s1 + n1) & 0xFFFFFFFF


def _wal(stream: BinaryIO, size: int, head: bytes, checked_end: int | None) -> Log | None:
    if len(head) < WAL_HEADER:
        return None
    _, version, page_size, _, salt1, salt2, c1, c2 = struct.unpack(">4s7I", head)
    if version != 3007000 or page_size < 512 or page_size > 65536 or page_size & (page_size - 1):
        return None
    big = head[:4] == WAL_MAGIC[1]
    of_head, of_frame, of_page = (_Checksum(n // 4, big=big) for n in (24, 8, page_size))
    s0, s1 = of_head.add(0, 0, head[:24])
    if checked_end is None and (s0, s1) != (c1, c2):
        return None
    log = Log("wal", page_size, end=WAL_HEADER)
    pending: dict[int, int] = {}
    frames: list[tuple[int, int]] = []
    at = WAL_HEADER
    stop = size if checked_end is None else min(size, checked_end)
    stream.seek(at)
    while at + FRAME_HEADER + page_size <= stop:
        frame = stream.read(FRAME_HEADER + page_size)
        if len(frame) < FRAME_HEADER + page_size:
            break
        page, commit, f1, f2, c1, c2 = struct.unpack_from(">6I", frame)
        if page == 0 or (f1, f2) != (salt1, salt2):
            break
        if checked_end is None:
            s0, s1 = of_page.add(*of_frame.add(s0, s1, frame[:8]), frame[FRAME_HEADER:])
            if (s0, s1) != (c1, c2):
                break
        pending[page] = at + FRAME_HEADER
        frames.append((at, FRAME_HEADER))
        at += FRAME_HEADER + page_size
        if commit:
            log.pages.update(pending)
            log.page_count, log.end = commit, at
            log.frames += frames
            pending, frames = {}, []
    log.left_over = bool(pending)
    return log


def _journal_sum(nonce: int, page: bytes) -> int:
    return (nonce + sum(page[i] for i in range(len(page) - 200, 0, -200))) & 0xFFFFFFFF


def _journal(stream: BinaryIO, size: int, checked_end: int | None) -> Log | None:
    log: Log | None = None
    at = 0
    stop = size if checked_end is None else min(size, checked_end)
    while at + 28 <= stop:
        stream.seek(at)
        magic, records, nonce, pages, sector, page_size = struct.unpack(">8s5I", stream.read(28))
        if magic != JOURNAL_MAGIC:
            break
        if page_size == 0 and log is not None:
            page_size = log.page_size
        if page_size < 512 or page_size > 65536 or page_size & (page_size - 1) or not 28 <= sector <= 65536:
            break
        if log is None:
            log = Log("journal", page_size, page_count=pages)
        log.frames.append((at, 28))
        at += sector
        log.end = min(at, size)
        record = page_size + 8
        if records == 0xFFFFFFFF:
            records = (size - at) // record
        for _ in range(min(records, (size - at) // record)):
            if not _journal_record(stream, log, at, nonce, checked=checked_end is not None):
                return log
            at += record
            log.end = at
        at = -(-at // sector) * sector
    return log


def _journal_record(stream: BinaryIO, log: Log, at: int, nonce: int, *, checked: bool) -> bool:
    stream.seek(at)
    data = stream.read(log.page_size + 8)
    if len(data) < log.page_size + 8:
        return False
    page, total = struct.unpack(">I", data[:4])[0], struct.unpack(">I", data[-4:])[0]
    if page == 0 or (not checked and _journal_sum(nonce, data[4:-4]) != total):
        log.left_over = True
        return False
    log.pages[page] = at + 4
    log.frames += [(at, 4), (at + 4 + log.page_size, 4)]
    return True


Places = npt.NDArray[np.int64]
