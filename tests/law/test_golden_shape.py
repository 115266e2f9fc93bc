"""The golden law cases are whole, typed, and do not contradict themselves or the intervals of the provisions."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from saksi.datafiles import load_text
from saksi.errors import DataFileError
from tests.law.cases import HERE, Act, ActExpected, Case, CaseFile, Clocks, cases, known, provisions, reading, verdict

CONDUCT = {
    "account_intrusion",
    "deepfake",
    "distributing",
    "doxxing_identity",
    "livestream",
    "obstruction",
    "offline_sexual_act",
    "online_grooming",
    "online_prostitution_recruitment",
    "payment_benefit",
    "possessing",
    "producing",
    "sale_of_content",
    "soliciting_image",
    "stalking_tracking",
    "threat_extortion",
    "unwanted_sexual_content",
    "video_call_sex_services",
}
NEW_CODE = "2026-01-02"
DERIVED = {"victim_under_15", "victim_under_17", "victim_under_18", "victim_minor_old_code"}  # follow from the age
UNSURE = {"ite-27a", "pa-81-2", "porn-37", "ite-52-1", "tppo-13"}  # status or reference unsure from NEW_CODE on
AS_OF = "2026-11-23"  # the day the data is known to
every_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)


def _pairs(case: Case) -> list[tuple[Act, ActExpected]]:
    by_id = {act.id: act for act in case.acts}
    assert list(by_id) == [expected.act for expected in case.expected.acts]
    return [(by_id[expected.act], expected) for expected in case.expected.acts]


def _listed(expected: ActExpected) -> list[str]:
    return [one.id for one in expected.supported + expected.possible]


def test_there_are_enough_cases_and_their_ids_are_unique() -> None:
    assert len(cases()) >= 80
    assert [name for name, count in Counter(case.id for case in cases()).items() if count > 1] == []


@pytest.mark.parametrize("year", ["2015", "2017", "2023", "2024", "2026"])
def test_every_period_has_cases_of_children_and_adults(year: str) -> None:
    ages = [act.victim_age for case in cases() for act in case.acts if act.date[:4] == year]
    assert sum(1 for age in ages if age != "unknown" and age < 18) >= 3
    assert sum(1 for age in ages if age != "unknown" and age >= 18) >= 3


def test_every_conduct_category_has_a_case() -> None:
    named = {conduct for case in cases() for conduct in case.conduct}
    assert named == CONDUCT


def test_every_article_with_elements_is_decided_by_some_case() -> None:
    decided = {one.id for case in cases() for e in case.expected.acts for one in e.supported + e.possible + e.excluded}
    assert sorted(set(reading().elements) - decided) == []


def test_the_reading_covers_every_offence_but_the_one_that_is_shown_as_protection() -> None:
    offences = {provision.id for provision in provisions().values() if provision.kind == "offence"}
    assert offences - set(reading().elements) == {"porn-34"}
    for elements in reading().elements.values():
        assert sum(element.opens for element in elements) == 1


@every_case
def test_every_provision_is_known_and_in_force_on_the_day(case: Case) -> None:
    law = provisions()
    for act, expected in _pairs(case):
        for one in _listed(expected) + [x.id for x in expected.excluded] + expected.must_not:
            assert law[one].holds_on(act.date), one
        for one in expected.out_of_force:
            assert not law[one].holds_on(act.date), one
        for pair in expected.old_new:
            assert act.date < NEW_CODE
            assert all(law[new.id].holds_on(NEW_CODE) for new in pair.new)
            assert not law[pair.old].holds_on(NEW_CODE)
    for one in case.expected.protection + case.expected.also:
        assert any(law[one].holds_on(act.date) for act in case.acts), one
    for pointer in case.expected.repointing:
        assert law[pointer.reference].holds_on(pointer.on)
        assert law[pointer.resolves_to].holds_on(pointer.on)
        assert pointer.through in law


@every_case
def test_no_verdict_contradicts_the_answers(case: Case) -> None:
    law = provisions()
    for act, expected in _pairs(case):
        facts = known(act)
        written = {one.id: ("supported", one.decides) for one in expected.supported}
        written |= {one.id: ("possible", one.decides) for one in expected.possible}
        written |= {one.id: ("excluded", one.decides) for one in expected.excluded}
        follows = {
            one: outcome
            for one in reading().elements
            if law[one].holds_on(act.date) and (outcome := verdict(one, facts))[0] != "not_raised"
        }
        assert written == follows
        for pair in expected.old_new:
            assert [new.verdict for new in pair.new] == [verdict(new.id, facts)[0] for new in pair.new]


@every_case
def test_what_must_not_be_listed_is_not_listed(case: Case) -> None:
    for _, expected in _pairs(case):
        listed = _listed(expected)
        assert len(listed) == len(set(listed))
        assert not set(expected.must_not) & set(listed)
        assert "porn-34" not in listed  # never a charge against the one who was made to appear
    assert case.expected.no_article == (not any(_listed(expected) for expected in case.expected.acts))
    assert case.expected.no_article == (case.expected.none_because is not None)
    assert case.expected.later_than_data == any(act.date > AS_OF for act in case.acts)


@every_case
def test_a_memory_record_is_never_expected_and_a_secondary_one_carries_its_mark(case: Case) -> None:
    law, expected = provisions(), case.expected
    printed = [one for e in expected.acts for one in _listed(e) + [x.id for x in e.excluded]]
    printed += expected.protection + expected.also
    printed += [new.id for e in expected.acts for pair in e.old_new for new in pair.new]
    assert [one for one in printed if law[one].confidence == "memory"] == []
    shown = {one for e in expected.acts for one in _listed(e)} | set(expected.protection + expected.also)
    assert sorted(one for one in shown if law[one].confidence == "secondary") == expected.secondary_mark


@every_case
def test_what_is_unsure_in_the_new_code_is_said(case: Case) -> None:
    named = {one for act, e in _pairs(case) if act.date >= NEW_CODE for one in _listed(e)}
    if any(act.date >= NEW_CODE for act in case.acts):
        named |= set(case.expected.also)
    assert case.expected.uncertain_status == sorted(named & UNSURE)


@every_case
def test_every_fact_is_one_of_the_vocabulary(case: Case) -> None:
    words = {fact for elements in reading().elements.values() for e in elements for fact in e.any_of}
    for act in case.acts:
        assert set(act.facts) <= words | set(reading().context)
        assert not DERIVED & set(act.facts)
        assert re.fullmatch(r"20[12]\d-\d\d-\d\d", act.date)


def _months_later(day: str, months: int) -> date:
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(day)


@every_case
def test_the_clocks_are_right_by_the_calendar(case: Case) -> None:
    clocks = case.expected.clocks
    _check_days_after(clocks)
    listed = {expected.act: set(_listed(expected)) for expected in case.expected.acts}
    rows = [(row.act, row.article) for row in clocks.complaint] + [(row.act, row.article) for row in clocks.limitation]
    assert all(article in listed[act] for act, article in rows)
    for complaint in clocks.complaint:
        assert provisions()[complaint.rule].holds_on(complaint.known_on)
        assert complaint.needed != "no" or complaint.last_day is None
        if complaint.last_day is not None:
            last = date.fromisoformat(complaint.last_day)
            assert last in (_months_later(complaint.known_on, 6), _months_later(complaint.known_on, 9))
    days = {act.id: act.date for act in case.acts}
    for limit in clocks.limitation:
        assert provisions()[limit.rule].holds_on(days[limit.act])
        assert limit.years in (None, 3, 6, 12, 18, 20)
        if limit.years is not None:
            assert limit.last_day == str(_months_later(days[limit.act], 12 * limit.years))


def _check_days_after(clocks: Clocks) -> None:
    if (w := clocks.withdrawal) is not None:
        assert date.fromisoformat(w.last_day) == _months_later(w.filed_on, 3)
    if (r := clocks.report_3x24h) is not None:
        assert datetime.fromisoformat(r.due_at) - datetime.fromisoformat(r.told_at) == timedelta(hours=72)
    if (c := clocks.child_restitution) is not None:
        assert date.fromisoformat(c.last_day) - date.fromisoformat(c.informed_on) == timedelta(days=3)
    if (d := clocks.lpsk_decision) is not None:
        assert date.fromisoformat(d.due_on) - date.fromisoformat(d.asked_on) == timedelta(days=7)
    if (t := clocks.temporary_protection) is not None:
        assert datetime.fromisoformat(t.due_at) - datetime.fromisoformat(t.reported_at) == timedelta(hours=24)
    if (p := clocks.restitution_payment) is not None:
        assert date.fromisoformat(p.last_day) - date.fromisoformat(p.judgment_copy_on) == timedelta(days=30)


def test_every_clock_has_a_case() -> None:
    clocks = [case.expected.clocks for case in cases()]
    for name in Clocks.__struct_fields__:
        assert any(getattr(one, name) for one in clocks), name


def test_every_named_trap_is_explained_in_the_readme() -> None:
    text = (HERE / "golden" / "README.md").read_text(encoding="utf-8")
    assert sorted({case.trap for case in cases()} - set(re.findall(r"`([a-z0-9_]+)`", text))) == []


def test_an_unknown_key_is_refused() -> None:
    text = (HERE / "golden" / "threats.yaml").read_text(encoding="utf-8")
    load_text(text, CaseFile, "threats.yaml")
    with pytest.raises(DataFileError):
        load_text(text.replace("  title:", "  tittle: x\n    title:", 1), CaseFile, "threats.yaml")
    with pytest.raises(DataFileError):
        load_text(text.replace("without_right: 'yes'", "without_right: perhaps", 1), CaseFile, "threats.yaml")
