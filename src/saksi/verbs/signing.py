"""How the documents of a hand-over are signed: with whose certificate, whether an authority says when, whether it lasts.

    signing_of(SignOptions(...), case) -> Signing      for `Order.signing`; every file is read before anything is logged

Rules, in order:
1. Without anything told the case's own key signs, at this computer's time (B-B).
2. A signer's file (.p12) is an organisation's certificate and key; it is read once and kept nowhere.
3. An authority is asked behind the flag for the network only, by the one network file; what is sent is digests of signatures.
4. Lists of revoked certificates make a lasting signature (B-LTA) where an authority is asked too. Trusted are the certificates
   that were told, what the signer's file holds that is signed by itself, and the case's own where the case signs.

References: ETSI EN 319 142-1; RFC 3161; RFC 5280, 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from saksi.errors import InputRefused, UsageError, VerificationFailed, WrongKey

if TYPE_CHECKING:
    from saksi.case.store import Case
    from saksi.handover.bundle import Signing
    from saksi.handover.pades import Evidence, Signer, Stamp

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""The largest file taken; unsourced: lists of revoked certificates of large authorities are a few megabytes."""


@dataclass(frozen=True)
class SignOptions:
    """What is told of a signature. signer: from `read_signer`, None: the case's own. authority: of time.

    trust: files with root certificates. crls: files with lists of revoked certificates.
    """

    signer: Signer | None = None
    network: bool = False
    authority: str | None = None
    trust: tuple[Path, ...] = ()
    crls: tuple[Path, ...] = ()


def check_signing(options: SignOptions) -> None:
    """Refuse what does not go together. Raises UsageError (sign_needs_network, sign_needs_authority, authority_no_address,
    crl_needs_authority, trust_needs_crl)."""
    if options.authority is not None and not options.network:
        raise UsageError("sign_needs_network")
    if options.network and options.authority is None:
        raise UsageError("sign_needs_authority")
    if options.authority is not None and not options.authority.startswith(("https://", "http://")):
        raise UsageError("authority_no_address")
    if (options.crls or options.trust) and options.authority is None:
        raise UsageError("crl_needs_authority")
    if options.trust and not options.crls:
        raise UsageError("trust_needs_crl")


def read_signer(path: Path, ask: Callable[[], str] | None) -> Signer:
    """The signer in the file; `ask` gives its passphrase, and is called only where the file has one.

    Raises InputRefused (no_such_file, signer_incomplete), WrongKey (signer_not_opened).
    """
    from saksi.handover.pades import signer_of_p12

    data = _read(path)
    try:
        return signer_of_p12(data, None)
    except WrongKey:
        if ask is None:
            raise
        return signer_of_p12(data, ask())


def signing_of(options: SignOptions, case: Case) -> Signing:
    """What `Order.signing` takes. Raises as `check_signing`, InputRefused, VerificationFailed (certificate_unreadable)."""
    from saksi.handover.bundle import Signing

    check_signing(options)
    stamp = None if options.authority is None else _asking(options.authority)
    return Signing(options.signer, stamp, _evidence(options, case) if options.crls else None)


def _asking(url: str) -> Stamp:
    def stamp(query: bytes) -> bytes:
        from saksi.verbs.network import post

        try:
            return post(url, query)
        except VerificationFailed as e:
            raise VerificationFailed("signature_no_answer") from e

    return stamp


def _evidence(options: SignOptions, case: Case) -> Evidence:
    from cryptography.hazmat.primitives.serialization import Encoding

    from saksi.case.signer import signer_of
    from saksi.handover.pades import Evidence
    from saksi.vault.timestamps import load_certificates

    trust = [c.public_bytes(Encoding.DER) for path in options.trust for c in load_certificates(_read(path))]
    trust += [signer_of(case)[0]] if options.signer is None else _own_roots(options.signer.chain)
    return Evidence(trust, [_list_of_revoked(_read(path)) for path in options.crls])


def _own_roots(chain: Sequence[bytes]) -> list[bytes]:
    """Those certificates that are signed by themselves: an organisation's file may bring its root along."""
    from cryptography import x509

    loaded = ((der, x509.load_der_x509_certificate(der)) for der in chain)
    return [der for der, certificate in loaded if certificate.issuer == certificate.subject]


def _list_of_revoked(data: bytes) -> bytes:
    """DER of a list of revoked certificates (PEM or DER)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    load = x509.load_pem_x509_crl if b"-----BEGIN" in data else x509.load_der_x509_crl
    try:
        return load(data).public_bytes(Encoding.DER)
    except ValueError as e:
        raise InputRefused("crl_unreadable") from e


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            data = f.read(FILE_BYTES_MAX + 1)
    except OSError as e:
        raise InputRefused("no_such_file") from e
    if len(data) > FILE_BYTES_MAX:
        raise InputRefused("crl_unreadable")
    return data
