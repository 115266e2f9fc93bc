"""The search for the end of a name, by words of eight bytes, against a plain search row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers._whatsapp_header import PAD
from saksi.readers.whatsapp_txt import _first_colons

LINE = st.text(alphabet=": aé;9\x3b\x39", max_size=90).map(lambda s: s.encode().replace(b"\n", b""))


@pytest.mark.parametrize("tight", [False, True])
@given(lines=st.lists(LINE, max_size=30))
def test_the_first_colon_is_the_one_a_plain_search_finds(lines: list[bytes], *, tight: bool) -> None:
    text = b"".join(line + b"\n" for line in lines)
    data = bytearray(text + bytes(PAD))
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1].astype(np.int64)
    stops = starts + np.array([len(line) for line in lines], dtype=np.int64)
    found = _first_colons(data, np.frombuffer(data, dtype=np.uint8), starts, stops, tight=tight)
    for line, start, stop, place in zip(lines, starts.tolist(), stops.tolist(), found.tolist(), strict=True):
        at = line.find(b":" if tight else b": ")
        assert place == (stop if at < 0 else start + at)
