"""Single-file exports for benchmarks, shaped like the files that published figures were measured on.

200,000 records: about 249,900 lines, 10 % of bodies of several lines, 1 % system events, 3 % media placeholders, 10 % of
bodies hold ": ", emoji with joiners, six senders of whom one is a phone number and one has an emoji. Neutral food and
weather talk, nothing planted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.simulator import telegram, whatsapp
from tests.simulator.truth import Chat, Member, Said

START_MS = 1_767_222_000_000
SENDERS = ("Nalani Rumekso", "Tirta", "Ibu", "Jagad Kartalaya 🌸", "+62 860-5512-3409", "Sedayu W.")
_OPEN = ("tadi aku makan", "ibu masak", "kita pesan", "di kantin ada", "nanti malam beli", "temanku suka", "besok coba", "resepnya")
_FOOD = ("soto ayam", "nasi uduk", "bakso kuah", "gado-gado", "rawon hangat", "mie ayam", "bubur ayam", "pecel lele", "kopi susu")
_WEATHER = ("hujan deres", "panas banget", "mendung", "gerimis", "berangin", "cerah", "dingin sekali", "banjir sedikit")
_TAIL = ("ya", "lho", "😂", "🙏", "wkwk", "👨‍👩‍👧", "nanti kabari", "jangan lupa", "hehe", "👍🏽", "di depan kos", "sama adik",
         "kalau sempat mampir", "hati-hati di jalan", "☔️ ✨")


def body(rng: Random) -> str:
    """A neutral body with the shares that the module's text states."""
    r = rng.random()
    words = f"{rng.choice(_OPEN)} {rng.choice(_FOOD)}, {rng.choice(_WEATHER)} {rng.choice(_TAIL)}"
    if r < 0.1:
        return f"catatan: {words}"
    if r < 0.2:
        more = "\n".join(f"{rng.choice(_FOOD)} {rng.choice(_TAIL)}" for _ in range(rng.choice((1, 2, 3, 4))))
        return f"{words}\n{more}"
    return words


def events(records: int, seed: int) -> Iterator[Said]:
    """`records` events, ascending, over about two years at most."""
    rng = Random(f"{seed}:bulk")
    at = START_MS
    step = max(1, min(600_000, 63_072_000_000 // max(records, 1)))
    pool = [body(rng) for _ in range(20_000)]
    rnd = rng.random
    for _ in range(records):
        at += int(step * 2 * rnd())
        r = rnd()
        who = int(rnd() * 6)
        if r < 0.0103:
            yield Said(at, who, "", "service", action="pin")
        elif r < 0.0403:
            yield Said(at, who, "", "media", media="photo")
        else:
            yield Said(at, who, pool[int(rnd() * 20_000)], reply=1 if r > 0.95 else 0, edited=0.93 < r < 0.95, rich=0.8 < r < 0.9)


def bulk_chat(records: int, seed: int, app: str) -> Chat:
    """One chat of six members whose events are `events`."""
    members = [Member(name, name, tg_id=5_000_000_000 + i) for i, name in enumerate(SENDERS)]
    return Chat("bulk", app, "Grup Bulk", members, lambda: events(records, seed), group=True, kind="private_group")


def write_whatsapp(path: Path, records: int, locale: str, seed: int) -> int:
    """Write the file; returns its number of physical lines."""
    chat = bulk_chat(records, seed, "whatsapp")
    written = whatsapp.write_text(chat, whatsapp.LOCALES[locale], path)
    if written != records:
        raise ValueError(f"{written} of {records} records: the locale lacks a phrase")
    with path.open("rb") as f:
        return sum(block.count(b"\n") for block in iter(lambda: f.read(1 << 20), b""))


def write_telegram(path: Path, records: int, seed: int) -> None:
    """Write a single-chat result.json."""
    telegram.write_single(bulk_chat(records, seed, "telegram"), path)
