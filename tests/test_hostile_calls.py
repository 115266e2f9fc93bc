"""Calls that could harm the evidence or the user: refused in a sentence, without a name, a file name or a word of a message."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from saksi.cli.commands import run as run_command

CHAT = "".join(f"{d}/11/26, 20:15 - Budi: pesan rahasia {d}\n" for d in range(13, 20)) + "21/11/26, 20:15 - Rina: hai\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("chat.txt").write_text(CHAT)
    Path("pw").write_text("kata sandi uji\n")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run_command(list(args))
    out, err = capsys.readouterr()
    for secret in ("Budi", "Rina", "rahasia", "kata sandi uji", "chat.txt"):
        assert secret not in err
    return code, out, err


def test_build_refuses_and_says(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("--zone", "WIB", "--passphrase-file", "pw", "--json")
    assert call(capsys, "build", "K", "chat.txt", *base, "--by", "Ibu Rina")[0] == 2
    assert not (desk / "K").exists()
    code, out, err = call(capsys, "build", "K", "chat.txt", *base)
    assert code == 0, err
    os.mkfifo(desk / "pipa")
    (desk / "rusak\udcff.txt").write_text(CHAT * 2)
    for bad in ("pipa", "K", "K/saksi.json", "x" * 3000):
        code, out, err = call(capsys, "build", "K", bad, *base)
        assert code == 3, bad
        assert [r["position"] for r in json.loads(out)["refused"]] == [1]
    code, out, _ = call(capsys, "build", "K2", "rusak\udcff.txt", ".", *base)
    assert code == 1
    account = json.loads(out)["sources"]
    assert {p["reason"] for s in account for p in s["problems"]} >= {"case_skipped", "link_skipped"}
    assert not any("objects/" in str(p["part"]) for s in account for p in s["parts"])
    code, out, err = call(capsys, "build", "K3", "chat.txt", *base, "--threads", "Tidak ada")
    assert (code, json.loads(out)["threads_not_found"]) == (1, [1])
    assert "--threads" in err


def test_outputs_never_harm_evidence_or_a_case(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "build", "K", "chat.txt", "--zone", "WIB", "--passphrase-file", "pw", "--json")[0] == 0
    (desk / "c.jsonl").write_text(CHAT)
    for out in ("c.jsonl", "K/t.jsonl", "tidak-ada/t.jsonl"):
        assert call(capsys, "read", "c.jsonl", "--zone", "WIB", "-o", out)[0] == 2
    assert (desk / "c.jsonl").read_text() == CHAT
    assert call(capsys, "export", "K", "--passphrase-file", "pw", "-o", "K/t.jsonl")[0] == 2
    assert call(capsys, "report", "K", "--passphrase-file", "pw", "--out", "K/objects")[0] == 2
    assert call(capsys, "decide", "K", "x", "confirmed", "--by", "Ibu Rina", "--passphrase-file", "pw")[0] == 2
    (desk / "bom").write_bytes(b"\xef\xbb\xbfkata sandi uji\r\n")
    assert call(capsys, "verify", "K", "--passphrase-file", "bom", "--json")[0] == 0
    (desk / "lain").write_text("sandi lain\n")
    assert call(capsys, "verify", "K", "--passphrase-file", "lain", "--json")[0] == 4
