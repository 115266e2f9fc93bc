"""A small hand-over's graph, every kind of node in it. All made up."""

from __future__ import annotations

from collections.abc import Callable

from saksi.handover.case_uco import Graph, GraphExhibit, GraphMark, GraphPerson, GraphThread, graph_lines, namespace_of
from saksi.handover.model import BundleFile, CustodyAction, HandOver
from tests.report.fake_case import FakeCase

AT = "2026-03-02T03:00:00Z"
SECRET = b"k" * 32


def case() -> FakeCase:
    """Two sources: a chat of two with an attachment, a mark and an unknown time; a group that repeats one row."""
    fake = FakeCase()
    first = fake.message("a", 'Kirim dulu "uangnya"\n\u0000 \U0001f600', "Dimas", 60)
    medium = {"name": "IMG-1.jpg", "digest": "ab" * 32, "media_type": "image", "size": 9, "state": "present"}
    fake.message("a", None, "Rara", 61, kind="media", attachments=[medium], reply_to=first)
    fake.message("a", "besok", "Rara", None)
    fake.message("a", None, None, 62, kind="service")
    fake.message("a", "???", None, None, kind="unparsed")
    fake.message("b", "halo semua", "Tono", 63, thread_title=None)
    fake.message("b", "hai", "+62 860 0000 0001", 64, sender_id="u7")
    fake.message("b", 'Kirim dulu "uangnya"', "Dimas", 60, duplicate_of=first)
    fake.mark(first, "money_request", "sextortion")
    return fake


def files() -> list[BundleFile]:
    """Three files of the bag."""
    return [
        BundleFile("data/log/entries.jsonl", 900, "01" * 32, "02" * 64, "application/jsonl", "log"),
        BundleFile("data/S1/chat.txt", 700, "03" * 32, "04" * 64, "text/plain", "source", "S1"),
        BundleFile("data/tables/messages.csv", 500, "05" * 32, "06" * 64, "text/csv", "table"),
    ]


def actions() -> list[CustodyAction]:
    """The beginning of a log."""
    made = ("saksi", "0.1.0")
    return [
        CustodyAction(0, "10" * 32, "2026-03-02T02:00:00Z", "create", "user", *made),
        CustodyAction(1, "11" * 32, "2026-03-02T02:00:01.25Z", "seal", "w1", *made, zone="Asia/Jakarta", role="caseworker",
                      exhibits=("S1", "S2"), objects=("o" + "a" * 32,), result="ok", purpose="laporan", authority="kuasa-1"),
        CustodyAction(2, "12" * 32, "2026-03-02T02:10:00Z", "view", "w1", "saksi", "0.0.9", exhibits=("S9",)),
    ]  # fmt: skip


def graph(
    fake: FakeCase, *, text: bool = True, secret: bytes = SECRET, stand_in: Callable[[str], str | None] = lambda _: None
) -> Graph:
    """Everything of `fake` but its messages."""
    return Graph(
        namespace_of(secret), fake.code, files(), actions(),
        HandOver("age", "age1" + "q" * 58, "all", "w1", AT, "laporan polisi", "surat kuasa"), "0.1.0",
        exhibits=[
            GraphExhibit(s.label, s.account["source"]["digest"], s.account["source"]["digest"],
                         s.account["source"]["bytes"], "chat.txt")
            for s in fake.sources
        ],
        threads=[GraphThread(t.source_digest, t.thread_id, t.platform, t.title, list(t.accounts)) for t in fake.threads],
        people=[GraphPerson("P1", "at_risk", ("Rara",), "R.")],
        marks=[
            GraphMark(m["mark_id"], m["message_id"], m["signal"], m["phase"], m["strength"], "suggested", m["start"], m["end"],
                      m["rule"], m["version"])
            for m in fake.mark_rows
        ],
        organisation="Rumah Contoh", text=text, stand_in=stand_in,
    )  # fmt: skip


def document(fake: FakeCase | None = None) -> bytes:
    """The graph as it lies in a bag."""
    fake = fake or case()
    return b"".join(graph_lines(graph(fake), fake.batches()))


def known_files() -> dict[str, tuple[int, str]]:
    """What a manifest says of the files."""
    return {f.path: (f.size_bytes, f.sha256) for f in files()}
