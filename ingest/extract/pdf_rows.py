"""Find tables without rules on a PDF page: lines with wide gaps whose pieces stand below one another."""

from collections.abc import Sequence
from itertools import takewhile

from ingest.extract.pdf_objects import Box
from ingest.extract.pdf_page import Line
from ingest.extract.pdf_tables import Table

_MIN_ROWS = 3
_ALIGNED = 4.0
_ROW_STEP = 3.0
_LINE_STEP = 1.7
_LEVEL = 0.3
_LEADERS = "...."
_Row = list[list[str]]
"""The lines of each cell."""


def with_rows(parts: list[Line | Table], page: int) -> list[Line | Table]:
    """Give the parts of a page, lines that make a table in columns put together to one."""
    found: list[Line | Table] = []
    place = 0
    while place < len(parts):
        table, taken = _table_at(parts[place:], page)
        found += [table] if table else [parts[place]]
        place += taken if table else 1
    return found


def _table_at(parts: Sequence[Line | Table], page: int) -> tuple[Table | None, int]:
    """Give the table that begins with the first part, and of how many parts it is made.

    Columns begin as in the first line or, where a header is set otherwise, as in the second.
    """
    if not isinstance(parts[0], Line) or not parts[0].gapped:
        return None, 0
    lines = [part for part in takewhile(lambda part: isinstance(part, Line), parts) if isinstance(part, Line)]
    columns = [_starts(line) for line in lines[:2]]
    tried = [_table_of(lines, starts, page) for starts in dict.fromkeys(columns) if len(starts) == len(columns[0])]
    return max(tried, key=lambda found: found[1])


def _table_of(lines: list[Line], starts: tuple[float, ...], page: int) -> tuple[Table | None, int]:
    rows: list[_Row] = []
    tops: list[Box] = []
    taken, low = 0, 0.0
    for line in lines:
        columns = list(range(len(starts))) if not taken else _columns(line, starts)
        step = low - line.box[1]
        if not rows or (line.gapped and columns[:1] == [0] and 0 < step <= _ROW_STEP * line.size):
            rows.append([[] for _ in starts])
            tops.append(line.box)
        elif not _goes_on(line, columns, tops[-1], step) or (step < 0 and any(rows[-1][column] for column in columns)):
            break
        for column, piece in zip(columns, line.pieces, strict=True):
            rows[-1][column].append(piece.strip())
        taken, low = taken + 1, line.box[1] if step > 0 or not taken else low
    if len(rows) < _MIN_ROWS or sum(_LEADERS in piece for row in rows for cell in row for piece in cell) * 2 > len(rows):
        return None, 0
    return _filled(rows, tops, starts, max(line.box[2] for line in lines[:taken]), page), taken


def _goes_on(line: Line, columns: list[int], top: Box, step: float) -> bool:
    """Tell whether a line belongs to cells of the row at `top`, none of them the first: below its lines, or level with it."""
    level = abs(line.box[1] - top[1]) <= _LEVEL * line.size
    return bool(columns) and columns[0] > 0 and (level or 0 < step <= _LINE_STEP * line.size)


def _starts(line: Line) -> tuple[float, ...]:
    return (line.box[0], *(begin for _, begin in line.gaps))


def _columns(line: Line, starts: tuple[float, ...]) -> list[int]:
    """Give the columns in which the pieces of a line begin, none where one begins elsewhere."""
    near = [[n for n, start in enumerate(starts) if abs(start - begin) <= _ALIGNED] for begin in _starts(line)]
    return [found[0] for found in near] if all(near) else []


def _filled(rows: list[_Row], tops: list[Box], starts: tuple[float, ...], right: float, page: int) -> Table:
    edges = (*starts, right + 1)
    boxes = [[(edges[n], box[1], edges[n + 1], box[3]) for n in range(len(starts))] for box in tops]
    words = {cell: ["\n".join(lines)] for row, cells in zip(rows, boxes, strict=True) for lines, cell in zip(row, cells, strict=True)}
    return Table((starts[0], tops[-1][1], right + 1, tops[0][3]), page, boxes, words, ruled=False)
