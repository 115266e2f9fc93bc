"""Find messages that hold every word, over the sealed tables, without an index.

A word is folded as messages are (`saksi.text`): case, accents, look-alikes, stretched letters; the second view of a message
(letters spaced apart, digits for letters) is searched too. A word that folding leaves empty (an emoji, another script) is
looked for as it is, case folded. Words match inside longer words: "transfer" finds "ditransfer".

    search_case(case, ["transfer", "dana"], limit=200) -> {"found": n, "messages": [...]}      docs/verbs/search.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.case.store import Case
from saksi.text.normalise import evasion_view, fold_batch, fold_text
from saksi.text.offsets import Folded
from saksi.times import local_text

COLUMNS: Final = (
    "message_id", "seq", "thread_title", "sent_at", "sent_at_text", "sender_id", "sender_name", "text",
    "duplicate_of",
)  # fmt: skip

Spans = dict[int, set[tuple[int, int]]]
"""Row of the batch -> spans in code points of its raw text."""


def _in_view(view: Folded, word: bytes) -> Spans:
    found: Spans = {}
    hits = [m.span() for m in re.finditer(re.escape(word), view.data)]
    if hits:
        messages = view.messages_at(np.array([end for _, end in hits], dtype=np.int64))
        for (start, end), i in zip(hits, messages.tolist(), strict=True):
            origin = int(view.starts[i])
            found.setdefault(int(view.rows[i]), set()).add(view.raw_span(i, start - origin, end - origin))
    return found


def _as_it_is(texts: pa.Array, word: str) -> Spans:
    # one character of one message is one code point of it in Python too: spans need no map
    found: Spans = {}
    pattern = re.compile(re.escape(word), re.IGNORECASE)
    hit = pc.equal(pc.match_substring(texts, word, ignore_case=True), pa.scalar(value=True))
    for i in np.flatnonzero(np.asarray(pc.fill_null(hit, pa.scalar(value=False)))).tolist():
        spans = {m.span() for m in pattern.finditer(texts[i].as_py())}
        if spans:
            found[i] = spans
    return found


def spans_of_words(texts: pa.Array, words: Sequence[str]) -> Spans:
    """Rows of `texts` (string, nulls allowed) that hold every word, with where."""
    plain = fold_batch(texts)
    second: Folded | None = None
    result: Spans | None = None
    for word in words:
        folded = fold_text(word).strip()
        if not folded:
            found = _as_it_is(texts, word)
        else:
            second = evasion_view(plain) if second is None else second
            found = _in_view(plain, folded)
            for row, spans in _in_view(second, folded).items():
                found.setdefault(row, set()).update(spans)
        result = found if result is None else {r: s | found[r] for r, s in result.items() if r in found}
        if not result:
            return {}
    return result or {}


def search_case(case: Case, words: Sequence[str], limit: int | None) -> dict[str, Any]:
    """The first `limit` messages that hold every word, in order of source and row; `found` counts all."""
    words = [w for w in words if w.strip()]
    zone = case.get("zone")
    found = 0
    messages: list[dict[str, Any]] = []
    for label, _, _ in case.sources():
        for batch in case.batches(label, "messages", COLUMNS):
            spans = spans_of_words(batch.column("text"), words)
            found += len(spans)
            room = len(spans) if limit is None else max(0, limit - len(messages))
            messages += [_result(batch, row, label, zone, spans[row]) for row in sorted(spans)[:room]]
    return {"found": found, "messages": messages}


def _result(
    batch: pa.RecordBatch, row: int, label: str, zone: str | None, spans: set[tuple[int, int]]
) -> dict[str, Any]:
    values = {name: batch.column(name)[row] for name in COLUMNS}
    sent = values["sent_at"]
    time = values["sent_at_text"].as_py()
    if sent.is_valid and zone is not None:
        time = local_text(sent.value, zone)
    return {
        "cite": f"{label} #{values['seq'].as_py()}",
        "message_id": values["message_id"].as_py(),
        "seq": values["seq"].as_py(),
        "time": time,
        "thread_title": values["thread_title"].as_py(),
        "sender_name": values["sender_name"].as_py() or values["sender_id"].as_py(),
        "text": values["text"].as_py(),
        "duplicate_of": values["duplicate_of"].as_py(),
        "spans": sorted(spans),
    }
