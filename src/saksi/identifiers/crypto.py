"""Crypto addresses whose checksum holds: Bitcoin, Litecoin, Tron (also USDT on Tron), Ethereum and its kin (USDT, BNB).

value: "btc:", "ltc:", "trx:" or "eth:" + address (bech32 in lower case, Ethereum in EIP-55 spelling). An Ethereum address
all in one case carries no checksum: accepted with a reason that says so, for 0x and 40 hex digits are rarely anything else.

Sources: Bitcoin base58check (version bytes 0x00, 0x05), BIP 173 (bech32), BIP 350 (bech32m), EIP-55, Tron (0x41),
Litecoin (0x30, 0x32). An address beginning with 3 is read as Bitcoin: old Litecoin addresses share the version byte.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from saksi.identifiers.hit import Hit, Line

GATE: Final = r"(?i:bc1|ltc1)[A-Za-z0-9]{11}|0[xX][0-9A-Fa-f]{40}|[13LMT][1-9A-HJ-NP-Za-km-z]{25}"

_B58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_B32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSIONS: Final = {0x00: "btc", 0x05: "btc", 0x30: "ltc", 0x32: "ltc", 0x41: "trx"}
_WORD: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{26,90}(?![A-Za-z0-9])")


def base58check(text: str) -> bytes | None:
    """The 21 bytes (version, hash) of a base58check address; None where alphabet, size or checksum does not hold."""
    number = 0
    for char in text:
        digit = _B58.find(char)
        if digit < 0:
            return None
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    data = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(data) != 25:
        return None
    digest = hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()
    return data[:21] if digest[:4] == data[21:] else None


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                check ^= generator
    return check


def _eight_bit_size(groups: list[int]) -> int | None:
    """Bytes of a witness program in 5-bit groups; None where the padding is wrong (BIP 173)."""
    size, left = divmod(len(groups) * 5, 8)
    if left >= 5 or (groups and groups[-1] & ((1 << left) - 1)):
        return None
    return size


def is_segwit(text: str, prefix: str) -> bool:
    """Whether `text` is a valid segwit address of `prefix` ("bc", "ltc"): bech32 for version 0, bech32m above."""
    if text.lower() != text and text.upper() != text:
        return False
    text = text.lower()
    if not text.startswith(prefix + "1") or len(text) > 90:
        return False
    data = [_B32.find(c) for c in text[len(prefix) + 1 :]]
    if len(data) < 8 or min(data) < 0:
        return False
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod(expanded + data)
    version, size = data[0], _eight_bit_size(data[1:-6])
    if version > 16 or size is None or not 2 <= size <= 40:
        return False
    if version == 0:
        return check == 1 and size in (20, 32)
    return check == 0x2BC830A3


_ROUNDS: Final = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)
_MASK: Final = (1 << 64) - 1


def _turn(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK if by else value


def _permute(lanes: list[list[int]]) -> None:
    """Keccak-f[1600] in place; lanes[x][y] (FIPS 202, section 3.2)."""
    for constant in _ROUNDS:
        parity = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        for x in range(5):
            mixed = parity[(x + 4) % 5] ^ _turn(parity[(x + 1) % 5], 1)
            for y in range(5):
                lanes[x][y] ^= mixed
        x, y, held = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            held, lanes[x][y] = lanes[x][y], _turn(held, (step + 1) * (step + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[i][y] for i in range(5)]
            for i in range(5):
                lanes[i][y] = row[i] ^ (~row[(i + 1) % 5] & row[(i + 2) % 5] & _MASK)
        lanes[0][0] ^= constant


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (padding 0x01, unlike SHA3-256's 0x06)."""
    rate = 136
    padded = bytearray(data + b"\x01" + b"\0" * (-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for block in range(0, len(padded), rate):
        for i in range(rate // 8):
            lanes[i % 5][i // 5] ^= int.from_bytes(padded[block + 8 * i : block + 8 * i + 8], "little")
        _permute(lanes)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def eip55(address: str) -> str:
    """The checksum spelling of a 0x address."""
    digits = address[2:].lower()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) >= 8 else c for c, d in zip(digits, digest, strict=False))


def _ethereum(word: str) -> tuple[str, str] | None:
    if len(word) != 42 or word[:2] not in ("0x", "0X") or re.fullmatch(r"[0-9a-fA-F]{40}", word[2:]) is None:
        return None
    spelled = eip55(word)
    digits = word[2:]
    if digits in (digits.lower(), digits.upper()):
        return f"eth:{spelled}", "crypto_no_checksum"
    return (f"eth:{spelled}", "crypto_checksum") if digits == spelled[2:] else None


def address(word: str) -> tuple[str, str] | None:
    """(canonical value, reason) of a word that is an address, else None."""
    found = _ethereum(word)
    if found is not None:
        return found
    for prefix, chain in (("bc", "btc"), ("ltc", "ltc")):
        if is_segwit(word, prefix):
            return f"{chain}:{word.lower()}", "crypto_checksum"
    if word[0] in "13LMT" and 26 <= len(word) <= 35:
        body = base58check(word)
        if body is not None and body[0] in _VERSIONS:
            return f"{_VERSIONS[body[0]]}:{word}", "crypto_checksum"
    return None


def find(line: Line) -> list[Hit]:
    """All addresses that stand as words of their own."""
    hits = []
    for match in _WORD.finditer(line.folded):
        found = address(match.group())
        if found is not None:
            hits.append(Hit("crypto", found[0], match.start(), match.end(), found[1]))
    return hits
