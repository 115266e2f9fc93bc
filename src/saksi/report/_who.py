"""Who is named and who is not: involved accounts as the exports name them, everybody else as initials.

Involved: the person at risk, the owner of the phone, accounts of persons a caseworker decided on, accounts that stand in a
printed phase or wrote a mark that is told as an event (`chronology._events.is_event`: a friend's weak mark outside every
phase names nobody). Everyone else appears as initials, in tables and inside headings, file
names and titles too. Their names inside the words of messages are evidence and stay: documents say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from saksi.report._quote import one_line

_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d")


FOLDER_NAME_MIN: Final = 5
"""Letters and digits of a name looked for inside the names of folders: shorter ones stand in many words."""


def _run_together(name: str) -> str:
    """Letters and digits only, as downloads name folders: "Siti Rahma" -> "sitirahma"."""
    return "".join(c for c in name.casefold() if c.isalnum())


def initials(name: str) -> str:
    """ "Siti Rahma" -> "S.R."; "+62 860 111 2233" -> "…33"; nothing usable -> "?"."""
    letters = [w[0].upper() for w in _WORD.findall(name)][:3]
    digits = _DIGITS.findall(name)
    if letters and len(digits) < 6:
        return ".".join(letters) + "."
    return "…" + "".join(digits[-2:]) if len(digits) >= 6 else "?"


class Who:
    """Names for accounts. `named`: account -> display names; `involved`: accounts that are named."""

    def __init__(self, named: Mapping[str, Iterable[str]], involved: Iterable[str]) -> None:
        self._involved = set(involved)
        self._display = {a: sorted({n for n in names if n}) for a, names in named.items()}
        self._short: dict[str, str] = {}
        taken: dict[str, int] = {}
        open_names = {n for a in self._involved for n in [a, *self._display.get(a, ())]}
        hidden: dict[str, str] = {}
        for account in sorted(self._display):
            if account in self._involved:
                continue
            base = initials((self._display[account] or [account])[0])
            taken[base] = taken.get(base, 0) + 1
            short = base if taken[base] == 1 else f"{base} ({taken[base]})"
            self._short[account] = short
            for name in [account, *self._display[account]]:
                if name not in open_names and len(name) > 1:
                    hidden.setdefault(name.casefold(), short)
        self._hidden = hidden
        together = {_run_together(name): short for name, short in hidden.items()}
        shown = {_run_together(n) for n in open_names}
        self._folders = sorted(
            ((n, s) for n, s in together.items() if len(n) >= FOLDER_NAME_MIN and not any(n in o for o in shown)),
            key=lambda x: (-len(x[0]), x[0]),
        )
        self._pattern = self._compile(hidden)

    @staticmethod
    def _compile(hidden: Mapping[str, str]) -> re.Pattern[str] | None:
        """One pattern over the names that are hidden, longest first; None where there are none."""
        # beyond some thousands of names (a channel's members) titles are replaced only where they are a name as a whole
        if not hidden or len(hidden) > 5_000:
            return None
        names = sorted(hidden, key=lambda n: (-len(n), n))
        return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)

    def hidden(self) -> Mapping[str, str]:
        """Every name of an uninvolved account (case folded) and its initials."""
        return self._hidden

    def shown_words(self) -> frozenset[str]:
        """The words (case folded) of names that are shown."""
        names = {n for a in self._involved for n in [a, *self._display.get(a, ())]}
        return frozenset(w for name in names for w in name.casefold().split())

    def is_involved(self, account: str | None) -> bool:
        """Whether the account is named in documents."""
        return account in self._involved

    def __call__(self, account: str) -> str:
        """What documents call the account: its name as exported (with its id where it has both), or initials."""
        if account not in self._involved:
            return self._short.get(account) or initials(account)
        names = [one_line(n) for n in self._display.get(account, ()) if n != account][:3]
        own = one_line(account)
        return f"{', '.join(names)} ({own})" if names else own

    def clean_path(self, path: str) -> str:
        """A path inside an export: a folder named after an uninvolved person ("sitirahma_1784") shows initials."""
        return "/".join(self._folder(part) for part in path.split("/"))

    def _folder(self, part: str) -> str:
        letters = _run_together(part)
        for name, short in self._folders:
            if name in letters:
                return f"{short}{part[part.rindex('.') :]}" if "." in part else short
        return self.clean(part)

    def clean(self, text: str) -> str:
        """A title, heading or file name with the names of uninvolved people replaced by initials."""
        whole = self._hidden.get(text.casefold())
        if whole is not None:
            return whole
        if self._pattern is not None:
            text = self._pattern.sub(self._instead, text)
        return one_line(text)

    def _instead(self, hit: re.Match[str]) -> str:
        """The initials for a name that was found; "S.R.zip", not "S.R..zip", before a full stop."""
        short = self._hidden.get(hit[0].casefold(), "?")
        return short.removesuffix(".") if hit.string[hit.end() : hit.end() + 1] == "." else short
