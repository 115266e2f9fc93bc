"""What a check found: values only. `why` is a code whose sentence stands in the catalog (area `vault`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from saksi.words import say


@dataclass(frozen=True, order=True)
class Bad:
    """One thing that does not hold. what: case_file, key, object, log_entry, checkpoint, log. where: file and line.

    where is a path inside the case folder (made of object ids, never of names). why: a code of the catalog.
    """

    what: str
    where: str
    why: str

    def sentence(self, lang: str) -> str:
        """What to tell a person, in `lang`."""
        return say(f"vault.{self.why}", lang)


@dataclass
class Verification:
    """What was checked. checked: things looked at (files, entries, checkpoints). info: worth knowing, not bad."""

    checked: int = 0
    bad: list[Bad] = field(default_factory=list)
    info: list[Bad] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing bad was found."""
        return not self.bad

    def as_json(self, lang: str | None = None) -> dict[str, Any]:
        """{"ok", "checked", "bad": [{"what", "where", "why"}], "info": [...]}; `why` a code, or in `lang`."""

        def rows(found: list[Bad]) -> list[dict[str, str]]:
            return [
                {"what": b.what, "where": b.where, "why": b.why if lang is None else b.sentence(lang)} for b in found
            ]

        return {"ok": self.ok, "checked": self.checked, "bad": rows(self.bad), "info": rows(self.info)}
