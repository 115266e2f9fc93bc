"""Lock a case that nobody used for a while: a thread of its own waits, every use puts the moment off.

    watch = IdleLock(600, vault.lock)      watch.touch() at every use · with watch.in_use(): a long piece of work · watch.stop()

Locking drops the keys; it deletes nothing. Streams that are open keep the key of their one object until they are closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class IdleLock:
    """Calls `lock` once, when `idle_s` seconds have passed without a touch and outside `in_use`."""

    def __init__(self, idle_s: float, lock: Callable[[], None]) -> None:
        self._idle_s = idle_s
        self._lock = lock
        self._last = time.monotonic()
        self._users = 0
        self._ended = threading.Event()
        self._turn = threading.Lock()
        threading.Thread(target=self._wait, name="saksi-idle", daemon=True).start()

    def touch(self) -> None:
        """It is used now."""
        self._last = time.monotonic()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Never locked inside, however long it takes."""
        with self._turn:
            self._users += 1
        try:
            yield
        finally:
            with self._turn:
                self._users -= 1
                self.touch()

    def stop(self) -> None:
        """Wait no longer."""
        self._ended.set()

    def _wait(self) -> None:
        while not self._ended.wait(max(0.01, self._last + self._idle_s - time.monotonic())):
            with self._turn:
                if self._users == 0 and time.monotonic() - self._last >= self._idle_s:
                    self._ended.set()
                    self._lock()
                    return
                if self._users:
                    self.touch()
