"""Proofs of single entries and of growth, openings, and that nothing is said of the other exhibits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.errors import UsageError, VerificationFailed
from saksi.vault import Vault, merkle, notes, proofs
from tests.vault.conftest import CHEAP, PASSPHRASE

DIGESTS = {f"S{n}": hashlib.sha256(b"sumber %d" % n).hexdigest() for n in range(1, 6)}


@pytest.fixture
def filled(vault: Vault) -> Vault:
    """Five sealed exhibits, one export of two of them, a checkpoint."""
    for label, digest in DIGESTS.items():
        vault.append("seal", exhibit=label, source=vault.commitment(digest))
    vault.append("export", exhibits=["S1", "S2"])
    vault.checkpoint()
    return vault


def origin(vault: Vault) -> str:
    return notes.origin_of(vault.case_id)


def key(vault: Vault) -> bytes:
    import base64

    return base64.b64decode(json.loads((vault.folder / "saksi.json").read_bytes())["log_public_key"])


def line(vault: Vault, seq: int) -> bytes:
    return (vault.folder / "log" / "entries.jsonl").read_bytes().splitlines()[seq]


def test_the_form_is_the_specifications(filled: Vault) -> None:
    proof = proofs.prove_entry(filled, 3)
    lines = proof.text.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "index 3"
    assert all(len(h) == 44 for h in lines[2 : lines.index("")])
    assert proof.text.endswith("\n\n" + filled.checkpoints[-1].note)
    assert proofs.parse_proof(proof.text.encode()) == proof


def test_every_entry_is_proved_to_somebody_who_holds_nothing_else(filled: Vault) -> None:
    for seq in range(filled.log_size):
        proof = proofs.parse_proof(proofs.prove_entry(filled, seq).text.encode())
        assert proofs.check_entry(proof, line(filled, seq), origin(filled), key(filled)).size == filled.log_size


def test_extra_data_travels_and_proves_nothing(filled: Vault) -> None:
    proof = proofs.prove(filled.leaves, 2, filled.checkpoints[-1])
    with_line = proofs.LogProof(proof.index, proof.hashes, proof.note, line(filled, 2))
    read = proofs.parse_proof(with_line.text.encode())
    assert read.extra == line(filled, 2)
    assert with_line.text.split("\n")[1].startswith("extra ")
    with pytest.raises(VerificationFailed):
        proofs.check_entry(read, b"{}", origin(filled), key(filled))


def test_no_byte_of_a_proof_may_change(filled: Vault) -> None:
    raw = proofs.prove_entry(filled, 3).text.encode()
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(VerificationFailed):
            proofs.check_entry(proofs.parse_proof(bytes(changed)), line(filled, 3), origin(filled), key(filled))
    for cut in range(len(raw)):
        with pytest.raises(VerificationFailed):
            proofs.check_entry(proofs.parse_proof(raw[:cut]), line(filled, 3), origin(filled), key(filled))


def test_another_entry_another_log_and_another_key_are_named(filled: Vault) -> None:
    proof = proofs.prove_entry(filled, 3)
    for arguments, why in (
        ((line(filled, 2), origin(filled), key(filled)), "proof_not_in_log"),
        ((line(filled, 3), "saksi.local/case/other", key(filled)), "proof_other_log"),
        ((line(filled, 3), origin(filled), bytes(32)), "proof_other_log"),
    ):
        with pytest.raises(VerificationFailed) as told:
            proofs.check_entry(proof, *arguments)
        assert told.value.key == why


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_nonsense_is_refused_not_raised(data: bytes) -> None:
    for parse in (proofs.parse_proof, proofs.parse_growth):
        with pytest.raises(VerificationFailed):
            parse(data)


def test_entries_not_yet_covered_are_refused(filled: Vault) -> None:
    filled.append("view", what="search")
    with pytest.raises(UsageError) as told:
        proofs.prove_entry(filled, filled.log_size - 1)
    assert told.value.key == "entry_not_covered"


def test_the_entry_that_sealed_an_exhibit_is_found(filled: Vault) -> None:
    assert [proofs.sealing_seq(filled, label) for label in DIGESTS] == [1, 2, 3, 4, 5]
    with pytest.raises(UsageError) as told:
        proofs.sealing_seq(filled, "S9")
    assert told.value.key == "exhibit_unknown"


def test_chosen_exhibits_are_disclosed_and_nothing_of_the_rest(filled: Vault) -> None:
    shown = proofs.entries_about(filled, ["S2"])
    assert [s.seq for s in shown] == [2, 6]
    for s in shown:
        assert proofs.check_entry(s.proof, s.line, origin(filled), key(filled))
    opened = proofs.openings_for(filled, json.loads(shown[0].line), DIGESTS.values())
    assert [o["text"] for o in opened] == [DIGESTS["S2"]]
    assert proofs.check_opening(opened[0], json.loads(shown[0].line)["fields"]) == DIGESTS["S2"]
    given_away = b"".join(proofs.files_of(shown).values()) + json.dumps(opened).encode()
    for label in ("S1", "S3", "S4", "S5"):
        assert DIGESTS[label].encode() not in given_away
        assert filled.commitment(DIGESTS[label]).encode() not in given_away
        assert filled.commitment_salt(DIGESTS[label]).hex().encode() not in given_away
    assert {"entries.jsonl", "3.tlog-proof", "7.tlog-proof"} == set(proofs.files_of(shown))
    with pytest.raises(UsageError):
        proofs.entries_about(filled, ["S2", "S9"])


def test_openings_that_do_not_hold_are_refused(filled: Vault) -> None:
    fields = json.loads(line(filled, 1))["fields"]
    good = proofs.opening(filled, DIGESTS["S1"])
    for bad in (
        {**good, "text": DIGESTS["S2"]},
        {**good, "salt": "00" * 32},
        proofs.opening(filled, DIGESTS["S2"]),
    ):
        with pytest.raises(VerificationFailed) as told:
            proofs.check_opening(bad, fields)
        assert told.value.key == "opening_does_not_hold"
    unreadable: list[dict[str, object]] = [{}, {**good, "salt": "zz"}, {**good, "text": 1}]
    for broken in unreadable:
        with pytest.raises(VerificationFailed):
            proofs.check_opening(broken, fields)


def test_growth_from_every_earlier_head(filled: Vault) -> None:
    last = filled.checkpoints[-1]
    for old in range(1, last.size + 1):
        before = notes.Checkpoint(origin(filled), old, merkle.root(filled.leaves, 0, old).hex(), "")
        growth = proofs.parse_growth(proofs.grow(filled.leaves, old, last).text.encode())
        assert proofs.check_growth(growth, before, origin(filled), key(filled)) == last
        other = notes.Checkpoint(origin(filled), old, "00" * 32, "")
        with pytest.raises(VerificationFailed) as told:
            proofs.check_growth(growth, other, origin(filled), key(filled))
        assert told.value.key == "log_forked"
    assert proofs.check_growth(proofs.grow(filled.leaves, 0, last), None, origin(filled), key(filled)) == last


def test_an_older_head_is_named(filled: Vault) -> None:
    first = filled.checkpoints[0]
    with pytest.raises(VerificationFailed) as told:
        proofs.check_growth(proofs.grow(filled.leaves, 1, first), filled.checkpoints[-1], origin(filled), key(filled))
    assert told.value.key == "log_shorter"
    growth = proofs.grow(filled.leaves, 2, filled.checkpoints[-1])
    with pytest.raises(VerificationFailed) as told:
        proofs.check_growth(growth, first, origin(filled), key(filled))
    assert told.value.key == "proof_other_start"


def test_a_closed_cases_folder_is_enough_for_growth_between_hand_overs(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "k", PASSPHRASE, kdf=CHEAP) as vault:
        given_before = vault.checkpoints[-1]
        vault.append("view", what="search")
    with Vault.open(tmp_path / "k", PASSPHRASE) as vault:
        growth = proofs.grow(vault.leaves, given_before.size, vault.checkpoints[-1])
        assert proofs.check_growth(growth, given_before, origin(vault), key(vault)).size == 2
