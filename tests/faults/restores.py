"""Kill a restore at many points: the library is the old one or the new one, whole, and a second restore comes to the new one."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.archive import export_library
from ingest.library import open_reader, open_writer
from ingest.restore import restore_archive
from ingest.split import POLICY
from tests.faults.kills import read, run_writer, write_files
from tests.faults.started import finish, start
from tests.support import HashEmbedder, state

_MADE = (HashEmbedder.identity, POLICY)
_PARTS = ("keeping", "restoring", "undoing")


@dataclass(frozen=True, slots=True)
class Killed:
    """What stood beside the library when its restore was killed, what a reader then found, and whether a second restore came to the end."""

    phase: str
    reader_answered: bool
    whole: bool
    """Whether the library was, digest and all, the one before or the one of the archive."""
    done_again: bool


def bring_back(tell: Callable[[str], None], data: Path, archive: Path) -> None:
    """Restore an archive."""
    with open_writer(data) as library:
        tell("begun")
        restore_archive(library, archive, _MADE)
        tell("done")


def make(folder: Path) -> tuple[Path, Path]:
    """Make a library and the archive of a larger one."""
    run_writer(folder / "old", write_files(folder / "old-files", 6))
    run_writer(folder / "new", write_files(folder / "new-files", 24))
    with open_reader(folder / "new") as library:
        export_library(library, folder / "new.zip")
    return folder / "old", folder / "new.zip"


def kill_one(old: Path, archive: Path, data: Path, wanted: str, after_s: float) -> Killed:
    """Kill a restore so long after it began."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(old, data)
    restoring = start(bring_back, data, archive)
    restoring.line()
    time.sleep(after_s)
    ended = restoring.kill()
    beside = [part for part in _PARTS if any(data.glob(f"library.{part}*"))]
    phase = "too late" if ended == 0 else " and ".join(beside) or "before or after"
    status, _ = read(data)
    found = state(data)[0]
    finish(bring_back, data, archive)
    left = [part for part in _PARTS if any(data.glob(f"library.{part}*"))]
    return Killed(phase, status == 0, found in {state(old)[0], wanted}, state(data)[0] == wanted and not left)


def kill_many(count: int, folder: Path) -> list[Killed]:
    """Kill `count` restores at moments drawn from the time that one takes."""
    old, archive = make(folder)
    wanted, chance = state(folder / "new")[0], random.Random(count)
    shutil.copytree(old, folder / "data")
    whole = start(bring_back, folder / "data", archive)
    whole.line()
    began = time.monotonic()
    whole.end()
    takes = time.monotonic() - began
    return [kill_one(old, archive, folder / "data", wanted, chance.uniform(0, takes)) for _ in range(count)]


def figures(count: int, folder: Path) -> list[str]:
    """Kill `count` restores; give lines of a table."""
    found = kill_many(count, folder)
    return [
        f"kill -9 of a restore | {count} | beside the library stood {dict(Counter(each.phase for each in found))}",
        f"… the library is the old or the new one, whole | {sum(each.whole for each in found)} of {count} |",
        f"… a reader answers right after the kill | {sum(each.reader_answered for each in found)} of {count} |",
        f"… a second restore comes to the new one and leaves nothing beside it | {sum(each.done_again for each in found)} of {count} |",
    ]
