"""The files of a bag that come from sealed sources: parts that hold messages, and for the police what the media rule kept.

Rules, in order:
1. For anybody: the parts that readers took messages from, under neutral names (S1/part-0001.txt). Never an archive, never a
   database, never a medium; what was cut out of a text at intake stays cut out.
2. Where a case kept media (`--media seal`), texts are looked through again and pictures inside them are filled with "*":
   what a case may keep by a recorded statement is not what it may pass on.
3. For the police (`--recipient police` with an authority): also the archive as received where it was sealed whole, and the
   media that were locked to the police's own key at intake, still locked.

`what=all` only. Where threads were chosen at intake, parts hold other people's unread threads too: only the police gets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from saksi.case.model import SourceView
from saksi.embedded import media_spans
from saksi.handover.bag import BagFile
from saksi.intake import TEXT_FILLER, Received, sealed_source
from saksi.parts import Part
from saksi.vault import Vault

CHUNK: Final = 1 << 18
ENDINGS: Final = frozenset({"txt", "json", "html", "htm", "csv", "xml", "eml", "mbox", "vcf", "jsonl", "js", "mhtml", "warc"})
TYPES: Final = {"txt": "text/plain", "json": "application/json", "csv": "text/csv", "html": "text/html", "xml": "text/xml"}


@dataclass
class SourceFile:
    """What bundle.json says of one file. part: its path in the export; received: SHA-256 of the part as received, where known.

    form: as_received, without_media (a medium was cut out), locked_to_police.
    """

    path: str
    form: str
    part: str | None
    received: str | None


@dataclass
class SourceFiles:
    """The files of one exhibit. described: filled while they are written."""

    vault: Vault
    label: str
    received: Received
    view: SourceView
    media_rule: str
    police: bool
    described: list[SourceFile] = field(default_factory=list)

    def files(self) -> Iterator[BagFile]:
        """Each file in turn; its content is to be read before the next one is asked for."""
        if self.police:
            yield from self._for_police()
        wanted = {p["part"] for p in self.view.account.get("parts", ()) if p["role"] == "messages"}
        with sealed_source(self.vault, self.received) as source:
            for part in source.parts:
                if part.media is None and part.state == "present" and part.path in wanted:
                    yield self._text(part)

    def _file(
        self, name: str, size: int, blocks: Iterator[bytes], media_type: str, form: str, part: str | None, received: str | None
    ) -> BagFile:
        path = f"data/sources/{self.label}/{name}"
        self.described.append(SourceFile(path, form, part, received))
        return BagFile(path, size, blocks, media_type, "source", self.label)

    def _text(self, part: Part) -> BagFile:
        kept = {k.number: k for k in self.received.kept}.get(part.number)
        cut = bool(kept.cuts if kept is not None else self.received.kind == "file" and self.received.cuts)
        if kept is not None:
            digest: str | None = kept.digest
        else:
            digest = self.received.digest if self.received.kind == "file" else None
        spans = media_spans(part.open, part.size) if self.media_rule == "seal" and not self.police else []
        ending = PurePosixPath(part.path or self.received.name).suffix.lstrip(".").lower()
        ending = ending if ending in ENDINGS else "txt"
        form = "without_media" if cut or spans else "as_received"
        name = f"part-{part.number + 1:04d}.{ending}"
        blocks = _filled(_blocks(part.open()), spans)
        return self._file(name, part.size, blocks, TYPES.get(ending, "text/plain"), form, part.path, digest)

    def _for_police(self) -> Iterator[BagFile]:
        received = self.received
        if received.object_id is not None and received.sealed_as == "whole" and self._is_archive_or_medium():
            name = "archive.zip" if received.kind == "zip" else "file.bin"
            blocks = _blocks(self.vault.open_object(received.object_id))
            yield self._file(name, received.size, blocks, "application/octet-stream", "as_received", None, received.digest)
        for absent in received.absent:
            if absent.police_object is not None:
                size = int(self.vault.object_meta(absent.police_object)["size"])
                blocks = _blocks(self.vault.open_object(absent.police_object))
                name = f"medium-{absent.number + 1:04d}.age"
                yield self._file(
                    name, size, blocks, "application/octet-stream", "locked_to_police", absent.path, absent.digest
                )

    def _is_archive_or_medium(self) -> bool:
        if self.received.kind == "zip":
            return True
        with sealed_source(self.vault, self.received) as source:
            return self.received.kind == "file" and source.parts[0].media is not None


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while block := stream.read(CHUNK):
            yield block


def _filled(blocks: Iterator[bytes], spans: list[tuple[int, int]]) -> Iterator[bytes]:
    """The blocks with spans (offset, length) overwritten by the filler."""
    if not spans:
        yield from blocks
        return
    at = 0
    for block in blocks:
        whole = bytearray(block)
        for start, length in spans:
            low, high = max(start - at, 0), min(start + length - at, len(whole))
            if low < high:
                whole[low:high] = TEXT_FILLER * (high - low)
        at += len(block)
        yield bytes(whole)


def media_rule_of(seal_entry: Mapping[str, Any]) -> str:
    """The media rule under which an exhibit was sealed; the strictest reading where the log does not say."""
    return str(seal_entry["fields"].get("media_rule", "seal"))
