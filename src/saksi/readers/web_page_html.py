"""A saved web page in one HTML file: a profile, an advert, a channel (SingleFile, a browser's "save page").

Rules:

1. One row a block of visible words, kind text, platform web, no sender; thread is the page's address, its title the page's.
   What rows hold: `_web_blocks`.
2. The address is the saving program's note, else `link rel=canonical` or `og:url`; else source digest and part number.
3. sent_at is when the page was saved, as SingleFile notes it (with its offset); a browser notes none: basis none. It is never
   when the words were written.
4. A page is never a chat: what `family` calls an export of a chat program is not read here.
5. A page beyond limits.MESSAGE_BYTES_MAX is one unparsed row.

Facts, flags: docs/formats/web.md. Versions: SingleFile 1.x, Chrome and Firefox "save page" of 2024.

References: https://github.com/gildas-lormeau/SingleFile; `_html_spans`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from saksi import limits
from saksi.parts import Part, Source
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers import _web_blocks as web
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

_A_CHATS_PLACE: Final = re.compile(r"(?:^|/)messages?_?\d*\.html?\Z")


def whole(part: Part) -> tuple[bytes, list[Problem]]:
    """The bytes of a part up to limits.MESSAGE_BYTES_MAX, and what is to be said of reading them."""
    data = b""
    try:
        with part.open() as stream:
            while len(data) <= limits.MESSAGE_BYTES_MAX and (block := stream.read(limits.MIB)):
                data += block
    except js.STREAM_ERRORS:
        return data, [Problem("unreadable", part.path, len(data), part.size)]
    return data, [] if len(data) >= part.size else [Problem("truncated", part.path, len(data), part.size)]


def page_chunks(
    part: Part, found: web.Page, table: hs.Table, ledger: js.Ledger, settings: ReadSettings, thread_id: str
) -> Iterator[Chunk]:
    """The rows of a page as chunks."""
    n = len(table)
    if not n and not table.problems:
        return
    sent, basis = web.saved_at(found.saved, settings.zone)
    yield from table.chunks(
        part, ledger, sent_at=[sent] * n, sent_at_basis=[basis] * n, sent_at_text=const(found.saved, n), platform=const("web", n),
        thread_id=const(found.address or thread_id, n), thread_title=const(found.title, n),
    )


class WebPageHtml:
    """Reader `web_page_html`; see the module's text."""

    name = "web_page_html"
    gives_way = True
    """A chat's own index pages belong to its export."""

    def recognise(self, part: Part) -> Evidence | None:
        """Begins as an HTML document, and no chat program wrote it."""
        from saksi.readers.meta_html import reader as meta

        head = part.head()
        if _A_CHATS_PLACE.search(part.path or ""):  # what no chat reader knows there is said, not read as something else
            return None
        if not hs.looks_like_html(head) or hs.family(head) is not None or meta.recognise(part) is not None:
            return None
        return Evidence("web_page")

    def is_metadata(self, part: Part) -> bool:
        """Style sheets and scripts that a browser saved beside a page."""
        return part.name.lower().endswith((".css", ".js", ".map"))

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each page."""
        for part in parts:
            ledger, table = js.Ledger(), hs.Table(web.COLUMNS)
            data, table.problems = whole(part)
            thread_id = f"{source.digest[:16]}-{part.number}"
            found = web.Page()
            if len(data) > limits.MESSAGE_BYTES_MAX:
                table.add(0, part.size, "unparsed")
                table.problems = [Problem("oversize_message", part.path, 0, part.size)]
            else:
                found = web.page(data)
                web.add(table, found, lambda start, end: (start, end), [])
                if found.cut and not table.problems:
                    table.problems.append(Problem("truncated", part.path, len(data), len(data)))
            yield from page_chunks(part, found, table, ledger, settings, thread_id)
            yield from hs.rest_of(part, min(len(data), part.size), ledger)


reader = WebPageHtml()
