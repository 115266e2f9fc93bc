"""Who may open: several passphrases and keys, changes that a crash cannot halve, and wraps read without the vault's code."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
import rfc8785
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.errors import SaksiError, StorageFailed, UsageError, VerificationFailed, WrongKey
from saksi.vault import Vault, access, keys, verify_case, verify_folder
from saksi.vault.access import CaseworkerKey
from saksi.vault.files import FileSystem
from saksi.vault.keys import KdfParameters
from saksi.vault.objects import ObjectStore
from tests.vault.conftest import CHEAP, PASSPHRASE

SECOND = "kata sandi pendamping kedua"
MORE = KdfParameters(memory_kib=128, passes=1, lanes=1)


def new_key() -> CaseworkerKey:
    return CaseworkerKey(str(pyrage.x25519.Identity.generate()))


def key_changes(vault: Vault) -> list[dict[str, Any]]:
    return [e for e in vault.entries() if e["action"] == "key-change"]


def names_in(folder: Path) -> set[str]:
    return {p.name for p in (folder / "keys").iterdir()}


def old_case(folder: Path) -> None:
    """A case as it was made before there were several accesses: version 1 of the passphrase's file."""
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as vault:
        opened = vault.opened_keys
        payload = {"case_key": base64.b64encode(opened.case_key).decode(), "case_file": opened.case_file.decode()}
        data = keys.seal_with_passphrase(PASSPHRASE, CHEAP, payload)
        vault.change_keys({"passphrase": data}, [], what="test")


def test_each_passphrase_and_each_key_opens_and_the_log_names_whose_it_was(folder: Path) -> None:
    key = new_key()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="C1") as vault:
        sealed = vault.seal([b"isi"], kind="source", meta={})
        vault.append("seal", objects=[sealed.object_id])
        access.add(vault, SECOND, "C2", "lead", kdf=MORE)
        access.add(vault, key, "c3", "partner")
        assert [(a.code, a.role, a.kind) for a in access.listed(vault)] == [
            ("c1", "caseworker", "passphrase"), ("c2", "lead", "passphrase"), ("c3", "partner", "caseworker"),
        ]  # fmt: skip
    for secret, code in ((PASSPHRASE, "c1"), (SECOND, "c2"), (key, "c3")):
        with Vault.open(folder, secret) as vault:
            assert vault.sound
            assert vault.append("view").line.count(b'"actor":"%s"' % code.encode()) == 1
            assert vault.open_object(sealed.object_id).read() == b"isi"
    with pytest.raises(WrongKey) as wrong:
        Vault.open(folder, "bukan kata sandinya")
    assert wrong.value.key == "wrong_passphrase"
    with pytest.raises(WrongKey) as wrong:
        Vault.open(folder, new_key())
    assert wrong.value.key == "wrong_key_file"
    assert verify_folder(folder).ok
    assert not verify_folder(folder).info


def test_whom_a_caller_claims_to_be_stands_beside_who_opened(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        vault.append("view", actor="c1")
        vault.append("view", actor="c2")
        own, other = list(vault.entries())[1:]
    assert own["actor"] == "c1"
    assert "stated" not in own["fields"]
    assert (other["actor"], other["fields"]["stated"]) == ("c1", "c2")


def test_one_caseworker_key_opens_many_cases(tmp_path: Path) -> None:
    key = new_key()
    for n in range(2):
        Vault.create(tmp_path / f"k{n}", key, code="c9").close()
    for n in range(2):
        with Vault.open(tmp_path / f"k{n}", key) as vault:
            assert vault.actor == "c9"


def test_a_removed_access_opens_neither_what_is_there_nor_with_its_file_put_back(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add(vault, SECOND, "c2", "caseworker", kdf=CHEAP)
        old = {p.name: p.read_bytes() for p in (folder / "keys").iterdir()}
        before = vault.seal([b"sebelum"], kind="source", meta={})
        vault.append("seal", objects=[before.object_id])
        access.remove(vault, "C2")
        after = vault.seal([b"sesudah"], kind="source", meta={})
        vault.append("seal", objects=[after.object_id])
        assert [a.code for a in access.listed(vault)] == ["c1"]
        change = key_changes(vault)[-1]["fields"]
        assert (change["what"], change["code"], change["generation"]) == ("remove", "c2", 1)
    assert verify_case(folder, PASSPHRASE).ok
    with pytest.raises(WrongKey):
        Vault.open(folder, SECOND)
    for name, data in old.items():  # the one who left kept the key files and puts them back
        if name.startswith("access"):
            (folder / "keys" / name).write_bytes(data)
    with pytest.raises(WrongKey) as refused:
        Vault.open(folder, SECOND)
    assert refused.value.key == "access_removed"
    left = access.open_keys(folder, SECOND)  # with other software: the case key, but not the new generation
    store = ObjectStore(folder / "objects", vault._disk, left.case_key, left.generations)
    assert store.open(before.object_id).read() == b"sebelum", "what could be opened before is not called back"
    with pytest.raises(VerificationFailed):
        store.open(after.object_id)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.open_object(before.object_id).read() == b"sebelum"
        assert vault.open_object(after.object_id).read() == b"sesudah"
        assert len(vault.database_keys()) == 2
    assert not any(n.startswith("access_1.") for n in names_in(folder)), "what no entry names is swept"


def test_a_file_of_a_removed_access_under_a_living_ones_name_does_not_open(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add(vault, SECOND, "c2", "caseworker", kdf=CHEAP)
        old = (folder / "keys" / "access_1.json").read_bytes()
        access.remove(vault, "c2")
        name = access.listed(vault)[0].name
    (folder / "keys" / f"{name}.json").write_bytes(old)
    with pytest.raises(WrongKey):
        Vault.open(folder, SECOND)
    with Vault.open(folder, PASSPHRASE):
        pass
    assert verify_case(folder, PASSPHRASE).ok, "restored from its spare"


def test_changing_a_passphrase_ends_the_old_one(folder: Path) -> None:
    key = new_key()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add(vault, key, "c2", "caseworker")
        assert access.change_secret(vault, SECOND, kdf=CHEAP).code == "c1"
        vault.append("view")
    with pytest.raises(WrongKey):
        Vault.open(folder, PASSPHRASE)
    for secret in (SECOND, key):
        with Vault.open(folder, secret) as vault:
            assert len(vault.opened_keys.generations) == 1
    assert verify_case(folder, SECOND).ok


def test_what_keys_refuses(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        calls: list[tuple[Callable[[], object], str]] = [
            (lambda: access.add(vault, SECOND, "C1", "lead", kdf=CHEAP), "access_code_taken"),
            (lambda: access.add(vault, SECOND, "Bu Rina", "lead", kdf=CHEAP), "by_not_a_code"),
            (lambda: access.add(vault, SECOND, "c2", "boss", kdf=CHEAP), "role_unknown"),
            (lambda: access.add(vault, "", "c2", "lead", kdf=CHEAP), "passphrase_empty"),
            (lambda: access.add(vault, CaseworkerKey("x"), "c2", "lead"), "key_file_no_identity"),
            (lambda: access.add_recipient(vault, "age1x", "c2", "lead"), "recipient_invalid"),
            (lambda: access.remove(vault, "c7"), "access_unknown"),
            (lambda: access.remove(vault, "c1"), "access_own"),
        ]
        for call, key in calls:
            with pytest.raises(UsageError) as refused:
                call()
            assert refused.value.key == key
        assert not key_changes(vault)


def test_the_last_caseworker_stays(folder: Path) -> None:
    recovery = new_key()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add_recipient(vault, recovery.recipient, "recovery", "recovery", "recovery")
    with Vault.open(folder, recovery) as vault:
        with pytest.raises(UsageError) as refused:
            access.remove(vault, "c1")
        assert refused.value.key == "access_last"
        access.add(vault, SECOND, "c2", "caseworker", kdf=CHEAP)
        access.remove(vault, "c1")
    with Vault.open(folder, SECOND) as vault:
        assert {a.code for a in access.listed(vault)} == {"recovery", "c2"}


def test_cases_of_before_open_and_can_be_shared(folder: Path) -> None:
    old_case(folder)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert (vault.actor, vault.opened_keys.access.code) == ("user", None)
        access.add(vault, SECOND, "c2", "caseworker", kdf=CHEAP)
    with Vault.open(folder, SECOND) as vault:
        access.add(vault, "ketiga", "c3", "caseworker", kdf=CHEAP)
        with pytest.raises(UsageError) as refused:  # nobody but its owner can wrap anew for a passphrase of version 1
            access.remove(vault, "c3")
        assert refused.value.key == "access_old_form"
    with Vault.open(folder, PASSPHRASE) as vault:
        access.change_secret(vault, PASSPHRASE, code="c1", kdf=CHEAP)
        assert vault.actor == "c1"
        access.remove(vault, "c3")
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.actor == "c1"
    assert verify_case(folder, PASSPHRASE).ok


def test_a_wrap_read_by_the_documented_format_without_the_vaults_code(folder: Path) -> None:
    """docs/vault-format.md: caseworker key -> wrap -> case key -> log key; passphrase -> identity -> the same."""
    identity = pyrage.x25519.Identity.generate()
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add(vault, CaseworkerKey(str(identity)), "c2", "partner")
        case_key = bytes(vault.opened_keys.case_key)
    stored = json.loads((folder / "keys" / "access_1.json").read_bytes())
    assert (stored["version"], stored["kind"], stored["recipient"]) == (2, "caseworker", str(identity.to_public()))
    plain = json.loads(pyrage.decrypt(base64.b64decode(stored["wrap"]), [identity]))
    assert base64.b64decode(plain["case_key"]) == case_key
    assert plain["case_file"].encode() == (folder / "saksi.json").read_bytes()
    assert plain["generations"] == []

    from argon2.low_level import Type, hash_secret_raw

    stored = json.loads((folder / "keys" / "passphrase.json").read_bytes())
    kdf, sealed = stored["kdf"], base64.b64decode(stored["identity"])
    secret = hash_secret_raw(
        PASSPHRASE.encode(), base64.b64decode(kdf["salt"]), kdf["passes"], kdf["memory_kib"], kdf["lanes"], 32, Type.ID
    )
    bound = b"saksi-key-v2\n" + rfc8785.dumps({k: v for k, v in stored.items() if k not in ("identity", "wrap")})
    inner = json.loads(AESGCM(secret).decrypt(sealed[:12], sealed[12:], bound))
    own = pyrage.x25519.Identity.from_str(inner["identity"])
    assert base64.b64decode(json.loads(pyrage.decrypt(base64.b64decode(stored["wrap"]), [own]))["case_key"]) == case_key


def test_a_passphrase_does_not_open_a_forged_case_that_was_wrapped_to_its_key(folder: Path, tmp_path: Path) -> None:
    """A thief knows the public key in the file, and can wrap keys of a case of his own to it."""
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        own = (folder / "keys" / "passphrase.json").read_bytes()
    with Vault.create(tmp_path / "palsu", "x", kdf=CHEAP, code="c1") as vault:
        forged = access.rewrapped(own, access.wrapped_of(vault.opened_keys, "c1", "caseworker"))
    for name in ("passphrase.json", "passphrase.spare.json"):
        (tmp_path / "palsu" / "keys" / name).write_bytes(forged)
    with pytest.raises(SaksiError):
        Vault.open(tmp_path / "palsu", PASSPHRASE)


def test_every_byte_of_a_key_file_is_bound(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        data = access.for_passphrase(PASSPHRASE, CHEAP, access.wrapped_of(vault.opened_keys, "c1", "caseworker"))
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        try:
            described = access.described("x", bytes(changed))
        except VerificationFailed:
            continue
        with pytest.raises(SaksiError):
            access.open_access(bytes(changed), PASSPHRASE) if described.code else keys.open_with_passphrase("x", bytes(changed))


@pytest.mark.parametrize("change", ["add", "remove", "change"])
def test_a_change_that_fails_at_any_write_happened_whole_or_not_at_all(tmp_path: Path, change: str) -> None:
    """Every operation of the disk fails once, for all of them; afterwards one state or the other opens and verifies."""

    class Failing(FileSystem):
        left = 0

        def _step(self) -> None:
            if Failing.left == 0:
                raise OSError(5, "made to fail")
            Failing.left -= 1

    for name in ("create", "open_append", "open_over", "write", "fsync", "replace", "remove", "sync_folder"):

        def failing(self: Failing, *args: Any, name: str = name) -> Any:
            self._step()
            return getattr(FileSystem, name)(self, *args)

        setattr(Failing, name, failing)
    key, states = new_key(), set[tuple[str, ...]]()
    for n in range(200):
        folder = tmp_path / f"k{n}"
        Failing.left = 1_000_000
        with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
            access.add(vault, key, "c2", "caseworker")
        vault = Vault.open(folder, key, files=Failing())
        Failing.left = n
        failed = False
        try:
            if change == "add":
                access.add(vault, SECOND, "c3", "caseworker", kdf=CHEAP)
            elif change == "remove":
                access.remove(vault, "c1")
            else:
                access.change_secret(vault, SECOND, kdf=CHEAP)
        except StorageFailed:
            failed = True
        untouched = Failing.left > 0
        Failing.left = 1_000_000
        vault._lock.release()  # the program ended here: nothing was closed
        del vault
        states.add(tuple(_who_opens(folder, key)))
        if untouched:
            assert not failed
            break
    else:
        raise AssertionError("never got to the end")
    before = ("c1", "c2")
    after = {"add": ("c1", "c2", "c3"), "remove": ("c2",), "change": ("c1", "c2")}[change]
    if change == "change":
        assert states == {("c1", "c2 key"), ("c1", "c2 passphrase")}
    else:
        assert {tuple(s.split(" ")[0] for s in state) for state in states} == {before, after}


def _who_opens(folder: Path, key: CaseworkerKey) -> list[str]:
    """Codes of the accesses that open, after a first opening swept; the case is sound and verifies."""
    found = []
    for secret, kind in ((PASSPHRASE, ""), (key, " key"), (SECOND, " passphrase")):
        try:
            with Vault.open(folder, secret) as vault:
                assert vault.sound
                found.append(f"{vault.actor}{kind}")
                listed = {a.name for a in access.listed(vault)}
        except WrongKey:
            continue
        assert {n.partition(".")[0] for n in names_in(folder)} == {*listed, "log"}, "nothing is left over"
        assert verify_case(folder, secret).ok
        assert not [i for i in verify_folder(folder).info if i.what == "key"]
    return sorted(found)


def test_digests_in_the_log_are_those_of_the_files(folder: Path) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP, code="c1") as vault:
        access.add(vault, SECOND, "c2", "lead", kdf=CHEAP)
        fields = key_changes(vault)[-1]["fields"]
    for name in ("access_1.json", "access_1.spare.json"):
        data = (folder / "keys" / name).read_bytes()
        assert fields["keys"]["access_1"]["key_digest"] == hashlib.sha256(data).hexdigest()
    (folder / "keys" / "access_1.json").unlink()
    assert [b.where for b in verify_folder(folder).bad] == ["keys/access_1.json"]
