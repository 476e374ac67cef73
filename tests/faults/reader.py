"""Ask a library for the passages nearest to a text, in a process that damaged files may end."""

import json
from collections.abc import Callable
from pathlib import Path

from ingest.library import open_reader
from ingest.lookup import Scope
from ingest.vectors import ChromaIndex, ScanIndex
from tests.support import HashEmbedder


def search(tell: Callable[[str], None], data: Path) -> None:
    """Tell as one line of JSON what Chroma's index gave, what a scan gives, which documents it saw and whether Chroma answered."""
    vector = HashEmbedder().encode(["physics consultation 77336 record"])[0]
    with open_reader(data) as library:
        index = ChromaIndex(library, data / "chroma")
        mirrored = index.mirrors(library.revision())
        asked = [round(cosine, 4) for cosine in index.search(vector, Scope(None), 5).values()]
        scanned = [round(cosine, 4) for cosine in ScanIndex(library).search(vector, Scope(None), 5).values()]
        counts = {d.path: [passages, len(library.passages(d.id))] for d, _, passages in library.documents()}
        tell(json.dumps({"asked": asked, "scanned": scanned, "counts": counts, "mirrored": mirrored}))
