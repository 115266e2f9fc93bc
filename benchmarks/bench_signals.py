"""Cost of `saksi.signals.candidates` on harmless talk: processor seconds per million messages, and how many are tried.

    python benchmarks/bench_signals.py [MESSAGES]

Talk of the simulator's phone (neutral, nothing planted), in batches of 65,536 as the readers give them. Processor time of
this process, so that a busy machine disturbs little; the best of three runs.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from saksi.signals import candidates, packs
from saksi.table.schema import MESSAGE_SCHEMA
from saksi.text.bulk import fold_bulk
from tests.simulator.world import build_phone

ROWS = 65_536


def batches(count: int) -> list[pa.RecordBatch]:
    """`count` messages of the simulated phone, in batches."""
    phone = build_phone(11, count)
    texts = [said.text for chat in phone.chats for said in chat.said() if said.text][:count]
    made = []
    for at in range(0, len(texts), ROWS):
        part = texts[at: at + ROWS]
        columns = {field.name: pa.nulls(len(part), field.type) for field in MESSAGE_SCHEMA}
        columns["text"] = pa.array(part, pa.string())
        made.append(pa.RecordBatch.from_arrays([columns[f.name] for f in MESSAGE_SCHEMA], schema=MESSAGE_SCHEMA))
    return made


def cpu(work: Callable[[], object]) -> float:
    """Best of three, processor seconds."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def peak_mib() -> int:
    """Largest resident size so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    said = batches(count)
    total = sum(b.num_rows for b in said)
    start = time.process_time()
    gate = packs().gate
    print(f"packs and gate, once a process: {time.process_time() - start:.2f} s")
    before = peak_mib()
    rows = sum(candidates(b).num_rows for b in said)
    grown = peak_mib() - before
    million = 1_000_000 / total
    views = [fold_bulk(b.column("text").slice(at, 16_384)) for b in said for at in range(0, b.num_rows, 16_384)]
    found = [gate.messages(view) for view in views]
    tried = sum(len(np.unique(np.concatenate(f))) for f in found)
    pairs = sum(len(messages) for f in found for messages in f)
    print(f"{total:,} messages, {sum(len(v.data) for v in views) / 1e6:.1f} MB folded, {rows:,} candidate rows")
    print(f"tried with an expression: {tried / total:.1%} of messages, {pairs / total:.2f} patterns a message")
    print(f"fold      {cpu(lambda: [fold_bulk(b.column('text')) for b in said]) * million:.2f} s per million")
    print(f"gate      {cpu(lambda: [gate.messages(view) for view in views]) * million:.2f} s per million")
    print(f"all       {cpu(lambda: [candidates(b) for b in said]) * million:.2f} s per million; memory grows by {grown} MiB")


if __name__ == "__main__":
    main()
