"""Direction, co-occurrence, order, reported speech: who said what, and what counts. Non-explicit, invented words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from saksi import signals
from saksi.signals.senders import AtRisk
from saksi.table.schema import MARK_SCHEMA
from tests.signals.build import cues, marks, shown, thread

THREAT = "kalau gak transfer 500rb sekarang aku sebar video kamu ke grup sekolah"
ASK = "pap dong sayang"
SECRET = "jangan bilang siapa-siapa ya"
COLLECTOR = "segera bayar pinjaman anda atau data anda kami sebar ke semua kontak"


def test_a_threat_stands_alone() -> None:
    assert (0, "threat_to_share") in shown(thread(("A", THREAT), ("B", "apa?")), "B")


def test_the_person_at_risk_is_not_the_one_who_threatens() -> None:
    assert shown(thread(("A", "halo"), ("B", THREAT)), "B") == set()


def test_a_request_by_the_person_at_risk_is_no_mark() -> None:
    rows = thread(("B", ASK), ("B", SECRET), ("A", ASK), ("A", SECRET))
    assert {seq for seq, _ in shown(rows, "B")} == {2, 3}


def test_one_weak_cue_is_none_two_are() -> None:
    assert shown(thread(("A", ASK), ("B", "oke")), "B") == set()
    assert shown(thread(("A", ASK), ("A", SECRET)), "B") == {(0, "image_request"), (1, "secrecy")}


def test_cues_of_two_senders_do_not_add_up() -> None:
    assert shown(thread(("A", ASK), ("C", SECRET)), "B") == set()


def test_cues_far_apart_do_not_add_up() -> None:
    filler = [("A", "iya"), ("B", "oke")] * 201
    assert shown(thread(("A", ASK), *filler, ("A", SECRET), minutes=None), "B") == set()
    assert shown(thread(("A", ASK), ("A", SECRET), minutes=60 * 24 * 31), "B") == set()


def test_money_without_a_threat_is_commerce() -> None:
    ask_money = "transfer 500rb ke rekening aku ya"
    assert not any(s == "payment_demand" for _, s in shown(thread(("A", ask_money), ("A", SECRET), ("A", ASK)), "B"))
    assert (1, "payment_demand") in shown(thread(("A", THREAT), ("A", "transfer ke dana sekarang, mana uangnya")), "B") \
        or (0, "payment_demand") in shown(thread(("A", THREAT)), "B")


@pytest.mark.parametrize("text", [
    "dia bilang " + THREAT, "katanya " + THREAT, 'dia nulis gini: "' + THREAT + '"',
])
def test_reported_threats_are_not_the_speakers(text: str) -> None:
    assert not any(s in ("threat_to_share", "leverage") for _, s in shown(thread(("A", text), ("C", "ya ampun")), "B"))


def test_long_forwarded_text_is_reading_matter() -> None:
    said = {"sender_name": "A", "text": THREAT + ". " + "Hati-hati dengan modus seperti ini. " * 12}
    assert shown(thread(said | {"forwarded_from": "Berita"}), "B") == set()


def test_a_loan_collector_is_another_threat() -> None:
    found = shown(thread(("A", COLLECTOR), ("A", "transfer hari ini ke rekening kami")), "B")
    assert (0, "other_threat") in found
    assert {s for _, s in found} == {"other_threat"}


def test_duplicates_count_once() -> None:
    said = {"sender_name": "A", "text": THREAT}
    rows = thread(said, said | {"duplicate_of": "x"})
    assert {seq for seq, _ in shown(rows, "B")} == {0}


def test_nobody_known_only_what_holds_whoever_it_is() -> None:
    weak_only = thread(("A", ASK), ("A", SECRET), ("B", ASK), ("B", SECRET))
    assert shown(weak_only) == set()
    with_threat = marks(thread(("A", ASK), ("A", THREAT), ("B", "tolong jangan disebar, aku takut")))
    assert set(with_threat.column("by").to_pylist()) == {"unknown"}
    assert {"image_request", "threat_to_share", "distress"} <= set(with_threat.column("signal").to_pylist())


def test_distress_shows_the_crisis_card_and_only_of_the_person_at_risk() -> None:
    rows = thread(("B", "tolong jangan disebar, aku takut banget"))
    assert signals.crisis(marks(rows, "B"))
    assert signals.crisis(marks(rows))
    assert not signals.crisis(marks(rows, "A"))
    assert not signals.crisis(MARK_SCHEMA.empty_table())


def test_words_of_the_person_at_risk_are_never_phrased_as_her_act() -> None:
    found = marks(thread(("B", "open bo ready malam ini"), ("A", "halo")), "B").to_pylist()
    assert [m["by"] for m in found] == ["at_risk"] * len(found)
    assert found
    for m in found:
        assert "belum diketahui" in m["because"]["id"]
        assert "is not known" in m["because"]["en"]


def test_many_categories_make_weak_marks_strong() -> None:
    few = marks(thread(("A", ASK), ("A", SECRET)), "B")
    assert set(few.column("strength").to_pylist()) == {"weak"}
    many = marks(thread(("A", "umur kamu berapa"), ("A", ASK), ("A", SECRET), ("A", "kalau sayang buktiin dong")), "B")
    assert set(many.column("strength").to_pylist()) == {"strong"}


def test_marks_are_the_same_in_every_run_and_any_order_of_candidates() -> None:
    rows = thread(("A", ASK), ("A", SECRET), ("A", THREAT), ("B", "tolong jangan, aku takut"))
    found = cues(rows)
    turned = found.take(pa.array(list(range(found.num_rows))[::-1]))
    one = signals.resolve(rows, found, ["B"])
    assert one.equals(signals.resolve(rows, turned, ["b "]))
    assert one.schema == MARK_SCHEMA
    assert len(set(one.column("mark_id").to_pylist())) == one.num_rows
    assert all(len(m) == 17 and m[0] == "m" for m in one.column("mark_id").to_pylist())


def test_newest_first_exports_give_the_same_marks() -> None:
    turns = [("A", ASK), ("A", SECRET), ("A", THREAT)]
    rows = thread(*turns)
    backwards = rows.take(pa.array([2, 1, 0])).set_column(
        rows.schema.get_field_index("seq"), "seq", pa.array([0, 1, 2], pa.int64()))
    ids = marks(rows, "B").column("mark_id").to_pylist()
    assert marks(backwards, "B").column("mark_id").to_pylist() == ids


@pytest.mark.parametrize(("told", "sender", "same"), [
    ("Rina", "rina", True), (" Rina ", "Rina", True), ("Rina", "Rina A", False), ("Rina", "\u200eRina", True),
    ("0860 1111 2222", "+62 860-1111-2222", True), ("+6286011112222", "0860-1111-2223", False), ("9", "Kelas 9", False),
])
def test_who_is_who(told: str, sender: str, same: bool) -> None:
    assert AtRisk([told]).holds(None, sender) is same
    assert AtRisk([told]).holds(sender, None) is same


def test_inference_is_conservative() -> None:
    harmful = thread(("A", THREAT), ("B", "tolong jangan"))
    assert signals.infer_at_risk([(harmful, cues(harmful))]) == ["B"]
    both = thread(("A", THREAT), ("B", THREAT))
    assert signals.infer_at_risk([(both, cues(both))]) == []
    group = thread(("A", THREAT), ("B", "apa"), ("C", "hah"))
    assert signals.infer_at_risk([(group, cues(group))]) == []
    other = thread(("X", THREAT), ("Y", "jangan"), thread_id="u")
    assert signals.infer_at_risk([(harmful, cues(harmful)), (other, cues(other))]) == []
    owner = thread({"sender_name": "A", "text": THREAT, "direction": "in"}, {"sender_name": "B", "text": "ya",
                   "direction": "out"})
    assert signals.infer_at_risk([(owner, cues(owner)), (other, cues(other))]) == ["B"]
    talk = thread(("A", ASK), ("B", "nih"))
    assert signals.infer_at_risk([(talk, cues(talk))]) == []
    assert signals.infer_at_risk([]) == []


PLEAD = "tolong berhenti, aku gak sanggup lagi, rasanya mau mati aja"


def test_where_nobody_of_a_thread_is_at_risk_her_words_are_not_somebody_elses() -> None:
    """She writes under another name there: her distress stands, and nothing of hers is an offender's."""
    rows = thread(("A", THREAT), ("Rara", PLEAD), ("Rara", ASK))
    found = marks(rows, "user77").to_pylist()
    assert {(m["seq"], m["signal"]) for m in found} >= {(0, "threat_to_share"), (1, "distress")}
    assert {m["by"] for m in found} == {"unknown"}
    assert 2 not in {m["seq"] for m in found}
    silent = thread(("A", ASK), ("A", SECRET))
    assert shown(silent, "user77") == {(0, "image_request"), (1, "secrecy")}, "the person at risk may never have answered"


def numbered(*turns: tuple[str, str, str], thread_id: str) -> pa.Table:
    """A thread of (account, name, text); the account P1 sends `out`."""
    return thread(*({"sender_id": i, "sender_name": n, "text": t, "direction": "out" if i == "P1" else "in"} for i, n, t in turns),
                  thread_id=thread_id)


def test_one_owner_in_two_apps_is_inferred_in_both() -> None:
    telegram = numbered(("X", "Admin", THREAT), ("P1", "Rina W", "jangan"), thread_id="t")
    whatsapp = thread(("Kak D", THREAT), ("Rina W", PLEAD), thread_id="w")
    pairs = [(rows, cues(rows)) for rows in (telegram, whatsapp)]
    assert signals.infer_at_risk(pairs) == ["P1", "Rina W"]
    assert signals.infer_at_risk(pairs[::-1]) == ["P1", "Rina W"]
    named = numbered(("X", "Admin", THREAT), ("Q2", "Rina W", "jangan"), thread_id="t")
    assert signals.infer_at_risk([(named, cues(named)), pairs[1]]) == ["Q2", "Rina W"], "no owner, one name"


def test_a_name_that_an_offender_shows_too_is_not_inferred() -> None:
    """An account set up under the victim's name: the account number is inferred, the name is not."""
    telegram = numbered(("X", "Admin", THREAT), ("P1", "Rina W", "jangan"), thread_id="t")
    fake = numbered(("F", "Rina W", THREAT), ("P1", "Rina W", "itu bukan aku"), thread_id="f")
    assert signals.infer_at_risk([(r, cues(r)) for r in (telegram, fake)]) == ["P1"]
