"""The chapter of events: which marks are told, in what order, in whose words, and how their state is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from saksi.case.model import Decision
from saksi.report._blocks import Bullets, Heading, Section
from saksi.report._quote import brief
from saksi.report.chronology import _events
from saksi.report.chronology.report import _context
from tests.report.fake_case import MADE_US, FakeCase, story


def lines(section: Section) -> list[str]:
    """Every numbered line as text."""
    return ["".join(r.text for r in item) for b in section.blocks if isinstance(b, Bullets) for item in b.items]


def told(c: FakeCase, lang: str = "id") -> Section:
    return _events.events(_context(c, lang, MADE_US))


def test_events_are_in_order_of_time_across_apps_and_numbered_through() -> None:
    section = told(story())
    text = lines(section)
    assert [("Dimas" in t, "BosD" in t) for t in text][-1] == (False, True)
    lists = [b for b in section.blocks if isinstance(b, Bullets)]
    assert [b.start for b in lists] == [1 + sum(len(x.items) for x in lists[:i]) for i in range(len(lists))]
    assert all(b.numbered for b in lists)
    days = ["".join(r.text for r in b.runs) for b in section.blocks if isinstance(b, Heading)]
    assert len(days) == len(set(days)) == len(lists)


def test_order_is_by_time_though_sources_are_in_another() -> None:
    c = FakeCase()
    late = c.message("a", "nanti foto itu aku sebar", "Dimas", 9000)
    early = c.message("b", "foto itu aku sebar", "BosD", 100)
    for message in (late, early):
        c.mark(message, "threat_to_share", "sextortion", strength="strong")
    assert ["BosD" in t for t in lines(told(c))] == [True, False]


def test_one_line_holds_time_account_sign_state_words_and_citation() -> None:
    line = next(t for t in lines(told(story())) if "1230004567" in t)
    assert "23.00 WIB" in line
    assert "(16.00 UTC)" in line
    assert "WhatsApp · Dimas" in line
    assert "Mengaku memegang bahan, Permintaan uang, Ancaman menyebarkan (C)" in line
    assert "usulan, 1 dikonfirmasi" in line
    assert line.endswith("[S1 #18]")


def test_person_at_risk_is_said_to_be_so_and_withheld_words_are_not_told() -> None:
    section = told(story())
    text = " ".join(lines(section))
    assert "Rara (orang yang berisiko): Penolakan" in text
    assert "ready malam ini" not in text
    last = section.blocks[-1]
    assert "1 tanda ditahan" in "".join(r.text for r in last.runs)  # type: ignore[union-attr]


def test_withheld_words_are_told_once_confirmed() -> None:
    c = story()
    mark = next(m["mark_id"] for m in c.mark_rows if m["signal"] == "service_offer")
    c.decisions = {mark: Decision("confirmed", "PK-1", MADE_US)}
    line = next(t for t in lines(told(c)) if "ready malam ini" in t)
    assert "DIKONFIRMASI" in line


@pytest.mark.parametrize(("signal", "strength", "is_told"), [
    ("payment_made", "weak", False), ("payment_made", "strong", True), ("distress", "weak", True),
    ("disclosure", "weak", True), ("other_threat", "weak", True), ("lure_offer", "weak", False),
])
def test_weak_marks_outside_phases_are_counted_only(signal: str, strength: str, is_told: bool) -> None:
    c = FakeCase()
    c.mark(c.message("wa", "sudah aku transfer kak", "Rara", 1), signal, None, by="at_risk", strength=strength)
    section = told(c)
    assert (len(lines(section)) == 1) is is_told
    said = " ".join("".join(r.text for r in b.runs) for b in section.blocks if not isinstance(b, Bullets))  # type: ignore[union-attr]
    assert ("1 tanda lemah" in said) is not is_told


def test_unknown_times_come_last_and_are_said() -> None:
    c = FakeCase()
    a = c.message("a", "foto itu aku sebar", "Dimas")
    b = c.message("b", "foto itu aku sebar", "BosD", 50)
    for message in (a, b):
        c.mark(message, "threat_to_share", "sextortion", strength="strong")
    section = told(c)
    text = lines(section)
    assert "BosD" in text[0]
    assert "tertulis «baris 0»" in text[1]
    assert "Waktu tidak pasti" in "".join(r.text for r in [x for x in section.blocks if isinstance(x, Heading)][-1].runs)


def test_more_events_than_fit_are_counted_exactly() -> None:
    c = FakeCase()
    for i in range(_events.EVENTS_MAX + 30):
        strong = i == _events.EVENTS_MAX + 29
        c.mark(c.message("wa", f"pesan {i}", "Dimas", i), "distress", None, strength="strong" if strong else "weak")
    section = told(c)
    assert len(lines(section)) == _events.EVENTS_MAX
    assert any("30 kejadian lagi" in "".join(r.text for r in b.runs) for b in section.blocks if not isinstance(b, Bullets))  # type: ignore[union-attr]
    assert f"pesan {_events.EVENTS_MAX + 29}" in lines(section)[-1]


def test_rejected_marks_are_no_events() -> None:
    c = story()
    before = len(lines(told(c)))
    c.decisions = {m["mark_id"]: Decision("rejected", "PK-1", MADE_US) for m in c.mark_rows if m["signal"] == "distress"}
    c.decisions |= {m["mark_id"]: Decision("rejected", "PK-1", MADE_US) for m in c.mark_rows if m["signal"] == "secrecy"}
    assert len(lines(told(c))) == before - 1  # "secrecy" was rejected in the story already


@pytest.mark.parametrize(("size", "span"), [(100, (5, 9)), (5000, (4000, 4020)), (5000, (0, 5)), (200, (190, 200)), (161, ())])
def test_brief_quotes_are_short_hold_the_mark_and_say_where_they_are_cut(size: int, span: tuple[int, ...]) -> None:
    text = "".join(chr(97 + i % 26) for i in range(size))
    runs = brief(text, [(span[0], span[1])] if span else [])
    said = "".join(r.text for r in runs if r.kind == "said")
    assert len(said) == min(size, 160)
    assert said in text
    if span:
        assert text[span[0] : span[1]] in said
    assert (runs[-1].kind == "cut") == (not text.endswith(said))


def test_a_brief_quote_is_one_line_and_shows_what_is_hidden() -> None:
    runs = brief("a\nb\u202ec", [(0, 1)])
    assert "".join(r.text for r in runs) == "a b[U+202E]c"


def test_state_of_marks_is_told_in_words() -> None:
    c = _context(story(), "en", MADE_US)
    marks = [m for m in c.shown.marks if m.key[1] == 18][:2]
    one = replace(marks[0], decision=Decision("confirmed", "PK-1", MADE_US))
    assert _events.state(c, [replace(m, decision=None) for m in marks]).text == "suggestion"
    assert _events.state(c, [one]).kind == "conf"
