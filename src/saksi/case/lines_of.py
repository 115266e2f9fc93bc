"""Where the lines of a row stand on its screenshot: for looking at them, and at nothing else of the picture."""

from __future__ import annotations

import msgspec
import pyarrow.compute as pc

from saksi.case.pipeline import TRANSCRIPTS
from saksi.case.store import Case
from saksi.errors import UsageError
from saksi.ocr import Transcript

Box = tuple[int, int, int, int]


def lines_of(case: Case, message_id: str) -> tuple[str, str, list[Box]]:
    """(label of the source, SHA-256 of the picture, boxes of the row's lines from top to bottom).

    Raises UsageError: unknown_message; no_lines_to_show for a row that has no text of its own on a picture.
    """
    for label, received, _ in case.sources():
        for batch in case.batches(label, "messages", ("message_id", "source_part", "text", "box")):
            found = batch.filter(pc.equal(batch.column("message_id"), message_id))
            if not found.num_rows:
                continue
            row = found.to_pylist()[0]
            number = int(message_id.split("-")[1])
            stored = (case.get_json(label, TRANSCRIPTS) or {}).get(str(number))
            digests = {p.number: p.digest for p in received.kept} | {p.number: p.digest for p in received.absent}
            digest = digests.get(number, received.digest if received.kind == "file" else None)
            if row["box"] is None or not row["text"] or stored is None or digest is None:
                raise UsageError("no_lines_to_show")
            return label, digest, _inside(msgspec.convert(stored, Transcript), row["box"], row["text"])
    raise UsageError("unknown_message")


def _inside(transcript: Transcript, box: list[int], text: str) -> list[Box]:
    x, y, w, h = box
    boxes = [
        line.box
        for line in transcript.lines
        if line.text
        and line.text in text
        and x <= line.box[0] + line.box[2] / 2 <= x + w
        and y <= line.box[1] + line.box[3] / 2 <= y + h
    ]
    if not boxes:
        raise UsageError("no_lines_to_show")
    return sorted(boxes, key=lambda b: (b[1], b[0]))
