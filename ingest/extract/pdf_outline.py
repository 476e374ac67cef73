"""Read the outline of a PDF (its bookmarks) with pypdf, which sees the structure of the file and never a page's content."""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.canonical import canonical

_MAX_BOOKMARKS = 2_000
_MAX_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A line of the outline; `level` counts from 1, `page` from 1."""

    title: str
    level: int
    page: int


def read_outline(content: bytes) -> tuple[Bookmark, ...]:
    """Give the bookmarks of a PDF, none where pypdf cannot read them: what pdfium reads is not refused for that."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        file = pypdf.PdfReader(io.BytesIO(content))
        if file.is_encrypted and not file.decrypt(""):
            return ()
        return tuple(bookmark for bookmark, _ in zip(_bookmarks(file, file.outline, 1), range(_MAX_BOOKMARKS), strict=False))
    except Exception:  # pypdf raises whatever a malformed structure leads to
        return ()


def folded(words: str) -> str:
    """Give words as they are compared with a bookmark: letters and figures alone."""
    return "".join(c for c in canonical(words).lower() if c.isalnum())


def _bookmarks(file: Any, entries: Any, level: int) -> Iterator[Bookmark]:
    for entry in entries:
        if isinstance(entry, list):
            if level < _MAX_LEVEL:
                yield from _bookmarks(file, entry, level + 1)
        elif (page := file.get_destination_page_number(entry)) is not None and str(entry.title).strip():
            yield Bookmark(str(entry.title).strip(), level, page + 1)
