"""Every message of the simulator's truth stands in the rows exactly once, in order, in each of these formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.readers.test_truth import compare, rows_of, whole
from tests.simulator import records
from tests.simulator.truth import Chat, Phone, Row
from tests.simulator.world import build_phone

PHONE = build_phone(3, 500, apps=("telegram",))

Write = Callable[[Phone, list[Chat], Path, Callable[[Row], None]], Any]
FORMATS: dict[str, Write] = {
    "discord_package_json": records.discord_package,
    "discord_package_csv": lambda p, c, path, t: records.discord_package(p, c, path, t, csv=True),
    "tiktok_json": records.tiktok,
    "tiktok_txt": lambda p, c, path, t: records.tiktok(p, c, path, t, text=True),
    "snapchat_json": lambda p, c, path, t: records.snapchat(c, path, t),
    "signal_jsonl": records.signal,
    "google_chat_json": records.google_chat,
    "google_chat_json Indonesian": lambda p, c, path, t: records.google_chat(p, c, path, t, "id"),
    "x_dm_js": records.x_archive,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_message_once_in_order(tmp_path: Path, name: str) -> None:
    truth: list[Row] = []
    path = tmp_path / ("export.zip" if not name.startswith("tiktok") else f"data.{name[-4:].lstrip('_')}")
    FORMATS[name](PHONE, PHONE.chats, path, truth.append)
    rows, reading = rows_of(path)
    assert reading.reader_names == [name.split()[0]]
    assert len(truth) > 100
    by_part: dict[str | None, list[Row]] = {}
    for row in truth:
        by_part.setdefault(row.part, []).append(row)
    for part, expected in by_part.items():
        compare([r for r in rows if r["source_part"] == part], expected)
    assert len(rows) == len(truth)
    whole(reading)
    assert not reading.problems


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_discord_exporter(tmp_path: Path, newline: str) -> None:
    for chat in PHONE.chats:
        truth: list[Row] = []
        path = tmp_path / f"{chat.key}.json"
        records.discord_exporter(chat, path, truth.append, newline)
        rows, reading = rows_of(path)
        compare(rows, truth)
        whole(reading)
        assert not reading.problems
        answers = [r for r in rows if r["reply_to"] is not None]
        ids = {r["message_id"] for r in rows}
        assert all(r["reply_to"] in ids for r in answers)


def test_direction_is_the_owners(tmp_path: Path) -> None:
    """Where an export says whose it is, the owner's messages and no others are `out`."""
    for name in ("snapchat_json", "signal_jsonl", "google_chat_json", "x_dm_js", "tiktok_json"):
        truth: list[Row] = []
        path = tmp_path / (f"{name}.json" if name == "tiktok_json" else f"{name}.zip")
        FORMATS[name](PHONE, PHONE.chats, path, truth.append)
        rows, _ = rows_of(path)
        own = records.handle(PHONE.chats[0], 0)
        out = {r["sender_name"] for r in rows if r["direction"] == "out"}
        assert out == {own if name in ("snapchat_json", "tiktok_json") else PHONE.owner}, name
        assert {r["sender_name"] for r in rows if r["direction"] == "in"}.isdisjoint(out)
