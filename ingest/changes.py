"""What has changed in the library since a revision, so that what is built from it can follow without reading all of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select, text

from ingest import tables
from ingest.embed import Vectors
from ingest.library import Library, built_pairs, fact

Rows = NDArray[np.int64]
Scopes = NDArray[np.int32]
_BATCH = 5_000
_FLOAT_BYTES = 4
_OF_CHANGED = "FROM documents CROSS JOIN passages ON passages.document_id = documents.id"
"""Joined in this order: left to choose, SQLite reads every passage to find those of a few documents."""


@dataclass(frozen=True, slots=True)
class State:
    """One moment of a library: which one, its revision, and the embedder of its active documents ("" when it has none)."""

    identity: str
    revision: int
    embedder: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors in the order of their rows, shape (len(rows), dimension), with the scope of each row; a row may have several."""

    rows: Rows
    scopes: Scopes
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Words:
    """What the lexical index holds of a passage in use."""

    row: int
    scope: int
    body: str
    section: str
    codes: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed after a revision, all of one moment.

    `rows` are the passages of every changed document with their present `scopes`; `erased` holds first and last
    row of every document erased; `words` are those of the changed documents in use. Read `batches` and `words`
    before the moment is left.
    """

    state: State
    rows: Rows
    scopes: Scopes
    erased: Rows
    batches: Iterator[Batch]
    words: Iterator[Words]


@contextmanager
def changes(library: Library, *, since: int = -1, after_row: int = 0, dimension: int = 0) -> Iterator[Changes]:
    """Give what was changed after revision `since`, with the vectors of all passages after `after_row`.

    Vectors of another length than `dimension` (0: that of the newest passage in use) are another model's and are left out.
    """
    with library.engine.connect() as connection:
        rows, scopes = _changed(connection, since) if since >= 0 else (np.zeros(0, np.int64), np.zeros(0, np.int32))
        yield Changes(
            state(connection),
            rows,
            scopes,
            _erased(connection, since),
            _batches(connection, after_row, dimension or _dimension(connection)),
            _words(connection, since),
        )


def state(connection: Connection) -> State:
    """Give the moment that a connection reads."""
    embedders = sorted(embedder for embedder, _ in built_pairs(connection))
    return State(fact(connection, "identity") or "", int(fact(connection, "revision") or 0), ", ".join(embedders))


def state_of(library: Library) -> State:
    """Give the present moment of a library."""
    with library.engine.connect() as connection:
        return state(connection)


def stored_vectors(library: Library, rows: Iterable[int]) -> dict[int, Vectors]:
    """Give the vectors that SQL holds of each row, shape (vectors, dimension)."""
    query = select(tables.vectors.c.passage, tables.vectors.c.vector).where(tables.vectors.c.passage.in_([int(row) for row in rows]))
    held: dict[int, list[bytes]] = {}
    with library.engine.connect() as connection:
        for row, blob in connection.execute(query.order_by(tables.vectors.c.passage, tables.vectors.c.ordinal)):
            held.setdefault(row, []).append(blob)
    return {row: np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(len(blobs), -1) for row, blobs in held.items()}


def passages_in_use(library: Library, at_most: int) -> int:
    """Give how many passages are in use, counted no further than `at_most`."""
    found = select(tables.passages.c.row).where(tables.passages.c.scope > tables.OUT_OF_USE).limit(at_most).subquery()
    with library.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(found)).scalar() or 0)


def _changed(connection: Connection, since: int) -> tuple[Rows, Scopes]:
    query = text(f"SELECT passages.row, passages.scope {_OF_CHANGED} WHERE documents.revision > :since ORDER BY passages.row")
    found = np.array(connection.execute(query, {"since": since}).all(), dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1].astype(np.int32)


def _erased(connection: Connection, since: int) -> Rows:
    query = select(tables.erasures.c.first_row, tables.erasures.c.last_row).where(tables.erasures.c.revision > since)
    return np.array(connection.execute(query).all(), dtype=np.int64).reshape(-1, 2)


def _dimension(connection: Connection) -> int:
    query = select(func.length(tables.vectors.c.vector)).join(tables.passages, tables.passages.c.row == tables.vectors.c.passage)
    newest = query.where(tables.passages.c.scope > tables.OUT_OF_USE).order_by(tables.vectors.c.passage.desc()).limit(1)
    return int(connection.execute(newest).scalar() or 0) // _FLOAT_BYTES


def _batches(connection: Connection, after_row: int, dimension: int) -> Iterator[Batch]:
    vector = tables.vectors.c.vector
    query = (
        select(tables.vectors.c.passage, tables.passages.c.scope, vector)
        .join(tables.passages, tables.passages.c.row == tables.vectors.c.passage)
        .where(tables.vectors.c.passage > after_row, func.length(vector) == dimension * _FLOAT_BYTES)
        .order_by(tables.vectors.c.passage, tables.vectors.c.ordinal)
    )
    for found in connection.execution_options(yield_per=_BATCH).execute(query).partitions():
        rows, scopes, blobs = zip(*found, strict=True)
        matrix = np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(-1, dimension)
        yield Batch(np.array(rows, dtype=np.int64), np.array(scopes, dtype=np.int32), matrix)


def _words(connection: Connection, since: int) -> Iterator[Words]:
    query = text(
        f"SELECT passages.row, passages.scope, body, lexical.section, codes {_OF_CHANGED}"
        " CROSS JOIN lexical ON lexical.rowid = passages.row WHERE documents.revision > :since AND passages.scope > :out"
    )
    for held in connection.execution_options(yield_per=_BATCH).execute(query, {"since": since, "out": tables.OUT_OF_USE}):
        yield Words(*held)
