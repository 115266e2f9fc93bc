"""The map from folded text back to the original: which code points of the raw message each folded byte came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Folded:
    """A batch of messages folded into one buffer, each message followed by one LF (and no other LF).

    data: bytes of [a-z0-9], space, punctuation and LF. starts: int64, where message i begins; one more entry than
    messages, the last is len(data). first, last: for every byte of data the first and last code point of the joined
    raw text that it stands for (a stretched letter stands for several). raw_starts: where message i begins there.
    rows: row of the caller's batch that message i is.
    """

    data: bytes
    starts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    raw_starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def message(self, i: int) -> bytes:
        """Folded text of message i, without its LF."""
        return self.data[int(self.starts[i]): int(self.starts[i + 1]) - 1]

    def raw_span(self, i: int, start: int, end: int) -> tuple[int, int]:
        """Code points of the raw text of message i for the folded span [start, end); start < end."""
        at = int(self.starts[i])
        origin = int(self.raw_starts[i])
        return int(self.first[at + start]) - origin, int(self.last[at + end - 1]) + 1 - origin

    def raw_spans(
        self, i: npt.NDArray[np.int64], start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """`raw_span` of many messages and spans at once: starts and ends."""
        at, origin = self.starts[i], self.raw_starts[i]
        return self.first[at + start] - origin, self.last[at + end - 1] + 1 - origin

    def messages_at(self, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Message numbers of positions `ends` (end of a match, excluded, so at least 1) in `data`."""
        return np.searchsorted(self.starts, ends - 1, side="right") - 1
