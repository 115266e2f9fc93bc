"""A case on disk: the vault (sealed objects, log) and case.db (SQLCipher) as one thing.

    Case.create(folder, passphrase) · Case.open(folder, passphrase)      context managers
    case.add_source(received, record_id, …)                              a row for what the vault already holds
    case.put_table(label, what, batches, schema) · case.batches(label, what)
    case.put_json / case.get_json                                        small derived values, sealed alike
    case.decide(…) · case.decisions()                                    what a person said of a mark; history is kept

Message tables and everything derived are sealed Arrow objects; casework is rows of case.db. Order of writing: object
durable, log entry durable, row of case.db. A crash before the last step is mended at the next open: the log says which
record belongs to which exhibit (`_reconcile`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
from sqlcipher3 import dbapi2 as sqlcipher

from saksi.case.behind import made_ahead
from saksi.case.model import Decision, Person
from saksi.errors import SaksiError, StorageFailed, UsageError, VaultError
from saksi.intake import Received, load_record
from saksi.table.digest import RowDigest
from saksi.table.schema import DUPLICATE_SCHEMA
from saksi.times import EPOCH, now_us
from saksi.vault import Secret, Vault, custody
from saksi.vault.vault import ACTOR

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS source (
  label TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, record_id TEXT NOT NULL, sealed_at_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS derived (
  label TEXT NOT NULL, what TEXT NOT NULL, object_id TEXT NOT NULL, rows INTEGER NOT NULL, row_digest TEXT NOT NULL,
  version TEXT NOT NULL, PRIMARY KEY (label, what)
) STRICT;
CREATE TABLE IF NOT EXISTS decision (
  id INTEGER PRIMARY KEY, mark_id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('confirmed', 'rejected', 'open')),
  by_code TEXT NOT NULL, at_us INTEGER NOT NULL, note TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS person (code TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT) STRICT;
CREATE TABLE IF NOT EXISTS person_account (account TEXT PRIMARY KEY, code TEXT NOT NULL REFERENCES person(code)) STRICT;
CREATE TABLE IF NOT EXISTS deletion (
  label TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('asked', 'going', 'gone')), reason TEXT NOT NULL,
  recipient TEXT NOT NULL, by_code TEXT NOT NULL, at_us INTEGER NOT NULL, details TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS statement (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, by_code TEXT NOT NULL, at_us INTEGER NOT NULL
) STRICT;
"""

IPC_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
"""lz4: chat text shrinks 2 to 3 times at more than a GiB/s; one thread, so that bytes do not depend on the machine."""


LARGE: Final = "messages"
"""The table that is unsealed and decoded in a thread of its own, while the rows before are looked at."""


class _Sink(io.RawIOBase):
    """A file that Arrow writes into and that hands the blocks to whoever reads `blocks`."""

    def __init__(self) -> None:
        self.pending: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pending.append(bytes(data))
        return len(self.pending[-1])

    def take(self) -> bytes:
        block = b"".join(self.pending)
        self.pending.clear()
        return block


def _laid_over(batch: pa.RecordBatch, found: pa.Table) -> pa.RecordBatch:
    """The batch with `duplicate_of` of the rows in `found` (DUPLICATE_SCHEMA)."""
    place = pc.index_in(batch.column("seq"), value_set=found.column("seq").combine_chunks())
    column = pc.coalesce(found.column("duplicate_of").combine_chunks().take(place), batch.column("duplicate_of"))
    return batch.set_column(batch.schema.get_field_index("duplicate_of"), "duplicate_of", column)


class TableWriter:
    """Encodes batches as an Arrow stream, block by block, counting rows and digesting them on the way."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.digest = RowDigest(schema)

    def blocks(self, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
        """The stream's bytes; after the last one `digest` is whole."""
        sink = _Sink()
        out = pa.PythonFile(sink, mode="w")
        with pa.ipc.new_stream(out, self.schema, options=IPC_OPTIONS) as writer:
            for batch in batches:
                self.digest.update(batch)
                writer.write_batch(batch)
                yield sink.take()
        yield sink.take()


@dataclass(frozen=True)
class SealedTable:
    """A derived table that lies in the vault. row_digest: saksi.table.digest."""

    object_id: str
    rows: int
    row_digest: str


def database(path: Path, keys: Sequence[bytes], *, read_only: bool = False) -> Any:
    """The database, opened under whichever of `keys` it is under and put under the first. Raises sqlcipher.DatabaseError."""
    for key in keys:
        db = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA cipher_log_level = NONE")  # a key that does not fit is no noise on the terminal
            db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")  # SQLCipher takes no bound parameter here; hex only
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlcipher.DatabaseError as e:
            db.close()
            if isinstance(e, sqlcipher.OperationalError) or key == keys[-1]:
                raise
            continue
        if key != keys[0] and not read_only:
            rekey(db, keys[0])
        return db
    raise AssertionError("no keys")


def rekey(db: Any, key: bytes) -> None:
    """Encrypt the database anew under `key`, in one transaction of SQLite's, and leave nothing under the old one behind it."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Case:
    """An open case. Use as a context manager; `close` drops the keys."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self.folder = folder
        self.vault = vault
        vault_read_only = vault.read_only
        try:
            self._connection = database(folder / "case.db", vault.database_keys(), read_only=vault_read_only)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(SCHEMA)
        except sqlcipher.DatabaseError as e:
            self._give_up()
            if vault_read_only:
                raise StorageFailed("case_read_only") from e
            if isinstance(e, sqlcipher.OperationalError):  # the disk, not the key: a wrong key is "not a database"
                raise StorageFailed("disk_refused") from e
            raise VaultError("case_db_unreadable") from e
        try:
            self._reconcile()
        except BaseException:  # the lock must not outlive a case that could not be opened
            self._give_up()
            raise

    @property
    def _db(self) -> Any:
        """The database; it is used now. Raises WrongKey (vault_locked)."""
        self.vault.touch()
        return self._connection

    def lock_after(self, idle_s: float) -> None:
        """Lock the case, its database too, when nobody used it for so many seconds."""
        self.vault.on_lock = [self._connection.close]
        self.vault.lock_after(idle_s)

    def _give_up(self) -> None:
        """Let go of everything while another error is under way."""
        if hasattr(self, "_connection"):
            self._connection.close()
        with suppress(SaksiError):
            self.vault.close()

    @classmethod
    def create(cls, folder: Path, secret: Secret, **options: Any) -> Self:
        """A new case in `folder` (new or empty). Raises VaultError, StorageFailed."""
        return cls(folder, Vault.create(folder, secret, **options))

    @classmethod
    def open(cls, folder: Path, secret: Secret) -> Self:
        """Open a case with a passphrase or a caseworker's key. Raises WrongKey, VaultError."""
        return cls(folder, Vault.open(folder, secret))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def renew_database_key(self) -> None:
        """Put case.db under the vault's newest key, where an access was removed or changed. Done on opening otherwise."""
        with self._storage():
            rekey(self._db, self.vault.database_keys()[0])

    def close(self) -> None:
        """Close database and vault; keys are dropped."""
        self._connection.close()
        self.vault.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All rows written inside are there together or not at all. Raises StorageFailed where the disk refuses."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlcipher.OperationalError as e:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise StorageFailed("disk_refused") from e
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is sealed, logged and noted inside is durable at the end, in that order: all of it, or none was logged."""
        with self.transaction(), self.vault.together():
            yield

    def _reconcile(self) -> None:
        """Add rows for exhibits that were sealed and logged before a crash cut off the last step."""
        known = {r[0] for r in self._db.execute("SELECT record_id FROM source")}
        sealed: dict[str, tuple[str, str]] = {}
        gone: set[str] = set()
        for entry in self.vault.entries():
            fields = entry["fields"]
            if entry["action"] == "seal" and "exhibit" in fields and "record" in fields:
                sealed[str(fields["record"])] = str(fields["exhibit"]), str(entry["time"])
            elif entry["action"] == "delete" and "exhibit" in fields:
                sealed.pop(str(fields.get("record")), None)
                gone.add(str(fields["exhibit"]))
        for (label,) in self._db.execute("SELECT label FROM deletion WHERE state = 'going'").fetchall():
            if label in gone:
                self.finish_deletion(str(label))
        for record_id, (label, time) in sealed.items():
            if record_id in known:
                continue
            received = load_record(self.vault, record_id)
            if not self.has_source(received.digest):
                at = datetime.fromisoformat(time)
                self.add_source(label, received, record_id, (at - EPOCH) // timedelta(microseconds=1))

    # -- settings ------------------------------------------------------------------------------------------------------

    def get(self, key: str) -> str | None:
        """A setting of the case, None where it was never set."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, key: str, value: str) -> None:
        """Set a setting."""
        with self._storage():
            self._db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
            )

    @contextmanager
    def _storage(self) -> Iterator[None]:
        try:
            yield
        except sqlcipher.OperationalError as e:
            raise StorageFailed("disk_refused") from e

    # -- sources and derived tables ------------------------------------------------------------------------------------

    def has_source(self, digest: str) -> bool:
        """Whether a source of this SHA-256 was taken in before."""
        return self._db.execute("SELECT 1 FROM source WHERE digest = ?", (digest,)).fetchone() is not None

    def next_label(self) -> str:
        """The label the next source gets: S1, S2 …"""
        (n,) = self._db.execute("SELECT coalesce(max(rowid), 0) FROM source").fetchone()
        (gone,) = self._db.execute("SELECT coalesce(max(CAST(substr(label, 2) AS INTEGER)), 0) FROM deletion").fetchone()
        return f"S{max(n, gone) + 1}"

    def add_source(self, label: str, received: Received, record_id: str, at_us: int | None = None) -> None:
        """Note a source that the vault holds and the log names. at_us: when it was sealed, None: now."""
        with self._storage():
            self._db.execute(
                "INSERT INTO source (rowid, label, digest, record_id, sealed_at_us) VALUES (?, ?, ?, ?, ?)",
                (int(label[1:]), label, received.digest, record_id, now_us() if at_us is None else at_us),
            )

    def sources(self) -> list[tuple[str, Received, int]]:
        """(label, record, sealed at us) of every source, in order of intake."""
        rows = self._db.execute("SELECT label, record_id, sealed_at_us FROM source ORDER BY rowid").fetchall()
        return [(str(label), load_record(self.vault, record), int(at)) for label, record, at in rows]

    def put_table(self, label: str, what: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
        """Seal a derived table; replaces the one of that name. Returns its rows. One `derive` entry in the log."""
        sealed = self.seal_table(label, what, batches, schema)
        self.note_table(label, what, sealed)
        return sealed.rows

    def seal_table(self, label: str, what: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> SealedTable:
        """The first half of `put_table`: durable, not yet part of the case. May run in any thread."""
        writer = TableWriter(schema)
        sealed = self.vault.seal(writer.blocks(batches), kind=f"table-{what}", meta={"label": label})
        return SealedTable(sealed.object_id, writer.digest.rows, writer.digest.hexdigest())

    def note_table(self, label: str, what: str, sealed: SealedTable) -> None:
        """The second half: into the log and case.db."""
        self._note_derived(label, what, sealed.object_id, sealed.rows, sealed.row_digest)

    def put_json(self, label: str, what: str, value: Any) -> None:
        """Seal a small derived value as JSON (sorted keys)."""
        data = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
        self.put_bytes(label, what, data)

    def put_bytes(self, label: str, what: str, data: bytes) -> str:
        """Seal a derived file (a report); returns its object id."""
        sealed = self.vault.seal([data], kind=f"derived-{what}", meta={"label": label})
        self._note_derived(label, what, sealed.object_id, 1, sealed.digest)
        return sealed.object_id

    def _note_derived(self, label: str, what: str, object_id: str, rows: int, row_digest: str) -> None:
        from saksi import __version__

        custody.add(
            self.vault, "derive", exhibit=label, object=object_id, rows=rows, commitment=self.vault.commitment(row_digest)
        )
        with self._storage():
            self._db.execute(
                "INSERT INTO derived VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (label, what) DO UPDATE SET"
                " object_id = excluded.object_id, rows = excluded.rows, row_digest = excluded.row_digest,"
                " version = excluded.version",
                (label, what, object_id, rows, row_digest, __version__),
            )

    def _derived_object(self, label: str, what: str) -> str | None:
        row = self._db.execute("SELECT object_id FROM derived WHERE label = ? AND what = ?", (label, what)).fetchone()
        return None if row is None else str(row[0])

    def derived(self) -> list[tuple[str, str, int, str, str]]:
        """(label, what, rows, row digest, version) of everything derived, sorted."""
        return [
            tuple(r)
            for r in self._db.execute("SELECT label, what, rows, row_digest, version FROM derived ORDER BY label, what")
        ]

    def has_derived(self, label: str, what: str) -> bool:
        """Whether that table or value is there."""
        return self._derived_object(label, what) is not None

    def batches(self, label: str, what: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The batches of a derived table, streamed; only `columns` where given. Nothing where there is no such table.

        Messages come with the `duplicate_of` that the case found (`saksi.case.duplicates`).
        """
        asked = columns is None or "duplicate_of" in columns
        if what != "messages" or not asked or not self.has_derived(label, "duplicates"):
            yield from self._stored(label, what, columns)
            return
        found = self.table(label, "duplicates", DUPLICATE_SCHEMA)
        needed = columns if columns is None or "seq" in columns else [*columns, "seq"]
        for batch in self._stored(label, what, needed):
            laid = _laid_over(batch, found)
            yield laid if columns is None else laid.select(list(columns))

    def _stored(self, label: str, what: str, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        object_id = self._derived_object(label, what)
        if object_id is None:
            return
        rows = self._decoded(object_id, columns)
        yield from made_ahead(rows) if what == LARGE else rows

    def _decoded(self, object_id: str, columns: Sequence[str] | None) -> Generator[pa.RecordBatch, None, None]:
        with self.vault.open_object(object_id) as f:
            options = None
            if columns is not None:
                with pa.ipc.open_stream(pa.PythonFile(f, mode="r")) as peek:
                    fields = [peek.schema.get_field_index(c) for c in columns]
                f.seek(0)
                options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
            with pa.ipc.open_stream(pa.PythonFile(f, mode="r"), options=options) as reader:
                yield from reader

    def table(self, label: str, what: str, schema: pa.Schema) -> pa.Table:
        """A whole derived table (small ones: marks, phases, identifiers, problems)."""
        return pa.Table.from_batches(list(self.batches(label, what)), schema=schema)

    def get_json(self, label: str, what: str) -> Any:
        """A derived JSON value; None where there is none."""
        data = self.get_bytes(label, what)
        return None if data is None else json.loads(data)

    def get_bytes(self, label: str, what: str) -> bytes | None:
        """A derived file; None where there is none."""
        object_id = self._derived_object(label, what)
        if object_id is None:
            return None
        with self.vault.open_object(object_id) as f:
            return f.read()

    # -- deletion (saksi.case.deleting) ------------------------------------------------------------------------------

    def records(self) -> list[tuple[str, str]]:
        """(label, object id of the record) of every source, in order of intake."""
        return [(str(a), str(b)) for a, b in self._db.execute("SELECT label, record_id FROM source ORDER BY rowid")]

    def derived_objects(self) -> list[tuple[str, str, str]]:
        """(label, what, object id) of everything derived; `what` as the kind of the object that holds it."""
        tables = ("messages", "identifiers", "candidates", "problems", "marks", "phases", "duplicates")
        return [
            (str(label), f"table-{what}" if what in tables else f"derived-{what}", str(object_id))
            for label, what, object_id in self._db.execute("SELECT label, what, object_id FROM derived")
        ]

    def request_deletion(self, label: str, reason: str, recipient: str, code: str) -> None:
        """Note who asked that a source be deleted."""
        with self._storage():
            self._db.execute(
                "INSERT INTO deletion VALUES (?, 'asked', ?, ?, ?, ?, NULL) ON CONFLICT (label) DO UPDATE SET"
                " reason = excluded.reason, recipient = excluded.recipient, by_code = excluded.by_code, at_us = excluded.at_us",
                (label, reason, recipient, code, now_us()),
            )

    def requested_deletion(self, label: str) -> dict[str, str] | None:
        """{"reason", "recipient", "code"} of an open request, None where there is none."""
        row = self._db.execute(
            "SELECT reason, recipient, by_code FROM deletion WHERE label = ? AND state != 'gone'", (label,)
        ).fetchone()
        return None if row is None else {"reason": str(row[0]), "recipient": str(row[1]), "code": str(row[2])}

    def withdraw_deletion(self, label: str) -> None:
        """Take a request back."""
        with self._storage():
            self._db.execute("DELETE FROM deletion WHERE label = ? AND state = 'asked'", (label,))

    def note_going(self, label: str, details: str) -> None:
        """What goes with a source, written down before the log orders it."""
        with self._storage():
            self._db.execute("UPDATE deletion SET state = 'going', details = ? WHERE label = ?", (details, label))

    def finish_deletion(self, label: str) -> None:
        """Take a deleted source's rows out of the database, overwritten where SQLite keeps them."""
        row = self._db.execute("SELECT details FROM deletion WHERE label = ? AND state = 'going'", (label,)).fetchone()
        if row is None:
            return
        details = json.loads(row[0])
        threads = json.loads(self.get("threads") or "null")
        with self.transaction():
            run = self._db.execute
            run("DELETE FROM source WHERE label = ?", (label,))
            run("DELETE FROM derived WHERE label = ? OR what IN ('duplicates', 'duplicate_counts')", (label,))
            run("DELETE FROM derived WHERE label = 'case' AND what LIKE 'document-%'")
            run("DELETE FROM meta WHERE key IN (?, ?, ?)", (f"date_order:{label}", f"calibrated:{label}", f"handed:{label}"))
            run("DELETE FROM statement WHERE kind = 'time-calibrated' AND json_extract(text, '$.source') = ?", (label,))
            run("DELETE FROM statement WHERE kind = ?", (f"handed-over:{label}",))
            self._db.executemany("DELETE FROM decision WHERE mark_id = ?", [(m,) for m in details["marks"]])
            self._db.executemany("DELETE FROM person_account WHERE account = ?", [(a,) for a in details["accounts"]])
            if threads is not None:
                kept = [t for t in threads if t not in set(details["threads"])]
                run("UPDATE meta SET value = ? WHERE key = 'threads'", (json.dumps(kept, ensure_ascii=False),))
            run("UPDATE deletion SET state = 'gone', details = NULL WHERE label = ?", (label,))
        with self._storage():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- decisions and people ------------------------------------------------------------------------------------------

    def worker(self, stated: str | None = None) -> str:
        """The code to note as who did something: the access that opened the case; what was stated, where that is nobody's."""
        code = self.vault.opened_keys.access.code
        if code is None or code == ACTOR:
            return stated or "C1"
        return stated if stated is not None and stated.lower() == code else code

    def decide(self, mark_id: str, state: str, by: str | None, note: str | None = None) -> None:
        """Record what a caseworker (code `by`) says of a mark: confirmed, rejected or open (undo). A custody event."""
        if state not in ("confirmed", "rejected", "open"):
            raise UsageError("unknown_decision", state=state[:20])
        custody.add(self.vault, "decide", actor=by and by.lower(), mark=self.vault.commitment(mark_id), state=state)
        with self._storage():
            self._db.execute(
                "INSERT INTO decision (mark_id, state, by_code, at_us, note) VALUES (?, ?, ?, ?, ?)",
                (mark_id, state, self.worker(by), now_us(), note),
            )

    def decisions(self) -> dict[str, Decision]:
        """The last decision on every mark that has one and was not reopened."""
        latest: dict[str, Decision] = {}
        for mark, state, by, at, note in self._db.execute(
            "SELECT mark_id, state, by_code, at_us, note FROM decision ORDER BY id"
        ):
            latest[mark] = Decision(state, by, at, note)
        return {m: d for m, d in sorted(latest.items()) if d.state != "open"}

    def add_statement(self, kind: str, text: str, by: str) -> None:
        """Record a statement (why media may be kept). The log names its kind only."""
        custody.add(self.vault, "configure", actor=by.lower(), kind=kind, commitment=self.vault.commitment(text))
        self.keep_statement(kind, text, by)

    def keep_statement(self, kind: str, text: str, by: str) -> None:
        """Keep a statement whose entry in the log was written by the caller."""
        with self._storage():
            self._db.execute(
                "INSERT INTO statement (kind, text, by_code, at_us) VALUES (?, ?, ?, ?)", (kind, text, by, now_us())
            )

    def statements(self, kind: str) -> list[str]:
        """The recorded statements of one kind, oldest first."""
        return [str(text) for (text,) in self._db.execute("SELECT text FROM statement WHERE kind = ? ORDER BY id", (kind,))]

    def statement_kinds(self) -> frozenset[str]:
        """Which kinds of statements are recorded."""
        return frozenset(str(kind) for (kind,) in self._db.execute("SELECT DISTINCT kind FROM statement"))

    def people(self) -> list[Person]:
        """Persons made by decisions."""
        accounts: dict[str, list[str]] = {}
        for account, code in self._db.execute("SELECT account, code FROM person_account ORDER BY account"):
            accounts.setdefault(code, []).append(account)
        return [
            Person(code, role, tuple(accounts.get(code, ())), name)
            for code, role, name in self._db.execute("SELECT code, role, name FROM person ORDER BY code")
        ]
