"""The library: what was ingested, kept whole. One process writes, any number read."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, select, text, update

from corpus.errors import LibraryDamaged, LibraryLocked, LibraryMissing, LibraryStale, LibraryUnusable
from ingest import tables
from ingest.documents import Block, BlockKind, Document, DocumentText, Note, Page, Passage
from ingest.embed import Vectors

_FILE = "library.sqlite3"
_LISTS = ("section", "named_codes", "implied_codes", "modifiers", "conflicts")
_PASSAGE_FIELDS = tuple(f.name for f in fields(Passage))
_DOCUMENT_FIELDS = tuple(f.name for f in fields(Document))
ACTIVE, REMOVED, REPLACED = "active", "removed", "replaced"


class Library:
    """One library in one folder. Open it with `open_reader` or `open_writer`."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    # -- what it holds -------------------------------------------------------------------------------------

    def revision(self) -> int:
        """Give the number of changes committed so far."""
        with self.engine.connect() as connection:
            return int(_fact(connection, "revision") or 0)

    def built_with(self) -> frozenset[tuple[str, str]]:
        """Give the embedder and splitting policy of the active documents: one pair in a sound library, none in an empty one."""
        with self.engine.connect() as connection:
            return _built_with(connection)

    def require(self, embedder: str, policy: str) -> None:
        """Check that every active document was cut and embedded so.

        Raises:
            LibraryStale: some were not.
        """
        others = self.built_with() - {(embedder, policy)}
        if others:
            held = ", ".join(sorted(f"{e} ({p})" for e, p in others))
            raise LibraryStale(
                f"the library was built with {held}, the settings ask for {embedder} ({policy}); run: codecite ingest --rebuild"
            )

    def documents(self, status: str | None = ACTIVE) -> tuple[tuple[Document, str, int], ...]:
        """Give every document with its status and its number of passages, by publisher and title."""
        count = select(func.count()).where(tables.passages.c.document_id == tables.documents.c.id).scalar_subquery()
        query = select(*_document_columns(), tables.documents.c.status, count.label("passages"))
        if status:
            query = query.where(tables.documents.c.status == status)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by("publisher", "title", "id")).mappings().all()
        return tuple((to_document(row), row["status"], row["passages"]) for row in rows)

    def find(self, reference: str) -> tuple[tuple[Document, str, int], ...]:
        """Give the documents, removed ones too, whose id starts with `reference` or whose path or title equals it."""
        return tuple(
            entry
            for entry in self.documents(status=None)
            if reference
            and (
                entry[0].id.startswith(reference) or reference in {entry[0].path, entry[0].title} or entry[0].path.endswith("/" + reference)
            )
        )

    def path_of(self, document_id: str) -> str:
        """Give the path of an active document, "" when none has that id."""
        query = select(tables.documents.c.path).where(tables.documents.c.id == document_id, tables.documents.c.status == ACTIVE)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar() or ""

    def id_at(self, path: str) -> str:
        """Give the id of the active document at `path`, "" when there is none."""
        query = select(tables.documents.c.id).where(tables.documents.c.path == path, tables.documents.c.status == ACTIVE)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar() or ""

    def text(self, document_id: str) -> str:
        """Give the canonical text of a document, "" when there is none of that id."""
        with self.engine.connect() as connection:
            found = connection.execute(select(tables.documents.c.text).where(tables.documents.c.id == document_id)).scalar()
        return found or ""

    def document_text(self, document_id: str) -> DocumentText:
        """Give a stored document whole.

        Raises:
            LibraryDamaged: there is no such document.
        """
        query = select(tables.documents).where(tables.documents.c.id == document_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise LibraryDamaged(f"document {document_id} is not in the library; run: codecite sources list")
        blocks = tuple(_to_block(values) for values in json.loads(row["blocks"]))
        return DocumentText(to_document(row), row["text"], blocks, tuple(Page(*page) for page in json.loads(row["pages"])))

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        """Give the passages of a document in order."""
        query = select(*passage_columns()).where(tables.passages.c.document_id == document_id).order_by(tables.passages.c.start)
        with self.engine.connect() as connection:
            return tuple(to_passage(row) for row in connection.execute(query).mappings())

    def by_hand(self, path: str) -> dict[str, str]:
        """Give the properties that the owner set by hand for the document at `path`."""
        query = select(tables.documents.c.by_hand).where(tables.documents.c.path == path, tables.documents.c.status == ACTIVE)
        with self.engine.connect() as connection:
            return dict(json.loads(connection.execute(query).scalar() or "{}"))

    def digest(self) -> str:
        """Give a digest of all that is active: documents, passages, and vectors to four decimals."""
        import numpy as np

        whole = hashlib.sha256()
        active = _active_passages(tables.passages.c.row, tables.passages.c.id, tables.passages.c.text)
        with self.engine.connect() as connection:
            for row, identity, words in connection.execute(active.order_by(tables.passages.c.id)):
                blobs = connection.execute(
                    select(tables.vectors.c.vector).where(tables.vectors.c.passage == row).order_by(tables.vectors.c.ordinal)
                ).scalars()
                rounded = [(np.frombuffer(blob, dtype=np.float32).round(4) + 0.0).tobytes() for blob in blobs]
                whole.update(b"\0".join([identity.encode(), words.encode(), *rounded]))
        return whole.hexdigest()

    # -- how it changes ------------------------------------------------------------------------------------

    def put(
        self,
        source: DocumentText,
        passages: Sequence[Passage],
        vectors: Sequence[Vectors],
        *,
        built_with: tuple[str, str],
        by_hand: dict[str, str],
    ) -> None:
        """Store a document whole, in place of the one that its path held before, in one transaction.

        `vectors[i]` has one row per vector of `passages[i]`; `built_with` names embedder and splitting policy.
        """
        document = source.document
        with self._changing() as connection:
            _retire(connection, tables.documents.c.path == document.path, REPLACED)
            _erase(connection, document.id)
            row = {**_document_row(source), "by_hand": json.dumps(by_hand), "embedder": built_with[0], "policy": built_with[1]}
            connection.execute(tables.documents.insert().values(**row))
            for passage, rows in zip(passages, vectors, strict=True):
                _insert_passage(connection, passage, rows)

    def replace(self, document_id: str) -> None:
        """Take a document out of every answer because its path holds another now."""
        with self._changing() as connection:
            _retire(connection, tables.documents.c.id == document_id, REPLACED)

    def remove(self, document_id: str) -> None:
        """Take a document out of every answer; `restore` brings it back."""
        with self._changing() as connection:
            _retire(connection, tables.documents.c.id == document_id, REMOVED)

    def restore(self, document_id: str) -> None:
        """Bring back a removed or replaced document; what now stands at its path makes way.

        Raises:
            LibraryStale: it was cut or embedded otherwise than the rest.
        """
        with self._changing() as connection:
            path = select(tables.documents.c.path).where(tables.documents.c.id == document_id).scalar_subquery()
            _retire(connection, tables.documents.c.path == path, REPLACED)
            connection.execute(update(tables.documents).where(tables.documents.c.id == document_id).values(status=ACTIVE))
            query = select(tables.passages.c.row, *passage_columns()).where(tables.passages.c.document_id == document_id)
            for row in connection.execute(query).mappings().all():
                _forget_words(connection, [row["row"]])
                _index_words(connection, row["row"], to_passage(row))
            if len(_built_with(connection)) > 1:
                raise LibraryStale(f"document {document_id} was built with another model or version; ingest its file again")

    def purge(self, document_id: str) -> None:
        """Erase a document for good."""
        with self._changing() as connection:
            _erase(connection, document_id)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection
            _set_fact(connection, "revision", str(int(_fact(connection, "revision") or 0) + 1))


def open_reader(folder: Path) -> Library:
    """Open the library in `folder` for reading; a running writer does not disturb it.

    Raises:
        LibraryMissing: nothing was ingested yet.
        LibraryStale: another version of Codecite wrote it.
        LibraryDamaged: the file is not a library.
    """
    file = folder / _FILE
    try:
        present = file.is_file()
    except OSError as error:
        raise LibraryUnusable(f"the data directory {folder} cannot be read ({error.strerror})") from error
    if not present:
        raise LibraryMissing(f"no library in {folder}; run: codecite ingest")
    library = Library(folder, _engine(file, "query_only = ON"))
    _check_schema(library)
    return library


@contextmanager
def open_writer(folder: Path) -> Iterator[Library]:
    """Open the library in `folder` for writing, made when it is missing; one process at a time.

    Raises:
        LibraryLocked: another process is writing.
        LibraryUnusable: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _writer_lock(folder):
            library = Library(folder, _engine(folder / _FILE, "journal_mode = WAL", "synchronous = FULL"))
            with library:
                _create(library)
                _check_schema(library)
                yield library
    except BrokenPipeError:  # of who reads our output, not of the folder
        raise
    except OSError as error:
        raise LibraryUnusable(
            f"the data directory {folder} cannot be written ({error.strerror or error}); set CODECITE_DATA_DIR to a folder of your own"
        ) from error


@contextmanager
def _writer_lock(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    owner = folder / "writer.pid"
    lock = FileLock(folder / "writer.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise LibraryLocked(f"the library in {folder} is being written by {_owner_of(owner)}; wait for it to finish, then retry") from None
    try:
        owner.write_text(str(os.getpid()))
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _owner_of(file: Path) -> str:
    try:
        return f"process {file.read_text() or '(not known yet)'}"
    except OSError:  # it may have finished meanwhile
        return "another process"


def _engine(file: Path, *pragmas: str) -> Engine:
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin at the first change only, and reads would not be of one moment
        for pragma in ("busy_timeout = 10000", "foreign_keys = ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    @event.listens_for(engine, "handle_error")
    def _translate(context: Any) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            advice = "check its permissions and the free space"
            raise LibraryUnusable(f"the library in {file.parent} cannot be used ({error}); {advice}") from error
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise LibraryDamaged(f"the library in {file.parent} is damaged; move the folder away and run: codecite ingest") from error

    return engine


def _create(library: Library) -> None:
    with library.engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(text(tables.LEXICAL_DDL))
        if _fact(connection, "schema") is None:
            _set_fact(connection, "schema", str(tables.SCHEMA_VERSION))


def _check_schema(library: Library) -> None:
    with library.engine.connect() as connection:
        found = _fact(connection, "schema")
    if found != str(tables.SCHEMA_VERSION):
        raise LibraryStale(
            f"the library in {library.folder} has schema {found}, this version needs {tables.SCHEMA_VERSION}; move the folder away and run: codecite ingest"
        )


def _built_with(connection: Connection) -> frozenset[tuple[str, str]]:
    query = select(tables.documents.c.embedder, tables.documents.c.policy).where(tables.documents.c.status == ACTIVE).distinct()
    return frozenset((embedder, policy) for embedder, policy in connection.execute(query))


def _fact(connection: Connection, key: str) -> str | None:
    return connection.execute(select(tables.facts.c.value).where(tables.facts.c.key == key)).scalar()


def _set_fact(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(tables.facts).where(tables.facts.c.key == key))
    connection.execute(tables.facts.insert().values(key=key, value=value))


def _retire(connection: Connection, which: Any, status: str) -> None:
    """Set the status of active documents; their words leave the lexical index, where they would weigh on other scores."""
    query = select(tables.passages.c.row).join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
    _forget_words(connection, connection.execute(query.where(which, tables.documents.c.status == ACTIVE)).scalars())
    connection.execute(update(tables.documents).where(which, tables.documents.c.status == ACTIVE).values(status=status))


def _erase(connection: Connection, document_id: str) -> None:
    rows = select(tables.passages.c.row).where(tables.passages.c.document_id == document_id)
    _set_fact(connection, "last_row", str(_last_row(connection)))
    _forget_words(connection, connection.execute(rows).scalars())
    connection.execute(delete(tables.passage_codes).where(tables.passage_codes.c.passage.in_(rows)))
    connection.execute(delete(tables.vectors).where(tables.vectors.c.passage.in_(rows)))
    connection.execute(delete(tables.passages).where(tables.passages.c.document_id == document_id))
    connection.execute(delete(tables.documents).where(tables.documents.c.id == document_id))


def _last_row(connection: Connection) -> int:
    """Give the highest number that a passage has ever had: none comes to name another, whatever a reader still holds."""
    present = connection.execute(select(func.max(tables.passages.c.row))).scalar() or 0
    return max(present, int(_fact(connection, "last_row") or 0))


def _insert_passage(connection: Connection, passage: Passage, rows: Vectors) -> None:
    values = {**asdict(passage), **{name: json.dumps(getattr(passage, name)) for name in _LISTS}}
    row = _last_row(connection) + 1
    connection.execute(tables.passages.insert().values(row=row, **values))
    codes = [{"code": c, "passage": row, "named": 1} for c in passage.named_codes]
    codes += [{"code": c, "passage": row, "named": 0} for c in passage.implied_codes]
    if codes:
        connection.execute(tables.passage_codes.insert(), codes)
    blobs = [{"passage": row, "ordinal": n, "vector": vector.astype("float32").tobytes()} for n, vector in enumerate(rows)]
    connection.execute(tables.vectors.insert(), blobs)
    _index_words(connection, row, passage)


def _index_words(connection: Connection, row: int, passage: Passage) -> None:
    connection.execute(
        text("INSERT INTO lexical (rowid, body, section, codes) VALUES (:row, :body, :section, :codes)"),
        {
            "row": row,
            "body": f"{passage.header}\n{passage.text}",
            "section": " / ".join(passage.section),
            "codes": " ".join(passage.named_codes),
        },
    )


def _forget_words(connection: Connection, rows: Iterable[int]) -> None:
    doomed = [{"row": row} for row in rows]
    if doomed:
        connection.execute(text("DELETE FROM lexical WHERE rowid = :row"), doomed)


def _document_row(source: DocumentText) -> dict[str, Any]:
    return {
        **asdict(source.document),
        "status": ACTIVE,
        "text": source.text,
        "blocks": json.dumps([asdict(block) for block in source.blocks], default=date.isoformat),
        "pages": json.dumps([(p.number, p.start, p.end) for p in source.pages]),
    }


def _to_block(values: dict[str, Any]) -> Block:
    note = values.pop("note")
    if note:
        days = {key: date.fromisoformat(note[key]) if note[key] else None for key in ("valid_from", "valid_to")}
        note = Note(**{**note, **days, "conflicts": tuple(note["conflicts"])})
    return Block(**{**values, "kind": BlockKind(values["kind"])}, note=note)


def _active_passages(*columns: Any) -> Any:
    joined = tables.passages.join(tables.documents, tables.passages.c.document_id == tables.documents.c.id)
    return select(*columns).select_from(joined).where(tables.documents.c.status == ACTIVE)


def _document_columns() -> list[Any]:
    return [tables.documents.c[name] for name in _DOCUMENT_FIELDS]


def passage_columns() -> list[Any]:
    """Give the columns that `to_passage` reads."""
    return [tables.passages.c[name] for name in _PASSAGE_FIELDS]


def to_passage(row: Any) -> Passage:
    """Give the passage that a row of `passage_columns` holds."""
    values: dict[str, Any] = {name: tuple(json.loads(row[name])) if name in _LISTS else row[name] for name in _PASSAGE_FIELDS}
    return Passage(**values)


def to_document(row: Any) -> Document:
    """Give the document that a row of its columns holds."""
    return Document(**{name: row[name] for name in _DOCUMENT_FIELDS})


def in_force(on: date) -> Any:
    """Give the SQL condition that a passage is in force on a date of service."""
    valid_from, valid_to = tables.passages.c.valid_from, tables.passages.c.valid_to
    return (valid_from.is_(None) | (valid_from <= on)) & (valid_to.is_(None) | (valid_to >= on))
