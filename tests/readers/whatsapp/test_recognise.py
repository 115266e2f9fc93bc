"""What is taken for a WhatsApp export and what is not: by content only."""

from __future__ import annotations

import pytest

from saksi import limits
from saksi.readers.whatsapp_txt import reader, recognise_head
from tests.readers.whatsapp.reading import source_of

WHATSAPP = {
    "one line": "30/08/25 18.00 - Sari: halo\n",
    "one system line": "30/08/25 18.00 - Budi keluar\n",
    "two lines": "[18/03/22 14.56.01] A: b\r\n[18/03/22 14.56.02] A: c\r\n",
    "garbage first": "sisa\n" * 30 + "30/08/25 18.00 - Sari: halo\n" * 40,
    "first message longer than the head": "30/08/25 18.00 - Sari: " + "kata lain\n" * 10_000,
    "bom": "\ufeff30/08/25 18.00 - Sari: halo\n",
    "arabic": "\u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٣٥ م] Sari: x\n" * 2,
    "nul bytes first": "\0" * 64 + "\n" + "30/08/25 18.00 - Sari: halo\n" * 3,
    "year with dashes, seconds": "[2022-03-27, 21:41:35] Sari: hai\n" * 2,
}
OTHER = {
    "empty": "",
    "prose": "Pada 12/03/2022 kami bertemu.\nLalu pulang - begitu: ya.\n" * 20,
    "telegram copied": "Sari, [25/06/2022 07:25]\nhalo\n\nBudi, [25/06/2022 07:26]\nhai\n",
    "line": "[LINE] Chat history with Sari\nSaved on: 2026/01/30 18:00\n\n2026/01/30(Fri)\n18:00\tSari\thalo\n",
    "csv": "date,time,sender,text\n12/03/2022,13:31,Sari,halo\n12/03/2022,13:32,Budi,hai\n",
    "telegram json": '{"name": "Sari", "type": "personal_chat", "messages": []}',
    "python log": "2024-01-31 10:00:00,123 - app - INFO - started\n" * 9,
    "level log": "2024-01-31 10:00:00 - INFO - started: ok\n" * 9,
    "monolog": "[2024-01-31 10:00:00] local.ERROR: something failed\n" * 9,
    "nginx log": "2024/01/31 10:00:00 [error] 12#0: *1 open() failed\n" * 9,
    "signal notes": "[2019-05-29, 15:04] Me: text\n[2019-05-29, 15:05] Other: text\n",
    "subtitles": "1\n00:00:01,000 --> 00:00:04,000\nhalo\n",
    "utf-16": "\ufeff30/08/25 18.00 - Sari: halo\n",
    "a quoted line in a long text": "kata saja\n" * 500 + "30/08/25 18.00 - Sari: halo\n" + "kata saja\n" * 500,
}


@pytest.mark.parametrize("what", WHATSAPP)
def test_recognised(what: str) -> None:
    source = source_of(WHATSAPP[what].encode(), "apa saja.bin")
    evidence = reader.recognise(source.parts[0])
    assert evidence is not None
    assert evidence.why == "whatsapp_header_lines"


@pytest.mark.parametrize("what", OTHER)
def test_refused(what: str) -> None:
    raw = OTHER[what].encode("utf-16") if what == "utf-16" else OTHER[what].encode()
    assert not recognise_head(raw[: limits.HEAD_BYTES])


def test_contact_cards_are_metadata() -> None:
    source = source_of(b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sari\r\nEND:VCARD\r\n", "Sari.vcf")
    assert reader.is_metadata(source.parts[0])
    assert not reader.is_metadata(source_of(b"halo").parts[0])
