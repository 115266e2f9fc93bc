"""Candidates: exact spans of the raw text, both engines equal, the same rows alone and in a batch."""

from __future__ import annotations

import importlib.util
import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi import signals
from saksi.table.schema import CANDIDATE_SCHEMA
from tests.signals.build import thread

needs_hyperscan = pytest.mark.skipif(importlib.util.find_spec("hyperscan") is None, reason="no wheel for this machine")


def batch(texts: list[str]) -> pa.RecordBatch:
    return thread(*[("A", t) for t in texts]).combine_chunks().to_batches()[0]


def examples() -> list[str]:
    rules = signals.packs().rules
    return list(itertools.chain.from_iterable((*r.entry.positive, *r.entry.near_miss) for r in rules))


def disguised(text: str, how: int) -> str:
    """The same words as somebody might write them to slip through."""
    return [
        text, text.upper(), text.replace("o", "о").replace("a", "а"), "\u200b".join(text), text.replace("a", "aaa"),
        "😀 " + text.replace(" ", " \n "), text.replace("e", "3").replace("i", "1"), text.replace(" ", "... "),
    ][how]


@needs_hyperscan
def test_both_engines_give_the_same_rows() -> None:
    texts = [disguised(text, i % 8) for i, text in enumerate(examples())]
    texts += [a + " " + b for a, b in itertools.pairwise(examples())]
    one = signals.candidates(batch(texts), engine="words")
    assert one.num_rows > len(texts) / 4
    assert one.equals(signals.candidates(batch(texts), engine="hyperscan"))


@pytest.mark.parametrize("how", range(6))
def test_disguises_are_seen_through(how: int) -> None:
    rules = [r for r in signals.packs().rules if not r.signal.startswith("_")]
    texts = [disguised(r.entry.positive[0], how) for r in rules]
    found = signals.candidates(batch(texts)).to_pydict()
    by_seq = {(s, r) for s, r in zip(found["seq"], found["rule"], strict=True)}
    missed = [r.id for i, r in enumerate(rules) if (i, r.id) not in by_seq]
    assert missed == []


@given(st.lists(st.sampled_from(["jangan bilang siapa-siapa", "😀", "é", "halo", "tolonggg", "umur kamu berapa", "\n"]),
                min_size=1, max_size=6))
@settings(max_examples=40)
def test_spans_are_code_points_of_the_raw_text(parts: list[str]) -> None:
    text = " ".join(parts)
    for row in signals.candidates(batch(["é", text])).to_pylist():
        piece = text[row["start"]:row["end"]]
        alone = signals.candidates(batch([piece])).to_pylist()
        assert (0, len(piece), row["rule"]) in {(a["start"], a["end"], a["rule"]) for a in alone}


def test_a_batch_gives_what_its_messages_give_alone() -> None:
    texts = examples()[:60]
    together = signals.candidates(batch(texts)).drop_columns(["message_id", "seq"]).to_pylist()
    alone = [r for t in texts for r in signals.candidates(batch([t])).drop_columns(["message_id", "seq"]).to_pylist()]
    assert together == alone


def test_rows_nobody_wrote_give_nothing() -> None:
    said = {"sender_name": "A", "text": "umur kamu berapa? jangan bilang siapa-siapa"}
    rows = thread(said, *[said | {"kind": k} for k in ("service", "deleted", "unparsed")], {"kind": "media"})
    found = signals.candidates(rows.combine_chunks().to_batches()[0])
    assert set(found.column("seq").to_pylist()) == {0}


def test_nothing_in_nothing_out() -> None:
    empty = signals.candidates(batch(["", "  ", "😀"]))
    assert empty.num_rows == 0
    assert empty.schema == CANDIDATE_SCHEMA
    assert signals.candidates(batch(["halo"]).slice(0, 0)).num_rows == 0


def test_a_message_that_repeats_itself_is_bounded() -> None:
    found = signals.candidates(batch(["umur kamu berapa? " * 1000])).to_pylist()
    assert 0 < len([f for f in found if f["rule"] == "id.age_probe.1"]) <= 8
