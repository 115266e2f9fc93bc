"""The organisation's recovery: a key pair whose secret half exists only as three sheets of words, two of which are enough.

    made = new()                  a recipient for cases, and three lists of 33 words (SLIP-39, one group, 2 of 3)
    key = joined([words, words])  the age identity again, from any two

The secret is the 32 bytes of an X25519 key; the words are SLIP-39's, unencrypted by a further passphrase (a third thing to lose),
so that any SLIP-39 program gives the same 32 bytes, and Bech32 with the prefix "AGE-SECRET-KEY-" makes them an age identity.
Nothing is stored: the words are shown once. `words_in` reads what people wrote or typed: numbered or not, any spacing, first
four letters at least (they are unique in the list).

References: SLIP-0039 (Trezor), BIP-0173 (Bech32), https://age-encryption.org/v1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from saksi.errors import UsageError, WrongKey
from saksi.vault.access import CaseworkerKey

SHEETS: Final = 3
NEEDED: Final = 2
WORDS: Final = 33
"""Words of a share of 256 bits: 20 of header and checksum bits, 330 in all, ten a word (SLIP-39)."""

PREFIX: Final = "age-secret-key-"
_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


@dataclass(frozen=True)
class NewRecovery:
    """recipient: the public half (age1...). sheets: the words of each."""

    recipient: str
    sheets: Sequence[str] = field(repr=False)


def _checksum(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check


def identity_of(secret: bytes) -> str:
    """32 bytes as an age identity: Bech32 in capitals."""
    prefix = [ord(c) >> 5 for c in PREFIX] + [0] + [ord(c) & 31 for c in PREFIX]
    bits = "".join(f"{byte:08b}" for byte in secret)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    check = _checksum([*prefix, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [check >> 5 * (5 - n) & 31 for n in range(6)]
    return (PREFIX + "1" + "".join(_ALPHABET[v] for v in values)).upper()


def new() -> NewRecovery:
    """A new recovery key pair, as sheets; its secret half is not kept."""
    from shamir_mnemonic import generate_mnemonics

    secret = os.urandom(32)
    recipient = CaseworkerKey(identity_of(secret)).recipient
    sheets = generate_mnemonics(1, [(NEEDED, SHEETS)], secret)[0]
    for pair in ((0, 1), (0, 2), (1, 2)):  # what is printed must open, before anything is locked to it
        if joined([sheets[n] for n in pair]).recipient != recipient:
            raise UsageError("machine_error")
    return NewRecovery(recipient, sheets)


def words_in(text: str) -> str:
    """The words on a sheet, as written, typed or printed. Raises UsageError (share_unclear)."""
    from shamir_mnemonic.wordlist import WORDLIST

    by_head = {word[:4]: word for word in WORDLIST}
    numbered = re.findall(r"\b(\d{1,2})[.)]\s*([A-Za-z]{4,})", text)
    told = [word for _, word in sorted(((int(n), word) for n, word in numbered), key=lambda pair: pair[0])]
    if len(told) != WORDS:
        told = re.findall(r"[A-Za-z]+", text)
    words = [by_head.get(word[:4].lower(), "") for word in told]
    right = all(word and word.startswith(told_.lower()[: len(word)]) for word, told_ in zip(words, told, strict=True))
    if len(words) != WORDS or not right:
        raise UsageError("share_unclear", words=WORDS)
    return " ".join(words)


def joined(sheets: Sequence[str]) -> CaseworkerKey:
    """The recovery key of two different sheets. Raises UsageError (share_unclear, shares_needed), WrongKey (shares_differ)."""
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    words = list(dict.fromkeys(words_in(sheet) for sheet in sheets))
    if len(words) < NEEDED:
        raise UsageError("shares_needed", needed=NEEDED)
    try:
        secret = combine_mnemonics(words[:NEEDED])
    except MnemonicError as e:
        raise WrongKey("shares_differ") from e
    return CaseworkerKey(identity_of(secret))
