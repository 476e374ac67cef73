"""Code files: seconds and memory to load a file of edits made up for this, and milliseconds to look a pair up in it.

    python -m benchmarks.code_files [--rows 1000000] [--asked 2000]

The file has the layout of NCCI procedure-to-procedure edits; its pairs, days and indicators are invented. Figures stand in
docs/code-files.md.
"""

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.timing import machine
from ingest.code_files.recognise import recognise, sha256_of
from ingest.code_ingest import describe_code_file, store_code_file
from ingest.code_lookup import code_tables, codes_tabled, rows_of
from ingest.library import Library, open_reader, open_writer

SEED = 77336
PARTNERS = 400
HEADER = "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date *=no data\tModifier 0=not allowed 1=allowed 9=not applicable\tPTP Edit Rationale"


def main() -> None:
    """Load, look up, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=2_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "edits_2026Q1_practitioner.txt"
        pairs = write_edits(file, given.rows, given.asked)
        before = _peak_mb()
        started = time.perf_counter()
        with open_writer(Path(work) / "data") as library:
            load(library, file)
        loaded_s, peak = time.perf_counter() - started, _peak_mb() - before
        with open_reader(Path(work) / "data") as library:
            figures = look_up(library, pairs)
        stored = sum(part.stat().st_size for part in (Path(work) / "data").iterdir())
    print(machine())
    print(f"{given.rows:,} rows, {file.name}: loaded in {loaded_s:.1f} s, {peak:.0f} MB above start, library of {stored / 1e6:.0f} MB")
    for name, times in figures:
        ordered = sorted(times)
        print(f"{name}: median {statistics.median(ordered):.2f} ms, p95 {ordered[int(0.95 * len(ordered))]:.2f} ms")


def write_edits(file: Path, count: int, kept: int) -> list[tuple[str, str]]:
    """Write a file of made-up edits, sorted as the real ones are; give `kept` of its pairs."""
    chance, chosen = random.Random(SEED), list[tuple[str, str]]()
    with file.open("w", encoding="utf-8") as out:
        out.write(f"Made-up edits for practitioner services 2026Q1\n{HEADER}\n")
        for n in range(count):
            one = f"{10_000 + n // PARTNERS * 3:05d}"
            two = f"{n % PARTNERS * 217 + 11_000:05d}"
            deleted = "*" if chance.random() < 0.7 else f"{chance.randint(2010, 2025)}1231"
            out.write(f"{one}\t{two}\t\t{chance.randint(1996, 2009)}0101\t{deleted}\t{chance.choice('0119')}\tMade-up coding rationale\n")
            if chance.random() < 2 * kept / count and len(chosen) < kept:
                chosen.append((one, two))
    return chosen


def load(library: Library, file: Path) -> None:
    """Bring the file into a library, as `codecite ingest` does."""
    found = recognise(file)
    assert found
    sha256 = sha256_of(file)
    document = describe_code_file(found, {}, identity="d-bench", sha256=sha256, key=str(file), added_at="2026-01-01")
    store_code_file(library, found, document, {})


def look_up(library: Library, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, list[float]]]:
    """Give the milliseconds of each kind of look-up."""
    tables = code_tables(library)

    def pair(one: str, two: str) -> None:
        found = [*rows_of(library, tables, one, two), *rows_of(library, tables, two, one)]
        assert found

    def known(one: str, _: str) -> None:
        assert codes_tabled(library, [one])

    def cited(one: str, two: str) -> None:
        row = rows_of(library, tables, one, two)[0]
        assert library.slice(row.table.document.id, row.start, row.end) == row.text

    kinds = {"a pair, both orders": pair, "whether a code is known": known, "a row, and the slice that it cites": cited}
    return [(name, [_timed(ask, one, two) for one, two in pairs]) for name, ask in kinds.items()]


def _timed(ask: Callable[[str, str], None], one: str, two: str) -> float:
    started = time.perf_counter()
    ask(one, two)
    return (time.perf_counter() - started) * 1_000


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


if __name__ == "__main__":
    main()
