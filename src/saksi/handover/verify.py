#!/usr/bin/env python3
"""Check a Saksi hand-over bundle with nothing but Python 3.8 or newer. Shipped inside every bundle; imports nothing of Saksi.

    python3 -I -S verify.py                 the unpacked folder this file lies in
    python3 -I -S verify.py FOLDER|FILE.tar [--lang id|en] [--json]

Checked here: both manifests of the bag (missing, extra, renamed, changed files; path tricks; fetch.txt is refused), the
log's checkpoints (Ed25519, RFC 8032, in plain Python), the proof of every disclosed log entry (RFC 6962), that later
checkpoints only added to earlier ones, that disclosed digests open the log's commitments, and every cross-reference between
bundle.json, files, tables and graph. Not checked here: signatures in PDF files and timestamps of other authorities; the
exact commands of the outside tools for these are printed.

Nothing is written, nothing is fetched. Exit 0: everything holds. 6: something does not. 2: wrong use.
What a good result does not show: that an export was unedited before it was sealed, or who a key belongs to. Compare the
log's key with one you got another way.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
import os
import re
import sys
import tarfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    Point = tuple[int, int, int, int]
    Finding = tuple[str, str, str]

# generated: words (tools/bundle_words.py)
# ruff: noqa: E501
WORDS: dict[str, tuple[str, str]] = {
    "result_good": (
        "Utuh: {checked} hal diperiksa, semuanya cocok.",
        "Whole: {checked} things checked, all of them hold.",
    ),
    "result_bad": (
        "TIDAK COCOK: {bad} hal dari {checked} yang diperiksa. Jangan andalkan berkas ini sebelum pengirimnya menjelaskan.",
        "DOES NOT HOLD: {bad} of {checked} things checked. Do not rely on this bundle before its sender has explained it.",
    ),
    "more": (
        "… dan {more} lagi.",
        "… and {more} more.",
    ),
    "use": (
        "Pemakaian: python3 -I -S verify.py [MAP atau BERKAS.tar] [--lang id|en] [--json]",
        "Usage: python3 -I -S verify.py [FOLDER or FILE.tar] [--lang id|en] [--json]",
    ),
    "unreadable": (
        "Tempat itu tidak dapat dibaca.",
        "That place cannot be read.",
    ),
    "outside": (
        "Yang tidak diperiksa di sini diperiksa dengan alat lain, di dalam map ini:",
        "What is not checked here is checked with other tools, inside this folder:",
    ),
    "limits": (
        "Hasil ini menunjukkan bahwa isi tidak berubah sejak disegel dan cocok dengan log yang ditandatangani. Ia tidak menunjukkan bahwa sebuah ekspor belum disunting sebelum disegel, dan tidak menunjukkan milik siapa sebuah kunci: bandingkan kunci log dengan yang Anda terima lewat jalan lain.",
        "This result shows that the content has not changed since it was sealed and fits the signed log. It does not show that an export was unedited before it was sealed, nor whose key a key is: compare the log's key with one you got another way.",
    ),
    "path_refused": (
        "nama berkas yang tidak boleh ada di sini",
        "a file name that may not stand here",
    ),
    "file_twice": (
        "dua berkas dengan satu nama",
        "two files of one name",
    ),
    "file_link": (
        "tautan atau berkas khusus; ditolak",
        "a link or special file; refused",
    ),
    "file_too_large": (
        "lebih besar daripada yang dapat diperiksa",
        "larger than can be checked",
    ),
    "file_missing": (
        "tidak ada",
        "is missing",
    ),
    "file_extra": (
        "tidak tercatat dalam daftar isi",
        "is not in the manifest",
    ),
    "file_changed": (
        "isinya lain daripada yang tercatat dalam daftar isi",
        "differs from what the manifest says",
    ),
    "file_unreadable": (
        "tidak dapat dibaca sebagai bentuk yang seharusnya",
        "cannot be read as what it should be",
    ),
    "fetch_refused": (
        "meminta isi dari tempat lain; ditolak",
        "asks for content from elsewhere; refused",
    ),
    "truncated": (
        "terpotong atau rusak",
        "cut off or damaged",
    ),
    "not_a_bag": (
        "bukan bentuk bagit yang dikenal",
        "not the bagit form that is known",
    ),
    "oxum_differs": (
        "jumlah berkas atau byte lain daripada yang tercatat",
        "the number of files or bytes differs from what it says",
    ),
    "bundle_unreadable": (
        "isinya tidak seperti yang seharusnya",
        "does not say what it should",
    ),
    "bundle_newer": (
        "dibuat oleh versi Saksi yang lebih baru; pakai verify.py yang lebih baru",
        "made by a newer version of Saksi; use a newer verify.py",
    ),
    "time_without_zone": (
        "ada waktu tanpa zona",
        "holds a time without a zone",
    ),
    "key_differs": (
        "menyebut kunci yang lain",
        "says another key",
    ),
    "contents_unsigned": (
        "daftar isi bundel tidak ditandatangani sebagaimana mestinya",
        "the table of contents is not signed as it should be",
    ),
    "contents_differ": (
        "yang ditandatangani adalah daftar isi lain",
        "what was signed is another table of contents",
    ),
    "cosignature_outside": (
        "tanda tangan bersama seorang saksi; cocokkan dengan kunci saksi itu (C2SP cosignature)",
        "a witness's co-signature; check it against that witness's key (C2SP cosignature)",
    ),
    "checkpoint_unreadable": (
        "bukan titik log yang dapat dibaca",
        "not a readable checkpoint",
    ),
    "checkpoint_other_log": (
        "titik dari log yang lain",
        "a checkpoint of another log",
    ),
    "checkpoint_other_key": (
        "ditandatangani dengan kunci lain",
        "signed with another key",
    ),
    "checkpoint_signature": (
        "tanda tangannya tidak cocok",
        "its signature does not hold",
    ),
    "checkpoint_other": (
        "titik yang lain daripada yang disebut",
        "another checkpoint than the one named",
    ),
    "proof_unreadable": (
        "bukan bukti yang dapat dibaca",
        "not a readable proof",
    ),
    "proof_other_entry": (
        "bukti untuk baris yang lain",
        "a proof of another entry",
    ),
    "proof_not_in_log": (
        "baris ini tidak ada dalam log yang ditandatangani",
        "this entry is not in the signed log",
    ),
    "log_forked": (
        "log yang kemudian tidak berawal dengan log yang dahulu",
        "the later log does not begin with the earlier one",
    ),
    "entry_unreadable": (
        "baris log yang tidak dapat dibaca",
        "an unreadable log entry",
    ),
    "entry_missing": (
        "baris log yang disebut tidak ada",
        "the log entry that is named is missing",
    ),
    "opening_differs": (
        "pembukaan tidak cocok dengan ikatan dalam log",
        "the opening does not fit the commitment in the log",
    ),
    "transfer_differs": (
        "lain daripada yang dicatat log tentang penyerahan ini",
        "differs from what the log says of this hand-over",
    ),
    "exhibit_not_in_log": (
        "sidik digital sumber ini bukan yang dicatat log",
        "the digest of this source is not the one in the log",
    ),
    "file_not_as_received": (
        "disebut seperti diterima, tetapi sidik digitalnya lain",
        "said to be as received, but its digest is another",
    ),
    "file_not_described": (
        "tidak disebut dalam bundle.json",
        "is not named in bundle.json",
    ),
    "file_differs_from_bundle": (
        "lain daripada yang disebut bundle.json",
        "differs from what bundle.json says",
    ),
    "rows_differ": (
        "jumlah baris lain daripada yang disebut bundle.json",
        "the number of rows differs from what bundle.json says",
    ),
    "row_without_source": (
        "ada baris yang tidak menyebut barang bukti dari berkas ini",
        "holds a row that cites no exhibit of this bundle",
    ),
    "row_without_message": (
        "ada baris yang menyebut pesan yang tidak ada",
        "holds a row that cites a message that is not there",
    ),
    "message_twice": (
        "ada kode pesan yang berulang",
        "holds a message id twice",
    ),
    "citations_not_looked_up": (
        "terlalu banyak pesan untuk mencari setiap rujukan; rujukan ke sumber diperiksa",
        "too many messages to look up each citation; citations of sources were checked",
    ),
    "no_graph": (
        "tidak ada graf CASE/UCO di dalam berkas ini",
        "there is no CASE/UCO graph in this bundle",
    ),
    "graph_unreadable": (
        "graf tidak tertulis seperti seharusnya",
        "the graph is not written as it should be",
    ),
    "graph_iri_not_uuid": (
        "graf memakai nama yang bukan UUID",
        "the graph uses a name that is no UUID",
    ),
    "graph_member_twice": (
        "graf menyebut satu hal dua kali",
        "the graph names one member twice",
    ),
    "graph_time_without_zone": (
        "ada waktu tanpa zona di dalam graf",
        "the graph holds a time without a zone",
    ),
    "graph_unknown_term": (
        "graf memakai istilah yang tidak dikenal",
        "the graph uses an unknown term",
    ),
    "graph_action_incomplete": (
        "tindakan tanpa pelaku atau waktu",
        "an action without performer or time",
    ),
    "graph_action_without_record": (
        "tindakan tanpa catatan asal-usul",
        "an action without a provenance record",
    ),
    "graph_file_not_in_bag": (
        "graf menyebut berkas yang tidak ada di sini",
        "the graph names a file that is not here",
    ),
    "graph_file_left_out": (
        "graf tidak menyebut berkas ini",
        "the graph does not name this file",
    ),
    "graph_hash_differs": (
        "sidik digital dalam graf lain daripada berkasnya",
        "the digest in the graph is not the file's",
    ),
    "graph_size_differs": (
        "ukuran dalam graf lain daripada berkasnya",
        "the size in the graph is not the file's",
    ),
    "graph_dangling": (
        "graf merujuk ke sesuatu yang tidak dijelaskannya",
        "the graph refers to something it does not describe",
    ),
    "graph_without_exhibit": (
        "graf tidak menyebut setiap barang bukti",
        "the graph does not name every exhibit",
    ),
}
# end of generated words

VERSION = 1
EXIT_GOOD, EXIT_USE, EXIT_BAD = 0, 2, 6
KEEP_BYTES = 256 * 1024 * 1024  # a file that is parsed as a whole (graph, log): larger ones are refused
CELL_CHARS = 128 * 1024 * 1024  # one cell of a table
IDS_MAX = 2_000_000  # message ids remembered to look up citations; beyond that only their sources are checked
LISTED_MAX = 200  # findings of one kind that are listed
BLOCK = 1 << 20

PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
UNLISTED = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
TAG_FILES = ("bagit.txt", "bag-info.txt", "BACA-SAYA.txt", "READ-ME.txt", "verify.py") + MANIFESTS
GRAPH = "data/graph/case.jsonld"
CONTENTS = ("data/bundle.json", "data/bundle.note")
DIGEST = re.compile(rb"[0-9a-f]{64}")
HEX64 = re.compile(r"[0-9a-f]{64}")
ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
NUMBER = r"(?:0|[1-9][0-9]{0,11})"
HASH_LINES = r"(?:[A-Za-z0-9+/]{43}=\n){0,63}"
NOTE = re.compile(
    r"(?P<text>(?P<origin>[!-~]{1,200})\n(?P<size>%s)\n(?P<root>[A-Za-z0-9+/]{43}=)\n)\n"
    r"(?P<signatures>(?:\u2014 [!-~]{1,200} [A-Za-z0-9+/]{1,400}={0,2}\n)+)" % NUMBER
)
CONTENTS_NOTE = re.compile(
    r"(?P<text>(?P<origin>[!-~]{1,200})/bundle\n(?P<id>[a-z]{1,40})\n(?P<digest>[0-9a-f]{64})\n)\n"
    r"\u2014 (?P<name>[!-~]{1,200}) (?P<signature>[A-Za-z0-9+/]{1,400}={0,2})\n"
)
PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\n(?:extra [A-Za-z0-9+/]*={0,2}\n)?index (?P<index>%s)\n(?P<path>%s)\n(?P<note>.+)"
    % (NUMBER, HASH_LINES),
    re.S,
)
GROWTH = re.compile(r"old (?P<old>%s)\n(?P<path>%s)\n(?P<note>.+)" % (NUMBER, HASH_LINES), re.S)


class Wrong(Exception):
    """What does not hold: what, where, why (a key of WORDS)."""

    def __init__(self, what: str, where: str, why: str) -> None:
        super().__init__(what, where, why)
        self.finding = (what, where, why)


# -- Ed25519 (RFC 8032), verification only ------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(a: Point, b: Point) -> Point:
    """Sum of two points in extended coordinates (X, Y, Z, T)."""
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, z - t, z + t, right + left
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_double(a: Point) -> Point:
    """Twice a point."""
    x2, y2, z2 = a[0] * a[0] % P, a[1] * a[1] % P, 2 * a[2] * a[2] % P
    h, g = x2 + y2, x2 - y2
    e, f = h - (a[0] + a[1]) ** 2 % P, z2 + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_of(data: bytes) -> Point | None:
    """The point that 32 bytes encode; None where they encode none (RFC 8032 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == P - u:
        x = x * SQRT_M1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def point_bytes(a: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


NEUTRAL: Point = (0, 1, 1, 0)
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_of(BASE_Y.to_bytes(32, "little")) or NEUTRAL


def two_products(s: int, base: Point, k: int, other: Point) -> Point:
    """s * base + k * other, both at once, two bits a step."""
    table = [[NEUTRAL] * 4 for _ in range(4)]
    for i in range(4):
        for j in range(4):
            if j:
                table[i][j] = point_add(table[i][j - 1], other)
            elif i:
                table[i][0] = point_add(table[i - 1][0], base)
    total = NEUTRAL
    for shift in range(254, -1, -2):
        total = point_double(point_double(total))
        i, j = s >> shift & 3, k >> shift & 3
        if i or j:
            total = point_add(total, table[i][j])
    return total


def ed25519_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is of `public_key` (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, s = point_of(public_key), int.from_bytes(signature[32:], "little")
    if key is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    negative = (P - key[0], key[1], 1, P - key[3])
    return point_bytes(two_products(s, BASE, k, negative)) == signature[:32]


# -- the log (RFC 6962, C2SP signed notes) ------------------------------------------------------------------------------


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, path: list[bytes], head: bytes) -> bool:
    """RFC 9162 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(p, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == head


def is_grown(first: int, second: int, first_head: bytes, second_head: bytes, path: list[bytes]) -> bool:
    """RFC 9162 2.1.4.2."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_head == second_head
    path = ([first_head] if first & (first - 1) == 0 else []) + list(path)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for p in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(p, fr), node_hash(p, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_head and sr == second_head


def strict_base64(text: str, where: str, why: str) -> bytes:
    """Bytes of base64 that is written the one right way."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("log", where, why) from None
    if base64.b64encode(data).decode() != text:
        raise Wrong("log", where, why)
    return data


def path_of(lines: str, where: str) -> list[bytes]:
    """The hashes of a proof."""
    return [strict_base64(line, where, "proof_unreadable") for line in lines.split()]


class Head:
    """A checkpoint whose signature holds."""

    def __init__(self, size: int, root: bytes, text: str) -> None:
        self.size, self.root, self.text = size, root, text


class Log:
    """The log's name and key; checks notes against them, each different one once."""

    def __init__(self, origin: str, key: bytes) -> None:
        self.origin, self.key = origin, key
        self.known: dict[tuple[str, str], Head] = {}

    def signed(self, text: str, signature: str, where: str) -> None:
        """That the log's key signed a note's text."""
        blob = strict_base64(signature, where, "checkpoint_unreadable")
        if blob[:4] != hashlib.sha256(self.origin.encode() + b"\n\x01" + self.key).digest()[:4]:
            raise Wrong("log", where, "checkpoint_other_key")
        if not ed25519_holds(self.key, text.encode(), blob[4:]):
            raise Wrong("log", where, "checkpoint_signature")

    def contents(self, note: str, bundle_id: str, digest: str) -> None:
        """That the log's key signed this table of contents."""
        where = CONTENTS[1]
        found = CONTENTS_NOTE.fullmatch(note)
        if found is None:
            raise Wrong("bundle", where, "contents_unsigned")
        if found["origin"] != self.origin or found["name"] != self.origin:
            raise Wrong("bundle", where, "checkpoint_other_log")
        if (found["id"], found["digest"]) != (bundle_id, digest):
            raise Wrong("bundle", where, "contents_differ")
        self.signed(found["text"], found["signature"], where)

    def head(self, note: str, where: str) -> Head:
        """The tree head of a note that the log's key signed."""
        found = NOTE.fullmatch(note)
        if found is None:
            raise Wrong("log", where, "checkpoint_unreadable")
        if found["origin"] != self.origin:
            raise Wrong("log", where, "checkpoint_other_log")
        own = [line for line in found["signatures"].splitlines() if line.split(" ")[1] == self.origin]
        if len(own) != 1:
            raise Wrong("log", where, "checkpoint_signature")
        mark = (found["text"], own[0])
        if mark not in self.known:
            self.signed(found["text"], own[0].split(" ")[2], where)
            root = strict_base64(found["root"], where, "checkpoint_unreadable")
            self.known[mark] = Head(int(found["size"]), root, found["text"])
        return self.known[mark]


# -- the files of a bag -------------------------------------------------------------------------------------------------


# generated: check of the graph, from graph_check.py (tools/bundle_words.py)
CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "co": "http://purl.org/co/",
    "saksi": "https://saksi.local/ns/1#",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""`.local` is never a host on the internet: the namespace is a name, nothing is fetched."""

LINE_BYTES_MAX = 64 * 1024 * 1024
"""One node: some hundred bytes; an investigation of 100,000 custody actions 6 MB."""

FINDINGS_MAX = 1000
"""A graph that is wrong everywhere is told of so often, then no more."""

_IRI = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
_TERM = re.compile(r"[a-z-]{2,20}:[A-Za-z]{1,60}")
_INNER = ("Facet", ":ThreadItem", ":Hash")
"""Kinds of nodes that stand where they are used and are not referred to."""

_FACETS = ("uco-observable:FileFacet", "uco-observable:ContentDataFacet")


class _GraphCheck:
    """One pass over the nodes. files: path in the bag -> (size in bytes, SHA-256 hex)."""

    def __init__(self, files: Mapping[str, tuple[int, str]]) -> None:
        self.files = files
        self.found: list[tuple[str, str]] = []
        self.typed: set[bytes] = set()
        self.referred: set[bytes] = set()
        self.records: set[bytes] = set()
        self.acted: list[tuple[str, list[bytes]]] = []
        self.paths: set[str] = set()
        self.terms = {"@id", "@type", "@value"}

    def say(self, why: str, where: str) -> None:
        if len(self.found) < FINDINGS_MAX:
            self.found.append((why, where[:200]))

    def uuid(self, iri: object) -> bytes | None:
        if not isinstance(iri, str) or _IRI.fullmatch(iri) is None:
            self.say("graph_iri_not_uuid", str(iri))
            return None
        return bytes.fromhex(iri[9:].replace("-", ""))

    def member(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Called for every JSON object, inner ones first."""
        d = dict(pairs)
        if len(d) != len(pairs):
            self.say("graph_member_twice", str(d.get("@id", "")))
        if not d.keys() <= self.terms:
            self.learn(d.keys() - self.terms)
        if "@type" in d and (not isinstance(d["@type"], str) or d["@type"] not in self.terms):
            self.learn([d["@type"]])
        if "@value" in d:
            if d.get("@type") == "xsd:dateTime" and _INSTANT.fullmatch(str(d["@value"])) is None:
                self.say("graph_time_without_zone", str(d["@value"]))
        elif "@id" in d:
            name = self.uuid(d["@id"])
            if name is not None:
                self.node(d, name)
        return d

    def learn(self, terms: Iterable[object]) -> None:
        """Take up terms not met before; whole IRIs and keywords (`@reverse`, an inner `@context`) would pass the rules by."""
        for term in terms:
            if isinstance(term, str) and _TERM.fullmatch(term) and term.partition(":")[0] in CONTEXT:
                self.terms.add(term)
            else:
                self.say("graph_unknown_term", str(term))

    def node(self, d: dict[str, Any], name: bytes) -> None:
        kind = d.get("@type")
        if kind is None:
            if name not in self.typed:
                self.referred.add(name)
            return
        if not str(kind).endswith(_INNER):
            self.typed.add(name)
        if kind == "case-investigation:ProvenanceRecord":
            self.records.add(name)
        elif kind == "case-investigation:InvestigativeAction":
            self.action(d)
        elif kind == "uco-observable:File":
            self.file(d)

    def action(self, d: dict[str, Any]) -> None:
        results = d.get("uco-action:result")
        names = [self.uuid(r.get("@id")) for r in results if isinstance(r, dict)] if isinstance(results, list) else []
        self.acted.append((d["@id"], [n for n in names if n is not None]))
        if "uco-action:performer" not in d or "uco-action:startTime" not in d:
            self.say("graph_action_incomplete", d["@id"])

    def file(self, d: dict[str, Any]) -> None:
        facets = d.get("uco-core:hasFacet")
        facets = [f for f in facets if isinstance(f, dict)] if isinstance(facets, list) else []
        path = next((f["uco-observable:filePath"] for f in facets if "uco-observable:filePath" in f), None)
        if path is None:
            return
        self.paths.add(str(path))
        known = self.files.get(str(path))
        if known is None:
            self.say("graph_file_not_in_bag", str(path))
            return
        size, digest = known
        sizes = [_value(f.get("uco-observable:sizeInBytes")) for f in facets]
        hashes = [h for f in facets for h in f.get("uco-observable:hash", ()) if isinstance(h, dict)]
        digests = [_value(h.get("uco-types:hashValue")).lower() for h in hashes if h.get("uco-types:hashMethod") == "SHA256"]
        if sorted(str(f.get("@type")) for f in facets) != sorted(_FACETS) or digests != [digest]:
            self.say("graph_hash_differs", str(path))
        elif sizes != [str(size)] * 2:
            self.say("graph_size_differs", str(path))

    def ended(self) -> None:
        for path in sorted(self.files.keys() - self.paths):
            self.say("graph_file_left_out", path)
        for iri, results in self.acted:
            if not any(r in self.records for r in results):
                self.say("graph_action_without_record", iri)
        for name in sorted(self.referred - self.typed):
            h = name.hex()
            self.say("graph_dangling", f"urn:uuid:{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}")


def _value(typed: object) -> str:
    return str(typed.get("@value", "")) if isinstance(typed, dict) else ""


def _nodes(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """(line number, JSON of a node). Raises ValueError where the document is not written as it should be."""
    ended = False
    before: tuple[int, bytes] | None = None
    for n, line in enumerate(lines, 1):
        if len(line) > LINE_BYTES_MAX or not line.endswith(b"\n") or ended:
            raise ValueError(f"line {n}")
        if n == 1:
            head = json.loads(line + b"]}")
            if head != {"@context": CONTEXT, "@graph": []} or line.count(b'"@context"') != 1 or line.count(b'"@graph"') != 1:
                raise ValueError("line 1: context")
            continue
        if before is not None:
            yield before
        ended = line == b"]}\n"
        if ended and before is not None and before[1].endswith(b","):
            raise ValueError(f"line {n}")
        if not ended and before is not None and not before[1].endswith(b","):
            raise ValueError(f"line {n - 1}")
        before = None if ended else (n, line[:-1])
    if not ended:
        raise ValueError("the end is missing")


def check_graph(lines: Iterable[bytes], files: Mapping[str, tuple[int, str]]) -> list[tuple[str, str]]:
    """Everything that does not hold: (code, where). files: path in the bag -> (size, SHA-256) the graph must name, all of them."""
    check = _GraphCheck(files)
    decode = json.JSONDecoder(object_pairs_hook=check.member).decode
    try:
        for n, line in _nodes(lines):
            text = (line[:-1] if line.endswith(b",") else line).decode("utf-8")
            node = decode(text)
            if not isinstance(node, dict) or "@id" not in node:
                check.say("graph_unreadable", f"line {n}")
    except (ValueError, RecursionError, AttributeError, TypeError) as e:
        # where only: what the line holds may be a message
        check.say("graph_unreadable", str(e) if type(e) is ValueError and "line" in str(e)[:5] else "")
        return check.found
    check.ended()
    return check.found
# end of the generated check


class Files:
    """What was seen of each file: SHA-256, SHA-512, size; the bytes of those that are parsed; what tables hold."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, str, int]] = {}
        self.kept: dict[str, bytes] = {}
        self.tables: dict[str, Table] = {}
        self.bad: list[Finding] = []
        self.graph: list[tuple[str, str]] = []
        self.graph_digests: set[str] = set()
        self._lower: set[str] = set()

    def take(self, name: str, blocks: Iterable[bytes]) -> None:
        """One file, its bytes once through."""
        if len(name) > 200 or PATH.fullmatch(name) is None:
            self.bad.append(("file", printable(name), "path_refused"))
            for _ in blocks:
                pass
            return
        if name.lower() in self._lower:
            self.bad.append(("file", name, "file_twice"))
            for _ in blocks:
                pass
            return
        self._lower.add(name.lower())
        hashes = (hashlib.sha256(), hashlib.sha512())
        size = [0]

        def counted() -> Iterator[bytes]:
            for block in blocks:
                size[0] += len(block)
                for h in hashes:
                    h.update(block)
                yield block

        stream = counted()
        if name.startswith("data/tables/") and name.endswith(".csv"):
            self.tables[name] = Table(stream)
        elif name == GRAPH:
            self.graph = check_graph(self.graph_lines(stream), self.graph_files())
        elif is_parsed(name):
            kept = bytearray()
            for block in stream:
                if len(kept) <= KEEP_BYTES:
                    kept += block
            if len(kept) > KEEP_BYTES:
                self.bad.append(("file", name, "file_too_large"))
            else:
                self.kept[name] = bytes(kept)
        for _ in stream:
            pass
        self.seen[name] = (hashes[0].hexdigest(), hashes[1].hexdigest(), size[0])

    def graph_files(self) -> dict[str, tuple[int, str]]:
        """What the graph has to name: every payload file but itself and bundle.json, which names the graph."""
        payload = {n: seen for n, seen in self.seen.items() if n.startswith("data/") and n not in (GRAPH, *CONTENTS)}
        return {name: (size, sha256) for name, (sha256, _, size) in payload.items()}

    def graph_lines(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The graph's lines; digests of files that go by are remembered."""
        for line in byte_lines(blocks, LINE_BYTES_MAX):
            if b'"uco-observable:File"' in line:
                self.graph_digests.update(d.decode() for d in DIGEST.findall(line))
            yield line

    def json(self, name: str) -> Any:
        """A JSON object among the kept files."""
        try:
            value = json.loads(self.kept[name].decode("utf-8"), object_pairs_hook=no_twice)
        except KeyError:
            raise Wrong("file", name, "file_missing") from None
        except (ValueError, RecursionError):
            raise Wrong("file", name, "file_unreadable") from None
        if not isinstance(value, dict):
            raise Wrong("file", name, "file_unreadable")
        return value

    def text(self, name: str) -> str:
        """The text of a kept file."""
        try:
            return self.kept[name].decode("utf-8")
        except KeyError:
            raise Wrong("file", name, "file_missing") from None
        except UnicodeDecodeError:
            raise Wrong("file", name, "file_unreadable") from None


def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without a key that stands twice: two readers could see two things."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value


def printable(name: str) -> str:
    """A name that cannot play tricks on a terminal."""
    return "".join(c if c.isprintable() else "?" for c in name)[:80]


def is_parsed(name: str) -> bool:
    """Whether a file is read as a whole."""
    if not name.startswith("data/"):
        return True
    return name in CONTENTS + ("data/disclosures.json",) or name.startswith(("data/log/", "data/keys/"))


class Table:
    """What a CSV table cites. by_source: rows by (source digest, start of message id). ids: message ids (None: too many)."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.rows, self.times_bad = 0, 0
        self.by_source: dict[tuple[str, str], int] = {}
        self.ids: set[str] | None = set()
        self.bad: str | None = None
        csv.field_size_limit(CELL_CHARS)
        try:
            reader = csv.reader(lines_of(blocks), strict=True)
            names = next(reader, [])
            self.read(reader, names)
        except (csv.Error, UnicodeDecodeError, ValueError):
            self.bad = "file_unreadable"

    def read(self, reader: Iterator[list[str]], names: list[str]) -> None:
        """All rows."""
        places = {name: i for i, name in enumerate(names)}
        source, message = places.get("source_digest"), places.get("message_id")
        times = [i for name, i in places.items() if name in ("sent_at", "edited_at")]
        for row in reader:
            if len(row) != len(names):
                raise ValueError("a row of another length")
            self.rows += 1
            if source is None:
                continue
            cited = row[message] if message is not None else row[source][:16] + "-"
            key = (row[source], cited.partition("-")[0])
            self.by_source[key] = self.by_source.get(key, 0) + 1
            if len(self.by_source) > IDS_MAX:
                raise ValueError("more sources than any case has")
            if message is not None and self.ids is not None:
                self.ids.add(cited)
                if len(self.ids) > IDS_MAX:
                    self.ids = None
            self.times_bad += sum(1 for i in times if row[i] and ZONED.fullmatch(row[i]) is None)


def lines_of(blocks: Iterable[bytes]) -> Iterator[str]:
    """Text lines over blocks of bytes."""
    for line in byte_lines(blocks, 4 * CELL_CHARS):
        yield line.decode("utf-8")


def byte_lines(blocks: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """Lines over blocks of bytes; ValueError for a line without end."""
    rest = b""
    for block in blocks:
        rest += block
        if b"\n" in block:
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line + b"\n"
        elif len(rest) > longest:
            raise ValueError("a line without end")
    if rest:
        yield rest


def folder_files(root: str, files: Files) -> None:
    """Every file of a folder, the graph last; links and other things are refused. Names are given with / between."""
    pending, graph = [""], ""
    while pending:
        inside = pending.pop()
        with os.scandir(os.path.join(root, inside)) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                name = inside + "/" + entry.name if inside else entry.name
                if entry.is_symlink() or not (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)):
                    files.bad.append(("file", printable(name), "file_link"))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(name)
                elif name == GRAPH:
                    graph = entry.path
                else:
                    files.take(name, file_blocks(entry.path, files, name))
    if graph:
        files.take(GRAPH, file_blocks(graph, files, GRAPH))


def file_blocks(path: str, files: Files, name: str) -> Iterator[bytes]:
    """The bytes of a file."""
    try:
        with open(path, "rb") as f:
            while True:
                block = f.read(BLOCK)
                if not block:
                    return
                yield block
    except OSError:
        files.bad.append(("file", printable(name), "file_unreadable"))


def tar_files(stream: Any, files: Files) -> None:
    """Every file of a tar that is read once, in order; nothing is unpacked."""
    root = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                parts = member.name.split("/")
                if root is None:
                    root = parts[0]
                inside = "/".join(parts[1:])
                if member.isdir():
                    continue
                if not member.isreg() or getattr(member, "sparse", None):
                    files.bad.append(("file", printable(member.name), "file_link"))
                elif parts[0] != root or not inside:
                    files.bad.append(("file", printable(member.name), "path_refused"))
                else:
                    files.take(inside, member_blocks(tar.extractfile(member)))
    except (tarfile.TarError, EOFError, ValueError, OverflowError):
        files.bad.append(("bundle", "tar", "truncated"))


def member_blocks(stream: Any) -> Iterator[bytes]:
    """The bytes of a member."""
    while True:
        block = stream.read(BLOCK)
        if not block:
            return
        yield block


# -- the checks ---------------------------------------------------------------------------------------------------------


class Check:
    """All checks over the files that were seen."""

    def __init__(self, files: Files) -> None:
        self.files, self.bad, self.checked = files, list(files.bad), len(files.seen)
        self.info: list[Finding] = []
        self.tools: list[str] = []
        self.bundle: Any = {}
        self.by_seq: dict[int, Any] = {}
        self.opened: dict[tuple[int, str], str] = {}

    def run(self) -> Check:
        """Every check; none ends the others."""
        for step in (self.manifests, self.about, self.log, self.exhibits, self.tables, self.documents, self.graph):
            try:
                step()
            except Wrong as wrong:
                self.bad.append(wrong.finding)
            except (KeyError, TypeError, AttributeError, ValueError, IndexError):
                # a field of another kind than the format says: which one does not matter, the bundle is not whole
                self.bad.append(("bundle", "data/bundle.json", "bundle_unreadable"))
        self.outside()
        return self

    def holds(self, good: bool, what: str, where: str, why: str) -> None:
        """Note a finding where `good` is false."""
        self.checked += 1
        if not good and (what, where, why) not in self.bad:
            self.bad.append((what, where, why))

    # the bag

    def manifest(self, name: str) -> dict[str, str]:
        """{path: digest} of one manifest."""
        lines = self.files.text(name).split("\n")
        if lines.pop() != "":
            raise Wrong("manifest", name, "file_unreadable")
        wanted: dict[str, str] = {}
        width = 64 if "sha256" in name else 128
        for line in lines:
            digest, gap, path = line[:width], line[width : width + 2], line[width + 2 :]
            if gap != "  " or re.fullmatch("[0-9a-f]+", digest) is None or PATH.fullmatch(path) is None or path in wanted:
                raise Wrong("manifest", name, "file_unreadable")
            wanted[path] = digest
        return wanted

    def manifests(self) -> None:
        """The bag is whole, and nothing else lies in it."""
        seen = self.files.seen
        self.holds(self.files.kept.get("bagit.txt") == BAGIT, "bundle", "bagit.txt", "not_a_bag")
        for name in seen:
            if name.lower() == "fetch.txt":
                self.bad.append(("file", name, "fetch_refused"))
        for place, name in enumerate(MANIFESTS):
            try:
                wanted = self.manifest(name)
            except Wrong as wrong:
                self.bad.append(wrong.finding)
                continue
            tags = place >= 2
            there = {n for n in seen if n.startswith("data/") != tags and n not in UNLISTED}
            for path in sorted(set(wanted) | there):
                if path not in seen:
                    self.holds(False, "file", path, "file_missing")
                elif path not in wanted:
                    self.holds(False, "file", path, "file_extra")
                else:
                    self.holds(seen[path][place % 2] == wanted[path], "file", path, "file_changed")
        payload = [size for name, (_, _, size) in seen.items() if name.startswith("data/")]
        oxum = "Payload-Oxum: %d.%d\n" % (sum(payload), len(payload))
        self.holds(oxum in self.files.text("bag-info.txt"), "manifest", "bag-info.txt", "oxum_differs")

    def about(self) -> None:
        """bundle.json is one of ours."""
        self.bundle = self.files.json("data/bundle.json")
        if self.bundle["format"] != "saksi-bundle":
            raise Wrong("bundle", "data/bundle.json", "bundle_unreadable")
        if self.bundle["version"] > VERSION:
            raise Wrong("bundle", "data/bundle.json", "bundle_newer")
        zoned = ZONED.fullmatch(self.bundle["made_at"]) is not None
        self.holds(zoned, "bundle", "data/bundle.json", "time_without_zone")

    # the log

    def key(self) -> Log:
        """The log's public key: the two files must say the same one."""
        pem = self.files.text("data/keys/log.pem").split("\n")
        if pem[0] != "-----BEGIN PUBLIC KEY-----" or pem[2:] != ["-----END PUBLIC KEY-----", ""]:
            raise Wrong("key", "data/keys/log.pem", "file_unreadable")
        der = strict_base64(pem[1], "data/keys/log.pem", "file_unreadable")
        if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
            raise Wrong("key", "data/keys/log.pem", "file_unreadable")
        key, origin = der[12:], self.bundle["log"]["origin"]
        key_id = hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4].hex()
        line = "%s+%s+%s\n" % (origin, key_id, base64.b64encode(b"\x01" + key).decode())
        self.holds(self.files.text("data/keys/log.verifier.txt") == line, "key", "data/keys/log.verifier.txt", "key_differs")
        return Log(origin, key)

    def log(self) -> None:
        """Checkpoints, growth, entries and their proofs, openings."""
        told = self.bundle["log"]
        log = self.key()
        with Guard(self):
            log.contents(self.files.text(CONTENTS[1]), self.bundle["bundle_id"], self.files.seen[CONTENTS[0]][0])
        heads: dict[int, Head] = {}
        for item in told["checkpoints"]:
            with Guard(self):
                heads[item["size"]] = head = log.head(self.files.text(item["path"]), item["path"])
                self.holds(head.size == item["size"], "log", item["path"], "checkpoint_other")
        for name in sorted(self.files.kept):
            if name.startswith("data/log/cosignatures/"):
                with Guard(self):
                    head = log.head(self.files.text(name), name)
                    self.holds(head.size in heads and heads[head.size].text == head.text, "log", name, "checkpoint_other")
                self.info.append(("log", name, "cosignature_outside"))
        sizes = sorted(heads)
        steps = {(g["from"], g["to"]): g["path"] for g in told["growth"]}
        for first, second in zip(sizes, sizes[1:]):
            where = steps.get((first, second), "data/log/growth")
            with Guard(self):
                self.growth(log, heads[first], heads[second], where)
        last = heads[sizes[-1]] if sizes else None
        self.entries(log, told, last)
        self.openings()

    def growth(self, log: Log, first: Head, second: Head, where: str) -> None:
        """One checkpoint begins with the other."""
        found = GROWTH.fullmatch(self.files.text(where))
        if found is None:
            raise Wrong("log", where, "proof_unreadable")
        head = log.head(found["note"], where)
        same = head.text == second.text and int(found["old"]) == first.size
        good = same and is_grown(first.size, second.size, first.root, second.root, path_of(found["path"], where))
        self.holds(good, "log", where, "log_forked")

    def entries(self, log: Log, told: Any, last: Head | None) -> None:
        """Every disclosed entry stands in the log."""
        lines = self.files.text(told["entries"]).split("\n")
        if lines.pop() != "":
            raise Wrong("log", told["entries"], "file_unreadable")
        for number, line in enumerate(lines, 1):
            where = "%s line %d" % (told["entries"], number)
            try:
                entry = json.loads(line, object_pairs_hook=no_twice)
                seq = entry["seq"]
                entry["fields"].get("exhibit")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.holds(False, "log", where, "entry_unreadable")
                continue
            self.by_seq[seq] = entry
            with Guard(self):
                self.entry(log, line, seq, told["proofs"].get(str(seq), "data/log/proofs"), last)
            self.holds(ZONED.fullmatch(str(entry.get("time"))) is not None, "log", where, "time_without_zone")
        for seq in told["proofs"]:
            self.holds(int(seq) in self.by_seq, "log", told["proofs"][seq], "entry_missing")
        self.holds(told["transfer_entry"] in self.by_seq, "log", told["entries"], "entry_missing")

    def entry(self, log: Log, line: str, seq: int, where: str, last: Head | None) -> None:
        """One entry's proof, under the checkpoint of this hand-over."""
        found = PROOF.fullmatch(self.files.text(where))
        if found is None:
            raise Wrong("log", where, "proof_unreadable")
        head = log.head(found["note"], where)
        self.holds(last is not None and head.text == last.text, "log", where, "checkpoint_other")
        self.holds(int(found["index"]) == seq, "log", where, "proof_other_entry")
        leaf = hashlib.sha256(b"\x00" + line.encode("utf-8")).digest()
        good = is_included(leaf, int(found["index"]), head.size, path_of(found["path"], where), head.root)
        self.holds(good, "log", where, "proof_not_in_log")

    def openings(self) -> None:
        """Disclosed texts open the commitments of their entries."""
        for item in self.files.json("data/disclosures.json")["openings"]:
            entry = self.by_seq.get(item["entry"])
            there = None if entry is None else entry["fields"].get(item["field"])
            salted = bytes.fromhex(item["salt"]) + item["text"].encode("utf-8")
            commitment = "c" + hashlib.sha256(b"saksi-commitment-v1\n" + salted).hexdigest()
            where = "data/disclosures.json entry %d %s" % (item["entry"], item["field"])
            good = there == commitment == item["commitment"]
            self.holds(good, "log", where, "opening_differs")
            if good:
                self.opened[item["entry"], item["field"]] = item["text"]
        transfer = self.bundle["log"]["transfer_entry"]
        for field, said in (("recipient", self.bundle["recipient"]["fingerprint"]), ("authority", self.bundle["authority"])):
            self.holds(self.opened.get((transfer, field)) == said, "bundle", "data/bundle.json " + field, "transfer_differs")
        fields = self.by_seq[transfer]["fields"]
        said = (self.bundle["bundle_id"], self.bundle["what"], self.bundle["purpose"])
        self.holds(said == (fields["bundle"], fields["what"], fields["purpose"]), "bundle", "data/bundle.json", "transfer_differs")

    # exhibits, tables, documents, graph

    def exhibits(self) -> None:
        """Every exhibit: its digest is what the log committed to, its files are there."""
        described: set[str] = set()
        for item in self.bundle["exhibits"]:
            where = "data/bundle.json " + item["label"]
            self.holds(HEX64.fullmatch(item["source_digest"]) is not None, "exhibit", where, "bundle_unreadable")
            opened = self.opened.get((item["entry"], "source"))
            self.holds(opened == item["source_digest"], "exhibit", where, "exhibit_not_in_log")
            fields = self.by_seq[item["entry"]]["fields"]
            self.holds(fields.get("exhibit") == item["label"], "exhibit", where, "exhibit_not_in_log")
            own = self.files.kept.get(item["proof"])
            listed = self.files.kept.get(self.bundle["log"]["proofs"].get(str(item["entry"])))
            self.holds(own is not None and own == listed, "exhibit", item["proof"], "proof_other_entry")
            for file in item["files"]:
                described.add(file["path"])
                self.cited(file)
                if file["form"] == "as_received" and file["received"] is not None:
                    self.holds(file["sha256"] == file["received"], "exhibit", file["path"], "file_not_as_received")
        for name in self.files.seen:
            if name.startswith("data/sources/"):
                self.holds(name in described, "exhibit", name, "file_not_described")

    def cited(self, item: Any) -> None:
        """A file that bundle.json names with its digest."""
        seen = self.files.seen.get(item["path"])
        self.holds(seen is not None and seen[0] == item["sha256"], "file", item["path"], "file_differs_from_bundle")

    def tables(self) -> None:
        """Row counts, and that every row cites an exhibit of this bundle."""
        counts = {e["source_digest"]: e["messages"] for e in self.bundle["exhibits"]}
        messages = self.files.tables.get("data/tables/messages.csv")
        for item in self.bundle["tables"]:
            self.cited(item)
            table = self.files.tables.get(item["path"])
            if table is None:
                continue
            self.holds(table.bad is None, "table", item["path"], "file_unreadable")
            self.holds(table.rows == item["rows"], "table", item["path"], "rows_differ")
            self.holds(table.times_bad == 0, "table", item["path"], "time_without_zone")
            for digest, start in table.by_source:
                self.holds(digest in counts and digest[:16] == start, "table", item["path"], "row_without_source")
            if messages is not None and messages.ids is not None and table.ids is not None:
                self.holds(table.ids <= messages.ids, "table", item["path"], "row_without_message")
        if messages is None or messages.bad:
            raise Wrong("table", "data/tables/messages.csv", "file_missing" if messages is None else "file_unreadable")
        if messages.ids is None:
            self.info.append(("table", "data/tables/messages.csv", "citations_not_looked_up"))
        else:
            self.holds(len(messages.ids) == messages.rows, "table", "data/tables/messages.csv", "message_twice")
        for digest, count in counts.items():
            there = messages.by_source.get((digest, digest[:16]), 0)
            self.holds(there == count, "table", "data/tables/messages.csv", "rows_differ")
        listed = {t["path"] for t in self.bundle["tables"]}
        for name in self.files.seen:
            if name.startswith("data/tables/"):
                self.holds(name in listed, "table", name, "file_not_described")

    def documents(self) -> None:
        """Documents are those that bundle.json names."""
        for item in self.bundle["documents"]:
            self.cited(item)
        listed = {d["path"] for d in self.bundle["documents"]}
        for name in self.files.seen:
            if name.startswith("data/documents/"):
                self.holds(name in listed, "document", name, "file_not_described")

    def graph(self) -> None:
        """The graph: read while it went by (`Files.take`), against the files that were seen before it."""
        if self.bundle["graph"] is None:
            self.info.append(("graph", "data/graph", "no_graph"))
            self.holds(GRAPH not in self.files.seen, "graph", GRAPH, "file_not_described")
            return
        self.cited(self.bundle["graph"])
        self.holds(self.bundle["graph"]["path"] == GRAPH and GRAPH in self.files.seen, "graph", GRAPH, "file_missing")
        for why, where in self.files.graph:
            self.holds(False, "graph", printable(where) or GRAPH, why)
        digests = {e["source_digest"] for e in self.bundle["exhibits"]}
        self.holds(digests <= self.files.graph_digests, "graph", GRAPH, "graph_without_exhibit")

    def outside(self) -> None:
        """The commands for what other tools check."""
        self.tools = ["sha256sum -c manifest-sha256.txt tagmanifest-sha256.txt", "bagit.py --validate ."]
        for item in self.bundle.get("documents") or ():
            if isinstance(item, dict) and item.get("signed"):
                own = str(item["signed"].get("level")) == "B-B" if isinstance(item["signed"], dict) else False
                trust = "data/keys/signer.pem" + ("" if own else " --trust CA.pem")
                self.tools.append("pyhanko sign validate --pretty-print --trust %s --trust-replace %s" % (trust, item.get("path")))
                self.tools.append("pdfsig -nocert %s" % item.get("path"))
        for name in sorted(self.files.seen):
            if name.startswith("data/log/timestamps/") and name.endswith(".tsr"):
                note = "data/log/checkpoints/%s.note" % name.rsplit("/", 1)[1].split(".")[0].split("-")[0]
                self.tools.append("openssl ts -verify -data %s -in %s -CAfile CA.pem" % (note, name))
        if "data/graph/case.jsonld" in self.files.seen:
            self.tools.append("case_validate --built-version case-1.5.0 data/graph/case.jsonld")
        self.tools.append("openssl pkeyutl -verify -pubin -inkey data/keys/log.pem -rawin -in TEXT -sigfile SIGNATURE")


class Guard:
    """Inside: what is wrong becomes a finding and does not end the rest."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, Wrong):
            self.check.bad.append(error.finding)
            return True
        return False


# -- what people see ----------------------------------------------------------------------------------------------------


def check_path(path: str) -> Check:
    """Check a folder or a tar file."""
    files = Files()
    if os.path.isdir(path):
        folder_files(path, files)
    else:
        with open(path, "rb") as f:
            tar_files(f, files)
    return Check(files).run()


def as_json(check: Check) -> dict[str, Any]:
    """The result as Saksi prints it."""
    def rows(found: list[Finding]) -> list[dict[str, str]]:
        return [{"what": a, "where": b, "why": c} for a, b, c in found]

    return {"ok": not check.bad, "checked": check.checked, "bad": rows(check.bad), "info": rows(check.info), "tools": check.tools}


def say(key: str, lang: str, **values: int) -> str:
    """Words for people."""
    texts = WORDS[key]
    languages = {"id": texts[:1], "en": texts[1:]}.get(lang, texts)
    return "\n".join(t.format(**values) for t in languages)


def show(check: Check, lang: str) -> None:
    """The result in words."""
    out: list[str] = []
    key = "result_bad" if check.bad else "result_good"
    out.append(say(key, lang, checked=check.checked, bad=len(check.bad)))
    for what, where, why in check.bad[:LISTED_MAX]:
        out.append("- %s %s: %s" % (what, where, say(why, lang).replace("\n", " / ")))
    if len(check.bad) > LISTED_MAX:
        out.append(say("more", lang, more=len(check.bad) - LISTED_MAX))
    for what, where, why in check.info:
        out.append("* %s %s: %s" % (what, where, say(why, lang).replace("\n", " / ")))
    out.append("")
    out.append(say("outside", lang))
    out.extend("    " + tool for tool in check.tools)
    out.append("")
    out.append(say("limits", lang))
    sys.stdout.write("\n".join(out) + "\n")


def main(args: list[str]) -> int:
    """The command."""
    lang, as_data, rest = "both", False, list(args)
    paths: list[str] | None = []
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_data = True
        elif word == "--lang" and rest and rest[0] in ("id", "en"):
            lang = rest.pop(0)
        elif word.startswith("-"):
            paths = None
            break
        elif paths is not None:
            paths.append(word)
    if paths is None or len(paths) > 1:
        sys.stderr.write(say("use", lang) + "\n")
        return EXIT_USE
    path = paths[0] if paths else os.path.dirname(os.path.abspath(__file__))
    try:
        check = check_path(path)
    except OSError:
        sys.stderr.write(say("unreadable", lang) + "\n")
        return EXIT_USE
    if as_data:
        sys.stdout.write(json.dumps(as_json(check), ensure_ascii=False) + "\n")
    else:
        show(check, lang)
    return EXIT_BAD if check.bad else EXIT_GOOD


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
