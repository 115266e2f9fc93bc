"""What the tests of hand-overs share: a small case, a recipient, a bundle opened by age's own library and tar."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from saksi import verbs
from saksi.case.store import Case
from saksi.handover.verify import as_json, check_path
from saksi.vault.keys import KdfParameters
from saksi.verbs import handing_over
from saksi.verbs.handing_over import HandOverOptions

PASSPHRASE = "empat kata untuk kasus"
CHEAP = KdfParameters(memory_kib=64, passes=1, lanes=1)

FIRST = """\
23/11/26, 20:15 - Kak Arga: hai Rara, kirim pap dong
23/11/26, 20:16 - Rara: pap apa kak
23/11/26, 20:17 - Kak Arga: yang tadi, nanti kakak transfer 500rb, jangan bilang siapa-siapa
23/11/26, 20:18 - Rara: nggak mau kak
23/11/26, 20:19 - Kak Arga: kalau tidak kirim sekarang foto itu aku sebar ke teman sekolahmu
23/11/26, 20:20 - Rara: jangan kak aku takut
"""
SECOND = """\
24/11/26, 09:15 - Siti Rahma: Rara, besok jadi belajar kelompok di rumahku?
24/11/26, 09:16 - Rara: jadi, ajak Dewi Anggraini juga
24/11/26, 09:17 - Siti Rahma: siap, rahasia kejutan untuk Dewi ya
"""


def telegram() -> str:
    """An account export of two threads."""

    def chat(number: int, name: str, words: list[str]) -> dict[str, Any]:
        return {
            "name": name, "type": "personal_chat", "id": number,
            "messages": [
                {
                    "id": n, "type": "message", "date": f"2026-11-23T20:{n:02d}:00", "date_unixtime": str(1795500000 + 60 * n),
                    "from": name, "from_id": f"user{number}", "text": word,
                    "text_entities": [{"type": "plain", "text": word}],
                }
                for n, word in enumerate(words, 1)
            ],
        }  # fmt: skip

    chats = [
        chat(7001, "Om Bagas", ["halo dik", "mau uang jajan? kirim foto dulu ya", "transfer ke 0860 1111 2222"]),
        chat(7002, "Tetangga Lama", ["kunci titipan sudah kuambil", "terima kasih banyak"]),
    ]
    return json.dumps({"about": "", "chats": {"about": "", "list": chats}}, indent=1)


def build_case(folder: Path) -> Path:
    """A case in `folder`/KASUS."""
    names = {"WhatsApp Chat with Kak Arga.txt": FIRST, "WhatsApp Chat with Siti Rahma.txt": SECOND, "result.json": telegram()}
    for name, text in names.items():
        (folder / name).write_text(text, encoding="utf-8")
    options = verbs.BuildOptions(zone="Asia/Jakarta", date_order="dmy", at_risk=("Rara",), owner="Rara")
    verbs.build(folder / "KASUS", PASSPHRASE, [folder / n for n in names], options, kdf=CHEAP)
    return folder / "KASUS"


def options(to: str, **more: Any) -> HandOverOptions:
    """Usual options."""
    told: dict[str, Any] = {"what": "all", "purpose": "penyidikan", "authority": "Surat B/12/XI", "by": "C1"}
    return HandOverOptions(to=to, **{**told, **more})


@dataclass
class Handed:
    """A hand-over: its file, the key that opens it, what the verb said."""

    path: Path
    identity: Any
    data: dict[str, Any]

    def tar(self) -> bytes:
        """The bag as a tar, opened by the age library."""
        out = io.BytesIO()
        with self.path.open("rb") as f:
            pyrage.decrypt_io(f, out, [self.identity])
        return out.getvalue()

    def files(self) -> dict[str, bytes]:
        """Every file of the bag."""
        found = {}
        with tarfile.open(fileobj=io.BytesIO(self.tar())) as tar:
            for member in tar:
                opened = tar.extractfile(member)
                assert opened is not None
                found[member.name.partition("/")[2]] = opened.read()
        return found

    def unpack(self, folder: Path) -> Path:
        """The bag as a folder."""
        with tarfile.open(fileobj=io.BytesIO(self.tar())) as tar:
            tar.extractall(folder, filter="data")
        return next(p for p in folder.iterdir() if p.is_dir())

    def bundle(self) -> dict[str, Any]:
        """bundle.json."""
        said: dict[str, Any] = json.loads(self.files()["data/bundle.json"])
        return said


def hand_over(case: Case, out: Path, **more: Any) -> Handed:
    """Hand over to a new age key."""
    identity = pyrage.x25519.Identity.generate()
    data = handing_over.hand_over(case, out, options(str(identity.to_public()), **more))
    return Handed(out, identity, data)


def run_verify(path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """verify.py of the bundle itself on a bare Python."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(path / "verify.py"), *args], capture_output=True, text=True, check=False,
        encoding="utf-8",
    )  # fmt: skip


def found(path: Path) -> list[tuple[str, str, str]]:
    """What the checks say is bad."""
    return [(b["what"], b["where"], b["why"]) for b in as_json(check_path(str(path)))["bad"]]
