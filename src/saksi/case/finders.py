"""Identifiers and candidate marks of batches, on a second processor where there is work for it. Same rows either way.

    with Finders(big=True) as finders:
        for batch in batches:
            finders.submit(batch)
        found, cues = finders.results()       # in the order of submission

Of messages that say the same only one is looked at (saksi.table.repeats), so only distinct texts travel. Both steps are pure
functions of a batch, so it does not matter who computes them: a batch goes to a second process while that one has little
to do, else it is done here. The second process is this program again (`python -m saksi.case.finders`), fed through its
standard input and output: nothing is written to disk, and it ends when its input ends. Where it cannot be started, or
dies, everything is done here.

`multiprocessing` is not used: on Windows and macOS it runs the caller's main module again, which a notebook or script that
imports saksi need not survive.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, Final, Self

import pyarrow as pa

import saksi
from saksi import identifiers, signals
from saksi.limits import GIB
from saksi.table.repeats import distinct
from saksi.table.schema import CANDIDATE_SCHEMA, IDENTIFIER_SCHEMA

LOOKED_AT: Final = ("text", "platform", "kind")
"""What the two steps look at."""

ATTACHED: Final = ("message_id", "seq", "thread_id", "source_digest")
"""What the results say of each message besides."""

WAITING: Final = 6
"""Batches the second process may hold: enough that it never waits, few enough (some MiB each) for any laptop's memory."""

PATIENCE_S: Final = 120.0
"""How long one answer may take: a batch takes a second on an old laptop."""

BATCH_BYTES_MAX: Final = 4 * GIB
"""No batch of PORTION_ROWS messages is larger: a length beyond it is nonsense."""

SCHEMAS: Final = (identifiers.FOUND_SCHEMA, signals.FOUND_SCHEMA)
"""Of the two answers."""

_LENGTH: Final = struct.Struct("<Q")

Pair = tuple[pa.RecordBatch, pa.RecordBatch]
"""Identifiers and candidates of one batch."""


def find(said: pa.RecordBatch) -> Pair:
    """Both steps on distinct rows (LOOKED_AT): FOUND_SCHEMA of each."""
    return identifiers.find_said(said), signals.candidates_said(said)


def _pack(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return _LENGTH.pack(len(data)) + data


def _unpack(stream: IO[bytes]) -> pa.RecordBatch | None:
    """The next batch of `stream`; None where it ends. Raises EOFError in the middle of one, ValueError for nonsense."""
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > BATCH_BYTES_MAX:
        raise ValueError(length)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch()


class _Slot:
    """One batch and, once somebody computed it, its pair."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.once = distinct(batch, LOOKED_AT)
        self.said = self.once.of(batch.select(list(LOOKED_AT)))
        self.batch = batch.select(list(ATTACHED))
        self.pair: Pair | None = None

    def attached(self) -> Pair:
        """Identifiers (IDENTIFIER_SCHEMA) and candidates (CANDIDATE_SCHEMA) of the batch; computed here if nobody did."""
        found, cues = self.pair or find(self.said)
        return self.once.attach(found, self.batch, IDENTIFIER_SCHEMA), self.once.attach(cues, self.batch, CANDIDATE_SCHEMA)


class Finders:
    """See the module's text. big: whether there is enough work to start a second process for."""

    def __init__(self, *, big: bool) -> None:
        self._slots: deque[_Slot] = deque()
        self._sent: deque[_Slot] = deque()
        self._answered = threading.Condition()
        self._process = _start() if big and (os.cpu_count() or 1) > 1 else None
        self._lost = self._process is None
        self._outbox: deque[bytes] = deque()
        self._threads: list[threading.Thread] = []
        if self._process is not None:
            self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]
            for thread in self._threads:
                thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, batch: pa.RecordBatch) -> None:
        """Take one batch: the second process gets it where it has room, else it is done before this returns."""
        slot = _Slot(batch)
        self._slots.append(slot)
        with self._answered:
            if not self._lost and len(self._sent) < WAITING:
                self._sent.append(slot)
                self._outbox.append(_pack(slot.said))
                self._answered.notify_all()
                return
        slot.pair = find(slot.said)

    def results(self, count: int | None = None) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
        """Identifiers and candidates of the next `count` batches (None: all) in order of submission; each is given once.

        Asking for one source's results only when later ones were submitted keeps both processes at work.
        """
        taken = [self._slots.popleft() for _ in range(len(self._slots) if count is None else count)]
        with self._answered:
            while not self._lost and any(slot.pair is None for slot in taken):
                if not self._answered.wait(PATIENCE_S):
                    self._lost = True  # stopped or starved: what it holds is done here instead
        pairs = [slot.attached() for slot in taken]  # where the other one failed, nothing is lost but time
        return [found for found, _ in pairs], [cues for _, cues in pairs]

    def close(self) -> None:
        """End the second process."""
        with self._answered:
            self._lost = True
            self._answered.notify_all()
        process = self._process
        if process is not None:
            process.kill()  # it holds nothing that anybody waits for
            process.wait()
            for thread in self._threads:
                thread.join()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):  # bytes for a process that is gone
                        stream.close()
        self._process = None

    def _send(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        while True:
            with self._answered:
                while not self._outbox and not self._lost:
                    self._answered.wait()
                if self._lost:
                    return
                data = self._outbox.popleft()
            try:
                process.stdin.write(data)
                process.stdin.flush()
            except (OSError, ValueError):
                self._lose()
                return

    def _receive(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        while True:
            try:
                found, cues = _unpack(process.stdout), _unpack(process.stdout)
            except (OSError, EOFError, ValueError, struct.error, pa.ArrowException):
                found = cues = None
            if found is None or cues is None or (found.schema, cues.schema) != SCHEMAS:
                self._lose()
                return
            with self._answered:
                if not self._sent:
                    return
                self._sent.popleft().pair = (found, cues)
                self._answered.notify_all()

    def _lose(self) -> None:
        with self._answered:
            self._lost = True
            self._answered.notify_all()


def _start() -> subprocess.Popen[bytes] | None:
    """The second process; None where it cannot be started."""
    home = str(Path(saksi.__file__).resolve().parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "saksi.case.finders"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback could show message text
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except (OSError, ValueError):
        return None


def main() -> None:
    """The second process: batches in, pairs out, until the input ends."""
    signals.packs()
    while (batch := _unpack(sys.stdin.buffer)) is not None:
        found, cues = find(batch)
        sys.stdout.buffer.write(_pack(found) + _pack(cues))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
