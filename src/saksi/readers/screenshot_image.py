"""Screenshots of chats and of transfer receipts that the user declared to be such: what was read on them, as rows.

Reads transcripts (`saksi.ocr`), never pictures: a part comes here where it was declared (`Part.transcript`), not by its content.

Rows, in order:
1. Pictures of one scroll hang together (`_screen_stitch`), whatever their names; such strips follow each other by the dates on them
   where all have one, else by the names of their files. Strips of one folder and one title are one thread.
2. Each picture is a row of kind service (flag `screenshot`) with its digest as attachment, or of kind
   unparsed where it could not be read.
3. Its child rows .1, .2 … are what stands on it, in reading order: bubbles (kind text), labels and lines of the screen (kind
   service), quotations (service, `field:quote`), or a receipt (kind payment, flag `receipt`) and its fields
   (`field:<name>`).
4. A bubble that another picture of the strip shows too carries `duplicate_of`; nothing is left out.
5. direction by the side of the bubble. Own rows have sender_id `self`: a picture names nobody for them.
   Others have the name that stands
   on the picture: in the bubble, above an earlier bubble of the same run (flag `sender_from_above`), or, where nobody is named
   on any picture of the thread, the chat's title (`sender_from_title`).
6. sent_at_text is the day label above and the clock, as written. An instant needs a whole date, a clock and the zone.
7. confidence is the least of the row's lines; below EYE_BOUND the flag `check_by_eye` says so.

Versions tested: rendered chats in three looks, light and dark, 720 to 1440 pixels wide (tests/simulator/screens.py).
References: docs/formats/screenshots.md, docs/decisions/0015-screenshots.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from saksi.ocr import Transcript, unpacked
from saksi.parts import Part, Source
from saksi.readers import _screen_stitch as stitch
from saksi.readers._receipts import Receipt, moment_of, payer_of, receipt_of
from saksi.readers._screen_layout import Item, Row, Screen, screen_of
from saksi.readers._screen_times import label_of, stamp
from saksi.readers._screen_words import fold
from saksi.readers._stamps import Stamp, Stamps
from saksi.readers.base import OWN_ACCOUNT, Chunk, Evidence, Problem, ReadSettings, TableRows
from saksi.times import local_seconds_to_utc_us

EYE_BOUND: Final = 0.93
"""unsourced: confidence below which a line is to be checked by eye. Errors that look right are read with more (I for l: 0.98)."""


@dataclass
class Picture:
    """One declared picture. at: how far it is scrolled on its strip, in dp."""

    part: Part
    transcript: Transcript
    screen: Screen
    receipt: Receipt | None = None
    at: float = 0.0


@dataclass
class Entry:
    """One row before it is a column. stamp: numbers of its time, where they are all there."""

    picture: Picture
    child: int
    kind: str
    text: str | None = None
    box: tuple[int, int, int, int] | None = None
    confidence: float | None = None
    own: bool | None = None
    sender: str | None = None
    account: str | None = None
    time_text: str | None = None
    stamp: Stamp | None = None
    duplicate_of: str | None = None
    flags: list[str] = field(default_factory=list)
    attachments: list[dict[str, Any]] | None = None


@dataclass
class Thread:
    """Strips of one chat. pictures in their order."""

    id: str
    title: str | None
    strips: list[list[Picture]]


def _load(part: Part) -> Picture:
    try:
        assert part.transcript is not None
        read = unpacked(part.transcript())
    except ValueError:
        read = Transcript("", problem="picture_failed")
    if read.problem is None:
        try:
            return Picture(part, read, screen_of(read), receipt_of(read.lines))
        except Exception:  # noqa: BLE001 - one picture that defies the rules must not part the others of its chat
            read = msgspec.structs.replace(read, problem="picture_layout")
    return Picture(part, read, Screen(360, 1, None, None, []))


class ScreenshotImage:
    """See the module's text."""

    name = "screenshot_image"

    def recognise(self, part: Part) -> Evidence | None:
        """Only what was declared."""
        return Evidence("screenshot_declared") if part.transcript is not None else None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002 - the seam's signature
        """Nothing else belongs to a screenshot."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """A chunk a picture, in the order of rule 1."""
        pictures = [_load(part) for part in sorted(parts, key=lambda p: (_natural(p.path or ""), p.number))]
        stamps = Stamps()
        threads = [(thread, _entries(source, thread, stamps)) for thread in _threads(source, pictures)]
        stamps.decide(settings.date_order)
        for thread, entries in threads:
            by_picture: dict[int, list[Entry]] = defaultdict(list)
            for entry in entries:
                by_picture[entry.picture.part.number].append(entry)
            for strip in thread.strips:
                for picture in strip:
                    rows = by_picture[picture.part.number]
                    yield _chunk(picture, thread, rows, stamps, settings)


def _natural(path: str) -> list[tuple[int, str]]:
    """Names with their numbers as numbers: 2 before 10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece.casefold()) for piece in re.split(r"(\d{1,18})", path) if piece]


def _threads(source: Source, pictures: list[Picture]) -> list[Thread]:
    """Pictures as strips, strips as threads (rule 1). Receipts and what could not be read stand alone."""
    by_folder: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        by_folder[(picture.part.path or "").rpartition("/")[0]].append(picture)
    threads: list[Thread] = []
    for group in by_folder.values():
        chats = [p for p in group if p.receipt is None and p.transcript.problem is None]
        strips = _strips(chats)
        titled: dict[str, list[list[Picture]]] = {}
        for n, strip in enumerate(strips):
            title = _title(strip)
            titled.setdefault(fold(title) if title else f"\0{n}", []).append(strip)
        for members in titled.values():
            members.sort(key=lambda strip: _natural(strip[0].part.path or ""))
            first = min(p.part.number for strip in members for p in strip)
            thread_id = f"{source.digest[:16]}-{first}"
            threads.append(Thread(thread_id, _title([p for strip in members for p in strip]), _by_date(members)))
        alone = [p for p in group if p not in chats]
        threads += [Thread(f"{source.digest[:16]}-{p.part.number}", None, [[p]]) for p in alone]
    return threads


def _strips(chats: list[Picture]) -> list[list[Picture]]:
    """Pictures that hang together, in scrolling order, each with its place."""
    strips = []
    for placed in stitch.strips_of([p.screen for p in chats]):
        for p in placed:
            chats[p.number].at = p.at
        strips.append([chats[p.number] for p in placed])
    return strips


def _title(pictures: Sequence[Picture]) -> str | None:
    """The title most headers show; the first of those as often seen."""
    titles = [p.screen.title for p in pictures if p.screen.title]
    folded = [fold(t) for t in titles]
    best = max(folded, key=lambda f: (folded.count(f), -folded.index(f)), default=None)
    return None if best is None else titles[folded.index(best)]


def _by_date(strips: list[list[Picture]]) -> list[list[Picture]]:
    """Strips in the order of the first date on each, where every one has a date whose order is beyond doubt."""
    keys = []
    for strip in strips:
        dated = (label_of(i.text or "") for p in strip for i in p.screen.items if i.kind == "label")
        day = next((d.day for d in dated if d is not None and d.dated and d.day), None)
        made = stamp(day, "00:00") if day else None
        if made is None or made.key[0] != "name":
            return strips
        keys.append(made.numbers)
    return [strip for _, strip in sorted(zip(keys, strips, strict=True), key=lambda pair: pair[0])]


# -- rows --------------------------------------------------------------------------------------------------------------


def _row_id(source: Source, picture: Picture, child: int) -> str:
    base = f"{source.digest[:16]}-{picture.part.number}-0"
    return f"{base}.{child}" if child else base


def _entries(source: Source, thread: Thread, stamps: Stamps) -> list[Entry]:
    entries: list[Entry] = []
    ids: dict[tuple[int, int], int] = {}  # (part number, index of item) -> child number
    for strip in thread.strips:
        for picture in strip:
            entries.append(_picture_row(picture))
            if picture.receipt is not None:
                entries += _receipt_rows(source, picture, picture.receipt, stamps)
        placed = [stitch.Placed(n, p.at) for n, p in enumerate(strip)] if strip[0].receipt is None else []
        seen = stitch.doubles([p.screen for p in strip], placed)
        for picture in strip if strip[0].receipt is None else ():
            child = 0
            for index, item in enumerate(picture.screen.items):
                child += 1
                ids[picture.part.number, index] = child
                entries.append(_item_row(picture, child, item))
                for quote in item.quotes:
                    child += 1
                    entries.append(_item_row(picture, child, quote))
        _mark_doubles(source, strip, seen, ids, entries)
        _settle(strip, seen, ids, entries, stamps)
    _name_senders(thread, entries)
    return entries


def _picture_row(picture: Picture) -> Entry:
    t = picture.transcript
    attachment = {
        "name": picture.part.path, "digest": picture.part.known_digest, "media_type": "image", "size": picture.part.size,
        "state": "present",
    }  # fmt: skip
    kind = "service" if t.problem is None else "unparsed"
    box = (0, 0, t.width, t.height) if t.width else None
    return Entry(picture, 0, kind, box=box, flags=["screenshot"], attachments=[attachment])


def _item_row(picture: Picture, child: int, item: Item) -> Entry:
    flags = []
    if item.kind == "screen":
        flags.append("field:screen")
    if item.kind == "quote":
        flags.append("field:quote")
    if item.signs:
        flags.append(f"signs_not_read:{item.signs}")
    kind = "text" if item.kind == "bubble" else "service"
    if "deleted" in item.marks:
        kind = "deleted"
    flags += [m for m in item.marks if m != "deleted"]
    sender = item.name.text if item.name else None
    return _checked(Entry(picture, child, kind, item.text, item.box, item.confidence, item.own, sender, item.clock, flags=flags))


def _checked(entry: Entry) -> Entry:
    if entry.confidence is not None and entry.confidence < EYE_BOUND:
        entry.flags.append("check_by_eye")
    return entry


def _receipt_rows(source: Source, picture: Picture, receipt: Receipt, stamps: Stamps) -> list[Entry]:
    """The receipt as a payment and its fields; the words of a field stand in the payment too, so they are marked as doubles."""
    payment = _checked(Entry(picture, 1, "payment", receipt.text, _box(receipt.rows), receipt.confidence, flags=["receipt"]))
    payment.sender, payment.account = payer_of(receipt)
    payment.time_text, payment.stamp = moment_of(receipt)
    if payment.stamp is not None:
        stamps.note(payment.stamp)
    rows = [payment]
    for n, part in enumerate(receipt.fields, 2):
        entry = Entry(picture, n, "payment", part.text, _box(part.rows), part.confidence, flags=[f"field:{part.name}"])
        entry.duplicate_of = _row_id(source, picture, 1)
        rows.append(_checked(entry))
    return rows


def _box(rows: Sequence[Row]) -> tuple[int, int, int, int]:
    pieces = [p.box for row in rows for p in row.pieces]
    x, y = min(b[0] for b in pieces), min(b[1] for b in pieces)
    return x, y, max(b[0] + b[2] for b in pieces) - x, max(b[1] + b[3] for b in pieces) - y


def _mark_doubles(
    source: Source, strip: Sequence[Picture], seen: Sequence[stitch.Seen], ids: dict[tuple[int, int], int], entries: list[Entry]
) -> None:
    by_place = {(e.picture.part.number, e.child): e for e in entries}
    for s in seen:
        if s.original is not None:
            original = strip[s.original.screen]
            child = ids[original.part.number, s.original.index]
            mine = strip[s.screen].part.number
            by_place[mine, ids[mine, s.index]].duplicate_of = _row_id(source, original, child)


def _settle(
    strip: Sequence[Picture], seen: Sequence[stitch.Seen], ids: dict[tuple[int, int], int], entries: list[Entry], stamps: Stamps
) -> None:
    """Days, clocks and names along a strip (rules 5 and 6)."""
    by_place = {(e.picture.part.number, e.child): e for e in entries}
    day: str | None = None
    dated = False
    waiting: str | None = None  # the clock of a label, for the bubble right below it
    name: str | None = None
    for s in sorted(seen, key=lambda s: (s.top, s.screen)):
        number = strip[s.screen].part.number
        entry = by_place[number, ids[number, s.index]]
        if s.item.kind == "label":
            label = label_of(s.item.text or "")
            if label is not None:
                day, dated = (label.day, label.dated) if label.day else (day, dated)
                waiting = label.clock
            name = None
            continue
        clock = s.item.clock or waiting
        waiting = None if s.original is None else waiting
        if clock is not None:
            entry.time_text = f"{day} {clock}" if day else clock
            entry.stamp = stamp(day, clock) if day and dated else None
            if entry.stamp is not None:
                stamps.note(entry.stamp)
        if s.item.own is False:
            if entry.sender is None and name is not None:
                entry.sender = name
                entry.flags.append("sender_from_above")
            name = entry.sender
        else:
            name = None


def _name_senders(thread: Thread, entries: list[Entry]) -> None:
    """Where no bubble of the thread carries a name, it is a chat of two, and the title is the other one."""
    bubbles = [e for e in entries if e.kind in ("text", "deleted") and e.own is not None]
    if thread.title is None or any(e.sender for e in bubbles):
        return
    for entry in bubbles:
        if entry.own is False:
            entry.sender = thread.title
            entry.flags.append("sender_from_title")


def _chunk(picture: Picture, thread: Thread, rows: list[Entry], stamps: Stamps, settings: ReadSettings) -> Chunk:
    at, basis, ambiguous = _instants(rows, stamps, settings)
    columns: dict[str, Any] = {
        "kind": [e.kind for e in rows],
        "text": [e.text for e in rows],
        "box": [None if e.box is None else list(e.box) for e in rows],
        "thread_id": [thread.id] * len(rows),
        "thread_title": [thread.title] * len(rows),
        "confidence": [e.confidence for e in rows],
        "direction": [None if e.own is None else "out" if e.own else "in" for e in rows],
        "sender_id": [OWN_ACCOUNT if e.own and e.kind in ("text", "deleted") else e.account for e in rows],
        "sender_name": [None if e.own else e.sender for e in rows],
        "sent_at": at,
        "sent_at_text": [e.time_text for e in rows],
        "sent_at_basis": basis,
        "duplicate_of": [e.duplicate_of for e in rows],
        "flags": [e.flags or None for e in rows],
        "attachments": [e.attachments for e in rows],
    }
    problems = []
    t = picture.transcript
    if t.problem is not None:
        problems.append(Problem(t.problem, picture.part.path))
    if t.cut_off:
        problems.append(Problem("truncated", picture.part.path))
    if "zone_unknown" in basis:
        problems.append(Problem("zone_unknown", picture.part.path))
    if ambiguous:
        problems.append(Problem("date_order_ambiguous", picture.part.path))
    child = np.array([e.child for e in rows], dtype=np.int64)
    bad = sum(e.kind == "unparsed" for e in rows)
    return Chunk(
        picture.part,
        columns,
        child,
        problems=problems,
        keys=pa.array(["0"] * len(rows), pa.string()),
        given={"picture": (len(rows) - bad, bad)},
        tables=(TableRows("picture", "messages", len(rows)),),
    )


def _instants(rows: list[Entry], stamps: Stamps, settings: ReadSettings) -> tuple[list[int | None], list[str], bool]:
    """Microseconds UTC, their basis, and whether the order of day and month could not be told for one."""
    at: list[int | None] = [None] * len(rows)
    basis = ["none"] * len(rows)
    mine = [(i, e.stamp) for i, e in enumerate(rows) if e.stamp is not None]
    if not mine:
        return at, basis, False
    local = stamps.local([s for _, s in mine])
    known = [n for n in range(len(mine)) if local.known[n]]
    utc = None
    if settings.zone is not None and known:
        utc = local_seconds_to_utc_us(np.asarray(local.seconds)[known], settings.zone)
    for place, n in enumerate(known):
        i = mine[n][0]
        basis[i] = "zone_unknown" if utc is None else "zone_given"
        at[i] = None if utc is None else int(utc[place])
    return at, basis, bool(local.ambiguous.any())


reader = ScreenshotImage()
