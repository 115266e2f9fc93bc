"""Saved web pages for the tests: SingleFile, a browser's copy, MHTML. Made up, non-explicit."""

from __future__ import annotations

PICTURE = "iVBORw0KGgoAAAANSUhEUg"

SINGLE_FILE = f"""<!DOCTYPE html> <html lang=id><!--
 Page saved with SingleFile\x20
 url: https://contoh.example/toko_melati\x20
 saved date: Mon Nov 23 2026 20:15:00 GMT+0700 (Western Indonesia Time)
--><head><meta charset=utf-8><title>Toko  Melati (@toko_melati)</title>
<meta name=description content="Jual &amp; beli, 12 pengikut"><meta name=viewport content="width=device-width">
<style>p{{color:red}}</style>
<link rel=canonical href=https://contoh.example/lain></head>
<body><header><h1>Toko Melati</h1></header><p>Hubungi <a href="https://wa.me/6286011112222">WA kami</a>
   atau <a href="https://t.me/toko_melati">https://t.me/toko_melati</a></p>
<ul><li>satu<li>dua<br>tiga</ul><img src="data:image/png;base64,{PICTURE}" alt="foto itu">
<p>harga <img src="https://contoh.example/a.jpg" alt="Rp"> 50rb: besok</p>
<a href="tel:+6286011112222"><svg><title>ikon</title><path d="M0 0"/></svg></a>
<iframe srcdoc="&lt;p&gt;dalam bingkai &amp;amp; 0860-1111-2222&lt;/p&gt;&lt;a href='https://contoh.example/f'&gt;x&lt;/a&gt;"></iframe>
<script>var a = "<p>bukan kata</p>";</script><noscript>tanpa skrip</noscript><pre>a  b
 c</pre><textarea>draf &lt;b&gt;</textarea><button>Kirim</button></body></html>
""".encode()

BROWSER = (
    b"<!-- saved from url=(0033)https://contoh.example/iklan/4711 -->\r\n<html><head><meta http-equiv=\"Content-Type\" "
    b"content=\"text/html; charset=windows-1252\"><title>Iklan caf\xe9</title></head><body><table><tr><td>Kamar</td><td>Rp 500.000"
    b"</td></tr></table><div>Jl. Contoh&nbsp;1 \x96 tengah</div></body></html>"
)

MHTML_HEAD = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://contoh.example/kanal\r\nSubject: =?utf-8?Q?Kanal_=F0=9F=8C=BF?=\r\n"
    "Date: Mon, 23 Nov 2026 13:15:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n"
    "\tboundary=\"----MultipartBoundary--abc----\"\r\n\r\n\r\n"
)


def part(kind: str, encoding: str, body: bytes, place: str) -> bytes:
    return (f"------MultipartBoundary--abc----\r\nContent-Type: {kind}\r\nContent-ID: <f@mhtml.blink>\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\nContent-Location: {place}\r\n\r\n").encode() + body + b"\r\n"


QUOTED = (
    b"<!DOCTYPE html><html><head><title>Kanal =F0=9F=8C=BF</title></head><body><p class=3D\"a\">Pengumuman: hubungi =\r\n"
    b"0860 1111 2222 =E2=80=94 caf=C3=A9</p><img src=3D\"cid:1\"><p>kata ke=\r\ndua</p></body></html>\r\n"
)
BASED = b"PHA+ZGFsYW0gYmluZ2thaTogPGEgaHJlZj0iaHR0cHM6Ly9jb250\r\nb2guZXhhbXBsZS9iIj5rbGlrPC9hPjwvcD4=\r\n"
"""<p>dalam bingkai: <a href="https://contoh.example/b">klik</a></p>"""


def mhtml() -> bytes:
    return (
        MHTML_HEAD.encode() + part("text/html", "quoted-printable", QUOTED, "https://contoh.example/kanal")
        + part("text/css", "quoted-printable", b"p { color: red }", "cid:css")
        + part("image/jpeg", "base64", b"/9j/4AAQ", "https://contoh.example/1.jpg")
        + part("text/html", "base64", BASED, "https://contoh.example/bingkai") + b"------MultipartBoundary--abc------\r\n"
    )


def record(kind: str, body: bytes, address: str = "https://contoh.example/kanal", http: bool = True) -> bytes:
    """One record of a web archive."""
    content = "application/http; msgtype=response" if http else "text/html"
    return (f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2026-11-23T13:15:00Z\r\n"
            f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body + b"\r\n\r\n"


def response(kind: str, body: bytes, *extra: str) -> bytes:
    return ("HTTP/1.1 200 OK\r\n" + "".join(f"{e}\r\n" for e in (f"Content-Type: {kind}", *extra)) + "\r\n").encode() + body


PAGE = (b"<!DOCTYPE html><html><head><title>Kanal</title></head><body><p>hubungi 0860 1111 2222</p>"
        b"<p><a href='https://contoh.example/x'>klik</a></p></body></html>")


def warc() -> bytes:
    """A web archive: pages plain, chunked and packed, a text, a picture, a script, and records around them."""
    import zlib

    packed = zlib.compress(PAGE.replace(b"hubungi", b"dipadatkan"))
    chunks = b"".join(b"%X\r\n%b\r\n" % (len(c), c) for c in (PAGE[:50], PAGE[50:])) + b"0\r\n\r\n"
    return (
        record("warcinfo", b"software: contoh\r\n") + record("request", b"GET /kanal HTTP/1.1\r\nHost: contoh.example\r\n\r\n")
        + record("response", response("text/html; charset=utf-8", PAGE))
        + record("response", response("text/html", packed, "Content-Encoding: deflate"), "https://contoh.example/padat")
        + record("response", response("text/html", chunks, "Transfer-Encoding: chunked"), "https://contoh.example/potong")
        + record("response", response("image/jpeg", b"made up"), "https://contoh.example/1.jpg")
        + record("response", response("text/javascript", b"var a = 1;"), "https://contoh.example/a.js")
        + record("response", response("text/plain", b"kata polos\n"), "https://contoh.example/a.txt")
        + record("response", response("text/html", b"x", "Content-Encoding: br"), "https://contoh.example/br")
        + record("resource", PAGE, "https://contoh.example/sumber", http=False)
    )


def digested() -> bytes:
    """Records that name their digests: two that hold, in either spelling, and one of another body."""
    import base64
    import hashlib

    out = []
    for i, page in enumerate((b"<p>kata satu</p>", b"<p>kata dua</p>", b"<p>kata tiga</p>")):
        body = response("text/html", page)
        said = b"sha1:" + base64.b32encode(hashlib.sha1(body).digest()) if i else b"sha256:" + hashlib.sha256(body).hexdigest().encode()
        if i == 2:
            body = body.replace(b"tiga", b"lain")
        whole = record("response", body, f"https://contoh.example/{i}")
        out.append(whole.replace(b"WARC-Date", b"WARC-Block-Digest: " + said + b"\r\nWARC-Date", 1))
    return b"".join(out)


def stored_gzip(data: bytes) -> bytes:
    """One gzip member that packs nothing: the same bytes whatever zlib is installed."""
    import struct
    import zlib

    blocks = [data[i : i + 65_535] for i in range(0, len(data), 65_535)] or [b""]
    body = b"".join(struct.pack("<BHH", i == len(blocks) - 1, len(b), len(b) ^ 0xFFFF) + b for i, b in enumerate(blocks))
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + struct.pack("<II", zlib.crc32(data), len(data))


def warc_gz(archive: bytes) -> bytes:
    """Packed as crawlers do: a member for each record."""
    import re

    starts = [m.start() for m in re.finditer(rb"(?:(?<=\r\n\r\n)|\A)WARC/1\.\d\r\n", archive)]
    return b"".join(stored_gzip(archive[a:b]) for a, b in zip(starts, [*starts[1:], len(archive)], strict=True))


def wacz() -> dict[str, bytes]:
    """Members of a .wacz: an archive, its index, its list of pages, and the digests of all; that of the pages does not hold."""
    import hashlib
    import json

    members = {
        "archive/data.warc.gz": warc_gz(digested()),
        "indexes/index.cdx.gz": stored_gzip(b'example,contoh)/ 20261123131500 {"url":"https://contoh.example/0","filename":"data.warc.gz"}\n'),
        "pages/pages.jsonl": b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n',
    }
    resources = [{"name": n.rsplit("/", 1)[-1], "path": n, "hash": "sha256:" + hashlib.sha256(d).hexdigest(), "bytes": len(d)}
                 for n, d in members.items()]
    resources[2]["hash"] = "sha256:" + "0" * 64
    package = json.dumps({"profile": "data-package", "wacz_version": "1.1.1", "resources": resources}).encode()
    told = {"path": "datapackage.json", "hash": "sha256:" + hashlib.sha256(package).hexdigest()}
    return {**members, "datapackage.json": package, "datapackage-digest.json": json.dumps(told).encode()}


def pdf(*pages: str, title: str = "Bukti transfer", date: str = "D:20261123201500+07'00'") -> bytes:
    """A small PDF of one line a page, written by hand: Helvetica, no pictures."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for text in pages:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        stream = f"BT /F1 12 Tf 72 720 Td ({escaped}) Tj ET".encode("latin-1")
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
        objects.append(page % len(objects))
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    objects.append(f"<</Title({title})/CreationDate({date})>>".encode())
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, table, len(objects) + 1, len(objects), len(out))
