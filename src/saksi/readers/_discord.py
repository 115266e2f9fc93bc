"""What the readers of Discord's data package share: the channel, the account, identifiers that carry a time.

    messages/index.json                 {"<channel>": "Direct Message with …" | null}
    messages/c<channel>/channel.json    {"id", "type", "name"?, "guild"?: {"id", "name"}, "recipients"?}
    messages/c<channel>/messages.json   or messages.csv
    account/user.json                   {"id", "username", "global_name"?}

The package holds the account's own messages only: every row is `out`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js

EPOCH_MS: Final = 1_420_070_400_000
"""Discord counts the milliseconds in its identifiers from the first moment of 2015 (developer documentation)."""
CHANNEL_FOLDER: Final = re.compile(r"(?:^|/)c?(\d{15,21})/[^/]+\Z")
_TREE: Final = frozenset({
    "account", "activity", "activities", "ads", "messages", "programs", "servers", "support_tickets", "store", "payments",
})


@dataclass(frozen=True)
class Channel:
    """thread_id, thread_title: as the package names them. owner: (id, name) of the account, None where it is not said."""

    thread_id: str | None
    title: str | None
    owner: tuple[str | None, str | None]


def _text(value: Any, *names: str) -> str | None:
    """The first text among these fields of an object."""
    found = [value.get(n) for n in names] if isinstance(value, dict) else []
    return next((str(v) for v in found if isinstance(v, str | int) and not isinstance(v, bool) and v != ""), None)


def account_of(source: Source) -> tuple[str | None, str | None]:
    """(id, name) of the account, from account/user.json wherever it lies."""
    for part in source.parts:
        if part.name.lower() == "user.json":
            user = jr.text_of(part)
            if _text(user, "username", "global_name") is not None:
                return _text(user, "id"), _text(user, "global_name", "username")
    return None, None


def channel_of(source: Source, part: Part, owner: tuple[str | None, str | None]) -> Channel:
    """The channel whose messages `part` holds, from channel.json beside it, index.json above it and its folder."""
    siblings = js.Siblings(source, part)
    about = jr.text_of(siblings.find("channel.json", climb=False))
    folder = CHANNEL_FOLDER.search(part.path or "")
    thread_id = _text(about, "id") or (None if folder is None else folder[1])
    index = jr.text_of(siblings.find("index.json", climb=True))
    title = _text(about, "name") or (_text(index, thread_id) if thread_id is not None else None)
    return Channel(thread_id, title, owner)


def is_package_metadata(part: Part) -> bool:
    """Lists and pages of the package that hold no messages; a channel without own messages."""
    path = (part.path or "").lower()
    name = part.name.lower()
    if name in ("messages.json", "messages.csv"):
        body = part.head().removeprefix(js.BOM).strip()
        return body == b"[]" or body.lower() == b"id,timestamp,contents,attachments"
    folders = path.split("/")[:-1]
    return name in ("index.json", "channel.json", "user.json", "readme.txt") or (
        bool(_TREE.intersection(folders)) and CHANNEL_FOLDER.search(path) is None
    )


def snowflake_us(number: int | None) -> int | None:
    """The moment that an identifier carries, microseconds since 1970; None for what is no such identifier."""
    if number is None or not 1 << 40 < number < 1 << 63:
        return None
    return ((number >> 22) + EPOCH_MS) * 1000


def sent(row: jr.Row, stamp: str | None, number: int | None, job: jr.Job) -> None:
    """Times of a row: as its stamp says; a stamp without a zone is UTC where the identifier's own moment agrees, which
    packages of all years show, else it is set by that moment (basis zone_calibrated)."""
    us, zone = jr.iso_time(stamp)
    known = snowflake_us(number)
    if zone is not None or us is None:
        row.sent(us, stamp, zone or "none")
        return
    apart = None if known is None else us - known
    if apart is None or abs(apart) < 2_000_000:
        row.sent(us, stamp, "utc")
        return
    offset = round(apart / 900_000_000) * 900_000_000
    if abs(apart - offset) < 2_000_000 and abs(offset) <= 50_400_000_000:
        row.sent(us - offset, stamp, "zone_calibrated")
        return
    row.sent(*_given(job, us, stamp))


def _given(job: jr.Job, us: int, stamp: str | None) -> tuple[int | None, str | None, str]:
    at, basis = job.local(us)
    return at, stamp, basis


def urls(text: str | None) -> Sequence[str]:
    """The addresses in the field Attachments: separated by white space."""
    return text.split() if text else ()


def url_attachments(text: str | None) -> list[dict[str, Any]]:
    """Attachments of one message: the package names addresses and holds no files."""
    return [js.attachment(u, jr.media_type_of(u), None, None, "omitted") for u in urls(text)]
