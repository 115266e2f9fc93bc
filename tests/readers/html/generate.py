"""The samples of the HTML readers, from here byte for byte: `python -m tests.readers.html.generate`.

One folder a reader under tests/samples; folder NAME holds the files, NAME.jsonl beside it one line a row of the message
table (columns that say something), then one line a problem. All invented, non-explicit.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source, reader_named
from tests.readers.html import imessage_pages, meta_pages, telegram_pages, web_pages
from tests.readers.telegram.reading import read, source_of

FOLDER: Final = Path(__file__).resolve().parents[2] / "samples"


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip with these members, the same bytes on every day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 6, 2, 9, 0, 0)), data)
    return out.getvalue()


def samples() -> dict[str, dict[str, bytes]]:
    """Reader and name -> files. One file: handed in alone; several: as a zip."""
    return {
        "telegram_html/chat": {
            "messages.html": telegram_pages.first(), "messages2.html": telegram_pages.second(), "css/style.css": b"body {}\n",
        },
        "telegram_html/alone": {"messages.html": telegram_pages.first()},
        "meta_html/instagram": {
            f"{meta_pages.ROOT}/message_1.html": meta_pages.instagram(), f"{meta_pages.ROOT}/photos/1.jpg": b"\xff\xd8\xff\xe0 made up",
        },
        "meta_html/facebook_2019": {"message_1.html": meta_pages.facebook_2019()},
        "imessage_html/conversation": {"Keluarga.html": imessage_pages.conversation(), "style.css": b".sent {}\n"},
        "imessage_html/first_version": {"Ayu.html": imessage_pages.first_version()},
        "web_page_html/single_file": {"toko.html": web_pages.SINGLE_FILE},
        "web_page_html/browser": {"iklan.htm": web_pages.BROWSER, "iklan_files/a.css": b"p {}\n"},
        "web_page_mhtml/kanal": {"kanal.mhtml": web_pages.mhtml()},
        "web_archive_warc/kanal": {"kanal.warc": web_pages.warc()},
        "web_archive_warc/kanal.warc.gz": {"": web_pages.warc_gz(web_pages.warc())},
        "web_archive_warc/situs.wacz": {"": zipped(web_pages.wacz())},
        "page_pdf_text/bukti.pdf": {"": web_pages.pdf("Transfer Rp 500.000 ke 0860 1111 2222", "halaman dua")},
        "meta_html/facebook_2016": {"messages.htm": meta_pages.old()},
    }


def bytes_of(files: Mapping[str, bytes]) -> bytes:
    """What is handed in."""
    return next(iter(files.values())) if len(files) == 1 else zipped(files)


def golden(path: str, files: Mapping[str, bytes]) -> str:
    """The rows and problems of a sample as JSON lines."""
    name = next(iter(files)) if len(files) == 1 else "contoh.zip"
    source = source_of(bytes_of(files), name or path.split("/")[-1])
    reading = read_source(source, ReadSettings(zone="Asia/Jakarta")) if not name else None
    if reading is not None:  # a file that is no text
        reading.rows = [row for batch in reading for row in batch.to_pylist()]  # type: ignore[attr-defined]
    else:
        reading = read(reader_named(path.split("/")[0]), source, "Asia/Jakarta")
    lines: list[dict[str, Any]] = []
    for row in reading.rows:  # type: ignore[attr-defined]
        said = {k: v for k, v in row.items() if v is not None and k != "source_digest"}
        for name in ("sent_at", "edited_at"):
            if name in said:
                said[name] = said[name].isoformat()
        lines.append(said)
    lines += [{"problem": p.reason, "part": p.part, "start": p.start, "end": p.end} for p in reading.problems]
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)


def main() -> None:
    """Write all samples and what they read as."""
    for path, files in samples().items():
        for name, data in files.items():
            place = FOLDER / path / name if name else FOLDER / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        (FOLDER / f"{path}.jsonl").write_text(golden(path, files), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
