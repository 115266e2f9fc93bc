"""What others said of a log, checked against it: time authorities' replies, witnesses' co-signatures, and what a witness kept.

    check_beside(check, folder, Outside(roots=[pem], kept=[bytes]))

Without the roots of authorities a reply is only checked for being whole and for this checkpoint; without a file that the
witness itself kept, nobody can see that the whole folder was put back to an older copy of itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from saksi.errors import VerificationFailed
from saksi.vault import timestamps, witness
from saksi.vault.findings import Bad

if TYPE_CHECKING:
    from saksi.vault.verify import FolderCheck


@dataclass(frozen=True)
class Outside:
    """What whoever checks brings along. roots: certificates of time authorities (PEM or DER), None: none told; kept: files
    that witnesses kept (their memory, an answer, or a bare checkpoint)."""

    roots: Sequence[bytes] | None = None
    kept: Sequence[bytes] = ()


NOTHING = Outside()


def check_beside(check: FolderCheck, folder: Path, outside: Outside = NOTHING) -> None:
    """Add to `check.found` what does not hold. Raises VerificationFailed (certificate_unreadable) for roots that are none."""
    for data in outside.roots or ():
        timestamps.load_certificates(data)
    found = check.found
    stamps, bad, info = timestamps.check_stored(folder, check.log, outside.roots)
    found.checked += len(stamps) + len(bad)
    found.bad += bad
    found.info += info
    for where, digest in sorted(check.log.beside.items()):
        there = timestamps.read_file(folder / where)
        if there is None or hashlib.sha256(there).hexdigest() != digest:
            found.bad.append(
                Bad("timestamp", where, "timestamp_missing")
                if where.startswith(timestamps.FOLDER)
                else Bad("witness", where, "witness_missing")
            )
    if check.identity is None:
        return
    origin, key = check.identity.origin, check.identity.public_key
    found.checked += len(witness.stored(folder))
    found.bad += witness.check_stored(folder, check.log, origin, key)
    for number, data in enumerate(outside.kept, 1):
        found.checked += 1
        found.bad += _judge_kept(check, data, f"--witness {number}")


def _judge_kept(check: FolderCheck, data: bytes, where: str) -> list[Bad]:
    assert check.identity is not None
    origin = check.identity.origin
    try:
        kept = witness.kept_by_witness(data, origin)
    except VerificationFailed as e:
        why = "witness_other_log" if e.key == "witness_other_case" else "witness_unreadable"
        return [Bad("witness", where, why)]
    found = []
    for note, who in kept:
        bad = witness.judge(check.log, note, origin, check.identity.public_key, where)
        if bad is None and who is not None:
            bad = witness.judge_cosignature(note, who, where)
        if bad is not None:
            found.append(bad)
    return found
