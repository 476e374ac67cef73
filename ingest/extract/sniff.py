"""Tell what a file is by its bytes, whatever its name says."""

import json
import re
from enum import StrEnum
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument, UnsupportedFormat
from ingest.extract.archive_limits import member_names


class Kind(StrEnum):
    """The kinds of file that a reader exists for."""

    PDF = "PDF"
    DOCX = "DOCX"
    WORKBOOK = "workbook"
    MAIL = "mail"
    HTML = "HTML"
    DELIMITED = "CSV or TSV"
    JSON_LINES = "JSON Lines"
    MARKDOWN = "Markdown"
    TEXT = "text"


SUFFIXES: dict[str, Kind] = {
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".xlsx": Kind.WORKBOOK,
    ".xlsm": Kind.WORKBOOK,
    ".xlsb": Kind.WORKBOOK,
    ".xls": Kind.WORKBOOK,
    ".ods": Kind.WORKBOOK,
    ".eml": Kind.MAIL,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".csv": Kind.DELIMITED,
    ".tsv": Kind.DELIMITED,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".json": Kind.JSON_LINES,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
}
"""What a name promises; folders are searched for files of these suffixes."""

_BINARY_KINDS = {Kind.PDF, Kind.DOCX, Kind.WORKBOOK}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF = b"{\\rtf"
_OLD_WORKBOOK = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book", "EncryptedPackage"))
_MAIL_FIELD = re.compile(
    r"(?:From|To|Date|Subject|Received|MIME-Version|Message-ID|Return-Path|Reply-To|Cc|Content-Type): ?\S", re.IGNORECASE
)
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
_LEAST_FIELDS = 2
_HEAD = 4_000


def sniff_binary(content: bytes, path: Path) -> Kind | None:
    """Give the kind of a binary document, None where the bytes are text or of no kind that is known.

    Raises:
        UnreadableDocument: it is an archive over the limits, damaged, or another kind of document than its name says.
        UnsupportedFormat: it is a kind that no reader exists for.
    """
    kind = _by_magic(content, path)
    promised = SUFFIXES.get(path.suffix.lower())
    if kind and promised in _BINARY_KINDS and kind is not promised:
        raise UnreadableDocument(
            f"{path}: a {kind} file under the name of a {promised} file; give it its right name and retry", Refusal.TYPE_MISMATCH
        )
    return kind


def sniff_text(text: str, path: Path) -> Kind:
    """Give the kind of a text: what it looks like, else what its name says, else plain text.

    Raises:
        UnreadableDocument: its name promises a binary document.
    """
    promised = SUFFIXES.get(path.suffix.lower())
    if promised in _BINARY_KINDS:
        told = f"no {promised} file but text; it may be damaged or misnamed: save it again from its source and retry"
        raise UnreadableDocument(f"{path}: {told}", Refusal.TYPE_MISMATCH)
    if _is_mail(text):  # before HTML, which may be what the message holds
        return Kind.MAIL
    head = text[:_HEAD].lower()
    if "<html" in head or "<!doctype html" in head or (promised is Kind.HTML and "<" in head):
        return Kind.HTML
    if promised is Kind.JSON_LINES and text.lstrip()[:1] in "{[":
        return Kind.JSON_LINES
    if promised is Kind.DELIMITED:
        return Kind.DELIMITED
    if promised is None and _is_json_lines(text):
        return Kind.JSON_LINES
    return Kind.MARKDOWN if promised is Kind.MARKDOWN else Kind.TEXT


def _by_magic(content: bytes, path: Path) -> Kind | None:
    if b"%PDF-" in content[:1024]:
        return Kind.PDF
    if content.startswith(_OLE):
        return _of_ole(content, path)
    if content.startswith(_RTF):
        raise UnsupportedFormat(f"{path}: rich text (RTF); save it as .docx or PDF and retry", Refusal.UNKNOWN_TYPE)
    return _of_zip(content, path) if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def _of_ole(content: bytes, path: Path) -> Kind:
    if any(name in content for name in _OLD_WORKBOOK):
        return SUFFIXES.get(path.suffix.lower(), Kind.WORKBOOK) if _OLD_WORKBOOK[2] in content else Kind.WORKBOOK
    raise UnsupportedFormat(f"{path}: an old Office or Outlook file; save it as .docx, .xlsx or .eml and retry", Refusal.UNKNOWN_TYPE)


def _of_zip(content: bytes, path: Path) -> Kind:
    names = member_names(content, path)
    if "word/document.xml" in names:
        return Kind.DOCX
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or ("mimetype" in names and b"opendocument.spreadsheet" in content[:200]):
        return Kind.WORKBOOK
    raise UnsupportedFormat(
        f"{path}: an archive or a kind of document that is not read; unpack it, or save it as PDF", Refusal.UNKNOWN_TYPE
    )


def _is_mail(text: str) -> bool:
    """Tell a message: it opens with fields of mail, and nothing else before the first empty line."""
    head, ended, _ = text[:_HEAD].replace("\r\n", "\n").lstrip("\n").partition("\n\n")
    lines = head.split("\n") if ended else head.split("\n")[:-1]
    fields = [line for line in lines if line and not line[0].isspace()]
    return all(_FIELD.match(line) for line in fields) and sum(bool(_MAIL_FIELD.match(line)) for line in fields) >= _LEAST_FIELDS


def _is_json_lines(text: str) -> bool:
    first = text.lstrip().split("\n", 1)[0]
    try:
        return first.startswith("{") and isinstance(json.loads(first), dict)
    except ValueError:
        return False
