"""A hand-over as a CASE/UCO 1.5.0 graph (JSON-LD), for the tools of forensic laboratories.

    graph = graph_of(view, namespace=namespace_of(vault.subkey("graph")), files=…, actions=…, hand_over=…)
    for line in graph_lines(graph, view.batches(COLUMNS)): …

Rules, in order:
1. Streamed: one node a line, the lines of one message after the other; memory grows with accounts, threads and marked messages,
   never with messages. The whole is one JSON document: `{"@context":{…},"@graph":[`, nodes, `]}`.
2. IRIs are `urn:uuid:` with a UUIDv5 (RFC 9562) of the case's secret namespace (`namespace_of`) and stable ids. The namespace is
   derived from the case key: nobody can test a guessed account or message against an IRI, and the same thing has the same IRI
   in every hand-over of a case.
3. Every custody action is an InvestigativeAction whose results are ProvenanceRecords, one an exhibit, or one of the log entry
   itself; the ontology does not enforce that yet (casework/CASE issues 136, 146), `graph_check` does.
4. Every time has an offset. A message whose instant is not known has no sentTime; its place in the thread is its index.
5. Nothing is added to what the caller shows: rows come as the receiver may read them; `Graph.text` False leaves all texts out;
   `Graph.stand_in` gives initials for people who are not named, and then neither identifier nor display name of that account.
6. What the ontology has no property for stands under `saksi:` (its own namespace, which case_validate accepts; an unknown
   property inside the ontology's own namespaces makes it end with 1). `hashMethod` is the plain text "SHA256" (UCO 1.4 and later).

Unparsed rows are no messages and are left to the message table. Source: UCO 1.4 and CASE 1.5 ontologies as shipped in
case-utils 0.18; docs/handover/graph.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from saksi.case.model import CaseView
from saksi.handover.graph_check import CONTEXT
from saksi.handover.model import BundleFile, CustodyAction, HandOver
from saksi.report._evidence import shown_marks
from saksi.table.threads import account_column

PIECE: Final = 500
"""Messages of a thread named in one line: lines stay readable for programs that read line by line."""

COLUMNS: Final = (
    "message_id", "source_digest", "thread_id", "platform", "sent_at", "sent_at_text", "sent_at_basis", "sender_id", "sender_name",
    "kind", "text", "reply_to", "duplicate_of", "attachments",
)  # fmt: skip
"""Columns of the message table that the graph needs."""

_VARIANT: Final = {n: "89ab"[int(n, 16) & 3] for n in "0123456789abcdef"}
_text: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class GraphExhibit:
    """One source of the case, in the bag or not. source_digest: what its message rows carry (joins rows and exhibit).

    digest: the SHA-256 to be shown, None: not shown. name: as shown, None: not shown.
    """

    label: str
    source_digest: str
    digest: str | None = None
    size_bytes: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class GraphThread:
    """One thread. accounts: every account that writes in the rows that are shown."""

    source_digest: str
    thread_id: str | None
    platform: str
    title: str | None = None
    accounts: Sequence[str] = ()


@dataclass(frozen=True)
class GraphPerson:
    """A person, after a caseworker's decision. shown: name or initials or None. role: at_risk, suspect, buyer, helper, other."""

    code: str
    role: str
    accounts: Sequence[str]
    shown: str | None = None


@dataclass(frozen=True)
class GraphMark:
    """A mark that may be shown. state: suggested or confirmed. start, end: code points of the message's text."""

    mark_id: str
    message_id: str
    signal: str
    phase: str | None
    strength: str
    state: str
    start: int
    end: int
    rule: str
    version: int


@dataclass(frozen=True)
class Graph:
    """Everything but the messages. namespace: `namespace_of`; code: the case's; log_path: the log's file in the bag, or None.

    organisation: who holds the case, as it may be named, or None. stand_in: account -> initials, None: named as exported.
    """

    namespace: UUID
    code: str
    files: Sequence[BundleFile]
    actions: Sequence[CustodyAction]
    hand_over: HandOver
    tool_version: str
    exhibits: Sequence[GraphExhibit] = ()
    threads: Sequence[GraphThread] = ()
    people: Sequence[GraphPerson] = ()
    marks: Sequence[GraphMark] = ()
    organisation: str | None = None
    text: bool = True
    stand_in: Callable[[str], str | None] = field(default=lambda _: None)


def graph_of(
    view: CaseView, *, namespace: UUID, files: Sequence[BundleFile], actions: Sequence[CustodyAction], hand_over: HandOver,
    organisation: str | None = None, text: bool = True,
) -> Graph:  # fmt: skip
    """The graph of what `view` shows (redacted where the view is): marks that documents may speak of, persons decided on."""
    shown = {m.mark_id: m for m in shown_marks(view).marks}
    marks = [
        GraphMark(m["mark_id"], m["message_id"], m["signal"], m["phase"], m["strength"],
                  "suggested" if shown[m["mark_id"]].decision is None else "confirmed", m["start"], m["end"], m["rule"], m["version"])
        for m in view.marks.drop_columns(["because"]).to_pylist() if m["mark_id"] in shown
    ]  # fmt: skip
    exhibits = []
    for s in view.sources:
        told = s.account["source"]
        exhibits.append(GraphExhibit(s.label, told["digest"], told["digest"], told["bytes"], told["name"]))
    return Graph(
        namespace, view.code, files, actions, hand_over, view.version, exhibits,
        [GraphThread(t.source_digest, t.thread_id, t.platform, t.title, tuple(t.accounts)) for t in view.threads],
        [GraphPerson(p.code, p.role, p.accounts, p.name) for p in view.people], marks, organisation, text,
    )  # fmt: skip


def namespace_of(secret: bytes) -> UUID:
    """The case's namespace, from a key of its own (`Vault.subkey("graph")`): never from anything that can be guessed."""
    return UUID(bytes=hashlib.sha256(b"saksi-graph-v1\n" + secret).digest()[:16])


class Names:
    """IRIs: `names("message", id)`; the same as `uuid.uuid5` of kind and ids joined by U+001F, several times faster."""

    def __init__(self, namespace: UUID) -> None:
        self._space = namespace.bytes

    def __call__(self, kind: str, *ids: str) -> str:
        name = "\x1f".join((kind, *ids)).encode("utf-8", "surrogatepass")
        h = hashlib.sha1(self._space + name, usedforsecurity=False).hexdigest()
        return f"urn:uuid:{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


Node = dict[str, Any]


def _ref(iri: str) -> Node:
    return {"@id": iri}


def _refs(iris: Iterable[str]) -> list[Node]:
    return [{"@id": i} for i in dict.fromkeys(iris)]


def _time(text: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": text}


def _number(n: int, kind: str = "integer") -> Node:
    return {"@type": f"xsd:{kind}", "@value": str(n)}


def _node(iri: str, kind: str, **members: Any) -> Node:
    """A node without the members that are None or empty; "core_name" stands for "uco-core:name"."""
    node: Node = {"@id": iri, "@type": kind}
    for name, value in members.items():
        if value is not None and value != []:
            prefix, _, local = name.partition("_")
            node[f"{_PREFIXES[prefix]}:{local}"] = value
    return node


_PREFIXES: Final = {
    "core": "uco-core", "obs": "uco-observable", "act": "uco-action", "tool": "uco-tool", "types": "uco-types",
    "inv": "case-investigation", "co": "co", "saksi": "saksi",
}  # fmt: skip


def _line(node: Node) -> bytes:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode()


class _Still:
    """Nodes that do not depend on messages."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.names = graph, Names(graph.namespace)

    def exhibit_iri(self, label: str) -> str:
        return self.names("exhibit", label)

    def file_iri(self, path: str) -> str:
        return self.names("file", self.graph.hand_over.at, path)

    def hashes(self, iri: str, **hex_by_method: str | None) -> list[Node]:
        return [
            {"@id": self.names("hash", iri, method), "@type": "uco-types:Hash", "uco-types:hashMethod": method,
             "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value}}
            for method, value in hex_by_method.items() if value is not None
        ]  # fmt: skip

    def file(self, iri: str, *, name: str | None, path: str | None, size: int | None, mime: str | None,
             **hex_by_method: str | None) -> Node:  # fmt: skip
        bytes_ = None if size is None else _number(size)
        facets = [
            _node(self.names("file-facet", iri), "uco-observable:FileFacet", obs_fileName=name, obs_filePath=path,
                  obs_sizeInBytes=bytes_),
            _node(self.names("content-facet", iri), "uco-observable:ContentDataFacet", obs_mimeType=mime, obs_sizeInBytes=bytes_,
                  obs_hash=self.hashes(iri, **hex_by_method)),
        ]  # fmt: skip
        return _node(iri, "uco-observable:File", core_hasFacet=facets)

    def relation(self, kind: str, source: str, target: str) -> Node:
        return _node(
            self.names("relation", kind, source, target), "uco-observable:ObservableRelationship", core_source=_ref(source),
            core_target=_ref(target), core_kindOfRelationship=kind, core_isDirectional={"@type": "xsd:boolean", "@value": "true"},
        )  # fmt: skip

    def exhibits(self) -> Iterator[Node]:
        for e in self.graph.exhibits:
            node = self.file(self.exhibit_iri(e.label), name=e.name, path=None, size=e.size_bytes, mime=None, SHA256=e.digest)
            yield {**node, "uco-core:name": e.label}

    def files(self) -> Iterator[Node]:
        labels = {e.label for e in self.graph.exhibits}
        for f in self.graph.files:
            iri = self.file_iri(f.path)
            yield self.file(iri, name=f.path.rpartition("/")[2], path=f.path, size=f.size_bytes, mime=f.media_type,
                            SHA256=f.sha256, SHA512=f.sha512)  # fmt: skip
            if f.exhibit in labels:
                kind = "Copied_From" if f.role == "source" else "Extracted_From"
                yield self.relation(kind, iri, self.exhibit_iri(str(f.exhibit)))

    def who(self) -> Iterator[Node]:
        """Tools, those who acted (codes), the organisation, who receives."""
        g = self.graph
        tools = dict.fromkeys([*((a.tool, a.tool_version) for a in g.actions), ("saksi", g.tool_version)])
        for name, version in tools:
            yield _node(self.names("tool", name, version), "uco-tool:Tool", core_name=name, tool_version=version)
        roles = {a.actor: a.role for a in g.actions}
        for actor in dict.fromkeys([*(a.actor for a in g.actions), g.hand_over.by]):
            yield _node(self.names("actor", actor), "uco-identity:Identity", core_name=actor, saksi_role=roles.get(actor))
        if g.organisation is not None:
            yield _node(self.names("organisation"), "uco-identity:Organization", core_name=g.organisation)
        yield _node(self.recipient(), "uco-identity:Identity", core_name=g.hand_over.fingerprint or g.hand_over.recipient,
                    saksi_recipientKind=g.hand_over.recipient)  # fmt: skip

    def recipient(self) -> str:
        return self.names("recipient", self.graph.hand_over.fingerprint or self.graph.hand_over.recipient)

    def provenance(self, action: CustodyAction, label: str | None) -> Node:
        """What an action left behind: one exhibit, or the log's entry where it was about the case as a whole."""
        log = [self.file_iri(f.path) for f in self.graph.files if f.role == "log"][:1]
        about = log if label is None else [self.exhibit_iri(label)]
        return _node(
            self.names("provenance", action.event_id, label or ""), "case-investigation:ProvenanceRecord",
            inv_exhibitNumber=label or f"LOG-{action.seq}", core_objectCreatedTime=_time(action.time), core_object=_refs(about),
            saksi_logEntry=_number(action.seq, "nonNegativeInteger"),
        )  # fmt: skip

    def action(self, action: CustodyAction) -> Iterator[Node]:
        if action.event_id == self.graph.hand_over.event_id:
            yield from self.handing_over(action)
            return
        known = {e.label for e in self.graph.exhibits}
        labels: list[str | None] = [label for label in dict.fromkeys(action.exhibits) if label in known]
        records = [self.provenance(action, label) for label in labels or [None]]
        yield from records
        yield _node(
            self.names("action", action.event_id), "case-investigation:InvestigativeAction", core_name=action.action,
            act_startTime=_time(action.time), act_performer=_ref(self.names("actor", action.actor)),
            act_instrument=_refs([self.names("tool", action.tool, action.tool_version)]),
            act_object=_refs(self.exhibit_iri(label) for label in labels if label is not None),
            act_result=_refs(r["@id"] for r in records), saksi_logEntry=_number(action.seq, "nonNegativeInteger"),
            saksi_leafHash=action.event_id, saksi_localZone=action.zone, saksi_sealedObject=list(action.objects),
            saksi_outcome=action.result, saksi_purpose=action.purpose, saksi_authority=action.authority,
        )  # fmt: skip

    def handing_over(self, logged: CustodyAction | None = None) -> Iterator[Node]:
        """The hand-over itself: who receives which files. logged: its entry in the log, where that is shown."""
        h, files = self.graph.hand_over, [self.file_iri(f.path) for f in self.graph.files]
        of = logged or CustodyAction(-1, "hand-over " + h.at, h.at, "transfer-out", h.by, "saksi", self.graph.tool_version)
        seq = None if logged is None else _number(of.seq, "nonNegativeInteger")
        record = self.names("provenance", of.event_id, "")
        yield _node(record, "case-investigation:ProvenanceRecord", inv_exhibitNumber=f"{self.graph.code}-{h.at[:10]}",
                    core_objectCreatedTime=_time(of.time), core_object=_refs(files), saksi_logEntry=seq)  # fmt: skip
        yield _node(
            self.names("action", of.event_id), "case-investigation:InvestigativeAction", core_name=of.action,
            act_startTime=_time(of.time), act_performer=_ref(self.names("actor", of.actor)),
            act_participant=_refs([self.recipient()]), act_instrument=_refs([self.names("tool", of.tool, of.tool_version)]),
            act_object=_refs(files), act_result=_refs([record]), saksi_logEntry=seq,
            saksi_leafHash=None if logged is None else of.event_id, saksi_localZone=of.zone, saksi_outcome=of.result,
            saksi_extent=h.what, saksi_purpose=h.purpose, saksi_authority=h.authority,
        )  # fmt: skip

    def logged(self) -> bool:
        """Whether the hand-over's own entry is among the actions."""
        return any(a.event_id == self.graph.hand_over.event_id for a in self.graph.actions)

    def people(self) -> Iterator[Node]:
        for p in self.graph.people:
            yield _node(self.names("person", p.code), "uco-identity:Person", core_name=p.shown or p.code, saksi_role=p.role)

    def mark(self, mark: GraphMark) -> Node:
        """A mark is a statement about a message, and says whether a person confirmed it."""
        return _node(
            self.names("mark", mark.mark_id), "uco-core:Annotation", core_object=_refs([self.names("message", mark.message_id)]),
            core_tag=[t for t in (mark.signal, mark.phase) if t is not None], saksi_state=mark.state, saksi_strength=mark.strength,
            saksi_start=_number(mark.start), saksi_end=_number(mark.end), saksi_rule=f"{mark.rule}@{mark.version}",
            saksi_markId=mark.mark_id,
        )  # fmt: skip

    def investigation(self) -> Node:
        g = self.graph
        actions = [self.names("action", a.event_id) for a in g.actions]
        if not self.logged():
            actions.append(self.names("action", "hand-over " + g.hand_over.at))
        threads = [thread_iri(self.names, t.source_digest, t.thread_id) for t in g.threads]
        return _node(
            self.names("investigation"), "case-investigation:Investigation", core_name=g.code,
            core_externalReference=[
                _node(self.names("case-number"), "uco-core:ExternalReference", core_externalIdentifier=g.code)
            ],
            core_object=_refs([*(self.exhibit_iri(e.label) for e in g.exhibits), *threads, *actions]),
        )  # fmt: skip


def thread_iri(names: Names, source_digest: str, thread_id: str | None) -> str:
    """The IRI of a MessageThread."""
    return names("thread", source_digest, *(() if thread_id is None else (thread_id,)))


@dataclass
class _Thread:
    """What is known of a thread while its messages pass by. open: members not yet written."""

    iri: str
    items: str
    platform: str
    members: dict[str, None]  # accounts, in order
    told: GraphThread | None
    written: int = 0
    open: list[tuple[int, str]] = field(default_factory=list)


class _Messages:
    """Nodes of messages, accounts and threads, made as rows pass by."""

    def __init__(self, still: _Still) -> None:
        self.still, self.names, self.graph = still, still.names, still.graph
        self.threads: dict[tuple[str, str | None], _Thread] = {}
        self.applications: dict[str, str] = {}
        self.accounts: dict[tuple[str, str], str] = {}
        self.owners = {a: p.code for p in self.graph.people for a in p.accounts}
        self.wanted = {m.message_id for m in self.graph.marks}
        self.marked: set[str] = set()
        self.labels = {e.source_digest: e.label for e in self.graph.exhibits}

    def told_threads(self) -> Iterator[bytes]:
        """The accounts and threads that are known beforehand: who reads a message of two people is known from its first."""
        for t in self.graph.threads:
            yield from self.application(t.platform)
            for account in t.accounts:
                yield from self.account(t.platform, account, None)
            self.thread((t.source_digest, t.thread_id), t.platform, t)

    def thread(self, key: tuple[str, str | None], platform: str, told: GraphThread | None = None) -> _Thread:
        found = self.threads.get(key)
        if found is None:
            iri = thread_iri(self.names, *key)
            members = dict.fromkeys(told.accounts if told is not None else ())
            found = self.threads[key] = _Thread(iri, self.names("thread-list", iri), platform, members, told)
        return found

    def application(self, platform: str) -> Iterator[bytes]:
        if platform not in self.applications:
            iri = self.applications[platform] = self.names("application", platform)
            yield _line(_node(iri, "uco-observable:Application", core_name=platform))

    def account(self, platform: str, account: str, display: str | None) -> Iterator[bytes]:
        """The node of an account, the first time it is met."""
        if (platform, account) in self.accounts:
            return
        iri = self.accounts[platform, account] = self.names("account", platform, account)
        stand_in = self.graph.stand_in(account)
        owner = self.owners.get(account)
        facets = [
            _node(self.names("application-account-facet", iri), "uco-observable:ApplicationAccountFacet",
                  obs_application=_ref(self.applications[platform])),
            _node(self.names("account-facet", iri), "uco-observable:AccountFacet",
                  obs_accountIdentifier=account if stand_in is None else None,
                  obs_owner=None if owner is None else _ref(self.names("person", owner))),
        ]  # fmt: skip
        name = stand_in if stand_in is not None else display or account
        yield _line(_node(iri, "uco-observable:ApplicationAccount", core_name=name, core_hasFacet=facets))

    def batch(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """The lines of one batch."""
        rows = {name: batch.column(name).to_pylist() for name in COLUMNS if name not in ("sent_at", "attachments")}
        rows["sent_at"] = instants(batch.column("sent_at"))
        rows["account"] = account_column(batch).to_pylist()
        attached = pc.fill_null(pc.list_value_length(batch.column("attachments")), 0).to_pylist()
        for i, kind in enumerate(rows["kind"]):
            if kind == "unparsed":
                continue
            row = {name: column[i] for name, column in rows.items()}
            yield from self.message(row)
            if attached[i]:
                yield from self.attachments(row["message_id"], batch.column("attachments")[i].as_py())
        for thread in self.threads.values():
            if thread.open:
                yield self.piece(thread)

    def message(self, row: Mapping[str, Any]) -> Iterator[bytes]:
        """The line of one message, put together by hand: this runs a million times."""
        platform, account, message_id = row["platform"] or "", row["account"], row["message_id"]
        if platform not in self.applications:
            yield from self.application(platform)
        thread = self.thread((row["source_digest"], row["thread_id"]), platform)
        names = self.names
        iri = names("message", message_id)
        parts = [
            f'{{"@id":"{iri}","@type":"uco-observable:Message","uco-core:hasFacet":[{{"@id":"{names("message-facet", message_id)}",'
            f'"@type":"uco-observable:MessageFacet","uco-observable:application":{{"@id":"{self.applications[platform]}"}},'
            f'"uco-observable:messageID":{_json(message_id)},"uco-observable:messageType":{_json(row["kind"])}'
        ]
        if account is not None:
            if (platform, account) not in self.accounts:
                yield from self.account(platform, account, row["sender_name"])
            thread.members[account] = None
            parts.append(f',"uco-observable:from":{{"@id":"{self.accounts[platform, account]}"}}')
            parts.append(self.readers_of(thread, account))
        if row["sent_at"] is not None:
            parts.append(f',"uco-observable:sentTime":{{"@type":"xsd:dateTime","@value":"{row["sent_at"]}"}}')
        if self.graph.text and row["text"] is not None:
            parts.append(f',"uco-observable:messageText":{_json(row["text"])}')
        parts.append("}]" + self.own(row) + "}")
        yield "".join(parts).encode()
        if message_id in self.wanted:
            self.marked.add(message_id)
        if row["duplicate_of"] is None:
            thread.written += 1
            thread.open.append((thread.written, iri))
            if len(thread.open) >= PIECE:
                yield self.piece(thread)

    def readers_of(self, thread: _Thread, account: str) -> str:
        """`to`, where a thread is known beforehand to be of exactly two accounts."""
        if thread.told is None or len(thread.members) != 2:
            return ""
        (other,) = (a for a in thread.members if a != account)
        return f',"uco-observable:to":[{{"@id":"{self.accounts[thread.platform, other]}"}}]'

    def own(self, row: Mapping[str, Any]) -> str:
        """What the ontology has no property for."""
        said = {
            "saksi:timeAsWritten": row["sent_at_text"], "saksi:timeBasis": row["sent_at_basis"],
            "saksi:replyTo": row["reply_to"], "saksi:duplicateOf": row["duplicate_of"],
        }  # fmt: skip
        return "".join(f',"{name}":{_json(value)}' for name, value in said.items() if value is not None)

    def attachments(self, message_id: str, attached: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
        """A File for each named attachment; digest and size are known where the medium was in the source."""
        for n, a in enumerate(attached):
            iri = self.names("attachment", message_id, str(n))
            mime = a["media_type"] if a["media_type"] is not None and "/" in a["media_type"] else None
            node = self.still.file(iri, name=a["name"], path=None, size=a["size"], mime=mime, SHA256=a["digest"])
            yield _line({**node, "saksi:attachmentState": a["state"]})
            yield _line(self.still.relation("Attachment_Of", iri, self.names("message", message_id)))

    def piece(self, thread: _Thread) -> bytes:
        """The members of a thread's list that were not yet written. Several lines speak of one list: JSON-LD joins them."""
        items = [
            {"@id": self.names("thread-item", iri), "@type": "uco-types:ThreadItem",
             "co:index": _number(index, "positiveInteger"), "co:itemContent": _ref(iri)}
            for index, iri in thread.open
        ]  # fmt: skip
        elements = [_ref(iri) for _, iri in thread.open]
        thread.open = []
        return _line({"@id": thread.items, "co:element": elements, "co:item": items})

    def ended(self) -> Iterator[bytes]:
        """Threads as wholes, once every message was seen."""
        for (digest, _), thread in self.threads.items():
            title = None if thread.told is None else thread.told.title
            facet = _node(
                self.names("thread-facet", thread.iri), "uco-observable:MessageThreadFacet",
                obs_participant=_refs(self.accounts[thread.platform, a] for a in thread.members),
                obs_messageThread=_node(thread.items, "uco-types:Thread", co_size=_number(thread.written, "nonNegativeInteger")),
            )  # fmt: skip
            yield _line(_node(thread.iri, "uco-observable:MessageThread", core_name=title, core_hasFacet=[facet]))
            if digest in self.labels:
                yield _line(self.still.relation("Contained_Within", thread.iri, self.still.exhibit_iri(self.labels[digest])))
        for mark in self.graph.marks:
            if mark.message_id in self.marked:
                yield _line(self.still.mark(mark))


def _json(text: str) -> str:
    return _text(text).decode()


def instants(column: Any) -> list[str | None]:
    """timestamp(us, UTC) -> "2026-01-31T17:05:00Z", fractions only where there are any."""
    texts: list[str | None] = pc.strftime(column, "%Y-%m-%dT%H:%M:%S").to_pylist()
    return [None if t is None else f"{t.removesuffix('000000').rstrip('.')}Z" for t in texts]


def graph_nodes(graph: Graph, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """The nodes, one JSON object each, without the document around them."""
    still = _Still(graph)
    messages = _Messages(still)
    for nodes in (still.who(), still.people(), still.exhibits(), still.files()):
        yield from map(_line, nodes)
    for action in graph.actions:
        yield from map(_line, still.action(action))
    if not still.logged():
        yield from map(_line, still.handing_over())
    yield from messages.told_threads()
    for batch in batches:
        yield from messages.batch(batch)
    yield from messages.ended()
    yield _line(still.investigation())


def graph_lines(graph: Graph, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """The JSON-LD document, line by line. batches: MESSAGE_SCHEMA (at least COLUMNS), as the receiver may see them."""
    context = json.dumps(CONTEXT, sort_keys=True, separators=(",", ":"))
    before = f'{{"@context":{context},"@graph":[\n'.encode()
    for node in graph_nodes(graph, batches):
        yield before + node
        before = b",\n"
    yield b"\n]}\n"
