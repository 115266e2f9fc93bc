"""Which readers there are, and which one reads what: by content, never by name, never by list order.

`read_source(source, settings)` -> `Reading`. Every text part is shown to every reader; no claim: the part is metadata
of a recognised export or a problem `unknown_format`; two claims: a problem `two_readers` with both names, and `--format`
decides. Adding a format: one file in this folder and one line in `READERS`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Final

from saksi.errors import InputRefused, UsageError
from saksi.parts import Part, Source
from saksi.readers._utf16 import twin_of
from saksi.readers.base import Problem, Reader, Reading, ReadSettings

READERS: Final = {
    # name: module (its `reader` is the reader); imported when first needed
    "whatsapp_txt": "saksi.readers.whatsapp_txt",
    "whatsapp_android_sqlite": "saksi.readers.whatsapp_android_sqlite",
    "whatsapp_ios_sqlite": "saksi.readers.whatsapp_ios_sqlite",
    "telegram_json": "saksi.readers.telegram_json",
    "telegram_html": "saksi.readers.telegram_html",
    "meta_json": "saksi.readers.meta_json",
    "meta_html": "saksi.readers.meta_html",
    "imessage_html": "saksi.readers.imessage_html",
    "web_page_html": "saksi.readers.web_page_html",
    "web_page_mhtml": "saksi.readers.web_page_mhtml",
    "web_archive_warc": "saksi.readers.web_archive_warc",
    "page_pdf_text": "saksi.readers.page_pdf_text",
    "meta_e2ee_json": "saksi.readers.meta_e2ee_json",
    "line_txt": "saksi.readers.line_txt",
    "kakaotalk_txt": "saksi.readers.kakaotalk_txt",
    "sigtop_txt": "saksi.readers.sigtop_txt",
    "telegram_txt": "saksi.readers.telegram_txt",
    "sms_xml": "saksi.readers.sms_xml",
    "calls_xml": "saksi.readers.calls_xml",
    "imessage_txt": "saksi.readers.imessage_txt",
    "contacts_vcf": "saksi.readers.contacts_vcf",
    "email_eml": "saksi.readers.email_eml",
    "email_mbox": "saksi.readers.email_mbox",
    "pasted_txt": "saksi.readers.pasted_txt",
    "discord_package_json": "saksi.readers.discord_package_json",
    "discord_package_csv": "saksi.readers.discord_package_csv",
    "discord_exporter_json": "saksi.readers.discord_exporter_json",
    "tiktok_json": "saksi.readers.tiktok_json",
    "tiktok_txt": "saksi.readers.tiktok_txt",
    "snapchat_json": "saksi.readers.snapchat_json",
    "signal_jsonl": "saksi.readers.signal_jsonl",
    "google_chat_json": "saksi.readers.google_chat_json",
    "hangouts_json": "saksi.readers.hangouts_json",
    "skype_json": "saksi.readers.skype_json",
    "x_dm_js": "saksi.readers.x_dm_js",
}


DECLARED: Final = ("screenshot_image", "saksi.readers.screenshot_image")
"""The reader of what a person declared to be screenshots: it recognises nothing by content, so it is not in READERS."""


@cache
def reader_named(name: str) -> Reader:
    """The reader called `name`. Raises UsageError for a name that is not in the registry."""
    if name == DECLARED[0]:
        declared: Reader = import_module(DECLARED[1]).reader
        return declared
    if name not in READERS:
        raise UsageError("unknown_format_name", format=name[:40], known=", ".join(READERS))
    reader: Reader = import_module(READERS[name]).reader
    return reader


def claims(part: Part) -> list[Reader]:
    """The readers that recognise `part`, in the order of the registry."""
    names = [name for name in READERS if takes(name, part) and may_know(name, part)]
    return [r for r in map(reader_named, names) if r.recognise(part) is not None]


def takes(name: str, part: Part) -> bool:
    """Whether a reader of this name reads such parts at all: those of databases end in "_sqlite", that of a PDF is one, all
    others read texts."""
    if name == "page_pdf_text" or part.media == "document":
        return name == "page_pdf_text" and is_page(part)
    return name.endswith("_sqlite") == (part.media == "database")


def is_page(part: Part) -> bool:
    """Whether a part is a PDF that was handed in alone and can be opened, or whose words a case keeps."""
    return part.words is not None or (part.media == "document" and part.path is None and part.head().startswith(b"%PDF-"))


_FIELD: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:From |[!-9;-~]+:)")


def may_know(name: str, part: Part) -> bool:
    """Whether a part's first bytes can be what a reader of this name knows: saves importing readers that cannot (the many
    patterns of the HTML readers take as long to make as a small chat to read)."""
    if name.endswith(("_html", "_xml")):
        return part.head().removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    if name.endswith(("_json", "_jsonl", "_js")):
        return b"{" in part.head()  # every one of them looks for a key of an object
    if name.endswith("_vcf"):
        return b"begin:vcard" in part.head()[:8192].lower()
    if name.startswith("email_"):
        return _FIELD.match(part.head()) is not None
    if name.endswith("_mhtml"):
        return b"multipart/related" in part.head()[:8192].lower()
    return not name.endswith("_warc") or part.head().startswith(b"WARC/")


ENCRYPTED: Final = re.compile(r"\.(?:crypt\d*|mcrypt\d*|enc|enc1)$|\.(?:db|sqlite|sqlite3)$", re.IGNORECASE)


def _looks_encrypted(part: Part, name: str) -> bool:
    """An encrypted backup or database: a name that promises a database over bytes that are neither one nor text."""
    head = part.head()[:4096]
    control = len(head) - len(head.translate(None, bytes({*range(0x20)} - {9, 10, 13})))
    return ENCRYPTED.search(name) is not None and control * 25 > len(head) and part.media in (None, "binary")


ENDINGS: Final = {"txt": "_txt", "json": "_json"}
"""What a file name's ending promises: a reader whose name ends so. Other endings promise nothing."""


def _wrong_ending(source: Source, jobs: dict[str, list[Part]]) -> bool:
    """Whether a lone file or archive was read by content although its name says something else."""
    ending = source.name.rsplit(".", 1)[-1].lower() if "." in source.name else ""
    if source.kind == "zip":
        return ending in ENDINGS
    promised = ENDINGS.get(ending, "" if ending != "zip" else "_zip")
    return source.kind == "file" and bool(promised) and any(not name.endswith(promised) for name in jobs)


def _assign(source: Source, forced: str | None) -> tuple[dict[str, list[Part]], list[Part], list[Problem]]:
    jobs: dict[str, list[Part]] = {}
    unclaimed: list[Part] = []
    problems: list[Problem] = []
    for part in source.parts:
        if part.transcript is not None:
            jobs.setdefault(DECLARED[0], []).append(part)
            continue
        if (part.media not in (None, "database") and not is_page(part)) or part.state != "present" or part.size == 0:
            if part.size == 0 and part.path is not None and not part.path.endswith(("-wal", "-journal", "-shm")):
                problems.append(Problem("empty_file", part.path))
            if part.size and _looks_encrypted(part, part.path or source.name):
                problems.append(Problem("encrypted_database", part.path))
            continue
        size = part.size
        found = claims(part)
        twin = None if found else twin_of(part)
        if twin is not None:
            part = twin  # readers get the text, whatever it is written in
            found = claims(part)
        if forced is not None:
            reader = reader_named(forced)
            found = [r for r in found if r.name == forced]
            if not found and takes(forced, part) and (source.kind in ("file", "packed") or _as_a_last_resort(reader, part)):
                found = [reader]
        if len(found) > 1:
            problems.append(Problem("two_readers", part.path, 0, size))
        elif found:
            jobs.setdefault(found[0].name, []).append(part)
            if twin is not None:
                problems.append(Problem("saved_again", part.path))
        else:
            unclaimed.append(part)
    if forced is None:
        _give_way(jobs, unclaimed)
    return jobs, unclaimed, problems


def _as_a_last_resort(reader: Reader, part: Part) -> bool:
    """Whether a reader that claims nothing by itself would read this part if it is asked for."""
    last_resort = getattr(reader, "last_resort", None)
    return last_resort is not None and last_resort(part) is not None


def _give_way(jobs: dict[str, list[Part]], unclaimed: list[Part]) -> None:
    """Move parts that belong to another recognised export from readers that give way (a contact card beside a chat)."""
    for name in [n for n in jobs if getattr(reader_named(n), "gives_way", False)]:
        others = [reader_named(n) for n in jobs if n != name]
        moved = [p for p in jobs[name] if any(r.is_metadata(p) for r in others)]
        unclaimed += moved
        jobs[name] = [p for p in jobs[name] if p not in moved]
        if not jobs[name]:
            del jobs[name]


def for_talk(source: Source, settings: ReadSettings) -> ReadSettings:
    """Settings for a verb that takes pasted talk: a lone text that nobody claims is read as that where it reads like it."""
    part = source.parts[0] if source.kind == "file" and source.parts else None
    if settings.format is not None or part is None or part.media is not None or claims(part):
        return settings
    pasted = reader_named("pasted_txt")
    return replace(settings, format=pasted.name) if _as_a_last_resort(pasted, part) else settings


def read_source(source: Source, settings: ReadSettings) -> Reading:
    """A `Reading` of everything in `source` that a reader knows. Reads nothing yet but the parts' heads.

    Never raises for the content: what nobody knows is in the problems. `require_readable` turns "nothing at all" into
    an error for verbs that have nothing else to do.
    """
    if settings.format is not None and settings.format not in READERS:
        raise UsageError("unknown_format_name", format=settings.format[:40], known=", ".join(READERS))
    jobs, unclaimed, problems = _assign(source, settings.format)
    problems = [Problem(t.reason, t.part, t.start, t.end) for t in source.troubles] + problems
    if _wrong_ending(source, jobs):
        problems.append(Problem("wrong_extension", None))
    roles: dict[int, str] = {}
    for part in unclaimed:
        if any(takes(name, part) and reader_named(name).is_metadata(part) for name in jobs):
            roles[part.number] = "metadata"
        elif part.media == "database":
            problems.append(Problem("unknown_format", part.path))
        elif _looks_encrypted(part, part.path or source.name):
            problems.append(Problem("encrypted_database", part.path, 0, part.size))
        else:
            problems.append(Problem("unknown_format", part.path, 0, part.size))
    for part in (p for name in jobs for p in jobs[name] if p.media == "database"):
        roles |= {p.number: "metadata" for p in source.parts if p.path and p.path in _beside(part.path)}
    ordered = [(reader_named(name), jobs[name]) for name in (*READERS, DECLARED[0]) if name in jobs]
    return Reading(source, ordered, settings, problems, roles)


def _beside(path: str | None) -> set[str]:
    """Names of what SQLite keeps beside a database."""
    return set() if path is None else {path + "-wal", path + "-shm", path + "-journal"}


REFUSALS: Final = (
    "encrypted_archive", "broken_archive", "archive_bomb", "two_readers", "empty_file", "encrypted_database",
    "broken_database",
)  # fmt: skip
"""Problems that name what is wrong better than what the bytes look like."""


def require_readable(reading: Reading) -> None:
    """Raise InputRefused, saying what the source looks like, where no reader claims any part of it."""
    if reading.reader_names:
        return
    source = reading.source
    reasons = [p.reason for p in reading.problems]
    for reason in REFUSALS:
        if reason in reasons:
            names = ""
            if reason == "two_readers":
                part = next(p for p in source.parts if p.media is None and len(claims(p)) > 1)
                names = ", ".join(r.name for r in claims(part))
            raise InputRefused(f"refused_{reason}", readers=names)
    kinds = {p.media or "text" for p in source.parts}
    looks = kinds.pop() if len(kinds) == 1 else "mixed"
    if looks == "text":
        from saksi.readers._unknown import app_of  # here: it needs the readers' modules

        apps = {app_of(p.head()) for p in source.parts if p.size}
        app = apps.pop() if len(apps) == 1 else None
        looks = "text" if app is None else f"text_{app}"
    raise InputRefused(f"refused_{looks}")
