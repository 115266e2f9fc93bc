"""`saksi stamp`: the queue of timestamp queries, replies taken in, and, behind a flag, queries sent to authorities."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saksi.errors import InputRefused, SaksiError, UsageError, VerificationFailed
from saksi.vault import custody, timestamps

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.vault import Checkpoint, Vault


def stamp(
    case: Case, *, network: bool = False, authorities: Sequence[str] = (), replies: Sequence[Path] = ()
) -> dict[str, Any]:
    """Queue a query for the last checkpoint; take in replies; with `network` post the query to every address in `authorities`.

    Returns {"entries", "root", "query", "taken": [{"entries", "time", "authority", "file"}], "failed": [{"authority" | "reply":
    position, "error"}], "waiting"}; `error` is a SaksiError. A reply that does not hold is not kept.
    Raises UsageError (stamp_needs_network, stamp_needs_authority).
    """
    if authorities and not network:
        raise UsageError("stamp_needs_network")
    if network and not authorities:
        raise UsageError("stamp_needs_authority")
    vault = case.vault
    taken: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for position, path in enumerate(replies, 1):
        try:
            taken.append(_take(vault, _reply_file(path)))
        except SaksiError as e:
            failed.append({"reply": position, "error": e})
    head = _stamped_head(vault)
    query = queue(vault, head)
    for position, url in enumerate(authorities, 1):
        from saksi.verbs.network import post

        try:
            taken.append(_take(vault, post(url, query)))
        except SaksiError as e:
            failed.append({"authority": position, "error": e})
    answered = any(name.endswith(".tsr") for name in timestamps.names(vault.folder).get(head.size, ()))
    return {
        "entries": head.size,
        "root": head.root,
        "query": f"{timestamps.FOLDER}/{head.size}.tsq",
        "taken": taken,
        "failed": failed,
        "waiting": not answered,
    }


def _reply_file(path: Path) -> bytes:
    if not path.is_file():
        raise InputRefused("no_such_file")
    data = timestamps.read_file(path)
    if data is None:
        raise VerificationFailed("timestamp_unreadable")
    return data


ABOUT_ITSELF = frozenset({"timestamp", "witness"})
"""Entries that only say what others signed: a checkpoint over nothing new but these needs no stamp of its own."""


def _stamped_head(vault: Vault) -> Checkpoint:
    """The checkpoint to stamp: the newest, or an earlier one in the queue where nothing but stamps was logged since."""
    head = vault.checkpoint()
    known = set(timestamps.names(vault.folder))
    actions = [entry["action"] for entry in vault.entries()]
    for note in reversed(vault.checkpoints):
        if note.size in known and set(actions[note.size :]) <= ABOUT_ITSELF:
            return note
    return head


def queue(vault: Vault, head: Checkpoint) -> bytes:
    """The query for `head`, made once and kept in the case; older queries that nobody answered are dropped: one token covers
    every entry before it."""
    there = timestamps.names(vault.folder)
    for size, names in there.items():
        if size < head.size and not any(name.endswith(".tsr") for name in names):
            for name in names:
                vault.drop_beside(f"{timestamps.FOLDER}/{name}")
    where = f"{timestamps.FOLDER}/{head.size}.tsq"
    query = timestamps.read_file(vault.folder / where)
    if query is None or timestamps.nonce_of(query) is None:
        query = timestamps.query(head.note.encode())
        _keep_note(vault, head)
        vault.keep_beside(where, query)
    return query


def _keep_note(vault: Vault, head: Checkpoint) -> None:
    where = f"{timestamps.FOLDER}/{head.size}.checkpoint"
    if timestamps.read_file(vault.folder / where) != head.note.encode():
        vault.keep_beside(where, head.note.encode())


def _take(vault: Vault, reply: bytes) -> dict[str, Any]:
    """Check a reply, keep it, log it. Raises VerificationFailed (timestamp_…)."""
    head = timestamps.stamped_checkpoint(reply, vault.checkpoints)
    token = timestamps.check_reply(reply, head.note.encode())
    asked = timestamps.read_file(vault.folder / timestamps.FOLDER / f"{head.size}.tsq")
    if token.nonce is not None and asked is not None and token.nonce != timestamps.nonce_of(asked):
        raise VerificationFailed("timestamp_other_query")
    where = timestamps.file_name(head.size, token)
    row = {
        "entries": head.size,
        "time": timestamps.time_text(token),
        "authority": token.authority[:16],
        "file": where,
    }
    kept = timestamps.read_file(vault.folder / where)
    if kept is not None and vault.is_logged_beside(where, hashlib.sha256(kept).hexdigest()):
        return row | {"time": timestamps.time_text(timestamps.read_reply(kept))}  # the earliest of an authority stays
    _keep_note(vault, head)
    vault.keep_beside(where, reply)
    event = custody.Event(
        "timestamp",
        checkpoint=head.size,
        clock="authority",
        result="ok",
        more={
            "authority_key": token.authority,
            "file_digest": hashlib.sha256(reply).hexdigest(),
            "stamped": row["time"],
        },
    )
    custody.record(vault, event)
    return row
