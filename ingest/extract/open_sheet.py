"""Read the sheets of an OpenDocument spreadsheet (ODF 1.3 part 3, section 9), whose cells keep the text that they show."""

import zipfile
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

from ingest.extract.grid import Row, check_size
from ingest.extract.number_format import shown
from ingest.extract.sheet_layout import LeftOut, Sheet, refuse_doctype

_CHUNK = 1 << 20
_MAX_COLUMNS = 1 << 14
_HIDDEN = {"collapse", "filter"}
_CELLS = {"table-cell", "covered-table-cell"}
_BREAKS = {"p", "s", "tab", "line-break"}
_ASIDE = {"annotation", "shapes", "tracked-changes"}


def read_open_sheets(archive: zipfile.ZipFile, path: Path) -> list[Sheet]:
    """Give the sheets of an ODS file, hidden rows and columns left out.

    Raises:
        UnreadableDocument: over 200,000 rows or 512 columns.
        expat.ExpatError: the XML is damaged or declares a document type.
    """
    reader = _Reader(path)
    with archive.open("content.xml") as stream:
        while chunk := stream.read(_CHUNK):
            reader.parser.Parse(chunk, False)
        reader.parser.Parse(b"", True)
    return reader.sheets


class _Reader:
    """Collects sheets from the tags of `content.xml`; what is repeated by a number is repeated only where it holds words."""

    def __init__(self, path: Path) -> None:
        self.sheets: list[Sheet] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add
        self.parser.StartDoctypeDeclHandler = refuse_doctype
        self._path = path
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._hidden_columns: set[int] = set()
        self._columns = self._number = self._rows = 0
        self._row: dict[str, str] = {}
        self._cell: dict[str, str] = {}
        self._cells: list[str] = []
        self._spread: dict[int, str] = {}
        self._column = self._aside = 0
        self._words: list[str] | None = None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name, given = _local(tag), {_local(key): value for key, value in attributes.items()}
        if name == "style":
            self._style = given.get("name", "")
        elif name == "table-properties" and given.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif name in _ASIDE:
            self._aside += 1
        elif name == "table" and not self._aside:
            self.sheets.append(Sheet(given.get("name", ""), given.get("style-name", "") not in self._hidden_styles, [], LeftOut()))
            self._columns = self._number = 0
            self._hidden_columns = set()
        elif name == "table-column":
            last = min(self._columns + _repeats(given, "columns"), _MAX_COLUMNS)
            self._hidden_columns |= set(range(self._columns, last)) if given.get("visibility") in _HIDDEN else set()
            self._columns = last
        elif name == "table-row":
            self._row, self._cells, self._spread, self._column = given, [], {}, 0
        elif name in _CELLS:
            self._cell, self._words = given, []
        elif name in _BREAKS:
            self._add(" ")

    def _add(self, words: str) -> None:
        if self._words is not None and not self._aside:
            self._words.append(words)

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name in _ASIDE:
            self._aside -= 1
        elif name in _CELLS:
            self._close_cell(covered=name != "table-cell")
        elif name == "table-row" and self.sheets:
            self._close_row()

    def _close_cell(self, *, covered: bool) -> None:
        words = _shown(self._cell, " ".join("".join(self._words or ()).split()))
        left, first, count = self.sheets[-1].left, self._column, _repeats(self._cell, "columns")
        self._column, self._words = first + count, None
        left.unstored += not words and not covered and "formula" in self._cell
        if not words:
            return
        if covered or (first in self._hidden_columns):
            left.chars += len(words) * min(count, _MAX_COLUMNS)
            left.columns |= set() if covered else {first}
            return
        check_size(0, first + count, self._path)
        self._cells += [""] * (first - len(self._cells)) + [words] * count
        spanned = self._cell.get("number-columns-spanned", "1")
        if int(spanned) > 1:
            self._spread |= dict.fromkeys(range(first, first + min(int(spanned), _MAX_COLUMNS)), words)

    def _close_row(self) -> None:
        sheet, first, count = self.sheets[-1], self._number, _repeats(self._row, "rows")
        self._number = first + count
        if self._row.get("visibility") in _HIDDEN:
            self._count(count if self._cells else 0)
            sheet.left.rows += range(first, first + count) if self._cells else ()
            sheet.left.chars += sum(map(len, self._cells)) * count
        elif self._cells:
            self._count(count)
            cells = tuple(self._cells)
            spread = tuple(self._spread.get(n, cells[n] if n < len(cells) else "") for n in range(max([len(cells) - 1, *self._spread]) + 1))
            sheet.rows.extend(Row(number + 1, cells, spread) for number in range(first, first + count))
        elif sheet.rows and any(sheet.rows[-1].cells):
            sheet.rows.append(Row(first + 1, ()))

    def _count(self, rows: int) -> None:
        self._rows += rows
        check_size(self._rows, 0, self._path)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _repeats(given: dict[str, str], what: str) -> int:
    return max(1, int(given.get(f"number-{what}-repeated", "1")))


def _shown(cell: dict[str, str], words: str) -> str:
    """Give dates and truth values as everywhere, all else as the sheet shows it."""
    kind = cell.get("value-type", "")
    if kind == "date" and "date-value" in cell:
        return shown(datetime.fromisoformat(cell["date-value"]))
    if kind == "boolean":
        return cell.get("boolean-value", words).upper()
    return words or (shown(float(cell["value"])) if "value" in cell else "")
