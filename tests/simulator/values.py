"""Invented identifiers, each with the form a person would write and the canonical value a reader should find.

Phones: +62 860, a range that is not assigned. Bank accounts: made up. Crypto addresses: random bytes with the real
checksums (base58check, bech32, EIP-55), so that no key is known to anyone. Hosts: reserved for documentation
(RFC 2606) or the public hosts of the apps with random codes.
"""

from __future__ import annotations

import hashlib
from random import Random

from tests.simulator.truth import Planted

_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_B32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def phone_number(rng: Random) -> str:
    """An E.164 number of the unassigned +62 860 range, 12 digits after the plus sign or 13."""
    return "+62860" + "".join(rng.choice("0123456789") for _ in range(rng.choice((7, 8))))


def phone(rng: Random, number: str) -> Planted:
    """A phone number as Indonesians write it."""
    local = "0" + number[3:]
    rest = number[6:]
    written = rng.choice((
        number, local, f"{local[:4]}-{local[4:8]}-{local[8:]}", f"+62 860-{rest[:4]}-{rest[4:]}",
        f"{local[:4]} {local[4:8]} {local[8:]}", number[1:],
    ))
    return Planted("phone", number, written)


def money(rng: Random, amount: int) -> Planted:
    """An amount of rupiah as Indonesians write it (amount: whole rupiah, a multiple of 1,000)."""
    dotted = f"{amount:,}".replace(",", ".")
    millions, rest = divmod(amount, 1_000_000)
    forms = [f"Rp {dotted}", f"Rp{dotted}"]
    if not millions:
        forms += [f"{amount // 1000}rb", f"{amount // 1000} ribu", f"{amount // 1000}rb"]
    elif not rest:
        forms += [f"{millions} juta", f"{millions}jt"]
    elif rest % 100_000 == 0:
        forms += [f"{millions},{rest // 100_000}jt", f"{millions},{rest // 100_000} juta"]
    return Planted("money", f"IDR:{amount}", rng.choice(forms))


BANKS = {"BCA": 10, "BRI": 15, "BNI": 10, "Mandiri": 13, "BSI": 10}
"""Banks and how long their account numbers are."""


def bank_digits(rng: Random, bank: str) -> str:
    """Digits of an account that does not exist: they begin with 860."""
    return "860" + "".join(rng.choice("0123456789") for _ in range(BANKS[bank] - 3))


def bank_account(bank: str, digits: str) -> Planted:
    """An account; the bank's name must stand before it in the text."""
    return Planted("bank_account", f"bank:{bank.upper()}:{digits}", digits)


def ewallet(wallet: str, number: str) -> Planted:
    """A wallet's number; the wallet's name must stand before it in the text."""
    return Planted("ewallet", f"ewallet:{wallet.upper()}:{number}", "0" + number[3:])


def telegram_invite(rng: Random) -> Planted:
    """A private Telegram invite link."""
    link = "https://t.me/+" + "".join(rng.choice(_CODE) for _ in range(16))
    return Planted("invite", link, link)


def whatsapp_invite(rng: Random) -> Planted:
    """A WhatsApp group invite link."""
    link = "https://chat.whatsapp.com/" + "".join(rng.choice(_CODE) for _ in range(22))
    return Planted("invite", link, link)


def email(rng: Random) -> Planted:
    """An address at a domain that nobody owns."""
    address = f"admin{rng.randrange(10, 999)}@toko.example.org"
    return Planted("email", address, address)


def handle(rng: Random) -> Planted:
    """An account's handle; the app's name must stand before it in the text."""
    name = f"@toko_{rng.choice(('melati', 'kenanga', 'cempaka', 'dahlia'))}{rng.randrange(10, 999)}"
    return Planted("handle", name, name)


def link(rng: Random, word: str) -> Planted:
    """A web page at a host that nobody owns."""
    host = rng.choice(("https://www.example.com/", "https://toko.example.org/", "https://berita.example.net/"))
    url = f"{host}{word}-{rng.randrange(100, 99999)}"
    return Planted("link", url, url)


def base58check(payload: bytes) -> str:
    """Base58 with the first four bytes of a double SHA-256 behind the payload."""
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(data, "big")
    out = ""
    while number:
        number, digit = divmod(number, 58)
        out = _B58[digit] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> i) & 1 else 0
    return check


def segwit(program: bytes) -> str:
    """A version 0 Bitcoin address (BIP 173) for a 20-byte program."""
    bits = int.from_bytes(program, "big")
    data = [0] + [(bits >> (5 * i)) & 31 for i in range(31, -1, -1)]
    expanded = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]
    check = _polymod([*expanded, *data, 0, 0, 0, 0, 0, 0]) ^ 1
    return "bc1" + "".join(_B32[d] for d in [*data, *((check >> 5 * (5 - i)) & 31 for i in range(6))])


def keccak256(data: bytes) -> bytes:
    """Keccak-256 with the original padding (what Ethereum uses, not SHA3-256)."""
    mask = (1 << 64) - 1
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
        constants.append(constant)

    def rotate(word: int, by: int) -> int:
        by %= 64
        return ((word << by) | (word >> (64 - by))) & mask if by else word

    state = [0] * 25
    padded = bytearray(data + b"\x01" + b"\0" * (-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    for block in range(0, len(padded), 136):
        for i in range(17):
            state[i] ^= int.from_bytes(padded[block + 8 * i : block + 8 * i + 8], "little")
        for constant in constants:
            column = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
            for x in range(5):
                theta = column[(x - 1) % 5] ^ rotate(column[(x + 1) % 5], 1)
                for y in range(0, 25, 5):
                    state[x + y] ^= theta
            x, y, current = 1, 0, state[1]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x + 5 * y] = state[x + 5 * y], rotate(current, (t + 1) * (t + 2) // 2)
            for y in range(0, 25, 5):
                row = state[y : y + 5]
                for x in range(5):
                    state[x + y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            state[0] ^= constant
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


def eip55(account: bytes) -> str:
    """An Ethereum address with the checksum in its letters' case (EIP-55) for 20 bytes."""
    digits = account.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(digest[i], 16) >= 8 else c for i, c in enumerate(digits))


def crypto(rng: Random, coin: str) -> Planted:
    """An address of `coin` (btc, btc_segwit, eth, trx) that nobody holds the key of."""
    raw = rng.randbytes(20)
    address = {
        "btc": lambda: base58check(b"\0" + raw), "btc_segwit": lambda: segwit(raw), "eth": lambda: eip55(raw),
        "trx": lambda: base58check(b"\x41" + raw),
    }[coin]()
    name = coin.split("_", maxsplit=1)[0]
    return Planted("crypto", f"{name}:{address}", address)
