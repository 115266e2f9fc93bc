"""What SQLite writes is what is read: every value of every row, from every kind of page, with and without a log."""

from __future__ import annotations

import io
import random
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi.sqlite.btree import Walk
from saksi.sqlite.logs import read_log
from saksi.sqlite.pages import open_pages
from saksi.sqlite.schema import parse_table, read_schema
from tests.sqlite.making import made, pages, rows

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text("abc é😀", min_size=500, max_size=900),
    st.binary(max_size=40),
    st.integers(1, 9).map(lambda n: b"x" * 1500 * n),
)
MODES = [(), ("encoding='UTF-16le'",), ("encoding='UTF-16be'",), ("page_size=512",), ("page_size=65536",), ("auto_vacuum=1",),
         ("journal_mode=wal", "wal_autocheckpoint=0"), ("page_size=1024", "journal_mode=wal", "wal_autocheckpoint=3")]


@pytest.mark.parametrize("pragmas", MODES, ids=str)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=40), seed=st.integers(0, 9))
def test_every_value_as_sqlite_gives_it(tmp_path: Path, pragmas: tuple[str, ...], data: Any, seed: int) -> None:
    path = tmp_path / "x.db"
    told: list[Any] = []

    def script(c: sqlite3.Connection) -> None:
        c.execute("create table t(id integer primary key, a, b, c)")
        c.executemany("insert into t(a,b,c) values(?,?,?)", data * 3)
        c.commit()
        c.execute(f"delete from t where id % 5 = {seed % 5}")
        c.execute("alter table t add column d int default -7")
        c.execute("insert into t values(9000000000, 1, 2, 3, 4)")
        c.commit()
        told.extend(c.execute("select * from t order by id"))

    db = pages(*made(path, script, pragmas))
    assert rows(db, "T") == told
    assert not db.cut_off


def test_many_levels_and_the_log_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    told: list[Any] = []

    def script(c: sqlite3.Connection) -> None:
        c.execute("create table t(id integer primary key, a text)")
        c.executemany("insert into t(a) values(?)", ((f"pesan {n} " * 9,) for n in range(9000)))
        c.commit()
        c.execute("pragma wal_checkpoint(truncate)")
        c.execute("update t set a = 'baru' where id % 100 = 0")
        c.commit()
        c.execute("insert into t(a) values('terakhir')")
        c.commit()
        told.extend(c.execute("select * from t order by id"))

    main, log = made(path, script, ("page_size=512", "journal_mode=wal", "wal_autocheckpoint=0"))
    assert rows(pages(main, log), "t") == told
    assert len(rows(pages(main), "t")) == 9000, "without the log: the file as it stands"
    torn = bytearray(log)
    torn[-516] ^= 1  # in the last frame's checksum
    assert rows(pages(main, bytes(torn)), "t") == told[:-1], "a commit whose checksum does not hold is not read"
    db = pages(main, log[:-200])
    assert rows(db, "t") == told[:-1]
    held = read_log(io.BytesIO(log), len(log))
    assert held is not None
    assert rows(pages(main, bytes(torn), held.end), "t") == told, "a sealed log is believed as far as it held"


def test_a_hot_journal_gives_the_state_before(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    c = sqlite3.connect(path)
    c.execute("create table t(id integer primary key, a text)")
    c.executemany("insert into t(a) values(?)", ((f"pesan {n} " * 20,) for n in range(2000)))
    c.commit()
    told = c.execute("select * from t order by id").fetchall()
    c.execute("pragma cache_size=2")
    c.execute("update t set a = 'ubah ' || a")
    main, journal = path.read_bytes(), (tmp_path / "x.db-journal").read_bytes()
    c.rollback()
    c.close()
    # a transaction that spilled: the file is half new; its journal holds the pages as they were
    db = pages(main, journal)
    assert db.log is not None
    assert db.log.kind == "journal"
    assert len(db.log.pages) > 3
    assert rows(db, "t") == told


def one_table(name: str) -> Callable[[sqlite3.Connection], None]:
    def script(c: sqlite3.Connection) -> None:
        c.execute(f"create table {name}(a)")

    return script


def test_a_log_of_another_database_is_left_alone(tmp_path: Path) -> None:
    main, _ = made(tmp_path / "a.db", one_table("t"))
    _, log = made(tmp_path / "b.db", one_table("u"), ("journal_mode=wal",))
    db = pages(main, log)
    assert db.log is None
    assert list(read_schema(db).tables) == ["t"]


@pytest.mark.parametrize(
    ("sql", "columns", "alias"),
    [
        ("create table t(a integer primary key, b text)", "a b", 0),
        ("create table t(a INTEGER PRIMARY KEY DESC, b)", "a b", None),
        ("create table t(b, a integer, primary key(a))", "b a", 1),
        ("create table t(a int primary key, b)", "a b", None),
        ("create table \"m (x\" (\"a,b\" text default 'x,y)', [c d] int default (abs(-1)), `e` /* , f */ real -- g,\n, h)",
         "a,b c d e h", None),
        ("create table t(a, b as (a+1), c as (a) stored, constraint k unique(a, c), check(a > 0))", "a c", None),
        ("create table t(_id integer primary key autoincrement, t text not null default '')", "_id t", 0),
        ("create table t", "", None),
        ("create table t(((((", "", None),
    ],
)  # fmt: skip
def test_columns_by_their_statement(sql: str, columns: str, alias: int | None) -> None:
    table = parse_table("t", 2, sql)
    assert " ".join(c.name for c in table.columns) == columns
    assert table.rowid_column == alias


def test_no_schema_is_ever_run(tmp_path: Path) -> None:
    def script(c: sqlite3.Connection) -> None:
        c.execute("create table t(a text default (hex(randomblob(9))), b text)")
        c.execute("create index i on t(lower(b))")
        c.execute("create view message as select load_extension('x') as text_data")
        c.execute("create trigger g after insert on t begin delete from t; end")
        c.execute("create virtual table f using fts5(x)")
        c.execute("drop trigger g")
        c.execute("insert into t values('1', 'dua')")

    db = pages(*made(tmp_path / "x.db", script))
    schema = read_schema(db)
    assert ("view", "message") in schema.others
    assert "message" not in schema.tables
    assert rows(db, "t") == [("1", "dua")]


def big(tmp_path: Path) -> bytes:
    def script(c: sqlite3.Connection) -> None:
        c.execute("create table t(id integer primary key, a text, b blob)")
        c.executemany("insert into t(a, b) values(?, ?)", ((f"pesan {n}", b"b" * (n % 2000)) for n in range(600)))

    return made(tmp_path / "x.db", script, ("page_size=1024",))[0]


def test_damage_anywhere_raises_nothing_and_keeps_the_rest(tmp_path: Path) -> None:
    main = big(tmp_path)
    told = {row[0]: row for row in rows(pages(main), "t")}
    r = random.Random(5)
    kept = []
    for _ in range(150):
        broken = bytearray(main)
        page = r.randrange(1, len(main) // 1024)
        for _ in range(r.choice([1, 3, 40])):
            broken[page * 1024 + r.randrange(1024)] = r.randrange(256)
        db = pages(bytes(broken))
        table = read_schema(db).tables["t"]
        walk = Walk(db)
        for block in walk.blocks(table.root):
            assert block.buf.size
        good = sum(told.get(row[0]) == row for row in _rows_or_none(bytes(broken)))
        kept.append(good)
    assert sorted(kept)[len(kept) // 2] > 560, "one page of many: nearly all rows stay"
    for cut in (0, 50, 99, 100, 512, 1500, 5000, len(main) - 1):
        head = open_pages(io.BytesIO(main[:cut]), cut)
        if head is not None:
            read_schema(head)


def _rows_or_none(data: bytes) -> list[tuple[Any, ...]]:
    try:
        return rows(pages(data), "t")
    except UnicodeDecodeError:  # the helper decodes strictly; the readers do not
        return [(0,)] * 600


def test_loops_and_lies_end(tmp_path: Path) -> None:
    main = bytearray(big(tmp_path))
    db = pages(bytes(main))
    root = read_schema(db).tables["t"].root
    at = (root - 1) * 1024
    assert main[at] == 5
    main[at + 8 : at + 12] = struct.pack(">I", root)  # the right child is the page itself
    walk = Walk(pages(bytes(main)))
    assert list(walk.blocks(root))
    assert (root, "claimed_twice") in walk.bad
    main[28:32] = struct.pack(">I", 2**31)
    main[24:28] = main[92:96]
    assert pages(bytes(main)).page_count <= len(main) // 1024, "a page count beyond the file allocates nothing"
