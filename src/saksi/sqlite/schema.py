"""The tables of a database: names, columns, roots. Nothing of the schema is ever run: its SQL is only looked at for names.

Views, triggers, virtual tables and functions have no pages of their own that are read here, so a view called `message` hides
nothing. Of two tables with one name the first holds, the other is listed.
References: sqlite.org/schematab.html; sqlite.org/lang_createtable.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from saksi.sqlite.btree import LEAF_TABLE, Walk, cells_of, pointers_of
from saksi.sqlite.pages import PageFile
from saksi.sqlite.records import Records, repaired

_TOKEN: Final = re.compile(
    r"""\s+|--[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$]+(?:\.\d+)?|.""", re.DOTALL
)
_CONSTRAINTS: Final = frozenset({"constraint", "primary", "unique", "check", "foreign"})
TABLES_MAX: Final = 4096
"""Tables of one database that are listed: WhatsApp's have about 250."""


@dataclass(frozen=True)
class ColumnInfo:
    """A stored column. default: what a record that is too short for it means: int, str or None."""

    name: str
    default: int | str | None = None


@dataclass(frozen=True)
class Table:
    """A table with pages. columns: in the order they are stored. rowid_column: position of the INTEGER PRIMARY KEY, stored
    as null, or None. keyed: WITHOUT ROWID. root: its first page."""

    name: str
    root: int
    columns: tuple[ColumnInfo, ...] = ()
    rowid_column: int | None = None
    keyed: bool = False

    def position(self, name: str) -> int | None:
        """Where a column is stored, by name in lower case; None where there is none."""
        return next((i for i, c in enumerate(self.columns) if c.name == name), None)


@dataclass
class Schema:
    """tables: by name in lower case. roots: first pages of all trees, of indexes too. others: (type, name) of entries
    without pages or with a name that is taken. damaged: whether part of the schema could not be read."""

    tables: dict[str, Table] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    damaged: bool = False


def read_schema(db: PageFile, walk: Walk | None = None) -> Schema:
    """The schema of a database."""
    walk = walk or Walk(db)
    schema = Schema()
    for block in walk.blocks(1):
        cells = cells_of(block)
        records = Records(db, block, cells, range(5))
        schema.damaged |= bool(len(cells.bad)) or bool(records.bad.any())
        for i in range(len(records)):
            if not records.bad[i]:
                _enter(schema, db, records, i)
    schema.damaged |= bool(walk.bad)
    return schema


def _enter(schema: Schema, db: PageFile, records: Records, i: int) -> None:
    kind, name, _, root, sql = (records.value(c, i) for c in range(5))
    if not isinstance(kind, bytes) or not isinstance(name, bytes):
        schema.damaged = True
        return
    what, called = (repaired(v, db.header.encoding)[0] for v in (kind, name))
    if not isinstance(root, int) or root <= 0:
        schema.others.append((what[:20], called[:200]))
        return
    schema.roots.append(root)
    if what != "table":
        return
    if called.lower() in schema.tables or len(schema.tables) >= TABLES_MAX:
        schema.others.append((what, called[:200]))
        return
    text = repaired(sql, db.header.encoding)[0] if isinstance(sql, bytes) else ""
    schema.tables[called.lower()] = parse_table(called, root, text)


def _unquoted(word: str) -> str:
    if len(word) >= 2 and word[0] in "\"'`" and word[-1] == word[0]:
        return word[1:-1].replace(word[0] * 2, word[0])
    return word[1:-1] if word[:1] == "[" else word


def _groups(tokens: list[str]) -> tuple[list[list[str]], list[str]]:
    """The comma-separated groups of the first parenthesis at the outermost level, and what follows it."""
    groups: list[list[str]] = [[]]
    depth = 0
    for i, piece in enumerate(tokens):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and piece == ")":
            return groups, tokens[i + 1 :]
        if depth == 1 and piece == ",":
            groups.append([])
        elif depth >= 1 and not (depth == 1 and piece == "("):
            groups[-1].append(piece)
    return groups, []


def parse_table(name: str, root: int, sql: str) -> Table:
    """A table by its CREATE TABLE statement; without columns where that cannot be understood."""
    tokens = [t for t in _TOKEN.findall(sql[: 1 << 20]) if not t.isspace() and not t.startswith(("--", "/*"))]
    if "(" not in tokens:
        return Table(name, root)
    groups, tail = _groups(tokens[tokens.index("(") :])
    columns: list[ColumnInfo] = []
    alias: str | None = None
    for group in groups:
        words = [t.lower() for t in group]
        if not group or group[0] in "()":
            continue
        if words[0] in _CONSTRAINTS:
            key = _table_key(group)
            alias = key if key is not None and _is_integer(groups, key) else alias
            continue
        own = _unquoted(group[0]).lower()
        if _is_virtual(words):
            continue
        if words[1:2] == ["integer"] and "primary" in words and "desc" not in words[: words.index("primary") + 3]:
            alias = own
        columns.append(ColumnInfo(own, _default(group, words)))
    keyed = "without" in [t.lower() for t in tail]
    names = [c.name for c in columns]
    at = names.index(alias) if alias in names and not keyed else None
    return Table(name, root, tuple(columns), at, keyed)


def _table_key(group: list[str]) -> str | None:
    """The one column of a table's PRIMARY KEY(column) clause."""
    words = [t.lower() for t in group]
    if "primary" not in words:
        return None
    inner = group[words.index("primary") + 2 :]
    if len(inner) >= 3 and inner[0] == "(" and ")" in inner and "," not in inner[: inner.index(")")]:
        return _unquoted(inner[1]).lower()
    return None


def _is_integer(groups: list[list[str]], name: str) -> bool:
    return any(g and _unquoted(g[0]).lower() == name and g[1:2] and g[1].lower() == "integer" for g in groups)


def _is_virtual(words: list[str]) -> bool:
    """A generated column that is not stored."""
    if "as" not in words or words.index("as") + 1 >= len(words) or words[words.index("as") + 1] != "(":
        return False
    return "stored" not in words


def _default(group: list[str], words: list[str]) -> int | str | None:
    if "default" not in words or words.index("default") + 1 >= len(words):
        return None
    rest = group[words.index("default") + 1 :]
    sign = -1 if rest[0] == "-" else 1
    value = rest[1] if rest[0] in "+-" and len(rest) > 1 else rest[0]
    if value.isascii() and value.isdigit() and len(value) < 18:
        return sign * int(value)
    return _unquoted(value) if value[:1] == "'" else None


def count_rows(walk: Walk, table: Table) -> int:
    """How many rows a table's pages hold."""
    rows = 0
    for block in walk.blocks(table.root, kinds=(LEAF_TABLE, 2, 10)):
        rows += len(pointers_of(block)[1])
    return rows
