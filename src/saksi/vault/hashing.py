"""SHA-256 beside other work: large blocks are hashed by a thread, which needs no interpreter's lock for that.

    with Hashing() as hashed:
        for block in hashed.passing(blocks): ...
        hashed.hexdigest()

Small contents are hashed where they are: a thread is started only after MEANWHILE_FROM bytes, and not on one processor.
A block may be overwritten by its owner as soon as BLOCKS_KEPT - 1 later ones were passed: until then it is looked at.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

MEANWHILE_FROM: Final = 4 << 20
"""Content from which on a thread is worth starting."""

WORTH_HANDING: Final = 256 << 10
"""Blocks smaller than this start no thread: handing one over costs as much as hashing it."""

_PROCESSORS: Final = os.cpu_count() or 1

BLOCKS_KEPT: Final = 4
"""One with the caller, one waiting, one being hashed, and the one that is filled next."""


class Hashing:
    """A running SHA-256. size: bytes so far."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._waiting: queue.Queue[bytes | memoryview | None] = queue.Queue(1)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._finish()

    def _work(self) -> None:
        while (block := self._waiting.get()) is not None:
            self._hash.update(block)

    def _finish(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def update(self, block: bytes | memoryview) -> None:
        """Add a block."""
        self.size += len(block)
        if self._thread is None and self.size >= MEANWHILE_FROM and len(block) >= WORTH_HANDING and _PROCESSORS > 1:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        if self._thread is None:
            self._hash.update(block)
        else:
            self._waiting.put(block)

    def passing(self, blocks: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The blocks, each added on its way."""
        for block in blocks:
            self.update(block)
            yield block

    def hexdigest(self) -> str:
        """The digest of everything added."""
        self._finish()
        return self._hash.hexdigest()
