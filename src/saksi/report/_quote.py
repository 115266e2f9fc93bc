"""Text from exports made fit to be seen: invisible characters shown, highlights at exact code points, long texts cut.

Order: cut (never inside a highlight), split at highlight borders, then replace what cannot be seen by a stand-in such as
"[U+202E]". Stored text is not touched; a stand-in is a run of its own kind so that nobody takes it for the message's words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from saksi.report._blocks import Run

QUOTE_MAX: Final = 1_200
"""Code points of one message printed at most: about half a page; the whole text is in `saksi export`."""

AROUND: Final = 160
"""Code points kept on each side of a highlight where a text is cut."""

# C0 and C1 controls but tab and line feed; soft hyphen; Arabic letter mark; zero-width and direction marks; line and
# paragraph separators; embeddings, overrides, isolates; invisible operators; byte order mark; interlinear marks; tags;
# private use and non-characters of the BMP.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ue000-\uf8ff\U000e0000-\U000e0fff]"
)
_JOINER: Final = "\u200d"


def code_point(char: str) -> str:
    """The stand-in for one character: "[U+202E]"."""
    return f"[U+{ord(char):04X}]"


def _joins_emoji(text: str, at: int) -> bool:
    """Whether the zero-width joiner at `at` stands between two pictographs, where it is part of what is seen."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before and after) and (before >= "\u2600") and (after >= "\u2600")


def seen(text: str, kind: str = "said") -> list[Run]:
    """`text` as runs: what is visible as `kind`, each invisible character as a stand-in. One line feed stays one."""
    if not _UNSEEN.search(text):
        return [Run(text, kind)] if text else []
    runs: list[Run] = []
    last = 0
    for hit in _UNSEEN.finditer(text):
        at = hit.start()
        if hit[0] == _JOINER and _joins_emoji(text, at):
            continue
        if hit[0] == "\r" and text[at + 1 : at + 2] == "\n":
            runs.append(Run(text[last:at], kind))
            last = hit.end()
            continue
        runs += [Run(text[last:at], kind), Run(code_point(hit[0]), "ctl")]
        last = hit.end()
    runs.append(Run(text[last:], kind))
    return [r for r in runs if r.text]


def one_line(text: str) -> str:
    """A name or title on one line with invisible characters as stand-ins; for labels, never for message text."""
    return "".join(r.text for r in seen(text)).replace("\n", " ").replace("\t", " ")


def merged_spans(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Spans inside 0..length, sorted, overlapping ones joined, empty ones dropped."""
    result: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s), min(length, e)) for s, e in spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def kept_spans(length: int, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which stretches of a text of `length` code points are printed: all, or its start and what surrounds highlights."""
    if length <= QUOTE_MAX:
        return [(0, length)] if length else []
    wanted = [(0, AROUND)]
    budget = QUOTE_MAX - AROUND
    for start, end in spans:
        end = min(end, start + QUOTE_MAX // 2)
        wanted.append((start - AROUND, end + AROUND))
        budget -= end - start + 2 * AROUND
        if budget <= 0:
            break
    if not spans:
        wanted = [(0, QUOTE_MAX)]
    return merged_spans(wanted, length)


def quoted(text: str, spans: Sequence[tuple[int, int]], left_out: str) -> list[Run]:
    """A message's text as runs, `spans` highlighted. left_out: words with {n} for code points that are not printed."""
    marks = merged_spans(spans, len(text))
    runs: list[Run] = []
    last = 0
    for start, end in kept_spans(len(text), marks):
        if start > last:
            runs.append(Run(left_out.replace("{n}", str(start - last)), "cut"))
        at = start
        for m_start, m_end in marks:
            if m_end <= start or m_start >= end:
                continue
            runs += seen(text[at : max(at, m_start)])
            runs += seen(text[max(at, m_start) : min(m_end, end)], "mark")
            at = min(m_end, end)
        runs += seen(text[at:end])
        last = end
    if last < len(text):
        runs.append(Run(left_out.replace("{n}", str(len(text) - last)), "cut"))
    return runs


def brief(text: str, spans: Sequence[tuple[int, int]], limit: int = 160) -> list[Run]:
    """At most `limit` code points of a message on one line, from its start or around its first highlight; "…" where cut."""
    flat = text.replace("\r\n", " \n").replace("\n", " ")
    marks = merged_spans(spans, len(text))
    start = max(0, min(marks[0][0] - limit // 4, len(text) - limit)) if marks and marks[0][1] > limit else 0
    end = min(len(text), start + limit)
    runs = [Run("… ", "cut")] if start else []
    runs += seen(flat[start:end])
    return [*runs, Run(" …", "cut")] if end < len(text) else runs
