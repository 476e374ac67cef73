"""Ingest a folder with the fake embedder in a process that is to be killed.

It tells the phase it is in, one a line. Chroma writes its index files every 20 vectors here.
"""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ingest import build, vectors
from ingest.build import ingest, user_sources
from ingest.extract import extract
from ingest.library import open_writer
from ingest.scan import sync_files
from ingest.words import sync_words
from tests.support import HashEmbedder

_OFTEN = 20


def _flush_often() -> None:
    from chromadb.api.client import Client

    plain = Client.create_collection

    def create(client: Client, name: str, **rest: Any) -> Any:
        rest["configuration"]["hnsw"] |= {"sync_threshold": _OFTEN, "batch_size": _OFTEN}
        return plain(client, name, **rest)

    vars(vectors)["_ADD_BATCH"] = _OFTEN
    setattr(Client, "create_collection", create)  # noqa: B010


def write(tell: Callable[[str], None], data: Path, files: Path, sandboxed: bool = False) -> None:
    """Ingest and bring every index to the library's revision; unless `sandboxed`, no child is started to read the files."""
    _flush_often()
    if not sandboxed:
        vars(build)["Sandbox"] = lambda **_: nullcontext(extract)
    with open_writer(data) as library:
        tell("store")
        ingest(library, HashEmbedder(), user_sources([files]), by_hand={}, added_at="2026-01-01", advance=lambda _: tell("stored"))
        tell("files")
        sync_files(library)
        sync_words(library)
        tell("chroma")
        vectors.sync_chroma(library, data / "chroma")
        tell("done")
