"""Turn rows of cells into blocks: title lines, tables with their header rows, and rows that can be read by themselves."""

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import BlockKind
from ingest.extract.blocks import RawBlock

RECORD_TYPES = frozenset(
    {
        "application/jsonl",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text/csv",
        "text/tab-separated-values",
    }
)  # files of rows and records, which carry no navigation or notices of a site: every row is content
MAX_ROWS = 200_000
MAX_COLUMNS = 512
_HEAD_ROWS = 10
_MAX_BARRED_COLUMNS = 20
_MAX_BARRED_CHARS = 600
_MAX_ROW_CHARS = 4_000
_PAIRED_HEADER_CHARS = 120
_HEADER_CELL_MAX_CHARS = 60
_LOOKAHEAD = 20
_SAMPLE = 200
_LEVELS = 3
_NO_HEADER = "(no header)"
_BAR = " | "
_DATUM = re.compile(
    r"[^A-Za-z]*\d[^A-Za-z]*|[+-]?[A-Z]\d[\dA-Z]{1,6}(?:\.\w{1,4})?|\d{4}[A-Z]|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}|TRUE|FALSE|#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_PROSE_END = (".", ";", "!")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as shown: its number in the file (from 1) and its cells from the first column on, "" where empty.

    `spread` holds the same cells with the words of a merged cell in every column that it covers, where a cell is merged.
    `opens` says that the file itself declares the row as the header of a table.
    """

    number: int
    cells: tuple[str, ...]
    spread: tuple[str, ...] = ()
    opens: bool = False


@dataclass(frozen=True, slots=True)
class _Header:
    """The header of a table: the words of each of its columns, and the rows that it stands in."""

    names: dict[int, str]
    first: int
    last: int


def check_size(rows: int, columns: int, path: Path) -> None:
    """Refuse a file with more rows or columns than are read.

    Raises:
        UnreadableDocument: over 200,000 rows or 512 columns.
    """
    if rows > MAX_ROWS + _HEAD_ROWS:
        advice = f"{rows:,} rows; at most {MAX_ROWS:,} are read: filter the file or split it and ingest the parts"
        raise UnreadableDocument(f"{path}: {advice}", Refusal.TOO_MANY_ROWS)
    if columns > MAX_COLUMNS:
        advice = f"{columns:,} columns; at most {MAX_COLUMNS} are read: delete those not needed and ingest it again"
        raise UnreadableDocument(f"{path}: {advice}", Refusal.TOO_MANY_ROWS)


Placer = Callable[[int, int, int, int], str]


def grid_blocks(rows: Sequence[Row], place: Placer) -> Iterator[RawBlock]:
    """Give the blocks of one sheet or file, each with its place; empty rows part its tables.

    `place` names the cells from row `first` to row `last` and from column `left` to column `right` (rows from 1, columns
    from 0). A table that goes on after an empty row keeps the header above it.
    """
    before: _Header | None = None
    for part in _parts(rows):
        used = sorted({column for row in part for column, cell in enumerate(row.cells) if cell})
        if len(used) == 1 and not _is_list(part, used[0]) and not (_goes_on(before, used) and _is_datum(part[0].cells[used[0]])):
            yield from (RawBlock(BlockKind.PARAGRAPH, r.cells[used[0]], place=place(r.number, r.number, used[0], used[0])) for r in part)
            continue
        lead = next((i for i, row in enumerate(part) if _filled(row) > 1), 0)
        height = _header_height(part[lead:], used, before)
        lead = 0 if not height and _goes_on(before, used) else lead
        for row in part[:lead]:
            column = next(i for i, cell in enumerate(row.cells) if cell)
            yield RawBlock(BlockKind.PARAGRAPH, row.cells[column], place=place(row.number, row.number, column, column))
        table = part[lead:]
        header = _header(table[:height], used) if height else before if _goes_on(before, used) else None
        before = header
        yield from _table(table[height:], used, header, place, is_new=height > 0)


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Give runs of neighbouring rows with words; a declared header starts a run of its own."""
    part: list[Row] = []
    for row in rows:
        if part and (row.opens or not any(row.cells)):
            yield part
            part = []
        if any(row.cells):
            part.append(row)
    if part:
        yield part


def _filled(row: Row) -> int:
    return sum(map(bool, row.cells))


def _is_list(part: Sequence[Row], column: int) -> bool:
    """Tell one column of codes or numbers below a word from lines of prose."""
    return len(part) > 1 and not _is_datum(part[0].cells[column]) and all(_is_datum(row.cells[column]) for row in part[1:_LOOKAHEAD])


def _is_datum(cell: str) -> bool:
    return bool(_DATUM.fullmatch(cell))


def _names_columns(row: Row) -> bool:
    """Tell a row of words alone; years may stand among them, for a fee schedule has a column for each."""
    cells = [cell for cell in row.cells if cell]
    words = [cell for cell in cells if not _is_datum(cell)]
    return bool(words) and all(_YEAR.fullmatch(cell) for cell in cells if _is_datum(cell))


def _header_height(table: Sequence[Row], used: Sequence[int], before: _Header | None) -> int:
    """Give how many rows at the top of a table are its header."""
    if table[0].opens:
        return 1
    if len(table) < 2 or not _names_columns(table[0]):
        return 0
    if not _followed_by_data(table, 1):
        return int(not _goes_on(before, used) and _looks_like_header(table))
    height = 1
    while height < _LEVELS and _completes(table, height, used):
        height += 1
    return height


def _followed_by_data(table: Sequence[Row], start: int) -> bool:
    return any(_is_datum(cell) for row in table[start : start + _LOOKAHEAD] for cell in row.cells)


def _looks_like_header(table: Sequence[Row]) -> bool:
    """Tell the header of a table whose cells are all words: short, each once, no sentence, as wide as the rows below."""
    cells = [cell for cell in table[0].cells if cell]
    brief = all(len(cell) <= _HEADER_CELL_MAX_CHARS and not cell.endswith(_PROSE_END) for cell in cells)
    return brief and len(set(cells)) == len(cells) and len(cells) >= max(map(_filled, table[1:_LOOKAHEAD]))


def _completes(table: Sequence[Row], height: int, used: Sequence[int]) -> bool:
    """Tell whether a row of words names columns that the header rows above it leave open or cover by a merged cell."""
    row, above = table[height], table[:height]
    if height + 1 >= len(table) or not _names_columns(row) or not _followed_by_data(table, height + 1):
        return False
    return any(_cell(row.cells, column) and not any(_cell(r.cells, column) for r in above) for column in used)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _header(rows: Sequence[Row], used: Sequence[int]) -> _Header:
    levels = [row.spread or row.cells for row in rows]
    words = {column: " ".join(dict.fromkeys(filter(None, (_cell(level, column) for level in levels)))) for column in used}
    return _Header({column: name for column, name in words.items() if name}, rows[0].number, rows[-1].number)


def _goes_on(before: _Header | None, used: Sequence[int]) -> bool:
    return before is not None and set(used) <= before.names.keys()


def _table(rows: Sequence[Row], used: Sequence[int], header: _Header | None, place: Placer, *, is_new: bool) -> Iterator[RawBlock]:
    columns = sorted(set(used) | set(header.names)) if header else list(used)
    left, right = columns[0], columns[-1]
    extra = [column for column in columns if header and column > max(header.names)]
    columns = [column for column in columns if column not in extra]
    names = [header.names.get(column, _NO_HEADER) if header else _NO_HEADER for column in columns] + [_NO_HEADER] * bool(extra)
    cells = [[_cell(row.cells, column) for column in columns] + _joined(row.cells, extra) for row in rows]
    paired = header is not None and _reads_better_in_pairs(names, cells)
    if header:
        where, brief = place(header.first, header.last, left, right), header_text(names, paired=paired)
        if is_new and brief != (whole := header_text(names, paired=False)):
            yield RawBlock(BlockKind.TABLE_HEADER, whole, place=where)
        yield RawBlock(BlockKind.TABLE_HEADER, brief, place=where)
    elif rows:
        yield RawBlock(BlockKind.TABLE_HEADER, _NO_HEADER, place=place(rows[0].number, rows[0].number, left, right))
    for row, shown in zip(rows, cells, strict=True):
        where = place(row.number, row.number, left, right)
        yield from (RawBlock(BlockKind.TABLE_ROW, text, place=where) for text in row_texts(names, shown, paired=paired))


def _joined(cells: Sequence[str], extra: Sequence[int]) -> list[str]:
    return ["; ".join(filter(None, (_cell(cells, column) for column in extra)))] if extra else []


def _reads_better_in_pairs(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell a table whose columns cannot be followed by eye: too many, or header and row together longer than a passage."""
    if len(names) > _MAX_BARRED_COLUMNS:
        return True
    typical = statistics.median(len(_BAR.join(row)) for row in rows[:_SAMPLE]) if rows else 0
    return len(_BAR.join(names)) + typical > _MAX_BARRED_CHARS and len(names) > 1


def header_text(names: Sequence[str], *, paired: bool) -> str:
    """Give the words of a header; where each row names its columns, the first of them only."""
    if not paired:
        return _BAR.join(names)
    shown = names[0]
    for name in names[1:]:
        if len(shown) + len(_BAR) + len(name) > _PAIRED_HEADER_CHARS:
            break
        shown += _BAR + name
    return shown


def row_texts(names: Sequence[str], cells: Sequence[str], *, paired: bool) -> Iterator[str]:
    """Give the text of a row: one line, or several that each begin with its first cell, where one would be over 4,000 characters."""
    shown = [f"{name}: {cell}" for name, cell in zip(names, cells, strict=True) if cell] if paired else list(cells)
    while shown and not shown[-1]:
        shown.pop()
    line = _BAR.join(shown).lstrip()
    if len(line) <= _MAX_ROW_CHARS:
        yield line
        return
    key = shown[0] if len(shown) > 1 and len(shown[0]) <= _HEADER_CELL_MAX_CHARS * 2 else ""
    pieces = [piece for cell in shown[bool(key) :] if cell for piece in _pieces(cell)]
    current = key
    for piece in pieces:
        if current != key and len(current) + len(_BAR) + len(piece) > _MAX_ROW_CHARS:
            yield current
            current = key
        current = f"{current}{_BAR}{piece}" if current else piece
    yield current


def _pieces(cell: str) -> Iterator[str]:
    """Cut a cell that is too long for one row, at spaces where it has some."""
    room = _MAX_ROW_CHARS // 2
    while len(cell) > room:
        at = cell.rfind(" ", room // 2, room)
        at = room if at < 0 else at
        yield cell[:at]
        cell = cell[at:].lstrip()
    yield cell
