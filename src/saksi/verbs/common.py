"""What several verbs need: settings checked, sources and cases opened, outputs refused that would do harm."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa

from saksi.errors import InputRefused, UsageError
from saksi.parts import Source, is_case_folder, open_source, source_from_stream
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import read_source, require_readable
from saksi.table.accounts import AccountSummaries
from saksi.times import zone_name

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.vault import Secret


DATE_ORDERS: Final = ("dmy", "mdy", "ymd")


Progress = Callable[[str, int, int], None]


def no_progress(step: str, done: int, total: int) -> None:
    """Says nothing."""


def settings(format_: str | None = None, zone: str | None = None, date_order: str | None = None) -> ReadSettings:
    """Checked reading settings. Raises UsageError."""
    if date_order is not None and date_order not in DATE_ORDERS:
        raise UsageError("unknown_date_order")
    return ReadSettings(zone=None if zone is None else zone_name(zone), date_order=date_order, format=format_)


def open_path_or_stream(path: Path | str, stdin: BinaryIO | None = None) -> Source:
    """The source at `path`, or what `stdin` holds where the path is "-" (kept in memory, never on disk)."""
    if str(path) == "-":
        if stdin is None:
            raise InputRefused("stdin_closed")
        data = stdin.read()
        return source_from_stream("-", len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])
    return open_source(Path(path), meanwhile=True)


def screenshot_paths(told: bool | Path | Sequence[Path]) -> tuple[Path | None, ...]:
    """A declaration as `saksi.ocr.declare` takes it."""
    if isinstance(told, bool):
        return (None,) if told else ()
    return (told,) if isinstance(told, Path) else tuple(told)


def check_screenshots(declared: Sequence[Path | None]) -> None:
    """Refuse a declaration that nothing can be done with. Raises UsageError (ocr_missing), InputRefused (no_such_file)."""
    if not declared:
        return
    from saksi import ocr

    if not ocr.is_there():
        raise UsageError("ocr_missing")
    if any(path is not None and not path.exists() for path in declared):
        raise InputRefused("no_such_file")


@contextlib.contextmanager
def declared_screenshots(source: Source, path: Path, declared: Sequence[Path | None]) -> Iterator[None]:
    """While open, declared pictures of `source` are read by a process of its own. Raises as `check_screenshots`."""
    if not declared:
        yield
        return
    from saksi import ocr

    check_screenshots(declared)
    with ocr.Reading() as reading:
        ocr.declare(source, path, declared, reading)
        yield


def start_reading(source: Source, how: ReadSettings) -> Reading:
    """A reading of `source`. Raises InputRefused where no reader knows any part."""
    reading = read_source(source, how)
    require_readable(reading)
    return reading


def threads_not_found(told: Sequence[str] | None, threads: Sequence[dict[str, Any]]) -> list[int]:
    """1-based places in `told` of what is neither id nor title of any thread that was read (rows of ThreadSummaries)."""
    there = {t[key] for t in threads for key in ("thread_id", "title")}
    return [n for n, name in enumerate(told or (), 1) if name not in there]


def names_not_found(names: Sequence[str], accounts: Sequence[dict[str, Any]]) -> list[str]:
    """The names that no account has (rows of `AccountSummaries`): mistyped, or not writing in these exports."""
    from saksi.signals.senders import AtRisk

    return [
        name
        for name in dict.fromkeys(names)
        if not any(AtRisk((name,)).holds(a["sender_id"], a["sender_name"]) for a in accounts)
    ]


def senders_not_found(messages: pa.Table, names: Sequence[str]) -> list[str]:
    accounts = AccountSummaries()
    if names:
        accounts.update(messages)
    return names_not_found(names, accounts.rows())


def check_by(by: str | None) -> None:
    """Refuse a caseworker's code that the log may not hold: names have no place there. Raises UsageError."""
    from saksi.vault.log import is_actor

    if by is not None and not is_actor(by.lower()):
        raise UsageError("by_not_a_code")


def check_output(out: Path | None, inputs: Sequence[Path] = ()) -> None:
    """Refuse an output that would do harm: over an input, inside a case, or in a folder that is not there.

    Raises UsageError (output_is_input, output_in_case, output_folder_missing).
    """
    if out is None:
        return
    there = out.resolve()
    if any(is_case_folder(folder) for folder in (there, *there.parents)):
        raise UsageError("output_in_case")
    if not there.parent.is_dir():
        raise UsageError("output_folder_missing")
    for given in inputs:
        if there.is_file() and given.exists():
            inside = given.is_dir() and there.is_relative_to(given.resolve())
            if inside or there.samefile(given):
                raise UsageError("output_is_input")


def check_folder(out: Path | None) -> None:
    if out is not None and any(is_case_folder(folder) for folder in (out.resolve(), *out.resolve().parents)):
        raise UsageError("output_in_case")


def open_case(folder: Path, secret: Secret) -> Case:
    """Open an existing case. Raises UsageError (no_case), WrongKey, VaultError."""
    from saksi.case.store import Case

    if not (folder / "saksi.json").is_file():
        raise UsageError("no_case")
    return Case.open(folder, secret)


def open_or_create_case(folder: Path, secret: Secret, by: str) -> Case:
    """Open the case, or make one where there is none, whose first access is `by`. Raises as `open_case`, and UsageError."""
    from saksi.case.store import Case

    check_by(by)
    return Case.open(folder, secret) if is_case(folder) else Case.create(folder, secret, code=by.lower())


def is_case(folder: Path) -> bool:
    """Whether the folder holds a case."""
    return (folder / "saksi.json").is_file()
