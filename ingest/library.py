"""The library: what was ingested, kept whole. One process writes, any number read."""

import errno
import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, Select, Table, bindparam, create_engine, delete, event, func, select, text, update

from corpus.errors import LibraryDamaged, LibraryLocked, LibraryMissing, LibraryStale, LibraryUnusable
from ingest import tables
from ingest.code_files.row import About, Row
from ingest.code_store import active_texts, forget_rows, rows_hold, store_rows, text_of_rows
from ingest.documents import Block, BlockKind, Document, DocumentText, Note, Page, Passage, Place, Reading
from ingest.embed import Vectors

FILE = "library.sqlite3"
_LISTS = ("section", "named_codes", "implied_codes", "modifiers", "conflicts", "questions", "places")
_PASSAGE_FIELDS = tuple(f.name for f in fields(Passage))
_LISTED = tuple(place for place, name in enumerate(_PASSAGE_FIELDS) if name in _LISTS)
_EMPTY = "[]"
_DOCUMENT_FIELDS = tuple(f.name for f in fields(Document))
_REVISION = "SELECT value FROM library WHERE key = 'revision'"
ACTIVE, REMOVED, REPLACED = tables.ACTIVE, tables.REMOVED, tables.REPLACED
_STREAMED = 1_000
_GOING_S = 0.5  # of a writer that was killed while it started a child, the child holds the lock until it runs
_LONGEST_PATH = 500
"""In bytes; SQLite opens none of 512, the names of its own files beside it included."""
_Derived = TypeVar("_Derived")
Part = tuple[Sequence[Passage], Sequence[Vectors], Sequence[bytes] | None]
"""Passages in order, with what `Library.put` takes for each."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as a list of the library shows it: `pages` is 0 for formats that have none.

    `changed_at` is when it came into use or left it, as an ISO 8601 instant.
    """

    document: Document
    status: str
    passages: int
    pages: int
    reading: Reading
    changed_at: str


class Library:
    """One library in one folder. Open it with `open_reader` or `open_writer`."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine
        self._derived: dict[object, Any] = {}
        self._deriving = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    # -- what it holds -------------------------------------------------------------------------------------

    def revision(self) -> int:
        """Give the number of changes committed so far."""
        try:  # several times for each question: past SQLAlchemy, whose statements and transactions take five times as long
            with closing(self.engine.raw_connection()) as connection:
                found = connection.cursor().execute(_REVISION).fetchone()
                return int(found[0]) if found else 0
        except sqlite3.Error:
            with self.engine.connect() as told:  # fails likewise, in our words
                return int(told.exec_driver_sql(_REVISION).scalar() or 0)

    def identity(self) -> str:
        """Give the name that tells this library from any other, whatever their revisions."""
        with self.engine.connect() as connection:
            return fact(connection, "identity") or ""

    def derived(self, make: "Callable[[Library], _Derived]") -> _Derived:
        """Give what `make` makes of this library, made once and kept while it is open: files that are held mapped."""
        with self._deriving:
            if make not in self._derived:
                self._derived[make] = make(self)
            found: _Derived = self._derived[make]
            return found

    def built_with(self) -> frozenset[tuple[str, str]]:
        """Give the embedder and splitting policy of the active documents: one pair in a sound library, none in an empty one."""
        with self.engine.connect() as connection:
            return built_pairs(connection)

    def built_otherwise(self, embedder: str, policy: str) -> frozenset[str]:
        """Give the ids of the active documents that were not cut and embedded so; code files are neither."""
        held = tables.documents.c
        query = select(held.id).where(held.status == ACTIVE, held.embedder != "", (held.embedder != embedder) | (held.policy != policy))
        with self.engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

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
        query = select(*document_columns(), tables.documents.c.status, count.label("passages"))
        if status:
            query = query.where(tables.documents.c.status == status)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by("publisher", "title", "id")).mappings().all()
        return tuple((to_document(row), row["status"], row["passages"]) for row in rows)

    def entries(self, status: str | None = ACTIVE) -> tuple[Entry, ...]:
        """Give every document of a status (None: of any) with what a list shows of it, by publisher and title."""
        query = _entry_query().order_by("publisher", "title", "id")
        with self.engine.connect() as connection:
            found = connection.execute(query.where(tables.documents.c.status == status) if status else query).mappings().all()
        return tuple(_to_entry(row) for row in found)

    def entry(self, document_id: str) -> Entry | None:
        """Give what a list shows of one document, None when none has that id."""
        with self.engine.connect() as connection:
            row = connection.execute(_entry_query().where(tables.documents.c.id == document_id)).mappings().first()
        return _to_entry(row) if row else None

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

    def removed_at(self, path: str) -> str:
        """Give the instant at which a document was last removed from `path`, "" where none was or another is in use there."""
        held = tables.documents.c
        query = select(func.max(held.changed_at)).where(held.path == path, held.status == REMOVED)
        with self.engine.connect() as connection:
            return "" if self.id_at(path) else connection.execute(query).scalar() or ""

    def latest(self, document_ids: Sequence[str]) -> str:
        """Give the one of these documents that came into use or left it last."""
        held = tables.documents.c
        query = select(held.id).where(held.id.in_(document_ids)).order_by(held.revision.desc(), held.status == REPLACED)
        with self.engine.connect() as connection:
            return connection.execute(query.limit(1)).scalar() or ""

    def holds(self, document_id: str, words: str) -> bool:
        """Tell whether the canonical text of a document has some words, character for character; the text is not brought here."""
        query = select(func.instr(tables.documents.c.text, words)).where(tables.documents.c.id == document_id)
        with self.engine.connect() as connection:
            return bool(connection.execute(query).scalar()) or rows_hold(connection, document_id, words)

    def written_questions(self, path: str) -> dict[str, tuple[str, ...]]:
        """Give the questions that a chat model wrote for the passages at `path`, by the digest of a passage's text."""
        held = tables.written_questions.c
        with self.engine.connect() as connection:
            found = connection.execute(select(held.passage, held.questions).where(held.path == path))
            return {digest: tuple(json.loads(questions)) for digest, questions in found}

    def held_at(self, paths: Sequence[str]) -> dict[str, tuple[str, dict[str, str]]]:
        """Give id and properties set by hand of the active documents at some hundred `paths`, in one look."""
        documents = tables.documents.c
        query = select(documents.path, documents.id, documents.by_hand).where(documents.path.in_(paths), documents.status == ACTIVE)
        with self.engine.connect() as connection:
            return {path: (identity, json.loads(by_hand or "{}")) for path, identity, by_hand in connection.execute(query)}

    def text(self, document_id: str) -> str:
        """Give the canonical text of a document, "" when there is none of that id."""
        with self.engine.connect() as connection:
            found = connection.execute(select(tables.documents.c.text).where(tables.documents.c.id == document_id)).scalar()
            return found or text_of_rows(connection, document_id)

    def slice(self, document_id: str, start: int, end: int) -> str:
        """Give characters `[start, end)` of the canonical text of a document; of a code file the rest is not read."""
        with self.engine.connect() as connection:
            return text_of_rows(connection, document_id, start, end) or self.text(document_id)[start:end]

    def document_text(self, document_id: str) -> DocumentText:
        """Give a stored document whole.

        Raises:
            LibraryDamaged: there is no such document.
        """
        query = select(tables.documents).where(tables.documents.c.id == document_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
            whole = (row["text"] or text_of_rows(connection, document_id)) if row else ""
        if row is None:
            raise LibraryDamaged(f"document {document_id} is not in the library; run: codecite sources list")
        blocks = tuple(_to_block(values) for values in json.loads(row["blocks"]))
        pages = tuple(Page(*page) for page in json.loads(row["pages"]))
        return DocumentText(to_document(row), whole, blocks, pages, to_reading(row["reading"]))

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        """Give the passages of a document in order."""
        query = select(*passage_columns()).where(tables.passages.c.document_id == document_id).order_by(tables.passages.c.start)
        with self.engine.connect() as connection:
            return tuple(to_passage(row) for row in connection.execute(query))

    def represented(self, document_id: str) -> tuple[tuple[Passage, Vectors, bytes], ...]:
        """Give the passages of a document with what `put` was given for each: its vectors and its tokens' (b"" for none)."""
        import numpy as np

        held, small, passages = tables.vectors.c, tables.token_vectors.c, tables.passages.c
        whole = select(passages.row, *passage_columns()).where(passages.document_id == document_id).order_by(passages.start)
        within = select(passages.row).where(passages.document_id == document_id)
        vectors: dict[int, list[Vectors]] = {}
        with self.engine.connect() as connection:
            query = select(held.passage, held.vector).where(held.passage.in_(within)).order_by(held.passage, held.ordinal)
            for row, blob in connection.execute(query):
                vectors.setdefault(row, []).append(np.frombuffer(blob, dtype=np.float32))
            query = select(small.passage, small.tokens).where(small.passage.in_(within))
            tokens = {row: bytes(blob) for row, blob in connection.execute(query)}
            return tuple((to_passage(values), np.array(vectors[row]), tokens.get(row, b"")) for row, *values in connection.execute(whole))

    def paths(self) -> dict[str, str]:
        """Give the ids of all active documents by their paths."""
        query = select(tables.documents.c.path, tables.documents.c.id).where(tables.documents.c.status == ACTIVE)
        with self.engine.connect() as connection:
            return {row.path: row.id for row in connection.execute(query)}

    def by_hand(self, path: str) -> dict[str, str]:
        """Give the properties that the owner set by hand for the document at `path`."""
        query = select(tables.documents.c.by_hand).where(tables.documents.c.path == path, tables.documents.c.status == ACTIVE)
        with self.engine.connect() as connection:
            return dict(json.loads(connection.execute(query).scalar() or "{}"))

    def digest(self) -> str:
        """Give a digest of all that is active: documents, passages, and vectors to four decimals."""
        with self.engine.connect() as connection:
            return digest_of(connection)

    # -- how it changes ------------------------------------------------------------------------------------

    def put(
        self,
        source: DocumentText,
        passages: Sequence[Passage],
        vectors: Sequence[Vectors],
        *,
        built_with: tuple[str, str],
        by_hand: dict[str, str],
        tokens: Sequence[bytes] | None = None,
    ) -> None:
        """Store a document whole, in place of the one that its path held before, in one transaction.

        `vectors[i]` has one row per vector of `passages[i]`; `tokens[i]` is what it keeps of its tokens' vectors.
        `built_with` names embedder and splitting policy.
        """
        self.put_in_parts(source, ((passages, vectors, tokens),), built_with=built_with, by_hand=by_hand)

    def put_in_parts(self, source: DocumentText, parts: Iterable[Part], *, built_with: tuple[str, str], by_hand: dict[str, str]) -> None:
        """Do what `put` does with passages that come in parts, each read as it is stored; nothing is stored of what `parts` breaks off."""
        document = source.document
        with self._changing() as (connection, revision):
            _retire(connection, tables.documents.c.path == document.path, REPLACED, revision)
            _erase(connection, document.id, revision)
            row = {**_document_row(source), "by_hand": json.dumps(by_hand), "embedder": built_with[0], "policy": built_with[1]}
            connection.execute(tables.documents.insert().values(revision=revision, **row))
            for passages, vectors, tokens in parts:
                _insert_passages(connection, document.publisher, passages, vectors, tokens)

    def put_code_file(self, document: Document, about: About, rows: Iterable[Row | None], *, by_hand: dict[str, str]) -> Reading:
        """Store a code file whole, in place of the document that its path held before, in one transaction; rows are read as stored.

        Raises:
            UnreadableDocument: no row can be read, or what `rows` raises; nothing is stored then.
        """
        with self._changing() as (connection, revision):
            _retire(connection, tables.documents.c.path == document.path, REPLACED, revision)
            _erase(connection, document.id, revision)
            row = {**_document_row(DocumentText(document, "", (), ())), "by_hand": json.dumps(by_hand), "embedder": "", "policy": ""}
            connection.execute(tables.documents.insert().values(revision=revision, **row))
            reading = store_rows(connection, document.id, about, rows)
            told = update(tables.documents).where(tables.documents.c.id == document.id)
            connection.execute(told.values(reading=json.dumps(asdict(reading))))
            return reading

    def keep_questions(self, path: str, questions: Mapping[str, Sequence[str]]) -> None:
        """Keep what a chat model wrote for passages at `path`, in place of what it wrote before; see `written_questions`."""
        held = tables.written_questions
        rows = [{"path": path, "passage": digest, "questions": json.dumps(list(words))} for digest, words in questions.items()]
        with self.engine.begin() as connection:
            connection.execute(delete(held).where(held.c.path == path, held.c.passage.in_(list(questions))))
            _insert(connection, held, rows)

    def replace(self, document_id: str) -> None:
        """Take a document out of every answer because its path holds another now."""
        with self._changing() as (connection, revision):
            _retire(connection, tables.documents.c.id == document_id, REPLACED, revision)

    def remove(self, document_id: str) -> None:
        """Take a document out of every answer; `restore` brings it back."""
        with self._changing() as (connection, revision):
            _retire(connection, tables.documents.c.id == document_id, REMOVED, revision)

    def restore(self, document_id: str) -> None:
        """Bring back a removed or replaced document; what now stands at its path makes way.

        Raises:
            LibraryStale: it was cut or embedded otherwise than the rest.
        """
        held = tables.documents.c.id == document_id
        with self._changing() as (connection, revision):
            path, publisher = connection.execute(
                select(tables.documents.c.path, tables.documents.c.publisher).where(held)
            ).one_or_none() or ("", "")
            _retire(connection, tables.documents.c.path == path, REPLACED, revision)
            connection.execute(update(tables.documents).where(held).values(status=ACTIVE, revision=revision, changed_at=now()))
            query = select(tables.passages.c.row, *passage_columns()).where(tables.passages.c.document_id == document_id)
            found = {row: to_passage(values) for row, *values in connection.execute(query)}
            scopes = _scopes_of(connection, publisher, list(found.values()))
            _set_scopes(connection, list(zip(found, scopes, strict=True)))
            index_words(connection, found)
            if len(built_pairs(connection)) > 1:
                raise LibraryStale(f"document {document_id} was built with another model or version; ingest its file again")

    def purge(self, document_id: str) -> None:
        """Erase a document for good, its words in the lexical index too, which SQLite keeps until it merges them."""
        held = tables.documents.c
        with self._changing() as (connection, revision):
            path = select(held.path).where(held.id == document_id).scalar_subquery()
            connection.execute(delete(tables.written_questions).where(tables.written_questions.c.path == path))
            _erase(connection, document_id, revision)
            connection.execute(text("INSERT INTO lexical (lexical) VALUES ('optimize')"))

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, int]]:
        """Give a transaction and the revision that it makes."""
        with self.engine.begin() as connection:
            revision = int(fact(connection, "revision") or 0) + 1
            yield connection, revision
            set_fact(connection, "revision", str(revision))


def open_reader(folder: Path) -> Library:
    """Open the library in `folder` for reading; a running writer does not disturb it.

    In a folder that cannot be written it is read as it is; once its file has changed, reading it raises LibraryUnusable.

    Raises:
        LibraryMissing: nothing was ingested yet.
        LibraryStale: another version of Codecite wrote it.
        LibraryDamaged: the file is not a library.
    """
    file = folder / FILE
    try:
        present = file.is_file()
    except OSError as error:
        raise LibraryUnusable(f"the data directory {folder} cannot be read ({error.strerror})") from error
    if not present:
        raise LibraryMissing(f"no library in {folder}; run: codecite ingest")
    library = Library(folder, _engine(file, "query_only = ON") if _keeps_notes(file) else _unchanging(file))
    try:
        _check_schema(library)
    except LibraryDamaged:
        if not _is_blank(library):
            raise
        raise LibraryMissing(f"no library in {folder} yet; run: codecite ingest") from None
    return library


def is_read_only(folder: Path) -> bool:
    """Tell whether a data directory is there and this process may not write in it."""
    return folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK)


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
            library = Library(folder, _engine(folder / FILE, "journal_mode = WAL", "synchronous = FULL"))
            with library:
                _create(library)
                _check_schema(library)
                yield library
    except BrokenPipeError:  # of who reads our output, not of the folder
        raise
    except OSError as error:
        advice = "free some space" if error.errno == errno.ENOSPC else "set CODECITE_DATA_DIR to a folder of your own"
        raise LibraryUnusable(f"the data directory {folder} cannot be written ({error.strerror or error}); {advice}") from error


@contextmanager
def open_beside(library: Library, name: str) -> Iterator[Library]:
    """Open another database in the folder of a library that is open for writing, made when it is missing."""
    beside = Library(library.folder, _engine(library.folder / name))
    with beside:
        _create(beside)
        _check_schema(beside)
        yield beside


@contextmanager
def _writer_lock(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    owner = folder / "writer.pid"
    lock = FileLock(folder / "writer.lock", timeout=_GOING_S)
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


def _keeps_notes(file: Path) -> bool:
    """Tell whether SQLite can read what a writer may be changing: it notes beside the file who reads, or finds such notes there."""
    log = file.with_name(f"{file.name}-wal")
    return not is_read_only(file.parent) or (log.exists() and log.stat().st_size > 0)


def _unchanging(file: Path) -> Engine:
    """Give an engine that takes no locks and notices a change of the file, of which it could read a mixture."""
    query = {"uri": "true", "mode": "ro", "immutable": "1"}
    engine, held = _engine(file, "query_only = ON", url=URL.create("sqlite", database=file.resolve().as_uri(), query=query)), _stamp(file)

    @event.listens_for(engine, "checkout")
    def _check(*_: object) -> None:
        if _stamp(file) != held:
            raise LibraryUnusable(f"the library in {file.parent} has changed while it was read; start again")

    return engine


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        about = file.stat()
    except OSError:
        return 0, 0, 0
    return about.st_ino, about.st_size, about.st_mtime_ns


def _engine(file: Path, *pragmas: str, url: URL | None = None) -> Engine:
    engine = create_engine(url or URL.create("sqlite", database=str(file)))

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
            too_long = len(os.fsencode(file)) > _LONGEST_PATH
            advice = "its path is too long; choose a shorter one" if too_long else "check its permissions and the free space"
            raise LibraryUnusable(f"the library in {file.parent} cannot be used ({error}); {advice}") from error
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise LibraryDamaged(f"the library in {file.parent} is damaged; move the folder away and run: codecite ingest") from error

    return engine


def _create(library: Library) -> None:
    with library.engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(text(tables.LEXICAL_DDL))
        if fact(connection, "schema") is None:
            set_fact(connection, "schema", str(tables.SCHEMA_VERSION))
            set_fact(connection, "identity", secrets.token_hex(8))


def _is_blank(library: Library) -> bool:
    """Tell whether a library is only now being made: its tables come in one transaction, after its file."""
    with library.engine.connect() as connection:
        return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()


def _check_schema(library: Library) -> None:
    with library.engine.connect() as connection:
        found = fact(connection, "schema")
    if found != str(tables.SCHEMA_VERSION):
        raise LibraryStale(
            f"the library in {library.folder} has schema {found}, this version needs {tables.SCHEMA_VERSION}; move the folder away and run: codecite ingest"
        )


def built_pairs(connection: Connection) -> frozenset[tuple[str, str]]:
    """Give the pairs of `Library.built_with` as a connection reads them."""
    query = select(tables.documents.c.embedder, tables.documents.c.policy).where(tables.documents.c.status == ACTIVE).distinct()
    query = query.where(tables.documents.c.embedder != "")  # code files are neither cut nor embedded
    return frozenset((embedder, policy) for embedder, policy in connection.execute(query))


def digest_of(connection: Connection) -> str:
    """Give the digest of `Library.digest` as a connection reads it."""
    import numpy as np

    columns = (tables.passages.c.id, tables.passages.c.text, tables.vectors.c.vector)
    joined = tables.passages.outerjoin(tables.vectors, tables.vectors.c.passage == tables.passages.c.row)
    query = select(*columns).select_from(joined).where(tables.passages.c.scope != tables.OUT_OF_USE)
    whole, former = hashlib.sha256(), ""
    found = connection.execution_options(yield_per=_STREAMED).execute(query.order_by(tables.passages.c.id, tables.vectors.c.ordinal))
    for identity, words, blob in found:
        if identity != former:
            whole.update(b"\0".join([identity.encode(), words.encode(), b""]))
            former = identity
        whole.update((np.frombuffer(blob or b"", dtype=np.float32).round(4) + 0.0).tobytes())
    for part in active_texts(connection):
        whole.update("\0".join(part).encode())
    return whole.hexdigest()


def fact(connection: Connection, key: str) -> str | None:
    """Give one of the library's facts about itself: schema, identity, revision, last_row."""
    return connection.execute(select(tables.facts.c.value).where(tables.facts.c.key == key)).scalar()


def set_fact(connection: Connection, key: str, value: str) -> None:
    """Set one of the library's facts about itself."""
    connection.execute(delete(tables.facts).where(tables.facts.c.key == key))
    connection.execute(tables.facts.insert().values(key=key, value=value))


def _retire(connection: Connection, which: Any, status: str, revision: int) -> None:
    """Set the status of active documents; their words leave the lexical index, where they would weigh on other scores."""
    active = which & (tables.documents.c.status == ACTIVE)
    query = select(tables.passages.c.row).join(tables.documents, tables.documents.c.id == tables.passages.c.document_id)
    rows = connection.execute(query.where(active)).scalars().all()
    _forget_words(connection, rows)
    _set_scopes(connection, [(row, tables.OUT_OF_USE) for row in rows])
    connection.execute(update(tables.documents).where(active).values(status=status, revision=revision, changed_at=now()))


def _set_scopes(connection: Connection, scopes: Sequence[tuple[int, int]]) -> None:
    values = [{"of_row": row, "to": scope} for row, scope in scopes]
    if values:
        of_row: Any = bindparam("of_row")
        to: Any = bindparam("to")
        connection.execute(update(tables.passages).where(tables.passages.c.row == of_row).values(scope=to), values)
        connection.execute(update(tables.passage_codes).where(tables.passage_codes.c.passage == of_row).values(scope=to), values)


def _erase(connection: Connection, document_id: str, revision: int) -> None:
    held = tables.passages.c.document_id == document_id
    rows = connection.execute(select(tables.passages.c.row).where(held).order_by(tables.passages.c.row)).scalars().all()
    if rows:  # the passages of a document were numbered in one go
        set_fact(connection, "last_row", str(last_row(connection)))
        connection.execute(tables.erasures.insert().values(revision=revision, first_row=rows[0], last_row=rows[-1]))
        _forget_words(connection, rows)
        for table in (tables.passage_codes, tables.vectors, tables.token_vectors):
            connection.execute(delete(table).where(table.c.passage.between(rows[0], rows[-1])))
        connection.execute(delete(tables.passages).where(held))
    forget_rows(connection, document_id)
    connection.execute(delete(tables.documents).where(tables.documents.c.id == document_id))


def last_row(connection: Connection) -> int:
    """Give the highest number that a passage has ever had: none comes to name another, whatever a reader still holds."""
    present = connection.execute(select(func.max(tables.passages.c.row))).scalar() or 0
    return max(present, int(fact(connection, "last_row") or 0))


def _insert_passages(
    connection: Connection, publisher: str, passages: Sequence[Passage], vectors: Sequence[Vectors], tokens: Sequence[bytes] | None
) -> None:
    first = last_row(connection) + 1
    scopes = _scopes_of(connection, publisher, passages)
    numbered = dict(enumerate(passages, first))
    _insert(connection, tables.passages, [_passage_row(row, p, scope) for (row, p), scope in zip(numbered.items(), scopes, strict=True)])
    _insert(
        connection,
        tables.passage_codes,
        [
            {"code": code, "passage": row, "named": named, "scope": scope}
            for (row, passage), scope in zip(numbered.items(), scopes, strict=True)
            for named, codes in ((1, passage.named_codes), (0, passage.implied_codes))
            for code in codes
        ],
    )
    _insert(
        connection,
        tables.vectors,
        [
            {"passage": row, "ordinal": ordinal, "vector": vector.astype("float32").tobytes()}
            for row, group in zip(numbered, vectors, strict=True)
            for ordinal, vector in enumerate(group)
        ],
    )
    if tokens is not None:
        _insert(connection, tables.token_vectors, [{"passage": row, "tokens": blob} for row, blob in zip(numbered, tokens, strict=True)])
    index_words(connection, numbered)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _passage_row(row: int, passage: Passage, scope: int) -> dict[str, Any]:
    values = {name: getattr(passage, name) for name in _PASSAGE_FIELDS}
    values["places"] = [(place.start, place.label) for place in passage.places]
    return {"row": row, "scope": scope, **values, **{name: json.dumps(values[name]) for name in _LISTS}}


def _scopes_of(connection: Connection, publisher: str, passages: Sequence[Passage]) -> list[int]:
    """Give the scope of each passage: one number for all that share payer, publisher and dates."""
    wanted = [(passage.payer, passage.valid_from, passage.valid_to) for passage in passages]
    known = {terms: _scope(connection, publisher, *terms) for terms in dict.fromkeys(wanted)}
    return [known[terms] for terms in wanted]


def _scope(connection: Connection, publisher: str, payer: str, valid_from: date | None, valid_to: date | None) -> int:
    terms = {"payer": payer, "publisher": publisher, "valid_from": valid_from, "valid_to": valid_to}
    query = select(tables.scopes.c.id).where(*(tables.scopes.c[name].is_not_distinct_from(value) for name, value in terms.items()))
    found = connection.execute(query).scalar()
    return int(found or connection.execute(tables.scopes.insert().values(**terms).returning(tables.scopes.c.id)).scalar_one())


def index_words(connection: Connection, passages: Mapping[int, Passage]) -> None:
    """Put passages, by their rows, into the lexical index."""
    rows = [{"row": row, **words_of(passage)} for row, passage in passages.items()]
    if rows:
        connection.execute(text("INSERT INTO lexical (rowid, body, section, codes) VALUES (:row, :body, :section, :codes)"), rows)


def words_of(passage: Passage) -> dict[str, str]:
    """Give what the lexical index holds of a passage, by field."""
    return {
        "body": f"{passage.header}\n{passage.text}",
        "section": " / ".join(passage.section),
        "codes": " ".join(passage.named_codes),
    }


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
        "reading": json.dumps(asdict(source.reading)),
        "changed_at": now(),
    }


def now() -> str:
    """Give this instant as documents keep it: ISO 8601, to the second, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_reading(held: str) -> Reading:
    """Give what the reader of a document met, from the form in which it is kept."""
    values = json.loads(held)
    return Reading(**{**values, "scanned": tuple(values["scanned"]), "notes": tuple(values["notes"])})


def _entry_query() -> Select[Any]:
    held = tables.documents.c
    count = select(func.count()).where(tables.passages.c.document_id == held.id).scalar_subquery()
    pages = func.json_array_length(held.pages).label("page_count")
    return select(*document_columns(), held.status, count.label("passages"), pages, held.reading, held.changed_at)


def _to_entry(row: Any) -> Entry:
    return Entry(to_document(row), row["status"], row["passages"], row["page_count"], to_reading(row["reading"]), row["changed_at"])


def _to_block(values: dict[str, Any]) -> Block:
    note = values.pop("note")
    if note:
        days = {key: date.fromisoformat(note[key]) if note[key] else None for key in ("valid_from", "valid_to")}
        note = Note(**{**note, **days, "conflicts": tuple(note["conflicts"]), "questions": tuple(note["questions"])})
    return Block(**{**values, "kind": BlockKind(values["kind"])}, note=note)


def document_columns() -> list[Any]:
    """Give the columns that `to_document` reads."""
    return [tables.documents.c[name] for name in _DOCUMENT_FIELDS]


def passage_columns() -> list[Any]:
    """Give the columns that `to_passage` reads."""
    return [tables.passages.c[name] for name in _PASSAGE_FIELDS]


def to_passage(values: Sequence[Any]) -> Passage:
    """Give the passage that holds the values of `passage_columns`, in their order."""
    held = list(values)
    for place in _LISTED:
        held[place] = () if held[place] == _EMPTY else _to_list(held[place])
    return replace(Passage(*held), places=tuple(Place(*place) for place in held[-1])) if held[-1] else Passage(*held)


@lru_cache(maxsize=16_384)  # passages of one heading share it, and many name the same codes
def _to_list(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value))


def to_document(row: Any) -> Document:
    """Give the document that a row of its columns holds."""
    return Document(**{name: row[name] for name in _DOCUMENT_FIELDS})
