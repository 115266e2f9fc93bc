"""Every header of facts FORMATS 1.2, typed by hand from there (not from the simulator or the reader)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.readers._whatsapp_header import PAD, ShapeBook, parse_line, scan
from saksi.times import EPOCH
from tests.readers.whatsapp.reading import assert_tiled, read, reasons

NN, TH, NB = "\u202f", "\u2009", "\u00a0"

# header (with its separator), order that the person tells (None: must be known without), local time it means
HEADERS: list[tuple[str, str | None, str]] = [
    ("30/08/25 18.00 - ", None, "2025-08-30 18:00:00"),                     # Indonesian Android
    ("[18/03/22 14.56.01] ", None, "2022-03-18 14:56:01"),                  # Indonesian iOS
    ("[3/18/22 14.56.01] ", None, "2022-03-18 14:56:01"),                   # Indonesian iOS, region US
    ("\u200e[18/03/22 14.56.01] ", None, "2022-03-18 14:56:01"),
    ("[18/03/2022, 4.56.01] ", None, "2022-03-18 04:56:01"),                # comma form
    ("23/03/2022, 13:31 - ", None, "2022-03-23 13:31:00"),
    ("6/30/23, 16:13 - ", None, "2023-06-30 16:13:00"),
    ("12/9/20, 23:55 - ", "mdy", "2020-12-09 23:55:00"),
    ("12/9/20, 23:55 - ", "dmy", "2020-09-12 23:55:00"),
    ("3/24/14, 1:59:59 PM: ", None, "2014-03-24 13:59:59"),                 # old, colon
    ("09/12/2012 17:03:48: ", "dmy", "2012-12-09 17:03:48"),
    ("8/28/16, 2:43 PM - ", None, "2016-08-28 14:43:00"),
    ("2023/12/20, 5:46 pm - ", None, "2023-12-20 17:46:00"),                # en-ZA
    ("2023-12-20, 5:46 p.m. - ", None, "2023-12-20 17:46:00"),              # en-CA
    (f"28/3/2025, 9:29{NB}p.{NB}m. - ", None, "2025-03-28 21:29:00"),       # es
    (f"28/3/2025, 9:29{NN}a.{NB}m. - ", None, "2025-03-28 09:29:00"),
    ("28/3/2025, 9:29 p. m. - ", None, "2025-03-28 21:29:00"),
    ("23.03.2022, 13:31 - ", None, "2022-03-23 13:31:00"),                  # ru, de
    ("03.08.21, 12:30 - ", "dmy", "2021-08-03 12:30:00"),
    ("23.03.22 13:31 - ", None, "2022-03-23 13:31:00"),                     # cs
    ("23-03-2022 13:31 - ", None, "2022-03-23 13:31:00"),                   # nl
    ("[3/27/22, 21:41:35] ", None, "2022-03-27 21:41:35"),
    ("[27.03.22, 21:41:35] ", None, "2022-03-27 21:41:35"),
    ("[27/03/2022 21:41:35] ", None, "2022-03-27 21:41:35"),
    (f"[14/10/2021, 3:34:09{NN}PM] ", None, "2021-10-14 15:34:09"),
    (f"[14/10/2021, 12:34:09{TH}AM] ", None, "2021-10-14 00:34:09"),
    (f"[14/10/2021, 12:34:09{NB}pm] ", None, "2021-10-14 12:34:09"),
    ("[12.3.2022 klo 14.08.18] ", "dmy", "2022-03-12 14:08:18"),            # fi
    ("09/17/19, 8:30:52 AM – ", None, "2019-09-17 08:30:52"),               # en dash
    ("[2026/7/9 02:28:09] ", None, "2026-07-09 02:28:09"),
    ("[2024/12/31, 12:34] ", None, "2024-12-31 12:34:00"),                  # no seconds
    ("[21:41:35, 3/27/22] ", None, "2022-03-27 21:41:35"),                  # vi, time first
    ("\u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٣٥\u00a0م] ", None, "2022-03-27 21:41:35"),
    ("\u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٣٥\u00a0ص] ", None, "2022-03-27 09:41:35"),
    ("[3/27/2565 BE, 21:41:35] ", None, "2022-03-27 21:41:35"),             # Buddhist era
    ("27/3/2565 21:41 - ", None, "2022-03-27 21:41:00"),
    ("[3/27/R4, 21:41:35] ", None, "2022-03-27 21:41:35"),                  # Reiwa 4
    ("[2022/3/27 下午9:41:35] ", None, "2022-03-27 21:41:35"),
    ("[2022/3/27 上午9:41:35] ", None, "2022-03-27 09:41:35"),
    ("[2022/03/27 午後9:41:35] ", None, "2022-03-27 21:41:35"),
    ("[2022/03/27 午前9:41:35] ", None, "2022-03-27 09:41:35"),
    ("[2022. 3. 27. 오후 9:41:35] ", None, "2022-03-27 21:41:35"),
    ("[2022. 3. 27. 오전 9:41:35] ", None, "2022-03-27 09:41:35"),
    ("[2022/3/27 9:41:35 下午] ", None, "2022-03-27 21:41:35"),             # marker behind
    ("२७/३/२०२२, १३:३१ - ", None, "2022-03-27 13:31:00"),
]

BODIES = ["halo", "a: b", "", "satu\ndua\n\ntiga", "30/08 besok - ya?", "emoji 👩‍👩‍👧 \u2028 x\u0085y\x0bz", "\u202bשלום\u202c (x)"]


@pytest.mark.parametrize(("header", "order", "local"), HEADERS)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_every_header_with_every_body(header: str, order: str | None, local: str, eol: str) -> None:
    bodies = [b.replace("\n", eol) for b in BODIES]
    data = "".join(f"{header}Sari Dewi: {b}{eol}" for b in bodies).encode()
    settings = {"zone": "UTC"} | ({} if order is None else {"date_order": order})
    rows, reading = read(data, **settings)
    assert [r["text"] for r in rows] == bodies
    assert {r["sender_name"] for r in rows} == {"Sari Dewi"}
    assert {r["sent_at"].strftime("%Y-%m-%d %H:%M:%S") for r in rows} == {local}
    assert {r["sent_at_basis"] for r in rows} == {"zone_given"}
    written = header.strip("\u200e\u200f[ ").removesuffix(" -").removesuffix(" –").removesuffix("]").removesuffix(":")
    assert {r["sent_at_text"] for r in rows} == {written.strip()}
    assert_tiled(reading, len(data))
    assert reasons(reading) == []


@pytest.mark.parametrize(("header", "order", "local"), HEADERS)
def test_header_lines_are_found_fast_and_exactly_alike(header: str, order: str | None, local: str) -> None:
    # 200 lines whose digits differ: more than one round of learning
    lines = []
    for i in range(200):
        varied = "".join(str((int(c) + i) % 10) if c.isascii() and c.isdigit() else c for c in header)
        lines.append(varied + ("Sari: x" if i % 3 else "x") + ("\nlanjut 12/3" if i % 5 == 0 else ""))
    assert_fast_is_exact("\n".join(lines).encode())


def assert_fast_is_exact(data: bytes) -> None:
    found = []
    for fast in (True, False):
        book = ShapeBook()
        h = scan(np.frombuffer(data + bytes(PAD), dtype=np.uint8), len(data), book, fast=fast)
        found.append((h.line.tolist(), [book.shapes[s] for s in h.shape], h.numbers.tolist()))
    assert found[0] == found[1]


HEADERISH = st.text(alphabet="0123456789/.-:, []PMam\u200e\u202f\n–ع٣", min_size=0, max_size=40)


@given(st.lists(st.one_of(HEADERISH, st.sampled_from([h for h, _, _ in HEADERS]).flatmap(
    lambda h: st.tuples(st.just(h), HEADERISH).map("".join))), max_size=200), st.integers(0, 3))
def test_fast_and_exact_agree_on_anything(lines: list[str], repeat: int) -> None:
    assert_fast_is_exact("\n".join(lines * (repeat + 1)).encode())


@pytest.mark.parametrize("line", [
    "99/99/99 10:00 - Sari: x",          # no date in any order
    "12/03/22 10:75 - Sari: x",          # no time
    "12/03/22 - Sari: x",                # no time at all
    "besok 12/03/22 10:00 - Sari: x",    # not at the start
    "12/03/22 10:00 Sari: x",            # no separator
    "1.200/3 porsi: x",
    "2024/2023/12 10:00 - Sari: x",      # two years
    "https://example.org/12/03/22 10:00 - x",
])
def test_lines_that_only_look_like_headers(line: str) -> None:
    assert parse_line(line.encode()) is None
    rows, _ = read(f"30/08/25 18.00 - Sari: halo\n{line}\n")
    assert [r["text"] for r in rows] == [f"halo\n{line}"]


def test_unknown_day_half_is_kept_without_time() -> None:
    rows, reading = read("[24/03/22, 9.41.35 frobn] Sari: hai\n", zone="Asia/Jakarta")
    assert [(r["text"], r["sent_at"], r["sent_at_basis"], r["sent_at_text"]) for r in rows] == [
        ("hai", None, "none", "24/03/22, 9.41.35 frobn")]
    assert reasons(reading) == ["unknown_locale"]


def test_unknown_calendar_is_kept_without_time() -> None:
    rows, reading = read("27/3/1443, 13:31 - Sari: hai\n", zone="Asia/Jakarta")  # Islamic or Persian: not told
    assert [(r["text"], r["sent_at"]) for r in rows] == [("hai", None)]
    assert reasons(reading) == ["unknown_locale"]


def test_epoch_is_what_the_table_uses() -> None:
    rows, _ = read("30/08/25 07.00 - Sari: x\n", zone="WIB")
    assert (rows[0]["sent_at"] - EPOCH).total_seconds() == 1756512000  # 2025-08-30T00:00:00Z
