"""`saksi search`, `decide` and `look`: what a caseworker does in an open case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saksi.errors import InputRefused, StorageFailed, UsageError
from saksi.verbs.common import check_by

if TYPE_CHECKING:
    from saksi.case.store import Case


def search(case: Case, words: Sequence[str], limit: int | None = None) -> dict[str, Any]:
    """Messages that hold every word (folded: case, accents, look-alikes, spacing tricks). A `view` event in the log."""
    from saksi.case.search import search_case
    from saksi.vault import custody

    if not any(w.strip() for w in words):
        raise UsageError("no_words")
    custody.record(case.vault, custody.Event("view", more={"what": "search", "words": len(words)}))
    return search_case(case, words, limit)


def decide(case: Case, mark_id: str, state: str, by: str | None, note: str | None) -> None:
    """Record a caseworker's decision on a mark. Raises UsageError where there is no such mark, or `by` is no code."""
    check_by(by)
    for label, _, _ in case.sources():
        for batch in case.batches(label, "marks", ("mark_id",)):
            if mark_id in batch.column("mark_id").to_pylist():
                case.decide(mark_id, state, by, note)
                return
    raise UsageError("unknown_mark")


def look(case: Case, message_id: str, picture: Path, out: Path, by: str | None) -> int:
    """Write the lines of one row that was read from a screenshot as a PNG, nothing else of the picture. Returns how many lines.

    The picture is not in the case: it is handed in again and must have the digest that was recorded. A `view` event in the
    log. Raises UsageError (unknown_message, no_lines_to_show, by_not_a_code, ocr_missing), InputRefused
    (other_picture, unreadable_file), StorageFailed.
    """
    from saksi import ocr
    from saksi.case import lines_of
    from saksi.vault import custody

    check_by(by)
    if not ocr.is_there():
        raise UsageError("ocr_missing")
    label, digest, boxes = lines_of.lines_of(case, message_id)
    try:
        data = picture.read_bytes()
    except OSError as e:
        raise InputRefused("unreadable_file") from e
    if hashlib.sha256(data).hexdigest() != digest:
        raise InputRefused("other_picture")
    with ocr.Reading() as reading:
        png = reading.crop(data, boxes)
    if png is None:
        raise UsageError("no_lines_to_show")
    more = {"what": "line", "lines": len(boxes), "message": case.vault.commitment(message_id)}
    custody.record(case.vault, custody.Event("view", exhibits=[label], more=more), actor=by and by.lower())
    try:
        out.write_bytes(png)
    except OSError as e:
        raise StorageFailed("disk_refused") from e
    return len(boxes)
