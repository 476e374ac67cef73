"""Open the library for writing, with what a change of it needs; the command line and the library page share it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.remembered import are_outdated, remember_precedents
from assistant.settings import Settings
from assistant.wiring import chroma_folder, runtime_folder
from ingest.embed import Embedder, ReferenceEmbedder, identity_of, model_folder, runtime_identity
from ingest.library import Library, open_writer
from ingest.runtimes import DocumentEmbedder
from ingest.split import POLICY
from ingest.vectors import sync_indexes

PREPARING = "Preparing the encoder (once) …"
REMEMBERING = "Preparing the precedents of verdicts (once) …"
INDEXING = "Bringing the indexes up to date …"


@contextmanager
def writing(
    settings: Settings, *, rebuild: bool = False, tell: Callable[[str], object] = lambda _: None
) -> Iterator[tuple[Library, Embedder]]:
    """Open the library for writing with its encoder, exported from the reference (which loads torch) where it is missing.

    Unless all is built anew, an embedder other than the library's is refused before its encoder replaces the present one.
    `tell` hears what takes long.

    Raises:
        LibraryLocked: another process is writing.
        LibraryUnusable: the library cannot be written, or was built with another model or version.
        EmbedderUnavailable: the model cannot be loaded.
    """
    with open_writer(settings.data_dir) as library:
        identity = identity_of(settings.embedding_model, model_folder(settings.embedding_model))
        if not rebuild:
            library.require(identity, POLICY)
        folder = runtime_folder(settings)
        if exported := runtime_identity(folder) != identity:
            tell(PREPARING)
            ReferenceEmbedder(settings.embedding_model).export(folder)
        if exported or are_outdated(folder):
            tell(REMEMBERING)
            remember_precedents(folder, DocumentEmbedder(folder))
        yield library, DocumentEmbedder(folder)


def finish(library: Library, settings: Settings, *, tell: Callable[[str], object] = lambda _: None) -> None:
    """Bring all that follows from the library up to date, after a change; needs the writer's lock."""
    tell(INDEXING)
    sync_indexes(library, chroma_folder(settings), always_chroma=settings.vector_index == "chroma")
