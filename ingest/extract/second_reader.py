"""A second opinion on what the content of a web page is. It changes nothing of what is read; where it differs much, the report says so."""

import re
from collections import Counter
from collections.abc import Iterable

from ingest.extract.blocks import RawBlock

MAX_HTML_CHARS = 200_000
_WORD = re.compile(r"\w+")
_FEWEST_MISSING, _LEAST_MISSING = 50, 0.2
_FEWEST_BEYOND, _MOST_CONTENT = 200, 0.4


def second_opinion(html: str, blocks: Iterable[RawBlock]) -> str:
    """Say in a sentence how far trafilatura's main text of a page differs from its blocks, "" where it differs little.

    It differs much where at least 50 words and a fifth of its text are not in the blocks, or where it is less than two fifths
    of theirs and they have 200 words more; repetitions count. `html` holds what a visitor sees, without scripts; of more than
    200,000 characters none is asked for.
    """
    if len(html) > MAX_HTML_CHARS:
        return ""
    content, own = _counted([_main_text(html)]), _counted(block.text for block in blocks)
    missing, beyond = (content - own).total(), (own - content).total()
    if missing >= max(_FEWEST_MISSING, _LEAST_MISSING * content.total()):
        share = round(100 * missing / content.total())
        return f"a second reader found {missing:,} words of content that this text has not, {share} % of what it took for the content; compare with the page"
    if content and beyond >= _FEWEST_BEYOND and content.total() < _MOST_CONTENT * own.total():
        share = round(100 * content.total() / own.total())
        return f"a second reader took only {share} % of this text for the content of the page; menus or lists of links may be among it"
    return ""


def _main_text(html: str) -> str:
    """Give trafilatura's main text, "" where it finds none, cannot be loaded, or fails on the page, which is no fault of the page."""
    try:
        import trafilatura
    except ImportError:  # some versions of pip leave out a package that it needs
        return ""
    try:
        return trafilatura.extract(html, include_comments=True, include_tables=True) or ""
    except Exception:  # an opinion that is not to be had stops no reading
        return ""


def _counted(texts: Iterable[str]) -> Counter[str]:
    return Counter(word.casefold() for text in texts for word in _WORD.findall(text))
