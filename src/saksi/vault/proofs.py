"""Proofs for people who hold a part of the log: one entry with its place in a checkpoint, growth from one checkpoint to a
later one, and the opening of a commitment. They need neither the case nor its key, and say nothing of other exhibits.

    proof = prove_entry(vault, sealing_seq(vault, "S1"))      proof.text       the file S1.tlog-proof
    check_entry(parse_proof(data), line, origin, public_key)                    anybody, later

A proof is C2SP's tlog-proof: a header, the entry's index, the RFC 6962 path from the leaf's sibling to the root's child (one
base64 hash a line), an empty line, the signed checkpoint with whatever co-signatures it has:

    c2sp.org/tlog-proof@v1
    index 4
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

    saksi.local/case/0f3a…
    9
    <base64 root>

    — saksi.local/case/0f3a… <base64 signature>

Growth is written as C2SP's tlog-witness request: `old N`, the RFC 6962 consistency path, an empty line, the new checkpoint.

An opening is {"commitment", "salt", "text"}: commitment = "c" and the hex of SHA-256("saksi-commitment-v1\\n" || salt || text).
The salt of one text says nothing of another's (docs/vault-format.md), so openings are given exhibit by exhibit.

References: c2sp.org/tlog-proof, c2sp.org/tlog-witness (add-checkpoint), RFC 6962 2.1.1 and 2.1.2.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from saksi.errors import UsageError, VerificationFailed
from saksi.vault import log, merkle, notes

if TYPE_CHECKING:
    from saksi.vault.notes import Checkpoint
    from saksi.vault.vault import Vault

HEADER: Final = "c2sp.org/tlog-proof@v1"
PATH_MAX: Final = 63
"""Hashes of a path that is read: as many as C2SP allows, enough for 2^63 entries."""

PROOF_BYTES_MAX: Final = 1024 * 1024
"""A proof that is read: some KiB; with an entry as extra data as large as the entry."""

_HASH: Final = rb"[A-Za-z0-9+/]{43}=\n"
_NUMBER: Final = rb"(?:0|[1-9][0-9]{0,%d})" % (notes.SIZE_DIGITS_MAX - 1)
_PROOF: Final = re.compile(
    HEADER.encode().replace(b".", rb"\.")
    + rb"\n(?:extra (?P<extra>[A-Za-z0-9+/]*={0,2})\n)?index (?P<index>%s)\n(?P<path>(?:%s){0,%d})\n(?P<note>.+)\Z"
    % (_NUMBER, _HASH, PATH_MAX),
    re.DOTALL,
)
_GROWTH: Final = re.compile(
    rb"old (?P<old>%s)\n(?P<path>(?:%s){0,%d})\n(?P<note>.+)\Z" % (_NUMBER, _HASH, PATH_MAX), re.DOTALL
)


def _path_lines(hashes: Iterable[bytes]) -> str:
    return "".join(base64.b64encode(h).decode() + "\n" for h in hashes)


def _path(lines: bytes) -> tuple[bytes, ...]:
    hashes = tuple(base64.b64decode(line) for line in lines.split())
    # Strict: spare bits of base64 would let two files say the same.
    if any(base64.b64encode(h) != line for h, line in zip(hashes, lines.split(), strict=True)):
        raise VerificationFailed("proof_unreadable")
    return hashes


def _note(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise VerificationFailed("proof_unreadable") from e


@dataclass(frozen=True)
class LogProof:
    """That an entry stands at `index` in the log of `note` (a signed checkpoint, as text). extra: unauthenticated bytes."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The proof as a .tlog-proof file holds it."""
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        return f"{HEADER}\n{extra}index {self.index}\n{_path_lines(self.hashes)}\n{self.note}"


@dataclass(frozen=True)
class Growth:
    """That the log of `note` begins with the `old` entries of an earlier checkpoint. old 0: nothing to prove."""

    old: int
    hashes: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The proof as a file holds it."""
        return f"old {self.old}\n{_path_lines(self.hashes)}\n{self.note}"


def parse_proof(data: bytes) -> LogProof:
    """A .tlog-proof file read strictly. Raises VerificationFailed (proof_unreadable)."""
    found = _PROOF.fullmatch(data) if len(data) <= PROOF_BYTES_MAX else None
    if found is None:
        raise VerificationFailed("proof_unreadable")
    extra = None
    if found["extra"] is not None:
        try:
            extra = base64.b64decode(found["extra"], validate=True)
        except binascii.Error as e:
            raise VerificationFailed("proof_unreadable") from e
        if base64.b64encode(extra) != found["extra"]:
            raise VerificationFailed("proof_unreadable")
    return LogProof(int(found["index"]), _path(found["path"]), _note(found["note"]), extra)


def parse_growth(data: bytes) -> Growth:
    """A growth file read strictly. Raises VerificationFailed (proof_unreadable)."""
    found = _GROWTH.fullmatch(data) if len(data) <= PROOF_BYTES_MAX else None
    if found is None:
        raise VerificationFailed("proof_unreadable")
    return Growth(int(found["old"]), _path(found["path"]), _note(found["note"]))


def signed_head(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """The tree head of `note`, signed by its log. Co-signatures on it are not looked at (saksi.vault.witness does).

    Raises VerificationFailed: proof_unreadable, proof_other_log, proof_signature.
    """
    head = notes.without_cosignatures(note, origin)
    why = "checkpoint_unreadable" if head is None else notes.check(origin, public_key, head)
    if head is None and note.partition("\n")[0] != origin and "\n\n" in note:
        raise VerificationFailed("proof_other_log")
    if head is None or why == "checkpoint_unreadable":
        raise VerificationFailed("proof_unreadable")
    if why is not None:
        raise VerificationFailed("proof_signature" if why == "checkpoint_signature" else "proof_other_log")
    checkpoint = notes.read(head)
    assert checkpoint is not None
    return checkpoint


def check_entry(proof: LogProof, line: bytes, origin: str, public_key: bytes) -> Checkpoint:
    """That `line` (an entry without its newline) stands in the log that `origin` signed with `public_key`: the checkpoint.

    Raises VerificationFailed: proof_unreadable, proof_other_log, proof_signature, proof_not_in_log.
    """
    head = signed_head(proof.note, origin, public_key)
    leaf = merkle.leaf_hash(line)
    if not merkle.verify_inclusion(leaf, proof.index, head.size, proof.hashes, bytes.fromhex(head.root)):
        raise VerificationFailed("proof_not_in_log")
    return head


def check_growth(growth: Growth, before: Checkpoint | None, origin: str, public_key: bytes) -> Checkpoint:
    """That the log of `growth` only added to that of `before` (a checkpoint kept earlier; None: none): the new checkpoint.

    Raises VerificationFailed: proof_unreadable, proof_other_log, proof_signature; log_shorter (an older copy was put
    back), log_forked (its beginning is another).
    """
    head = signed_head(growth.note, origin, public_key)
    if before is None:
        return head
    if head.size < before.size:
        raise VerificationFailed("log_shorter", now=head.size, before=before.size)
    old, new = bytes.fromhex(before.root), bytes.fromhex(head.root)
    same = growth.old == before.size and merkle.verify_consistency(before.size, head.size, old, new, growth.hashes)
    if not same:
        raise VerificationFailed("log_forked" if growth.old == before.size else "proof_other_start", before=before.size)
    return head


def prove(leaves: bytes, index: int, checkpoint: Checkpoint, note: str | None = None) -> LogProof:
    """The proof for entry `index` under `checkpoint`. note: the checkpoint with co-signatures, where there are any.

    Raises UsageError (entry_not_covered) for an entry the checkpoint does not cover.
    """
    if not 0 <= index < checkpoint.size:
        raise UsageError("entry_not_covered", entry=index + 1)
    hashes = merkle.inclusion_proof(leaves, index, checkpoint.size)
    return LogProof(index, tuple(hashes), checkpoint.note if note is None else note)


def grow(leaves: bytes, old: int, checkpoint: Checkpoint, note: str | None = None) -> Growth:
    """The growth from `old` entries (0: from nothing) to `checkpoint`. Raises UsageError (entry_not_covered)."""
    if not 0 <= old <= checkpoint.size:
        raise UsageError("entry_not_covered", entry=old)
    hashes = merkle.consistency_proof(leaves, old, checkpoint.size) if old else []
    return Growth(old, tuple(hashes), checkpoint.note if note is None else note)


def prove_entry(vault: Vault, seq: int) -> LogProof:
    """The proof for entry `seq` under the vault's last checkpoint, with the co-signatures it has.

    Raises UsageError (entry_not_covered): call `vault.checkpoint()` first.
    """
    from saksi.vault import witness

    if not vault.checkpoints:
        raise UsageError("entry_not_covered", entry=seq + 1)
    last = vault.checkpoints[-1]
    return prove(vault.leaves, seq, last, witness.cosigned(vault.folder, last))


# Which entries speak of an exhibit


def exhibits_of(fields: Mapping[str, Any]) -> set[str]:
    """The labels of the exhibits an entry's fields name."""
    several = fields.get("exhibits")
    named = [fields.get("exhibit"), *(several if isinstance(several, list) else ())]
    return {label for label in named if isinstance(label, str)}


def _entries(vault: Vault) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    for seq, line in enumerate(log.whole_lines(vault.folder, vault.log_size)):
        try:
            yield seq, line, msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, ValueError) as e:
            raise VerificationFailed("log_damaged") from e


def sealing_seq(vault: Vault, exhibit: str) -> int:
    """Number of the entry that sealed `exhibit` ("S1"). Raises UsageError (exhibit_unknown)."""
    for seq, _, entry in _entries(vault):
        if entry["action"] == "seal" and exhibit in exhibits_of(entry["fields"]):
            return seq
    raise UsageError("exhibit_unknown", exhibit=exhibit[:20])


@dataclass(frozen=True)
class ShownEntry:
    """One entry to disclose: its number, its line (no newline), its proof, the exhibits it names."""

    seq: int
    line: bytes
    proof: LogProof
    exhibits: frozenset[str]


def entries_about(vault: Vault, exhibits: Collection[str]) -> list[ShownEntry]:
    """Every covered entry that names one of `exhibits`, oldest first, each with its proof under the last checkpoint.

    An entry that names further exhibits beside them is shown whole: it holds their labels, object ids and commitments,
    none of which says anything without the key or an opening. Raises UsageError (exhibit_unknown).
    """
    from saksi.vault import witness

    wanted, known = set(exhibits), set()
    last = vault.checkpoint() if vault.sound and not vault.read_only else vault.checkpoints[-1]
    note, leaves = witness.cosigned(vault.folder, last), vault.leaves
    shown = []
    for seq, line, entry in _entries(vault):
        named = exhibits_of(entry["fields"])
        if seq < last.size and named & wanted:
            known |= named
            shown.append(ShownEntry(seq, line, prove(leaves, seq, last, note), frozenset(named)))
    for missing in sorted(wanted - known):
        raise UsageError("exhibit_unknown", exhibit=missing[:20])
    return shown


# Openings of commitments


def opening(vault: Vault, text: str) -> dict[str, str]:
    """What lets anybody check that the log's commitment is the one of `text` (a digest): commitment, salt (hex), text."""
    return {"commitment": vault.commitment(text), "salt": vault.commitment_salt(text).hex(), "text": text}


def openings_for(vault: Vault, entry: Mapping[str, Any], texts: Iterable[str]) -> list[dict[str, str]]:
    """Openings of those of `texts` whose commitment stands in `entry`, each once; others are left out, not revealed."""
    there = set(log.strings_in(entry["fields"]))
    found = [opening(vault, text) for text in dict.fromkeys(texts)]
    return [o for o in found if o["commitment"] in there]


def check_opening(value: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """The text an opening discloses, where its commitment holds and stands in an entry's `fields`.

    Raises VerificationFailed (opening_unreadable, opening_does_not_hold).
    """
    from saksi.vault.vault import check_commitment

    commitment, salt, text = (value.get(k) for k in ("commitment", "salt", "text"))
    if not (isinstance(commitment, str) and isinstance(salt, str) and isinstance(text, str)):
        raise VerificationFailed("opening_unreadable")
    try:
        raw = bytes.fromhex(salt)
    except ValueError as e:
        raise VerificationFailed("opening_unreadable") from e
    if commitment not in set(log.strings_in(fields)) or not check_commitment(commitment, text, raw):
        raise VerificationFailed("opening_does_not_hold")
    return text


def files_of(shown: Sequence[ShownEntry]) -> dict[str, bytes]:
    """The shown entries as files: entries.jsonl (the lines in order) and <seq>.tlog-proof for each (1-based, as lines are)."""
    files = {"entries.jsonl": b"".join(s.line + b"\n" for s in shown)}
    return files | {f"{s.seq + 1}.tlog-proof": s.proof.text.encode() for s in shown}
