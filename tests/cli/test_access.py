"""`saksi keys` and `saksi recovery` as people call them: own passphrases and keys, and a case that outlives them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from saksi import verbs
from saksi.cli.commands import run
from saksi.vault import Vault
from tests.case.test_store import CHEAP

Call = Callable[..., tuple[int, Any, str]]
CHAT = "10/03/26 21.20 - Kak Arga: halo\n10/03/26 21.24 - Wulan Contoh: halo kak\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a case, an export and passphrase files."""
    (tmp_path / "chat.txt").write_text(CHAT, encoding="utf-8")
    for name in ("satu", "dua", "tiga", "kunci"):
        (tmp_path / name).write_text(f"kata sandi {name}\n", encoding="utf-8")
    verbs.build(
        tmp_path / "K", "kata sandi satu", [tmp_path / "chat.txt"], verbs.BuildOptions(zone="WIB", date_order="dmy"),
        kdf=CHEAP,
    )  # fmt: skip
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command: exit code, the JSON it printed, what it said to people."""

    def call(*args: str | Path) -> tuple[int, Any, str]:
        code = run(list(map(str, args)))
        done = capsys.readouterr()
        return code, json.loads(done.out) if done.out.startswith("{") else done.out, done.err

    return call


def entries(folder: Path, secret: str) -> list[dict[str, Any]]:
    with Vault.open(folder, secret) as vault:
        return list(vault.entries())


def test_two_caseworkers_and_a_key(place: Path, cli: Call) -> None:
    case = place / "K"
    own = ("--passphrase-file", place / "satu")
    key = place / "c3.key"
    identity = pyrage.x25519.Identity.generate()
    key.write_text(f"{identity}\n", encoding="utf-8")
    code, data, _ = cli("keys", "add", case, "c3", "--recipient", str(identity.to_public()), "--role", "partner", *own, "--json")
    assert (code, data["code"], data["role"], data["own"]) == (0, "c3", "partner", False)
    code, data, _ = cli("keys", "list", case, "--key", key, "--json")
    assert [(k["code"], k["kind"], k["own"]) for k in data["keys"]] == [
        ("c1", "passphrase", False), ("c3", "caseworker", True),
    ]  # fmt: skip
    assert cli("search", case, "halo", "--key", key, "--json")[0] == 0
    assert entries(case, "kata sandi satu")[-1]["actor"] == "c3"
    assert cli("keys", "remove", case, "c3", *own, "--json")[0] == 0
    assert cli("search", case, "halo", "--key", key, "--json")[0] == 4
    assert cli("verify", case, *own, "--json")[1]["ok"]
    assert cli("build", case, place / "chat.txt", *own, "--json")[0] in (0, 1)


def test_a_decision_is_noted_for_who_opened_and_for_whom_it_was_said(place: Path, cli: Call) -> None:
    with verbs.open_case(place / "K", "kata sandi satu") as case:
        case.decide("m0", "confirmed", "C2")
        case.decide("m1", "confirmed", "C1")
        case.decide("m2", "confirmed", None)
        assert {m: d.by for m, d in case.decisions().items()} == {"m0": "c1", "m1": "C1", "m2": "c1"}
        stated = [e["fields"].get("stated") for e in case.vault.entries() if e["action"] == "decide"]
        assert stated == ["c2", None, None]


def test_recovery_from_setup_to_use(place: Path, cli: Call) -> None:
    case, own, out = place / "K", ("--passphrase-file", place / "satu"), place / "lembar"
    data = verbs.build(case, "kata sandi satu", [place / "chat.txt"], verbs.BuildOptions()).data
    assert data["recovery"] == {"set_up": False, "rehearsed_at": None}
    assert cli("recovery", "setup", case, *own)[0] == 2, "a folder is needed"
    code, data, _ = cli("recovery", "setup", case, "--out", out, *own, "--json")
    assert code == 0
    assert sorted(p.name for p in out.iterdir()) == [f"lembar-{n}.{kind}" for n in (1, 2, 3) for kind in ("pdf", "txt")]
    assert cli("recovery", "setup", case, "--out", out, *own)[0] == 2, "there is one"
    assert verbs.build(case, "kata sandi satu", [], verbs.BuildOptions()).data["recovery"]["rehearsed_at"] is None
    sheets = [out / f"lembar-{n}.txt" for n in (3, 1)]
    assert cli("recovery", "rehearse", case, "--share", sheets[0])[0] == 2
    code, data, _ = cli("recovery", "rehearse", case, "--share", sheets[0], "--share", sheets[1], "--json")
    assert (code, data["set_up"]) == (0, True)
    assert data["rehearsed_at"].endswith("Z")
    assert verbs.build(case, "kata sandi satu", [], verbs.BuildOptions()).data["recovery"] == data
    last = [e for e in entries(case, "kata sandi satu") if e["action"] == "verify"][-1]
    assert (last["actor"], last["fields"]["what"]) == ("recovery", "recovery")
    code, data, _ = cli(
        "recovery", "use", case, "c5", "--share", sheets[0], "--share", sheets[1], "--new-passphrase-file", place / "dua", "--json"
    )  # fmt: skip
    assert (code, data["code"]) == (0, "c5")
    assert cli("keys", "list", case, "--passphrase-file", place / "dua", "--json")[0] == 0
    stored = b"".join(p.read_bytes() for p in case.rglob("*") if p.is_file())
    for word in (out / "lembar-1.txt").read_text(encoding="utf-8").split("1. ", 1)[1].split()[4:12:2]:
        assert len(word) < 4 or word.encode() + b" " not in stored


def test_a_recovery_serves_other_cases_and_not_those_it_was_not_set_up_for(place: Path, cli: Call) -> None:
    out, own = place / "lembar", ("--passphrase-file", place / "satu")
    recipient = cli("recovery", "setup", place / "K", "--out", out, *own, "--json")[1]["recipient"]
    for name in ("K2", "K3"):
        Vault.create(place / name, "kata sandi satu", kdf=CHEAP, code="c1").close()
    shares = ("--share", out / "lembar-1.txt", "--share", out / "lembar-2.txt")
    assert cli("recovery", "setup", place / "K2", "--recipient", recipient, *own, "--json")[0] == 0
    assert cli("recovery", "rehearse", place / "K2", *shares, "--json")[0] == 0
    assert cli("recovery", "rehearse", place / "K3", *shares, "--json")[0] == 4


def test_key_files_are_made_encrypted_and_never_over_another(place: Path, cli: Call) -> None:
    path = place / "c2.key"
    code, data, _ = cli("keys", "new", path, "--new-passphrase-file", place / "kunci", "--json")
    assert (code, data["recipient"][:4]) == (0, "age1")
    assert b"AGE-SECRET" not in path.read_bytes()
    assert cli("keys", "new", path, "--new-passphrase-file", place / "kunci")[0] == 2


def test_a_passphrase_is_changed(place: Path, cli: Call) -> None:
    case = place / "K"
    done = cli("keys", "passphrase", case, "--passphrase-file", place / "satu", "--new-passphrase-file", place / "tiga", "--json")
    assert (done[0], done[1]) == (0, {"code": "c1"})
    assert cli("verify", case, "--passphrase-file", place / "satu", "--json")[0] == 4
    assert cli("verify", case, "--passphrase-file", place / "tiga", "--json")[1]["ok"]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_what_is_missing_is_said(place: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    case, own = str(place / "K"), ["--passphrase-file", str(place / "satu"), "--lang", lang]
    for args, code in (
        (["keys", "add", case, *own], 2), (["keys", "remove", case, *own], 2), (["recovery", "use", case, "--lang", lang], 2),
        (["keys", "list", str(place / "nothing"), *own], 2), (["recovery", "rehearse", str(place), "--lang", lang], 2),
        (["keys", "add", case, "c2", "--new-passphrase-file", os.devnull, *own], 2),
    ):  # fmt: skip
        assert run(args) == code
        assert len(capsys.readouterr().err) > 20
    assert json.dumps(verbs.read(place / "chat.txt").account)


def test_sheets_hold_their_words_and_say_what_they_are(tmp_path: Path) -> None:
    from saksi.report import sheets
    from saksi.vault import recovery

    made = recovery.new()
    paths = sheets.write(made, tmp_path)
    texts = [p.read_text(encoding="utf-8") for p in paths if p.suffix == ".txt"]
    assert [recovery.words_in(t) for t in texts] == list(made.sheets)
    import pypdf

    for number, path in enumerate((p for p in paths if p.suffix == ".pdf"), 1):
        reader = pypdf.PdfReader(path)
        text = "\n".join(page.extract_text() for page in reader.pages)
        words = made.sheets[number - 1].split()
        assert all(f"{n}. {w}" in " ".join(text.split()) for n, w in enumerate(words, 1))
        assert f"{number} dari 3" in text
        assert f"{number} of 3" in text


def test_the_log_tells_its_codes_in_words(place: Path, cli: Call) -> None:
    case, own = place / "K", ("--passphrase-file", place / "satu")
    assert cli("keys", "add", case, "lead", "--role", "lead", "--new-passphrase-file", place / "dua", *own)[0] == 0
    assert cli("hold", case, "on", "--reason", "prosecutor", *own)[0] == 0
    _, said, _ = cli("log", case, "--lang", "id")
    assert "alasan: jaksa" in said
    assert "kode akses: lead;" in said  # the code of a person stands as it was given
    assert "peran: penanggung jawab" in said
    _, said, _ = cli("log", case, "--lang", "en")
    assert "reason: prosecutor" in said


def test_every_field_of_a_log_has_its_name(place: Path, cli: Call) -> None:
    from saksi.verbs.custody_log import rows, told_fields
    from saksi.words import area

    case, own = place / "K", ("--passphrase-file", place / "satu")
    assert cli("keys", "add", case, "c2", "--new-passphrase-file", place / "dua", *own)[0] == 0
    assert cli("keys", "remove", case, "c2", *own)[0] == 0
    assert cli("delete", case, "S1", "--reason", "wrong_file", *own)[0] == 0
    names = {name for row in rows(case) for name, _ in told_fields(row["fields"])}
    assert {"code", "generation", "reason"} <= names
    assert sorted(name for name in names if f"field_{name}" not in area("custody")) == []
