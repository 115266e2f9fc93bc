"""From candidates to marks: one whole thread at a time. Who said it, to whom, in which order, and with what else.

Steps, in order (docs/signals.md#resolve; numbers and their reasons are the constants below):
1. Leave out what nobody says here and now: rows of the app, reported speech, quotations, long forwarded text, and messages
   that call themselves a joke. Duplicates are heard (what follows them needs them) and get no marks: those are at the first.
2. Direction: a signal of the other side said by the person at risk is no mark, and the other way round.
3. A loan collector's threat is `other_threat`: it takes the place of threats in the same message and, where nothing
   speaks of images, of the sender's other threats near it.
4. A demand for money or a deadline needs a threat or leverage by the same sender near it, else it is commerce.
5. A weak mark needs a second category by the same sender near it, or an earlier strong one.
6. Strength: as the taxonomy says; strong too where many categories of one sender meet.
7. Nobody at risk known: only what holds whoever it is. So too in a thread of several accounts none of which is theirs: she
   may write there under another name, and her pleas would count as somebody else's.
8. Answers need something to answer: a plea is distress only behind a threat by somebody else, `payment_made` stays only
   beside the acts of somebody else. Words of self-harm stand by themselves, in jest and in quotation marks too.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from saksi.signals.candidates import SILENT_KINDS
from saksi.signals.rules import Packs, packs
from saksi.signals.senders import AtRisk, By
from saksi.signals.taxonomy import CUES, JOKE, OTHER_THREAT, PLEA, REPORTED, RESPONSES, Signal, taxonomy
from saksi.table.order import thread_order
from saksi.table.schema import MARK_SCHEMA
from saksi.words import say

WINDOW_MESSAGES: Final = 400
"""Messages of a thread within which categories meet: 200 by each of two people, the span in which published counts of
categories were taken (facts SIGNALS 1)."""

WINDOW_US: Final = 30 * 86_400 * 1_000_000
"""And at most 30 days, where instants are known: a month of silence ends an approach (the split of phases too)."""

MANY_CATEGORIES: Final = 4
"""Distinct categories of one sender within the window from which weak marks become strong: 27 % of known offenders
reach four, 4.5 % of neutral senders, none of a technical channel (facts SIGNALS 1)."""

REPORTED_REACH: Final = 100
"""Code points behind "he said that" that are taken for the reported words: a long sentence. It ends earlier where a new
sentence speaks in the first person to "you": the speaker has come back to his own affair."""

FORWARDED_LONG: Final = 300
"""Code points from which a forwarded text is passed-on reading matter (news, warnings), not the sender's own words."""

NEWS_LONG: Final = 400
"""Code points from which one reporting cue makes the whole message a report: chat messages are far shorter."""

NEEDS_THREAT: Final = ("payment_demand", "deadline")
THREATS: Final = ("leverage", "threat_to_share", "coerced_more")
BINDING: Final = ("quota_debt", "document_control")
"""Debts and papers that hold a person: a plea behind them is distress as behind a threat."""

IMAGE_TALK: Final = ("leverage", "coerced_more", "image_request", "video_call_request", "no_share_promise", "reciprocity")

_NEW_SENTENCE: Final = re.compile(r"[.!?\u2026]+(?=\s)|\n|,?\s(?=(?:tapi|tp|awas|pokoknya|but)\b)", re.IGNORECASE)
_SPEAKS_TO_YOU: Final = re.compile(
    r"(?=.*\b(?:aku|ak|gw|gue|gua|saya|ku\w+|i|i['\u2019]?(?:ll|m|ve))\b)"
    r".*\b(?:kamu|km|lu|lo|elu|kau|awak|anda|\w{3,}mu|you|your|u|ur)\b", re.IGNORECASE)
_QUOTE_MARK: Final = re.compile(r"[\"“”„«]")
_QUOTED: Final = re.compile(r"[\"“”„«]([^\"“”„«»]{8,})[\"“”»]")


@dataclass
class Said:
    """One candidate with what is known about its message. at: position in sending order; instant: us or None."""

    row: int
    at: int
    instant: int | None
    sender: str | None
    by: By
    signal: str
    start: int
    end: int
    rule: str
    version: int
    meant: Signal = field(repr=False)


class _Thread:
    """The rows of a thread that hold candidates, looked up once."""

    def __init__(self, thread: pa.Table, candidates: pa.Table, at_risk: AtRisk) -> None:
        self.at_risk = at_risk
        seq = np.asarray(thread.column("seq").combine_chunks())
        order = thread_order(thread)
        self.position = np.empty(len(order), np.int64)
        self.position[order] = np.arange(len(order))
        asked = np.asarray(candidates.column("seq").combine_chunks())
        at = np.minimum(np.searchsorted(seq, asked), max(len(seq) - 1, 0))
        self.row_of: npt.NDArray[np.int64] = np.where(seq[at] == asked, at, -1) if len(seq) else np.full(len(asked), -1)
        self.rows = np.unique(self.row_of[self.row_of >= 0])
        self.values = {int(r): v for r, v in zip(self.rows, self._values(thread), strict=True)}

    def _values(self, thread: pa.Table) -> list[dict[str, Any]]:
        wanted = [n for n in ("message_id", "source_digest", "sender_id", "sender_name", "kind", "text",
                              "forwarded_from", "duplicate_of", "flags") if n in thread.column_names]
        taken = thread.select(wanted).take(pa.array(self.rows))
        instants = pc.cast(thread.column("sent_at").take(pa.array(self.rows)), pa.int64())
        rows: list[dict[str, Any]] = taken.append_column("instant", instants).to_pylist()
        return rows


def resolve(
    thread: pa.Table, candidates: pa.Table, at_risk: Sequence[str] = (), packs: Packs | None = None
) -> pa.Table:
    """Marks of one whole thread (MARK_SCHEMA), by sending order, then start, then rule.

    In: thread, rows of one (source_digest, thread_id) in file order; candidates, CANDIDATE_SCHEMA, of that thread.
    at_risk: names or accounts of who may be the victim; empty: nobody known, and then only marks that hold whoever it
    is, with by "unknown". packs: those that gave the candidates.
    """
    if candidates.num_rows == 0 or thread.num_rows == 0:
        return MARK_SCHEMA.empty_table()
    looked = _Thread(thread, candidates, in_thread(thread, AtRisk(at_risk)))
    kept = decide(_said(looked, candidates), known=bool(looked.at_risk))
    return _as_table(kept, looked, thread, packs if packs is not None else _own())


def in_thread(thread: pa.Table, at_risk: AtRisk) -> AtRisk:
    """`at_risk`, or nobody where several accounts write in the thread and none of them is theirs (step 7)."""
    if not at_risk:
        return at_risk
    spoken = thread.filter(pc.invert(pc.is_in(thread.column("kind"), value_set=pa.array(sorted(SILENT_KINDS)))))
    senders = spoken.select(["sender_id", "sender_name"]).group_by(["sender_id", "sender_name"], use_threads=False)
    pairs = [(r["sender_id"], r["sender_name"]) for r in senders.aggregate([]).to_pylist()]
    accounts = {i or n for i, n in pairs} - {None}
    return at_risk if len(accounts) < 2 or any(at_risk.holds(i, n) for i, n in pairs) else AtRisk(())


def _own() -> Packs:
    return packs()


# -- step 1 -----------------------------------------------------------------------------------------------------------------


def _said(looked: _Thread, candidates: pa.Table) -> list[Said]:
    """Candidates that are somebody's own words, here and now, in sending order."""
    columns = {n: candidates.column(n).to_pylist() for n in ("signal", "start", "end", "rule", "version")}
    by_row: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(looked.row_of.tolist()):
        if row >= 0:
            by_row[row].append(i)
    meant = taxonomy().signals | {PLEA: taxonomy().signals["distress"]}
    result: list[Said] = []
    for row, numbers in by_row.items():
        values = looked.values[row]
        if values.get("kind") in SILENT_KINDS:
            continue
        heard = _Heard(values, [(columns["signal"][i], columns["start"][i], columns["end"][i]) for i in numbers])
        sender = values.get("sender_id") or values.get("sender_name")
        by = looked.at_risk.by(values.get("sender_id"), values.get("sender_name"))
        for i in numbers:
            signal = columns["signal"][i]
            if signal in meant and (heard.plain or heard.own_words(signal, columns["start"][i], columns["end"][i])):
                result.append(Said(row, int(looked.position[row]), values["instant"], sender, by, signal,
                                   columns["start"][i], columns["end"][i], columns["rule"][i], columns["version"][i],
                                   meant[signal]))
    result.sort(key=lambda s: (s.at, s.start, s.end, s.rule))
    return result


class _Heard:
    """Which stretches of one message are other people's words."""

    def __init__(self, values: dict[str, Any], found: Sequence[tuple[str, int, int]]) -> None:
        text: str = values.get("text") or ""
        self.text = text
        cues = [(start, end) for signal, start, end in found if signal == REPORTED]
        self.joke = any(signal == JOKE for signal, _, _ in found)
        self.cues = cues
        forwarded = values.get("forwarded_from") is not None or "forwarded" in (values.get("flags") or ())
        self.whole = (forwarded and len(text) >= FORWARDED_LONG) or (bool(cues) and len(text) >= NEWS_LONG)
        self.quotes = [m.span(1) for m in _QUOTED.finditer(text)] if _QUOTE_MARK.search(text) else []
        if text.startswith(">"):  # the mail habit: the first line is somebody else's
            self.quotes.append((0, len(text.split("\n", 1)[0])))
        self.plain = not (self.quotes or self.cues or self.joke or self.whole)  # nothing in it can be somebody else's

    def own_words(self, signal: str, start: int, end: int) -> bool:
        """A response keeps standing beside reported words ("he says he will post it, please help me"): it is why they
        are repeated. Within quotation marks nothing is the speaker's own. Distress always stands: a card too many does
        less harm than "i want to die lol" unheard."""
        if signal == "distress":
            return True
        if any(s <= start and end <= e for s, e in self.quotes):
            return False
        if signal in RESPONSES or signal == PLEA:
            return not self.joke
        if self.whole or self.joke:
            return False
        return not any(self._told(cue_start, cue_end, start) for cue_start, cue_end in self.cues)

    def _told(self, cue_start: int, cue_end: int, start: int) -> bool:
        """Whether a candidate at `start` is within the words that the cue reports."""
        if not cue_start <= start <= cue_end + REPORTED_REACH:
            return False
        begins = [m.end() for m in _NEW_SENTENCE.finditer(self.text, cue_end, max(start, cue_end))]
        if not begins:
            return True
        ends = _NEW_SENTENCE.search(self.text, start)
        return _SPEAKS_TO_YOU.match(self.text, begins[-1], ends.start() if ends else len(self.text)) is None


# -- steps 2 to 7 -------------------------------------------------------------------------------------------------------------


def near(one: Said, other: Said) -> bool:
    """Whether two candidates stand within the window of each other."""
    if abs(one.at - other.at) > WINDOW_MESSAGES:
        return False
    return one.instant is None or other.instant is None or abs(one.instant - other.instant) <= WINDOW_US


def _near_one_of(one: Said, others: Sequence[Said]) -> bool:
    """Whether one of `others` (in sending order) is near: the nearest before or behind decides."""
    at = bisect_left(others, one.at, key=lambda o: o.at)
    return any(near(one, o) for o in others[max(at - 1, 0): at + 1])


def decide(said: list[Said], *, known: bool) -> list[Said]:
    """Steps 2 to 5 and 7 on candidates in sending order. known: whether somebody at risk is known."""
    directed = [s for s in said if _direction_holds(s)]
    directed = _without_other_threats(directed)
    groups: dict[str | None, list[Said]] = defaultdict(list)
    for s in directed:
        groups[s.sender].append(s)
    kept: list[Said] = []
    for sender, own in groups.items():
        kept.extend(_kept_of_sender(own, sender_named=sender is not None))
    if not known:
        kept = _whoever_it_is(kept)
    kept = _with_something_to_answer(kept)
    kept.sort(key=lambda s: (s.at, s.start, s.end, s.rule))
    return kept


def _direction_holds(said: Said) -> bool:
    if said.meant.by == "any" or said.by == "unknown":
        return True
    return said.by == said.meant.by


def _without_other_threats(said: list[Said]) -> list[Said]:
    """Step 3."""
    others = [s for s in said if s.signal == OTHER_THREAT]
    if not others:
        return said
    same_message = {s.row for s in others}
    by_sender: dict[str | None, list[Said]] = defaultdict(list)
    for s in others:
        by_sender[s.sender].append(s)
    about_images = {s.sender for s in said if s.signal in IMAGE_TALK and s.row not in same_message}
    collectors = by_sender.keys() - about_images
    displaced = (*THREATS, *NEEDS_THREAT)
    return [
        s for s in said
        if s.signal not in displaced
        or (s.row not in same_message
            and not (s.sender in collectors and _near_one_of(s, by_sender[s.sender])))
    ]


def _kept_of_sender(own: list[Said], *, sender_named: bool) -> list[Said]:
    """Steps 4 and 5, among one sender's candidates in sending order."""
    own = _demands_with_threats(own)
    kept: list[Said] = []
    strong_before = False
    for i, s in enumerate(own):
        by_itself = s.signal in RESPONSES or s.signal == OTHER_THREAT or s.meant.alone == "strong"
        if by_itself or (sender_named and (strong_before or _meets_another(own, i))):
            kept.append(s)
        strong_before = strong_before or (s.meant.alone == "strong" and s.meant.phase is not None)
    return kept


def _demands_with_threats(own: list[Said]) -> list[Said]:
    threats = [s for s in own if s.signal in THREATS]
    return [s for s in own if s.signal not in NEEDS_THREAT or _near_one_of(s, threats)]


def _meets_another(own: list[Said], i: int) -> bool:
    """Whether another category of a phase stands within the window of own[i]."""
    for step in (-1, 1):
        j = i + step
        while 0 <= j < len(own) and near(own[i], own[j]):
            if own[j].signal != own[i].signal and own[j].meant.phase is not None:
                return True
            j += step
    return False


def _whoever_it_is(kept: list[Said]) -> list[Said]:
    """Step 7: what holds whoever is at risk.

    Strong marks hold: a threat is a threat whoever says it, and distress shows the crisis card. Weak ones of a sender
    hold beside that sender's own strong ones of sextortion; responses hold where somebody else in the thread threatens.
    """
    threatening = {s.sender for s in kept if s.signal in THREATS}
    result = []
    for s in kept:
        if s.meant.alone == "strong" or s.signal == OTHER_THREAT or s.meant.by == "any":
            result.append(s)
        elif s.signal in RESPONSES:
            if threatening - {s.sender}:
                result.append(s)
        elif s.sender is not None and s.sender in threatening:
            result.append(s)
    return result


def _with_something_to_answer(kept: list[Said]) -> list[Said]:
    """Step 8. A plea becomes `distress`, at most one a message; without a threat before it, it is nothing."""
    acts: dict[str | None, list[Said]] = defaultdict(list)
    threats: dict[str | None, list[Said]] = defaultdict(list)
    for s in sorted(kept, key=lambda s: s.at):
        if s.meant.phase is not None:
            acts[s.sender].append(s)
        if s.signal in (*THREATS, *NEEDS_THREAT, *BINDING):
            threats[s.sender].append(s)
    distressed = {s.row for s in kept if s.signal == "distress"}
    result = []
    for s in kept:
        if s.signal == PLEA:
            if s.row not in distressed and any(_behind_one_of(s, t) for who, t in threats.items() if who != s.sender):
                distressed.add(s.row)
                result.append(replace(s, signal="distress"))
        elif s.signal != "payment_made" or any(_near_one_of(s, a) for who, a in acts.items() if who != s.sender):
            result.append(s)
    return result


def _behind_one_of(one: Said, others: Sequence[Said]) -> bool:
    """Whether one of `others` (in sending order) is near and before."""
    at = bisect_left(others, one.at, key=lambda o: o.at)
    return at > 0 and near(one, others[at - 1])


def strengths(kept: list[Said]) -> list[str]:
    """Step 6: "strong" or "weak" for each mark, in the given (sending) order."""
    result = ["strong" if s.meant.alone == "strong" else "weak" for s in kept]
    groups: dict[str | None, list[int]] = defaultdict(list)
    for i, s in enumerate(kept):
        if s.meant.phase is not None and s.sender is not None:
            groups[s.sender].append(i)
    for numbers in groups.values():
        first = 0
        counts: dict[str, int] = defaultdict(int)
        met: list[tuple[int, int]] = []  # stretches of `numbers` in which enough categories meet
        for last, i in enumerate(numbers):
            counts[kept[i].signal] += 1
            while not near(kept[numbers[first]], kept[i]):
                signal = kept[numbers[first]].signal
                counts[signal] -= 1
                if not counts[signal]:
                    del counts[signal]
                first += 1
            if len(counts) >= MANY_CATEGORIES:
                met.append((first, last))
        done = 0
        for start, end in met:
            for k in range(max(start, done), end + 1):
                result[numbers[k]] = "strong"
            done = max(done, end + 1)
    return result


# -- out ----------------------------------------------------------------------------------------------------------------------


def mark_id(message_id: str, rule: str, start: int, end: int) -> str:
    """"m" and 16 hex digits: the same for the same words under the same rule, in every run."""
    return "m" + hashlib.sha256(f"{message_id}\0{rule}\0{start}\0{end}".encode()).hexdigest()[:16]


def _because(said: Said, loaded: Packs) -> dict[str, str]:
    """The rule's sentence; for words of the person at risk in the exploitation phase a neutral one, always: she may be
    coerced, another may have typed."""
    if said.by == "at_risk" and said.meant.phase == "exploitation":
        return {lang: say("signals.words_of_at_risk", lang, about=say(f"signals.{said.signal}", lang))
                for lang in ("id", "en")}
    rule = loaded.by_id.get(said.rule)
    if rule is None:  # candidates of other packs than given: the signal's own name is still true
        return {lang: say("signals.shows", lang, about=say(f"signals.{said.signal}", lang)) for lang in ("id", "en")}
    return {"id": rule.entry.because.id, "en": rule.entry.because.en}


def _as_table(kept: list[Said], looked: _Thread, thread: pa.Table, loaded: Packs) -> pa.Table:
    strong = dict(zip(map(id, kept), strengths(kept), strict=True))
    kept = [s for s in kept if looked.values[s.row].get("duplicate_of") is None]
    if not kept:
        return MARK_SCHEMA.empty_table()
    rows = pa.array([s.row for s in kept], pa.int64())
    ids = [looked.values[s.row]["message_id"] for s in kept]
    columns = {
        "mark_id": [mark_id(m, s.rule, s.start, s.end) for m, s in zip(ids, kept, strict=True)],
        "message_id": ids,
        "seq": thread.column("seq").take(rows).to_pylist(),
        "thread_id": thread.column("thread_id").take(rows).to_pylist(),
        "source_digest": thread.column("source_digest").take(rows).to_pylist(),
        "signal": [s.signal for s in kept],
        "phase": [s.meant.phase for s in kept],
        "by": [s.by for s in kept],
        "strength": [strong[id(s)] for s in kept],
        "start": [s.start for s in kept],
        "end": [s.end for s in kept],
        "rule": [s.rule for s in kept],
        "version": [s.version for s in kept],
        "because": [_because(s, loaded) for s in kept],
    }
    assert set(CUES).isdisjoint(columns["signal"])
    return pa.table(columns, schema=MARK_SCHEMA)


def crisis(marks: pa.Table) -> bool:
    """Whether distress is marked: the safety card then comes before anything else."""
    return bool(pc.any(pc.equal(marks.column("signal"), "distress")).as_py())
