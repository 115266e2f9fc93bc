"""A large case still gives a report that a person can open, and it says what it leaves out."""

from __future__ import annotations

import io
import re

import pyarrow as pa
from pypdf import PdfReader

from saksi import report
from saksi.report._evidence import LINES_MAX, gather, shown_marks
from tests.report.fake_case import MADE_US, FakeCase


class Large(FakeCase):
    """200,000 rows kept as Arrow, made once."""

    _batches: list[pa.RecordBatch]

    def batches(self, columns=None):  # type: ignore[no-untyped-def]
        for b in self._batches:
            yield b.select(list(columns)) if columns else b


def large(n: int = 200_000, every: int = 40, text: str = "pesan 😀 " * 12) -> Large:
    c = Large()
    c.message("wa", text, "Dimas", 0)
    one = pa.Table.from_pylist(c.rows, schema=next(iter(FakeCase.batches(c))).schema)
    row = one.to_batches()[0]
    digest = c.rows[0]["source_digest"]
    seqs = list(range(n))
    taken = row.take(pa.array([0] * n))
    whole = taken.set_column(taken.schema.get_field_index("seq"), "seq", pa.array(seqs, pa.int64()))
    whole = whole.set_column(0, "message_id", pa.array([f"{digest[:16]}-0-{s}" for s in seqs]))
    at = [c.rows[0]["sent_at"] + s * 1_000_000 for s in seqs]
    whole = whole.set_column(whole.schema.get_field_index("sent_at"), "sent_at", pa.array(at, pa.timestamp("us", tz="UTC")))
    c._batches = [whole.slice(i, 50_000) for i in range(0, n, 50_000)]
    base = {"thread_id": c.rows[0]["thread_id"], "source_digest": digest, "by": "other", "start": 0, "end": 5, "rule": "r",
            "version": 1, "because": {"id": "alasan", "en": "reason"}}
    c.mark_rows = [
        {**base, "mark_id": f"m{s}", "message_id": f"{digest[:16]}-0-{s}", "seq": s, "signal": "threat_to_share",
         "phase": "sextortion", "strength": "strong" if s == 199_960 else "weak"} for s in range(0, n, every)
    ]
    return c


def test_bounded_size_pages_and_an_exact_account_of_what_is_left_out() -> None:
    c = large()
    files = report.render(c, "chronology", "id", MADE_US)
    page = next(b for n, b in files.items() if n.endswith(".html")).decode()
    pdf = next(b for n, b in files.items() if n.endswith(".pdf"))
    assert len(page) < 8_000_000
    assert len(PdfReader(io.BytesIO(pdf)).pages) <= 120
    said = re.search(r"([\d.]+) dari ([\d.]+) petikan \(([\d.]+) tanda, ([\d.]+) pesan\)", page)
    assert said is not None
    left, total, marks, _ = (int(x.replace(".", "")) for x in said.groups())
    shown = page.count("<article ")
    assert (left + shown, total) == (5000, 5000)
    assert marks == 5000 - shown
    assert 'id="S1-199960"' in page  # the strong one is printed though it is the last


def test_rows_are_read_for_chosen_windows_only() -> None:
    c = large(every=7)
    found = gather(c, shown_marks(c), [])
    assert len(found.rows) <= LINES_MAX
