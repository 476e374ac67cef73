"""The words of a large library in a tantivy index: what SQLite's own index does, in a time that grows more slowly.

It is made from the library and can be made again; small libraries have none. Its words are cut and stemmed as
SQLite's `porter unicode61` does. While it does not hold the library's revision, SQLite's index answers.
"""

import json
import logging
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np

from corpus.errors import LibraryUnusable
from ingest.changes import Changes, Rows, changes, passages_in_use
from ingest.library import Library, is_read_only
from ingest.scan import Allowed, View, replace_file
from ingest.sums import sums_since

_log = logging.getLogger(__name__)

SQLITE_MOST = 5_000
"""The most passages for which SQLite's index is used; chosen by `benchmarks/scale.py`."""
_FORMAT = 2
_HEAD = "revision.json"
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_STEMMED = 3
_LOGI = re.compile(r"[aeiouy][^aeiouy].*logi$")
_CODE_WEIGHT = 2
_LEAST_SHARE = 0.25
_HEAP_BYTES = 64_000_000
_SPARE = 1.2


class WordIndex:
    """The lexical index of one open library, where it has one."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._revision = self._damaged = -1
        self._searcher: Any = None
        self._schema: Any = None
        self._opening = Lock()

    def holds(self, revision: int) -> bool:
        """Tell whether the index is of this revision of the library, opened anew where it has moved on."""
        with self._opening:
            if self._revision != revision:
                self._revision = self._open()
            return self._revision == revision != self._damaged

    def give_up(self, error: Exception) -> None:
        """Use the index of this revision no more."""
        _log.warning("the lexical index is damaged (%s); SQLite's answers until the next change", error)
        self._damaged = self._revision

    def best(self, words: Sequence[str], view: View, allowed: Allowed, limit: int) -> dict[int, float]:
        """Give the `limit` best rows of allowed scopes by BM25, best first; a filter changes neither scores nor order."""
        query = self._any_of(words)
        share = view.count(allowed) / max(1, sum(len(segment.rows) for segment in view.segments))
        if share >= _LEAST_SHARE:
            draw = int(limit / share * _SPARE) + limit
            drawn = self._search(query, draw)
            scopes = view.scopes_of(np.array([row for row, _ in drawn], dtype=np.int64))
            found = [hit for hit, scope in zip(drawn, scopes, strict=True) if allowed[scope]]
            if len(found) >= limit or len(drawn) < draw:
                return dict(found[:limit])
        return dict(self._search(self._within(query, "scope", np.flatnonzero(allowed)), limit))

    def best_of(self, words: Sequence[str], rows: Rows, limit: int) -> dict[int, float]:
        """Give the `limit` best rows among `rows`."""
        return dict(self._search(self._within(self._any_of(words), "row", rows), limit))

    def counts(self, words: Sequence[str]) -> tuple[dict[str, int], int]:
        """Give for each word how many passages hold it, and how many there are; a little more where some were just removed."""
        counts = {word: min((self._searcher.doc_freq("words", token) for token in tokens(word)), default=0) for word in words}
        return counts, int(self._searcher.num_docs)

    def _open(self) -> int:
        folder = words_folder(self._library)
        revision = _revision(folder, self._library.identity())
        if revision < 0:
            return -1
        from tantivy import Index

        try:
            with damage_told(), _openable(folder) as place:
                index = Index.open(str(place))
                self._schema, self._searcher = index.schema, index.searcher()
        except (ValueError, OSError):
            return -1
        return revision

    def _any_of(self, words: Sequence[str]) -> Any:
        from tantivy import Occur, Query

        terms = dict.fromkeys(token for word in words for token in tokens(word))
        return Query.boolean_query([(Occur.Should, Query.term_query(self._schema, "words", term, "freq")) for term in terms])

    def _within(self, query: Any, field: str, values: Rows) -> Any:
        """Give the query among the passages that have one of these numbers in a field."""
        from tantivy import Occur, Query

        held = Query.term_set_query(self._schema, field, values.tolist())
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(held, 0.0))])

    def _search(self, query: Any, limit: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]


@contextmanager
def _openable(folder: Path) -> Iterator[Path]:
    """Give a folder in which an index can be opened, which writes a lock there; what is open stays so when the folder goes."""
    if not is_read_only(folder):
        yield folder
        return
    with TemporaryDirectory() as place:
        for file in folder.iterdir():
            if not file.name.endswith(".lock"):
                (Path(place) / file.name).symlink_to(file.resolve())
        yield Path(place)


@contextmanager
def damage_told() -> Iterator[None]:
    """Raise `ValueError` where tantivy or Chroma panics: on most damage they raise exceptions, on some what no `except Exception` catches."""
    try:
        yield
    except BaseException as error:  # a Rust panic is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(str(error)) from error


def tokens(text: str) -> list[str]:
    """Give the words of a text as SQLite's `porter unicode61 remove_diacritics 2` does."""
    folded = text.lower()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    return [_stem(word) for word in _WORD.findall(folded)]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """Give the stem as SQLite's Porter has it: short words stay whole, and "oncologi" becomes "oncolog" ("biologi" does not)."""
    if len(word) < _SHORTEST_STEMMED:
        return word
    stem = str(_stemmer().stemWord(word))
    return stem[:-1] if _LOGI.search(stem) else stem


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from Stemmer import Stemmer

    return Stemmer("porter")


def words_folder(library: Library) -> Path:
    """Give the folder of a library's lexical index."""
    return library.folder / "words"


def sync_words(library: Library) -> None:
    """Bring the lexical index to the library's revision, by what has changed; take it away from a small library. Needs the writer's lock.

    Raises:
        LibraryUnusable: it cannot be written.
    """
    folder = words_folder(library)
    if passages_in_use(library, SQLITE_MOST + 1) <= SQLITE_MOST:
        shutil.rmtree(folder, ignore_errors=True)
        return
    since = _revision(folder, library.identity())
    if since >= 0 and not _is_intact(folder):
        _log.warning("rebuilding the lexical index in %s (its files are not those that were written)", folder)
        since = -1
    if since == library.revision():
        return
    try:
        with damage_told():
            _write(library, folder, since)
    except ValueError as error:
        _log.warning("rebuilding the lexical index in %s (%s)", folder, error)
        _write_anew(library, folder)


def _write_anew(library: Library, folder: Path) -> None:
    """Make the index from nothing; where that cannot be, for want of space for one, leave none."""
    try:
        with damage_told():
            _write(library, folder, -1)
    except (ValueError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise LibraryUnusable(cannot_be_made("the lexical index", folder, error)) from error


def cannot_be_made(what: str, folder: Path, error: Exception) -> str:
    """Give the message that something made from the library cannot be written."""
    return f"the documents are stored, but {what} in {folder} cannot be written ({error}); check the free space, then run: codecite ingest"


def _write(library: Library, folder: Path, since: int) -> None:
    from tantivy import Document, Index, Query

    known = _known_sums(folder) if since >= 0 else {}
    if since < 0:
        folder.unlink(missing_ok=True) if folder.is_file() else shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    index = Index(_schema(), str(folder)) if since < 0 else Index.open(str(folder))
    writer = index.writer(_HEAP_BYTES, 1)
    with changes(library, since=since) as found:
        if since >= 0:
            writer.delete_documents_by_query(Query.term_set_query(index.schema, "row", list(_rows_gone(found))))
        for held in found.words:
            document = Document()
            document.add_text("words", " ".join(tokens(f"{held.body} {held.section}{f' {held.codes}' * _CODE_WEIGHT}")))
            document.add_unsigned("row", held.row)
            document.add_unsigned("scope", held.scope)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        told = {"format": _FORMAT, "library": found.state.identity, "revision": found.state.revision, "files": _sums(folder, known)}
    replace_file(folder / _HEAD, json.dumps(told))


def _rows_gone(found: Changes) -> Iterator[int]:
    """Give the rows whose words are written anew or not at all."""
    yield from found.rows.tolist()
    for first, last in found.erased.tolist():
        yield from range(first, last + 1)


def _schema() -> Any:
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_unsigned_field("scope", indexed=True)
    return builder.build()


def _sums(folder: Path, known: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    files = (file for file in sorted(folder.iterdir()) if file.name != _HEAD and not file.name.endswith((".lock", ".new")))
    return sums_since(files, folder, known)


def _known_sums(folder: Path) -> dict[str, list[int]]:
    try:
        return dict(json.loads((folder / _HEAD).read_text()).get("files", {}))
    except (OSError, ValueError):
        return {}


def _is_intact(folder: Path) -> bool:
    """Tell whether the files are as they were written; of an index written before that was noted, that is taken for granted."""
    known = _known_sums(folder)
    try:
        found = _sums(folder, known)
    except OSError:
        return False
    return not known or _sizes_and_sums(known) == _sizes_and_sums(found)


def _sizes_and_sums(told: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, int]]:
    """Leave out when each file was written: a copy is as good."""
    return {name: (size, crc) for name, (size, *_, crc) in told.items()}


def _revision(folder: Path, identity: str) -> int:
    """Give the revision of the library that the index in `folder` holds, -1 when it is not this library's."""
    try:
        told = json.loads((folder / _HEAD).read_text())
        return int(told["revision"]) if (told["format"], told["library"]) == (_FORMAT, identity) else -1
    except (OSError, ValueError, KeyError, TypeError):
        return -1
