"""Which patterns can match which messages, for a whole batch at once: the step before the regular expressions.

Every match of a pattern holds a word of each of its clauses (saksi.signals.patterns). So:
1. Cut the folded text into words; a word's key is its first 8 bytes. Keys are hashed into columns; words whose keys
   share a column count as one word.
2. Beginnings (`rekam*`) and numbers (`#`) are columns of their own.
3. A (message, pattern) pair stays where the message holds a word of every clause. Clauses are tried in the order of how
   rare they are in this very batch; a pattern with a clause that the batch lacks is never tried.

Nothing but numpy; no table of word frequencies; nothing kept between batches. Whatever stays is confirmed afterwards: a
pair too many costs a microsecond, a pair too few would be a lost message and is what the tests look for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from saksi.signals.patterns import NUMBER, Pattern
from saksi.text.bulk import Plain
from saksi.text.normalise import is_digit, is_letter

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Columns = npt.NDArray[np.uint16]
"""16 bits: sorted by radix."""

KEY_BYTES: Final = 8
_HASH: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys that differ in few bits (Knuth, TAOCP 6.4)
_BITS: Final = 18
"""Size of the hash table, as a power of two: 0.5 MiB of uint16, so that it stays in the processor's cache."""
_FIRST_BITS: Final = 16
_CUT: Final = np.array([(1 << 8 * n) - 1 for n in range(KEY_BYTES + 1)], np.uint64)
"""Masks that keep the first n bytes of a key (little-endian)."""


def _key(word: str) -> int:
    return int.from_bytes(word.encode("ascii")[:KEY_BYTES], "little")


def _slots(keys: Keys, bits: int) -> Numbers:
    """Place of each key in a table of 2^bits entries."""
    slots: Numbers = ((keys * _HASH) >> np.uint64(64 - bits)).view(np.int64)
    return slots


class Gate:
    """The clauses of many patterns, ready to be looked up. Column 0 is "no word of ours"."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        clauses: dict[frozenset[str], int] = {}
        self.needs = [[clauses.setdefault(c, len(clauses)) for c in p.clauses] for p in patterns]
        """Pattern -> its clauses. A pattern without one can match any message."""
        self._columns = 1
        self._table = np.zeros(1 << _BITS, np.uint16)
        self._beginnings: dict[int, tuple[Keys, Columns]] = {}
        column_of = self._columns_of(sorted(frozenset[str]().union(*clauses)))
        self.columns = [sorted({column_of[anchor] for anchor in clause}) for clause in clauses]
        """Clause -> its columns."""
        self._flat = np.array([column for clause in self.columns for column in clause], np.int64)
        self._begins = np.cumsum([0] + [len(clause) for clause in self.columns[:-1]])

    def _columns_of(self, anchors: Sequence[str]) -> dict[str, int]:
        column_of: dict[str, int] = {}
        beginnings: dict[int, dict[int, int]] = defaultdict(dict)
        for anchor in anchors:
            word = anchor.rstrip("*")
            if anchor == NUMBER:
                column_of[anchor] = self._new_column()
            elif anchor.endswith("*") and len(word) < KEY_BYTES:
                column_of[anchor] = beginnings[len(word)].setdefault(_key(word), self._columns)
                self._columns = max(self._columns, column_of[anchor] + 1)
            else:  # a beginning of 8 letters or more has the key of every word that begins so
                slot = int(_slots(np.array([_key(word)], np.uint64), _BITS)[0])
                if not self._table[slot]:
                    self._table[slot] = self._new_column()
                column_of[anchor] = int(self._table[slot])
        self._number = column_of.get(NUMBER)
        self._shortest = min(beginnings, default=0)
        self._first = np.zeros(1 << _FIRST_BITS, bool)
        for length, known in beginnings.items():
            keys = np.array(sorted(known), np.uint64)
            self._beginnings[length] = (keys, np.array([known[k] for k in sorted(known)], np.uint16))
            self._first[_slots(keys & _CUT[self._shortest], _FIRST_BITS)] = True
        return column_of

    def _new_column(self) -> int:
        self._columns += 1
        if self._columns > np.iinfo(np.uint16).max:
            raise ValueError(f"at most {np.iinfo(np.uint16).max} different words in one set of packs")
        return self._columns - 1

    def messages(self, view: Plain) -> list[Numbers]:
        """For each pattern the numbers of the messages that it may match, ascending."""
        if not len(view):
            return [np.zeros(0, np.int64) for _ in self.needs]
        message, column = self._hits(view)
        counts = np.bincount(column, minlength=self._columns)
        often = np.add.reduceat(counts[self._flat], self._begins).tolist() if self.columns else []
        held = _Held(self.columns, often, counts, len(view), message[np.argsort(column, kind="stable")])
        return [held.having(needed) for needed in self.needs]

    def _hits(self, view: Plain) -> tuple[Numbers, Columns]:
        """(message, column) of every word that stands in some clause."""
        keys, message_of = _tokens(view)
        columns = self._table[_slots(keys, _BITS)]
        at = np.flatnonzero(columns)
        messages, found = [message_of[at]], [columns[at]]
        if self._beginnings:
            at = np.flatnonzero(self._first[_slots(keys & _CUT[self._shortest], _FIRST_BITS)])
            some = keys[at]
            for length, (known, known_columns) in self._beginnings.items():
                cut = some & _CUT[length]
                place = np.minimum(np.searchsorted(known, cut), len(known) - 1)
                same = np.flatnonzero(known[place] == cut)
                messages.append(message_of[at[same]])
                found.append(known_columns[place[same]])
        if self._number is not None:
            digits = np.flatnonzero(is_digit(view.data))
            numbers = np.unique(view.messages_at(digits))
            messages.append(numbers)
            found.append(np.full(len(numbers), self._number, np.uint16))
        return np.concatenate(messages), np.concatenate(found)


def _tokens(view: Plain) -> tuple[Keys, Numbers]:
    """Key and message of every word, in order."""
    word = np.zeros(len(view.data) + 1, bool)  # a message ends with a line feed: a word never reaches the end
    np.logical_or(is_letter(view.data), is_digit(view.data), out=word[1:])
    edges = np.flatnonzero(word[1:] != word[:-1])
    starts, ends = edges[::2], edges[1::2]
    padded = np.concatenate([view.data, np.zeros(KEY_BYTES, np.uint8)])
    windows: Keys = np.ndarray((len(view.data) + 1,), "<u8", buffer=padded.data, strides=(1,))
    keys = windows[starts].astype(np.uint64, copy=False) & _CUT[np.minimum(ends - starts, KEY_BYTES)]
    counts = np.diff(np.searchsorted(starts, view.starts))
    return keys, np.repeat(np.arange(len(view)), counts)


class _Held:
    """Which messages of one batch hold a word of which clause, worked out when asked for."""

    def __init__(
        self, clauses: list[list[int]], often: list[int], counts: Numbers, size: int, messages: Numbers
    ) -> None:
        """clauses: their columns. often, counts: words of this batch by clause, by column. size: messages in the batch.
        messages: the message of every word, by column."""
        self._clauses, self._often, self._size, self._messages = clauses, often, size, messages
        self._counts = counts.tolist()
        self._ends = np.cumsum(counts).tolist()
        self._has: dict[int, npt.NDArray[np.bool_]] = {}

    def _holds(self, clause: int) -> npt.NDArray[np.bool_]:
        has = self._has.get(clause)
        if has is None:
            has = self._has[clause] = np.zeros(self._size, bool)
            for column in self._clauses[clause]:
                count = self._counts[column]
                if count:
                    end = self._ends[column]
                    has[self._messages[end - count: end]] = True
        return has

    def having(self, needed: list[int]) -> Numbers:
        """Messages that hold a word of each of these clauses, ascending."""
        if not needed:
            return np.arange(self._size)
        often = self._often
        rarest, *others = sorted(needed, key=often.__getitem__)
        if not often[rarest]:
            return np.zeros(0, np.int64)
        found = np.flatnonzero(self._holds(rarest))
        for clause in others:
            if not len(found):
                break
            found = found[self._holds(clause)[found]]
        return found
