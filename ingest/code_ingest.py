"""Bring a code file into the library: its lines are streamed into rows, nothing of it is embedded."""

from collections.abc import Mapping
from dataclasses import replace

from ingest.code_files.recognise import CodeFile
from ingest.documents import Document, Reading
from ingest.library import Library
from ingest.properties import settle

_PUBLISHER = "Centers for Medicare & Medicaid Services"


def store_code_file(library: Library, found: CodeFile, document: Document, by_hand: dict[str, str]) -> Reading:
    """Store the rows of a code file as a document, whole or not at all; give what was read.

    Raises:
        UnreadableDocument: it is damaged, too large, or none of its rows can be read.
    """
    encoding = found.encoding()
    reading = library.put_code_file(document, found.about(by_hand), found.rows(encoding), by_hand=by_hand)
    return replace(reading, encoding="" if encoding.startswith("utf-8") else encoding, notes=(name_of(document),))


def name_of(document: Document) -> str:
    """Name a code file with its edition, for the report of an ingest."""
    return f"{document.title}, edition {document.edition}" if document.edition else f"{document.title}, edition not told"


def describe_code_file(found: CodeFile, by_hand: Mapping[str, str], *, identity: str, sha256: str, key: str, added_at: str) -> Document:
    """Give the document of a code file, from what was set by hand, else from what the file says of itself."""
    about = found.about(by_hand)
    told = Document(
        id=identity,
        sha256=sha256,
        title=about.title,
        publisher=_PUBLISHER,
        authority=about.authority,
        edition=about.edition,
        published="",
        valid_from=about.valid_from,
        valid_to=about.valid_to,
        payer="all",
        url="",
        licence="",
        basis="stated",
        media_type=found.media_type,
        path=key,
        added_at=added_at,
    )
    return settle(told, by_hand)
