"""A process that ingests a folder with the fake embedder, to be killed: `python -m tests.faults.writer DATA FILES`.

It writes the phase it is in, one a line, to standard output. Chroma writes its index files every 20 vectors here.
"""

import sys
from pathlib import Path
from typing import Any

from ingest import vectors
from ingest.build import ingest, user_sources
from ingest.library import open_writer
from ingest.scan import sync_files
from ingest.words import sync_words
from tests.support import HashEmbedder

_OFTEN = 20


def _tell(phase: str) -> None:
    sys.stdout.write(phase + "\n")
    sys.stdout.flush()


def _flush_often() -> None:
    from chromadb.api.client import Client

    plain = Client.create_collection

    def create(client: Client, name: str, **rest: Any) -> Any:
        rest["configuration"]["hnsw"] |= {"sync_threshold": _OFTEN, "batch_size": _OFTEN}
        return plain(client, name, **rest)

    vars(vectors)["_ADD_BATCH"] = _OFTEN
    setattr(Client, "create_collection", create)  # noqa: B010


def main(data: Path, files: Path) -> None:
    """Ingest and bring every index to the library's revision."""
    _flush_often()
    with open_writer(data) as library:
        _tell("store")
        ingest(library, HashEmbedder(), user_sources([files]), by_hand={}, added_at="2026-01-01", advance=lambda _: _tell("stored"))
        _tell("files")
        sync_files(library)
        sync_words(library)
        _tell("chroma")
        vectors.sync_chroma(library, data / "chroma")
        _tell("done")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
