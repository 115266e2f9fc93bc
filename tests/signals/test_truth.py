"""Phases and signals against the simulator's truth: found where they were planted, none in ordinary talk.

What holds is asserted; recall of single signals is printed, not asserted: the packs' own corpus judges them. All data is
scripted by us, so these figures say that the parts work together, not how well they do on real people's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pytest

from saksi import phases, signals
from saksi.table.schema import MESSAGE_SCHEMA
from tests.simulator.demo import demo_phone
from tests.simulator.truth import Chat, Phone, Said
from tests.simulator.world import build_phone

ORDER = ("grooming", "solicitation", "sextortion", "exploitation")


def batches_of(phone: Phone) -> Iterator[tuple[Chat, list[Said], pa.RecordBatch]]:
    """Every chat as rows of the message table, as a lossless reader would give them."""
    for chat in phone.chats:
        said = list(chat.said())
        n = len(said)
        names = [chat.members[max(s.who, 0)].name if s.kind != "service" else None for s in said]
        attachment = [{"name": None, "digest": None, "media_type": s.media, "size": None, "state": "omitted"} for s in said]
        columns = {
            "message_id": [f"{chat.number:08x}{i:08x}" for i in range(n)], "seq": list(range(n)),
            "source_digest": [f"{chat.number:064x}"] * n, "platform": [chat.app] * n, "thread_id": [chat.key] * n,
            "thread_title": [chat.title] * n, "sent_at": [s.at_ms * 1000 for s in said], "sent_at_basis": ["utc"] * n,
            "sender_name": names, "kind": [s.kind for s in said], "text": [s.text or None for s in said],
            "attachments": [[a] if s.kind == "media" else None for a, s in zip(attachment, said, strict=True)],
        }
        arrays = [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(n, f.type) for f in MESSAGE_SCHEMA]
        yield chat, said, pa.RecordBatch.from_arrays(arrays, schema=MESSAGE_SCHEMA)


def judged(phone: Phone) -> Iterator[tuple[Chat, list[Said], pa.Table, pa.Table]]:
    """(chat, events, marks, phases) of every chat, the person at risk told."""
    for chat, said, batch in batches_of(phone):
        thread = pa.Table.from_batches([batch])
        found = pa.Table.from_batches([signals.candidates(batch)])
        marks = signals.resolve(thread, found, [phone.at_risk])
        yield chat, said, marks, phases.mark_phases(thread, marks)


def phones() -> dict[str, Phone]:
    return {"demo": demo_phone(), **{f"story {s}": build_phone(s, 3000) for s in range(3)}}


@pytest.mark.parametrize("name", ["demo", "story 0", "story 1", "story 2"])
def test_planted_phases_are_found_and_no_other(name: str) -> None:
    phone = phones()[name]
    missing, extra = [], []
    planted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    distress = False
    for chat, said, marks, intervals in judged(phone):
        found = set(intervals.column("phase").to_pylist())
        expected = set(phone.phases.get(chat.key, []))
        missing += [(chat.title, p) for p in ORDER if p in expected - found]
        touched = {s.phase for s in said}  # cues too few to demand a phase: it may be marked, it need not be
        extra += [(chat.title, p) for p in ORDER if p in found - touched]
        marked = set(zip(marks.column("seq").to_pylist(), marks.column("signal").to_pylist(), strict=True))
        for i, s in enumerate(said):
            for signal in s.signals:
                planted[signal] += 1
                hit[signal] += (i, signal) in marked
        distress = distress or signals.crisis(marks)
    print(f"\n{name}: signals found {sum(hit.values())} of {sum(planted.values())};",
          {s: f"{hit[s]}/{planted[s]}" for s in sorted(planted) if hit[s] < planted[s]})
    assert not extra, extra
    assert not missing, missing
    assert distress, "distress is planted: without its mark no crisis card is shown"


@pytest.mark.parametrize("seed", [11, 12])
def test_no_phase_and_no_crisis_on_a_phone_without_harm(seed: int) -> None:
    phone = build_phone(seed, 8000, harm=False)
    wrong, rows, loud = [], 0, 0
    for chat, said, marks, intervals in judged(phone):
        rows += len(said)
        loud += marks.num_rows
        wrong += [(chat.title, p) for p in intervals.column("phase").to_pylist()]
    print(f"\nseed {seed}: {loud} marks, {len(wrong)} phases in {rows} harmless rows")
    assert rows > 7000
    assert not wrong
