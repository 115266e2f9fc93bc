"""The chronology as a whole: what must stand in it, what must not, and that it is the same every time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from saksi import parties, report
from saksi.case.model import Decision, Person
from saksi.errors import UsageError
from saksi.report._pdf import as_data
from saksi.report.chronology import _payments
from saksi.report.chronology.report import build
from saksi.words import area
from tests.report.fake_case import MADE_US, FakeCase, story

NASTY = [
    "<script>alert(1)</script>", "</td></table><img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)", "#let x = 1; #panic()", "$ x $ *a* _b_ `c` \\ @ref <lab>",
    "\u202egnp.exe", "\x00\x1b[31m", "a\u2028b", "😭", "عربي", "漢字", "{n} {name}", "%s", "\ufeff", "' onfocus='x",
]


def html(c: FakeCase, lang: str = "id") -> str:
    return next(b for n, b in report.render(c, "chronology", lang, MADE_US).items() if n.endswith(".html")).decode()


class Shape(HTMLParser):
    """Tags, ids, links and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self._quiet = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._quiet += tag in ("style", "script")
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data


def test_same_view_same_bytes_in_other_processes() -> None:
    code = (
        "import hashlib,sys\nfrom saksi import report\nfrom tests.report.fake_case import story, MADE_US\n"
        "for lang in ('id','en'):\n"
        "  for n,b in sorted(report.render(story(),'chronology',lang,MADE_US).items()):\n"
        "    print(n,hashlib.sha256(b).hexdigest())"
    )
    root = Path(__file__).parents[2]
    seen = set()
    for seed, zone, locale in (("1", "UTC", "C.UTF-8"), ("77", "America/New_York", "C")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "1",
               "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        seen.add(done.stdout)
    assert len(seen) == 1
    assert seen.pop().count("\n") == 4


@pytest.mark.parametrize("lang", ["id", "en"])
def test_html_is_one_file_that_asks_for_nothing(lang: str) -> None:
    page = html(story(), lang)
    shape = Shape(page)
    assert f'<html lang="{lang}"' in page
    assert "default-src 'none'" in page
    assert not {"img", "iframe", "link", "object", "embed", "base"} & set(shape.tags)
    assert not {"style", "src", "srcset"} & shape.attributes
    assert not [a for a in shape.attributes if a.startswith("on")]
    assert all(link.startswith("#") for link in shape.links)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    for name, source in (("style-src", "style"), ("script-src", "script")):
        body = re.search(rf"<{source}>(.*?)</{source}>", page, re.S)
        assert body is not None
        import base64
        assert f"{name} 'sha256-{base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()}'" in page


def test_ids_are_unique_and_every_link_and_citation_exists() -> None:
    c = story()
    shape = Shape(html(c))
    own = [i for i in shape.ids if not i.startswith("p-")]  # the drawing's patterns
    assert len(own) == len(set(own))
    assert {link[1:] for link in shape.links} <= set(shape.ids)
    labels = {s.label: s.account["source"]["digest"] for s in c.sources}
    known = {(r["source_digest"], r["seq"]) for r in c.rows}
    cited = re.findall(r"\[(S\d+) #(\d+)\]", shape.text.replace("[S1 #12]", "", 1))
    assert len(cited) > 20
    assert {(labels[s], int(n)) for s, n in cited} <= known


def test_hostile_text_stays_text_in_both_forms() -> None:
    c = FakeCase(at_risk=(), owner=None, at_risk_basis="unknown")
    ids = [c.message("wa", t, t, i, thread_id="x", thread_title=t) for i, t in enumerate(NASTY)]
    for i, message in enumerate(ids):
        c.mark(message, "threat_to_share", "sextortion", strength="strong", start=0, end=len(NASTY[i]))
        c.identifier(message, "link", NASTY[i], NASTY[i])
    c.names = {c.rows[0]["source_digest"]: NASTY[1]}
    c.code = NASTY[0]
    shape = Shape(html(c))
    assert {"img", "iframe"} & set(shape.tags) == set()
    assert shape.tags.count("script") == 1
    assert not [a for a in shape.attributes if a.startswith("on")]
    for text in NASTY[:9]:
        assert text in shape.text
    assert "\u202e" not in html(c)
    assert "\x00" not in html(c)
    files = report.render(c, "chronology", "en", MADE_US)
    assert set(files) == {"scriptalert1script-chronology.html", "scriptalert1script-chronology.pdf"}


def test_withheld_marks_are_counted_and_nowhere_shown() -> None:
    c = story()
    text = Shape(html(c)).text
    assert "Tawaran layanan berbayar" not in text
    assert "kalimat fase exploitation" not in text  # made of marks of which one is withheld
    assert "1 tanda ditahan" in text
    exploitation = text[text.index("Eksploitasi berbayar: Telegram"):][:200]
    assert "BosD" in exploitation
    assert "Rara" not in exploitation


def test_confirmed_marks_are_told_apart_and_shown() -> None:
    c = story()
    withheld = next(m["mark_id"] for m in c.mark_rows if m["signal"] == "service_offer")
    c.decisions = {**c.decisions, withheld: Decision("confirmed", "PK-9", MADE_US)}
    text = Shape(html(c)).text
    assert "Tawaran layanan berbayar" in text
    assert "DIKONFIRMASI oleh PK-9, 20 Maret 2026" in text
    assert "usulan Permintaan uang" in text


def test_phase_of_withheld_marks_only_is_no_phase() -> None:
    c = FakeCase()
    message = c.message("wa", "ready malam ini", "Rara", 1)
    mark = c.mark(message, "service_offer", "exploitation", by="at_risk", strength="strong")
    c.phase("exploitation", [mark], ["Rara"])
    built = build(c, "id", MADE_US).screen
    text = Shape(html(c)).text
    assert "Tidak ada rentang fase" in text
    assert "ready malam ini" not in text
    assert not built.filters


def test_uninvolved_people_are_initials_everywhere() -> None:
    c = story()
    files = report.render(c, "chronology", "id", MADE_US)
    page = next(b for n, b in files.items() if n.endswith(".html")).decode()
    assert "Siti" not in page
    assert "S.R." in page
    assert "Siti" not in str(as_data(build(c, "id", MADE_US).printed))


def test_accounts_get_roles_by_decision_only() -> None:
    c = story()
    text = Shape(html(c, "en")).text
    assert "suspected" not in text
    c.people = [Person("P1", "suspect", ["Dimas"])]
    assert "suspected: P1 (caseworker's decision)" in Shape(html(c, "en")).text


def test_totals_are_of_mentions_and_told_apart_by_marks_only() -> None:
    c = story()
    from saksi.report.chronology.report import _context
    context = _context(c, "id", MADE_US)
    found = _payments.identifiers_in_context(context)
    sums = {k: sum(v, Decimal(0)) for k, v in _payments.totals(context, [f for f in found if f.kind == "money"]).items()}
    assert sums == {("IDR", "demanded"): 2_000_000, ("IDR", "said_sent"): 500_000, ("IDR", "neither"): 2_000_000}
    assert "Rp2.000.000" in html(c)
    assert "IDR 2,000,000" in html(c, "en")


def test_amounts_far_from_marks_are_not_listed() -> None:
    c = story()
    far = next(r for r in c.rows if r["text"] == "obrolan lain 5")
    c.identifier(far["message_id"], "money", "IDR:77777", "77777")
    assert "77.777" not in html(c)


@pytest.mark.parametrize("bad", ["IDR:", "IDR:x", "500000", "IDR:NaN", "I1:5", ":5"])
def test_what_is_no_amount_is_never_summed(bad: str) -> None:
    assert _payments.amount(bad) is None


def test_safety_card_comes_first_only_with_distress_and_prints_no_number() -> None:
    c = story()
    first = build(c, "id", MADE_US).screen.sections[0]
    assert first.anchor == "safety"
    card = Shape(html(c)).text.split("Tentang dokumen ini")[1]
    assert not re.search(r"\b(110|112|119|129|148)\b", card)
    c.crisis = False
    assert build(c, "id", MADE_US).screen.sections[0].anchor == "about"


def test_contacts_need_source_date_and_review(monkeypatch: pytest.MonkeyPatch) -> None:
    def contact(name: str, reviewed: str | None, date: str | None = "2026-01-01") -> parties.Contact:
        return parties.Contact("k", name, "peran", ("crisis",), (parties.Channel("web", "contoh.invalid"),), "sumber", date,
                               reviewed, "l")

    offered = [contact("Layanan Contoh", "2026-02-02"), contact("Tanpa Periksa", None),
               contact("Tanpa Tanggal", "2026-02-02", None)]
    monkeypatch.setattr(parties, "safety_card_contacts", lambda lang, *, child=None: offered)
    page = html(story())
    assert "Layanan Contoh" in page
    assert "contoh.invalid" in page
    assert "Nomor telepon sengaja tidak dicetak" not in page
    assert "Tanpa Periksa" not in page
    assert "Tanpa Tanggal" not in page


def test_unknown_times_are_said_and_drawn_by_order() -> None:
    c = FakeCase(zone=None)
    ids = [c.message("wa", f"pesan {i}", "Dimas") for i in range(12)]
    marks = [c.mark(ids[i], s, "sextortion", strength="strong") for i, s in ((3, "leverage"), (9, "threat_to_share"))]
    c.phase("sextortion", marks, ["Dimas"])
    text = Shape(html(c)).text
    assert "tertulis «baris 3»" in text
    assert "12 dari 12 pesan tidak punya waktu yang pasti" in text
    assert "Zona waktu belum diberitahukan" in text
    assert "#3" in text
    assert "1970" not in text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_empty_case_still_makes_a_document(lang: str) -> None:
    files = report.render(FakeCase(at_risk=(), owner=None, at_risk_basis="unknown"), "chronology", lang, MADE_US)
    assert all(files.values())


def test_media_are_named_never_shown() -> None:
    text = Shape(html(story())).text
    assert "foto «IMG-001.jpg», tidak ikut diekspor; tidak ditampilkan" in text


def test_wrong_kind_or_language_is_refused() -> None:
    with pytest.raises(UsageError):
        report.render(FakeCase(), "poem", "id", MADE_US)
    with pytest.raises(UsageError):
        report.render(FakeCase(), "chronology", "fr", MADE_US)


def test_write_replaces_whole_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        paths = report.write(story(), "chronology", "id", tmp_path / "new", made_at_us=MADE_US)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(p.name for p in paths)
    assert paths[1].read_bytes().startswith(b"%PDF-")
    if os.name == "posix":
        assert {p.stat().st_mode & 0o077 for p in paths} == {0}


def test_every_signal_phase_and_kind_has_words() -> None:
    from saksi.table import schema
    words = area("report")
    taxonomy = Path(__file__).parents[2] / "src/saksi/signals/taxonomy.yaml"
    if taxonomy.is_file():
        import yaml
        for signal in yaml.safe_load(taxonomy.read_text(encoding="utf-8"))["signals"]:
            assert f"signal_{signal}" in words
            assert f"meaning_{signal}" in words
    for prefix, values in (("phase", schema.PHASES), ("phase_means", schema.PHASES), ("kind", schema.KINDS),
                           ("state", schema.ATTACHMENT_STATES), ("strength", schema.STRENGTHS),
                           ("identifier", schema.IDENTIFIER_KINDS)):
        assert [v for v in values if f"{prefix}_{v}" not in words] == []


def test_no_english_in_the_indonesian_document() -> None:
    text = re.sub(r"«saksi [^»]*»", "", Shape(html(story())).text.lower())
    for word in (" the ", " message ", " marks ", " and ", " not ", " confirmed", " suggestion", " account "):
        assert word not in text, word


def test_both_languages_differ_in_every_sentence() -> None:
    same = [k for k, e in area("report").items() if e.id == e.en and " " in e.id and not k.startswith(("phase_heading", "platform_"))]
    assert same == []
