"""Nearest passages by vector: by a scan of the library's own vectors, or by Chroma, a cache of them."""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np

from corpus.errors import LibraryUnusable
from ingest.changes import passages_in_use, state_of
from ingest.embed import Vectors
from ingest.library import Library
from ingest.lookup import Scope, allowed_scopes, rows_of_document, vector_keys, vectors_of
from ingest.scan import VectorFiles, sync_files
from ingest.sums import sums_of
from ingest.words import cannot_be_made, damage_told, sync_words

_log = logging.getLogger(__name__)
CHROMA_MOST = 20_000
"""The most passages that Chroma mirrors unless it is asked for by name; chosen by `benchmarks/scale.py`."""
_COLLECTION = "passages"
_ADD_BATCH = 1_000
_FIRST_DRAW = 8
_SPARE = 2
EF_SEARCH = 200
_SIZES = "sizes.json"
_PIECE = 1 << 20
_PROBE_S = 30


class VectorIndex(Protocol):
    """What finds the passages nearest to a vector."""

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give at most `limit` rows in scope with their cosine in [-1, 1], nearest first."""


class ScanIndex:
    """Scans the library's own vectors in their files: exactly where few are in scope, else by one-bit codes and then exactly.

    Sees every change at once, whether the files hold it yet or not.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give the nearest rows in scope."""
        view = self._library.derived(VectorFiles).look()
        if scope.document_id:
            return view.nearest_of(rows_of_document(self._library, scope), vector, limit)
        return view.nearest(vector, allowed_scopes(self._library, scope, view.state.revision), limit)


class ChromaIndex:
    """Asks an embedded Chroma that mirrors the library.

    Its vectors are always ours and it holds no text. Where it does not mirror the revision asked about, or
    too few of what it draws would be in scope, the library's own vectors answer.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._scan = ScanIndex(library)
        self._folder = folder
        self._held = 0
        self._client: Any = None
        self._collection: Any = None
        self._revision = -1
        self._opening = Lock()

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give the nearest rows in scope."""
        view = self._library.derived(VectorFiles).look()
        allowed = allowed_scopes(self._library, scope, view.state.revision)
        draw = min(self._held, limit * _FIRST_DRAW) if self.mirrors(view.state.revision) else 0
        if scope.document_id or view.count(allowed) * draw < limit * _SPARE * self._held or not draw:
            return self._scan.search(vector, scope, limit)
        try:
            with damage_told():
                drawn = self._draw(vector, draw)
        except Exception as error:  # Chroma opens its index files at the first search only, and raises bare exceptions of many kinds
            self._give_up(error)
            return self._scan.search(vector, scope, limit)
        rows = np.fromiter(drawn, dtype=np.int64)
        found = {int(row): drawn[int(row)] for row in rows[allowed[view.scopes_of(rows)]]}
        if len(found) < limit and draw < self._held:
            return self._scan.search(vector, scope, limit)
        return dict(list(found.items())[:limit])

    def _draw(self, vector: Vectors, count: int) -> dict[int, float]:
        reply = self._collection.query(query_embeddings=[vector.tolist()], n_results=count, include=["distances"])
        found: dict[int, float] = {}
        for key, distance in zip(reply["ids"][0], reply["distances"][0], strict=True):
            found.setdefault(int(key.partition(":")[0]), 1.0 - float(distance))
        return found

    def mirrors(self, revision: int) -> bool:
        """Tell whether Chroma holds exactly this revision of the library, reopening it where it may have changed."""
        with self._opening:
            if revision != self._revision:
                self._reopen()
            return revision == self._revision

    def _reopen(self) -> None:
        """Open Chroma anew: a client that stays open never sees what another process wrote."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if not _is_intact(self._folder):
            self._revision = -1
            return
        try:
            with damage_told():
                self._client = _client(self._folder)
                self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
                self._held = self._collection.count()
                told = self._collection.metadata or {}
                self._revision = int(told.get("revision", -1)) if told.get("library") == self._library.identity() else -1
        except Exception as error:  # Chroma raises bare exceptions of many kinds on a damaged folder
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _log.warning("Chroma is not usable (%s); the library's own vectors answer until the next ingest", error)
        self._client, self._revision = None, -1


def sync_indexes(library: Library, chroma: Path, *, always_chroma: bool = False) -> None:
    """Bring all that is made from the library to its revision: vector files, lexical index, and Chroma. Needs the writer's lock.

    Chroma holds no more than `CHROMA_MOST` passages unless `always_chroma`; beyond, it would miss too many of the nearest.
    """
    sync_files(library)
    sync_words(library)
    if always_chroma or passages_in_use(library, CHROMA_MOST + 1) <= CHROMA_MOST:
        sync_chroma(library, chroma)
    elif chroma.exists():
        shutil.rmtree(chroma, ignore_errors=True)


def sync_chroma(library: Library, folder: Path) -> None:
    """Make Chroma hold exactly the library's vectors; rebuild it when it is damaged. Needs the writer's lock.

    Raises:
        LibraryUnusable: it cannot be written.
    """
    if folder.exists() and not _is_intact(folder):
        _discard(folder, "it was left incomplete")
    try:
        with damage_told():
            _mirror(library, folder)
    except Exception as error:  # Chroma raises bare exceptions of many kinds on a damaged folder
        _discard(folder, str(error))
        _mirror_anew(library, folder)


def _mirror_anew(library: Library, folder: Path) -> None:
    """Make Chroma from nothing; where that cannot be, for want of space for one, leave none."""
    try:
        with damage_told():
            _mirror(library, folder)
    except Exception as error:  # Chroma raises bare exceptions of many kinds on a full disk, too
        _remove(folder)
        raise LibraryUnusable(cannot_be_made("Chroma's copy of the vectors", folder, error)) from error


def _discard(folder: Path, why: str) -> None:
    _log.warning("rebuilding Chroma in %s (%s)", folder, why)
    _remove(folder)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.unlink(missing_ok=True)
    _forget_clients()


def _is_intact(folder: Path) -> bool:
    """Tell whether Chroma can be opened: on cut or spoilt files it kills the process.

    A reader that closes may write index files anew, of the same size; whether other bytes are harmless, another process finds out.
    """
    try:
        told = json.loads((folder / _SIZES).read_text())
        found = _sums(folder)
        if {name: size for name, (size, _) in told.items()} != {name: size for name, (size, _) in found.items()}:
            return False
        return _is_sound(folder / "chroma.sqlite3") and (told == found or _opens(folder, json.dumps(found)))
    except (OSError, ValueError, TypeError, AttributeError, sqlite3.Error):
        return False


def _is_sound(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))


@lru_cache(maxsize=8)
def _opens(folder: Path, sums: str) -> bool:  # noqa: ARG001  # files of other sums are tried anew
    """Tell whether a process of its own opens and searches Chroma and lives."""
    command = [sys.executable, "-c", "import sys; from ingest.vectors import try_chroma; try_chroma(sys.argv[1])", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, timeout=_PROBE_S, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def try_chroma(folder: str) -> None:
    """Open Chroma, search it, and end the process, so that closing writes nothing."""
    collection = _client(Path(folder)).get_collection(_COLLECTION, embedding_function=None)
    held = collection.get(limit=1, include=["embeddings"])["embeddings"]
    if len(held):
        collection.query(query_embeddings=held, n_results=min(collection.count(), EF_SEARCH), include=["distances"])
    os._exit(0)


def _sums(folder: Path) -> dict[str, list[int]]:
    """Give size and CRC-32 of each index file."""
    return sums_of(_index_files(folder), folder)


def _index_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.bin"))


def _mirror(library: Library, folder: Path) -> None:
    (folder / _SIZES).unlink(missing_ok=True)
    with _client(folder) as client:
        collection = _collection_for(client, _origin(library))
        wanted = {f"{row}:{ordinal}": (row, ordinal) for row, ordinal in vector_keys(library)}
        held = set(collection.get(include=[])["ids"])
        for batch in _batched(sorted(held - wanted.keys())):
            collection.delete(ids=batch)
        for batch in _batched(sorted(wanted.keys() - held)):
            collection.add(ids=batch, embeddings=vectors_of(library, [wanted[key] for key in batch]))
        if collection.count() != len(wanted):
            raise RuntimeError(f"{collection.count()} vectors where {len(wanted)} were expected")
        if wanted:  # the first search writes the index files
            collection.query(query_embeddings=vectors_of(library, list(wanted.values())[:1]), n_results=1, include=[])
        collection.modify(metadata={"revision": library.revision(), **_origin(library)})
    (folder / _SIZES).write_text(json.dumps(_sums(folder)))


def _origin(library: Library) -> dict[str, str]:
    """Give what the vectors of a collection are of: rows mean nothing in another library, vectors nothing to another embedder."""
    state = state_of(library)
    return {"library": state.identity, "embedder": state.embedder}


def _collection_for(client: Any, origin: dict[str, str]) -> Any:
    """Give the collection, emptied when it holds the vectors of another library or embedder."""
    configuration = {"hnsw": {"space": "cosine", "ef_search": EF_SEARCH}}
    held = {collection.name: collection for collection in client.list_collections()}.get(_COLLECTION)
    if held is not None and origin.items() <= (held.metadata or {}).items():
        return client.get_collection(_COLLECTION, embedding_function=None)
    if held is not None:
        client.delete_collection(_COLLECTION)
    return client.create_collection(_COLLECTION, embedding_function=None, configuration=configuration)


def _batched(keys: list[str]) -> Iterable[list[str]]:
    return (keys[first : first + _ADD_BATCH] for first in range(0, len(keys), _ADD_BATCH))


def _client(folder: Path) -> Any:
    from chromadb import PersistentClient
    from chromadb.config import Settings

    try:
        return PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    except BaseException:  # a Rust panic, too; Chroma keeps a client that did not start and would hand it out again
        _forget_clients()
        raise


def _forget_clients() -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()
