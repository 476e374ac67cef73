"""Readers, one per format; `extract` picks the one that fits the bytes."""

import re
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument, UnsupportedFormat
from ingest.boilerplate import mark_boilerplate
from ingest.documents import BlockKind
from ingest.extract.blocks import Extracted
from ingest.extract.grid import RECORD_TYPES
from ingest.extract.html import read_html
from ingest.extract.identity import guess_publisher, guess_title
from ingest.extract.markdown import read_markdown
from ingest.extract.pdf import read_pdf
from ingest.extract.plain import read_plain

SUFFIXES = (".md", ".markdown", ".txt", ".text", ".html", ".htm", ".pdf")
_STRUCTURED = {"text/html", "text/markdown"}
_PAGED = {"application/pdf"}
MAX_BYTES = 50_000_000
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def extract(content: bytes, path: Path) -> Extracted:
    """Give the blocks of a file, boilerplate marked, and what the text tells of its title and publisher.

    The format is told from the bytes; the suffix only parts Markdown from plain text.

    Raises:
        UnreadableDocument: the file is empty, too large, encrypted, damaged or has no content.
        UnsupportedFormat: no reader fits the bytes.
        CorpusError: its front matter cannot be read.
    """
    found = _read(content, path)
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


def _read(content: bytes, path: Path) -> Extracted:
    if not content.strip():
        raise UnreadableDocument(f"{path}: the file is empty; nothing was stored", Refusal.EMPTY)
    if len(content) > MAX_BYTES:
        raise UnreadableDocument(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; split it and ingest the parts", Refusal.TOO_LARGE)
    if b"%PDF-" in content[:1024]:
        return read_pdf(content, path)
    text = _decode(content, path)
    head = text[:2000].lower()
    if "<html" in head or "<!doctype html" in head or (path.suffix.lower() in {".html", ".htm"} and "<" in head):
        return read_html(text)
    return read_markdown(text) if path.suffix.lower() in {".md", ".markdown"} else read_plain(text)


def _decode(content: bytes, path: Path) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if _BINARY.search(content[:100_000]):
        kinds = ", ".join(SUFFIXES)
        raise UnsupportedFormat(f"{path}: binary file of a kind Codecite cannot read; it reads {kinds}", Refusal.UNKNOWN_TYPE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
