"""The second process changes who computes, never what: same rows, in order, also where it dies or never starts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from saksi import identifiers, signals
from saksi.case import finders
from saksi.case.finders import Finders
from saksi.table.schema import MESSAGE_SCHEMA

TEXTS = ["umur kamu berapa?", "transfer 500rb ke BCA 8601123344", "halo", "nomorku 0860 1234 5678", "kirim foto kamu ya"]


def batches(n: int) -> list[pa.RecordBatch]:
    return [
        pa.RecordBatch.from_pylist(
            [
                {"message_id": f"m{b}-{i}", "source_digest": "d" * 64, "seq": b * 10 + i, "thread_id": "t",
                 "platform": "whatsapp", "kind": "text", "text": f"{TEXTS[(b + i) % len(TEXTS)]} {b}"}
                for i in range(10)
            ],
            schema=MESSAGE_SCHEMA,
        )
        for b in range(n)
    ]  # fmt: skip


def expected(of: list[pa.RecordBatch]) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    return [identifiers.find(b) for b in of], [signals.candidates(b) for b in of]


def same(got: tuple[list[pa.RecordBatch], list[pa.RecordBatch]], of: list[pa.RecordBatch]) -> bool:
    return all(a.equals(b) for g, e in zip(got, expected(of), strict=True) for a, b in zip(g, e, strict=True))


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


@pytest.mark.parametrize("big", [False, True])
def test_same_rows_in_order(big: bool) -> None:
    of = batches(9)
    with Finders(big=big) as f:
        for round_ in (of[:6], of[6:], []):
            for batch in round_:
                f.submit(batch)
            assert same(f.results(), round_)


def test_the_second_process_really_works() -> None:
    with Finders(big=True) as f:
        (batch,) = batches(1)
        f.submit(batch)
        assert f._sent, "the first batch goes to the second process"
        assert same(f.results(), [batch])
        assert not f._lost


def test_a_second_process_that_dies_costs_nothing_but_time() -> None:
    of = batches(8)
    with Finders(big=True) as f:
        for n, batch in enumerate(of):
            f.submit(batch)
            if n == 3:
                assert f._process is not None
                f._process.kill()
        assert same(f.results(), of)


def test_a_second_process_that_answers_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    script = "import sys; sys.stdin.buffer.read(8); sys.stdout.buffer.write(b'x' * 4096)"
    monkeypatch.setattr(
        finders, "_start",
        lambda: subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE),
    )  # fmt: skip
    of = batches(4)
    with Finders(big=True) as f:
        for batch in of:
            f.submit(batch)
        assert same(f.results(), of)


def test_no_second_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "_start", lambda: None)
    of = batches(3)
    with Finders(big=True) as f:
        for batch in of:
            f.submit(batch)
        assert same(f.results(), of)
