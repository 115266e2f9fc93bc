"""Every message of the simulator's truth stands in the readers' table exactly once: per format, per locale.

The simulator writes from the facts about the apps and shares no code with the readers. Rows are compared position by
position, which is stronger than "once": same number, same order, same words, sender, kind, instant and attachments.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from saksi.parts import open_source
from saksi.readers.base import Reading, ReadSettings
from saksi.readers.registry import read_source
from tests.simulator import bulk, meta, telegram, whatsapp
from tests.simulator.truth import Chat, Row, Said
from tests.simulator.world import build_phone

BIDI = dict.fromkeys([0x200E, 0x200F, 0x061C, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def rows_of(path: Path, order: str | None = None) -> tuple[list[dict[str, Any]], Reading]:
    """The messages of an export in file order, without child rows (reactions)."""
    with open_source(path) as source:
        reading = read_source(source, ReadSettings(zone="Asia/Jakarta", date_order=order))
        rows = [row for batch in reading for row in batch.to_pylist()]
    for child in (r for r in rows if "." in r["message_id"]):  # words of further fields (a card's number, a group's title)
        assert child["kind"] == "reaction" or any(f.startswith("field:") for f in child["flags"]), child["kind"]
    return [r for r in rows if "." not in r["message_id"]], reading


def plain(text: str | None) -> str | None:
    """A name without direction marks, which exports wrap round numbers; NBSP as a space."""
    return None if text is None else text.translate(BIDI).replace("\u00a0", " ")


def difference(row: dict[str, Any], truth: Row) -> list[str]:
    """What differs between a row and its truth; [] where nothing does."""
    found = []
    if row["kind"] != truth.kind:
        found.append(f"kind {row['kind']} for {truth.kind}")
    from_field = any(f.startswith("text_from:") for f in row.get("flags") or [])  # a card's name, a poll's question
    text = None if from_field and truth.text is None else row["text"] or None
    if (plain(text) != plain(truth.text)) if truth.kind == "service" else (text != truth.text):
        found.append(f"text {text!r} for {truth.text!r}")
    if truth.sender is not None and plain(row["sender_name"]) != plain(truth.sender):
        found.append(f"sender {row['sender_name']!r} for {truth.sender!r}")
    at = row["sent_at"]
    if at is None or round(at.timestamp() * 1000) != truth.utc_ms:
        found.append(f"time {at} ({row['sent_at_text']!r}) for {truth.utc_ms}")
    got = [(a["name"], a["state"]) for a in row["attachments"] or []]
    if [s for _, s in got] != [s for _, s in truth.attachments]:
        found.append(f"attachments {got} for {truth.attachments}")
    for (name, state), (true_name, _) in zip(got, truth.attachments, strict=False):
        if true_name is not None and state == "present" and not str(name).endswith(true_name.rsplit("/", 1)[-1]):
            found.append(f"attachment {name!r} for {true_name!r}")
    return found


def compare(rows: list[dict[str, Any]], truth: list[Row]) -> None:
    """Fail with the first few differences, by kind of message."""
    wrong = [(i, d) for i, (r, t) in enumerate(zip(rows, truth, strict=False)) for d in difference(r, t)]
    assert not wrong, f"{len(wrong)} differences in {len(truth)} rows, the first: {wrong[:6]}"
    assert len(rows) == len(truth)


def whole(reading: Reading) -> None:
    """The account adds up and no byte is unexplained."""
    account = reading.account()
    parts = account["bytes"]
    assert parts["messages"] + parts["container"] + parts["problems"] == parts["total"]
    assert parts["problems"] == 0, account["problems"]


def chats(app: str, seed: int = 3) -> list[Chat]:
    """The chats of one app on a harmful phone."""
    return [c for c in build_phone(seed, 1500, apps=(app,)).chats if c.app == app]


@pytest.mark.parametrize("locale", whatsapp.LOCALES)
def test_whatsapp_text_in_every_locale(tmp_path: Path, locale: str) -> None:
    for chat in chats("whatsapp"):
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.txt"
        whatsapp.write_text(chat, whatsapp.LOCALES[locale], path, truth.append)
        rows, reading = rows_of(path, whatsapp.LOCALES[locale].order)
        compare(rows, truth)
        whole(reading)


@pytest.mark.parametrize("locale", ["id_android", "id_ios", "en_gb_android", "en_us_ios", "de_android"])
def test_whatsapp_zip_with_media(tmp_path: Path, locale: str) -> None:
    chat = max(chats("whatsapp"), key=lambda c: sum(s.kind == "media" for s in c.said()))
    chat.with_media = True
    truth: list[Row] = []
    path = tmp_path / "x.zip"
    whatsapp.write_zip(chat, whatsapp.LOCALES[locale], path, truth.append)
    rows, reading = rows_of(path, whatsapp.LOCALES[locale].order)
    assert any(t.attachments for t in truth)
    compare(rows, truth)
    whole(reading)
    digests = [a["digest"] for r in rows for a in r["attachments"] or [] if a["state"] == "present"]
    assert digests
    assert all(digests)
    assert len(set(digests)) == len(digests)
    roles = Counter(p["role"] for p in reading.account()["parts"])
    assert roles == {"messages": 1, "attachment": len(digests)}


def test_telegram_single(tmp_path: Path) -> None:
    for chat in chats("telegram"):
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.json"
        telegram.write_single(chat, path, truth.append)
        rows, reading = rows_of(path)
        compare(rows, truth)
        whole(reading)


def test_telegram_full_export(tmp_path: Path) -> None:
    phone = build_phone(3, 1500, apps=("telegram",))
    truth: list[Row] = []
    path = tmp_path / "result.json"
    telegram.write_full(phone, phone.chats, path, truth.append)
    rows, reading = rows_of(path)
    compare(rows, truth)
    whole(reading)
    assert len(reading.account()["threads"]) == len(phone.chats)


def _with_controls(chat: Chat) -> Chat:
    events = list(chat.said())
    odd = [
        s._replace(text=s.text + "\x08 a\\x41 \x1f\x00", planted=(), rich=False) if s.kind == "text" and i % 7 == 0 else s
        for i, s in enumerate(events)
    ]
    chat.said = lambda: iter(odd)
    return chat


def test_telegram_with_escapes_that_are_no_json(tmp_path: Path) -> None:
    chat = _with_controls(chats("telegram")[1])
    truth: list[Row] = []
    path = tmp_path / "result.json"
    telegram.write_single(chat, path, truth.append, bad_escapes=True)
    assert b"\\x08" in path.read_bytes()
    rows, reading = rows_of(path)
    compare(rows, truth)
    repaired = [r for r in rows if r["text_repair"]]
    assert len(repaired) == sum("\x08" in (t.text or "") for t in truth)
    assert any(p.reason == "invalid_escape" for p in reading.problems)


@pytest.mark.parametrize("shape", ["zip", "folder"])
@pytest.mark.parametrize("app", ["instagram", "facebook", "messenger"])
def test_meta_download(tmp_path: Path, app: str, shape: str) -> None:
    phone = build_phone(3, 1200, apps=(app,))
    truth: list[Row] = []
    path = tmp_path / "download"
    (meta.write_zip if shape == "zip" else meta.write_folder)(phone, phone.chats, path, truth.append)
    rows, reading = rows_of(path)
    by_part: dict[str, list[Row]] = {}
    for row in truth:
        by_part.setdefault(row.part or "", []).append(row)
    for part, expected in by_part.items():
        compare([r for r in rows if r["source_part"] == part], expected)
    assert len(rows) == len(truth)
    whole(reading)


def test_meta_thread_over_several_files(tmp_path: Path) -> None:
    def said() -> Any:
        for s in bulk.events(21_000, 5):
            if s.kind != "service":
                yield s

    chat = bulk.bulk_chat(0, 5, "instagram")
    chat.said = said
    phone = build_phone(3, 0, harm=False, apps=("instagram",))
    truth: list[Row] = []
    path = tmp_path / "download.zip"
    meta.write_zip(phone, [chat], path, truth.append)
    rows, _ = rows_of(path)
    assert {r["source_part"].rsplit("/", 1)[-1] for r in rows} == {"message_1.json", "message_2.json", "message_3.json"}
    compare(rows, truth)


def test_messenger_end_to_end_encrypted(tmp_path: Path) -> None:
    phone = build_phone(3, 900, apps=("messenger",))
    for chat in phone.chats:
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.zip"
        meta.write_e2ee(chat, path, truth.append)
        rows, reading = rows_of(path)
        compare(rows, truth)
        whole(reading)


def test_a_difference_is_seen() -> None:
    """The comparison itself can fail: each field, changed, is reported."""
    said = Said(1_767_222_000_000, 0, "halo")
    truth = Row("whatsapp", "c", "f", None, 0, "A", said.text, said.at_ms, 1, "text")
    from datetime import UTC, datetime

    good = {"kind": "text", "text": "halo", "sender_name": "A", "sent_at": datetime.fromtimestamp(said.at_ms / 1000, UTC),
            "sent_at_text": "", "attachments": None}
    assert difference(good, truth) == []
    for key, value in (("kind", "media"), ("text", "hal"), ("sender_name", "B"), ("sent_at", None),
                       ("attachments", [{"name": "x", "state": "present"}])):
        assert difference({**good, key: value}, truth)


@pytest.mark.proof
@pytest.mark.parametrize("locale", ["en_gb_android", "id_android", "id_ios", "telegram"])
def test_two_hundred_thousand_of_two_hundred_thousand(tmp_path: Path, locale: str) -> None:
    truth: list[Row] = []
    if locale == "telegram":
        path = tmp_path / "result.json"
        telegram.write_single(bulk.bulk_chat(200_000, 7, "telegram"), path, truth.append)
        rows, reading = rows_of(path)
    else:
        path = tmp_path / "chat.txt"
        whatsapp.write_text(bulk.bulk_chat(200_000, 7, "whatsapp"), whatsapp.LOCALES[locale], path, truth.append)
        rows, reading = rows_of(path, "dmy")
    print(f"\n{locale}: {len(rows)} of {len(truth)} rows")
    assert len(truth) == 200_000
    compare(rows, truth)
    whole(reading)
