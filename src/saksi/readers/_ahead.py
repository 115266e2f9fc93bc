"""Pure work on the pieces of a stream, a few pieces ahead of whoever takes the results; order kept.

    for result in ahead(pieces, work): ...

numpy, Arrow and hashlib let go of the interpreter's lock, so threads are enough and nothing is copied. `work` must not touch
what another piece's work changes. On a machine with one processor everything is done in the caller's thread: the same
results in the same order either way.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS_MAX: Final = 4
"""Threads at most: beyond them the one thread that reads and numbers the rows is what everybody waits for. Each holds one
piece, so this bounds memory too."""


def ahead(items: Iterator[T], work: Callable[[T], R]) -> Iterator[R]:
    """`work` of each of `items`, in their order. What `items` raises comes after the results of what it gave before."""
    workers = min(os.cpu_count() or 1, WORKERS_MAX)
    if workers < 2:
        yield from map(work, items)
        return
    failure: Exception | None = None
    pending: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        while failure is None:
            try:
                item = next(items)
            except StopIteration:
                break
            except Exception as e:  # noqa: BLE001 - raised again below, whatever it is
                failure = e
                break
            pending.append(pool.submit(work, item))
            if len(pending) > workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
