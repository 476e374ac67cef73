"""Start the processes of these tests: forked from a server that has loaded what they need, so that each costs little."""

import multiprocessing
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "pytest",
        "chromadb.api.client",
        "tantivy",
        "onnxruntime",
        "tests.faults.writer",
        "tests.faults.reader",
        "ui.writing",
        "ui.terminal",
        "ui.cli",
    ]
)
_LONGEST_SILENCE_S = 900  # of an ingest of huge files while other programs keep the cores busy
Work = Callable[..., None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Started:
    """A process and the lines that it tells."""

    process: ForkServerProcess
    told: Connection

    def line(self, timeout_s: float = 120) -> str:
        """Wait for the next line; "" when the process has gone or says nothing more."""
        try:
            return self.told.recv_bytes().decode() if self.told.poll(timeout_s) else ""
        except EOFError:
            return ""

    def end(self) -> tuple[int, list[str]]:
        """Wait for the end; give the exit status, below 0 for a signal, and the lines not yet read."""
        lines = []
        while line := self.line(_LONGEST_SILENCE_S):
            lines.append(line)
        self.process.join(120)
        assert self.process.exitcode is not None
        return self.process.exitcode, lines

    def kill(self) -> int:
        """Kill it with signal 9 and give how it ended."""
        self.process.kill()
        self.process.join(60)
        assert self.process.exitcode is not None
        return self.process.exitcode


def start(work: Work, *given: Any) -> Started:
    """Start `work(tell, *given)` in a process of its own; an exception of it is its last line, and exit status 1."""
    told, tell = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_run, args=(tell, work, given), daemon=True)
    process.start()
    tell.close()
    return Started(process, told)


def _run(connection: Connection, work: Work, given: tuple[Any, ...]) -> None:
    try:
        work(lambda line: connection.send_bytes(line.encode()), *given)
    except Exception:
        with suppress(OSError):
            connection.send_bytes(traceback.format_exc().encode())
        sys.exit(1)


def finish(work: Work, data: Path, *given: Any) -> list[str]:
    """Run `work` to its end and give its lines."""
    status, lines = start(work, data, *given).end()
    if status:
        raise RuntimeError(f"exit {status}: {lines[-1:]}")
    return lines
