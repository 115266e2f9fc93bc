"""Coverage-guided fuzzing of one reader with atheris (libFuzzer): `python tools/fuzz.py READER --seconds 60`.

Every input is read as a lone file with the reader forced: no exception, no byte unaccounted, unique ids, within time and
memory. Seeds are the reader's samples and its kept corpus (tests/fuzz/<reader>, replayed by tests/conformance). What reaches
new code is kept: the smallest inputs that together reach all of it, at most KEPT_MAX of them. Findings go to build/findings.
Prints one line of JSON: executions, seconds, edges, kept, findings. `tools/proof.py` runs it for every reader.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

CORPUS = ROOT / "tests" / "fuzz"
INPUT_BYTES_MAX = 4096
"""Longer inputs find little more and run slowly."""
KEPT_MAX = 40
"""Inputs kept for each reader: the committed corpus stays small."""
ONE_RUN_S = 20
MEMORY_MIB = 1500


def read_forced(name: str, data: bytes) -> None:
    """Read `data` as a lone file with one reader. Raises whatever must not happen."""
    from saksi.parts import source_from_stream
    from saksi.readers.base import ReadSettings
    from saksi.readers.registry import read_source

    source = source_from_stream("x", len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data), [])
    with source:
        reading = read_source(source, ReadSettings(zone="Asia/Jakarta", format=name))
        ids: list[str] = []
        for batch in reading:
            ids += batch.column("message_id").to_pylist()
        account = reading.account("en")
    counts = account["bytes"]
    assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"], "bytes do not add up"
    assert len(set(ids)) == len(ids), "message ids are not unique"
    assert not {"reader_failed", "unaccounted"} & {p["reason"] for p in account["problems"]}, "a defect of the reader"


def _files(folder: Path) -> list[bytes]:
    return [p.read_bytes()[:INPUT_BYTES_MAX] for p in sorted(folder.rglob("*")) if p.is_file()] if folder.is_dir() else []


def seeds_of_samples(name: str) -> list[bytes]:
    """The beginnings of the reader's samples."""
    return _files(ROOT / "tests" / "samples" / name)


def seeds(name: str) -> list[bytes]:
    """The reader's samples and its kept corpus."""
    return seeds_of_samples(name) + _files(CORPUS / name)


def inside(name: str, options: list[str]) -> None:
    """The fuzzing process itself: libFuzzer takes it over and ends it."""
    import atheris

    with atheris.instrument_imports(include=["saksi.readers"]):
        from saksi.readers.registry import reader_named

        reader_named(name)
    found: set[str] = set()

    def one(data: bytes) -> None:
        try:
            read_forced(name, data)
        except Exception as e:  # noqa: BLE001 - exactly what is looked for
            where = e.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            key = f"{type(e).__name__} {where.tb_frame.f_code.co_name if where else ''}"
            if key not in found:  # go on: one finding must not hide the next
                found.add(key)
                folder = ROOT / "build" / "findings" / name
                folder.mkdir(parents=True, exist_ok=True)
                (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
                print(f"FINDING {key}", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def libfuzzer(name: str, *options: str) -> str:
    """Run the fuzzing process; what it said."""
    done = subprocess.run(
        [sys.executable, __file__, name, "--inside", *options], capture_output=True, text=True, errors="replace", check=False)
    return done.stderr


def lines_reached(name: str, data: bytes) -> frozenset[tuple[str, int]]:
    """Lines of the readers that run for `data`."""
    seen: set[tuple[str, int]] = set()
    marker = str(ROOT / "src" / "saksi" / "readers")

    def local(frame: object, event: str, _arg: object) -> object:
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))  # type: ignore[attr-defined]
        return local

    def trace(frame: object, _event: str, _arg: object) -> object:
        return local if frame.f_code.co_filename.startswith(marker) else None  # type: ignore[attr-defined]

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        read_forced(name, data)
    except Exception:  # noqa: BLE001 - counted while fuzzing
        return frozenset()
    finally:
        sys.settrace(None)
    return frozenset(seen)


def smallest_cover(name: str, inputs: list[bytes]) -> list[bytes]:
    """Few small inputs that reach what all of them reach: the samples first (they are kept anyway), then by size."""
    own = set(seeds_of_samples(name))
    reached: set[tuple[str, int]] = set().union(*(lines_reached(name, data) for data in own)) if own else set()
    kept: list[bytes] = []
    for data in sorted(set(inputs) - own, key=lambda d: (len(d), d)):
        lines = lines_reached(name, data)
        if not lines <= reached:
            reached |= lines
            kept.append(data)
    return kept[:KEPT_MAX]


def number(text: str, pattern: str) -> int:
    """The last number that `pattern` finds; 0 where there is none."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(name: str, seconds: int, seed: int) -> dict[str, Any]:
    """Fuzz one reader, keep its corpus; the figures."""
    limits = [f"-max_len={INPUT_BYTES_MAX}", f"-timeout={ONE_RUN_S}", f"-rss_limit_mb={MEMORY_MIB}"]
    with tempfile.TemporaryDirectory() as room_:
        room = Path(room_)
        (room / "seeds").mkdir()
        (room / "new").mkdir()
        for data in seeds(name):
            (room / "seeds" / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        started = time.monotonic()
        said = libfuzzer(
            name, *limits, f"-max_total_time={seconds}", f"-seed={seed}", "-print_final_stats=1",
            f"-artifact_prefix={room}/", str(room / "new"), str(room / "seeds"))
        took = time.monotonic() - started
        findings = sorted(set(re.findall(r"^FINDING (.+)$", said, re.MULTILINE)))
        findings += re.findall(r"^==\d+== ?(ERROR: libFuzzer: .+)$", said, re.MULTILINE)
        kept = smallest_cover(name, [p.read_bytes() for d in ("seeds", "new") for p in sorted((room / d).iterdir())])
    folder = CORPUS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for data in kept:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return {
        "reader": name, "seconds": round(took), "executions": number(said, r"number_of_executed_units:\s+(\d+)"),
        "edges": number(said, r"cov: (\d+)"), "kept": len(kept), "findings": findings,
    }


def main() -> int:
    """Fuzz one reader, or be the fuzzing process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("reader")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true")
    args, rest = parser.parse_known_args()
    if args.inside:
        inside(args.reader, rest)
        return 0
    print(json.dumps(fuzz(args.reader, args.seconds, args.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
