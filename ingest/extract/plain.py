"""Read plain text: find its paragraphs, headings, lists, tables and question-answer pairs by their look."""

import itertools
import re
from collections.abc import Iterable, Iterator

from ingest.documents import BlockKind
from ingest.extract.blocks import Extracted, RawBlock

_QUESTION = re.compile(r"(?:(?i:(?:[A-Z][a-z]+ )?Question)|Q|q(?=\s?\d{0,3}\s?:))\s?(?:\d{1,3})?\s?[:.)]\s+(?=\S)")
_ANSWER = re.compile(r"(?:(?i:(?:[A-Z][a-z]+ )?Answer)|A|a(?=\s?\d{0,3}\s?:))\s?(?:\d{1,3})?\s?[:.)]\s+(?=\S)")
_ITEM = re.compile(r"(?:[-*•‣▪◦]|\(?\d{1,2}[.)]|\(?[a-z][.)])(?:\s+|$)")
_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?")
_BULLETS = {"-", "*", "•"}
_ROW_BARS = 2
_LOOKED_AT = 20
_WRAPPED_MIN = 45
_WRAPPED_MAX = 140
_HEADING_MAX_CHARS = 90
_HEADING_MAX_WORDS = 12


def read_plain(text: str) -> Extracted:
    """Give the blocks of `text`, which has no pages."""
    return Extracted("text/plain", tuple(plain_blocks(text)))


def plain_blocks(text: str, page: int | None = None) -> Iterator[RawBlock]:
    """Give the blocks of one text or of one page of it."""
    lines = _bar_narrow_tables(text.splitlines())
    units = list(_join_lines(lines, wrapped=max(map(len, lines), default=0) <= _WRAPPED_MAX))
    for unit, before, following in zip(units, ["", *units], _followings(units), strict=False):
        if block := _classify(unit, following, before):
            yield RawBlock(block.kind, block.text, block.level, page, tight=bool(before))


def _followings(units: list[str]) -> list[str]:
    """Give for each unit the next one with words, "" for the last."""
    found, following = [""] * len(units), ""
    for index in range(len(units) - 1, -1, -1):
        found[index], following = following, units[index] or following
    return found


def pair_kind(words: str) -> BlockKind | None:
    """Tell whether words are labelled as a question or as an answer."""
    labels = ((BlockKind.QUESTION, _QUESTION), (BlockKind.ANSWER, _ANSWER))
    return next((kind for kind, pattern in labels if pattern.match(words)), None)


def _bar_narrow_tables(lines: list[str]) -> list[str]:
    """Give the rows of a table of two columns, told by its rule, the outer bars that every wider row can do without."""
    barred = list(lines)
    for rule in (n for n, line in enumerate(lines) if n and "|" in line and _RULE.fullmatch(line.strip())):
        rows = itertools.takewhile(lambda n: "|" in lines[n], range(rule + 1, len(lines)))
        for n in (rule - 1, *rows):
            barred[n] = f"| {lines[n].strip().strip('|')} |" if "|" in lines[n] else lines[n]
    return barred


def _join_lines(lines: Iterable[str], *, wrapped: bool) -> Iterator[str]:
    """Give logical lines: a lone bullet joins its text, hard-wrapped prose is joined, a blank line stays as ""."""
    held: list[str] = []
    bars = 0
    for line in (raw.strip() for raw in lines):
        if held and line and ((held[-1] in _BULLETS and len(held) == 1) or (wrapped and _continues(held, bars, line))):
            held.append(line)
            bars += line.count("|")
            continue
        if held:
            yield " ".join(held)
        held, bars = [line] if line else [], line.count("|")
        if not line:
            yield ""
    if held:
        yield " ".join(held)


def _continues(held: list[str], bars: int, line: str) -> bool:
    """Tell whether a line goes on with the paragraph of those before it, which have so many bars: the first few of ten thousand tell."""
    start = " ".join(held[:_LOOKED_AT])
    if (
        (bars >= _ROW_BARS and not _RULE.fullmatch(start))
        or _is_row(line)
        or _ITEM.match(line)
        or _QUESTION.match(line)
        or _ANSWER.match(line)
    ):
        return False
    if _MARKDOWN_HEADING.match(line) or _MARKDOWN_HEADING.match(start):
        return False
    return line[0].islower() or (len(start) >= _WRAPPED_MIN and held[-1][-1] not in ".!?:;|" and len(start.split()) > 6)


def _classify(unit: str, following: str, before: str) -> RawBlock | None:
    if not unit or (_RULE.fullmatch(unit) and "-" in unit):
        return None
    if _is_row(unit):
        header = bool(_RULE.fullmatch(following)) or (not _is_row(before) and not _RULE.fullmatch(before))
        return RawBlock(BlockKind.TABLE_HEADER if header else BlockKind.TABLE_ROW, _tidy_row(unit))
    if heading := _MARKDOWN_HEADING.match(unit):
        return RawBlock(BlockKind.HEADING, heading[2], len(heading[1]))
    if kind := pair_kind(unit):
        return RawBlock(kind, unit)
    if item := _ITEM.match(unit):
        return RawBlock(BlockKind.ITEM, unit[item.end() :] or unit)
    if _looks_like_heading(unit, following):
        return RawBlock(BlockKind.HEADING, unit, 2)
    return RawBlock(BlockKind.PARAGRAPH, unit)


def _is_row(line: str) -> bool:
    return line.count("|") >= _ROW_BARS and not _RULE.fullmatch(line)


def _tidy_row(line: str) -> str:
    return " | ".join(cell.strip() for cell in line.strip("| ").split("|"))


def _looks_like_heading(unit: str, following: str) -> bool:
    short = len(unit) <= _HEADING_MAX_CHARS and len(unit.split()) <= _HEADING_MAX_WORDS
    titled = unit[0].isupper() or unit[0].isdigit()
    return short and titled and unit[-1] not in ".,;!" and len(following) > len(unit) and unit.upper() != unit.lower()
