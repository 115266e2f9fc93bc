"""`make demo`: simulate a phone's exports, build its case, write the report, say where it is.

Everything in it is invented (tests/simulator); the passphrase stands in a file because nobody needs to keep this secret.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "demo"


def at_risk_names(about: dict[str, Any]) -> list[str]:
    """What the person at risk is called in the exports."""
    told = about["at_risk"]
    return [told] if isinstance(told, str) else list(told)


def main() -> int:
    """Build the demo; returns the exit code."""
    shutil.rmtree(OUT, ignore_errors=True)
    phone = OUT / "phone"
    phone.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "tests.simulator", "phone", str(phone), "--preset", "demo", "--seed", "7"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    secret = OUT / "passphrase.txt"
    secret.write_text("contoh kata sandi untuk kasus peraga\n", encoding="utf-8")
    about = json.loads((phone / "phone.json").read_text(encoding="utf-8"))
    exports = sorted(p for p in phone.glob("*/*") if p.is_file())
    at_risk = [word for name in at_risk_names(about) for word in ("--at-risk", name)]
    for lang in ("id", "en"):
        command = [
            sys.executable,
            "-m",
            "saksi",
            "build",
            str(OUT / "KASUS"),
            *map(str, exports),
            "--zone",
            "WIB",
            *at_risk,
            "--passphrase-file",
            str(secret),
            "--out",
            str(OUT / "report"),
            "--lang",
            lang,
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            check=False,
            stdout=None if lang == "id" else subprocess.DEVNULL,
            stderr=None if lang == "id" else subprocess.DEVNULL,
        )
        if done.returncode not in (0, 1):
            return done.returncode
    print("\nThe sample case:  ", OUT / "KASUS")
    print("Its passphrase:   ", secret)
    for path in sorted((OUT / "report").iterdir()):
        print("Report:           ", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
