"""E-mail: many messages in one file (mbox), as Gmail's Takeout, Thunderbird and Apple Mail give them.

    From 123@xxx Wed Nov 15 05:13:20 +0000 2023
    From: Sari <sari@example.com>
    …

A message begins at a line "From …" with a time, at the top or below an empty line, if a header field follows; ">From" inside a
message stays as it is written. Rows as in `email_eml`. Versions tested: forms of docs/formats/email.md.
References: RFC 4155; docs/formats/email.md.
"""

from __future__ import annotations

from saksi.readers.email_eml import MailReader


class MboxReader(MailReader):
    """The reader (see the module)."""

    name = "email_mbox"
    kind = "mbox"
    why = "mail_from_lines"


reader = MboxReader()
