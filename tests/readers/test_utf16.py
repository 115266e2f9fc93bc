"""Text saved as UTF-16 gives the rows of the same text in UTF-8, cited by its own bytes; every byte stays accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import saksi
from saksi.parts import utf16_order
from saksi.readers._utf16 import Places, _Text
from tests.test_bad_input import TELEGRAM

CHAT = (
    "23/11/26, 20:15 - Budi: halo \U0001f62d ya\n24/11/26, 20:16 - Rina: é عربي\nbaris kedua\n25/11/26, 20:17 - Budi: apa kabar\n"
    "26/11/26, 20:18 - Rina: sampai besok\n"
)
ENCODINGS = {"utf-16-le": b"", "utf-16-be": b"", "utf-16-le with mark": b"\xff\xfe", "utf-16-be with mark": b"\xfe\xff"}
SAME = ("seq", "thread_title", "sent_at", "sent_at_text", "sender_id", "sender_name", "kind", "text", "text_repair", "flags")


def rows(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    result = saksi.read(path, zone="WIB", date_order="dmy")
    return result.messages.to_pylist(), result.account


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("name", "text"), [("chat.txt", CHAT), ("result.json", TELEGRAM)])
def test_the_same_rows_at_their_own_bytes(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / name).write_text(text, encoding="utf-8", newline="")
    (tmp_path / name).write_bytes(ENCODINGS[encoding] + text.encode(encoding[:9]))
    expected, plain = rows(tmp_path / "plain" / name)
    found, account = rows(tmp_path / name)
    assert [[r[c] for c in SAME] for r in found] == [[r[c] for c in SAME] for r in expected]
    raw, utf8 = (tmp_path / name).read_bytes(), text.encode()
    for a, b in zip(found, expected, strict=True):
        assert raw[a["span_start"] : a["span_end"]].decode(encoding[:9]) == utf8[b["span_start"] : b["span_end"]].decode()
        assert a["message_id"].split("-")[2].split(".")[0] == str(a["span_start"])
    counts = account["bytes"]
    assert counts["total"] == len(raw)
    assert counts["messages"] + counts["container"] + counts["problems"] == len(raw)
    assert counts["problems"] == 0
    assert {p["reason"] for p in account["problems"]} - {p["reason"] for p in plain["problems"]} == {"saved_again"}


@pytest.mark.parametrize("cut", range(1, 40))
def test_cut_anywhere_every_byte_is_accounted_for(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(("\ufeff" + CHAT).encode("utf-16-le")[:-cut])
    counts = rows(path)[1]["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"] == path.stat().st_size


def test_half_a_surrogate_is_kept_and_said(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(("\ufeff" + CHAT.replace("halo", "ha\ud83dlo")).encode("utf-16-le", "surrogatepass"))
    found, account = rows(path)
    assert len(found) == 4
    assert "invalid_utf8" in {p["reason"] for p in account["problems"]}
    assert account["bytes"]["total"] == path.stat().st_size


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=40), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_places_of_every_character(text: str, order: str) -> None:
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # halves that meet are a pair
    form = _Text(text.encode(order, "surrogatepass"), order)
    assert form.utf8 == text.encode("utf-8", "surrogatepass")
    utf8 = [len(text[:n].encode("utf-8", "surrogatepass")) for n in range(len(text) + 1)]
    utf16 = [len(text[:n].encode(order, "surrogatepass")) for n in range(len(text) + 1)]
    assert Places(form).of(np.array(utf8, dtype=np.int64)).tolist() == utf16


@pytest.mark.parametrize("head", [b"", b"abc", CHAT.encode(), "漢字ばかり".encode() * 9, CHAT.encode("utf-32"), b"\0" * 4096])
def test_what_is_no_utf16(head: bytes) -> None:
    assert utf16_order(head) is None


def test_half_a_character_at_the_end_is_said_to_be_cut_off(tmp_path: Path) -> None:
    raw = b"\xff\xfe" + CHAT.encode("utf-16-le") + b"5"
    (tmp_path / "chat.txt").write_bytes(raw)
    found, account = rows(tmp_path / "chat.txt")
    assert len(found) == 4
    assert {p["reason"]: (p["start"], p["end"]) for p in account["problems"]}["truncated"] == (len(raw) - 1, len(raw))
    assert "unaccounted" not in {p["reason"] for p in account["problems"]}
    assert account["bytes"]["problems"] == 1
