"""The quote gate: a draft becomes sentences only where its quotes stand, character for character, in the library."""

import re
from collections.abc import Mapping, Sequence

from assistant.answer import Citation, Draft, DraftSentence, Hit, Quote, Role, Sentence, Verdict
from assistant.proof import supports
from ingest.canonical import canonical
from ingest.documents import Page, Passage
from ingest.sentences import sentence_spans

_DASHES = "-‐‑‒–—−"
_QUOTES = "'‘’ʼ`\"“”"
_MIN_QUOTE_CHARS = 8
_TURN = re.compile(r";|,?\s\b(?:but|yet|however|although|whereas|while)\b|\n(?=[^\n:]{0,24}[:.)]\s)", re.IGNORECASE)


def ground(draft: Draft, hits: Sequence[Hit], pages: Mapping[str, tuple[Page, ...]]) -> tuple[Sentence, ...]:
    """Give the sentences of a draft that pass the gate, in order; the others are dropped.

    A sentence passes when every quote of it is found in the passage that it names, and the quotes bear it (see
    `proof.supports`).
    """
    passages = {hit.passage.id: hit.passage for hit in hits}
    grounded = (_sentence(proposed, passages, pages) for proposed in draft.sentences)
    return tuple(sentence for sentence in grounded if sentence is not None)


def prove(proposed: DraftSentence, hits: Sequence[Hit], pages: Mapping[str, tuple[Page, ...]]) -> tuple[Sentence, ...]:
    """Give one proposed sentence if it passes the gate, else nothing."""
    return ground(Draft(Verdict.NONE, (proposed,)), hits, pages)


def quote_whole(text: str, hit: Hit, role: Role, pages: Mapping[str, tuple[Page, ...]]) -> tuple[Sentence, ...]:
    """Give a text of a passage as a sentence that quotes itself, nothing when it does not pass the gate."""
    return prove(DraftSentence(text, role, (Quote(hit.passage.id, text),)), (hit,), pages)


def locate(passage: Passage, quote: str, pages: tuple[Page, ...] = ()) -> Citation | None:
    """Give the citation of a quote, or None when the passage does not hold it.

    Spaces, dashes and quotation marks may differ; what is cited is always the exact slice of the source.
    """
    words = canonical(quote).strip().strip("…").strip()
    solid = "".join(words.split())
    if len(words) < _MIN_QUOTE_CHARS or len(solid) > len(passage.text) or not any(c.isalnum() for c in solid):
        return None
    match = re.search(_loosely(words), passage.text)
    if match is None:
        return None
    start, end = passage.start + match.start(), passage.start + match.end()
    return Citation(passage.id, passage.document_id, match.group(), start, end, _page(passage, start, pages), passage.place_at(start))


def _around(passage: Passage, citation: Citation) -> str:
    """Give the clauses, or in a table the rows, that a quote was cut from."""
    text = passage.text
    edges = {0, len(text), *(edge for span in sentence_spans(text) for edge in span), *(m.start() for m in _TURN.finditer(text))}
    if " | " in text:
        edges |= {i for i, c in enumerate(text) if c == "\n"}
    start, end = citation.start - passage.start, citation.end - passage.start
    return text[max(e for e in edges if e <= start) : min(e for e in edges if e >= end)]


def _sentence(proposed: DraftSentence, passages: Mapping[str, Passage], pages: Mapping[str, tuple[Page, ...]]) -> Sentence | None:
    citations: list[Citation] = []
    around: list[str] = []
    for quote in proposed.quotes:
        passage = passages.get(quote.passage_id)
        found = locate(passage, quote.quote, pages.get(passage.document_id, ())) if passage else None
        if passage is None or found is None:
            return None
        citations.append(found)
        around.append(_around(passage, found))
    if not citations or not proposed.text.strip() or not supports(proposed.text, [c.quote for c in citations], around):
        return None
    return Sentence(proposed.text, proposed.role, tuple(citations))


def _loosely(words: str) -> str:
    parts: list[str] = []
    for chunk in words.split():
        parts.append("".join(f"[{_DASHES}]" if c in _DASHES else f"[{_QUOTES}]" if c in _QUOTES else re.escape(c) for c in chunk))
    before = r"(?<!\w)" * words[0].isalnum() + r"(?<!\d[.,])" * words[0].isdigit()
    after = r"(?!\w)" * words[-1].isalnum() + r"(?![.,]\d|\.[A-Z]\d)" * words[-1].isdigit()
    return before + r"\s+".join(parts) + after


def _page(passage: Passage, start: int, pages: tuple[Page, ...]) -> int | None:
    on = next((page.number for page in pages if page.start <= start < page.end), None)
    return on if on is not None else passage.first_page
