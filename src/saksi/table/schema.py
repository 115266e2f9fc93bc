"""Column names and types of every table, in one place. Meaning of each column: docs/message-table.md.

Null means unknown or not said; 0 and "" are values. Spans of messages are bytes in their part (end excluded); spans of
marks and identifiers are code points of the raw text (end excluded). Rows keep file order; `seq` counts the rows of one
source from 0, system rows and child rows included.
"""

from __future__ import annotations

from typing import Final, Literal

import pyarrow as pa

KINDS: Final = (
    "text",
    "media",
    "call",
    "service",
    "location",
    "contact",
    "poll",
    "payment",
    "reaction",
    "deleted",
    "unparsed",
)
DIRECTIONS: Final = ("out", "in")
ATTACHMENT_STATES: Final = ("present", "omitted", "missing", "refused")
"""present: the medium is in the source (its digest is known). omitted: the export says it was left out.
missing: the export names a file that is not in the source. refused: it is there and was not touched (limits, bomb)."""

PART_ROLES: Final = ("messages", "attachment", "unreferenced", "metadata")
PHASES: Final = ("grooming", "solicitation", "sextortion", "exploitation")
STRENGTHS: Final = ("weak", "strong")

REASONS: Final = (
    "empty_file",  # 0 bytes
    "unknown_format",  # no reader knows it
    "two_readers",  # more than one reader claims it: --format decides
    "saved_again",  # UTF-16, where the app writes UTF-8: another program saved it
    "wrong_extension",  # read by content; the name says something else
    "truncated",  # the part ends in the middle of a record or structure
    "broken_record",  # one record could not be decoded; its bytes are kept
    "broken_structure",  # the container syntax between records is damaged
    "continuation_without_start",  # text before the first message of a chat file
    "invalid_utf8",  # bytes that are not UTF-8; kept, shown with a reversible stand-in
    "nul_bytes",  # runs of NUL bytes (a copy that was cut off, a sparse file)
    "unknown_locale",  # dates or system lines in a form that is not known: kept, time not read
    "date_order_ambiguous",  # day/month order cannot be told from the file: answer --date-order
    "date_order_mixed",  # lines of the same file use different orders
    "time_backwards",  # a time lies before its predecessor
    "zone_unknown",  # local times without zone: answer --zone
    "header_out_of_order",  # a dated line inside a message or from another export
    "cap_reached",  # exactly as many messages as the app exports at most: older ones may be missing
    "oversize_message",  # a record beyond limits.MESSAGE_BYTES_MAX
    "invalid_escape",  # a JSON escape that no JSON reader accepts, repaired reversibly
    "mojibake_kept",  # text that looks doubly encoded but could not be repaired safely
    "encrypted_archive",  # password-protected
    "broken_archive",  # looks like an archive, cannot be opened
    "path_traversal",  # a member's name leads out of the archive: read, never written
    "archive_bomb",  # unpacks to far more than it holds
    "too_many_members",  # more members than limits.ARCHIVE_MEMBERS_MAX
    "duplicate_member",  # two members of one name
    "unreadable",  # the operating system would not give the bytes
    "case_skipped",  # a Saksi case inside a folder that was handed in: never its own evidence
    "embedded_media",  # a picture, sound or film inside a text: cut out, its place is kept
    "link_skipped",  # a symbolic link in a folder: not followed
    "digest_differs",  # the export names a digest for this, and the bytes have another
    "nested_archive",  # an archive inside an archive or folder: give it by itself
    "count_differs",  # the export says how many records it holds, and there are more or fewer
    "entity_not_expanded",  # an XML file defines entities: exports define none, they are never expanded
    "missing_sibling",  # a numbered file of a thread is missing (message_1, message_3)
    "unaccounted",  # bytes that a reader did not claim: a defect of the reader, said rather than hidden
    "database_media",  # media inside a database: cut out of what is kept; the rows stay
    "broken_database",  # looks like a database, cannot be opened
    "encrypted_database",  # an encrypted backup or database: its key opens it, on the phone
    "damaged_pages",  # pages of a database that cannot be read: rows may be missing there
    "hot_journal",  # a transaction never ended: read as it was before it
    "log_unfinished",  # the write-ahead log ends in changes that were never committed: not read
    "log_missing",  # a log with newer rows lies beside the database and was not handed in
    "log_not_used",  # a log that does not belong to this database
    "database_too_large",  # packed, and too large to be unpacked in memory
    "picture_too_large",  # more bytes or pixels than the bounds allow: not opened
    "picture_damaged",  # a declared screenshot that cannot be decoded
    "picture_animated",  # more than one frame: no screenshot
    "picture_kind",  # declared a screenshot, but neither PNG, JPEG nor WebP
    "picture_failed",  # the process that reads pictures died or took too long
    "picture_layout",  # its words were read, what on it belongs together could not be found out
    "reader_failed",  # a reader stopped with an error of its own
)

Reason = Literal[
    "empty_file",
    "unknown_format",
    "two_readers",
    "saved_again",
    "wrong_extension",
    "truncated",
    "broken_record",
    "broken_structure",
    "continuation_without_start",
    "invalid_utf8",
    "nul_bytes",
    "unknown_locale",
    "date_order_ambiguous",
    "date_order_mixed",
    "time_backwards",
    "zone_unknown",
    "header_out_of_order",
    "cap_reached",
    "oversize_message",
    "invalid_escape",
    "mojibake_kept",
    "encrypted_archive",
    "broken_archive",
    "path_traversal",
    "archive_bomb",
    "too_many_members",
    "duplicate_member",
    "unreadable",
    "case_skipped",
    "embedded_media",
    "link_skipped",
    "digest_differs",
    "nested_archive",
    "count_differs",
    "entity_not_expanded",
    "missing_sibling",
    "unaccounted",
    "database_media",
    "broken_database",
    "encrypted_database",
    "damaged_pages",
    "hot_journal",
    "log_unfinished",
    "log_missing",
    "log_not_used",
    "database_too_large",
    "picture_too_large",
    "picture_damaged",
    "picture_animated",
    "picture_kind",
    "picture_failed",
    "picture_layout",
    "reader_failed",
]

UTC_US: Final = pa.timestamp("us", tz="UTC")

ATTACHMENT: Final = pa.struct(
    [
        ("name", pa.string()),  # as the export names it (path inside the export where it gives one), null if omitted
        ("digest", pa.string()),  # SHA-256 hex of the medium where it is in the source, else null
        (
            "media_type",
            pa.string(),
        ),  # image, video, audio, sticker, gif, document, contact, null; or a MIME type as exported
        ("size", pa.int64()),  # bytes, null unless known
        ("state", pa.string()),  # ATTACHMENT_STATES
    ]
)

MESSAGE_SCHEMA: Final = pa.schema(
    [
        ("message_id", pa.string()),
        ("source_digest", pa.string()),
        ("source_part", pa.string()),
        ("span_start", pa.int64()),
        ("span_end", pa.int64()),
        ("box", pa.list_(pa.int32())),
        ("seq", pa.int64()),
        ("platform", pa.string()),
        ("thread_id", pa.string()),
        ("thread_title", pa.string()),
        ("sent_at", UTC_US),
        ("sent_at_text", pa.string()),
        ("sent_at_basis", pa.string()),
        ("sender_id", pa.string()),
        ("sender_name", pa.string()),
        ("direction", pa.string()),
        ("kind", pa.string()),
        ("text", pa.string()),
        ("text_repair", pa.string()),
        ("confidence", pa.float32()),
        ("reply_to", pa.string()),
        ("forwarded_from", pa.string()),
        ("edited_at", UTC_US),
        ("revision_of", pa.string()),
        ("duplicate_of", pa.string()),
        ("attachments", pa.list_(ATTACHMENT)),
        ("flags", pa.list_(pa.string())),
    ]
)

DUPLICATE_SCHEMA: Final = pa.schema(
    [
        ("seq", pa.int64()),  # of one source's message table, ascending
        ("duplicate_of", pa.string()),  # message_id of the row that was taken in first
    ]
)
"""What a case knows of overlapping exports; laid over `duplicate_of` of the message table when it is read."""

PROBLEM_SCHEMA: Final = pa.schema(
    [
        ("source_digest", pa.string()),
        ("source_part", pa.string()),
        ("start", pa.int64()),  # bytes in the part; null where the problem is about the whole part
        ("end", pa.int64()),
        ("reason", pa.string()),  # REASONS
        ("advice", pa.string()),  # what to do, in the language of the call
    ]
)

BECAUSE: Final = pa.struct([("id", pa.string()), ("en", pa.string())])

CANDIDATE_SCHEMA: Final = pa.schema(
    [
        ("message_id", pa.string()),
        ("seq", pa.int64()),
        ("thread_id", pa.string()),
        ("signal", pa.string()),
        ("start", pa.int32()),  # code points of the raw text
        ("end", pa.int32()),
        ("rule", pa.string()),
        ("version", pa.int32()),
    ]
)

MARK_SCHEMA: Final = pa.schema(
    [
        ("mark_id", pa.string()),
        ("message_id", pa.string()),
        ("seq", pa.int64()),
        ("thread_id", pa.string()),
        ("source_digest", pa.string()),
        ("signal", pa.string()),
        ("phase", pa.string()),  # null for signals outside the four phases
        ("by", pa.string()),  # at_risk, other, unknown
        ("strength", pa.string()),  # weak, strong
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("rule", pa.string()),
        ("version", pa.int32()),
        ("because", BECAUSE),
    ]
)

PHASE_SCHEMA: Final = pa.schema(
    [
        ("phase_id", pa.string()),
        ("phase", pa.string()),
        ("people", pa.list_(pa.string())),  # accounts: sender_id where there is one, else sender_name
        ("thread_ids", pa.list_(pa.string())),
        ("source_digest", pa.string()),
        ("first_message", pa.string()),
        ("last_message", pa.string()),
        ("first_seq", pa.int64()),
        ("last_seq", pa.int64()),
        ("first_at", UTC_US),  # null where the messages have no known instant
        ("last_at", UTC_US),
        ("strength", pa.string()),
        ("marks", pa.list_(pa.string())),
        ("because", BECAUSE),
    ]
)

IDENTIFIER_KINDS: Final = (
    "phone",
    "bank_account",
    "ewallet",
    "qris",
    "money",
    "link",
    "invite",
    "handle",
    "email",
    "crypto",
)

IDENTIFIER_SCHEMA: Final = pa.schema(
    [
        ("kind", pa.string()),  # IDENTIFIER_KINDS
        ("value", pa.string()),  # canonical: +62812..., bank:BCA:1234567890, IDR:500000, https://..., @name
        ("as_written", pa.string()),  # exactly the text between start and end
        ("message_id", pa.string()),
        ("seq", pa.int64()),
        ("thread_id", pa.string()),
        ("source_digest", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("reason", pa.string()),  # catalog key (area identifiers) of why it was accepted
    ]
)
