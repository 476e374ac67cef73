"""Read PDF: what each page shows in reading order, with true page numbers."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.ocr import MAX_PICTURES, PLACE, Picture, Recognise, picture_of
from ingest.extract.pdf_layout import page_blocks
from ingest.extract.pdf_outline import read_outline
from ingest.extract.pdf_page import PageContent, read_page
from ingest.extract.plain import plain_blocks

MAX_PAGES = 5_000
_NO_TITLE = re.compile(
    r"^\W*(?:untitled\W*|anonymous\W*|microsoft (?:word|powerpoint|excel) - .*)$|\.(?:docx?|rtf|indd|pptx?|xlsx?|qxd|pdf|pmd|p65)\W*$",
    re.IGNORECASE,
)
_ADVICE = "have its words recognised (OCR) and ingest the result, or set CODECITE_OCR=true where Tesseract is installed"
_SCAN_MAX_CHARS = 20
_SCAN_MIN_IMAGE = 0.5


def read_pdf(content: bytes, path: Path, recognise: Recognise | None = None) -> Extracted:
    """Give the blocks of a PDF, page by page, and what its reader met: scanned pages and hidden words.

    `recognise` reads the first hundred scanned pages; their blocks are placed as read by OCR, as are those of pages that
    bring the words of an earlier recognition.

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
        scanned = [page.number for page in pages if page.image_share > _SCAN_MIN_IMAGE and page.count_chars() < _SCAN_MAX_CHARS]
        recognised = _recognised(file, scanned, recognise)
        title = _title(file)
    except pdfium.PdfiumError as error:
        raise UnreadableDocument(f"{path}: damaged PDF; save it again from its source and retry", Refusal.DAMAGED) from error
    finally:
        file.close()
    if not recognised and not any(page.parts for page in pages):
        raise UnreadableDocument(f"{path}: no text on any page (a scan?); {_ADVICE}", Refusal.NO_TEXT)
    shown = [page for page in pages if page.number not in recognised]
    layered = {page.number for page in pages if page.layered}
    read = [replace(b, place=PLACE) if b.page in layered else b for b in page_blocks(shown, read_outline(content))]
    blocks = _with_recognised(read, recognised)
    reading = _reading(pages, [number for number in scanned if number not in recognised], sorted(recognised))
    return Extracted("application/pdf", tuple(blocks), title, reading=reading)


def _page(file: Any, number: int) -> PageContent:
    page = file[number - 1]
    try:
        return read_page(page, number)
    finally:
        page.close()


def _recognised(file: Any, scanned: list[int], recognise: Recognise | None) -> dict[int, str]:
    """Give the words of the scanned pages on which some are recognised."""
    if recognise is None:
        return {}
    found = {number: recognise(_picture(file, number)) for number in scanned[:MAX_PICTURES]}
    return {number: words for number, words in found.items() if any(map(str.isalnum, words))}


def _picture(file: Any, number: int) -> Picture:
    page = file[number - 1]
    try:
        return picture_of(page)
    finally:
        page.close()


def _with_recognised(blocks: list[RawBlock], recognised: dict[int, str]) -> list[RawBlock]:
    """Give the blocks with those of recognised pages in their place."""
    for number, words in sorted(recognised.items()):
        place = next((n for n, block in enumerate(blocks) if block.page is not None and block.page > number), len(blocks))
        blocks[place:place] = (replace(block, place=PLACE) for block in plain_blocks(words, number))
    return blocks


def _reading(pages: list[PageContent], scanned: list[int], recognised: list[int]) -> Reading:
    hidden = sum(page.hidden for page in pages)
    layered = sorted({page.number for page in pages if page.layered} | set(recognised))
    notes = []
    if hidden:
        notes.append(f"{hidden} characters that no reader sees (white, tiny, covered, transparent or off the page) were left out")
    if layered:
        numbers = ", ".join(map(str, layered))
        notes.append(f"{'page' if len(layered) == 1 else 'pages'} {numbers} read by OCR; check quotes against the page")
    return Reading(pages=len(pages), scanned=tuple(scanned), hidden_chars=hidden, notes=tuple(notes))


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
