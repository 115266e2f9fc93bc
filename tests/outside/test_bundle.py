"""A bundle and its changes before the outside verifiers: the quick ones here, the whole table in `make proof`."""

from __future__ import annotations

import pytest

from tests.outside.mutations import Sample, by_age, flipped, judged, mutations
from tests.outside.programs import program

QUICK = frozenset({"sha256sum", "pkeyutl", "openssl ts", "Go tlog", "verify.py"})


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("outside"))


def test_the_good_bundle_is_taken_by_every_verifier(sample: Sample) -> None:
    said = judged(sample, sample.good, every=True)
    assert set(said.values()) <= {"taken", "not run"}
    assert [name for name, answer in said.items() if answer == "not run"] in ([], ["Go tlog"])


def test_every_change_is_refused_by_verify_py_and_by_whom_it_concerns(sample: Sample) -> None:
    said = {what: judged(sample, files, only=QUICK) for what, files in mutations(sample)}
    assert {what for what, answers in said.items() if answers["verify.py"] != "refused"} == set()
    assert said["one bit: table"]["sha256sum"] == "refused"
    for what in ("signed again with another key", "old log put back, manifests anew"):
        assert said[what]["sha256sum"] == "taken", "manifests alone prove nothing"
        assert said[what]["openssl ts"] == "refused", "the authority saw another checkpoint"


@pytest.mark.skipif(program("age") is None, reason="age is brought by `make proof`")
def test_age_refuses_a_changed_envelope(sample: Sample) -> None:
    whole = sample.handed.path.read_bytes()
    assert by_age(sample, whole)
    assert not by_age(sample, flipped(whole))
    assert not by_age(sample, whole[:-10])


@pytest.mark.proof
def test_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.outside.table import table

    assert table() == []
