"""Bounds on hostile input: constants with unit and reason. Every number has its reason beside it."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

HEAD_BYTES = 64 * KIB
"""How much of a part a reader may look at to recognise it: one disk read, enough for the first records of any format."""

READ_WINDOW_BYTES = 2 * MIB
"""Size of the window in which streaming readers work: bounds memory on multi-gigabyte exports, and small enough that what
the passes over it touch stays in the processor's cache and the allocator's hands (32 MiB measured 1.2 to 1.8x slower)."""

BATCH_ROWS = 65_536
"""Rows of one record batch of the message table at most: bounds memory of every later step."""

MESSAGE_BYTES_MAX = 64 * MIB
"""One message larger than this is kept as an `unparsed` row: no chat app lets a person type 64 MiB."""

ARCHIVE_MEMBERS_MAX = 1 << 20
"""Members of one archive: phones' full downloads hold some 100,000; a million entries is an attack."""

ARCHIVE_TEXT_BYTES_MAX = 16 * GIB
"""Unpacked text of one archive in all: the largest real result.json seen is some GiB."""

ARCHIVE_RATIO_MAX = 200
"""Unpacked : packed of one member beyond which it is a bomb. Chat text packs 5 to 15 times, JSON up to 60."""

ARCHIVE_RATIO_FLOOR_BYTES = 16 * MIB
"""Members that unpack to less than this are never called a bomb, whatever their ratio."""

DATABASE_UNPACKED_BYTES_MAX = 2 * GIB
"""A database inside a zip is unpacked in memory to be read page by page, never to a file: larger ones are to be handed in
unpacked. WhatsApp's after ten years of use are some hundred MiB."""

JSON_DEPTH_MAX = 200
"""Nesting of JSON: real exports stay under 20."""

NAME_CHARS_MAX = 4096
"""Longest path of a member or file that is kept; longer ones are refused with their number."""

WHATSAPP_CAPS = (10_000, 40_000)
"""WhatsApp stops an export at 40,000 messages without media and 10,000 with (facts FORMATS 1.1): such a count is said."""

PICTURE_BYTES_MAX = 40 * MIB
"""A screenshot as a file: PNG of the largest phones stay under 10 MiB, scrolled-together ones under 30."""

PICTURE_PIXELS_MAX = 40_000_000
"""Pixels of one picture: a phone's screen has 2 to 5 million, a scrolled-together one up to 30; a bomb has a billion."""

PICTURE_SIDE_MAX = 32_000
"""Longest side in pixels, for the same reason; encoders of phones stop at 32,767."""

PICTURE_SECONDS_MAX = 240
"""Time to read one picture: two seconds for a screen on a fast core; the largest picture on an old laptop takes minutes."""

PICTURE_MEMORY_BYTES = 4 * GIB
"""Address space of the process that decodes and reads pictures (the networks and one large picture take under 1.5 GiB)."""
