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
    DEV_HALF,
    HALF,
    PHASE_OF,
    PHASES,
    STRONG,
    Conversation,
    Message,
    conversations,
    rows,
)

HALVES = {"test": list(conversations(HALF)), "dev": list(conversations(DEV_HALF))}
SET = [c for half in HALVES.values() for c in half]
BY_ID = pytest.mark.parametrize("one", SET, ids=lambda c: c.id)
BY_HALF = pytest.mark.parametrize("half", HALVES)

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
    "test": {
        "all": 390, "positive": 180, "phase": 80, "small": 22, "kinds": 45, "reported": 40, "signal": 15,
        "phrasings": 10, "long": 15,
    },
    "dev": {
        "all": 230, "positive": 114, "phase": 38, "small": 15, "kinds": 50, "reported": 22, "signal": 10, "phrasings": 5,
        "long": 40,
    },
}  # fmt: skip
"""What each half promises at least; README.md says the same."""


def positives(half: str) -> list[Conversation]:
    return [c for c in HALVES[half] if c.kind == "positive"]


def negatives(half: str) -> list[Conversation]:
    return [c for c in HALVES[half] if c.kind != "positive"]


def texts(conversation: Conversation) -> list[Message]:
    return [m for m in conversation.parsed() if m.text is not None]


# ------------------------------------------------------------------------------------------------ shape


def test_ids_are_unique_and_name_their_language() -> None:
    assert len({c.id for c in SET}) == len(SET)
    for half, own in HALVES.items():
        assert all(re.fullmatch(rf"{half[0]}-{c.language}-\d{{3}}", c.id) for c in own)


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
    """Neither within a half nor from one half to the other. Names the conversations, so that nobody sees the other half."""
    repeats: list[str] = []
    seen: dict[str, str] = {}
    for one in SET:
        for message in texts(one):
            text = " ".join((message.text or "").casefold().split())
            if len(text) < 15:
                continue
            if text in seen:
                repeats.append(f"{one.id} repeats {seen[text]}")
            seen[text] = one.id
    assert repeats == []


# ------------------------------------------------------------------------------------------------ counts


@BY_HALF
def test_size_and_balance(half: str) -> None:
    assert len(HALVES[half]) >= FLOORS[half]["all"]
    assert len(positives(half)) >= FLOORS[half]["positive"]
    assert len(negatives(half)) * 2 >= len(HALVES[half])
    assert sum(len(c.messages) >= 16 for c in positives(half)) >= FLOORS[half]["long"]


@BY_HALF
@pytest.mark.parametrize("phase", PHASES)
def test_each_phase_is_there_often(phase: str, half: str) -> None:
    assert sum(phase in c.phases for c in HALVES[half]) >= FLOORS[half]["phase"]


@BY_HALF
@pytest.mark.parametrize("language", ["jv", "su", "ms"])
def test_each_smaller_language_has_both_kinds(language: str, half: str) -> None:
    floor = FLOORS[half]["small"]
    bad = sum(c.language == language for c in positives(half))
    good = sum(c.language == language for c in negatives(half))
    assert bad + good >= floor
    assert min(bad, good) >= floor // 3


@BY_HALF
def test_languages_are_shared_out(half: str) -> None:
    share = Counter(c.language for c in HALVES[half])
    size = len(HALVES[half])
    assert 0.40 <= share["id"] / size <= 0.50
    assert 0.18 <= share["en"] / size <= 0.28
    assert 0.11 <= share["mix"] / size <= 0.19


@BY_HALF
def test_kinds_of_negatives_are_many(half: str) -> None:
    assert len({c.kind for c in negatives(half)}) >= FLOORS[half]["kinds"]
    assert sum(c.reported for c in HALVES[half]) >= FLOORS[half]["reported"]


@BY_HALF
@pytest.mark.parametrize("signal", sorted(PHASE_OF))
def test_each_signal_is_marked(signal: str, half: str) -> None:
    assert sum(signal in m.signals for c in HALVES[half] for m in c.parsed()) >= FLOORS[half]["signal"]


def different(phrasings: list[str]) -> int:
    """How many of `phrasings` can stand side by side sharing no two neighbouring words (greedy: a lower bound)."""
    kept: list[set[tuple[str, str]]] = []
    for text in sorted(phrasings, key=len):
        words = re.findall(r"\w+", text.casefold())
        pairs = set(itertools.pairwise(words))
        if not any(pairs & other for other in kept):
            kept.append(pairs)
    return len(kept)


@BY_HALF
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("signal", STRONG)
def test_strong_signals_are_said_in_many_ways(language: str, signal: str, half: str) -> None:
    own = [c for c in HALVES[half] if c.language == language]
    said = [m.text or "" for c in own for m in c.parsed() if signal in m.signals]
    assert different(said) >= FLOORS[half]["phrasings"]


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


def test_the_halves_are_read_in_one_order() -> None:
    assert [c.id for c in (*conversations(HALF), *conversations(DEV_HALF))] == [c.id for c in SET]
