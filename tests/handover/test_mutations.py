"""Every change to a bundle is found by verify.py: bytes, files, and what somebody would forge who writes new manifests as well."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.case.store import Case
from saksi.handover import verify
from saksi.handover.bundle import openssl_key
from saksi.vault import notes
from tests.handover import making

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def good(case_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    with Case.open(case_folder, making.PASSPHRASE) as case:
        return making.hand_over(case, tmp_path_factory.mktemp("m") / "b.age").files()


def findings(files: Files) -> list[tuple[str, str, str]]:
    taken = verify.Files()
    for name in sorted(files, key=lambda n: (n == verify.GRAPH, n)):
        taken.take(name, [files[name]])
    return list(verify.Check(taken).run().bad)


def whys(files: Files) -> set[str]:
    return {why for _, _, why in findings(files)}


def remade(files: Files) -> Files:
    """The bag with new manifests, as somebody would write them who changed it."""
    tags = {n for n in files if not n.startswith("data/") and not n.startswith(("manifest", "tagmanifest"))}
    result = dict(files)
    payload = sorted(n for n in files if n.startswith("data/"))
    octets = sum(len(files[n]) for n in payload)
    info = [line for line in files["bag-info.txt"].decode().splitlines() if not line.startswith("Payload-Oxum")]
    result["bag-info.txt"] = "".join(f"{line}\n" for line in [*info, f"Payload-Oxum: {octets}.{len(payload)}"]).encode()
    for kind, names in (("manifest", payload), ("tagmanifest", sorted(tags | {"manifest-sha256.txt", "manifest-sha512.txt"}))):
        for algorithm in ("sha256", "sha512"):
            lines = [f"{hashlib.new(algorithm, result[n]).hexdigest()}  {n}\n" for n in names]
            result[f"{kind}-{algorithm}.txt"] = "".join(lines).encode()
    return result


def test_the_good_one_holds(good: Files) -> None:
    assert findings(good) == []
    assert findings(remade(good)) == []


def test_one_flipped_bit_in_each_file_is_found_and_the_file_is_named(good: Files) -> None:
    for name, data in good.items():
        for place in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
            changed = bytearray(data)
            changed[place] ^= 1
            bad = findings({**good, name: bytes(changed)})
            assert bad, (name, place)
            if not name.startswith(("manifest", "tagmanifest")):
                assert any(where == name for _, where, _ in bad), (name, place, bad)


def test_a_missing_extra_renamed_swapped_or_cut_file_is_found(good: Files) -> None:
    for name in good:
        less = {n: d for n, d in good.items() if n != name}
        assert findings(less), name
        assert findings({**less, name + "x": good[name]}), name
        assert findings({**good, name: good[name][:-1]}), name
    assert "file_extra" in whys({**good, "data/catatan.txt": b"x"})
    assert "file_extra" in whys({**good, "catatan.txt": b"x"})
    a, b = "data/sources/S1/part-0001.txt", "data/sources/S2/part-0001.txt"
    assert "file_changed" in whys({**good, a: good[b], b: good[a]})


def edited(good: Files, name: str, change: Callable[[Any], None]) -> Files:
    value = json.loads(good[name])
    change(value)
    return remade({**good, name: json.dumps(value).encode()})


def resealed(good: Files, files: Files) -> Files:
    """bundle.json with the digests that the files now have: all that can be forged without the log's key."""
    value = json.loads(files["data/bundle.json"])
    for item in [*value["tables"], *value["documents"], value["graph"], *(f for e in value["exhibits"] for f in e["files"])]:
        item["sha256"] = hashlib.sha256(files[item["path"]]).hexdigest()
    return remade({**files, "data/bundle.json": json.dumps(value).encode()})


def test_new_manifests_do_not_hide_a_changed_file(good: Files) -> None:
    for name in good:
        if name.startswith("data/"):
            assert findings(remade({**good, name: good[name] + b"\n"})), name
            assert findings(remade({n: d for n, d in good.items() if n != name})), name


def test_a_forged_table_is_not_signed(good: Files) -> None:
    text = good["data/tables/messages.csv"].replace(b"jangan kak aku takut", b"baik kak aku kirim 1")
    assert text != good["data/tables/messages.csv"]
    files = resealed(good, {**good, "data/tables/messages.csv": text})
    graph = files["data/graph/case.jsonld"].replace(
        hashlib.sha256(good["data/tables/messages.csv"]).hexdigest().encode(), hashlib.sha256(text).hexdigest().encode()
    )
    files = resealed(good, {**files, "data/graph/case.jsonld": graph})
    assert whys(files) == {"contents_differ"}


def test_another_key_is_told_by_the_key_only(good: Files) -> None:
    """Whoever signs everything anew makes another log: the bundle then holds, and only the key, compared elsewhere, tells."""
    private = Ed25519PrivateKey.generate()
    origin = json.loads(good["data/bundle.json"])["log"]["origin"]
    public = private.public_key().public_bytes_raw()
    keys = {
        "data/keys/log.pem": openssl_key(public),
        "data/keys/log.verifier.txt": notes.verifier_key(origin, public).encode() + b"\n",
    }
    assert {"checkpoint_other_key"} <= whys(remade({**good, **keys}))
    assert "key_differs" in whys(remade({**good, "data/keys/log.pem": keys["data/keys/log.pem"]}))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda b: b.update(version=2), "bundle_newer"),
        (lambda b: b.update(format="lain"), "bundle_unreadable"),
        (lambda b: b.update(made_at="2026-11-24T10:00:00"), "time_without_zone"),
        (lambda b: b.update(authority="Surat lain"), "transfer_differs"),
        (lambda b: b["recipient"].update(fingerprint="age1lain"), "transfer_differs"),
        (lambda b: b.update(bundle_id="haaaaaaaaaaaaaaaaaaaa"), "transfer_differs"),
        (lambda b: b["exhibits"][0].update(source_digest="0" * 64), "exhibit_not_in_log"),
        (lambda b: b["exhibits"][0].update(entry=b["exhibits"][1]["entry"]), "exhibit_not_in_log"),
        (lambda b: b["exhibits"][0].update(messages=5), "rows_differ"),
        (lambda b: b["exhibits"].pop(), "row_without_source"),
        (lambda b: b["tables"].pop(), "file_not_described"),
        (lambda b: b["documents"].pop(), "file_not_described"),
        (lambda b: b.update(graph=None), "file_not_described"),
        (lambda b: b["exhibits"][0]["files"].pop(), "file_not_described"),
        (lambda b: b["exhibits"][0]["files"][0].update(received="1" * 64), "file_not_as_received"),
        (lambda b: b["log"]["checkpoints"].pop(), "checkpoint_other"),
        (lambda b: b["log"]["growth"].pop(), "file_missing"),
        (lambda b: b["log"].update(transfer_entry=999999), "entry_missing"),
        (lambda b: b["log"].update(origin="saksi.local/case/lain"), "checkpoint_other_log"),
        (lambda b: b.pop("exhibits"), "bundle_unreadable"),
        (lambda b: b.update(log=7), "bundle_unreadable"),
        (lambda b: b.update(tables="x"), "bundle_unreadable"),
    ],
)  # fmt: skip
def test_an_edited_table_of_contents_is_found(good: Files, change: Callable[[Any], None], why: str) -> None:
    assert why in whys(edited(good, "data/bundle.json", change))


def test_openings_and_proofs_of_another_are_found(good: Files) -> None:
    def other_text(value: Any) -> None:
        value["openings"][-1]["text"] = "0" * 64

    def other_salt(value: Any) -> None:
        value["openings"][-1]["salt"] = "00" * 32

    for change in (other_text, other_salt, lambda v: v["openings"].reverse() or v["openings"].pop()):
        assert {"opening_differs", "exhibit_not_in_log", "transfer_differs"} & whys(edited(good, "data/disclosures.json", change))
    proofs = [n for n in good if n.startswith("data/log/proofs/entry-")]
    swapped = remade({**good, proofs[0]: good[proofs[1]], proofs[1]: good[proofs[0]]})
    assert "proof_other_entry" in whys(swapped)
    entries = good["data/log/entries.jsonl"]
    changed = entries.replace(b'"form":"whole"', b'"form":"wholf"')
    assert "proof_not_in_log" in whys(remade({**good, "data/log/entries.jsonl": changed}))
    growth = next(n for n in good if n.startswith("data/log/growth/"))
    lines = good[growth].split(b"\n")
    lines[1] = base64.b64encode(bytes(32))
    assert {"log_forked", "proof_unreadable"} & whys(remade({**good, growth: b"\n".join(lines)}))


def test_a_row_of_nowhere_and_a_citation_of_nothing_are_found(good: Files) -> None:
    rows = list(csv.reader(io.StringIO(good["data/tables/messages.csv"].decode(), newline="")))
    place = rows[0].index("source_digest")

    def written(changed: list[list[str]]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(changed)
        return out.getvalue().encode()

    other = [r[:place] + ["0" * 64] + r[place + 1 :] if i == 3 else r for i, r in enumerate(rows)]
    assert "row_without_source" in whys(remade({**good, "data/tables/messages.csv": written(other)}))
    assert "message_twice" in whys(remade({**good, "data/tables/messages.csv": written([*rows, rows[-1]])}))
    fewer = written([r for i, r in enumerate(rows) if i < 5])
    assert {"row_without_message", "rows_differ"} <= whys(remade({**good, "data/tables/messages.csv": fewer}))
    at = rows[0].index("sent_at")
    naive = [r[:at] + [r[at].rstrip("Z")] + r[at + 1 :] if i == 2 else r for i, r in enumerate(rows)]
    assert "time_without_zone" in whys(remade({**good, "data/tables/messages.csv": written(naive)}))


OTHER_KINDS = [b"", b"[]", b"{}", b"null", b'{"a":1,"a":2}', b"[" * 5000, b"\xff\xfe", b'{"log":' + b"9" * 5000 + b"}"]


@pytest.mark.parametrize("value", OTHER_KINDS)
def test_parts_of_another_kind_end_nothing(good: Files, value: bytes) -> None:
    for name in ("data/bundle.json", "data/disclosures.json", "data/log/entries.jsonl", "data/keys/log.pem", "data/graph/case.jsonld",
                 "data/tables/messages.csv", "data/bundle.note", "manifest-sha256.txt", "bag-info.txt"):  # fmt: skip
        assert findings(remade({**good, name: value}) if name.startswith("data/") else {**good, name: value}), name
