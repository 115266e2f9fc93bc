"""Deleting one source of a case: which objects and rows are its own, in an order that a crash cannot halve.

    prepare(case, label)     what goes, written into case.db, before the log's entry
    delete(case, label, …)   the entry; objects shredded; rows gone (`finish`, which a later opening repeats)

Its objects: the sealed source, its record, every derived table of its label, also those that newer ones replaced, and, of the
whole case, documents (they may cite it) and the tables that say which row repeats which. Objects that another source also
needs (equal content is one object) stay. Documents and the tables of repeats are made anew by the caller.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import UsageError
from saksi.intake import Received, load_record
from saksi.vault import retention

if TYPE_CHECKING:
    from saksi.case.store import Case

SHARED_KINDS: Final = ("derived-document-", "table-duplicates", "derived-duplicate_counts")
"""Kinds of derived objects that speak of several sources."""


def _own_of(record_id: str, received: Received) -> set[str]:
    """The objects that a source's record names."""
    ids = {record_id, *(k.object_id for k in received.kept), *(o for a in received.absent for o in (a.police_object, a.words_object))}
    return {i for i in (*ids, received.object_id) if i is not None}


def _objects(case: Case, label: str) -> list[str]:
    going: set[str] = set()
    needed: set[str] = set()
    for other, record_id in case.records():
        (going if other == label else needed).update(_own_of(record_id, load_record(case.vault, record_id)))
    for other, kind, object_id in case.derived_objects():
        (going if other == label or kind.startswith(SHARED_KINDS) else needed).add(object_id)
    for sealed in case.vault.objects():
        if sealed.kind.startswith(SHARED_KINDS) or case.vault.object_meta(sealed.object_id).get("label") == label:
            going.add(sealed.object_id)
    return sorted(going - needed)


def prepare(case: Case, label: str) -> dict[str, Any]:
    """What is to go with a source: objects; marks decided on, accounts and threads that occur in no other source."""
    sources = {other: received for other, received, _ in case.sources()}
    if label not in sources:
        raise UsageError("no_such_source", known=", ".join(sources))

    def of(what: str, key: str) -> dict[str, set[str]]:
        return {s: {str(row[key]) for row in case.get_json(s, what) or [] if row.get(key)} for s in sources}

    gone: dict[str, list[str]] = {}
    for name, what, keys in (("accounts", "accounts", ("sender_id", "sender_name")), ("threads", "threads", ("thread_id", "title"))):
        own: set[str] = set()
        for key in keys:
            found = of(what, key)
            own |= found[label] - set().union(*(v for s, v in found.items() if s != label))
        gone[name] = sorted(own)
    marks = [m for batch in case.batches(label, "marks", ("mark_id",)) for m in batch.column("mark_id").to_pylist()]
    record = next(r for other, r in case.records() if other == label)
    return {"objects": _objects(case, label), "marks": marks, "record": record, **gone}


def delete(case: Case, label: str, reason: str, approved: tuple[str, str]) -> int:
    """Delete a source; how many objects went. Raises UsageError, StorageFailed (then a later opening finishes, or nothing went)."""
    going = prepare(case, label)
    digest = next(received.digest for other, received, _ in case.sources() if other == label)
    case.note_going(label, json.dumps({k: v for k, v in going.items() if k != "objects"}))
    retention.delete(
        case.vault, going["objects"], exhibit=label, record=going["record"], reason=reason,
        requested_by=approved[0], approved_by=approved[1], tombstone=case.vault.commitment(digest),
    )  # fmt: skip
    case.finish_deletion(label)
    return len(going["objects"])
