"""The command line: parses words, shows results, nothing else. `main()` is the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code (docs/exit-codes.md)."""
    from saksi.cli.commands import run

    sys.exit(run(sys.argv[1:]))
