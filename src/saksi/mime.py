"""Mail as bytes: where messages, headers and bodies stand. Knows places and encodings, nothing of cases or tables.

    kind_of(head) -> "mbox", "eml" or None
    messages(opener, kind) -> (start, end, raw) …       raw is None where a message is too large
    mail_at(raw, at, stop) -> Mail                     its fields, and the bodies that are no container with their places

Headers end at the first empty line. A multipart body is cut at lines that begin with its boundary; a forwarded message
(message/rfc822) is looked into. Depth and number of parts are bounded. In an mbox a message begins at a line "From …" with a
time, at the top or below an empty line, if a header follows.
"""

from __future__ import annotations

import binascii
import email.message
import email.parser
import email.policy
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from saksi import limits

DEPTH_MAX: Final = 20
LEAVES_MAX: Final = 2000
"""Nesting and bodies of one message: real mail stays under 10 and 200."""

HEADER_BYTES_MAX: Final = 1 << 20
PIECE: Final = 1 << 20

_FIELD: Final = rb"[!-9;-~]+:[^\r\n]*\r?\n"
FROM_LINE: Final = re.compile(rb"From \S[^\r\n]{0,200}\d:\d\d[^\r\n]{0,60}\r?\n(?=[!-9;-~]+:)")
_FROM_AT: Final = re.compile(rb"(?:(?<=\n\n)|(?<=\n\r\n))" + FROM_LINE.pattern)
_CUT_FROM: Final = re.compile(rb"\n\r?\n(F|Fr|Fro|From|From [^\r\n]{0,300}(?:\r?\n?|\r?\n[!-9;-~]+))\Z")
"""A line that may begin a message and is cut off by the end of the file: kept apart, it belongs to nobody."""

_KNOWN: Final = re.compile(
    rb"(?im)^(?:Received|Return-Path|From|To|Subject|Date|Message-ID|MIME-Version|Delivered-To|Content-Type|Reply-To|Cc"
    rb"|References|In-Reply-To|DKIM-Signature|X-[\w-]+|ARC-[\w-]+|Authentication-Results):"
)
_SENT: Final = frozenset({b"to:", b"message-id:", b"received:", b"delivered-to:", b"return-path:"})
"""Fields that only what was sent has: a saved web page (MHTML) looks like mail and has none of them."""

_HEADERS: Final = re.compile(rb"(?:" + _FIELD + rb"(?:[ \t][^\r\n]*\r?\n)*)+")
_BLANK: Final = re.compile(rb"\r?\n\r?\n|\A\r?\n")
MAIL_HEADERS_MIN: Final = 3
"""Headers of mail that a text's head must have, From or Received among them."""


def kind_of(head: bytes) -> str | None:
    """What a text's first bytes say: mbox, eml or no mail."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    first = FROM_LINE.match(head)
    block = _HEADERS.match(head, first.end() if first is not None else 0)
    if block is None:
        return None
    found = {m.group().lower() for m in _KNOWN.finditer(block.group())}
    if len(found) < MAIL_HEADERS_MIN or not found & {b"from:", b"received:"} or not found & _SENT:
        return None
    return "mbox" if first is not None else "eml"


def messages(opener: Callable[[], BinaryIO], kind: str) -> Iterator[tuple[int, int, bytes | None]]:
    """Start, end and bytes of each message of a mail file; together they tile it. Raises what reading raises."""
    carry, base = b"", 0
    dropped: int | None = None
    with opener() as stream:
        while True:
            block = stream.read(max(PIECE, len(carry)))
            data = carry + block
            at = 0
            while kind == "mbox" and (m := _FROM_AT.search(data, at + 1)) is not None:
                yield _message(data, base, at, m.start(), dropped)
                dropped, at = None, m.start()
            carry, base = data[at:], base + at
            if not block:
                break
            if len(carry) > limits.MESSAGE_BYTES_MAX:
                dropped = base if dropped is None else dropped
                keep = 4096 if kind == "mbox" else 0
                base, carry = base + len(carry) - keep, carry[len(carry) - keep :]
    tail = _CUT_FROM.search(carry) if kind == "mbox" and dropped is None else None
    if tail is not None and tail.start(1) > 0:
        yield _message(carry, base, 0, tail.start(1), None)
        carry, base = carry[tail.start(1) :], base + tail.start(1)
    if carry or dropped is not None:
        yield _message(carry, base, 0, len(carry), dropped)


def _message(data: bytes, base: int, at: int, stop: int, dropped: int | None) -> tuple[int, int, bytes | None]:
    if dropped is not None or stop - at > limits.MESSAGE_BYTES_MAX:
        return base + at if dropped is None else dropped, base + stop, None
    return base + at, base + stop, data[at:stop]


@dataclass
class Leaf:
    """A body that is no container. start, end: its bytes in what was given. header: its own (or the message's) fields."""

    header: email.message.Message
    start: int
    end: int
    depth: int = 0

    @property
    def type(self) -> str:
        """Its media type, lower case."""
        return _type_of(self.header)

    @property
    def encoding(self) -> str:
        """How its bytes are wrapped, lower case."""
        try:
            return str(self.header.get("Content-Transfer-Encoding") or "").strip().lower()
        except _STUMBLES:
            return ""


@dataclass
class Mail:
    """One message: its fields and its leaves. forwarded: the fields of messages inside it."""

    header: email.message.Message
    body: int
    leaves: list[Leaf] = field(default_factory=list)
    forwarded: list[email.message.Message] = field(default_factory=list)


_PARSER: Final = email.parser.BytesHeaderParser(policy=email.policy.compat32)


def header_at(raw: bytes, at: int, stop: int) -> tuple[email.message.Message, int]:
    """The header fields that begin at `at`, and where the body does."""
    if raw.startswith((b"\n", b"\r\n"), at):
        return email.message.Message(), at + (1 if raw.startswith(b"\n", at) else 2)
    blank = re.compile(rb"\r?\n\r?\n").search(raw, at, min(stop, at + HEADER_BYTES_MAX))
    end = stop if blank is None else blank.end()
    return _PARSER.parsebytes(raw[at:end]), end


def mail_at(raw: bytes, at: int, stop: int) -> Mail:
    """The message that begins at `at` (a "From " line is stepped over)."""
    first = FROM_LINE.match(raw, at, stop)
    header, body = header_at(raw, at if first is None else first.end(), stop)
    mail = Mail(header, body)
    _look_into(raw, header, body, stop, 0, mail)
    return mail


def _look_into(raw: bytes, header: email.message.Message, at: int, stop: int, depth: int, mail: Mail) -> None:
    if len(mail.leaves) >= LEAVES_MAX:
        return
    kind = _type_of(header)
    boundary = _boundary_of(header) if kind.startswith("multipart/") else None
    if boundary and depth < DEPTH_MAX:
        for start, end in _between(raw, at, stop, boundary.encode("utf-8", "surrogateescape")):
            inner, body = header_at(raw, start, end)
            _look_into(raw, inner, body, end, depth + 1, mail)
    elif kind == "message/rfc822" and depth < DEPTH_MAX:
        inner, body = header_at(raw, at, stop)
        mail.forwarded.append(inner)
        _look_into(raw, inner, body, stop, depth + 1, mail)
    else:
        mail.leaves.append(Leaf(header, at, stop, depth))


_STUMBLES: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What the standard library raises at damaged fields: nothing here may, or a medium would be kept for it."""


def _type_of(header: email.message.Message) -> str:
    try:
        return header.get_content_type()
    except _STUMBLES:
        return "text/plain"


def _boundary_of(header: email.message.Message) -> str | None:
    try:
        return header.get_boundary()
    except _STUMBLES:
        return None


def _between(raw: bytes, at: int, stop: int, boundary: bytes) -> list[tuple[int, int]]:
    """The spans between the boundary lines of a multipart body, line ends in front of them left out."""
    marks = re.compile(rb"(?:(?<=\n)|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for mark in marks.finditer(raw, at, stop):
        if start is not None:
            spans.append((start, _without_line_end(raw, start, mark.start())))
        start = None if mark[1] else mark.end()
    if start is not None:
        spans.append((start, stop))
    return spans[:LEAVES_MAX]


def _without_line_end(raw: bytes, low: int, end: int) -> int:
    if end > low and raw[end - 1 : end] == b"\n":
        end -= 1
        end -= end > low and raw[end - 1 : end] == b"\r"
    return end


def unwrapped(body: bytes, encoding: str) -> bytes | None:
    """The bytes of a body, its transfer encoding undone; None where it is damaged (or cut out)."""
    if encoding == "base64":
        if b"*" in body:  # cut out by a case: no base64 has asterisks
            return None
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"=" * (-len(clean) % 4))
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        found = UUENCODED.search(body)
        return None if found is None else uudecoded(found.group())
    return body


UUENCODED: Final = re.compile(rb"(?m)^begin [0-7]{3,4} [^\r\n]{1,255}\r?\n(?:[ -`]{1,62}\r?\n)*?`?\r?\n?end\r?$")


def uudecoded(block: bytes) -> bytes | None:
    """The bytes of a uuencoded block; None where it is damaged."""
    out = bytearray()
    for line in block.splitlines()[1:]:
        if line.strip() == b"end":
            return bytes(out)
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            size = ((line[0] - 32) & 63) * 4 // 3 + 3 if line else 0
            try:
                out += binascii.a2b_uu(line[:size])
            except binascii.Error:
                return None
    return None
