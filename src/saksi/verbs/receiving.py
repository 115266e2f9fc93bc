"""`saksi receive`: a bundle, or the receipt for one, comes into a case. `verify` of a bundle is here too."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import InputRefused, SaksiError, UsageError, VerificationFailed
from saksi.times import now_us, utc_text
from saksi.vault import custody
from saksi.verbs.common import check_by, check_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saksi.case.store import Case
    from saksi.handover.verify import Check
    from saksi.vault.files import FileSystem

RECEIPT: Final = "saksi-receipt"
RECEIPT_BYTES_MAX: Final = 1024 * 1024
LABEL: Final = re.compile(r"S[0-9]{1,6}")


def verify_bundle(path: Path, identity: Path | None, lang: str | None = None) -> dict[str, Any]:
    """Check a bundle: the JSON of `verify`; `why` as code, or in `lang`. Raises InputRefused, UsageError, WrongKey."""
    from saksi.handover import opening

    return _as_json(opening.checked(path, [] if identity is None else opening.identities_in(identity)), lang)


def _as_json(check: Check, lang: str | None) -> dict[str, Any]:
    from saksi.handover import verify
    from saksi.words import say

    data = verify.as_json(check)
    if lang is not None:
        for found in (*data["bad"], *data["info"]):
            found["why"] = say(f"bundle_check.{found['why']}", lang)
    return data


@dataclass(frozen=True)
class ReceiveOptions:
    """What receiving is told. receipt: where to write what goes back to the sender, None: nowhere."""

    by: str
    identity: Path | None = None
    receipt: Path | None = None


def is_receipt(path: Path) -> bool:
    """Whether the file is a receipt for a hand-over of ours, not a bundle."""
    return path.is_file() and _receipt_in(path) is not None


def receive(
    case: Case, bundle: Path, options: ReceiveOptions, *, files: FileSystem | None = None, at_us: int | None = None
) -> dict[str, Any]:
    """Take a bundle into a case: check it, seal what it holds, record custody, write the receipt.

    Raises VerificationFailed (bundle_does_not_hold; noted in the log), WrongKey, InputRefused, UsageError, StorageFailed.
    """
    from saksi.handover import opening

    check_by(options.by)
    check_output(options.receipt, [bundle])
    if options.receipt is not None and options.receipt.exists():
        raise UsageError("output_exists")
    identities = [] if options.identity is None else opening.identities_in(options.identity)
    before = _file_digest(bundle)
    with case.vault.in_use():  # a large bundle is read for long without a touch: the case is not locked meanwhile
        check = opening.checked(bundle, identities)
    bundle_id = str(check.bundle.get("bundle_id")) if isinstance(check.bundle, dict) else ""
    if check.bad or opening.BUNDLE_ID.fullmatch(bundle_id) is None:
        custody.add(case.vault, "receive", actor=options.by.lower(), what="bundle", findings=len(check.bad), result="failed")
        raise VerificationFailed("bundle_does_not_hold", findings=max(1, len(check.bad)))
    with case.vault.in_use():
        taken, objects, refused = _seal(case, bundle, identities, check)
    if _file_digest(bundle) != before:
        raise VerificationFailed("bundle_damaged")
    case.add_statement("received-bundle", json.dumps(_remembered(check, taken), ensure_ascii=False, sort_keys=True), options.by)
    custody.add(
        case.vault, "receive", actor=options.by.lower(), what="bundle", bundle=bundle_id, objects=objects,
        exhibits=[t["label"] for t in taken],
        sender=case.vault.commitment(check.bundle["log"]["origin"]), file=None if before is None else case.vault.commitment(before),
        result="ok",
    )  # fmt: skip
    receipt = _write_receipt(case, bundle_id, before, options, files, now_us() if at_us is None else at_us)
    return {
        "bundle_id": bundle_id, "checked": check.checked, "taken": taken, "refused": refused, "sender": check.bundle["log"]["origin"],
        "sender_fingerprint": _sender_fingerprint(check), "receipt": receipt, "log_head": case.vault.log_head,
    }  # fmt: skip


def _sender_fingerprint(check: Check) -> str:
    """Of the key that signed the sender's log; the check has compared that line with the key."""
    from saksi.vault.notes import fingerprint

    line = str(check.files.text("data/keys/log.verifier.txt")).strip()
    return fingerprint(base64.b64decode(line.split("+", 2)[2])[1:])


def _file_digest(path: Path) -> str | None:
    """SHA-256 of the bundle's file; None for an unpacked folder."""
    if path.is_dir():
        return None
    try:
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as e:
        raise InputRefused("no_such_file") from e


def _remembered(check: Check, taken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told = {k: check.bundle.get(k) for k in ("bundle_id", "made_at", "case", "what", "purpose", "authority", "by")}
    return {**told, "origin": check.bundle["log"]["origin"], "taken": list(taken)}


def _seal(
    case: Case, bundle: Path, identities: Sequence[Any], check: Check
) -> tuple[list[dict[str, Any]], list[str], list[dict[str, str]]]:
    """Seal every file: parts of exports as exhibits of this case, the rest as it came. Returns (taken, objects, refused)."""
    from saksi.handover import opening

    described = {f["path"]: (e, f) for e in check.bundle["exhibits"] for f in e["files"]}
    taken: list[dict[str, Any]] = []
    objects: list[str] = []
    refused: list[dict[str, str]] = []
    for member in opening.members(bundle, identities):
        if member.path in described:
            exhibit, file = described[member.path]
            try:
                taken.append(_take(case, member, exhibit, file))
            except InputRefused as e:
                refused.append({"path": member.path, "why": e.key})
        elif member.path.startswith("data/"):
            if member.size > opening.KEPT_BYTES_MAX:
                refused.append({"path": member.path, "why": "bundle_source_too_large"})
                continue
            data = member.stream.read()
            if hashlib.sha256(data).hexdigest() != check.files.seen[member.path][0]:
                raise VerificationFailed("bundle_damaged")
            meta = {"path": member.path, "bundle": check.bundle["bundle_id"]}
            objects.append(case.vault.seal([data], kind="bundle-part", meta=meta).object_id)
    return taken, objects, refused


def _take(case: Case, member: Any, exhibit: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    """One part of an export becomes an exhibit here, under this case's own media rule (digests only)."""
    from saksi.handover import opening
    from saksi.intake import MediaRule
    from saksi.intake import receive as take_in
    from saksi.parts import said_name, source_from_stream

    sender_label = exhibit["label"] if LABEL.fullmatch(str(exhibit["label"])) else "S?"
    said = {"path": member.path, "sender_label": sender_label, "digest": file["sha256"]}
    if case.has_source(file["sha256"]):
        return {**said, "label": next(label for label, r, _ in case.sources() if r.digest == file["sha256"]), "known": True}
    held = opening.held(member, file["sha256"])
    name = said_name(str(file["part"] or exhibit["name"]).rsplit("/", 1)[-1][:200])
    label = case.next_label()
    with source_from_stream(name, member.size, file["sha256"], held.open, []) as handed:
        received, record = take_in(case.vault, handed, held, MediaRule(), exhibit=label)  # type: ignore[arg-type]
    case.add_source(label, received, record)
    return {**said, "label": label, "known": False}


def _write_receipt(
    case: Case, bundle_id: str, digest: str | None, options: ReceiveOptions, files: FileSystem | None, at_us: int
) -> str | None:
    """The `transfer-ack` entry, and its proof as a file for the sender. Returns the file's name."""
    from saksi.vault import proofs
    from saksi.vault.files import Disk

    vault, told = case.vault, digest or ""
    entry = custody.add(
        vault, "transfer-ack", actor=options.by.lower(), bundle=bundle_id, file=vault.commitment(told), result="ok"
    )
    checkpoint = vault.checkpoint()
    if options.receipt is None:
        return None
    proof = proofs.prove(vault.leaves, entry.seq, checkpoint)
    receipt = {
        "format": RECEIPT, "version": 1, "bundle_id": bundle_id, "bundle_sha256": digest, "received_at": utc_text(at_us),
        "origin": checkpoint.origin, "public_key": base64.b64encode(vault.public_key).decode(), "entry": entry.line.decode(),
        "proof": proof.text, "opening": proofs.opening(vault, told),
    }  # fmt: skip
    data = json.dumps(receipt, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    Disk(files).write_file(options.receipt.absolute(), data)
    return str(options.receipt)


def _receipt_in(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as f:
            data = f.read(RECEIPT_BYTES_MAX + 1)
        value = json.loads(data) if data[:1] == b"{" and len(data) <= RECEIPT_BYTES_MAX else None
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.get("format") == RECEIPT else None


def acknowledge(case: Case, path: Path, by: str) -> dict[str, Any]:
    """Take in the receipt for a bundle that left this case: a `transfer-ack` entry here.

    Raises VerificationFailed (receipt_does_not_hold), UsageError (receipt_of_another).
    """
    from saksi.vault import notes, proofs

    check_by(by)
    receipt = _receipt_in(path)
    if receipt is None:
        raise InputRefused("no_bundle")
    try:
        line = str(receipt["entry"]).encode()
        key = base64.b64decode(receipt["public_key"], validate=True)
        head = proofs.check_entry(proofs.parse_proof(str(receipt["proof"]).encode()), line, str(receipt["origin"]), key)
        entry = json.loads(line)
        proofs.check_opening(receipt["opening"], entry["fields"])
        digest, bundle_id = receipt["opening"]["text"], entry["fields"]["bundle"]
        whole = entry["action"] == "transfer-ack" and receipt["bundle_id"] == bundle_id and receipt["bundle_sha256"] == (digest or None)
    except (SaksiError, KeyError, TypeError, ValueError, AttributeError) as e:
        custody.add(case.vault, "transfer-ack", actor=by.lower(), result="failed")
        raise VerificationFailed("receipt_does_not_hold") from e
    if not whole:
        custody.add(case.vault, "transfer-ack", actor=by.lower(), result="failed")
        raise VerificationFailed("receipt_does_not_hold")
    ours = [
        e["fields"] for e in case.vault.entries() if e["action"] == "transfer-out" and e["fields"].get("result") == "written"
    ]
    mine = next((f for f in ours if f.get("bundle") == bundle_id), None)
    if mine is None or (digest and mine.get("file") != case.vault.commitment(digest)):
        raise UsageError("receipt_of_another")
    told = json.dumps({"receipt": receipt, "recipient_log": head.origin}, ensure_ascii=False, sort_keys=True)
    case.add_statement("receipt", told, by)
    custody.add(case.vault, "transfer-ack", actor=by.lower(), bundle=bundle_id, receipt=case.vault.commitment(told), result="ok")
    case.vault.checkpoint()
    return {"bundle_id": bundle_id, "received_at": receipt.get("received_at"), "verifier": notes.verifier_key(head.origin, key),
            "fingerprint": notes.fingerprint(key)}  # fmt: skip
