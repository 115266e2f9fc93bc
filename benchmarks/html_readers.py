"""Messages a second of the HTML readers: full rows with spans and times, of a simulated chat.

    python benchmarks/html_readers.py [records]      default 100,000

Prints processor time, best of five in one process, and what the tree alone (no pattern for plain messages) takes. Neutral
talk of six people; 3 % media, 1 % events, 5 % replies, 10 % formatted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]


def best_of(times: int, run: Callable[[], int]) -> tuple[float, int]:
    """Least processor time of some runs, and the rows of the last."""
    best, rows = float("inf"), 0
    for _ in range(times):
        start = time.process_time()
        rows = run()
        best = min(best, time.process_time() - start)
    return best, rows


def read(path: Path) -> int:
    """Rows of one export."""
    from saksi.parts import open_source
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source

    with open_source(path) as source:
        return sum(batch.num_rows for batch in read_source(source, ReadSettings(zone="Asia/Jakarta")))


def main() -> None:
    """Measure and print."""
    from tests.simulator import bulk, meta_html, telegram_html

    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chat = bulk.bulk_chat(records, 7, "telegram")
        chat.with_media = False
        telegram_html.write_folder(chat, folder / "telegram_html")
        chat = bulk.bulk_chat(records, 7, "instagram")
        meta_html.write_zip([chat], folder / "meta_html.zip", "instagram_2024")
        for path in (folder / "telegram_html", folder / "meta_html.zip"):
            took, rows = best_of(5, partial(read, path))
            print(f"{path.stem:16} {rows} rows: {took:.2f} s, {rows / took:,.0f} rows/s")


if __name__ == "__main__":
    main()
