"""What a hand-over is made of: values only, no storage, no clock.

    BundleFile      one file of the bag, as it lies there
    CustodyAction   one entry of the custody log, as an outsider may read it
    HandOver        to whom, why, on whose authority

`bundle.py` makes them, `case_uco.py` and the documents of a bag read them. Codes stand for people ("w1", "user"): names are
in the sealed case. Unknown is None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

FileRole = Literal["source", "table", "document", "log", "proof", "key", "timestamp", "other"]
What = Literal["all", "selection", "redacted"]
RecipientKind = Literal["age", "certificate", "passphrase"]

ROLES: Final[tuple[str, ...]] = get_args(FileRole)
WHATS: Final[tuple[str, ...]] = get_args(What)
RECIPIENT_KINDS: Final[tuple[str, ...]] = get_args(RecipientKind)

_PATH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
"""Paths in a bag: letters that every file system keeps, no dot in front, nothing that leads out."""


def is_bag_path(path: str) -> bool:
    """Whether `path` may name a file of a bag: relative, "/" between, plain letters (sources keep their names inside tables)."""
    return len(path) <= 200 and _PATH.fullmatch(path) is not None


@dataclass(frozen=True)
class BundleFile:
    """A file of the bag.

    path: inside the bag, "/" between ("data/documents/sk-1.pdf"). sha256, sha512: lower-case hex of the bytes as they lie there.
    exhibit: label of the source it is or was made from ("S1"), None: of the case as a whole.
    """

    path: str
    size_bytes: int
    sha256: str
    sha512: str
    media_type: str
    role: FileRole
    exhibit: str | None = None


@dataclass(frozen=True)
class CustodyAction:
    """One custody event.

    seq: place in the log, from 0. event_id: the entry's leaf hash, hex. time: UTC as logged, "2026-01-31T17:05:00Z".
    zone: tz name in which the case shows local times, None: not told. actor: a code; role: of the actor ("caseworker"), None: not
    told. exhibits: labels; objects: ids of sealed objects. result: None where the log says nothing ("ok", "failed").
    purpose, authority: codes of the case, None: not told.
    """

    seq: int
    event_id: str
    time: str
    action: str
    actor: str
    tool: str
    tool_version: str
    zone: str | None = None
    role: str | None = None
    exhibits: Sequence[str] = ()
    objects: Sequence[str] = ()
    result: str | None = None
    purpose: str | None = None
    authority: str | None = None

    def __post_init__(self) -> None:
        """A time without a zone is a defect of the caller: no document may carry one."""
        if datetime.fromisoformat(self.time).utcoffset() is None:
            raise ValueError(f"custody action {self.seq}: time without a zone")


@dataclass(frozen=True)
class HandOver:
    """Who receives what.

    fingerprint: of the recipient's key ("age1…" itself, "sha256:" and hex of a certificate), None for a passphrase.
    by: code of who hands over. purpose, authority: as told, None: not told. at: UTC text, as CustodyAction.time.
    event_id: of the custody action that records it, where that is among the actions shown.
    """

    recipient: RecipientKind
    fingerprint: str | None
    what: What
    by: str
    at: str
    purpose: str | None = None
    authority: str | None = None
    event_id: str | None = None
