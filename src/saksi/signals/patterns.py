"""The packs' small pattern language, compiled to regular expressions.

Patterns are written over folded text (saksi.text): plain lower-case words. docs/signals.md#patterns has the table.

    "jangan (bilang|cerita)~siapa siapa"

    (space)   one or more separators (spaces, punctuation, emoji), never the end of a message
    ~  ~N     a separator with up to 3 (N) words between; with no word before or behind it asks for nothing
    (a|b c|)  alternatives, also inside a word: sebar(in|kan|); an empty one makes the group optional
    {name}    a macro of words.yaml: the same as (its|words)
    word*     any ending        #   a number or an amount of money

Whole words always. Literals are folded as the text is: case, accents, apostrophes, doubled letters.

Each pattern also yields its clauses: sets of words (or beginnings of words, or "#" for a number), one of each of which
stands in every match. Only messages that hold one of every clause are looked at with the expression (saksi.signals.gate).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from saksi.errors import DataFileError
from saksi.text import fold_text

SEPARATOR: Final = "[^a-z0-9\\n]+"
UNITS: Final = "rb|ribu|k|jt|juta|mio|m|perak|usd|dolar|dolars|bucks?|ringgit|euro"
AMOUNT: Final = (
    f"(?:(?:rp|idr|usd|rm)[^a-z0-9\\n]*)?[0-9]+(?:[.,][0-9]+)*(?:[^a-z0-9\\n]?(?:{UNITS}))?"
)
NUMBER: Final = "#"
"""Anchor of an amount: some digit stands in the message."""
GAP_WORDS: Final = 3
GAP_MAX: Final = 12
ANCHORS_MAX: Final = 400
DEPTH_MAX: Final = 20


# -- what a pattern is made of ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Literal:
    text: str


@dataclass(frozen=True)
class _Ending:
    """`*`"""


@dataclass(frozen=True)
class _Amount:
    """`#`"""


@dataclass(frozen=True, eq=False)
class _Group:
    """One object a macro: what is worked out for it is worked out once."""

    options: tuple[_Sequence, ...]

    @cached_property
    def optional(self) -> bool:
        return any(_nothing(o) for o in self.options)

    @cached_property
    def regex(self) -> str:
        options = sorted({_regex(o) for o in self.options if not _nothing(o)}, key=lambda r: (-len(r), r))
        return "(?:" + "|".join(options) + ")" + ("?" if self.optional else "")

    @cached_property
    def spellings(self) -> frozenset[str] | None:
        """Every word the group can be, "" for nothing; None where an option is more than a word."""
        words: set[str] = set()
        for option in self.options:
            if not option.tokens:
                words.add("")
                continue
            own = _spellings(option.tokens[0]) if len(option.tokens) == 1 else None
            if own is None:
                return None
            words |= own
        return frozenset(words)

    @cached_property
    def anchors(self) -> frozenset[str]:
        inner = [_anchors(o) for o in self.options]
        return frozenset().union(*inner) if all(inner) else frozenset()


_Atom = _Literal | _Ending | _Amount | _Group


@dataclass(frozen=True)
class _Sequence:
    """Tokens (atoms written without a space between) and the gaps between them: words allowed, 0 for a plain space."""

    tokens: tuple[tuple[_Atom, ...], ...]
    gaps: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pattern:
    """A pattern, parsed. regex: without outer word boundaries. clauses: sets of words, beginnings ending in "*", or
    NUMBER: every match holds one of each set, the likely rarest set first; none where nothing could be found."""

    source: str
    parsed: _Sequence

    @cached_property
    def regex(self) -> str:
        return _regex(self.parsed)

    @cached_property
    def expression(self) -> re.Pattern[bytes]:
        """The pattern alone, at word boundaries."""
        return re.compile(whole_words([self]).encode("ascii"))

    @cached_property
    def clauses(self) -> tuple[frozenset[str], ...]:
        return _clauses(self.parsed)


class Macros:
    """Ways to say a word, by name; each parsed once, when first used."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self.words = words
        self._parsed: dict[str, _Group] = {}

    def group(self, name: str, where: str, depth: int) -> _Group:
        """The macro's group. Raises DataFileError for a wrong pattern in it, KeyError for an unknown name."""
        if name not in self._parsed:
            options = []
            for word in self.words[name]:
                inner = _Parser(word, self, where)
                inner.depth = depth
                options.append(inner.whole())
            self._parsed[name] = _Group(tuple(options))
        return self._parsed[name]


class _Parser:
    """Recursive descent over one pattern. Raises DataFileError naming the rule."""

    def __init__(self, source: str, macros: Macros, where: str) -> None:
        self.source, self.macros, self.where, self.at, self.depth = source, macros, where, 0, 0

    def fail(self, why: str) -> DataFileError:
        return DataFileError("pattern_wrong", rule=self.where, at=self.at + 1, why=why)

    def sequence(self, stops: str) -> _Sequence:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.fail("nested too deeply (a macro that names itself?)")
        tokens: list[tuple[_Atom, ...]] = []
        gaps: list[int] = []
        gap: int | None = None
        while self.at < len(self.source) and self.source[self.at] not in stops:
            if self.source[self.at] in " ~":
                gap = max(gap or 0, self.gap())
                continue
            token = self.token(stops)
            if tokens:
                gaps.append(gap or 0)
            tokens.append(token)
            gap = None
        self.depth -= 1
        return _Sequence(tuple(tokens), tuple(gaps))

    def gap(self) -> int:
        sign = self.source[self.at]
        self.at += 1
        if sign == " ":
            return 0
        digits = re.compile("[0-9]*").match(self.source, self.at)
        assert digits is not None
        self.at = digits.end()
        words = int(digits[0]) if digits[0] else GAP_WORDS
        if not 0 < words <= GAP_MAX:
            raise self.fail(f"a gap of {words} words; 1 to {GAP_MAX} are allowed")
        return words

    def token(self, stops: str) -> tuple[_Atom, ...]:
        atoms: list[_Atom] = []
        while self.at < len(self.source) and self.source[self.at] not in stops + " ~":
            sign = self.source[self.at]
            if sign == "(":
                self.at += 1
                atoms.append(self.group())
            elif sign == "{":
                atoms.append(self.macro())
            elif sign in "*#":
                self.at += 1
                atoms.append(_Ending() if sign == "*" else _Amount())
            elif sign in ")}|":
                raise self.fail(f"{sign!r} without its beginning")
            else:
                literal = re.compile(r"[^()|{}~*# ]+").match(self.source, self.at)
                assert literal is not None
                atoms.append(_Literal(literal[0]))
                self.at = literal.end()
        return tuple(atoms)

    def group(self) -> _Group:
        options = [self.sequence("|)")]
        while self.at < len(self.source) and self.source[self.at] == "|":
            self.at += 1
            options.append(self.sequence("|)"))
        if self.at >= len(self.source):
            raise self.fail("'(' is not closed")
        self.at += 1
        return _Group(tuple(options))

    def macro(self) -> _Group:
        end = self.source.find("}", self.at)
        name = self.source[self.at + 1: end] if end > 0 else ""
        if name not in self.macros.words:
            raise self.fail(f"no macro {name!r}; there are: {', '.join(sorted(self.macros.words))}")
        self.at = end + 1
        return self.macros.group(name, self.where, self.depth)

    def whole(self) -> _Sequence:
        result = self.sequence("")
        if self.at < len(self.source):
            raise self.fail("unexpected sign")
        return result


# -- to a regular expression ---------------------------------------------------------------------------------------------


def _empty(token: tuple[_Atom, ...]) -> bool:
    """Whether a token can be nothing at all."""
    return all(
        isinstance(a, _Ending) or (isinstance(a, _Group) and a.optional) for a in token
    )


def _nothing(sequence: _Sequence) -> bool:
    return all(_empty(t) for t in sequence.tokens)


@cache
def _folded_words(text: str) -> tuple[str, ...]:
    """Words of a literal as they stand in folded text. Packs are nearly all ASCII: the short way gives the same."""
    short = text.isascii()
    folded = _single(re.sub("['`]", "", text.lower())) if short else fold_text(text).decode("ascii")
    return tuple(re.findall("[a-z0-9]+", folded))


def _atom_regex(atom: _Atom) -> str:
    if isinstance(atom, _Literal):
        return SEPARATOR.join(_folded_words(atom.text))
    if isinstance(atom, _Ending):
        return "[a-z0-9]*"
    if isinstance(atom, _Amount):
        return AMOUNT
    return atom.regex


def _token_regex(token: tuple[_Atom, ...]) -> str:
    """A token of several atoms is spelled out where it can be: "ng(gak|ga)" must find the folded "ngak"."""
    words = _spellings(token) if len(token) > 1 else None
    if words is None:
        return "".join(_atom_regex(a) for a in token)
    options = sorted((w.replace("*", "[a-z0-9]*") for w in words - {""}), key=lambda w: (-len(w), w))
    return "(?:" + "|".join(options) + ")" + ("?" if "" in words else "")


def _gap_regex(words: int) -> str:
    return SEPARATOR if words == 0 else f"{SEPARATOR}(?:[a-z0-9]+{SEPARATOR}){{0,{words}}}"


def _regex(sequence: _Sequence) -> str:
    """Optional tokens take a gap with them, so that a missing word does not ask for two separators."""
    must = [i for i, t in enumerate(sequence.tokens) if not _empty(t)]
    if not must:
        raise ValueError("matches nothing")
    first = must[0]
    out = ""
    for i, token in enumerate(sequence.tokens):
        body = _token_regex(token)
        if _empty(token):
            body = body.removesuffix("?")  # the gap and the word are optional together, below
        if i < first:  # optional words before the first that must be there bring the gap behind them
            out += f"(?:{body}{_gap_regex(sequence.gaps[i])})?"
        elif i == first:
            out += body
        elif i in must:
            out += _gap_regex(sequence.gaps[i - 1]) + body
        else:
            out += f"(?:{_gap_regex(sequence.gaps[i - 1])}{body})?"
    return out


# -- anchors --------------------------------------------------------------------------------------------------------------


def _spellings(token: tuple[_Atom, ...]) -> frozenset[str] | None:
    """Every folded word a token can be, "*" where it is open, "" for nothing; None where that cannot be said."""
    parts: list[list[str]] = []
    for atom in token:
        if isinstance(atom, _Amount):
            return None
        if isinstance(atom, _Literal):
            words = _folded_words(atom.text)
            if len(words) != 1:
                return None
            parts.append(list(words))
        elif isinstance(atom, _Ending):
            parts.append(["*"])
        else:
            options = atom.spellings
            if options is None:
                return None
            parts.append(sorted(options))
    count = 1
    for part in parts:
        count *= len(part)
    if count > ANCHORS_MAX:
        return None
    return frozenset(_single("".join(combo)) for combo in itertools.product(*parts))


def _single(word: str) -> str:
    """Doubled letters once, as in folded text."""
    return re.sub(r"([a-z])\1+", r"\1", word)


def _token_words(token: tuple[_Atom, ...]) -> frozenset[str] | None:
    """Anchors of a token: its spellings, each cut at its first open place."""
    words = _spellings(token)
    if words is None:
        return None
    cut = frozenset(_cut(w) for w in words)
    return None if cut & {"", "*"} else cut


def _cut(word: str) -> str:
    star = word.find("*")
    return word if star < 0 else word[: star + 1]


def _cost(words: frozenset[str]) -> tuple[int, int, list[str]]:
    """Prefer anchors whose shortest word is long (rare), then few of them."""
    return (-min(len(w.rstrip("*")) - 2 * w.endswith("*") for w in words), len(words), sorted(words))


def _clauses(sequence: _Sequence) -> tuple[frozenset[str], ...]:
    """Sets of words: every match of the sequence holds a word of each set."""
    found: list[frozenset[str]] = []
    for token in sequence.tokens:
        if _empty(token):
            continue
        words = _token_words(token)
        if words is None and any(isinstance(atom, _Amount) for atom in token):
            words = frozenset([NUMBER])
        elif words is None and len(token) == 1 and isinstance(token[0], _Group):
            words = token[0].anchors
        elif words is None and len(token) == 1 and isinstance(token[0], _Literal):
            found += [frozenset([word]) for word in _folded_words(token[0].text)]
        if words:
            found.append(words)
    return tuple(sorted(set(found), key=_cost))


def _anchors(sequence: _Sequence) -> frozenset[str]:
    """The clause that is likely the rarest; empty where there is none."""
    return next(iter(_clauses(sequence)), frozenset())


def compile_pattern(source: str, macros: Macros, where: str) -> Pattern:
    """Compile one pattern; `where` names the rule in errors. Raises DataFileError."""
    sequence = _Parser(source, macros, where).whole()
    if _nothing(sequence):
        raise DataFileError("pattern_wrong", rule=where, at=1, why="it would match nothing, or everything")
    return Pattern(source, sequence)


def whole_words(patterns: Sequence[Pattern]) -> str:
    """One regular expression for any of the patterns, at word boundaries."""
    return "\\b(?:" + "|".join(p.regex for p in patterns) + ")\\b"
