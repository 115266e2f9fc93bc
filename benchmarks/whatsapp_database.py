"""Rows a second of the WhatsApp database reader: msgstore.db of N messages, from a file and from the sealed copy.

    python -m benchmarks.whatsapp_database [--rows 1000000] [--rounds 3]

Prints rows of the message table given (messages and child rows) and rows of the database accounted for (side tables too) by
processor time of a warm process, best of the rounds. The database has 8 % media with thumbnails, 3 % quotes, 3 % reactions, a
receipt for every second message.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import tempfile
import time
from pathlib import Path

from saksi.intake import MediaRule, receive, sealed_source
from saksi.parts import Source, open_source
from saksi.readers.base import ReadSettings
from saksi.readers.registry import read_source
from saksi.vault import Vault
from saksi.vault.keys import KdfParameters
from tests.simulator.whatsapp_db import ANDROID

START_MS = 1_767_200_000_000


def make(path: Path, rows: int) -> None:
    """A msgstore.db of `rows` messages in 50 chats."""
    c = sqlite3.connect(path)
    c.executescript(ANDROID)
    c.executemany("insert into jid(user, server, raw_string) values(?,?,?)",
                  ((f"62860{n:07d}", "s.whatsapp.net", f"62860{n:07d}@s.whatsapp.net") for n in range(200)))
    c.executemany("insert into chat(jid_row_id) values(?)", ((n,) for n in range(1, 51)))
    c.executemany(
        "insert into message(chat_row_id, from_me, key_id, sender_jid_row_id, status, timestamp, message_type, text_data, starred,"
        " sort_id) values(?,?,?,?,?,?,?,?,0,?)",
        ((n % 50 + 1, n & 1, f"3EB0{n:016X}", None, 13, START_MS + n * 20_000, 1 if n % 12 == 0 else 0,
          f"pesan nomor {n}, besok kita makan siang di warung dekat kantor ya 😀" if n % 12 else None, n) for n in range(rows)))
    c.executemany("insert into message_media values(?,1,?,12345,'image/jpeg',null,0,null)",
                  ((n + 1, f"Media/WhatsApp Images/IMG-20260601-WA{n:07d}.jpg") for n in range(0, rows, 12)))
    c.executemany("insert into message_thumbnail values(?,?)",
                  ((n + 1, b"\xff\xd8\xff\xe0" + (n * 7919).to_bytes(8, "big") * 80) for n in range(0, rows, 12)))
    c.executemany("insert into message_quoted values(?,0,null,?,'pesan nomor')",
                  ((n + 1, f"3EB0{n - 5:016X}") for n in range(33, rows, 33)))
    c.executemany("insert into message_add_on(from_me, sender_jid_row_id, parent_message_row_id, timestamp, message_add_on_type)"
                  " values(0,7,?,?,56)", ((n + 1, START_MS + n) for n in range(0, rows, 33)))
    c.executemany("insert into message_add_on_reaction values(?,'👍',?)", ((n + 1, START_MS) for n in range(len(range(0, rows, 33)))))
    c.executemany("insert into receipt_user(message_row_id, receipt_user_jid_row_id, receipt_timestamp) values(?,9,?)",
                  ((n + 1, START_MS + n) for n in range(1, rows, 2)))
    c.commit()
    c.close()


def read(source: Source) -> tuple[int, float, int]:
    """Rows given, seconds of processor time, rows of the database."""
    begun = time.process_time()
    reading = read_source(source, ReadSettings())
    rows = sum(batch.num_rows for batch in reading)
    seconds = time.process_time() - begun
    return rows, seconds, sum(part["rows"]["total"] for part in reading.account()["parts"])


def said(what: str, rounds: list[tuple[int, float, int]]) -> None:
    """Print the best round."""
    rows, seconds, stored = min(rounds, key=lambda r: r[1])
    print(f"{what}: {seconds:.2f} s of processor time; {rows:,} rows given = {rows / seconds:,.0f} rows/s; "
          f"{stored:,} rows of the database = {stored / seconds:,.0f} rows/s")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "msgstore.db"
        make(path, told.rows)
        print(f"msgstore.db: {told.rows:,} messages, {path.stat().st_size / 1e6:.0f} MB")
        with open_source(path) as source:
            rounds = [read(source) for _ in range(told.rounds)]
        said("file", rounds)
        kdf = KdfParameters(memory_kib=1024, passes=1, lanes=1)
        with Vault.create(Path(folder) / "KASUS", "kata sandi uji", kdf=kdf) as vault, open_source(path) as handed:
            begun = time.process_time()
            received, _ = receive(vault, handed, path, MediaRule(), exhibit="S1")
            sealing = time.process_time() - begun
            print(f"sealing without media: {sealing:.2f} s, {len(received.cuts):,} cuts, {len(received.blobs):,} media")
            with sealed_source(vault, received) as source:
                rounds = [read(source) for _ in range(told.rounds)]
        said("sealed copy", rounds)
        print(f"peak of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
