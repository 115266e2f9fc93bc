"""`saksi delete` and `saksi hold`: an end that two people approve, and a stop that wins over it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from saksi.errors import UsageError
from saksi.vault import custody, retention
from saksi.verbs.common import Progress, no_progress
from saksi.verbs.documents import prepare_documents

if TYPE_CHECKING:
    from saksi.case.store import Case


def _approver(case: Case) -> tuple[str, str]:
    """Name and code of the access that opened the case. Raises UsageError where it names nobody."""
    opened = case.vault.opened_keys.access
    if opened.code is None or opened.recipient is None:
        raise UsageError("access_old_form")
    return opened.recipient, opened.code


def request_deletion(case: Case, label: str, reason: str) -> dict[str, Any]:
    """Ask that a source be deleted; nothing goes before another access approves. Raises UsageError."""
    retention.check_reason(reason, retention.DELETE_REASONS)
    _refuse_held(case)
    if label not in [other for other, _ in case.records()]:
        raise UsageError("no_such_source", known=", ".join(other for other, _ in case.records()))
    recipient, code = _approver(case)
    custody.add(case.vault, "decide", what="delete-request", exhibit=label, reason=reason)
    case.request_deletion(label, reason, recipient, code)
    return {"exhibit": label, "reason": reason, "requested_by": code, "approved_by": None, "objects": 0}


def approve_deletion(case: Case, label: str, lang: str, progress: Progress = no_progress) -> dict[str, Any]:
    """Delete a source that another access asked to delete; documents are made anew without it. Raises UsageError."""
    from saksi.case import deleting, duplicates

    _refuse_held(case)
    asked = case.requested_deletion(label)
    if asked is None:
        raise UsageError("nothing_to_approve")
    recipient, code = _approver(case)
    if asked["recipient"] == recipient or asked["code"] == code:
        raise UsageError("second_person_needed")
    objects = deleting.delete(case, label, asked["reason"], (asked["code"], code))
    if case.records():
        duplicates.mark_duplicates(case)
        prepare_documents(case, lang, progress)
    case.vault.checkpoint()
    return {"exhibit": label, "reason": asked["reason"], "requested_by": asked["code"], "approved_by": code, "objects": objects}


def withdraw_deletion(case: Case, label: str) -> dict[str, Any]:
    """Take a request back. Raises UsageError where there is none."""
    asked = case.requested_deletion(label)
    if asked is None:
        raise UsageError("nothing_to_approve")
    custody.add(case.vault, "decide", what="delete-withdrawn", exhibit=label, reason=asked["reason"])
    case.withdraw_deletion(label)
    return {"exhibit": label, "reason": asked["reason"], "requested_by": asked["code"], "approved_by": None, "objects": 0}


def _refuse_held(case: Case) -> None:
    if case.get("hold"):
        raise UsageError("legal_hold")


def hold(case: Case, reason: str, *, on: bool) -> dict[str, Any]:
    """Put a legal hold on the case, or lift it. Raises UsageError (reason_unknown)."""
    retention.check_reason(reason, retention.HOLD_REASONS)
    if on:  # a crash in between leaves the case held: the safe side
        case.set("hold", reason)
        custody.add(case.vault, "hold", reason=reason)
    else:
        custody.add(case.vault, "release-hold", reason=reason)
        case.set("hold", "")
    return {"hold": on, "reason": reason}


def check_day(day: str | None) -> str | None:
    """A day as the log holds it. Raises UsageError (day_unclear)."""
    try:
        return None if day is None else date.fromisoformat(day).isoformat()
    except ValueError as e:
        raise UsageError("day_unclear") from e


def keep_until(case: Case, day: str) -> None:
    """Note until when the case is to be kept; `verify` says when that has passed. Raises UsageError."""
    until = check_day(day)
    if until is not None and case.get("keep_until") != until:
        custody.add(case.vault, "configure", kind=retention.RETENTION, until=until)
        case.set("keep_until", until)
