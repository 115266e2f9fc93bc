"""Speed of `saksi.identifiers.find` on a million chat messages, of which one in twenty holds identifiers.

    python benchmarks/bench_identifiers.py [MESSAGES]

Prints messages a second for `find`, for phonenumbers' PhoneNumberMatcher on a sample of the same messages, and the ratio.
The matcher finds phone numbers only; `find` finds ten kinds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from saksi.identifiers import find
from saksi.table.schema import MESSAGE_SCHEMA

PLAIN = (
    "oke nanti aku jemput jam 7 ya", "besok jadi rapat jam 19.00 di sekolah?", "wkwkwk iya lucu banget 😂",
    "tugas matematika halaman 45 nomor 3 sampai 10", "makasih ya bu, sudah sampai rumah dengan selamat", "hahaha iya",
    "udah makan belum? aku bawain nasi goreng", "<Media tidak disertakan>", "ok siap 👍", "nanti sore hujan kayaknya",
)
HOLDING = (
    "wa aku yang baru {p} ya", "transfer {a}rb ke BCA 860{r} a.n. toko", "dana {p} kak", "https://t.me/+AbCdEf12345{r} join",
    "ig: contoh.akun{a} add ya", "total Rp {a}.000 sudah lunas", "cek https://toko.example.org/p/{r}", "{a} ribu aja",
)


def batches(count: int, rows: int = 65_536) -> list[pa.RecordBatch]:
    """`count` messages of MESSAGE_SCHEMA in batches, the same ones every time."""
    rng = Random(7)
    texts = []
    for i in range(count):
        if i % 20:
            texts.append(rng.choice(PLAIN))
        else:
            rest = f"{rng.randrange(10**7):07d}"
            texts.append(rng.choice(HOLDING).format(p=f"0860-{rest[:4]}-{rest[4:]}", a=rng.randrange(100, 999), r=rest))
    made = []
    for at in range(0, count, rows):
        part = texts[at : at + rows]
        columns = {field.name: pa.nulls(len(part), field.type) for field in MESSAGE_SCHEMA}
        columns["text"] = pa.array(part)
        columns["seq"] = pa.array(range(at, at + len(part)), pa.int64())
        made.append(pa.RecordBatch.from_arrays([columns[f.name] for f in MESSAGE_SCHEMA], schema=MESSAGE_SCHEMA))
    return made


def main(count: int = 1_000_000) -> None:
    """Measure and print."""
    import phonenumbers

    data = batches(count)
    find(data[0])
    best, hits = float("inf"), 0
    for _ in range(3):
        start = time.perf_counter()
        hits = sum(find(batch).num_rows for batch in data)
        best = min(best, time.perf_counter() - start)
    sample = data[0].column("text").to_pylist()[:10_000]
    start = time.perf_counter()
    for text in sample:
        list(phonenumbers.PhoneNumberMatcher(text, "ID"))
    matcher = len(sample) / (time.perf_counter() - start)
    print(f"identifiers.find      {count:>9,} messages  {best:6.2f} s  {count / best:>11,.0f} messages/s  {hits:,} hits, ten kinds")
    print(f"PhoneNumberMatcher    {len(sample):>9,} messages  {'':8}  {matcher:>11,.0f} messages/s  phones only")
    print(f"ratio                 {count / best / matcher:.1f}x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
