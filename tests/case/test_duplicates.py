"""Overlapping exports: what repeats is marked and counted once, whatever the order of the call; what only looks alike is not."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from saksi import verbs
from saksi.case.duplicates import repeats
from saksi.case.store import Case
from saksi.case.view import StoredView
from saksi.table.schema import MESSAGE_SCHEMA
from tests.case.test_store import CHEAP, PASSPHRASE

THREAT = "kalau gak transfer 500rb ke BCA 1230004567 sekarang aku sebar foto itu ke grup sekolah"


def line(n: int, who: str, text: str) -> str:
    return f"{13 + n // 60:02}/03/26 {20 + n // 60 % 3:02}.{n % 60:02} - {who}: {text}\n"


CHAT = [line(n, "Kak Arga" if n % 2 else "Wulan Contoh", f"obrolan nomor {n}") for n in range(30)]
CHAT[12] = line(12, "Wulan Contoh", "\u200eIMG-20260313-WA0001.jpg (file terlampir)")
CHAT[16] = line(16, "Kak Arga", THREAT)
CHAT[20] = line(20, "Kak Arga", "transfer ke BCA 1230004567 sekarang, mana uangnya")
OMITTED = line(12, "Wulan Contoh", "<Media tidak disertakan>")


def write(folder: Path, **chats: Sequence[str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, lines in chats.items():
        paths.append(folder / f"{name}.txt")
        paths[-1].write_text("".join(lines), encoding="utf-8")
    return paths


def build(case: Path, paths: Sequence[Path]) -> dict[str, Any]:
    options = verbs.BuildOptions(zone="WIB", date_order="dmy", at_risk=("Wulan Contoh",))
    return verbs.build(case, PASSPHRASE, paths, options, kdf=CHEAP).data


def duplicates(case: Path) -> dict[str, list[str | None]]:
    """duplicate_of by label, as "S1 #3"."""
    with Case.open(case, PASSPHRASE) as c:
        cites: dict[str, str] = {}
        found: dict[str, list[str | None]] = {}
        for label, _, _ in c.sources():
            rows = [r for b in c.batches(label, "messages") for r in b.to_pylist()]
            cites |= {r["message_id"]: f"{label} #{r['seq']}" for r in rows}
            found[label] = [None if r["duplicate_of"] is None else cites[r["duplicate_of"]] for r in rows]
        return found


def test_an_overlap_is_marked_in_the_later_source(tmp_path: Path) -> None:
    paths = write(tmp_path, a=CHAT[:20], b=CHAT[10:])
    data = build(tmp_path / "K", paths)
    assert duplicates(tmp_path / "K") == {"S1": [None] * 20, "S2": [f"S1 #{n}" for n in range(10, 20)] + [None] * 10}
    assert [s["duplicates"] for s in data["sources"]] == [0, 10]
    build(tmp_path / "K2", paths[::-1])
    assert duplicates(tmp_path / "K2") == duplicates(tmp_path / "K"), "order of the call"


def test_nothing_is_removed_and_every_mark_stands_once(tmp_path: Path) -> None:
    whole = build(tmp_path / "K", write(tmp_path / "w", a=CHAT))
    parts = build(tmp_path / "K2", write(tmp_path / "p", a=CHAT[:18], b=CHAT[10:]))
    assert sum(s["records"] for s in parts["sources"]) == 18 + 20
    assert parts["marks"] == whole["marks"] > 0
    with Case.open(tmp_path / "K2", PASSPHRASE) as case:
        found = {m["seq"]: m for m in case.table("S2", "marks", MARKS).to_pylist()}
        assert set(found) == {10}, "the demand behind the threat that S1 holds too: the threat is heard, its mark is S1's"


MARKS = verbs.EXPORTS["marks"]


def test_an_added_export_repeats_what_was_there_and_decisions_stay(tmp_path: Path) -> None:
    first = write(tmp_path / "1", b=CHAT[:18])
    build(tmp_path / "K", first)
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        ids = set(case.table("S1", "marks", MARKS).column("mark_id").to_pylist())
    build(tmp_path / "K", write(tmp_path / "2", a=CHAT))
    assert duplicates(tmp_path / "K")["S2"] == [f"S1 #{n}" for n in range(18)] + [None] * 12
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        assert set(case.table("S1", "marks", MARKS).column("mark_id").to_pylist()) == ids
        before = len(case.derived())
    build(tmp_path / "K", first)
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        assert len(case.derived()) == before


def test_three_exports_point_to_the_first(tmp_path: Path) -> None:
    build(tmp_path / "K", write(tmp_path, a=CHAT[:20], b=CHAT[10:25], c=CHAT[15:30]))
    assert duplicates(tmp_path / "K")["S3"] == [
        *(f"S1 #{n}" for n in range(15, 20)), *(f"S2 #{n}" for n in range(10, 15)), *[None] * 5]  # fmt: skip


def test_with_and_without_media(tmp_path: Path) -> None:
    build(tmp_path / "K", write(tmp_path, a=CHAT, b=[*CHAT[5:12], OMITTED, *CHAT[13:25]]))
    assert duplicates(tmp_path / "K")["S2"] == [f"S1 #{n}" for n in range(5, 25)]


def test_two_copies_in_one_folder(tmp_path: Path) -> None:
    write(tmp_path / "ekspor", a=CHAT[:20], b=CHAT)
    build(tmp_path / "K", [tmp_path / "ekspor"])
    assert duplicates(tmp_path / "K") == {"S1": [None] * 20 + [f"S1 #{n}" for n in range(20)] + [None] * 10}


def test_a_deleted_message_keeps_what_the_other_export_said(tmp_path: Path) -> None:
    later = [*CHAT[:16], line(16, "Kak Arga", "Pesan ini telah dihapus"), *CHAT[17:]]
    build(tmp_path / "K", write(tmp_path, a=CHAT, b=later))
    assert [n for n, d in enumerate(duplicates(tmp_path / "K")["S2"]) if d is None] == [16]


def test_the_same_words_elsewhere_are_no_duplicates(tmp_path: Path) -> None:
    """Another chat of the same people; a greeting sent to two groups; another sender; another time."""
    group = [line(n, ("Kak Arga", "Wulan Contoh", "Sari")[n % 3], f"kelas {n}") for n in range(30)]
    greeting = [line(31, "Kak Arga", "Selamat pagi semua"), line(32, "Kak Arga", "ok"), line(33, "Wulan Contoh", "pagi")]
    build(tmp_path / "K", write(tmp_path, a=[*CHAT, *greeting], b=[*group, *greeting]))
    assert set(duplicates(tmp_path / "K")["S2"]) == {None}
    renamed = [x.replace("Kak Arga", "Penipu") for x in CHAT]
    moved = [x.replace("/03/26", "/04/26") for x in CHAT]
    build(tmp_path / "K2", write(tmp_path / "2", a=CHAT, b=renamed, c=moved))
    assert {d for ds in duplicates(tmp_path / "K2").values() for d in ds} <= {None, *(f"S1 #{n}" for n in range(0, 30, 2))}
    assert set(duplicates(tmp_path / "K2")["S3"]) == {None}


def test_documents_count_once_and_say_so(tmp_path: Path) -> None:
    build(tmp_path / "K", write(tmp_path / "p", a=CHAT[:18], b=CHAT[10:]))
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        view = StoredView(case)
        assert [(t.records, t.duplicates) for t in view.threads] == [(18, 0), (20, 8)]
        assert sum(n for t in view.threads for n in t.accounts.values()) == 30
        money = [i for i in view.identifiers.to_pylist() if i["kind"] == "money"]
        assert len(money) == 1
        out = verbs.write_documents(case, tmp_path / "out", "chronology", "id")
    html = next(p for p in out if p.suffix == ".html").read_text(encoding="utf-8")
    assert "8 baris mengulang" in html
    assert "S2: 8" in html
    assert "sama dengan pesan di S1" in html
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(next(p for p in out if p.suffix == ".pdf").read_bytes())).pages)
    assert "8 baris mengulang" in " ".join(text.split())


def test_search_says_what_repeats(tmp_path: Path) -> None:
    build(tmp_path / "K", write(tmp_path / "p", a=CHAT[:18], b=CHAT[10:]))
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        found = verbs.search(case, ["sebar"])["messages"]
    assert [m["duplicate_of"] is None for m in found] == [True, False]
    assert json.dumps(found)


def table(rows: Sequence[tuple[str, int, str]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"message_id": f"m{i}", "seq": i, "sender_name": w, "sent_at_text": str(t), "kind": "text", "text": x}
         for i, (w, t, x) in enumerate(rows)], schema=MESSAGE_SCHEMA)  # fmt: skip


ROWS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.sampled_from(["ok", "ya", "halo"])), max_size=25)


@given(ROWS, ROWS)
def test_pairs_are_equal_rows_in_order(earlier: list[tuple[str, int, str]], later: list[tuple[str, int, str]]) -> None:
    pairs = repeats(table(earlier), table(later))
    assert all(later[j] == earlier[i] for j, i in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))


@given(st.integers(0, 20), st.integers(1, 25), st.integers(0, 24), ROWS)
def test_a_part_of_a_chat_is_found_whole(start: int, length: int, step: int, words: list[tuple[str, int, str]]) -> None:
    """Minutes grow, so that rows differ by their time; runs of one minute may hold equal words."""
    chat = [(w, n // (1 + step % 3), x) for n, (w, _, x) in enumerate(words)]
    part = chat[start : start + length]
    pairs = repeats(table(chat), table(part))
    if len(set(part)) == len(part) == len({x for x in chat if x in part}) and len(part) > 1 and len(chat) == len(set(chat)):
        assert pairs == [(j, start + j) for j in range(len(part))]
    assert all(part[j] == chat[i] for j, i in pairs)


@pytest.mark.parametrize("n", [0, 1])
def test_too_little_to_tell(n: int) -> None:
    rows = [("A", 1, "ok"), ("B", 2, "ya"), ("A", 3, "hm")]
    assert repeats(table(rows), table(rows[:n])) == []
