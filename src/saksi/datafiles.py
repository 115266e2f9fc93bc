"""One typed loader for the program's YAML files: duplicate keys refused, unknown keys refused with the allowed ones.

    load(path, Type)      YAML file -> Type (a msgspec.Struct with forbid_unknown_fields=True)
    load_text(text, Type, name)

Raises `DataFileError` naming file and key. YAML 1.2 surprises are closed off: only `true`/`false` are booleans (`no`
and `on` stay words: they are ordinary words in chat rules), and dates stay text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from saksi.errors import DataFileError

T = TypeVar("T")

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: 10x faster, same answer


class _StrictLoader(_Base):  # type: ignore[misc]
    """Safe loader with duplicate keys refused and YAML 1.2 booleans."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            if isinstance(key, str):
                seen.add(key)
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return result


# Keep only true/false as booleans, drop timestamps: resolvers are per first letter.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in pairs if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, pairs in _Base.yaml_implicit_resolvers.items()
}
for _first, _words in (("t", "true"), ("f", "false")):
    import re as _re

    _StrictLoader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", _re.compile(f"^{_words}$"))
    )


def load_text(text: str, type_: type[T], name: str) -> T:
    """Typed value of YAML `text`; `name` is said in errors. Raises DataFileError."""
    try:
        raw = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as e:
        raise DataFileError("datafile_syntax", file=name, why=str(e).replace("\n", " ")) from e
    try:
        return msgspec.convert(raw, type_)
    except msgspec.ValidationError as e:
        raise DataFileError("datafile_value", file=name, why=str(e)) from e


def load(path: Path, type_: type[T]) -> T:
    """Typed value of the YAML file at `path`. Raises DataFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        why = "it is no UTF-8 text" if isinstance(e, UnicodeDecodeError) else "it cannot be opened"
        raise DataFileError("datafile_syntax", file=path.name, why=why) from e
    return load_text(text, type_, path.name)
