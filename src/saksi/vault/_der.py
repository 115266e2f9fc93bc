"""As much of DER as a timestamp reply needs: definite lengths, tags of one byte, bounded. Pure.

Order in a SET is not judged: authorities in use write sets unsorted, and signatures are over the bytes as they stand.

References: ITU-T X.690 8.1, 10.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SEQUENCE: Final = 0x30
SET: Final = 0x31
INTEGER: Final = 0x02
BOOLEAN: Final = 0x01
BIT_STRING: Final = 0x03
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
GENERALIZED_TIME: Final = 0x18


class NotDer(ValueError):
    """The bytes are no such structure."""


@dataclass(frozen=True)
class Node:
    """One value. whole: with its tag and length; content: without."""

    tag: int
    whole: bytes
    content: bytes

    def children(self) -> list[Node]:
        """The values inside. Raises NotDer."""
        found, at = [], 0
        while at < len(self.content):
            node, at = _read(self.content, at)
            found.append(node)
        return found

    def expect(self, tag: int) -> Node:
        """This node, where it has that tag. Raises NotDer."""
        if self.tag != tag:
            raise NotDer(f"expected tag {tag:#x}, got {self.tag:#x}")
        return self

    def inner(self, tag: int) -> Node:
        """The one value inside, where it has that tag. Raises NotDer."""
        inside = self.children()
        if len(inside) != 1:
            raise NotDer("expected one value inside")
        return inside[0].expect(tag)

    @property
    def integer(self) -> int:
        """The value of an INTEGER. Raises NotDer."""
        self.expect(INTEGER)
        if not self.content:
            raise NotDer("an INTEGER without digits")
        return int.from_bytes(self.content, "big", signed=True)

    @property
    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER. Raises NotDer."""
        self.expect(OID)
        numbers, value = [], 0
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(value)
                value = 0
        if not numbers or self.content[-1] & 0x80:
            raise NotDer("an OBJECT IDENTIFIER that does not end")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _read(data: bytes, at: int) -> tuple[Node, int]:
    """The value at `at`, and where the next one begins."""
    if len(data) - at < 2:
        raise NotDer("cut off")
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise NotDer("a tag of several bytes")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or len(data) - start < count:
            raise NotDer("a length that is not definite")
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    end = start + length
    if end > len(data):
        raise NotDer("cut off")
    return Node(tag, data[at:end], data[start:end]), end


def parse(data: bytes) -> Node:
    """The one value that `data` is. Raises NotDer."""
    node, end = _read(data, 0)
    if end != len(data):
        raise NotDer("bytes behind the end")
    return node


def encode(tag: int, *contents: bytes) -> bytes:
    """A value of `tag` with the joined contents."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
