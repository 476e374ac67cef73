"""Nearest passages by vector: by an exact scan of the library's own vectors, or by Chroma, a cache of them."""

import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from ingest.embed import Vectors
from ingest.library import Library
from ingest.lookup import Rows, Scope, all_vectors, scope_rows, vector_keys, vectors_of

_log = logging.getLogger(__name__)
_COLLECTION = "passages"
_ADD_BATCH = 1_000
_FIRST_DRAW = 8
_EF_SEARCH = 200
_SIZES = "sizes.json"


class VectorIndex(Protocol):
    """What finds the passages nearest to a vector."""

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give at most `limit` rows in scope with their cosine in [-1, 1], nearest first."""


class ExactIndex:
    """Scans the library's own vectors; sees every change at once and misses nothing."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._revision = -1
        self._rows: Rows = np.zeros(0, dtype=np.int64)
        self._matrix: Vectors = np.zeros((0, 1), dtype=np.float32)

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give the nearest rows in scope."""
        revision = self._library.revision()
        if revision != self._revision:
            self._rows, self._matrix = all_vectors(self._library)
            self._revision = revision
        allowed = np.isin(self._rows, scope_rows(self._library, scope))
        if not allowed.any():
            return {}
        return best_rows(self._rows[allowed], self._matrix[allowed] @ vector, limit)


class ChromaIndex:
    """Asks an embedded Chroma that mirrors the library.

    Its vectors are always ours and it holds no text. Where it does not mirror the revision asked about, or
    cannot fill the scope, the library's own vectors answer.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._exact = ExactIndex(library)
        self._folder = folder
        self._rows: dict[str, int] = {}
        self._client: Any = None
        self._collection: Any = None
        self._revision = -1
        self._opening = Lock()

    def search(self, vector: Vectors, scope: Scope, limit: int) -> dict[int, float]:
        """Give the nearest rows in scope."""
        if not self.mirrors(self._library.revision()):
            return self._exact.search(vector, scope, limit)
        allowed = set(scope_rows(self._library, scope).tolist())
        draw = min(len(self._rows), limit * _FIRST_DRAW)
        try:
            found = self._draw(vector, draw, allowed)
        except Exception as error:  # Chroma opens its index files at the first search only, and raises bare exceptions of many kinds
            self._give_up(error)
            return self._exact.search(vector, scope, limit)
        if len(found) < min(limit, len(allowed)) and draw < len(self._rows):
            return self._exact.search(vector, scope, limit)
        return dict(list(found.items())[:limit])

    def _draw(self, vector: Vectors, count: int, allowed: set[int]) -> dict[int, float]:
        if not count:
            return {}
        reply = self._collection.query(query_embeddings=[vector.tolist()], n_results=count, include=["distances"])
        found: dict[int, float] = {}
        for key, distance in zip(reply["ids"][0], reply["distances"][0], strict=True):
            row = self._rows.get(key)
            if row in allowed and row is not None:
                found.setdefault(row, 1.0 - float(distance))
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
            self._client = _client(self._folder)
            self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
            self._rows = {key: row for key, (row, _) in vector_keys(self._library).items()}
            self._revision = int((self._collection.metadata or {}).get("revision", -1))
        except Exception as error:  # Chroma raises bare exceptions of many kinds on a damaged folder
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _log.warning("Chroma is not usable (%s); the library's own vectors answer until the next ingest", error)
        self._client, self._revision = None, -1


def sync_chroma(library: Library, folder: Path) -> None:
    """Make Chroma hold exactly the library's vectors; rebuild it when it is damaged. Needs the writer's lock."""
    if folder.exists() and not _is_intact(folder):
        _discard(folder, "it was left incomplete")
    try:
        _mirror(library, folder)
    except Exception as error:  # Chroma raises bare exceptions of many kinds on a damaged folder
        _discard(folder, str(error))
        _mirror(library, folder)


def _discard(folder: Path, why: str) -> None:
    _log.warning("rebuilding Chroma in %s (%s)", folder, why)
    shutil.rmtree(folder, ignore_errors=True)
    _forget_clients()


def _is_intact(folder: Path) -> bool:
    """Tell whether the index files are as the last complete mirror left them; on cut ones Chroma kills the process."""
    try:
        return bool(json.loads((folder / _SIZES).read_text()) == _sizes(folder))
    except (OSError, ValueError):
        return False


def _sizes(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_size for file in sorted(folder.rglob("*.bin"))}


def best_rows(rows: Rows, cosines: Vectors, limit: int) -> dict[int, float]:
    """Give the `limit` rows with the highest cosine; a row with several vectors counts by its best."""
    found: dict[int, float] = {}
    for index in np.argsort(-cosines, kind="stable"):
        found.setdefault(int(rows[index]), float(cosines[index]))
        if len(found) == limit:
            break
    return found


def _mirror(library: Library, folder: Path) -> None:
    (folder / _SIZES).unlink(missing_ok=True)
    with _client(folder) as client:
        collection = _collection_for(client, _embedder(library))
        wanted = vector_keys(library)
        held = set(collection.get(include=[])["ids"])
        for batch in _batched(sorted(held - wanted.keys())):
            collection.delete(ids=batch)
        for batch in _batched(sorted(wanted.keys() - held)):
            collection.add(ids=batch, embeddings=vectors_of(library, [wanted[key] for key in batch]))
        if collection.count() != len(wanted):
            raise RuntimeError(f"{collection.count()} vectors where {len(wanted)} were expected")
        if wanted:  # the first search writes the index files
            collection.query(query_embeddings=vectors_of(library, list(wanted.values())[:1]), n_results=1, include=[])
        collection.modify(metadata={"revision": library.revision(), "embedder": _embedder(library)})
    (folder / _SIZES).write_text(json.dumps(_sizes(folder)))


def _embedder(library: Library) -> str:
    return ", ".join(sorted(embedder for embedder, _ in library.built_with()))


def _collection_for(client: Any, embedder: str) -> Any:
    """Give the collection, emptied when it holds the vectors of another embedder."""
    configuration = {"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}}
    held = {collection.name: collection for collection in client.list_collections()}.get(_COLLECTION)
    if held is not None and (held.metadata or {}).get("embedder") == embedder:
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
    except Exception:  # of many kinds; Chroma keeps a client that did not start and would hand it out again
        _forget_clients()
        raise


def _forget_clients() -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()
