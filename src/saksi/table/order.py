"""In which order the messages of one thread were sent, as far as the export tells.

`thread_order(rows)`: one thread's rows (columns seq, sent_at) in file order -> int64 positions in sending order.
Every row with a known instant: by instant; rows of one instant keep file order, or its reverse where the file is
newest-first (Meta). Otherwise file order: an unknown time never moves a message.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def thread_order(rows: pa.Table | pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Positions of `rows` (file order) in sending order. In: column sent_at (us, UTC, null unknown)."""
    n = rows.num_rows
    sent = rows.column("sent_at")
    if n == 0 or sent.null_count:
        return np.arange(n, dtype=np.int64)
    at = np.asarray(pc.cast(sent, pa.int64()))
    steps = np.diff(at)
    if (steps >= 0).all():
        return np.arange(n, dtype=np.int64)
    newest_first = int((steps < 0).sum()) > int((steps > 0).sum())
    tie = -np.arange(n, dtype=np.int64) if newest_first else np.arange(n, dtype=np.int64)
    return np.lexsort((tie, at)).astype(np.int64)
