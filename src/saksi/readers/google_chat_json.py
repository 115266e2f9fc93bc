"""Google Chat in a Takeout: Google Chat/Groups/{DM|Space} <id>/messages.json.

    {"messages": [{"creator": {"name", "email", "user_type"}, "created_date", "text", "attached_files", "annotations",
                   "topic_id", "message_id"}, …]}

Every element is one row, in file order. Rules:

1. Time: `created_date` in the words of the account's language ("Thursday, November 3, 2016 at 11:59:50 AM UTC", "Kamis,
   3 November 2016 pukul 11.59.50 UTC", U+202F before AM or not). Month names of seven languages; another one: problem
   unknown_locale, the text is kept. A date without a zone is local time.
2. sender_id is the e-mail address, sender_name the name. Direction where Users/…/user_info.json says whose Takeout it is.
3. A record whose state is deleted, or that has a deletion and no text, is kind deleted.
4. `attached_files`: the file of `export_name` beside messages.json; "?" and "=" of the name may be "_" on disk.
5. Links, titles and meeting addresses in `annotations` that the text does not hold are child rows. Reactions are child
   rows, one an address. A quoted message is `reply_to` its id; its words are a child row only where it is not in the file.
6. Thread: the folder's name, the title in group_info.json.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/google_chat.md.
Versions: Takeouts of 2021 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers.base import Chunk, Evidence, ReadSettings
from saksi.times import EPOCH

ARRAYS: Final = jr.Paths(("messages",))
OPENING: Final = rb'\{[ \t\r\n]*"creator"[ \t\r\n]*:'
MONTHS: Final = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "januari februari maret april mei juni juli agustus september oktober november desember",
        "januari februari mac april mei jun julai ogos september oktober november disember",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    )
    for number, name in enumerate(names.split(), 1)
}
"""English, Indonesian, Malay, German, Spanish, French, Dutch, Portuguese."""
_CLOCK: Final = re.compile(
    r"(?<!\d)(\d{1,2})[.:](\d\d)[.:](\d\d)(?:\s?([AaPp])\.?\s?[Mm]\.?)?(?:\s*(UTC|GMT|Z))?(?:([+-]\d{1,2})(?::?(\d\d))?)?"
)
_NUMBER: Final = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_URL_KEY: Final = "private_do_not_access_or_else_safe_url_wrapped_value"
_TREE: Final = re.compile(
    r"(?:^|/)(?:group_info|user_info)\.json\Z|(?:^|/)Google Chat/.*\.(?:json|html|txt)\Z|(?:^|/)archive_browser\.html\Z"
)


def moment(text: str | None) -> tuple[int | None, str | None, bool]:
    """Microseconds of a written date (as if UTC where it has no zone), how its zone is said (utc, offset, None), and
    whether it is no known date at all."""
    us, zone = jr.iso_time(text)
    if us is not None or text is None:
        return us, zone, False
    clock = _CLOCK.search(text)
    if clock is None:
        return None, None, True
    date = text[: clock.start()] if clock.start() > len(text) // 3 else text[clock.end() :]
    month = next((MONTHS[w] for w in map(str.casefold, _WORD.findall(date)) if w in MONTHS), None)
    numbers = [int(n) for n in _NUMBER.findall(date)]
    years, days = [n for n in numbers if n >= 1900], [n for n in numbers if n <= 31]
    hour = int(clock[1])
    if clock[4] is not None:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    if month is None or len(years) != 1 or len(days) != 1:
        return None, None, True
    try:
        at = datetime(years[0], month, days[0], hour, int(clock[2]), int(clock[3]), tzinfo=UTC)
    except ValueError:
        return None, None, True
    us = int((at - EPOCH).total_seconds()) * 1_000_000
    if clock[6] is not None:
        minutes = abs(int(clock[6])) * 60 + int(clock[7] or 0)
        return us - (minutes if clock[6][0] == "+" else -minutes) * 60_000_000, "offset", False
    return us, "utc" if clock[5] is not None else None, False


class _Job(jr.Job):
    """Reads one thread."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings, owners: frozenset[str]) -> None:
        super().__init__(source, part, settings, "google_chat")
        self.owners = owners
        self.ids: dict[str, int] = {}
        folder = (part.path or "").split("/")[-2:-1]
        self.thread_id = folder[0] if folder else None
        about = jr.text_of(self.siblings.find("group_info.json", climb=False))
        name = about.get("name") if isinstance(about, dict) else None
        members = about.get("members") if isinstance(about, dict) else None
        people = [m["name"] for m in members or () if isinstance(m, dict) and isinstance(m.get("name"), str)] \
            if isinstance(members, list) else []
        others = [m["name"] for m in members or () if isinstance(m, dict) and isinstance(m.get("name"), str)
                  and m.get("email") not in owners] if isinstance(members, list) else []
        one = others or people
        self.thread_title = name if isinstance(name, str) and name else one[0] if len(one) == 1 else self.thread_id

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        row = jr.Row("text", f.text("text"))
        self._when(f, row)
        self._who(f.inner("creator"), row)
        self._state(f, row)
        self._files(f, row)
        row.words(list(_annotation_words(f)))
        self._quote(f, row)
        for item in f.items("reactions"):
            emoji = item.inner("emoji").said("unicode")
            for address in item.texts("reactor_emails"):
                own: dict[str, Any] = {"kind": "reaction", "text": emoji, "sender_id": address, "sent_at_basis": "none"}
                if self.owners:
                    own["direction"] = "out" if address in self.owners else "in"
                row.children.append((own, False))
        number = f.said("message_id")
        f.skip("topic_id")
        if number is not None:
            self.ids[number] = f.start
        if row.attachments and row.kind == "text" and not row.text:
            row.kind = "media"
        return row.finish(f)

    def _when(self, f: jr.Fields, row: jr.Row) -> None:
        written, changed = f.said("created_date"), f.said("updated_date")
        us, zone, strange = moment(written)
        if us is not None and zone is None:
            at, basis = self.local(us)
            row.sent(at, written, basis)
        else:
            row.sent(us, written, zone or "none")
        if strange:
            row.reasons.append("unknown_locale")
        if changed is not None:
            edited, how, _ = moment(changed)
            row.columns["edited_at"] = edited if how is not None or edited is None else self.local(edited)[0]
            row.flags.append("edited")

    def _who(self, creator: jr.Fields, row: jr.Row) -> None:
        address, kind = creator.said("email"), creator.said("user_type")
        row.columns |= {"sender_id": address, "sender_name": creator.said("name")}
        if self.owners and address is not None:
            row.columns["direction"] = "out" if address in self.owners else "in"
        if kind not in (None, "Human"):
            row.flags += jr.tag("user_type", kind)

    @staticmethod
    def _state(f: jr.Fields, row: jr.Row) -> None:
        state, gone = f.said("message_state"), f.said("deleted_date")
        deletion = f.inner("deletion_metadata")
        deletion_type = deletion.said("deletion_type")
        row.flags += jr.tag("state", state) + jr.tag("deleted_at", gone) + jr.tag("deletion", deletion_type)
        if state == "DELETED" or (not row.text and (gone is not None or deletion_type is not None)):
            row.kind = "deleted"

    def _files(self, f: jr.Fields, row: jr.Row) -> None:
        for item in f.items("attached_files"):
            name, original = item.said("export_name"), item.said("original_name")
            shown = name or original
            part = None
            for written in {name or "", re.sub(r'[?=&:*|"<>]', "_", name or ""), (name or "").replace("?", "_")} - {""}:
                part = part or self.siblings.find(written, climb=False)
            row.attachments.append(self.attached(shown, jr.media_type_of(original or shown), part))
            if original and original != shown and not (shown or "").endswith(original):
                row.children.append(({"kind": "media", "text": original, "flags": ["field:original_name"]}, True))

    def _quote(self, f: jr.Fields, row: jr.Row) -> None:
        quote = f.inner("quoted_message_metadata")
        number, text, creator = quote.said("message_id"), quote.said("text"), quote.inner("creator")
        who = {"sender_id": creator.said("email"), "sender_name": creator.said("name")}
        creator.skip("user_type")
        if number is not None:
            start = self.ids.get(number)
            row.columns["reply_to"] = f"google_chat:{number}" if start is None else f"{self.prefix}{start}"
        if text and (number is None or number not in self.ids):
            row.children.append(({
                "kind": "text", "text": text, "flags": ["field:quoted_message_metadata.text"], "sent_at_basis": "none", **who,
            }, False))


def _annotation_words(f: jr.Fields) -> Iterator[tuple[str, str | None]]:
    """Links, titles and meetings behind the words."""
    for a in f.items("annotations"):
        a.skip("start_index", "length", "format_metadata", "custom_emoji_metadata")
        link = a.inner("url_metadata")
        for name in ("url", "title", "snippet"):
            value = link.inner("url").said(_URL_KEY) if name == "url" else link.said(name)
            yield f"url_metadata.{name}", value
        link.skip("image_url", "mime_type", "should_not_render", "url_source")
        drive = a.inner("drive_metadata")
        yield "drive_metadata.title", drive.said("title")
        yield "drive_metadata.id", drive.said("id")
        drive.skip("thumbnail_url")
        video = a.inner("youtube_metadata")
        yield "youtube_metadata.id", video.said("id")
        video.skip("start_time")
        meeting = a.inner("video_call_metadata").inner("meeting_space")
        for name in ("meeting_url", "meeting_code"):
            yield f"video_call_metadata.{name}", meeting.said(name)


class GoogleChatJson:
    """Reader `google_chat_json`; see the module's text."""

    name = "google_chat_json"

    def recognise(self, part: Part) -> Evidence | None:
        """A list `messages` whose first record has a creator and created_date, message_id or topic_id."""
        head = part.head()
        if b'"creator"' not in head or b'"messages"' not in head:
            return None
        found = jr.outline_of(head)
        if found is None or ("messages",) not in found.entered or not jr.all_keys(found.first, "creator"):
            return None
        own = any(jr.all_keys(found.first, n) for n in ("created_date", "topic_id", "message_id"))
        return Evidence("google_chat_messages") if own else None

    def is_metadata(self, part: Part) -> bool:
        """Members, accounts and pages of the Takeout."""
        return _TREE.search(part.path or "") is not None

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each thread."""
        owners: set[str] = set()
        for part in source.parts:
            if part.name == "user_info.json":
                about = jr.text_of(part)
                user = about.get("user") if isinstance(about, dict) else None
                if isinstance(user, dict) and isinstance(user.get("email"), str) and user["email"]:
                    owners.add(user["email"])
        for part in parts:
            job = _Job(source, part, settings, frozenset(owners))
            yield from job.read(job.walk(ARRAYS, OPENING), job.make)


reader = GoogleChatJson()
