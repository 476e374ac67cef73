"""Print the figures of all faults as one table: `python -m tests.faults`."""

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingest.embed import ReferenceEmbedder
from tests.attacks import instructions
from tests.faults import damage, hostile, kills, large, locks, races_of_asking, restores, surroundings, typed


def main() -> None:
    """Run every fault in full; each line of the table is printed as soon as it is known."""
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores\n\n")
    with tempfile.TemporaryDirectory() as place:
        for line in _lines(Path(place)):
            sys.stdout.write(f"| {line} |\n")
            sys.stdout.flush()


def _lines(folder: Path) -> Iterator[str]:
    yield from kills.figures(50, folder / "kills")
    whole, files = folder / "kills" / "whole", folder / "kills" / "files"
    yield from restores.figures(50, folder / "restores")
    yield from damage.figures(folder, whole, files)
    yield from large.figures(folder / "large")
    yield from locks.figures(20, folder / "locks", files)
    yield from races_of_asking.figures(folder / "races")
    ReferenceEmbedder().export(folder / "runtime")
    yield from surroundings.figures(folder / "surroundings", folder / "runtime")
    yield from typed.figures(folder / "typed", folder / "runtime")
    yield from hostile.figures(folder / "hostile")
    yield from instructions.figures(folder / "attacks")


if __name__ == "__main__":
    main()
