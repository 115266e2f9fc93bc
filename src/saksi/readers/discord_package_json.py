"""Discord's data package since 2024: messages/c<channel>/messages.json.

    [{"ID": 1100…, "Timestamp": "2024-05-01 12:34:56", "Contents": "…", "Attachments": "https://… https://…"}, …]

Every element is one row, in file order. Rules:

1. The package holds the account's own messages only: direction is out, the sender is account/user.json's account.
2. Time: `Timestamp` with a zone as it says; without one, UTC, which the identifier's own moment must confirm; where it
   shows another offset, that one (basis zone_calibrated).
3. The files of a message are addresses: attachments, state omitted. Contents "" with files is kind media.
4. Thread: channel.json's id and name, the name in index.json ("Direct Message with …"), the folder's number.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/discord.md.
Versions: packages of 2024 to 2026; messages.csv of older ones is `discord_package_csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from saksi.parts import Part, Source
from saksi.readers import _discord as dc
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Constant, Evidence, ReadSettings
from saksi.table.schema import UTC_US

ARRAYS: Final = jr.Paths(())
OPENING: Final = rb'\{[ \t\r\n]*"ID"[ \t\r\n]*:'
_FIRST: Final = re.compile(rb"[ \t\r\n]*\[[ \t\r\n]*(?=\{)")


class Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A record as packages have it; one that is otherwise is read field by field."""

    id: int = msgspec.field(name="ID")
    stamp: str = msgspec.field(name="Timestamp")
    contents: str = msgspec.field(name="Contents")
    attachments: str = msgspec.field(default="", name="Attachments")


_MANY: Final = msgspec.json.Decoder(list[Message])


def plain_times(ids: Sequence[int], stamps: Sequence[str]) -> pa.Array | None:
    """The instants of stamps without a zone that the identifiers confirm, all of them; else None."""
    try:
        numbers = np.array(ids, dtype=np.int64)
        at = pa.array(stamps, pa.string()).cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    except (pa.ArrowInvalid, OverflowError):
        return None
    told = ((numbers >> 22) + dc.EPOCH_MS) * 1000
    if (numbers < 1 << 40).any() or (np.abs(at - told) >= 2_000_000).any():
        return None
    return pa.array(at, UTC_US)


class _Job(jr.Job):
    """Reads one channel."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings, channel: dc.Channel) -> None:
        super().__init__(source, part, settings, "discord")
        self.thread_id, self.thread_title = channel.thread_id, channel.title
        self.owner = channel.owner

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        number, stamp = f.whole("ID"), f.said("Timestamp")
        row = jr.Row("text", f.text("Contents"))
        row.attachments = dc.url_attachments(f.said("Attachments"))
        if row.attachments and not row.text:
            row.kind = "media"
        row.columns |= {"sender_id": self.owner[0], "sender_name": self.owner[1], "direction": "out"}
        dc.sent(row, stamp, number, self)
        return row.finish(f)

    def block(self, block: js.Block, make: jr.Make) -> Iterator[Chunk]:
        """A run of records: all at once where it is as packages are."""
        with js.gc_paused():
            columns = self._sound(block)
        if columns is None:
            yield from super().block(block, make)
            return
        n = len(block.spans)
        self.rows += n
        yield from js.assemble(self.part, columns, n, (), self.ledger.claim(block.spans), (), frozenset())

    def _sound(self, block: js.Block) -> dict[str, Any] | None:
        n = len(block.spans)
        try:
            records = _MANY.decode(b"[%b]" % block.data if block.array is None else block.array)
        except js.DECODE_ERRORS:
            return None
        stamps = [m.stamp for m in records]
        times = plain_times([m.id for m in records], stamps) if len(records) == n else None
        if times is None:
            return None
        attachments = js.Sparse("attachments", n)
        kinds: Any = Constant("text", n)
        contents: list[str | None] = [m.contents for m in records]
        files = [m.attachments for m in records]
        if files.count("") < n:
            kinds = ["text"] * n
            for i, named in enumerate(files):
                if named and dc.urls(named):
                    attachments.put(i, dc.url_attachments(named))
                    if not contents[i]:
                        kinds[i], contents[i] = "media", None
        return {
            "span_start": block.spans[:, 0], "span_end": block.spans[:, 1], "platform": Constant("discord", n),
            "thread_id": Constant(self.thread_id, n), "thread_title": Constant(self.thread_title, n),
            "sent_at": times, "sent_at_text": pa.array(stamps, pa.string()), "sent_at_basis": Constant("utc", n),
            "sender_id": Constant(self.owner[0], n), "sender_name": Constant(self.owner[1], n),
            "direction": Constant("out", n), "kind": kinds, "text": pa.array(contents, pa.string()),
            "attachments": attachments.array(),
        }


class DiscordPackageJson:
    """Reader `discord_package_json`; see the module's text."""

    name = "discord_package_json"

    def recognise(self, part: Part) -> Evidence | None:
        """A list whose first object has ID, Timestamp and Contents."""
        head = part.head()
        if b'"Timestamp"' not in head or b'"ID"' not in head:
            return None
        first = jr.first_of(head, _FIRST)
        return Evidence("discord_package") if first and jr.all_keys(first, "ID", "Timestamp") else None

    def is_metadata(self, part: Part) -> bool:
        """The other lists of the package."""
        return dc.is_package_metadata(part)

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each channel."""
        owner = dc.account_of(source)
        for part in parts:
            job = _Job(source, part, settings, dc.channel_of(source, part, owner))
            yield from job.read(job.walk(ARRAYS, OPENING), job.make)


reader = DiscordPackageJson()
