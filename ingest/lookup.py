"""Questions that the library answers by SQL: which passages are in scope, name a code, or share words."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Float, Integer, Select, bindparam, column, func, select, text

from ingest import tables
from ingest.changes import Rows, stored_vectors
from ingest.documents import Document, Passage
from ingest.embed import Vectors
from ingest.library import Library, document_columns, passage_columns, to_passage
from ingest.scan import Allowed, VectorFiles
from ingest.words import WordIndex, damage_told

_GENERAL_PAYERS = ("all", "")
_MEDICARE = "medicare"
_KEPT_SCOPES = 16
_KEPT_CODES = 32
_LISTED = select(func.json_each(bindparam("listed")).table_valued("value").c.value)
"""One parameter for any number of keys: the statements below are built and compiled once, not for each question."""
_PASSAGES_OF = (
    select(tables.passages.c.row, *passage_columns(), *document_columns())
    .join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
    .where(tables.passages.c.row.in_(_LISTED))
)
_OF_DOCUMENT = 1 + len(passage_columns())
"""Where the columns of the document start in a row of `_PASSAGES_OF`."""
_TOKENS_OF = select(tables.token_vectors.c.passage, tables.token_vectors.c.tokens).where(tables.token_vectors.c.passage.in_(_LISTED))
_NAMED = f"SELECT 1 FROM passage_codes WHERE code = :code AND named = 1 AND scope > {tables.OUT_OF_USE}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages may be evidence: in force on `as_of`, and of this payer, document and publisher (None = any of them)."""

    as_of: date | None
    payer: str | None = None
    document_id: str | None = None
    publisher: str | None = None


def payer_applies(asked: str, stored: str) -> bool:
    """Tell whether a rule stored for one payer speaks for the payer asked about.

    General rules and Medicare's speak for every payer; a named payer's rule for that payer only.
    """
    return speaks_for_all(stored) or names_payer(asked, stored)


def is_own_rule(asked: str | None, stored: str) -> bool:
    """Tell whether a rule is the own one of the payer asked about, and not a general rule or Medicare's, on which others may differ."""
    return asked is not None and not speaks_for_all(stored) and names_payer(asked, stored)


def speaks_for_all(stored: str) -> bool:
    """Tell whether a rule goes for those who name no payer: a general one or Medicare's, not that of a Medicare Advantage plan."""
    held = stored.lower()
    return held in _GENERAL_PAYERS or (held.startswith(_MEDICARE) and "advantage" not in held)


def names_payer(asked: str, stored: str) -> bool:
    """Tell whether the payer asked about and a stored payer name the same one, in whole or in part."""
    wanted, held = asked.lower(), stored.lower()
    return bool(re.search(rf"\b{re.escape(wanted)}\b", held)) or bool(re.search(rf"\b{re.escape(held)}\b", wanted))


class _AllowedScopes:
    """The scopes allowed by the last few filters, for many questions share one."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: dict[tuple[int, Scope], Allowed] = {}

    def of(self, scope: Scope, revision: int) -> Allowed:
        key = (revision, scope)
        allowed = self._kept.get(key)
        if allowed is None:
            allowed = _allowed_scopes(self._library, scope)
            if len(self._kept) >= _KEPT_SCOPES:
                self._kept.clear()
            self._kept[key] = allowed
        return allowed


def allowed_scopes(library: Library, scope: Scope, revision: int | None = None) -> Allowed:
    """Give for each scope id whether its passages may be evidence; the document of `scope` is not looked at.

    `revision` is that of the library where the caller has just asked for it.
    """
    at = library.revision() if revision is None else revision
    return library.derived(_AllowedScopes).of(replace(scope, document_id=None) if scope.document_id else scope, at)


def _allowed_scopes(library: Library, scope: Scope) -> Allowed:
    with library.engine.connect() as connection:
        ids = connection.execute(_scope_ids(connection, scope)).scalars().all()
        last = connection.execute(select(func.max(tables.scopes.c.id))).scalar() or 0
    allowed = np.zeros(last + 1, dtype=np.bool_)
    allowed[list(ids)] = True
    return allowed


def rows_of_document(library: Library, scope: Scope) -> Rows:
    """Give the rows in scope of the document that `scope` names, ascending."""
    with library.engine.connect() as connection:
        query = _scoped(select(tables.passages.c.row), scope, connection)
        return np.array(connection.execute(query.order_by(tables.passages.c.row)).scalars().all(), dtype=np.int64)


def codes_held(library: Library, codes: Iterable[str]) -> frozenset[str]:
    """Give those of `codes` that some active passage names, on whatever date."""
    query = text(f"SELECT EXISTS ({_NAMED})")
    with library.engine.connect() as connection:
        return frozenset(code for code in codes if connection.execute(query, {"code": code}).scalar())


def all_codes(library: Library) -> frozenset[str]:
    """Give every code that some active passage names, on whatever date; the index is read from code to code, not whole."""
    next_code = "SELECT min(code) FROM passage_codes WHERE code > held.code"
    every = f"WITH RECURSIVE held(code) AS (SELECT min(code) FROM passage_codes UNION ALL SELECT ({next_code}) FROM held WHERE code IS NOT NULL)"
    named = _NAMED.replace(":code", "held.code")
    with library.engine.connect() as connection:
        return frozenset(connection.execute(text(f"{every} SELECT code FROM held WHERE EXISTS ({named})")).scalars())


def look_up_codes(library: Library, codes: Sequence[str], scope: Scope) -> dict[str, Rows]:
    """Give for each code the rows in scope that name or imply it, ascending; `rows_with_codes` finds them ready then."""
    return library.derived(_CodeRows).of(codes, scope)


def rows_with_codes(
    library: Library, codes: Sequence[str], scope: Scope, *, near: Vectors | None = None, limit: int = 0
) -> dict[int, frozenset[str]]:
    """Give the rows in scope that name one of `codes` or imply it, with the codes they hold.

    Where more than `limit` (0: any number) do, those are given that hold the most of `codes`, of these the nearest to `near`.
    """
    rows_of = library.derived(_CodeRows).of(codes, scope)
    rows, counts = np.unique(np.concatenate([*rows_of.values(), np.zeros(0, np.int64)]), return_counts=True)
    if limit and near is not None and len(rows) > limit:
        rows = _foremost(library, rows, counts, near, limit)
    held: dict[int, set[str]] = {row: set() for row in rows.tolist()}
    for code, having in rows_of.items():
        for row in rows[np.isin(rows, having, assume_unique=True)].tolist():
            held[row].add(code)
    return {row: frozenset(found) for row, found in held.items()}


def _foremost(library: Library, rows: Rows, counts: Rows, near: Vectors, limit: int) -> Rows:
    view, chosen = library.derived(VectorFiles).look(), list[int]()
    for count in sorted(set(counts.tolist()), reverse=True):
        chosen += view.nearest_of(rows[counts == count], near, limit - len(chosen))
        if len(chosen) >= limit:
            break
    return np.array(chosen, dtype=np.int64)


class _CodeRows:
    """The rows of the last few codes asked about, for many questions share one."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: dict[tuple[int, Scope, str], Rows] = {}

    def of(self, codes: Sequence[str], scope: Scope) -> dict[str, Rows]:
        revision = self._library.revision()
        missing = [code for code in codes if (revision, scope, code) not in self._kept]
        found = _rows_by_code(self._library, missing, scope) if missing else {}
        given = {code: found.get(code, np.zeros(0, np.int64)) if code in missing else self._kept[revision, scope, code] for code in codes}
        kept = {**self._kept, **{(revision, scope, code): rows for code, rows in given.items()}}
        self._kept = dict(list(kept.items())[-_KEPT_CODES:])
        return given


def _rows_by_code(library: Library, codes: Sequence[str], scope: Scope) -> dict[str, Rows]:
    """Give for each code the rows in scope that hold it; SQL writes them as one text, for there may be many."""
    held = tables.passage_codes
    listed = func.group_concat(held.c.passage, ",")
    with library.engine.connect() as connection:
        query = select(held.c.code, listed).where(held.c.code.in_(list(codes)), held.c.scope.in_(_scope_ids(connection, scope)))
        if scope.document_id:
            query = query.where(held.c.passage.in_(select(tables.passages.c.row).where(tables.passages.c.document_id == scope.document_id)))
        found = connection.execute(query.group_by(held.c.code)).all()
    return {code: np.unique(np.fromstring(rows, dtype=np.int64, sep=",")) for code, rows in found}


def rows_by_anchor(library: Library, anchors: Sequence[str], scope: Scope) -> Rows:
    """Give the rows in scope of the digest paragraphs with these fact ids."""
    with library.engine.connect() as connection:
        query = select(tables.passages.c.row).where(tables.passages.c.anchor.in_(list(anchors)))
        return np.array(connection.execute(_scoped(query, scope, connection)).scalars().all(), dtype=np.int64)


def lexical_rows(library: Library, words: Sequence[str], scope: Scope, limit: int) -> dict[int, float]:
    """Give the `limit` best rows in scope by BM25 over `words`, with scores above 0 (more is better)."""
    if not words:
        return {}
    view, index = library.derived(VectorFiles).look(), library.derived(WordIndex)
    if index.holds(view.state.revision):
        try:
            with damage_told():
                if scope.document_id:
                    return index.best_of(words, rows_of_document(library, scope), limit)
                return index.best(words, view, allowed_scopes(library, scope, view.state.revision), limit)
        except ValueError as error:
            index.give_up(error)
    return _lexical_rows_of_sqlite(library, words, scope, limit)


def _lexical_rows_of_sqlite(library: Library, words: Sequence[str], scope: Scope, limit: int) -> dict[int, float]:
    found = text("SELECT rowid AS row, -bm25(lexical, 1.0, 0.7, 2.0) AS score FROM lexical WHERE lexical MATCH :match")
    matches = found.columns(column("row", Integer), column("score", Float)).subquery()
    joined = select(matches.c.row, matches.c.score).join(tables.passages, tables.passages.c.row == matches.c.row)
    with library.engine.connect() as connection:
        query = _scoped(joined, scope, connection).where(matches.c.score > 0).order_by(matches.c.score.desc(), matches.c.row).limit(limit)
        return {row: float(score) for row, score in connection.execute(query, {"match": " OR ".join(_quoted(word) for word in words)})}


def _quoted(word: str) -> str:
    return '"' + word.replace('"', "") + '"'


def document_counts(library: Library, words: Sequence[str]) -> tuple[dict[str, int], int]:
    """Give for each word how many passages hold it (stemmed as the lexical index stems), and how many there are."""
    index = library.derived(WordIndex)
    if index.holds(library.revision()):
        try:
            with damage_told():
                return index.counts(words)
        except ValueError as error:
            index.give_up(error)
    query = text("SELECT count(*) FROM lexical WHERE lexical MATCH :match")
    with library.engine.connect() as connection:
        total = connection.execute(text("SELECT count(*) FROM lexical")).scalar() or 0
        counts = {w: int(connection.execute(query, {"match": _quoted(w)}).scalar() or 0) for w in words}
    return counts, int(total)


def vector_keys(library: Library) -> frozenset[tuple[int, int]]:
    """Give row and ordinal of every vector of the active passages."""
    joined = tables.vectors.join(tables.passages, tables.passages.c.row == tables.vectors.c.passage)
    query = select(tables.vectors.c.passage, tables.vectors.c.ordinal).select_from(joined)
    with library.engine.connect() as connection:
        found = connection.execute(query.where(tables.passages.c.scope != tables.OUT_OF_USE))
        return frozenset((row, ordinal) for row, ordinal in found)


def vectors_of(library: Library, keys: Sequence[tuple[int, int]]) -> Vectors:
    """Give the vectors of `(row, ordinal)` pairs, in their order."""
    held = stored_vectors(library, {row for row, _ in keys})
    return np.stack([held[row][ordinal] for row, ordinal in keys])


def cosines_of(library: Library, rows: Iterable[int], vector: Vectors) -> dict[int, float]:
    """Give for each row its best cosine with `vector`."""
    return library.derived(VectorFiles).look().cosines(rows, vector)


def token_blobs(library: Library, rows: Iterable[int]) -> dict[int, bytes]:
    """Give what each row keeps of its tokens' vectors; rows that keep nothing are left out."""
    with library.engine.connect() as connection:
        return {row: bytes(tokens) for row, tokens in connection.execute(_TOKENS_OF, {"listed": _listed(rows)})}


def fetch(library: Library, rows: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
    """Give the passages of these rows, each with its document."""
    with library.engine.connect() as connection:
        found = connection.execute(_PASSAGES_OF, {"listed": _listed(rows)}).all()
    documents: dict[str, Document] = {}
    for values in found:
        if values[_OF_DOCUMENT] not in documents:
            documents[values[_OF_DOCUMENT]] = Document(*values[_OF_DOCUMENT:])
    return {values[0]: (to_passage(values[1:_OF_DOCUMENT]), documents[values[_OF_DOCUMENT]]) for values in found}


def _listed(rows: Iterable[int]) -> str:
    return json.dumps([int(row) for row in rows])


def payers(library: Library) -> tuple[str, ...]:
    """Give the payers that the active passages name, "all" left out."""
    return tuple(sorted(payer for payer in _distinct(library, tables.scopes.c.payer) if payer not in _GENERAL_PAYERS))


def publishers(library: Library) -> tuple[str, ...]:
    """Give the publishers of the active documents."""
    return tuple(sorted(publisher for publisher in _distinct(library, tables.scopes.c.publisher) if publisher))


def _distinct(library: Library, column: ColumnElement[str]) -> list[str]:
    in_use = select(tables.passages.c.row).where(tables.passages.c.scope == tables.scopes.c.id).exists()
    with library.engine.connect() as connection:
        return list(connection.execute(select(column).where(in_use).distinct()).scalars())


def _scope_ids(connection: Connection, scope: Scope) -> Select[tuple[int]]:
    held = tables.scopes.c
    query = select(held.id)
    if scope.as_of is not None:
        query = query.where(held.valid_from.is_(None) | (held.valid_from <= scope.as_of))
        query = query.where(held.valid_to.is_(None) | (held.valid_to >= scope.as_of))
    if scope.payer is not None:
        known = connection.execute(select(held.payer).distinct()).scalars()
        query = query.where(held.payer.in_([payer for payer in known if payer_applies(scope.payer, payer)]))
    return query.where(held.publisher == scope.publisher) if scope.publisher is not None else query


def _scoped(query: Select[Any], scope: Scope, connection: Connection) -> Select[Any]:
    query = query.where(tables.passages.c.scope.in_(_scope_ids(connection, scope)))
    return query.where(tables.passages.c.document_id == scope.document_id) if scope.document_id else query
