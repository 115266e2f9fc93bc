"""Uninvolved people are initials everywhere but inside messages; involved accounts keep the export's name."""

from __future__ import annotations

import pytest

from saksi.report._who import Who, initials


@pytest.mark.parametrize(("name", "short"), [
    ("Siti Rahma", "S.R."), ("siti_rahma", "S.R."), ("+62 860 1112 2233", "…33"), ("😀", "?"), ("", "?"),
    ("Ibu", "I."), ("A B C D", "A.B.C."),
])
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short


def test_same_initials_are_numbered_in_a_fixed_order() -> None:
    who = Who({"Siti Rahma": [], "Sari Rini": [], "Dimas": []}, {"Dimas"})
    assert (who("Sari Rini"), who("Siti Rahma"), who("Dimas")) == ("S.R.", "S.R. (2)", "Dimas")


def test_titles_and_file_names_are_cleaned() -> None:
    who = Who({"user7": ["Siti Rahma"], "user9": ["Dimas"]}, {"user9"})
    assert who.clean("WhatsApp Chat with Siti Rahma.zip") == "WhatsApp Chat with S.R.zip"
    assert who.clean("SITI RAHMA") == "S.R."
    assert who.clean("Sitir Rahmat, Dimas") == "Sitir Rahmat, Dimas"
    assert who("user9") == "Dimas (user9)"
    assert "Siti" not in who("user7")


def test_a_name_shared_with_an_involved_account_is_not_hidden() -> None:
    who = Who({"user1": ["Rara"], "Rara": []}, {"Rara"})
    assert who.clean("Rara") == "Rara"


def test_hostile_names_are_no_patterns() -> None:
    who = Who({".*": ["(a+)+$"], "x": []}, {"x"})
    assert who.clean("semua orang") == "semua orang"


def test_names_run_together_in_paths() -> None:
    who = Who({"user7": ["Siti Rahma"], "user9": ["Dimas"], "Ani": []}, {"user9"})
    assert who.clean_path("inbox/sitirahma_178/photos/1.jpg") == "inbox/S.R./photos/1.jpg"
    assert who.clean_path("inbox/dimas_99/1.jpg") == "inbox/dimas_99/1.jpg"
    assert who.clean_path("organisasi/animasi.mp4") == "organisasi/animasi.mp4", "three letters stand in many words"
    assert who.clean_path("Siti.Rahma.mp4") == "S.R..mp4"
