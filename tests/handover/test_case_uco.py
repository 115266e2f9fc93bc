"""The CASE/UCO graph: what stands in it, that it depends on nothing else, and the checks that case_validate does not make."""

from __future__ import annotations

import io
import json
import tracemalloc
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.case.model import Person
from saksi.handover.case_uco import COLUMNS, Names, graph_lines, graph_of, namespace_of
from saksi.handover.graph_check import check_graph
from saksi.handover.model import CustodyAction, HandOver
from saksi.table.schema import MESSAGE_SCHEMA
from tests.handover.graph_samples import AT, SECRET, actions, case, document, files, graph, known_files
from tests.report.fake_case import FakeCase


def nodes(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data)["@graph"]
    return found


def of_kind(data: bytes, kind: str) -> list[dict[str, Any]]:
    return [n for n in nodes(data) if n.get("@type", "").endswith(":" + kind)]


def facet(node: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in node["uco-core:hasFacet"] if f["@type"].endswith(":" + kind))
    return found


def test_a_graph_as_written_holds() -> None:
    assert check_graph(io.BytesIO(document()), known_files()) == []


def test_messages_stand_as_the_table_has_them() -> None:
    data = document()
    messages = [facet(m, "MessageFacet") for m in of_kind(data, "Message")]
    assert [m.get("uco-observable:messageText") for m in messages] == [
        'Kirim dulu "uangnya"\n\u0000 \U0001f600', None, "besok", None, "halo semua", "hai", 'Kirim dulu "uangnya"'
    ]  # fmt: skip
    assert [m.get("uco-observable:sentTime", {}).get("@value") for m in messages] == [
        "2026-03-01T02:01:00Z", "2026-03-01T02:01:01Z", None, "2026-03-01T02:01:02Z", "2026-03-01T02:01:03Z",
        "2026-03-01T02:01:04Z", "2026-03-01T02:01:00Z",
    ]  # fmt: skip
    assert [m["uco-observable:messageType"] for m in messages] == [
        "text",
        "media",
        "text",
        "service",
        "text",
        "text",
        "text",
    ]


def test_who_wrote_to_whom_is_said_where_a_thread_has_two_accounts() -> None:
    data = document()
    names = {a["@id"]: a["uco-core:name"] for a in of_kind(data, "ApplicationAccount")}
    said = [
        (
            names.get(m.get("uco-observable:from", {}).get("@id")),
            [names[t["@id"]] for t in m.get("uco-observable:to", ())],
        )
        for m in (facet(m, "MessageFacet") for m in of_kind(data, "Message"))
    ]
    assert said[:4] == [("Dimas", ["Rara"]), ("Rara", ["Dimas"]), ("Rara", ["Dimas"]), (None, [])]
    assert all(to == [] for _, to in said[4:])  # three write in the group


def test_a_thread_lists_its_messages_in_order_and_a_repeated_row_once() -> None:
    data = document()
    messages = [m["@id"] for m in of_kind(data, "Message")]
    listed = [[i["co:itemContent"]["@id"] for i in n["co:item"]] for n in nodes(data) if "co:item" in n]
    assert listed == [messages[:4], messages[4:6]]
    sizes = [
        facet(t, "MessageThreadFacet")["uco-observable:messageThread"]["co:size"]["@value"]
        for t in of_kind(data, "MessageThread")
    ]
    assert sizes == ["4", "2"]


def test_every_action_has_a_record_for_each_exhibit_or_for_its_entry() -> None:
    data = document()
    records = {r["@id"]: r for r in of_kind(data, "ProvenanceRecord")}
    numbers = [
        (a["uco-core:name"], [records[r["@id"]]["case-investigation:exhibitNumber"] for r in a["uco-action:result"]])
        for a in of_kind(data, "InvestigativeAction")
    ]
    assert numbers == [
        ("create", ["LOG-0"]), ("seal", ["S1", "S2"]), ("view", ["LOG-2"]), ("transfer-out", ["SK-00C0FFEE-2026-03-02"])
    ]  # fmt: skip
    assert {t["uco-tool:version"] for t in of_kind(data, "Tool")} == {"0.1.0", "0.0.9"}


def test_a_mark_says_that_it_is_a_suggestion() -> None:
    (mark,) = of_kind(document(), "Annotation")
    assert (mark["uco-core:tag"], mark["saksi:state"]) == (["money_request", "sextortion"], "suggested")


def test_marks_of_messages_that_are_not_shown_are_left_out() -> None:
    fake = case()
    shown = [b.filter(pa.compute.not_equal(b.column("seq"), 0)) for b in fake.batches()]
    data = b"".join(graph_lines(graph(fake), shown))
    assert of_kind(data, "Annotation") == []
    assert check_graph(io.BytesIO(data), known_files()) == []


def test_without_text_no_word_of_a_message_is_there() -> None:
    fake = case()
    data = b"".join(graph_lines(graph(fake, text=False), fake.batches()))
    assert b"messageText" not in data
    assert b"uangnya" not in data
    assert b"messageText" in document()


def test_an_account_that_is_not_named_leaves_initials_only() -> None:
    fake = case()
    data = b"".join(graph_lines(graph(fake, stand_in={"Tono": "T.", "u7": "\u202601"}.get, text=False), fake.batches()))
    for hidden in ("Tono", "u7", "860 0000"):
        assert hidden.encode() not in data
    assert "T." in {a["uco-core:name"] for a in of_kind(data, "ApplicationAccount")}
    assert check_graph(io.BytesIO(data), known_files()) == []


def test_iris_are_uuids_of_a_secret_namespace() -> None:
    space = namespace_of(SECRET)
    assert (
        Names(space)("account", "whatsapp", "Rara")
        == f"urn:uuid:{uuid.uuid5(space, 'account' + chr(31) + 'whatsapp' + chr(31) + 'Rara')}"
    )
    fake = case()
    other = b"".join(graph_lines(graph(fake, secret=b"other" * 8), fake.batches()))
    ids = [{n["@id"] for n in nodes(data)} for data in (document(), other)]
    assert ids[0].isdisjoint(ids[1])


@given(st.text(), st.text())
def test_names_are_those_of_the_standard_library(a: str, b: str) -> None:
    space = uuid.UUID(int=5)
    assert Names(space)("k", a, b) == f"urn:uuid:{uuid.uuid5(space, chr(31).join(('k', a, b)))}"


def test_same_in_same_out_however_the_rows_are_cut() -> None:
    fake = case()
    assert document() == document(case())
    pieces = [batch.slice(i, 1) for batch in fake.batches() for i in range(batch.num_rows)]
    again = b"".join(graph_lines(graph(fake), pieces))
    assert {json.dumps(n) for n in nodes(again) if "co:item" not in n} == {
        json.dumps(n) for n in nodes(document()) if "co:item" not in n
    }
    assert check_graph(io.BytesIO(again), known_files()) == []


def many(count: int) -> Iterator[pa.RecordBatch]:
    """`count` messages of one thread, a thousand at a time."""
    fake = FakeCase()
    fake.message("a", "x" * 50, "Rara", 60)
    (one,) = fake.batches()
    for start in range(0, count, 1000):
        ids = pa.array([f"{start + i}" for i in range(1000)])
        batch = pa.Table.from_batches([one]).take(pa.array([0] * 1000)).combine_chunks().to_batches()[0]
        yield batch.set_column(MESSAGE_SCHEMA.get_field_index("message_id"), "message_id", ids)


def test_memory_does_not_grow_with_messages() -> None:
    peaks = []
    for count in (2_000, 20_000):
        tracemalloc.start()
        sum(len(line) for line in graph_lines(graph(case()), many(count)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 100_000


WRONG = {
    "time without zone": ("graph_time_without_zone", lambda d: d.replace(b"02:01:00Z", b"02:01:00", 1)),
    "iri no uuid": ("graph_iri_not_uuid", lambda d: d.replace(b"urn:uuid:", b"urn:guid:", 1)),
    "a hash of another file": ("graph_hash_differs", lambda d: d.replace(b"05" * 32, b"07" * 32)),
    "a size of another file": ("graph_size_differs", lambda d: d.replace(b'"900"', b'"901"', 1)),
    "a file that is not there": ("graph_file_not_in_bag", lambda d: d.replace(b"data/tables/", b"data/table/")),
    "a file not told of": ("graph_file_left_out", lambda d: d.replace(b'"uco-observable:filePath":"data/S1/chat.txt",', b"")),
    "no record": ("graph_action_without_record", lambda d: d.replace(b"n:ProvenanceRecord", b"n:Authorization", 1)),
    "no start": ("graph_action_incomplete", lambda d: d.replace(b"uco-action:startTime", b"uco-action:endTime", 1)),
    "dangling": ("graph_dangling", lambda d: b"\n".join(x for x in d.split(b"\n") if b'e:Application"' not in x)),
    "an inner context": ("graph_unknown_term", lambda d: d.replace(b'"uco-core:name"', b'"@context":{},"uco-core:name"', 1)),
    "a whole IRI": ("graph_unknown_term", lambda d: d.replace(b"xsd:dateTime", b"http://www.w3.org/2001/XMLSchema#dateTime", 1)),
    "a list of types": ("graph_unknown_term", lambda d: d.replace(b'"@type":"uco-tool:Tool"', b'"@type":["uco-tool:Tool"]', 1)),
    "a member twice": ("graph_member_twice", lambda d: d.replace(b'"uco-core:name"', b'"uco-core:name":"","uco-core:name"', 1)),
    "another context": ("graph_unreadable", lambda d: d.replace(b"XMLSchema#", b"XMLSchema", 1)),
    "cut": ("graph_unreadable", lambda d: d[:-3]),
    "cut in a line": ("graph_unreadable", lambda d: d[:-300]),
    "goes on": ("graph_unreadable", lambda d: d + b"\n"),
    "no comma": ("graph_unreadable", lambda d: d.replace(b"},\n", b"}\n", 1)),
    "comma before the end": ("graph_unreadable", lambda d: d.replace(b"}\n]}", b"},\n]}")),
    "not UTF-8": ("graph_unreadable", lambda d: d.replace(b"besok", b"be\xffok")),
    "not JSON": ("graph_unreadable", lambda d: d.replace(b"besok", b'be"ok')),
    "nested": ("graph_unreadable", lambda d: d.replace(b'"besok"', b"[" * 100_000 + b"]" * 100_000)),
    "no node": ("graph_unreadable", lambda d: d.replace(b"\n{", b"\n[],\n{", 1)),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_hold_is_told(what: str) -> None:
    code, change = WRONG[what]
    data = document()
    changed = change(data)  # type: ignore[no-untyped-call]
    assert changed != data
    assert code in {why for why, _ in check_graph(io.BytesIO(changed), known_files())}


def test_nothing_of_a_message_is_in_a_finding() -> None:
    found = check_graph(io.BytesIO(document().replace(b"besok", b'rahasia "besok')), known_files())
    assert found
    assert not any("rahasia" in where or "besok" in where for _, where in found)


@given(st.data())
def test_any_bytes_end_in_findings_never_in_an_error(data: st.DataObject) -> None:
    good = bytearray(document())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    check_graph(io.BytesIO(bytes(good)), known_files())


def test_the_log_is_what_an_entry_record_is_about() -> None:
    data = document()
    (record,) = [r for r in of_kind(data, "ProvenanceRecord") if r["case-investigation:exhibitNumber"] == "LOG-0"]
    paths = {f["@id"]: facet(f, "FileFacet").get("uco-observable:filePath") for f in of_kind(data, "File")}
    assert [paths[o["@id"]] for o in record["uco-core:object"]] == ["data/log/entries.jsonl"]
    assert record["uco-core:objectCreatedTime"]["@value"] == actions()[0].time


def test_the_graph_of_a_view_shows_what_documents_may() -> None:
    fake = case()
    withheld = fake.mark(fake.rows[2]["message_id"], "service_offer", "exploitation", by="at_risk")
    fake.people = (Person("P1", "suspect", ("Dimas",), "Dimas S."),)
    entry = CustodyAction(3, "13" * 32, "2026-03-02T02:59:59Z", "transfer-out", "w1", "saksi", "0.1.0", result="begun")
    given = HandOver("certificate", "sha256:00", "selection", "w1", AT, "laporan", event_id=entry.event_id)
    made = graph_of(fake, namespace=namespace_of(SECRET), files=files(), actions=[*actions(), entry], hand_over=given)
    data = b"".join(graph_lines(made, fake.batches(COLUMNS)))
    assert check_graph(io.BytesIO(data), known_files()) == []
    assert withheld not in {m["saksi:markId"] for m in of_kind(data, "Annotation")}
    assert len(of_kind(data, "Annotation")) == 1
    (transfer,) = [a for a in of_kind(data, "InvestigativeAction") if a["uco-core:name"] == "transfer-out"]
    assert (transfer["saksi:extent"], transfer["saksi:outcome"]) == ("selection", "begun")
    assert len(transfer["uco-action:object"]) == len(files())
    (person,) = of_kind(data, "Person")
    owners = [facet(a, "AccountFacet").get("uco-observable:owner") for a in of_kind(data, "ApplicationAccount")]
    assert owners.count({"@id": person["@id"]}) == 1
