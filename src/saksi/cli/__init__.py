"""The command line: parses words, shows results, nothing else. `main()` is the console script."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    """Says that pandas is not installed."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the interface's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Refuse pandas, leave every other module to the other finders."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)
        return None


def _without_pandas() -> None:
    """Let Arrow decide now that pandas is not there. It looks for pandas at the first list it converts and, where somebody
    has it installed, loads it for half a second; no verb needs it. A later import of pandas works as ever."""
    if "pandas" in sys.modules:
        return
    refusal = _NoPandas()
    sys.meta_path.insert(0, refusal)
    try:
        import pyarrow as pa

        pa.array([0])
    finally:
        sys.meta_path.remove(refusal)


def main() -> None:
    """Run the command line and end the process with its exit code (docs/exit-codes.md)."""
    _without_pandas()
    from saksi.cli.commands import run

    sys.exit(run(sys.argv[1:]))
