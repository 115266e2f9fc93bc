"""The packs on whole scripted dialogues: every expected phase is found, and nothing harmless becomes one.

`tests/samples/dialogues/{harmful,harmless}` is the set that the packs are tuned on: 33 of its 69 dialogues were written
before the first rules were tuned, 36 after that, as a held-out set that has since joined it. `heldout/` and `heldout2/`
were written before the changes they judge, and no rule was changed to find more in them; false phases of theirs were
mended. All of it is scripted, synthetic, non-explicit and by the authors of the packs: figures on it say how the packs do
on this set, not how common anything is in real chats. Run with `-s` to see them; docs/packs.md has first-run figures.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from saksi import signals
from saksi.datafiles import load
from saksi.phases import mark_phases
from saksi.signals import packs, taxonomy
from saksi.table.schema import MESSAGE_SCHEMA, PHASES

DIALOGUES = Path(__file__).parents[1] / "samples" / "dialogues"
SETS = ("", "heldout", "heldout2")
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HELDOUT_RECALL = 0.5
"""Floor of phase recall on the held-out sets; the figures measured are in docs/packs.md."""


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message."""

    by: str
    text: str


class Truth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader who knows the field marks. signals_at: turn number from 0 -> signals."""

    phases: list[str]
    signals_at: dict[int, list[str]]


class Dialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scripted thread. at_risk: null in harmless ones."""

    title: str
    language: str
    at_risk: str | None
    turns: list[Turn]
    truth: Truth


def paths(part: str, kind: str) -> list[Path]:
    """Files of one set and kind, by name."""
    return sorted((DIALOGUES / part / kind).glob("*.yaml"))


def as_table(dialogue: Dialogue) -> pa.Table:
    """The dialogue as message rows, two minutes between turns."""
    rows = [
        {
            "message_id": f"d-{number}", "source_digest": "0" * 64, "seq": number, "thread_id": "t",
            "sent_at": START + timedelta(minutes=2 * number), "sender_id": turn.by, "sender_name": turn.by,
            "kind": "text", "text": turn.text,
        }
        for number, turn in enumerate(dialogue.turns)
    ]
    return pa.Table.from_pylist(rows, schema=MESSAGE_SCHEMA)


@cache
def found_in(path: Path, *, told: bool) -> tuple[set[str], set[tuple[int, str]], int]:
    """(phases, (seq, signal) of marks, messages). told: whether the engine is told who is at risk."""
    dialogue = load(path, Dialogue)
    table = as_table(dialogue)
    batch = table.combine_chunks().to_batches()[0]
    found = pa.Table.from_batches([signals.candidates(batch)])
    at_risk = [dialogue.at_risk] if told and dialogue.at_risk else signals.infer_at_risk([(table, found)])
    marks = signals.resolve(table, found, at_risk)
    phases = set(mark_phases(table, marks).column("phase").to_pylist())
    pairs = set(zip(marks.column("seq").to_pylist(), marks.column("signal").to_pylist(), strict=True))
    return phases, pairs, table.num_rows


@pytest.mark.parametrize("path", paths("", "harmless"), ids=lambda p: p.stem)
def test_harmless_has_no_phase(path: Path) -> None:
    """Whoever is taken for the person at risk, and also when nobody is."""
    assert found_in(path, told=False)[0] == set()
    dialogue = load(path, Dialogue)
    table = as_table(dialogue)
    found = pa.Table.from_batches([signals.candidates(table.combine_chunks().to_batches()[0])])
    for person in sorted({turn.by for turn in dialogue.turns}):
        marks = signals.resolve(table, found, [person])
        assert mark_phases(table, marks).column("phase").to_pylist() == [], person


@pytest.mark.parametrize("path", paths("", "harmful"), ids=lambda p: p.stem)
def test_harmful_has_its_phases(path: Path) -> None:
    """Every expected phase of the set that the packs were written with is found."""
    phases, pairs, _ = found_in(path, told=True)
    assert set(load(path, Dialogue).truth.phases) <= phases, sorted(pairs)


def figures(part: str) -> dict[str, float]:
    """Phase recall and precision, mark recall and false phases per 1,000 harmless messages; printed."""
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    marks_right = marks_wanted = false = messages = 0
    for path in paths(part, "harmful"):
        truth = load(path, Dialogue).truth
        phases, pairs, _ = found_in(path, told=True)
        for phase in PHASES:
            wanted[phase] += phase in truth.phases
            given[phase] += phase in phases
            right[phase] += phase in truth.phases and phase in phases
        expected = {(seq, signal) for seq, names in truth.signals_at.items() for signal in names}
        marks_wanted += len(expected)
        marks_right += len(expected & pairs)
    for path in paths(part, "harmless"):
        phases, _, size = found_in(path, told=False)
        false += len(phases)
        messages += size
    print(f"\n{part or 'tuned on'}: {len(paths(part, 'harmful'))} harmful, "
          f"{len(paths(part, 'harmless'))} harmless dialogues")
    for phase in PHASES:
        print(f"  {phase:13} recall {right[phase]}/{wanted[phase]}  precision {right[phase]}/{given[phase]}")
    print(f"  marks recall {marks_right}/{marks_wanted}; false phases {false} in {messages} harmless messages")
    return {"recall": sum(right.values()) / sum(wanted.values()), "false": false}


def test_figures_are_printed_and_hold() -> None:
    """The floor of the held-out sets is low on purpose: they must not drive changes of the packs."""
    assert figures("") == {"recall": 1.0, "false": 0}
    for part in SETS[1:]:
        found = figures(part)
        assert found["recall"] >= HELDOUT_RECALL, part
        assert found["false"] == 0, part


@pytest.mark.parametrize("part", SETS)
def test_dialogues_are_as_described(part: str) -> None:
    """6 to 40 turns; phases and signals exist; signals_at names turns; at risk is one who writes."""
    known = taxonomy().signals
    for path in paths(part, "harmful") + paths(part, "harmless"):
        dialogue = load(path, Dialogue)
        assert 6 <= len(dialogue.turns) <= 40, path.name
        assert bool(dialogue.truth.phases) == (path.parent.name == "harmful"), path.name
        assert set(dialogue.truth.phases) <= set(PHASES), path.name
        for seq, names in dialogue.truth.signals_at.items():
            assert seq < len(dialogue.turns), path.name
            assert set(names) <= known.keys(), path.name
        assert dialogue.at_risk is None or dialogue.at_risk in {turn.by for turn in dialogue.turns}, path.name


def test_every_signal_is_said_in_both_languages() -> None:
    """The signal x language matrix has no hole."""
    said = {(rule.id.split(".")[0], rule.signal) for rule in packs().rules}
    assert [(lang, name) for lang in ("id", "en") for name in taxonomy().signals if (lang, name) not in said] == []
