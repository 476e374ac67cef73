"""A process that asks a library for the passages nearest to a text: `python -m tests.faults.reader DATA`.

It prints what Chroma's index gave, what a scan gives, how many documents it saw, and whether Chroma answered.
"""

import json
import sys
from pathlib import Path

from ingest.library import open_reader
from ingest.lookup import Scope
from ingest.vectors import ChromaIndex, ScanIndex
from tests.support import HashEmbedder


def main(data: Path) -> None:
    """Search once by either index and print both answers as one line of JSON."""
    vector = HashEmbedder().encode(["physics consultation 77336 record"])[0]
    with open_reader(data) as library:
        index = ChromaIndex(library, data / "chroma")
        mirrored = index.mirrors(library.revision())
        asked = [round(cosine, 4) for cosine in index.search(vector, Scope(None), 5).values()]
        scanned = [round(cosine, 4) for cosine in ScanIndex(library).search(vector, Scope(None), 5).values()]
        counts = {d.path: [passages, len(library.passages(d.id))] for d, _, passages in library.documents()}
        sys.stdout.write(json.dumps({"asked": asked, "scanned": scanned, "counts": counts, "mirrored": mirrored}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
