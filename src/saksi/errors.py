"""The error family: one base, one class per boundary, and the exit code each one ends the program with.

Rules every message follows: what was expected, what was found, where; then what to do. Never message text, a name or a
secret: row ids, offsets, digests and file names given by the user are enough. A message for people comes from the
catalog (`saksi.words.sentence`): an error carries the catalog key and the values to fill in, so that it can be said in
Indonesian or English; `str(error)` is key and values, for programmers' eyes.
"""

from __future__ import annotations

# Exit codes (shared contract with other programs; documented in docs/exit-codes.md).
DONE = 0
DONE_WITH_PROBLEMS = 1
WRONG_USE = 2
INPUT_REFUSED = 3
WRONG_KEY = 4
STORAGE_FAILED = 5
VERIFICATION_FAILED = 6


class SaksiError(Exception):
    """Base of everything Saksi raises on purpose.

    `key` names a sentence in the catalog (area `errors`), `values` fills it in. `exit_code` is what the command line
    ends with when nothing else could be done.
    """

    exit_code = DONE_WITH_PROBLEMS

    def __init__(self, key: str, **values: str | int) -> None:
        self.key = key
        self.values = values
        super().__init__(key, values)

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.key} ({said})" if said else self.key


class UsageError(SaksiError):
    """The call's words are off: an option, a missing answer, an unknown name."""

    exit_code = WRONG_USE


class InputRefused(SaksiError):
    """Nothing in an input could be read: the sentence says what it looks like and what to do."""

    exit_code = INPUT_REFUSED


class ReaderError(InputRefused):
    """A reader could not go on with its part; rows already read stay, the rest becomes a problem."""


class DataFileError(SaksiError):
    """A data file of the program (pack, directory, catalog) is wrong: file, key and what is allowed."""


class TableError(SaksiError):
    """A table does not have the columns or the row rules of `saksi.table.schema`."""


class WrongKey(SaksiError):
    """The passphrase or key does not open the case, or the case is locked."""

    exit_code = WRONG_KEY


class StorageFailed(SaksiError):
    """The disk refused: full, read-only, unreachable. Nothing acknowledged before is lost."""

    exit_code = STORAGE_FAILED


class VaultError(StorageFailed):
    """The case folder is not in a state the vault can work with."""


class VerificationFailed(SaksiError):
    """A digest, signature, proof or authentication tag does not hold: damaged or forged."""

    exit_code = VERIFICATION_FAILED
