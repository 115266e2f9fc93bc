"""The committed samples are what their generator writes, and read as the golden rows say."""

from __future__ import annotations

import pytest

from tests.readers.whatsapp.generate import FOLDER, SAMPLES, golden
from tests.readers.whatsapp.reading import assert_tiled, read


def test_folder_holds_the_samples_and_nothing_else() -> None:
    assert {p.name for p in FOLDER.iterdir()} == {f"{n}.{e}" for n in SAMPLES for e in ("txt", "jsonl")}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    data = (FOLDER / f"{name}.txt").read_bytes()
    assert data == SAMPLES[name]
    assert golden(data) == (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    _, reading = read(data)
    assert_tiled(reading, len(data))
