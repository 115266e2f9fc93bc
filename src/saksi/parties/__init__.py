"""Parties: who receives reports and helps, dated and labelled.

    contacts(lang, child=None, need=None) -> list[Contact]
    safety_card_contacts(lang, child=None) -> list[Contact]     reviewed ones only: none today
"""

from saksi.parties.directory import NEEDS, Channel, Contact, contacts, safety_card_contacts

__all__ = ["NEEDS", "Channel", "Contact", "contacts", "safety_card_contacts"]
