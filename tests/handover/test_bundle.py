"""A bundle as its recipient gets it: whole, checkable without us, and silent about everything that was not handed over."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import bagit
import pyarrow.parquet as pq
import pyrage
import pytest

from saksi.case.store import Case
from saksi.errors import UsageError
from saksi.table.schema import MESSAGE_SCHEMA
from saksi.verbs import handing_over
from tests.handover import making


@pytest.fixture
def handed(case: Case, tmp_path: Path) -> making.Handed:
    return making.hand_over(case, tmp_path / "b.age")


def rows_of(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"data/tables/{name}.csv"].decode(), newline="")))


def test_the_bag_holds_what_it_says(handed: making.Handed, case_folder: Path) -> None:
    files, bundle = handed.files(), handed.bundle()
    assert {"bagit.txt", "BACA-SAYA.txt", "READ-ME.txt", "verify.py", "data/bundle.json"} <= set(files)
    messages = rows_of(files, "messages")
    assert len(messages) == 14 == handed.data["messages"]
    assert [e["label"] for e in bundle["exhibits"]] == ["S1", "S2", "S3"]
    for exhibit in bundle["exhibits"]:
        export = (case_folder.parent / exhibit["name"]).read_bytes()
        assert exhibit["source_digest"] == hashlib.sha256(export).hexdigest()
        (file,) = exhibit["files"]
        assert files[file["path"]] == export
        assert file["form"] == "as_received"
    table = pq.read_table(io.BytesIO(files["data/tables/messages.parquet"]))
    assert table.schema.equals(MESSAGE_SCHEMA)
    assert table.column("message_id").to_pylist() == [m["message_id"] for m in messages]
    assert table.column("text").to_pylist() == [m["text"] or None for m in messages]
    assert rows_of(files, "marks")
    (document,) = bundle["documents"]
    assert files[document["path"]].startswith(b"%PDF-")


def test_ordinary_tools_accept_it(handed: making.Handed, tmp_path: Path) -> None:
    folder = handed.unpack(tmp_path / "out")
    bagit.Bag(str(folder)).validate()
    for manifest in ("sha256", "sha512"):
        subprocess.run(
            [f"{manifest}sum", "-c", "--quiet", f"manifest-{manifest}.txt", f"tagmanifest-{manifest}.txt"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    done = making.run_verify(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Utuh:" in done.stdout
    assert "Whole:" in done.stdout
    said = json.loads(making.run_verify(folder, "--json").stdout)
    assert said["ok"]
    assert said["bad"] == []
    assert said["checked"] > 100
    assert (folder / "verify.py").read_bytes() == (Path(handing_over.__file__).parents[1] / "handover/verify.py").read_bytes()


def test_the_tar_is_checked_without_unpacking(handed: making.Handed, tmp_path: Path) -> None:
    folder = handed.unpack(tmp_path / "out")
    (tmp_path / "b.tar").write_bytes(handed.tar())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), str(tmp_path / "b.tar"), "--lang", "en"],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0
    assert "Utuh" not in done.stdout


def test_the_log_has_the_hand_over_before_and_after(case: Case, tmp_path: Path) -> None:
    handed = making.hand_over(case, tmp_path / "b.age", role="police", purpose="penyidikan")
    begun, written = list(case.vault.entries())[-2:]
    assert begun["action"] == written["action"] == "transfer-out"
    assert (begun["fields"]["result"], written["fields"]["result"]) == ("begun", "written")
    assert begun["fields"]["bundle"] == written["fields"]["bundle"] == handed.data["bundle_id"]
    assert begun["fields"]["recipient"] == case.vault.commitment(handed.data["recipient"]["fingerprint"])
    assert begun["fields"]["authority"] == case.vault.commitment("Surat B/12/XI")
    assert begun["fields"]["role"] == "police"
    assert "c1" in (begun["actor"], begun["fields"].get("stated"))
    digest = hashlib.sha256(handed.path.read_bytes()).hexdigest()
    assert written["fields"]["file"] == case.vault.commitment(digest)
    assert digest == handed.data["sha256"]
    assert "transfer-out" in case.statement_kinds()
    assert case.vault.verify().ok


def test_consent_to_one_recipient_is_not_consent_to_another(case: Case, tmp_path: Path) -> None:
    first = making.hand_over(case, tmp_path / "a.age", consent="Rara, 24/11, di kantor: boleh untuk penyidik")
    to = str(first.identity.to_public())
    assert first.bundle()["consent_recorded"]
    assert handing_over.consent_recorded(case, to)
    handing_over.hand_over(case, tmp_path / "b.age", making.options(to))
    assert list(case.vault.entries())[-2]["fields"]["consent"]
    assert not making.hand_over(case, tmp_path / "c.age").bundle()["consent_recorded"]
    assert "di kantor" not in (case.folder / "log" / "entries.jsonl").read_text(encoding="utf-8")


SECRETS_OF_S1 = ("Kak Arga", "pap apa", "foto itu aku sebar")
SECRETS_OF_S3 = ("Om Bagas", "Tetangga Lama", "uang jajan", "result.json", "user7001", "user7002")


def told(files: dict[str, bytes]) -> bytes:
    """Every byte a recipient can read, and the words of packed files. The program itself is ours."""
    import pypdf

    out = [data for name, data in files.items() if name != "verify.py"]
    out.append(repr(pq.read_table(io.BytesIO(files["data/tables/messages.parquet"])).to_pylist()).encode())
    for name, data in files.items():
        if name.endswith(".pdf"):
            out += [page.extract_text().encode() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    return b"\n".join(out)


def digests_of(case: Case, *labels: str) -> list[str]:
    return [received.digest for label, received, _ in case.sources() if label in labels]


def test_a_chosen_exhibit_says_nothing_of_the_others(case: Case, tmp_path: Path) -> None:
    handed = making.hand_over(case, tmp_path / "b.age", what="selection", exhibits=("S2",))
    files = handed.files()
    said = told(files)
    for secret in (*SECRETS_OF_S1, *SECRETS_OF_S3):
        assert secret.encode() not in said, secret
    for digest in digests_of(case, "S1", "S3"):
        assert digest.encode() not in said
        assert digest[:16].encode() not in said
        assert case.vault.commitment_salt(digest).hex().encode() not in said
        assert case.vault.commitment(digest).encode() not in said
    assert b"kejutan" in said
    assert case.get("code") is not None
    assert str(case.get("code")).encode() not in said, "the code of the whole case is made of all its digests"
    assert not any(name.startswith("data/sources/") for name in files)
    assert making.found(handed.unpack(tmp_path / "out")) == []


def test_a_chosen_thread_says_nothing_of_the_others(case: Case, tmp_path: Path) -> None:
    handed = making.hand_over(case, tmp_path / "b.age", what="selection", exhibits=("S3",), threads=("Om Bagas",))
    files = handed.files()
    said = told(files)
    for secret in ("Tetangga", "titipan", "user7002", *SECRETS_OF_S1, "Siti", "kejutan"):
        assert secret.encode() not in said, secret
    assert len(rows_of(files, "messages")) == 3
    assert b"uang jajan" in said
    assert making.found(handed.unpack(tmp_path / "out")) == []


def test_a_redacted_copy_names_nobody_uninvolved_and_keeps_its_link(case: Case, tmp_path: Path) -> None:
    handed = making.hand_over(case, tmp_path / "b.age", what="redacted")
    files = handed.files()
    said = told(files)
    for name in ("Siti", "Rahma", "Tetangga Lama", "Dewi Anggraini"):
        found_in = [n for n, d in files.items() if name.encode() in d and n != "verify.py"]
        if name != "Dewi Anggraini":  # who never writes is no account: only a person reading finds her (the docs say so)
            assert name.encode() not in said, found_in
    assert b"Kak Arga" in said, "who is involved is named"
    rows = {r["message_id"]: r for r in rows_of(files, "messages")}
    whole = {r["message_id"]: r for b in case.batches("S2", "messages") for r in b.to_pylist()}
    assert whole.keys() <= rows.keys()
    for message_id, row in whole.items():
        assert len(rows[message_id]["text"]) == len(row["text"]), "places of marks still fit"
    digest = next(iter(digests_of(case, "S2")))
    exhibit = next(e for e in handed.bundle()["exhibits"] if e["label"] == "S2")
    assert exhibit["commitment"] == case.vault.commitment(digest)
    assert not any(name.startswith("data/sources/") for name in files)
    assert making.found(handed.unpack(tmp_path / "out")) == []


def test_to_whom_else_it_went_is_not_told(case: Case, tmp_path: Path) -> None:
    first = making.hand_over(case, tmp_path / "a.age", purpose="tujuan-lain")
    second = making.hand_over(case, tmp_path / "b.age")
    said = told(second.files())
    assert first.data["bundle_id"].encode() not in said
    assert b"tujuan-lain" not in said


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"what": "selection"}, "selection_needed"),
        ({"exhibits": ("S1",)}, "all_is_all"),
        ({"what": "selection", "exhibits": ("S9",)}, "exhibit_not_in_case"),
        ({"what": "selection", "threads": ("Tidak Ada",)}, "thread_not_found"),
        ({"purpose": "Untuk Polisi"}, "purpose_not_a_code"),
        ({"authority": " "}, "authority_needed"),
        ({"by": "Ibu Rina 08123456789"}, "by_not_a_code"),
        ({"to": "age1salah"}, "recipient_unknown"),
        ({"to": "tidak-ada.pem"}, "recipient_unknown"),
    ],
)
def test_wrong_use_writes_and_logs_nothing(case: Case, tmp_path: Path, more: dict[str, Any], key: str) -> None:
    size = case.vault.log_size
    told = making.options(**{"to": str(pyrage.x25519.Identity.generate().to_public()), **more})
    with pytest.raises(UsageError) as e:
        handing_over.hand_over(case, tmp_path / "b.age", told)
    assert e.value.key == key
    assert list(tmp_path.iterdir()) == []
    assert case.vault.log_size == size


def test_nothing_is_replaced_and_no_case_is_written_into(case: Case, case_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.age").write_bytes(b"lama")
    with pytest.raises(UsageError):
        making.hand_over(case, tmp_path / "b.age")
    assert (tmp_path / "b.age").read_bytes() == b"lama"
    with pytest.raises(UsageError):
        making.hand_over(case, case_folder / "b.age")


def test_tar_members_are_plain(handed: making.Handed) -> None:
    with tarfile.open(fileobj=io.BytesIO(handed.tar())) as tar:
        for member in tar:
            assert member.isreg()
            assert (member.uid, member.gid, member.uname, member.gname, member.mode) == (0, 0, "", "", 0o600)
            assert member.name.startswith(f"berkas-{handed.data['bundle_id']}/")
