"""`saksi hand-over` and `saksi receive`: a bundle leaves a case for somebody else, or comes in from somebody else."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import SaksiError, StorageFailed, UsageError
from saksi.times import now_us
from saksi.vault import custody
from saksi.verbs.common import check_by, check_output
from saksi.verbs.signing import SignOptions, check_signing, signing_of

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.handover.bundle import Bundle, Order
    from saksi.handover.envelope import Envelope
    from saksi.vault.files import FileSystem

WHATS: Final = ("all", "selection", "redacted")
ROLES: Final = ("police", "other")
PURPOSE: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
AUTHORITY_CHARS_MIN: Final = 3
AUTHORITY_CHARS_MAX: Final = 400


@dataclass(frozen=True)
class HandOverOptions:
    """What a hand-over is told. to: an age key or a file with a key. consent: words to record before it.

    by: whom the caller states to be at work; the log names the access that opened the case all the same.
    """

    to: str
    what: str
    purpose: str
    authority: str
    by: str | None = None
    exhibits: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    role: str = "other"
    consent: str | None = None
    lang: str = "id"
    sign: SignOptions = field(default_factory=SignOptions)


def _check(options: HandOverOptions, out: Path) -> None:
    check_by(options.by)
    check_output(out)
    if out.exists():
        raise UsageError("output_exists")
    if options.what not in WHATS or options.role not in ROLES:
        raise UsageError("unknown_hand_over")
    if PURPOSE.fullmatch(options.purpose) is None:
        raise UsageError("purpose_not_a_code")
    if not AUTHORITY_CHARS_MIN <= len(options.authority.strip()) <= AUTHORITY_CHARS_MAX:
        raise UsageError("authority_needed")
    if options.what == "all" and (options.exhibits or options.threads):
        raise UsageError("all_is_all")
    if options.what == "selection" and not (options.exhibits or options.threads):
        raise UsageError("selection_needed")
    if options.consent is not None and not options.consent.strip():
        raise UsageError("consent_empty")
    check_signing(options.sign)


CONSENT: Final = "consent-hand-over"


def consent_recorded(case: Case, fingerprint: str) -> bool:
    """Whether consent to a hand-over to this recipient is recorded: consent to one is not consent to another."""
    return any(json.loads(text).get("to") == fingerprint for text in case.statements(CONSENT))


def at_work(case: Case, stated: str | None) -> str:
    """The code a bundle names: the access that opened the case; what was stated only where that access has no code of its own."""
    return case.vault.actor if stated is None else case.worker(stated)


def hand_over(
    case: Case, out: Path, options: HandOverOptions, *, files: FileSystem | None = None, at_us: int | None = None
) -> dict[str, Any]:
    """Write a bundle for somebody else into `out`, encrypted; recorded in the log before and after.

    Raises UsageError (what was told does not fit), StorageFailed, VerificationFailed (something sealed is damaged).
    """
    from saksi.case.view import StoredView
    from saksi.handover.bundle import Order, prepare, view_of
    from saksi.handover.envelope import Envelope, recipient
    from saksi.handover.selection import choose

    _check(options, out)
    envelope = Envelope(recipient(options.to))
    selection = choose(StoredView(case), options.exhibits, options.threads)
    if not selection.exhibits:
        raise UsageError("nothing_to_hand_over")
    signing, by = signing_of(options.sign, case), at_work(case, options.by)
    if options.consent:
        told = {"to": envelope.to.fingerprint, "purpose": options.purpose, "said": options.consent.strip()}
        case.add_statement(CONSENT, json.dumps(told, ensure_ascii=False, sort_keys=True), by)
    what: Any = options.what
    order = Order(
        envelope.to, what, selection, options.purpose, options.authority.strip(), by, options.role, options.lang,
        consent_recorded(case, envelope.to.fingerprint), signing, options.by and options.by.lower(),
    )  # fmt: skip
    view = view_of(case, what, selection, police=order.police)
    case.add_statement("transfer-out", _statement(order, options), by)
    bundle = prepare(case, order, view, now_us() if at_us is None else at_us)
    try:
        with case.vault.in_use():  # a large source is streamed for long without a touch: the case is not locked meanwhile
            digest, size = _write(bundle, envelope, out, files)
    except BaseException as e:
        _note_failure(case, bundle, order.stated, e)
        raise
    custody.add(
        case.vault, "transfer-out", actor=order.stated, bundle=bundle.bundle_id, exhibits=list(selection.exhibits),
        file=case.vault.commitment(digest), size=size, result="written",
    )  # fmt: skip
    case.vault.checkpoint()
    return _result(case, bundle, envelope, out, digest, size)


def _statement(order: Order, options: HandOverOptions) -> str:
    """What the encrypted case keeps of it: words the log may not hold."""
    told = {
        "to": order.to.fingerprint, "what": order.what, "role": order.role, "purpose": order.purpose,
        "authority": order.authority, "exhibits": list(order.selection.exhibits), "threads": list(options.threads),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _note_failure(case: Case, bundle: Bundle, stated: str | None, error: BaseException) -> None:
    """A hand-over that did not come about is in the log too, where the log can still be written."""
    try:
        custody.add(
            case.vault, "failure", actor=stated, of="transfer-out", bundle=bundle.bundle_id, kind=type(error).__name__.lower()
        )
    except SaksiError:
        return


class _Out:
    """The encrypted file as it is written: whole buffers, digest and size on the way. failure: of the disk."""

    def __init__(self, disk: Any, fd: int) -> None:
        self._disk, self._fd = disk, fd
        self.digest = hashlib.sha256()
        self.size = 0
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._disk.write_all(self._fd, data)
        except StorageFailed as e:
            self.failure = e
            raise OSError from e
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _write(bundle: Bundle, envelope: Envelope, out: Path, files: FileSystem | None) -> tuple[str, int]:
    """The age file, whole or not at all, then what lies beside it. Returns its SHA-256 and size."""
    from saksi.handover.envelope import KEY_ENDINGS
    from saksi.vault.files import Disk

    disk = Disk(files)
    fd, tmp = disk.create_tmp(out.absolute().parent)
    sink = _Out(disk, fd)
    try:
        envelope.lock(bundle.blocks(), sink)  # type: ignore[arg-type]  # a writer is all that is asked for
    except BaseException:
        disk.close(fd)
        disk.discard(tmp)
        raise
    try:
        disk.finish(fd, tmp, out.absolute())
    except BaseException:
        disk.discard(tmp)
        raise
    if envelope.key_file is not None:
        disk.write_file(out.with_name(out.name + KEY_ENDINGS[envelope.to.kind]).absolute(), envelope.key_file)
    return sink.digest.hexdigest(), sink.size


def _result(case: Case, bundle: Bundle, envelope: Envelope, out: Path, digest: str, size: int) -> dict[str, Any]:
    from saksi.vault.notes import fingerprint, verifier_key

    return {
        "bundle": str(out),
        "bundle_id": bundle.bundle_id,
        "sha256": digest,
        "bytes": size,
        "what": bundle.order.what,
        "recipient": {"kind": envelope.to.kind, "fingerprint": envelope.to.fingerprint, "expired": envelope.to.expired},
        "exhibits": list(bundle.order.selection.exhibits),
        "messages": bundle.tables["data/tables/messages.csv"],
        "consent_recorded": bundle.order.consent,
        "signature": bundle.documents[0]["signed"],
        "log_verifier": verifier_key(bundle.checkpoint.origin, case.vault.public_key),
        "log_fingerprint": fingerprint(case.vault.public_key),
        "log_head": case.vault.log_head,
        "open_with": open_steps(envelope, out),
    }


def own_copy(
    case: Case, out: Path, passphrase: str, by: str | None, lang: str, *, files: FileSystem | None = None, at_us: int | None = None
) -> dict[str, Any]:
    """The survivor's own copy as one HTML file, locked with a passphrase of hers; recorded before and after.

    Raises UsageError (by_not_a_code, output_exists, own_copy_passphrase_short …), StorageFailed.
    """
    from saksi.case.view import StoredView
    from saksi.handover import own
    from saksi.handover.bundle import new_id, view_of
    from saksi.handover.selection import choose
    from saksi.vault.files import Disk

    check_by(by)
    check_output(out)
    own.check_passphrase(passphrase)
    if out.exists():
        raise UsageError("output_exists")
    at = now_us() if at_us is None else at_us
    selection = choose(StoredView(case), (), ())
    if not selection.exhibits:
        raise UsageError("nothing_to_hand_over")
    view, bundle_id, actor = view_of(case, "all", selection), new_id(), by and by.lower()
    exhibits = list(selection.exhibits)
    told = {"bundle": bundle_id, "envelope": "passphrase", "role": "survivor", "exhibits": exhibits}
    custody.add(case.vault, "transfer-out", actor=actor, what="own-copy", purpose="own-copy", result="begun", **told)
    inside = own.content(view, lang, at)
    data = own.page(inside, passphrase, lang)
    try:
        Disk(files).write_file(out.absolute(), data)
    except StorageFailed as e:
        custody.add(case.vault, "failure", actor=actor, of="transfer-out", bundle=bundle_id, kind=type(e).__name__.lower())
        raise
    digest = hashlib.sha256(data).hexdigest()
    custody.add(
        case.vault, "transfer-out", actor=actor, file=case.vault.commitment(digest), size=len(data), result="written", **told
    )
    case.vault.checkpoint()
    rows = sum(len(t["rows"]) for t in inside["threads"])
    return {
        "bundle": str(out), "bundle_id": bundle_id, "sha256": digest, "bytes": len(data), "what": "own-copy",
        "exhibits": exhibits, "messages": rows, "log_head": case.vault.log_head,
    }  # fmt: skip


def open_steps(envelope: Envelope, out: Path) -> list[str]:
    """The commands with which the recipient opens the file."""
    from saksi.handover.envelope import KEY_ENDINGS

    name = out.name
    if envelope.to.kind == "age":
        return [f"age -d -i KEY.txt {name} | tar xf -"]
    key = name + KEY_ENDINGS[envelope.to.kind]
    unlock = {
        "certificate": f"openssl cms -decrypt -inform PEM -in {key} -inkey KEY.pem -out age-key.txt",
        "openpgp": f"gpg -o age-key.txt -d {key}",
    }[envelope.to.kind]
    return [unlock, f"age -d -i age-key.txt {name} | tar xf -", "rm age-key.txt"]

