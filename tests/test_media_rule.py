"""No byte of a medium in any decrypted object, however it was packed, hidden or glued (DESIGN promise 3).

A medium is made of `MARK` repeated between random bytes, so that any eight bytes of it would be found in what is kept.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.embedded import media_spans
from saksi.intake import READING_ERRORS, receive, sealed_source
from saksi.intake import MediaRule as Rule
from saksi.parts import open_source, said_name
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters

CHEAP = KdfParameters(memory_kib=1024, passes=1, lanes=1)
CHAT = "".join(f"{d:02}/11/26, 20:{m:02} - Budi: pesan {d} {m} 😀\n" for d in range(13, 28) for m in range(60)).encode()
LAST = b"28/11/26, 09:00 - Rina: sesudah semuanya\n"
HEADS = [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypmp42", b"OggS\0\x02", b"RIFF\x10\x20\0\0WEBPVP8 "]


def medium(head: bytes = HEADS[0], size: int = 6000, seed: int = 1) -> bytes:
    return head + random.Random(seed).randbytes(size)


def pieces(data: bytes) -> set[bytes]:
    """Every tenth run of eight bytes of a medium, its first and last among them."""
    return {data[i : i + 8] for i in range(0, len(data) - 8, 10)} | {data[-8:]}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with Vault.create(tmp_path_factory.mktemp("v") / "KASUS", "kata sandi uji", kdf=CHEAP) as v:
        yield v


def kept_and_read(vault: Vault, path: Path) -> tuple[bytes, dict[str | None, bytes]]:
    """All bytes sealed for one source, and its text parts as readers see them."""
    before = {o.object_id for o in vault.objects()}
    with open_source(path) as handed:
        received, record = receive(vault, handed, path, Rule(), exhibit="S1")
    ids = {o.object_id for o in vault.objects()} - before | {record, *filter(None, [received.object_id])}
    kept = b""
    for object_id in sorted(ids | {k.object_id for k in received.kept}):
        with vault.open_object(object_id) as f:
            kept += f.read()
    texts = {}
    with sealed_source(vault, received) as source:
        for part in source.parts:
            if part.media is None and part.state == "present":
                try:
                    texts[part.path] = part.read()
                except READING_ERRORS:
                    continue
    return kept, texts


def nothing_of(data: bytes, kept: bytes) -> None:
    left = [p for p in pieces(data) if p in kept]
    assert not left, f"{len(left)} pieces of the medium are kept"


def packed(data: bytes) -> bytes:
    """A raw deflate stream of `data`."""
    import zlib

    c = zlib.compressobj(-1, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()


def zip_bytes(members: dict[str, bytes], compress: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as z:
        for name, data in members.items():
            z.writestr(name, data)
        z.comment = comment
    return out.getvalue()


def with_extra(local: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        info = zipfile.ZipInfo("_chat.txt")
        picture = medium(size=3000)
        info.extra = struct.pack("<HH", 0x4242, len(picture)) + picture
        info.comment = b"" if local else medium(size=3000)
        z.writestr(info, CHAT)
    return out.getvalue()


def streamed(force_zip64: bool = False) -> bytes:
    """Written to a pipe: sizes stand in data descriptors behind the members."""

    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, b: object) -> int:
            self.data += bytes(b)  # type: ignore[call-overload]
            return len(bytes(b))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in (("_chat.txt", CHAT), ("IMG.jpg", medium())):
            with z.open(name, "w", force_zip64=force_zip64) as f:
                f.write(data)
    return pipe.data


def slack_behind_deflate() -> bytes:
    """A text member whose packed size takes in a picture behind the end of its deflate stream."""
    text, picture = packed(CHAT), medium()
    whole = zip_bytes({"_chat.txt": CHAT})
    at = whole.index(text)
    data = bytearray(whole[: at + len(text)] + picture + whole[at + len(text) :])
    for signature, offset in ((b"PK\x03\x04", 18), (b"PK\x01\x02", 20)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", len(text) + len(picture))
    end = data.rindex(b"PK\x05\x06") + 16
    data[end : end + 4] = struct.pack("<I", data.index(b"PK\x01\x02"))
    return bytes(data)


def text_longer_than_said() -> bytes:
    """A text member that unpacks to the text and then a picture, its entry naming the text's size only."""
    data = bytearray(zip_bytes({"_chat.txt": CHAT + medium()}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", len(CHAT))
    return bytes(data)


B64 = base64.b64encode(medium()).decode()
FOLDED = "\r\n ".join(B64[i : i + 74] for i in range(0, len(B64), 74))
CARD = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Budi\r\nPHOTO;ENCODING=b;TYPE=JPEG:{FOLDED}\r\nEND:VCARD\r\n".encode()
PAGE = f'<p>halo</p><img src="data:image/jpeg;base64,{B64}"><p>sesudah</p>\n'.encode()
JSON = (
    json.dumps({"a": "halo " * 50, "foto": f"data:image/jpeg;base64,{B64}", "b": "sesudah"})
    .replace("/", "\\/")
    .encode()
)

ICON = base64.b64encode(medium(b"\0\0\1\0\1\0\x10\x10\0\0")).decode()
"""A medium whose first bytes are in no list: only its declaration says what it is."""

SINGLE_FILE = (
    "<!DOCTYPE html> <html><!--\n Page saved with SingleFile \n url: https://contoh.example/toko \n saved date: Mon Nov 23 2026 "
    f"20:15:00 GMT+0700 \n--><head><link rel=icon href=data:image/x-icon;base64,{ICON}><style>.a{{background:url("
    f"\"data:image/webp;base64,{B64}\")}}</style></head><body><p>halo 0860 1111 2222</p><img src=data:image/jpeg;base64,{B64}>"
    + '<img src="data:image/jpeg;base64,'
    + B64.replace("/", "%2F").replace("+", "%2B") + '"><p>sesudah</p></body></html>\n'
).encode()


def quoted(data: bytes, binary: bool = False) -> bytes:
    """Quoted-printable as a browser writes it: 76 columns, soft breaks; binary: line breaks escaped too."""
    out, line = [], b""
    for b in data:
        plain = (33 <= b <= 126 and b != 61) or b == 32 or (b in (10, 13) and not binary)
        piece = bytes([b]) if plain else b"=%02X" % b
        if b == 10 and not binary:
            out.append(line + piece)
            line = b""
            continue
        if len(line) + len(piece) > 75:
            out.append(line + b"=\r\n")
            line = b""
        line += piece
    return b"".join(out) + line


def mhtml() -> bytes:
    """A saved page: quoted-printable HTML with a picture in it, and pictures as parts in every encoding."""
    def folded(text: str) -> bytes:
        return "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)).encode()

    page = SINGLE_FILE.decode()
    parts = [
        ("text/html", "quoted-printable", quoted(page.encode())), ("image/jpeg", "base64", folded(B64)),
        ("image/x-icon", "base64", folded(ICON)), ("image/jpeg", "quoted-printable", quoted(medium(), binary=True)),
        ("text/html", "base64", folded(base64.b64encode(page.encode()).decode())), ("image/png", "binary", medium(HEADS[1])),
        ("text/css", "quoted-printable", quoted(b"p { color: red }\n" * 20)),
    ]
    body = b"".join(
        f"------MultipartBoundary--x----\r\nContent-Type: {t}\r\nContent-Transfer-Encoding: {e}\r\n"
        f"Content-Location: https://contoh.example/{i}\r\n\r\n".encode() + data + b"\r\n"
        for i, (t, e, data) in enumerate(parts)
    )
    head = ("From: <Saved by Blink>\r\nSnapshot-Content-Location: https://contoh.example/toko\r\nSubject: Toko\r\n"
            "Date: Mon, 23 Nov 2026 13:15:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
            "\ttype=\"text/html\";\r\n\tboundary=\"----MultipartBoundary--x----\"\r\n\r\n\r\n")
    return head.encode() + body + b"------MultipartBoundary--x------\r\n"


def archive() -> bytes:
    """A web archive: pages plain, packed and chunked, one of them with a picture in it, and pictures plain and packed."""
    import zlib

    def record(kind: str, body: bytes, *extra: str) -> bytes:
        http = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", f"Content-Type: {kind}", *extra, "")).encode()
        head = ("WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: https://contoh.example/\r\nWARC-Date: 2026-11-23T13:15:00Z\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http + body)}\r\n\r\n")
        return head.encode() + http + body + b"\r\n\r\n"

    def page(word: str, extra: bytes = b"") -> bytes:
        return f"<!DOCTYPE html><p>kata {word} ".encode() + bytes(range(65, 90)) * 40 + extra + b"</p>"

    return (
        record("text/html", page("satu")) + record("image/jpeg", medium())
        + record("text/html", zlib.compress(page("dua")), "Content-Encoding: deflate") + record("image/x-icon", medium(b"\0\0\1\0"))
        + record("text/html", zlib.compress(SINGLE_FILE), "Content-Encoding: deflate") + record("text/plain", medium(HEADS[1]))
        + record("image/webp", zlib.compress(medium()), "Content-Encoding: deflate")
        + record("text/html", b"%X\r\n%b\r\n0\r\n\r\n" % (len(page("tiga")), page("tiga")), "Transfer-Encoding: chunked")
        + record("application/json", JSON) + record("text/html", page("empat"))
    )


FILES: dict[str, Callable[[], bytes]] = {
    "deflated.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "IMG.jpg": medium()}),
    "stored.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "IMG.jpg": medium()}, zipfile.ZIP_STORED),
    "bzip2.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "IMG.jpg": medium()}, zipfile.ZIP_BZIP2),
    "lzma.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "IMG.jpg": medium()}, zipfile.ZIP_LZMA),
    "picture named txt.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "catatan.txt": medium()}),
    "nested.zip": lambda: zip_bytes(
        {"_chat.txt": CHAT + LAST, "x.zip": zip_bytes({"a.jpg": medium()}, zipfile.ZIP_STORED)}, zipfile.ZIP_STORED
    ),
    "nested named txt.zip": lambda: zip_bytes(
        {"_chat.txt": CHAT + LAST, "x.txt": zip_bytes({"a": medium()}, zipfile.ZIP_STORED)}, zipfile.ZIP_STORED
    ),
    "comment.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST}, comment=medium(size=60_000)),
    "extra.zip": lambda: with_extra(local=True),
    "member comment.zip": lambda: with_extra(local=False),
    "prefix.zip": lambda: medium() + zip_bytes({"_chat.txt": CHAT + LAST}),
    "prefix of text.zip": lambda: b"PK\x03\x04" + bytes(30) + medium() + zip_bytes({"_chat.txt": CHAT + LAST}),
    "behind.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST}) + medium(size=20_000),
    "streamed.zip": streamed,
    "streamed zip64.zip": lambda: streamed(force_zip64=True),
    "slack.zip": slack_behind_deflate,
    "longer.zip": text_longer_than_said,
    "glued member.zip": lambda: zip_bytes({"_chat.txt": CHAT + medium()}, zipfile.ZIP_STORED),
    "card.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "Budi.vcf": CARD}, zipfile.ZIP_STORED),
    "page.zip": lambda: zip_bytes({"_chat.txt": CHAT + LAST, "hal.html": PAGE}, zipfile.ZIP_STORED),
    "glued.txt": lambda: CHAT + medium(),
    "glued inside.txt": lambda: CHAT + b"28/11/26, 08:00 - Budi: " + medium() + b"\n" + LAST,
    "card.vcf": lambda: CARD,
    "page.html": lambda: PAGE,
    "single file.html": lambda: SINGLE_FILE,
    "page.mhtml": mhtml,
    "archive.warc": archive,
    "archive.warc.gz": lambda: gzip.compress(archive()) + gzip.compress(archive()) + medium(),
    "archive.wacz": lambda: zip_bytes({"archive/data.warc.gz": gzip.compress(archive())}, zipfile.ZIP_STORED),
    "data.json": lambda: JSON,
    "utf16.txt": lambda: b"\xff\xfe" + CHAT.decode().encode("utf-16-le") + medium(),
    "lone.jpg": medium,
    "lone.txt": medium,
}


@pytest.mark.parametrize("name", FILES)
def test_no_byte_of_a_medium_is_kept(vault: Vault, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    kept, texts = kept_and_read(vault, path)
    for size in (3000, 6000, 20_000, 60_000):
        picture = medium(size=size)
        nothing_of(picture[4:], kept)
        nothing_of(base64.b64encode(picture)[16:-8], kept)
        nothing_of(base64.b64encode(picture).replace(b"/", b"%2F").replace(b"+", b"%2B")[24:-16], kept)
    if name in ("single file.html", "page.mhtml"):
        nothing_of(ICON.encode()[4:-8], kept)
        nothing_of(quoted(medium(), binary=True)[12:], kept)
        nothing_of(quoted(SINGLE_FILE[SINGLE_FILE.index(b"/9j") :][:6000])[16:], kept)
        nothing_of(base64.b64encode(SINGLE_FILE)[2000:8000], kept)
        assert b"halo 0860 1111 2222" in texts[None]
        assert b"sesudah" in texts[None]
    if name.endswith(".zip") and name not in ("longer.zip", "prefix.zip"):
        assert texts["_chat.txt"].startswith(CHAT[:-64]), "the words are kept"
        if LAST in path.read_bytes() or name in ("deflated.zip", "bzip2.zip", "lzma.zip", "card.zip"):
            assert LAST in texts["_chat.txt"]


@pytest.mark.parametrize(("name", "times"), [("archive.warc", 1), ("archive.warc.gz", 2), ("archive.wacz", 1)])
def test_a_picture_in_a_web_archive_costs_no_page_beside_it(vault: Vault, tmp_path: Path, name: str, times: int) -> None:
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source

    words_of_one = ["satu", "dua", "tiga", "empat"]
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    with open_source(path) as handed:
        received, _ = receive(vault, handed, path, Rule(), exhibit="S1")

    def words(source: object) -> list[str]:
        texts = [r["text"] for b in read_source(source, ReadSettings()) for r in b.to_pylist()]  # type: ignore[arg-type]
        return [t.split(" ")[1] for t in texts if t and t.startswith("kata ")]

    with sealed_source(vault, received) as sealed:
        assert words(sealed) == words_of_one * times
    with open_source(path) as again:
        assert words(again) == words_of_one * times


def test_words_around_a_medium_stay(vault: Vault, tmp_path: Path) -> None:
    for name, words in (
        ("glued inside.txt", [CHAT, LAST]),
        ("card.vcf", [b"FN:Budi", b"END:VCARD"]),
        ("page.html", [b"<p>halo</p>", b"<p>sesudah</p>"]),
        ("single file.html", [b"<p>halo 0860 1111 2222</p>", b"<p>sesudah</p>"]),
        ("data.json", [b"halo " * 50, b'"b": "sesudah"}']),
    ):
        path = tmp_path / name
        path.write_bytes(FILES[name]())
        _, texts = kept_and_read(vault, path)
        for word in words:
            assert word in texts[None], name
        assert len(texts[None]) == path.stat().st_size, "places stay what they were"
    assert json.loads(texts[None])["b"] == "sesudah"


@pytest.mark.parametrize("head", HEADS)
@settings(max_examples=12)
@given(data=st.data())
def test_a_medium_anywhere_in_a_text_is_found(head: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 900).map(lambda n: CHAT.find(b"\n", n * 40) + 1))
    size = data.draw(st.integers(1500, 9000))
    picture = medium(head, size, data.draw(st.integers(0, 9)))
    form = data.draw(st.sampled_from(["raw", "base64", "json"]))
    glued = {
        "raw": picture,
        "base64": base64.b64encode(picture),
        "json": base64.b64encode(picture).replace(b"/", b"\\/"),
    }[form]
    text = CHAT[:at] + b"28/11/26, 08:00 - Budi: " + glued + b"\n" + CHAT[at:]
    spans = media_spans(lambda: io.BytesIO(text), len(text))
    kept = bytearray(text)
    for start, length in spans:
        kept[start : start + length] = b"*" * length
    start = at + len(b"28/11/26, 08:00 - Budi: ")
    inside = bytes(kept[start : start + len(glued)])
    left = inside.strip(b"*")  # a line of plain letters at the very end of a medium cannot be told from a text
    assert len(left) < 8, left[:40]
    assert bytes(kept[:at]) == CHAT[:at], "nothing in front is lost"
    assert bytes(kept[-2000:]) == text[-2000:] or at > len(CHAT) - 3000


@settings(max_examples=25)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=400),
            st.integers(1, 900).map(lambda n: "wkwk" * n),
            st.integers(1, 60).map(lambda n: "https://contoh.example/" + "abcDEF123" * n),
            st.integers(1, 4000).map(lambda n: "\0" * n),
            st.integers(1, 900).map(lambda n: "👩‍👩‍👧" * n),
            st.integers(1, 900).map(lambda n: "\u202e\u200f" * n),
        ),
        max_size=30,
    )
)
def test_what_people_write_is_never_taken_for_a_medium(lines: list[str]) -> None:
    printable = ["".join(c for c in line if c >= " " or c in "\0\n\t") for line in lines]
    text = "\n".join(printable).encode("utf-8", "surrogatepass")
    assert media_spans(lambda: io.BytesIO(text), len(text)) == []


def test_names_that_are_not_text_can_be_stored() -> None:
    assert said_name("a\udcff.txt") == "a\\xff.txt"
    assert said_name("\ud800") == "\\ud800"
    assert said_name("biasa é.txt") == "biasa é.txt"


@pytest.mark.parametrize("before", range((1 << 20) - 300, (1 << 20) + 2, 23))
def test_quoted_media_over_the_seam_of_two_blocks_are_found(before: int) -> None:
    picture = quoted(medium(), binary=True)
    text = (b"kata biasa " * (before // 11 + 1))[: before - 2] + b"\r\n" + picture + b"\r\n\r\nsesudah\r\n"
    ((start, length),) = media_spans(lambda: io.BytesIO(text), len(text))
    assert text[start : start + length] == picture


@pytest.mark.parametrize("behind", [b"END:VCARD\r\n", b"Besok jadi ya, jam 4\r\n", b"Besok; lalu\r\n", b"TEL:+62 860 0000 0001\r\n"])
@pytest.mark.parametrize("folded", [False, True])
def test_words_on_the_line_behind_a_picture_stay_words(behind: bytes, *, folded: bool) -> None:
    packed = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 12)
    picture = b"\r\n".join(packed[i : i + 76] for i in range(0, len(packed), 76)) if folded else packed
    data = b"PHOTO;ENCODING=b:" + picture + b"\r\n" + behind
    (start, length), *more = media_spans(lambda: io.BytesIO(data), len(data))
    assert not more
    assert data[start : start + length].strip() == picture
