"""A step in its own thread: the same outcome as without, each side's errors come out, no thread is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator

import pytest

from saksi.case.behind import WAITING, Abandoned, made_ahead, run_behind


def items(n: int, fail_at: int | None = None) -> Generator[int, None, None]:
    for i in range(n):
        if i == fail_at:
            raise OSError("the source is gone")
        yield i


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("n", [0, 1, WAITING, 50])
def test_the_same_as_without(n: int) -> None:
    assert run_behind(items(n), list) == list(range(n))


def test_items_are_made_in_the_callers_thread_and_worked_on_in_another() -> None:
    made: set[int] = set()

    def here() -> Iterator[int]:
        for i in range(5):
            made.add(threading.get_ident())
            yield i

    def work(handed: Iterator[int]) -> int:
        list(handed)
        return threading.get_ident()

    assert run_behind(here(), work) not in made
    assert made == {threading.get_ident()}


def test_few_wait() -> None:
    ahead: list[int] = []
    done: list[int] = []

    def here() -> Iterator[int]:
        for i in range(12):
            ahead.append(i - len(done))
            yield i

    def work(handed: Iterator[int]) -> None:
        for i in handed:
            time.sleep(0.01)
            done.append(i)

    run_behind(here(), work)
    assert max(ahead) <= WAITING + 2


def test_a_failure_of_the_work_comes_out() -> None:
    def work(handed: Iterator[int]) -> None:
        next(handed)
        raise KeyError("full")

    with pytest.raises(KeyError, match="full"):
        run_behind(items(1000), work)


@pytest.mark.parametrize("fail_at", [0, 1, 9])
def test_a_failure_of_the_maker_comes_out_and_the_work_never_sees_an_end(fail_at: int) -> None:
    seen: list[object] = []

    def work(handed: Iterator[int]) -> None:
        try:
            seen.extend(handed)
            seen.append("end")
        except Abandoned:
            seen.append("abandoned")
            raise

    with pytest.raises(OSError, match="gone"):
        run_behind(items(10, fail_at), work)
    assert seen[-1:] == ["abandoned"]


def test_a_maker_that_is_interrupted() -> None:
    def here() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_behind(here(), list)


def test_work_that_ends_early_is_enough() -> None:
    assert run_behind(items(1000), lambda handed: next(handed)) == 0


@pytest.mark.parametrize("n", [0, 1, WAITING, 50])
def test_made_ahead_the_same_as_without(n: int) -> None:
    assert list(made_ahead(items(n))) == list(range(n))


def test_made_ahead_in_another_thread_and_not_far() -> None:
    made: list[int] = []

    def there() -> Generator[int, None, None]:
        for i in range(20):
            made.append(threading.get_ident())
            yield i

    for i in made_ahead(there()):
        time.sleep(0.002)
        assert len(made) <= i + WAITING + 3
    assert set(made) != {threading.get_ident()}


@pytest.mark.parametrize("fail_at", [0, 1, 9])
def test_a_failure_ahead_comes_out_after_the_items_before(fail_at: int) -> None:
    seen: list[int] = []
    with pytest.raises(OSError, match="gone"):
        seen.extend(made_ahead(items(10, fail_at)))
    assert seen == list(range(fail_at))


def test_a_caller_that_ends_early_ends_the_thread() -> None:
    closed = []

    def there() -> Generator[int, None, None]:
        try:
            yield from items(1000)
        finally:
            closed.append(True)

    ahead = made_ahead(there())
    assert next(ahead) == 0
    ahead.close()
    assert closed == [True]
