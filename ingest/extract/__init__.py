"""Readers, one per format; `extract` picks the one that fits the bytes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument
from ingest.boilerplate import mark_boilerplate
from ingest.documents import BlockKind
from ingest.extract.blocks import Extracted
from ingest.extract.delimited import read_delimited
from ingest.extract.docx import read_docx
from ingest.extract.encoding import decode
from ingest.extract.grid import RECORD_TYPES
from ingest.extract.html import read_html
from ingest.extract.identity import guess_publisher, guess_title
from ingest.extract.json_lines import read_json_lines
from ingest.extract.mail import read_mail
from ingest.extract.markdown import read_markdown
from ingest.extract.ocr import Recognise
from ingest.extract.pdf import read_pdf
from ingest.extract.plain import read_plain
from ingest.extract.sniff import SUFFIXES as SUFFIXES
from ingest.extract.sniff import Kind, sniff_binary, sniff_text
from ingest.extract.workbook import read_workbook

_STRUCTURED = {"text/html", "text/markdown"}
_PAGED = {"application/pdf"}
MAX_BYTES = 50_000_000
MAX_CHARS = 20_000_000


def extract(content: bytes, path: Path, recognise: Recognise | None = None) -> Extracted:
    """Give the blocks of a file, boilerplate marked, and what the text tells of its title and publisher.

    The format is told from the bytes; the suffix parts kinds of text from one another, and a binary document under the
    name of another kind is refused. `recognise` reads scanned pages, which are left out without it.

    Raises:
        UnreadableDocument: the file is empty, too large, encrypted, damaged or has no content.
        UnsupportedFormat: no reader fits the bytes.
        CorpusError: its front matter cannot be read.
    """
    found = _read(content, path, recognise=recognise)
    structured = found.structured or found.media_type in _STRUCTURED
    paged = found.media_type in _PAGED
    is_content = found.media_type in RECORD_TYPES or any(b.note for b in found.blocks)
    marked = found.blocks if is_content else mark_boilerplate(found.blocks, structured=structured, paged=paged)
    if not any(b.kind not in {BlockKind.BOILERPLATE, BlockKind.HEADING} and any(map(str.isalnum, b.text)) for b in marked):
        raise UnreadableDocument(f"{path}: no content found, only headings or boilerplate; nothing was stored", Refusal.NO_TEXT)
    return Extracted(
        found.media_type,
        marked,
        found.title or guess_title(marked),
        found.publisher or guess_publisher(found.blocks),
        found.front,
        found.reading,
    )


def _read(content: bytes, path: Path, depth: int = 0, *, recognise: Recognise | None = None) -> Extracted:
    if not content.strip():
        raise UnreadableDocument(f"{path}: the file is empty; nothing was stored", Refusal.EMPTY)
    if len(content) > MAX_BYTES:
        raise UnreadableDocument(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; split it and ingest the parts", Refusal.TOO_LARGE)
    match sniff_binary(content, path):
        case Kind.PDF:
            return read_pdf(content, path, recognise)
        case Kind.DOCX:
            return read_docx(content, path)
        case Kind.WORKBOOK:
            return read_workbook(content, path)
    text, encoding = decode(content, path)
    if len(text) > MAX_CHARS:
        raise UnreadableDocument(f"{path}: more than {MAX_CHARS // 1_000_000} million characters; split it", Refusal.TOO_LARGE)
    found = _read_text(text, content, path, partial(read_mail, depth=depth, read=partial(_read, recognise=recognise)))
    return replace(found, reading=replace(found.reading, encoding=encoding)) if encoding else found


def _read_text(text: str, content: bytes, path: Path, read_message: Callable[[bytes, Path], Extracted]) -> Extracted:
    match sniff_text(text, path):
        case Kind.HTML:
            return read_html(text, is_page=True)
        case Kind.MAIL:
            return read_message(content, path)
        case Kind.DELIMITED:
            return read_delimited(text, path)
        case Kind.JSON_LINES:
            return read_json_lines(text, path)
        case Kind.MARKDOWN:
            return read_markdown(text)
        case _:
            return read_plain(text)
