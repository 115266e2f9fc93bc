"""One Instagram thread of neutral talk as a download's folder: message_1.json … of 10,000 records each, no media beside them.

`write(folder, n)`: the simulator's bulk chat (reactions none, 3 % photos, 10 % of bodies of several lines, emoji in the doubled
encoding); events that Instagram's download does not have are left out, so a little under n records. Returns how many.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.simulator import bulk, meta


def write(folder: Path, n: int, seed: int = 7) -> int:
    """Write the thread's files under `folder`; the number of records."""
    written = 0
    for path, data in meta._Thread(bulk.bulk_chat(n, seed, "instagram"), folder.name).files(None):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        written += len(json.loads(data)["messages"])
    return written


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2])))
