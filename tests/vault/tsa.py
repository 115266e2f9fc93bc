"""A throw-away timestamp authority for tests: certificates made here, replies by `openssl ts -reply`, HTTP on loopback only.

authority = Authority(tmp_path)              a root, and a certificate that may stamp
authority.reply(query) -> bytes              a whole TimeStampResp
with authority.serving() as url: …           POST application/timestamp-query to 127.0.0.1
"""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONFIG = """
[tsa]
default_tsa=one
[one]
dir=.
serial=./serial
crypto_device=builtin
signer_cert=./tsa.pem
signer_key=./tsa.key
signer_digest=sha256
default_policy=1.3.6.1.4.1.99999.1
digests=sha256,sha384,sha512
accuracy=secs:1
ordering=yes
tsa_name=yes
ess_cert_id_chain=no
ess_cert_id_alg=sha256
{more}
"""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")]
    )


def _key(kind: str) -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """An authority in its own folder. kind: "ec" or "rsa". may_stamp: whether its certificate says so. more: lines of its
    openssl configuration (`certs=./ca.pem` makes the unsorted set that some real authorities send)."""

    def __init__(
        self, folder: Path, kind: str = "ec", *, may_stamp: bool = True, more: str = "", between: bool = False
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        root_key, key = _key("ec"), _key(kind)
        root = self._certificate("Saksi TEST Root", root_key, "Saksi TEST Root", root_key, ca=True)
        issuer, issuer_key, chain = "Saksi TEST Root", root_key, b""
        if between:
            issuer, issuer_key = "Saksi TEST Between", _key("ec")
            middle = self._certificate(issuer, issuer_key, "Saksi TEST Root", root_key, ca=True)
            chain = middle.public_bytes(Encoding.PEM)
            more += "\ncerts=./between.pem"
        own = self._certificate("Saksi TEST TSA", key, issuer, issuer_key, ca=False, may_stamp=may_stamp)
        self.root_key = root_key
        self.root = root.public_bytes(Encoding.PEM)
        self.certificate = own.public_bytes(Encoding.PEM)
        (folder / "between.pem").write_bytes(chain)
        (folder / "ca.pem").write_bytes(self.root)
        (folder / "tsa.pem").write_bytes(self.certificate)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(secret)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(more=more))
        self._turn = threading.Lock()

    def _certificate(
        self, subject: str, key: Key, issuer: str, issuer_key: Key, *, ca: bool, may_stamp: bool = False
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if may_stamp:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return made.sign(issuer_key, hashes.SHA256())

    def reply(self, query: bytes) -> bytes:
        """The whole reply to a query."""
        with self._turn:
            (self.folder / "q").write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r"]
            subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
            return (self.folder / "r").read_bytes()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answers on loopback while open; gives its address."""
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Type"] != "application/timestamp-query" or "redirect" in self.path:
                    self.send_response(302 if "redirect" in self.path else 415)
                    self.send_header("Location", "/other")
                    self.end_headers()
                    return
                answer = b"Internal error" if "broken" in self.path else authority.reply(data)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the interface's
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
