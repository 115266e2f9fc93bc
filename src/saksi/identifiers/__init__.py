"""Identifiers: phone numbers, bank accounts, e-wallets, QRIS, money, links, invitations, handles, e-mail, crypto addresses.

    find(batch) -> RecordBatch     rows of MESSAGE_SCHEMA in, IDENTIFIER_SCHEMA out: span, canonical value, reason
    find_in(text) -> list[Hit]     one text

One file a kind; `saksi.identifiers.finder` runs them. Documented in docs/identifiers.md.
"""

from saksi.identifiers.finder import find, find_in
from saksi.identifiers.hit import Hit

__all__ = ["Hit", "find", "find_in"]
