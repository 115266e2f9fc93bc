"""Other people's programs open what we lock: age, openssl cms, gpg. Keys that cannot be used are refused before anything is written."""

from __future__ import annotations

import datetime
import io
import json
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from saksi.case.store import Case
from saksi.cli.commands import run
from saksi.errors import StorageFailed, UsageError, VerificationFailed
from saksi.handover import envelope
from saksi.handover.bag import Bag, BagFile, IterReader, generated, of_bytes
from saksi.verbs import handing_over
from tests.handover import making


def certificate(key: Any, days: int = 30) -> bytes:
    """A self-signed certificate, PEM."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Penyidik Uji")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(90))
    return builder.not_valid_after(now + datetime.timedelta(days)).sign(key, SHA256()).public_bytes(Encoding.PEM)


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not here")


def names_in(tar: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return [m.name.partition("/")[2] for m in opened]


@needs("age")
def test_age_opens_it(case: Case, tmp_path: Path) -> None:
    handed = making.hand_over(case, tmp_path / "b.age")
    (tmp_path / "key.txt").write_text(str(handed.identity), encoding="ascii")
    done = subprocess.run(["age", "-d", "-i", str(tmp_path / "key.txt"), str(handed.path)], capture_output=True, check=True)
    assert "data/bundle.json" in names_in(done.stdout)
    assert done.stdout == handed.tar()


@needs("age")
@needs("openssl")
def test_a_certificate_opens_it_with_openssl(case: Case, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / "cert.pem").write_bytes(certificate(key))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    out = tmp_path / "b.age"
    data = handing_over.hand_over(case, out, making.options(str(tmp_path / "cert.pem")))
    assert data["recipient"]["fingerprint"].startswith("sha256:")
    cms, opens, _ = data["open_with"]
    words = cms.replace("KEY.pem", "key.pem").split()
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(["age", "-d", "-i", "age-key.txt", "b.age"], cwd=tmp_path, capture_output=True, check=True)
    assert opens.startswith("age -d -i age-key.txt b.age")
    assert "verify.py" in names_in(done.stdout)


@needs("age")
@needs("gpg")
def test_an_openpgp_key_opens_it_with_gpg(case: Case, tmp_path: Path) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-gen-key", "penyidik@contoh.invalid", "default", "default", "1y"], check=True, capture_output=True)
    public = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True).stdout
    (tmp_path / "key.asc").write_bytes(public)
    data = handing_over.hand_over(case, tmp_path / "b.age", making.options(str(tmp_path / "key.asc")))
    assert data["recipient"]["fingerprint"].startswith("openpgp:")
    subprocess.run([*gpg, "-o", "age-key.txt", "-d", "b.age.key.asc"], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(["age", "-d", "-i", "age-key.txt", "b.age"], cwd=tmp_path, capture_output=True, check=True)
    assert "verify.py" in names_in(done.stdout)
    subprocess.run([*gpg, "--quick-gen-key", "tanda@contoh.invalid", "rsa2048", "sign", "1y"], check=True, capture_output=True)
    signs = subprocess.run([*gpg, "--armor", "--export", "tanda@contoh.invalid"], check=True, capture_output=True).stdout
    (tmp_path / "signs.asc").write_bytes(signs)
    with pytest.raises(UsageError, match="recipient_cannot_encrypt"):
        handing_over.hand_over(case, tmp_path / "c.age", making.options(str(tmp_path / "signs.asc")))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=False, capture_output=True)


def test_keys_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    def refused(data: bytes) -> str:
        (tmp_path / "k").write_bytes(data)
        with pytest.raises(UsageError) as e:
            envelope.recipient(str(tmp_path / "k"))
        return e.value.key

    weak, curve = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())
    private = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert refused(certificate(weak)) == "recipient_not_rsa"
    assert refused(certificate(curve)) == "recipient_not_rsa"
    assert refused(private) == "recipient_private"
    assert refused(str(pyrage.x25519.Identity.generate()).encode()) == "recipient_private"
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx\n"
    for nonsense in (b"", b"\x00" * 100, b"age1x", *broken):
        assert refused(nonsense) == "recipient_unknown"
    (tmp_path / "k").write_text(f"# kunci\n{pyrage.x25519.Identity.generate().to_public()}\n", encoding="ascii")
    assert envelope.recipient(str(tmp_path / "k")).kind == "age"


def test_an_expired_certificate_is_used_and_said(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(certificate(rsa.generate_private_key(65537, 2048), days=-1))
    assert envelope.recipient(str(tmp_path / "c.pem")).expired


# -- the stream ------------------------------------------------------------------------------------------------------------


def locked(blocks: Iterator[bytes]) -> bytes:
    out = io.BytesIO()
    to = envelope.recipient(str(pyrage.x25519.Identity.generate().to_public()))
    envelope.Envelope(to).lock(blocks, out)
    return out.getvalue()


def test_what_goes_wrong_while_blocks_are_made_comes_out_as_it_is() -> None:
    def failing() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise VerificationFailed("object_damaged", object="o" + "0" * 32)

    with pytest.raises(VerificationFailed, match="object_damaged"):
        locked(failing())


def test_a_file_of_another_size_than_said_ends_the_bag() -> None:
    for size in (5, 7):
        bag = Bag("berkas-x", 0)
        with pytest.raises(VerificationFailed, match="handover_size_changed"):
            for _ in bag.stream([BagFile("data/x", size, (b"abcdef",), "text/plain", "other")], dict):
                pass


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", ".x", "a/.b", "a\\b", "a\nb", "", "a/", "x" * 300])
def test_no_path_that_leads_out_is_ever_written(path: str) -> None:
    with pytest.raises(ValueError):
        list(Bag("berkas-x", 0).stream([of_bytes(path, b"x", "text/plain", "other")], dict))


def test_long_generated_files_are_made_twice_and_short_ones_once() -> None:
    calls = []

    def make() -> Iterator[bytes]:
        calls.append(1)
        yield from (b"x" * (1 << 20) for _ in range(rows))

    for rows, expected in ((2, 1), (20, 2)):
        calls.clear()
        file = generated("data/x", make, "text/plain", "other")
        assert b"".join(file.content) == b"x" * (rows << 20)
        assert (file.size_bytes, len(calls)) == (rows << 20, expected)


def test_a_full_disk_leaves_no_file_and_is_in_the_log(case: Case, tmp_path: Path) -> None:
    import errno

    from saksi.vault.files import FileSystem

    class Full(FileSystem):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            raise OSError(errno.ENOSPC, "full")

    to = str(pyrage.x25519.Identity.generate().to_public())
    with pytest.raises(StorageFailed) as e:
        handing_over.hand_over(case, tmp_path / "b.age", making.options(to), files=Full())
    assert e.value.key == "vault_full"
    assert list(tmp_path.iterdir()) == []
    assert list(case.vault.entries())[-1]["action"] == "failure"


BIG = """
import resource, sys
from pathlib import Path
import pyrage
from saksi.handover.bag import Bag, BagFile
from saksi.handover.envelope import Envelope, recipient
size = int(sys.argv[1])
block = bytes(1 << 18)
bag = Bag("berkas-x", 0)
file = BagFile("data/sources/S1/part-0001.txt", size, (block for _ in range(size >> 18)), "text/plain", "source")
with open("/dev/null", "wb") as out:
    Envelope(recipient(str(pyrage.x25519.Identity.generate().to_public()))).lock(bag.stream([file], dict), out)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measured with getrusage")
def test_memory_does_not_grow_with_a_source() -> None:
    assert resource.RUSAGE_SELF == 0
    peaks = []
    for size in (1 << 22, 1 << 28):
        done = subprocess.run([sys.executable, "-c", BIG, str(size)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) * 1024)
    assert peaks[1] - peaks[0] < 32 << 20, peaks


def test_reader_over_blocks() -> None:
    blocks = [b"ab", b"", b"cdef", b"g"]
    assert io.BufferedReader(IterReader(iter(blocks))).read() == b"abcdefg"


# -- as a user calls it ----------------------------------------------------------------------------------------------------


def test_the_commands(case_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(identity), encoding="ascii")
    (tmp_path / "pass").write_text(making.PASSPHRASE, encoding="utf-8")
    (tmp_path / "copy").write_text("mangga muda pagi hari", encoding="utf-8")
    usual = ["--by", "C1", "--passphrase-file", str(tmp_path / "pass")]
    out = tmp_path / "kasus.age"
    told = ["--to", str(identity.to_public()), "--what", "all", "--purpose", "penyidikan", "--authority", "Surat 1", "--out", str(out)]
    assert run(["hand-over", str(case_folder), *told, *usual]) == 0
    said = capsys.readouterr()
    assert "persetujuan korban belum dicatat" in said.err
    assert str(identity.to_public()) in said.out
    assert "age -d -i KEY.txt kasus.age" in said.out
    assert run(["verify", str(out), "--identity", str(tmp_path / "key.txt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    (tmp_path / "theirs").write_text("kata sandi panjang mereka", encoding="utf-8")
    theirs = ["--by", "C7", "--passphrase-file", str(tmp_path / "theirs"), "--identity", str(tmp_path / "key.txt")]
    receipt = ["--receipt", str(tmp_path / "r.json")]
    assert run(["receive", str(out), str(tmp_path / "K2"), *theirs, *receipt]) == 0
    assert "S1, S2, S3" in capsys.readouterr().out
    assert run(["receive", str(tmp_path / "r.json"), str(case_folder), *usual]) == 0
    assert "Tanda terima cocok" in capsys.readouterr().out
    own = ["--to", "passphrase", "--out", str(tmp_path / "c.html"), "--copy-passphrase-file", str(tmp_path / "copy")]
    assert run(["hand-over", str(case_folder), *own, *usual]) == 0
    assert run(["hand-over", str(case_folder), *own, *usual]) == 2, "nothing is replaced"
    assert run(["hand-over", str(case_folder), "--to", "age1x", "--out", str(tmp_path / "x"), *usual]) == 2
    damaged = bytearray(out.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    out.write_bytes(damaged)
    assert run(["verify", str(out), "--identity", str(tmp_path / "key.txt")]) == 6
    capsys.readouterr()
    assert run(["receive", str(out), str(tmp_path / "K2"), *theirs]) == 6
