"""A document's canonical text as the library holds it: passages numbered, with their codes. Pure: no Streamlit, no disk."""

from collections.abc import Sequence

from ingest.documents import Passage
from ui.safe_text import escaped, lines

PAGE_PASSAGES = 20
_SHOWN_CODES = 12


def preview_pages(passages: Sequence[Passage]) -> int:
    """Give the number of pages on which the passages of a document are shown, at least 1."""
    return max(1, -(-len(passages) // PAGE_PASSAGES))


def preview_html(text: str, passages: Sequence[Passage], page: int) -> str:
    """Give the HTML of one page (from 1): each passage marked, what belongs to none greyed; all of it escaped.

    `text` is the whole canonical text.
    """
    first, last = (page - 1) * PAGE_PASSAGES, page * PAGE_PASSAGES
    shown = passages[first:last]
    at = passages[first - 1].end if first else 0
    parts: list[str] = []
    for number, passage in enumerate(shown, start=first + 1):
        parts += [_aside(text[at : passage.start]), _passage(number, passage)]
        at = max(at, passage.end)
    if last >= len(passages):
        parts.append(_aside(text[at:]))
    return "".join(parts)


def _passage(number: int, passage: Passage) -> str:
    codes = sorted(passage.codes)
    told = (
        f"p. {passage.first_page}" if passage.first_page else "",
        passage.places[0].label if passage.places else "",
        ", ".join(codes[:_SHOWN_CODES]) + (" …" if len(codes) > _SHOWN_CODES else ""),
    )
    facts = escaped(" · ".join(filter(None, told)))
    return f'<div class="cc-cut"><p class="cc-cut-head"><b>{number}</b> {facts}</p><mark dir="auto">{lines(passage.text)}</mark></div>'


def _aside(text: str) -> str:
    return f'<p class="cc-aside" dir="auto">{lines(text.strip())}</p>' if text.strip() else ""
