"""Questions that the library answers by SQL: which passages are in scope, name a code, or share words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select, text

from ingest import tables
from ingest.documents import Document, Passage
from ingest.embed import Vectors
from ingest.library import ACTIVE, Library, in_force, passage_columns, to_document, to_passage

Rows = NDArray[np.int64]
_GENERAL_PAYERS = ("all", "")
_MEDICARE = "medicare"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages may be evidence: in force on `as_of`, of `payer` (None = any), of `document_id` (None = any)."""

    as_of: date
    payer: str | None = None
    document_id: str | None = None


def payer_applies(asked: str, stored: str) -> bool:
    """Tell whether a rule stored for one payer speaks for the payer asked about.

    General rules and Medicare's speak for every payer; a named payer's rule for that payer only.
    """
    held = stored.lower()
    return held in _GENERAL_PAYERS or (held.startswith(_MEDICARE) and "advantage" not in held) or names_payer(asked, stored)


def names_payer(asked: str, stored: str) -> bool:
    """Tell whether the payer asked about and a stored payer name the same one, in whole or in part."""
    wanted, held = asked.lower(), stored.lower()
    return bool(re.search(rf"\b{re.escape(wanted)}\b", held)) or bool(re.search(rf"\b{re.escape(held)}\b", wanted))


def scope_rows(library: Library, scope: Scope) -> Rows:
    """Give the row numbers of the passages in scope, ascending."""
    with library.engine.connect() as connection:
        query = _scoped(select(tables.passages.c.row), scope, _payers(connection, scope))
        return np.array(connection.execute(query.order_by(tables.passages.c.row)).scalars().all(), dtype=np.int64)


def codes_held(library: Library, codes: Iterable[str]) -> frozenset[str]:
    """Give those of `codes` that some active passage names, on whatever date."""
    wanted = list(codes)
    with library.engine.connect() as connection:
        return frozenset(connection.execute(_codes_named().where(tables.passage_codes.c.code.in_(wanted))).scalars())


def all_codes(library: Library) -> frozenset[str]:
    """Give every code that some active passage names, on whatever date."""
    with library.engine.connect() as connection:
        return frozenset(connection.execute(_codes_named()).scalars())


def rows_with_codes(library: Library, codes: Sequence[str], scope: Scope) -> dict[int, frozenset[str]]:
    """Give the rows in scope that name one of `codes` or imply it, with the codes they hold."""
    query = select(tables.passage_codes.c.passage, tables.passage_codes.c.code).where(tables.passage_codes.c.code.in_(list(codes)))
    allowed = set(scope_rows(library, scope).tolist())
    found: dict[int, set[str]] = {}
    with library.engine.connect() as connection:
        for row, code in connection.execute(query):
            if row in allowed:
                found.setdefault(row, set()).add(code)
    return {row: frozenset(held) for row, held in found.items()}


def rows_by_anchor(library: Library, anchors: Sequence[str], scope: Scope) -> Rows:
    """Give the rows in scope of the digest paragraphs with these fact ids."""
    with library.engine.connect() as connection:
        query = select(tables.passages.c.row).where(tables.passages.c.anchor.in_(list(anchors)))
        return np.array(connection.execute(_scoped(query, scope, _payers(connection, scope))).scalars().all(), dtype=np.int64)


def lexical_rows(library: Library, words: Sequence[str], scope: Scope, limit: int) -> dict[int, float]:
    """Give the `limit` best rows in scope by BM25 over `words`, with scores above 0 (more is better)."""
    if not words:
        return {}
    match = " OR ".join('"' + word.replace('"', "") + '"' for word in words)
    query = text("SELECT rowid, -bm25(lexical, 1.0, 0.7, 2.0) AS score FROM lexical WHERE lexical MATCH :match ORDER BY score DESC")
    allowed = set(scope_rows(library, scope).tolist())
    best: dict[int, float] = {}
    with library.engine.connect() as connection:
        for row, score in connection.execute(query, {"match": match}):
            if row in allowed and score > 0:
                best[row] = float(score)
                if len(best) == limit:
                    break
    return best


def document_counts(library: Library, words: Sequence[str]) -> tuple[dict[str, int], int]:
    """Give for each word how many passages hold it (stemmed as the lexical index stems), and how many there are."""
    query = text("SELECT count(*) FROM lexical WHERE lexical MATCH :match")
    with library.engine.connect() as connection:
        total = connection.execute(text("SELECT count(*) FROM lexical")).scalar() or 0
        counts = {w: int(connection.execute(query, {"match": '"' + w.replace('"', "") + '"'}).scalar() or 0) for w in words}
    return counts, int(total)


def all_vectors(library: Library) -> tuple[Rows, Vectors]:
    """Give every vector of the active documents, with the row of its passage; a row may have several."""
    query = (
        select(tables.vectors.c.passage, tables.vectors.c.vector)
        .join(tables.passages, tables.passages.c.row == tables.vectors.c.passage)
        .join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
        .where(tables.documents.c.status == ACTIVE)
        .order_by(tables.vectors.c.passage, tables.vectors.c.ordinal)
    )
    with library.engine.connect() as connection:
        found = connection.execute(query).all()
    rows = np.array([row for row, _ in found], dtype=np.int64)
    matrix = np.frombuffer(b"".join(blob for _, blob in found), dtype=np.float32)
    return rows, matrix.reshape(len(rows), -1) if len(rows) else matrix.reshape(0, 1)


def vector_keys(library: Library) -> dict[str, tuple[int, int]]:
    """Give the key `passage-id:ordinal` of every active vector, with its row and ordinal."""
    query = (
        select(tables.passages.c.id, tables.passages.c.row, tables.vectors.c.ordinal)
        .join(tables.vectors, tables.passages.c.row == tables.vectors.c.passage)
        .join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
        .where(tables.documents.c.status == ACTIVE)
    )
    with library.engine.connect() as connection:
        return {f"{identity}:{ordinal}": (row, ordinal) for identity, row, ordinal in connection.execute(query)}


def vectors_of(library: Library, keys: Sequence[tuple[int, int]]) -> Vectors:
    """Give the vectors of `(row, ordinal)` pairs, in their order."""
    query = select(tables.vectors.c.passage, tables.vectors.c.ordinal, tables.vectors.c.vector).where(
        tables.vectors.c.passage.in_(bindparam("rows", expanding=True))
    )
    with library.engine.connect() as connection:
        found = {(row, n): blob for row, n, blob in connection.execute(query, {"rows": [row for row, _ in keys]})}
    return np.stack([np.frombuffer(found[key], dtype=np.float32) for key in keys])


def cosines_of(library: Library, rows: Iterable[int], vector: Vectors) -> dict[int, float]:
    """Give for each row its best cosine with `vector`."""
    query = select(tables.vectors.c.passage, tables.vectors.c.vector).where(tables.vectors.c.passage.in_([int(row) for row in rows]))
    best: dict[int, float] = {}
    with library.engine.connect() as connection:
        for row, blob in connection.execute(query):
            best[row] = max(best.get(row, -1.0), float(np.frombuffer(blob, dtype=np.float32) @ vector))
    return best


def fetch(library: Library, rows: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
    """Give the passages of these rows, each with its document."""
    wanted = [int(row) for row in rows]
    query = select(tables.passages.c.row, *passage_columns()).where(tables.passages.c.row.in_(wanted))
    with library.engine.connect() as connection:
        passages = {found["row"]: to_passage(found) for found in connection.execute(query).mappings()}
        ids = sorted({p.document_id for p in passages.values()})
        rows_of = connection.execute(select(tables.documents).where(tables.documents.c.id.in_(ids))).mappings()
        documents = {found["id"]: to_document(found) for found in rows_of}
    return {row: (passage, documents[passage.document_id]) for row, passage in passages.items()}


def payers(library: Library) -> tuple[str, ...]:
    """Give the payers that the active passages name, "all" left out."""
    query = (
        select(tables.passages.c.payer)
        .join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
        .where(tables.documents.c.status == ACTIVE)
        .distinct()
    )
    with library.engine.connect() as connection:
        return tuple(sorted(p for p in connection.execute(query).scalars() if p not in _GENERAL_PAYERS))


def _codes_named() -> Any:
    return (
        select(tables.passage_codes.c.code)
        .join(tables.passages, tables.passages.c.row == tables.passage_codes.c.passage)
        .join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
        .where(tables.documents.c.status == ACTIVE, tables.passage_codes.c.named == 1)
        .distinct()
    )


def _payers(connection: Any, scope: Scope) -> list[str] | None:
    if scope.payer is None:
        return None
    held = connection.execute(select(tables.passages.c.payer).distinct()).scalars()
    return [payer for payer in held if payer_applies(scope.payer, payer)]


def _scoped(query: Any, scope: Scope, payers_allowed: list[str] | None) -> Any:
    query = query.join(tables.documents, tables.documents.c.id == tables.passages.c.document_id).where(
        tables.documents.c.status == ACTIVE, in_force(scope.as_of)
    )
    if payers_allowed is not None:
        query = query.where(tables.passages.c.payer.in_(payers_allowed))
    return query.where(tables.passages.c.document_id == scope.document_id) if scope.document_id else query
