"""PDFs handed in alone: a case keeps their words, never the file; hostile ones end in one row."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from saksi.readers import page_pdf_text
from saksi.readers.base import ReadSettings
from saksi.readers.page_pdf_text import made, reader
from saksi.readers.registry import claims, read_source
from tests.readers.html.generate import zipped
from tests.readers.html.web_pages import pdf
from tests.readers.telegram.reading import source_of
from tests.simulator import receipts


def read(data: bytes, **told: str) -> tuple[list[dict[str, Any]], Any]:
    reading = read_source(source_of(data, "bukti.pdf"), ReadSettings(**told))
    rows = [r for b in reading for r in b.to_pylist()]
    return rows, reading


def test_words_of_every_page() -> None:
    data = pdf("Transfer Rp 500.000 ke 0860 1111 2222", "halaman dua")
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 2, "the sample is a PDF"
    rows, reading = read(data)
    assert [(r["kind"], r["text"], r["flags"]) for r in rows] == [
        ("text", "Transfer Rp 500.000 ke 0860 1111 2222", ["page:1"]), ("text", "halaman dua", ["page:2"])]
    assert {(r["sent_at"].isoformat(), r["sent_at_basis"], r["thread_title"]) for r in rows} == {
        ("2026-11-23T13:15:00+00:00", "offset", "Bukti transfer")}
    assert reading.account()["bytes"] == {"total": len(data), "messages": len(data), "container": 0, "problems": 0}


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_a_receipt_is_a_payment_with_fields(seed: int, below: bool) -> None:
    slip = receipts.receipt_of(seed)
    rows, reading = read(receipts.printed(slip, below=below), zone="Asia/Jakarta")
    payment, fields = rows[0], rows[1:]
    assert (payment["kind"], payment["flags"]) == ("payment", ["page:1", "receipt"])
    assert {f[6:]: r["text"] for r in fields for f in r["flags"] if f.startswith("field:")} == slip.truth()
    assert all(r["duplicate_of"] == payment["message_id"] for r in fields)
    assert payment["sent_at_text"] == slip.truth()["time"]
    assert payment["sent_at_basis"] == "zone_given"
    name, _, account = slip.truth().get("sender", "").partition("\n")
    assert (payment["sender_name"], payment["sender_id"]) == (name or None, account or None)
    assert all(line in payment["text"] for value in slip.truth().values() for line in value.split("\n")), "nothing invented"
    assert reading.problems == []


def test_a_receipt_without_a_zone_or_with_a_doubtful_date_says_so() -> None:
    rows, reading = read(receipts.printed(receipts.receipt_of(0)))
    assert (rows[0]["sent_at"], rows[0]["sent_at_basis"]) == (None, "zone_unknown")
    assert [p.reason for p in reading.problems] == ["zone_unknown"]
    slip = receipts.receipt_of(0)
    doubtful = replace(slip, fields=(("time", "Tanggal Transaksi", ("03/04/2026 10:21",)), *slip.fields[1:]))
    rows, reading = read(receipts.printed(doubtful), zone="Asia/Jakarta")
    assert rows[0]["sent_at"] is None
    assert "date_order_ambiguous" in [p.reason for p in reading.problems]
    rows, _ = read(receipts.printed(doubtful), zone="Asia/Jakarta", date_order="dmy")
    assert rows[0]["sent_at"].isoformat() == "2026-04-03T03:21:00+00:00"


def test_a_page_with_an_amount_alone_is_no_receipt() -> None:
    rows, _ = read(pdf("Transfer Berhasil Rp500.000"))
    assert [r["kind"] for r in rows] == ["text"]


def test_what_the_second_look_raises_costs_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Page:
        def extract_text(self, **_: object) -> str:
            raise ValueError

    assert page_pdf_text._columns(Page()) == ""


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"%PDF-1.7\n" + b"\x00\xff" * 3000, pdf("a")[:300]])
def test_broken_ones_are_one_unparsed_row(data: bytes) -> None:
    rows, reading = read(data)
    assert [r["kind"] for r in rows] == ["unparsed"]
    assert [p.reason for p in reading.problems] == ["broken_record"]


def test_a_slow_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_pdf_text, "TIME_MAX_S", 0.01)
    rows, _ = read(pdf("a"))
    assert [r["kind"] for r in rows] == ["unparsed"]


def test_only_alone_and_only_where_pypdf_is(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = source_of(zipped({"a.pdf": pdf("a"), "b.txt": b"x"}), "x.zip")
    assert not claims(inside.parts[0])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert reader.recognise(source_of(pdf("a")).parts[0]) is None


PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20


def with_picture(data: bytes) -> bytes:
    """The PDF with a picture in it, as it is: not packed."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.add_attachment("foto.jpg", PICTURE)
    out = io.BytesIO()
    writer.write(out)
    assert PICTURE[:64] in out.getvalue(), "it lies there open"
    return out.getvalue()


def taken_in(tmp_path: Path, data: bytes) -> tuple[Path, int]:
    from saksi.cli.commands import run

    (tmp_path / "bukti.pdf").write_bytes(data)
    (tmp_path / "sandi").write_text("kata sandi uji\n", encoding="utf-8")
    secret = ["--passphrase-file", str(tmp_path / "sandi")]
    given = ["build", str(tmp_path / "KASUS"), str(tmp_path / "bukti.pdf"), "--zone", "Asia/Jakarta", *secret, "--json"]
    return tmp_path / "KASUS", run(given)


def objects_of(case: Path) -> list[bytes]:
    """Every sealed object, opened."""
    from saksi.case.store import Case

    with Case.open(case, "kata sandi uji") as opened:
        kept = []
        for sealed in opened.vault.objects():
            with opened.vault.open_object(sealed.object_id) as f:
                kept.append(f.read())
    return kept


def test_a_case_keeps_the_words_of_a_receipt_and_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from saksi.case import pipeline
    from saksi.case.store import Case
    from saksi.case.view import StoredView
    from saksi.report.chronology._receipts import receipts_of

    slip = receipts.receipt_of(1)
    data = with_picture(receipts.printed(slip))
    case, code = taken_in(tmp_path, data)
    assert code == 0
    for kept in objects_of(case):
        assert PICTURE[:32] not in kept
        assert data[:40] not in kept
    told, _ = read(data, zone="Asia/Jakarta")
    monkeypatch.setattr(page_pdf_text, "_extracted", lambda data: pytest.fail("a sealed PDF is not opened again"))
    with Case.open(case, "kata sandi uji") as opened:
        (label, received, _), = opened.sources()
        assert received.sealed_as == "digest_only"
        with pipeline.open_reading(opened, label, received, ReadSettings(zone="Asia/Jakarta")) as reading:
            again = [r for b in reading for r in b.to_pylist()]
        assert again == told, "the rows of the file in hand"
        assert [p.reason for p in reading.problems] == []
        payment, = receipts_of(StoredView(opened))
        assert payment.values == slip.truth()
        assert payment.cites[0][1] == told[0]["message_id"]


def test_verify_deep_reads_the_kept_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from saksi.cli.commands import run

    case, _ = taken_in(tmp_path, receipts.printed(receipts.receipt_of(2)))
    assert run(["verify", str(case), "--deep", "--passphrase-file", str(tmp_path / "sandi")]) == 0
    capsys.readouterr()


def test_a_broken_one_is_a_row_in_a_case_too(tmp_path: Path) -> None:
    case, code = taken_in(tmp_path, pdf("a")[:300])
    assert code == 1
    assert not [kept for kept in objects_of(case) if kept.startswith(pdf("a")[:40])]


def test_a_picture_written_as_letters_is_cut_out_of_the_words() -> None:
    from base64 import b64encode

    from saksi.intake import _without_media

    words = {"pages": ["kata " + b64encode(PICTURE).decode() + " sesudah"], "more": False}
    plain = _without_media(words)
    assert b64encode(PICTURE).decode()[16:80] not in plain["pages"][0]
    assert plain["pages"][0].startswith("kata ")
    assert _without_media({"pages": ["kata biasa é"], "more": True}) == {"pages": ["kata biasa é"], "more": True}


def test_a_pdf_that_changes_while_it_is_received_is_refused() -> None:
    from saksi.errors import InputRefused
    from saksi.intake import AbsentRecord, _with_words

    part = source_of(pdf("a"), "bukti.pdf").parts[0]
    record = AbsentRecord(0, None, "document", part.size, "0" * 64)
    with pytest.raises(InputRefused, match="source_changed"):
        _with_words(None, part, record, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(("date", "said"), [
    ("D:20261123201500+07'00'", 7 * 3600), ("D:20261123201500Z", 0), ("D:20261123201500-0730", -27_000), ("D:20261123201500", None),
])
def test_dates(date: str, said: int | None) -> None:
    assert made(date).offset_s == said
    assert made(date).local_s is not None
    assert made("kemarin").local_s is None
