"""What case_validate does not check of a graph, and a court would ask. Standard library only: verify.py carries a copy.

    for why, where in check_graph(lines, files): ...        # nothing: everything holds

1. The document is written as `case_uco` writes it: one node a line, the known context (another one could give every property
   another meaning), no member named twice, every member and type by the short name this check knows it by.
2. Every IRI of a node or a reference is `urn:uuid:` and a UUID (version 5).
3. Every xsd:dateTime has an offset; case_validate accepts one without.
4. Every file with a path is the file of the bag, by size and SHA-256, and no file of the bag (those given) is left out.
5. Every InvestigativeAction has a ProvenanceRecord in its results, a performer, and a start.
6. Nothing refers to a node that is not there.

Memory: 16 bytes and their place in a set for every message, account and file; measured: 160 MiB for a
million messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
