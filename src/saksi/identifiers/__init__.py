"""Identifiers: phone numbers, bank accounts, e-wallets, QRIS, money, links, invitations, handles, e-mail, crypto addresses.

    find(batch) -> RecordBatch     rows of MESSAGE_SCHEMA in, IDENTIFIER_SCHEMA out: span, canonical value, reason
    find_said(said)                the same of texts and platforms alone; who asks attaches the messages' columns
    find_in(text) -> list[Hit]     one text

One file a kind; `saksi.identifiers.finder` runs them. Documented in docs/identifiers.md.
"""

from saksi.identifiers.finder import FOUND_SCHEMA, find, find_in, find_said
from saksi.identifiers.hit import Hit

__all__ = ["FOUND_SCHEMA", "Hit", "find", "find_in", "find_said"]
