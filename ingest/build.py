"""Bring files into the library: read, cut, embed, and store each whole or not at all."""

import ctypes
import hashlib
import json
import logging
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice, takewhile
from pathlib import Path

from corpus.digests import digest_paths, digest_root
from corpus.errors import CodeciteError, CorpusError, EmbedderUnavailable, IngestError, Refusal, UnreadableDocument
from corpus.front_matter import FrontMatter
from ingest.ahead import encode_ahead
from ingest.canonical import canonical
from ingest.code_files.recognise import CodeFile, recognise, sha256_of
from ingest.code_ingest import describe_code_file, store_code_file
from ingest.code_lookup import code_tables
from ingest.documents import Document, DocumentText, Passage, Reading
from ingest.embed import Embedder, Encoded, Vectors
from ingest.extract import extract
from ingest.extract.blocks import Extracted, assemble
from ingest.folders import walk
from ingest.library import Library, Part
from ingest.properties import TEXTS, settle
from ingest.represent import represent_all, texts_of
from ingest.sandbox import Reads, Sandbox
from ingest.split import POLICY, each_passage, split
from ingest.tesseract import find_tesseract, recogniser

SHIPPED = "corpus:"
UPLOAD = "upload:"
_log = logging.getLogger(__name__)
_LOOK = 500
_WHOLE_CHARS = 1_000_000
"""A text longer than that is cut, encoded and stored in parts: its passages, rows and vectors take many times its own memory."""
_PART = 500
_TURN_S = 0.0005


class Outcome(StrEnum):
    """What became of one file."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to ingest; `key` names it in the library, so that a later version takes its place.

    An upload has no file: it brings its `content`, and `path` is only its name.
    """

    key: str
    path: Path
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, how many passages it gave and what its reader met; of a refused one, why.

    `reason` is told to the owner, `refusal` names it from the closed list. `seconds` is the time to read and cut it.
    """

    key: str
    outcome: Outcome
    reason: str = ""
    document_id: str = ""
    passages: int = 0
    refusal: Refusal | None = None
    reading: Reading = field(default_factory=Reading)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Into:
    """What files are brought into, by what, and with which properties."""

    library: Library
    embedder: Embedder
    read: Reads
    by_hand: dict[str, str]
    added_at: str


_Known = dict[tuple[str, ...], tuple[Vectors, bytes]]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A file that was looked at; where it is new, its text cut into passages, those known by their texts not to encode again.

    A long text is not cut yet.
    """

    report: FileReport
    source: DocumentText | None = None
    passages: tuple[Passage, ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()
    """What is encoded for each passage."""
    by_hand: dict[str, str] = field(default_factory=dict)
    known: _Known = field(default_factory=dict)
    table: tuple[CodeFile, Document] | None = None
    """Set for a code file, which is not cut but stored row by row."""
    origin: Source | None = None
    """The file, which what is found wrong with its text while it is stored refuses."""

    @property
    def is_long(self) -> bool:
        """Whether its passages are still to be cut."""
        return self.source is not None and not self.passages

    def to_encode(self) -> list[tuple[Passage, tuple[str, ...]]]:
        """Give the passages that the former version of the file did not hold, with their texts."""
        return [(passage, texts) for passage, texts in zip(self.passages, self.texts, strict=True) if texts not in self.known]


def shipped_sources() -> tuple[Source, ...]:
    """Give the starter corpus."""
    root = digest_root()
    return tuple(Source(f"{SHIPPED}{path.relative_to(root)}", path) for path in digest_paths())


def user_sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """Give the files among `paths` and those below folders that Codecite reads; see `ingest.folders.walk`.

    Raises:
        IngestError: a path does not exist, or a folder holds nothing to read.
    """
    found = walk(paths)
    found.require_some()
    return tuple(Source(key, path) for key, path in found.files)


def ingest(
    library: Library,
    embedder: Embedder,
    sources: Sequence[Source],
    *,
    by_hand: Mapping[str, str],
    added_at: str,
    ocr: bool = False,
    advance: Callable[[FileReport], object] = lambda _: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> tuple[FileReport, ...]:
    """Bring `sources` into the library, one transaction each, and report on every one.

    `by_hand` sets properties (see `ingest.properties`) over what the files tell; they stay set when a file is
    ingested again without them. `ocr` has scanned pages read by Tesseract, where it is installed. A file that cannot be
    read is reported and skipped. When shipped sources are ingested, those that are no longer shipped are removed. Once
    `goes_on` says no, no further file is looked at; those that were read are stored and reported.

    Raises:
        LibraryStale: the library was built with another embedder or splitting policy.
    """
    library.require(embedder.identity, POLICY)
    reports: list[FileReport] = []
    with Sandbox(recogniser=recogniser(find_tesseract()) if ocr else None) as read:
        into = _Into(library, embedder, read, dict(by_hand), added_at)
        for report in _bring_in(into, sources, goes_on):
            reports.append(report)
            advance(report)
        for place, report in enumerate(reports):  # the document that a file was equal to may have been replaced since
            if report.reason and report.document_id and not library.path_of(report.document_id):
                (reports[place],) = _bring_in(into, sources[place : place + 1])
    _give_back(library)
    return (*reports, *_remove_unshipped(library, sources))


def to_rebuild(library: Library, embedder: Embedder) -> dict[str, str]:
    """Give ids and paths of what `rebuild` makes anew: what an interrupted one has left, else all documents but code files."""
    whole = {table.document.id for table in code_tables(library)}
    paths = {document.id: document.path for document, _, _ in library.documents() if document.id not in whole}
    left = library.built_otherwise(embedder.identity, POLICY)
    return {key: path for key, path in paths.items() if key in left} if left else paths


def rebuild(library: Library, embedder: Embedder, advance: Callable[[str], object] = lambda _: None) -> int:
    """Cut and embed every document anew from its stored text; give how many there were.

    Each is stored in a transaction of its own; interrupted, the next goes on with those that are still built otherwise.
    """
    paths, titles = to_rebuild(library, embedder), {document.id: document.title for document, _, _ in library.documents()}
    cuts = (
        _cut(library, FileReport(path, Outcome.REPLACED, "", key), library.document_text(key), library.by_hand(path))
        for key, path in paths.items()
    )
    for report in _stored(library, embedder, cuts):
        advance(titles[report.document_id])
    return len(paths)


def ask_questions(library: Library, embedder: Embedder, document: Document, write: Callable[[Passage], Sequence[str]]) -> int:
    """Have `write` give questions for the passages of an active document that have none; give how many it gave.

    The document is stored anew with them, whole, so that its passages are found by them.
    """
    found = {text_digest(p.text): tuple(write(p)) for p in library.passages(document.id) if not p.questions}
    library.keep_questions(document.path, {digest: questions for digest, questions in found.items() if questions})
    store_again(library, embedder, library.document_text(document.id), library.by_hand(document.path), former=document.id)
    return sum(map(len, found.values()))


def store_again(library: Library, embedder: Embedder, source: DocumentText, by_hand: dict[str, str], *, former: str) -> None:
    """Cut a text and store it in place of what its path holds; passages found by the same texts as one of `former` keep its vectors."""
    report = FileReport(source.document.path, Outcome.REPLACED, "", source.document.id)
    cut = replace(_cut(library, report, source, by_hand), known=_known(library, former))
    list(_stored(library, embedder, (cut,)))


def text_digest(text: str) -> str:
    """Give the digest by which the questions of a passage are kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_source(source: Source, by_hand: Mapping[str, str], added_at: str) -> DocumentText:
    """Read one file into its canonical text.

    Raises:
        UnreadableDocument, UnsupportedFormat, CorpusError: see `ingest.extract.extract`.
    """
    return _read(source, _content(source), extract, by_hand, added_at)


def _content(source: Source) -> bytes:
    if source.content is not None:
        return source.content
    try:
        return source.path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"{source.path}: cannot be read ({error.strerror})", Refusal.UNREADABLE) from error


def _read(source: Source, content: bytes, read: Reads, by_hand: Mapping[str, str], added_at: str) -> DocumentText:
    found = read(content, source.path)
    text, blocks, pages = assemble(found.blocks)
    return DocumentText(_describe(found, content, source, by_hand, added_at), text, blocks, pages, found.reading)


def document_id(content: bytes, by_hand: Mapping[str, str]) -> str:
    """Give the id of a file with its properties set by hand: equal files have equal ids."""
    return id_of(hashlib.sha256(content).hexdigest(), by_hand)


def id_of(sha256: str, by_hand: Mapping[str, str]) -> str:
    """Give the id of a file by its digest, with its properties set by hand."""
    properties = json.dumps(dict(sorted(by_hand.items()))).encode()
    return "d-" + hashlib.sha256(bytes.fromhex(sha256) + properties).hexdigest()[:16]


def _bring_in(into: _Into, sources: Sequence[Source], goes_on: Callable[[], bool] = lambda: True) -> Iterator[FileReport]:
    ahead: set[str] = set()  # ids and paths on their way into the library, where looking does not find them yet
    looked_at = ((source, *held) for source, held in takewhile(lambda _: goes_on(), _held(into.library, sources)))

    def cuts() -> Iterator[_Cut | None]:
        for source, former, kept in looked_at:
            yield from _prepare(into, source, former, {**kept, **into.by_hand}, ahead)
            if _is_large(source):
                _give_back(into.library)

    return _stored(into.library, into.embedder, cuts())


def _is_large(source: Source) -> bool:
    try:
        return (source.path.stat().st_size if source.content is None else len(source.content)) > _WHOLE_CHARS
    except (OSError, ValueError):
        return False


def _held(library: Library, sources: Sequence[Source]) -> Iterator[tuple[Source, tuple[str, dict[str, str]]]]:
    """Give each source with the id and the properties set by hand of what its path holds; one look serves many."""
    for first in range(0, len(sources), _LOOK):
        group = sources[first : first + _LOOK]
        held = library.held_at([source.key for source in group if _is_text(source.key)])
        yield from ((source, held.get(source.key, ("", {}))) for source in group)


def _is_text(name: str) -> bool:
    return name == name.encode(errors="replace").decode()


def _prepare(into: _Into, source: Source, former: str, settled: dict[str, str], ahead: set[str]) -> Iterator[_Cut | None]:
    """Look at a file, and read and cut it where it is new; `None` goes first where the answer hangs on files still ahead."""
    library, started = into.library, time.monotonic()
    try:
        if not _is_text(source.key):
            raise UnreadableDocument("the name is not UTF-8 text; rename the file", Refusal.NAME_INVALID)
        if source.key.startswith(SHIPPED) and not former and library.removed_at(source.key):
            yield _Cut(FileReport(source.key, Outcome.UNCHANGED, "was removed and stays so; codecite sources restore brings it back"))
            return
        sha256 = sha256_of(source.path, source.content)
        identity = id_of(sha256, settled)
        if identity == former:
            yield _Cut(FileReport(source.key, Outcome.UNCHANGED, "", identity))
            return
        table = recognise(source.path, source.content)
        content = b"" if table else _content(source)
        identity = identity if table else document_id(content, settled)  # it may have changed meanwhile
        if identity in ahead or library.path_of(identity) in ahead:
            yield None
            ahead.clear()
        if where := library.path_of(identity):
            yield _Cut(_same_as(library, source, where, identity))
            return
        report = FileReport(source.key, Outcome.REPLACED if former else Outcome.ADDED, "", identity)
        if table:
            described = describe_code_file(table, settled, identity=identity, sha256=sha256, key=source.key, added_at=into.added_at)
            cut = _Cut(report, by_hand=settled, table=(table, described))
        else:
            read = extract if source.key.startswith(SHIPPED) else into.read
            text = _read(source, content, read, settled, into.added_at)
            content = b""  # a large one is not held while its text is stored
            cut = replace(_cut(library, report, text, settled), known=_known(library, former) if former else {}, origin=source)
    except Exception as error:  # one file's fault, of whatever kind, is told of that file and stops no other
        yield _Cut(replace(_refused(source, error), seconds=round(time.monotonic() - started, 2)))
        return
    ahead |= {identity, source.key}
    yield replace(cut, report=replace(cut.report, seconds=round(time.monotonic() - started, 2)))


def _refused(source: Source, error: Exception) -> FileReport:
    """Report a file that is not stored.

    Raises:
        CodeciteError: the library itself cannot be used; that is no fault of the file.
    """
    if isinstance(error, IngestError | CorpusError):
        refusal = error.refusal if isinstance(error, IngestError) else Refusal.DAMAGED
        return FileReport(source.key, Outcome.REFUSED, str(error).removeprefix(f"{source.path}: "), refusal=refusal)
    if isinstance(error, CodeciteError):
        raise error
    _log.debug("%s could not be read", source.key, exc_info=error)
    told = f"an error of Codecite itself ({type(error).__name__}); please report it"
    return FileReport(source.key, Outcome.REFUSED, told, refusal=Refusal.INTERNAL)


def _known(library: Library, document_id: str) -> _Known:
    """Give what the passages of a document are found by, under the texts that were encoded for each."""
    return {texts_of(passage): (vectors, tokens) for passage, vectors, tokens in library.represented(document_id)}


def _same_as(library: Library, source: Source, where: str, identity: str) -> FileReport:
    """Report a file equal to one held already; what its path held before makes way."""
    former = library.id_at(source.key)
    if former:
        library.replace(former)
    return FileReport(source.key, Outcome.REPLACED if former else Outcome.UNCHANGED, f"same content as {where}", identity)


def _cut(library: Library, report: FileReport, source: DocumentText, by_hand: dict[str, str]) -> _Cut:
    if len(source.text) > _WHOLE_CHARS:
        return _Cut(replace(report, reading=source.reading), source, by_hand=by_hand)
    passages = _asked(library, source.document.path, split(source))
    if not passages:
        raise _without_passages(source)
    _check(source, passages)
    return _Cut(replace(report, passages=len(passages), reading=source.reading), source, passages, tuple(map(texts_of, passages)), by_hand)


def _cut_in_parts(library: Library, cut: _Cut) -> Iterator[_Cut]:
    """Give a long text with some of its passages after the other.

    Raises:
        UnreadableDocument: none could be cut.
        IngestError: an offset does not hold.
    """
    assert cut.source
    coming = each_passage(cut.source)
    passages = tuple(islice(coming, _PART))
    if not passages:
        raise _without_passages(cut.source)
    while passages:
        _check(cut.source, passages)
        passages = _asked(library, cut.report.key, passages)
        yield replace(cut, passages=passages, texts=tuple(map(texts_of, passages)))
        passages = tuple(islice(coming, _PART))


def _without_passages(source: DocumentText) -> UnreadableDocument:
    return UnreadableDocument(f"{source.document.path}: no passage could be cut; nothing was stored", Refusal.NO_TEXT)


def _check(source: DocumentText, passages: Iterable[Passage]) -> None:
    for passage in passages:
        if source.text[passage.start : passage.end] != passage.text:
            raise IngestError(f"{source.document.path}: offsets of {passage.id} do not hold; nothing was stored")


def _asked(library: Library, path: str, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Give the passages with the questions that a chat model wrote for those that have none of their own."""
    written = library.written_questions(path)
    return tuple(replace(p, questions=p.questions or written.get(text_digest(p.text), ())) for p in passages) if written else passages


def _stored(library: Library, embedder: Embedder, cuts: Iterable[_Cut | None]) -> Iterator[FileReport]:
    """Encode what was cut and store each document whole, in order; report on each once it is stored."""
    with _giving_way(), closing(_encoded(embedder, _one_long_at_a_time(cuts))) as encoded:
        for cut, found in encoded:
            if cut.is_long:
                yield _stored_in_parts(library, embedder, cut)
            else:
                if cut.source:
                    built_with = embedder.identity, POLICY
                    library.put_in_parts(cut.source, (_part(cut, found),), built_with=built_with, by_hand=cut.by_hand)
                yield _with_rows(library, cut) if cut.table else cut.report


def _one_long_at_a_time(cuts: Iterable[_Cut | None]) -> Iterator[_Cut | None]:
    """Ask after each long text that it be stored before a further file is read."""
    for cut in cuts:
        yield cut
        if cut and cut.is_long:
            cut = None
            yield None


def _encoded(embedder: Embedder, cuts: Iterable[_Cut | None]) -> Generator[tuple[_Cut, Encoded], None, None]:
    return encode_ahead(embedder, cuts, lambda cut: [text for _, texts in cut.to_encode() for text in texts])


def _part(cut: _Cut, found: Encoded) -> Part:
    new, texts = [passage for passage, _ in cut.to_encode()], [texts for _, texts in cut.to_encode()]
    known = cut.known | dict(zip(texts, represent_all(new, [len(each) for each in texts], found), strict=True))
    vectors, tokens = zip(*(known[each] for each in cut.texts), strict=True)
    return cut.passages, vectors, tokens


def _stored_in_parts(library: Library, embedder: Embedder, cut: _Cut) -> FileReport:
    """Store a long text in one transaction, each part of it as it is cut and encoded; what is found wrong with it refuses it whole."""
    assert cut.source
    counts: list[int] = []

    def parts() -> Iterator[Part]:
        with closing(_encoded(embedder, _cut_in_parts(library, cut))) as encoded:
            for part, found in encoded:
                counts.append(len(part.passages))
                yield _part(part, found)

    try:
        library.put_in_parts(cut.source, parts(), built_with=(embedder.identity, POLICY), by_hand=cut.by_hand)
    except Exception as error:  # one file's fault, of whatever kind, stops no other
        if cut.origin is None or isinstance(error, EmbedderUnavailable):
            raise
        return _refused(cut.origin, error)
    finally:
        _give_back(library)
    return replace(cut.report, passages=sum(counts))


@contextmanager
def _giving_way() -> Iterator[None]:
    """Let other threads run ten times as soon: a question asked meanwhile waits for its turn after each look into the library."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _TURN_S))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _give_back(library: Library) -> None:
    """Give the system the memory that a large file took: what connections hold of its text, and what the C library, if it is glibc, keeps."""
    library.engine.dispose()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _with_rows(library: Library, cut: _Cut) -> FileReport:
    """Store a code file; what it turns out to hold wrongly while it is read refuses it."""
    assert cut.table
    found, document = cut.table
    started = time.monotonic()
    try:
        reading = store_code_file(library, found, document, cut.by_hand)
    except IngestError as error:
        reason = str(error).removeprefix(f"{found.path}: ")
        return FileReport(cut.report.key, Outcome.REFUSED, reason, refusal=error.refusal)
    seconds = round(cut.report.seconds + time.monotonic() - started, 2)
    return replace(cut.report, reading=reading, seconds=seconds)


def _remove_unshipped(library: Library, sources: Sequence[Source]) -> list[FileReport]:
    keys = {source.key for source in sources}
    if not any(key.startswith(SHIPPED) for key in keys):
        return []
    gone = [d for d, _, _ in library.documents() if d.path.startswith(SHIPPED) and d.path not in keys]
    for document in gone:
        library.replace(document.id)  # it was not removed by the owner, and comes back when it is shipped again
    return [FileReport(d.path, Outcome.REMOVED, "no longer shipped", d.id) for d in gone]


def _describe(found: Extracted, content: bytes, source: Source, by_hand: Mapping[str, str], added_at: str) -> Document:
    front: FrontMatter = found.front
    document = Document(
        id=document_id(content, by_hand),
        sha256=hashlib.sha256(content).hexdigest(),
        title=found.title if canonical(found.title).strip() else source.path.stem,
        publisher=found.publisher,
        authority=front.authority or "",
        edition=front.edition or "",
        published=front.published or "",
        valid_from=front.valid_from,
        valid_to=front.valid_to,
        payer=front.payer,
        url=str(front.url or ""),
        licence=front.licence or "",
        basis=front.basis,
        media_type=found.media_type,
        path=source.key,
        added_at=added_at,
    )
    return settle(document, {name: getattr(document, name) for name in TEXTS} | dict(by_hand))
