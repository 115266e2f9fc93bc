"""The chronology as a PDF, and a case's signer, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from saksi import report
from saksi.case.signer import certificate_for, key_of
from saksi.handover.pades import Signer
from tests.handover.graph_samples import case
from tests.report.fake_case import MADE_US


@cache
def chronology() -> bytes:
    """The sample case's chronology."""
    files = report.render(case(), "chronology", "id", made_at_us=MADE_US)
    return next(data for name, data in files.items() if name.endswith(".pdf"))


@cache
def signer(secret: bytes = b"s" * 64) -> Signer:
    """A case's own signer."""
    key = key_of(secret)
    certificate = certificate_for("SK-00C0FFEE", key, datetime.now(UTC))
    return Signer(certificate, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
