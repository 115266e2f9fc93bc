"""Rows that say the same, looked at once: the rows found are those of looking at every row by itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from saksi import identifiers, signals
from saksi.table.repeats import ROW, distinct
from saksi.table.schema import MESSAGE_SCHEMA

SAID = st.sampled_from([
    None, "", "ok", "iya", "500rb", "transfer 500rb ke BCA 8601123344", "@nama_akun", "umur kamu berapa?", "@nama_akun ",
    "jangan bilang siapa siapa, transfer 500rb",
])  # fmt: skip
ROWS = st.lists(
    st.tuples(SAID, st.sampled_from(["text", "service", None]), st.sampled_from(["whatsapp", "telegram", None])), max_size=30
)

FOUND = pa.schema([(ROW, pa.int32()), ("what", pa.string())])


def batch(rows: list[tuple[str | None, str | None, str | None]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {"message_id": f"m{i}", "source_digest": "d", "seq": i, "thread_id": "t", "text": text, "kind": kind, "platform": on}
            for i, (text, kind, on) in enumerate(rows)
        ],
        schema=MESSAGE_SCHEMA,
    )


@given(ROWS)
def test_every_row_has_the_first_row_like_it(rows: list[tuple[str | None, str | None, str | None]]) -> None:
    texts: list[object] = [text for text, _, _ in rows]
    whole: list[object] = list(rows)
    for columns, keys in ((("text",), texts), (("platform", "text", "kind"), whole)):
        once = distinct(batch(rows), columns)
        assert once.firsts.tolist() == [i for i, key in enumerate(keys) if keys.index(key) == i]
        assert [int(once.firsts[w]) for w in once.which] == [keys.index(key) for key in keys]
        assert once.of(batch(rows)).column("seq").to_pylist() == once.firsts.tolist()


@given(ROWS)
def test_identifiers_and_candidates_are_those_of_every_row_by_itself(
    rows: list[tuple[str | None, str | None, str | None]]
) -> None:
    whole = batch(rows)
    for step in (identifiers.find, signals.candidates):
        alone = [step(whole.slice(i, 1)) for i in range(len(rows))]
        assert step(whole).to_pylist() == [row for found in alone for row in found.to_pylist()]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_spread_gives_each_row_what_its_first_row_has(values: list[int], data: st.DataObject) -> None:
    rows = pa.RecordBatch.from_pydict({"v": values})
    once = distinct(rows, ["v"])
    found = sorted(data.draw(st.lists(st.integers(0, len(once.firsts) - 1), max_size=8)))
    places, at = once.spread(np.array(found, np.int64))
    assert list(zip(at.tolist(), places.tolist(), strict=True)) == [
        (row, place) for row, which in enumerate(once.which.tolist()) for place, of in enumerate(found) if of == which
    ]


def test_a_slice_and_no_rows() -> None:
    whole = batch([("a", "text", None), ("b", "text", None), ("a", "text", None)])
    assert distinct(whole.slice(1), ["text"]).firsts.tolist() == [0, 1]
    none = distinct(whole.slice(3), ["text", "kind"])
    assert (none.firsts.tolist(), none.which.tolist()) == ([], [])
    empty = pa.RecordBatch.from_pylist([], schema=FOUND)
    schema = pa.schema([("seq", pa.int64()), ("what", pa.string())])
    assert none.attach(empty, whole.slice(3), schema).num_rows == 0
