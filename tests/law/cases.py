"""Typed loader of the golden law cases: golden/*.yaml, reading.yaml and provisions.txt. Unknown keys are refused.

    cases()       every case of golden/*.yaml, in file and list order
    reading()     provision id -> its elements and the facts that answer each
    provisions()  provision id -> kind, interval, confidence

Rules, in order: (1) answers are `yes`, `no` or `unknown`, and a fact that is not named is unknown; (2) a day is
written YYYY-MM-DD; (3) `verdict` says what the answers of a case mean under reading.yaml. It exists to prove that a
case does not contradict itself, and is no part of the program. How to read a case: golden/README.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from saksi.datafiles import load

HERE = Path(__file__).parent
Answer = Literal["yes", "no", "unknown"]
Verdict = Literal["supported", "possible", "excluded", "not_raised"]
Age = int | Literal["unknown"]


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act on one day: who was how old, and what is known."""

    id: str
    date: str
    victim_age: Age
    offender_age: Age
    facts: dict[str, Answer]


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provision that must be listed, and the elements that decide its verdict."""

    id: str
    article: str
    decides: list[str]


class Successor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    verdict: Verdict
    max_years: float | None


class OldNew(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Old and new law side by side; which is milder is for the judge and is never expected."""

    old: str
    new: list[Successor]
    max_years_old: float | None


class ActExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole answer for one act: what is in none of the lists must not be listed as possible or supported."""

    act: str
    supported: list[Listed] = []
    possible: list[Listed] = []
    excluded: list[Listed] = []
    must_not: list[str] = []
    out_of_force: list[str] = []
    old_new: list[OldNew] = []


class Complaint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    act: str
    article: str
    needed: Answer
    known_on: str
    rule: str
    last_day: str | None
    who: Literal["victim", "parent_or_guardian"] | None = None


class Limitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    act: str
    article: str
    rule: str
    years: int | None
    last_day: str | None
    derived: bool


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    filed_on: str
    rule: str
    last_day: str


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    told_at: str
    rule: str
    due_at: str


class ChildRestitution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    informed_on: str
    rule: str
    last_day: str


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asked_on: str
    rule: str
    due_on: str


class TemporaryProtection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reported_at: str
    rule: str
    due_at: str
    longest_days: int


class RestitutionPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    judgment_copy_on: str
    rule: str
    last_day: str


class Clocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    complaint: list[Complaint] = []
    withdrawal: Withdrawal | None = None
    report_3x24h: Report | None = None
    child_restitution: ChildRestitution | None = None
    lpsk_decision: Decision | None = None
    temporary_protection: TemporaryProtection | None = None
    restitution_payment: RestitutionPayment | None = None
    limitation: list[Limitation] = []


class Repointing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On that day, a reference of `reference` to `through` is read as `resolves_to`."""

    reference: str
    through: str
    on: str
    resolves_to: str


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    acts: list[ActExpected]
    no_article: bool
    none_because: Literal["gap", "lawful", "element_missing"] | None = None
    later_than_data: bool = False
    protection: list[str] = []
    also: list[str] = []
    secondary_mark: list[str] = []
    derived_penalty: list[str] = []
    uncertain_status: list[str] = []
    clocks: Clocks = Clocks()
    repointing: list[Repointing] = []


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: str
    conduct: list[str]
    place: str
    relation: str
    acts: list[Act]
    expected: Expected
    trap: str
    notes: str


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cases: list[Case]


class Element(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One element: yes when any of its facts is yes, no when all are no. `opens`: the article is raised by this one."""

    element: str
    any_of: list[str]
    opens: bool = False


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    elements: dict[str, list[Element]]
    context: list[str]


class Provision(msgspec.Struct, frozen=True):
    id: str
    kind: str
    statute: str
    first: str
    last: str | None
    confidence: str

    def holds_on(self, day: str) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@cache
def cases() -> tuple[Case, ...]:
    """Every golden case. Raises DataFileError for an unknown key or a value out of its type."""
    return tuple(case for path in sorted((HERE / "golden").glob("*.yaml")) for case in load(path, CaseFile).cases)


@cache
def reading() -> Reading:
    return load(HERE / "reading.yaml", Reading)


@cache
def provisions() -> dict[str, Provision]:
    """Provision id -> its line of provisions.txt."""
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in (HERE / "provisions.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    found = {
        row[0]: Provision(row[0], row[1], row[2], row[3], None if row[4] == "-" else row[4], row[5]) for row in rows
    }
    assert len(found) == len(rows), "an id stands twice in provisions.txt"
    return found


def known(act: Act) -> dict[str, Answer]:
    """The named facts of an act and those that follow from the victim's age on that day."""

    def below(years: int) -> Answer:
        if act.victim_age == "unknown":
            return "unknown"
        return "yes" if act.victim_age < years else "no"

    ages = {f"victim_under_{years}": below(years) for years in (15, 17, 18)}
    # "belum dewasa" of the old Code: the records give no age, so 18 to 20 stays open
    of_age_open = act.victim_age != "unknown" and 18 <= act.victim_age < 21
    return {**act.facts, **ages, "victim_minor_old_code": "unknown" if of_age_open else below(18)}


def verdict(provision: str, facts: dict[str, Answer]) -> tuple[Verdict, list[str]]:
    """What the answers mean for one provision, and the elements that decide it."""
    elements = reading().elements[provision]
    opening = next(e for e in elements if e.opens)
    named = [a for a in (_answer(fact, facts) for fact in opening.any_of) if a is not None]
    if not named or (set(named) == {"no"} and len(named) < len(opening.any_of)):
        return "not_raised", []
    answers = [(e.element, _element(e, facts)) for e in elements]
    if failing := list(dict.fromkeys(name for name, answer in answers if answer == "no")):
        return "excluded", failing
    if open_ones := list(dict.fromkeys(name for name, answer in answers if answer == "unknown")):
        return "possible", open_ones
    return "supported", [opening.element]


def _element(element: Element, facts: dict[str, Answer]) -> Answer:
    answers = [_answer(fact, facts) for fact in element.any_of]
    if "yes" in answers:
        return "yes"
    return "no" if all(answer == "no" for answer in answers) else "unknown"


def _answer(fact: str, facts: dict[str, Answer]) -> Answer | None:
    """The answer of a fact; `@id` asks for the verdict of another provision."""
    if not fact.startswith("@"):
        return facts.get(fact)
    outcome = verdict(fact[1:], facts)[0]
    meanings: dict[Verdict, Answer | None] = {
        "supported": "yes",
        "possible": "unknown",
        "excluded": "no",
        "not_raised": None,
    }
    return meanings[outcome]
