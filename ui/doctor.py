"""Check what an installation needs: weights, library, question encoder, and that no other package owns our names."""

from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions

from assistant.settings import Settings
from assistant.wiring import runtime_folder
from corpus.check import check_corpus
from corpus.errors import CodeciteError, CorpusError, EmbedderUnavailable
from ingest.code_lookup import code_tables
from ingest.embed import OnnxEmbedder, check_against_reference, identity_of, model_folder, runtime_identity
from ingest.library import is_read_only, open_reader
from ingest.split import POLICY
from ingest.tesseract import find_tesseract

_OURS = ("corpus", "ingest", "assistant", "ui", "evals")


def check(settings: Settings) -> Iterator[tuple[str, str, bool]]:
    """Give each check's name, finding, and whether it is sound."""
    owners = packages_distributions()
    foreign = sorted({owner for name in _OURS for owner in owners.get(name, []) if owner != "codecite"})
    yield "package names", f"also owned by {', '.join(foreign)}; install Codecite alone" if foreign else "ours alone", not foreign
    yield _told("starter corpus", _corpus)
    yield _told("weights", lambda: _identity(settings))
    yield _told("library", lambda: _library(settings))
    yield _told("question encoder", lambda: _encoder(settings))
    if settings.ocr:
        found = find_tesseract()
        yield "text recognition", found or "Tesseract is not installed; install it, or unset CODECITE_OCR", bool(found)


def _corpus() -> str:
    if problems := check_corpus():
        raise CorpusError(f"{problems[0]}{f' (and {len(problems) - 1} more)' if problems[1:] else ''}; reinstall codecite")
    return "complete"


def _library(settings: Settings) -> str:
    with open_reader(settings.data_dir) as library:
        library.require(_identity(settings), POLICY)
        tables = code_tables(library)
        told = f", {len(tables)} of them code files with {sum(table.rows for table in tables):,} rows" if tables else ""
        bound = "; read only: nothing can be added or kept there" if is_read_only(settings.data_dir) else ""
        return f"{len(library.documents())} documents in {settings.data_dir}{told}{bound}"


def _encoder(settings: Settings) -> str:
    found = runtime_identity(runtime_folder(settings))
    if found != _identity(settings):
        raise EmbedderUnavailable(f"{found or 'missing or damaged'} in {runtime_folder(settings)}; run: codecite ingest")
    encoder = OnnxEmbedder(runtime_folder(settings))
    check_against_reference(encoder.encode, runtime_folder(settings))
    return encoder.identity


def _identity(settings: Settings) -> str:
    return identity_of(settings.embedding_model, model_folder(settings.embedding_model))


def _told(name: str, look: Callable[[], str]) -> tuple[str, str, bool]:
    try:
        return name, look(), True
    except CodeciteError as error:
        return name, str(error), False
