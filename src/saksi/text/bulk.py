"""The plain view of many messages without the map to the original: for looking which messages are worth more work.

The same bytes as `fold_batch` (a test compares them), several times faster: UTF-8 is folded as it stands, only the bytes
of non-ASCII characters are decoded. Spans are asked of `fold_batch`, for the few messages in which something was found.

    fold_bulk(pa.array(["Halooo", "don't"])).data.tobytes() == b"halo\ndont\n"
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.text.normalise import LETTER, ascii_table, leet_at, spacers_at, unicode_table

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_LF: Final = 0x0A
_LEAD: Final = 0xC0


@dataclass(frozen=True)
class Plain:
    """A batch folded into one buffer, each message followed by one LF (and no other LF).

    data: uint8. starts: int64, where message i begins; one more entry than messages, the last is len(data).
    """

    data: Bytes
    starts: Positions

    def __len__(self) -> int:
        return len(self.starts) - 1

    def messages_at(self, positions: Positions) -> Positions:
        """Message numbers of ascending or any positions of `data`."""
        return np.searchsorted(self.starts, positions, side="right") - 1

    def evaded(self) -> Positions:
        """Messages that `evasion_view` would show differently, ascending."""
        changed = np.concatenate([leet_at(self.data), spacers_at(self.data)])
        return np.unique(self.messages_at(changed))


@lru_cache(maxsize=1)
def _by_byte() -> bytes:
    """bytes.translate table: ASCII folded, every byte of a longer character dropped (0) until it is decoded."""
    table = ascii_table().copy()
    table[0x80:] = 0
    return table.tobytes()


def _points(raw: Bytes, leads: Positions) -> npt.NDArray[np.int64]:
    """Code points of the non-ASCII characters that begin at `leads` of valid UTF-8."""
    padded = np.concatenate([raw, np.zeros(3, np.uint8)])
    first, second, third, fourth = (padded[leads + k].astype(np.int64) for k in range(4))
    two = (first & 0x1F) << 6 | second & 0x3F
    three = (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
    four = (first & 0x07) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F
    return np.where(first < 0xE0, two, np.where(first < 0xF0, three, np.minimum(four, 0x10FFFF)))


def fold_bulk(texts: pa.Array) -> Plain:
    """The plain view of a string array. Null counts as empty."""
    if not len(texts):
        return Plain(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    held = pc.cast(pc.fill_null(texts, ""), pa.large_string())
    ended = pc.binary_join_element_wise(held, pa.scalar("\n", pa.large_string()), pa.scalar("", pa.large_string()))
    ends = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset + 1: ended.offset + len(ended) + 1]
    joined = ended.buffers()[2].to_pybytes()[: int(ends[-1])]
    data = np.frombuffer(bytearray(joined.translate(_by_byte())), np.uint8)
    if not joined.isascii():
        raw = np.frombuffer(joined, np.uint8)
        leads = np.flatnonzero(raw >= _LEAD)
        data[leads] = unicode_table()[_points(raw, leads)]
    data[ends - 1] = _LF
    if not data.all():
        data = data[data != 0]
    again = np.flatnonzero(data[1:] == data[:-1]) + 1
    again = again[LETTER[data[again]]]
    if len(again):
        kept = np.ones(len(data), bool)
        kept[again] = False
        data = data[kept]
    return Plain(data, np.concatenate([[0], np.flatnonzero(data == _LF) + 1]))
