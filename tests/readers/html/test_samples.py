"""The committed samples are what their generator writes, read as the golden rows say, and are claimed by one reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi.readers.base import ReadSettings
from saksi.readers.registry import READERS, claims, read_source
from tests.readers.html.generate import FOLDER, bytes_of, golden, samples
from tests.readers.telegram.reading import source_of

SAMPLES = samples()
PAGES = frozenset({"web_page_html", "web_page_mhtml", "web_archive_warc"})
OWN = {path.split("/")[0] for path in SAMPLES}


def test_folders_hold_the_samples_and_nothing_else() -> None:
    there = {str(p.relative_to(FOLDER).as_posix()) for name in OWN for p in (FOLDER / name).rglob("*") if p.is_file()}
    files = {f"{path}/{name}".rstrip("/") for path, members in SAMPLES.items() for name in members}
    assert there == files | {f"{path}.jsonl" for path in SAMPLES}


@pytest.mark.parametrize("path", SAMPLES)
def test_sample(path: str) -> None:
    for name, data in SAMPLES[path].items():
        assert (FOLDER / path / name if name else FOLDER / path).read_bytes() == data
    assert golden(path, SAMPLES[path]) == (FOLDER / f"{path}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SAMPLES)
def test_one_reader_claims_a_sample(path: str) -> None:
    """Exclusive: a chat is never a page, a page never a chat, and no other reader takes either."""
    source = source_of(bytes_of(SAMPLES[path]), "contoh.zip" if len(SAMPLES[path]) > 1 else next(iter(SAMPLES[path])))
    for part in source.parts:
        names = {r.name for r in claims(part)}
        assert names <= {path.split("/")[0]} or names <= PAGES  # an export's own index page
    reading = read_source(source, ReadSettings(zone="Asia/Jakarta"))
    assert reading.reader_names == [path.split("/")[0]]
    assert not [p for p in reading.problems if p.reason in ("unknown_format", "two_readers")]
    assert sum(b.num_rows for b in reading) > 0


@pytest.mark.parametrize("path", sorted(p for p in FOLDER.rglob("*") if p.is_file() and p.parts[len(FOLDER.parts)] not in OWN
                                        and p.parts[len(FOLDER.parts)] in READERS and p.suffix != ".jsonl"),
                         ids=lambda p: str(p.relative_to(FOLDER)))
def test_samples_of_other_readers_are_refused(path: object) -> None:
    part = source_of(Path(str(path)).read_bytes()).parts[0]
    assert not {r.name for r in claims(part)} & OWN
