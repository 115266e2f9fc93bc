"""Who brought what is handed in, and on whose authority: codes in the log, free text sealed in the case alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from saksi.errors import UsageError
from saksi.vault import custody

if TYPE_CHECKING:
    from saksi.case.store import Case

RELATIONS: Final = ("self", "parent", "guardian", "relative", "partner", "friend", "teacher", "advocate", "police", "other")
"""What the person who brings a phone is to the person at risk."""

AUTHORITIES: Final = ("consent", "guardian_consent", "warrant", "letter", "policy")
"""On what ground it is taken in. The number of a warrant or letter belongs to the note, not to the log."""


@dataclass(frozen=True)
class Handed:
    """brought_by: one of RELATIONS; authority: one of AUTHORITIES; note: number, date, words; each None where not told."""

    brought_by: str | None = None
    authority: str | None = None
    note: str | None = None

    def check(self) -> None:
        """Raises UsageError for a code that is none."""
        for told, known, key in ((self.brought_by, RELATIONS, "relation_unknown"), (self.authority, AUTHORITIES, "authority_unknown")):
            if told is not None and told not in known:
                raise UsageError(key, known=", ".join(known))


NOT_TOLD: Final = Handed()


def record_handed(case: Case, handed: Handed, labels: Sequence[str], by: str) -> None:
    """Note for sources who brought them: one `receive` entry with codes and a commitment of the note, the rest in the case."""
    if handed == NOT_TOLD or not labels:
        return
    note = {} if handed.note is None else {"note": case.vault.commitment(handed.note)}
    custody.add(
        case.vault, "receive", what="handed-over", exhibits=list(labels), brought_by=handed.brought_by,
        authority=handed.authority, **note,
    )
    for label in labels:
        case.set(f"handed:{label}", json.dumps({"brought_by": handed.brought_by, "authority": handed.authority}))
        if handed.note is not None:
            case.keep_statement(f"handed-over:{label}", handed.note, by)
