"""The evaluation set is of the form, as large and as mixed as its page says, and holds nothing that it must not hold."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

from saksi.errors import DataFileError
from tests.evaluation.load import (
    BY_ANY,
    HALF,
    PHASE_OF,
    PHASES,
    STRONG,
    Conversation,
    Message,
    conversations,
    rows,
)

SET = list(conversations())
POSITIVE = [c for c in SET if c.kind == "positive"]
NEGATIVE = [c for c in SET if c.kind != "positive"]
BY_ID = pytest.mark.parametrize("one", SET, ids=lambda c: c.id)

EXPLICIT = re.compile(
    r"\b(telanjang|bugil|nudes?|naked|bokep|porno?|colmek|coli|ngentot\w*|entot|ewe|kontol|memek|toket|payudara|penis"
    r"|vagina|boobs?|dick|cock|pussy|blow ?job|onani|masturba\w*|orgasm\w*|cum|horny|sange|seksi|sexy|hot|syur|celana dalam"
    r"|underwear|bra|lingerie|topless|undress\w*|strip|buka baju|lepas baju|tanpa baju|without clothes)\b",
    re.IGNORECASE,
)
"""Words that no message may hold. `panas` and its like stay: they are fevers and weather here."""

PAID_WORDS = re.compile(r"\b(vcs|open ?bo|o\.?b\.?o|short time|long time|booking|bo|st|lt|service plus)\b", re.IGNORECASE)
LONG_NUMBER = re.compile(r"(?<![\w+])\+?\d[\d \-.]{7,}\d")


FLOORS = {
    "all": 390, "positive": 180, "phase": 80, "small": 22, "kinds": 45, "reported": 40, "signal": 15, "phrasings": 10,
}  # fmt: skip
"""What the set promises at least; README.md says the same."""


def texts(conversation: Conversation) -> list[Message]:
    return [m for m in conversation.parsed() if m.text is not None]


# ------------------------------------------------------------------------------------------------ shape


def test_ids_are_unique_and_name_their_language() -> None:
    assert len({c.id for c in SET}) == len(SET)
    assert all(re.fullmatch(rf"t-{c.language}-\d{{3}}", c.id) for c in SET)


@BY_ID
def test_shape(one: Conversation) -> None:
    messages = one.parsed()
    assert 6 <= len(messages) <= 40
    assert len(one.about) > 20
    senders = {m.sender for m in messages}
    assert len(senders) >= 2
    assert one.at_risk is None or one.at_risk in senders
    assert (one.at_risk is None) == (one.person is None)
    assert len(set(one.phases)) == len(one.phases)
    assert [p for p in PHASES if p in one.phases] == list(one.phases), "phases stand in their order"


@BY_ID
def test_marks_and_phases_agree(one: Conversation) -> None:
    """A phase has marks that make it; a strong mark or two of a phase make it; a negative has none of a phase."""
    marks: Counter[str] = Counter(name for m in one.parsed() for name in m.signals)
    for phase in PHASES:
        own = {name for name in marks if PHASE_OF[name] == phase}
        strong = own & set(STRONG)
        if phase in one.phases:
            assert own, f"{phase} without a mark"
            assert strong or sum(marks[n] for n in own) > 1 or len(marks) > 1, f"{phase} on one weak mark"
        else:
            assert not strong, f"{strong} but not {phase}"
    assert bool(one.phases) == (one.kind == "positive")
    if one.kind != "positive":
        assert all(PHASE_OF[name] is None for name in marks)
    else:
        assert not one.reported


# ------------------------------------------------------------------------------------------------ content


@BY_ID
def test_no_explicit_word(one: Conversation) -> None:
    for message in texts(one):
        assert message.text is not None
        found = EXPLICIT.search(message.text)
        assert found is None, f"{one.id}: {found and found.group()}"


@BY_ID
def test_children_are_never_for_sale(one: Conversation) -> None:
    if one.person is None or (one.person.age is not None and one.person.age >= 18):
        return
    assert one.person.age is not None
    assert "exploitation" not in one.phases
    for message in texts(one):
        assert not BY_ANY.difference({"other_threat"}).intersection(message.signals)
        if one.kind == "positive":
            assert not PAID_WORDS.search(message.text or "")


def test_numbers_are_made_up() -> None:
    """Phones are of the unassigned +62 860 range; account numbers begin or end in zeros or count up."""
    for one in SET:
        for message in one.parsed():
            for found in LONG_NUMBER.findall(f"{message.sender} | {message.text or ''}"):
                if re.fullmatch(r"\d{1,3}([.,]\d{3})+", found):
                    continue  # an amount of money
                digits = re.sub(r"\D", "", found)
                assert re.match(r"(62860|0860|000|7700000000|1234567890)", digits), f"{one.id}: {found}"
                assert not re.match(r"(62|0)8(?!60)", digits), f"{one.id}: {found}"


def test_no_sentence_twice() -> None:
    seen: dict[str, str] = {}
    for one in SET:
        for message in texts(one):
            text = " ".join((message.text or "").casefold().split())
            if len(text) < 15:
                continue
            assert text not in seen, f"{one.id} repeats {seen[text]}"
            seen[text] = one.id


# ------------------------------------------------------------------------------------------------ counts


def test_size_and_balance() -> None:
    assert len(SET) >= FLOORS["all"]
    assert len(POSITIVE) >= FLOORS["positive"]
    assert len(NEGATIVE) * 2 >= len(SET)


@pytest.mark.parametrize("phase", PHASES)
def test_each_phase_is_there_often(phase: str) -> None:
    assert sum(phase in c.phases for c in SET) >= FLOORS["phase"]


@pytest.mark.parametrize("language", ["jv", "su", "ms"])
def test_each_smaller_language_has_both_kinds(language: str) -> None:
    own = [c for c in SET if c.language == language]
    assert len(own) >= FLOORS["small"]
    assert min(sum(c in NEGATIVE for c in own), sum(c in POSITIVE for c in own)) >= FLOORS["small"] // 3


def test_languages_are_shared_out() -> None:
    share = Counter(c.language for c in SET)
    assert 0.40 <= share["id"] / len(SET) <= 0.50
    assert 0.18 <= share["en"] / len(SET) <= 0.28
    assert 0.11 <= share["mix"] / len(SET) <= 0.19


def test_kinds_of_negatives_are_many() -> None:
    assert len({c.kind for c in NEGATIVE}) >= FLOORS["kinds"]
    assert sum(c.reported for c in SET) >= FLOORS["reported"]


@pytest.mark.parametrize("signal", sorted(PHASE_OF))
def test_each_signal_is_marked(signal: str) -> None:
    assert sum(signal in m.signals for c in SET for m in c.parsed()) >= FLOORS["signal"]


def different(phrasings: list[str]) -> int:
    """How many of `phrasings` can stand side by side sharing no two neighbouring words (greedy: a lower bound)."""
    kept: list[set[tuple[str, str]]] = []
    for text in sorted(phrasings, key=len):
        words = re.findall(r"\w+", text.casefold())
        pairs = set(itertools.pairwise(words))
        if not any(pairs & other for other in kept):
            kept.append(pairs)
    return len(kept)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("signal", STRONG)
def test_strong_signals_are_said_in_many_ways(language: str, signal: str) -> None:
    said = [m.text or "" for c in SET if c.language == language for m in c.parsed() if signal in m.signals]
    assert different(said) >= FLOORS["phrasings"]


# ------------------------------------------------------------------------------------------------ loader

GOOD = """
- id: t-id-001
  language: id
  about: A made-up conversation for the loader.
  at_risk: Rina
  person: {age: 16, gender: f}
  other: stranger
  kind: positive
  phases: [grooming]
  reported: false
  start: 2024-03-02 19:04
  messages:
  - "+0 Bayu: hai: apa kabar ## age_probe affection"
  - "+3 Rina: <foto>"
  - "+1 Bayu: katanya gitu ## reported"
"""


def refused(tmp_path: Path, old: str, new: str) -> str:
    assert old in GOOD
    (tmp_path / "x.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as e:
        list(conversations(tmp_path))
    return str(e.value)


def test_rows_are_plain(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD, encoding="utf-8")
    (one,) = conversations(tmp_path)
    first, second, third = rows(one)
    assert (first["sender"], first["text"], first["kind"]) == ("Bayu", "hai: apa kabar", "text")
    assert first["signals"] == ["age_probe", "affection"]
    assert first["sent_at"].isoformat() == "2024-03-02T12:04:00+00:00"
    assert (second["text"], second["kind"], second["sent_at"].minute) == (None, "media", 7)
    assert third["reported"]
    assert third["signals"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("other: stranger", "other: stranger\n  mood: bad"),
        ("language: id", "language: fr"),
        ("[grooming]", "[courting]"),
        ("age_probe", "age_prob"),
        ("affection", "age_probe"),
        ("affection", "refusal"),
        ("+3 Rina: <foto>", "+3 Rina: kelas brp ## age_probe"),
        ("+3 Rina: <foto>", "Rina: tanpa menit"),
        ("+3 Rina: <foto>", "+3 tanpa pengirim"),
        ("+3 Rina: <foto>", "+3 Rina: a ## refusal ## refusal"),
        ("+3 Rina: <foto>", "+3 Rina: <foto> ## reported"),
        ("gitu ## reported", "gitu ## reported threat_to_share"),
        ("person: {age: 16, gender: f}", "person: null"),
        ("gender: f", "gender: girl"),
    ],
)
def test_loader_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert refused(tmp_path, old, new)


def test_the_half_is_read_in_one_order() -> None:
    assert [c.id for c in conversations(HALF)] == [c.id for c in SET]
