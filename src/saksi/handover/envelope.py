"""The outer envelope: whom a bundle is locked to, and how its stream is encrypted. Nothing is ever written in plaintext.

    told = recipient("age1…" | "cert.pem" | "FILE.asc")     Recipient: kind, fingerprint, how to lock
    sealed = lock(told, blocks, out)                        streams an age file into `out`; extra files beside it, if any

age (age-encryption.org/v1) streams in 64 KiB pieces and is read by other programs. X.509 and OpenPGP have no such stream in
wide use, so for them the bundle is locked to a random age key made for this one file, and that key (one line) is locked
to the recipient: as CMS enveloped data beside the file (`openssl cms -decrypt`), or as an OpenPGP message (`gpg -d`).

age says nothing about who sent a file: what is inside is signed (log, documents), the envelope is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from saksi.errors import SaksiError, StorageFailed, UsageError
from saksi.handover.bag import IterReader

Kind = Literal["age", "certificate", "openpgp"]
KEY_FILE_BYTES_MAX: Final = 1024 * 1024
READ_BYTES: Final = 1 << 18
PEM: Final = b"-----BEGIN CERTIFICATE-----"
PGP: Final = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
PRIVATE: Final = (b"PRIVATE KEY", b"AGE-SECRET-KEY-")
RSA_BITS_MIN: Final = 2048


@dataclass(frozen=True)
class Recipient:
    """Whom a bundle is for. fingerprint: "age1…" itself, "sha256:" and hex of a certificate, "openpgp:" and hex.

    key: what it is locked with (age text, certificate PEM, OpenPGP text). expired: the certificate's end has passed.
    """

    kind: Kind
    fingerprint: str
    key: bytes
    expired: bool = False


def recipient(told: str) -> Recipient:
    """The recipient that was told: an age key, or a file that holds an age key, a certificate or an OpenPGP key.

    Raises UsageError: recipient_unknown, recipient_private (a private key was given), recipient_not_rsa, no_such_recipient_file.
    """
    text = told.strip()
    if text.startswith("age1"):
        return _age(text)
    data = _key_file(Path(told))
    if any(mark in data for mark in PRIVATE):
        raise UsageError("recipient_private")
    if PEM in data:
        return _certificate(data)
    if PGP in data:
        return _openpgp(data)
    for line in data.decode("utf-8", "replace").splitlines():
        if line.strip().startswith("age1"):
            return _age(line.strip())
    raise UsageError("recipient_unknown")


def _key_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UsageError("recipient_unknown")
        with path.open("rb") as f:
            return f.read(KEY_FILE_BYTES_MAX)
    except OSError as e:
        raise UsageError("recipient_unknown") from e


def _age(text: str) -> Recipient:
    import pyrage

    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as e:
        raise UsageError("recipient_unknown") from e
    return Recipient("age", text, text.encode())


def _certificate(data: bytes) -> Recipient:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = x509.load_pem_x509_certificate(data)
        key = certificate.public_key()
    except (ValueError, TypeError) as e:
        raise UsageError("recipient_unknown") from e
    if not isinstance(key, RSAPublicKey) or key.key_size < RSA_BITS_MIN:
        raise UsageError("recipient_not_rsa", bits=RSA_BITS_MIN)
    expired = certificate.not_valid_after_utc < datetime.now(UTC)
    fingerprint = f"sha256:{certificate.fingerprint(SHA256()).hex()}"
    return Recipient("certificate", fingerprint, certificate.public_bytes(Encoding.PEM), expired)


def _openpgp(data: bytes) -> Recipient:
    try:
        import pysequoia
    except ImportError as e:
        raise UsageError("openpgp_missing") from e
    try:
        cert: Any = pysequoia.Cert.from_bytes(data)
    except Exception as e:  # the library raises its own kinds for what it cannot read
        raise UsageError("recipient_unknown") from e
    if cert.is_revoked:
        raise UsageError("recipient_revoked")
    return Recipient("openpgp", f"openpgp:{cert.fingerprint}", data, _expired(cert.expiration))


def _expired(end: datetime | None) -> bool:
    return end is not None and end < datetime.now(UTC)


def _locked_key(to: Recipient, secret: bytes) -> bytes:
    """The one-line age identity locked to a certificate or OpenPGP key."""
    if to.kind == "certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives.ciphers import algorithms
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

        certificate = x509.load_pem_x509_certificate(to.key)
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(secret).add_recipient(certificate)
        builder = builder.set_content_encryption_algorithm(algorithms.AES256)
        return builder.encrypt(Encoding.PEM, [pkcs7.PKCS7Options.Binary])
    import pysequoia

    try:
        sealed = pysequoia.encrypt(secret, [pysequoia.Cert.from_bytes(to.key)])
    except Exception as e:  # no key in it that may encrypt; the library raises its own kinds
        raise UsageError("recipient_cannot_encrypt") from e
    return bytes(sealed)


KEY_ENDINGS: Final[dict[str, str]] = {"certificate": ".key.p7m", "openpgp": ".key.asc"}
"""What the locked key is called: the bundle's name and this."""


class Envelope:
    """A recipient ready to be encrypted to: made before anything is written, so that a bad key costs nothing."""

    def __init__(self, to: Recipient) -> None:
        import pyrage

        self.to = to
        self.key_file: bytes | None = None
        if to.kind == "age":
            self._recipient: Any = pyrage.x25519.Recipient.from_str(to.key.decode())
            return
        identity = pyrage.x25519.Identity.generate()
        self._recipient = identity.to_public()
        self.key_file = _locked_key(to, f"{identity}\n".encode())

    def lock(self, blocks: Iterator[bytes], out: BinaryIO) -> None:
        """Encrypt all blocks into `out`. Whatever making the blocks raises passes through; StorageFailed for `out`'s errors."""
        import pyrage

        source = IterReader(blocks)
        try:
            pyrage.encrypt_io(BufferedReader(source, READ_BYTES), out, [self._recipient])
        except (pyrage.EncryptError, OSError) as e:
            failure = source.failure or getattr(out, "failure", None)
            if isinstance(failure, SaksiError):
                raise failure from e
            if failure is not None and not isinstance(failure, OSError):
                raise failure from e
            raise StorageFailed("disk_refused") from e
