"""Custody events with the fields that custody standards ask for, content-free. Every field is optional; unknown is absent.

    record(vault, Event("export", exhibits=("S1",), purpose="police-report", authority="a1", result="ok"))

Of an entry itself come: its id (the leaf hash), UTC time, the action, who (the code of the access that opened the case), the tool
and its version. `Event` adds what the standards ask besides. Codes stand for people, consents and letters; their meaning is
in the sealed case. Digests of what a victim handed in stand as salted commitments (`before`, `after`).

    exhibit / exhibits   labels                          circumstance   in-person, e-mail, usb, … : how it changed hands
    second               code of a second person         zone           tz name of the place where it was done
    authentication       passphrase, caseworker …        clock          where the time is from: computer (not checked)
    role                 of the access                   settings       SHA-256 of the settings used (canonical JSON)
    authority, record    code; consent or letter no.     method         code of the method, deviations beside it
    purpose              code                            recipient_key  SHA-256 of the key it was encrypted to
    before, after        commitments of digests          result         ok, failed, refused
    size                 bytes                           checkpoint     entries of the checkpoint it speaks of

What no log of a sealed case can hold: attempts with a wrong passphrase. Whoever has no key cannot sign an entry.

References: ISO/IEC 27037, NIST SP 800-86 and 800-101r1, Berkeley Protocol, SWGDE (fields in their own words in docs/vault-format.md).
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from saksi.errors import UsageError
from saksi.vault.log import content_free

if TYPE_CHECKING:
    from saksi.vault.log import LogEntry
    from saksi.vault.vault import Vault

RESULTS: Final = ("ok", "failed", "refused")
CLOCKS: Final = ("computer", "computer-compared", "authority")
"""Where a time is from: the computer's clock as it stood; compared with another clock (offset_s); a time authority."""


@dataclass(frozen=True)
class Event:
    """One custody event to record; see the module's text. more: further content-free fields of this action."""

    action: str
    exhibits: Sequence[str] = ()
    objects: Sequence[str] = ()
    second: str | None = None
    authority: str | None = None
    record: str | None = None
    purpose: str | None = None
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    size: int | None = None
    circumstance: str | None = None
    clock: str = "computer"
    offset_s: int | None = None
    settings: Mapping[str, Any] | None = None
    method: str | None = None
    recipient_key: str | None = None
    result: str | None = None
    checkpoint: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UsageError for a result or clock that is none."""
        if self.result not in (None, *RESULTS):
            raise UsageError("log_field_refused", field="result")
        if self.clock not in CLOCKS:
            raise UsageError("log_field_refused", field="clock")


_AS_THEY_ARE: Final = tuple(
    f.name
    for f in fields(Event)
    if f.name not in ("action", "exhibits", "before", "after", "settings", "more", "objects")
)


def settings_digest(settings: Mapping[str, Any]) -> str:
    """SHA-256 hex of settings as canonical JSON (RFC 8785): the same settings, the same digest."""
    return hashlib.sha256(rfc8785.dumps(dict(settings))).hexdigest()


def local_zone() -> str | None:
    """The tz name this computer is set to, None where it does not say or the log takes no such name. Not a measurement."""
    told = os.environ.get("TZ", "").lstrip(":")
    if not told:
        try:
            parts = Path("/etc/localtime").readlink().parts
        except OSError:  # Windows, or a copy instead of a link: not known
            return None
        told = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""
    return _zone(told)


@functools.lru_cache(maxsize=8)
def _zone(told: str) -> str | None:
    """The name, where the log takes it: judged once, for a build writes an entry for every table."""
    if "/" not in told and told != "UTC":
        return None
    try:
        content_free({"zone": told})
    except UsageError:
        return None
    return told


def fields_of(vault: Vault, event: Event) -> dict[str, Any]:
    """The fields of an entry that says `event`; `before` and `after` as commitments."""
    said: dict[str, Any] = dict(event.more)
    if len(event.exhibits) == 1:
        said["exhibit"] = event.exhibits[0]
    elif event.exhibits:
        said["exhibits"] = list(event.exhibits)
    if event.objects:
        said["objects"] = list(event.objects)
    for name in ("before", "after"):
        if digests := getattr(event, name):
            said[name] = [vault.commitment(digest) for digest in digests]
    if event.settings is not None:
        said["settings"] = settings_digest(event.settings)
    for name in _AS_THEY_ARE:
        if (value := getattr(event, name)) is not None:
            said[name] = value
    access = vault.opened_keys.access
    said["authentication"] = access.kind
    # Where an action has a `role` of its own (of whom something is handed to), that of the access goes beside it.
    known = {"actor_role" if "role" in said else "role": access.role, "zone": local_zone()}
    return said | {name: value for name, value in known.items() if value is not None}


def record(vault: Vault, event: Event, *, actor: str | None = None) -> LogEntry:
    """Add the event to the log; durable when this returns. actor: whom the caller states to be at work.

    Raises UsageError for anything that could carry content, StorageFailed.
    """
    return vault.append(event.action, actor=actor, **fields_of(vault, event))


def add(vault: Vault, action: str, *, actor: str | None = None, **more: Any) -> LogEntry:
    """As `record`, for an action whose own fields have names that others read back: they are written just as given."""
    return record(vault, Event(action, more=more), actor=actor)
