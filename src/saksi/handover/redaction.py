"""A redacted copy of what was chosen: uninvolved people as initials, everywhere; the sealed original stays as it is.

Profile `uninvolved-initials` (version 1), rules in order:
1. Who is involved is decided as in documents (`saksi.report._who`): the person at risk, the owner, persons decided on, accounts
   of a printed phase or event. Everybody else is uninvolved.
2. Uninvolved accounts, display names, thread ids and titles, forwarding names and paths that hold them become initials.
3. Inside texts the names of uninvolved accounts are replaced by their initials, padded with "·" to the length they had, so that
   the places of marks (code points of the sealed original) still fit. `flags` of such a row gain "redacted".
4. Identifiers (numbers, accounts, links) in messages of uninvolved senders are left out of the table of identifiers.
5. Words that no list of names can know (a place, a school, a nickname) stay: a person must read a redacted copy before it goes.

The link to the original: message ids, source digests and the log's commitments of the sealed table, with proofs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from saksi.case.model import CaseView, SourceView, ThreadView
from saksi.handover.selection import SelectedView
from saksi.report._who import Who
from saksi.report.chronology.report import who_is_named
from saksi.table.schema import MESSAGE_SCHEMA

PROFILE: Final = "uninvolved-initials"
PROFILE_VERSION: Final = 1
FLAG: Final = "redacted"
PAD: Final = "·"
NAME_MIN: Final = 3
"""Names shorter than this are not looked for inside texts: "Di" or "No" are words."""


class Redactor:
    """Replaces names of uninvolved people. who: names and initials; names: every name of an uninvolved account."""

    def __init__(self, who: Who) -> None:
        self._who = who
        hidden = {n: s for n, s in who.hidden().items() if len(n) >= NAME_MIN}
        # first names too: people are spoken to by them
        for name, short in list(hidden.items()):
            first = name.split()[0] if name.split() else ""
            if len(first) >= NAME_MIN and first.isalpha() and first not in who.shown_words():
                hidden.setdefault(first, short)
        self._hidden = hidden
        ordered = sorted(hidden, key=lambda n: (-len(n), n))
        self._pattern = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, ordered)) + r")(?!\w)", re.IGNORECASE) if ordered else None
        )
        self.account: Callable[[str], str] = lru_cache(maxsize=100_000)(self._account)
        self.title: Callable[[str], str] = lru_cache(maxsize=100_000)(who.clean)
        self.path: Callable[[str], str] = lru_cache(maxsize=100_000)(who.clean_path)

    def _account(self, account: str) -> str:
        return account if self._who.is_involved(account) else self._who(account)

    def is_involved(self, sender_id: str | None, sender_name: str | None) -> bool:
        """Whether the sender is named; a row of nobody (a system row) counts as involved."""
        account = sender_id or sender_name
        return account is None or self._who.is_involved(account)

    def text(self, text: str) -> str:
        """The text with hidden names replaced, code point for code point as long as before."""
        return text if self._pattern is None else self._pattern.sub(self._instead, text)

    def _instead(self, hit: re.Match[str]) -> str:
        short = self._hidden.get(hit[0].casefold(), "?")
        return short[: len(hit[0])].ljust(len(hit[0]), PAD)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row of the message table, redacted."""
        said = dict(row)
        involved = self.is_involved(row["sender_id"], row["sender_name"])
        account = row["sender_id"] or row["sender_name"]
        if not involved and account is not None:
            short = self.account(account)
            said["sender_id"] = None if row["sender_id"] is None else short
            said["sender_name"] = None if row["sender_name"] is None else short
        for name in ("thread_id", "thread_title", "forwarded_from"):
            if row[name] is not None:
                said[name] = self.title(row[name])
        if row["source_part"] is not None:
            said["source_part"] = self.path(row["source_part"])
        if row["text"] is not None:
            said["text"] = self.text(row["text"])
        if row["attachments"]:
            said["attachments"] = [
                {**a, "name": None if a["name"] is None else self.path(a["name"])} for a in row["attachments"]
            ]
        if any(said[name] != row[name] for name in said):
            said["flags"] = [*(row["flags"] or ()), FLAG]
        return said


class RedactedView(SelectedView):
    """What was chosen, redacted (see the module's text)."""

    def __init__(self, view: CaseView, selected: SelectedView) -> None:
        super().__init__(view, selected.selection, selected.code, selected.media_in)
        self._plain = selected
        self.redactor = Redactor(who_is_named(selected))
        self.rows_changed = 0

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The chosen rows, redacted."""
        for batch in super().batches(None):
            rows = [self.redactor.row(r) for r in batch.to_pylist()]
            redacted = pa.RecordBatch.from_pylist(rows, schema=MESSAGE_SCHEMA)
            yield redacted if columns is None else redacted.select(list(columns))

    @cached_property
    def threads(self) -> Sequence[ThreadView]:
        """The chosen threads under redacted names."""
        clean = self.redactor
        return [
            replace(
                t,
                thread_id=None if t.thread_id is None else clean.title(t.thread_id),
                title=None if t.title is None else clean.title(t.title),
                accounts={clean.account(a): n for a, n in t.accounts.items()},
            )
            for t in self._plain.threads
        ]

    @cached_property
    def sources(self) -> Sequence[SourceView]:
        """The exhibits; names of files and threads redacted."""
        return [self._source(s) for s in self._plain.sources]

    def _source(self, source: SourceView) -> SourceView:
        account, clean = source.account, self.redactor
        said = {
            **account,
            "source": {**account["source"], "name": clean.path(account["source"]["name"])},
            "threads": [
                {**t, **{k: None if t.get(k) is None else clean.title(t[k]) for k in ("thread_id", "title")}}
                for t in account.get("threads", ())
            ],
            "parts": [{**p, "part": None if p["part"] is None else clean.path(p["part"])} for p in account.get("parts", ())],
            "problems": [
                {**p, "part": None if p["part"] is None else clean.path(p["part"])} for p in account.get("problems", ())
            ],
        }
        left = [replace(m, part=None if m.part is None else clean.path(m.part)) for m in source.left_out]
        return replace(source, account=said, left_out=left)

    def _titled(self, table: pa.Table) -> pa.Table:
        """Thread ids of a table under redacted names."""
        ids = [None if t is None else self.redactor.title(t) for t in table.column("thread_id").to_pylist()]
        return table.set_column(table.schema.get_field_index("thread_id"), table.schema.field("thread_id"), pa.array(ids, pa.string()))

    @cached_property
    def marks(self) -> pa.Table:
        """Marks, thread ids redacted."""
        return self._titled(self._plain.marks)

    @cached_property
    def phases(self) -> pa.Table:
        """Phases, thread ids redacted; people of a phase are involved."""
        rows = self._plain.phases.to_pylist()
        for row in rows:
            row["thread_ids"] = [self.redactor.title(t) for t in row["thread_ids"] or ()]
        return pa.Table.from_pylist(rows, schema=self._plain.phases.schema)

    @cached_property
    def identifiers(self) -> pa.Table:
        """Rule 4."""
        table = self._plain.identifiers
        wanted = pa.array(pc.unique(table.column("message_id")).to_pylist(), pa.string())
        kept: list[str] = []
        for batch in self._plain.batches(("message_id", "sender_id", "sender_name")):
            hits = batch.filter(pc.is_in(batch.column("message_id"), value_set=wanted))
            kept += [
                r["message_id"] for r in hits.to_pylist()
                if self.redactor.is_involved(r["sender_id"], r["sender_name"])
            ]  # fmt: skip
        mine = table.filter(pc.is_in(table.column("message_id"), value_set=pa.array(kept, pa.string())))
        return self._titled(mine)

    @cached_property
    def problems(self) -> pa.Table:
        """Problems, paths redacted."""
        table = self._plain.problems
        parts = [None if p is None else self.redactor.path(p) for p in table.column("source_part").to_pylist()]
        place = table.schema.get_field_index("source_part")
        return table.set_column(place, table.schema.field("source_part"), pa.array(parts, pa.string()))

    @cached_property
    def met(self) -> Any:
        """What the plain rows meet: redacted names are nobody's."""
        return self._plain.met
