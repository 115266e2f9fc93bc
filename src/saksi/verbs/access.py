"""`saksi keys` and `saksi recovery`: who may open a case, and what is left when everybody's key is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import StorageFailed, UsageError
from saksi.times import now_us, utc_text
from saksi.vault import Secret, access, custody, recovery
from saksi.verbs.common import check_folder, open_case

if TYPE_CHECKING:
    from saksi.case.store import Case

RECOVERY_CODE: Final = "recovery"
REHEARSED: Final = "recovery_rehearsed"
"""Setting of the case: "age1... 2026-11-24T...", which recipient's sheets were tried, and when."""


def list_keys(case: Case) -> list[dict[str, Any]]:
    """Every access: {"code", "role", "kind", "recipient", "own"}; null where a passphrase of an earlier version says nothing."""
    own = case.vault.opened_keys.access.name
    return [
        {"code": a.code, "role": a.role, "kind": a.kind, "recipient": a.recipient, "own": a.name == own}
        for a in access.listed(case.vault)
    ]


def add_key(
    case: Case, code: str, role: str, *, secret: Secret | None = None, recipient: str | None = None, **options: Any
) -> dict[str, Any]:
    """Let one more person open the case: by a passphrase or key (`secret`), or by the public half of a key (`recipient`)."""
    if recipient is not None:
        added = access.add_recipient(case.vault, recipient, code, role)
    elif secret is not None:
        added = access.add(case.vault, secret, code, role, **options)
    else:
        raise UsageError("new_secret_needed")
    return next(k for k in list_keys(case) if k["code"] == added.code)


def remove_key(case: Case, code: str) -> None:
    """Take an access away: new keys for everybody else, and for what is sealed from now on."""
    access.remove(case.vault, code)
    case.renew_database_key()


def change_passphrase(case: Case, secret: Secret, code: str | None = None, **options: Any) -> str:
    """Another passphrase for the access that opened the case; its code."""
    changed = access.change_secret(case.vault, secret, code=code or "c1", **options)
    case.renew_database_key()
    return str(changed.code)


def new_key_file(path: Path, passphrase: str) -> str:
    """Write a caseworker's key, encrypted, to a new file; its public half. Raises UsageError, StorageFailed."""
    from saksi.vault import keyfile

    data, recipient = keyfile.make(passphrase)
    try:
        with path.open("xb") as f:
            f.write(data)
    except FileExistsError as e:
        raise UsageError("output_exists") from e
    except OSError as e:
        raise StorageFailed("disk_refused") from e
    return recipient


# Recovery


def recovery_state(case: Case) -> dict[str, Any]:
    """{"set_up": bool, "rehearsed_at": UTC or None}: whether two sheets were ever tried on this case."""
    found = next((a for a in access.listed(case.vault) if a.kind == "recovery"), None)
    recipient, _, at = (case.get(REHEARSED) or "").partition(" ")
    return {
        "set_up": found is not None,
        "rehearsed_at": at if found is not None and recipient == found.recipient else None,
    }


def set_up_recovery(case: Case, recipient: str | None, out: Path | None) -> dict[str, Any]:
    """Let the organisation's recovery open the case: `recipient`, or a new one whose three sheets are written into `out`.

    Returns {"recipient", "sheets": paths}. Sheets are written before the case is told, and nowhere else. Raises UsageError
    (recovery_there, recovery_out_needed, recipient_invalid), StorageFailed.
    """
    if recovery_state(case)["set_up"]:
        raise UsageError("recovery_there")
    sheets: list[str] = []
    if recipient is None:
        if out is None:
            raise UsageError("recovery_out_needed")
        check_folder(out)
        from saksi.report import sheets as made

        new = recovery.new()
        recipient = new.recipient
        try:
            sheets = [str(p) for p in made.write(new, out)]
        except OSError as e:
            raise StorageFailed("disk_refused") from e
    access.add_recipient(case.vault, recipient, RECOVERY_CODE, RECOVERY_CODE, "recovery")
    return {"recipient": recipient, "sheets": sheets}


def rehearse_recovery(folder: Path, sheets: Sequence[str]) -> dict[str, Any]:
    """Open this very case with two sheets, and record that it worked. Raises UsageError, WrongKey."""
    with open_case(folder, recovery.joined(sheets)) as case:
        opened = case.vault.opened_keys.access
        at = utc_text(now_us())
        custody.add(case.vault, "verify", what="recovery", result="ok")
        case.set(REHEARSED, f"{opened.recipient} {at}")
        return recovery_state(case)


def use_recovery(folder: Path, sheets: Sequence[str], secret: Secret, code: str, role: str, **options: Any) -> dict[str, Any]:
    """Open the case with two sheets and give a caseworker access anew. Raises UsageError, WrongKey."""
    with open_case(folder, recovery.joined(sheets)) as case:
        return add_key(case, code, role, secret=secret, **options)
