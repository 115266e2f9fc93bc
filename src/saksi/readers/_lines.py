"""The physical lines of a text part with their byte offsets: what readers of line-based exports work on.

    part_lines(part) -> Line …      in file order; together with a BOM they tile the part

A line ends at LF; U+2028, U+0085, VT, FF and a bare CR are content. UTF-8, with or without BOM, and UTF-16 with a BOM
(some apps for computers write it); offsets are those of the part's bytes in either case. Bytes that are no text become
private-use code points, as in the WhatsApp reader (`repaired`); half a surrogate pair of UTF-16, U+D800 + n, becomes
U+10F000 + n, as in the JSON readers. Memory is bounded: a line beyond limits.MESSAGE_BYTES_MAX has no text (None).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from saksi import limits
from saksi.parts import Part
from saksi.readers.whatsapp_txt import REPAIR, repaired

UTF8_BOM: Final = b"\xef\xbb\xbf"
UTF16_BOMS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
SURROGATE_REPAIR: Final = "lone_surrogate:U+10F000"
PIECE: Final = 256 * limits.KIB
"""Bytes asked of a stream at once, more only inside a long line: what a break in an archive can cost of good bytes."""


class Line(NamedTuple):
    """start, end: bytes in the part, line end included. text: without its line end; None where it is too long.
    ending: the line end as text ("", "\\n", "\\r\\n"). repair: how bad bytes of the text are shown, or None."""

    start: int
    end: int
    text: str | None
    ending: str
    repair: str | None


class BrokenOff(Exception):
    """The part's bytes could not be read to their end; `at` is how far."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__(at)


def encoding_of(head: bytes) -> tuple[str, int]:
    """(encoding, length of the BOM) of a text part by its first bytes."""
    if head.startswith(UTF8_BOM):
        return "utf-8", 3
    return (UTF16_BOMS[head[:2]], 2) if head[:2] in UTF16_BOMS else ("utf-8", 0)


def shown(raw: bytes, encoding: str = "utf-8") -> tuple[str, str | None]:
    """`raw` as text and how what is no text in it is shown (None: all of it is text)."""
    try:
        return raw.decode(encoding), None
    except UnicodeDecodeError:
        pass
    if encoding == "utf-8":
        return repaired(raw), REPAIR
    whole = len(raw) // 2 * 2
    text = raw[:whole].decode(encoding, "surrogatepass")
    text = re.sub("[\ud800-\udfff]", lambda m: chr(0x10F000 + ord(m[0]) - 0xD800), text)
    return text + "".join(chr(0x10FE00 + b) for b in raw[whole:]), SURROGATE_REPAIR


def head_lines(part: Part, most: int = 400) -> list[str]:
    """The first whole lines of a part's head as text, without line ends and BOM; for recognising."""
    head = part.head()
    encoding, bom = encoding_of(head)
    text = shown(head[bom:], encoding)[0]
    lines = text.split("\n", most)[:most]
    if len(head) >= limits.HEAD_BYTES and len(lines) > 1 and len(lines) < most:
        lines.pop()  # cut off by the head's end
    return [line.removesuffix("\r") for line in lines]


def part_lines(part: Part) -> Iterator[Line]:
    """The lines of `part`, a BOM left out. Raises BrokenOff, after the lines before the break."""
    encoding, bom = encoding_of(part.head())
    newline = "\n".encode(encoding)
    carry, base = b"", 0
    dropped: int | None = None  # where an oversize line began whose bytes were let go
    broken = False
    with part.open() as stream:
        while True:
            try:
                block = stream.read(max(PIECE, len(carry)))  # doubling: a long line is not copied over and over
            except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
                block, broken = b"", True
            data = carry + block
            at = bom if base == 0 else 0
            while (cut := _find(data, newline, at, base)) >= 0:
                end = cut + len(newline)
                yield _line(data, base, at, end, encoding, dropped)
                dropped, at = None, end
            carry, base = (data[at:], base + at) if at else (data, base)
            if not block:
                break
            if len(carry) > limits.MESSAGE_BYTES_MAX:
                dropped = base if dropped is None else dropped
                keep = len(carry) % len(newline)
                base, carry = base + len(carry) - keep, carry[len(carry) - keep :]
    skip = bom if base == 0 else 0
    if len(carry) > skip or dropped is not None:
        yield _line(carry, base, skip, len(carry), encoding, dropped)
    if broken or base + len(carry) < part.size:
        raise BrokenOff(base + len(carry))


class LinesAhead:
    """The lines of a part one by one, with a look at those that follow. Raises BrokenOff as `part_lines` does."""

    def __init__(self, part: Part) -> None:
        self._lines = part_lines(part)
        self._ahead: deque[Line] = deque()

    def take(self) -> Line | None:
        """The next line; None at the end."""
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def take_seen(self, n: int) -> list[Line]:
        """The next `n` lines, all of them looked at before."""
        return [self._ahead.popleft() for _ in range(n)]

    def peek(self, n: int) -> Line | None:
        """The line `n` lines on from the next one; None where the part ends before."""
        while len(self._ahead) <= n:
            line = next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[n]


def _find(data: bytes, newline: bytes, at: int, base: int) -> int:
    """Where the next LF stands; in UTF-16 at an even offset of the part."""
    cut = data.find(newline, at)
    while cut >= 0 and len(newline) == 2 and (base + cut) % 2:
        cut = data.find(newline, cut + 1)
    return cut


def _line(data: bytes, base: int, at: int, end: int, encoding: str, dropped: int | None) -> Line:
    if dropped is not None or end - at > limits.MESSAGE_BYTES_MAX:
        return Line(base + at if dropped is None else dropped, base + end, None, "", None)
    text, repair = shown(data[at:end], encoding)
    ending = ""
    if text.endswith("\n"):
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        text = text[: -len(ending)]
    return Line(base + at, base + end, text, ending, repair)
