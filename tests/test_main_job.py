"""The main job end to end, as a user runs it: a phone's exports in, a sealed case and a report out. JSON as in the contract."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import saksi
from saksi.cli.commands import run as run_command
from saksi.table.schema import MESSAGE_SCHEMA
from tests.simulator.phone import write_phone

ROOT = Path(__file__).resolve().parents[1]
Call = Callable[..., tuple[int, Any, str]]


def exports_of(phone: Path) -> list[Path]:
    return sorted(p for p in phone.glob("*/*") if p.is_file())


def at_risk_of(phone: Path) -> list[str]:
    told = json.loads((phone / "phone.json").read_text(encoding="utf-8"))["at_risk"]
    return [told] if isinstance(told, str) else list(told)


def command(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "saksi", *map(str, args)], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def small_phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_phone(folder, seed=5, messages=1200)
    return folder


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "passphrase"
    path.write_text("kata sandi uji\nbaris kedua bukan bagiannya\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def built(small_phone: Path, secret: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("case") / "KASUS"
    risk = [w for name in at_risk_of(small_phone) for w in ("--at-risk", name)]
    done = command("build", folder, *exports_of(small_phone), "--zone", "WIB", "--date-order", "dmy", *risk,
                   "--passphrase-file", secret, "--json")  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return {"data": json.loads(done.stdout), "code": done.returncode, "folder": folder, "stderr": done.stderr}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*args: str | Path) -> tuple[int, Any, str]:
        code = run_command([str(a) for a in args])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") and "\n{" not in out else out, err

    return call


def test_build_says_what_the_contract_says(built: dict[str, Any], small_phone: Path) -> None:
    data = built["data"]
    assert {"case", "sources", "marks", "phases", "reports", "log_head"} <= set(data)
    assert {s["source"]["digest"] for s in data["sources"]} == {
        hashlib.sha256(p.read_bytes()).hexdigest() for p in exports_of(small_phone)
    }
    for source in data["sources"]:
        counts = source["bytes"]
        assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
        assert source["sealed_as"] in ("whole", "without_media")
    assert data["marks"] > 0
    assert data["phases"] > 0
    assert data["reports"]
    assert len(data["log_head"]) == 64
    assert (built["code"] == 1) == any(s["problems"] for s in data["sources"])


def test_every_truth_message_is_in_the_case_once(
    built: dict[str, Any], small_phone: Path, secret: Path, cli: Call, tmp_path: Path
) -> None:
    code, _, err = cli("export", built["folder"], "-o", tmp_path / "m.parquet", "--passphrase-file", secret)
    assert code == 0
    assert str(tmp_path / "m.parquet") in err, "plaintext is warned about"
    table = pq.read_table(tmp_path / "m.parquet")
    assert table.schema.names == MESSAGE_SCHEMA.names
    truth = [json.loads(line) for line in (small_phone / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    ids = table.column("message_id").to_pylist()
    assert len(set(ids)) == len(ids)
    # words that a message holds outside its text (a link's target, a poll's answer) are child rows with a flag
    extra = [f for f in table.column("flags").to_pylist() if f and any(x.startswith("field:") for x in f)]
    assert table.num_rows == len(truth) + len(extra)
    told = sorted(t["text"] for t in truth if t.get("text"))
    found = sorted(t for t in table.column("text").to_pylist() if t)
    assert len(set(told) - set(found)) == 0


def test_the_other_exports(built: dict[str, Any], secret: Path, cli: Call, tmp_path: Path) -> None:
    for what in ("marks", "identifiers", "problems"):
        for form in ("jsonl", "csv", "parquet"):
            path = tmp_path / f"{what}.{form}"
            assert cli("export", built["folder"], "--what", what, "-o", path, "--passphrase-file", secret)[0] == 0
            assert path.stat().st_size > 0 or what == "problems"
    marks = [json.loads(line) for line in (tmp_path / "marks.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(marks) == built["data"]["marks"]
    assert set(marks[0]["because"]) == {"id", "en"}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_report_writes_open_files_and_says_so(
    built: dict[str, Any], secret: Path, cli: Call, tmp_path: Path, lang: str
) -> None:
    args = ("report", built["folder"], "--out", tmp_path / "a", "--lang", lang, "--passphrase-file", secret)
    code, data, err = cli(*args, "--json")
    assert code == 0
    written = [Path(p) for p in data["reports"]]
    assert {p.suffix for p in written} == {".html", ".pdf"}
    assert all(p.stat().st_size > 2000 for p in written)
    assert str(tmp_path / "a") in err
    cli("report", built["folder"], "--out", tmp_path / "b", "--lang", lang, "--passphrase-file", secret)
    for path in written:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), "written twice, the same bytes"
    assert (
        cli("report", built["folder"], "--out", tmp_path / "c", "--kind", "nothing", "--passphrase-file", secret)[0]
        == 2
    )


def test_search_cites_and_logs_no_words(built: dict[str, Any], small_phone: Path, secret: Path, cli: Call) -> None:
    truth = [json.loads(line) for line in (small_phone / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    text = next(t["text"] for t in truth if t.get("signals") and t.get("text"))
    word = max((w for w in text.split() if w.isalpha()), key=len)
    code, data, _ = cli("search", built["folder"], word, "--passphrase-file", secret, "--json")
    assert code == 0
    assert data["found"] >= 1
    assert any(m["text"] == text for m in data["messages"])
    assert word not in (built["folder"] / "log" / "entries.jsonl").read_text(encoding="utf-8")


def test_verify_holds_and_a_flipped_byte_is_found(
    built: dict[str, Any], secret: Path, cli: Call, tmp_path: Path
) -> None:
    import shutil

    code, data, _ = cli("verify", built["folder"], "--passphrase-file", secret, "--json")
    assert (code, data["ok"], data["bad"]) == (0, True, [])
    assert data["checked"] > 10
    assert cli("verify", built["folder"], "--json")[1]["ok"], "without the key the log is still checked"
    copy = tmp_path / "KASUS"
    shutil.copytree(built["folder"], copy)
    largest = max((p for p in (copy / "objects").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data_ = bytearray(largest.read_bytes())
    data_[len(data_) // 2] ^= 1
    largest.write_bytes(bytes(data_))
    code, data, _ = cli("verify", copy, "--passphrase-file", secret, "--json")
    assert code == 6
    assert any(largest.name in b["where"] for b in data["bad"])


def test_a_second_build_adds_only_what_is_new(small_phone: Path, secret: Path, cli: Call, tmp_path: Path) -> None:
    exports = exports_of(small_phone)
    first, rest = exports[:2], exports[2:5]
    base = ("--zone", "WIB", "--date-order", "dmy", "--passphrase-file", secret, "--json")
    _, one, _ = cli("build", tmp_path / "K", *first, *base)
    sealed = {p.name for p in (tmp_path / "K" / "objects").rglob("*") if p.is_file()}
    code, two, _ = cli("build", tmp_path / "K", *first, *rest, *base)
    assert code in (0, 1)
    assert [s["source"]["digest"] for s in two["sources"]][: len(first)] == [
        s["source"]["digest"] for s in one["sources"]
    ]
    assert [s["known"] for s in two["sources"]] == [True] * len(first) + [False] * len(rest)
    assert sealed <= {p.name for p in (tmp_path / "K" / "objects").rglob("*") if p.is_file()}
    seals = [
        json.loads(line) for line in (tmp_path / "K" / "log" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert sum(e["action"] == "seal" for e in seals) == len(first) + len(rest)


def test_chosen_threads_only(small_phone: Path, secret: Path, cli: Call, tmp_path: Path) -> None:
    exports = [p for p in exports_of(small_phone) if p.name == "result.json"]
    _, account, _ = cli("read", exports[0], "--json", "--zone", "WIB")
    chosen = account["threads"][0]
    code, data, _ = cli("build", tmp_path / "K", *exports, "--threads", chosen["thread_id"], "--zone", "WIB", "--json",
                        "--passphrase-file", secret)  # fmt: skip
    assert code in (0, 1)
    cli("export", tmp_path / "K", "-o", tmp_path / "m.parquet", "--passphrase-file", secret)
    table = pq.read_table(tmp_path / "m.parquet")
    assert set(table.column("thread_id").to_pylist()) == {chosen["thread_id"]}
    assert table.num_rows == chosen["records"] == data["sources"][0]["stored_records"]
    assert data["sources"][0]["records"] == account["records"], "every byte of the source is still accounted for"


def test_wrong_passphrase_and_no_case(built: dict[str, Any], cli: Call, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("bukan ini\n", encoding="utf-8")
    code, _, err = cli("search", built["folder"], "halo", "--passphrase-file", wrong)
    assert code == 4
    assert "bukan ini" not in err
    assert cli("report", tmp_path, "--out", tmp_path / "o", "--passphrase-file", wrong)[0] == 2


def test_check_stores_nothing_and_keeps_the_contract(small_phone: Path, cli: Call, tmp_path: Path) -> None:
    result = next(p for p in exports_of(small_phone) if p.name == "result.json")
    before = sorted(p for p in small_phone.rglob("*"))
    risk = [w for name in at_risk_of(small_phone) for w in ("--at-risk", name)]
    code, data, _ = cli("check", result, *risk, "--json")
    assert code in (0, 1)
    assert data["at_risk_basis"] == "told"
    keys = {
        "mark_id",
        "message_id",
        "seq",
        "signal",
        "phase",
        "by",
        "strength",
        "start",
        "end",
        "rule",
        "version",
        "because",
    }
    assert all(set(m) == keys for m in data["marks"])
    ids = {m["mark_id"] for m in data["marks"]}
    for phase in data["phases"]:
        assert set(phase["marks"]) <= ids
        assert set(phase["because"]) == {"id", "en"}
        assert phase["first_seq"] <= phase["last_seq"] or phase["first_message"] != phase["last_message"]
    for item in data["identifiers"]:
        assert {"kind", "value", "as_written", "message_id", "seq", "start", "end"} == set(item)
    assert sorted(p for p in small_phone.rglob("*")) == before
    code, text, _ = cli("check", result, *risk)
    assert isinstance(text, str)
    assert text.strip()


def test_check_reads_standard_input(small_phone: Path) -> None:
    result = next(p for p in exports_of(small_phone) if p.name == "result.json")
    done = subprocess.run(
        [sys.executable, "-m", "saksi", "check", "-", "--json"],
        input=result.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["messages"] > 0


def test_python_names(small_phone: Path) -> None:
    result = next(p for p in exports_of(small_phone) if p.name == "result.json")
    r = saksi.read(result, zone="Asia/Jakarta")
    assert r.account["records"] == r.messages.num_rows
    assert r.problems.column_names[-2:] == ["reason", "advice"]
    f = saksi.check(r.messages, at_risk=at_risk_of(small_phone))
    assert f.marks.num_rows >= f.phases.num_rows
    assert isinstance(f.crisis, bool)
    thread = r.messages.filter(pc_equal(r.messages, "thread_id", f.marks.column("thread_id")[0].as_py()))
    cues = saksi.candidates(thread.combine_chunks().to_batches()[0])
    import pyarrow as pa

    marks, phases = saksi.resolve(thread, pa.Table.from_batches([cues]), at_risk_of(small_phone))
    wanted = f.marks.filter(pc_equal(f.marks, "thread_id", f.marks.column("thread_id")[0].as_py()))
    assert marks.column("mark_id").to_pylist() == wanted.column("mark_id").to_pylist()
    assert phases.num_rows <= f.phases.num_rows


def pc_equal(table: Any, column: str, value: str) -> Any:
    import pyarrow.compute as pc

    return pc.equal(table.column(column), value)


def test_scan_reads_what_export_wrote(
    built: dict[str, Any], small_phone: Path, secret: Path, cli: Call, tmp_path: Path
) -> None:
    cli("export", built["folder"], "-o", tmp_path / "m.parquet", "--passphrase-file", secret)
    risk = [w for name in at_risk_of(small_phone) for w in ("--at-risk", name)]
    code, data, _ = cli("scan", tmp_path / "m.parquet", "-o", tmp_path / "marks.parquet", *risk, "--json")
    assert code == 0
    assert data["marks"] == built["data"]["marks"]
    assert pq.read_table(tmp_path / "marks.parquet").num_rows == data["marks"]


def test_decisions_reach_the_report(built: dict[str, Any], secret: Path, cli: Call, tmp_path: Path) -> None:
    cli("export", built["folder"], "--what", "marks", "-o", tmp_path / "m.jsonl", "--passphrase-file", secret)
    mark = json.loads((tmp_path / "m.jsonl").read_text(encoding="utf-8").splitlines()[0])["mark_id"]
    assert (
        cli("decide", built["folder"], "m0000000000000000", "confirmed", "--by", "C1", "--passphrase-file", secret)[0]
        == 2
    )
    assert cli("decide", built["folder"], mark, "guilty", "--by", "C1", "--passphrase-file", secret)[0] == 2
    assert cli("decide", built["folder"], mark, "confirmed", "--by", "C1", "--passphrase-file", secret)[0] == 0
    cli("report", built["folder"], "--out", tmp_path / "r", "--lang", "en", "--passphrase-file", secret)
    html = next((tmp_path / "r").glob("*.html")).read_text(encoding="utf-8")
    assert "onfirmed" in html


def same_everywhere(
    out: Path, phone: Path, secret: Path, reverse: bool, environment: dict[str, str], cwd: Path
) -> dict[str, bytes]:
    exports = exports_of(phone)
    risk = [w for name in at_risk_of(phone) for w in ("--at-risk", name)]
    run = [sys.executable, "-m", "saksi"]
    env = {**os.environ, **environment, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [*run, "build", str(out / "K"), *map(str, reversed(exports) if reverse else exports), "--zone", "WIB", "--date-order",
         "dmy", *risk, "--passphrase-file", str(secret), "--out", str(out / "r")],
        env=env, cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    for what in ("messages", "marks", "identifiers", "problems"):
        subprocess.run([*run, "export", str(out / "K"), "--what", what, "-o", str(out / f"{what}.jsonl"), "--passphrase-file",
                        str(secret)], env=env, cwd=cwd, check=True, capture_output=True)  # fmt: skip
    files = {p.name: p.read_bytes() for p in out.glob("*.jsonl")}
    files["html"] = next((out / "r").glob("*.html")).read_bytes()
    return files


def test_same_in_same_out(small_phone: Path, secret: Path, tmp_path: Path) -> None:
    """Working folder, TZ, locale, hash seed, order of arguments: identical tables, marks and report but for the sealing time."""
    import re

    results = []
    for n, environment in enumerate((
        {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "2", "LANG": "id_ID.UTF-8"},
    )):  # fmt: skip
        out = tmp_path / str(n)
        (out / "cwd").mkdir(parents=True)
        results.append(same_everywhere(out, small_phone, secret, n == 1, environment, out / "cwd"))
    one, two = results
    assert set(one) == set(two)
    for name in one:
        if name == "html":
            continue
        assert one[name] == two[name], name
    # the sealing times are the only difference: replace every clock time of the day of the test
    clock = re.compile(rb"\d{1,2}[.:]\d{2}([.:]\d{2})?")
    day_free = [clock.sub(b"<time>", r["html"]) for r in (one, two)]
    at = next((i for i, (a, b) in enumerate(zip(*day_free, strict=False)) if a != b), None)
    assert day_free[0] == day_free[1], [d[max(0, (at or 0) - 120) : (at or 0) + 120] for d in day_free]


def test_untold_the_owner_is_inferred_in_every_app(small_phone: Path, secret: Path, tmp_path: Path, built: dict[str, Any]) -> None:
    """Whoever is inferred in one app is not "somebody else" in another: as many marks as where she was told."""
    done = command("build", tmp_path / "KASUS", *exports_of(small_phone), "--zone", "WIB", "--date-order", "dmy",
                   "--passphrase-file", secret, "--json")  # fmt: skip
    data = json.loads(done.stdout)
    assert data["at_risk_basis"] == "inferred"
    assert set(at_risk_of(small_phone)) <= set(data["at_risk"])
    assert (data["marks"], data["phases"], data["crisis"]) == tuple(built["data"][k] for k in ("marks", "phases", "crisis"))


def test_a_report_of_chosen_threads_names_nobody_of_the_others(tmp_path: Path, secret: Path, cli: Call) -> None:
    """Promise 10: a file's name is often a person's, and so are the folders of a download."""
    for title, other in (("Kak Arga", "halo"), ("Ibu Ratna Wening", "sudah makan?"), ("Joko", "oke")):
        path = tmp_path / f"Chat WhatsApp dengan {title}.txt"
        path.write_text(f"13/03/26 20.00 - {title}: {other}\n13/03/26 20.01 - Wulan Contoh: iya\n", encoding="utf-8")
    code, _, _ = cli("build", tmp_path / "K", *sorted(tmp_path.glob("Chat*.txt")), "--zone", "WIB", "--threads", "Kak Arga",
                     "--passphrase-file", secret, "--out", tmp_path / "out")  # fmt: skip
    assert code == 0
    html = next((tmp_path / "out").glob("*.html")).read_text(encoding="utf-8")
    assert "Ratna" not in html
    assert "Joko" not in html
    assert "(percakapan yang tidak dipilih)" in html
