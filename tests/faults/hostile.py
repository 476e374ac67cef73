"""Ingest files made to do harm in a process of its own, while a thread of it asks; tell what became of each and what it cost."""

import gc
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest.build import FileReport, ingest, user_sources
from ingest.library import Library, open_writer
from ingest.scan import VectorFiles, sync_files
from tests import support
from tests.faults.bombs import BOMBS
from tests.faults.mutations import mutated, sound_files
from tests.faults.started import start

_ASKED = "May 77370 be billed after treatment ends?"
_DAY = date(2026, 5, 1)


def write_mutations(folder: Path, each: int) -> Path:
    """Write so many mutations of each format, and of every format one sound file."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in sound_files().items():
        (folder / f"sound{suffix}").write_bytes(content)
        for seed in range(each):
            (folder / f"m{seed:03}{suffix}").write_bytes(mutated(suffix, seed))
    return folder


def write_bombs(folder: Path, names: Sequence[str]) -> Path:
    """Write bombs by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        file, make = BOMBS[name]
        (folder / file).write_bytes(make())
    return folder


def work(tell: Callable[[str], None], data: Path, files: Path) -> None:
    """Ingest `files` while asking; tell a line of JSON: what became of each file, and what all cost."""
    support.bring(data, {"society.md": support.SOCIETY})
    sound = write_mutations(data / "warm", 0)
    asking = _Asking(data)
    usual = asking.times(0.7)
    with _every_core_busy():
        beside_others = asking.times(0.7)
    with open_writer(data) as library:
        _bring(library, sound, lambda _: None)  # so that what is loaded once does not count as growth
        _reset_peak()
        before = _memory("VmRSS")
        asking.start()
        seconds, last = {}, [time.monotonic()]

        def note(report: FileReport) -> None:
            now = time.monotonic()
            seconds[Path(report.key).name] = round(now - last[0], 2)
            last[0] = now
            tell(f"{Path(report.key).name} {report.outcome.value}")

        reports = _bring(library, files, note)
        meanwhile = asking.stop()
        peak = _memory("VmHWM")
        gc.collect()
        after = _memory("VmRSS")
        afterwards = asking.times(0.7)
        sync_files(library)
        told = {
            "files": {Path(r.key).name: (r.outcome.value, r.refusal.value if r.refusal else "", r.reason) for r in reports},
            "seconds": seconds,
            "usual_ms": usual,
            "busy_ms": beside_others,
            "meanwhile_ms": meanwhile,
            "afterwards_ms": afterwards,
            "kept_mb": after - before,
            "peak_mb": peak - before,
            "counts": _counts(library),
            "bad": _misquoted(library),
        }
    tell(json.dumps(told))


def _bring(library: Library, folder: Path, note: Callable[[FileReport], None]) -> tuple[FileReport, ...]:
    return ingest(library, support.HashEmbedder(), user_sources([folder]), by_hand={}, added_at="2026-01-01", advance=note)


@contextmanager
def _every_core_busy() -> Iterator[None]:
    """Have a process on each core that does nothing but count: what a question takes then is no fault of the ingest's."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


class _Asking:
    """A thread that asks the same question again and again."""

    def __init__(self, data: Path) -> None:
        self._assistant = open_assistant(Settings(data_dir=data), embedder=support.HashEmbedder())
        self._times: list[float] = []
        self._go_on = True
        self._thread = threading.Thread(target=self._ask_on)

    def times(self, for_s: float) -> float:
        """Ask for some time; give the median in milliseconds."""
        self._assistant.ask(_ASKED, as_of=_DAY)
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            self._ask()
        found, self._times = statistics.median(self._times), []
        return round(found, 1)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> float:
        self._go_on = False
        self._thread.join()
        found, self._times = statistics.median(self._times), []
        return round(found, 1)

    def _ask_on(self) -> None:
        while self._go_on:
            self._ask()
            time.sleep(0.05)

    def _ask(self) -> None:
        begun = time.perf_counter()
        answer = self._assistant.ask(_ASKED, as_of=_DAY)
        self._times.append(1000 * (time.perf_counter() - begun))
        assert answer.sentences


def _memory(what: str) -> int:
    """Give a figure of this process's memory in MB."""
    with suppress(OSError):
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
        return int(line.split()[1]) // 1_024
    return 0


def _reset_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _counts(library: Library) -> list[int]:
    """Give how many passages there are in the tables, in the lexical index, with vectors, and in the vector files."""
    with library.engine.connect() as connection:
        held = "(SELECT row FROM passages WHERE scope != 0)"
        counted = ("SELECT count(*) FROM passages WHERE scope != 0", "SELECT count(*) FROM lexical")
        counted = (*counted, f"SELECT count(DISTINCT passage) FROM vectors WHERE passage IN {held}")
        found = [int(connection.execute(text(each)).scalar() or 0) for each in counted]
    view = VectorFiles(library).look()
    rows = {int(row) for segment in view.segments for row, scope in zip(segment.rows, segment.scopes, strict=True) if scope}
    return [*found, len(rows)]


def _misquoted(library: Library) -> int:
    """Count passages that are not, character for character, where they say they are."""
    wrong = 0
    for document, _, _ in library.documents():
        whole = library.text(document.id)
        wrong += sum(whole[p.start : p.end] != p.text for p in library.passages(document.id))
    return wrong


def run(data: Path, files: Path) -> dict[str, Any]:
    """Ingest hostile files and give what was told.

    Raises:
        RuntimeError: the process that reads them in its child did not live.
    """
    status, told = start(work, data, files).end()
    if status or not told:
        raise RuntimeError(f"exit {status}: {''.join(told)[-2_000:]}")
    found: dict[str, Any] = json.loads(told[-1])
    return found


def figures(folder: Path, each: int = 150) -> list[str]:
    """Ingest every mutation and every bomb; give lines of a table."""
    lines = []
    for what, files in (("mutations", write_mutations(folder / "mutations", each)), ("bombs", write_bombs(folder / "bombs", list(BOMBS)))):
        found = run(folder / f"data-{what}", files)
        ended = Counter(outcome if not refusal else f"refused: {refusal}" for outcome, refusal, _ in found["files"].values())
        lines += [
            f"{what} | {len(found['files'])} | {dict(ended)}",
            f"… longest to read | {max(found['seconds'].values())} s | {max(found['seconds'], key=found['seconds'].__getitem__)}",
            f"… passages, words, vectors, in files; misquoted | {found['counts']} | {found['bad']}",
            f"… memory of the parent: kept, peak | {found['kept_mb']} MB | {found['peak_mb']} MB",
            f"… a question: usually, with every core busy | {found['usual_ms']} ms | {found['busy_ms']} ms",
            f"… a question: meanwhile, afterwards in the library as it is then | {found['meanwhile_ms']} ms | {found['afterwards_ms']} ms",
        ]
    return lines
