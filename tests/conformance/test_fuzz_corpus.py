"""What fuzzing found worth keeping (tests/fuzz, written by tools/fuzz.py) is read again in every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi.readers.registry import READERS
from tools.fuzz import CORPUS, KEPT_MAX, read_forced


def _inputs(name: str) -> list[Path]:
    folder = CORPUS / name
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_the_corpus_is_of_readers_that_exist_and_small() -> None:
    assert {p.name for p in CORPUS.iterdir()} <= set(READERS)
    assert all(len(_inputs(name)) <= KEPT_MAX for name in READERS)


@pytest.mark.parametrize("name", READERS)
def test_kept_inputs_are_read_without_loss(name: str) -> None:
    for path in _inputs(name):
        read_forced(name, path.read_bytes())
