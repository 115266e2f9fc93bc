"""Who brought a source: codes in the log, words only in the case, and the report says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi import verbs
from saksi.case.store import Case
from saksi.case.view import StoredView
from saksi.errors import UsageError
from saksi.report.chronology import report
from saksi.verbs.intake import Handed
from tests.case.test_store import CHEAP, PASSPHRASE

NOTE = "Surat nomor B/12/XI, dari Ibu Contoh"


def test_who_brought_it_is_logged_as_codes_and_told_in_the_report(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"13/03/26 07.00 - Bu Sari: {name}\n", encoding="utf-8")
    options = verbs.BuildOptions(zone="WIB", date_order="dmy", handed=Handed("parent", "letter", NOTE))
    verbs.build(tmp_path / "K", PASSPHRASE, [tmp_path / "a.txt"], options, kdf=CHEAP)
    verbs.build(tmp_path / "K", PASSPHRASE, [tmp_path / "b.txt"], verbs.BuildOptions())
    assert b"B/12/XI" not in (tmp_path / "K" / "log" / "entries.jsonl").read_bytes()
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        entry = [e["fields"] for e in case.vault.entries() if e["action"] == "receive" and e["fields"].get("what") == "handed-over"]
        assert [(e["exhibits"], e["brought_by"], e["authority"]) for e in entry] == [(["S1"], "parent", "letter")]
        assert entry[0]["note"] == case.vault.commitment(NOTE)
        view = StoredView(case)
        assert [(s.brought_by, s.authority) for s in view.sources] == [("parent", "letter"), (None, None)]
        text = repr(report.build(view, "en", 0).printed)
        assert text.count("Brought by: a parent; ground: a letter of request.") == 1
        assert "B/12/XI" not in text
    verbs.build(tmp_path / "K", PASSPHRASE, [], verbs.BuildOptions(handed=Handed("self")))
    with Case.open(tmp_path / "K", PASSPHRASE) as case:
        assert [s.brought_by for s in StoredView(case).sources] == ["parent", "self"]


@pytest.mark.parametrize("handed", [Handed("Ibu Contoh"), Handed("parent", "karena")])
def test_what_is_no_code_is_refused_before_anything_is_sealed(tmp_path: Path, handed: Handed) -> None:
    (tmp_path / "a.txt").write_text("13/03/26 07.00 - Bu Sari: a\n", encoding="utf-8")
    with pytest.raises(UsageError):
        verbs.build(tmp_path / "K", PASSPHRASE, [tmp_path / "a.txt"], verbs.BuildOptions(handed=handed), kdf=CHEAP)
    assert not (tmp_path / "K").exists()
