"""A case of three small exports, built once; hand-overs of it to a key made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saksi.case.store import Case
from tests.handover import making


@pytest.fixture(scope="session")
def case_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built case: S1 a WhatsApp text of one thread, S2 of another, S3 a Telegram export of two threads."""
    return making.build_case(tmp_path_factory.mktemp("handover"))


@pytest.fixture
def case(case_folder: Path) -> Iterator[Case]:
    """The built case, open."""
    with Case.open(case_folder, making.PASSPHRASE) as opened:
        yield opened
