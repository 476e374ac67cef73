"""A table as a file for a spreadsheet program, in which no cell is ever a formula. Pure: values in, bytes out."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

CSV_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet program take a cell for a formula, in full width too (OWASP, CSV injection)."""
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MOST_CELL_CHARS = 32_767


def to_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> bytes:
    """Give a workbook of one sheet; every cell is text, so that codes such as 00100, -25 and +99417 stay as they are."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in (header, *rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, _UNWRITABLE.sub("", value)[:_MOST_CELL_CHARS])
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Give UTF-8 with a mark that spreadsheet programs know; a cell that could be a formula begins with an apostrophe.

    Every cell is in quotes, so that a program that parts cells at other signs than commas makes no new cell of what follows one.
    """
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([[_harmless(value) for value in row] for row in (header, *rows)])
    return content.getvalue().encode("utf-8-sig", errors="replace")


def _harmless(value: str) -> str:
    return f"'{value}" if value.lstrip(" \u00a0\ufeff").startswith(CSV_RISKY) else value
