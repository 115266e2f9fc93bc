"""All figures in one run: `python -m benchmarks` (`make bench`). Prints them and writes docs/bench/figures.md.

--quick     smaller files, one process each: to see that the commands work, not for quoting
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import bench_vault
from benchmarks.measure import run, wall
from benchmarks.meta_file import write as write_meta

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "bench" / "figures.md"


def simulate(*args: str) -> None:
    """Run the simulator."""
    subprocess.run([sys.executable, "-m", "tests.simulator", *args], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def shown(result: dict[str, Any]) -> str:
    """A result in a table cell."""
    if "error" in result:
        return f"failed: {result['error']}"
    return f"{result['seconds']:.3f} s, kept {result['kept']:,}, peak {result['peak_mib']} MiB"


class Figures:
    """Lines of the report; printed as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)

    def row(self, what: str, result: dict[str, Any], against: dict[str, Any] | None = None) -> None:
        ratio = ""
        if against is not None and "error" not in against and "error" not in result:
            ratio = f"{against['seconds'] / result['seconds']:.2f}x"
        self.say(f"| {what} | {shown(result)} | {ratio} |")


def whatsapp(f: Figures, room: Path, records: int, times: int) -> dict[str, Any]:
    """WhatsApp: kept, and speed against the peers. Returns chat-miner's result."""
    files = {}
    for locale in ("en_gb_android", "id_android", "id_ios"):
        path = room / f"wa_{locale}.txt"
        simulate("file", "whatsapp_txt", str(path), "--records", str(records), "--locale", locale)
        files[locale] = str(path)
    f.say(f"\n## WhatsApp txt, {records:,} records, full rows with spans and UTC times\n")
    f.say("| what | median | times faster than the line's peer |\n|---|---|---|")
    english = files["en_gb_android"]
    floor = run("raw_read", english, times=times)
    pack = run("chatpack_whatsapp", english, times=times)
    miner = run("chatminer_whatsapp", english, times=1)
    f.row("read bytes, count newlines (floor)", floor)
    f.row("chatpack 0.1.0 (Rust), en", pack)
    f.row("chat-miner 0.6.0, en", miner)
    for locale, file in files.items():
        mine = run("saksi_read", file, times=times)
        f.row(f"saksi, {locale}, against chatpack on en", mine, pack)
        if locale == "en_gb_android":
            f.row(f"saksi, {locale}, against chat-miner on en", mine, miner)
        f.say(f"| partition of {locale} proved | {mine.get('partition')} | |")
    return miner


def telegram(f: Figures, room: Path, records: int, times: int) -> None:
    """Telegram: kept, and speed against decoding alone."""
    path = str(room / "tg.json")
    simulate("file", "telegram_json", path, "--records", str(records))
    f.say(f"\n## Telegram result.json, {records:,} records\n")
    f.say("| what | median | times faster |\n|---|---|---|")
    on, off = run("orjson_loads", path, times=times), run("orjson_loads", path, "off", times=times)
    typed, pack = run("msgspec_typed", path, times=times), run("chatpack_telegram", path, times=times)
    floor = run("byte_floor", path, times=times)
    mine = run("saksi_read", path, times=times)
    f.row("orjson.loads", on)
    f.row("orjson.loads, garbage collector off", off)
    f.row("msgspec typed decoding (list of structs of 8 fields)", typed)
    f.row("chatpack 0.1.0 (Rust)", pack)
    f.row("SHA-256, bytes read in windows, line ends found (floor; kept: lines)", floor)
    f.row("saksi, against orjson.loads", mine, on)
    f.row("saksi, against orjson.loads with the collector off", mine, off)
    f.row("saksi, against msgspec typed decoding", mine, typed)
    f.row("saksi, against chatpack", mine, pack)
    f.row("saksi, against the floor", mine, floor)


def meta(f: Figures, room: Path, records: int, times: int) -> None:
    """Meta: records a second of one Instagram thread."""
    folder = room / "ig"
    written = write_meta(folder, records)
    result = run("saksi_read", str(folder), times=times)
    f.say(f"\n## Instagram messages, {written:,} records in files of 10,000\n")
    f.say("| what | median | records a second |\n|---|---|---|")
    speed = "" if "error" in result else f"{result['kept'] / result['seconds']:,.0f}"
    f.say(f"| saksi | {shown(result)} | {speed} |")


def whole_phone(f: Figures, room: Path, messages: int, miner: dict[str, Any]) -> None:
    """`build` of a phone against chat-miner's time for 200,000 records."""
    phone = room / "phone"
    simulate("phone", str(phone), "--seed", "11", "--messages", str(messages), "--truth", "none")
    exports = sorted(str(p) for p in phone.glob("*/*") if p.is_file())
    result = run("saksi_build", str(room / "case"), *exports, times=1)
    f.say(f"\n## build of a phone of {messages:,} messages: seal, read, mark, report\n")
    f.say("| what | one process | times faster |\n|---|---|---|")
    f.row("saksi build, against chat-miner parsing 200,000 records", result, miner)
    f.say(f"| marks, phases | {result.get('marks')}, {result.get('phases')} | |")
    f.say(f"| processor seconds, first and second process | {result.get('cpu_s')} | |")
    f.say(f"| texts searched: messages that say the same only once a portion | {result.get('looked_at', 0):,} | |")
    alone = run("saksi_build_unrepeated", str(room / "case_unrepeated"), *exports, times=1)
    f.row("the same as if no message repeated another: every text searched by itself", alone, miner)
    f.say(f"| processor seconds, first and second process | {alone.get('cpu_s')} | |")


def cold_check(f: Figures, room: Path) -> None:
    """`check` of a small chat, cold."""
    path = room / "small.txt"
    simulate("file", "whatsapp_txt", str(path), "--records", "300", "--locale", "id_android")
    seconds = wall([sys.executable, "-m", "saksi", "check", str(path), "--json"])
    bare = wall([sys.executable, "-c", "import pyarrow.compute, numpy"])
    f.say("\n## check of a 300-message chat, cold start\n")
    f.say(f"{seconds:.2f} s (importing pyarrow and numpy alone: {bare:.2f} s)")


def screenshots(f: Figures, *, quick: bool) -> None:
    """Rendered chats and receipts, where the extra `ocr` is installed."""
    from saksi import ocr

    if not ocr.is_there():
        return
    from benchmarks import bench_screenshots

    f.say("\n## Screenshots, rendered\n")
    score = bench_screenshots.measure(quick=quick)
    for line in [*bench_screenshots.lines_of(score), "", *bench_screenshots.by_cause(score)]:
        f.say(line)


READER_BENCHES = {
    # module: arguments of a quick run, of a full one
    "whatsapp_database": (["--rows", "20000", "--rounds", "1"], ["--rows", "1000000", "--rounds", "3"]),
    "sms_reader": (["5000", "1"], ["200000", "3"]),
    "discord_reader": (["5000"], ["200000"]),
    "html_readers": (["5000"], ["100000"]),
}


def readers(f: Figures, *, quick: bool) -> None:
    """Readers that have a benchmark of their own, each in its own process: processor time, best of the rounds."""
    f.say("\n## Other readers, processor time\n")
    for module, sizes in READER_BENCHES.items():
        command = [sys.executable, "-m", f"benchmarks.{module}", *sizes[0 if quick else 1]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines() if done.returncode == 0 else [f"failed: {done.stderr.strip()[-200:]}"]:
            f.say(f"- {module}: {line}")


def main() -> int:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    records, phone, times = (5_000, 20_000, 1) if quick else (200_000, 1_000_000, 3)
    f = Figures()
    f.say("# Figures")
    f.say(
        f"\nPython {platform.python_version()}, {platform.machine()}; fresh process per figure, files warm, clock after imports;"
        f" median of {times}. Written by `make bench`."
    )
    room = Path(tempfile.mkdtemp(prefix="saksi-bench-"))
    try:
        cold_check(f, room)
        miner = whatsapp(f, room, records, times)
        telegram(f, room, records, times)
        meta(f, room, records, times)
        readers(f, quick=quick)
        whole_phone(f, room, phone, miner)
        screenshots(f, quick=quick)
        bench_vault.measure(f.say, on=bench_vault.places(), **bench_vault.sizes(quick=quick))
    finally:
        shutil.rmtree(room)
    if not quick:
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text("\n".join(f.lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
