"""Timestamp replies against openssl's authority, with openssl and rfc3161-client as other opinions; tampered ones refused."""

from __future__ import annotations

import dataclasses
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.errors import VerificationFailed
from saksi.vault import _der, timestamps
from tests.vault.tsa import Authority, needs_openssl

DATA = b"saksi.local/case/00112233aabbccdd\n3\nroot\n\n\xe2\x80\x94 sig\n"

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return authority.reply(timestamps.query(DATA, nonce=77))


def openssl(authority: Authority, reply: bytes, data: bytes, ca: bytes, folder: Path) -> bool:
    """The command that the documents give."""
    for name, content in (("data", data), ("r.tsr", reply), ("ca.pem", ca)):
        (folder / name).write_bytes(content)
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "r.tsr", "-CAfile", "ca.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_openssl_reads_our_query(tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes(timestamps.query(DATA))
    done = subprocess.run(
        ["openssl", "ts", "-query", "-in", "q", "-text"], cwd=tmp_path, capture_output=True, check=True
    )
    text = done.stdout.decode()
    assert "Hash Algorithm: sha256" in text
    assert "Certificate required: yes" in text
    assert "Nonce: 0x" in text
    assert timestamps.nonce_of((tmp_path / "q").read_bytes()) == int(text.split("Nonce: 0x")[1].split()[0], 16)


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 2**62, 2**63 - 1])
def test_nonces_come_back(nonce: int) -> None:
    assert timestamps.nonce_of(timestamps.query(DATA, nonce)) == nonce


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("between", [False, True])
def test_a_good_reply_holds_here_with_openssl_and_with_rfc3161_client(
    kind: str,
    between: bool,
    tmp_path: Path,
) -> None:
    from cryptography import x509
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    authority = Authority(tmp_path / "tsa", kind, between=between)
    reply = authority.reply(timestamps.query(DATA, nonce=5))
    token = timestamps.check_reply(reply, DATA, [authority.root])
    assert token.nonce == 5
    assert abs(token.time.timestamp() - (tmp_path / "tsa" / "r").stat().st_mtime) < 5
    assert openssl(authority, reply, DATA, authority.root, tmp_path)
    if not between:  # OpenSSL's authority writes that set unsorted, which rfc3161-client refuses to read
        root, own = (x509.load_pem_x509_certificate(c) for c in (authority.root, authority.certificate))
        outside = VerifierBuilder().add_root_certificate(root).tsa_certificate(own).build()
        assert outside.verify_message(decode_timestamp_response(reply), DATA)


def test_without_roots_the_signature_is_checked_and_nothing_is_said_of_whose_it_is(reply: bytes) -> None:
    assert timestamps.check_reply(reply, DATA).authority


def test_other_data_other_root_and_refusals_are_named(authority: Authority, reply: bytes, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    for arguments, why in (
        ((reply, DATA + b"x", [authority.root]), "timestamp_other_data"),
        ((reply, DATA, [other.root]), "timestamp_untrusted"),
        ((reply, DATA, []), "timestamp_untrusted"),
        ((b"", DATA), "timestamp_unreadable"),
        ((_der.encode(0x30, _der.encode(0x30, _der.integer(2))), DATA), "timestamp_refused"),
    ):
        with pytest.raises(VerificationFailed) as told:
            timestamps.check_reply(*arguments)
        assert told.value.key == why
    assert not openssl(authority, reply, DATA, other.root, tmp_path)
    assert not openssl(authority, reply, DATA + b"x", authority.root, tmp_path)


def test_only_a_certificate_for_timestamps_that_was_valid_then_may_stamp(authority: Authority, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    now = datetime.now(UTC)
    other = Authority(tmp_path / "o", may_stamp=False)
    for made, time, holds in (
        (authority, now, True),
        (other, now, False),
        (authority, now - timedelta(days=2), False),
        (authority, now + timedelta(days=4000), False),
    ):
        certificate = timestamps.load_certificates(made.certificate)[0].public_bytes(Encoding.DER)
        token: Any = SimpleNamespace(certificate=certificate, time=time)
        if holds:
            assert timestamps._check_certificate(token)
        else:
            with pytest.raises(VerificationFailed) as told:
                timestamps._check_certificate(token)
            assert told.value.key == "timestamp_authority"


def test_a_reply_that_lacks_its_certificate_is_refused(reply: bytes) -> None:
    bare = dataclasses.replace(timestamps.read_reply(reply), certificates=())
    with pytest.raises(VerificationFailed):
        _ = bare.authority


def test_no_flipped_byte_changes_what_a_reply_says(authority: Authority, reply: bytes) -> None:
    """Bytes that nothing signs (version numbers, lists of algorithms) may differ; time, imprint and authority may not."""
    good = timestamps.check_reply(reply, DATA, [authority.root])
    held = 0
    for at in range(len(reply)):
        changed = bytearray(reply)
        changed[at] ^= 1
        try:
            token = timestamps.check_reply(bytes(changed), DATA, [authority.root])
        except VerificationFailed:
            continue
        held += 1
        assert (token.info, token.authority) == (good.info, good.authority)
    assert held < len(reply) // 10


def test_truncated_replies_are_refused(reply: bytes) -> None:
    for cut in range(len(reply)):
        with pytest.raises(VerificationFailed):
            timestamps.check_reply(reply[:cut], DATA)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        timestamps.read_reply(data)
