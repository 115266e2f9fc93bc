"""A Telegram Desktop single-chat export of neutral talk, made from a seed: what the reader's speed is measured on.

`write(path, n)`: n records, indent 1 in the writer's key order, 10 % rich text lists, 5 % replies, 3 % media, 1 % edits,
1 % service records, 6 senders. 200,000 records are about 79 MB. Same n and seed: same bytes.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

WORDS = ("nasi goreng", "hujan", "besok", "pasar", "jam tujuh", "bawa payung", "es teh", "motor", "ke rumah", "sudah makan",
         "belum", "warung depan", "sepuluh menit", "pelan-pelan", "oke siap", "cuaca cerah", "bola", "film lama")
SENDERS = (("Ayu", "user8600001"), ("Bima", "user8600002"), ("Citra 🌿", "user8600003"), ("Dodi", "user8600004"),
           ("Eka", "user8600005"), ("+62 860 0000 006", "user8600006"))


def record(number: int, at: int, rng: random.Random) -> str:
    """One record as the exporter writes it: two levels deep, one space a level."""
    name, account = rng.choice(SENDERS)
    hour = f"2023-11-{1 + at // 86400 % 28:02d}T{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}"
    kind = "service" if rng.random() < 0.01 else "message"
    out = (f'  {{\n   "id": {number},\n   "type": "{kind}",\n   "date": "{hour}",\n'
           f'   "date_unixtime": "{1700000000 + at}",\n')
    if kind == "service":
        return out + (
            f'   "actor": "{name}",\n   "actor_id": "{account}",\n   "action": "pin_message",\n'
            f'   "message_id": {max(1, number - 3)},\n   "text": "",\n   "text_entities": []\n  }}')
    said = " ".join(rng.choices(WORDS, k=rng.randint(2, 9))) + rng.choice(("", "", " 🙂", "?", "\\n\\\"ya\\\""))
    if rng.random() < 0.01:
        out += f'   "edited": "{hour}",\n   "edited_unixtime": "{1700000000 + at + 60}",\n'
    out += f'   "from": "{name}",\n   "from_id": "{account}",\n'
    if number > 10 and rng.random() < 0.05:
        out += f'   "reply_to_message_id": {number - rng.randint(1, 9)},\n'
    if rng.random() < 0.03:
        return out + (
            '   "photo": "(File not included. Change data exporting settings to download.)",\n'
            '   "photo_file_size": 81234,\n   "width": 960,\n   "height": 1280,\n   "text": "",\n   "text_entities": []\n  }')
    if rng.random() < 0.1:
        return out + (
            f'   "text": [\n    "{said} ",\n    {{\n     "type": "bold",\n     "text": "penting"\n    }},\n    " ya"\n   ],\n'
            f'   "text_entities": [\n    {{\n     "type": "plain",\n     "text": "{said} "\n    }},\n    {{\n     "type": "bold",\n'
            '     "text": "penting"\n    },\n    {\n     "type": "plain",\n     "text": " ya"\n    }\n   ]\n  }')
    return out + (
        f'   "text": "{said}",\n   "text_entities": [\n    {{\n     "type": "plain",\n     "text": "{said}"\n    }}\n   ]\n  }}')


def write(path: Path, n: int, seed: int = 7) -> None:
    """Write the export of `n` records to `path` (UTF-8)."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write('{\n "name": "Arisan",\n "type": "private_supergroup",\n "id": 860777,\n "messages": [\n')
        for number in range(1, n + 1):
            f.write(record(number, number * 41, rng) + (",\n" if number < n else "\n"))
        f.write(" ]\n}")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
