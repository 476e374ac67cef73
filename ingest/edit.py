"""Change the properties of a stored document by hand."""

from collections.abc import Mapping
from dataclasses import replace

from corpus.errors import ConfigError
from ingest.build import id_of, store_again
from ingest.documents import Document
from ingest.embed import Embedder
from ingest.library import Library
from ingest.properties import check, settle


def edit(library: Library, embedder: Embedder, document_id: str, changes: Mapping[str, str]) -> Document:
    """Set properties of an active document (see `ingest.properties`); they stay set when its file is ingested again.

    It is stored anew, whole; the former state becomes a replaced document, which can be restored. What a digest says of its
    own paragraphs stays as it is, and nothing is encoded again.

    Raises:
        ConfigError: a property cannot have that value, or the document is a table that is looked up row by row.
        LibraryDamaged: there is no such document.
    """
    former = library.document_text(document_id)
    if not former.blocks:
        raise ConfigError("the properties of a code file are set when it is ingested; ingest it again with them")
    by_hand = {**library.by_hand(former.document.path), **changes}
    check(former.document, by_hand)
    edited = replace(settle(former.document, by_hand), id=id_of(former.document.sha256, by_hand))
    if edited.id == document_id:
        return edited
    store_again(library, embedder, replace(former, document=edited), by_hand, former=document_id)
    return edited
