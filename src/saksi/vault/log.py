"""The custody log: what was done to the case, when, by whom (a code), and nothing of what the case holds.

    log/entries.jsonl     one entry a line, RFC 8785 canonical JSON, ASCII or UTF-8, ended by a newline
    log/checkpoints       signed tree heads, see notes.py

An entry: {"action", "actor", "fields", "prev", "seq", "sig", "time", "tool"}. `prev` is the leaf hash of the line
before (of the first entry: SHA-256 of saksi.json), `sig` an Ed25519 signature over "saksi-entry-v1\\n" and the entry
without `sig`, so that even the entries after the last checkpoint cannot be changed. The tree is RFC 6962's over the
lines without their newline. `time` is UTC by the computer's clock, and says no more than that clock did.

Content-free: `fields` takes counts, codes, object ids, commitments and times. Names, paths, message text, bare digests
and phone numbers are refused here (`content_free`), whoever calls.

Reading is pure and needs no key: `check_log` goes through both files once and says everything that does not hold.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from saksi import __version__
from saksi.errors import UsageError
from saksi.vault import merkle, notes, retention
from saksi.vault.files import storage_failed
from saksi.vault.findings import Bad
from saksi.vault.objects import OBJECT_ID

ENTRIES: Final = "log/entries.jsonl"
CHECKPOINTS: Final = "log/checkpoints"
TOOL: Final = f"saksi-{__version__}"

ACTIONS: Final = frozenset({
    # what custody standards ask for (ISO/IEC 27037, NIST 800-86, SWGDE, Berkeley Protocol)
    "receive", "seal", "verify", "view", "copy", "derive", "redact", "translate", "transcribe", "export",
    "transfer-out", "transfer-ack", "return", "hold", "release-hold", "delete", "key-change", "clock-check", "failure",
    # what the case itself adds: beginning, repair after a crash, a caseworker's decision, settings, a finished report
    "create", "recover", "decide", "configure", "report",
    # what others said of it: a time authority's token, a witness's co-signature
    "timestamp", "witness",
})  # fmt: skip

MAKING: Final = frozenset({"seal", "derive", "receive", "transfer-ack"})
"""Actions whose entries name objects that were made then."""

LINE_BYTES_MAX: Final = 8 * 1024 * 1024
"""One entry: some hundred bytes; a folder of 100,000 files names its objects in 4 MB."""

CHECKPOINT_BYTES_MAX: Final = 256 * 1024 * 1024
"""The file of checkpoints: some 300 bytes each; read whole."""

SAFE_INTEGER: Final = 2**53 - 1
"""RFC 8785 knows numbers as doubles: larger integers would not survive other people's programs."""

PUBLIC_DIGEST_FIELDS: Final = frozenset({
    "pack", "packs", "rules", "taxonomy", "program", "key_digest", "root", "settings",
    "file_digest", "authority_key", "witness_key", "recipient_key",
})  # fmt: skip
"""Fields that may hold a bare SHA-256: of what Saksi ships, of key files, public keys, settings and of what authorities and
witnesses signed; never of what a victim handed in."""

_BESIDE: Final = {
    "timestamp": ("log/timestamps", "authority_key", ".tsr"), "witness": ("log/witnesses", "witness_key", ".note"),
}  # fmt: skip
"""Where the file lies that an entry of this action names: folder, field whose first digits are in the name, ending."""

_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ACTOR: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_COMMITMENT: Final = re.compile(r"c[0-9a-f]{64}")
_CODES: Final = re.compile(
    r"[a-z][a-z0-9_.+-]{0,79}"  # words of the program: actions, kinds, formats, purposes
    r"|[0-9]{1,4}(\.[0-9]{1,6}){1,3}[a-z0-9.+-]{0,16}"  # versions
    r"|[A-Z]{1,4}[0-9]{1,6}"  # labels: S1, P2
    r"|[A-Z][A-Za-z_]{1,20}(/[A-Z][A-Za-z_+-]{1,30}){1,2}|UTC"  # time zones
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)?"  # days and instants
    r"|age1[02-9ac-hj-np-z]{58}"  # an age recipient: a public key
)
_TELLING: Final = re.compile(
    r"[0-9]{7}"  # a phone or account number, written as text
    r"|^[a-z]?[0-9a-f]{16,}(-|$)"  # ids made of a source's digest: whoever has the source could recognise them
)
_ENTRY_KEYS: Final = {"action", "actor", "fields", "prev", "seq", "sig", "time", "tool"}


@dataclass(frozen=True)
class LogEntry:
    """One entry as written. leaf_hash: hex; line: the canonical JSON without newline."""

    seq: int
    time: str
    action: str
    leaf_hash: str
    line: bytes


def _safe(name: str, value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= SAFE_INTEGER
    if isinstance(value, str):
        if OBJECT_ID.fullmatch(value) or _COMMITMENT.fullmatch(value):
            return True
        if _DIGEST.fullmatch(value):
            return name in PUBLIC_DIGEST_FIELDS
        if _CODES.fullmatch(value) is None:
            return False
        return value.startswith("age1") or _TELLING.search(value) is None
    if isinstance(value, (list, tuple)):
        return all(_safe(name, v) for v in value)
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _FIELD.fullmatch(k) and _safe(k, v) for k, v in value.items())
    return False


def content_free(fields: Mapping[str, object]) -> None:
    """Raises UsageError (log_field_refused) for the first field that could carry what a case holds.

    Allowed: None, booleans, integers, object ids, commitments (`Vault.commitment`), codes of the program, labels,
    versions, zones, UTC times, age recipients, and lists and mappings of these.
    """
    for name, value in fields.items():
        if _FIELD.fullmatch(name) is None or not _safe(name, value):
            raise UsageError("log_field_refused", field=name[:40])


def signed_bytes(entry: Mapping[str, Any]) -> bytes:
    """What an entry's signature is over."""
    return b"saksi-entry-v1\n" + rfc8785.dumps({k: v for k, v in entry.items() if k != "sig"})


def _canonical(entry: Mapping[str, Any]) -> bytes:
    """RFC 8785 of an entry that `content_free` let pass: ASCII and no fractions, so the standard library's C writes the
    same bytes, many times faster (a test compares)."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def is_actor(code: str) -> bool:
    """Whether `code` may stand in the log as who did something: a code, never a name or a number that tells."""
    return _ACTOR.fullmatch(code) is not None and _TELLING.search(code) is None


def make_entry(
    seq: int, time: str, action: str, actor: str, fields: Mapping[str, Any], prev: bytes, key: Ed25519PrivateKey
) -> LogEntry:
    """A signed entry. Raises UsageError for an unknown action, an actor that is no code, or fields with content."""
    if action not in ACTIONS:
        raise UsageError("log_action_unknown", action=action[:40])
    if _ACTOR.fullmatch(actor) is None or _TELLING.search(actor) is not None:
        raise UsageError("log_field_refused", field="actor")
    content_free(fields)
    entry: dict[str, Any] = {
        "action": action, "actor": actor, "fields": dict(fields), "prev": prev.hex(), "seq": seq, "time": time,
        "tool": TOOL,
    }  # fmt: skip
    entry["sig"] = base64.b64encode(key.sign(b"saksi-entry-v1\n" + _canonical(entry))).decode()
    line = _canonical(entry)
    if len(line) >= LINE_BYTES_MAX:
        raise UsageError("log_field_refused", field="fields")
    return LogEntry(seq, time, action, merkle.leaf_hash(line).hex(), line)


def entry_problem(line: bytes, seq: int, prev: bytes | None, key: Ed25519PublicKey | None) -> str | None:
    """The code of what is wrong with a line as entry `seq` after the leaf hash `prev`; None where it holds.

    prev None: the line before is itself damaged, so its hash says nothing. key None: signatures cannot be checked.
    """
    try:
        entry = msgspec.json.decode(line)
        if not isinstance(entry, dict) or set(entry) != _ENTRY_KEYS or rfc8785.dumps(entry) != line:
            return "entry_unreadable"
        if key is not None:
            key.verify(base64.b64decode(entry["sig"], validate=True), signed_bytes(entry))
    except InvalidSignature:
        return "entry_signature"
    except (msgspec.DecodeError, rfc8785.CanonicalizationError, ValueError, TypeError, binascii.Error):
        return "entry_unreadable"
    if entry["seq"] != seq or (prev is not None and entry["prev"] != prev.hex()):
        return "entry_order"
    return None


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of the entries file with their newline; what a crash cut off comes last, without one."""
    if not path.is_file():  # a pipe or device would hang the reader
        raise FileNotFoundError
    with path.open("rb") as f:
        while line := f.readline(LINE_BYTES_MAX + 1):
            yield line


@dataclass
class LogCheck:
    """What a pass over the log found.

    size: whole entries; leaves: their leaf hashes, 32 bytes each; good_bytes: length of the entries file up to the last
    whole entry; tail: the (first) line behind it. covered: entries under a checkpoint whose signature and root hold;
    referred: object id -> line (1-based) that names it;
    deleted: ids whose deletion was logged; key_digests: key file -> SHA-256 hex, as last logged, without those taken away;
    keys_made: the highest number a key file had; hold, keep_until: see retention.py;
    beside: SHA-256 hex of files in log/timestamps and log/witnesses.
    """

    size: int = 0
    leaves: bytearray = field(default_factory=bytearray)
    frontier: merkle.Frontier = field(default_factory=merkle.Frontier)
    good_bytes: int = 0
    tail: bytes = b""
    covered: int = 0
    checkpoints: list[notes.Checkpoint] = field(default_factory=list)
    checkpoints_good_bytes: int = 0
    checkpoints_tail: int = 0
    bad: list[Bad] = field(default_factory=list)
    info: list[Bad] = field(default_factory=list)
    referred: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    key_digests: dict[str, str] = field(default_factory=dict)
    keys_made: int = 0
    hold: bool = False
    keep_until: object = None
    beside: dict[str, str] = field(default_factory=dict)
    last_time: str = ""

    def leaf(self, seq: int) -> bytes:
        """Leaf hash of entry `seq`."""
        return bytes(self.leaves[seq * merkle.HASH_BYTES : (seq + 1) * merkle.HASH_BYTES])

    def mark(self) -> tuple[int, int, merkle.Frontier]:
        """Where the log is now, for `back_to`."""
        return self.size, self.good_bytes, self.frontier.copy()

    def back_to(self, mark: tuple[int, int, merkle.Frontier]) -> None:
        """Forget the entries since `mark`: they were never written."""
        self.size, self.good_bytes, self.frontier = mark
        del self.leaves[self.size * merkle.HASH_BYTES :]

    def last_leaf(self, genesis: bytes) -> bytes:
        """The hash the next entry points back to."""
        return bytes(self.leaves[-merkle.HASH_BYTES :]) if self.size else genesis


def _read_checkpoints(path: Path, found: LogCheck) -> list[tuple[int, notes.Checkpoint]]:
    """The readable notes with their number (1-based); notes what is not readable or cut off."""
    data = b""
    with contextlib.suppress(OSError):
        if path.is_file():
            with path.open("rb") as f:
                data = f.read(CHECKPOINT_BYTES_MAX + 1)
    if not data:
        found.bad.append(Bad("checkpoint", CHECKPOINTS, "checkpoints_missing"))
        return []
    parsed, end = notes.parse(data)
    found.checkpoints_good_bytes, found.checkpoints_tail = end, len(data) - end
    if found.checkpoints_tail:
        found.bad.append(Bad("checkpoint", CHECKPOINTS, "checkpoint_torn"))
    readable = []
    for number, (_, note) in enumerate(parsed, 1):
        if note is None:
            found.bad.append(Bad("checkpoint", f"{CHECKPOINTS} no. {number}", "checkpoint_unreadable"))
        else:
            readable.append((number, note))
    return readable


def _read_tree(path: Path, found: LogCheck, wanted: set[int]) -> dict[int, str]:
    """Leaf hashes of all whole lines; the tree's root (hex) at each of the `wanted` sizes."""
    roots: dict[int, str] = {}
    try:
        for line in _lines(path):
            if found.tail or not line.endswith(b"\n"):
                # Cut off by a crash; or longer than any entry, and then nothing behind it is readable either.
                found.tail = found.tail or line
                continue
            leaf = merkle.leaf_hash(line[:-1])
            found.frontier.append(leaf)
            found.leaves += leaf
            found.size += 1
            found.good_bytes += len(line)
            if found.size in wanted:
                roots[found.size] = found.frontier.root().hex()
    except OSError:
        found.bad.append(Bad("log", ENTRIES, "log_unreadable"))
    return roots


def _judge_checkpoints(
    readable: list[tuple[int, notes.Checkpoint]], roots: dict[int, str], found: LogCheck, origin: str | None,
    public_key: bytes | None,
) -> None:  # fmt: skip
    before = 0
    for number, note in readable:
        where = f"{CHECKPOINTS} no. {number}"
        why = None
        if public_key is not None and origin is not None:
            why = notes.check(origin, public_key, note.note)
        if why is None and note.size < before:
            why = "checkpoint_order"
        if why is None and note.size > found.size:
            why = "log_rolled_back"
        if why is None and roots.get(note.size) != note.root:
            why = "checkpoint_root"
        if why is not None:
            found.bad.append(Bad("checkpoint", where, why))
        elif public_key is not None:
            found.covered = note.size
        found.checkpoints.append(note)
        before = max(before, note.size)


def _judge_entries(path: Path, found: LogCheck, genesis: bytes | None, key: Ed25519PublicKey | None) -> None:
    """Check each line beyond the last good checkpoint by itself, and take from all lines what they refer to."""
    prev: bytes | None = None
    for seq, line in enumerate(_lines(path)):
        if seq >= found.size:
            break
        line = line[:-1]
        where = f"{ENTRIES} line {seq + 1}"
        # Lines under a good checkpoint are what was signed, to the bit; the first line also binds saksi.json.
        if seq >= found.covered or seq == 0:
            why = entry_problem(line, seq, prev if seq else None, key)
            if seq == 0 and why is None and genesis is not None and _prev(line) != genesis.hex():
                found.bad.append(Bad("case_file", "saksi.json", "case_file_changed"))
            if why is not None:
                found.bad.append(Bad("log_entry", where, why))
                prev = None if why in ("entry_unreadable", "entry_signature") else found.leaf(seq)
                continue
        prev = found.leaf(seq)
        _take(msgspec.json.decode(line), seq, where, found)


def _prev(line: bytes) -> object:
    return msgspec.json.decode(line)["prev"]


def _take(entry: dict[str, Any], seq: int, where: str, found: LogCheck) -> None:
    time, fields = str(entry["time"]), entry["fields"]
    if time < found.last_time:
        found.info.append(Bad("log_entry", where, "clock_backwards"))
    found.last_time = time
    if not isinstance(fields, dict):
        return
    retention.take(entry["action"], fields, where, found)
    ids = {v for v in strings_in(fields) if OBJECT_ID.fullmatch(v)}
    if entry["action"] == "delete":
        found.deleted |= ids
    else:
        if entry["action"] in MAKING:
            found.deleted -= ids  # handed in again, or made again, later
        for object_id in ids:
            found.referred.setdefault(object_id, seq + 1)
    take_beside(entry["action"], fields, found)
    if isinstance(keys := fields.get("keys"), dict):
        for name, digest in keys.items():
            take_key(f"keys/{name}.json", digest.get("key_digest") if isinstance(digest, dict) else None, found)


def take_beside(action: object, fields: Mapping[str, Any], found: LogCheck) -> None:
    """A file beside the log that an entry names."""
    place = _BESIDE.get(str(action))
    if place is not None and isinstance(digest := fields.get("file_digest"), str):
        folder, by, ending = place
        found.beside[f"{folder}/{fields.get('checkpoint')}-{str(fields.get(by))[:16]}{ending}"] = digest


def take_key(where: str, digest: object, found: LogCheck) -> None:
    """A key file that an entry names; one without a digest was taken away."""
    number = where.removesuffix(".json").rpartition("_")[2]
    if number.isdecimal():
        found.keys_made = max(found.keys_made, int(number))
    if isinstance(digest, str):
        found.key_digests[where] = digest
    else:
        found.key_digests.pop(where, None)


def strings_in(value: object) -> Iterator[str]:
    """Every string in a value of an entry, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for v in value:
            yield from strings_in(v)
    elif isinstance(value, dict):
        for v in value.values():
            yield from strings_in(v)


def check_log(folder: Path, genesis: bytes | None, origin: str | None, public_key: bytes | None) -> LogCheck:
    """Everything a pass over the log of the case in `folder` says. Needs no secret; raises nothing for bad content.

    genesis: SHA-256 of saksi.json; origin and public_key: what saksi.json states; None where it is damaged (signatures
    are then not checked).
    """
    found = LogCheck()
    readable = _read_checkpoints(folder / CHECKPOINTS, found)
    roots = _read_tree(folder / ENTRIES, found, {note.size for _, note in readable})
    _judge_checkpoints(readable, roots, found, origin, public_key)
    if found.size == 0:
        found.bad.append(Bad("log", ENTRIES, "log_missing"))
        return found
    key = None if public_key is None else Ed25519PublicKey.from_public_bytes(public_key)
    _judge_entries(folder / ENTRIES, found, genesis, key)
    if found.tail:
        found.bad.append(Bad("log", f"{ENTRIES} line {found.size + 1}", "entry_torn"))
    if public_key is not None and not found.bad and found.covered < found.size:
        found.info.append(Bad("log", ENTRIES, "entries_after_checkpoint"))
    return found


def genesis_of(case_file: bytes) -> bytes:
    """The hash the first entry points back to: it binds saksi.json to the log."""
    return hashlib.sha256(case_file).digest()


def is_entry(line: bytes, seq: int, prev: bytes, public_key: bytes) -> bool:
    """Whether `line` is a whole, signed entry that may stand as entry `seq` after the leaf hash `prev`."""
    return entry_problem(line, seq, prev, Ed25519PublicKey.from_public_bytes(public_key)) is None


def whole_lines(folder: Path, count: int) -> Iterator[bytes]:
    """The first `count` lines of the log, without their newline. Raises StorageFailed."""
    try:
        for _, line in zip(range(count), _lines(folder / ENTRIES), strict=False):
            yield line[:-1]
    except OSError as e:
        raise storage_failed(e) from e


def line_count(folder: Path) -> int:
    """Lines of the log file, 0 where there is none."""
    try:
        return sum(1 for _ in _lines(folder / ENTRIES))
    except FileNotFoundError:
        return 0
    except OSError as e:
        raise storage_failed(e) from e
