"""Recovery sheets: any two give the key back, one gives nothing, and outside programs read what is made."""

from __future__ import annotations

import contextlib
import subprocess
from itertools import permutations
from pathlib import Path
from shutil import which

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.errors import SaksiError, UsageError, WrongKey
from saksi.vault import keyfile, recovery
from saksi.vault.access import CaseworkerKey


@pytest.fixture(scope="module")
def made() -> recovery.NewRecovery:
    return recovery.new()


def test_any_two_sheets_in_any_order_give_the_key_back(made: recovery.NewRecovery) -> None:
    for pair in permutations(made.sheets, 2):
        assert recovery.joined(pair).recipient == made.recipient
    assert recovery.joined(made.sheets).recipient == made.recipient


def test_one_sheet_or_the_same_twice_gives_nothing(made: recovery.NewRecovery) -> None:
    for sheets in (made.sheets[:1], [made.sheets[0], made.sheets[0]], []):
        with pytest.raises(UsageError) as refused:
            recovery.joined(sheets)
        assert refused.value.key == "shares_needed"


def test_sheets_of_two_recoveries_do_not_join(made: recovery.NewRecovery) -> None:
    with pytest.raises(WrongKey) as refused:
        recovery.joined([made.sheets[0], recovery.new().sheets[1]])
    assert refused.value.key == "shares_differ"


def test_a_wrong_word_is_found(made: recovery.NewRecovery) -> None:
    words = made.sheets[0].split()
    for at in (5, 20, 32):
        other = [*words[:at], "academic" if words[at] != "academic" else "acid", *words[at + 1 :]]
        with pytest.raises(SaksiError):
            recovery.joined([" ".join(other), made.sheets[1]])


def test_sheets_are_read_as_people_write_them(made: recovery.NewRecovery) -> None:
    words = made.sheets[0].split()
    columns = "\n".join("   ".join(f"{n + 1}. {words[n]}" for n in range(r, 33, 11)) for r in range(11))
    for text in (
        made.sheets[0].upper(), ", ".join(words), "\n".join(f"{n:2d}) {w}" for n, w in enumerate(words, 1)),
        " ".join(w[:4] for w in words), f"Lembar 1 dari 3\nSimpan baik-baik.\n{columns}\n",
    ):  # fmt: skip
        assert recovery.words_in(text) == made.sheets[0]
    for text in ("", " ".join(words[:-1]), " ".join([*words, words[0]]), " ".join([*words[:-1], "zzzz"])):
        with pytest.raises(UsageError) as refused:
            recovery.words_in(text)
        assert refused.value.key == "share_unclear"
        assert not any(w in str(refused.value) for w in words if len(w) > 5)


@given(st.text(max_size=400))
@settings(max_examples=50, deadline=None)
def test_no_text_crashes_the_reading_of_a_sheet(text: str) -> None:
    with contextlib.suppress(UsageError):
        recovery.words_in(text)


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=50, deadline=None)
def test_identities_are_what_age_writes(secret: bytes) -> None:
    identity = recovery.identity_of(secret)
    assert str(pyrage.x25519.Identity.from_str(identity)) == identity


def test_secrets_are_not_shown_by_accident(made: recovery.NewRecovery) -> None:
    key = recovery.joined(made.sheets[:2])
    assert key.identity not in repr(key)
    assert made.sheets[0].split()[4] not in repr(made)


def test_a_key_file_opens_with_its_passphrase_alone() -> None:
    data, recipient = keyfile.make("kata sandi kunci")
    assert keyfile.is_encrypted(data)
    assert b"AGE-SECRET-KEY" not in data
    assert keyfile.read(data, "kata sandi kunci").recipient == recipient
    with pytest.raises(WrongKey) as refused:
        keyfile.read(data, "bukan itu")
    assert refused.value.key == "wrong_key_passphrase"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"AGE-SECRET-KEY-1QQQ", b"x" * 70_000, b"age1abc"])
def test_what_is_no_key_file_is_said(data: bytes) -> None:
    with pytest.raises(UsageError) as refused:
        keyfile.read(data, None)
    assert refused.value.key == "key_file_no_identity"


@pytest.mark.skipif(which("age-keygen") is None, reason="age is not installed")
def test_age_reads_our_key_and_we_read_ages(tmp_path: Path, made: recovery.NewRecovery) -> None:
    for key in (recovery.joined(made.sheets[:2]), CaseworkerKey(str(pyrage.x25519.Identity.generate()))):
        (tmp_path / "key").write_text(key.identity + "\n")
        said = subprocess.run(["age-keygen", "-y", tmp_path / "key"], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == key.recipient
    theirs = subprocess.run(["age-keygen"], capture_output=True, check=True).stdout
    assert keyfile.read(theirs, None).recipient.encode() in theirs
