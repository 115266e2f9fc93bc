"""The one catalog of words for people: `say(key, lang, **values)`.

The words live in `saksi/catalog/*.yaml`, one file an area, each key with `id` and `en` side by side so that a reviewer
sees both. `errors.no_such_file` is key `no_such_file` of `errors.yaml`. Values are filled in with `{name}`; a value is
never parsed again. Raises LookupError for an unknown key and KeyError (a LookupError) for a missing value: both are
defects, found by tests/test_words.py.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from saksi.datafiles import load
from saksi.errors import SaksiError

LANGUAGES: Final = ("id", "en")
FOLDER: Final = Path(__file__).parent / "catalog"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence or label in both languages, plain text, `{value}` where a value goes."""

    id: str
    en: str


@cache
def area(name: str) -> dict[str, Entry]:
    """All entries of one area file. Raises LookupError where there is none."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise LookupError(f"no words for area {name!r}")
    return load(path, dict[str, Entry])


def say(key: str, lang: str, **values: str | int) -> str:
    """The words for `key` ("area.name") in `lang` ("id" or "en"), with `values` filled in."""
    area_name, _, name = key.partition(".")
    entry = area(area_name).get(name)
    if entry is None:
        raise LookupError(f"no words for {key!r}")
    text: str = getattr(entry, lang)
    return text.format(**values) if values else text


def sentence(error: SaksiError, lang: str) -> str:
    """What to tell a person about `error`: the sentence `errors.<key>` in `lang`."""
    return say(f"errors.{error.key}", lang, **error.values)
