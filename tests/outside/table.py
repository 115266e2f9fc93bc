"""`python -m tests.outside.table`: the table mutation x verifier; ends with 1 where something does not hold.

Holds: the good bundle is taken by every verifier, and every changed one is refused by verify.py. "not run": the program is not here.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.outside.mutations import VERIFIERS, Sample, by_age, flipped, judged, mutations


def rows(sample: Sample) -> Iterator[tuple[str, dict[str, str]]]:
    """(mutation, verifier -> what it says), the good bundle first."""
    yield "(good)", judged(sample, sample.good, every=True)
    for what, files in mutations(sample):
        yield what, judged(sample, files)


def table(say: object = print) -> list[str]:
    """Prints the table; returns what does not hold."""
    tell = say if callable(say) else print
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as room:
        sample = Sample(Path(room))
        tell("| change | " + " | ".join(VERIFIERS) + " |\n|---|" + "---|" * len(VERIFIERS))
        for what, said in rows(sample):
            tell(f"| {what} | " + " | ".join(said[v] for v in VERIFIERS) + " |")
            if what == "(good)" and "refused" in said.values():
                wrong.append("the good bundle is refused")
            if what != "(good)" and said["verify.py"] != "refused":
                wrong.append(what)
        whole = sample.handed.path.read_bytes()
        words = {None: "not run", True: "taken", False: "refused"}
        for what, data in {"good": whole, "one bit": flipped(whole), "cut": whole[:-10]}.items():
            answer = by_age(sample, data)
            tell(f"\nage on the envelope, {what}: {words[answer]}")
            if answer is not None and answer != (what == "good"):
                wrong.append(f"age: {what}")
    return wrong


if __name__ == "__main__":
    found = table()
    print("\nDoes not hold: " + "; ".join(found) if found else "\nEverything holds.")
    sys.exit(1 if found else 0)
