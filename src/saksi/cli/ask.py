"""What a build asks at a terminal, in this order: zone, threads, date order (only if unsure), whose phone, who is at risk.

Every question says what Enter does, offers numbers, and asks again where an answer makes no sense: a mistyped name or zone
is never dropped silently. All of it goes to stderr; answers are kept sealed in the case.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from saksi.cli import show
from saksi.errors import UsageError
from saksi.signals.senders import AtRisk
from saksi.times import zone_name
from saksi.words import say, sentence

ZONES: Final = ("WIB", "WITA", "WIT")
DATE_ORDERS: Final = ("dmy", "mdy", "ymd")
ACCOUNTS_SHOWN: Final = 15
THREADS_SHOWN: Final = 60
"""More lines than these scroll away on a small screen; the rest can be named, or taken with Enter."""


PASSPHRASE_MIN: Final = 12
"""Characters of a new passphrase typed at a terminal; unsourced: about three words. A file may hold any."""


def ask_passphrase(lang: str, *, new: bool, question: str = "ask_passphrase") -> str:
    """The case's passphrase or another, not echoed; a new one twice, and again where it is short or the two differ."""
    while True:
        text = str(
            click.prompt(
                show.wrapped(
                    say("cli.ask_passphrase_new" if new else f"cli.{question}", lang),
                    shutil.get_terminal_size().columns - 3,
                ),
                hide_input=True,
                err=True,
            )
        )
        if not text.strip():
            show.to_people("  " + say("errors.passphrase_empty", lang))
        elif not new:
            return text
        elif len(text.strip()) < PASSPHRASE_MIN:
            show.to_people("  " + say("cli.passphrase_short", lang, characters=PASSPHRASE_MIN))
        elif click.prompt(say("cli.ask_passphrase_again", lang), hide_input=True, err=True) != text:
            show.to_people("  " + say("errors.passphrase_differs", lang))
        else:
            return text


def numbers_in(answer: str, last: int) -> list[int] | None:
    """The numbers of "1, 3-5" in order, or None where anything is no number from 1 to `last`."""
    chosen: list[int] = []
    for word in answer.replace(",", " ").replace(";", " ").split():
        low, dash, high = word.partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            return None
        span = range(int(low), min(int(high or low), last + 1) + 1)
        if not span or span[0] < 1 or span[-1] > last:
            return None
        chosen += [n for n in span if n not in chosen]
    return chosen or None


class TerminalAsk:
    """Asks at the terminal what a build was not told; Enter always means what the question says."""

    def __init__(self, lang: str, pause: Callable[[], None]) -> None:
        self.lang = lang
        self._pause = pause
        self._listed = False

    def _say(self, key: str, **values: str | int) -> None:
        show.to_people(say(f"cli.{key}", self.lang, **values))

    def _ask(self, key: str, **values: str) -> str | None:
        self._pause()
        question = show.wrapped(say(f"cli.{key}", self.lang, **values) + ": ", shutil.get_terminal_size().columns - 1)
        answer = click.prompt(question, default="", show_default=False, err=True, prompt_suffix=" ")
        return answer.strip() or None

    def zone(self) -> str | None:
        """The phone's zone; None: not known yet."""
        self._pause()
        self._say("ask_zone_head")
        for n, short in enumerate(ZONES, 1):
            self._say(f"ask_zone_{short.lower()}", n=n)
        while (answer := self._ask("ask_zone")) is not None:
            try:
                return zone_name(ZONES[int(answer) - 1] if answer in ("1", "2", "3") else answer)
            except UsageError as e:
                show.to_people("  " + sentence(e, self.lang))
        self._say("zone_left_open")
        return None

    def date_order(self, label: str, name: str) -> str | None:
        """The order of day and month in one source; None: not known yet."""
        self._pause()
        self._say("ask_date_order_head", label=label, name=show.safe(name))
        for n, order in enumerate(DATE_ORDERS, 1):
            self._say(f"ask_date_order_{order}", n=n)
        while (answer := self._ask("ask_date_order")) is not None:
            told = DATE_ORDERS[int(answer) - 1] if answer in ("1", "2", "3") else answer.lower()
            if told in DATE_ORDERS:
                return told
            self._say("not_understood")
        self._say("date_order_left_open")
        return None

    def threads(self, threads: Sequence[Mapping[str, Any]]) -> Sequence[str] | None:
        """The chosen threads' ids; None: all."""
        listed = sorted(threads, key=lambda t: -int(t["records"]))
        listed = [t for t in listed if t["thread_id"] is not None][:THREADS_SHOWN]
        if len(threads) < 2 or not listed:
            return None
        self._pause()
        self._say("ask_threads_head", threads=len(threads))
        for n, thread in enumerate(listed, 1):
            show.to_people("  " + self._thread_line(n, thread))
        if len(listed) < len(threads):
            self._say("threads_more", more=len(threads) - len(listed))
        while (answer := self._ask("ask_threads")) is not None:
            if chosen := numbers_in(answer, len(listed)):
                return [listed[n - 1]["thread_id"] for n in chosen]
            self._say("not_a_number", last=len(listed))
        return None

    def _thread_line(self, n: int, thread: Mapping[str, Any]) -> str:
        title = show.safe(thread["title"]) or show.safe(thread.get("source_name")) or say("cli.untitled", self.lang)
        platform = say(f"cli.platform_{thread['platform']}", self.lang)
        return say("cli.thread_line", self.lang, n=n, title=title, platform=platform, records=thread["records"])

    def owner(self, accounts: Sequence[Mapping[str, Any]]) -> str | None:
        """Whose phone it is, as an account found in the exports; None: not known yet."""
        names = self._one_of(accounts, "ask_owner", several=False)
        return names[0] if names else None

    def at_risk(self, accounts: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """Who may be the victim, as accounts found in the exports; []: not told, to be inferred where that is safe."""
        return self._one_of(accounts, "ask_at_risk", several=True)

    def one_code(self, what: str, codes: Sequence[str]) -> str | None:
        """One of a closed list (who brought the phone, on whose authority), by number; None: not told."""
        self._pause()
        show.to_people(say(f"access.{what}_head", self.lang))
        for n, code in enumerate(codes, 1):
            show.to_people(f"  {n}. " + say(f"access.{what}_{code}", self.lang))
        while (answer := self._ask("ask_code")) is not None:
            if (chosen := numbers_in(answer, len(codes))) and len(chosen) == 1:
                return codes[chosen[0] - 1]
            self._say("not_a_number", last=len(codes))
        return None

    def _one_of(self, accounts: Sequence[Mapping[str, Any]], key: str, *, several: bool) -> list[str]:
        merged = by_name(accounts)
        if not merged:
            return []
        self._list_accounts(merged)
        while (answer := self._ask(key)) is not None:
            if any(c.isalpha() for c in answer) or answer.startswith(("+", "0")):
                names = [answer]
                if several and as_exported(answer, accounts) is None:
                    names = [w.strip() for w in answer.split(",") if w.strip()]
                found = [as_exported(name, accounts) for name in names]
                if found and all(found):
                    return [name for name in found if name is not None]
                self._say("name_not_found")
                continue
            chosen = numbers_in(answer, min(len(merged), ACCOUNTS_SHOWN))
            if chosen and (several or len(chosen) == 1):
                return [merged[n - 1]["name"] for n in chosen]
            self._say("not_a_number", last=min(len(merged), ACCOUNTS_SHOWN))
        return []

    def _list_accounts(self, merged: Sequence[Mapping[str, Any]]) -> None:
        if self._listed:
            return
        self._listed = True
        self._pause()
        self._say("accounts_head")
        for n, account in enumerate(merged[:ACCOUNTS_SHOWN], 1):
            apps = ", ".join(say(f"cli.platform_{p}", self.lang) for p in account["platforms"])
            line = say(
                "cli.account_line",
                self.lang,
                n=n,
                name=show.safe(account["name"]),
                apps=apps,
                threads=account["threads"],
                messages=account["messages"],
            )
            show.to_people("  " + line)


def by_name(accounts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Accounts of one display name as one line to choose from: name, platforms, threads, messages; most threads first."""
    merged: dict[str, dict[str, Any]] = {}
    for account in accounts:
        name = str(account["sender_name"] or account["sender_id"])
        line = merged.setdefault(name, {"name": name, "platforms": [], "threads": 0, "messages": 0})
        if account["platform"] not in line["platforms"]:
            line["platforms"].append(account["platform"])
        line["threads"] += account["threads"]
        line["messages"] += account["messages"]
    return sorted(merged.values(), key=lambda a: (-a["threads"], -a["messages"], a["name"]))


def as_exported(name: str, accounts: Sequence[Mapping[str, Any]]) -> str | None:
    """The name of the account that `name` means, as the export writes it; None where nobody of that name writes."""
    told = AtRisk((name,))
    return next(
        (str(a["sender_name"] or a["sender_id"]) for a in accounts if told.holds(a["sender_id"], a["sender_name"])),
        None,
    )
