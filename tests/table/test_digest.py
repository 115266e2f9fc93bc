"""A row digest depends on the rows and nothing else; tables survive being written and loaded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.errors import InputRefused
from saksi.table.digest import RowDigest
from saksi.table.load import load_table
from saksi.table.order import thread_order
from saksi.table.schema import MESSAGE_SCHEMA
from saksi.table.threads import ThreadSummaries
from saksi.table.write import write_file, write_rows

text = st.text(max_size=8) | st.none()
row = st.fixed_dictionaries(
    {
        "message_id": st.text("0123456789abcdef-.", min_size=1, max_size=12),
        "source_digest": st.just("d" * 64),
        "thread_id": st.sampled_from(["a", "b", None]),
        "sender_name": text,
        "text": text,
        "sent_at": st.integers(0, 2**50) | st.none(),
        "seq": st.integers(0, 2**40),
        "attachments": st.none()
        | st.lists(
            st.fixed_dictionaries(
                {"name": text, "digest": text, "media_type": text, "size": st.integers(0, 9) | st.none(), "state": text}
            ),
            max_size=2,
        ),
        "flags": st.none() | st.lists(st.text(max_size=3), max_size=3),
        "confidence": st.none() | st.floats(0, 1, width=32),
    }
)
rows = st.lists(row, max_size=12)


def batch(values: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(values, schema=MESSAGE_SCHEMA)


def digest(*batches: pa.RecordBatch) -> str:
    d = RowDigest(MESSAGE_SCHEMA)
    for b in batches:
        d.update(b)
    return d.hexdigest()


@given(rows, st.integers(0, 12))
def test_digest_does_not_depend_on_batches(values: list[dict[str, Any]], cut: int) -> None:
    whole = batch(values)
    assert digest(whole) == digest(whole.slice(0, cut), whole.slice(cut))
    assert digest(whole) == digest(batch(values[:cut]), batch(values[cut:]))


@given(rows, rows)
def test_digest_tells_rows_apart(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    same = batch(a).to_pylist() == batch(b).to_pylist()
    assert (digest(batch(a)) == digest(batch(b))) == same


def test_digest_tells_null_from_empty_and_shifted_text() -> None:
    base = {"message_id": "m", "seq": 0}
    variants = [
        [{**base, "text": None}],
        [{**base, "text": ""}],
        [{**base, "flags": None}, base],
        [{**base, "flags": []}, base],
        [{**base, "text": "ab", "sender_name": "c"}],
        [{**base, "text": "a", "sender_name": "bc"}],
        [{**base, "text": "ab"}, {**base, "text": "c"}],
        [{**base, "text": "a"}, {**base, "text": "bc"}],
        [{**base, "attachments": [{"name": "x"}]}],
        [{**base, "attachments": [{"digest": "x"}]}],
    ]
    assert len({digest(batch(v)) for v in variants}) == len(variants)


@given(rows)
def test_jsonl_and_parquet_round_trip(values: list[dict[str, Any]]) -> None:
    import tempfile

    table = pa.Table.from_batches([batch(values)])
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("jsonl", "parquet"):
            path = Path(folder) / f"t.{ending}"
            assert write_file(table.to_batches(), MESSAGE_SCHEMA, path, ending) == len(values)
            assert load_table(path, MESSAGE_SCHEMA).to_pylist() == table.to_pylist()
            assert [p.name for p in Path(folder).iterdir() if p.suffix == ".part"] == []


def test_csv_tells_null_from_empty() -> None:
    out = io.BytesIO()
    write_rows(
        [batch([{"message_id": "m", "text": None}, {"message_id": "n", "text": ""}])], MESSAGE_SCHEMA, out, "csv"
    )
    header, first, second = out.getvalue().decode().splitlines()
    at = header.replace('"', "").split(",").index("text")
    assert first.split(",")[at] == ""
    assert second.split(",")[at] == '""'


@pytest.mark.parametrize("content", [b"not json\n", b'{"no_such_column": 1}\n', b'{"seq": "x"}\n', b"PAR1 broken"])
def test_what_is_no_table_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    with pytest.raises(InputRefused):
        load_table(path, MESSAGE_SCHEMA)


def test_thread_order_newest_first_and_unknown_times() -> None:
    def at(*times: int | None) -> list[int]:
        values = [{"message_id": str(i), "seq": i, "sent_at": t} for i, t in enumerate(times)]
        return list(thread_order(batch(values)))

    assert at(1, 2, 2, 3) == [0, 1, 2, 3]
    assert at(3, 2, 2, 1) == [3, 2, 1, 0], "newest first: rows of one instant turn round too"
    assert at(1, 5, 3, 6) == [0, 2, 1, 3]
    assert at(3, None, 1) == [0, 1, 2], "an unknown time never moves a message"
    assert thread_order(batch([])).dtype == np.int64


def test_thread_summaries_count_across_batches() -> None:
    s = ThreadSummaries()
    values = [
        {
            "message_id": str(i),
            "source_digest": "d",
            "thread_id": t,
            "thread_title": "T",
            "platform": "whatsapp",
            "sender_name": n,
            "sender_id": a,
            "sent_at": w,
            "sent_at_text": x,
            "seq": i,
        }
        for i, (t, n, a, w, x) in enumerate(
            [
                ("a", "Budi", None, 5, "five"),
                ("a", "Rina", "+62", 9, "nine"),
                ("b", None, None, None, None),
                ("a", "Budi", None, 2, "two"),
            ]
        )
    ]
    s.update(batch(values[:2]))
    s.update(batch(values[2:]))
    a, b = s.rows()
    assert (a["records"], a["first_at"], a["last_at"], a["first_at_text"], a["last_at_text"]) == (
        3,
        2,
        9,
        "five",
        "two",
    )
    assert a["accounts"] == {"+62": 1, "Budi": 2}
    assert (b["records"], b["first_at"], b["accounts"]) == (1, None, {})
