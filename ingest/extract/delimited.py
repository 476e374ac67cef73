"""Read comma-, semicolon-, tab- and bar-separated values: tables row by row, each with the line that it starts on."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted
from ingest.extract.grid import Row, check_size, grid_blocks

_DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 20_000
_DECLARED = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)


def read_delimited(text: str, path: Path) -> Extracted:
    """Give the blocks of a table in text form; every value stays as it is written.

    Places are lines of the file: `row 12` starts on line 12.

    Raises:
        UnreadableDocument: NUL characters, no words, or over 200,000 rows or 512 columns.
    """
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise UnreadableDocument(f"{path}: damaged: NUL characters in a text file; export it again and retry", Refusal.DAMAGED)
    declared = _DECLARED.match(text)
    delimiter = declared[1] if declared else "\t" if path.suffix.lower() in {".tsv", ".tab"} else find_delimiter(text)
    start = declared.end() if declared else 0
    rows, notes = _read(text[start:], delimiter, path, 1 if declared else 0)
    blocks = tuple(grid_blocks(rows, lambda first, *_: f"row {first}"))
    if not blocks:
        raise UnreadableDocument(f"{path}: no cell holds words; nothing was stored", Refusal.NO_TEXT)
    counted = len({block.place for block in blocks if block.kind is BlockKind.TABLE_ROW})
    media_type = "text/tab-separated-values" if delimiter == "\t" else "text/csv"
    return Extracted(media_type, blocks, path.stem, reading=Reading(rows=counted, notes=notes), structured=True)


def find_delimiter(text: str) -> str:
    """Give the delimiter that parts the most lines at the top of `text` into the same number of cells, a comma if none does."""
    sample = text[:_SAMPLE_CHARS]
    whole = sample if len(sample) == len(text) else sample[: sample.rfind("\n") + 1] or sample
    return max(_DELIMITERS, key=lambda delimiter: _regularity(whole, delimiter))


def _regularity(sample: str, delimiter: str) -> tuple[int, int]:
    """Give how many rows have the commonest number of cells above one, and that number."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if len(cells) > 1)
    except csv.Error:
        return 0, 0
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return rows, width


def _read(text: str, delimiter: str, path: Path, before: int) -> tuple[list[Row], tuple[str, ...]]:
    """Give the rows; where quotation marks do not close, they are read as characters, and a note says so."""
    if _quotes_close(text, delimiter):
        return list(_rows(text, delimiter, csv.QUOTE_MINIMAL, path, before)), ()
    note = "a quotation mark is never closed: quotation marks were read as characters of the text"
    return list(_rows(text, delimiter, csv.QUOTE_NONE, path, before)), (note,)


def _quotes_close(text: str, delimiter: str) -> bool:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        return "expected after" in str(error)
    return True


def _rows(text: str, delimiter: str, quoting: int, path: Path, before: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]  # a constant of csv
    start, rows = before + 1, 0
    try:
        for cells in reader:
            rows += any(cells)
            check_size(rows, len(cells), path)
            yield Row(start, tuple(" ".join(cell.split()) for cell in cells))
            start = before + reader.line_num + 1
    except csv.Error as error:
        raise UnreadableDocument(
            f"{path}: row {start} cannot be read ({error}); export the file again and retry", Refusal.DAMAGED
        ) from error
