"""Screenshots: how much of what stands on rendered chats is read right. `python -m benchmarks.bench_screenshots [--quick]`.

Chats of the simulator are drawn in three looks, light and dark, five widths, PNG, JPEG and WebP, handed in with shuffled
file names, and read by the program's own reader through its own process. Compared with what was drawn:

- character error rate: Levenshtein distance of a bubble's text from the text drawn, over the letters drawn. Nothing is folded or
  trimmed; emoji are left out of the text drawn (the reader counts them and names none), a line feed is a letter. Bubbles are paired in
  order so that the sum is least, and only where at least half of the letters agree; bubbles missing and added count whole;
- side, order, clock and name of every bubble that was found; duplicates among overlapping pictures;
- the same by cause, and by look, mode, width and form;
- fields of receipts; pages a second of the whole way (decode, find, read, lay out, stitch).
"""

from __future__ import annotations

import argparse
import itertools
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

from tests.simulator import receipts, screens

LINK = re.compile(r"[@/]|\w\.\w")
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
    """Counts over all sets. seconds: wall time of reading. wrong: what was read wrong, for looking at.

    causes: letters wrong by cause; groups: letters wrong and drawn by look, mode, width and form; now: those of the chat at hand."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    groups: dict[str, list[int]] = field(default_factory=dict)
    now: tuple[str, ...] = ()

    def letters_wrong(self, count: int) -> None:
        """Count letters read wrong."""
        self.counts["wrong letters"] += count
        for group in self.now:
            self.groups.setdefault(group, [0, 0])[0] += count

    def letters_drawn(self, count: int) -> None:
        """Count letters to be read."""
        self.counts["letters"] += count
        for group in self.now:
            self.groups.setdefault(group, [0, 0])[1] += count

    def miss(self, cause: str, letters: int, what: str) -> None:
        """Count a whole bubble."""
        self.letters_wrong(letters)
        self.causes[cause] += letters
        self.wrong.append(what)

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
    score.letters_drawn(sum(map(len, wanted)))
    pairs = aligned(texts, wanted)
    left = set(range(len(texts))) - {got for got, _ in pairs}
    gone = set(range(len(wanted))) - {want for _, want in pairs}
    for got in sorted(left):
        again = texts[got] in wanted
        score.miss("bubbles given twice" if again else "bubbles added", len(texts[got]), f"added: {texts[got]!r}")
    for want in sorted(gone):
        score.miss("bubbles missing", len(wanted[want]), f"missing: {wanted[want]!r}")
    score.counts["added"] += len(left)
    score.counts["missing"] += len(gone)
    for got, want in pairs:
        _one(kept[got], drawn[want], score)
    score.counts["in order"] += len(pairs)


def aligned(texts: list[str], wanted: list[str]) -> list[tuple[int, int]]:
    """Pairs of bubbles read and drawn, both in order, so that all letters wrong are the fewest."""
    best: list[list[tuple[int, tuple[tuple[int, int], ...]]]] = [[(0, ())]]
    for j, want in enumerate(wanted):
        best[0].append((best[0][j][0] + len(want), ()))
    for i, got in enumerate(texts):
        row: list[tuple[int, tuple[tuple[int, int], ...]]] = [(best[i][0][0] + len(got), ())]
        for j, want in enumerate(wanted):
            ways = [(best[i][j + 1][0] + len(got), best[i][j + 1][1]), (row[j][0] + len(want), row[j][1])]
            longer = max(len(got), len(want))
            errors = 0 if got == want else longer if 2 * abs(len(got) - len(want)) > longer else distance(got, want)
            if 2 * errors <= longer:
                ways.append((best[i][j][0] + errors, (*best[i][j][1], (i, j))))
            row.append(min(ways, key=lambda w: w[0]))
        best.append(row)
    return list(best[-1][-1][1])


def causes(got: str, want: str) -> Counter[str]:
    """Letters wrong in a bubble by what they are."""
    found: Counter[str] = Counter()
    if got.count("\n") != want.count("\n"):
        found["lines left out or added"] = distance(got, want)
        return found
    for op, a, b, c, d in SequenceMatcher(None, got, want, autojunk=False).get_opcodes():
        letters = got[a:b] + want[c:d]
        if op == "equal":
            continue
        if set(letters) <= set("Il1|"):
            what = "I, l and 1"
        elif not letters.strip():
            what = "spaces"
        elif any(c.isdigit() for c in letters):
            what = "digits"
        elif not any(c.isalnum() for c in letters):
            what = "punctuation"
        else:
            what = "other letters"
        found[what] += max(b - a, d - c)
    return found


def _one(row: dict[str, Any], drawn: screens.Bubble, score: Score) -> None:
    errors = distance(row["text"] or "", drawn.text)
    score.letters_wrong(errors)
    score.causes.update(causes(row["text"] or "", drawn.text))
    if errors and LINK.search(drawn.text):
        score.causes["(of these in bubbles with an address or a link)"] += errors
    if errors and any(f.startswith("signs_not_read") for f in row["flags"] or ()):
        score.causes["(of these in bubbles with emoji)"] += errors
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
        score.now = (f"look {name}", "dark" if dark else "light", f"{width} wide, {form}", "group" if n % 3 == 1 else "two people")
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


def by_cause(s: Score) -> list[str]:
    """Letters wrong by cause and by group, as tables."""
    wrong = max(1, s.counts["wrong letters"])
    rows = [f"| {cause} | {n:,} | {100 * n / wrong:.1f} % |" for cause, n in sorted(s.causes.items(), key=lambda c: (-c[1], c[0]))]
    groups = [f"| {group} | {n:,} of {all_:,} | {100 * n / max(1, all_):.2f} % |" for group, (n, all_) in sorted(s.groups.items())]
    return ["| letters wrong, by cause | letters | share |", "|---|---|---|", *rows, "",
            "| letters wrong, by set | letters | rate |", "|---|---|---|", *groups]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="list what was read wrong")
    told = parser.parse_args()
    score = measure(quick=told.quick)
    print("\n".join([*lines_of(score), "", *by_cause(score)]))
    if told.wrong:
        print("\n".join(score.wrong))


if __name__ == "__main__":
    main()
