"""Find ruled tables on a PDF page: pdfplumber joins ruling lines to cells, words are filled in by whoever reads the page."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.extract.pdf_objects import Box
from ingest.extract.pdf_words import rejoin

Rule = tuple[float, float, float, float]
_TOLERANCE = 3
_MAX_RULES = 1_500
_MAX_CELL_CHARS = 1_500
_MAX_COLUMNS = 40
"""More are the paper of a graph."""


@dataclass(slots=True)
class Table:
    """A table at `box`; `rows` hold the boxes of their cells from left to right, `words` what is written in each."""

    box: Box
    page: int
    rows: list[list[Box]]
    words: dict[Box, list[str]] = field(default_factory=dict)
    ruled: bool = True
    head: str = ""
    """The row that names its columns, of a table that goes on that of its first page."""

    @property
    def columns(self) -> tuple[float, ...]:
        """Where the columns begin, in points from the left."""
        return tuple(sorted({cell[0] for row in self.rows for cell in row}))

    def cell_at(self, x: float, y: float) -> Box | None:
        """Give the cell that holds a point."""
        if not _holds(self.box, x, y):
            return None
        begun = (row for row in reversed(self.rows) if row[0][3] >= y)
        return next((cell for row in begun for cell in row if _holds(cell, x, y)), None)

    def lines(self) -> list[list[str]]:
        """Give the cells of each row with words; a cell merged over rows speaks in the first, one merged over columns once."""
        columns = self.columns
        found = [self._line(row, columns) for row in self.rows]
        return [cells for cells in found if any(cells)]

    def reads_as_table(self) -> bool:
        """Tell a table from a frame around prose: two rows and two columns with words, no cell as long as a page."""
        lines = self.lines()
        wide = sum(1 for cells in lines if sum(map(bool, cells)) > 1)
        return len(lines) > 1 and wide > 1 and max(len(cell) for cells in lines for cell in cells) <= _MAX_CELL_CHARS

    def _line(self, row: list[Box], columns: tuple[float, ...]) -> list[str]:
        cells: list[str] = []
        reached = self.box[0]
        for cell in row:
            cells += [""] * _between(columns, reached, cell[0])
            cells.append(rejoin("".join(self.words.get(cell, ())).splitlines()))
            reached = cell[2]
        return cells + [""] * _between(columns, reached, self.box[2])


def _between(columns: tuple[float, ...], left: float, right: float) -> int:
    """Count the columns that begin in a stretch: they are taken by cells of the rows above."""
    return sum(1 for column in columns if left - _TOLERANCE <= column < right - _TOLERANCE)


def find_tables(rules: list[Rule], page: int) -> list[Table]:
    """Give the tables that upright and level lines (display coordinates, y upwards) draw, none below two rows and columns."""
    if len(rules) < 4 or not (any(x0 == x1 for x0, _, x1, _ in _snapped(rules)) and any(y0 == y1 for _, y0, _, y1 in _snapped(rules))):
        return []
    from pdfplumber.table import cells_to_tables, edges_to_intersections, merge_edges

    edges = merge_edges([_edge(rule) for rule in dict.fromkeys(_snapped(rules))], *(_TOLERANCE,) * 4)
    if len(edges) > _MAX_RULES:
        return []
    crossings = edges_to_intersections(edges, _TOLERANCE, _TOLERANCE)
    tables = [_table([_upright(cell) for cell in group], page) for group in cells_to_tables(_cells(crossings))]
    return [table for table in tables if len(table.rows) > 1 and 1 < len(table.columns) <= _MAX_COLUMNS]


def has_header(table: Table, first_row: list[str]) -> bool:
    """Tell whether a first row names the columns: a row of content names a code in its first cell.

    Without rules to show that it is a table, a row with figures or with labels that end in a colon is content, too.
    """
    if find_codes(canonical(first_row[0])):
        return False
    return table.ruled or not any(cell.endswith(":") or any(map(str.isdigit, cell)) for cell in first_row)


def continues(table: Table, before: Table) -> bool:
    """Tell whether a table at the top of a page goes on with the one at the foot of the page before: its columns stand alike."""
    pairs = zip(table.columns, before.columns, strict=False)
    return len(table.columns) == len(before.columns) and all(abs(one - other) <= _TOLERANCE for one, other in pairs)


def _snapped(rules: list[Rule]) -> list[Rule]:
    """Give each line exactly level or upright."""
    return [
        (x0, (y0 + y1) / 2, x1, (y0 + y1) / 2) if x1 - x0 >= y1 - y0 else ((x0 + x1) / 2, y0, (x0 + x1) / 2, y1) for x0, y0, x1, y1 in rules
    ]


def _edge(rule: Rule) -> dict[str, Any]:
    """Give a line in the form that pdfplumber takes: `top` counts downwards."""
    x0, y0, x1, y1 = rule
    kind = "h" if y0 == y1 else "v"
    return {
        "x0": x0, "x1": x1, "top": -y1, "bottom": -y0, "width": x1 - x0, "height": y1 - y0, "orientation": kind, "object_type": "line",
    }  # fmt: skip


def _cells(crossings: dict[tuple[float, float], dict[str, list[dict[str, Any]]]]) -> list[Box]:
    """Give the smallest cell below and to the right of each crossing, as pdfplumber does, which takes the square of the time."""
    upright = {point: {id(edge) for edge in edges["v"]} for point, edges in crossings.items()}
    level = {point: {id(edge) for edge in edges["h"]} for point, edges in crossings.items()}
    below: dict[float, list[float]] = defaultdict(list)
    right: dict[float, list[float]] = defaultdict(list)
    for x, y in sorted(crossings):
        below[x].append(y)
        right[y].append(x)

    def cell(x: float, y: float) -> Box | None:
        for bottom in below[x][bisect_right(below[x], y) :]:
            if not upright[x, y] & upright[x, bottom]:
                return None
            for end in right[y][bisect_right(right[y], x) :]:
                if not level[x, y] & level[end, y]:
                    break
                if upright.get((end, bottom), set()) & upright[end, y] and level[end, bottom] & level[x, bottom]:
                    return x, y, end, bottom
        return None

    return [found for x, y in sorted(crossings) if (found := cell(x, y))]


def _upright(cell: tuple[float, float, float, float]) -> Box:
    x0, top, x1, bottom = cell
    return x0, -bottom, x1, -top


def _table(cells: list[Box], page: int) -> Table:
    box = min(c[0] for c in cells), min(c[1] for c in cells), max(c[2] for c in cells), max(c[3] for c in cells)
    tops = sorted({cell[3] for cell in cells}, reverse=True)
    return Table(box, page, [sorted(cell for cell in cells if cell[3] == top) for top in tops])


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
