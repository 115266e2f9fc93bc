"""`python -m tests.simulator`: phones and benchmark files on disk. See docs/simulator.md."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.simulator import bulk, world
from tests.simulator.phone import write_phone
from tests.simulator.whatsapp import LOCALES


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description="Invented phones with known truth.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    phone = verbs.add_parser("phone", help="a phone's exports and truth.jsonl")
    phone.add_argument("out", type=Path)
    phone.add_argument("--preset", choices=("demo",))
    phone.add_argument("--seed", type=int, default=7)
    phone.add_argument("--messages", type=int, default=2000)
    phone.add_argument("--harm", choices=("yes", "no"), default="yes")
    phone.add_argument("--apps", nargs="+", choices=tuple(world.SHARES), default=list(world.APPS))
    phone.add_argument("--locale", choices=tuple(LOCALES), default="id_android")
    phone.add_argument("--truth", choices=("all", "planted", "none"), default="all")
    one = verbs.add_parser("file", help="one export for benchmarks")
    one.add_argument("format", choices=("whatsapp_txt", "telegram_json"))
    one.add_argument("out", type=Path)
    one.add_argument("--seed", type=int, default=7)
    one.add_argument("--records", type=int, default=200_000)
    one.add_argument("--locale", choices=tuple(LOCALES), default="id_android")
    said = parser.parse_args(argv)
    start = time.perf_counter()
    if said.verb == "phone":
        made = write_phone(said.out, seed=said.seed, messages=said.messages, harm=said.harm == "yes", apps=tuple(said.apps),
                           locale=said.locale, preset=said.preset, truth=said.truth)
        print(f"{said.out}: {len(made.chats)} chats, owner {made.owner}, {time.perf_counter() - start:.2f} s")
    elif said.format == "whatsapp_txt":
        lines = bulk.write_whatsapp(said.out, said.records, said.locale, said.seed)
        print(f"{said.out}: {said.records} records, {lines} lines, {said.out.stat().st_size} bytes, "
              f"{time.perf_counter() - start:.2f} s")
    else:
        bulk.write_telegram(said.out, said.records, said.seed)
        print(f"{said.out}: {said.records} records, {said.out.stat().st_size} bytes, {time.perf_counter() - start:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
