"""How well marks and phases do on the scripted evaluation set: `python -m benchmarks.quality` prints it and writes docs/quality.md.

    python -m benchmarks.quality [--half test|dev|both] [--print-only] [--misses]

For every conversation: the rows of the message table are made, `saksi.check` runs on them with the person at risk told, and
what it says is compared with the author's labels.

- a phase is right where the conversation holds it by the author, whatever the messages in between;
- a mark is right where the author gave that message that signal (one message and signal count once);
- a hard negative is wrong as soon as any phase is marked; nobody at risk is told there;
- reported speech is right where no signal of a phase is marked on a message that the author calls reported;
- evasive spellings: the same positives, the other side's words respelled (below), one way of respelling a conversation;
- early: the number of messages after which any phase is first marked, against the first threat; F_latency (SIGNALS: Sadeque
  et al. 2018) = F1 of "any phase" times 1 - median penalty, penalty(k) = -1 + 2 / (1 + e^(-p (k-1))), p = 0.0078, m = 142.

Intervals are Wilson's, 95 %. `--misses` lists ids, phases and signals missed of the development half; for the test half it is
refused, since no rule may be written or tuned with it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from saksi import signals, verbs  # noqa: E402
from saksi.table.schema import MESSAGE_SCHEMA  # noqa: E402
from tests.evaluation.load import PHASE_OF, PHASES, Conversation, conversations, rows  # noqa: E402

OUT: Final = ROOT / "docs" / "quality.md"
HALVES: Final = {name: ROOT / "tests" / "evaluation" / f"{name}_half" for name in ("test", "dev")}
THREATS: Final = frozenset({"leverage", "threat_to_share", "coerced_more"})
LATENCY_P: Final = 0.0078
LATENCY_M: Final = 142
SEED: Final = 20_240_501


# -- running -------------------------------------------------------------------------------------------------------------------


def table_of(said: Sequence[dict[str, Any]], conversation: Conversation) -> pa.Table:
    """Message rows as a reader would give them."""
    digest = hashlib.sha256(conversation.id.encode()).hexdigest()
    made: dict[str, list[Any]] = {name: [None] * len(said) for name in MESSAGE_SCHEMA.names}
    for i, row in enumerate(said):
        values = {
            "message_id": f"{digest[:16]}-0-{i}", "source_digest": digest, "span_start": i, "span_end": i + 1, "seq": i,
            "platform": "whatsapp", "thread_id": conversation.id, "thread_title": conversation.id,
            "sent_at": row["sent_at"], "sent_at_text": row["sent_at"].isoformat(), "sent_at_basis": "utc",
            "sender_id": row["sender"], "sender_name": row["sender"], "kind": row["kind"], "text": row["text"],
            "attachments": [], "flags": [],
        }  # fmt: skip
        for name, value in values.items():
            made[name][i] = value
    return pa.table({n: pa.array(made[n], MESSAGE_SCHEMA.field(n).type) for n in MESSAGE_SCHEMA.names}, MESSAGE_SCHEMA)


@dataclass
class Outcome:
    """What the program said of one conversation: phases, and (place, signal) pairs marked."""

    phases: frozenset[str]
    marks: frozenset[tuple[int, str]]


def run(conversation: Conversation, said: Sequence[dict[str, Any]], *, told: bool = True) -> Outcome:
    """Check the messages `said` of a conversation."""
    names = (conversation.at_risk,) if told and conversation.at_risk else None
    result = verbs.check(table_of(said, conversation), names)
    marks = zip(result.marks.column("seq").to_pylist(), result.marks.column("signal").to_pylist(), strict=True)
    return Outcome(frozenset(result.phases.column("phase").to_pylist()), frozenset(marks))


def recognised_after(conversation: Conversation, said: Sequence[dict[str, Any]]) -> int | None:
    """Messages seen when any phase is first marked; None where it never is."""
    for seen in range(1, len(said) + 1):
        if run(conversation, said[:seen]).phases:
            return seen
    return None


# -- evasive spellings -----------------------------------------------------------------------------------------------------------

LEET: Final = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0"})
LOOKS: Final = str.maketrans({"a": "\u0430", "e": "\u0435", "o": "\u043e", "c": "\u0441", "p": "\u0440", "x": "\u0445"})


def _words(text: str, chosen: Callable[[str], str], rng: random.Random, share: float = 0.5) -> str:
    """The text with about `share` of its words of four letters and more respelled."""
    return " ".join(chosen(w) if len(w) > 3 and w.isalpha() and rng.random() < share else w for w in text.split(" "))


def _leet(word: str) -> str:
    return word[0] + word[1:].translate(LEET)


EVASIONS: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "digits for letters": lambda t, r: _words(t, _leet, r),
    "dotted": lambda t, r: _words(t, ".".join, r, 0.3),
    "spaced": lambda t, r: _words(t, " ".join, r, 0.2),
    "stretched": lambda t, r: _words(t, lambda w: w + w[-1] * 3, r),
    "look-alike letters": lambda t, r: _words(t, lambda w: w.translate(LOOKS), r),
    "zero-width": lambda t, r: _words(t, lambda w: w[:2] + "\u200b" + w[2:], r),
    "capitals and wide": lambda t, r: _words(t, lambda w: "".join(chr(ord(c) + 0xFEE0) for c in w.upper() if c < "\x7f"), r),
}  # fmt: skip


def respelled(conversation: Conversation, way: str) -> list[dict[str, Any]]:
    """The rows with the other side's words respelled one way; the same on every run."""
    rng = random.Random(f"{SEED}-{conversation.id}-{way}")
    return [
        {**row, "text": EVASIONS[way](row["text"], rng)}
        if row["text"] is not None and row["sender"] != conversation.at_risk else row
        for row in rows(conversation)
    ]  # fmt: skip


# -- counting ------------------------------------------------------------------------------------------------------------------


@dataclass
class Counted:
    """Right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    where: list[str] = field(default_factory=list)

    def count(self, *, labelled: bool, found: bool, where: str = "") -> None:
        """Take one case in."""
        self.right += labelled and found
        self.wrong += found and not labelled
        self.missed += labelled and not found
        if labelled != found and where:
            self.where.append(("missed " if labelled else "wrong ") + where)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where nothing is right."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def precision(self) -> str:
        """As printed, with interval."""
        return share(self.right, self.right + self.wrong)

    def recall(self) -> str:
        """As printed, with interval."""
        return share(self.right, self.right + self.missed)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    z = 1.959963984540054
    p = part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(part: int, whole: int) -> str:
    """`0.953 (122 of 128; 0.901 to 0.978)`."""
    if whole == 0:
        return "none"
    low, high = wilson(part, whole)
    return f"{part / whole:.3f} ({part:,} of {whole:,}; {low:.3f} to {high:.3f})"


def penalty(seen: int) -> float:
    """Of F_latency."""
    return -1 + 2 / (1 + math.exp(-LATENCY_P * (seen - 1)))


# -- the report ------------------------------------------------------------------------------------------------------------------


class Report:
    """Lines; printed as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)


def measure(name: str, whole: Sequence[Conversation], report: Report, *, misses: bool) -> None:
    """All figures of one half."""
    positives = [c for c in whole if c.phases]
    negatives = [c for c in whole if not c.phases]
    report.say(f"\n## {name.capitalize()} half: {len(whole)} conversations, {len(positives)} with a phase, "
               f"{len(negatives)} hard negatives, {sum(len(c.messages) for c in whole):,} messages\n")  # fmt: skip
    counts = Counter(c.language for c in whole)
    report.say("Languages: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())) + ".\n")
    outcomes = {c.id: run(c, rows(c)) for c in whole}
    phases = _phases(whole, outcomes, report)
    marks = _marks(whole, outcomes, report)
    _negatives(whole, outcomes, report)
    _by_language(whole, outcomes, report)
    _evasive(positives, outcomes, report)
    _early(whole, outcomes, report)
    _untold(positives, report)
    if misses:
        for what, counted in {**phases, **marks}.items():
            for line in counted.where:
                print(f"    {what}: {line}")


def _phases(whole: Sequence[Conversation], outcomes: dict[str, Outcome], report: Report) -> dict[str, Counted]:
    report.say("| phase present in the conversation | precision | recall |\n|---|---|---|")
    counted: dict[str, Counted] = {phase: Counted() for phase in PHASES}
    for c in whole:
        for phase in PHASES:
            counted[phase].count(labelled=phase in c.phases, found=phase in outcomes[c.id].phases, where=c.id)
    for name, n in counted.items():
        report.say(f"| {name} | {n.precision()} | {n.recall()} |")
    return counted


def _labels(c: Conversation) -> frozenset[tuple[int, str]]:
    return frozenset((i, s) for i, row in enumerate(rows(c)) for s in row["signals"])


def _marks(whole: Iterable[Conversation], outcomes: dict[str, Outcome], report: Report) -> dict[str, Counted]:
    counted: dict[str, Counted] = defaultdict(Counted)
    for c in whole:
        labelled, found = _labels(c), outcomes[c.id].marks
        for place, signal in labelled | found:
            counted[signal].count(labelled=(place, signal) in labelled, found=(place, signal) in found,
                                  where=f"{c.id} message {place}")  # fmt: skip
    total = Counted(*(sum(getattr(n, k) for n in counted.values()) for k in ("right", "wrong", "missed")))
    report.say("\n| marks, one a message and signal | precision | recall |\n|---|---|---|")
    report.say(f"| all signals, micro average | {total.precision()} | {total.recall()} |")
    for signal in PHASE_OF:
        report.say(f"| {signal} | {counted[signal].precision()} | {counted[signal].recall()} |")
    return dict(counted)


def _negatives(whole: Sequence[Conversation], outcomes: dict[str, Outcome], report: Report) -> None:
    negatives = [c for c in whole if not c.phases]
    wrong = [c for c in negatives if outcomes[c.id].phases]
    report.say(f"\nHard negatives with any phase marked: {share(len(wrong), len(negatives))}.")
    kinds = Counter(c.kind for c in wrong)
    if kinds:
        report.say("Of these by kind: " + ", ".join(f"{k} {n}" for k, n in sorted(kinds.items())) + ".")
    lines = [(c, i) for c in whole for i, row in enumerate(rows(c)) if row["reported"]]
    right = sum(
        not any(place == i and PHASE_OF.get(s) is not None for place, s in outcomes[c.id].marks) for c, i in lines
    )
    told = [c for c in negatives if c.reported]
    quiet = sum(not outcomes[c.id].phases for c in told)
    report.say(f"\nReported speech: messages without a mark of a phase {share(right, len(lines))}; conversations that are "
               f"mainly reported and got no phase {share(quiet, len(told))}.")  # fmt: skip


def _by_language(whole: Sequence[Conversation], outcomes: dict[str, Outcome], report: Report) -> None:
    report.say("\n| language | phases: precision | phases: recall | marks: recall |\n|---|---|---|---|")
    for language in sorted({c.language for c in whole}):
        phases, marks = Counted(), Counted()
        for c in whole:
            if c.language != language:
                continue
            for phase in PHASES:
                phases.count(labelled=phase in c.phases, found=phase in outcomes[c.id].phases)
            for pair in _labels(c):
                marks.count(labelled=True, found=pair in outcomes[c.id].marks)
        report.say(f"| {language} | {phases.precision()} | {phases.recall()} | {marks.recall()} |")


def _evasive(positives: Sequence[Conversation], outcomes: dict[str, Outcome], report: Report) -> None:
    report.say("\n| evasive spelling of the other side's words | phases: recall | change, points | marks: recall | change, points |"
               "\n|---|---|---|---|---|")  # fmt: skip
    plain_phases, plain_marks = _recalls(positives, outcomes)
    report.say(f"| none | {plain_phases.recall()} | | {plain_marks.recall()} | |")
    for way in EVASIONS:
        phases, marks = _recalls(positives, {c.id: run(c, respelled(c, way)) for c in positives})
        changes = [100 * (_rate(new) - _rate(old)) for new, old in ((phases, plain_phases), (marks, plain_marks))]
        report.say(f"| {way} | {phases.recall()} | {changes[0]:+.1f} | {marks.recall()} | {changes[1]:+.1f} |")


def _rate(counted: Counted) -> float:
    return counted.right / max(1, counted.right + counted.missed)


def _recalls(positives: Sequence[Conversation], outcomes: dict[str, Outcome]) -> tuple[Counted, Counted]:
    phases, marks = Counted(), Counted()
    for c in positives:
        for phase in c.phases:
            phases.count(labelled=True, found=phase in outcomes[c.id].phases)
        for pair in _labels(c):
            marks.count(labelled=True, found=pair in outcomes[c.id].marks)
    return phases, marks


def _early(whole: Sequence[Conversation], outcomes: dict[str, Outcome], report: Report) -> None:
    any_phase = Counted()
    delays, before, threatened = [], 0, 0
    for c in whole:
        said = rows(c)
        after = recognised_after(c, said) if outcomes[c.id].phases else None
        any_phase.count(labelled=bool(c.phases), found=after is not None)
        if after is not None and c.phases:
            delays.append(after)
        threats = [i + 1 for i, row in enumerate(said) if THREATS & set(row["signals"])]
        if c.phases and threats and threats[0] > 1 and set(c.phases) & {"grooming", "solicitation"}:
            threatened += 1
            before += after is not None and after < threats[0]
    speed = 1 - statistics.median([penalty(k) for k in delays] or [1.0])
    seen = statistics.median(delays or [0])
    report.say("\nEarly: recognised before the first threat, of threads that hold an earlier phase by the author: "
               f"{share(before, threatened)}. Median number of messages seen: {seen:.0f}. F_latency {any_phase.f1 * speed:.3f} "
               f"(F1 {any_phase.f1:.3f}, speed {speed:.3f}, p {LATENCY_P}, m {LATENCY_M}).")  # fmt: skip


def _untold(positives: Sequence[Conversation], report: Report) -> None:
    counted = Counted()
    for c in positives:
        found = run(c, rows(c), told=False).phases
        for phase in PHASES:
            counted.count(labelled=phase in c.phases, found=phase in found)
    report.say(f"\nWithout being told who is at risk (positives): phases precision {counted.precision()}, recall {counted.recall()}.")


HEAD: Final = """# How well marks and phases do, and on what

Written by `python -m benchmarks.quality`; every figure is as measured there. The set is scripted, synthetic and non-explicit
(tests/evaluation/README.md says how and by whom): **figures on it are no estimate of how the program does on real chats.** They
show what it finds of voices that it was not written for. The test half was written by an author who had not seen the rules, and
no rule was written or tuned with it. Intervals are Wilson's, 95 %. **No mark is no all-clear.**
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--half", choices=[*HALVES, "both"], default="both")
    parser.add_argument("--print-only", action="store_true")
    parser.add_argument("--misses", action="store_true")
    told = parser.parse_args()
    if told.misses and told.half != "dev":
        parser.error("--misses is for the development half alone")
    report = Report()
    report.say(HEAD)
    loaded = signals.packs()
    rules = Counter(r.id.split(".")[0] for r in loaded.rules)
    report.say(f"Packs: {len(loaded.rules)} rules ({json.dumps(dict(sorted(rules.items())))}), digest {loaded.digest[:16]}.")
    for name, folder in HALVES.items():
        if told.half in (name, "both") and any(folder.glob("*.yaml")):
            measure(name, list(conversations(folder)), report, misses=told.misses)
    if not told.print_only and told.half == "both":
        OUT.write_text("\n".join(report.lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
