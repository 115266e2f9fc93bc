"""XML as backup apps write it, on bytes: tags, attributes and character references, exact spans, nothing expanded.

    start_tag(raw, at, stop) -> Tag | None     one start tag and the values of its attributes
    value_span(raw, tag, name)                 where a value stands
    plain(raw) -> (text, repair)               the text of a value

No XML parser is used: parsers stop at the first slip (these files often have one), know no byte spans, and expand
entities. The rules:

1. A value stands in double or single quotes and holds no "<"; where it does (a writer that forgot to escape it), the tag is
   read leniently, as long as no record begins inside it.
2. `&amp; &lt; &gt; &quot; &apos;` and numbers are put back as characters. Two numbers that are the halves of a surrogate
   pair (some versions write emoji so, which is no XML) are joined; half a pair alone, U+D800 + n, is shown as U+10F000 + n.
   Any other entity stays as it is written: none is ever looked up, defined or fetched (billion laughs, external entities).
3. Line breaks and tabs inside a value stay what they are.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from saksi.readers._lines import SURROGATE_REPAIR, shown

Span = tuple[int, int]

_NAME: Final = rb"[A-Za-z_:][\w:.-]*"
_TAG: Final = re.compile(
    rb"<(" + _NAME + rb")((?:\s+" + _NAME + rb"\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*+)\s*(/?)>"
)  # fmt: skip
_LENIENT: Final = re.compile(
    rb"<(" + _NAME + rb")((?:\s+" + _NAME + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*'))*+)\s*(/?)>"
)  # fmt: skip
_ATTRIBUTE: Final = re.compile(rb"\s+(" + _NAME + rb")\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_AROUND_NAME: Final = b"= \t\r\n\v\f"
_REFERENCE: Final = re.compile(r"&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,8})|(amp|lt|gt|quot|apos));")
_COMMON: Final = (
    ("&#10;", "\n"), ("&quot;", '"'), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"),
)  # fmt: skip
"""The references that most values have no others than; the ampersand last, so that none is made anew."""

_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Tag(NamedTuple):
    """A start tag. at, end: from its "<" behind its ">". empty: written <name/>. values: the attributes' values, raw, first
    of each name."""

    name: bytes
    at: int
    end: int
    empty: bool
    values: dict[bytes, bytes]


def start_tag(raw: bytes, at: int, stop: int) -> Tag | None:
    """The start tag that begins at `at` and ends by `stop`; None where none can be made out."""
    match = _TAG.match(raw, at, stop) or _LENIENT.match(raw, at, stop)
    if match is None:
        return None
    inside = match[2]
    values: dict[bytes, bytes] = {}
    if b"'" in inside:
        for attribute in _ATTRIBUTE.finditer(inside):
            values.setdefault(attribute[1], attribute[2] if attribute[2] is not None else attribute[3])
    else:  # the quotes part names from values
        pieces = inside.split(b'"')
        names = [piece.strip(_AROUND_NAME) for piece in pieces[-3::-2]]
        values = dict(zip(names, pieces[-2::-2], strict=True))
    return Tag(match[1], at, match.end(), bool(match[3]), values)


def value_span(raw: bytes, tag: Tag, name: bytes) -> Span | None:
    """Where a value stands in `raw`; None where the tag has none of this name."""
    for attribute in _ATTRIBUTE.finditer(raw, tag.at, tag.end):
        if attribute[1] == name:
            return attribute.span(2 if attribute[2] is not None else 3)
    return None


def plain(raw: bytes) -> tuple[str, str | None]:
    """The text of a value or of character data, and how what is no text in it is shown."""
    text, repair = shown(raw)
    if "&" not in text:
        return text, repair
    left = text.count("&")
    out = text
    for written, character in _COMMON:
        found = out.count(written)
        if found:
            left -= found
            out = out.replace(written, character)
    if not left:
        return out, repair
    out = _REFERENCE.sub(_character, text)
    if _HALVES.search(out):
        out = _PAIR.sub(lambda m: chr(0x10000 + ((ord(m[1]) - 0xD800) << 10) + ord(m[2]) - 0xDC00), out)
        if _HALVES.search(out):
            out = _HALVES.sub(lambda m: chr(0x10F000 + ord(m[0]) - 0xD800), out)
            repair = repair or SURROGATE_REPAIR
    return out, repair


_HALVES: Final = re.compile("[\ud800-\udfff]")
_PAIR: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")


def _character(match: re.Match[str]) -> str:
    if match[3] is not None:
        return _NAMED[match[3]]
    code = int(match[1], 16) if match[1] is not None else int(match[2])
    return chr(code) if 0 < code < 0x110000 else match[0]
