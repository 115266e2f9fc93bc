"""A witness outside: somebody else signs that this log had this head at this time, and never signs another past.

    co-signature      C2SP cosignature/v1: Ed25519 over "cosignature/v1\\ntime <seconds>\\n" and the checkpoint's text, as one
                      more signature line of the note; key id SHA-256(name "\\n" 0x04 key)[:4]
    log/witnesses/    in the case: <entries>-<witness>.note, the checkpoint with the log's signature and the co-signature;
                      <witness>.key, the witness's key as note programs take it; <witness>: the 16 hex of its name
    request           what the case shows: the log's key, then growth since what the witness signed last (proofs.py)
    answer            what the witness gives back: its key, then the co-signed note
    memory            what the witness keeps: for each case the log's key and the last head it signed

A witness signs only a log that grew from the head it remembers: an older copy (log_shorter) or another past
(log_forked) is refused, and what it refused is the finding. The names of witnesses are made of their keys, so that a case
folder names nobody: saksi.local/witness/<16 hex of SHA-256 of the key>.

References: c2sp.org/tlog-cosignature, c2sp.org/tlog-witness, c2sp.org/signed-note.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from saksi.errors import VerificationFailed
from saksi.vault import keys, merkle, notes, proofs
from saksi.vault.findings import Bad
from saksi.vault.log import LogCheck
from saksi.vault.notes import Checkpoint

COSIGNATURE: Final = b"\x04"
FOLDER: Final = "log/witnesses"
FILE_BYTES_MAX: Final = 1024 * 1024
"""A request, answer or memory that is read; some KiB each, a memory some hundred bytes a case."""

_VERIFIER: Final = re.compile(r"(?P<name>[!-*,-~]{1,200})\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{44})")
_NOTE_NAME: Final = re.compile(r"(?P<size>[1-9][0-9]{0,11})-(?P<who>[0-9a-f]{16})\.note")


def short_name(public_key: bytes) -> str:
    """The 16 hex digits that file names and `name_of` hold of a witness."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def name_of(public_key: bytes) -> str:
    """The name a witness signs under."""
    return f"saksi.local/witness/{short_name(public_key)}"


@dataclass(frozen=True)
class Verifier:
    """A key that signs notes. kind: 0x01 a log's signature, 0x04 a co-signature."""

    name: str
    public_key: bytes
    kind: bytes = COSIGNATURE

    @property
    def key_id(self) -> bytes:
        """The four bytes before a signature of this key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public_key).digest()[:4]

    @property
    def text(self) -> str:
        """The key as note programs take it: name+keyid+base64(kind || key)."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.kind + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises VerificationFailed (witness_key_unreadable)."""
        found = _VERIFIER.fullmatch(text.strip())
        if found is not None:
            raw = base64.b64decode(found["key"])
            made = cls(found["name"], raw[1:], raw[:1])
            if (
                len(raw) == 1 + keys.KEY_BYTES
                and made.text == text.strip()
                and made.kind in (notes.ED25519, COSIGNATURE)
            ):
                return made
        raise VerificationFailed("witness_key_unreadable")


# Co-signatures


def _cosigned_bytes(seconds: int, body: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + body


def cosign(note: str, private_key: Ed25519PrivateKey, seconds: int) -> str:
    """`note` with one more line: the co-signature of `private_key` at `seconds` (POSIX)."""
    who = Verifier(name_of(public := private_key.public_key().public_bytes_raw()), public)
    signature = private_key.sign(_cosigned_bytes(seconds, notes.body(note)))
    blob = who.key_id + seconds.to_bytes(8, "big") + signature
    return f"{note}\u2014 {who.name} {base64.b64encode(blob).decode()}\n"


def cosigned_at(note: str, who: Verifier) -> int:
    """When `who` co-signed `note` (POSIX seconds, by the witness's clock).

    Raises VerificationFailed: cosignature_missing, cosignature_does_not_hold.
    """
    blobs = [blob for name, blob in notes.signature_lines(note) if name == who.name and blob[:4] == who.key_id]
    if not blobs:
        raise VerificationFailed("cosignature_missing")
    if len(blobs) > 1 or len(blobs[0]) != 76:
        raise VerificationFailed("cosignature_does_not_hold")
    seconds = int.from_bytes(blobs[0][4:12], "big")
    try:
        key = Ed25519PublicKey.from_public_bytes(who.public_key)
        key.verify(blobs[0][12:], _cosigned_bytes(seconds, notes.body(note)))
    except (InvalidSignature, ValueError) as e:
        raise VerificationFailed("cosignature_does_not_hold") from e
    if seconds >= 2**53:
        raise VerificationFailed("cosignature_does_not_hold")
    return seconds


# What passes between case and witness


@dataclass(frozen=True)
class Request:
    """What a case shows a witness: the log's key, and the growth of its log."""

    log: Verifier
    growth: proofs.Growth

    @property
    def text(self) -> str:
        """The request as a file or QR code holds it."""
        return f"{self.log.text}\n{self.growth.text}"


@dataclass(frozen=True)
class Answer:
    """What a witness gives back: its key and the co-signed note."""

    witness: Verifier
    note: str

    @property
    def text(self) -> str:
        """The answer as a file or QR code holds it."""
        return f"{self.witness.text}\n{self.note}"


def _first_line(data: bytes) -> tuple[str, bytes]:
    line, separator, rest = data.replace(b"\r\n", b"\n").partition(b"\n")
    if not separator or len(data) > FILE_BYTES_MAX or not line.isascii():
        raise VerificationFailed("witness_file_unreadable")
    return line.decode(), rest


def _ended(rest: bytes) -> bytes:
    """A note copied from a QR code may lack its last newline, or have more."""
    return rest.rstrip(b"\n") + b"\n"


def parse_request(data: bytes) -> Request:
    """Raises VerificationFailed (witness_file_unreadable, witness_key_unreadable, proof_unreadable)."""
    line, rest = _first_line(data)
    log = Verifier.parse(line)
    if log.kind != notes.ED25519:
        raise VerificationFailed("witness_file_unreadable")
    return Request(log, proofs.parse_growth(_ended(rest)))


def parse_answer(data: bytes) -> Answer:
    """Raises VerificationFailed (witness_file_unreadable, witness_key_unreadable)."""
    line, rest = _first_line(data)
    who = Verifier.parse(line)
    if who.kind != COSIGNATURE:
        raise VerificationFailed("witness_file_unreadable")
    try:
        return Answer(who, _ended(rest).decode("utf-8"))
    except UnicodeDecodeError as e:
        raise VerificationFailed("witness_file_unreadable") from e


# What a witness remembers


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    log: str
    """The log's key as `Verifier.text`."""
    size: int
    root: str
    note: str
    signed_at: int


@dataclass
class Memory:
    """The last head a witness signed of every log it knows, by origin. Pure: reading and writing files is the caller's."""

    heads: dict[str, _Head]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises VerificationFailed (witness_file_unreadable)."""
        try:
            stored = msgspec.json.decode(data, type=dict[str, dict[str, _Head]])
            return cls(stored["saksi-witness-memory"])
        except (msgspec.DecodeError, ValueError, KeyError) as e:
            raise VerificationFailed("witness_file_unreadable") from e

    @property
    def data(self) -> bytes:
        """The memory as a file holds it."""
        return rfc8785.dumps({"saksi-witness-memory": msgspec.to_builtins(self.heads)}) + b"\n"

    def knows(self, origin: str) -> bool:
        """Whether a head of this log was signed before."""
        return origin in self.heads

    def size_of(self, origin: str) -> int:
        """Entries of the last head signed; 0 for a log not known."""
        return self.heads[origin].size if origin in self.heads else 0

    def sign(self, request: Request, private_key: Ed25519PrivateKey, seconds: int) -> Answer:
        """Check the request against what is remembered, sign it, remember it. The caller keeps `data` before it answers.

        Raises VerificationFailed: proof_… , log_shorter, log_forked, witness_other_key (a known case under another key).
        """
        origin = request.log.name
        known = self.heads.get(origin)
        before = None
        if known is not None:
            if known.log != request.log.text:
                raise VerificationFailed("witness_other_key")
            before = Checkpoint(origin, known.size, known.root, known.note)
        head = proofs.check_growth(request.growth, before, origin, request.log.public_key)
        public = private_key.public_key().public_bytes_raw()
        note = cosign(head.note, private_key, seconds)
        self.heads[origin] = _Head(request.log.text, head.size, head.root, note, seconds)
        return Answer(Verifier(name_of(public), public), note)


# What a case keeps of its witnesses


def stored(folder: Path, who: str | None = None) -> list[tuple[int, str, str]]:
    """(entries, witness, note) of every co-signed note in the case, fewest entries first; only of `who` where given."""
    found = []
    with contextlib.suppress(OSError):
        for path in (folder / FOLDER).iterdir():
            name = _NOTE_NAME.fullmatch(path.name)
            if name is None or (who is not None and name["who"] != who):
                continue
            with contextlib.suppress(OSError, UnicodeDecodeError):
                data = _bounded(path)
                found.append((int(name["size"]), name["who"], data.decode("utf-8")))
    return sorted(found)


def _bounded(path: Path) -> bytes:
    if not path.is_file():  # a pipe or device would hang the reader
        raise FileNotFoundError
    with path.open("rb") as f:
        return f.read(FILE_BYTES_MAX)


def cosigned(folder: Path, checkpoint: Checkpoint) -> str:
    """The checkpoint's note with every co-signature the case holds for it."""
    note = checkpoint.note
    for size, _, text in stored(folder):
        if size == checkpoint.size and notes.body(text) == notes.body(note):
            note += "".join(line + "\n" for line in text.partition("\n\n")[2].split("\n")[1:-1])
    return note


def file_name(answer: Answer, head: Checkpoint) -> str:
    """Where the case keeps an answer."""
    return f"{FOLDER}/{head.size}-{short_name(answer.witness.public_key)}.note"


def root_at(checked: LogCheck, size: int) -> str:
    """The log's root (hex) over its first `size` entries."""
    return merkle.root(checked.leaves, 0, size).hex()


def judge(checked: LogCheck, note: str, origin: str, public_key: bytes, where: str) -> Bad | None:
    """What a co-signed or kept checkpoint says against the log as it is now; None where they fit."""
    try:
        head = proofs.signed_head(note, origin, public_key)
    except VerificationFailed as e:
        why = {"proof_other_log": "witness_other_log", "proof_signature": "witness_signature"}
        return Bad("witness", where, why.get(e.key, "witness_unreadable"))
    if head.size > checked.size:
        return Bad("witness", where, "witness_rolled_back")
    if root_at(checked, head.size) != head.root:
        return Bad("witness", where, "witness_forked")
    return None


def judge_cosignature(note: str, who: Verifier, where: str) -> Bad | None:
    """Whether the co-signature of `who` on a note holds."""
    try:
        cosigned_at(note, who)
    except VerificationFailed:
        return Bad("witness", where, "witness_cosignature")
    return None


def key_of(folder: Path, who: str) -> Verifier | None:
    """The key that the case keeps of a witness; None where it is absent or not the key of that name."""
    try:
        made = Verifier.parse(_bounded(folder / FOLDER / f"{who}.key").decode("ascii"))
    except (OSError, UnicodeDecodeError, VerificationFailed):
        return None
    return made if short_name(made.public_key) == who and made.name == name_of(made.public_key) else None


def check_stored(folder: Path, checked: LogCheck, origin: str, public_key: bytes) -> list[Bad]:
    """What does not hold of the co-signed notes in the case: against the log, and each co-signature under the witness's key."""
    found = []
    for size, who, note in stored(folder):
        where = f"{FOLDER}/{size}-{who}.note"
        bad = judge(checked, note, origin, public_key, where)
        key = key_of(folder, who)
        if bad is None:
            bad = Bad("witness", where, "witness_cosignature") if key is None else judge_cosignature(note, key, where)
        if bad is not None:
            found.append(bad)
    return found


def kept_by_witness(data: bytes, origin: str) -> list[tuple[str, Verifier | None]]:
    """The notes of log `origin` in a file that a witness kept: its memory, an answer, or a bare note; with its key if known.

    Raises VerificationFailed (witness_file_unreadable, witness_other_case): the file speaks of no case, of other cases only.
    """
    if data[:1] == b"{":
        memory = Memory.parse(data)
        if origin not in memory.heads:
            raise VerificationFailed("witness_other_case")
        return [(memory.heads[origin].note, None)]
    with contextlib.suppress(VerificationFailed, binascii.Error):
        answer = parse_answer(data)
        return [(answer.note, answer.witness)]
    try:
        note = _ended(data.replace(b"\r\n", b"\n")).decode("utf-8")
    except UnicodeDecodeError as e:
        raise VerificationFailed("witness_file_unreadable") from e
    if "\n\n" not in note:
        raise VerificationFailed("witness_file_unreadable")
    return [(note, None)]


def as_rows(folder: Path) -> list[dict[str, Any]]:
    """What `log` says of stored co-signatures, unchecked: entries, witness, POSIX seconds by the witness's clock."""
    rows = []
    for size, who, note in stored(folder):
        blob = next((b for n, b in notes.signature_lines(note) if n.endswith(f"/{who}") and len(b) == 76), None)
        seconds = None if blob is None else int.from_bytes(blob[4:12], "big")
        rows.append({"entries": size, "witness": who, "signed_at": seconds})
    return rows
