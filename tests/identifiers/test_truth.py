"""Every identifier that the simulator planted is found at its place, and no other: ordinary talk, decoys and harm alike."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from saksi import identifiers
from saksi.table.schema import MESSAGE_SCHEMA
from tests.simulator.demo import demo_phone
from tests.simulator.truth import Phone, Planted, Said
from tests.simulator.world import build_phone


def batch_of(said: list[Said]) -> pa.RecordBatch:
    """Texts as rows of the message table: only what identifiers look at."""
    columns = {
        "message_id": [f"{i:016x}" for i in range(len(said))], "seq": list(range(len(said))), "text": [s.text for s in said],
        "kind": [s.kind for s in said], "source_digest": ["0" * 64] * len(said),
    }
    arrays = [
        pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(len(said), f.type) for f in MESSAGE_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=MESSAGE_SCHEMA)


def texts_of(phone: Phone) -> list[Said]:
    return [s for chat in phone.chats for s in chat.said() if s.kind == "text"]


def expected(said: Said) -> Counter[tuple[str, str]]:
    """What must be found in a message. A planted e-wallet is at the same time the phone number that it is."""
    return Counter((p.kind, canonical(p)) for p in said.planted)


def canonical(planted: Planted) -> str:
    return planted.value


def found_in(said: list[Said]) -> list[Counter[tuple[str, str]]]:
    """Per message, what was found; a wallet's own number, reported as a phone too, is not counted a second time."""
    found: list[Counter[tuple[str, str]]] = [Counter() for _ in said]
    rows = identifiers.find(batch_of(said)).to_pylist()
    wallets = {(r["seq"], r["start"]) for r in rows if r["kind"] == "ewallet"}
    for row in rows:
        assert row["as_written"] == said[row["seq"]].text[row["start"] : row["end"]]
        if row["kind"] == "phone" and (row["seq"], row["start"]) in wallets:
            continue
        found[row["seq"]][row["kind"], row["value"]] += 1
    return found


@pytest.mark.parametrize("name", ["demo", "seed 0", "seed 1", "seed 2", "quiet"])
def test_every_planted_identifier_and_no_other(name: str) -> None:
    phone = demo_phone() if name == "demo" else build_phone(
        9 if name == "quiet" else int(name[-1]), 6000, harm=name != "quiet")
    said = texts_of(phone)
    wrong = [
        (s.text, "missing", dict(expected(s) - f), "too many", dict(f - expected(s)))
        for s, f in zip(said, found_in(said), strict=True)
        if f != expected(s)
    ]
    planted = sum(len(s.planted) for s in said)
    print(f"\n{name}: {len(said)} texts, {planted} planted, {len(wrong)} texts differ")
    assert planted > 100
    assert not wrong, wrong[:8]
