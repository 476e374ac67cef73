"""Read one PDF page: its lines and ruled tables in the order they are written, without words that nobody sees."""

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, repeat
from typing import Any

import numpy as np

from ingest.extract.pdf_objects import Box, Drawn, address, drawn
from ingest.extract.pdf_seen import Seen
from ingest.extract.pdf_tables import Table, find_tables

_BREAKS = "\r\n\x02\ufffe"
_HYPHENS = "\x02\ufffe"
_PIECES = re.compile(r"[\r\n\x02\ufffe]|[^\r\n\x02\ufffe\x00]+")
_SINGLE = re.compile(r"[^\x00]", re.DOTALL)
_WIDE_GAP = 2.0
_FOOTNOTE = 0.85
_LEVEL = 0.3
_SAMPLE = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words; `box` as the page is read (points, y upwards). `gapped` says that it has wide gaps, as columns have."""

    text: str
    box: Box
    size: float
    bold: bool
    gapped: bool = False
    gaps: tuple[tuple[float, float], ...] = ()
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageContent:
    """What one page shows. `number` counts from 1, `width` and `height` are in points as read.

    `hidden` counts characters left out; `image_share` is the part of the page (0 to 1) that images cover, `layered`
    says that its words lie unseen over an image, as text recognition leaves them.
    """

    number: int
    width: float
    height: float
    parts: tuple[Line | Table, ...]
    hidden: int
    image_share: float
    layered: bool

    @property
    def lines(self) -> list[Line]:
        """The lines that stand in no table."""
        return [part for part in self.parts if isinstance(part, Line)]

    def count_chars(self) -> int:
        """Count the characters of all words."""
        inside = [cell for part in self.parts if isinstance(part, Table) for cells in part.lines() for cell in cells]
        return sum(len("".join(text.split())) for text in (*(line.text for line in self.lines), *inside))


@dataclass(slots=True)
class _Run:
    """Characters that one text object writes on one line."""

    item: int
    first: int
    last: int
    text: str


@dataclass(slots=True)
class _Stream:
    """What is being read of a page."""

    parts: list[Line | Table] = field(default_factory=list)
    runs: list[_Run] = field(default_factory=list)
    hidden: int = 0
    layered: bool = False


def read_page(page: Any, number: int) -> PageContent:
    """Give what a page of pypdfium2 shows.

    Raises:
        pypdfium2.PdfiumError: the page is damaged.
    """
    text_page = page.get_textpage()
    try:
        return _Reader(page, text_page, number).read()
    finally:
        text_page.close()


class _Reader:
    """Reads the characters of one page in their order; not used twice."""

    def __init__(self, page: Any, text_page: Any, number: int) -> None:
        import pypdfium2.raw as raw

        self._raw, self._text, self._number = raw, text_page, number
        self._count: int = raw.FPDFText_CountChars(text_page)
        self._turned: int = page.get_rotation()
        self._shown = Shown(_visible_box(page), self._upright())
        self._drawn: Drawn = drawn(page)
        self._seen = Seen(page, text_page, self._drawn, self._shown.page)
        self._stream = _Stream()
        self._cell: tuple[Table, Box] | None = None

    def read(self) -> PageContent:
        rules = [self._shown.box(rule) for rule in self._drawn.rules]
        tables = find_tables(rules, self._number)
        stream = self._read(tables)
        while bad := [table for table in tables if not table.reads_as_table()]:
            tables = [table for table in tables if table not in bad]
            for table in tables:
                table.words.clear()
            stream = self._read(tables)
        width, height = self._shown.size
        parts = stream.parts if self._shown.turned == self._turned else sorted(stream.parts, key=lambda part: -part.box[3])
        return PageContent(self._number, width, height, tuple(parts), stream.hidden, self._seen.image_share, layered=stream.layered)

    def _upright(self) -> int:
        """Give by how many degrees (clockwise) the page must be turned for most of its words to stand upright."""
        sample = range(0, self._count, max(1, self._count // _SAMPLE))
        angles = (math.degrees(self._raw.FPDFText_GetCharAngle(self._text, index)) for index in sample)
        counts = Counter(round(-angle / 90) % 4 * 90 for angle in angles)
        return counts.most_common(1)[0][0] if counts else self._turned

    def _read(self, tables: list[Table]) -> _Stream:
        """Go through the characters once; those in a cell go to its table, whose place is that of the first of them."""
        self._stream = stream = _Stream()
        self._cell = None
        for start, text, item in self._stretches:
            if item and not (self._seen.sees(item, start) and self._seen.has_room(item, start, text)):
                stream.hidden += len("".join(text.split()))
                continue
            stream.layered |= self._seen.lies_over_image(item)
            for found in _PIECES.finditer(text) if item else _SINGLE.finditer(text):
                self._take(tables, start + found.start(), found[0], item)
        self._end_line()
        return stream

    @cached_property
    def _stretches(self) -> list[tuple[int, str, int]]:
        """Stretches of characters: index of the first, text, and the address of the object that writes them, 0 where pdfium added them."""
        if not self._count:
            return []
        page = ctypes.cast(self._text.raw, ctypes.c_void_p).value
        unicode_at = _native(self._raw.FPDFText_GetUnicode, ctypes.c_uint)
        item_at = _native(self._raw.FPDFText_GetTextObject, ctypes.c_size_t)
        codes = np.fromiter(map(unicode_at, repeat(page), range(self._count)), np.uint32, self._count)
        items = np.fromiter(map(item_at, repeat(page), range(self._count)), np.uint64, self._count)
        text = np.where(codes > 0x10FFFF, 0xFFFD, codes).astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        bounds = [0, *(int(place) + 1 for place in np.flatnonzero(items[1:] != items[:-1])), self._count]
        return [(start, text[start:end], int(items[start])) for start, end in pairwise(bounds)]

    def _take(self, tables: list[Table], index: int, text: str, item: int) -> None:
        """Take characters that one object writes on one line, or one character that pdfium added."""
        if text in _BREAKS or (not item and text.isspace()):
            self._space(text)
        elif not tables:
            self._add(index, text, item)
        else:
            for place, char in enumerate(text, start=index):
                self._place(tables, place, char, item)

    def _place(self, tables: list[Table], index: int, char: str, item: int) -> None:
        self._cell = self._cell_at(tables, self._cell, index)
        if self._cell is None:
            self._add(index, char, item)
            return
        self._end_line()
        table, box = self._cell
        if not any(part is table for part in reversed(self._stream.parts)):
            self._stream.parts.append(table)
        table.words.setdefault(box, []).append(char)

    def _space(self, char: str) -> None:
        if self._cell is not None:
            table, box = self._cell
            table.words[box].append("-\n" if char in _HYPHENS else "\n" if char in _BREAKS else " ")
        runs = self._stream.runs
        if char in _HYPHENS and runs:
            runs[-1].text += "-"
        elif runs and char not in _BREAKS:
            runs[-1].text += " "
        if char in _BREAKS:
            self._end_line()

    def _add(self, index: int, text: str, item: int) -> None:
        runs = self._stream.runs
        if runs and (not item or runs[-1].item == item):
            runs[-1].text += text
        elif item:
            runs.append(_Run(item, index, index, text))
        if runs and text.strip():
            runs[-1].last = index + len(text.rstrip()) - 1

    def _end_line(self) -> None:
        runs = [run for run in self._stream.runs if run.text.strip()]
        self._stream.runs = []
        if not runs:
            return
        line, parts = self._line(runs), self._stream.parts
        last = parts[-1] if parts else None
        if isinstance(last, Line) and _stands_beside(last, line):
            parts[-1] = _beside(last, line)
        else:
            parts.append(line)

    def _line(self, runs: list[_Run]) -> Line:
        boxes = [_around((self._box(run.first), self._box(run.last))) for run in runs]
        sizes = [self._seen.size(run.item, run.first) for run in runs]
        lengths = [len(run.text.strip()) for run in runs]
        size = sizes[lengths.index(max(lengths))]
        gaps = [(one[2], other[0]) for one, other in pairwise(boxes) if other[0] - one[2] > _WIDE_GAP * size]
        text, pieces = "", [""]
        for place, run in enumerate(runs):
            gap = bool(place) and boxes[place][0] - boxes[place - 1][2] > _WIDE_GAP * size
            note = bool(place) and sizes[place] < _FOOTNOTE * sizes[place - 1] and run.text[:1].isdigit() and text[-1:].isalnum()
            text += (" " if note or (gap and text[-1:] != " ") else "") + run.text
            pieces = [*pieces, run.text] if gap else [*pieces[:-1], pieces[-1] + (" " if note else "") + run.text]
        bold = all(self._seen.bold(run.item) for run in runs)
        return Line(text.strip(), _around(boxes), size, bold, bool(gaps), tuple(gaps), tuple(pieces))

    def _cell_at(self, tables: list[Table], cell: tuple[Table, Box] | None, index: int) -> tuple[Table, Box] | None:
        x0, y0, x1, y1 = self._box(index)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if cell and cell[1][0] <= x <= cell[1][2] and cell[1][1] <= y <= cell[1][3]:
            return cell
        return next(((table, box) for table in tables if (box := table.cell_at(x, y))), None)

    def _box(self, index: int) -> Box:
        found = self._raw.FS_RECTF()
        self._raw.FPDFText_GetLooseCharBox(self._text, index, ctypes.byref(found))
        return self._shown.box((found.left, min(found.bottom, found.top), found.right, max(found.bottom, found.top)))


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a page that is shown and by how many degrees (clockwise) it is turned to be read."""

    page: Box
    turned: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as read."""
        width, height = self.page[2] - self.page[0], self.page[3] - self.page[1]
        return (height, width) if self.turned in {90, 270} else (width, height)

    def box(self, box: Box) -> Box:
        """Give a box of the page as it is read, the lower left corner at 0, 0."""
        left, bottom, right, top = self.page
        x0, y0, x1, y1 = box
        if self.turned == 90:
            return y0 - bottom, right - x1, y1 - bottom, right - x0
        if self.turned == 180:
            return right - x1, top - y1, right - x0, top - y0
        if self.turned == 270:
            return top - y1, x0 - left, top - y0, x1 - left
        return x0 - left, y0 - bottom, x1 - left, y1 - bottom


def _visible_box(page: Any) -> Box:
    crop, media = page.get_cropbox(), page.get_mediabox()
    box = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    return box if box[2] > box[0] and box[3] > box[1] else media


def _stands_beside(last: Line, line: Line) -> bool:
    """Tell a line that pdfium breaks off though it is level with the one before: after raised letters, or in columns."""
    level = abs(line.box[1] - last.box[1]) <= _LEVEL * line.size
    return level and line.box[0] >= last.box[2] and last.size == line.size


def _beside(last: Line, line: Line) -> Line:
    gapped = line.box[0] - last.box[2] > _WIDE_GAP * line.size
    gaps = (*last.gaps, *([(last.box[2], line.box[0])] if gapped else []), *line.gaps)
    middle = (last.pieces[-1], line.pieces[0]) if gapped else (f"{last.pieces[-1].rstrip()} {line.pieces[0]}",)
    pieces = (*last.pieces[:-1], *middle, *line.pieces[1:])
    box, bold = _around((last.box, line.box)), last.bold and line.bold
    return Line(f"{last.text} {line.text}", box, last.size, bold, bool(gaps), gaps, pieces)


def _around(boxes: Any) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _native(function: Any, result: Any) -> Any:
    """Give a function of pdfium over plain numbers: three times as fast as over its own types."""
    return ctypes.PYFUNCTYPE(result, ctypes.c_void_p, ctypes.c_int)(address(function))
