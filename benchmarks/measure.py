"""One measured piece of work per fresh process: wall time of the work itself, peak memory of the process, what it kept.

`run(job, *args)` starts `python -m benchmarks.measure job args…` and returns its dict; the clock starts after imports, stops when the
result exists. Jobs are the functions below whose name is in JOBS. A peer that crashes or finds nothing is reported as such.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def _import_all() -> None:
    """Everything that a timed call would import: the peers' imports are outside their clocks too."""
    from saksi.readers.registry import READERS, reader_named

    for name in READERS:
        reader_named(name)
    if importlib.util.find_spec("pandas") is not None:
        importlib.import_module("pandas")  # pyarrow imports it at its first conversion wherever a peer brought it


def saksi_read(path: str, zone: str = "Asia/Jakarta", date_order: str = "") -> dict[str, Any]:
    """Full rows, account, problems of one export."""
    from saksi import verbs

    _import_all()
    how = verbs.settings(None, zone, date_order or None)
    started = time.perf_counter()
    source = verbs.open_path_or_stream(path)
    reading = verbs.start_reading(source, how)
    batches = list(reading)
    account = reading.account()
    took = time.perf_counter() - started
    counts = account["bytes"]
    return {
        "seconds": took,
        "kept": sum(b.num_rows for b in batches),
        "problems": len(account["problems"]),
        "partition": counts["messages"] + counts["container"] + counts["problems"] == counts["total"],
    }


def chatpack_whatsapp(path: str) -> dict[str, Any]:
    """The Rust peer, list mode."""
    import chatpack

    started = time.perf_counter()
    messages = chatpack.parse_whatsapp(path)
    return {"seconds": time.perf_counter() - started, "kept": len(messages)}


def chatpack_telegram(path: str) -> dict[str, Any]:
    """The Rust peer on a Telegram file."""
    import chatpack

    started = time.perf_counter()
    messages = chatpack.parse_telegram(path)
    return {"seconds": time.perf_counter() - started, "kept": len(messages)}


def chatminer_whatsapp(path: str) -> dict[str, Any]:
    """The Python peer."""
    from chatminer.chatparsers import WhatsAppParser

    started = time.perf_counter()
    parser = WhatsAppParser(path)
    parser.parse_file()
    frame = parser.parsed_messages.get_df()
    return {"seconds": time.perf_counter() - started, "kept": len(frame)}


def orjson_loads(path: str, collector: str = "on") -> dict[str, Any]:
    """The floor for JSON: every value decoded, read included."""
    import orjson

    if collector == "off":
        gc.disable()
    started = time.perf_counter()
    value = orjson.loads(Path(path).read_bytes())
    return {"seconds": time.perf_counter() - started, "kept": len(value["messages"])}


def msgspec_typed(path: str) -> dict[str, Any]:
    """Typed decoding: a list of structs of eight fields, read included; no places, no times, no events told apart."""
    import msgspec

    names = ("id", "type", "date", "date_unixtime", ("from_", Any, msgspec.field(default=None, name="from")), "from_id", "text",
             "reply_to_message_id")
    record = msgspec.defstruct("Record", [(n, Any, None) if isinstance(n, str) else n for n in names])
    chat = msgspec.defstruct("Chat", [("messages", list[record])])  # type: ignore[valid-type]
    started = time.perf_counter()
    value = msgspec.json.decode(Path(path).read_bytes(), type=chat)
    return {"seconds": time.perf_counter() - started, "kept": len(value.messages)}  # type: ignore[attr-defined]


def byte_floor(path: str) -> dict[str, Any]:
    """The floor for a reader by columns that proves its source: SHA-256, the bytes once in windows, every line end found."""
    import hashlib

    import numpy as np

    started = time.perf_counter()
    with Path(path).open("rb") as f:
        hashlib.file_digest(f, "sha256").hexdigest()
    digested = time.perf_counter()
    lines = 0
    with Path(path).open("rb") as f:
        while window := f.read(1 << 22):
            lines += len(np.flatnonzero(np.frombuffer(window, dtype=np.uint8) < 32))
    return {"seconds": time.perf_counter() - started, "kept": lines, "digest": round(digested - started, 3)}


def raw_read(path: str) -> dict[str, Any]:
    """The floor for text: bytes read, newlines counted."""
    started = time.perf_counter()
    count = Path(path).read_bytes().count(b"\n")
    return {"seconds": time.perf_counter() - started, "kept": count}


def saksi_build(folder: str, *paths: str) -> dict[str, Any]:
    """Seal, read, mark, report: one case from a whole phone. looked_at: texts that were searched, each once a batch."""
    from saksi.case import finders
    from saksi.table.repeats import Distinct, distinct

    looked_at = 0

    def counted(batch: Any, columns: Sequence[str]) -> Distinct:
        nonlocal looked_at
        once = distinct(batch, columns)
        looked_at += len(once.firsts)
        return once

    vars(finders)["distinct"] = counted
    result = _build(folder, *paths)
    return {**result, "looked_at": looked_at}


def saksi_build_unrepeated(folder: str, *paths: str) -> dict[str, Any]:
    """The same as if no message said what another one says: every text is searched by itself."""
    import numpy as np

    from saksi.case import finders
    from saksi.table.repeats import Distinct

    vars(finders)["distinct"] = lambda batch, _: Distinct(np.arange(batch.num_rows), np.arange(batch.num_rows))
    return _build(folder, *paths)


def _build(folder: str, *paths: str) -> dict[str, Any]:
    from saksi import report, verbs  # noqa: F401 - imports before the clock starts
    from saksi.case import pipeline, view  # noqa: F401
    from saksi.report.chronology import report as chronology  # noqa: F401

    _import_all()
    options = verbs.BuildOptions(zone="Asia/Jakarta")
    started, cpu = time.perf_counter(), time.process_time()
    result = verbs.build(Path(folder), "a passphrase for the benchmark", [Path(p) for p in paths], options)
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    second = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": took,
        "kept": sum(s["records"] for s in result.data["sources"]),
        "marks": result.data["marks"],
        "phases": result.data["phases"],
        "cpu_s": [round(cpu, 2), round(second.ru_utime + second.ru_stime, 2)],
    }


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    f.__name__: f
    for f in (
        saksi_read, chatpack_whatsapp, chatpack_telegram, chatminer_whatsapp, orjson_loads, msgspec_typed, raw_read, byte_floor,
        saksi_build, saksi_build_unrepeated,
    )
}


def run(job: str, *args: str, times: int = 3) -> dict[str, Any]:
    """Median of `times` fresh processes (by seconds). A failing job gives {"error": kind}."""
    results = []
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", job, *args],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode != 0 or not lines:
            return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1][:120]}
        results.append(json.loads(lines[-1]))
    results.sort(key=lambda r: r["seconds"])
    middle: dict[str, Any] = results[len(results) // 2]
    return {**middle, "peak_mib": max(r["peak_mib"] for r in results)}


def wall(command: list[str], times: int = 5) -> float:
    """Median wall seconds of a whole command, cold process each time."""
    taken = []
    with tempfile.TemporaryDirectory() as cwd:
        for _ in range(times):
            started = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True, cwd=cwd)
            taken.append(time.perf_counter() - started)
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    outcome = JOBS[sys.argv[1]](*sys.argv[2:])
    # of this process, and of the largest one it started (the second processor's)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    outcome["peak_mib"] = round(sum(peaks) / 1024)
    print(json.dumps(outcome))
