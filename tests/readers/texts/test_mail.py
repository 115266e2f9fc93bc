"""Mail: what a case keeps of it, whatever hypothesis writes with the standard library, hostile nesting."""

from __future__ import annotations

import base64
import binascii
import email.message
import email.policy
import hashlib
import mailbox
import quopri
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saksi import limits
from tests.readers.texts import generate
from tests.readers.texts.reading import own, read, reasons
from tests.readers.texts.test_kept import PICTURE, UNKNOWN, kept, nothing_of
from tests.readers.texts.test_kept import vault as vault
from tests.readers.texts.test_round_trip import texts

UU = b"begin 644 a.jpg\n" + b"".join(binascii.b2a_uu(PICTURE[i : i + 45]) for i in range(0, len(PICTURE), 45)) + b"`\nend\n"
FORMS = {
    "base64": ("image/jpeg", base64.encodebytes(PICTURE)),
    "quoted-printable": ("image/jpeg", quopri.encodestring(PICTURE)),
    "x-uuencode": ("image/jpeg", UU),
    "7bit": ("text/plain", b"lihat ini\n" + UU + b"sampai jumpa\n"),
}


def mail(encoding: str, type_: str, body: bytes) -> bytes:
    head = generate._mail("m", "").encode() + b'Content-Type: multipart/mixed; boundary="b"\n\n'
    part = f"--b\nContent-Type: {type_}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body
    unknown = b"\n--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(UNKNOWN)
    return head + b"--b\nContent-Type: text/plain\n\nhalo\n" + part + unknown + b"--b--\n"


@pytest.mark.parametrize("box", [False, True])
@pytest.mark.parametrize("encoding", FORMS)
def test_media_are_not_kept_in_any_wrapping_and_the_rows_are_the_same(vault, tmp_path: Path, encoding: str, *, box: bool) -> None:  # type: ignore[no-untyped-def]
    data = mail(encoding, *FORMS[encoding])
    path = tmp_path / ("a.mbox" if box else "a.eml")
    path.write_bytes(b"From a@b Wed Nov 15 05:13:20 2023\n" + data + b"\n" if box else data)
    sealed, direct, from_case = kept(vault, path)
    nothing_of(PICTURE, sealed)
    nothing_of(UNKNOWN, sealed)
    for i in range(4, len(FORMS[encoding][1]) - 100, 200):
        piece = FORMS[encoding][1][i : i + 24]
        assert piece not in sealed or piece in b"lihat ini\nbegin 644 a.jpg\nsampai jumpa\nend\n", i
    assert b"halo" in sealed
    row = own(direct)[0]
    assert row["text"] == "halo"
    if encoding == "7bit":
        words = next(r["text"] for r in from_case if r["flags"] == ["field:part.text"])
        assert words.startswith("lihat ini\n*")
        assert words.endswith("*\nsampai jumpa")
        assert [r["attachments"] for r in from_case] == [r["attachments"] for r in direct]
    else:
        assert from_case == direct
        assert row["attachments"][0]["digest"] == hashlib.sha256(PICTURE).hexdigest()
    assert row["attachments"][-1] == {"name": None, "digest": hashlib.sha256(UNKNOWN).hexdigest(), "size": len(UNKNOWN),
                                      "media_type": "application/octet-stream", "state": "present"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.tuples(texts, texts), min_size=1, max_size=4), wrap=st.sampled_from(["base64", "quoted-printable"]))
def test_round_trip_through_the_standard_library(tmp_path: Path, bodies: list[tuple[str, str]], wrap: str) -> None:
    path = tmp_path / "a.mbox"
    path.unlink(missing_ok=True)
    box = mailbox.mbox(path)
    told = []
    for n, (subject, body) in enumerate(bodies):
        subject = "".join(c for c in subject if c.isprintable()).strip()
        body = body.replace("\r", "").rstrip("\n")
        message = email.message.EmailMessage(policy=email.policy.default)
        message["From"] = '"Sari: Toko" <sari@example.com>'
        message["Date"] = f"Wed, 15 Nov 2023 05:1{n}:20 +0700"
        message["To"] = "budi@example.org"
        message["Subject"] = subject
        message.set_content(body + "\n", cte=wrap)
        box.add(message)
        told.append((body, subject))
    box.close()
    rows = read("email_mbox", path.read_bytes(), "a.mbox")[0]
    assert [(r["text"] or "").replace("\r\n", "\n") for r in own(rows)] == [b for b, _ in told]
    assert [r["sender_id"] for r in own(rows)] == ["sari@example.com"] * len(told)
    assert [r["text"] for r in rows if r["flags"] == ["field:subject"]] == [s for _, s in told if s]


def test_hostile_mail_ends_in_time() -> None:
    rng = random.Random(1)
    nested = b"From: a@b\nTo: c@d\nDate: x\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(400)) + b"\nhalo"
    many = b'From: a@b\nTo: c@d\nDate: x\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 50_000
    for data in (nested, many, b"From: a@b\nTo: c@d\nDate: x\n\n" + b"=" * 2_000_000,
                 b"From: " + b"<" * 500_000 + b"\nTo: x\nDate: y\n\n",
                 b"From: a@b\nTo: c@d\nDate: " + rng.randbytes(100_000).replace(b"\n", b"")):
        started = time.process_time()
        read("email_eml", data)
        assert time.process_time() - started < 15


def test_a_message_beyond_the_bound_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 3_000_000)
    one = b"From a@b Wed Nov 15 05:13:20 2023\n" + generate._mail("a", generate._PLAIN).encode() + b"\n"
    big = one.replace(b"halo", b"x" * 5_000_000).replace(b"<a@", b"<b@")
    rows, reading = read("email_mbox", one + big + one, "a.mbox")
    assert [r["kind"] for r in own(rows)] == ["text", "unparsed", "text"]
    assert "oversize_message" in reasons(reading)
