"""Full rows of Discord exports: records a second, against `orjson.loads` of the same bytes, each in fresh processes, turn by turn.

    python -m benchmarks.discord_reader [records]      default 200,000

Three files of neutral talk made from a seed: a data package's messages.json (one channel), DiscordChatExporter's JSON as written
on Linux, and as written on Windows (CR LF). 12 % replies, 5 % with reactions, 4 % with files, 5 % mentions, 2 % edits, 40 authors.
Processor time of the work itself: the machine may be busy. The digest of the source is intake's work and not timed.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORDS = ("nasi goreng", "hujan", "besok", "pasar", "jam tujuh", "bawa payung", "es teh", "motor", "ke rumah", "sudah makan", "belum",
         "warung depan", "sepuluh menit", "oke siap", "cuaca cerah", "bola 🙂", "film lama")
START_MS = 1_767_600_000_000
FORMS = ("package.json", "exporter_lf.json", "exporter_crlf.json")


def snowflake(ms: int) -> int:
    """Discord's identifier of something made at a moment."""
    return (ms - 1_420_070_400_000) << 22


def said(rng: random.Random) -> str:
    """A message."""
    return " ".join(rng.choices(WORDS, k=rng.randint(2, 9)))


def write_package(path: Path, n: int) -> None:
    """One channel of a data package."""
    rng = random.Random(7)
    records = []
    for i in range(n):
        ms = START_MS + i * 41_000
        files = "https://cdn.example.com/attachments/1/2/warung.jpg" if rng.random() < 0.04 else ""
        records.append({"ID": snowflake(ms), "Timestamp": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ms // 1000)),
                        "Contents": said(rng), "Attachments": files})
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")


def write_exporter(path: Path, n: int, newline: str) -> None:
    """One channel by DiscordChatExporter."""
    rng = random.Random(8)
    people: list[dict[str, Any]] = [
        {"id": str(860_000 + k), "name": f"akun{k}", "discriminator": "0000", "nickname": f"Akun {k}", "color": "#AABBCC",
         "isBot": False,
         "roles": [{"id": "1", "name": "anggota", "color": None, "position": 1}],
         "avatarUrl": f"https://cdn.example.com/avatars/{k}/a.png?size=512"} for k in range(40)]
    messages: list[dict[str, Any]] = []
    for i in range(n):
        ms = START_MS + i * 41_000
        r = rng.random()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000 + 25_200)) + f".{rng.randrange(1000):03d}+07:00"
        made: dict[str, Any] = {
            "id": str(snowflake(ms)), "type": "Reply" if r < 0.12 and messages else "Default", "timestamp": stamp,
            "timestampEdited": stamp if r > 0.98 else None, "callEndedTimestamp": None, "isPinned": False, "content": said(rng),
            "author": people[rng.randrange(40)],
            "attachments": [{"id": "1", "url": "https://cdn.example.com/a/warung.jpg", "fileName": "warung.jpg", "fileSizeBytes": 86}]
            if 0.2 < r < 0.24 else [], "embeds": [], "stickers": [],
            "reactions": [{"emoji": {"id": "", "name": "👍", "code": "thumbsup", "isAnimated": False, "imageUrl": "x"}, "count": 1,
                           "users": [{k: v for k, v in people[1].items() if k != "roles"}]}] if 0.3 < r < 0.35 else [],
            "mentions": [people[2]] if 0.4 < r < 0.45 else [],
        }
        if r < 0.12 and messages:
            made["reference"] = {"messageId": messages[-1]["id"], "channelId": "860", "guildId": "9"}
        messages.append({**made, "inlineEmojis": []})
    whole = {"guild": {"id": "9", "name": "Kelas", "iconUrl": ""}, "channel": {
        "id": "860", "type": "GuildTextChat", "categoryId": None, "category": None, "name": "umum", "topic": None},
        "dateRange": {"after": None, "before": None}, "exportedAt": "2026-06-02T09:00:00+07:00", "messages": messages,
        "messageCount": n}
    path.write_bytes(json.dumps(whole, ensure_ascii=False, indent=2).replace("\n", newline).encode())


def once(what: str, path: Path) -> None:
    """One run in this process: seconds and rows (reactions are rows too)."""
    import orjson

    sys.path.insert(0, str(ROOT / "src"))
    from saksi.parts import open_source
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source

    small = path.with_name("small_" + path.name)
    for _ in read_source(open_source(small), ReadSettings()):
        pass  # Arrow imports parts of itself at first use: imports are not timed
    source = open_source(path)
    if what == "orjson, collector off":
        gc.disable()
    start = time.process_time()
    if what == "saksi":
        records = sum(batch.num_rows for batch in read_source(source, ReadSettings()))
    else:
        value = orjson.loads(path.read_bytes())
        records = len(value["messages"] if isinstance(value, dict) else value)
    print(time.process_time() - start, records)


def main() -> None:
    """Measure and print."""
    if len(sys.argv) == 3:
        once(sys.argv[1], Path(sys.argv[2]))
        return
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        for name in FORMS:
            path = Path(folder) / name
            for target, count in ((path, n), (path.with_name("small_" + name), 50)):
                if name.startswith("package"):
                    write_package(target, count)
                else:
                    write_exporter(target, count, "\r\n" if "crlf" in name else "\n")
            runs: dict[str, list[float]] = {"saksi": [], "orjson": [], "orjson, collector off": []}
            for _ in range(3):
                for what, times in runs.items():
                    done = subprocess.run([sys.executable, "-m", "benchmarks.discord_reader", what, str(path)], cwd=ROOT,
                                          capture_output=True, check=True, text=True)
                    times.append(float(done.stdout.split()[0]))
            best = {what: min(times) for what, times in runs.items()}
            print(f"{name}: {n:,} records, {path.stat().st_size / 1e6:.1f} MB; saksi {best['saksi']:.3f} s = "
                  f"{n / best['saksi']:,.0f} records/s; orjson.loads {best['orjson']:.3f} s (collector off "
                  f"{best['orjson, collector off']:.3f} s); best of 3, processor time", flush=True)


if __name__ == "__main__":
    main()
