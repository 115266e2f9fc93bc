"""Bring what the tests need and pip cannot: Chromium for the pages, poppler and qpdf for the PDFs, openssl.

Looks for each program; where one is missing and this is a Debian-like system with the right to install, installs it, else
says what to install and ends with 1. Nothing is skipped silently.

--proof     also the outside verifiers of `make proof`
--bench     also the programs that `make bench` compares with
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NEEDS = {"pdfsig": "poppler-utils", "chromium": "chromium", "pdftoppm": "poppler-utils", "qpdf": "qpdf", "openssl": "openssl"}
PROOF = {"age": "age", "go": "golang-go"}
PROOF_PACKAGES = ["golang-golang-x-mod-dev"]
"""Without a program of its own: Go's transparency packages, which judge our log; brought along with Go."""

BENCH = {"restic": "restic", "borg": "borgbackup"}


def missing(programs: dict[str, str]) -> dict[str, str]:
    """The programs that are not on the PATH."""
    return {p: package for p, package in programs.items() if shutil.which(p) is None}


def main() -> int:
    """Install what is missing or say how."""
    programs = NEEDS | (PROOF if "--proof" in sys.argv else {}) | (BENCH if "--bench" in sys.argv else {})
    absent = missing(programs)
    if not absent:
        return 0
    packages = sorted({*absent.values(), *(PROOF_PACKAGES if "go" in absent else ())})
    may_install = shutil.which("apt-get") is not None and (os.geteuid() == 0 or shutil.which("sudo") is not None)
    if may_install:
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
        ):
            subprocess.run([*prefix, *command], check=False, env=environment, stdout=subprocess.DEVNULL)
    absent = missing(programs)
    if absent:
        print("The tests need these programs, please install them first:", ", ".join(sorted(absent)), file=sys.stderr)
        print("On Debian or Ubuntu: apt-get install", " ".join(sorted(set(absent.values()))), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
