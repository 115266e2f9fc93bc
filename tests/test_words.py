"""The catalog is whole: both languages, the same values to fill in, every key that code names, none that nothing names."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from saksi import words
from saksi.table.schema import REASONS

SRC = Path(__file__).resolve().parents[1] / "src" / "saksi"
AREAS = sorted(p.stem for p in words.FOLDER.glob("*.yaml"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_fill_in_the_same_values(area: str) -> None:
    entries = words.area(area)
    assert entries
    for key, entry in entries.items():
        assert entry.id.strip(), key
        assert entry.en.strip(), key
        assert fields(entry.id) == fields(entry.en), key


def test_every_reason_has_its_words() -> None:
    assert set(words.area("problems")) == set(REASONS)


def test_every_raised_error_has_its_words() -> None:
    raised: set[str] = set()
    for path in SRC.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        raised |= set(
            re.findall(
                r"(?:UsageError|InputRefused|ReaderError|DataFileError|TableError|WrongKey|StorageFailed|VaultError"
                r"|VerificationFailed)\(\s*\"([a-z_0-9]+)\"",
                source,
            )
        )
    assert raised, "the pattern found nothing: it is broken"
    missing = raised - set(words.area("errors"))
    assert not missing


MADE_UP_OF_PARTS = (
    "help_", "opt_", "head_", "begin_", "platform_", "reader_", "sealed_", "strength_", "check_at_risk_", "check_now_",
    "ask_zone_", "ask_date_order_", "wrong_", "source_records",
)  # fmt: skip
"""Keys of area `cli` that code puts together."""


def test_no_words_of_the_command_line_lie_unused() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in SRC.rglob("*.py"))
    unused = [
        key
        for key in words.area("cli")
        if not key.startswith(MADE_UP_OF_PARTS) and not re.search(rf"[\"'.]{key}[\"']", source)
    ]
    assert not unused
    options = {k for k in words.area("cli") if k.startswith("opt_")}
    assert {k for k in options if f'"{k}"' not in source and k != "opt_help"} == set()


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(LookupError):
        words.say("cli.no_such_words", "id")


def test_no_english_left_in_indonesian() -> None:
    """Function words that no Indonesian sentence holds."""
    english = re.compile(r"\b(the|and|with|without|was|were|is|are|not|this|that|which|from|file|files)\b")
    for area in AREAS:
        for key, entry in words.area(area).items():
            plain = re.sub(r"«[^»]*»|--[a-z-]+|\{[a-z_]+\}", "", entry.id)
            assert not english.search(plain), f"{area}.{key}"
