"""Kill an ingest at many points and see that a second run comes to the same library, and a reader meanwhile to whole documents."""

import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.reader import search
from tests.faults.started import Started, finish, start
from tests.faults.writer import write
from tests.support import state

DOCUMENTS = 24


@dataclass(frozen=True, slots=True)
class Kill:
    """Where one kill landed, whether a reader answered after it and what the library came to after a second run."""

    phase: str
    reader_answered: bool
    half_documents: int
    digest: str


def write_files(folder: Path, count: int = DOCUMENTS) -> Path:
    """Write documents of five passages each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        parts = [f"## 773{number:02}{part}\n\n" + f"Rule {number}-{part} on 77336 physics record. " * 12 for part in range(5)]
        (folder / f"d{number:02}.md").write_text(f"# Notes {number}\n\n" + "\n\n".join(parts))
    return folder


def run_writer(data: Path, files: Path) -> None:
    """Ingest to the end in a process of its own."""
    finish(write, data, files)


def read(data: Path) -> tuple[int, dict[str, object]]:
    """Give exit status and reply of a reading process."""
    status, lines = start(search, data).end()
    return status, json.loads(lines[-1]) if status == 0 else {"error": "".join(lines)[-400:]}


def kill_one(data: Path, files: Path, *, in_flush: bool, seed: int) -> Kill:
    """Kill one ingest: while Chroma writes its index files, or at a point drawn by `seed`."""
    chance = random.Random(seed)
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    writer = start(write, data, files, not in_flush)
    phase = _flush_phase(writer, data, chance) if in_flush else _drawn_phase(writer, chance)
    phase = "too late" if writer.kill() == 0 else phase
    status, reply = read(data)
    counts = reply.get("counts", {})
    assert isinstance(counts, dict)
    half = sum(1 for told, held in counts.values() if told != held or held < 5)
    run_writer(data, files)
    return Kill(phase, status == 0, half, state(data)[0])


def _drawn_phase(writer: Started, chance: random.Random) -> str:
    """Wait for a line drawn among all and a moment more; give the phase that it opened."""
    line = ""
    for _ in range(chance.randint(1, DOCUMENTS + 3)):
        line = writer.line() or line
    time.sleep(chance.uniform(0, 0.004) if line != "chroma" else chance.uniform(0, 0.8))
    return line


def _flush_phase(writer: Started, data: Path, chance: random.Random) -> str:
    """Wait for a change of the size or time of an index file drawn among the changes to come."""
    changes, seen = chance.randint(1, 12), set[tuple[str, int, int]]()
    while True:
        for file in (data / "chroma").glob("*/*.bin"):
            try:
                found = file.stat()
            except OSError:
                continue
            seen.add((file.name, found.st_size, found.st_mtime_ns))
        if len(seen) >= changes:
            time.sleep(chance.uniform(0, 0.003))
            return "flush"
        if writer.told.poll(0.0005) and not writer.line():
            return "too late"


def figures(count: int, folder: Path) -> list[str]:
    """Kill `count` times, two in three while index files are written; give lines of a table."""
    files = write_files(folder / "files")
    run_writer(folder / "whole", files)
    wanted = state(folder / "whole")[0]
    kills = [kill_one(folder / "data", files, in_flush=number % 3 != 0, seed=number) for number in range(count)]
    landed = Counter(kill.phase for kill in kills)
    same = sum(kill.digest == wanted for kill in kills)
    answered = sum(kill.reader_answered for kill in kills)
    return [
        f"kill -9 of an ingest | {count} | landed {dict(landed)}",
        f"… the second run comes to the same digest | {same} of {count} |",
        f"… a reader answers right after the kill | {answered} of {count} | half documents seen: {sum(k.half_documents for k in kills)}",
    ]
