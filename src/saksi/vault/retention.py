"""What ends on purpose, and when: deletion that an entry of the log orders, legal hold, and how long a case is to be kept.

    delete(vault, objects, exhibit="S1", …)    one `delete` entry, then the objects' wrapped keys overwritten and the files removed
    finish(vault)                              what a crash left of that, done on every opening

The entry is what counts: before it everything is there, after it everything is gone, at the latest when the case is next opened. It
names the objects, a salted commitment of the source's digest (the tombstone: whoever holds the file can show that it was here, and
nobody else learns anything), the reason and both approvals. Hold and retention are entries too, so that a check without the key
tells of them. Deletion does not reach backups, copies handed over, or what a flash medium keeps of overwritten blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import UsageError
from saksi.times import now_us, utc_text
from saksi.vault.findings import Bad

if TYPE_CHECKING:
    from saksi.vault.log import LogCheck
    from saksi.vault.vault import Vault

DELETE_REASONS: Final = ("client_request", "consent_withdrawn", "wrong_file", "retention_over", "court_order", "other")
HOLD_REASONS: Final = ("court", "police", "prosecutor", "lawyer", "internal", "other")
RETENTION: Final = "keep-until"
LOG_OBJECTS_MAX: Final = 200_000
"""Objects of one deletion: 7 MB of ids, which one entry holds. A larger source is deleted in no case; unsourced."""


def check_reason(reason: str, known: tuple[str, ...]) -> str:
    """A reason as the log may hold it. Raises UsageError."""
    if reason not in known:
        raise UsageError("reason_unknown", known=", ".join(known))
    return reason


def delete(vault: Vault, objects: Iterable[str], **fields: Any) -> None:
    """Order a deletion in the log, then do it. Raises UsageError, StorageFailed; after the entry a later opening finishes."""
    from saksi.vault import custody  # which needs the log, and the log this module

    ids = sorted(objects)
    if len(ids) > LOG_OBJECTS_MAX:
        raise UsageError("too_much_to_delete", most=LOG_OBJECTS_MAX)
    custody.add(vault, "delete", objects=ids, **fields)
    vault.shred(ids)


def finish(vault: Vault, checked: LogCheck) -> None:
    """Shred what the log says was deleted and the folder still holds."""
    if checked.deleted:
        vault.shred(sorted(checked.deleted))


def take(action: object, fields: Mapping[str, Any], where: str, found: LogCheck) -> None:
    """Note what an entry says of deletion, hold and retention."""
    if action == "delete":
        found.info.append(Bad("retention", where, "deleted_on_purpose"))
    elif action in ("hold", "release-hold"):
        found.hold = action == "hold"
    elif action == "configure" and fields.get("kind") == RETENTION:
        found.keep_until = fields.get("until")


def told(checked: LogCheck, now: str | None = None) -> list[Bad]:
    """What a check says of hold and retention. now: a day (UTC), None: today."""
    today = (now or utc_text(now_us()))[:10]
    found = []
    if checked.hold:
        found.append(Bad("retention", "log/entries.jsonl", "legal_hold"))
    if isinstance(checked.keep_until, str) and checked.keep_until < today:
        found.append(Bad("retention", "log/entries.jsonl", "retention_over"))
    return found
