"""Custody events: the fields that standards ask for, content-free, and absent where unknown."""

from __future__ import annotations

import pytest

from saksi.errors import UsageError
from saksi.vault import Vault, check_commitment, custody, verify_folder

DIGESTS = ("ab" * 32, "cd" * 64)
"""A SHA-256 and a SHA-512, in hex."""


def fields(vault: Vault) -> dict[str, object]:
    last: dict[str, object] = list(vault.entries())[-1]["fields"]
    return last


def test_every_field_is_kept_and_digests_are_committed(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    event = custody.Event(
        "export", exhibits=("S1", "S2"), second="c2", authority="a1", record="k1", purpose="police-report",
        before=DIGESTS[:1], after=DIGESTS, size=412, circumstance="in-person", clock="computer-compared", offset_s=-3,
        settings={"zone": "Asia/Jakarta", "threads": None}, method="m1", recipient_key="12" * 32, result="ok", checkpoint=7,
        more={"what": "messages"},
    )  # fmt: skip
    custody.record(vault, event)
    said = fields(vault)
    assert said["exhibits"] == ["S1", "S2"]
    assert said["settings"] == custody.settings_digest({"threads": None, "zone": "Asia/Jakarta"})
    assert said["zone"] == "Asia/Jakarta"
    assert said["authentication"] == "passphrase"
    for name in ("second", "authority", "record", "purpose", "size", "circumstance", "clock", "offset_s", "method",
                 "recipient_key", "result", "checkpoint"):  # fmt: skip
        assert said[name] == getattr(event, name)
    assert said["after"] == [vault.commitment(d) for d in DIGESTS]
    assert check_commitment(vault.commitment(DIGESTS[1]), DIGESTS[1], vault.commitment_salt(DIGESTS[1]))
    raw = (vault.folder / "log" / "entries.jsonl").read_text()
    assert not any(d in raw for d in DIGESTS)
    vault.checkpoint()
    assert verify_folder(vault.folder).ok


def test_what_is_not_known_is_absent(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    custody.record(vault, custody.Event("view", exhibits=["S1"]))
    assert fields(vault) == {"exhibit": "S1", "clock": "computer", "zone": "UTC", "authentication": "passphrase", "role": "caseworker"}


@pytest.mark.parametrize("zone", ["Etc/GMT+7", "WIB-7", "/rumah/Siti/waktu", "Rumah Siti/Jakarta", "S/1234567"])
def test_a_zone_that_the_log_does_not_take_is_left_out(vault: Vault, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    custody.record(vault, custody.Event("view"))
    assert "zone" not in fields(vault)


@pytest.mark.parametrize(
    "wrong",
    [{"second": "Bu Sari"}, {"purpose": "untuk Rina"}, {"authority": "+6286012345678"}, {"method": "ab" * 32},
     {"circumstance": "di rumah Siti"}, {"more": {"note": "tolong"  " jangan sebar"}}],
)  # fmt: skip
def test_content_is_refused(vault: Vault, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as told:
        custody.record(vault, custody.Event("view", **wrong))  # type: ignore[arg-type]
    assert told.value.key == "log_field_refused"
    assert vault.log_size == 1


@pytest.mark.parametrize("wrong", [{"result": "perhaps"}, {"clock": "sundial"}])
def test_results_and_clocks_are_closed_lists(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        custody.Event("view", **wrong)  # type: ignore[arg-type]


def test_an_action_with_names_of_its_own_gets_the_custody_fields_beside_them(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    custody.add(vault, "transfer-out", exhibits=["S1"], role="police", result="begun")
    assert fields(vault) == {
        "exhibits": ["S1"], "role": "police", "result": "begun", "actor_role": "caseworker",
        "clock": "computer", "zone": "Asia/Jakarta", "authentication": "passphrase",
    }  # fmt: skip
