"""A phone as a folder of exports: what a person would hand in, and truth.jsonl beside it.

    OUT/whatsapp/Chat WhatsApp dengan NAME.zip …   a zip a chat
    OUT/telegram/result.json                       the full export
    OUT/instagram/instagram-OWNER-2026-06-02.zip   the download
    OUT/truth.jsonl                                a row for every row of the message table
    OUT/phone.json                                 owner, person at risk, accounts, chats with phases
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulator import meta, telegram, whatsapp, world
from tests.simulator.truth import Chat, Phone, Row, row_line


def chat_zip_name(title: str, used: set[str], *, ios: bool, lang: str) -> str:
    """The name a shared WhatsApp zip gets; a number behind it where two chats share a title."""
    pattern = "WhatsApp Chat - {}.zip" if ios else whatsapp.FILE_NAMES[lang].replace(".txt", ".zip")
    base = pattern.format(title.replace("/", "_"))
    name, n = base, 1
    while name in used:
        name = base.replace(".zip", f" ({n}).zip")
        n += 1
    used.add(name)
    return name


def write_phone(
    out: Path, *, seed: int = 7, messages: int = 2000, harm: bool = True, apps: tuple[str, ...] = world.APPS,
    locale: str = "id_android", preset: str | None = None, truth: str = "all",
) -> Phone:
    """Write a phone's exports into `out`. truth: all, planted (only rows with identifiers or signals), none."""
    if preset == "demo":
        from tests.simulator.demo import demo_phone

        phone = demo_phone()
    else:
        phone = world.build_phone(seed, messages, harm=harm, apps=apps)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "truth.jsonl").open("w", encoding="utf-8", newline="") as f:

        def keep(row: Row) -> None:
            if truth == "all" or row.planted or row.signals:
                f.write(row_line(row))

        _write_exports(phone, out, locale, None if truth == "none" else keep)
    about = {
        "owner": phone.owner, "at_risk": phone.at_risk, "zone": phone.zone, "locale": locale, "accounts": phone.accounts,
        "chats": [{"key": c.key, "app": c.app, "title": c.title, "phases": phone.phases.get(c.key, [])} for c in phone.chats],
    }
    (out / "phone.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return phone


def _write_exports(phone: Phone, out: Path, locale: str, truth: whatsapp.Truth | None) -> None:
    chosen = whatsapp.LOCALES[locale]
    used: set[str] = set()
    by_app: dict[str, list[Chat]] = {}
    for chat in phone.chats:
        by_app.setdefault(chat.app, []).append(chat)
    for app, chats in by_app.items():
        (out / app).mkdir(exist_ok=True)
        if app == "whatsapp":
            for chat in chats:
                name = chat_zip_name(chat.title, used, ios=chosen.ios, lang=locale[:2])
                whatsapp.write_zip(chat, chosen, out / app / name, truth)
        elif app == "telegram":
            telegram.write_full(phone, chats, out / app / "result.json", truth)
        else:
            owner = "".join(c for c in phone.owner.lower() if c.isalnum())
            meta.write_zip(phone, chats, out / app / f"{app}-{owner}-2026-06-02.zip", truth)
