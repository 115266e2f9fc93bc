"""Full rows of a Telegram export against `orjson.loads` of the same bytes, each in fresh processes, turn by turn.

    python benchmarks/telegram_reader.py [records]      default 200,000 (about 77 MB)

Prints the median and best of five each and the ratio. The clock starts after imports; both read the file themselves.
The digest of the source (`open_source`) is outside the clock: it is intake's work, and orjson has none.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "samples" / "telegram_json" / "single.json"


def once(what: str, path: Path) -> float:
    """Seconds of one run in this process."""
    import orjson

    sys.path.insert(0, str(ROOT / "src"))
    from saksi.parts import open_source
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import READERS, read_source, reader_named

    for name in READERS:
        reader_named(name)
    source = open_source(path)
    for _ in read_source(open_source(SMALL), ReadSettings()):
        pass  # Arrow imports parts of itself (and pandas, where a peer brought it) at first use: imports are not timed
    if what == "orjson, collector off":
        gc.disable()
    start = time.perf_counter()
    if what == "saksi":
        records = sum(batch.num_rows for batch in read_source(source, ReadSettings()))
    else:
        records = len(orjson.loads(path.read_bytes())["messages"])
    took = time.perf_counter() - start
    assert records > 0
    return took


def main() -> None:
    """Measure and print."""
    if len(sys.argv) == 3:
        print(once(sys.argv[1], Path(sys.argv[2])))
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    runs: dict[str, list[float]] = {"saksi": [], "orjson": [], "orjson, collector off": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        sys.path.insert(0, str(ROOT))
        from benchmarks.telegram_file import write

        write(path, records)
        for _ in range(5):
            for what, times in runs.items():
                said = subprocess.run([sys.executable, __file__, what, str(path)], capture_output=True, check=True)
                times.append(float(said.stdout))
        print(f"{records} records, {path.stat().st_size / 1e6:.1f} MB")
    for what, times in runs.items():
        print(f"{what:24} median {statistics.median(times):.3f} s   best {min(times):.3f} s")
    print(f"orjson : saksi = {statistics.median(runs['orjson']) / statistics.median(runs['saksi']):.2f} (medians), "
          f"{min(runs['orjson']) / min(runs['saksi']):.2f} (best)")


if __name__ == "__main__":
    main()
