"""Put the library of an archive in the place of the present one, which is kept so that this can be undone.

The new one is built and checked beside the old; then its pages replace the old ones in one SQLite transaction, so that readers
that are open go from one to the other as they do at any change, and a crash leaves the old one.
"""

import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, Table, delete, select, text
from sqlalchemy.exc import StatementError

from corpus.errors import LibraryStale, LibraryUnusable
from ingest import tables
from ingest.archive import Archive, Manifest, open_archive
from ingest.library import (
    FILE,
    Library,
    built_pairs,
    digest_of,
    fact,
    index_words,
    last_row,
    open_beside,
    passage_columns,
    set_fact,
    to_passage,
)

FORMER = "library.former.sqlite3"
"""The library that the last restore took the place of."""
_KEEPING, _RESTORING, _UNDOING = "library.keeping.sqlite3", "library.restoring.sqlite3", "library.undoing.sqlite3"
_BATCH = 2_000
_COPIES = 4
"""The archive's text comes to stand in the new database, its journal and the library's log, and the former library is kept."""
_NUMBERED = (tables.erasures.c.first_row, tables.erasures.c.last_row)
_UNSOUND = {
    "a document has a status that is none": "SELECT 1 FROM documents WHERE status NOT IN ('active', 'removed', 'replaced')",
    "two documents in use have one path": "SELECT 1 FROM documents WHERE status = 'active' GROUP BY path HAVING count(*) > 1",
    "a passage is in use and its document is not, or the reverse": (
        "SELECT 1 FROM passages JOIN documents ON documents.id = document_id WHERE (status = 'active') <> (scope > 0)"
    ),
    "a passage is filed under another payer, publisher or day than its own": (
        "SELECT 1 FROM passages JOIN documents ON documents.id = document_id LEFT JOIN scopes ON scopes.id = scope WHERE scope > 0 AND "
        "(scopes.id IS NULL OR scopes.payer <> passages.payer OR scopes.publisher <> documents.publisher "
        "OR scopes.valid_from IS NOT passages.valid_from OR scopes.valid_to IS NOT passages.valid_to)"
    ),
    "a code is filed otherwise than its passage": (
        "SELECT 1 FROM passage_codes JOIN passages ON passages.row = passage WHERE passage_codes.scope <> passages.scope"
    ),
    "vectors in use differ in length": (
        "SELECT count(*) FROM vectors JOIN passages ON passages.row = passage WHERE scope > 0 GROUP BY scope > 0 "
        "HAVING min(length(vector)) <> max(length(vector)) OR min(length(vector)) % 4 <> 0 OR min(length(vector)) = 0"
    ),
    "the text of a code file has a gap": (
        "SELECT 1 FROM (SELECT start, lead(start) OVER (PARTITION BY file ORDER BY start) AS next, length(text) AS held FROM code_texts)"
        " WHERE start + held <> next"
    ),
    "a row of a code file lies outside its text": (
        "SELECT 1 FROM code_rows LEFT JOIN (SELECT file, max(start + length(text)) AS size FROM code_texts GROUP BY file) AS held "
        'ON held.file = code_rows.file WHERE start < 0 OR "end" < start OR size IS NULL OR "end" > size'
    ),
}


def restore_archive(library: Library, file: Path, built_with: tuple[str, str]) -> Manifest:
    """Put the library of an archive in the place of one that is open for writing; the indexes are to be brought up to date then.

    `built_with` names the embedder and splitting policy that it must have. Only all of it is taken, or nothing.

    Raises:
        ArchiveRefused: the archive is not sound, or is of another version, embedder or policy.
        LibraryUnusable: there is no room for it.
    """
    _clear(library.folder / _RESTORING)
    try:
        with open_archive(file) as archive:
            _require_room(library.folder, archive.inflated)
            with open_beside(library, _RESTORING) as beside:
                _build(beside, archive, _last_row_of(library), built_with)
            _take_over(library, _RESTORING)
            return archive.manifest
    finally:
        _clear(library.folder / _RESTORING)


def undo_restore(library: Library) -> None:
    """Bring back the library that the last restore took the place of; done again, this brings back the restored one.

    Raises:
        LibraryUnusable: none is kept, or it is of another version.
    """
    former, undoing = library.folder / FORMER, library.folder / _UNDOING
    if not undoing.exists():  # else an undo was cut short
        if not former.exists():
            raise LibraryUnusable("there is no restore to undo: no former library is kept")
        former.replace(undoing)
    _take_over(library, _UNDOING)
    _clear(undoing)


def can_undo(folder: Path) -> bool:
    """Tell whether the library in a folder has a former one that can be brought back."""
    return (folder / FORMER).exists() or (folder / _UNDOING).exists()


def erase(library: Library, document_id: str) -> None:
    """Erase a document for good, in the former library that is kept for an undo, too."""
    library.purge(document_id)
    for name in (FORMER, _UNDOING):
        if (library.folder / name).exists():
            try:
                with open_beside(library, name) as kept:
                    kept.purge(document_id)
            except LibraryStale:  # of another version: it could not be brought back anyway
                _clear(library.folder / name)


# -- build it beside -----------------------------------------------------------------------------------------------


def _build(beside: Library, archive: Archive, after_row: int, built_with: tuple[str, str]) -> None:
    """Fill an empty database from an archive and check it; its passages are numbered after `after_row`: no number changes its meaning."""
    try:
        with beside.engine.begin() as connection:
            connection.execute(delete(tables.facts))
            for table in tables.metadata.sorted_tables:
                for batch in _batches(archive.rows(table)):
                    connection.execute(table.insert(), [_shifted(table, row, after_row) for row in batch])
            set_fact(connection, "last_row", str(after_row + int(fact(connection, "last_row") or 0)))
            _check(connection, archive, built_with)
            _index(connection)
        for entry in beside.entries(None):
            if _misquotes(beside, entry.document.id):
                raise archive.refused(f"a passage of {entry.document.id} is not what the document says at its place")
    except (StatementError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise archive.refused("its tables contradict each other") from error


def _shifted(table: Table, row: dict[str, Any], by: int) -> dict[str, Any]:
    return {**row, **{name: row[name] + by for name in _numbering(table)}} if by else row


def _numbering(table: Table) -> list[str]:
    """Give the columns of a table that hold numbers of passages."""
    return [column.name for column in table.columns if _numbers_passages(column)]


def _numbers_passages(column: Column[Any]) -> bool:
    number = tables.passages.c.row
    return column is number or column in _NUMBERED or any(key.column is number for key in column.foreign_keys)


def _check(connection: Connection, archive: Archive, built_with: tuple[str, str]) -> None:
    manifest = archive.manifest
    if (fact(connection, "schema"), fact(connection, "identity")) != (str(manifest.schema), manifest.identity):
        raise archive.refused("it is not the library that its manifest names")
    if others := built_pairs(connection) - {built_with}:
        embedder, policy = min(others)
        raise archive.refused(f"it was built with {embedder} ({policy}), the settings ask for {built_with[0]} ({built_with[1]})")
    for why, query in _UNSOUND.items():
        if connection.execute(text(f"{query} LIMIT 1")).first():
            raise archive.refused(why)
    held = connection.execution_options(yield_per=_BATCH).execute(select(tables.vectors.c.vector)).scalars()
    if not all(np.isfinite(np.frombuffer(vector, dtype=np.float32)).all() for vector in held):
        raise archive.refused("a vector has a part that is no number")
    if digest_of(connection) != manifest.digest:
        raise archive.refused("its content does not have the digest that its manifest names")


def _misquotes(library: Library, document_id: str) -> bool:
    """Read a document as answers do, and tell whether a passage is not what it says at that place."""
    passages = library.passages(document_id)
    if not passages:
        return False
    whole = library.document_text(document_id).text
    return any(whole[passage.start : passage.end] != passage.text for passage in passages)


def _index(connection: Connection) -> None:
    query = select(tables.passages.c.row, *passage_columns()).where(tables.passages.c.scope > tables.OUT_OF_USE)
    for batch in _batches(connection.execution_options(yield_per=_BATCH).execute(query)):
        index_words(connection, {row: to_passage(values) for row, *values in batch})


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


# -- take the place ------------------------------------------------------------------------------------------------


def _take_over(library: Library, name: str) -> None:
    """Put the database `name` in the library's place in one transaction, and keep the former in place of the one kept before.

    It is told from the former by a new identity and a later revision, so that nothing made from the one is taken for the other's.
    """
    folder = library.folder
    with open_beside(library, name) as beside, beside.engine.begin() as connection, library.engine.connect() as present:
        revision = max(int(fact(c, "revision") or 0) for c in (connection, present)) + 1
        last = max(last_row(connection), last_row(present))
        for key, value in (("revision", str(revision)), ("last_row", str(last)), ("identity", secrets.token_hex(8))):
            set_fact(connection, key, value)
    _clear(folder / _KEEPING)
    _copy(folder / FILE, folder / _KEEPING)
    (folder / _KEEPING).replace(folder / FORMER)
    _copy(folder / name, folder / FILE)


def _copy(source: Path, target: Path) -> None:
    """Make one database the copy of another, in one transaction of its own."""
    try:
        with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(target, timeout=30)) as copy:
            held.backup(copy)
    except sqlite3.Error as error:
        raise LibraryUnusable(
            f"the library in {target.parent} cannot be written ({error}); check its permissions and the free space"
        ) from error


def _last_row_of(library: Library) -> int:
    with library.engine.connect() as connection:
        return last_row(connection)


def _require_room(folder: Path, inflated: int) -> None:
    free, needed = shutil.disk_usage(folder).free, _COPIES * inflated
    if free < needed:
        raise LibraryUnusable(f"restoring needs {needed / 1e6:,.0f} MB free in {folder}, there are {free / 1e6:,.0f}; free some space")


def _clear(file: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
