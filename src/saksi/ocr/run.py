"""The parent's side: starts the reading process, hands it pictures, bounds its time, survives its death."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Self

import msgspec

import saksi
from saksi import limits
from saksi.errors import UsageError
from saksi.ocr._models import is_there, models
from saksi.ocr.transcript import Transcript, unpacked

LENGTH: Final = struct.Struct("<Q")
ANSWER_BYTES_MAX: Final = 64 * limits.MIB
"""A transcript has some 20 KB; more is nonsense."""

CROP_LINES_MAX: Final = 100
"""Lines shown at once: those of one bubble."""

START_SECONDS: Final = 120
"""Until the networks are loaded: half a second here, much on an old disk."""

KEPT_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TMPDIR", "TEMP")
"""What the child gets of the environment: nothing of the user's beside it."""


class Reading:
    """One reading process, started when the first picture comes. A context manager. engine: names and versions; code: name."""

    def __init__(self, seconds: float = limits.PICTURE_SECONDS_MAX) -> None:
        if not is_there():
            raise UsageError("ocr_missing")
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self.engine = ""
        self.code = "rapidocr" if models() is not None else "tesseract"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transcribe(self, data: bytes) -> Transcript:
        """What stands on a picture. Never raises for the picture's content. Raises UsageError where no engine starts."""
        if len(data) > limits.PICTURE_BYTES_MAX:
            return Transcript(self.engine, problem="picture_too_large")
        if self._process is None:
            self._start()
        answer = self._exchange(data, self._seconds)
        if answer is None:
            self.close()
            return Transcript(self.engine, problem="picture_failed")
        try:
            return unpacked(answer)
        except (msgspec.MsgspecError, ValueError):
            self.close()
            return Transcript(self.engine, problem="picture_failed")

    def crop(self, data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes | None:
        """A PNG of some lines of a picture, one under the other, nothing else of it; None where it cannot be decoded."""
        if len(data) > limits.PICTURE_BYTES_MAX or not 0 < len(boxes) <= CROP_LINES_MAX:
            return None
        if self._process is None:
            self._start()
        told = b"".join(struct.pack("<4i", *box) for box in boxes)
        answer = self._exchange(b"CROP" + struct.pack("<i", len(boxes)) + told + data, self._seconds)
        return answer or None

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _start(self) -> None:
        home = str(Path(saksi.__file__).resolve().parents[1])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "saksi.ocr.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback could show text
                env={**kept, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, ValueError) as e:
            raise UsageError("ocr_missing") from e
        hello = self._exchange(None, START_SECONDS)
        if not hello:
            self.close()
            raise UsageError("ocr_missing")
        self.engine = hello.decode("utf-8", "replace")

    def _exchange(self, data: bytes | None, seconds: float) -> bytes | None:
        """Send, and wait for the answer; None where there is none in time. The child is then of no more use."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        result: list[bytes] = []
        to, out = process.stdin, process.stdout

        def run() -> None:
            with contextlib.suppress(OSError, ValueError, EOFError):
                if data is not None:
                    to.write(LENGTH.pack(len(data)) + data)
                    to.flush()
                result.append(received(out))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            process.kill()  # ends the thread's reading
            thread.join()
            return None
        return result[0] if result else None


def received(stream: IO[bytes]) -> bytes:
    """One message of the child. Raises EOFError, ValueError."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    if length > ANSWER_BYTES_MAX:
        raise ValueError(length)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
