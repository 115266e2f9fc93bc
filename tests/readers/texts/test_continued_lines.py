"""Lines below a row's first: what they are taken for, what is said of it, and that many of them take no time."""

from __future__ import annotations

import time

import pytest

from saksi import limits
from tests.readers.texts.reading import read, reasons

LINE = "[LINE] Chat history with Sari\nSaved on: 2024/01/16 09:30\n\n2024/01/15(Mon)\n10:15\tSari\thalo\n"


def test_line_a_time_below_rows_with_tabs_begins_no_row() -> None:
    data = f'{LINE}10:16\tSari\t"dia bilang "sayang"\n10:15 ketemu ya"\n10:20\tBudi\tok\n'
    rows = read("line_txt", data.encode(), "line.txt")[0]
    assert [(r["sender_name"], r["text"]) for r in rows] == [
        ("Sari", "halo"), ("Sari", '"dia bilang "sayang"\n10:15 ketemu ya"'), ("Budi", "ok"),
    ]  # fmt: skip


def test_line_a_wrapped_message_that_holds_rows_is_said() -> None:
    data = f'{LINE}10:16\tSari\t"jangan begitu\n10:17\tBudi\tkenapa?\n10:18\tSari\tnanti aku marah"\n10:20\tBudi\tok\n'
    rows, reading = read("line_txt", data.encode(), "line.txt")[:2]
    assert next(p for p in reading.problems if p.reason == "header_out_of_order").start == rows[1]["span_start"]
    quiet = read("line_txt", f'{LINE}10:16\tSari\t"satu\ndua"\n'.encode(), "line.txt")[1]
    assert "header_out_of_order" not in reasons(quiet)


@pytest.mark.parametrize(
    ("reader", "head"),
    [("line_txt", LINE), ("pasted_txt", "Budi: ya\nSari: halo\n"), ("telegram_txt", "Sari, [15.01.2024 10:15]\nhalo\n")],
)
def test_a_message_of_many_lines_takes_no_time(reader: str, head: str) -> None:
    began = time.process_time()
    rows, reading = read(reader, (head + "xy\n" * 400_000).encode(), "a.txt")[:2]
    assert time.process_time() - began < 30  # joined line by line it took minutes
    assert rows[-1]["text"].count("\nxy") == 400_000
    assert "unaccounted" not in reasons(reading)


@pytest.mark.parametrize(
    ("reader", "head"),
    [("line_txt", LINE), ("pasted_txt", "Sari: halo\n"), ("telegram_txt", "Sari, [15.01.2024 10:15]\nhalo\n")],
)
def test_a_message_without_end_is_let_go_of(reader: str, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES_MAX", 1000)
    rows, reading = read(reader, (head + "dua kata\n" * 500).encode(), "a.txt")[:2]
    assert [r["kind"] for r in rows].count("text") == 1
    assert rows[-1]["kind"] == "unparsed"
    assert max(r["span_end"] - r["span_start"] for r in rows) <= 1000
    assert "unaccounted" not in reasons(reading)


def test_line_blank_lines_without_number_are_not_held() -> None:
    rows, reading = read("line_txt", (LINE + "\n" * 300_000 + "10:20\tBudi\tok\n").encode(), "line.txt")[:2]
    assert [r["text"] for r in rows] == ["halo", "ok"]
    assert "unaccounted" not in reasons(reading)


def test_imessage_a_message_without_a_sender_line_is_nobodys() -> None:
    data = "May 17, 2022  5:29:42 PM\nMe\nhalo\n\nMay 17, 2022  5:30:42 PM\n\nMay 17, 2022  5:31:42 PM\nSari\nya\n"
    rows = read("imessage_txt", data.encode(), "a.txt")[0]
    assert [(r["sender_name"], r["text"]) for r in rows] == [("Me", "halo"), (None, None), ("Sari", "ya")]
