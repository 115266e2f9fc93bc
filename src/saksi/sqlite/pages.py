"""A database as numbered pages: the main file with its log laid over it, read only, a run of pages at a time.

    PageFile(main, size, log_stream, log)    .header, .page(n), .block(numbers), .place(n)

Never raises for the content: a page that is not there reads as zeros. `open_pages` says why a file is no database.

References: sqlite.org/fileformat2.html, section 1.3 (the header).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from saksi.sqlite.logs import Log, read_log

MAGIC: Final = b"SQLite format 3\x00"
ENCODINGS: Final = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
PAD: Final = 16
"""Zero bytes behind a block, so that a varint or number at its very end can be read without a check."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Header:
    """The first 100 bytes. page_size: bytes. usable: page_size less the bytes reserved at each page's end. encoding: Python's
    name. wal: whether the file is in write-ahead mode. free: first freelist trunk page or 0. vacuum: has pointer-map pages."""

    page_size: int
    usable: int
    encoding: str
    page_count: int
    wal: bool
    free: int
    vacuum: bool


def read_header(head: bytes, size: int) -> Header | None:
    """The header of a file of `size` bytes that begins with `head`; None where it is no database that can be read."""
    if len(head) < 100 or not head.startswith(MAGIC):
        return None
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    usable = page_size - head[20]
    if page_size < 512 or page_size & (page_size - 1) or usable < 480 or head[21:24] != b"\x40\x20\x20":
        return None
    count = int.from_bytes(head[28:32], "big")
    if count == 0 or head[24:28] != head[92:96]:
        count = size // page_size
    encoding = ENCODINGS.get(int.from_bytes(head[56:60], "big"), "utf-8")
    vacuum = head[52:56] != b"\0\0\0\0"
    return Header(
        page_size, usable, encoding, count, head[18] == 2 or head[19] == 2, int.from_bytes(head[32:36], "big"), vacuum
    )


class PageFile:
    """See the module's text. size: bytes of the main file."""

    def __init__(
        self, main: BinaryIO, size: int, header: Header, log_stream: BinaryIO | None, log: Log | None, log_size: int = 0
    ) -> None:
        self.streams = (main, log_stream)
        self.size, self.log_size = size, log_size
        self.header = header
        self.log = log
        self._over = log.pages if log is not None else {}
        count = header.page_count if log is None or log.page_count is None else log.page_count
        # a page that neither file holds cannot be read: a count beyond both is a lie or a cut-off copy
        self.page_count = min(count, max(-(-size // header.page_size), max(self._over, default=0)))
        self.cut_off = count > self.page_count or size < header.page_size * min(count, header.page_count)

    def place(self, number: int) -> tuple[int, int]:
        """(0 main or 1 log, offset) of a page."""
        at = self._over.get(number)
        return (1, at) if at is not None else (0, (number - 1) * self.header.page_size)

    def page(self, number: int) -> bytes:
        """One page, zeros where there is none."""
        which, at = self.place(number)
        size = self.header.page_size
        stream = self.streams[which]
        if stream is None or not 1 <= number <= self.page_count:
            return bytes(size)
        stream.seek(at)
        return stream.read(size).ljust(size, b"\0")

    def block(self, numbers: Sequence[int]) -> Bytes:
        """The pages `numbers` one after the other, then PAD zeros."""
        size = self.header.page_size
        parts: list[bytes] = []
        i = 0
        while i < len(numbers):
            j = i + 1
            if numbers[i] in self._over or not 1 <= numbers[i] <= self.page_count:
                parts.append(self.page(numbers[i]))
            else:
                while j < len(numbers) and numbers[j] == numbers[j - 1] + 1 and self._plain(numbers[j]):
                    j += 1
                main = self.streams[0]
                main.seek((numbers[i] - 1) * size)
                parts.append(main.read((j - i) * size).ljust((j - i) * size, b"\0"))
            i = j
        parts.append(bytes(PAD))
        return np.frombuffer(b"".join(parts), dtype=np.uint8)

    def _plain(self, number: int) -> bool:
        return number <= self.page_count and number not in self._over

    def close(self) -> None:
        """Let go of both streams."""
        for stream in self.streams:
            if stream is not None:
                stream.close()


def open_pages(
    main: BinaryIO, size: int, log_stream: BinaryIO | None = None, log_size: int = 0, checked_end: int | None = None
) -> PageFile | None:
    """The database in `main` with its log; None where it is none. The streams are the PageFile's from here on.

    A log that is not this database's (other page size, a -wal beside a file not in write-ahead mode) is left alone.
    """
    main.seek(0)
    header = read_header(main.read(100), size)
    if header is None:
        return None
    log = read_log(log_stream, log_size, checked_end) if log_stream is not None else None
    if log is not None and (log.page_size != header.page_size or (log.kind == "wal" and not header.wal)):
        log = None
    db = PageFile(main, size, header, log_stream, log, log_size)
    if log is not None and 1 in log.pages:  # the log's page 1 is the header that holds
        newer = read_header(db.page(1)[:100], size)
        if newer is not None and newer.page_size == header.page_size:
            db.header = newer
    return db
