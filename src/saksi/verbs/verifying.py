"""`saksi verify`: whether a case is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from saksi.errors import UsageError
from saksi.verbs.common import is_case

if TYPE_CHECKING:
    from saksi.vault import Secret


def verify(folder: Path, passphrase: Secret | None, lang: str | None = None) -> dict[str, Any]:
    """`saksi verify`: log, structure and, with the passphrase, every sealed object. Raises UsageError, WrongKey."""
    from saksi.vault.verify import as_json, verify_case

    if not is_case(folder):
        raise UsageError("no_case")
    return as_json(verify_case(folder, passphrase), lang)
