"""Checkpoints: signed tree heads as C2SP signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

    saksi.local/case/0f3a…          origin: what log this is
    41                              number of entries
    <base64 of the 32-byte root>
                                    an empty line, then
    — saksi.local/case/0f3a… <base64 of key id (4 bytes) and Ed25519 signature (64)>

Signed is the text up to and with the newline before the empty line. The key id is SHA-256(name "\\n" 0x01 key)[:4],
0x01 being Ed25519. The file log/checkpoints holds one note after the other, each followed by one empty line.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
SIZE_DIGITS_MAX: Final = 12
"""Digits of an entry count that is read: a log of 10^12 entries would not fit on any disk this runs on."""

_NOTE: Final = re.compile(
    rb"(?P<text>(?P<origin>[!-~]{1,200})\n(?P<size>0|[1-9][0-9]{0,%d})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)\n"
    rb"\xe2\x80\x94 (?P<name>[!-~]{1,200}) (?P<sig>[A-Za-z0-9+/]{1,200}={0,2})\n\n" % (SIZE_DIGITS_MAX - 1)
)
_ENDED: Final = re.compile(rb"\n\n\xe2\x80\x94[^\n]*\n\n\Z")
"""How whatever was written to its end ends: a signature line and an empty line."""


@dataclass(frozen=True)
class Checkpoint:
    """A signed tree head. size: entries; root: hex; note: the whole signed note, as it stands in the file."""

    origin: str
    size: int
    root: str
    note: str


def origin_of(case_id: str) -> str:
    """The name under which a case's log signs. `.local` is never a host on the internet."""
    return f"saksi.local/case/{case_id}"


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes that say which key signed."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """The public key as other note programs take it: name+keyid+base64(0x01 || key)."""
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(ED25519 + public_key).decode()}"


def fingerprint(public_key: bytes) -> str:
    """Of a public key, to compare by voice: the first 16 hex digits of its SHA-256 in fours."""
    digits = hashlib.sha256(public_key).hexdigest()[:16]
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def sign(origin: str, size: int, root: bytes, private_key: Ed25519PrivateKey) -> Checkpoint:
    """Sign a tree head."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    public = private_key.public_key().public_bytes_raw()
    blob = key_id(origin, public) + private_key.sign(text.encode())
    note = f"{text}\n\u2014 {origin} {base64.b64encode(blob).decode()}\n"
    return Checkpoint(origin, size, root.hex(), note)


def sign_text(name: str, text: str, private_key: Ed25519PrivateKey) -> str:
    """A signed note (c2sp.org/signed-note) over any `text` that ends with a newline."""
    blob = key_id(name, private_key.public_key().public_bytes_raw()) + private_key.sign(text.encode())
    return f"{text}\n\u2014 {name} {base64.b64encode(blob).decode()}\n"


def check(origin: str, public_key: bytes, note: str) -> str | None:
    """None where `note` is a checkpoint of `origin` signed by `public_key`, else the code of what is wrong."""
    found = _NOTE.fullmatch(note.encode() + b"\n")
    if found is None:
        return "checkpoint_unreadable"
    if found["origin"] != origin.encode() or found["name"] != origin.encode():
        return "checkpoint_other_log"
    try:
        blob = base64.b64decode(found["sig"], validate=True)
    except binascii.Error:
        return "checkpoint_unreadable"
    # Strict on both encodings: spare bits of base64 would let two notes say the same.
    if base64.b64encode(blob) != found["sig"] or base64.b64encode(base64.b64decode(found["root"])) != found["root"]:
        return "checkpoint_unreadable"
    if blob[:4] != key_id(origin, public_key):
        return "checkpoint_other_key"
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(blob[4:], found["text"])
    except InvalidSignature:
        return "checkpoint_signature"
    return None


def _name_of(line: str) -> str:
    dash, _, rest = line.partition(" ")
    return rest.partition(" ")[0] if dash == "\u2014" else ""


def without_cosignatures(note: str, origin: str) -> str | None:
    """The note with the one signature line of its own log, others left away; None where there is not exactly one."""
    text, separator, signatures = note.partition("\n\n")
    lines = signatures.removesuffix("\n").split("\n")
    own = [line for line in lines if _name_of(line) == origin]
    if not separator or not signatures.endswith("\n") or len(own) != 1 or not all(map(_name_of, lines)):
        return None
    return f"{text}\n\n{own[0]}\n"


def signature_lines(note: str) -> list[tuple[str, bytes]]:
    """(name, key id and signature) of every readable signature line of a note, in order."""
    found = []
    for line in note.partition("\n\n")[2].split("\n"):
        name, _, blob = line.removeprefix("\u2014 ").partition(" ")
        try:
            raw = base64.b64decode(blob, validate=True)
        except (binascii.Error, ValueError):
            continue
        if line.startswith("\u2014 ") and name and base64.b64encode(raw).decode() == blob:
            found.append((name, raw))
    return found


def body(note: str) -> bytes:
    """What a note's signatures are over: its text up to and with the newline before the empty line."""
    return note.partition("\n\n")[0].encode() + b"\n"


def read(note: str) -> Checkpoint | None:
    """The checkpoint a note with one signature line is, its signature not checked; None where it is none."""
    found = _NOTE.fullmatch(note.encode() + b"\n")
    if found is None:
        return None
    return Checkpoint(found["origin"].decode(), int(found["size"]), base64.b64decode(found["root"]).hex(), note)


def parse(data: bytes) -> tuple[list[tuple[int, Checkpoint | None]], int]:
    """The notes of a checkpoints file: (byte offset, Checkpoint or None where unreadable), and where whole notes end.

    Bytes behind that end are the beginning of a note that a crash cut off. Signatures are not checked here.
    """
    found: list[tuple[int, Checkpoint | None]] = []
    at = 0
    while at < len(data):
        note = _NOTE.match(data, at)
        if note is not None:
            root = base64.b64decode(note["root"]).hex()
            text = note.group()[:-1].decode()
            found.append((at, Checkpoint(note["origin"].decode(), int(note["size"]), root, text)))
            at = note.end()
            continue
        following = _NOTE.search(data, at + 1)
        if following is None and _ENDED.search(data, at) is None:
            return found, at
        found.append((at, None))
        at = len(data) if following is None else following.start()
    return found, len(data)
