"""The quote gate: a draft becomes sentences only where its quotes stand, character for character, in the library."""

import re
from collections.abc import Mapping, Sequence

from assistant.answer import Citation, Draft, DraftSentence, Hit, Sentence
from ingest.canonical import canonical
from ingest.codes import find_codes, index_key
from ingest.documents import Page, Passage

_DASHES = "-‐‑‒–—−"
_QUOTES = "'‘’ʼ`\"“”"
_MIN_QUOTE_CHARS = 8
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(r"\b(?:not|never|no|none|cannot|without|neither|nor|denied|excluded|except|unless)\b|n['’]t\b", re.IGNORECASE)


def ground(draft: Draft, hits: Sequence[Hit], pages: Mapping[str, tuple[Page, ...]]) -> tuple[Sentence, ...]:
    """Give the sentences of a draft that pass the gate, in order; the others are dropped.

    A sentence passes when every quote of it is found in the passage that it names, and every code, number and
    negation of the sentence occurs in its quotes.
    """
    passages = {hit.passage.id: hit.passage for hit in hits}
    grounded = (_sentence(proposed, passages, pages) for proposed in draft.sentences)
    return tuple(sentence for sentence in grounded if sentence is not None)


def locate(passage: Passage, quote: str, pages: tuple[Page, ...] = ()) -> Citation | None:
    """Give the citation of a quote, or None when the passage does not hold it.

    Spaces, dashes and quotation marks may differ; what is cited is always the exact slice of the source.
    """
    words = canonical(quote).strip().strip("…").strip()
    if len(words) < _MIN_QUOTE_CHARS:
        return None
    match = re.search(_loosely(words), passage.text)
    if match is None:
        return None
    start, end = passage.start + match.start(), passage.start + match.end()
    return Citation(passage.id, passage.document_id, match.group(), start, end, _page(passage, start, pages))


def supports(sentence: str, quotes: Sequence[str]) -> bool:
    """Tell whether every code, number and negation of a sentence occurs in its quotes, and no negation is lost."""
    evidence = " ".join(quotes)
    codes = {index_key(m.code) for m in find_codes(sentence)} - {index_key(m.code) for m in find_codes(evidence)}
    numbers = set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(evidence))
    return not codes and not numbers and bool(_NEGATION.search(sentence)) == bool(_NEGATION.search(evidence))


def _sentence(proposed: DraftSentence, passages: Mapping[str, Passage], pages: Mapping[str, tuple[Page, ...]]) -> Sentence | None:
    citations: list[Citation] = []
    for quote in proposed.quotes:
        passage = passages.get(quote.passage_id)
        found = locate(passage, quote.quote, pages.get(passage.document_id, ())) if passage else None
        if found is None:
            return None
        citations.append(found)
    if not citations or not supports(proposed.text, [c.quote for c in citations]):
        return None
    return Sentence(proposed.text, proposed.role, tuple(citations))


def _loosely(words: str) -> str:
    parts: list[str] = []
    for chunk in words.split():
        parts.append("".join(f"[{_DASHES}]" if c in _DASHES else f"[{_QUOTES}]" if c in _QUOTES else re.escape(c) for c in chunk))
    return r"(?<!\w)" * words[0].isalnum() + r"\s+".join(parts) + r"(?!\w)" * words[-1].isalnum()


def _page(passage: Passage, start: int, pages: tuple[Page, ...]) -> int | None:
    on = next((page.number for page in pages if page.start <= start < page.end), None)
    return on if on is not None else passage.first_page
