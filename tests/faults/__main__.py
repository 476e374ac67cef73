"""Print the figures of all faults as one table: `python -m tests.faults`."""

import os
import platform
import sys
import tempfile
from pathlib import Path

from ingest.embed import ReferenceEmbedder
from tests.attacks import instructions
from tests.faults import damage, hostile, kills, large, locks, races_of_asking, restores, surroundings, typed


def main() -> None:
    """Run every fault in full."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = kills.figures(50, folder / "kills")
        whole, files = folder / "kills" / "whole", folder / "kills" / "files"
        lines += restores.figures(50, folder / "restores")
        lines += damage.figures(folder, whole, files)
        lines += large.figures(folder / "large")
        lines += locks.figures(20, folder / "locks", files)
        lines += races_of_asking.figures(folder / "races")
        ReferenceEmbedder().export(folder / "runtime")
        lines += surroundings.figures(folder / "surroundings", folder / "runtime")
        lines += typed.figures(folder / "typed", folder / "runtime")
        lines += hostile.figures(folder / "hostile")
        lines += instructions.figures(folder / "attacks")
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores\n\n" + "\n".join(f"| {line} |" for line in lines) + "\n")


if __name__ == "__main__":
    main()
