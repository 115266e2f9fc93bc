"""Timestamps (RFC 3161): an authority outside signs that it saw a checkpoint at a time. Building, reading, checking; pure.

    log/timestamps/<entries>.checkpoint           the stamped note, byte for byte: what the imprint is of
    log/timestamps/<entries>.tsq                  the query, waiting until somebody sends it
    log/timestamps/<entries>-<authority>.tsr      the authority's whole reply; authority: 16 hex of SHA-256 of its certificate

Checkpoints are stamped, not files: one token covers every entry before it. A reply is checked in this order: granted; the
imprint is the checkpoint's; the signed attributes hold the token's digest and name the certificate; the signature is that
certificate's, which may sign timestamps and nothing else; its time lies in the certificate's validity; and, where
the root certificates of authorities are given, the chain up to one of them. Without them nobody knows whose clock it was:
that is said, not hidden.

With openssl, whoever has the authority's root certificate:

    openssl ts -verify -data 9.checkpoint -in 9-<authority>.tsr -CAfile ca.pem

Tested against replies of OpenSSL's authority, and with `openssl ts` and rfc3161-client as other opinions.

References: RFC 3161, RFC 5652 5.4 (signed attributes), RFC 5035 (certificate named by digest), RFC 5280.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saksi.errors import VerificationFailed
from saksi.vault import _der, notes
from saksi.vault._der import Node, NotDer
from saksi.vault.findings import Bad
from saksi.vault.log import LogCheck

if TYPE_CHECKING:
    from cryptography import x509

FOLDER: Final = "log/timestamps"
REPLY_BYTES_MAX: Final = 256 * 1024
"""A reply that is read: some KiB with its certificates."""

NONCE_BITS: Final = 63
SHA256_OID: Final = "2.16.840.1.101.3.4.2.1"
_HASHES: Final = {
    SHA256_OID: "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512",
    "1.3.14.3.2.26": "sha1",
}  # fmt: skip
"""Digest algorithms; SHA-1 only where an old attribute names a certificate, never for imprint or signature."""

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_2: Final = "1.2.840.113549.1.9.16.2.47"
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_SIGNATURE_HASHES: Final = {
    "1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512",
}  # fmt: skip
_NAME: Final = re.compile(r"(?P<size>[1-9][0-9]{0,11})(?:-(?P<authority>[0-9a-f]{16})\.tsr|\.checkpoint|\.tsq)")


def query(data: bytes, nonce: int | None = None) -> bytes:
    """A TimeStampReq for the SHA-256 of `data`, with a nonce, asking for the certificate."""
    algorithm = _der.encode(_der.SEQUENCE, bytes.fromhex("0609608648016503040201"), _der.encode(_der.NULL))
    imprint = _der.encode(_der.SEQUENCE, algorithm, _der.encode(_der.OCTETS, hashlib.sha256(data).digest()))
    number = secrets.randbits(NONCE_BITS) if nonce is None else nonce
    return _der.encode(
        _der.SEQUENCE, _der.integer(1), imprint, _der.integer(number), _der.encode(_der.BOOLEAN, b"\xff")
    )


def nonce_of(request: bytes) -> int | None:
    """The nonce of a query; None where it has none or is unreadable."""
    try:
        numbers = [n.integer for n in _der.parse(request).children() if n.tag == _der.INTEGER]
    except NotDer:
        return None
    return numbers[1] if len(numbers) > 1 else None


@dataclass(frozen=True)
class Token:
    """What a reply says; nothing of it is checked yet. time: UTC, by the authority's clock."""

    imprint_algorithm: str
    imprint: bytes
    time: datetime
    serial: int
    policy: str
    nonce: int | None
    info: bytes
    signer: Node
    certificates: tuple[bytes, ...]

    @property
    def certificate(self) -> bytes:
        """The signer's certificate (DER). Raises VerificationFailed (timestamp_unreadable) where the reply lacks it."""
        sid = self.signer.children()[1]
        for data in self.certificates:
            fields = _der.parse(data).children()[0].children()
            fields = fields[1:] if fields[0].tag == 0xA0 else fields
            if sid.content == fields[2].whole + fields[0].whole:
                return data
        raise VerificationFailed("timestamp_unreadable")

    @property
    def authority(self) -> str:
        """SHA-256 hex of the signer's certificate."""
        return hashlib.sha256(self.certificate).hexdigest()


def _oid_of(algorithm: Node) -> str:
    return algorithm.children()[0].oid


def _time(node: Node) -> datetime:
    text = node.expect(_der.GENERALIZED_TIME).content.decode("ascii")
    found = re.fullmatch(r"(\d{14})(?:\.(\d{1,9}))?Z", text)
    if found is None:
        raise NotDer("a time that is not UTC")
    moment = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int((found[2] or "0")[:6].ljust(6, "0")))


def read_reply(data: bytes) -> Token:
    """A whole TimeStampResp. Raises VerificationFailed (timestamp_unreadable, timestamp_refused)."""
    try:
        return _token(data)
    except (NotDer, IndexError, ValueError, UnicodeDecodeError) as e:
        raise VerificationFailed("timestamp_unreadable") from e


def _token(data: bytes) -> Token:
    if len(data) > REPLY_BYTES_MAX:
        raise NotDer("too long")
    status, *rest = _der.parse(data).expect(_der.SEQUENCE).children()
    if status.expect(_der.SEQUENCE).children()[0].integer not in (0, 1):
        raise VerificationFailed("timestamp_refused")
    kind, wrapped = rest[0].expect(_der.SEQUENCE).children()
    if kind.oid != _SIGNED_DATA:
        raise NotDer("no signed data")
    signed = wrapped.expect(0xA0).inner(_der.SEQUENCE).children()
    content_type, content = signed[2].expect(_der.SEQUENCE).children()
    if content_type.oid != _TST_INFO:
        raise NotDer("no timestamp")
    info = content.expect(0xA0).inner(_der.OCTETS).content
    held = [n for n in signed[3:] if n.tag == 0xA0]
    certificates = tuple(n.whole for n in held[0].children() if n.tag == _der.SEQUENCE) if held else ()
    signers = signed[-1].expect(_der.SET).children()
    if len(signers) != 1:
        raise NotDer("not one signer")
    fields = _der.parse(info).expect(_der.SEQUENCE).children()
    algorithm, imprint = fields[2].expect(_der.SEQUENCE).children()
    nonces = [n.integer for n in fields[5:] if n.tag == _der.INTEGER]
    return Token(
        _HASHES.get(_oid_of(algorithm), ""), imprint.expect(_der.OCTETS).content, _time(fields[4]), fields[3].integer,
        fields[1].oid, nonces[0] if nonces else None, info, signers[0].expect(_der.SEQUENCE), certificates,
    )  # fmt: skip


def check_reply(reply: bytes, data: bytes, roots: Sequence[bytes] | None = None) -> Token:
    """That `reply` stamps `data`, signed by the certificate it names; with `roots` (PEM or DER), by an authority under them.

    Raises VerificationFailed: timestamp_unreadable, timestamp_refused, timestamp_other_data, timestamp_signature,
    timestamp_authority (a certificate that may not stamp, or was not valid then), timestamp_untrusted.
    """
    token = read_reply(reply)
    if token.imprint_algorithm not in ("sha256", "sha384", "sha512"):
        raise VerificationFailed("timestamp_unreadable")
    if hashlib.new(token.imprint_algorithm, data).digest() != token.imprint:
        raise VerificationFailed("timestamp_other_data")
    try:
        _check_signature(token)
        certificate = _check_certificate(token)
        if roots is not None:
            _check_chain(certificate, token, roots)
    except VerificationFailed:
        raise
    except Exception as e:  # a hostile certificate: its parser has many errors of its own
        raise VerificationFailed("timestamp_unreadable") from e
    return token


def _attributes(signer: Node) -> tuple[bytes, dict[str, Node]]:
    """The signed attributes: as the bytes that are signed, and by type."""
    held = signer.children()[3].expect(0xA0)
    found = {a.children()[0].oid: a.children()[1].expect(_der.SET).children()[0] for a in held.children()}
    return bytes((_der.SET,)) + held.whole[1:], found


def _check_signature(token: Token) -> None:
    signed, attributes = _attributes(token.signer)
    parts = token.signer.children()
    digest_name, algorithm, signature = _HASHES[_oid_of(parts[2])], parts[4], parts[5].expect(_der.OCTETS).content
    if digest_name == "sha1":
        raise VerificationFailed("timestamp_signature")
    if (
        attributes[_CONTENT_TYPE].oid != _TST_INFO
        or attributes[_MESSAGE_DIGEST].expect(_der.OCTETS).content != hashlib.new(digest_name, token.info).digest()
        or not _names_certificate(attributes, token.certificate)
    ):
        raise VerificationFailed("timestamp_signature")
    _verify(token.certificate, algorithm, digest_name, signature, signed)


def _names_certificate(attributes: dict[str, Node], certificate: bytes) -> bool:
    """Whether the signed attributes name this certificate by its digest (so that it cannot be exchanged for another)."""
    named = attributes.get(_SIGNING_CERTIFICATE_2)
    if named is None:
        old = attributes[_SIGNING_CERTIFICATE].children()[0].children()[0].children()[0]
        return old.expect(_der.OCTETS).content == hashlib.sha1(certificate, usedforsecurity=False).digest()
    first = named.children()[0].children()[0].children()
    name = _HASHES[_oid_of(first[0])] if first[0].tag == _der.SEQUENCE else "sha256"
    digests = [n for n in first if n.tag == _der.OCTETS]
    return digests[0].content == hashlib.new(name, certificate).digest()


def _verify(certificate: bytes, algorithm: Node, digest_name: str, signature: bytes, signed: bytes) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    kinds: dict[str, hashes.HashAlgorithm] = {
        "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
    }  # fmt: skip
    oid = _oid_of(algorithm)
    used = kinds[_SIGNATURE_HASHES.get(oid, digest_name)]
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        if isinstance(key, rsa.RSAPublicKey) and oid == _RSA_PSS:
            key.verify(signature, signed, padding.PSS(padding.MGF1(used), padding.PSS.AUTO), used)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), used)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(used))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise VerificationFailed("timestamp_signature")
    except (InvalidSignature, UnsupportedAlgorithm) as e:
        raise VerificationFailed("timestamp_signature") from e


def _check_certificate(token: Token) -> x509.Certificate:
    """The signer's certificate, where it may stamp (critical, nothing else; RFC 3161 2.3) and was valid at the token's time."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    certificate = x509.load_der_x509_certificate(token.certificate)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as e:
        raise VerificationFailed("timestamp_authority") from e
    may_stamp = usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    if not may_stamp or not _valid_at(certificate, token.time):
        raise VerificationFailed("timestamp_authority")
    return certificate


def _valid_at(certificate: x509.Certificate, moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False


CHAIN_MAX: Final = 8
"""Certificates between an authority and its root; real ones have one or two."""


def _check_chain(certificate: x509.Certificate, token: Token, roots: Sequence[bytes]) -> None:
    from cryptography import x509

    trusted = [c for data in roots for c in load_certificates(data)]
    between = [x509.load_der_x509_certificate(data) for data in token.certificates]
    at = certificate
    for _ in range(CHAIN_MAX):
        if at in trusted or any(_issued_by(at, root) and _valid_at(root, token.time) for root in trusted):
            return
        above = [c for c in between if c != at and _issued_by(at, c) and _valid_at(c, token.time)]
        if not above:
            break
        at = above[0]
    raise VerificationFailed("timestamp_untrusted")


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a file (PEM, several allowed, or one DER). Raises VerificationFailed (certificate_unreadable)."""
    from cryptography import x509

    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as e:
        raise VerificationFailed("certificate_unreadable") from e


# What lies in the case


def names(folder: Path) -> dict[int, list[str]]:
    """File names in log/timestamps by entries of the checkpoint they belong to; unknown names are left out."""
    found: dict[int, list[str]] = {}
    with contextlib.suppress(OSError):
        for path in sorted((folder / FOLDER).iterdir()):
            name = _NAME.fullmatch(path.name)
            if name is not None:
                found.setdefault(int(name["size"]), []).append(path.name)
    return dict(sorted(found.items()))


def file_name(size: int, token: Token) -> str:
    """Where the case keeps a reply."""
    return f"{FOLDER}/{size}-{token.authority[:16]}.tsr"


def read_file(path: Path) -> bytes | None:
    """A file of the folder; None where it is absent, unreadable or larger than any such file."""
    try:
        if not path.is_file():  # a pipe or device would hang the reader
            return None
        with path.open("rb") as f:
            data = f.read(REPLY_BYTES_MAX + 1)
    except OSError:
        return None
    return data if len(data) <= REPLY_BYTES_MAX else None


@dataclass(frozen=True)
class Stamp:
    """A reply in the case. size: entries of the stamped checkpoint. time: UTC text. trusted: None where nobody could tell."""

    where: str
    size: int
    time: str
    authority: str
    trusted: bool | None


def check_stored(
    folder: Path, checked: LogCheck, roots: Sequence[bytes] | None = None
) -> tuple[list[Stamp], list[Bad], list[Bad]]:
    """Every reply in the case against the log's own checkpoints: those that hold, what is bad, what is worth knowing."""
    by_size = {note.size: note.note.encode() for note in checked.checkpoints}
    stamps: list[Stamp] = []
    bad: list[Bad] = []
    info: list[Bad] = []
    for size, files in names(folder).items():
        replies = [name for name in files if name.endswith(".tsr")]
        for name in replies:
            where = f"{FOLDER}/{name}"
            try:
                stamps.append(_judge(folder / where, where, size, by_size.get(size), roots))
            except VerificationFailed as e:
                bad.append(Bad("timestamp", where, e.key))
        if not replies and f"{size}.tsq" in files:
            info.append(Bad("timestamp", f"{FOLDER}/{size}.tsq", "timestamp_waiting"))
    if roots is None:
        info += [Bad("timestamp", s.where, "timestamp_authority_unchecked") for s in stamps]
    return stamps, bad, info


def _judge(path: Path, where: str, size: int, note: bytes | None, roots: Sequence[bytes] | None) -> Stamp:
    reply = read_file(path)
    if reply is None:
        raise VerificationFailed("timestamp_unreadable")
    if note is None:
        raise VerificationFailed("timestamp_other_data")
    token = check_reply(reply, note, roots)
    if path.name != Path(file_name(size, token)).name:
        raise VerificationFailed("timestamp_other_data")
    return Stamp(where, size, time_text(token), token.authority, None if roots is None else True)


def time_text(token: Token) -> str:
    """The token's time, UTC, as the log writes times."""
    return token.time.isoformat().replace("+00:00", "Z")


def stamped_checkpoint(reply: bytes, checkpoints: Sequence[notes.Checkpoint]) -> notes.Checkpoint:
    """Which of the checkpoints a reply stamps. Raises VerificationFailed (timestamp_… )."""
    token = read_reply(reply)
    for note in reversed(checkpoints):
        if (
            token.imprint_algorithm
            and hashlib.new(token.imprint_algorithm, note.note.encode()).digest() == token.imprint
        ):
            return note
    raise VerificationFailed("timestamp_other_data")


def as_rows(folder: Path) -> list[dict[str, Any]]:
    """What `log` says of stored replies, unchecked: entries, time, authority (16 hex)."""
    rows = []
    for size, files in names(folder).items():
        for name in files:
            if not name.endswith(".tsr"):
                continue
            try:
                time: str | None = time_text(read_reply(read_file(folder / FOLDER / name) or b""))
            except VerificationFailed:
                time = None
            rows.append({"entries": size, "time": time, "authority": name.partition("-")[2].removesuffix(".tsr")})
    return rows
