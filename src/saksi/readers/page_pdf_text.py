"""Words of a PDF that is handed in alone: a page printed to PDF, a receipt, a letter.

A case keeps no PDF: pictures, fonts and forms inside it cannot be cut out with certainty (decision 0012). It keeps its digest and
what `words_of` takes out of it when it is received (decision 0027); rows are made of that, in a case and without one. Rules:

1. One row a page: the words in the order the file draws them, which is not always the order a person reads. The first page is
   the row, further ones its child rows, flag `page:n`. No word has bytes of its own: the span is the whole file.
2. sent_at is when the file says it was made (basis offset), never when the words were written; often nothing is said.
3. A page that is a transfer receipt (`_receipts`: title, amount, labelled fields) is a row of kind payment, flag `receipt`; its fields
   are child rows `field:<name>` that repeat its words. On the first page sender_name is who paid, sender_id
   from which account, sent_at when it says the money moved.
4. The words are taken out by pypdf in a process of its own with bounds on time, memory and pages: a PDF may be made to be slow.
   What goes wrong there is one row of kind unparsed, problem broken_record.

Needs the optional package pypdf (`pip install 'saksi[pdf]'`); without it no PDF is claimed.
Facts: docs/formats/web.md#pdf. Versions: PDF as pypdf 5 to 7 reads it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

import saksi
from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers._receipts import Receipt, lines_of_text, moment_of, payer_of, receipt_of
from saksi.readers._stamps import Stamps
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

TIME_MAX_S: Final = 60
"""Seconds for all pages: a printed page takes a few hundredths."""

MEMORY_MAX: Final = 2 * limits.GIB
PAGES_MAX: Final = 2000
"""Pages that are read; a chat printed to PDF has some hundreds."""

RECEIPT_PAGES_MAX: Final = 4
COLUMNS_LETTERS_MAX: Final = 20_000
"""Pages and letters in which receipts are looked for: one has a page and some hundred letters."""

_MADE: Final = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)'?(\d\d)?'?|(Z))?")


def extract(data: bytes) -> dict[str, Any]:
    """{"pages": [text], "title", "made"}: runs in the second process only. Raises what pypdf raises."""
    import io

    import pypdf

    document = pypdf.PdfReader(io.BytesIO(data))
    about: Any = document.metadata or {}
    pages = [page.extract_text() for page in document.pages[:PAGES_MAX]]
    return {
        "pages": [p.encode("utf-8", "replace").decode() for p in pages],
        "columns": [_columns(page) for page in document.pages[:RECEIPT_PAGES_MAX]], "more": len(document.pages) > PAGES_MAX,
        "title": str(about.get("/Title") or ""), "made": str(about.get("/CreationDate") or ""),
    }


def _columns(page: Any) -> str:
    """The words of a page with its columns kept by spaces; "" where that fails: only receipts are looked for in it."""
    try:
        text: str = page.extract_text(extraction_mode="layout")
    except Exception:  # noqa: BLE001 - a second look that may fail; the words themselves are there
        return ""
    return text[:COLUMNS_LETTERS_MAX].encode("utf-8", "replace").decode()


def _bounded() -> None:
    """Bounds of the second process, where the system has them."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (TIME_MAX_S, TIME_MAX_S))


def _extracted(data: bytes) -> dict[str, Any] | None:
    """`extract` in a process of its own; None where it fails or takes too long."""
    here = str(Path(saksi.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(  # this program again
            [sys.executable, "-m", "saksi.readers.page_pdf_text"], input=data, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=TIME_MAX_S, check=True, env=environment,
        )
        found: dict[str, Any] = msgspec.json.decode(done.stdout, type=dict[str, Any])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError):
        return None
    return found


def words_of(data: bytes | None) -> bytes:
    """What is kept of a PDF: the JSON of `extract`, null where its words cannot be taken out (data None: it is too large)."""
    return msgspec.json.encode(None if data is None else _extracted(data))


def may_be_read(part: Part) -> bool:
    """Whether a part is a PDF whose words can be taken out here: handed in alone, and pypdf is there."""
    return part.path is None and part.head().startswith(b"%PDF-") and importlib.util.find_spec("pypdf") is not None


def _found(part: Part) -> dict[str, Any] | None:
    """The words of a PDF: those that were kept, else those of the file in hand."""
    in_hand = part.words is None and part.size <= limits.MESSAGE_BYTES_MAX
    raw = part.words() if part.words is not None else words_of(part.read() if in_hand else None)
    found: dict[str, Any] | None = msgspec.json.decode(raw, type=dict[str, Any] | None)
    return found


def made(date: str) -> hd.Written:
    """The moment of a PDF's date ("D:20261123201500+07'00'")."""
    m = _MADE.match(date)
    if m is None:
        return hd.NOTHING
    offset = "UTC+00:00" if m[9] else f"UTC{m[7]}:{m[8] or '00'}" if m[7] else ""
    return hd.written(f"{m[1]}-{m[2]}-{m[3]} {m[4]}:{m[5]}:{m[6]} {offset}".strip())


def _add_pages(table: hs.Table, source: Source, part: Part, found: dict[str, Any]) -> Receipt | None:
    """Rows of the pages; the receipt that the first page is, if it is one."""
    pages = [text.strip() or None for text in found["pages"]] or [None]
    slips = [receipt_of(lines_of_text(page)) for page in found["columns"]]
    slips += [None] * (len(pages) - len(slips))
    name, account = payer_of(slips[0]) if slips[0] else (None, None)
    kind = "payment" if slips[0] else "text"
    i = table.add(0, part.size, kind, text=pages[0], sender_name=name, sender_id=account)
    table.flags[i] = ["page:1", *(["receipt"] if slips[0] else [])]
    child = 0
    for number, (text, slip) in enumerate(zip(pages, slips, strict=False), 1):
        here = child
        if number > 1:
            child += 1
            here = child
            flags = [f"page:{number}", *(["receipt"] if slip else [])]
            table.child(i, {"kind": "payment" if slip else "text", "text": text, "flags": flags})
        parent = f"{source.digest[:16]}-{part.number}-0" + (f".{here}" if number > 1 else "")
        for field in slip.fields if slip else ():
            child += 1
            row = {"kind": "payment", "text": field.text, "flags": [f"page:{number}", f"field:{field.name}"]}
            table.child(i, {**row, "duplicate_of": parent})
    return slips[0]


def _moved(receipt: Receipt, settings: ReadSettings) -> tuple[hd.Written, str | None, bool]:
    """When a receipt says the money moved: the moment, as written, whether day and month cannot be told apart."""
    written, numbers = moment_of(receipt)
    if numbers is None:
        return hd.NOTHING, written, False
    stamps = Stamps()
    stamps.note(numbers)
    stamps.decide(settings.date_order)
    local = stamps.local([numbers])
    seconds = int(local.seconds[0]) if local.known[0] else None
    return hd.NOTHING._replace(local_s=seconds), written, bool(local.ambiguous.any())


class PagePdfText:
    """Reader `page_pdf_text`; see the module's text."""

    name = "page_pdf_text"

    def recognise(self, part: Part) -> Evidence | None:
        """A PDF, where pypdf is there or its words were kept."""
        return Evidence("page_pdf_text") if part.words is not None or may_be_read(part) else None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """Everything stands in the one file."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each PDF's pages."""
        for part in parts:
            table = hs.Table(("text", "sender_name", "sender_id"))
            found, first = _found(part), None
            if found is None:
                table.add(0, part.size, "unparsed")
                reason = "broken_record" if part.size <= limits.MESSAGE_BYTES_MAX else "oversize_message"
                table.problems.append(Problem(reason, part.path, 0, part.size))
                found = {}
            else:
                first = _add_pages(table, source, part, found)
                if found["more"]:
                    table.problems.append(Problem("truncated", part.path))
            moment, written = made(found.get("made", "")), found.get("made") or None
            if first is not None:
                moment, written, ambiguous = _moved(first, settings)
                table.problems += [Problem("date_order_ambiguous", part.path)] if ambiguous else []
            sent, bases = hd.columns([moment.local_s], [moment.offset_s], settings.zone)
            if first is not None and "zone_unknown" in bases:
                table.problems.append(Problem("zone_unknown", part.path))
            yield from table.chunks(
                part, js.Ledger(), sent_at=sent, sent_at_basis=bases, sent_at_text=const(written, 1),
                platform=const("web", 1), thread_id=const(f"{source.digest[:16]}-{part.number}", 1),
                thread_title=const(found.get("title") or None, 1),
            )


reader = PagePdfText()

if __name__ == "__main__":
    _bounded()
    sys.stdout.buffer.write(msgspec.json.encode(extract(sys.stdin.buffer.read())))
