"""What must hold for any text: spans, order, gates that lose nothing, linear time; and forms of random numbers."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.identifiers import find, find_in
from saksi.identifiers.finder import BROAD_GATE, FINDERS
from saksi.identifiers.fold import fold, lower
from saksi.identifiers.money import canonical, number
from saksi.table.schema import IDENTIFIER_KINDS, IDENTIFIER_SCHEMA, MESSAGE_SCHEMA
from saksi.words import area
from tests.identifiers.test_harmless import LINES
from tests.identifiers.test_table import CRYPTO, FOUND, PHONES

# Text made of what identifiers are made of: random Unicode alone would hardly ever come near one.
_PIECES = st.sampled_from([
    "0860", "1234", "5678", "62", "+", "08", "8", "0", " ", "-", ".", ",", "/", "(", ")", "\n", "@", ":", "Rp", "rb", "jt",
    "juta", "ribu", "k", "$", "BCA", "bri", "dana", "ovo", "rek", "a.n.", "https://", "www.", "t.me/+", "wa.me/", "example.com",
    "AbCdEf123456", "ig", "tele", "nol", "delapan", "enam", "satu", "\u200b", "\u00a0", "８", "٠", "①", "😀", "İ", "O", "l",
    "000201", "6304", "0x", "bc1q", "id", "bayar", "total", "500.000", "sejuta", "setengah", "ß", "\ufdfa", "\x00",
])
_TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=14).map("".join))


def messages(texts: list[str | None], platform: str | None = "whatsapp") -> pa.RecordBatch:
    """A batch of MESSAGE_SCHEMA with these texts."""
    n = len(texts)
    columns = {field.name: pa.nulls(n, field.type) for field in MESSAGE_SCHEMA}
    columns["text"] = pa.array(texts, pa.string())
    columns["seq"] = pa.array(range(n), pa.int64())
    columns["message_id"] = pa.array([f"m{i}" for i in range(n)], pa.string())
    columns["thread_id"] = pa.array(["t"] * n, pa.string())
    columns["source_digest"] = pa.array(["d"] * n, pa.string())
    columns["platform"] = pa.array([platform] * n, pa.string())
    return pa.RecordBatch.from_arrays([columns[f.name] for f in MESSAGE_SCHEMA], schema=MESSAGE_SCHEMA)


@given(_TEXTS)
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(lower(fold(text))) == len(text)


@given(st.lists(_TEXTS, max_size=6))
def test_batch_and_text_agree_and_spans_hold(texts: list[str]) -> None:
    found = find(messages(list(texts)))
    assert found.schema.equals(IDENTIFIER_SCHEMA)
    rows = found.to_pylist()
    alone = [(i, h.kind, h.value, h.start, h.end, h.reason) for i, t in enumerate(texts) for h in find_in(t, "whatsapp")]
    assert [(r["seq"], r["kind"], r["value"], r["start"], r["end"], r["reason"]) for r in rows] == alone
    reasons = area("identifiers")
    for row in rows:
        assert texts[row["seq"]][row["start"] : row["end"]] == row["as_written"] != ""
        assert row["kind"] in IDENTIFIER_KINDS
        assert row["reason"] in reasons


@given(_TEXTS)
def test_overlaps_are_only_the_documented_ones(text: str) -> None:
    hits = find_in(text)
    allowed = {frozenset(("link", "phone")), frozenset(("invite", "phone")), frozenset(("ewallet", "phone")), frozenset(("ewallet",))}
    for i, a in enumerate(hits):
        for b in hits[i + 1 :]:
            if a.start < b.end and b.start < a.end:
                assert frozenset((a.kind, b.kind)) in allowed, (a, b)


def test_gates_lose_nothing_of_the_tables() -> None:
    texts = [text for text, _ in FOUND] + PHONES + [w for w, _ in CRYPTO]
    rows = find(messages(list(texts))).to_pylist()
    alone = [(i, h.kind, h.value) for i, t in enumerate(texts) for h in find_in(t, "whatsapp")]
    assert [(r["seq"], r["kind"], r["value"]) for r in rows] == alone
    assert len(rows) > len(texts)


def test_null_empty_and_no_rows() -> None:
    assert find(messages([None, "", "halo"])).num_rows == 0
    assert find(messages([])).schema.equals(IDENTIFIER_SCHEMA)
    row = find(messages([None, "wa 0860-1234-5678"])).to_pylist()[0]
    assert (row["seq"], row["message_id"], row["thread_id"], row["source_digest"]) == (1, "m1", "t", "d")


def test_a_slice_of_a_batch() -> None:
    batch = messages(["wa 0860-1234-5678", "halo", "500rb"]).slice(2)
    assert [r["value"] for r in find(batch).to_pylist()] == ["IDR:500000"]


@given(st.text("0123456789", min_size=7, max_size=9), st.data())
def test_any_form_of_a_random_number(rest: str, data: st.DataObject) -> None:
    """+62 860 and 7 to 9 digits, in every usual grouping, with every usual sign between: found, equal, whole."""
    gap = data.draw(st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", " - "]))
    cut = data.draw(st.integers(3, 4))
    groups = [rest[:cut], rest[cut:]] if gap else [rest]
    if len(groups[-1]) == 0:
        groups = groups[:1]
    head = data.draw(st.sampled_from(["0860", "62860", "+62860", "+62 860", "(0860)", "+62-860", "62 860"]))
    written = gap.join([head, *groups])
    before, after = data.draw(st.sampled_from([("", ""), ("wa ", " ya"), ("(", ")"), ("nomor: ", "."), ("\n", "\n")]))
    hits = find_in(before + written + after)
    assert [(h.kind, h.value) for h in hits] == [("phone", f"+62860{rest}")]
    assert hits[0].end - hits[0].start >= len(written) - 1  # the opening bracket may stay outside


@given(st.integers(1, 999_999_999))
def test_amounts_written_and_read_back(thousands: int) -> None:
    amount = thousands * 1000
    dotted = f"{amount:,}".replace(",", ".")
    for text in (f"Rp {dotted}", f"Rp{dotted},-", f"{dotted} rupiah", f"IDR {amount:,}", f"Rp{amount}"):
        assert [h.value for h in find_in(text)] == [f"IDR:{amount}"], text


@pytest.mark.parametrize(("written", "value"), [
    ("1.250,5", "1250.5"), ("1,250.50", "1250.5"), ("1.250", "1250"), ("1,25", "1.25"), ("1.2", "1.2"), ("500", "500"),
])
def test_numbers(written: str, value: str) -> None:
    assert canonical("X", number(written)) == f"X:{value}"


HOSTILE = [
    "0" * 1_000_000, "08" * 500_000, "8 " * 500_000, "@" * 1_000_000, "a@" * 300_000, "a." * 500_000, "www." * 250_000,
    "https://" * 125_000, "Rp" * 500_000, "Rp 1." * 200_000, "1.000." * 160_000, "nol delapan " * 80_000, "000201" * 160_000,
    "BCA " * 250_000, "BCA 12345678 " * 3_000, "dana 086012345678 " * 2_000, "(" * 1_000_000, "0x" * 500_000, "t.me/+" * 160_000,
    "satu ratus ribu " * 50_000, "0860-" * 200_000, "ig:" * 300_000, "a" * 1_000_000, "1" * 33 + " ", "+" * 500_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[t[:12] for t in HOSTILE])
def test_hostile_megabytes_take_seconds(text: str) -> None:
    start = time.process_time()
    find(messages([text]))
    assert time.process_time() - start < 8


def test_gates_stay_small_automata() -> None:
    """A gate whose automaton outgrows RE2's memory costs 200 times as much; nobody sees it but the clock."""
    import pyarrow.compute as pc

    texts = pa.array(LINES * 20)
    for gate in (BROAD_GATE, *(f.gate for f in FINDERS)):
        pc.match_substring_regex(texts, gate)
        start = time.process_time()
        pc.match_substring_regex(texts, gate)
        assert (time.process_time() - start) / len(texts) < 4e-6, gate[:60]
