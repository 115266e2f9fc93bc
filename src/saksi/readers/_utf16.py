"""Text saved as UTF-16 (Notepad's "Unicode"): read as UTF-8, cited by its own bytes. A file that no reader
knows as it is and some reader knows so was saved again by another program.

    twin_of(part) -> Part | None      the same text as UTF-8, for readers that know UTF-8 only; None where it is no UTF-16
    Places(part).of(positions)        bytes of the twin -> bytes of the original; back(positions) the other way

Recognised by the mark at its start (FF FE or FE FF), or by every second byte of the first ones being zero. A half surrogate
becomes three bytes that are no valid UTF-8, so that readers keep and report it as such; an odd last byte stays outside and is
reported as truncated. Bound: a part of TEXT_BYTES_MAX, since it is held in memory as a whole.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.limits import MIB
from saksi.parts import Part, utf16_order

TEXT_BYTES_MAX: Final = 256 * MIB
"""A chat of two million messages; a larger file is no re-saved export."""


@dataclass(frozen=True)
class _Text:
    """A text and its two forms."""

    raw: bytes
    order: str

    @cached_property
    def units(self) -> npt.NDArray[np.uint16]:
        """The code units; an odd last byte is left out."""
        return np.frombuffer(self.raw[: len(self.raw) // 2 * 2], "<u2" if self.order == "utf-16-le" else ">u2").astype(np.uint16)

    @cached_property
    def utf8(self) -> bytes:
        """The text as UTF-8; half surrogates as their three bytes."""
        return self.units.tobytes().decode(f"utf-16-{sys.byteorder[0]}e", "surrogatepass").encode(
            "utf-8", "surrogatepass"
        )


class Places:
    """Where bytes of the UTF-8 twin stand in the original. Positions inside a character are its start."""

    def __init__(self, text: _Text) -> None:
        units = text.units
        lead = (units >= 0xD800) & (units < 0xDC00)
        trail = (units >= 0xDC00) & (units < 0xE000)
        paired = np.zeros(len(units), dtype=bool)
        paired[:-1] = lead[:-1] & trail[1:]
        second = np.concatenate([[False], paired[:-1]]) if len(units) else paired
        width = np.where(units < 0x80, 1, np.where(units < 0x800, 2, 3))
        width = np.where(paired, 4, width)[~second]
        self._units = np.flatnonzero(~second).astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
        self._end = 2 * len(units)

    def of(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Bytes of the original for bytes of the twin."""
        at = np.searchsorted(self._starts, positions, side="right") - 1
        ends = np.append(2 * self._units, self._end)
        placed: npt.NDArray[np.int64] = ends[at]
        return placed

    def back(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Bytes of the twin for bytes of the original."""
        twin: npt.NDArray[np.int64] = self._starts[np.searchsorted(self._units, positions // 2)]
        return twin


@dataclass
class Twin(Part):
    """A part as UTF-8. places: back to the original's bytes."""

    text: _Text | None = None

    @cached_property
    def places(self) -> Places:
        """The map back, made when the first rows arrive."""
        assert self.text is not None
        return Places(self.text)


def twin_of(part: Part) -> Part | None:
    """See the module's text. Raises nothing: what cannot be opened is no twin."""
    order = utf16_order(part.head())
    if order is None or part.size > TEXT_BYTES_MAX:
        return None
    try:
        text = _Text(part.read(), order)
    except (OSError, EOFError, ValueError, RuntimeError):
        return None
    twin = Twin(part.path, part.number, len(text.utf8), lambda: io.BytesIO(text.utf8), modified=part.modified, text=text)
    spans = np.array(list(part.cut_media), dtype=np.int64).reshape(-1, 2)
    if len(spans):
        there = twin.places.back(spans).tolist()
        twin.cut_media = {(a, b): cut for (a, b), cut in zip(there, part.cut_media.values(), strict=True)}
    return twin
