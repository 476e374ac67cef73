"""Read PDF: what each page shows in reading order, with true page numbers."""

import re
from pathlib import Path
from typing import Any

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import Reading
from ingest.extract.blocks import Extracted
from ingest.extract.pdf_layout import page_blocks
from ingest.extract.pdf_outline import read_outline
from ingest.extract.pdf_page import PageContent, read_page

MAX_PAGES = 5_000
_NO_TITLE = re.compile(
    r"^\W*(?:untitled\W*|anonymous\W*|microsoft (?:word|powerpoint|excel) - .*)$|\.(?:docx?|rtf|indd|pptx?|xlsx?|qxd|pdf|pmd|p65)\W*$",
    re.IGNORECASE,
)
_SCAN_MAX_CHARS = 20
_SCAN_MIN_IMAGE = 0.5


def read_pdf(content: bytes, path: Path) -> Extracted:
    """Give the blocks of a PDF, page by page, and what its reader met: scanned pages and hidden words.

    Raises:
        UnreadableDocument: the file needs a password, is damaged, has over 5,000 pages, or has no text on any page.
    """
    import pypdfium2 as pdfium

    try:
        file = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise _refused(error, path) from error
    try:
        if len(file) > MAX_PAGES:
            raise UnreadableDocument(f"{path}: more than {MAX_PAGES:,} pages; split it and ingest the parts", Refusal.BOMB_LIMIT)
        pages = [_page(file, number) for number in range(1, len(file) + 1)]
        title = _title(file)
    except pdfium.PdfiumError as error:
        raise UnreadableDocument(f"{path}: damaged PDF; save it again from its source and retry", Refusal.DAMAGED) from error
    finally:
        file.close()
    if not any(page.parts for page in pages):
        raise UnreadableDocument(f"{path}: no text on any page (a scan?); run OCR on it first, then ingest the result", Refusal.NO_TEXT)
    blocks = tuple(page_blocks(pages, read_outline(content)))
    return Extracted("application/pdf", blocks, title, reading=_reading(pages))


def _page(file: Any, number: int) -> PageContent:
    page = file[number - 1]
    try:
        return read_page(page, number)
    finally:
        page.close()


def _reading(pages: list[PageContent]) -> Reading:
    scanned = tuple(page.number for page in pages if page.image_share > _SCAN_MIN_IMAGE and page.count_chars() < _SCAN_MAX_CHARS)
    layered = [str(page.number) for page in pages if page.layered]
    hidden = sum(page.hidden for page in pages)
    notes = []
    if hidden:
        notes.append(f"{hidden} characters that no reader sees (white, tiny, covered, transparent or off the page) were left out")
    if layered:
        notes.append(f"pages {', '.join(layered)} are images with words from text recognition; check quotes against the page")
    return Reading(pages=len(pages), scanned=scanned, hidden_chars=hidden, notes=tuple(notes))


def _title(file: Any) -> str:
    """Give the title among the properties of a PDF, "" where it is the name of the file it was made from, or no text."""
    try:
        told: str = file.get_metadata_value("Title")
    except UnicodeDecodeError:
        return ""
    return "" if _NO_TITLE.search(told) else told.strip()


def _refused(error: Exception, path: Path) -> UnreadableDocument:
    if "password" in str(error).lower() or "security" in str(error).lower():
        return UnreadableDocument(f"{path}: encrypted PDF; remove the password and ingest it again", Refusal.ENCRYPTED)
    return UnreadableDocument(f"{path}: damaged PDF, or not a PDF; save it again from its source and retry", Refusal.DAMAGED)
