"""`saksi verify`: whether a case is whole; against what authorities and witnesses keep; and, deep, whether it still reads the same."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saksi.errors import InputRefused, SaksiError, UsageError
from saksi.verbs.common import Progress, is_case, no_progress

if TYPE_CHECKING:
    from saksi.vault import Secret, Verification
    from saksi.vault.beside import Outside


def verify(
    folder: Path,
    passphrase: Secret | None,
    lang: str | None = None,
    *,
    deep: bool = False,
    tsa_roots: Sequence[Path] = (),
    witness_files: Sequence[Path] = (),
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Check log, checkpoints, stamps, co-signatures and structure; with the key, every sealed object; `deep`: every source read anew.

    tsa_roots: certificates of time authorities; witness_files: what witnesses kept. The JSON of docs/verbs/verify.md; nothing is
    changed, but that a check that finds damage is itself logged where the log is sound and the key is there.
    Raises UsageError (no_case, deep_needs_key), WrongKey, InputRefused, VerificationFailed (certificate_unreadable).
    """
    from saksi.vault.verify import verify_case

    if not is_case(folder):
        raise UsageError("no_case")
    if deep and passphrase is None:
        raise UsageError("deep_needs_key")
    found = verify_case(folder, passphrase, outside=_outside(tsa_roots, witness_files))
    sources: list[dict[str, Any]] = []
    if deep and passphrase is not None:
        sources = _deep(folder, passphrase, found, progress)
    if found.bad and passphrase is not None:
        _note_failure(folder, passphrase, found)
    return found.as_json(lang) | ({"sources": sources} if deep else {})


def _outside(tsa_roots: Sequence[Path], witness_files: Sequence[Path]) -> Outside:
    from saksi.vault.beside import Outside

    roots = [_bytes_of(path) for path in tsa_roots]
    return Outside(roots or None, [_bytes_of(path) for path in witness_files])


def _bytes_of(path: Path) -> bytes:
    from saksi.vault.witness import FILE_BYTES_MAX

    try:
        with path.open("rb") as f:
            return f.read(FILE_BYTES_MAX)
    except FileNotFoundError as e:
        raise InputRefused("no_such_file") from e
    except OSError as e:
        raise InputRefused("unreadable_file") from e


def _deep(folder: Path, passphrase: Secret, found: Verification, progress: Progress) -> list[dict[str, Any]]:
    """Read every source anew; adds what differs to `found`. Returns a row a source."""
    from saksi.case.reread import not_logged, reread
    from saksi.vault import Bad
    from saksi.verbs.common import open_case

    rows: list[dict[str, Any]] = []
    try:
        with open_case(folder, passphrase) as case:
            total = len(case.sources())
            for done, outcome in enumerate(reread(case), 1):
                progress("progress.reread", done, total)
                found.checked += 1
                rows.append(vars(outcome).copy())
                if outcome.state in ("differs", "unreadable"):
                    found.bad.append(Bad("source", outcome.label, f"rows_{outcome.state}"))
                elif outcome.state in ("other_version", "not_read"):
                    found.info.append(Bad("source", outcome.label, f"rows_{outcome.state}"))
            found.bad += [Bad("source", label, "rows_not_logged") for label in not_logged(case)]
    except SaksiError as e:
        if not found.bad:
            raise
        found.info.append(Bad("source", e.key, "rows_not_reread"))
    return rows


def _note_failure(folder: Path, passphrase: Secret, found: Verification) -> None:
    """A `verify` event that says how much does not hold. Not where the log itself is damaged, or the case is in use or read-only."""
    from saksi.vault import Vault, custody

    if any(b.what in ("log", "log_entry", "checkpoint", "case_file", "key") for b in found.bad):
        return
    with contextlib.suppress(SaksiError), Vault.open(folder, passphrase) as vault:
        more = {"bad": len(found.bad), "checked": found.checked, "what": sorted({b.what for b in found.bad})}
        custody.record(vault, custody.Event("verify", result="failed", more=more))
