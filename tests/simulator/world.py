"""Who is on the phone, which chats there are, and what happens when: everything from one seed.

`build_phone(seed, messages, harm, apps)` spreads `messages` over chats of the chosen apps: family, friends, groups, work,
shops, couriers, a news channel, loan collectors; and, where `harm`, one offender who meets the person at risk on
Instagram, moves to WhatsApp and comes back on Telegram under another name. No WhatsApp chat exceeds what the app exports.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import attrgetter
from random import Random

from tests.simulator import scenes, talk, values
from tests.simulator.truth import Chat, Member, Phone, Said

DAY_MS = 86_400_000
AWAKE_FROM_MS = 6 * 3_600_000
AWAKE_MS = 16 * 3_600_000
WHATSAPP_MOST = 38_000
"""Messages of one WhatsApp chat at most: the app stops an export at 40,000."""

OTHER_MOST = 100_000
"""Messages of one chat of another app at most: bounds what the renderers hold in memory."""

FIRST_NAMES = ("Nalani", "Tirta", "Wulandaru", "Jagad", "Ratimaya", "Sedayu", "Gendhis", "Lintang", "Panji", "Kirana",
               "Bimantara", "Arum", "Seruni", "Damar", "Widuri", "Sagara", "Niskala", "Pradipta", "Larasati", "Wiguna")
LAST_NAMES = ("Rumekso", "Damanta", "Kartalaya", "Wirabumi", "Sunggingan", "Panularsa", "Mranggi", "Tambakrejo",
              "Giripurna", "Sekarlangit", "Banyuaji", "Watulintang")
APPS = ("whatsapp", "telegram", "instagram")
SHARES = {"whatsapp": 0.6, "telegram": 0.25, "instagram": 0.15, "messenger": 0.1, "facebook": 0.1}
ANSWERS = ("iya yang itu", "setuju", "nah bener", "yang ini maksudku: yang kemarin", "aku juga mau", "nanti aku lihat ya", "betul")
MENDED = ("maaf tadi salah ketik", "eh maksudku lusa", "yang bener jam 4 ya", "kebalik: yang hijau dulu, baru yang putih")
LIKED = ("mantap", "keren banget", "selamat ya", "akhirnya selesai juga", "terima kasih semuanya")

STYLE_ROUND = {
    "whatsapp": ("family", "friends", "group", "shop", "friends", "work", "courier", "group", "friends", "english"),
    "telegram": ("friends", "group", "news", "work"),
    "instagram": ("friends", "shop", "friends"),
    "messenger": ("friends", "shop"),
    "facebook": ("friends", "shop"),
}
SUFFIX = {"family": "", "friends": "", "group": " 3B", "shop": " Toko", "courier": " Kurir", "work": " Kantor",
          "news": " Kabar", "english": ""}


def awake(active_ms: int, first_day_ms: int) -> int:
    """Milliseconds of waking life since the first local midnight -> UTC milliseconds: nobody writes at 3 in the morning."""
    day, rest = divmod(active_ms, AWAKE_MS)
    return first_day_ms + day * DAY_MS + AWAKE_FROM_MS + rest


def ordinary(
    rng: Random, pool: list[tuple[talk.Turn, ...]], people: int, count: int, first_day_ms: int, days: int, *,
    extras: bool = True, role: int | None = None, tails: tuple[str, ...] = talk.PLAIN_TAILS,
) -> Iterator[Said]:
    """`count` events of ordinary life between `people` members, dealt from a pool of exchanges, ascending in time.

    role: index of the member who says the `a` turns, None: anyone, anew in each exchange.
    """
    turns = sum(map(len, pool)) / len(pool)  # a deal is one exchange, or (7 in 100) a single event
    dealt = count / (0.93 * turns + 0.07 if extras else turns)
    step = max(AWAKE_MS * days / max(dealt, 1), 1)
    active, last, made = 0.0, 0, 0
    rnd, n_tails = rng.random, len(tails)
    while made < count:
        active += step * (0.4 + 1.2 * rnd())
        at = max(awake(int(active), first_day_ms), last)
        shift = int(rnd() * people)
        r = rnd()
        if extras and r < 0.07:
            made += 1
            at += 60_000
            yield extra(rng, at, shift, people)
            last = at
            continue
        if role is not None:
            shift = role
        for speaker, text, planted in pool[int(r * 7919 * len(pool)) % len(pool)]:
            if made == count:
                return
            made += 1
            at += 8_000 + int(rnd() * 90_000)
            t = int(rnd() * n_tails)
            if not planted and text[-1].isalpha():
                text += tails[t]
            yield Said(at, (speaker + shift) % people, text, "text", planted)
        last = at


def extra(rng: Random, at: int, who: int, people: int) -> Said:
    """Something other than plain text: a medium, a call, a deleted message, a place, a reply, a reaction."""
    r = rng.random()
    if r < 0.45:
        return Said(at, who, "", "media", media=rng.choice(("photo", "photo", "sticker", "voice", "video", "document", "gif")))
    if r < 0.55:
        return Said(at, who, "", "deleted")
    if r < 0.63:
        return Said(at, who, "", "call")
    if r < 0.68:
        return Said(at, who, "", "location")
    if r < 0.72:
        return Said(at, who, "", "contact")
    if r < 0.76:
        return Said(at, who, "", "service", action="pin")
    if r < 0.86:
        return Said(at, who, rng.choice(ANSWERS), "text", reply=1)
    if r < 0.93:
        return Said(at, who, rng.choice(MENDED), "text", edited=True)
    return Said(at, who, rng.choice(LIKED), "text", reactions=((rng.choice(("❤️", "👍", "😂")), (who + 1) % people),), rich=True)


def first_event(at: int, group: bool) -> Said:
    """What an app writes at the top of a chat."""
    return Said(at, -1, "", "service", action="encryption" if not group else "created")


class _Builder:
    """Makes members and chats of one phone; every chat draws from a seed of its own, so that order does not matter."""

    def __init__(self, seed: int, apps: tuple[str, ...], first_day_ms: int, days: int) -> None:
        self.seed = seed
        self.rng = Random(f"{seed}:people")
        self.apps = apps
        self.first_day_ms = first_day_ms
        self.days = days
        self.used: set[str] = set()
        self.chats: list[Chat] = []
        name = self.full_name("")
        self.owner = Member(name, name, values.phone_number(self.rng), self.handle(name), self.rng.randrange(10**8, 6 * 10**9))
        self.pools: dict[str, list[tuple[talk.Turn, ...]]] = {}

    def full_name(self, suffix: str) -> str:
        """A name nobody on this phone has yet."""
        while True:
            name = f"{self.rng.choice(FIRST_NAMES)} {self.rng.choice(LAST_NAMES)}{suffix}"
            if len(self.used) > 120:
                name += f" {len(self.used)}"
            if name not in self.used:
                self.used.add(name)
                return name

    def handle(self, name: str) -> str:
        return name.lower().replace(" ", "_") + str(self.rng.randrange(10, 99))

    def person(self, style: str) -> Member:
        """A new member; one in eight is not saved in the phone and shows as a number, some names hold emoji."""
        name = self.full_name(SUFFIX[style])
        number = values.phone_number(self.rng)
        roll = self.rng.random()
        shown = name + " 🌸" if roll < 0.1 else name
        return Member(shown, name, number, self.handle(name), self.rng.randrange(10**8, 6 * 10**9), saved=roll < 0.87)

    def pool(self, style: str) -> list[tuple[talk.Turn, ...]]:
        if style not in self.pools:
            self.pools[style] = talk.exchanges(Random(f"{self.seed}:pool:{style}"), style, 400)
        return self.pools[style]

    def ordinary_chat(self, app: str, style: str, count: int, scene: str | None) -> None:
        """A chat of ordinary life, with one hard negative inside where `scene` names it."""
        key = f"{app}-{len(self.chats):04d}"
        group = style == "group"
        others = [self.person(style) for _ in range(self.rng.randrange(3, 7) if group else 1)]
        title = ("Grup " if group else "") + others[0].name.replace(" 🌸", "") if group else others[0].name
        pool, people = self.pool(style), 1 + len(others)
        seed, first, days = self.seed, self.first_day_ms, self.days
        only_other = style == "news"

        def said() -> Iterator[Said]:
            rng = Random(f"{seed}:{key}")
            yield first_event(first + AWAKE_FROM_MS, group)
            flow: Iterator[Said] = ordinary(
                rng, pool, people, count - 1, first, days, extras=not only_other, role=talk.ROLES.get(style),
                tails=talk.TAILS.get(style, talk.PLAIN_TAILS))
            if only_other:
                flow = (s._replace(who=1) for s in flow)
            if scene is not None:
                at = awake(int(AWAKE_MS * (days * 0.5 + rng.random() * 0.2)), first)
                acted = scenes.play(Random(f"{seed}:{key}:scene"), scenes.NEGATIVES[scene], at, {"v": 0, "o": 1})
                flow = heapq.merge(flow, acted, key=attrgetter("at_ms"))
            yield from flow

        kind = {"news": "public_channel"}.get(style, "private_group" if group else "personal_chat")
        self.chats.append(Chat(key, app, title, [self.owner, *others], said, group=group, kind=kind, number=len(self.chats),
                               with_media=len(self.chats) % 3 != 1))

    def harmful_chat(
        self, app: str, other: Member, script: str, start_ms: int, villain: scenes.Villain, chatter: int, section: str,
    ) -> Chat:
        """A chat whose scene holds phases, with some ordinary talk before it."""
        key = f"{app}-{len(self.chats):04d}"
        pool, seed = self.pool("friends"), self.seed

        def said() -> Iterator[Said]:
            rng = Random(f"{seed}:{key}")
            start = start_ms - 3 * DAY_MS
            if chatter:
                yield from (s for s in ordinary(rng, pool, 2, chatter, start, 3, extras=False) if s.at_ms < start_ms)
            yield from scenes.play(Random(f"{seed}:{key}:scene"), script, start_ms, {"v": 0, "o": 1}, villain)

        chat = Chat(key, app, other.name, [self.owner, other], said, section=section, harmful=True, number=len(self.chats))
        self.chats.append(chat)
        return chat


STORIES = (
    (("instagram", scenes.SCOUT_IG), ("whatsapp", scenes.SCOUT_WA), ("telegram", scenes.SCOUT_TG)),
    (("instagram", scenes.QUICK_IG), ("whatsapp", scenes.QUICK_WA)),
    (("whatsapp", scenes.PARTNER_WA),),
)


def build_phone(
    seed: int, messages: int, *, harm: bool = True, apps: tuple[str, ...] = APPS, first_day_ms: int = 1_767_200_400_000,
    days: int = 150,
) -> Phone:
    """A phone of about `messages` events. first_day_ms: a local midnight (WIB) in UTC ms; the default is 1 January 2026."""
    build = _Builder(seed, apps, first_day_ms, days)
    phases: dict[str, list[str]] = {}
    accounts: dict[str, list[str]] = {}
    if harm:
        _add_story(build, STORIES[seed % len(STORIES)], phases, accounts)
    total = sum(SHARES[a] for a in apps)
    negatives = list(scenes.NEGATIVES)
    for app in apps:
        count = int(messages * SHARES[app] / total)
        most = WHATSAPP_MOST if app == "whatsapp" else OTHER_MOST
        chats = max(1, -(-count // most), min(len(STYLE_ROUND[app]), count // 60))
        for i in range(chats):
            share = count // chats + (1 if i < count % chats else 0)
            if share > 1:
                build.ordinary_chat(app, STYLE_ROUND[app][i % len(STYLE_ROUND[app])], share,
                                    negatives.pop(0) if negatives and share > 30 else None)
    return Phone(seed, build.owner.name, build.owner.name, build.chats, phases, accounts)


def _add_story(
    build: _Builder, story: tuple[tuple[str, str], ...], phases: dict[str, list[str]], accounts: dict[str, list[str]]
) -> None:
    rng = Random(f"{build.seed}:story")
    number = values.phone_number(rng)
    villain = scenes.Villain.made(rng, number)
    names = ("Devano Casting", "Kak Devano", "Admin Senja")
    start = build.first_day_ms + int(build.days * 0.4) * DAY_MS + 13 * 3_600_000
    for i, (app, script) in enumerate(story):
        if app not in build.apps:
            continue
        other = Member(names[i], "offender", number if app == "whatsapp" else None, build.handle(names[i]),
                       rng.randrange(10**9, 6 * 10**9))
        section = "message_requests" if app == "instagram" else "inbox"
        chat = build.harmful_chat(app, other, script, start, villain, 0 if i != 1 else 12, section)
        phases[chat.key] = scenes.phases_of(script)
        accounts.setdefault("offender", []).append(other.name)
        start += 9 * DAY_MS

