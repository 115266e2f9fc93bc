"""`stamp`, `witness`, `log` and `verify` from the command line: what others sign of a case, and what is seen when it does not fit."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from saksi import errors
from saksi.cli.commands import run
from saksi.vault import timestamps
from tests.vault.tsa import Authority, needs_openssl

CHAT = "10/03/26 21.20 - Kak Arga: halo\n10/03/26 21.24 - Wulan Contoh: halo kak\n"


PASSPHRASE = "empat kata yang panjang"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "kata-sandi.txt"
    path.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small case, made with a cheap passphrase."""
    from saksi import verbs
    from tests.vault.conftest import CHEAP

    folder = tmp_path_factory.mktemp("made")
    (folder / "chat.txt").write_text(CHAT, encoding="utf-8")
    options = verbs.BuildOptions(zone="WIB", date_order="dmy")
    verbs.build(folder / "KASUS", PASSPHRASE, [folder / "chat.txt"], options, kdf=CHEAP)
    return folder / "KASUS"


@pytest.fixture
def case(tmp_path: Path, built: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(built, tmp_path / "KASUS"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], secret: Path) -> Any:
    """Runs a command with --json and the passphrase; (exit code, JSON)."""

    def ran(*args: str | Path, key: bool = True) -> tuple[int, Any]:
        capsys.readouterr()
        more = ["--passphrase-file", str(secret)] if key else []
        code = run([*map(str, args), *more, "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return ran


def actions(said: Any, case: Path) -> list[str]:
    return [e["action"] for e in said("log", case, key=False)[1]["entries"]]


# Timestamps


def test_a_query_waits_for_the_last_checkpoint_and_does_not_multiply(said: Any, case: Path) -> None:
    code, first = said("stamp", case)
    assert code == errors.DONE
    assert first["waiting"]
    assert first["taken"] == first["failed"] == []
    folder = case / "log" / "timestamps"
    assert sorted(p.name for p in folder.iterdir()) == [f"{first['entries']}.checkpoint", f"{first['entries']}.tsq"]
    query = (folder / f"{first['entries']}.tsq").read_bytes()
    assert said("stamp", case)[1] == first
    assert (folder / f"{first['entries']}.tsq").read_bytes() == query, "kept, so that a reply on its way still fits"
    code, checked = said("verify", case)
    assert code == errors.DONE
    assert [i["why"] for i in checked["info"]] == ["timestamp_waiting"]


def test_a_newer_checkpoint_replaces_a_query_that_nobody_answered(said: Any, case: Path) -> None:
    first = said("stamp", case)[1]["entries"]
    said("search", case, "halo")
    second = said("stamp", case)[1]["entries"]
    assert second == first + 1
    assert timestamps.names(case) == {second: [f"{second}.checkpoint", f"{second}.tsq"]}


@needs_openssl
def test_a_reply_that_somebody_else_fetched_is_taken_in(said: Any, case: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    queued = said("stamp", case)[1]
    (tmp_path / "r.tsr").write_bytes(authority.reply((case / queued["query"]).read_bytes()))
    code, data = said("stamp", case, "--reply", tmp_path / "r.tsr")
    assert code == errors.DONE
    assert not data["waiting"]
    assert data["entries"] == queued["entries"], "the entry that names the stamp needs no stamp of its own"
    (row,) = data["taken"]
    assert (case / row["file"]).read_bytes() == (tmp_path / "r.tsr").read_bytes()
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", f"log/timestamps/{row['entries']}.checkpoint", "-in", row["file"],
         "-CAfile", tmp_path / "tsa" / "ca.pem"],
        cwd=case, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert actions(said, case)[-1] == "timestamp"
    assert [i["why"] for i in said("verify", case)[1]["info"]] == ["timestamp_authority_unchecked"]
    assert said("verify", case, "--tsa-ca", tmp_path / "tsa" / "ca.pem")[1]["info"] == []
    other = Authority(tmp_path / "other")
    code, found = said("verify", case, "--tsa-ca", other.folder / "ca.pem", key=False)
    assert code == errors.VERIFICATION_FAILED
    assert [b["why"] for b in found["bad"]] == ["timestamp_untrusted"]


@needs_openssl
def test_tampered_lost_and_foreign_replies_are_named(said: Any, case: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    queued = said("stamp", case)[1]
    query = (case / queued["query"]).read_bytes()
    good = authority.reply(query)
    broken = bytearray(good)
    broken[-20] ^= 1
    other_nonce = authority.reply(timestamps.query((case / f"log/timestamps/{queued['entries']}.checkpoint").read_bytes()))
    for name, data, why in (
        ("broken", bytes(broken), "timestamp_signature"),
        ("text", b"Internal error", "timestamp_unreadable"),
        ("other", authority.reply(timestamps.query(b"other")), "timestamp_other_data"),
        ("nonce", other_nonce, "timestamp_other_query"),
    ):
        (tmp_path / name).write_bytes(data)
        code, data_ = said("stamp", case, "--reply", tmp_path / name)
        assert code == errors.DONE_WITH_PROBLEMS
        assert data_["failed"] == [{"reply": 1, "why": why}]
        assert data_["waiting"]
    (tmp_path / "good").write_bytes(good)
    kept = case / said("stamp", case, "--reply", tmp_path / "good")[1]["taken"][0]["file"]
    kept.write_bytes(bytes(broken))
    assert {b["why"] for b in said("verify", case, key=False)[1]["bad"]} == {"timestamp_signature", "timestamp_missing"}
    kept.unlink()
    code, found = said("verify", case, key=False)
    assert (code, [b["why"] for b in found["bad"]]) == (errors.VERIFICATION_FAILED, ["timestamp_missing"])


@needs_openssl
def test_several_authorities_are_asked_and_one_that_fails_costs_no_other(said: Any, case: Path, tmp_path: Path) -> None:
    one, two = Authority(tmp_path / "one"), Authority(tmp_path / "two", "rsa")
    with one.serving() as first, two.serving() as second:
        code, data = said(
            "stamp", case, "--network", "--authority", first, "--authority", second + "broken",
            "--authority", second + "redirect", "--authority", second,
        )  # fmt: skip
    assert code == errors.DONE_WITH_PROBLEMS
    assert [f["authority"] for f in data["failed"]] == [2, 3]
    assert [f["why"] for f in data["failed"]] == ["timestamp_unreadable", "authority_no_answer"]
    assert len({row["authority"] for row in data["taken"]}) == 2
    roots = ["--tsa-ca", str(one.folder / "ca.pem"), "--tsa-ca", str(two.folder / "ca.pem")]
    assert said("verify", case, *roots)[1] | {"checked": 0} == {"ok": True, "checked": 0, "bad": [], "info": []}


def test_nothing_is_sent_without_the_flag(said: Any, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the network was reached")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert said("stamp", case, "--authority", "http://127.0.0.1:9/")[0] == errors.WRONG_USE
    assert said("stamp", case, "--network")[0] == errors.WRONG_USE
    assert said("stamp", case)[0] == errors.DONE
    code, data = said("stamp", case, "--network", "--authority", "file:///etc/hostname")
    assert (code, data["failed"]) == (errors.DONE_WITH_PROBLEMS, [{"authority": 1, "why": "authority_no_address"}])


# Witness


@pytest.fixture
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    from saksi.verbs import witnessing
    from tests.vault.conftest import CHEAP

    monkeypatch.setattr(witnessing.make_key, "__defaults__", (CHEAP,))


def test_the_four_steps_by_file(said: Any, case: Path, tmp_path: Path, cheap_keys: None) -> None:
    key, shown, answer = tmp_path / "saksi.key", tmp_path / "shown", tmp_path / "answer"
    assert said("witness", "key", key)[0] == errors.DONE
    assert said("witness", "key", key)[0] == errors.WRONG_USE, "a key is never written over"
    code, data = said("witness", "show", case, "-o", shown, "--qr", tmp_path / "shown.svg")
    assert code == errors.DONE
    assert (tmp_path / "shown.svg").read_text().startswith("<?xml")
    assert data["since"] == 0
    assert said("witness", "sign", shown, "--witness-key", key, "-o", answer)[0] == errors.WRONG_USE, "a case never seen"
    assert not answer.exists()
    code, signed = said("witness", "sign", shown, "--witness-key", key, "-o", answer, "--new-case")
    assert (code, signed["entries"]) == (errors.DONE, data["entries"])
    code, added = said("witness", "add", case, answer)
    assert (code, added["entries"]) == (errors.DONE, data["entries"])
    assert actions(said, case)[-1] == "witness"
    assert said("verify", case, "--witness", str(key) + ".memory", "--witness", answer)[1]["bad"] == []
    said("search", case, "halo")
    assert said("witness", "show", case, "-o", shown)[1]["since"] == data["entries"]
    assert said("witness", "sign", shown, "--witness-key", key, "-o", answer)[0] == errors.DONE
    assert said("witness", "add", case, answer)[0] == errors.DONE
    kept = sorted((case / "log" / "witnesses").glob("*.note"))
    assert len(kept) == 2
    assert all("saksi.local/witness/" in p.read_text() for p in kept)
    kept[0].write_text(kept[0].read_text()[:-9] + "AAAAAAA=\n")
    assert {b["why"] for b in said("verify", case, key=False)[1]["bad"]} == {"witness_cosignature", "witness_missing"}


def test_a_case_put_back_is_not_signed_and_is_seen(said: Any, case: Path, tmp_path: Path, cheap_keys: None) -> None:
    key, shown, answer = tmp_path / "saksi.key", tmp_path / "shown", tmp_path / "answer"
    said("witness", "key", key)
    shutil.copytree(case, tmp_path / "old")
    said("search", case, "halo")
    said("witness", "show", case, "-o", shown)
    said("witness", "sign", shown, "--witness-key", key, "-o", answer, "--new-case")
    memory = Path(str(key) + ".memory").read_bytes()
    shutil.rmtree(case)
    shutil.copytree(tmp_path / "old", case)
    assert said("verify", case)[0] == errors.DONE, "the folder alone cannot tell"
    code, found = said("verify", case, "--witness", answer)
    assert (code, [b["why"] for b in found["bad"]]) == (errors.VERIFICATION_FAILED, ["witness_rolled_back"])
    said("witness", "show", case, "-o", shown)
    answer.unlink()
    code, _ = said("witness", "sign", shown, "--witness-key", key, "-o", answer)
    assert code == errors.VERIFICATION_FAILED
    assert not answer.exists()
    assert Path(str(key) + ".memory").read_bytes() == memory
    assert said("witness", "sign", shown, "--witness-key", key)[0] == errors.VERIFICATION_FAILED


def test_an_answer_of_another_case_is_refused(said: Any, case: Path, tmp_path: Path, cheap_keys: None) -> None:
    key, shown, answer = tmp_path / "saksi.key", tmp_path / "shown", tmp_path / "answer"
    said("witness", "key", key)
    from saksi.case.store import Case
    from tests.vault.conftest import CHEAP

    Case.create(tmp_path / "lain", PASSPHRASE, kdf=CHEAP).close()
    said("witness", "show", tmp_path / "lain", "-o", shown)
    said("witness", "sign", shown, "--witness-key", key, "-o", answer, "--new-case")
    assert said("witness", "add", case, answer)[0] == errors.VERIFICATION_FAILED
    assert not (case / "log" / "witnesses").exists()


def test_qr_codes_hold_the_text(tmp_path: Path) -> None:
    from saksi.verbs import witnessing

    text = "saksi.local/case/00112233aabbccdd+0a0b0c0d+" + "A" * 44 + "\nold 0\n\n\u2014 baris\n"
    witnessing.write(text, None, tmp_path / "q.png")
    assert (tmp_path / "q.png").read_bytes().startswith(b"\x89PNG")
    assert "\u2588" in witnessing.qr_on_terminal(text) or "\u2580" in witnessing.qr_on_terminal(text)
    with pytest.raises(errors.UsageError):
        witnessing.write(text, None, tmp_path / "q.jpg")
    with pytest.raises(errors.UsageError):
        witnessing.qr_on_terminal("x" * 3000)


# The log in words


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_log_is_told_without_the_key_and_without_content(
    case: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["log", str(case), "--lang", lang]) == errors.DONE
    out = capsys.readouterr().out
    assert ("menyegel" if lang == "id" else "sealed") in out
    assert "S1" in out
    for word in ("Arga", "Wulan", "halo", "chat.txt"):
        assert word not in out
    assert run(["log", str(case), "--exhibit", "S9", "--lang", lang]) == errors.DONE
    assert capsys.readouterr().out == ""


def test_every_action_has_its_words() -> None:
    from saksi import words
    from saksi.vault.log import ACTIONS

    said = {key.removeprefix("action_") for key in words.area("custody") if key.startswith("action_")}
    assert said == set(ACTIONS)


def test_log_rows_have_the_leaf_hash_as_event_id(said: Any, case: Path) -> None:
    from saksi.vault import merkle

    data = said("log", case, "--exhibit", "S1", key=False)[1]
    lines = (case / "log" / "entries.jsonl").read_bytes().splitlines()
    assert data["entries"]
    for row in data["entries"]:
        assert row["event_id"] == merkle.leaf_hash(lines[row["seq"]]).hex()
        assert "S1" in json.dumps(row["fields"])


# Verify, deep


def test_deep_reads_every_source_anew(said: Any, case: Path) -> None:
    code, data = said("verify", case, "--deep")
    assert (code, data["ok"]) == (errors.DONE, True)
    assert [(s["label"], s["state"], s["rows"]) for s in data["sources"]] == [("S1", "same", 2)]
    assert said("verify", case, "--deep", key=False)[0] == errors.WRONG_USE


@pytest.mark.parametrize(("what", "state"), [("rows", "differs"), ("program", "other_version"), ("version", "other_version")])
def test_other_rows_are_tampering_only_under_the_same_program(
    said: Any, case: Path, secret: Path, what: str, state: str
) -> None:
    from saksi import verbs

    with verbs.open_case(case, secret.read_text().strip()) as opened:
        opened._db.execute("UPDATE derived SET row_digest = ? WHERE what = 'messages'", ("0" * 64,))
        if what == "program":
            opened.set("program:S1", "0" * 64)
        if what == "version":
            opened._db.execute("UPDATE derived SET version = '0.0.1' WHERE what = 'messages'")
    code, data = said("verify", case, "--deep")
    assert [s["state"] for s in data["sources"]] == [state]
    whys = {b["why"] for b in data["bad"]}
    assert "rows_not_logged" in whys, "the record was changed, and the log does not commit to it"
    assert ("rows_differs" in whys) == (state == "differs")
    assert code == errors.VERIFICATION_FAILED


def test_every_outcome_has_its_sentence() -> None:
    from typing import get_args

    from saksi import words
    from saksi.case.reread import State

    wanted = {f"rows_{state}" for state in get_args(State) if state != "same"} | {"rows_not_logged", "rows_not_reread"}
    assert {key for key in words.area("vault") if key.startswith("rows_")} == wanted


def test_a_newer_reader_is_information_not_damage(said: Any, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from saksi.case import reread
    from saksi.table.digest import RowDigest

    monkeypatch.setattr(reread, "program_digest", lambda: "1" * 64)
    monkeypatch.setattr(RowDigest, "hexdigest", lambda _self: "2" * 64)
    code, data = said("verify", case, "--deep")
    assert (code, data["bad"]) == (errors.DONE, [])
    assert [i["why"] for i in data["info"]] == ["rows_other_version"]


def test_a_check_that_finds_damage_is_an_event(said: Any, case: Path) -> None:
    before = actions(said, case)
    (victim,) = sorted((case / "objects").iterdir())[:1]
    raw = bytearray(victim.read_bytes())
    raw[len(raw) // 2] ^= 1
    victim.write_bytes(bytes(raw))
    code, found = said("verify", case)
    assert code == errors.VERIFICATION_FAILED
    assert found["bad"]
    entries = said("log", case, key=False)[1]["entries"]
    assert [e["action"] for e in entries] == [*before, "verify"]
    assert entries[-1]["fields"]["result"] == "failed"
    assert entries[-1]["fields"]["bad"] == len(found["bad"])
