"""Have two processes write to one library, and one find the lock that a killed one left."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.kills import run_writer
from tests.support import state


def start(data: Path, files: Path) -> subprocess.Popen[str]:
    """Start an ingest."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.writer", data, files], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def race(data: Path, files: Path) -> tuple[list[int], str]:
    """Start two ingests at once; give their exit statuses and what the refused ones said."""
    both = [start(data, files), start(data, files)]
    said = [writer.communicate(timeout=120)[1] for writer in both]
    return [writer.returncode for writer in both], "".join(said)


def refusal(data: Path, files: Path) -> tuple[float, bool, str]:
    """Start a second ingest during a first one; give its seconds, whether it named the owner, and what a killed owner leaves."""
    with start(data, files) as first:
        assert first.stdout
        first.stdout.readline()
        first.send_signal(signal.SIGSTOP)  # it holds the lock for as long as the second needs
        begun = time.monotonic()
        second = start(data, files)
        said = second.communicate(timeout=60)[1]
        seconds = time.monotonic() - begun
        named = str(first.pid) in said and second.returncode != 0
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
