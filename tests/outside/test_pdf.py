"""pyHanko's own program and poppler's pdfsig on the signed chronology: good accepted, tampered refused, by exit code or words."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from saksi.handover.pades import Evidence, Signer, sign
from tests.handover.pdf_samples import chronology, signer
from tests.outside.programs import run
from tests.outside.tsa import Authority


def pem(der: bytes, path: Path) -> Path:
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return path


def flipped(data: bytes, at: int) -> bytes:
    """One bit of one byte changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def pyhanko_accepts(pdf: Path, *trust: Path, ades: bool = False) -> bool:
    """By exit code; only `trust` is trusted. ades: long-term rules (the document timestamp and revocation data count)."""
    how = ["adesverify"] if ades else ["validate", "--pretty-print"]
    roots = [x for t in trust for x in ("--trust", str(t))]
    return run("pyhanko", "sign", *how, *roots, "--trust-replace", pdf).returncode == 0


def pdfsig_accepts(pdf: Path) -> bool:
    """pdfsig ends with 0 also for a bad signature of some kinds: its words count."""
    said = run("pdfsig", "-nocert", pdf)
    return said.returncode == 0 and "Signature is Valid" in said.stdout and "Total document signed" in said.stdout


def test_b_b_signature_of_the_case(tmp_path: Path) -> None:
    pdf, trust = tmp_path / "a.pdf", pem(signer().certificate, tmp_path / "signer.pem")
    data = sign(chronology(), signer()).data
    pdf.write_bytes(data)
    assert pyhanko_accepts(pdf, trust)
    assert pdfsig_accepts(pdf)
    other = pem(signer(b"o" * 64).certificate, tmp_path / "other.pem")
    assert not pyhanko_accepts(pdf, other)
    pdf.write_bytes(flipped(data, len(chronology()) // 2))
    assert not pyhanko_accepts(pdf, trust)
    assert not pdfsig_accepts(pdf)


def test_b_t_signature_by_way_of_loopback(tmp_path: Path) -> None:
    import http.client

    authority = Authority(tmp_path / "tsa")
    with authority.serving() as url:
        port = int(url.rsplit(":", 1)[1].strip("/"))

        def stamp(query: bytes) -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", "/", query, {"Content-Type": "application/timestamp-query"})
            reply = connection.getresponse().read()
            connection.close()
            return reply

        signed = sign(chronology(), signer(), stamp=stamp)
    pdf, own = tmp_path / "a.pdf", pem(signer().certificate, tmp_path / "signer.pem")
    pdf.write_bytes(signed.data)
    assert signed.level == "B-T"
    assert pyhanko_accepts(pdf, own, tmp_path / "tsa" / "ca.pem")
    assert not pyhanko_accepts(pdf, own), "the authority's root is not trusted"
    assert pdfsig_accepts(pdf)


@pytest.mark.parametrize("whose", ["case", "organisation"])
def test_b_lta_signature_holds_by_long_term_rules(whose: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    root = authority.root_certificate.public_bytes(Encoding.DER)
    own = signer() if whose == "case" else Signer(*authority.issue("Lembaga Contoh"))
    trusted = [root, own.certificate] if whose == "case" else [root]
    evidence = Evidence(trusted, crls=[authority.crl()])
    signed = sign(chronology(), own, stamp=authority.reply, evidence=evidence)
    assert signed.level == "B-LTA"
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(signed.data)
    trust = [pem(der, tmp_path / f"{i}.pem") for i, der in enumerate(trusted)]
    assert pyhanko_accepts(pdf, *trust, ades=True)
    for at in (len(chronology()) // 2, signed.data.index(b"/Contents") + 2000, signed.data.index(b"/DSS") + 1):
        pdf.write_bytes(flipped(signed.data, at))
        assert not pyhanko_accepts(pdf, *trust, ades=True)
    # pyHanko 0.38 falls back to the signature's own timestamp where the outer one is damaged
    pdf.write_bytes(flipped(signed.data, signed.data.rindex(b"/Contents") + 2000))
    assert pyhanko_accepts(pdf, *trust, ades=True)
