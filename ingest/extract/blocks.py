"""What a reader hands over, and how it becomes canonical text with spans."""

from dataclasses import dataclass, field

from corpus.front_matter import FrontMatter
from ingest.canonical import canonical
from ingest.documents import Block, BlockKind, Note, Page, Reading

_TIGHT = {BlockKind.ITEM, BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW}


@dataclass(frozen=True, slots=True)
class RawBlock:
    """One block as read: its words, the page it stands on (None where there are no pages), its own validity.

    `tight` says that no blank line parts it from the block before. `place` names where it stands in a file that has
    sheets, rows or parts, as in `Edits!A12:F12` or `row 12`. `turn` counts the characters of `text` that stand on
    `page` where the rest stands on the next one, 0 where all stands on one.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    note: Note | None = None
    tight: bool = False
    place: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """All that one file yields. `title` and `publisher` are what the text tells, "" where it does not.

    `structured` says that its headings are told by the file (by marks or by their type), not guessed from the words.
    """

    media_type: str
    blocks: tuple[RawBlock, ...]
    title: str = ""
    publisher: str = ""
    front: FrontMatter = field(default_factory=FrontMatter)
    reading: Reading = field(default_factory=Reading)
    structured: bool = False


def assemble(raw: tuple[RawBlock, ...]) -> tuple[str, tuple[Block, ...], tuple[Page, ...]]:
    """Join blocks into the canonical text; give it with each block's span and the pages' spans."""
    parts: list[str] = []
    blocks: list[Block] = []
    starts: dict[int, int] = {}
    position = 0
    previous: BlockKind | None = None
    for block in raw:
        words = canonical(block.text).strip()
        if not words:
            continue
        gap = "" if previous is None else "\n" if previous in _TIGHT and block.kind in _TIGHT else "\n\n"
        start = position + len(gap)
        position = start + len(words)
        parts += [gap, words]
        blocks.append(Block(block.kind, start, position, block.level, block.note, block.place))
        if block.page is not None:
            starts.setdefault(block.page, start if starts else 0)
            if block.turn:
                starts.setdefault(block.page + 1, start + len(canonical(block.text[: block.turn]).lstrip()))
        previous = block.kind
    return "".join(parts), tuple(blocks), _tile(starts, position)


def _tile(starts: dict[int, int], end: int) -> tuple[Page, ...]:
    if not starts:
        return ()
    ordered = sorted(starts.items())
    ends = [start for _, start in ordered[1:]] + [end]
    return tuple(Page(number, start, stop) for (number, start), stop in zip(ordered, ends, strict=True))
