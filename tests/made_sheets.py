"""Make workbooks for the tests, and change parts of them as no spreadsheet program would."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from ingest.documents import Document, DocumentText, Passage
from ingest.extract.blocks import Extracted, RawBlock, assemble
from ingest.split import split

SHEET = "xl/worksheets/sheet1.xml"
_ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:automatic-styles>
 <style:style style:name="off" style:family="table"><style:table-properties table:display="false"/></style:style>
 </office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"""

_MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry
 manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"""


def workbook(rows: Iterable[Sequence[Any]] = (), dress: Callable[[Worksheet], object] | None = None, title: str = "Edits") -> bytes:
    """Give an XLSX file with one sheet of `rows`, which `dress` may change."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if dress:
        dress(sheet)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def with_part(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """Give the same archive with the text of one part changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, change(old.read(item).decode()) if item == name else old.read(item))
    return held.getvalue()


def sheet_of(cells: str) -> bytes:
    """Give an XLSX file whose one sheet holds the rows written in `cells` as XML."""
    return with_part(workbook([["x"]]), SHEET, lambda xml: xml[: xml.index("<sheetData")] + f"<sheetData>{cells}</sheetData></worksheet>")


def open_document(tables: str) -> bytes:
    """Give an ODS file with the tables written in `tables` as XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", _ODS.format(tables=tables))
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
    return held.getvalue()


def shown(found: Extracted) -> list[tuple[str, str, str]]:
    """Give kind, text and place of each block."""
    return [(block.kind.value, block.text, block.place) for block in found.blocks]


def document_of(blocks: tuple[RawBlock, ...]) -> tuple[DocumentText, tuple[Passage, ...]]:
    """Give the document that the blocks make, and its passages."""
    text, spans, pages = assemble(blocks)
    document = Document("d-1", "", "Sheet", "", "", "", "", None, None, "all", "", "", "stated", "", "", "")
    source = DocumentText(document, text, spans, pages)
    return source, split(source)
