"""Screenshots: how much of what stands on rendered chats is read right. `python -m benchmarks.bench_screenshots [--quick]`.

Chats of the simulator are drawn in three looks, light and dark, five widths, PNG, JPEG and WebP, handed in with shuffled
file names, and read by the program's own reader through its own process. Compared with what was drawn:

- character error rate: edit distance of a bubble's text over the letters drawn (emoji apart), missing and added bubbles counted whole;
- side, order, clock and name of every bubble that was found; duplicates among overlapping pictures;
- fields of receipts; pages a second of the whole way (decode, find, read, lay out, stitch).
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

from tests.simulator import receipts, screens

FORMS = ((720, "jpeg70"), (1440, "png"), (1080, "jpeg80"), (828, "webp"), (1170, "jpeg75"))


def distance(a: str, b: str) -> int:
    """Edit distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


@dataclass
class Score:
    """Counts over all sets. seconds: wall time of reading. wrong: what was read wrong, for looking at."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def rate(self, part: str, whole: str) -> float:
        """Share in per cent."""
        return 100 * self.counts[part] / max(1, self.counts[whole])


def rows_of(folder: Path) -> tuple[list[dict[str, Any]], float]:
    """Rows of a folder of screenshots, and how long reading took."""
    from saksi import verbs

    started = time.perf_counter()
    table = verbs.read(folder, zone="Asia/Jakarta", screenshots=True).messages
    return table.to_pylist(), time.perf_counter() - started


def compare(rows: list[dict[str, Any]], shots: list[screens.Shot], score: Score) -> None:
    """Add one chat's rows against what was drawn."""
    truth: dict[int, screens.Bubble] = {}
    for shot in shots:
        for bubble in shot.bubbles:
            seen = truth.get(bubble.number)
            if seen is None or (len(bubble.lines), bubble.whole) > (len(seen.lines), seen.whole):
                truth[bubble.number] = bubble
    drawn = [truth[n] for n in sorted(truth)]
    kept = [r for r in rows if r["kind"] == "text" and r["duplicate_of"] is None]
    texts, wanted = [r["text"] or "" for r in kept], [b.text for b in drawn]
    score.counts["bubbles"] += len(drawn)
    score.counts["letters"] += sum(map(len, wanted))
    pairs: list[tuple[int, int]] = []
    for op, a, b, c, d in SequenceMatcher(None, texts, wanted, autojunk=False).get_opcodes():
        if op == "equal" or (op == "replace" and b - a == d - c):
            pairs += zip(range(a, b), range(c, d), strict=True)
            continue
        score.counts["wrong letters"] += sum(map(len, texts[a:b])) + sum(map(len, wanted[c:d]))
        score.counts["missing"] += d - c
        score.counts["added"] += b - a
        score.wrong.append(f"unpaired: {texts[a:b]} for {wanted[c:d]}")
    for got, want in pairs:
        _one(kept[got], drawn[want], score)
    score.counts["in order"] += len(pairs)


def _one(row: dict[str, Any], drawn: screens.Bubble, score: Score) -> None:
    errors = distance(row["text"] or "", drawn.text)
    score.counts["wrong letters"] += errors
    unsure = "check_by_eye" in (row["flags"] or ())
    score.counts["unsure"] += unsure
    score.counts["wrong text"] += bool(errors)
    score.counts["wrong text, unsure"] += bool(errors) and unsure
    if errors:
        score.wrong.append(f"{row['text']!r} for {drawn.text!r} ({row['confidence']})")
    score.counts["pairs"] += 1
    side = row["direction"] == ("out" if drawn.own else "in")
    score.counts["side"] += side
    if not side:
        score.wrong.append(f"side {row['direction']} of {drawn.text!r}")
    if drawn.clock is not None:
        score.counts["clocks"] += 1
        score.counts["clock"] += (row["sent_at_text"] or "").endswith(drawn.clock)
    if drawn.sender is not None:
        score.counts["names"] += 1
        score.counts["name"] += row["sender_name"] == drawn.sender


def chats(score: Score, messages: int, seeds: int) -> None:
    """Draw, read and compare chats in every look."""
    looks = list(itertools.product(("hijau", "biru", "ungu"), (False, True)))
    for n, ((name, dark), _) in enumerate(itertools.product(looks, range(seeds))):
        width, form = FORMS[n % len(FORMS)]
        thread = screens.thread_of(1000 + n, messages, group=n % 3 == 1)
        shots = screens.render(thread, screens.Look(name, dark, clock12=n % 4 == 3), width, seed=n)
        order = list(range(len(shots)))
        Random(n).shuffle(order)
        with tempfile.TemporaryDirectory() as room:
            screens.save([shots[i] for i in order], Path(room), form)
            rows, seconds = rows_of(Path(room))
        score.seconds += seconds
        score.counts["pages"] += len(shots)
        score.counts["threads"] += 1
        score.counts["threads whole"] += len({r["thread_id"] for r in rows}) == 1
        compare(rows, shots, score)


def slips(score: Score, count: int) -> None:
    """Draw, read and compare receipts."""
    with tempfile.TemporaryDirectory() as room:
        for n in range(count):
            picture = receipts.drawn(receipts.receipt_of(n), FORMS[n % 5][0], dark=n % 4 == 1, below=n % 5 == 2)
            (Path(room) / f"slip_{n:03}.jpg").write_bytes(screens.encoded(picture, "jpeg80"))
        rows, _ = rows_of(Path(room))
    for n in range(count):
        mine = [r for r in rows if r["source_part"] == f"slip_{n:03}.jpg" and r["kind"] == "payment"]
        found = {f[6:]: r["text"] for r in mine for f in r["flags"] or () if f.startswith("field:")}
        for name, value in receipts.receipt_of(n).truth().items():
            score.counts["fields"] += 1
            score.counts["field"] += found.get(name) == value
            if found.get(name) != value:
                score.wrong.append(f"receipt {n} {name}: {found.get(name)!r} for {value!r}")


def measure(*, quick: bool = False) -> Score:
    """Everything."""
    score = Score()
    chats(score, 16 if quick else 60, 1 if quick else 4)
    slips(score, 3 if quick else 30)
    return score


def lines_of(s: Score) -> list[str]:
    """The figures as a table."""
    c = s.counts
    return [
        "| what | figure |", "|---|---|",
        f"| pages, chats, bubbles, letters drawn | {c['pages']}, {c['threads']}, {c['bubbles']}, {c['letters']:,} |",
        f"| character error rate | {s.rate('wrong letters', 'letters'):.2f} % |",
        f"| bubble side right | {s.rate('side', 'pairs'):.2f} % |",
        f"| bubbles found, in order, once | {s.rate('in order', 'bubbles'):.2f} % (missing {c['missing']}, added {c['added']}) |",
        f"| clocks right | {s.rate('clock', 'clocks'):.2f} % of {c['clocks']} |",
        f"| names in groups right | {s.rate('name', 'names'):.2f} % of {c['names']} |",
        f"| chats kept as one thread | {c['threads whole']} of {c['threads']} |",
        f"| bubbles with an error; of these marked to be checked by eye | {c['wrong text']}; {c['wrong text, unsure']} |",
        f"| bubbles marked to be checked by eye | {s.rate('unsure', 'pairs'):.2f} % |",
        f"| receipt fields right | {s.rate('field', 'fields'):.2f} % of {c['fields']} |",
        f"| pages a second, one thread, whole way | {c['pages'] / max(s.seconds, 1e-9):.2f} |",
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="list what was read wrong")
    told = parser.parse_args()
    score = measure(quick=told.quick)
    print("\n".join(lines_of(score)))
    if told.wrong:
        print("\n".join(score.wrong))


if __name__ == "__main__":
    main()
