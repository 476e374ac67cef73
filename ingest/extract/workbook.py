"""Read workbooks (XLSX, XLSB, XLS, ODS): every sheet as its reader sees it, each row with the cells that it stands in."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.parsers import expat

from corpus.errors import Refusal, UnreadableDocument
from ingest.canonical import canonical
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.grid import Row, check_size, grid_blocks
from ingest.extract.number_format import GENERAL, UNSEEN, Value, shown
from ingest.extract.open_sheet import read_open_sheets
from ingest.extract.sheet_layout import Layout, LeftOut, Sheet, column_letters, read_formats, read_layout, read_title, sheet_parts

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
OLD = "application/vnd.ms-excel"
OPEN = "application/vnd.oasis.opendocument.spreadsheet"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0"
"""How a file of the old kind starts, and any file that is encrypted."""
_MARKS = {OFFICE: "xl/workbook.xml", BINARY: "xl/workbook.bin", OPEN: "content.xml"}
_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|[RrCc]|TRUE|FALSE", re.IGNORECASE)
_LISTED = 5
_MISFITS = (ValueError, LookupError, EOFError, OSError, RuntimeError)  # what the readers of zip and XML raise on odd bytes
_MAX_CELLS = 20_000_000


def read_workbook(content: bytes, path: Path) -> Extracted:
    """Give the blocks of a workbook: a heading per sheet, then its tables row by row, placed as in `Edits!A12:F12`.

    Hidden sheets, rows, columns and words are left out and told of, as are formulas without a stored value.

    Raises:
        UnreadableDocument: the workbook is encrypted, damaged, without words, or over 200,000 rows or 512 columns.
    """
    from python_calamine import CalamineError, PasswordError, load_workbook

    if content.startswith(OLE) and _ENCRYPTED in content:
        raise _encrypted(path)
    try:
        if not content.startswith(OLE):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                media_type, title = find_kind(archive) or OPEN, read_title(archive)
                if media_type == OPEN:
                    return _joined(read_open_sheets(archive, path), path, Extracted(OPEN, (), title or path.stem))
                layouts, formats = _layouts(archive, path) if media_type == OFFICE else ({}, ())
        else:
            media_type, title, layouts, formats = OLD, "", {}, ()
        with load_workbook(io.BytesIO(content), load_tables=media_type == OFFICE) as book:
            return _joined(_sheets(book, path, layouts, formats), path, Extracted(media_type, (), title or path.stem))
    except PasswordError as error:
        raise _encrypted(path) from error
    except (CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, expat.ExpatError, *_MISFITS) as error:
        raise UnreadableDocument(
            f"{path}: damaged workbook; open it in a spreadsheet program, save it and retry", Refusal.DAMAGED
        ) from error


def _encrypted(path: Path) -> UnreadableDocument:
    return UnreadableDocument(f"{path}: encrypted workbook; remove the password and ingest it again", Refusal.ENCRYPTED)


def find_kind(archive: zipfile.ZipFile) -> str:
    """Give the media type of a zipped workbook by the part that tells its kind, "" where it has none."""
    names = set(archive.namelist())
    return next((kind for kind, part in _MARKS.items() if part in names), "")


def _layouts(archive: zipfile.ZipFile, path: Path) -> tuple[dict[str, Layout], tuple[str, ...]]:
    """Give the layout of each sheet of an XLSX, and the formats; sizes are checked before any value is read."""
    formats = read_formats(archive)
    parts = {name: part for name, part in sheet_parts(archive).items() if "/chartsheets/" not in f"/{part}"}
    layouts = {name: read_layout(archive, part, formats) for name, part in parts.items()}
    for layout in layouts.values():
        check_size(layout.rows, layout.right + 1, path)
        _check_area((layout.bottom + 1) * (layout.right + 1), path)
    return layouts, formats


def _check_area(cells: int, path: Path) -> None:
    if cells > _MAX_CELLS:
        advice = f"a sheet spreads over {cells:,} cells; at most {_MAX_CELLS:,} are read: delete cells far from the table or split it"
        raise UnreadableDocument(f"{path}: {advice}", Refusal.TOO_MANY_ROWS)


def _sheets(book: "CalamineWorkbook", path: Path, layouts: dict[str, Layout], formats: tuple[str, ...]) -> Iterator[Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    heads = _table_heads(book)
    for about in (about for about in book.sheets_metadata if about.typ == SheetTypeEnum.WorkSheet):
        left, sheet = LeftOut(), book.get_sheet_by_name(about.name)
        check_size(0, sheet.width, path)
        reader = _SheetReader(layouts.get(about.name, Layout()), formats, heads.get(about.name, frozenset()), left)
        yield Sheet(about.name, about.visible == SheetVisibleEnum.Visible, list(reader.rows(sheet)), left)


def _joined(sheets: Iterable[Sheet], path: Path, empty: Extracted) -> Extracted:
    """Give the blocks of the sheets that are seen, and what was read and left out of all."""
    blocks: list[RawBlock] = []
    notes: list[str] = []
    rows = skipped = hidden_chars = 0
    for sheet in sheets:
        name, count = canonical(sheet.name), sum(any(row.cells) for row in sheet.rows)
        rows += count if sheet.is_visible else 0
        check_size(rows + skipped, 0, path)
        if sheet.is_visible:
            notes += _notes(name, sheet.left)
            blocks += _sheet_blocks(name, sheet.rows)
        else:
            notes.append(f"hidden sheet “{name}” left out ({_counted(count, 'row')})")
            skipped += count
            hidden_chars += sum(len(cell) for row in sheet.rows for cell in row.cells)
        skipped += len(sheet.left.rows)
        hidden_chars += sheet.left.chars
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise UnreadableDocument(f"{path}: no visible cell holds words; nothing was stored", Refusal.NO_TEXT)
    if empty.media_type in {OLD, BINARY}:
        notes.append(
            "number formats, hidden rows and hidden columns are not told by this kind of file; save it as XLSX to have them heeded"
        )
    read = len({block.place for block in blocks if block.kind is BlockKind.TABLE_ROW})
    reading = Reading(rows=read, rows_skipped=skipped, hidden_chars=hidden_chars, notes=tuple(notes))
    return Extracted(empty.media_type, tuple(blocks), empty.title, reading=reading, structured=True)


def _table_heads(book: "CalamineWorkbook") -> dict[str, frozenset[tuple[int, int, str]]]:
    """Give, by sheet, where each defined table has its first column head: row, column, words."""
    heads: dict[str, set[tuple[int, int, str]]] = {}
    for table in (book.get_table_by_name(name) for name in _table_names(book)):
        if table.columns and table.start:
            heads.setdefault(table.sheet, set()).add((table.start[0] - 1, table.start[1], _squash(table.columns[0])))
    return {name: frozenset(found) for name, found in heads.items()}


def _table_names(book: "CalamineWorkbook") -> list[str]:
    from python_calamine import TablesNotLoaded, TablesNotSupported

    try:
        return book.table_names or []
    except (TablesNotLoaded, TablesNotSupported):
        return []


@dataclass(slots=True)
class _SheetReader:
    """Reads the rows of one sheet as they are shown, and keeps in `left` what is not."""

    layout: Layout
    formats: tuple[str, ...]
    heads: frozenset[tuple[int, int, str]]
    left: LeftOut
    merges: dict[int, list[tuple[int, int, bool]]] = field(default_factory=dict)

    def rows(self, sheet: "CalamineSheet") -> Iterator[Row]:
        """Give the rows with words, and one empty row for each run of rows without."""
        if sheet.start is None or sheet.end is None:
            return
        offset, bottom = sheet.start[1], sheet.end[0]
        self._read_merges(sheet, bottom)
        opening, parted = {row for row, _, _ in self.heads}, True
        for number, values in enumerate(sheet.iter_rows()):
            row = self._row(number, offset, values)
            if any(row.cells) and number in self.layout.hidden_rows:
                self.left.rows.append(number)
                self.left.chars += sum(map(len, row.cells))
            elif any(row.cells) or not (parted or number in self.layout.hidden_rows):
                parted = not any(row.cells)
                yield replace(row, opens=True) if number in opening and self._opens(number, row) else row

    def _opens(self, number: int, row: Row) -> bool:
        return any(at == number and column < len(row.cells) and row.cells[column] == words for at, column, words in self.heads)

    def _read_merges(self, sheet: "CalamineSheet", bottom: int) -> None:
        for (top, left), (low, right) in sheet.merged_cell_ranges or ():
            for row in range(top, min(low, bottom) + 1):
                self.merges.setdefault(row, []).append((left, right, row == top))

    def _row(self, number: int, offset: int, values: Sequence[Value]) -> Row:
        cells = [""] * offset + [_squash(value) if isinstance(value, str) else shown(value) for value in values]
        for column, words in self.layout.errors.get(number, {}).items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = words
        for cell in self.layout.shapes.get(number, ()):
            self._restyle(cells, values, offset, cell)
        spread = self._merge(number, cells) if number in self.merges else ()
        for column in self.layout.hidden_columns:
            if column < len(cells) and cells[column]:
                self.left.columns.add(column)
                self._drop(cells, column)
        return Row(number + 1, tuple(cells), spread)

    def _restyle(self, cells: list[str], values: Sequence[Value], offset: int, cell: tuple[int, int, bool]) -> None:
        column, style, is_formula = cell
        pattern = self.formats[style] if style < len(self.formats) else GENERAL
        if column >= len(cells) or not cells[column]:
            self.left.unstored += is_formula
        elif pattern == UNSEEN:
            self.left.unseen += 1
            self._drop(cells, column)
        elif not isinstance(value := values[column - offset] if column - offset < len(values) else "", str):
            cells[column] = _squash(shown(value, pattern))

    def _merge(self, number: int, cells: list[str]) -> tuple[str, ...]:
        """Keep the words of a merged cell at its top left alone; give the row with them in each column that it covers."""
        spread = list(cells)
        for left, right, is_top in self.merges[number]:
            words = cells[left] if is_top and left < len(cells) else ""
            for column in range(left, min(right + 1, len(cells))):
                spread[column] = words
                if not (is_top and column == left):
                    self._drop(cells, column)
        return tuple(spread)

    def _drop(self, cells: list[str], column: int) -> None:
        self.left.chars += len(cells[column])
        cells[column] = ""


def _squash(words: str) -> str:
    return " ".join(words.split())


def _notes(name: str, left: LeftOut) -> Iterator[str]:
    if left.rows:
        yield f"sheet “{name}”: hidden rows left out ({_listed([str(row + 1) for row in left.rows])})"
    if left.columns:
        yield f"sheet “{name}”: hidden columns left out ({_listed([column_letters(column) for column in sorted(left.columns)])})"
    if left.unseen:
        yield f"sheet “{name}”: {_counted(left.unseen, 'cell')} that nobody sees left out (white on white, under two points, or shown as nothing)"
    if left.unstored:
        yield f"sheet “{name}”: {_counted(left.unstored, 'formula')} without a stored value left out; save the workbook in a spreadsheet program"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")


def _sheet_blocks(name: str, rows: Sequence[Row]) -> Iterator[RawBlock]:
    if not rows:
        return
    sheet = quoted_sheet(name)

    def place(first: int, last: int, left: int, right: int) -> str:
        start, end = f"{column_letters(left)}{first}", f"{column_letters(right)}{last}"
        return f"{sheet}!{start}" if start == end else f"{sheet}!{start}:{end}"

    yield RawBlock(BlockKind.HEADING, name, 1, place=sheet)
    yield from grid_blocks(rows, place)


def quoted_sheet(name: str) -> str:
    """Give the name of a sheet as a reference writes it: in quotes where it is not one plain word."""
    if _PLAIN_NAME.fullmatch(name) and not _LIKE_A_CELL.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"
