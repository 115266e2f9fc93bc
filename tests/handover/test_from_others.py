"""What others signed of the log goes along with a bundle: a time authority's reply that openssl checks, a witness's co-signature."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from saksi.case.store import Case
from saksi.vault import timestamps, witness
from tests.handover import making
from tests.vault.test_witness import request, signed
from tests.vault.tsa import Authority, needs_openssl


@pytest.fixture
def own_case(case_folder: Path, tmp_path: Path) -> Path:
    """A copy of the built case, to be stamped."""
    return Path(shutil.copytree(case_folder, tmp_path / "KASUS"))


@needs_openssl
def test_timestamps_and_cosignatures_go_along(own_case: Path, tmp_path: Path) -> None:
    (tmp_path / "tsa").mkdir()
    authority = Authority(tmp_path / "tsa")
    with Case.open(own_case, making.PASSPHRASE) as case:
        checkpoint = case.vault.checkpoint()
        reply = authority.reply(timestamps.query(checkpoint.note.encode(), nonce=5))
        answer = signed(witness.Memory({}), request(case.vault))
        for name, data in (
            (timestamps.file_name(checkpoint.size, timestamps.read_reply(reply)), reply),
            (witness.file_name(answer, checkpoint), answer.note.encode()),
        ):
            (own_case / name).parent.mkdir(exist_ok=True)
            (own_case / name).write_bytes(data)
        handed = making.hand_over(case, tmp_path / "b.age")
    folder = handed.unpack(tmp_path / "out")
    assert making.found(folder) == []
    (tsr,) = (folder / "data" / "log" / "timestamps").iterdir()
    (cosigned,) = (folder / "data" / "log" / "cosignatures").iterdir()
    note = folder / "data" / "log" / "checkpoints" / f"{checkpoint.size:06d}.note"
    assert cosigned.read_text(encoding="utf-8").startswith(note.read_text(encoding="utf-8"))
    (tmp_path / "ca.pem").write_bytes(authority.root)
    said = making.run_verify(folder, "--lang", "en").stdout
    command = next(line.strip() for line in said.splitlines() if line.strip().startswith("openssl ts"))
    words = [w.replace("CA.pem", str(tmp_path / "ca.pem")) for w in command.split()]
    assert subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode == 0
    tsr.write_bytes(reply[:-1] + bytes([reply[-1] ^ 1]))
    assert subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode != 0
