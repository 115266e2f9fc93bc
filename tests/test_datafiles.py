"""The YAML loader: strict where a slip would go unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from saksi.datafiles import load, load_text
from saksi.errors import DataFileError


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    count: int = 0
    on: bool = False


@pytest.mark.parametrize(("text", "key"), [
    ("name: a\nname: b", "datafile_syntax"), ("name: [a", "datafile_syntax"), ("name: a\ncolour: red", "datafile_value"),
    ("count: 1", "datafile_value"), ("name: a\ncount: many", "datafile_value"), ("", "datafile_value"),
    ("!!python/object/apply:os.system ['true']", "datafile_syntax"), ("name: a\n---\nname: b", "datafile_syntax"),
    ("name: a\non: yes", "datafile_value"), ("\x00", "datafile_syntax"), ("[1]: a", "datafile_syntax"),
])
def test_refused(text: str, key: str) -> None:
    with pytest.raises(DataFileError) as refused:
        load_text(text, Rule, "rules.yaml")
    assert (refused.value.key, refused.value.values["file"]) == (key, "rules.yaml")


def test_words_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("a: no\nb: on\nc: 2026-01-31\nd: yes\ne: y\nf: off\n", encoding="utf-8")
    assert load(path, dict[str, str]) == {"a": "no", "b": "on", "c": "2026-01-31", "d": "yes", "e": "y", "f": "off"}
    assert load_text("name: a\non: true", Rule, "r").on is True
    assert load_text("a: {x: 1}\nb: {x: 2}", dict[str, dict[str, int]], "r") == {"a": {"x": 1}, "b": {"x": 2}}


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(DataFileError):
        load(path, Rule)
