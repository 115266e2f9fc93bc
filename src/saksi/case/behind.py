"""One step of a stream in a thread of its own, beside the thread of the caller.

    rows = run_behind(items, work)      the same as work(iter(items)): `work` has the thread, the caller makes the items
    for item in made_ahead(items):      the same as `for item in items`: the thread makes the items, a few in advance

Digesting, compressing and encrypting let go of the interpreter's lock, so a table is sealed while the next rows are read. The
items are made in the thread of the caller (readers may hold what only their own thread may touch), `work` gets them in
order. Whatever either side raises comes out of the call; where the maker fails, `work` sees `Abandoned` instead of an end,
so that half a table never looks like a whole one. `made_ahead` is for what may be made anywhere: sealed tables, unsealed and
decoded while the rows before are looked at.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

WAITING: Final = 2
"""Items that may wait between: one is being made, one worked on (some 16 MiB each)."""

LOOK_S: Final = 0.5
"""How often the maker looks whether the other side ended early."""


class Abandoned(Exception):
    """The maker of the items failed; not to be caught by `work`."""


class _Behind(Generic[Item, Outcome]):
    def __init__(self, work: Callable[[Iterator[Item]], Outcome]) -> None:
        self._work = work
        self._handed: queue.Queue[tuple[bool, Item | None]] = queue.Queue(WAITING)
        """(whether the stream goes on, item); the last one: (False, None) at its end, (True, None) abandoned."""
        self._failure: BaseException | None = None
        self._outcome: list[Outcome] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _items(self) -> Iterator[Item]:
        while True:
            goes_on, item = self._handed.get()
            if not goes_on:
                return
            if item is None:
                raise Abandoned
            yield item

    def _run(self) -> None:
        try:
            self._outcome.append(self._work(self._items()))
        except BaseException as e:  # noqa: BLE001 - raised again in the caller's thread
            self._failure = e

    def hand(self, item: Item | None, *, goes_on: bool = True) -> bool:
        """Hand over one item; False where `work` has ended."""
        while self._thread.is_alive():
            try:
                self._handed.put((goes_on, item), timeout=LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def result(self) -> Outcome:
        """What `work` gave or raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._outcome[0]


def run_behind(items: Iterable[Item], work: Callable[[Iterator[Item]], Outcome]) -> Outcome:
    """`work(iter(items))`, the items made here and worked on in another thread. No item is None."""
    behind = _Behind(work)
    try:
        for item in items:
            if not behind.hand(item):
                break
        else:
            behind.hand(None, goes_on=False)
    except BaseException:
        behind.hand(None)
        behind._thread.join()
        raise
    return behind.result()


class _Ahead(Generic[Item]):
    def __init__(self, items: Generator[Item, None, None]) -> None:
        self._items = items
        self._made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(WAITING)
        """(item, None), at the end (None, what ended it or None)."""
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _put(self, item: Item | None, failure: BaseException | None = None) -> bool:
        while not self._unwanted.is_set():
            try:
                self._made.put((item, failure), timeout=LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def _run(self) -> None:
        try:
            with closing(self._items):
                for item in self._items:
                    if not self._put(item):
                        return
        except BaseException as e:  # noqa: BLE001 - raised again in the caller's thread
            self._put(None, e)
        else:
            self._put(None)

    def taken(self) -> Iterator[Item]:
        """The items; ends the thread where the caller ends early."""
        try:
            while True:
                item, failure = self._made.get()
                if failure is not None:
                    raise failure
                if item is None:
                    return
                yield item
        finally:
            self._unwanted.set()
            while not self._made.empty():  # the maker need not wait to learn it
                self._made.get_nowait()
            self._thread.join()


def made_ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """`items`, made in another thread, at most WAITING + 1 in advance. No item is None."""
    yield from _Ahead(items).taken()
