"""What the commands on the library do, beyond reading their arguments."""

from typing import TYPE_CHECKING

from corpus.errors import CodeciteError

if TYPE_CHECKING:
    from ingest.documents import Document
    from ingest.library import Library


def one_source(library: "Library", source: str, statuses: tuple[str, ...] = ("active", "removed", "replaced")) -> "tuple[Document, str]":
    """Give the one document of these statuses that `source` names by id (or its start), path or title, with its status.

    Raises:
        CodeciteError: none or several fit.
    """
    found = [(document, status) for document, status, _ in library.find(source) if status in statuses]
    if not found:
        raise CodeciteError(f"no {' or '.join(statuses)} document matches {source!r}; run: codecite sources list --all")
    if len(found) > 1:
        names = ", ".join(document.id for document, _ in found[:6])
        raise CodeciteError(f"{source!r} fits {len(found)} documents ({names}); give more of the id")
    return found[0]
