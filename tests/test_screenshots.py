"""Declared screenshots from the command line to the case: what is read, what is never opened, what may be looked at."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bench_screenshots import Score, aligned, causes, compare
from saksi import ocr, verbs
from saksi.cli.commands import run as run_command
from saksi.errors import UsageError
from saksi.ocr import Line, Transcript, packed
from tests.simulator import receipts, screens

Colour = tuple[int, int, int]
CLI = Callable[..., tuple[int, str, str]]
CHAT = "23/11/26, 20:15 - Budi: halo\n24/11/26, 20:16 - Rina: hai\n25/11/26, 20:17 - Budi: apa kabar\n"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> CLI:
    def call(*args: str | Path) -> tuple[int, str, str]:
        code = run_command([str(a) for a in args])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="module")
def shots() -> list[screens.Shot]:
    return screens.render(screens.thread_of(21, 22, group=True), screens.Look("hijau"), 720, seed=3)


@pytest.fixture(scope="module")
def folder(shots: list[screens.Shot], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The screenshots under names in the wrong order, and a receipt."""
    room = tmp_path_factory.mktemp("tangkapan")
    screens.save(list(reversed(shots)), room, "jpeg80")
    (room / "slip.png").write_bytes(screens.encoded(receipts.drawn(receipts.receipt_of(0), 720), "png"))
    return room


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = verbs.read(folder, zone="WIB", screenshots=True).messages.to_pylist()
    return read


def test_a_chat_is_read_with_sides_order_and_times(rows: list[dict[str, Any]], shots: list[screens.Shot]) -> None:
    score = Score()
    compare([r for r in rows if r["source_part"] != "slip.png"], shots, score)
    assert score.rate("wrong letters", "letters") < 2, score.wrong
    assert score.rate("side", "pairs") == 100, score.wrong
    assert score.rate("in order", "bubbles") == 100, score.wrong
    assert score.rate("clock", "clocks") > 95, score.wrong
    timed = [r for r in rows if r["kind"] == "text" and r["sent_at"] is not None]
    assert len(timed) > 15
    assert [r["sent_at"] for r in timed if not r["duplicate_of"]] == sorted(r["sent_at"] for r in timed if not r["duplicate_of"])


def test_every_picture_is_a_part_with_rows(folder: Path, rows: list[dict[str, Any]]) -> None:
    for path in folder.iterdir():
        mine = [r for r in rows if r["source_part"] == path.name]
        whole = [r for r in mine if r["flags"] and "screenshot" in r["flags"]]
        assert len(whole) == 1
        assert whole[0]["attachments"][0]["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert all(r["message_id"].startswith(whole[0]["message_id"] + ".") for r in mine if r is not whole[0])
        assert all(r["box"] and r["span_start"] is None for r in mine)
    ids = [r["message_id"] for r in rows]
    assert len(ids) == len(set(ids))
    assert {r["duplicate_of"] for r in rows} - {None} <= set(ids), "a duplicate names a row that is there"


def test_a_receipt_is_a_payment_with_fields(rows: list[dict[str, Any]]) -> None:
    paid = [r for r in rows if r["kind"] == "payment"]
    truth = receipts.receipt_of(0).truth()
    found = {f[6:]: r["text"] for r in paid for f in r["flags"] or () if f.startswith("field:")}
    assert found == truth
    assert truth["amount"] in paid[0]["text"]
    assert [paid[0]["sender_name"], paid[0]["sender_id"]] == truth["sender"].split("\n")
    assert all(r["duplicate_of"] == paid[0]["message_id"] for r in paid[1:])


def test_a_picture_whose_layout_fails_parts_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that breaks the rules is a row and a problem with a sentence of its own; the chat stays one."""
    from saksi.readers import screenshot_image
    from saksi.readers._screen_layout import screen_of as real
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source
    from tests.readers.telegram.reading import source_of

    white, black = (255, 255, 255), (0, 0, 0)

    def source() -> Any:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for n in range(3):
                z.writestr(f"{n}.png", b"\x89PNG\r\n\x1a\n" + bytes(40) + bytes([n]))
        held = source_of(out.getvalue(), "ss.zip")
        for part in held.parts:
            line = Line((50, 60, 120, 24), "Budi Contoh", 0.9, white, black, (0, 0, 720, 1600))
            shown = Transcript("none", 720 + (part.number == 1), 1600, lines=(line,))
            part.transcript = lambda shown=shown: packed(shown)
        return held

    def screen_of(read: Transcript) -> Any:
        if read.width == 721:
            raise IndexError
        screen = real(read)
        screen.title = "Budi Contoh"
        return screen

    monkeypatch.setattr(screenshot_image, "screen_of", screen_of)
    reading = read_source(source(), ReadSettings())
    read = [r for b in reading for r in b.to_pylist()]
    assert [(p.reason, p.part) for p in reading.problems] == [("picture_layout", "1.png")]
    assert [(r["source_part"], r["kind"]) for r in read if r["kind"] == "unparsed"] == [("1.png", "unparsed")]
    assert len({r["thread_id"] for r in read if r["source_part"] != "1.png"}) == 1


def test_only_what_was_declared_is_opened(folder: Path, tmp_path: Path, cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise 3: the reading process never sees another picture."""
    seen: list[str] = []

    def transcribe(self: ocr.Reading, data: bytes) -> Transcript:
        seen.append(hashlib.sha256(data).hexdigest())
        return Transcript("none", 360, 800)

    monkeypatch.setattr(ocr.Reading, "transcribe", transcribe)
    picture = next(p for p in folder.iterdir() if p.suffix == ".jpg").read_bytes()
    with zipfile.ZipFile(tmp_path / "chat.zip", "w") as z:
        z.writestr("_chat.txt", CHAT)
        z.writestr("IMG.jpg", picture)
    mixed = tmp_path / "map"
    (mixed / "ss").mkdir(parents=True)
    (mixed / "chat.txt").write_text(CHAT)
    (mixed / "foto.jpg").write_bytes(picture)
    other = picture + b"\0"
    (mixed / "ss" / "a.jpg").write_bytes(other)
    (tmp_path / "foto.jpg").write_bytes(picture)
    assert cli("read", tmp_path / "foto.jpg")[0] == 3
    assert cli("read", tmp_path / "chat.zip", "--zone", "WIB")[0] == 0
    assert cli("read", tmp_path / "chat.zip", "--zone", "WIB", "--screenshots")[0] == 0
    assert cli("read", mixed, "--zone", "WIB", "--screenshots")[0] == 0
    assert seen == [], "a picture beside a chat is its medium, not a screenshot"
    assert cli("read", mixed, "--zone", "WIB", "--screenshots", mixed / "ss")[0] == 0
    assert seen == [hashlib.sha256(other).hexdigest()]
    assert cli("read", tmp_path / "foto.jpg", "--screenshots")[0] == 0
    assert seen[1:] == [hashlib.sha256(picture).hexdigest()]


def test_without_an_engine_a_sentence_says_how_to_get_one(folder: Path, cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_there", lambda: False)
    code, _, err = cli("read", "--screenshots", folder)
    assert code == 2
    assert "saksi[ocr]" in err


def test_a_case_keeps_the_words_and_not_the_pictures(folder: Path, tmp_path: Path, cli: CLI) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kata sandi uji\n")
    case_folder = tmp_path / "KASUS"
    code, out, err = cli("build", case_folder, "--screenshots", folder, "--zone", "WIB", "--json", "--passphrase-file", secret)
    assert code == 0, err
    data = json.loads(out)
    assert data["sources"][0]["records"] > 40
    log = (case_folder / "log" / "entries.jsonl").read_text()
    assert '"action":"transcribe"' in log
    kept = b""
    with verbs.open_case(case_folder, "kata sandi uji") as case:
        for o in case.vault.objects():
            with case.vault.open_object(o.object_id) as f:
                kept += f.read()
        exported = [r for b in case.batches("S1", "messages") for r in b.to_pylist()]
    for path in folder.iterdir():
        picture = path.read_bytes()
        assert not [i for i in range(400, len(picture) - 16, 97) if picture[i : i + 16] in kept]
    texts = [r["text"] for r in exported if r["kind"] == "text" and len(r["text"] or "") > 12]
    assert texts
    assert not any(t in log or t in err for t in texts)
    # answers can change without the pictures: rows are made again from what was read
    code, out, err = cli("build", case_folder, "--zone", "WITA", "--json", "--passphrase-file", secret)
    assert code == 0, err
    assert json.loads(out)["sources"][0]["records"] == data["sources"][0]["records"]
    assert cli("verify", case_folder, "--passphrase-file", secret)[0] == 0
    _look(exported, folder, case_folder, secret, tmp_path, cli)
    assert cli("report", case_folder, "--out", tmp_path / "laporan", "--lang", "en", "--passphrase-file", secret)[0] == 0
    (page,) = [p for p in (tmp_path / "laporan").rglob("*.html") if "Transfer receipts that were read" in p.read_text()]
    slip = receipts.receipt_of(0).truth()
    assert slip["reference"] in page.read_text(), "the receipt stands in the chapter about money"


def _look(exported: list[dict[str, Any]], folder: Path, case_folder: Path, secret: Path, room: Path, cli: CLI) -> None:
    """A line is shown for the very picture only, and that is logged."""
    from PIL import Image

    row = next(r for r in exported if r["kind"] == "text" and r["text"])
    crop = room / "baris.png"
    told = (row["message_id"], folder / row["source_part"], "-o", crop, "--passphrase-file", secret)
    code, _, err = cli("look", case_folder, *told)
    assert code == 0, err
    shown = Image.open(io.BytesIO(crop.read_bytes()))
    assert shown.height < 300
    assert '"what":"line"' in (case_folder / "log" / "entries.jsonl").read_text()
    crop.unlink()
    wrong = next(p for p in folder.iterdir() if p.name != row["source_part"])
    assert cli("look", case_folder, told[0], wrong, *told[2:])[0] == 3
    assert cli("look", case_folder, "nothing-0-0", *told[1:])[0] == 2
    picture_row = next(r for r in exported if r["flags"] and "screenshot" in r["flags"])
    assert cli("look", case_folder, picture_row["message_id"], *told[1:])[0] == 2
    assert not crop.exists()


def test_a_declaration_later_reads_what_was_sealed_before(folder: Path, tmp_path: Path, cli: CLI) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kata sandi uji\n")
    slip = folder / "slip.png"
    assert cli("build", tmp_path / "K", slip, "--passphrase-file", secret)[0] == 3, "sealed, nothing read"
    code, out, err = cli("build", tmp_path / "K", slip, "--screenshots", slip, "--json", "--zone", "WIB", "--passphrase-file", secret)
    assert code == 0, err
    assert json.loads(out)["sources"][0]["by_kind"]["payment"] == 7


def test_doubtful_lines_are_marked_and_nothing_is_invented() -> None:
    """Recorded lines in, rows out: no engine at work."""
    from saksi.parts import Part, Source
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source

    def line(at: tuple[int, int, int], text: str, confidence: float, ground: Colour, region: tuple[int, int, int, int]) -> Line:
        return Line((*at, 40), text, confidence, ground, (0, 0, 0), region)

    white, green = (255, 255, 255), (217, 253, 211)
    read = Transcript("recorded", 1080, 2400, (230, 220, 210), (
        line((60, 600, 400), "halo, ini teks", 0.99, white, (30, 570, 500, 660)),
        line((500, 800, 500), "transfer 5O0rb", 0.61, green, (470, 770, 1050, 860)),
    ))  # fmt: skip
    part = Part(None, 0, 10, lambda: io.BytesIO(b""), media="image", known_digest="0" * 64, transcript=lambda: packed(read))
    reading = read_source(Source("a.png", "file", "0" * 64, 10, [part], []), ReadSettings())
    got = [r for b in reading for r in b.to_pylist()]
    assert [(r["kind"], r["direction"], r["text"], r["flags"]) for r in got[1:]] == [
        ("text", "in", "halo, ini teks", None), ("text", "out", "transfer 5O0rb", ["check_by_eye"]),
    ]  # fmt: skip
    assert all(r["sent_at"] is None and r["sent_at_basis"] == "none" for r in got)
    assert got[1]["sender_name"] is None
    assert got[1]["thread_title"] is None


def test_the_measure_pairs_bubbles_so_that_the_fewest_letters_are_wrong() -> None:
    assert aligned(["halo", "tambahan", "besok"], ["halo", "besok", "lusa"]) == [(0, 0), (2, 1)]
    assert aligned(["haIo"], ["halo"]) == [(0, 0)]
    assert aligned(["sama sekali lain"], ["halo"]) == [], "half of the letters must agree"
    assert aligned([], ["a"]) == []
    assert aligned(["ok", "ok"], ["ok"]) in ([(0, 0)], [(1, 0)]), "each once"


@pytest.mark.parametrize(
    ("got", "want", "cause"),
    [("Iho", "lho", "I, l and 1"), ("a b", "ab", "spaces"), ("5O", "50", "digits"), ("- a", "– a", "punctuation"),
     ("rnau", "mau", "other letters"), ("a", "a\nb", "lines left out or added")],
)  # fmt: skip
def test_the_measure_names_causes(got: str, want: str, cause: str) -> None:
    assert set(causes(got, want)) == {cause}


def test_the_option_names_something_that_is_there(tmp_path: Path, cli: CLI) -> None:
    assert cli("read", "--screenshots", tmp_path / "none")[0] == 3
    assert cli("read")[0] == 2
    with pytest.raises(UsageError):
        verbs.check_by("Rina Dewi")
