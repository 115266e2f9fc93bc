"""Words of a PDF that is handed in alone: a page printed to PDF, a receipt, a letter. In `saksi read` and `check` only.

A case keeps no PDF, only its digest: pictures, fonts and forms inside it cannot be cut out with certainty (decision 0012). So
`build` refuses a PDF, and its words are read from the file in hand alone. Rules:

1. One row a page: the words in the order the file draws them, which is not always the order a person reads. The first page is
   the row, further ones its child rows, flag `page:n`. No word has bytes of its own: the span is the whole file.
2. sent_at is when the file says it was made (basis offset), never when the words were written; often nothing is said.
3. The words are taken out by pypdf in a process of its own with bounds on time, memory and pages: a PDF may be made to be slow.
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
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

TIME_MAX_S: Final = 60
"""Seconds for all pages: a printed page takes a few hundredths."""

MEMORY_MAX: Final = 2 * limits.GIB
PAGES_MAX: Final = 2000
"""Pages that are read; a chat printed to PDF has some hundreds."""

_MADE: Final = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)'?(\d\d)?'?|(Z))?")


def extract(data: bytes) -> dict[str, Any]:
    """{"pages": [text], "title", "made"}: runs in the second process only. Raises what pypdf raises."""
    import io

    import pypdf

    document = pypdf.PdfReader(io.BytesIO(data))
    about: Any = document.metadata or {}
    pages = [page.extract_text() for page in document.pages[:PAGES_MAX]]
    return {
        "pages": [p.encode("utf-8", "replace").decode() for p in pages], "more": len(document.pages) > PAGES_MAX,
        "title": str(about.get("/Title") or ""), "made": str(about.get("/CreationDate") or ""),
    }


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


def made(date: str) -> hd.Written:
    """The moment of a PDF's date ("D:20261123201500+07'00'")."""
    m = _MADE.match(date)
    if m is None:
        return hd.NOTHING
    offset = "UTC+00:00" if m[9] else f"UTC{m[7]}:{m[8] or '00'}" if m[7] else ""
    return hd.written(f"{m[1]}-{m[2]}-{m[3]} {m[4]}:{m[5]}:{m[6]} {offset}".strip())


class PagePdfText:
    """Reader `page_pdf_text`; see the module's text."""

    name = "page_pdf_text"

    def recognise(self, part: Part) -> Evidence | None:
        """A PDF, where pypdf is there."""
        if not part.head().startswith(b"%PDF-") or importlib.util.find_spec("pypdf") is None:
            return None
        return Evidence("page_pdf_text")

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """Everything stands in the one file."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each PDF's pages."""
        for part in parts:
            table = hs.Table(("text",))
            found = None
            if part.size <= limits.MESSAGE_BYTES_MAX:
                found = _extracted(part.read())
            if found is None:
                table.add(0, part.size, "unparsed")
                reason = "broken_record" if part.size <= limits.MESSAGE_BYTES_MAX else "oversize_message"
                table.problems.append(Problem(reason, part.path, 0, part.size))
                found = {}
            else:
                pages = [text.strip() or None for text in found["pages"]] or [None]
                i = table.add(0, part.size, "text", text=pages[0])
                table.flags[i] = ["page:1"]
                for number, text in enumerate(pages[1:], 2):
                    table.child(i, {"kind": "text", "text": text, "flags": [f"page:{number}"]})
                if found["more"]:
                    table.problems.append(Problem("truncated", part.path))
            moment = made(found.get("made", ""))
            sent, bases = hd.columns([moment.local_s], [moment.offset_s], settings.zone)
            yield from table.chunks(
                part, js.Ledger(), sent_at=sent, sent_at_basis=bases, sent_at_text=const(found.get("made") or None, 1),
                platform=const("web", 1), thread_id=const(f"{source.digest[:16]}-{part.number}", 1),
                thread_title=const(found.get("title") or None, 1),
            )


reader = PagePdfText()

if __name__ == "__main__":
    _bounded()
    sys.stdout.buffer.write(msgspec.json.encode(extract(sys.stdin.buffer.read())))
