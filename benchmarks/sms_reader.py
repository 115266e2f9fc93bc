"""SMS Backup & Restore XML: records a second, full rows with spans and times, against the standard library's XML parser.

`python -m benchmarks.sms_reader [records] [rounds]`: writes the file with the simulator (one chat of two people, one emoji in some
texts as two references, 3 % MMS), then reads it turn by turn in fresh state. CPU seconds of this process, best of the rounds.
The peer does less: it decodes attributes and counts, without spans, rows or account.
"""

from __future__ import annotations

import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from saksi import verbs
from saksi.readers.registry import READERS, reader_named
from tests.simulator import bulk, sms
from tests.simulator.truth import Chat, Member


def two_people(records: int, seed: int = 7) -> Chat:
    """A chat of about `records` messages between two people."""
    chat = bulk.bulk_chat(records, seed, "sms")
    chat.members = [Member("Aku", "aku"), Member("Sari 🌸", "sari", number="+6286011112222")]
    chat.group = False
    chat.said = lambda: (s._replace(who=s.who % 2) for s in bulk.events(records, seed) if s.kind in ("text", "media"))
    return chat


def read_saksi(path: Path) -> tuple[float, int]:
    """CPU seconds and rows of a whole reading, account included."""
    started = time.process_time()
    with verbs.open_path_or_stream(path) as source:
        reading = verbs.start_reading(source, verbs.settings())
        rows = sum(batch.num_rows for batch in reading)
        counts = reading.account()["bytes"]
    took = time.process_time() - started
    if counts["messages"] + counts["container"] + counts["problems"] != counts["total"] or counts["problems"]:
        raise ValueError("the partition does not hold")
    return took, rows


def read_peer(path: Path) -> tuple[float, int]:
    """CPU seconds and elements of the standard library's streaming parser."""
    started = time.process_time()
    n = 0
    for _, element in ET.iterparse(path):
        if element.tag in ("sms", "mms"):
            n += 1
            element.clear()
    return time.process_time() - started, n


def main(records: int, rounds: int) -> None:
    """Print the figures."""
    for name in READERS:
        reader_named(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sms.xml"
        sms.write_sms([two_people(records)], path, halves=False)
        size = path.stat().st_size
        best: dict[str, tuple[float, int]] = {}
        for _ in range(rounds):
            for name, job in (("saksi", read_saksi), ("ElementTree.iterparse", read_peer)):
                result = job(path)
                best[name] = min(best.get(name, result), result)
    for name, (took, n) in best.items():
        print(f"{name}: {n:,} records of {size / 1e6:.1f} MB in {took:.2f} s CPU, {n / took:,.0f} records/s")
    print(f"times faster: {best['ElementTree.iterparse'][0] / best['saksi'][0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000, int(sys.argv[2]) if len(sys.argv) > 2 else 3)
