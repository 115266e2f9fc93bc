"""A cheap key derivation and a small case, so that the vault's tests stay quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saksi.vault import KdfParameters, Vault

CHEAP = KdfParameters(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "empat kata untuk kasus"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a case is to be made."""
    return tmp_path / "kasus"


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    """A new open case."""
    with Vault.create(folder, PASSPHRASE, kdf=CHEAP) as made:
        yield made
