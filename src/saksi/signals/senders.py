"""Who says it: at_risk, other or unknown, from the accounts and names of an export."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

By = Literal["at_risk", "other", "unknown"]

PHONE_DIGITS_MIN = 8
"""Fewer digits are no phone number: "kelas 9" must not be taken for an account."""


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """Case, width, surrounding and doubled spaces and invisible characters do not tell people apart."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return " ".join(seen.casefold().split())


@lru_cache(maxsize=4096)
def _phone(name: str) -> str | None:
    """Digits of a phone number in international form, or None. 0860... and +62 860... are one number."""
    if not re.fullmatch(r"[\s~+()\-.\d]+", name):
        return None
    digits = re.sub(r"\D", "", name)
    if len(digits) < PHONE_DIGITS_MIN:
        return None
    return "62" + digits[1:] if digits.startswith("0") and not digits.startswith("00") else digits.removeprefix("00")


class AtRisk:
    """The accounts or names of the persons at risk, as told or inferred."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(plain_name(n) for n in names if n.strip())
        self.phones = frozenset(p for n in names if (p := _phone(plain_name(n))) is not None)

    def __bool__(self) -> bool:
        return bool(self.names)

    def holds(self, sender_id: str | None, sender_name: str | None) -> bool:
        """Whether this sender is one of them."""
        for said in (sender_id, sender_name):
            if said is None:
                continue
            plain = plain_name(said)
            if plain in self.names or ((phone := _phone(plain)) is not None and phone in self.phones):
                return True
        return False

    def by(self, sender_id: str | None, sender_name: str | None) -> By:
        """Who a message is from; unknown where the export names no sender or nobody at risk is known."""
        if not self or (sender_id is None and sender_name is None):
            return "unknown"
        return "at_risk" if self.holds(sender_id, sender_name) else "other"
