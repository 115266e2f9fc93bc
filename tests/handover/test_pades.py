"""Signatures in the PDF: what is added, what is refused. Outside judges: tests/outside/test_pdf.py."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, load_der_private_key, pkcs12

from saksi.case.signer import P256_ORDER, certificate_for, key_of, signer_of
from saksi.case.store import Case
from saksi.errors import InputRefused, VerificationFailed, WrongKey
from saksi.handover.pades import Evidence, Signer, sign, signer_of_p12
from saksi.vault import KdfParameters
from tests.handover.pdf_samples import chronology, signer
from tests.outside.tsa import Authority
from tests.vault.tsa import needs_openssl

QUICK = KdfParameters(memory_kib=64, passes=1, lanes=1)


def test_a_signature_lies_behind_the_bytes_of_the_document() -> None:
    signed = sign(chronology(), signer())
    assert signed.level == "B-B"
    assert signed.data.startswith(chronology())


def test_the_signature_says_nothing_of_the_case_but_its_code() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(sign(chronology(), signer()).data))
    (field,) = (pdf.get_fields() or {}).values()
    said = field["/V"]
    assert not {"/Name", "/Reason", "/Location", "/ContactInfo"} & set(said)
    title = str(pdf.metadata.title if pdf.metadata else "")
    assert "SK-00C0FFEE" in title
    assert not any(name in title for name in ("Rara", "Dimas", "Tono"))
    assert b"Rara" not in sign(chronology(), signer()).data[len(chronology()) :]


@needs_openssl
def test_levels_rise_with_what_is_given(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert sign(chronology(), signer(), stamp=authority.reply).level == "B-T"
    root = x509.load_pem_x509_certificate(authority.root).public_bytes(Encoding.DER)
    evidence = Evidence([root, signer().certificate], crls=[authority.crl()])
    assert sign(chronology(), signer(), stamp=authority.reply, evidence=evidence).level == "B-LTA"
    assert sign(chronology(), signer(), evidence=evidence).level == "B-B"


@needs_openssl
def test_a_revoked_signer_makes_no_lasting_signature(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("Lembaga Contoh")
    root = authority.root_certificate.public_bytes(Encoding.DER)
    revoked = Evidence([root], crls=[authority.crl([certificate])])
    with pytest.raises(VerificationFailed, match="signature_not_made"):
        sign(chronology(), Signer(certificate, key), stamp=authority.reply, evidence=revoked)


@pytest.mark.parametrize("reply", [b"", b"Internal error", b"0\x03\x02\x01\x02", b"0\x05" + b"0\x03\x02\x01\x02"])
def test_a_reply_that_is_none_is_refused(reply: bytes) -> None:
    with pytest.raises(VerificationFailed, match="signature_not_made"):
        sign(chronology(), signer(), stamp=lambda _: reply)


@needs_openssl
def test_a_reply_to_another_query_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    kept: list[bytes] = []

    def replay(query: bytes) -> bytes:
        kept.append(query)
        return authority.reply(kept[0])

    sign(chronology(), signer(), stamp=authority.reply)
    with pytest.raises(VerificationFailed, match="signature_not_made"):
        sign(chronology(), signer(), stamp=replay)


def test_what_the_network_says_passes_through() -> None:
    def down(_: bytes) -> bytes:
        raise ConnectionError("no route")

    with pytest.raises(ConnectionError):
        sign(chronology(), signer(), stamp=down)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"hello", b"%PDF-1.7\nstartxref\n9999\n%%EOF\n"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(InputRefused, match="pdf_not_signable"):
        sign(data, signer())


def test_a_pdf_cut_short_is_refused() -> None:
    for keep in (0.2, 0.5, 0.9):
        with pytest.raises(InputRefused, match="pdf_not_signable"):
            sign(chronology()[: int(len(chronology()) * keep)], signer())


def p12(passphrase: bytes, *, with_key: bool = True) -> bytes:
    """An organisation's signer as a file."""
    own = signer()
    key = load_der_private_key(own.key, None) if with_key else None
    certificate = x509.load_der_x509_certificate(own.certificate)
    if key is None:
        return pkcs12.serialize_key_and_certificates(b"x", None, None, [certificate], BestAvailableEncryption(passphrase))
    return pkcs12.serialize_key_and_certificates(
        b"x", key, certificate, None, BestAvailableEncryption(passphrase)  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_organisation_signs_with_its_own_file() -> None:
    held = signer_of_p12(p12(b"kata sandi"), "kata sandi")
    assert (held.certificate, held.chain) == (signer().certificate, ())
    assert sign(chronology(), held).level == "B-B"


def test_a_signers_file_that_does_not_open_is_told() -> None:
    with pytest.raises(WrongKey, match="signer_not_opened"):
        signer_of_p12(p12(b"kata sandi"), "salah")
    with pytest.raises(WrongKey, match="signer_not_opened"):
        signer_of_p12(b"no file", None)
    with pytest.raises(InputRefused, match="signer_incomplete"):
        signer_of_p12(p12(b"kata sandi", with_key=False), "kata sandi")


def test_a_case_signs_with_one_key(tmp_path: Path) -> None:
    with Case.create(tmp_path / "a", "kata sandi", kdf=QUICK) as case:
        first = signer_of(case)
        assert signer_of(case) == first
        code = case.vault.case_id[:8].upper()
    with Case.open(tmp_path / "a", "kata sandi") as case:
        assert signer_of(case) == first
    with Case.create(tmp_path / "b", "kata sandi", kdf=QUICK) as case:
        assert signer_of(case)[1] != first[1]
    certificate = x509.load_der_x509_certificate(first[0])
    assert certificate.subject.rfc4514_string() == f"CN=SK-{code}"
    assert certificate.public_key() == load_der_private_key(first[1], None).public_key()
    for path in (tmp_path / "a").rglob("*"):
        assert not path.is_file() or first[1][-32:] not in path.read_bytes()


def test_keys_lie_in_the_curves_group() -> None:
    for secret in (bytes(64), b"\xff" * 64):
        assert 1 <= key_of(secret).private_numbers().private_value < P256_ORDER
    certificate = x509.load_der_x509_certificate(certificate_for("SK-1", key_of(b"k" * 64), datetime.now(UTC)))
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
