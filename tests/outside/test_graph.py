"""case_validate (case-utils) on the graph: what it takes, what it refuses, and what it takes although we refuse it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from saksi.handover.graph_check import check_graph
from tests.handover.graph_samples import document, known_files
from tests.outside.programs import run


def validated(data: bytes, folder: Path) -> int:
    """case_validate's exit code."""
    path = folder / "graph.jsonld"
    path.write_bytes(data)
    return run("case_validate", "--built-version", "case-1.5.0", path).returncode


def test_the_graph_conforms_to_case_1_5(tmp_path: Path) -> None:
    assert validated(document(), tmp_path) == 0


REFUSED = {
    "a hash that is none": (b'"' + b"05" * 32 + b'"', b'"zz"'),
    "an unknown property": (b"uco-observable:mimeType", b"uco-observable:mimetype"),
    "an unknown class": (b"case-investigation:ProvenanceRecord", b"case-investigation:Provenance"),
    "a relation to nothing": (b'"uco-core:source"', b'"saksi:source"'),
    "cut": (b"\n]}\n", b"\n"),
}


@pytest.mark.parametrize("what", [pytest.param(w, marks=[pytest.mark.proof] if w.startswith("an") else []) for w in REFUSED])
def test_a_changed_graph_is_refused(what: str, tmp_path: Path) -> None:
    changed = document().replace(*REFUSED[what])
    assert changed != document()
    assert validated(changed, tmp_path) != 0


def test_a_time_without_offset_passes_case_validate_and_not_our_own_check(tmp_path: Path) -> None:
    """The day this fails, case_validate has learned it."""
    changed = document().replace(b"02:00:00Z", b"02:00:00")
    assert validated(changed, tmp_path) == 0
    assert ("graph_time_without_zone", "2026-03-02T02:00:00") in check_graph(io.BytesIO(changed), known_files())
