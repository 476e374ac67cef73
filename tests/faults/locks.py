"""Have two processes write to one library, and one find the lock that a killed one left."""

import os
import signal
import time
from pathlib import Path

from tests.faults.kills import run_writer
from tests.faults.started import start
from tests.faults.writer import write
from tests.support import state


def race(data: Path, files: Path) -> tuple[list[int], str]:
    """Start two ingests at once; give their exit statuses and what the refused ones said."""
    ended = [writer.end() for writer in [start(write, data, files), start(write, data, files)]]
    return [status for status, _ in ended], "".join(line for _, lines in ended for line in lines)


def refusal(data: Path, files: Path) -> tuple[float, bool, str]:
    """Start a second ingest during a first one; give its seconds, whether it named the owner, and what a killed owner leaves."""
    first = start(write, data, files)
    first.line()
    owner = first.process.pid
    assert owner
    os.kill(owner, signal.SIGSTOP)  # it holds the lock for as long as the second needs
    begun = time.monotonic()
    status, said = start(write, data, files).end()
    seconds = time.monotonic() - begun
    named = str(owner) in said[-1] and status != 0
    first.kill()
    left = data / "writer.pid"
    return seconds, named, left.read_text() if left.exists() else ""


def figures(count: int, folder: Path, files: Path) -> list[str]:
    """Race `count` times, and refuse once; give lines of a table."""
    folder.mkdir()
    run_writer(folder / "whole", files)
    wanted = state(folder / "whole")[0]
    sound = killed = 0
    for number in range(count):
        statuses, said = race(folder / str(number), files)
        killed += sum(status < 0 for status in statuses)
        refused_well = all(status == 0 for status in statuses) or "LibraryLocked" in said
        sound += 0 in statuses and refused_well and state(folder / str(number))[0] == wanted
    seconds, named, left = refusal(folder / "refused", files)
    run_writer(folder / "refused", files)
    recovered = state(folder / "refused")[0] == wanted
    return [
        f"two writers race | {sound} of {count} sound | {killed} ended by a signal",
        f"a second writer is refused, start of its process included | {seconds:.1f} s | names the owner: {named}",
        f"the lock of a killed writer is taken over | {recovered} | writer.pid left behind: {bool(left)}",
    ]
