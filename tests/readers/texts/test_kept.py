"""What a case keeps of these formats: no byte of a medium, and rows equal to those of the file as handed in."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saksi.intake import MediaRule, receive, sealed_source
from saksi.parts import Source, open_source
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters
from tests.readers.texts import generate

CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
PICTURE = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(9_000)
UNKNOWN = random.Random(2).randbytes(5_000)
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL:+62 860 1111 2222\nNOTE:{}\nEND:VCARD\n".format("kata " * 200).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def mms() -> bytes:
    """An MMS with a picture, something that no signature tells, a contact card and words."""
    element = generate._MMS.replace("/9j/4AAQ", b64(PICTURE)).replace("QkVHSU46VkNBUkQ=", b64(CARD))
    more = f'<part seq="0" ct="application/octet-stream" name="x.bin" text="null" data="{b64(UNKNOWN)}" />'
    return generate._smses(generate._sms("halo"), element.replace("<parts>", "<parts>" + more, 1), generate._sms("ya"), count=4)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with Vault.create(tmp_path_factory.mktemp("v") / "KASUS", "kata sandi uji", kdf=CHEAP) as v:
        yield v


def rows_of(source: Source) -> list[dict[str, Any]]:
    return [row for batch in read_source(source, ReadSettings(zone="Asia/Jakarta")) for row in batch.to_pylist()]


def kept(vault: Vault, path: Path) -> tuple[bytes, list[dict[str, Any]], list[dict[str, Any]]]:
    """All bytes sealed for the file at `path`; its rows as handed in; its rows from the case."""
    before = {o.object_id for o in vault.objects()}
    with open_source(path) as handed:
        received, _ = receive(vault, handed, path, MediaRule(), exhibit="S1")
        direct = rows_of(handed)
    sealed = b""
    for o in vault.objects():
        if o.object_id not in before or o.object_id == received.object_id:
            with vault.open_object(o.object_id) as f:
                sealed += f.read()
    with sealed_source(vault, received) as source:
        return sealed, direct, rows_of(source)


def nothing_of(medium: bytes, sealed: bytes) -> None:
    """No run of the medium, as it is or as base64, is kept."""
    wrapped = base64.b64encode(medium)
    for form in (medium, wrapped):
        assert not [i for i in range(4, len(form) - 16, 50) if form[i : i + 16] in sealed]


def test_media_of_an_mms_are_not_kept_and_the_rows_are_the_same(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    path.write_bytes(mms())
    sealed, direct, from_case = kept(vault, path)
    nothing_of(PICTURE, sealed)
    nothing_of(UNKNOWN, sealed)
    assert base64.b64encode(CARD) in sealed, "a card is words"
    assert from_case == direct
    attachments = next(r["attachments"] for r in from_case if r["attachments"])
    assert [a["state"] for a in attachments] == ["present"] * 3
    assert [a["size"] for a in attachments] == [len(UNKNOWN), len(PICTURE), len(CARD)]
    assert json.dumps(attachments).count('"digest": null') == 0


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_text_saved_as_utf_16_keeps_no_medium_either(vault: Vault, tmp_path: Path, encoding: str, mark: str) -> None:
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:Sari\nPHOTO;ENCODING=b;TYPE=JPEG:{b64(PICTURE)}\nTEL:+628600001111\nEND:VCARD\n"
    for name, text, media in (("sms.xml", mms().decode(), (PICTURE, UNKNOWN)), ("a.vcf", card, (PICTURE,))):
        path = tmp_path / name
        path.write_bytes((mark + text).encode(encoding))
        sealed, direct, from_case = kept(vault, path)
        for medium in media:
            wrapped = b64(medium).encode(encoding)
            assert not [i for i in range(8, len(wrapped) - 64, 100) if wrapped[i : i + 64] in sealed]
        assert from_case == direct
        assert len(direct) > 1
        assert any(a["digest"] for r in from_case for a in r["attachments"] or ())


def test_half_an_emoji_in_utf_16_cuts_no_words(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    rows = "".join(f"10:15\tSari\tpesan {i}{chr(0xD83D) if i % 200 == 7 else ''}\n" for i in range(3000))
    path.write_bytes(("\ufeff[LINE] Chat history with Sari\n\n2024/01/15(Mon)\n" + rows).encode("utf-16-le", "surrogatepass"))
    _, direct, from_case = kept(vault, path)
    assert from_case == direct
    assert len(from_case) == 3000


def test_a_picture_behind_utf_16_or_a_false_mark_is_not_kept(vault: Vault, tmp_path: Path) -> None:
    talk = "10:15 Sari: halo\n" * 3000
    for name, data in (
        ("a.txt", ("\ufeff" + talk).encode("utf-16-le") + PICTURE),
        ("b.txt", b"\xff\xfe" + talk.encode() + b64(PICTURE).encode() + b"\n"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        nothing_of(PICTURE, kept(vault, path)[0])
