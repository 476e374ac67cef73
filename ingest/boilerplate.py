"""Tell content from what a site wraps around it: navigation, log-in and paywall lines, notices, repeated blocks."""

import itertools
import re
from collections import Counter
from collections.abc import Set as AbstractSet

from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.documents import BlockKind
from ingest.extract.blocks import RawBlock

_LINES = re.compile(
    r"""^\W*(?:
      (?:log|sign)[\s-]?(?:in|on|out|up)\b(?!\ (?:the|each|every|all|any)\b) | register\b(?!\ (?:the|each|every|all|any)\b) | subscribe\b | create\ (?:a\ |an\ |your\ )?(?:free\ )?account
    | (?:skip|jump)\ to\ (?:main\ )?content | back\ to\ top | share\ (?:this|on)\b | print\ (?:this\ )?page | follow\ us\b
    | (?:©|\(c\)\s|copyright\b) | all\ rights\ reserved | (?:privacy|cookie)\ (?:policy|notice|settings) | terms\ of\ (?:use|service)
    | (?:accept|reject|manage)\ (?:all\ )?cookies | (?:we|this\ (?:web)?site)\ uses?\ cookies | cookies?\b.{0,40}\b(?:accept|consent)
    | page\ \d{1,4}(?:\ of\ \d{1,4})?$ | ask\ about: | example:\ ["“] | have\ a\ question\ about\b | get\ instant\b | related\ (?:articles|posts|links):?$ | advertisement$
    ) | \d+\ (?:code\ )?page\ views?\b | \bregister\ (?:for\ )?(?:a\ )?free\ account\b | guest\ accounts?\ (?:are|is)\ limited | unlock\ this\ content | to\ view\ (?:this\ )?content | click\ here\ to\ (?:request|register|log|sign|subscribe)
    | \b(?:is|are)\ (?:aligned\ with\ and\ )?limited\ to\ the\ materials\ uploaded | registered\ trademarks?\ of\b
    | \bhave\ been\ taken\ from\ current\ procedural\ terminology\b | ^current\ procedural\ terminology\b.{0,80}copyright
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LANGUAGES = re.compile(r"English|Español|中文|Русский|العربية|Tiếng\s?Việt|Français|Deutsch|한국어|Tagalog|Português|日本語")
_PAGE_NUMBER = re.compile(r"\bpage \d{1,4}(?: of \d{1,4})?\b", re.IGNORECASE)
_REPEATS = 3
_RUN = 3
_MENU_MAX_WORDS = 7
_TITLE_CASE_MAX_WORDS = 14
_STRAY_MAX_WORDS = 5
_CRUMB_MAX_WORDS = 2
_CODE_TITLE_MAX_WORDS = 12
_NEVER_REPEATED = {BlockKind.TABLE_ROW, BlockKind.TABLE_HEADER, BlockKind.QUESTION, BlockKind.ANSWER}


def mark_boilerplate(blocks: tuple[RawBlock, ...], *, structured: bool = False, paged: bool = False) -> tuple[RawBlock, ...]:
    """Give the same blocks, with those that carry no content turned to `BOILERPLATE`.

    `structured` says that headings and items are marked as such, as in HTML, not told by their look. `paged` says that
    the reader has told what runs over the pages and that there is no navigation, as in PDF: then only notices go.
    """
    if paged:
        return tuple(_as_boilerplate(block) if block.kind not in _NEVER_REPEATED and _is_notice(block.text) else block for block in blocks)
    headed = _headed(blocks, structured)
    sure = headed if structured else frozenset()
    heads = {i for i, b in enumerate(blocks) if structured and b.kind is BlockKind.HEADING}
    repeated = _repeated(blocks, headed | heads)
    dropped = _menus(blocks, sure)
    dropped |= {i for i, b in enumerate(blocks) if (b.kind not in _NEVER_REPEATED and _key(b) in repeated) or _is_notice(b.text)}
    dropped |= {i for i, b in enumerate(blocks) if i not in sure and _is_stray(i, b, dropped, len(blocks))}
    return tuple(_as_boilerplate(block) if index in dropped else block for index, block in enumerate(blocks))


def _is_stray(index: int, block: RawBlock, dropped: set[int], count: int) -> bool:
    """Tell whether a few words stand between two blocks that are dropped, as a slogan does."""
    between = (index == 0 or index - 1 in dropped) and (index == count - 1 or index + 1 in dropped)
    return between and index > 0 and len(block.text.split()) <= _STRAY_MAX_WORDS and not find_codes(block.text)


def _as_boilerplate(block: RawBlock) -> RawBlock:
    return RawBlock(BlockKind.BOILERPLATE, block.text, 0, block.page, place=block.place)


def _is_notice(text: str) -> bool:
    return bool(_LINES.search(text)) or len(_LANGUAGES.findall(text)) >= 3


def _key(block: RawBlock) -> str:
    """Give the words by which a running head or foot is known again, whatever its page."""
    return _PAGE_NUMBER.sub("", block.text).strip().lower()


def _repeated(blocks: tuple[RawBlock, ...], headed: AbstractSet[int]) -> set[str]:
    """Give the keys of what stands on the page again and again, the blocks of `headed` not counted."""
    counts = Counter(_key(b) for i, b in enumerate(blocks) if b.kind not in _NEVER_REPEATED and i not in headed)
    return {text for text, count in counts.items() if count >= _REPEATS}


def _titles_a_code(block: RawBlock) -> bool:
    short = len(block.text.split()) <= _CODE_TITLE_MAX_WORDS and block.text.rstrip()[-1:] not in ".;,"
    return short and block.kind in {BlockKind.HEADING, BlockKind.PARAGRAPH} and bool(find_codes(canonical(block.text)))


def _headed(blocks: tuple[RawBlock, ...], structured: bool) -> set[int]:
    """Give the indexes of the words right below a heading (a guessed one must name a code), and of lists below a heading or a sentence."""
    running = _repeated(blocks, frozenset())
    found: set[int] = set()
    for index, (before, block) in enumerate(itertools.pairwise(blocks), start=1):
        heads = before.kind is BlockKind.HEADING
        leads = heads or index - 1 in found or not _is_menu_line(before)
        titled = _titles_a_code(before) and _key(before) not in running
        if titled or (structured and heads) or (block.kind is BlockKind.ITEM and leads):
            found.add(index)
    return found


def _menus(blocks: tuple[RawBlock, ...], headed: AbstractSet[int]) -> set[int]:
    """Give the indexes of blocks in runs of short lines that rule on nothing, as menus and link lists are."""
    found: set[int] = set()
    run: list[int] = []
    for index, block in enumerate(blocks):
        if _is_menu_line(block) and index not in headed:
            run.append(index)
        else:
            found.update(_menu_of(blocks, run))
            run = []
    return found | set(_menu_of(blocks, run, at_end=True))


def _menu_of(blocks: tuple[RawBlock, ...], run: list[int], *, at_end: bool = False) -> list[int]:
    """Give the part of a run that is a menu: its last line, set off by a blank one, is the heading of what follows."""
    if run and run == [0] and not at_end:
        return run if len(blocks[0].text.split()) <= _CRUMB_MAX_WORDS else []
    run = _without_announced(blocks, run)
    heads_next = run and not at_end and not blocks[run[-1]].tight and not _is_notice(blocks[run[-1]].text)
    menu = run[:-1] if heads_next else run
    return menu if len(menu) >= _RUN or (menu and (menu[0] == 0 or at_end)) else []


def _without_announced(blocks: tuple[RawBlock, ...], run: list[int]) -> list[int]:
    """Leave out the items at the start of a run that a line with a colon announces: they are a list, not a menu."""
    if not run or not run[0] or not blocks[run[0] - 1].text.rstrip().endswith(":"):
        return run
    return list(itertools.dropwhile(lambda index: blocks[index].kind is BlockKind.ITEM, run))


def _is_menu_line(block: RawBlock) -> bool:
    if block.kind in _NEVER_REPEATED | {BlockKind.BOILERPLATE} or block.level == 1:
        return False
    if _is_notice(block.text):
        return True
    words = block.text.split()
    short = len(words) <= _MENU_MAX_WORDS or (len(words) <= _TITLE_CASE_MAX_WORDS and all(w[0].isupper() for w in words))
    return short and block.text.rstrip()[-1:] not in ".;:,?" and not find_codes(block.text)
