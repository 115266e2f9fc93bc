"""`saksi witness`: a partner co-signs a checkpoint, offline, by file or QR code. docs/verbs/witness.md has the four steps."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from saksi.errors import InputRefused, StorageFailed, UsageError, VerificationFailed
from saksi.times import now_us, utc_text
from saksi.vault import custody, keys, notes, proofs, witness
from saksi.vault.files import Disk
from saksi.vault.keys import DEFAULT_KDF, KdfParameters

if TYPE_CHECKING:
    from saksi.case.store import Case

QR_BYTES_MAX: Final = 2331
"""Bytes a QR code holds at error correction M (ISO/IEC 18004, version 40)."""


def make_key(path: Path, passphrase: str, kdf: KdfParameters = DEFAULT_KDF) -> dict[str, Any]:
    """A new key of a witness, sealed with a passphrase, and its public half beside it (.pub). Never over an existing file.

    Returns {"name", "verifier"}. Raises UsageError (witness_key_exists, passphrase_empty), StorageFailed.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if path.exists() or _public_of(path).exists():
        raise UsageError("witness_key_exists")
    if not path.absolute().parent.is_dir():
        raise UsageError("output_folder_missing")
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    who = witness.Verifier(witness.name_of(public), public)
    secret = base64.b64encode(private.private_bytes_raw()).decode()
    disk = Disk()
    disk.write_file(path, keys.seal_with_passphrase(passphrase, kdf, {"witness_key": secret}))
    disk.write_file(_public_of(path), who.text.encode() + b"\n")
    return {"name": who.name, "verifier": who.text}


def _public_of(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def memory_of(path: Path) -> Path:
    """Where the witness of the key file `path` keeps what it signed."""
    return path.with_name(path.name + ".memory")


def _given(path: Path, stdin: BinaryIO | None = None) -> bytes:
    if str(path) == "-":
        if stdin is None:
            raise InputRefused("stdin_closed")
        return stdin.read(witness.FILE_BYTES_MAX)
    try:
        with path.open("rb") as f:
            return f.read(witness.FILE_BYTES_MAX)
    except FileNotFoundError as e:
        raise InputRefused("no_such_file") from e
    except OSError as e:
        raise InputRefused("unreadable_file") from e


def show(case: Case, witness_key: Path | None = None) -> tuple[witness.Request, dict[str, Any]]:
    """What to show a witness: the case's last checkpoint and its growth since what that witness signed last.

    witness_key: the witness's public key file; None: the only witness the case knows, or none yet.
    Raises UsageError (witness_several) where the case knows several.
    """
    vault = case.vault
    known = {who for _, who, _ in witness.stored(vault.folder)}
    who: str | None = None
    if witness_key is not None:
        who = witness.short_name(witness.Verifier.parse(_text(_given(witness_key))).public_key)
    elif len(known) > 1:
        raise UsageError("witness_several")
    elif known:
        who = known.pop()
    signed = witness.stored(vault.folder, who) if who is not None else []
    old = signed[-1][0] if signed else 0
    head = vault.checkpoint()
    identity = vault.identity
    log = witness.Verifier(identity.origin, identity.public_key, notes.ED25519)
    request = witness.Request(log, proofs.grow(vault.leaves, old, head))
    said = {"entries": head.size, "since": old, "root": head.root, "case": identity.origin}
    said["fingerprint"] = notes.fingerprint(log.public_key)
    return request, said


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as e:
        raise VerificationFailed("witness_key_unreadable") from e


def sign(
    shown: Path, key: Path, passphrase: str, *, new_case: bool = False, stdin: BinaryIO | None = None
) -> tuple[witness.Answer, dict[str, Any]]:
    """Co-sign what a case showed, where it grew from what this witness signed before; remembered before it is answered.

    Raises VerificationFailed (log_shorter, log_forked, …: not signed), UsageError (witness_new_case) for a case this witness
    does not know unless `new_case`, WrongKey, InputRefused, StorageFailed.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    request = witness.parse_request(_given(shown, stdin))
    stored = memory_of(key)
    memory = witness.Memory.parse(_given(stored)) if stored.exists() else witness.Memory({})
    before = memory.size_of(request.log.name)
    if not memory.knows(request.log.name) and not new_case:
        raise UsageError("witness_new_case", case=request.log.name[-40:], fingerprint=notes.fingerprint(request.log.public_key))
    opened = keys.open_with_passphrase(passphrase, _given(key))
    if "witness_key" not in opened:
        raise VerificationFailed("witness_key_unreadable")
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(opened["witness_key"]))
    seconds = now_us() // 1_000_000
    answer = memory.sign(request, private, seconds)
    Disk().write_file(stored, memory.data)
    return answer, {
        "case": request.log.name,
        "before": before,
        "entries": memory.size_of(request.log.name),
        "signed_at": utc_text(seconds * 1_000_000),
        "verifier": answer.witness.text,
    }


def add(case: Case, answer_file: Path, stdin: BinaryIO | None = None) -> dict[str, Any]:
    """Take a witness's answer into the case: checked, kept, logged.

    Raises VerificationFailed (proof_…, cosignature_…, answer_not_ours where the checkpoint is none of this log's).
    """
    vault = case.vault
    answer = witness.parse_answer(_given(answer_file, stdin))
    identity = vault.identity
    head = proofs.signed_head(answer.note, identity.origin, identity.public_key)
    ours = next((c for c in vault.checkpoints if c.size == head.size and c.root == head.root), None)
    if ours is None:
        raise VerificationFailed("answer_not_ours")
    if answer.witness.name != witness.name_of(answer.witness.public_key):
        raise VerificationFailed("witness_key_unreadable")
    seconds = witness.cosigned_at(answer.note, answer.witness)
    where = witness.file_name(answer, head)
    data = answer.note.encode()
    digest = hashlib.sha256(data).hexdigest()
    who = witness.short_name(answer.witness.public_key)
    if not vault.is_logged_beside(where, digest):
        vault.keep_beside(f"{witness.FOLDER}/{who}.key", answer.witness.text.encode() + b"\n")
        vault.keep_beside(where, data)
        key_digest = hashlib.sha256(answer.witness.public_key).hexdigest()
        more = {"witness_key": key_digest, "file_digest": digest, "signed": utc_text(seconds * 1_000_000)}
        custody.record(vault, custody.Event("witness", checkpoint=head.size, result="ok", more=more))
    return {"entries": head.size, "witness": who, "signed_at": utc_text(seconds * 1_000_000), "file": where}


def write(text: str, out: Path | None, qr: Path | None) -> None:
    """Write a request or answer as a file and as a QR code (.svg or .png). Raises UsageError, StorageFailed."""
    data = text.encode()
    if qr is not None and qr.suffix.lower() not in (".svg", ".png"):
        raise UsageError("qr_ending")
    if qr is not None and len(data) > QR_BYTES_MAX:
        raise UsageError("qr_too_long")
    try:
        if out is not None:
            out.write_bytes(data)
        if qr is not None:
            _qr(text).save(str(qr), scale=4, border=4)
    except OSError as e:
        raise StorageFailed("disk_refused") from e


def qr_on_terminal(text: str) -> str:
    """The QR code as characters. Raises UsageError (qr_too_long)."""
    import io

    if len(text.encode()) > QR_BYTES_MAX:
        raise UsageError("qr_too_long")
    shown = io.StringIO()
    _qr(text).terminal(shown, compact=True)
    return shown.getvalue()


def _qr(text: str) -> Any:
    import segno

    return segno.make_qr(text.encode(), error="m", boost_error=False, mode="byte")
