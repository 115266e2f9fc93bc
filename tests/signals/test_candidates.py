"""Candidates: exact spans of the raw text; the same rows as every rule tried on every message, alone or in a batch."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi import signals
from saksi.signals.candidates import HEARING, SPANS_MAX
from saksi.signals.patterns import Pattern, whole_words
from saksi.signals.rules import Rule
from saksi.table.schema import CANDIDATE_SCHEMA
from saksi.text import fold_batch
from saksi.text.normalise import evasion_view
from tests.signals.build import thread
from tests.simulator.bulk import body
from tests.simulator.demo import demo_phone


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


@cache
def expressions() -> list[tuple[Rule, re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]]:
    """Each rule as one expression of all its patterns, what it needs and what vetoes it."""
    return [
        (r, re.compile(whole_words(r.patterns)), one_of(r.needs), one_of(r.unless)) for r in signals.packs().rules
    ]


def one_of(patterns: Sequence[Pattern]) -> re.Pattern[str] | None:
    """One expression of all, None of none."""
    return re.compile(whole_words(patterns)) if patterns else None


def by_force(texts: list[str]) -> list[tuple[int, int, int, str]]:
    """(seq, start, end, rule) by trying every rule on every message in both views: no gate, no batch.

    Cues of reported speech and jokes are told only of messages in which something else is found.
    """
    rows = []
    cues = {r.id for r in signals.packs().rules if r.signal in HEARING}
    for seq, text in enumerate(texts):
        plain = fold_batch(pa.array([text], pa.large_string()))
        kept: dict[str, list[tuple[int, int]]] = {}
        for view in (plain, evasion_view(plain)):
            message = view.message(0).decode("ascii") if len(view) else ""
            for rule, matches, needs, unless in expressions():
                if (needs and not needs.search(message)) or (unless and unless.search(message)):
                    continue
                spans = kept.setdefault(rule.id, [])
                for match in itertools.islice(matches.finditer(message), SPANS_MAX):
                    start, end = view.raw_span(0, *match.span())
                    if len(spans) < SPANS_MAX and all(end <= s or start >= e for s, e in spans):
                        spans.append((start, end))
        if any(spans for rule, spans in kept.items() if rule not in cues):
            rows += [(seq, start, end, rule) for rule, spans in kept.items() for start, end in spans]
    return sorted(rows)


def rows_of(texts: list[str]) -> list[tuple[int, int, int, str]]:
    found = signals.candidates(batch(texts)).to_pylist()
    return [(f["seq"], f["start"], f["end"], f["rule"]) for f in found]


def test_every_example_gives_the_rows_that_trying_all_rules_gives() -> None:
    texts = [disguised(text, i % 8) for i, text in enumerate(examples())]
    texts += [a + " " + b for a, b in itertools.islice(itertools.pairwise(examples()), 0, None, 3)]
    found = rows_of(texts)
    assert len(found) > len(texts) / 4
    assert found == by_force(texts)


def test_talk_gives_the_rows_that_trying_all_rules_gives() -> None:
    rng = Random(5)
    said = [s.text for chat in demo_phone().chats for s in chat.said() if s.text]
    texts = rng.sample(said, min(len(said), 1500)) + [body(rng) for _ in range(500)]
    found = rows_of(texts)
    assert len(found) > 50
    assert found == by_force(texts)


WORDS = sorted({w for text in examples() for w in text.split()})
SIGNS = ["😀", "\n", "...", "-", "\u200b", "'", "é", "о", "0", "1", "100", "rp", "Rp 1.500", "v c s", "a.b", "@", "$", "5rb"]


@given(st.lists(st.lists(st.one_of(
    st.sampled_from(examples()), st.sampled_from(WORDS), st.sampled_from(SIGNS), st.text("abikmnou 0134@.'", max_size=12),
    st.builds(disguised, st.sampled_from(examples()), st.integers(0, 7)),
), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=6))
@settings(max_examples=120, deadline=None)
def test_made_up_messages_give_the_rows_that_trying_all_rules_gives(texts: list[str]) -> None:
    assert rows_of(texts) == by_force(texts)


@given(st.lists(st.text("abikmnou 0134@.'é\n😀", max_size=12), max_size=5), st.sampled_from(examples()), st.booleans())
@settings(max_examples=60, deadline=None)
def test_touching_letters_give_the_rows_that_trying_all_rules_gives(parts: list[str], example: str, glued: bool) -> None:
    text = ("" if glued else " ").join([*parts[:2], example, *parts[2:]])
    assert rows_of([text, example]) == by_force([text, example])


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


def test_one_pattern_that_matches_often_is_bounded_as_by_trying_all_rules() -> None:
    texts = ["umur kamu berapa " * 30, "halo", "umur kamu berapa " * (SPANS_MAX + 1)]
    found = rows_of(texts)
    assert len(found) == 2 * SPANS_MAX
    assert found == by_force(texts)
