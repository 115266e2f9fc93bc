"""The main job on a failing disk: a calm end, nothing acknowledged lost, and the same command again finishes it.

Every operation that the vault asks of the operating system, and every write to case.db, fails once in its turn. Documents
are replaced by a small one: what is tested is the order of writing, not typesetting.

    pytest -m proof tests/test_faults.py      every operation; the unit run takes a sample
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from saksi import report, verbs
from saksi.case.store import Case
from saksi.errors import STORAGE_FAILED, SaksiError, StorageFailed
from saksi.vault import verify_case
from saksi.vault.files import FileSystem
from saksi.vault.keys import KdfParameters

PASSPHRASE = "kata sandi uji"
CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
CHANGING = ("create", "open_append", "write", "truncate", "fsync", "replace", "make_folder", "sync_folder")
OPTIONS = verbs.BuildOptions(zone="Asia/Jakarta", at_risk=("Rina",))


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(report, "render", lambda *a, **k: {"kronologi.html": b"<p>uji</p>"})
    paths = []
    for n in range(2):
        path = tmp_path / f"chat {n}.txt"
        days = range(13, 20)
        path.write_text(
            "".join(f"{d}/11/26, 20:1{n} - Budi: kirim foto itu atau aku sebar {d}\n" for d in days)
            + f"21/11/26, 20:1{n} - Rina: tolong jangan, aku takut\n"
        )
        paths.append(path)
    return paths


def build(folder: Path, exports: list[Path]) -> dict[str, Any]:
    made: dict[str, Any] = {} if verbs.is_case(folder) else {"kdf": CHEAP}
    return verbs.build(folder, PASSPHRASE, exports, OPTIONS, **made).data


def contents(folder: Path) -> tuple[Any, ...]:
    with Case.open(folder, PASSPHRASE) as case:
        return (
            [(label, received.digest) for label, received, _ in case.sources()],
            # documents state when each source was sealed: they are there, their bytes are another build's
            [
                (label, what, rows, None if what.startswith("document-") else digest)
                for label, what, rows, digest, _ in case.derived()
            ],
        )


def sealed_so_far(folder: Path) -> set[str]:
    """Records of the exhibits that the log names: they are acknowledged from then on."""
    if not verbs.is_case(folder):
        return set()
    with Case.open(folder, PASSPHRASE) as case:
        return {str(e["fields"]["record"]) for e in case.vault.entries() if e["action"] == "seal"}


def fill(folder: Path) -> None:
    for n in range(60):
        with Case.open(folder, PASSPHRASE) as case:
            case.set(f"k{n}", "x" * 4000)


class Failing:
    """Lets `left` operations pass, then fails one."""

    def __init__(self, left: int, error: Callable[[], Exception]) -> None:
        self.left = left
        self.done = 0
        self.error = error

    def step(self) -> None:
        self.done += 1
        if self.done == self.left + 1:
            raise self.error()


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, "no space")


def database_full() -> Exception:
    full: Exception = sqlcipher.OperationalError("database or disk is full")
    return full


def on_disk(patch: pytest.MonkeyPatch, failing: Failing) -> None:
    for name in CHANGING:
        real = getattr(FileSystem, name)

        def counted(self: FileSystem, *args: Any, real: Callable[..., Any] = real) -> Any:
            failing.step()
            return real(self, *args)

        patch.setattr(FileSystem, name, counted)


class Database:
    """A connection whose writes are counted."""

    def __init__(self, real: Any, failing: Failing) -> None:
        self._real = real
        self._failing = failing

    def execute(self, sql: str, *args: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "PRAGMA JOURNAL")):
            self._failing.step()
        return self._real.execute(sql, *args)

    def executescript(self, sql: str) -> Any:
        self._failing.step()
        return self._real.executescript(sql)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def in_database(patch: pytest.MonkeyPatch, failing: Failing) -> None:
    real = sqlcipher.connect
    patch.setattr(sqlcipher, "connect", lambda *a, **k: Database(real(*a, **k), failing))


def moments(total: int, every: int) -> Iterator[int]:
    return iter(range(0, total, every))


def each_failure_is_survived(
    folder: Path,
    exports: list[Path],
    where: Callable[[pytest.MonkeyPatch, Failing], None],
    error: Callable[[], Exception],
    every: int,
) -> int:
    with pytest.MonkeyPatch.context() as patch:
        counting = Failing(1 << 60, error)
        where(patch, counting)
        build(folder, exports)
    expected = contents(folder)
    shutil.rmtree(folder)
    tried = 0
    for n in moments(counting.done, every):
        with pytest.MonkeyPatch.context() as patch:
            where(patch, Failing(n, error))
            failure: SaksiError | None = None
            try:
                build(folder, exports)
            except SaksiError as e:
                failure = e
            assert failure is None or failure.exit_code == STORAGE_FAILED, (n, failure)
        before = sealed_so_far(folder)
        if folder.exists() and not verbs.is_case(folder):
            assert not (folder / "case.db").exists()
        build(folder, exports)
        assert contents(folder) == expected, f"operation {n}"
        assert before <= sealed_so_far(folder), f"operation {n}: an acknowledged exhibit is lost"
        found = verify_case(folder, PASSPHRASE)
        assert found.ok, (n, found.bad[:3])
        shutil.rmtree(folder)
        tried += 1
    return tried


def test_a_full_disk_now_and_then(tmp_path: Path, exports: list[Path]) -> None:
    assert each_failure_is_survived(tmp_path / "K", exports, on_disk, disk_full, 79) > 3


def test_a_full_database_now_and_then(tmp_path: Path, exports: list[Path]) -> None:
    assert each_failure_is_survived(tmp_path / "K", exports, in_database, database_full, 17) >= 2


@pytest.mark.proof
def test_a_full_disk_at_every_operation(tmp_path: Path, exports: list[Path]) -> None:
    tried = each_failure_is_survived(tmp_path / "K", exports, on_disk, disk_full, 1)
    tried_db = each_failure_is_survived(tmp_path / "K", exports, in_database, database_full, 1)
    print(f"\ndisk operations failed {tried}, database writes failed {tried_db}, lost 0")


def test_a_database_without_room_is_said_and_finished_later(
    tmp_path: Path, exports: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own SQLITE_FULL, not an imitation."""
    folder = tmp_path / "K"
    build(folder, exports[:1])
    real = sqlcipher.connect

    def small(*args: Any, **named: Any) -> Any:
        db = real(*args, **named)

        class Small:
            def execute(self, sql: str, *rest: Any) -> Any:
                done = db.execute(sql, *rest)
                if sql.startswith("PRAGMA secure_delete"):
                    pages = db.execute("PRAGMA page_count").fetchone()[0]
                    db.execute(f"PRAGMA max_page_count = {pages}")
                return done

            def __getattr__(self, name: str) -> Any:
                return getattr(db, name)

        return Small()

    with monkeypatch.context() as patch:
        patch.setattr(sqlcipher, "connect", small)
        with pytest.raises(StorageFailed) as told:
            fill(folder)
        assert told.value.key == "disk_refused"
    build(folder, exports)
    assert len(contents(folder)[0]) == 2


def test_a_case_that_cannot_be_opened_gives_the_lock_back(
    tmp_path: Path, exports: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "K"
    build(folder, exports[:1])
    with monkeypatch.context() as patch:
        patch.setattr(Case, "_reconcile", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Case.open(folder, PASSPHRASE)
    Case.open(folder, PASSPHRASE).close()
