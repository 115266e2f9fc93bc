"""The phone that the world sees first: about 3,000 messages of January to April 2026, in Indonesian, all invented.

Seruni Wirabumi is a university student, an adult. A man who calls himself a talent scout writes to her on Instagram, moves
to WhatsApp, threatens her with a picture, takes her money, and comes back on Telegram under another name. She borrows to
pay; a loan collector threatens her too (a threat, but not of this kind). She tells her sister, and then an advocate. Around
it goes an ordinary life: her mother, friends, classes, a café job, a shop, a courier, the news.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import attrgetter
from random import Random

from tests.simulator import scenes, talk, values
from tests.simulator.truth import Chat, Member, Phone, Said
from tests.simulator.world import DAY_MS, first_event, ordinary

SEED = 2026
FIRST_DAY_MS = 1_767_546_000_000
"""5 January 2026, midnight WIB."""
DAYS = 98
HOUR_MS = 3_600_000

SISTER = """
v mbak, lagi sibuk gak
o enggak, kenapa dek?
v aku mau cerita, tapi jangan marah ya
o mbak gak marah. cerita aja pelan-pelan
v ada orang ngancem aku, katanya mau sebar foto
o ya Allah. kamu gak sendirian ya, ini bukan salahmu
v aku udah transfer uang juga mbak
o jangan transfer lagi. chatnya jangan dihapus, disimpan semua
v iya mbak
o mbak ke kosmu malam ini. besok kita cari pendamping
v makasih mbak
"""

LOAN_LONG = """
o Selamat siang, kami dari aplikasi pinjaman. tagihan Anda <m1200> jatuh tempo besok
v baik, saya usahakan
+28
o tagihan Anda sudah lewat jatuh tempo
v maaf pak, minggu depan saya bayar
o [other_threat] kalau hari ini tidak bayar, data kamu kami sebar ke semua kontak
v jangan pak, saya sudah cicil <m300>
o [other_threat] kami datangi rumah Anda kalau tidak lunas hari ini
v saya minta waktu sampai Jumat
"""

ADVOCATE_LONG = """
v selamat pagi kak, saya dapat nomor ini dari mbak saya
o selamat pagi, terima kasih sudah menghubungi. saya pendamping. boleh cerita pelan-pelan, tidak harus lengkap
v dia bilang "kalau gak transfer fotonya aku sebar"
o terima kasih sudah percaya. ini bukan salahmu
o simpan semua chatnya ya, jangan dihapus, dan jangan transfer lagi
v iya kak
o besok bisa datang ke kantor? bawa ponselnya, nanti kita simpan buktinya bersama
v bisa kak, jam 10 sama mbak
o baik. kalau malam ini terasa berat, hubungi saya atau mbakmu ya
v makasih banyak kak
"""

# title, app, style, messages, further members (beside the owner), scene and the day it begins
_CAST: tuple[tuple[str, str, str, int, tuple[str, ...], tuple[str, int] | None], ...] = (
    ("Ibu", "whatsapp", "family", 330, (), (scenes.SURPRISE, 40)),
    ("Mbak Tirta", "whatsapp", "friends", 170, (), (SISTER, 84)),
    ("Laras Kos", "whatsapp", "friends", 420, (), None),
    ("Akuntansi B", "whatsapp", "group", 480, ("Panji", "Widuri", "Damar (ketua)", "Lintang 🌻", "+62 860-7712-0934"), None),
    ("Kos Melati", "whatsapp", "group", 190, ("Laras Kos", "Bu Kos Melati", "Arum"), None),
    ("Kedai Senja (kerja)", "whatsapp", "work", 130, (), None),
    ("Toko Jilbab Sekarlangit", "whatsapp", "shop", 70, (), (scenes.TRADE, 30)),
    ("Pak Kurir", "whatsapp", "courier", 40, (), None),
    ("UKM Fotografi", "telegram", "group", 300, ("Jagad", "Gendhis", "Sagara"), (scenes.GOSSIP, 55)),
    ("Kabar Kota", "telegram", "news", 90, (), None),
    ("Niskala", "telegram", "friends", 190, (), (scenes.GAME, 33)),
    ("Gendhis Sunggingan", "instagram", "friends", 170, (), None),
    ("Dapur Banyuaji", "instagram", "shop", 50, (), None),
)


def _member(name: str, rng: Random) -> Member:
    number = name.replace(" ", "").replace("-", "") if name.startswith("+") else values.phone_number(rng)
    return Member(name, name, number, None, rng.randrange(10**9, 6 * 10**9), saved=not name.startswith("+"))


def _said(key: str, style: str, people: int, count: int, scene: tuple[str, int] | None, *, group: bool) -> Iterator[Said]:
    rng = Random(f"{SEED}:{key}")
    pool = talk.exchanges(Random(f"{SEED}:{key}:pool"), style, 160)
    yield first_event(FIRST_DAY_MS + 6 * HOUR_MS, group)
    flow: Iterator[Said] = ordinary(rng, pool, people, count - 1, FIRST_DAY_MS, DAYS, extras=style != "news",
                                    role=talk.ROLES.get(style), tails=talk.TAILS.get(style, talk.PLAIN_TAILS))
    if style == "news":
        flow = (s._replace(who=1) for s in flow)
    if scene is not None:
        acted = scenes.play(Random(f"{SEED}:{key}:scene"), scene[0], FIRST_DAY_MS + scene[1] * DAY_MS + 19 * HOUR_MS,
                            {"v": 0, "o": 1})
        flow = heapq.merge(flow, acted, key=attrgetter("at_ms"))
    yield from flow


def demo_phone() -> Phone:
    """The demo phone: the same bytes every time."""
    rng = Random(f"{SEED}:people")
    name = "Seruni Wirabumi"
    owner = Member(name, name, values.phone_number(rng), "seruni.wira", rng.randrange(10**9, 6 * 10**9))
    chats: list[Chat] = []
    for title, app, style, count, more, scene in _CAST:
        group = bool(more)
        others = [_member(m, rng) for m in (more or (title,))]
        key = f"{app}-{len(chats):04d}"

        def said(key: str = key, style: str = style, people: int = 1 + len(others), count: int = count,
                 scene: tuple[str, int] | None = scene, group: bool = group) -> Iterator[Said]:
            return _said(key, style, people, count, scene, group=group)

        kind = "public_channel" if style == "news" else "private_group" if group else "personal_chat"
        chats.append(Chat(key, app, title, [owner, *others], said, group=group, kind=kind, number=len(chats),
                          with_media=title in ("Laras Kos", "Mbak Tirta")))
    phases = _story(chats, owner, rng)
    return Phone(SEED, name, name, chats, phases, {"offender": ["devano.talent", "Kak Devano", "Admin Senja"]})


def _story(chats: list[Chat], owner: Member, rng: Random) -> dict[str, list[str]]:
    number = values.phone_number(rng)
    villain = scenes.Villain("BCA", "8601123344", values.phone_number(rng), values.crypto(rng, "btc_segwit"),
                             values.telegram_invite(rng), values.phone(rng, number))
    stranger = "+62 860-5540-1187"
    told = (
        ("instagram", "devano.talent", None, scenes.SCOUT_IG, 56, 16, "message_requests"),
        ("whatsapp", "Kak Devano", number, scenes.SCOUT_WA, 60, 15, "inbox"),
        ("telegram", "Admin Senja", None, scenes.SCOUT_TG, 78, 20, "inbox"),
        ("whatsapp", stranger, stranger, LOAN_LONG, 74, 11, "inbox"),
        ("whatsapp", "Pendamping Kirana", None, ADVOCATE_LONG, 85, 9, "inbox"),
    )
    phases: dict[str, list[str]] = {}
    for app, name, number_of, script, day, hour, section in told:
        key = f"{app}-{len(chats):04d}"
        other = Member(name, name, (number_of or values.phone_number(rng)).replace(" ", "").replace("-", ""), None,
                       rng.randrange(10**9, 6 * 10**9), saved=not name.startswith("+"))

        def said(key: str = key, script: str = script, at: int = FIRST_DAY_MS + day * DAY_MS + hour * HOUR_MS,
                 app: str = app) -> Iterator[Said]:
            if app == "whatsapp":
                yield first_event(at - 60_000, group=False)
            yield from scenes.play(Random(f"{SEED}:{key}:scene"), script, at, {"v": 0, "o": 1}, villain)

        found = scenes.phases_of(script)
        chats.append(Chat(key, app, name, [owner, other], said, section=section, harmful=bool(found), number=len(chats)))
        if found:
            phases[key] = found
    return phases
