"""A test authority that also issues signers and says what it revoked: `tests/vault/tsa.py` with a list of revoked certificates.

    authority = Authority(tmp_path)                      root, certificate that may stamp, replies (openssl ts)
    certificate, key = authority.issue("Lembaga Contoh")  a signer under the root, DER
    authority.crl(revoked=[certificate])                 a fresh list, DER

Loopback only (`with authority.serving() as url`), and it ends with the block.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.vault import tsa


class Authority(tsa.Authority):
    """See the module's text."""

    @property
    def root_certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.root)

    def issue(self, name: str, *, days: int = 365) -> tuple[bytes, bytes]:
        """A certificate under the root that may sign documents, and its key. days: how long it is still valid."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.root_certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.root_key, hashes.SHA256())
        )
        secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return made.public_bytes(Encoding.DER), secret

    def crl(self, revoked: Sequence[bytes] = ()) -> bytes:
        """The list of revoked certificates, signed by the root."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root_certificate.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=30))
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for der in revoked:
            entry = x509.RevokedCertificateBuilder().revocation_date(now - timedelta(minutes=30))
            made = made.add_revoked_certificate(
                entry.serial_number(x509.load_der_x509_certificate(der).serial_number).build()
            )
        return made.sign(self.root_key, hashes.SHA256()).public_bytes(Encoding.DER)
