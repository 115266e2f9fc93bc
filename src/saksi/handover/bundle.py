"""Put a bundle together: what goes in, in which order, and bundle.json that ties it all to the log.

    order = Order(…)                                  what was asked for, checked
    bundle = Bundle(case, order, …)                   writes the `transfer-out` entry and a checkpoint over it
    for block in bundle.blocks(): …                   the bag as a tar stream

A file of the bag is written once and cited by its SHA-256 in bundle.json, which comes last of the payload. Every chosen exhibit
has: its source's digest, the log entry that sealed it, that entry's proof under a signed checkpoint, and the opening of the
entry's commitment to the digest. docs/bundle-format.md says it byte by byte for outsiders; verify.py checks it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from saksi import __version__, report
from saksi.case.signer import signer_of
from saksi.case.store import Case
from saksi.case.view import StoredView
from saksi.handover import case_uco, pades
from saksi.handover.bag import Bag, BagFile, generated, of_bytes
from saksi.handover.envelope import Recipient
from saksi.handover.model import BundleFile, CustodyAction, HandOver, What
from saksi.handover.redaction import PROFILE, PROFILE_VERSION, RedactedView
from saksi.handover.selection import SelectedView, Selection
from saksi.handover.sources import SourceFiles, media_rule_of
from saksi.report._evidence import shown_marks
from saksi.table.schema import IDENTIFIER_SCHEMA, MARK_SCHEMA, MESSAGE_SCHEMA, PROBLEM_SCHEMA
from saksi.table.write import row_blocks
from saksi.times import utc_text
from saksi.vault import custody, merkle, proofs, timestamps, witness
from saksi.vault.notes import Checkpoint, verifier_key
from saksi.words import say

FORMAT: Final = "saksi-bundle"
FORMAT_VERSION: Final = 1
TYPES: Final = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ID_LETTERS: Final = 20
"""Letters of a bundle's id (94 bits): letters only, since the log takes no long numbers."""

ED25519_DER: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""

SIGNER: Final = "data/keys/signer.pem"
GRAPH: Final = "data/graph/case.jsonld"
OTHERS: Final = frozenset({"transfer-out", "transfer-ack"})
"""Entries about an exhibit that are not disclosed: to whom else it went is not this recipient's business."""

TableOf = Callable[[SelectedView], Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class Signing:
    """How documents are signed (pades.py). signer: an organisation's, None: the case's own. stamp: asks an authority, None: none."""

    signer: pades.Signer | None = None
    stamp: pades.Stamp | None = None
    evidence: pades.Evidence | None = None


@dataclass(frozen=True)
class Order:
    """What was asked for. role: "police" or "other". purpose: a code. authority: words, kept in the case and in the bundle.

    by: the code of the access that opened the case, or what was stated where that has none. stated: whom the caller named."""

    to: Recipient
    what: What
    selection: Selection
    purpose: str
    authority: str
    by: str
    role: str
    lang: str
    consent: bool
    signing: Signing = field(default_factory=Signing)
    stated: str | None = None

    @property
    def police(self) -> bool:
        """Whether the recipient is the police."""
        return self.role == "police"


def new_id() -> str:
    """A random id for one hand-over: "h" and letters."""
    return "h" + "".join(secrets.choice(LETTERS) for _ in range(ID_LETTERS))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def openssl_key(public_key: bytes) -> bytes:
    """An Ed25519 public key as a PEM file that openssl reads."""
    body = base64.b64encode(ED25519_DER + public_key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


def custody_action(shown: proofs.ShownEntry, zone: str | None) -> CustodyAction:
    """A log entry as the graph tells it."""
    entry = msgspec.json.decode(shown.line, type=dict[str, Any])
    fields = entry["fields"]
    told = {k: fields[k] for k in ("result", "purpose", "authority") if isinstance(fields.get(k), str)}
    tool, _, version = str(entry["tool"]).partition("-")
    objects = [o for o in fields.get("objects", ()) if isinstance(o, str)]
    objects += [fields[k] for k in ("object", "record") if isinstance(fields.get(k), str)]
    return CustodyAction(
        seq=shown.seq, event_id=merkle.leaf_hash(shown.line).hex(), time=entry["time"], action=entry["action"], actor=entry["actor"],
        tool=tool, tool_version=version, zone=zone, exhibits=tuple(sorted(shown.exhibits)), objects=tuple(objects), **told,
    )  # fmt: skip


@dataclass
class _Exhibit:
    """What a bundle says of one exhibit."""

    label: str
    digest: str
    sealing: proofs.ShownEntry
    files: SourceFiles | None


@dataclass
class Bundle:
    """See the module's text. Made by `prepare`."""

    case: Case
    order: Order
    view: SelectedView
    bundle_id: str
    shown: list[proofs.ShownEntry]
    transfer: proofs.ShownEntry
    checkpoint: Checkpoint
    openings: list[dict[str, Any]]
    at_us: int
    bag: Bag = field(init=False)
    tables: dict[str, int] = field(default_factory=dict)
    rows_of: Counter[str] = field(default_factory=Counter)
    documents: list[dict[str, Any]] = field(default_factory=list)
    _exhibits: list[_Exhibit] = field(init=False)

    def __post_init__(self) -> None:
        self.bag = Bag(f"berkas-{self.bundle_id}", self.at_us // 1_000_000)
        self._exhibits = [self._exhibit(label) for label in self.order.selection.exhibits]

    def _exhibit(self, label: str) -> _Exhibit:
        received = next(r for own, r, _ in self.case.sources() if own == label)
        sealing = next(s for s in self.shown if _action(s) == "seal" and label in s.exhibits)
        files = None
        if self._gives_sources():
            source = next(s for s in self.view.sources if s.label == label)
            rule = media_rule_of(msgspec.json.decode(sealing.line, type=dict[str, Any]))
            files = SourceFiles(self.case.vault, label, received, source, rule, self.order.police)
        return _Exhibit(label, received.digest, sealing, files)

    def _gives_sources(self) -> bool:
        """Whether sealed parts go along (see sources.py)."""
        all_threads = self.case.get("threads") is None or json.loads(self.case.get("threads") or "[]") == []
        return self.order.what == "all" and (all_threads or self.order.police)

    # -- what goes in, in order ------------------------------------------------------------------------------------

    def blocks(self) -> Iterator[bytes]:
        """The bag as a tar stream; made once."""
        return self.bag.stream(self._files(), self._info)

    def _files(self) -> Iterator[BagFile | Callable[[], BagFile]]:
        for lang, name in (("id", "BACA-SAYA.txt"), ("en", "READ-ME.txt")):
            yield of_bytes(name, self._read_me(lang).encode(), "text/plain", "other")
        yield of_bytes("verify.py", verifier_program(), "text/x-python", "other")
        for exhibit in self._exhibits:
            if exhibit.files is not None:
                yield from exhibit.files.files()
        yield from self._tables()
        yield from self._documents()
        yield from self._log_files()
        yield of_bytes("data/disclosures.json", _json({"openings": self.openings}), "application/json", "proof")
        yield self._graph
        yield lambda: of_bytes("data/bundle.json", _json(self._described()), "application/json", "other")
        yield self._signature

    def _signature(self) -> BagFile:
        """The log's key signs the table of contents: nobody who unpacks a bundle can put another table or document in it."""
        (contents,) = (f for f in self.bag.files if f.path == "data/bundle.json")
        note = self.case.vault.sign_bundle(self.bundle_id, contents.sha256)
        return of_bytes("data/bundle.note", note.encode(), "text/plain", "proof")

    def _info(self) -> dict[str, str]:
        """bag-info.txt: content-free."""
        return {
            "Bagging-Date": utc_text(self.at_us)[:10],
            "Bag-Software-Agent": f"saksi-{__version__}",
            "External-Identifier": self.bundle_id,
            "External-Description": "saksi hand-over bundle",
        }

    def _read_me(self, lang: str) -> str:
        return say(
            "handover.read_me", lang, code=self.view.code, root=self.bag.root,
            origin=self.checkpoint.origin, what=say(f"handover.what_{self.order.what}", lang),
        )  # fmt: skip

    def _tables(self) -> Iterator[BagFile]:
        for what, (schema, rows) in TABLES.items():
            for ending in ("csv", "parquet") if what == "messages" else ("csv",):
                path = f"data/tables/{what}.{ending}"

                def blocks(
                    schema: pa.Schema = schema, rows: TableOf = rows, ending: str = ending, path: str = path
                ) -> Iterator[bytes]:
                    return row_blocks(self._counted(path, rows(self.view)), schema, ending)

                yield generated(path, blocks, TYPES[ending], "table")

    def _counted(self, path: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches; afterwards `tables` has their number of rows."""
        rows = 0
        by_source: Counter[str] = Counter()
        for batch in batches:
            rows += batch.num_rows
            if path == "data/tables/messages.csv":
                counts = pc.value_counts(batch.column("source_digest"))
                by_source.update({c["values"]: c["counts"] for c in counts.to_pylist()})
            yield batch
        self.tables[path] = rows
        if path == "data/tables/messages.csv":
            self.rows_of = by_source

    @cached_property
    def _signer(self) -> pades.Signer:
        return self.order.signing.signer or pades.Signer(*signer_of(self.case))

    def _documents(self) -> Iterator[BagFile]:
        signing = self.order.signing
        for kind in report.DOCUMENTS:
            rendered = report.render(self.view, kind, self.order.lang, made_at_us=self.view.sealed_at_us)
            for name, data in rendered.items():
                if name.endswith(".pdf"):
                    path = f"data/documents/{name}"
                    signed = pades.sign(data, self._signer, stamp=signing.stamp, evidence=signing.evidence)
                    self.documents.append({
                        "path": path, "kind": kind, "lang": self.order.lang,
                        "signed": {
                            "level": signed.level, "certificate": SIGNER, "by_case": signing.signer is None,
                            "certificate_sha256": hashlib.sha256(self._signer.certificate).hexdigest(),
                        },
                    })  # fmt: skip
                    yield of_bytes(path, signed.data, "application/pdf", "document")

    def _log_files(self) -> Iterator[BagFile]:
        """The disclosed entries with their proofs, the checkpoints with their growth, the log's key."""
        lines = b"".join(s.line + b"\n" for s in (*self.shown, self.transfer))
        yield of_bytes("data/log/entries.jsonl", lines, "application/jsonl", "log")
        for shown in self.shown:
            yield of_bytes(_proof_path(shown), shown.proof.text.encode(), "text/plain", "proof")
        for exhibit in self._exhibits:
            proof = exhibit.sealing.proof.text.encode()
            yield of_bytes(f"data/log/proofs/{exhibit.label}.tlog-proof", proof, "text/plain", "proof", exhibit.label)
        yield of_bytes(_proof_path(self.transfer), self.transfer.proof.text.encode(), "text/plain", "proof")
        for checkpoint in self._checkpoints():
            yield of_bytes(_checkpoint_path(checkpoint), checkpoint.note.encode(), "text/plain", "log")
        yield from self._from_others()
        for before, after in self._steps():
            growth = proofs.grow(self.case.vault.leaves, before.size, after)
            yield of_bytes(_growth_path(before, after), growth.text.encode(), "text/plain", "proof")
        public_key = self.case.vault.public_key
        yield of_bytes(SIGNER, pades.pem(self._signer.certificate), "application/x-pem-file", "key")
        yield of_bytes("data/keys/log.pem", openssl_key(public_key), "application/x-pem-file", "key")
        verifier = verifier_key(self.checkpoint.origin, public_key) + "\n"
        yield of_bytes("data/keys/log.verifier.txt", verifier.encode(), "text/plain", "key")

    def _from_others(self) -> Iterator[BagFile]:
        """Time authorities' replies and witnesses' co-signatures for the checkpoints that are in the bag."""
        folder, sizes = self.case.folder, {c.size for c in self._checkpoints()}
        for size, names in timestamps.names(folder).items():
            for name in (n for n in names if size in sizes and n.endswith(".tsr")):
                reply = timestamps.read_file(folder / timestamps.FOLDER / name)
                if reply is not None:
                    path = f"data/log/timestamps/{size:06d}-{name.partition('-')[2]}"
                    yield of_bytes(path, reply, "application/timestamp-reply", "timestamp")
        for size, key_id, note in witness.stored(folder):
            if size in sizes:
                yield of_bytes(f"data/log/cosignatures/{size:06d}-{key_id}.note", note.encode(), "text/plain", "log")

    def _outside_sizes(self) -> list[int]:
        """Entries of checkpoints that somebody outside stamped or signed."""
        stamped = [size for size, names in timestamps.names(self.case.folder).items() if any(n.endswith(".tsr") for n in names)]
        return sorted({*stamped, *(size for size, _, _ in witness.stored(self.case.folder))})

    def _checkpoints(self) -> list[Checkpoint]:
        """The first checkpoint of the log, the first one over each chosen exhibit, the first and the last over it that
        somebody outside stamped or signed, and the one of this hand-over."""
        every = [c for c in self.case.vault.checkpoints if c.size <= self.checkpoint.size]
        outside = set(self._outside_sizes())
        chosen = {every[0].size: every[0], self.checkpoint.size: self.checkpoint} if every else {}
        for exhibit in self._exhibits:
            over = next((c for c in every if c.size > exhibit.sealing.seq), None)
            if over is not None:
                chosen[over.size] = over
            told = [c for c in every if c.size > exhibit.sealing.seq and c.size in outside]
            chosen.update({c.size: c for c in (*told[:1], *told[-1:])})
        return [chosen[size] for size in sorted(chosen)]

    def _steps(self) -> list[tuple[Checkpoint, Checkpoint]]:
        return list(pairwise(self._checkpoints()))

    def _graph(self) -> BagFile:
        """The CASE/UCO graph over everything written so far."""
        graph = self._graph_of_case([f for f in self.bag.files if f.path.startswith("data/")])
        return generated(GRAPH, lambda: case_uco.graph_lines(graph, self.view.batches()), "application/ld+json", "other")

    def _graph_of_case(self, files: list[BundleFile]) -> case_uco.Graph:
        view, sizes = self.view, {label: r.size for label, r, _ in self.case.sources()}
        names = {s.label: s.account["source"]["name"] for s in view.sources}
        return case_uco.Graph(
            namespace=case_uco.namespace_of(self.case.vault.subkey("graph")),
            code=view.code,
            files=files,
            actions=[custody_action(s, view.zone) for s in self.shown],
            hand_over=self.hand_over(),
            tool_version=__version__,
            exhibits=[
                case_uco.GraphExhibit(e.label, e.digest, e.digest, sizes[e.label], names[e.label]) for e in self._exhibits
            ],
            threads=[
                case_uco.GraphThread(t.source_digest, t.thread_id, t.platform, t.title, tuple(t.accounts)) for t in view.threads
            ],
            people=[case_uco.GraphPerson(p.code, p.role, p.accounts, p.name) for p in view.people],
            marks=[
                case_uco.GraphMark(
                    m.mark_id, m.message_id, m.signal, m.phase, m.strength, "confirmed" if m.decision else "suggested",
                    m.start, m.end, *rules[m.mark_id],
                )
                for rules in [self._rules()]
                for m in shown_marks(view).marks
            ],
        )  # fmt: skip

    def _rules(self) -> dict[str, tuple[str, int]]:
        """Rule and version of each mark."""
        table = self.view.marks.select(["mark_id", "rule", "version"])
        return {r["mark_id"]: (r["rule"], r["version"]) for r in table.to_pylist()}

    # -- bundle.json -----------------------------------------------------------------------------------------------

    def hand_over(self) -> HandOver:
        """Who receives what, as the graph tells it."""
        order = self.order
        kind: Any = order.to.kind
        return HandOver(
            kind, order.to.fingerprint, order.what, order.by, utc_text(self.at_us), order.purpose, order.authority
        )

    def _described(self) -> dict[str, Any]:
        order, files = self.order, {f.path: f for f in self.bag.files}
        return {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "bundle_id": self.bundle_id,
            "made_at": utc_text(self.at_us),
            "tool": f"saksi-{__version__}",
            "lang": order.lang,
            "case": self.view.code,
            "what": order.what,
            "recipient": {"kind": order.to.kind, "fingerprint": order.to.fingerprint, "role": order.role},
            "purpose": order.purpose,
            "authority": order.authority,
            "by": order.by,
            "consent_recorded": order.consent,
            "selection": self._selection(),
            "exhibits": [self._exhibit_json(e, files) for e in self._exhibits],
            "tables": [
                {"path": path, "rows": rows, "sha256": files[path].sha256} for path, rows in sorted(self.tables.items())
            ],
            "documents": [{**d, "sha256": files[d["path"]].sha256} for d in self.documents],
            "graph": {"path": GRAPH, "sha256": files[GRAPH].sha256},
            "log": self._log_json(),
        }

    def _selection(self) -> dict[str, Any]:
        redacted = self.order.what == "redacted"
        threads = self.order.selection.threads
        return {
            "exhibits": list(self.order.selection.exhibits),
            "threads": None if threads is None else len(self.view.threads),
            "sources_included": self._gives_sources(),
            "redaction": {"profile": PROFILE, "version": PROFILE_VERSION} if redacted else None,
        }

    def _exhibit_json(self, exhibit: _Exhibit, files: Mapping[str, BundleFile]) -> dict[str, Any]:
        source = next(s for s in self.view.sources if s.label == exhibit.label)
        entry = msgspec.json.decode(exhibit.sealing.line, type=dict[str, Any])
        described = [] if exhibit.files is None else exhibit.files.described
        return {
            "label": exhibit.label,
            "name": source.account["source"]["name"],
            "source_digest": exhibit.digest,
            "sealed_at": entry["time"],
            "sealed_as": source.sealed_as,
            "entry": exhibit.sealing.seq,
            "proof": f"data/log/proofs/{exhibit.label}.tlog-proof",
            "commitment": entry["fields"]["source"],
            "messages": self.rows_of[exhibit.digest],
            "left_out": [asdict(m) for m in source.left_out],
            "files": [{**asdict(d), "sha256": files[d.path].sha256} for d in described],
        }

    def _log_json(self) -> dict[str, Any]:
        return {
            "origin": self.checkpoint.origin,
            "public_key": "data/keys/log.pem",
            "verifier": "data/keys/log.verifier.txt",
            "entries": "data/log/entries.jsonl",
            "proofs": {str(s.seq): _proof_path(s) for s in (*self.shown, self.transfer)},
            "transfer_entry": self.transfer.seq,
            "checkpoints": [{"path": _checkpoint_path(c), "size": c.size} for c in self._checkpoints()],
            "growth": [{"path": _growth_path(a, b), "from": a.size, "to": b.size} for a, b in self._steps()],
        }


def _action(shown: proofs.ShownEntry) -> str:
    return str(msgspec.json.decode(shown.line, type=dict[str, Any])["action"])


def _proof_path(shown: proofs.ShownEntry) -> str:
    return f"data/log/proofs/entry-{shown.seq:06d}.tlog-proof"


def _checkpoint_path(checkpoint: Checkpoint) -> str:
    return f"data/log/checkpoints/{checkpoint.size:06d}.note"


def _growth_path(before: Checkpoint, after: Checkpoint) -> str:
    return f"data/log/growth/{before.size:06d}-{after.size:06d}.txt"


def verifier_program() -> bytes:
    """verify.py as it is shipped."""
    return (Path(__file__).parent / "verify.py").read_bytes().replace(b"\r\n", b"\n")


def _batches_of(table: pa.Table) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = table.to_batches()
    return batches


def _marks(view: SelectedView) -> list[pa.RecordBatch]:
    """The marks that documents may speak of: neither rejected nor withheld (saksi.report._evidence)."""
    ids = pa.array([m.mark_id for m in shown_marks(view).marks], pa.string())
    return _batches_of(view.marks.filter(pc.is_in(view.marks.column("mark_id"), value_set=ids)))


TABLES: Final[dict[str, tuple[pa.Schema, TableOf]]] = {
    "messages": (MESSAGE_SCHEMA, lambda view: view.batches()),
    "marks": (MARK_SCHEMA, _marks),
    "identifiers": (IDENTIFIER_SCHEMA, lambda view: _batches_of(view.identifiers)),
    "problems": (PROBLEM_SCHEMA, lambda view: _batches_of(view.problems)),
}


def kept_with_media(case: Case) -> frozenset[str]:
    """Digests of the exhibits that were sealed with their media (`build --media seal`)."""
    labels = {e["fields"].get("exhibit") for e in case.vault.entries() if e["action"] == "seal" and media_rule_of(e) == "seal"}
    return frozenset(received.digest for label, received, _ in case.sources() if label in labels)


def view_of(case: Case, what: What, selection: Selection, *, police: bool = False) -> SelectedView:
    """What leaves the case, as if it were all there is."""
    whole = StoredView(case)
    every = what == "all" and selection.threads is None and len(selection.exhibits) == len(whole.sources)
    code = None if every else f"SK-{case.vault.case_id[:8].upper()}"
    selected = SelectedView(whole, selection, code, frozenset() if police else kept_with_media(case))
    return RedactedView(whole, selected) if what == "redacted" else selected


def prepare(case: Case, order: Order, view: SelectedView, at_us: int) -> Bundle:
    """Record the hand-over in the log, sign, and make the bundle. The log names codes and commitments only."""
    bundle_id = new_id()
    vault, selection = case.vault, order.selection
    openings: list[tuple[int, str, str]] = []
    told = {"recipient": order.to.fingerprint, "authority": order.authority}
    entry = custody.add(
        vault, "transfer-out",
        actor=order.stated,
        bundle=bundle_id,
        what=order.what,
        envelope=order.to.kind,
        role=order.role,
        purpose=order.purpose,
        exhibits=list(selection.exhibits),
        threads=None if selection.threads is None else len(view.threads),
        consent=order.consent,
        result="begun",
        **{name: vault.commitment(text) for name, text in told.items()},
    )
    shown = proofs.entries_about(vault, selection.exhibits)
    transfer = next(s for s in shown if s.seq == entry.seq)
    rest = [s for s in shown if _action(s) not in OTHERS]
    openings += [(entry.seq, name, text) for name, text in told.items()]
    by_label = {label: received.digest for label, received, _ in case.sources()}
    for exhibit in selection.exhibits:
        sealing = next(s for s in rest if _action(s) == "seal" and exhibit in s.exhibits)
        openings.append((sealing.seq, "source", by_label[exhibit]))
    opened = [{"entry": seq, "field": name, **proofs.opening(vault, text)} for seq, name, text in openings]
    last = vault.checkpoints[-1]
    return Bundle(case, order, view, bundle_id, rest, transfer, last, opened, at_us)
