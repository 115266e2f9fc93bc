"""QRIS payloads in text: the EMVCo string that a payment QR code holds, copied as text.

Tag-length-value records from tag 00 (value "01") to tag 63, whose four hex digits are CRC-16/CCITT-FALSE over everything
before them, "6304" included. Only payloads whose checksum holds are accepted, so there are no false hits. value:
"qris:" + the merchant number NMID (tag 51, sub-tag 02: "ID" and digits), else "qris:sha256:" + 16 hex digits of the payload's
SHA-256. The merchant's name and city are not needed and not kept.

Source: EMVCo QR Code Specification for Payment Systems, merchant-presented mode; facts MEDIA_LINK_STATS 5.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator
from typing import Final

from saksi.identifiers.hit import Hit, Line

GATE: Final = r"000201"
_PAYLOAD_CHARS_MAX: Final = 2048
"""EMVCo allows 512 characters; four times that bounds the work on hostile text."""


def crc16(payload: str) -> str:
    """CRC-16/CCITT-FALSE of ASCII text, four upper-case hex digits."""
    return f"{binascii.crc_hqx(payload.encode('ascii'), 0xFFFF):04X}"


def _records(text: str, at: int, end: int) -> Iterator[tuple[str, str, int]]:
    """(tag, value, position after it) of the records from `at`; stops at the first that is none."""
    while at + 4 <= end:
        head = text[at : at + 4]
        if not (head.isascii() and head.isdigit()):
            return
        size = int(head[2:])
        if at + 4 + size > end:
            return
        yield head[:2], text[at + 4 : at + 4 + size], at + 4 + size
        at += 4 + size


def _payload_end(text: str, start: int) -> int | None:
    """Where the payload that begins at `start` ends, if its checksum holds."""
    limit = min(len(text), start + _PAYLOAD_CHARS_MAX)
    seen: set[str] = set()
    for tag, value, end in _records(text, start, limit):
        if tag in seen:
            return None  # no tag stands twice at the root; also bounds the work to 100 records
        seen.add(tag)
        if tag == "63":
            body = text[start : end - 4]
            holds = len(value) == 4 and body.isascii() and crc16(body) == value.upper()
            return end if holds else None
    return None


def _value(payload: str) -> tuple[str, str]:
    """(canonical value, reason) of a payload whose checksum holds."""
    for tag, value, _ in _records(payload, 0, len(payload)):
        if tag == "51":
            for sub, nmid, _ in _records(value, 0, len(value)):
                if sub == "02" and nmid[:2] == "ID" and nmid[2:].isdigit():
                    return f"qris:{nmid}", "qris_nmid"
    return f"qris:sha256:{hashlib.sha256(payload.encode('ascii')).hexdigest()[:16]}", "qris_digest"


def find(line: Line) -> list[Hit]:
    """All payloads of the message whose checksum holds."""
    text, hits, at = line.folded, [], 0
    while (start := text.find("000201", at)) >= 0:
        end = _payload_end(text, start)
        if end is None:
            at = start + 1
            continue
        value, reason = _value(text[start:end])
        hits.append(Hit("qris", value, start, end, reason))
        at = end
    return hits
