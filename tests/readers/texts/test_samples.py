"""The samples of the family: what the generator writes, read as the golden rows say, by one reader only, cut anywhere."""

from __future__ import annotations

from random import Random

import pytest

from tests.readers.texts.generate import SAMPLES, golden
from tests.readers.texts.reading import SAMPLES as FOLDER
from tests.readers.texts.reading import brief, own, read, reasons

EACH = [(reader, name) for reader, samples in SAMPLES.items() for name in samples]
ASKED_ONLY = {"pasted_txt"}
"""Readers that claim nothing by themselves."""


@pytest.mark.parametrize("reader", SAMPLES)
def test_folder_holds_the_samples_and_nothing_else(reader: str) -> None:
    there = {p.name for p in (FOLDER / reader).iterdir()}
    assert there == {n for name in SAMPLES[reader] for n in (name, f"{name}.jsonl")}


@pytest.mark.parametrize(("reader", "name"), EACH)
def test_sample(reader: str, name: str) -> None:
    data = (FOLDER / reader / name).read_bytes()
    assert data == SAMPLES[reader][name]
    assert golden(reader, data, name) == (FOLDER / reader / f"{name}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(("reader", "name"), EACH)
def test_cut_at_every_byte_keeps_every_earlier_row(reader: str, name: str) -> None:
    data = SAMPLES[reader][name]
    whole = own(read(reader, data, name, order="dmy")[0])
    step = max(1, len(data) // 700)
    for cut in range(1, len(data), step):
        rows = own(read(reader, data[:cut], name, order="dmy")[0])
        done = [r for r in whole if r["span_end"] <= cut][:-1]  # what follows the last one says where it ends
        assert [brief(r) for r in rows[: len(done)]] == [brief(r) for r in done], cut


@pytest.mark.parametrize(("reader", "name"), EACH)
def test_damaged_anyhow_every_byte_is_accounted_for(reader: str, name: str) -> None:
    rng = Random(f"{reader}{name}")
    whole = SAMPLES[reader][name]
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] = rng.randrange(256)
            elif kind == 1:
                del data[at : at + rng.randrange(1, 9)]
            elif kind == 2:
                data[at:at] = rng.choice([b"\n", b'"', b"\0" * 3, b"\r", b"&", b"<", b">", b"=", b"]]>", b"\xff\xfe", b"\xe2\x80\xa8"])
            else:
                data[at:at] = bytes(data[at // 2 : at // 2 + rng.randrange(1, 60)])
            if not data:
                break
        if data:
            rows, _ = read(reader, bytes(data), name)
            assert all(0 <= r["span_start"] <= r["span_end"] <= len(data) for r in rows)


@pytest.mark.parametrize(("reader", "name"), EACH)
def test_spans_tile_without_gap_or_overlap(reader: str, name: str) -> None:
    data = SAMPLES[reader][name]
    rows, reading = read(reader, data, name)
    at = 0
    for row in own(rows):
        assert row["span_start"] >= at
        at = row["span_end"]
    assert "unaccounted" not in reasons(reading)
