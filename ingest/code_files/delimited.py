"""Read tables with tabs or commas below title lines and a header of one or several lines."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_LOOKED_AT = 60
_FEWEST_CELLS = 3


@dataclass(frozen=True, slots=True)
class Head:
    """The top of a table: title lines, the words of each column's header joined and lowered, and what parts the cells."""

    delimiter: str
    titles: tuple[str, ...]
    columns: tuple[str, ...]

    def find(self, patterns: Mapping[str, str]) -> dict[str, int]:
        """Give the place of the first column whose header matches each pattern; names that no column matches are left out."""
        found: dict[str, int] = {}
        for name, pattern in patterns.items():
            place = next((n for n, column in enumerate(self.columns) if n not in found.values() and re.search(pattern, column)), None)
            if place is not None:
                found[name] = place
        return found


def read_head(lines: Sequence[str], code: re.Pattern[str]) -> Head | None:
    """Give the top of a table from the first lines of a file, None when no row that opens with a code follows a header."""
    delimiter = find_delimiter(lines)
    above: list[list[str]] = []
    for row in split_rows(lines, delimiter):
        if len(row) >= _FEWEST_CELLS and any(code.fullmatch(cell.strip()) for cell in row[:_FEWEST_CELLS]):
            return _head(above, delimiter)
        above.append(row)
        if len(above) > _LOOKED_AT:
            break
    return None


def data_rows(lines: Iterable[str], head: Head, place: int, code: re.Pattern[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Give the rows below the header with their line numbers, None for one without a code at `place`; blank ones are left out.

    Raises:
        csv.Error: a cell never ends.
    """
    reader = csv.reader(lines, delimiter=head.delimiter)
    begun, width = False, len(head.columns)
    for row in reader:
        if len(row) > place and code.fullmatch(row[place].strip()):
            begun = True
            yield reader.line_num, row if len(row) >= width else row + [""] * (width - len(row))
        elif begun and any(cell.strip() for cell in row):
            yield reader.line_num, None


def find_delimiter(lines: Sequence[str]) -> str:
    """Give what parts the cells of a table: tabs where its first lines have them, else commas."""
    return "\t" if any(line.count("\t") >= _FEWEST_CELLS for line in lines[:_LOOKED_AT]) else ","


def split_rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Give the cells of lines; they end where a cell never does."""
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        return


def _head(above: Sequence[Sequence[str]], delimiter: str) -> Head:
    titles = tuple(" ".join(row[0].split()) for row in above if row and row[0].strip() and not any(cell.strip() for cell in row[1:]))
    header = [row for row in above if any(cell.strip() for cell in row[1:])]
    width = max(map(len, header), default=0)
    joined = (" ".join(row[n] for row in header if n < len(row)) for n in range(width))
    return Head(delimiter, titles, tuple(re.sub(r"-\s+", "-", " ".join(words.split()).lower()) for words in joined))
