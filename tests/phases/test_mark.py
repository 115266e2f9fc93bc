"""Phases: what becomes one, what does not, where it begins and ends, and what its sentence says."""

from __future__ import annotations

import pytest

from saksi import phases
from saksi.phases.mark import phase_rules
from saksi.signals import taxonomy
from saksi.table.schema import PHASE_SCHEMA, PHASES
from tests.signals.build import marks, phases_of, thread

THREAT = "kalau gak transfer 500rb sekarang aku sebar video kamu ke grup sekolah"
SOLICIT = [("A", "pap dong sayang"), ("B", "gak mau kak"), ("A", "kalau sayang buktiin dong, janji gak disebar")]


def names(rows: list[dict[str, object]]) -> list[object]:
    return [r["phase"] for r in rows]


def test_phases_of_a_scripted_thread() -> None:
    rows = thread(*SOLICIT, {"sender_name": "B", "kind": "media", "text": None}, ("A", THREAT), ("B", "tolong jangan kak"))
    found = phases_of(rows, "B")
    assert names(found) == ["solicitation", "sextortion"]
    first, second = found
    assert (first["first_seq"], first["last_seq"]) == (0, 2)
    assert first["people"] == ["A"]
    assert first["thread_ids"] == ["t"]
    assert "permintaan foto atau video (1 pesan)" in first["because"]["id"]
    assert second["strength"] == "strong"
    assert "threats to share" in second["because"]["en"]
    assert first["first_at"] < first["last_at"] < second["first_at"]


@pytest.mark.parametrize("turns", [
    [("A", "pap dong sayang"), ("B", "nih lagi makan")],
    [("A", "umur kamu berapa"), ("A", "sekolah di mana"), ("B", "kelas 9 kak")],
    [("A", "transfer 500rb ke rekening ibu ya"), ("B", "oke")],
    [("A", "jangan bilang siapa-siapa ya, kejutan ulang tahun Ibu"), ("A", "kamu jemput kuenya")],
    [("A", "segera bayar pinjaman anda atau data anda kami sebar ke semua kontak"), ("A", "transfer hari ini")],
    [("A", "katanya ada yang ngancam sebar video kamu, hati-hati ya")],
    [("A", "ada yang mau nyebar foto temanku"), ("B", "siapa?")],
    [("A", "Pria Ancam Sebar Video Mantan, Korban Diperas Rp 5 Juta"), ("B", "ngeri")],
    [("A", "katanya mantan dia mau sebar video kamu, hati-hati ya")],
])
def test_what_is_no_phase(turns: list[tuple[str, str]]) -> None:
    assert phases_of(thread(*turns), "B") == []


def test_a_month_of_silence_begins_a_new_stretch() -> None:
    month = 60 * 24 * 31
    assert names(phases_of(thread(("A", THREAT), ("A", THREAT), minutes=month), "B")) == ["sextortion", "sextortion"]
    assert names(phases_of(thread(("A", THREAT), ("A", THREAT)), "B")) == ["sextortion"]


def test_two_people_have_two_phases() -> None:
    found = phases_of(thread(("A", THREAT), ("C", THREAT), ("B", "jangan")), "B")
    assert [f["people"] for f in found] == [["A"], ["C"]]


def test_without_instants_phases_have_none() -> None:
    found = phases_of(thread(("A", THREAT), minutes=None), "B")
    assert [(f["first_at"], f["last_at"]) for f in found] == [(None, None)]


def test_words_of_the_person_at_risk_name_no_act() -> None:
    found = phases_of(thread(("B", "open bo ready malam ini"), ("A", "halo")), "B")
    assert names(found) == ["exploitation"]
    assert found[0]["people"] == ["A"]
    assert "whose will" in found[0]["because"]["en"]


def test_nobody_known_is_said() -> None:
    (found,) = phases_of(thread(("A", THREAT), ("B", "apa")))
    assert "It is not known who may be at risk." in found["because"]["en"]


def test_ids_are_stable_and_apart() -> None:
    rows = thread(*SOLICIT, ("A", THREAT), ("C", THREAT))
    one, two = phases_of(rows, "B"), phases_of(rows, "B")
    assert one == two
    ids = [f["phase_id"] for f in one]
    assert len(set(ids)) == len(ids)
    assert all(len(i) == 17 and i[0] == "p" for i in ids)


def test_every_mark_named_by_a_phase_exists_and_is_of_it() -> None:
    rows = thread(*SOLICIT, ("A", THREAT))
    by_id = {m["mark_id"]: m for m in marks(rows, "B").to_pylist()}
    for phase in phases_of(rows, "B"):
        assert phase["marks"]
        assert {by_id[m]["phase"] for m in phase["marks"]} == {phase["phase"]}


def test_nothing_in_nothing_out() -> None:
    rows = thread(("A", "halo"))
    assert phases.mark_phases(rows, marks(rows, "B")).equals(PHASE_SCHEMA.empty_table())


def test_rules_name_signals_of_their_phase() -> None:
    rules = phase_rules()
    assert set(rules) == set(PHASES)
    for phase, rule in rules.items():
        assert {taxonomy().signals[s].phase for s in rule.one_of} == {phase}
        assert all(2 <= e.own <= e.overall for e in rule.enough)
