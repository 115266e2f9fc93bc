"""The program's packs, through the linter; and that every signal is said in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi.errors import DataFileError
from saksi.signals import load_packs, packs, problems_of, taxonomy

GOOD = """language: id
phase: grooming
rules:
  - id: id.age_probe.1
    signal: age_probe
    version: 1
    any: ["umur {kamu} berapa"]
    because: {id: "Menanyakan umur.", en: "Asks age."}
    positive: ["umur kamu berapa", "Umur km berapa?", "umurrr kamu berapa"]
    near_miss: ["umur berapa", "kamu berapa", "umur dia berapa"]
"""


def folder_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "words.yaml").write_text("macros: {kamu: [kamu, km]}\n", encoding="utf-8")
    (tmp_path / "id" / "grooming.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_example_of_every_rule_holds() -> None:
    assert [f"{p.rule}: {p.what}" for p in problems_of(packs())] == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_signal_has_a_rule(language: str) -> None:
    said = {r.signal for r in packs().rules if r.id.startswith(f"{language}.")}
    assert set(taxonomy().signals) - said == set()


def test_a_users_own_pack_loads_and_its_digest_follows_its_bytes(tmp_path: Path) -> None:
    one = load_packs(folder_with(tmp_path, GOOD))
    assert [r.id for r in one.rules] == ["id.age_probe.1"]
    assert problems_of(one) == []
    (tmp_path / "id" / "grooming.yaml").write_text(GOOD + "\n", encoding="utf-8")
    assert load_packs(tmp_path).digest != one.digest


@pytest.mark.parametrize(("old", "new", "key"), [
    ("signal: age_probe", "signal: no_such", "rule_signal"),
    ("signal: age_probe", "signal: leverage", "rule_phase"),
    ("id: id.age_probe.1", "id: age", "rule_id"),
    ("language: id", "language: en", "pack_language"),
    ("{kamu}", "{nobody}", "pattern_wrong"),
    ("version: 1", "version: 1\n    colour: red", "datafile_value"),
    ("version: 1", "version: 1\n    version: 2", "datafile_syntax"),
])
def test_wrong_packs_are_refused(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(DataFileError) as e:
        load_packs(folder_with(tmp_path, GOOD.replace(old, new)))
    assert e.value.key == key


@pytest.mark.parametrize(("old", "new"), [
    ('"umurrr kamu berapa"', '"usia kamu"'), ('"umur berapa", ', ""), ('"umur berapa"', '"umur kamu berapa"'),
    ('"Asks age."', '"Asks age"'),
])
def test_the_linter_finds(tmp_path: Path, old: str, new: str) -> None:
    assert len(problems_of(load_packs(folder_with(tmp_path, GOOD.replace(old, new))))) == 1
