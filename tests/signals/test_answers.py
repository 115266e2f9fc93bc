"""What the person at risk answers, and what others only tell: pleas, payments, jokes, quotations, reported threats."""

from __future__ import annotations

import pytest

from tests.signals.build import marks, shown, thread

THREAT = "transfer sekarang atau video itu aku sebar"
PLEAS = (
    "tolong jangan, aku takut", "tolong jangan, aku mohon", "jangan, aku mohon jangan", "jangan kak, kumohon",
    "aku gak bisa tidur", "tolong berhenti, aku takut banget, aku gak bisa tidur", "ampun, tolong hapus",
    "please don't do this", "i'm begging you", "please stop, I'm scared",
)
LIFE = (
    "aku gak kuat lagi", "aku udah gak sanggup lagi", "pengen ngilang aja rasanya", "aku pengen mati aja wkwk",
    "hidupku udah hancur", "I can't do this anymore", "i want to die lol", "i just want to disappear",
    'tadi dia tulis "mending kamu mati", sekarang aku pengen mati',
)


@pytest.mark.parametrize("plea", PLEAS)
def test_a_plea_after_a_threat_is_distress(plea: str) -> None:
    assert (1, "distress") in shown(thread(("A", THREAT), ("B", plea)), "B")
    assert (1, "distress") in shown(thread(("A", THREAT), ("B", plea)))


@pytest.mark.parametrize("plea", ["tolong jangan, aku mohon", "please don't send it to everyone yet", "jangan dong kak"])
def test_a_plea_without_a_threat_before_it_is_none(plea: str) -> None:
    assert shown(thread(("A", "revisinya aku kirim ke semua ya"), ("B", plea)), "B") == set()
    assert (0, "distress") not in shown(thread(("B", plea), ("A", THREAT)), "B")


def test_who_threatens_does_not_plead() -> None:
    assert (1, "distress") not in shown(thread(("A", THREAT), ("A", "tolong jangan, aku takut")), "B")


@pytest.mark.parametrize("words", LIFE)
def test_words_of_self_harm_need_no_threat_and_no_joke_hides_them(words: str) -> None:
    assert (0, "distress") in shown(thread(("B", words)), "B")


def test_a_message_has_one_plea_at_most_and_it_names_its_rule() -> None:
    found = marks(thread(("A", THREAT), ("B", "tolong jangan, aku takut. jangan, aku mohon")), "B").to_pylist()
    pleas = [m for m in found if m["seq"] == 1 and m["rule"].startswith("id._plea")]
    assert [m["signal"] for m in pleas] == ["distress"]
    assert pleas[0]["because"]["id"]
    assert pleas[0]["strength"] == "strong"


def test_payment_made_needs_somebody_elses_act() -> None:
    assert shown(thread(("A", "totalnya 185rb kak"), ("B", "sudah aku transfer kak")), "B") == set()
    assert (1, "payment_made") in shown(thread(("A", THREAT), ("B", "sudah aku transfer kak")), "B")


@pytest.mark.parametrize("told", [
    "katanya ada yang ngancam sebar video kamu", "ada yang mau nyebar foto temanku",
    "Pria Ancam Sebar Video Mantan, Korban Diperas Rp 5 Juta", "katanya dia punya rekamannya, kalau gak transfer mau disebar",
    "some guy is threatening to leak your video unless you pay",
])
def test_told_threats_are_nobodys_here(told: str) -> None:
    assert shown(thread(("A", told), ("B", "hah?")), "B") == set()


@pytest.mark.parametrize("threat", [
    "dia bilang kamu cerita ke polisi. kalau lapor lagi foto kamu aku sebar ke keluargamu",
    "temenku bilang kamu online. transfer sekarang atau gue sebar video lu",
    "he said you told the cops. pay now or i leak your video to everyone",
])
def test_a_threat_behind_a_report_of_another_matter_stays(threat: str) -> None:
    assert (0, "threat_to_share") in shown(thread(("A", threat)), "B")


@pytest.mark.parametrize("threat", [
    "kalau gak bikin konten lagi, videomu aku upload ke grup kelas", "awas ya besok, kalau enggak fotomu aku sebar",
])
def test_an_everyday_word_does_not_hide_a_threat(threat: str) -> None:
    assert (0, "threat_to_share") in shown(thread(("A", threat)), "B")


@pytest.mark.parametrize("words", [
    "siap, aku sebar ke grup sebelah", "kamu gak sendirian ya, ini bukan salahmu", "chatnya jangan dihapus, disimpan semua",
    "you are not alone in this", "kalau kamu mau, foto itu aku kirim ke mama ya", "siap-siap videomu viral, keren banget",
])
def test_kind_words_are_no_marks_even_beside_a_threat(words: str) -> None:
    assert {s for s in shown(thread(("A", THREAT), ("A", words)), "B") if s[0] == 1} == set()
