"""Summary, chart, sources, payments and accounts: what a lawyer reads first."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from saksi import report
from saksi.case.model import Decision, LeftOut
from saksi.report import _chart
from saksi.report._blocks import Block, Figure, Para, Run, Section, Table
from saksi.report._pdf import _row
from saksi.report._times import clock, day_of_quarter, short
from saksi.report.chronology import _front, _payments, _people, _phases
from saksi.report.chronology._context import Context
from saksi.report.chronology.report import _context, build
from tests.report.fake_case import MADE_US, START_US, FakeCase, digest_of, story


def text(runs: object) -> str:
    return "".join(r.text for r in runs if isinstance(r, Run))  # type: ignore[attr-defined]


def tables(section: Section) -> list[Table]:
    return [b for b in section.blocks if isinstance(b, Table)]


def rows(t: Table) -> list[list[str]]:
    return [[text(x) for x in row] for row in t.rows]


def view(c: FakeCase, lang: str = "id") -> Context:
    return _context(c, lang, MADE_US)


def test_order_of_chapters() -> None:
    assert [s.anchor for s in build(story(), "id", MADE_US).printed.sections] == [
        "safety", "about", "timeline", "sources", "events", "payments", "people", "phases", "messages", "limits", "verify",
        "glossary", "details"]


def test_summary_names_accounts_dates_citations_and_state() -> None:
    (table,) = tables(_phases.timeline(view(story())))
    found = next(r for r in rows(table) if r[0].startswith("C "))
    assert found[1] == "Dimas"
    assert found[3] == "2 Mar 2026, 23.00 WIB [S1 #18]"
    assert "usulan, 1 dikonfirmasi" in found[5]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_chart_is_well_formed_and_names_every_band_without_colour(lang: str) -> None:
    (figure,) = [b for b in _phases.timeline(view(story(), lang)).blocks if isinstance(b, Figure)]
    root = ElementTree.fromstring(figure.svg)
    said = [e.text for e in root.iter() if e.tag.endswith("text")]
    for letter in "BCD":  # A lost one of its two weak marks to a rejection and is no phase any more
        assert said.count(letter) >= 2  # on a band and in the key
    assert any("pesan/hari" in (s or "") or "messages/day" in (s or "") for s in said)
    assert not [e for e in root.iter() if e.tag.endswith(("script", "image", "style"))]


def test_days_of_all_threads_are_counted_in_local_days() -> None:
    c = FakeCase()
    for at in (0, 60, 14 * 3600 + 59 * 60, 15 * 3600 + 60):  # 09.00 WIB; 23.59 WIB; 00.01 WIB the day after
        c.message("wa", "x", "Dimas", at)
    found = _phases._days(view(c), START_US - 10**12, START_US + 10**12)
    assert [n for _, _, n in found] == [3, 1]
    assert all(end - start == 86_400_000_000 for start, end, _ in found)


def test_axis_is_that_of_the_phases_not_of_years_of_talk() -> None:
    band = _chart.Band("grooming", 10**15, 10**15 + 10**12, "A", "x")
    row = _chart.Row(("S1", "t"), 0, 2 * 10**15, [band])
    low, high = _phases._axis([row], timed=True)
    assert 0 < low < band.start < band.end < high < 2 * 10**15


@pytest.mark.parametrize(("us", "zone", "lang", "said"), [
    (START_US, "Asia/Jakarta", "id", "1 Mar 2026, 09.00 WIB"), (START_US, "Asia/Jakarta", "en", "1 Mar 2026, 09:00 WIB"),
    (START_US, None, "en", "1 Mar 2026, 02:00 UTC"),
])
def test_short_times(us: int, zone: str | None, lang: str, said: str) -> None:
    assert short(us, zone, lang) == said
    assert clock(us, zone, lang) == said.rpartition(", ")[2]


def test_day_of_quarter_follows_the_zone() -> None:
    quarter = START_US // 900_000_000
    assert day_of_quarter(quarter + 4 * 15, "Asia/Jakarta") == day_of_quarter(quarter, None) + 1


def test_sources_are_one_row_each_and_problems_in_the_documents_language() -> None:
    for lang, said in (("id", "lebih awal"), ("en", "lies before")):
        section = _front.sources(view(story(), lang))
        one, problems = tables(section)
        assert [r[0] for r in rows(one)] == ["S1", "S2"]
        assert rows(one)[0][6] == "2"
        assert any(said in r[0] and r[1] == "S1: 1" for r in rows(problems))


def test_appendix_holds_digest_bytes_and_media() -> None:
    c = story()
    section = _front.details(view(c))
    assert rows(tables(section)[0])[0][1] == c.rows[0]["source_digest"]
    assert "IMG-001.jpg" in rows(tables(section)[-1])[0][1]


def payments(c: FakeCase) -> Section:
    context = view(c)
    return _payments.payments(context, _payments.identifiers_in_context(context))


def test_a_mention_stands_beside_the_destination_of_its_own_message_only() -> None:
    mentions = rows(tables(payments(story()))[0])
    assert len(mentions) == 4
    demanded = next(r for r in mentions if "[S1 #18]" in r[5])
    assert demanded[1] == "Dimas"
    assert demanded[2] == "Rp500.000 («Rp500.000»)"
    assert "BCA 1230004567" in demanded[3]
    assert demanded[4] == "diminta"
    assert [r[3] for r in mentions if "[S1 #18]" not in r[5]] == ["–"] * 3


def test_totals_by_destination_are_of_the_same_message() -> None:
    (route,) = rows(tables(payments(story()))[2])
    assert route[2] == "diminta: Rp500.000 (1×)"


def test_plain_words_say_the_same_sums() -> None:
    said = " ".join(text(i) for b in payments(story()).blocks if hasattr(b, "items") for i in b.items)
    assert "2 kali, paling besar Rp1.500.000, semua penyebutan dijumlahkan Rp2.000.000" in said
    assert "1 kali, paling besar Rp500.000" in said


def test_a_purchase_in_a_thread_without_phase_is_counted_not_listed() -> None:
    c = story()
    message = c.message("wa", "sudah transfer 45rb ya kak", "Rara", 70 * 3600, thread_id="toko", thread_title="Toko")
    c.mark(message, "payment_made", None, by="at_risk")
    c.identifier(message, "money", "IDR:45000", "45rb")
    section = payments(c)
    assert not any("45.000" in cell for t in tables(section) for r in rows(t) for cell in r)
    last = section.blocks[-1]
    assert isinstance(last, Para)
    assert "1 penyebutan lain" in text(last.runs)


def receipt(c: FakeCase, label: str, at_s: int | None, values: dict[str, str], *flags: str) -> str:
    """A receipt as readers make it: the payment and its fields."""
    words, payer = "\n".join(values.values()), values.get("sender")
    parent = c.message(label, words, payer, at_s, kind="payment", flags=["receipt"], thread_id=f"{label}-slip")
    for name, value in values.items():
        c.message(label, value, None, kind="payment", flags=[f"field:{name}", *flags], duplicate_of=parent, thread_id=f"{label}-slip")
    return parent


def test_receipts_stand_in_the_chapter_about_money_each_payment_once() -> None:
    c = story()
    first = {"amount": "Rp500.000", "time": "1 Mar 2026, 10.00", "receiver": "DIMAS\nBank Contoh 8600001", "reference": "TX01"}
    receipt(c, "slip", 7200, first)
    receipt(c, "slip", 3600, {"amount": "Rp75.000", "receiver": "Toko", "sender": "RARA"}, "check_by_eye")
    receipt(c, "slip", None, {**first, "time": "kemarin"})
    section = payments(c)
    (table,) = [t for t in tables(section) if t.caption == "Bukti transfer, menurut waktu"]
    found = rows(table)
    assert len(found) == 2, "the same reference and amount are one payment"
    assert [r[3] for r in found] == ["Rp75.000periksa dengan mata", "Rp500.000"]
    assert found[0][1] == "RARA"
    assert found[1][2] == "DIMASBank Contoh 8600001"
    assert found[1][4] == "TX01"
    assert found[1][5].count("[S") == 2


def test_without_receipts_there_is_no_table_and_nothing_is_read_for_it() -> None:
    c = story()
    assert not [t for t in tables(payments(c)) if "Bukti transfer" in t.caption]


def people(c: FakeCase) -> Section:
    context = view(c)
    return _people.people(context, _payments.identifiers_in_context(context))


def test_accounts_with_phases_come_first_with_what_they_wrote() -> None:
    first, other, *_ = tables(people(story()))
    assert {r[0].partition("belum")[0] for r in rows(first)} == {"Dimas", "BosD (userBosD)"}
    dimas = next(r for r in rows(first) if r[0].startswith("Dimas"))
    assert "BCA 1230004567" in dimas[4]
    assert "[S1 #18]" in dimas[4]
    assert any("Rara" in r[0] for r in rows(other))


def test_what_recurs_is_listed_as_such_and_nothing_is_concluded() -> None:
    c = story()
    far = next(r for r in c.rows if r["thread_id"] == "ibu")
    c.identifier(far["message_id"], "bank_account", "bank:BCA:1230004567", "BCA 1230004567")
    (shared,) = [t for t in tables(people(c)) if t.caption.startswith("Muncul")]
    (row,) = rows(shared)
    assert "S1 WhatsApp · Dimas" in row[2]
    assert "S.R." in row[2]
    said = " ".join(text(b.runs) for b in people(c).blocks if isinstance(b, Para))
    assert "hanya petunjuk" in said


def test_what_the_person_at_risk_wrote_elsewhere_is_not_listed() -> None:
    c = story()
    message = c.message("wa", "ke Mandiri 9990001111 ya, makasih banyak", "Rara", 70 * 3600, thread_id="toko", thread_title="Toko")
    c.mark(message, "payment_made", None, by="at_risk")
    c.identifier(message, "bank_account", "bank:MANDIRI:9990001111", "Mandiri 9990001111")
    assert not any("9990001111" in cell for t in tables(people(c)) for r in rows(t) for cell in r)


def blocks_of(c: FakeCase, anchor: str) -> list[Block]:
    return list(next(s for s in build(c, "id", MADE_US).screen.sections if s.anchor == anchor).blocks)


def test_excerpts_of_threads_with_phases_come_first() -> None:
    c = story()
    message = c.message("wa", "sudah transfer ya", "Rara", -90 * 3600, thread_id="toko", thread_title="Toko")
    c.mark(message, "payment_made", None, by="at_risk")
    titles = [text(b.title) for b in blocks_of(c, "messages") if hasattr(b, "title")]
    assert titles[0].startswith("Petikan 1: S1 · WhatsApp · Dimas")
    assert titles[-1].endswith("Toko")
    assert f"Petikan {len(titles)}:" in titles[-1]


def test_how_to_confirm_is_said_once_and_each_mark_shows_its_code() -> None:
    from tests.report.test_chronology import Shape, html
    c = story()
    page = Shape(html(c)).text
    assert page.count("saksi decide") == 1
    shown = [m["mark_id"] for m in c.mark_rows if m["signal"] not in ("secrecy", "service_offer")]
    assert all(m in page for m in shown)


def test_a_friends_weak_mark_outside_every_phase_names_nobody() -> None:
    c = story()
    message = c.message("wa", "hati-hati, jangan cerita dulu", "Mega Lestari", 80 * 3600, thread_id="m", thread_title="Mega Lestari")
    mark = c.mark(message, "secrecy", "grooming")
    printed = str(build(c, "id", MADE_US).printed)
    assert "jangan cerita dulu" in printed
    assert "Mega" not in printed
    c.decisions = {mark: Decision("confirmed", "PK-1", MADE_US)}
    assert "Mega Lestari" in str(build(c, "id", MADE_US).printed)


def test_words_too_long_for_a_column_do_not_run_into_the_next() -> None:
    c = story()
    name = "x" * 170
    message = c.message("wa", "y" * 300, name, 30 * 3600)
    c.mark(message, "threat_to_share", "sextortion", strength="strong", end=300)
    data = next(b for n, b in report.render(c, "chronology", "id", MADE_US).items() if n.endswith(".pdf"))
    lines = [x for p in PdfReader(io.BytesIO(data)).pages for x in p.extract_text().splitlines()]
    assert max(x.count("y") for x in lines if "yyyy" in x) <= 110, "a page holds about a hundred"
    assert max(x.count("x") for x in lines if "xxxx" in x) <= 110


def test_a_highlight_inside_a_long_word_keeps_to_its_column() -> None:
    """What follows the highlight begins in the middle of a line: it must break there too."""
    c = story()
    message = c.message("wa", "y" * 60 + "z" * 200, "Dimas", 30 * 3600)
    c.mark(message, "threat_to_share", "sextortion", strength="weak", end=30)
    data = next(b for n, b in report.render(c, "chronology", "id", MADE_US).items() if n.endswith(".pdf"))
    lines = [x for p in PdfReader(io.BytesIO(data)).pages for x in p.extract_text().splitlines()]
    assert max(x.count("y") + x.count("z") for x in lines if "zzzz" in x) <= 125, "a page holds some 115"


def test_where_nobody_at_risk_is_known_offers_are_withheld() -> None:
    """They may be the words of the person at risk: not told as an account's act until a caseworker confirms them."""
    c = story()
    c.at_risk, c.at_risk_basis, c.owner = (), "unknown", None
    for mark in c.mark_rows:
        mark["by"] = "unknown"
    told = str(build(c, "id", MADE_US).printed)
    offer = next(m for m in c.mark_rows if m["signal"] == "service_offer")
    assert offer["mark_id"] not in told
    assert "--at-risk" in told
    assert "userRara" not in str([s for s in build(c, "id", MADE_US).printed.sections if s.anchor == "phases"])
    assert next(m for m in c.mark_rows if m["signal"] == "quota_debt")["mark_id"] in told, "a handler's words stay"
    c.decisions = {offer["mark_id"]: Decision("confirmed", "PK-1", MADE_US)}
    assert offer["mark_id"] in str(build(c, "id", MADE_US).printed)


def test_the_name_of_somebody_uninvolved_in_a_folder_of_a_download() -> None:
    c = story()
    inside = "your_instagram_activity/messages/inbox/sitirahma_17841400000000/photos/0011_0001.jpg"
    c.left_out = {digest_of("wa"): [LeftOut(inside, "image", 4, digest_of("x"), named=True)]}
    told = str(build(c, "id", MADE_US).printed)
    assert "sitirahma" not in told
    assert "your_instagram_activity/messages/inbox/S.R./photos/0011_0001.jpg" in told


def test_rows_stay_whole_unless_they_are_too_high() -> None:
    short, long = _row([[Run("a")], [Run("b" * 300)]], [1, 1]), _row([[Run("a")], [Run("b" * 3000)]], [1, 1])
    assert (short["long"], long["long"]) == (False, True)


def test_several_marks_of_one_sign_in_one_message_are_one_message() -> None:
    c = FakeCase()
    m = c.message("wa", "transfer 500rb ke BCA sekarang", "Dimas", 0)
    marks = [c.mark(m, "payment_demand", "sextortion", strength="strong", start=n, end=n + 3) for n in (0, 9, 20)]
    c.phase("sextortion", marks, ["Dimas"])
    table = next(b for s in build(c, "id", MADE_US).printed.sections if s.anchor == "phases" for b in s.blocks if isinstance(b, Table))
    assert ["".join(r.text for r in cell) for cell in table.rows[0][1:4]] == ["1", "1", "0"]
