"""Runs other people's programs: those that pip brought (beside this Python) and those of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 180
"""case_validate takes three seconds on an idle core, pyhanko one; a busy machine is ten times slower."""


def program(name: str) -> str | None:
    """Where a program is: beside this Python, else on the PATH; None: not here."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    return beside or shutil.which(name)


def run(name: str, *arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. Raises FileNotFoundError where it is not here: a test never passes by not running."""
    found = program(name)
    if found is None:
        raise FileNotFoundError(name)
    return subprocess.run(
        [found, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, errors="replace", check=False,
        timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore", "LC_ALL": "C.UTF-8", **environment},
    )  # fmt: skip
