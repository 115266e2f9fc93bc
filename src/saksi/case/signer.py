"""The key with which a case signs its documents: ECDSA P-256, with a certificate that it signed itself.

    certificate, key = signer_of(case)             DER; the same on every call

The key is derived from the case key, so it is sealed where that is and nothing can be lost beside it; the certificate is kept in
case.db, so that it stays the same (a signature over it is not reproducible everywhere). The certificate names the case's
neutral code and nothing else, begins a day before it was made (clocks differ) and ends after thirty years: the documents it
is for lie in court files for long, and what ends trust in it is that the case says so.

P-256 and not Ed25519 as in the log: readers of PDFs know it (ISO 32000-2; poppler before 23 knows nothing else but RSA).
"""

from __future__ import annotations

import base64
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from saksi.errors import StorageFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from saksi.case.store import Case

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the curve's group (FIPS 186-5, SP 800-186)."""

YEARS: Final = 30
SETTING: Final = "signer_certificate"


def key_of(secret: bytes) -> EllipticCurvePrivateKey:
    """The key for 64 secret bytes: 256 more bits than needed, so that the remainder has no bias (FIPS 186-5, A.2.1)."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(secret) % (P256_ORDER - 1) + 1, ec.SECP256R1())


def certificate_for(name: str, key: EllipticCurvePrivateKey, now: datetime) -> bytes:
    """A certificate of `key`, signed by itself, for signing documents only. DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.DER)


def signer_of(case: Case) -> tuple[bytes, bytes]:
    """(certificate, key) of the case, DER; made at the first call. Raises VaultError where the case is closed."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = key_of(case.vault.subkey("signer-1") + case.vault.subkey("signer-2"))
    stored = case.get(SETTING)
    certificate = b"" if stored is None else base64.b64decode(stored)
    if not certificate or x509.load_der_x509_certificate(certificate).public_key() != key.public_key():
        name = f"SK-{case.vault.case_id[:8].upper()}"
        certificate = certificate_for(name, key, datetime.now(UTC).replace(microsecond=0))
        with contextlib.suppress(StorageFailed):  # a case that may only be read signs all the same
            case.set(SETTING, base64.b64encode(certificate).decode())
    return certificate, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
