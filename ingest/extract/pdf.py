"""Read PDF: the text of each page in reading order, with true page numbers."""

import re
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.plain import plain_blocks

_NO_TITLE = re.compile(
    r"^\W*(?:untitled\W*|microsoft (?:word|powerpoint|excel) - .*)$|\.(?:docx?|rtf|indd|pptx?|xlsx?|qxd|pdf|pmd|p65)\W*$", re.IGNORECASE
)


def read_pdf(content: bytes, path: Path) -> Extracted:
    """Give the blocks of a PDF, page by page.

    Raises:
        UnreadableDocument: the file is encrypted, damaged, or has no text on any page.
    """
    import pypdfium2 as pdfium

    try:
        file = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise _refused(error, path) from error
    try:
        pages = [_page_text(file[index]) for index in range(len(file))]
        title = _title(file)
    except pdfium.PdfiumError as error:
        raise UnreadableDocument(f"{path}: damaged PDF; save it again from its source and retry", Refusal.DAMAGED) from error
    finally:
        file.close()
    if not any(text.strip() for text in pages):
        raise UnreadableDocument(f"{path}: no text on any page (a scan?); run OCR on it first, then ingest the result", Refusal.NO_TEXT)
    blocks: list[RawBlock] = []
    for number, text in enumerate(pages, start=1):
        blocks += plain_blocks(text, number)
    return Extracted("application/pdf", tuple(blocks), title)


def _page_text(page: object) -> str:
    text_page = page.get_textpage()  # type: ignore[attr-defined]  # pypdfium2 ships no types
    words: str = text_page.get_text_bounded()
    text_page.close()
    return words.replace("\x02", "-").replace("\ufffe", "-")


def _title(file: object) -> str:
    """Give the title among the properties of a PDF, "" where it is the name of the file it was made from, or no text."""
    try:
        told: str = file.get_metadata_value("Title")  # type: ignore[attr-defined]  # pypdfium2 ships no types
    except UnicodeDecodeError:
        return ""
    return "" if _NO_TITLE.search(told) else told.strip()


def _refused(error: Exception, path: Path) -> UnreadableDocument:
    if "password" in str(error).lower():
        return UnreadableDocument(f"{path}: encrypted PDF; remove the password and ingest it again", Refusal.ENCRYPTED)
    return UnreadableDocument(f"{path}: damaged PDF, or not a PDF; save it again from its source and retry", Refusal.DAMAGED)
