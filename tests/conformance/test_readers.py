"""What every reader of the registry must hold, whatever it reads: over all committed samples (DESIGN promises 1, 2, 7, 9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from saksi.readers.registry import READERS, reader_named
from tests.conformance.samples import (
    ASKED_ONLY,
    NO_EXPORTS,
    SAMPLES,
    Row,
    Sample,
    complete_rows,
    confusion,
    confusion_table,
    cuts,
    folder_of,
    read,
    samples,
    source_of,
)

ALL = samples()
each_sample = pytest.mark.parametrize("sample", ALL, ids=lambda s: s.label)
MADE = "_sqlite"
"""Databases have rows and no spans, and are no text to keep in a tree: `made_samples`. Cut and damaged anywhere:
tests/readers/whatsapp_sqlite."""

CUTS = 60
"""Cuts of one sample in a usual run; `make proof` cuts at every byte."""


def test_every_reader_has_samples_and_every_folder_a_reader() -> None:
    written = {name for name in READERS if not name.endswith(MADE)}
    assert {s.reader for s in ALL} == set(READERS)
    assert {p.name for p in SAMPLES.iterdir() if p.is_dir()} - NO_EXPORTS == written


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_who_it_is_and_why(name: str) -> None:
    reader = reader_named(name)
    assert reader.name == name
    module = sys.modules[READERS[name]]
    assert module.__doc__
    assert "Versions" in module.__doc__, "which exports it knows"
    assert "References:" in module.__doc__ or "docs/formats/" in module.__doc__, "where its facts come from"


def test_every_sample_is_claimed_by_its_own_reader_alone() -> None:
    print("\n" + "\n".join(confusion_table()))
    for name, counts in confusion().items():
        expected = 0 if name in ASKED_ONLY else counts["samples"]
        assert counts[name] == expected, f"{name} does not recognise all of its own"
        others = {other: n for other, n in counts.items() if other not in (name, "samples")}
        assert not others, f"samples of {name} are claimed by {others}"


@each_sample
def test_every_byte_is_accounted_for(sample: Sample) -> None:
    with sample.open() as source:
        rows, reading = read(source, format=sample.asked)
        account = reading.account("en")
    assert reading.reader_names == [sample.reader]
    assert rows, "a sample without rows shows nothing"
    for counts in (account["bytes"], *(p["rows"] for p in account["parts"] if "rows" in p)):
        assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
    assert any("rows" in p for p in account["parts"]) == sample.reader.endswith(MADE)
    reasons = {p.reason for p in reading.problems}
    assert not reasons & {"unaccounted", "reader_failed"}
    assert all(r["sent_at"] is None or r["sent_at_basis"] not in ("none", "zone_unknown", None) for r in rows)
    assert all(r["text"] != "" or r["kind"] != "unparsed" for r in rows)


@each_sample
def test_a_time_without_a_zone_is_not_invented(sample: Sample) -> None:
    with sample.open() as source:
        reading_rows, reading = read(source, zone=None, format=sample.asked)
    unknown = [r for r in reading_rows if r["sent_at_basis"] == "zone_unknown"]
    assert all(r["sent_at"] is None and r["sent_at_text"] for r in unknown)
    assert not unknown or "zone_unknown" in {p.reason for p in reading.problems}
    assert "zone_given" not in {r["sent_at_basis"] for r in reading_rows}  # calibrated: the export itself says both


def test_message_ids_are_unique_over_all_samples() -> None:
    seen: dict[str, str] = {}
    for sample in ALL:
        with sample.open() as source:
            for row in read(source, format=sample.asked)[0]:
                assert row["message_id"] not in seen, (sample.label, seen.get(row["message_id"]))
                seen[row["message_id"]] = sample.label


def _parts_of(sample: Sample) -> dict[str | None, bytes]:
    """The text parts that the sample's reader claims."""
    with sample.open() as source:
        own = [
            p for p in source.parts
            if p.media is None and p.size and (sample.asked or reader_named(sample.reader).recognise(p) is not None)
        ]
        return {p.path: p.read() for p in own}


def _all_files(sample: Sample) -> dict[str, bytes]:
    return {p.relative_to(sample.path).as_posix(): p.read_bytes() for p in sample.path.rglob("*") if p.is_file()}


def _goes_on(row: tuple[Any, ...], rows: list[Row]) -> bool:
    """Whether the row is there with more behind it: what is left of a cut line may be words that belong to it."""
    part, start, _, _, sender, text = row
    return any(
        (r["source_part"], r["span_start"], r["sender_name"]) == (part, start, sender)
        and (r["text"] or "").startswith(text or "") for r in rows
    )


def check_cut_off(sample: Sample, most: int) -> None:
    """Cut each part of the sample's messages at up to `most` places: complete rows before the cut are all there."""
    files = _all_files(sample) if sample.path.is_dir() else {}
    with sample.open() as source:
        whole = read(source, format=sample.reader)[0]
        archive = source.kind == "zip"
    if archive:
        return  # its members are cut as files; broken archives: tests/test_parts.py
    for path, data in _parts_of(sample).items():
        for cut in cuts(len(data), most):
            source = source_of(data[:cut], sample.path.name) if path is None else folder_of({**files, path: data[:cut]})
            rows, reading = read(source, format=sample.reader)
            reasons = [p.reason for p in reading.problems]
            assert "reader_failed" not in reasons, (sample.label, cut)
            counts = reading.account("en")["bytes"]
            assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"], (sample.label, cut)
            if path is not None and reader_named(sample.reader).recognise(source.parts[0]) is None and not rows:
                continue  # too little is left to be known for what it was; the bytes are a problem `unknown_format`
            missing = complete_rows(whole, path, cut) - complete_rows(rows, path, cut)
            lost = [m for m in missing if not _goes_on(m, rows)]
            assert not lost, (sample.label, cut, [m[1:4] for m in lost])
            going_on = {(m[0], m[1]) for m in missing}  # child rows have their parent's span
            assert len(going_on) <= 1, (sample.label, cut, "only the row at the cut may go on")


@each_sample
def test_what_stands_before_a_cut_is_whole(sample: Sample) -> None:
    check_cut_off(sample, CUTS)


@pytest.mark.proof
@each_sample
def test_what_stands_before_a_cut_at_every_byte_is_whole(sample: Sample) -> None:
    check_cut_off(sample, 1 << 30)


_DIGESTS = """
import json, sys
from saksi.table.digest import RowDigest
from saksi.table.schema import MESSAGE_SCHEMA
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from tests.conformance.samples import samples
out = {}
for sample in samples():
    with sample.open() as source:
        digest = RowDigest(MESSAGE_SCHEMA)
        reading = read_source(source, ReadSettings(zone="Asia/Jakarta", format=sample.asked))
        for batch in reading:
            digest.update(batch)
        out[sample.label] = [digest.hexdigest(), json.dumps(reading.account("id"), sort_keys=True)]
print(json.dumps(out))
"""


def test_the_same_rows_in_processes_that_differ(tmp_path: Path) -> None:
    root = SAMPLES.parents[1]
    results = []
    for cwd, env in (
        (root, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
        (tmp_path, {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "77", "LANG": "id_ID.UTF-8"}),
    ):
        paths = os.pathsep.join([str(root / "src"), str(root)])
        done = subprocess.run(
            [sys.executable, "-c", _DIGESTS], cwd=cwd, env={**os.environ, **env, "PYTHONPATH": paths},
            capture_output=True, text=True, check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        results.append(json.loads(done.stdout))
    assert results[0] == results[1]
