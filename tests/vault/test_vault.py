"""The case folder: making, opening, locking, logging; what stands on disk; what a crash leaves and how it is mended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from saksi.errors import SaksiError, StorageFailed, UsageError, VaultError, VerificationFailed, WrongKey
from saksi.vault import Vault, check_commitment, log, merkle, notes, verify_case, verify_folder
from saksi.vault.log import ENTRIES
from tests.vault.conftest import CHEAP, PASSPHRASE

CHECKPOINTS = "log/checkpoints"
NAMES = ["Budi Santoso", "Siti", "chat dengan Rina.txt", "+6286012345678", "6286012345678", "tolong jangan sebar foto itu"]


def seal(vault: Vault, data: bytes, label: str = "S1") -> str:
    sealed = vault.seal([data], kind="source", meta={"name": NAMES[2]})
    vault.append("seal", exhibit=label, objects=[sealed.object_id], source=vault.commitment(sealed.digest))
    return sealed.object_id


def test_what_was_sealed_is_there_after_reopening(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
        case_id, key = vault.case_id, vault.subkey("case.db")
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.open_object(object_id).read() == b"isi"
        assert (vault.case_id, vault.subkey("case.db")) == (case_id, key)
        assert [e["action"] for e in vault.entries()] == ["create", "seal"]
        assert vault.verify(deep=True).ok
        assert [o.object_id for o in vault.objects()] == [object_id]
    assert verify_folder(folder).as_json() == {"ok": True, "checked": 9, "bad": [], "info": []}


def test_closing_signs_the_log_and_opening_changes_nothing(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        seal(vault, b"isi")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.checkpoints[-1].size == vault.log_size == 2
        assert vault.checkpoints[-1].root == vault.log_head == merkle.root(vault.leaves).hex()
        assert vault.checkpoint() == vault.checkpoints[-1]
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_folder_holds_no_names_no_words_and_no_digests(folder: Path) -> None:
    import hashlib

    secret = "\n".join(NAMES).encode()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        sealed = vault.seal([secret], kind="source", meta={"names": NAMES})
        vault.append("seal", objects=[sealed.object_id], source=vault.commitment(sealed.digest))
        for name in NAMES:
            vault.append("configure", commitment=vault.commitment(name))
            with pytest.raises(UsageError):
                vault.append("view", note=name)
            with pytest.raises(UsageError):
                vault.append("view", people=[{"who": name}])
            with pytest.raises(UsageError):
                vault.append("view", actor=name)
    digest = hashlib.sha256(secret).digest()
    needles = [n.encode() for n in NAMES] + [digest, digest.hex().encode(), digest.hex()[:16].encode()]
    needles += [PASSPHRASE.encode(), b"Budi", b"Rina", b"62860"]
    for path in folder.rglob("*"):
        assert not any(n.decode("latin-1") in path.name for n in needles)
        if path.is_file():
            raw = path.read_bytes()
            assert [n for n in needles if n in raw] == []


@pytest.mark.parametrize(
    "value",
    ["0" * 64, "a1" * 32, "0123456789abcdef-0-17", "m0123456789abcdef", "08601234567", "x 1", "Siti", "/home/s", 1.5, b"x",
     2**60, {"Nama": 1}, ["S1", "Budi S"]],
)  # fmt: skip
def test_what_could_tell_of_the_content_is_refused(vault: Vault, value: object) -> None:
    with pytest.raises(UsageError) as told:
        vault.append("view", field=value)
    assert told.value.key == "log_field_refused"
    assert vault.log_size == 1


@pytest.mark.parametrize(
    "value",
    [None, True, 0, 2**53 - 1, "police-key", "S1", "P12", "0.1.0", "Asia/Jakarta", "UTC", "2026-11-24", "id",
     "2026-11-24T02:00:00.5Z", "o" + "0" * 32, "c" + "0" * 64, ["S1", None], {"rows": 3, "kind": "message"}, [], {}],
)  # fmt: skip
def test_codes_counts_and_commitments_are_taken(vault: Vault, value: object) -> None:
    vault.append("derive", field=value)
    assert list(vault.entries())[-1]["fields"] == {"field": value}


def test_actions_are_a_closed_list(vault: Vault) -> None:
    with pytest.raises(UsageError):
        vault.append("hack")


def test_entries_say_who_when_with_what(folder: Path) -> None:
    times = iter([1_000_000, 2_000_000])
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, clock=lambda: next(times)) as vault:
        vault.append("view", actor="w1", exhibit="S1")
        entry = list(vault.entries())[1]
        assert (entry["seq"], entry["time"], entry["action"], entry["actor"]) == (1, "1970-01-01T00:00:02Z", "view", "user")
        assert entry["fields"]["stated"] == "w1", "who somebody claims to be is not who opened the case"
        assert entry["tool"].startswith("saksi-")
        assert entry["prev"] == vault.leaves[:32].hex()


def test_commitments_repeat_differ_per_case_and_can_be_disclosed(vault: Vault, tmp_path: Path) -> None:
    digest = "ab" * 32
    made = vault.commitment(digest)
    assert made == vault.commitment(digest) != vault.commitment("ac" * 32)
    assert digest not in made
    assert check_commitment(made, digest, vault.commitment_salt(digest))
    assert not check_commitment(made, digest, bytes(32))
    with Vault.create(tmp_path / "other", PASSPHRASE, kdf=CHEAP) as other:
        assert other.commitment(digest) != made


def test_wrong_passphrase_is_exit_4(folder: Path) -> None:
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    with pytest.raises(WrongKey) as told:
        Vault.open(folder, PASSPHRASE + " ")
    assert told.value.exit_code == 4
    assert PASSPHRASE not in str(told.value)


def test_second_opening_is_refused_while_the_first_lasts(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP):
        with pytest.raises(WrongKey) as told:
            Vault.open(folder, PASSPHRASE)
        assert told.value.key == "case_locked"
        assert verify_case(folder, PASSPHRASE).ok  # checking needs no lock
    Vault.open(folder, PASSPHRASE).close()


def test_lock_of_a_process_that_died_does_not_stay(folder: Path) -> None:
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    code = (
        "import os,sys;from pathlib import Path;from saksi.vault import Vault;"
        "Vault.open(Path(sys.argv[1]), sys.argv[2]);os._exit(9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(folder), PASSPHRASE], check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    assert ended.returncode == 9
    Vault.open(folder, PASSPHRASE).close()


@pytest.mark.parametrize("what", ["file inside", "is a file", "is a case"])
def test_create_wants_a_new_or_empty_folder(folder: Path, what: str) -> None:
    if what == "is a file":
        folder.write_text("x")
    elif what == "file inside":
        folder.mkdir()
        (folder / "x").write_text("x")
    else:
        Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    with pytest.raises(VaultError) as told:
        Vault.create(folder, PASSPHRASE, kdf=CHEAP)
    assert told.value.key == "case_exists"


def test_create_takes_an_empty_folder(folder: Path) -> None:
    folder.mkdir()
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    assert verify_folder(folder).ok


def test_a_case_that_lost_saksi_json_is_not_taken_for_a_beginning(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        seal(vault, b"isi")
    (folder / "saksi.json").unlink()
    with pytest.raises(VaultError):
        Vault.create(folder, PASSPHRASE, kdf=CHEAP)


@pytest.mark.parametrize("opener", [Vault.open, verify_case])
def test_folders_that_are_no_case(tmp_path: Path, opener: object) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(VaultError) as told:
            opener(path, PASSPHRASE)  # type: ignore[operator]
        assert told.value.key == "no_case"


def test_a_newer_case_says_so(folder: Path) -> None:
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    stored = json.loads((folder / "saksi.json").read_text())
    (folder / "saksi.json").write_text(json.dumps(stored | {"version": 2}))
    with pytest.raises(VaultError) as told:
        Vault.open(folder, PASSPHRASE)
    assert told.value.key == "case_newer"


def test_closed_vaults_give_nothing(folder: Path) -> None:
    vault = Vault.create(folder, PASSPHRASE, kdf=CHEAP)
    object_id = seal(vault, b"isi")
    opened = vault._opened
    vault.close()
    vault.close()
    assert opened is not None
    assert not any(opened.case_key)
    for call in (
        lambda: vault.subkey("x"), lambda: vault.open_object(object_id), lambda: vault.append("view"),
        lambda: vault.seal([b""], kind="a", meta={}), lambda: vault.commitment("x"), vault.verify, vault.checkpoint,
    ):  # fmt: skip
        with pytest.raises(VaultError):
            call()
    assert "closed" in repr(vault)


def test_proofs_from_the_vault_hold(vault: Vault) -> None:
    for i in range(9):
        vault.append("view", exhibit=f"S{i}")
    early = vault.checkpoint()
    for i in range(5):
        vault.append("view", exhibit=f"S{i}")
    late = vault.checkpoint()
    lines = (vault.folder / ENTRIES).read_bytes().splitlines()
    proof = merkle.inclusion_proof(vault.leaves, 4, late.size)
    assert merkle.verify_inclusion(merkle.leaf_hash(lines[4]), 4, late.size, proof, bytes.fromhex(late.root))
    grown = merkle.consistency_proof(vault.leaves, early.size, late.size)
    assert merkle.verify_consistency(
        early.size, late.size, bytes.fromhex(early.root), bytes.fromhex(late.root), grown
    )


# What a crash leaves


def cut_log(folder: Path, drop: int) -> None:
    path = folder / ENTRIES
    path.write_bytes(path.read_bytes()[:-drop])


def crashed(folder: Path, entries: int = 2) -> list[str]:
    """A case whose last entries no checkpoint covers: the process ended without closing."""
    vault = Vault.create(folder, PASSPHRASE, kdf=CHEAP)
    made = [seal(vault, bytes([i])) for i in range(entries)]
    vault._lock.release()
    return made


@pytest.mark.parametrize("drop", [2, 10, 200])
def test_half_a_last_line_is_removed_and_that_is_logged(folder: Path, drop: int) -> None:
    made = crashed(folder)
    cut_log(folder, drop)
    assert [b.why for b in verify_folder(folder).bad] == ["entry_torn"]
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.sound
        assert [e["action"] for e in vault.entries()] == ["create", "seal", "recover"]
        assert list(vault.entries())[-1]["fields"]["line_bytes_removed"] > 0
        found = vault.verify(deep=True)
        assert found.ok
        assert [i.where for i in found.info if i.why == "object_orphan"] == [f"objects/{made[1]}"]


@pytest.mark.parametrize("end", [b"", b"\x0b", b"X"])
def test_a_whole_last_line_without_its_newline_is_kept(folder: Path, end: bytes) -> None:
    crashed(folder)
    path = folder / ENTRIES
    path.write_bytes(path.read_bytes()[:-1] + end)
    assert [b.why for b in verify_folder(folder).bad] == ["entry_torn"]
    with Vault.open(folder, PASSPHRASE) as vault:
        assert [e["action"] for e in vault.entries()] == ["create", "seal", "seal", "recover"]
        assert vault.verify(deep=True).ok


def test_a_torn_checkpoint_is_removed_and_that_is_logged(folder: Path) -> None:
    crashed(folder)
    with (folder / CHECKPOINTS).open("ab") as f:
        f.write(b"saksi.local/case/")
    assert [b.why for b in verify_folder(folder).bad] == ["checkpoint_torn"]
    with Vault.open(folder, PASSPHRASE) as vault:
        assert list(vault.entries())[-1]["fields"].items() >= {"checkpoint_bytes_removed": 17}.items()
        assert vault.verify().ok


def test_unfinished_files_are_swept(folder: Path) -> None:
    crashed(folder)
    for name in ("objects/tmp-00", "keys/tmp-00", "log/tmp-01", "tmp-02"):
        (folder / name).write_bytes(b"half")
    assert [i.why for i in verify_folder(folder).info if "tmp" in i.where] == ["file_unfinished"]
    Vault.open(folder, PASSPHRASE).close()
    assert not list(folder.rglob("tmp-*"))


@pytest.mark.parametrize("name", ["keys/passphrase.json", "keys/passphrase.spare.json", "keys/log.json", "saksi.json"])
@pytest.mark.parametrize("how", ["gone", "changed"])
def test_one_lost_key_file_costs_nothing(folder: Path, name: str, how: str) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
    whole = (folder / name).read_bytes()
    if how == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"[" + whole[1:])
    assert [b.where for b in verify_case(folder, PASSPHRASE).bad] == [name]
    assert name in [b.where for b in verify_folder(folder).bad]
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.open_object(object_id).read() == b"isi"
        assert list(vault.entries())[-1]["fields"].items() >= {"restored": [Path(name).name]}.items()
    assert (folder / name).read_bytes() == whole
    assert verify_case(folder, PASSPHRASE).ok


def test_both_copies_of_the_passphrase_file_lost_is_said(folder: Path) -> None:
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    for name in ("passphrase.json", "passphrase.spare.json"):
        (folder / "keys" / name).write_bytes(b"{}")
    with pytest.raises(VerificationFailed):
        Vault.open(folder, PASSPHRASE)
    found = verify_case(folder, PASSPHRASE)
    assert {b.where for b in found.bad} == {"keys/passphrase.json", "keys/passphrase.spare.json"}


def test_both_copies_of_the_log_key_lost_leaves_a_case_to_read(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
    for name in ("log.json", "log.spare.json"):
        (folder / "keys" / name).unlink()
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.open_object(object_id).read() == b"isi"
        with pytest.raises(VerificationFailed):
            vault.append("view")


# Damage and forgery


def test_a_damaged_log_can_be_read_but_not_added_to(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
        vault.append("view")
    path = folder / ENTRIES
    path.write_bytes(path.read_bytes().replace(b'"exhibit":"S1"', b'"exhibit":"S2"'))
    with Vault.open(folder, PASSPHRASE) as vault:
        assert not vault.sound
        assert vault.open_object(object_id).read() == b"isi"
        for call in (lambda: vault.append("view"), lambda: vault.seal([b""], kind="a", meta={}), vault.checkpoint):
            with pytest.raises(VerificationFailed) as told:
                call()
            assert told.value.key == "log_damaged"
        bad = [(b.where, b.why) for b in vault.verify().bad]
    assert ("log/entries.jsonl line 2", "entry_signature") in bad
    assert ("log/checkpoints no. 2", "checkpoint_root") in bad


@pytest.mark.parametrize("checkpoint", [True, False])
def test_lines_taken_out_put_in_or_moved_are_noticed(folder: Path, *, checkpoint: bool) -> None:
    crashed(folder, 4)
    if checkpoint:
        Vault.open(folder, PASSPHRASE).close()
    path = folder / ENTRIES
    lines = path.read_bytes().splitlines(keepends=True)
    for name, changed in {
        "first gone": lines[1:],
        "middle gone": [*lines[:2], *lines[3:]],
        "doubled": [*lines[:2], lines[1], *lines[2:]],
        "moved": [lines[0], lines[2], lines[1], *lines[3:]],
    }.items():
        path.write_bytes(b"".join(changed))
        assert not verify_folder(folder).ok, name


def test_a_log_cut_below_its_checkpoint_is_named_and_never_mended(folder: Path) -> None:
    crashed(folder, 3)
    Vault.open(folder, PASSPHRASE).close()
    for drop in (1, 30, 400):
        cut_log(folder, drop)
        before = (folder / ENTRIES).read_bytes()
        assert "log_rolled_back" in [b.why for b in verify_folder(folder).bad]
        with Vault.open(folder, PASSPHRASE) as vault:
            assert not vault.sound
        assert (folder / ENTRIES).read_bytes() == before


def test_another_cases_log_and_files_are_noticed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "lain"
    for path in (folder, other):
        with Vault.create(path, PASSPHRASE, kdf=CHEAP) as vault:
            seal(vault, b"isi")
    mine = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for names in (["saksi.json"], [ENTRIES], [CHECKPOINTS], [ENTRIES, CHECKPOINTS], ["saksi.json", ENTRIES, CHECKPOINTS]):
        for name in names:
            (folder / name).write_bytes((other / name).read_bytes())
        assert not verify_case(folder, PASSPHRASE).ok, names
        for p, raw in mine.items():
            p.write_bytes(raw)
    assert verify_case(folder, PASSPHRASE).ok


def test_every_bad_object_is_named_and_the_rest_checked(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        made = [seal(vault, bytes([i]) * 100) for i in range(5)]
    objects = folder / "objects"
    (objects / made[0]).unlink()
    for which, at in ((1, 3), (3, 40)):
        raw = bytearray((objects / made[which]).read_bytes())
        raw[at] ^= 1
        (objects / made[which]).write_bytes(raw)
    (objects / "catatan.txt").write_text("x")
    found = verify_case(folder, PASSPHRASE)
    assert {(b.what, b.where, b.why) for b in found.bad} == {
        ("object", f"objects/{made[0]}", "object_missing"),
        ("object", f"objects/{made[1]}", "object_damaged"),
        ("object", f"objects/{made[3]}", "object_damaged"),
    }
    assert ("file_unknown", "objects/catatan.txt") in {(i.why, i.where) for i in found.info}
    assert [b.why for b in verify_folder(folder).bad] == ["object_missing"]
    bad: list[str] = []
    with Vault.open(folder, PASSPHRASE) as vault:
        assert {o.object_id for o in vault.objects(lambda b: bad.append(b.where))} >= {made[2], made[4]}
    assert f"objects/{made[1]}" in bad


def test_objects_whose_deletion_was_logged_are_not_missed(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        kept, gone = seal(vault, b"a"), seal(vault, b"b")
        vault.append("delete", objects=[gone])
        (folder / "objects" / gone).unlink()
        assert vault.verify().ok
        (folder / "objects" / kept).unlink()
        assert not vault.verify().ok


def test_clock_running_backwards_is_told(folder: Path) -> None:
    times = iter([5_000_000, 4_000_000])
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, clock=lambda: next(times)) as vault:
        vault.append("view")
    found = verify_folder(folder)
    assert found.ok
    assert [i.why for i in found.info] == ["clock_backwards"]


def test_every_finding_has_its_sentence_in_both_languages(folder: Path) -> None:
    import re

    from saksi.words import area

    source = "".join(p.read_text() for p in (Path(__file__).parents[2] / "src/saksi/vault").glob("*.py"))
    said = {key for key in area("vault") if not key.startswith("rows_")}  # those of tests/cli/test_outside_signers.py
    prefixes = (
        "pack|case_file|log|entry|entries|checkpoint|checkpoints|key_file|folder|object|file|clock|witness|timestamp"
        "|deleted|legal|retention"
    )
    used = set(re.findall(rf'"((?:{prefixes})_[a-z_]+)"', source))
    assert said <= used
    errors = set(area("errors"))
    raised = set(re.findall(r'(?:Failed|Error|WrongKey)\(\s*"([a-z_]+)"', source))
    assert raised <= errors
    no_reasons = {"log_public_key", "checkpoint_bytes_removed", "log_entry", "witness_key", "file_digest"}
    assert used - said - errors <= no_reasons


def test_read_only_copies_are_read_and_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
    real = os.open

    def refusing(path: object, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, "read-only")
        return real(path, flags, mode)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.read_only
        assert vault.open_object(object_id).read() == b"isi"
        assert vault.verify(deep=True).ok
        with pytest.raises(StorageFailed) as told:
            vault.append("view")
        assert told.value.key == "case_read_only"


def test_saksi_json_holds_no_more_than_it_says(vault: Vault) -> None:
    stored = json.loads((vault.folder / "saksi.json").read_text())
    assert set(stored) == {"format", "version", "case_id", "origin", "log_public_key", "verifier", "created"}
    assert stored["origin"] == notes.origin_of(vault.case_id)
    assert len(vault.case_id) == 16


def test_errors_hold_no_secret_and_no_path(folder: Path) -> None:
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    (folder / "keys" / "passphrase.json").write_bytes(b"x")
    (folder / "keys" / "passphrase.spare.json").write_bytes(b"x")
    with pytest.raises(SaksiError) as told:
        Vault.open(folder, PASSPHRASE)
    assert PASSPHRASE not in str(told.value)
    assert "kasus" not in str(told.value)


def test_a_case_in_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        Vault.create(tmp_path / "none" / "kasus", PASSPHRASE, kdf=CHEAP)
    assert told.value.key == "case_parent_missing"


def test_entries_from_several_threads_make_one_chain(vault: Vault) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: vault.append("view", exhibit=f"S{i}"), range(60)))
    assert vault.log_size == 61
    assert vault.verify().ok


def test_the_commands_of_the_format_page_work(folder: Path) -> None:
    import shutil

    if shutil.which("openssl") is None or shutil.which("sh") is None:
        pytest.skip("openssl is not installed")
    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    page = (Path(__file__).parents[2] / "docs/vault-format.md").read_text()
    commands = page[page.index("       sed -n '1,3p'") : page.index("   `saksi.json` also holds")]
    done = subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Verified" in done.stdout
    (folder / "log/checkpoints").write_bytes((folder / "log/checkpoints").read_bytes().replace(b"\n1\n", b"\n2\n"))
    assert subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, check=False).returncode != 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are POSIX's")
@pytest.mark.parametrize("name", ["saksi.json", "keys/log.json", ENTRIES, CHECKPOINTS, "object"])
def test_pipes_in_place_of_files_hang_nobody(folder: Path, name: str) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        object_id = seal(vault, b"isi")
    path = folder / (f"objects/{object_id}" if name == "object" else name)
    path.unlink()
    os.mkfifo(path)
    assert not verify_case(folder, PASSPHRASE).ok
    assert not verify_folder(folder).ok or name == "object"
    Vault.open(folder, PASSPHRASE).close()


def test_a_folder_linked_into_a_beginning_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder.mkdir()
    (folder / "keys").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(VaultError):
        Vault.create(folder, PASSPHRASE, kdf=CHEAP)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_line_of_another_timeline_is_noticed_by_its_chain(folder: Path, tmp_path: Path) -> None:
    """Two continuations of one case, each signed: a line of the other has the right number and a signature that holds."""
    import shutil

    Vault.create(folder, PASSPHRASE, kdf=CHEAP).close()
    other = tmp_path / "lain"
    shutil.copytree(folder, other)
    for path, label in ((folder, "S1"), (other, "S2")):
        vault = Vault.open(path, PASSPHRASE)
        vault.append("view", exhibit=label)
        vault.append("view", exhibit=label)
        vault._lock.release()
    lines = (folder / ENTRIES).read_bytes().splitlines(keepends=True)
    theirs = (other / ENTRIES).read_bytes().splitlines(keepends=True)
    (folder / ENTRIES).write_bytes(b"".join([*lines[:2], theirs[2]]))
    assert [(b.where, b.why) for b in verify_folder(folder).bad] == [("log/entries.jsonl line 3", "entry_order")]


def test_a_line_written_otherwise_is_not_the_signed_line(folder: Path) -> None:
    crashed(folder, 1)
    path = folder / ENTRIES
    path.write_bytes(path.read_bytes()[:-2] + b" }\n")
    assert [b.why for b in verify_folder(folder).bad] == ["entry_unreadable"]


CODES = st.sampled_from(["S1", "derive", "user", "2026-11-24T02:26:56.9Z", "Asia/Jakarta", "o" + "0f" * 16, "c" + "ab" * 32, "0.1.0"])
FIELDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | CODES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(FIELDS, VALUES, max_size=5))
def test_entries_are_written_as_rfc_8785_says(fields: dict[str, object]) -> None:
    try:
        log.content_free(fields)
    except UsageError:
        return
    entry = log.make_entry(3, "2026-11-24T02:26:56.9Z", "view", "user", fields, bytes(32), Ed25519PrivateKey.generate())
    assert rfc8785.dumps(json.loads(entry.line)) == entry.line
