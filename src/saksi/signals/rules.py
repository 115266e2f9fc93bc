"""Packs: rules with their sentence for people and their examples, loaded from YAML, compiled on first use.

    packs/<language>/{grooming,solicitation,sextortion,exploitation,responses,other}.yaml   rules
    packs/<language>/words.yaml                                                             macros

`packs()` is the program's own, `load_packs(folder)` a user's. `problems_of(packs)` is the linter: examples that do not
hold, near misses that match, ids out of form. Source of the format: docs/signals.md#packs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from saksi.datafiles import load
from saksi.errors import DataFileError
from saksi.signals.gate import Gate
from saksi.signals.patterns import Macros, Pattern, compile_pattern, whole_words
from saksi.signals.taxonomy import CUES, taxonomy

FOLDER: Final = Path(__file__).parent / "packs"
EXAMPLES_MIN: Final = 3


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One plain sentence for people, in both languages."""

    id: str
    en: str


class RuleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as written. any: patterns, one must match. unless: veto. needs: one of these too, in the same message."""

    id: str
    signal: str
    version: int
    any: list[str]
    because: Because
    positive: list[str]
    near_miss: list[str]
    unless: list[str] = []
    needs: list[str] = []


class PackFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of rules. phase: of all its signals; null for responses and other."""

    language: str
    phase: str | None
    rules: list[RuleEntry]


class WordsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Macros: name -> ways to say it (patterns themselves). language: may be said, for whoever reads the file."""

    macros: dict[str, list[str]]
    language: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule, compiled. Regular expressions are built when first needed: a short chat needs few of them."""

    entry: RuleEntry
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    needs: tuple[Pattern, ...]

    @property
    def id(self) -> str:
        """Rule id, e.g. id.age_probe.1."""
        return self.entry.id

    @property
    def signal(self) -> str:
        """Signal id of the taxonomy, or a cue."""
        return self.entry.signal

    @cached_property
    def veto(self) -> re.Pattern[bytes] | None:
        """What must not be in the message, or None."""
        return re.compile(whole_words(self.unless).encode("ascii")) if self.unless else None

    @cached_property
    def need(self) -> re.Pattern[bytes] | None:
        """What must also be in the message, or None."""
        return re.compile(whole_words(self.needs).encode("ascii")) if self.needs else None


@dataclass(frozen=True)
class Packs:
    """All rules in order of their id. digest: SHA-256 hex over the files (names and bytes), for the case log."""

    rules: tuple[Rule, ...]
    digest: str

    @cached_property
    def gate(self) -> Gate:
        """The words that the patterns of all rules, rule after rule, cannot do without; ready for look-up."""
        return Gate([pattern for rule in self.rules for pattern in rule.patterns])

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Rules by id."""
        return {rule.id: rule for rule in self.rules}


def _compiled(entry: RuleEntry, macros: Macros, language: str, phase: str | None) -> Rule:
    signals = taxonomy().signals
    if entry.signal not in signals and entry.signal not in CUES:
        raise DataFileError("rule_signal", rule=entry.id, signal=entry.signal)
    if entry.signal not in CUES and signals[entry.signal].phase != phase:
        raise DataFileError("rule_phase", rule=entry.id, signal=entry.signal)
    if not re.fullmatch(rf"{re.escape(language)}\.{re.escape(entry.signal)}\.[1-9][0-9]*", entry.id):
        raise DataFileError("rule_id", rule=entry.id)
    if not entry.any:
        raise DataFileError("pattern_wrong", rule=entry.id, at=1, why="no pattern")

    def compiled(sources: Sequence[str]) -> tuple[Pattern, ...]:
        return tuple(compile_pattern(source, macros, entry.id) for source in sources)

    return Rule(entry, compiled(entry.any), compiled(entry.unless), compiled(entry.needs))


def load_packs(folder: Path) -> Packs:
    """All packs of a folder. Raises DataFileError naming file, rule and what is wrong."""
    rules: dict[str, Rule] = {}
    macros: dict[Path, Macros] = {}
    h = hashlib.sha256()
    for path in sorted(folder.glob("*/*.yaml"), key=lambda p: (p.parent.name, p.name)):
        data = path.read_bytes()
        h.update(f"{path.parent.name}/{path.name}\0{len(data)}\0".encode() + data)
        if path.name == "words.yaml":
            continue
        if path.parent not in macros:
            words = path.parent / "words.yaml"
            macros[path.parent] = Macros(load(words, WordsFile).macros if words.is_file() else {})
        pack = load(path, PackFile)
        if pack.language != path.parent.name:
            raise DataFileError("pack_language", file=path.name, language=pack.language)
        for entry in pack.rules:
            if entry.id in rules:
                raise DataFileError("rule_twice", rule=entry.id)
            rules[entry.id] = _compiled(entry, macros[path.parent], pack.language, pack.phase)
    return Packs(tuple(rules[name] for name in sorted(rules)), h.hexdigest())


@lru_cache(maxsize=1)
def packs() -> Packs:
    """The program's own packs, loaded once."""
    return load_packs(FOLDER)


@dataclass(frozen=True)
class RuleProblem:
    """What the linter found: rule id, and a sentence for the pack's author."""

    rule: str
    what: str


def problems_of(loaded: Packs) -> list[RuleProblem]:
    """The linter: every positive example must match its rule, no near miss may, and each rule has enough of both."""
    from saksi.signals.candidates import rule_matches

    found: list[RuleProblem] = []
    for rule in loaded.rules:
        entry = rule.entry
        for kind, examples in (("positive", entry.positive), ("near_miss", entry.near_miss)):
            if len(examples) < EXAMPLES_MIN:
                found.append(RuleProblem(rule.id, f"{len(examples)} {kind} examples; at least {EXAMPLES_MIN}"))
        found += [RuleProblem(rule.id, f"does not match: {t}") for t in entry.positive if not rule_matches(rule, t)]
        found += [RuleProblem(rule.id, f"matches a near miss: {t}") for t in entry.near_miss if rule_matches(rule, t)]
        if not all(p.clauses for p in rule.patterns):
            found.append(RuleProblem(rule.id, "a pattern has no word that every match must hold"))
        for text in (entry.because.id, entry.because.en):
            if not text.strip().endswith("."):
                found.append(RuleProblem(rule.id, "the sentence for people does not end with a full stop"))
    return found
