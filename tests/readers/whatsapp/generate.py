"""The samples of tests/samples/whatsapp_txt, from here byte for byte: `python -m tests.readers.whatsapp.generate`.

Each sample NAME.txt has NAME.jsonl beside it: one line a row of the message table (columns that say something), then
one line a problem. All invented; phones from the unassigned +62 860 range. Broken samples are named by their defect.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.readers.whatsapp.reading import read

FOLDER: Final = Path(__file__).resolve().parents[2] / "samples" / "whatsapp_txt"
L = "\u200e"
R = "\u200f"

_ANDROID_ID = (
    "13/02/26 19.58 - Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini, termasuk "
    "WhatsApp, yang dapat membaca atau mendengarkannya. Ketuk untuk info selengkapnya.\n"
    "13/02/26 19.58 - Ibu Tini membuat grup \"Arisan: RT 3\"\n"
    "13/02/26 19.59 - Ibu Tini: Assalamualaikum, besok jadi ya: jam 4\nbawa:\n\n1. kue\n2. gelas\n"
    "13/02/26 20.00 - +62 860-1111-2222: <Media tidak disertakan>\n"
    "13/02/26 20.00 - Sari 🌸: IMG-20260213-WA0004.jpg (file terlampir)\ndaftar belanja\n"
    "13/02/26 20.01 - Sari 🌸: oke, siap <Pesan ini diedit>\n"
    "14/02/26 07.00 - Sari 🌸: Pesan ini telah dihapus\n"
    "14/02/26 07.00 - Panggilan suara tak terjawab\n"
    "14/02/26 07.02 - Sari 🌸: null\n"
    "14/02/26 07.03 - Pak RT - Blok C: lokasi: https://maps.google.com/?q=-6.2,106.8\n"
    "14/02/26 07.04 - Pak RT - Blok C: \n"
)
_IOS_ID = (
    f"[13/02/26 19.58.01] Arisan RT 3: {L}Pesan dan panggilan terenkripsi secara end-to-end.\r\n"
    "[13/02/26 19.58.30] Ibu Tini: besok jadi ya: jam 4\r\nbawa kue\r\n"
    f"{L}[13/02/26 19.59.00] Sari: {L}gambar tidak disertakan\r\n"
    f"{L}[13/02/26 19.59.10] Sari: Daftar.pdf • {L}2 halaman {L}dokumen tidak disertakan\r\n"
    f"{L}[13/02/26 19.59.20] Sari: {L}<terlampir: 00000004-PHOTO-2026-02-13-19-59-20.jpg>\r\n"
    "[13/02/26 20.00.00] \u202a+62\u00a0860\u201111112222\u202c: hai\r\n"
    f"[13/02/26 20.00.10] Sari: {L}POLL:\r\nMasak apa?\r\n{L}OPTION: soto (2 votes)\r\n{L}OPTION: rawon (1 vote)\r\n"
    f"[13/02/26 20.01.00] Sari: {L}Panggilan video tak terjawab\r\n"
)
_IOS_AR = (
    f"{R}[٢٧{R}/٣{R}/٢٠٢٢، ٩:٤١:٣٥\u00a0م] Sari: {L}الرسائل والمكالمات مشفرة تمامًا بين الطرفين.\r\n"
    f"{R}[٢٧{R}/٣{R}/٢٠٢٢، ١١:٠٥:٠٠\u00a0م] Sari: مرحبا\r\n"
)

SAMPLES: Final[dict[str, bytes]] = {
    "android_id": _ANDROID_ID.encode(),
    "ios_id": _IOS_ID.encode(),
    "ios_ar": _IOS_AR.encode(),
    "android_en_us_12h": (
        "8/28/25, 11:43\u202fPM - Sari: selamat malam\n8/29/25, 12:01\u202fAM - Budi: sudah tidur?\n"
        "8/29/25, 12:02\u202fPM - Sari: <Media omitted>\n").encode(),
    "ambiguous_order": b"01/02/24, 10:00 - Sari: halo\n03/04/24, 10:00 - Budi: hai\n",
    "mixed_orders": (b"1/5/20, 10:00 - Sari: satu\n1/13/20, 10:00 - Sari: dua\n1/14/20, 10:00 - Sari: tiga\n"
                     b"15/1/2020, 10:00 - Sari: empat\n"),
    "pasted_export_line": (b"13/02/26 19.58 - Sari: lihat ini\n01/01/25 08.00 - Budi: dulu\n"
                           b"13/02/26 19.59 - Sari: begitu\n"),
    "text_before_first_header": "\ufeffsisa pesan lama\n13/02/26 19.58 - Sari: halo\n".encode(),
    "cut_in_header": b"13/02/26 19.58 - Sari: halo\n14/02/26 07.0",
    "invalid_utf8": b"13/02/26 19.58 - Sari: caf\xe9 \xff\n13/02/26 19.59 - Sari: ok\n",
    "nul_bytes": b"13/02/26 19.58 - Sari: halo\n" + b"\0" * 16,
    "unknown_day_half": b"[13/02/26, 7.58.00 frobn] Sari: halo\n",
}


def golden(data: bytes) -> str:
    """The rows and problems of a sample as JSON lines."""
    rows, reading = read(data, name="Chat WhatsApp dengan Arisan RT 3.txt", zone="Asia/Jakarta")
    lines: list[dict[str, Any]] = []
    for row in rows:
        said = {k: v for k, v in row.items() if v is not None and k not in ("source_digest", "platform", "thread_id")}
        if "sent_at" in said:
            said["sent_at"] = said["sent_at"].isoformat()
        lines.append(said)
    lines += [{"problem": p.reason, "start": p.start, "end": p.end} for p in reading.problems]
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)


def main() -> None:
    """Write all samples and what they read as."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in SAMPLES.items():
        (FOLDER / f"{name}.txt").write_bytes(data)
        (FOLDER / f"{name}.jsonl").write_text(golden(data), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
