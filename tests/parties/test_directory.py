"""The directory: nothing from memory, nothing without a source, nothing unchecked on the safety card."""

from __future__ import annotations

import re

import msgspec
import pytest

from saksi import parties
from saksi.datafiles import load
from saksi.errors import DataFileError
from saksi.parties import directory
from saksi.parties.directory import Party, Review
from saksi.words import say

ALL = load(directory.FOLDER / "directory.yaml", list[Party])

# Every number and address that facts PARTIES gives with "src", typed from there a second time.
SOURCED = {
    "129", "08111-129-129", "110", "patrolisiber.id", "cybercrime@polri.go.id", "148", "0857-7001-0048", "lpsk_ri@lpsk.go.id",
    "www.lpsk.go.id", "pengaduan@komnasperempuan.go.id", "021-3903963", "s.id/6Tsdx", "pengaduan.kpai.go.id", "021-3190-1556",
    "aduankonten.id", "0811-922-4545", "https://report.iwf.org.uk/id", "takeitdown.ncmec.org", "stopncii.org",
    "talithakum.indonesia@gmail.com", "talithakumindonesia.com", "iasc.ojk.go.id",
}


def test_no_channel_that_the_facts_do_not_give() -> None:
    given = {c.value for contact in parties.contacts("id") for c in contact.channels}
    assert given == SOURCED


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_contact_is_sourced_and_labelled(lang: str) -> None:
    shown = parties.contacts(lang)
    assert {c.key for c in shown} == {p.key for p in ALL if p.status == "read"}
    for contact in shown:
        assert contact.source
        assert contact.source in contact.label
        assert (contact.date or say("parties.no_date", lang)) in contact.label
        assert say("parties.not_reviewed", lang) in contact.label
        assert contact.role


def test_memory_is_never_given_out() -> None:
    assert any(p.status == "memory" for p in ALL)
    assert not {"platforms", "cekrekening"} & {c.key for c in parties.contacts("en")}


def test_by_need_and_age() -> None:
    assert [c.key for c in parties.contacts("id", need="police")] == ["polri_110", "patrolisiber"]
    child = {c.key for c in parties.contacts("id", child=True, need="platform")}
    adult = {c.key for c in parties.contacts("id", child=False, need="platform")}
    unknown = {c.key for c in parties.contacts("id", child=None, need="platform")}
    assert "take_it_down" in child
    assert "stopncii" not in child
    assert "stopncii" in adult
    assert not {"take_it_down", "iwf_indonesia"} & adult
    assert unknown == child | adult
    with pytest.raises(LookupError):
        parties.contacts("id", need="pizza")


def test_safety_card_has_only_reviewed_contacts() -> None:
    assert parties.safety_card_contacts("id") == []  # reviews.yaml is empty: nobody called yet
    assert "{" not in say("parties.card_empty", "id")


def test_a_review_puts_a_contact_on_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    review = Review("sapa129", "R1", "2026-11-24", "called", "answered")
    reviewed = [msgspec.structs.replace(p, review=p.key) if p.key == "sapa129" else p for p in ALL]
    undated = [msgspec.structs.replace(p, date=None) for p in reviewed]
    directory.check(reviewed, [review])
    monkeypatch.setattr(directory, "_directory", lambda: (reviewed, {"sapa129": review}))
    card = parties.safety_card_contacts("en", child=True)
    assert [c.key for c in card] == ["sapa129"]
    assert "2026-11-24" in card[0].label
    assert (card[0].contact, card[0].review) == ("129, 08111-129-129", "2026-11-24")
    monkeypatch.setattr(directory, "_directory", lambda: (undated, {"sapa129": review}))
    assert parties.safety_card_contacts("en") == []


def test_defects_of_the_files_are_refused() -> None:
    with pytest.raises(DataFileError):
        directory.check([ALL[0], ALL[0]], [])
    with pytest.raises(DataFileError):
        directory.check([msgspec.structs.replace(ALL[0], date="last year")], [])
    with pytest.raises(DataFileError):
        directory.check([msgspec.structs.replace(ALL[0], review="nobody")], [])
    with pytest.raises(DataFileError):
        directory.check([ALL[0]], [Review("nobody", "R1", "2026-11-24", "called", "ok")])
    with pytest.raises(DataFileError):
        directory.check([ALL[0]], [Review("sapa129", "R1", "2026", "called", "ok")])


def test_every_need_has_a_label() -> None:
    for need in parties.NEEDS:
        assert re.search(r"\w", say(f"parties.need_{need}", "id"))
        assert parties.contacts("id", need=need)
