"""A signature in the PDF itself (PAdES, ETSI EN 319 142-1), so that any reader of PDFs shows whether a page was changed.

    signed = sign(pdf, signer, stamp=…, evidence=…)         signed.data, signed.level

Levels, the highest that what is given allows; the caller says plainly which one it is:
    B-B     no authority: who holds the key signed, at a time by this computer's clock
    B-T     `stamp` given: an authority (RFC 3161) signed that it saw the signature at a time
    B-LTA   `stamp`, and `evidence` that both certificates were not revoked: it can still be checked when certificates have ended

Rules: no network here (`stamp` takes a query and gives a reply; the caller asks the authority where a flag allows it); nothing
visible on the page; no name, place or reason in the signature beside the signer's certificate; the PDF's own bytes stay as they
are and the signature is added behind them. A signer is a certificate and its key: the case's own (`case/signer.py`) or a file
of an organisation (.p12).

The case's own certificate is signed by itself: it shows that the same case signed, not who. Its fingerprint stands in the
bundle, beside the log that names it.

Written by pyHanko. Versions tested: pyHanko 0.38, checked by `pyhanko sign validate`, `pyhanko sign adesverify` and poppler's
`pdfsig` 22.12 (which cannot judge the outer document timestamp of B-LTA and says so). What pyHanko's programs let pass: damage
inside the outer document timestamp itself; they fall back to the signature's own timestamp. The bag's manifest names it.

References: ETSI EN 319 142-1; RFC 3161; ISO 32000-2, 12.8.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from saksi.errors import InputRefused, VerificationFailed, WrongKey

if TYPE_CHECKING:
    from pyhanko.sign import SimpleSigner
    from pyhanko.sign.timestamps import TimeStamper

Level = Literal["B-B", "B-T", "B-LTA"]
Stamp = Callable[[bytes], bytes]
"""A TimeStampReq (DER) to the authority's whole reply (DER)."""

FIELD: Final = "Saksi"
"""The name of the signature's field: seen in a reader's list of signatures, the same in every document."""


@dataclass(frozen=True)
class Signer:
    """A certificate and its key, DER. chain: the certificates between it and its root."""

    certificate: bytes
    key: bytes
    chain: Sequence[bytes] = ()


@dataclass(frozen=True)
class Evidence:
    """What shows that certificates were not revoked. trust: root certificates; crls, ocsp: as the authorities gave them. DER."""

    trust: Sequence[bytes]
    crls: Sequence[bytes] = ()
    ocsp: Sequence[bytes] = ()


@dataclass(frozen=True)
class Signed:
    """A signed PDF and how long its signature can be checked."""

    data: bytes
    level: Level


def pem(certificate: bytes) -> bytes:
    """A certificate (DER) as the outside programs take it."""
    body = base64.b64encode(certificate).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()


def signer_of_p12(data: bytes, passphrase: str | None) -> Signer:
    """The signer in a PKCS #12 file. Raises WrongKey, InputRefused where it holds no key with its certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        held = pkcs12.load_pkcs12(data, None if passphrase is None else passphrase.encode())
    except (ValueError, TypeError) as e:  # one error for a wrong passphrase and for a file that is none
        raise WrongKey("signer_not_opened") from e
    if held.key is None or held.cert is None:
        raise InputRefused("signer_incomplete")
    key = held.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain = tuple(c.certificate.public_bytes(Encoding.DER) for c in held.additional_certs)
    return Signer(held.cert.certificate.public_bytes(Encoding.DER), key, chain)


def _signer(signer: Signer) -> SimpleSigner:
    from asn1crypto import keys, x509
    from pyhanko.sign import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(c) for c in signer.chain])
    return SimpleSigner(x509.Certificate.load(signer.certificate), keys.PrivateKeyInfo.load(signer.key), store)


def _stamper(stamp: Stamp) -> TimeStamper:
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    class Stamper(TimeStamper):
        async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
            reply = tsp.TimeStampResp.load(stamp(req.dump()), strict=True)
            if reply["status"]["status"].native == "granted":
                # looked at here, since pyHanko 0.38 stumbles over its own message for another nonce
                told = reply["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
                if told["nonce"].native != req["nonce"].native:
                    raise TimestampRequestError("nonce")
            return reply

    return Stamper()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _no_advice() -> Iterator[None]:
    """pyHanko advises on standard error to let it fetch revocation data; here nothing is fetched, on purpose."""
    logger = logging.getLogger("pyhanko")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _judge(evidence: Evidence, signer: Signer) -> Any:
    """What certificates are held against: given roots and revocation data only, nothing is fetched."""
    from asn1crypto import crl, ocsp, x509
    from pyhanko_certvalidator import ValidationContext

    def certificates(ders: Sequence[bytes]) -> list[x509.Certificate]:
        return [x509.Certificate.load(c) for c in ders]

    return ValidationContext(
        trust_roots=certificates(evidence.trust),
        other_certs=certificates(signer.chain),
        crls=[crl.CertificateList.load(c) for c in evidence.crls],
        ocsps=[ocsp.OCSPResponse.load(o) for o in evidence.ocsp],
        allow_fetching=False,
        revocation_mode="require" if evidence.crls or evidence.ocsp else "soft-fail",
    )


def sign(pdf: bytes, signer: Signer, *, stamp: Stamp | None = None, evidence: Evidence | None = None) -> Signed:
    """`pdf` with a signature behind its own bytes.

    Raises InputRefused where it is no PDF that can be signed, VerificationFailed where the authority's reply is none or the
    certificates do not hold against `evidence`. Errors of `stamp` pass through.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError, PdfReadError
    from pyhanko.sign import PdfSignatureMetadata, sign_pdf
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError
    from pyhanko_certvalidator.errors import PathError, ValidationError

    lasting = stamp is not None and evidence is not None
    meta = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, embed_validation_info=lasting,
        use_pades_lta=lasting, validation_context=_judge(evidence, signer) if lasting and evidence is not None else None,
    )  # fmt: skip
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        with _no_advice():
            sign_pdf(writer, meta, _signer(signer), timestamper=None if stamp is None else _stamper(stamp), output=out)
    except PdfReadError as e:
        raise InputRefused("pdf_not_signable") from e
    except (TimestampRequestError, PathError, ValidationError, SigningError) as e:
        raise VerificationFailed("signature_not_made") from e
    except PdfError as e:
        raise InputRefused("pdf_not_signable") from e
    except ValueError as e:  # what asn1crypto says of a reply that is no DER
        raise VerificationFailed("signature_not_made") from e
    return Signed(out.getvalue(), "B-B" if stamp is None else "B-LTA" if lasting else "B-T")
