"""The simulator keeps its word: same seed, same bytes; truth and files agree by independent counting; content stays decent."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.simulator import bulk, scenes, talk, values, whatsapp, world
from tests.simulator.demo import demo_phone
from tests.simulator.phone import write_phone
from tests.simulator.truth import Row, row_from, row_line

ROOT = Path(__file__).resolve().parent.parent
SIMULATOR = ROOT / "tests" / "simulator"


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("what", [["--preset", "demo"], ["--seed", "4", "--messages", "1500", "--locale", "en_us_ios"]])
def test_same_seed_same_bytes_in_any_process(tmp_path: Path, what: list[str]) -> None:
    made = []
    for i, (hash_seed, zone) in enumerate((("1", "UTC"), ("77", "America/New_York"))):
        out = tmp_path / str(i)
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-m", "tests.simulator", "phone", str(out), *what], cwd=tmp_path, env=env, check=True,
                       capture_output=True)
        made.append(digests(out))
    assert made[0] == made[1]
    assert len(made[0]) > 5


def test_other_seed_other_phone(tmp_path: Path) -> None:
    a = write_phone(tmp_path / "a", seed=1, messages=600)
    b = write_phone(tmp_path / "b", seed=2, messages=600)
    assert a.owner != b.owner
    assert digests(tmp_path / "a")["truth.jsonl"] != digests(tmp_path / "b")["truth.jsonl"]


def test_imports_nothing_of_saksi() -> None:
    for path in SIMULATOR.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            assert not any(n.split(".")[0] == "saksi" for n in names), path.name


def truth_of(folder: Path) -> list[Row]:
    with (folder / "truth.jsonl").open(encoding="utf-8") as f:
        return [row_from(json.loads(line)) for line in f]


def test_truth_rows_survive_their_line() -> None:
    chat = demo_phone().chats[1]
    rows: list[Row] = []
    writer = whatsapp._Writer(chat, whatsapp.LOCALES["id_android"], "f", "p", media=True)
    rows.extend(made[1] for made in map(writer.line, chat.said()) if made)
    assert [row_from(json.loads(row_line(r))) for r in rows] == rows


def test_truth_agrees_with_the_files_by_counting(phone: Path) -> None:
    """Counted with grep-like means only: header lines, `"date_unixtime"`, `"timestamp_ms"`."""
    truth = Counter((r.app, r.file) for r in truth_of(phone))
    counted: Counter[tuple[str, str]] = Counter()
    header = re.compile(r"^\d\d/\d\d/26 \d\d\.\d\d - ", re.M)
    for path in (phone / "whatsapp").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            text = next(n for n in archive.namelist() if n.endswith(".txt"))
            counted["whatsapp", path.name] = len(header.findall(archive.read(text).decode()))
    counted["telegram", "result.json"] = (phone / "telegram" / "result.json").read_bytes().count(b'"date_unixtime"')
    for path in (phone / "instagram").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            counted["instagram", path.name] = sum(
                archive.read(n).count(b'"timestamp_ms"') for n in archive.namelist() if "/message_" in n)
    assert counted == truth
    assert 2500 <= sum(counted.values()) <= 3500


def test_every_word_of_the_truth_stands_in_the_files(phone: Path) -> None:
    """Texts, found again by standard-library means: JSON decoded, mojibake undone, WhatsApp by substring."""
    held: dict[tuple[str, str], str] = {}
    for path in (phone / "whatsapp").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            held["whatsapp", path.name] = archive.read(next(n for n in archive.namelist() if n.endswith(".txt"))).decode()
    whole = json.loads((phone / "telegram" / "result.json").read_bytes())
    held["telegram", "result.json"] = "\0".join(
        "".join(e["text"] for e in m["text_entities"]) for chat in whole["chats"]["list"] for m in chat["messages"])
    for path in (phone / "instagram").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            held["instagram", path.name] = "\0".join(
                m.get("content", "").encode("latin-1").decode()
                for n in archive.namelist() if "/message_" in n for m in json.loads(archive.read(n))["messages"])
    missing = [r for r in truth_of(phone) if r.text and r.kind == "text" and r.text not in held[r.app, r.file]]
    assert not missing, missing[:3]


def test_planted_values_stand_in_their_texts(phone: Path) -> None:
    rows = truth_of(phone)
    assert all(p.as_written in (r.text or "") for r in rows for p in r.planted)
    kinds = {p.kind for r in rows for p in r.planted}
    assert {"phone", "bank_account", "ewallet", "money", "link", "invite", "crypto"} <= kinds


def test_times_ascend_and_nights_are_quiet() -> None:
    phone = world.build_phone(7, 4000)
    for chat in phone.chats:
        times = [s.at_ms for s in chat.said()]
        assert times == sorted(times), chat.key
    ordinary = [s.at_ms for c in phone.chats if not c.harmful for s in c.said()]
    hours = Counter((t + 7 * 3_600_000) // 3_600_000 % 24 for t in ordinary)
    assert sum(hours[h] for h in (1, 2, 3, 4)) == 0


def test_the_demo_phone_tells_the_whole_story() -> None:
    phone = demo_phone()
    told = {p for phases in phone.phases.values() for p in phases}
    assert told == {"grooming", "solicitation", "sextortion", "exploitation"}
    signals = Counter(s for c in phone.chats for m in c.said() for s in m.signals)
    assert {"distress", "refusal", "disclosure", "payment_made", "payment_demand", "other_threat"} <= set(signals)
    assert {c.app for c in phone.chats if c.harmful} == {"whatsapp", "telegram", "instagram"}
    spread = [m.at_ms for c in phone.chats for m in c.said()]
    assert min(spread) >= 1_767_225_600_000 - 7 * 3_600_000
    assert max(spread) < min(spread) + 115 * 86_400_000  # about 98 days; the download is dated June


def test_only_unassigned_numbers_and_reserved_hosts() -> None:
    for phone in (demo_phone(), world.build_phone(0, 3000), world.build_phone(1, 3000)):
        numbers = [m.number for c in phone.chats for m in c.members if m.number]
        planted = [p for c in phone.chats for s in c.said() for p in s.planted]
        numbers += [p.value.rsplit(":", 1)[-1] for p in planted if p.kind in ("phone", "ewallet")]
        assert all(n.startswith("+62860") for n in numbers)
        assert all(p.value.split(":")[2].startswith("860") for p in planted if p.kind == "bank_account")
        hosts = {p.value.split("/")[2] for p in planted if p.kind == "link"}
        assert hosts <= {"www.example.com", "toko.example.org", "berita.example.net"}


SCRIPTS = [scenes.SCOUT_IG, scenes.SCOUT_WA, scenes.SCOUT_TG, scenes.QUICK_IG, scenes.QUICK_WA, scenes.PARTNER_WA]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_age_or_school_where_pictures_are_asked_for(script: str) -> None:
    assert "age_probe" not in script
    assert not re.search(r"\b(umur|kelas|sma|smp|sd|anak)\b", script, re.I)


@pytest.mark.parametrize("name", scenes.NEGATIVES)
def test_hard_negatives_hold_no_phase(name: str) -> None:
    signals = set(re.findall(r"\[(\w+)\]", scenes.NEGATIVES[name]))
    assert not signals & set(scenes.PHASE_OF)


def test_every_slot_of_every_script_can_be_filled() -> None:
    from random import Random

    rng = Random("slots")
    for style in talk.STYLES:
        for turns in talk.exchanges(rng, style, 120):
            assert all("<" not in t.text and t.text for t in turns)


def test_published_checksums() -> None:
    """Examples of the specifications: Keccak-256 of nothing, EIP-55, BIP 173, the genesis block's address."""
    assert values.keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    account = bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
    assert values.eip55(account) == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    program = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
    assert values.segwit(program) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    genesis = bytes.fromhex("62e907b15cbf27d5425399ebf6f0fb50ebb88f18")
    assert values.base58check(b"\0" + genesis) == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.mark.parametrize("locale", ["id_android", "id_ios", "en_gb_android"])
def test_benchmark_files_have_the_stated_shape(tmp_path: Path, locale: str) -> None:
    path = tmp_path / "wa.txt"
    lines = bulk.write_whatsapp(path, 20_000, locale, 1)
    text = path.read_bytes().decode()
    assert lines == text.count("\n")
    assert 1.23 < lines / 20_000 < 1.27
    placeholder = {"id_android": "<Media tidak disertakan>", "id_ios": "gambar tidak disertakan", "en_gb_android": "<Media omitted>"}
    assert 0.025 < text.count(placeholder[locale]) / 20_000 < 0.035
    assert 0.08 < text.count("catatan: ") / 20_000 < 0.12
    assert "\u200d" in text


def test_benchmark_json_is_json_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "tg.json"
    bulk.write_telegram(path, 5_000, 1)
    messages = json.loads(path.read_bytes())["messages"]
    assert len(messages) == 5_000
    assert 0.08 < sum(isinstance(m["text"], list) for m in messages) / 5_000 < 0.12
    assert path.read_text(encoding="utf-8").startswith('{\n "name": "Grup Bulk",\n "type": "private_group",')
