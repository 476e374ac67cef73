"""Make blocks of the lines of PDF pages: columns put in order, running heads told, paragraphs joined, headings told."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.canonical import canonical
from ingest.documents import BlockKind
from ingest.extract.blocks import RawBlock
from ingest.extract.pdf_outline import Bookmark, folded
from ingest.extract.pdf_page import Line, PageContent
from ingest.extract.pdf_rows import with_rows
from ingest.extract.pdf_tables import Table, continues, has_header
from ingest.extract.pdf_words import rejoin, words_of
from ingest.extract.plain import plain_blocks

_LARGER = 1.12
_HEADING_MAX_CHARS = 160
_BOLD_MAX_CHARS = 100
_BOLD_MAX_SHARE = 0.25
_LEVELS = 6
_BAND = 0.15
_RUNNING_LINES = 4
_AMID_MIN_WORDS = 4
_RUNNING_SHARE = 0.6
_MIN_PAGES = 3
_OUTER_NUMBER = re.compile(r"^(\d{1,4})(?:\s|$)|(?:^|\s)(\d{1,4})$")
_NUMBERED_MAX_CHARS = 90
_NUMBER = re.compile(r"(?<!\w)(?:\d{1,4}|[ivxl]{1,6})(?!\w)", re.IGNORECASE)
_LEADING = 1.3
_INDENT = 2.5
_FULL = 0.82
_GUTTER_LINES = 6
_STARTS = {BlockKind.ITEM, BlockKind.QUESTION, BlockKind.ANSWER}
_BULLET = re.compile(r"[-*•‣▪◦·–]|\(?(?:\d{1,2}|[a-z])[.)]")
_BARS = 2
_TELLING = 2
_TITLE_MAX_LINES = 4


@dataclass(frozen=True, slots=True)
class _Unit:
    """Lines that are one heading, paragraph or list item; all but the first `here` stand on the next page (0: none)."""

    page: int
    lines: tuple[Line, ...]
    tight: bool
    here: int = 0

    @property
    def style(self) -> tuple[float, bool]:
        """Size and boldness by which headings of one level are alike."""
        return self.lines[0].size, all(line.bold for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Style:
    """What the whole document tells about its looks."""

    known: AbstractSet[str]
    levels: dict[int, int]
    """Levels of headings by the identity of their unit."""
    guessed: bool
    """Whether it tells too few headings by outline or letters, so that the words must tell them."""


def page_blocks(pages: Sequence[PageContent], outline: Sequence[Bookmark]) -> Iterator[RawBlock]:
    """Give the blocks of all pages in reading order.

    Running heads and feet are boilerplate, as is a header that a table repeats on its next page; they stand behind a
    table that goes on over the page, so that its rows follow one another.
    """
    running = _running(pages)
    units: list[_Unit | Table] = []
    aside: dict[int, list[Line]] = {}
    for page in pages:
        aside[page.number] = [line for line in page.lines if (page.number, line) in running]
        parts = [part for part in page.parts if isinstance(part, Table) or (page.number, part) not in running]
        of_page = list(_units(page.number, with_rows(_in_columns(parts, page.width), page.number)))
        if units and of_page and (joined := _over_the_page(units[-1], of_page[0])):
            units[-1:], of_page = [joined], of_page[1:]
        units += of_page
    yield from _in_order(units, aside, _style(units, outline))


def _in_order(units: list["_Unit | Table"], aside: dict[int, list[Line]], style: _Style) -> Iterator[RawBlock]:
    waiting: list[RawBlock] = []
    for place, unit in enumerate(units):
        waiting += _boilerplate(aside, unit.page)
        before = units[place - 1] if place else None
        if isinstance(unit, Table):
            goes_on = before if isinstance(before, Table) and before.page + 1 == unit.page and continues(unit, before) else None
            rows, repeated = _rows(unit, goes_on)
            if goes_on is None:
                yield from waiting
                waiting = []
            yield from rows
            waiting += repeated
            continue
        yield from waiting
        waiting = []
        following = units[place + 1] if place + 1 < len(units) else None
        yield from _unit_blocks(unit, following, style)
    yield from waiting
    for page in sorted(aside):
        yield from _boilerplate(aside, page)


def _boilerplate(aside: dict[int, list[Line]], up_to: int) -> list[RawBlock]:
    """Take the running heads and feet of pages up to one."""
    numbers = [page for page in sorted(aside) if page <= up_to]
    return [RawBlock(BlockKind.BOILERPLATE, line.text, page=page) for page in numbers for line in aside.pop(page)]


def _rows(table: Table, before: Table | None) -> tuple[list[RawBlock], list[RawBlock]]:
    """Give the rows of a table, and apart from them the header that it repeats from the page before."""
    lines = table.lines()
    titles: list[RawBlock] = []
    while before is None and len(lines) > 1 and sum(map(bool, lines[0])) == 1 and len(lines[0]) < len(table.columns):
        titles.append(RawBlock(BlockKind.PARAGRAPH, "".join(lines.pop(0)), page=table.page))
    repeated: list[RawBlock] = []
    if before is not None and before.head and folded(" ".join(lines[0])) == folded(before.head):
        repeated = [RawBlock(BlockKind.BOILERPLATE, " | ".join(lines.pop(0)), page=table.page)]
    headed = before is None and has_header(table, lines[0])
    table.head = before.head if before is not None else " | ".join(lines[0]) if headed else ""
    kinds = [BlockKind.TABLE_HEADER if headed and not row else BlockKind.TABLE_ROW for row in range(len(lines))]
    rows = [RawBlock(kind, " | ".join(cells), page=table.page) for kind, cells in zip(kinds, lines, strict=True)]
    return titles + rows, repeated


def _running(pages: Sequence[PageContent]) -> set[tuple[int, Line]]:
    """Give the lines that stand again and again at the head or foot of pages, the same or with the number of the page."""
    shown = [page for page in pages if page.lines]
    if len(shown) < _MIN_PAGES:
        return set()
    least = max(_MIN_PAGES, _RUNNING_SHARE * len(shown))
    alike: dict[tuple[str, bool, int], list[tuple[int, Line]]] = defaultdict(list)
    numbered: dict[tuple[int, bool], list[tuple[int, Line]]] = defaultdict(list)
    for page in shown:
        for line, top in _edge_lines(page):
            alike[_NUMBER.sub("#", canonical(line.text)).lower(), top, round(line.size)].append((page.number, line))
            if len(line.text) <= _NUMBERED_MAX_CHARS and (number := _OUTER_NUMBER.search(canonical(line.text))):
                numbered[int(number[1] or number[2]) - page.number, top].append((page.number, line))
    often = [places for places in alike.values() if _counts_pages(places)] + list(numbered.values())
    return {place for places in often if len({number for number, _ in places}) >= least for place in places}


def _counts_pages(places: list[tuple[int, Line]]) -> bool:
    """Tell lines that are the same, or have a number that goes on by one from page to page."""
    if len({canonical(line.text).lower() for _, line in places}) == 1:
        return True
    numbers = [(page, _NUMBER.findall(canonical(line.text))) for page, line in places]
    steps = [{int(found[n]) - page if found[n].isdigit() else None for page, found in numbers} for n in range(len(numbers[0][1]))]
    return any(len(step) == 1 for step in steps)


def _edge_lines(page: PageContent) -> Iterator[tuple[Line, bool]]:
    """Give the first and last lines of a page within its margins, with whether they stand at its head.

    What begins as the midst of a sentence is none of them: without it the sentence would say something else.
    """
    ordered = sorted((line for line in page.lines if not _is_amid(line)), key=lambda line: -line.box[3])
    for line in ordered[:_RUNNING_LINES]:
        if line.box[1] >= page.height * (1 - _BAND):
            yield line, True
    for line in ordered[-_RUNNING_LINES:]:
        if line.box[3] <= page.height * _BAND:
            yield line, False


def _is_amid(line: Line) -> bool:
    return line.text[0].islower() and len(line.text.split()) > _AMID_MIN_WORDS


def _in_columns(parts: list[Line | Table], width: float) -> list[Line | Table]:
    """Put two columns in order that a page writes across, line by line; parts in another order stay as they are."""
    split = [part for part in parts if isinstance(part, Line) and len(part.gaps) == 1 and _is_prose(part)]
    left = max((line.gaps[0][0] for line in split), default=0.0)
    right = min((line.gaps[0][1] for line in split), default=0.0)
    if len(split) < _GUTTER_LINES or left >= right or not 0.3 * width < (left + right) / 2 < 0.7 * width:
        return parts
    ordered: list[Line | Table] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for part in parts:
        if part in split and isinstance(part, Line):
            for column, piece in zip(columns, _pieces(part), strict=True):
                column.append(piece)
        elif isinstance(part, Line) and part.box[2] <= right and columns[0]:
            columns[0].append(part)
        elif isinstance(part, Line) and part.box[0] >= left and columns[1]:
            columns[1].append(part)
        else:
            ordered += [*columns[0], *columns[1], part]
            columns = ([], [])
    return ordered + [*columns[0], *columns[1]]


def _is_prose(line: Line) -> bool:
    return all(len(piece.split()) >= 3 for piece in line.pieces)


def _pieces(line: Line) -> tuple[Line, Line]:
    (end, begin), (x0, y0, x1, y1) = line.gaps[0], line.box
    first, second = (piece.strip() for piece in line.pieces)
    plain = replace(line, gapped=False, gaps=(), pieces=())
    return replace(plain, text=first, box=(x0, y0, end, y1)), replace(plain, text=second, box=(begin, y0, x1, y1))


def _units(page: int, parts: list[Line | Table]) -> Iterator["_Unit | Table"]:
    """Join the lines of a page to paragraphs; tables stay as they are."""
    lines = [part for part in parts if isinstance(part, Line)]
    leading = _line_step(lines)
    group: list[Line] = []
    tight = False
    for part in parts:
        if isinstance(part, Line) and group and _goes_on(group, part, lines, leading):
            group.append(part)
            continue
        if group:
            yield _Unit(page, tuple(group), tight)
        tight = isinstance(part, Line) and bool(group) and _is_near(group[-1], part, leading)
        group = [part] if isinstance(part, Line) else []
        if isinstance(part, Table):
            yield part
    if group:
        yield _Unit(page, tuple(group), tight)


def _over_the_page(last: "_Unit | Table", first: "_Unit | Table") -> _Unit | None:
    """Give as one paragraph what breaks off in the midst of a sentence at the foot of a page and goes on on the next."""
    if isinstance(last, Table) or isinstance(first, Table) or last.here or first.page != last.page + 1:
        return None
    if last.style != first.style or last.lines[-1].gapped or not _breaks_off(last.lines[-1], first.lines[0]):
        return None
    return _Unit(last.page, last.lines + first.lines, last.tight, len(last.lines))


def _breaks_off(last: Line, line: Line) -> bool:
    return last.text[-1] not in ".:;?!|" and line.text[0].islower() and len(last.text.split()) > 2 and not _starts_anew(line)


def _line_step(lines: list[Line]) -> float:
    """Give the usual distance of lines, as a multiple of their size."""
    steps = [(one.box[1] - two.box[1]) / one.size for one, two in pairwise(lines) if one.size == two.size and one.size]
    near = [step for step in steps if 0.8 < step < 2.5]
    return median(near) if near else _LEADING


def _is_near(above: Line, below: Line, leading: float) -> bool:
    step = above.box[1] - below.box[1]
    return 0 < step <= 1.2 * leading * max(above.size, below.size)


def _goes_on(group: list[Line], line: Line, lines: list[Line], leading: float) -> bool:
    """Tell whether a line belongs to the paragraph that `group` begins."""
    last = group[-1]
    if _BULLET.fullmatch(last.text) and len(group) == 1:
        return True
    if last.text.count("|") >= _BARS or line.text.count("|") >= _BARS:
        return last.text.count("|") >= _BARS and line.text.count("|") >= _BARS
    if line.box[1] > last.box[3] and line.box[0] > last.box[0] + _INDENT * line.size:  # at the top of the next column
        return not (last.gapped or line.gapped) and (last.size, last.bold) == (line.size, line.bold) and _breaks_off(last, line)
    if last.gapped or line.gapped or abs(last.size - line.size) > 0.6 or last.bold != line.bold:
        return _ends_open(last, line) and not (last.gapped or line.gapped) and abs(last.size - line.size) <= 0.6
    if not _is_near(last, line, leading) or not _under(group[0], line) or _starts_anew(line):
        return False
    return _is_full(last, line, lines) or line.text[0].islower()


def _ends_open(last: Line, line: Line) -> bool:
    """Tell a line in the midst of whose sentence the letters turn bold or plain."""
    return last.text[-1] not in ".:;?!" and line.text[0].islower() and 0 < last.box[1] - line.box[1] < 2 * line.size


def _under(first: Line, line: Line) -> bool:
    near = abs(line.box[0] - first.box[0]) <= _INDENT * line.size
    centred = abs((line.box[0] + line.box[2]) - (first.box[0] + first.box[2])) <= line.size
    return near or centred


def _starts_anew(line: Line) -> bool:
    block = next(plain_blocks(line.text), None)
    return block is not None and block.kind in _STARTS


def _is_full(last: Line, line: Line, lines: list[Line]) -> bool:
    """Tell whether the first word of a line had no room at the end of the one above, so that the break means nothing."""
    column = [other for other in lines if other.box[0] < last.box[2] and other.box[2] > last.box[0] and other.box[0] >= last.box[0] - 60]
    right = max(other.box[2] for other in column)
    width = (line.box[2] - line.box[0]) / max(1, len(line.text))
    word = (len(line.text.split()[0]) + 1) * width
    full = last.box[2] + word > right
    ends = last.text[-1] in ".:;?!" and last.box[2] - last.box[0] < _FULL * (right - last.box[0])
    return full and not ends


def _style(units: Iterable["_Unit | Table"], outline: Sequence[Bookmark]) -> _Style:
    """Learn the body's size, the words of the document and which of its units are headings of which level."""
    plain = [unit for unit in units if isinstance(unit, _Unit)]
    sizes: Counter[float] = Counter()
    bold = 0
    for line in (line for unit in plain for line in unit.lines):
        sizes[line.size] += len(line.text)
        bold += len(line.text) if line.bold else 0
    known = words_of(line.text.rsplit(" ", 1)[0] if line.text.endswith("-") else line.text for unit in plain for line in unit.lines)
    body, bold_tells = sizes.most_common(1)[0][0] if sizes else 0.0, bold <= _BOLD_MAX_SHARE * sizes.total()
    heads = [unit for unit in plain if _looks_headed(unit, body, bold_tells)]
    ranked = sorted({unit.style for unit in heads}, key=lambda style: (-style[0], not style[1]))
    by_style = {style: rank for rank, style in enumerate(ranked, start=1)}
    marks = {(mark.page, folded(mark.title)): mark.level for mark in outline}
    short = [unit for unit in plain if marks and len(unit.lines) <= _TITLE_MAX_LINES]
    marked = {id(unit): level for unit in short if (level := marks.get((unit.page, folded(_text(unit, known)))))}
    by_style |= {unit.style: marked[id(unit)] for unit in heads if id(unit) in marked}
    levels = {id(unit): by_style[unit.style] for unit in heads} | marked
    return _Style(known, levels, guessed=len(levels) < _TELLING)


def _looks_headed(unit: _Unit, body: float, bold_tells: bool) -> bool:
    text = rejoin(line.text for line in unit.lines)
    if not any(map(str.isalpha, text)) and not re.search(r"\d{5}", text):
        return False
    if any(line.gapped for line in unit.lines):
        return False
    size, bold = unit.style
    if size >= _LARGER * body:
        return len(text) <= _HEADING_MAX_CHARS and text[-1] not in ".;,"
    return bold and bold_tells and size >= body - 0.6 and len(text) <= _BOLD_MAX_CHARS and text[-1] not in ".;,:"


def _unit_blocks(unit: _Unit, following: "_Unit | Table | None", style: _Style) -> Iterator[RawBlock]:
    text = _text(unit, style.known)
    level = style.levels.get(id(unit))
    found = _plain(text, following, unit, style)
    if level is not None and not (len(found) == 1 and found[0].kind in {BlockKind.QUESTION, BlockKind.ANSWER}):
        yield RawBlock(BlockKind.HEADING, " ".join(text.split()), min(level, _LEVELS), unit.page)
        return
    for block in found:
        kind = BlockKind.PARAGRAPH if block.kind is BlockKind.HEADING and not style.guessed else block.kind
        level = block.level if kind is BlockKind.HEADING else 0
        turn = _turn(unit, style.known) - len(text) + len(block.text) if unit.here and len(found) == 1 else 0
        yield RawBlock(kind, block.text, level, unit.page, tight=unit.tight, turn=turn)


def _plain(text: str, following: "_Unit | Table | None", unit: _Unit, style: _Style) -> list[RawBlock]:
    """Give the blocks that the words of a unit make as plain text; what follows only lends its length."""
    length = len(_text(following, style.known)) if isinstance(following, _Unit) and following.page == unit.page else 0
    blocks = list(plain_blocks(f"{text}\n\n{'X' * length}"))
    return blocks[:-1] if length else blocks


def _turn(unit: _Unit, known: AbstractSet[str]) -> int:
    """Give how many characters of the words of a unit stand on its first page."""
    return len(rejoin((line.text for line in unit.lines[: unit.here]), known))


def _text(unit: _Unit, known: AbstractSet[str]) -> str:
    lines = [line.text for line in unit.lines]
    return "\n".join(lines) if lines[0].count("|") >= _BARS else rejoin(lines, known)
