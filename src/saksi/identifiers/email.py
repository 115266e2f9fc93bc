"""E-mail addresses: value in lower case. The domain needs a dot and a last label of letters; nothing is looked up."""

from __future__ import annotations

import re
from typing import Final

from saksi.identifiers.hit import Hit, Line

GATE: Final = r"[A-Za-z0-9]@[A-Za-z0-9\-]+\.[A-Za-z]|[\x{FF20}]"

_LOCAL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_+\-])?\Z")
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9\-])")


def find(line: Line) -> list[Hit]:
    """All addresses: each "@" is looked at once, 64 characters to its left and 255 to its right (RFC 5321 sizes)."""
    text, hits, at = line.folded, [], -1
    while (at := text.find("@", at + 1)) >= 0:
        domain = _DOMAIN.match(text[at + 1 : at + 256])
        if domain is None:
            continue
        left = text[max(0, at - 64) : at]
        run = re.search(r"[A-Za-z0-9._%+\-]*\Z", left)
        local = _LOCAL.search(left, run.start()) if run else None
        if local is None:
            continue
        start, end = at - len(local.group()), at + 1 + domain.end()
        hits.append(Hit("email", text[start:end].lower(), start, end, "email"))
    return hits
