"""Who receives reports and who helps: contacts with the page they were read in, its date, and whether a person checked them.

A wrong number hurts a victim. So: a contact known from memory only, or without a source, is never returned; one without a
date is returned only where labelled as such; only contacts with a source, a date and a review line stand on the safety
card. reviews.yaml holds the review lines; it is empty until a person has called each number.

Source: facts PARTIES; nothing here was called or opened by the program.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from saksi.datafiles import load
from saksi.errors import DataFileError
from saksi.words import Entry, say

FOLDER: Final = Path(__file__).parent
NEEDS: Final = ("crisis", "service", "police", "platform", "money", "protection")
Need = Literal["crisis", "service", "police", "platform", "money", "protection"]


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to reach a party. value: exactly as the source gives it."""

    kind: Literal["phone", "whatsapp", "email", "web"]
    value: str


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of directory.yaml. date: of the page read, "2026-01-28", "2024-08" or "2025"; null where it gave none."""

    key: str
    name: str
    serves: Literal["child", "adult", "anyone"]
    needs: tuple[Need, ...]
    role: Entry
    channels: tuple[Channel, ...]
    source: str
    date: str | None
    status: Literal["read", "memory"]
    review: str | None


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's check of a contact. on: day, "2026-11-24". by: the reviewer's code, no name."""

    key: str
    by: str
    on: str
    did: Literal["called", "opened", "wrote"]
    result: str


class Contact(msgspec.Struct, frozen=True):
    """What a document may print: words in its language, where they come from, and the label on how sure they are.

    reviewed_on: day of the person's check, None: nobody checked. dated: whether the source has a date.
    """

    key: str
    name: str
    role: str
    needs: tuple[str, ...]
    channels: tuple[Channel, ...]
    source: str
    date: str | None
    reviewed_on: str | None
    label: str

    @property
    def contact(self) -> str:
        """The ways to reach the party, as one line."""
        return ", ".join(channel.value for channel in self.channels)

    @property
    def review(self) -> str | None:
        """The day of a person's check; None: nobody checked."""
        return self.reviewed_on


_DATE: Final = re.compile(r"20\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")


def check(parties: list[Party], reviews: list[Review]) -> None:
    """Raises DataFileError for a key that stands twice, a date that is none, or a review of nothing."""
    keys = [p.key for p in parties]
    reviewed = {r.key for r in reviews}
    for key in keys:
        if keys.count(key) > 1:
            raise DataFileError("datafile_value", file="directory.yaml", why=f"key {key} stands twice")
    for party in parties:
        if party.date is not None and _DATE.fullmatch(party.date) is None:
            raise DataFileError("datafile_value", file="directory.yaml", why=f"{party.key}: date is no date")
        if party.review is not None and party.review not in reviewed:
            raise DataFileError("datafile_value", file="directory.yaml", why=f"{party.key}: no such review")
    for review in reviews:
        if review.key not in keys or _DATE.fullmatch(review.on) is None or len(review.on) != 10:
            raise DataFileError("datafile_value", file="reviews.yaml", why=f"{review.key}: no such contact, or no full day")


@lru_cache(maxsize=1)
def _directory() -> tuple[list[Party], dict[str, Review]]:
    parties = load(FOLDER / "directory.yaml", list[Party])
    reviews = load(FOLDER / "reviews.yaml", list[Review])
    check(parties, reviews)
    return parties, {r.key: r for r in reviews}


def contact(party: Party, review: Review | None, lang: str) -> Contact:
    """The printable form of an entry, labelled."""
    date = party.date or say("parties.no_date", lang)
    origin = say("parties.dated", lang, source=party.source, date=date)
    checked = say("parties.not_reviewed", lang) if review is None else say("parties.reviewed", lang, date=review.on)
    return Contact(
        party.key, party.name, getattr(party.role, lang), party.needs, party.channels, party.source, party.date,
        None if review is None else review.on, f"{origin}; {checked}",
    )


def contacts(lang: str, *, child: bool | None = None, need: str | None = None) -> list[Contact]:
    """Contacts for `need` (None: all), in the directory's order; never one known from memory only.

    child: True leaves out contacts for adults only, False those for children only, None (age not known) keeps both.
    Raises LookupError for an unknown need.
    """
    if need is not None and need not in NEEDS:
        raise LookupError(f"no need {need!r}; there are: {', '.join(NEEDS)}")
    parties, reviews = _directory()
    left_out = {True: "adult", False: "child", None: ""}[child]
    return [
        contact(party, reviews.get(party.review or ""), lang)
        for party in parties
        if party.status == "read" and party.source and party.serves != left_out and (need is None or need in party.needs)
    ]


def safety_card_contacts(lang: str = "id", *, child: bool | None = None) -> list[Contact]:
    """Contacts that may stand on the safety card: a source, a date, a person's review, and a channel. Often none: then the
    card says `parties.card_empty`."""
    needed = [c for c in contacts(lang, child=child) if "crisis" in c.needs or "police" in c.needs]
    return [c for c in needed if c.source and c.date and c.reviewed_on and c.channels]
