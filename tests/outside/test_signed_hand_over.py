"""`hand-over` with an organisation's signer, a time authority on loopback and lists of revoked certificates, seen from outside."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_der_private_key, pkcs12

from saksi import errors
from saksi.case.store import Case
from saksi.cli.commands import run as saksi
from tests.handover import making
from tests.outside.programs import run
from tests.outside.tsa import Authority
from tests.vault.tsa import needs_openssl

pytestmark = needs_openssl
SECRET = "kata sandi lembaga"


@dataclass
class Room:
    """A case, an authority that answers on loopback, an organisation's signer under the same root."""

    folder: Path
    case: Path
    url: str
    authority: Authority
    identity: Any

    def hand_over(self, name: str, *more: str | Path) -> int:
        """`saksi hand-over` by command line."""
        to = str(self.identity.to_public())
        words = ["hand-over", self.case, "--to", to, "--what", "all", "--purpose", "penyidikan", "--authority", "Surat B/12",
                 "--out", self.folder / name, "--passphrase-file", self.folder / "pass", "--lang", "en", *more]  # fmt: skip
        return saksi([str(w) for w in words])

    def handed(self, name: str) -> making.Handed:
        return making.Handed(self.folder / name, self.identity, {})

    @property
    def signer(self) -> list[str | Path]:
        return ["--signer", self.folder / "lembaga.p12", "--signer-passphrase-file", self.folder / "p12pass"]

    @property
    def stamp(self) -> list[str | Path]:
        return ["--network", "--stamp-authority", self.url]

    @property
    def lasting(self) -> list[str | Path]:
        return [*self.stamp, "--crl", self.folder / "revoked.crl", "--trust", self.folder / "tsa" / "ca.pem"]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("signed")
    case = making.build_case(folder)
    authority = Authority(folder / "tsa")
    certificate, key = authority.issue("Lembaga Contoh")
    made = pkcs12.serialize_key_and_certificates(
        b"lembaga", load_der_private_key(key, None), x509.load_der_x509_certificate(certificate),  # type: ignore[arg-type]
        None, BestAvailableEncryption(SECRET.encode()),
    )  # fmt: skip
    (folder / "lembaga.p12").write_bytes(made)
    (folder / "p12pass").write_text(SECRET + "\n", encoding="utf-8")
    (folder / "pass").write_text(making.PASSPHRASE + "\n", encoding="utf-8")
    (folder / "revoked.crl").write_bytes(authority.crl())
    with authority.serving() as url:
        yield Room(folder, case, url, authority, pyrage.x25519.Identity.generate())


LEVELS: dict[str, tuple[list[str], str, bool]] = {
    "case": ([], "B-B", True),
    "signer": (["signer"], "B-B", False),
    "case-stamped": (["stamp"], "B-T", True),
    "signer-stamped": (["signer", "stamp"], "B-T", False),
    "case-lasting": (["lasting"], "B-LTA", True),
    "signer-lasting": (["signer", "lasting"], "B-LTA", False),
}


@pytest.mark.parametrize("how", LEVELS)
def test_level_signer_and_what_pyhanko_says(room: Room, tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    groups, level, by_case = LEVELS[how]
    more: list[str | Path] = [word for group in groups for word in getattr(room, group)]
    assert room.hand_over(f"{how}.age", *more) == errors.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert f"Level of the signature: {level}." in said
    assert ("not who the person is" in said) is by_case
    bag = room.handed(f"{how}.age").unpack(tmp_path)
    signed = json.loads((bag / "data" / "bundle.json").read_text(encoding="utf-8"))["documents"][0]["signed"]
    assert (signed["level"], signed["by_case"]) == (level, by_case)
    assert making.found(bag) == []
    told = making.run_verify(bag, "--lang", "en").stdout
    command = next(line.strip() for line in told.splitlines() if line.strip().startswith("pyhanko"))
    words = shlex.split(command.replace("CA.pem", str(room.folder / "tsa" / "ca.pem")))
    assert run(*words, cwd=bag).returncode == 0, "the command that verify.py prints"
    pdf = next((bag / "data" / "documents").glob("*.pdf"))
    data = pdf.read_bytes()
    pdf.write_bytes(data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])
    assert run(*words, cwd=bag).returncode != 0


def test_lasting_signature_holds_by_long_term_rules(room: Room, tmp_path: Path) -> None:
    assert room.hand_over("long.age", *room.signer, *room.lasting) == errors.DONE
    bag = room.handed("long.age").unpack(tmp_path)
    pdf = next((bag / "data" / "documents").glob("*.pdf"))
    trust: list[str | Path] = ["--trust", room.folder / "tsa" / "ca.pem", "--trust-replace"]
    assert run("pyhanko", "sign", "adesverify", *trust, pdf).returncode == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--stamp-authority", "URL"], errors.WRONG_USE),
        (["--network"], errors.WRONG_USE),
        (["--crl", "revoked.crl"], errors.WRONG_USE),
        (["--trust", "tsa/ca.pem", "--network", "--stamp-authority", "URL"], errors.WRONG_USE),
        (["--network", "--stamp-authority", "ftp://otoritas.example"], errors.WRONG_USE),
        (["--network", "--stamp-authority", "URLbroken"], errors.VERIFICATION_FAILED),
        (["--network", "--stamp-authority", "URLredirect"], errors.VERIFICATION_FAILED),
        (["--network", "--stamp-authority", "URL", "--crl", "pass"], errors.INPUT_REFUSED),
        (["--network", "--stamp-authority", "URL", "--crl", "none"], errors.INPUT_REFUSED),
        (["--network", "--stamp-authority", "URL", "--crl", "revoked.crl", "--trust", "pass"], errors.VERIFICATION_FAILED),
        (["--network", "--stamp-authority", "URL", "--crl", "revoked.crl"], errors.VERIFICATION_FAILED),
        (["--signer", "lembaga.p12", "--signer-passphrase-file", "pass"], errors.WRONG_KEY),
        (["--signer", "none", "--signer-passphrase-file", "p12pass"], errors.INPUT_REFUSED),
        (["--signer", "revoked.crl", "--signer-passphrase-file", "p12pass"], errors.WRONG_KEY),
        (["--consent", " "], errors.WRONG_USE),
    ],
)
def test_what_does_not_fit_leaves_no_file(room: Room, more: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def meant(word: str) -> str:
        if word.startswith("URL"):
            return room.url + word[3:]
        return str(room.folder / word) if word in ("revoked.crl", "tsa/ca.pem", "pass", "p12pass", "none", "lembaga.p12") else word

    before = sorted(p.name for p in room.folder.iterdir())
    assert room.hand_over("refused.age", *map(meant, more)) == code
    assert sorted(p.name for p in room.folder.iterdir()) == before
    said = capsys.readouterr()
    assert SECRET not in said.err + said.out


def test_a_revoked_signer_makes_no_lasting_signature(room: Room) -> None:
    with (room.folder / "lembaga.p12").open("rb") as f:
        held = pkcs12.load_pkcs12(f.read(), SECRET.encode())
    assert held.cert is not None
    from cryptography.hazmat.primitives.serialization import Encoding

    listed = room.folder / "listed.crl"
    listed.write_bytes(room.authority.crl([held.cert.certificate.public_bytes(Encoding.DER)]))
    more = [*room.signer, *room.stamp, "--crl", listed, "--trust", room.folder / "tsa" / "ca.pem"]
    assert room.hand_over("revoked.age", *more) == errors.VERIFICATION_FAILED
    assert not (room.folder / "revoked.age").exists()


def test_a_stamp_taken_by_the_verb_goes_along(room: Room, tmp_path: Path) -> None:
    command = ["stamp", room.case, "--network", "--authority", room.url, "--passphrase-file", room.folder / "pass"]
    assert saksi([str(w) for w in command]) == errors.DONE
    assert room.hand_over("stamped.age") == errors.DONE
    bag = room.handed("stamped.age").unpack(tmp_path)
    replies = list((bag / "data" / "log" / "timestamps").glob("*.tsr"))
    assert len(replies) == 1
    note = bag / "data" / "log" / "checkpoints" / f"{replies[0].name.partition('-')[0]}.note"
    ca = room.folder / "tsa" / "ca.pem"
    assert run("openssl", "ts", "-verify", "-data", note, "-in", replies[0], "-CAfile", ca).returncode == 0


def test_the_log_names_the_access_and_keeps_what_was_stated(room: Room) -> None:
    assert room.hand_over("plain.age") == errors.DONE
    assert room.hand_over("stated.age", "--by", "C9") == errors.DONE
    with Case.open(room.case, making.PASSPHRASE) as case:
        ends = [e for e in case.vault.entries() if e["action"] == "transfer-out"][-4:]
        own = case.vault.actor
    assert [e["actor"] for e in ends] == [own] * 4
    assert [e["fields"].get("stated") for e in ends] == [None, None, "c9", "c9"]
    assert room.handed("plain.age").bundle()["by"] == own
    assert room.handed("stated.age").bundle()["by"] == own, "whom somebody claims to be is not who opened the case"
