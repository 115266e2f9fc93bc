"""Who may be at risk, where nobody said: only where the threads of the whole input point to one account.

A thread of two accounts votes for one of them where the other, and not this one,
- claims leverage or threatens to share, or
- shows four or more categories of the phases within the window (facts SIGNALS 1), one of them a means of control.
An account that shows any of this itself, in any thread, is never inferred. Votes for several accounts: those that carry the
name of the phone's owner (who sends `out`) if the owner is among them; else all of them where they carry one name; else nobody.
[] means unknown; a person can always be told with --at-risk.

The name that an inferred account shows is given too, for one phone's owner is an account number in one app and a name in
another: her words there must not count as somebody else's. Not where an account that acts shows the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi.signals.resolve import MANY_CATEGORIES, THREATS, Said, _said, _Thread, decide, near
from saksi.signals.senders import AtRisk, plain_name

CONTROL: Final = ("secrecy", "guardian_check", "isolation", "no_share_promise", "pressure", "reciprocity")
"""Categories that hold a person apart or press: small talk has none of them."""


def infer_at_risk(threads: Iterable[tuple[pa.Table, pa.Table]]) -> list[str]:
    """Names (or accounts) as the export gives them; [] unknown. In: (rows, candidates) of every thread."""
    votes: dict[str, bool] = {}  # account -> whether it sends `out`
    acting: set[str] = set()
    shown: dict[str, set[str]] = defaultdict(set)  # account -> names it shows
    for rows, candidates in threads:
        if candidates.num_rows == 0 or rows.num_rows == 0:
            continue
        said = _said(_Thread(rows, candidates, AtRisk(())), candidates)
        kept = [s for s in decide(said, known=True) if s.meant.by != "at_risk"]
        offenders = {s.sender for s in kept if s.sender is not None and _acts(kept, s.sender)}
        acting |= offenders
        people = _people(rows)
        _add_names(rows, shown)
        if len(people) == 2 and len(offenders & set(people)) == 1:
            (target,) = set(people) - offenders
            votes[target] = votes.get(target, False) or people[target]
    return _chosen({name: out for name, out in votes.items() if name not in acting}, shown, acting)


def _chosen(votes: Mapping[str, bool], shown: Mapping[str, set[str]], acting: set[str]) -> list[str]:
    """The accounts voted for that are one person as far as the exports say, with the names they show."""
    taken = {plain_name(n) for account in acting for n in (account, *shown.get(account, ()))}
    named = {a: {n for n in (a, *shown.get(a, ())) if plain_name(n) not in taken} for a in votes}
    plain = {a: {plain_name(n) for n in names} for a, names in named.items()}
    owners = [name for name, out in votes.items() if out]
    if len(votes) > 1 and len(owners) > 1:
        return []
    if len(votes) > 1 and owners:
        chosen = [a for a in votes if a == owners[0] or plain[a] & plain[owners[0]]]
    else:
        chosen = list(votes) if votes and set.intersection(*plain.values()) else []
    return sorted({*chosen, *(n for a in chosen for n in named[a])})


def _add_names(rows: pa.Table, shown: dict[str, set[str]]) -> None:
    """Add the names that accounts of a thread show."""
    pairs = rows.select(["sender_id", "sender_name"]).group_by(["sender_id", "sender_name"], use_threads=False).aggregate([])
    for account, name in zip(pairs.column("sender_id").to_pylist(), pairs.column("sender_name").to_pylist(), strict=True):
        if name is not None:
            shown[account or name].add(name)


def _people(rows: pa.Table) -> dict[str, bool]:
    """Accounts that write in a thread, and whether they are the phone's owner."""
    key = pc.coalesce(rows.column("sender_id"), rows.column("sender_name"))
    direction = rows.column("direction") if "direction" in rows.column_names else pa.nulls(rows.num_rows, pa.string())
    kinds = rows.column("kind")
    table = pa.table({"key": key, "out": pc.fill_null(pc.equal(direction, "out"), fill_value=False)}).filter(
        pc.and_(pc.is_valid(key), pc.invert(pc.is_in(kinds, value_set=pa.array(["service", "unparsed"]))))
    )
    grouped = table.group_by("key").aggregate([("out", "max")])
    return dict(zip(grouped.column("key").to_pylist(), grouped.column("out_max").to_pylist(), strict=True))


def _acts(kept: list[Said], sender: str) -> bool:
    own = [s for s in kept if s.sender == sender]
    if any(s.signal in THREATS for s in own):
        return True
    own = [s for s in own if s.meant.by == "other"]
    for s in own:
        met = {o.signal for o in own if near(s, o) and o.at >= s.at}
        if len(met) >= MANY_CATEGORIES and met & set(CONTROL):
            return True
    return False
